//! The benefit policy of a pack, ready to be asked: which row holds for a settlement.
//!
//! In: the tables `benefit_kind`, `benefit_deductible`, `benefit_segment` and `benefit_cap`. Out: the
//! rows for a kind, level, person and day. The tables are small, so that rows are walked.
//! Not here: arithmetic (`jihe_kernels::benefit`), settlements (`judge::benefit`).

use jihe_catalogue::Table;
use jihe_frame::Codes;
use jihe_intake::Reference;
use jihe_kernels::benefit::settlement::Segment;
use jihe_rules::plan::Plan;
use jihe_terms::NO_NUMBER;
use jihe_terms::schema::TableName;

use crate::run::bounds;
use crate::tables::CodedTable;

/// A settlement that no row can be chosen for, and why.
pub(crate) type Unknown = &'static str;

/// Tables of the policy.
#[derive(Debug, Default)]
pub(crate) struct BenefitIndex {
    kinds: Vec<Kind>,
    deductibles: Vec<(Key, Deductible)>,
    segments: Vec<(Key, Segment)>,
    caps: Vec<(Key, i64)>,
    /// First shares of items, if the pack has a policy.
    pub(crate) selfpay: Option<CodedTable>,
}

/// Which settlements a kind of benefit is about.
#[derive(Debug)]
pub(crate) struct Kind {
    insutype: String,
    med_type: String,
    pub(crate) name: String,
    /// Whether segments are counted over the year.
    pub(crate) yearly: bool,
    days: (i32, i32),
    /// Its place in the table.
    pub(crate) row: u32,
}

/// A deductible.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deductible {
    pub(crate) amount: i64,
    /// Whether it is paid once a year, and not with each settlement.
    pub(crate) yearly: bool,
}

/// What a row is about; nothing stands for all.
#[derive(Debug)]
struct Key {
    kind: String,
    level: Option<i64>,
    psn_type: String,
    days: (i32, i32),
}

/// Whom a row is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) kind: &'a str,
    /// Level of the institution, 1 to 3.
    pub(crate) level: Option<i64>,
    /// Type of the person; empty if not known.
    pub(crate) psn_type: &'a str,
    pub(crate) day: i32,
}

fn text(table: &Table, name: &str, row: usize) -> String {
    table.texts(name).map_or_else(String::new, |texts| texts.text(row).to_owned())
}

fn number(table: &Table, name: &str, row: usize) -> Option<i64> {
    let value = table.numbers(name).and_then(|values| values.get(row)).copied();
    value.filter(|&value| value != NO_NUMBER)
}

fn keyed<T>(plan: &Plan, name: &str, value: impl Fn(&Table, usize) -> T) -> Vec<(Key, T)> {
    let Some(table) = plan.tables.get(name) else { return Vec::new() };
    let key = |row: usize| Key {
        kind: text(table, "kind", row),
        level: number(table, "lmtpric_hosp_lv", row),
        psn_type: text(table, "psn_type", row),
        days: bounds(table.range[row]),
    };
    (0..table.len()).map(|row| (key(row), value(table, row))).collect()
}

impl BenefitIndex {
    /// Takes the rows of a pack, and the first shares of the reference.
    pub(crate) fn new(plan: &Plan, reference: &Reference, codes: &mut Codes) -> Self {
        let mut kinds = Vec::new();
        if let Some(table) = plan.tables.get("benefit_kind") {
            for (row, &range) in (0_u32..).zip(&table.range) {
                let at = row as usize;
                kinds.push(Kind {
                    insutype: text(table, "insutype", at),
                    med_type: text(table, "med_type", at),
                    name: text(table, "kind", at),
                    yearly: text(table, "segments", at) == "year",
                    days: bounds(range),
                    row,
                });
            }
        }
        let selfpay = reference.tables.get(&TableName::SelfPay).filter(|_| !kinds.is_empty());
        let columns = TableName::SelfPay.columns();
        let selfpay =
            selfpay.map(|table| CodedTable::of_reference(table, columns, "hilist_code", codes));
        Self {
            kinds,
            selfpay,
            deductibles: keyed(plan, "benefit_deductible", |table, row| Deductible {
                amount: number(table, "amount", row).unwrap_or(0),
                yearly: text(table, "per", row) == "year",
            }),
            segments: keyed(plan, "benefit_segment", |table, row| Segment {
                from: number(table, "seg_from", row).unwrap_or(0),
                until: number(table, "seg_to", row).unwrap_or(i64::MAX),
                ratio: number(table, "ratio", row).unwrap_or(0),
            }),
            caps: keyed(plan, "benefit_cap", |table, row| {
                number(table, "fund_max", row).unwrap_or(i64::MAX)
            }),
        }
    }

    /// Tells whether the pack has no policy.
    pub(crate) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// The kind of a settlement; `Ok(None)` if the policy does not speak of it. Longer codes go before
    /// shorter ones, the scheme before the visit.
    pub(crate) fn kind(
        &self,
        insutype: &str,
        med_type: &str,
        day: i32,
    ) -> Result<Option<&Kind>, Unknown> {
        // What is not known of the settlement matters only for rows that fit in all else.
        let may_be = |known: &str, own: &str| known.is_empty() || known.starts_with(own);
        let may_fit = |kind: &&Kind| {
            holds(kind.days, day)
                && may_be(insutype, &kind.insutype)
                && may_be(med_type, &kind.med_type)
        };
        let fitting = || self.kinds.iter().filter(may_fit);
        if insutype.is_empty() && fitting().any(|kind| !kind.insutype.is_empty()) {
            return Err("settlements.insutype is missing");
        }
        if med_type.is_empty() && fitting().any(|kind| !kind.med_type.is_empty()) {
            return Err("settlements.med_type is missing");
        }
        let length = |kind: &&Kind| (kind.insutype.len(), kind.med_type.len());
        Ok(fitting().max_by_key(length))
    }

    /// The deductible; none if the kind has none.
    pub(crate) fn deductible(&self, asked: Asked<'_>) -> Result<Option<Deductible>, Unknown> {
        let rows = best(&self.deductibles, asked, "benefit_deductible has no row for it")?;
        Ok(rows.first().map(|&&row| row))
    }

    /// The segments in ascending order: those of the closest rows, and what these leave open by the
    /// next closest.
    pub(crate) fn segments(&self, asked: Asked<'_>) -> Result<Vec<Segment>, Unknown> {
        let unknown = "benefit_segment has no row for it";
        let mut rows = fitting(&self.segments, asked, unknown)?;
        if rows.is_empty() {
            return Err(unknown);
        }
        rows.sort_by_key(|(closeness, _)| std::cmp::Reverse(*closeness));
        let mut segments: Vec<Segment> = Vec::new();
        for class in rows.chunk_by(|a, b| a.0 == b.0) {
            let closer = segments.clone();
            for (_, segment) in class {
                segments.extend(without(**segment, &closer));
            }
        }
        segments.sort_unstable_by_key(|segment| segment.from);
        Ok(segments)
    }

    /// What the fund pays at most in a year; none without a cap.
    pub(crate) fn cap(&self, asked: Asked<'_>) -> Result<Option<i64>, Unknown> {
        Ok(best(&self.caps, asked, "benefit_cap has no row for it")?.first().map(|&&row| row))
    }
}

fn holds(days: (i32, i32), day: i32) -> bool {
    days.0 <= day && day < days.1
}

/// The pieces of a segment that none of the closer ones has.
fn without(segment: Segment, closer: &[Segment]) -> Vec<Segment> {
    let mut pieces = vec![segment];
    for taken in closer {
        let left = |piece: Segment| {
            let below = Segment { until: piece.until.min(taken.from), ..piece };
            let above = Segment { from: piece.from.max(taken.until), ..piece };
            [below, above].into_iter().filter(|piece| piece.from < piece.until)
        };
        pieces = pieces.into_iter().flat_map(left).collect();
    }
    pieces
}

/// How closely a row speaks: by level before all levels, then by the longest type of person.
type Closeness = (bool, usize);

/// The rows that speak most closely of what is asked. No row of the kind at all: none.
fn best<'a, T>(
    rows: &'a [(Key, T)],
    asked: Asked<'_>,
    unknown: Unknown,
) -> Result<Vec<&'a T>, Unknown> {
    let rows = fitting(rows, asked, unknown)?;
    let closest = rows.iter().map(|(closeness, _)| *closeness).max();
    let is_closest = |(closeness, _): &(Closeness, &'a T)| Some(*closeness) == closest;
    Ok(rows.into_iter().filter(is_closest).map(|(_, row)| row).collect())
}

/// The rows that hold for what is asked, each with how closely it speaks. No row of the kind at all:
/// none. What is not known of the asked matters only for rows that fit in all else.
fn fitting<'a, T>(
    rows: &'a [(Key, T)],
    asked: Asked<'_>,
    unknown: Unknown,
) -> Result<Vec<(Closeness, &'a T)>, Unknown> {
    let held =
        || rows.iter().filter(|(key, _)| key.kind == asked.kind && holds(key.days, asked.day));
    if held().next().is_none() {
        return Ok(Vec::new());
    }
    let may_fit = |(key, _): &&(Key, T)| {
        let is_of_level = key.level.is_none_or(|level| asked.level.is_none_or(|own| own == level));
        let is_of_type = asked.psn_type.is_empty() || asked.psn_type.starts_with(&key.psn_type);
        is_of_level && is_of_type
    };
    let rows: Vec<_> = held().filter(may_fit).collect();
    if asked.level.is_none() && rows.iter().any(|(key, _)| key.level.is_some()) {
        return Err("institutions.lmtpric_hosp_lv is missing");
    }
    if asked.psn_type.is_empty() && rows.iter().any(|(key, _)| !key.psn_type.is_empty()) {
        return Err("settlements.psn_type is missing");
    }
    if rows.is_empty() {
        return Err(unknown);
    }
    let closeness = |key: &Key| (key.level.is_some(), key.psn_type.len());
    Ok(rows.into_iter().map(|(key, row)| (closeness(key), row)).collect())
}
