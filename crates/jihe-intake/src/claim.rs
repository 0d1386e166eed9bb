//! One claim and what is known of its person, as a month of a few rows.
//!
//! In: rows as texts under the platform's names, already checked by whoever wrote them. Out: the same
//! [`NetMonth`] that files would give, without a file, a thread or a sort of more than these rows.

use std::collections::BTreeMap;
use std::sync::Arc;

use jihe_frame::{
    Codes, Column, Counts, Diagnoses, Entities, LinePart, Lines, NetMonth, Relation, Serials,
    Traces,
};
use jihe_terms::schema::{ColumnDef, Kind, TableName};
use jihe_terms::{Moment, NO_CODE, NO_DAY, NO_NUMBER};

use crate::cells::check_name;
use crate::error::IntakeError;
use crate::normalise::{check_text, is_missing, read_text};
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

/// The column that a name or alias stands for, by its place.
fn place_of(table: TableName, name: &str) -> Option<usize> {
    let is_it = |column: &ColumnDef| column.name == name || column.aliases.contains(&name);
    table.columns().iter().position(is_it)
}

fn wrong(table: TableName, row: usize, column: &ColumnDef, why: &str) -> IntakeError {
    let what = format!("{why}: {}", column.name);
    let place = format!("{} row {row}", table.file());
    IntakeError::unreadable(&what, &place, "give the value as the platform writes it")
}

/// The texts of a column by row.
#[derive(Clone, Copy)]
struct Texts<'a, 's>(&'s [Option<&'a str>]);

impl<'a> Texts<'a, '_> {
    /// The text of a row; missing values read as none.
    fn get(self, row: u32) -> Option<&'a str> {
        self.0.get(at(row)).copied().flatten()
    }
}

/// Rows of one table from the history and the claim, laid out by column.
struct Sheet<'a> {
    table: TableName,
    n_rows: usize,
    /// Rows of the history come first.
    n_carried: usize,
    /// By place of the column: the text of each row, where some row names the column.
    columns: Vec<Option<Vec<Option<&'a str>>>>,
}

impl<'a> Sheet<'a> {
    fn new(table: TableName, claim: &'a Claim, history: &'a Claim) -> Self {
        let (carried, own) = (history.rows(table), claim.rows(table));
        let n_rows = carried.len().saturating_add(own.len());
        let columns = table.columns().iter().map(|_| None).collect();
        let mut sheet = Self { table, n_rows, n_carried: carried.len(), columns };
        // Rows are mostly of one shape: the nth value of a row is of the column of the last row's.
        let mut shape: Vec<(&str, Option<usize>)> = Vec::new();
        for (row, values) in carried.iter().chain(own).enumerate() {
            let mut seen = 0_u128;
            for (nth, (name, text)) in values.iter().enumerate() {
                let place = match shape.get(nth) {
                    Some(&(last, place)) if last == name => place,
                    _ => {
                        let place = place_of(table, name);
                        shape.truncate(nth);
                        shape.push((name, place));
                        place
                    }
                };
                let Some((place, column)) =
                    place.and_then(|place| Some((place, sheet.columns.get_mut(place)?)))
                else {
                    continue;
                };
                // Of a column that a row names twice the first value stands.
                let bit = 1_u128.checked_shl(id(place)).unwrap_or(0);
                if seen & bit != 0 {
                    continue;
                }
                seen |= bit;
                let texts = column.get_or_insert_with(|| vec![None; n_rows]);
                if let Some(slot) = texts.get_mut(row) {
                    *slot = Some(text.as_str()).filter(|text| !is_missing(text.as_bytes()));
                }
            }
        }
        sheet
    }

    fn is_carried(&self, row: u32) -> bool {
        at(row) < self.n_carried
    }

    /// The text of each row in a column; none if no row names it.
    fn texts(&self, name: &str) -> Texts<'a, '_> {
        let column = self.table.column(name).and_then(|place| self.columns.get(place));
        Texts(column.and_then(Option::as_deref).unwrap_or(&[]))
    }

    /// The columns of the rows at `order`; required ones must be there.
    fn relation(&self, order: &[u32], codes: &mut Codes) -> Result<Relation, IntakeError> {
        let mut relation = Relation::empty(self.table);
        relation.n_rows = order.len();
        let columns = self.table.columns().iter().zip(&self.columns);
        for (slot, (column, texts)) in relation.columns.iter_mut().zip(columns) {
            let is_needed = column.required && !order.is_empty();
            if texts.is_none() && !is_needed {
                continue;
            }
            let texts = Texts(texts.as_deref().unwrap_or(&[]));
            let texts: Vec<Option<&str>> = order.iter().map(|&row| texts.get(row)).collect();
            if let (true, Some(row)) = (column.required, texts.iter().position(Option::is_none)) {
                return Err(wrong(self.table, row, column, "value is missing"));
            }
            *slot = self.values(column, &texts, codes)?;
        }
        Ok(relation)
    }

    fn values(
        &self,
        column: &ColumnDef,
        texts: &[Option<&str>],
        codes: &mut Codes,
    ) -> Result<Column, IntakeError> {
        let number = |(row, text): (usize, Option<&str>)| match text {
            None => Ok(NO_NUMBER),
            Some(text) => read_text(column.kind, text.as_bytes())
                .map_err(|why| wrong(self.table, row, column, why.reason())),
        };
        Ok(match column.kind {
            Kind::Code => {
                let mut ids = Vec::with_capacity(texts.len());
                for (row, text) in texts.iter().enumerate() {
                    ids.push(match text {
                        None => NO_CODE,
                        Some(text) => {
                            let check =
                                if column.is_description() { check_text } else { check_name };
                            check(text.as_bytes())
                                .map_err(|why| wrong(self.table, row, column, why))?;
                            codes.intern(text.as_bytes())
                        }
                    });
                }
                Column::Code(ids)
            }
            Kind::Key | Kind::Text => {
                Column::Text(texts.iter().map(|text| text.unwrap_or("")).collect())
            }
            Kind::Number { .. } | Kind::Level | Kind::Moment => Column::Number(
                texts.iter().copied().enumerate().map(number).collect::<Result<_, _>>()?,
            ),
            Kind::Day => {
                let days: Result<Vec<i64>, _> =
                    texts.iter().copied().enumerate().map(number).collect();
                Column::Day(days?.iter().map(|&day| i32::try_from(day).unwrap_or(NO_DAY)).collect())
            }
        })
    }
}

/// Ids of one kind, sorted by their bytes.
fn ids<'a>(texts: &[Texts<'a, '_>]) -> Vec<&'a str> {
    let mut ids: Vec<&str> =
        texts.iter().flat_map(|texts| texts.0.iter().flatten()).copied().collect();
    // Neighbours are mostly of one id.
    ids.dedup();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn place(ids: &[&str], text: Option<&str>) -> u32 {
    let found = text.and_then(|text| ids.binary_search(&text).ok());
    found.map_or(NO_CODE, id)
}

/// Reads a claim beside a person's history as a month of its own.
///
/// Lines, visits and settlements of the history count in every rule and are never refused again.
///
/// # Errors
///
/// If a value is missing or malformed, a key comes twice, or a line has a quantity below 0: what is
/// checked beforehand reverses nothing.
pub fn read_claim(
    base: &Arc<Codes>,
    claim: &Claim,
    history: &Claim,
) -> Result<NetMonth, IntakeError> {
    let mut codes = Codes::over(Arc::clone(base));
    let sheet = |table| Sheet::new(table, claim, history);
    let (persons, encounters, settlements) =
        (sheet(TableName::Persons), sheet(TableName::Encounters), sheet(TableName::Settlements));
    let (diagnoses, lines) = (sheet(TableName::Diagnoses), sheet(TableName::Lines));
    let person_ids =
        ids(&[&persons, &encounters, &settlements, &lines].map(|sheet| sheet.texts("psn_no")));
    let stay_ids =
        ids(&[&encounters, &settlements, &diagnoses, &lines].map(|sheet| sheet.texts("mdtrt_id")));
    let setl_ids = ids(&[&settlements, &lines].map(|sheet| sheet.texts("setl_id")));
    let part = line_part(&lines, [&person_ids, &stay_ids, &setl_ids], &mut codes)?;
    let mut month = NetMonth {
        persons: entities(&persons, &person_ids, [&person_ids, &stay_ids], &mut codes)?,
        encounters: entities(&encounters, &stay_ids, [&person_ids, &stay_ids], &mut codes)?,
        settlements: entities(&settlements, &setl_ids, [&person_ids, &stay_ids], &mut codes)?,
        traces: part.trace.is_some().then(Traces::default),
        last_day: part.day.iter().copied().max(),
        present: vec![TableName::Lines, TableName::Settlements],
        counts: counts(claim),
        ..NetMonth::empty(Codes::default())
    };
    infer(&part, &mut month);
    month.lines = Lines::of_parts(vec![part]);
    for sheet in [&persons, &encounters, &diagnoses] {
        if 0 < sheet.n_rows {
            month.present.push(sheet.table);
        }
    }
    month.present.sort_unstable();
    if 0 < diagnoses.n_rows {
        let stays = diagnoses.texts("mdtrt_id");
        let numbers = diagnoses.texts("diag_srt_no");
        let key = |row: u32| {
            let number: Option<i64> = numbers.get(row).and_then(|number| number.parse().ok());
            (place(&stay_ids, stays.get(row)), number.is_none(), number, row)
        };
        let mut order: Vec<u32> = (0..id(diagnoses.n_rows)).collect();
        order.sort_unstable_by_key(|&row| key(row));
        let encounter = order.iter().map(|&row| key(row).0).collect();
        let rows = diagnoses.relation(&order, &mut codes)?;
        month.diagnoses = Some(Diagnoses { encounter, rows });
    }
    month.codes = codes;
    Ok(month)
}

fn counts(claim: &Claim) -> BTreeMap<TableName, Counts> {
    let n = u64::try_from(claim.lines.len()).unwrap_or(u64::MAX);
    let lines = Counts { read: n, judged: n, netted: 0, quarantined: 0 };
    BTreeMap::from([(TableName::Lines, lines)])
}

/// The rows of a table by their id; the claim's row stands for one of the history.
fn entities(
    sheet: &Sheet<'_>,
    ids: &[&str],
    [persons, encounters]: [&[&str]; 2],
    codes: &mut Codes,
) -> Result<Entities, IntakeError> {
    let keys = sheet.texts(sheet.table.columns().first().map_or("", |column| column.name));
    let mut row_of = vec![NO_CODE; ids.len()];
    for row in 0..id(sheet.n_rows) {
        if let Some(slot) = row_of.get_mut(at(place(ids, keys.get(row)))) {
            *slot = row;
        }
    }
    let (psn_nos, stays) = (sheet.texts("psn_no"), sheet.texts("mdtrt_id"));
    let own = sheet.table;
    let link = |idx: usize, row: u32, table: TableName, texts: Texts<'_, '_>, ids: &[&str]| {
        if own == table { id(idx) } else { place(ids, texts.get(row)) }
    };
    let rows = row_of.iter().copied().enumerate();
    let person = rows.clone().map(|(n, row)| link(n, row, TableName::Persons, psn_nos, persons));
    let encounter = if own == TableName::Persons {
        vec![NO_CODE; ids.len()]
    } else {
        rows.map(|(n, row)| link(n, row, TableName::Encounters, stays, encounters)).collect()
    };
    let listed: Vec<bool> = row_of.iter().map(|&row| row != NO_CODE).collect();
    let order: Vec<u32> = row_of.iter().copied().filter(|&row| row != NO_CODE).collect();
    let mut relation = sheet.relation(&order, codes)?;
    if order.len() < ids.len() {
        relation = spread(&relation, &listed);
    }
    Ok(Entities {
        ids: ids.iter().collect(),
        person: person.collect(),
        encounter,
        carried: row_of.iter().map(|&row| sheet.is_carried(row)).collect(),
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

fn line_part(
    lines: &Sheet<'_>,
    [persons, encounters, settlements]: [&[&str]; 3],
    codes: &mut Codes,
) -> Result<LinePart, IntakeError> {
    let all: Vec<u32> = (0..id(lines.n_rows)).collect();
    let mut relation = lines.relation(&all, codes)?;
    let (keys, psn_nos) = (lines.texts("bkkp_sn"), lines.texts("psn_no"));
    let times = relation.numbers("fee_ocur_time").unwrap_or(&[]);
    let mut order = all;
    order.sort_by_cached_key(|&row| {
        (place(persons, psn_nos.get(row)), times.get(at(row)).copied(), keys.get(row), row)
    });
    relation = relation.gather(&order);
    let mut part = LinePart::empty(0, 0..id(persons.len()));
    let linked = |name: &str, ids: &[&str]| -> Vec<u32> {
        let texts = lines.texts(name);
        order.iter().map(|&row| place(ids, texts.get(row))).collect()
    };
    let key = |row: &u32| keys.get(*row).unwrap_or("");
    part.key = order.iter().map(key).collect::<Serials>();
    let mut seen: Vec<&str> = order.iter().map(key).collect();
    seen.sort_unstable();
    if seen.windows(2).any(|pair| pair.first() == pair.last()) {
        let advice = "give each line once, under its own key";
        return Err(IntakeError::unreadable("same key twice", "lines", advice));
    }
    part.person = linked("psn_no", persons);
    part.encounter = linked("mdtrt_id", encounters);
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
    part.day = part.time.iter().map(|&time| Moment::from_seconds(time).day().epoch()).collect();
    part.cnt = numbers(take("cnt"));
    part.pric = numbers(take("pric"));
    part.amount = numbers(take("det_item_fee_sumamt"));
    let scp = numbers(take("inscp_scp_amt"));
    let own = |(row, &amount): (usize, &i64)| match scp.get(row) {
        Some(&scp) if scp != NO_NUMBER => scp,
        Some(_) | None => amount,
    };
    part.scp = part.amount.iter().enumerate().map(own).collect();
    if let Column::Text(orders) = take("rx_drord_no") {
        let hash = |text: &[u8]| {
            if text.is_empty() { 0 } else { xxhash_rust::xxh3::xxh3_64(text).max(1) }
        };
        part.order_no = orders.iter().map(hash).collect();
    }
    if let Column::Text(traces) = take("drug_trac_codg") {
        part.trace = Some(traces.iter().collect());
    }
    for name in ["bkkp_sn", "mdtrt_id", "psn_no", "setl_id", "init_feedetl_sn", "vali_flag"] {
        take(name);
    }
    part.carried = order.iter().map(|&row| lines.is_carried(row)).collect();
    if let Some(row) = part.cnt.iter().position(|&cnt| cnt < 0) {
        let advice = "check what is left after the reversal";
        let place = format!("lines row {row}");
        return Err(IntakeError::unreadable("a line has a quantity below 0", &place, advice));
    }
    part.optional = relation;
    Ok(part)
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
