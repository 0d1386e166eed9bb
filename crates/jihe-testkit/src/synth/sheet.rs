//! The prescriptions of a visit: which sheet each line stands on, and which need an approval.
//!
//! In: a visit with all of its lines and their marks. Out: the number of each line's sheet.

use super::calendar::day_at;
use super::draft::{Line, Oddity, Visit};
use super::item::Kind;
use super::plant::bit;
use super::scribe::World;

/// The order number of each line: a prescription of a visit holds as many drugs as it may, but
/// where more are planted; five at most.
pub(super) fn sheets(world: &World, visit: &Visit) -> Vec<u32> {
    let mut drugs: Vec<(u32, u32)> = Vec::new();
    let planted = bit("drug-kinds");
    let day = day_at(visit.begin);
    let most = world.law.whole(("drug-kinds", "kinds"), day, 5).min(5);
    let mut sheet = |line: &Line| {
        let is_drug = world.universe.items[line.item as usize].kind == Kind::Drug;
        if visit.is_stay() || !is_drug {
            return line.order;
        }
        if line.marks & planted != 0 {
            return 99;
        }
        let drug = (line.order, line.item);
        let of_order = |drugs: &[(u32, u32)]| -> Vec<u32> {
            let same = drugs.iter().filter(|(order, _)| *order == line.order);
            same.map(|(_, item)| *item).collect()
        };
        if !drugs.contains(&drug) {
            drugs.push(drug);
        }
        let nth = of_order(&drugs).iter().position(|item| *item == line.item).unwrap_or(0);
        line.order + 24 * (nth as u32 / most as u32)
    };
    visit.lines.iter().map(&mut sheet).collect()
}

/// What the lines of a sheet come to without what was taken back, fen.
pub(super) fn total_of(visit: &Visit, sheets: &[u32], sheet: u32) -> i64 {
    let of_sheet = visit
        .lines
        .iter()
        .zip(sheets)
        .filter(|(line, of)| **of == sheet && 0 < line.amount && line.oddity != Oddity::Void);
    of_sheet.map(|(line, _)| line.amount).sum()
}

/// Whether a line needs an approval outside a stay: its price or what its sheet comes to is above
/// what goes without.
pub(super) fn is_costly(world: &World, line: &Line, total: i64) -> bool {
    let most = world.costly();
    most.0 < line.pric || most.1 < total
}

/// Whether the last line of a visit, which is no stay, needs an approval.
pub(super) fn is_last_costly(world: &World, visit: &Visit) -> bool {
    let sheets = sheets(world, visit);
    let last = visit.lines.last().zip(sheets.last()).filter(|_| !visit.is_stay());
    last.is_some_and(|(line, sheet)| is_costly(world, line, total_of(visit, &sheets, *sheet)))
}
