//! The national pack.

use std::path::Path;

use jihe_rules::plan::Shape;
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

#[test]
fn no_rule_asks_what_another_asks() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national");
    let rules = check(&dir).0.unwrap().rules;
    for (place, rule) in rules.iter().enumerate() {
        let like: Vec<usize> =
            (0..rules.len()).filter(|&other| rules[other].asks_like(rule)).collect();
        // An indicator has targets by its id: it is not even like itself.
        let own = if matches!(rule.shape, Shape::Ratio(_)) { vec![] } else { vec![place] };
        assert_eq!(like, own, "{}", rule.id);
        let mut other = rule.clone();
        (other.id, other.article) = ("other".to_owned(), rules[0].article.clone());
        (other.message_en, other.yields_to) = (Vec::new(), Vec::new());
        assert_eq!(other.asks_like(rule), rule.asks_like(rule), "{}", rule.id);
        // With one value moved it asks something else.
        if let Some(value) = other.params.iter_mut().flat_map(|param| &mut param.values).next() {
            value.1 = value.1.wrapping_add(1);
            assert!(!other.asks_like(rule), "{}", rule.id);
        }
    }
}

/// Rule files of all families.
fn n_rule_files(dir: &Path) -> usize {
    let folders = jihe_rules::plan::Family::ALL.map(jihe_rules::plan::Family::word);
    let of_folder = |folder: &&str| std::fs::read_dir(dir.join(folder)).into_iter().flatten();
    let files = folders.iter().flat_map(of_folder).flatten().map(|entry| entry.path());
    files.filter(|path| path.extension().is_some_and(|end| end == "toml")).count()
}
