//! Knowledge points that replace others: a point holds until the first day of the one that replaces
//! it, whatever the order of rows and of files; chains are followed, circles are refused.
//!
//! In: the points of a file, and what the rows of the tables say of theirs. A point that is replaced
//! itself before it begins hands the day of its own successor on to those that it replaces.

use std::collections::{BTreeMap, BTreeSet};

use jihe_terms::Day;

use crate::basis::{Document, names};
use crate::header::Role;
use crate::place::Refused;
use crate::point::Point;

/// What the rows of the tables say of points.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// First day of a point's rows.
    pub(crate) first: BTreeMap<String, Day>,
    /// The day on which a point is replaced, and by which.
    pub(crate) replaced: BTreeMap<String, (Day, String)>,
    /// The points whose rows name a point as the one that replaces them.
    pub(crate) waiting: BTreeMap<String, BTreeSet<String>>,
}

/// What replacing comes to.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    /// By place of a point in the file: why it is not taken.
    pub(crate) dropped: BTreeMap<usize, Dropped>,
    /// Points that are not in this file, and the day each is replaced on.
    pub(crate) elsewhere: BTreeMap<String, Day>,
}

/// Why a point is not taken.
#[derive(Clone, Debug)]
pub(crate) enum Dropped {
    /// It is replaced before it begins: by the point of that name.
    Replaced(String),
    /// It stands in a circle of replacing.
    Circle(Refused),
}

/// Tells whether any point of a file has a name or speaks of others, so that tables matter.
pub(crate) fn are_named(points: &[Point]) -> bool {
    let roles = [Role::PointId, Role::Replaces, Role::ReplacedBy];
    points.iter().any(|point| roles.iter().any(|&role| !point.text(role).is_empty()))
}

/// Follows the chains of a file and dates the points that are replaced.
pub(crate) fn follow(points: &mut [Point], document: &Document, known: &Known) -> Chains {
    let mut chains = Chains::default();
    let links = Links::of(points, document, known);
    for idx in links.circles() {
        if let Some(point) = points.get(idx) {
            let refused = point.refuse(Role::Replaces, "points replace each other in a circle");
            chains.dropped.insert(idx, Dropped::Circle(refused));
        }
    }
    let mut ends = vec![None; points.len()];
    for idx in 0..points.len() {
        links.end_of(idx, &mut ends, &chains.dropped);
    }
    for (idx, end) in ends.iter().enumerate() {
        let (Some(Some((day, by))), Some(point)) = (end, points.get_mut(idx)) else { continue };
        point.replaced = Some(*day);
        if document.first_day(point).is_ok_and(|begins| *day <= begins) {
            chains.dropped.entry(idx).or_insert_with(|| Dropped::Replaced(by.clone()));
        }
    }
    for (newer, name) in &links.elsewhere {
        let end = ends.get(*newer).cloned().flatten().flatten().map(|(day, _)| day);
        let first = links.first.get(*newer).copied().flatten();
        if chains.is_circle(*newer) {
            continue;
        }
        if let Some(day) = first.into_iter().chain(end.filter(|_| first.is_some())).min() {
            let known = chains.elsewhere.entry(name.clone()).or_insert(day);
            *known = day.min(*known);
        }
    }
    chains
}

impl Chains {
    fn is_circle(&self, idx: usize) -> bool {
        matches!(self.dropped.get(&idx), Some(Dropped::Circle(_)))
    }
}

/// When a point is replaced, and by which; none if it is not. Outside: not looked at yet.
type End = Option<Option<(Day, String)>>;

/// Who replaces whom, by place in the file.
struct Links {
    names: Vec<String>,
    first: Vec<Option<Day>>,
    /// By point: those that replace it.
    newer: Vec<Vec<usize>>,
    /// By point: when points of the tables replace it.
    outside: Vec<Option<(Day, String)>>,
    /// Points that replace others of no row in this file.
    elsewhere: Vec<(usize, String)>,
}

impl Links {
    fn of(points: &[Point], document: &Document, known: &Known) -> Self {
        let names: Vec<String> =
            points.iter().map(|point| point.text(Role::PointId).to_owned()).collect();
        let of_name: BTreeMap<&str, usize> = names
            .iter()
            .enumerate()
            .map(|(idx, name)| (name.as_str(), idx))
            .filter(|(name, _)| !name.is_empty())
            .collect();
        let mut links = Self {
            names: names.clone(),
            first: points.iter().map(|point| document.first_day(point).ok()).collect(),
            newer: vec![Vec::new(); points.len()],
            outside: names.iter().map(|name| known.replaced.get(name).cloned()).collect(),
            elsewhere: Vec::new(),
        };
        for (idx, point) in points.iter().enumerate() {
            for name in self::names(point.text(Role::Replaces)) {
                links.replaces(idx, of_name.get(name).copied(), name);
            }
            let waiting = names.get(idx).and_then(|name| known.waiting.get(name));
            for name in waiting.into_iter().flatten() {
                links.replaces(idx, of_name.get(name.as_str()).copied(), name);
            }
            for name in self::names(point.text(Role::ReplacedBy)) {
                links.replaced_by(idx, of_name.get(name).copied(), name, known);
            }
        }
        links
    }

    fn replaces(&mut self, newer: usize, older: Option<usize>, name: &str) {
        match older.and_then(|older| self.newer.get_mut(older)) {
            Some(list) => list.push(newer),
            None => self.elsewhere.push((newer, name.to_owned())),
        }
    }

    fn replaced_by(&mut self, older: usize, newer: Option<usize>, name: &str, known: &Known) {
        if let (Some(newer), Some(list)) = (newer, self.newer.get_mut(older)) {
            list.push(newer);
            return;
        }
        let replaced = known.replaced.get(name).map(|&(day, _)| day);
        let day = known.first.get(name).copied().into_iter().chain(replaced).min();
        if let (Some(day), Some(end)) = (day, self.outside.get_mut(older)) {
            let outside = (day, name.to_owned());
            *end = end.take().into_iter().chain([outside]).min();
        }
    }

    /// The points that replace themselves, directly or over others.
    fn circles(&self) -> BTreeSet<usize> {
        let reaches_itself = |start: usize| {
            let mut seen = BTreeSet::new();
            let mut open: Vec<usize> = self.newer.get(start).cloned().unwrap_or_default();
            while let Some(idx) = open.pop() {
                if idx == start {
                    return true;
                }
                if seen.insert(idx) {
                    open.extend(self.newer.get(idx).into_iter().flatten());
                }
            }
            false
        };
        let is_replaced = |idx: &usize| self.newer.get(*idx).is_some_and(|list| !list.is_empty());
        (0..self.newer.len()).filter(is_replaced).filter(|&idx| reaches_itself(idx)).collect()
    }

    /// When a point is replaced: the earliest first day of all that stand after it in its chains.
    fn end_of(&self, start: usize, ends: &mut [End], dropped: &BTreeMap<usize, Dropped>) {
        let is_circle = |idx: &usize| matches!(dropped.get(idx), Some(Dropped::Circle(_)));
        let mut open = vec![start];
        while let Some(&idx) = open.last() {
            let newer = || self.newer.get(idx).into_iter().flatten().filter(|idx| !is_circle(idx));
            let unknown = newer().find(|&&newer| ends.get(newer).is_some_and(Option::is_none));
            if let (Some(&newer), false) = (unknown, is_circle(&idx)) {
                open.push(newer);
                continue;
            }
            let days = newer().filter_map(|&newer| {
                let name = self.names.get(newer).cloned().unwrap_or_default();
                let own = self.first.get(newer).copied().flatten();
                let later = ends.get(newer).cloned().flatten().flatten().map(|(day, _)| day);
                let both = own.into_iter().chain(later.filter(|_| own.is_some()));
                both.min().map(|day| (day, name))
            });
            let outside = self.outside.get(idx).cloned().flatten();
            let end = days.chain(outside).min();
            if let Some(slot) = ends.get_mut(idx) {
                *slot = Some(if is_circle(&idx) { None } else { end });
            }
            open.pop();
        }
    }
}
