//! A claim beside its history is judged as a month beside the state that the history leaves.

use std::fs;
use std::path::Path;

use jihe::arrow_array::cast::AsArray;
use jihe::arrow_array::types::{Decimal128Type, Int64Type};
use jihe::{Claim, Engine, Month, Options, Outcome, Pack, Reference, Row, Stage};

use crate::scene;

const CATALOGUE: &str = "hilist_code,hilist_name,list_type,chrgitm_lv,begndate,enddate\n\
                         003107010220000,a,201,01,2020-01-01,\n";
const INSTITUTIONS: &str = "fixmedins_code,fixmedins_type,lmtpric_hosp_lv,begndate,enddate\n\
                            H1,1,3,2020-01-01,2026-01-08\n";
const SETTLEMENTS: &str = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,fund_pay_sumamt\n";
const LINE: &str = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                    det_item_fee_sumamt";
const STAY: &str = "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime,dscg_maindiag_code,\
                    ipt_type,otp_er_refl_flag";

/// A table with a column more, or without it, and the values of its rows.
fn table(header: &str, more: Option<&str>, rows: &[(&str, &str)]) -> String {
    let column = more.map_or(String::new(), |name| format!(",{name}"));
    let value = |value: &str| more.map_or(String::new(), |_| format!(",{value}"));
    let rows: Vec<String> =
        rows.iter().map(|&(row, own)| format!("{row}{}\n", value(own))).collect();
    format!("{header}{column}\n{}", rows.concat())
}

/// Lines of one item by key, visit and time.
fn lines(more: Option<&str>, rows: &[(&str, &str)]) -> String {
    let row = |place: &str| format!("{place},003107010220000,1,900,900.00");
    let rows: Vec<(String, &str)> = rows.iter().map(|&(place, own)| (row(place), own)).collect();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(row, own)| (row.as_str(), *own)).collect();
    table(LINE, more, &rows)
}

type Tables = Vec<(&'static str, String)>;

fn rows(tables: &Tables, name: &str) -> Vec<Row> {
    let text = tables.iter().find(|one| one.0 == name).map_or("", |one| one.1.as_str());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        let cells = names.iter().zip(record.iter());
        cells.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn claim(tables: &Tables) -> Claim {
    Claim {
        persons: rows(tables, "persons"),
        encounters: rows(tables, "encounters"),
        lines: rows(tables, "lines"),
        ..Claim::default()
    }
}

fn month(folder: &Path, tables: &Tables) -> Month {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("settlements.csv"), SETTLEMENTS).unwrap();
    for (name, text) in tables {
        fs::write(folder.join(format!("{name}.csv")), text).unwrap();
    }
    Month::open(folder).unwrap()
}

/// By rule: how many findings, lines that are not evaluable, and fen of those.
fn coverage(outcome: &Outcome) -> Vec<(String, i64, i64, i128)> {
    let batch = outcome.coverage().remove(0);
    let column = |name: &str| batch.column_by_name(name).unwrap();
    let number = |name: &str, row: usize| column(name).as_primitive::<Int64Type>().value(row);
    let amount =
        |row: usize| column("amt_not_evaluable").as_primitive::<Decimal128Type>().value(row);
    let rule = |row: usize| column("rule_id").as_string::<i32>().value(row).to_owned();
    (0..batch.num_rows())
        .map(|row| (rule(row), number("n_hit", row), number("n_not_evaluable", row), amount(row)))
        .collect()
}

/// What both ways say alike: findings, lines that are not evaluable and their fen by rule.
fn told(history: &Tables, own: &Tables) -> Vec<(String, i64, i64, i128)> {
    let dir = tempfile::tempdir().unwrap();
    let reference = dir.path().join("reference");
    fs::create_dir_all(&reference).unwrap();
    fs::write(reference.join("catalogue.csv"), CATALOGUE).unwrap();
    fs::write(reference.join("institutions.csv"), INSTITUTIONS).unwrap();
    let pack = Pack::load(scene::national()).unwrap();
    let engine = Engine::compile(&pack, &Reference::open(&reference).unwrap()).unwrap();
    let state = dir.path().join("state");
    let options = Options { stage: Stage::Before, ..Options::default() };
    let former = engine.score(&month(&dir.path().join("former"), history), &options).unwrap();
    former.write_state(&state).unwrap();
    let options = Options { state: Some(state), ..options };
    let scored = engine.score(&month(&dir.path().join("own"), own), &options).unwrap();
    let checked = engine.check(&claim(own), &claim(history)).unwrap();
    let all = coverage(&scored);
    assert_eq!(coverage(&checked), all, "{history:?} {own:?}");
    all
}

/// Findings of a rule, and lines that it cannot judge.
fn of_rule(all: &[(String, i64, i64, i128)], rule: &str) -> (i64, i64) {
    all.iter().find(|one| one.0 == rule).map(|one| (one.1, one.2)).unwrap()
}

const L1: &str = "L1,V1,P1,H1,2026-01-05 08:00:00";

#[test]
fn what_no_row_of_the_history_names_is_missing_for_its_lines() {
    let own = [("L2,V2,P1,H1,2026-01-05 08:00:00", ""), ("L3,V2,P1,H1,2026-01-06 08:00:00", "R1")];
    let own = vec![("lines", lines(Some("rx_drord_no"), &own))];
    for (column, expected) in [(None, (0, 1)), (Some("rx_drord_no"), (1, 0))] {
        let history = vec![("lines", lines(column, &[(L1, "")]))];
        assert_eq!(of_rule(&told(&history, &own), "same-line-twice"), expected);
    }
    let stay = |visit: &str, begin: &str, end: &str| {
        format!("{visit},P1,H1,21,2026-01-{begin} 08:00:00,2026-01-{end} 08:00:00,J18.900,1,0")
    };
    let (former, later) = (stay("V1", "04", "10"), stay("V2", "12", "15"));
    let line = |key: &str, visit: &str, day: &str| {
        lines(None, &[(format!("{key},{visit},P1,H1,2026-01-{day} 09:00:00").as_str(), "")])
    };
    let own = vec![
        ("lines", line("L2", "V2", "12")),
        ("encounters", table(STAY, Some("dscg_way"), &[(&later, "1")])),
    ];
    for (column, expected) in [(None, (0, 1)), (Some("dscg_way"), (1, 0))] {
        let history = vec![
            ("lines", line("L1", "V1", "05")),
            ("encounters", table(STAY, column, &[(&former, "1")])),
        ];
        assert_eq!(of_rule(&told(&history, &own), "split-stay"), expected);
    }
}

#[test]
fn a_table_that_only_the_history_has_is_not_known_of_the_claim() {
    let own = vec![("lines", lines(None, &[("L2,V2,P1,H1,2026-01-25 08:00:00", "")]))];
    let visit = "mdtrt_id,psn_no,fixmedins_code,med_type,begntime\n\
                 V1,P1,H1,11,2026-01-05 07:00:00\n";
    let with_visit = vec![("lines", lines(None, &[(L1, "")])), ("encounters", visit.to_owned())];
    let without = vec![("lines", lines(None, &[(L1, "")]))];
    for history in [with_visit, without] {
        assert_eq!(of_rule(&told(&history, &own), "institution-inactive"), (0, 1));
    }
    let history = vec![
        ("lines", lines(None, &[(L1, "")])),
        ("persons", "psn_no,surv_stas,die_date\nP1,2,2026-01-01\n".to_owned()),
    ];
    told(&history, &own);
}
