//! Checks a pack without judging anything.

use std::collections::BTreeMap;
use std::path::Path;

use jihe_rules::{Diagnostic, Outlook, Severity};
use jihe_terms::schema::TableName;
use jihe_terms::{Day, DayRange};

use crate::reference::{Contradiction, Reference};

/// All there is to say of a pack: errors, warnings and notes.
pub fn check(dir: impl AsRef<Path>) -> Vec<Diagnostic> {
    jihe_rules::check(dir.as_ref()).1
}

/// The same, seen from a day: also rules and values to come and articles that are old; beside a
/// reference folder also items that its catalogue does not have that day, and rows that contradict each other.
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
    found.extend(reference.map(contradictions).unwrap_or_default());
    found
}

/// Contradictions that are named one by one.
const SHOWN: usize = 20;

/// What rows of the reference folder contradict each other, as warnings.
fn contradictions(reference: &Reference) -> Vec<Diagnostic> {
    let all = reference.contradictions();
    let warning = |one: &Contradiction, what: String| Diagnostic {
        severity: Severity::Warning,
        code: "contradiction",
        file: one.file.clone(),
        line: one.row,
        column: 1,
        excerpt: None,
        what,
        why: "rows of one key may not say different things on one day".to_owned(),
        todo: "end the one that no longer holds by its enddate, or take it out".to_owned(),
    };
    let mut found: Vec<Diagnostic> = all
        .iter()
        .take(SHOWN)
        .map(|one| {
            let what = format!(
                "row contradicts another row of its key: {} row {}",
                one.other_file, one.other_row
            );
            warning(one, what)
        })
        .collect();
    if let (Some(more), Some(one)) = (all.len().checked_sub(SHOWN), all.get(SHOWN)) {
        let what = format!("more rows of the reference folder contradict others: {more}");
        found.push(warning(one, what));
    }
    found
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
