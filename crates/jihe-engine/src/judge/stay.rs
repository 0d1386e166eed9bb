//! Encounters in sequence: a stay split in two, and stays at the same time.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::stay::{Span, gap_days, overlapping};
use jihe_rules::plan::Shape;
use jihe_terms::schema::TableName;
use jihe_terms::{Grade, NO_CODE, NO_DAY, NO_NUMBER};
use rayon::slice::ParallelSliceMut;

use crate::found::{Found, Place, exceptions, scope_of};
use crate::run::{Part, Run};
use crate::subjects::Subjects;
use crate::vector::{NULL, TRUE};

/// The stays of the month in canonical order, by person.
pub(crate) struct StayList {
    /// Encounter indexes: person, admission, discharge (none last), id.
    order: Vec<u32>,
}

impl StayList {
    pub(crate) fn new(run: &Run<'_>) -> Self {
        let encounters = &run.month.encounters;
        let types = encounters.rows.codes("med_type").unwrap_or(&[]);
        let begins = encounters.rows.numbers("begntime").unwrap_or(&[]);
        let ends = encounters.rows.numbers("endtime");
        let is_stay = |idx: usize| {
            encounters.listed[idx]
                && begins.get(idx).is_some_and(|&begin| begin != NO_NUMBER)
                && run.inpatient(
                    types[idx],
                    run.stays.admission_day(u32::try_from(idx).unwrap_or(NO_CODE)),
                ) == TRUE
        };
        let mut order: Vec<u32> =
            (0..encounters.len()).filter(|&idx| is_stay(idx)).map(|idx| idx as u32).collect();
        order.par_sort_unstable_by_key(|&stay| {
            let idx = stay as usize;
            let end = ends.map_or(NO_NUMBER, |ends| ends[idx]);
            (
                encounters.person[idx],
                begins[idx],
                if end == NO_NUMBER { i64::MAX } else { end },
                stay,
            )
        });
        Self { order }
    }

    /// The stays of each person of a part, in canonical order.
    pub(crate) fn by_person<'a>(
        &'a self,
        run: &'a Run<'_>,
        part: &Part<'_>,
    ) -> impl Iterator<Item = &'a [u32]> {
        let person = &run.month.encounters.person;
        let below = |end: u32| self.order.partition_point(|&stay| person[stay as usize] < end);
        let stays = &self.order[below(part.persons.start)..below(part.persons.end)];
        stays.chunk_by(move |&a, &b| person[a as usize] == person[b as usize])
    }

    /// Every stay, by person, in canonical order.
    pub(crate) fn all(&self) -> &[u32] {
        &self.order
    }

    /// The stays of this month, each with the person's former one at the institution, or `NO_CODE`.
    pub(crate) fn neighbours(&self, run: &Run<'_>) -> (Vec<u32>, Vec<u32>) {
        let encounters = &run.month.encounters;
        let person = |stay: u32| encounters.person[stay as usize];
        let (mut later, mut former) = (Vec::new(), Vec::new());
        for of_person in self.order.chunk_by(|&a, &b| person(a) == person(b)) {
            for (place, &stay) in of_person.iter().enumerate() {
                if encounters.carried[stay as usize] {
                    continue;
                }
                let institution = span(run, stay).institution;
                let before = of_person[..place].iter().rev().copied();
                let found =
                    before.into_iter().find(|&one| span(run, one).institution == institution);
                later.push(stay);
                former.push(found.unwrap_or(NO_CODE));
            }
        }
        (later, former)
    }
}

/// Why a rule that needs the table cannot be judged.
pub(crate) const NO_ENCOUNTERS: &str = "table encounters is missing";
/// Why a rule that needs the end of a stay cannot be judged.
pub(crate) const NO_ENDTIME: &str = "encounters.endtime is missing";

/// Counts the visits of a part that may be stays and that no row of `encounters` tells of: a rule of
/// stays cannot judge them.
pub(crate) fn untold(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    let (from, until) = crate::run::bounds(run.rule(rule).range);
    for visit in part.untold(run) {
        if from <= visit.day && visit.day < until {
            let reason = if run.month.present.contains(&TableName::Encounters) {
                "encounters has no row of the visit"
            } else {
                NO_ENCOUNTERS
            };
            found.not_evaluable_for(visit.amount, reason);
        }
    }
}

/// Days and institution of a stay.
pub(crate) fn span(run: &Run<'_>, stay: u32) -> Span {
    let institutions = run.month.encounters.rows.codes("fixmedins_code").unwrap_or(&[]);
    Span {
        admission: run.stays.admission_day(stay),
        discharge: run.stays.discharge_day(stay),
        institution: institutions.get(stay as usize).copied().unwrap_or(NO_CODE),
    }
}

/// A later stay, the one it is held against, its grade and the values of the sentence.
struct Pair {
    later: u32,
    former: u32,
    grade: Grade,
    values: [Value; 4],
}

/// Judges all stays for readmission soon after discharge.
pub(crate) fn judge_split(
    run: &Run<'_>,
    stays: &StayList,
    rule: usize,
    part: &Part<'_>,
    found: &mut Found,
) {
    let Shape::SplitStay { bands } = &run.rule(rule).shape else { return };
    let params = &run.rule(rule).params;
    let mut pairs = Vec::new();
    untold(run, rule, part, found);
    for of_person in stays.by_person(run, part) {
        for (place, &later) in of_person.iter().enumerate() {
            let here = span(run, later);
            let before = &of_person[..place];
            let former = before
                .iter()
                .rev()
                .copied()
                .find(|&former| span(run, former).institution == here.institution);
            if !judged(run, rule, part, later) {
                continue;
            }
            let Some(former) = former else {
                found.n_judged += 1;
                continue;
            };
            let upto = |band: &jihe_rules::plan::Band| {
                crate::subjects::param_on(&params[band.upto].values, here.admission)
            };
            if span(run, former).discharge == NO_DAY {
                found.not_evaluable_for(amount_of(part, &rows_of(run, part, later)), NO_ENDTIME);
                continue;
            }
            let gap = gap_days(span(run, former), here);
            let band =
                bands.iter().find(|band| gap.is_some_and(|gap| i64::from(gap) <= upto(band)));
            let (Some(gap), Some(band)) = (gap, band) else {
                found.n_judged += 1;
                continue;
            };
            match same_main_diagnosis(run, former, later) {
                None => {
                    found.not_evaluable_for(
                        amount_of(part, &rows_of(run, part, later)),
                        "encounters.dscg_maindiag_code is missing",
                    );
                }
                Some(false) => found.n_judged += 1,
                Some(true) => pairs.push(Pair {
                    later,
                    former,
                    grade: band.grade,
                    values: [
                        Value::Int(i64::from(gap)),
                        Value::Encounter(former),
                        Value::Day(run.stays.discharge_day(former)),
                        Value::Day(here.admission),
                    ],
                }),
            }
        }
    }
    report(run, rule, part, &pairs, found);
}

/// Judges all stays for running at the same time as an earlier one.
pub(crate) fn judge_overlap(
    run: &Run<'_>,
    stays: &StayList,
    rule: usize,
    part: &Part<'_>,
    found: &mut Found,
) {
    let mut pairs = Vec::new();
    untold(run, rule, part, found);
    for of_person in stays.by_person(run, part) {
        let spans: Vec<Span> = of_person.iter().map(|&stay| span(run, stay)).collect();
        let overlaps = overlapping(&spans);
        let is_open = |span: &Span| span.discharge == NO_DAY;
        let first_open = spans.iter().position(is_open).unwrap_or(spans.len());
        let mut reported = overlaps.iter().map(|overlap| overlap.later).peekable();
        for (place, &stay) in of_person.iter().enumerate() {
            // Those that overlap are counted where they are reported.
            if reported.next_if_eq(&place).is_some() || !judged(run, rule, part, stay) {
                continue;
            }
            if first_open < place {
                found.not_evaluable_for(amount_of(part, &rows_of(run, part, stay)), NO_ENDTIME);
            } else {
                found.n_judged += 1;
            }
        }
        for overlap in overlaps {
            let (later, earlier) = (of_person[overlap.later], of_person[overlap.earlier]);
            if !judged(run, rule, part, later) {
                continue;
            }
            let other = spans[overlap.earlier];
            // At one institution it may be a matter of records: held, and no surer than the rule.
            let own = run.rule(rule).grade;
            let grade = if overlap.elsewhere { own } else { own.max(Grade::Likely) };
            pairs.push(Pair {
                later,
                former: earlier,
                grade,
                values: [
                    Value::Encounter(earlier),
                    Value::Code(other.institution),
                    Value::Day(other.discharge),
                    Value::Day(spans[overlap.later].admission),
                ],
            });
        }
    }
    report(run, rule, part, &pairs, found);
}

/// Whether the rule holds on the day of admission and the stay is of this month.
fn judged(run: &Run<'_>, rule: usize, part: &Part<'_>, stay: u32) -> bool {
    holds(run, rule, stay) && is_of_month(run, part, stay)
}

/// Whether the rule holds on the day of admission.
pub(crate) fn holds(run: &Run<'_>, rule: usize, stay: u32) -> bool {
    let (from, until) = crate::run::bounds(run.rule(rule).range);
    let day = run.stays.admission_day(stay);
    from <= day && day < until
}

/// Whether a stay is of this month: it has lines of the month, or the month tells of it and nobody
/// of its lines. What concerns carried lines alone was judged before.
fn is_of_month(run: &Run<'_>, part: &Part<'_>, stay: u32) -> bool {
    let is_told = !run.month.encounters.carried[stay as usize];
    is_told && part.own_days().is_none()
        || has_lines_of_month(run, part, stay, &all_rows_of(run, part, stay))
}

/// The same, by the rows of its lines.
pub(crate) fn has_lines_of_month(run: &Run<'_>, part: &Part<'_>, stay: u32, rows: &[u32]) -> bool {
    let is_told = !run.month.encounters.carried[stay as usize];
    rows.iter().any(|&row| !part.carried[row as usize]) || (is_told && rows.is_empty())
}

/// Whether the first three characters of both main diagnoses agree; `None` if one is missing.
fn same_main_diagnosis(run: &Run<'_>, former: u32, later: u32) -> Option<bool> {
    let head = |stay: u32| {
        let code = run.diagnoses.main(stay);
        (code != NO_CODE).then(|| run.month.codes.text(code).chars().take(3).collect::<String>())
    };
    Some(head(former)? == head(later)?)
}

/// The rows of an encounter's lines with quantity above 0, of this month or carried; its person is of
/// this part.
pub(crate) fn all_rows_of(run: &Run<'_>, part: &Part<'_>, encounter: u32) -> Vec<u32> {
    part.rows_of(run.month.encounters.person[encounter as usize], encounter)
}

/// Those of this month.
fn rows_of(run: &Run<'_>, part: &Part<'_>, encounter: u32) -> Vec<u32> {
    let mut rows = all_rows_of(run, part, encounter);
    rows.retain(|&row| !part.carried[row as usize]);
    rows
}

/// What lines of this month come to.
pub(crate) fn amount_of(part: &Part<'_>, rows: &[u32]) -> i128 {
    let own = rows.iter().filter(|&&row| !part.carried[row as usize]);
    own.map(|&row| i128::from(part.amount[row as usize])).sum()
}

/// Takes out exempt stays and those outside the scope, and writes the rest with all their lines.
fn report(run: &Run<'_>, rule: usize, part: &Part<'_>, pairs: &[Pair], found: &mut Found) {
    let plan = run.rule(rule);
    let later: Vec<u32> = pairs.iter().map(|pair| pair.later).collect();
    let former: Vec<u32> = pairs.iter().map(|pair| pair.former).collect();
    let on = Subjects::of_stays(run, &later, &former, &plan.params);
    let scope = scope_of(&on, rule);
    let excepted = exceptions(&on, rule);
    for (idx, pair) in pairs.iter().enumerate() {
        if scope[idx] == NULL {
            let rows = rows_of(run, part, pair.later);
            found.not_evaluable(amount_of(part, &rows), &rows);
        }
        if scope[idx] != TRUE {
            continue;
        }
        if excepted.is_open(idx) {
            found.open_exception(amount_of(part, &rows_of(run, part, pair.later)));
            continue;
        }
        found.n_judged += 1;
        if let Some(exception) = excepted.exempt(idx) {
            found.exempt_visit(rule, exception, pair.later);
            continue;
        }
        let line = |row: u32, shown| HitLine::new(part.first + row, shown);
        let rows = rows_of(run, part, pair.later);
        let mut lines: Vec<HitLine> =
            rows.into_iter().map(|row| line(row, Evidence::Cut(Cut::Whole))).collect();
        // One line stands for the stay it is held against.
        let former = all_rows_of(run, part, pair.former);
        lines.extend(former.first().map(|&row| line(row, Evidence::Shown)));
        let place = Place {
            rule,
            grade: pair.grade,
            person: run.month.encounters.person[pair.later as usize],
            encounter: pair.later,
            institution: span(run, pair.later).institution,
            row: NO_CODE,
            unknown_exceptions: excepted.unknown(idx),
        };
        found.push(place, &lines, pair.values);
    }
}
