//! The family's own table of a rule file, as written.

use crate::parse::fields::Fields;
use crate::parse::sink::Fault;
use crate::parse::source::{Spot, Text};
use crate::plan::Family;

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
        cut: RawCut,
    },
    Sum {
        table: Option<Text>,
        matching: Option<Text>,
        per: Vec<Text>,
        max: Option<Text>,
    },
    Period {
        table: Option<Text>,
        per: Vec<Text>,
        days: Option<Text>,
        max_count: Option<Text>,
    },
    Contained {
        table: Text,
    },
    Test {
        word: Option<Text>,
        bands: Option<Vec<RawBand>>,
    },
    SupplyLimit {
        limits: Vec<RawCase>,
    },
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
        Family::Limit => Asked::Sum {
            table: fields.text("table"),
            matching: fields.text("match"),
            per: {
                if !fields.has("per") {
                    fields.missing("per", "a sum needs to know what it is summed over");
                }
                fields.texts("per")
            },
            max: fields.need_text("max", "a sum needs its limit"),
        },
        Family::Pair if fields.has("contained") => match fields.text("contained") {
            Some(table) => Asked::Contained { table },
            None => Asked::Test { word: None, bands: None },
        },
        Family::Stock | Family::Trace if fields.has("hit") => line(&fields),
        Family::Supply if fields.has("limits") => {
            Asked::SupplyLimit { limits: supply_cases(&fields) }
        }
        Family::Stay => Asked::Test { word: test(&fields), bands: bands(&fields) },
        Family::Pair | Family::Supply | Family::Stock | Family::Trace => {
            Asked::Test { word: test(&fields), bands: None }
        }
    };
    fields.finish();
    Question { spot, asked }
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
    let alone = [("match", matching.is_some()), ("none_of", has.1)];
    for (key, given) in alone {
        if given && table.is_none() && !fields.has("table") {
            let fault = Fault::new("conflict", format!("{key} is given without a table"))
                .why(format!("{key} is asked of the rows of a table"))
                .todo("name the table, or use hit alone");
            fields.context.error(fields.key_spot(key), fault);
        }
    }
    Asked::Line {
        table,
        matching,
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
