//! empty-bed: days of a stay in a row with bed or nursing and without care.

use crate::oracle::civil::Day;
use crate::oracle::context::{Context, Cut, Verdicts};
use crate::oracle::month::{Encounter, Line};

/// What is known of a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum State {
    /// Bed or nursing, and surely no care.
    Empty,
    /// Perhaps so.
    Doubtful,
    /// Care, or no bed.
    Other,
}

/// Judges every stay.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts { not_evaluable: context.untold_stays(), ..Verdicts::default() };
    let enough = context.whole_param("days", 3);
    for stay in context.stays() {
        if !context.rule.is_in_force(stay.admission()) {
            continue;
        }
        let of_stay = |line: &&(usize, &Line)| line.1.mdtrt_id == stay.mdtrt_id && 0 < line.1.cnt;
        let lines: Vec<(usize, &Line)> = context.net.lines.iter().enumerate().collect();
        let lines: Vec<(usize, &Line)> = lines.iter().filter(of_stay).copied().collect();
        let last = lines.iter().map(|(_, line)| line.day()).max().unwrap_or(stay.admission());
        let last = stay.discharge().unwrap_or(last);
        let state = |day: Day| state_of(context, &lines, day);
        let days: Vec<(Day, State)> =
            (stay.admission()..=last).map(|day| (day, state(day))).collect();
        let sure = runs(&days, enough, |state| state == State::Empty);
        if sure.is_empty() {
            if !runs(&days, enough, |state| state != State::Other).is_empty() {
                verdicts.not_evaluable.push(stay.mdtrt_id.clone());
            }
            continue;
        }
        for (first, last) in sure {
            let during = lines.iter().filter(|(_, line)| (first..=last).contains(&line.day()));
            verdicts.hits.push(hit(context, stay, during.map(|(place, _)| *place).collect()));
        }
    }
    verdicts
}

fn hit(context: &Context<'_>, stay: &Encounter, places: Vec<usize>) -> crate::oracle::context::Hit {
    let mut hit = context.stay_hit(stay, context.rule.grade);
    hit.cuts = places.into_iter().map(|place| (place, Cut::Whole)).collect();
    hit
}

fn state_of(context: &Context<'_>, lines: &[(usize, &Line)], day: Day) -> State {
    let of_day: Vec<&Line> =
        lines.iter().map(|(_, line)| *line).filter(|line| line.day() == day).collect();
    let (mut care, mut care_unknown) = (false, false);
    let (mut bed, mut bed_unknown) = (false, false);
    for line in of_day {
        let charge = context.charge_type(line);
        let kind = context.list_type(line);
        let is_drug = kind.as_deref().map(|kind| ["101", "102", "103"].contains(&kind));
        let is_care = charge
            .as_deref()
            .map(|charge| ["03", "04", "05", "06", "09", "10", "11"].contains(&charge));
        care |= is_drug == Some(true) || is_care == Some(true);
        care_unknown |= is_drug.is_none() || is_care.is_none();
        match charge.as_deref() {
            Some("01" | "07") => bed = true,
            Some(_) => {}
            None => bed_unknown = true,
        }
    }
    if care || (!bed && !bed_unknown) {
        State::Other
    } else if care_unknown || !bed {
        State::Doubtful
    } else {
        State::Empty
    }
}

/// First and last day of the runs that are long enough.
fn runs(days: &[(Day, State)], enough: i64, is_in: impl Fn(State) -> bool) -> Vec<(Day, Day)> {
    let mut runs = Vec::new();
    let mut first: Option<Day> = None;
    for (nth, (day, state)) in days.iter().enumerate() {
        if !is_in(*state) {
            first = None;
            continue;
        }
        let from = *first.get_or_insert(*day);
        let goes_on = days.get(nth + 1).is_some_and(|(_, next)| is_in(*next));
        if !goes_on && enough <= day - from + 1 {
            runs.push((from, *day));
        }
    }
    runs
}
