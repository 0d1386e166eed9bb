//! Checks a pack without judging anything.

use std::collections::BTreeMap;
use std::path::Path;

use jihe_frame::Defect;
use jihe_rules::{Diagnostic, Outlook, Severity};
use jihe_terms::schema::TableName;
use jihe_terms::{Day, DayRange};

use crate::reference::{Contradiction, Reference};

/// All there is to say of a pack: errors, warnings and notes.
pub fn check(dir: impl AsRef<Path>) -> Vec<Diagnostic> {
    jihe_rules::check(dir.as_ref()).1
}

/// The same, seen from a day: also rules and values to come and articles that are old; beside a
/// reference folder also items that its catalogue does not have that day, and rows that are put aside or
/// contradict each other.
pub fn check_on(dir: impl AsRef<Path>, day: Day, reference: Option<&Reference>) -> Vec<Diagnostic> {
    let items = reference.and_then(items);
    let has_item = |item: &str, day: Day| {
        let ranges = items.as_ref().and_then(|items| items.get(item));
        ranges.is_some_and(|ranges| ranges.iter().any(|range| range.contains(day)))
    };
    let mut outlook = Outlook { day: Some(day), has_item: None };
    if items.is_some() {
        outlook.has_item = Some(&has_item);
    }
    let mut found = jihe_rules::check_on(dir.as_ref(), outlook).1;
    found.extend(reference.map(put_aside).unwrap_or_default());
    found.extend(reference.map(contradictions).unwrap_or_default());
    found
}

/// Rows that are named one by one, of each kind.
const SHOWN: usize = 20;

/// Warnings of rows of the reference folder: the first of them, and how many more there are.
fn some<T>(all: &[T], warning: impl Fn(&T) -> Diagnostic, others: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = all.iter().take(SHOWN).map(&warning).collect();
    if let (Some(more), Some(one)) = (all.len().checked_sub(SHOWN), all.get(SHOWN)) {
        let what = format!("more rows of the reference folder {others}: {more}");
        found.push(Diagnostic { what, ..warning(one) });
    }
    found
}

/// What rows of the reference folder contradict each other.
fn contradictions(reference: &Reference) -> Vec<Diagnostic> {
    let warning = |one: &Contradiction| Diagnostic {
        severity: Severity::Warning,
        code: "contradiction",
        file: one.file.clone(),
        line: one.row,
        column: 1,
        excerpt: None,
        what: format!(
            "row contradicts another row of its key: {} row {}",
            one.other_file, one.other_row
        ),
        why: "rows of one key may not say different things on one day".to_owned(),
        todo: "end the one that no longer holds by its enddate, or take it out".to_owned(),
    };
    some(&reference.contradictions(), warning, "contradict others")
}

/// What rows of the reference folder are put aside.
fn put_aside(reference: &Reference) -> Vec<Diagnostic> {
    let all: Vec<Defect<'_>> = reference.tables.quarantine.iter().collect();
    let warning = |one: &Defect<'_>| Diagnostic {
        severity: Severity::Warning,
        code: "put-aside",
        file: reference.place(one.file),
        line: u32::try_from(one.row).unwrap_or(u32::MAX),
        column: 1,
        excerpt: None,
        what: match one.column {
            "" => format!("row is put aside: {}", one.reason),
            column => format!("row is put aside for its {column}: {}", one.reason),
        },
        why: "no line is judged by what only this row could tell".to_owned(),
        todo: "correct the row, or take it out".to_owned(),
    };
    some(&all, warning, "are put aside")
}

/// The days of each item of the catalogue, if the folder has one.
fn items(reference: &Reference) -> Option<BTreeMap<&str, Vec<DayRange>>> {
    let catalogue = reference.tables.tables.get(&TableName::Catalogue)?;
    let codes = catalogue.texts("hilist_code")?;
    let mut items: BTreeMap<&str, Vec<DayRange>> = BTreeMap::new();
    for (row, range) in catalogue.range.iter().enumerate() {
        items.entry(codes.text(row)).or_default().push(*range);
    }
    Some(items)
}
