//! Knowledge points that replace others: a point holds until the first day of the one that replaces
//! it, whatever the order of rows; chains are followed, circles are refused.

use std::collections::{BTreeMap, BTreeSet};

use jihe_terms::Day;

use crate::basis::Document;
use crate::header::Role;
use crate::place::Refused;
use crate::point::Point;

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

/// Names of points in a cell.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(['|', ',', '，', ';', '；', '、', '\n']);
    parts.map(str::trim).filter(|name| !name.is_empty())
}

/// Follows the chains of a file and dates the points that are replaced.
pub(crate) fn follow(points: &mut [Point], document: &Document) -> Chains {
    let mut chains = Chains::default();
    let of_name: BTreeMap<String, usize> = points
        .iter()
        .enumerate()
        .map(|(idx, point)| (point.text(Role::PointId).to_owned(), idx))
        .filter(|(name, _)| !name.is_empty())
        .collect();
    // Each with the names of those that it replaces.
    let mut replaces: Vec<(usize, String)> = Vec::new();
    for (idx, point) in points.iter().enumerate() {
        replaces.extend(names(point.text(Role::Replaces)).map(|name| (idx, name.to_owned())));
        let own = point.text(Role::PointId);
        for name in names(point.text(Role::ReplacedBy)) {
            if let (Some(&newer), false) = (of_name.get(name), own.is_empty()) {
                replaces.push((newer, own.to_owned()));
            }
        }
    }
    let in_circle = circles(points.len(), &replaces, &of_name);
    for &idx in &in_circle {
        if let Some(point) = points.get(idx) {
            let refused = point.refuse(Role::Replaces, "points replace each other in a circle");
            chains.dropped.insert(idx, Dropped::Circle(refused));
        }
    }
    for (newer, name) in replaces {
        let Some(Ok(day)) = points.get(newer).map(|point| document.first_day(point)) else {
            continue;
        };
        if in_circle.contains(&newer) {
            continue;
        }
        let Some(&older) = of_name.get(&name) else {
            let first = chains.elsewhere.entry(name).or_insert(day);
            *first = day.min(*first);
            continue;
        };
        let by = points.get(newer).map_or("", |point| point.text(Role::PointId)).to_owned();
        let Some(point) = points.get_mut(older) else { continue };
        let begins = document.first_day(point);
        point.replaced = Some(point.replaced.map_or(day, |known| known.min(day)));
        if begins.is_ok_and(|begins| day <= begins) {
            chains.dropped.entry(older).or_insert(Dropped::Replaced(by));
        }
    }
    chains
}

/// The points that replace themselves, directly or over others.
fn circles(
    n_points: usize,
    replaces: &[(usize, String)],
    of_name: &BTreeMap<String, usize>,
) -> BTreeSet<usize> {
    let mut older: Vec<Vec<usize>> = vec![Vec::new(); n_points];
    for (newer, name) in replaces {
        if let (Some(list), Some(&idx)) = (older.get_mut(*newer), of_name.get(name)) {
            list.push(idx);
        }
    }
    let reaches_itself = |start: usize| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = older.get(start).cloned().unwrap_or_default();
        while let Some(idx) = open.pop() {
            if idx == start {
                return true;
            }
            if seen.insert(idx) {
                open.extend(older.get(idx).into_iter().flatten());
            }
        }
        false
    };
    let has_older = |idx: &usize| older.get(*idx).is_some_and(|list| !list.is_empty());
    (0..n_points).filter(has_older).filter(|&idx| reaches_itself(idx)).collect()
}
