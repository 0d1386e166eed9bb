//! Knowledge points that replace each other come to the same tables in whatever order their files come.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that fails here has failed"
)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jihe_import::{ImportOptions, ImportReport, Kind, import};
use proptest::prelude::*;
use proptest::sample::subsequence;
use tempfile::TempDir;

const HEADER: &str = "知识点编号,规则名称,药品名称,逻辑依据,药品代码,取代,被取代为,发布日期,失效日期,src_file,src_row";
const LEVELS: [&str; 4] = ["限一级医疗机构", "限二级医疗机构", "限三级医疗机构", "限何级医疗机构"];
const VISITS: [&str; 4] = ["限门诊患者", "限住院患者", "限急诊患者", "限患者"];

/// A point that limits the level of institutions or the kind of visits; by the last limit nothing can be
/// taken of it.
#[derive(Clone, Debug)]
struct Point {
    name: String,
    is_of_visits: bool,
    limit: usize,
    items: Vec<u8>,
    replaces: Vec<String>,
    replaced_by: Vec<String>,
    day: u32,
    until: Option<u32>,
}

impl Point {
    fn line(&self) -> String {
        let codes: Vec<String> = self.items.iter().map(|item| format!("XA01AAA00{item}")).collect();
        let (class, limits) = if self.is_of_visits {
            ("药品限就医方式", VISITS)
        } else {
            ("药品限医疗机构级别", LEVELS)
        };
        let until = self.until.map_or_else(String::new, |day| format!("2025-01-{day:02}"));
        format!(
            "{name},{class},甲,{limit},{codes},{older},{newer},2025-01-{day:02},{until},批.xlsx,{name}",
            name = self.name,
            limit = limits[self.limit],
            codes = codes.join("|"),
            older = self.replaces.join("|"),
            newer = self.replaced_by.join("|"),
            day = self.day,
        )
    }
}

/// `K1 level items first-day replaces replaced-by`, items and names joined by `|`, `-` for none.
fn point(text: &str) -> Point {
    let parts: Vec<&str> = text.split(' ').collect();
    let list = |text: &str| -> Vec<String> {
        text.split('|').filter(|name| *name != "-").map(str::to_owned).collect()
    };
    Point {
        name: parts[0].to_owned(),
        is_of_visits: false,
        limit: parts[1].parse::<usize>().unwrap().checked_sub(1).unwrap(),
        items: list(parts[2]).iter().map(|item| item.parse().unwrap()).collect(),
        day: parts[3].parse().unwrap(),
        replaces: list(parts[4]),
        replaced_by: list(parts[5]),
        until: None,
    }
}

fn run(points: &[&Point], home: &Path) -> ImportReport {
    let lines: Vec<String> = points.iter().map(|point| point.line()).collect();
    let file = home.join("sheet.csv");
    fs::write(&file, format!("{HEADER}\n{}\n", lines.join("\n"))).unwrap();
    import(&ImportOptions::new(Kind::Auto, file, home.join("pack"))).unwrap()
}

/// Every table with rows, and what waits, by name.
fn tables(home: &Path) -> BTreeMap<PathBuf, String> {
    let files = fs::read_dir(home.join("pack/tables")).into_iter().flatten();
    let texts = files.map(|file| {
        let path = file.unwrap().path();
        (PathBuf::from(path.file_name().unwrap()), fs::read_to_string(path).unwrap())
    });
    texts.filter(|(_, text)| 1 < text.lines().count()).collect()
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    let Some(last) = n.checked_sub(1) else { return vec![Vec::new()] };
    let shorter = permutations(last).into_iter();
    shorter
        .flat_map(|order| (0..n).map(move |at| [&order[..at], &[last], &order[at..]].concat()))
        .collect()
}

/// Imports points one file each in every order, and all at once.
fn check(points: &[&str], levels: &[&str]) {
    let points: Vec<Point> = points.iter().map(|text| point(text)).collect();
    let whole = TempDir::new().unwrap();
    run(&points.iter().collect::<Vec<_>>(), whole.path());
    let expected = tables(whole.path());
    let found: Vec<String> =
        expected.get(Path::new("item_level.csv")).map_or_else(Vec::new, |text| {
            text.lines()
                .skip(1)
                .map(|row| row.split(',').take(4).collect::<Vec<_>>().join(" "))
                .collect()
        });
    let short: Vec<String> =
        found.iter().map(|row| row.replace("XA01AAA00", "").replace("2025-01-", "")).collect();
    assert_eq!(short, levels, "{points:?}");
    for order in permutations(points.len()) {
        let home = TempDir::new().unwrap();
        for _ in 0..2 {
            for &at in &order {
                run(&[&points[at]], home.path());
            }
            assert_eq!(tables(home.path()), expected, "{order:?}");
        }
    }
}

#[test]
fn a_chain_comes_to_the_same_tables_in_whatever_order_its_files_come() {
    // The same limit before and after another one.
    check(
        &["K1 2 1 01 - -", "K2 3 1 05 K1 -", "K3 2 1 09 K2 -"],
        &["1 2 01 05", "1 2 09 ", "1 3 05 09"],
    );
    check(
        &["K1 1 1 01 - K2", "K2 2 1 05 - K3", "K3 3 1 09 - K4", "K4 2 1 12 - -"],
        &["1 1 01 05", "1 2 05 09", "1 2 12 ", "1 3 09 12"],
    );
    // The link in the middle says all.
    check(
        &["K1 1 1 01 - -", "K2 2 1 05 K1 K3", "K3 3 1 09 - -"],
        &["1 1 01 05", "1 2 05 09", "1 3 09 "],
    );
    // All of one day: the last one holds.
    check(&["K1 1 1 01 - -", "K2 2 1 01 K1 -", "K3 1 1 01 K2 -", "K4 3 1 01 K3 -"], &["1 3 01 "]);
    // One in the middle is published last, and one of which nothing can be taken still ends another.
    check(
        &["K1 1 1|2 01 - -", "K2 2 2 09 K1 -", "K3 3 1 05 K2 -"],
        &["1 1 01 05", "1 3 05 ", "2 1 01 05"],
    );
    check(
        &["K1 1 1|2 01 - -", "K2 4 1 05 K1 -", "K3 3 2 09 K2 -"],
        &["1 1 01 05", "2 1 01 05", "2 3 09 "],
    );
}

#[test]
fn points_of_which_none_replaces_the_other_come_to_the_same_tables_too() {
    check(&["K1 1 1 05 - -", "K2 2 1 01 - -", "K3 2 2|1 03 - -"], &["1 2 01 ", "2 2 03 "]);
    check(&["K1 1 1 05 K2 -", "K2 2 1 01 K1 -"], &[]);
}

#[test]
fn a_point_that_contradicts_another_waits_and_says_for_what() {
    let home = TempDir::new().unwrap();
    let [first, second, third] = ["K1 2 1 01 - -", "K2 3 1 05 K1 -", "K3 1 1 09 K2 -"].map(point);
    run(&[&third], home.path());
    let report = run(&[&first], home.path());
    let waits = "K3 waits in tables/points.txt for a sheet that says which point replaces the other: 1 rows of item_level";
    assert!(report.notes.iter().any(|note| note == waits), "{:?}", report.notes);
    let again = run(&[&third], home.path());
    assert_eq!((again.taken, again.refused_rows), (0, 1));
    let reason = "clashes with row 2 of item_level, by K1: it waits in tables/points.txt for a sheet that says which replaces the other";
    assert_eq!(again.refused[0].reason, reason);
    let report = run(&[&second], home.path());
    let comes = "K3 waits no more in tables/points.txt: 1 rows of item_level";
    assert!(report.notes.iter().any(|note| note == comes), "{:?}", report.notes);
    assert!(!home.path().join("pack/tables/points.txt").exists());
    jihe_rules::load(&home.path().join("pack")).unwrap();
}

#[test]
fn a_row_without_a_point_goes_before_points_that_wait() {
    let home = TempDir::new().unwrap();
    run(&[&point("K1 2 1 01 - -"), &point("K2 3 1 05 - -")], home.path());
    let ends = [&point("K1 2 1 01 - -"), &Point { day: 3, ..point("K3 1 2 03 K1 -") }];
    let nameless = Point { name: String::new(), ..point("K4 1 1 04 - -") };
    let report = run(&[ends[0], &nameless, ends[1]], home.path());
    assert_eq!((report.taken, report.refused_rows), (2, 0), "{:?}", report.refused);
    let report = run(&[&point("K2 3 1 05 - -")], home.path());
    let reason = "clashes with row 2 of item_level";
    assert_eq!(report.refused[0].reason, reason);
}

#[test]
fn a_point_without_rows_is_kept_only_as_long_as_others_may_need_it() {
    let home = TempDir::new().unwrap();
    let kept = || fs::read_to_string(home.path().join("pack/tables/points.txt")).ok();
    // Nothing can be taken of K2, which ends K1 whenever that comes, and K3 is told to by K4.
    run(&[&point("K2 4 1 05 K1 -"), &point("K3 4 1 09 - -")], home.path());
    let rows = "table,cell_1,cell_2,cell_3,cell_4,begndate,enddate,basis\n\
                ,,,,,2025-01-05,,no row; replaces K1; kp K2\n\
                ,,,,,2025-01-09,,no row; kp K3\n";
    assert_eq!(kept().as_deref(), Some(rows));
    run(&[&point("K2 3 1 05 K1 -"), &point("K4 2 1 02 K3 -")], home.path());
    run(&[&point("K2 3 1 05 K1 -"), &point("K5 2 1 02 K2|K4 -")], home.path());
    let rows = "table,cell_1,cell_2,cell_3,cell_4,begndate,enddate,basis\n\
                ,,,,,2025-01-02,,no row; replaces K3; kp K4\n\
                ,,,,,2025-01-05,,no row; replaces K1; kp K2\n";
    assert_eq!(kept().as_deref(), Some(rows));
}

/// Chains of points with days in any order, and the order in which their files come.
fn shuffled() -> impl Strategy<Value = (Vec<Point>, Vec<usize>)> {
    let links = (0..4_u8, 0..8_usize);
    let says = (prop::bool::weighted(0.2), 0..4_usize, subsequence(vec![1_u8, 2, 3], 1..=3));
    let days = (1..9_u32, prop::option::weighted(0.2, 1..12_u32));
    prop::collection::vec((says, days, links), 2..=7).prop_flat_map(|drafts| {
        let name = |at: usize| format!("K{at}");
        let mut points: Vec<Point> = drafts
            .iter()
            .enumerate()
            .map(|(at, ((is_of_visits, limit, items), (day, until), _))| Point {
                name: name(at),
                is_of_visits: *is_of_visits,
                limit: *limit,
                items: items.clone(),
                replaces: Vec::new(),
                replaced_by: Vec::new(),
                day: *day,
                until: *until,
            })
            .collect();
        for (at, (_, _, (link, to))) in drafts.iter().enumerate() {
            // To one before it, mostly; seldom to one after it, so that circles come, too.
            let other = to % points.len();
            match link {
                0 => points[at].replaces.push(name(at.saturating_sub(1))),
                1 if 0 < at => points[at - 1].replaced_by.push(name(at)),
                2 => points[at].replaces.push(name(other)),
                _ => {}
            }
        }
        let order: Vec<usize> = (0..points.len()).collect();
        (Just(points), Just(order).prop_shuffle())
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tables_do_not_depend_on_the_order_of_files_nor_on_how_points_share_them(
        (points, order) in shuffled(),
        n_first in 0..8_usize,
    ) {
        let whole = TempDir::new().unwrap();
        run(&points.iter().collect::<Vec<_>>(), whole.path());
        let expected = tables(whole.path());
        let home = TempDir::new().unwrap();
        let shuffled: Vec<&Point> = order.iter().map(|&at| &points[at]).collect();
        let (first, rest) = shuffled.split_at(n_first.min(shuffled.len()));
        if !first.is_empty() {
            run(first, home.path());
        }
        for point in rest {
            run(&[point], home.path());
        }
        prop_assert_eq!(&tables(home.path()), &expected);
        for point in &shuffled {
            run(&[point], home.path());
        }
        prop_assert_eq!(&tables(home.path()), &expected);
        if home.path().join("pack").exists() {
            let loaded = jihe_rules::load(&home.path().join("pack"));
            prop_assert!(loaded.is_ok(), "{:?}", loaded.err());
        }
    }
}
