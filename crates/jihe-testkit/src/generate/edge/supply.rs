//! Edges of the rules of supply.

use crate::oracle::context::Cut;
use crate::oracle::reference::CatalogueRow;

use super::{EdgeCase, Scene, oct};

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = packs();
    cases.extend(refills());
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
    let mut unknown = dispensed(7, "4");
    unknown.reference.catalogue.get_or_insert_default()[0].daily_dose = None;
    vec![
        dispensed(7, "1").cuts("over-supply", "seven days of seven", &[]),
        dispensed(7, "2").cuts("over-supply", "fourteen of seven", &[("L1", Cut::Units(10_000))]),
        dispensed(5, "2").cuts("over-supply", "a started pack is allowed whole", &[]),
        dispensed(8, "1").cuts("over-supply", "one pack is the least", &[]),
        dispensed(3, "4.5").cuts("over-supply", "three packs", &[("L1", Cut::Units(15_000))]),
        by_days.cuts("over-supply", "the line's own days count", &[("L1", Cut::Units(20_000))]),
        disease.cuts("over-supply", "the disease comes before the kind of visit", &[]),
        in_stay.cuts("over-supply", "medicine in a stay", &[]),
        unknown.cuts("over-supply", "no daily dose", &[]),
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
    ]
}
