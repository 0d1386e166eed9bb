//! Dependencies between the project's crates go down only.

use std::collections::BTreeMap;
use std::process::Command;

/// The level of each crate, as `ARCHITECTURE.md` says; the testkit may see everything.
const LEVELS: [(&str, u32); 14] = [
    ("jihe-terms", 0),
    ("jihe-frame", 1),
    ("jihe-catalogue", 1),
    ("jihe-rules", 2),
    ("jihe-kernels", 2),
    ("jihe-intake", 2),
    ("jihe-settle", 2),
    ("jihe-engine", 3),
    ("jihe-report", 3),
    ("jihe-import", 3),
    ("jihe", 4),
    ("jihe-cli", 5),
    ("jihe-testkit", 4),
    ("xtask", 5),
];

fn metadata() -> serde_json::Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_crate_depends_only_on_crates_of_lower_levels() {
    let levels: BTreeMap<&str, u32> = LEVELS.into_iter().collect();
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    assert_eq!(packages.len(), LEVELS.len(), "a crate is missing in the table of levels");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let level = levels[name];
        for dependency in package["dependencies"].as_array().unwrap() {
            let on = dependency["name"].as_str().unwrap();
            let for_tests = dependency["kind"].as_str() == Some("dev");
            if let Some(&lower) = levels.get(on)
                && !for_tests
            {
                assert!(lower < level, "{name} (level {level}) depends on {on} (level {lower})");
            }
        }
    }
}

#[test]
fn the_oracle_depends_on_no_code_of_the_engine() {
    let oracle = concat!(env!("CARGO_MANIFEST_DIR"), "/src/oracle");
    for file in crate::tidy::rust_files(std::path::Path::new(oracle)) {
        let text = std::fs::read_to_string(&file).unwrap();
        for line in text.lines().filter(|line| line.trim_start().starts_with("use ")) {
            let foreign = line.contains("use jihe_") || line.contains("use arrow");
            assert!(!foreign, "{}: {line}", file.display());
        }
    }
}
