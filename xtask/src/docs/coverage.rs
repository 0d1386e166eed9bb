//! The coverage page: classes of the national library, statements, acts, each against its rules.
//!
//! In: `docs/coverage/{classes,statements,acts}.csv` with the reasons why no file can show a thing, and
//! what the rules say that they cover. An entry has rules, or a reason, or waits in `open.csv` for a
//! rule that is being written; a rule that comes takes its entry out of `open.csv`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jihe_rules::Plan;

use super::COMMAND;
use super::markdown::{both, table};
use crate::golden::Sheet;
use crate::{Failure, Project};

/// Entries that wait for a rule.
pub(super) const OPEN: &str = "docs/coverage/open.csv";

const PARTS: [(&str, &str, &str); 3] = [
    ("acts", "条例第三十八至四十一条所列行为 Acts of articles 38–41", "docs/coverage/acts.csv"),
    ("classes", "国家规则库 88 类 Classes of the national library", "docs/coverage/classes.csv"),
    ("statements", "规则集的条款 Statements of the rule sets", "docs/coverage/statements.csv"),
];

/// One thing to be covered.
#[derive(Clone, Debug)]
struct Entry {
    id: String,
    code: String,
    zh: String,
    en: String,
    reason: [String; 2],
}

/// All things to be covered.
pub(super) struct Coverage {
    parts: Vec<Vec<Entry>>,
    open: BTreeMap<String, String>,
}

impl Coverage {
    pub(super) fn read(project: &Project) -> Result<Self, Failure> {
        let mut parts = Vec::new();
        for (_, _, file) in PARTS {
            let sheet = Sheet::read(&project.path(file))?;
            let entry = |row: &Vec<String>| {
                let cell = |column| sheet.cell(row, column).to_owned();
                Entry {
                    id: cell("id"),
                    code: cell("code"),
                    zh: cell("zh"),
                    en: cell("en"),
                    reason: [cell("reason_zh"), cell("reason_en")],
                }
            };
            parts.push(sheet.rows.iter().map(entry).collect());
        }
        let sheet = Sheet::read(&project.path(OPEN))?;
        let waiting = |row: &Vec<String>| {
            (sheet.cell(row, "id").to_owned(), sheet.cell(row, "rule").to_owned())
        };
        Ok(Self { parts, open: sheet.rows.iter().map(waiting).collect() })
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.parts.iter().flatten()
    }

    /// The title of an entry.
    pub(super) fn title(&self, id: &str) -> Option<String> {
        self.entries().find(|entry| entry.id == id).map(|entry| both(&entry.zh, &entry.en))
    }

    /// The title of a national class by its code.
    pub(super) fn class(&self, code: &str) -> String {
        let found = self.entries().find(|entry| entry.code == code);
        found.map_or_else(String::new, |entry| {
            format!("{} {}", entry.id, both(&entry.zh, &entry.en))
        })
    }

    /// The page, the entries that still wait, and what is wrong.
    pub(super) fn page(&self, plan: &Plan) -> (String, String, Vec<String>) {
        let (covered, mut faults) = self.covered(plan);
        let mut open = "id,rule\n".to_owned();
        let mut text = "# 覆盖 Coverage\n\n\
            每一类、每一条、每一行为：由哪些规则判断，或者为什么结算文件不能显示。\n\n\
            Each class, statement and act: the rules that judge it, or why no settlement file can show it.\n\n"
            .to_owned();
        let mut sums = Vec::new();
        let mut bodies = String::new();
        for ((_, title, file), entries) in PARTS.into_iter().zip(&self.parts) {
            let mut counts = [0_usize; 3];
            let mut rows = Vec::new();
            for entry in entries {
                let rules = covered.get(entry.id.as_str());
                let (place, shown) = self.state(entry, rules, file, &mut faults);
                if let Some(count) = counts.get_mut(place) {
                    *count = count.saturating_add(1);
                }
                if place == 2 {
                    // A text takes whatever is written to it, here and below.
                    let rule = self.open.get(&entry.id).map_or("", String::as_str);
                    let _ = writeln!(open, "{},{rule}", entry.id);
                }
                let id = [entry.id.as_str(), &entry.code].join(" ").trim().to_owned();
                rows.push(vec![id, both(&entry.zh, &entry.en), shown]);
            }
            let [ruled, reasoned, waiting] = counts.map(|count| count.to_string());
            sums.push(vec![title.to_owned(), entries.len().to_string(), ruled, reasoned, waiting]);
            let header = ["", "", "规则或理由 rules or reason"];
            let _ = write!(bodies, "## {title}\n\n{}\n", table(&header, &rows));
        }
        let header = ["", "共 all", "有规则 by rules", "不可见 not shown", "编写中 being written"];
        let _ = write!(text, "{}\n{bodies}", table(&header, &sums));
        faults.sort();
        (text.trim_end().to_owned() + "\n", open, faults)
    }

    /// Whether an entry has rules (0), a reason (1) or waits (2), and what the page says of it.
    fn state(
        &self,
        entry: &Entry,
        rules: Option<&BTreeSet<&str>>,
        file: &str,
        faults: &mut Vec<String>,
    ) -> (usize, String) {
        let [zh, en] = &entry.reason;
        if let Some(rules) = rules {
            if !zh.is_empty() || !en.is_empty() {
                let ids: Vec<&str> = rules.iter().copied().collect();
                faults.push(format!(
                    "{file}: {} has a reason, yet {} covers it: empty its reason, then {COMMAND}",
                    entry.id,
                    ids.join(", ")
                ));
            }
            let links: Vec<String> = rules.iter().map(|id| format!("[{id}]({id}.md)")).collect();
            return (0, links.join(", "));
        }
        if !zh.is_empty() && !en.is_empty() {
            return (1, format!("— {}", both(zh, en)));
        }
        if let Some(rule) = self.open.get(&entry.id) {
            return (2, format!("编写中 being written: {rule}"));
        }
        faults.push(format!(
            "{file}: {} ({}) has neither a rule that covers it nor a reason: name it in the covers of a rule, or write why no settlement file can show it",
            entry.id, entry.en
        ));
        (2, String::new())
    }

    /// The rules that cover each entry, and covers that name none.
    fn covered<'a>(
        &'a self,
        plan: &'a Plan,
    ) -> (BTreeMap<&'a str, BTreeSet<&'a str>>, Vec<String>) {
        let mut covered: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut faults = Vec::new();
        let ids: BTreeSet<&str> = self.entries().map(|entry| entry.id.as_str()).collect();
        let codes: BTreeMap<&str, &str> = self
            .entries()
            .filter(|entry| !entry.code.is_empty())
            .map(|entry| (entry.code.as_str(), entry.id.as_str()))
            .collect();
        for rule in &plan.rules {
            let mut named: BTreeSet<&str> = rule.covers.iter().map(String::as_str).collect();
            match rule.class.as_deref().map(|class| (class, codes.get(class))) {
                Some((_, Some(id))) => {
                    named.insert(id);
                }
                Some((class, None)) => {
                    faults.push(format!("{}: class is not among the 88: {class}", rule.file));
                }
                None => {}
            }
            for id in named {
                if ids.contains(id) {
                    covered.entry(id).or_default().insert(&rule.id);
                } else {
                    faults.push(format!("{}: covers names no entry: {id}", rule.file));
                }
            }
            // An article outside arts. 38 to 41 is no act of the list.
            if ids.contains(rule.article.key()) {
                covered.entry(rule.article.key()).or_default().insert(&rule.id);
            }
        }
        (covered, faults)
    }
}
