//! One claim and what is known of its person, as a month of a few rows.
//!
//! In: rows as texts under the platform's names, already checked by whoever wrote them. Out: the same
//! [`NetMonth`] that files would give, without a file, a thread or a sort of more than these rows.

mod check;
mod sheet;
mod standing;
mod traces;

use std::collections::BTreeMap;
use std::sync::Arc;

use jihe_frame::{
    Codes, Column, Counts, Defects, Diagnoses, Entities, LinePart, Lines, NetMonth, Relation,
    Serials, Traces,
};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_NUMBER, day_of};

use crate::cells::hash_of_text;
use crate::claim::check::{check_amounts, check_differ, check_owners};
use crate::claim::sheet::{Ids, Sheet};
use crate::claim::standing::{is_void, standing};
use crate::error::IntakeError;
use crate::lines::sink::cannot_spill;
use crate::options::TraceRows;
use crate::place::{at, id};

/// Values of a row: name of the column (or its alias) and text.
pub type Row = Vec<(String, String)>;

/// Rows of a claim, or of a person's history.
#[derive(Clone, Debug, Default)]
pub struct Claim {
    /// The person (`psn_no`, `gend`, `brdy` …).
    pub persons: Vec<Row>,
    /// Visits.
    pub encounters: Vec<Row>,
    /// Diagnoses.
    pub diagnoses: Vec<Row>,
    /// Settlements; a claim that is checked beforehand has none.
    pub settlements: Vec<Row>,
    /// Fee lines.
    pub lines: Vec<Row>,
}

impl Claim {
    fn rows(&self, table: TableName) -> &[Row] {
        match table {
            TableName::Persons => &self.persons,
            TableName::Encounters => &self.encounters,
            TableName::Diagnoses => &self.diagnoses,
            TableName::Settlements => &self.settlements,
            TableName::Lines => &self.lines,
            TableName::TraceCodes
            | TableName::Institutions
            | TableName::Practitioners
            | TableName::Catalogue
            | TableName::PriceLimits
            | TableName::SelfPay
            | TableName::ItemMap
            | TableName::Inventory
            | TableName::Reviews => &[],
        }
    }
}

/// What a claim is read beside.
#[derive(Clone, Copy, Debug)]
pub struct Beside<'a> {
    /// Codes that are known already.
    pub codes: &'a Arc<Codes>,
    /// Ids in `codes` of the known institutions, ascending; none: not checked.
    pub institutions: Option<&'a [u32]>,
    /// Trace codes of the reference folder.
    pub traces: Option<&'a TraceRows>,
}

/// Reads a claim beside a person's history as a month of its own.
///
/// Lines, visits and settlements of the history count in every rule and are never refused again.
///
/// # Errors
///
/// What would be put aside in a month: a value that is missing or malformed, an institution that is not
/// among the known ones, amounts that contradict each other, a line of another person's visit or
/// settlement. Also a key that comes twice, a row with two values of one column, and a line with a quantity
/// below 0: what is checked beforehand reverses nothing.
pub fn read_claim(
    beside: Beside<'_>,
    claim: &Claim,
    history: &Claim,
) -> Result<NetMonth, IntakeError> {
    let sheets = sheets(claim, history);
    sheets.iter().try_for_each(Sheet::check_columns)?;
    let settlements = &sheets[2];
    let says = |sheet: &Sheet<'_>, name, is: fn(&str) -> bool| sheet.texts(name).any(is);
    let has_gone = says(settlements, "refd_setl_flag", |flag| flag == "1")
        || sheets.iter().any(|sheet| says(sheet, "vali_flag", is_void));
    if !has_gone {
        return read(beside, claim, &sheets);
    }
    sheets.iter().try_for_each(|sheet| sheet.check_names("vali_flag"))?;
    let [own, former] = standing(claim, history);
    let mut sheets = self::sheets(&own.claim, &former.claim);
    for sheet in &mut sheets {
        let given = [&former, &own].map(|all| all.given.get(&sheet.table));
        sheet.count_as(given.into_iter().flatten().flatten().copied().collect());
    }
    read(beside, claim, &sheets)
}

/// Persons, encounters, settlements, diagnoses and lines.
fn sheets<'a>(claim: &'a Claim, history: &'a Claim) -> [Sheet<'a>; 5] {
    let tables = [
        TableName::Persons,
        TableName::Encounters,
        TableName::Settlements,
        TableName::Diagnoses,
        TableName::Lines,
    ];
    tables.map(|table| Sheet::new(table, claim, history))
}

/// Reads rows that stand; `claim` is all that was given.
fn read(
    Beside { codes: base, institutions, traces }: Beside<'_>,
    claim: &Claim,
    [persons, encounters, settlements, diagnoses, lines]: &[Sheet<'_>; 5],
) -> Result<NetMonth, IntakeError> {
    if let Some(known) = institutions {
        for sheet in [encounters, settlements, lines] {
            sheet.check_institutions(base, known)?;
        }
    }
    let mut codes = Codes::over(Arc::clone(base));
    let person_ids =
        Ids::of(&[persons, encounters, settlements, lines].map(|sheet| sheet.texts("psn_no")));
    let stay_ids =
        Ids::of(&[encounters, settlements, diagnoses, lines].map(|sheet| sheet.texts("mdtrt_id")));
    let setl_ids = Ids::of(&[settlements, lines].map(|sheet| sheet.texts("setl_id")));
    let (part, order) = line_part(lines, [&person_ids, &stay_ids, &setl_ids], &mut codes)?;
    let mut present = vec![TableName::Lines, TableName::Settlements];
    // What only the history has of a table is not known of the claim; one whose rows are all void is there.
    for sheet in [persons, encounters, diagnoses] {
        if !claim.rows(sheet.table).is_empty() {
            present.push(sheet.table);
        }
    }
    present.sort_unstable();
    let persons_and_stays = [&person_ids, &stay_ids];
    let mut month = NetMonth {
        persons: entities(persons, &person_ids, persons_and_stays, &mut codes)?,
        encounters: entities(encounters, &stay_ids, persons_and_stays, &mut codes)?,
        settlements: entities(settlements, &setl_ids, persons_and_stays, &mut codes)?,
        diagnoses: diagnoses_of(diagnoses, &stay_ids, &mut codes)?,
        codes,
        traces: part.trace.is_some().then(Traces::default),
        lines: Lines::of_parts(Vec::new()),
        last_day: last_day(&part),
        present,
        cancelled: None,
        lacks: [persons, encounters, settlements, lines]
            .map(|sheet| (sheet.table, sheet.lacking()))
            .into(),
        gaps: [persons, encounters, settlements, lines]
            .into_iter()
            .map(|sheet| (sheet.table, sheet.gaps()))
            .filter(|(_, gaps)| !gaps.is_empty())
            .collect(),
        is_held: false,
        by_encounter: lines.is_by_encounter(),
        counts: counts(claim, lines),
        quarantine: Defects::default(),
        reversals: Vec::new(),
        inputs: Vec::new(),
    };
    check_owners(&part, &order, &month, lines)?;
    infer(&part, &mut month);
    if let Some(given) = traces {
        let uses = self::traces::traces(&part, &month, given, lines.is_by_encounter());
        month.traces = Some(uses.map_err(cannot_spill)?);
    }
    month.lines = Lines::of_parts(vec![part]);
    Ok(month)
}

/// The last day of service of the claim, of the history where it has no line.
fn last_day(part: &LinePart) -> Option<i32> {
    let days = || part.day.iter().zip(&part.carried);
    let own = days().filter(|&(_, carried)| !carried).map(|(&day, _)| day).max();
    own.or_else(|| part.day.iter().copied().max())
}

/// How many lines were given, and how many of them stand.
fn counts(claim: &Claim, lines: &Sheet<'_>) -> BTreeMap<TableName, Counts> {
    let [read, judged] =
        [claim.lines.len(), lines.n_own()].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
    let lines = Counts { read, judged, netted: read.saturating_sub(judged), quarantined: 0 };
    BTreeMap::from([(TableName::Lines, lines)])
}

/// The diagnoses by encounter and number; none without rows.
fn diagnoses_of(
    sheet: &Sheet<'_>,
    stay_ids: &Ids<'_>,
    codes: &mut Codes,
) -> Result<Option<Diagnoses>, IntakeError> {
    if sheet.n_rows == 0 {
        return Ok(None);
    }
    let (stays, numbers) = (sheet.texts("mdtrt_id"), sheet.texts("diag_srt_no"));
    let key = |row: u32| {
        let number: Option<i64> = numbers.get(row).and_then(|number| number.parse().ok());
        (stay_ids.place(stays.get(row)), number.is_none(), number, row)
    };
    let mut order: Vec<u32> = (0..id(sheet.n_rows)).collect();
    order.sort_unstable_by_key(|&row| key(row));
    let encounter = order.iter().map(|&row| key(row).0).collect();
    let rows = arranged(sheet.relation(codes)?, &order);
    Ok(Some(Diagnoses { encounter, rows }))
}

/// The rows of a table by their id; the claim's row stands for one of the history.
fn entities(
    sheet: &Sheet<'_>,
    ids: &Ids<'_>,
    [persons, encounters]: [&Ids<'_>; 2],
    codes: &mut Codes,
) -> Result<Entities, IntakeError> {
    let key = sheet.table.columns().first().map_or("", |column| column.name);
    let (keys, owners) = (sheet.texts(key), sheet.texts("psn_no"));
    let n_ids = ids.0.len();
    let mut row_of = vec![NO_CODE; n_ids];
    for row in 0..id(sheet.n_rows) {
        let Some(slot) = row_of.get_mut(at(ids.place(keys.get(row)))) else {
            return Err(sheet.wrong(row, key, "value is missing"));
        };
        let former = std::mem::replace(slot, row);
        if former == NO_CODE || sheet.is_same_row(former, row) {
            continue;
        }
        if sheet.is_carried(former) == sheet.is_carried(row) {
            let advice = "give each key once, or with the same values";
            return Err(sheet.fault(row, "same key, different values", advice));
        }
        if owners.get(former) != owners.get(row) {
            let advice = "give each person's visits and settlements keys of their own";
            return Err(sheet.fault(row, "same key, another person", advice));
        }
    }
    let own = || (0..id(n_ids)).collect();
    let linked = |name: &str, ids: &Ids<'_>| -> Vec<u32> {
        let texts = sheet.texts(name);
        row_of.iter().map(|&row| ids.place(texts.get(row))).collect()
    };
    let is_of = |table: TableName| sheet.table == table;
    let person = if is_of(TableName::Persons) { own() } else { linked("psn_no", persons) };
    let encounter = if is_of(TableName::Persons) {
        vec![NO_CODE; n_ids]
    } else if is_of(TableName::Encounters) {
        own()
    } else {
        linked("mdtrt_id", encounters)
    };
    let listed: Vec<bool> = row_of.iter().map(|&row| row != NO_CODE).collect();
    let order: Vec<u32> = row_of.iter().copied().filter(|&row| row != NO_CODE).collect();
    // A row of the history that the claim has anew is read like any other.
    let mut relation = arranged(sheet.relation(codes)?, &order);
    if order.len() < n_ids {
        relation = spread(&relation, &listed);
    }
    Ok(Entities {
        ids: ids.0.iter().collect(),
        person,
        encounter,
        carried: row_of.iter().map(|&row| sheet.is_carried(row)).collect(),
        file: sheet.files(&row_of),
        listed,
        rows: relation,
    })
}

/// Puts missing values where an id has no row.
fn spread(relation: &Relation, listed: &[bool]) -> Relation {
    let mut all = Relation::empty(relation.table);
    all.n_rows = listed.len();
    for (slot, column) in all.columns.iter_mut().zip(&relation.columns) {
        let mut filled = column.gather(&[]);
        let mut next = 0_u32;
        for &listed in listed {
            if listed {
                filled.append(&column.gather(&[next]));
                next = next.saturating_add(1);
            } else {
                filled.push_missing();
            }
        }
        *slot = filled;
    }
    all
}

/// Rows in another order, or some of them.
fn arranged(relation: Relation, order: &[u32]) -> Relation {
    let is_same = order.iter().copied().eq(0..id(relation.n_rows));
    if is_same { relation } else { relation.gather(order) }
}

/// A line by person, time and key, and its row.
type Keyed<'a> = (u32, i64, Option<&'a str>, u32);

/// The lines in canonical order, and their columns.
fn in_order<'a>(
    lines: &Sheet<'a>,
    persons: &Ids<'_>,
    codes: &mut Codes,
) -> Result<(Vec<Keyed<'a>>, Relation), IntakeError> {
    let relation = lines.relation(codes)?;
    let persons = persons.places(lines.texts("psn_no").iter());
    let times = relation.numbers("fee_ocur_time").unwrap_or(&[]);
    let keys = lines.texts("bkkp_sn");
    let rows = (0..).zip(persons.iter().zip(times));
    let keyed = rows.map(|(row, (&person, &time))| (person, time, keys.get(row), row));
    let mut keyed: Vec<Keyed<'_>> = keyed.collect();
    keyed.sort_unstable();
    let order: Vec<u32> = keyed.iter().map(|&(.., row)| row).collect();
    Ok((keyed, arranged(relation, &order)))
}

/// The lines in canonical order, and which row each is.
fn line_part(
    lines: &Sheet<'_>,
    [persons, encounters, settlements]: [&Ids<'_>; 3],
    codes: &mut Codes,
) -> Result<(LinePart, Vec<u32>), IntakeError> {
    let (keyed, mut relation) = in_order(lines, persons, codes)?;
    let order: Vec<u32> = keyed.iter().map(|&(.., row)| row).collect();
    let mut part = LinePart::empty(0, 0..id(persons.0.len()));
    let texts = |name: &str| {
        let texts = lines.texts(name);
        (!texts.is_empty()).then(|| order.iter().map(move |&row| texts.get(row)))
    };
    let linked = |name: &str, ids: &Ids<'_>| match texts(name) {
        Some(texts) => ids.places(texts),
        None => vec![NO_CODE; order.len()],
    };
    part.key = keyed.iter().map(|&(_, _, key, _)| key.unwrap_or("")).collect::<Serials>();
    part.person = keyed.iter().map(|&(person, ..)| person).collect();
    part.encounter = linked("mdtrt_id", encounters);
    check_differ(&part, &order, lines)?;
    part.settlement = linked("setl_id", settlements);
    let mut take = |name: &str| {
        let slot = TableName::Lines.column(name).and_then(|place| relation.columns.get_mut(place));
        slot.map(std::mem::take).unwrap_or_default()
    };
    let numbers = |column: Column| match column {
        Column::Number(values) => values,
        Column::Absent | Column::Code(_) | Column::Day(_) | Column::Text(_) => Vec::new(),
    };
    let ids = |column: Column| match column {
        Column::Code(values) => values,
        Column::Absent | Column::Number(_) | Column::Day(_) | Column::Text(_) => Vec::new(),
    };
    part.institution = ids(take("fixmedins_code"));
    part.item = ids(take("hilist_code"));
    part.time = numbers(take("fee_ocur_time"));
    part.day = part.time.iter().map(|&time| day_of(time)).collect();
    part.cnt = numbers(take("cnt"));
    part.pric = numbers(take("pric"));
    part.amount = numbers(take("det_item_fee_sumamt"));
    let scp = numbers(take("inscp_scp_amt"));
    take("vali_flag");
    let own = |(row, &amount): (usize, &i64)| match scp.get(row) {
        Some(&scp) if scp != NO_NUMBER => scp,
        Some(_) | None => amount,
    };
    part.scp = part.amount.iter().enumerate().map(own).collect();
    if let Some(orders) = texts("rx_drord_no") {
        let hash = |text: Option<&str>| hash_of_text(text.unwrap_or("").as_bytes());
        part.order_no = orders.map(hash).collect();
    }
    part.trace = texts("drug_trac_codg")
        .map(|traces| traces.map(|text| text.unwrap_or("")).collect::<Serials>());
    part.carried = order.iter().map(|&row| lines.is_carried(row)).collect();
    part.file = lines.files(&order);
    check_amounts(&part, &order, lines)?;
    part.optional = relation;
    Ok((part, order))
}

/// Gives visits and settlements that no row lists the person of their lines.
fn infer(part: &LinePart, month: &mut NetMonth) {
    let links = part.person.iter().zip(&part.encounter).zip(&part.settlement);
    for ((&person, &encounter), &settlement) in links {
        if let Some(slot) = month.encounters.person.get_mut(at(encounter))
            && month.encounters.listed.get(at(encounter)) == Some(&false)
        {
            *slot = person.min(*slot);
        }
        if month.settlements.listed.get(at(settlement)) == Some(&false) {
            if let Some(slot) = month.settlements.person.get_mut(at(settlement)) {
                *slot = person.min(*slot);
            }
            if let Some(slot) = month.settlements.encounter.get_mut(at(settlement)) {
                *slot = encounter.min(*slot);
            }
        }
    }
}
