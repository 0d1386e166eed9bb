//! The kernels over groups as they come: many small ones and one large.
//!
//! Run: `cargo bench -p jihe-testkit --bench kernels`. In normal tests each runs once.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a bench")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jihe_kernels::limit::{excess_units, latest_units};
use jihe_kernels::pair::{contained_units, repeats};
use jihe_kernels::supply::{Refill, overlaps};

/// Quantities of one to five units in a fixed sequence without a pattern that matters.
fn quantities(n: usize) -> Vec<i64> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        i64::try_from(state % 5).unwrap_or(0).saturating_add(1).saturating_mul(10_000)
    };
    (0..n).map(|_| next()).collect()
}

fn sum(values: &[i64]) -> i64 {
    values.iter().fold(0, |sum, &value| sum.saturating_add(value))
}

fn kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernels");
    for n in [4_usize, 10_000] {
        let cnt = quantities(n);
        let half = sum(&cnt).div_euclid(2);
        let max = vec![half; n];
        group.throughput(Throughput::Elements(u64::try_from(n).unwrap_or(0)));

        // What is above a limit of half is the other half.
        assert_eq!(sum(&excess_units(&cnt, &max)), sum(&cnt).saturating_sub(half));
        group.bench_function(BenchmarkId::new("excess_units", n), |bencher| {
            bencher.iter(|| excess_units(&cnt, &max));
        });

        assert_eq!(sum(&latest_units(&cnt, half)), half);
        group.bench_function(BenchmarkId::new("latest_units", n), |bencher| {
            bencher.iter(|| latest_units(&cnt, half));
        });

        assert_eq!(sum(&contained_units(&cnt, &cnt)), sum(&cnt));
        group.bench_function(BenchmarkId::new("contained_units", n), |bencher| {
            bencher.iter(|| contained_units(&cnt, &cnt));
        });

        let n_repeated: usize = repeats(&cnt).iter().map(Vec::len).sum();
        assert!(n_repeated <= n);
        group.bench_function(BenchmarkId::new("repeats", n), |bencher| {
            bencher.iter(|| repeats(&cnt));
        });

        // A refill of seven days every day: from the second one on there is too much on hand.
        let refill = |day| Refill { day, cnt: 10_000, days: 70_000, allowance: 0 };
        let refills: Vec<Refill> = (0..).take(n).map(refill).collect();
        assert_eq!(overlaps(&refills).iter().filter(|overlap| 0 < overlap.over).count(), n - 1);
        group.bench_function(BenchmarkId::new("overlaps", n), |bencher| {
            bencher.iter(|| overlaps(&refills));
        });
    }
    group.finish();
}

criterion_group!(benches, kernels);
criterion_main!(benches);
