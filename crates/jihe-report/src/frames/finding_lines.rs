//! `finding_lines`: the lines of each finding, in canonical order within it.

use std::ops::Range;

use jihe_frame::{Cut, Evidence, HitLine};
use jihe_settle::Credit;
use jihe_terms::{Moment, NO_CODE, NO_NUMBER, write_decimal};

use crate::frames::{Frames, idx, lines_of};
use crate::layout::ResultTable;
use crate::sheet::{Column, PlainTexts, Sheet};
use crate::value::write_trimmed;

struct Row {
    /// The finding, counted from the first of these rows.
    hit: u32,
    cut: Option<Cut>,
    credit: Option<Credit>,
}

/// Some rows of the table.
#[expect(clippy::indexing_slicing, reason = "rows were placed by the month itself")]
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let part = scored.lines.rows();
    let (first_hit, rows, lines) = rows(frames, range);
    let at = || lines.iter().map(|&line| idx(line));
    let n_hits = rows.last().map_or(0, |row| idx(row.hit).saturating_add(1));
    let n_rows = rows.len();
    let rows = || rows.iter();
    let mut sheet = Sheet::new(ResultTable::FindingLines, false);
    sheet.listed(rows().map(|row| row.hit), n_hits, move |hit, text: &mut Vec<u8>| {
        let id = scored.jr_ids.get(first_hit.saturating_add(idx(hit)));
        text.extend_from_slice(&id.copied().unwrap_or_default().digits());
    });
    sheet.column(Column::Keys(super::keys(part, &lines)));
    sheet.listed(rows().map(|row| u32::from(row.cut.is_none())), 2, |shown, text| {
        text.push(if shown == 0 { b'1' } else { b'2' });
    });
    let kinds = rows().map(|row| row.cut.map_or(NO_CODE, kind));
    sheet.listed(kinds, WORDS.len(), |kind, text: &mut Vec<u8>| {
        text.extend_from_slice(WORDS.get(idx(kind)).copied().unwrap_or("").as_bytes());
    });
    sheet.column(Column::Texts(values(n_rows, rows().map(|row| row.cut))));
    sheet.number(rows().map(|row| row.credit.map_or(0, |money| money.standalone)));
    sheet.number(rows().map(|row| row.credit.map_or(0, |money| money.credited)));
    sheet.number(rows().map(|row| row.credit.map_or(0, |money| money.loss)));
    sheet.number(rows().map(|row| row.credit.map_or(0, |money| money.held)));
    let settlements = at().map(|at| part.settlement[at]);
    sheet.ids(settlements, &scored.month.settlements.ids);
    sheet.codes(at().map(|at| part.item[at]), &scored.month.codes);
    let n_names = scored.items.n_rows();
    let names = at().map(|at| {
        let name = scored.items.row(part.item[at], part.day[at]);
        name.unwrap_or(u32::try_from(n_names).unwrap_or(NO_CODE))
    });
    sheet.listed(names, n_names.saturating_add(1), move |row, text: &mut Vec<u8>| {
        if idx(row) < n_names {
            scored.items.put_row(row, text);
        }
    });
    sheet.column(Column::Keys(times(n_rows, at().map(|at| part.time[at]))));
    sheet.number(at().map(|at| part.cnt[at]));
    sheet.number(at().map(|at| part.pric[at]));
    sheet.number(at().map(|at| part.amount[at]));
    sheet.number(at().map(|at| part.scp[at]));
    sheet.codes(at().map(|at| part.institution[at]), &scored.month.codes);
    sheet.maybe_number(rows().map(|row| Some(row.credit?.most).filter(|&most| most != NO_NUMBER)));
    let encounters = at().map(|at| part.encounter[at]);
    sheet.ids(encounters, &scored.month.encounters.ids);
    sheet
}

/// The first finding of a range, its rows, and where their lines are among those kept.
#[expect(clippy::arithmetic_side_effects, reason = "the range begins inside the hit found")]
fn rows(frames: &Frames<'_>, range: Range<usize>) -> (usize, Vec<Row>, Vec<u32>) {
    let scored = frames.scored;
    let mut rows = Vec::with_capacity(range.len());
    let mut places = Vec::with_capacity(range.len());
    let mut at = range.start;
    let first_hit = frames.line_starts.partition_point(|&start| idx(start) <= at).saturating_sub(1);
    let mut sorted: Vec<HitLine> = Vec::new();
    for (nth, hit) in (0_u32..).zip(scored.hits.hits.iter().skip(first_hit)) {
        if range.end <= at {
            break;
        }
        let hit_idx = first_hit + idx(nth);
        let start = frames.line_starts.get(hit_idx).map_or(at, |&start| idx(start));
        let mut lines = lines_of(&scored, hit);
        if !lines.is_sorted_by_key(|line| line.line) {
            sorted.clear();
            sorted.extend_from_slice(lines);
            sorted.sort_by_key(|line| line.line);
            lines = &sorted;
        }
        for line in lines.iter().skip(at - start).take(range.end - at) {
            places.push(scored.lines.row(line.line));
            let cut = match line.part() {
                Evidence::Cut(cut) => Some(cut),
                Evidence::Shown => None,
            };
            let credit = cut.and_then(|_| frames.credit(hit_idx, line.line));
            rows.push(Row { hit: nth, cut, credit });
        }
        at = start + lines.len();
    }
    (first_hit, rows, places)
}

/// A column of moments. Neighbours are often of one day, which is written once.
fn times(n_rows: usize, seconds: impl Iterator<Item = i64>) -> PlainTexts {
    let mut times = PlainTexts::with_capacity(n_rows, 19);
    let (mut former, mut written) = (None, Vec::new());
    for moment in seconds.map(Moment::from_seconds) {
        let day = moment.day();
        if former != Some(day) {
            former = Some(day);
            written.clear();
            day.write(&mut written);
        }
        times.push(|text| {
            text.extend_from_slice(&written);
            moment.write_clock(text);
            true
        });
    }
    times
}

const WORDS: [&str; 4] = ["units", "price", "whole", "amount"];

/// The place of a cut's word.
fn kind(cut: Cut) -> u32 {
    match cut {
        Cut::Units(_) => 0,
        Cut::Price(_) => 1,
        Cut::Whole => 2,
        Cut::Amount(_) => 3,
    }
}

fn values(n_rows: usize, cuts: impl Iterator<Item = Option<Cut>>) -> PlainTexts {
    let mut values = PlainTexts::with_capacity(n_rows, 4);
    for cut in cuts {
        values.push(|text| {
            match cut {
                Some(Cut::Units(units)) => write_trimmed(units, 4, text),
                Some(Cut::Price(price)) => write_trimmed(price, 6, text),
                Some(Cut::Amount(amount)) => write_decimal(i128::from(amount), 2, text),
                Some(Cut::Whole) | None => return false,
            }
            true
        });
    }
    values
}
