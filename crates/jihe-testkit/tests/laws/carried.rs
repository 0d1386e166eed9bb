//! What a month leaves for the next: the next finds what both together would.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jihe::arrow_array::RecordBatch;
use jihe::arrow_array::cast::AsArray;
use jihe::arrow_array::types::Int64Type;
use jihe::{Engine, Month, Options, Outcome, Pack, Reference, TableName};

use crate::scene;
use crate::unchanged::refused;

const SERVICE: &str = "003107010220000";
const DRUG: &str = "ZD03AAA0043010100166";
const TRACES: &str = "drug_trac_codg,bkkp_sn,setl_id,trdn_flag";

/// A line of one unit of ten yuan at H1.
fn line(key: &str, day: &str, [visit, person, order]: [&str; 3], item: &str) -> String {
    format!("{key},S{visit},M{visit},{person},H1,{day} 09:00:00,{item},1,10.00,10.00,{order}\n")
}

/// Tables by name with their text.
type Tables<'a> = Vec<(&'a str, String)>;

/// A month of lines whose key has a name, with the settlements of visits of persons.
fn month(key: &str, lines: &[String], visits: &[(&str, &str)]) -> Tables<'static> {
    let header = format!(
        "{key},setl_id,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
         det_item_fee_sumamt,rx_drord_no\n"
    );
    let mut settlements = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,\
                           inscp_scp_amt,fund_pay_sumamt,med_type\n"
        .to_owned();
    for (visit, person) in visits {
        let row = "H1,2026-03-31 18:00:00,100.00,100.00,70.00,11";
        writeln!(settlements, "S{visit},M{visit},{person},{row}").unwrap();
    }
    vec![("lines", header + &lines.concat()), ("settlements", settlements)]
}

/// A month with rows of trace codes.
fn coded(mut tables: Tables<'static>, rows: &str) -> Tables<'static> {
    tables.push(("trace_codes", format!("{TRACES}\n{rows}")));
    tables
}

/// A month whose visit 1 has its settlement cancelled.
fn refunded(mut tables: Tables<'static>) -> Tables<'static> {
    let settled = tables[1].1.replace("med_type\n", "med_type,refd_setl_flag,init_setl_id\n");
    tables[1].1 = settled.replace(",11\n", ",11,,\n")
        + "R1,M1,P1,H1,2026-03-31 19:00:00,-100.00,-100.00,-70.00,11,1,S1\n";
    tables
}

fn write(folder: &Path, tables: &[(&str, String)]) {
    fs::create_dir_all(folder).unwrap();
    for (name, text) in tables {
        fs::write(folder.join(format!("{name}.csv")), text).unwrap();
    }
}

/// Scores months one after the other over a state; gives the last.
fn one_by_one(months: &[Tables<'_>], reference: &[(&str, String)]) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let own = [
        (
            "catalogue",
            format!(
                "hilist_code,hilist_name,list_type,chrgitm_lv,begndate,enddate\n\
                 {SERVICE},a,201,01,2020-01-01,\n{DRUG},b,102,02,2020-01-01,\n"
            ),
        ),
        (
            "institutions",
            "fixmedins_code,fixmedins_type,lmtpric_hosp_lv,begndate,enddate\nH1,1,3,2020-01-01,\n"
                .to_owned(),
        ),
    ];
    write(&dir.path().join("reference"), &own);
    write(&dir.path().join("reference"), reference);
    let pack = Pack::load(scene::national()).unwrap();
    let reference = Reference::open(dir.path().join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let state = dir.path().join("state");
    let mut last = None;
    for (nth, tables) in months.iter().enumerate() {
        let folder = dir.path().join(format!("month{nth}"));
        write(&folder, tables);
        let options =
            Options { state: state.exists().then(|| state.clone()), ..Options::default() };
        let outcome = engine.score(&Month::open(&folder).unwrap(), &options).unwrap();
        outcome.write_state(&state).unwrap();
        last = Some(outcome);
    }
    last.unwrap()
}

/// What is refused of lines by one rule.
fn refused_by(outcome: &Outcome, rule: &str) -> Vec<(String, i64)> {
    let all = refused(outcome).into_iter().filter(|(.., id)| id == rule);
    all.map(|(key, fen, _)| (key, fen)).collect()
}

/// A column of text of a table.
fn texts(rows: &[RecordBatch], column: &str) -> Vec<String> {
    let columns = rows.iter().map(|batch| batch.column_by_name(column).unwrap());
    columns
        .flat_map(|column| column.as_string::<i32>().iter().flatten())
        .map(str::to_owned)
        .collect()
}

fn not_evaluable(outcome: &Outcome, rule: &str) -> i64 {
    let rows = outcome.coverage();
    let place = texts(&rows, "rule_id").iter().position(|id| id == rule).unwrap();
    let column = rows[0].column_by_name("n_not_evaluable").unwrap();
    column.as_primitive::<Int64Type>().value(place)
}

const ONE: [&str; 3] = ["1", "P1", "R1"];

#[test]
fn an_order_number_is_the_same_after_any_number_of_months() {
    let a = line("A", "2026-03-31", ONE, SERVICE);
    let other = |key: &str| line(key, "2026-03-30", ["1", "P1", key], SERVICE);
    let months = [
        month("bkkp_sn", &[a, other("X")], &[("1", "P1")]),
        month("bkkp_sn", &[other("Y")], &[("1", "P1")]),
        month("bkkp_sn", &[line("B", "2026-03-31", ONE, SERVICE)], &[("1", "P1")]),
    ];
    let outcome = one_by_one(&months, &[]);
    assert_eq!(refused_by(&outcome, "same-line-twice"), [("B".to_owned(), 1000)]);
}

#[test]
fn a_line_known_in_its_encounter_is_known_to_the_state_by_both() {
    let first = [
        line("1", "2026-03-01", ONE, SERVICE),
        line("1", "2026-03-02", ["2", "P1", "R2"], SERVICE),
    ];
    let visits = [("1", "P1"), ("2", "P1")];
    let later = [
        first[1].clone(),
        line("1", "2026-03-01", ["3", "P1", "R1"], SERVICE),
        line("2", "2026-03-02", ["3", "P1", "R2"], SERVICE),
    ];
    let months = [
        month("feedetl_sn", &first, &visits),
        month("feedetl_sn", &later, &[("1", "P1"), ("2", "P1"), ("3", "P1")]),
    ];
    let outcome = one_by_one(&months, &[]);
    let counts = outcome.month().counts[&TableName::Lines];
    assert_eq!((counts.judged, counts.netted, counts.quarantined), (2, 1, 0));
    // The same lines, in another settlement.
    let refused = refused_by(&outcome, "settled-twice");
    assert_eq!(refused, [("1".to_owned(), 1000), ("2".to_owned(), 1000)]);
}

#[test]
fn what_no_table_says_of_a_pack_the_state_does_not_say_either() {
    let traces = |rows: &str| ("trace_codes", format!("drug_trac_codg,bkkp_sn\n{rows}"));
    let with = |lines: &[String], rows: &str| {
        let mut tables = month("bkkp_sn", lines, &[("1", "P1")]);
        tables.push(traces(rows));
        tables
    };
    let (a, b) = (line("A", "2026-03-01", ONE, DRUG), line("B", "2026-03-02", ONE, DRUG));
    let outcome = one_by_one(&[with(&[a], "C1,A\n"), with(&[b], "C1,B\n")], &[]);
    assert_eq!(refused_by(&outcome, "trace-reused"), []);
    assert_eq!(not_evaluable(&outcome, "trace-reused"), 1);
}

#[test]
fn a_trace_code_that_comes_a_month_before_its_line_is_known_when_that_comes() {
    let months = |early: &str, late: &str| {
        let first = month("bkkp_sn", &[line("A", "2026-03-01", ONE, DRUG)], &[("1", "P1")]);
        let second = [
            line("B", "2026-04-02", ["2", "P2", "R2"], DRUG),
            line("C", "2026-04-03", ["2", "P2", "R3"], DRUG),
        ];
        let second = month("bkkp_sn", &second, &[("2", "P2")]);
        one_by_one(&[coded(first, early), coded(second, late)], &[])
    };
    let early = months("C1,A,,0\nC1,B,S2,0\nC2,D,,0\n", "C3,C,,0\n");
    assert_eq!(refused_by(&early, "trace-reused"), [("B".to_owned(), 1000)]);
    // So is it where another of the line comes with it.
    let partly = months("C1,A,,0\nC1,B,S2,0\n", "C4,B,S2,0\n");
    assert_eq!(refused_by(&partly, "trace-reused"), [("B".to_owned(), 1000)]);
    // As if it had come with its line; the line of another settlement is not meant.
    let together = months("C1,A,,0\n", "C1,B,S2,0\nC3,C,,0\n");
    assert_eq!(refused_by(&together, "trace-reused"), [("B".to_owned(), 1000)]);
    assert_eq!(not_evaluable(&early, "trace-reused"), not_evaluable(&together, "trace-reused"));
    // What the file did not say of a pack the state does not say either.
    let first = month("bkkp_sn", &[line("A", "2026-03-01", ONE, DRUG)], &[("1", "P1")]);
    let second =
        month("bkkp_sn", &[line("B", "2026-04-02", ["2", "P2", "R2"], DRUG)], &[("2", "P2")]);
    let with = |mut tables: Tables<'static>, text: &str| {
        tables.push(("trace_codes", text.to_owned()));
        tables
    };
    let untold = one_by_one(&[with(first, "drug_trac_codg,bkkp_sn\nC1,A\nC1,B\n"), second], &[]);
    assert_eq!(refused_by(&untold, "trace-reused"), []);
    assert_eq!(not_evaluable(&untold, "trace-reused"), 1);
}

#[test]
fn a_trace_code_without_a_line_is_known_for_the_next_month_alone() {
    let first = |rows: &str| {
        coded(month("bkkp_sn", &[line("A", "2026-03-01", ONE, DRUG)], &[("1", "P1")]), rows)
    };
    let later = |key: &str| {
        month("bkkp_sn", &[line(key, "2026-04-02", ["2", "P2", "R2"], DRUG)], &[("2", "P2")])
    };
    let next = one_by_one(&[first("C1,A,,0\nC1,B,,0\n"), later("B")], &[]);
    assert_eq!(refused_by(&next, "trace-reused"), [("B".to_owned(), 1000)]);
    let after = one_by_one(&[first("C1,A,,0\nC1,B,,0\n"), later("X"), later("B")], &[]);
    assert_eq!(refused_by(&after, "trace-reused"), []);
}

#[test]
fn a_trace_code_of_a_line_that_left_waits_for_no_other() {
    let second = ["2", "P2", "R2"];
    // A number that every visit has names nobody without its settlement.
    let lines = [line("7", "2026-04-01", second, DRUG), line("8", "2026-04-02", second, DRUG)];
    let first = month("feedetl_sn", &[line("1", "2026-03-01", ONE, DRUG)], &[("1", "P1")]);
    let late = month("feedetl_sn", &lines, &[("2", "P2")]);
    let months = [coded(first, "C1,7,,0\n"), coded(late, "C1,8,,0\n")];
    assert_eq!(refused_by(&one_by_one(&months, &[]), "trace-reused"), []);
    // Neither does one of a settlement that was cancelled.
    let cancelled = month("bkkp_sn", &[line("X", "2026-03-01", ONE, DRUG)], &[("1", "P1")]);
    let lines = [line("X2", "2026-04-01", second, DRUG), line("X", "2026-04-02", second, DRUG)];
    let after = month("bkkp_sn", &lines, &[("2", "P2")]);
    let months = [coded(refunded(cancelled), "C1,X,,0\n"), coded(after, "C1,X2,,0\n")];
    assert_eq!(refused_by(&one_by_one(&months, &[]), "trace-reused"), []);
}

#[test]
fn a_number_of_a_cancelled_line_is_that_of_no_other_visit() {
    let refused = |early: &str| {
        let lines = [line("1", "2026-03-01", ONE, DRUG), line("7", "2026-03-01", ONE, DRUG)];
        let first = refunded(month("feedetl_sn", &lines, &[("1", "P1")]));
        let second = ["2", "P2", "R2"];
        let lines = [line("7", "2026-04-01", second, DRUG), line("8", "2026-04-02", second, DRUG)];
        let later = month("feedetl_sn", &lines, &[("2", "P2")]);
        let outcome = one_by_one(&[coded(first, early), coded(later, "C1,8,S2,0\n")], &[]);
        refused_by(&outcome, "trace-reused")
    };
    // Number 7 of visit 1 left; that of visit 2 comes a month after its code.
    assert_eq!(refused("C9,7,S1,0\nC1,7,S2,0\n"), [("8".to_owned(), 1000)]);
    assert_eq!(refused("C1,7,S1,0\n"), []);
}

#[test]
fn rows_of_the_reference_stay_in_the_reference() {
    let given = ("trace_codes", format!("{TRACES}\nC1,A,,0\nC1,B,,0\n"));
    let first = month("bkkp_sn", &[line("A", "2026-03-01", ONE, DRUG)], &[("1", "P1")]);
    let outcome = one_by_one(&[first], &[given]);
    assert!(outcome.month().traces.as_ref().unwrap().early.key.is_empty());
}

#[test]
fn a_month_without_trace_codes_is_not_accused_of_what_a_former_one_tells() {
    let boxed = format!(
        "hilist_code,hilist_name,list_type,chrgitm_lv,begndate,enddate\n\
         {DRUG},b,101,02,2020-01-01,\n"
    );
    let with = |mut tables: Tables<'static>, code: &str| {
        let text = &mut tables[0].1;
        let (header, rows) = text.split_once('\n').unwrap();
        *text = format!("{header},drug_trac_codg\n{},{code}\n", rows.trim_end());
        tables
    };
    let first = || month("bkkp_sn", &[line("A", "2026-03-01", ONE, DRUG)], &[("1", "P1")]);
    let second =
        || month("bkkp_sn", &[line("B", "2026-04-02", ["2", "P2", "R2"], DRUG)], &[("2", "P2")]);
    let reference = [("catalogue", boxed)];
    let found = |months: &[Tables<'static>]| {
        let outcome = one_by_one(months, &reference);
        let found = outcome.findings();
        let missing = texts(&found, "rule_id").iter().any(|id| id == "trace-missing");
        let open = ["trace-missing", "trace-reused"].map(|rule| not_evaluable(&outcome, rule));
        (missing, open)
    };
    assert_eq!(found(&[first(), second()]), (false, [1, 1]));
    assert_eq!(found(&[with(first(), "C1"), second()]), (false, [1, 1]));
    assert_eq!(found(&[first(), with(second(), "")]), (true, [0, 0]));
}

#[test]
fn a_table_without_flags_does_not_silence_one_that_has_them() {
    let lines = [line("A", "2026-03-01", ONE, DRUG), line("B", "2026-03-02", ONE, DRUG)];
    let mut tables = month("bkkp_sn", &lines, &[("1", "P1")]);
    let text = "drug_trac_codg,bkkp_sn,trdn_flag\nC1,A,0\nC1,B,0\n";
    tables.push(("trace_codes", text.to_owned()));
    let given = ("trace_codes", "drug_trac_codg,bkkp_sn\nC9,Z\n".to_owned());
    let outcome = one_by_one(&[tables], &[given]);
    assert_eq!(refused_by(&outcome, "trace-reused"), [("B".to_owned(), 1000)]);
}

#[test]
fn a_pack_that_the_reference_names_is_not_billed_again_by_a_row_of_the_month() {
    let lines = [line("A", "2026-03-01", ONE, DRUG), line("B", "2026-03-02", ONE, DRUG)];
    let mut tables = month("bkkp_sn", &lines, &[("1", "P1")]);
    let table = |rows: &str| format!("drug_trac_codg,bkkp_sn,trdn_flag\n{rows}");
    tables.push(("trace_codes", table("C2,A,0\nC1,B,0\n")));
    let given = ("trace_codes", table("C3,A,0\nC4,B,0\nC1,A,0\n"));
    let outcome = one_by_one(&[tables], &[given]);
    assert_eq!(refused_by(&outcome, "trace-reused"), [("B".to_owned(), 1000)]);
}

#[test]
fn a_row_of_trace_codes_names_no_line_of_another_settlement() {
    // Number 1 of settlement S1 was not delivered: its code is not that of number 1 of S2.
    let lines = [
        line("1", "2026-03-01", ["2", "P2", "R1"], DRUG),
        line("2", "2026-03-02", ["2", "P2", "R1"], DRUG),
    ];
    let mut tables = month("feedetl_sn", &lines, &[("2", "P2")]);
    let text = "drug_trac_codg,bkkp_sn,setl_id,trdn_flag\nC1,1,S1,0\nC1,2,S2,0\n";
    tables.push(("trace_codes", text.to_owned()));
    assert_eq!(refused_by(&one_by_one(&[tables], &[]), "trace-reused"), []);
}

#[test]
fn one_line_with_a_far_date_does_not_empty_the_state() {
    let first = [
        line("A", "2026-03-01", ONE, SERVICE),
        line("X", "2026-03-02", ["1", "P1", "R3"], SERVICE),
        line("F", "2099-09-02", ["1", "P1", "R9"], SERVICE),
    ];
    let months = [
        month("bkkp_sn", &first, &[("1", "P1")]),
        month("bkkp_sn", &[line("B", "2026-03-01", ONE, SERVICE)], &[("1", "P1")]),
    ];
    let outcome = one_by_one(&months, &[]);
    assert_eq!(refused_by(&outcome, "same-line-twice"), [("B".to_owned(), 1000)]);
}

/// Its results are what `verify` computes from them.
fn is_whole(outcome: &Outcome) {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    outcome.write(&out).unwrap();
    let verified = jihe::verify(&out).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.differences);
}

#[test]
fn results_with_a_late_line_of_a_settlement_of_the_month_before_are_whole() {
    let months = [
        month("bkkp_sn", &[line("A", "2026-03-01", ONE, SERVICE)], &[("1", "P1")]),
        month(
            "bkkp_sn",
            &[
                line("B", "2026-03-01", ONE, SERVICE),
                line("C", "2026-03-01", ["2", "P2", "R2"], SERVICE),
            ],
            &[("2", "P2")],
        ),
    ];
    let outcome = one_by_one(&months, &[]);
    assert_eq!(refused_by(&outcome, "same-line-twice"), [("B".to_owned(), 1000)]);
    is_whole(&outcome);
}

#[test]
fn results_of_lines_known_in_their_encounter_are_whole() {
    let lines = [
        line("1", "2026-03-01", ONE, SERVICE),
        line("2", "2026-03-01", ONE, SERVICE),
        line("1", "2026-03-02", ["2", "P2", "R1"], SERVICE),
        line("2", "2026-03-02", ["2", "P2", "R1"], SERVICE),
    ];
    let outcome = one_by_one(&[month("feedetl_sn", &lines, &[("1", "P1"), ("2", "P2")])], &[]);
    is_whole(&outcome);
    let ids: BTreeSet<String> = texts(&outcome.findings(), "jr_id").into_iter().collect();
    assert_eq!(ids.len(), 2);
}

#[test]
fn a_late_reversal_names_a_number_of_its_visit_that_the_state_has() {
    let numbered = |rows: &[(&str, &str, &str, &str)]| {
        let mut tables = month("bkkp_sn", &[], &[("1", "P1")]);
        let text = &mut tables[0].1;
        *text = format!("{},feedetl_sn,init_feedetl_sn\n", text.trim_end());
        for (key, cnt, number, init) in rows {
            let visit = "S1,M1,P1,H1,2026-03-01 09:00:00";
            let amount = format!("{cnt},10.00,{cnt}0.00,R1");
            writeln!(text, "{key},{visit},{SERVICE},{amount},{number},{init}").unwrap();
        }
        tables
    };
    let first = numbered(&[("A", "2", "1", ""), ("B", "2", "2", "")]);
    let second = numbered(&[("R", "-1", "3", "2")]);
    let outcome = one_by_one(&[first, second], &[]);
    let reasons: Vec<&str> =
        outcome.month().reversals.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(reasons, ["original is in an earlier month"]);
    let left = outcome.month().lines.all().unwrap().into_iter().flat_map(|part| {
        (0..part.len()).map(|row| (part.key.text(row), part.cnt[row])).collect::<Vec<_>>()
    });
    let left: Vec<(String, i64)> = left.collect();
    assert_eq!(left, [("A".to_owned(), 20_000), ("B".to_owned(), 10_000)]);
}

#[test]
fn only_a_month_that_brings_nothing_is_one_that_the_state_holds() {
    let own = line("A", "2026-03-01", ONE, SERVICE);
    let back = "R,S1,M1,P1,H1,2026-03-02 09:00:00,003107010220000,-1,10.00,-10.00,R1\n".to_owned();
    let is_held = |later: &[String]| {
        let months = [std::slice::from_ref(&own), later];
        let months = months.map(|lines| month("bkkp_sn", lines, &[("1", "P1")]));
        one_by_one(&months, &[]).month().is_held
    };
    assert!(is_held(std::slice::from_ref(&own)));
    assert!(!is_held(std::slice::from_ref(&back)));
    assert!(!is_held(&[own.clone(), back]));
    assert!(!is_held(&[own.clone(), line("B", "2026-03-01", ONE, SERVICE)]));
}
