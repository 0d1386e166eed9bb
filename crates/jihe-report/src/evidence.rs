//! What a finding rests on: the article, and the row of the table.

use jihe_catalogue::Table;
use jihe_frame::Hit;
use jihe_rules::plan::Rule;

use crate::article;
use crate::expression::row_table;
use crate::frames::{idx, some};
use crate::scored::{RowSource, Scored};

/// Writes article and table row: `…第三十八条第（三）项；contained.csv 第12行：两库第七批 第11行`.
pub(crate) fn text(article: &str, source: Option<&str>) -> String {
    match source {
        Some(source) => format!("{article}；{source}"),
        None => article.to_owned(),
    }
}

/// The article of a rule, as it is cited.
pub(crate) fn article(scored: &Scored<'_>, rule: &Rule) -> String {
    article::cite(scored.plan, &rule.article)
}

/// Where the row that a hit rests on is from.
pub(crate) fn row_source(scored: &Scored<'_>, rule: &Rule, hit: &Hit) -> Option<RowSource> {
    let row = some(hit.row)?;
    let name = row_table(rule)?;
    let Some(table) = scored.plan.tables.get(name) else {
        return (scored.reference_row)(name, row);
    };
    table_row(table, name, row)
}

/// Where a row of a pack's table is from; of a table of several packs the file is named with its pack, as
/// in the manifest.
pub(crate) fn table_row(table: &Table, name: &str, row: u32) -> Option<RowSource> {
    let origin = table.origin.get(idx(row))?;
    let file = table.files.get(idx(origin.file)).map_or(name, String::as_str);
    let file = if table.files.len() == 1 { file.rsplit('/').next().unwrap_or(file) } else { file };
    let file = file.to_owned();
    let basis = if idx(row) < table.basis.len() { table.basis.text(idx(row)) } else { "" };
    Some(RowSource { file, row: u64::from(origin.row), basis: basis.to_owned() })
}

impl RowSource {
    /// Writes file, row and basis.
    pub(crate) fn text(&self) -> String {
        let Self { file, row, basis } = self;
        if basis.is_empty() {
            format!("{file} 第{row}行")
        } else {
            format!("{file} 第{row}行：{basis}")
        }
    }
}
