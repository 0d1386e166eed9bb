//! What rules say of rows of tables alone, asked once when they are compiled.
//!
//! In: the plan and the coded tables. Out: what conditions of items say of each catalogue row; for each rule
//! the answers that hold for every line of an item: its scope by catalogue row, the table rows that can
//! match at all, and the least value above which a line can be hit. Not here: anything that needs a line.
//! Cost: linear in the rows of the tables for each rule.

use std::collections::BTreeMap;

use jihe_catalogue::InForce;
use jihe_frame::NetMonth;
use jihe_rules::expr::{Compare, Derived, Expr, Source};
use jihe_rules::plan::{CountLimit, Lookup, Rule, Shape, are_like};
use jihe_terms::{NO_CODE, NO_NUMBER};
use rayon::prelude::*;

use crate::compile::Engine;
use crate::evaluate::{evaluate, truths};
use crate::run::{Run, lookup_table};
use crate::subjects::Subjects;
use crate::tables::CodedTable;
use crate::vector::{FALSE, NULL, TRUE};

/// Of a catalogue row: the line itself has to be asked.
pub(crate) const ASK: u8 = 3;

/// The most kinds of institutions that a floor tells apart.
const MOST_KINDS: usize = 16;

/// Answers, by place of the condition and by rule.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// What each condition that items answer says of each catalogue row; nothing without a catalogue.
    pub(crate) conditions: Vec<Vec<u8>>,
    /// What the scope says of each catalogue row, if it looks at nothing else.
    pub(crate) scopes: Vec<Option<Vec<u8>>>,
    /// The rows that the rule's look-up can match, if that is known of some that they never do.
    pub(crate) rows: Vec<Option<InForce>>,
    /// Whether the look-up surely matches each of these rows.
    pub(crate) matches: Vec<bool>,
    /// The first rule that looks up the same rows of the same table.
    pub(crate) rows_like: Vec<usize>,
    pub(crate) floors: Vec<Option<Floor>>,
}

impl Known {
    pub(crate) fn new(engine: &Engine, of_items: &[Expr]) -> Self {
        let month = NetMonth::empty(jihe_frame::Codes::over(engine.codes().clone()));
        let run = Run::new(engine, &month);
        let conditions = conditions(&run, of_items);
        let rules = (0..engine.plan.rules.len()).into_par_iter().with_max_len(1);
        let scope = |rule| scope_by_item(&run, rule, &conditions);
        let of_rule = |rule| {
            if engine.is_judged(rule) {
                ((scope(rule), Floor::new(&run, rule)), matching_rows(&run, rule))
            } else {
                ((None, None), (None, false))
            }
        };
        let ((scopes, floors), (rows, matches)): (_, (Vec<_>, _)) = rules.map(of_rule).unzip();
        let rows_like = rows_like(engine, &rows);
        Self { conditions, scopes, rows, matches, rows_like, floors }
    }
}

/// By rule: the first that looks up the same rows. Of a rule that is not judged nobody knows its rows.
fn rows_like(engine: &Engine, rows: &[Option<InForce>]) -> Vec<usize> {
    let rules = &engine.plan.rules;
    let is_like = |one: usize, other: usize| {
        let (one_rule, other_rule) = (&rules[one], &rules[other]);
        let (Some(look), Some(other_look)) = (lookup(one_rule), lookup(other_rule)) else {
            return false;
        };
        let is_all = rows[one].is_none() && rows[other].is_none();
        let asks_like =
            look.matching == other_look.matching && are_like(&one_rule.params, &other_rule.params);
        look.table == other_look.table && (is_all || asks_like)
    };
    let first = |rule: usize| {
        let mut before = (0..rule).filter(|&before| engine.is_judged(before));
        before.find(|&before| is_like(before, rule)).unwrap_or(rule)
    };
    (0..rules.len()).map(first).collect()
}

/// The look-up of a rule, if it has one.
fn lookup(rule: &Rule) -> Option<&Lookup> {
    match &rule.shape {
        Shape::LineTest { lookup, .. }
        | Shape::SumLimit { lookup, .. }
        | Shape::CountLimit(CountLimit { lookup, .. })
        | Shape::TotalLimit { lookup, .. } => lookup.as_ref(),
        Shape::Period { lookup, .. } => Some(lookup),
        _ => None,
    }
}

/// Whether an expression asks only what `leaf` allows.
pub(crate) fn asks_only(expr: &Expr, leaf: &mut dyn FnMut(&Expr) -> bool) -> bool {
    let mut only = true;
    expr.visit(&mut |expr| match expr {
        Expr::Literal(_)
        | Expr::PerVisit(_)
        | Expr::PerItem(..)
        | Expr::Not(_)
        | Expr::And(_)
        | Expr::Or(_)
        | Expr::Compare(..)
        | Expr::Arithmetic(..)
        | Expr::Rescale(..)
        | Expr::Round(_)
        | Expr::IsNull(_)
        | Expr::InCodes(..)
        | Expr::StartsWith(..) => {}
        other => only &= leaf(other),
    });
    only
}

/// Whether it is a value of the catalogue's row of the item, or what a line says where that is silent.
pub(crate) fn is_of_item(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Column(Source::Item, ..)
            | Expr::Derived(Derived::ListType | Derived::ChargeType | Derived::ItemClass)
    )
}

/// Whether it is a value of a rule that holds on all days.
fn is_fixed(rule: &Rule, expr: &Expr) -> bool {
    matches!(expr, Expr::Param(place, _) if rule.params[*place].values.len() == 1)
}

/// What conditions that items answer say of each catalogue row.
fn conditions(run: &Run<'_>, of_items: &[Expr]) -> Vec<Vec<u8>> {
    let Some(rows) = run.engine.catalogue.as_ref().and_then(all_rows) else { return Vec::new() };
    let answers = |expr| by_item(expr, &Subjects::of_rows(run, &rows, (NO_CODE, &[])), &[]);
    of_items.par_iter().map(answers).collect()
}

fn all_rows(table: &CodedTable) -> Option<Vec<u32>> {
    Some((0..u32::try_from(table.n_rows()).ok()?).collect())
}

/// What the scope of a rule says of each catalogue row: of a conjunction with other conditions only
/// where it does not hold.
fn scope_by_item(run: &Run<'_>, rule: usize, conditions: &[Vec<u8>]) -> Option<Vec<u8>> {
    let plan = run.rule(rule);
    let scope = plan.scope.as_ref()?;
    let rows = all_rows(run.engine.catalogue.as_ref()?)?;
    let on = Subjects::of_rows(run, &rows, (NO_CODE, &plan.params));
    if asks_items(plan, scope) {
        return Some(by_item(scope, &on, conditions));
    }
    let Expr::And(parts) = scope else { return None };
    let of_items = parts.iter().filter(|part| asks_items(plan, part));
    let all = of_items.map(|part| by_item(part, &on, conditions)).reduce(|mut all, more| {
        for (value, other) in all.iter_mut().zip(more) {
            *value = if other == FALSE { FALSE } else { *value };
        }
        all
    });
    Some(all?.into_iter().map(|value| if value == FALSE { FALSE } else { ASK }).collect())
}

/// Whether a condition asks nothing but values of the item.
fn asks_items(rule: &Rule, expr: &Expr) -> bool {
    asks_only(expr, &mut |expr| is_fixed(rule, expr) || is_of_item(expr))
}

/// What a condition says of each catalogue row; what is known of one of `conditions` is not asked again.
fn by_item(expr: &Expr, on: &Subjects<'_>, conditions: &[Vec<u8>]) -> Vec<u8> {
    if let Expr::PerItem(place, _) = expr
        && let Some(known) = conditions.get(*place)
    {
        return known.clone();
    }
    let mut truth = truths(expr, on).to_vec();
    let (mut asked, mut asks_whether) = (Vec::new(), false);
    expr.visit(&mut |expr| match expr {
        Expr::Derived(which) => asked.push(*which),
        Expr::IsNull(inner) => asks_whether |= !matches!(**inner, Expr::Column(..)),
        _ => {}
    });
    for which in asked {
        // An item without a type has that of the line. What holds without it holds with any, but for
        // whether there is one.
        for (truth, ty) in truth.iter_mut().zip(evaluate(&Expr::Derived(which), on).codes()) {
            if *ty == NO_CODE && (*truth == NULL || asks_whether) {
                *truth = ASK;
            }
        }
    }
    truth
}

/// The rows that the look-up of a rule can match, if some never do, and whether it surely matches those.
fn matching_rows(run: &Run<'_>, rule: usize) -> (Option<InForce>, bool) {
    let plan = run.rule(rule);
    let Some(lookup) = lookup(plan) else { return (None, false) };
    let Some(table) = lookup_table(run.engine, &lookup.table) else { return (None, false) };
    let Some(matching) = &lookup.matching else { return (None, true) };
    let mut is_of_row = |expr: &Expr| is_fixed(plan, expr) || matches!(expr, Expr::Row(..));
    let Some(rows) = all_rows(table).filter(|_| asks_only(matching, &mut is_of_row)) else {
        return (None, false);
    };
    let on = Subjects::of_rows(run, &rows, (NO_CODE, &plan.params)).with_rows(table, &rows);
    let truth = truths(matching, &on);
    let can_match = || table.by_key.filtered(|row| truth[row as usize] != FALSE);
    (truth.contains(&FALSE).then(can_match), !truth.contains(&NULL))
}

/// For a rule that hits where a number of the line is above one of the item's row: the least such
/// number of each item, for each kind of institution that the look-up tells apart. A line that is
/// not above it is clear whatever else the rows say.
#[derive(Debug)]
pub(crate) struct Floor {
    /// Place of the line's column.
    pub(crate) column: usize,
    /// By row of the institutions: its kind.
    kinds: Vec<u8>,
    /// By kind; the first is that of institutions without a row.
    of_kinds: Vec<OfKind>,
}

/// What a floor says of the lines of each item at institutions of one kind.
#[derive(Debug)]
pub(crate) struct OfKind {
    of_items: Vec<Clear>,
}

/// Up to which number, and on which days since 1970, a line of an item is surely judged and clear. It
/// is short, so that many items stay in the cache.
#[derive(Clone, Copy, Debug)]
struct Clear {
    most: i32,
    from: u16,
    until: u16,
}

impl Clear {
    /// No row of the item can match.
    const NO_ROW: Self = Self { most: i32::MIN, from: u16::MAX, until: 0 };
    const ASK: Self = Self { most: i32::MIN, from: 0, until: 0 };

    /// From the least number of an item, and the days on which a row of it surely matches.
    fn new(least: i64, (from, until): (i32, i32)) -> Self {
        let day = |day: i32| u16::try_from(day.clamp(0, u16::MAX.into())).unwrap_or(u16::MAX);
        match i32::try_from(least.min(i32::MAX.into())) {
            Ok(most) if from < until => Self { most, from: day(from), until: day(until) },
            _ => Self::ASK,
        }
    }
}

impl OfKind {
    /// Whether a line of an item is judged on a day and clear with a number; none if it is to be asked.
    #[inline]
    pub(crate) fn is_clear(&self, item: u32, day: i32, value: i64) -> Option<bool> {
        let clear = self.of_items.get(item as usize).unwrap_or(&Clear::NO_ROW);
        let day = u16::try_from(day).unwrap_or(u16::MAX);
        let is_known = clear.from <= day && day < clear.until;
        if is_known && i64::from(i32::MIN) <= value && value <= clear.most.into() {
            return Some(true);
        }
        (clear.until < clear.from).then_some(false)
    }
}

impl Floor {
    fn new(run: &Run<'_>, rule: usize) -> Option<Self> {
        let plan = run.rule(rule);
        let Shape::LineTest { lookup: Some(lookup), test, none_of: false, unlisted: false, .. } =
            &plan.shape
        else {
            return None;
        };
        let Expr::Compare(Compare::Greater, left, right) = test else { return None };
        let (&Expr::Column(Source::Line, column, _), &Expr::Row(place, _)) = (&**left, &**right)
        else {
            return None;
        };
        let table = lookup_table(run.engine, &lookup.table)?;
        let values = table.numbers(place)?;
        // A row without the number may make its lines not evaluable: then none is passed over.
        if values.contains(&NO_NUMBER) {
            return None;
        }
        // By item: the least number of its rows that may match.
        let of_kind = |may_match: &dyn Fn(usize) -> bool, surely: &InForce| {
            let mut least = vec![None; run.engine.codes.len()];
            for (row, &key) in table.keys().iter().enumerate() {
                if key != NO_CODE && may_match(row) {
                    let least = &mut least[key as usize];
                    *least = Some(least.map_or(values[row], |least: i64| least.min(values[row])));
                }
            }
            let clear = least.into_iter().zip(0..).map(|(least, item)| {
                least.map_or(Clear::NO_ROW, |least| Clear::new(least, surely.surely(item)))
            });
            OfKind { of_items: clear.collect() }
        };
        // Where it is not known which rows match, a line counts as judged by any of them.
        let of_kinds = vec![of_kind(&|_| true, &table.by_key)];
        let mut floor = Self { column, kinds: Vec::new(), of_kinds };
        let Some((kinds, members)) = kinds(run, plan, lookup) else { return Some(floor) };
        let rows = all_rows(table)?;
        for member in members {
            let on = Subjects::of_rows(run, &rows, (member, &plan.params)).with_rows(table, &rows);
            let truth = lookup.matching.as_ref().map(|matching| truths(matching, &on))?;
            let surely = table.by_key.filtered(|row| truth[row as usize] == TRUE);
            floor.of_kinds.push(of_kind(&|row| truth[row] != FALSE, &surely));
        }
        floor.kinds = kinds;
        Some(floor)
    }

    /// What holds for lines of an institution, by its row.
    pub(crate) fn of_institution(&self, row: u32) -> &OfKind {
        let kind = self.kinds.get(row as usize).copied().unwrap_or(0);
        &self.of_kinds[usize::from(kind)]
    }
}

/// The kind of each institution row, from 1, and a row of each kind; none if the look-up asks more
/// than rows and institutions, or tells too many kinds apart.
fn kinds(run: &Run<'_>, rule: &Rule, lookup: &Lookup) -> Option<(Vec<u8>, Vec<u32>)> {
    let matching = lookup.matching.as_ref()?;
    let institutions = run.engine.institutions.as_ref()?;
    let mut places: Vec<usize> = Vec::new();
    let is_known = asks_only(matching, &mut |expr| match expr {
        Expr::Column(Source::Institution, place, _) => {
            places.push(*place);
            true
        }
        Expr::Row(..) => true,
        expr => is_fixed(rule, expr),
    });
    if !is_known || places.is_empty() {
        return None;
    }
    let mut members = Vec::new();
    let mut known: BTreeMap<Vec<i64>, u8> = BTreeMap::new();
    let mut of_rows = Vec::with_capacity(institutions.n_rows());
    for row in all_rows(institutions)? {
        let values = places.iter().map(|&place| {
            let (codes, numbers) = (institutions.codes(place), institutions.numbers(place));
            let code = codes.and_then(|codes| codes.get(row as usize)).map(|&code| code.into());
            code.or_else(|| numbers?.get(row as usize).copied()).unwrap_or(NO_NUMBER)
        });
        let next = u8::try_from(members.len() + 1).ok()?;
        let kind = *known.entry(values.collect()).or_insert(next);
        if kind == next {
            members.push(row);
        }
        if MOST_KINDS < members.len() {
            return None;
        }
        of_rows.push(kind);
    }
    Some((of_rows, members))
}
