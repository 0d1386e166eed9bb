//! What pages quote from a pack's own files: rule text, articles, moved parameters.

use std::collections::BTreeMap;

use toml::{Table, Value};

use crate::{Failure, Project, RuleName};

/// An article as a pack cites it.
#[derive(Clone, Debug)]
pub(super) struct Article {
    pub(super) zh: String,
    pub(super) en: String,
    pub(super) text: String,
    pub(super) checked: String,
}

/// A value that a pack moves.
#[derive(Clone, Debug)]
pub(super) struct Moved {
    pub(super) rule: String,
    pub(super) param: String,
    pub(super) value: String,
    pub(super) cite: String,
}

/// A TOML file of the project.
pub(super) fn document(project: &Project, inner: &str) -> Result<Table, Failure> {
    let text = project.text(inner)?;
    text.parse().map_err(|error: toml::de::Error| Failure::new(format!("{inner}: {error}")))
}

/// The articles of a pack and of those below it.
pub(super) fn articles(
    project: &Project,
    packs: &[String],
) -> Result<BTreeMap<String, Article>, Failure> {
    let mut found = BTreeMap::new();
    for pack in packs {
        let inner = format!("rules/{pack}/sources.toml");
        if !project.path(&inner).is_file() {
            continue;
        }
        for (key, value) in document(project, &inner)? {
            let Some(table) = value.as_table() else { continue };
            let (zh, en) = bilingual(table, "title");
            let (text, checked) = (shown(table.get("text")), shown(table.get("checked")));
            found.insert(key, Article { zh, en, text, checked });
        }
    }
    Ok(found)
}

/// A text in both languages; one text stands for both.
pub(super) fn bilingual(table: &Table, key: &str) -> (String, String) {
    match table.get(key) {
        Some(Value::Table(both)) => (shown(both.get("zh")), shown(both.get("en"))),
        one => (shown(one), shown(one)),
    }
}

/// A value as a reader writes it.
pub(super) fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// The sections of a rule file that ask its question, as written: scope and family table.
pub(super) fn question(project: &Project, rule: &RuleName) -> Result<String, Failure> {
    let text = project.text(Project::rule_file(rule))?;
    let wanted = ["[scope]".to_owned(), format!("[{}]", rule.family)];
    let mut kept: Vec<&str> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        if line.starts_with('[') {
            inside = wanted.iter().any(|head| line.trim_end() == head);
        }
        if inside {
            kept.push(line);
        }
    }
    Ok(kept.join("\n").trim_end().to_owned())
}

/// The values that a pack moves, in the order of their names.
pub(super) fn moved(pack: &Table) -> Vec<Moved> {
    let rules = pack.get("params").and_then(Value::as_table);
    let mut found = Vec::new();
    for (rule, params) in rules.into_iter().flatten() {
        for (param, value) in params.as_table().into_iter().flatten() {
            let (value, cite) = match value.as_table() {
                Some(own) => (shown(own.get("value")), shown(own.get("cite"))),
                None => (shown(Some(value)), String::new()),
            };
            let (rule, param) = (rule.clone(), param.clone());
            found.push(Moved { rule, param, value, cite });
        }
    }
    found
}

/// The packs that a pack stands on, lowest first, and itself.
pub(super) fn layers(project: &Project, pack: &str) -> Result<Vec<String>, Failure> {
    let own = document(project, &format!("rules/{pack}/pack.toml"))?;
    let below = own.get("builds_on").and_then(Value::as_array);
    let mut all = Vec::new();
    for path in below.into_iter().flatten().filter_map(Value::as_str) {
        let name = path.rsplit('/').next().unwrap_or(path);
        for layer in layers(project, name)? {
            if !all.contains(&layer) {
                all.push(layer);
            }
        }
    }
    all.push(pack.to_owned());
    Ok(all)
}
