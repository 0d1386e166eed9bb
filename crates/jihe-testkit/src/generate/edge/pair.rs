//! Edges of the rules that look at lines together.

use crate::oracle::context::Cut;
use crate::oracle::reference::PriceLimit;

use super::{EdgeCase, Scene, oct};

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = repeats();
    cases.extend(parts());
    cases.extend(settled());
    cases.extend(sets());
    cases.extend(operations());
    cases.extend(needs());
    cases.extend(together());
    cases
}

/// A price of an item for all levels.
fn price(scene: &mut Scene, item: &str, yuan: i64) {
    scene.reference.price_limits.get_or_insert_default().push(PriceLimit {
        hilist_code: item.to_owned(),
        hilist_pric_uplmt_amt: yuan * 1_000_000,
        ..PriceLimit::default()
    });
}

fn settled() -> Vec<EdgeCase> {
    let twice = |again: &str| {
        let mut scene = Scene::empty();
        scene.visit("V2", "H2", "11", oct(1));
        scene.bill_one("L1", "V1", oct(1), "A");
        scene.bill_one("L2", again, oct(1), "A");
        scene
    };
    let mut later = twice("V2");
    later.last_line().fee_ocur_time += 1;
    let mut dearer = twice("V2");
    dearer.last_line().det_item_fee_sumamt += 1;
    let mut unsettled = twice("V2");
    unsettled.last_line().setl_id = None;
    vec![
        twice("V2").cuts("settled-twice", "two settlements", &[("L2", Cut::Whole)]),
        twice("V1").cuts("settled-twice", "one settlement", &[]),
        later.cuts("settled-twice", "a second later", &[]),
        dearer.cuts("settled-twice", "another amount", &[]),
        unsettled.cuts("settled-twice", "not settled", &[]),
    ]
}

fn sets() -> Vec<EdgeCase> {
    let billed = |whole: i64, lines: &[(&str, i64, &str, &str)]| {
        let mut scene = Scene::empty();
        scene.know("split_set", &["Z", "B", "A"]);
        scene.know("split_set", &["Z", "B", "C"]);
        price(&mut scene, "B", whole);
        for (key, on, item, cnt) in lines {
            scene.bill(key, "V1", oct(*on), (item, cnt, "50"));
        }
        scene
    };
    let pair = [("L1", 1, "A", "1"), ("L2", 1, "C", "1")];
    let mut unpriced = billed(90, &pair);
    unpriced.reference.price_limits = None;
    let mut no_whole = billed(90, &pair);
    no_whole.reference.price_limits = Some(Vec::new());
    no_whole.reference.catalogue.get_or_insert_default().retain(|row| row.hilist_code != "B");
    vec![
        billed(100, &pair).cuts("split-item", "as much as the whole", &[]),
        billed(90, &pair).cuts("split-item", "ten more", &[("L2", Cut::Amount(4_000))]),
        billed(40, &pair).cuts(
            "split-item",
            "the last part whole, and some of the first",
            &[("L1", Cut::Amount(4_000)), ("L2", Cut::Amount(0))],
        ),
        billed(90, &[("L1", 1, "A", "3"), ("L2", 1, "C", "2")]).cuts(
            "split-item",
            "two sets, and a part alone",
            &[("L2", Cut::Amount(8_000))],
        ),
        billed(90, &[("L1", 1, "A", "1"), ("L2", 2, "C", "1")]).cuts("split-item", "two days", &[]),
        billed(90, &pair[..1]).cuts("split-item", "a part alone", &[]),
        unpriced.cuts("split-item", "no price of the whole", &[]),
        no_whole.cuts("split-item", "no such whole", &[]),
    ]
}

fn operations() -> Vec<EdgeCase> {
    let operated = |pric: &str, med_type: &str| {
        let mut scene = Scene::empty();
        for item in ["A", "B"] {
            scene.know("operation_group", &[item, "G", "0.75"]);
            price(&mut scene, item, 100);
        }
        scene.stay("V2", "H1", oct(1), Some(oct(5)));
        med_type.clone_into(&mut scene.last_encounter().med_type);
        scene.bill("L1", "V2", oct(2), ("A", "1", "100"));
        scene.bill("L2", "V2", oct(2), ("B", "1", pric));
        scene
    };
    let mut unpriced = operated("90", "21");
    unpriced.reference.price_limits = Some(Vec::new());
    vec![
        operated("75", "21").cuts("operation-discount", "at three quarters", &[]),
        operated("75.01", "21").cuts(
            "operation-discount",
            "a fen above three quarters",
            &[("L2", Cut::Price(75_000_000))],
        ),
        operated("90", "11").cuts("operation-discount", "no stay", &[]),
        unpriced.cuts("operation-discount", "no price", &[]),
    ]
}

fn needs() -> Vec<EdgeCase> {
    let billed = |beside: &[(&str, &str)]| {
        let mut scene = Scene::empty();
        scene.know("companion", &["A", "B"]);
        scene.know("companion", &["A", "C"]);
        scene.visit("V2", "H1", "11", oct(2));
        scene.bill_one("L1", "V1", oct(1), "A");
        for (encounter, item) in beside {
            scene.bill_one("L2", encounter, oct(3), item);
        }
        scene
    };
    vec![
        billed(&[]).cuts("companion-missing", "alone", &[("L1", Cut::Whole)]),
        billed(&[("V1", "C")]).cuts("companion-missing", "the other need, later", &[]),
        billed(&[("V2", "B")]).cuts(
            "companion-missing",
            "in another encounter",
            &[("L1", Cut::Whole)],
        ),
    ]
}

fn together() -> Vec<EdgeCase> {
    let given = |orders: [Option<&str>; 2]| {
        let mut scene = Scene::empty();
        scene.know("incompatible", &["A", "B"]);
        for ((key, item), order) in [("L1", "B"), ("L2", "A")].into_iter().zip(orders) {
            scene.bill_one(key, "V1", oct(1), item);
            scene.last_line().rx_drord_no = order.map(str::to_owned);
        }
        scene
    };
    let both = [("L1", Cut::Nothing), ("L2", Cut::Nothing)];
    vec![
        given([Some("R1"), Some("R1")]).cuts("incompatible", "one prescription", &both),
        given([Some("R1"), Some("R2")]).cuts("incompatible", "two prescriptions", &[]),
        given([Some("R1"), None]).cuts("incompatible", "no number", &[]),
    ]
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
