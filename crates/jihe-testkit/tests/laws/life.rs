//! The life of a finding: reviews, rules in shadow, dated exemptions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use jihe::{Engine, Format, Month, Options, Pack, Reference};
use jihe_frame::{Decision, FindingId, Review};
use jihe_settle::Stage;
use jihe_testkit::generate::generate;
use jihe_testkit::oracle;
use jihe_testkit::oracle::context::Cut;
use jihe_testkit::oracle::outcome::Review as Said;
use jihe_testkit::oracle::pack::{Pack as OraclePack, Status};
use jihe_testkit::oracle::side::Month as OracleMonth;
use rayon::prelude::*;

use crate::scene;
use crate::twins::differences;

const SEEDS: u64 = 120;

/// What is decided of a finding depends on what it says and nothing else.
fn decide(seed: u64, rule: &str, cuts: &[(String, Cut)]) -> Option<Review> {
    let hash = blake3::hash(format!("{seed} {rule} {cuts:?}").as_bytes());
    let dice = hash.as_bytes();
    let amount = i64::from(dice[1]) * 37;
    let (decision, amount) = match dice[0] % 6 {
        0 => (Decision::Confirmed, None),
        1 => (Decision::Confirmed, Some(amount)),
        2 => (Decision::Dismissed, None),
        3 => (Decision::Appealed, Some(amount)),
        4 => (Decision::Appealed, Some(0)),
        _ => return None,
    };
    Some(Review { decision, amount, reason: String::new() })
}

/// Puts two rules into the shadow, in the files and in the oracle's pack.
fn shadow(seed: u64, pack: &Path, twin: &mut OraclePack) {
    let n_rules = twin.rules.len();
    let seed = usize::try_from(seed).unwrap();
    for nth in [seed * 7 % n_rules, seed * 11 % n_rules] {
        let rule = twin.rules.values_mut().nth(nth).unwrap();
        let file = pack.join(&rule.family).join(format!("{}.toml", rule.id));
        let text = fs::read_to_string(&file).unwrap();
        let changed: Vec<String> = text
            .lines()
            .map(|line| {
                let is_status = line.split('=').next().is_some_and(|key| key.trim() == "status");
                if is_status { "status = \"shadow\"".to_owned() } else { line.to_owned() }
            })
            .collect();
        fs::write(&file, changed.join("\n")).unwrap();
        rule.status = Status::Shadow;
    }
}

#[test]
fn reviewed_shadowed_and_exempt_findings_come_to_what_the_oracle_says() {
    let differing: Vec<String> = (0..SEEDS).into_par_iter().filter_map(seed_differs).collect();
    assert!(
        differing.is_empty(),
        "{} months differ\n{}",
        differing.len(),
        differing.iter().take(3).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// Bills lines below quantity × price: beside others their cuts come to more than alone.
fn discount(month: &mut OracleMonth) {
    let lines = month.lines.iter_mut().filter(|line| 0 < line.cnt);
    for (line, of_20) in lines.zip([20, 12, 16, 19].into_iter().cycle()) {
        line.det_item_fee_sumamt = line.det_item_fee_sumamt * of_20 / 20;
        line.inscp_scp_amt = line.inscp_scp_amt.map(|scp| scp.min(line.det_item_fee_sumamt));
    }
}

fn seed_differs(seed: u64) -> Option<String> {
    let (mut month, reference, tables) = generate(seed);
    if !seed.is_multiple_of(3) {
        discount(&mut month);
    }
    let dir = tempfile::tempdir().unwrap();
    scene::write(dir.path(), &month, &reference, &tables);
    let mut pack = OraclePack { tables, ..OraclePack::read(&scene::national()).unwrap() };
    shadow(seed, &dir.path().join("pack"), &mut pack);
    let folders = ["pack", "reference", "month"].map(|name| dir.path().join(name));
    let folders = folders.each_ref().map(PathBuf::as_path);
    let cut = (None, if seed.is_multiple_of(2) { 1 << 15 } else { 3 });
    let first = scene::score_cut(cut, folders, Stage::After);
    let reviews: BTreeMap<FindingId, Review> = first
        .findings()
        .into_iter()
        .zip(&first.judged.jr_ids)
        .filter_map(|((rule, cuts), id)| Some((*id, decide(seed, &rule, &cuts)?)))
        .collect();
    let answer = scene::score_reviewed(cut, folders, Stage::After, &reviews);
    assert_eq!(first.judged.jr_ids, answer.judged.jr_ids, "a review changed a finding");
    let said = |rule: &str, cuts: &[(String, Cut)]| {
        let cuts: Vec<_> = cuts.iter().filter(|(_, cut)| *cut != Cut::Nothing).cloned().collect();
        decide(seed, rule, &cuts).map(|review| match review.decision {
            Decision::Dismissed => Said::Falls,
            Decision::Confirmed | Decision::Appealed => Said::Stands(review.amount),
        })
    };
    for (id, (hit, money)) in answer
        .judged
        .jr_ids
        .iter()
        .zip(answer.judged.hits.hits.iter().zip(answer.judged.ledger.hits.iter()))
    {
        let Some(review) = reviews.get(id) else { continue };
        let most = review.most().map_or(i128::MAX, i128::from);
        assert!(money.credited <= most, "seed {seed}: {hit:?} refuses more than its review");
    }
    let twin =
        oracle::judge_reviewed(&month, &reference, &pack, oracle::outcome::Stage::After, &said);
    let found = differences(&answer, &twin);
    (!found.is_empty()).then(|| format!("seed {seed}:\n  {}", found.join("\n  ")))
}

/// Columns of a result table as texts.
pub fn column(out: &Path, table: &str, names: &[&str]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(out.join(format!("{table}.csv"))).unwrap();
    let header = reader.headers().unwrap().clone();
    let places: Vec<usize> = names
        .iter()
        .map(|name| header.iter().position(|column| column == *name).unwrap())
        .collect();
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| places.iter().map(|&place| row[place].to_owned()).collect()).collect()
}

/// Scores the golden folder of a rule with all rules, reviews and rows of a table.
fn scored(
    folder: &str,
    dir: &Path,
    tables: &[(&str, &str)],
    reviews: Option<&str>,
) -> (PathBuf, usize) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let golden = root.join("fixtures/rules/national").join(folder);
    let pack = dir.join("pack");
    fs::create_dir_all(pack.join("tables")).unwrap();
    let national = fs::canonicalize(root.join("rules/national")).unwrap();
    let up = "../".repeat(fs::canonicalize(&pack).unwrap().components().count() - 1);
    let national = format!("{up}{}", national.strip_prefix("/").unwrap().display());
    let text = format!(
        "id = \"upper\"\ntitle.zh = \"上\"\ntitle.en = \"Upper\"\nfrom = 2021-05-01\nbuilds_on = [{national:?}]\n"
    );
    fs::write(pack.join("pack.toml"), text).unwrap();
    if golden.join("tables").is_dir() {
        for table in fs::read_dir(golden.join("tables")).unwrap() {
            let table = table.unwrap();
            fs::copy(table.path(), pack.join("tables").join(table.file_name())).unwrap();
        }
    }
    for (name, text) in tables {
        fs::write(pack.join("tables").join(name), text).unwrap();
    }
    let engine = Engine::compile(
        &Pack::load(&pack).unwrap(),
        &Reference::open(golden.join("reference")).unwrap(),
    )
    .unwrap();
    let mut options = Options::default();
    if let Some(text) = reviews {
        let path = dir.join("reviews.csv");
        fs::write(&path, text).unwrap();
        options.reviews = Some(path);
    }
    let result = engine.score(&Month::open(golden.join("month")).unwrap(), &options).unwrap();
    let out = dir.join("out");
    result.write_as(&out, Format::Csv).unwrap();
    let verified = jihe::verify(&out).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.differences);
    (out, result.n_quarantined())
}

#[test]
fn a_review_is_applied_named_in_the_manifest_and_explained() {
    let dir = tempfile::tempdir().unwrap();
    let rule = "limit/daily-quantity";
    let (out, _) = scored(rule, dir.path(), &[], None);
    let found = column(&out, "findings", &["jr_id", "rule_id", "vola_amt", "credited_amt"]);
    let ids: Vec<&String> =
        found.iter().filter(|row| row[1] == "daily-quantity").map(|row| &row[0]).collect();
    assert!(3 <= ids.len(), "the golden folder has three findings");
    let (fallen, lowered, stands) = (ids[0], ids[1], ids[2]);
    let reviews = format!(
        "jr_id,decision,amount,reason\n{fallen},dismissed,,病历证明\n{lowered},appealed,0.01,部分采纳\n\
         {stands},confirmed,999999.00,\n{stands},confirmed,999999.00,\nffff,confirmed,,\n\
         {lowered}x,maybe,,\n,confirmed,,\n{fallen}y,appealed,,\n{fallen}z,confirmed,1.005,\n"
    );
    let (out, n_quarantined) = scored(rule, dir.path(), &[], Some(&reviews));
    assert_eq!(n_quarantined, 5);
    let columns =
        ["jr_id", "effect", "credited_amt", "vola_amt", "review", "review_amt", "review_reason"];
    let after = column(&out, "findings", &columns);
    let of = |id: &str| after.iter().find(|row| row[0] == id).unwrap()[1..].to_vec();
    let gross = |id: &str| found.iter().find(|row| row[0] == id).unwrap()[2].clone();
    assert_eq!(of(fallen), ["dismissed", "0.00", &gross(fallen), "dismissed", "", "病历证明"]);
    assert_eq!(of(lowered), ["refused", "0.01", &gross(lowered), "appealed", "0.01", "部分采纳"]);
    assert_eq!(
        of(stands),
        ["refused", &gross(stands), &gross(stands), "confirmed", "999999.00", ""]
    );
    let aside: BTreeSet<String> = column(&out, "quarantine", &["table", "reason"])
        .into_iter()
        .map(|row| format!("{}: {}", row[0], row[1]))
        .collect();
    let expected = [
        "reviews: an appeal without the amount that is left",
        "reviews: more decimals than the column holds",
        "reviews: no finding of this run has this id",
        "reviews: not one of confirmed, dismissed, appealed",
        "reviews: value is missing",
    ];
    assert_eq!(aside, expected.map(str::to_owned).into());
    let manifest = fs::read_to_string(out.join("manifest.json")).unwrap();
    let hash = blake3::hash(reviews.as_bytes()).to_hex();
    assert!(manifest.contains("reviews.csv") && manifest.contains(hash.as_str()), "{manifest}");
    let said = jihe::explain_finding(&out, lowered).unwrap().text();
    assert!(said.contains("申诉核定 appealed，至多 at most 0.01（部分采纳）"), "{said}");
    assert!(said.contains("复核 reviewed 0.01"), "{said}");
    let said = jihe::explain_finding(&out, fallen).unwrap().text();
    assert!(said.contains("撤销 dismissed（病历证明）"), "{said}");
}

#[test]
fn reviews_that_differ_about_one_finding_count_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let rule = "limit/daily-quantity";
    let (out, _) = scored(rule, dir.path(), &[], None);
    let id = column(&out, "findings", &["jr_id"])[0][0].clone();
    let before = column(&out, "refusals", &["bkkp_sn", "refused_amt"]);
    let reviews = format!("jr_id,decision,amount,reason\n{id},dismissed,,a\n{id},confirmed,,b\n");
    let (out, n_quarantined) = scored(rule, dir.path(), &[], Some(&reviews));
    assert_eq!(n_quarantined, 2);
    assert_eq!(column(&out, "refusals", &["bkkp_sn", "refused_amt"]), before);
}

#[test]
fn reviews_that_differ_in_their_reason_only_count_once_with_the_first() {
    let dir = tempfile::tempdir().unwrap();
    let rule = "limit/daily-quantity";
    let (out, _) = scored(rule, dir.path(), &[], None);
    let id = column(&out, "findings", &["jr_id"])[0][0].clone();
    let reviews = format!(
        "jr_id,decision,amount,reason\n{id},appealed,0.01,second in the alphabet\n{id},reduced,0.01,first\n"
    );
    let (out, n_quarantined) = scored(rule, dir.path(), &[], Some(&reviews));
    assert_eq!(n_quarantined, 0);
    let shown = column(&out, "findings", &["jr_id", "review", "review_amt", "review_reason"]);
    let own = shown.iter().find(|row| row[0] == id).unwrap();
    assert_eq!(own[1..], ["appealed", "0.01", "second in the alphabet"]);
}

#[test]
fn a_word_that_may_be_either_decision_decides_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let rule = "limit/daily-quantity";
    let (out, _) = scored(rule, dir.path(), &[], None);
    let id = column(&out, "findings", &["jr_id"])[0][0].clone();
    let before = column(&out, "refusals", &["bkkp_sn", "refused_amt"]);
    for word in ["withdrawn", "upheld"] {
        let reviews = format!("jr_id,decision\n{id},{word}\n");
        let (out, n_quarantined) = scored(rule, dir.path(), &[], Some(&reviews));
        assert_eq!(n_quarantined, 1, "{word}");
        let aside = column(&out, "quarantine", &["column", "reason", "value"]);
        let expected = ["decision", "not one of confirmed, dismissed, appealed", word];
        assert_eq!(aside[0], expected);
        assert_eq!(column(&out, "refusals", &["bkkp_sn", "refused_amt"]), before);
    }
}

#[test]
fn an_exemption_ends_on_its_day_and_is_shown_with_its_reason() {
    let dir = tempfile::tempdir().unwrap();
    let rule = "limit/daily-quantity";
    let (out, _) = scored(rule, dir.path(), &[], None);
    let lines = column(
        &out,
        "finding_lines",
        &["bkkp_sn", "fee_ocur_time", "fixmedins_code", "vola_item_type"],
    );
    let cut = lines.iter().find(|row| row[3] == "1").unwrap();
    let (key, day, institution) = (&cut[0], &cut[1][..10], &cut[2]);
    let refused =
        |out: &Path| column(out, "refusals", &["bkkp_sn"]).iter().any(|row| row[0] == *key);
    assert!(refused(&out));
    let table = |until: &str| {
        format!(
            "rule_id,subject_type,subject,reason,begndate,enddate,basis\n\
             *,institution,{institution},信息系统切换,2020-01-01,{until},医保局函〔2026〕1号\n"
        )
    };
    let text = table("2099-01-01");
    let (exempt, _) = scored(rule, dir.path(), &[("exemption.csv", &text)], None);
    assert!(!refused(&exempt));
    let shown = column(&exempt, "exempt", &["bkkp_sn", "exception", "reason", "enddate"]);
    let expected = [key.as_str(), "exemption", "信息系统切换", "2099-01-01"];
    assert!(shown.iter().any(|row| row == &expected), "{shown:?}");
    let n_exempt = column(&exempt, "coverage", &["rule_id", "n_exempt"]);
    let of_rule = n_exempt.iter().find(|row| row[0] == "daily-quantity").unwrap();
    assert!(0 < of_rule[1].parse::<u32>().unwrap());
    let said = jihe::explain_line(&exempt, key).unwrap().text();
    assert!(said.contains("信息系统切换；至 until 2099-01-01"), "{said}");
    // The first day without it is the day it ends.
    let text = table(day);
    let (ended, _) = scored(rule, dir.path(), &[("exemption.csv", &text)], None);
    assert!(refused(&ended));
}

#[test]
fn every_rule_spares_an_exempt_institution_and_shows_that_it_does() {
    let rules = xtask::Project::own().rules().unwrap();
    let rules: Vec<_> = rules.into_iter().filter(|rule| rule.pack == "national").collect();
    let wrong: Vec<String> = rules.par_iter().filter_map(spares_nothing).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong where all institutions of a rule's golden folder are exempt from it.
fn spares_nothing(rule: &xtask::RuleName) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let folder = format!("{}/{}", rule.family, rule.id);
    let of_rule = |out: &Path, table: &str, column_of: &str| -> Vec<Vec<String>> {
        let rows = column(out, table, &["rule_id", column_of]);
        rows.into_iter().filter(|row| row[0] == rule.id).collect()
    };
    let mut table = "rule_id,subject_type,subject,reason,begndate,enddate,basis\n".to_owned();
    // Without the exemptions that the folder has itself.
    let (out, _) = scored(&folder, dir.path(), &[("exemption.csv", &table)], None);
    let found = of_rule(&out, "findings", "fixmedins_code");
    let institutions: BTreeSet<&str> = found.iter().map(|row| row[1].as_str()).collect();
    for institution in institutions {
        table +=
            &[&rule.id, ",institution,", institution, ",试点,2020-01-01,2099-01-01,b\n"].concat();
    }
    let (spared, _) = scored(&folder, dir.path(), &[("exemption.csv", &table)], None);
    let exempt = of_rule(&spared, "exempt", "exception");
    let n_spared = exempt.iter().filter(|row| row[1] == "exemption").count();
    let left = of_rule(&spared, "findings", "jr_id").len();
    let is_right = !found.is_empty() && left == 0 && 0 < n_spared;
    (!is_right)
        .then(|| format!("{folder}: of {} findings {left} left, {n_spared} exempt", found.len()))
}

#[test]
fn an_exemption_needs_an_end_a_known_rule_and_a_reason() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("tables")).unwrap();
    fs::write(
        dir.path().join("pack.toml"),
        "id = \"p\"\ntitle.zh = \"p\"\ntitle.en = \"p\"\nfrom = 2021-05-01\n",
    )
    .unwrap();
    let table = "rule_id,subject_type,subject,reason,begndate,enddate,basis\n\
                 *,institution,H1,because,2026-01-01,,b\n\
                 no-such-rule,person,P1,because,2026-01-01,2026-02-01,b\n\
                 *,person,P1,,2026-01-01,2026-02-01,b\n\
                 *,town,T1,because,2026-01-01,2026-02-01,b\n";
    fs::write(dir.path().join("tables/exemption.csv"), table).unwrap();
    let found = jihe::check(dir.path());
    let codes: BTreeSet<String> = found
        .iter()
        .filter(|one| one.severity == jihe::Severity::Error)
        .map(|one| one.code.to_string())
        .collect();
    for code in ["open-exemption", "unknown-rule", "bad-cell"] {
        assert!(codes.contains(code), "{code} is not among {codes:?}");
    }
    assert!(found.iter().all(|one| !one.to_string().contains("P1")), "a person is named");
}
