//! A TOML table whose keys are asked for one by one; what nobody asked for is unknown.

use std::cell::RefCell;
use std::collections::BTreeSet;

use jihe_terms::{Day, parse_decimal};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::check::nearest::suggestion;
use crate::parse::sink::{Context, Fault};
use crate::parse::source::{At, Spot, Text};
use crate::plan::Bilingual;

/// Reads a file as TOML and reports all its faults; `None` if there was any.
pub(crate) fn document(context: Context<'_>) -> Option<Spanned<DeTable<'_>>> {
    let (table, faults) = DeTable::parse_recoverable(&context.file.text);
    if faults.is_empty() {
        return Some(table);
    }
    for fault in faults {
        let spot = fault.span().map_or_else(Spot::default, |span| Spot::new(span.start, span.end));
        let todo = if fault.message().contains("duplicate key") {
            "keep one of the two"
        } else {
            "correct the line; see toml.io for the syntax"
        };
        let what = format!("not valid TOML: {}", fault.message());
        context.error(spot, Fault::new("toml", what).why("rule files are TOML 1.0").todo(todo));
    }
    None
}

/// A table of a TOML file.
pub(crate) struct Fields<'a> {
    pub(crate) context: Context<'a>,
    table: &'a DeTable<'a>,
    pub(crate) spot: Spot,
    name: String,
    asked: RefCell<BTreeSet<String>>,
}

/// A key of a table with its value.
pub(crate) struct Entry<'a> {
    pub(crate) key: &'a str,
    pub(crate) key_spot: Spot,
    pub(crate) value: &'a Spanned<DeValue<'a>>,
}

fn spot_of<T>(spanned: &Spanned<T>) -> Spot {
    let span = spanned.span();
    Spot::new(span.start, span.end)
}

impl<'a> Fields<'a> {
    /// The whole file.
    pub(crate) fn root(context: Context<'a>, table: &'a DeTable<'a>) -> Self {
        Self::new(context, table, Spot::default(), String::new())
    }

    fn new(context: Context<'a>, table: &'a DeTable<'a>, spot: Spot, name: String) -> Self {
        Self { context, table, spot, name, asked: RefCell::default() }
    }

    /// The table's name in messages.
    fn named(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn find(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().insert(key.to_owned());
        self.table.iter().find(|(name, _)| name.get_ref().as_ref() == key).map(|(_, value)| value)
    }

    /// Tells whether the key is there, without asking for it.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(name, _)| name.get_ref().as_ref() == key)
    }

    /// Where a key stands; the table if it is not there.
    pub(crate) fn key_spot(&self, key: &str) -> Spot {
        let found = self.table.iter().find(|(name, _)| name.get_ref().as_ref() == key);
        found.map_or(self.spot, |(name, _)| spot_of(name))
    }

    /// All keys in the order of the file.
    pub(crate) fn entries(&self) -> Vec<Entry<'a>> {
        let mut entries: Vec<_> = self
            .table
            .iter()
            .map(|(name, value)| Entry {
                key: name.get_ref().as_ref(),
                key_spot: spot_of(name),
                value,
            })
            .collect();
        entries.sort_by_key(|entry| entry.key_spot.start);
        self.asked.borrow_mut().extend(entries.iter().map(|entry| entry.key.to_owned()));
        entries
    }

    /// A value by any key, as the same kinds of thing that fields are.
    pub(crate) fn sub_table(&self, entry: &Entry<'a>) -> Option<Fields<'a>> {
        self.as_fields(entry.value, entry.key)
    }

    fn as_fields(&self, value: &'a Spanned<DeValue<'a>>, key: &str) -> Option<Fields<'a>> {
        match value.get_ref().as_table() {
            Some(table) => Some(Self::new(self.context, table, spot_of(value), self.named(key))),
            None => self.wrong(value, key, "a table"),
        }
    }

    fn wrong<T>(&self, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) -> Option<T> {
        let found = value.get_ref().type_str();
        let what = format!("{} is {found}, not {wanted}", self.named(key));
        let todo = match (found, wanted) {
            ("float", _) => "binary floats are not exact: write a decimal as text, \"0.05\"".into(),
            (_, "a day") => "write a day without quotes: 2021-05-01".into(),
            _ => format!("write {wanted}"),
        };
        let fault = Fault::new("wrong-type", what).why("each key has one type").todo(todo);
        self.context.error(spot_of(value), fault);
        None
    }

    /// Reports a key that must be there.
    pub(crate) fn missing(&self, key: &str, why: &str) {
        let fault = Fault::new("missing-key", format!("key is missing: {}", self.named(key)))
            .why(why)
            .todo(format!("add {key}"));
        self.context.error(self.spot, fault);
    }

    /// A text, if there.
    pub(crate) fn text(&self, key: &str) -> Option<Text> {
        let value = self.find(key)?;
        self.as_text(value, key)
    }

    /// Reads a value as text.
    pub(crate) fn as_text(&self, value: &'a Spanned<DeValue<'a>>, key: &str) -> Option<Text> {
        let Some(text) = value.get_ref().as_str() else {
            return self.wrong(value, key, "a text");
        };
        let spot = spot_of(value);
        let raw = self.context.file.text.get(spot.start..spot.end).unwrap_or("");
        let quote =
            raw.chars().take_while(|&letter| letter == '"' || letter == '\'').count().min(3);
        let inside = raw.find(text).filter(|_| !text.is_empty());
        let base = inside.filter(|&place| quote.min(1) <= place);
        let base = base.map(|place| spot.start.saturating_add(place));
        Some(Text { value: text.to_owned(), spot, base })
    }

    /// A text that must be there and not be empty.
    pub(crate) fn need_text(&self, key: &str, why: &str) -> Option<Text> {
        if self.find(key).is_none() {
            self.missing(key, why);
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            let what = format!("text is empty: {}", self.named(key));
            let fault = Fault::new("empty", what).why(why).todo("write it");
            self.context.error(text.spot, fault);
            return None;
        }
        Some(text)
    }

    /// A day, written as a TOML date or as text.
    pub(crate) fn day(&self, key: &str) -> Option<At<Day>> {
        let value = self.find(key)?;
        let spot = spot_of(value);
        let day = match (value.get_ref().as_datetime(), value.get_ref().as_str()) {
            (Some(moment), _) => match (moment.date, moment.time, moment.offset) {
                (Some(date), None, None) => Day::from_civil(
                    i32::from(date.year),
                    u32::from(date.month),
                    u32::from(date.day),
                )
                .filter(|_| 1800 <= date.year),
                _ => return self.wrong(value, key, "a day"),
            },
            (None, Some(text)) => Day::parse(text).ok(),
            (None, None) => return self.wrong(value, key, "a day"),
        };
        if day.is_none() {
            let text = self.context.file.text.get(spot.start..spot.end).unwrap_or("");
            let what = format!("{} is no day: {}", self.named(key), text.escape_debug());
            let fault = Fault::new("bad-date", what)
                .why("days are written yyyy-MM-dd, from 1800 on")
                .todo("write a day of the calendar: 2021-05-01");
            self.context.error(spot, fault);
        }
        day.map(|value| At { value, spot })
    }

    /// A day that must be there.
    pub(crate) fn need_day(&self, key: &str, why: &str) -> Option<At<Day>> {
        if self.find(key).is_none() {
            self.missing(key, why);
            return None;
        }
        self.day(key)
    }

    /// A list of texts; empty if not there.
    pub(crate) fn texts(&self, key: &str) -> Vec<Text> {
        let items = self.find(key).and_then(|value| self.array(value, key));
        items.into_iter().flatten().filter_map(|item| self.as_text(item, key)).collect()
    }

    fn array(&self, value: &'a Spanned<DeValue<'a>>, key: &str) -> Option<&'a DeArray<'a>> {
        match value.get_ref().as_array() {
            Some(items) => Some(items),
            None => self.wrong(value, key, "a list"),
        }
    }

    /// A list of tables, if there.
    pub(crate) fn tables(&self, key: &str) -> Option<Vec<Fields<'a>>> {
        let items = self.array(self.find(key)?, key)?;
        Some(items.iter().filter_map(|item| self.as_fields(item, key)).collect())
    }

    /// A table, if there.
    pub(crate) fn fields(&self, key: &str) -> Option<Fields<'a>> {
        let value = self.find(key)?;
        self.as_fields(value, key)
    }

    /// Tells whether the value of a key is a text.
    pub(crate) fn is_text(&self, key: &str) -> bool {
        self.find(key).is_some_and(|value| value.get_ref().is_str())
    }

    /// Tells whether the value of a key is a table.
    pub(crate) fn is_table(&self, key: &str) -> bool {
        self.find(key).is_some_and(|value| value.get_ref().is_table())
    }

    /// A title in both languages; one text stands for both.
    pub(crate) fn bilingual(&self, key: &str, why: &str) -> Option<Bilingual> {
        if self.is_text(key) {
            let text = self.need_text(key, why)?.value;
            return Some(Bilingual { zh: text.clone(), en: text });
        }
        if self.find(key).is_none() {
            self.missing(&format!("{key}.zh"), why);
            return None;
        }
        let fields = self.fields(key)?;
        let (zh, en) = (fields.need_text("zh", why), fields.need_text("en", why));
        fields.finish();
        Some(Bilingual { zh: zh?.value, en: en?.value })
    }

    /// A number of that many decimals: a whole number, or a decimal as text.
    pub(crate) fn number(&self, key: &str, scale: u32) -> Option<At<i64>> {
        let value = self.find(key)?;
        let text = self.as_digits(value, key)?;
        scaled(self.context, &text, &self.named(key), scale)
    }

    /// The digits of an entry, to be read when its unit is known.
    pub(crate) fn digits(&self, entry: &Entry<'a>) -> Option<At<String>> {
        self.as_digits(entry.value, entry.key)
    }

    /// Digits that must be there, to be read when their unit is known.
    pub(crate) fn need_digits(&self, key: &str, why: &str) -> Option<At<String>> {
        let Some(value) = self.find(key) else {
            self.missing(key, why);
            return None;
        };
        self.as_digits(value, key)
    }

    fn as_digits(&self, value: &'a Spanned<DeValue<'a>>, key: &str) -> Option<At<String>> {
        let text = match (value.get_ref().as_integer(), value.get_ref().as_str()) {
            (Some(integer), _) if integer.radix() == 10 => integer.as_str(),
            (_, Some(text)) => text,
            _ => return self.wrong(value, key, "a whole number or a decimal as text"),
        };
        Some(At { value: text.to_owned(), spot: spot_of(value) })
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self) {
        let asked = self.asked.borrow();
        for (name, _) in self.table {
            let key = name.get_ref().as_ref();
            if asked.contains(key) {
                continue;
            }
            let known: Vec<&str> = asked.iter().map(String::as_str).collect();
            let shown: String = key.chars().take(60).collect();
            let fault =
                Fault::new("unknown-key", format!("key is unknown: {}", self.named(&shown)))
                    .why("a key that nobody reads would be forgotten in silence")
                    .todo(suggestion(key, &known));
            self.context.error(spot_of(name), fault);
        }
    }
}

/// Reads digits as a number of that many decimals.
pub(crate) fn scaled(
    context: Context<'_>,
    text: &At<String>,
    name: &str,
    scale: u32,
) -> Option<At<i64>> {
    match parse_decimal(text.value.as_bytes(), scale, 16) {
        Ok(value) => Some(At { value, spot: text.spot }),
        Err(why) => {
            let shown: String = text.value.chars().take(40).collect();
            let what = format!("{name} is no number of its unit: {}", shown.escape_debug());
            let fault = Fault::new("bad-number", what)
                .why(format!("{why}; the unit has {scale} decimals"))
                .todo("write plain digits with at most one point");
            context.error(text.spot, fault);
            None
        }
    }
}
