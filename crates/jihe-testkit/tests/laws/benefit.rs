//! The benefit policy over months: what was used of deductible, segments and cap goes on by the state
//! until the year ends; and a settlement explained.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jihe::{Engine, Format, Month, Options, Pack, Reference};

use crate::scene;

const SETTLEMENTS: &str = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,\
                           inscp_scp_amt,fund_pay_sumamt,insutype,psn_type,med_type,act_pay_dedc\n";
const LINES: &str = "bkkp_sn,setl_id,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,\
                     pric,det_item_fee_sumamt,inscp_scp_amt\n";

/// Day, amount, deductible as settled and fund as paid of each visit of one person.
///
/// The year's deductible is 200.00; over the year the fund pays half up to 1 000.00 and four fifths
/// above, at most 1 000.00.
const VISITS: [(&str, &str, &str, &str); 4] = [
    // All of it is deductible.
    ("2026-01-10", "150.00", "150.00", "0.00"),
    // 50.00 are left of it; 200.00 to 1 050.00 of the year: 400.00 + 40.00.
    ("2026-02-10", "900.00", "50.00", "440.00"),
    // 1 600.00, of which 560.00 are left of the cap; a fen too much was paid.
    ("2026-03-10", "2000.00", "0.00", "560.01"),
    // Another year: 100.00 above the deductible.
    ("2027-01-10", "300.00", "200.00", "50.00"),
];

fn write(dir: &Path) {
    let pack = dir.join("pack");
    fs::create_dir_all(pack.join("tables")).unwrap();
    scene::pack_with_tables(&pack);
    let dated = ",begndate,enddate,basis";
    for (name, header, rows) in [
        ("benefit_kind", "insutype,med_type,kind,segments", "310,11,visit,year"),
        ("benefit_deductible", "kind,lmtpric_hosp_lv,psn_type,per,amount", "visit,,,year,200"),
        (
            "benefit_segment",
            "kind,lmtpric_hosp_lv,psn_type,seg_from,seg_to,ratio",
            "visit,,,0,1000,0.5\nvisit,,,1000,,0.8",
        ),
        ("benefit_cap", "kind,psn_type,fund_max", "visit,,1000"),
    ] {
        let mut text = format!("{header}{dated}\n");
        for row in rows.lines() {
            writeln!(text, "{row},2026-01-01,,the city's policy").unwrap();
        }
        fs::write(pack.join("tables").join(format!("{name}.csv")), text).unwrap();
    }
    let reference = dir.join("reference");
    fs::create_dir_all(&reference).unwrap();
    for (name, text) in [
        ("institutions", "fixmedins_code,lmtpric_hosp_lv,begntime\nH1,3,2020-01-01\n"),
        ("catalogue", "hilist_code,hilist_name,list_type,chrgitm_lv\nA,甲,201,01\n"),
        ("price_limits", "hilist_code,lmtpric_hosp_lv,hilist_pric_uplmt_amt\nB,3,1\n"),
    ] {
        fs::write(reference.join(format!("{name}.csv")), text).unwrap();
    }
}

/// Writes visits as a month; `all` of them in one, or one alone.
fn month(dir: &Path, name: &str, visits: std::ops::Range<usize>) -> PathBuf {
    let folder = dir.join(name);
    fs::create_dir_all(&folder).unwrap();
    let (mut settlements, mut lines) = (SETTLEMENTS.to_owned(), LINES.to_owned());
    for nth in visits {
        let (day, amount, deductible, fund) = VISITS[nth];
        writeln!(
            settlements,
            "S{nth},V{nth},P1,H1,{day} 10:00:00,{amount},{amount},{fund},310,11,11,{deductible}"
        )
        .unwrap();
        writeln!(lines, "L{nth},S{nth},V{nth},P1,H1,{day} 09:00:00,A,1,{amount},{amount},{amount}")
            .unwrap();
    }
    fs::write(folder.join("settlements.csv"), settlements).unwrap();
    fs::write(folder.join("lines.csv"), lines).unwrap();
    folder
}

fn score(dir: &Path, month: &Path, state: Option<&Path>, out: &str) -> PathBuf {
    let pack = Pack::load(dir.join("pack")).unwrap();
    let reference = Reference::open(dir.join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let options = Options {
        state: state.filter(|state| state.is_dir()).map(Path::to_path_buf),
        ..Options::default()
    };
    let result = engine.score(&Month::open(month).unwrap(), &options).unwrap();
    let out = dir.join(out);
    result.write_as(&out, Format::Csv).unwrap();
    if let Some(state) = state {
        result.write_state(state).unwrap();
    }
    out
}

/// Of each settlement: its id, deductible, fund, difference, and what was used before.
fn benefits(out: &Path) -> Vec<String> {
    let names =
        ["setl_id", "act_pay_dedc", "fund_pay_sumamt", "diff_amt", "used_dedc", "used_fund_pay"];
    let mut reader = csv::Reader::from_path(out.join("benefits.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let cells = |row: csv::StringRecord| names.map(|name| row[place(name)].to_owned()).join(" ");
    reader.records().map(|row| cells(row.unwrap())).collect()
}

#[test]
fn deductible_segments_and_cap_of_the_year_go_on_by_the_state() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let all = score(dir.path(), &month(dir.path(), "all", 0..4), None, "out-all");
    let expected = [
        "S0 150.00 0.00 0.00 0.00 0.00",
        "S1 50.00 440.00 0.00 150.00 0.00",
        "S2 0.00 560.00 0.01 200.00 440.00",
        "S3 200.00 50.00 0.00 0.00 0.00",
    ];
    assert_eq!(benefits(&all), expected);
    let state = dir.path().join("state");
    let mut by_month = Vec::new();
    for nth in 0..4 {
        let one = month(dir.path(), &format!("m{nth}"), nth..nth + 1);
        by_month.extend(benefits(&score(dir.path(), &one, Some(&state), &format!("out{nth}"))));
    }
    assert_eq!(by_month, expected);
    // Without the state nothing is known of the year's January: nothing is said, and no hit.
    let alone = score(dir.path(), &dir.path().join("m2"), None, "alone");
    assert!(benefits(&alone).is_empty());
    let coverage = fs::read_to_string(alone.join("coverage.csv")).unwrap();
    let own = coverage.lines().find(|row| row.starts_with("settlement-mismatch,")).unwrap();
    assert!(own.starts_with("settlement-mismatch,0,0,0,1,"), "{own}");
}

#[test]
fn a_settlement_its_lines_and_its_finding_are_explained_beside_what_was_paid() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let out = score(dir.path(), &month(dir.path(), "all", 0..4), None, "out");
    let said = jihe::explain_settlement(&out, "S2").unwrap();
    let [benefit] = said.benefits.as_slice() else { panic!("{:?}", said.benefits) };
    assert_eq!((benefit.kind.as_str(), benefit.difference.as_str()), ("visit", "0.01"));
    assert!(benefit.rule_row.contains("benefit_kind"), "{}", benefit.rule_row);
    let text = said.text();
    for part in [
        "2000.00 − 0.00 = 2000.00，应付 due 1600.00",
        "paid earlier 440.00，超过 above it 1040.00",
        "1600.00 − 1040.00 = 560.00，个人 the person's 1440.00",
        "paid and due: 560.01 − 560.00 = 0.01",
        "明细 line L2  A",
        "in policy: 2000.00",
        "the person's part: 1440.00",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // A line tells its own parts, its settlement's sums, and no other line.
    let line = jihe::explain_line(&out, "L2").unwrap();
    assert_eq!(line.benefits.len(), 1);
    assert_eq!(line.benefits[0].lines[0].bkkp_sn, "L2");
    // A settlement paid as the policy says needs no parts of lines.
    let good = jihe::explain_settlement(&out, "S1").unwrap();
    assert_eq!((good.benefits[0].difference.as_str(), good.benefits[0].lines.len()), ("0.00", 0));
    let finding = line.findings.iter().find(|one| one.rule_id == "settlement-mismatch").unwrap();
    let of_finding = jihe::explain_finding(&out, &finding.jr_id).unwrap();
    assert_eq!(of_finding.benefits[0].setl_id, "S2");
    assert!(good.settlement.unwrap().is_of_policy);
    let unknown = jihe::explain_settlement(&out, "S9").unwrap_err().to_string();
    assert_eq!(unknown, "no such settlement in these results: S9");
    assert!(!text.contains("P1"), "{text}");
}

#[test]
fn a_settlement_that_the_policy_does_not_speak_of_is_told_as_it_was_paid() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let month = month(dir.path(), "m", 1..2);
    // No row of benefit_kind is of this scheme.
    let path = month.join("settlements.csv");
    let other = fs::read_to_string(&path).unwrap().replace(",310,", ",999,");
    fs::write(&path, other).unwrap();
    let out = score(dir.path(), &month, None, "out");
    let said = jihe::explain_settlement(&out, "S1").unwrap();
    assert!(said.benefits.is_empty() && !said.settlement.as_ref().unwrap().is_of_policy);
    let text = said.text();
    for part in ["结算 settlement S1", "the fund paid: 440.00", "does not say what was due"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    assert!(!text.contains("P1"), "{text}");
}
