//! Money of findings, a column each: sums mostly take 32 bits, and a person may have very many findings.

use std::collections::BTreeMap;
use std::ops::Range;

use jihe_terms::Sums;

use crate::ledger::Credit;

/// Money of a finding.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct HitMoney {
    /// Gross, as if it stood alone.
    pub standalone: i128,
    /// Credited part of the refused amount.
    pub credited: i128,
    /// Credited loss.
    pub loss: i128,
    /// Held.
    pub held: i128,
    /// Whether it refuses (definite or confirmed, not dismissed, and its rule acts).
    pub refuses: bool,
    /// Whether a review dismissed it.
    pub dismissed: bool,
    /// The most that a review lets it refuse, fen.
    pub most: Option<i64>,
}

/// Money of findings, by their place.
#[derive(Clone, Debug, Default)]
pub struct HitsMoney {
    standalone: Sums<i32>,
    credited: Sums<i32>,
    loss: Sums<i32>,
    held: Sums<i32>,
    standing: Vec<Standing>,
    most: BTreeMap<usize, i64>,
}

/// Whether a finding refuses, and whether a review dismissed it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing {
    pub(crate) refuses: bool,
    pub(crate) dismissed: bool,
}

impl HitsMoney {
    /// Findings that came to nothing yet, with the most that a review lets each refuse.
    pub(crate) fn new(findings: impl Iterator<Item = (Standing, Option<i64>)>) -> Self {
        let mut most = BTreeMap::new();
        let standing = findings.enumerate().map(|(hit, (standing, most_of_it))| {
            if let Some(fen) = most_of_it {
                most.insert(hit, fen);
            }
            standing
        });
        let standing: Vec<Standing> = standing.collect();
        let sums = || Sums::new(standing.len());
        Self { standalone: sums(), credited: sums(), loss: sums(), held: sums(), most, standing }
    }

    /// The number of findings.
    pub fn len(&self) -> usize {
        self.standing.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.standing.is_empty()
    }

    /// The money of a finding; none if there is no such finding.
    pub fn get(&self, hit: usize) -> Option<HitMoney> {
        let &Standing { refuses, dismissed } = self.standing.get(hit)?;
        Some(HitMoney {
            standalone: self.standalone.get(hit),
            credited: self.credited.get(hit),
            loss: self.loss.get(hit),
            held: self.held.get(hit),
            refuses,
            dismissed,
            most: self.most.get(&hit).copied(),
        })
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = HitMoney> + '_ {
        (0..self.len()).map_while(|hit| self.get(hit))
    }

    /// Some of them.
    #[must_use]
    pub fn some(&self, hits: &Range<usize>) -> Self {
        let most = self.most.range(hits.clone());
        Self {
            standalone: self.standalone.some(hits),
            credited: self.credited.some(hits),
            loss: self.loss.some(hits),
            held: self.held.some(hits),
            standing: self.standing.get(hits.clone()).unwrap_or(&[]).to_vec(),
            most: most.map(|(&hit, &most)| (hit.saturating_sub(hits.start), most)).collect(),
        }
    }

    /// How a finding stands.
    pub(crate) fn standing(&self, hit: usize) -> Option<Standing> {
        self.standing.get(hit).copied()
    }

    /// The findings that reviews bound, and how much each may refuse.
    pub(crate) fn bounded(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        self.most.iter().map(|(&hit, &most)| (hit, most))
    }

    /// Adds a share in a line, but for its loss. No such finding: nothing.
    pub(crate) fn add(&mut self, hit: usize, credit: &Credit) {
        if hit < self.len() {
            self.standalone.add(hit, credit.standalone.into());
            self.credited.add(hit, credit.credited.into());
            self.held.add(hit, credit.held.into());
        }
    }

    /// Adds a loss; tells whether there is such a finding.
    pub(crate) fn add_loss(&mut self, hit: usize, loss: i64) -> bool {
        let is_there = hit < self.len();
        if is_there {
            self.loss.add(hit, loss.into());
        }
        is_there
    }

    /// Puts those of others behind these.
    pub(crate) fn append(&mut self, other: &Self) {
        let n_own = self.len();
        self.standalone.append(&other.standalone);
        self.credited.append(&other.credited);
        self.loss.append(&other.loss);
        self.held.append(&other.held);
        self.standing.extend_from_slice(&other.standing);
        self.most.extend(other.bounded().map(|(hit, most)| (n_own.saturating_add(hit), most)));
    }
}
