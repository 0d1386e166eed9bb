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
    assert_eq!(ids.len(), 42);
    assert_eq!(ids[..3], ["overlap-stay", "split-stay", "visit-during-stay"]);
}
