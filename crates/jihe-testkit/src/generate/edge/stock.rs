//! Edges of the rules of stock and trace codes.

use crate::oracle::civil::at;
use crate::oracle::context::Cut;
use crate::oracle::reference::StockMove;
use crate::oracle::side::TraceCode;

use super::{EdgeCase, Scene, oct};

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = stocks();
    cases.extend(purchases());
    cases.extend(codes());
    cases
}

fn stocks() -> Vec<EdgeCase> {
    let dated = |moves: &[(i64, i64)], quantities: &[&str]| {
        let mut scene = Scene::empty();
        for (day, cnt) in moves {
            scene.reference.inventory.get_or_insert_default().push(StockMove {
                fixmedins_code: "H1".to_owned(),
                med_list_codg: "M".to_owned(),
                inv_chg_type: Some("108".to_owned()),
                event_time: at(oct(*day), 0),
                cnt: *cnt,
            });
        }
        for (key, cnt) in ["L1", "L2"].into_iter().zip(quantities) {
            scene.bill(key, "V1", oct(1), ("A", cnt, "10"));
            scene.last_line().med_list_codg = Some("M".to_owned());
        }
        scene
    };
    let sold = |moves: &[i64], quantities: &[&str]| {
        let moves: Vec<(i64, i64)> = moves.iter().map(|cnt| (1, *cnt)).collect();
        dated(&moves, quantities)
    };
    vec![
        dated(&[(1, 10_000), (32, 500_000)], &["1.05", "1"]).cuts(
            "sold-over-stock",
            "what comes after the month does not count",
            &[("L2", Cut::Units(10_000))],
        ),
        dated(&[(1, 10_000), (31, 10_000)], &["1.05", "1.05"]).cuts(
            "sold-over-stock",
            "what comes on the last day of the month does",
            &[],
        ),
        dated(&[(-40, 20_000), (1, -10_000)], &["1.05", "1"]).cuts(
            "sold-over-stock",
            "what earlier months left counts",
            &[("L2", Cut::Units(10_000))],
        ),
        dated(&[(32, 500_000)], &["1"]).cuts("sold-over-stock", "no record of the month", &[]),
        sold(&[150_000, -50_000], &["10", "0.5"]).cuts("sold-over-stock", "five in a hundred", &[]),
        sold(&[150_000, -50_000], &["10", "0.5001"]).cuts(
            "sold-over-stock",
            "a ten-thousandth above",
            &[("L2", Cut::Units(1))],
        ),
        sold(&[33_333], &["3.5", "1"]).cuts(
            "sold-over-stock",
            "the limit is rounded up",
            &[("L2", Cut::Units(10_000))],
        ),
        sold(&[-10_000], &["1"]).cuts(
            "sold-over-stock",
            "less than nothing is nothing",
            &[("L1", Cut::Units(10_000))],
        ),
        sold(&[], &["1"]).cuts("sold-over-stock", "no inventory", &[]),
    ]
}

fn purchases() -> Vec<EdgeCase> {
    let bought = |item: &str, days_before: i64, cnt: i64| {
        let mut scene = Scene::empty();
        scene.reference.inventory.get_or_insert_default().push(StockMove {
            fixmedins_code: "H1".to_owned(),
            med_list_codg: item.to_owned(),
            inv_chg_type: Some("108".to_owned()),
            event_time: at(oct(1) - days_before, 0),
            cnt,
        });
        for row in scene.reference.catalogue.iter_mut().flatten() {
            row.list_type = Some("101".to_owned());
        }
        scene.bill_one("L1", "V1", oct(1), "A");
        scene
    };
    let mut service = bought("B", 1, 10_000);
    for row in service.reference.catalogue.iter_mut().flatten() {
        row.list_type = Some("201".to_owned());
    }
    vec![
        bought("A", 90, 10_000).cuts("never-bought", "ninety days before", &[]),
        bought("A", 91, 10_000).cuts("never-bought", "a day more", &[("L1", Cut::Whole)]),
        bought("A", -1, 10_000).cuts("never-bought", "only later", &[("L1", Cut::Whole)]),
        bought("A", 1, -10_000).cuts("never-bought", "it went out", &[("L1", Cut::Whole)]),
        bought("B", 1, 10_000).cuts("never-bought", "another item", &[("L1", Cut::Whole)]),
        service.cuts("never-bought", "a service has no stock", &[]),
    ]
}

fn codes() -> Vec<EdgeCase> {
    let traced = |rows: &[(&str, &str, Option<&str>)]| {
        let mut scene = Scene::empty();
        scene.bill("L1", "V1", oct(1), ("A", "2", "10"));
        scene.bill("L2", "V1", oct(2), ("A", "2", "10"));
        scene.bill("L3", "V1", oct(3), ("A", "0.5", "10"));
        let row = |(code, key, flag): &(&str, &str, Option<&str>)| TraceCode {
            drug_trac_codg: (*code).to_owned(),
            bkkp_sn: Some((*key).to_owned()),
            setl_id: None,
            trdn_flag: flag.map(str::to_owned),
        };
        scene.month.trace_codes = Some(rows.iter().map(row).collect());
        scene
    };
    let reused = [("C1", "L1", None), ("C1", "L2", None), ("C1", "L3", None)];
    let mut exempt = traced(&reused);
    exempt.know("trace_exempt", &["A"]);
    vec![
        traced(&reused).cuts(
            "trace-reused",
            "every line but the first, at most its quantity",
            &[("L2", Cut::Units(10_000)), ("L3", Cut::Units(5_000))],
        ),
        traced(&[("C1", "L1", None), ("C2", "L1", None), ("C1", "L2", None), ("C2", "L2", None)])
            .cuts("trace-reused", "two codes, two units", &[("L2", Cut::Units(20_000))]),
        traced(&[("C1", "L1", None), ("C1", "L1", None)]).cuts("trace-reused", "one line", &[]),
        traced(&[("C1", "L1", Some("1")), ("C1", "L2", Some("1"))]).cuts(
            "trace-reused",
            "an opened pack",
            &[],
        ),
        exempt.cuts("trace-reused", "an exempt item", &[]),
    ]
}
