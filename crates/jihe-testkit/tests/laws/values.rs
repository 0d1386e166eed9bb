//! Values that a rule computes with and that are missing, below 0, too large or against sense: lines are
//! not evaluable, or the pack is refused at its place.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jihe_frame::Coverage;
use jihe_settle::Stage;
use jihe_testkit::oracle::context::Cut;

use crate::scene;

const HEAD: &str = "title = \"规\"\narticle = \"reg735/38.3\"\nfrom = 2021-05-01\nstatus = \"active\"\n\
                    what = \"规\"\nwhy = \"规\"\n";
const LINES: &str = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                     det_item_fee_sumamt,inscp_scp_amt,prd_days,dscg_tkdrug_flag,drug_cnt\n";
const VISITS: &str = "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime\n";

/// Writes a pack of one rule; `question` is what follows its head.
pub(crate) fn write_pack(
    dir: &Path,
    (family, grade): (&str, &str),
    question: &str,
    table: (&str, &str),
) {
    let message = "[message]\nzh = \"规\"\nen = \"rule\"\n";
    let rule = format!("{HEAD}grade = \"{grade}\"\n{question}\n{message}");
    let files = [
        ("pack.toml".to_owned(), "id = \"p\"\ntitle = \"包\"\nfrom = 2021-05-01\n".to_owned()),
        (
            "sources.toml".to_owned(),
            "[\"reg735/38.3\"]\ntitle = \"条\"\ntext = \"条\"\nchecked = 2026-11-01\n".to_owned(),
        ),
        (format!("{family}/rule.toml"), rule),
        ("tables/inpatient.csv".to_owned(), "med_type,basis\n21,x\n".to_owned()),
        ("tables/diagnosis_set.csv".to_owned(), "set,diag_code,basis\nchronic,I10,x\n".to_owned()),
        (format!("tables/{}.csv", table.0), table.1.to_owned()),
    ];
    for (name, text) in files.into_iter().filter(|(name, _)| name != "tables/.csv") {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// What a rule finds, with the grade of each, and what it says of its subjects.
pub(crate) fn judged(
    (family, grade): (&str, &str),
    question: &str,
    table: (&str, &str),
    (visits, lines): (&str, &str),
) -> (Vec<(String, Cut)>, Vec<u8>, Coverage) {
    let dir = tempfile::tempdir().unwrap();
    let [pack, month, reference] = ["pack", "month", "reference"].map(|name| dir.path().join(name));
    write_pack(&pack, (family, grade), question, table);
    fs::create_dir_all(&month).unwrap();
    fs::create_dir_all(&reference).unwrap();
    fs::write(month.join("lines.csv"), format!("{LINES}{lines}")).unwrap();
    fs::write(month.join("encounters.csv"), format!("{VISITS}{visits}")).unwrap();
    let settlements = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,fund_pay_sumamt\n";
    fs::write(month.join("settlements.csv"), settlements).unwrap();
    fs::write(reference.join("institutions.csv"), "fixmedins_code\nH1\n").unwrap();
    fs::write(reference.join("catalogue.csv"), "hilist_code,list_type\nA,101\n").unwrap();
    let answer = scene::score_with(&pack, &reference, &month, Stage::After);
    let cuts = answer.cuts().remove("rule").unwrap_or_default();
    let grades = answer.grades().into_iter().map(|(_, _, grade)| grade).collect();
    (cuts, grades, answer.judged.coverage.into_iter().next().unwrap())
}

pub(crate) const VISIT: &str = "M1,P1,H1,11,2026-03-20 08:00:00,2026-03-20 08:00:00\n";

/// A line of ten days and so much in `drug_cnt`.
fn line(key: &str, drug_cnt: &str) -> String {
    format!("{key},M1,P1,H1,2026-03-20 08:00:00,A,10,10,100.00,100.00,10,1,{drug_cnt}\n")
}

fn check_cut(cut: &str, drug_cnt: &str, expected: Option<Cut>, n_not_evaluable: u64) {
    let question = format!("[line]\nhit = \"cnt > 1\"\ncut = {{ {cut} }}\n");
    let (cuts, _, coverage) =
        judged(("line", "definite"), &question, ("", ""), (VISIT, &line("L", drug_cnt)));
    let expected: Vec<_> = expected.map(|cut| ("L".to_owned(), cut)).into_iter().collect();
    assert_eq!(cuts, expected, "{cut} {drug_cnt}");
    assert_eq!(coverage.n_not_evaluable, n_not_evaluable, "{cut} {drug_cnt}: {coverage:?}");
    assert_eq!(coverage.n_judged, 1 - n_not_evaluable, "{cut} {drug_cnt}: {coverage:?}");
    if 0 < n_not_evaluable {
        assert!(coverage.reason().contains("lines.drug_cnt"), "{coverage:?}");
    }
}

#[test]
fn a_cut_whose_value_is_missing_is_not_evaluable_and_none_is_below_zero() {
    for cut in ["price = \"drug_cnt\"", "amount = \"round(drug_cnt)\"", "units = \"drug_cnt\""] {
        check_cut(cut, "", None, 1);
    }
    check_cut("price = \"drug_cnt\"", "7", Some(Cut::Price(7_000_000)), 0);
    check_cut("price = \"drug_cnt - 8\"", "7", Some(Cut::Price(0)), 0);
    check_cut("amount = \"round(drug_cnt - 8)\"", "7", Some(Cut::Amount(0)), 0);
    check_cut("units = \"drug_cnt - 6\"", "7", Some(Cut::Units(10_000)), 0);
    // A cut of no units is none.
    check_cut("units = \"drug_cnt - 7\"", "7", None, 0);
    check_cut("units = \"drug_cnt - 8\"", "7", None, 0);
}

fn check_supply(limits: &str, visit: &str, expected: Option<i64>, reason: &str) {
    let question = format!("[supply]\nlimits = [{limits}]\n");
    let (cuts, _, coverage) =
        judged(("supply", "definite"), &question, ("", ""), (visit, &line("L", "")));
    let expected: Vec<_> =
        expected.map(|units| ("L".to_owned(), Cut::Units(units))).into_iter().collect();
    assert_eq!(cuts, expected, "{limits}");
    assert_eq!(coverage.n_not_evaluable, u64::from(!reason.is_empty()), "{limits}: {coverage:?}");
    assert!(coverage.reason().contains(reason), "{limits}: {coverage:?}");
}

#[test]
fn a_limit_of_days_is_undecided_only_where_another_one_would_cut_otherwise() {
    let chronic = "{ when = \"diagnosis_in('chronic')\", days = \"30\" }";
    // What is false, or behind what is true, does not matter.
    let never = "{ when = \"dscg_tkdrug_flag = '2'\", days = \"3\" }";
    let always = "{ when = \"dscg_tkdrug_flag = '1'\", days = \"15\" }";
    check_supply(&format!("{chronic}, {never}, {{ days = \"15\" }}"), VISIT, None, "");
    check_supply(&format!("{chronic}, {always}, {{ days = \"3\" }}"), VISIT, None, "");
    // Either limit is the same one.
    let same = "{ when = \"diagnosis_in('chronic')\", days = \"5\" }, { days = \"5\" }";
    check_supply(same, VISIT, Some(50_000), "");
    // 30 days would pass and 3 would not.
    check_supply(&format!("{chronic}, {{ days = \"3\" }}"), VISIT, None, "dscg_maindiag_code");
    let open = "M1,P1,H1,21,2026-03-20 08:00:00,\n";
    check_supply("{ days = \"length_of_stay\" }", open, None, "encounters.endtime");
}

#[test]
fn a_period_whose_days_or_count_are_missing_is_not_evaluable() {
    let open = "M1,P1,H1,21,2026-03-20 08:00:00,\n";
    let table = ("item_period", "hilist_code,period_days,max_count,basis\nA,9,1,x\n");
    let lines = format!("{}{}", line("L1", ""), line("L2", ""));
    for (period, count) in [("row.period_days", "length_of_stay"), ("length_of_stay", "1")] {
        let question = format!(
            "[limit]\ntable = \"item_period\"\nperiod = \"{period}\"\nmax_count = \"{count}\"\n"
        );
        let (cuts, _, coverage) = judged(("limit", "definite"), &question, table, (open, &lines));
        assert!(cuts.is_empty(), "{cuts:?}");
        assert_eq!((coverage.n_judged, coverage.n_not_evaluable), (0, 2), "{coverage:?}");
        assert!(coverage.reason().contains("encounters.endtime"), "{coverage:?}");
    }
}

#[test]
fn stays_that_overlap_at_one_institution_are_no_surer_than_their_rule() {
    let visits = "M1,P1,H1,21,2026-03-10 08:00:00,2026-03-20 08:00:00\n\
                  M2,P1,H1,21,2026-03-15 08:00:00,2026-03-25 08:00:00\n";
    let lines = "L1,M1,P1,H1,2026-03-12 08:00:00,A,1,10,10.00,10.00,,,\n\
                 L2,M2,P1,H1,2026-03-22 08:00:00,A,1,10,10.00,10.00,,,\n";
    for (grade, expected) in [("definite", 2), ("likely", 2), ("possible", 3), ("indicator", 0)] {
        let question = "[stay]\ntest = \"overlap\"\n";
        let (_, grades, coverage) = judged(("stay", grade), question, ("", ""), (visits, lines));
        assert_eq!(coverage.n_hit, 1, "{coverage:?}");
        assert_eq!(grades, [expected], "{grade}");
    }
}

#[test]
fn a_group_whose_sum_64_bits_do_not_hold_is_not_evaluable() {
    let mut lines = String::new();
    for nth in 0..1_000 {
        writeln!(
            lines,
            "L{nth},M1,P1,H1,2026-03-20 08:00:00,A,1,1,99999999999999.99,99999999999999.99,,,"
        )
        .unwrap();
    }
    let question = "[limit]\nof = \"inscp_scp_amt\"\nper = [\"psn_no\"]\nmax = \"1000000000\"\n";
    let (cuts, _, coverage) = judged(("limit", "definite"), question, ("", ""), (VISIT, &lines));
    assert!(cuts.is_empty());
    assert_eq!((coverage.n_judged, coverage.n_not_evaluable), (0, 1_000), "{coverage:?}");
    assert!(coverage.reason().contains("too large"), "{coverage:?}");
}

/// The first fault of a pack and the file it stands in.
fn fault(family: &str, question: &str, table: (&str, &str)) -> Option<(&'static str, String)> {
    let dir = tempfile::tempdir().unwrap();
    write_pack(dir.path(), (family, "definite"), question, table);
    let (plan, found) = jihe_rules::check(dir.path());
    let error = found.iter().find(|one| one.severity == jihe::Severity::Error);
    assert_eq!(plan.is_none(), error.is_some(), "{question}");
    error.map(|error| {
        assert!(0 < error.line && !error.todo.is_empty(), "{error}");
        (error.code, error.file.clone())
    })
}

#[test]
fn limits_and_cuts_below_zero_are_faults() {
    let param =
        "[params.most]\nunit = \"unit\"\nvalue = \"-3\"\nmin = \"-5\"\nmax = 1\ncite = \"c\"\n";
    let sum = "[limit]\nper = [\"psn_no\", \"hilist_code\"]\n";
    let count = "[limit]\ncount = \"mdtrt_id\"\nper = [\"psn_no\"]\n";
    let below = [
        ("limit", format!("{sum}max = \"0 - 5\"\n")),
        ("limit", format!("{sum}max = \"most\"\n{param}")),
        ("limit", format!("{count}cut = \"whole\"\nmax = \"-1\"\n")),
        ("limit", format!("{count}cut = \"none\"\nmax = \"1\"\nwithin = \"-3\"\n")),
        ("supply", "[supply]\nlimits = [{ days = \"-1\" }]\n".to_owned()),
        ("line", "[line]\nhit = \"cnt > 1\"\ncut = { units = \"-1\" }\n".to_owned()),
    ];
    for (family, question) in below {
        let found = fault(family, &question, ("", ""));
        assert_eq!(found.map(|it| it.0), Some("below-zero"), "{question}");
    }
    assert_eq!(fault("limit", &format!("{sum}max = \"5 - 5\"\n"), ("", "")), None);
}

/// What is said of a rule whose parameter `moved` has a value: by the pack that has it so, and where it
/// is moved there in process.
fn said_of_value(family: &str, question: &str, (value, digits): (i64, &str)) -> [String; 2] {
    let load = |digits: &str| {
        let param = format!("[params.moved]\nvalue = \"{digits}\"\ncite = \"c\"\n");
        let dir = tempfile::tempdir().unwrap();
        let question = question.replace("[params.moved]\n", &param);
        write_pack(dir.path(), (family, "definite"), &question, ("", ""));
        jihe::Pack::load(dir.path())
    };
    let of_pack = load(digits).map_or_else(
        |error| {
            error.diagnostics().iter().map(|one| one.what.clone()).collect::<Vec<_>>().join(";")
        },
        |_| String::new(),
    );
    let moved = load("1").unwrap().with_param("rule", "moved", value);
    [of_pack, moved.map_or_else(|error| error.to_string(), |_| String::new())]
}

#[test]
fn a_parameter_is_moved_only_to_where_a_pack_may_have_it() {
    let days = "[params.moved]\nunit = \"day\"\nmin = 0\nmax = 31\n";
    let split = format!(
        "[stay]\ntest = \"split\"\nbands = [{{ upto = \"moved\", grade = \"likely\" }}, \
         {{ upto = \"last\", grade = \"possible\" }}]\n{days}\
         [params.last]\nunit = \"day\"\nvalue = 7\nmin = 1\nmax = 31\ncite = \"c\"\n"
    );
    let units = "[params.moved]\nunit = \"unit\"\nmin = \"-5\"\nmax = 5\n";
    let sum = |max: &str| {
        format!("[limit]\nper = [\"psn_no\", \"hilist_code\"]\nmax = \"{max}\"\n{units}")
    };
    let overlap = |value: u32| format!("bands overlap: last is 7, moved before it is {value}");
    let cases = [
        ("stay", split.clone(), (6, "6"), String::new()),
        ("stay", split.clone(), (7, "7"), overlap(7)),
        ("stay", split, (8, "8"), overlap(8)),
        ("limit", sum("moved"), (0, "0"), String::new()),
        ("limit", sum("moved"), (-1, "-0.0001"), "value is below 0: moved".to_owned()),
        ("limit", sum("2 - moved"), (20_000, "2"), String::new()),
        ("limit", sum("2 - moved"), (20_001, "2.0001"), "value is below 0: 2 - moved".to_owned()),
    ];
    for (family, question, value, expected) in cases {
        let said = said_of_value(family, &question, value);
        assert_eq!(said, [expected.clone(), expected], "{value:?} in {question}");
    }
}

#[test]
fn rows_that_name_an_item_beside_itself_or_pay_more_than_all_are_faults() {
    let pairs = [
        ("split", "split_set", "set_id,whole,part,basis\nZ,A,A,x\n"),
        ("companion", "companion", "hilist_code,needs,basis\nA,A,x\n"),
        ("incompatible", "incompatible", "item_a,item_b,basis\nA,A,x\n"),
        ("discounted", "operation_group", "hilist_code,group,discount,basis\nA,G,1.5,x\n"),
    ];
    for (word, table, rows) in pairs {
        let question = format!("[pair]\n{word} = \"{table}\"\n");
        let (code, file) = fault("pair", &question, (table, rows)).unwrap();
        assert_eq!(code, "bad-row", "{table}");
        assert!(file.ends_with(&format!("{table}.csv")), "{file}");
    }
}

#[test]
fn a_rule_has_as_many_exceptions_as_a_finding_can_name() {
    let question = |n: u32| {
        let mut text = "[line]\nhit = \"cnt > 0\"\ncut = \"whole\"\n".to_owned();
        for nth in 0..n {
            writeln!(text, "[except.e{nth}]\nwhen = \"cnt = {}\"", 50 + nth).unwrap();
        }
        text
    };
    assert_eq!(fault("line", &question(32), ("", "")), None);
    let found = fault("line", &question(33), ("", ""));
    assert_eq!(found.map(|it| it.0), Some("too-large"));
}
