//! What a finding rests on: the article, and the row of the table.

use jihe_catalogue::Table;
use jihe_frame::Hit;
use jihe_rules::plan::Rule;
use jihe_terms::write_decimal;

use crate::article;
use crate::expression::row_table;
use crate::frames::{idx, some};
use crate::scored::{RowSource, Scored};

/// Adds article and table row: `…第三十八条第（三）项；contained.csv 第12行：两库第七批 第11行`.
pub(crate) fn write(article: &str, source: Option<&RowSource<'_>>, text: &mut Vec<u8>) {
    text.extend_from_slice(article.as_bytes());
    if let Some(source) = source {
        text.extend_from_slice("；".as_bytes());
        source.write(text);
    }
}

/// The article of a rule, as it is cited.
pub(crate) fn article(scored: &Scored<'_>, rule: &Rule) -> String {
    article::cite(scored.plan, &rule.article)
}

/// Where the row that a hit rests on is from.
pub(crate) fn row_source<'a>(
    scored: &Scored<'a>,
    rule: &'a Rule,
    hit: &Hit,
) -> Option<RowSource<'a>> {
    let row = some(hit.row)?;
    let name = row_table(rule)?;
    let Some(table) = scored.plan.tables.get(name) else {
        return (scored.reference_row)(name, row);
    };
    table_row(table, name, row)
}

/// Where a row of a pack's table is from; of a table of several packs the file is named with its pack, as
/// in the manifest.
pub(crate) fn table_row<'a>(table: &'a Table, name: &'a str, row: u32) -> Option<RowSource<'a>> {
    let origin = table.origin.get(idx(row))?;
    let file = table.files.get(idx(origin.file)).map_or(name, String::as_str);
    let file = if table.files.len() == 1 { file.rsplit('/').next().unwrap_or(file) } else { file };
    let basis = if idx(row) < table.basis.len() { table.basis.text(idx(row)) } else { "" };
    Some(RowSource { file, row: u64::from(origin.row), basis })
}

impl RowSource<'_> {
    /// File, row and basis.
    pub(crate) fn text(&self) -> String {
        let mut text = Vec::new();
        self.write(&mut text);
        String::from_utf8(text).unwrap_or_default()
    }

    /// Adds file, row and basis.
    pub(crate) fn write(&self, text: &mut Vec<u8>) {
        let Self { file, row, basis } = *self;
        text.extend_from_slice(file.as_bytes());
        text.extend_from_slice(" 第".as_bytes());
        write_decimal(row.into(), 0, text);
        text.extend_from_slice("行".as_bytes());
        if !basis.is_empty() {
            text.extend_from_slice("：".as_bytes());
            text.extend_from_slice(basis.as_bytes());
        }
    }
}
