//! What a rule could not see: the tables and columns behind a missing value, in words.

use jihe_frame::{Column, Lack};
use jihe_rules::expr::{Derived, Expr, Literal, Source};
use jihe_rules::plan::{KeyPart, Rule};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

use crate::evaluate::{evaluate, is_null};
use crate::found::Found;
use crate::questions::questions;
use crate::run::{Part, Run};
use crate::subjects::Subjects;
use crate::vector::{FALSE, Rows, TRUE};

/// Why subjects of a rule could not be judged, for the coverage table; empty if all could.
pub(crate) fn lacks(rule: usize, run: &Run<'_>, found: &Found) -> Vec<Lack> {
    let mut lacks = Vec::new();
    if 0 < found.n_unexplained {
        lacks = nullable_columns(rule, run, found.blank);
        if lacks.is_empty() {
            lacks.push(Lack::Said("a value that the rule asks for is missing or beyond its range"));
        }
    }
    if found.lacks_exception {
        let exceptions = &run.engine.asked.by_rule[rule].exceptions;
        let lacking = exceptions.iter().filter(|needs| is_lacking(needs, run));
        lacks.extend(lacking.flat_map(|needs| lacks_of(needs, run)));
        let needs = exceptions.iter().flatten().map(|&need| run.engine.asked.needs[need]);
        lacks.extend(needs.filter_map(|need| gap_of(need, run)));
    }
    if !found.reasons.is_empty() {
        lacks.extend(found.reasons.iter().map(|&said| Lack::Said(said)));
    }
    lacks
}

/// Something that a value rests on and that may be missing.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Need {
    /// A column by its place and name.
    Column(TableName, usize, &'static str),
    /// A column of the lines whose cells tell groups apart.
    Key(&'static str),
    Traces,
    Diagnoses,
    /// Whether a table of the reference names something.
    Named(TableName),
}

/// What rules ask for that may be missing.
#[derive(Debug)]
pub(crate) struct Asked {
    by_rule: Vec<AskedOf>,
    /// Each of it once.
    needs: Vec<Need>,
}

/// What one rule asks for; what that rests on by its place.
#[derive(Debug)]
struct AskedOf {
    /// In the order in which it names them.
    leaves: Vec<Leaf>,
    /// What each exception asks for. Diagnoses do not count: a visit has what is recorded of it.
    exceptions: Vec<Vec<usize>>,
}

/// A value that a rule asks for and that may be missing.
#[derive(Debug)]
struct Leaf {
    value: LeafValue,
    needs: Vec<usize>,
}

#[derive(Debug)]
enum LeafValue {
    Expr(Expr),
    Key(KeyPart),
}

impl Asked {
    pub(crate) fn of(rules: &[Rule]) -> Self {
        let mut needs = Needs::default();
        let by_rule = rules.iter().map(|rule| AskedOf::of(rule, &mut needs)).collect();
        Self { by_rule, needs: needs.0 }
    }

    /// What is missing in a month, by need.
    pub(crate) fn lacks(&self, run: &Run<'_>) -> Vec<Option<Lack>> {
        self.needs.iter().map(|&need| lack_of(need, run)).collect()
    }

    /// By rule a bit for each exception that asks only for what the files lack: a table or column
    /// that is there can show the exception.
    pub(crate) fn lacking(&self, run: &Run<'_>) -> Vec<u32> {
        let bit = |idx: usize| 1_u32.checked_shl(idx as u32).unwrap_or(0);
        let of_rule = |rule: &AskedOf| {
            let all = rule.exceptions.iter().enumerate();
            all.filter(|(_, needs)| is_lacking(needs, run))
                .fold(0, |bits, (idx, _)| bits | bit(idx))
        };
        self.by_rule.iter().map(of_rule).collect()
    }
}

/// Needs of all rules, each once.
#[derive(Default)]
struct Needs(Vec<Need>);

impl Needs {
    fn place(&mut self, need: Need) -> usize {
        let place = self.0.iter().position(|&known| known == need);
        place.unwrap_or_else(|| {
            self.0.push(need);
            self.0.len() - 1
        })
    }

    /// The places of what a part of an expression rests on.
    fn of(&mut self, part: &Expr) -> Vec<usize> {
        needs_of(part).into_iter().map(|need| self.place(need)).collect()
    }
}

impl AskedOf {
    fn of(rule: &Rule, all: &mut Needs) -> Self {
        let mut of_exception = |when: &Expr| {
            let mut needs = Vec::new();
            when.visit(&mut |part| match part {
                Expr::DiagnosisIn(_) | Expr::MainDiagnosisIn(_) => {}
                part => needs.append(&mut all.of(part)),
            });
            needs
        };
        let exceptions = rule.exceptions.iter().map(|one| of_exception(&one.when)).collect();
        Self { leaves: leaves(rule, all), exceptions }
    }
}

/// What of a column some files lack that others have.
fn gap_of(need: Need, run: &Run<'_>) -> Option<Lack> {
    match need {
        Need::Column(table, place, name) if run.month.has_gaps(table, place) => {
            Some(Lack::Gaps(table, name))
        }
        Need::Column(..) | Need::Key(_) | Need::Traces | Need::Diagnoses | Need::Named(_) => None,
    }
}

/// Whether the files that tell of a subject have nothing of what an exception asks for, though others
/// have.
pub(crate) fn is_in_gap(
    (rule, exception): (usize, usize),
    on: &Subjects<'_>,
    subject: usize,
) -> bool {
    let (run, asked) = (on.run, &on.run.engine.asked);
    let mut is_any = false;
    let is_gone = |&need: &usize| match (run.lacks[need], asked.needs[need]) {
        (Some(lack), Need::Column(table, place, _)) if lack.is_of_rows() => {
            let is_gap = on.is_gap(table, place, subject);
            is_any |= is_gap;
            is_gap
        }
        (Some(lack), _) => !lack.is_of_rows(),
        (None, _) => true,
    };
    asked.by_rule[rule].exceptions[exception].iter().all(is_gone) && is_any
}

fn is_lacking(needs: &[usize], run: &Run<'_>) -> bool {
    let mut lacks = lacks_of(needs, run).peekable();
    lacks.peek().is_some() && lacks.all(|lack| !lack.is_of_rows())
}

/// The values that a rule asks for, in the order in which it names them.
fn leaves(rule: &Rule, needs: &mut Needs) -> Vec<Leaf> {
    let (all, keys) = questions(rule);
    let mut leaves: Vec<Leaf> = Vec::new();
    for expr in all {
        expr.visit(&mut |part| {
            if matches!(
                part,
                Expr::Column(..)
                    | Expr::Derived(_)
                    | Expr::Registered(_)
                    | Expr::PrescriptionSum(_)
                    | Expr::PrescriptionAll(_)
                    | Expr::DiagnosisIn(_)
                    | Expr::MainDiagnosisIn(_)
            ) {
                let asked = match part {
                    // Without any diagnosis it is unknown, whatever the set.
                    Expr::DiagnosisIn(_) => Expr::DiagnosisIn(Box::new(no_set())),
                    Expr::MainDiagnosisIn(_) => Expr::MainDiagnosisIn(Box::new(no_set())),
                    part => part.clone(),
                };
                // What is asked twice is missing once.
                let is_it =
                    |leaf: &Leaf| matches!(&leaf.value, LeafValue::Expr(it) if *it == asked);
                if leaves.iter().any(is_it) {
                    return;
                }
                let needs = needs.of(part);
                if !needs.is_empty() {
                    leaves.push(Leaf { value: LeafValue::Expr(asked), needs });
                }
            }
        });
    }
    leaves.extend(keys.iter().map(|&key| of_key(key, needs)));
    leaves
}

/// The name of no set.
fn no_set() -> Expr {
    Expr::Literal(Literal::Code(String::new()))
}

/// What a part of a key asks for.
fn of_key(key: KeyPart, needs: &mut Needs) -> Leaf {
    if let KeyPart::OfItem(derived) = key {
        let expr = Expr::Derived(derived);
        return Leaf { needs: needs.of(&expr), value: LeafValue::Expr(expr) };
    }
    let needs = missing_part(key).map(|need| needs.place(need)).into_iter().collect();
    Leaf { value: LeafValue::Key(key), needs }
}

/// What a rule may find missing, for the coverage table. `blank` has a bit for each value that is
/// missing for some line, where lines were asked.
fn nullable_columns(rule: usize, run: &Run<'_>, blank: Option<u128>) -> Vec<Lack> {
    let is_blank = |place: usize| blank.is_none_or(|bits| bits & bit(place) != 0);
    let (mut lacks, mut any_blank) = (Vec::new(), false);
    let leaves = &run.engine.asked.by_rule[rule].leaves;
    // A table or column that is not there says enough; empty cells are named only without one.
    for (place, leaf) in leaves.iter().enumerate() {
        for lack in lacks_of(&leaf.needs, run) {
            any_blank |= is_blank(place);
            if !lack.is_of_rows() {
                lacks.push(lack);
            }
        }
    }
    if !lacks.is_empty() {
        return lacks;
    }
    for (place, leaf) in leaves.iter().enumerate() {
        if !any_blank || is_blank(place) {
            lacks.extend(lacks_of(&leaf.needs, run));
        }
    }
    // Where no line was asked, tables tell of which columns a cell is empty.
    if blank.is_none() && lacks.iter().any(|lack| has_empty_cells(lack, run) == Some(true)) {
        lacks.retain(|lack| has_empty_cells(lack, run) != Some(false));
    }
    lacks
}

/// Whether a column of a table of entities has an empty cell; none of other tables.
fn has_empty_cells(lack: &Lack, run: &Run<'_>) -> Option<bool> {
    let Lack::Cells(table, name) = *lack else { return None };
    match columns_of(run, table).get(table.column(name)?)? {
        Column::Code(codes) => Some(codes.contains(&NO_CODE)),
        Column::Number(numbers) => Some(numbers.contains(&NO_NUMBER)),
        Column::Day(days) => Some(days.contains(&NO_DAY)),
        Column::Text(texts) => Some(texts.iter().any(<[u8]>::is_empty)),
        Column::Absent => None,
    }
}

fn bit(place: usize) -> u128 {
    u32::try_from(place).ok().and_then(|place| 1_u128.checked_shl(place)).unwrap_or(0)
}

/// Lines that are asked at once for a missing value.
const BATCH: usize = 4096;

/// A bit for each value that a rule asks for and that is missing for some of the lines of a part that it
/// could not judge: what other lines lack does not matter, whichever lines are of that part.
pub(crate) fn blanks(rule: usize, run: &Run<'_>, part: &Part<'_>, rows: &[u32]) -> u128 {
    let leaves = &run.engine.asked.by_rule[rule].leaves;
    if leaves.iter().any(|leaf| lacks_of(&leaf.needs, run).any(|lack| !lack.is_of_rows())) {
        return 0;
    }
    let is_blank = |rows: &[u32], leaf: &Leaf| match &leaf.value {
        LeafValue::Key(KeyPart::Prescription)
        | LeafValue::Expr(Expr::PrescriptionSum(_) | Expr::PrescriptionAll(_)) => {
            rows.iter().any(|&row| part.order_of(row as usize) == 0)
        }
        // These are not asked of lines.
        LeafValue::Key(_)
        | LeafValue::Expr(Expr::Column(Source::Former | Source::Practitioner, ..)) => true,
        LeafValue::Expr(expr) => {
            let on = Subjects::of_lines(run, part, rows, &run.rule(rule).params);
            let missing = is_null(&evaluate(expr, &on));
            match expr {
                // The person that it asks for is a value of its own.
                Expr::Registered(person) => {
                    let persons = is_null(&evaluate(person, &on));
                    let persons = Rows::new(persons.bools());
                    let is_own = |(row, &it): (usize, &u8)| it == TRUE && persons.get(row) == FALSE;
                    missing.bools().iter().enumerate().any(is_own)
                }
                _ => missing.bools().contains(&TRUE),
            }
        }
    };
    let mut bits = 0;
    for (place, leaf) in leaves.iter().enumerate() {
        if lacks_of(&leaf.needs, run).next().is_some()
            && rows.chunks(BATCH).any(|rows| is_blank(rows, leaf))
        {
            bits |= bit(place);
        }
    }
    bits
}

/// What a part of a group's key may find missing.
fn missing_part(part: KeyPart) -> Option<Need> {
    match part {
        KeyPart::Prescription => Some(Need::Key("rx_drord_no")),
        KeyPart::LineCode(place) => Some(Need::Key(TableName::Lines.columns().get(place)?.name)),
        _ => None,
    }
}

fn lacks_of<'a>(needs: &'a [usize], run: &'a Run<'_>) -> impl Iterator<Item = Lack> + 'a {
    needs.iter().filter_map(|&need| run.lacks[need])
}

/// What is missing of something that a value rests on; none if nothing can be.
fn lack_of(need: Need, run: &Run<'_>) -> Option<Lack> {
    let month = run.month;
    Some(match need {
        Need::Key(name) => Lack::Cells(TableName::Lines, name),
        Need::Traces if !crate::judge::trace::is_told(run) => Lack::Traces,
        Need::Traces => {
            return crate::judge::trace::gap(run)
                .map(|_| Lack::Gaps(TableName::Lines, "drug_trac_codg"));
        }
        // A diagnosis stands in either place.
        Need::Diagnoses if month.present.contains(&TableName::Diagnoses) => Lack::Diagnoses,
        Need::Diagnoses => {
            let name = "dscg_maindiag_code";
            let place = TableName::Encounters.column(name).unwrap_or(usize::MAX);
            lack_at(run, (TableName::Encounters, place, name))
        }
        Need::Column(table, place, name) => lack_at(run, (table, place, name)),
        Need::Named(table) if !run.engine.has(table) => Lack::Table(table),
        Need::Named(table) if run.engine.aside.of(table).is_none() => return None,
        Need::Named(table) => Lack::Aside(table),
    })
}

/// What a value of a column lacks: its table, the column, or a cell.
fn lack_at(run: &Run<'_>, (table, place, column): (TableName, usize, &'static str)) -> Lack {
    let (month, engine) = (run.month, run.engine);
    if !engine.has(table) && !month.present.contains(&table) {
        return Lack::Table(table);
    }
    let of_table = columns_of(run, table).get(place);
    let is_absent = matches!(of_table, Some(Column::Absent)) || month.lacks(table, place);
    if is_absent && column != "psn_no" {
        Lack::Column(table, column)
    } else {
        Lack::Cells(table, column)
    }
}

/// The columns of a table of entities; none of other tables.
fn columns_of<'a>(run: &'a Run<'_>, table: TableName) -> &'a [Column] {
    let (month, engine) = (run.month, run.engine);
    match table {
        TableName::Encounters => &month.encounters.rows.columns,
        TableName::Persons => &month.persons.rows.columns,
        TableName::Settlements => &month.settlements.rows.columns,
        TableName::Institutions => engine.institutions.as_ref().map_or(&[], |it| &it.columns),
        TableName::Practitioners => engine.registry.practitioners().map_or(&[], |it| &it.columns),
        _ => &[],
    }
}

/// What the value of a part of an expression rests on and what may be missing.
fn needs_of(part: &Expr) -> Vec<Need> {
    let need = |&(table, column): &(TableName, &'static str)| {
        Need::Column(table, table.column(column).unwrap_or(usize::MAX), column)
    };
    match part {
        Expr::Column(source, place, _) => {
            let table = source.table();
            match table.columns().get(*place) {
                Some(def) if def.required && *source == Source::Line => Vec::new(),
                Some(def) if def.name != "inscp_scp_amt" => {
                    vec![Need::Column(table, *place, def.name)]
                }
                Some(_) | None => Vec::new(),
            }
        }
        Expr::Derived(Derived::Traced) => vec![Need::Traces],
        Expr::Derived(Derived::InCatalogue) => vec![Need::Named(TableName::Catalogue)],
        Expr::Derived(which) => sources(*which).iter().map(need).collect(),
        Expr::Registered(_) => vec![Need::Named(TableName::Practitioners)],
        Expr::PrescriptionSum(_) | Expr::PrescriptionAll(_) => {
            vec![need(&(TableName::Lines, "rx_drord_no"))]
        }
        Expr::DiagnosisIn(_) | Expr::MainDiagnosisIn(_) => vec![Need::Diagnoses],
        _ => Vec::new(),
    }
}

/// The columns that a derived value rests on and that may be missing.
fn sources(derived: Derived) -> &'static [(TableName, &'static str)] {
    match derived {
        Derived::AgeYears | Derived::AgeDays => &[(TableName::Persons, "brdy")],
        Derived::Inpatient | Derived::MedType => &[(TableName::Encounters, "med_type")],
        Derived::LengthOfStay => &[(TableName::Encounters, "endtime")],
        Derived::ListType => &[(TableName::Catalogue, "list_type")],
        Derived::ChargeType => &[(TableName::Catalogue, "med_chrgitm_type")],
        Derived::ItemClass => &[(TableName::Catalogue, "chrgitm_lv")],
        Derived::PersonKnown => &[(TableName::Persons, "psn_no")],
        Derived::Mapped => {
            &[(TableName::ItemMap, "medins_list_codg"), (TableName::Lines, "medins_list_codg")]
        }
        Derived::MappedPrice => &[(TableName::PriceLimits, "hilist_pric_uplmt_amt")],
        Derived::Day
        | Derived::Cost
        | Derived::NationalCode
        | Derived::MappedCode
        | Derived::InCatalogue
        | Derived::Traced => &[],
    }
}
