//! Sums beyond 64 bits: totals are exact, what would have to be computed with them is not evaluable, and
//! nothing gives way.

use std::fmt::Write as _;
use std::fs;

use jihe_settle::Stage;

use crate::scene;

/// The largest amount of the platform, fen.
const LARGEST: i128 = 9_999_999_999_999_999;
/// More lines of it than 64 bits hold.
const N_LINES: usize = 1_000;

#[test]
fn a_thousand_lines_of_the_largest_amount_add_up_exactly() {
    let dir = tempfile::tempdir().unwrap();
    let mut lines = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                     det_item_fee_sumamt,setl_id,med_chrgitm_type\n"
        .to_owned();
    for (visit, kind) in [("V", "01"), ("W", "03")] {
        for nth in 0..N_LINES {
            writeln!(
                lines,
                "{visit}{nth},{visit},P,H1,2026-03-0{} 09:{:02}:{:02},A,1,9999999999.999999,\
                 99999999999999.99,S{visit},{kind}",
                1 + nth % 5,
                nth / 60,
                nth % 60
            )
            .unwrap();
        }
    }
    let files = [
        ("month/lines.csv", lines.as_str()),
        (
            "month/encounters.csv",
            "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime\n\
             V,P,H1,11,2026-03-01 08:00:00,\nW,P,H1,21,2026-03-01 08:00:00,2026-03-06 08:00:00\n",
        ),
        (
            "month/settlements.csv",
            "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,\
             fund_pay_sumamt\n\
             SV,V,P,H1,2026-03-05 10:00:00,99999999999999.99,99999999999999.99,99999999999999.99\n\
             SW,W,P,H1,2026-03-06 10:00:00,99999999999999.99,99999999999999.99,99999999999999.99\n",
        ),
        (
            "reference/institutions.csv",
            "fixmedins_code,fixmedins_type,lmtpric_hosp_lv,begntime\nH1,1,3,2020-01-01\n",
        ),
        (
            "reference/price_limits.csv",
            "hilist_code,hilist_lmtpric_type,lmtpric_hosp_lv,hilist_pric_uplmt_amt\n\
             A,1,3,9999999999.999998\n",
        ),
    ];
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let [reference, month] = ["reference", "month"].map(|name| dir.path().join(name));
    let answer = scene::score_with(&scene::national(), &reference, &month, Stage::After);
    let n_lines = i128::try_from(N_LINES).unwrap();
    let institutions = answer.institutions();
    let [n, amount, ..] = institutions["H1"];
    assert_eq!((n, amount), (2 * n_lines, 2 * n_lines * LARGEST));
    let rules = &answer.engine.plan().rules;
    for id in ["cost-per-visit", "cost-per-stay"] {
        let mut all = answer.judged.coverage.iter();
        let of_rule = all.find(|one| rules[usize::from(one.rule)].id == id).unwrap();
        assert_eq!(of_rule.n_not_evaluable, 1, "{of_rule:?}");
        assert_eq!(of_rule.amt_not_evaluable, n_lines * LARGEST, "{of_rule:?}");
        assert!(of_rule.reason().contains("too large"), "{of_rule:?}");
    }
}
