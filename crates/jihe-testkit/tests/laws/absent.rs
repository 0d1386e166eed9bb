//! Tables and columns that a month lacks: the rules that need them say so, with the money concerned,
//! and refuse nothing for it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jihe_frame::Coverage;
use jihe_intake::Encoding;
use jihe_settle::Stage;
use jihe_terms::schema::TableName;

use crate::scene;

fn golden(rule: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/rules/national").join(rule)
}

/// Copies the tables of a folder without one table, or without one of its columns.
fn copy_without(from: &Path, to: &Path, table: &str, column: Option<&str>) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let is_its = path.file_stem().is_some_and(|stem| stem == table);
        let to = to.join(path.file_name().unwrap());
        match column {
            None if is_its => {}
            Some(column) if is_its => {
                let mut reader = csv::Reader::from_path(&path).unwrap();
                let mut writer = csv::Writer::from_path(&to).unwrap();
                let header = reader.headers().unwrap().clone();
                let place = header.iter().position(|name| name == column).unwrap();
                let kept = |row: &csv::StringRecord| -> Vec<String> {
                    let cells = row.iter().enumerate().filter(|(at, _)| *at != place);
                    cells.map(|(_, cell)| cell.to_owned()).collect()
                };
                writer.write_record(kept(&header)).unwrap();
                for row in reader.records() {
                    writer.write_record(kept(&row.unwrap())).unwrap();
                }
                writer.flush().unwrap();
            }
            _ => {
                fs::copy(&path, &to).unwrap();
            }
        }
    }
}

fn coverage(rule: &str, folder: &Path) -> Coverage {
    let [reference, month] = ["reference", "month"].map(|name| folder.join(name));
    let answer = scene::score_with(&scene::national(), &reference, &month, Stage::After);
    let id = rule.rsplit('/').next().unwrap();
    let rules = &answer.engine.plan().rules;
    let all = answer.judged.coverage;
    all.into_iter().find(|one| rules[usize::from(one.rule)].id == id).unwrap()
}

/// What a rule says of its golden month without a table or column.
fn without(rule: &str, table: &str, column: Option<&str>) -> Coverage {
    let dir = tempfile::tempdir().unwrap();
    copy_without(&golden(rule).join("month"), &dir.path().join("month"), table, column);
    copy_without(&golden(rule).join("reference"), &dir.path().join("reference"), "", None);
    coverage(rule, dir.path())
}

/// Fewer hits than with the table or column, and money that cannot be judged.
fn check(rule: &str, table: &str, column: Option<&str>, n_hit: u64, reason: &str) {
    let (whole, without) = (coverage(rule, &golden(rule)), without(rule, table, column));
    let what = format!("{rule} without {table} {column:?}: {without:?}, whole {whole:?}");
    assert!(n_hit < whole.n_hit, "{what}");
    assert_eq!(without.n_hit, n_hit, "{what}");
    assert!(0 < without.n_not_evaluable, "{what}");
    assert!(whole.amt_not_evaluable < without.amt_not_evaluable, "{what}");
    assert!(without.reason().contains(reason), "{what}");
}

#[test]
fn without_encounters_no_rule_of_stays_is_clear() {
    let stays = [
        "stay/split-stay",
        "stay/overlap-stay",
        "stay/empty-bed",
        "stay/low-standard",
        "stay/beds-over-capacity",
        "stay/record-incomplete",
        "stay/operation-sex",
        "stay/operation-coding",
        "line/outside-stay",
    ];
    for rule in stays {
        check(rule, "encounters", None, 0, "table encounters is missing");
    }
}

#[test]
fn without_the_end_of_stays_nothing_that_hangs_on_it_is_clear() {
    check("stay/split-stay", "encounters", Some("endtime"), 0, "encounters.endtime is missing");
    check("stay/overlap-stay", "encounters", Some("endtime"), 0, "encounters.endtime is missing");
    check("stay/low-standard", "encounters", Some("endtime"), 0, "encounters.endtime is missing");
    // What is dated before admission is still seen.
    check("line/outside-stay", "encounters", Some("endtime"), 2, "encounters.endtime is missing");
    // One institution has too many stays by their days of admission alone; of the other nobody knows.
    let beds = without("stay/beds-over-capacity", "encounters", Some("endtime"));
    assert_eq!((beds.n_judged, beds.n_hit, beds.n_not_evaluable), (1, 1, 2), "{beds:?}");
    assert!(beds.reason().contains("encounters.endtime is missing"), "{beds:?}");
}

#[test]
fn reasons_name_what_some_row_lacks_and_nothing_else() {
    let whole = coverage("line/outside-stay", &golden("line/outside-stay"));
    // A visit that encounters does not have; its settlement tells the kind.
    let reason = "encounters.begntime is missing in rows; encounters.endtime is missing in rows";
    assert_eq!(whole.reason(), reason, "{whole:?}");
}

#[test]
fn an_exception_that_the_files_cannot_show_takes_the_place_of_the_refusal() {
    check("line/outside-stay", "lines", Some("dscg_tkdrug_flag"), 0, "lines.dscg_tkdrug_flag");
    check("line/service-after-settlement", "lines", Some("dscg_tkdrug_flag"), 0, "dscg_tkdrug");
    check("stay/split-stay", "encounters", Some("dscg_way"), 0, "encounters.dscg_way is missing");
    check("stay/low-standard", "encounters", Some("dscg_way"), 0, "encounters.dscg_way");
    check("pair/same-line-twice", "lines", Some("rx_drord_no"), 0, "lines.rx_drord_no is missing");
    check("trace/trace-reused", "trace_codes", Some("trdn_flag"), 0, "trace_codes.trdn_flag");
}

#[test]
fn a_ceiling_of_other_hospitals_judges_no_line_dear_or_cheap() {
    let folder = golden("line/price-ceiling");
    let whole = coverage("line/price-ceiling", &folder);
    let dir = tempfile::tempdir().unwrap();
    for part in ["month", "reference"] {
        copy_without(&folder.join(part), &dir.path().join(part), "", None);
    }
    let path = dir.path().join("month/lines.csv");
    let lines = fs::read_to_string(&path).unwrap();
    let (before, after) = ("H1,2026-03-09", "H2,2026-03-09");
    assert!(lines.contains(before));
    for price in ["450.00", "1.00"] {
        let moved = lines
            .replace(before, after)
            .replace("1,450.00,450.00,450.00", &format!("1,{price},{price},{price}"));
        fs::write(&path, moved).unwrap();
        let one = coverage("line/price-ceiling", dir.path());
        assert_eq!((one.n_judged, one.n_hit), (whole.n_judged - 1, whole.n_hit - 1), "{price}");
    }
}

/// What a rule says of its golden month with another table of the reference.
fn with_table(rule: &str, table: &str, change: impl Fn(&str) -> String) -> Coverage {
    let dir = tempfile::tempdir().unwrap();
    for part in ["month", "reference"] {
        copy_without(&golden(rule).join(part), &dir.path().join(part), "", None);
    }
    let path = dir.path().join(format!("reference/{table}.csv"));
    let rows = fs::read_to_string(&path).unwrap();
    let changed = change(&rows);
    assert_ne!(rows, changed, "the change is there");
    fs::write(&path, changed).unwrap();
    coverage(rule, dir.path())
}

#[test]
fn nobody_is_accused_of_what_only_a_row_put_aside_could_tell() {
    let bad_day = "2026-02-30";
    let movement = |names: &str, rest: &str| format!("{names},102,{bad_day} 10:00:00,9,{rest}");
    let cases = [
        ("line/unknown-item", "catalogue", format!("009900000010000,x,201,01,{bad_day},"), (1, 1)),
        // Which item it is about nobody knows: it may be any that is not listed.
        ("line/unknown-item", "catalogue", format!(",x,201,01,{bad_day},"), (3, 3)),
        ("line/unknown-item", "catalogue", format!("other,x,201,01,{bad_day},"), (0, 0)),
        ("line/practitioner-inactive", "practitioners", format!("D9,1,H1,,,{bad_day},"), (1, 1)),
        ("stock/never-bought", "inventory", movement("H1,XB02", ""), (1, 1)),
        ("stock/never-bought", "inventory", movement("H2,XB02", ""), (0, 0)),
        ("stock/sold-over-stock", "inventory", movement("Y1,ZD03AAA0043010100220", ","), (1, 3)),
    ];
    for (rule, table, row, (n_fewer, n_open)) in cases {
        let whole = coverage(rule, &golden(rule));
        let bad = with_table(rule, table, |rows| format!("{rows}{row}\n"));
        let what = format!("{rule} with {row}: {bad:?}, whole {whole:?}");
        assert_eq!(bad.n_hit + n_fewer, whole.n_hit, "{what}");
        assert_eq!(bad.n_not_evaluable, whole.n_not_evaluable + n_open, "{what}");
        assert!(n_fewer == 0 || bad.reason().contains("put aside"), "{what}");
    }
}

#[test]
fn a_row_put_aside_leaves_no_word_to_the_line_and_none_to_the_other_rows() {
    // A line says itself that its item is of class 03; the row that says otherwise cannot be read.
    let rule = "line/out-of-catalogue";
    let whole = coverage(rule, &golden(rule));
    let from = "003107010220000,心电监测,201,02,,2020-01-01";
    let bad =
        with_table(rule, "catalogue", |rows| rows.replace(from, &from.replace("01-01", "02-30")));
    let expected = (whole.n_hit, whole.n_not_evaluable + 1);
    assert_eq!((bad.n_hit, bad.n_not_evaluable), expected, "{bad:?}");
    // Of two rows of an own code that which has the billed one cannot be read.
    let rule = "stock/code-mismatch";
    let whole = coverage(rule, &golden(rule));
    let row = "H1,Y2,003107010220000,2026-02-30,\n";
    let bad = with_table(rule, "item_map", |rows| format!("{rows}{row}"));
    let expected = (whole.n_hit - 2, whole.n_not_evaluable + 2);
    assert_eq!((bad.n_hit, bad.n_not_evaluable), expected, "{bad:?}");
}

#[test]
fn without_a_map_of_codes_nothing_is_read_of_own_ones() {
    let rule = "stock/code-mismatch";
    let dir = tempfile::tempdir().unwrap();
    copy_without(&golden(rule).join("month"), &dir.path().join("month"), "", None);
    copy_without(&golden(rule).join("reference"), &dir.path().join("reference"), "item_map", None);
    let reads_own = |folder: &Path| {
        let plan = jihe_rules::load(&scene::national()).unwrap_or_else(|errors| panic!("{errors}"));
        let reference = folder.join("reference");
        let reference = jihe_intake::read_reference(&reference, Encoding::Utf8).unwrap();
        let engine = jihe_engine::Engine::compile(plan, Arc::new(reference));
        let has_own =
            |columns: &jihe_intake::Wanted| columns.has(TableName::Lines, "medins_list_codg");
        assert!(has_own(engine.wanted()), "a state keeps them");
        has_own(engine.usable())
    };
    assert_eq!((reads_own(&golden(rule)), reads_own(dir.path())), (true, false));
    let (whole, without) = (coverage(rule, &golden(rule)), coverage(rule, dir.path()));
    let of_scope = whole.n_judged + whole.n_not_evaluable;
    assert!(0 < whole.n_hit && of_scope <= without.n_not_evaluable, "{without:?}");
    assert_eq!((without.n_judged, without.n_hit), (0, 0), "{without:?}");
    assert_eq!(without.reason(), "table item_map is missing");
}

#[test]
fn a_catalogue_without_rows_is_none() {
    let header = |rows: &str| rows.lines().next().unwrap().to_owned();
    let blank = with_table("line/unknown-item", "catalogue", header);
    assert_eq!(blank.n_hit, 0, "{blank:?}");
    assert!(blank.reason().contains("table catalogue is missing"), "{blank:?}");
}

/// What a rule says of its golden month with a table in two files, of which the second lacks a column: rows go to
/// the first where `is_first` of their key says so. Tables of `left_out` are taken out.
fn in_files(
    (rule, left_out): (&str, &str),
    (table, column): (&str, &str),
    is_first: impl Fn(&str) -> bool,
) -> Coverage {
    let dir = tempfile::tempdir().unwrap();
    let [month, reference] = ["month", "reference"].map(|name| dir.path().join(name));
    copy_without(&golden(rule).join("reference"), &reference, "", None);
    copy_without(&golden(rule).join("month"), &month, left_out, None);
    let whole = month.join(format!("{table}.csv"));
    let mut reader = csv::Reader::from_path(&whole).unwrap();
    let header = reader.headers().unwrap().clone();
    let place = header.iter().position(|name| name == column).unwrap();
    fs::create_dir_all(month.join(table)).unwrap();
    let open = |name: &str| csv::Writer::from_path(month.join(table).join(name)).unwrap();
    let (mut first, mut second) = (open("a.csv"), open("b.csv"));
    let others = |row: &csv::StringRecord| -> Vec<String> {
        let cells = row.iter().enumerate().filter(|(at, _)| *at != place);
        cells.map(|(_, cell)| cell.to_owned()).collect()
    };
    first.write_record(&header).unwrap();
    second.write_record(others(&header)).unwrap();
    for row in reader.records().map(Result::unwrap) {
        if is_first(&row[0]) {
            first.write_record(&row).unwrap();
        } else {
            second.write_record(others(&row)).unwrap();
        }
    }
    first.flush().unwrap();
    second.flush().unwrap();
    fs::remove_file(&whole).unwrap();
    coverage(rule, dir.path())
}

fn counts(one: &Coverage) -> [i128; 5] {
    let counts = [one.n_judged, one.n_hit, one.n_exempt, one.n_not_evaluable].map(i128::from);
    let [judged, hit, exempt, unknown] = counts;
    [judged, hit, exempt, unknown, one.amt_not_evaluable]
}

#[test]
fn rows_of_a_file_without_a_column_are_judged_as_without_it_whatever_other_files_have() {
    for (rule, table, column) in [
        ("line/outside-stay", "lines", "dscg_tkdrug_flag"),
        ("line/service-after-settlement", "lines", "dscg_tkdrug_flag"),
        ("line/outside-stay", "encounters", "endtime"),
        ("stay/split-stay", "encounters", "dscg_way"),
        ("stay/low-standard", "encounters", "dscg_way"),
        ("stay/low-standard", "encounters", "endtime"),
        ("stay/beds-over-capacity", "encounters", "endtime"),
        ("stay/record-incomplete", "encounters", "endtime"),
        ("stay/record-incomplete", "encounters", "dscg_way"),
        ("stay/record-incomplete", "encounters", "dscg_maindiag_code"),
        ("stay/operation-coding", "encounters", "oprn_oprt_code"),
        ("stay/operation-sex", "encounters", "oprn_oprt_code"),
        ("ratio/cost-per-day", "encounters", "endtime"),
        ("pair/same-line-twice", "lines", "rx_drord_no"),
        ("trace/trace-reused", "trace_codes", "trdn_flag"),
        ("line/after-death", "persons", "die_date"),
    ] {
        let what = format!("{rule} with {table}.{column} in one of two files");
        let none = in_files((rule, ""), (table, column), |_| false);
        let lacking = without(rule, table, Some(column));
        assert_eq!(counts(&none), counts(&lacking), "{what}: {}", none.reason());
        let all = in_files((rule, ""), (table, column), |_| true);
        assert_eq!(all, coverage(rule, &golden(rule)), "{what}");
    }
}

#[test]
fn an_exception_is_not_shown_by_the_column_of_another_file() {
    let rule = "line/service-after-settlement";
    let whole = coverage(rule, &golden(rule));
    let one = |key: &str| in_files((rule, ""), ("lines", "dscg_tkdrug_flag"), |of| of != key);
    let hit = (1..=99).map(|nth| format!("L{nth:02}")).find(|key| one(key).n_hit < whole.n_hit);
    let one = one(&hit.unwrap());
    assert_eq!((one.n_hit, one.n_not_evaluable), (whole.n_hit - 1, whole.n_not_evaluable + 1));
    let reason = "column lines.dscg_tkdrug_flag is missing in some files";
    assert!(one.reason().contains(reason), "{}", one.reason());
}

#[test]
fn lines_are_the_same_where_the_files_of_both_tell_their_order() {
    let rule = "pair/same-line-twice";
    let of =
        |keys: &[&str]| in_files((rule, ""), ("lines", "rx_drord_no"), |key| !keys.contains(&key));
    let whole = coverage(rule, &golden(rule));
    assert_eq!((whole.n_hit, whole.n_not_evaluable), (3, 0));
    // L09 and L10 have no order, and L10 may have one that its file does not tell.
    let one = of(&["L10"]);
    assert_eq!((one.n_hit, one.n_not_evaluable, one.n_judged), (2, 1, whole.n_judged - 1));
    // Of the first nothing is known: whether the second repeats it nobody can tell.
    let one = of(&["L09"]);
    assert_eq!((one.n_hit, one.n_not_evaluable), (2, 1));
    // L02 may be of any order: it is no line without one either.
    let one = of(&["L02"]);
    assert_eq!((one.n_hit, one.n_not_evaluable), (2, 1));
}

#[test]
fn a_line_whose_file_has_no_trace_codes_is_not_without_one() {
    let rule = "trace/trace-missing";
    let of = |left_out, is_first: fn(&str) -> bool| {
        in_files((rule, left_out), ("lines", "drug_trac_codg"), is_first)
    };
    let whole = of("trace_codes", |_| true);
    assert!(0 < whole.n_hit && whole.n_not_evaluable == 1, "{whole:?}");
    let none = of("trace_codes", |key| key == "L01");
    assert_eq!((none.n_hit, none.n_not_evaluable), (0, whole.n_hit + 1), "{none:?}");
    assert!(none.reason().contains("lines.drug_trac_codg is missing in some files"), "{none:?}");
    // A table tells of all lines.
    let told = of("", |_| true);
    assert_eq!(of("", |_| false).n_not_evaluable, told.n_not_evaluable);
}

#[test]
fn a_trace_code_that_the_line_itself_tells_needs_no_flag() {
    let dir = tempfile::tempdir().unwrap();
    let folder = golden("trace/trace-reused");
    copy_without(
        &folder.join("month"),
        &dir.path().join("month"),
        "trace_codes",
        Some("trdn_flag"),
    );
    copy_without(&folder.join("reference"), &dir.path().join("reference"), "", None);
    let path = dir.path().join("month/lines.csv");
    let lines = fs::read_to_string(&path).unwrap();
    // L01 and L02 are of one code, as the table says too.
    let with_code = |line: &str| match line.split(',').next() {
        Some("bkkp_sn") => format!("{line},drug_trac_codg\n"),
        Some("L01" | "L02") => format!("{line},C1\n"),
        _ => format!("{line},\n"),
    };
    fs::write(&path, lines.lines().map(with_code).collect::<String>()).unwrap();
    let told = coverage("trace/trace-reused", dir.path());
    let untold = without("trace/trace-reused", "trace_codes", Some("trdn_flag"));
    assert_eq!((untold.n_hit, told.n_hit), (0, 1), "{told:?}");
    assert_eq!(told.n_not_evaluable + 1, untold.n_not_evaluable, "{told:?}");
}

#[test]
fn a_main_diagnosis_that_only_diagnoses_tell_is_recorded() {
    let rule = "stay/record-incomplete";
    let dir = tempfile::tempdir().unwrap();
    let folder = golden(rule);
    let column = Some("dscg_maindiag_code");
    copy_without(&folder.join("month"), &dir.path().join("month"), "encounters", column);
    copy_without(&folder.join("reference"), &dir.path().join("reference"), "", None);
    let visits = fs::read_to_string(folder.join("month/encounters.csv")).unwrap();
    let mut rows = "mdtrt_id,diag_code,maindiag_flag\n".to_owned();
    for visit in visits.lines().skip(1).filter_map(|line| line.split(',').next()) {
        rows.push_str(visit);
        rows.push_str(",J18,1\n");
    }
    fs::write(dir.path().join("month/diagnoses.csv"), rows).unwrap();
    let (untold, told) = (without(rule, "encounters", column), coverage(rule, dir.path()));
    assert!(told.n_not_evaluable < untold.n_not_evaluable, "{told:?}, without {untold:?}");
    assert_eq!(told.n_hit, untold.n_hit, "{told:?}, without {untold:?}");
}
