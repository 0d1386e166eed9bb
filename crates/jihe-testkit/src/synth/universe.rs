//! The items of the city: those that tables restrict, those of the reference, and made ones.

mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::SynthError;
use super::calendar::day_of;
use super::item::{Item, Kind, named};
use super::knowledge::{Knowledge, Pair, decimal};
use super::random::{Draw, Zipf};
use super::table::{Record, read_csv};

/// At most so many items for each combination of tables.
const MOST_OF_A_KIND: usize = 200;
/// At most so many items with stock rows in base traffic.
const MOST_STOCKED: u32 = 300;

/// A ceiling row that the city adds.
#[derive(Clone, Copy, Debug)]
pub(super) struct PriceRow {
    /// The item.
    pub(super) item: u32,
    /// 1 to 3; 0 is no level.
    pub(super) level: u8,
    /// 10⁻⁶ yuan.
    pub(super) price: i64,
    /// First day.
    pub(super) from: i64,
    /// Day after the last.
    pub(super) until: Option<i64>,
}

/// Rows of imported tables, handed on as they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Imported {
    /// Of `catalogue.csv`.
    pub(super) catalogue: Vec<Record>,
    /// Of `price_limits.csv`.
    pub(super) price_limits: Vec<Record>,
}

/// Items that are drawn alike, the favourites first.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    items: Vec<u32>,
    ranks: Zipf,
}

impl Pool {
    fn new(items: Vec<u32>) -> Self {
        let ranks = Zipf::new(items.len());
        Self { items, ranks }
    }

    /// An item: mostly a favourite, at times any.
    pub(super) fn item(&self, draw: &mut Draw) -> u32 {
        if draw.chance(150) { draw.pick(&self.items) } else { self.items[self.ranks.rank(draw)] }
    }
}

/// All items.
#[derive(Clone, Debug)]
pub(super) struct Universe {
    /// By index.
    pub(super) items: Vec<Item>,
    /// Ceiling rows that the city adds.
    pub(super) price_rows: Vec<PriceRow>,
    /// All ceiling rows by item.
    ceilings: BTreeMap<u32, Vec<PriceRow>>,
    /// Rows handed on.
    pub(super) imported: Imported,
    /// The codes of the imported catalogue's items come first; so many need no row of the city's.
    pub(super) n_listed: usize,
    /// Items whose catalogue row ended before the first month.
    pub(super) expired: Vec<u32>,
    /// Plain items by kind: drugs, herbs, services, consumables.
    pub(super) plain: [Pool; 4],
    /// Plain services and consumables with a ceiling at every hospital.
    pub(super) capped: Vec<u32>,
    /// The operation for which a short stay is there.
    pub(super) operation: u32,
    /// Bed, nursing and consultation of a stay day.
    pub(super) stay_daily: Vec<u32>,
    /// Pairs of a whole and its part.
    pub(super) pairs: Vec<(u32, u32)>,
    /// Pairs of an item and the consumable that it contains.
    pub(super) consumed: Vec<(u32, u32)>,
    /// Pairs that do not go together.
    pub(super) mixes: Vec<(u32, u32)>,
    /// How many items have stock rows in base traffic.
    pub(super) n_stocked: u32,
}

impl Universe {
    /// The lowest ceiling of an item on a day at a level, `i64::MAX` without any; nothing where a
    /// ceiling goes by levels and the institution has none.
    pub(super) fn ceiling_on(&self, item: u32, level: &str, day: i64) -> Option<i64> {
        let rows = self.ceilings.get(&item).into_iter().flatten();
        let held = rows.filter(|row| row.from <= day && row.until.is_none_or(|until| day < until));
        let mut lowest = i64::MAX;
        for row in held {
            if row.level != 0 && level.is_empty() {
                return None;
            }
            if row.level == 0 || row.level.to_string() == level {
                lowest = lowest.min(row.price);
            }
        }
        Some(lowest)
    }

    /// Makes the items.
    pub(super) fn new(
        knowledge: &Knowledge,
        reference: Option<&Path>,
        n_lines: u64,
        horizon: (i64, i64),
    ) -> Result<Self, SynthError> {
        let mut draw = Draw::new(0x0069_7465_6d73 ^ n_lines);
        let imported = match reference {
            Some(folder) => read_imported(folder)?,
            None => Imported::default(),
        };
        let mut items = listed_items(&imported, horizon);
        let n_listed = items.len();
        limit_items(&mut items, &imported, horizon);
        add_named(&mut items, knowledge);
        let mut made = made::Maker::new(items, &imported, horizon, &mut draw);
        made.add_plain(if reference.is_some() { 60 } else { n_lines.clamp(400, 6400) });
        made.add_special();
        made.price_all(n_listed);
        let (mut items, price_rows, expired) = made.done();
        for item in &mut items {
            item.named |= knowledge.named.get(&item.code).copied().unwrap_or(0);
            // What the reference lists as another kind than tables take it for, nothing is planted with.
            if item.named != 0 && item.listed.is_some() && item.kind != Kind::of_code(&item.code) {
                item.named |= named::OTHER;
            }
        }
        let n_stocked = stock_items(&mut items);
        let pairs = pairs_of(&items, knowledge);
        let consumed = fit_pairs(&items, &knowledge.consumed, named::CONSUMED);
        let mixes = fit_pairs(&items, &knowledge.mixes, named::MIX);
        Ok(Self {
            consumed,
            mixes,
            plain: [Kind::Drug, Kind::Herb, Kind::Service, Kind::Consumable]
                .map(|kind| Pool::new(plain_of(&items, kind))),
            capped: capped_of(&items),
            operation: operation_of(&items),
            stay_daily: stay_daily_of(&items),
            ceilings: ceilings_of(&items, &price_rows, &imported),
            items,
            price_rows,
            imported,
            n_listed,
            expired,
            pairs,
            n_stocked,
        })
    }

    /// Items that `needed` tables name and none besides but `allowed`.
    pub(super) fn named(&self, needed: u64, allowed: u64) -> Vec<u32> {
        let found = self.items.iter().enumerate().filter(|(_, item)| {
            item.is_named(needed, allowed) && item.class != 3 && 0 < item.price
        });
        found.map(|(index, _)| index as u32).collect()
    }

    /// Items that every institution's map of codes has.
    pub(super) fn always_mapped(&self) -> &[u32] {
        &self.capped[..self.capped.len().min(8)]
    }

    /// The plain items of a kind.
    pub(super) fn plain(&self, kind: Kind) -> &Pool {
        match kind {
            Kind::Drug => &self.plain[0],
            Kind::Herb => &self.plain[1],
            Kind::Service => &self.plain[2],
            Kind::Consumable => &self.plain[3],
        }
    }
}

fn read_imported(folder: &Path) -> Result<Imported, SynthError> {
    let failed = |path: &Path, error: &dyn std::fmt::Display| {
        SynthError::input(format!("cannot be read ({error}): {}", path.display()))
    };
    std::fs::read_dir(folder).map_err(|error| failed(folder, &error))?;
    let read = |name: &str| {
        let file = folder.join(name);
        if !file.is_file() {
            return Ok(Vec::new());
        }
        let bytes = std::fs::read(&file).map_err(|error| failed(&file, &error))?;
        read_csv(&bytes).map_err(|error| failed(&file, &error))
    };
    let (catalogue, price_limits) = (read("catalogue.csv")?, read("price_limits.csv")?);
    if catalogue.is_empty() && price_limits.is_empty() {
        return Err(SynthError::input(format!(
            "neither catalogue.csv nor price_limits.csv has rows: {}",
            folder.display()
        )));
    }
    Ok(Imported { catalogue, price_limits })
}

fn is_firm(record: &Record, (start, end): (i64, i64)) -> bool {
    day_of(record.get("begndate")).is_none_or(|from| from <= start)
        && day_of(record.get("enddate")).is_none_or(|until| end <= until)
}

/// The items of the imported catalogue; those that change in the horizon are left alone.
fn listed_items(imported: &Imported, horizon: (i64, i64)) -> Vec<Item> {
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    let mut groups: BTreeMap<&str, u32> = BTreeMap::new();
    let mut items: Vec<Item> = Vec::new();
    for record in &imported.catalogue {
        let code = record.get("hilist_code");
        if let Some(known) = place.get(code) {
            items[*known].named |= named::OTHER;
            continue;
        }
        place.insert(code, items.len());
        let mut item = Item::new(code.to_owned(), Kind::of_list_type(record.get("list_type")));
        if record.get("list_type").is_empty() {
            item.kind = Kind::of_code(code);
        }
        item.class = record.get("chrgitm_lv").trim_start_matches('0').parse().unwrap_or(1);
        if record.get("med_use_flag") == "0" {
            item.class = 3;
        }
        let own = items.len() as u32;
        let generic = record.get("genname_codg");
        item.supply_group =
            if generic.is_empty() { own } else { *groups.entry(generic).or_insert(own) };
        item.doubtful_dose = true;
        let listed = ["list_type", "med_chrgitm_type", "chrgitm_lv"];
        item.listed = Some(listed.map(|column| record.get(column).to_owned()));
        if !is_firm(record, horizon) {
            item.named |= named::OTHER;
        }
        items.push(item);
    }
    items
}

/// Takes the imported ceilings; an item only they name joins the items.
fn limit_items(items: &mut Vec<Item>, imported: &Imported, (start, end): (i64, i64)) {
    let mut place: BTreeMap<String, usize> =
        items.iter().enumerate().map(|(index, item)| (item.code.clone(), index)).collect();
    for record in &imported.price_limits {
        let from = day_of(record.get("begndate")).unwrap_or(i64::MIN);
        let until = day_of(record.get("enddate")).unwrap_or(i64::MAX);
        let code = record.get("hilist_code");
        if until <= start || end <= from || code.is_empty() {
            continue;
        }
        let index = *place.entry(code.to_owned()).or_insert_with(|| {
            items.push(Item::new(code.to_owned(), Kind::of_code(code)));
            items.len() - 1
        });
        let item = &mut items[index];
        let level = record.get("lmtpric_hosp_lv").trim_start_matches('0').parse().unwrap_or(0);
        match decimal(record.get("hilist_pric_uplmt_amt"), 6) {
            Some(price) if 1_000 <= price && level <= 3 => item.limit(level, price),
            Some(_) | None => item.named |= named::OTHER,
        }
    }
}

/// The ceiling rows of the city and those handed on, by item.
fn ceilings_of(
    items: &[Item],
    own: &[PriceRow],
    imported: &Imported,
) -> BTreeMap<u32, Vec<PriceRow>> {
    let place: BTreeMap<&str, u32> =
        items.iter().enumerate().map(|(index, item)| (item.code.as_str(), index as u32)).collect();
    let handed_on = imported.price_limits.iter().filter_map(|record| {
        Some(PriceRow {
            item: *place.get(record.get("hilist_code"))?,
            level: record.get("lmtpric_hosp_lv").trim_start_matches('0').parse().unwrap_or(0),
            price: decimal(record.get("hilist_pric_uplmt_amt"), 6)?,
            from: day_of(record.get("begndate")).unwrap_or(i64::MIN),
            until: day_of(record.get("enddate")),
        })
    });
    let mut of_item: BTreeMap<u32, Vec<PriceRow>> = BTreeMap::new();
    for row in own.iter().copied().chain(handed_on) {
        of_item.entry(row.item).or_default().push(row);
    }
    of_item
}

/// Adds the items that the tables name, some of each combination, pairs first.
fn add_named(items: &mut Vec<Item>, knowledge: &Knowledge) {
    let mut known: BTreeSet<String> = items.iter().map(|item| item.code.clone()).collect();
    let mut n_of: BTreeMap<u64, usize> = BTreeMap::new();
    let pairs = [&knowledge.pairs, &knowledge.consumed, &knowledge.mixes];
    let of_pairs = pairs.into_iter().flat_map(|pairs| pairs.iter().take(MOST_OF_A_KIND));
    let of_pairs = of_pairs.flat_map(|pair| [&pair.whole, &pair.part]).map(|code| (code, true));
    let of_tables = knowledge.named.keys().map(|code| (code, false));
    for (code, is_wanted) in of_pairs.chain(of_tables) {
        let bits = knowledge.named.get(code).copied().unwrap_or(0);
        let n_same = n_of.entry(bits).or_default();
        let is_enough = !is_wanted && MOST_OF_A_KIND <= *n_same;
        if is_enough || bits & named::OTHER != 0 || known.contains(code) {
            continue;
        }
        *n_same += 1;
        known.insert(code.clone());
        items.push(Item::new(code.clone(), Kind::of_code(code)));
    }
}

/// Gives some plain drugs and consumables a place in stock.
fn stock_items(items: &mut [Item]) -> u32 {
    let mut n_stocked = 0;
    for (index, item) in items.iter_mut().enumerate() {
        let is_packed = matches!(item.kind, Kind::Drug | Kind::Consumable);
        if is_packed && is_plain(item) && index % 3 == 0 && n_stocked < MOST_STOCKED {
            item.stock = Some(n_stocked);
            n_stocked += 1;
        }
    }
    n_stocked
}

fn is_plain(item: &Item) -> bool {
    item.named & !named::TRACE_EXEMPT == 0
}

fn plain_of(items: &[Item], kind: Kind) -> Vec<u32> {
    let plain = items.iter().enumerate().filter(|(_, item)| is_plain(item) && item.kind == kind);
    plain.map(|(index, _)| index as u32).collect()
}

fn capped_of(items: &[Item]) -> Vec<u32> {
    let capped = items.iter().enumerate().filter(|(_, item)| {
        is_plain(item)
            && !item.kind.is_drug()
            && (1..=3).all(|level| item.ceiling(level).is_some())
            && item.class != 3
    });
    capped.map(|(index, _)| index as u32).collect()
}

fn operation_of(items: &[Item]) -> u32 {
    items.iter().position(|item| item.name == made::OPERATION).unwrap_or(0) as u32
}

/// Prefers the ward bed, nursing of the second grade and the ward round.
fn stay_daily_of(items: &[Item]) -> Vec<u32> {
    let allowed = named::DAILY | named::PART;
    let found =
        items.iter().enumerate().filter(|(_, item)| item.is_named(named::STAY_DAYS, allowed));
    let mut found: Vec<(usize, &Item)> = found.collect();
    let usual = ["001109000010000", "001201000040000", "001102000050000"];
    found.sort_by_key(|(_, item)| !usual.contains(&item.code.as_str()));
    found.into_iter().take(3).map(|(index, _)| index as u32).collect()
}

/// The pairs of which nothing else is said but how often and how long.
fn pairs_of(items: &[Item], knowledge: &Knowledge) -> Vec<(u32, u32)> {
    let allowed = named::WHOLE
        | named::PART
        | named::DAILY
        | named::MONTHLY
        | named::HOURS
        | named::STAY_DAYS;
    fit_pairs(items, &knowledge.pairs, allowed)
}

/// The pairs of which no tables but the `allowed` speak, and that do not stand the other way, too.
fn fit_pairs(items: &[Item], pairs: &[Pair], allowed: u64) -> Vec<(u32, u32)> {
    let place: BTreeMap<&str, u32> =
        items.iter().enumerate().map(|(index, item)| (item.code.as_str(), index as u32)).collect();
    let both: Vec<(u32, u32)> = pairs
        .iter()
        .filter_map(|pair| {
            Some((*place.get(pair.whole.as_str())?, *place.get(pair.part.as_str())?))
        })
        .collect();
    let is_fit = |index: u32| items[index as usize].is_named(0, allowed);
    let fit = both.iter().filter(|(whole, part)| {
        whole != part && is_fit(*whole) && is_fit(*part) && !both.contains(&(*part, *whole))
    });
    fit.copied().collect()
}
