//! What of a claim and its history stands: no void row, and nothing of a cancelled settlement.

use std::collections::{BTreeMap, BTreeSet};

use jihe_terms::schema::TableName;

use super::{Claim, Row};
use crate::normalise::is_missing;

/// Rows that stand.
pub(super) struct Standing {
    pub(super) claim: Claim,
    /// By table the place of each row among those that were given.
    pub(super) given: BTreeMap<TableName, Vec<usize>>,
}

/// Whether a value of `vali_flag` takes its row out.
pub(super) fn is_void(flag: &str) -> bool {
    flag != "1"
}

/// A claim and a history without void rows and without cancelled settlements and their lines.
pub(super) fn standing(claim: &Claim, history: &Claim) -> [Standing; 2] {
    let is_valid = |table: TableName, row: &Row| {
        text(table, row, "vali_flag").is_none_or(|flag| !is_void(flag))
    };
    let mut gone: BTreeSet<&str> = BTreeSet::new();
    for row in claim.settlements.iter().chain(&history.settlements) {
        let of = |name| text(TableName::Settlements, row, name);
        let is_refund = of("refd_setl_flag") == Some("1");
        if is_refund && is_valid(TableName::Settlements, row) {
            gone.extend([of("setl_id"), of("init_setl_id")].into_iter().flatten());
        }
    }
    [claim, history].map(|all| {
        let mut given = BTreeMap::new();
        let mut kept = |table: TableName| -> Vec<Row> {
            let stands = |row: &Row| {
                let settlement = text(table, row, "setl_id");
                is_valid(table, row) && settlement.is_none_or(|id| !gone.contains(id))
            };
            let rows = all.rows(table).iter().enumerate().filter(|(_, row)| stands(row));
            let (places, rows): (Vec<usize>, Vec<Row>) =
                rows.map(|(place, row)| (place, row.clone())).unzip();
            given.insert(table, places);
            rows
        };
        let claim = Claim {
            persons: kept(TableName::Persons),
            encounters: kept(TableName::Encounters),
            settlements: kept(TableName::Settlements),
            diagnoses: kept(TableName::Diagnoses),
            lines: kept(TableName::Lines),
        };
        Standing { claim, given }
    })
}

/// The text of a row in a column; none if it is missing.
fn text<'r>(table: TableName, row: &'r Row, name: &str) -> Option<&'r str> {
    let def = table.columns().get(table.column(name)?)?;
    let is_it = |other: &str| def.name == other || def.aliases.contains(&other);
    let value = row.iter().find(|(other, _)| is_it(other)).map(|(_, text)| text.as_str());
    value.filter(|text| !is_missing(text.as_bytes()))
}
