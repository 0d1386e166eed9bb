//! Net lines to parts of whole persons in canonical order.
//!
//! In: lines that stand. Out: up to 64 parts, balanced by lines; their number never depends on the
//! threads. Cost: one partition by person, one sort of each part by an integer, ties by key.
//! Columns are gathered one at a time and freed, so that memory holds the lines about once.

use jihe_frame::{Column, LinePart, Lines, Relation};
use jihe_terms::schema::TableName;
use jihe_terms::{Moment, NO_CODE, Texts};
use rayon::prelude::*;

use crate::cells::Cells;
use crate::join::Rolls;
use crate::place::{at, id};
use crate::rows::Rows;

/// The most parts of a month.
const MOST_PARTS: usize = 64;
/// Fewer lines than this are not worth a part of their own.
const LEAST_LINES: usize = 4096;

/// Orders the lines; gives with each part the rows it was made of.
pub(crate) fn lines(rows: &mut Rows, rolls: &Rolls) -> (Lines, Vec<Vec<u32>>) {
    let orders = orders(rows, rolls);
    let carried = gather(&orders, |row| rows.is_carried(row));
    let ids = |cells: &Cells, place: &(dyn Fn(u32) -> u32 + Sync)| {
        gather(&orders, |row| place(cells.ids().get(at(row)).copied().unwrap_or(NO_CODE)))
    };
    let person = ids(&rows.take("psn_no"), &|id| rolls.persons.of(id));
    let encounter = ids(&rows.take("mdtrt_id"), &|id| rolls.encounters.of(id));
    let settlement = ids(&rows.take("setl_id"), &|id| rolls.settlements.of(id));
    let institution = ids(&rows.take("fixmedins_code"), &|id| id);
    let item = ids(&rows.take("hilist_code"), &|id| id);
    let numbers =
        |cells: &Cells| gather(&orders, |row| cells.numbers().get(at(row)).copied().unwrap_or(0));
    let time = numbers(&rows.take("fee_ocur_time"));
    let cnt = numbers(&rows.take("cnt"));
    let pric = numbers(&rows.take("pric"));
    let amount = numbers(&rows.take("det_item_fee_sumamt"));
    let scope = numbers(&rows.take("inscp_scp_amt"));
    let order_no = match rows.take("rx_drord_no") {
        Cells::Hash(hashes) => gather(&orders, |row| hashes.get(at(row)).copied().unwrap_or(0)),
        _ => gather(&orders, |_| 0),
    };
    let key = match rows.take("bkkp_sn") {
        Cells::Text(texts) => {
            orders.par_iter().map(|order| texts.gather(order.iter().map(|&row| at(row)))).collect()
        }
        _ => vec![Texts::default(); orders.len()],
    };
    let optional = optional(rows, &orders);
    let columns = person.into_iter().zip(encounter).zip(settlement).zip(institution).zip(item);
    let columns = columns.zip(time).zip(cnt).zip(pric).zip(amount).zip(scope);
    let columns = columns.zip(order_no).zip(key).zip(carried).zip(optional);
    let mut first = 0_u32;
    let parts = columns.map(
        |(
            (
                (
                    (
                        (
                            (
                                (
                                    (
                                        (
                                            (
                                                (((person, encounter), settlement), institution),
                                                item,
                                            ),
                                            time,
                                        ),
                                        cnt,
                                    ),
                                    pric,
                                ),
                                amount,
                            ),
                            scp,
                        ),
                        order_no,
                    ),
                    key,
                ),
                carried,
            ),
            optional,
        )| {
            let begin = first;
            first = first.saturating_add(id(person.len()));
            let day = time.iter().map(|&time| Moment::from_seconds(time).day().epoch()).collect();
            LinePart {
                first: begin,
                key,
                person,
                encounter,
                settlement,
                institution,
                item,
                time,
                day,
                cnt,
                pric,
                amount,
                scp,
                order_no,
                carried,
                optional,
            }
        },
    );
    (Lines { parts: parts.collect() }, orders)
}

fn gather<T: Send>(orders: &[Vec<u32>], value: impl Fn(u32) -> T + Sync) -> Vec<Vec<T>> {
    orders.par_iter().map(|order| order.iter().map(|&row| value(row)).collect()).collect()
}

/// The optional columns of each part; required ones have their own place in the part.
fn optional(rows: &mut Rows, orders: &[Vec<u32>]) -> Vec<Relation> {
    let empty = |order: &Vec<u32>| {
        let mut relation = Relation::empty(TableName::Lines);
        relation.n_rows = order.len();
        relation
    };
    let mut relations: Vec<Relation> = orders.iter().map(empty).collect();
    for (place, definition) in TableName::Lines.columns().iter().enumerate() {
        let cells = rows.columns.get_mut(place).map(std::mem::take).unwrap_or_default();
        if definition.required || matches!(definition.name, "init_feedetl_sn" | "vali_flag") {
            continue;
        }
        let columns: Vec<Column> =
            orders.par_iter().map(|order| cells.gather(order).into_column()).collect();
        for (relation, column) in relations.iter_mut().zip(columns) {
            if let Some(slot) = relation.columns.get_mut(place) {
                *slot = column;
            }
        }
    }
    relations
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
