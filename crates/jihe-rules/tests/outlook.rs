//! What a pack says in time, seen from a day and beside a catalogue.

use std::fs;
use std::path::Path;

use jihe_rules::{Diagnostic, Outlook, Severity, check, check_on};
use jihe_terms::Day;

fn write(dir: &Path, name: &str, text: &str) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("a new folder");
    fs::write(path, text).expect("a new file");
}

fn day(text: &str) -> Day {
    Day::parse(text).expect("a day of the calendar")
}

const RULE: &str = r#"title = "rule"
article = "reg735/38.3"
from = 2026-07-01
until = 2028-01-01
status = "active"
grade = "definite"
what = "what"
why = "why"

[limit]
table = "item_quantity"
match = "row.window = 'day' and row.per in ('person', 'encounter')"
per = ["row.per", "hilist_code", "row.window"]
max = "row.max"

[except.few]
when = "cnt < most"

[params.most]
unit = "unit"
values = [
    { from = 2026-07-01, until = 2027-01-01, value = 2 },
    { from = 2027-01-01, value = 3 },
]
min = 1
max = 9
cite = "c"

[message]
zh = "{total}"
en = "{total}"
"#;

const ROWS: &str = "hilist_code,per,window,max,begndate,enddate,basis
A,person,day,1,2026-01-01,2026-10-01,x
A,person,day,2,2026-11-01,,x
B,person,stay,1,,,x
C,person,day,1,2020-01-01,2021-01-01,x
D,encounter,day,1,,,x
";

fn pack() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a new folder");
    write(dir.path(), "pack.toml", "id = \"a\"\ntitle = \"甲\"\nfrom = 2021-05-01\n");
    let article = |key: &str, checked: &str| {
        format!("[\"{key}\"]\ntitle = \"a\"\ntext = \"b\"\nchecked = {checked}\n")
    };
    let sources = article("reg735/38.3", "2026-01-01") + &article("reg735/38.4", "2020-01-01");
    write(dir.path(), "sources.toml", &sources);
    write(dir.path(), "limit/r.toml", RULE);
    write(dir.path(), "tables/item_quantity.csv", ROWS);
    write(dir.path(), "tables/item_course.csv", "hilist_code,course_days,basis\nA,3,x\n");
    dir
}

/// Severity, place and code of each diagnostic, and what it says.
fn told(found: &[Diagnostic]) -> Vec<String> {
    let told = found.iter().map(|one| {
        assert!(!one.why.is_empty() && !one.todo.is_empty(), "{one}");
        let file = one.file.rsplit('/').next().unwrap_or("");
        format!(
            "{} {file}:{}:{} {}: {}",
            one.severity.word(),
            one.line,
            one.column,
            one.code,
            one.what
        )
    });
    told.collect()
}

fn on(dir: &Path, text: &str) -> Vec<String> {
    let (plan, found) = check_on(dir, Outlook { day: Some(day(text)), has_item: None });
    assert!(plan.is_some(), "{found:?}");
    told(&found)
}

const ALWAYS: [&str; 4] = [
    "note item_course.csv:1:1 unread-table: no rule reads the table: item_course",
    "warning item_quantity.csv:3:1 row-gap: no row from 2026-10-01 until 2026-11-01: A, person, day",
    "warning item_quantity.csv:4:1 never-reached: no rule's match takes the row",
    "warning item_quantity.csv:5:1 never-reached: row holds on days on which no rule reads it",
];

#[test]
fn rows_that_nothing_reaches_and_days_without_a_row_are_shown_on_any_day() {
    let dir = pack();
    let (plan, found) = check(dir.path());
    assert!(plan.is_some());
    assert_eq!(told(&found), ALWAYS);
}

/// What is said of rules comes before what is said of tables.
fn with_always(rules: &[&str]) -> Vec<String> {
    rules.iter().chain(&ALWAYS).map(|text| (*text).to_owned()).collect()
}

#[test]
fn a_rule_and_a_value_to_come_are_shown_until_the_day_before_they_hold() {
    let dir = pack();
    let rule = "note r.toml:3:8 to-come: r will refuse from 2026-07-01";
    let first = "note r.toml:22:54 to-come: most has another value from 2026-07-01";
    let second = "note r.toml:23:34 to-come: most has another value from 2027-01-01";
    assert_eq!(on(dir.path(), "2026-06-30"), with_always(&[rule, first, second]));
    assert_eq!(on(dir.path(), "2026-07-01"), with_always(&[second]));
    let old = on(dir.path(), "2028-01-01");
    assert!(old[0].contains("r.toml:4:9 retired: r no longer holds since 2028-01-01"));
}

/// A pack over the first one that gives `most` another value.
fn over(dir: &Path, [id, from, below]: [&str; 3], rest: &str) {
    let head = format!("id = \"{id}\"\ntitle = \"c\"\nfrom = {from}\n");
    let text = format!("{head}builds_on = [\"../{below}\"]\n{rest}");
    write(dir, &format!("{id}/pack.toml"), &text);
}

#[test]
fn a_value_that_a_pack_gives_from_its_first_day_is_to_come_until_the_day_before() {
    let home = tempfile::tempdir().unwrap();
    let name = "low";
    for file in ["pack.toml", "sources.toml", "limit/r.toml"] {
        let text = fs::read_to_string(pack().path().join(file)).unwrap();
        write(&home.path().join(name), file, &text);
    }
    let told = |top: &str, text: &str| -> Vec<String> {
        let found = on(&home.path().join(top), text);
        found.into_iter().filter(|one| one.contains("pack.toml")).collect()
    };
    let note = |place: &str, day: &str| {
        format!("note pack.toml:{place} to-come: most of r has another value from {day}")
    };
    over(home.path(), ["city", "2027-06-01", name], "[params.r]\nmost = 5\n");
    assert_eq!(told("city", "2027-05-31"), [note("6:8", "2027-06-01")]);
    assert!(told("city", "2027-06-01").is_empty());
    // The value that holds before it is no other one; nor is anything to come of a draft.
    over(home.path(), ["same", "2027-06-01", name], "[params.r]\nmost = 3\n");
    assert!(told("same", "2026-12-31").is_empty());
    let draft = "[params.r]\nmost = 5\n[status]\nr = \"draft\"\n";
    over(home.path(), ["draft", "2027-06-01", name], draft);
    assert!(told("draft", "2026-12-31").is_empty());
    // Before the rule has begun its first value is to come with it.
    over(home.path(), ["early", "2026-03-01", name], "[params.r]\nmost = 5\n");
    assert_eq!(told("early", "2026-02-28"), [note("6:8", "2026-07-01")]);
    // What the rule's own file says of later days holds no more.
    let found = on(&home.path().join("early"), "2026-06-30");
    assert!(!found.iter().any(|one| one.contains("r.toml") && one.contains("most")), "{found:?}");
    // A pack above that gives a value from an earlier day leaves nothing of it.
    over(home.path(), ["town", "2027-05-01", "city"], "[params.r]\nmost = 6\n");
    assert_eq!(told("town", "2027-04-30"), [note("6:8", "2027-05-01")]);
    over(home.path(), ["town", "2027-08-01", "city"], "[params.r]\nmost = 6\n");
    let both = [note("6:8", "2027-06-01"), note("6:8", "2027-08-01")];
    assert_eq!(told("town", "2027-04-30"), both);
}

#[test]
fn an_article_is_old_when_a_year_has_passed_and_a_rule_stands_under_it() {
    let dir = pack();
    let is_old = |text: &str| on(dir.path(), text).iter().any(|one| one.contains("old-article"));
    assert!(!is_old("2027-01-01"));
    assert!(is_old("2027-01-02"));
    let found = on(dir.path(), "2027-01-02");
    let old: Vec<_> = found.iter().filter(|one| one.contains("old-article")).collect();
    let text =
        "warning sources.toml:4:11 old-article: article was last checked 366 days ago: reg735/38.3";
    assert_eq!(old, [text]);
}

#[test]
fn an_item_without_a_row_in_the_catalogue_on_the_day_is_shown() {
    let dir = pack();
    // The catalogue has D from October on, and never B or C.
    let has_item = |item: &str, on: Day| item == "A" || (item == "D" && day("2026-10-01") <= on);
    let missing = |text: &str| {
        let outlook = Outlook { day: Some(day(text)), has_item: Some(&has_item) };
        let (_, found) = check_on(dir.path(), outlook);
        let missing = found.iter().filter(|one| one.code == "not-in-catalogue");
        assert!(missing.clone().all(|one| one.severity == Severity::Warning));
        missing.map(|one| (one.line, one.what.clone())).collect::<Vec<_>>()
    };
    let b = (4, "item has no row on 2026-09-30: B".to_owned());
    let d = (6, "item has no row on 2026-09-30: D".to_owned());
    assert_eq!(missing("2026-09-30"), [b, d]);
    assert_eq!(missing("2026-10-01"), [(4, "item has no row on 2026-10-01: B".to_owned())]);
}

/// What is said of the segments of a benefit policy: line and words.
fn said_of_segments(rows: &str) -> Vec<(u32, String)> {
    let dir = pack();
    let head = "kind,lmtpric_hosp_lv,psn_type,seg_from,seg_to,ratio,begndate,enddate,basis\n";
    write(dir.path(), "tables/benefit_segment.csv", &(head.to_owned() + rows));
    let kind = "insutype,med_type,kind,segments,basis\n,2,stay,settlement,x\n";
    write(dir.path(), "tables/benefit_kind.csv", kind);
    let (_, said) = check(dir.path());
    let said = said.iter().filter(|one| one.file.ends_with("benefit_segment.csv"));
    let said = said.filter(|one| one.severity != Severity::Note);
    said.map(|one| (one.line, one.what.clone())).collect()
}

#[test]
fn segments_of_the_benefit_policy_tile_the_amounts() {
    let whole = "stay,,,0,1000,0.5,2026-01-01,,x\nstay,,,1000,,0.8,2026-01-01,,x\n";
    assert_eq!(said_of_segments(whole), []);
    let gap = "stay,,,0,1000,0.5,2026-01-01,,x\nstay,,,1000.01,,0.8,2026-01-01,,x\n";
    let words = "gap between this segment and the one of line 2".to_owned();
    assert_eq!(said_of_segments(gap), [(3, words)]);
    let both = "stay,,,0,1000.01,0.5,2026-01-01,,x\nstay,,,1000,,0.8,2026-01-01,,x\n";
    let words = "segment overlaps the one of line 2".to_owned();
    assert_eq!(said_of_segments(both), [(3, words)]);
    // A row for all persons fills what the rows of one type leave open.
    let filled = "stay,,11,0,1000,0.5,2026-01-01,,x\nstay,,11,2000,,0.8,2026-01-01,,x\n\
                  stay,,,0,,0.6,2026-01-01,,x\n";
    assert_eq!(said_of_segments(filled), []);
    // Segments of other days are none of theirs.
    let apart = "stay,,,0,1000,0.5,2026-01-01,2026-07-01,x\nstay,,,2000,,0.8,2026-07-01,,x\n";
    assert_eq!(said_of_segments(apart), []);
    // Each row is held against all that hold on a day of its own, not the nearest of another day.
    let changed = "stay,,,0,,0.9,2026-01-01,2026-06-01,x\nstay,,,0,100,0.5,2026-06-01,,x\n\
                   stay,,,100,200,0.5,2026-06-01,,x\nstay,,,200,,0.8,2026-05-01,,x\n";
    let words = "segment overlaps the one of line 2".to_owned();
    assert_eq!(said_of_segments(changed), [(5, words)]);
    // A gap of some days only is one, too.
    let for_days = "stay,,,0,1000,0.5,2026-01-01,,x\nstay,,,1000,2000,0.6,2026-01-01,2026-07-01,x\n\
                    stay,,,2000,,0.8,2026-01-01,,x\n";
    let words = "gap between this segment and the one of line 2".to_owned();
    assert_eq!(said_of_segments(for_days), [(4, words)]);
}

#[test]
fn segments_of_two_packs_are_held_against_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let head = "kind,lmtpric_hosp_lv,psn_type,seg_from,seg_to,ratio,begndate,enddate,basis\n";
    let file = "tables/benefit_segment.csv";
    let pack = |name: &str, more: &str, rows: &str| {
        let text = format!("id = \"{name}\"\ntitle = \"x\"\nfrom = 2026-01-01\n{more}");
        write(dir.path(), &format!("{name}/pack.toml"), &text);
        write(dir.path(), &format!("{name}/{file}"), &(head.to_owned() + rows));
    };
    pack("province", "", "stay,,,0,1000,0.5,,,x\nstay,,,1000,,0.6,,,x\n");
    let kind = "insutype,med_type,kind,segments,basis\n,2,stay,settlement,x\n";
    write(dir.path(), "province/tables/benefit_kind.csv", kind);
    let on = "builds_on = [\"../province\"]\n";
    pack("city", on, "stay,,,0,500,0.7,,,y\nstay,,,500,,0.8,,,y\n");
    let errors = || {
        let (_, said) = check(&dir.path().join("city"));
        let errors = said.into_iter().filter(|one| one.severity == Severity::Error);
        errors.map(|one| (one.line, one.what)).collect::<Vec<_>>()
    };
    let words = format!("segment overlaps the one of line 3 of city/{file}");
    assert_eq!(errors(), [(3, words)]);
    // What the city's rows replace on all days is no longer there to overlap.
    pack("city", on, "stay,,,0,1000,0.7,,,y\nstay,,,1000,,0.8,,,y\n");
    assert_eq!(errors(), []);
}

#[test]
fn rows_of_a_kind_that_no_settlement_has_are_told() {
    let dir = pack();
    let kind = "insutype,med_type,kind,segments,basis\n,2,inpatient,settlement,x\n";
    write(dir.path(), "tables/benefit_kind.csv", kind);
    let rows = "kind,lmtpric_hosp_lv,psn_type,per,amount,basis\ninpatient,,,year,100,x\n\
                inpatent,,,year,200,x\ninpatent,1,,year,300,x\n";
    write(dir.path(), "tables/benefit_deductible.csv", rows);
    let (_, said) = check(dir.path());
    let said: Vec<_> = said.iter().filter(|one| one.code == "no-such-kind").collect();
    let [one] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!((one.line, one.severity), (3, Severity::Warning));
    assert_eq!(one.what, "benefit_kind has no such kind: inpatent");
}

const RATE: &str = r#"title = "rate"
article = "reg735/38.3"
from = 2021-05-01
status = "active"
grade = "indicator"
what = "what"
why = "why"

[ratio]
over = "lines"
above = "det_item_fee_sumamt"
below = "det_item_fee_sumamt"
too = "high"
unit = "percent"

[params.distance]
unit = "ratio"
value = "0.3"
min = 0
max = 1
cite = "c"

[params.peers]
unit = "count"
value = 5
min = 3
max = 50
cite = "c"

[message]
zh = "{rate}"
en = "{rate}"
"#;

#[test]
fn a_target_of_no_rate_and_a_kind_without_limit_are_shown() {
    let dir = pack();
    let by_class = RATE.replace("over = \"lines\"", "over = \"lines\"\nclasses = \"share_class\"");
    write(dir.path(), "ratio/one.toml", RATE);
    write(dir.path(), "ratio/each.toml", &by_class);
    write(dir.path(), "tables/share_class.csv", "class,list_type,basis\ndrug,101,x\n");
    let targets = "indicator,class,target,basis\none,,0.3,x\neach,drug,0.3,x\none,drug,0.3,x\neach,,0.3,x\neach,food,0.3,x\ntwo,,0.3,x\n";
    write(dir.path(), "tables/indicator_target.csv", targets);
    let supply = "title = \"s\"\narticle = \"reg735/38.3\"\nfrom = 2021-05-01\nstatus = \"active\"\n\
                  grade = \"definite\"\nwhat = \"what\"\nwhy = \"why\"\n[supply]\ntest = \"over-supply\"\n\
                  [message]\nzh = \"{days}\"\nen = \"{days}\"\n";
    write(dir.path(), "supply/s.toml", supply);
    let kinds = "med_type,kind,enddate,basis\n11,general,,x\n13,genral,,x\n41,old,2021-06-01,x\n14,genral,,x\n";
    write(dir.path(), "tables/supply_kind.csv", kinds);
    let limits = "kind,days,begndate,basis\ngeneral,7,,x\nold,7,2022-01-01,x\n";
    write(dir.path(), "tables/supply_limit.csv", limits);
    let (plan, found) = check(dir.path());
    assert!(plan.is_some(), "{found:?}");
    let shown: Vec<String> = told(&found)
        .into_iter()
        .filter(|one| one.contains("never-reached") || one.contains("no-limit"))
        .filter(|one| !one.contains("item_quantity"))
        .collect();
    assert_eq!(
        shown,
        [
            "warning indicator_target.csv:4:1 never-reached: no rate of one is of the class: drug",
            "warning indicator_target.csv:5:1 never-reached: no rate of each is of the class: ",
            "warning indicator_target.csv:6:1 never-reached: no rate of each is of the class: food",
            "warning indicator_target.csv:7:1 never-reached: no rule has the rate: two",
            "note supply_kind.csv:3:1 no-limit: no row of supply_limit has the kind on its days: genral",
            "note supply_kind.csv:4:1 no-limit: no row of supply_limit has the kind on its days: old",
        ]
    );
}

#[test]
fn quotes_that_are_wrong_in_a_table_are_faults() {
    let dir = pack();
    for (rows, at, what) in [
        ("A,1,\"x\nB,2,y\n", (2, 5), "quote is not closed"),
        ("A,1,x\nB,2,\"y\nC,3,\"z\n", (3, 5), "text behind a closing quote"),
    ] {
        let table = format!("hilist_code,course_days,basis\n{rows}");
        write(dir.path(), "tables/item_course.csv", &table);
        let (plan, found) = check(dir.path());
        assert!(plan.is_none(), "{found:?}");
        let bad = found.iter().find(|one| one.code == "bad-quote").expect("it is told");
        assert_eq!(((bad.line, bad.column), bad.what.as_str()), (at, what));
    }
}
