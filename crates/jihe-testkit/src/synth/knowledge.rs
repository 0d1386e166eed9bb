//! What the knowledge tables of a pack say, as far as a city must obey or break it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::SynthError;
use super::calendar::day_of;
use super::item::named;
use super::table::{Record, read_csv};

/// A table compiled in.
macro_rules! national {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("../../../../rules/national/tables/", $name, ".csv")))),+]
    };
}

const NATIONAL: &[(&str, &str)] = national![
    "companion",
    "contained",
    "diagnosis_set",
    "herb_alone",
    "drug_class",
    "herb_not_payable",
    "inpatient",
    "internet_forbidden",
    "item_age",
    "item_course",
    "item_forbidden",
    "item_hours",
    "item_indication",
    "item_level",
    "item_minutes",
    "item_period",
    "item_quantity",
    "item_scheme",
    "item_sex",
    "item_stay_days",
    "item_visit",
    "operation_group",
    "placeholder",
    "split_set",
    "supply_kind",
    "supply_limit",
    "trace_exempt",
];

/// Tables that name items and that nothing is planted for; base traffic avoids their items.
const ITEM_COLUMNS: [&str; 6] = ["hilist_code", "item_a", "item_b", "whole", "part", "needs"];

/// Ages at which an item is paid.
#[derive(Clone, Copy, Debug)]
pub(super) struct AgeBand {
    /// From this age.
    pub(super) min: i64,
    /// Below this age.
    pub(super) max: i64,
    /// In days, not years.
    pub(super) in_days: bool,
}

/// A limit of quantity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quota {
    /// Per person, not per encounter.
    pub(super) per_person: bool,
    /// 10⁻⁴ units.
    pub(super) max: i64,
}

/// A pair of the table `contained`.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// The whole.
    pub(super) whole: String,
    /// The part.
    pub(super) part: String,
}

/// The tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Knowledge {
    /// Which tables name an item, as bits of [`named`].
    pub(super) named: BTreeMap<String, u32>,
    /// `gend` by item.
    pub(super) sex: BTreeMap<String, String>,
    /// Bands by item.
    pub(super) age: BTreeMap<String, Vec<AgeBand>>,
    /// Lowest level by item.
    pub(super) level: BTreeMap<String, u8>,
    /// Kinds of visit by item.
    pub(super) visit: BTreeMap<String, Vec<String>>,
    /// Limits of a day by item.
    pub(super) daily: BTreeMap<String, Vec<Quota>>,
    /// Limits of a longer window by item.
    pub(super) monthly: BTreeMap<String, Vec<Quota>>,
    /// Units of a stay day by item.
    pub(super) stay_days: BTreeMap<String, i64>,
    /// Days and uses by item.
    pub(super) period: BTreeMap<String, (i64, i64)>,
    /// Days of a course by item.
    pub(super) course: BTreeMap<String, i64>,
    /// Items by class.
    pub(super) class: BTreeMap<String, Vec<String>>,
    /// 10⁻⁴ minutes by item.
    pub(super) minutes: BTreeMap<String, i64>,
    /// Groups of an operation, and 10⁻⁶ of the price that a later one of each is paid.
    pub(super) operation: BTreeMap<String, Vec<(String, i64)>>,
    /// Parts by set and whole.
    pub(super) sets: BTreeMap<(String, String), Vec<String>>,
    /// Pairs.
    pub(super) pairs: Vec<Pair>,
    /// Kinds of supply by `med_type` and by `dise_codg`.
    supply_kind: [BTreeMap<String, String>; 2],
    /// Days by kind of supply.
    supply_limit: BTreeMap<String, i64>,
    /// Kinds of visit that are stays.
    inpatient: Vec<String>,
    /// Placeholder codes.
    pub(super) placeholders: Vec<String>,
    diagnosis_sets: BTreeSet<String>,
    /// Names of sets that have codes.
    filled_sets: BTreeSet<String>,
    /// Sets by item, and whether each row holds over the whole horizon.
    indications: BTreeMap<String, Vec<(String, bool)>>,
}

impl Knowledge {
    /// Reads the tables of `pack` and of the packs it builds on, or the national ones.
    pub(super) fn load(pack: Option<&Path>, horizon: (i64, i64)) -> Result<Self, SynthError> {
        let mut knowledge = Self::default();
        match pack {
            None => {
                for (name, text) in NATIONAL {
                    let records = read_csv(text.as_bytes())
                        .map_err(|error| SynthError::new(format!("{error}: {name}")))?;
                    knowledge.take(name, &records, horizon);
                }
            }
            Some(folder) => {
                for folder in layers(folder)? {
                    knowledge.take_folder(&folder.join("tables"), horizon)?;
                }
            }
        }
        knowledge.name_indications();
        if knowledge.is_stay("21") {
            Ok(knowledge)
        } else {
            Err(SynthError::new("the pack's table inpatient does not list 21"))
        }
    }

    /// Days of supply that a visit may give; none where no kind applies.
    pub(super) fn supply_days(&self, med_type: &str, disease: &str) -> Option<i64> {
        let kind =
            self.supply_kind[1].get(disease).or_else(|| self.supply_kind[0].get(med_type))?;
        self.supply_limit.get(kind).copied()
    }

    /// Whether a visit of this kind is a stay.
    pub(super) fn is_stay(&self, med_type: &str) -> bool {
        self.inpatient.iter().any(|listed| med_type.starts_with(listed.as_str()))
    }

    /// Whether a diagnosis belongs to a set.
    pub(super) fn is_in_a_set(&self, diagnosis: &str) -> bool {
        self.diagnosis_sets.iter().any(|listed| diagnosis.starts_with(listed.as_str()))
    }

    fn take_folder(&mut self, tables: &Path, horizon: (i64, i64)) -> Result<(), SynthError> {
        if !tables.is_dir() {
            return Ok(());
        }
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(tables)? {
            files.push(entry?.path());
        }
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "csv")) {
            let name = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            let bytes = std::fs::read(file).map_err(|error| SynthError::at(file, &error))?;
            let records = read_csv(&bytes).map_err(|error| SynthError::at(file, &error))?;
            self.take(name, &records, horizon);
        }
        Ok(())
    }

    /// Takes the rows of a table that are in force at some time of the horizon.
    fn take(&mut self, name: &str, records: &[Record], (start, end): (i64, i64)) {
        for record in records {
            let from = day_of(record.get("begndate")).unwrap_or(i64::MIN);
            let until = day_of(record.get("enddate")).unwrap_or(i64::MAX);
            if until <= start || end <= from {
                continue;
            }
            let is_firm = from <= start && end <= until;
            self.take_row(name, record, is_firm);
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each table")]
    fn take_row(&mut self, name: &str, record: &Record, is_firm: bool) {
        let code = record.get("hilist_code").to_owned();
        let units = |column: &str| decimal(record.get(column), 4);
        let whole = |column: &str| decimal(record.get(column), 0);
        let bit = match name {
            "item_sex" => {
                self.sex.insert(code, record.get("gend").to_owned());
                named::SEX
            }
            "item_age" => {
                let in_days = record.get("unit") == "day";
                let (min, max) = (whole("age_min").unwrap_or(0), whole("age_max"));
                let band = AgeBand { min, max: max.unwrap_or(i64::MAX), in_days };
                self.age.entry(code).or_default().push(band);
                named::AGE
            }
            "item_level" => {
                self.level.insert(code, whole("level_min").unwrap_or(1) as u8);
                named::LEVEL
            }
            "item_visit" => {
                self.visit.entry(code).or_default().push(record.get("med_type").to_owned());
                named::VISIT
            }
            "item_quantity" => self.take_quota(code, record),
            "item_hours" => named::HOURS,
            "item_stay_days" => {
                self.stay_days.insert(code, units("per_day").unwrap_or(10_000));
                named::STAY_DAYS
            }
            "item_period" => {
                let uses = whole("max_count").unwrap_or(1);
                self.period.insert(code, (whole("period_days").unwrap_or(0), uses));
                named::PERIOD
            }
            "item_course" => {
                self.course.insert(code, whole("course_days").unwrap_or(0));
                named::COURSE
            }
            "drug_class" => {
                let class = record.get("class").to_owned();
                self.class.entry(class).or_default().push(code);
                named::CLASS
            }
            "item_minutes" => {
                self.minutes.insert(code, units("minutes").unwrap_or(0));
                named::MINUTES
            }
            "operation_group" => {
                let discount = decimal(record.get("discount"), 6).unwrap_or(1_000_000);
                let group = (record.get("group").to_owned(), discount);
                self.operation.entry(code).or_default().push(group);
                named::OPERATION
            }
            "companion" => {
                self.name_item(record.get("needs"), named::OTHER, true);
                named::NEEDY
            }
            "split_set" => return self.take_set(record, is_firm),
            "item_scheme" => named::SCHEME,
            "item_indication" => {
                let sets = self.indications.entry(code).or_default();
                sets.push((record.get("set").to_owned(), is_firm));
                return;
            }
            "herb_not_payable" => named::HERB,
            "herb_alone" => named::HERB_ALONE,
            "contained" => return self.take_pair(record, is_firm),
            "trace_exempt" => named::TRACE_EXEMPT,
            "placeholder" => {
                self.placeholders.push(code);
                named::UNKNOWN
            }
            _ => {
                self.take_other(name, record);
                return;
            }
        };
        self.name_item(record.get("hilist_code"), bit, is_firm);
    }

    /// Names the items of indications: a set without codes says nothing, and nothing breaks it.
    fn name_indications(&mut self) {
        for (code, sets) in std::mem::take(&mut self.indications) {
            let filled: Vec<bool> = sets
                .iter()
                .filter(|(set, _)| self.filled_sets.contains(set))
                .map(|&(_, is_firm)| is_firm)
                .collect();
            let is_firm = filled.iter().all(|&is_firm| is_firm);
            let bit = if filled.is_empty() { named::OTHER } else { named::INDICATION };
            self.name_item(&code, bit, is_firm);
        }
    }

    fn take_quota(&mut self, code: String, record: &Record) -> u32 {
        let per_person = record.get("per") == "person";
        let max = decimal(record.get("max"), 4).unwrap_or(0);
        let (quotas, bit) = match record.get("window") {
            "day" => (&mut self.daily, named::DAILY),
            "month" | "quarter" | "year" => (&mut self.monthly, named::MONTHLY),
            _ => return named::OTHER,
        };
        quotas.entry(code).or_default().push(Quota { per_person, max });
        bit
    }

    fn take_set(&mut self, record: &Record, is_firm: bool) {
        let (set, whole) = (record.get("set_id").to_owned(), record.get("whole").to_owned());
        let part = record.get("part").to_owned();
        self.name_item(&whole, named::SET, is_firm);
        self.name_item(&part, named::SET, is_firm);
        self.sets.entry((set, whole)).or_default().push(part);
    }

    fn take_pair(&mut self, record: &Record, is_firm: bool) {
        let (whole, part) = (record.get("item_a"), record.get("item_b"));
        self.name_item(whole, named::WHOLE, is_firm);
        self.name_item(part, named::PART, is_firm);
        self.pairs.push(Pair { whole: whole.to_owned(), part: part.to_owned() });
    }

    fn take_other(&mut self, name: &str, record: &Record) {
        let text = |column: &str| record.get(column).to_owned();
        match name {
            "supply_kind" => {
                for (slot, column) in ["med_type", "dise_codg"].into_iter().enumerate() {
                    if !record.get(column).is_empty() {
                        self.supply_kind[slot].insert(text(column), text("kind"));
                    }
                }
            }
            "supply_limit" => {
                let days = decimal(record.get("days"), 4).unwrap_or(0);
                self.supply_limit.insert(text("kind"), days);
            }
            "inpatient" => self.inpatient.push(text("med_type")),
            "diagnosis_set" => {
                self.filled_sets.insert(text("set"));
                // It moves a limit that the city keeps either way.
                if record.get("set") != "chronic" {
                    self.diagnosis_sets.insert(text("diag_code"));
                }
            }
            _ => {
                for column in ITEM_COLUMNS {
                    let code = record.get(column);
                    if !code.is_empty() {
                        self.name_item(code, named::OTHER, true);
                    }
                }
            }
        }
    }

    fn name_item(&mut self, code: &str, bit: u32, is_firm: bool) {
        let bits = self.named.entry(code.to_owned()).or_default();
        *bits |= if is_firm { bit } else { bit | named::OTHER };
    }
}

/// The folders of a pack and of what it builds on, the lowest first.
fn layers(pack: &Path) -> Result<Vec<PathBuf>, SynthError> {
    let mut found = vec![pack.to_path_buf()];
    let mut next = 0;
    while let Some(folder) = found.get(next).cloned() {
        next += 1;
        let file = folder.join("pack.toml");
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        let head: toml::Table = text.parse().map_err(|error| SynthError::at(&file, &error))?;
        let below = head.get("builds_on").and_then(toml::Value::as_array);
        for path in below.into_iter().flatten().filter_map(toml::Value::as_str) {
            let lower = folder.join(path);
            if !found.contains(&lower) && found.len() < 16 {
                found.push(lower);
            }
        }
    }
    found.reverse();
    Ok(found)
}

/// Reads a decimal number to that many decimals.
pub(super) fn decimal(text: &str, scale: u32) -> Option<i64> {
    jihe_terms::parse_decimal(text.as_bytes(), scale, 18).ok()
}
