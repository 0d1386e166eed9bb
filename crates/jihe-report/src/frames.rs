//! Results as Arrow batches, in their canonical order.
//!
//! In: a [`Scored`] month. Out: for each [`ResultTable`] its rows, in batches of at most
//! [`BATCH_ROWS`] rows made one at a time, so that sentences are never all in memory.
//! Not here: files (`write`), money (`jihe-settle`). Cost: linear in findings, lines and settlements.

mod benefit_lines;
mod benefits;
mod coverage;
mod exempt;
mod finding_lines;
mod findings;
mod institutions;
mod penalties;
mod quarantine;
mod refusals;
mod reversals;
mod settlements;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use jihe_frame::{Exempt, Hit, HitLine, LinePart};
use jihe_rules::plan::Rule;
use jihe_settle::{Credit, Narrowed};
use jihe_terms::{NO_CODE, Texts};

use crate::evidence;
use crate::layout::ResultTable;
use crate::scored::Scored;
use crate::sentence::Voice;
use crate::sheet::{PlainTexts, Sheet};

/// Rows of a batch; a written file does not depend on it.
pub const BATCH_ROWS: usize = 8_192;

/// The result tables of one run.
pub struct Frames<'a> {
    pub(crate) scored: Scored<'a>,
    /// Settlements that are written, by index, when they are first asked for.
    settlements: OnceLock<Vec<usize>>,
    /// Subjects taken out by exceptions, by rule, exception and line.
    exempts: Vec<Exempt>,
    /// Places in the ledger of lines with a refused part.
    refusals: Vec<u32>,
    /// By hit: number of finding lines before it; at last their number.
    line_starts: Vec<u32>,
    /// Credits of the ledger, by hit, then canonical line.
    credits: Vec<u32>,
    /// By hit: where its credits begin; at last their number.
    credit_starts: Vec<u32>,
    /// By rule: what its findings say, made when the first one is written.
    voices: Vec<OnceLock<(Voice, String)>>,
    /// Tables with a sum of more digits than money has on the platform.
    wide: Vec<ResultTable>,
}

impl<'a> Frames<'a> {
    /// Prepares the tables of a run.
    #[expect(clippy::arithmetic_side_effects, reason = "counts of rows held in memory")]
    pub fn new(scored: Scored<'a>) -> Self {
        let mut line_starts = Vec::with_capacity(scored.hits.hits.len() + 1);
        // Hits count their lines in 32 bits.
        let mut n_lines = 0_u32;
        for hit in &scored.hits.hits {
            line_starts.push(n_lines);
            n_lines += hit.lines_until - hit.lines_from;
        }
        line_starts.push(n_lines);
        let (credits, credit_starts) = by_hit(&scored.ledger.credits, scored.hits.hits.len());
        let refused = (0..).zip(scored.ledger.lines.iter());
        let refusals =
            refused.filter(|(_, money)| 0 < money.refused).map(|(place, _)| place).collect();
        let mut exempts = scored.exempts.to_vec();
        exempts.sort_unstable();
        Self {
            scored,
            settlements: OnceLock::new(),
            exempts,
            refusals,
            line_starts,
            credits,
            credit_starts,
            voices: scored.plan.rules.iter().map(|_| OnceLock::new()).collect(),
            wide: ResultTable::ALL.into_iter().filter(|&table| is_wide(&scored, table)).collect(),
        }
    }

    /// The number of rows of a table.
    pub fn n_rows(&self, table: ResultTable) -> usize {
        match table {
            ResultTable::Findings => self.scored.hits.hits.len(),
            ResultTable::FindingLines => self.line_starts.last().map_or(0, |&n_lines| idx(n_lines)),
            ResultTable::Refusals => self.refusals.len(),
            ResultTable::Settlements => self.settlements().len(),
            ResultTable::Institutions => self.scored.ledger.institutions.len(),
            ResultTable::Penalties => self.scored.ledger.penalties.len(),
            ResultTable::Quarantine => self.scored.month.quarantine.len(),
            ResultTable::Coverage => self.scored.coverage.len(),
            ResultTable::Reversals => self.scored.month.reversals.len(),
            ResultTable::Exempt => self.scored.exempts.len(),
            ResultTable::Benefits => self.scored.benefits.settlements.len(),
            ResultTable::BenefitLines => self.scored.benefits.lines.len(),
        }
    }

    /// The rows of each row group of a table: so many at most, and not beyond where they begin anew.
    pub(crate) fn groups(&self, table: ResultTable, most: usize) -> Vec<Range<usize>> {
        let cut = |&(hit, line): &(usize, u32)| {
            if table == ResultTable::Findings {
                Some(hit)
            } else if table == ResultTable::FindingLines {
                self.line_starts.get(hit).map(|&start| idx(start))
            } else {
                (table == ResultTable::Refusals).then(|| self.refused_before(line))
            }
        };
        let n_rows = self.n_rows(table);
        let mut groups = Vec::new();
        let mut from = 0_usize;
        for end in self.scored.cuts.iter().filter_map(cut).chain([n_rows]) {
            while from < end {
                let until = from.saturating_add(most).min(end);
                groups.push(from..until);
                from = until;
            }
        }
        groups
    }

    /// How many lines with a refused part come before a line.
    fn refused_before(&self, line: u32) -> usize {
        let money = |place: u32| self.scored.ledger.lines.get(idx(place));
        self.refusals.partition_point(|&place| money(place).is_some_and(|money| money.line < line))
    }

    /// Settlements that are written, by index.
    fn settlements(&self) -> &[usize] {
        self.settlements.get_or_init(|| settlements::written(&self.scored))
    }

    /// The schema of a table in this run.
    pub fn schema(&self, table: ResultTable) -> Arc<Schema> {
        table.schema(self.wide(table))
    }

    /// The rows of a table, batch by batch.
    pub fn batches(&self, table: ResultTable) -> impl Iterator<Item = RecordBatch> + '_ {
        let n_rows = self.n_rows(table);
        (0..n_rows).step_by(BATCH_ROWS).map(move |from| {
            let until = from.saturating_add(BATCH_ROWS).min(n_rows);
            self.sheet(table, from..until).batch()
        })
    }

    /// Some rows of a table.
    pub(crate) fn sheet(&self, table: ResultTable, rows: Range<usize>) -> Sheet<'_> {
        match table {
            ResultTable::Findings => findings::sheet(self, rows),
            ResultTable::FindingLines => finding_lines::sheet(self, rows),
            ResultTable::Refusals => refusals::sheet(self, rows),
            ResultTable::Settlements => settlements::sheet(self, rows),
            ResultTable::Institutions => institutions::sheet(self, rows),
            ResultTable::Penalties => penalties::sheet(self, rows),
            ResultTable::Quarantine => quarantine::sheet(self, rows),
            ResultTable::Coverage => coverage::sheet(self, rows),
            ResultTable::Reversals => reversals::sheet(self, rows),
            ResultTable::Exempt => exempt::sheet(self, rows),
            ResultTable::Benefits => benefits::sheet(self, rows),
            ResultTable::BenefitLines => benefit_lines::sheet(self, rows),
        }
    }

    /// Whether a sum of the table needs more digits than money has on the platform.
    fn wide(&self, table: ResultTable) -> bool {
        self.wide.contains(&table)
    }

    /// What the findings of a rule say.
    ///
    /// # Panics
    ///
    /// As [`rule_of`].
    fn voice(&self, rule: u16) -> &Voice {
        &self.words(rule).0
    }

    /// The article of a rule as it is cited.
    ///
    /// # Panics
    ///
    /// As [`rule_of`].
    fn article(&self, rule: u16) -> &str {
        &self.words(rule).1
    }

    fn words(&self, number: u16) -> &(Voice, String) {
        let rule = rule_of(&self.scored, number);
        let slot = self.voices.get(usize::from(number)).expect("one slot for each rule");
        slot.get_or_init(|| (Voice::new(&self.scored, rule), evidence::article(&self.scored, rule)))
    }

    /// The credit of a hit on a line.
    fn credit(&self, hit: usize, line: u32) -> Option<Credit> {
        let from = *self.credit_starts.get(hit)?;
        let until = *self.credit_starts.get(hit.checked_add(1)?)?;
        let of_hit = self.credits.get(idx(from)..idx(until))?;
        let of = |&place: &u32| self.scored.ledger.credits.get(idx(place));
        let at = of_hit.partition_point(|place| of(place).is_some_and(|money| money.line < line));
        of_hit.get(at).and_then(of).filter(|money| money.line == line)
    }
}

/// Orders credits by hit; within a hit they keep their order, which is by line. Those of findings that
/// are written elsewhere are left out.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "only credits of hits that are there are counted, and there is one slot more than hits"
)]
fn by_hit(credits: &Narrowed<Credit>, n_hits: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0_u32; n_hits + 1];
    let own = |credit: &Credit| idx(credit.hit) < n_hits;
    for credit in credits.iter().filter(own) {
        starts[idx(credit.hit) + 1] += 1;
    }
    for hit in 0..n_hits {
        starts[hit + 1] += starts[hit];
    }
    let mut next = starts.clone();
    let mut order = vec![0_u32; idx(starts[n_hits])];
    for (place, credit) in (0_u32..).zip(credits.iter()).filter(|(_, credit)| own(credit)) {
        let slot = &mut next[idx(credit.hit)];
        order[idx(*slot)] = place;
        *slot += 1;
    }
    (order, starts)
}

/// As [`Frames::wide`].
fn is_wide(scored: &Scored<'_>, table: ResultTable) -> bool {
    let ledger = scored.ledger;
    match table {
        ResultTable::Findings => ledger
            .hits
            .iter()
            .any(|money| any_wide(&[money.standalone, money.credited, money.held])),
        ResultTable::Settlements => ledger
            .settlements
            .iter()
            .any(|money| any_wide(&[money.refused, money.refused_fund, money.scp_lines])),
        ResultTable::Institutions => ledger
            .institutions
            .iter()
            .any(|money| any_wide(&[money.medfee, money.fund_pay, money.refused, money.held])),
        ResultTable::Penalties => {
            ledger.penalties.iter().any(|money| any_wide(&[money.base, money.fine_high]))
        }
        ResultTable::Coverage => {
            scored.coverage.iter().any(|rule| any_wide(&[rule.amt_not_evaluable]))
        }
        ResultTable::FindingLines
        | ResultTable::Refusals
        | ResultTable::Quarantine
        | ResultTable::Reversals
        | ResultTable::Exempt
        | ResultTable::Benefits
        | ResultTable::BenefitLines => false,
    }
}

fn any_wide(values: &[i128]) -> bool {
    const LIMIT: u128 = 10_u128.pow(16);
    values.iter().any(|value| LIMIT <= value.unsigned_abs())
}

/// The lines of a hit.
pub(crate) fn lines_of<'a>(scored: &Scored<'a>, hit: &Hit) -> &'a [HitLine] {
    scored.hits.lines_of(hit)
}

/// The rule of a hit.
///
/// # Panics
///
/// If the hit names no rule of the plan, which is a fault of the engine.
pub(crate) fn rule_of<'a>(scored: &Scored<'a>, rule: u16) -> &'a Rule {
    let plan: &'a _ = scored.plan;
    plan.rules.get(usize::from(rule)).expect("hits and coverage name rules of the plan")
}

/// Widens an index.
pub(crate) fn idx(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Drops the missing code.
pub(crate) fn some(code: u32) -> Option<u32> {
    (code != NO_CODE).then_some(code)
}

/// The key of an encounter.
pub(crate) fn encounter_text<'a>(scored: &Scored<'a>, encounter: u32) -> Option<&'a str> {
    let ids: &'a _ = &scored.month.encounters.ids;
    some(encounter).map(idx).filter(|&at| at < ids.len()).map(|at| ids.text(at))
}

/// Adds a text; bytes that are no UTF-8 read as the empty text.
pub(crate) fn put(bytes: &[u8], text: &mut Vec<u8>) {
    // Most ids are ASCII, which is told faster.
    if bytes.is_ascii() || std::str::from_utf8(bytes).is_ok() {
        text.extend_from_slice(bytes);
    }
}

/// Adds the key of an entity; tells whether there is one.
fn put_id(ids: &Texts, place: u32, text: &mut Vec<u8>) -> bool {
    let known = some(place).map(idx).filter(|&at| at < ids.len());
    if let Some(at) = known {
        put(ids.bytes(at), text);
    }
    known.is_some()
}

/// Adds the key of an encounter; tells whether there is one.
pub(crate) fn put_encounter(scored: &Scored<'_>, encounter: u32, text: &mut Vec<u8>) -> bool {
    put_id(&scored.month.encounters.ids, encounter, text)
}

/// The id of a settlement, if there is one.
pub(crate) fn settlement_text<'a>(scored: &Scored<'a>, settlement: u32) -> Option<&'a str> {
    let ids: &'a _ = &scored.month.settlements.ids;
    some(settlement).map(idx).filter(|&at| at < ids.len()).map(|at| ids.text(at))
}

/// Adds the id of a settlement, if there is one; tells whether.
pub(crate) fn put_settlement(scored: &Scored<'_>, settlement: u32, text: &mut Vec<u8>) -> bool {
    put_id(&scored.month.settlements.ids, settlement, text)
}

/// Adds a code.
pub(crate) fn put_code(scored: &Scored<'_>, code: u32, text: &mut Vec<u8>) {
    let codes = &scored.month.codes;
    if idx(code) < codes.len() {
        put(codes.bytes(code), text);
    }
}

/// A code as text.
pub(crate) fn code_text<'a>(scored: &Scored<'a>, code: u32) -> &'a str {
    let codes: &'a _ = &scored.month.codes;
    if idx(code) < codes.len() { codes.text(code) } else { "" }
}

/// The key of a line that the run kept.
pub(crate) fn line_text(scored: &Scored<'_>, line: u32) -> Option<String> {
    scored.lines.find(line).map(|(part, row)| part.key.text(row))
}

/// Adds the key of a line that the run kept; tells whether it was.
pub(crate) fn write_line(scored: &Scored<'_>, line: u32, text: &mut Vec<u8>) -> bool {
    let found = scored.lines.find(line);
    if let Some((part, row)) = found {
        write_key(part, row, text);
    }
    found.is_some()
}

/// Adds a line key; bytes that are no UTF-8 are replaced.
fn write_key(part: &LinePart, row: usize, text: &mut Vec<u8>) {
    let from = text.len();
    part.key.write(row, text);
    if text.get(from..).is_some_and(|key| !key.is_ascii() && std::str::from_utf8(key).is_err()) {
        text.truncate(from);
        text.extend_from_slice(part.key.text(row).as_bytes());
    }
}

/// A column of line keys.
fn keys(part: &LinePart, rows: &[u32]) -> PlainTexts {
    let mut keys = PlainTexts::with_capacity(rows.len(), 24);
    for &row in rows {
        keys.push(|text| {
            write_key(part, idx(row), text);
            true
        });
    }
    keys
}

#[cfg(test)]
mod tests;
