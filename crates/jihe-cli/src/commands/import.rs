//! `jihe import`.

use std::fmt::Write;

use jihe_import::{ImportOptions, ImportReport, Kind, Refused, import};
use serde_json::json;

use crate::args::ImportArgs;
use crate::exit::{Exit, Failure};
use crate::output;

/// Notes, and refused values, named in the text; the JSON has all.
const SHOWN: usize = 20;

/// Takes a sheet into tables.
pub(crate) fn run(args: &ImportArgs) -> Result<Exit, Failure> {
    let Some(kind) = Kind::from_word(&args.kind) else {
        let words: Vec<&str> = Kind::words().collect();
        return Err(Failure::usage(format!(
            "no such kind, choose one of {}: {}",
            words.join(", "),
            args.kind
        )));
    };
    let options = ImportOptions {
        encoding: args.encoding.into(),
        from: args.from,
        discount: args.discount,
        report: args.report.clone(),
        ..ImportOptions::new(kind, &args.file, &args.into)
    };
    let report = import(&options)?;
    output::summary_of_done(
        &if args.json { json_text(&report) } else { text(&report, args) },
        args.json,
    );
    Ok(if report.refused.is_empty() { Exit::Done } else { Exit::Quarantined })
}

fn text(report: &ImportReport, args: &ImportArgs) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail, here and below.
    let _ = writeln!(
        text,
        "rows: {} read, {} taken, {} unchanged, {} replaced, {} refused, {} passed over",
        report.read,
        report.taken,
        report.unchanged,
        report.replaced,
        report.refused_rows,
        report.passed_over
    );
    for (file, n_rows) in &report.tables {
        let _ = writeln!(text, "{}: {n_rows} new rows", file.display());
    }
    if args.quiet {
        return text;
    }
    for note in report.notes.iter().take(SHOWN) {
        let _ = writeln!(text, "note: {note}");
    }
    for refused in report.refused.iter().take(SHOWN) {
        let _ = writeln!(text, "{}", refused_text(refused));
    }
    let more_notes = report.notes.len().saturating_sub(SHOWN);
    let more_values = report.refused.len().saturating_sub(SHOWN);
    if 0 < more_notes {
        let _ = writeln!(text, "… {more_notes} more notes (--json has them all)");
    }
    if 0 < more_values {
        let _ = writeln!(text, "… {more_values} more refused values (--json has them all)");
    }
    if 0 < more_notes.saturating_add(more_values) {
        let _ = match &args.report {
            Some(path) => writeln!(text, "what became of each row: {}", path.display()),
            None => writeln!(text, "--report FILE writes what became of each row"),
        };
    }
    text
}

fn refused_text(refused: &Refused) -> String {
    let Refused { sheet, row, column, reason, value } = refused;
    let column = if column.is_empty() { String::new() } else { format!(", {column}") };
    let value = if value.is_empty() { String::new() } else { format!(": {value}") };
    format!("refused: {sheet} row {row}{column}: {reason}{value}")
}

fn json_text(report: &ImportReport) -> String {
    let tables: Vec<_> = report
        .tables
        .iter()
        .map(|(file, n_rows)| json!({ "file": file.display().to_string(), "n_rows": n_rows }))
        .collect();
    let refused: Vec<_> = report
        .refused
        .iter()
        .map(|refused| {
            json!({
                "sheet": refused.sheet,
                "row": refused.row,
                "column": refused.column,
                "reason": refused.reason,
                "value": refused.value,
            })
        })
        .collect();
    let rows: Vec<_> = report
        .rows
        .iter()
        .map(|row| {
            json!({
                "sheet": row.sheet,
                "row": row.row,
                "outcome": row.outcome.word(),
                "tables": row.tables,
                "n_rows": row.n_rows,
                "reason": row.reason,
            })
        })
        .collect();
    let answer = json!({
        "read": report.read,
        "taken": report.taken,
        "unchanged": report.unchanged,
        "replaced": report.replaced,
        "refused_rows": report.refused_rows,
        "passed_over": report.passed_over,
        "tables": tables,
        "refused": refused,
        "notes": report.notes,
        "rows": rows,
    });
    format!("{answer:#}")
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::args::EncodingWord;

    /// The text of a report with so many notes and refused values.
    fn said(n_notes: usize, n_refused: usize, report: Option<&str>) -> Vec<String> {
        let refused = Refused {
            sheet: "表".to_owned(),
            row: 3,
            column: "代码".to_owned(),
            reason: "no code".to_owned(),
            value: "x".to_owned(),
        };
        let whole = ImportReport {
            notes: (1..=n_notes).map(|nth| format!("note {nth}")).collect(),
            refused: vec![refused; n_refused],
            ..ImportReport::default()
        };
        let args = ImportArgs {
            kind: "auto".to_owned(),
            file: PathBuf::new(),
            into: PathBuf::new(),
            encoding: EncodingWord::Utf8,
            from: None,
            discount: None,
            report: report.map(PathBuf::from),
            quiet: false,
            json: false,
        };
        text(&whole, &args).lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn twenty_notes_are_shown_and_of_one_more_it_is_said_where_it_stands() {
        assert_eq!(said(20, 20, None).len(), 40);
        let text = said(21, 22, None);
        assert_eq!(text[..20].last().map(String::as_str), Some("note: note 20"));
        assert_eq!(
            text[40..],
            [
                "… 1 more notes (--json has them all)",
                "… 2 more refused values (--json has them all)",
                "--report FILE writes what became of each row",
            ]
        );
        let named = said(21, 0, Some("rows.csv"));
        assert_eq!(named.last().map(String::as_str), Some("what became of each row: rows.csv"));
    }
}
