//! Pages and files say the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use xtask::{Project, docs};

#[test]
fn the_pages_of_rules_are_those_that_their_files_give() {
    let project = Project::own();
    if std::env::var_os("JIHE_BLESS").is_some() {
        docs::write(&project).unwrap();
    }
    let differences = docs::differences(&project).unwrap();
    assert!(
        differences.is_empty(),
        "docs/rules is not what the rules say; run: {}  (or this test with JIHE_BLESS=1)\n{}",
        docs::COMMAND,
        differences.join("\n")
    );
}

/// A copy of what pages are made of.
pub fn copy() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for inner in ["rules", "fixtures/rules", "docs"] {
        copy_folder(&Project::own().path(inner), &dir.path().join(inner));
    }
    dir
}

/// Copies the files of a folder and of those in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// Every file of a folder by its path inside.
pub fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inner = path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
                found.insert(inner, fs::read(&path).unwrap());
            }
        }
    }
    found
}

pub fn edit(dir: &Path, inner: &str, from: &str, to: &str) {
    let path = dir.join(inner);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{inner} has no {from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_page_that_parts_from_its_rule_is_named_with_the_command() {
    let dir = copy();
    let project = Project::at(dir.path());
    docs::write(&project).unwrap();
    assert!(docs::differences(&project).unwrap().is_empty());
    edit(dir.path(), "rules/national/stay/split-stay.toml", "max   = 31", "max   = 30");
    let found = docs::differences(&project).unwrap();
    assert_eq!(found, ["docs/rules/split-stay.md is not as cargo xtask docs writes it"]);
    fs::write(dir.path().join("docs/rules/gone.md"), "# gone\n").unwrap();
    docs::write(&project).unwrap();
    assert!(!dir.path().join("docs/rules/gone.md").exists());
    assert!(docs::differences(&project).unwrap().is_empty());
}

#[test]
fn every_national_rule_speaks_both_languages() {
    let plan = jihe_rules::load(&crate::scene::national()).unwrap();
    let is_chinese =
        |text: &str| text.chars().any(|sign| ('\u{4e00}'..='\u{9fff}').contains(&sign));
    for rule in &plan.rules {
        for text in [&rule.title, &rule.what, &rule.why] {
            assert!(is_chinese(&text.zh) && !text.zh.is_empty(), "{}: {}", rule.id, text.zh);
            assert!(!is_chinese(&text.en) && !text.en.is_empty(), "{}: {}", rule.id, text.en);
        }
    }
}

#[test]
fn a_class_has_a_rule_or_a_reason_and_never_both() {
    let dir = copy();
    let project = Project::at(dir.path());
    docs::write(&project).unwrap();
    let rule = "rules/national/line/internet-drug.toml";
    edit(dir.path(), rule, "\"N47\"", "\"N46\"");
    let found = docs::differences(&project).unwrap().join("\n");
    assert!(found.contains("N47 (drug not payable on the internet) has neither"), "{found}");
    edit(dir.path(), rule, "\"N46\"", "\"N47\", \"N45\"");
    let found = docs::differences(&project).unwrap().join("\n");
    assert!(found.contains("N45 has a reason, yet internet-drug covers it"), "{found}");
    edit(dir.path(), rule, "\"N45\"", "\"N99\"");
    let found = docs::differences(&project).unwrap().join("\n");
    assert!(found.contains("internet-drug.toml: covers names no entry: N99"), "{found}");
}
