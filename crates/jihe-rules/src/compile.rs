//! Meaning to plan: one file per family, one for the head of a rule, one for its sentences.

pub(crate) mod benefit;
pub(crate) mod condition;
pub(crate) mod head;
pub(crate) mod limit;
pub(crate) mod line;
pub(crate) mod pair;
pub(crate) mod ratio;
pub(crate) mod sentence;
pub(crate) mod stay;
pub(crate) mod stock;
pub(crate) mod supply;
pub(crate) mod trace;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jihe_catalogue::{ColumnSpec, Table, TableSpec};
use jihe_terms::schema::{Kind, TableName};

use crate::check::names::{Names, ParamName, Subject};
use crate::check::nearest::suggestion;
use crate::check::specs;
use crate::check::typing::{Wanted, expression};
use crate::check::values::below_zero;
use crate::check::walk::is_constant;
use crate::expr::Expr;
use crate::parse::question::{Asked, Question};
use crate::parse::rule_file::RuleFile;
use crate::parse::sink::{Context, Fault};
use crate::parse::source::{Spot, Text};
use crate::plan::{Family, Over, Param, Rule, Shape};

/// What all rules of a pack may name.
#[derive(Debug)]
pub(crate) struct Known<'a> {
    /// Articles with their titles.
    pub(crate) sources: &'a BTreeMap<String, String>,
    /// Ids of all rules and their families.
    pub(crate) families: &'a BTreeMap<String, Family>,
}

/// One rule on its way from syntax to plan.
pub(crate) struct Compiler<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) rule: &'a RuleFile,
    pub(crate) params: &'a [Param],
    tables: &'a BTreeMap<String, Table>,
    names: Vec<ParamName>,
    used: RefCell<BTreeSet<usize>>,
    /// Numbers that are not below 0, with their text.
    not_negative: RefCell<Vec<(String, Expr)>>,
    /// Sums over the lines of a stay, by place, with their decimals.
    sums: Vec<(String, u32)>,
}

/// A question with the table whose rows its sentences may name.
pub(crate) struct Compiled {
    pub(crate) shape: Shape,
    pub(crate) row: Option<TableSpec>,
}

impl<'a> Compiler<'a> {
    pub(crate) fn new(
        context: Context<'a>,
        rule: &'a RuleFile,
        params: &'a [Param],
        tables: &'a BTreeMap<String, Table>,
    ) -> Self {
        let names = params
            .iter()
            .map(|param| ParamName { name: param.name.clone(), ty: param.ty })
            .collect();
        let sums = stay::sum_names(rule);
        Self {
            context,
            rule,
            params,
            tables,
            names,
            used: RefCell::default(),
            not_negative: RefCell::default(),
            sums,
        }
    }

    /// Compiles the rule; `None` after its faults were reported.
    pub(crate) fn rule(&self, known: &Known<'_>) -> Option<Rule> {
        let subject = self.subject();
        let compiled = self.rule.question.as_ref().map(|question| self.question(question));
        let scope = self.rule.scope.as_ref().map(|text| {
            let scope = self.expr(text, subject, None, Wanted::Bool)?;
            self.not_constant(&scope, text, "scope");
            Some(scope)
        });
        let exceptions = self.exceptions(subject);
        let head = self.head(known);
        let Some(compiled) = compiled.flatten() else {
            self.lone_sentences(subject);
            return None;
        };
        let sentences = self.sentences(&compiled, subject);
        self.unused();
        let scope = match scope {
            None => None,
            Some(scope) => Some(scope?),
        };
        let (head, (zh, en, values)) = (head?, sentences?);
        Some(Rule {
            id: self.rule.id.clone(),
            version: self.rule.version.clone(),
            family: self.rule.family,
            title: self.rule.title.clone(),
            what: self.rule.what.clone(),
            why: self.rule.why.clone(),
            article: head.article,
            class: self.rule.class.as_ref().map(|text| text.value.clone()),
            covers: self.rule.covers.iter().map(|text| text.value.clone()).collect(),
            range: head.range,
            status: self.rule.status,
            grade: self.rule.grade,
            yields_to: self.rule.yields_to.iter().map(|text| text.value.clone()).collect(),
            scope,
            exceptions: exceptions?,
            shape: compiled.shape,
            params: self.params.to_vec(),
            not_negative: self.not_negative.take(),
            message_zh: zh,
            message_en: en,
            values,
            file: self.rule.file.inner.clone(),
        })
    }

    fn question(&self, question: &Question) -> Option<Compiled> {
        match self.rule.family {
            Family::Line => self.line(question),
            Family::Limit => self.limit(question),
            Family::Pair => self.pair(question),
            Family::Supply => self.supply(question),
            Family::Stay => self.stay(question),
            Family::Stock => self.stock(question),
            Family::Trace => self.trace(question),
            Family::Ratio => self.ratio(question),
            Family::Benefit => self.benefit(question),
        }
    }

    /// What scope and exceptions are asked of.
    fn subject(&self) -> Subject {
        let asked = self.rule.question.as_ref().map(|question| &question.asked);
        match (self.rule.family, asked) {
            (Family::Stay, Some(Asked::Test { word: Some(word), .. })) => {
                match word.value.as_str() {
                    "visit-during" | "two-places" => Subject::Line,
                    "split" => Subject::StayPair,
                    _ => Subject::Stay,
                }
            }
            (Family::Stay, _) => Subject::Stay,
            (Family::Ratio, Some(Asked::Conditions { .. })) => Subject::Institution,
            (Family::Ratio, Some(Asked::Ratio(raw))) => {
                let word = raw.over.as_ref().map_or("", |text| text.value.as_str());
                let over = Over::ALL.into_iter().find(|&(it, _)| it == word);
                over.map_or(Subject::Line, |(_, over)| ratio::subject_of(over))
            }
            _ => Subject::Line,
        }
    }

    /// Reads an expression at a place of the rule.
    pub(crate) fn expr(
        &self,
        text: &Text,
        subject: Subject,
        row: Option<&TableSpec>,
        wanted: Wanted,
    ) -> Option<Expr> {
        let broken = &self.rule.broken_params;
        // Sums are of a stay or an institution: what is summed cannot name them.
        let has_sums = matches!(subject, Subject::Stay | Subject::Institution);
        let sums = if has_sums { self.sums.as_slice() } else { &[] };
        let names = Names { subject, row, params: &self.names, sums, broken };
        let expr = expression(self.context, names, text, wanted)?;
        expr.visit(&mut |part| {
            if let Expr::Param(place, _) = part {
                self.used.borrow_mut().insert(*place);
            }
        });
        Some(expr)
    }

    pub(crate) fn not_constant(&self, expr: &Expr, text: &Text, place: &str) {
        if is_constant(expr) {
            let what = format!("{place} is the same for every claim");
            let fault = Fault::new("constant", what)
                .why("it names no column, so that it says nothing about a claim")
                .todo("name a column, or remove it");
            self.context.error(text.spot, fault);
        }
    }

    /// Reads a number at a place where none below 0 makes sense, as far as literals and parameters tell.
    pub(crate) fn not_negative(
        &self,
        text: &Text,
        subject: Subject,
        row: Option<&TableSpec>,
        wanted: Wanted,
    ) -> Option<Expr> {
        let expr = self.expr(text, subject, row, wanted)?;
        if let Some(what) = below_zero(&text.value, &expr, self.params) {
            let fault = Fault::new("below-zero", what)
                .why("quantities, amounts, counts and days begin at 0")
                .todo("write a value from 0 on, or move the parameter there");
            self.context.error(text.spot, fault);
            return None;
        }
        self.not_negative.borrow_mut().push((text.value.clone(), expr.clone()));
        Some(expr)
    }

    /// The place of a parameter that the question needs, of a unit.
    pub(crate) fn param(&self, name: &str, unit: &str, spot: Spot) -> Option<usize> {
        let Some(place) = self.params.iter().position(|param| param.name == name) else {
            let known: Vec<&str> = self.params.iter().map(|param| param.name.as_str()).collect();
            // A parameter whose own table is broken was reported there.
            if !self.rule.broken_params.iter().any(|broken| broken == name) {
                let fault = Fault::new("unknown-param", format!("parameter is missing: {name}"))
                    .why("the question of this rule needs it")
                    .todo(if known.is_empty() {
                        format!("add [params.{name}] with unit = \"{unit}\"")
                    } else {
                        format!("add [params.{name}], or {}", suggestion(name, &known))
                    });
                self.context.error(spot, fault);
            }
            return None;
        };
        self.used.borrow_mut().insert(place);
        let own = self.params.get(place)?;
        if own.unit != unit {
            let fault = Fault::new("bad-unit", format!("{name} is in {}, not in {unit}", own.unit))
                .why("the question measures it so")
                .todo(format!("write unit = \"{unit}\""));
            self.context.error(spot, fault);
            return None;
        }
        Some(place)
    }

    fn unused(&self) {
        let used = self.used.borrow();
        for (place, raw) in self.rule.params.iter().enumerate() {
            if !used.contains(&place) {
                let what = format!("parameter is not used: {}", raw.name.value);
                let fault = Fault::new("unused", what)
                    .why("moving it would change nothing")
                    .todo("use it in an expression, or remove it");
                self.context.warning(raw.name.spot, fault);
            }
        }
    }

    /// A table of the pack with the rows of all its layers.
    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name)
    }

    /// The shape of a table that items are looked up in.
    pub(crate) fn item_table(&self, name: &Text) -> Option<TableSpec> {
        let Some(spec) = spec_of(&name.value) else {
            self.unknown_table(name);
            return None;
        };
        if spec.columns.iter().any(|column| column.name == "hilist_code") {
            return Some(spec);
        }
        let fault = Fault::new("bad-table", format!("table has no hilist_code: {}", name.value))
            .why("rows are looked up by the item of the line")
            .todo("use listed('table', x) in an expression");
        self.context.error(name.spot, fault);
        None
    }

    fn unknown_table(&self, name: &Text) {
        let mut known = specs::names();
        known.push(TableName::PriceLimits.file());
        let shown: String = name.value.chars().take(60).collect();
        let fault = Fault::new("unknown-table", format!("table is unknown: {shown}"))
            .why("a rule looks up pack tables and price_limits")
            .todo(suggestion(&name.value, &known));
        self.context.error(name.spot, fault);
    }

    /// Reports a `test` word that the family does not have.
    pub(crate) fn unknown_test<T>(&self, word: &Text, known: &[&str]) -> Option<T> {
        let shown: String = word.value.chars().take(60).collect();
        let fault = Fault::new("bad-value", format!("test is unknown: {shown}"))
            .why(format!("the family {} asks: {}", self.rule.family.word(), known.join(", ")))
            .todo(suggestion(&word.value, known));
        self.context.error(word.spot, fault);
        None
    }
}

/// The shape of a pack table or of `price_limits`.
pub(crate) fn spec_of(name: &str) -> Option<TableSpec> {
    if name == TableName::PriceLimits.file() { Some(price_limits()) } else { specs::spec(name) }
}

/// The reference table `price_limits` as the shape of a rule's table.
fn price_limits() -> TableSpec {
    let columns = TableName::PriceLimits.columns().iter().map(|column| ColumnSpec {
        name: column.name.to_owned(),
        kind: column.kind,
        required: column.required,
    });
    TableSpec {
        name: TableName::PriceLimits.file().to_owned(),
        columns: columns.collect(),
        key: Vec::new(),
    }
}

/// Tells whether a table has a code column of that name.
pub(crate) fn has_code(spec: &TableSpec, name: &str) -> bool {
    spec.columns.iter().any(|column| column.name == name && column.kind == Kind::Code)
}

/// The type of a money cut or a limit that must fit.
pub(crate) const UNITS: Wanted = Wanted::Number(4);
