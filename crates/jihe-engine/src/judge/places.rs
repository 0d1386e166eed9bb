//! Lines of a person at two institutions at about one time.

use jihe_frame::{Evidence, HitLine, Value};
use jihe_rules::plan::Shape;
use jihe_terms::SECONDS_PER_DAY;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::run::{Part, Run};
use crate::subjects::param_on;

/// Judges the lines of persons who were at more than one institution.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) {
    let Shape::TwoPlaces { minutes } = run.rule(rule).shape else { return };
    let minutes = &run.rule(rule).params[minutes].values;
    let mut rows: Vec<u32> = Vec::new();
    let mut from = 0;
    for of_person in part.person.chunk_by(|a, b| a == b) {
        let at = from..from + of_person.len();
        from = at.end;
        let houses = &part.institution[at.clone()];
        if houses.iter().any(|&house| house != houses[0]) {
            rows.extend(at.map(|row| row as u32));
        } else {
            let own = |row: &usize| 0 < part.cnt[*row] && !part.carried[*row];
            found.n_judged += at.filter(own).count() as u64;
        }
    }
    let rows = in_scope(run, rule, part, &rows, found);
    let rows = without_exempt(run, rule, part, rows, found);
    // The last line of the person at another institution, for as long as they stay at one.
    let (mut former, mut elsewhere): (Option<usize>, Option<usize>) = (None, None);
    for &row in &*rows {
        let idx = row as usize;
        match former.replace(idx) {
            Some(last) if part.person[last] != part.person[idx] => elsewhere = None,
            Some(last) if part.institution[last] != part.institution[idx] => elsewhere = Some(last),
            _ => {}
        }
        if part.carried[idx] {
            continue;
        }
        let minutes = param_on(minutes, part.day[idx]);
        let window = minutes.saturating_mul(60) / 10_000;
        let is_near = |&there: &usize| part.time[idx] - part.time[there] <= window;
        let Some(there) = elsewhere.filter(is_near) else {
            found.n_judged += 1;
            continue;
        };
        // Midnight stands for a time that nobody noted.
        if [idx, there].iter().any(|&row| part.time[row].rem_euclid(SECONDS_PER_DAY) == 0) {
            found.not_evaluable_for(part.amount[idx], "fee_ocur_time has no time of day");
            continue;
        }
        found.n_judged += 1;
        let lines = [row, there as u32].map(|row| HitLine::new(part.first + row, Evidence::Shown));
        let values = [
            Value::Moment(part.time[there]),
            Value::Code(part.institution[there]),
            Value::Moment(part.time[idx]),
            Value::Number(minutes, 4),
        ];
        found.push(Place::of_line(rule, run.rule(rule).grade, part, row), &lines, values);
    }
}
