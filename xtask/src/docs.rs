//! `docs/rules/`: pages rendered from rule files, golden folders and the tables of coverage.
//!
//! In: `rules/`, `fixtures/rules/`, `docs/coverage/`. Out: `docs/rules/`, never edited by hand.

mod coverage;
mod example;
mod index;
mod markdown;
mod pack;
mod rule;
mod source;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::project::{names, write as write_text};
use crate::{Failure, Project, RuleName};

/// The command that renders the pages.
pub const COMMAND: &str = "cargo xtask docs";

/// The folder of the pages.
const FOLDER: &str = "docs/rules";
/// The pack whose coverage is shown, and whose pages stand at the top.
const NATIONAL: &str = "national";

/// The pages as they must be.
#[derive(Clone, Debug)]
pub struct Docs {
    /// Texts by path from the root on.
    pub files: BTreeMap<String, String>,
    /// What the tables of coverage say wrongly; no page can set that right.
    pub faults: Vec<String>,
}

/// Renders all pages.
///
/// # Errors
///
/// If a pack has faults or a file cannot be read.
pub fn render(project: &Project) -> Result<Docs, Failure> {
    let rules = project.rules()?;
    let mut files = BTreeMap::new();
    let coverage = coverage::Coverage::read(project)?;
    for name in project.packs()? {
        let whole = pack::PackText::read(project, &name)?;
        let own: Vec<&RuleName> = rules.iter().filter(|rule| rule.pack == name).collect();
        for rule in own {
            let page = rule::page(project, &whole, rule, &coverage)?;
            files.insert(page_of(rule), page);
        }
        if name != NATIONAL {
            files
                .insert(format!("{FOLDER}/{name}/README.md"), pack::page(project, &whole, &rules)?);
        }
    }
    let national = pack::PackText::read(project, NATIONAL)?;
    files.insert(format!("{FOLDER}/README.md"), index::page(project, &national)?);
    let (page, open, faults) = coverage.page(&national.plan);
    files.insert(format!("{FOLDER}/coverage.md"), page);
    files.insert(coverage::OPEN.to_owned(), open);
    Ok(Docs { files, faults })
}

/// What parts pages and files, a line for each; nothing if they agree.
///
/// # Errors
///
/// As [`render`].
pub fn differences(project: &Project) -> Result<Vec<String>, Failure> {
    let docs = render(project)?;
    let mut found = docs.faults.clone();
    for (inner, text) in &docs.files {
        let path = project.path(inner);
        match fs::read_to_string(&path) {
            Ok(there) if there == *text => {}
            Ok(_) => found.push(format!("{inner} is not as {COMMAND} writes it")),
            Err(_) => found.push(format!("{inner} is missing: run {COMMAND}")),
        }
    }
    for inner in strays(project, &docs)? {
        found.push(format!("{inner} belongs to no rule: run {COMMAND}"));
    }
    Ok(found)
}

/// Writes all pages and removes those of rules that are gone; says what is still wrong.
///
/// # Errors
///
/// If a pack has faults, or a file cannot be read or written.
pub fn write(project: &Project) -> Result<Vec<String>, Failure> {
    let docs = render(project)?;
    for (inner, text) in &docs.files {
        let path = project.path(inner);
        if fs::read_to_string(&path).is_ok_and(|there| there == *text) {
            continue;
        }
        write_text(&path, text)?;
    }
    for inner in strays(project, &docs)? {
        let path = project.path(&inner);
        fs::remove_file(&path).map_err(|error| Failure::at(&path, &error))?;
    }
    Ok(docs.faults)
}

/// Pages that nothing renders.
fn strays(project: &Project, docs: &Docs) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    let mut folders = vec![FOLDER.to_owned()];
    while let Some(folder) = folders.pop() {
        let path = project.path(&folder);
        if !path.is_dir() {
            continue;
        }
        for name in names(&path)? {
            let inner = format!("{folder}/{name}");
            if project.path(&inner).is_dir() {
                folders.push(inner);
            } else if !docs.files.contains_key(&inner) {
                found.push(inner);
            }
        }
    }
    Ok(found)
}

/// The page of a rule, from the root on.
fn page_of(rule: &RuleName) -> String {
    if rule.pack == NATIONAL {
        format!("{FOLDER}/{}.md", rule.id)
    } else {
        format!("{FOLDER}/{}/{}.md", rule.pack, rule.id)
    }
}

/// A path from the root on, as a link from a page.
fn link(from: &str, to: &str) -> String {
    let folder = Path::new(from).parent().map_or(0, |folder| folder.components().count());
    let same = Path::new(from).parent() == Path::new(to).parent();
    if same {
        return to.rsplit('/').next().unwrap_or(to).to_owned();
    }
    format!("{}{to}", "../".repeat(folder))
}
