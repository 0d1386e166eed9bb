//! Which of the rows with the same key leave: equal content is one row, different content is none.

use std::collections::BTreeMap;
use std::sync::Arc;

use jihe_frame::serials::Numbers;
use jihe_frame::{Codes, Defects, Serials};

use crate::layout::Layout;
use crate::lines::contents::Contents;
use crate::lines::net::{Fate, put_aside};
use crate::lines::unique::{Candidate, Candidates};
use crate::place::at;

const CONFLICT: &str = "same key with different contents";

/// Rows that leave as repeats.
#[derive(Debug, Default)]
pub(crate) struct Leaving {
    parts: BTreeMap<usize, Vec<(u32, Fate)>>,
    /// How many of them the state has already.
    pub(crate) n_held: u64,
}

impl Leaving {
    /// Those of a part.
    pub(crate) fn of(&self, part: usize) -> &[(u32, Fate)] {
        self.parts.get(&part).map_or(&[], Vec::as_slice)
    }

    /// Decides over rows with the same key; notes the rows that are put aside.
    pub(crate) fn settle(
        &mut self,
        candidates: &Candidates,
        contents: &Contents,
        (layouts, heads): (&[Layout], &Arc<Codes>),
        defects: &mut Defects,
    ) {
        for group in candidates.groups() {
            let is_carried = |one: &&Candidate| candidates.is_carried(one);
            let n_carried = group.iter().take_while(is_carried).count();
            let Some((first, others)) = group.split_first() else { continue };
            let mut leave = |one: &Candidate, fate| {
                self.parts.entry(at(one.part)).or_default().push((one.row, fate));
            };
            // A row whose content was not found a second time is equal to none.
            let content = |one: &Candidate| contents.get(one.file, one.number);
            let known = content(first);
            let equal = known.is_some() && others.iter().all(|one| content(one) == known);
            // Judged before, or the same row again: a second delivery changes nothing.
            let again = |one: &Candidate| match n_carried {
                0 => equal,
                _ => is_carried(&one) || candidates.tell_the_same(first, one),
            };
            let (same, aside): (Vec<&Candidate>, _) = others.iter().partition(|one| again(one));
            for one in same {
                self.n_held =
                    self.n_held.saturating_add(u64::from(0 < n_carried && !is_carried(&one)));
                leave(one, Fate::Netted);
            }
            // What was judged stands; what contradicts it does not.
            let aside = (n_carried == 0 && !equal).then_some(first).into_iter().chain(aside);
            let (head, number, _) = first.identity;
            let key =
                Serials::new(Arc::clone(heads), vec![head], Numbers::from_iter([number])).bytes(0);
            for one in aside {
                leave(one, Fate::Quarantined);
                put_aside(defects, layouts, (one.file, one.number), 0, CONFLICT, &key);
            }
        }
    }
}
