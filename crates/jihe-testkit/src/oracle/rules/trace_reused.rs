//! trace-reused: one trace code on two lines; every line but the first gives up one unit for each
//! reused code; a row that names several lines tells of none surely (semantics, section 7).

use std::collections::BTreeMap;

use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::Line;
use crate::oracle::side::TraceCode;

/// Judges each line against the codes of the lines before it.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    // By code: whether the first use is surely one.
    let mut seen: BTreeMap<String, bool> = BTreeMap::new();
    for (place, line) in context.lines() {
        if !context.net.has_trace_codes {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        if !context.item_rows("trace_exempt", line).is_empty() {
            continue;
        }
        let (mut n_reused, mut is_open) = (0, false);
        for (code, is_sure) in codes_of(context, line) {
            match seen.get(&code) {
                None => {
                    seen.insert(code, is_sure);
                }
                Some(true) if is_sure => n_reused += 1,
                Some(_) => is_open = true,
            }
        }
        if is_open {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        }
        if 0 < n_reused {
            let units = (n_reused * 10_000).min(line.cnt);
            verdicts.hits.push(context.line_hit(place, Cut::Units(units)));
        }
    }
    verdicts
}

/// The codes of a line, each once, and whether the line surely used it; a code of an opened pack
/// does not count.
fn codes_of(context: &Context<'_>, line: &Line) -> Vec<(String, bool)> {
    // By code: whether the pack was opened, whether the use is sure.
    let mut codes: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    if let Some(code) = &line.drug_trac_codg {
        codes.insert(code.clone(), (false, true));
    }
    let names = |row: &&TraceCode| row.bkkp_sn.as_ref() == Some(&line.bkkp_sn);
    let rows = context.net.trace_codes.iter().enumerate();
    for (nth, row) in rows.filter(|(_, row)| names(row)) {
        let (lines, is_sure) = context.net.lines_of(row);
        let is_sure = is_sure && context.net.n_unflagged <= nth;
        if lines.contains(&(line.bkkp_sn.clone(), line.mdtrt_id.clone())) {
            let one = codes.entry(row.drug_trac_codg.clone()).or_default();
            one.0 |= row.trdn_flag.as_deref() == Some("1");
            one.1 |= is_sure;
        }
    }
    let counts = codes.into_iter().filter(|(_, (is_opened, _))| !is_opened);
    counts.map(|(code, (_, is_sure))| (code, is_sure)).collect()
}
