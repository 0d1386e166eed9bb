//! The worked example of a rule: the first finding of its golden folder, then every tagged row.

use std::fmt::Write as _;

use super::markdown::table;
use crate::golden::{Sheet, tables, tagged};
use crate::{Failure, Project, RuleName};

/// The columns of a line that an example shows, if its table has them.
const SHOWN: [&str; 9] = [
    "bkkp_sn",
    "mdtrt_id",
    "psn_no",
    "fixmedins_code",
    "fee_ocur_time",
    "hilist_code",
    "cnt",
    "pric",
    "det_item_fee_sumamt",
];

/// Writes the example and the cases.
pub(super) fn text(project: &Project, rule: &RuleName) -> Result<String, Failure> {
    let folder = project.golden(rule);
    if !folder.is_dir() {
        return Err(Failure::new(format!("golden folder is missing: {}", folder.display())));
    }
    let findings = Sheet::read(&folder.join("findings.csv"))?;
    let mut text = String::new();
    if let Some(finding) = findings.rows.first() {
        let cell = |column| findings.cell(finding, column);
        // A text takes whatever is written to it, here and below.
        let _ = writeln!(text, "> {}\n>\n> {}\n", cell("vola_cont"), cell("vola_cont_en"));
        text.push_str(&money(&findings, finding));
        text.push_str(&lines(project, rule, cell("lines"))?);
        text.push_str(&refused(&folder, cell("lines"))?);
    }
    let cases: Vec<Vec<String>> = tagged(project, rule)?
        .into_iter()
        .map(|row| vec![row.tag, format!("{} {}", row.table, row.key), row.why])
        .collect();
    let header = ["标记 tag", "行 row", "说明 why"];
    let _ = write!(text, "全部用例 all cases:\n\n{}\n", table(&header, &cases));
    Ok(text)
}

fn money(findings: &Sheet, finding: &[String]) -> String {
    let parts = [
        ("违规金额 gross", "vola_amt"),
        ("计入 credited", "credited_amt"),
        ("基金损失 loss", "loss_amt"),
        ("待核 held", "held_amt"),
    ];
    let parts = parts.map(|(label, column)| format!("{label} {}", findings.cell(finding, column)));
    format!("{}\n\n", parts.join(" · "))
}

/// The keys that a finding names: `(L01); L02 units 1.2857` gives `L01` and `L02`.
fn keys(named: &str) -> Vec<&str> {
    let parts = named.split(';').map(str::trim).filter(|part| !part.is_empty());
    parts
        .filter_map(|part| part.split_whitespace().next())
        .map(|key| key.trim_matches(|letter| letter == '(' || letter == ')'))
        .collect()
}

fn lines(project: &Project, rule: &RuleName, named: &str) -> Result<String, Failure> {
    let keys = keys(named);
    let all = tables(project, rule)?;
    let Some((_, sheet)) = all.iter().find(|(name, _)| name == "lines") else {
        return Ok(String::new());
    };
    let shown: Vec<&str> =
        SHOWN.into_iter().filter(|column| sheet.place(column).is_some()).collect();
    let mut header = shown.clone();
    header.push("扣减 cut");
    let cut = |key: &str| {
        let parts = named.split(';').map(str::trim);
        let own = parts.into_iter().find_map(|part| part.strip_prefix(key)).unwrap_or("");
        own.trim().to_owned()
    };
    let rows = sheet.rows.iter().filter(|row| keys.contains(&sheet.cell(row, "bkkp_sn")));
    let rows: Vec<Vec<String>> = rows
        .map(|row| {
            let mut cells: Vec<String> =
                shown.iter().map(|column| sheet.cell(row, column).to_owned()).collect();
            cells.push(cut(sheet.cell(row, "bkkp_sn")));
            cells
        })
        .collect();
    Ok(format!("{}\n", table(&header, &rows)))
}

fn refused(folder: &std::path::Path, named: &str) -> Result<String, Failure> {
    let sheet = Sheet::read(&folder.join("refusals.csv"))?;
    let keys = keys(named);
    let header = ["bkkp_sn", "refused_cnt", "refused_amt", "refused_scp_amt", "refused_fund_amt"];
    let rows = sheet.rows.iter().filter(|row| keys.contains(&sheet.cell(row, "bkkp_sn")));
    let rows: Vec<Vec<String>> = rows
        .map(|row| header.iter().map(|column| sheet.cell(row, column).to_owned()).collect())
        .collect();
    if rows.is_empty() {
        return Ok(String::new());
    }
    Ok(format!("{}\n", table(&header, &rows)))
}
