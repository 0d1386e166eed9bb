//! The words of `cargo xtask`.

use crate::{Failure, Project, docs, golden, new_rule};

/// What the command can do.
pub const HELP: &str = "\
cargo xtask new-rule FAMILY ID [PACK]   writes a rule file and its golden folder, to be filled in
cargo xtask bless [RULE...]             writes what comes out of golden folders into them
cargo xtask docs                        renders docs/rules/ from rules and golden folders
";

/// What a task said, and whether all is well.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Lines for people.
    pub lines: Vec<String>,
    /// Whether nothing is left to be done.
    pub is_done: bool,
}

/// Does what the words ask for.
///
/// # Errors
///
/// If the words are unknown or the task cannot be done.
pub fn run(project: &Project, words: &[&str]) -> Result<Answer, Failure> {
    match words {
        ["docs"] => {
            let lines = docs::write(project)?;
            Ok(Answer { is_done: lines.is_empty(), lines })
        }
        ["bless", ids @ ..] => {
            let mut rules = project.goldens()?;
            for id in ids {
                if !rules.iter().any(|rule| rule.id == *id) {
                    return Err(Failure::new(format!("no golden folder of that name: {id}")));
                }
            }
            rules.retain(|rule| ids.is_empty() || ids.contains(&rule.id.as_str()));
            let changed = golden::bless(project, &rules)?;
            let lines = changed.iter().map(|rule| format!("changed: {rule}")).collect();
            Ok(Answer { lines, is_done: true })
        }
        ["new-rule", family, id] => new_rule_in(project, "national", family, id),
        ["new-rule", family, id, pack] => new_rule_in(project, pack, family, id),
        _ => Err(Failure::new(HELP)),
    }
}

fn new_rule_in(project: &Project, pack: &str, family: &str, id: &str) -> Result<Answer, Failure> {
    let written = new_rule::new_rule(project, pack, family, id)?;
    let lines = written.into_iter().map(|inner| format!("written: {inner}")).collect();
    Ok(Answer { lines, is_done: true })
}
