//! What rows of the reference that were put aside are about: that no other row names it says nothing.

use std::collections::{BTreeMap, BTreeSet};

use jihe_frame::Codes;
use jihe_intake::Reference;
use jihe_terms::NO_CODE;
use jihe_terms::schema::TableName;

use crate::subjects::Subjects;
use crate::vector::{FALSE, NULL, Values, Vector};

/// Codes of the run by table: of the catalogue items, of practitioners themselves, of the inventory and the map
/// of items institutions and items or codes of their own.
#[derive(Debug, Default)]
pub(crate) struct AsideCodes(BTreeMap<TableName, OfTable>);

/// Of one table.
#[derive(Debug, Default)]
pub(crate) struct OfTable {
    names: BTreeSet<Vec<u32>>,
    /// Whether of some row nobody knows what it is about.
    has_nameless: bool,
}

impl AsideCodes {
    pub(crate) fn new(reference: &Reference, codes: &mut Codes) -> Self {
        let mut of_table = |aside: &jihe_intake::Aside| {
            let coded = |names: &Vec<String>| -> Vec<u32> {
                names.iter().map(|name| codes.intern(name.as_bytes())).collect()
            };
            let names = aside.names.iter().map(coded).collect();
            OfTable { names, has_nameless: aside.has_nameless }
        };
        Self(reference.aside.iter().map(|(&table, aside)| (table, of_table(aside))).collect())
    }

    /// What was put aside of a table, if anything was.
    pub(crate) fn of(&self, table: TableName) -> Option<&OfTable> {
        self.0.get(&table)
    }

    /// Whether what the catalogue says of an item nobody knows: no row is in force, and one was put aside
    /// that may be its own.
    pub(crate) fn hides_item(&self, row: u32, item: u32) -> bool {
        let aside = self.of(TableName::Catalogue).filter(|_| row == NO_CODE);
        aside.is_some_and(|aside| aside.truth(&[item]) == NULL)
    }
}

impl OfTable {
    /// Whether a row that was put aside is about this.
    pub(crate) fn names(&self, codes: &[u32]) -> bool {
        self.names.contains(codes)
    }

    /// What it says of something that no row names: that it is not there, or nothing.
    pub(crate) fn truth(&self, codes: &[u32]) -> u8 {
        if self.has_nameless || self.names(codes) { NULL } else { FALSE }
    }
}

/// Whether a row of the catalogue is in force for each item; unknown where one was put aside that may be it.
pub(crate) fn in_catalogue(on: &Subjects<'_>) -> Vector {
    if on.run.engine.catalogue.is_none() {
        return Vector::Bool(Values::One(NULL));
    }
    let truths = on.item_row().iter().map(|&row| u8::from(row != NO_CODE));
    known_of_items(Vector::Bool(truths.collect()), on)
}

/// Truths of items, unknown where nobody knows what the catalogue says.
pub(crate) fn known_of_items(truths: Vector, on: &Subjects<'_>) -> Vector {
    if on.run.engine.aside.of(TableName::Catalogue).is_none() {
        return truths;
    }
    let mut truths = truths.into_bools().spread(on.n, NULL);
    for (place, truth) in truths.iter_mut().enumerate() {
        if on.is_item_aside(place) {
            *truth = NULL;
        }
    }
    Vector::Bool(truths)
}
