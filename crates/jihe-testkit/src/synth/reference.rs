//! The reference folder of the city.

use std::collections::BTreeSet;
use std::path::Path;

use super::SynthError;
use super::calendar::day_text;
use super::houses::Houses;
use super::institution::Quirk;
use super::item::named;
use super::output::Table;
use super::random::Draw;
use super::scribe::World;

const CATALOGUE: [&str; 13] = [
    "hilist_code",
    "hilist_name",
    "list_type",
    "med_chrgitm_type",
    "chrgitm_lv",
    "med_use_flag",
    "genname_codg",
    "min_pac_cnt",
    "daily_dose",
    "dose_per_unit",
    "dose_unit",
    "begndate",
    "enddate",
];
const PRICE_LIMITS: [&str; 6] = [
    "hilist_code",
    "hilist_lmtpric_type",
    "lmtpric_hosp_lv",
    "hilist_pric_uplmt_amt",
    "begndate",
    "enddate",
];

/// More than any institution sells of an item, 10⁻⁴ units.
pub(super) const PLENTY: i64 = 10_000_000_000;

/// Doctors of an institution, as many as a pack may ask for.
pub(super) const N_DOCTORS: u64 = 10;

/// The day on which the labour contracts of all practitioners end.
const CONTRACTS_END: &str = "2099-12-31";

/// The code of a doctor.
pub(super) fn doctor(institution: u32, nth: u64) -> String {
    format!("D3301{institution:06}{nth:02}")
}

/// Writes all tables but the stock.
pub(super) fn write(folder: &Path, world: &World, houses: &Houses) -> Result<(), SynthError> {
    write_institutions(folder, world, houses)?;
    write_practitioners(folder, world)?;
    write_catalogue(folder, world)?;
    write_price_limits(folder, world)?;
    write_item_map(folder, world)?;
    write_selfpay(folder, world)
}

/// A day well before the first month.
fn before(world: &World) -> String {
    day_text(world.months[0].first - 640)
}

fn write_institutions(folder: &Path, world: &World, houses: &Houses) -> Result<(), SynthError> {
    let columns = [
        "fixmedins_code",
        "fixmedins_name",
        "fixmedins_type",
        "hosp_lv",
        "lmtpric_hosp_lv",
        "aprv_bed_cnt",
        "begntime",
        "endtime",
        "opng_date",
        "pnlt_flag",
        "pnlt_date",
        "hi_mgt_psncnt",
        "hi_mgt_dept_flag",
        "drug_stoc_rate",
        "begndate",
        "enddate",
    ];
    let mut table = Table::csv(&folder.join("institutions.csv"), &columns)?;
    let (from, lately) = (before(world), day_text(world.lately()));
    let least = |name: &str, usual: i64| {
        world.law.micro(("qualification", name), world.months[0].first, usual)
    };
    let least_managers = least("managers_least", 2) / 1_000_000;
    let least_stock = least("stock_rate", 0).max(10_000);
    let large = world.values(("qualification", "beds"), 100).max().unwrap_or(100);
    for (nth, institution) in world.institutions.all.iter().enumerate() {
        let quirk = institution.quirk;
        let (name, kind, grade, level, beds) = match institution.level {
            3 => ("医院", "1", "2", "3", 1200),
            2 => ("医院", "1", "5", "2", 400),
            1 => ("卫生院", "1", "8", "1", 60),
            _ => ("药店", "2", "11", "", 0),
        };
        // One without the department is as large as one that needs it.
        let beds = if quirk == Quirk::Undepartmented { beds.max(large) } else { beds };
        let beds = match kind {
            "1" => houses.beds(nth, quirk, beds).to_string(),
            _ => String::new(),
        };
        let opened = if quirk == Quirk::New { &lately } else { &from };
        let ended = if quirk == Quirk::Closed { &lately } else { "" };
        table.text(&institution.code)?.text(&format!("第{}{name}", nth + 1))?.text(kind)?;
        table.text(grade)?.text(level)?.text(&beds)?.text(opened)?.text(ended)?.text(opened)?;
        if quirk == Quirk::Penalised {
            table.text("1")?.text(&lately)?;
        } else {
            table.text("0")?.text("")?;
        }
        let managers = if quirk == Quirk::Unmanaged { least_managers - 1 } else { least_managers };
        table.number(managers, 0)?;
        table.text(match (kind, quirk) {
            ("1", Quirk::Undepartmented) => "0",
            ("1", _) => "1",
            _ => "",
        })?;
        match (kind, quirk) {
            ("2", Quirk::Understocked) => table.number(least_stock - 10_000, 6)?,
            ("2", _) => table.number(least_stock.max(850_000), 6)?,
            _ => table.nothing()?,
        };
        table.text(&from)?.text("")?.end_row()?;
    }
    table.finish()
}

fn write_practitioners(folder: &Path, world: &World) -> Result<(), SynthError> {
    let columns = [
        "prac_psn_code",
        "prac_psn_type",
        "fixmedins_code",
        "begntime",
        "endtime",
        "cntr_begndate",
        "cntr_enddate",
        "begndate",
        "enddate",
    ];
    let mut table = Table::csv(&folder.join("practitioners.csv"), &columns)?;
    let from = before(world);
    for (nth, institution) in world.institutions.all.iter().enumerate() {
        for of_institution in 0..N_DOCTORS {
            table.text(&doctor(nth as u32, of_institution))?;
            table.text(match (institution.level, institution.quirk) {
                (_, Quirk::Unstaffed | Quirk::Unpharmacied) => "2",
                (0, _) => "3",
                _ => "1",
            })?;
            table.text(&institution.code)?.text(&from)?.text("")?;
            table.text(&from)?.text(CONTRACTS_END)?;
            table.text(&from)?.text("")?.end_row()?;
        }
    }
    table.finish()
}

fn write_catalogue(folder: &Path, world: &World) -> Result<(), SynthError> {
    let mut table = Table::csv(&folder.join("catalogue.csv"), &CATALOGUE)?;
    for record in &world.universe.imported.catalogue {
        for column in CATALOGUE {
            table.text(record.get(column))?;
        }
        table.end_row()?;
    }
    let (from, start) = (before(world), day_text(world.months[0].first));
    let expired: BTreeSet<u32> = world.universe.expired.iter().copied().collect();
    for (index, item) in world.universe.items.iter().enumerate().skip(world.universe.n_listed) {
        let is_expired = expired.contains(&(index as u32));
        if item.named & named::UNKNOWN != 0 && !is_expired {
            continue;
        }
        table.text(&item.code)?.text(&item.name)?.text(item.kind.list_type())?;
        table.text(item.charge_type())?.text(&format!("{:02}", item.class))?.text("1")?;
        table.text(item.generic.as_deref().unwrap_or_default())?;
        match (item.days_per_unit, world.knowledge.dose.get(&item.code)) {
            // Ten in a pack, each as much as a day may have.
            (_, Some((most, unit))) => {
                table.number(10, 0)?.nothing()?.number(*most, 6)?.text(unit)?;
            }
            (Some(days), None) => {
                table.number(days * 2, 4)?.number(20_000, 4)?.number(10_000, 4)?.nothing()?;
            }
            (None, None) => {
                table.nothing()?.nothing()?.nothing()?.nothing()?;
            }
        }
        table.text(&from)?.text(if is_expired { &start } else { "" })?.end_row()?;
    }
    table.finish()
}

fn write_price_limits(folder: &Path, world: &World) -> Result<(), SynthError> {
    let mut table = Table::csv(&folder.join("price_limits.csv"), &PRICE_LIMITS)?;
    for record in &world.universe.imported.price_limits {
        for column in PRICE_LIMITS {
            table.text(record.get(column))?;
        }
        table.end_row()?;
    }
    for row in &world.universe.price_rows {
        let level = if row.level == 0 { String::new() } else { row.level.to_string() };
        table.text(&world.universe.items[row.item as usize].code)?.text("1")?.text(&level)?;
        table.number(row.price, 6)?.text(&day_text(row.from))?;
        table.text(&row.until.map(day_text).unwrap_or_default())?.end_row()?;
    }
    table.finish()
}

/// Some of each institution's own codes.
fn write_item_map(folder: &Path, world: &World) -> Result<(), SynthError> {
    let columns = ["fixmedins_code", "medins_list_codg", "med_list_codg", "begndate", "enddate"];
    let mut table = Table::csv(&folder.join("item_map.csv"), &columns)?;
    let mut draw = Draw::new(world.seed ^ 0x6d61_7073);
    let from = before(world);
    for institution in &world.institutions.all {
        let first = draw.below(20) as usize;
        let some = (first..world.universe.items.len()).step_by(97);
        let always = world.universe.always_mapped().iter().map(|item| *item as usize);
        for index in some.chain(always).collect::<BTreeSet<usize>>() {
            let item = &world.universe.items[index];
            if item.named & named::UNKNOWN == 0 {
                table.text(&institution.code)?.text(&own_code(index))?.text(&item.code)?;
                table.text(&from)?.text("")?.end_row()?;
            }
        }
    }
    table.finish()
}

/// An institution's own code of an item.
pub(super) fn own_code(index: usize) -> String {
    format!("Y{index:07}")
}

fn write_selfpay(folder: &Path, world: &World) -> Result<(), SynthError> {
    let columns = [
        "hilist_code",
        "selfpay_prop_psn_type",
        "selfpay_prop_type",
        "selfpay_prop",
        "begndate",
        "enddate",
    ];
    let mut table = Table::csv(&folder.join("selfpay.csv"), &columns)?;
    let from = before(world);
    for item in &world.universe.items {
        if item.class == 2 && item.named & named::UNKNOWN == 0 {
            table.text(&item.code)?.text("")?.text("10")?.number(100_000, 6)?;
            table.text(&from)?.text("")?.end_row()?;
        }
    }
    table.finish()
}

/// Stock that covers what was sold in base traffic, and the planted stock that does not.
pub(super) fn write_stock(
    folder: &Path,
    world: &World,
    (sold, bought): (&[u32], &[bool]),
    planted: &[(u32, u32, i64)],
) -> Result<(), SynthError> {
    let columns = [
        "fixmedins_code",
        "med_list_codg",
        "inv_chg_type",
        "event_time",
        "cnt",
        "pric",
        "begndate",
        "enddate",
    ];
    let mut table = Table::csv(&folder.join("inventory.csv"), &columns)?;
    let mut draw = Draw::new(world.seed ^ 0x0073_746f_636b);
    let stocked: Vec<u32> = (0..world.universe.items.len() as u32)
        .filter(|index| world.universe.items[*index as usize].stock.is_some())
        .collect();
    let mut moves: Vec<(u32, u32, i64)> = Vec::new();
    for (place, units) in sold.iter().enumerate().filter(|(_, units)| 0 < **units) {
        let institution = (place / stocked.len()) as u32;
        let enough = i64::from(*units) + draw.between(0, 1 + i64::from(*units) / 5);
        moves.push((institution, stocked[place % stocked.len()], enough * 10_000));
    }
    moves.extend(planted);
    let from = before(world);
    let first_month = &world.months[0];
    // What was billed and is not counted: plenty of it was bought.
    for (place, _) in bought.iter().enumerate().filter(|(_, is_bought)| **is_bought) {
        let n_items = world.universe.items.len();
        let (institution, item) = ((place / n_items) as u32, (place % n_items) as u32);
        if world.universe.items[item as usize].stock.is_none() {
            moves.push((institution, item, PLENTY));
        }
    }
    let most_days = world.values(("never-bought", "days"), 90).min().unwrap_or(90).max(1);
    for (institution, item, cnt) in moves {
        // What was bought beyond need went back.
        let back = draw.between(0, 20) * 10_000;
        let bought_on = first_month.first - draw.between(1, 28);
        let mut rows = vec![("108", cnt + back, bought_on)];
        if 0 < back {
            rows.push(("109", -back, first_month.first - draw.between(1, 28)));
        }
        let later = later_purchases(world, bought_on, most_days).into_iter();
        rows.extend(later.flat_map(|day| [("108", 10_000, day), ("109", -10_000, day)]));
        for (kind, cnt, day) in rows {
            let known = &world.universe.items[item as usize];
            table.text(&world.institutions.all[institution as usize].code)?;
            table.text(&known.code)?.text(kind)?.moment(day * 86_400 + 32_400)?;
            table.number(cnt, 4)?.number(known.price, 6)?.text(&from)?.text("")?.end_row()?;
        }
    }
    table.finish()
}

/// The days on which some of an item is bought and given back, so that no purchase is ever more than
/// `most_days` ago: the first one of each later month, and others where that is not enough.
fn later_purchases(world: &World, first: i64, most_days: i64) -> Vec<i64> {
    let mut days = Vec::new();
    let mut last = first;
    for month in &world.months {
        let next = month.first + month.n_days;
        while last + most_days < next - 1 {
            last += most_days;
            days.push(last);
        }
        days.push(next);
        last = next;
    }
    // Nothing is billed after the last month.
    days.pop();
    days
}
