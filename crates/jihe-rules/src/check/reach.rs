//! Rows that lead to nothing: they name a rule, a class or a kind that nobody has.

use std::collections::BTreeSet;

use jihe_catalogue::Table;

use crate::parse::sink::{Context, Fault};
use crate::parse::table_file::{Row, TableFile};
use crate::plan::{Plan, Shape};

/// What a row names in vain, and why that matters; none if it leads somewhere.
pub(crate) fn dead_end(plan: &Plan, table: &TableFile, row: Row<'_>) -> Option<(String, String)> {
    if table.name() != "indicator_target" {
        return None;
    }
    let own = |name: &str| table.table.column(name).map_or("", |place| row.text(place));
    target(plan, own("indicator"), own("class"))
}

/// Kinds of supply that no row limits, each at its first row: they may be meant.
pub(crate) fn unlimited(context: Context<'_>, plan: &Plan, table: &TableFile) {
    if table.name() != "supply_kind" {
        return;
    }
    let limits = plan.tables.get("supply_limit").filter(|limits| !limits.is_empty());
    let (Some(limits), Some(place)) = (limits, table.table.column("kind")) else { return };
    let mut seen = BTreeSet::new();
    for row in table.rows() {
        let kind = row.text(place);
        let is_limited = names(limits, "kind", |name, nth| {
            name == kind && limits.range.get(nth).is_some_and(|range| range.overlaps(row.range))
        });
        if is_limited || !seen.insert(kind) {
            continue;
        }
        let what = format!("no row of supply_limit has the kind on its days: {kind}");
        let fault = Fault::new("no-limit", what)
            .why("drugs of its visits have no limit of days")
            .todo("nothing, if it is meant; else correct the kind, or give it a limit");
        context.note(row.spot(), fault);
    }
}

/// A target is held against the rate of a rule, or of each class of one.
fn target(plan: &Plan, indicator: &str, class: &str) -> Option<(String, String)> {
    let rates = plan.rules.iter().filter_map(|rule| {
        let Shape::Ratio(ratio) = &rule.shape else { return None };
        Some((rule.id.as_str(), ratio))
    });
    let Some((_, ratio)) = rates.clone().find(|&(id, _)| id == indicator) else {
        let ids: Vec<&str> = rates.map(|(id, _)| id).collect();
        let why = format!("the rules with a rate: {}", ids.join(", "));
        return Some((format!("no rule has the rate: {indicator}"), why));
    };
    let why = |why: &str| {
        Some((format!("no rate of {indicator} is of the class: {class}"), why.to_owned()))
    };
    match &ratio.classes {
        None if class.is_empty() => None,
        None => why("it has one rate, without a class"),
        Some(table) => {
            let classes = plan.tables.get(table);
            let is_there = |all| names(all, "class", |name, _| name == class);
            if !class.is_empty() && classes.is_some_and(is_there) {
                return None;
            }
            why(&format!("it has a rate for each class of the table {table}"))
        }
    }
}

/// Whether a name of a column, with its row, is what is looked for.
fn names(table: &Table, column: &str, is_it: impl Fn(&str, usize) -> bool) -> bool {
    let Some(texts) = table.texts(column) else { return false };
    (0..texts.len()).any(|nth| is_it(texts.text(nth), nth))
}
