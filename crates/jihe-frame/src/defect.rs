//! Rows that are not judged, and why; what was read.

use std::cmp::Ordering::Equal;

use jihe_terms::Texts;
use jihe_terms::schema::TableName;

use crate::Codes;

/// A row put aside.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Defect<'a> {
    /// Table.
    pub table: TableName,
    /// File name inside the month or reference folder.
    pub file: &'a str,
    /// Row in the file: the line of the CSV text where the record begins (the header is line 1), or
    /// the row of the Parquet file from 1.
    pub row: u64,
    /// Column by its name in the file.
    pub column: &'a str,
    /// Why, in stable words.
    pub reason: &'a str,
    /// The offending value, cut to 200 characters.
    pub value: &'a str,
}

/// Rows put aside. A month may have millions of them: what many share is kept once, so that one
/// takes 36 bytes and its value.
#[derive(Clone, Debug, Default)]
pub struct Defects {
    /// Files, columns and reasons.
    words: Codes,
    rows: Vec<Row>,
    values: Texts,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    number: u64,
    table: TableName,
    file: u32,
    column: u32,
    reason: u32,
    /// Place of the value.
    value: u32,
}

impl Defects {
    /// Adds a row.
    ///
    /// # Panics
    ///
    /// If there are more than 32 bits count.
    pub fn push(&mut self, defect: Defect<'_>) {
        let Defect { table, file, row, column, reason, value } = defect;
        let [file, column, reason] =
            [file, column, reason].map(|word| self.words.intern(word.as_bytes()));
        let place = u32::try_from(self.values.len()).expect("rows are counted with 32 bits");
        self.values.push(value.as_bytes());
        self.rows.push(Row { number: row, table, file, column, reason, value: place });
    }

    /// Adds the rows of another list.
    ///
    /// # Panics
    ///
    /// As [`Defects::push`].
    pub fn append(&mut self, other: &Self) {
        let n_words = u32::try_from(other.words.len()).unwrap_or(u32::MAX);
        let words: Vec<u32> =
            (0..n_words).map(|word| self.words.intern(other.words.bytes(word))).collect();
        let word = |word: u32| words.get(idx(word)).copied().unwrap_or(word);
        let n_values = self.values.len();
        self.values.append(&other.values);
        u32::try_from(self.values.len()).expect("rows are counted with 32 bits");
        let n_values = u32::try_from(n_values).unwrap_or(u32::MAX);
        self.rows.extend(other.rows.iter().map(|row| Row {
            file: word(row.file),
            column: word(row.column),
            reason: word(row.reason),
            value: row.value.saturating_add(n_values),
            ..*row
        }));
    }

    /// Puts the rows in the order of table, file and row.
    pub fn sort(&mut self) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.sort_unstable_by(|a, b| {
            let by_file = || self.words.text(a.file).cmp(self.words.text(b.file));
            let by_table = a.table.cmp(&b.table);
            let by_file = by_table.then_with(|| if a.file == b.file { Equal } else { by_file() });
            by_file
                .then(a.number.cmp(&b.number))
                .then_with(|| self.defect(*a).cmp(&self.defect(*b)))
        });
        self.rows = rows;
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A row by its place.
    pub fn get(&self, place: usize) -> Option<Defect<'_>> {
        self.rows.get(place).map(|&row| self.defect(row))
    }

    /// All rows.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Defect<'_>> {
        self.rows.iter().map(|&row| self.defect(row))
    }

    fn defect(&self, row: Row) -> Defect<'_> {
        Defect {
            table: row.table,
            file: self.words.text(row.file),
            row: row.number,
            column: self.words.text(row.column),
            reason: self.words.text(row.reason),
            value: self.values.text(idx(row.value)),
        }
    }
}

impl<'a> Extend<Defect<'a>> for Defects {
    fn extend<T: IntoIterator<Item = Defect<'a>>>(&mut self, defects: T) {
        defects.into_iter().for_each(|defect| self.push(defect));
    }
}

impl<'a> FromIterator<Defect<'a>> for Defects {
    fn from_iter<T: IntoIterator<Item = Defect<'a>>>(defects: T) -> Self {
        let mut all = Self::default();
        all.extend(defects);
        all
    }
}

fn idx(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}

/// Rows of one table. `read = judged + netted + quarantined`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Rows in the files.
    pub read: u64,
    /// Rows that stand in the net month.
    pub judged: u64,
    /// Rows netted away: repeats, void rows, reversals and what they reverse.
    pub netted: u64,
    /// Rows put aside.
    pub quarantined: u64,
}

/// A reversal whose original is nowhere.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Reversal {
    /// Table: lines or settlements.
    pub table: TableName,
    /// Its key.
    pub key: String,
    /// Institution.
    pub fixmedins_code: String,
    /// Amount in fen (negative).
    pub amount_fen: i64,
    /// Fund part in fen (settlements), else 0.
    pub fund_fen: i64,
    /// Why it found nothing.
    pub reason: String,
}

/// A file that was read.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct InputFile {
    /// Table.
    pub table: TableName,
    /// Name inside its folder.
    pub file: String,
    /// Bytes.
    pub n_bytes: u64,
    /// Rows.
    pub n_rows: u64,
    /// BLAKE3 of its bytes, hexadecimal.
    pub digest: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_put_aside_come_back_in_the_order_of_table_file_and_row() {
        let defect = |table, file, row, value| Defect {
            table,
            file,
            row,
            column: "cnt",
            reason: "not a number",
            value,
        };
        let [a, b, c, d] = [
            defect(TableName::Lines, "a.csv", 9, "x"),
            defect(TableName::Lines, "a.csv", 10, ""),
            defect(TableName::Lines, "b.csv", 2, "yy"),
            defect(TableName::Settlements, "a.csv", 1, "x"),
        ];
        let mut some: Defects = [d, b].into_iter().collect();
        some.append(&[c, a, a].into_iter().collect());
        assert_eq!(
            (some.len(), some.get(1), some.get(4), some.get(5)),
            (5, Some(b), Some(a), None)
        );
        some.sort();
        let mut listed = [d, b, c, a, a];
        listed.sort_unstable();
        assert!(some.iter().eq(listed), "{some:?}");
    }
}
