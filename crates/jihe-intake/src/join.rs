//! Persons, encounters and settlements of the net month, each with all that tables say of it.
//!
//! In: tables after netting. Out: entities sorted by id, and for each id of the run its place.
//! Not here: lines (`link`).

#![expect(clippy::wildcard_enum_match_arm, reason = "all but two tables of entities are persons")]

use std::sync::Arc;

use jihe_frame::{Codes, Column, Diagnoses, Entities, Relation};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_NUMBER, Texts};
use rayon::prelude::*;

use crate::cells::{Cells, Listed};
use crate::lines::net::{NetPart, Ranks};
use crate::net::order::{ranks, sorted};
use crate::place::{at, id};
use crate::rows::Rows;

/// The ids of a dictionary in the order of their bytes.
#[derive(Debug)]
pub(crate) struct Roll {
    /// Ids of the dictionary, sorted by text.
    ids: Vec<u32>,
    /// For each id of the dictionary its place in the roll, or `NO_CODE`.
    pub(crate) place: Arc<Vec<u32>>,
}

impl Roll {
    /// Orders names; `known` are the first of them in their order.
    fn new(names: &Texts, known: Vec<u32>) -> Self {
        let ids = if known.len() == names.len() { known } else { sorted(names) };
        let place = Arc::new(ranks(&ids));
        Self { ids, place }
    }

    /// The place of an id of the dictionary; a missing id has none.
    pub(crate) fn of(&self, id: u32) -> u32 {
        self.place.get(at(id)).copied().unwrap_or(NO_CODE)
    }
}

/// The rolls of a month.
#[derive(Debug)]
pub(crate) struct Rolls {
    pub(crate) persons: Roll,
    pub(crate) encounters: Roll,
    pub(crate) settlements: Roll,
}

impl Rolls {
    /// Orders every id that any table mentions; the order of the persons that were known before lines
    /// were read stands.
    pub(crate) fn new(names: &Listed, persons: Vec<u32>) -> Self {
        let new = |names: &Texts| Roll::new(names, Vec::new());
        let ((persons, encounters), settlements) = rayon::join(
            || rayon::join(|| Roll::new(&names.persons, persons), || new(&names.encounters)),
            || new(&names.settlements),
        );
        Self { persons, encounters, settlements }
    }

    pub(crate) fn ranks(&self) -> Ranks {
        Ranks {
            persons: Arc::clone(&self.persons.place),
            encounters: Arc::clone(&self.encounters.place),
            settlements: Arc::clone(&self.settlements.place),
        }
    }

    fn of(&self, table: TableName) -> &Roll {
        match table {
            TableName::Settlements => &self.settlements,
            TableName::Encounters => &self.encounters,
            _ => &self.persons,
        }
    }
}

/// Builds the entities of a table from their names; `rows` is none if no file had it.
pub(crate) fn entities(
    table: TableName,
    rows: Option<Rows>,
    rolls: &Rolls,
    names: Texts,
) -> Entities {
    let roll = rolls.of(table);
    let n_ids = roll.ids.len();
    // Tables mostly go by their keys already.
    let is_in_order = roll.ids.iter().copied().eq(0..id(n_ids));
    let ids = if is_in_order { names } else { names.gather(roll.ids.iter().map(|&id| at(id))) };
    let mut all = Entities {
        ids,
        listed: vec![false; n_ids],
        person: vec![NO_CODE; n_ids],
        encounter: vec![NO_CODE; n_ids],
        carried: vec![false; n_ids],
        file: Vec::new(),
        rows: Relation::empty(table),
    };
    all.rows.n_rows = n_ids;
    let own: Vec<u32> = (0..id(n_ids)).collect();
    match table {
        TableName::Encounters => all.encounter = own,
        TableName::Settlements => {}
        _ => all.person = own,
    }
    if let Some(mut rows) = rows {
        let row_of = fill(&mut all, (&rows, &mut rows.standing()), rolls, roll);
        if !rows.gaps().is_empty() {
            let file = |&row: &u32| rows.origin(row).map_or(NO_CODE, |(file, _)| id(file));
            all.file = row_of.iter().map(file).collect();
        }
        let columns = std::mem::take(&mut rows.columns);
        all.rows.columns =
            columns.into_par_iter().map(|cells| spread(&cells, &row_of).into_column()).collect();
    }
    all
}

/// The settlements that were cancelled and their refunds, with the settlement that each refund names
/// and without ids of their own; none if there is none.
pub(crate) fn cancelled(rows: &Rows, rolls: &Rolls, names: &Texts) -> Option<Entities> {
    if rows.cancelled.is_empty() {
        return None;
    }
    let roll = &rolls.settlements;
    let n_ids = roll.ids.len();
    let mut all = Entities {
        ids: Texts::default(),
        listed: vec![false; n_ids],
        person: vec![NO_CODE; n_ids],
        encounter: vec![NO_CODE; n_ids],
        carried: vec![false; n_ids],
        file: Vec::new(),
        rows: Relation::empty(TableName::Settlements),
    };
    all.rows.n_rows = n_ids;
    let row_of = fill(&mut all, (rows, &mut rows.cancelled.iter().copied()), rolls, roll);
    all.rows.columns =
        rows.columns.iter().map(|cells| spread(cells, &row_of).into_column()).collect();
    let originals = rows.column("init_setl_id").ids();
    let original = |&row: &u32| {
        let id = originals.get(at(row)).copied().filter(|&id| id != NO_CODE);
        id.map_or(&[][..], |id| names.bytes(at(id)))
    };
    let slot = TableName::Settlements.column("init_setl_id");
    if let Some(slot) = slot.and_then(|place| all.rows.columns.get_mut(place)) {
        let mut texts = Texts::default();
        row_of.iter().map(original).for_each(|text| texts.push(text));
        *slot = Column::Text(texts);
    }
    Some(all)
}

/// Writes what the table says; gives the row of each entity.
fn fill(
    all: &mut Entities,
    (rows, which): (&Rows, &mut dyn Iterator<Item = u32>),
    rolls: &Rolls,
    roll: &Roll,
) -> Vec<u32> {
    let mut row_of = vec![NO_CODE; all.listed.len()];
    let Some(key) = rows.columns.first() else { return row_of };
    let persons = rows.column("psn_no").ids();
    let encounters = rows.column("mdtrt_id").ids();
    for row in which {
        let of = |ids: &[u32]| ids.get(at(row)).copied().unwrap_or(NO_CODE);
        let place = at(roll.of(of(key.ids())));
        let Some(slot) = row_of.get_mut(place) else { continue };
        *slot = row;
        if let Some(listed) = all.listed.get_mut(place) {
            *listed = true;
        }
        if let Some(carried) = all.carried.get_mut(place) {
            *carried = rows.is_carried(row);
        }
        if let Some(person) = all.person.get_mut(place) {
            *person = rolls.persons.of(of(persons));
        }
        if let (TableName::Settlements, Some(encounter)) =
            (rows.table, all.encounter.get_mut(place))
        {
            *encounter = rolls.encounters.of(of(encounters));
        }
    }
    row_of
}

/// The rows at `rows`, the missing value where there is none; what is no column is not there.
fn spread(cells: &Cells, rows: &[u32]) -> Cells {
    fn values<T: Copy>(values: &[T], rows: &[u32], missing: T) -> Vec<T> {
        rows.iter().map(|&row| values.get(at(row)).copied().unwrap_or(missing)).collect()
    }
    match cells {
        Cells::Code(all) => Cells::Code(values(all, rows, NO_CODE)),
        Cells::Number(all) => Cells::Number(values(all, rows, NO_NUMBER)),
        Cells::Day(all) => Cells::Day(values(all, rows, jihe_terms::NO_DAY)),
        Cells::Text(all) => {
            let text = |&row: &u32| if row == NO_CODE { &[][..] } else { all.bytes(at(row)) };
            let mut texts = Texts::with_capacity(rows.len(), all.n_bytes());
            rows.iter().map(text).for_each(|text| texts.push(text));
            Cells::Text(texts)
        }
        Cells::Absent | Cells::Entity(..) | Cells::Serial(..) | Cells::Hash(_) => Cells::Absent,
    }
}

/// Gives encounters and settlements that no table lists the person and encounter of their lines,
/// and encounters without lines the person of their settlement; the first in order if they differ.
pub(crate) fn infer(
    rolls: &Rolls,
    parts: &[NetPart],
    encounters: &mut Entities,
    settlements: &mut Entities,
) {
    for part in parts {
        for &(encounter, person) in &part.encounters {
            let encounter = rolls.encounters.of(encounter);
            lower(&mut encounters.person, &encounters.listed, encounter, person);
        }
        for &(settlement, person, encounter) in &part.settlements {
            let settlement = rolls.settlements.of(settlement);
            lower(&mut settlements.person, &settlements.listed, settlement, person);
            lower(&mut settlements.encounter, &settlements.listed, settlement, encounter);
        }
    }
    let known: Vec<bool> = encounters.person.iter().map(|&person| person != NO_CODE).collect();
    for (&person, &encounter) in settlements.person.iter().zip(&settlements.encounter) {
        lower(&mut encounters.person, &known, encounter, person);
    }
}

fn lower(values: &mut [u32], known: &[bool], place: u32, value: u32) {
    if let (Some(slot), Some(false)) = (values.get_mut(at(place)), known.get(at(place))) {
        *slot = value.min(*slot);
    }
}

/// Orders diagnoses by encounter, number and code.
pub(crate) fn diagnoses(mut rows: Rows, rolls: &Rolls, codes: &Codes) -> Diagnoses {
    let mut order: Vec<u32> = rows.standing().collect();
    let stays = rows.column("mdtrt_id").ids();
    let numbers = rows.column("diag_srt_no").numbers();
    let diseases = rows.column("diag_code").ids();
    let encounter = |row: u32| rolls.encounters.of(stays.get(at(row)).copied().unwrap_or(NO_CODE));
    let number = |row: u32| {
        // Rows without a number come last.
        numbers.get(at(row)).map(|&number| (number == NO_NUMBER, number))
    };
    let code = |row: u32| diseases.get(at(row)).map(|&code| codes.bytes(code));
    let content = |row: u32| rows.content.get(at(row));
    order.sort_unstable_by(|&a, &b| {
        (encounter(a), number(a), code(a), content(a), a).cmp(&(
            encounter(b),
            number(b),
            code(b),
            content(b),
            b,
        ))
    });
    let encounter = order.iter().map(|&row| encounter(row)).collect();
    let columns = std::mem::take(&mut rows.columns);
    let columns = columns.iter().map(|cells| cells.gather(&order).into_column()).collect();
    let rows = Relation { table: TableName::Diagnoses, n_rows: order.len(), columns };
    Diagnoses { encounter, rows }
}
