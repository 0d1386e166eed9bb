//! The tables of a month and the rows that a visit becomes.

use std::path::Path;

use jihe_terms::schema::TableName;

use super::super::calendar::{CalendarMonth, DAY, day_at};
use super::super::draft::{AGAIN_AFTER, Back, Fate, Line, Oddity, SETTLED_AFTER, UNCODED, Visit};
use super::super::item::Kind;
use super::super::output::Table;
use super::super::person::Person;
use super::super::scribe::World;
use super::super::sheet::{is_costly, sheets, total_of};
use super::super::{Format, SynthError, reference};
use super::columns::{ENCOUNTERS, LINES, SETTLEMENTS};

const DIAGNOSES: [&str; 5] =
    ["mdtrt_id", "diag_code", "inout_diag_type", "maindiag_flag", "diag_srt_no"];
const PERSONS: [&str; 7] =
    ["psn_no", "gend", "brdy", "psn_type", "insutype", "surv_stas", "die_date"];
const TRACE_CODES: [&str; 5] =
    ["drug_trac_codg", "bkkp_sn", "setl_id", "trdn_flag", "sel_retn_time"];
pub(in super::super) const DEPARTMENTS: [&str; 8] =
    ["A02", "A03", "A04", "A05", "A07", "A11", "A19", "A50"];

/// The `bkkp_sn` of a line.
pub(super) fn line_key(digits: &str, number: u64) -> String {
    format!("{digits}{number:012}")
}

/// The numbers of the lines of a settlement, what it comes to, and the fund's part of that.
type Written = (Vec<u64>, (i64, i64));

/// The tables of a month.
pub(super) struct MonthTables {
    digits: String,
    /// Its last moment.
    month_end: i64,
    month: usize,
    n_keys: u64,
    /// `lines`.
    pub(super) lines: Table,
    /// `settlements`.
    pub(super) settlements: Table,
    /// `encounters`.
    pub(super) encounters: Table,
    diagnoses: Table,
    persons: Table,
    trace_codes: Table,
}

/// What the rows of a visit have in common.
struct Head {
    encounter: String,
    institution: String,
    department: &'static str,
    /// `oprn_oprt_code`, or nothing.
    operation: &'static str,
    doctor: String,
    insutype: &'static str,
    level: u8,
}

/// Which of the settlements of a visit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Turn {
    First,
    Refund,
    Again,
}

/// A line, its prescription and what that comes to, its key, the key that it reverses, and how it
/// is written.
type WrittenLine<'a> = (&'a Line, (u32, i64), u64, Option<u64>, Turn);

impl MonthTables {
    /// Opens them.
    pub(super) fn begin(
        folder: &Path,
        month: &CalendarMonth,
        format: Format,
    ) -> Result<Self, SynthError> {
        let open = |table, columns: &[&str]| Table::begin(folder, table, columns, format);
        Ok(Self {
            digits: month.digits.clone(),
            month_end: (month.first + month.n_days) * DAY,
            month: 0,
            n_keys: 0,
            lines: open(TableName::Lines, &LINES)?,
            settlements: open(TableName::Settlements, &SETTLEMENTS)?,
            encounters: open(TableName::Encounters, &ENCOUNTERS)?,
            diagnoses: open(TableName::Diagnoses, &DIAGNOSES)?,
            persons: open(TableName::Persons, &PERSONS)?,
            trace_codes: open(TableName::TraceCodes, &TRACE_CODES)?,
        })
    }

    /// Ends them.
    pub(super) fn finish(self) -> Result<(), SynthError> {
        self.lines.finish()?;
        self.settlements.finish()?;
        self.encounters.finish()?;
        self.diagnoses.finish()?;
        self.persons.finish()?;
        self.trace_codes.finish()
    }

    /// Writes a visit and gives the number of each line that stands, and what its settlement comes to
    /// and the fund pays of it.
    pub(super) fn write(
        &mut self,
        world: &World,
        person: &mut Person,
        visit: &Visit,
    ) -> Result<Written, SynthError> {
        self.month = visit.month;
        let nth = self.encounters.n_rows;
        let head = Head {
            encounter: format!("{}{nth:010}", self.digits),
            institution: world.institutions.all[visit.institution as usize].code.clone(),
            department: match visit.department {
                "" => DEPARTMENTS[(nth % 8) as usize],
                own => own,
            },
            operation: operation_of(world, visit),
            doctor: reference::doctor(visit.institution, nth / 8 % reference::N_DOCTORS),
            insutype: person.insutype(),
            level: world.institutions.level(visit.institution),
        };
        self.write_person(person, &head)?;
        self.write_encounter(person, visit, &head)?;
        self.write_diagnoses(visit, &head)?;
        let first = self.write_lines(world, person, visit, (&head, Turn::First, &[]))?;
        if visit.fate == Fate::Stands {
            return Ok(first);
        }
        self.write_lines(world, person, visit, (&head, Turn::Refund, &first.0))?;
        if visit.fate == Fate::SettledAgain {
            return self.write_lines(world, person, visit, (&head, Turn::Again, &[]));
        }
        Ok(first)
    }

    fn write_person(&mut self, person: &mut Person, head: &Head) -> Result<(), SynthError> {
        if person.seen >> self.month & 1 == 1 {
            return Ok(());
        }
        person.seen |= 1 << self.month;
        let table = &mut self.persons;
        table.text(&person.number)?.text(person.sex)?.day(Some(person.birth))?;
        table.text(person.psn_type)?.text(head.insutype)?;
        table.text(if person.death.is_some() { "2" } else { "1" })?.day(person.death)?.end_row()
    }

    fn write_encounter(
        &mut self,
        person: &Person,
        visit: &Visit,
        head: &Head,
    ) -> Result<(), SynthError> {
        let table = &mut self.encounters;
        table.text(&head.encounter)?.text(&person.number)?.text(&head.institution)?;
        table.text(visit.med_type)?.moment(visit.begin)?.moment(visit.end)?;
        table.text(if visit.only_in_diagnoses { "" } else { &visit.diagnosis })?;
        table.text(&visit.disease)?.text(visit.way)?.text(head.department)?;
        table.text(visit.ipt_type)?.text(head.operation)?.text(&head.doctor)?;
        table.text(head.insutype)?;
        table.text(person.psn_type)?.text("1")?.end_row()
    }

    fn write_diagnoses(&mut self, visit: &Visit, head: &Head) -> Result<(), SynthError> {
        let main = [(&visit.diagnosis, "1", "1"), (&visit.second, "0", "2")];
        for (code, is_main, place) in main.into_iter().filter(|(code, ..)| !code.is_empty()) {
            let side = if visit.is_stay() { "2" } else { "1" };
            let table = &mut self.diagnoses;
            table.text(&head.encounter)?.text(code)?.text(side)?.text(is_main)?;
            table.text(place)?.end_row()?;
        }
        Ok(())
    }

    /// Writes the lines of one settlement, then the settlement.
    fn write_lines(
        &mut self,
        world: &World,
        person: &Person,
        visit: &Visit,
        (head, turn, originals): (&Head, Turn, &[u64]),
    ) -> Result<Written, SynthError> {
        let settlement = format!("9{}{:010}", self.digits, self.settlements.n_rows);
        let keys: Vec<u64> = (self.n_keys..).take(visit.lines.len()).collect();
        self.n_keys += keys.len() as u64;
        let (mut fee, mut in_policy) = (0, 0);
        let sheets = sheets(world, visit);
        for (place, line) in visit.lines.iter().enumerate() {
            let init = match (line.back, turn) {
                (_, Turn::Refund) => Some(originals[place]),
                (Back::Named(of), _) => Some(keys[of]),
                (Back::No | Back::Unnamed, _) => None,
            };
            let total = total_of(visit, &sheets, sheets[place]);
            let n_times = 1 + u64::from(line.oddity == Oddity::Repeated && turn == Turn::First);
            for _ in 0..n_times {
                let row = (line, (sheets[place], total), keys[place], init, turn);
                self.write_line(world, person, visit, (head, &settlement, row))?;
            }
            let kind = world.universe.items[line.item as usize].kind;
            self.write_traces((line, kind), keys[place], &settlement, turn)?;
            if line.oddity != Oddity::Void {
                fee += line.amount;
                in_policy += line.in_policy;
            }
        }
        let sign = if turn == Turn::Refund { -1 } else { 1 };
        let sums = (settlement.as_str(), turn, sign, (fee, in_policy));
        let fund = self.write_settlement(person, visit, head, sums)?;
        Ok((keys, (fee, fund)))
    }

    fn write_line(
        &mut self,
        world: &World,
        person: &Person,
        visit: &Visit,
        (head, settlement, row): (&Head, &str, WrittenLine<'_>),
    ) -> Result<(), SynthError> {
        let (line, (sheet, total), key, init, turn) = row;
        let item = &world.universe.items[line.item as usize];
        let (sign, delay) = if turn == Turn::Refund { (-1, 7200) } else { (1, 0) };
        let table = &mut self.lines;
        table.text(&line_key(&self.digits, key))?.text(&head.encounter)?.text(settlement)?;
        table.text(&person.number)?.text(&head.institution)?.moment(line.time + delay)?;
        table.text(&item.code)?.number(sign * line.cnt, 4)?.number(line.pric, 6)?;
        table.number(sign * line.amount, 2)?.number(sign * line.in_policy, 2)?;
        table.text(&item.code)?.text(&reference::own_code(line.own as usize))?;
        table.text(item.kind.list_type())?.text(item.charge_type())?;
        table.text(["", "01", "02", "03"][usize::from(item.class.min(3))])?;
        table.text(&format!("{}{:02}", &head.encounter[4..], sheet))?;
        match init {
            Some(init) => table.text(&line_key(&self.digits, init))?,
            None => table.nothing()?,
        };
        match line.supply_days {
            0 => table.nothing()?,
            days => table.number(days, 2)?,
        };
        table.text(head.department)?;
        if line.oddity == Oddity::Stranger {
            table.text(&reference::doctor(visit.institution, 99))?;
        } else {
            table.text(&head.doctor)?;
        }
        table.text(if line.oddity == Oddity::GoesHome { "1" } else { "0" })?;
        let is_limited = line.oddity == Oddity::Unapproved;
        let is_open = is_limited || line.oddity == Oddity::Unfiled;
        let needs_approval = visit.is_stay() || is_costly(world, line, total);
        let is_approved = !is_open && needs_approval;
        table.text(if is_approved { "1" } else { "0" })?;
        table.text(if is_limited { "1" } else { "0" })?;
        table.text(if line.oddity == Oddity::Void { "0" } else { "1" })?;
        let uploaded = if line.oddity == Oddity::Late {
            let grace = ("late-upload", "grace_days");
            self.month_end + (world.law.whole(grace, day_at(line.time), 2) + 1) * DAY
        } else {
            day_at(line.time + delay) * DAY + 82_800
        };
        table.moment(uploaded)?;
        Self::write_prescription((table, world), item.kind, visit, (line, sign))?;
        table.end_row()
    }

    /// When a drug of a visit was prescribed, and how much of it.
    fn write_prescription(
        (table, world): (&mut Table, &World),
        kind: Kind,
        visit: &Visit,
        (line, sign): (&Line, i64),
    ) -> Result<(), SynthError> {
        if visit.is_stay() || !kind.is_drug() || sign < 0 {
            table.nothing()?.nothing()?;
            return Ok(());
        }
        let valid = ("prescription-stale", "valid_days");
        let age = if line.oddity == Oddity::Stale {
            (world.law.whole(valid, day_at(line.time), 1) + 2) * DAY
        } else {
            0
        };
        let less = if line.oddity == Oddity::Oversold { 10_000 } else { 0 };
        table.moment(visit.begin - age)?.number(line.cnt - less, 4)?;
        Ok(())
    }

    fn write_traces(
        &mut self,
        (line, kind): (&Line, Kind),
        key: u64,
        settlement: &str,
        turn: Turn,
    ) -> Result<(), SynthError> {
        if turn == Turn::Refund {
            return Ok(());
        }
        let is_boxed = kind == Kind::Drug && 0 < line.cnt && line.oddity != Oddity::Untraced;
        if is_boxed && line.n_codes == 0 {
            let code = format!("7{}{key:013}", self.digits);
            let table = &mut self.trace_codes;
            table.text(&code)?.text(&line_key(&self.digits, key))?.text(settlement)?;
            table.text("0")?.moment(line.time)?.end_row()?;
        }
        for serial in line.code..line.code + line.n_codes {
            let mixed = u128::from(serial) * 604_462_909_807 % 10_000_000_000_000;
            let code = format!("8{:07}{mixed:013}", line.item);
            let table = &mut self.trace_codes;
            table.text(&code)?.text(&line_key(&self.digits, key))?.text(settlement)?;
            table
                .text(if line.oddity == Oddity::Opened { "1" } else { "0" })?
                .moment(line.time)?
                .end_row()?;
        }
        Ok(())
    }

    fn write_settlement(
        &mut self,
        person: &Person,
        visit: &Visit,
        head: &Head,
        (settlement, turn, sign, sums): (&str, Turn, i64, (i64, i64)),
    ) -> Result<i64, SynthError> {
        let (fee, in_policy) = sums;
        let (deductible, fund) = visit.paid;
        let rest = fee - fund;
        let account = if person.is_employee() { rest.max(0) / 3 } else { 0 };
        let delay = match turn {
            Turn::First => SETTLED_AFTER,
            Turn::Refund => 9000,
            Turn::Again => AGAIN_AFTER,
        };
        let (begin, end) = (Some(day_at(visit.begin)), Some(day_at(visit.end)));
        let nth = self.settlements.n_rows;
        let table = &mut self.settlements;
        table.text(settlement)?.text(&head.encounter)?.text(&person.number)?;
        table.text(&head.institution)?.moment(visit.end + delay)?.number(sign * fee, 2)?;
        table.number(sign * in_policy, 2)?.number(sign * fund, 2)?.text(head.insutype)?;
        table.text(person.psn_type)?.text(visit.med_type)?.day(begin)?.day(end)?;
        table.number(sign * deductible, 2)?.number(sign * fund, 2)?.number(sign * account, 2)?;
        table.number(sign * (rest - account), 2)?.text("1")?.text(visit.pay_loc)?;
        table.text(["", "1", "2", "3"][usize::from(head.level)])?;
        table.text(if turn == Turn::Refund { "1" } else { "0" })?;
        match (turn, nth.checked_sub(1)) {
            (Turn::Refund, Some(former)) => table.text(&format!("9{}{former:010}", self.digits))?,
            (Turn::First | Turn::Refund | Turn::Again, _) => table.nothing()?,
        };
        table.text("1")?.end_row()?;
        Ok(fund)
    }
}

/// The operation that a stay codes: its own, else one if it bills any.
fn operation_of(world: &World, visit: &Visit) -> &'static str {
    let is_operation = |line: &Line| {
        line.oddity != Oddity::Void && world.universe.items[line.item as usize].is_charged_as("06")
    };
    match visit.operation {
        UNCODED => "",
        "" if visit.is_stay() && visit.lines.iter().any(is_operation) => "54.2100x001",
        own => own,
    }
}
