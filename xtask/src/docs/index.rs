//! The list of all rules and packs.

use std::fmt::Write as _;

use jihe_rules::plan::{Family, Rule};

use super::markdown::{both, code, table};
use super::pack::PackText;
use super::rule::grade;
use super::{FOLDER, NATIONAL, link, source};
use crate::{Failure, Project};

/// What a family asks.
fn question(family: &str) -> &'static str {
    match family {
        "line" => "一条明细对照知识表 one line against tables",
        "limit" => "一个窗口内的数量和次数 sums and counts in a window",
        "pair" => "同时出现的明细 lines together",
        "supply" => "用药天数 days of medicine",
        "stay" => "就诊的先后 encounters in sequence",
        "stock" => "进销存 stock",
        "trace" => "追溯码 trace codes",
        "ratio" => "机构的指标 indicators of institutions",
        _ => "",
    }
}

/// Writes the page.
pub(super) fn page(project: &Project, national: &PackText) -> Result<String, Failure> {
    let rules = &national.plan.rules;
    let mut text = format!(
        "# 规则 Rules\n\n国家规则包共 {n} 条规则。覆盖情况见[覆盖表](coverage.md)。\n\n\
         The national pack has {n} rules. What they cover is in [the coverage page](coverage.md).\n\n",
        n = rules.len()
    );
    for family in Family::ALL {
        let mut own: Vec<&Rule> = rules.iter().filter(|rule| rule.family == family).collect();
        own.sort_by(|a, b| a.id.cmp(&b.id));
        if own.is_empty() {
            continue;
        }
        let rows: Vec<Vec<String>> = own.into_iter().map(row).collect();
        let header = ["规则 rule", "", "性质 grade", "条款 article", "规则类 class", "覆盖 covers"];
        // A text takes whatever is written to it, here and below.
        let _ = write!(text, "## {}\n\n{}\n\n", family.word(), question(family.word()));
        let _ = writeln!(text, "{}", table(&header, &rows));
    }
    let packs = packs(project)?;
    if !packs.is_empty() {
        let _ =
            write!(text, "## 地方规则包 Local packs\n\n{}", table(&["规则包 pack", ""], &packs));
    }
    Ok(text.trim_end().to_owned() + "\n")
}

fn row(rule: &Rule) -> Vec<String> {
    vec![
        format!("[{id}]({id}.md)", id = rule.id),
        both(&rule.title.zh, &rule.title.en),
        grade(rule.grade),
        code(rule.article.key()),
        rule.class.clone().unwrap_or_default(),
        rule.covers.join(" "),
    ]
}

fn packs(project: &Project) -> Result<Vec<Vec<String>>, Failure> {
    let mut rows = Vec::new();
    for name in project.packs()?.into_iter().filter(|name| name != NATIONAL) {
        let file = source::document(project, &format!("rules/{name}/pack.toml"))?;
        let (zh, en) = source::bilingual(&file, "title");
        let here = format!("{FOLDER}/README.md");
        let page = link(&here, &format!("{FOLDER}/{name}/README.md"));
        rows.push(vec![format!("[{name}]({page})"), both(&zh, &en)]);
    }
    Ok(rows)
}
