//! Checks a pack without judging anything.

use std::collections::BTreeMap;
use std::path::Path;

use jihe_rules::{Diagnostic, Outlook};
use jihe_terms::schema::TableName;
use jihe_terms::{Day, DayRange};

use crate::reference::Reference;

/// All there is to say of a pack: errors, warnings and notes.
pub fn check(dir: impl AsRef<Path>) -> Vec<Diagnostic> {
    jihe_rules::check(dir.as_ref()).1
}

/// The same, seen from a day: also rules and values to come and articles that are old; beside a
/// reference folder also items that its catalogue does not have that day.
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
    jihe_rules::check_on(dir.as_ref(), outlook).1
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
