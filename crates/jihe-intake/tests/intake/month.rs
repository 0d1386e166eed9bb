//! Small months as text, and the net month as text.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jihe_frame::{Codes, Column, Entities, NetMonth, Relation};
use jihe_intake::{Encoding, IntakeError, IntakeOptions, MonthSource, Wanted, read_month};
use jihe_terms::{NO_CODE, NO_NUMBER, decimal_text};
use tempfile::TempDir;

pub(crate) const LINES: &str = "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,\
cnt,pric,det_item_fee_sumamt,setl_id,inscp_scp_amt";
pub(crate) const SETTLEMENTS: &str = "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,\
medfee_sumamt,inscp_scp_amt,fund_pay_sumamt,refd_setl_flag,init_setl_id";
pub(crate) const ONE_SETTLEMENT: &str = "S1,M1,P1,H1,2026-10-05 10:00:00,100,90,80,,\n";

/// A folder with files of these names and contents.
pub(crate) fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    dir
}

/// A month of these line rows and one settlement.
pub(crate) fn month_of(lines: &str) -> TempDir {
    month_with(lines, ONE_SETTLEMENT, &[])
}

/// A month of line rows, settlement rows and other files.
pub(crate) fn month_with(lines: &str, settlements: &str, others: &[(&str, &str)]) -> TempDir {
    let lines = format!("{LINES}\n{lines}");
    let settlements = format!("{SETTLEMENTS}\n{settlements}");
    let mut files: Vec<(&str, &[u8])> =
        vec![("lines.csv", lines.as_bytes()), ("settlements.csv", settlements.as_bytes())];
    files.extend(others.iter().map(|&(name, text)| (name, text.as_bytes())));
    folder(&files)
}

pub(crate) fn read(dir: &Path) -> Result<NetMonth, IntakeError> {
    read_in(dir, Encoding::Utf8)
}

pub(crate) fn read_in(dir: &Path, encoding: Encoding) -> Result<NetMonth, IntakeError> {
    let (codes, wanted) = (std::sync::Arc::new(Codes::default()), Wanted::all());
    let options = IntakeOptions { encoding, ..IntakeOptions::new(&codes, &wanted) };
    read_month(&MonthSource::Folder(dir.to_owned()), &options)
}

/// One word for each line: key, quantity, amount, in-policy amount.
pub(crate) fn lines(month: &NetMonth) -> Vec<String> {
    let mut shown = Vec::new();
    for part in month.lines.all().unwrap() {
        for row in 0..part.len() {
            shown.push(format!(
                "{} {} {} {}",
                part.key.text(row),
                decimal_text(part.cnt[row].into(), 4),
                decimal_text(part.amount[row].into(), 2),
                decimal_text(part.scp[row].into(), 2),
            ));
        }
    }
    shown
}

/// Keys of lines in order.
pub(crate) fn keys(month: &NetMonth) -> String {
    let parts = month.lines.all().unwrap();
    let keys: Vec<String> = parts.iter().flat_map(|part| part.key.iter()).collect();
    keys.join(" ")
}

/// One word for each row put aside: file, row, column, reason, value.
pub(crate) fn quarantine(month: &NetMonth) -> Vec<String> {
    let shown = month.quarantine.iter().map(|defect| {
        format!(
            "{}:{} {} | {} | {}",
            defect.file, defect.row, defect.column, defect.reason, defect.value
        )
    });
    shown.collect()
}

/// All of a month but the files it came from.
pub(crate) fn dump(month: &NetMonth) -> String {
    let mut text = String::new();
    for part in month.lines.all().unwrap() {
        for row in 0..part.len() {
            let id = |entities: &Entities, place: u32| match place {
                NO_CODE => String::new(),
                place => entities.ids.text(usize::try_from(place).unwrap()).to_owned(),
            };
            writeln!(
                text,
                "line {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
                part.first,
                part.key.text(row),
                id(&month.persons, part.person[row]),
                id(&month.encounters, part.encounter[row]),
                id(&month.settlements, part.settlement[row]),
                month.codes.text(part.institution[row]),
                month.codes.text(part.item[row]),
                part.time[row],
                part.day[row],
                part.cnt[row],
                part.pric[row],
                part.amount[row],
                part.scp[row],
                part.order_of(row),
            )
            .unwrap();
            relation_row(&mut text, month, &part.optional, row);
        }
    }
    for entities in [&month.persons, &month.encounters, &month.settlements] {
        for row in 0..entities.len() {
            writeln!(
                text,
                "entity {} {} {:?} {:?}",
                entities.ids.text(row),
                entities.listed[row],
                entities.person[row],
                entities.encounter[row]
            )
            .unwrap();
            relation_row(&mut text, month, &entities.rows, row);
        }
    }
    if let Some(diagnoses) = &month.diagnoses {
        for (row, encounter) in diagnoses.encounter.iter().enumerate() {
            writeln!(text, "diagnosis {encounter}").unwrap();
            relation_row(&mut text, month, &diagnoses.rows, row);
        }
    }
    writeln!(text, "{:?} {:?} {:?}", month.traces, month.counts, month.reversals).unwrap();
    text
}

fn relation_row(text: &mut String, month: &NetMonth, relation: &Relation, row: usize) {
    for (definition, column) in relation.table.columns().iter().zip(&relation.columns) {
        let shown = match column {
            Column::Absent => continue,
            Column::Code(ids) => month.codes.text(ids[row]).to_owned(),
            Column::Number(values) if values[row] == NO_NUMBER => continue,
            Column::Number(values) => values[row].to_string(),
            Column::Day(values) => values[row].to_string(),
            Column::Text(texts) => texts.text(row).to_owned(),
        };
        if !shown.is_empty() {
            writeln!(text, "  {} {shown}", definition.name).unwrap();
        }
    }
}
