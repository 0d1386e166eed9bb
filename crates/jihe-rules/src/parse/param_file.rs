//! The parameters of a rule file: unit, values by days, bounds, citation.

use jihe_terms::Day;

use crate::expr::Type;
use crate::parse::fields::Fields;
use crate::parse::sink::Fault;
use crate::parse::source::{At, Spot};

/// The unit of a parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Unit {
    /// Its word.
    pub(crate) word: &'static str,
    /// Decimals of its values.
    pub(crate) scale: u32,
}

const UNITS: [Unit; 9] = [
    Unit { word: "day", scale: 0 },
    Unit { word: "count", scale: 0 },
    Unit { word: "year", scale: 0 },
    Unit { word: "unit", scale: 4 },
    Unit { word: "hour", scale: 4 },
    Unit { word: "minute", scale: 4 },
    Unit { word: "yuan", scale: 2 },
    Unit { word: "price", scale: 6 },
    Unit { word: "ratio", scale: 6 },
];

impl Unit {
    fn from_word(word: &str) -> Option<Self> {
        UNITS.into_iter().find(|unit| unit.word == word)
    }

    /// The type of its values.
    pub(crate) fn ty(self) -> Type {
        Type::Number(self.scale)
    }
}

/// A value and the days it is written for.
#[derive(Clone, Debug)]
pub(crate) struct RawValue {
    pub(crate) from: Option<At<Day>>,
    pub(crate) until: Option<At<Day>>,
    pub(crate) value: At<i64>,
}

/// A parameter as written.
#[derive(Clone, Debug)]
pub(crate) struct RawParam {
    pub(crate) name: At<String>,
    pub(crate) unit: Unit,
    pub(crate) values: Vec<RawValue>,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) cite: String,
}

/// Reads `[params.NAME]`.
pub(crate) fn param(fields: Fields<'_>, name: At<String>) -> Option<RawParam> {
    let unit = unit(&fields);
    let cite = fields.need_text("cite", "a value without a source cannot be defended");
    let scale = unit.map_or(6, |unit| unit.scale);
    let values = values(&fields, scale);
    let why = "local packs may move a value only inside its bounds";
    for key in ["min", "max"] {
        if !fields.has(key) {
            fields.missing(key, why);
        }
    }
    let (min, max) = (fields.number("min", scale), fields.number("max", scale));
    let context = fields.context;
    fields.finish();
    let (min, max) = (min?, max?);
    if max.value < min.value {
        let fault = Fault::new("bounds", format!("bounds of {} hold no value", name.value))
            .why("min is above max")
            .todo("write the lower bound as min");
        context.error(min.spot, fault);
        return None;
    }
    for value in values.iter().map(|it| &it.value) {
        if value.value < min.value || max.value < value.value {
            let fault = Fault::new(
                "out-of-bounds",
                format!("value of {} is outside its bounds", name.value),
            )
            .why("min and max stand in the same table")
            .todo("move the value or the bound");
            context.error(value.spot, fault);
        }
    }
    let (min, max, cite) = (min.value, max.value, cite?.value);
    Some(RawParam { name, unit: unit?, values, min, max, cite })
}

fn unit(fields: &Fields<'_>) -> Option<Unit> {
    let word = fields.need_text("unit", "a number without a unit says nothing")?;
    let unit = Unit::from_word(&word.value);
    if unit.is_none() {
        let known: Vec<&str> = UNITS.iter().map(|unit| unit.word).collect();
        let fault = Fault::new("bad-unit", format!("unit is unknown: {}", word.value))
            .why("the unit fixes the type and the decimals of the value")
            .todo(crate::check::nearest::suggestion(&word.value, &known));
        fields.context.error(word.spot, fault);
    }
    unit
}

fn values(fields: &Fields<'_>, scale: u32) -> Vec<RawValue> {
    match (fields.has("value"), fields.has("values")) {
        (true, true) => {
            let fault = Fault::new("conflict", "both value and values are given")
                .why("one of them would be forgotten")
                .todo("keep values for a parameter that changed, else value");
            fields.context.error(fields.key_spot("values"), fault);
        }
        (false, false) => fields.missing("value", "a parameter has a value"),
        _ => {}
    }
    let dated = fields.tables("values").unwrap_or_default().into_iter().filter_map(|row| {
        let from = row.need_day("from", "a dated value says when it begins");
        let until = row.day("until");
        if !row.has("value") {
            row.missing("value", "a parameter has a value");
        }
        let value = row.number("value", scale);
        row.finish();
        Some(RawValue { from: Some(from?), until, value: value? })
    });
    let dated: Vec<_> = dated.collect();
    let single = fields.number("value", scale);
    single
        .map(|value| RawValue { from: None, until: None, value })
        .into_iter()
        .chain(dated)
        .collect()
}

/// Tells whether a text is a name that parameters may have.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

/// Reports a name of a bad shape.
pub(crate) fn bad_name(context: crate::parse::sink::Context<'_>, name: &str, spot: Spot) {
    let shown: String = name.chars().take(60).collect();
    let fault = Fault::new("bad-name", format!("name is not allowed: {shown}"))
        .why("expressions name it")
        .todo("use small letters, digits and _, a letter first");
    context.error(spot, fault);
}
