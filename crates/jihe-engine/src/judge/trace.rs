//! Trace codes used on two lines, over the whole country.

use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;
use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::trace::reused;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::run::Run;

/// One unit, 10⁻⁴.
const UNIT: i64 = 10_000;

/// Judges all trace codes of the month.
pub(crate) fn judge(run: &Run<'_>, rule: usize, found: &mut Found) {
    let Some(traces) = &run.month.traces else {
        for part in &run.month.lines.parts {
            let rows: Vec<u32> = (0..part.len() as u32).collect();
            for row in in_scope(run, rule, part, &rows, found) {
                found.not_evaluable(part.amount[row as usize]);
            }
        }
        found.reason = Some("drug_trac_codg and table trace_codes are missing");
        return;
    };
    let counted = counted_uses(run, rule, found);
    let code = traces.code.gather(counted.iter().map(|&place| place as usize));
    let line: Vec<u32> = counted.iter().map(|&place| traces.line[place as usize]).collect();
    found.n_judged += counted.len() as u64;
    let hasher = RandomState::with_seeds(5, 6, 7, 8);
    let hash: Vec<u64> = code
        .iter()
        .map(|code| {
            let mut state = hasher.build_hasher();
            state.write(code);
            state.finish()
        })
        .collect();
    let later: Vec<(u32, u32)> = reused(&hash, &code, &line)
        .into_iter()
        .map(|(place, first)| (line[place as usize], line[first as usize]))
        .collect();
    for of_line in later.chunk_by(|a, b| a.0 == b.0) {
        let (this, first) = of_line[0];
        let (part, row) = run.month.lines.place(this);
        if part.carried[row] {
            continue;
        }
        let n_codes = i64::try_from(of_line.len()).unwrap_or(i64::MAX);
        let units = n_codes.saturating_mul(UNIT).min(part.cnt[row]);
        let mut lines = vec![HitLine { line: this, part: Evidence::Cut(Cut::Units(units)) }];
        let mut shown: Vec<u32> = of_line.iter().map(|&(_, first)| first).collect();
        shown.sort_unstable();
        shown.dedup();
        lines.extend(shown.into_iter().map(|line| HitLine { line, part: Evidence::Shown }));
        let values = [Value::Int(n_codes), Value::Line(first), Value::Missing, Value::Missing];
        found.push(Place::of_line(rule, run.rule(rule).grade, part, row as u32), &lines, values);
    }
}

/// Places of the uses that count: pack not split, item not exempt, line in scope.
fn counted_uses(run: &Run<'_>, rule: usize, found: &mut Found) -> Vec<u32> {
    let Some(traces) = &run.month.traces else { return Vec::new() };
    let exempt = run.engine.tables.get("trace_exempt");
    let mut counted = Vec::new();
    let mut place = 0;
    for part in &run.month.lines.parts {
        let end = part.first + part.len() as u32;
        let from = place;
        while place < traces.line.len() && traces.line[place] < end {
            place += 1;
        }
        let mut rows: Vec<u32> =
            traces.line[from..place].iter().map(|&line| line - part.first).collect();
        rows.dedup();
        let rows = in_scope(run, rule, part, &rows, found);
        let rows = without_exempt(run, rule, part, rows, found);
        for use_place in from..place {
            let row = traces.line[use_place] - part.first;
            let idx = row as usize;
            let listed = exempt.is_some_and(|table| {
                table.by_key.on(part.item[idx], part.day[idx]).next().is_some()
            });
            if !traces.split[use_place] && !listed && rows.binary_search(&row).is_ok() {
                counted.push(use_place as u32);
            }
        }
    }
    counted
}
