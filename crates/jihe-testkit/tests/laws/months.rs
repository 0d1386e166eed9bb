//! What goes over the end of a month: a month scored with the state gives on its lines what both months
//! together give, and counts no line of the state again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jihe::{Engine, Month, Options, Outcome, Pack, Reference};
use jihe_frame::Evidence;

use crate::scene;

/// A table's name and its text.
type Table = (&'static str, String);

const LINES: &str = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                     det_item_fee_sumamt,setl_id";
const SETTLEMENTS: &str = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,\
                           inscp_scp_amt,fund_pay_sumamt,med_type,insutype,psn_type";
const STAYS: &str = "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime,dscg_maindiag_code,\
                     dscg_way,oprn_oprt_code";
const CATALOGUE: &str = "hilist_code,list_type,med_chrgitm_type,chrgitm_lv\n\
                         BED,201,01,01\nOP,201,06,01\nD1,101,09,01\nT1,201,05,01\n";

fn table(name: &'static str, header: &str, rows: &[&str]) -> Table {
    (name, format!("{header}\n{}\n", rows.join("\n")))
}

fn lines(rows: &[&str]) -> Table {
    table("lines", LINES, rows)
}

fn stays(rows: &[&str]) -> Table {
    table("encounters", STAYS, rows)
}

fn settlements(rows: &[&str]) -> Table {
    table("settlements", SETTLEMENTS, rows)
}

/// Tables of the pack of which the tests say something.
const POLICY: [(&str, &str); 3] = [
    (
        "benefit_kind",
        "insutype,med_type,kind,segments,begndate,enddate,basis\n310,11,v,settlement,,,x\n",
    ),
    (
        "benefit_segment",
        "kind,lmtpric_hosp_lv,psn_type,seg_from,seg_to,ratio,begndate,enddate,basis\n\
         v,,,0,,0.5,,,x\n",
    ),
    ("item_stay_days", "hilist_code,per_day,begndate,enddate,basis\nT1,1,,,x\n"),
];

/// Scores some tables, with the state at `state` and leaving the next one there.
fn score(tables: &[Table], state: Option<&Path>) -> Outcome {
    let dir = tempfile::tempdir().unwrap();
    let [pack, reference, month] = ["pack", "reference", "month"].map(|name| {
        let folder = dir.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    });
    scene::pack_with_tables(&pack);
    let own = pack.join("tables");
    fs::create_dir_all(&own).unwrap();
    for entry in fs::read_dir(scene::national().join("tables")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, own.join(path.file_name().unwrap())).unwrap();
    }
    for (name, text) in POLICY {
        fs::write(own.join(name).with_extension("csv"), text).unwrap();
    }
    let institutions =
        "fixmedins_code,lmtpric_hosp_lv,begntime\nH1,3,2020-01-01\nH2,3,2020-01-01\n";
    fs::write(reference.join("institutions.csv"), institutions).unwrap();
    fs::write(reference.join("catalogue.csv"), CATALOGUE).unwrap();
    let prices = "hilist_code,lmtpric_hosp_lv,hilist_pric_uplmt_amt\nNONE,,1\n";
    fs::write(reference.join("price_limits.csv"), prices).unwrap();
    let persons = "psn_no,gend,brdy\np,1,1980-01-01\n".to_owned();
    let none = [settlements(&[]), stays(&[]), ("persons", persons)];
    for (name, text) in none.iter().chain(tables) {
        fs::write(month.join(name).with_extension("csv"), text).unwrap();
    }
    let engine =
        Engine::compile(&Pack::load(pack).unwrap(), &Reference::open(reference).unwrap()).unwrap();
    let options = Options { state: state.map(Path::to_path_buf), ..Options::default() };
    let outcome = engine.score(&Month::open(&month).unwrap(), &options).unwrap();
    if let Some(state) = state {
        outcome.write_state(state).unwrap();
    }
    outcome
}

/// By finding of a rule: its lines that are cut, and those that are shown.
fn found(outcome: &Outcome, rule: &str) -> Vec<(Vec<String>, Vec<String>)> {
    outcome.with_scored(|scored| {
        let of_rule = scored
            .hits
            .hits
            .iter()
            .filter(|hit| scored.plan.rules[usize::from(hit.rule)].id == rule);
        of_rule
            .map(|hit| {
                let lines = scored.hits.lines_of(hit).iter();
                let (mut cut, mut shown) = (Vec::new(), Vec::new());
                for line in lines {
                    let (part, row) = scored.lines.place(line.line);
                    match line.part() {
                        Evidence::Cut(_) => cut.push(part.key.text(row)),
                        Evidence::Shown => shown.push(part.key.text(row)),
                    }
                }
                (cut, shown)
            })
            .collect()
    })
}

/// The lines that a rule cuts.
fn cut(outcome: &Outcome, rule: &str) -> Vec<String> {
    let mut keys: Vec<String> = found(outcome, rule).into_iter().flat_map(|(cut, _)| cut).collect();
    keys.sort();
    keys
}

/// By rule: judged, not evaluable, and the money of the latter.
fn coverage(outcome: &Outcome) -> BTreeMap<String, (u64, u64, i128)> {
    outcome.with_scored(|scored| {
        let rules = scored.coverage.iter();
        rules
            .map(|one| {
                let id = scored.plan.rules[usize::from(one.rule)].id.clone();
                (id, (one.n_judged, one.n_not_evaluable, one.amt_not_evaluable))
            })
            .collect()
    })
}

/// Scores two months one after the other; gives what each found.
fn one_by_one(first: &[Table], second: &[Table]) -> [Outcome; 2] {
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("state");
    [score(first, Some(&state)), score(second, Some(&state))]
}

fn row(key: &str, visit: &str, house: &str, (day, item): (&str, &str), yuan: u32) -> String {
    format!("{key},{visit},p,{house},{day} 09:00:00,{item},1,{yuan},{yuan}.00,")
}

fn texts(rows: &[String]) -> Vec<&str> {
    rows.iter().map(String::as_str).collect()
}

#[test]
fn lines_of_the_state_are_counted_by_no_rule() {
    let september: Vec<String> = (1..=9)
        .map(|n| row(&format!("a{n}"), "v", "H1", (&format!("2026-09-0{n}"), "D1"), 10))
        .collect();
    let october = [row("b", "v", "H1", ("2026-10-02", "D1"), 10)];
    let [_, later] = one_by_one(&[lines(&texts(&september))], &[lines(&texts(&october))]);
    for (rule, (n_judged, n_not_evaluable, money)) in coverage(&later) {
        // Of an institution as many classes and conditions are judged as there are.
        let n = match rule.as_str() {
            "class-share" | "qualification" => 0,
            _ => n_judged + n_not_evaluable,
        };
        assert!(n <= 1 && money <= 1000, "{rule}: {n} with {money}");
    }
    let all = coverage(&later);
    assert_eq!(all["same-line-twice"], (1, 0, 0));
    assert_eq!(all["trace-reused"], (0, 1, 1000));
}

#[test]
fn a_settlement_is_the_sum_of_its_lines_of_whatever_month() {
    let september = ["a,v,p,H1,2026-09-30 09:00:00,D1,10,10,100.00,S"];
    let october = ["b,v,p,H1,2026-10-01 09:00:00,D1,20,10,200.00,S"];
    let paid = ["S,v,p,H1,2026-10-02 10:00:00,300.00,300.00,200.00,11,310,11"];
    let [before, later] = one_by_one(&[lines(&september)], &[lines(&october), settlements(&paid)]);
    let together = score(&[lines(&[september[0], october[0]]), settlements(&paid)], None);
    assert!(found(&before, "settlement-mismatch").is_empty());
    let expected = vec![(Vec::new(), vec!["a".to_owned(), "b".to_owned()])];
    assert_eq!(found(&together, "settlement-mismatch"), expected);
    assert_eq!(found(&later, "settlement-mismatch"), expected);
    let dir = tempfile::tempdir().unwrap();
    later.write(dir.path().join("out")).unwrap();
    let verified = jihe::verify(dir.path().join("out")).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.differences);
}

const ELSEWHERE: &str = "A,p,H1,21,2026-09-20 08:00:00,2026-09-30 08:00:00,J18,1,";
const OPEN: &str = "B,p,H2,21,2026-09-28 08:00:00,,,,";
const ENDED: &str = "B,p,H2,21,2026-09-28 08:00:00,2026-10-03 08:00:00,K35,1,";

#[test]
fn a_stay_that_goes_on_is_held_against_other_stays() {
    let september = [
        row("a1", "A", "H1", ("2026-09-21", "T1"), 10),
        row("b1", "B", "H2", ("2026-09-29", "T1"), 10),
    ];
    let october = [row("b2", "B", "H2", ("2026-10-01", "T1"), 10)];
    // Told in September with its end, told open and again in October, told in October only.
    for (told, again) in [
        (vec![ELSEWHERE, ENDED], vec![]),
        (vec![ELSEWHERE, OPEN], vec![ENDED]),
        (vec![ELSEWHERE], vec![ENDED]),
    ] {
        let [_, later] = one_by_one(
            &[lines(&texts(&september)), stays(&told)],
            &[lines(&texts(&october)), stays(&again)],
        );
        assert_eq!(cut(&later, "overlap-stay"), ["b2"], "{told:?}");
    }
    // Without lines of October nothing is said again.
    let other = [row("c", "v", "H1", ("2026-10-20", "T1"), 10)];
    let told = [ELSEWHERE, ENDED];
    let [before, later] = one_by_one(
        &[lines(&texts(&september)), stays(&told)],
        &[lines(&texts(&other)), stays(&told)],
    );
    assert_eq!(cut(&before, "overlap-stay"), ["b1"]);
    assert!(found(&later, "overlap-stay").is_empty());
}

#[test]
fn a_stay_that_goes_on_is_split_from_the_one_before_it() {
    let told = [
        "A,p,H1,21,2026-09-20 08:00:00,2026-09-25 08:00:00,J18,1,",
        "B,p,H1,21,2026-09-28 08:00:00,2026-10-03 08:00:00,J18,1,",
    ];
    let september = [
        row("a1", "A", "H1", ("2026-09-21", "T1"), 10),
        row("b1", "B", "H1", ("2026-09-29", "T1"), 10),
    ];
    let october = [row("b2", "B", "H1", ("2026-10-01", "T1"), 10)];
    let [before, later] =
        one_by_one(&[lines(&texts(&september)), stays(&told)], &[lines(&texts(&october))]);
    assert_eq!(cut(&before, "split-stay"), ["b1"]);
    assert_eq!(found(&later, "split-stay"), [(vec!["b2".to_owned()], vec!["a1".to_owned()])]);
}

#[test]
fn a_stay_is_judged_by_its_lines_of_whatever_month() {
    let told = "S,p,H2,21,2026-09-30 08:00:00,2026-10-01 18:00:00,K35,1,";
    let operation = [row("o", "S", "H2", ("2026-09-30", "OP"), 5000)];
    let cheap = [row("o", "S", "H2", ("2026-09-30", "BED"), 40)];
    let october = [row("d", "S", "H2", ("2026-10-01", "BED"), 40)];
    let later = |september: &[String], told: &str| {
        let october = [lines(&texts(&october)), stays(&[told])];
        let [_, later] = one_by_one(&[lines(&texts(september))], &october);
        later
    };
    // An operation of September is one of the stay.
    assert!(cut(&later(&operation, told), "low-standard").is_empty());
    assert_eq!(cut(&later(&cheap, told), "low-standard"), ["d"]);
    let shown = vec![(Vec::new(), vec!["o".to_owned()])];
    assert_eq!(found(&later(&operation, told), "operation-coding"), shown);
    let coded = format!("{told}47.0901");
    assert!(found(&later(&operation, &coded), "operation-coding").is_empty());
    assert_eq!(found(&later(&cheap, &coded), "operation-coding"), shown);
    let nameless = told.replace("K35", "");
    assert_eq!(found(&later(&cheap, &nameless), "record-incomplete"), shown);
}

#[test]
fn empty_days_go_over_the_end_of_a_month() {
    let told = "S,p,H2,21,2026-09-20 08:00:00,2026-10-08 18:00:00,K35,1,";
    let bed = |day: &str| row(&format!("b{day}"), "S", "H2", (day, "BED"), 40);
    let of = |month: &str, days: std::ops::RangeInclusive<u32>| -> Vec<String> {
        days.map(|day| bed(&format!("2026-{month}-{day:02}"))).collect()
    };
    let (september, october) = (of("09", 25..=30), of("10", 1..=6));
    let all = [september.clone(), october.clone()].concat();
    let together = score(&[lines(&texts(&all)), stays(&[told])], None);
    let [_, later] =
        one_by_one(&[lines(&texts(&september)), stays(&[told])], &[lines(&texts(&october))]);
    let mut expected = cut(&together, "empty-bed");
    expected.retain(|key| key.starts_with("b2026-10"));
    assert!(!expected.is_empty());
    assert_eq!(cut(&later, "empty-bed"), expected);
}

#[test]
fn what_a_month_says_of_a_stay_is_newer_than_the_state() {
    let row = |key: &str, day: &str, cnt: u32| {
        format!("{key},B,p,H2,{day} 09:00:00,T1,{cnt},10,{}.00,", 10 * cnt)
    };
    let (september, october) = ([row("a", "2026-09-29", 1)], [row("b", "2026-10-01", 8)]);
    let all = [september[0].clone(), october[0].clone()];
    let together = score(&[lines(&texts(&all)), stays(&[ENDED])], None);
    let [_, later] = one_by_one(
        &[lines(&texts(&september)), stays(&[OPEN])],
        &[lines(&texts(&october)), stays(&[ENDED])],
    );
    assert_eq!(cut(&together, "stay-days"), ["b"]);
    assert_eq!(cut(&later, "stay-days"), ["b"]);
    assert!(later.month().quarantine.is_empty());
}
