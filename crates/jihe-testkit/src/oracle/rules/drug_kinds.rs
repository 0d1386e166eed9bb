//! drug-kinds: more different drugs in one prescription of a visit than it may have; nothing is cut
//! (semantics, section 7).

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Line;

/// Judges groups of encounter and order number.
pub fn judge(context: &Context<'_>) -> Verdicts {
    judge_kinds(context, &["101", "103", "104"], 5)
}

/// Judges prescriptions by their different items of some types.
pub fn judge_kinds(context: &Context<'_>, types: &[&str], most: i64) -> Verdicts {
    let kinds = context.whole_param("kinds", most);
    let mut verdicts = Verdicts::default();
    let mut sheets: BTreeMap<_, Vec<(usize, &Line)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let drug = context.list_type(line).map(|kind| types.contains(&kind.as_str()));
        let outside = context.in_stay(line).map(|inside| !inside);
        match (drug, outside, &line.rx_drord_no) {
            (Some(false), _, _) | (_, Some(false), _) => {}
            (Some(true), Some(true), Some(order)) => {
                let key = (line.visit(), order.clone());
                sheets.entry(key).or_default().push((place, line));
            }
            _ => verdicts.not_evaluable.push(line.bkkp_sn.clone()),
        }
    }
    for sheet in sheets.values() {
        let drugs: BTreeSet<&String> = sheet.iter().map(|(_, line)| &line.hilist_code).collect();
        if kinds < i64::try_from(drugs.len()).unwrap_or(i64::MAX) {
            let all = sheet.iter().map(|(place, _)| (*place, Cut::Nothing)).collect();
            verdicts.hits.push(context.hit(all));
        }
    }
    verdicts
}
