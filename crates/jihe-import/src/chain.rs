//! Knowledge points that replace others: a point ends on the first day of any that stands after it
//! in its chain, whatever the order of rows and of files; points in a circle end before they begin.
//!
//! In: all that is known of points, one [`Chains::add`] for each row of a table and each point of a
//! file. Out: the day on which each ends. Another point can only make an end earlier, so that what
//! has ended stays so.
//! Cost: each link is followed once.

use std::collections::{BTreeMap, BTreeSet};

use jihe_terms::Day;

use crate::basis::Marks;
use crate::header::Role;
use crate::point::Point;

/// Begins the name that a point without a name has here.
const NAMELESS: char = '\u{0}';

/// Who replaces whom, and when.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    /// First day of each point that is known, if it is one.
    first: BTreeMap<String, Option<Day>>,
    /// By point: those that it replaces.
    older: BTreeMap<String, BTreeSet<String>>,
    /// By point: the day on which it is replaced, and by which.
    ends: BTreeMap<String, (Day, String)>,
    /// Points from which a circle is reached by going on to those that they replace.
    looped: BTreeSet<String>,
}

/// Tells whether any point of a file has a name or speaks of others, so that tables matter.
pub(crate) fn are_named(points: &[Point]) -> bool {
    let roles = [Role::PointId, Role::Replaces, Role::ReplacedBy];
    points.iter().any(|point| roles.iter().any(|&role| !point.text(role).is_empty()))
}

impl Chains {
    /// Adds what is said of a point and its first day.
    pub(crate) fn add(&mut self, marks: &Marks<'_>, first: Option<Day>) {
        if marks.own.is_empty() && !marks.is_linked() {
            return;
        }
        let own = match marks.own {
            "" => format!("{NAMELESS}{}", self.first.len()),
            name => name.to_owned(),
        };
        for &older in &marks.replaces {
            self.link(&own, older);
        }
        for &newer in &marks.replaced_by {
            self.link(newer, &own);
        }
        let known = self.first.entry(own).or_default();
        *known = known.iter().copied().chain(first).min();
    }

    fn link(&mut self, newer: &str, older: &str) {
        self.older.entry(newer.to_owned()).or_default().insert(older.to_owned());
    }

    /// Finds the ends, once all is added: from each point, the earliest first, back over those before
    /// it, up to such as have ended by an earlier one.
    pub(crate) fn follow(&mut self) {
        let mut by_day: Vec<(Day, &String)> =
            self.first.iter().filter_map(|(name, first)| Some(((*first)?, name))).collect();
        by_day.sort_unstable();
        for (day, by) in by_day {
            let mut open: Vec<&String> = self.older.get(by).into_iter().flatten().collect();
            while let Some(name) = open.pop() {
                if !self.ends.contains_key(name) {
                    self.ends.insert(name.clone(), (day, by.clone()));
                    open.extend(self.older.get(name).into_iter().flatten());
                }
            }
        }
        self.looped = self.looped();
    }

    /// Takes points away that replace none which is left; what stays leads to a circle.
    fn looped(&self) -> BTreeSet<String> {
        let mut newer = BTreeMap::<&String, Vec<&String>>::new();
        let mut n_older = BTreeMap::<&String, usize>::new();
        for (name, older) in &self.older {
            n_older.insert(name, older.len());
            for older in older {
                newer.entry(older).or_default().push(name);
            }
        }
        let mut open: Vec<&String> =
            newer.keys().copied().filter(|name| !n_older.contains_key(name)).collect();
        while let Some(name) = open.pop() {
            for &next in newer.get(name).into_iter().flatten() {
                let Some(count) = n_older.get_mut(next) else { continue };
                *count = count.saturating_sub(1);
                if *count == 0 {
                    open.push(next);
                }
            }
        }
        n_older.into_iter().filter(|(_, count)| 0 < *count).map(|(name, _)| name.clone()).collect()
    }

    /// The day on which a point is replaced, and by which.
    pub(crate) fn end(&self, marks: &Marks<'_>) -> Option<(Day, &str)> {
        let end = |name: &str| self.ends.get(name).map(|(day, by)| (*day, by.as_str()));
        if !marks.own.is_empty() {
            return end(marks.own);
        }
        let begin = |name: &str| {
            let (name, first) = self.first.get_key_value(name)?;
            first.map(|day| (day, name.as_str()))
        };
        let newer = marks.replaced_by.iter();
        newer.flat_map(|&name| begin(name).into_iter().chain(end(name))).min()
    }

    /// Tells whether anything is known of a point, but that others name it.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.first.contains_key(name)
    }

    /// Tells whether a point replaces itself, directly or over others.
    pub(crate) fn is_circle(&self, name: &str) -> bool {
        if !self.looped.contains(name) {
            return false;
        }
        let older = |name: &str| self.older.get(name).into_iter().flatten();
        let mut seen = BTreeSet::new();
        let mut open: Vec<&String> = older(name).collect();
        while let Some(next) = open.pop() {
            if next == name {
                return true;
            }
            if seen.insert(next) {
                open.extend(older(next));
            }
        }
        false
    }
}

/// A point as a report names it.
pub(crate) fn shown(name: &str) -> &str {
    if name.starts_with(NAMELESS) { "a point without a name" } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points as `name first-day replaces replaced-by`, a `-` for nothing, and the ends expected.
    fn check(points: &[&str], ends: &str) {
        for turn in 0..points.len() {
            let mut chains = Chains::default();
            for point in points.iter().cycle().skip(turn).take(points.len()) {
                let parts: Vec<&str> =
                    point.split(' ').map(|part| if part == "-" { "" } else { part }).collect();
                let names = |text| crate::basis::names(text).collect();
                let marks = Marks {
                    own: parts[0],
                    replaces: names(parts[2]),
                    replaced_by: names(parts[3]),
                };
                chains.add(&marks, parts[1].parse().ok().map(Day::from_epoch));
            }
            chains.follow();
            let found: Vec<String> = chains
                .ends
                .iter()
                .map(|(name, (day, by))| format!("{name}:{}:{}", day.epoch(), shown(by)))
                .collect();
            assert_eq!(found.join(" "), ends, "{points:?}");
        }
    }

    #[test]
    fn a_point_ends_with_the_earliest_of_those_after_it() {
        check(&["A 1 - -", "B 2 A -", "C 3 B -"], "A:2:B B:3:C");
        check(&["A 1 - B", "B 2 - C", "C 3 - -"], "A:2:B B:3:C");
        check(&["A 1 - -", "B 5 A -", "C 3 B -"], "A:3:C B:3:C");
        check(&["A 1 - -", "C 3 B -"], "B:3:C");
        check(&["A 1 - B", "C 3 B -"], "A:3:C B:3:C");
        check(&["A 1 - -", "B ? A -", "C 3 B -"], "A:3:C B:3:C");
        check(&["A 1 - -", "B 2 A|C -", "C 3 - -"], "A:2:B C:2:B");
        check(&["A 1 - -", "- 2 A -"], "A:2:a point without a name");
        check(&["A 1 B -", "B 2 A -"], "A:1:A B:1:A");
    }
}
