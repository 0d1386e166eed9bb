//! What a pack says in time: rules and values to come, rows that nothing reaches, old articles, items
//! that the catalogue does not have.

use std::collections::{BTreeMap, BTreeSet};

use jihe_terms::{Day, Grade, Status};

use crate::assemble::{all_sets, rule_tables};
use crate::check::layers::Layer;
use crate::check::reach;
use crate::expr::{Compare, Expr, Literal, Type};
use crate::parse::pack_file::Override;
use crate::parse::rule_file::RuleFile;
use crate::parse::sink::{Context, Fault, Sink};
use crate::parse::source::Spot;
use crate::parse::table_file::{Row, TableFile};
use crate::plan::{Lookup, Plan, Rule, Shape};

/// Days after which an article should be read again.
const FRESH_DAYS: i32 = 365;
/// Rows of one table that are named one by one.
const SHOWN: usize = 20;
/// Columns that name an item of the catalogue.
const ITEMS: [&str; 6] = ["hilist_code", "item_a", "item_b", "whole", "part", "needs"];
/// Tables of codes that no catalogue has.
const NO_ITEMS: [&str; 1] = ["placeholder"];

/// Whether the catalogue has an item on a day.
pub(crate) type HasItem<'a> = dyn Fn(&str, Day) -> bool + 'a;

/// From where a pack is looked at.
#[derive(Clone, Copy, Default)]
pub struct Outlook<'a> {
    /// The day on which it is looked at; without one nothing is said of what is old or to come.
    pub day: Option<Day>,
    /// Whether the catalogue has an item on a day; nothing is said of items without it.
    pub has_item: Option<&'a HasItem<'a>>,
}

impl std::fmt::Debug for Outlook<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlook").field("day", &self.day).finish_non_exhaustive()
    }
}

/// Says all of it.
pub(crate) fn remarks(layers: &[Layer], plan: &Plan, outlook: Outlook<'_>, sink: &Sink) {
    let rules: BTreeMap<&str, &Rule> =
        plan.rules.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    for (place, layer) in layers.iter().enumerate() {
        let above = layers.get(place.saturating_add(1)..).unwrap_or(&[]);
        if let Some(day) = outlook.day {
            moved_to_come(layer, above, &rules, (day, sink));
        }
        for file in &layer.rules {
            let context = Context { file: &file.file, sink };
            if let (Some(day), Some(rule)) = (outlook.day, rules.get(file.id.as_str())) {
                to_come(context, file, rule, day);
            }
        }
        if let Some(day) = outlook.day {
            old_articles(layer, plan, day, sink);
        }
        for table in &layer.tables {
            let context = Context { file: &table.file, sink };
            reached(context, table, plan);
            if let (Some(day), Some(has_item)) = (outlook.day, outlook.has_item) {
                items(context, table, day, has_item);
            }
        }
    }
}

/// Rules and values that hold later, and rules that no longer do.
fn to_come(context: Context<'_>, file: &RuleFile, rule: &Rule, day: Day) {
    let acts = match (rule.status, rule.grade) {
        (Status::Draft, _) => return,
        (Status::Active, Grade::Definite) => "refuse",
        (Status::Active, Grade::Likely | Grade::Possible) => "hold",
        (Status::Active, Grade::Indicator) | (Status::Shadow, _) => "report",
    };
    if let Some(from) = file.from.as_ref().filter(|from| day < from.value) {
        let what = format!("{} will {acts} from {}", rule.id, from.value);
        let fault = Fault::new("to-come", what)
            .why("lines with an earlier day of service are not judged by it")
            .todo("nothing, if it is meant");
        context.note(from.spot, fault);
    }
    if let Some(until) = file.until.as_ref().filter(|until| until.value <= day) {
        let what = format!("{} no longer holds since {}", rule.id, until.value);
        let fault = Fault::new("retired", what)
            .why("lines with a later day of service are not judged by it")
            .todo("nothing: a rule is never deleted, so that earlier months can be judged again");
        context.note(until.spot, fault);
    }
    for param in &file.params {
        let own = rule.params.iter().find(|own| own.name == param.name.value);
        let values = own.map_or(&[][..], |own| own.values.as_slice());
        // Not where a pack gave another value before.
        let holds = |from: Day, value: i64| {
            values.iter().any(|(range, own)| range.from() == from && *own == value)
        };
        let later = param.values.iter().filter_map(|value| Some((value, value.from.as_ref()?)));
        for (value, from) in later.filter(|(_, from)| day < from.value) {
            if !holds(from.value, value.value.value) {
                continue;
            }
            let what = format!("{} has another value from {}", param.name.value, from.value);
            let fault = Fault::new("to-come", what)
                .why("the value is chosen by the day of service")
                .todo("nothing, if it is meant");
            context.note(value.value.spot, fault);
        }
    }
}

/// Values that a pack gives to rules below it from a later day on.
fn moved_to_come(
    layer: &Layer,
    above: &[Layer],
    rules: &BTreeMap<&str, &Rule>,
    (day, sink): (Day, &Sink),
) {
    let Some(from) = layer.pack.from.filter(|from| day < *from) else { return };
    for moved in &layer.pack.overrides {
        let (id, name) = (moved.rule.value.as_str(), moved.param.value.as_str());
        let Some(rule) = rules.get(id).filter(|rule| rule.status != Status::Draft) else {
            continue;
        };
        // A pack above with a value from the same day or before leaves nothing of this one.
        let is_hidden = above.iter().any(|upper| {
            let is_it = |it: &Override| it.rule.value == id && it.param.value == name;
            upper.pack.from <= Some(from) && upper.pack.overrides.iter().any(is_it)
        });
        let param = rule.params.iter().find(|param| param.name == name);
        let values = param.map_or(&[][..], |param| param.values.as_slice());
        let is_another = values.windows(2).any(|pair| {
            matches!(pair, [(_, before), (range, value)] if range.from() == from && value != before)
        });
        let is_first = values.first().is_some_and(|(range, _)| from <= range.from());
        if !is_hidden && (is_another || is_first) {
            let begins = values.first().map_or(from, |(range, _)| range.from().max(from));
            let what = format!("{name} of {id} has another value from {begins}");
            let fault = Fault::new("to-come", what)
                .why("the pack gives its values from its own first day on")
                .todo("nothing, if it is meant; else write an earlier from of the pack");
            Context { file: &layer.file, sink }.note(moved.digits.spot, fault);
        }
    }
}

/// Articles that rules stand under and that nobody read for long.
fn old_articles(layer: &Layer, plan: &Plan, day: Day, sink: &Sink) {
    let Some(file) = &layer.sources_file else { return };
    let context = Context { file, sink };
    let cited: BTreeSet<&str> = plan.rules.iter().map(|rule| rule.article.key()).collect();
    for (key, checked) in &layer.checked {
        let age = day.epoch().saturating_sub(checked.value.epoch());
        if FRESH_DAYS < age && cited.contains(key.as_str()) {
            let what = format!("article was last checked {age} days ago: {key}");
            let fault = Fault::new("old-article", what)
                .why("law changes, and a refusal stands under what is in force")
                .todo("read it again, correct the rules under it, and write the day as checked");
            context.warning(checked.spot, fault);
        }
    }
}

/// Rows that no rule can ever come to, and rows with days between them that have none.
fn reached(context: Context<'_>, table: &TableFile, plan: &Plan) {
    if table.table.is_empty() {
        return;
    }
    let name = table.name();
    // Exemptions stand beside every rule.
    if name == "exemption" {
        return;
    }
    let readers: Vec<&Rule> =
        plan.rules.iter().filter(|rule| rule_tables(rule).contains(name)).collect();
    if readers.is_empty() {
        let fault = Fault::new("unread-table", format!("no rule reads the table: {name}"))
            .why("its rows change nothing")
            .todo("nothing, if a rule is to come; else remove it");
        return context.note(Spot::default(), fault);
    }
    let sets: BTreeSet<&str> = match name {
        "diagnosis_set" => all_sets(plan),
        _ => BTreeSet::new(),
    };
    let mut n_shown = 0_usize;
    for row in table.rows() {
        let dead_end = || reach::dead_end(plan, table, row);
        let why = unreached(table, row, &readers, &sets).or_else(dead_end);
        let Some((what, why)) = why else { continue };
        n_shown = n_shown.saturating_add(1);
        if n_shown <= SHOWN {
            let fault = Fault::new("never-reached", what)
                .why(why)
                .todo("correct the row or its days, or remove it");
            context.warning(row.spot(), fault);
        }
    }
    rest(context, n_shown, "rows that are never reached");
    reach::unlimited(context, plan, table);
}

fn rest(context: Context<'_>, n_all: usize, of: &str) {
    let more = n_all.saturating_sub(SHOWN);
    if 0 < more {
        let fault = Fault::new("more", format!("{more} more {of}"))
            .why("the first ones are shown")
            .todo("correct those first");
        context.warning(Spot::default(), fault);
    }
}

/// Why no rule comes to a row, if none does.
fn unreached(
    table: &TableFile,
    row: Row<'_>,
    readers: &[&Rule],
    sets: &BTreeSet<&str>,
) -> Option<(String, String)> {
    let ids = || readers.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>().join(", ");
    if !readers.iter().any(|rule| rule.range.overlaps(row.range)) {
        let what = "row holds on days on which no rule reads it".to_owned();
        return Some((what, format!("the rules that read it: {}", ids())));
    }
    if table.name() == "diagnosis_set" {
        let set = row.text(0);
        return (!sets.contains(set)).then(|| {
            (format!("no rule asks for the set {set}"), "its codes change nothing".to_owned())
        });
    }
    let takes = |rule: &&Rule| {
        let own = lookup(rule).filter(|lookup| lookup.table == table.name());
        let matching = own.and_then(|lookup| lookup.matching.as_ref());
        let text = |place| row.text(place);
        matching.is_none_or(|matching| truth(matching, &text) != Some(false))
    };
    let matched = readers.iter().any(takes);
    (!matched).then(|| {
        ("no rule's match takes the row".to_owned(), format!("the rules that read it: {}", ids()))
    })
}

fn lookup(rule: &Rule) -> Option<&Lookup> {
    if let Shape::LineTest { lookup, .. } | Shape::SumLimit { lookup, .. } = &rule.shape {
        lookup.as_ref()
    } else {
        None
    }
}

/// Whether an expression is true of a row alone; `None` where a claim decides.
pub(crate) fn truth<'a>(expr: &'a Expr, row: &dyn Fn(usize) -> &'a str) -> Option<bool> {
    if let Expr::And(parts) = expr {
        let parts: Vec<_> = parts.iter().map(|part| truth(part, row)).collect();
        let all = parts.iter().all(|part| *part == Some(true));
        return if parts.contains(&Some(false)) { Some(false) } else { all.then_some(true) };
    }
    if let Expr::Or(parts) = expr {
        let parts: Vec<_> = parts.iter().map(|part| truth(part, row)).collect();
        let none = parts.iter().all(|part| *part == Some(false));
        return if parts.contains(&Some(true)) { Some(true) } else { none.then_some(false) };
    }
    if let Expr::Not(inner) = expr {
        return truth(inner, row).map(|it| !it);
    }
    if let Expr::Literal(Literal::Bool(it)) = expr {
        return Some(*it);
    }
    if let Expr::IsNull(inner) = expr {
        return text(inner, row).map(str::is_empty);
    }
    if let Expr::InCodes(inner, codes) = expr {
        let own = text(inner, row).filter(|own| !own.is_empty())?;
        return Some(codes.iter().any(|code| code == own));
    }
    if let Expr::Compare(how, left, right) = expr {
        let (left, right) = (text(left, row)?, text(right, row)?);
        let known = !left.is_empty() && !right.is_empty();
        return match how {
            Compare::Equal => known.then(|| left == right),
            Compare::NotEqual => known.then(|| left != right),
            Compare::Less | Compare::LessOrEqual | Compare::Greater | Compare::GreaterOrEqual => {
                None
            }
        };
    }
    None
}

/// A code of the row or of the rule.
fn text<'a>(expr: &'a Expr, row: &dyn Fn(usize) -> &'a str) -> Option<&'a str> {
    if let Expr::Literal(Literal::Code(code)) = expr {
        return Some(code);
    }
    let Expr::Row(place, Type::Code) = expr else { return None };
    Some(row(*place))
}

/// Items of rows in force that the catalogue does not have on the day.
fn items(context: Context<'_>, table: &TableFile, day: Day, has_item: &dyn Fn(&str, Day) -> bool) {
    if NO_ITEMS.contains(&table.name()) {
        return;
    }
    let columns = table.table.spec.columns.iter().enumerate();
    let places: Vec<usize> = columns
        .filter(|(_, column)| ITEMS.contains(&column.name.as_str()))
        .map(|(place, _)| place)
        .collect();
    let mut seen = BTreeSet::new();
    let mut n_missing = 0_usize;
    for row in table.rows().filter(|row| row.range.contains(day)) {
        for item in places.iter().map(|&place| row.text(place)) {
            if item.is_empty() || has_item(item, day) || !seen.insert(item) {
                continue;
            }
            n_missing = n_missing.saturating_add(1);
            if n_missing <= SHOWN {
                let fault =
                    Fault::new("not-in-catalogue", format!("item has no row on {day}: {item}"))
                        .why("the catalogue of the reference folder does not have it that day")
                        .todo("correct the code, end the row, or take the item into the catalogue");
                context.warning(row.spot(), fault);
            }
        }
    }
    rest(context, n_missing, "items without a row in the catalogue");
}
