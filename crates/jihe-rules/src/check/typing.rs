//! Trees without types to typed expressions.

use jihe_terms::{NO_NUMBER, parse_decimal};

use crate::check::names::Names;
use crate::check::walk::size;
use crate::expr::{Arithmetic, Compare, Expr, Literal, Type};
use crate::parse::sink::{Context, Fault};
use crate::parse::source::{Spot, Text};
use crate::parse::syntax::{self, MAX_NODES};
use crate::parse::tree::{Node, Syntax};

/// Decimals that a number may have after sums and products.
const MAX_SCALE: u32 = 18;

/// Reads a text as an expression of a wanted type; `None` after its faults were reported.
pub(crate) fn expression(
    context: Context<'_>,
    names: Names<'_>,
    text: &Text,
    wanted: Wanted,
) -> Option<Expr> {
    let node = match syntax::parse(&text.value) {
        Ok(node) => node,
        Err((piece, fault)) => {
            context.error(text.locate(piece), fault);
            return None;
        }
    };
    let typer = Typer { context, names, text };
    let expr = typer.typed(&node)?;
    typer.fit(expr, wanted, node.spot)
}

/// The type that an expression must have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// A test.
    Bool,
    /// A number of that many decimals.
    Number(u32),
    /// Any value.
    Any,
}

pub(crate) struct Typer<'a> {
    context: Context<'a>,
    pub(crate) names: Names<'a>,
    text: &'a Text,
}

/// The name of a type in messages.
pub(crate) fn named(ty: Type) -> String {
    match ty {
        Type::Bool => "a test (true or false)".to_owned(),
        Type::Code => "a code".to_owned(),
        Type::Number(0) => "a whole number".to_owned(),
        Type::Number(scale) => format!("a number with {scale} decimals"),
        Type::Day => "a day".to_owned(),
        Type::Moment => "a moment".to_owned(),
    }
}

impl Typer<'_> {
    pub(crate) fn fault<T>(&self, spot: Spot, fault: Fault) -> Option<T> {
        self.context.error(self.text.locate(spot), fault);
        None
    }

    pub(crate) fn type_fault<T>(&self, spot: Spot, what: String, todo: &str) -> Option<T> {
        let why = "each column, parameter and sign has one type, fixed before any claim is read";
        self.fault(spot, Fault::new("type", what).why(why).todo(todo))
    }

    fn fit(&self, expr: Expr, wanted: Wanted, spot: Spot) -> Option<Expr> {
        match (wanted, expr.ty()) {
            (Wanted::Any, _) | (Wanted::Bool, Type::Bool) => Some(expr),
            (Wanted::Number(scale), Type::Number(own)) if own <= scale => {
                Some(rescaled(expr, scale.saturating_sub(own)))
            }
            (Wanted::Number(scale), Type::Number(own)) => self.type_fault(
                spot,
                format!("number has {own} decimals, at most {scale} fit here"),
                "round money with round(x), or use a value of fewer decimals",
            ),
            (Wanted::Bool, ty) => self.type_fault(
                spot,
                format!("expected a test, found {}", named(ty)),
                "compare it with something",
            ),
            (Wanted::Number(_), ty) => self.type_fault(
                spot,
                format!("expected a number, found {}", named(ty)),
                "write a number, a number column or a parameter",
            ),
        }
    }

    fn test(&self, node: &Node) -> Option<Expr> {
        self.fit(self.typed(node)?, Wanted::Bool, node.spot)
    }

    pub(crate) fn typed(&self, node: &Node) -> Option<Expr> {
        match &node.what {
            Syntax::Name(name) if self.names.broken.contains(name) => None,
            Syntax::Name(name) => match self.names.resolve(name) {
                Ok(expr) => Some(expr),
                Err(fault) => self.fault(node.spot, fault),
            },
            Syntax::Text(text) => Some(Expr::Literal(Literal::Code(text.clone()))),
            Syntax::Number(digits) => self.number(digits, node.spot),
            Syntax::Date(day) => Some(Expr::Literal(Literal::Day(day.epoch()))),
            Syntax::Bool(value) => Some(Expr::Literal(Literal::Bool(*value))),
            Syntax::Unknown => Some(unknown()),
            Syntax::Null => self.type_fault(
                node.spot,
                "null stands alone".to_owned(),
                "write x is null or x is not null; a comparison with null is never true",
            ),
            Syntax::Call(name, arguments) => self.call(name, arguments, node.spot),
            Syntax::Not(inner) => self.test(inner).map(|inner| Expr::Not(Box::new(inner))),
            Syntax::Minus(inner) => self.minus(inner),
            Syntax::And(parts) => self.parts(parts).map(Expr::And),
            Syntax::Or(parts) => self.parts(parts).map(Expr::Or),
            Syntax::Compare(how, left, right) => {
                let (left_expr, right_expr) = (self.typed(left), self.typed(right));
                self.compare(*how, left_expr?, right_expr?, node.spot)
            }
            Syntax::Arithmetic(how, left, right) => {
                let (left_expr, right_expr) = (self.typed(left), self.typed(right));
                self.arithmetic(*how, left_expr?, right_expr?, node.spot)
            }
            Syntax::In(left, values) => self.in_list(left, values, node.spot),
            Syntax::Between(value, low, high) => {
                let (value, low, high) = (self.typed(value), self.typed(low), self.typed(high));
                let (value, low, high) = (value?, low?, high?);
                let from = self.compare(Compare::GreaterOrEqual, value.clone(), low, node.spot);
                let until = self.compare(Compare::LessOrEqual, value, high, node.spot);
                Some(Expr::And(vec![from?, until?]))
            }
            Syntax::IsNull(inner) => self.typed(inner).map(|inner| Expr::IsNull(Box::new(inner))),
            Syntax::Like(inner, prefix) => {
                let inner = self.code(inner)?;
                Some(Expr::StartsWith(Box::new(inner), prefix.clone()))
            }
        }
    }

    /// Types all parts before giving up, so that each fault is reported.
    fn parts(&self, parts: &[Node]) -> Option<Vec<Expr>> {
        let typed: Vec<_> = parts.iter().map(|part| self.test(part)).collect();
        typed.into_iter().collect()
    }

    fn number(&self, digits: &str, spot: Spot) -> Option<Expr> {
        let scale = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let scale = u32::try_from(scale).unwrap_or(u32::MAX);
        if scale <= 6
            && let Ok(value) = parse_decimal(digits.as_bytes(), scale, 16)
        {
            return Some(Expr::Literal(Literal::Number(value, scale)));
        }
        self.type_fault(
            spot,
            "number is too long".to_owned(),
            "numbers have at most 16 digits, 6 of them decimals",
        )
    }

    pub(crate) fn code(&self, node: &Node) -> Option<Expr> {
        let expr = self.typed(node)?;
        if expr.ty() == Type::Code {
            return Some(expr);
        }
        let what = format!("expected a code, found {}", named(expr.ty()));
        self.type_fault(node.spot, what, "use a code column, or write a text: '103'")
    }

    fn minus(&self, inner: &Node) -> Option<Expr> {
        let expr = self.typed(inner)?;
        match (&expr, expr.ty()) {
            (Expr::Literal(Literal::Number(value, scale)), _) => {
                Some(Expr::Literal(Literal::Number(value.saturating_neg(), *scale)))
            }
            (_, Type::Number(scale)) => {
                let zero = Expr::Literal(Literal::Number(0, scale));
                Some(Expr::Arithmetic(Arithmetic::Subtract, Box::new(zero), Box::new(expr)))
            }
            (_, ty) => {
                let what = format!("expected a number after -, found {}", named(ty));
                self.type_fault(inner.spot, what, "remove the sign")
            }
        }
    }

    fn compare(&self, how: Compare, left: Expr, right: Expr, spot: Spot) -> Option<Expr> {
        let ordered = !matches!(how, Compare::Equal | Compare::NotEqual);
        let (left, right) = match (left.ty(), right.ty()) {
            (Type::Number(_), Type::Number(_)) => self.aligned(left, right, spot)?,
            (Type::Code, Type::Code) if ordered => {
                return self.type_fault(
                    spot,
                    "codes have no order".to_owned(),
                    "compare codes with =, <>, in or like; levels are numbers without quotes",
                );
            }
            (Type::Code, Type::Code) | (Type::Day, Type::Day) | (Type::Moment, Type::Moment) => {
                (left, right)
            }
            (Type::Bool, Type::Bool) => return self.truth(how, left, right, spot),
            (left, right) => return self.mismatch(left, right, spot),
        };
        Some(Expr::Compare(how, Box::new(left), Box::new(right)))
    }

    /// `x = true` is x; tests are not compared otherwise.
    fn truth(&self, how: Compare, left: Expr, right: Expr, spot: Spot) -> Option<Expr> {
        let ((test, Expr::Literal(Literal::Bool(literal)))
        | (Expr::Literal(Literal::Bool(literal)), test)) = (left, right)
        else {
            return self.type_fault(
                spot,
                "tests cannot be compared with each other".to_owned(),
                "write (a and b) or (not a and not b)",
            );
        };
        match (how, literal) {
            (Compare::Equal, true) | (Compare::NotEqual, false) => Some(test),
            (Compare::Equal, false) | (Compare::NotEqual, true) => Some(Expr::Not(Box::new(test))),
            _ => self.type_fault(spot, "tests have no order".to_owned(), "write it without = true"),
        }
    }

    fn mismatch<T>(&self, left: Type, right: Type, spot: Spot) -> Option<T> {
        let what = format!("{} cannot be compared with {}", named(left), named(right));
        let todo = match (left, right) {
            (Type::Code, Type::Number(_)) | (Type::Number(_), Type::Code) => {
                "codes are written in quotes: '1'; numbers without"
            }
            (Type::Code, Type::Day) | (Type::Day, Type::Code) => {
                "days are written date '2026-10-01'"
            }
            (Type::Day, Type::Moment) | (Type::Moment, Type::Day) => {
                "take the day of a moment: day(x)"
            }
            _ => "compare values of one type",
        };
        self.type_fault(spot, what, todo)
    }

    /// Gives both numbers the larger number of decimals.
    fn aligned(&self, left: Expr, right: Expr, spot: Spot) -> Option<(Expr, Expr)> {
        let (Type::Number(own), Type::Number(other)) = (left.ty(), right.ty()) else {
            return self.mismatch(left.ty(), right.ty(), spot);
        };
        let scale = own.max(other);
        let raise = |expr, from: u32| rescaled(expr, scale.saturating_sub(from));
        Some((raise(left, own), raise(right, other)))
    }

    fn arithmetic(&self, how: Arithmetic, left: Expr, right: Expr, spot: Spot) -> Option<Expr> {
        let (left, right) = match (how, left.ty(), right.ty()) {
            (Arithmetic::Multiply, Type::Number(a), Type::Number(b)) => {
                if MAX_SCALE < a.saturating_add(b) {
                    return self.type_fault(
                        spot,
                        format!("product has more than {MAX_SCALE} decimals"),
                        "round a part of it first: round(x)",
                    );
                }
                (left, right)
            }
            (Arithmetic::Add | Arithmetic::Subtract, Type::Number(_), Type::Number(_)) => {
                self.aligned(left, right, spot)?
            }
            (Arithmetic::Add | Arithmetic::Subtract, Type::Day, Type::Number(0))
            | (Arithmetic::Subtract, Type::Day, Type::Day) => (left, right),
            (_, a, b) => {
                let what = format!("{} and {} cannot be combined so", named(a), named(b));
                let todo = "numbers are added and multiplied; whole days are added to a day";
                return self.type_fault(spot, what, todo);
            }
        };
        Some(Expr::Arithmetic(how, Box::new(left), Box::new(right)))
    }

    fn in_list(&self, left: &Node, values: &[Node], spot: Spot) -> Option<Expr> {
        let value = self.typed(left);
        let items: Vec<_> = values.iter().map(|item| self.typed(item)).collect();
        let (value, items) = (value?, items.into_iter().collect::<Option<Vec<_>>>()?);
        if value.ty() == Type::Code {
            let codes = values.iter().zip(&items).map(|(node, item)| {
                if let Expr::Literal(Literal::Code(code)) = item {
                    return Some(code.clone());
                }
                let what = format!("expected a code in quotes, found {}", named(item.ty()));
                self.type_fault(node.spot, what, "write texts: in ('1', '2')")
            });
            let codes: Vec<_> = codes.collect();
            return Some(Expr::InCodes(Box::new(value), codes.into_iter().collect::<Option<_>>()?));
        }
        if MAX_NODES < size(&value).saturating_mul(items.len()) {
            let fault = Fault::new("too-large", "list is too long for this value")
                .why("the work for each line must stay bounded")
                .todo("test ranges with between instead");
            return self.fault(spot, fault);
        }
        let tests = items
            .into_iter()
            .zip(values)
            .map(|(item, node)| self.compare(Compare::Equal, value.clone(), item, node.spot));
        let tests: Vec<_> = tests.collect();
        let mut tests: Vec<Expr> = tests.into_iter().collect::<Option<_>>()?;
        if tests.len() == 1 { tests.pop() } else { Some(Expr::Or(tests)) }
    }
}

/// The truth value that is neither true nor false: a comparison of a missing number.
fn unknown() -> Expr {
    let missing = || Box::new(Expr::Literal(Literal::Number(NO_NUMBER, 0)));
    Expr::Compare(Compare::Equal, missing(), missing())
}

/// More decimals; constants are lifted at once.
fn rescaled(expr: Expr, by: u32) -> Expr {
    if by == 0 {
        return expr;
    }
    if let Expr::Literal(Literal::Number(value, scale)) = &expr {
        let lifted = 10_i64.checked_pow(by).and_then(|factor| value.checked_mul(factor));
        if let Some(lifted) = lifted {
            return Expr::Literal(Literal::Number(lifted, scale.saturating_add(by)));
        }
    }
    Expr::Rescale(Box::new(expr), by)
}

#[cfg(test)]
mod tests;
