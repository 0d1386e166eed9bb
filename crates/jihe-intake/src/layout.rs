//! Where a file keeps the columns of its table, and which of them are kept.

use jihe_terms::schema::{Kind, TableName};

use crate::error::IntakeError;
use crate::options::Wanted;

/// What becomes of a column.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Keep {
    /// Its values are checked and hashed, not stored.
    Check,
    /// Ids of the run's dictionary.
    Code,
    /// Integers.
    Number,
    /// Days.
    Day,
    /// Texts.
    Text,
    /// Keys as heads and numbers.
    Serial,
    /// Hashes of texts.
    Hash,
    /// Ids of persons.
    Person,
    /// Ids of encounters.
    Encounter,
    /// Ids of settlements.
    Settlement,
}

/// Columns that reading, netting and linking need, whatever the plan reads.
const ALWAYS: &[(TableName, &str)] = &[
    (TableName::Lines, "inscp_scp_amt"),
    (TableName::Lines, "init_feedetl_sn"),
    (TableName::Lines, "feedetl_sn"),
    (TableName::Settlements, "med_type"),
    (TableName::Settlements, "refd_setl_flag"),
    (TableName::Diagnoses, "maindiag_flag"),
    (TableName::Diagnoses, "diag_srt_no"),
    (TableName::Persons, "die_date"),
    (TableName::TraceCodes, "trdn_flag"),
];

/// What becomes of each column of a table, in the order of its schema.
pub(crate) fn keeps(table: TableName, wanted: &Wanted) -> Vec<Keep> {
    let of = |name: &str, kind: Kind, required: bool| match (table, name) {
        (_, "rx_drord_no") | (TableName::TraceCodes, "setl_id") => Keep::Hash,
        (_, "psn_no") => Keep::Person,
        (_, "mdtrt_id") => Keep::Encounter,
        (_, "setl_id" | "init_setl_id") => Keep::Settlement,
        (TableName::Lines, "drug_trac_codg") if wanted.has(TableName::TraceCodes, name) => {
            Keep::Serial
        }
        (_, "vali_flag") => Keep::Code,
        _ if required || ALWAYS.contains(&(table, name)) || wanted.has(table, name) => match kind {
            Kind::Code => Keep::Code,
            Kind::Key | Kind::Text if matches!(table, TableName::Lines | TableName::TraceCodes) => {
                Keep::Serial
            }
            Kind::Key | Kind::Text => Keep::Text,
            Kind::Number { .. } | Kind::Level | Kind::Moment => Keep::Number,
            Kind::Day => Keep::Day,
        },
        _ => Keep::Check,
    };
    table.columns().iter().map(|column| of(column.name, column.kind, column.required)).collect()
}

/// Where a file keeps the columns of its table.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) table: TableName,
    pub(crate) file: String,
    /// The number of columns in the file.
    pub(crate) n_fields: usize,
    /// For each column of the schema its place and name in the file.
    pub(crate) columns: Vec<Option<(usize, String)>>,
    /// Whether lines go by `feedetl_sn`, which is unique only inside its encounter.
    pub(crate) by_encounter: bool,
}

/// Places of the columns that none of some files of a table has.
pub(crate) fn lacking(layouts: &[Layout]) -> Vec<usize> {
    let n_columns = layouts.first().map_or(0, |layout| layout.table.columns().len());
    (0..n_columns).filter(|&place| !layouts.iter().any(|layout| layout.has(place))).collect()
}

/// By file, those of the state first: places of the columns that it lacks. Of a file of the month itself those
/// count that another of them has; of one of the state those that any other file has, as far as a state has
/// them (`is_kept`). Nothing if no file lacks any.
pub(crate) fn gaps(
    layouts: &[Layout],
    n_carried: usize,
    is_kept: impl Fn(usize) -> bool,
) -> Vec<Vec<usize>> {
    let (carried, own) = layouts.split_at(n_carried.min(layouts.len()));
    let (lacked, lacked_by_all) = (lacking(own), lacking(layouts));
    let of_file = |layout: &Layout, is_known: &dyn Fn(usize) -> bool| -> Vec<usize> {
        let is_gap = |&place: &usize| !layout.has(place) && is_known(place);
        (0..layout.columns.len()).filter(is_gap).collect()
    };
    let is_there = |place| !lacked.contains(&place);
    let is_carried = |place| is_kept(place) && !lacked_by_all.contains(&place);
    let carried = carried.iter().map(|layout| of_file(layout, &is_carried));
    let gaps = carried.chain(own.iter().map(|layout| of_file(layout, &is_there)));
    let gaps: Vec<Vec<usize>> = gaps.collect();
    if gaps.iter().all(Vec::is_empty) { Vec::new() } else { gaps }
}

impl Layout {
    /// Finds the columns of `table` among the names of a file.
    pub(crate) fn find(
        table: TableName,
        file: &str,
        names: &[String],
    ) -> Result<Self, IntakeError> {
        let lower: Vec<String> =
            names.iter().map(|name| name.trim().to_ascii_lowercase()).collect();
        let mut columns = Vec::with_capacity(table.columns().len());
        // The number of a line in its visit is its key where it has no other.
        let has_key = lower.iter().any(|name| name == "bkkp_sn");
        for column in table.columns() {
            let is_it = |name: &str| match (table, column.name, name) {
                (TableName::Lines, "bkkp_sn", "feedetl_sn") => !has_key,
                (TableName::Lines, "feedetl_sn", _) => has_key && name == column.name,
                _ => name == column.name || column.aliases.contains(&name),
            };
            let mut places = lower.iter().enumerate().filter(|(_, name)| is_it(name));
            let found = places.next().map(|(place, name)| (place, name.clone()));
            if places.next().is_some() {
                return Err(IntakeError::unreadable(
                    &format!("column is there twice: {}", column.name),
                    file,
                    "keep one column for each value, under its name or one other name",
                ));
            }
            if found.is_none() && column.required {
                return Err(IntakeError::missing(
                    &format!("column is missing: {}", column.name),
                    file,
                    "its rows cannot be judged without it; add the column",
                ));
            }
            columns.push(found);
        }
        let by_encounter = table == TableName::Lines
            && matches!(columns.first(), Some(Some((_, name))) if name == "feedetl_sn");
        Ok(Self { table, file: file.to_owned(), n_fields: names.len(), columns, by_encounter })
    }

    /// Whether the file has a column of the schema.
    pub(crate) fn has(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(Option::is_some)
    }

    /// The name of the column at a place of the file; none for one that is passed over.
    pub(crate) fn name_at(&self, place: usize) -> &str {
        let mut found = self.columns.iter().flatten();
        found.find(|(other, _)| *other == place).map_or("", |(_, name)| name)
    }

    /// The name of a column in the file.
    pub(crate) fn name(&self, column: usize) -> &str {
        match self.columns.get(column) {
            Some(Some((_, name))) => name,
            Some(None) | None => self.table.columns().get(column).map_or("", |column| column.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &str) -> Result<Layout, IntakeError> {
        let names: Vec<String> = names.split(',').map(str::to_owned).collect();
        Layout::find(TableName::Diagnoses, "diagnoses.csv", &names)
    }

    #[test]
    fn columns_are_found_in_any_order_and_case_and_others_are_passed_over() {
        let layout = find("x,DIAG_CODE,y,mdtrt_id").unwrap();
        assert_eq!(layout.columns[0].as_ref().unwrap().0, 3);
        assert_eq!(layout.columns[1].as_ref().unwrap().0, 1);
        assert!(layout.columns[2].is_none());
    }

    #[test]
    fn a_missing_or_doubled_column_is_named() {
        let error = find("mdtrt_id,x").unwrap_err();
        assert!(error.is_missing() && error.to_string().contains("diag_code"));
        let error = find("mdtrt_id,diag_code,Diag_Code").unwrap_err();
        assert!(error.is_unreadable() && error.to_string().contains("diag_code"));
    }
}
