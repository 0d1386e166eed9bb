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
use jihe_terms::{Moment, NO_CODE, NO_DAY, NO_NUMBER, Texts};

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

/// The text of a column in a row; missing values read as none.
fn get<'r>(row: &'r Row, column: &ColumnDef) -> Option<&'r str> {
    let is_it = |name: &str| name == column.name || column.aliases.contains(&name);
    let (_, text) = row.iter().find(|(name, _)| is_it(name))?;
    Some(text.as_str()).filter(|text| !is_missing(text.as_bytes()))
}

fn wrong(table: TableName, row: usize, column: &ColumnDef, why: &str) -> IntakeError {
    let what = format!("{why}: {}", column.name);
    let place = format!("{} row {row}", table.file());
    IntakeError::unreadable(&what, &place, "give the value as the platform writes it")
}

/// Rows of one table from the history and the claim, and ids that are given out as they come.
struct Sheet<'a> {
    table: TableName,
    rows: Vec<(&'a Row, bool)>,
}

impl<'a> Sheet<'a> {
    fn new(table: TableName, claim: &'a Claim, history: &'a Claim) -> Self {
        let carried = history.rows(table).iter().map(|row| (row, true));
        let rows = carried.chain(claim.rows(table).iter().map(|row| (row, false))).collect();
        Self { table, rows }
    }

    fn column(&self, name: &str) -> Option<&'static ColumnDef> {
        self.table.columns().iter().find(|column| column.name == name)
    }

    fn texts(&self, name: &str) -> Vec<Option<&'a str>> {
        let Some(column) = self.column(name) else { return vec![None; self.rows.len()] };
        self.rows.iter().map(|(row, _)| get(row, column)).collect()
    }

    /// The columns of the rows at `order`; required ones must be there.
    fn relation(&self, order: &[u32], codes: &mut Codes) -> Result<Relation, IntakeError> {
        let mut relation = Relation::empty(self.table);
        relation.n_rows = order.len();
        for (slot, column) in relation.columns.iter_mut().zip(self.table.columns()) {
            let text =
                |&place: &u32| self.rows.get(at(place)).and_then(|(row, _)| get(row, column));
            let texts: Vec<Option<&str>> = order.iter().map(text).collect();
            if let (true, Some(row)) = (column.required, texts.iter().position(Option::is_none)) {
                return Err(wrong(self.table, row, column, "value is missing"));
            }
            let is_named = |(name, _): &(String, String)| {
                *name == column.name || column.aliases.contains(&name.as_str())
            };
            if !self.rows.iter().any(|(row, _)| row.iter().any(is_named)) {
                continue;
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
fn ids(texts: &[Vec<Option<&str>>]) -> Vec<String> {
    let all = texts.iter().flatten().flatten();
    let mut ids: Vec<String> = all.map(|&text| text.to_owned()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn place(ids: &[String], text: Option<&str>) -> u32 {
    let found = text.and_then(|text| ids.binary_search_by(|id| id.as_str().cmp(text)).ok());
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
    let of = |sheets: &[&Sheet<'_>], name: &str| -> Vec<String> {
        let texts: Vec<_> = sheets.iter().map(|sheet| sheet.texts(name)).collect();
        ids(&texts)
    };
    let person_ids = of(&[&persons, &encounters, &settlements, &lines], "psn_no");
    let stay_ids = of(&[&encounters, &settlements, &diagnoses, &lines], "mdtrt_id");
    let setl_ids = of(&[&settlements, &lines], "setl_id");
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
        if !sheet.rows.is_empty() {
            month.present.push(sheet.table);
        }
    }
    month.present.sort_unstable();
    if !diagnoses.rows.is_empty() {
        let stays = diagnoses.texts("mdtrt_id");
        let numbers = diagnoses.texts("diag_srt_no");
        let key = |row: u32| {
            let number: Option<i64> =
                numbers.get(at(row)).copied().flatten().and_then(|n| n.parse().ok());
            (place(&stay_ids, stays.get(at(row)).copied().flatten()), number.is_none(), number, row)
        };
        let mut order: Vec<u32> = (0..id(diagnoses.rows.len())).collect();
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
    ids: &[String],
    [persons, encounters]: [&[String]; 2],
    codes: &mut Codes,
) -> Result<Entities, IntakeError> {
    let key = sheet.table.columns().first().map_or("", |column| column.name);
    let keys = sheet.texts(key);
    let mut row_of = vec![NO_CODE; ids.len()];
    for (row, key) in (0_u32..).zip(&keys) {
        if let Some(slot) = row_of.get_mut(at(place(ids, *key))) {
            *slot = row;
        }
    }
    let (psn_nos, stays) = (sheet.texts("psn_no"), sheet.texts("mdtrt_id"));
    let text = |texts: &[Option<&str>], row: u32| -> Option<String> {
        texts.get(at(row)).copied().flatten().map(str::to_owned)
    };
    let own = sheet.table;
    let link = |idx: usize, row: u32, table: TableName, texts: &[Option<&str>], ids: &[String]| {
        if own == table { id(idx) } else { place(ids, text(texts, row).as_deref()) }
    };
    let rows = row_of.iter().copied().enumerate();
    let person = rows.clone().map(|(n, row)| link(n, row, TableName::Persons, &psn_nos, persons));
    let encounter = if own == TableName::Persons {
        vec![NO_CODE; ids.len()]
    } else {
        rows.map(|(n, row)| link(n, row, TableName::Encounters, &stays, encounters)).collect()
    };
    let listed: Vec<bool> = row_of.iter().map(|&row| row != NO_CODE).collect();
    let carried = |&row: &u32| sheet.rows.get(at(row)).is_some_and(|(_, carried)| *carried);
    let order: Vec<u32> = row_of.iter().copied().filter(|&row| row != NO_CODE).collect();
    let mut relation = sheet.relation(&order, codes)?;
    if order.len() < ids.len() {
        relation = spread(&relation, &listed);
    }
    Ok(Entities {
        ids: ids.iter().collect::<Texts>(),
        person: person.collect(),
        encounter,
        carried: row_of.iter().map(carried).collect(),
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

#[expect(clippy::too_many_lines, reason = "one column after the other")]
fn line_part(
    lines: &Sheet<'_>,
    [persons, encounters, settlements]: [&[String]; 3],
    codes: &mut Codes,
) -> Result<LinePart, IntakeError> {
    let all: Vec<u32> = (0..id(lines.rows.len())).collect();
    let mut relation = lines.relation(&all, codes)?;
    let texts = |name: &str| lines.texts(name);
    let (keys, psn_nos, stays, setls) =
        (texts("bkkp_sn"), texts("psn_no"), texts("mdtrt_id"), texts("setl_id"));
    let times = relation.numbers("fee_ocur_time").unwrap_or(&[]).to_vec();
    let sort_key = |&row: &u32| {
        let of = |texts: &[Option<&str>]| texts.get(at(row)).copied().flatten().map(str::to_owned);
        (place(persons, of(&psn_nos).as_deref()), times.get(at(row)).copied(), of(&keys), row)
    };
    let mut order = all;
    order.sort_by_cached_key(sort_key);
    relation = relation.gather(&order);
    let mut part = LinePart::empty(0, 0..id(persons.len()));
    let linked = |texts: &[Option<&str>], ids: &[String]| -> Vec<u32> {
        order.iter().map(|&row| place(ids, texts.get(at(row)).copied().flatten())).collect()
    };
    let key = |row: &u32| keys.get(at(*row)).copied().flatten().unwrap_or("");
    part.key = order.iter().map(key).collect::<Serials>();
    let mut seen: Vec<&str> = order.iter().map(key).collect();
    seen.sort_unstable();
    if seen.windows(2).any(|pair| pair.first() == pair.last()) {
        let advice = "give each line once, under its own key";
        return Err(IntakeError::unreadable("same key twice", "lines", advice));
    }
    part.person = linked(&psn_nos, persons);
    part.encounter = linked(&stays, encounters);
    part.settlement = linked(&setls, settlements);
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
    part.carried = order
        .iter()
        .map(|&row| lines.rows.get(at(row)).is_some_and(|(_, carried)| *carried))
        .collect();
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
