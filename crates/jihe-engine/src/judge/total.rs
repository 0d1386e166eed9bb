//! A sum over all persons above its limit, such as the minutes of a doctor's day.
//!
//! Each part tells the share of its lines; sums of all parts show the groups that are over, and
//! only their lines are brought back. Nothing is cut.

use jihe_frame::{Evidence, HitLine, KeptLines, Value};
use jihe_rules::plan::{KeyPart, Shape};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::evaluate::numbers;
use crate::found::{Found, Place};
use crate::judge::key::{Key, Keys};
use crate::judge::limit::{MOST_SHOWN, looked_up};
use crate::open::{Why, once};
use crate::run::{Part, Run};

/// What a line adds to its group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    key: Key,
    /// Canonical number.
    line: u32,
    table_row: u32,
    /// 10⁻⁸.
    value: i64,
    /// The limit on its day, 10⁻⁸.
    max: i64,
    carried: bool,
    why: Why,
}

/// The shares of the candidates of a part.
pub(crate) fn shares(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    rows: &[u32],
    found: &mut Found,
) -> Vec<Share> {
    let plan = run.rule(rule);
    let Shape::TotalLimit { lookup, per, of, max } = &plan.shape else { return Vec::new() };
    let looked = looked_up(run, rule, part, (lookup.as_ref(), rows), found);
    let on = looked.subjects(run, part, &plan.params);
    let (of, max) = (numbers(of, &on), numbers(max, &on));
    let keys = Keys::new(run, part, looked.table, per);
    let mut shares = Vec::with_capacity(looked.rows.len());
    for (idx, (&row, &table_row)) in looked.rows.iter().zip(&looked.table_rows).enumerate() {
        let key = keys.of(row, table_row);
        let carried = part.carried[row as usize];
        match key {
            Some(key) if of[idx] != NO_NUMBER && max[idx] != NO_NUMBER => {
                found.n_judged += u64::from(!carried);
                let (line, value) = (part.first + row, of[idx]);
                let (max, why) = (max[idx], looked.why(idx));
                shares.push(Share { key, line, table_row, value, max, carried, why });
            }
            _ if !carried => found.line_not_evaluable(part, row),
            _ => {}
        }
    }
    shares
}

/// Finds the groups whose sum is above the limit; gives the lines that findings name.
pub(crate) fn judge(
    run: &Run<'_>,
    rule: usize,
    mut shares: Vec<Share>,
    found: &mut Found,
) -> std::io::Result<KeptLines> {
    let Shape::TotalLimit { per, .. } = &run.rule(rule).shape else {
        return Ok(KeptLines::default());
    };
    shares.sort_unstable_by_key(|share| {
        (share.key, share.line, share.max, share.value, share.table_row)
    });
    let has_open = shares.iter().any(|share| share.why.is_open());
    if !has_open {
        // A line counts once, by the least of its limits and, of equal ones, the least value.
        shares.dedup_by_key(|share| (share.key, share.line));
    }
    let groups = shares.chunk_by(|a, b| a.key == b.key);
    let of_open = if has_open { settle_open(run, groups.clone(), found)? } else { Vec::new() };
    let over: Vec<&[Share]> = if has_open {
        of_open.iter().map(Vec::as_slice).collect()
    } else {
        groups.filter(|group| is_over(group)).collect()
    };
    let shown = over.iter().flat_map(|group| group.iter().take(MOST_SHOWN));
    let mut numbers: Vec<u32> = shown.map(|share| share.line).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let kept = run.month.lines.fetch(&numbers)?;
    let who_at = who_at(per);
    for group in over {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let lines: Vec<HitLine> = group
            .iter()
            .take(MOST_SHOWN)
            .map(|share| HitLine::new(share.line, Evidence::Shown))
            .collect();
        let total: i128 = group.iter().map(|share| i128::from(share.value)).sum();
        let who = |at: u32| {
            let code = first.key[4] >> (32 * at) & u64::from(u32::MAX);
            Value::Code(u32::try_from(code).unwrap_or(NO_CODE))
        };
        let values = [
            Value::of_sum(total, 8),
            Value::Number(last.max, 8),
            who_at.map_or(Value::Missing, who),
            Value::Int(i64::try_from(group.len()).unwrap_or(i64::MAX)),
        ];
        let (part, row) = kept.place(first.line);
        let place = Place {
            rule,
            grade: run.rule(rule).grade,
            person: NO_CODE,
            encounter: NO_CODE,
            institution: part.institution[row],
            row: last.table_row,
            unknown_exceptions: 0,
        };
        found.push(place, &lines, values);
    }
    Ok(kept)
}

/// The lines of groups that are over without what may not count; the lines of others that are over with it
/// are not evaluable from the one on that brings the sum above the limit.
fn settle_open<'a>(
    run: &Run<'_>,
    groups: impl Iterator<Item = &'a [Share]>,
    found: &mut Found,
) -> std::io::Result<Vec<Vec<Share>>> {
    let mut over = Vec::new();
    let mut unsure: Vec<(u32, Why)> = Vec::new();
    for of_key in groups {
        let group = once(of_key.iter().copied(), |share| share.line);
        let closed = of_key.iter().filter(|share| !share.why.is_open());
        let closed = once(closed.copied(), |share| share.line);
        if is_over(&closed) {
            over.push(closed);
        } else if let Some(above) = above(&group) {
            let why = Why::any(of_key.iter().map(|share| share.why));
            let own = group[above..].iter().filter(|share| !share.carried);
            unsure.extend(own.map(|share| (share.line, why)));
        }
    }
    unsure.sort_unstable_by_key(|&(line, _)| line);
    let mut numbers: Vec<u32> = unsure.iter().map(|&(line, _)| line).collect();
    numbers.dedup();
    let kept = run.month.lines.fetch(&numbers)?;
    for &(line, why) in &unsure {
        let (part, row) = kept.place(line);
        found.n_judged -= 1;
        found.open_line(part.amount[row], (&[], why));
    }
    Ok(over)
}

/// Columns that name who is meant, the closest first.
const WHO: [&str; 3] = ["bilg_dr_codg", "orders_dr_code", "bilg_dept_codg"];

/// The place among the codes of a key of who is meant: doctor or department, else another code of
/// the line.
fn who_at(per: &[KeyPart]) -> Option<u32> {
    let codes = (0_u32..).zip(per.iter().filter(|part| part.is_code()));
    let rank = |(at, part): (u32, &KeyPart)| {
        let KeyPart::LineCode(place) = part else { return None };
        let name = TableName::Lines.columns().get(*place)?.name;
        Some((WHO.iter().position(|&it| it == name).unwrap_or(WHO.len()), at))
    };
    codes.filter_map(rank).min().map(|(_, at)| at)
}

/// Whether a line of the month is there, and the sum is above the limit on some line's day.
fn is_over(group: &[Share]) -> bool {
    group.iter().any(|share| !share.carried) && above(group).is_some()
}

/// The place of the line that brings the sum above its limit.
fn above(group: &[Share]) -> Option<usize> {
    let mut sum = 0_i128;
    group.iter().position(|share| {
        sum += i128::from(share.value);
        i128::from(share.max) < sum
    })
}
