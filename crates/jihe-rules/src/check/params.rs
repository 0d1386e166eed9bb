//! Parameters: values by days without gaps, then moved by upper packs inside their bounds.

use std::collections::BTreeMap;

use jihe_terms::{Day, DayRange, Status, decimal_text};

use crate::check::layers::Layer;
use crate::check::names::shadowed;
use crate::check::nearest::suggestion;
use crate::parse::fields::scaled;
use crate::parse::pack_file::Override;
use crate::parse::param_file::RawParam;
use crate::parse::rule_file::RuleFile;
use crate::parse::sink::{Context, Fault, Sink};
use crate::parse::syntax::KEYWORDS;
use crate::plan::Param;

/// The parameters of a rule as its own file states them.
pub(crate) fn params(context: Context<'_>, rule: &RuleFile) -> Vec<Param> {
    let checked = rule.params.iter().map(|raw| {
        let hidden = shadowed(&raw.name.value)
            .or_else(|| KEYWORDS.contains(&raw.name.value.as_str()).then_some("a word"));
        if let Some(hidden) = hidden {
            let what = format!("parameter hides {hidden}: {}", raw.name.value);
            let fault = Fault::new("shadow", what)
                .why("expressions would mean another thing than they say")
                .todo("give it another name");
            context.error(raw.name.spot, fault);
        }
        Param {
            name: raw.name.value.clone(),
            unit: raw.unit.word.to_owned(),
            ty: raw.unit.ty(),
            values: values(context, rule, raw),
            min: raw.min,
            max: raw.max,
            cite: raw.cite.clone(),
        }
    });
    checked.collect()
}

fn values(context: Context<'_>, rule: &RuleFile, raw: &RawParam) -> Vec<(DayRange, i64)> {
    let begin = rule.from.as_ref().map_or(DayRange::ALWAYS.from(), |from| from.value);
    let mut values: Vec<(DayRange, i64)> = Vec::new();
    for row in &raw.values {
        let from = row.from.as_ref().map_or(begin, |from| from.value);
        let until = row.until.as_ref().map(|until| until.value);
        let spot = row.from.as_ref().map_or(row.value.spot, |from| from.spot);
        let Some(range) = DayRange::new(from, until) else {
            let fault = Fault::new("empty-range", "until is not after from")
                .why("until is the first day on which the value no longer holds")
                .todo("write the day after the last one");
            context.error(spot, fault);
            continue;
        };
        let expected = match values.last() {
            None => Some(begin.max(from)).filter(|_| from <= begin),
            Some((before, _)) => before.until(),
        };
        if values.is_empty() && expected.is_none() || !values.is_empty() && expected != Some(from) {
            let overlap = values.last().is_some_and(|(before, _)| before.overlaps(range));
            let code = if overlap { "overlap" } else { "gap" };
            let what = format!("{code} in the values of {} at {from}", raw.name.value);
            let fault = Fault::new(code, what)
                .why("every day of the rule has exactly one value")
                .todo("let each value begin where the one before ends, the first with the rule");
            context.error(spot, fault);
        }
        values.push((range, row.value.value));
    }
    let rule_end = rule.until.as_ref().map(|until| until.value);
    if let Some((last, _)) = values.last()
        && let Some(end) = last.until()
        && rule_end.is_none_or(|rule_end| end < rule_end)
    {
        let fault = Fault::new("gap", format!("{} has no value from {end} on", raw.name.value))
            .why("every day of the rule has exactly one value")
            .todo("leave out the last until, or add a value");
        context.error(raw.name.spot, fault);
    }
    values
}

/// Moves parameters and sets statuses as the packs say, lower packs first.
pub(crate) fn apply(
    layers: &[Layer],
    params: &mut BTreeMap<String, Vec<Param>>,
    sink: &Sink,
) -> BTreeMap<String, Status> {
    let mut statuses = BTreeMap::new();
    for (place, layer) in layers.iter().enumerate() {
        let context = Context { file: &layer.file, sink };
        let reached = layers.iter().take(place.saturating_add(1));
        let ids: Vec<&str> =
            reached.flat_map(|layer| layer.ids.iter().map(String::as_str)).collect();
        let from = layer.pack.from.unwrap_or(DayRange::ALWAYS.from());
        for moved in &layer.pack.overrides {
            match (ids.contains(&moved.rule.value.as_str()), params.get_mut(&moved.rule.value)) {
                (true, Some(own)) => {
                    let owner = owner(layers, &moved.rule.value);
                    shift(context, own, moved, (from, &owner));
                }
                (true, None) => {}
                (false, _) => unknown_rule(context, &moved.rule, &ids),
            }
        }
        for (rule, status) in &layer.pack.statuses {
            if ids.contains(&rule.value.as_str()) {
                statuses.insert(rule.value.clone(), *status);
            } else {
                unknown_rule(context, rule, &ids);
            }
        }
    }
    statuses
}

/// Reports a rule that no pack has.
pub(crate) fn unknown_rule(
    context: Context<'_>,
    rule: &crate::parse::source::At<String>,
    ids: &[&str],
) {
    let shown: String = rule.value.chars().take(60).collect();
    let fault = Fault::new("unknown-rule", format!("rule is unknown: {shown}"))
        .why("neither this pack nor a lower one has it")
        .todo(suggestion(&rule.value, ids));
    context.error(rule.spot, fault);
}

/// The file that sets a rule's bounds.
fn owner(layers: &[Layer], id: &str) -> String {
    let all = layers.iter().flat_map(|layer| layer.rules.iter().map(move |rule| (layer, rule)));
    let found = all.into_iter().find(|(_, rule)| rule.id == id);
    found.map_or_else(String::new, |(layer, rule)| format!("{}/{}", layer.pack.id, rule.file.inner))
}

fn shift(context: Context<'_>, own: &mut [Param], moved: &Override, (from, owner): (Day, &str)) {
    let names: Vec<String> = own.iter().map(|param| param.name.clone()).collect();
    let Some(param) = own.iter_mut().find(|param| param.name == moved.param.value) else {
        let known: Vec<&str> = names.iter().map(String::as_str).collect();
        let shown: String = moved.param.value.chars().take(60).collect();
        let what = format!("rule {} has no parameter {shown}", moved.rule.value);
        let fault = Fault::new("unknown-param", what)
            .why("a pack moves parameters that the rule has")
            .todo(suggestion(&moved.param.value, &known));
        return context.error(moved.param.spot, fault);
    };
    let scale = match param.ty {
        crate::expr::Type::Number(scale) => scale,
        crate::expr::Type::Bool
        | crate::expr::Type::Code
        | crate::expr::Type::Day
        | crate::expr::Type::Moment => 0,
    };
    let Some(value) = scaled(context, &moved.digits, &moved.param.value, scale) else { return };
    if value.value < param.min || param.max < value.value {
        let text = |number: i64| {
            let text = decimal_text(i128::from(number), scale);
            if 0 < scale {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        };
        let what = format!(
            "{} of {} is outside its bounds {}..{}: {}",
            param.name,
            moved.rule.value,
            text(param.min),
            text(param.max),
            text(value.value)
        );
        let fault = Fault::new("out-of-bounds", what)
            .why(format!("{owner} sets the bounds: {}", param.cite))
            .todo("choose a value inside, or ask the owner of the rule");
        return context.error(value.spot, fault);
    }
    param.values = moved_values(&param.values, from, value.value);
    if let Some(cite) = &moved.cite {
        param.cite.clone_from(cite);
    }
}

/// The value holds from the pack's first day on; before it the lower pack's.
fn moved_values(values: &[(DayRange, i64)], from: Day, value: i64) -> Vec<(DayRange, i64)> {
    let mut kept: Vec<(DayRange, i64)> = values
        .iter()
        .filter(|(range, _)| range.from() < from)
        .filter_map(|&(range, before)| {
            let end = range.until().map_or(from, |until| until.min(from));
            DayRange::new(range.from(), Some(end)).map(|range| (range, before))
        })
        .collect();
    let first = values.first().map_or(from, |(range, _)| range.from());
    let until = values.last().and_then(|(range, _)| range.until());
    if let Some(range) = DayRange::new(from.max(first), until) {
        kept.push((range, value));
    }
    kept
}

/// The value on a day.
pub(crate) fn value_on(param: &Param, day: Day) -> Option<i64> {
    param.values.iter().find(|(range, _)| range.contains(day)).map(|&(_, value)| value)
}
