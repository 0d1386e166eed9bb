//! How much of a drug a day: doses and frequencies as they are written on a line.
//!
//! In: texts such as `0.5g`, `2片`, `tid`, `每日3次`, `q8h`, or the platform's codes of frequency. Out: an
//! exact daily dose in the item's own unit of dose. A text that is not wholly understood gives none: a
//! guess would refuse money.
//! Cost: constant for a text.

use jihe_terms::parse_decimal;

/// One, in the scale of doses (10⁻⁶).
const ONE: i128 = 1_000_000;

/// What a dose is measured in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Measure {
    /// No unit is written: the item's own.
    Unnamed,
    /// Smallest units of a pack: tablets, capsules, ampoules.
    Counted,
    /// Weight in so many micrograms.
    Weight(i64),
    /// Volume in so many millilitres.
    Volume(i64),
    /// So many international units.
    Activity(i64),
}

/// Words of measures, longest first where one begins another.
const MEASURES: [(&str, Measure); 37] = [
    ("", Measure::Unnamed),
    ("片", Measure::Counted),
    ("粒", Measure::Counted),
    ("丸", Measure::Counted),
    ("枚", Measure::Counted),
    ("颗", Measure::Counted),
    ("袋", Measure::Counted),
    ("包", Measure::Counted),
    ("支", Measure::Counted),
    ("瓶", Measure::Counted),
    ("贴", Measure::Counted),
    ("胶囊", Measure::Counted),
    ("tab", Measure::Counted),
    ("cap", Measure::Counted),
    ("unit", Measure::Counted),
    ("g", Measure::Weight(1_000_000)),
    ("克", Measure::Weight(1_000_000)),
    ("mg", Measure::Weight(1_000)),
    ("毫克", Measure::Weight(1_000)),
    ("ug", Measure::Weight(1)),
    ("μg", Measure::Weight(1)),
    ("µg", Measure::Weight(1)),
    ("mcg", Measure::Weight(1)),
    ("微克", Measure::Weight(1)),
    ("ml", Measure::Volume(1)),
    ("毫升", Measure::Volume(1)),
    ("l", Measure::Volume(1_000)),
    ("升", Measure::Volume(1_000)),
    ("iu", Measure::Activity(1)),
    ("u", Measure::Activity(1)),
    ("单位", Measure::Activity(1)),
    ("国际单位", Measure::Activity(1)),
    ("万iu", Measure::Activity(10_000)),
    ("万u", Measure::Activity(10_000)),
    ("万单位", Measure::Activity(10_000)),
    ("万国际单位", Measure::Activity(10_000)),
    ("kg", Measure::Weight(1_000_000_000)),
];

impl Measure {
    /// Reads the word of a unit; the empty word is [`Measure::Unnamed`].
    pub fn parse(word: &str) -> Option<Self> {
        let word = word.to_lowercase();
        MEASURES.iter().find(|&&(known, _)| known == word).map(|&(_, measure)| measure)
    }

    /// How many of the smallest measure of its kind it is, with a number for the kind.
    fn scale(self) -> Option<(u8, i64)> {
        match self {
            Self::Unnamed | Self::Counted => None,
            Self::Weight(factor) => Some((0, factor)),
            Self::Volume(factor) => Some((1, factor)),
            Self::Activity(factor) => Some((2, factor)),
        }
    }
}

/// One dose.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Dose {
    /// The number, 10⁻⁶, above 0.
    pub amount: i64,
    /// Of what.
    pub measure: Measure,
}

/// Words around a dose that say no more than that it is one.
const AROUND: [&str; 4] = ["每次", "一次", "单次", "/次"];

impl Dose {
    /// Reads `0.5g`, `2片`, `一片`, `每次 1 粒`, `5`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        for word in AROUND {
            let stripped = text.strip_prefix(word).or_else(|| text.strip_suffix(word));
            if let Some(stripped) = stripped {
                text = stripped.to_owned();
            }
        }
        let (number, word) = leading_number(&text)?;
        let amount = number.filter(|&amount| 0 < amount)?;
        Some(Self { amount, measure: Measure::parse(word)? })
    }
}

/// Chinese words of small numbers, 10⁻⁶.
const NUMERALS: [(char, i64); 12] = [
    ('半', 500_000),
    ('一', 1_000_000),
    ('二', 2_000_000),
    ('两', 2_000_000),
    ('三', 3_000_000),
    ('四', 4_000_000),
    ('五', 5_000_000),
    ('六', 6_000_000),
    ('七', 7_000_000),
    ('八', 8_000_000),
    ('九', 9_000_000),
    ('十', 10_000_000),
];

/// The number at the beginning (10⁻⁶; none if it is broken), and what follows it.
fn leading_number(text: &str) -> Option<(Option<i64>, &str)> {
    let first = text.chars().next()?;
    if let Some(&(_, value)) = NUMERALS.iter().find(|&&(numeral, _)| numeral == first) {
        return Some((Some(value), text.strip_prefix(first)?));
    }
    let is_digit = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !is_digit(c)).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((parse_decimal(digits.as_bytes(), 6, 16).ok(), rest))
}

/// How often: so many times in so many days.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Frequency {
    /// Times.
    pub times: i64,
    /// Days.
    pub days: i64,
}

/// Words and the platform's codes (`used_frqu`): times, days. Needed at times (`prn`), once (`st`) and
/// kept up (`51`, `52`) say no frequency.
const FREQUENCIES: [(&str, i64, i64); 48] = [
    ("11", 1, 1),
    ("qd", 1, 1),
    ("12", 2, 1),
    ("bid", 2, 1),
    ("13", 3, 1),
    ("tid", 3, 1),
    ("14", 4, 1),
    ("qid", 4, 1),
    ("21", 1, 7),
    ("qw", 1, 7),
    ("22", 2, 7),
    ("biw", 2, 7),
    ("23", 3, 7),
    ("tiw", 3, 7),
    ("31", 24, 1),
    ("qh", 24, 1),
    ("q1h", 24, 1),
    ("32", 12, 1),
    ("q2h", 12, 1),
    ("33", 6, 1),
    ("q4h", 6, 1),
    ("34", 24, 5),
    ("q5h", 24, 5),
    ("35", 4, 1),
    ("q6h", 4, 1),
    ("36", 3, 1),
    ("q8h", 3, 1),
    ("37", 2, 1),
    ("q12h", 2, 1),
    ("q24h", 1, 1),
    ("41", 1, 1),
    ("qn", 1, 1),
    ("42", 1, 2),
    ("qod", 1, 2),
    ("43", 1, 5),
    ("q5d", 1, 5),
    ("44", 1, 10),
    ("q10d", 1, 10),
    ("q3h", 8, 1),
    ("q2w", 1, 14),
    ("qm", 1, 30),
    ("每晚一次", 1, 1),
    ("每晚1次", 1, 1),
    ("每早一次", 1, 1),
    ("隔日一次", 1, 2),
    ("隔日1次", 1, 2),
    ("隔天一次", 1, 2),
    ("隔天1次", 1, 2),
];

/// Beginnings and ends of phrases around a number of times: days, beginning, end.
const PHRASES: [(i64, &str, &str); 11] = [
    (1, "每日", "次"),
    (1, "每天", "次"),
    (1, "一日", "次"),
    (1, "一天", "次"),
    (1, "1日", "次"),
    (1, "1天", "次"),
    (1, "日", "次"),
    (1, "", "次/日"),
    (1, "", "次/天"),
    (7, "每周", "次"),
    (7, "一周", "次"),
];

impl Frequency {
    /// Reads `tid`, `13`, `每日3次`, `3次/日`, `每8小时一次`.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String =
            text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        if let Some(&(_, times, days)) = FREQUENCIES.iter().find(|&&(word, ..)| word == text) {
            return Some(Self { times, days });
        }
        for (days, begin, end) in PHRASES {
            let inner = text.strip_prefix(begin).and_then(|rest| rest.strip_suffix(end));
            if let Some(times) = inner.and_then(whole) {
                return Some(Self { times, days });
            }
        }
        let hours = text.strip_prefix("每").unwrap_or(&text);
        let hours = hours.strip_suffix("小时一次").or_else(|| hours.strip_suffix("小时1次"));
        let hours = hours.and_then(whole)?;
        Some(Self { times: 24, days: hours })
    }
}

/// A whole number above 0 and nothing else.
fn whole(text: &str) -> Option<i64> {
    match leading_number(text)? {
        (Some(number), "") if number % 1_000_000 == 0 && 0 < number => Some(number / 1_000_000),
        _ => None,
    }
}

/// An exact daily dose in the item's own unit, 10⁻⁶ of it, above 0.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Daily {
    pub(crate) numerator: i128,
    pub(crate) denominator: i128,
}

/// Units that nobody takes at once, nor such a part of one: the dose is in another measure than the catalogue.
const UNLIKELY: i128 = 100;

fn is_likely(amount: i64, per_unit: i64) -> bool {
    let (amount, unit) = (i128::from(amount), i128::from(per_unit));
    unit <= 0 || (amount <= unit * UNLIKELY && unit <= amount * UNLIKELY)
}

impl Daily {
    /// Takes a plain daily dose, 10⁻⁶, in the item's own unit.
    pub fn of_own(amount: i64) -> Option<Self> {
        (0 < amount).then(|| Self { numerator: i128::from(amount), denominator: 1 })
    }

    /// Takes a daily dose of a measure for an item whose doses are in `own` and whose smallest unit
    /// holds `per_unit` of it (10⁻⁶).
    ///
    /// A measure that is not named on either side is taken as the other's, unless the dose were then more
    /// than a hundred smallest units or less than a hundredth of one. Returns `None` then, where a weight
    /// meets a volume or a count, and where the strength of a counted unit is not known.
    pub fn of(dose: Dose, own: Measure, per_unit: i64) -> Option<Self> {
        let amount = i128::from(dose.amount);
        if dose.measure == Measure::Counted && own != Measure::Counted {
            let strength = (0 < per_unit).then(|| i128::from(per_unit))?;
            return Some(Self { numerator: amount.checked_mul(strength)?, denominator: ONE });
        }
        match (dose.measure.scale(), own.scale()) {
            (Some((kind, from)), Some((other, to))) if kind == other => {
                let numerator = amount.checked_mul(i128::from(from))?;
                Some(Self { numerator, denominator: i128::from(to) })
            }
            (Some(_), Some(_)) => None,
            (Some(_), None) if own == Measure::Counted || !is_likely(dose.amount, per_unit) => None,
            _ => Self::of_own(dose.amount),
        }
    }

    /// The same as often as the frequency says.
    pub fn times(self, frequency: Frequency) -> Option<Self> {
        if frequency.times <= 0 || frequency.days <= 0 {
            return None;
        }
        Some(Self {
            numerator: self.numerator.checked_mul(i128::from(frequency.times))?,
            denominator: self.denominator.checked_mul(i128::from(frequency.days))?,
        })
    }

    /// What a line gives a day that lasts `prd_days` (10⁻² day): `cnt × pack × per_unit ÷ days`;
    /// quantity and pack in 10⁻⁴.
    pub fn of_supply(cnt: i64, pack: i64, per_unit: i64, prd_days: i64) -> Option<Self> {
        if cnt <= 0 || pack <= 0 || per_unit <= 0 || prd_days <= 0 {
            return None;
        }
        let whole = i128::from(cnt).checked_mul(i128::from(pack))?;
        let whole = whole.checked_mul(i128::from(per_unit))?.checked_mul(100)?;
        let denominator = i128::from(prd_days).checked_mul(100_000_000)?;
        Some(Self { numerator: whole, denominator })
    }

    /// The dose in 10⁻⁶, rounded down.
    pub fn amount(self) -> i64 {
        i64::try_from(self.numerator / self.denominator).unwrap_or(i64::MAX)
    }

    /// The units of a line (10⁻⁴, rounded down) that go beyond a highest daily dose; 0 up to it.
    ///
    /// Source: national rule library, class 68. Cost: constant.
    pub fn units_beyond(self, highest: Self, cnt: i64) -> i64 {
        let (Some(own), Some(limit)) = (
            self.numerator.checked_mul(highest.denominator),
            highest.numerator.checked_mul(self.denominator),
        ) else {
            return 0;
        };
        if own <= limit {
            return 0;
        }
        let over = i128::from(cnt).checked_mul(own.saturating_sub(limit));
        over.map_or(0, |over| i64::try_from(over / own).unwrap_or(cnt)).min(cnt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dose(text: &str) -> Option<(i64, Measure)> {
        Dose::parse(text).map(|dose| (dose.amount, dose.measure))
    }

    #[test]
    fn a_dose_is_read_whole_or_not_at_all() {
        assert_eq!(dose("0.5g"), Some((500_000, Measure::Weight(1_000_000))));
        assert_eq!(dose("2 片"), Some((2_000_000, Measure::Counted)));
        assert_eq!(dose("每次一粒"), Some((1_000_000, Measure::Counted)));
        assert_eq!(dose("半片/次"), Some((500_000, Measure::Counted)));
        assert_eq!(dose("100MG"), Some((100_000_000, Measure::Weight(1_000))));
        assert_eq!(dose("20万单位"), Some((20_000_000, Measure::Activity(10_000))));
        assert_eq!(dose("5"), Some((5_000_000, Measure::Unnamed)));
        for text in ["", "适量", "1-2片", "0.5g(1片)", "0片", "3滴", "1.5.2g", "-1g"] {
            assert_eq!(dose(text), None, "{text}");
        }
    }

    #[test]
    fn a_frequency_is_read_whole_or_not_at_all() {
        let often = |text: &str| Frequency::parse(text).map(|one| (one.times, one.days));
        assert_eq!(often("tid"), Some((3, 1)));
        assert_eq!(often("13"), Some((3, 1)));
        assert_eq!(often("每日三次"), Some((3, 1)));
        assert_eq!(often("3次/日"), Some((3, 1)));
        assert_eq!(often("Q8H"), Some((3, 1)));
        assert_eq!(often("每8小时一次"), Some((24, 8)));
        assert_eq!(often("每周2次"), Some((2, 7)));
        for text in ["", "prn", "62", "st", "每日", "每日2-3次", "必要时"] {
            assert_eq!(often(text), None, "{text}");
        }
    }

    #[test]
    fn a_dose_above_the_highest_loses_its_share_of_the_units() {
        let daily = |text: &str, often: &str, own, per_unit| {
            let dose = Dose::parse(text).unwrap();
            Daily::of(dose, own, per_unit).unwrap().times(Frequency::parse(often).unwrap()).unwrap()
        };
        let gram = Measure::Weight(1_000_000);
        let highest = Daily::of_own(2_000_000).unwrap();
        assert_eq!(daily("500mg", "qid", gram, 0).units_beyond(highest, 10_000), 0);
        assert_eq!(daily("1g", "qid", gram, 0).units_beyond(highest, 10_000), 5_000);
        assert_eq!(daily("2片", "tid", gram, 500_000).units_beyond(highest, 30_000), 10_000);
        assert_eq!(daily("1", "tid", gram, 0).units_beyond(highest, 10_000), 3_333);
        assert_eq!(Daily::of(Dose::parse("1ml").unwrap(), gram, 0), None);
        assert_eq!(Daily::of(Dose::parse("1片").unwrap(), gram, 0), None);
        let supply = Daily::of_supply(20_000, 240_000, 250_000, 300).unwrap();
        assert_eq!(supply.amount(), 4_000_000, "two packs of 24 quarters of a gram in three days");
    }
}
