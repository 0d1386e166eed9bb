//! A seeded city: months of claims, its reference tables, and the list of planted violations.
//!
//! In: size, seed, months, optionally a rule pack and imported reference tables to draw from.
//! Out: `DIR/months/yyyy-mm/`, `DIR/reference/`, `DIR/truth.csv`, `DIR/truth_findings.csv`. Same
//! options, same bytes. The city is clean but for what the two list: scoring the months one after the
//! other with the pack finds exactly the pairs of rule and line of the one, and the rules and
//! institutions of the other.
//! Cost: persons one by one, row groups as they fill; memory does not grow with the lines but for
//! the truth list and the stock that is sold.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "a generator of test data: every number and index is made here and is small"
)]

mod benefit;
mod calendar;
mod city;
mod draft;
mod houses;
mod institution;
mod item;
mod knowledge;
mod law;
mod output;
mod person;
mod place;
mod plant;
mod random;
mod reference;
mod scribe;
mod sheet;
mod table;
#[cfg(test)]
mod tests;
mod traffic;
mod universe;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use city::City;
use place::Place;

/// The rules that are planted, in the order of the bits of a line's marks.
pub const RULES: &[&str] = &[
    "unknown-item",
    "out-of-catalogue",
    "price-ceiling",
    "amount-mismatch",
    "sex-mismatch",
    "age-outside",
    "institution-level",
    "visit-type",
    "outside-stay",
    "after-death",
    "daily-quantity",
    "hours-over-day",
    "stay-days",
    "month-quantity",
    "period-frequency",
    "same-line-twice",
    "contained-item",
    "over-supply",
    "early-refill",
    "split-stay",
    "overlap-stay",
    "visit-during-stay",
    "sold-over-stock",
    "trace-reused",
    "scheme",
    "indication",
    "restricted-unapproved",
    "herb-not-payable",
    "excluded-cause",
    "discharge-supply",
    "practitioner-inactive",
    "herb-alone",
    "approval-missing",
    "late-upload",
    "prescription-stale",
    "over-prescribed",
    "code-mismatch",
    "trace-missing",
    "drug-kinds",
    "course-days",
    "same-class",
    "frequent-visits",
    "frequent-purchases",
    "frequent-stays",
    "workload",
    "settled-twice",
    "split-item",
    "operation-discount",
    "companion-missing",
    "empty-bed",
    "low-standard",
    "never-bought",
    "contraindication",
    "contraindication-age",
    "diagnosis-age",
    "diagnosis-sex",
    "department",
    "special-disease-scope",
    "institution-inactive",
    "service-after-settlement",
    "listing-anomaly",
    "internet-drug",
    "herb-kinds",
    "pay-cap",
    "stay-quantity",
    "stay-day-quantity",
    "contained-consumable",
    "incompatible",
    "over-dose",
    "operation-sex",
    "operation-coding",
    "record-incomplete",
    "two-places",
    "second-line-unapproved",
    "settlement-mismatch",
];

/// The rules whose findings are of institutions, which `truth_findings.csv` labels.
pub const INSTITUTION_RULES: &[&str] = &[
    "beds-over-capacity",
    "class-ab-share",
    "class-share",
    "cost-per-day",
    "cost-per-stay",
    "cost-per-visit",
    "qualification",
    "readmission-rate",
    "self-pay-share",
];

/// The format of the months' tables.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// Parquet, zstd.
    Parquet,
    /// CSV with a header.
    Csv,
}

/// What city to make.
#[derive(Clone, Debug)]
pub struct CityOptions {
    /// Rows of `lines` in each month.
    pub n_lines: u64,
    /// The seed.
    pub seed: u64,
    /// How many months, one after the other.
    pub n_months: u32,
    /// The first month: year and month.
    pub first_month: (i32, u32),
    /// The pack folder whose `tables/` name the restricted items; none: the national tables.
    pub pack: Option<PathBuf>,
    /// A folder with `catalogue.csv` and `price_limits.csv` to draw items and prices from.
    pub reference: Option<PathBuf>,
    /// The format of the months' tables; reference and truth are always CSV.
    pub format: Format,
}

impl CityOptions {
    /// One month, 2026-10, with the national tables, as Parquet.
    pub fn new(n_lines: u64, seed: u64) -> Self {
        Self {
            n_lines,
            seed,
            n_months: 1,
            first_month: (2026, 10),
            pack: None,
            reference: None,
            format: Format::Parquet,
        }
    }
}

/// What was made.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CitySummary {
    /// Rows of `lines` of all months.
    pub n_lines: u64,
    /// Settlements of all months.
    pub n_settlements: u64,
    /// Encounters of all months.
    pub n_encounters: u64,
    /// Persons of the city.
    pub n_persons: u64,
    /// Rows of `truth.csv`.
    pub n_truth: u64,
    /// Rows of `truth_findings.csv`.
    pub n_truth_findings: u64,
    /// How often each rule was planted, in the order of [`RULES`], then of [`INSTITUTION_RULES`].
    pub planted: Vec<(&'static str, u64)>,
}

/// Why a city could not be made.
#[derive(Debug)]
pub struct SynthError {
    fault: Fault,
    text: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fault {
    Usage,
    Input,
    Output,
}

impl SynthError {
    /// Tells whether the options make no sense, the pack is wrong, or the folder is another's.
    pub fn is_usage(&self) -> bool {
        self.fault == Fault::Usage
    }

    /// Tells whether the reference to draw from could not be read.
    pub fn is_input(&self) -> bool {
        self.fault == Fault::Input
    }

    fn usage(text: impl Into<String>) -> Self {
        Self { fault: Fault::Usage, text: text.into() }
    }

    fn input(text: impl Into<String>) -> Self {
        Self { fault: Fault::Input, text: text.into() }
    }

    fn output(text: impl Into<String>) -> Self {
        Self { fault: Fault::Output, text: text.into() }
    }

    /// What could not be written, and why.
    fn at(path: &Path, error: &impl fmt::Display) -> Self {
        Self::output(format!("cannot be written ({error}): {}", path.display()))
    }
}

impl fmt::Display for SynthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for SynthError {}

impl From<io::Error> for SynthError {
    fn from(error: io::Error) -> Self {
        Self::output(error.to_string())
    }
}

impl From<parquet::errors::ParquetError> for SynthError {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::output(error.to_string())
    }
}

impl From<arrow_schema::ArrowError> for SynthError {
    fn from(error: arrow_schema::ArrowError) -> Self {
        Self::output(error.to_string())
    }
}

/// Writes a city into `dir`, in the place of one that is there; `progress` hears the number of lines now
/// and then.
///
/// # Errors
///
/// If the options make no sense, `dir` holds what is no part of a city, a table cannot be read, or a
/// file cannot be written. What was there is then there as it was.
pub fn write_city(
    dir: &Path,
    options: &CityOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<CitySummary, SynthError> {
    if options.n_lines < 1 || options.n_months < 1 {
        return Err(SynthError::usage("a city needs at least one line and one month"));
    }
    let mut place = Place::look(dir)?;
    let city = City::begin(&mut place, options)?;
    let summary = city.fill(progress)?;
    place.publish()?;
    Ok(summary)
}
