//! The head of a rule: article, days, class, order, exceptions.

use jihe_terms::{Article, DayRange};

use crate::check::names::Subject;
use crate::check::nearest::nearest;
use crate::check::params::unknown_rule;
use crate::check::typing::Wanted;
use crate::check::walk::is_constant;
use crate::compile::{Compiler, Known};
use crate::parse::sink::Fault;
use crate::parse::source::{At, Text};
use crate::plan::{Exception, Family};

/// Article and days of a rule.
pub(crate) struct Head {
    pub(crate) article: Article,
    pub(crate) range: DayRange,
}

/// Exceptions that a rule may have.
const MOST_EXCEPTIONS: usize = 32;

impl Compiler<'_> {
    /// Checks the head; reports all its faults.
    pub(crate) fn head(&self, known: &Known<'_>) -> Option<Head> {
        self.class();
        self.covers(known);
        self.yields(known);
        let range = self.range();
        let article = self.rule.article.as_ref().and_then(|text| self.article(text, known));
        Some(Head { article: article?, range: range? })
    }

    fn article(&self, text: &Text, known: &Known<'_>) -> Option<Article> {
        let article = Article::new(&text.value);
        if article.is_some() && known.sources.contains_key(&text.value) {
            return article;
        }
        let keys: Vec<&str> = known.sources.keys().map(String::as_str).collect();
        let shown: String = text.value.chars().take(60).collect();
        let fault =
            Fault::new("missing-article", format!("article is not in sources.toml: {shown}"))
                .why("a refusal without an article does not hold")
                .todo(match nearest(&text.value, &keys) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "add it to sources.toml with title, text and checked".to_owned(),
                });
        self.context.error(text.spot, fault);
        None
    }

    fn range(&self) -> Option<DayRange> {
        let from = self.rule.from.as_ref()?;
        let range = DayRange::new(from.value, self.rule.until.as_ref().map(|until| until.value));
        if range.is_none() {
            let fault = Fault::new("empty-range", "until is not after from")
                .why("until is the first day on which the rule no longer holds")
                .todo("write the day after the last one, or remove until");
            let spot = self.rule.until.as_ref().map_or(from.spot, |until| until.spot);
            self.context.error(spot, fault);
        }
        range
    }

    fn class(&self) {
        let Some(text) = &self.rule.class else { return };
        let good = text.value.split_once('-').is_some_and(|(kind, digits)| {
            matches!(kind, "GZ" | "ZB")
                && digits.len() == 6
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        });
        if !good {
            let fault = Fault::new("bad-value", "class is no class of the rule library")
                .why("classes are GZ or ZB and six digits")
                .todo("write it like \"GZ-102012\", or remove it");
            self.context.error(text.spot, fault);
        }
    }

    fn covers(&self, known: &Known<'_>) {
        for text in &self.rule.covers {
            if text.value.contains('/') {
                self.article(text, known);
                continue;
            }
            let digits = text.value.strip_prefix(['T', 'A', 'N']).unwrap_or("");
            let good =
                (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            if !good {
                let fault = Fault::new("bad-value", "covers names no statement")
                    .why("statements are T, A or N and a number, acts an article of sources.toml")
                    .todo("write it like \"T03\" or \"reg735/41.3\"");
                self.context.error(text.spot, fault);
            }
        }
    }

    fn yields(&self, known: &Known<'_>) {
        let ids: Vec<&str> = known.families.keys().map(String::as_str).collect();
        for text in &self.rule.yields_to {
            let Some(&family) = known.families.get(&text.value) else {
                let rule = At { value: text.value.clone(), spot: text.spot };
                unknown_rule(self.context, &rule, &ids);
                continue;
            };
            if self.rule.family == Family::Stay && family != Family::Stay {
                let what = format!("a stay rule cannot yield to {}", text.value);
                let fault = Fault::new("yields", what)
                    .why("the stay family goes first (semantics, chapter 3)")
                    .todo("remove it");
                self.context.error(text.spot, fault);
            }
        }
    }

    /// Types the exceptions and compares them with each other.
    pub(crate) fn exceptions(&self, subject: Subject) -> Option<Vec<Exception>> {
        let mut good = true;
        let mut exceptions: Vec<Exception> = Vec::new();
        for raw in &self.rule.exceptions {
            let Some(when) = self.expr(&raw.when, subject, None, Wanted::Bool) else {
                good = false;
                continue;
            };
            if is_constant(&when) {
                self.not_constant(&when, &raw.when, "exception");
            } else if let Some(other) = exceptions.iter().find(|other| other.when == when) {
                let what = format!("exceptions {} and {} are the same", other.name, raw.name.value);
                let fault = Fault::new("clash", what)
                    .why("nobody could tell by which name a claim is exempt")
                    .todo("keep one, or tell them apart");
                self.context.error(raw.name.spot, fault);
            }
            exceptions.push(Exception { name: raw.name.value.clone(), when });
        }
        if let Some(beyond) = self.rule.exceptions.get(MOST_EXCEPTIONS) {
            let fault = Fault::new("too-large", "a rule has 32 exceptions at most")
                .why("which of them nobody could tell of is kept with each finding")
                .todo("put those of one kind into one condition, or into a table");
            self.context.error(beyond.name.spot, fault);
            good = false;
        }
        good.then_some(exceptions)
    }
}
