//! Settlements against the benefit policy: what the fund should have paid, to the fen.
//!
//! In: the policy, a part's lines, and all settlements of its persons, those of the carried state too.
//! Out: one finding for each settlement whose payment differs, and the computed amounts of all.
//! What a person used of deductible and cap so far is what earlier settlements of the year say, so
//! that one wrong payment is one finding and not one of every payment after it.

mod first_share;

use std::collections::{BTreeMap, BTreeSet};

use jihe_frame::{Benefits, Evidence, HitLine, LineBenefit, SettlementBenefit, Value};
use jihe_kernels::benefit::line::{Charge, LineParts, Payable, line_parts};
use jihe_kernels::benefit::settlement::{Terms, fund_parts, pay};
use jihe_rules::plan::Shape;
use jihe_terms::schema::TableName;
use jihe_terms::{Day, NO_CODE, NO_DAY, NO_NUMBER, day_of};

use crate::benefit::{Asked, Kind, Unknown};
use crate::evaluate::truths;
use crate::found::{Found, Place, exceptions};
use crate::judge::benefit::first_share::{Payer, first_share};
use crate::run::{Part, Run, bounds};
use crate::subjects::{Subjects, param_on};
use crate::vector::{NULL, TRUE};

/// Standing settlements by person and time, and the years whose beginning they know.
#[derive(Debug, Default)]
pub(crate) struct Payments {
    /// Ordered by person, time and id.
    order: Vec<u32>,
    /// Years that a settlement of January is known of.
    januaries: BTreeSet<i32>,
}

impl Payments {
    pub(crate) fn new(run: &Run<'_>) -> Self {
        let settlements = &run.month.settlements;
        let times = settlements.rows.numbers("setl_time").unwrap_or(&[]);
        let mut order: Vec<u32> =
            (0..settlements.len() as u32).filter(|&idx| settlements.listed[idx as usize]).collect();
        order.sort_unstable_by_key(|&idx| {
            (settlements.person[idx as usize], times.get(idx as usize).copied(), idx)
        });
        let days = order.iter().filter_map(|&idx| times.get(idx as usize));
        let dates = days.map(|&second| Day::from_epoch(day_of(second)).civil());
        let januaries = dates.filter(|date| date.1 == 1).map(|date| date.0).collect();
        Self { order, januaries }
    }

    fn of_person(&self, run: &Run<'_>, person: u32) -> &[u32] {
        let of = |idx: &u32| run.month.settlements.person[*idx as usize];
        let from = self.order.partition_point(|idx| of(idx) < person);
        let until = self.order.partition_point(|idx| of(idx) <= person);
        &self.order[from..until]
    }

    /// Whether a settlement of the year's January is known.
    fn knows(&self, year: i32) -> bool {
        self.januaries.contains(&year)
    }
}

/// What a person used in a year under one kind of benefit.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    deductible: i64,
    fund: i64,
    in_policy: i64,
    /// Whether a settlement did not say what it used.
    is_open: bool,
}

/// A settlement and what is known of it.
struct Asking<'a> {
    run: &'a Run<'a>,
    part: &'a Part<'a>,
    settlement: u32,
    rows: &'a [u32],
    kind: &'a Kind,
    level: Option<i64>,
    payer: Payer<'a>,
    day: i32,
}

/// Judges the settlements of a part's persons.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) -> Benefits {
    let mut benefits = Benefits::default();
    let Shape::Settlement { .. } = run.rule(rule).shape else { return benefits };
    let policy = &run.engine.benefit;
    if policy.is_empty() {
        return benefits;
    }
    let rows = rows_by_settlement(part);
    let payments = run.payments();
    for person in part.persons.clone() {
        let mut used: BTreeMap<(&str, i32), Used> = BTreeMap::new();
        let mut unplaced: Vec<i32> = Vec::new();
        for &settlement in payments.of_person(run, person) {
            let year = year_of(run, settlement);
            let own: Vec<u32> = rows_of(&rows, settlement).iter().map(|&(_, row)| row).collect();
            let day = policy_day(run, settlement);
            let codes = Codes::of(run, settlement);
            let is_own =
                !run.month.settlements.carried[settlement as usize] && in_force(run, rule, day);
            let kind = match policy.kind(codes.insutype, codes.med_type, day) {
                Ok(None) => continue,
                Ok(Some(kind)) => kind,
                Err(reason) => {
                    unplaced.push(year);
                    if is_own {
                        not_evaluable(run, settlement, reason, found);
                    }
                    continue;
                }
            };
            let before = used.entry((kind.name.as_str(), year)).or_default();
            if is_own {
                let asking = Asking {
                    run,
                    part,
                    settlement,
                    rows: &own,
                    kind,
                    level: level(run, settlement, day),
                    payer: Payer { insutype: codes.insutype, psn_type: codes.psn_type },
                    day,
                };
                let known = payments.knows(year) && !unplaced.contains(&year);
                let history = (known && !before.is_open).then_some(*before);
                one(&asking, rule, history, found, &mut benefits);
            }
            add(run, settlement, before);
        }
    }
    benefits
}

fn in_force(run: &Run<'_>, rule: usize, day: i32) -> bool {
    let (from, until) = bounds(run.rule(rule).range);
    from <= day && day < until
}

fn not_evaluable(run: &Run<'_>, settlement: u32, reason: Unknown, found: &mut Found) {
    found.not_evaluable_for(money(run, settlement, "medfee_sumamt").unwrap_or(0), reason);
}

/// Rows with a settlement, carried ones too, by settlement and row.
fn rows_by_settlement(part: &Part<'_>) -> Vec<(u32, u32)> {
    let rows = (0_u32..).zip(&part.settlement);
    let settled = rows.filter(|&(_, &settlement)| settlement != NO_CODE);
    let mut rows: Vec<(u32, u32)> = settled.map(|(row, &settlement)| (settlement, row)).collect();
    rows.sort_unstable();
    rows
}

fn rows_of(rows: &[(u32, u32)], settlement: u32) -> &[(u32, u32)] {
    let from = rows.partition_point(|&(other, _)| other < settlement);
    let until = rows.partition_point(|&(other, _)| other <= settlement);
    &rows[from..until]
}

fn money(run: &Run<'_>, settlement: u32, column: &str) -> Option<i64> {
    let values = run.month.settlements.rows.numbers(column)?;
    values.get(settlement as usize).copied().filter(|&value| value != NO_NUMBER)
}

fn year_of(run: &Run<'_>, settlement: u32) -> i32 {
    let day = day_of(money(run, settlement, "setl_time").unwrap_or(NO_NUMBER));
    Day::from_epoch(day).civil().0
}

/// The day whose policy holds: of admission, or the visit's first, else of the settlement.
fn policy_day(run: &Run<'_>, settlement: u32) -> i32 {
    match run.stays.admission_day(run.month.settlements.encounter[settlement as usize]) {
        NO_DAY => day_of(money(run, settlement, "setl_time").unwrap_or(NO_NUMBER)),
        day => day,
    }
}

/// Codes of a settlement; empty if none of its places has one.
struct Codes<'a> {
    insutype: &'a str,
    med_type: &'a str,
    psn_type: &'a str,
}

impl<'a> Codes<'a> {
    fn of(run: &'a Run<'a>, settlement: u32) -> Self {
        let month = run.month;
        let idx = settlement as usize;
        let encounter = month.settlements.encounter[idx] as usize;
        let person = month.settlements.person[idx] as usize;
        let first = |places: [(&jihe_frame::Relation, usize); 3], name: &str| {
            let code = places.into_iter().find_map(|(rows, at)| {
                let code = rows.codes(name)?.get(at).copied()?;
                (code != NO_CODE).then_some(code)
            });
            code.map_or("", |code| month.codes.text(code))
        };
        let places = [
            (&month.settlements.rows, idx),
            (&month.encounters.rows, encounter),
            (&month.persons.rows, person),
        ];
        let of_visit =
            |name| first([places[0], places[1], (&month.persons.rows, usize::MAX)], name);
        Self {
            insutype: of_visit("insutype"),
            med_type: of_visit("med_type"),
            psn_type: first(places, "psn_type"),
        }
    }
}

/// The settlement's own level, else that of the institution on the day.
fn level(run: &Run<'_>, settlement: u32, day: i32) -> Option<i64> {
    if let Some(level) = money(run, settlement, "lmtpric_hosp_lv") {
        return Some(level);
    }
    let institutions = run.month.settlements.rows.codes("fixmedins_code")?;
    let table = run.engine.institutions.as_ref()?;
    let row = table.by_key.on(*institutions.get(settlement as usize)?, day).next()?;
    let place = TableName::Institutions.column("lmtpric_hosp_lv")?;
    table.numbers(place)?.get(row as usize).copied().filter(|&level| level != NO_NUMBER)
}

/// Adds what a settlement used, as it says itself.
fn add(run: &Run<'_>, settlement: u32, used: &mut Used) {
    let of = |column| money(run, settlement, column);
    match of("act_pay_dedc") {
        Some(deductible) => used.deductible = used.deductible.saturating_add(deductible),
        None => used.is_open = true,
    }
    used.fund = used.fund.saturating_add(of("fund_pay_sumamt").unwrap_or(0));
    used.in_policy = used.in_policy.saturating_add(of("inscp_scp_amt").unwrap_or(0));
}

/// Judges one settlement.
fn one(
    asking: &Asking<'_>,
    rule: usize,
    history: Option<Used>,
    found: &mut Found,
    benefits: &mut Benefits,
) {
    let (run, part, settlement) = (asking.run, asking.part, asking.settlement);
    let plan = run.rule(rule);
    let Some(&first) = asking.rows.first() else {
        return not_evaluable(run, settlement, "the settlement has no lines", found);
    };
    let firsts = [first];
    let on = Subjects::of_lines(run, part, &firsts, &plan.params);
    match plan.scope.as_ref().map_or(TRUE, |scope| truths(scope, &on)[0]) {
        TRUE => {}
        NULL => return not_evaluable(run, settlement, "the scope meets a missing value", found),
        _ => return,
    }
    let (settled, lines) = match compute(asking, history) {
        Ok(computed) => computed,
        Err(reason) => return not_evaluable(run, settlement, reason, found),
    };
    found.n_judged += 1;
    let difference = settled.settled_fund.saturating_sub(settled.fund);
    benefits.settlements.push(settled);
    if difference != 0 {
        benefits.lines.extend(lines);
    }
    let Shape::Settlement { tolerance } = plan.shape else { return };
    if i128::from(difference).abs()
        <= i128::from(param_on(&plan.params[tolerance].values, asking.day))
    {
        return;
    }
    let excepted = exceptions(&on, rule);
    if let Some(exception) = excepted.exempt(0) {
        return found.exempt_line(rule, exception, part, first);
    }
    if excepted.is_open(0) {
        found.n_judged -= 1;
        return found.open_exception(settled.amount);
    }
    let line = |&row: &u32| HitLine::new(part.first + row, Evidence::Shown);
    let lines: Vec<HitLine> = asking.rows.iter().map(line).collect();
    let place = Place {
        encounter: run.month.settlements.encounter[settlement as usize],
        institution: settled.institution,
        row: asking.kind.row,
        unknown_exceptions: excepted.unknown(0),
        ..Place::of_line(rule, plan.grade, part, first)
    };
    let values = [settled.fund, settled.settled_fund, difference, settled.in_policy];
    found.push(place, &lines, values.map(|fen| Value::Number(fen, 2)));
}

/// The amounts of a settlement and of its lines by the policy.
fn compute(
    asking: &Asking<'_>,
    history: Option<Used>,
) -> Result<(SettlementBenefit, Vec<LineBenefit>), Unknown> {
    let (run, part, settlement) = (asking.run, asking.part, asking.settlement);
    let parts: Vec<LineParts> =
        asking.rows.iter().map(|&row| parts_of(asking, row as usize)).collect::<Result<_, _>>()?;
    let sum = |of: fn(&LineParts) -> i64| parts.iter().map(of).fold(0_i64, i64::saturating_add);
    let amount = amount_of(asking, &parts)?;
    let asked = Asked {
        kind: &asking.kind.name,
        level: asking.level,
        psn_type: asking.payer.psn_type,
        day: asking.day,
    };
    let policy = &run.engine.benefit;
    let deductible = policy.deductible(asked)?;
    let segments = policy.segments(asked)?;
    let cap = policy.cap(asked)?;
    let yearly = deductible.is_some_and(|one| one.yearly);
    let looks_back = yearly || cap.is_some() || asking.kind.yearly;
    let used = match history {
        Some(used) => used,
        None if looks_back => return Err("what the person used of the year is not known"),
        None => Used::default(),
    };
    let open = deductible.map_or(0, |one| {
        let used = if one.yearly { used.deductible } else { 0 };
        one.amount.saturating_sub(used).max(0)
    });
    let in_policy = sum(|parts| parts.in_policy);
    let payment = pay(
        in_policy,
        Terms {
            deductible: open,
            before: if asking.kind.yearly { used.in_policy.max(0) } else { 0 },
            segments: &segments,
            left_of_cap: cap.map(|cap| cap.saturating_sub(used.fund)),
        },
    );
    let of_lines: Vec<i64> = parts.iter().map(|parts| parts.in_policy).collect();
    let funds = fund_parts(payment.fund, &of_lines);
    let lines =
        asking.rows.iter().zip(&parts).zip(funds).map(|((&row, parts), fund)| LineBenefit {
            settlement,
            line: part.first + row,
            outside: parts.outside,
            over_price: parts.over_price,
            first_share: parts.first_share,
            in_policy: parts.in_policy,
            fund,
        });
    let institutions = run.month.settlements.rows.codes("fixmedins_code").unwrap_or(&[]);
    let settled = SettlementBenefit {
        settlement,
        institution: institutions.get(settlement as usize).copied().unwrap_or(NO_CODE),
        kind: asking.kind.row,
        amount,
        in_policy,
        deductible: payment.deductible,
        over_cap: payment.over_cap,
        fund: payment.fund,
        settled_in_policy: money(run, settlement, "inscp_scp_amt").unwrap_or(0),
        settled_fund: money(run, settlement, "fund_pay_sumamt").unwrap_or(0),
        used_deductible: used.deductible,
        used_fund: used.fund,
    };
    Ok((settled, lines.collect()))
}

/// What the settlement says that its lines come to, if they do.
fn amount_of(asking: &Asking<'_>, parts: &[LineParts]) -> Result<i64, Unknown> {
    let amounts = asking.rows.iter().map(|&row| i128::from(asking.part.amount[row as usize]));
    let amounts: i128 = amounts.sum();
    let amount = money(asking.run, asking.settlement, "medfee_sumamt");
    let above_0: i128 = parts.iter().map(|parts| i128::from(parts.in_policy.max(0))).sum();
    if i64::try_from(above_0).is_err() {
        return Err("the in-policy amounts are too large to be added up");
    }
    amount
        .filter(|&amount| i128::from(amount) == amounts)
        .ok_or("the lines do not add up to settlements.medfee_sumamt")
}

/// The parts of one line; nothing is asked that they do not depend on.
fn parts_of(asking: &Asking<'_>, row: usize) -> Result<LineParts, Unknown> {
    let part = asking.part;
    let charge = Charge { cnt: part.cnt[row], pric: part.pric[row], amount: part.amount[row] };
    let payable = if charge.amount <= 0 { Payable::Never } else { payable(asking, row)? };
    let ceiling = if payable == Payable::Never { None } else { ceiling(asking, row)? };
    Ok(line_parts(charge, ceiling, payable))
}

/// The class of the catalogue row in force, else the line's own.
fn payable(asking: &Asking<'_>, row: usize) -> Result<Payable, Unknown> {
    let (run, part) = (asking.run, asking.part);
    let item_row = run.item_rows(part).map_or(NO_CODE, |rows| rows[row]);
    let of_catalogue = |name: &str| {
        let table = run.engine.catalogue.as_ref()?;
        let codes = table.codes(TableName::Catalogue.column(name)?)?;
        codes.get(item_row as usize).copied().filter(|&code| code != NO_CODE)
    };
    let words = |code: u32| run.month.codes.text(code);
    if of_catalogue("med_use_flag").is_some_and(|code| words(code) == "0") {
        return Ok(Payable::Never);
    }
    if run.engine.aside.hides_item(item_row, part.item[row]) {
        return Err("rows of catalogue were put aside");
    }
    let own = part.optional.codes("chrgitm_lv").map(|codes| codes[row]);
    let class = of_catalogue("chrgitm_lv").or(own.filter(|&code| code != NO_CODE));
    match class.map(words) {
        Some("03") => Ok(Payable::Never),
        Some("01") => own_share(asking, row, Ok(0)).map(Payable::Beyond),
        Some("02") => {
            let without = Err("selfpay has no ratio for an item of class 02");
            own_share(asking, row, without).map(Payable::Beyond)
        }
        Some(_) | None => Err("catalogue.chrgitm_lv is missing"),
    }
}

/// The person's first share of an item on the day; `bare` is that of an item without a row.
fn own_share(asking: &Asking<'_>, row: usize, bare: Result<i64, Unknown>) -> Result<i64, Unknown> {
    let (run, part) = (asking.run, asking.part);
    let Some(table) = &run.engine.benefit.selfpay else { return bare };
    first_share(table, &run.month.codes, asking.payer, (part.item[row], part.day[row]), bare)
}

/// The lowest price ceiling of an item at the institution's level on the day.
fn ceiling(asking: &Asking<'_>, row: usize) -> Result<Option<i64>, Unknown> {
    let (run, part) = (asking.run, asking.part);
    let Some(table) = &run.engine.price_limits else { return Err("table price_limits is missing") };
    let place = |name| TableName::PriceLimits.column(name).unwrap_or(usize::MAX);
    let levels = table.numbers(place("lmtpric_hosp_lv"));
    let prices = table.numbers(place("hilist_pric_uplmt_amt")).unwrap_or(&[]);
    let mut lowest: Option<i64> = None;
    for limit in table.by_key.on(part.item[row], part.day[row]) {
        let level = levels.and_then(|levels| levels.get(limit as usize)).copied();
        match (level.filter(|&level| level != NO_NUMBER), asking.level) {
            (Some(_), None) => return Err("institutions.lmtpric_hosp_lv is missing"),
            (Some(level), Some(own)) if level != own => continue,
            _ => {}
        }
        if let Some(&price) = prices.get(limit as usize) {
            lowest = Some(lowest.map_or(price, |known| known.min(price)));
        }
    }
    Ok(lowest)
}
