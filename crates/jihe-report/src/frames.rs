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
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use jihe_frame::{Defect, Exempt, Hit, HitLine};
use jihe_rules::plan::Rule;
use jihe_settle::Credit;
use jihe_terms::NO_CODE;

use crate::layout::ResultTable;
use crate::scored::Scored;

/// Rows of a batch; a written file does not depend on it.
pub const BATCH_ROWS: usize = 8_192;

/// The result tables of one run.
pub struct Frames<'a> {
    pub(crate) scored: Scored<'a>,
    /// Settlements that are written, by index.
    settlements: Vec<usize>,
    /// Subjects taken out by exceptions, by rule, exception and line.
    exempts: Vec<Exempt>,
    /// Rows put aside, by table, file and row.
    quarantine: Vec<&'a Defect>,
    /// Places in the ledger of lines with a refused part.
    refusals: Vec<usize>,
    /// By hit: number of finding lines before it; at last their number.
    line_starts: Vec<usize>,
    /// Credits of the ledger, by hit, then canonical line.
    credits: Vec<u32>,
    /// By hit: where its credits begin; at last their number.
    credit_starts: Vec<usize>,
}

impl<'a> Frames<'a> {
    /// Prepares the tables of a run.
    #[expect(clippy::arithmetic_side_effects, reason = "counts of rows held in memory")]
    pub fn new(scored: Scored<'a>) -> Self {
        let mut line_starts = Vec::with_capacity(scored.hits.hits.len() + 1);
        let mut n_lines = 0_usize;
        for hit in &scored.hits.hits {
            line_starts.push(n_lines);
            n_lines += lines_of(&scored, hit).len();
        }
        line_starts.push(n_lines);
        let (credits, credit_starts) = by_hit(&scored.ledger.credits, scored.hits.hits.len());
        let refused = scored.ledger.lines.iter().enumerate();
        let refusals =
            refused.filter(|(_, money)| 0 < money.refused).map(|(place, _)| place).collect();
        let mut quarantine: Vec<&Defect> = scored.month.quarantine.iter().collect();
        quarantine.sort();
        let settlements = settlements::written(&scored);
        let mut exempts = scored.exempts.to_vec();
        exempts.sort_unstable();
        Self {
            scored,
            settlements,
            exempts,
            quarantine,
            refusals,
            line_starts,
            credits,
            credit_starts,
        }
    }

    /// The number of rows of a table.
    pub fn n_rows(&self, table: ResultTable) -> usize {
        match table {
            ResultTable::Findings => self.scored.hits.hits.len(),
            ResultTable::FindingLines => self.line_starts.last().copied().unwrap_or(0),
            ResultTable::Refusals => self.refusals.len(),
            ResultTable::Settlements => self.settlements.len(),
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

    /// The schema of a table in this run.
    pub fn schema(&self, table: ResultTable) -> Arc<Schema> {
        table.schema(self.wide(table))
    }

    /// The rows of a table, batch by batch.
    pub fn batches(&self, table: ResultTable) -> impl Iterator<Item = RecordBatch> + '_ {
        let n_rows = self.n_rows(table);
        (0..n_rows).step_by(BATCH_ROWS).map(move |from| {
            let until = from.saturating_add(BATCH_ROWS).min(n_rows);
            self.batch(table, from..until)
        })
    }

    /// Some rows of a table.
    fn batch(&self, table: ResultTable, rows: Range<usize>) -> RecordBatch {
        match table {
            ResultTable::Findings => findings::batch(self, rows),
            ResultTable::FindingLines => finding_lines::batch(self, rows),
            ResultTable::Refusals => refusals::batch(self, rows),
            ResultTable::Settlements => settlements::batch(self, rows),
            ResultTable::Institutions => institutions::batch(self, rows),
            ResultTable::Penalties => penalties::batch(self, rows),
            ResultTable::Quarantine => quarantine::batch(self, rows),
            ResultTable::Coverage => coverage::batch(self, rows),
            ResultTable::Reversals => reversals::batch(self, rows),
            ResultTable::Exempt => exempt::batch(self, rows),
            ResultTable::Benefits => benefits::batch(self, rows),
            ResultTable::BenefitLines => benefit_lines::batch(self, rows),
        }
    }

    /// Whether a sum of the table needs more digits than money has on the platform.
    fn wide(&self, table: ResultTable) -> bool {
        let ledger = self.scored.ledger;
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
                self.scored.coverage.iter().any(|rule| any_wide(&[rule.amt_not_evaluable]))
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

    /// The credit of a hit on a line.
    fn credit(&self, hit: usize, line: u32) -> Option<&'a Credit> {
        let from = *self.credit_starts.get(hit)?;
        let until = *self.credit_starts.get(hit.checked_add(1)?)?;
        let credits: &'a [Credit] = &self.scored.ledger.credits;
        let of_hit = self.credits.get(from..until)?;
        let of = |&place: &u32| credits.get(idx(place));
        let at = of_hit.partition_point(|place| of(place).is_some_and(|money| money.line < line));
        of_hit.get(at).and_then(of).filter(|money| money.line == line)
    }
}

/// Orders credits by hit; within a hit they keep their order, which is by line.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "credits name hits of the run, and there is one slot more than hits"
)]
fn by_hit(credits: &[Credit], n_hits: usize) -> (Vec<u32>, Vec<usize>) {
    let mut starts = vec![0_usize; n_hits + 1];
    for credit in credits {
        starts[idx(credit.hit) + 1] += 1;
    }
    for hit in 0..n_hits {
        starts[hit + 1] += starts[hit];
    }
    let mut next = starts.clone();
    let mut order = vec![0_u32; credits.len()];
    for (place, credit) in (0_u32..).zip(credits) {
        let slot = &mut next[idx(credit.hit)];
        order[*slot] = place;
        *slot += 1;
    }
    (order, starts)
}

fn any_wide(values: &[i128]) -> bool {
    const LIMIT: u128 = 10_u128.pow(16);
    values.iter().any(|value| LIMIT <= value.unsigned_abs())
}

/// The lines of a hit.
pub(crate) fn lines_of<'a>(scored: &Scored<'a>, hit: &Hit) -> &'a [HitLine] {
    let lines: &'a [HitLine] = &scored.hits.lines;
    lines.get(idx(hit.lines_from)..idx(hit.lines_until)).unwrap_or(&[])
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

/// The key of a person.
pub(crate) fn person_text<'a>(scored: &Scored<'a>, person: u32) -> Option<&'a str> {
    let ids: &'a _ = &scored.month.persons.ids;
    some(person).map(idx).filter(|&at| at < ids.len()).map(|at| ids.text(at))
}

/// The key of a settlement.
pub(crate) fn settlement_text<'a>(scored: &Scored<'a>, settlement: u32) -> Option<&'a str> {
    let ids: &'a _ = &scored.month.settlements.ids;
    some(settlement).map(idx).filter(|&at| at < ids.len()).map(|at| ids.text(at))
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

#[cfg(test)]
mod tests;
