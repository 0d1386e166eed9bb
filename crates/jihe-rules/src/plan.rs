//! What a checked pack says: rules in the order of precedence, their tables and parameters.

mod condition;
mod ratio;
mod sums;

use std::collections::BTreeMap;

use jihe_catalogue::Table;
use jihe_terms::{Article, DayRange, Grade, Status};

use crate::expr::{Derived, Expr, Type};

pub use condition::{Condition, Conditions};
pub use ratio::{Over, Ratio, RatioUnit, Side};
pub use sums::{StaySum, SumOf};

/// Most classes of lines that a pack may have: the engine has a bit for each.
pub const MOST_CLASSES: usize = 64;

/// A whole pack, lower packs included.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Id of the uppermost pack.
    pub pack: String,
    /// Its title.
    pub title: Bilingual,
    /// Rules by precedence: the stay family first, a rule after those it yields to, then by id.
    pub rules: Vec<Rule>,
    /// Knowledge tables by name; every table of the interface is there, empty if the pack has none.
    pub tables: BTreeMap<String, Table>,
    /// Sources by key: title and the day they were last checked.
    pub sources: BTreeMap<String, String>,
    /// Rows of lower packs replaced by upper ones, in words.
    pub replacements: Vec<String>,
    /// Every file of the pack with its BLAKE3, sorted by name.
    pub digests: Vec<(String, String)>,
}

/// A text in both languages.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Bilingual {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id, the stem of its file.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its family, the folder of its file.
    pub family: Family,
    /// Title.
    pub title: Bilingual,
    /// What it says.
    pub what: Bilingual,
    /// Why it is there.
    pub why: Bilingual,
    /// The article it stands under.
    pub article: Article,
    /// Class of the national rule library.
    pub class: Option<String>,
    /// Statements of the rule sets covered (T…, A…), classes of the national library (N…), acts of an
    /// article beside its own (`reg735/41.3`).
    pub covers: Vec<String>,
    /// Days of service on which it holds.
    pub range: DayRange,
    /// Whether it acts.
    pub status: Status,
    /// How sure its findings are, unless a band or the kernel says otherwise.
    pub grade: Grade,
    /// Rules that go before it.
    pub yields_to: Vec<String>,
    /// Which lines (or stays) it looks at; all if none.
    pub scope: Option<Expr>,
    /// Exceptions by name, in the order of the file.
    pub exceptions: Vec<Exception>,
    /// Its question.
    pub shape: Shape,
    /// Its parameters.
    pub params: Vec<Param>,
    /// Numbers of its question that no value of a parameter may bring below 0, with their text.
    pub not_negative: Vec<(String, Expr)>,
    /// Its sentence in Chinese.
    pub message_zh: Vec<Piece>,
    /// Its sentence in English.
    pub message_en: Vec<Piece>,
    /// Values of the sentence in the order of [`Piece::Value`]; for the line family these are
    /// expressions over the hit line, for other shapes the names of [`Shape::value_names`].
    pub values: Vec<Expr>,
    /// Its file inside the pack.
    pub file: String,
}

impl Rule {
    /// Whether it finds whatever another rule finds, and no more: the question is the same on the same days,
    /// under another name, article or sentence. An indicator has targets by its id and is the same as no other.
    pub fn asks_like(&self, other: &Self) -> bool {
        // Every field is named: a new one asks whether it belongs to the question.
        let Self {
            id: _,
            version: _,
            family,
            title: _,
            what: _,
            why: _,
            article: _,
            class: _,
            covers: _,
            range,
            status: _,
            grade,
            yields_to: _,
            scope,
            exceptions,
            shape,
            params,
            not_negative: _,
            message_zh: _,
            message_en: _,
            values,
            file: _,
        } = self;
        let whens = exceptions.iter().map(|exception| &exception.when);
        !matches!(shape, Shape::Ratio(_))
            && *shape == other.shape
            && (*family, *range, *grade) == (other.family, other.range, other.grade)
            && *scope == other.scope
            && *values == other.values
            && whens.eq(other.exceptions.iter().map(|exception| &exception.when))
            && are_like(params, &other.params)
    }
}

/// The families.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Family {
    /// One line against tables.
    Line,
    /// Sums and counts in a window.
    Limit,
    /// Lines together.
    Pair,
    /// Days of medicine.
    Supply,
    /// Encounters in sequence.
    Stay,
    /// Stock.
    Stock,
    /// Trace codes.
    Trace,
    /// Indicators of institutions.
    Ratio,
    /// Settlements against the benefit policy.
    Benefit,
}

impl Family {
    /// All families.
    pub const ALL: [Self; 9] = [
        Self::Line,
        Self::Limit,
        Self::Pair,
        Self::Supply,
        Self::Stay,
        Self::Stock,
        Self::Trace,
        Self::Ratio,
        Self::Benefit,
    ];

    /// The stem used for folders.
    pub fn word(self) -> &'static str {
        match self {
            Self::Line => "line",
            Self::Limit => "limit",
            Self::Pair => "pair",
            Self::Supply => "supply",
            Self::Stay => "stay",
            Self::Stock => "stock",
            Self::Trace => "trace",
            Self::Ratio => "ratio",
            Self::Benefit => "benefit",
        }
    }
}

/// A named exception.
#[derive(Clone, Debug)]
pub struct Exception {
    /// Its name.
    pub name: String,
    /// When it applies.
    pub when: Expr,
}

/// A dated, bounded, cited value.
#[derive(Clone, Debug)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// Its unit, as written.
    pub unit: String,
    /// Its type, from the unit.
    pub ty: Type,
    /// Values by days of service, in order, without gaps from the rule's first day on.
    pub values: Vec<(DayRange, i64)>,
    /// The lowest value a local pack may set.
    pub min: i64,
    /// The highest value a local pack may set.
    pub max: i64,
    /// Where it is from.
    pub cite: String,
}

/// Whether parameters have the same types and values, one by one, whatever their names.
pub fn are_like(params: &[Param], others: &[Param]) -> bool {
    let values =
        |param: &Param, other: &Param| param.ty == other.ty && param.values == other.values;
    params.len() == others.len() && params.iter().zip(others).all(|(a, b)| values(a, b))
}

/// A piece of a sentence.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// Words as they are.
    Text(String),
    /// A value of the finding by place.
    Value(usize),
    /// A name known for every finding: `hilist_code`, `item_name`, `fixmedins_code`, `mdtrt_id`,
    /// `day`, `cnt`, `pric`, `amount`, all of the first cut line.
    Basic(&'static str),
}

/// How the cut of a line test is made.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CutRule {
    /// The whole line.
    Whole,
    /// Down to a price, Number(6).
    Price(Expr),
    /// Down to an amount, Number(2).
    Amount(Expr),
    /// That many units, Number(4).
    Units(Expr),
    /// No money.
    None,
}

/// A part of a group's key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyPart {
    /// The person.
    Person,
    /// The encounter.
    Encounter,
    /// The institution.
    Institution,
    /// The item.
    Item,
    /// The day of service.
    Day,
    /// Person or encounter, as the row's column `per` says.
    RowPer,
    /// Day, stay (encounter), month, quarter or year, as the row's column `window` says.
    RowWindow,
    /// The prescription: the order number within the encounter.
    Prescription,
    /// Another code column of the rule's table, by place.
    RowCode(usize),
    /// A code of the catalogue on the day, else of the line: its list type or its class.
    OfItem(Derived),
    /// Another code column of the line, by place in the schema.
    LineCode(usize),
}

impl KeyPart {
    /// Whether it is a code of the row or the line beside the fixed parts.
    pub fn is_code(self) -> bool {
        matches!(self, Self::RowCode(_) | Self::OfItem(_) | Self::LineCode(_))
    }
}

/// What a sum limit adds up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Summed {
    /// `cnt`; the excess is cut by units.
    Units,
    /// `inscp_scp_amt`; the excess is cut by amount.
    InPolicy,
}

/// What a count limit tells apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Counted {
    /// Items.
    Items,
    /// Days of service.
    Days,
    /// Encounters.
    Encounters,
}

/// A limit of how many different things a group has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CountLimit {
    /// Table of the item's rows; without one every line in scope counts.
    pub lookup: Option<Lookup>,
    /// What is told apart.
    pub counted: Counted,
    /// The group.
    pub per: Vec<KeyPart>,
    /// A second group that is looked at as well, where its parts are known.
    pub also_per: Option<Vec<KeyPart>>,
    /// The limit, Number(0).
    pub max: Expr,
    /// Days that a window rolls over, Number(0): what lies less than so many days back counts.
    pub within: Option<Expr>,
    /// Whether those with the largest in-policy amount stay, instead of the first.
    pub keeps_largest: bool,
    /// Whether what is above the limit is cut whole; else nothing is cut.
    pub cuts: bool,
}

/// Pairs and sets of items that stand in a table.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PairKind {
    /// Item b is part of item a: `item_a`, `item_b`, `window`.
    Contained,
    /// Parts billed instead of the whole: `set_id`, `whole`, `part`.
    Split,
    /// Operations through one incision: `hilist_code`, `group`, `discount`.
    Discounted,
    /// An item that needs another: `hilist_code`, `needs`.
    Companion,
    /// Items that do not go together in one prescription: `item_a`, `item_b`.
    Incompatible,
}

impl PairKind {
    /// All of them, with the key of the rule file and the tables that fit.
    pub const ALL: [(Self, &'static str, &'static [&'static str]); 5] = [
        (Self::Contained, "contained", &["contained", "contained_consumable"]),
        (Self::Split, "split", &["split_set"]),
        (Self::Discounted, "discounted", &["operation_group"]),
        (Self::Companion, "companion", &["companion"]),
        (Self::Incompatible, "incompatible", &["incompatible"]),
    ];
}

/// A table that a rule looks its items up in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Lookup {
    /// A pack table, or `price_limits`, by name; rows belong to an item by `hilist_code`.
    pub table: String,
    /// Which rows count (Bool); all if none. In limit rules it may only use the row.
    pub matching: Option<Expr>,
}

/// A grade up to a value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Band {
    /// Place of the parameter that closes it; the value itself is inside.
    pub upto: usize,
    /// Its grade.
    pub grade: Grade,
}

/// A limit of days, perhaps on a condition.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SupplyCase {
    /// When it holds (Bool); always if none.
    pub when: Option<Expr>,
    /// Days, Number(0).
    pub days: Expr,
}

/// The question of a rule.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Shape {
    /// A test of one line, perhaps against the rows of its item. With a table: hit if some matching
    /// row makes `hit` true; with `none_of`, hit if the item has matching rows and all make it
    /// false.
    LineTest {
        /// Table of the item's rows.
        lookup: Option<Lookup>,
        /// The test.
        test: Expr,
        /// Whether the test must fail for all rows instead of hold for one.
        none_of: bool,
        /// Whether a line whose item has no row is a hit, too.
        unlisted: bool,
        /// What is not payable.
        cut: CutRule,
    },
    /// A sum of quantities over a limit; the latest units are the excess.
    SumLimit {
        /// Table of the item's rows; without one every line in scope counts.
        lookup: Option<Lookup>,
        /// The group.
        per: Vec<KeyPart>,
        /// What is added up.
        of: Summed,
        /// The limit: Number(4) of units, Number(2) of money.
        max: Expr,
    },
    /// More different things in a group than its limit.
    CountLimit(CountLimit),
    /// A sum over all persons above its limit; nothing is cut.
    TotalLimit {
        /// Table of the item's rows.
        lookup: Option<Lookup>,
        /// The group, without person and encounter.
        per: Vec<KeyPart>,
        /// What is added up, Number(8).
        of: Expr,
        /// The limit, Number(8).
        max: Expr,
    },
    /// A use too soon after the paid ones before it.
    Period {
        /// Table of the item's rows.
        lookup: Lookup,
        /// Days, Number(0).
        days: Expr,
        /// Paid uses allowed within them, Number(0).
        max_count: Expr,
    },
    /// The same line under another key; every one but the first.
    SameLine,
    /// The same service settled before, in another settlement.
    SettledTwice,
    /// Item b billed beside item a that contains it; table with `item_a`, `item_b`, `window`.
    Contained {
        /// Table name.
        table: String,
    },
    /// All parts of a set billed for more than the whole costs.
    Split {
        /// Table name.
        table: String,
    },
    /// The second and later operation of a group above its discounted price.
    Discounted {
        /// Table name.
        table: String,
    },
    /// An item without any of those that it needs.
    Companion {
        /// Table name.
        table: String,
    },
    /// Two items in one prescription that do not go together; nothing is cut.
    Incompatible {
        /// Table name.
        table: String,
    },
    /// More days of a drug than its kind allows.
    OverSupply,
    /// More days of a drug than the first limit whose condition holds.
    SupplyLimit {
        /// Limits in the order of the file.
        limits: Vec<SupplyCase>,
    },
    /// A daily dose above the highest one of table `item_dose`.
    OverDose,
    /// A drug dispensed before the former supply is used up. Parameters `allowance_days` and
    /// `chronic_allowance_days` by place.
    EarlyRefill {
        /// Place of `allowance_days`.
        allowance: usize,
        /// Place of `chronic_allowance_days`.
        chronic_allowance: usize,
    },
    /// A stay soon after the person's former one at the institution, same main diagnosis.
    SplitStay {
        /// Grades by gap in days, ascending; the last closes the window.
        bands: Vec<Band>,
    },
    /// A stay that begins before an earlier one ends.
    OverlapStay,
    /// A line of another visit elsewhere strictly inside a stay.
    VisitDuringStay,
    /// A test of a stay and of sums over its lines.
    StaySums {
        /// The sums, by place.
        sums: Vec<StaySum>,
        /// The test.
        hit: Expr,
        /// Whether the stay is cut whole; else its first line is shown.
        cuts: bool,
    },
    /// Days of a stay in a row on which there is nothing but the bed.
    EmptyBed {
        /// Lines that bill the bed.
        bed: Expr,
        /// Lines that show care.
        care: Expr,
        /// Place of `days`, Number(0).
        days: usize,
    },
    /// More stays on a day than the institution has beds.
    Beds {
        /// Place of `tolerance`, Number(6).
        tolerance: usize,
    },
    /// Lines of a person at two institutions at about one time.
    TwoPlaces {
        /// Place of `minutes`, Number(4).
        minutes: usize,
    },
    /// More billed than the stock allows. Parameter `tolerance` by place, Number(6).
    SoldOverStock {
        /// Place of `tolerance`.
        tolerance: usize,
    },
    /// Billed, and not bought within some days before. Parameter `days` by place, Number(0).
    NeverBought {
        /// Place of `days`.
        days: usize,
    },
    /// A trace code used before.
    TraceReused,
    /// An institution's rate beyond its target or far from its peers.
    Ratio(Box<Ratio>),
    /// Conditions that institutions have to meet; nothing is cut.
    Conditions(Box<Conditions>),
    /// A settlement whose fund payment is not what the benefit policy comes to. Parameter `tolerance`
    /// by place, Number(2).
    Settlement {
        /// Place of `tolerance`.
        tolerance: usize,
    },
}

impl Shape {
    /// The names that sentences of this shape may use, in the order of the hit's values. The tests of
    /// a line and of a stay have none of their own: their sentences may name any expression.
    pub fn value_names(&self) -> &'static [&'static str] {
        match self {
            Self::LineTest { .. } | Self::StaySums { .. } => &[],
            Self::SumLimit { .. } => &["total", "max", "excess", "n_lines"],
            Self::Period { .. } => &["previous_day", "period_days", "gap_days", "max_count"],
            Self::CountLimit(_) => &["n_found", "max", "n_excess", "within_days"],
            Self::TotalLimit { .. } => &["total", "max", "who", "n_lines"],
            Self::SameLine => &["first_line", "n_same"],
            Self::SettledTwice => &["first_line", "first_settlement", "n_same"],
            Self::Contained { .. } => &["item_a", "units_a", "units_b", "cut_units"],
            Self::Split { .. } => &["whole", "parts_amount", "whole_amount", "excess"],
            Self::Discounted { .. } => &["first_line", "discount", "full_price", "price_allowed"],
            Self::Companion { .. } => &["needs", "n_needs"],
            Self::Incompatible { .. } => &["item_a", "item_b"],
            Self::OverSupply => &["days", "limit_days", "kind", "allowed_cnt"],
            Self::SupplyLimit { .. } => &["days", "limit_days", "allowed_cnt"],
            Self::OverDose => &["daily_dose", "daily_max", "excess"],
            Self::EarlyRefill { .. } => &["on_hand_days", "days", "over_days", "allowance_days"],
            Self::SplitStay { .. } => &["gap_days", "former_stay", "former_discharge", "admission"],
            Self::OverlapStay => {
                &["other_stay", "other_institution", "other_discharge", "admission"]
            }
            Self::VisitDuringStay => &["stay", "stay_institution", "admission", "discharge"],
            Self::EmptyBed { .. } => &["first_day", "last_day", "n_days", "days"],
            Self::Beds { .. } => &["on_day", "n_stays", "beds", "limit", "n_days"],
            Self::TwoPlaces { .. } => &["other_time", "other_institution", "time", "minutes"],
            Self::SoldOverStock { .. } => &["total", "available", "limit", "excess"],
            Self::NeverBought { .. } => &["last_bought", "days"],
            Self::TraceReused => &["n_codes", "first_line"],
            Self::Ratio(_) => &["rate", "median", "distance", "limit", "class", "n_peers"],
            Self::Conditions(_) => &["condition", "what_zh", "what_en", "value", "limit"],
            Self::Settlement { .. } => &["fund", "paid", "difference", "in_policy"],
        }
    }
}

impl Shape {
    /// Whether its findings only point at lines, whatever the grade.
    pub fn cuts_nothing(&self) -> bool {
        match self {
            Self::LineTest { cut, .. } => matches!(cut, CutRule::None),
            Self::CountLimit(limit) => !limit.cuts,
            Self::StaySums { cuts, .. } => !cuts,
            Self::TotalLimit { .. }
            | Self::Incompatible { .. }
            | Self::TwoPlaces { .. }
            | Self::Beds { .. }
            | Self::Ratio(_)
            | Self::Conditions(_)
            | Self::Settlement { .. } => true,
            Self::SumLimit { .. }
            | Self::Period { .. }
            | Self::SameLine
            | Self::SettledTwice
            | Self::Contained { .. }
            | Self::Split { .. }
            | Self::Discounted { .. }
            | Self::Companion { .. }
            | Self::OverSupply
            | Self::SupplyLimit { .. }
            | Self::OverDose
            | Self::EarlyRefill { .. }
            | Self::SplitStay { .. }
            | Self::OverlapStay
            | Self::VisitDuringStay
            | Self::NeverBought { .. }
            | Self::EmptyBed { .. }
            | Self::SoldOverStock { .. }
            | Self::TraceReused => false,
        }
    }
}
