//! contained-item: b is billed beside a, of which it is a part (semantics, section 7; `contained`).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Cut, Verdicts, cell};
use crate::oracle::month::Line;
use crate::oracle::table::{Row, row_in_force};

/// Judges, for each row, the lines of one person at one institution on one day or encounter.
pub fn judge(context: &Context<'_>) -> Verdicts {
    judge_by(context, "contained")
}

/// Judges by a table of pairs.
pub fn judge_by(context: &Context<'_>, table: &str) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for row in context.pack.table(table) {
        let mut groups: BTreeMap<_, Vec<(usize, &Line)>> = BTreeMap::new();
        for (place, line) in context.lines() {
            if row_in_force(row, line.day()) {
                groups.entry(group_of(row, line)).or_default().push((place, line));
            }
        }
        for group in groups.values() {
            let cuts = cuts_of(row, group);
            if !cuts.is_empty() {
                verdicts.hits.push(context.hit(cuts));
            }
        }
    }
    verdicts
}

fn group_of(row: &Row, line: &Line) -> (String, String, String) {
    let window = match cell(row, "window") {
        "stay" => line.mdtrt_id.clone(),
        _ => line.day().to_string(),
    };
    (line.psn_no.clone(), line.fixmedins_code.clone(), window)
}

/// Takes `min(a, b)` units of b from the latest line back.
fn cuts_of(row: &Row, group: &[(usize, &Line)]) -> Vec<(usize, Cut)> {
    let (item_a, item_b) = (cell(row, "item_a"), cell(row, "item_b"));
    let sum = |item: &str| -> i64 {
        group.iter().filter(|(_, line)| line.hilist_code == item).map(|(_, line)| line.cnt).sum()
    };
    let mut left = sum(item_a).min(sum(item_b));
    let mut cuts = Vec::new();
    for (place, line) in group.iter().rev().filter(|(_, line)| line.hilist_code == item_b) {
        let units = left.min(line.cnt);
        if 0 < units {
            cuts.push((*place, Cut::Units(units)));
        }
        left -= units;
    }
    cuts.reverse();
    cuts
}
