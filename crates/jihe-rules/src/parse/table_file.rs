//! `tables/NAME.csv`: rows of text, each cell checked against its column.

use std::borrow::Cow;
use std::sync::Arc;

use jihe_catalogue::table::parse_cell;
use jihe_catalogue::{Cells, ColumnSpec, Origin, Table, TableSpec};
use jihe_terms::schema::Kind;
use jihe_terms::{Day, DayRange, Malformed, decimal_text};

use crate::check::nearest::suggestion;
use crate::check::specs;
use crate::parse::records::{BadQuote, Record, Records};
use crate::parse::sink::{Context, Fault};
use crate::parse::source::{SourceFile, Spot};

/// A table of one pack; all its cells fit.
#[derive(Clone, Debug)]
pub(crate) struct TableFile {
    pub(crate) file: Arc<SourceFile>,
    /// Its rows; each one's origin is its line.
    pub(crate) table: Table,
    /// Where each row begins.
    starts: Vec<usize>,
}

/// A row of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    of: &'a TableFile,
    pub(crate) idx: usize,
    pub(crate) range: DayRange,
}

impl TableFile {
    pub(crate) fn name(&self) -> &str {
        &self.table.spec.name
    }

    /// A row by its place.
    pub(crate) fn row(&self, idx: usize) -> Option<Row<'_>> {
        self.table.range.get(idx).map(|&range| Row { of: self, idx, range })
    }

    /// The rows in the order of the file.
    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.table.range.iter().enumerate().map(|(idx, &range)| Row { of: self, idx, range })
    }
}

impl<'a> Row<'a> {
    /// A code, key or text; empty if it is missing or a number.
    pub(crate) fn text(self, place: usize) -> &'a str {
        self.of.table.text(place, self.idx)
    }

    /// The bytes of a text; empty if it is missing or a number.
    pub(crate) fn bytes(self, place: usize) -> &'a [u8] {
        self.of.table.bytes(place, self.idx)
    }

    /// A number; none if it is missing.
    pub(crate) fn number(self, place: usize) -> Option<i64> {
        self.of.table.number(place, self.idx)
    }

    /// A value as text: numbers with all decimals of their column, so that each has one spelling.
    pub(crate) fn spelled(self, place: usize) -> Cow<'a, str> {
        match self.of.table.cells.get(place) {
            Some(Cells::Text(_)) | None => Cow::Borrowed(self.text(place)),
            Some(Cells::Number(_) | Cells::Day(_)) => {
                let kind = self.of.table.spec.columns.get(place).map(|column| column.kind);
                let scale = match kind {
                    Some(Kind::Number { scale, .. }) => scale,
                    Some(_) | None => 0,
                };
                let number = self.number(place).map(|number| decimal_text(number.into(), scale));
                Cow::Owned(number.unwrap_or_default())
            }
        }
    }

    /// Its line in the file, from 1.
    pub(crate) fn line(self) -> u32 {
        self.of.table.origin.get(self.idx).map_or(0, |origin| origin.row)
    }

    /// Its first field in the file.
    pub(crate) fn spot(self) -> Spot {
        let start = self.of.starts.get(self.idx).copied().unwrap_or(0);
        field_spot(&self.of.file, start, 0)
    }
}

/// Faults of one file after which reading stops.
const MAX_FAULTS: usize = 1_000;

struct Header {
    /// For each column of the shape its place in the file.
    places: Vec<Option<usize>>,
    /// For each column of the shape the words that it may hold, if they are few.
    words: Vec<Option<&'static [&'static str]>>,
    begndate: Option<usize>,
    enddate: Option<usize>,
    basis: Option<usize>,
    n_fields: usize,
}

/// Reads a table.
pub(crate) fn table_file(
    context: Context<'_>,
    file: &Arc<SourceFile>,
    spec: TableSpec,
) -> TableFile {
    let mut records = Records::new(&context.file.text);
    let mut record = Record::default();
    let has_header = records.read(&mut record);
    if !has_header {
        let fault = Fault::new("missing-header", "table has no header")
            .why("the first line names the columns")
            .todo(format!("write {}", columns_of(&spec).join(",")));
        context.error(Spot::default(), fault);
    }
    let header = if has_header { header(context, &spec, &record) } else { None };
    let mut read =
        TableFile { file: Arc::clone(file), table: Table::new(spec), starts: Vec::new() };
    let Some(header) = header else { return read };
    let mut n_faults = 0_usize;
    let mut n_without_basis = 0_usize;
    let mut numbers = Vec::new();
    while records.read(&mut record) {
        match row(context, &read.table.spec, &header, &record, &mut numbers) {
            Ok(range) => {
                let basis = trimmed(record.field(header.basis));
                n_without_basis = n_without_basis.saturating_add(usize::from(basis.is_empty()));
                let origin = Origin { file: 0, row: record.line };
                let texts = header.places.iter().map(|&place| trimmed(record.field(place)));
                let values = texts.zip(numbers.iter().copied());
                read.table.push_read(values, range, basis, origin);
                read.starts.push(record.start);
            }
            Err(count) => n_faults = n_faults.saturating_add(count),
        }
        if MAX_FAULTS < n_faults {
            let fault =
                Fault::new("too-many", format!("more than {MAX_FAULTS} faults in this table"))
                    .why("the rest was not looked at")
                    .todo("correct these first; perhaps the columns are in another order");
            context.error(start_of(context, &record), fault);
            break;
        }
    }
    if 0 < n_without_basis {
        let fault = Fault::new("no-basis", format!("rows without basis: {n_without_basis}"))
            .why("a finding shows the document and row that it rests on")
            .todo("fill the column basis");
        context.warning(Spot::default(), fault);
    }
    read.table.has = header.places.iter().map(Option::is_some).collect();
    read
}

fn columns_of(spec: &TableSpec) -> Vec<&str> {
    let own = spec.columns.iter().map(|column| column.name.as_str());
    own.chain(["begndate", "enddate", "basis"]).collect()
}

fn header(context: Context<'_>, spec: &TableSpec, record: &Record<'_>) -> Option<Header> {
    let known = columns_of(spec);
    let mut good = true;
    for (place, name) in record.fields.iter().map(Cow::as_ref).enumerate() {
        let spot = spot_of(context, record, place);
        if !known.contains(&name) {
            let shown: String = name.chars().take(60).collect();
            let fault = Fault::new(
                "unknown-column",
                format!("column is unknown: {}", shown.escape_debug()),
            )
            .why(format!("table {} has the columns {}", spec.name, known.join(", ")))
            .todo(suggestion(name, &known));
            context.error(spot, fault);
            good = false;
        } else if record.fields.iter().take(place).any(|earlier| earlier == name) {
            let fault = Fault::new("duplicate-column", format!("column is given twice: {name}"))
                .why("one of them would be forgotten")
                .todo("keep one");
            context.error(spot, fault);
            good = false;
        }
    }
    let find = |name: &str| record.fields.iter().position(|it| it == name);
    for column in spec.columns.iter().filter(|column| column.required) {
        if find(&column.name).is_none() {
            let fault = Fault::new("missing-column", format!("column is missing: {}", column.name))
                .why(format!("each row of {} has a value there", spec.name))
                .todo(format!("add {}", column.name));
            context.error(start_of(context, record), fault);
            good = false;
        }
    }
    let words = |column: &ColumnSpec| specs::words(&spec.name, &column.name);
    good.then(|| Header {
        places: spec.columns.iter().map(|column| find(&column.name)).collect(),
        words: spec.columns.iter().map(words).collect(),
        begndate: find("begndate"),
        enddate: find("enddate"),
        basis: find("basis"),
        n_fields: record.fields.len(),
    })
}

/// A text of the file without white space around it; most have none.
fn trimmed(text: &str) -> &str {
    match (text.as_bytes().first(), text.as_bytes().last()) {
        (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic() => text,
        (Some(_), Some(_)) => text.trim(),
        (None, _) | (_, None) => text,
    }
}

/// Reads the days of a row and its values as the integers that their columns hold, or says how many
/// faults it has.
fn row(
    context: Context<'_>,
    spec: &TableSpec,
    header: &Header,
    record: &Record<'_>,
    numbers: &mut Vec<Option<i64>>,
) -> Result<DayRange, usize> {
    numbers.clear();
    if let Some((place, wrong)) = record.bad_quote {
        let (what, why) = match wrong {
            BadQuote::Unclosed => ("quote is not closed", "all lines behind it would be one value"),
            BadQuote::TextBehind => {
                ("text behind a closing quote", "lines may be lost in the value")
            }
        };
        let todo = "close the quote at the end of the value; a quote within is written twice";
        let fault = Fault::new("bad-quote", what).why(why).todo(todo);
        context.error(spot_of(context, record, place), fault);
        return Err(1);
    }
    if record.fields.len() != header.n_fields {
        let what =
            format!("row has {} fields, the header {}", record.fields.len(), header.n_fields);
        let fault = Fault::new("bad-row", what)
            .why("a comma is missing, or a value with a comma is not quoted")
            .todo("give each column a field; empty fields are allowed");
        context.error(start_of(context, record), fault);
        return Err(1);
    }
    let mut n_faults = 0_usize;
    for (column, (&place, words)) in
        spec.columns.iter().zip(header.places.iter().zip(&header.words))
    {
        let value = trimmed(record.field(place));
        match cell(column, *words, value) {
            Ok(number) => numbers.push(number),
            Err((why, todo)) => {
                let shown: String = value.chars().take(60).collect();
                let what = format!("{} does not fit: {}", column.name, shown.escape_debug());
                let fault = Fault::new("bad-cell", what).why(why).todo(todo);
                context.error(spot_of(context, record, place.unwrap_or(0)), fault);
                n_faults = n_faults.saturating_add(1);
            }
        }
    }
    if n_faults == 0
        && let Some((why, todo)) = row_fault(spec, header, record, numbers)
    {
        let fault = Fault::new("bad-row", "row contradicts itself").why(why).todo(todo);
        context.error(start_of(context, record), fault);
        n_faults = n_faults.saturating_add(1);
    }
    let (from, until) = (
        day(context, record, "begndate", header.begndate),
        day(context, record, "enddate", header.enddate),
    );
    let (Ok(from), Ok(until)) = (from, until) else { return Err(n_faults.saturating_add(1)) };
    let end = || spot_of(context, record, header.enddate.unwrap_or(0));
    let Some(range) = DayRange::new(from.unwrap_or(DayRange::ALWAYS.from()), until) else {
        let fault = Fault::new("empty-range", "enddate is not after begndate")
            .why("enddate is the first day on which the row no longer holds")
            .todo("write the day after the last one, or leave it empty");
        context.error(end(), fault);
        return Err(n_faults.saturating_add(1));
    };
    if spec.name == "exemption" && until.is_none() {
        let fault = Fault::new("open-exemption", "exemption has no enddate")
            .why("an exemption without an end is a change of the rule")
            .todo("write the first day on which the rule holds again");
        context.error(end(), fault);
        n_faults = n_faults.saturating_add(1);
    }
    if n_faults == 0 { Ok(range) } else { Err(n_faults) }
}

/// Reads a cell: the integer that its column holds, none for texts and missing values.
fn cell(
    column: &ColumnSpec,
    words: Option<&[&str]>,
    value: &str,
) -> Result<Option<i64>, (String, String)> {
    if value.is_empty() {
        let missing = || (Malformed::Empty.to_string(), "fill it, or remove the row".to_owned());
        return if column.required { Err(missing()) } else { Ok(None) };
    }
    if let Some(words) = words
        && !words.contains(&value)
    {
        return Err((format!("it is one of: {}", words.join(", ")), suggestion(value, words)));
    }
    let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if !is_plain && value.chars().any(char::is_control) {
        return Err(("it holds a control character".to_owned(), "remove it".to_owned()));
    }
    match parse_cell(column.kind, value) {
        Err(why) => Err((why.to_string(), "write plain digits with at most one point".to_owned())),
        Ok(Some(number)) if number < 0 => {
            Err(("the value is below 0".to_owned(), "write a value from 0 on".to_owned()))
        }
        Ok(number) => Ok(number),
    }
}

/// Faults that only a whole row shows.
fn row_fault(
    spec: &TableSpec,
    header: &Header,
    record: &Record<'_>,
    numbers: &[Option<i64>],
) -> Option<(&'static str, &'static str)> {
    let place = |name: &str| spec.columns.iter().position(|column| column.name == name);
    let bound = |name: &str| numbers.get(place(name)?).copied().flatten();
    let at = |name: &str| {
        let text = trimmed(record.field(*header.places.get(place(name)?)?));
        Some(text).filter(|text| !text.is_empty())
    };
    match spec.name.as_str() {
        "item_age" => match (bound("age_min"), bound("age_max")) {
            (None, None) => Some(("neither age_min nor age_max is given", "give one of them")),
            (Some(min), Some(max)) if max <= min => {
                Some(("age_max is not above age_min", "payable is age_min ≤ age < age_max"))
            }
            _ => None,
        },
        "supply_kind" if at("med_type").is_some() == at("dise_codg").is_some() => {
            Some(("one of med_type and dise_codg is given, not both", "split the row"))
        }
        "benefit_segment" => match (bound("seg_from"), bound("seg_to"), bound("ratio")) {
            (Some(from), Some(until), _) if until <= from => {
                Some(("seg_to is not above seg_from", "a segment is seg_from < amount ≤ seg_to"))
            }
            (_, _, Some(ratio)) if 1_000_000 < ratio => {
                Some(("ratio is above 1", "write 85 per cent as 0.85"))
            }
            _ => None,
        },
        "contained" | "contained_consumable" if at("item_a") == at("item_b") => {
            Some(("an item does not contain itself", "remove the row"))
        }
        "split_set" if at("whole") == at("part") => {
            Some(("an item is no part of itself", "name a part of the whole, or remove the row"))
        }
        "companion" if at("hilist_code") == at("needs") => {
            Some(("an item is no companion of itself", "name the item that it needs"))
        }
        "incompatible" if at("item_a") == at("item_b") => {
            Some(("an item is not incompatible with itself", "name the other item"))
        }
        "operation_group" if bound("discount").is_some_and(|part| 1_000_000 < part) => {
            Some(("discount is above 1", "write the part that is paid: three quarters are 0.75"))
        }
        _ => None,
    }
}

fn day(
    context: Context<'_>,
    record: &Record<'_>,
    name: &str,
    place: Option<usize>,
) -> Result<Option<Day>, ()> {
    let text = trimmed(record.field(place));
    if text.is_empty() {
        return Ok(None);
    }
    Day::parse(text).map(Some).map_err(|why| {
        let shown: String = text.chars().take(60).collect();
        let fault = Fault::new("bad-date", format!("{name} is no day: {}", shown.escape_debug()))
            .why(why.to_string())
            .todo("write yyyy-MM-dd, or leave it empty for open");
        context.error(spot_of(context, record, place.unwrap_or(0)), fault);
    })
}

/// The first field of a record.
fn start_of(context: Context<'_>, record: &Record<'_>) -> Spot {
    spot_of(context, record, 0)
}

fn spot_of(context: Context<'_>, record: &Record<'_>, place: usize) -> Spot {
    field_spot(context.file, record.start, place)
}

/// Where a field of the record that begins at `start` stands, found by walking over its text.
fn field_spot(file: &SourceFile, start: usize, place: usize) -> Spot {
    let bytes = file.text.as_bytes();
    let mut n_fields = 0_usize;
    let mut quoted = false;
    let mut first = start;
    for (offset, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'"' => quoted = !quoted,
            b',' | b'\n' | b'\r' if !quoted => {
                if n_fields == place {
                    return Spot::new(first, offset);
                }
                if *byte != b',' {
                    return Spot::new(start, offset);
                }
                n_fields = n_fields.saturating_add(1);
                first = offset.saturating_add(1);
            }
            _ => {}
        }
    }
    Spot::new(if n_fields == place { first } else { start }, bytes.len())
}
