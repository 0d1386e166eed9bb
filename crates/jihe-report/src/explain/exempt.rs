//! What exceptions and dated exemptions took out: a line, or the whole encounter that it is of.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::error::ReportError;
use crate::layout::ResultTable;
use crate::read::{Cell, Folder};

/// What was taken out.
pub(super) struct Exempted {
    /// As `rule: exception`, with the reason and end of a dated exemption, and the encounter.
    pub(super) texts: Vec<String>,
    /// Encounters taken out whole, where nothing tells which one the line is of.
    pub(super) n_elsewhere: u64,
}

const COLUMNS: [&str; 7] =
    ["rule_id", "exception", "bkkp_sn", "mdtrt_id", "reason", "enddate", "rule_row"];

/// Reads what is exempt of a line; `encounters` are those that it is known to be of, `asked` the only
/// one that is meant.
pub(super) fn read(
    folder: &Folder,
    bkkp_sn: &str,
    asked: Option<&str>,
    mut encounters: BTreeSet<String>,
) -> Result<Exempted, ReportError> {
    folder.check(&folder.name_of(ResultTable::Exempt))?;
    encounters.extend(asked.map(str::to_owned));
    let mut texts = Vec::new();
    folder.rows(ResultTable::Exempt, COLUMNS, |row| {
        let [_, _, line, encounter, ..] = row.map(Cell::text);
        if line == bkkp_sn && asked.is_none_or(|asked| asked == encounter) {
            texts.push(format!("{}；就诊 encounter {encounter}", text(&row)));
            encounters.insert(encounter.to_owned());
        }
    })?;
    // A rule of stays takes out the stay and names no line.
    let mut n_elsewhere = 0_u64;
    folder.rows(ResultTable::Exempt, COLUMNS, |row| {
        let [_, _, line, encounter, ..] = row;
        if line != Cell::Missing || encounter == Cell::Missing {
            return;
        }
        let encounter = encounter.text();
        if encounters.contains(encounter) {
            texts.push(format!("{}；整次就诊 the whole encounter {encounter}", text(&row)));
        } else if encounters.is_empty() {
            n_elsewhere = n_elsewhere.saturating_add(1);
        }
    })?;
    Ok(Exempted { texts, n_elsewhere })
}

fn text(row: &[Cell<'_>; 7]) -> String {
    let [rule, exception, _, _, reason, until, source] = *row;
    let mut text = format!("{}: {}", rule.text(), exception.text());
    if reason != Cell::Missing {
        let (reason, until, source) = (reason.text(), until.text(), source.text());
        // Writing to a string cannot fail.
        let _ = write!(text, "（{reason}；至 until {until}；{source}）");
    }
    text
}
