//! Edges of the benefit policy: a fen more and less, deductible, segments, cap, what was used before.

use crate::oracle::civil::{at, day};
use crate::oracle::context::Cut;
use crate::oracle::month::Settlement;
use crate::oracle::reference::{PriceLimit, SelfPay};

use super::{EdgeCase, Scene, oct};

const RULE: &str = "settlement-mismatch";

/// Visit V1 at H1 (level 2): 100.00 of item A in class 01 and 50.00 of item B in class 02 with a first
/// share of a tenth, 145.00 in policy; 20.00 deductible, then 70 per cent up to 100.00 and 80 above:
/// 56.00 + 36.00 = 92.00 of the fund.
fn visit(paid: i64, change: impl FnOnce(&mut Scene)) -> Scene {
    let mut scene = Scene::empty();
    scene.bill("L1", "V1", oct(1), ("A", "1", "100"));
    scene.bill("L2", "V1", oct(1), ("B", "1", "50"));
    scene.know("benefit_kind", &["", "11", "visit", "settlement"]);
    scene.know("benefit_deductible", &["visit", "", "", "settlement", "20"]);
    scene.know("benefit_segment", &["visit", "2", "", "0", "100", "0.7"]);
    scene.know("benefit_segment", &["visit", "2", "", "100", "", "0.8"]);
    for row in scene.reference.catalogue.iter_mut().flatten() {
        let class = if row.hilist_code == "B" { "02" } else { "01" };
        row.chrgitm_lv = Some(class.to_owned());
    }
    scene.reference.selfpay = Some(vec![SelfPay {
        hilist_code: "B".to_owned(),
        selfpay_prop: 100_000,
        ..SelfPay::default()
    }]);
    if let Some(settlement) = scene.month.settlements.first_mut() {
        settlement.medfee_sumamt = 15_000;
        settlement.inscp_scp_amt = 14_500;
        settlement.fund_pay_sumamt = paid;
        settlement.act_pay_dedc = Some(2_000);
    }
    change(&mut scene);
    scene
}

/// A payment of January that used so much of deductible and fund.
fn before(scene: &mut Scene, deductible: i64, fund: i64) {
    scene.month.settlements.push(Settlement {
        setl_id: "S0".to_owned(),
        mdtrt_id: "V0".to_owned(),
        psn_no: "N1".to_owned(),
        fixmedins_code: "H1".to_owned(),
        setl_time: at(day(2026, 1, 5), 36_000),
        med_type: Some("11".to_owned()),
        act_pay_dedc: Some(deductible),
        fund_pay_sumamt: fund,
        ..Settlement::default()
    });
}

impl Scene {
    /// Ends the case with the settlements as they are.
    fn ends(self, name: &'static str, cuts: &[(&str, Cut)]) -> EdgeCase {
        let settlements = self.month.settlements.clone();
        let mut case = self.cuts(RULE, name, cuts);
        case.month.settlements = settlements;
        case
    }
}

pub(super) fn cases() -> Vec<EdgeCase> {
    let both: &[(&str, Cut)] = &[("L1", Cut::Nothing), ("L2", Cut::Nothing)];
    let yearly = |used: i64, fund: i64, paid: i64| {
        visit(paid, |scene| {
            scene.tables.insert("benefit_deductible".to_owned(), Vec::new());
            scene.know("benefit_deductible", &["visit", "", "", "year", "20"]);
            scene.know("benefit_cap", &["visit", "", "100"]);
            before(scene, used, fund);
        })
    };
    // Deductible or cap of the year, and a payment of the December before: nothing is known of January.
    let december = |scene: &mut Scene| {
        before(scene, 0, 0);
        if let Some(settlement) = scene.month.settlements.last_mut() {
            settlement.setl_time = at(day(2025, 12, 31), 36_000);
        }
    };
    // The person type's own rows have the first 100.00, a row for all has the rest and would have all.
    let own = |paid: i64| {
        visit(paid, |scene| {
            scene.tables.insert("benefit_segment".to_owned(), Vec::new());
            scene.know("benefit_segment", &["visit", "2", "11", "0", "100", "0.7"]);
            scene.know("benefit_segment", &["visit", "", "", "0", "", "0.8"]);
            if let Some(settlement) = scene.month.settlements.first_mut() {
                settlement.psn_type = Some("1101".to_owned());
            }
        })
    };
    let mut cases = first_shares();
    cases.extend(unneeded());
    cases.extend(rows_that_cannot_fit());
    cases.extend([
        own(9_200).ends("a row for all fills what the own rows leave open", &[]),
        own(9_201).ends("a fen more than own rows and that for all", both),
        visit(9_200, |_| ()).ends("what the policy comes to", &[]),
        visit(9_201, |_| ()).ends("a fen too much", both),
        visit(9_199, |_| ()).ends("a fen too little", both),
        visit(9_201, |scene| scene.reference.selfpay = Some(Vec::new()))
            .ends("no first share of an item of class 02", &[]),
        visit(9_201, |scene| {
            if let Some(settlement) = scene.month.settlements.first_mut() {
                settlement.medfee_sumamt += 1;
            }
        })
        .ends("lines are missing", &[]),
        visit(9_201, |scene| {
            scene.tables.insert("benefit_kind".to_owned(), Vec::new());
        })
        .ends("no policy", &[]),
        yearly(500, 0, 9_550).ends("a part of the year's deductible is used", &[]),
        yearly(2_000, 0, 10_000).ends("106.00 of the fund against a cap of 100.00", &[]),
        yearly(2_000, 9_999, 1).ends("a fen is left of the cap", &[]),
        visit(9_201, |scene| {
            scene.know("benefit_cap", &["visit", "", "100"]);
            december(scene);
        })
        .ends("a cap of the year, and only the December before is known", &[]),
        visit(9_201, |scene| {
            scene.tables.insert("benefit_kind".to_owned(), Vec::new());
            scene.know("benefit_kind", &["", "11", "visit", "year"]);
            december(scene);
        })
        .ends("segments of the year, and only the December before is known", &[]),
        visit(9_551, |scene| {
            scene.tables.insert("benefit_deductible".to_owned(), Vec::new());
            scene.know("benefit_deductible", &["visit", "", "", "year", "20"]);
            december(scene);
        })
        .ends("a deductible of the year, and only the December before is known", &[]),
        yearly(2_000, 9_999, 2).ends("a fen above the cap", both),
    ]);
    cases
}

/// What a line's parts do not depend on may be missing.
fn unneeded() -> Vec<EdgeCase> {
    let all: &[(&str, Cut)] = &[("L1", Cut::Nothing), ("L2", Cut::Nothing), ("L3", Cut::Nothing)];
    // A third line of an item that the catalogue does not know.
    let third = |paid: i64, class: &str, pric: &str| {
        visit(paid, |scene| {
            scene.bill("L3", "V1", oct(1), ("C", "1", pric));
            scene.last_line().chrgitm_lv = Some(class.to_owned());
            let amount = scene.last_line().det_item_fee_sumamt;
            if let Some(settlement) = scene.month.settlements.first_mut() {
                settlement.medfee_sumamt += amount;
            }
        })
    };
    // Nobody tells the level of the institution, by which the third item has a ceiling.
    let nowhere = |paid: i64, class: &str| {
        let mut scene = third(paid, class, "10");
        scene.tables.insert("benefit_segment".to_owned(), Vec::new());
        scene.know("benefit_segment", &["visit", "", "", "0", "100", "0.7"]);
        scene.know("benefit_segment", &["visit", "", "", "100", "", "0.8"]);
        for house in scene.reference.institutions.iter_mut().flatten() {
            house.lmtpric_hosp_lv = None;
        }
        scene.reference.price_limits = Some(vec![PriceLimit {
            hilist_code: "C".to_owned(),
            lmtpric_hosp_lv: Some("2".to_owned()),
            hilist_pric_uplmt_amt: 5_000_000,
            ..PriceLimit::default()
        }]);
        scene
    };
    vec![
        third(9_201, "02", "0").ends("a line of nothing needs no first share", all),
        third(9_201, "02", "10").ends("a line of 10.00 needs one", &[]),
        nowhere(9_201, "03").ends("what is not paid needs no ceiling", all),
        nowhere(9_200, "03").ends("what is not paid, and what the policy comes to", &[]),
        nowhere(9_201, "01").ends("what is paid needs the level of its ceiling", &[]),
    ]
}

/// What nobody knows of a settlement is asked only by rows that fit in all else.
fn rows_that_cannot_fit() -> Vec<EdgeCase> {
    let both: &[(&str, Cut)] = &[("L1", Cut::Nothing), ("L2", Cut::Nothing)];
    // The type of the person is not known, and a row of a level and a type stands beside the others.
    let of_type = |table: &str, level: &str, values: &[&str]| {
        let values = [&["visit", level, "12"], values].concat();
        visit(9_201, |scene| scene.know(table, &values))
    };
    // The level of the institution is not known, and a row of another type has one.
    let of_level = |psn_type: &str| {
        visit(9_201, |scene| {
            scene.tables.insert("benefit_segment".to_owned(), Vec::new());
            scene.know("benefit_segment", &["visit", "", "", "0", "100", "0.7"]);
            scene.know("benefit_segment", &["visit", "", "", "100", "", "0.8"]);
            scene.know("benefit_segment", &["visit", "1", "12", "0", "", "0.9"]);
            for house in scene.reference.institutions.iter_mut().flatten() {
                house.lmtpric_hosp_lv = None;
            }
            if let Some(settlement) = scene.month.settlements.first_mut() {
                settlement.psn_type = Some(psn_type.to_owned());
            }
        })
    };
    // The scheme is not known, and a kind of a scheme is of some visits.
    let of_scheme = |med_type: &str| {
        visit(9_201, |scene| {
            scene.know("benefit_kind", &["310", med_type, "other", "settlement"]);
            for encounter in scene.month.encounters.iter_mut().flatten() {
                encounter.insutype = None;
            }
            if let Some(settlement) = scene.month.settlements.first_mut() {
                settlement.insutype = None;
            }
        })
    };
    let segment: &[&str] = &["0", "", "0.9"];
    let deductible: &[&str] = &["settlement", "10"];
    vec![
        of_type("benefit_segment", "1", segment).ends("a type's segment of another level", both),
        of_type("benefit_segment", "2", segment).ends("a type's segment of the level", &[]),
        of_type("benefit_segment", "", segment).ends("a type's segment of all levels", &[]),
        of_type("benefit_deductible", "1", deductible).ends("a type's deductible elsewhere", both),
        of_type("benefit_deductible", "2", deductible).ends("a type's deductible here", &[]),
        of_level("1101").ends("a level's segment of another type", both),
        of_level("12").ends("a level's segment of the type", &[]),
        of_scheme("21").ends("a scheme's kind of other visits", both),
        of_scheme("1").ends("a scheme's kind of such visits", &[]),
    ]
}

fn first_shares() -> Vec<EdgeCase> {
    let both: &[(&str, Cut)] = &[("L1", Cut::Nothing), ("L2", Cut::Nothing)];
    // Rows of item B as the platform writes them, beside those of other types.
    let of_type =
        |psn_type: Option<&str>, paid: i64, insutype: Option<&str>, rows: &[(&str, &str, i64)]| {
            visit(paid, |scene| {
                let row = |&(psn_type, ty, selfpay_prop): &(&str, &str, i64)| SelfPay {
                    hilist_code: "B".to_owned(),
                    selfpay_prop_psn_type: (!psn_type.is_empty()).then(|| psn_type.to_owned()),
                    selfpay_prop_type: (!ty.is_empty()).then(|| ty.to_owned()),
                    selfpay_prop,
                    ..SelfPay::default()
                };
                scene.reference.selfpay = Some(rows.iter().map(row).collect());
                for encounter in scene.month.encounters.iter_mut().flatten() {
                    encounter.insutype = None;
                }
                if let Some(settlement) = scene.month.settlements.first_mut() {
                    settlement.insutype = insutype.map(str::to_owned);
                    settlement.psn_type = psn_type.map(str::to_owned);
                }
            })
        };
    let shares = |paid: i64, insutype: Option<&str>, rows: &[(&str, &str, i64)]| {
        of_type(Some("1101"), paid, insutype, rows)
    };
    // Nobody tells the type of the person.
    let untold = |paid: i64, rows: &[(&str, &str, i64)]| of_type(None, paid, Some("310"), rows);
    let schemes: &[(&str, &str, i64)] = &[
        ("310", "10", 100_000),
        ("330", "10", 200_000),
        ("390", "10", 300_000),
        ("99", "10", 400_000),
        ("", "", 1_000_000),
        ("310", "20", 900_000),
    ];
    vec![
        shares(9_200, Some("310"), schemes).ends("an employee's first share", &[]),
        shares(9_201, Some("310"), schemes).ends("a fen above an employee's", both),
        shares(8_800, Some("340"), schemes).ends("a retired cadre's first share", &[]),
        shares(8_400, Some("390"), schemes).ends("a resident's first share", &[]),
        shares(8_400, Some("380"), schemes).ends("a villager's first share", &[]),
        shares(8_401, Some("392"), schemes).ends("a fen above a resident's", both),
        shares(8_000, Some("510"), schemes).ends("first share of another scheme", &[]),
        shares(1, None, schemes).ends("nobody tells the scheme", &[]),
        shares(9_600, Some("310"), &[("11", "", 0), ("310", "10", 100_000)])
            .ends("a type of person goes before the scheme", &[]),
        shares(9_201, None, &[("", "10", 100_000)])
            .ends("without rows by scheme nobody needs to tell it", both),
        shares(1, Some("310"), &[("", "20", 900_000)]).ends("only direct reimbursement", &[]),
        shares(9_201, Some("310"), &[("", "10", 100_000), ("310", "20", 0)])
            .ends("a row of another type tells no first share", both),
        untold(9_201, &[("", "", 300_000), ("12", "", 100_000)])
            .ends("a type of person has another first share", &[]),
        untold(9_201, &[("12", "", 100_000)]).ends("only a type of person has one", &[]),
        untold(9_201, &[("", "", 100_000), ("12", "", 100_000)])
            .ends("a type of person has the same first share", both),
        untold(9_201, &[("", "", 100_000), ("12", "", 100_000), ("1201", "", 0)])
            .ends("a type within a type has another", &[]),
        untold(9_201, &[("310", "", 100_000), ("390", "", 0)])
            .ends("rows by scheme ask for no type of person", both),
        untold(9_201, &[("", "", 100_000), ("12", "20", 0)])
            .ends("a type of person has only rows of another type", both),
        untold(9_201, &[("12", "20", 0), ("310", "", 100_000)])
            .ends("the scheme's first share stands for such a type, too", both),
    ]
}
