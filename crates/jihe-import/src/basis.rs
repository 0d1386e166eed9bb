//! The two columns that every row gets from its place: its first day and its basis.

use jihe_terms::Day;

use crate::header::Role;
use crate::place::{Place, Refused};
use crate::point::Point;

/// The day the Regulation took effect (Order 735, art. 50): the first day of a row that has none.
const REGULATION_IN_FORCE: (i32, u32, u32) = (2021, 5, 1);

/// The file an import reads, and what its rows get where they are silent.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// Name of the file.
    pub(crate) file: String,
    /// First day of every row, if the caller says so.
    pub(crate) from: Option<Day>,
    /// Discount of operations, in millionths, if the caller says so.
    pub(crate) discount_ppm: Option<i64>,
}

impl Document {
    /// The first day of a point's rows.
    ///
    /// # Errors
    ///
    /// If its day of publication is none.
    pub(crate) fn first_day(&self, point: &Point) -> Result<Day, Refused> {
        let published = point.text(Role::Published);
        if let Some(day) = self.from {
            return Ok(day);
        }
        if published.is_empty() {
            let (year, month, day) = REGULATION_IN_FORCE;
            return Ok(Day::from_civil(year, month, day).unwrap_or(Day::from_epoch(0)));
        }
        Day::parse(published.get(..10).unwrap_or(published))
            .map_err(|fault| point.refuse(Role::Published, fault.reason()))
    }

    /// Tells whether the first day of a point's rows is neither said nor published.
    pub(crate) fn is_silent(&self, point: &Point) -> bool {
        self.from.is_none() && point.text(Role::Published).is_empty()
    }

    /// Document and row, of the original where the sheet is a copy.
    pub(crate) fn basis(&self, point: &Point, place: &Place, remark: &str) -> String {
        let source = point.text(Role::Source);
        let mut text = if source.is_empty() {
            let Place { sheet, row } = place;
            if *sheet == self.file {
                format!("{} row {row}", self.file)
            } else {
                format!("{} {sheet} row {row}", self.file)
            }
        } else {
            format!("{source} row {}", point.text(Role::SourceRow))
        };
        if !remark.is_empty() {
            text.push_str("; ");
            text.push_str(remark);
        }
        text.replace(['\n', '\r'], " ")
    }
}
