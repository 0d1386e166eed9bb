//! same-class: more than two drugs of one class on a day, or in one prescription
//! (semantics, section 7; `drug_class`).

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::context::{Context, Cut, Verdicts, cell};
use crate::oracle::month::Line;

/// Judges the days of a person first, then the prescriptions; a line is cut once.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let kinds = usize::try_from(context.whole_param("kinds", 2)).unwrap_or(0);
    let mut verdicts = Verdicts::default();
    let mut cut_before: BTreeSet<usize> = BTreeSet::new();
    for by_prescription in [false, true] {
        let mut groups: BTreeMap<_, Vec<(usize, &Line)>> = BTreeMap::new();
        for (place, line) in context.lines() {
            for row in context.item_rows("drug_class", line) {
                let class = cell(row, "class").to_owned();
                let key = match (by_prescription, &line.rx_drord_no) {
                    (false, _) => (class, line.psn_no.clone(), None, line.day().to_string()),
                    (true, Some(order)) => {
                        let (person, encounter) = line.visit();
                        (class, person, Some(encounter), order.clone())
                    }
                    (true, None) => continue,
                };
                groups.entry(key).or_default().push((place, line));
            }
        }
        for group in groups.values() {
            let kept = largest(group, kinds);
            let is_beyond = |(_, line): &&(usize, &Line)| !kept.contains(&line.hilist_code);
            let beyond = group.iter().filter(is_beyond).map(|(place, _)| *place);
            let cuts: Vec<(usize, Cut)> = beyond
                .filter(|place| cut_before.insert(*place))
                .map(|place| (place, Cut::Whole))
                .collect();
            if !cuts.is_empty() {
                verdicts.hits.push(context.hit(cuts));
            }
        }
    }
    verdicts
}

/// The items with the larger in-policy sums, of equals those that come first.
fn largest(group: &[(usize, &Line)], kinds: usize) -> Vec<String> {
    let mut sums: Vec<(String, i64)> = Vec::new();
    for (_, line) in group {
        match sums.iter_mut().find(|(item, _)| *item == line.hilist_code) {
            Some((_, sum)) => *sum += line.in_policy(),
            None => sums.push((line.hilist_code.clone(), line.in_policy())),
        }
    }
    // A stable sort: equals stay in their order.
    sums.sort_by_key(|(_, sum)| -sum);
    sums.into_iter().take(kinds).map(|(item, _)| item).collect()
}
