//! The amount of a review is the most that its finding refuses, whatever other findings are on its lines.

use std::fs;
use std::path::Path;

use jihe::{Engine, Format, Month, Options, Pack, Reference};
use jihe_frame::Cut;
use jihe_settle::allowed::{Billed, Cuts, Joint, reach};
use proptest::prelude::*;

use crate::life::column;
use crate::scene;

/// L2 bills two units at the price of one: one unit less, or 36.67 a unit, pays all of it; both leave
/// 36.67, and the 9.00 are the credit of `trace-reused`, which is walked later.
const FILES: [(&str, &str); 4] = [
    (
        "month/lines.csv",
        "bkkp_sn,setl_id,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
         det_item_fee_sumamt,drug_trac_codg,list_type\n\
         L1,S1,V1,P1,I1,2026-10-05 10:00:00,D1,1,30,30.00,T1,101\n\
         L2,S2,V2,P1,I1,2026-10-06 10:00:00,D1,2,45.67,45.67,T1,101\n",
    ),
    (
        "month/settlements.csv",
        "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,\
         fund_pay_sumamt\n\
         S1,V1,P1,I1,2026-10-05 12:00:00,30.00,30.00,30.00\n\
         S2,V2,P1,I1,2026-10-06 12:00:00,45.67,45.67,45.67\n",
    ),
    ("reference/institutions.csv", "fixmedins_code,lmtpric_hosp_lv\nI1,3\n"),
    (
        "reference/price_limits.csv",
        "hilist_code,lmtpric_hosp_lv,hilist_pric_uplmt_amt\nD1,,36.67\n",
    ),
];

/// What the two rules are credited with, and what is refused and lost, after appeals.
fn after_appeals(dir: &Path, engine: &Engine, appeals: &[(&str, &str)]) -> [String; 4] {
    let out = dir.join("out");
    let mut options = Options::default();
    if !appeals.is_empty() {
        let mut reviews = "jr_id,decision,amount\n".to_owned();
        for row in column(&out, "findings", &["rule_id", "jr_id"]) {
            for (_, amount) in appeals.iter().filter(|(rule, _)| *rule == row[0]) {
                reviews += &[&row[1], ",appealed,", amount, "\n"].concat();
            }
        }
        let path = dir.join("reviews.csv");
        fs::write(&path, reviews).unwrap();
        options.reviews = Some(path);
    }
    let month = Month::open(dir.join("month")).unwrap();
    engine.score(&month, &options).unwrap().write_as(&out, Format::Csv).unwrap();
    let verified = jihe::verify(&out).unwrap();
    assert!(verified.is_whole(), "{appeals:?}: {:?}", verified.differences);
    let said = jihe::explain_line(&out, "L2").unwrap().text();
    assert!(!said.contains("另有所减"), "{appeals:?}: {said}");
    let credited = column(&out, "findings", &["rule_id", "credited_amt"]);
    let of = |rule: &str| credited.iter().find(|row| row[0] == rule).unwrap()[1].clone();
    let refused = column(&out, "refusals", &["refused_amt", "loss_amt"]);
    let refused = refused.first().cloned().unwrap_or(vec!["0.00".to_owned(), "0.00".to_owned()]);
    [of("price-ceiling"), of("trace-reused"), refused[0].clone(), refused[1].clone()]
}

#[test]
fn an_appealed_finding_refuses_no_more_than_its_amount_beside_others() {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in FILES {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let pack = Pack::load(scene::national()).unwrap();
    let reference = Reference::open(dir.path().join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[], "9.00"),
        (&[("trace-reused", "0.00")], "0.00"),
        (&[("trace-reused", "0.00"), ("price-ceiling", "0.00")], "0.00"),
        (&[("trace-reused", "5.00")], "5.00"),
        (&[("trace-reused", "8.99")], "8.99"),
        // Not below what it comes to: nothing is changed.
        (&[("trace-reused", "9.00")], "9.00"),
        (&[("trace-reused", "999.00")], "9.00"),
        // The credit is that of the other finding, which nobody appealed.
        (&[("price-ceiling", "0.00")], "0.00"),
    ];
    for (appeals, refused) in cases {
        let expected = ["0.00", refused, refused, refused];
        assert_eq!(after_appeals(dir.path(), &engine, appeals), expected, "{appeals:?}");
    }
}

/// A line, perhaps billed below or above quantity × price.
fn billed() -> impl Strategy<Value = Billed> {
    (1_i64..80_000, 1_i64..90_000_000, 500_i64..1_100).prop_map(|(cnt, pric, of_1000)| {
        let amount = (i128::from(cnt) * i128::from(pric) * i128::from(of_1000)) / 10_i128.pow(11);
        Billed { cnt, pric, amount: i64::try_from(amount).unwrap() + 1 }
    })
}

/// How a cut stands in a line: as found, or with the amount of a review.
#[derive(Clone, Copy, Debug)]
struct Standing {
    cut: Cut,
    most: Option<i64>,
}

fn standings(line: Billed) -> impl Strategy<Value = Vec<Standing>> {
    let Billed { cnt, pric, amount } = line;
    let cut = prop_oneof![
        4 => (1..=cnt).prop_map(Cut::Units),
        4 => (0..pric).prop_map(Cut::Price),
        1 => (0..=amount).prop_map(Cut::Amount),
        1 => Just(Cut::Whole),
    ];
    let most = prop::option::weighted(0.7, prop_oneof![0..=amount, Just(0), 0..=amount.min(9)]);
    prop::collection::vec((cut, most).prop_map(|(cut, most)| Standing { cut, most }), 1..7)
}

fn alone(line: Billed, cut: Cut) -> i64 {
    line.amount - Cuts::only(cut).allowed(line)
}

fn add(cuts: &mut Joint, line: Billed, Standing { cut, most }: Standing) {
    match most {
        Some(most) if most < alone(line, cut) => cuts.add_bounded(line, most),
        Some(most) => cuts.add_at_most(cut, most),
        None => cuts.add(cut),
    }
}

proptest! {
    #[test]
    fn a_cut_adds_no_more_than_its_review_lets_it_in_whatever_order(
        (line, all) in billed().prop_flat_map(|line| (Just(line), standings(line))),
    ) {
        let (mut cuts, mut found) = (Joint::default(), Cuts::default());
        let mut payable = line.amount;
        for &standing in &all {
            add(&mut cuts, line, standing);
            found.add(standing.cut);
            let drop = payable - cuts.allowed(line);
            payable -= drop;
            // No review: the most that the cut may come to beside any others.
            let most = standing.most.unwrap_or_else(|| reach(standing.cut, line));
            prop_assert!((0..=most).contains(&drop), "{drop} of {standing:?}");
        }
        prop_assert!((0..=line.amount).contains(&payable));
        prop_assert!(found.allowed(line) <= payable);
        // Findings of other lines and persons come in other places: what is payable is the same, so that
        // one more never pays more.
        let mut reversed = Joint::default();
        all.iter().rev().for_each(|&standing| add(&mut reversed, line, standing));
        let of = |cuts: &Joint| (cuts.allowed(line), cuts.refused_cnt(line));
        prop_assert_eq!(of(&cuts), of(&reversed));
    }

    #[test]
    fn an_amount_that_is_not_below_what_a_cut_may_come_to_changes_nothing(
        (line, all) in billed().prop_flat_map(|line| (Just(line), standings(line))),
    ) {
        let (mut cuts, mut found) = (Joint::default(), Cuts::default());
        for Standing { cut, .. } in all {
            cuts.add_at_most(cut, reach(cut, line));
            found.add(cut);
            prop_assert_eq!(cuts.allowed(line), found.allowed(line));
            prop_assert_eq!(cuts.refused_cnt(line), found.refused_cnt(line));
        }
    }
}
