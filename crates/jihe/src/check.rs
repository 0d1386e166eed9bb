//! Checks a pack without judging anything.

use std::path::Path;

use jihe_rules::Diagnostic;

/// All there is to say of a pack: errors, warnings and notes.
pub fn check(dir: impl AsRef<Path>) -> Vec<Diagnostic> {
    jihe_rules::check(dir.as_ref()).1
}
