//! What a scored month gave: Arrow out, files out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use jihe_engine::Judged;
use jihe_frame::{InputFile, KeptLines, NetMonth, Review};
use jihe_intake::{Encoding, Reviews};
use jihe_report::{Format, Frames, ItemNames, ResultTable, RowSource, Scored, Summary};
use jihe_settle::{Ledger, Stage};
use jihe_terms::schema::TableName;

use crate::error::Error;

/// A scored month.
#[derive(Debug)]
pub struct Outcome {
    engine: Arc<jihe_engine::Engine>,
    month: NetMonth,
    judged: Judged,
    stage: Stage,
    other_inputs: Vec<InputFile>,
    arguments: Vec<(String, String)>,
    reviews: BTreeMap<String, Review>,
}

/// What the writers see of a run beside what was judged.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) engine: &'a jihe_engine::Engine,
    pub(crate) month: &'a NetMonth,
    pub(crate) stage: Stage,
}

/// Reviews by finding, other files that were read, and arguments.
type About<'a> = (&'a BTreeMap<String, Review>, &'a [InputFile], &'a [(String, String)]);

impl<'a> Seen<'a> {
    /// Calls `with` with what was judged, all or a slice of it, as the writers see it.
    pub(crate) fn with<T>(
        self,
        judged: &Judged,
        (reviews, other_inputs, arguments): About<'_>,
        with: impl FnOnce(&Scored<'_>) -> T,
    ) -> T {
        let reference_row = |table: &str, row: u32| self.reference_row(table, row);
        with(&Scored {
            month: self.month,
            plan: self.engine.plan(),
            hits: &judged.hits,
            lines: &judged.lines,
            jr_ids: &judged.jr_ids,
            further: &judged.further,
            cuts: &judged.cuts,
            ledger: &judged.ledger,
            coverage: &judged.coverage,
            exempts: &judged.exempts,
            benefits: &judged.benefits,
            reviews,
            stage: self.stage,
            other_inputs,
            items: ItemNames { rows: self.engine.item_names() },
            reference_row: &reference_row,
            arguments,
            version: crate::VERSION,
        })
    }

    fn reference_row(self, table: &str, row: u32) -> Option<RowSource<'a>> {
        let name = TableName::ALL.into_iter().find(|name| name.file() == table)?;
        let table = self.engine.reference().tables.get(&name)?;
        let idx = usize::try_from(row).ok()?;
        let origin = table.origin.get(idx)?;
        let file = table.files.get(usize::try_from(origin.file).ok()?)?;
        Some(RowSource { file, row: u64::from(origin.row), basis: table.basis.text(idx) })
    }
}

impl Outcome {
    pub(crate) fn new(
        engine: Arc<jihe_engine::Engine>,
        mut month: NetMonth,
        judged: Judged,
        stage: Stage,
        encoding: Encoding,
    ) -> Self {
        let reference = engine.reference();
        let other_inputs = reference.inputs.clone();
        // Rows of the reference folder that were put aside are reported with the month's.
        month.quarantine.append(&reference.quarantine);
        month.quarantine.sort();
        for (table, counts) in &reference.counts {
            // Trace codes may stand in both folders.
            let all = month.counts.entry(*table).or_default();
            all.read = all.read.saturating_add(counts.read);
            all.judged = all.judged.saturating_add(counts.judged);
            all.netted = all.netted.saturating_add(counts.netted);
            all.quarantined = all.quarantined.saturating_add(counts.quarantined);
        }
        let stage_word = match stage {
            Stage::Before => "before",
            Stage::After => "after",
        };
        let encoding_word = match encoding {
            Encoding::Utf8 => "utf8",
            Encoding::Gb18030 => "gb18030",
        };
        let arguments = vec![
            ("encoding".to_owned(), encoding_word.to_owned()),
            ("stage".to_owned(), stage_word.to_owned()),
        ];
        let reviews = BTreeMap::new();
        Self { engine, month, judged, stage, other_inputs, arguments, reviews }
    }

    pub(crate) fn of_claim(
        engine: Arc<jihe_engine::Engine>,
        month: NetMonth,
        judged: Judged,
    ) -> Self {
        let (other_inputs, arguments) = (Vec::new(), Vec::new());
        let (stage, reviews) = (Stage::Before, BTreeMap::new());
        Self { engine, month, judged, stage, other_inputs, arguments, reviews }
    }

    /// Adds what a file of reviews held: what was taken, and what was put aside.
    pub(crate) fn with_reviews(mut self, reviews: Option<Reviews>) -> Self {
        if let Some(reviews) = reviews {
            self.month.quarantine.append(&reviews.quarantine);
            self.month.quarantine.sort();
            self.month.counts.insert(TableName::Reviews, reviews.counts);
            self.other_inputs.push(reviews.input);
            self.reviews = reviews.by_finding;
        }
        self
    }

    /// Calls `with` with the run as the writers see it.
    pub fn with_scored<T>(&self, with: impl FnOnce(&Scored<'_>) -> T) -> T {
        let seen = Seen { engine: &self.engine, month: &self.month, stage: self.stage };
        let about = (&self.reviews, self.other_inputs.as_slice(), self.arguments.as_slice());
        seen.with(&self.judged, about, with)
    }

    /// The money of the run.
    pub fn ledger(&self) -> &Ledger {
        &self.judged.ledger
    }

    /// The net month that was judged.
    pub fn month(&self) -> &NetMonth {
        &self.month
    }

    /// The lines that findings and exemptions name.
    pub fn lines(&self) -> &KeptLines {
        &self.judged.lines
    }

    /// Rows put aside, of all tables.
    pub fn n_quarantined(&self) -> usize {
        self.month.quarantine.len()
    }

    /// The summary of the run.
    pub fn summary(&self) -> Summary {
        self.with_scored(Summary::new)
    }

    /// A result table as Arrow batches.
    pub fn table(&self, table: ResultTable) -> Vec<RecordBatch> {
        self.with_scored(|scored| Frames::new(*scored).batches(table).collect())
    }

    /// Findings.
    pub fn findings(&self) -> Vec<RecordBatch> {
        self.table(ResultTable::Findings)
    }

    /// The lines of each finding.
    pub fn finding_lines(&self) -> Vec<RecordBatch> {
        self.table(ResultTable::FindingLines)
    }

    /// Lines with a refused part.
    pub fn refusals(&self) -> Vec<RecordBatch> {
        self.table(ResultTable::Refusals)
    }

    /// Net settlements.
    pub fn settlements(&self) -> Vec<RecordBatch> {
        self.table(ResultTable::Settlements)
    }

    /// Institutions.
    pub fn institutions(&self) -> Vec<RecordBatch> {
        self.table(ResultTable::Institutions)
    }

    /// Lawful ranges of fines.
    pub fn penalties(&self) -> Vec<RecordBatch> {
        self.table(ResultTable::Penalties)
    }

    /// Rows put aside.
    pub fn quarantine(&self) -> Vec<RecordBatch> {
        self.table(ResultTable::Quarantine)
    }

    /// What each rule looked at.
    pub fn coverage(&self) -> Vec<RecordBatch> {
        self.table(ResultTable::Coverage)
    }

    /// Writes all results as Parquet, whole or not at all.
    ///
    /// # Errors
    ///
    /// If they cannot be written; what was there before is untouched.
    pub fn write(&self, out: impl AsRef<Path>) -> Result<(), Error> {
        self.write_as(out, Format::Parquet)
    }

    /// Writes all results in a format, whole or not at all.
    ///
    /// # Errors
    ///
    /// As [`Outcome::write`].
    pub fn write_as(&self, out: impl AsRef<Path>, format: Format) -> Result<(), Error> {
        self.with_scored(|scored| jihe_report::write(scored, out.as_ref(), format))?;
        Ok(())
    }

    /// Writes what the next month has to know of this one, replacing what the folder held.
    ///
    /// # Errors
    ///
    /// If it cannot be written, or if the lines were given up ([`Options::forget_lines`]); what was
    /// there before is untouched.
    ///
    /// [`Options::forget_lines`]: crate::Options::forget_lines
    pub fn write_state(&self, dir: impl AsRef<Path>) -> Result<(), Error> {
        self.stage_state(dir)?.publish()?;
        Ok(())
    }

    /// Writes the state beside its folder, whole; it takes its place when it is published, so that
    /// results and state can both be on disk before either replaces what was there.
    ///
    /// # Errors
    ///
    /// As [`Outcome::write_state`].
    pub fn stage_state(&self, dir: impl AsRef<Path>) -> Result<jihe_report::StagedState, Error> {
        Ok(jihe_report::stage_state(&self.month, dir.as_ref())?)
    }

    /// By finding: the id of its rule.
    pub fn rule_ids(&self) -> Vec<String> {
        let rules = &self.engine.plan().rules;
        let rule = |hit: &jihe_frame::Hit| rules.get(usize::from(hit.rule));
        let hits = self.judged.hits.hits.iter();
        hits.map(|hit| rule(hit).map_or_else(String::new, |rule| rule.id.clone())).collect()
    }
}
