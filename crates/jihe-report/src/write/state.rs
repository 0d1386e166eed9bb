//! The state that a month leaves for the next: its rows as ordinary tables, those netted as delivered.
//!
//! In: a net month. Out: a folder of Parquet tables under the platform's names, written whole or not
//! at all, read again as the carried state. Lines older than [`HORIZON_DAYS`] before the middle
//! line of the month are left out, but for those of visits that go on: a state does not grow for ever.
//! Not here: findings; published months are never changed.

mod traces;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{
    ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, TimestampMillisecondArray,
};
use arrow_schema::{Field, Schema};
use jihe_frame::{Column, Entities, LinePart, Lines, NetMonth, Relation};
use jihe_terms::schema::{Kind, TableName};
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::error::ReportError;
use crate::manifest::MANIFEST;
use crate::write::digest::Digesting;
use crate::write::place::Place;
use crate::write::{Cause, write_bytes, write_file};

/// How far back a later month may look: a year and the longest supply.
pub const HORIZON_DAYS: i32 = 400;

/// A whole state beside the place that it is for.
pub struct StagedState(Place);

impl std::fmt::Debug for StagedState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StagedState").field(&self.0.staging()).finish()
    }
}

impl StagedState {
    /// Puts the state in its place, in one step; dropped instead, it is gone and the old one stays.
    ///
    /// # Errors
    ///
    /// If the place cannot be taken: what was there is untouched.
    pub fn publish(self) -> Result<(), ReportError> {
        self.0.publish()
    }

    /// The place that it takes.
    pub(super) fn place(self) -> Place {
        self.0
    }
}

/// Writes the state of a month to the folder `dir`, replacing the one there.
///
/// # Errors
///
/// If `dir` holds anything but a state or results of ours, or something could not be written. Then
/// whatever was there is untouched.
pub fn write_state(month: &NetMonth, dir: &Path) -> Result<(), ReportError> {
    stage_state(month, dir)?.publish()
}

/// Writes the state of a month beside the folder `dir`, whole, without replacing the one there.
///
/// # Errors
///
/// As [`write_state`].
pub fn stage_state(month: &NetMonth, dir: &Path) -> Result<StagedState, ReportError> {
    let place = Place::prepare(dir)?;
    let fail = |cause| ReportError::output("lines could not be read again", dir, cause);
    let keeps = Keeps::of(month).map_err(fail)?;
    let mut digests = Vec::new();
    let mut table = |name: TableName, batches: Vec<RecordBatch>| -> Result<(), ReportError> {
        // A table without rows says nothing, and may lack the columns of one.
        let n_rows = batches.iter().map(RecordBatch::num_rows).sum::<usize>();
        let Some(first) = batches.first().filter(|_| 0 < n_rows) else { return Ok(()) };
        let schema = first.schema();
        let n_rows = u64::try_from(n_rows).unwrap_or(u64::MAX);
        let file = format!("{}.parquet", name.file());
        let digest =
            write_file(place.staging(), &file, n_rows, |file| parquet(file, schema, &batches))?;
        digests.push((digest.file, digest.blake3));
        Ok(())
    };
    // A settlement that was cancelled, and its refund, are known again.
    let settlements = [Some(&month.settlements), month.cancelled.as_ref()].into_iter().flatten();
    table(TableName::Settlements, settlements.map(|all| entities(month, all)).collect())?;
    table(TableName::Encounters, vec![entities(month, &month.encounters)])?;
    table(TableName::Persons, vec![entities(month, &month.persons)])?;
    if let Some(diagnoses) = &month.diagnoses {
        let ids = diagnoses.encounter.iter().map(|&idx| id(&month.encounters, idx)).collect();
        let columns = vec![("mdtrt_id", text_array(ids))];
        let rows: Vec<usize> = (0..diagnoses.rows.n_rows).collect();
        table(TableName::Diagnoses, vec![batch(columns, month, &diagnoses.rows, &rows)])?;
    }
    let by_part: [(TableName, LoadOf, BatchOf); 2] = [
        (TableName::Lines, Lines::delivered, lines),
        (TableName::TraceCodes, Lines::load, traces::of_part),
    ];
    for (name, load, of) in by_part {
        if month.lines.n_parts() == 0 || (name == TableName::TraceCodes && month.traces.is_none()) {
            continue;
        }
        let file = format!("{}.parquet", name.file());
        let write = |file| {
            let of = |part| Ok::<_, Cause>(of(month, &*load(&month.lines, part)?, keeps));
            let last = (name == TableName::TraceCodes).then(|| traces::early(month)).flatten();
            parts(file, (month.lines.n_parts(), &of), last)
        };
        let digest = write_file(place.staging(), &file, 0, write)?;
        digests.push((digest.file, digest.blake3));
    }
    digests.sort();
    let manifest = serde_json::json!({ "jihe": "state", "files": digests });
    write_bytes(place.staging(), MANIFEST, 0, format!("{manifest:#}\n").as_bytes())?;
    Ok(StagedState(place))
}

/// What a state keeps of the lines.
#[derive(Clone, Copy)]
struct Keeps {
    /// The first day.
    from: i32,
    /// Whether any file tells their orders: a column without a value would say that there are none.
    has_orders: bool,
}

impl Keeps {
    /// From so long before the day of the middle one of the lines of the month itself, in order of time, or
    /// before the day that a quarter of the carried ones come after, if that is earlier; of a month without
    /// lines from the middle one of the carried: some with far dates must not end what is carried.
    fn of(month: &NetMonth) -> std::io::Result<Self> {
        let [mut own, mut carried] = [BTreeMap::<i32, u64>::new(), BTreeMap::new()];
        let place = TableName::Lines.column("rx_drord_no").unwrap_or(usize::MAX);
        let mut has_orders = !month.lacks(TableName::Lines, place);
        for part in 0..month.lines.n_parts() {
            let part = month.lines.load(part)?;
            has_orders |= part.order_no.iter().any(|&order| order != 0);
            for (&day, &is_carried) in part.day.iter().zip(&part.carried) {
                let count =
                    if is_carried { &mut carried } else { &mut own }.entry(day).or_default();
                *count = count.saturating_add(1);
            }
        }
        let day = match at_quarters(&own, 2) {
            Some(day) => at_quarters(&carried, 3).map_or(day, |before| before.min(day)),
            None => at_quarters(&carried, 2).unwrap_or(NO_DAY),
        };
        Ok(Self { from: day.saturating_sub(HORIZON_DAYS), has_orders })
    }
}

/// The first day by which so many quarters of some lines are; none of none.
fn at_quarters(days: &BTreeMap<i32, u64>, n_quarters: u64) -> Option<i32> {
    let n_all = days.values().fold(0, |sum: u64, &n| sum.saturating_add(n));
    let wanted = n_all.saturating_mul(n_quarters).div_ceil(4);
    let mut n_by = 0_u64;
    let mut all = days.iter();
    all.find(|&(_, &n)| {
        n_by = n_by.saturating_add(n);
        wanted <= n_by
    })
    .map(|(&day, _)| day)
}

/// What the manifest of a state says: each file with its BLAKE3.
#[derive(serde::Deserialize)]
struct StateManifest {
    files: Vec<(String, String)>,
}

fn is_empty(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_none())
}

/// Checks that a state is what was written: every file of its manifest is there, unchanged, and no
/// other one. An empty folder is no state yet.
///
/// # Errors
///
/// If a file is missing, changed or not of the state.
pub fn verify_state(dir: &Path) -> Result<(), ReportError> {
    let path = dir.join(MANIFEST);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound && is_empty(dir) => {
            return Ok(());
        }
        Err(cause) => return Err(ReportError::input("state cannot be read", &path, cause)),
    };
    let manifest: StateManifest = serde_json::from_slice(&bytes)
        .map_err(|cause| ReportError::input("manifest of a state is damaged", &path, cause))?;
    for (file, blake3) in &manifest.files {
        let path = dir.join(file);
        let (found, _) = crate::read::digest(&path)
            .map_err(|cause| ReportError::input("file of the state is missing", &path, cause))?;
        if found != *blake3 {
            return Err(ReportError::damaged("file of the state was changed", &path));
        }
    }
    let is_known = |name: &std::ffi::OsStr| {
        name == MANIFEST || manifest.files.iter().any(|(file, _)| name == file.as_str())
    };
    let entries = std::fs::read_dir(dir)
        .map_err(|cause| ReportError::input("state cannot be read", dir, cause))?;
    for entry in entries {
        let entry =
            entry.map_err(|cause| ReportError::input("state cannot be read", dir, cause))?;
        if !is_known(&entry.file_name()) {
            let what = "file is not of the state that its manifest names";
            return Err(ReportError::damaged(what, &entry.path()));
        }
    }
    Ok(())
}

fn parquet(
    file: Digesting,
    schema: Arc<Schema>,
    batches: &[RecordBatch],
) -> Result<Digesting, Cause> {
    let mut writer = ArrowWriter::try_new(file, schema, Some(properties()?))?;
    for batch in batches {
        writer.write(batch)?;
    }
    Ok(writer.into_inner()?)
}

/// How a table sees one part of the lines.
type LoadOf = fn(&Lines, usize) -> std::io::Result<Arc<LinePart>>;

/// What a table keeps of one part of the lines.
type BatchOf = fn(&NetMonth, &LinePart, Keeps) -> RecordBatch;

/// Makes the batch of a part.
type OfPart<'a> = &'a dyn Fn(usize) -> Result<RecordBatch, Cause>;

/// Writes a table part by part, so that the lines are never all in memory, and then what is of none.
fn parts(
    file: Digesting,
    (n_parts, of): (usize, OfPart<'_>),
    last: Option<RecordBatch>,
) -> Result<Digesting, Cause> {
    let first = of(0)?;
    let mut writer = ArrowWriter::try_new(file, first.schema(), Some(properties()?))?;
    writer.write(&first)?;
    for part in 1..n_parts {
        writer.write(&of(part)?)?;
    }
    if let Some(last) = last {
        writer.write(&last)?;
    }
    Ok(writer.into_inner()?)
}

/// Rows of a row group, which is in memory while it is written.
const GROUP_ROWS: usize = 1 << 17;

fn properties() -> Result<WriterProperties, Cause> {
    Ok(WriterProperties::builder()
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_created_by("jihe".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::None)
        .build())
}

fn id(entities: &Entities, idx: u32) -> Option<&str> {
    (idx != NO_CODE).then(|| entities.ids.text(usize::try_from(idx).unwrap_or(usize::MAX)))
}

fn text_array(values: Vec<Option<&str>>) -> ArrayRef {
    let mut array = StringBuilder::new();
    for value in values {
        array.append_option(value);
    }
    Arc::new(array.finish())
}

fn decimal(values: impl Iterator<Item = i64>, scale: u32) -> ArrayRef {
    let array: Decimal128Array =
        values.map(|value| (value != NO_NUMBER).then(|| i128::from(value))).collect();
    let scale = i8::try_from(scale).unwrap_or(0);
    let typed = array.with_precision_and_scale(18, scale);
    Arc::new(typed.expect("a scale of the schema is not above 18"))
}

/// One array for a column of a relation; `None` for what is not kept.
fn column(month: &NetMonth, relation: &Relation, place: usize, rows: &[usize]) -> Option<ArrayRef> {
    let kind = relation.table.columns().get(place)?.kind;
    let numbers = |values: &[i64]| -> Vec<i64> {
        rows.iter().map(|&row| values.get(row).copied().unwrap_or(NO_NUMBER)).collect()
    };
    let some = |value: i64| (value != NO_NUMBER).then_some(value);
    Some(match (relation.columns.get(place)?, kind) {
        (Column::Code(values), _) => text_array(
            rows.iter()
                .map(|&row| {
                    values
                        .get(row)
                        .filter(|&&code| code != NO_CODE)
                        .map(|&code| month.codes.text(code))
                })
                .collect(),
        ),
        (Column::Number(values), Kind::Number { scale, .. }) => {
            decimal(numbers(values).into_iter(), scale)
        }
        (Column::Number(values), Kind::Moment) => {
            let millis = |value| some(value).map(|second: i64| second.saturating_mul(1000));
            Arc::new(numbers(values).into_iter().map(millis).collect::<TimestampMillisecondArray>())
        }
        (Column::Number(values), _) => {
            Arc::new(numbers(values).into_iter().map(some).collect::<Int64Array>())
        }
        (Column::Day(values), _) => {
            let day = |&row: &usize| values.get(row).copied().filter(|&day| day != NO_DAY);
            Arc::new(rows.iter().map(day).collect::<Date32Array>())
        }
        (Column::Absent | Column::Text(_), _) => return None,
    })
}

/// Key columns first, then every kept column of the relation.
fn batch(
    keys: Vec<(&str, ArrayRef)>,
    month: &NetMonth,
    relation: &Relation,
    rows: &[usize],
) -> RecordBatch {
    let mut columns: Vec<(&str, ArrayRef)> = keys;
    for (place, def) in relation.table.columns().iter().enumerate() {
        if columns.iter().all(|(name, _)| *name != def.name)
            && let Some(array) = column(month, relation, place, rows)
        {
            columns.push((def.name, array));
        }
    }
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
        .expect("every array has one value for each row")
}

fn entities(month: &NetMonth, all: &Entities) -> RecordBatch {
    let rows: Vec<usize> =
        (0..all.len()).filter(|&idx| all.listed.get(idx).copied().unwrap_or(false)).collect();
    let ids = if all.ids.is_empty() { &month.settlements.ids } else { &all.ids };
    let own = text_array(rows.iter().map(|&idx| Some(ids.text(idx))).collect());
    let link = |links: &[u32], to: &'_ Entities| -> ArrayRef {
        let ids = rows.iter().map(|&idx| links.get(idx).copied().unwrap_or(NO_CODE));
        text_array(ids.map(|idx| id(to, idx)).collect())
    };
    let person = || ("psn_no", link(&all.person, &month.persons));
    let keys = match all.rows.table {
        TableName::Settlements => {
            let encounters = link(&all.encounter, &month.encounters);
            let original = named(&all.rows, "init_setl_id", &rows);
            vec![("setl_id", own), ("mdtrt_id", encounters), person(), ("init_setl_id", original)]
        }
        TableName::Encounters => vec![("mdtrt_id", own), person()],
        TableName::Persons
        | TableName::Lines
        | TableName::Diagnoses
        | TableName::TraceCodes
        | TableName::Institutions
        | TableName::Practitioners
        | TableName::Catalogue
        | TableName::PriceLimits
        | TableName::SelfPay
        | TableName::ItemMap
        | TableName::Inventory
        | TableName::Reviews => vec![("psn_no", own)],
    };
    batch(keys, month, &all.rows, &rows)
}

/// The rows of a part that a state keeps: those from a day on, and older ones of encounters that have such.
fn kept(part: &LinePart, from: i32) -> Vec<usize> {
    let is_late = |row: usize| part.day.get(row).is_some_and(|&day| from <= day);
    let rows = 0..part.len();
    if rows.clone().all(is_late) {
        return rows.collect();
    }
    let late = rows.clone().filter(|&row| is_late(row));
    let going_on: BTreeSet<u32> = late
        .filter_map(|row| part.encounter.get(row).copied())
        .filter(|&id| id != NO_CODE)
        .collect();
    let goes_on = |row: usize| part.encounter.get(row).is_some_and(|id| going_on.contains(id));
    rows.filter(|&row| is_late(row) || goes_on(row)).collect()
}

fn lines(month: &NetMonth, part: &LinePart, keeps: Keeps) -> RecordBatch {
    let rows = kept(part, keeps.from);
    let linked = |links: &[u32], to: &'_ Entities| -> ArrayRef {
        let ids = rows.iter().map(|&row| links.get(row).copied().unwrap_or(NO_CODE));
        text_array(ids.map(|idx| id(to, idx)).collect())
    };
    let coded = |codes: &[u32]| -> ArrayRef {
        let codes = rows.iter().map(|&row| codes.get(row).copied().unwrap_or(NO_CODE));
        text_array(codes.map(|code| (code != NO_CODE).then(|| month.codes.text(code))).collect())
    };
    let number = |values: &[i64], scale: u32| {
        decimal(rows.iter().map(|&row| values.get(row).copied().unwrap_or(NO_NUMBER)), scale)
    };
    let times =
        rows.iter().map(|&row| part.time.get(row).map(|second| second.saturating_mul(1000)));
    // The order number was only kept as its hash, which stands for it.
    let mut orders = StringBuilder::new();
    for &row in &rows {
        let hash = Some(part.order_of(row)).filter(|&hash| hash != 0);
        orders.append_option(hash.map(|hash| format!("#{hash:016x}")));
    }
    let mut keys: Vec<(&str, ArrayRef)> = vec![
        (key_name(month), keys_of(part, &rows)),
        ("mdtrt_id", linked(&part.encounter, &month.encounters)),
        ("psn_no", linked(&part.person, &month.persons)),
        ("fixmedins_code", coded(&part.institution)),
        ("fee_ocur_time", Arc::new(times.collect::<TimestampMillisecondArray>())),
        ("hilist_code", coded(&part.item)),
        ("cnt", number(&part.cnt, 4)),
        ("pric", number(&part.pric, 6)),
        ("det_item_fee_sumamt", number(&part.amount, 2)),
        ("setl_id", linked(&part.settlement, &month.settlements)),
        ("inscp_scp_amt", number(&part.scp, 2)),
        ("init_feedetl_sn", named(&part.optional, "init_feedetl_sn", &rows)),
    ];
    if keeps.has_orders {
        keys.push(("rx_drord_no", Arc::new(orders.finish())));
    }
    // Where it is the key of any line it is written as that of all.
    if !month.by_encounter && matches!(part.optional.column("feedetl_sn"), Column::Text(_)) {
        keys.push(("feedetl_sn", named(&part.optional, "feedetl_sn", &rows)));
    }
    batch(keys, month, &part.optional, &rows)
}

/// Under which name months must give the keys of lines to come by them again.
fn key_name(month: &NetMonth) -> &'static str {
    if month.by_encounter { "feedetl_sn" } else { "bkkp_sn" }
}

/// The key that rows name in a column; missing where the relation has none.
fn named(relation: &Relation, name: &str, rows: &[usize]) -> ArrayRef {
    let Column::Text(texts) = relation.column(name) else {
        return text_array(vec![None; rows.len()]);
    };
    text_array(rows.iter().map(|&row| Some(texts.text(row)).filter(|t| !t.is_empty())).collect())
}

fn keys_of(part: &LinePart, rows: &[usize]) -> ArrayRef {
    let mut array = StringBuilder::new();
    for &row in rows {
        array.append_value(part.key.text(row));
    }
    Arc::new(array.finish())
}
