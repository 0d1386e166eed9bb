//! Knowledge points as rows of pack tables.
//!
//! Source: the rule and knowledge libraries of the National Healthcare Security Administration
//! (两库), batches 1 to 18. Where a copy of a sheet lost its column of numbers, only what the unit
//! or the wording says outright is taken, and the basis says so.

use jihe_terms::{Day, decimal_text, parse_decimal};

use crate::basis::Document;
use crate::cell::{Cell, CodeOf, code, no_number};
use crate::class::Class;
use crate::entry::{Entry, Outcome};
use crate::header::Role;
use crate::indication;
use crate::place::{Place, Refused};
use crate::point::Point;
use crate::shape::{self, Shape};
use crate::wording::{self, NoLimit};

/// `insutype` of maternity insurance.
const MATERNITY: &str = "510";
/// The platform's `insutype` has no code for work injury, which is another fund. No settlement of
/// a medical fund carries this word, so that an item limited to it is payable from none of them.
const WORK_INJURY: &str = "work-injury";

/// Classes whose limit may have a column of its own.
const OWN_COLUMNS: [(Class, Role); 4] = [
    (Class::Age, Role::LimitAge),
    (Class::Level, Role::LimitLevel),
    (Class::Visit, Role::LimitVisit),
    (Class::Course, Role::LimitCourse),
];

/// What a class says of an item: its table, the values beside the code, a remark for the basis.
struct Limit {
    shape: &'static Shape,
    /// Key columns after the item's code.
    key: Vec<String>,
    /// Value columns, one list for each row.
    values: Vec<Vec<String>>,
    remark: &'static str,
}

impl Limit {
    fn of(shape: &'static Shape, values: Vec<Vec<String>>) -> Self {
        Self { shape, key: Vec::new(), values, remark: "" }
    }

    fn one(shape: &'static Shape, values: &[&str]) -> Self {
        Self::of(shape, vec![values.iter().map(|&value| value.to_owned()).collect()])
    }
}

/// Gives the rows of a point; a point that gives none says why.
pub(crate) fn entries(point: &Point, document: &Document) -> Vec<Outcome> {
    let (from, until) = match document.days(point) {
        Ok(days) => days,
        Err(refused) => return vec![Err(refused)],
    };
    if point.class == Class::Pairs {
        return vec![pair(point, document, (from, until))];
    }
    let mut outcomes = if point.class == Class::Indication {
        indication::diagnoses(point, document, (from, until))
    } else {
        Vec::new()
    };
    let limit = match limit(point, document) {
        Ok(limit) => limit,
        Err(mut refused) => {
            if point.header.has(Role::PointRef) {
                refused.reason.push_str(": import the sheet of points with that of their codes");
            }
            return vec![Err(refused)];
        }
    };
    if point.codes.is_empty() {
        let reason = if point.header.has(Role::Code) {
            "no codes for this row"
        } else {
            "no codes for this row: import the sheet of codes with it, as one workbook or folder"
        };
        return vec![Err(point.refuse(Role::Code, reason))];
    }
    outcomes.extend(point.codes.iter().map(|(cell, place)| {
        let item = item(cell, place, point.header.name(Role::Code))?;
        let mut key = vec![item];
        key.extend(limit.key.iter().cloned());
        Ok(Entry {
            shape: limit.shape,
            key,
            values: limit.values.clone(),
            from,
            until,
            basis: document.basis(point, &point.place, limit.remark),
            place: place.clone(),
        })
    }));
    outcomes
}

fn item(cell: &Cell, place: &Place, column: &str) -> Result<String, Refused> {
    code(cell, CodeOf::Nation)
        .map(str::to_owned)
        .map_err(|reason| place.refuse(column, reason, cell.text()))
}

fn limit(point: &Point, document: &Document) -> Result<Limit, Refused> {
    // A column of its own says it outright; the wording is read where there is none.
    let own = OWN_COLUMNS.iter().find(|(class, _)| *class == point.class).map(|&(_, role)| role);
    let role = own.filter(|&role| !point.text(role).is_empty()).unwrap_or(Role::Wording);
    let words = point.text(role);
    let unsaid = |reason: NoLimit| point.refuse(role, reason);
    match point.class {
        Class::Sex => sex(point),
        Class::Age => wording::age(&point.age_words(), words)
            .map(|values| Limit::of(&shape::ITEM_AGE, vec![values.to_vec()]))
            .map_err(unsaid),
        Class::ChildForbidden => {
            let until = wording::forbidden_below(words).to_string();
            let limit = Limit::one(&shape::ITEM_AGE_FORBIDDEN, &[&until]);
            Ok(Limit { key: vec!["0".to_owned(), "year".to_owned()], ..limit })
        }
        Class::Level => wording::level(words)
            .map(|level| Limit::one(&shape::ITEM_LEVEL, &[level]))
            .map_err(unsaid),
        Class::Visit => wording::visits(words)
            .map(|types| {
                let rows = types.into_iter().map(|med_type| vec![med_type.to_owned()]).collect();
                Limit::of(&shape::ITEM_VISIT, rows)
            })
            .map_err(unsaid),
        Class::DayLimit => day_limit(point),
        Class::Period => period(point),
        Class::Course => wording::course_cell(words)
            .map(|days| Limit::one(&shape::ITEM_COURSE, &[&days.to_string()]))
            .map_err(unsaid),
        Class::OperationGroup => operation_group(point, document),
        Class::HerbNever => Ok(Limit::one(&shape::HERB_NOT_PAYABLE, &[])),
        Class::HerbAlone => Ok(Limit::one(&shape::HERB_ALONE, &[])),
        Class::Indication => indication::set(point)
            .map(|set| Limit { key: vec![set], ..Limit::one(&shape::ITEM_INDICATION, &[]) }),
        Class::Internet => Ok(Limit::one(&shape::INTERNET_FORBIDDEN, &[])),
        Class::SecondLine => Ok(Limit::one(&shape::ITEM_SECOND_LINE, &[])),
        Class::WorkInjury => Ok(Limit::one(&shape::ITEM_SCHEME, &[WORK_INJURY])),
        Class::Maternity => Ok(Limit::one(&shape::ITEM_SCHEME, &[MATERNITY])),
        Class::Pairs | Class::Prices | Class::Drugs | Class::Materials | Class::Other => {
            Err(untaken(point, "no table takes this class"))
        }
    }
}

fn untaken(point: &Point, reason: &str) -> Refused {
    let mut refused = point.refuse(Role::Class, reason);
    refused.value.clone_from(&point.class_words);
    refused
}

fn pair(point: &Point, document: &Document, (from, until): (Day, Option<Day>)) -> Outcome {
    let (window, remark) = match point.text(Role::Interval) {
        "单日" | "当日" | "同日" | "日" | "day" => ("day", ""),
        "单次住院" | "一次住院" | "同次住院" | "住院期间" | "stay" => ("stay", ""),
        // Every row of the official sheet says 单日; copies lose the column.
        "" if !point.header.has(Role::Interval) => ("day", "时间区间 not in the sheet: 单日"),
        _ => return Err(point.refuse(Role::Interval, "neither a day nor a stay")),
    };
    let side = |role| item(point.cell(role), &point.place, point.header.name(role));
    let (item_a, item_b) = (side(Role::CodeA)?, side(Role::CodeB)?);
    if item_a == item_b {
        return Err(point.refuse(Role::CodeB, "an item is no part of itself"));
    }
    Ok(Entry {
        shape: &shape::CONTAINED,
        key: vec![item_a, item_b, window.to_owned()],
        values: vec![Vec::new()],
        from,
        until,
        basis: document.basis(point, &point.place, remark),
        place: point.place.clone(),
    })
}

fn sex(point: &Point) -> Result<Limit, Refused> {
    let gend = match point.text(Role::Sex) {
        "男" | "男性" | "限男性" | "1" => "1",
        "女" | "女性" | "限女性" | "2" => "2",
        "" => return Err(point.refuse(Role::Sex, "limit is not in the sheet")),
        _ => return Err(point.refuse(Role::Sex, "neither 男 nor 女")),
    };
    Ok(Limit::one(&shape::ITEM_SEX, &[gend]))
}

/// Limits of a day count per encounter (the rule daily-quantity); items billed by the hour with the
/// 24 hours of the day count per person (the rule hours-over-day).
fn day_limit(point: &Point) -> Result<Limit, Refused> {
    let unit = wording::unit(point.text(Role::Wording));
    let given = point.text(Role::DayMax);
    let hours = |remark| Limit { remark, ..Limit::one(&shape::ITEM_HOURS, &[]) };
    let per_day = |max: &str, remark| Limit {
        key: vec!["encounter".to_owned(), "day".to_owned()],
        remark,
        ..Limit::one(&shape::ITEM_QUANTITY, &[max])
    };
    if !point.header.has(Role::DayMax) {
        return match unit {
            Some("hour") => Ok(hours("单日上限数量 not in the sheet: billed by the hour")),
            Some(_) => Ok(per_day("1", "单日上限数量 not in the sheet: 1 by its unit")),
            None => Err(point.refuse(Role::Wording, "limit is not in the sheet")),
        };
    }
    let max = positive(&wording::bare_number(given), 4)
        .map_err(|reason| point.refuse(Role::DayMax, reason))?;
    if unit == Some("hour") && max == "24" { Ok(hours("")) } else { Ok(per_day(&max, "")) }
}

fn period(point: &Point) -> Result<Limit, Refused> {
    let (days, count) = (Role::Period, Role::MaxCount);
    if point.header.has(days) && point.header.has(count) {
        let whole = |role| {
            positive(&wording::bare_number(point.text(role)), 0)
                .map_err(|reason| point.refuse(role, reason))
        };
        return Ok(Limit::one(&shape::ITEM_PERIOD, &[&whole(days)?, &whole(count)?]));
    }
    let (days, count) = wording::period(point.text(Role::Wording))
        .ok_or_else(|| point.refuse(Role::Wording, "limit is not in the sheet"))?;
    let limit = Limit::one(&shape::ITEM_PERIOD, &[&days.to_string(), &count.to_string()]);
    Ok(Limit { remark: "频次上限 and 周期 not in the sheet: by its wording", ..limit })
}

fn operation_group(point: &Point, document: &Document) -> Result<Limit, Refused> {
    let role = if point.header.has(Role::Group) { Role::Group } else { Role::Wording };
    let group = point.text(role);
    if group.is_empty() {
        return Err(point.refuse(role, "group is missing"));
    }
    let (ppm, remark) = match (point.text(Role::Discount), document.discount_ppm) {
        ("", Some(ppm)) => (ppm, "discount as given to the import"),
        ("", None) => {
            return Err(point.refuse(role, "discount is not in the sheet: give one to the import"));
        }
        (text, _) => (
            discount(text)
                .ok_or_else(|| point.refuse(Role::Discount, "not a ratio above 0 and up to 1"))?,
            "",
        ),
    };
    let limit = Limit::one(&shape::OPERATION_GROUP, &[&trimmed(ppm, 6)]);
    Ok(Limit { key: vec![group.to_owned()], remark, ..limit })
}

/// `0.7` or `70%` in millionths.
fn discount(text: &str) -> Option<i64> {
    let ppm = match text.strip_suffix(['%', '％']) {
        Some(percent) => parse_decimal(percent.as_bytes(), 4, 9).ok()?,
        None => parse_decimal(text.as_bytes(), 6, 9).ok()?,
    };
    (0 < ppm && ppm <= 1_000_000).then_some(ppm)
}

/// A number above 0, without closing zeros.
fn positive(text: &str, scale: u32) -> Result<String, &'static str> {
    match parse_decimal(text.as_bytes(), scale, 16) {
        Ok(value) if 0 < value => Ok(trimmed(value, scale)),
        Ok(_) => Err("not above 0"),
        Err(fault) => Err(no_number(fault)),
    }
}

fn trimmed(value: i64, scale: u32) -> String {
    let text = decimal_text(i128::from(value), scale);
    if scale == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discount_is_a_ratio_or_per_cent() {
        for (text, ppm) in [
            ("0.70", Some(700_000)),
            ("50%", Some(500_000)),
            ("1", Some(1_000_000)),
            ("0", None),
            ("150%", None),
            ("七折", None),
        ] {
            assert_eq!(discount(text), ppm, "{text}");
        }
        assert_eq!(trimmed(700_000, 6), "0.7");
        assert_eq!(trimmed(240_000, 4), "24");
        assert_eq!(trimmed(10, 0), "10");
    }
}
