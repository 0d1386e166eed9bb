//! Random draws in whole numbers: splitmix64, the same on every machine.

/// A stream of draws.
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// Begins a stream.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed ^ 0x6a69_6865_2d63_6974)
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, or 0 if `bound` is 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.bits()) * u128::from(bound)) >> 64) as u64
    }

    /// A number with `from ≤ number < until`, or `from` if there is none.
    pub(super) fn between(&mut self, from: i64, until: i64) -> i64 {
        from + self.below((until - from).max(0) as u64) as i64
    }

    /// True in `per_mille` of 1000 draws.
    pub(super) fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1000) < per_mille
    }

    /// One of `choices`, which must not be empty.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// Zipf draws by a table: rank r has weight 1 ÷ (r + 3).
#[derive(Clone, Debug)]
pub(super) struct Zipf(Vec<u32>);

impl Zipf {
    /// A table for `n_ranks` ranks.
    pub(super) fn new(n_ranks: usize) -> Self {
        let n_slots = 1_u64 << 16;
        let weights: Vec<u64> = (0..n_ranks as u64).map(|rank| (1 << 40) / (rank + 3)).collect();
        let total: u64 = weights.iter().sum();
        let mut slots = Vec::with_capacity(n_slots as usize);
        let (mut rank, mut reached) = (0, weights.first().copied().unwrap_or(1));
        for slot in 0..n_slots {
            let place = total / n_slots * slot;
            while reached <= place && rank + 1 < n_ranks {
                rank += 1;
                reached += weights[rank];
            }
            slots.push(rank as u32);
        }
        Self(slots)
    }

    /// A rank.
    pub(super) fn rank(&self, draw: &mut Draw) -> usize {
        self.0[(draw.bits() >> 48) as usize] as usize
    }
}
