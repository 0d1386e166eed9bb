//! Groups of limits as a local pack may write them: what falls into one, and that a line counts once.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jihe::{Engine, Format, Month, Options, Pack, Reference, Severity};

use crate::life::column;

const SOURCES: &str = "[\"reg735/38.3\"]\ntitle.zh = \"甲\"\ntitle.en = \"a\"\ntext = \"t\"\n\
    checked = 2026-06-01\n";
const HEAD: &str = "title.zh = \"甲\"\ntitle.en = \"a\"\narticle = \"reg735/38.3\"\n\
    from = 2021-05-01\nstatus = \"active\"\ngrade = \"definite\"\nwhat.zh = \"甲\"\n\
    what.en = \"a\"\nwhy.zh = \"甲\"\nwhy.en = \"a\"\n";
const CATALOGUE: &str = "hilist_code,hilist_name,list_type,chrgitm_lv,begndate,enddate\n\
    A,a,101,01,2020-01-01,\nB,b,101,03,2020-01-01,\nC,c,101,,2020-01-01,\n";
const INSTITUTIONS: &str = "fixmedins_code,fixmedins_type,lmtpric_hosp_lv,begndate,enddate\n\
    H1,1,3,2020-01-01,\n";
const SETTLEMENTS: &str = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,\
    inscp_scp_amt,fund_pay_sumamt,med_type\n";
const LINES: &str = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
    det_item_fee_sumamt,inscp_scp_amt";

/// What a rule says and refuses.
#[derive(Debug, Eq, PartialEq)]
struct Said {
    findings: Vec<String>,
    /// `line amount`.
    refused: Vec<String>,
    not_evaluable: String,
}

/// A rule with the rows of its table.
struct Local<'a> {
    /// The family's table.
    asked: &'a str,
    message: &'a str,
    /// Its name and text.
    table: (&'a str, &'a str),
}

impl Local<'_> {
    fn write(&self, dir: &Path) -> PathBuf {
        let pack = dir.join("pack");
        let family = self.asked.split(['[', ']']).nth(1).unwrap();
        for folder in [family, "tables"] {
            fs::create_dir_all(pack.join(folder)).unwrap();
        }
        let text = "id = \"p\"\ntitle.zh = \"甲\"\ntitle.en = \"a\"\nfrom = 2021-05-01\n";
        fs::write(pack.join("pack.toml"), text).unwrap();
        fs::write(pack.join("sources.toml"), SOURCES).unwrap();
        let (asked, says) = (self.asked, self.message);
        let rule = format!("{HEAD}{asked}\n[message]\nzh = \"{says}\"\nen = \"{says}\"\n");
        fs::write(pack.join(family).join("r.toml"), rule).unwrap();
        let inpatient = "med_type,begndate,enddate,basis\n21,,,x\n";
        fs::write(pack.join("tables/inpatient.csv"), inpatient).unwrap();
        let (name, rows) = self.table;
        if !name.is_empty() {
            fs::write(pack.join(format!("tables/{name}.csv")), rows).unwrap();
        }
        pack
    }

    /// Faults with the line's text at which they stand.
    fn faults(&self) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let pack = self.write(dir.path());
        let found = jihe::check(&pack);
        let errors = found.iter().filter(|it| it.severity == Severity::Error);
        let at = |it: &jihe::Diagnostic| {
            let text = fs::read_to_string(&it.file).unwrap();
            let line = text.lines().nth(it.line as usize - 1).unwrap_or("");
            assert!(!it.todo.is_empty() && !it.why.is_empty(), "{it}");
            format!("{} at {line}: {}", it.code, it.what)
        };
        errors.map(at).collect()
    }

    /// Scores lines, written as `key visit person time item quantity and the more columns`; a visit
    /// that begins with `X` has no row of its own.
    fn score(&self, more: &str, lines: &[&str]) -> Said {
        let dir = tempfile::tempdir().unwrap();
        let pack = self.write(dir.path());
        let mut text = format!("{LINES}{more}\n");
        let mut visits: BTreeMap<&str, [&str; 3]> = BTreeMap::new();
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            let [key, visit, person, time, item, cnt] = words[..6] else { panic!("{line}") };
            let time = time.trim_end_matches('h');
            let cnt: u32 = cnt.parse().unwrap();
            write!(text, "{key},{visit},{person},H1,2026-{}:00:00,", time.replace('/', " "))
                .unwrap();
            write!(text, "{item},{cnt},10,{0}.00,{0}.00", cnt * 10).unwrap();
            for cell in &words[6..] {
                write!(text, ",{}", cell.trim_matches('-')).unwrap();
            }
            text.push('\n');
            visits.entry(visit).or_insert([person, time, time])[2] = time;
        }
        let mut encounters =
            "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime\n".to_owned();
        for (visit, [person, from, until]) in visits {
            let [from, until] = [from, until].map(|time| time.replace('/', " "));
            if !visit.starts_with('X') {
                writeln!(encounters, "{visit},{person},H1,11,2026-{from}:00:00,2026-{until}:00:00")
                    .unwrap();
            }
        }
        let tables = [
            ("reference/catalogue", CATALOGUE),
            ("reference/institutions", INSTITUTIONS),
            ("month/lines", &text),
            ("month/encounters", &encounters),
            ("month/settlements", SETTLEMENTS),
        ];
        for (name, text) in tables {
            let path = dir.path().join(format!("{name}.csv"));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let reference = Reference::open(dir.path().join("reference")).unwrap();
        let pack = Pack::load(&pack).unwrap_or_else(|why| panic!("{why}"));
        let engine = Engine::compile(&pack, &reference).unwrap();
        let month = Month::open(dir.path().join("month")).unwrap();
        let out = dir.path().join("out");
        let result = engine.score(&month, &Options::default()).unwrap();
        result.write_as(&out, Format::Csv).unwrap();
        let joined = |table: &str, names: &[&str]| -> Vec<String> {
            let mut rows: Vec<String> =
                column(&out, table, names).into_iter().map(|row| row.join(" ")).collect();
            rows.sort();
            rows
        };
        Said {
            findings: joined("findings", &["vola_cont_en"]),
            refused: joined("refusals", &["bkkp_sn", "refused_amt"]),
            not_evaluable: joined("coverage", &["n_not_evaluable"]).join(" "),
        }
    }
}

fn check(local: &Local<'_>, more: &str, lines: &[&str], findings: &[&str], refused: &[&str]) {
    let said = local.score(more, lines);
    assert_eq!(said.findings, findings, "{}: {said:?}", local.asked);
    assert_eq!(said.refused, refused, "{}: {said:?}", local.asked);
}

fn orders(parts: &[&str]) -> Vec<Vec<String>> {
    let [first, rest @ ..] = parts else { return vec![Vec::new()] };
    let put = |order: Vec<String>| {
        (0..=order.len()).map(move |at| {
            let mut order = order.clone();
            order.insert(at, format!("{first:?}"));
            order
        })
    };
    orders(rest).into_iter().flat_map(put).collect()
}

const MONTHLY: (&str, &str) = (
    "item_quantity",
    "hilist_code,per,window,max,begndate,enddate,basis\nA,encounter,month,3,,,x\n",
);
const PERSONAL: (&str, &str) =
    ("item_quantity", "hilist_code,per,window,max,begndate,enddate,basis\nA,person,stay,3,,,x\n");
const CAP: (&str, &str) =
    ("item_cap", "hilist_code,amount_max,window,begndate,enddate,basis\nA,30,stay,,,x\n");
/// Two visits of a person in a month, the second over two days.
const VISITS: [&str; 3] =
    ["1 M1 P1 03-20/08h A 2", "2 M2 P1 03-21/08h A 2", "3 M2 P1 03-22/08h A 2"];

/// The parts, how they are asked of, the table, and the findings in whatever order the parts are named.
type Set =
    (&'static [&'static str], &'static str, (&'static str, &'static str), &'static [&'static str]);

const SETS: &[Set] = &[
    (&["psn_no", "hilist_code"], "max = \"3\"", ("", ""), &["6 over 3"]),
    (&["psn_no", "mdtrt_id", "hilist_code"], "max = \"3\"", ("", ""), &["4 over 3"]),
    (&["psn_no", "mdtrt_id", "hilist_code", "day"], "max = \"3\"", ("", ""), &[]),
    (&["row.per", "hilist_code", "row.window"], "", MONTHLY, &["4 over 3"]),
    (&["row.per", "psn_no", "hilist_code", "row.window"], "", MONTHLY, &["4 over 3"]),
    (&["row.per", "hilist_code", "day", "row.window"], "", MONTHLY, &[]),
    (&["psn_no", "hilist_code", "row.window"], "", MONTHLY, &["6 over 3"]),
    (&["row.per", "hilist_code", "row.window"], "", PERSONAL, &["4 over 3"]),
    (&["psn_no", "hilist_code", "row.window"], "of", CAP, &["40.00 over 30.00"]),
];

#[test]
fn the_order_of_the_parts_of_a_group_changes_nothing() {
    for &(parts, limit, table, findings) in SETS {
        for order in orders(parts) {
            let limit = match limit {
                "of" => "of = \"inscp_scp_amt\"\nmax = \"row.amount_max\"",
                "" => "max = \"row.max\"",
                limit => limit,
            };
            let named = format!("table = \"{}\"", table.0);
            let named = if table.0.is_empty() { "" } else { &named };
            let asked = format!("[limit]\n{named}\nper = [{}]\n{limit}", order.join(", "));
            let local = Local { asked: &asked, message: "{total} over {max}", table };
            let said = local.score("", &VISITS);
            assert_eq!(said.findings, findings, "{asked}: {said:?}");
        }
    }
    for order in orders(&["psn_no", "mdtrt_id"]) {
        let order = order.join(", ");
        let asked = format!(
            "[limit]\ncount = \"hilist_code\"\nper = [{order}]\nmax = \"1\"\ncut = \"whole\""
        );
        let local = Local { asked: &asked, message: "{n_found}", table: ("", "") };
        check(&local, "", &["1 M1 P1 03-20/08h A 1", "2 M2 P1 03-20/09h B 1"], &[], &[]);
    }
}

#[test]
fn a_class_is_the_catalogues_on_the_day_and_else_the_lines_own() {
    let asked = "[line]\nhit = \"chrgitm_lv = '03'\"\ncut = \"whole\"";
    let local = Local { asked, message: "{chrgitm_lv}", table: ("", "") };
    let lines = [
        "1 M1 P1 03-20/08h A 1 03",
        "2 M1 P1 03-20/09h B 1 01",
        "3 M1 P1 03-20/10h C 1 03",
        "4 M1 P1 03-20/11h B 1 -",
        "5 M1 P1 03-20/12h C 1 -",
    ];
    let refused = ["2 10.00", "3 10.00", "4 10.00"];
    check(&local, ",chrgitm_lv", &lines, &["03", "03", "03"], &refused);
    assert_eq!(local.score(",chrgitm_lv", &lines).not_evaluable, "1");
    let bare = ["1 M1 P1 03-20/08h A 1", "2 M1 P1 03-20/09h B 1"];
    check(&local, "", &bare, &["03"], &["2 10.00"]);
}

#[test]
fn what_the_catalogue_leaves_open_is_asked_of_each_line() {
    let lines: Vec<String> = ["A 1 03", "B 1 01", "C 1 03", "B 1 -", "C 1 -", "D 1 03"]
        .iter()
        .enumerate()
        .map(|(at, line)| format!("{} M1 P1 03-20/{:02}h {line}", at + 1, at + 8))
        .collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let cases: [(&str, &[&str], &str); 5] = [
        ("item.chrgitm_lv is null and chrgitm_lv = '03'", &["3", "6"], "1"),
        ("list_type = '101' or chrgitm_lv = '03'", &["1", "2", "3", "4", "5", "6"], "0"),
        ("not (list_type = '101' and chrgitm_lv = '03')", &["1"], "2"),
        ("chrgitm_lv is null", &["5"], "0"),
        ("chrgitm_lv = '03' and (cnt > 1 or list_type <> '102')", &["2", "3", "4"], "2"),
    ];
    for (hit, refused, not_evaluable) in cases {
        let asked = format!("[line]\nhit = \"{hit}\"\ncut = \"whole\"");
        let local = Local { asked: &asked, message: "{chrgitm_lv}", table: ("", "") };
        let said = local.score(",chrgitm_lv", &lines);
        let lines: Vec<&str> = said.refused.iter().filter_map(|it| it.split(' ').next()).collect();
        assert_eq!((&lines[..], &*said.not_evaluable), (refused, not_evaluable), "{hit}");
    }
}

#[test]
fn groups_by_list_type_and_class_are_the_catalogues_and_else_the_lines_own() {
    let asked = "[limit]\ncount = \"hilist_code\"\nper = [\"psn_no\", \"day\", \"list_type\"]\n\
                 max = \"2\"\ncut = \"whole\"";
    let local = Local { asked, message: "{n_found}", table: ("", "") };
    let lines = ["1 M1 P1 03-20/08h A 1", "2 M1 P1 03-20/09h B 1", "3 M1 P1 03-20/10h C 1"];
    for kinds in [None, Some(["101", "103", "101"]), Some(["-", "-", "-"])] {
        let kind = |(at, line): (usize, &&str)| match kinds {
            Some(kinds) => format!("{line} {}", kinds[at]),
            None => (*line).to_owned(),
        };
        let lines: Vec<String> = lines.iter().enumerate().map(kind).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let more = if kinds.is_some() { ",list_type" } else { "" };
        check(&local, more, &lines, &["3"], &["3 10.00"]);
    }
    let asked = asked.replace("list_type", "chrgitm_lv").replace("\"2\"", "\"1\"");
    let local = Local { asked: &asked, ..local };
    let lines = [
        "1 M1 P1 03-20/08h A 1 03",
        "2 M1 P1 03-20/09h B 1 01",
        "3 M1 P1 03-20/10h C 1 03",
        "4 M2 P2 03-20/10h C 1 -",
    ];
    check(&local, ",chrgitm_lv", &lines, &["2"], &["3 10.00"]);
    assert_eq!(local.score(",chrgitm_lv", &lines).not_evaluable, "1");
}

const TWO_ROWS: (&str, &str) = (
    "item_quantity",
    "hilist_code,per,window,max,begndate,enddate,basis\nA,encounter,stay,3,,,x\n\
     A,person,stay,4,,,x\n",
);

#[test]
fn a_line_counts_once_in_a_group_by_the_least_limit_of_its_rows() {
    let two = ["1 M1 P1 03-20/08h A 1", "2 M1 P1 03-20/09h A 1"];
    let four = ["1 M1 P1 03-20/08h A 2", "2 M1 P1 03-20/09h A 2"];
    for per in ["\"mdtrt_id\"", "\"row.per\", \"mdtrt_id\"", "\"row.per\", \"row.window\""] {
        let asked = format!(
            "[limit]\ntable = \"item_quantity\"\nper = [{per}, \"hilist_code\"]\nmax = \"row.max\""
        );
        let local = Local { asked: &asked, message: "{excess} of {n_lines}", table: TWO_ROWS };
        check(&local, "", &two, &[], &[]);
        check(&local, "", &four, &["1 of 2"], &["2 10.00"]);
    }
    let asked = "[limit]\ntable = \"item_quantity\"\nof = \"cnt * 3\"\nper = [\"fixmedins_code\", \
                 \"day\"]\nmax = \"row.max + 4\"\ncut = \"none\"";
    let local = Local { asked, message: "{total} {max} {n_lines}", table: TWO_ROWS };
    check(&local, "", &two, &[], &[]);
    check(&local, "", &four, &["12 7 2"], &[]);
    // The amounts of the items that a count compares are each line's once.
    let asked = "[limit]\ntable = \"item_quantity\"\ncount = \"hilist_code\"\n\
                 per = [\"psn_no\"]\nmax = \"1\"\ncut = \"whole\"\nkeep = \"inscp_scp_amt\"";
    let rows = format!("{}B,person,stay,4,,,x\n", TWO_ROWS.1);
    let local = Local { asked, message: "{n_found} {max}", table: (TWO_ROWS.0, &rows) };
    let items = ["1 M1 P1 03-20/08h A 2", "2 M1 P1 03-21/09h B 3"];
    check(&local, "", &items, &["2 1"], &["1 20.00"]);
}

#[test]
fn rows_for_each_day_of_a_stay_are_no_window_and_a_rolling_window_cuts_nothing() {
    let table = (MONTHLY.0, &*MONTHLY.1.replace("month", "stay_day"));
    let asked = "[limit]\ntable = \"item_quantity\"\nper = [\"row.per\", \"row.window\", \
                 \"hilist_code\"]\nmax = \"row.max\"";
    let faults = Local { asked, message: "{total}", table }.faults();
    let [fault] = faults.as_slice() else { panic!("{faults:?}") };
    assert!(fault.starts_with("bad-value at per = ["), "{fault}");
    assert!(fault.contains("stay_day") && fault.contains("item_quantity.csv line 2"), "{fault}");
    let matched = format!("{asked}\nmatch = \"row.window <> 'stay_day'\"");
    let faults = Local { asked: &matched, message: "{total}", table }.faults();
    assert!(faults.is_empty(), "{faults:?}");
    let asked = "[limit]\ncount = \"mdtrt_id\"\nper = [\"psn_no\"]\nmax = \"2\"\nwithin = \"7\"\n\
                 cut = \"whole\"";
    let faults = Local { asked, message: "{n_found}", table: ("", "") }.faults();
    assert_eq!(faults, ["conflict at cut = \"whole\": a rolling window cuts nothing"]);
}

#[test]
fn a_window_that_rolls_sees_every_line_of_an_item_and_counts_it_once() {
    let asked = "[limit]\ncount = \"hilist_code\"\nper = [\"psn_no\"]\nmax = \"2\"\n\
                 within = \"7\"\ncut = \"none\"";
    let local = Local { asked, message: "{n_found} in {within_days}", table: ("", "") };
    let lines = [
        "1 M1 P1 03-01/08h A 1",
        "2 M2 P1 03-20/08h A 1",
        "3 M3 P1 03-20/09h B 1",
        "4 M4 P1 03-20/10h C 1",
        "5 M5 P1 03-21/10h A 1",
    ];
    check(&local, "", &lines, &["3 in 7"], &[]);
    check(&local, "", &lines[..3], &[], &[]);
    check(&local, "", &[lines[1], "6 M6 P1 03-25/10h A 1", "7 M7 P1 03-26/10h B 1"], &[], &[]);
}

#[test]
fn what_is_cut_or_counted_over_all_persons_is_refused() {
    for asked in [
        "count = \"mdtrt_id\"\nper = [\"fixmedins_code\", \"day\"]\nmax = \"2\"\ncut = \"none\"",
        "of = \"cnt\"\nper = [\"fixmedins_code\", \"hilist_code\", \"day\"]\nmax = \"2\"",
        "of = \"inscp_scp_amt\"\nper = [\"day\"]\nmax = \"2\"",
    ] {
        let asked = format!("[limit]\n{asked}");
        let faults = Local { asked: &asked, message: "x", table: ("", "") }.faults();
        assert!(faults.iter().any(|fault| fault.starts_with("bad-value")), "{asked}: {faults:?}");
    }
}

const CLASSES: (&str, &str) =
    ("drug_class", "hilist_code,class,begndate,enddate,basis\nA,statins,,,x\n");

#[test]
fn who_is_the_doctor_or_department_wherever_its_column_stands() {
    let lines = ["1 M1 P1 03-20/08h A 5 101 DEP D1"];
    let more = ",list_type,bilg_dept_codg,bilg_dr_codg";
    for (parts, who) in [
        (&["row.class", "bilg_dr_codg", "day"][..], "D1"),
        (&["row.class", "bilg_dept_codg"], "DEP"),
        (&["list_type", "bilg_dr_codg"], "D1"),
        (&["bilg_dept_codg", "bilg_dr_codg"], "D1"),
    ] {
        for order in orders(parts) {
            let order = order.join(", ");
            let asked = format!(
                "[limit]\ntable = \"drug_class\"\nof = \"cnt\"\nper = [{order}]\nmax = \"2\"\n\
                 cut = \"none\""
            );
            let local = Local { asked: &asked, message: "{who} {total}", table: CLASSES };
            check(&local, more, &lines, &[&format!("{who} 5")], &[]);
        }
    }
}

#[test]
fn units_and_money_are_summed_over_all_persons_where_nothing_is_cut() {
    let lines = ["1 M1 P1 03-20/08h A 2 D1", "2 M2 P2 03-20/09h A 3 D1"];
    for (of, max, total) in [
        ("of = \"cnt\"", 4, "5"),
        ("of = \"cnt * 1\"", 4, "5"),
        ("", 4, "5"),
        ("of = \"inscp_scp_amt\"", 40, "50"),
    ] {
        let asked = format!(
            "[limit]\n{of}\nper = [\"bilg_dr_codg\", \"day\"]\nmax = \"{max}\"\ncut = \"none\""
        );
        let local = Local { asked: &asked, message: "{total}", table: ("", "") };
        check(&local, ",bilg_dr_codg", &lines, &[total], &[]);
        let faults = Local { asked: &asked.replace("bilg_dr_codg", "psn_no"), ..local }.faults();
        assert!(faults.iter().any(|it| it.contains("over all persons")), "{faults:?}");
    }
}
