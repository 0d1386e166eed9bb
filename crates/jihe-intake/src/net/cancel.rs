//! Settlements that refunds cancel.

use jihe_frame::Reversal;
use jihe_terms::NO_CODE;
use jihe_terms::schema::TableName;

use crate::cells::Names;
use crate::place::at;
use crate::rows::Rows;

/// Nets refunds with their originals; gives the ids of settlements that left, and the refunds that
/// lower the totals.
pub(crate) fn settlements(rows: &mut Rows, names: &Names) -> (Vec<bool>, Vec<Reversal>) {
    let n_ids = names.settlements.len();
    let mut gone = vec![false; n_ids];
    let mut reversals = Vec::new();
    let Some(refund_flag) = names.codes.get(b"1") else { return (gone, reversals) };
    let flags = rows.column("refd_setl_flag").ids();
    let is_refund = |&row: &u32| flags.get(at(row)) == Some(&refund_flag);
    let mut refunds: Vec<u32> = rows.standing().filter(is_refund).collect();
    if refunds.is_empty() {
        return (gone, reversals);
    }
    let mut row_of = vec![NO_CODE; n_ids];
    let own = rows.column("setl_id").ids();
    for row in rows.standing() {
        let id = own.get(at(row)).copied().unwrap_or(NO_CODE);
        if let Some(place) = row_of.get_mut(at(id)) {
            *place = row;
        }
    }
    refunds.sort_unstable_by_key(|&row| names.settlements.bytes(rows.id("setl_id", row)));
    for &refund in &refunds {
        let (own, original) = (rows.id("setl_id", refund), rows.id("init_setl_id", refund));
        let row = row_of.get(at(original)).copied().filter(|&row| row != NO_CODE && row != refund);
        let reason = match row {
            None if original == NO_CODE => Some("refund names no original"),
            None => Some("original is not in the month"),
            Some(row) if rows.is_carried(row) && !rows.is_carried(refund) => {
                Some("original is in an earlier month")
            }
            Some(_) => None,
        };
        if let Some(reason) = reason.filter(|_| !rows.is_carried(refund)) {
            reversals.push(reversal(rows, names, refund, reason));
        }
        // Lines of an original leave whether its own row is there or not.
        for id in [own, original] {
            if let Some(gone) = gone.get_mut(at(id)) {
                *gone = true;
            }
        }
    }
    let leaving: Vec<u32> = rows
        .standing()
        .filter(|&row| gone.get(at(rows.id("setl_id", row))) == Some(&true))
        .collect();
    for &row in &leaving {
        rows.net(row);
    }
    rows.cancelled = leaving;
    (gone, reversals)
}

fn reversal(rows: &Rows, names: &Names, row: u32, reason: &str) -> Reversal {
    let amount = |name| {
        let amount = rows.column(name).numbers().get(at(row)).copied().unwrap_or(0);
        // Some platforms deliver refunds with positive amounts; they lower the totals all the same.
        amount.checked_abs().and_then(i64::checked_neg).unwrap_or(0)
    };
    Reversal {
        table: TableName::Settlements,
        key: String::from_utf8_lossy(names.settlements.bytes(rows.id("setl_id", row))).into_owned(),
        fixmedins_code: names.codes.text(rows.id("fixmedins_code", row)).to_owned(),
        amount_fen: amount("medfee_sumamt"),
        fund_fen: amount("fund_pay_sumamt"),
        reason: reason.to_owned(),
    }
}
