//! One rule file, as written.

use std::sync::Arc;

use jihe_terms::{Day, Grade, Status};

use crate::check::nearest::suggestion;
use crate::parse::fields::{Fields, document};
use crate::parse::param_file::{RawParam, bad_name, is_name, param};
use crate::parse::question::{Question, question};
use crate::parse::sink::{Context, Fault};
use crate::parse::source::{At, SourceFile, Text};
use crate::plan::{Bilingual, Family};

/// A rule as written; what is missing was reported.
#[derive(Clone, Debug)]
pub(crate) struct RuleFile {
    pub(crate) file: Arc<SourceFile>,
    pub(crate) id: String,
    pub(crate) family: Family,
    pub(crate) version: String,
    pub(crate) title: Bilingual,
    pub(crate) what: Bilingual,
    pub(crate) why: Bilingual,
    pub(crate) article: Option<Text>,
    pub(crate) class: Option<Text>,
    pub(crate) covers: Vec<Text>,
    pub(crate) from: Option<At<Day>>,
    pub(crate) until: Option<At<Day>>,
    pub(crate) status: Status,
    pub(crate) grade: Grade,
    pub(crate) yields_to: Vec<Text>,
    pub(crate) scope: Option<Text>,
    pub(crate) question: Option<Question>,
    pub(crate) params: Vec<RawParam>,
    /// Names of parameters whose tables have faults; expressions may still name them.
    pub(crate) broken_params: Vec<String>,
    pub(crate) exceptions: Vec<RawException>,
    pub(crate) zh: Option<Text>,
    pub(crate) en: Option<Text>,
}

/// An exception as written.
#[derive(Clone, Debug)]
pub(crate) struct RawException {
    pub(crate) name: At<String>,
    pub(crate) when: Text,
}

/// Reads a rule file; `None` if it is not TOML.
pub(crate) fn rule_file(
    context: Context<'_>,
    file: &Arc<SourceFile>,
    id: &str,
    family: Family,
) -> Option<RuleFile> {
    let table = document(context)?;
    let fields = Fields::root(context, table.get_ref());
    let (params, broken_params) = params(&fields);
    let text = |key, why| fields.bilingual(key, why).unwrap_or_default();
    let rule = RuleFile {
        file: Arc::clone(file),
        id: id.to_owned(),
        family,
        version: fields.text("version").map_or_else(|| "1".to_owned(), |text| text.value),
        title: fields.bilingual("title", "a finding shows the title").unwrap_or_default(),
        what: text("what", "the rule in one sentence"),
        why: text("why", "the purpose in our own words"),
        article: fields.need_text("article", "a refusal without an article does not hold"),
        class: fields.text("class"),
        covers: fields.texts("covers"),
        from: fields.need_day("from", "a rule holds from a day on"),
        until: fields.day("until"),
        status: word(&fields, "status", Status::from_word, &["draft", "shadow", "active"])
            .unwrap_or(Status::Draft),
        grade: word(&fields, "grade", Grade::from_word, GRADES).unwrap_or(Grade::Possible),
        yields_to: fields.texts("yields_to"),
        scope: scope(&fields),
        question: family_table(&fields, family),
        params,
        broken_params,
        exceptions: exceptions(&fields),
        zh: None,
        en: None,
    };
    let (zh, en) = message(&fields);
    fields.finish();
    Some(RuleFile { zh, en, ..rule })
}

/// The words for grades.
pub(crate) const GRADES: &[&str] = &["definite", "likely", "possible", "indicator"];

fn word<T>(
    fields: &Fields<'_>,
    key: &str,
    read: impl Fn(&str) -> Option<T>,
    known: &[&str],
) -> Option<T> {
    let text = fields.need_text(key, &format!("{key} is one of: {}", known.join(", ")))?;
    let value = read(&text.value);
    if value.is_none() {
        let shown: String = text.value.chars().take(60).collect();
        let fault = Fault::new("bad-value", format!("{key} is unknown: {shown}"))
            .why(format!("{key} is one of: {}", known.join(", ")))
            .todo(suggestion(&text.value, known));
        fields.context.error(text.spot, fault);
    }
    value
}

fn scope(fields: &Fields<'_>) -> Option<Text> {
    let scope = fields.fields("scope")?;
    let text = scope.need_text("where", "a scope says which lines it means");
    scope.finish();
    text
}

fn family_table(fields: &Fields<'_>, family: Family) -> Option<Question> {
    for other in Family::ALL {
        if other != family && fields.has(other.word()) {
            fields.fields(other.word());
            let what = format!("table [{}] stands in the folder {}", other.word(), family.word());
            let fault = Fault::new("wrong-family", what)
                .why("the folder names the family, and a rule asks one question")
                .todo(format!("move the file to {}/, or remove the table", other.word()));
            fields.context.error(fields.key_spot(other.word()), fault);
        }
    }
    if !fields.has(family.word()) {
        fields.missing(family.word(), "the folder names the family of the rule");
    }
    fields.fields(family.word()).map(|inner| question(inner, family))
}

/// The parameters, and the names of those with faults.
fn params(fields: &Fields<'_>) -> (Vec<RawParam>, Vec<String>) {
    let (mut params, mut broken) = (Vec::new(), Vec::new());
    let Some(all) = fields.fields("params") else { return (params, broken) };
    for entry in all.entries() {
        let name = At { value: entry.key.to_owned(), spot: entry.key_spot };
        if !is_name(entry.key) {
            bad_name(all.context, entry.key, entry.key_spot);
        }
        match all.sub_table(&entry).and_then(|inner| param(inner, name)) {
            Some(param) => params.push(param),
            None => broken.push(entry.key.to_owned()),
        }
    }
    (params, broken)
}

fn exceptions(fields: &Fields<'_>) -> Vec<RawException> {
    let Some(all) = fields.fields("except") else { return Vec::new() };
    let read = all.entries().into_iter().filter_map(|entry| {
        if !is_name(entry.key) {
            bad_name(all.context, entry.key, entry.key_spot);
        }
        let inner = all.sub_table(&entry)?;
        let when = inner.need_text("when", "an exception says when it applies");
        inner.finish();
        let name = At { value: entry.key.to_owned(), spot: entry.key_spot };
        Some(RawException { name, when: when? })
    });
    read.collect()
}

fn message(fields: &Fields<'_>) -> (Option<Text>, Option<Text>) {
    let why = "a finding is a sentence with its numbers, in both languages";
    if !fields.has("message") {
        fields.missing("message", why);
    }
    let Some(message) = fields.fields("message") else { return (None, None) };
    let both = (message.need_text("zh", why), message.need_text("en", why));
    message.finish();
    both
}
