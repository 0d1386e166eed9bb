//! Records of comma separated text: where they end, and where their fields are.
//!
//! In: UTF-8 or other bytes that begin with a record. A field that begins with a quote ends with
//! one, a quote inside is doubled; lines end with LF, CRLF or CR; blank lines are no records.
//! Out: fields as ranges of bytes; bad records by line with a reason, so that one never takes the
//! next with it. Not here: types (`normalise`).

use memchr::{memchr, memchr_iter, memchr2, memrchr2};

use crate::cells::LONGEST_NAME;
use crate::normalise::{check_text, shown};
use crate::place::id;
use crate::words::{Marks, mark_bits, plain_len};

/// A record longer than this is an unclosed quote.
pub(crate) const LONGEST_RECORD: usize = 1 << 20;

/// A record that is too long or never ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Endless {
    /// Lines before it.
    pub(crate) line: u32,
}

/// The length of the complete records at the beginning of `text`, which has these marks, and of which more
/// may follow.
pub(crate) fn complete(text: &[u8], marks: Marks) -> Result<usize, Endless> {
    let end = if marks.has_quotes {
        let mut end = 0;
        while let Some(next) = skip(text, end) {
            if LONGEST_RECORD < next.saturating_sub(end) {
                return Err(endless(text, end));
            }
            end = next;
        }
        end
    } else {
        // A return at the very end may be the first half of a line end.
        let before = match text.split_last() {
            Some((b'\n', _)) | None => text,
            Some((_, before)) => before,
        };
        memrchr2(b'\n', b'\r', before).map_or(0, |place| place.saturating_add(1))
    };
    if LONGEST_RECORD < text.len().saturating_sub(end) {
        return Err(endless(text, end));
    }
    Ok(end)
}

fn endless(text: &[u8], start: usize) -> Endless {
    Endless { line: n_lines(text.get(..start).unwrap_or(&[])) }
}

fn byte(text: &[u8], place: usize) -> Option<u8> {
    text.get(place).copied()
}

fn rest(text: &[u8], place: usize) -> &[u8] {
    text.get(place..).unwrap_or(&[])
}

/// The place after the record at `start`, if its end is in sight.
fn skip(text: &[u8], start: usize) -> Option<usize> {
    let mut place = start;
    loop {
        if byte(text, place) == Some(b'"') {
            place = after_quotes(text, place)?;
            byte(text, place)?;
        }
        place = place.saturating_add(memchr::memchr3(b',', b'\n', b'\r', rest(text, place))?);
        match byte(text, place)? {
            b'\r' => {
                let next = place.saturating_add(1);
                return Some(if byte(text, next)? == b'\n' {
                    next.saturating_add(1)
                } else {
                    next
                });
            }
            b'\n' => return Some(place.saturating_add(1)),
            _ => place = place.saturating_add(1),
        }
    }
}

/// The place after the closing quote of the field that opens at `open`.
fn after_quotes(text: &[u8], open: usize) -> Option<usize> {
    let mut place = open.saturating_add(1);
    loop {
        place = place.saturating_add(memchr(b'"', rest(text, place))?).saturating_add(1);
        if byte(text, place) != Some(b'"') {
            return Some(place);
        }
        place = place.saturating_add(1);
    }
}

/// The number of line ends.
pub(crate) fn n_lines(text: &[u8]) -> u32 {
    if memchr(b'\r', text).is_none() {
        return id(memchr_iter(b'\n', text).count());
    }
    let mut n_lines = 0_u32;
    let mut place = 0;
    while let Some(found) = memchr2(b'\n', b'\r', rest(text, place)) {
        place = place.saturating_add(found);
        let is_pair =
            byte(text, place) == Some(b'\r') && byte(text, place.saturating_add(1)) == Some(b'\n');
        place = place.saturating_add(if is_pair { 2 } else { 1 });
        n_lines = n_lines.saturating_add(1);
    }
    n_lines
}

/// The place after the first record.
pub(crate) fn first_end(text: &[u8]) -> usize {
    skip(text, 0).unwrap_or_else(|| {
        let is_line = memchr2(b'\n', b'\r', text).filter(|_| memchr(b'"', text).is_none());
        is_line.map_or(text.len(), |place| place.saturating_add(1))
    })
}

/// The number of fields of one record.
pub(crate) fn n_fields(record: &[u8]) -> usize {
    let mut n_fields = 1_usize;
    let mut place = 0;
    loop {
        if byte(record, place) == Some(b'"') {
            place = after_quotes(record, place).unwrap_or(record.len());
        }
        match memchr(b',', rest(record, place)) {
            Some(comma) => place = place.saturating_add(comma).saturating_add(1),
            None => return n_fields,
        }
        n_fields = n_fields.saturating_add(1);
    }
}

/// A record that cannot be split into fields.
#[derive(Clone, Debug)]
pub(crate) struct Reject {
    /// Lines before it.
    pub(crate) line: u32,
    pub(crate) reason: &'static str,
    /// The field that is at fault, if one alone is.
    pub(crate) field: Option<usize>,
    /// That field, else the record.
    pub(crate) value: String,
}

/// The fields of a block of text.
#[derive(Debug)]
pub(crate) struct Records<'t> {
    text: &'t [u8],
    /// Fields with doubled quotes, without the doubling.
    unquoted: Vec<u8>,
    /// Begin and end of each field, record after record; the highest bit means `unquoted`.
    fields: Vec<(u32, u32)>,
    n_fields: usize,
    /// Fields of a record before they are known.
    blank: Vec<(u32, u32)>,
    /// Lines before each record.
    pub(crate) lines: Vec<u32>,
    pub(crate) rejects: Vec<Reject>,
    pub(crate) n_lines: u32,
    /// The place after the last record.
    pub(crate) end: usize,
    /// Whether no record has a quote or control character.
    is_plain: bool,
    /// Records with characters beyond ASCII that are good, and that are not; counted where some are not.
    pub(crate) n_wide: (u32, u32),
}

const UNQUOTED: u32 = 1 << 31;

impl Records<'_> {
    /// One field of a record.
    #[inline]
    pub(crate) fn field(&self, record: usize, field: usize) -> &[u8] {
        let place = record.wrapping_mul(self.n_fields).wrapping_add(field);
        self.fields.get(place).map_or(&[], |&field| self.text_of(field))
    }

    #[inline]
    fn text_of(&self, (from, until): (u32, u32)) -> &[u8] {
        let text = if from & UNQUOTED == 0 { self.text } else { &self.unquoted };
        text.get(crate::place::at(from & !UNQUOTED)..crate::place::at(until)).unwrap_or(&[])
    }

    /// Whether one field of every record is a name that is good for all that its text says: no control
    /// character, and short enough. Not asked of each for itself.
    pub(crate) fn are_good_names(&self, field: usize) -> bool {
        let fields = self.fields.get(field..).unwrap_or(&[]).iter().step_by(self.n_fields.max(1));
        let longest = fields.map(|&(from, until)| until.saturating_sub(from)).max().unwrap_or(0);
        self.is_plain && crate::place::at(longest) <= LONGEST_NAME
    }

    /// The number of good records.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }
}

/// The fields of a record that has as many and nothing but commas between them; the place of its line
/// end. None for any other record, and near the end of the text.
#[inline]
fn simple_fields(text: &[u8], start: usize, slots: &mut [(u32, u32)]) -> Option<usize> {
    let mut slots = slots.iter_mut();
    let mut from = id(start);
    let (chunks, _) = rest(text, start).as_chunks::<64>();
    for (chunk, begin) in chunks.iter().zip((from..).step_by(64)) {
        let mut marks = mark_bits(chunk);
        while marks != 0 {
            let mark = begin.wrapping_add(marks.trailing_zeros());
            *slots.next()? = (from, mark);
            let place = crate::place::at(mark);
            match byte(text, place) {
                Some(b',') => {}
                Some(b'\n') if slots.len() == 0 => return Some(place),
                Some(b'\r') if slots.len() == 0 => {
                    let next = byte(text, place.saturating_add(1));
                    return (next == Some(b'\n')).then_some(place);
                }
                _ => return None,
            }
            from = mark.wrapping_add(1);
            marks &= marks.wrapping_sub(1);
        }
    }
    None
}

/// What a scan over one record found.
struct Scan {
    place: usize,
    trouble: Option<&'static str>,
}

/// Splits whole records into fields.
pub(crate) fn split(text: &[u8], n_fields: usize) -> Result<Records<'_>, Endless> {
    split_some(text, n_fields, usize::MAX)
}

/// Splits whole records into fields until so many bytes are read.
pub(crate) fn split_some(
    text: &[u8],
    n_fields: usize,
    most: usize,
) -> Result<Records<'_>, Endless> {
    let mut records = Records::none(text, n_fields, most);
    records.read(most, |_, _| None)?;
    // Mostly all of it is good text; otherwise it is asked record by record.
    let read = text.get(..records.end).unwrap_or(text);
    if simdutf8::basic::from_utf8(read).is_err() {
        records = Records::none(text, n_fields, most);
        records.read(most, Records::encoding_trouble)?;
    }
    Ok(records)
}

fn trim_end(record: &[u8]) -> &[u8] {
    record.trim_ascii_end()
}

impl<'t> Records<'t> {
    fn none(text: &'t [u8], n_fields: usize, most: usize) -> Self {
        Self {
            text,
            unquoted: Vec::new(),
            // A field and its comma have some eight bytes.
            fields: Vec::with_capacity(text.len().min(most).div_euclid(8)),
            n_fields,
            blank: vec![(0, 0); n_fields],
            lines: Vec::new(),
            rejects: Vec::new(),
            n_lines: 0,
            end: 0,
            is_plain: true,
            n_wide: (0, 0),
        }
    }

    /// Reads records until so many bytes are behind; `ask` says what else is wrong with one.
    fn read(
        &mut self,
        most: usize,
        ask: impl Fn(&mut Self, &[u8]) -> Option<&'static str>,
    ) -> Result<(), Endless> {
        let text = self.text;
        while self.end < most
            && let Some(first) = byte(text, self.end)
        {
            if matches!(first, b'\n' | b'\r') {
                self.end = self.end_line(self.end);
                continue;
            }
            let (start, line, n_before) = (self.end, self.n_lines, self.fields.len());
            let scan = if let Some(place) = self.scan_simple(start) {
                Scan { place, trouble: None }
            } else {
                self.is_plain = false;
                self.scan(start)?
            };
            self.end = scan.place;
            let record = text.get(start..scan.place).unwrap_or(&[]);
            if LONGEST_RECORD < record.len() {
                return Err(Endless { line });
            }
            let wrong_count = self.fields.len().saturating_sub(n_before) != self.n_fields;
            let trouble = ask(self, record)
                .or(scan.trouble)
                .or(wrong_count.then_some("wrong number of fields"));
            match trouble {
                None => self.lines.push(line),
                Some(reason) => {
                    // Which field it is can be told where all are there.
                    let field = self.only_fault(n_before).filter(|_| !wrong_count);
                    let value = field.map_or(trim_end(record), |(_, value)| value);
                    let (field, value) = (field.map(|(field, _)| field), shown(value));
                    self.fields.truncate(n_before);
                    self.rejects.push(Reject { line, reason, field, value });
                }
            }
        }
        Ok(())
    }

    fn end_line(&mut self, place: usize) -> usize {
        self.n_lines = self.n_lines.saturating_add(1);
        let next = place.saturating_add(1);
        let is_pair = byte(self.text, place) == Some(b'\r') && byte(self.text, next) == Some(b'\n');
        if is_pair { next.saturating_add(1) } else { next }
    }

    /// Of the record whose fields begin at a place the field that is no good text, if it is the only one.
    fn only_fault(&self, n_before: usize) -> Option<(usize, &[u8])> {
        let fields = self.fields.get(n_before..).unwrap_or(&[]).iter().enumerate();
        let fields = fields.map(|(place, &field)| (place, self.text_of(field)));
        let mut bad = fields.filter(|(_, text)| check_text(text).is_err());
        bad.next().filter(|_| bad.next().is_none())
    }

    fn encoding_trouble(&mut self, record: &[u8]) -> Option<&'static str> {
        if record.is_ascii() {
            return None;
        }
        let good = std::str::from_utf8(record).is_ok();
        let (wide, bad) = self.n_wide;
        self.n_wide =
            if good { (wide.saturating_add(1), bad) } else { (wide, bad.saturating_add(1)) };
        (!good).then_some("bytes that are no text in this encoding")
    }

    /// Scans a record of the right number of fields without quotes and odd characters; the place
    /// behind its line end.
    ///
    /// None, and no field, for any other record: `scan` reads those.
    fn scan_simple(&mut self, start: usize) -> Option<usize> {
        let n_before = self.fields.len();
        self.fields.extend_from_slice(&self.blank);
        let slots = self.fields.get_mut(n_before..).unwrap_or(&mut []);
        let end = simple_fields(self.text, start, slots);
        if end.is_none() {
            self.fields.truncate(n_before);
        }
        end.map(|end| self.end_line(end))
    }

    /// Scans the fields of the record at `place`, with its line end.
    fn scan(&mut self, start: usize) -> Result<Scan, Endless> {
        let mut scan = Scan { place: start, trouble: None };
        loop {
            if byte(self.text, scan.place) == Some(b'"') {
                self.scan_quoted(&mut scan)?;
            } else {
                self.scan_plain(&mut scan);
            }
            match byte(self.text, scan.place) {
                Some(b',') => scan.place = scan.place.saturating_add(1),
                Some(_) => {
                    scan.place = self.end_line(scan.place);
                    return Ok(scan);
                }
                None => return Ok(scan),
            }
        }
    }

    /// Scans up to the comma, line end or end of text that ends a field without quotes.
    fn scan_plain(&mut self, scan: &mut Scan) {
        let from = scan.place;
        let field = rest(self.text, from);
        let mut length = plain_len(field);
        for &byte in rest(field, length) {
            match byte {
                b',' | b'\n' | b'\r' => break,
                b'"' => scan.trouble = scan.trouble.or(Some("stray quote")),
                0..0x20 | 0x7f => scan.trouble = scan.trouble.or(Some("control character")),
                _ => {}
            }
            length = usize::saturating_add(length, 1);
        }
        scan.place = from.saturating_add(length);
        self.fields.push((id(from), id(scan.place)));
    }

    fn scan_quoted(&mut self, scan: &mut Scan) -> Result<(), Endless> {
        let open = scan.place;
        let from = open.saturating_add(1);
        let Some(after) = after_quotes(self.text, open) else {
            // A cut last row is a bad row; a quote that swallows further lines is a bad file.
            let line = self.n_lines;
            scan.place = self.text.len();
            scan.trouble = Some("quote is never closed");
            let swallowed = rest(self.text, from).trim_ascii_end();
            if memchr2(b'\n', b'\r', swallowed).is_some() {
                return Err(Endless { line });
            }
            self.n_lines = self.n_lines.saturating_add(n_lines(rest(self.text, from)));
            return Ok(());
        };
        let until = after.saturating_sub(1);
        let inside = self.text.get(from..until).unwrap_or(&[]);
        self.n_lines = self.n_lines.saturating_add(n_lines(inside));
        let is_control = |byte: u8| (byte < 0x20 && !matches!(byte, b'\n' | b'\r')) || byte == 0x7f;
        if inside.iter().any(|&byte| is_control(byte)) {
            scan.trouble = scan.trouble.or(Some("control character"));
        }
        self.push_quoted(from, until);
        scan.place = after;
        if !matches!(byte(self.text, after), Some(b',' | b'\n' | b'\r') | None) {
            scan.trouble = scan.trouble.or(Some("stray quote"));
            let n_skipped = rest(self.text, after)
                .iter()
                .take_while(|&&byte| !matches!(byte, b',' | b'\n' | b'\r'));
            scan.place = after.saturating_add(n_skipped.count());
        }
        Ok(())
    }

    fn push_quoted(&mut self, from: usize, until: usize) {
        let inside = self.text.get(from..until).unwrap_or(&[]);
        if memchr(b'"', inside).is_none() {
            self.fields.push((id(from), id(until)));
            return;
        }
        let start = self.unquoted.len();
        let mut inside = inside;
        while let Some(quote) = memchr(b'"', inside) {
            self.unquoted.extend_from_slice(inside.get(..=quote).unwrap_or(&[]));
            inside = rest(inside, quote.saturating_add(2));
        }
        self.unquoted.extend_from_slice(inside);
        self.fields.push((id(start) | UNQUOTED, id(self.unquoted.len())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, and fields or reason, of each record, read in blocks of at least `block` bytes.
    fn records(text: &[u8], block: usize) -> Vec<String> {
        let (mut shown, mut start, mut n_lines_before) = (Vec::new(), 0, 0);
        while start < text.len() {
            let mut end = start;
            let mut sight = start;
            while end == start {
                sight = sight.saturating_add(block);
                if text.len() <= sight {
                    end = text.len();
                } else {
                    end = start.saturating_add(
                        complete(&text[start..sight], Marks::of(&text[start..sight])).unwrap(),
                    );
                }
            }
            let records = split(&text[start..end], 3).unwrap();
            let mut found: Vec<(u32, String)> = (0..records.len())
                .map(|row| {
                    let fields = [0, 1, 2].map(|field| shown_field(&records, row, field));
                    (records.lines[row], fields.join("|"))
                })
                .collect();
            let rejects = records.rejects.iter();
            found.extend(rejects.map(|reject| (reject.line, reject.reason.to_owned())));
            found.sort_unstable();
            let number = |line: u32| line.saturating_add(n_lines_before).saturating_add(1);
            shown.extend(found.into_iter().map(|(line, text)| format!("{} {text}", number(line))));
            n_lines_before = records.n_lines.saturating_add(n_lines_before);
            start = end;
        }
        shown
    }

    fn shown_field(records: &Records<'_>, row: usize, field: usize) -> String {
        String::from_utf8_lossy(records.field(row, field)).into_owned()
    }

    #[test]
    fn blocks_of_any_size_hold_the_same_records() {
        for text in [
            "a,b,c\nd,e,f\n",
            "a,b,c\r\nd,e,f",
            "a,b,c\r\rd,e,f\r",
            "\n\na,\"b\r\n,\"\"x\"\"\",c\r\n\nd,\"\",f\n",
            "a,b\"c,d\ne,\"f\"g,h\ni,j,k\n",
            "a,\"b\"x\"y,\"c\"\nd,e\nf,g,h\n",
            "a,b,\"c",
            ",,\n\"\",\"\",\"\"\n",
        ] {
            let whole = records(text.as_bytes(), text.len());
            for block in 1..text.len() {
                assert_eq!(records(text.as_bytes(), block), whole, "{text:?} by {block}");
            }
        }
    }

    #[test]
    fn a_text_in_pieces_holds_the_same_records() {
        let row = format!("{},{},x\n", "a".repeat(70), "b".repeat(70));
        let text = [row.as_str(), "\n1,2\n", &row, "a,\"b\nb\",c\r\n", &row, &row].concat();
        let whole = split(text.as_bytes(), 3).unwrap();
        for most in 1..text.len() {
            let (mut rest, mut n_lines, mut lines) = (text.as_bytes(), 0, Vec::new());
            let mut rejects = Vec::new();
            while !rest.is_empty() {
                let piece = split_some(rest, 3, most).unwrap();
                lines.extend(piece.lines.iter().map(|line| line.saturating_add(n_lines)));
                rejects.extend(piece.rejects.iter().map(|one| one.line.saturating_add(n_lines)));
                n_lines = n_lines.saturating_add(piece.n_lines);
                rest = &rest[piece.end..];
            }
            assert_eq!((&lines, n_lines), (&whole.lines, whole.n_lines), "by {most}");
            assert_eq!(rejects, [2]);
        }
    }

    #[test]
    fn fields_of_plain_records_are_good_names_if_they_are_short() {
        // Records near the end of a text are looked at more closely.
        let good = |rows: &str| {
            let text = [rows, &"m,n\n".repeat(40)].concat();
            let split = split_some(text.as_bytes(), 2, rows.len()).unwrap();
            [0, 1].map(|field| split.are_good_names(field))
        };
        assert_eq!(good("a,b\n"), [true, true]);
        assert_eq!(good(&format!("a,{}\n", "b".repeat(200))), [true, true]);
        assert_eq!(good(&format!("a,{}\n", "b".repeat(201))), [true, false]);
        assert_eq!(good("a,\"b\"\n"), [false, false]);
        assert_eq!(good("a,b\n\tc,d\n"), [false, false]);
    }

    #[test]
    fn bytes_that_are_no_text_spoil_their_own_record_only() {
        let text = b"a,\xff,c\nd,\xe5\x8c\xbb,f\ng,h,i\n";
        let all = split(text, 3).unwrap();
        assert_eq!((all.lines.as_slice(), all.n_wide), ([1, 2].as_slice(), (1, 1)));
        assert_eq!(all.rejects.iter().map(|reject| reject.line).collect::<Vec<_>>(), [0]);
    }

    #[test]
    fn quotes_hold_commas_line_ends_and_doubled_quotes() {
        let text = b"a,\"b\r\n,\"\"x\"\"\",\nd,e\"f,g\nh,\"i\"j,k\nl,m,n";
        let expected = ["1 a|b\r\n,\"x\"|", "3 stray quote", "4 stray quote", "5 l|m|n"];
        assert_eq!(records(text, text.len()), expected);
    }
}
