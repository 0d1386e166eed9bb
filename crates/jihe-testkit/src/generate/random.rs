//! A tiny generator of numbers (splitmix64): the same seed gives the same bytes everywhere.

/// The state of the generator.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Starts from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits (Steele, Lea and Flood 2014).
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to below `until`; the range is not empty.
    pub fn between(&mut self, low: i64, until: i64) -> i64 {
        let width = u64::try_from(until - low).unwrap_or(1).max(1);
        low + i64::try_from(self.bits() % width).unwrap_or(0)
    }

    /// A place in a list of `len` things; `len` is above 0.
    pub fn place(&mut self, len: usize) -> usize {
        let bound = i64::try_from(len).unwrap_or(1);
        usize::try_from(self.between(0, bound)).unwrap_or(0)
    }

    /// True in so many of 100 cases.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.between(0, 100) < percent
    }

    /// One thing of a list that is not empty.
    pub fn pick<T: Clone>(&mut self, things: &[T]) -> T {
        things[self.place(things.len())].clone()
    }

    /// A text that is there in so many of 100 cases.
    pub fn maybe(&mut self, percent: i64, words: &[&str]) -> Option<String> {
        let word = self.pick(words);
        self.chance(percent).then(|| word.to_owned())
    }
}
