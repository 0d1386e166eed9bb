//! Edges of the rules of stays.

use crate::oracle::civil::at;
use crate::oracle::context::Cut;
use crate::oracle::month::Encounter;

use super::{EdgeCase, Scene, oct};

const WHOLE: Cut = Cut::Whole;

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = sequences();
    cases.extend(empty_beds());
    cases.extend(low_standards());
    cases.extend(records());
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

/// What the record of a stay says of its operation, and whether it is whole.
fn records() -> Vec<EdgeCase> {
    let stayed = |operation: Option<&str>, charge: &str| {
        let mut scene = Scene::empty();
        scene.stay("W1", "H1", oct(1), Some(oct(9)));
        scene.last_encounter().dscg_way = Some("1".to_owned());
        scene.last_encounter().oprn_oprt_code = operation.map(str::to_owned);
        bill_kind(&mut scene, "L1", 1, (charge, "60"));
        bill_kind(&mut scene, "L2", 2, (charge, "60"));
        scene
    };
    let mut woman = stayed(Some("60.2901"), "06");
    woman.person().gend = Some("2".to_owned());
    let mut unknown = stayed(Some("65.6101"), "06");
    unknown.person().gend = Some("9".to_owned());
    let mut lying = stayed(None, "06");
    lying.last_encounter().endtime = None;
    let mut nameless = stayed(None, "05");
    nameless.last_encounter().dscg_maindiag_code = None;
    let mut ways = stayed(None, "05");
    ways.last_encounter().dscg_way = None;
    let mut backwards = stayed(None, "05");
    backwards.last_encounter().endtime = Some(at(oct(1), 35_999));
    let shown = [("L1", Cut::Nothing)];
    vec![
        stayed(Some("65.6101"), "06").cuts("operation-sex", "an ovary of a man", &shown),
        stayed(Some("60.2901"), "06").cuts("operation-sex", "a prostate of a man", &[]),
        stayed(Some("76.0100"), "06").cuts("operation-sex", "a bone of a man", &[]),
        woman.cuts("operation-sex", "a prostate of a woman", &shown),
        unknown.cuts("operation-sex", "a sex that is not known", &[]),
        stayed(None, "06").cuts("operation-coding", "billed and not coded", &shown),
        stayed(Some("47.0901"), "06").cuts("operation-coding", "billed and coded", &[]),
        stayed(Some("47.0901"), "09").cuts("operation-coding", "coded, only drugs", &shown),
        stayed(Some("45.2300"), "03").cuts("operation-coding", "coded, a test", &[]),
        lying.cuts("operation-coding", "the stay goes on", &[]),
        stayed(None, "05").cuts("record-incomplete", "all is there", &[]),
        nameless.cuts("record-incomplete", "no main diagnosis", &shown),
        ways.cuts("record-incomplete", "no way of discharge", &shown),
        backwards.cuts("record-incomplete", "it ends a second before it begins", &shown),
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
    cases.extend(split_exceptions());
    cases.extend(split_neighbours());
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
        two_stays("H1", 10).cuts("split-stay", "back after seven days", &both).grade(2),
        two_stays("H1", 11).cuts("split-stay", "back after eight days", &both).grade(3),
        two_stays("H1", 18).cuts("split-stay", "back after fifteen days", &both).grade(3),
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

/// The exceptions of split-stay, each at its column, and what only looks like one.
fn split_exceptions() -> Vec<EdgeCase> {
    let both = [("L2", WHOLE), ("L3", WHOLE)];
    let changed = |change: &dyn Fn(&mut [Encounter])| {
        let mut scene = two_stays("H1", 5);
        change(&mut scene.month.encounters.get_or_insert_default()[1..]);
        scene
    };
    let text = |text: &str| Some(text.to_owned());
    let cut = |scene: Scene, name| scene.cuts("split-stay", name, &both);
    let free = |scene: Scene, name| scene.cuts("split-stay", name, &[]);
    let mut emergency = changed(&|stays| "24".clone_into(&mut stays[1].med_type));
    emergency.know("inpatient", &["24"]);
    let mut birth = changed(&|stays| "52".clone_into(&mut stays[1].med_type));
    birth.know("inpatient", &["52"]);
    let mut obstetric = two_stays("H1", 5);
    obstetric.know("diagnosis_set", &["obstetric", "K35"]);
    let mut beside = two_stays("H1", 5);
    beside.know("diagnosis_set", &["obstetric", "O80"]);
    beside.diagnose("W2", "O80", "0");
    let mut planned = two_stays("H1", 5);
    planned.know("diagnosis_set", &["planned_cycle", "Z51.1"]);
    planned.diagnose("W2", "Z51.1", "0");
    let mut before = two_stays("H1", 5);
    before.know("diagnosis_set", &["planned_cycle", "Z51.1"]);
    before.diagnose("W1", "Z51.1", "0");
    vec![
        free(changed(&|stays| stays[0].dscg_way = text("2")), "sent on by the former"),
        cut(changed(&|stays| stays[1].dscg_way = text("2")), "sent on by the later"),
        free(changed(&|stays| stays[1].otp_er_refl_flag = text("1")), "by the emergency room"),
        free(emergency, "an emergency stay"),
        free(birth, "a stay of maternity"),
        free(obstetric, "an obstetric main diagnosis"),
        cut(beside, "an obstetric diagnosis beside the main one"),
        free(changed(&|stays| stays[1].dscg_way = text("5")), "a death"),
        cut(changed(&|stays| stays[0].dscg_way = text("5")), "a death of the former"),
        free(planned, "a planned cycle beside the main diagnosis"),
        cut(before, "a planned cycle of the former only"),
    ]
}

/// Who the former stay is: the neighbour in canonical order at the institution.
fn split_neighbours() -> Vec<EdgeCase> {
    let between = |house: &str, diagnosis: &str| {
        let mut scene = two_stays("H1", 9);
        scene.stay("W3", house, oct(4), Some(oct(6)));
        scene.last_encounter().dscg_maindiag_code = Some(diagnosis.to_owned());
        scene
    };
    let both = [("L2", WHOLE), ("L3", WHOLE)];
    let mut flagged = two_stays("H1", 5);
    flagged.last_encounter().dscg_maindiag_code = None;
    flagged.diagnose("W2", "K35.9", "1");
    let mut open = two_stays("H1", 5);
    open.last_encounter().endtime = None;
    // Both begin at one moment: the one that ends first is the former.
    let mut together = two_stays("H1", 1);
    together.last_encounter().begntime =
        together.month.encounters.iter().flatten().nth(1).map_or(0, |stay| stay.begntime);
    together.last_encounter().endtime = Some(at(oct(1), 80_000));
    vec![
        between("H2", "K35.1").cuts("split-stay", "a stay elsewhere in between", &both),
        between("H1", "K36").cuts("split-stay", "another illness in between", &[]),
        flagged.cuts("split-stay", "the main diagnosis by its flag", &both),
        open.cuts("split-stay", "a later stay that has not ended", &both),
        two_stays("H1", 2).cuts("split-stay", "admitted before the discharge", &[]),
        together.cuts(
            "split-stay",
            "of two that begin together the longer one is the later",
            &[("L1", WHOLE)],
        ),
    ]
}

fn overlaps() -> Vec<EdgeCase> {
    let both = [("L2", WHOLE), ("L3", WHOLE)];
    let mut third = two_stays("H1", 2);
    third.stay("W3", "H2", oct(2), Some(oct(2)));
    third.bill_one("L4", "W3", oct(2), "A");
    // The first lasts over both others; the second has ended before the third begins.
    let mut long = two_stays("H1", 2);
    long.month.encounters.get_or_insert_default()[1].endtime = Some(at(oct(20), 36_000));
    long.stay("W3", "H1", oct(10), Some(oct(12)));
    long.bill_one("L4", "W3", oct(10), "A");
    let mut short = Scene::empty();
    short.stay("W1", "H1", oct(1), Some(oct(1)));
    short.stay("W2", "H2", oct(1), Some(oct(4)));
    short.bill_one("L2", "W2", oct(1), "A");
    // Admitted by day, discharged by night: days count, not hours.
    let mut by_hours = two_stays("H2", 3);
    by_hours.last_encounter().begntime = at(oct(3), 0);
    let mut same_moment = Scene::empty();
    for (id, key, until) in [("W2", "L2", 3), ("W1", "L1", 3)] {
        same_moment.stay(id, "H1", oct(1), Some(oct(until)));
        same_moment.bill_one(key, id, oct(1), "A");
    }
    let mut open = two_stays("H2", 2);
    open.month.encounters.get_or_insert_default()[1].endtime = None;
    vec![
        two_stays("H2", 3).cuts("overlap-stay", "moved on the day of discharge", &[]),
        two_stays("H2", 2).cuts("overlap-stay", "a day before the discharge", &both).grade(1),
        two_stays("H1", 2).cuts("overlap-stay", "the same institution", &both).grade(2),
        third.cuts(
            "overlap-stay",
            "a day inside two stays",
            &[("L2", WHOLE), ("L3", WHOLE), ("L4", WHOLE)],
        ),
        long.cuts(
            "overlap-stay",
            "any earlier stay counts, not the neighbour alone",
            &[("L2", WHOLE), ("L3", WHOLE), ("L4", WHOLE)],
        ),
        short.cuts("overlap-stay", "a stay of one day and another from that day on", &[]),
        by_hours.cuts("overlap-stay", "the day of discharge, but an earlier hour", &[]),
        same_moment.cuts(
            "overlap-stay",
            "equal times: the later key is the later stay",
            &[("L2", WHOLE)],
        ),
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
    let mut bought = visited("H2", Some(5));
    "41".clone_into(&mut bought.last_encounter().med_type);
    let mut moved = visited("H2", Some(5));
    "21".clone_into(&mut moved.last_encounter().med_type);
    let mut held = visited("H2", Some(5));
    held.stay("W3", "H1", oct(1), None);
    vec![
        visited("H2", Some(5)).cuts(
            "visit-during-stay",
            "strictly between admission and discharge",
            &[("L2", WHOLE), ("L3", WHOLE)],
        ),
        bought.cuts("visit-during-stay", "bought in a pharmacy", &[("L2", WHOLE), ("L3", WHOLE)]),
        moved.cuts("visit-during-stay", "in another stay", &[]),
        held.cuts(
            "visit-during-stay",
            "a stay that has not ended beside one that has",
            &[("L2", WHOLE), ("L3", WHOLE)],
        ),
        visited("H1", Some(5)).cuts("visit-during-stay", "at the institution of the stay", &[]),
        visited("H2", Some(3)).cuts("visit-during-stay", "one night has no day inside", &[]),
        visited("H2", None).cuts("visit-during-stay", "a stay that has not ended", &[]),
    ]
}
