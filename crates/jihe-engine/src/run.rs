//! One month under one engine: what the judges look things up in.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::OnceLock;

use jihe_frame::{Lack, LinePart, NetMonth};
use jihe_rules::plan::Rule;
use jihe_terms::{Day, NO_CODE, NO_DAY};

use crate::compile::Engine;
use crate::diagnoses::DiagnosisSets;
use crate::found::picked;
use crate::index::has_bit;
use crate::judge::benefit::Payments;
use crate::judge::bought::InTime;
use crate::judge::stay_lines::Own;
use crate::judge::supply::Dispensed;
use crate::prescription::Prescriptions;
use crate::rows::MonthRows;
use crate::stays::{Stays, inpatient_types};
use crate::subjects::Subjects;
use crate::tables::CodedTable;
use crate::vector::{FALSE, NULL, TRUE, Values};

/// `list_type` of drugs: western and patent, herbs, hospital-made, ethnic, granules.
const DRUGS: [&str; 5] = ["101", "102", "103", "104", "106"];

/// A month being judged.
pub(crate) struct Run<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) month: &'a NetMonth,
    pub(crate) stays: Stays,
    pub(crate) diagnoses: DiagnosisSets<'a>,
    /// For each `med_type` met: the days on which it is an inpatient type.
    inpatient: Vec<(u32, Vec<(i32, i32)>)>,
    /// Settlements by person, made when first asked for.
    payments: OnceLock<Payments>,
    /// A bit for each group of stock that has movements in the month or before it; none for a few
    /// lines, and where no rule asks.
    stocked: Option<Vec<u64>>,
    /// What came in in time, by rule that asks for it; none for a few lines.
    in_time: Vec<(usize, InTime)>,
    /// What the month lacks of what rules ask for.
    pub(crate) lacks: Vec<Option<Lack>>,
    /// By rule: bits of the exceptions that ask for a table or column that the files lack.
    pub(crate) lacking: Vec<u32>,
    /// The first day after the month of the last day of service.
    pub(crate) month_end: i32,
    /// What rules look up, on the days of that month.
    pub(crate) rows: MonthRows,
}

impl<'a> Run<'a> {
    pub(crate) fn new(engine: &'a Engine, month: &'a NetMonth) -> Self {
        let month_end = month.last_day.map_or(i32::MAX, month_end);
        let mut run = Self {
            engine,
            month,
            stays: Stays::new(month),
            diagnoses: DiagnosisSets::new(engine, month),
            inpatient: inpatient_types(engine, month).into_iter().collect(),
            payments: OnceLock::new(),
            stocked: crate::judge::stock::stocked(engine, month, month_end),
            in_time: crate::judge::bought::in_time(engine, month),
            lacks: Vec::new(),
            lacking: Vec::new(),
            month_end,
            rows: MonthRows::new(month, month_end),
        };
        run.lacks = engine.asked.lacks(&run);
        run.lacking = engine.asked.lacking(&run);
        run
    }

    /// Settlements by person and time.
    pub(crate) fn payments(&self) -> &Payments {
        self.payments.get_or_init(|| Payments::new(self))
    }

    /// Whether a group of stock has movements before the end of the month.
    pub(crate) fn is_stocked(&self, group: u32) -> bool {
        match &self.stocked {
            Some(bits) => has_bit(bits, group),
            None => self.engine.stock.available(group, self.month_end).is_some(),
        }
    }

    /// Which groups of stock had something come in in time on each day of the month, if that was asked
    /// once for all.
    pub(crate) fn in_time(&self, rule: usize) -> Option<&InTime> {
        self.in_time.iter().find(|(asks, _)| *asks == rule).map(|(_, in_time)| in_time)
    }

    /// The catalogue row in force of each line of a part; `None` without a catalogue.
    pub(crate) fn item_rows<'p>(&self, part: &'p Part<'_>) -> Option<&'p [u32]> {
        let catalogue = self.engine.catalogue.as_ref()?;
        Some(part.item_rows.get_or_init(|| {
            let rows = self.rows.of_catalogue(&catalogue.by_key);
            let row = |(&item, &day): (&u32, &i32)| rows.first(item, day);
            part.item.iter().zip(&part.day).map(row).collect()
        }))
    }

    /// `list_type` of each line of a part.
    pub(crate) fn list_types<'p>(&self, part: &'p Part<'_>) -> &'p [u32] {
        part.list_types.get_or_init(|| self.of_items(part, "list_type"))
    }

    /// `med_chrgitm_type` of each line of a part.
    pub(crate) fn charge_types<'p>(&self, part: &'p Part<'_>) -> &'p [u32] {
        part.charge_types.get_or_init(|| self.of_items(part, "med_chrgitm_type"))
    }

    fn of_items(&self, part: &Part<'_>, name: &str) -> Values<u32> {
        Subjects::of_lines(self, part, part.all(), &[]).of_item(name)
    }

    /// Lines of a part that are drugs outside stays or may be: the row, and whether it surely is one.
    pub(crate) fn dispensed_lines(&self, part: &Part<'_>) -> Vec<(u32, bool)> {
        let stays = self.inpatient_lines(part);
        let rows = picked(part.all(), |row| stays[row as usize] != TRUE);
        let drugs: Vec<u32> =
            DRUGS.iter().filter_map(|ty| self.month.codes.get(ty.as_bytes())).collect();
        let types = Subjects::of_lines(self, part, &rows, &[]).list_type();
        let may_be_drug = |ty: u32| {
            let is_drug = |any: u8, &drug: &u32| any | u8::from(drug == ty);
            drugs.iter().fold(u8::from(ty == NO_CODE), is_drug) != 0
        };
        let places: Vec<u32> = (0..rows.len() as u32).collect();
        let places = picked(&places, |place| may_be_drug(types[place as usize]));
        let line = |place: u32| {
            let (row, ty) = (rows[place as usize], types[place as usize]);
            (row, ty != NO_CODE && stays[row as usize] == FALSE)
        };
        places.into_iter().map(line).collect()
    }

    /// Whether each line of a part is of an inpatient visit on its day.
    pub(crate) fn inpatient_lines<'p>(&self, part: &'p Part<'_>) -> &'p [u8] {
        part.inpatient.get_or_init(|| {
            let of_encounter = self.month.encounters.rows.codes("med_type").unwrap_or(&[]);
            let of_settlement = self.month.settlements.rows.codes("med_type").unwrap_or(&[]);
            // Neighbours are mostly of one visit and day.
            let mut last = ((NO_CODE, NO_CODE, NO_DAY), NULL);
            let rows = part.encounter.iter().zip(&part.settlement).zip(&part.day);
            rows.map(|((&encounter, &settlement), &day)| {
                let visit = (encounter, settlement, day);
                if last.0 != visit {
                    let of = |codes: &[u32], id: u32| codes.get(id as usize).copied();
                    let code = of(of_encounter, encounter).filter(|&code| code != NO_CODE);
                    let code = code.or_else(|| of(of_settlement, settlement)).unwrap_or(NO_CODE);
                    last = (visit, self.inpatient(code, day));
                }
                last.1
            })
            .collect()
        })
    }

    /// Whether a `med_type` is an inpatient type on a day; unknown for the missing type.
    pub(crate) fn inpatient(&self, med_type: u32, day: i32) -> u8 {
        if med_type == NO_CODE {
            return NULL;
        }
        // Kinds of visit are few.
        let ranges = self.inpatient.iter().find(|(code, _)| *code == med_type);
        u8::from(ranges.is_some_and(|(_, ranges)| {
            ranges.iter().any(|&(from, until)| from <= day && day < until)
        }))
    }

    /// The rule at a place of the plan.
    pub(crate) fn rule(&self, idx: usize) -> &'a Rule {
        &self.engine.rules[idx]
    }
}

/// Lines of a part, and what several rules look up for each of them.
pub(crate) struct Part<'a> {
    lines: &'a LinePart,
    /// The catalogue row in force of each line, made when first asked for.
    item_rows: OnceCell<Vec<u32>>,
    /// The kinds of list and of charge of each line, made when first asked for.
    list_types: OnceCell<Values<u32>>,
    charge_types: OnceCell<Values<u32>>,
    /// Whether each line is of an inpatient visit, made when first asked for.
    inpatient: OnceCell<Vec<u8>>,
    /// What `item_map` says of each line, made when first asked for.
    pub(crate) mapped: OnceCell<Option<Vec<u32>>>,
    /// Drugs outside stays, made when first asked for.
    pub(crate) dispensed: OnceCell<Vec<Dispensed>>,
    /// The group of stock of each line, made when first asked for.
    pub(crate) stocked: OnceCell<Vec<u32>>,
    /// Prescriptions, made when first asked for.
    prescriptions: OnceCell<Prescriptions>,
    /// All rows, and those that are no carried ones, made when first asked for.
    all: List,
    own: List,
    /// Those of them whose quantity is above 0.
    all_due: List,
    own_due: List,
    /// First and last day of the lines.
    days: OnceCell<(i32, i32)>,
    /// Whether all lines have a quantity.
    all_count: OnceCell<bool>,
    visits: OnceCell<Vec<u32>>,
    /// Stays of this month with their lines, made when first asked for.
    pub(crate) stays: OnceCell<Own>,
    /// Rows that share person, time and item with another one, made when first asked for.
    pub(crate) twins: OnceCell<Vec<u32>>,
    own_days: OnceCell<Vec<bool>>,
    /// Visits that may be stays and have no row in `encounters`, made when first asked for.
    untold: OnceCell<Vec<Untold>>,
    /// Encounter and row of the lines of persons with many, ascending, made when first asked for.
    of_encounters: OnceCell<Vec<(u32, u32)>>,
}

/// The lines of a person with more than this are looked up by encounter.
const MANY: usize = 512;

/// Rows that most rules look at.
#[derive(Default)]
struct List {
    rows: OnceCell<Vec<u32>>,
    visits: OnceCell<Visits>,
}

impl List {
    /// Whether these are its rows, and no copy of them.
    fn is(&self, rows: &[u32]) -> bool {
        self.rows.get().is_some_and(|list| std::ptr::eq(list.as_slice(), rows))
    }
}

/// Some rows by visit.
#[derive(Clone, Debug)]
pub(crate) struct Visits {
    /// Places of the first row of each visit.
    pub(crate) firsts: Vec<u32>,
    /// By row: the place of its visit.
    pub(crate) places: Vec<u32>,
}

impl Visits {
    fn of(part: &Part<'_>, rows: &[u32]) -> Self {
        let visits = part.visits();
        let mut firsts: Vec<u32> = Vec::new();
        let mut places: Vec<u32> = Vec::with_capacity(rows.len());
        let mut last = NO_CODE;
        for (place, &row) in (0_u32..).zip(rows) {
            let visit = visits[row as usize];
            if visit != last {
                last = visit;
                firsts.push(place);
            }
            places.push(firsts.len() as u32 - 1);
        }
        Self { firsts, places }
    }
}

/// A visit that may be a stay, and that no row of `encounters` tells of.
pub(crate) struct Untold {
    /// The day of its first line.
    pub(crate) day: i32,
    /// What its lines come to, fen.
    pub(crate) amount: i128,
}

impl<'a> Part<'a> {
    pub(crate) fn new(lines: &'a LinePart) -> Self {
        Self {
            lines,
            item_rows: OnceCell::new(),
            list_types: OnceCell::new(),
            charge_types: OnceCell::new(),
            inpatient: OnceCell::new(),
            mapped: OnceCell::new(),
            dispensed: OnceCell::new(),
            stocked: OnceCell::new(),
            prescriptions: OnceCell::new(),
            all: List::default(),
            own: List::default(),
            all_due: List::default(),
            own_due: List::default(),
            days: OnceCell::new(),
            all_count: OnceCell::new(),
            visits: OnceCell::new(),
            stays: OnceCell::new(),
            twins: OnceCell::new(),
            own_days: OnceCell::new(),
            untold: OnceCell::new(),
            of_encounters: OnceCell::new(),
        }
    }

    /// The prescriptions of the lines.
    pub(crate) fn prescriptions(&self) -> &Prescriptions {
        self.prescriptions.get_or_init(|| Prescriptions::of(self))
    }

    pub(crate) fn n_lines(&self) -> u32 {
        u32::try_from(self.lines.len()).expect("a part has fewer than 2³² lines")
    }

    /// Numbers of a column of the lines by its place in the schema.
    pub(crate) fn numbers(&self, place: usize) -> Option<&[i64]> {
        match jihe_terms::schema::TableName::Lines.columns().get(place)?.name {
            "fee_ocur_time" => Some(&self.time),
            "cnt" => Some(&self.cnt),
            "pric" => Some(&self.pric),
            "det_item_fee_sumamt" => Some(&self.amount),
            "inscp_scp_amt" => Some(&self.scp),
            name => self.optional.numbers(name),
        }
    }

    /// All rows.
    pub(crate) fn all(&self) -> &[u32] {
        self.all.rows.get_or_init(|| (0..self.n_lines()).collect())
    }

    /// Rows that are not carried from an earlier month.
    pub(crate) fn own(&self) -> &[u32] {
        self.own.rows.get_or_init(|| {
            let rows = (0..self.n_lines()).zip(&self.carried);
            rows.filter(|&(_, &carried)| !carried).map(|(row, _)| row).collect()
        })
    }

    /// How many of some rows are not carried.
    pub(crate) fn n_own(&self, rows: &[u32]) -> u64 {
        rows.iter().map(|&row| u64::from(!self.carried[row as usize])).sum()
    }

    /// By row: whether any line of its person and day is not carried; none where no line is.
    pub(crate) fn own_days(&self) -> Option<&[bool]> {
        let own = self.own_days.get_or_init(|| {
            let mut own = Vec::new();
            if !self.carried.contains(&true) {
                return own;
            }
            let days = self.person.iter().zip(&self.day).zip(&self.carried);
            let days: Vec<((&u32, &i32), &bool)> = days.collect();
            for of_day in days.chunk_by(|a, b| a.0 == b.0) {
                let is_own = of_day.iter().any(|&(_, &carried)| !carried);
                own.resize(own.len() + of_day.len(), is_own);
            }
            own
        });
        (!own.is_empty()).then_some(own)
    }

    /// The rows of an encounter of a person of this part whose quantity is above 0.
    pub(crate) fn rows_of(&self, person: u32, encounter: u32) -> Vec<u32> {
        let from = self.person.partition_point(|&other| other < person);
        let until = from + self.person[from..].partition_point(|&other| other <= person);
        if until - from <= MANY {
            let of_it = |&row: &usize| self.encounter[row] == encounter && 0 < self.cnt[row];
            let mut rows = Vec::with_capacity(until - from);
            rows.extend((from..until).filter(of_it).map(|row| row as u32));
            return rows;
        }
        let all = self.of_encounters();
        let first = all.partition_point(|&(other, _)| other < encounter);
        let of_it = all[first..].iter().take_while(|&&(other, _)| other == encounter);
        let own = of_it.map(|&(_, row)| row).skip_while(|&row| (row as usize) < from);
        own.take_while(|&row| (row as usize) < until).collect()
    }

    fn of_encounters(&self) -> &[(u32, u32)] {
        self.of_encounters.get_or_init(|| {
            let mut all = Vec::new();
            let mut first = 0;
            for of_person in self.person.chunk_by(|a, b| a == b) {
                let rows = first..first + of_person.len();
                first = rows.end;
                if MANY < rows.len() {
                    let counts = rows.filter(|&row| 0 < self.cnt[row]);
                    all.extend(counts.map(|row| (self.encounter[row], row as u32)));
                }
            }
            all.sort_unstable();
            all
        })
    }

    /// The visits of some rows.
    pub(crate) fn visits_of(&self, rows: &[u32]) -> Cow<'_, Visits> {
        let lists = [&self.own_due, &self.all_due, &self.own, &self.all];
        match lists.into_iter().find(|list| list.is(rows)) {
            Some(list) => Cow::Borrowed(list.visits.get_or_init(|| Visits::of(self, rows))),
            None => Cow::Owned(Visits::of(self, rows)),
        }
    }

    /// By row: the run of neighbours of one person, encounter, settlement, institution and day that
    /// it belongs to.
    fn visits(&self) -> &[u32] {
        self.visits.get_or_init(|| {
            let mut visits = Vec::with_capacity(self.len());
            let (mut visit, mut last) = (0_u32, None);
            let keys = self.person.iter().zip(&self.encounter).zip(&self.settlement);
            for key in keys.zip(&self.institution).zip(&self.day) {
                if last.is_some_and(|last| last != key) {
                    visit += 1;
                }
                last = Some(key);
                visits.push(visit);
            }
            visits
        })
    }

    /// Visits of this month without a row in `encounters` that are not surely no stays, by person and
    /// encounter.
    pub(crate) fn untold(&self, run: &Run<'_>) -> &[Untold] {
        self.untold.get_or_init(|| {
            let listed = &run.month.encounters.listed;
            if listed.iter().all(|&listed| listed) {
                return Vec::new();
            }
            let is_told = |encounter: u32| listed.get(encounter as usize) == Some(&true);
            let inpatient = run.inpatient_lines(self);
            let mut visits: BTreeMap<(u32, u32), (Untold, bool)> = BTreeMap::new();
            for (row, &encounter) in self.encounter.iter().enumerate() {
                if self.cnt[row] <= 0 || self.carried[row] || is_told(encounter) {
                    continue;
                }
                let fresh = || (Untold { day: self.day[row], amount: 0 }, false);
                let (visit, may_be) =
                    visits.entry((self.person[row], encounter)).or_insert_with(fresh);
                visit.amount += i128::from(self.amount[row]);
                *may_be |= inpatient[row] != FALSE;
            }
            visits.into_values().filter(|(_, may_be)| *may_be).map(|(visit, _)| visit).collect()
        })
    }

    /// Whether all lines have a quantity above 0 and a day of `from..until`.
    pub(crate) fn is_due(&self, range: (i32, i32)) -> bool {
        self.is_in(range) && *self.all_count.get_or_init(|| self.cnt.iter().all(|&cnt| 0 < cnt))
    }

    /// Whether the days of all lines are of `from..until`.
    fn is_in(&self, (from, until): (i32, i32)) -> bool {
        let &(first, last) = self.days.get_or_init(|| {
            let ends = (i32::MAX, i32::MIN);
            self.day.iter().fold(ends, |(first, last), &day| (first.min(day), last.max(day)))
        });
        from <= first && last < until
    }

    /// Those of some rows whose quantity is above 0 and whose day is one of `from..until`.
    pub(crate) fn due<'r>(&'r self, rows: &'r [u32], (from, until): (i32, i32)) -> Cow<'r, [u32]> {
        if self.is_due((from, until)) {
            return Cow::Borrowed(rows);
        }
        let has_cnt = |&row: &u32| 0 < self.cnt[row as usize];
        if self.is_in((from, until)) {
            for (list, due) in [(&self.own, &self.own_due), (&self.all, &self.all_due)] {
                if list.is(rows) {
                    let due = &due.rows;
                    return Cow::Borrowed(
                        due.get_or_init(|| rows.iter().copied().filter(has_cnt).collect()),
                    );
                }
            }
        }
        let is_due = |row: &u32| {
            let day = self.day[*row as usize];
            has_cnt(row) && from <= day && day < until
        };
        Cow::Owned(rows.iter().copied().filter(is_due).collect())
    }
}

impl Deref for Part<'_> {
    type Target = LinePart;

    #[inline]
    fn deref(&self) -> &LinePart {
        self.lines
    }
}

/// The first day of the next month.
fn month_end(day: i32) -> i32 {
    let (year, month, _) = Day::from_epoch(day).civil();
    let (year, month) = if month < 12 { (year, month + 1) } else { (year + 1, 1) };
    Day::from_civil(year, month, 1).map_or(i32::MAX, Day::epoch)
}

/// First day and first day after of a range.
pub(crate) fn bounds(range: jihe_terms::DayRange) -> (i32, i32) {
    (range.from().epoch(), range.until().map_or(i32::MAX, jihe_terms::Day::epoch))
}

/// The table that a rule's look-up names.
pub(crate) fn lookup_table<'a>(engine: &'a Engine, name: &str) -> Option<&'a CodedTable> {
    if name == "price_limits" { engine.price_limits.as_ref() } else { engine.tables.get(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_an_encounter_are_the_same_however_many_its_person_has() {
        // Person 1 has few lines, person 2 very many; both have been in encounters 3 and 4.
        let person: Vec<u32> = [1; 20].into_iter().chain([2; 3 * MANY]).collect();
        let n = person.len();
        let lines = LinePart {
            encounter: (0..n).map(|row| 3 + (row % 7 / 4) as u32).collect(),
            cnt: (0..n).map(|row| i64::from(row % 5 != 0)).collect(),
            person,
            ..LinePart::empty(0, 0..3)
        };
        let part = Part::new(&lines);
        for (person, encounter) in [(1, 3), (1, 4), (2, 3), (2, 4), (2, 5), (0, 3), (3, 3)] {
            let is_of = |&row: &u32| {
                let idx = row as usize;
                (lines.person[idx], lines.encounter[idx]) == (person, encounter)
                    && 0 < lines.cnt[idx]
            };
            let all: Vec<u32> = (0..n as u32).filter(is_of).collect();
            assert_eq!(part.rows_of(person, encounter), all, "{person} {encounter}");
        }
    }
}
