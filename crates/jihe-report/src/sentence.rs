//! The sentence of a finding, from the pieces of its rule and its own values.
//!
//! What all findings of a rule share is made once ([`Voice`]); the values of a finding are written
//! once ([`Said`]) and copied to its sentences.

use std::collections::BTreeMap;
use std::iter::repeat;
use std::ops::Range;

use jihe_frame::{Hit, LinePart, N_VALUES, Value};
use jihe_rules::expr::{Expr, Type};
use jihe_rules::plan::{Piece, RatioUnit, Rule, Shape};
use jihe_terms::{Day, write_decimal};

use crate::expression;
use crate::frames::{lines_of, put_code, put_encounter, some};
use crate::scored::Scored;
use crate::value::{self, Meaning, write_trimmed};

/// The language of a sentence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Language {
    /// Chinese.
    Chinese,
    /// English.
    English,
}

impl Language {
    fn word(self, [zh, en]: Words) -> &'static str {
        match self {
            Self::Chinese => zh,
            Self::English => en,
        }
    }
}

/// A word in both languages.
type Words = [&'static str; 2];

const UNKNOWN: Words = ["未知", "unknown"];
const YES: Words = ["是", "yes"];
const NO: Words = ["否", "no"];

/// A name that every finding has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Basic {
    ItemCode,
    ItemName,
    Institution,
    Encounter,
    Day,
    Cnt,
    Pric,
    Amount,
}

const BASICS: [(&str, Basic); 8] = [
    ("hilist_code", Basic::ItemCode),
    ("item_name", Basic::ItemName),
    ("fixmedins_code", Basic::Institution),
    ("mdtrt_id", Basic::Encounter),
    ("day", Basic::Day),
    ("cnt", Basic::Cnt),
    ("pric", Basic::Pric),
    ("amount", Basic::Amount),
];

/// A piece of a sentence.
enum Bit {
    Words(String),
    /// By place among the spans of [`Said`], where one that is not there is never known; and what is said
    /// where there is none.
    Said(usize, &'static str),
    /// The same of what holds or does not: how both are said.
    Holds(usize, &'static str, Words),
}

impl Bit {
    /// The place of what it says.
    fn said(&self) -> Option<usize> {
        match self {
            Self::Words(_) => None,
            Self::Said(place, _) | Self::Holds(place, ..) => Some(*place),
        }
    }
}

/// What the findings of a rule say.
pub(crate) struct Voice {
    zh: Vec<Bit>,
    en: Vec<Bit>,
    /// Places in [`BASICS`] that the sentences name.
    basics: Vec<usize>,
    meanings: Vec<Meaning>,
    /// What stands before each value of the JSON object, and its place.
    names: Vec<(Vec<u8>, usize)>,
}

impl Voice {
    /// Makes the sentences of a rule ready.
    pub(crate) fn new(scored: &Scored<'_>, rule: &Rule) -> Self {
        let bits = |pieces: &[Piece], language: Language| {
            pieces.iter().map(|piece| bit(rule, piece, language)).collect::<Vec<_>>()
        };
        let zh = bits(&rule.message_zh, Language::Chinese);
        let en = bits(&rule.message_en, Language::English);
        let is_said = |place: &usize| {
            let said = Some(place.saturating_add(N_VALUES));
            zh.iter().chain(&en).any(|bit| bit.said() == said)
        };
        let basics = (0..BASICS.len()).filter(is_said).collect();
        let meanings = (0..n_values(rule)).map(|place| meaning(rule, place)).collect();
        // A later value of the same name takes the place of an earlier one.
        let names: BTreeMap<String, usize> =
            (0..n_named(rule)).map(|place| (value_name(scored, rule, place), place)).collect();
        let before = |(nth, (name, place)): (usize, (String, usize))| {
            let mut before = if nth == 0 { b"{".to_vec() } else { b",".to_vec() };
            write_json(name.as_bytes(), &mut before);
            before.push(b':');
            (before, place)
        };
        Self {
            zh,
            en,
            basics,
            meanings,
            names: names.into_iter().enumerate().map(before).collect(),
        }
    }
}

fn bit(rule: &Rule, piece: &Piece, language: Language) -> Bit {
    let place = match piece {
        Piece::Text(text) => return Bit::Words(text.clone()),
        Piece::Value(place) => *place,
        Piece::Basic(name) => {
            let place = BASICS.iter().position(|(known, _)| known == name);
            let said = place.unwrap_or(BASICS.len()).saturating_add(N_VALUES);
            return Bit::Said(said, language.word(UNKNOWN));
        }
    };
    if n_values(rule) <= place {
        return Bit::Said(if place < N_VALUES { place } else { N_SAID }, language.word(UNKNOWN));
    }
    let nothing = language.word(absent(rule, place));
    match meaning(rule, place) {
        Meaning::YesNo => Bit::Holds(place, nothing, [YES, NO].map(|words| language.word(words))),
        Meaning::Money | Meaning::Plain | Meaning::Line => Bit::Said(place, nothing),
    }
}

/// Values that the sentences of a rule may name.
fn n_values(rule: &Rule) -> usize {
    rule.values.len().max(rule.shape.value_names().len()).min(N_VALUES)
}

/// Whether the numbers of a rule are rates or beds, and no money.
fn names_no_money(rule: &Rule) -> bool {
    let is_rate = matches!(&rule.shape, Shape::Ratio(ratio) if ratio.unit != RatioUnit::Yuan);
    is_rate || matches!(rule.shape, Shape::Beds { .. } | Shape::Conditions(_))
}

fn n_named(rule: &Rule) -> usize {
    let names = rule.shape.value_names();
    let n_values = if names.is_empty() { rule.values.len() } else { names.len() };
    n_values.min(N_VALUES)
}

fn value_name(scored: &Scored<'_>, rule: &Rule, place: usize) -> String {
    match rule.shape.value_names().get(place) {
        Some(name) => (*name).to_owned(),
        None => rule.values.get(place).map_or_else(String::new, |expr| {
            expression::text(expr, expression::names(scored.plan, rule))
        }),
    }
}

fn meaning(rule: &Rule, place: usize) -> Meaning {
    match (rule.shape.value_names().get(place), rule.values.get(place)) {
        (Some(&"first_line"), _) => Meaning::Line,
        // Of the values of other shapes only money has two decimals.
        (Some(_), _) if !names_no_money(rule) => Meaning::Money,
        (Some(_), _) | (None, None) => Meaning::Plain,
        (None, Some(expr)) => value::meaning_of(expr),
    }
}

/// What is said where a value is not there: an empty cell of the rule's table sets no bound.
fn absent(rule: &Rule, place: usize) -> Words {
    match rule.values.get(place) {
        Some(Expr::Row(_, Type::Code | Type::Bool)) => ["无", "none"],
        Some(Expr::Row(_, Type::Number(_) | Type::Day | Type::Moment)) => ["不限", "no limit"],
        _ => UNKNOWN,
    }
}

/// The values of a finding as texts, for all its sentences; used for one finding after the other.
#[derive(Default)]
pub(crate) struct Said {
    text: Vec<u8>,
    /// Values, then names.
    spans: [Option<Range<usize>>; N_SAID],
}

/// Values and names of a finding.
const N_SAID: usize = N_VALUES + BASICS.len();

impl Said {
    /// Looks up what the sentences of a finding name.
    pub(crate) fn look_up(&mut self, scored: &Scored<'_>, voice: &Voice, hit: &Hit) {
        self.text.clear();
        self.spans = <_>::default();
        let (values, basics) = self.spans.split_at_mut(N_VALUES);
        let text = &mut self.text;
        let said = scored.hits.values_of(hit).chain(repeat(Value::Missing));
        for ((&meaning, value), slot) in voice.meanings.iter().zip(said).zip(values) {
            *slot = span(text, |text| value::write(scored, value, meaning, text));
        }
        if voice.basics.is_empty() {
            return;
        }
        let first = first_line(scored, hit).map(|line| scored.lines.place(line));
        for &place in &voice.basics {
            let Some(&(_, basic)) = BASICS.get(place) else { continue };
            let basic = span(text, |text| match first {
                Some((part, row)) => of_line(scored, part, row, basic, text),
                None => of_stay(scored, hit, basic, text),
            });
            if let Some(slot) = basics.get_mut(place) {
                *slot = basic;
            }
        }
    }

    /// Adds the sentence of the finding.
    pub(crate) fn sentence(&self, voice: &Voice, language: Language, text: &mut Vec<u8>) {
        let bits = match language {
            Language::Chinese => &voice.zh,
            Language::English => &voice.en,
        };
        for bit in bits {
            text.extend_from_slice(match bit {
                Bit::Words(words) => words.as_bytes(),
                Bit::Said(place, nothing) => self.said(*place).unwrap_or(nothing.as_bytes()),
                Bit::Holds(place, nothing, [yes, no]) => match self.said(*place) {
                    Some(b"0") => no.as_bytes(),
                    Some(_) => yes.as_bytes(),
                    None => nothing.as_bytes(),
                },
            });
        }
    }

    #[inline]
    fn said(&self, place: usize) -> Option<&[u8]> {
        let span = self.spans.get(place)?.as_ref()?;
        self.text.get(span.start..span.end)
    }

    /// Adds the named values as one JSON object; values that are not known are null.
    pub(crate) fn values_json(&self, voice: &Voice, text: &mut Vec<u8>) {
        for (before, place) in &voice.names {
            text.extend_from_slice(before);
            match self.said(*place) {
                Some(value) => write_json(value, text),
                None => text.extend_from_slice(b"null"),
            }
        }
        text.extend_from_slice(if voice.names.is_empty() { b"{}" } else { b"}" });
    }
}

/// What `write` added to the text, if it says that there is something.
fn span(text: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> bool) -> Option<Range<usize>> {
    let from = text.len();
    write(text).then_some(from..text.len())
}

/// Adds a JSON string.
fn write_json(value: &[u8], text: &mut Vec<u8>) {
    let is_plain = |byte: &u8| 0x20 <= *byte && *byte != b'"' && *byte != b'\\';
    if value.iter().all(is_plain) {
        text.push(b'"');
        text.extend_from_slice(value);
        text.push(b'"');
    } else {
        let quoted = serde_json::to_string(&String::from_utf8_lossy(value)).unwrap_or_default();
        text.extend_from_slice(quoted.as_bytes());
    }
}

/// The first cut line of a finding, or its first line where none is cut.
fn first_line(scored: &Scored<'_>, hit: &Hit) -> Option<u32> {
    let lines = lines_of(scored, hit);
    let cut = lines.iter().filter(|line| line.is_cut());
    let first = cut.map(|line| line.line).min();
    first.or_else(|| lines.iter().map(|line| line.line).min())
}

/// Adds a name of a finding without lines; tells whether it is known.
fn of_stay(scored: &Scored<'_>, hit: &Hit, basic: Basic, text: &mut Vec<u8>) -> bool {
    match basic {
        Basic::Encounter => put_encounter(scored, hit.encounter, text),
        Basic::Institution => {
            put_code(scored, hit.institution, text);
            some(hit.institution).is_some()
        }
        Basic::ItemCode
        | Basic::ItemName
        | Basic::Day
        | Basic::Cnt
        | Basic::Pric
        | Basic::Amount => false,
    }
}

/// Adds a name of a line; tells whether it is known.
#[expect(clippy::indexing_slicing, reason = "the row was placed by the month itself")]
fn of_line(
    scored: &Scored<'_>,
    part: &LinePart,
    row: usize,
    basic: Basic,
    text: &mut Vec<u8>,
) -> bool {
    match basic {
        Basic::ItemCode => put_code(scored, part.item[row], text),
        Basic::ItemName => {
            let from = text.len();
            scored.items.put_name(part.item[row], part.day[row], text);
            // An item without a name in the catalogue is called by its code.
            if text.len() == from {
                put_code(scored, part.item[row], text);
            }
        }
        Basic::Institution => put_code(scored, part.institution[row], text),
        Basic::Encounter => return put_encounter(scored, part.encounter[row], text),
        Basic::Day => Day::from_epoch(part.day[row]).write(text),
        Basic::Cnt => write_trimmed(part.cnt[row], 4, text),
        Basic::Pric => write_trimmed(part.pric[row], 6, text),
        Basic::Amount => write_decimal(part.amount[row].into(), 2, text),
    }
    true
}
