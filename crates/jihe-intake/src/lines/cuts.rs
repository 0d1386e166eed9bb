//! Which part of the month a person's lines go to: equal shares of the persons that are known before
//! lines are read, by their ids as bytes, so that a part holds whole neighbouring persons.

use std::ops::Range;

use jihe_frame::Codes;
use jihe_terms::Texts;

use crate::net::order::sorted;
use crate::place::{at, id};

/// How persons are dealt to parts.
#[derive(Debug, Default)]
pub(crate) struct Cuts {
    /// The first persons of all parts but the first, ascending.
    pub(crate) firsts: Vec<Vec<u8>>,
    /// By person that is known before lines are read; none if there is one part.
    pub(crate) part_of_known: Vec<u16>,
    /// These persons in the order of their ids as bytes.
    pub(crate) in_order: Vec<u32>,
}

impl Cuts {
    /// Equal shares of the persons that are known, and no more parts than persons.
    pub(crate) fn new(persons: &Codes, n_parts: u16) -> Self {
        if n_parts <= 1 {
            return Self::default();
        }
        let ids = sorted(persons);
        let n_parts = n_parts.min(u16::try_from(ids.len()).unwrap_or(u16::MAX)).max(1);
        let (mut firsts, mut part_of_known) = (Vec::new(), vec![0; ids.len()]);
        let mut place = 0_usize;
        for part in 0..n_parts {
            let end = usize::from(part).saturating_add(1).saturating_mul(ids.len());
            let end = end.checked_div(usize::from(n_parts)).unwrap_or(0);
            let own = ids.get(place..end).unwrap_or(&[]);
            if let (1.., Some(&first)) = (part, own.first()) {
                firsts.push(persons.bytes(first).to_vec());
            }
            for &person in own {
                if let Some(slot) = part_of_known.get_mut(at(person)) {
                    *slot = part;
                }
            }
            place = end;
        }
        Self { firsts, part_of_known, in_order: ids }
    }

    /// The number of parts.
    pub(crate) fn n_parts(&self) -> usize {
        self.firsts.len().saturating_add(1)
    }

    /// The part of a person that was not known.
    pub(crate) fn part_of(&self, person: &[u8]) -> u32 {
        id(self.firsts.partition_point(|cut| cut.as_slice() <= person))
    }
}

/// The persons of each part, by their place among all; together they are all persons.
pub(crate) fn persons_of(persons: &Texts, cuts: &[Vec<u8>]) -> Vec<Range<u32>> {
    let mut from = 0;
    let ends = cuts.iter().map(|cut| id(persons.n_before(cut)));
    let ends = ends.chain(std::iter::once(id(persons.len())));
    ends.map(|end| std::mem::replace(&mut from, end)..end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_share_persons_out_whatever_the_order_they_are_known_in() {
        let mut persons = Codes::default();
        for n in 0..10_u32 {
            persons.intern(format!("P{}", n * 7 % 10).as_bytes());
        }
        for n_parts in [1, 2, 3, 10, 11] {
            let cuts = Cuts::new(&persons, n_parts);
            assert_eq!(cuts.n_parts(), usize::from(n_parts.min(10)));
            let mut shares = vec![0; cuts.n_parts()];
            for person in 0..10 {
                let part = cuts.part_of(persons.bytes(person));
                shares[at(part)] += 1;
                let known = cuts.part_of_known.get(at(person)).copied().unwrap_or(0);
                assert_eq!(u32::from(known), part, "{n_parts} parts, person {person}");
            }
            assert!(shares.iter().all(|&n| 10 / cuts.n_parts() <= n), "{shares:?}");
        }
        assert_eq!(Cuts::new(&Codes::default(), 4).n_parts(), 1);
    }
}
