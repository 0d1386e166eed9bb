//! Items that the city makes up, in the shapes of the national codes.

use std::collections::BTreeSet;

use super::super::item::{Item, Kind, named};
use super::super::random::Draw;
use super::{Imported, PriceRow};

/// How many items are kept for stock plants.
const N_KEPT_FOR_STOCK: u64 = 64;

/// The name of the operation of short stays.
pub(super) const OPERATION: &str = "短期住院手术";

/// Makes items and their ceilings.
pub(super) struct Maker<'a> {
    items: Vec<Item>,
    price_rows: Vec<PriceRow>,
    expired: Vec<u32>,
    horizon: (i64, i64),
    draw: &'a mut Draw,
    serial: u64,
    /// Codes and generics that no made item may have.
    taken: BTreeSet<String>,
}

impl<'a> Maker<'a> {
    /// Goes on after `items` and what is imported.
    pub(super) fn new(
        items: Vec<Item>,
        imported: &Imported,
        horizon: (i64, i64),
        draw: &'a mut Draw,
    ) -> Self {
        let rows = imported.catalogue.iter().chain(&imported.price_limits);
        let codes = rows.flat_map(|row| [row.get("hilist_code"), row.get("genname_codg")]);
        let codes = items.iter().map(|item| item.code.as_str()).chain(codes);
        let taken = codes.map(str::to_owned).collect();
        let (price_rows, expired) = (Vec::new(), Vec::new());
        Self { items, price_rows, expired, horizon, draw, serial: 0, taken }
    }

    /// Gives items, ceiling rows, and the expired.
    pub(super) fn done(self) -> (Vec<Item>, Vec<PriceRow>, Vec<u32>) {
        (self.items, self.price_rows, self.expired)
    }

    /// Adds plain items: half drugs, a quarter services, the rest consumables and herbs.
    pub(super) fn add_plain(&mut self, n_items: u64) {
        let visit = Item::new("001102000010000".to_owned(), Kind::Service);
        if self.items.iter().all(|item| item.code != visit.code) {
            self.items.push(Item { name: "普通门诊诊查费".to_owned(), ..visit });
        }
        for nth in 0..n_items {
            let kind = match nth % 20 {
                0..=9 => Kind::Drug,
                10 => Kind::Herb,
                11..=15 => Kind::Service,
                _ => Kind::Consumable,
            };
            let class = match self.draw.below(100) {
                0..=44 => 1,
                45..=94 => 2,
                _ => 3,
            };
            self.add(kind, class);
        }
    }

    /// Adds the items that only plants use.
    pub(super) fn add_special(&mut self) {
        for nth in 0..N_KEPT_FOR_STOCK {
            let kind = if nth % 2 == 0 { Kind::Consumable } else { Kind::Drug };
            let item = self.add(kind, 1);
            item.named |= named::STOCK;
            item.days_per_unit = None;
        }
        for nth in 0..24 {
            let item = self.add(Kind::Service, 1);
            item.named |= named::UNKNOWN;
            if nth % 3 == 0 {
                self.expired.push(self.items.len() as u32 - 1);
            }
        }
        for _ in 0..24 {
            self.add(Kind::Service, 3);
        }
        let mut operations = (self.serial..).map(|serial| format!("0033{serial:07}0000"));
        let code = operations.find(|code| !self.taken.contains(code));
        let item = self.add(Kind::Service, 1);
        item.code = code.unwrap_or_default();
        OPERATION.clone_into(&mut item.name);
        item.named |= named::OTHER;
    }

    fn add(&mut self, kind: Kind, class: u8) -> &mut Item {
        let mut item = Item::new(self.free_code(kind), kind);
        item.class = class;
        item.name = format!("{}{:05}", name_of(kind), self.serial);
        let own = self.items.len() as u32;
        item.supply_group = own;
        if kind == Kind::Drug {
            self.give_generic(&mut item);
            if self.draw.chance(400) {
                item.days_per_unit = Some(self.draw.pick(&[30_000, 50_000, 70_000]));
            }
        }
        self.items.push(item);
        &mut self.items[own as usize]
    }

    /// The next code that no item has, nor its generic: those of a reference may be of another city.
    fn free_code(&mut self, kind: Kind) -> String {
        loop {
            self.serial += 1;
            let code = code_of(kind, self.serial, self.draw);
            if !self.taken.contains(&code) && !self.taken.contains(&generic_of(self.serial)) {
                return code;
            }
        }
    }

    /// Every third drug or so is another make of a generic before it.
    fn give_generic(&mut self, item: &mut Item) {
        let former = self.items.iter().rev().take(4).find(|former| former.generic.is_some());
        match former {
            Some(former) if self.draw.chance(350) => {
                item.generic.clone_from(&former.generic);
                item.supply_group = former.supply_group;
            }
            Some(_) | None => item.generic = Some(generic_of(self.serial)),
        }
    }

    /// Prices every item, and limits those that no imported row limits.
    pub(super) fn price_all(&mut self, n_listed: usize) {
        for index in 0..self.items.len() {
            if self.items[index].supply_group == u32::MAX {
                self.items[index].supply_group = index as u32;
            }
            let is_imported = index < n_listed || self.items[index].ceilings != [None; 4];
            let price = match self.items[index].kind {
                Kind::Drug => self.price(200, 9),
                Kind::Herb => self.draw.between(300, 9_000) * 100,
                Kind::Service => self.price(400, 10),
                Kind::Consumable => self.price(100, 12),
            };
            self.items[index].price = price;
            if !is_imported {
                self.limit(index as u32, price);
            }
        }
    }

    /// A price between `least` fen and some doublings of it, the low ones the more usual.
    fn price(&mut self, least: i64, doublings: u64) -> i64 {
        let steps = self.draw.below(doublings).min(self.draw.below(doublings));
        let fen = least << steps;
        (fen + self.draw.between(0, fen)) * 10_000
    }

    fn limit(&mut self, item: u32, price: i64) {
        if self.items[item as usize].named & named::UNKNOWN != 0 {
            return;
        }
        let by_level = self.items[item as usize].kind == Kind::Service;
        if by_level {
            for (level, percent) in [(1, 80), (2, 90), (3, 100)] {
                self.limit_at(item, level, price * percent / 1_000_000 * 10_000);
            }
        } else if self.draw.chance(600) {
            self.limit_at(item, 0, price);
        }
    }

    /// A ceiling, of which one in twenty falls within the horizon.
    fn limit_at(&mut self, item: u32, level: u8, price: i64) {
        let (start, end) = self.horizon;
        let price = price.max(10_000);
        let mut row = PriceRow { item, level, price, from: start - 640, until: None };
        if self.draw.chance(50) {
            let change = start + (end - start) / 2;
            let before = price + price / 100_000 * 10_000;
            self.price_rows.push(PriceRow { price: before, until: Some(change), ..row });
            self.items[item as usize].limit(level, before);
            row.from = change;
        }
        self.items[item as usize].limit(level, price);
        self.price_rows.push(row);
    }
}

fn generic_of(serial: u64) -> String {
    format!("G{serial:07}")
}

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Drug => "西药制剂",
        Kind::Herb => "中药饮片",
        Kind::Service => "诊疗项目",
        Kind::Consumable => "医用耗材",
    }
}

/// A code in the shape of the kind, unique by its serial.
fn code_of(kind: Kind, serial: u64, draw: &mut Draw) -> String {
    let letter = |draw: &mut Draw| draw.pick(b"ABCDGHJLMNPRSV").into();
    let letters: [char; 4] = [letter(draw), letter(draw), letter(draw), letter(draw)];
    let [a, b, c, d] = letters;
    let (few, many) = (draw.below(16) + 1, draw.below(900) + 100);
    match kind {
        Kind::Drug => format!("X{a}{few:02}{b}{c}{d}{many}A00101010{serial:06}"),
        Kind::Herb => format!("T9{serial:08}"),
        Kind::Service => format!("0039{serial:07}0000"),
        Kind::Consumable => format!("C{few:02}{:02}{:02}{many}{serial:010}", few / 2, many % 90),
    }
}
