//! Edges of the rules of stays.

use crate::oracle::context::Cut;

use super::{EdgeCase, Scene, oct};

const WHOLE: Cut = Cut::Whole;

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = sequences();
    cases.extend(empty_beds());
    cases.extend(low_standards());
    cases.extend(places());
    cases
}

/// Bills an item of a kind of charge in the stay W1.
fn bill_kind(scene: &mut Scene, key: &str, on: i64, (charge, pric): (&str, &str)) {
    scene.bill(key, "W1", oct(on), ("A", "1", pric));
    scene.last_line().med_chrgitm_type = Some(charge.to_owned());
}

fn empty_beds() -> Vec<EdgeCase> {
    let lain = |beds: &[i64], care: &[i64]| {
        let mut scene = Scene::empty();
        scene.stay("W1", "H1", oct(1), Some(oct(9)));
        for (nth, on) in beds.iter().enumerate() {
            bill_kind(&mut scene, &format!("L{}", nth + 1), *on, ("01", "40"));
        }
        for (nth, on) in care.iter().enumerate() {
            bill_kind(&mut scene, &format!("M{}", nth + 1), *on, ("05", "60"));
        }
        scene
    };
    vec![
        lain(&[2, 3, 4, 5], &[5]).cuts(
            "empty-bed",
            "three days in a row",
            &[("L1", WHOLE), ("L2", WHOLE), ("L3", WHOLE)],
        ),
        lain(&[2, 3, 5], &[]).cuts("empty-bed", "two days in a row, and one", &[]),
        lain(&[2, 3, 4], &[3]).cuts("empty-bed", "care in between", &[]),
    ]
}

fn low_standards() -> Vec<EdgeCase> {
    let stayed = |until: i64, lines: &[(&str, &str)]| {
        let mut scene = Scene::empty();
        scene.stay("W1", "H1", oct(1), Some(oct(until)));
        for (nth, what) in lines.iter().enumerate() {
            bill_kind(&mut scene, &format!("L{}", nth + 1), 1, *what);
        }
        scene
    };
    let mut sent_on = stayed(3, &[("05", "60")]);
    sent_on.last_encounter().dscg_way = Some("2".to_owned());
    vec![
        stayed(3, &[("03", "400"), ("05", "100")]).cuts(
            "low-standard",
            "four fifths tests",
            &[("L1", WHOLE), ("L2", WHOLE)],
        ),
        stayed(3, &[("03", "399.99"), ("05", "100.01")]).cuts(
            "low-standard",
            "less than four fifths, and not cheap",
            &[],
        ),
        stayed(3, &[("05", "499.99")]).cuts("low-standard", "cheap", &[("L1", WHOLE)]),
        stayed(4, &[("05", "60")]).cuts("low-standard", "three days", &[]),
        stayed(3, &[("06", "60")]).cuts("low-standard", "an operation", &[]),
        sent_on.cuts("low-standard", "sent on", &[]),
    ]
}

fn places() -> Vec<EdgeCase> {
    let seen = |house: &str, seconds: i64| {
        let mut scene = Scene::empty();
        scene.visit("W1", house, "11", oct(1));
        scene.bill_one("L1", "V1", oct(1), "A");
        scene.bill_one("L2", "W1", oct(1), "A");
        scene.last_line().fee_ocur_time += seconds;
        scene
    };
    let both = [("L1", Cut::Nothing), ("L2", Cut::Nothing)];
    vec![
        seen("H2", 1800).cuts("two-places", "thirty minutes", &both),
        seen("H2", 1801).cuts("two-places", "a second more", &[]),
        seen("H1", 60).cuts("two-places", "at one institution", &[]),
    ]
}

fn sequences() -> Vec<EdgeCase> {
    let mut cases = splits();
    cases.extend(overlaps());
    cases.extend(visits());
    cases
}

/// A stay from the first to the third at H1, then one at `house` from `from` on for three days.
fn two_stays(house: &str, from: i64) -> Scene {
    let mut scene = Scene::empty();
    scene.stay("W1", "H1", oct(1), Some(oct(3)));
    scene.bill_one("L1", "W1", oct(1), "A");
    scene.stay("W2", house, oct(from), Some(oct(from + 3)));
    scene.bill_one("L2", "W2", oct(from), "A");
    scene.bill_one("L3", "W2", oct(from + 1), "B");
    scene
}

fn splits() -> Vec<EdgeCase> {
    let both = [("L2", WHOLE), ("L3", WHOLE)];
    let mut other_diagnosis = two_stays("H1", 5);
    other_diagnosis.last_encounter().dscg_maindiag_code = Some("K36".to_owned());
    let mut same_stem = two_stays("H1", 5);
    same_stem.last_encounter().dscg_maindiag_code = Some("K35.9".to_owned());
    let mut emergency = two_stays("H1", 5);
    emergency.last_encounter().ipt_type = Some("2".to_owned());
    let mut planned = two_stays("H1", 5);
    planned.know("diagnosis_set", &["planned_cycle", "K35"]);
    let mut missing = two_stays("H1", 5);
    missing.last_encounter().dscg_maindiag_code = None;
    let mut open = two_stays("H1", 5);
    open.month.encounters.get_or_insert_default()[1].endtime = None;
    vec![
        two_stays("H1", 3).cuts("split-stay", "back on the day of discharge", &both),
        two_stays("H1", 10).cuts("split-stay", "back after seven days", &both),
        two_stays("H1", 18).cuts("split-stay", "back after fifteen days", &both),
        two_stays("H1", 19).cuts("split-stay", "back after sixteen days", &[]),
        two_stays("H2", 5).cuts("split-stay", "at another institution", &[]),
        other_diagnosis.cuts("split-stay", "another diagnosis", &[]),
        same_stem.cuts("split-stay", "the first three characters agree", &both),
        emergency.cuts("split-stay", "an emergency", &[]),
        planned.cuts("split-stay", "a planned cycle", &[]),
        missing.cuts("split-stay", "no main diagnosis", &[]),
        open.cuts("split-stay", "the former has not ended", &[]),
    ]
}

fn overlaps() -> Vec<EdgeCase> {
    let both = [("L2", WHOLE), ("L3", WHOLE)];
    let mut open = two_stays("H2", 2);
    open.month.encounters.get_or_insert_default()[1].endtime = None;
    vec![
        two_stays("H2", 3).cuts("overlap-stay", "moved on the day of discharge", &[]),
        two_stays("H2", 2).cuts("overlap-stay", "a day before the discharge", &both),
        two_stays("H1", 2).cuts("overlap-stay", "the same institution", &both),
        open.cuts("overlap-stay", "a stay without end is passed over", &[]),
    ]
}

fn visits() -> Vec<EdgeCase> {
    let visited = |house: &str, until: Option<i64>| {
        let mut scene = Scene::empty();
        scene.stay("W1", "H1", oct(2), until.map(oct));
        scene.visit("W2", house, "11", oct(3));
        for (key, on) in [("L1", 2), ("L2", 3), ("L3", 4), ("L4", 5)] {
            scene.bill_one(key, "W2", oct(on), "A");
        }
        scene
    };
    vec![
        visited("H2", Some(5)).cuts(
            "visit-during-stay",
            "strictly between admission and discharge",
            &[("L2", WHOLE), ("L3", WHOLE)],
        ),
        visited("H1", Some(5)).cuts("visit-during-stay", "at the institution of the stay", &[]),
        visited("H2", Some(3)).cuts("visit-during-stay", "one night has no day inside", &[]),
        visited("H2", None).cuts("visit-during-stay", "a stay that has not ended", &[]),
    ]
}
