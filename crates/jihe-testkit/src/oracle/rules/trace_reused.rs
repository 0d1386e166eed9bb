//! trace-reused: one trace code on two lines; every line but the first gives up one unit for each
//! reused code (semantics, section 7).

use std::collections::{BTreeMap, BTreeSet};

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Line;

/// Judges each line against the codes of the lines before it.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (place, line) in context.lines() {
        if !context.net.has_trace_codes {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        if !context.item_rows("trace_exempt", line).is_empty() {
            continue;
        }
        let mut n_reused = 0;
        for code in codes_of(context, line) {
            let is_new = seen.insert(code);
            n_reused += i64::from(!is_new);
        }
        if 0 < n_reused {
            let units = (n_reused * 10_000).min(line.cnt);
            verdicts.hits.push(context.line_hit(place, Cut::Units(units)));
        }
    }
    verdicts
}

/// The codes of a line, each once; a code of an opened pack does not count.
fn codes_of(context: &Context<'_>, line: &Line) -> BTreeSet<String> {
    let mut codes: BTreeMap<String, bool> = BTreeMap::new();
    if let Some(code) = &line.drug_trac_codg {
        codes.insert(code.clone(), true);
    }
    for row in &context.net.trace_codes {
        if row.bkkp_sn.as_ref() == Some(&line.bkkp_sn) {
            codes.insert(row.drug_trac_codg.clone(), row.trdn_flag.as_deref() != Some("1"));
        }
    }
    codes.into_iter().filter(|(_, counts)| *counts).map(|(code, _)| code).collect()
}
