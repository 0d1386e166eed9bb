//! Two items of one prescription that do not go together. Nothing is cut.

use jihe_frame::{Evidence, HitLine, Value};
use jihe_rules::plan::Shape;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::index::ContainedIndex;
use crate::judge::limit::MOST_SHOWN;
use crate::judge::pair::of_item;
use crate::run::{Part, Run};

/// Person, encounter and order number; item, row.
type Member = ((u32, u32, u64), u32, u32);

/// Judges the candidates of a part by pairs in one prescription.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let Shape::Incompatible { table } = &run.rule(rule).shape else { return };
    let Some(index) = run.engine.contained.get(table) else { return };
    let named: Vec<u32> = rows
        .iter()
        .copied()
        .filter(|&row| index.names(part.item[row as usize], part.day[row as usize]))
        .collect();
    let rows = in_scope(run, rule, part, &named, found);
    let rows = without_exempt(run, rule, part, rows, found);
    let mut members: Vec<Member> = Vec::with_capacity(rows.len());
    for &row in &*rows {
        let idx = row as usize;
        let own = !part.carried[idx];
        match part.order_of(idx) {
            0 if own => {
                found.not_evaluable_for(part.amount[idx], "lines.rx_drord_no is missing");
            }
            0 => {}
            order => {
                found.n_judged += u64::from(own);
                let sheet = (part.person[idx], part.encounter[idx], order);
                members.push((sheet, part.item[idx], row));
            }
        }
    }
    members.sort_unstable();
    for group in members.chunk_by(|a, b| a.0 == b.0) {
        if group.iter().any(|member| member.1 != group[0].1) {
            in_prescription(run, rule, part, group, index, found);
        }
    }
}

fn in_prescription(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    group: &[Member],
    index: &ContainedIndex,
    found: &mut Found,
) {
    for lines_b in group.chunk_by(|a, b| a.1 == b.1) {
        let item_b = lines_b[0].1;
        for table_row in index.rows_of_b(item_b) {
            let item_a = index.item_a(table_row);
            if item_a == item_b {
                continue;
            }
            let holds = |lines: &[Member]| -> Vec<u32> {
                let rows = lines.iter().map(|&(_, _, row)| row);
                rows.filter(|&row| index.holds(table_row, part.day[row as usize])).collect()
            };
            let (rows_a, rows_b) = (holds(of_item(group, item_a)), holds(lines_b));
            let mut both: Vec<u32> = rows_a.iter().chain(&rows_b).copied().collect();
            both.sort_unstable();
            let own = both.iter().any(|&row| !part.carried[row as usize]);
            if rows_a.is_empty() || rows_b.is_empty() || !own {
                continue;
            }
            let shown = both.iter().take(MOST_SHOWN);
            let lines: Vec<HitLine> =
                shown.map(|&row| HitLine::new(part.first + row, Evidence::Shown)).collect();
            let values = [Value::Code(item_a), Value::Code(item_b), Value::Missing, Value::Missing];
            let place = Place {
                row: table_row,
                ..Place::of_line(rule, run.rule(rule).grade, part, both[0])
            };
            found.push(place, &lines, values);
        }
    }
}
