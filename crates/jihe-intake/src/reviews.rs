//! Reviews of findings: what people decided of them.
//!
//! In: one file of the columns `jr_id`, `decision`, and if present `amount` and `reason`. Out: the
//! review of each finding, and every row that says nothing, with its reason. Not here: what a review
//! does to money (`jihe-settle`).

use std::collections::BTreeMap;
use std::path::Path;

use jihe_catalogue::Cells;
use jihe_frame::{Counts, Decision, Defect, Defects, InputFile, Review};
use jihe_terms::schema::{ColumnDef, Kind, MONEY, TableName};
use jihe_terms::{Malformed, NO_NUMBER, decimal_text, parse_decimal};

use crate::error::IntakeError;
use crate::options::Encoding;
use crate::place::count;
use crate::read::folder;
use crate::read::plain::{self, PlainRow, PlainRows, TakeRows};

/// The words of a decision: the platform has none, so that the usual ones are read. A word that does
/// not tell whether the finding or the objection to it is meant (withdrawn, upheld) is none.
const WORDS: [(Decision, &[&str]); 3] = [
    (Decision::Confirmed, &["confirmed", "confirm", "确认", "成立", "维持"]),
    (Decision::Dismissed, &["dismissed", "dismiss", "撤销", "不成立"]),
    (
        Decision::Appealed,
        &["appealed", "appeal", "amended", "adjusted", "reduced", "申诉", "核减", "部分成立"],
    ),
];

/// A file of reviews.
#[derive(Debug)]
pub struct Reviews {
    /// By the id of the finding.
    pub by_finding: BTreeMap<String, Review>,
    /// Rows put aside, in the order of the file.
    pub quarantine: Defects,
    /// Rows read, taken (`judged`), repeated (`netted`) and put aside.
    pub counts: Counts,
    /// What was read.
    pub input: InputFile,
    /// By the id of the finding: the row of its review.
    rows: BTreeMap<String, u64>,
}

/// One row that can be read.
struct Read {
    row: u64,
    jr_id: String,
    review: Review,
}

/// Reads a review file, CSV, Parquet or Arrow by its ending.
///
/// Rows of one finding with one decision and amount count once, with the reason of the first; rows of
/// one finding with different ones are put aside, all of them.
///
/// # Errors
///
/// If the file cannot be read, or lacks `jr_id` or `decision`.
pub fn read_reviews(path: &Path, encoding: Encoding) -> Result<Reviews, IntakeError> {
    let shard = folder::lone(path)?;
    let (rows, quarantine) = (Vec::new(), Defects::default());
    let mut taken = Taken { file: shard.file.clone(), rows, quarantine };
    let read = plain::read(&shard, TableName::Reviews, encoding, &mut taken)?;
    let Taken { rows, quarantine, .. } = taken;
    let mut reviews = Reviews {
        by_finding: BTreeMap::new(),
        quarantine,
        counts: Counts { read: read.input.n_rows, ..Counts::default() },
        input: read.input,
        rows: BTreeMap::new(),
    };
    reviews.take(rows);
    Ok(reviews)
}

/// Rows of a review file as they come.
struct Taken {
    file: String,
    rows: Vec<Read>,
    quarantine: Defects,
}

impl TakeRows for Taken {
    fn row(&mut self, row: PlainRow<'_>) {
        match read_row(&row) {
            Ok(read) => self.rows.push(read),
            Err((column, reason, value)) => {
                let fault = (column, reason, value.as_str());
                put_aside(&mut self.quarantine, &self.file, row.number, fault);
            }
        }
    }

    fn rows(&mut self, rows: PlainRows) {
        let columns = TableName::Reviews.columns();
        for nth in 0..rows.range.len() {
            let number = rows.numbers.of(nth);
            let text = |(cells, definition): (&Cells, &ColumnDef)| match (cells, definition.kind) {
                (Cells::Text(texts), _) => texts.text(nth).to_owned(),
                (Cells::Number(values), Kind::Number { scale, .. }) => {
                    let value = values.get(nth).copied().filter(|&value| value != NO_NUMBER);
                    value.map_or_else(String::new, |value| decimal_text(value.into(), scale))
                }
                (Cells::Number(_) | Cells::Day(_), _) => String::new(),
            };
            let texts: Vec<String> = rows.columns.iter().zip(columns).map(text).collect();
            let values: Vec<&str> = texts.iter().map(String::as_str).collect();
            let (begin, end, basis, trouble) = ("", "", "", None);
            self.row(PlainRow { number, values: &values, begin, end, basis, trouble });
        }
    }

    fn is_literal(&self) -> bool {
        true
    }
}

impl Reviews {
    fn take(&mut self, mut rows: Vec<Read>) {
        rows.sort_by(|a, b| (&a.jr_id, a.row).cmp(&(&b.jr_id, b.row)));
        for same in rows.chunk_by(|a, b| a.jr_id == b.jr_id) {
            let Some((first, rest)) = same.split_first() else { continue };
            // Only what moves money can contradict.
            let decided = |one: &Read| (one.review.decision, one.review.amount);
            if rest.iter().all(|other| decided(other) == decided(first)) {
                self.counts.netted = self.counts.netted.saturating_add(count(rest.len()));
                self.by_finding.insert(first.jr_id.clone(), first.review.clone());
                self.rows.insert(first.jr_id.clone(), first.row);
                continue;
            }
            let reason = "the finding has reviews that differ";
            for one in same {
                let fault = ("jr_id", reason, one.jr_id.as_str());
                put_aside(&mut self.quarantine, &self.input.file, one.row, fault);
            }
        }
        self.count();
    }

    /// Puts aside the reviews of findings that `is_known` does not know.
    pub fn keep_known(&mut self, is_known: impl Fn(&str) -> bool) {
        let ids: Vec<String> = self.by_finding.keys().filter(|id| !is_known(id)).cloned().collect();
        for id in ids {
            self.by_finding.remove(&id);
            let row = self.rows.remove(&id).unwrap_or_default();
            let reason = "no finding of this run has this id";
            let fault = ("jr_id", reason, id.as_str());
            put_aside(&mut self.quarantine, &self.input.file, row, fault);
        }
        self.count();
    }

    fn count(&mut self) {
        self.quarantine.sort();
        self.counts.judged = count(self.by_finding.len());
        self.counts.quarantined = count(self.quarantine.len());
        let Counts { read, judged, netted, quarantined } = self.counts;
        let accounted = judged.saturating_add(netted).saturating_add(quarantined);
        assert_eq!(read, accounted, "a review was lost");
    }
}

fn put_aside(all: &mut Defects, file: &str, row: u64, (column, reason, value): (&str, &str, &str)) {
    let value = &value.chars().take(200).collect::<String>();
    all.push(Defect { table: TableName::Reviews, file, row, column, reason, value });
}

/// Column, reason and value.
type Trouble = (&'static str, &'static str, String);

fn read_row(row: &PlainRow<'_>) -> Result<Read, Trouble> {
    if let Some((reason, _)) = row.trouble {
        let value = row.values.first().copied().unwrap_or_default();
        return Err(("", reason, value.to_owned()));
    }
    let cell = |name: &str| {
        let place = TableName::Reviews.column(name);
        place.and_then(|place| row.values.get(place)).map_or("", |text| text.trim())
    };
    let jr_id = cell("jr_id").to_owned();
    if jr_id.is_empty() {
        return Err(("jr_id", Malformed::Empty.reason(), jr_id));
    }
    let decision = decision(cell("decision"))?;
    let amount = amount(cell("amount"))?;
    if decision == Decision::Appealed && amount.is_none() {
        return Err(("amount", "an appeal without the amount that is left", String::new()));
    }
    let review = Review { decision, amount, reason: cell("reason").to_owned() };
    Ok(Read { row: row.number, jr_id, review })
}

fn decision(text: &str) -> Result<Decision, Trouble> {
    let folded = text.to_lowercase();
    if folded.is_empty() {
        return Err(("decision", Malformed::Empty.reason(), folded));
    }
    let known = WORDS.iter().find(|(_, words)| words.contains(&folded.as_str()));
    let reason = "not one of confirmed, dismissed, appealed";
    known.map(|&(decision, _)| decision).ok_or_else(|| ("decision", reason, text.to_owned()))
}

fn amount(text: &str) -> Result<Option<i64>, Trouble> {
    let jihe_terms::schema::Kind::Number { scale, digits } = MONEY else { return Ok(None) };
    if text.is_empty() {
        return Ok(None);
    }
    match parse_decimal(text.as_bytes(), scale, digits) {
        Ok(amount) if amount < 0 => Err(("amount", "amount is below 0", text.to_owned())),
        Ok(amount) => Ok(Some(amount)),
        Err(why) => Err(("amount", why.reason(), text.to_owned())),
    }
}
