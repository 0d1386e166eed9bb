//! Edges of the rules of supply.

use crate::oracle::context::Cut;
use crate::oracle::reference::CatalogueRow;

use super::{EdgeCase, Scene, oct};

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = packs();
    cases.extend(refills());
    cases.extend(going_home());
    cases.extend(doses());
    cases
}

/// Item A as a drug of which a pack lasts `pack` days, general 7 days at most, chronic 15.
fn drug(pack: i64) -> Scene {
    let mut scene = Scene::empty();
    scene.know("supply_kind", &["11", "", "general"]);
    scene.know("supply_kind", &["14", "", "chronic"]);
    scene.know("supply_kind", &["", "M01", "special"]);
    scene.know("supply_limit", &["general", "7"]);
    scene.know("supply_limit", &["chronic", "15"]);
    scene.know("supply_limit", &["special", "30"]);
    for row in scene.reference.catalogue.iter_mut().flatten() {
        *row = CatalogueRow {
            list_type: Some("101".to_owned()),
            genname_codg: Some("G".to_owned()),
            min_pac_cnt: Some(pack * 10_000),
            dose_per_unit: Some(500_000),
            daily_dose: Some(500_000),
            ..row.clone()
        };
    }
    scene
}

fn packs() -> Vec<EdgeCase> {
    let dispensed = |pack: i64, cnt: &str| {
        let mut scene = drug(pack);
        scene.bill("L1", "V1", oct(1), ("A", cnt, "10"));
        scene
    };
    let mut by_days = dispensed(7, "4");
    by_days.last_line().prd_days = Some(140_000);
    let mut disease = dispensed(7, "4");
    disease.last_encounter().dise_codg = Some("M01".to_owned());
    let mut in_stay = drug(7);
    in_stay.stay("V2", "H1", oct(1), Some(oct(3)));
    in_stay.bill("L1", "V2", oct(1), ("A", "4", "10"));
    let mut local = dispensed(7, "2");
    "1103".clone_into(&mut local.last_encounter().med_type);
    let mut unknown = dispensed(7, "4");
    unknown.reference.catalogue.get_or_insert_default()[0].dose_unit = Some("g".to_owned());
    unknown.reference.catalogue.get_or_insert_default()[0].daily_dose = None;
    let mut unnamed = unknown.clone();
    unnamed.reference.catalogue.get_or_insert_default()[0].dose_unit = None;
    vec![
        dispensed(7, "1").cuts("over-supply", "seven days of seven", &[]),
        dispensed(7, "2").cuts("over-supply", "fourteen of seven", &[("L1", Cut::Units(10_000))]),
        dispensed(5, "2").cuts("over-supply", "a started pack is allowed whole", &[]),
        dispensed(8, "1").cuts("over-supply", "one pack is the least", &[]),
        dispensed(3, "4.5").cuts("over-supply", "three packs", &[("L1", Cut::Units(15_000))]),
        by_days.cuts("over-supply", "the line's own days count", &[("L1", Cut::Units(20_000))]),
        disease.cuts("over-supply", "the disease comes before the kind of visit", &[]),
        in_stay.cuts("over-supply", "medicine in a stay", &[]),
        unknown.clone().cuts("over-supply", "no daily dose", &[]),
        written(&unknown, "一片", "qd").cuts(
            "over-supply",
            "the line's dose: 28 tablets, one a day",
            &[("L1", Cut::Units(30_000))],
        ),
        written(&unknown, "2片", "bid").cuts("over-supply", "the same, four a day", &[]),
        written(&unknown, "250mg", "qd").cuts(
            "over-supply",
            "half a tablet of half a gram a day",
            &[("L1", Cut::Units(30_000))],
        ),
        written(&unnamed, "0.25g", "qd").cuts(
            "over-supply",
            "the same, in the unit that the catalogue does not name",
            &[("L1", Cut::Units(30_000))],
        ),
        written(&unnamed, "250mg", "qd").cuts("over-supply", "which cannot be this one", &[]),
        written(&unnamed, "0.004g", "qd").cuts("over-supply", "nor another so small", &[]),
        written(&unnamed, "0.005g", "qd").cuts(
            "over-supply",
            "a hundredth of a tablet",
            &[("L1", Cut::Units(30_000))],
        ),
        written(&unknown, "少许", "qd").cuts("over-supply", "a dose nobody understands", &[]),
        local.cuts("over-supply", "a local code of visit", &[("L1", Cut::Units(10_000))]),
    ]
}

/// The same with a dose and a frequency on each line.
fn written(scene: &Scene, dose: &str, often: &str) -> Scene {
    let mut scene = scene.clone();
    for line in &mut scene.month.lines {
        line.sin_dos_dscr = Some(dose.to_owned());
        line.used_frqu_dscr = Some(often.to_owned());
    }
    scene
}

fn going_home() -> Vec<EdgeCase> {
    let taken = |main: Option<&str>, packs: [&str; 2], flag: Option<&str>| {
        let mut scene = drug(1);
        scene.know("diagnosis_set", &["chronic", "I10"]);
        scene.stay("V2", "H1", oct(1), Some(oct(4)));
        scene.last_encounter().dscg_maindiag_code = main.map(str::to_owned);
        for (key, cnt) in ["L1", "L2"].into_iter().zip(packs) {
            scene.bill(key, "V2", oct(4), ("A", cnt, "10"));
            scene.last_line().dscg_tkdrug_flag = flag.map(str::to_owned);
        }
        scene
    };
    let rule = "discharge-supply";
    let one = [("L2", Cut::Units(10_000))];
    let home = Some("1");
    vec![
        taken(Some("K35"), ["3", "4"], home).cuts(rule, "acute: three days, and four", &one),
        taken(Some("I10.x"), ["7", "8"], home).cuts(rule, "chronic: seven days, and eight", &one),
        taken(Some("I10.x"), ["7", "8"], Some("0")).cuts(rule, "not taken home", &[]),
        taken(None, ["3", "8"], home).cuts(rule, "nobody tells the illness", &[]),
        taken(Some("K35"), ["3", "4"], None).cuts(rule, "nobody tells", &[]),
    ]
}

fn doses() -> Vec<EdgeCase> {
    let taken = |most: &str, unit: &str, dose: &str, often: &str| {
        let mut scene = drug(7);
        scene.know("item_dose", &["A", most, unit]);
        scene.reference.catalogue.get_or_insert_default()[0].dose_unit = Some("g".to_owned());
        scene.bill("L1", "V1", oct(1), ("A", "4", "10"));
        scene.bill("L2", "V1", oct(1), ("B", "4", "10"));
        written(&scene, dose, often)
    };
    let mut by_days = taken("2", "g", "", "");
    for line in &mut by_days.month.lines {
        (line.sin_dos_dscr, line.used_frqu_dscr) = (None, None);
        line.prd_days = Some(35_000);
    }
    let in_unit = |unit: Option<&str>, most: &str, dose: &str| {
        let mut scene = taken(most, "g", dose, "qid");
        let catalogue = scene.reference.catalogue.get_or_insert_default();
        catalogue[0].dose_unit = unit.map(str::to_owned);
        scene
    };
    let rule = "over-dose";
    let half = [("L1", Cut::Units(20_000))];
    vec![
        taken("2", "g", "1g", "bid").cuts(rule, "the highest dose", &[]),
        taken("2", "g", "1g", "qid").cuts(rule, "twice the highest dose", &half),
        taken("2000", "mg", "1000mg", "14").cuts(rule, "in milligrams", &half),
        taken("4", "unit", "2片", "qid").cuts(rule, "by tablets", &half),
        by_days.cuts(rule, "by its days: four grams a day", &half),
        in_unit(None, "2", "500mg").cuts(rule, "in the unit of the highest", &[]),
        in_unit(None, "2", "1000mg").cuts(rule, "twice as much in that unit", &half),
        in_unit(Some("片"), "2", "1000mg").cuts(rule, "a weight is no count", &[]),
        taken("2", "ml", "1g", "qid").cuts(rule, "a weight against a volume", &[]),
        taken("2", "g", "1g", "prn").cuts(rule, "no frequency", &[]),
    ]
}

fn refills() -> Vec<EdgeCase> {
    let taken = |med_type: &str, days: &[i64]| {
        let mut scene = drug(7);
        for (nth, on) in days.iter().enumerate() {
            let visit = format!("W{nth}");
            scene.visit(&visit, if nth == 0 { "H1" } else { "H2" }, med_type, oct(*on));
            let item = if nth == 0 { "A" } else { "B" };
            scene.bill(&format!("L{nth}"), &visit, oct(*on), (item, "1", "10"));
        }
        scene
    };
    // One day of seven: a seventh of the pack, rounded down.
    let one_day = Cut::Units(1_428);
    let mut least = taken("11", &[1]);
    least.visit("W1", "H2", "11", oct(7));
    least.bill("L1", "W1", oct(7), ("B", "0.0001", "10000"));
    least.last_line().prd_days = Some(30_000);
    vec![
        taken("11", &[1, 8]).cuts("early-refill", "on the day the supply ends", &[]),
        taken("11", &[1, 7]).cuts("early-refill", "one day early", &[("L1", one_day)]),
        taken("14", &[1, 1]).cuts("early-refill", "chronic: seven days are allowed", &[]),
        taken("14", &[1, 1, 7]).cuts("early-refill", "chronic: one over", &[("L2", one_day)]),
        taken("11", &[1, 1, 1]).cuts(
            "early-refill",
            "no more is cut than was dispensed",
            &[("L1", Cut::Units(10_000)), ("L2", Cut::Units(10_000))],
        ),
        least.cuts("early-refill", "one day early, of which no unit is a part", &[]),
    ]
}
