//! Packs that are wrong on purpose: every fault is reported at once, each at its place.
//!
//! `fixtures/bad-rules/<case>/expected.txt` has a line `file:line:column code` for each diagnostic.
//! With `JIHE_BLESS=1` the files are written instead of compared.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jihe_rules::{Severity, check, load};

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/bad-rules");
    let entries = fs::read_dir(root).expect("the cases are there");
    let entries = entries.map(|entry| entry.expect("a name can be read").path());
    let is_case = |path: &PathBuf| path.is_dir() && !path.ends_with("lower");
    let mut cases: Vec<_> = entries.filter(is_case).collect();
    cases.sort();
    cases
}

#[test]
fn every_fault_of_a_bad_pack_is_reported_at_its_place() {
    let cases = cases();
    assert!(20 <= cases.len(), "the cases are missing");
    for dir in cases {
        let (plan, diagnostics) = check(&dir);
        let is_error = diagnostics.iter().any(|found| found.severity == Severity::Error);
        assert!(is_error && plan.is_none(), "{} has no fault", dir.display());
        let mut found = String::new();
        for diagnostic in &diagnostics {
            let inner = diagnostic.file.strip_prefix(dir.to_str().unwrap()).unwrap_or("");
            let inner = if inner.is_empty() { "." } else { inner.trim_start_matches('/') };
            let (line, column, code) = (diagnostic.line, diagnostic.column, diagnostic.code);
            writeln!(found, "{inner}:{line}:{column} {code}").unwrap();
            assert!(!diagnostic.what.is_empty() && !diagnostic.why.is_empty(), "{diagnostic}");
            assert!(!diagnostic.todo.is_empty(), "{diagnostic}");
            println!("{diagnostic}");
        }
        let file = dir.join("expected.txt");
        if std::env::var_os("JIHE_BLESS").is_some() {
            fs::write(&file, &found).unwrap();
        }
        let expected = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(found, expected, "{}", dir.display());
    }
}

#[test]
fn a_missing_folder_is_told_apart_from_a_bad_rule() {
    let errors = load(Path::new("no/such/pack")).unwrap_err();
    assert!(errors.is_unreadable());
    assert_eq!(errors.diagnostics().len(), 1);
    assert!(errors.to_string().contains("pack folder is missing: no/such/pack"), "{errors}");
    let bad = cases().into_iter().find(|dir| dir.ends_with("constant")).unwrap();
    assert!(!load(&bad).unwrap_err().is_unreadable());
}
