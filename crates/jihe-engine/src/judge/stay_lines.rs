//! A stay and sums over its lines; days of a stay with nothing but the bed.

use std::borrow::Cow;

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_rules::expr::Expr;
use jihe_rules::plan::{Rule, Shape, StaySum, SumOf};
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

use crate::evaluate::truths;
use crate::found::{Excepted, Found, Place, exceptions, scope_of, sentence_values};
use crate::judge::stay::{
    StayList, all_rows_of, amount_of, has_lines_of_month, holds, span, untold,
};
use crate::run::{Part, Run};
use crate::subjects::{Subjects, param_on};
use crate::vector::{FALSE, NULL, TRUE, Values, holds_of_none};

/// Stays of a part that a rule looks at, with their lines, the carried ones too: a stay that goes on
/// in this month is judged as a whole.
#[derive(Clone, Default)]
pub(crate) struct Own {
    stays: Vec<u32>,
    /// The rows of all, one stay after the other.
    rows: Vec<u32>,
    /// Where the rows of each stay end.
    ends: Vec<usize>,
}

impl Own {
    /// All stays of this month.
    fn of_month(run: &Run<'_>, list: &StayList, part: &Part<'_>) -> Self {
        let mut own = Self::default();
        for &stay in list.by_person(run, part).flatten() {
            let rows = all_rows_of(run, part, stay);
            if has_lines_of_month(run, part, stay, &rows) {
                own.push(stay, &rows);
            }
        }
        own
    }

    /// Those that the rule looks at and that have lines; the others are clear.
    fn new<'p>(
        run: &Run<'_>,
        list: &StayList,
        rule: usize,
        part: &'p Part<'_>,
        found: &mut Found,
    ) -> Cow<'p, Self> {
        untold(run, rule, part, found);
        let all = part.stays.get_or_init(|| Self::of_month(run, list, part));
        let holds = |&place: &usize| holds(run, rule, all.stays[place]);
        let has_rows = |&place: &usize| !all.rows(place).is_empty();
        let places = 0..all.stays.len();
        let is_clear = |place: &usize| holds(place) && !has_rows(place);
        found.n_judged += places.clone().filter(is_clear).count() as u64;
        let is_asked = |place: &usize| holds(place) && has_rows(place);
        if places.clone().all(|place| is_asked(&place)) {
            return Cow::Borrowed(all);
        }
        let mut own = Self::default();
        for place in places.filter(is_asked) {
            own.push(all.stays[place], &all.rows[all.rows(place)]);
        }
        Cow::Owned(own)
    }

    fn push(&mut self, stay: u32, rows: &[u32]) {
        self.stays.push(stay);
        self.rows.extend_from_slice(rows);
        self.ends.push(self.rows.len());
    }

    fn rows(&self, place: usize) -> std::ops::Range<usize> {
        let from = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        from..self.ends[place]
    }
}

/// What becomes of each stay before its own question.
struct Asked {
    excepted: Excepted,
    scope: Values<u8>,
}

impl Asked {
    fn new(rule: usize, on: &Subjects<'_>) -> Self {
        Self { excepted: exceptions(on, rule), scope: scope_of(on, rule) }
    }

    /// Whether the lines of some stay have to be asked.
    fn asks_lines(&self) -> bool {
        self.scope.contains(&TRUE)
    }

    /// What a truth of a stay comes to: counts it, and tells whether it is a hit.
    fn settles(
        &self,
        rule: usize,
        part: &Part<'_>,
        (place, stay, rows): (usize, u32, &[u32]),
        truth: u8,
        found: &mut Found,
    ) -> bool {
        match (self.scope[place], truth) {
            (FALSE, _) => return false,
            (TRUE, FALSE) => found.n_judged += 1,
            (TRUE, _) if self.excepted.exempt(place).is_some() => {
                let exception = self.excepted.exempt(place).unwrap_or(u16::MAX);
                found.n_judged += 1;
                found.exempt_visit(rule, exception, stay);
            }
            (TRUE, TRUE) if self.excepted.is_open(place) => {
                found.open_exception(amount_of(part, rows));
            }
            (TRUE, TRUE) => {
                found.n_judged += 1;
                return true;
            }
            _ => found.not_evaluable(amount_of(part, rows), rows),
        }
        false
    }
}

/// Whether the scope or an exception of a rule asks for sums over lines.
fn asks_sums(rule: &Rule) -> bool {
    let mut asks = false;
    let exceptions = rule.exceptions.iter().map(|one| &one.when);
    for expr in rule.scope.iter().chain(exceptions) {
        expr.visit(&mut |part| asks |= matches!(part, Expr::Sum(..)));
    }
    asks
}

/// Judges all stays by sums over their lines.
pub(crate) fn judge_sums(
    run: &Run<'_>,
    list: &StayList,
    rule: usize,
    part: &Part<'_>,
    found: &mut Found,
) {
    let Shape::StaySums { sums, hit, cuts } = &run.rule(rule).shape else { return };
    let params = &run.rule(rule).params;
    let stays = Own::new(run, list, rule, part, found);
    if stays.stays.is_empty() {
        return;
    }
    let added = || -> Vec<Vec<i64>> {
        let lines = Subjects::of_lines(run, part, &stays.rows, params);
        sums.iter().map(|sum| added(sum, part, &stays, &truths(&sum.when, &lines))).collect()
    };
    let on = || Subjects::of_stays(run, &stays.stays, &stays.stays, params);
    let asks_sums = asks_sums(run.rule(rule));
    let mut values = if asks_sums { added() } else { Vec::new() };
    let asked = Asked::new(rule, &on().with_sums(&values));
    if !asks_sums && asked.asks_lines() {
        values = added();
    }
    let on = on().with_sums(&values);
    let truth = if asked.asks_lines() { truths(hit, &on) } else { Values::of(NULL, on.n) };
    let said = if truth.contains(&TRUE) { sentence_values(&on, rule) } else { Vec::new() };
    for (place, &stay) in stays.stays.iter().enumerate() {
        let rows = &stays.rows[stays.rows(place)];
        if asked.settles(rule, part, (place, stay, rows), truth[place], found) {
            let at = place_of(run, rule, stay, asked.excepted.unknown(place));
            let lines = if *cuts { whole(part, rows) } else { first_shown(part, rows) };
            found.push(at, &lines, said[place]);
        }
    }
}

/// The sum of each stay; unknown if it is not known of a line whether it counts, or if 64 bits do not
/// hold it.
fn added(sum: &StaySum, part: &Part<'_>, stays: &Own, truth: &[u8]) -> Vec<i64> {
    let of_stay = |place: usize| {
        let mut total = 0_i128;
        for at in stays.rows(place) {
            match (truth[at], sum.of) {
                (NULL, _) => return NO_NUMBER,
                (TRUE, SumOf::Amount) => {
                    total += i128::from(part.amount[stays.rows[at] as usize]);
                }
                (TRUE, SumOf::Lines) => total += 1,
                _ => {}
            }
        }
        i64::try_from(total).unwrap_or(NO_NUMBER)
    };
    (0..stays.stays.len()).map(of_stay).collect()
}

/// A day of a stay: nothing but the bed, perhaps so, or not.
struct BedDay {
    day: i32,
    is_empty: u8,
}

/// Judges all stays for days in a row with nothing but the bed.
pub(crate) fn judge_empty_bed(
    run: &Run<'_>,
    list: &StayList,
    rule: usize,
    part: &Part<'_>,
    found: &mut Found,
) {
    let Shape::EmptyBed { bed, care, days } = &run.rule(rule).shape else { return };
    let params = &run.rule(rule).params;
    let stays = Own::new(run, list, rule, part, found);
    if stays.stays.is_empty() {
        return;
    }
    let asked = Asked::new(rule, &Subjects::of_stays(run, &stays.stays, &stays.stays, params));
    let lines = Subjects::of_lines(run, part, &stays.rows, params);
    let none = || Values::of(FALSE, lines.n);
    let bed = if asked.asks_lines() { truths(bed, &lines) } else { none() };
    // Without a bed no day has nothing else.
    let care = if holds_of_none(&bed) { none() } else { truths(care, &lines) };
    for (place, &stay) in stays.stays.iter().enumerate() {
        let at = stays.rows(place);
        let rows = &stays.rows[at.clone()];
        let here = span(run, stay);
        let least = param_on(&params[*days].values, here.admission);
        let all = bed_days(part, rows, (&bed[at.clone()], &care[at]));
        let inside = |day: &BedDay| {
            here.admission <= day.day && (here.discharge == NO_DAY || day.day <= here.discharge)
        };
        let all: Vec<BedDay> = all.into_iter().filter(inside).collect();
        let rows_during = |(first, last): (i32, i32)| -> Vec<u32> {
            let during = |row: &u32| (first..=last).contains(&part.day[*row as usize]);
            rows.iter().copied().filter(during).collect()
        };
        // Days of which all is carried were told before.
        let is_own = |&days: &(i32, i32)| part.n_own(&rows_during(days)) != 0;
        let mut surely = runs(&all, least, |day| day.is_empty == TRUE);
        surely.retain(is_own);
        let truth = if !surely.is_empty() {
            TRUE
        } else if runs(&all, least, |day| day.is_empty != FALSE).iter().any(is_own) {
            NULL
        } else {
            FALSE
        };
        if !asked.settles(rule, part, (place, stay, rows), truth, found) {
            continue;
        }
        for (first, last) in surely {
            let values = [
                Value::Day(first),
                Value::Day(last),
                Value::Int(i64::from(last - first) + 1),
                Value::Int(least),
            ];
            let at = place_of(run, rule, stay, asked.excepted.unknown(place));
            found.push(at, &whole(part, &rows_during((first, last))), values);
        }
    }
}

/// The days of a stay that have lines, in order.
fn bed_days(part: &Part<'_>, rows: &[u32], (bed, care): (&[u8], &[u8])) -> Vec<BedDay> {
    let mut days = Vec::new();
    let mut from = 0;
    for of_day in rows.chunk_by(|&a, &b| part.day[a as usize] == part.day[b as usize]) {
        let at = from..from + of_day.len();
        from = at.end;
        let (bed, care) = (&bed[at.clone()], &care[at]);
        let is_empty = if care.contains(&TRUE) || bed.iter().all(|&bed| bed == FALSE) {
            FALSE
        } else if care.contains(&NULL) || !bed.contains(&TRUE) {
            NULL
        } else {
            TRUE
        };
        days.push(BedDay { day: part.day[of_day[0] as usize], is_empty });
    }
    days
}

/// First and last day of each run of at least so many days that follow each other.
fn runs(days: &[BedDay], least: i64, is_in: impl Fn(&BedDay) -> bool) -> Vec<(i32, i32)> {
    let mut runs: Vec<(i32, i32)> = Vec::new();
    for day in days.iter().filter(|day| is_in(day)) {
        match runs.last_mut() {
            Some(run) if run.1 + 1 == day.day => run.1 = day.day,
            _ => runs.push((day.day, day.day)),
        }
    }
    runs.retain(|&(first, last)| least <= i64::from(last - first) + 1);
    runs
}

/// The lines of this month, cut whole.
fn whole(part: &Part<'_>, rows: &[u32]) -> Vec<HitLine> {
    let line = |&row: &u32| HitLine::new(part.first + row, Evidence::Cut(Cut::Whole));
    rows.iter().filter(|&&row| !part.carried[row as usize]).map(line).collect()
}

/// The first line, for a stay of which nothing is cut.
fn first_shown(part: &Part<'_>, rows: &[u32]) -> Vec<HitLine> {
    let line = |&row: &u32| HitLine::new(part.first + row, Evidence::Shown);
    rows.first().map(line).into_iter().collect()
}

fn place_of(run: &Run<'_>, rule: usize, stay: u32, unknown_exceptions: u32) -> Place {
    Place {
        rule,
        grade: run.rule(rule).grade,
        person: run.month.encounters.person[stay as usize],
        encounter: stay,
        institution: span(run, stay).institution,
        row: NO_CODE,
        unknown_exceptions,
    }
}
