//! Lines of a text by the place of a record: the reader of CSV counts `\r\n` in two steps, so that two
//! records seem to stand in one line.

/// Counts lines up to places that ascend.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    place: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    /// Begins with line 1.
    pub(crate) fn of(text: &'a [u8]) -> Self {
        Self { text, place: 0, line: 1 }
    }

    /// The line of the record that begins at a byte, or after the line ends there.
    pub(crate) fn at(&mut self, byte: u64) -> u64 {
        let from = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len()).max(self.place);
        let rest = self.text.get(from..).unwrap_or(&[]);
        let ends = rest.iter().take_while(|&&byte| byte == b'\r' || byte == b'\n').count();
        let until = from.saturating_add(ends);
        let passed = self.text.get(self.place..until).unwrap_or(&[]);
        let mut before = None;
        for &byte in passed {
            // A carriage return ends a line, and a line feed does unless it follows one.
            if byte == b'\r' || byte == b'\n' && before != Some(b'\r') {
                self.line = self.line.saturating_add(1);
            }
            before = Some(byte);
        }
        self.place = until;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_the_line_it_begins_in_whatever_ends_lines() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "1,\"x", "y\"", "2,z", "", "3,w"].join(end);
            let mut lines = Lines::of(text.as_bytes());
            let mut reader = csv::ReaderBuilder::new()
                .has_headers(false)
                .flexible(true)
                .from_reader(text.as_bytes());
            let found: Vec<u64> = reader
                .records()
                .map(|record| lines.at(record.unwrap().position().unwrap().byte()))
                .collect();
            assert_eq!(found, [1, 2, 4, 6], "{end:?}");
        }
    }
}
