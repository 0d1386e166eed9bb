//! Edges of the rules that say where, for whom and for what an item is paid.

use crate::oracle::civil::{at, day};
use crate::oracle::context::Cut;
use crate::oracle::side::Diagnosis;

use super::{EdgeCase, Scene, oct};

const WHOLE: Cut = Cut::Whole;
const SHOWN: Cut = Cut::Nothing;

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = departments();
    cases.extend(schemes());
    cases.extend(special_diseases());
    cases.extend(diagnoses());
    cases.extend(flags());
    cases.extend(dates());
    cases.extend(ages());
    cases.extend(stays());
    cases.extend(consumables());
    cases
}

fn departments() -> Vec<EdgeCase> {
    let ordered = |from: Option<&str>| {
        let mut scene = Scene::empty();
        scene.know("item_department", &["A", "A03"]);
        for (key, item) in [("L1", "A"), ("L2", "B")] {
            scene.bill_one(key, "V1", oct(1), item);
            scene.last_line().bilg_dept_codg = from.map(str::to_owned);
        }
        scene
    };
    vec![
        ordered(Some("A03.01")).cuts("department", "a part of the department", &[]),
        ordered(Some("A0")).cuts("department", "a wider code", &[("L1", WHOLE)]),
        ordered(None).cuts("department", "nobody tells the department", &[]),
    ]
}

fn schemes() -> Vec<EdgeCase> {
    let settled = |scheme: Option<&str>, med_type: &str| {
        let mut scene = Scene::empty();
        scene.know("item_scheme", &["A", "510"]);
        scene.know("item_scheme", &["B", "410"]);
        scene.visit("V2", "H1", med_type, oct(1));
        scene.last_encounter().insutype = Some("390".to_owned());
        for settlement in &mut scene.month.settlements {
            settlement.insutype = scheme.map(str::to_owned);
        }
        scene.bill_one("L1", "V2", oct(1), "A");
        scene.bill_one("L2", "V2", oct(1), "B");
        scene
    };
    let both = [("L1", WHOLE), ("L2", WHOLE)];
    let mut blind = settled(None, "11");
    blind.last_encounter().insutype = None;
    vec![
        settled(Some("510"), "11").cuts("scheme", "maternity pays its own", &[("L2", WHOLE)]),
        settled(Some("310"), "11").cuts("scheme", "the employees' scheme pays neither", &both),
        settled(None, "11").cuts("scheme", "the encounter tells the scheme", &both),
        settled(Some("310"), "5201").cuts("scheme", "a maternity stay", &[("L2", WHOLE)]),
        blind.cuts("scheme", "nobody tells the scheme", &[]),
    ]
}

fn special_diseases() -> Vec<EdgeCase> {
    let visit = |disease: Option<&str>, list_type: &str| {
        let mut scene = Scene::empty();
        scene.know("special_disease", &["M01"]);
        scene.know("disease_items", &["M01", "A"]);
        scene.know("disease_items", &["M02", "B"]);
        scene.visit("V2", "H1", "1401", oct(1));
        scene.last_encounter().dise_codg = disease.map(str::to_owned);
        for row in scene.reference.catalogue.iter_mut().flatten() {
            row.list_type = Some(list_type.to_owned());
        }
        scene.bill_one("L1", "V2", oct(1), "A");
        scene.bill_one("L2", "V2", oct(1), "B");
        scene.bill_one("L3", "V2", oct(1), "X");
        scene.last_line().list_type = Some(list_type.to_owned());
        scene.bill_one("L4", "V1", oct(1), "B");
        scene
    };
    let rule = "special-disease-scope";
    vec![
        visit(Some("M01"), "101").cuts(
            rule,
            "a drug of another disease, and one of none",
            &[("L2", WHOLE), ("L3", WHOLE)],
        ),
        visit(Some("M02"), "101").cuts(rule, "a disease whose list is not whole", &[]),
        visit(Some("M01"), "201").cuts(rule, "no drug", &[]),
        visit(None, "101").cuts(rule, "nobody tells the disease", &[]),
    ]
}

fn diagnoses() -> Vec<EdgeCase> {
    let with = |main: Option<&str>, second: &[&str]| {
        let mut scene = Scene::empty();
        for row in [["pressure", "I10"], ["excluded_cause", "V"], ["female_only", "O"]] {
            scene.know("diagnosis_set", &row);
        }
        for table in ["item_indication", "item_forbidden"] {
            scene.know(table, &["A", "pressure"]);
            scene.know(table, &["B", "nowhere"]);
        }
        scene.last_encounter().dscg_maindiag_code = main.map(str::to_owned);
        for code in second {
            scene.month.diagnoses.get_or_insert_default().push(Diagnosis {
                mdtrt_id: "V1".to_owned(),
                diag_code: (*code).to_owned(),
                ..Diagnosis::default()
            });
        }
        scene.bill_one("L1", "V1", oct(1), "A");
        scene.bill_one("L2", "V1", oct(1), "B");
        scene
    };
    let woman = |main: &str| {
        let mut scene = with(Some(main), &[]);
        scene.person().gend = Some("2".to_owned());
        scene
    };
    let all = [("L1", WHOLE), ("L2", WHOLE)];
    let shown = [("L1", SHOWN), ("L2", SHOWN)];
    vec![
        with(Some("K35.1"), &[]).cuts("indication", "another diagnosis", &[("L1", WHOLE)]),
        with(Some("K35.1"), &["I10.x"]).cuts("indication", "the second diagnosis is enough", &[]),
        with(None, &[]).cuts("indication", "no diagnosis", &[]),
        with(Some("I10"), &[]).cuts("contraindication", "it is only shown", &[("L1", SHOWN)]),
        with(Some("K35.1"), &[]).cuts("contraindication", "another diagnosis", &[]),
        with(Some("S06"), &["V43.1"]).cuts("excluded-cause", "a traffic accident", &all),
        with(Some("S06"), &[]).cuts("excluded-cause", "an injury without cause", &[]),
        with(Some("O80"), &[]).cuts("diagnosis-sex", "a man in labour", &shown),
        woman("O80").cuts("diagnosis-sex", "a woman in labour", &[]),
    ]
}

fn flags() -> Vec<EdgeCase> {
    let limited = |limited: &str, approved: Option<&str>, in_policy: i64| {
        let mut scene = Scene::empty();
        scene.bill_one("L1", "V1", oct(1), "A");
        scene.last_line().lmt_used_flag = Some(limited.to_owned());
        scene.last_line().hosp_appr_flag = approved.map(str::to_owned);
        scene.last_line().inscp_scp_amt = Some(in_policy);
        scene
    };
    let rule = "restricted-unapproved";
    let hit = [("L1", WHOLE)];
    let herb = |in_policy: i64| {
        let mut scene = limited("0", None, in_policy);
        scene.know("herb_not_payable", &["A"]);
        scene.bill_one("L2", "V1", oct(1), "B");
        scene
    };
    let online = |place: Option<&str>| {
        let mut scene = Scene::empty();
        scene.know("internet_forbidden", &["A"]);
        scene.month.settlements[0].pay_loc = place.map(str::to_owned);
        scene.bill_one("L1", "V1", oct(1), "A");
        scene.bill_one("L2", "V1", oct(1), "B");
        scene
    };
    let second = |approved: Option<&str>, in_policy: i64| {
        let mut scene = limited("0", approved, in_policy);
        scene.know("item_second_line", &["A"]);
        scene
    };
    let shown = [("L1", SHOWN)];
    let second_line = "second-line-unapproved";
    vec![
        second(Some("0"), 1).cuts(second_line, "no approval, a fen of in-policy amount", &shown),
        second(Some("2"), 1000).cuts(second_line, "approval refused", &shown),
        second(Some("1"), 1000).cuts(second_line, "approved", &[]),
        second(Some("0"), 0).cuts(second_line, "the patient pays all", &[]),
        second(None, 1000).cuts(second_line, "nobody tells the approval", &[]),
        limited("1", Some("0"), 1).cuts(rule, "no approval, a fen of in-policy amount", &hit),
        limited("1", Some("2"), 1000).cuts(rule, "approval refused", &hit),
        limited("1", Some("1"), 1000).cuts(rule, "approved", &[]),
        limited("1", Some("0"), 0).cuts(rule, "the patient pays all", &[]),
        limited("0", Some("2"), 1000).cuts(rule, "not limited", &[]),
        limited("1", None, 1000).cuts(rule, "nobody tells the approval", &[]),
        herb(1).cuts("herb-not-payable", "a listed herb", &hit),
        herb(0).cuts("herb-not-payable", "the patient pays all", &[]),
        online(Some("5")).cuts("internet-drug", "an internet hospital", &hit),
        online(Some("2")).cuts("internet-drug", "a hospital", &[]),
        online(None).cuts("internet-drug", "nobody tells the place", &[]),
    ]
}

fn dates() -> Vec<EdgeCase> {
    let agreed = |med_type: &str| {
        let mut scene = Scene::empty();
        for row in scene.reference.institutions.iter_mut().flatten() {
            row.begntime = Some(oct(2));
            row.endtime = Some(oct(4));
        }
        scene.visit("V2", "H1", med_type, oct(1));
        for (key, on) in [("L1", 1), ("L2", 2), ("L3", 4), ("L4", 5)] {
            scene.bill_one(key, "V2", oct(on), "A");
        }
        scene
    };
    let born = |birth| {
        let mut scene = agreed("11");
        scene.person().brdy = birth;
        scene
    };
    let rule = "institution-inactive";
    vec![
        agreed("11").cuts(
            rule,
            "the first and the last day are days of the agreement",
            &[("L1", WHOLE), ("L4", WHOLE)],
        ),
        agreed("1301").cuts(rule, "an emergency", &[]),
        born(Some(oct(2))).cuts("listing-anomaly", "the day before birth", &[("L1", SHOWN)]),
        born(None).cuts("listing-anomaly", "no day of birth", &[]),
    ]
}

fn ages() -> Vec<EdgeCase> {
    let born = |birth| {
        let mut scene = Scene::empty();
        scene.know("diagnosis_set", &["childbearing", "O"]);
        scene.know("item_age_forbidden", &["A", "60", "", "year"]);
        scene.know("item_age_forbidden", &["B", "", "14", "year"]);
        scene.person().brdy = birth;
        scene.last_encounter().dscg_maindiag_code = Some("O80".to_owned());
        for (key, item) in [("L1", "A"), ("L2", "B"), ("L3", "X")] {
            scene.bill_one(key, "V1", oct(1), item);
        }
        scene
    };
    let (label, birth) = ("contraindication-age", "diagnosis-age");
    let all = [("L1", SHOWN), ("L2", SHOWN), ("L3", SHOWN)];
    let settled = |on: i64| {
        let mut scene = born(None);
        scene.month.settlements[0].setl_time = at(oct(on), 0);
        scene
    };
    vec![
        born(Some(day(1966, 10, 1))).cuts(label, "sixty today", &[("L1", SHOWN)]),
        born(Some(day(1966, 10, 2))).cuts(label, "sixty tomorrow", &[]),
        born(Some(day(2012, 10, 2))).cuts(label, "fourteen tomorrow", &[("L2", SHOWN)]),
        born(None).cuts(label, "no day of birth", &[]),
        born(Some(day(1966, 10, 1))).cuts(birth, "sixty is young enough", &[]),
        born(Some(day(1965, 10, 1))).cuts(birth, "sixty-one is not", &all),
        born(Some(day(2016, 10, 1))).cuts(birth, "ten is old enough", &[]),
        born(Some(day(2016, 10, 2))).cuts(birth, "nine is not", &all),
        born(None).cuts(birth, "no day of birth", &[]),
        settled(1).cuts("service-after-settlement", "settled on the day", &[]),
        settled(0).cuts("service-after-settlement", "settled the day before", &all),
    ]
}

fn stays() -> Vec<EdgeCase> {
    let limited = |per: &str, window: &str, until: Option<i64>| {
        let mut scene = Scene::empty();
        scene.know("item_quantity", &["A", per, window, "1.5"]);
        scene.stay("V2", "H1", oct(3), until.map(oct));
        for (key, visit, on) in [("L1", "V2", 3), ("L2", "V2", 4), ("L3", "V1", 4)] {
            scene.bill(key, visit, oct(on), ("A", "2", "10"));
        }
        scene
    };
    let (stay, stay_day) = ("stay-quantity", "stay-day-quantity");
    vec![
        limited("encounter", "stay", None).cuts(
            stay,
            "each encounter has one and a half",
            &[("L1", Cut::Units(5_000)), ("L2", Cut::Units(20_000)), ("L3", Cut::Units(5_000))],
        ),
        limited("person", "stay", None).cuts(stay, "a stay is no person's", &[]),
        limited("encounter", "stay_day", Some(5)).cuts(
            stay_day,
            "two days allow three",
            &[("L2", Cut::Units(10_000))],
        ),
        limited("encounter", "stay_day", Some(6)).cuts(stay_day, "three days allow four", &[]),
        limited("encounter", "stay_day", None).cuts(stay_day, "a stay that has not ended", &[]),
    ]
}

fn consumables() -> Vec<EdgeCase> {
    let billed = |window: &str, on: i64| {
        let mut scene = Scene::empty();
        scene.know("contained_consumable", &["A", "B", window]);
        scene.bill("L1", "V1", oct(1), ("A", "1", "40"));
        scene.bill("L2", "V1", oct(on), ("B", "3", "2"));
        scene
    };
    let rule = "contained-consumable";
    let one = [("L2", Cut::Units(10_000))];
    vec![
        billed("day", 1).cuts(rule, "one service contains one of three", &one),
        billed("day", 2).cuts(rule, "another day", &[]),
        billed("stay", 2).cuts(rule, "one encounter", &one),
    ]
}
