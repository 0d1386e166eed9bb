//! The fund's part of one settlement, and of its lines.

use super::line::rounded;

/// A segment of the in-policy amount, fen, and what the fund pays of it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Segment {
    /// It begins above this amount.
    pub from: i64,
    /// It ends with this amount; `i64::MAX` if open.
    pub until: i64,
    /// The fund's ratio, millionths.
    pub ratio: i64,
}

/// What the policy says of a settlement.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// The deductible that is still open, fen.
    pub deductible: i64,
    /// In-policy amount of the year before this settlement, where segments count over the year; else 0.
    pub before: i64,
    /// Segments of the in-policy amount; where there is none, the fund pays nothing.
    pub segments: &'a [Segment],
    /// What the fund may still pay this year; none without a cap.
    pub left_of_cap: Option<i64>,
}

/// What a settlement comes to, fen.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Payment {
    /// The deductible it uses.
    pub deductible: i64,
    /// What the fund pays.
    pub fund: i64,
    /// What the cap of the year takes off.
    pub over_cap: i64,
}

/// Pays a settlement of `in_policy` fen.
///
/// The deductible takes the lowest part of the in-policy amount; each segment pays its ratio of what
/// lies in it, rounded half up to the fen; the cap takes the rest. Below 0 nothing is paid.
///
/// Cost: linear in the segments.
///
/// # Panics
///
/// If amounts leave 64 bits, which no column of the platform can reach.
pub fn pay(in_policy: i64, terms: Terms<'_>) -> Payment {
    let in_policy = in_policy.max(0);
    let deductible = terms.deductible.clamp(0, in_policy);
    let from = terms.before.saturating_add(deductible);
    let until = terms.before.saturating_add(in_policy);
    let of_segment = |segment: &Segment| {
        let (low, high) = (segment.from.max(from), segment.until.min(until));
        let width = high.saturating_sub(low).max(0);
        rounded(i128::from(width), i128::from(segment.ratio), 1_000_000)
    };
    let due = terms.segments.iter().map(of_segment).fold(0_i64, i64::saturating_add);
    let fund = terms.left_of_cap.map_or(due, |left| due.min(left.max(0)));
    Payment { deductible, fund, over_cap: due.saturating_sub(fund) }
}

/// Splits the fund's payment over the in-policy amounts of the lines, by differences of the rounded
/// running share: every fen once, the sum exact.
///
/// - `in_policy`: one amount for each line in canonical order; those below 0 count as 0.
/// - Returns one part for each line; all 0 where nothing is in policy.
///
/// Source: semantics, section 4. Cost: one pass.
pub fn fund_parts(fund: i64, in_policy: &[i64]) -> Vec<i64> {
    let total: i128 = in_policy.iter().map(|&amount| i128::from(amount.max(0))).sum();
    if total <= 0 {
        return vec![0; in_policy.len()];
    }
    let mut sum = 0_i128;
    let mut before = 0_i64;
    let part = |&amount: &i64| {
        sum = sum.saturating_add(i128::from(amount.max(0)));
        let until = rounded(i128::from(fund), sum, total);
        let part = until.saturating_sub(before);
        before = until;
        part
    };
    in_policy.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first three segments of a published table: 85, 90 and 95 per cent above 1 300 yuan.
    const SEGMENTS: [Segment; 3] = [
        Segment { from: 130_000, until: 3_000_000, ratio: 850_000 },
        Segment { from: 3_000_000, until: 4_000_000, ratio: 900_000 },
        Segment { from: 4_000_000, until: 10_000_000, ratio: 950_000 },
    ];

    fn terms(deductible: i64) -> Terms<'static> {
        Terms { deductible, before: 0, segments: &SEGMENTS, left_of_cap: None }
    }

    fn check(in_policy: i64, terms: Terms<'_>, expected: [i64; 3]) {
        let Payment { deductible, fund, over_cap } = pay(in_policy, terms);
        assert_eq!([deductible, fund, over_cap], expected, "{in_policy}");
    }

    #[test]
    fn the_fund_pays_above_the_deductible_segment_by_segment() {
        check(129_999, terms(130_000), [129_999, 0, 0]);
        check(130_000, terms(130_000), [130_000, 0, 0]);
        check(130_001, terms(130_000), [130_000, 1, 0]);
        check(3_000_000, terms(130_000), [130_000, 2_439_500, 0]);
        check(3_000_001, terms(130_000), [130_000, 2_439_501, 0]);
        check(4_000_100, terms(130_000), [130_000, 3_339_595, 0]);
        // Above the last segment the fund pays nothing.
        check(20_000_000, terms(130_000), [130_000, 9_039_500, 0]);
        check(-5, terms(130_000), [0, 0, 0]);
    }

    #[test]
    fn the_cap_of_the_year_takes_what_is_above_it() {
        let capped = Terms { left_of_cap: Some(100_000), ..terms(130_000) };
        check(247_647, capped, [130_000, 100_000, 0]);
        check(247_649, capped, [130_000, 100_000, 2]);
        check(247_649, Terms { left_of_cap: Some(-1), ..capped }, [130_000, 0, 100_002]);
    }

    #[test]
    fn segments_over_the_year_begin_where_the_last_settlement_ended() {
        let later = Terms { deductible: 0, before: 2_999_900, ..terms(0) };
        check(200, later, [0, 85 + 90, 0]);
    }

    #[test]
    fn every_fen_of_the_fund_goes_to_one_line() {
        assert_eq!(fund_parts(100, &[1, 1, 1]), [33, 34, 33]);
        assert_eq!(fund_parts(100, &[0, 0]), [0, 0]);
        assert_eq!(fund_parts(7, &[100, -3, 0]), [7, 0, 0]);
    }
}
