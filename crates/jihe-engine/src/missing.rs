//! What a rule could not see: the tables and columns behind a missing value, in words.

use std::collections::BTreeSet;

use jihe_frame::Column;
use jihe_rules::expr::{Derived, Expr, Source};
use jihe_rules::plan::{KeyPart, Rule, Shape};
use jihe_terms::schema::TableName;

use crate::evaluate::{evaluate, is_null};
use crate::found::Found;
use crate::run::{Part, Run};
use crate::subjects::Subjects;
use crate::tables::CodedTable;
use crate::vector::TRUE;

/// Why subjects of a rule could not be judged, for the coverage table; empty if all could.
pub(crate) fn reason(rule: &Rule, run: &Run<'_>, found: &Found) -> String {
    let mut reasons: BTreeSet<String> = found.reasons.iter().map(ToString::to_string).collect();
    if 0 < found.n_unexplained {
        reasons.extend(nullable_columns(rule, run, found.blank));
    }
    if found.lacks_exception {
        reasons.extend(rule.exceptions.iter().flat_map(|one| lacking(&one.when, run)));
    }
    reasons.into_iter().collect::<Vec<_>>().join("; ")
}

/// A value that a rule asks for and that may be missing.
enum Leaf<'a> {
    Expr(&'a Expr),
    Key(KeyPart),
}

/// The values that a rule asks for, in the order in which it names them.
fn leaves(rule: &Rule) -> Vec<Leaf<'_>> {
    let mut all: Vec<&Expr> = rule.scope.iter().collect();
    let mut keys: &[KeyPart] = &[];
    match &rule.shape {
        Shape::LineTest { lookup, test, .. } => {
            all.extend(lookup.iter().filter_map(|lookup| lookup.matching.as_ref()));
            all.push(test);
        }
        Shape::SumLimit { max, .. } => all.push(max),
        Shape::CountLimit(limit) => {
            all.push(&limit.max);
            keys = &limit.per;
        }
        Shape::TotalLimit { of, per, .. } => {
            all.push(of);
            keys = per;
        }
        Shape::StaySums { sums, hit, .. } => {
            all.extend(sums.iter().map(|sum| &sum.when));
            all.push(hit);
        }
        Shape::EmptyBed { bed, care, .. } => all.extend([bed, care]),
        Shape::Ratio(ratio) => {
            all.extend([&ratio.above, &ratio.below]);
            all.extend(&ratio.part);
        }
        Shape::Conditions(conditions) => {
            all.extend(conditions.counts.iter().map(|count| &count.when));
            all.extend(conditions.conditions.iter().map(|one| &one.hit));
        }
        _ => {}
    }
    let mut leaves = Vec::new();
    for expr in all {
        expr.visit(&mut |part| {
            if matches!(
                part,
                Expr::Column(..)
                    | Expr::Derived(_)
                    | Expr::Registered(_)
                    | Expr::PrescriptionSum(_)
                    | Expr::PrescriptionAll(_)
                    | Expr::DiagnosisIn(_)
                    | Expr::MainDiagnosisIn(_)
            ) {
                leaves.push(Leaf::Expr(part));
            }
        });
    }
    leaves.extend(keys.iter().map(|&key| Leaf::Key(key)));
    leaves
}

/// What a leaf may find missing: whether only some rows lack it, and the words.
fn words_of(leaf: &Leaf<'_>, run: &Run<'_>) -> Vec<(bool, String)> {
    let mut names = Vec::new();
    match leaf {
        Leaf::Expr(expr) => collect(expr, run, &mut names),
        Leaf::Key(key) => names.extend(missing_part(*key)),
    }
    names
}

/// Names of the columns that a rule may find missing, for the coverage table. `blank` has a bit for
/// each value that is missing for some line, where lines were asked.
fn nullable_columns(rule: &Rule, run: &Run<'_>, blank: Option<u128>) -> Vec<String> {
    let leaves = leaves(rule);
    let named = leaves.iter().enumerate().flat_map(|(place, leaf)| {
        words_of(leaf, run).into_iter().map(move |(of_rows, words)| (place, of_rows, words))
    });
    let mut named: Vec<(usize, bool, String)> = named.collect();
    // A table or column that is not there says enough; empty cells are named only without one.
    let lacks = named.iter().any(|(_, of_rows, _)| !of_rows);
    named.retain(|(_, of_rows, _)| *of_rows != lacks);
    let is_blank = |place: usize| blank.is_none_or(|bits| bits & bit(place) != 0);
    if !lacks && named.iter().any(|(place, ..)| is_blank(*place)) {
        named.retain(|(place, ..)| is_blank(*place));
    }
    let mut words: Vec<String> = named.into_iter().map(|(_, _, words)| words).collect();
    words.sort_unstable();
    words.dedup();
    words
}

fn bit(place: usize) -> u128 {
    u32::try_from(place).ok().and_then(|place| 1_u128.checked_shl(place)).unwrap_or(0)
}

/// Lines that are asked at once for a missing value.
const BATCH: usize = 4096;

/// A bit for each value that a rule asks for and that is missing for some line of a part.
pub(crate) fn blanks(rule: &Rule, run: &Run<'_>, part: &Part<'_>) -> u128 {
    let leaves = leaves(rule);
    if leaves.iter().any(|leaf| words_of(leaf, run).iter().any(|(of_rows, _)| !of_rows)) {
        return 0;
    }
    let is_blank = |rows: &[u32], leaf: &Leaf<'_>| match leaf {
        Leaf::Key(KeyPart::Prescription)
        | Leaf::Expr(Expr::PrescriptionSum(_) | Expr::PrescriptionAll(_)) => {
            rows.iter().any(|&row| part.order_of(row as usize) == 0)
        }
        // These are not asked of lines.
        Leaf::Key(_) | Leaf::Expr(Expr::Column(Source::Former | Source::Practitioner, ..)) => true,
        // The person that it asks for is a value of its own.
        Leaf::Expr(Expr::Registered(_)) => false,
        Leaf::Expr(expr) => {
            let on = Subjects::of_lines(run, part, rows, &rule.params);
            is_null(&evaluate(expr, &on)).bools().contains(&TRUE)
        }
    };
    let mut bits = 0;
    for (place, leaf) in leaves.iter().enumerate() {
        if !words_of(leaf, run).is_empty()
            && part.own().chunks(BATCH).any(|rows| is_blank(rows, leaf))
        {
            bits |= bit(place);
        }
    }
    bits
}

/// The tables and columns that an exception asks for, in words, if the files have none of them: one
/// that is there can show the exception. Diagnoses do not count: a visit has what is recorded of it.
pub(crate) fn lacking(when: &Expr, run: &Run<'_>) -> Vec<String> {
    let mut names = Vec::new();
    when.visit(&mut |part| match part {
        Expr::DiagnosisIn(_) | Expr::MainDiagnosisIn(_) => {}
        part => collect(part, run, &mut names),
    });
    if names.iter().any(|(of_rows, _)| *of_rows) {
        return Vec::new();
    }
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|(_, words)| words).collect()
}

/// What a part of a group's key may find missing.
fn missing_part(part: KeyPart) -> Option<(bool, String)> {
    let name = match part {
        KeyPart::Prescription => "rx_drord_no",
        KeyPart::LineCode(place) => TableName::Lines.columns().get(place)?.name,
        _ => return None,
    };
    Some((true, format!("lines.{name} is missing in rows")))
}

fn collect(expr: &Expr, run: &Run<'_>, names: &mut Vec<(bool, String)>) {
    let month = run.month;
    let table_note = |table: TableName, column: &str| {
        let name = table.file();
        let here = match table {
            TableName::Institutions => run.engine.institutions.is_some(),
            TableName::Catalogue => run.engine.catalogue.is_some(),
            TableName::PriceLimits => run.engine.price_limits.is_some(),
            TableName::Practitioners | TableName::ItemMap => run.engine.registry.has(table),
            _ => month.present.contains(&table),
        };
        let place = table.column(column).unwrap_or(usize::MAX);
        let reference = match table {
            TableName::Institutions => run.engine.institutions.as_ref(),
            TableName::Practitioners => run.engine.registry.practitioners(),
            _ => None,
        };
        let is_absent =
            |table: &CodedTable| matches!(table.columns.get(place), Some(Column::Absent));
        let relation = match table {
            TableName::Encounters => Some(&month.encounters.rows),
            TableName::Persons => Some(&month.persons.rows),
            TableName::Settlements => Some(&month.settlements.rows),
            _ => None,
        };
        let absent = (table == TableName::Lines && month.lines_lack.contains(&place))
            || relation.is_some_and(|rows| matches!(rows.column(column), Column::Absent))
            || reference.is_some_and(is_absent);
        match (here, absent && column != "psn_no") {
            (false, _) => (false, format!("table {name} is missing")),
            (true, true) => (false, format!("column {name}.{column} is missing")),
            (true, false) => (true, format!("{name}.{column} is missing in rows")),
        }
    };
    match expr {
        Expr::Column(source, place, _) => {
            let table = source.table();
            if let Some(def) = table.columns().get(*place)
                && !(def.required && *source == Source::Line)
                && def.name != "inscp_scp_amt"
            {
                names.push(table_note(table, def.name));
            }
        }
        Expr::Derived(Derived::Traced) if month.traces.is_none() => {
            let words = "drug_trac_codg and table trace_codes are missing";
            names.push((false, words.to_owned()));
        }
        Expr::Derived(which) => {
            let from = sources(*which).iter();
            names.extend(from.map(|&(table, column)| table_note(table, column)));
        }
        Expr::Registered(_) => {
            names.push(table_note(TableName::Practitioners, "prac_psn_code"));
        }
        Expr::PrescriptionSum(_) | Expr::PrescriptionAll(_) => {
            names.push(table_note(TableName::Lines, "rx_drord_no"));
        }
        // A diagnosis stands in either place.
        Expr::DiagnosisIn(_) | Expr::MainDiagnosisIn(_)
            if month.present.contains(&TableName::Diagnoses) =>
        {
            names.push((true, "diagnoses.diag_code is missing for visits".to_owned()));
        }
        Expr::DiagnosisIn(_) | Expr::MainDiagnosisIn(_) => {
            names.push(table_note(TableName::Encounters, "dscg_maindiag_code"));
        }
        _ => {}
    }
}

/// The columns that a derived value rests on and that may be missing.
fn sources(derived: Derived) -> &'static [(TableName, &'static str)] {
    match derived {
        Derived::AgeYears | Derived::AgeDays => &[(TableName::Persons, "brdy")],
        Derived::Inpatient | Derived::MedType => &[(TableName::Encounters, "med_type")],
        Derived::LengthOfStay => &[(TableName::Encounters, "endtime")],
        Derived::InCatalogue | Derived::ListType => &[(TableName::Catalogue, "list_type")],
        Derived::ChargeType => &[(TableName::Catalogue, "med_chrgitm_type")],
        Derived::PersonKnown => &[(TableName::Persons, "psn_no")],
        Derived::Mapped => {
            &[(TableName::ItemMap, "medins_list_codg"), (TableName::Lines, "medins_list_codg")]
        }
        Derived::MappedPrice => &[(TableName::PriceLimits, "hilist_pric_uplmt_amt")],
        Derived::Day
        | Derived::Cost
        | Derived::NationalCode
        | Derived::MappedCode
        | Derived::Traced => &[],
    }
}
