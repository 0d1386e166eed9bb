//! Edges of the rules that limit sums and counts.

use crate::oracle::context::Cut;

use super::{EdgeCase, Scene, oct};

const fn units(whole: i64) -> Cut {
    Cut::Units(whole * 10_000)
}

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = days();
    cases.extend(hours_and_stays());
    cases.extend(windows());
    cases.extend(frequencies());
    cases
}

/// Lines L1, L2, ... of item A in V1, each with its day and quantity.
fn billed(scene: &mut Scene, encounter: &str, lines: &[(&str, i64, &str)]) {
    for (key, on, cnt) in lines {
        scene.bill(key, encounter, oct(*on), ("A", cnt, "10"));
    }
}

fn days() -> Vec<EdgeCase> {
    let limited = |per: &str| {
        let mut scene = Scene::empty();
        scene.know("item_quantity", &["A", per, "day", "3"]);
        scene.visit("V2", "H2", "11", oct(1));
        scene
    };
    let mut at_limit = limited("encounter");
    billed(&mut at_limit, "V1", &[("L1", 1, "2"), ("L2", 1, "1"), ("L3", 2, "3")]);
    let mut margin = limited("encounter");
    billed(&mut margin, "V1", &[("L1", 1, "2"), ("L2", 1, "2"), ("L3", 1, "1.5")]);
    let mut two_visits = limited("encounter");
    billed(&mut two_visits, "V1", &[("L1", 1, "3")]);
    billed(&mut two_visits, "V2", &[("L2", 1, "3")]);
    let mut one_person = limited("person");
    billed(&mut one_person, "V1", &[("L1", 1, "3")]);
    billed(&mut one_person, "V2", &[("L2", 1, "3")]);
    let mut reversed = limited("encounter");
    billed(&mut reversed, "V1", &[("L1", 1, "4"), ("L2", 1, "-1"), ("L3", 1, "1")]);
    vec![
        at_limit.cuts("daily-quantity", "three a day are three", &[]),
        margin.cuts(
            "daily-quantity",
            "the line on the margin loses its excess, the next all",
            &[("L2", units(1)), ("L3", Cut::Units(15_000))],
        ),
        two_visits.cuts("daily-quantity", "two visits have a limit each", &[]),
        one_person.cuts("daily-quantity", "one person has one limit", &[("L2", units(3))]),
        reversed.cuts("daily-quantity", "what is taken back does not count", &[("L3", units(1))]),
    ]
}

fn hours_and_stays() -> Vec<EdgeCase> {
    let hours = |lines: &[(&str, i64, &str)]| {
        let mut scene = Scene::empty();
        scene.know("item_hours", &["A"]);
        billed(&mut scene, "V1", lines);
        scene
    };
    let stay = |until: Option<i64>, lines: &[(&str, i64, &str)]| {
        let mut scene = Scene::empty();
        scene.know("item_stay_days", &["A", "1"]);
        scene.stay("V2", "H1", oct(3), until.map(oct));
        billed(&mut scene, "V2", lines);
        scene
    };
    vec![
        hours(&[("L1", 1, "24"), ("L2", 2, "24")]).cuts("hours-over-day", "a day has 24", &[]),
        hours(&[("L1", 1, "20"), ("L2", 1, "10")]).cuts(
            "hours-over-day",
            "thirty hours are six too many",
            &[("L2", units(6))],
        ),
        stay(Some(5), &[("L1", 3, "2")]).cuts("stay-days", "two nights, two days", &[]),
        stay(Some(5), &[("L1", 3, "2"), ("L2", 4, "1")]).cuts(
            "stay-days",
            "the day of discharge is not counted",
            &[("L2", units(1))],
        ),
        stay(Some(3), &[("L1", 3, "1")]).cuts("stay-days", "a stay has at least one day", &[]),
        stay(None, &[("L1", 3, "9")]).cuts("stay-days", "a stay that has not ended", &[]),
    ]
}

fn windows() -> Vec<EdgeCase> {
    let limited = |window: &str| {
        let mut scene = Scene::empty();
        scene.know("item_quantity", &["A", "person", window, "3"]);
        billed(&mut scene, "V1", &[("L1", 0, "2"), ("L2", 1, "2"), ("L3", 31, "1")]);
        scene
    };
    let mut over = limited("month");
    billed(&mut over, "V1", &[("L4", 31, "1")]);
    let mut dated = limited("quarter");
    dated.tables.entry("item_quantity".to_owned()).or_default()[0]
        .insert("begndate".to_owned(), "2026-10-02".to_owned());
    billed(&mut dated, "V1", &[("L4", 31, "3")]);
    vec![
        limited("month").cuts("month-quantity", "30 September is another month", &[]),
        over.cuts("month-quantity", "the fourth in October", &[("L4", units(1))]),
        limited("quarter").cuts("month-quantity", "30 September is another quarter", &[]),
        limited("year").cuts(
            "month-quantity",
            "all three days are of one year",
            &[("L2", units(1)), ("L3", units(1))],
        ),
        dated.cuts(
            "month-quantity",
            "lines before the row's first day do not belong to the group",
            &[("L4", units(1))],
        ),
    ]
}

fn frequencies() -> Vec<EdgeCase> {
    let used = |count: &str, days: &[i64]| {
        let mut scene = Scene::empty();
        scene.know("item_period", &["A", "7", count]);
        for (key, on) in ["L1", "L2", "L3", "L4"].into_iter().zip(days) {
            scene.bill_one(key, "V1", oct(*on), "A");
        }
        scene
    };
    vec![
        used("1", &[1, 8, 15]).cuts("period-frequency", "every seventh day", &[]),
        used("1", &[1, 7]).cuts("period-frequency", "six days after", &[("L2", Cut::Whole)]),
        used("1", &[1, 7, 8]).cuts(
            "period-frequency",
            "a use that is not paid does not count",
            &[("L2", Cut::Whole)],
        ),
        used("2", &[1, 1, 7, 8]).cuts(
            "period-frequency",
            "two in seven days are allowed",
            &[("L3", Cut::Whole)],
        ),
    ]
}
