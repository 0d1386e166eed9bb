//! The order of precedence: the stay family first, a rule after those it yields to, then by id.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::{Family, Rule};

/// Orders rules, or names those of a circle.
///
/// # Errors
///
/// The ids of a circle of yielding rules.
pub(crate) fn ordered(rules: Vec<Rule>) -> Result<Vec<Rule>, Vec<String>> {
    let (stays, others): (Vec<_>, Vec<_>) =
        rules.into_iter().partition(|rule| rule.family == Family::Stay);
    let mut all = one_group(stays)?;
    all.extend(one_group(others)?);
    Ok(all)
}

fn one_group(rules: Vec<Rule>) -> Result<Vec<Rule>, Vec<String>> {
    let mut waiting: BTreeMap<String, Rule> =
        rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
    let mut blocks: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut n_open: BTreeMap<String, usize> = BTreeMap::new();
    for rule in waiting.values() {
        let before: BTreeSet<&String> =
            rule.yields_to.iter().filter(|id| waiting.contains_key(*id)).collect();
        n_open.insert(rule.id.clone(), before.len());
        for id in before {
            blocks.entry(id.clone()).or_default().push(rule.id.clone());
        }
    }
    let mut ready: BTreeSet<String> =
        n_open.iter().filter(|(_, open)| **open == 0).map(|(id, _)| id.clone()).collect();
    let mut done = Vec::with_capacity(waiting.len());
    while let Some(id) = ready.pop_first() {
        done.extend(waiting.remove(&id));
        for next in blocks.remove(&id).unwrap_or_default() {
            if let Some(open) = n_open.get_mut(&next) {
                *open = open.saturating_sub(1);
                if *open == 0 {
                    ready.insert(next);
                }
            }
        }
    }
    if waiting.is_empty() { Ok(done) } else { Err(circle(&waiting)) }
}

/// Follows the rules that wait until one comes again.
fn circle(waiting: &BTreeMap<String, Rule>) -> Vec<String> {
    let mut path: Vec<String> = waiting.keys().take(1).cloned().collect();
    while let Some(last) = path.last() {
        let next = waiting.get(last).and_then(|rule| {
            rule.yields_to.iter().filter(|id| waiting.contains_key(*id)).min().cloned()
        });
        let Some(next) = next else { break };
        if let Some(start) = path.iter().position(|id| *id == next) {
            return path.split_off(start);
        }
        path.push(next);
    }
    path
}
