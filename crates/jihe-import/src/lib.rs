//! Official sheets, in: rows for the tables of a pack and of a reference folder, out, and for every
//! row that could not be taken the place and the reason.
//!
//! In: CSV (UTF-8 or GB18030), xlsx and xls; the layouts are found by their headers (`header`),
//! the class of each row by words or headers (`class`). A value that is not in the sheet is never
//! made up: the row is refused. Out: `tables/NAME.csv` of a pack or `NAME.csv` of a reference
//! folder, merged with the rows that are there, sorted by key, written whole or not at all.
//! Not here: whether the pack checks (`jihe-rules`), and printing.
//! Cost: every sheet and every touched table is held in memory once.
//!
//! A row without its own day of publication holds from [`ImportOptions::from`], else from
//! 2021-05-01, the first day of the Regulation that the rules stand on.

mod basis;
mod cell;
mod chain;
mod class;
mod entry;
mod error;
mod header;
mod import;
mod indication;
mod kind;
mod lines;
mod lists;
mod merge;
mod place;
mod point;
mod points_file;
mod quotes;
mod row;
mod rules;
mod shape;
mod sheet;
mod staged;
mod table_file;
mod tables;
mod target;
mod wording;
mod workbook;

pub use error::ImportError;
pub use import::{ImportOptions, ImportReport, import};
pub use kind::Kind;
pub use place::Refused;
pub use row::{RowOutcome, RowReport};
pub use sheet::Encoding;
