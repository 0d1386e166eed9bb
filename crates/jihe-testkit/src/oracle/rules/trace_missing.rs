//! trace-missing: a boxed drug billed without any trace code; items of `trace_exempt` are exempt;
//! nothing is cut (semantics, section 7).

use crate::oracle::context::{Context, Cut, Verdicts};

/// Judges every line by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    for (place, line) in context.lines() {
        let Some(kind) = context.list_type(line) else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        };
        if kind != "101" && kind != "104" {
            continue;
        }
        if !context.net.has_trace_codes {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
            continue;
        }
        let mut codes = context.net.trace_codes.iter();
        let is_traced = line.drug_trac_codg.is_some()
            || codes.any(|row| {
                if row.bkkp_sn.as_ref() != Some(&line.bkkp_sn) {
                    return false;
                }
                let own = (line.bkkp_sn.clone(), line.mdtrt_id.clone());
                context.net.lines_of(row).0.contains(&own)
            });
        if is_traced {
            continue;
        }
        if context.item_rows("trace_exempt", line).is_empty() {
            verdicts.hits.push(context.line_hit(place, Cut::Nothing));
        } else {
            verdicts.exempt.push(line.bkkp_sn.clone());
        }
    }
    verdicts
}
