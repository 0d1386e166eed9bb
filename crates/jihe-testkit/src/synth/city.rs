//! The city: persons one after the other, their visits into the tables of each month.

mod columns;
mod tables;

pub(super) use tables::DEPARTMENTS;

use std::path::{Path, PathBuf};

use super::calendar::months;
use super::draft::{Fate, Oddity, Visit};
use super::houses::Houses;
use super::institution::Institutions;
use super::item::{Kind, named};
use super::knowledge::Knowledge;
use super::output::Table;
use super::person::Person;
use super::place::{Place, TRUTH_COLUMNS};
use super::plant::{Planted, Pools};
use super::random::Draw;
use super::scribe::{Scribe, World};
use super::universe::Universe;
use super::{CityOptions, CitySummary, INSTITUTION_RULES, RULES, SynthError, benefit, reference};
use tables::MonthTables;

/// One plant of a rule for so many lines of a month.
const LINES_OF_A_PLANT: u64 = 20_000;
/// Cities with fewer lines in a month are small: one plant of each rule, nothing around it.
const SMALL: u64 = 2_000;

/// A city being written.
pub(super) struct City {
    world: World,
    out: Output,
    dir: PathBuf,
    n_lines: u64,
}

/// What is written so far.
struct Output {
    months: Vec<MonthTables>,
    /// Whole units sold, by institution and stocked item.
    sold: Vec<u32>,
    /// By institution with stock and item: whether it was billed and is no planted stock.
    bought: Vec<bool>,
    n_stocked: usize,
    planted_stock: Vec<(u32, u32, i64)>,
    /// Rule, month, number of the line.
    truth: Vec<(u8, u32, u64)>,
    houses: Houses,
    planted: Vec<(&'static str, u64)>,
}

impl City {
    /// Makes the world and opens the tables.
    pub(super) fn begin(place: &mut Place, options: &CityOptions) -> Result<Self, SynthError> {
        let months = months(options).ok_or_else(|| SynthError::usage("there is no such month"))?;
        if 48 < months.len() {
            return Err(SynthError::usage("a city has at most 48 months"));
        }
        let last = &months[months.len() - 1];
        let horizon = (months[0].first, last.first + last.n_days);
        let (knowledge, law) = Knowledge::load(options.pack.as_deref(), horizon)?;
        let reference = options.reference.as_deref();
        let universe = Universe::new(&knowledge, reference, options.n_lines, horizon)?;
        let institutions = Institutions::new(options.n_lines, &mut Draw::new(options.seed ^ 0x4d));
        let world = World {
            diagnoses: World::plain_diagnoses(&knowledge),
            guarded: guarded(&universe),
            pools: Pools::new(&universe),
            n_dressing: if options.n_lines < SMALL { 0 } else { 4 },
            seed: options.seed,
            knowledge,
            law,
            universe,
            institutions,
            months,
        };
        if world.diagnoses.is_empty() {
            return Err(SynthError::usage("the pack's diagnosis sets leave no plain diagnosis"));
        }
        let dir = place.prepare()?;
        let out = Output::open(&dir, &world, options)?;
        Ok(Self { world, out, dir, n_lines: options.n_lines })
    }

    /// Fills the tables and ends them.
    pub(super) fn fill(mut self, progress: &mut dyn FnMut(u64)) -> Result<CitySummary, SynthError> {
        let mut scribe = Scribe::new(&self.world);
        let n_months = self.world.months.len();
        let n_all = self.n_lines * n_months as u64;
        let tasks = tasks(self.n_lines, n_months);
        let mut n_done = 0;
        let mut last_report = 0;
        loop {
            let n_written = self.out.n_lines();
            if (1 << 17) <= n_written - last_report {
                last_report = n_written;
                progress(n_written);
            }
            // All plants have their place in the first nine tenths of the lines.
            let is_due = tasks.len() as u64 * n_written * 10 >= n_all * 9 * n_done as u64;
            let is_time = n_done < tasks.len() && (self.n_lines < SMALL || is_due);
            if is_time {
                let (rule, month) = tasks[n_done];
                n_done += 1;
                if let Some(planted) = scribe.plant_in(rule, month) {
                    self.out.take_planted(&self.world, rule, planted, self.n_lines)?;
                }
                continue;
            }
            if n_all <= n_written {
                break;
            }
            let mut person = scribe.person();
            for month in 0..n_months {
                let n_left = self.n_lines - self.out.months[month].lines.n_rows;
                if 0 < n_left && (n_months == 1 || scribe.draw.chance(700)) {
                    let visits = scribe.person_month(&mut person, month);
                    self.out.take_base(&self.world, &mut person, visits, self.n_lines)?;
                }
            }
        }
        let n_persons = scribe.n_persons;
        progress(self.out.n_lines());
        let folder = self.dir.join("reference");
        std::fs::create_dir_all(&folder)?;
        reference::write(&folder, &self.world, &self.out.houses)?;
        let (sold, bought) = (&self.out.sold, &self.out.bought);
        let planted = &self.out.planted_stock;
        reference::write_stock(&folder, &self.world, (sold, bought), planted)?;
        self.out.finish(&self.dir, &self.world, n_persons)
    }
}

/// Rules and months in the order of planting.
fn tasks(n_lines: u64, n_months: usize) -> Vec<(&'static str, usize)> {
    let least = if n_lines < SMALL { 1 } else { 3 };
    let n_rounds = (n_lines / LINES_OF_A_PLANT).max(least);
    let mut tasks = Vec::new();
    for _ in 0..n_rounds {
        for rule in RULES.iter().chain(INSTITUTION_RULES) {
            tasks.extend((0..n_months).map(|month| (*rule, month)));
        }
    }
    tasks
}

/// The items that base traffic bills within their limits.
fn guarded(universe: &Universe) -> Vec<u32> {
    let allowed = named::SEX
        | named::AGE
        | named::LEVEL
        | named::VISIT
        | named::DAILY
        | named::MONTHLY
        | named::HOURS
        | named::STAY_DAYS
        | named::PERIOD
        | named::PART
        | named::TRACE_EXEMPT;
    let mut items = universe.named(0, allowed);
    items.retain(|item| universe.items[*item as usize].named != 0);
    items
}

impl Output {
    fn open(dir: &Path, world: &World, options: &CityOptions) -> Result<Self, SynthError> {
        let mut months = Vec::new();
        for month in &world.months {
            let folder = dir.join("months").join(&month.name);
            std::fs::create_dir_all(&folder).map_err(|error| SynthError::at(&folder, &error))?;
            months.push(MonthTables::begin(&folder, month, options.format)?);
        }
        let n_stocked = world.universe.n_stocked as usize;
        Ok(Self {
            months,
            sold: vec![0; n_stocked * world.institutions.n_with_stock()],
            bought: vec![false; world.universe.items.len() * world.institutions.n_with_stock()],
            n_stocked,
            planted_stock: Vec::new(),
            truth: Vec::new(),
            houses: Houses::new(world),
            planted: RULES.iter().chain(INSTITUTION_RULES).map(|rule| (*rule, 0)).collect(),
        })
    }

    fn n_lines(&self) -> u64 {
        self.months.iter().map(|month| month.lines.n_rows).sum()
    }

    /// Writes a planted violation if there is room for it.
    fn take_planted(
        &mut self,
        world: &World,
        rule: &'static str,
        planted: Planted,
        n_lines: u64,
    ) -> Result<(), SynthError> {
        let mut n_rows = vec![0; self.months.len()];
        for visit in planted.cases.iter().flat_map(|(_, visits)| visits) {
            n_rows[visit.month] += rows_of(visit);
        }
        let has_room = n_rows
            .iter()
            .zip(&self.months)
            .all(|(rows, month)| month.lines.n_rows + rows <= n_lines);
        if !has_room {
            return Ok(());
        }
        for (_, count) in self.planted.iter_mut().filter(|(id, _)| *id == rule) {
            *count += 1;
        }
        for (mut person, mut visits) in planted.cases {
            benefit::settle(world, &mut person, &mut visits);
            for visit in visits {
                self.write(world, &mut person, &visit)?;
            }
        }
        self.planted_stock.extend(planted.stock);
        Ok(())
    }

    /// Writes base traffic, cut short where a month is full.
    fn take_base(
        &mut self,
        world: &World,
        person: &mut Person,
        mut visits: Vec<Visit>,
        n_lines: u64,
    ) -> Result<(), SynthError> {
        let mut n_taken = vec![0; self.months.len()];
        for visit in &mut visits {
            let n_left = n_lines - self.months[visit.month].lines.n_rows - n_taken[visit.month];
            if n_left < rows_of(visit) {
                visit.fate = Fate::Stands;
                visit.lines.truncate(n_left as usize);
                for line in &mut visit.lines {
                    if line.oddity == Oddity::Repeated {
                        line.oddity = Oddity::None;
                    }
                }
            }
            n_taken[visit.month] += rows_of(visit);
        }
        benefit::settle(world, person, &mut visits);
        for visit in &visits {
            self.write(world, person, visit)?;
        }
        Ok(())
    }

    fn write(
        &mut self,
        world: &World,
        person: &mut Person,
        visit: &Visit,
    ) -> Result<(), SynthError> {
        if visit.lines.is_empty() {
            return Ok(());
        }
        let (numbers, sums) = self.months[visit.month].write(world, person, visit)?;
        self.houses.add(world, person, visit, sums);
        for (line, number) in visit.lines.iter().zip(numbers) {
            for rule in (0..RULES.len() as u8).filter(|rule| line.marks >> rule & 1 == 1) {
                self.truth.push((rule, visit.month as u32, number));
            }
            if world.institutions.n_with_stock() <= visit.institution as usize {
                continue;
            }
            let item = &world.universe.items[line.item as usize];
            let n_items = world.universe.items.len();
            if item.kind != Kind::Service && item.named & named::STOCK == 0 {
                self.bought[visit.institution as usize * n_items + line.item as usize] = true;
            }
            if let Some(stock) = item.stock {
                let place = visit.institution as usize * self.n_stocked + stock as usize;
                self.sold[place] += (line.cnt.max(0) as u64).div_ceil(10_000) as u32;
            }
        }
        Ok(())
    }

    fn finish(
        mut self,
        dir: &Path,
        world: &World,
        n_persons: u64,
    ) -> Result<CitySummary, SynthError> {
        let mut table = Table::csv(&dir.join("truth.csv"), &TRUTH_COLUMNS)?;
        let judged = |rule: &u8| world.law.judges(RULES[usize::from(*rule)]);
        self.truth.retain(|(rule, ..)| judged(rule));
        self.truth
            .sort_by_key(|(rule, month, number)| (RULES[usize::from(*rule)], *month, *number));
        for (rule, month, number) in &self.truth {
            let digits = &world.months[*month as usize].digits;
            table.text(RULES[usize::from(*rule)])?;
            table.text(&tables::line_key(digits, *number))?.end_row()?;
        }
        let n_truth = table.n_rows;
        table.finish()?;
        let n_truth_findings = self.write_findings(dir, world)?;
        let mut summary = CitySummary {
            n_lines: self.n_lines(),
            n_persons,
            n_truth,
            n_truth_findings,
            planted: self.planted,
            ..CitySummary::default()
        };
        for month in self.months {
            summary.n_settlements += month.settlements.n_rows;
            summary.n_encounters += month.encounters.n_rows;
            month.finish()?;
        }
        Ok(summary)
    }
}

impl Output {
    /// Writes what is found of institutions as a whole; gives the number of rows.
    fn write_findings(&self, dir: &Path, world: &World) -> Result<u64, SynthError> {
        let columns = ["rule_id", "fixmedins_code", "mdtrt_id"];
        let mut table = Table::csv(&dir.join("truth_findings.csv"), &columns)?;
        for (rule, institution) in self.houses.findings(world) {
            let code = &world.institutions.all[institution as usize].code;
            table.text(rule)?.text(code)?.text("")?.end_row()?;
        }
        let n_rows = table.n_rows;
        table.finish()?;
        Ok(n_rows)
    }
}

/// Rows of `lines` that a visit takes.
fn rows_of(visit: &Visit) -> u64 {
    let n_once = visit.lines.len() as u64;
    let n_repeated =
        visit.lines.iter().filter(|line| line.oddity == Oddity::Repeated).count() as u64;
    match visit.fate {
        Fate::Stands => n_once + n_repeated,
        Fate::Cancelled => 2 * n_once + n_repeated,
        Fate::SettledAgain => 3 * n_once + n_repeated,
    }
}
