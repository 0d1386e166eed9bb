//! What a rule asks of lines, stays and keys, in the order in which it names it.

use jihe_rules::expr::Expr;
use jihe_rules::plan::{CutRule, KeyPart, Lookup, Rule, Shape};

/// The expressions of which coverage names what is missing, and the parts of the key. Exceptions are asked by
/// themselves.
pub(crate) fn questions(rule: &Rule) -> (Vec<&Expr>, &[KeyPart]) {
    let mut all: Vec<&Expr> = rule.scope.iter().collect();
    let mut keys: &[KeyPart] = &[];
    match &rule.shape {
        Shape::LineTest { lookup, test, cut, .. } => {
            all.extend(matching(lookup.as_ref()));
            all.push(test);
            all.extend(value_of(cut));
        }
        Shape::Period { days, max_count, .. } => all.extend([days, max_count]),
        Shape::SupplyLimit { limits } => {
            all.extend(limits.iter().filter_map(|case| case.when.as_ref()));
            all.extend(limits.iter().map(|case| &case.days));
        }
        Shape::SumLimit { lookup, max, .. } => {
            all.extend(matching(lookup.as_ref()));
            all.push(max);
        }
        Shape::CountLimit(limit) => {
            all.extend(matching(limit.lookup.as_ref()));
            all.push(&limit.max);
            keys = &limit.per;
        }
        Shape::TotalLimit { lookup, of, max, per } => {
            all.extend(matching(lookup.as_ref()));
            all.extend([of, max]);
            keys = per;
        }
        Shape::StaySums { sums, hit, .. } => {
            all.extend(sums.iter().map(|sum| &sum.when));
            all.push(hit);
        }
        Shape::EmptyBed { bed, care, .. } => all.extend([bed, care]),
        Shape::Ratio(ratio) => {
            all.extend([&ratio.above, &ratio.below]);
            all.extend(&ratio.part);
        }
        Shape::Conditions(conditions) => {
            all.extend(conditions.counts.iter().map(|count| &count.when));
            all.extend(conditions.conditions.iter().map(|one| &one.hit));
        }
        _ => {}
    }
    (all, keys)
}

/// What a look-up asks of a line and a row, if it does.
fn matching(lookup: Option<&Lookup>) -> Option<&Expr> {
    lookup?.matching.as_ref()
}

/// The value that a cut asks for.
fn value_of(cut: &CutRule) -> Option<&Expr> {
    match cut {
        CutRule::Price(expr) | CutRule::Amount(expr) | CutRule::Units(expr) => Some(expr),
        CutRule::Whole | CutRule::None => None,
    }
}
