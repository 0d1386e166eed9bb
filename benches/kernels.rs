//! The kernels over groups as they come: many small ones and one large.
//!
//! Run: `cargo bench -p jihe-testkit --bench kernels`. In normal tests each runs once.
//! `python benches/instructions.py` counts the instructions of each: a number that noise does not
//! move. It runs this program with `JIHE_KERNEL` (a name of the list) and `JIHE_TIMES`.
#![expect(clippy::arithmetic_side_effects, reason = "small numbers of a bench")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group};
use jihe_kernels::limit::{excess_units, latest_units};
use jihe_kernels::pair::{contained_units, repeats};
use jihe_kernels::supply::{Refill, overlaps};

/// A group of few lines, as most are, and one of many.
const SIZES: [usize; 2] = [4, 10_000];

/// A kernel over one group: what its answer comes to, and what it must come to.
struct Kernel {
    name: &'static str,
    run: Box<dyn Fn() -> i64>,
    answer: i64,
}

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

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// All kernels over groups of `n` lines.
fn kernels_of(n: usize) -> Vec<Kernel> {
    let cnt = quantities(n);
    let all = sum(&cnt);
    let half = all.div_euclid(2);
    let max = vec![half; n];
    let mut sorted = cnt.clone();
    sorted.sort_unstable();
    let same = sorted.chunk_by(|a, b| a == b).filter(|same| 1 < same.len());
    let n_repeated = same.map(|same| count(same.len())).sum();
    // A refill of seven days every day: from the second one on there is too much on hand.
    let refill = |day| Refill { day, cnt: 10_000, days: 70_000, allowance: 0 };
    let refills: Vec<Refill> = (0..).take(n).map(refill).collect();
    let [of_latest, of_contained, of_repeats] = [cnt.clone(), cnt.clone(), cnt.clone()];
    let n_repeats = move || {
        let mut keyed: Vec<(i64, u32)> = of_repeats.iter().copied().zip(0..).collect();
        repeats(&mut keyed).map(|group| count(group.len())).sum()
    };
    let n_over = move || count(overlaps(&refills).iter().filter(|one| 0 < one.over).count());
    let kernel = |name, answer, run: Box<dyn Fn() -> i64>| Kernel { name, run, answer };
    vec![
        // What is above a limit of half is the other half.
        kernel("excess_units", all - half, Box::new(move || sum(&excess_units(&cnt, &max)))),
        kernel("latest_units", half, Box::new(move || sum(&latest_units(&of_latest, half)))),
        kernel(
            "contained_units",
            all,
            Box::new(move || sum(&contained_units(&of_contained, &of_contained))),
        ),
        kernel("repeats", n_repeated, Box::new(n_repeats)),
        kernel("overlaps", count(n) - 1, Box::new(n_over)),
    ]
}

fn kernels(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernels");
    for n in SIZES {
        group.throughput(Throughput::Elements(u64::try_from(n).unwrap_or(0)));
        for Kernel { name, run, answer } in kernels_of(n) {
            assert_eq!(run(), answer, "{name} of {n}");
            group.bench_function(BenchmarkId::new(name, n), |bencher| bencher.iter(&run));
        }
    }
    group.finish();
}

/// Runs one kernel so many times over each size, for a counter of instructions.
fn run_one(wanted: &str, times: usize) {
    for n in SIZES {
        for Kernel { name, run, answer } in kernels_of(n) {
            if format!("{name}/{n}") == wanted {
                for _ in 0..times {
                    assert_eq!(black_box(run()), answer, "{wanted}");
                }
            }
        }
    }
}

criterion_group!(benches, kernels);

fn main() {
    let times = std::env::var("JIHE_TIMES").ok().and_then(|times| times.parse().ok());
    if let Ok(wanted) = std::env::var("JIHE_KERNEL") {
        return run_one(&wanted, times.unwrap_or(1));
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
