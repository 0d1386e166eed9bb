//! Sets of diagnoses: an item has the sets that its own rows name, however many others there are.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jihe_settle::Stage;

use crate::scene;

/// What the first sets list: a code covers what begins with it. All others list codes that nobody has.
const LISTED: [(&str, &str, &str); 9] = [
    ("I10", "", ""),
    ("I10.x0", "", ""),
    ("I10.x001", "", ""),
    ("E11", "", ""),
    ("J", "", ""),
    ("I1", "", ""),
    // No longer in force: the set says nothing.
    ("I10", "2025-01-01", "2026-01-01"),
    // Not yet on the day of admission.
    ("I10", "2026-03-02", ""),
    ("I10.x00", "2026-03-01", "2026-03-02"),
];
const N_SETS: usize = 700;

/// Whether the item of a set may be billed to a visit whose diagnoses are these.
fn is_lawful(set: usize, diagnoses: &[&str]) -> bool {
    let Some(&(listed, from, until)) = LISTED.get(set) else { return false };
    let is_in_force = from <= "2026-03-01" && (until.is_empty() || "2026-03-01" < until);
    is_in_force && diagnoses.iter().any(|code| code.starts_with(listed))
}

const VISITS: [(&str, &[&str]); 3] =
    [("V", &["E11.900", "I10.x00"]), ("W", &["J18.000"]), ("U", &[])];

/// The national pack with an item for each set; every visit is billed all of them.
fn write(dir: &Path) {
    let pack = dir.join("pack");
    fs::create_dir_all(pack.join("tables")).unwrap();
    scene::pack_with_tables(&pack);
    for table in fs::read_dir(scene::national().join("tables")).unwrap() {
        let table = table.unwrap();
        fs::copy(table.path(), pack.join("tables").join(table.file_name())).unwrap();
    }
    let mut sets = "set,diag_code,begndate,enddate,basis\n".to_owned();
    let mut rows = "hilist_code,set,begndate,enddate,basis\n".to_owned();
    let mut lines = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                     det_item_fee_sumamt,setl_id\n"
        .to_owned();
    for set in 0..N_SETS {
        let filler = format!("Z{:02}.{set}", set % 100);
        let (listed, from, until) = LISTED.get(set).copied().unwrap_or((&filler, "", ""));
        writeln!(sets, "S{set},{listed},{from},{until},x\nS{set},Y{set},{from},{until},x").unwrap();
        writeln!(rows, "A{set},S{set},,,x").unwrap();
        for (visit, _) in VISITS {
            writeln!(
                lines,
                "{visit}{set},{visit},P,H1,2026-03-03 09:00:00,A{set},1,2,2.00,S{visit}"
            )
            .unwrap();
        }
    }
    let files = [
        ("pack/tables/diagnosis_set.csv", sets.as_str()),
        ("pack/tables/item_indication.csv", &rows),
        ("month/lines.csv", &lines),
        (
            "month/encounters.csv",
            "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime,dscg_maindiag_code\n\
             V,P,H1,11,2026-03-01 08:00:00,,I10.x00\nW,P,H1,11,2026-03-01 08:00:00,,\n\
             U,P,H1,11,2026-03-01 08:00:00,,\n",
        ),
        (
            "month/settlements.csv",
            "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,fund_pay_sumamt\n\
             SV,V,P,H1,2026-03-05 10:00:00,1400.00,0.00,0.00\nSW,W,P,H1,2026-03-05 10:00:00,1400.00,0.00,0.00\n\
             SU,U,P,H1,2026-03-05 10:00:00,1400.00,0.00,0.00\n",
        ),
        (
            "month/diagnoses.csv",
            "mdtrt_id,diag_srt_no,diag_code,maindiag_flag\nV,1,E11.900,0\nW,1,J18.000,1\n",
        ),
        (
            "reference/institutions.csv",
            "fixmedins_code,fixmedins_type,lmtpric_hosp_lv,begntime\nH1,1,3,2020-01-01\n",
        ),
    ];
    for (name, text) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

#[test]
fn an_item_is_held_against_its_own_set_among_hundreds() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path());
    let [pack, reference, month] = ["pack", "reference", "month"].map(|name| dir.path().join(name));
    let answer = scene::score_with(&pack, &reference, &month, Stage::After);
    let found = answer.cuts().remove("indication").unwrap_or_default();
    let mut found: Vec<String> = found.into_iter().map(|(line, _)| line).collect();
    // A set that is not in force on the day of service says nothing.
    let speaks = |set: usize| {
        let until = LISTED.get(set).map_or("", |listed| listed.2);
        until.is_empty() || "2026-03-03" < until
    };
    let unlawful = |(visit, diagnoses): &(&str, &[&str])| -> Vec<String> {
        let sets = (0..N_SETS).filter(|&set| speaks(set) && !is_lawful(set, diagnoses));
        sets.map(|set| format!("{visit}{set}")).collect()
    };
    let mut expected: Vec<String> = VISITS[..2].iter().flat_map(unlawful).collect();
    assert!(answer.month.quarantine.is_empty(), "every row is sound");
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    // Without any diagnosis nobody can tell.
    let rules = &answer.engine.plan().rules;
    let rule = rules.iter().position(|rule| rule.id == "indication").unwrap();
    let coverage = &answer.judged.coverage;
    let coverage = coverage.iter().find(|it| usize::from(it.rule) == rule).unwrap();
    let n_speaking = u64::try_from((0..N_SETS).filter(|&set| speaks(set)).count()).unwrap();
    assert_eq!((coverage.n_not_evaluable, coverage.n_judged), (n_speaking, 2 * n_speaking));
    assert_eq!(coverage.reason(), "diagnoses.diag_code is missing for visits");
}
