//! A pack beside its files, and the page of a local pack: what it moves, adds, and shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jihe_rules::Plan;
use jihe_rules::expr::Type;
use jihe_rules::plan::Param;
use jihe_terms::decimal_text;
use toml::Table;

use super::markdown::{both, code, table};
use super::source::{self, Article};
use super::{FOLDER, example, link, page_of};
use crate::project::names;
use crate::{Failure, Project, RuleName};

/// A pack, checked and as written.
pub(super) struct PackText {
    pub(super) name: String,
    pub(super) plan: Plan,
    below: Option<Plan>,
    pub(super) layers: Vec<String>,
    pub(super) articles: BTreeMap<String, Article>,
    file: Table,
}

impl PackText {
    pub(super) fn read(project: &Project, name: &str) -> Result<Self, Failure> {
        let layers = source::layers(project, name)?;
        let below = layers.iter().rfind(|layer| *layer != name);
        Ok(Self {
            name: name.to_owned(),
            plan: project.plan(name)?,
            below: below.map(|below| project.plan(below)).transpose()?,
            articles: source::articles(project, &layers)?,
            layers,
            file: source::document(project, &format!("rules/{name}/pack.toml"))?,
        })
    }
}

/// A value of a parameter as a reader writes it.
pub(super) fn value(param: &Param, number: i64) -> String {
    let scale = match param.ty {
        Type::Number(scale) => scale,
        Type::Bool | Type::Code | Type::Day | Type::Moment => 0,
    };
    let text = decimal_text(i128::from(number), scale);
    if 0 < scale { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// The page of a local pack.
pub(super) fn page(
    project: &Project,
    pack: &PackText,
    rules: &BTreeSet<RuleName>,
) -> Result<String, Failure> {
    let here = format!("{FOLDER}/{}/README.md", pack.name);
    let title = &pack.plan.title;
    let below: Vec<&String> = pack.layers.iter().filter(|layer| **layer != pack.name).collect();
    let below: Vec<String> = below.into_iter().map(|layer| code(layer)).collect();
    let mut text = format!("# {}\n\n", both(&title.zh, &title.en));
    // A text takes whatever is written to it, here and below.
    let _ = writeln!(
        text,
        "{} · 自 from {} · 建立于 builds on {} · [pack.toml]({})\n",
        code(&pack.name),
        source::shown(pack.file.get("from")),
        below.join(", "),
        link(&here, &format!("rules/{}/pack.toml", pack.name))
    );
    section(&mut text, "移动的参数 Parameters moved", &moved_table(pack, &here, rules));
    section(&mut text, "增加的规则 Rules added", &own_rules(pack, &here, rules));
    section(&mut text, "状态 Status", &statuses(pack));
    section(&mut text, "增加的知识点 Rows added", &rows(project, pack, &here)?);
    if !pack.plan.replacements.is_empty() {
        text.push_str("## 替换的知识点 Rows replaced\n\n");
        for replaced in &pack.plan.replacements {
            let _ = writeln!(text, "- {replaced}");
        }
        text.push('\n');
    }
    let others = project.goldens()?;
    let others = others.iter().filter(|rule| rule.pack == pack.name && !rules.contains(rule));
    for rule in others {
        let _ = writeln!(text, "## 用例 Cases: {}\n", code(&rule.id));
        text.push_str(&example::text(project, rule)?);
    }
    Ok(text.trim_end().to_owned() + "\n")
}

fn section(text: &mut String, title: &str, body: &str) {
    if !body.is_empty() {
        let _ = writeln!(text, "## {title}\n\n{body}");
    }
}

fn moved_table(pack: &PackText, here: &str, rules: &BTreeSet<RuleName>) -> String {
    let mut rows = Vec::new();
    for moved in source::moved(&pack.file) {
        let rule = pack.plan.rules.iter().find(|rule| rule.id == moved.rule);
        let param = rule.and_then(|rule| rule.params.iter().find(|it| it.name == moved.param));
        let bounds = param.map_or_else(String::new, |param| {
            format!("{}…{} {}", value(param, param.min), value(param, param.max), param.unit)
        });
        let below = pack.below.iter().flat_map(|plan| &plan.rules);
        let before = below.into_iter().find(|rule| rule.id == moved.rule).and_then(|rule| {
            let param = rule.params.iter().find(|param| param.name == moved.param)?;
            param.values.last().map(|(_, number)| value(param, *number))
        });
        let page = rules.iter().find(|name| name.id == moved.rule).map(page_of);
        let rule = page.map_or_else(
            || code(&moved.rule),
            |page| format!("[{}]({})", moved.rule, link(here, &page)),
        );
        let before = before.unwrap_or_default();
        rows.push(vec![rule, code(&moved.param), before, moved.value, bounds, moved.cite]);
    }
    let header =
        ["规则 rule", "参数 parameter", "下层 below", "本包 here", "界限 bounds", "出处 source"];
    table(&header, &rows)
}

fn own_rules(pack: &PackText, here: &str, rules: &BTreeSet<RuleName>) -> String {
    let own = rules.iter().filter(|name| name.pack == pack.name);
    let rows: Vec<Vec<String>> = own
        .filter_map(|name| {
            let rule = pack.plan.rules.iter().find(|rule| rule.id == name.id)?;
            let page = format!("[{}]({})", name.id, link(here, &page_of(name)));
            Some(vec![page, both(&rule.title.zh, &rule.title.en), rule.grade.word().to_owned()])
        })
        .collect();
    table(&["规则 rule", "", "性质 grade"], &rows)
}

fn statuses(pack: &PackText) -> String {
    let set = pack.file.get("status").and_then(toml::Value::as_table);
    let rows: Vec<Vec<String>> = set
        .into_iter()
        .flatten()
        .map(|(rule, status)| vec![code(rule), source::shown(Some(status))])
        .collect();
    table(&["规则 rule", "状态 status"], &rows)
}

fn rows(project: &Project, pack: &PackText, here: &str) -> Result<String, Failure> {
    let folder = project.pack(&pack.name).join("tables");
    let mut rows = Vec::new();
    if folder.is_dir() {
        for name in names(&folder)? {
            let inner = format!("rules/{}/tables/{name}", pack.name);
            let n_rows = project.text(&inner)?.lines().count().saturating_sub(1);
            rows.push(vec![format!("[{name}]({})", link(here, &inner)), n_rows.to_string()]);
        }
    }
    Ok(table(&["表 table", "行 rows"], &rows))
}
