//! Evaluates expressions over a batch of subjects, in three-valued logic.

use jihe_frame::Column;
use jihe_rules::expr::{Arithmetic, Compare, Derived, Expr, Literal, Source, Type};
use jihe_terms::schema::TableName;
use jihe_terms::{Day, NO_CODE, NO_DAY, NO_NUMBER, day_of, half_up};

use crate::diagnoses::Told;
use crate::logic::{joined, of_items, of_visits};
use crate::subjects::{Subjects, missing};
use crate::vector::{FALSE, NULL, Rows, TRUE, Values, Vector};
use crate::{aside, calendar, prescription, registry};

/// Codes that are all compared, whether one of them was met or not.
const FEW_CODES: usize = 8;

/// The values of `expr`, one for each subject, or one for all.
pub(crate) fn evaluate(expr: &Expr, on: &Subjects<'_>) -> Vector {
    match expr {
        Expr::Literal(literal) => constant(literal, on),
        Expr::Column(source, place, ty) => on.column(*source, *place, *ty),
        Expr::Row(place, ty) => on.row_column(*place, *ty),
        Expr::Param(place, _) => on.param(*place),
        Expr::Sum(place, _) => on.sum(*place),
        Expr::Derived(which) => derived(*which, on),
        Expr::Not(inner) => {
            let mut values = truth(inner, on);
            for value in values.iter_mut() {
                *value = [TRUE, FALSE, NULL][usize::from(*value)];
            }
            Vector::Bool(values)
        }
        Expr::PerVisit(inner) => {
            let of_visits = of_visits(on, &mut |on| truth(inner, on));
            Vector::Bool(of_visits.unwrap_or_else(|| truth(inner, on)))
        }
        Expr::PerItem(place, inner) => Vector::Bool(of_items(*place, inner, on)),
        Expr::And(parts) => Vector::Bool(joined(parts, on, FALSE)),
        Expr::Or(parts) => Vector::Bool(joined(parts, on, TRUE)),
        Expr::Compare(how, left, right) => match evaluate(left, on) {
            left if left.is_missing() => missing(Type::Bool),
            left => compare(*how, &left, &evaluate(right, on)),
        },
        Expr::Arithmetic(how, left, right) => match evaluate(left, on) {
            left if left.is_missing() => missing(expr.ty()),
            left => arithmetic(*how, &left, &evaluate(right, on)),
        },
        Expr::Rescale(inner, by) => {
            let factor = 10_i64.checked_pow(*by);
            map_numbers(&evaluate(inner, on), |value| {
                factor.and_then(|factor| value.checked_mul(factor))
            })
        }
        Expr::Round(inner) => round(inner, on),
        Expr::IsNull(inner) => {
            let missing = is_null(&evaluate(inner, on));
            match **inner {
                Expr::Column(Source::Item, ..) => aside::known_of_items(missing, on),
                _ => missing,
            }
        }
        Expr::InCodes(inner, codes) => in_codes(&evaluate(inner, on), codes, on),
        Expr::StartsWith(inner, prefix) => {
            let codes = &on.run.month.codes;
            test_codes(&evaluate(inner, on), |code| {
                codes.bytes(code).starts_with(prefix.as_bytes())
            })
        }
        Expr::DayOf(inner) => Vector::Day(
            evaluate(inner, on).numbers().iter().map(|&second| day_of(second)).collect(),
        ),
        Expr::Begins(code, start) => begins(&evaluate(code, on), &evaluate(start, on), on),
        Expr::Listed(table, inner) => listed(table, &evaluate(inner, on), on),
        Expr::Registered(inner) => registry::registered(&evaluate(inner, on), on),
        Expr::PrescriptionSum(inner) => prescription::sum(inner, on),
        Expr::PrescriptionAll(inner) => prescription::all(inner, on),
        Expr::MonthEnd(inner) => calendar::month_end(&evaluate(inner, on)),
        Expr::DayEnd(inner) => calendar::day_end(&evaluate(inner, on)),
        Expr::Recorded(inner) => recorded(inner, on),
        Expr::Months(from, until) => calendar::months(&evaluate(from, on), &evaluate(until, on)),
        Expr::DiagnosisIn(set) => diagnoses(set, false, on),
        Expr::MainDiagnosisIn(set) => diagnoses(set, true, on),
    }
}

/// The truth values of a condition, one for each subject.
pub(crate) fn truths(expr: &Expr, on: &Subjects<'_>) -> Values<u8> {
    if on.n == 0 {
        return Values::Many(Vec::new());
    }
    truth(expr, on).spread(on.n, NULL)
}

/// The numbers of an expression, one for each subject.
pub(crate) fn numbers(expr: &Expr, on: &Subjects<'_>) -> Values<i64> {
    if on.n == 0 {
        return Values::Many(Vec::new());
    }
    evaluate(expr, on).into_numbers().spread(on.n, NO_NUMBER)
}

pub(crate) fn truth(expr: &Expr, on: &Subjects<'_>) -> Values<u8> {
    evaluate(expr, on).into_bools()
}

fn constant(literal: &Literal, on: &Subjects<'_>) -> Vector {
    match literal {
        Literal::Bool(value) => Vector::Bool(Values::One(u8::from(*value))),
        // A code that no file and no table has equals nothing: an id past the dictionary.
        Literal::Code(text) => {
            let code = on.run.month.codes.get(text.as_bytes());
            Vector::Code(Values::One(code.unwrap_or(NO_CODE - 1)))
        }
        Literal::Number(value, _) | Literal::Moment(value) => Vector::Number(Values::One(*value)),
        Literal::Day(day) => Vector::Day(Values::One(*day)),
    }
}

/// Whether each encounter has a diagnosis of a set. Neighbours are mostly of one encounter, and often ask for
/// the same set.
fn diagnoses(set: &Expr, main_only: bool, on: &Subjects<'_>) -> Vector {
    let (sets, diagnoses) = (evaluate(set, on), &on.run.diagnoses);
    let sets = Rows::new(sets.codes());
    let mut told = Told::default();
    let mut last: Option<(u32, u32, u8)> = None;
    let value = |(row, &encounter): (usize, &u32)| {
        let set = sets.get(row);
        match last {
            Some((former, same, value)) if (former, same) == (encounter, set) => return value,
            Some((former, ..)) if former == encounter => {}
            _ => diagnoses.tell(on.run, encounter, main_only, &mut told),
        }
        let value = diagnoses.has_one_of(set, &told);
        last = Some((encounter, set, value));
        value
    };
    Vector::Bool(on.encounter().iter().enumerate().map(value).collect())
}

/// The common length of two vectors of which either may be a constant.
pub(crate) fn longest(a: usize, b: usize) -> usize {
    if a == 1 { b } else { a }
}

fn compare(how: Compare, left: &Vector, right: &Vector) -> Vector {
    Vector::Bool(match (left, right) {
        (Vector::Number(a), Vector::Number(b)) => compared(how, a, b, NO_NUMBER),
        (Vector::Day(a), Vector::Day(b)) => compared(how, a, b, NO_DAY),
        (Vector::Code(a), Vector::Code(b)) => compared(how, a, b, NO_CODE),
        (Vector::Bool(a), Vector::Bool(b)) => compared(how, a, b, NULL),
        _ => panic!("the checker let a comparison of two types through"),
    })
}

fn compared<T: Copy + Ord>(how: Compare, a: &[T], b: &[T], missing: T) -> Values<u8> {
    match how {
        Compare::Equal => each_pair(a, b, missing, |a, b| a == b),
        Compare::NotEqual => each_pair(a, b, missing, |a, b| a != b),
        Compare::Less => each_pair(a, b, missing, |a, b| a < b),
        Compare::LessOrEqual => each_pair(a, b, missing, |a, b| a <= b),
        Compare::Greater => each_pair(a, b, missing, |a, b| b < a),
        Compare::GreaterOrEqual => each_pair(a, b, missing, |a, b| b <= a),
    }
}

/// Whether something holds of each pair; either side may be one value for all. Loops without a choice
/// of rows, which the processor takes several at a time.
fn each_pair<T: Copy + Eq>(
    a: &[T],
    b: &[T],
    missing: T,
    holds: impl Fn(T, T) -> bool,
) -> Values<u8> {
    let one = |a: T, b: T| {
        if a == missing || b == missing { NULL } else { u8::from(holds(a, b)) }
    };
    match (a, b) {
        (&[a], b) => b.iter().map(|&b| one(a, b)).collect(),
        (a, &[b]) => a.iter().map(|&a| one(a, b)).collect(),
        (a, b) => {
            assert_eq!(a.len(), b.len(), "two sides of a comparison differ in number");
            a.iter().zip(b).map(|(&a, &b)| one(a, b)).collect()
        }
    }
}

fn arithmetic(how: Arithmetic, left: &Vector, right: &Vector) -> Vector {
    let n = longest(left.len(), right.len());
    match (left, right) {
        (Vector::Number(a), Vector::Number(b)) => {
            let op = match how {
                Arithmetic::Add => i64::checked_add,
                Arithmetic::Subtract => i64::checked_sub,
                Arithmetic::Multiply => i64::checked_mul,
            };
            let (a, b) = (Rows::new(a), Rows::new(b));
            let value = |row| match (a.get(row), b.get(row)) {
                (NO_NUMBER, _) | (_, NO_NUMBER) => NO_NUMBER,
                (a, b) => op(a, b).unwrap_or(NO_NUMBER),
            };
            Vector::Number((0..n).map(value).collect())
        }
        (Vector::Day(a), Vector::Day(b)) => {
            let (a, b) = (Rows::new(a), Rows::new(b));
            let value = |row| match (a.get(row), b.get(row)) {
                (NO_DAY, _) | (_, NO_DAY) => NO_NUMBER,
                (a, b) => i64::from(a) - i64::from(b),
            };
            Vector::Number((0..n).map(value).collect())
        }
        (Vector::Day(a), Vector::Number(b)) => {
            let (a, b) = (Rows::new(a), Rows::new(b));
            let value = |row| match (a.get(row), b.get(row)) {
                (NO_DAY, _) | (_, NO_NUMBER) => NO_DAY,
                (a, b) => {
                    let moved = match how {
                        Arithmetic::Subtract => i64::from(a).checked_sub(b),
                        Arithmetic::Add | Arithmetic::Multiply => i64::from(a).checked_add(b),
                    };
                    moved.and_then(|day| i32::try_from(day).ok()).unwrap_or(NO_DAY)
                }
            };
            Vector::Day((0..n).map(value).collect())
        }
        _ => panic!("the checker let a sum of two types through"),
    }
}

fn map_numbers(vector: &Vector, map: impl Fn(i64) -> Option<i64>) -> Vector {
    let value =
        |&value: &i64| if value == NO_NUMBER { NO_NUMBER } else { map(value).unwrap_or(NO_NUMBER) };
    Vector::Number(vector.numbers().iter().map(value).collect())
}

/// `round(x)`: half up to the fen. A product is taken in 128 bits first.
fn round(inner: &Expr, on: &Subjects<'_>) -> Vector {
    let Type::Number(scale) = inner.ty() else { return evaluate(inner, on) };
    let Some(down) = scale.checked_sub(2) else {
        let up = 10_i64.checked_pow(2_u32.saturating_sub(scale));
        return map_numbers(&evaluate(inner, on), |value| up.and_then(|up| value.checked_mul(up)));
    };
    let divisor = 10_i64.checked_pow(down).unwrap_or(i64::MAX);
    if let Expr::Arithmetic(Arithmetic::Multiply, left, right) = inner {
        let (a, b) = (evaluate(left, on), evaluate(right, on));
        let n = longest(a.len(), b.len());
        let (a, b) = (Rows::new(a.numbers()), Rows::new(b.numbers()));
        let value = |row| match (a.get(row), b.get(row)) {
            (NO_NUMBER, _) | (_, NO_NUMBER) => NO_NUMBER,
            (a, b) => rounded_product(a, b, divisor),
        };
        return Vector::Number((0..n).map(value).collect());
    }
    map_numbers(&evaluate(inner, on), |value| Some(rounded_product(value, 1, divisor)))
}

/// `half_up(a × b ÷ divisor)`; small products take the short way through 64 bits.
#[inline]
fn rounded_product(a: i64, b: i64, divisor: i64) -> i64 {
    if let Some(product) = a.checked_mul(b)
        && 0 <= product
        && let Some(raised) = product.checked_add(divisor / 2)
    {
        return raised / divisor;
    }
    let value = half_up(i128::from(a) * i128::from(b), i128::from(divisor));
    value.and_then(|value| i64::try_from(value).ok()).unwrap_or(NO_NUMBER)
}

/// Whether a column of the encounter has a value; unknown without the column. A main diagnosis may
/// also stand in the table of diagnoses, which shows it but not that there is none.
fn recorded(inner: &Expr, on: &Subjects<'_>) -> Vector {
    let Expr::Column(_, place, _) = inner else { return Vector::Bool(Values::One(NULL)) };
    let month = on.run.month;
    let columns = &month.encounters.rows.columns;
    let is_absent = matches!(columns.get(*place), Some(Column::Absent) | None);
    let is_main = TableName::Encounters.column("dscg_maindiag_code") == Some(*place);
    if is_absent && !is_main {
        return Vector::Bool(Values::One(NULL));
    }
    let mut values: Values<u8> = if is_main {
        let has_main = |&stay: &u32| u8::from(on.run.diagnoses.main(stay) != NO_CODE);
        on.encounter().iter().map(has_main).collect()
    } else {
        let missing = is_null(&evaluate(inner, on));
        missing.bools().iter().map(|&missing| 1 - missing).collect()
    };
    // What only the carried state or another file has says nothing of the month's own encounters.
    let lacks = is_absent || month.lacks(TableName::Encounters, *place);
    if lacks || month.has_gaps(TableName::Encounters, *place) {
        let carried = &month.encounters.carried;
        for (row, (value, &encounter)) in values.iter_mut().zip(on.encounter()).enumerate() {
            let is_told = is_main && *value == TRUE;
            let is_carried = !is_absent && carried.get(encounter as usize) == Some(&true);
            let is_gone = lacks && !is_carried || on.is_gap(TableName::Encounters, *place, row);
            if is_gone && !is_told {
                *value = NULL;
            }
        }
    }
    Vector::Bool(values)
}

pub(crate) fn is_null(vector: &Vector) -> Vector {
    Vector::Bool(match vector {
        Vector::Bool(values) => values.iter().map(|&value| u8::from(value == NULL)).collect(),
        Vector::Code(values) => values.iter().map(|&value| u8::from(value == NO_CODE)).collect(),
        Vector::Number(values) => {
            values.iter().map(|&value| u8::from(value == NO_NUMBER)).collect()
        }
        Vector::Day(values) => values.iter().map(|&value| u8::from(value == NO_DAY)).collect(),
    })
}

/// Whether codes are among some.
fn in_codes(values: &Vector, codes: &[String], on: &Subjects<'_>) -> Vector {
    if values.is_missing() {
        return missing(Type::Bool);
    }
    let ids = codes.iter().filter_map(|code| on.run.month.codes.get(code.as_bytes()));
    let ids: Vec<u32> = ids.collect();
    if FEW_CODES < ids.len() {
        return test_codes(values, |code| ids.contains(&code));
    }
    // Neighbours mostly differ: without a branch for each code.
    let is_among = |&code: &u32| {
        let among = ids.iter().fold(FALSE, |any, &id| any | u8::from(id == code));
        if code == NO_CODE { NULL } else { among }
    };
    Vector::Bool(values.codes().iter().map(is_among).collect())
}

/// Tests codes; the answer for the last code is kept, as neighbours are often equal.
fn test_codes(vector: &Vector, test: impl Fn(u32) -> bool) -> Vector {
    let mut last = (NO_CODE, NULL);
    let value = |&code: &u32| {
        if code != last.0 {
            last = (code, if code == NO_CODE { NULL } else { u8::from(test(code)) });
        }
        last.1
    };
    Vector::Bool(vector.codes().iter().map(value).collect())
}

/// Whether one code begins with another.
fn begins(codes: &Vector, starts: &Vector, on: &Subjects<'_>) -> Vector {
    let n = longest(codes.len(), starts.len());
    let (codes, starts) = (Rows::new(codes.codes()), Rows::new(starts.codes()));
    let texts = &on.run.month.codes;
    // A code past the dictionary is a constant that nothing else has.
    let known = |code: u32| (code as usize) < texts.len();
    let value = |row| match (codes.get(row), starts.get(row)) {
        (NO_CODE, _) | (_, NO_CODE) => NULL,
        (code, start) if known(code) && known(start) => {
            u8::from(texts.bytes(code).starts_with(texts.bytes(start)))
        }
        _ => FALSE,
    };
    Vector::Bool((0..n).map(value).collect())
}

fn listed(table: &str, codes: &Vector, on: &Subjects<'_>) -> Vector {
    let Some(table) = on.run.engine.tables.get(table) else {
        return Vector::Bool(Values::One(FALSE));
    };
    let codes = Rows::new(codes.codes());
    // Neighbours are often of one day and code.
    let mut last = (NO_CODE, NO_DAY, NULL);
    let value = |(row, &day): (usize, &i32)| {
        let code = codes.get(row);
        if (last.0, last.1) != (code, day) {
            last = (
                code,
                day,
                match code {
                    NO_CODE => NULL,
                    code => u8::from(table.by_key.on(code, day).next().is_some()),
                },
            );
        }
        last.2
    };
    Vector::Bool(on.day().iter().enumerate().map(value).collect())
}

fn derived(which: Derived, on: &Subjects<'_>) -> Vector {
    match which {
        Derived::Day => Vector::Day(on.day().iter().copied().collect()),
        Derived::AgeYears => age(on, |birth, day| {
            i64::from(jihe_terms::day::completed_years(
                Day::from_epoch(birth),
                Day::from_epoch(day),
            ))
        }),
        Derived::AgeDays => age(on, |birth, day| i64::from(day) - i64::from(birth)),
        Derived::MedType => Vector::Code(on.med_type()),
        Derived::Inpatient => {
            if let Some((part, rows)) = on.lines {
                return Vector::Bool(crate::subjects::gather(on.run.inpatient_lines(part), rows));
            }
            let days = on.day();
            let types = on.med_type();
            let value = |(&code, &day): (&u32, &i32)| on.run.inpatient(code, day);
            Vector::Bool(types.iter().zip(days).map(value).collect())
        }
        Derived::LengthOfStay => {
            let stays = on.encounter();
            Vector::Number(stays.iter().map(|&stay| on.run.stays.length(stay)).collect())
        }
        Derived::InCatalogue => aside::in_catalogue(on),
        Derived::ListType => Vector::Code(on.list_type()),
        Derived::NationalCode => Vector::Code(registry::national_code(on).into()),
        Derived::Mapped | Derived::MappedCode | Derived::MappedPrice => registry::mapped(which, on),
        Derived::Traced => crate::judge::trace::traced(on),
        Derived::ChargeType => Vector::Code(on.charge_type()),
        Derived::ItemClass => Vector::Code(on.class()),
        Derived::Cost => Vector::Number(on.cost()),
        Derived::PersonKnown if !on.run.month.present.contains(&TableName::Persons) => {
            Vector::Bool(Values::One(NULL))
        }
        Derived::PersonKnown => {
            let listed = &on.run.month.persons.listed;
            let known =
                |&person: &u32| u8::from(listed.get(person as usize).copied().unwrap_or(false));
            Vector::Bool(on.person().iter().map(known).collect())
        }
    }
}

/// An age on the day of each subject; neighbours are mostly of one person and day.
fn age(on: &Subjects<'_>, years: impl Fn(i32, i32) -> i64) -> Vector {
    let births = on.run.month.persons.rows.days("brdy").unwrap_or(&[]);
    let age = |person: u32, day: i32| match births.get(person as usize) {
        Some(&birth) if birth != NO_DAY && birth <= day => years(birth, day),
        Some(_) | None => NO_NUMBER,
    };
    let mut last = (NO_CODE, NO_DAY, NO_NUMBER);
    let value = |(&person, &day): (&u32, &i32)| {
        if (last.0, last.1) != (person, day) {
            last = (person, day, age(person, day));
        }
        last.2
    };
    Vector::Number(on.person().iter().zip(on.day()).map(value).collect())
}
