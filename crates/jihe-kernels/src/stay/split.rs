//! A stay soon after the former one.

use jihe_terms::NO_DAY;

use super::Span;

/// Days from the discharge of `former` to the admission of `later`; `None` without a discharge or
/// where the later stay begins before it.
///
/// Source: Order 735, art. 38(1). Cost: constant.
pub fn gap_days(former: Span, later: Span) -> Option<i32> {
    if former.discharge == NO_DAY {
        return None;
    }
    let gap = later.admission.checked_sub(former.discharge)?;
    (0 <= gap).then_some(gap)
}
