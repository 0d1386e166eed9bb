//! The page of one rule.

use std::fmt::Write as _;

use jihe_rules::plan::{Param, Rule};
use jihe_terms::{DayRange, Grade, Status};

use super::coverage::Coverage;
use super::markdown::{both, code, paragraphs, table};
use super::pack::{PackText, value};
use super::{FOLDER, example, link, page_of, source};
use crate::{Failure, Project, RuleName};

/// Writes the page.
pub(super) fn page(
    project: &Project,
    pack: &PackText,
    name: &RuleName,
    coverage: &Coverage,
) -> Result<String, Failure> {
    let found = pack.plan.rules.iter().find(|rule| rule.id == name.id);
    let rule = found.ok_or_else(|| Failure::new(format!("rule is in no plan: {name}")))?;
    let here = page_of(name);
    let mut text = format!("# {}\n\n", both(&rule.title.zh, &rule.title.en));
    // A text takes whatever is written to it, here and below.
    let _ = writeln!(
        text,
        "{} · {} · {} · {}\n",
        code(&rule.id),
        rule.family.word(),
        grade(rule.grade),
        status(rule.status)
    );
    text.push_str(&table(&["", ""], &facts(pack, name, rule, coverage)));
    let _ = write!(text, "\n## 规定 What\n\n{}", paragraphs(&rule.what.zh, &rule.what.en));
    let _ = write!(text, "\n## 理由 Why\n\n{}", paragraphs(&rule.why.zh, &rule.why.en));
    let question = source::question(project, name)?;
    let _ = write!(text, "\n## 判断 Test\n\n```toml\n{question}\n```\n");
    let tables = tables(project, pack, rule, &here);
    if !tables.is_empty() {
        let _ = write!(text, "\n知识表 tables: {}\n", tables.join(", "));
    }
    if !rule.params.is_empty() {
        let rows: Vec<Vec<String>> = rule.params.iter().map(param_row).collect();
        let header = ["名称 name", "值 value", "单位 unit", "界限 bounds", "出处 source"];
        let _ = write!(text, "\n## 参数 Parameters\n\n{}", table(&header, &rows));
    }
    let exceptions = exceptions(project, name)?;
    if !exceptions.is_empty() {
        let header = ["名称 name", "条件 when"];
        let _ = write!(text, "\n## 例外 Exceptions\n\n{}", table(&header, &exceptions));
    }
    let _ = write!(text, "\n## 示例 Worked example\n\n{}", example::text(project, name)?);
    Ok(text.trim_end().to_owned() + "\n")
}

fn facts(pack: &PackText, name: &RuleName, rule: &Rule, coverage: &Coverage) -> Vec<Vec<String>> {
    let here = page_of(name);
    let key = rule.article.key();
    let mut rows = Vec::new();
    if let Some(article) = pack.articles.get(key) {
        let cited = both(&article.zh, &article.en);
        rows.push(fact("条款 article", format!("{} {cited}", code(key))));
        rows.push(fact("", format!("{} (checked {})", article.text, article.checked)));
    }
    let page = link(&here, &format!("{FOLDER}/coverage.md"));
    if let Some(class) = &rule.class {
        let title = coverage.class(class);
        rows.push(fact("国家规则类 class", format!("{} {title}", code(class))));
    }
    let covers = rule.covers.iter().map(|id| match coverage.title(id) {
        Some(title) => format!("[{id}]({page}) {title}"),
        None => format!("[{id}]({page})"),
    });
    let covers: Vec<String> = covers.collect();
    if !covers.is_empty() {
        rows.push(fact("覆盖 covers", covers.join("<br>")));
    }
    rows.push(fact("生效 in force", days(rule.range)));
    if !rule.yields_to.is_empty() {
        let ids: Vec<String> = rule.yields_to.iter().map(|id| code(id)).collect();
        rows.push(fact("让位于 yields to", ids.join(", ")));
    }
    let file = Project::rule_file(name);
    rows.push(fact("文件 file", format!("[{file}]({})", link(&here, &file))));
    let golden = format!("fixtures/rules/{name}");
    rows.push(fact("用例 golden folder", format!("[{golden}]({})", link(&here, &golden))));
    rows
}

fn fact(label: &str, text: String) -> Vec<String> {
    vec![label.to_owned(), text]
}

fn tables(project: &Project, pack: &PackText, rule: &Rule, here: &str) -> Vec<String> {
    let tables = jihe_rules::rule_tables(rule).into_iter();
    tables
        .map(|table| {
            let files = pack.layers.iter().map(|layer| format!("rules/{layer}/tables/{table}.csv"));
            let file = files.into_iter().rfind(|inner| project.path(inner).is_file());
            file.map_or_else(|| code(table), |inner| format!("[{table}]({})", link(here, &inner)))
        })
        .collect()
}

fn param_row(param: &Param) -> Vec<String> {
    let values: Vec<String> = match param.values.as_slice() {
        [(_, only)] => vec![value(param, *only)],
        all => all
            .iter()
            .map(|(range, it)| format!("{}: {}", days(*range), value(param, *it)))
            .collect(),
    };
    let bounds = format!("{}…{}", value(param, param.min), value(param, param.max));
    let (unit, cite) = (param.unit.clone(), param.cite.clone());
    vec![code(&param.name), values.join("<br>"), unit, bounds, cite]
}

fn exceptions(project: &Project, name: &RuleName) -> Result<Vec<Vec<String>>, Failure> {
    let file = source::document(project, &Project::rule_file(name))?;
    let all = file.get("except").and_then(toml::Value::as_table);
    let row = |(name, value): (&String, &toml::Value)| {
        let when = value.as_table().and_then(|table| table.get("when"));
        vec![code(name), code(&source::shown(when))]
    };
    Ok(all.into_iter().flatten().map(row).collect())
}

/// Days of service in words.
fn days(range: DayRange) -> String {
    match range.until() {
        Some(until) => format!("{} ≤ day < {until}", range.from()),
        None => format!("from {}", range.from()),
    }
}

/// A grade in both languages.
pub(super) fn grade(grade: Grade) -> String {
    let zh = match grade {
        Grade::Definite => "明确",
        Grade::Likely => "很可能",
        Grade::Possible => "可疑",
        Grade::Indicator => "指标",
    };
    format!("{zh} {}", grade.word())
}

fn status(status: Status) -> String {
    let zh = match status {
        Status::Draft => "草稿",
        Status::Shadow => "试运行",
        Status::Active => "启用",
    };
    format!("{zh} {}", status.word())
}
