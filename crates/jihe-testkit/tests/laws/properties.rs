//! What holds of money, days and kernels whatever the values.

use jihe_kernels::limit::{excess_units, latest_units, payable_amount};
use jihe_kernels::pair::contained_units;
use jihe_kernels::supply::{Refill, overlaps};
use jihe_terms::{Day, Money, Price, Quantity, decimal_text, half_up, parse_decimal};
use proptest::prelude::*;

/// Quantities of lines above 0, 10⁻⁴ unit.
fn quantities() -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(1_i64..50_000_000, 1..40)
}

fn sum(values: &[i64]) -> i64 {
    values.iter().sum()
}

proptest! {
    #[test]
    fn money_is_rounded_to_the_nearest_fen_and_half_goes_away_from_zero(
        dividend in -(1_i128 << 100)..(1_i128 << 100),
        divisor in 1_i128..(1 << 50),
    ) {
        let rounded = half_up(dividend, divisor).unwrap();
        let twice = (rounded * divisor - dividend) * 2;
        prop_assert!(twice.abs() <= divisor);
        if twice.abs() == divisor {
            prop_assert_eq!(twice.signum(), dividend.signum());
        }
        prop_assert_eq!(half_up(-dividend, divisor), Some(-rounded));
        prop_assert_eq!(half_up(dividend, -divisor), Some(-rounded));
    }

    #[test]
    fn decimals_are_written_and_read_back(value in any::<i32>(), scale in 0_u32..7) {
        let text = decimal_text(i128::from(value), scale);
        prop_assert_eq!(parse_decimal(text.as_bytes(), scale, 16), Ok(i64::from(value)));
    }

    #[test]
    fn days_are_written_and_read_back(epoch in -62_091_i32..2_932_896) {
        let day = Day::from_epoch(epoch);
        prop_assert_eq!(Day::parse(&day.to_string()), Ok(day));
    }

    #[test]
    fn an_amount_at_a_lower_price_or_of_fewer_units_is_no_larger(
        pric in 0_i64..10_000_000_000,
        less in 0_i64..10_000_000_000,
        cnt in 0_i64..100_000_000,
        fewer in 0_i64..100_000_000,
    ) {
        let amount = |pric: i64, cnt: i64| {
            Price::from_micro(pric).times(Quantity::from_units(cnt)).map(Money::fen).unwrap()
        };
        prop_assert!(amount(pric.min(less), cnt) <= amount(pric, cnt));
        prop_assert!(amount(pric, cnt.min(fewer)) <= amount(pric, cnt));
    }

    #[test]
    fn what_is_above_a_limit_is_taken_from_the_latest_units(
        cnt in quantities(),
        max in 0_i64..500_000_000,
    ) {
        let over = excess_units(&cnt, &vec![max; cnt.len()]);
        prop_assert_eq!(sum(&over), (sum(&cnt) - max).max(0));
        prop_assert_eq!(&over, &latest_units(&cnt, sum(&over)));
        prop_assert!(over.iter().zip(&cnt).all(|(over, cnt)| (0..=*cnt).contains(over)));
        // A unit more is refused, a limit one higher pays one more.
        let higher = excess_units(&cnt, &vec![max + 1; cnt.len()]);
        prop_assert_eq!(sum(&over) - sum(&higher), i64::from(max < sum(&cnt)));
    }

    #[test]
    fn of_a_contained_item_as_many_units_go_as_both_have(a in quantities(), b in quantities()) {
        let units = contained_units(&a, &b);
        prop_assert_eq!(sum(&units), sum(&a).min(sum(&b)));
        prop_assert!(units.iter().zip(&b).all(|(units, cnt)| (0..=*cnt).contains(units)));
    }

    #[test]
    fn a_cap_leaves_no_more_than_the_amount(
        amount in 1_i64..1_000_000_000,
        scp in 1_i64..1_000_000_000,
        over in 1_i64..1_000_000_000,
    ) {
        let over = over.min(scp);
        let payable = payable_amount(amount, scp, over);
        prop_assert!((0..=amount).contains(&payable));
        prop_assert_eq!(payable_amount(amount, scp, scp), 0);
    }

    #[test]
    fn a_refill_overlaps_at_most_what_is_on_hand_and_what_it_gives(
        steps in prop::collection::vec((0_i32..20, 1_i64..1_000_000, 1_i64..600_000), 1..30),
        allowance in 0_i64..100_000,
    ) {
        let mut day = 20_000;
        let refills: Vec<Refill> = steps
            .iter()
            .map(|&(step, cnt, days)| {
                day += step;
                Refill { day, cnt, days, allowance }
            })
            .collect();
        let found = overlaps(&refills);
        prop_assert_eq!(found.len(), refills.len());
        prop_assert_eq!(found[0].on_hand, 0);
        for (one, refill) in found.iter().zip(&refills) {
            prop_assert!(0 <= one.over && one.over <= one.on_hand);
            prop_assert!(0 <= one.units && one.units <= refill.cnt);
            prop_assert_eq!(one.over, (one.on_hand - allowance).max(0));
        }
    }
}
