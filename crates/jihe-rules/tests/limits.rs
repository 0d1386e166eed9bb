//! What the key of a sum or count may name.

use std::fs;

use jihe_rules::{Severity, check};

const HEAD: &str = r#"title = "rule"
article = "reg735/38.3"
from = 2026-01-01
status = "active"
grade = "possible"
what = "what"
why = "why"

[limit]
"#;

const SENTENCE: &str = "\n[message]\nzh = \"甲\"\nen = \"a\"\n";

/// Units or money of a person, any number over all persons, and how many different things.
const KINDS: [&str; 3] = [
    "of = \"cnt\"\nmax = \"1\"\n",
    "of = \"cnt\"\nmax = \"1\"\ncut = \"none\"\n",
    "count = \"hilist_code\"\nmax = \"1\"\ncut = \"none\"\n",
];

/// Whether each of [`KINDS`] may have a key of these parts.
fn check_key(line: &str) {
    let (parts, expected) = line.split_once("->").expect("a line has an arrow");
    let parts: Vec<String> = parts.split_whitespace().map(|part| format!("\"{part}\"")).collect();
    let found = KINDS.map(|kind| {
        let dir = tempfile::tempdir().expect("a new folder");
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("a file lies in a folder"))
                .expect("a new folder");
            fs::write(path, text).expect("a new file");
        };
        write("pack.toml", "id = \"a\"\ntitle = \"甲\"\nfrom = 2026-01-01\n");
        let source = "[\"reg735/38.3\"]\ntitle = \"a\"\ntext = \"b\"\nchecked = 2026-01-01\n";
        write("sources.toml", source);
        let of_row = parts.iter().any(|part| part.starts_with("\"row."));
        let table = if of_row { "table = \"item_quantity\"\n" } else { "" };
        let rule = format!("{HEAD}{table}per = [{}]\n{kind}{SENTENCE}", parts.join(", "));
        write("limit/r.toml", &rule);
        let (_, found) = check(dir.path());
        let faults = found.iter().filter(|one| one.severity == Severity::Error);
        if faults.count() == 0 { "good" } else { "fault" }
    });
    assert_eq!(found.as_slice(), expected.split_whitespace().collect::<Vec<_>>(), "{line}");
}

#[test]
fn a_sum_that_cuts_is_of_a_person_one_that_does_not_is_over_all_and_a_count_knows_more_parts() {
    //                                              cuts   over all  counts
    check_key("psn_no hilist_code day               -> good   fault  good");
    check_key("mdtrt_id hilist_code fixmedins_code  -> good   fault  good");
    check_key("row.per hilist_code row.window       -> good   fault  good");
    check_key("hilist_code day fixmedins_code       -> fault  good   fault");
    check_key("psn_no hilist_code rx_drord_no       -> fault  fault  good");
    check_key("rx_drord_no                          -> fault  fault  good");
    check_key("psn_no hilist_code bilg_dr_codg      -> fault  fault  good");
    check_key("bilg_dr_codg list_type               -> fault  good   fault");
    check_key("bilg_dr_codg row.window              -> fault  fault  fault");
    // A limit of a row is one of its item; a count may tell apart by the row.
    check_key("psn_no row.window                    -> fault  fault  good");
    check_key("psn_no bilg_dr_codg list_type bilg_dept_codg -> fault fault fault");
}
