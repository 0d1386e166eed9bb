//! What `explain` says is what the tables have: no equation that does not hold, no line told with
//! another one's money.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jihe::{Engine, Explanation, Format, Month, Options, Pack, Reference};
use jihe_testkit::generate::fees::number_in_encounters;
use jihe_testkit::generate::generate;
use rayon::prelude::*;

use crate::scene;

const LINES: &str = "setl_id,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,list_type,cnt,\
                     pric,det_item_fee_sumamt,inscp_scp_amt";
const SETTLEMENTS: &str = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,fund_pay_sumamt,med_type";

/// An item that is outside the catalogue, X, and one inside it with a ceiling of 60.00, Y.
fn write(dir: &Path, tables: &[(&str, &str)], months: [(&str, &str); 2]) {
    let reference = dir.join("reference");
    fs::create_dir_all(&reference).unwrap();
    for (name, text) in [
        ("institutions", "fixmedins_code,lmtpric_hosp_lv,begntime\nH1,3,2020-01-01\n"),
        (
            "catalogue",
            "hilist_code,hilist_name,list_type,chrgitm_lv,med_use_flag\nX,甲,201,03,1\nY,乙,201,01,1\n",
        ),
        (
            "price_limits",
            "hilist_code,hilist_lmtpric_type,lmtpric_hosp_lv,hilist_pric_uplmt_amt\nY,1,3,60\n",
        ),
    ] {
        fs::write(reference.join(format!("{name}.csv")), text).unwrap();
    }
    let pack = dir.join("pack");
    fs::create_dir_all(pack.join("tables")).unwrap();
    scene::pack_with_tables(&pack);
    for (name, text) in tables {
        fs::write(pack.join("tables").join(format!("{name}.csv")), text).unwrap();
    }
    let month = dir.join("month");
    fs::create_dir_all(&month).unwrap();
    let encounters = "mdtrt_id,psn_no,fixmedins_code,med_type,begntime\n\
                      M1,P1,H1,11,2026-10-05 09:00:00\nM2,P2,H1,11,2026-10-05 09:00:00\n";
    fs::write(month.join("encounters.csv"), encounters).unwrap();
    for (name, text) in months {
        fs::write(month.join(format!("{name}.csv")), text).unwrap();
    }
}

fn score(dir: &Path, reviews: Option<&str>) -> PathBuf {
    let pack = Pack::load(dir.join("pack")).unwrap();
    let reference = Reference::open(dir.join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let mut options = Options::default();
    if let Some(text) = reviews {
        let path = dir.join("reviews.csv");
        fs::write(&path, text).unwrap();
        options.reviews = Some(path);
    }
    let result = engine.score(&Month::open(dir.join("month")).unwrap(), &options).unwrap();
    let out = dir.join("out");
    result.write_as(&out, Format::Csv).unwrap();
    let verified = jihe::verify(&out).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.differences);
    out
}

/// Columns of a result table as texts.
fn column<const N: usize>(out: &Path, table: &str, names: [&str; N]) -> Vec<[String; N]> {
    let mut reader = csv::Reader::from_path(out.join(format!("{table}.csv"))).unwrap();
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| names.map(|name| row[place(name)].to_owned())).collect()
}

fn has_all(said: &Explanation, parts: &[&str]) {
    let text = said.text();
    for part in parts {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(!text.contains("P1") && !text.contains("P2"), "{text}");
}

#[test]
fn lines_of_two_encounters_with_one_number_are_two_lines() {
    let dir = tempfile::tempdir().unwrap();
    let lines = format!(
        "feedetl_sn,{LINES}\n\
         1,,M1,P1,H1,2026-10-05 10:00:00,X,201,1,100,100.00,100.00\n\
         1,,M2,P2,H1,2026-10-05 10:00:00,X,201,2,7,14.00,14.00\n"
    );
    write(dir.path(), &[], [("lines", &lines), ("settlements", SETTLEMENTS)]);
    let out = score(dir.path(), None);
    let parts = [
        ("M1", "100.00 − 0.00 = 100.00", "half_up(100.00 × 100.00 ÷ 100.00) = 100.00"),
        ("M2", "14.00 − 0.00 = 14.00", "half_up(14.00 × 14.00 ÷ 14.00) = 14.00"),
    ];
    let both = jihe::explain_line(&out, "1").unwrap();
    assert_eq!(both.findings.len(), 2);
    let told: Vec<_> = both.lines.iter().map(|line| (&*line.mdtrt_id, line.shares.len())).collect();
    assert_eq!(told, [("M1", 1), ("M2", 1)]);
    for (encounter, refused, in_policy) in parts {
        let heading = format!("明细 line 1  就诊 encounter {encounter}  X 甲");
        has_all(&both, &[&heading, refused, in_policy]);
        let one = jihe::explain_line_of(&out, "1", encounter).unwrap();
        assert_eq!((one.findings.len(), one.lines.len()), (1, 1));
        has_all(&one, &[&heading, refused, in_policy]);
        let [finding] = one.findings.as_slice() else { panic!("{:?}", one.findings) };
        let of_finding = jihe::explain_finding(&out, &finding.jr_id).unwrap();
        assert_eq!(of_finding.lines.len(), 1);
        has_all(&of_finding, &[&heading, refused, in_policy]);
    }
}

#[test]
fn a_cut_that_adds_nothing_alone_still_counts_in_what_cuts_leave_together() {
    let dir = tempfile::tempdir().unwrap();
    let tables = [
        (
            "item_cap",
            "hilist_code,amount_max,window,begndate,enddate,basis\nY,150,year,2026-01-01,,own\n",
        ),
        (
            "item_quantity",
            "hilist_code,per,window,max,begndate,enddate,basis\nY,encounter,stay,2,2026-01-01,,own\n",
        ),
    ];
    let lines =
        format!("bkkp_sn,{LINES}\nL1,S1,M1,P1,H1,2026-10-05 10:00:00,Y,201,3,100,300.00,300.00\n");
    let settlements =
        format!("{SETTLEMENTS}\nS1,M1,P1,H1,2026-10-05 12:00:00,300.00,300.00,200.00,11\n");
    write(dir.path(), &tables, [("lines", &lines), ("settlements", &settlements)]);
    let out = score(dir.path(), None);
    let found = column(&out, "findings", ["jr_id", "rule_id", "credited_amt"]);
    let of = |rule: &str| found.iter().find(|row| row[1] == rule).unwrap();
    assert_eq!(of("price-ceiling")[2], "0.00", "the case is one of a cut that adds nothing");
    let together = "合并 together: 准付 allowed = min(300.00, half_up((3 − 1) × min(100, 60)), 150.00) = 120.00";
    let parts =
        [together, "300.00 − 120.00 = 180.00", "price-ceiling: 准付", "不再增加 adds nothing"];
    has_all(&jihe::explain_line(&out, "L1").unwrap(), &parts);
    // Whoever is asked for: what the others cut counts.
    for row in &found {
        has_all(&jihe::explain_finding(&out, &row[0]).unwrap(), &parts);
    }
    // What is dismissed counts for nothing, what is reviewed for no more than the review says.
    let reviews = format!(
        "jr_id,decision,amount\n{},dismissed,\n{},appealed,10.00\n",
        of("pay-cap")[0],
        of("stay-quantity")[0]
    );
    let out = score(dir.path(), Some(&reviews));
    let parts = [
        "合并 together: 准付 allowed = min(300.00, half_up(3 × min(100, 60)), 300.00 − 复核 reviewed 10.00) = 180.00",
        "300.00 − 180.00 = 120.00",
        "已撤销，不计 dismissed, counts for nothing",
        "单独 alone 100.00；复核至多 reviewed at most 10.00；不再增加 adds nothing",
    ];
    has_all(&jihe::explain_line(&out, "L1").unwrap(), &parts);
}

#[test]
fn whatever_is_cut_no_more_is_allowed_than_quantity_times_price() {
    let dir = tempfile::tempdir().unwrap();
    let cap =
        "hilist_code,amount_max,window,begndate,enddate,basis\nX,10.02,year,2026-01-01,,own\n";
    let lines =
        format!("bkkp_sn,{LINES}\nL1,S1,M1,P1,H1,2026-10-05 10:00:00,X,201,1,10,10.03,10.03\n");
    let settlements =
        format!("{SETTLEMENTS}\nS1,M1,P1,H1,2026-10-05 12:00:00,10.03,10.03,7.00,11\n");
    let files = [("lines", lines.as_str()), ("settlements", &settlements)];
    write(dir.path(), &[("item_cap", cap)], files);
    let said = jihe::explain_line(&score(dir.path(), None), "L1").unwrap();
    let allowed = "pay-cap: 准付 allowed = min(10.03, half_up(1 × 10), 10.02) = 10.00";
    has_all(&said, &[allowed]);
}

#[test]
fn without_a_payment_or_an_in_policy_amount_there_is_no_fund_part_and_no_equation() {
    for (settled, why) in [
        ("100.00,-60.00", "基金支付 -60.00 不大于零 the fund paid -60.00, not above 0"),
        ("100.00,0.00", "基金支付 0.00 不大于零 the fund paid 0.00, not above 0"),
        ("0.00,60.00", "政策范围内金额 0.00 不大于零"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        // The item is cut by its price, whatever of it is in policy.
        let scp = settled.split(',').next().unwrap();
        let lines = format!(
            "bkkp_sn,{LINES}\nL1,S1,M1,P1,H1,2026-10-05 10:00:00,Y,201,1,100,100.00,{scp}\n"
        );
        let settlements =
            format!("{SETTLEMENTS}\nS1,M1,P1,H1,2026-10-05 12:00:00,100.00,{settled},11\n");
        write(dir.path(), &[], [("lines", &lines), ("settlements", &settlements)]);
        let out = score(dir.path(), None);
        let said = jihe::explain_line(&out, "L1").unwrap();
        has_all(&said, &["基金部分 fund part: 0.00", why, "100.00 − 60.00 = 40.00"]);
        let text = said.text();
        assert!(!text.contains("half_up(-") && !text.contains("÷ 0.00"), "{text}");
    }
}

#[test]
fn an_exempt_stay_is_told_of_its_lines_where_the_encounter_is_known() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let golden = root.join("fixtures/rules/national/stay/split-stay");
    let engine = Engine::compile(
        &Pack::load(scene::national()).unwrap(),
        &Reference::open(golden.join("reference")).unwrap(),
    )
    .unwrap();
    let month = Month::open(golden.join("month")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    engine.score(&month, &Options::default()).unwrap().write_as(&out, Format::Csv).unwrap();
    let stays = column(&out, "exempt", ["rule_id", "exception", "mdtrt_id", "bkkp_sn"]);
    let n_stays = stays.iter().filter(|row| row[3].is_empty()).count();
    let is_own = |row: &&[String; 4]| row[2] == "M08B" && row[0] == "split-stay";
    assert_eq!(stays.iter().find(is_own).unwrap()[1], "transfer");
    let whole = "split-stay: transfer；整次就诊 the whole encounter M08B";
    has_all(&jihe::explain_line_of(&out, "L09", "M08B").unwrap(), &[whole]);
    // Nothing tells the encounter of a line of which nothing was found: the stays are counted, and
    // none is claimed.
    let said = jihe::explain_line(&out, "NONE").unwrap();
    let n_stays = u64::try_from(n_stays).unwrap();
    assert_eq!((said.n_exempt_encounters, said.exempt.len()), (n_stays, 0));
    has_all(&said, &["no finding names this line", "次就诊整次被豁免", "--encounter MDTRT_ID"]);
    // Of one of which something was found, that tells it.
    let lines = column(&out, "finding_lines", ["bkkp_sn", "mdtrt_id"]);
    let found = stays.iter().filter(|row| row[3].is_empty()).find_map(|stay| {
        let line = lines.iter().find(|line| line[1] == stay[2])?;
        Some((line[0].clone(), stay[2].clone()))
    });
    let (line, encounter) = found.unwrap();
    let whole = format!("整次就诊 the whole encounter {encounter}");
    has_all(&jihe::explain_line(&out, &line).unwrap(), &[&whole]);
    // A stay that is not exempt says nothing of the others.
    let other = jihe::explain_line_of(&out, "L01", "M01B").unwrap();
    assert_eq!((other.n_exempt_encounters, other.exempt.len()), (0, 0), "{:?}", other.exempt);
}

#[test]
fn the_lines_that_a_finding_cuts_are_shown_before_those_that_it_names() {
    let dir = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (1..=25)
        .map(|n| format!("L{n:02},,M1,P1,H1,2026-10-05 10:{n:02}:00,Y,201,1,50,50.00,50.00\n"))
        .collect();
    let lines = format!("bkkp_sn,{LINES}\n{}", rows.concat());
    let table =
        "hilist_code,per,window,max,begndate,enddate,basis\nY,encounter,stay,24,2026-01-01,,own\n";
    let months = [("lines", lines.as_str()), ("settlements", SETTLEMENTS)];
    write(dir.path(), &[("item_quantity", table)], months);
    let out = score(dir.path(), None);
    let found = column(&out, "findings", ["jr_id", "rule_id"]);
    let finding = found.iter().find(|row| row[1] == "stay-quantity").unwrap();
    let said = jihe::explain_finding(&out, &finding[0]).unwrap();
    assert_eq!((said.lines.len(), said.n_more_lines), (20, 5));
    has_all(&said, &["明细 line L25", "50.00 − 0.00 = 50.00", "另有 5 条明细"]);
}

/// Reads an amount as fen.
fn fen(text: &str) -> i128 {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let value: i128 = digits.replace('.', "").parse().unwrap();
    if negative { -value } else { value }
}

/// `half_up(a × b ÷ c)`.
fn share(text: &str) -> i128 {
    let inside = text.trim().strip_prefix("half_up(").unwrap().strip_suffix(')').unwrap();
    let (a, rest) = inside.split_once(" × ").unwrap();
    let (b, c) = rest.split_once(" ÷ ").unwrap();
    let (product, divisor) = (fen(a) * fen(b), fen(c));
    assert!(0 <= product && 0 < divisor, "{text}");
    (2 * product + divisor) / (2 * divisor)
}

/// What a step says, if it is an equation of amounts: both sides in fen.
fn sides(step: &str) -> Option<(i128, i128)> {
    let (what, result) = step.rsplit_once(" = ")?;
    if step.starts_with("拒付 refused =") || step.starts_with("待核 held =") {
        let (left, right) = what.rsplit_once(" = ")?.1.rsplit_once(" − ")?;
        return Some((fen(left) - fen(right), fen(result)));
    }
    if step.starts_with("政策范围内拒付") {
        return Some((share(what.split_once(" = ")?.1), fen(result)));
    }
    if step.starts_with("基金部分 fund part =") {
        let (after, before) = what.split_once(" = ")?.1.split_once(" − ")?;
        return Some((share(after) - share(before), fen(result)));
    }
    None
}

/// A number with up to six decimals, in millionths.
fn millionths(text: &str) -> i128 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    format!("{whole}{decimals:0<6}").parse().unwrap()
}

/// One term of what is allowed, in fen: an amount, one less another, or quantity times price.
fn term(text: &str) -> i128 {
    if let Some((others, most)) = text.rsplit_once(" − 复核 reviewed ") {
        let inside = others.strip_prefix("min(").and_then(|others| others.strip_suffix(')'));
        return inside.map_or_else(|| fen(others), least) - fen(most);
    }
    let Some(inside) = text.strip_prefix("half_up(") else { return fen(text) };
    let (cnt, pric) = inside.strip_suffix(')').unwrap().split_once(" × ").unwrap();
    let in_brackets = |text: &str, open: &str| -> Option<(i128, i128)> {
        let (one, other) = text.strip_prefix(open)?.strip_suffix(')')?.split_once([',', '−'])?;
        Some((millionths(one.trim()), millionths(other.trim())))
    };
    let cnt = in_brackets(cnt, "(").map_or_else(|| millionths(cnt), |(all, units)| all - units);
    let pric = in_brackets(pric, "min(").map_or_else(|| millionths(pric), |(a, b)| a.min(b));
    let per_fen = 10_000_000_000;
    (2 * cnt * pric + per_fen).div_euclid(2 * per_fen)
}

/// What a step says is allowed: the least of its terms, and what it comes to.
fn allowed(step: &str) -> Option<(i128, i128)> {
    let equation = step.split_once("准付 allowed = min(")?.1;
    let equation = equation.split('；').next()?;
    let (terms, result) = equation.rsplit_once(") = ")?;
    Some((least(terms).max(0), fen(result)))
}

/// The least of some terms, in fen.
fn least(terms: &str) -> i128 {
    let mut all = vec![String::new()];
    let mut depth = 0;
    for sign in terms.chars() {
        depth += i32::from(sign == '(') - i32::from(sign == ')');
        if sign == ',' && depth == 0 {
            all.push(String::new());
        } else if let Some(last) = all.last_mut() {
            last.push(sign);
        }
    }
    all.iter().map(|text| term(text.trim())).min().unwrap()
}

#[test]
fn every_equation_of_every_line_holds_and_none_is_left_out() {
    let n_equations: usize = (0..16_u64).into_par_iter().map(equations_that_hold).sum();
    assert!(1_000 < n_equations, "{n_equations}");
}

fn equations_that_hold(seed: u64) -> usize {
    let mut n_equations = 0;
    let (mut month, reference, tables) = generate(seed);
    if seed.is_multiple_of(2) {
        number_in_encounters(&mut month);
    }
    let dir = tempfile::tempdir().unwrap();
    scene::write(dir.path(), &month, &reference, &tables);
    let out = score(dir.path(), None);
    let words = ["dismissed,", "confirmed,", "confirmed,3.00", "appealed,5.00", "appealed,0.00"];
    let findings = column(&out, "findings", ["jr_id"]);
    let rows: Vec<String> = findings
        .iter()
        .zip(words.iter().cycle())
        .map(|([id], word)| format!("{id},{word}\n"))
        .collect();
    let reviews = format!("jr_id,decision,amount\n{}", rows.concat());
    for reviews in [None, Some(reviews.as_str())] {
        let out = score(dir.path(), reviews);
        let keys = column(&out, "finding_lines", ["bkkp_sn", "mdtrt_id"]);
        let keys: BTreeSet<&[String; 2]> = keys.iter().collect();
        for [key, encounter] in keys.into_iter().take(40) {
            let said = jihe::explain_line_of(&out, key, encounter).unwrap();
            assert_eq!(said.lines.len(), 1, "seed {seed} {key} {encounter}");
            for line in &said.lines {
                for step in &line.steps {
                    assert!(!step.contains("另有所减"), "seed {seed} {key}: {step}");
                    for (left, right) in [sides(step), allowed(step)].into_iter().flatten() {
                        assert_eq!(left, right, "seed {seed} {key}: {step}");
                        n_equations += 1;
                    }
                }
                let held = |step: &String| step.starts_with("待核 held: ");
                assert!(!line.steps.iter().any(held), "seed {seed} {key}: {:?}", line.steps);
            }
        }
    }
    n_equations
}
