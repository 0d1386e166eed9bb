//! Something for each institution: a table over the codes that institutions have, which are
//! neighbours.

use jihe_terms::NO_CODE;

/// Something for each institution that was asked for.
#[derive(Default)]
pub(crate) struct ByCode<T> {
    /// The least code.
    least: u32,
    /// By code above the least: its place in `all`, or `NO_CODE`.
    places: Vec<u32>,
    all: Vec<(u32, T)>,
}

impl<T: Default> ByCode<T> {
    /// Makes room for codes.
    pub(crate) fn new(codes: impl Iterator<Item = u32>) -> Self {
        let codes = codes.filter(|&code| code != NO_CODE);
        let (least, most) =
            codes.fold((u32::MAX, 0), |(least, most), code| (code.min(least), code.max(most)));
        let n_codes = usize::try_from(most.saturating_sub(least)).unwrap_or(0).saturating_add(1);
        let places = if least <= most { vec![NO_CODE; n_codes] } else { Vec::new() };
        Self { least, places, all: Vec::new() }
    }

    /// What is kept for an institution, nothing at first; none without an institution.
    #[expect(clippy::indexing_slicing, reason = "places were made by this table itself")]
    pub(crate) fn of(&mut self, institution: u32) -> Option<&mut T> {
        if institution == NO_CODE {
            return None;
        }
        if self.places.is_empty() {
            self.least = institution;
        }
        let Some(above) = institution.checked_sub(self.least) else {
            // Reversals may name an institution that nothing else does.
            let n_more = usize::try_from(self.least.saturating_sub(institution)).unwrap_or(0);
            self.places.splice(0..0, std::iter::repeat_n(NO_CODE, n_more));
            self.least = institution;
            return self.of(institution);
        };
        let above = usize::try_from(above).unwrap_or(usize::MAX);
        if self.places.len() <= above {
            self.places.resize(above.saturating_add(1), NO_CODE);
        }
        let place = &mut self.places[above];
        if *place == NO_CODE {
            *place = u32::try_from(self.all.len()).unwrap_or(NO_CODE);
            self.all.push((institution, T::default()));
        }
        Some(&mut self.all[usize::try_from(*place).unwrap_or(usize::MAX)].1)
    }

    /// All institutions that were asked for, in that order.
    pub(crate) fn into_iter(self) -> impl Iterator<Item = (u32, T)> {
        self.all.into_iter()
    }
}
