//! What a rule could not see: the tables and columns behind a missing value, in words.

use jihe_frame::{Column, Lack};
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
pub(crate) fn lacks(rule: usize, run: &Run<'_>, found: &Found) -> Vec<Lack> {
    let mut lacks = Vec::new();
    if 0 < found.n_unexplained {
        nullable_columns(rule, run, found.blank, &mut lacks);
    }
    if found.lacks_exception {
        lacks.extend(run.rule(rule).exceptions.iter().flat_map(|one| lacking(&one.when, run)));
    }
    lacks.extend(found.reasons.iter().map(|&said| Lack::Said(said)));
    lacks
}

/// Whether an exception asks only for what the files lack.
pub(crate) fn is_lacking(when: &Expr, run: &Run<'_>) -> bool {
    !lacking(when, run).is_empty()
}

/// A value that a rule asks for and that may be missing.
#[derive(Debug)]
pub(crate) enum Leaf {
    Expr(Expr),
    Key(KeyPart),
}

/// The values that a rule asks for, in the order in which it names them.
pub(crate) fn leaves(rule: &Rule) -> Vec<Leaf> {
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
                leaves.push(Leaf::Expr(part.clone()));
            }
        });
    }
    leaves.extend(keys.iter().map(|&key| Leaf::Key(key)));
    leaves
}

/// What a leaf may find missing.
fn lacks_of(leaf: &Leaf, run: &Run<'_>, each: &mut dyn FnMut(Lack)) {
    match leaf {
        Leaf::Expr(expr) => collect(expr, run, each),
        Leaf::Key(key) => missing_part(*key).into_iter().for_each(each),
    }
}

/// What a rule may find missing, for the coverage table. `blank` has a bit for each value that is
/// missing for some line, where lines were asked.
fn nullable_columns(rule: usize, run: &Run<'_>, blank: Option<u128>, into: &mut Vec<Lack>) {
    let mut all: Vec<(usize, Lack)> = Vec::new();
    for (place, leaf) in run.engine.leaves[rule].iter().enumerate() {
        lacks_of(leaf, run, &mut |lack| all.push((place, lack)));
    }
    // A table or column that is not there says enough; empty cells are named only without one.
    let lacks = all.iter().any(|(_, lack)| !lack.is_of_rows());
    all.retain(|(_, lack)| lack.is_of_rows() != lacks);
    let is_blank = |place: usize| blank.is_none_or(|bits| bits & bit(place) != 0);
    if !lacks && all.iter().any(|(place, ..)| is_blank(*place)) {
        all.retain(|(place, ..)| is_blank(*place));
    }
    into.extend(all.into_iter().map(|(_, lack)| lack));
}

fn bit(place: usize) -> u128 {
    u32::try_from(place).ok().and_then(|place| 1_u128.checked_shl(place)).unwrap_or(0)
}

/// Lines that are asked at once for a missing value.
const BATCH: usize = 4096;

/// A bit for each value that a rule asks for and that is missing for some line of a part.
pub(crate) fn blanks(rule: usize, run: &Run<'_>, part: &Part<'_>) -> u128 {
    let leaves = &run.engine.leaves[rule];
    // By leaf: whether some row may lack it.
    let mut of_rows = vec![false; leaves.len()];
    let mut lacks = false;
    for (leaf, of_rows) in leaves.iter().zip(&mut of_rows) {
        lacks_of(leaf, run, &mut |lack| {
            *of_rows = true;
            lacks |= !lack.is_of_rows();
        });
    }
    if lacks {
        return 0;
    }
    let is_blank = |rows: &[u32], leaf: &Leaf| match leaf {
        Leaf::Key(KeyPart::Prescription)
        | Leaf::Expr(Expr::PrescriptionSum(_) | Expr::PrescriptionAll(_)) => {
            rows.iter().any(|&row| part.order_of(row as usize) == 0)
        }
        // These are not asked of lines.
        Leaf::Key(_) | Leaf::Expr(Expr::Column(Source::Former | Source::Practitioner, ..)) => true,
        // The person that it asks for is a value of its own.
        Leaf::Expr(Expr::Registered(_)) => false,
        Leaf::Expr(expr) => {
            let on = Subjects::of_lines(run, part, rows, &run.rule(rule).params);
            is_null(&evaluate(expr, &on)).bools().contains(&TRUE)
        }
    };
    let mut bits = 0;
    for (place, (leaf, of_rows)) in leaves.iter().zip(of_rows).enumerate() {
        if of_rows && part.own().chunks(BATCH).any(|rows| is_blank(rows, leaf)) {
            bits |= bit(place);
        }
    }
    bits
}

/// The tables and columns that an exception asks for, if the files have none of them: one that is
/// there can show the exception. Diagnoses do not count: a visit has what is recorded of it.
fn lacking(when: &Expr, run: &Run<'_>) -> Vec<Lack> {
    let mut lacks = Vec::new();
    when.visit(&mut |part| match part {
        Expr::DiagnosisIn(_) | Expr::MainDiagnosisIn(_) => {}
        part => collect(part, run, &mut |lack| lacks.push(lack)),
    });
    if lacks.iter().any(|lack| lack.is_of_rows()) {
        return Vec::new();
    }
    lacks
}

/// What a part of a group's key may find missing.
fn missing_part(part: KeyPart) -> Option<Lack> {
    let name = match part {
        KeyPart::Prescription => "rx_drord_no",
        KeyPart::LineCode(place) => TableName::Lines.columns().get(place)?.name,
        _ => return None,
    };
    Some(Lack::Cells(TableName::Lines, name))
}

fn collect(expr: &Expr, run: &Run<'_>, each: &mut dyn FnMut(Lack)) {
    let month = run.month;
    let lack_at = |table: TableName, place: usize, column: &'static str| {
        let here = match table {
            TableName::Institutions => run.engine.institutions.is_some(),
            TableName::Catalogue => run.engine.catalogue.is_some(),
            TableName::PriceLimits => run.engine.price_limits.is_some(),
            TableName::Practitioners | TableName::ItemMap => run.engine.registry.has(table),
            _ => month.present.contains(&table),
        };
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
            || relation.is_some_and(|rows| matches!(rows.columns.get(place), Some(Column::Absent)))
            || reference.is_some_and(is_absent);
        match (here, absent && column != "psn_no") {
            (false, _) => Lack::Table(table),
            (true, true) => Lack::Column(table, column),
            (true, false) => Lack::Cells(table, column),
        }
    };
    let lack = |table: TableName, column: &'static str| {
        lack_at(table, table.column(column).unwrap_or(usize::MAX), column)
    };
    match expr {
        Expr::Column(source, place, _) => {
            let table = source.table();
            if let Some(def) = table.columns().get(*place)
                && !(def.required && *source == Source::Line)
                && def.name != "inscp_scp_amt"
            {
                each(lack_at(table, *place, def.name));
            }
        }
        Expr::Derived(Derived::Traced) if month.traces.is_none() => {
            each(Lack::Traces);
        }
        Expr::Derived(which) => {
            for &(table, column) in sources(*which) {
                each(lack(table, column));
            }
        }
        Expr::Registered(_) => {
            each(lack(TableName::Practitioners, "prac_psn_code"));
        }
        Expr::PrescriptionSum(_) | Expr::PrescriptionAll(_) => {
            each(lack(TableName::Lines, "rx_drord_no"));
        }
        // A diagnosis stands in either place.
        Expr::DiagnosisIn(_) | Expr::MainDiagnosisIn(_)
            if month.present.contains(&TableName::Diagnoses) =>
        {
            each(Lack::Diagnoses);
        }
        Expr::DiagnosisIn(_) | Expr::MainDiagnosisIn(_) => {
            each(lack(TableName::Encounters, "dscg_maindiag_code"));
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
