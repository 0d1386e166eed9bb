//! The state between months: what comes a second time, what contradicts it, what was damaged.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jihe::{
    Destination, Engine, Error, Format, Month, Options, Outcome, Pack, Reference, TableName,
};
use jihe_testkit::generate::generate;
use jihe_testkit::oracle::side::Month as OracleMonth;

use crate::scene;

/// A month that has lines and settlements, written out, and the state it leaves.
fn first_month() -> (OracleMonth, tempfile::TempDir) {
    let (mut month, reference, tables) = generate(4);
    // Rows as they are: no reversal, no void row, each key once.
    month.lines.retain(|line| 0 < line.cnt && 0 < line.det_item_fee_sumamt);
    let mut keys = std::collections::BTreeSet::new();
    month.lines.retain(|line| keys.insert(line.bkkp_sn.clone()));
    month.trace_codes = None;
    let dir = tempfile::tempdir().unwrap();
    scene::write(dir.path(), &month, &reference, &tables);
    score(dir.path(), None).unwrap().write_state(dir.path().join("state")).unwrap();
    (month, dir)
}

fn score(dir: &Path, state: Option<&Path>) -> Result<Outcome, Error> {
    let pack = Pack::load(dir.join("pack")).unwrap();
    let reference = Reference::open(dir.join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let options = Options { state: state.map(Path::to_path_buf), ..Options::default() };
    engine.score(&Month::open(dir.join("month")).unwrap(), &options)
}

/// Scores the month again beside its own state, with one cell of a table changed.
fn again(dir: &Path, table: &str, change: &dyn Fn(&str) -> String) -> Outcome {
    let path = dir.join("month").join(format!("{table}.csv"));
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "the change is there");
    fs::write(&path, changed).unwrap();
    let outcome = score(dir, Some(&dir.join("state"))).unwrap();
    fs::write(&path, text).unwrap();
    outcome
}

/// The text with a value of the first row of a column changed.
fn with(text: &str, column: &str, value: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let place = lines[0].split(',').position(|name| name == column).unwrap();
    let mut cells: Vec<String> = lines[1].split(',').map(str::to_owned).collect();
    value.clone_into(&mut cells[place]);
    lines[1] = cells.join(",");
    lines.join("\n") + "\n"
}

fn put_aside(outcome: &Outcome, table: TableName) -> Vec<(u64, String)> {
    let rows = outcome.month().quarantine.iter().filter(|row| row.table == table);
    rows.map(|row| (row.row, row.reason.to_owned())).collect()
}

#[test]
fn rows_that_the_state_has_change_nothing() {
    let (_, dir) = first_month();
    let outcome = score(dir.path(), Some(&dir.path().join("state"))).unwrap();
    let counts = outcome.month().counts[&TableName::Lines];
    assert_eq!((counts.judged, counts.quarantined), (0, 0));
    assert!(outcome.month().quarantine.is_empty());
}

#[test]
fn a_state_is_the_same_bytes_however_its_rows_were_delivered() {
    for seed in 0..6 {
        let (month, reference, tables) = generate(seed);
        let dir = tempfile::tempdir().unwrap();
        scene::write(dir.path(), &month, &reference, &tables);
        let state = |name: &str| {
            let state = dir.path().join(name);
            score(dir.path(), None).unwrap().write_state(&state).unwrap();
            let files = fs::read_dir(&state).unwrap().map(|file| file.unwrap().path());
            // The manifest names the files of the month.
            let tables = files.filter(|file| !file.ends_with("manifest.json"));
            tables
                .map(|file| (file.file_name().unwrap().to_owned(), fs::read(&file).unwrap()))
                .collect::<std::collections::BTreeMap<_, _>>()
        };
        let as_delivered = state("state");
        let path = dir.path().join("month/lines.csv");
        let text = fs::read_to_string(&path).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let turned: Vec<&str> = rows.lines().rev().collect();
        fs::write(&path, format!("{header}\n{}\n", turned.join("\n"))).unwrap();
        let turned = state("turned");
        assert_eq!(as_delivered.keys().collect::<Vec<_>>(), turned.keys().collect::<Vec<_>>());
        for (name, bytes) in &as_delivered {
            assert!(turned.get(name) == Some(bytes), "{} differs, seed {seed}", name.display());
        }
    }
}

#[test]
fn a_row_that_contradicts_the_state_is_put_aside() {
    let (month, dir) = first_month();
    let conflict = vec![(2, "same key with different contents".to_owned())];
    for (column, value) in
        [("det_item_fee_sumamt", "987654.32"), ("fee_ocur_time", "2026-03-05 01:02:03")]
    {
        let outcome = again(dir.path(), "lines", &|text| with(text, column, value));
        assert_eq!(put_aside(&outcome, TableName::Lines), conflict, "{column}");
        let counts = outcome.month().counts[&TableName::Lines];
        assert_eq!((counts.judged, counts.read), (0, month.lines.len() as u64), "{column}");
    }
    let outcome =
        again(dir.path(), "settlements", &|text| with(text, "fund_pay_sumamt", "123456.78"));
    assert_eq!(put_aside(&outcome, TableName::Settlements), conflict);
}

#[test]
fn a_damaged_state_is_refused() {
    let (_, dir) = first_month();
    let state = dir.path().join("state");
    let lines = state.join("lines.parquet");
    let bytes = fs::read(&lines).unwrap();
    let refused = |why: &str| {
        let error = score(dir.path(), Some(&state)).unwrap_err();
        assert!(error.is_input(), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    };
    fs::remove_file(&lines).unwrap();
    refused("missing");
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    fs::write(&lines, changed).unwrap();
    refused("changed");
    fs::write(&lines, &bytes).unwrap();
    fs::write(state.join("diagnoses.csv"), "mdtrt_id\n").unwrap();
    refused("not of the state");
    fs::remove_file(state.join("diagnoses.csv")).unwrap();
    assert!(score(dir.path(), Some(&state)).is_ok());
    fs::remove_file(state.join("manifest.json")).unwrap();
    refused("manifest.json");
    // An empty folder is no state yet.
    fs::create_dir(dir.path().join("empty")).unwrap();
    assert!(score(dir.path(), Some(&dir.path().join("empty"))).is_ok());
}

#[test]
fn results_and_state_are_folders_apart() {
    let (_, dir) = first_month();
    let pack = Pack::load(dir.path().join("pack")).unwrap();
    let reference = Reference::open(dir.path().join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let month = Month::open(dir.path().join("month")).unwrap();
    for (out, state, is_good) in [
        ("both", "both", false),
        ("both", "x/../both", false),
        ("o", "o/state", false),
        ("s/out", "s", false),
        ("o", "other", true),
    ] {
        let (out, state) = (dir.path().join(out), dir.path().join(state));
        let to = Destination { out: &out, format: Format::Parquet, state: Some(&state) };
        let delivered = engine.deliver(&month, &Options::default(), &to);
        assert_eq!(delivered.is_ok(), is_good);
        assert_eq!(out.exists(), is_good, "nothing is written");
        assert!(delivered.err().is_none_or(|error| error.is_usage()));
    }
}

#[test]
fn trace_codes_of_both_folders_are_counted() {
    let (_, dir) = first_month();
    let table = "drug_trac_codg,bkkp_sn\nT1,L1\n";
    fs::write(dir.path().join("month/trace_codes.csv"), table).unwrap();
    fs::write(dir.path().join("reference/trace_codes.csv"), format!("{table},L2\n")).unwrap();
    let outcome = score(dir.path(), None).unwrap();
    let counts = outcome.month().counts[&TableName::TraceCodes];
    assert_eq!((counts.read, counts.quarantined), (3, 1));
    outcome.write(dir.path().join("out")).unwrap();
    let verified = jihe::verify(dir.path().join("out")).unwrap();
    assert!(verified.is_whole());
}

#[test]
fn a_state_that_is_not_published_leaves_the_old_one() {
    let (_, dir) = first_month();
    let state = dir.path().join("state");
    let before = fs::read(state.join("manifest.json")).unwrap();
    let outcome = score(dir.path(), None).unwrap();
    drop(outcome.stage_state(&state).unwrap());
    assert_eq!(fs::read(state.join("manifest.json")).unwrap(), before);
    let names = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().contains(".tmp-")));
    outcome.stage_state(&state).unwrap().publish().unwrap();
    assert_eq!(fs::read(state.join("manifest.json")).unwrap(), before);
}

#[test]
fn lines_that_were_given_up_leave_no_state() {
    let (_, dir) = first_month();
    let pack = Pack::load(dir.path().join("pack")).unwrap();
    let reference = Reference::open(dir.path().join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let month = Month::open(dir.path().join("month")).unwrap();
    let score = |forget_lines| {
        engine.score(&month, &Options { forget_lines, ..Options::default() }).unwrap()
    };
    let (kept, forgot) = (score(false), score(true));
    assert_eq!(kept.findings(), forgot.findings());
    assert_eq!(kept.refusals(), forgot.refusals());
    assert!(forgot.write_state(dir.path().join("other")).is_err());
}

#[test]
fn own_codes_are_kept_for_a_later_month_that_may_have_their_map() {
    let (month, dir) = first_month();
    let map = dir.path().join("reference/item_map.csv");
    let _ = fs::remove_file(&map);
    let outcome = score(dir.path(), None).unwrap();
    let lines = outcome.month().lines.load(0).unwrap();
    let own = lines.optional.codes("medins_list_codg").unwrap();
    let n_own = own.iter().filter(|&&code| code != jihe_terms::NO_CODE).count();
    let expected = month.lines.iter().filter(|line| line.medins_list_codg.is_some()).count();
    assert_eq!((n_own, 0 < n_own), (expected, true));
}

const STAYS: &str = "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime,dscg_maindiag_code,\
                     dscg_way\n";
const FEBRUARY: &str = "F,p,H1,21,2026-02-20 08:00:00,2026-02-25 08:00:00,J18,1\n";
const MARCH: &str = "M,p,H1,21,2026-03-01 08:00:00,2026-03-04 08:00:00,J18,1\n";

/// Scores stays and their lines by the national pack: the ids of what `split-stay` found.
fn split_stays(stays: &str, state: Option<&Path>) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let mut lines = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                     det_item_fee_sumamt\n"
        .to_owned();
    for stay in stays.lines() {
        let cells: Vec<&str> = stay.split(',').collect();
        let (id, begin) = (cells[0], cells[4]);
        writeln!(lines, "l{id},{id},p,H1,{begin},001109000010000,1,50,50.00").unwrap();
    }
    fs::write(dir.path().join("encounters.csv"), STAYS.to_owned() + stays).unwrap();
    fs::write(dir.path().join("lines.csv"), lines).unwrap();
    let settlements = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,\
                       inscp_scp_amt,fund_pay_sumamt\n";
    fs::write(dir.path().join("settlements.csv"), settlements).unwrap();
    fs::write(dir.path().join("persons.csv"), "psn_no,gend,brdy\np,1,1980-01-01\n").unwrap();
    let reference = tempfile::tempdir().unwrap();
    let institutions = "fixmedins_code,lmtpric_hosp_lv,begntime\nH1,3,2020-01-01\n";
    fs::write(reference.path().join("institutions.csv"), institutions).unwrap();
    let pack =
        Pack::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national")).unwrap();
    let engine = Engine::compile(&pack, &Reference::open(reference.path()).unwrap()).unwrap();
    let options = Options { state: state.map(Path::to_path_buf), ..Options::default() };
    let outcome = engine.score(&Month::open(dir.path()).unwrap(), &options).unwrap();
    if let Some(state) = state {
        outcome.write_state(state).unwrap();
    }
    outcome.with_scored(|scored| {
        let found = scored.hits.hits.iter().zip(scored.jr_ids);
        let splits =
            found.filter(|(hit, _)| scored.plan.rules[usize::from(hit.rule)].id == "split-stay");
        splits.map(|(_, id)| id.to_string()).collect()
    })
}

#[test]
fn a_split_stay_has_one_id_whether_the_earlier_stay_is_in_the_month_or_the_state() {
    let state = tempfile::tempdir().unwrap();
    let state = state.path().join("state");
    let at_once = split_stays(&(FEBRUARY.to_owned() + MARCH), None);
    assert_eq!(at_once.len(), 1);
    assert!(split_stays(FEBRUARY, Some(&state)).is_empty());
    assert_eq!(split_stays(MARCH, Some(&state)), at_once);
}

const COLUMNS: &str = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                       det_item_fee_sumamt,inscp_scp_amt,setl_id,init_feedetl_sn\n";
const ORIGINAL: &str = "A,v,p,H1,2026-09-02 09:00:00,I,12,10,120.00,120.00,,\n";
const WHOLE: &str = "W,v,p,H1,2026-09-03 09:00:00,I,-12,10,-120.00,-120.00,,A\n";
const PARTIAL: &str = "W,v,p,H1,2026-09-03 09:00:00,I,-3,10,-30.00,-30.00,,A\n";
const SETTLED: &str = "A,v,p,H1,2026-09-02 09:00:00,I,12,10,120.00,120.00,S,\n";
const LATE: &str = "L,v,p,H1,2026-10-01 09:00:00,I,12,10,120.00,120.00,S,\n";
const OTHER: &str = "B,v,p,H1,2026-10-03 09:00:00,K,4,10,40.00,40.00,,\n";
const SETTLEMENT: &str = "S,v,p,H1,2026-09-03 10:00:00,120,120,100,,\n";
const REFUND: &str = "R,v,p,H1,2026-09-04 10:00:00,-120,-120,-100,1,S\n";

/// Lines that stand and are new, reversals that are reported, rows put aside.
type Told = (Vec<(String, i64)>, usize, usize);

/// What a month of these lines and settlements says beside a state that it then replaces.
fn told(lines: &str, settlements: &str, state: &Path) -> Told {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("lines.csv"), COLUMNS.to_owned() + lines).unwrap();
    let columns = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,\
                   fund_pay_sumamt,refd_setl_flag,init_setl_id\n";
    fs::write(dir.path().join("settlements.csv"), columns.to_owned() + settlements).unwrap();
    let reference = tempfile::tempdir().unwrap();
    let institutions = "fixmedins_code,lmtpric_hosp_lv,begntime\nH1,3,2020-01-01\n";
    fs::write(reference.path().join("institutions.csv"), institutions).unwrap();
    let pack =
        Pack::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national")).unwrap();
    let engine = Engine::compile(&pack, &Reference::open(reference.path()).unwrap()).unwrap();
    let options = Options { state: Some(state.to_path_buf()), ..Options::default() };
    let outcome = engine.score(&Month::open(dir.path()).unwrap(), &options).unwrap();
    outcome.write_state(state).unwrap();
    let month = outcome.month();
    let mut standing = Vec::new();
    for part in month.lines.all().unwrap() {
        let new = (0..part.len()).filter(|&row| !part.carried[row]);
        standing.extend(new.map(|row| (part.key.text(row), part.cnt[row])));
    }
    (standing, month.reversals.len(), month.quarantine.len())
}

/// Two months after a first one say of the second what is new alone.
fn second_changes_nothing(first: (&str, &str), second: (&str, &str)) {
    let state = tempfile::tempdir().unwrap();
    let state = state.path().join("state");
    told(first.0, first.1, &state);
    let lines = second.0.to_owned() + OTHER;
    let only_other = (vec![("B".to_owned(), 40_000)], 0, 0);
    assert_eq!(told(&lines, second.1, &state), only_other);
    // The state of the second month knows it still.
    assert_eq!(told(second.0, second.1, &state), (Vec::new(), 0, 0));
}

/// What months say one after the other, each beside the state of those before.
fn one_by_one(months: &[&str]) -> Vec<Vec<String>> {
    let state = tempfile::tempdir().unwrap();
    let state = state.path().join("state");
    let standing = |lines: &&str| told(lines, "", &state).0;
    let keys = |all: Vec<(String, i64)>| all.into_iter().map(|(key, _)| key).collect();
    months.iter().map(standing).map(keys).collect()
}

/// What is refused of each month, each beside the state of those before; two lines that are alike, in files
/// with or without a column of orders.
fn refused_of_alike(first: &str, second: &str) -> Vec<i64> {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    let reference = tempfile::tempdir().unwrap();
    let pack = Pack::load(scene::national()).unwrap();
    let engine = Engine::compile(&pack, &Reference::open(reference.path()).unwrap()).unwrap();
    let score = |(key, order): (&str, &str)| {
        let month = tempfile::tempdir().unwrap();
        let (column, value) = order.split_once('=').unwrap_or(("other", ""));
        let lines = format!(
            "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
             det_item_fee_sumamt,{column}\n{key},v,p,H1,2026-09-02 09:00:00,I,1,10,10.00,{value}\n"
        );
        fs::write(month.path().join("lines.csv"), lines).unwrap();
        let settlements = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,\
                           inscp_scp_amt,fund_pay_sumamt\n";
        fs::write(month.path().join("settlements.csv"), settlements).unwrap();
        let options = Options { state: Some(state.clone()), ..Options::default() };
        let outcome = engine.score(&Month::open(month.path()).unwrap(), &options).unwrap();
        outcome.write_state(&state).unwrap();
        outcome.ledger().lines.iter().map(|line| line.refused).sum()
    };
    [("A", first), ("B", second)].into_iter().map(score).collect()
}

#[test]
fn what_the_month_before_did_not_tell_is_not_told_by_its_state() {
    assert_eq!(refused_of_alike("rx_drord_no=", "rx_drord_no="), [0, 1_000]);
    assert_eq!(refused_of_alike("rx_drord_no=1", "rx_drord_no="), [0, 0]);
    assert_eq!(refused_of_alike("", "rx_drord_no="), [0, 0]);
    assert_eq!(refused_of_alike("rx_drord_no=", ""), [0, 0]);
}

#[test]
fn a_few_lines_with_far_dates_end_nothing_that_is_carried() {
    let line =
        |key: &str, day: &str| format!("{key},{key},q,H1,{day} 09:00:00,K,4,10,40.00,40.00,,\n");
    let keys: Vec<String> = (10..20).map(|key| key.to_string()).collect();
    let near: String = keys.iter().map(|key| line(key, "2026-09-02")).collect();
    let [beside, alone, other] = [("H", "2062-09-02"), ("J", "2062-10-02"), ("K", "2062-11-02")]
        .map(|(key, day)| line(key, day));
    let first = near.clone() + &beside;
    let again = near + &line("L", "2026-10-02");
    // A month of which all is put aside has no line of its own.
    let none = line("M", "2026-02-30");
    let mut told = one_by_one(&[&first, &alone, &other, &none, &again]);
    let known = [keys, vec!["H".to_owned()]].concat();
    assert_eq!(told.remove(0), known);
    assert_eq!(told, [vec!["J"], vec!["K"], vec![], vec!["L"]]);
}

#[test]
fn lines_of_more_than_four_hundred_days_ago_are_known_as_long_as_their_visit_goes_on() {
    let line = |key: &str, visit: &str, day: &str| {
        format!("{key},{visit},p,H1,{day} 09:00:00,I,1,10,10.00,10.00,,\n")
    };
    let old = line("A", "v", "2025-01-01") + &line("B", "w", "2025-01-01");
    let going_on = line("C", "v", "2026-01-01");
    // Most of what is carried is of May when August comes.
    let keys = ["D1", "D2", "D3", "D4", "D5", "D6"];
    let later = keys.map(|key| line(key, "x", "2026-05-01")).concat();
    let last = line("E", "x", "2026-08-01");
    let again = old.clone() + &line("F", "x", "2026-08-02");
    let told = one_by_one(&[&old, &going_on, &later, &last, &again]);
    assert_eq!(told, [vec!["A", "B"], vec!["C"], keys.to_vec(), vec!["E"], vec!["B", "F"]]);
}

#[test]
fn a_reversed_line_and_its_reversal_that_come_again_change_nothing() {
    let both = ORIGINAL.to_owned() + WHOLE;
    for again in [ORIGINAL, WHOLE, &both] {
        second_changes_nothing((&both, ""), (again, ""));
    }
}

#[test]
fn a_partial_reversal_that_comes_again_is_taken_once() {
    let both = ORIGINAL.to_owned() + PARTIAL;
    for again in [ORIGINAL, PARTIAL, &both] {
        second_changes_nothing((&both, ""), (again, ""));
    }
}

#[test]
fn a_cancelled_settlement_its_lines_and_its_refund_that_come_again_change_nothing() {
    let both = SETTLEMENT.to_owned() + REFUND;
    for (lines, settlements) in [(SETTLED, SETTLEMENT), ("", REFUND), (SETTLED, &both)] {
        second_changes_nothing((SETTLED, &both), (lines, settlements));
    }
}

#[test]
fn a_late_line_of_a_cancelled_settlement_leaves_with_it() {
    let both = SETTLEMENT.to_owned() + REFUND;
    second_changes_nothing((SETTLED, &both), (LATE, ""));
}
