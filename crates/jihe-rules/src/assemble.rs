//! The way of a whole pack: layers → parameters → rules → tables → order → plan.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::check::benefit::benefit;
use crate::check::layers::{Layer, MAX_RULES, duplicate_rule, layers, too_many_rules};
use crate::check::merge::{Merged, merge};
use crate::check::nearest::suggestion;
use crate::check::order::ordered;
use crate::check::outlook::{Outlook, remarks as in_time};
use crate::check::params::{apply, params};
use crate::check::specs::CLASSES;
use crate::compile::ratio::TARGETS;
use crate::compile::{Compiler, Known};
use crate::diagnostic::{Diagnostic, Severity};
use crate::expr::{Expr, Literal};
use crate::parse::rule_file::RuleFile;
use crate::parse::sink::{Context, Fault, Sink};
use crate::parse::source::Spot;
use crate::plan::{CutRule, Family, MOST_CLASSES, Param, Plan, Rule, Shape};

/// Checks a pack; a plan if there is no error.
pub(crate) fn assemble(dir: &Path, outlook: Outlook<'_>) -> (Option<Plan>, Vec<Diagnostic>) {
    let sink = Sink::default();
    let Some(layers) = layers(dir, &sink) else { return (None, sink.sorted()) };
    let plan = plan(&layers, dir, &sink);
    let plan = plan.filter(|_| !sink.has_errors());
    if let Some(plan) = &plan {
        in_time(&layers, plan, outlook, &sink);
    }
    (plan, sink.sorted())
}

fn plan(layers: &[Layer], dir: &Path, sink: &Sink) -> Option<Plan> {
    let top = layers.last()?;
    let files = rule_files(layers, sink);
    let sources = layers.iter().flat_map(|layer| layer.sources.clone()).collect();
    let families: BTreeMap<String, Family> = layers
        .iter()
        .flat_map(|layer| layer.rules.iter().map(|rule| (rule.id.clone(), rule.family)))
        .collect();
    // A file that is not TOML has an id, too; its family does not matter for the messages.
    let broken = layers.iter().flat_map(|layer| layer.ids.iter());
    let families = broken.map(|id| (id.clone(), Family::Stay)).chain(families).collect();
    let known = Known { sources: &sources, families: &families };
    let mut all_params: BTreeMap<String, Vec<Param>> = BTreeMap::new();
    for rule in &files {
        let context = Context { file: &rule.file, sink };
        all_params.insert(rule.id.clone(), params(context, rule));
    }
    let statuses = apply(layers, &mut all_params, sink);
    exempt_rules(layers, &families, sink);
    let Merged { tables, replacements } = merge(layers, sink);
    benefit(layers, &tables, sink);
    many_classes(layers, sink);
    let mut rules = Vec::with_capacity(files.len());
    for file in &files {
        let context = Context { file: &file.file, sink };
        let own = all_params.get(&file.id).map_or(&[][..], Vec::as_slice);
        if let Some(mut rule) = Compiler::new(context, file, own, &tables).rule(&known) {
            rule.status = statuses.get(&rule.id).copied().unwrap_or(rule.status);
            rules.push(rule);
        }
    }
    let rules = in_order(rules, &files, sink)?;
    let mut digests: Vec<_> = layers.iter().flat_map(|layer| layer.digests.clone()).collect();
    digests.sort();
    let plan = Plan {
        pack: top.pack.id.clone(),
        title: top.pack.title.clone(),
        rules,
        tables,
        sources,
        replacements,
        digests,
    };
    remarks(&plan, dir, sink);
    empty_sets(layers, &files, &plan, sink);
    Some(plan)
}

/// Reports the first class of lines that is one too many.
fn many_classes(layers: &[Layer], sink: &Sink) {
    let mut known = BTreeSet::new();
    for table in layers.iter().flat_map(|layer| &layer.tables) {
        let place = table.table.column("class").filter(|_| table.name() == CLASSES);
        let Some(place) = place else { continue };
        for row in table.rows() {
            let is_new = known.insert(row.text(place));
            if is_new && known.len() == MOST_CLASSES.saturating_add(1) {
                let fault = Fault::new("too-large", format!("more than {MOST_CLASSES} classes"))
                    .why("shares are told of so many classes at most")
                    .todo("leave out classes that no indicator needs");
                Context { file: &table.file, sink }.error(row.spot(), fault);
            }
        }
    }
}

/// Reports exemptions from rules that no pack has.
fn exempt_rules(layers: &[Layer], families: &BTreeMap<String, Family>, sink: &Sink) {
    let tables = layers.iter().flat_map(|layer| &layer.tables);
    for table in tables.filter(|table| table.name() == "exemption") {
        let context = Context { file: &table.file, sink };
        for row in table.rows() {
            let id = row.text(0);
            if id == "*" || families.contains_key(id) {
                continue;
            }
            let ids: Vec<&str> = families.keys().map(String::as_str).collect();
            let shown: String = id.chars().take(60).collect();
            let fault =
                Fault::new("unknown-rule", format!("no such rule: {}", shown.escape_debug()))
                    .why("the exemption would free nobody")
                    .todo(format!("{}, or * for every rule", suggestion(id, &ids)));
            context.error(row.spot(), fault);
        }
    }
}

/// The rules of all packs, each id once.
fn rule_files<'a>(layers: &'a [Layer], sink: &Sink) -> Vec<&'a RuleFile> {
    let mut seen = BTreeSet::new();
    let mut files = Vec::new();
    for rule in layers.iter().flat_map(|layer| &layer.rules) {
        if seen.insert(rule.id.as_str()) {
            files.push(rule);
        } else {
            duplicate_rule(Context { file: &rule.file, sink }, &rule.id);
        }
    }
    if let Some(rule) = files.get(MAX_RULES) {
        Context { file: &rule.file, sink }.error(Spot::default(), too_many_rules());
    }
    files
}

fn in_order(rules: Vec<Rule>, files: &[&RuleFile], sink: &Sink) -> Option<Vec<Rule>> {
    let circle = match ordered(rules) {
        Ok(rules) => return Some(rules),
        Err(circle) => circle,
    };
    let first = circle.first()?;
    let file = files.iter().find(|file| file.id == *first)?;
    let spot = file.yields_to.first().map_or_else(Spot::default, |text| text.spot);
    let what = format!("rules yield to each other in a circle: {}", circle.join(", "));
    let fault = Fault::new("yields-cycle", what)
        .why("credit goes to the first rule, so that there must be one")
        .todo("remove one yields_to");
    Context { file: &file.file, sink }.error(spot, fault);
    None
}

/// Warns of sets of diagnoses without codes, that a rule or a row of a table names.
fn empty_sets(layers: &[Layer], files: &[&RuleFile], plan: &Plan, sink: &Sink) {
    let Some(texts) = plan.tables.get("diagnosis_set").and_then(|table| table.texts("set")) else {
        return;
    };
    let sets: BTreeSet<&str> = (0..texts.len()).map(|idx| texts.text(idx)).collect();
    // An empty table is noted as such.
    if sets.is_empty() {
        return;
    }
    let fault = |set: &str, why: &str| {
        Fault::new("empty-set", format!("diagnosis_set has no set {set}"))
            .why(why)
            .todo("add its codes to tables/diagnosis_set.csv, or correct the name")
    };
    let asked: BTreeSet<_> = plan.rules.iter().flat_map(|rule| uses(rule).of_rows).collect();
    let of_tables = set_rows(layers, &asked, sink);
    for rule in &plan.rules {
        let Some(file) = files.iter().find(|file| file.id == rule.id) else { continue };
        let unfilled = |set: &&str| !sets.contains(set) && !of_tables.contains_key(set);
        for set in rule_sets(rule).into_iter().filter(unfilled) {
            let fault = fault(set, "the condition is never true");
            sink.whole_file(Severity::Warning, &file.file.shown, fault);
        }
    }
    for (set, (context, spot)) in of_tables.into_iter().filter(|(set, _)| !sets.contains(set)) {
        let fault = fault(set, "its rows say nothing until it has some");
        context.warning(spot, fault);
    }
}

/// The first row that names each set of diagnoses, in tables other than the one of their codes: in the column
/// `set`, and in those that rules ask.
fn set_rows<'a>(
    layers: &'a [Layer],
    asked: &BTreeSet<(&str, usize)>,
    sink: &'a Sink,
) -> BTreeMap<&'a str, (Context<'a>, Spot)> {
    let mut rows = BTreeMap::new();
    let tables = layers.iter().flat_map(|layer| &layer.tables);
    for table in tables.filter(|table| table.name() != "diagnosis_set") {
        let of_table = asked.iter().filter(|(name, _)| *name == table.name());
        let mut places: BTreeSet<usize> = of_table.map(|&(_, place)| place).collect();
        places.extend(table.table.column("set"));
        for row in table.rows() {
            for &place in &places {
                let context = Context { file: &table.file, sink };
                rows.entry(row.text(place)).or_insert_with(|| (context, row.spot()));
            }
        }
    }
    rows
}

/// Notes on empty tables.
fn remarks(plan: &Plan, dir: &Path, sink: &Sink) {
    let mut tables: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rule in &plan.rules {
        for table in uses(rule).tables {
            tables.entry(table).or_default().push(&rule.id);
        }
    }
    for (name, rules) in tables {
        if plan.tables.get(name).is_some_and(jihe_catalogue::Table::is_empty) {
            let mut rules = rules;
            rules.dedup();
            let fault = Fault::new("empty-table", format!("table is empty: {name}"))
                .why(format!("it says nothing to: {}", rules.join(", ")))
                .todo("import or write its rows when those rules shall act");
            let file = dir.join("tables").join(format!("{name}.csv")).display().to_string();
            sink.whole_file(Severity::Note, &file, fault);
        }
    }
}

#[derive(Default)]
struct Uses<'a> {
    tables: Vec<&'a str>,
    sets: Vec<&'a str>,
    /// Tables whose rows name a set, and the place of the column.
    of_rows: Vec<(&'a str, usize)>,
}

/// The knowledge tables that a rule reads.
pub fn rule_tables(rule: &Rule) -> BTreeSet<&str> {
    uses(rule).tables.into_iter().collect()
}

/// The diagnosis sets that a rule asks for by name.
fn rule_sets(rule: &Rule) -> BTreeSet<&str> {
    uses(rule).sets.into_iter().collect()
}

/// The diagnosis sets that rules ask for, by name or by the rows of their tables.
pub(crate) fn all_sets(plan: &Plan) -> BTreeSet<&str> {
    let mut sets = BTreeSet::new();
    for uses in plan.rules.iter().map(uses) {
        sets.extend(uses.sets);
        for (table, place) in uses.of_rows {
            let Some(table) = plan.tables.get(table) else { continue };
            let column = table.spec.columns.get(place).map_or("", |column| &column.name);
            let texts = table.texts(column);
            sets.extend(texts.iter().flat_map(|texts| (0..texts.len()).map(|row| texts.text(row))));
        }
    }
    sets
}

/// The tables and diagnosis sets that a rule reads.
#[expect(clippy::too_many_lines, reason = "one arm for each shape")]
fn uses(rule: &Rule) -> Uses<'_> {
    let mut uses = Uses::default();
    let mut exprs: Vec<&Expr> = rule.scope.iter().collect();
    exprs.extend(rule.exceptions.iter().map(|exception| &exception.when));
    exprs.extend(&rule.values);
    match &rule.shape {
        Shape::LineTest { lookup, test, cut, .. } => {
            uses.tables.extend(lookup.iter().map(|lookup| lookup.table.as_str()));
            exprs.extend(lookup.iter().filter_map(|lookup| lookup.matching.as_ref()));
            exprs.push(test);
            match cut {
                CutRule::Price(expr) | CutRule::Amount(expr) | CutRule::Units(expr) => {
                    exprs.push(expr);
                }
                CutRule::Whole | CutRule::None => {}
            }
        }
        Shape::SumLimit { lookup, max, .. } => {
            uses.tables.extend(lookup.iter().map(|lookup| lookup.table.as_str()));
            exprs.push(max);
        }
        Shape::CountLimit(limit) => {
            uses.tables.extend(limit.lookup.iter().map(|lookup| lookup.table.as_str()));
            exprs.push(&limit.max);
            exprs.extend(&limit.within);
        }
        Shape::TotalLimit { lookup, of, max, .. } => {
            uses.tables.extend(lookup.iter().map(|lookup| lookup.table.as_str()));
            exprs.extend([of, max]);
        }
        Shape::Period { lookup, days, max_count } => {
            uses.tables.push(&lookup.table);
            exprs.extend([days, max_count]);
        }
        Shape::Contained { table }
        | Shape::Split { table }
        | Shape::Discounted { table }
        | Shape::Companion { table }
        | Shape::Incompatible { table } => uses.tables.push(table),
        Shape::OverSupply => uses.tables.extend(["supply_kind", "supply_limit", "inpatient"]),
        Shape::EarlyRefill { .. } => uses.tables.extend(["supply_kind", "inpatient"]),
        Shape::SupplyLimit { limits } => {
            exprs.extend(limits.iter().filter_map(|case| case.when.as_ref()));
            exprs.extend(limits.iter().map(|case| &case.days));
        }
        Shape::OverDose => uses.tables.push("item_dose"),
        Shape::StaySums { sums, hit, .. } => {
            exprs.extend(sums.iter().map(|sum| &sum.when));
            exprs.push(hit);
            uses.tables.push("inpatient");
        }
        Shape::EmptyBed { bed, care, .. } => {
            exprs.extend([bed, care]);
            uses.tables.push("inpatient");
        }
        Shape::SplitStay { .. }
        | Shape::OverlapStay
        | Shape::VisitDuringStay
        | Shape::Beds { .. } => {
            uses.tables.push("inpatient");
        }
        Shape::Ratio(ratio) => {
            exprs.extend([&ratio.above, &ratio.below]);
            exprs.extend(&ratio.part);
            uses.tables.extend(ratio.classes.as_deref());
            uses.tables.push(TARGETS);
        }
        Shape::Conditions(all) => {
            exprs.extend(all.counts.iter().map(|count| &count.when));
            for one in &all.conditions {
                exprs.push(&one.hit);
                exprs.extend(one.value.iter().chain(&one.limit));
            }
        }
        Shape::SameLine
        | Shape::SettledTwice
        | Shape::SoldOverStock { .. }
        | Shape::NeverBought { .. }
        | Shape::TraceReused
        | Shape::TwoPlaces { .. } => {}
        Shape::Settlement { .. } => uses.tables.extend([
            "benefit_kind",
            "benefit_deductible",
            "benefit_segment",
            "benefit_cap",
        ]),
    }
    let own = uses.tables.first().copied();
    for expr in exprs {
        tables_of(expr, own, &mut uses);
    }
    uses
}

/// The same of an expression; `own` is the table of its rows.
fn tables_of<'a>(expr: &'a Expr, own: Option<&'a str>, uses: &mut Uses<'a>) {
    expr.visit(&mut |part| {
        if let Expr::DiagnosisIn(set) | Expr::MainDiagnosisIn(set) = part {
            uses.tables.push("diagnosis_set");
            if let Expr::Literal(Literal::Code(set)) = &**set {
                uses.sets.push(set);
            } else if let Expr::Row(place, _) = &**set {
                uses.of_rows.extend(own.map(|table| (table, *place)));
            }
        } else if let Expr::Listed(table, _) = part {
            uses.tables.push(table);
        }
    });
}
