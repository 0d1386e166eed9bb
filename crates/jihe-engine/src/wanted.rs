//! The columns of a month that a plan reads; the others are not loaded.

use std::collections::BTreeSet;

use jihe_intake::Wanted;
use jihe_rules::expr::{Derived, Expr, Source};
use jihe_rules::plan::{CountLimit, KeyPart, Plan, Rule, Shape};
use jihe_terms::Status;
use jihe_terms::schema::TableName;

use crate::arrange::each_expr;

/// The optional columns of the month that the plan reads beside a reference with or without `item_map`.
#[expect(clippy::too_many_lines, reason = "one arm for each shape")]
pub(crate) fn wanted(plan: &Plan, rules: &mut [Rule], has_map: bool) -> Wanted {
    let has_policy = plan.tables.get("benefit_kind").is_some_and(|table| !table.is_empty());
    let mut columns: BTreeSet<(TableName, String)> = BTreeSet::new();
    let mut add = |table: TableName, name: &str| {
        columns.insert((table, name.to_owned()));
    };
    for rule in rules.iter_mut().filter(|rule| rule.status != Status::Draft) {
        // Of lines that are surely not in its scope a rule asks nothing more.
        let is_never = !has_map && rule.scope.as_ref().is_some_and(asks_for_map);
        let mut only_scope = None;
        let asking = match &rule.shape {
            Shape::LineTest { .. } if is_never => {
                let (values, shape) = (Vec::new(), Shape::SameLine);
                only_scope.insert(Rule { values, shape, ..rule.clone() })
            }
            _ => &mut *rule,
        };
        each_expr(asking, &mut |expr| {
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
                Expr::Derived(Derived::Mapped | Derived::MappedCode | Derived::MappedPrice)
                    if has_map =>
                {
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

/// Whether nothing is in a scope unless `item_map` is there.
fn asks_for_map(scope: &Expr) -> bool {
    match scope {
        Expr::Derived(Derived::Mapped) => true,
        Expr::And(parts) => parts.iter().any(asks_for_map),
        _ => false,
    }
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
