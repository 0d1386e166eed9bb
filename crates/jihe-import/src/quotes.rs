//! Quotes of a text of fields that swallow rows: one that is never closed, one that closes inside the
//! text of a later line, one between whose ends each line is a row of its own.
//!
//! A field in quotes may hold line breaks. What follows a closing quote in the line that it opened
//! in belongs to the field: no row is lost by it.

/// Fewer fields than this are soon in a line of prose, too.
const FIELDS_OF_A_ROW: usize = 4;

/// Says where the first such quote opens, what is wrong, and what to do; `n_fields` are those of the
/// header.
pub(crate) fn fault(text: &str, delimiter: u8, n_fields: usize) -> Option<String> {
    let mut scan = Scan { text: text.as_bytes(), at: 0, line: 1, delimiter };
    while scan.peek().is_some() {
        let begin = scan.at;
        let mut broken = None;
        loop {
            let opens = scan.line;
            if scan.peek() == Some(b'"') {
                if !scan.step_over_quotes() {
                    return Some(format!(
                        "the quote that opens in line {opens} is never closed: close it where its field ends, or take it out"
                    ));
                }
                let closes = scan.line;
                if opens < closes && !scan.is_at_end_of_field() {
                    return Some(format!(
                        "the quote that opens in line {opens} closes inside the text of line {closes}: close it where its field ends, or take it out"
                    ));
                }
                if opens < closes {
                    broken = broken.or(Some((opens, closes)));
                }
            }
            scan.step_over_text();
            if scan.peek() != Some(delimiter) {
                break;
            }
            scan.step();
        }
        let record = text.get(begin..scan.at).unwrap_or("");
        if let Some((opens, closes)) = broken
            && is_rows(record, delimiter, n_fields)
        {
            return Some(format!(
                "the quote that opens in line {opens} closes in line {closes}, and each of these lines has the fields of a row: close it where its field ends, or take the line breaks out of the field"
            ));
        }
        scan.step();
    }
    None
}

/// Tells whether each line of a record has as many fields as the header.
fn is_rows(record: &str, delimiter: u8, n_fields: usize) -> bool {
    let mut lines = record.split(['\n', '\r']).filter(|line| !line.trim().is_empty());
    let width = |line: &str| line.split(char::from(delimiter)).count();
    FIELDS_OF_A_ROW <= n_fields && lines.all(|line| width(line) == n_fields)
}

/// A place in a text.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
    delimiter: u8,
}

impl Scan<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn step(&mut self) {
        let byte = self.peek();
        self.at = self.at.saturating_add(1).min(self.text.len());
        let ends_line = byte == Some(b'\n') || (byte == Some(b'\r') && self.peek() != Some(b'\n'));
        self.line = self.line.saturating_add(u64::from(ends_line));
    }

    fn is_at_end_of_field(&self) -> bool {
        self.peek().is_none_or(|byte| byte == self.delimiter || byte == b'\n' || byte == b'\r')
    }

    fn step_over_text(&mut self) {
        while !self.is_at_end_of_field() {
            self.step();
        }
    }

    /// Steps over a field in quotes, in which two quotes stand for one; tells whether it is closed.
    fn step_over_quotes(&mut self) -> bool {
        self.step();
        while let Some(byte) = self.peek() {
            self.step();
            if byte == b'"' {
                if self.peek() != Some(b'"') {
                    return true;
                }
                self.step();
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], said: Option<&str>) {
        for end in ["\n", "\r\n", "\r"] {
            let fault = fault(&lines.join(end), b',', 4);
            let begin = fault.as_ref().map(|fault| fault.split(':').next().unwrap_or(fault));
            assert_eq!(begin, said, "{lines:?}");
        }
    }

    #[test]
    fn a_quote_that_swallows_rows_is_named_by_the_line_it_opens_in() {
        let never = Some("the quote that opens in line 2 is never closed");
        let inside = Some("the quote that opens in line 2 closes inside the text of line 4");
        let rows = Some(
            "the quote that opens in line 2 closes in line 4, and each of these lines has the fields of a row",
        );
        check(&["a,b,c,d", "1,\"x,1,1", "2,y,2,2", "3,z,3,3"], never);
        check(&["a,b,c,d", "1,\"x,1,1"], never);
        check(&["a,b,c,d", "1,\"x\"\",1,1", "2,y,2,2", ""], never);
        check(&["a,b,c,d", "1,\"x,1,1", "2,y,2,2", "3,z\"z,3,3"], inside);
        check(&["a,b,c,d", "1,\"x,1,1", "2,y,2,2", "3,\"z\",3,3"], inside);
        check(&["a,b,c,d", "1,\"x,1,1", "2,y,2,2", "3,z\",3,3", "4,v,4,4"], rows);
    }

    #[test]
    fn quotes_that_swallow_nothing_are_left_alone() {
        check(&["a,b,c,d", "1,\"x", "y\",1,1"], None);
        check(&["\"a", "b\",b,c,\"d", "\"", "1,\"x, y\",\"\",\"\"\"z\"\"\""], None);
        check(&["a,b,c,d", "1,\"x\"y,1,1", "2,5\" z,2,2", "3,\"\",,"], None);
        check(&["a,b,c,d", "1,2,3,\"one", "two, three, four", "five\""], None);
        check(&["", "a,b,c,d", ""], None);
    }
}
