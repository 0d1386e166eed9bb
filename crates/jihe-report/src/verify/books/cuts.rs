//! Each cut of a line against the money that it comes to alone.

use jihe_settle::allowed::{Billed, Cuts};

use super::{Books, same};
use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder, cut_of};
use crate::verify::Compared;

impl Books {
    /// Billed less what the cut alone allows; evidence comes to nothing.
    pub(super) fn compare_cuts(
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        folder.rows(
            ResultTable::FindingLines,
            ["bkkp_sn", "cut", "cut_value", "vola_amt", "cnt", "pric", "det_item_fee_sumamt"],
            |[line, cut, value, alone, billed @ ..]| {
                let number = |cell: Cell<'_>| i64::try_from(cell.number()).unwrap_or(i64::MAX);
                let [cnt, pric, amount] = billed.map(number);
                let expected = cut_of(cut.text(), value.text()).map_or(0, |cut| {
                    let allowed = Cuts::only(cut).allowed(Billed { cnt, pric, amount });
                    i128::from(amount).saturating_sub(allowed.into())
                });
                same(compared, "money of a cut alone", line.text(), alone.number(), expected);
            },
        )
    }
}
