//! The word KIND of `jihe import KIND FILE`.

use crate::class::Class;

/// Which rows of a file are wanted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Kind {
    /// Whatever is recognised.
    #[default]
    Auto,
    /// Items that are part of others: `contained`.
    Contained,
    /// Items for one sex: `item_sex`.
    Sex,
    /// Items for an age: `item_age`.
    Age,
    /// Items that children may not have: `item_age_forbidden`.
    ChildForbidden,
    /// Items from a level of institution on: `item_level`.
    Level,
    /// Items for kinds of visits: `item_visit`.
    Visit,
    /// Limits for a day: `item_quantity`, `item_hours`.
    Quantity,
    /// Limits for a number of days: `item_period`.
    Period,
    /// Both kinds of frequency limits.
    Frequency,
    /// Longest courses: `item_course`.
    Course,
    /// Operations paid at a discount: `operation_group`.
    OperationGroup,
    /// Herbs that are never payable: `herb_not_payable`.
    HerbNever,
    /// Herbs that are not payable by themselves: `herb_alone`.
    HerbAlone,
    /// Both kinds of herbs.
    Herbs,
    /// Items for some diagnoses: `item_indication`, `diagnosis_set`.
    Indication,
    /// Drugs that internet visits may not have: `internet_forbidden`.
    Internet,
    /// Limits by the kind of encounter: `item_visit`, `internet_forbidden`.
    Encounter,
    /// Drugs of the second line: `item_second_line`.
    SecondLine,
    /// Items for another insurance: `item_scheme`.
    Scheme,
    /// Of these, the items for work injury.
    WorkInjury,
    /// Of these, the items for maternity.
    Maternity,
    /// Price lists: `price_limits`, `catalogue`.
    Prices,
    /// Drug lists: `catalogue`.
    Drugs,
    /// Materials billed apart: `catalogue`.
    Materials,
    /// Any list: `catalogue`.
    Catalogue,
}

/// Words for each kind: tables, plain words, rule types of sheet inspections.
const WORDS: &[(&str, Kind)] = &[
    ("auto", Kind::Auto),
    ("contained", Kind::Contained),
    ("pairs", Kind::Contained),
    ("duplicate-charge", Kind::Contained),
    ("item-sex", Kind::Sex),
    ("sex", Kind::Sex),
    ("gender", Kind::Sex),
    ("gender-limit", Kind::Sex),
    ("item-age", Kind::Age),
    ("age", Kind::Age),
    ("age-limit", Kind::Age),
    ("item-age-forbidden", Kind::ChildForbidden),
    ("item-level", Kind::Level),
    ("level", Kind::Level),
    ("institution-level-limit", Kind::Level),
    ("item-visit", Kind::Visit),
    ("visit", Kind::Visit),
    ("item-quantity", Kind::Quantity),
    ("item-hours", Kind::Quantity),
    ("quantity", Kind::Quantity),
    ("hours", Kind::Quantity),
    ("daily-limits", Kind::Quantity),
    ("daily-limit", Kind::Quantity),
    ("limits", Kind::Frequency),
    ("frequency", Kind::Frequency),
    ("frequency-limit", Kind::Frequency),
    ("item-period", Kind::Period),
    ("period", Kind::Period),
    ("item-course", Kind::Course),
    ("course", Kind::Course),
    ("treatment-course-limit", Kind::Course),
    ("operation-group", Kind::OperationGroup),
    ("operation-groups", Kind::OperationGroup),
    ("herb-not-payable", Kind::HerbNever),
    ("herb-alone", Kind::HerbAlone),
    ("herbs", Kind::Herbs),
    ("payment-scope-limit", Kind::Herbs),
    ("item-indication", Kind::Indication),
    ("indication", Kind::Indication),
    ("indication-limit", Kind::Indication),
    ("internet-forbidden", Kind::Internet),
    ("internet", Kind::Internet),
    ("encounter-type-limit", Kind::Encounter),
    ("item-second-line", Kind::SecondLine),
    ("second-line", Kind::SecondLine),
    ("second-line-drug-limit", Kind::SecondLine),
    ("item-scheme", Kind::Scheme),
    ("scheme", Kind::Scheme),
    ("insurance-type-limit", Kind::Scheme),
    ("work-injury", Kind::WorkInjury),
    ("maternity", Kind::Maternity),
    ("price-limits", Kind::Prices),
    ("prices", Kind::Prices),
    ("drugs", Kind::Drugs),
    ("materials", Kind::Materials),
    ("catalogue", Kind::Catalogue),
];

impl Kind {
    /// Reads the word: a table, a plain word, a rule type, or a class by its Chinese name.
    ///
    /// Returns `None` if no table here takes it.
    pub fn from_word(word: &str) -> Option<Self> {
        let plain = word.trim().to_ascii_lowercase().replace('_', "-");
        let known = WORDS.iter().find(|(name, _)| *name == plain).map(|&(_, kind)| kind);
        known.or_else(|| Self::of_class(Class::of_text(word)?))
    }

    /// Words for help texts, in the order of the tables.
    pub fn words() -> impl Iterator<Item = &'static str> {
        WORDS.iter().map(|&(word, _)| word)
    }

    fn of_class(class: Class) -> Option<Self> {
        let kind = match class {
            Class::Pairs => Self::Contained,
            Class::Sex => Self::Sex,
            Class::Age => Self::Age,
            Class::ChildForbidden => Self::ChildForbidden,
            Class::Level => Self::Level,
            Class::Visit => Self::Visit,
            Class::DayLimit => Self::Quantity,
            Class::Period => Self::Period,
            Class::Course => Self::Course,
            Class::OperationGroup => Self::OperationGroup,
            Class::HerbNever => Self::HerbNever,
            Class::HerbAlone => Self::HerbAlone,
            Class::Indication => Self::Indication,
            Class::Internet => Self::Internet,
            Class::SecondLine => Self::SecondLine,
            Class::WorkInjury => Self::WorkInjury,
            Class::Maternity => Self::Maternity,
            Class::Prices => Self::Prices,
            Class::Drugs => Self::Drugs,
            Class::Materials => Self::Materials,
            Class::Other => return None,
        };
        Some(kind)
    }

    /// The classes it asks for; empty: every class.
    pub(crate) fn classes(self) -> &'static [Class] {
        match self {
            Self::Auto => &[],
            Self::Contained => &[Class::Pairs],
            Self::Sex => &[Class::Sex],
            Self::Age => &[Class::Age],
            Self::ChildForbidden => &[Class::ChildForbidden],
            Self::Level => &[Class::Level],
            Self::Visit => &[Class::Visit],
            Self::Quantity => &[Class::DayLimit],
            Self::Period => &[Class::Period],
            Self::Frequency => &[Class::DayLimit, Class::Period],
            Self::Course => &[Class::Course],
            Self::OperationGroup => &[Class::OperationGroup],
            Self::HerbNever => &[Class::HerbNever],
            Self::HerbAlone => &[Class::HerbAlone],
            Self::Indication => &[Class::Indication],
            Self::Herbs => &[Class::HerbNever, Class::HerbAlone],
            Self::Internet => &[Class::Internet],
            Self::SecondLine => &[Class::SecondLine],
            Self::Encounter => &[Class::Visit, Class::Internet],
            Self::Scheme => &[Class::WorkInjury, Class::Maternity],
            Self::WorkInjury => &[Class::WorkInjury],
            Self::Maternity => &[Class::Maternity],
            Self::Prices => &[Class::Prices],
            Self::Drugs => &[Class::Drugs],
            Self::Materials => &[Class::Materials],
            Self::Catalogue => &[Class::Prices, Class::Drugs, Class::Materials],
        }
    }

    /// Words of kinds with one class each: those that it stands for.
    pub(crate) fn parts(self) -> Vec<&'static str> {
        let word_of = |class: &Class| {
            let own = WORDS.iter().find(|(_, kind)| kind.classes() == [*class]);
            own.map(|&(word, _)| word)
        };
        self.classes().iter().filter_map(word_of).collect()
    }

    /// Tells whether rows of the class are wanted.
    pub(crate) fn wants(self, class: Class) -> bool {
        let classes = self.classes();
        classes.is_empty() || classes.contains(&class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_goes_by_table_plain_word_rule_type_and_chinese_name() {
        for (word, kind) in [
            ("contained", Some(Kind::Contained)),
            ("pairs", Some(Kind::Contained)),
            ("duplicate_charge", Some(Kind::Contained)),
            ("项目重复收费", Some(Kind::Contained)),
            ("医疗服务项目重复收费", Some(Kind::Contained)),
            ("item_quantity", Some(Kind::Quantity)),
            ("Daily-Limits", Some(Kind::Quantity)),
            ("限定频次", Some(Kind::Quantity)),
            ("周期超频次", Some(Kind::Period)),
            ("限性别", Some(Kind::Sex)),
            ("price_limits", Some(Kind::Prices)),
            ("AUTO", Some(Kind::Auto)),
            ("indication_limit", Some(Kind::Indication)),
            ("药品限适应症", Some(Kind::Indication)),
            ("herb_alone", Some(Kind::HerbAlone)),
            ("中药饮片单复方均不予支付", Some(Kind::HerbNever)),
            ("second_line_drug_limit", Some(Kind::SecondLine)),
            ("药品限二线使用", Some(Kind::SecondLine)),
            ("药品限工伤保险", Some(Kind::WorkInjury)),
            ("maternity", Some(Kind::Maternity)),
            ("", None),
        ] {
            assert_eq!(Kind::from_word(word), kind, "{word}");
        }
    }
}
