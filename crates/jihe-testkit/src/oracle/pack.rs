//! A rule pack as far as the oracle needs it: which rules there are, their numbers, their tables.

use std::collections::BTreeMap;

use super::civil::{Day, day};
use super::table::{Row, in_force, row_in_force};

/// The knowledge tables of a pack, by file stem.
pub type Tables = BTreeMap<String, Vec<Row>>;

/// How sure a finding is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Grade {
    /// Refuses by itself.
    Definite,
    /// Holds.
    Likely,
    /// Holds.
    Possible,
    /// Carries no money.
    Indicator,
}

impl Grade {
    /// The platform's `sev_deg`; an indicator has none.
    pub fn sev_deg(self) -> Option<u8> {
        match self {
            Self::Definite => Some(1),
            Self::Likely => Some(2),
            Self::Possible => Some(3),
            Self::Indicator => None,
        }
    }

    /// Reads the word of a rule file.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "definite" => Some(Self::Definite),
            "likely" => Some(Self::Likely),
            "possible" => Some(Self::Possible),
            "indicator" => Some(Self::Indicator),
            _ => None,
        }
    }
}

/// Whether a rule works.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// Is not run.
    Draft,
    /// Reports and refuses nothing.
    Shadow,
    /// Works.
    Active,
}

/// One rule of the pack.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Rule {
    /// The name, which is the file stem.
    pub id: String,
    /// The folder.
    pub family: String,
    /// Grade of its findings, where the rule itself does not choose one.
    pub grade: Grade,
    /// Whether it works.
    pub status: Status,
    /// First day.
    pub from: Option<Day>,
    /// Day after the last.
    pub until: Option<Day>,
    /// The article, such as `reg735/38.3`.
    pub article: String,
    /// Rules that are walked before this one when money is credited.
    pub yields_to: Vec<String>,
}

impl Rule {
    /// Whether the rule is in force on a day.
    pub fn is_in_force(&self, day: Day) -> bool {
        in_force(self.from, self.until, day)
    }

    /// The number of the article of the regulation without its item: `38` of `reg735/38.3`; empty for
    /// any other source.
    pub fn article_number(&self) -> String {
        let tail = self.article.strip_prefix("reg735/").unwrap_or_default();
        tail.chars().take_while(char::is_ascii_digit).collect()
    }
}

/// The rules with their numbers and tables.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pack {
    /// The rules, by id.
    pub rules: BTreeMap<String, Rule>,
    /// Parameters in 10^-6 units, by rule and name.
    pub params: BTreeMap<(String, String), i64>,
    /// The knowledge tables.
    pub tables: Tables,
}

/// Every rule that the oracle knows: id, family, grade, article (the rule table's).
const KNOWN: &[(&str, &str, Grade, &str)] = &[
    ("unknown-item", "line", Grade::Definite, "reg735/38.6"),
    ("out-of-catalogue", "line", Grade::Definite, "reg735/38.6"),
    ("price-ceiling", "line", Grade::Definite, "reg735/38.3"),
    ("amount-mismatch", "line", Grade::Definite, "reg735/38.3"),
    ("sex-mismatch", "line", Grade::Definite, "reg735/38.6"),
    ("age-outside", "line", Grade::Definite, "reg735/38.6"),
    ("institution-level", "line", Grade::Definite, "reg735/38.6"),
    ("visit-type", "line", Grade::Definite, "reg735/38.6"),
    ("outside-stay", "line", Grade::Definite, "reg735/38.7"),
    ("after-death", "line", Grade::Definite, "reg735/40.3"),
    ("daily-quantity", "limit", Grade::Definite, "reg735/38.3"),
    ("hours-over-day", "limit", Grade::Definite, "reg735/38.3"),
    ("stay-days", "limit", Grade::Definite, "reg735/38.3"),
    ("month-quantity", "limit", Grade::Definite, "reg735/38.2"),
    ("period-frequency", "limit", Grade::Definite, "reg735/38.3"),
    ("same-line-twice", "pair", Grade::Definite, "reg735/38.3"),
    ("contained-item", "pair", Grade::Definite, "reg735/38.3"),
    ("over-supply", "supply", Grade::Definite, "reg735/38.2"),
    ("early-refill", "supply", Grade::Likely, "reg735/38.2"),
    ("split-stay", "stay", Grade::Likely, "reg735/38.1"),
    ("overlap-stay", "stay", Grade::Likely, "reg735/38.1"),
    ("visit-during-stay", "stay", Grade::Likely, "reg735/38.1"),
];

/// More rules of those families, and the rules whose family has one room only.
const ALSO_KNOWN: &[(&str, &str, Grade, &str)] = &[
    ("contraindication-age", "line", Grade::Possible, "reg735/38.2"),
    ("diagnosis-age", "line", Grade::Possible, "reg735/39.3"),
    ("service-after-settlement", "line", Grade::Indicator, "reg735/39.3"),
    ("scheme", "line", Grade::Definite, "reg735/38.6"),
    ("special-disease-scope", "line", Grade::Definite, "reg735/38.6"),
    ("department", "line", Grade::Likely, "reg735/38.6"),
    ("indication", "line", Grade::Likely, "reg735/38.6"),
    ("contraindication", "line", Grade::Possible, "reg735/38.2"),
    ("restricted-unapproved", "line", Grade::Definite, "reg735/38.6"),
    ("herb-not-payable", "line", Grade::Definite, "reg735/38.6"),
    ("internet-drug", "line", Grade::Definite, "reg735/38.6"),
    ("second-line-unapproved", "line", Grade::Possible, "reg735/38.6"),
    ("institution-inactive", "line", Grade::Definite, "reg735/38.7"),
    ("excluded-cause", "line", Grade::Likely, "reg735/38.6"),
    ("listing-anomaly", "line", Grade::Indicator, "reg735/39.3"),
    ("diagnosis-sex", "line", Grade::Possible, "reg735/39.3"),
    ("stay-quantity", "limit", Grade::Definite, "reg735/38.3"),
    ("stay-day-quantity", "limit", Grade::Definite, "reg735/38.3"),
    ("contained-consumable", "pair", Grade::Definite, "reg735/38.3"),
    ("sold-over-stock", "stock", Grade::Likely, "reg735/38.4"),
    ("trace-reused", "trace", Grade::Definite, "reg735/38.4"),
    ("discharge-supply", "supply", Grade::Definite, "reg735/38.2"),
    ("over-dose", "supply", Grade::Possible, "reg735/38.2"),
    ("practitioner-inactive", "line", Grade::Likely, "reg735/38.7"),
    ("herb-alone", "line", Grade::Definite, "reg735/38.6"),
    ("approval-missing", "line", Grade::Possible, "agreement/approval"),
    ("late-upload", "line", Grade::Indicator, "reg735/39.3"),
    ("prescription-stale", "line", Grade::Definite, "reg735/38.2"),
    ("over-prescribed", "line", Grade::Definite, "reg735/38.2"),
    ("code-mismatch", "stock", Grade::Likely, "reg735/38.4"),
    ("trace-missing", "trace", Grade::Possible, "reg735/39.3"),
    ("drug-kinds", "limit", Grade::Possible, "reg735/38.2"),
    ("herb-kinds", "limit", Grade::Possible, "reg735/38.2"),
    ("course-days", "limit", Grade::Definite, "reg735/38.6"),
    ("same-class", "limit", Grade::Likely, "reg735/38.2"),
    ("frequent-visits", "limit", Grade::Possible, "reg735/38.2"),
    ("frequent-purchases", "limit", Grade::Possible, "reg735/38.2"),
    ("frequent-stays", "limit", Grade::Possible, "reg735/38.2"),
    ("pay-cap", "limit", Grade::Definite, "reg735/38.6"),
    ("workload", "limit", Grade::Possible, "reg735/40.3"),
    ("split-item", "pair", Grade::Definite, "reg735/38.3"),
    ("operation-discount", "pair", Grade::Definite, "reg735/38.3"),
    ("companion-missing", "pair", Grade::Likely, "reg735/38.2"),
    ("incompatible", "pair", Grade::Possible, "reg735/38.2"),
    ("settled-twice", "pair", Grade::Definite, "reg735/40"),
    ("settlement-mismatch", "benefit", Grade::Likely, "reg735/38.7"),
];

/// Rules of stays by their lines, and of stock.
const OF_STAYS: [(&str, &str, Grade, &str); 7] = [
    ("never-bought", "stock", Grade::Likely, "reg735/38.4"),
    ("empty-bed", "stay", Grade::Likely, "reg735/38.1"),
    ("low-standard", "stay", Grade::Possible, "reg735/38.2"),
    ("operation-sex", "stay", Grade::Possible, "reg735/39.3"),
    ("operation-coding", "stay", Grade::Indicator, "reg735/39.3"),
    ("record-incomplete", "stay", Grade::Indicator, "reg735/39.3"),
    ("two-places", "stay", Grade::Possible, "reg735/40.1"),
];

/// Rules whose subject is an institution: their findings have no lines.
const OF_INSTITUTIONS: [(&str, &str, Grade, &str); 9] = [
    ("beds-over-capacity", "stay", Grade::Possible, "reg735/38.1"),
    ("class-share", "ratio", Grade::Indicator, "agreement/indicators"),
    ("self-pay-share", "ratio", Grade::Indicator, "agreement/indicators"),
    ("class-ab-share", "ratio", Grade::Indicator, "agreement/indicators"),
    ("cost-per-visit", "ratio", Grade::Indicator, "agreement/indicators"),
    ("cost-per-stay", "ratio", Grade::Indicator, "agreement/indicators"),
    ("cost-per-day", "ratio", Grade::Indicator, "agreement/indicators"),
    ("readmission-rate", "ratio", Grade::Indicator, "agreement/indicators"),
    ("qualification", "ratio", Grade::Indicator, "agreement/admission"),
];

impl Pack {
    /// Gives the rule table's own pack over these tables: every rule active from 2021-05-01, every
    /// parameter at the value of the pages.
    pub fn with_tables(tables: Tables) -> Self {
        let mut rules = BTreeMap::new();
        let known = KNOWN.iter().chain(ALSO_KNOWN).chain(&OF_STAYS).chain(&OF_INSTITUTIONS);
        for &(id, family, grade, article) in known {
            let rule = Rule {
                id: (*id).to_owned(),
                family: (*family).to_owned(),
                grade,
                status: Status::Active,
                from: Some(day(2021, 5, 1)),
                until: None,
                article: (*article).to_owned(),
                yields_to: Vec::new(),
            };
            rules.insert((*id).to_owned(), rule);
        }
        Self { rules, params: BTreeMap::new(), tables }
    }

    /// The rules of institutions that the oracle can judge by.
    pub fn institution_rules() -> Vec<&'static str> {
        OF_INSTITUTIONS.iter().map(|(id, ..)| *id).collect()
    }

    /// The rules of lines and stays that the oracle can judge by.
    pub fn known_rules() -> Vec<&'static str> {
        KNOWN.iter().chain(ALSO_KNOWN).chain(&OF_STAYS).map(|(id, ..)| *id).collect()
    }

    /// A parameter in 10^-6 units, or the value of the pages where the pack names none.
    pub fn param(&self, rule_id: &str, name: &str, of_the_pages: i64) -> i64 {
        let key = (rule_id.to_owned(), name.to_owned());
        self.params.get(&key).copied().unwrap_or(of_the_pages)
    }

    /// The rows of a table, none if there is no such table.
    pub fn table(&self, name: &str) -> &[Row] {
        self.tables.get(name).map_or(&[], Vec::as_slice)
    }

    /// The rows in force on `day` whose `column` is exactly `value`.
    pub fn rows(&self, name: &str, day: Day, (column, value): (&str, &str)) -> Vec<&Row> {
        let has_value = |row: &&Row| row.get(column).is_some_and(|found| found == value);
        self.table(name).iter().filter(has_value).filter(|row| row_in_force(row, day)).collect()
    }

    /// The order in which rules are walked on a line: the stay family first, then a rule after
    /// those it yields to, then by id.
    pub fn walk(&self) -> Vec<String> {
        let mut order: Vec<String> = Vec::new();
        for stay_family in [true, false] {
            let mut waiting: Vec<&Rule> =
                self.rules.values().filter(|rule| (rule.family == "stay") == stay_family).collect();
            while !waiting.is_empty() {
                let is_free =
                    |rule: &&Rule| !waiting.iter().any(|other| rule.yields_to.contains(&other.id));
                // A circle of yielding is the rule check's business; here the first id goes first.
                let next = waiting.iter().position(is_free).unwrap_or(0);
                order.push(waiting.remove(next).id.clone());
            }
        }
        order
    }
}
