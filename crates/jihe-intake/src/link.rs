//! Net lines to parts of whole persons in canonical order.
//!
//! In: lines that stand. Out: up to 64 parts, balanced by lines; their number never depends on the
//! threads. Cost: one partition by person, one sort of each part by an integer, ties by key.
//! Columns are gathered one at a time and freed, so that memory holds the lines about once.

use jihe_frame::{LinePart, Lines, Relation};
use jihe_terms::schema::TableName;
use jihe_terms::{Moment, NO_CODE, Texts};
use rayon::prelude::*;

use crate::join::{Roll, Rolls};
use crate::net::keys::plain;
use crate::place::{at, id};
use crate::rows::Rows;

/// The most parts of a month.
const MOST_PARTS: usize = 64;
/// Fewer lines than this are not worth a part of their own.
const LEAST_LINES: usize = 4096;

/// One column of a part.
type Slot<T> = fn(&mut LinePart) -> &mut Vec<T>;

/// Orders the lines; gives with each part the rows it was made of.
pub(crate) fn lines(rows: &mut Rows, rolls: &Rolls) -> (Lines, Vec<Vec<u32>>) {
    let orders = orders(rows, rolls);
    let mut first = 0_u32;
    let begin = |order: &Vec<u32>| {
        let part = empty(first);
        first = first.saturating_add(id(order.len()));
        part
    };
    let mut parts: Vec<LinePart> = orders.iter().map(begin).collect();
    fill(&mut parts, &orders, |row| rows.is_carried(row), |part| &mut part.carried);
    let places: [(&str, Option<&Roll>, Slot<u32>); 5] = [
        ("psn_no", Some(&rolls.persons), |part| &mut part.person),
        ("mdtrt_id", Some(&rolls.encounters), |part| &mut part.encounter),
        ("setl_id", Some(&rolls.settlements), |part| &mut part.settlement),
        ("fixmedins_code", None, |part| &mut part.institution),
        ("hilist_code", None, |part| &mut part.item),
    ];
    for (name, roll, slot) in places {
        let cells = rows.take(name);
        let place = |row: u32| {
            let id = cells.ids().get(at(row)).copied().unwrap_or(NO_CODE);
            roll.map_or(id, |roll| roll.of(id))
        };
        fill(&mut parts, &orders, place, slot);
    }
    let numbers: [(&str, Slot<i64>); 5] = [
        ("fee_ocur_time", |part| &mut part.time),
        ("cnt", |part| &mut part.cnt),
        ("pric", |part| &mut part.pric),
        ("det_item_fee_sumamt", |part| &mut part.amount),
        ("inscp_scp_amt", |part| &mut part.scp),
    ];
    for (name, slot) in numbers {
        let cells = rows.take(name);
        let number = |row: u32| cells.numbers().get(at(row)).copied().unwrap_or(0);
        fill(&mut parts, &orders, number, slot);
    }
    let orders_of_doctors = rows.take("rx_drord_no");
    let order_no = |row: u32| orders_of_doctors.hashes().get(at(row)).copied().unwrap_or(0);
    fill(&mut parts, &orders, order_no, |part| &mut part.order_no);
    drop(orders_of_doctors);
    let keys = rows.take("bkkp_sn");
    parts.par_iter_mut().zip(&orders).for_each(|(part, order)| {
        let day = |&time: &i64| Moment::from_seconds(time).day().epoch();
        part.day = part.time.iter().map(day).collect();
        if let Some(texts) = keys.texts() {
            part.key = order.iter().map(|&row| plain(texts.bytes(at(row)))).collect();
        }
    });
    drop(keys);
    optional(rows, &orders, &mut parts);
    (Lines { parts }, orders)
}

fn empty(first: u32) -> LinePart {
    LinePart {
        first,
        key: Texts::default(),
        person: Vec::new(),
        encounter: Vec::new(),
        settlement: Vec::new(),
        institution: Vec::new(),
        item: Vec::new(),
        time: Vec::new(),
        day: Vec::new(),
        cnt: Vec::new(),
        pric: Vec::new(),
        amount: Vec::new(),
        scp: Vec::new(),
        order_no: Vec::new(),
        carried: Vec::new(),
        optional: Relation::empty(TableName::Lines),
    }
}

/// Fills one column of all parts.
fn fill<T: Send>(
    parts: &mut [LinePart],
    orders: &[Vec<u32>],
    value: impl Fn(u32) -> T + Sync,
    slot: Slot<T>,
) {
    parts.par_iter_mut().zip(orders).for_each(|(part, order)| {
        *slot(part) = order.iter().map(|&row| value(row)).collect();
    });
}

/// Fills the optional columns; required ones have their own place in the part.
fn optional(rows: &mut Rows, orders: &[Vec<u32>], parts: &mut [LinePart]) {
    for (part, order) in parts.iter_mut().zip(orders) {
        part.optional.n_rows = order.len();
    }
    for (place, definition) in TableName::Lines.columns().iter().enumerate() {
        let cells = rows.columns.get_mut(place).map(std::mem::take).unwrap_or_default();
        if definition.required || matches!(definition.name, "init_feedetl_sn" | "vali_flag") {
            continue;
        }
        parts.par_iter_mut().zip(orders).for_each(|(part, order)| {
            if let Some(slot) = part.optional.columns.get_mut(place) {
                *slot = cells.gather(order).into_column();
            }
        });
    }
}

/// The rows of each part in canonical order.
fn orders(rows: &Rows, rolls: &Rolls) -> Vec<Vec<u32>> {
    let persons = rows.column("psn_no").ids();
    let times = rows.column("fee_ocur_time").numbers();
    let person = |row: u32| rolls.persons.of(persons.get(at(row)).copied().unwrap_or(NO_CODE));
    let mut orders = partition(rows, &person);
    orders.par_iter_mut().for_each(|order| {
        let packed = |&row: &u32| {
            let time = times.get(at(row)).copied().unwrap_or(0);
            pack(person(row), time, row)
        };
        let mut keyed: Vec<u128> = order.iter().map(packed).collect();
        keyed.sort_unstable();
        order.clear();
        order.extend(keyed.iter().map(|&packed| unpack(packed)));
        sort_ties(order, &keyed, rows);
    });
    orders
}

const ROW_BITS: u32 = 32;

/// Person, time and row as one number that sorts like them.
fn pack(person: u32, time: i64, row: u32) -> u128 {
    let time = time.cast_unsigned() ^ (1 << 63);
    (u128::from(person) << 96) | (u128::from(time) << ROW_BITS) | u128::from(row)
}

fn unpack(packed: u128) -> u32 {
    u32::try_from(packed & u128::from(u32::MAX)).unwrap_or(NO_CODE)
}

/// Puts lines of one person and moment in the order of their keys.
fn sort_ties(order: &mut [u32], keyed: &[u128], rows: &Rows) {
    let Some(texts) = rows.column("bkkp_sn").texts() else { return };
    let mut rest = order;
    for run in keyed.chunk_by(|a, b| a >> ROW_BITS == b >> ROW_BITS) {
        let (ties, after) = rest.split_at_mut(run.len().min(rest.len()));
        if 1 < ties.len() {
            ties.sort_unstable_by(|&a, &b| (texts.bytes(at(a)), a).cmp(&(texts.bytes(at(b)), b)));
        }
        rest = after;
    }
}

/// Deals the standing rows to parts of whole neighbouring persons.
fn partition(rows: &Rows, person: &(dyn Fn(u32) -> u32 + Sync)) -> Vec<Vec<u32>> {
    let mut counts: Vec<u32> = Vec::new();
    let mut n_lines = 0_usize;
    for row in rows.standing() {
        let place = at(person(row));
        if counts.len() <= place {
            counts.resize(place.saturating_add(1), 0);
        }
        if let Some(count) = counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
        n_lines = n_lines.saturating_add(1);
    }
    let n_parts = n_lines.div_ceil(LEAST_LINES).clamp(1, MOST_PARTS);
    let goal = n_lines.div_ceil(n_parts).max(1);
    let mut part_of = Vec::with_capacity(counts.len());
    let (mut part, mut n_before) = (0_usize, 0_usize);
    let mut sizes: Vec<usize> = vec![0];
    for &count in &counts {
        if goal.saturating_mul(part.saturating_add(1)) <= n_before {
            part = n_before.checked_div(goal).unwrap_or(part);
            sizes.resize(part.saturating_add(1), 0);
        }
        part_of.push(part);
        n_before = n_before.saturating_add(at(count));
        if let Some(size) = sizes.get_mut(part) {
            *size = size.saturating_add(at(count));
        }
    }
    let mut parts: Vec<Vec<u32>> = sizes.into_iter().map(Vec::with_capacity).collect();
    for row in rows.standing() {
        let part = part_of.get(at(person(row))).copied().unwrap_or(0);
        if let Some(part) = parts.get_mut(part) {
            part.push(row);
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}
