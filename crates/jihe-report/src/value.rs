//! Values as a reader wants them: 3 and not 3.0000, money with two decimals, days as days.

use jihe_frame::Value;
use jihe_rules::expr::{Expr, Type, type_of};
use jihe_terms::schema::MONEY;
use jihe_terms::{Day, Moment, decimal_text, write_decimal};

use crate::frames::{put_code, put_encounter, put_settlement, write_line};
use crate::scored::Scored;

/// Writes an integer of 10⁻ˢᶜᵃˡᵉ without trailing zeros.
pub(crate) fn trimmed(value: impl Into<i128>, scale: u32) -> String {
    let mut text = Vec::new();
    write_trimmed(value, scale, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// Adds an integer of 10⁻ˢᶜᵃˡᵉ without trailing zeros at the end of `text`.
pub(crate) fn write_trimmed(value: impl Into<i128>, scale: u32, text: &mut Vec<u8>) {
    write_decimal(value.into(), scale, text);
    if scale == 0 {
        return;
    }
    while text.last() == Some(&b'0') {
        text.pop();
    }
    if text.last() == Some(&b'.') {
        text.pop();
    }
}

/// Writes fen as yuan with two decimals.
pub(crate) fn yuan(fen: impl Into<i128>) -> String {
    decimal_text(fen.into(), 2)
}

/// How a number with two decimals is meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Meaning {
    /// Money: always two decimals.
    Money,
    /// A plain number.
    Plain,
    /// The canonical number of a line.
    Line,
    /// Whether something holds: 1 or 0.
    YesNo,
}

/// What the value of an expression means.
pub(crate) fn meaning_of(expr: &Expr) -> Meaning {
    if expr.ty() == Type::Bool {
        return Meaning::YesNo;
    }
    let money = match expr {
        Expr::Column(source, place, _) => {
            source.table().columns().get(*place).is_some_and(|column| column.kind == MONEY)
        }
        Expr::Round(_) => true,
        Expr::Arithmetic(_, left, right) => {
            meaning_of(left) == Meaning::Money && type_of(MONEY) == Some(right.ty())
        }
        Expr::PrescriptionSum(inner) => meaning_of(inner) == Meaning::Money,
        Expr::Row(_, ty) | Expr::Param(_, ty) => type_of(MONEY) == Some(*ty),
        Expr::Sum(_, scale) => *scale == 2,
        Expr::Literal(_)
        | Expr::Derived(_)
        | Expr::PerVisit(_)
        | Expr::PerItem(..)
        | Expr::Not(_)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::Compare(..)
        | Expr::Rescale(..)
        | Expr::IsNull(_)
        | Expr::InCodes(..)
        | Expr::StartsWith(..)
        | Expr::Begins(..)
        | Expr::DayOf(_)
        | Expr::Listed(..)
        | Expr::Registered(_)
        | Expr::PrescriptionAll(_)
        | Expr::MonthEnd(_)
        | Expr::DayEnd(_)
        | Expr::Months(..)
        | Expr::Recorded(_)
        | Expr::DiagnosisIn(_)
        | Expr::MainDiagnosisIn(_) => false,
    };
    if money { Meaning::Money } else { Meaning::Plain }
}

/// Adds a value at the end of `text`; tells whether it is known.
pub(crate) fn write(
    scored: &Scored<'_>,
    value: Value,
    meaning: Meaning,
    text: &mut Vec<u8>,
) -> bool {
    match value {
        Value::Number(number, 2) if meaning == Meaning::Money => {
            write_decimal(number.into(), 2, text);
        }
        Value::Number(number, scale) => write_trimmed(number, scale, text),
        Value::Int(number) if meaning == Meaning::Line => {
            let line = u32::try_from(number).ok();
            if !line.is_some_and(|line| write_line(scored, line, text)) {
                write_decimal(number.into(), 0, text);
            }
        }
        Value::Int(number) => write_decimal(number.into(), 0, text),
        Value::Day(day) => Day::from_epoch(day).write(text),
        Value::Moment(seconds) => Moment::from_seconds(seconds).write(text),
        Value::Code(code) => {
            let from = text.len();
            put_code(scored, code, text);
            return from < text.len();
        }
        Value::Encounter(encounter) => return put_encounter(scored, encounter, text),
        Value::Settlement(settlement) => return put_settlement(scored, settlement, text),
        Value::Line(line) => return write_line(scored, line, text),
        Value::Missing => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain_and_money_has_two_decimals() {
        assert_eq!(trimmed(30_000, 4), "3");
        assert_eq!(trimmed(35_000, 4), "3.5");
        assert_eq!(trimmed(120_500_000, 6), "120.5");
        assert_eq!(trimmed(-5_000, 4), "-0.5");
        assert_eq!(trimmed(0, 4), "0");
        assert_eq!(trimmed(100, 0), "100");
        assert_eq!(yuan(5), "0.05");
        assert_eq!(yuan(-12_300), "-123.00");
    }
}
