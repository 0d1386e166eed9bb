//! The second and later operation of a group above its discounted price.

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::pair::discounted_price;
use jihe_rules::plan::{KeyPart, Lookup, Shape};
use jihe_terms::NO_NUMBER;

use crate::found::{Found, Place};
use crate::judge::key::{Key, Keys};
use crate::judge::limit::looked_up;
use crate::judge::price::{SetPrice, set_price};
use crate::run::{Part, Run};

/// Judges the candidates of a part by the groups of their operations.
pub(crate) fn judge(run: &Run<'_>, rule: usize, part: &Part<'_>, rows: &[u32], found: &mut Found) {
    let Shape::Discounted { table } = &run.rule(rule).shape else { return };
    let lookup = Lookup { table: table.clone(), matching: None };
    let looked = looked_up(run, rule, part, (Some(&lookup), rows), found);
    let Some(table) = looked.table else { return };
    let column = |name: &str| run.engine.plan.tables.get(&table.name)?.column(name);
    let (Some(of_group), Some(of_discount)) = (column("group"), column("discount")) else {
        return;
    };
    let per = [KeyPart::Encounter, KeyPart::RowCode(of_group)];
    let discounts = table.numbers(of_discount).unwrap_or(&[]);
    let keys = Keys::new(run, part, Some(table), &per);
    let mut members: Vec<(Key, u32, u32)> = Vec::with_capacity(looked.rows.len());
    for (idx, (&row, &table_row)) in looked.rows.iter().zip(&looked.table_rows).enumerate() {
        let is_open = looked.why(idx).is_open();
        found.has_open |= is_open;
        if is_open && found.leaves_out_open {
            continue;
        }
        if let Some(key) = keys.of(row, table_row) {
            members.push((key, row, table_row));
        }
    }
    members.sort_unstable();
    for group in members.chunk_by(|a, b| a.0 == b.0) {
        let first = group[0].1;
        found.n_judged += u64::from(!part.carried[first as usize]);
        for &(_, row, table_row) in &group[1..] {
            let discount = discounts.get(table_row as usize).copied().unwrap_or(NO_NUMBER);
            if !part.carried[row as usize] {
                later(run, rule, part, (first, row, table_row, discount), found);
            }
        }
    }
}

/// An operation that is not the first of its group.
fn later(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    (first, row, table_row, discount): (u32, u32, u32, i64),
    found: &mut Found,
) {
    let idx = row as usize;
    let SetPrice::Known(full) =
        set_price(run, part.item[idx], part.institution[idx], part.day[idx])
    else {
        found.not_evaluable_for(part.amount[idx], "price_limits has no price of the operation");
        return;
    };
    found.n_judged += 1;
    let price = discounted_price(full, discount);
    if part.pric[idx] <= price {
        return;
    }
    let lines = [
        HitLine::new(part.first + row, Evidence::Cut(Cut::Price(price))),
        HitLine::new(part.first + first, Evidence::Shown),
    ];
    let values = [
        Value::Line(part.first + first),
        Value::Number(discount, 6),
        Value::Number(full, 6),
        Value::Number(price, 6),
    ];
    let place = Place { row: table_row, ..Place::of_line(rule, run.rule(rule).grade, part, row) };
    found.push(place, &lines, values);
}
