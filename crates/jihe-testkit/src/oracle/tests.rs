//! Hand-checked money, netting and totals of the judge.

use super::context::Cut;
use super::decimal::half_up;
use super::judge;
use super::month::{Line, Settlement};
use super::outcome::{Outcome, Stage};
use super::pack::{Grade, Pack, Status};
use super::settle::{allowed, cumulative, fund_parts, refused_in_policy};
use crate::generate::edge::{EdgeCase, Scene, edge_cases, oct};

fn judged(case: &EdgeCase, stage: Stage) -> Outcome {
    judge(&case.month, &case.reference, &Pack::with_tables(case.tables.clone()), stage)
}

fn line(cnt: i64, pric: i64, amount: i64) -> Line {
    Line { cnt, pric, det_item_fee_sumamt: amount, ..Line::default() }
}

#[test]
fn a_published_decision_is_shared_to_the_fen() {
    for (gross, loss) in [
        (121_700, 73_629),
        (687_170, 415_738),
        (510_150, 308_641),
        (81_500, 49_308),
        (5_628_825, 3_405_439),
    ] {
        assert_eq!(fund_parts(605, 1000, &[gross]), [loss]);
        assert_eq!(half_up(i128::from(gross) * 605, 1000), loss);
    }
}

#[test]
fn fund_parts_of_all_lines_add_up_to_the_payment() {
    assert_eq!(fund_parts(100, 300, &[100, 100, 100]), [33, 34, 33]);
    assert_eq!(fund_parts(0, 300, &[100]), [0]);
    assert_eq!(fund_parts(-5, 300, &[100]), [0]);
    assert_eq!(fund_parts(100, 0, &[100]), [0]);
    assert_eq!(cumulative(1, 3, &[1, 1, 1]), [0, 1, 0]);
}

#[test]
fn the_largest_cut_counts_and_not_the_sum() {
    let line = line(30_000, 10_000_000, 3_000);
    assert_eq!(allowed(&line, &[]), 3_000);
    assert_eq!(allowed(&line, &[Cut::Units(10_000), Cut::Units(20_000)]), 1_000);
    assert_eq!(allowed(&line, &[Cut::Units(10_000), Cut::Price(8_000_000)]), 1_600);
    assert_eq!(allowed(&line, &[Cut::Price(20_000_000), Cut::Amount(2_999)]), 2_999);
    assert_eq!(allowed(&line, &[Cut::Price(1), Cut::Whole]), 0);
}

#[test]
fn a_line_that_bills_less_than_its_product_is_never_raised() {
    let line = line(30_000, 10_000_000, 2_500);
    assert_eq!(allowed(&line, &[Cut::Units(1_000)]), 2_500);
    assert_eq!(allowed(&line, &[Cut::Units(10_000)]), 2_000);
}

#[test]
fn the_in_policy_part_goes_with_the_amount() {
    let mut line = line(30_000, 10_000_000, 3_000);
    line.inscp_scp_amt = Some(1_001);
    assert_eq!(refused_in_policy(&line, 1_000), 334);
    assert_eq!(refused_in_policy(&line, 3_000), 1_001);
}

/// Monitoring of 30 hours at 5.00, of which the fund paid 105.00 of 150.00.
fn monitoring() -> EdgeCase {
    let mut scene = Scene::empty();
    scene.know("item_hours", &["A"]);
    scene.bill("L1", "V1", oct(1), ("A", "30", "5"));
    let mut case = scene.cuts("hours-over-day", "monitoring", &[]);
    case.month.settlements[0].fund_pay_sumamt = 10_500;
    case
}

#[test]
fn thirty_hours_of_monitoring_lose_six() {
    let outcome = judged(&monitoring(), Stage::After);
    let refusal = &outcome.refusals[0];
    assert_eq!((refusal.refused_cnt, refusal.refused_amt), (60_000, 3_000));
    assert_eq!((refusal.refused_fund_amt, refusal.loss_amt), (2_100, 2_100));
    let penalty = &outcome.penalties[0];
    assert_eq!((penalty.base_amt, penalty.fine_low, penalty.fine_high), (2_100, 2_100, 4_200));
    assert_eq!(penalty.article, "38");
}

#[test]
fn what_is_not_yet_paid_is_withheld_and_is_no_loss() {
    let outcome = judged(&monitoring(), Stage::Before);
    let refusal = &outcome.refusals[0];
    assert_eq!((refusal.refused_fund_amt, refusal.loss_amt), (2_100, 0));
    assert!(outcome.penalties.is_empty());
}

#[test]
fn a_price_above_the_standard_loses_the_difference() {
    let mut scene = Scene::empty();
    scene.bill("L1", "V1", oct(1), ("A", "3", "120"));
    let mut case = scene.cuts("price-ceiling", "a price of 120 for 100", &[]);
    case.month.settlements[0].fund_pay_sumamt = 28_800;
    case.reference.price_limits = Some(vec![super::reference::PriceLimit {
        hilist_code: "A".to_owned(),
        hilist_pric_uplmt_amt: 100_000_000,
        ..Default::default()
    }]);
    let outcome = judged(&case, Stage::After);
    assert_eq!((outcome.refusals[0].refused_amt, outcome.refusals[0].loss_amt), (6_000, 4_800));
}

#[test]
fn one_contained_item_of_two_is_refused_at_the_funds_share() {
    let mut scene = Scene::empty();
    scene.know("contained", &["A", "B", "day"]);
    scene.bill("L1", "V1", oct(1), ("A", "1", "100"));
    scene.bill("L2", "V1", oct(1), ("B", "2", "40"));
    let outcome = judged(&scene.cuts("contained-item", "a pair", &[]), Stage::After);
    assert_eq!((outcome.refusals[0].refused_amt, outcome.refusals[0].loss_amt), (4_000, 2_420));
}

#[test]
fn a_split_stay_holds_and_refuses_only_what_its_lines_lose_otherwise() {
    let mut scene = Scene::empty();
    scene.stay("W1", "H1", oct(1), Some(oct(3)));
    scene.stay("W2", "H1", oct(11), Some(oct(14)));
    scene.bill("L1", "W2", oct(11), ("A", "1", "3000"));
    scene.bill("L2", "W2", oct(15), ("B", "1", "868.07"));
    let outcome = judged(&scene.cuts("split-stay", "eight days", &[]), Stage::After);
    let split = outcome.findings.iter().find(|row| row.rule_id == "split-stay").unwrap();
    assert_eq!((split.sev_deg, split.refuses), (Some(3), false));
    // The second line lies outside the stay and is refused, so only the first is held.
    assert_eq!((split.vola_amt, split.held_amt, split.credited_amt), (386_807, 300_000, 0));
    assert_eq!(outcome.refusals.len(), 1);
}

#[test]
fn credits_go_to_the_stay_first_and_then_by_rule() {
    let mut scene = Scene::empty();
    scene.stay("W1", "H1", oct(1), Some(oct(3)));
    scene.stay("W2", "H2", oct(2), Some(oct(4)));
    scene.bill_one("L1", "W2", oct(9), "X");
    let outcome = judged(&scene.cuts("overlap-stay", "two houses", &[]), Stage::After);
    let credited = |rule: &str| outcome.credits[&("L1".to_owned(), rule.to_owned())].credited;
    assert_eq!(credited("overlap-stay"), 1_000);
    assert_eq!((credited("outside-stay"), credited("unknown-item")), (0, 0));
    assert_eq!(outcome.refusals[0].rule_id, "overlap-stay");
}

#[test]
fn a_rule_that_yields_is_walked_after_the_other() {
    let mut scene = Scene::empty();
    scene.bill_one("L1", "V1", oct(1), "X");
    scene.last_line().det_item_fee_sumamt = 2_000;
    let case = scene.cuts("unknown-item", "two rules on a line", &[]);
    let mut pack = Pack::with_tables(case.tables.clone());
    let credits = |pack: &Pack| {
        let outcome = judge(&case.month, &case.reference, pack, Stage::After);
        let of = |rule: &str| outcome.credits[&("L1".to_owned(), rule.to_owned())].credited;
        (of("amount-mismatch"), of("unknown-item"))
    };
    assert_eq!(credits(&pack), (1_000, 1_000));
    pack.rules.get_mut("amount-mismatch").unwrap().yields_to = vec!["unknown-item".to_owned()];
    assert_eq!(credits(&pack), (0, 2_000));
}

#[test]
fn a_shadow_rule_only_reports_and_a_draft_says_nothing() {
    let case = monitoring();
    let mut pack = Pack::with_tables(case.tables.clone());
    pack.rules.get_mut("hours-over-day").unwrap().status = Status::Shadow;
    let outcome = judge(&case.month, &case.reference, &pack, Stage::After);
    assert_eq!((outcome.refusals.len(), outcome.findings[0].held_amt), (0, 0));
    pack.rules.get_mut("hours-over-day").unwrap().status = Status::Draft;
    let outcome = judge(&case.month, &case.reference, &pack, Stage::After);
    assert!(outcome.findings.is_empty());
    pack.rules.get_mut("hours-over-day").unwrap().status = Status::Active;
    pack.rules.get_mut("hours-over-day").unwrap().grade = Grade::Indicator;
    let outcome = judge(&case.month, &case.reference, &pack, Stage::After);
    assert_eq!((outcome.findings[0].vola_amt, outcome.findings[0].sev_deg), (0, None));
}

#[test]
fn a_refund_takes_both_settlements_and_their_lines_away() {
    let mut scene = Scene::empty();
    scene.bill_one("L1", "V1", oct(1), "A");
    let mut case = scene.cuts("unknown-item", "refunded", &[]);
    let mut refund = Settlement {
        setl_id: "R".to_owned(),
        refd_setl_flag: Some("1".to_owned()),
        init_setl_id: Some("SV1".to_owned()),
        fund_pay_sumamt: -605,
        medfee_sumamt: -1_000,
        ..case.month.settlements[0].clone()
    };
    case.month.settlements.push(refund.clone());
    let outcome = judged(&case, Stage::After);
    assert_eq!((outcome.counts["lines"].netted, outcome.counts["settlements"].netted), (1, 2));
    assert!(outcome.settlements.is_empty() && outcome.lone_refunds.is_empty());

    refund.init_setl_id = Some("elsewhere".to_owned());
    case.month.settlements[1] = refund;
    let outcome = judged(&case, Stage::After);
    assert_eq!(outcome.lone_refunds, ["R"]);
    assert_eq!((outcome.institutions[0].fund_pay_sumamt, outcome.settlements.len()), (0, 1));
}

#[test]
fn a_reversal_takes_the_nearest_earlier_line_with_enough_left() {
    let mut scene = Scene::empty();
    scene.bill("L1", "V1", oct(1), ("A", "3", "10"));
    scene.bill("L2", "V1", oct(2), ("A", "1", "10"));
    scene.bill("L3", "V1", oct(3), ("A", "-2", "10"));
    scene.bill("L4", "V1", oct(3), ("A", "-1", "10"));
    scene.bill("L5", "V1", oct(3), ("A", "-2", "10"));
    let case = scene.cuts("unknown-item", "reversed", &[]);
    let net = super::net::net(&case.month, &case.reference);
    let left: Vec<_> = net.lines.iter().map(|line| (line.bkkp_sn.as_str(), line.cnt)).collect();
    assert_eq!(left, [("L1", 10_000)]);
    assert_eq!((net.lines[0].det_item_fee_sumamt, net.lines[0].in_policy()), (1_000, 1_000));
    assert_eq!(net.lone_reversals[0].bkkp_sn, "L5");
    assert_eq!((net.counts["lines"].judged, net.counts["lines"].netted), (1, 4));
}

#[test]
fn equal_keys_are_one_row_or_none() {
    let mut scene = Scene::empty();
    scene.bill_one("L1", "V1", oct(1), "A");
    scene.bill_one("L1", "V1", oct(1), "A");
    scene.bill_one("L2", "V1", oct(1), "A");
    scene.bill_one("L2", "V1", oct(1), "B");
    scene.bill_one("L3", "V1", oct(1), "B");
    scene.last_line().vali_flag = Some("0".to_owned());
    scene.bill("L4", "V1", oct(1), ("B", "0", "1"));
    scene.bill_one("L5", "V1", oct(1), "B");
    scene.last_line().fixmedins_code = "H9".to_owned();
    let outcome = judged(&scene.cuts("unknown-item", "keys", &[]), Stage::After);
    let counts = outcome.counts["lines"];
    assert_eq!((counts.read, counts.judged, counts.netted, counts.quarantined), (7, 2, 2, 3));
}

#[test]
fn the_edge_cases_settle() {
    for case in edge_cases() {
        let outcome = judged(&case, Stage::After);
        let refused: i64 = outcome.refusals.iter().map(|row| row.refused_amt).sum();
        let credited: i64 = outcome.findings.iter().map(|row| row.credited_amt).sum();
        assert_eq!(refused, credited, "{}", case.name);
    }
}
