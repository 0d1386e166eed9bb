//! What a rule could not see: the tables and columns behind a missing value, in words.

use jihe_frame::Column;
use jihe_rules::expr::{Derived, Expr, Source};
use jihe_rules::plan::{CountLimit, KeyPart, Rule, Shape};
use jihe_terms::schema::TableName;

use crate::run::Run;
use crate::tables::CodedTable;

/// Names of the columns that an expression may find missing, for the coverage table.
pub(crate) fn nullable_columns(rule: &Rule, run: &Run<'_>) -> String {
    // Whether only some rows lack it, and the words.
    let mut names: Vec<(bool, String)> = Vec::new();
    let mut add = |expr: &Expr| expr.visit(&mut |part| collect(part, run, &mut names));
    rule.scope.iter().for_each(&mut add);
    match &rule.shape {
        Shape::LineTest { lookup, test, .. } => {
            lookup.iter().filter_map(|lookup| lookup.matching.as_ref()).for_each(&mut add);
            add(test);
        }
        Shape::SumLimit { max, .. } => add(max),
        Shape::CountLimit(limit) => add(&limit.max),
        Shape::TotalLimit { of, .. } => add(of),
        Shape::StaySums { sums, hit, .. } => {
            sums.iter().map(|sum| &sum.when).for_each(&mut add);
            add(hit);
        }
        Shape::EmptyBed { bed, care, .. } => {
            [bed, care].into_iter().for_each(&mut add);
        }
        Shape::Ratio(ratio) => {
            [&ratio.above, &ratio.below].into_iter().for_each(&mut add);
            ratio.part.iter().for_each(&mut add);
        }
        Shape::Conditions(all) => {
            all.counts.iter().for_each(|count| add(&count.when));
            all.conditions.iter().for_each(|one| add(&one.hit));
        }
        _ => {}
    }
    if let Shape::CountLimit(CountLimit { per, .. }) | Shape::TotalLimit { per, .. } = &rule.shape {
        names.extend(per.iter().filter_map(|part| missing_part(*part)));
    }
    names.sort_unstable();
    names.dedup();
    // A table or column that is not there says enough; empty cells are named only without one.
    let some_rows = names.first().is_none_or(|(some_rows, _)| *some_rows);
    let words = names.into_iter().filter(|(of_rows, _)| *of_rows == some_rows);
    words.map(|(_, words)| words).collect::<Vec<_>>().join("; ")
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
        let absent = relation.is_some_and(|rows| matches!(rows.column(column), Column::Absent))
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
