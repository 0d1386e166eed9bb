//! From findings to the ledger: what is refused, credited, lost, held and may be fined.
//!
//! In: hits with their cuts, the net month, and which rules refuse. Out: a [`Ledger`] whose sums
//! agree to the fen at line, settlement, institution and run; the agreement is asserted in release.
//! Not here: what is a hit (`jihe-kernels`), files and sentences (`jihe-report`).
//! Findings are settled slice by slice, so that they need not be in memory all at once.
//! Cost: sorts the cut lines once; otherwise linear in cut lines and settlements.

pub mod allowed;
pub mod attribute;
pub mod balance;
mod by_code;
mod hits_money;
pub mod ledger;
pub mod loss;
mod narrow;
pub mod penalty;
mod settling;
mod totals;

pub use hits_money::{HitMoney, HitsMoney};
pub use ledger::{
    Credit, Fined, InstitutionMoney, Ledger, LineMoney, Penalty, Reviews, RuleMoney,
    SettlementMoney, Settlements, Stage, Terms, Totals,
};
pub use narrow::{Narrow, Narrowed};
pub use settling::{FoundLines, Settling, Terrain, Walking};
pub use totals::{LineTotals, PartTotals};
