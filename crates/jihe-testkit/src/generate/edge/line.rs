//! Edges of the rules that judge one line.

use crate::oracle::civil::day;
use crate::oracle::context::Cut;
use crate::oracle::reference::{CatalogueRow, PriceLimit};

use super::{EdgeCase, Scene, oct};

const WHOLE: Cut = Cut::Whole;

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = items();
    cases.extend(prices());
    cases.extend(people());
    cases.extend(places());
    cases.extend(times());
    cases
}

fn first_row(scene: &mut Scene) -> &mut CatalogueRow {
    &mut scene.reference.catalogue.get_or_insert_default()[0]
}

fn items() -> Vec<EdgeCase> {
    let mut dated = Scene::empty();
    first_row(&mut dated).begndate = Some(oct(2));
    first_row(&mut dated).enddate = Some(oct(4));
    for (key, on) in [("L1", 1), ("L2", 2), ("L3", 3), ("L4", 4)] {
        dated.bill_one(key, "V1", oct(on), "A");
    }
    let mut placeholder = Scene::empty();
    placeholder.know("placeholder", &["B"]);
    placeholder.bill_one("L1", "V1", oct(1), "B");
    let mut blind = Scene::empty();
    blind.reference.catalogue = None;
    blind.bill_one("L1", "V1", oct(1), "X");

    let mut class = Scene::empty();
    first_row(&mut class).chrgitm_lv = Some("03".to_owned());
    class.bill_one("L1", "V1", oct(1), "A");
    class.bill_one("L2", "V1", oct(1), "A");
    class.last_line().inscp_scp_amt = Some(0);
    class.bill_one("L3", "V1", oct(1), "A");
    class.last_line().inscp_scp_amt = Some(1);
    class.bill_one("L4", "V1", oct(1), "B");
    class.last_line().chrgitm_lv = Some("03".to_owned());
    let mut unused = Scene::empty();
    first_row(&mut unused).med_use_flag = Some("0".to_owned());
    unused.bill_one("L1", "V1", oct(1), "A");
    let mut payable = Scene::empty();
    payable.bill_one("L1", "V1", oct(1), "A");
    vec![
        dated.cuts(
            "unknown-item",
            "a row holds from its first day to the day before its end",
            &[("L1", WHOLE), ("L4", WHOLE)],
        ),
        placeholder.cuts("unknown-item", "a placeholder code is unknown", &[("L1", WHOLE)]),
        blind.cuts("unknown-item", "without a catalogue nothing is unknown", &[]),
        class.cuts(
            "out-of-catalogue",
            "class 03 is hit from a fen of in-policy amount, and the catalogue's class wins",
            &[("L1", WHOLE), ("L3", WHOLE)],
        ),
        unused.cuts("out-of-catalogue", "an item that is not payable", &[("L1", WHOLE)]),
        payable.cuts("out-of-catalogue", "a payable item of class 01", &[]),
    ]
}

fn prices() -> Vec<EdgeCase> {
    let limit = |level: Option<&str>, pric: i64| PriceLimit {
        hilist_code: "A".to_owned(),
        lmtpric_hosp_lv: level.map(str::to_owned),
        hilist_pric_uplmt_amt: pric,
        ..PriceLimit::default()
    };
    let billed = |prices: [&str; 3]| {
        let mut scene = Scene::empty();
        for (key, pric) in ["L1", "L2", "L3"].into_iter().zip(prices) {
            scene.bill(key, "V1", oct(1), ("A", "3", pric));
        }
        scene
    };
    let mut edge = billed(["9.999999", "10", "10.000001"]);
    edge.reference.price_limits = Some(vec![limit(Some("02"), 10_000_000)]);
    let mut lowest = billed(["8", "9", "10"]);
    lowest.reference.price_limits = Some(vec![
        limit(None, 9_000_000),
        limit(Some("2"), 10_000_000),
        limit(Some("3"), 1_000_000),
    ]);
    let mut no_level = billed(["8", "9", "10"]);
    no_level.reference.price_limits = Some(vec![limit(None, 9_000_000), limit(Some("2"), 1)]);
    for row in no_level.reference.institutions.iter_mut().flatten() {
        row.lmtpric_hosp_lv = None;
    }

    let mut only_by_level = no_level.clone();
    only_by_level.reference.price_limits = Some(vec![limit(Some("2"), 1)]);

    let mut amounts = Scene::empty();
    for (key, above) in [("L1", 0), ("L2", 1), ("L3", 2)] {
        amounts.bill(key, "V1", oct(1), ("A", "3", "3.335"));
        amounts.last_line().det_item_fee_sumamt += above;
    }
    let mut exact = Scene::empty();
    exact.bill("L1", "V1", oct(1), ("A", "1.5", "0.333333"));
    vec![
        edge.cuts(
            "price-ceiling",
            "a price at the ceiling is paid and a millionth above is cut to it",
            &[("L3", Cut::Price(10_000_000))],
        ),
        lowest.cuts(
            "price-ceiling",
            "the lowest ceiling of the level or of all levels counts",
            &[("L3", Cut::Price(9_000_000))],
        ),
        only_by_level.cuts("price-ceiling", "rows by level need the institution's level", &[]),
        no_level.cuts(
            "price-ceiling",
            "a row without level counts where the institution has none",
            &[("L3", Cut::Price(9_000_000))],
        ),
        amounts.cuts(
            "amount-mismatch",
            "one fen above the product is borne and two are cut",
            &[("L3", Cut::Amount(1001))],
        ),
        exact.cuts("amount-mismatch", "the rounded product itself", &[]),
    ]
}

fn people() -> Vec<EdgeCase> {
    let of_sex = |sex: Option<&str>| {
        let mut scene = Scene::empty();
        scene.know("item_sex", &["A", "2"]);
        scene.person().gend = sex.map(str::to_owned);
        scene.bill_one("L1", "V1", oct(1), "A");
        scene.bill_one("L2", "V1", oct(1), "B");
        scene
    };
    let born = |birth| {
        let mut scene = Scene::empty();
        scene.know("item_age", &["A", "0", "14", "year"]);
        scene.know("item_age", &["B", "1", "29", "day"]);
        scene.person().brdy = birth;
        scene
    };
    let mut years = born(Some(day(2012, 10, 2)));
    for (key, on) in [("L1", 1), ("L2", 2), ("L3", 3)] {
        years.bill_one(key, "V1", oct(on), "A");
    }
    let mut days = born(Some(oct(2)));
    for (key, on) in [("L1", 1), ("L2", 2), ("L3", 3), ("L4", 30), ("L5", 31)] {
        days.bill_one(key, "V1", oct(on), "B");
    }
    let mut ageless = born(None);
    ageless.bill_one("L1", "V1", oct(1), "A");

    let died = |death, state: Option<&str>| {
        let mut scene = Scene::empty();
        scene.person().die_date = death;
        scene.person().surv_stas = state.map(str::to_owned);
        for (key, on) in [("L1", 1), ("L2", 2), ("L3", 3)] {
            scene.bill_one(key, "V1", oct(on), "A");
        }
        scene
    };
    vec![
        of_sex(Some("1")).cuts("sex-mismatch", "a man, an item for women", &[("L1", WHOLE)]),
        of_sex(Some("2")).cuts("sex-mismatch", "a woman, an item for women", &[]),
        of_sex(Some("9")).cuts("sex-mismatch", "a sex that is not known", &[]),
        of_sex(None).cuts("sex-mismatch", "a missing sex", &[]),
        years.cuts(
            "age-outside",
            "thirteen the day before the birthday, fourteen on it",
            &[("L2", WHOLE), ("L3", WHOLE)],
        ),
        days.cuts(
            "age-outside",
            "the day of birth is day 0, and nobody is aged before it",
            &[("L2", WHOLE), ("L5", WHOLE)],
        ),
        ageless.cuts("age-outside", "no day of birth", &[]),
        died(Some(oct(2)), None).cuts("after-death", "the day after death", &[("L3", WHOLE)]),
        died(None, Some("2")).cuts("after-death", "dead, on no known day", &[]),
    ]
}

fn places() -> Vec<EdgeCase> {
    let least = |level: &str| {
        let mut scene = Scene::empty();
        scene.know("item_level", &["A", level]);
        scene.visit("V2", "H2", "11", oct(1));
        scene.bill_one("L1", "V1", oct(1), "A");
        scene.bill_one("L2", "V2", oct(1), "A");
        scene
    };
    let mut types = Scene::empty();
    types.know("item_visit", &["A", "14"]);
    types.know("item_visit", &["A", "21"]);
    types.know("item_visit", &["B", "11"]);
    types.visit("V2", "H1", "14", oct(1));
    types.bill_one("L1", "V1", oct(1), "A");
    types.bill_one("L2", "V2", oct(1), "A");
    types.bill_one("L3", "V1", oct(1), "B");
    let mut from_settlement = types.clone();
    from_settlement.month.encounters = None;
    let mut unknown = types.clone();
    unknown.month.encounters = None;
    for settlement in &mut unknown.month.settlements {
        settlement.med_type = None;
    }
    vec![
        least("2").cuts("institution-level", "both levels are enough", &[]),
        least("3").cuts("institution-level", "level 2 is below 3, 03 is not", &[("L1", WHOLE)]),
        types.cuts("visit-type", "none of the item's rows has the type", &[("L1", WHOLE)]),
        from_settlement.cuts("visit-type", "the settlement tells the type", &[("L1", WHOLE)]),
        unknown.cuts("visit-type", "nobody tells the type", &[]),
    ]
}

fn times() -> Vec<EdgeCase> {
    let during = |until| {
        let mut scene = Scene::empty();
        scene.stay("V2", "H1", oct(3), until);
        for (key, on) in [("L1", 2), ("L2", 3), ("L3", 5), ("L4", 6)] {
            scene.bill_one(key, "V2", oct(on), "A");
        }
        scene.bill_one("L5", "V1", oct(9), "A");
        scene
    };
    let mut exempt = during(Some(oct(5)));
    for line in &mut exempt.month.lines {
        line.dscg_tkdrug_flag = Some("1".to_owned());
    }
    vec![
        during(Some(oct(5))).cuts(
            "outside-stay",
            "the day before admission and the day after discharge",
            &[("L1", WHOLE), ("L4", WHOLE)],
        ),
        during(None).cuts("outside-stay", "no discharge: only before", &[("L1", WHOLE)]),
        exempt.cuts("outside-stay", "drugs to take home", &[]),
    ]
}
