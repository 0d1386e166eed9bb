//! What can be billed: an item with its prices, its supply and the tables that name it.

use jihe_terms::{Money, Price, Quantity};

/// Tables that name an item, as bits.
pub(super) mod named {
    /// `item_sex`.
    pub(in super::super) const SEX: u64 = 1;
    /// `item_age`.
    pub(in super::super) const AGE: u64 = 1 << 1;
    /// `item_level`.
    pub(in super::super) const LEVEL: u64 = 1 << 2;
    /// `item_visit`.
    pub(in super::super) const VISIT: u64 = 1 << 3;
    /// `item_quantity`, window `day`.
    pub(in super::super) const DAILY: u64 = 1 << 4;
    /// `item_quantity`, windows `month`, `quarter`, `year`.
    pub(in super::super) const MONTHLY: u64 = 1 << 5;
    /// `item_hours`.
    pub(in super::super) const HOURS: u64 = 1 << 6;
    /// `item_stay_days`.
    pub(in super::super) const STAY_DAYS: u64 = 1 << 7;
    /// `item_period`.
    pub(in super::super) const PERIOD: u64 = 1 << 8;
    /// `contained`, as the whole.
    pub(in super::super) const WHOLE: u64 = 1 << 9;
    /// `contained`, as the part.
    pub(in super::super) const PART: u64 = 1 << 10;
    /// `trace_exempt`.
    pub(in super::super) const TRACE_EXEMPT: u64 = 1 << 11;
    /// A table that nothing is planted for.
    pub(in super::super) const OTHER: u64 = 1 << 12;
    /// Kept for stock plants.
    pub(in super::super) const STOCK: u64 = 1 << 13;
    /// Not in the catalogue.
    pub(in super::super) const UNKNOWN: u64 = 1 << 14;
    /// `item_scheme`.
    pub(in super::super) const SCHEME: u64 = 1 << 15;
    /// `item_indication`.
    pub(in super::super) const INDICATION: u64 = 1 << 16;
    /// `herb_not_payable`.
    pub(in super::super) const HERB: u64 = 1 << 17;
    /// `herb_alone`.
    pub(in super::super) const HERB_ALONE: u64 = 1 << 24;
    /// `item_course`.
    pub(in super::super) const COURSE: u64 = 1 << 18;
    /// `drug_class`.
    pub(in super::super) const CLASS: u64 = 1 << 19;
    /// `item_minutes`.
    pub(in super::super) const MINUTES: u64 = 1 << 20;
    /// `operation_group`.
    pub(in super::super) const OPERATION: u64 = 1 << 21;
    /// `companion`, as the item with a need.
    pub(in super::super) const NEEDY: u64 = 1 << 22;
    /// `split_set`, as a whole or part.
    pub(in super::super) const SET: u64 = 1 << 23;
    /// `item_forbidden`, with a set that has codes.
    pub(in super::super) const FORBIDDEN: u64 = 1 << 25;
    /// `item_age_forbidden`.
    pub(in super::super) const AGE_FORBIDDEN: u64 = 1 << 26;
    /// `internet_forbidden`.
    pub(in super::super) const INTERNET: u64 = 1 << 27;
    /// `item_second_line`.
    pub(in super::super) const SECOND_LINE: u64 = 1 << 36;
    /// `item_dose`.
    pub(in super::super) const DOSE: u64 = 1 << 28;
    /// `item_cap`.
    pub(in super::super) const CAP: u64 = 1 << 29;
    /// `item_quantity`, window `stay`.
    pub(in super::super) const STAY: u64 = 1 << 30;
    /// `item_quantity`, window `stay_day`.
    pub(in super::super) const STAY_DAY: u64 = 1 << 31;
    /// `item_department`.
    pub(in super::super) const DEPARTMENT: u64 = 1 << 32;
    /// `disease_items`.
    pub(in super::super) const DISEASE: u64 = 1 << 33;
    /// `incompatible`, as one of the two.
    pub(in super::super) const MIX: u64 = 1 << 34;
    /// `contained_consumable`, as the whole or the part.
    pub(in super::super) const CONSUMED: u64 = 1 << 35;
}

/// The kind of an item, by `list_type`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// 101, by the pack.
    Drug,
    /// 102, by the gram.
    Herb,
    /// 201.
    Service,
    /// 301.
    Consumable,
}

impl Kind {
    /// The kind of a `list_type`; what is unknown counts as a service.
    pub(super) fn of_list_type(list_type: &str) -> Self {
        match list_type {
            "101" | "103" | "104" => Self::Drug,
            "102" | "106" => Self::Herb,
            "301" => Self::Consumable,
            _ => Self::Service,
        }
    }

    /// The kind that the shape of a national code suggests.
    pub(super) fn of_code(code: &str) -> Self {
        match code.as_bytes().first() {
            Some(b'X' | b'Z') => Self::Drug,
            Some(b'T') => Self::Herb,
            Some(b'C') => Self::Consumable,
            _ => Self::Service,
        }
    }

    /// Its `list_type`.
    pub(super) const fn list_type(self) -> &'static str {
        match self {
            Self::Drug => "101",
            Self::Herb => "102",
            Self::Service => "201",
            Self::Consumable => "301",
        }
    }

    /// Its `med_chrgitm_type`.
    pub(super) const fn charge_type(self) -> &'static str {
        match self {
            Self::Drug => "09",
            Self::Herb => "10",
            Self::Service => "05",
            Self::Consumable => "08",
        }
    }

    /// Whether the supply rules look at it.
    pub(super) const fn is_drug(self) -> bool {
        matches!(self, Self::Drug | Self::Herb)
    }
}

/// An item.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// `hilist_code`.
    pub(super) code: String,
    /// `hilist_name`.
    pub(super) name: String,
    /// Its kind.
    pub(super) kind: Kind,
    /// `chrgitm_lv`: 1, 2 or 3.
    pub(super) class: u8,
    /// `genname_codg`.
    pub(super) generic: Option<String>,
    /// What the supply of a person is kept under: the first item of the generic.
    pub(super) supply_group: u32,
    /// The price it is billed at, when no ceiling is lower, 10⁻⁶ yuan.
    pub(super) price: i64,
    /// The lowest and highest ceiling of all rows: `[of no level, level 1, level 2, level 3]`.
    pub(super) ceilings: [Option<(i64, i64)>; 4],
    /// 10⁻⁴ days in one unit by the dose of the catalogue.
    pub(super) days_per_unit: Option<i64>,
    /// `list_type`, `med_chrgitm_type` and `chrgitm_lv` of an imported catalogue row.
    pub(super) listed: Option<[String; 3]>,
    /// Whether its catalogue row may give a dose that the city does not know.
    pub(super) doubtful_dose: bool,
    /// The tables that name it.
    pub(super) named: u64,
    /// Its place among the items with stock rows.
    pub(super) stock: Option<u32>,
}

impl Item {
    /// An item that nothing is known of yet.
    pub(super) fn new(code: String, kind: Kind) -> Self {
        Self {
            name: String::new(),
            code,
            kind,
            class: 1,
            generic: None,
            supply_group: u32::MAX,
            price: 10_000_000,
            ceilings: [None; 4],
            days_per_unit: None,
            listed: None,
            doubtful_dose: false,
            named: 0,
            stock: None,
        }
    }

    /// Its `med_chrgitm_type`: bed, round, operation and nursing by the chapter of their code.
    pub(super) fn charge_type(&self) -> &'static str {
        for (chapter, charge) in
            [("001109", "01"), ("001102", "02"), ("0033", "06"), ("0012", "07")]
        {
            if self.kind == Kind::Service && self.code.starts_with(chapter) {
                return charge;
            }
        }
        self.kind.charge_type()
    }

    /// Its `list_type`, `med_chrgitm_type` and `chrgitm_lv`: the catalogue's, else its lines'.
    pub(super) fn listing(&self) -> [&str; 3] {
        let level = ["", "01", "02", "03"][usize::from(self.class.min(3))];
        let own = [self.kind.list_type(), self.charge_type(), level];
        let listed = self.listed.as_ref().map_or([""; 3], |it| it.each_ref().map(String::as_str));
        [0, 1, 2].map(|nth| if listed[nth].is_empty() { own[nth] } else { listed[nth] })
    }

    /// Whether rules that ask for the `med_chrgitm_type` see this one.
    pub(super) fn is_charged_as(&self, charge: &str) -> bool {
        self.listing()[1] == charge
    }

    /// The lowest and highest ceiling at an institution of a level; level 0 is a pharmacy.
    pub(super) fn ceiling(&self, level: u8) -> Option<(i64, i64)> {
        match (self.ceilings[0], self.ceilings[usize::from(level)]) {
            (Some(any), Some(own)) => Some((any.0.min(own.0), any.1.max(own.1))),
            (any, own) => any.or(own),
        }
    }

    /// Adds a ceiling row.
    pub(super) fn limit(&mut self, level: u8, price: i64) {
        let slot = &mut self.ceilings[usize::from(level)];
        let (low, high) = slot.unwrap_or((price, price));
        *slot = Some((low.min(price), high.max(price)));
    }

    /// Whether the tables that name it are among `allowed`, and at least one of `needed` does.
    pub(super) fn is_named(&self, needed: u64, allowed: u64) -> bool {
        self.named & needed == needed && self.named & !(needed | allowed) == 0
    }
}

/// The amount of a line: `half_up(cnt × pric)` in fen.
pub(super) fn amount_of(cnt: i64, pric: i64) -> i64 {
    Price::from_micro(pric).times(Quantity::from_units(cnt)).map_or(0, Money::fen)
}

/// The in-policy part of an amount: class 1 whole, class 2 nine tenths, class 3 nothing.
pub(super) fn in_policy(class: u8, amount: i64) -> i64 {
    match class {
        1 => amount,
        2 if 0 <= amount => (amount * 9 + 5) / 10,
        2 => -((-amount * 9 + 5) / 10),
        _ => 0,
    }
}
