//! `settlements`: every net settlement of the month, by its key.

use std::ops::Range;

use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::frames::Frames;
use crate::layout::ResultTable;
use crate::scored::Scored;
use crate::sheet::Sheet;

/// The settlements that are written: those of the month's own files, and carried ones only if a
/// line of this month takes from them.
pub(super) fn written(scored: &Scored<'_>) -> Vec<usize> {
    let settlements = &scored.month.settlements;
    let own = |at: usize| {
        let listed = settlements.listed.get(at).copied().unwrap_or(false);
        let carried = settlements.carried.get(at).copied().unwrap_or(false);
        listed && (!carried || 0 < scored.ledger.settlements.money(at).refused)
    };
    // Ids are in the order of their bytes already.
    (0..settlements.len()).filter(|&at| own(at)).collect()
}

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let settlements = &scored.month.settlements;
    let places = frames.settlements().get(range).unwrap_or(&[]);
    let places = || places.iter().copied();
    let institutions = settlements.rows.codes("fixmedins_code").unwrap_or(&[]);
    let paid = settlements.rows.numbers("fund_pay_sumamt").unwrap_or(&[]);
    let in_policy = settlements.rows.numbers("inscp_scp_amt").unwrap_or(&[]);
    let money = |at: usize| scored.ledger.settlements.money(at);
    let number =
        |values: &[i64], at: usize| values.get(at).copied().filter(|&value| value != NO_NUMBER);
    let wide = frames.wide(ResultTable::Settlements);
    let mut sheet = Sheet::new(ResultTable::Settlements, wide);
    sheet.keys(places().map(|at| settlements.ids.text(at)));
    if institutions.is_empty() {
        sheet.maybe_text(places().map(|_| None::<&str>));
    } else {
        let institutions = places().map(|at| institutions.get(at).copied().unwrap_or(NO_CODE));
        sheet.codes(institutions, &scored.month.codes);
    }
    sheet.maybe_number(places().map(|at| number(paid, at)));
    sheet.decimal(places().map(|at| money(at).refused));
    sheet.decimal(places().map(|at| money(at).refused_fund));
    sheet.decimal(places().map(|at| money(at).loss));
    // The in-policy total that the fund's payment is spread over.
    sheet.decimal(
        places().map(|at| i128::from(number(in_policy, at).unwrap_or(0)).max(money(at).scp_lines)),
    );
    sheet
}
