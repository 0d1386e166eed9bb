//! Edges of the rules that look at lines together.

use crate::oracle::context::Cut;

use super::{EdgeCase, Scene, oct};

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = repeats();
    cases.extend(parts());
    cases
}

fn repeats() -> Vec<EdgeCase> {
    let twice = || {
        let mut scene = Scene::empty();
        for key in ["L1", "L2", "L3"] {
            scene.bill_one(key, "V1", oct(1), "A");
        }
        scene
    };
    let mut orders = twice();
    for (line, order) in orders.month.lines.iter_mut().zip(["R1", "R2"]) {
        line.rx_drord_no = Some(order.to_owned());
    }
    let mut second_later = twice();
    second_later.month.lines[1].fee_ocur_time += 1;
    let mut delivered_twice = Scene::empty();
    delivered_twice.bill_one("L1", "V1", oct(1), "A");
    delivered_twice.bill_one("L1", "V1", oct(1), "A");
    let mut taken_back = twice();
    for (key, name) in [("L4", "L1"), ("L5", "L2")] {
        taken_back.bill("L0", "V1", oct(1), ("A", "-1", "10"));
        key.clone_into(&mut taken_back.last_line().bkkp_sn);
        taken_back.last_line().init_feedetl_sn = Some(name.to_owned());
    }
    vec![
        twice().cuts(
            "same-line-twice",
            "every line but the first",
            &[("L2", Cut::Whole), ("L3", Cut::Whole)],
        ),
        orders.cuts("same-line-twice", "three orders, one of them without number", &[]),
        second_later.cuts("same-line-twice", "a second later", &[("L3", Cut::Whole)]),
        delivered_twice.cuts("same-line-twice", "one row delivered twice", &[]),
        taken_back.cuts("same-line-twice", "the others were taken back", &[]),
    ]
}

fn parts() -> Vec<EdgeCase> {
    let billed = |window: &str, lines: &[(&str, i64, &str, &str)]| {
        let mut scene = Scene::empty();
        scene.know("contained", &["A", "B", window]);
        for (key, on, item, cnt) in lines {
            scene.bill(key, "V1", oct(*on), (item, cnt, "40"));
        }
        scene
    };
    let one_day = [("L1", 1, "A", "1"), ("L2", 1, "B", "2")];
    let two_days = [("L1", 1, "A", "2"), ("L2", 2, "B", "1"), ("L3", 3, "B", "2")];
    let backwards = [("L1", 1, "B", "1"), ("L2", 1, "B", "2"), ("L3", 1, "A", "2.5")];
    let mut elsewhere = billed("day", &[("L1", 1, "A", "1")]);
    elsewhere.visit("V2", "H2", "11", oct(1));
    elsewhere.bill_one("L2", "V2", oct(1), "B");
    vec![
        billed("day", &one_day).cuts(
            "contained-item",
            "one A contains one of two B",
            &[("L2", Cut::Units(10_000))],
        ),
        billed("day", &two_days).cuts("contained-item", "another day", &[]),
        billed("stay", &two_days).cuts(
            "contained-item",
            "one encounter, from the latest back",
            &[("L3", Cut::Units(20_000))],
        ),
        billed("day", &backwards).cuts(
            "contained-item",
            "the latest b loses all, the one before it a half",
            &[("L1", Cut::Units(5_000)), ("L2", Cut::Units(20_000))],
        ),
        elsewhere.cuts("contained-item", "another institution", &[]),
    ]
}
