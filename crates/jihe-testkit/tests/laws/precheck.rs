//! A claim that is checked beforehand gets the answer that the month gives.

use std::path::Path;

use jihe_intake::{Beside, Claim, Row, read_claim};
use jihe_settle::Stage;
use jihe_testkit::generate::generate;

use crate::scene;

fn rows(month: &Path, table: &str) -> Vec<Row> {
    let Ok(mut reader) = csv::Reader::from_path(month.join(format!("{table}.csv"))) else {
        return Vec::new();
    };
    let names = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        let cells = names.iter().zip(record.iter());
        cells.map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

/// Writes a file of lines again without a column, its keys under another name.
fn rename(path: &Path, lacking: &str, key: &str) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let names: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let kept: Vec<usize> = (0..names.len()).filter(|&place| names[place] != lacking).collect();
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let mut writer = csv::Writer::from_path(path).unwrap();
    let name = |&place: &usize| if names[place] == "bkkp_sn" { key } else { &names[place] };
    writer.write_record(kept.iter().map(name)).unwrap();
    for record in records {
        writer.write_record(kept.iter().map(|&place| &record[place])).unwrap();
    }
    writer.flush().unwrap();
}

fn row(cells: &[(&str, &str)]) -> Row {
    cells.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
}

/// A line with one value of its own.
fn line(name: &str, text: &str) -> Row {
    let mut line = row(&[
        ("bkkp_sn", "L1"),
        ("mdtrt_id", "M1"),
        ("psn_no", "P1"),
        ("fixmedins_code", "H1"),
        ("fee_ocur_time", "2026-03-02 08:00:00"),
        ("hilist_code", "A"),
        ("cnt", "1"),
        ("pric", "10"),
        ("det_item_fee_sumamt", "10"),
        ("inscp_scp_amt", "10"),
        ("setl_id", "S1"),
    ]);
    for cell in &mut line {
        if cell.0 == name {
            text.clone_into(&mut cell.1);
        }
    }
    line
}

/// Whether no key comes twice.
fn differ<T>(rows: &[T], key: impl Fn(&T) -> &String) -> bool {
    let mut keys: Vec<&String> = rows.iter().map(key).collect();
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair[0] != pair[1])
}

#[test]
fn the_same_rows_give_the_same_money_as_claim_and_as_month() {
    let mut n_compared = 0;
    for seed in 0..300 {
        let (mut month, mut reference, tables) = generate(seed);
        // What is checked beforehand has no reversals, and no table of trace codes but that of the
        // reference.
        month.lines.retain(|line| 0 < line.cnt);
        let traces = month.trace_codes.take();
        if seed % 2 == 0 {
            reference.trace_codes = traces;
        }
        let dir = tempfile::tempdir().unwrap();
        scene::write(dir.path(), &month, &reference, &tables);
        // Files may lack what rules ask for, and know lines by keys of their encounters.
        let all = ["rx_drord_no", "dscg_tkdrug_flag", "prd_days", "hosp_appr_flag", "setl_id", ""];
        let lacking = all[usize::try_from(seed).unwrap() % all.len()];
        let key = if seed % 4 == 0 { "feedetl_sn" } else { "bkkp_sn" };
        rename(&dir.path().join("month/lines.csv"), lacking, key);
        let answer = scene::score(dir.path(), Stage::Before);
        // Only what is void or cancelled may have left, and no row twice.
        let is_clean = differ(&month.lines, |line| &line.bkkp_sn)
            && differ(&month.settlements, |row| &row.setl_id)
            && differ(month.encounters.as_deref().unwrap_or(&[]), |row| &row.mdtrt_id)
            && differ(month.persons.as_deref().unwrap_or(&[]), |row| &row.psn_no);
        if !is_clean || !answer.month.quarantine.is_empty() || answer.month.lines.is_empty() {
            continue;
        }
        let folder = dir.path().join("month");
        let claim = Claim {
            persons: rows(&folder, "persons"),
            encounters: rows(&folder, "encounters"),
            diagnoses: rows(&folder, "diagnoses"),
            settlements: rows(&folder, "settlements"),
            lines: rows(&folder, "lines"),
        };
        let engine = &answer.engine;
        let beside = Beside {
            institutions: engine.known_institutions(),
            traces: engine.reference().trace_codes.as_ref(),
            ..beside(engine.codes())
        };
        let net = read_claim(beside, &claim, &Claim::default()).unwrap();
        let judged = engine.judge(&net, Stage::Before, &|_| None, None).unwrap();
        let checked = scene::Answer { engine: std::sync::Arc::clone(engine), month: net, judged };
        assert_eq!(checked.cuts(), answer.cuts(), "seed {seed}");
        assert_eq!(checked.credits(), answer.credits(), "seed {seed}");
        assert_eq!(checked.refusals(), answer.refusals(), "seed {seed}");
        n_compared += 1;
    }
    assert!(20 < n_compared, "only {n_compared} months were clean");
}

fn beside(codes: &std::sync::Arc<jihe_frame::Codes>) -> Beside<'_> {
    Beside { codes, institutions: None, traces: None }
}

#[test]
fn a_row_without_its_key_is_refused_and_so_is_one_that_the_claim_has_anew() {
    let codes = std::sync::Arc::new(jihe_frame::Codes::default());
    let told = |claim: Claim, history: Claim| {
        let claim = Claim { lines: vec![line("", "")], ..claim };
        let read = read_claim(beside(&codes), &claim, &history);
        read.map(|month| month.lines.len()).map_err(|error| error.to_string())
    };
    let persons = |rows: &[Row]| Claim { persons: rows.to_vec(), ..Claim::default() };
    let stays = |rows: &[Row]| Claim { encounters: rows.to_vec(), ..Claim::default() };
    let nameless = row(&[("psn_no", ""), ("gend", "1")]);
    let error = told(persons(&[nameless]), Claim::default()).unwrap_err();
    assert!(error.contains("claim.persons[0]") && error.contains("psn_no"), "{error}");
    let stay = |person: &str, begin: &str| {
        row(&[
            ("mdtrt_id", "M1"),
            ("psn_no", person),
            ("fixmedins_code", "H1"),
            ("med_type", "11"),
            ("begntime", begin),
        ])
    };
    let own = stay("P1", "2026-03-02 07:00:00");
    let with = |former: Row| told(stays(std::slice::from_ref(&own)), stays(&[former]));
    assert_eq!(with(stay("P1", "2026-03-01 07:00:00")), Ok(1));
    let error = with(stay("P1", "garbage")).unwrap_err();
    assert!(error.contains("history.encounters[0]") && error.contains("begntime"), "{error}");
    let error = with(stay("P2", "2026-03-02 07:00:00")).unwrap_err();
    assert!(error.contains("another person"), "{error}");
    let mut damaged = line("bkkp_sn", "L2");
    damaged.push(("vali_flag".to_owned(), "\u{0}".to_owned()));
    let claim = Claim { lines: vec![damaged], ..Claim::default() };
    let error = read_claim(beside(&codes), &claim, &Claim::default()).unwrap_err().to_string();
    assert!(error.contains("claim.lines[0]") && error.contains("vali_flag"), "{error}");
}

#[test]
fn a_malformed_value_is_named_with_its_row() {
    let codes = std::sync::Arc::new(jihe_frame::Codes::default());
    let line = row(&[("bkkp_sn", "L1"), ("cnt", "1e5")]);
    let claim = Claim { lines: vec![line], ..Claim::default() };
    let error = read_claim(beside(&codes), &claim, &Claim::default()).unwrap_err().to_string();
    assert!(error.contains("claim.lines[0]") && error.contains("mdtrt_id"), "{error}");
}

#[test]
fn a_refund_that_names_nothing_takes_nothing_away() {
    let codes = std::sync::Arc::new(jihe_frame::Codes::default());
    let mut refund = row(&[("mdtrt_id", "M1"), ("psn_no", "P1"), ("refd_setl_flag", "1")]);
    let claim = Claim { lines: vec![line("setl_id", "S1")], ..Claim::default() };
    let read = |refund: &Row| {
        let history = Claim { settlements: vec![refund.clone()], ..Claim::default() };
        let read = read_claim(beside(&codes), &claim, &history);
        read.map(|month| month.lines.len()).map_err(|error| error.to_string())
    };
    // Without a key of its own it is no settlement.
    let error = read(&refund).unwrap_err();
    assert!(error.contains("history.settlements[0]") && error.contains("setl_id"), "{error}");
    refund.push(("setl_id".to_owned(), "R1".to_owned()));
    assert_eq!(read(&refund), Ok(1));
}

#[test]
fn a_claim_is_refused_for_what_a_month_would_put_aside() {
    let mut codes = jihe_frame::Codes::default();
    let known = [codes.intern(b"H1")];
    let codes = std::sync::Arc::new(codes);
    let theirs = row(&[
        ("mdtrt_id", "M2"),
        ("psn_no", "P2"),
        ("fixmedins_code", "H1"),
        ("med_type", "11"),
        ("begntime", "2026-03-02 07:00:00"),
    ]);
    let told = |lines: Vec<Row>, history: Claim| {
        let claim = Claim { lines, ..Claim::default() };
        read_claim(Beside { institutions: Some(&known), ..beside(&codes) }, &claim, &history)
            .err()
            .map(|error| error.to_string())
    };
    assert_eq!(told(vec![line("", "")], Claim::default()), None);
    for (name, text, why) in [
        ("pric", "-1", "negative price"),
        ("det_item_fee_sumamt", "-10", "negative amount on a positive line"),
        ("inscp_scp_amt", "-10", "negative in-policy amount"),
        ("cnt", "-1", "quantity below 0"),
        ("fixmedins_code", "H9", "institution is not in the reference table"),
        ("bkkp_sn", "L\u{7}1", "control character"),
        ("hilist_code", "A\u{7}", "control character"),
        ("mdtrt_id", "M2", "encounter is of another person"),
    ] {
        let history = Claim { encounters: vec![theirs.clone()], ..Claim::default() };
        let mut first = line("bkkp_sn", "L0");
        first.reverse();
        let error = told(vec![first, line(name, text)], history).unwrap();
        assert!(error.contains(why) && error.contains("claim.lines[1]"), "{name}: {error}");
        let history = Claim {
            lines: vec![line(name, text)],
            encounters: vec![theirs.clone()],
            ..Claim::default()
        };
        let error = told(vec![line("bkkp_sn", "L2")], history).unwrap();
        assert!(error.contains(why) && error.contains("history.lines[0]"), "{name}: {error}");
    }
}

#[test]
fn rows_of_one_key_that_differ_are_refused_and_keys_of_encounters_may_be_equal() {
    let codes = std::sync::Arc::new(jihe_frame::Codes::default());
    let line = |name: &str, visit: &str| {
        let mut line = line("mdtrt_id", visit);
        line[0] = (name.to_owned(), "1".to_owned());
        line
    };
    let told = |claim: &Claim| {
        let read = read_claim(beside(&codes), claim, &Claim::default());
        read.map(|month| month.lines.len()).map_err(|error| error.to_string())
    };
    let person = |gend: &str| row(&[("psn_no", "P1"), ("gend", gend)]);
    let of = |persons, lines| Claim { persons, lines, ..Claim::default() };
    let lines = vec![line("bkkp_sn", "M1")];
    assert_eq!(told(&of(vec![person("1"), person("1")], lines.clone())), Ok(1));
    let error = told(&of(vec![person("1"), person("2")], lines)).unwrap_err();
    assert!(error.contains("claim.persons[1]"), "{error}");
    let both = |name: &str, other: &str| vec![line(name, "M1"), line(name, other)];
    assert_eq!(told(&of(Vec::new(), both("feedetl_sn", "M2"))), Ok(2));
    for lines in [both("bkkp_sn", "M2"), both("feedetl_sn", "M1")] {
        let error = told(&of(Vec::new(), lines)).unwrap_err();
        assert!(error.contains("claim.lines[1]"), "{error}");
    }
}

#[test]
fn a_row_is_named_as_it_was_given_whatever_left_before_it() {
    let codes = std::sync::Arc::new(jihe_frame::Codes::default());
    let mut void = line("bkkp_sn", "L0");
    void.push(("vali_flag".to_owned(), "0".to_owned()));
    let wrong = line("pric", "-1");
    let told = |claim: Claim, history: Claim| {
        read_claim(beside(&codes), &claim, &history).unwrap_err().to_string()
    };
    let of = |lines: &[&Row]| Claim {
        lines: lines.iter().map(|&line| line.clone()).collect(),
        ..Claim::default()
    };
    let (good, other) = (line("bkkp_sn", "L2"), line("bkkp_sn", "L3"));
    let error = told(of(&[&void, &good, &void, &wrong]), of(&[&void, &other]));
    assert!(error.contains("claim.lines[3]"), "{error}");
    let error = told(of(&[&good]), of(&[&void, &other, &wrong]));
    assert!(error.contains("history.lines[2]"), "{error}");
}

#[test]
fn a_row_with_two_values_of_one_column_is_refused() {
    let codes = std::sync::Arc::new(jihe_frame::Codes::default());
    let told = |lines: &[&Row]| {
        let lines = lines.iter().map(|&line| line.clone()).collect();
        let claim = Claim { lines, ..Claim::default() };
        read_claim(beside(&codes), &claim, &Claim::default())
    };
    let mut twice = line("bkkp_sn", "L2");
    twice.push(("pric".to_owned(), "10".to_owned()));
    let other = line("bkkp_sn", "L1");
    for (lines, place) in [(vec![&twice], "[0]"), (vec![&other, &twice], "[1]")] {
        let error = told(&lines).unwrap_err().to_string();
        assert!(error.contains("pric") && error.contains(place), "{error}");
    }
}

#[test]
fn the_number_of_a_line_in_its_visit_is_its_key_where_it_has_no_other() {
    let codes = std::sync::Arc::new(jihe_frame::Codes::default());
    let with_both = |key: &str, number: &str, is_first: bool| {
        let mut both = line("bkkp_sn", key);
        let place = if is_first { 0 } else { both.len() };
        both.insert(place, ("feedetl_sn".to_owned(), number.to_owned()));
        both
    };
    let keys = |lines: &[Row]| {
        let claim = Claim { lines: lines.to_vec(), ..Claim::default() };
        let month = read_claim(beside(&codes), &claim, &Claim::default()).unwrap();
        let part = month.lines.load(0).unwrap();
        let keys = (0..part.len()).map(|row| part.key.text(row));
        (keys.collect::<Vec<String>>(), month.by_encounter)
    };
    let all = |of: &[&str]| of.iter().map(ToString::to_string).collect::<Vec<String>>();
    for is_first in [true, false] {
        // Numbers of visits may be equal.
        let lines = [with_both("L1", "1", is_first), with_both("L2", "1", is_first)];
        assert_eq!(keys(&lines), (all(&["L1", "L2"]), false));
        let mut lines = lines.to_vec();
        lines.push(line("bkkp_sn", "L3"));
        assert_eq!(keys(&lines), (all(&["L1", "L2", "L3"]), false));
    }
}
