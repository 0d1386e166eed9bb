//! A settlement with what of it is refused.
//!
//! In: the table `settlements`. Out: its amounts as texts. Not here: what the benefit policy comes to
//! (`benefit`).

use serde::Serialize;

use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder};
use crate::value::yuan;

/// A settlement as it was paid.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedSettlement {
    /// The settlement.
    pub setl_id: String,
    /// Its institution.
    pub fixmedins_code: String,
    /// Whether the benefit policy speaks of it.
    pub is_of_policy: bool,
    /// Its amounts, one a text.
    pub steps: Vec<String>,
}

/// Reads a settlement; none if the results do not have it.
pub(super) fn read(
    folder: &Folder,
    setl_id: &str,
    is_of_policy: bool,
) -> Result<Option<ExplainedSettlement>, ReportError> {
    let mut found = None;
    folder.check(&folder.name_of(ResultTable::Settlements))?;
    folder.rows(
        ResultTable::Settlements,
        [
            "setl_id",
            "fixmedins_code",
            "fund_pay_sumamt",
            "inscp_scp_amt",
            "refused_amt",
            "refused_fund_amt",
            "loss_amt",
        ],
        |[id, institution, money @ ..]| {
            if id.text() == setl_id {
                found = Some(ExplainedSettlement {
                    setl_id: setl_id.to_owned(),
                    fixmedins_code: institution.text().to_owned(),
                    is_of_policy,
                    steps: steps(money, is_of_policy),
                });
            }
        },
    )?;
    Ok(found)
}

fn steps([paid, in_policy, refused, fund, loss]: [Cell<'_>; 5], is_of_policy: bool) -> Vec<String> {
    let yuan = |cell: Cell<'_>| yuan(cell.number());
    let mut steps = vec![
        format!("基金支付 the fund paid: {}，政策范围内 in policy {}", yuan(paid), yuan(in_policy)),
        format!(
            "拒付 refused: {}，其中基金 the fund's part {}，损失 loss {}",
            yuan(refused),
            yuan(fund),
            yuan(loss)
        ),
    ];
    if !is_of_policy {
        steps.push(
            "待遇政策未给出应付额（政策未涉及，或所需信息缺失，见 coverage 表）；the benefit policy does not \
             say what was due: it does not speak of this settlement, or something that it asks for is \
             missing (table coverage)"
                .to_owned(),
        );
    }
    steps
}
