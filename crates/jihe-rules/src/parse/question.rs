//! The family's own table of a rule file, as written.

use crate::parse::fields::Fields;
use crate::parse::param_file::{bad_name, is_name};
use crate::parse::sink::Fault;
use crate::parse::source::{At, Spot, Text};
use crate::plan::{Bilingual, Family, PairKind, SumOf};

/// A family table as written.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) spot: Spot,
    pub(crate) asked: Asked,
}

/// What it asks.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Line {
        table: Option<Text>,
        matching: Option<Text>,
        test: Option<Text>,
        none_of: bool,
        /// Whether lines whose item has no row are asked, too.
        unlisted: bool,
        cut: RawCut,
    },
    Sum {
        table: Option<Text>,
        matching: Option<Text>,
        of: Option<Text>,
        per: Vec<Text>,
        max: Option<Text>,
        cut: Option<Text>,
    },
    Count {
        table: Option<Text>,
        matching: Option<Text>,
        count: Option<Text>,
        per: Vec<Text>,
        also_per: Vec<Text>,
        max: Option<Text>,
        within: Option<Text>,
        keep: Option<Text>,
        cut: Option<Text>,
    },
    Period {
        table: Option<Text>,
        per: Vec<Text>,
        days: Option<Text>,
        max_count: Option<Text>,
    },
    Pairs {
        kind: PairKind,
        table: Text,
    },
    Test {
        word: Option<Text>,
        bands: Option<Vec<RawBand>>,
    },
    SupplyLimit {
        limits: Vec<RawCase>,
    },
    StaySums {
        sums: Vec<RawSum>,
        hit: Option<Text>,
        cut: Option<Text>,
    },
    EmptyBed {
        bed: Option<Text>,
        care: Option<Text>,
    },
    Ratio(Box<RawRatio>),
    Conditions {
        counts: Vec<RawSum>,
        conditions: Vec<RawCondition>,
    },
}

/// A condition of institutions as written.
#[derive(Clone, Debug)]
pub(crate) struct RawCondition {
    pub(crate) name: Text,
    pub(crate) title: Bilingual,
    pub(crate) hit: Text,
    pub(crate) value: Option<Text>,
    pub(crate) limit: Option<Text>,
}

/// A sum over the lines of a stay as written.
#[derive(Clone, Debug)]
pub(crate) struct RawSum {
    pub(crate) name: At<String>,
    pub(crate) of: SumOf,
    pub(crate) when: Text,
}

/// A ratio as written.
#[derive(Clone, Debug)]
pub(crate) struct RawRatio {
    pub(crate) over: Option<Text>,
    pub(crate) above: Option<Text>,
    pub(crate) below: Option<Text>,
    pub(crate) part: Option<Text>,
    pub(crate) classes: Option<Text>,
    pub(crate) too: Option<Text>,
    pub(crate) unit: Option<Text>,
}

/// A cut as written.
#[derive(Clone, Debug)]
pub(crate) enum RawCut {
    Whole,
    None,
    Price(Text),
    Amount(Text),
    Units(Text),
    Broken,
}

/// A band as written.
#[derive(Clone, Debug)]
pub(crate) struct RawBand {
    pub(crate) upto: Text,
    pub(crate) grade: Text,
}

/// A limit of days as written.
#[derive(Clone, Debug)]
pub(crate) struct RawCase {
    pub(crate) when: Option<Text>,
    pub(crate) days: Text,
}

/// Reads the table of the family.
pub(crate) fn question(fields: Fields<'_>, family: Family) -> Question {
    let spot = fields.spot;
    let asked = match family {
        Family::Line => line(&fields),
        Family::Limit if fields.has("period") => Asked::Period {
            table: fields.need_text("table", "the period of an item stands in a table"),
            per: fields.texts("per"),
            days: fields.text("period"),
            max_count: fields
                .need_text("max_count", "it says how many uses are paid in the period"),
        },
        Family::Limit if fields.has("count") => Asked::Count {
            table: fields.text("table"),
            matching: fields.text("match"),
            count: fields.text("count"),
            per: per(&fields),
            also_per: fields.texts("also_per"),
            max: fields.need_text("max", "a count needs its limit"),
            within: fields.text("within"),
            keep: fields.text("keep"),
            cut: fields.need_text("cut", "it says what of the excess is not payable"),
        },
        Family::Limit => Asked::Sum {
            table: fields.text("table"),
            matching: fields.text("match"),
            of: fields.text("of"),
            per: per(&fields),
            max: fields.need_text("max", "a sum needs its limit"),
            cut: fields.text("cut"),
        },
        Family::Pair => pair(&fields),
        Family::Stock | Family::Trace if fields.has("hit") => line(&fields),
        Family::Supply if fields.has("limits") => {
            Asked::SupplyLimit { limits: supply_cases(&fields) }
        }
        Family::Stay => stay(&fields),
        Family::Ratio if fields.has("conditions") => Asked::Conditions {
            counts: sums(&fields, "counts", SumOf::Lines),
            conditions: conditions(&fields),
        },
        Family::Ratio => Asked::Ratio(Box::new(ratio(&fields))),
        Family::Supply | Family::Stock | Family::Trace | Family::Benefit => {
            Asked::Test { word: test(&fields), bands: None }
        }
    };
    fields.finish();
    Question { spot, asked }
}

fn per(fields: &Fields<'_>) -> Vec<Text> {
    if !fields.has("per") {
        fields.missing("per", "a limit needs to know what it holds for");
    }
    fields.texts("per")
}

/// A table of pairs, or a word.
fn pair(fields: &Fields<'_>) -> Asked {
    let given = PairKind::ALL.into_iter().find(|(_, key, _)| fields.has(key));
    let Some((kind, key, _)) = given else {
        return Asked::Test { word: test(fields), bands: None };
    };
    match fields.text(key) {
        Some(table) => Asked::Pairs { kind, table },
        None => Asked::Test { word: None, bands: None },
    }
}

fn stay(fields: &Fields<'_>) -> Asked {
    let word = test(fields);
    match word.as_ref().map(|word| word.value.as_str()) {
        Some("sums") => Asked::StaySums {
            sums: [("sums", SumOf::Amount), ("counts", SumOf::Lines)]
                .into_iter()
                .flat_map(|(key, of)| sums(fields, key, of))
                .collect(),
            hit: fields.need_text("hit", "a test of a stay needs its question"),
            cut: fields.text("cut"),
        },
        Some("empty-bed") => Asked::EmptyBed {
            bed: fields.need_text("bed", "it says which lines bill the bed"),
            care: fields.need_text("care", "it says which lines show care"),
        },
        _ => Asked::Test { word, bands: bands(fields) },
    }
}

fn sums(fields: &Fields<'_>, key: &str, of: SumOf) -> Vec<RawSum> {
    let Some(all) = fields.fields(key) else { return Vec::new() };
    let read = all.entries().into_iter().filter_map(|entry| {
        if !is_name(entry.key) {
            bad_name(all.context, entry.key, entry.key_spot);
        }
        let when = all.text(entry.key)?;
        let name = At { value: entry.key.to_owned(), spot: entry.key_spot };
        Some(RawSum { name, of, when })
    });
    let read = read.collect();
    all.finish();
    read
}

fn conditions(fields: &Fields<'_>) -> Vec<RawCondition> {
    let all = fields.tables("conditions").unwrap_or_default();
    let read = all.into_iter().filter_map(|one| {
        let name = one.need_text("name", "a finding names its condition");
        if let Some(name) = name.as_ref().filter(|name| !is_name(&name.value)) {
            bad_name(one.context, &name.value, name.spot);
        }
        let title = one.bilingual("title", "it says what is wrong where it is not met");
        let hit = one.need_text("hit", "it says when the condition is not met");
        let (value, limit) = (one.text("value"), one.text("limit"));
        one.finish();
        Some(RawCondition { name: name?, title: title?, hit: hit?, value, limit })
    });
    read.collect()
}

fn ratio(fields: &Fields<'_>) -> RawRatio {
    RawRatio {
        over: fields.need_text("over", "it says what is summed"),
        above: fields.need_text("above", "a ratio has a sum above the line"),
        below: fields.need_text("below", "a ratio has a sum below the line"),
        part: fields.text("part"),
        classes: fields.text("classes"),
        too: fields.need_text("too", "it says which side of the limit is looked at"),
        unit: fields.need_text("unit", "a rate is shown in a unit"),
    }
}

fn test(fields: &Fields<'_>) -> Option<Text> {
    fields.need_text("test", "it names the question of the rule")
}

fn bands(fields: &Fields<'_>) -> Option<Vec<RawBand>> {
    let bands = fields.tables("bands")?;
    let read = bands.into_iter().filter_map(|band| {
        let upto = band.need_text("upto", "a band is closed by a parameter");
        let grade = band.need_text("grade", "a band has a grade");
        band.finish();
        Some(RawBand { upto: upto?, grade: grade? })
    });
    Some(read.collect())
}

fn supply_cases(fields: &Fields<'_>) -> Vec<RawCase> {
    let cases = fields.tables("limits").unwrap_or_default();
    let read = cases.into_iter().filter_map(|case| {
        let days = case.need_text("days", "a limit is a number of days");
        let when = case.text("when");
        case.finish();
        Some(RawCase { when, days: days? })
    });
    read.collect()
}

fn line(fields: &Fields<'_>) -> Asked {
    let (hit, none_of) = (fields.text("hit"), fields.text("none_of"));
    let has = (fields.has("hit"), fields.has("none_of"));
    match has {
        (true, true) => {
            let fault = Fault::new("conflict", "both hit and none_of are given")
                .why("a line test asks one question")
                .todo("keep hit (some row makes it true) or none_of (no row makes it true)");
            fields.context.error(fields.key_spot("none_of"), fault);
        }
        (false, false) => fields.missing("hit", "a line test needs its question"),
        _ => {}
    }
    let (table, matching) = (fields.text("table"), fields.text("match"));
    let unlisted = fields.text("unlisted");
    let alone =
        [("match", matching.is_some()), ("none_of", has.1), ("unlisted", unlisted.is_some())];
    for (key, given) in alone {
        if given && table.is_none() && !fields.has("table") {
            let fault = Fault::new("conflict", format!("{key} is given without a table"))
                .why(format!("{key} is asked of the rows of a table"))
                .todo("name the table, or use hit alone");
            fields.context.error(fields.key_spot(key), fault);
        }
    }
    if let Some(unlisted) = &unlisted
        && (unlisted.value != "too" || hit.is_some())
    {
        let fault = Fault::new(
            "value",
            format!("unlisted is not \"too\" beside none_of: {}", unlisted.value),
        )
        .why("it asks the lines of items without a row, too, of which no row can make hit true")
        .todo("write unlisted = \"too\" beside none_of, or leave it out");
        fields.context.error(fields.key_spot("unlisted"), fault);
    }
    Asked::Line {
        table,
        matching,
        unlisted: unlisted.is_some(),
        none_of: hit.is_none() && none_of.is_some(),
        test: hit.or(none_of),
        cut: cut(fields),
    }
}

fn cut(fields: &Fields<'_>) -> RawCut {
    if !fields.has("cut") {
        fields.missing("cut", "a line test says what is not payable");
        return RawCut::Broken;
    }
    if fields.is_text("cut") {
        let Some(word) = fields.text("cut") else { return RawCut::Broken };
        return match word.value.as_str() {
            "whole" => RawCut::Whole,
            "none" => RawCut::None,
            _ => {
                let fault = Fault::new("bad-value", format!("cut is unknown: {}", word.value))
                    .why("semantics, chapter 3, knows the cuts")
                    .todo(
                        "write \"whole\", \"none\", { price = … }, { amount = … } or { units = … }",
                    );
                fields.context.error(word.spot, fault);
                RawCut::Broken
            }
        };
    }
    let Some(inner) = fields.fields("cut") else { return RawCut::Broken };
    let given: Vec<&str> =
        ["price", "amount", "units"].into_iter().filter(|key| inner.has(key)).collect();
    if given.len() != 1 {
        let fault = Fault::new("bad-value", "a cut has one measure")
            .why("semantics, chapter 3, knows the cuts")
            .todo("write one of price, amount, units");
        inner.context.error(inner.spot, fault);
    }
    let (price, amount, units) = (inner.text("price"), inner.text("amount"), inner.text("units"));
    inner.finish();
    match (price, amount, units) {
        (Some(text), _, _) => RawCut::Price(text),
        (_, Some(text), _) => RawCut::Amount(text),
        (_, _, Some(text)) => RawCut::Units(text),
        (None, None, None) => RawCut::Broken,
    }
}
