//! What the knowledge tables of a pack say, as far as a city must obey or break it.

mod load;
mod take;

use std::collections::{BTreeMap, BTreeSet};

use super::benefit::Policy;
use super::institution::Institution;
use super::item::Item;

/// Ages at which an item is paid, or forbidden.
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

/// A pair of items: of a table `contained`, or of two that do not go together.
#[derive(Clone, Debug)]
pub(super) struct Pair {
    /// The whole.
    pub(super) whole: String,
    /// The part.
    pub(super) part: String,
}

/// A class of `share_class`.
#[derive(Clone, Debug)]
pub(super) struct ShareClass {
    /// Its name.
    pub(super) name: String,
    /// `list_type`, `med_chrgitm_type` and the beginning of the code; empty: any.
    rows: Vec<[String; 3]>,
}

impl ShareClass {
    /// Whether an item is of the class.
    pub(super) fn has(&self, item: &Item) -> bool {
        let [kind, charge, _] = item.listing();
        self.rows.iter().any(|[of_kind, of_charge, begins]| {
            (of_kind.is_empty() || of_kind == kind)
                && (of_charge.is_empty() || of_charge == charge)
                && item.code.starts_with(begins.as_str())
        })
    }
}

/// A target of an indicator.
#[derive(Clone, Debug)]
struct Target {
    /// Rule and class.
    of: (String, String),
    institution: String,
    level: String,
    /// 10⁻⁶.
    bound: i64,
    from: i64,
    until: i64,
}

/// The tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Knowledge {
    /// Which tables name an item, as bits of [`super::item::named`].
    pub(super) named: BTreeMap<String, u64>,
    /// `gend` by item.
    pub(super) sex: BTreeMap<String, String>,
    /// Bands by item.
    pub(super) age: BTreeMap<String, Vec<AgeBand>>,
    /// Bands by item at which it is forbidden.
    pub(super) age_forbidden: BTreeMap<String, Vec<AgeBand>>,
    /// Lowest level by item.
    pub(super) level: BTreeMap<String, u8>,
    /// Kinds of visit by item.
    pub(super) visit: BTreeMap<String, Vec<String>>,
    /// Departments by item.
    pub(super) departments: BTreeMap<String, Vec<String>>,
    /// Limits of a day by item.
    pub(super) daily: BTreeMap<String, Vec<Quota>>,
    /// Limits of a longer window by item.
    pub(super) monthly: BTreeMap<String, Vec<Quota>>,
    /// 10⁻⁴ units of a stay or visit by item.
    pub(super) stay: BTreeMap<String, i64>,
    /// 10⁻⁴ units for each day of a stay by item, on average.
    pub(super) stay_day: BTreeMap<String, i64>,
    /// Units of a stay day by item.
    pub(super) stay_days: BTreeMap<String, i64>,
    /// Days and uses by item.
    pub(super) period: BTreeMap<String, (i64, i64)>,
    /// Days of a course by item.
    pub(super) course: BTreeMap<String, i64>,
    /// Fen of an item in its window.
    pub(super) cap: BTreeMap<String, i64>,
    /// Highest daily dose by item, 10⁻⁶ of the unit beside it.
    pub(super) dose: BTreeMap<String, (i64, String)>,
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
    /// Pairs with a consumable as the part.
    pub(super) consumed: Vec<Pair>,
    /// Pairs that do not go together.
    pub(super) mixes: Vec<Pair>,
    /// Special diseases whose list is whole.
    pub(super) diseases: BTreeSet<String>,
    /// Special diseases by item that their lists have.
    pub(super) disease_items: BTreeMap<String, BTreeSet<String>>,
    /// Classes of items that shares are counted of, by name.
    pub(super) classes: Vec<ShareClass>,
    /// Placeholder codes.
    pub(super) placeholders: Vec<String>,
    /// The benefit policy.
    pub(super) benefit: Policy,
    targets: Vec<Target>,
    /// Kinds of supply by `med_type` and by `dise_codg`.
    supply_kind: [BTreeMap<String, String>; 2],
    /// Days by kind of supply.
    supply_limit: BTreeMap<String, i64>,
    /// Kinds of visit that are stays.
    inpatient: Vec<String>,
    diagnosis_sets: BTreeSet<String>,
    /// Codes by set.
    set_codes: BTreeMap<String, Vec<String>>,
    /// Sets by item, and whether each row holds over the whole horizon.
    indications: BTreeMap<String, Vec<(String, bool)>>,
    /// The same of sets that forbid an item.
    forbidden: BTreeMap<String, Vec<(String, bool)>>,
}

impl Knowledge {
    /// Whether the list of a special disease is whole: where no table names any, every list is.
    pub(super) fn has_whole_list(&self, disease: &str) -> bool {
        if self.diseases.is_empty() {
            return self.disease_items.values().any(|diseases| diseases.contains(disease));
        }
        self.diseases.contains(disease)
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

    /// Whether a diagnosis belongs to the set of this name.
    pub(super) fn is_in_set(&self, set: &str, diagnosis: &str) -> bool {
        let codes = self.set_codes.get(set);
        codes.into_iter().flatten().any(|listed| diagnosis.starts_with(listed.as_str()))
    }

    /// A diagnosis that an item is paid for, if it is limited to some.
    pub(super) fn indication(&self, item: &str) -> Option<&str> {
        self.a_code_of(self.indications.get(item))
    }

    /// A diagnosis that forbids an item.
    pub(super) fn contraindication(&self, item: &str) -> Option<&str> {
        self.a_code_of(self.forbidden.get(item))
    }

    fn a_code_of(&self, sets: Option<&Vec<(String, bool)>>) -> Option<&str> {
        let sets = sets.into_iter().flatten();
        let mut codes = sets.filter_map(|(set, _)| self.set_codes.get(set)?.first());
        codes.next().map(String::as_str)
    }

    /// The target of an institution, 10⁻⁶: its own, else its level's, else that of all.
    pub(super) fn target(
        &self,
        (rule, class): (&str, &str),
        institution: &Institution,
        day: i64,
    ) -> Option<i64> {
        let rows = self.targets.iter().filter(|row| {
            row.of.0 == rule && row.of.1 == class && row.from <= day && day < row.until
        });
        let rank = |row: &&Target| {
            let is_own = row.institution == institution.code;
            let is_level = institution.level != 0 && row.level == institution.level.to_string();
            match (is_own, row.institution.is_empty(), is_level, row.level.is_empty()) {
                (true, _, true, _) => Some(0),
                (true, _, _, true) => Some(1),
                (_, true, true, _) => Some(2),
                (_, true, _, true) => Some(3),
                _ => None,
            }
        };
        let ranked = rows.filter_map(|row| Some((rank(&row)?, row.bound)));
        ranked.min_by_key(|(rank, _)| *rank).map(|(_, bound)| bound)
    }
}

/// Reads a decimal number to that many decimals.
pub(super) fn decimal(text: &str, scale: u32) -> Option<i64> {
    jihe_terms::parse_decimal(text.as_bytes(), scale, 18).ok()
}
