//! Reviews of findings: what people decided of them.
//!
//! In: a CSV with the columns `jr_id` and `decision` (`confirmed` or `dismissed`); others (`reason`,
//! `amount`) are not read. Out: the decision of each finding. Not here: what a decision does to money
//! (`jihe-settle`).

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::IntakeError;

/// What a review decided.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Decision {
    /// The finding stands and refuses.
    Confirmed,
    /// The finding falls.
    Dismissed,
}

/// Reads a review file: the decision of each finding by its id; the last of several holds.
///
/// # Errors
///
/// If the file cannot be read, lacks a column, or holds another decision.
pub fn read_reviews(path: &Path) -> Result<BTreeMap<String, Decision>, IntakeError> {
    let file = path.display().to_string();
    let unreadable = |what: &str| {
        IntakeError::unreadable(what, &file, "give a CSV with the columns jr_id and decision")
    };
    let mut reader =
        csv::Reader::from_path(path).map_err(|_| unreadable("reviews cannot be read"))?;
    let header = reader.headers().map_err(|_| unreadable("reviews have no header"))?.clone();
    let place =
        |name: &str| header.iter().position(|column| column.trim_start_matches('\u{feff}') == name);
    let (Some(id), Some(decision)) = (place("jr_id"), place("decision")) else {
        return Err(unreadable("reviews lack a column"));
    };
    let mut decisions = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|_| unreadable("reviews have a broken row"))?;
        let decided = match row.get(decision) {
            Some("confirmed") => Decision::Confirmed,
            Some("dismissed") => Decision::Dismissed,
            Some(_) | None => {
                return Err(unreadable("a decision is neither confirmed nor dismissed"));
            }
        };
        decisions.insert(row.get(id).unwrap_or_default().to_owned(), decided);
    }
    Ok(decisions)
}
