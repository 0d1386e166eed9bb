//! Text in columns, where a Chinese character is two places wide.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

/// Rows of cells of one number.
pub(super) struct Columns {
    /// True for columns set to the right.
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Columns {
    /// Starts a table; `>` marks a column set to the right.
    pub(super) fn new(marks: &[&str]) -> Self {
        Self { right: marks.iter().map(|mark| *mark == ">").collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(super) fn push<const N: usize>(&mut self, cells: [&str; N]) {
        self.rows.push(cells.iter().map(|cell| plain(cell)).collect());
    }

    /// The number of rows.
    pub(super) fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// The table, one line a row, without trailing spaces.
    pub(super) fn text(&self) -> String {
        let width = |place: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(place));
            cells.map(|cell| cell.width()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.right.len()).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for ((cell, width), right) in row.iter().zip(&widths).zip(&self.right) {
                let fill = " ".repeat(width.saturating_sub(cell.width()));
                let (before, after) =
                    if *right { (fill.as_str(), "") } else { ("", fill.as_str()) };
                // Writing to a string cannot fail.
                let _ = write!(line, "{before}{cell}{after}  ");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Control characters would move the cursor; they become spaces.
fn plain(cell: &str) -> String {
    cell.chars().map(|sign| if sign.is_control() { ' ' } else { sign }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_character_takes_two_places() {
        let mut columns = Columns::new(&["", ">"]);
        columns.push(["拒付", "1.00"]);
        columns.push(["held", "12.00"]);
        columns.push(["a\nb", "3"]);
        assert_eq!(columns.text(), "拒付   1.00\nheld  12.00\na b       3\n");
    }
}
