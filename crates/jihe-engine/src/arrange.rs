//! Puts the conditions of a rule in the order in which they are asked, once when it is compiled.
//!
//! In: the expressions of a rule. Out: the same, with the parts of each `and` and `or` sorted: what a
//! whole visit has in common first and marked ([`Expr::PerVisit`]), then what the item answers
//! ([`Expr::PerItem`]), then the others, cheap ones first.
//! Three-valued logic has no order of its own: no answer changes.

use jihe_rules::expr::{Derived, Expr, Literal, Source, Type};
use jihe_rules::plan::{CutRule, Rule, Shape};
use jihe_terms::schema::TableName;

use crate::known::{asks_only, is_of_item};

/// Arranges an expression and the conditions inside it; those that items answer are added to `of_items`.
pub(crate) fn arrange(expr: &mut Expr, of_items: &mut Vec<Expr>) {
    if is_asked_per_visit(expr) {
        return mark(expr);
    }
    if is_asked_per_item(expr) {
        return mark_item(expr, of_items);
    }
    match expr {
        Expr::And(parts) | Expr::Or(parts) => {
            let (visits, others): (Vec<Expr>, Vec<Expr>) =
                std::mem::take(parts).into_iter().partition(is_asked_per_visit);
            let (items, mut others): (Vec<Expr>, Vec<Expr>) =
                others.into_iter().partition(is_asked_per_item);
            for other in &mut others {
                arrange(other, of_items);
            }
            others.sort_by_key(weight);
            let is_and = matches!(expr, Expr::And(_));
            let joined = |parts| if is_and { Expr::And(parts) } else { Expr::Or(parts) };
            let together = |mut parts: Vec<Expr>| match parts.len() {
                0 | 1 => parts.pop(),
                _ => Some(joined(parts)),
            };
            let mut visit = together(visits);
            if let Some(visit) = &mut visit {
                mark(visit);
            }
            let mut item = together(items);
            if let Some(item) = &mut item {
                mark_item(item, of_items);
            }
            *expr = joined(visit.into_iter().chain(item).chain(others).collect());
        }
        Expr::Not(inner) | Expr::PrescriptionAll(inner) => arrange(inner, of_items),
        _ => {}
    }
}

/// Whether a condition asks nothing but values of the item, and is no constant.
fn is_asked_per_item(expr: &Expr) -> bool {
    let mut asks = false;
    let only = asks_only(expr, &mut |expr| {
        let is_one = is_of_item(expr);
        asks |= is_one;
        is_one
    });
    expr.ty() == Type::Bool && only && asks
}

/// Makes a condition one that items answer; equal ones are one.
fn mark_item(expr: &mut Expr, of_items: &mut Vec<Expr>) {
    sort(expr);
    let inner = std::mem::replace(expr, Expr::Literal(Literal::Bool(true)));
    let place = of_items.iter().position(|known| *known == inner).unwrap_or_else(|| {
        of_items.push(inner.clone());
        of_items.len() - 1
    });
    *expr = Expr::PerItem(place, Box::new(inner));
}

/// Sorts the parts of each `and` and `or` of a condition that is asked as a whole.
fn sort(expr: &mut Expr) {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => {
            parts.iter_mut().for_each(sort);
            parts.sort_by_key(weight);
        }
        Expr::Not(inner) => sort(inner),
        _ => {}
    }
}

/// Makes a condition one that is asked once for a visit.
fn mark(expr: &mut Expr) {
    sort(expr);
    let inner = std::mem::replace(expr, Expr::Literal(Literal::Bool(true)));
    *expr = Expr::PerVisit(Box::new(inner));
}

/// Whether a condition has one value for all lines of an encounter, settlement and institution on
/// one day, and is no constant. What lines are asked once for all rules is not worth it alone.
fn is_asked_per_visit(expr: &Expr) -> bool {
    let (mut is, mut asks) = (expr.ty() == Type::Bool, false);
    expr.visit(&mut |expr| {
        asks |= matches!(
            expr,
            Expr::Column(..) | Expr::Listed(..) | Expr::DiagnosisIn(_) | Expr::MainDiagnosisIn(_)
        ) || matches!(expr, Expr::Derived(which) if *which != Derived::Inpatient);
        is &= match expr {
            Expr::Column(Source::Line, place, _) => {
                TableName::Lines.columns()[*place].name == "fixmedins_code"
            }
            Expr::Column(Source::Item | Source::Former | Source::Practitioner, ..)
            | Expr::Row(..)
            | Expr::Sum(..)
            | Expr::Registered(_)
            | Expr::PrescriptionSum(_)
            | Expr::PrescriptionAll(_) => false,
            Expr::Derived(which) => matches!(
                which,
                Derived::Day
                    | Derived::AgeYears
                    | Derived::AgeDays
                    | Derived::MedType
                    | Derived::Inpatient
                    | Derived::LengthOfStay
                    | Derived::PersonKnown
            ),
            _ => true,
        };
    });
    is && asks
}

/// About what an expression costs for each subject.
fn weight(expr: &Expr) -> u32 {
    let mut all = 0;
    expr.visit(&mut |expr| {
        all += match expr {
            Expr::Literal(_) | Expr::Param(..) | Expr::Row(..) => 0,
            Expr::DiagnosisIn(_)
            | Expr::MainDiagnosisIn(_)
            | Expr::Listed(..)
            | Expr::Begins(..)
            | Expr::StartsWith(..) => 8,
            Expr::Derived(_) => 4,
            Expr::Registered(_) | Expr::PrescriptionSum(_) | Expr::PrescriptionAll(_) => 32,
            _ => 1,
        };
    });
    all
}

/// Calls `each` with every expression of a rule.
#[expect(clippy::too_many_lines, reason = "one arm for each shape")]
pub(crate) fn each_expr(rule: &mut Rule, each: &mut dyn FnMut(&mut Expr)) {
    rule.scope.iter_mut().for_each(&mut *each);
    rule.exceptions.iter_mut().for_each(|exception| each(&mut exception.when));
    rule.values.iter_mut().for_each(&mut *each);
    match &mut rule.shape {
        Shape::LineTest { lookup, test, cut, .. } => {
            lookup.iter_mut().filter_map(|lookup| lookup.matching.as_mut()).for_each(&mut *each);
            each(test);
            match cut {
                CutRule::Price(expr) | CutRule::Amount(expr) | CutRule::Units(expr) => each(expr),
                CutRule::Whole | CutRule::None => {}
            }
        }
        Shape::SumLimit { lookup, max, .. } => {
            lookup.iter_mut().filter_map(|lookup| lookup.matching.as_mut()).for_each(&mut *each);
            each(max);
        }
        Shape::Period { lookup, days, max_count } => {
            lookup.matching.iter_mut().for_each(&mut *each);
            each(days);
            each(max_count);
        }
        Shape::SupplyLimit { limits } => {
            for case in limits {
                case.when.iter_mut().for_each(&mut *each);
                each(&mut case.days);
            }
        }
        Shape::CountLimit(limit) => {
            let matching = limit.lookup.iter_mut().filter_map(|lookup| lookup.matching.as_mut());
            matching.for_each(&mut *each);
            each(&mut limit.max);
            limit.within.iter_mut().for_each(&mut *each);
        }
        Shape::TotalLimit { lookup, of, max, .. } => {
            lookup.iter_mut().filter_map(|lookup| lookup.matching.as_mut()).for_each(&mut *each);
            each(of);
            each(max);
        }
        Shape::StaySums { sums, hit, .. } => {
            for sum in sums {
                each(&mut sum.when);
            }
            each(hit);
        }
        Shape::EmptyBed { bed, care, .. } => {
            each(bed);
            each(care);
        }
        Shape::Ratio(ratio) => {
            each(&mut ratio.above);
            each(&mut ratio.below);
            ratio.part.iter_mut().for_each(each);
        }
        Shape::Conditions(all) => {
            all.counts.iter_mut().for_each(|count| each(&mut count.when));
            for one in &mut all.conditions {
                each(&mut one.hit);
                one.value.iter_mut().chain(&mut one.limit).for_each(&mut *each);
            }
        }
        Shape::SameLine
        | Shape::OverDose
        | Shape::SettledTwice
        | Shape::Split { .. }
        | Shape::Discounted { .. }
        | Shape::Companion { .. }
        | Shape::Incompatible { .. }
        | Shape::Contained { .. }
        | Shape::OverSupply
        | Shape::EarlyRefill { .. }
        | Shape::SplitStay { .. }
        | Shape::OverlapStay
        | Shape::VisitDuringStay
        | Shape::Beds { .. }
        | Shape::TwoPlaces { .. }
        | Shape::SoldOverStock { .. }
        | Shape::NeverBought { .. }
        | Shape::TraceReused
        | Shape::Settlement { .. } => {}
    }
}
