//! Edges of the rules that read the papers around a line: doctor, prescription, approval, upload,
//! own codes and trace codes.

use crate::oracle::civil::{at, day};
use crate::oracle::context::Cut;
use crate::oracle::month::Line;
use crate::oracle::reference::PriceLimit;
use crate::oracle::registry::{MappedItem, Practitioner};
use crate::oracle::side::TraceCode;

use super::{EdgeCase, Scene, oct};

const WHOLE: Cut = Cut::Whole;
const SHOWN: Cut = Cut::Nothing;

pub(super) fn cases() -> Vec<EdgeCase> {
    let mut cases = doctors();
    cases.extend(herbs());
    cases.extend(approvals());
    cases.extend(uploads());
    cases.extend(prescriptions());
    cases.extend(own_codes());
    cases.extend(traces());
    cases
}

fn doctors() -> Vec<EdgeCase> {
    let ordered = |doctor: Option<&str>| {
        let mut scene = Scene::empty();
        scene.reference.practitioners = Some(vec![Practitioner {
            prac_psn_code: "D1".to_owned(),
            fixmedins_code: "H1".to_owned(),
            begntime: Some(oct(2)),
            endtime: Some(oct(4)),
            ..Practitioner::default()
        }]);
        for (key, on) in [("L1", 1), ("L2", 2), ("L3", 4), ("L4", 5)] {
            scene.bill_one(key, "V1", oct(on), "A");
            scene.last_line().bilg_dr_codg = doctor.map(str::to_owned);
        }
        scene
    };
    let mut elsewhere = ordered(Some("D1"));
    for line in &mut elsewhere.month.lines {
        "H2".clone_into(&mut line.fixmedins_code);
    }
    let mut blind = ordered(Some("D1"));
    blind.reference.practitioners = None;
    let rule = "practitioner-inactive";
    let all = [("L1", WHOLE), ("L2", WHOLE), ("L3", WHOLE), ("L4", WHOLE)];
    vec![
        ordered(Some("D1")).cuts(
            rule,
            "the first and the last day are days of the registration",
            &[("L1", WHOLE), ("L4", WHOLE)],
        ),
        ordered(Some("D2")).cuts(rule, "a doctor whom no one registered", &all),
        elsewhere.cuts(rule, "registered at another institution", &all),
        ordered(None).cuts(rule, "nobody tells the doctor", &[]),
        blind.cuts(rule, "there is no register", &[]),
    ]
}

fn herbs() -> Vec<EdgeCase> {
    let prescribed = |second: &str, number: Option<&str>| {
        let mut scene = Scene::empty();
        scene.know("herb_alone", &["A"]);
        for row in scene.reference.catalogue.iter_mut().flatten() {
            row.list_type = Some("102".to_owned());
        }
        for (key, item) in [("L1", "A"), ("L2", second)] {
            scene.bill_one(key, "V1", oct(1), item);
            scene.last_line().rx_drord_no = number.map(str::to_owned);
        }
        scene
    };
    let mut other = prescribed("B", Some("R1"));
    other.last_line().rx_drord_no = Some("R2".to_owned());
    let mut drug = prescribed("B", Some("R1"));
    drug.reference.catalogue.get_or_insert_default()[1].list_type = Some("101".to_owned());
    let mut unpaid = prescribed("A", Some("R1"));
    unpaid.last_line().inscp_scp_amt = Some(0);
    let rule = "herb-alone";
    let first = [("L1", WHOLE)];
    vec![
        prescribed("A", Some("R1")).cuts(rule, "two listed herbs", &[("L1", WHOLE), ("L2", WHOLE)]),
        prescribed("B", Some("R1")).cuts(rule, "one herb that is not listed is enough", &[]),
        other.cuts(rule, "it stands on another prescription", &first),
        drug.cuts(rule, "what is no herb does not matter", &first),
        unpaid.cuts(rule, "the patient pays all of one", &first),
        prescribed("A", None).cuts(rule, "nobody tells the prescription", &[]),
    ]
}

fn approvals() -> Vec<EdgeCase> {
    let billed = |prices: [&str; 2], number: Option<&str>, flag: Option<&str>| {
        let mut scene = Scene::empty();
        for (key, pric) in ["L1", "L2"].into_iter().zip(prices) {
            scene.bill(key, "V1", oct(1), ("A", "5", pric));
            scene.last_line().rx_drord_no = number.map(str::to_owned);
            scene.last_line().hosp_appr_flag = flag.map(str::to_owned);
        }
        scene
    };
    let mut stay = Scene::empty();
    stay.stay("V2", "H1", oct(1), Some(oct(3)));
    stay.bill("L1", "V2", oct(1), ("A", "1", "900"));
    stay.last_line().hosp_appr_flag = Some("0".to_owned());
    let rule = "approval-missing";
    let (no, both) = (Some("0"), [("L1", SHOWN), ("L2", SHOWN)]);
    vec![
        billed(["50", "50"], Some("R1"), no).cuts(rule, "five hundred together", &[]),
        billed(["50", "50.002"], Some("R1"), no).cuts(rule, "a fen above", &both),
        billed(["50", "50.002"], None, no).cuts(rule, "nobody tells the prescription", &[]),
        billed(["100", "100.000001"], None, no).cuts(rule, "a price above", &[("L2", SHOWN)]),
        billed(["90", "90"], Some("R1"), Some("1")).cuts(rule, "approved", &[]),
        billed(["90", "90"], Some("R1"), None).cuts(rule, "nobody tells the approval", &[]),
        stay.cuts(rule, "in a stay", &[]),
    ]
}

fn uploads() -> Vec<EdgeCase> {
    let sent = |moments: [Option<i64>; 2]| {
        let mut scene = Scene::empty();
        for (key, moment) in ["L1", "L2"].into_iter().zip(moments) {
            scene.bill_one(key, "V1", oct(31), "A");
            scene.last_line().crte_time = moment;
        }
        scene
    };
    let limit = at(day(2026, 11, 3), 0);
    vec![
        sent([Some(limit), Some(limit + 1)]).cuts(
            "late-upload",
            "24:00 of the second day after the month, and a second later",
            &[("L2", SHOWN)],
        ),
        sent([None, Some(at(oct(31), 0))]).cuts("late-upload", "nobody tells, or in time", &[]),
    ]
}

fn prescriptions() -> Vec<EdgeCase> {
    let drug = |change: &dyn Fn(&mut Line, i64)| {
        let mut scene = Scene::empty();
        scene.reference.catalogue.get_or_insert_default()[0].list_type = Some("101".to_owned());
        for (key, nth) in [("L1", 1), ("L2", 2)] {
            scene.bill("L0", "V1", oct(10), ("A", "2", "10"));
            key.clone_into(&mut scene.last_line().bkkp_sn);
            change(scene.last_line(), nth);
        }
        scene
    };
    let dated =
        |seconds: i64| drug(&move |line, days| line.prsc_time = Some(at(oct(10) - days, seconds)));
    let counted = |first: i64| drug(&move |line, nth| line.drug_cnt = Some(first + nth));
    let mut service = dated(0);
    service.reference.catalogue.get_or_insert_default()[0].list_type = Some("201".to_owned());
    let nothing = || drug(&|_, _| {});
    let stale = "prescription-stale";
    vec![
        dated(0).cuts(stale, "one day is valid, two are not", &[("L2", WHOLE)]),
        dated(86_399).cuts(stale, "days are counted, not hours", &[("L2", WHOLE)]),
        service.cuts(stale, "no drug", &[]),
        nothing().cuts(stale, "nobody tells the prescription", &[]),
        counted(19_998).cuts("over-prescribed", "as much, and more", &[("L1", Cut::Units(1))]),
        counted(20_000).cuts("over-prescribed", "less", &[]),
        nothing().cuts("over-prescribed", "nobody tells the quantity", &[]),
    ]
}

fn own_codes() -> Vec<EdgeCase> {
    let mapped = |code: &str, limits: &[(Option<&str>, i64)]| {
        let mut scene = Scene::empty();
        let row = |own: &str, national: &str| MappedItem {
            fixmedins_code: "H1".to_owned(),
            medins_list_codg: own.to_owned(),
            med_list_codg: national.to_owned(),
            ..MappedItem::default()
        };
        scene.reference.item_map = Some(vec![row("Y1", code)]);
        let limit = |(level, price): &(Option<&str>, i64)| PriceLimit {
            hilist_code: "B".to_owned(),
            lmtpric_hosp_lv: level.map(str::to_owned),
            hilist_pric_uplmt_amt: *price,
            ..PriceLimit::default()
        };
        scene.reference.price_limits = Some(limits.iter().map(limit).collect());
        for (key, own) in [("L1", Some("Y1")), ("L2", Some("Y2")), ("L3", None)] {
            scene.bill_one(key, "V1", oct(1), "A");
            scene.last_line().medins_list_codg = own.map(str::to_owned);
        }
        scene
    };
    let rows = [(None, 4_000_000), (Some("2"), 3_000_000), (Some("3"), 1_000_000)];
    let mut later = mapped("B", &rows);
    later.reference.item_map.get_or_insert_default()[0].begndate = Some(oct(2));
    let mut unknown_level = mapped("B", &rows);
    for row in unknown_level.reference.institutions.iter_mut().flatten() {
        row.lmtpric_hosp_lv = None;
    }
    let rule = "code-mismatch";
    vec![
        mapped("B", &rows).cuts(
            rule,
            "the lowest limit of the level or of all levels",
            &[("L1", Cut::Price(3_000_000))],
        ),
        mapped("A", &rows).cuts(rule, "the billed code", &[]),
        mapped("B", &[]).cuts(rule, "no price of the mapped item", &[]),
        later.cuts(rule, "mapped from the next day on", &[]),
        unknown_level.cuts(rule, "nobody tells the level", &[]),
    ]
}

fn traces() -> Vec<EdgeCase> {
    let sold = |kind: &str| {
        let mut scene = Scene::empty();
        for row in scene.reference.catalogue.iter_mut().flatten() {
            row.list_type = Some(kind.to_owned());
        }
        scene.month.trace_codes = Some(vec![TraceCode {
            drug_trac_codg: "C1".to_owned(),
            bkkp_sn: Some("L1".to_owned()),
            ..TraceCode::default()
        }]);
        scene.bill_one("L1", "V1", oct(1), "A");
        scene.bill_one("L2", "V1", oct(1), "B");
        scene
    };
    let mut exempt = sold("101");
    exempt.know("trace_exempt", &["B"]);
    let mut blind = sold("101");
    blind.month.trace_codes = None;
    let rule = "trace-missing";
    vec![
        sold("101").cuts(rule, "one drug with a code and one without", &[("L2", SHOWN)]),
        sold("102").cuts(rule, "herbs bear none", &[]),
        exempt.cuts(rule, "an exempt item", &[]),
        blind.cuts(rule, "no file tells trace codes", &[]),
    ]
}
