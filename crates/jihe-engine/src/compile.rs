//! A plan and the reference tables, compiled once: immutable, shared by threads.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jihe_catalogue::{InForce, Table};
use jihe_frame::Codes;
use jihe_intake::{Reference, Wanted};
use jihe_rules::expr::{Expr, Literal};
use jihe_rules::plan::{CountLimit, Lookup, Over, Plan, Rule, Shape};
use jihe_settle::Terms;
use jihe_terms::schema::TableName;
use jihe_terms::{Status, Texts};

use crate::arrange::{arrange, each_expr};
use crate::aside::AsideCodes;
use crate::benefit::BenefitIndex;
use crate::candidates::{Candidates, Marking};
use crate::diagnoses::DiagnosisIndex;
use crate::exemption::Exemptions;
use crate::index::{ContainedIndex, StockIndex, SupplyIndex};
use crate::indicator::{ClassIndex, Targets};
use crate::judge::condition;
use crate::judge::key::Words;
use crate::known::Known;
use crate::missing::Asked;
use crate::registry::Registry;
use crate::sets::SplitIndex;
use crate::tables::CodedTable;
use crate::wanted::{usable, wanted};

/// Rules, tables and the reference, ready for any number of months.
#[derive(Debug)]
pub struct Engine {
    pub(crate) plan: Arc<Plan>,
    /// The rules of the plan, their conditions in the order in which they are asked.
    pub(crate) rules: Vec<Rule>,
    /// Places of the rules, sorted by id.
    pub(crate) by_id: Vec<usize>,
    /// By rule: the first that asks the same, itself mostly. Only that one is judged.
    pub(crate) judged_as: Vec<usize>,
    /// What rules ask for that may be missing.
    pub(crate) asked: Asked,
    /// What settling needs to know of each rule.
    pub(crate) terms: Vec<Terms>,
    pub(crate) codes: Arc<Codes>,
    pub(crate) words: Words,
    pub(crate) tables: BTreeMap<String, CodedTable>,
    pub(crate) catalogue: Option<CodedTable>,
    pub(crate) price_limits: Option<CodedTable>,
    pub(crate) institutions: Option<CodedTable>,
    /// Codes of the institutions of the reference, ascending; `None` without the table.
    pub(crate) known_institutions: Option<Vec<u32>>,
    pub(crate) contained: BTreeMap<String, ContainedIndex>,
    pub(crate) splits: BTreeMap<String, SplitIndex>,
    pub(crate) supply: SupplyIndex,
    pub(crate) diagnoses: DiagnosisIndex,
    pub(crate) stock: StockIndex,
    pub(crate) registry: Registry,
    /// Classes of lines, if the pack has any.
    pub(crate) classes: Option<ClassIndex>,
    pub(crate) targets: Targets,
    pub(crate) exemptions: Exemptions,
    pub(crate) benefit: BenefitIndex,
    pub(crate) wanted: Wanted,
    usable: Wanted,
    /// The rules that look an item up and have a row for it.
    pub(crate) candidates: Candidates,
    /// The slot of each rule that looks items up.
    pub(crate) slots: Vec<Option<u32>>,
    pub(crate) n_slots: usize,
    /// What rules say of rows of tables alone.
    pub(crate) known: Known,
    pub(crate) reference: Arc<Reference>,
    /// What rows of the reference that were put aside are about.
    pub(crate) aside: AsideCodes,
}

impl Engine {
    /// Compiles a checked pack against the reference tables.
    ///
    /// Cost: linear in the rows of the tables.
    pub fn compile(plan: impl Into<Arc<Plan>>, reference: Arc<Reference>) -> Self {
        let plan = plan.into();
        let mut codes = Codes::default();
        let ([catalogue, price_limits, institutions], (tables, stock, registry)) =
            all_tables(&plan, &reference, &mut codes);
        let known_institutions = institutions.as_ref().map(|table| {
            let place = TableName::Institutions.column("fixmedins_code").unwrap_or(0);
            let mut known = table.codes(place).unwrap_or(&[]).to_vec();
            known.sort_unstable();
            known.dedup();
            known
        });
        let (contained, splits) = pair_tables(&plan, &tables, &codes);
        let supply = SupplyIndex::new(&plan, &tables);
        let diagnoses = DiagnosisIndex::new(&plan, tables.get("diagnosis_set"));
        let classes = ClassIndex::new(&plan, catalogue.as_ref(), &mut codes);
        let targets = Targets::new(&plan, &mut codes);
        let exemptions = Exemptions::new(&plan, &mut codes);
        let benefit = BenefitIndex::new(&plan, &reference, &mut codes);
        let aside = AsideCodes::new(&reference, &mut codes);
        let (mut rules, mut of_items) = (plan.rules.clone(), Vec::new());
        for rule in &mut rules {
            intern_words(rule, &mut codes);
            each_expr(rule, &mut |expr| arrange(expr, &mut of_items));
        }
        for word in ["person", "encounter", "day", "stay", "chronic", "1"] {
            codes.intern(word.as_bytes());
        }
        let wanted = wanted(&plan, &mut rules);
        let usable = usable(&plan, &rules, &wanted, registry.has(TableName::ItemMap));
        let mut engine = Self {
            by_id: by_id(&rules),
            judged_as: judged_as(&plan.rules),
            asked: Asked::of(&rules),
            terms: terms(&rules),
            rules,
            plan,
            words: Words::of(&codes),
            codes: Arc::new(codes),
            tables,
            catalogue,
            price_limits,
            institutions,
            known_institutions,
            contained,
            splits,
            supply,
            diagnoses,
            stock,
            registry,
            classes,
            targets,
            exemptions,
            benefit,
            wanted,
            usable,
            candidates: Candidates::default(),
            slots: Vec::new(),
            n_slots: 0,
            known: Known::default(),
            reference,
            aside,
        };
        engine.known = Known::new(&engine, &of_items);
        engine.mark_candidates();
        engine
    }

    /// Whether a rule is judged itself: it acts, and asks what none before it asks.
    pub(crate) fn is_judged(&self, rule: usize) -> bool {
        self.rules[rule].status != Status::Draft && self.judged_as[rule] == rule
    }

    /// Whether the reference has a table that tells of lines.
    pub(crate) fn has(&self, table: TableName) -> bool {
        match table {
            TableName::Institutions => self.institutions.is_some(),
            TableName::Catalogue => self.catalogue.is_some(),
            TableName::PriceLimits => self.price_limits.is_some(),
            TableName::Practitioners | TableName::ItemMap => self.registry.has(table),
            _ => false,
        }
    }

    /// The rules.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The reference tables and what was put aside of them.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The codes known before any month.
    pub fn codes(&self) -> &Arc<Codes> {
        &self.codes
    }

    /// The optional columns that the rules read.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Those of them that they can use beside this reference; a state keeps all.
    pub fn usable(&self) -> &Wanted {
        &self.usable
    }

    /// Codes of the designated institutions, ascending, if the table is there.
    pub fn known_institutions(&self) -> Option<&[u32]> {
        self.known_institutions.as_deref()
    }

    /// Which row of the catalogue holds for an item on a day, and the name of each row.
    pub fn item_names(&self) -> Option<(&InForce, &Texts)> {
        let names = self.reference.tables.get(&TableName::Catalogue)?.texts("hilist_name")?;
        Some((&self.catalogue.as_ref()?.by_key, names))
    }

    /// The rows that a rule's look-up can match, by item.
    pub(crate) fn rows_of<'a>(&'a self, rule: usize, table: &'a CodedTable) -> &'a InForce {
        match self.known.rows.get(rule) {
            Some(Some(rows)) => rows,
            Some(None) | None => &table.by_key,
        }
    }

    /// What a rule's look-up asks of lines with these rows; nothing where each of them surely matches.
    pub(crate) fn matching<'a>(&self, rule: usize, lookup: &'a Lookup) -> Option<&'a Expr> {
        lookup.matching.as_ref().filter(|_| !self.known.matches[rule])
    }

    /// The codes that some columns of a pack table name.
    fn named_in(&self, table: &str, columns: &[&str]) -> Vec<u32> {
        let (Some(shape), Some(table)) = (self.plan.tables.get(table), self.tables.get(table))
        else {
            return Vec::new();
        };
        let places = columns.iter().filter_map(|column| shape.column(column));
        places.flat_map(|place| table.codes(place).unwrap_or(&[])).copied().collect()
    }

    /// Whether a rule asks what the lines of an encounter come to.
    pub(crate) fn sums_costs(&self) -> bool {
        let asks = |rule: &Rule| match &rule.shape {
            Shape::Ratio(ratio) => ratio.over == Over::Encounters,
            _ => false,
        };
        self.plan.rules.iter().any(|rule| rule.status != Status::Draft && asks(rule))
    }

    /// Gives rules that look items up a slot, those of the same items the same, and items the slots of the
    /// rules that have a row for them.
    fn mark_candidates(&mut self) {
        let mut marking = Marking::new(self.codes.len());
        let mut slots = Vec::with_capacity(self.plan.rules.len());
        let mut known: HashMap<Vec<u32>, u32, ahash::RandomState> = HashMap::default();
        for (idx, rule) in self.plan.rules.iter().enumerate() {
            if !self.is_judged(idx) {
                slots.push(None);
                continue;
            }
            let items: Vec<u32> = match &rule.shape {
                // Items without a row are asked, too: there is no candidate to choose.
                Shape::LineTest { lookup: Some(Lookup { table, .. }), unlisted: true, .. }
                    if self.tables.get(table).is_some_and(|table| 0 < table.n_rows()) =>
                {
                    slots.push(None);
                    continue;
                }
                Shape::LineTest { lookup: Some(Lookup { table, .. }), .. }
                | Shape::SumLimit { lookup: Some(Lookup { table, .. }), .. }
                | Shape::CountLimit(CountLimit { lookup: Some(Lookup { table, .. }), .. })
                | Shape::TotalLimit { lookup: Some(Lookup { table, .. }), .. }
                | Shape::Discounted { table }
                | Shape::Period { lookup: Lookup { table, .. }, .. } => {
                    if let Some(table) = crate::run::lookup_table(self, table) {
                        self.rows_of(idx, table).keys().collect()
                    } else {
                        slots.push(None);
                        continue;
                    }
                }
                Shape::OverDose => self
                    .tables
                    .get("item_dose")
                    .into_iter()
                    .flat_map(|it| it.by_key.keys())
                    .collect(),
                Shape::Contained { table } | Shape::Incompatible { table } => {
                    self.contained.get(table).map_or(Vec::new(), |index| index.items().collect())
                }
                Shape::Split { table } => {
                    self.splits.get(table).map_or(Vec::new(), |index| index.items().collect())
                }
                Shape::Companion { table } => self.named_in(table, &["hilist_code", "needs"]),
                _ => {
                    slots.push(None);
                    continue;
                }
            };
            let next = known.len() as u32;
            let slot = *known.entry(items).or_insert_with_key(|items| {
                marking.mark(next, items);
                next
            });
            slots.push(Some(slot));
        }
        self.candidates = marking.done();
        self.slots = slots;
        self.n_slots = known.len();
    }
}

/// Places of rules, sorted by id.
fn by_id(rules: &[Rule]) -> Vec<usize> {
    let mut places: Vec<usize> = (0..rules.len()).collect();
    places.sort_by_key(|&place| &rules[place].id);
    places
}

/// By rule: the first that asks the same, of those that act.
fn judged_as(rules: &[Rule]) -> Vec<usize> {
    let acts = |rule: &Rule| rule.status != Status::Draft;
    let first = |(place, rule): (usize, &Rule)| {
        let mut before = rules.iter().take(place);
        before.position(|it| acts(it) && acts(rule) && it.asks_like(rule)).unwrap_or(place)
    };
    rules.iter().enumerate().map(first).collect()
}

fn terms(rules: &[Rule]) -> Vec<Terms> {
    let terms = (0_u32..).zip(rules).map(|(precedence, rule)| Terms {
        precedence,
        article: rule.article.clone(),
        status: rule.status,
    });
    terms.collect()
}

/// The catalogue, the price limits and the institutions.
type OfReference = [Option<CodedTable>; 3];

/// The tables of the pack, the stock, and who works where.
type OthersCoded = (BTreeMap<String, CodedTable>, StockIndex, Registry);

/// All tables, coded.
fn all_tables(
    plan: &Plan,
    reference: &Arc<Reference>,
    codes: &mut Codes,
) -> (OfReference, OthersCoded) {
    // The catalogue goes first: its items get the smallest ids, so look-ups by item stay dense.
    let of_reference = [
        (TableName::Catalogue, "hilist_code"),
        (TableName::PriceLimits, "hilist_code"),
        (TableName::Institutions, "fixmedins_code"),
    ];
    let mut coded = of_reference.map(|(name, key)| {
        // A catalogue without rows tells of no item that it is not listed.
        let is_blank = |table: &&Table| name == TableName::Catalogue && table.is_empty();
        let table = reference.tables.get(&name).filter(|table| !is_blank(table))?;
        Some(CodedTable::not_in_order(table, name.columns(), key, codes))
    });
    let in_order = |(name, coded): (&(TableName, &str), &Option<CodedTable>)| {
        let table = reference.tables.get(&name.0);
        coded.as_ref().zip(table).map(|(coded, table)| coded.in_order(table))
    };
    // Their rows are put in order while the codes of the others are met.
    let (by_key, others) = rayon::join(
        || of_reference.iter().zip(&coded).map(in_order).collect::<Vec<_>>(),
        || {
            let tables = pack_tables(plan, codes);
            let stock = StockIndex::new(reference, codes);
            (tables, stock, Registry::new(reference, codes))
        },
    );
    for (coded, by_key) in coded.iter_mut().zip(by_key) {
        if let (Some(coded), Some(by_key)) = (coded, by_key) {
            coded.by_key = by_key;
        }
    }
    (coded, others)
}

type PairTables = (BTreeMap<String, ContainedIndex>, BTreeMap<String, SplitIndex>);

/// The tables of the pack, coded.
fn pack_tables(plan: &Plan, codes: &mut Codes) -> BTreeMap<String, CodedTable> {
    let mut tables: BTreeMap<String, CodedTable> = plan
        .tables
        .iter()
        .map(|(name, table)| {
            let key = if table.column("hilist_code").is_some() {
                "hilist_code"
            } else {
                table.spec.columns.first().map_or("", |column| column.name.as_str())
            };
            (name.clone(), CodedTable::of_pack(table, key, codes))
        })
        .collect();
    // Where no pack says which lists of special diseases are whole, every list is.
    if let Some(lists) = plan.tables.get("disease_items")
        && tables.get("special_disease").is_none_or(|table| table.n_rows() == 0)
    {
        let diseases = CodedTable::of_pack(lists, "dise_codg", codes);
        tables.insert("special_disease".to_owned(), diseases);
    }
    tables
}

fn pair_tables(plan: &Plan, tables: &BTreeMap<String, CodedTable>, codes: &Codes) -> PairTables {
    let (mut contained, mut splits) = (BTreeMap::new(), BTreeMap::new());
    let both = |name: &str| Some((plan.tables.get(name)?, tables.get(name)?));
    for rule in &plan.rules {
        match &rule.shape {
            Shape::Contained { table } | Shape::Incompatible { table } => {
                if let Some((rows, coded)) = both(table) {
                    contained.insert(table.clone(), ContainedIndex::new(rows, coded, codes));
                }
            }
            Shape::Split { table } => {
                if let Some((rows, coded)) = both(table) {
                    splits.insert(table.clone(), SplitIndex::new(rows, coded));
                }
            }
            _ => {}
        }
    }
    (contained, splits)
}

/// The codes that a rule names itself.
fn intern_words(rule: &mut Rule, codes: &mut Codes) {
    each_expr(rule, &mut |expr| intern_literals(expr, codes));
    if let Shape::Conditions(all) = &rule.shape {
        for text in all.conditions.iter().flat_map(condition::words) {
            codes.intern(text.as_bytes());
        }
    }
}

fn intern_literals(expr: &Expr, codes: &mut Codes) {
    expr.visit(&mut |expr| match expr {
        Expr::Literal(Literal::Code(text)) => {
            codes.intern(text.as_bytes());
        }
        Expr::InCodes(_, texts) => {
            for text in texts {
                codes.intern(text.as_bytes());
            }
        }
        _ => {}
    });
}
