//! The columns of a month that a plan reads; the others are not loaded.

use std::collections::BTreeSet;

use jihe_intake::Wanted;
use jihe_rules::expr::{Derived, Expr, Source};
use jihe_rules::plan::{CountLimit, KeyPart, Plan, Rule, Shape};
use jihe_terms::Status;
use jihe_terms::schema::TableName;

use crate::arrange::each_expr;

/// The optional columns of the month that the plan reads.
#[expect(clippy::too_many_lines, reason = "one arm for each shape")]
pub(crate) fn wanted(plan: &Plan, rules: &mut [Rule]) -> Wanted {
    let has_policy = plan.tables.get("benefit_kind").is_some_and(|table| !table.is_empty());
    let mut columns: BTreeSet<(TableName, String)> = BTreeSet::new();
    let mut add = |table: TableName, name: &str| {
        columns.insert((table, name.to_owned()));
    };
    for rule in rules.iter_mut().filter(|rule| rule.status != Status::Draft) {
        each_expr(rule, &mut |expr| {
            expr.visit(&mut |expr| match expr {
                Expr::Column(source, place, _)
                    if !matches!(
                        source,
                        Source::Institution | Source::Item | Source::Practitioner
                    ) =>
                {
                    if let Some(def) = source.table().columns().get(*place) {
                        add(source.table(), def.name);
                    }
                }
                Expr::Derived(Derived::ListType) => add(TableName::Lines, "list_type"),
                Expr::Derived(Derived::ItemClass) => add(TableName::Lines, "chrgitm_lv"),
                Expr::Derived(Derived::ChargeType) => add(TableName::Lines, "med_chrgitm_type"),
                Expr::Derived(Derived::AgeYears | Derived::AgeDays) => {
                    add(TableName::Persons, "brdy");
                }
                Expr::Derived(Derived::MedType | Derived::Inpatient) => {
                    add(TableName::Settlements, "med_type");
                }
                Expr::Derived(Derived::NationalCode) => add(TableName::Lines, "med_list_codg"),
                Expr::Derived(Derived::Mapped | Derived::MappedCode | Derived::MappedPrice) => {
                    add(TableName::Lines, "medins_list_codg");
                    add(TableName::Lines, "med_list_codg");
                }
                Expr::Derived(Derived::Traced) => add(TableName::Lines, "drug_trac_codg"),
                Expr::Derived(Derived::LengthOfStay) => add(TableName::Encounters, "endtime"),
                _ => {}
            });
        });
        match &rule.shape {
            Shape::CountLimit(CountLimit { per, also_per, .. }) => {
                let parts = per.iter().chain(also_per.iter().flatten());
                parts.filter_map(column_of).for_each(|name| add(TableName::Lines, name));
            }
            Shape::TotalLimit { per, .. } => {
                per.iter().filter_map(column_of).for_each(|name| add(TableName::Lines, name));
            }
            Shape::Ratio(ratio) if ratio.classes.is_some() => {
                add(TableName::Lines, "list_type");
                add(TableName::Lines, "med_chrgitm_type");
            }
            Shape::OverSupply
            | Shape::EarlyRefill { .. }
            | Shape::SupplyLimit { .. }
            | Shape::OverDose => {
                add(TableName::Lines, "prd_days");
                add(TableName::Lines, "sin_dos_dscr");
                add(TableName::Lines, "used_frqu_dscr");
                add(TableName::Lines, "list_type");
                add(TableName::Encounters, "dise_codg");
                add(TableName::Settlements, "med_type");
            }
            Shape::VisitDuringStay => add(TableName::Settlements, "med_type"),
            Shape::SoldOverStock { .. } | Shape::NeverBought { .. } => {
                add(TableName::Lines, "med_list_codg");
            }
            Shape::TraceReused => add(TableName::Lines, "drug_trac_codg"),
            // Without a policy nothing of it is read.
            Shape::Settlement { .. } if has_policy => {
                add(TableName::Lines, "chrgitm_lv");
                for name in ["insutype", "med_type", "psn_type", "act_pay_dedc", "lmtpric_hosp_lv"]
                {
                    add(TableName::Settlements, name);
                }
                for name in ["insutype", "psn_type"] {
                    add(TableName::Encounters, name);
                }
                add(TableName::Persons, "psn_type");
            }
            _ => {}
        }
    }
    add(TableName::Encounters, "endtime");
    add(TableName::Encounters, "dscg_maindiag_code");
    add(TableName::Diagnoses, "maindiag_flag");
    Wanted { columns }
}

/// The same without the institutions' own codes, where no rule can use them for want of `item_map`. A state
/// keeps them nevertheless: a later month may have it.
pub(crate) fn usable(plan: &Plan, rules: &[Rule], all: &Wanted, has_map: bool) -> Wanted {
    let mut usable = all.clone();
    if has_map {
        return usable;
    }
    let own = (TableName::Lines, "medins_list_codg".to_owned());
    let mut others: Vec<Rule> = rules.iter().filter(|rule| !needs_map(rule)).cloned().collect();
    if !wanted(plan, &mut others).columns.contains(&own) {
        usable.columns.remove(&own);
    }
    usable
}

/// Whether a rule of single lines can judge none without `item_map`, whatever their own codes are.
fn needs_map(rule: &Rule) -> bool {
    fn is_in_scope_by_map(scope: &Expr) -> bool {
        match scope {
            Expr::Derived(Derived::Mapped) => true,
            Expr::And(parts) => parts.iter().any(is_in_scope_by_map),
            _ => false,
        }
    }
    let own = TableName::Lines.column("medins_list_codg");
    let names_own = |expr: &Expr| {
        let mut names = false;
        expr.visit(&mut |part| {
            names |= matches!(part, Expr::Column(Source::Line, place, _) if Some(*place) == own);
        });
        names
    };
    let conditions = || rule.scope.iter().chain(rule.exceptions.iter().map(|one| &one.when));
    matches!(rule.shape, Shape::LineTest { .. })
        && rule.scope.as_ref().is_some_and(is_in_scope_by_map)
        && !conditions().any(names_own)
}

/// The column of lines that a part of a key reads, beside those that every rule may read.
fn column_of(part: &KeyPart) -> Option<&'static str> {
    match part {
        KeyPart::OfItem(Derived::ListType) => Some("list_type"),
        KeyPart::OfItem(_) => Some("chrgitm_lv"),
        KeyPart::LineCode(place) => Some(TableName::Lines.columns().get(*place)?.name),
        _ => None,
    }
}
