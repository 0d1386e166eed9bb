//! Where the tables come from: compiled in, or a pack with those that it builds on.

use std::path::Path;

use jihe_catalogue::{Cells, Table};
use jihe_terms::schema::Kind;
use jihe_terms::{Day, Moment, NO_DAY, NO_NUMBER, decimal_text};

use super::super::SynthError;
use super::super::calendar::day_of;
use super::super::item::named;
use super::super::law::Law;
use super::super::table::{Record, read_csv};
use super::Knowledge;

/// A table compiled in.
macro_rules! national {
    ($($name:literal),+ $(,)?) => {
        &[$((
            $name,
            include_str!(concat!("../../../../../rules/national/tables/", $name, ".csv")),
        )),+]
    };
}

const NATIONAL: &[(&str, &str)] = national![
    "companion",
    "contained",
    "diagnosis_set",
    "drug_class",
    "herb_alone",
    "herb_not_payable",
    "indicator_target",
    "inpatient",
    "internet_forbidden",
    "item_age",
    "item_age_forbidden",
    "item_course",
    "item_dose",
    "item_forbidden",
    "item_hours",
    "item_indication",
    "item_level",
    "item_minutes",
    "item_period",
    "item_quantity",
    "item_scheme",
    "item_second_line",
    "item_sex",
    "item_stay_days",
    "item_visit",
    "operation_group",
    "placeholder",
    "share_class",
    "split_set",
    "supply_kind",
    "supply_limit",
    "trace_exempt",
];

impl Knowledge {
    /// Reads the tables of `pack` laid over those it builds on, or the national ones, and the rules
    /// that go with them.
    pub(in super::super) fn load(
        pack: Option<&Path>,
        horizon: (i64, i64),
    ) -> Result<(Self, Law), SynthError> {
        let mut knowledge = Self::default();
        let law = match pack {
            None => {
                for (name, text) in NATIONAL {
                    let records = read_csv(text.as_bytes())
                        .map_err(|error| SynthError::output(format!("{error}: {name}")))?;
                    for record in &records {
                        let from = day_of(record.get("begndate")).unwrap_or(i64::MIN);
                        let until = day_of(record.get("enddate")).unwrap_or(i64::MAX);
                        knowledge.take(name, record, (from, until), horizon);
                    }
                }
                Law::national()
            }
            Some(folder) => {
                let plan = jihe_rules::load(folder)
                    .map_err(|error| SynthError::usage(error.to_string()))?;
                for (name, table) in &plan.tables {
                    knowledge.take_table(name, table, horizon);
                }
                Law::of_plan(&plan)
            }
        };
        knowledge.name_by_sets();
        if knowledge.is_stay("21") {
            Ok((knowledge, law))
        } else {
            Err(SynthError::usage("the pack's table inpatient does not list 21"))
        }
    }

    fn take_table(&mut self, name: &str, table: &Table, horizon: (i64, i64)) {
        for row in 0..table.len() {
            let columns = table.spec.columns.iter().zip(&table.cells);
            let cells = columns.map(|(column, cells)| {
                (column.name.clone(), text_of(column.kind, cells, row).unwrap_or_default())
            });
            let range = table.range[row];
            let from = i64::from(range.from().epoch());
            let until = range.until().map_or(i64::MAX, |day| i64::from(day.epoch()));
            self.take(name, &Record::new(cells), (from, until), horizon);
        }
    }

    /// Takes a row if it is in force at some time of the horizon.
    fn take(
        &mut self,
        name: &str,
        record: &Record,
        (from, until): (i64, i64),
        (start, end): (i64, i64),
    ) {
        if until <= start || end <= from {
            return;
        }
        let is_firm = from <= start && end <= until;
        self.take_row(name, record, (from, until), is_firm);
    }

    /// Names the items of indications and contraindications: a set without codes says nothing, and
    /// nothing breaks it.
    fn name_by_sets(&mut self) {
        let both = [
            (self.indications.clone(), named::INDICATION),
            (self.forbidden.clone(), named::FORBIDDEN),
        ];
        for (sets_of, own_bit) in both {
            for (code, sets) in sets_of {
                let filled: Vec<bool> = sets
                    .iter()
                    .filter(|(set, _)| self.set_codes.contains_key(set))
                    .map(|&(_, is_firm)| is_firm)
                    .collect();
                let is_firm = filled.iter().all(|&is_firm| is_firm);
                let bit = if filled.is_empty() { named::OTHER } else { own_bit };
                self.name_item(&code, bit, is_firm);
            }
        }
    }
}

/// A cell as a file would have it.
fn text_of(kind: Kind, cells: &Cells, row: usize) -> Option<String> {
    match cells {
        Cells::Text(texts) => Some(texts.text(row).to_owned()),
        Cells::Day(days) if days[row] == NO_DAY => None,
        Cells::Day(days) => Some(Day::from_epoch(days[row]).to_string()),
        Cells::Number(values) if values[row] == NO_NUMBER => None,
        Cells::Number(values) => Some(match kind {
            Kind::Number { scale, .. } => decimal_text(i128::from(values[row]), scale),
            Kind::Moment => Moment::from_seconds(values[row]).to_string(),
            Kind::Level | Kind::Code | Kind::Key | Kind::Text | Kind::Day => {
                values[row].to_string()
            }
        }),
    }
}
