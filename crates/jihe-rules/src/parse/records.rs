//! Comma-separated text to records: fields, perhaps in quotes, one record after another.
//!
//! In: the text of a table. Out: for each record its fields, where it begins and its line. Any of
//! `\n`, `\r` and both end a record, lines without anything are none, and nothing is refused here: what
//! follows a closing quote belongs to the field, a quote that is never closed reaches to the end, and
//! the record tells of both.

use std::borrow::Cow;

/// The records of a text.
#[derive(Debug)]
pub(crate) struct Records<'t> {
    text: &'t str,
    /// The next byte.
    at: usize,
    /// The line of the next byte, from 1.
    line: u32,
}

/// A record; its room is used again for the next one.
#[derive(Debug, Default)]
pub(crate) struct Record<'t> {
    pub(crate) fields: Vec<Cow<'t, str>>,
    /// Its first byte.
    pub(crate) start: usize,
    /// The line on which it begins, from 1.
    pub(crate) line: u32,
    /// The first of its fields whose quotes are wrong.
    pub(crate) bad_quote: Option<(usize, BadQuote)>,
}

/// What is wrong with the quotes of a field: it may hold what were meant to be other records.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum BadQuote {
    /// The closing one is missing.
    Unclosed,
    /// Something stands between the closing one and the end of the field.
    TextBehind,
}

impl Record<'_> {
    /// A field; empty if there is none.
    pub(crate) fn field(&self, place: Option<usize>) -> &str {
        place.and_then(|place| self.fields.get(place)).map_or("", Cow::as_ref)
    }
}

impl<'t> Records<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// Reads the next record; tells whether there was one.
    pub(crate) fn read(&mut self, record: &mut Record<'t>) -> bool {
        while let Some(b'\n' | b'\r') = self.text.as_bytes().get(self.at) {
            self.step_over_end();
        }
        record.fields.clear();
        (record.start, record.line) = (self.at, self.line);
        record.bad_quote = None;
        if self.text.len() <= self.at {
            return false;
        }
        loop {
            let rest = self.text.get(self.at..).unwrap_or("");
            let place = record.fields.len();
            record.fields.push(if rest.as_bytes().first() == Some(&b'"') {
                let (field, wrong) = self.quoted(rest.get(1..).unwrap_or(""));
                record.bad_quote = record.bad_quote.or(wrong.map(|wrong| (place, wrong)));
                field
            } else {
                Cow::Borrowed(self.plain(rest))
            });
            if !self.step_over_end() {
                return true;
            }
        }
    }

    /// Takes the text before the next comma or end of line.
    fn plain(&mut self, rest: &'t str) -> &'t str {
        let mut end = 0_usize;
        for byte in rest.as_bytes() {
            if matches!(byte, b',' | b'\n' | b'\r') {
                break;
            }
            end = end.saturating_add(1);
        }
        self.at = self.at.saturating_add(end);
        rest.get(..end).unwrap_or(rest)
    }

    /// Takes a field in quotes, of which the first is gone; two of them stand for one.
    fn quoted(&mut self, quoted: &'t str) -> (Cow<'t, str>, Option<BadQuote>) {
        let mut value = String::new();
        let mut rest = quoted;
        while let Some((before, after)) = rest.split_once('"') {
            value.push_str(before);
            rest = after;
            let Some(more) = after.strip_prefix('"') else {
                self.take_until(rest);
                let behind = self.plain(rest);
                value.push_str(behind);
                let wrong = (!behind.is_empty()).then_some(BadQuote::TextBehind);
                return (Cow::Owned(value), wrong);
            };
            value.push('"');
            rest = more;
        }
        self.take_until("");
        value.push_str(rest);
        (Cow::Owned(value), Some(BadQuote::Unclosed))
    }

    /// Goes to where `rest` begins, counting lines.
    fn take_until(&mut self, rest: &str) {
        let until = self.text.len().saturating_sub(rest.len());
        let passed = self.text.get(self.at..until).unwrap_or("");
        let n_lines = passed.bytes().filter(|&byte| byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(n_lines).unwrap_or(u32::MAX));
        self.at = until;
    }

    /// Steps over what ends a field; tells whether another one follows.
    fn step_over_end(&mut self) -> bool {
        let end = self.text.as_bytes().get(self.at);
        self.line = self.line.saturating_add(u32::from(end == Some(&b'\n')));
        self.at = self.at.saturating_add(1).min(self.text.len());
        end == Some(&b',')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<(usize, u32, Vec<String>)> {
        let (mut records, mut record) = (Records::new(text), Record::default());
        let mut all = Vec::new();
        while records.read(&mut record) {
            let fields = record.fields.iter().map(|field| field.clone().into_owned()).collect();
            all.push((record.start, record.line, fields));
        }
        all
    }

    fn check(text: &str, expected: &[&[&str]]) {
        let fields: Vec<Vec<String>> = records(text).into_iter().map(|record| record.2).collect();
        assert_eq!(fields, expected, "{text:?}");
    }

    #[test]
    fn records_end_with_their_line_and_empty_lines_are_none() {
        check("a,b\n1,2\n", &[&["a", "b"], &["1", "2"]]);
        check("\r\n\na,b\r\n\r\n1,2\r3", &[&["a", "b"], &["1", "2"], &["3"]]);
        check("a,,\n,", &[&["a", "", ""], &["", ""]]);
        check("", &[]);
        check("\n\r\n", &[]);
        check(" \n", &[&[" "]]);
    }

    #[test]
    fn quotes_hold_commas_lines_and_quotes() {
        check("\"a,b\",\"c\nd\"\ne", &[&["a,b", "c\nd"], &["e"]]);
        check("\"a\"\"b\",\"\"", &[&["a\"b", ""]]);
        check("\"\"\"\"\"\"", &[&["\"\""]]);
        check("a\"b\",c", &[&["a\"b\"", "c"]]);
        check("\"a\"b\"c,d", &[&["ab\"c", "d"]]);
        check("\"a,\nb", &[&["a,\nb"]]);
        check("x,\"a\"\"", &[&["x", "a\""]]);
    }

    #[test]
    fn a_record_tells_of_quotes_that_are_wrong() {
        let wrong = |text| {
            let (mut records, mut record) = (Records::new(text), Record::default());
            let mut all = Vec::new();
            while records.read(&mut record) {
                all.push(record.bad_quote);
            }
            all
        };
        assert_eq!(wrong("\"a\",\"b\nc\"\n\"\"\"d\""), [None, None]);
        assert_eq!(wrong("a,\"b\nc\n"), [Some((1, BadQuote::Unclosed))]);
        assert_eq!(wrong("\"a\"b,c\nd"), [Some((0, BadQuote::TextBehind)), None]);
    }

    #[test]
    fn a_record_knows_where_it_begins() {
        let places: Vec<(usize, u32)> = records("a\n\n\"b\nc\",d\r\ne\n")
            .iter()
            .map(|&(start, line, _)| (start, line))
            .collect();
        assert_eq!(places, [(0, 1), (3, 3), (12, 5)]);
    }
}
