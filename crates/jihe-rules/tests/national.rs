//! The national pack.

use std::path::Path;

use jihe_rules::{Severity, check};

#[test]
fn the_national_pack_has_no_faults() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national");
    let (plan, diagnostics) = check(&dir);
    for diagnostic in &diagnostics {
        println!("{diagnostic}");
    }
    assert!(diagnostics.iter().all(|found| found.severity == Severity::Note));
    let plan = plan.unwrap();
    let ids: Vec<&str> = plan.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids.len(), n_rule_files(&dir));
    assert_eq!(ids[..3], ["beds-over-capacity", "empty-bed", "low-standard"]);
}

/// Rule files of all families.
fn n_rule_files(dir: &Path) -> usize {
    let folders = jihe_rules::plan::Family::ALL.map(jihe_rules::plan::Family::word);
    let of_folder = |folder: &&str| std::fs::read_dir(dir.join(folder)).into_iter().flatten();
    let files = folders.iter().flat_map(of_folder).flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|end| end == "toml")).count()
}
