//! low-standard: a short stay without operation, for tests or of little cost.

use crate::oracle::context::{Context, Verdicts};
use crate::oracle::month::{Encounter, Line};

/// Judges every stay.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    for stay in context.stays() {
        if !context.rule.is_in_force(stay.admission()) {
            continue;
        }
        let of_stay = |line: &&Line| line.mdtrt_id == stay.mdtrt_id && 0 < line.cnt;
        let lines: Vec<&Line> = context.net.lines.iter().filter(of_stay).collect();
        let answer = if lines.is_empty() { Some(false) } else { is_low(context, stay, &lines) };
        if answer == Some(false) {
            continue;
        }
        if is_exempt(stay) {
            verdicts.exempt.push(stay.mdtrt_id.clone());
        } else if answer == Some(true) && !context.lacks("encounters", "dscg_way") {
            verdicts.hits.push(context.stay_hit(stay, context.rule.grade));
        } else {
            verdicts.not_evaluable.push(stay.mdtrt_id.clone());
        }
    }
    verdicts
}

/// Short, and no operation, and (tests or cheap): each may be unknown.
fn is_low(context: &Context<'_>, stay: &Encounter, lines: &[&Line]) -> Option<bool> {
    let days = context.whole_param("days", 3);
    let is_short = stay.discharge().map(|out| (out - stay.admission()).max(1) < days);
    let kinds: Vec<Option<String>> = lines.iter().map(|line| context.charge_type(line)).collect();
    let is_known = kinds.iter().all(Option::is_some);
    let n_operations = kinds.iter().filter(|kind| kind.as_deref() == Some("06")).count();
    let without = is_known.then_some(n_operations == 0);
    let total: i64 = lines.iter().map(|line| line.det_item_fee_sumamt).sum();
    let is_test =
        |kind: &Option<String>| kind.as_deref() == Some("03") || kind.as_deref() == Some("04");
    let with_kinds = lines.iter().zip(&kinds);
    let tests: i64 = with_kinds
        .filter(|(_, kind)| is_test(kind))
        .map(|(line, _)| line.det_item_fee_sumamt)
        .sum();
    let share = i128::from(context.param("test_share", 800_000));
    let for_tests = is_known.then_some(i128::from(total) * share <= i128::from(tests) * 1_000_000);
    let is_cheap = total < context.param("least", 500_000_000) / 10_000;
    let either = if is_cheap { Some(true) } else { for_tests };
    let all = [is_short, without, either];
    if all.contains(&Some(false)) {
        return Some(false);
    }
    if all.contains(&None) { None } else { Some(true) }
}

fn is_exempt(stay: &Encounter) -> bool {
    let way = stay.dscg_way.as_deref();
    way == Some("2")
        || way == Some("5")
        || stay.ipt_type.as_deref() == Some("2")
        || stay.otp_er_refl_flag.as_deref() == Some("1")
        || stay.med_type == "24"
        || stay.med_type == "28"
}
