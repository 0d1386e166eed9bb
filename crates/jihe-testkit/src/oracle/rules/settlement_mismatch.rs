//! settlement-mismatch: the fund paid another amount than the benefit policy comes to (semantics,
//! section 8).

use crate::oracle::benefit::{Answer, answer, policy_day};
use crate::oracle::context::{Context, Cut, Hit, Verdicts};

/// Judges every settlement by itself.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    if context.pack.table("benefit_kind").is_empty() {
        return verdicts;
    }
    // 10^-6 yuan to fen.
    let tolerance = context.param("tolerance", 0) / 10_000;
    for settlement in &context.net.settlements {
        if !context.rule.is_in_force(policy_day(context, settlement)) {
            continue;
        }
        match answer(context, settlement) {
            Answer::Silent => {}
            Answer::Unknown => verdicts.not_evaluable.push(settlement.setl_id.clone()),
            Answer::Known(computed) => {
                if (settlement.fund_pay_sumamt - computed.fund).abs() <= tolerance {
                    continue;
                }
                let lines = context.net.lines.iter().enumerate();
                let its =
                    lines.filter(|(_, line)| line.setl_id.as_ref() == Some(&settlement.setl_id));
                verdicts.hits.push(Hit {
                    rule_id: context.rule.id.clone(),
                    subject: (
                        settlement.psn_no.clone(),
                        settlement.mdtrt_id.clone(),
                        settlement.fixmedins_code.clone(),
                    ),
                    grade: context.rule.grade,
                    cuts: its.map(|(place, _)| (place, Cut::Nothing)).collect(),
                });
            }
        }
    }
    verdicts
}
