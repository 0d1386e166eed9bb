//! Price lists, drug lists and lists of materials as rows of reference tables.

use jihe_terms::{Day, decimal_text, parse_decimal};

use crate::basis::Document;
use crate::cell::{Cell, CodeOf, code, no_number};
use crate::class::Class;
use crate::entry::{Entry, Outcome};
use crate::header::Role;
use crate::place::Refused;
use crate::point::Point;
use crate::shape;

/// Services and materials by `list_type`.
const SERVICE: &str = "201";
const MATERIAL: &str = "301";
/// Western and patent drugs by `list_type`.
const DRUG: &str = "101";
/// Consumables by `med_chrgitm_type`.
const CONSUMABLE: &str = "08";
/// Put before the number of a drug list without national codes, so that it is no other code.
const DRUG_PREFIX: &str = "GX";

/// Price columns by level, as they stand in lists.
const LEVELS: [(Role, &str); 3] = [(Role::Price3, "3"), (Role::Price2, "2"), (Role::Price1, "1")];

/// Tells whether the class is a list.
pub(crate) fn is_list(class: Class) -> bool {
    matches!(class, Class::Prices | Class::Drugs | Class::Materials)
}

/// Gives the rows of a list's row.
pub(crate) fn entries(point: &Point, document: &Document) -> Vec<Outcome> {
    let days = match document.days(point) {
        Ok(days) => days,
        Err(refused) => return vec![Err(refused)],
    };
    match coded(point) {
        Err(refused) => vec![Err(refused)],
        Ok(item) => {
            let mut outcomes = vec![catalogue(point, document, days, &item)];
            if point.class == Class::Prices {
                outcomes.extend(prices(point, document, days, &item));
            }
            outcomes
        }
    }
}

/// The item's code: the national one if the list has it, else the list's own.
fn coded(point: &Point) -> Result<String, Refused> {
    let read = |role, whose| {
        code(point.cell(role), whose)
            .map(str::to_owned)
            .map_err(|reason| point.refuse(role, reason))
    };
    if !point.cell(Role::NationCode).is_empty() {
        return read(Role::NationCode, CodeOf::Nation);
    }
    if point.header.has(Role::Code) {
        return read(Role::Code, CodeOf::List);
    }
    let number = point.text(Role::Id);
    let numbered = Cell::of_text(&format!("{DRUG_PREFIX}{number}"));
    if number.is_empty() {
        return Err(point.refuse(Role::Id, "code is missing"));
    }
    code(&numbered, CodeOf::Nation)
        .map(str::to_owned)
        .map_err(|reason| point.refuse(Role::Id, reason))
}

fn catalogue(
    point: &Point,
    document: &Document,
    (from, until): (Day, Option<Day>),
    item: &str,
) -> Outcome {
    let (list_type, charge_type, level) = if point.class == Class::Drugs {
        (DRUG, "", drug_level(point)?)
    } else if point.class == Class::Materials {
        (MATERIAL, CONSUMABLE, "")
    } else {
        (SERVICE, charge_type(point.text(Role::Finance)), "")
    };
    let name = point.text(Role::Name).replace("\r\n", "\n").replace(['\n', '\r'], " ");
    let remark = if point.class == Class::Drugs && !point.header.has(Role::Code) {
        "no code in the list: its number"
    } else {
        ""
    };
    Ok(Entry {
        shape: &shape::CATALOGUE,
        key: vec![item.to_owned()],
        values: vec![vec![name, list_type.to_owned(), charge_type.to_owned(), level.to_owned()]],
        from,
        until,
        basis: document.basis(point, &point.place, remark),
        place: point.place.clone(),
    })
}

/// `chrgitm_lv` of a drug.
fn drug_level(point: &Point) -> Result<&'static str, Refused> {
    match point.text(Role::DrugClass) {
        "甲" | "甲类" => Ok("01"),
        "乙" | "乙类" => Ok("02"),
        "丙" | "丙类" => Ok("03"),
        _ => Err(point.refuse(Role::DrugClass, "neither 甲, 乙 nor 丙")),
    }
}

/// `med_chrgitm_type` by the letter of the national price item specification (财务分类).
fn charge_type(finance: &str) -> &'static str {
    match finance {
        "A" => "13",
        "B" => "01",
        "C" => "02",
        "D" => "03",
        "E" => "05",
        "F" => "07",
        "G" => "06",
        "H" => "04",
        "J" => "14",
        "K" => CONSUMABLE,
        _ => "",
    }
}

fn prices(
    point: &Point,
    document: &Document,
    (from, until): (Day, Option<Day>),
    item: &str,
) -> Vec<Outcome> {
    let levels: Vec<_> = LEVELS.into_iter().filter(|&(role, _)| point.header.has(role)).collect();
    let texts: Vec<&str> = levels.iter().map(|&(role, _)| point.text(role)).collect();
    if let [first, rest @ ..] = texts.as_slice()
        && rest.iter().all(|text| text == first)
        && let (Err(reason), Some(&(role, _))) = (ceiling(first), levels.first())
    {
        // One price that stands for every level is refused once.
        return vec![Err(point.refuse(role, reason))];
    }
    levels
        .into_iter()
        .map(|(role, level)| {
            let unsure = point.header.unsure(role);
            let amount = unsure.map_or_else(|| ceiling(point.text(role)), Err);
            let amount = amount.map_err(|reason| point.refuse(role, reason))?;
            Ok(Entry {
                shape: &shape::PRICE_LIMITS,
                key: vec![item.to_owned(), String::new(), level.to_owned()],
                values: vec![vec![amount]],
                from,
                until,
                basis: document.basis(point, &point.place, ""),
                place: point.place.clone(),
            })
        })
        .collect()
}

/// A ceiling with two decimals, or six where it has more.
fn ceiling(text: &str) -> Result<String, &'static str> {
    match text {
        "" => return Err("price is missing"),
        "待定" | "另定" | "暂定" => return Err("price is not set yet"),
        _ => {}
    }
    if let Ok(fen) = parse_decimal(text.as_bytes(), 2, 14) {
        return if fen < 0 { Err("price is below 0") } else { Ok(decimal_text(fen.into(), 2)) };
    }
    match parse_decimal(text.as_bytes(), 6, 16) {
        Ok(micro) if micro < 0 => Err("price is below 0"),
        Ok(micro) => Ok(decimal_text(micro.into(), 6)),
        Err(fault) => Err(no_number(fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ceiling_is_exact_or_none() {
        for (text, expected) in [
            ("6.5", Ok("6.50")),
            ("15", Ok("15.00")),
            ("0.125", Ok("0.125000")),
            ("待定", Err("price is not set yet")),
            ("", Err("price is missing")),
            ("-1", Err("price is below 0")),
            ("1,200", Err("not a plain number: write it in digits, as 1200.50")),
            ("12.100000000000001", Err("more decimals than the column holds")),
        ] {
            assert_eq!(ceiling(text), expected.map(str::to_owned), "{text}");
        }
    }
}
