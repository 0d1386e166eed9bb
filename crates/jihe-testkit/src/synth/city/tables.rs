//! The tables of a month and the rows that a visit becomes.

use std::path::Path;

use jihe_terms::schema::TableName;
use jihe_terms::{Money, Rate};

use super::super::calendar::day_at;
use super::super::draft::{Back, Fate, Line, Oddity, Visit};
use super::super::output::Table;
use super::super::person::Person;
use super::super::scribe::World;
use super::super::{Format, SynthError, reference};

const LINES: [&str; 25] = [
    "bkkp_sn",
    "mdtrt_id",
    "setl_id",
    "psn_no",
    "fixmedins_code",
    "fee_ocur_time",
    "hilist_code",
    "cnt",
    "pric",
    "det_item_fee_sumamt",
    "inscp_scp_amt",
    "med_list_codg",
    "medins_list_codg",
    "list_type",
    "med_chrgitm_type",
    "chrgitm_lv",
    "rx_drord_no",
    "init_feedetl_sn",
    "prd_days",
    "bilg_dept_codg",
    "bilg_dr_codg",
    "dscg_tkdrug_flag",
    "hosp_appr_flag",
    "lmt_used_flag",
    "vali_flag",
];
const SETTLEMENTS: [&str; 22] = [
    "setl_id",
    "mdtrt_id",
    "psn_no",
    "fixmedins_code",
    "setl_time",
    "medfee_sumamt",
    "inscp_scp_amt",
    "fund_pay_sumamt",
    "insutype",
    "psn_type",
    "med_type",
    "begndate",
    "enddate",
    "act_pay_dedc",
    "hifp_pay",
    "acct_pay",
    "psn_cash_pay",
    "clr_way",
    "lmtpric_hosp_lv",
    "refd_setl_flag",
    "init_setl_id",
    "vali_flag",
];
const ENCOUNTERS: [&str; 15] = [
    "mdtrt_id",
    "psn_no",
    "fixmedins_code",
    "med_type",
    "begntime",
    "endtime",
    "dscg_maindiag_code",
    "dise_codg",
    "dscg_way",
    "adm_dept_codg",
    "ipt_type",
    "atddr_no",
    "insutype",
    "psn_type",
    "vali_flag",
];
const DIAGNOSES: [&str; 5] =
    ["mdtrt_id", "diag_code", "inout_diag_type", "maindiag_flag", "diag_srt_no"];
const PERSONS: [&str; 7] =
    ["psn_no", "gend", "brdy", "psn_type", "insutype", "surv_stas", "die_date"];
const TRACE_CODES: [&str; 5] =
    ["drug_trac_codg", "bkkp_sn", "setl_id", "trdn_flag", "sel_retn_time"];
const DEPARTMENTS: [&str; 8] = ["A02", "A03", "A04", "A05", "A07", "A11", "A19", "A50"];

/// The `bkkp_sn` of a line.
pub(super) fn line_key(digits: &str, number: u64) -> String {
    format!("{digits}{number:012}")
}

/// The tables of a month.
pub(super) struct MonthTables {
    digits: String,
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

impl MonthTables {
    /// Opens them.
    pub(super) fn begin(folder: &Path, digits: &str, format: Format) -> Result<Self, SynthError> {
        let open = |table, columns: &[&str]| Table::begin(folder, table, columns, format);
        Ok(Self {
            digits: digits.to_owned(),
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

    /// Writes a visit and gives the number of each line that stands.
    pub(super) fn write(
        &mut self,
        world: &World,
        person: &mut Person,
        visit: &Visit,
    ) -> Result<Vec<u64>, SynthError> {
        self.month = visit.month;
        let nth = self.encounters.n_rows;
        let head = Head {
            encounter: format!("{}{nth:010}", self.digits),
            institution: world.institutions.all[visit.institution as usize].code.clone(),
            department: DEPARTMENTS[(nth % 8) as usize],
            doctor: reference::doctor(visit.institution, nth / 8 % reference::N_DOCTORS),
            insutype: if person.is_employee() { "310" } else { "390" },
            level: world.institutions.level(visit.institution),
        };
        self.write_person(person, &head)?;
        self.write_encounter(person, visit, &head)?;
        self.write_diagnoses(visit, &head)?;
        let first = self.write_lines(world, person, visit, (&head, Turn::First, &[]))?;
        if visit.fate == Fate::Stands {
            return Ok(first);
        }
        self.write_lines(world, person, visit, (&head, Turn::Refund, &first))?;
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
        table.text(if visit.only_in_diagnoses { "" } else { visit.diagnosis })?;
        table.text(visit.disease)?.text(visit.way)?.text(head.department)?;
        table.text(visit.ipt_type)?.text(&head.doctor)?.text(head.insutype)?;
        table.text(person.psn_type)?.text("1")?.end_row()
    }

    fn write_diagnoses(&mut self, visit: &Visit, head: &Head) -> Result<(), SynthError> {
        let main = [(visit.diagnosis, "1", "1"), (visit.second, "0", "2")];
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
    ) -> Result<Vec<u64>, SynthError> {
        let settlement = format!("9{}{:010}", self.digits, self.settlements.n_rows);
        let keys: Vec<u64> = (self.n_keys..).take(visit.lines.len()).collect();
        self.n_keys += keys.len() as u64;
        let (mut fee, mut in_policy) = (0, 0);
        for (place, line) in visit.lines.iter().enumerate() {
            let init = match (line.back, turn) {
                (_, Turn::Refund) => Some(originals[place]),
                (Back::Named(of), _) => Some(keys[of]),
                (Back::No | Back::Unnamed, _) => None,
            };
            let n_times = 1 + u64::from(line.oddity == Oddity::Repeated && turn == Turn::First);
            for _ in 0..n_times {
                let row = (line, keys[place], init, turn);
                self.write_line(world, person, visit, (head, &settlement, row))?;
            }
            self.write_traces(line, keys[place], &settlement, turn)?;
            if line.oddity != Oddity::Void {
                fee += line.amount;
                in_policy += line.in_policy;
            }
        }
        let sign = if turn == Turn::Refund { -1 } else { 1 };
        let sums = (settlement.as_str(), turn, sign, (fee, in_policy));
        self.write_settlement(person, visit, head, sums)?;
        Ok(keys)
    }

    fn write_line(
        &mut self,
        world: &World,
        person: &Person,
        visit: &Visit,
        (head, settlement, row): (&Head, &str, (&Line, u64, Option<u64>, Turn)),
    ) -> Result<(), SynthError> {
        let (line, key, init, turn) = row;
        let item = &world.universe.items[line.item as usize];
        let (sign, delay) = if turn == Turn::Refund { (-1, 7200) } else { (1, 0) };
        let table = &mut self.lines;
        table.text(&line_key(&self.digits, key))?.text(&head.encounter)?.text(settlement)?;
        table.text(&person.number)?.text(&head.institution)?.moment(line.time + delay)?;
        table.text(&item.code)?.number(sign * line.cnt, 4)?.number(line.pric, 6)?;
        table.number(sign * line.amount, 2)?.number(sign * line.in_policy, 2)?;
        table.text(&item.code)?.text(&reference::own_code(line.item as usize))?;
        table.text(item.kind.list_type())?.text(item.charge_type())?;
        table.text(["", "01", "02", "03"][usize::from(item.class.min(3))])?;
        table.text(&format!("{}{:02}", &head.encounter[4..], line.order))?;
        match init {
            Some(init) => table.text(&line_key(&self.digits, init))?,
            None => table.nothing()?,
        };
        match line.supply_days {
            0 => table.nothing()?,
            days => table.number(days, 2)?,
        };
        table.text(head.department)?.text(&head.doctor)?;
        table.text(if line.oddity == Oddity::GoesHome { "1" } else { "0" })?;
        let is_limited = line.oddity == Oddity::Unapproved;
        table.text(if visit.is_stay() && !is_limited { "1" } else { "0" })?;
        table.text(if is_limited { "1" } else { "0" })?;
        table.text(if line.oddity == Oddity::Void { "0" } else { "1" })?.end_row()
    }

    fn write_traces(
        &mut self,
        line: &Line,
        key: u64,
        settlement: &str,
        turn: Turn,
    ) -> Result<(), SynthError> {
        if turn == Turn::Refund {
            return Ok(());
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
    ) -> Result<(), SynthError> {
        let (fee, in_policy) = sums;
        let deductible = match (visit.is_stay(), head.level) {
            (true, 3) => 80_000,
            (true, 2) => 40_000,
            (true, _) => 10_000,
            (false, _) => 0,
        };
        let deductible = deductible.min(in_policy.max(0));
        let fund = Money::from_fen((in_policy - deductible).max(0))
            .share(fund_rate(person, visit, head.level))
            .map_or(0, Money::fen);
        let rest = fee - fund;
        let account = if person.is_employee() { rest.max(0) / 3 } else { 0 };
        let delay = match turn {
            Turn::First => 600,
            Turn::Refund => 9000,
            Turn::Again => 9600,
        };
        let (begin, end) = (Some(day_at(visit.begin)), Some(day_at(visit.end)));
        let nth = self.settlements.n_rows;
        let table = &mut self.settlements;
        table.text(settlement)?.text(&head.encounter)?.text(&person.number)?;
        table.text(&head.institution)?.moment(visit.end + delay)?.number(sign * fee, 2)?;
        table.number(sign * in_policy, 2)?.number(sign * fund, 2)?.text(head.insutype)?;
        table.text(person.psn_type)?.text(visit.med_type)?.day(begin)?.day(end)?;
        table.number(sign * deductible, 2)?.number(sign * fund, 2)?.number(sign * account, 2)?;
        table.number(sign * (rest - account), 2)?.text("1")?;
        table.text(["", "1", "2", "3"][usize::from(head.level)])?;
        table.text(if turn == Turn::Refund { "1" } else { "0" })?;
        match (turn, nth.checked_sub(1)) {
            (Turn::Refund, Some(former)) => table.text(&format!("9{}{former:010}", self.digits))?,
            (Turn::First | Turn::Refund | Turn::Again, _) => table.nothing()?,
        };
        table.text("1")?.end_row()
    }
}

/// The fund's share by level and kind of insurance.
fn fund_rate(person: &Person, visit: &Visit, level: u8) -> Rate {
    let percent = match (visit.is_stay(), person.is_employee(), level) {
        (true, true, 3) => 85,
        (true, true, 2) => 88,
        (true, true, _) => 92,
        (true, false, 3) => 60,
        (true, false, 2) => 72,
        (true, false, _) => 85,
        (false, true, 3) => 50,
        (false, true, _) => 60,
        (false, false, 3) => 40,
        (false, false, _) => 55,
    };
    Rate::from_ppm(percent * 10_000)
}
