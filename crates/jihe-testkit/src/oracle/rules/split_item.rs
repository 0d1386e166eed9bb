//! split-item: all parts of a set billed on one day for more than the whole
//! (semantics, section 7; `split_set`).

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::context::{Context, Cut, Verdicts, cell};
use crate::oracle::decimal::half_up;
use crate::oracle::month::Line;
use crate::oracle::table::row_in_force;

/// Judges the lines of one person at one institution on one day, set by set.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut groups: BTreeMap<_, Vec<(usize, &Line)>> = BTreeMap::new();
    for (place, line) in context.lines() {
        let key = (line.psn_no.clone(), line.fixmedins_code.clone(), line.day());
        groups.entry(key).or_default().push((place, line));
    }
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for ((_, _, day), group) in &groups {
        let rows = context.pack.table("split_set").iter().filter(|row| row_in_force(row, *day));
        let mut sets: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for row in rows {
            let set = (cell(row, "set_id"), cell(row, "whole"));
            sets.entry(set).or_default().insert(cell(row, "part"));
        }
        for ((_, whole), parts) in sets {
            let is_billed = |part: &&str| group.iter().any(|(_, line)| line.hilist_code == **part);
            if parts.len() < 2 || !parts.iter().all(is_billed) {
                continue;
            }
            let of_set: Vec<(usize, &Line)> = group
                .iter()
                .filter(|(_, line)| parts.contains(line.hilist_code.as_str()))
                .copied()
                .collect();
            match context.set_price(whole, of_set[0].1) {
                Some(Some(price)) => {
                    let cuts = cuts_of(&of_set, &parts, price);
                    if !cuts.is_empty() {
                        verdicts.hits.push(context.hit(cuts));
                    }
                }
                Some(None) if !context.may_exist(whole, *day) => {}
                Some(None) | None => {
                    unknown.extend(of_set.iter().map(|(_, line)| line.bkkp_sn.clone()));
                }
            }
        }
    }
    verdicts.not_evaluable = unknown.into_iter().collect();
    verdicts
}

/// Takes what the parts of whole sets cost above the wholes, from the last line back.
fn cuts_of(lines: &[(usize, &Line)], parts: &BTreeSet<&str>, price: i64) -> Vec<(usize, Cut)> {
    let units_of = |part: &str| -> i64 {
        lines.iter().filter(|(_, line)| line.hilist_code == part).map(|(_, line)| line.cnt).sum()
    };
    let n_sets = parts.iter().map(|part| units_of(part)).min().unwrap_or(0);
    let mut left: BTreeMap<&str, i64> = parts.iter().map(|part| (*part, n_sets)).collect();
    // From the last line back: what of the line belongs to whole sets.
    let mut of_sets: Vec<(usize, &Line, i64)> = Vec::new();
    for (place, line) in lines.iter().rev() {
        let Some(left) = left.get_mut(line.hilist_code.as_str()) else { continue };
        let units = line.cnt.min(*left);
        *left -= units;
        let fen =
            half_up(i128::from(line.det_item_fee_sumamt) * i128::from(units), i128::from(line.cnt));
        of_sets.push((*place, line, fen));
    }
    let sum: i64 = of_sets.iter().map(|(.., fen)| fen).sum();
    let wholes = half_up(i128::from(n_sets) * i128::from(price), 100_000_000);
    let mut excess = sum - wholes;
    let mut cuts = Vec::new();
    for (place, line, fen) in of_sets {
        let taken = excess.min(fen);
        if 0 < taken {
            cuts.push((place, Cut::Amount(line.det_item_fee_sumamt - taken)));
            excess -= taken;
        }
    }
    cuts.reverse();
    cuts
}
