//! Settlements by the benefit policy against their lines.

use super::{Books, add, same};
use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder};
use crate::verify::Compared;

impl Books {
    pub(super) fn read_benefits(&mut self, folder: &Folder) -> Result<(), ReportError> {
        folder.rows(
            ResultTable::BenefitLines,
            ["setl_id", "det_item_fee_sumamt", "inscp_scp_amt", "fund_pay_amt"],
            |[settlement, amount, scp, fund]| {
                let sums = [amount, scp, fund].map(Cell::number);
                add(self.benefits.entry(settlement.text().to_owned()), sums);
            },
        )
    }

    /// Each settlement by the policy that was paid otherwise: its lines make it up.
    pub(super) fn compare_benefits(
        &mut self,
        folder: &Folder,
        compared: &mut Compared,
    ) -> Result<(), ReportError> {
        folder.rows(
            ResultTable::Benefits,
            ["setl_id", "medfee_sumamt", "inscp_scp_amt", "fund_pay_sumamt", "diff_amt"],
            |[settlement, amount, scp, fund, difference]| {
                let key = settlement.text();
                let sums = self.benefits.remove(key);
                if difference.number() == 0 {
                    return;
                }
                let own = [amount, scp, fund].map(Cell::number);
                for (own, sum) in own.into_iter().zip(sums.unwrap_or_default()) {
                    same(compared, "benefit of a settlement = its lines", key, own, sum);
                }
            },
        )?;
        compared.same("lines belong to benefits", "settlements left over", self.benefits.len(), 0);
        Ok(())
    }
}
