//! The tables that an import touches, and what becomes of each row of the sheets in them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jihe_terms::{Day, DayRange};

use crate::basis::{Document, Marks};
use crate::chain::{self, Chains};
use crate::class::Class;
use crate::entry::{Entry, Outcome};
use crate::error::ImportError;
use crate::header::Role;
use crate::import::ImportReport;
use crate::indication;
use crate::lists;
use crate::merge::{Merge, Merged};
use crate::place::{Place, Refused};
use crate::point::Point;
use crate::points_file::PointsFile;
use crate::row::{RowOutcome, RowReport, Rows};
use crate::shape::{self, Shape};
use crate::staged::Staged;
use crate::table_file::TableFile;
use crate::target::Target;

/// What becomes of a point.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It is replaced before it begins: by the point of that name.
    Replaced(String),
    /// Its parts were offered to tables.
    Offered(Vec<Offered>),
}

/// A part of a point: refused, or offered, with what becomes of it if that is known at once.
type Offered = Result<(Entry, Option<Merged>), Refused>;

impl Fate {
    /// That of a point in a circle.
    pub(crate) fn circle(point: &Point) -> Self {
        let reason = "points replace each other in a circle";
        Self::Offered(vec![Err(point.refuse(Role::Replaces, reason))])
    }
}

/// The tables an import touches.
pub(crate) struct Tables<'a> {
    target: &'a Target,
    merges: BTreeMap<&'static str, Merge>,
    /// The points beside the tables, where the sheets speak of points.
    beside: Option<PointsFile>,
    rows: Rows,
}

impl<'a> Tables<'a> {
    /// Begins with what is known of the rows of the sheets.
    pub(crate) fn new(target: &'a Target, rows: Rows) -> Self {
        Self { target, merges: BTreeMap::new(), beside: None, rows }
    }

    /// Follows the chains of all points, those of the sheets and those that the tables have.
    ///
    /// # Errors
    ///
    /// If a table is not one of jihe's.
    pub(crate) fn chains(
        &mut self,
        points: &[Point],
        document: &Document,
    ) -> Result<Chains, ImportError> {
        let mut chains = Chains::default();
        if !chain::are_named(points) {
            return Ok(chains);
        }
        let beside = self.beside.insert(PointsFile::read(self.target.points())?);
        let has_rows = |shape: &Shape| {
            beside.has(shape) || self.target.file(shape).is_ok_and(|file| file.is_file())
        };
        let there: Vec<&'static Shape> =
            shape::OF_PACKS.into_iter().filter(|shape| has_rows(shape)).collect();
        for (marks, first) in beside.bare() {
            chains.add(&marks, first);
        }
        for shape in there {
            for row in self.table(shape)?.rows() {
                chains.add(&Marks::of_basis(row.basis()), Some(row.range.from()));
            }
        }
        for point in points {
            let basis = document.basis(point, &point.place, "");
            chains.add(&Marks::of_basis(&basis), document.first_day(point).ok());
        }
        chains.follow();
        Ok(chains)
    }

    /// Ends the rows of points that others replace, and keeps those points that may have no rows then.
    /// Returns what is worth saying.
    pub(crate) fn end(
        &mut self,
        chains: &Chains,
        points: &[Point],
        document: &Document,
    ) -> Vec<String> {
        let Some(beside) = &mut self.beside else { return Vec::new() };
        let mut ends = BTreeMap::<String, (Day, u64)>::new();
        for merge in self.merges.values_mut() {
            for ended in merge.end(chains) {
                let marks = Marks::of_basis(&ended.basis);
                beside.keep(&marks, ended.first);
                let (_, n_rows) = ends.entry(marks.own.to_owned()).or_insert((ended.on, 0));
                *n_rows = n_rows.saturating_add(ended.n_rows);
            }
        }
        let mut unknown = BTreeSet::new();
        for point in points.iter().filter(|point| !lists::is_list(point.class)) {
            let basis = document.basis(point, &point.place, "");
            let marks = Marks::of_basis(&basis);
            let is_named = !marks.own.is_empty() && point.header.has(Role::ReplacedBy);
            let may_matter = marks.is_linked() || is_named;
            if let (Ok(first), true) = (document.first_day(point), may_matter) {
                beside.keep(&marks, first);
            }
            let older = marks.replaces.iter().filter(|name| !chains.knows(name));
            unknown.extend(older.map(|&name| name.to_owned()));
        }
        beside.forget(chains);
        let mut notes: Vec<String> = unknown
            .into_iter()
            .map(|name| format!("a point that is replaced is in no table: {name}"))
            .collect();
        for (name, (day, n_rows)) in ends.into_iter().filter(|(_, (_, n_rows))| 0 < *n_rows) {
            let since = match day {
                day if day == DayRange::ALWAYS.from() => "its beginning".to_owned(),
                day => day.to_string(),
            };
            let name = if name.is_empty() { "a point without a name" } else { &name };
            notes.push(format!("{name} is replaced from {since} on: {n_rows} rows"));
        }
        notes
    }

    /// Offers what a point gives.
    ///
    /// # Errors
    ///
    /// If a table is not one of jihe's.
    pub(crate) fn offer(&mut self, outcomes: Vec<Outcome>) -> Result<Fate, ImportError> {
        let mut offered = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            offered.push(match outcome {
                Ok(entry) => {
                    let merged = self.table(entry.shape)?.offer(&entry);
                    Ok((entry, merged))
                }
                Err(refused) => Err(refused),
            });
        }
        Ok(Fate::Offered(offered))
    }

    /// Lets rows that wait take their places. Returns what is worth saying.
    pub(crate) fn settle(&mut self) -> Vec<String> {
        let mut notes = Vec::new();
        for (table, merge) in &mut self.merges {
            merge.settle();
            for (name, n_rows) in merge.came() {
                notes.push(format!(
                    "{name} waits no more in tables/points.txt: {n_rows} rows of {table}"
                ));
            }
            for (name, n_rows) in merge.left() {
                notes.push(format!(
                    "{name} waits in tables/points.txt for a sheet that says which point replaces the other: {n_rows} rows of {table}"
                ));
            }
        }
        notes
    }

    /// Reports what became of a point.
    pub(crate) fn report(&mut self, point: &Point, fate: Fate, report: &mut ImportReport) {
        report.read = report.read.saturating_add(1);
        let offered = match fate {
            Fate::Offered(offered) => offered,
            Fate::Replaced(by) => {
                report.replaced = report.replaced.saturating_add(1);
                self.rows.note(&point.place, RowOutcome::Replaced, "", &format!("by {by}"));
                self.note_codes(point, RowOutcome::Replaced);
                return;
            }
        };
        let mut taken = false;
        let (mut unchanged, mut clashes) = (Vec::new(), Vec::new());
        for part in offered {
            let (entry, merged) = match part {
                Ok(part) => part,
                Err(refused) => {
                    self.rows.refused(&refused);
                    report.refused.push(refused);
                    continue;
                }
            };
            let table = entry.shape.name;
            let verdict = || self.merges.get(table).map(|merge| merge.verdict(&entry));
            match merged.or_else(verdict) {
                Some(Merged::Taken) => {
                    taken = true;
                    self.rows.note(&entry.place, RowOutcome::Imported, table, "");
                }
                Some(Merged::Unchanged(reason)) => unchanged.push((entry.place, table, reason)),
                Some(Merged::Clash(refused)) => {
                    clashes.push(entry.place);
                    self.rows.refused(&refused);
                    report.refused.push(refused);
                }
                None => {}
            }
        }
        let (outcome, count) = if taken {
            (RowOutcome::Imported, &mut report.taken)
        } else if clashes.is_empty() && !unchanged.is_empty() {
            (RowOutcome::Unchanged, &mut report.unchanged)
        } else {
            (RowOutcome::Refused, &mut report.refused_rows)
        };
        *count = count.saturating_add(1);
        // A row that a table contradicts is not there already, whatever another table says.
        for (place, table, reason) in unchanged {
            let is_there = !clashes.contains(&place);
            let of_part = if is_there { RowOutcome::Unchanged } else { RowOutcome::Refused };
            self.rows.note(&place, of_part, table, &reason);
        }
        self.note_codes(point, outcome);
        // The codes of a point may stand in rows of their own, each of which is noted.
        if !self.rows.has(&point.place) {
            let n_codes = point.codes.len();
            self.rows.note(&point.place, outcome, "", &format!("its {n_codes} codes stand apart"));
        }
    }

    /// Notes what became of rows of codes of which nothing is noted yet: that of their point.
    fn note_codes(&mut self, point: &Point, outcome: RowOutcome) {
        let Place { sheet, row } = &point.place;
        for (_, place) in &point.codes {
            if !self.rows.has(place) {
                let reason = format!("a code of {sheet} row {row}");
                self.rows.note(place, outcome, "", &reason);
            }
        }
    }

    /// Says of how many indications no diagnosis is known.
    ///
    /// # Errors
    ///
    /// If the table of diagnoses is not one of jihe's.
    pub(crate) fn mute_indications(
        &mut self,
        points: &[Point],
    ) -> Result<Option<String>, ImportError> {
        let indications = points.iter().filter(|point| point.class == Class::Indication);
        let sets: BTreeSet<String> =
            indications.filter_map(|point| indication::set(point).ok()).collect();
        if sets.is_empty() {
            return Ok(None);
        }
        let diagnoses = self.table(&shape::DIAGNOSIS_SET)?;
        let n_mute = sets.iter().filter(|set| !diagnoses.has_key(set)).count();
        Ok((0 < n_mute).then(|| {
            format!(
                "indications that say nothing until diagnosis_set has codes for their set: {n_mute}"
            )
        }))
    }

    fn table(&mut self, shape: &'static Shape) -> Result<&mut Merge, ImportError> {
        use std::collections::btree_map::Entry as Slot;
        match self.merges.entry(shape.name) {
            Slot::Occupied(slot) => Ok(slot.into_mut()),
            Slot::Vacant(slot) => {
                let file = TableFile::read(self.target.file(shape)?, shape)?;
                let beside = self.beside.as_mut();
                let waiting = beside.map_or_else(Vec::new, |beside| beside.take(shape, &file));
                Ok(slot.insert(Merge::new(shape, file, waiting)))
            }
        }
    }

    /// Writes the tables that have changed, and the points beside them, next to their files.
    ///
    /// # Errors
    ///
    /// If the disk refuses.
    pub(crate) fn stage(&self) -> Result<Staged, ImportError> {
        let mut staged = Staged::default();
        let merges: Vec<&Merge> = self.merges.values().collect();
        let beside = self.beside.as_ref().and_then(|beside| beside.changed(&merges));
        let changed = merges.iter().filter(|merge| merge.is_changed()).map(|merge| merge.file());
        let kept = beside.as_ref().filter(|file| !file.rows.is_empty());
        let files: Vec<&TableFile> = changed.chain(kept).collect();
        let paths: Vec<&Path> = files.iter().map(|table| table.path.as_path()).collect();
        let days = files.iter().flat_map(|file| file.rows.iter().map(|row| row.range.from()));
        self.target.prepare(&mut staged, &paths, days.min().unwrap_or(DayRange::ALWAYS.from()))?;
        for table in files {
            let bytes = table.bytes();
            let bytes = bytes.map_err(|error| ImportError::write("table", &table.path, error))?;
            staged.file("table", &table.path, &bytes)?;
        }
        if let Some(file) = beside.filter(|file| file.rows.is_empty()) {
            staged.remove(&file.path);
        }
        Ok(staged)
    }

    /// The tables by file, with the rows added to each.
    pub(crate) fn added(&self) -> Vec<(PathBuf, u64)> {
        let touched = self.merges.values().filter(|merge| merge.is_touched());
        touched.map(|merge| (merge.file().path.clone(), merge.n_added())).collect()
    }

    /// What became of each row.
    pub(crate) fn rows(&mut self) -> Vec<RowReport> {
        std::mem::take(&mut self.rows).finish()
    }
}
