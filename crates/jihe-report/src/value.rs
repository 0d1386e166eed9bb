//! Values as a reader wants them: 3 and not 3.0000, money with two decimals, days as days.

use jihe_frame::Value;
use jihe_rules::expr::{Expr, type_of};
use jihe_terms::schema::MONEY;
use jihe_terms::{Day, Moment, decimal_text};

use crate::frames::{code_text, encounter_text, line_text};
use crate::scored::Scored;

/// Writes an integer of 10⁻ˢᶜᵃˡᵉ without trailing zeros.
pub(crate) fn trimmed(value: impl Into<i128>, scale: u32) -> String {
    let text = decimal_text(value.into(), scale);
    if scale == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
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
}

/// What the value of an expression means.
pub(crate) fn meaning_of(expr: &Expr) -> Meaning {
    let money = match expr {
        Expr::Column(source, place, _) => {
            source.table().columns().get(*place).is_some_and(|column| column.kind == MONEY)
        }
        Expr::Round(_) => true,
        Expr::Arithmetic(_, left, right) => {
            meaning_of(left) == Meaning::Money && type_of(MONEY) == Some(right.ty())
        }
        Expr::Row(_, ty) | Expr::Param(_, ty) => type_of(MONEY) == Some(*ty),
        Expr::Sum(_, scale) => *scale == 2,
        Expr::Literal(_)
        | Expr::Derived(_)
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
        | Expr::DiagnosisIn(_)
        | Expr::MainDiagnosisIn(_) => false,
    };
    if money { Meaning::Money } else { Meaning::Plain }
}

/// Writes a value; `None` if it is not known.
pub(crate) fn text(scored: &Scored<'_>, value: Value, meaning: Meaning) -> Option<String> {
    match value {
        Value::Number(number, 2) if meaning == Meaning::Money => Some(yuan(number)),
        Value::Number(number, scale) => Some(trimmed(number, scale)),
        Value::Int(number) if meaning == Meaning::Line => {
            let line = u32::try_from(number).ok();
            let key = line.and_then(|line| line_text(scored, line));
            Some(key.unwrap_or_else(|| number.to_string()))
        }
        Value::Int(number) => Some(number.to_string()),
        Value::Day(day) => Some(Day::from_epoch(day).to_string()),
        Value::Moment(seconds) => Some(Moment::from_seconds(seconds).to_string()),
        Value::Code(code) => {
            Some(code_text(scored, code)).filter(|text| !text.is_empty()).map(str::to_owned)
        }
        Value::Encounter(encounter) => encounter_text(scored, encounter).map(str::to_owned),
        Value::Line(line) => line_text(scored, line),
        Value::Missing => None,
    }
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
