//! The reference tables of a small dense month.

use crate::oracle::civil::{Day, at, day};
use crate::oracle::reference::{
    CatalogueRow, Institution, PriceLimit, Reference, SelfPay, StockMove,
};
use crate::oracle::registry::{MappedItem, Practitioner};

use super::random::Random;

/// The first day of every generated month: a month and a quarter end ten days later.
pub fn first_day() -> Day {
    day(2026, 9, 21)
}

/// How many days services spread over.
pub const SPAN_DAYS: i64 = 40;

/// One item with what its lines need.
#[derive(Clone, Debug)]
pub struct Item {
    /// The code.
    pub code: String,
    /// The usual price, 10^-6 yuan.
    pub pric: i64,
    /// In-policy percent of the amount.
    pub in_policy: i64,
}

/// The items of a month.
pub fn items(random: &mut Random) -> Vec<Item> {
    let n_items = random.between(6, 13);
    let mut items = Vec::new();
    for nth in 1..=n_items {
        let pric = random.pick(&[1_000_000, 5_000_000, 12_345_678, 333_333, 40_000_000, 5_000]);
        let in_policy = random.pick(&[100, 100, 100, 50, 80, 0]);
        items.push(Item { code: format!("I{nth:02}"), pric, in_policy });
    }
    if random.chance(30) {
        items.push(Item { code: "P000".to_owned(), pric: 1_000_000, in_policy: 100 });
    }
    items
}

/// A day inside the month, at which something begins or ends.
pub fn inner_day(random: &mut Random) -> Day {
    first_day() + random.between(3, SPAN_DAYS - 3)
}

/// A range of days: mostly open, sometimes beginning or ending inside the month.
pub fn range(random: &mut Random) -> (Option<Day>, Option<Day>) {
    match random.between(0, 10) {
        0 => (Some(inner_day(random)), None),
        1 => (None, Some(inner_day(random))),
        2 => {
            let begins = inner_day(random);
            (Some(begins), Some(begins + random.between(1, 12)))
        }
        3..=5 => (Some(day(2020, 1, 1)), None),
        _ => (None, None),
    }
}

/// The reference tables; now and then one of them is missing.
pub fn reference(random: &mut Random, institutions: &[String], items: &[Item]) -> Reference {
    let has = |random: &mut Random| random.chance(92);
    let rows = institution_rows(random, institutions);
    let catalogue = catalogue_rows(random, items);
    let limits = price_limits(random, items);
    let inventory = inventory(random, institutions, items);
    let practitioners = practitioners(random, institutions);
    let item_map = item_map(random, institutions, items);
    Reference {
        institutions: has(random).then_some(rows),
        catalogue: has(random).then_some(catalogue),
        price_limits: has(random).then_some(limits),
        selfpay: has(random).then(|| first_shares(random, items)),
        inventory: has(random).then_some(inventory),
        practitioners: has(random).then_some(practitioners),
        item_map: has(random).then_some(item_map),
        trace_codes: None,
    }
}

fn institution_rows(random: &mut Random, codes: &[String]) -> Vec<Institution> {
    let mut rows = Vec::new();
    for code in codes {
        rows.push(Institution {
            fixmedins_code: code.clone(),
            lmtpric_hosp_lv: random.maybe(85, &["1", "02", "3", "2", "03"]),
            begntime: agreement_begin(random),
            endtime: random.chance(12).then(|| inner_day(random)),
            ..Institution::default()
        });
    }
    rows
}

fn agreement_begin(random: &mut Random) -> Option<Day> {
    match random.between(0, 10) {
        0 => Some(inner_day(random)),
        1 => None,
        _ => Some(day(2020, 1, 1)),
    }
}

fn catalogue_rows(random: &mut Random, items: &[Item]) -> Vec<CatalogueRow> {
    let mut rows = Vec::new();
    for item in items {
        if random.chance(7) {
            continue;
        }
        let mut row = catalogue_row(random, item);
        if random.chance(15) {
            // The same item by another row from some day on.
            let changes = inner_day(random);
            row.enddate = Some(changes);
            let mut next = catalogue_row(random, item);
            next.begndate = Some(changes);
            rows.push(next);
        } else {
            (row.begndate, row.enddate) = range(random);
        }
        rows.push(row);
    }
    rows
}

fn catalogue_row(random: &mut Random, item: &Item) -> CatalogueRow {
    CatalogueRow {
        hilist_code: item.code.clone(),
        hilist_name: Some(format!("项目{}", item.code)),
        list_type: random.maybe(85, &["101", "101", "102", "103", "201", "301"]),
        med_chrgitm_type: None,
        chrgitm_lv: random.maybe(85, &["01", "02", "01", "02", "03"]),
        med_use_flag: random.maybe(97, &["1", "1", "1", "1", "1", "0"]),
        genname_codg: random.maybe(60, &["G1", "G2"]),
        min_pac_cnt: random.chance(85).then_some(random.pick(&[70_000, 100_000, 140_000, 10_000])),
        daily_dose: random.chance(85).then_some(random.pick(&[1_000_000, 3_000_000, 700_000])),
        dose_per_unit: random.chance(90).then_some(random.pick(&[1_000_000, 500_000, 250_000])),
        dose_unit: random.maybe(50, &["g", "mg", "g", "片"]),
        begndate: None,
        enddate: None,
    }
}

fn price_limits(random: &mut Random, items: &[Item]) -> Vec<PriceLimit> {
    let mut limits = Vec::new();
    for item in items {
        for level in [None, Some("1"), Some("02"), Some("3")] {
            if !random.chance(25) {
                continue;
            }
            let (begndate, enddate) = range(random);
            let step = random.pick(&[-1, 0, 0, 1, -100_000, 100_000]);
            limits.push(PriceLimit {
                hilist_code: item.code.clone(),
                hilist_lmtpric_type: None,
                lmtpric_hosp_lv: level.map(str::to_owned),
                hilist_pric_uplmt_amt: (item.pric + step).max(0),
                begndate,
                enddate,
            });
        }
    }
    limits
}

fn first_shares(random: &mut Random, items: &[Item]) -> Vec<SelfPay> {
    let mut rows = Vec::new();
    for item in items {
        for psn_type in [None, Some("11"), Some("12"), Some("310"), Some("390"), Some("99")] {
            // First shares mostly; rows of another type tell none.
            for ty in [None, Some("10"), Some("20")] {
                let of_100 = match (psn_type, ty) {
                    (None, None) => 75,
                    (_, None) => 15,
                    (_, Some("10")) => 12,
                    (_, Some(_)) => 6,
                };
                if !random.chance(of_100) {
                    continue;
                }
                let (begndate, enddate) = range(random);
                rows.push(SelfPay {
                    hilist_code: item.code.clone(),
                    selfpay_prop_psn_type: psn_type.map(str::to_owned),
                    selfpay_prop_type: ty.map(str::to_owned),
                    selfpay_prop: random.pick(&[0, 100_000, 150_000, 333_333, 1_000_000]),
                    begndate,
                    enddate,
                });
            }
        }
    }
    rows
}

fn inventory(random: &mut Random, institutions: &[String], items: &[Item]) -> Vec<StockMove> {
    let mut moves = Vec::new();
    for code in institutions {
        for item in items {
            if !random.chance(35) {
                continue;
            }
            for _ in 0..random.between(1, 4) {
                moves.push(StockMove {
                    fixmedins_code: code.clone(),
                    med_list_codg: product_of(&item.code),
                    inv_chg_type: random.maybe(70, &["108", "101", "109"]),
                    event_time: at(first_day() + random.between(-30, 40), 36_000),
                    cnt: random.pick(&[10_000, 30_000, 50_000, 105_000, -20_000, 33_333]),
                });
            }
        }
    }
    moves
}

fn practitioners(random: &mut Random, institutions: &[String]) -> Vec<Practitioner> {
    let mut rows = Vec::new();
    for code in institutions {
        for doctor in ["D1", "D2", "D3", "D4"] {
            if random.chance(15) {
                continue;
            }
            let (begndate, enddate) = range(random);
            rows.push(Practitioner {
                prac_psn_code: doctor.to_owned(),
                prac_psn_type: Some("1".to_owned()),
                fixmedins_code: code.clone(),
                begntime: agreement_begin(random),
                endtime: random.chance(12).then(|| inner_day(random)),
                begndate,
                enddate,
                ..Practitioner::default()
            });
        }
    }
    rows
}

fn item_map(random: &mut Random, institutions: &[String], items: &[Item]) -> Vec<MappedItem> {
    let mut rows = Vec::new();
    for code in institutions {
        for item in items {
            for _ in 0..random.pick(&[0, 0, 1, 1, 1, 2]) {
                // Items have prices, products do not.
                let national = match random.between(0, 5) {
                    0 | 1 => product_of(&item.code),
                    2 => product_of(&random.pick(items).code),
                    _ => random.pick(items).code,
                };
                let (begndate, enddate) = range(random);
                rows.push(MappedItem {
                    fixmedins_code: code.clone(),
                    medins_list_codg: own_code_of(&item.code),
                    med_list_codg: national,
                    begndate,
                    enddate,
                });
            }
        }
    }
    rows
}

/// An institution's own code of an item.
pub fn own_code_of(item: &str) -> String {
    format!("Y{item}")
}

/// The product code of an item; some items are their own product.
pub fn product_of(item: &str) -> String {
    if item.ends_with('1') { item.to_owned() } else { item.replace('I', "M") }
}
