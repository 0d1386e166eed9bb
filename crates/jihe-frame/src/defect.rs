//! Rows that are not judged, and why; what was read.

use jihe_terms::schema::TableName;

/// A row put aside.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Defect {
    /// Table.
    pub table: TableName,
    /// File name inside the month or reference folder.
    pub file: String,
    /// Row in the file: the line of the CSV text where the record begins (the header is line 1), or
    /// the row of the Parquet file from 1.
    pub row: u64,
    /// Column by its name in the file.
    pub column: String,
    /// Why, in stable words.
    pub reason: String,
    /// The offending value, cut to 200 characters.
    pub value: String,
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
