//! Small indexes over the tables that have shapes of their own: contained items, supply, stock.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jihe_catalogue::Table;
use jihe_frame::Codes;
use jihe_intake::{Reference, Stock};
use jihe_rules::plan::Plan;
use jihe_terms::{NO_CODE, NO_NUMBER, dealt};
use rayon::prelude::*;

use crate::run::bounds;
use crate::tables::CodedTable;

/// Sides on which an item stands of pairs of one day, and of one stay.
pub(crate) const OF_DAY: [u8; 2] = [1, 2];
pub(crate) const OF_STAY: [u8; 2] = [4, 8];

/// Pairs of items, found by the contained one.
#[derive(Clone, Debug)]
pub(crate) struct ContainedIndex {
    by_b: RowsOf,
    by_a: RowsOf,
    /// The containing item of each row of `by_b`, in its order.
    wholes: Vec<u32>,
    /// By item code: whether it contains another, and whether it is contained, on a day and in a stay.
    sides: Vec<u8>,
    item_a: Vec<u32>,
    item_b: Vec<u32>,
    ranges: Vec<(i32, i32)>,
    /// By row: the code of its window.
    windows: Vec<u32>,
}

/// Rows of each item whatever the day, end to end.
#[derive(Clone, Debug, Default)]
struct RowsOf {
    /// Where the rows of each code begin.
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl RowsOf {
    fn new(items: &[u32]) -> Self {
        let of_items = || items.iter().zip(0_u32..).filter(|&(&item, _)| item != NO_CODE);
        let n_codes = of_items().map(|(&item, _)| item as usize + 1).max().unwrap_or(0);
        let rows = of_items().map(|(&item, row)| (item as usize, row));
        let (starts, rows) = dealt(n_codes, rows);
        Self { starts, rows }
    }

    fn of(&self, item: u32) -> &[u32] {
        &self.rows[self.places(item)]
    }

    fn places(&self, item: u32) -> std::ops::Range<usize> {
        match (self.starts.get(item as usize), self.starts.get(item as usize + 1)) {
            (Some(&from), Some(&until)) => from as usize..until as usize,
            _ => 0..0,
        }
    }
}

impl ContainedIndex {
    /// Indexes a table by what the run's dictionary made of it.
    pub(crate) fn new(table: &Table, coded: &CodedTable, codes: &Codes) -> Self {
        let column = |name: &str| coded.codes_of(table, name).to_vec();
        let (item_a, item_b) = (column("item_a"), column("item_b"));
        let (by_a, by_b) = (RowsOf::new(&item_a), RowsOf::new(&item_b));
        let wholes = by_b.rows.iter().map(|&row| item_a[row as usize]).collect();
        let mut sides = vec![0; codes.len()];
        let windows = column("window");
        for (name, [contains, is_contained]) in [("day", OF_DAY), ("stay", OF_STAY)] {
            let Some(window) = codes.get(name.as_bytes()) else { continue };
            let of_window = |&row: &usize| windows[row] == window;
            for row in (0..windows.len()).filter(of_window) {
                for (item, side) in [(item_a[row], contains), (item_b[row], is_contained)] {
                    if item != NO_CODE {
                        sides[item as usize] |= side;
                    }
                }
            }
        }
        let ranges = table.range.iter().map(|&range| bounds(range)).collect();
        Self { by_b, by_a, wholes, sides, item_a, item_b, ranges, windows }
    }

    pub(crate) fn rows_of_b(&self, item: u32) -> impl Iterator<Item = u32> + '_ {
        self.by_b.of(item).iter().copied()
    }

    /// The items that contain one.
    pub(crate) fn wholes_of(&self, item_b: u32) -> &[u32] {
        &self.wholes[self.by_b.places(item_b)]
    }

    /// Whether a row in force names an item.
    pub(crate) fn names(&self, item: u32, day: i32) -> bool {
        let rows = self.by_a.of(item).iter().chain(self.by_b.of(item));
        rows.copied().any(|row| self.holds(row, day))
    }

    /// On which sides of pairs an item stands.
    pub(crate) fn sides(&self, item: u32) -> u8 {
        self.sides.get(item as usize).copied().unwrap_or(0)
    }

    /// The code of a row's window, or `NO_CODE`.
    pub(crate) fn window(&self, row: u32) -> u32 {
        self.windows.get(row as usize).copied().unwrap_or(NO_CODE)
    }

    pub(crate) fn item_a(&self, row: u32) -> u32 {
        self.item_a[row as usize]
    }

    pub(crate) fn holds(&self, row: u32, day: i32) -> bool {
        let (from, until) = self.ranges[row as usize];
        from <= day && day < until
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = u32> + '_ {
        self.item_a.iter().chain(&self.item_b).copied()
    }
}

/// Kinds of supply and their limits.
#[derive(Clone, Debug, Default)]
pub(crate) struct SupplyIndex {
    by_disease: BTreeMap<u32, Vec<(i32, i32, u32)>>,
    by_type: BTreeMap<u32, Vec<(i32, i32, u32)>>,
    limits: BTreeMap<u32, Vec<(i32, i32, i64, u32)>>,
}

impl SupplyIndex {
    /// Indexes the tables of the plan by what the run's dictionary made of them.
    pub(crate) fn new(plan: &Plan, coded: &BTreeMap<String, CodedTable>) -> Self {
        let mut index = Self::default();
        let both = |name: &str| Some((plan.tables.get(name)?, coded.get(name)?));
        if let Some((table, coded)) = both("supply_kind") {
            let column = |name: &str| coded.codes_of(table, name);
            let (types, diseases, kinds) =
                (column("med_type"), column("dise_codg"), column("kind"));
            for (row, range) in table.range.iter().enumerate() {
                let (from, until) = bounds(*range);
                let of = |codes: &[u32]| codes.get(row).copied().unwrap_or(NO_CODE);
                for (map, key) in
                    [(&mut index.by_disease, of(diseases)), (&mut index.by_type, of(types))]
                {
                    if key != NO_CODE {
                        map.entry(key).or_default().push((from, until, of(kinds)));
                    }
                }
            }
        }
        if let Some((table, coded)) = both("supply_limit") {
            let kinds = coded.codes_of(table, "kind");
            let days = table.numbers("days").unwrap_or(&[]);
            for (row, range) in (0_u32..).zip(&table.range) {
                let (from, until) = bounds(*range);
                let idx = row as usize;
                index.limits.entry(kinds[idx]).or_default().push((from, until, days[idx], row));
            }
        }
        index
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.limits.is_empty() || !self.has_kinds()
    }

    /// Whether some row names a kind.
    pub(crate) fn has_kinds(&self) -> bool {
        !self.by_disease.is_empty() || !self.by_type.is_empty()
    }

    /// The kind for a disease, else for a `med_type` or the longest listed code that it begins with,
    /// on a day.
    pub(crate) fn kind(&self, disease: u32, med_type: u32, (day, codes): (i32, &Codes)) -> u32 {
        let on = |map: &BTreeMap<u32, Vec<(i32, i32, u32)>>, key: u32| {
            let rows = map.get(&key)?;
            rows.iter()
                .find(|&&(from, until, _)| from <= day && day < until)
                .map(|&(_, _, kind)| kind)
        };
        let shorter = || {
            let text = if med_type == NO_CODE { b"" } else { codes.bytes(med_type) };
            let starts = (1..text.len()).rev().filter_map(|end| codes.get(&text[..end]));
            starts.into_iter().find_map(|start| on(&self.by_type, start))
        };
        let by_type = || on(&self.by_type, med_type).or_else(shorter);
        on(&self.by_disease, disease).or_else(by_type).unwrap_or(NO_CODE)
    }

    /// The limit of a kind on a day, and its row.
    pub(crate) fn limit(&self, kind: u32, day: i32) -> Option<(i64, u32)> {
        let rows = self.limits.get(&kind)?;
        let row = rows.iter().find(|&&(from, until, ..)| from <= day && day < until);
        row.filter(|row| row.2 != NO_NUMBER).map(|&(_, _, days, row)| (days, row))
    }
}

/// Whether a group has its bit.
pub(crate) fn has_bit(bits: &[u64], group: u32) -> bool {
    bits[group as usize / 64] >> (group % 64) & 1 == 1
}

/// What each institution had of each item.
#[derive(Clone, Debug, Default)]
pub(crate) struct StockIndex {
    /// By institution code: its pairs.
    items_of: HashMap<u32, ItemsOf, ahash::RandomState>,
    /// By code of the run: the item's code in the stock, or `NO_CODE`.
    stock_items: Vec<u32>,
    /// The first pair of each institution, ascending, and its code.
    firsts: Vec<(u32, u32)>,
    /// What each pair had.
    stock: Option<Arc<Reference>>,
}

/// The pairs of an institution: one for each of its items.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ItemsOf {
    from: u32,
    until: u32,
}

impl ItemsOf {
    /// Whether the institution has no stock record at all.
    pub(crate) fn is_empty(self) -> bool {
        self.from == self.until
    }
}

impl StockIndex {
    pub(crate) fn new(reference: &Arc<Reference>, codes: &mut Codes) -> Self {
        let mut index = Self::default();
        let Some(stock) = &reference.stock else { return index };
        index.stock = Some(Arc::clone(reference));
        // Ids of the stock's own dictionary are made ids of the run.
        let ids: Vec<u32> = (0..stock.codes.len() as u32)
            .map(|code| codes.intern(stock.codes.bytes(code)))
            .collect();
        index.stock_items = vec![NO_CODE; codes.len()];
        for (&id, code) in ids.iter().zip(0_u32..) {
            index.stock_items[id as usize] = code;
        }
        for (institution, pairs) in stock.institutions() {
            let institution = ids[institution as usize];
            index.firsts.push((pairs.start, institution));
            index.items_of.insert(institution, ItemsOf { from: pairs.start, until: pairs.end });
        }
        index
    }

    /// The number of groups, with those that stay empty.
    pub(crate) fn len(&self) -> usize {
        self.stock().map_or(0, Stock::n_pairs)
    }

    fn stock(&self) -> Option<&Stock> {
        self.stock.as_ref().and_then(|reference| reference.stock.as_ref())
    }

    /// The items of an institution.
    pub(crate) fn items_of(&self, institution: u32) -> ItemsOf {
        self.items_of.get(&institution).copied().unwrap_or_default()
    }

    /// Whether the stock of some institution names an item.
    pub(crate) fn knows(&self, item: u32) -> bool {
        self.stock_items.get(item as usize).is_some_and(|&item| item != NO_CODE)
    }

    /// The group of an item: its pair in the stock of the reference.
    pub(crate) fn group(&self, items: ItemsOf, item: u32) -> Option<u32> {
        let item = self.stock_items.get(item as usize).copied().filter(|&item| item != NO_CODE)?;
        self.stock()?.pair(items.from..items.until, item)
    }

    /// Brings the places where items are looked for first into the cache: none waits for another.
    pub(crate) fn look_ahead(&self, asked: &[(ItemsOf, u32)]) {
        let Some(stock) = self.stock() else { return };
        let look = |&(items, item): &(ItemsOf, u32)| {
            let item = self.stock_items.get(item as usize).copied().unwrap_or(NO_CODE);
            stock.first_look(items.from..items.until, item)
        };
        std::hint::black_box(asked.iter().fold(0, |seen, asked| seen ^ look(asked)));
    }

    /// What the institution of a group had of its item by the movements before a day; none without
    /// any.
    pub(crate) fn available(&self, group: u32, before: i32) -> Option<i128> {
        self.stock()?.before(group, before)
    }

    /// A bit for each group that has movements before a day.
    pub(crate) fn known(&self, before: i32) -> Vec<u64> {
        self.bits(|stock, group| stock.before(group, before).is_some())
    }

    /// A bit for each group of which something holds; none without any stock.
    pub(crate) fn bits(&self, holds: impl Fn(&Stock, u32) -> bool + Sync) -> Vec<u64> {
        let Some(stock) = self.stock() else { return Vec::new() };
        let n_groups = self.len() as u32;
        let word = |nth: u32| {
            let groups = (nth * 64..n_groups).take(64);
            let bit = |group: u32| u64::from(holds(stock, group)) << (group % 64);
            groups.fold(0, |word, group| word | bit(group))
        };
        let words = 0..n_groups.div_ceil(64);
        if words.len() < 1024 {
            return words.map(word).collect();
        }
        words.into_par_iter().with_min_len(512).map(word).collect()
    }

    pub(crate) fn institution(&self, group: u32) -> u32 {
        let after = self.firsts.partition_point(|&(first, _)| first <= group);
        after.checked_sub(1).map_or(NO_CODE, |place| self.firsts[place].1)
    }
}
