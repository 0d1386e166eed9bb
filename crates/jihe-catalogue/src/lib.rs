//! Dated tables: what was in force on a day.
//!
//! In: rows of text from a pack's `tables/*.csv` or the reference folder, read by others. Out: a
//! [`Table`] of typed columns with the dates of each row, and [`InForce`], which answers "which row
//! holds for this key on this day". Not here: files, rules, claim data.

mod contradict;
pub mod in_force;
pub mod table;

pub use in_force::{During, InForce};
pub use table::{Cells, ColumnSpec, Origin, RowFault, Table, TableSpec};
