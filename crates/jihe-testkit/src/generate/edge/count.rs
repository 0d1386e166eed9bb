//! Edges of the rules that count different things, and of those that add up money and minutes.

use crate::oracle::context::Cut;
use crate::oracle::reference::CatalogueRow;

use super::{EdgeCase, Scene, oct};

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = kinds();
    cases.extend(classes());
    cases.extend(courses());
    cases.extend(frequent());
    cases.extend(caps());
    cases.extend(minutes());
    cases
}

/// So many drugs D1, D2, ... in one prescription of V1, lines L1, L2, ...
fn sheet(n_drugs: usize, list_type: &str) -> Scene {
    let mut scene = Scene::empty();
    for nth in 1..=n_drugs {
        let item = format!("D{nth}");
        let row = CatalogueRow {
            hilist_code: item.clone(),
            list_type: Some(list_type.to_owned()),
            ..CatalogueRow::default()
        };
        scene.reference.catalogue.get_or_insert_default().push(row);
        scene.bill_one(&format!("L{nth}"), "V1", oct(1), &item);
        scene.last_line().rx_drord_no = Some("R1".to_owned());
    }
    scene
}

fn kinds() -> Vec<EdgeCase> {
    let all = ["L1", "L2", "L3", "L4", "L5", "L6"].map(|key| (key, Cut::Nothing));
    let mut keys: Vec<String> = (1..=19).map(|nth| format!("L{nth}")).collect();
    keys.sort();
    let nineteen: Vec<(&str, Cut)> = keys.iter().map(|key| (key.as_str(), Cut::Nothing)).collect();
    let mut again = sheet(5, "101");
    again.bill_one("L6", "V1", oct(1), "D1");
    again.last_line().rx_drord_no = Some("R1".to_owned());
    let mut two_sheets = sheet(6, "101");
    two_sheets.last_line().rx_drord_no = Some("R2".to_owned());
    let mut without = sheet(6, "101");
    without.last_line().rx_drord_no = None;
    let mut ward = sheet(6, "101");
    "21".clone_into(&mut ward.last_encounter().med_type);
    vec![
        sheet(5, "101").cuts("drug-kinds", "five drugs", &[]),
        sheet(6, "101").cuts("drug-kinds", "six drugs are pointed at", &all),
        sheet(6, "103").cuts("drug-kinds", "the hospital's own drugs", &all),
        sheet(6, "102").cuts("drug-kinds", "herbs are counted apart", &[]),
        sheet(18, "102").cuts("herb-kinds", "eighteen herbs", &[]),
        sheet(19, "102").cuts("herb-kinds", "nineteen herbs are pointed at", &nineteen),
        sheet(19, "106").cuts("herb-kinds", "granules are herbs", &nineteen),
        sheet(19, "101").cuts("herb-kinds", "other drugs are counted apart", &[]),
        again.cuts("drug-kinds", "the first drug again is no sixth", &[]),
        two_sheets.cuts("drug-kinds", "the sixth on another sheet", &[]),
        without.cuts("drug-kinds", "the sixth without a number", &[]),
        ward.cuts("drug-kinds", "orders of a stay are no prescriptions", &[]),
    ]
}

fn classes() -> Vec<EdgeCase> {
    let given = |lines: &[(&str, i64, &str, &str)]| {
        let mut scene = Scene::empty();
        for item in ["A", "B", "C"] {
            scene.know("drug_class", &[item, "K"]);
        }
        for (key, on, item, pric) in lines {
            scene.bill(key, "V1", oct(*on), (item, "1", pric));
            scene.last_line().rx_drord_no = Some("R1".to_owned());
        }
        scene
    };
    let mut no_order = given(&[("L1", 1, "A", "1"), ("L2", 2, "B", "2"), ("L3", 3, "C", "3")]);
    no_order.month.lines[2].rx_drord_no = None;
    vec![
        given(&[("L1", 1, "A", "1"), ("L2", 1, "B", "2"), ("L3", 1, "A", "3")]).cuts(
            "same-class",
            "two drugs of a class",
            &[],
        ),
        given(&[("L1", 1, "A", "1"), ("L2", 1, "B", "2"), ("L3", 1, "C", "3")]).cuts(
            "same-class",
            "the smallest of three is cut",
            &[("L1", Cut::Whole)],
        ),
        given(&[("L1", 1, "A", "2"), ("L2", 1, "B", "2"), ("L3", 1, "C", "2")]).cuts(
            "same-class",
            "of equals the first stay",
            &[("L3", Cut::Whole)],
        ),
        given(&[("L1", 1, "A", "2"), ("L2", 2, "B", "3"), ("L3", 3, "C", "1")]).cuts(
            "same-class",
            "three days, but one prescription",
            &[("L3", Cut::Whole)],
        ),
        no_order.cuts("same-class", "three days, and the third has no prescription", &[]),
    ]
}

fn courses() -> Vec<EdgeCase> {
    let used = |days: &[(&str, i64)], med_type: &str| {
        let mut scene = Scene::empty();
        scene.know("item_course", &["A", "2"]);
        scene.stay("V2", "H1", oct(1), Some(oct(9)));
        med_type.clone_into(&mut scene.last_encounter().med_type);
        for (key, on) in days {
            scene.bill_one(key, "V2", oct(*on), "A");
        }
        scene
    };
    let over = [("L1", 1), ("L2", 4), ("L3", 4), ("L4", 5), ("L5", 7)];
    vec![
        used(&over[..3], "21").cuts("course-days", "two days, three lines", &[]),
        used(&over, "21").cuts(
            "course-days",
            "the third and fourth day",
            &[("L4", Cut::Whole), ("L5", Cut::Whole)],
        ),
        used(&over, "11").cuts("course-days", "no stay", &[]),
    ]
}

/// Visits at ten on these days of October, each with one line.
fn visits(med_type: &str, days: &[i64]) -> Scene {
    let mut scene = Scene::empty();
    for on in days {
        let id = format!("W{on:02}");
        scene.visit(&id, "H1", med_type, oct(*on));
        scene.bill_one(&format!("L{on:02}"), &id, oct(*on), "A");
    }
    scene
}

fn frequent() -> Vec<EdgeCase> {
    let named = |days: &[i64]| -> Vec<(String, Cut)> {
        days.iter().map(|on| (format!("L{on:02}"), Cut::Nothing)).collect()
    };
    let case = |scene: Scene, rule, name, days: &[i64]| {
        let cuts = named(days);
        let cuts: Vec<(&str, Cut)> = cuts.iter().map(|(key, cut)| (key.as_str(), *cut)).collect();
        scene.cuts(rule, name, &cuts)
    };
    let week: Vec<i64> = (1..=7).collect();
    let half_month: Vec<i64> = (1..=16).collect();
    let mut cycle = visits("11", &week);
    cycle.month.encounters.iter_mut().flatten().for_each(|row| {
        row.dscg_maindiag_code = Some("Z51.1".to_owned());
    });
    cycle.know("diagnosis_set", &["planned_cycle", "Z51"]);
    vec![
        case(visits("11", &[1, 2, 3, 4, 5, 6, 8]), "frequent-visits", "on the eighth day", &[]),
        case(visits("11", &week), "frequent-visits", "seven in seven days", &week),
        case(visits("21", &week), "frequent-visits", "stays are counted apart", &[]),
        case(visits("41", &week), "frequent-visits", "pharmacies are counted apart", &[]),
        case(cycle, "frequent-visits", "a planned cycle", &[]),
        case(visits("41", &half_month[..15]), "frequent-purchases", "fifteen", &[]),
        case(visits("4101", &half_month), "frequent-purchases", "sixteen", &half_month),
        case(visits("21", &[1, 31]), "frequent-stays", "two", &[]),
        case(visits("21", &[1, 9, 31]), "frequent-stays", "the third after thirty days", &[]),
        case(visits("21", &[1, 9, 30]), "frequent-stays", "three in thirty days", &[1, 9, 30]),
    ]
}

fn caps() -> Vec<EdgeCase> {
    let capped = |window: &str, lines: &[(&str, i64, &str)]| {
        let mut scene = Scene::empty();
        scene.know("item_cap", &["A", "100", window]);
        for (key, on, pric) in lines {
            scene.bill(key, "V1", oct(*on), ("A", "1", pric));
        }
        scene
    };
    let mut part = capped("year", &[("L1", 1, "60"), ("L2", 2, "100")]);
    part.last_line().inscp_scp_amt = Some(8_000);
    vec![
        capped("year", &[("L1", 1, "60"), ("L2", 92, "40")]).cuts("pay-cap", "at the cap", &[]),
        capped("year", &[("L1", -273, "60"), ("L2", 1, "40.01")]).cuts(
            "pay-cap",
            "another year",
            &[],
        ),
        capped("year", &[("L1", 1, "60"), ("L2", 2, "40.01"), ("L3", 3, "5")]).cuts(
            "pay-cap",
            "a fen above the cap, then all",
            &[("L2", Cut::Amount(4_000)), ("L3", Cut::Amount(0))],
        ),
        // 40.00 of 80.00 in the policy are left: half of the line.
        part.cuts("pay-cap", "the part that is in the policy", &[("L2", Cut::Amount(5_000))]),
        capped("day", &[("L1", 1, "60"), ("L2", 2, "60")]).cuts("pay-cap", "another day", &[]),
    ]
}

fn minutes() -> Vec<EdgeCase> {
    let worked = |lines: &[(&str, i64, &str, &str)]| {
        let mut scene = Scene::empty();
        scene.know("item_minutes", &["A", "60"]);
        for (key, on, cnt, doctor) in lines {
            scene.bill(key, "V1", oct(*on), ("A", cnt, "10"));
            let doctor = Some((*doctor).to_owned());
            scene.last_line().bilg_dr_codg = doctor.filter(|code| !code.is_empty());
        }
        scene
    };
    let both = [("L1", Cut::Nothing), ("L2", Cut::Nothing)];
    vec![
        worked(&[("L1", 1, "6", "D"), ("L2", 1, "4", "D")]).cuts("workload", "ten hours", &[]),
        worked(&[("L1", 1, "6", "D"), ("L2", 1, "4.0001", "D")]).cuts(
            "workload",
            "a little more than ten hours",
            &both,
        ),
        worked(&[("L1", 1, "6", "D"), ("L2", 1, "6", "E")]).cuts("workload", "two doctors", &[]),
        worked(&[("L1", 1, "6", "D"), ("L2", 2, "6", "D")]).cuts("workload", "two days", &[]),
        worked(&[("L1", 1, "6", "D"), ("L2", 1, "6", "")]).cuts("workload", "no doctor", &[]),
    ]
}
