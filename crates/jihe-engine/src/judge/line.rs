//! One line against its own columns and the rows of its item.

use std::borrow::Cow;

use jihe_catalogue::InForce;
use jihe_frame::{Cut, Evidence, HitLine};
use jihe_rules::expr::Expr;
use jihe_rules::plan::{CutRule, Shape};
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

use crate::evaluate::{numbers, truths};
use crate::found::{Found, Place, exceptions, in_scope, picked, sentence_values, with_truth};
use crate::rows::RowsOn;
use crate::run::{Part, Run, lookup_table};
use crate::subjects::Subjects;
use crate::tables::CodedTable;
use crate::vector::{FALSE, NULL, TRUE, Values, holds_of_none};

/// Judges some rows of a part by a line test.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let plan = run.rule(rule);
    let Shape::LineTest { lookup, test, unlisted, cut, .. } = &plan.shape else { return };
    let is_all = rows.len() == part.len();
    let own: Cow<'_, [u32]> = if is_all {
        Cow::Borrowed(part.own())
    } else {
        Cow::Owned(picked(rows, |row| !part.carried[row as usize]))
    };
    let Some(lookup) = lookup else {
        let rows = in_scope(run, rule, part, &own, found);
        let mut hits = Vec::new();
        for rows in rows.chunks(batch_of(test, rows.len())) {
            let truth = truths(test, &Subjects::of_lines(run, part, rows, &plan.params));
            hits.append(&mut settle_truth(part, rows, &truth, found));
        }
        let none = vec![NO_CODE; hits.len()];
        return report(run, rule, part, (&hits, &none, None), cut, found);
    };
    let Some(table) = lookup_table(run.engine, &lookup.table) else {
        for &row in &*in_scope(run, rule, part, &own, found) {
            let reason = "a reference table is missing";
            found.not_evaluable_for(part.amount[row as usize], reason);
        }
        return;
    };
    let own = above_floor(run, rule, part, own.into_owned(), found);
    let (asked, mut bare) = match unlisted {
        true => by_rows(run, rule, part, (table, &own), found),
        false => (own, Vec::new()),
    };
    let (pair_rows, pair_table_rows) = scoped_pairs(run, rule, part, (table, &asked), found);
    let mut hits = FoundRows::default();
    let asked = run.engine.matching(rule, lookup).into_iter().chain([test]);
    let batch = asked.map(|expr| batch_of(expr, pair_rows.len())).max().unwrap_or(BATCH);
    let mut from = 0;
    while from < pair_rows.len() {
        let until = end_of_batch(&pair_rows, from, batch);
        let pairs = (table, &pair_rows[from..until], &pair_table_rows[from..until]);
        judge_pairs(run, rule, part, pairs, &mut hits, found);
        from = until;
    }
    let FoundRows { rows: mut hits, table_rows: mut hit_rows } = hits;
    found.n_judged += bare.len() as u64;
    hit_rows.extend(bare.iter().map(|_| NO_CODE));
    hits.append(&mut bare);
    report(run, rule, part, (&hits, &hit_rows, Some(table)), cut, found);
}

/// Rows that are hit, each with its table row.
#[derive(Default)]
struct FoundRows {
    rows: Vec<u32>,
    table_rows: Vec<u32>,
}

/// Where a batch of about so many pairs ends: the pairs of a row stay together.
fn end_of_batch(pair_rows: &[u32], from: usize, batch: usize) -> usize {
    let Some(last) = pair_rows.get(from.saturating_add(batch).saturating_sub(1)) else {
        return pair_rows.len();
    };
    from + pair_rows[from..].partition_point(|row| row <= last)
}

/// Judges lines with the table rows of their items, which are ascending.
fn judge_pairs(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    (table, pair_rows, table_rows): (&CodedTable, &[u32], &[u32]),
    hits: &mut FoundRows,
    found: &mut Found,
) {
    let plan = run.rule(rule);
    let Shape::LineTest { lookup: Some(lookup), test, none_of, cut, .. } = &plan.shape else {
        return;
    };
    let on = Subjects::of_lines(run, part, pair_rows, &plan.params).with_rows(table, table_rows);
    let matching = match run.engine.matching(rule, lookup) {
        Some(matching) => truths(matching, &on),
        None => Values::of(TRUE, pair_rows.len()),
    };
    let truth = truths(test, &on);
    let values = cut_values(cut, &on);
    let mut from = 0;
    while from < pair_rows.len() {
        let row = pair_rows[from];
        // Mostly an item has one row, and the line is clear.
        let is_alone = pair_rows.get(from + 1) != Some(&row);
        if is_alone && !*none_of && (matching[from], truth[from]) == (TRUE, FALSE) {
            found.n_judged += 1;
            from += 1;
            continue;
        }
        let until = from + pair_rows[from..].iter().take_while(|&&other| other == row).count();
        let verdict = if *none_of {
            none_holds(&matching[from..until], &truth[from..until])
        } else {
            some_holds(&matching[from..until], &truth[from..until])
        };
        match verdict {
            None => {}
            Some(NULL) => found.line_not_evaluable(part, row),
            Some(verdict) => {
                found.n_judged += 1;
                if verdict == TRUE {
                    hits.rows.push(row);
                    let own = strictest(cut, from..until, &matching, &truth, &values, *none_of);
                    hits.table_rows.push(table_rows[own]);
                }
            }
        }
        from = until;
    }
}

/// Lines that are asked at once.
const BATCH: usize = 4096;

/// How many of some lines are asked at once: so few that what they are asked stays in the cache; all where
/// visits or prescriptions are asked, which would be told apart anew for each batch. Few lines are one batch
/// whatever is asked.
fn batch_of(test: &Expr, n_rows: usize) -> usize {
    if n_rows <= BATCH {
        return BATCH;
    }
    let mut asks_groups = false;
    test.visit(&mut |part| {
        asks_groups |=
            matches!(part, Expr::PerVisit(_) | Expr::PrescriptionSum(_) | Expr::PrescriptionAll(_));
    });
    if asks_groups { usize::MAX } else { BATCH }
}

/// The rows whose item has a table row in force, and of those that the rule looks at the others.
fn by_rows(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    (table, rows): (&CodedTable, &[u32]),
    found: &mut Found,
) -> (Vec<u32>, Vec<u32>) {
    if table.n_rows() == 0 {
        return (Vec::new(), Vec::new());
    }
    let (with, without): (Vec<u32>, Vec<u32>) =
        rows.iter().partition(|&&row| has_row(&table.by_key, part, row));
    (with, in_scope(run, rule, part, &without, found).into_owned())
}

/// Passes over lines that are below every number of their item, which are clear, and over those of items
/// of which no row can match.
fn above_floor(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    rows: Vec<u32>,
    found: &mut Found,
) -> Vec<u32> {
    let plan = run.rule(rule);
    let Some(floor) = &run.engine.known.floors[rule] else { return rows };
    let Some(values) = part.numbers(floor.column) else { return rows };
    let (mut kept, mut clear) = (Vec::new(), Vec::new());
    let institutions = run.engine.institutions.as_ref();
    // Neighbours are mostly of one institution and day.
    let (mut last, mut of_kind) = ((NO_CODE, NO_DAY), floor.of_institution(NO_CODE));
    for row in rows {
        let idx = row as usize;
        let (value, item, day) = (values[idx], part.item[idx], part.day[idx]);
        if last != (part.institution[idx], day) {
            last = (part.institution[idx], day);
            let row = institutions.and_then(|table| table.by_key.on(last.0, day).next());
            of_kind = floor.of_institution(row.unwrap_or(NO_CODE));
        }
        match of_kind.is_clear(item, day, value) {
            Some(true) => clear.push(row),
            // Of a line whose rows cannot match it may not be known whether the rule looks at it.
            Some(false) if plan.scope.is_none() => {}
            None | Some(false) => kept.push(row),
        }
    }
    found.n_judged += in_scope(run, rule, part, &clear, found).len() as u64;
    kept
}

/// The rows whose item has a table row in force on their day.
pub(crate) fn in_force(by_key: &InForce, part: &Part<'_>, rows: &[u32]) -> Vec<u32> {
    picked(rows, |row| has_row(by_key, part, row))
}

/// Whether the item of a row has a table row in force on its day.
fn has_row(by_key: &InForce, part: &Part<'_>, row: u32) -> bool {
    by_key.holds(part.item[row as usize], part.day[row as usize])
}

/// Each row that the rule looks at with each table row of its item in force on its day.
pub(crate) fn scoped_pairs(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    (table, rows): (&CodedTable, &[u32]),
    found: &mut Found,
) -> (Vec<u32>, Vec<u32>) {
    let (mut pair_rows, mut table_rows) =
        pairs(run.rows.of_rule(run.engine, rule, table), part, rows);
    let mut with_rows = pair_rows.clone();
    with_rows.dedup();
    let kept = in_scope(run, rule, part, &with_rows, found);
    keep_pairs(&mut pair_rows, &mut table_rows, &with_rows, &kept);
    (pair_rows, table_rows)
}

/// Drops the pairs of rows that did not stay; both lists are ascending.
pub(crate) fn keep_pairs(
    pair_rows: &mut Vec<u32>,
    table_rows: &mut Vec<u32>,
    before: &[u32],
    kept: &[u32],
) {
    if before.len() == kept.len() {
        return;
    }
    let mut stays = kept.iter().copied().peekable();
    let mut to = 0;
    for from in 0..pair_rows.len() {
        while stays.next_if(|&row| row < pair_rows[from]).is_some() {}
        if stays.peek() == Some(&pair_rows[from]) {
            (pair_rows[to], table_rows[to]) = (pair_rows[from], table_rows[from]);
            to += 1;
        }
    }
    pair_rows.truncate(to);
    table_rows.truncate(to);
}

/// Each row with each table row of its item in force on its day.
pub(crate) fn pairs(rows_on: RowsOn<'_>, part: &Part<'_>, rows: &[u32]) -> (Vec<u32>, Vec<u32>) {
    // Mostly an item has one row.
    let n_rows = rows.len();
    let (mut pair_rows, mut table_rows) = (Vec::with_capacity(n_rows), Vec::with_capacity(n_rows));
    for &row in rows {
        rows_on.each(part.item[row as usize], part.day[row as usize], |table_row| {
            pair_rows.push(row);
            table_rows.push(table_row);
        });
    }
    (pair_rows, table_rows)
}

/// The rows that the test holds for; the others are counted.
fn settle_truth(part: &Part<'_>, rows: &[u32], truth: &[u8], found: &mut Found) -> Vec<u32> {
    // Mostly it holds for none.
    if holds_of_none(truth) {
        found.n_judged += truth.len() as u64;
        return Vec::new();
    }
    let unknown = with_truth(rows, truth, NULL);
    found.n_judged += (rows.len() - unknown.len()) as u64;
    found.lines_not_evaluable(part, &unknown);
    with_truth(rows, truth, TRUE)
}

/// `None` if no row matches; else whether a matching row makes the test true.
fn some_holds(matching: &[u8], truth: &[u8]) -> Option<u8> {
    let mut verdict = None;
    for (&matching, &truth) in matching.iter().zip(truth) {
        match (matching, truth) {
            (FALSE, _) | (NULL, FALSE) => {}
            (TRUE, TRUE) => return Some(TRUE),
            (TRUE, FALSE) => verdict = verdict.or(Some(FALSE)),
            _ => verdict = Some(NULL),
        }
    }
    verdict
}

/// `None` if no row matches, or none that may match could make a hit; else whether all matching rows make
/// the test false, and there is one.
fn none_holds(matching: &[u8], truth: &[u8]) -> Option<u8> {
    // Whether a row surely matches and is false, may do so, and may match and be true.
    let (mut is_there, mut may_be_there, mut may_hold) = (false, false, false);
    for (&matching, &truth) in matching.iter().zip(truth) {
        match (matching, truth) {
            (FALSE, _) => continue,
            (TRUE, TRUE) => return Some(FALSE),
            (TRUE, FALSE) => is_there = true,
            _ => {}
        }
        may_be_there |= truth != TRUE;
        may_hold |= truth != FALSE;
    }
    match (is_there, may_hold) {
        (true, false) => Some(TRUE),
        _ if may_be_there => Some(NULL),
        _ => None,
    }
}

/// The hitting pair that pays least, the first of equals; those whose value is missing come last.
fn strictest(
    cut: &CutRule,
    pairs: std::ops::Range<usize>,
    matching: &[u8],
    truth: &[u8],
    values: &[i64],
    none_of: bool,
) -> usize {
    let wanted = if none_of { FALSE } else { TRUE };
    let first = pairs.start;
    let hitting = pairs.filter(|&pair| matching[pair] == TRUE && truth[pair] == wanted);
    match cut {
        CutRule::Price(_) | CutRule::Amount(_) => {
            hitting.min_by_key(|&pair| (values[pair] == NO_NUMBER, values[pair]))
        }
        CutRule::Units(_) => hitting.min_by_key(|&pair| std::cmp::Reverse(values[pair])),
        CutRule::Whole | CutRule::None => hitting.min(),
    }
    .unwrap_or(first)
}

type HitRows<'a> = (&'a [u32], &'a [u32], Option<&'a CodedTable>);

/// Writes the hits that no exception covers.
fn report(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    hits: HitRows<'_>,
    cut: &CutRule,
    found: &mut Found,
) {
    let (rows, table_rows, table) = hits;
    if rows.is_empty() {
        return;
    }
    let plan = run.rule(rule);
    let on = Subjects::of_lines(run, part, rows, &plan.params);
    let on = match table {
        Some(table) => on.with_rows(table, table_rows),
        None => on,
    };
    let excepted = exceptions(&on, rule);
    let values = sentence_values(&on, rule);
    let limits = cut_values(cut, &on);
    for (idx, &row) in rows.iter().enumerate() {
        let limit = limits[idx];
        // A cut of no units is none, so that the line is clear.
        if matches!(cut, CutRule::Units(_)) && limit != NO_NUMBER && limit <= 0 {
            continue;
        }
        if let Some(exception) = excepted.exempt(idx) {
            found.exempt_line(rule, exception, part, row);
            continue;
        }
        if excepted.is_open(idx) {
            found.n_judged -= 1;
            found.open_exception(part.amount[row as usize]);
            continue;
        }
        if limit == NO_NUMBER {
            found.n_judged -= 1;
            found.line_not_evaluable(part, row);
            continue;
        }
        let place = Place {
            row: table_rows[idx],
            unknown_exceptions: excepted.unknown(idx),
            ..Place::of_line(rule, plan.grade, part, row)
        };
        found.push(place, &[HitLine::new(part.first + row, shown(cut, limit))], values[idx]);
    }
}

/// The value of a cut for each subject; 0 where it has none.
fn cut_values(cut: &CutRule, on: &Subjects<'_>) -> Values<i64> {
    match cut {
        CutRule::Price(expr) | CutRule::Amount(expr) | CutRule::Units(expr) => numbers(expr, on),
        CutRule::Whole | CutRule::None => Values::of(0, on.n),
    }
}

/// What a cut of a known value shows; nothing is payable of a price or amount below 0.
fn shown(cut: &CutRule, value: i64) -> Evidence {
    match cut {
        CutRule::Whole => Evidence::Cut(Cut::Whole),
        CutRule::Price(_) => Evidence::Cut(Cut::Price(value.max(0))),
        CutRule::Amount(_) => Evidence::Cut(Cut::Amount(value.max(0))),
        CutRule::Units(_) => Evidence::Cut(Cut::Units(value)),
        CutRule::None => Evidence::Shown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pairs_of_a_row_are_of_one_batch() {
        let rows = [0, 0, 1, 1, 1, 2];
        for (from, batch, until) in
            [(0, 1, 2), (0, 2, 2), (0, 3, 5), (0, 5, 5), (0, 6, 6), (2, 1, 5), (2, 3, 5), (5, 1, 6)]
        {
            assert_eq!(end_of_batch(&rows, from, batch), until, "{from} {batch}");
        }
        assert_eq!(end_of_batch(&rows, 2, usize::MAX), 6);
        assert_eq!(end_of_batch(&[], 0, BATCH), 0);
    }

    /// The verdict over rows of which it is written whether each matches, and whether the test is true.
    fn check(none_of: bool, rows: &str, expected: Option<u8>) {
        let value = |letter: char| match letter {
            't' => TRUE,
            'f' => FALSE,
            _ => NULL,
        };
        let at = |place: usize| -> Vec<u8> {
            rows.split(' ').filter_map(|row| row.chars().nth(place)).map(value).collect()
        };
        let holds = if none_of { none_holds } else { some_holds };
        assert_eq!(holds(&at(0), &at(1)), expected, "{none_of} {rows}");
    }

    #[test]
    fn a_row_that_may_match_decides_only_what_it_could_change() {
        // No row may match.
        check(true, "ft ff f?", None);
        // What is false either way leaves the others their word.
        check(true, "tf ?f", Some(TRUE));
        check(true, "?f tf", Some(TRUE));
        check(true, "tt ?f", Some(FALSE));
        check(true, "?? tt", Some(FALSE));
        // One that may be true may clear.
        check(true, "tf ?t", Some(NULL));
        check(true, "tf t?", Some(NULL));
        check(true, "?? tf", Some(NULL));
        // Only rows that may match: a hit only with one that is false.
        check(true, "?f", Some(NULL));
        check(true, "?t ?f", Some(NULL));
        check(true, "?t ?t", None);
        check(false, "tf ?f", Some(FALSE));
        check(false, "tf ?t", Some(NULL));
        check(false, "?f", None);
        check(false, "?? tt", Some(TRUE));
    }
}
