//! `pack.toml` and `sources.toml`, as written.

use std::collections::BTreeMap;

use jihe_terms::{Article, Day, Status};

use crate::parse::fields::{Fields, document};
use crate::parse::sink::{Context, Fault};
use crate::parse::source::{At, Spot, Text};
use crate::plan::Bilingual;

/// A pack as written.
#[derive(Clone, Debug, Default)]
pub(crate) struct PackFile {
    pub(crate) id: String,
    pub(crate) id_spot: Spot,
    pub(crate) title: Bilingual,
    pub(crate) from: Option<Day>,
    pub(crate) builds_on: Vec<Text>,
    pub(crate) overrides: Vec<Override>,
    pub(crate) statuses: Vec<(At<String>, Status)>,
}

/// A parameter of a lower pack's rule that is moved.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    pub(crate) rule: At<String>,
    pub(crate) param: At<String>,
    pub(crate) digits: At<String>,
    /// Where the local value is from.
    pub(crate) cite: Option<String>,
}

/// Reads `pack.toml`.
pub(crate) fn pack_file(context: Context<'_>) -> Option<PackFile> {
    let table = document(context)?;
    let fields = Fields::root(context, table.get_ref());
    let id = fields.need_text("id", "results name the pack");
    if let Some(id) = &id {
        let good =
            id.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !good {
            let fault = Fault::new("bad-name", "id of the pack is not allowed")
                .why("it stands in file names and results")
                .todo("use letters, digits, - and _");
            context.error(id.spot, fault);
        }
    }
    let pack = PackFile {
        id_spot: id.as_ref().map(|text| text.spot).unwrap_or_default(),
        id: id.map(|text| text.value).unwrap_or_default(),
        title: fields.bilingual("title", "results show the title").unwrap_or_default(),
        from: fields.need_day("from", "a pack holds from a day on").map(|day| day.value),
        builds_on: fields.texts("builds_on"),
        overrides: overrides(&fields),
        statuses: statuses(&fields),
    };
    fields.finish();
    Some(pack)
}

fn overrides(fields: &Fields<'_>) -> Vec<Override> {
    let Some(all) = fields.fields("params") else { return Vec::new() };
    let mut found = Vec::new();
    for entry in all.entries() {
        let rule = At { value: entry.key.to_owned(), spot: entry.key_spot };
        let Some(inner) = all.sub_table(&entry) else { continue };
        for entry in inner.entries() {
            let param = At { value: entry.key.to_owned(), spot: entry.key_spot };
            let (digits, cite) = if inner.is_table(entry.key) {
                let Some(own) = inner.sub_table(&entry) else { continue };
                let cite = own.need_text("cite", "a value without a source cannot be defended");
                let digits = own.need_digits("value", "a moved parameter has a value");
                own.finish();
                (digits, cite.map(|text| text.value))
            } else {
                (inner.digits(&entry), None)
            };
            if let Some(digits) = digits {
                found.push(Override { rule: rule.clone(), param, digits, cite });
            }
        }
    }
    found
}

fn statuses(fields: &Fields<'_>) -> Vec<(At<String>, Status)> {
    let Some(all) = fields.fields("status") else { return Vec::new() };
    let read = all.entries().into_iter().filter_map(|entry| {
        let text = all.as_text(entry.value, entry.key)?;
        let status = Status::from_word(&text.value);
        if status.is_none() {
            let fault = Fault::new("bad-value", "status is unknown")
                .why("status is one of: draft, shadow, active")
                .todo("write one of them");
            all.context.error(text.spot, fault);
        }
        Some((At { value: entry.key.to_owned(), spot: entry.key_spot }, status?))
    });
    read.collect()
}

/// Articles with title and day of the last check in words, and those days.
type Sources = (BTreeMap<String, String>, Vec<(String, At<Day>)>);

/// Reads `sources.toml`.
pub(crate) fn sources_file(context: Context<'_>) -> Sources {
    let (mut sources, mut days) = (BTreeMap::new(), Vec::new());
    let Some(table) = document(context) else { return (sources, days) };
    let fields = Fields::root(context, table.get_ref());
    for entry in fields.entries() {
        if Article::new(entry.key).is_none() {
            let shown: String = entry.key.chars().take(60).collect();
            let fault = Fault::new("bad-article", format!("key is no article: {shown}"))
                .why("a source is named as document/article.item")
                .todo("write it like [\"reg735/38.3\"]");
            context.error(entry.key_spot, fault);
        }
        let Some(inner) = fields.sub_table(&entry) else { continue };
        let title = inner.bilingual("title", "reports name the article");
        inner.need_text("text", "the article in our own words");
        let checked = inner.need_day("checked", "a source grows old: say when it was last read");
        inner.finish();
        if let (Some(title), Some(checked)) = (title, checked) {
            sources.insert(entry.key.to_owned(), format!("{} ({})", title.zh, checked.value));
            days.push((entry.key.to_owned(), checked));
        }
    }
    (sources, days)
}
