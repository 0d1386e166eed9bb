//! `tables/NAME.csv`: rows of text, each cell checked against its column.

use std::rc::Rc;

use csv::StringRecord;
use jihe_catalogue::TableSpec;
use jihe_catalogue::table::parse_cell;
use jihe_terms::schema::{Kind, MONEY, RATIO};
use jihe_terms::{Day, DayRange, Malformed};

use crate::check::nearest::suggestion;
use crate::check::specs;
use crate::parse::sink::{Context, Fault};
use crate::parse::source::{SourceFile, Spot};

/// A table of one pack as written; all its cells fit.
#[derive(Clone, Debug)]
pub(crate) struct TableFile {
    pub(crate) file: Rc<SourceFile>,
    pub(crate) spec: TableSpec,
    /// For each column of the shape whether the file has it.
    pub(crate) has: Vec<bool>,
    pub(crate) rows: Vec<RawRow>,
}

/// A row as written.
#[derive(Clone, Debug)]
pub(crate) struct RawRow {
    /// One for each column of the shape; empty if missing.
    pub(crate) values: Vec<String>,
    pub(crate) range: DayRange,
    pub(crate) basis: String,
    pub(crate) line: u32,
    pub(crate) spot: Spot,
}

/// Faults of one file after which reading stops.
const MAX_FAULTS: usize = 1_000;

struct Header {
    /// For each column of the shape its place in the file.
    places: Vec<Option<usize>>,
    begndate: Option<usize>,
    enddate: Option<usize>,
    basis: Option<usize>,
    n_fields: usize,
}

/// Reads a table.
pub(crate) fn table_file(
    context: Context<'_>,
    file: &Rc<SourceFile>,
    spec: TableSpec,
) -> TableFile {
    let mut rows = Vec::new();
    let text = context.file.text.as_str();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records = reader.records().filter_map(Result::ok);
    let first = records.next();
    if first.is_none() {
        let fault = Fault::new("missing-header", "table has no header")
            .why("the first line names the columns")
            .todo(format!("write {}", columns_of(&spec).join(",")));
        context.error(Spot::default(), fault);
    }
    let header = first.and_then(|record| header(context, &spec, &record));
    let file = Rc::clone(file);
    let Some(header) = header else { return TableFile { file, spec, has: Vec::new(), rows } };
    let mut n_faults = 0_usize;
    let mut n_without_basis = 0_usize;
    for record in records {
        match row(context, &spec, &header, &record) {
            Ok(row) => {
                n_without_basis = n_without_basis.saturating_add(usize::from(row.basis.is_empty()));
                rows.push(row);
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
    let has = header.places.iter().map(Option::is_some).collect();
    TableFile { file, spec, has, rows }
}

fn columns_of(spec: &TableSpec) -> Vec<&str> {
    let own = spec.columns.iter().map(|column| column.name.as_str());
    own.chain(["begndate", "enddate", "basis"]).collect()
}

fn header(context: Context<'_>, spec: &TableSpec, record: &StringRecord) -> Option<Header> {
    let known = columns_of(spec);
    let mut good = true;
    for (place, name) in record.iter().enumerate() {
        let spot = field_spot(context, record, place);
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
        } else if record.iter().take(place).any(|earlier| earlier == name) {
            let fault = Fault::new("duplicate-column", format!("column is given twice: {name}"))
                .why("one of them would be forgotten")
                .todo("keep one");
            context.error(spot, fault);
            good = false;
        }
    }
    let find = |name: &str| record.iter().position(|it| it == name);
    for column in spec.columns.iter().filter(|column| column.required) {
        if find(&column.name).is_none() {
            let fault = Fault::new("missing-column", format!("column is missing: {}", column.name))
                .why(format!("each row of {} has a value there", spec.name))
                .todo(format!("add {}", column.name));
            context.error(start_of(context, record), fault);
            good = false;
        }
    }
    good.then(|| Header {
        places: spec.columns.iter().map(|column| find(&column.name)).collect(),
        begndate: find("begndate"),
        enddate: find("enddate"),
        basis: find("basis"),
        n_fields: record.len(),
    })
}

/// Reads a row, or says how many faults it has.
fn row(
    context: Context<'_>,
    spec: &TableSpec,
    header: &Header,
    record: &StringRecord,
) -> Result<RawRow, usize> {
    let spot = start_of(context, record);
    if record.len() != header.n_fields {
        let what = format!("row has {} fields, the header {}", record.len(), header.n_fields);
        let fault = Fault::new("bad-row", what)
            .why("a comma is missing, or a value with a comma is not quoted")
            .todo("give each column a field; empty fields are allowed");
        context.error(spot, fault);
        return Err(1);
    }
    let cell =
        |place: Option<usize>| place.and_then(|place| record.get(place)).unwrap_or("").trim();
    let mut n_faults = 0_usize;
    let mut values = Vec::with_capacity(spec.columns.len());
    for (column, &place) in spec.columns.iter().zip(&header.places) {
        let value = cell(place);
        if let Some((why, todo)) =
            cell_fault(spec, &column.name, column.kind, value, column.required)
        {
            let shown: String = value.chars().take(60).collect();
            let what = format!("{} does not fit: {}", column.name, shown.escape_debug());
            let fault = Fault::new("bad-cell", what).why(why).todo(todo);
            context.error(place.map_or(spot, |place| field_spot(context, record, place)), fault);
            n_faults = n_faults.saturating_add(1);
        }
        values.push(value.to_owned());
    }
    if let Some((why, todo)) = row_fault(spec, &values).filter(|_| n_faults == 0) {
        let fault = Fault::new("bad-row", "row contradicts itself").why(why).todo(todo);
        context.error(spot, fault);
        n_faults = n_faults.saturating_add(1);
    }
    let (from, until) = (
        day(context, record, "begndate", header.begndate),
        day(context, record, "enddate", header.enddate),
    );
    let (Ok(from), Ok(until)) = (from, until) else { return Err(n_faults.saturating_add(1)) };
    let Some(range) = DayRange::new(from.unwrap_or(DayRange::ALWAYS.from()), until) else {
        let fault = Fault::new("empty-range", "enddate is not after begndate")
            .why("enddate is the first day on which the row no longer holds")
            .todo("write the day after the last one, or leave it empty");
        context
            .error(header.enddate.map_or(spot, |place| field_spot(context, record, place)), fault);
        return Err(n_faults.saturating_add(1));
    };
    if spec.name == "exemption" && until.is_none() {
        let fault = Fault::new("open-exemption", "exemption has no enddate")
            .why("an exemption without an end is a change of the rule")
            .todo("write the first day on which the rule holds again");
        context.error(header.enddate.map_or(spot, |at| field_spot(context, record, at)), fault);
        n_faults = n_faults.saturating_add(1);
    }
    if 0 < n_faults {
        return Err(n_faults);
    }
    let (line, _) = context.file.place(spot.start);
    Ok(RawRow { values, range, basis: cell(header.basis).to_owned(), line, spot })
}

fn cell_fault(
    spec: &TableSpec,
    column: &str,
    kind: Kind,
    value: &str,
    required: bool,
) -> Option<(String, String)> {
    if value.is_empty() {
        return required
            .then(|| (Malformed::Empty.to_string(), "fill it, or remove the row".to_owned()));
    }
    if let Some(words) = specs::words(&spec.name, column)
        && !words.contains(&value)
    {
        return Some((format!("it is one of: {}", words.join(", ")), suggestion(value, words)));
    }
    if value.chars().any(char::is_control) {
        return Some(("it holds a control character".to_owned(), "remove it".to_owned()));
    }
    match parse_cell(kind, value) {
        Err(why) => Some((why.to_string(), "write plain digits with at most one point".to_owned())),
        Ok(Some(number)) if number < 0 => {
            Some(("the value is below 0".to_owned(), "write a value from 0 on".to_owned()))
        }
        Ok(_) => None,
    }
}

/// Faults that only a whole row shows.
fn row_fault(spec: &TableSpec, values: &[String]) -> Option<(&'static str, &'static str)> {
    let at = |name: &str| {
        let place = spec.columns.iter().position(|column| column.name == name)?;
        values.get(place).map(String::as_str).filter(|value| !value.is_empty())
    };
    match spec.name.as_str() {
        "item_age" => {
            let bound =
                |name| at(name).and_then(|text| parse_cell(Kind::Level, text).ok().flatten());
            match (bound("age_min"), bound("age_max")) {
                (None, None) => Some(("neither age_min nor age_max is given", "give one of them")),
                (Some(min), Some(max)) if max <= min => {
                    Some(("age_max is not above age_min", "payable is age_min ≤ age < age_max"))
                }
                _ => None,
            }
        }
        "supply_kind" if at("med_type").is_some() == at("dise_codg").is_some() => {
            Some(("one of med_type and dise_codg is given, not both", "split the row"))
        }
        "benefit_segment" => {
            let bound =
                |name, kind| at(name).and_then(|text| parse_cell(kind, text).ok().flatten());
            match (bound("seg_from", MONEY), bound("seg_to", MONEY), bound("ratio", RATIO)) {
                (Some(from), Some(until), _) if until <= from => Some((
                    "seg_to is not above seg_from",
                    "a segment is seg_from < amount ≤ seg_to",
                )),
                (_, _, Some(ratio)) if 1_000_000 < ratio => {
                    Some(("ratio is above 1", "write 85 per cent as 0.85"))
                }
                _ => None,
            }
        }
        "contained" if at("item_a") == at("item_b") => {
            Some(("an item does not contain itself", "remove the row"))
        }
        _ => None,
    }
}

fn day(
    context: Context<'_>,
    record: &StringRecord,
    name: &str,
    place: Option<usize>,
) -> Result<Option<Day>, ()> {
    let Some(place) = place else { return Ok(None) };
    let text = record.get(place).unwrap_or("").trim();
    if text.is_empty() {
        return Ok(None);
    }
    Day::parse(text).map(Some).map_err(|why| {
        let shown: String = text.chars().take(60).collect();
        let fault = Fault::new("bad-date", format!("{name} is no day: {}", shown.escape_debug()))
            .why(why.to_string())
            .todo("write yyyy-MM-dd, or leave it empty for open");
        context.error(field_spot(context, record, place), fault);
    })
}

/// The first byte of a record.
fn start_of(context: Context<'_>, record: &StringRecord) -> Spot {
    field_spot(context, record, 0)
}

/// Where a field stands, found by walking over the record's text.
fn field_spot(context: Context<'_>, record: &StringRecord, place: usize) -> Spot {
    let start = record.position().and_then(|position| usize::try_from(position.byte()).ok());
    let mut start = start.unwrap_or(0);
    let bytes = context.file.text.as_bytes();
    while bytes.get(start).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
        start = start.saturating_add(1);
    }
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
