//! An item without any of those that it needs, in its encounter.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_rules::plan::Shape;
use jihe_terms::NO_CODE;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::judge::line::in_force;
use crate::run::{Part, Run, lookup_table};

/// Judges the candidates of a part: items with needs, and what is needed.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let Shape::Companion { table } = &run.rule(rule).shape else { return };
    let Some(table) = lookup_table(run.engine, table) else { return };
    let place = run.engine.plan.tables.get(&table.name).and_then(|table| table.column("needs"));
    let Some(needs) = place.and_then(|place| table.codes(place)) else { return };
    let own: Vec<u32> = rows.iter().copied().filter(|&row| !part.carried[row as usize]).collect();
    let in_force = in_force(&table.by_key, part, &own);
    let judged = in_scope(run, rule, part, &in_force, found);
    let judged = without_exempt(run, rule, part, judged, found);
    found.n_judged += u64::try_from(judged.len()).unwrap_or(u64::MAX);
    if judged.is_empty() {
        return;
    }
    let billed = |row: &u32| 0 < part.cnt[*row as usize];
    let visit = |row: u32| (part.person[row as usize], part.encounter[row as usize]);
    let there = |&row: &u32| (visit(row), part.item[row as usize]);
    let mut beside: Vec<((u32, u32), u32)> =
        rows.iter().filter(|row| billed(row)).map(there).collect();
    beside.sort_unstable();
    for &row in &*judged {
        let idx = row as usize;
        let of_item: Vec<u32> = table.by_key.on(part.item[idx], part.day[idx]).collect();
        let need = |table_row: &u32| needs.get(*table_row as usize).copied().unwrap_or(NO_CODE);
        let has = |table_row: &u32| beside.binary_search(&(visit(row), need(table_row))).is_ok();
        let (false, Some(first)) = (of_item.iter().any(has), of_item.first()) else { continue };
        let lines = [HitLine::new(part.first + row, Evidence::Cut(Cut::Whole))];
        let n_needs = i64::try_from(of_item.len()).unwrap_or(i64::MAX);
        let values =
            [Value::Code(need(first)), Value::Int(n_needs), Value::Missing, Value::Missing];
        let place = Place { row: *first, ..Place::of_line(rule, run.rule(rule).grade, part, row) };
        found.push(place, &lines, values);
    }
}
