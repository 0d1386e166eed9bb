//! Trace codes to the lines that carry them.

use jihe_frame::{Codes, Lines, Traces};
use jihe_terms::{NO_CODE, Texts};

use crate::net::keys::Keys;
use crate::options::TraceRows;
use crate::place::{at, id};
use crate::rows::Rows;

/// One use of a trace code: row of the line, code, whether the pack was split.
type Use = (u32, Vec<u8>, bool);

/// Uses of trace codes by rows of lines, before lines have their canonical number.
#[derive(Debug, Default)]
pub(crate) struct Uses {
    uses: Vec<Use>,
    is_there: bool,
}

impl Uses {
    /// Adds the column of the lines.
    pub(crate) fn add_column(&mut self, lines: &Rows) {
        let Some(texts) = lines.column("drug_trac_codg").texts() else { return };
        self.is_there = true;
        for row in lines.standing() {
            let code = texts.bytes(at(row));
            if !code.is_empty() {
                self.uses.push((row, code.to_vec(), false));
            }
        }
    }

    /// Adds the table of the month; a row that meets no standing line says nothing.
    pub(crate) fn add_table(&mut self, rows: &Rows, lines: &Rows, keys: &Keys, codes: &Codes) {
        self.is_there = true;
        let split = codes.get(b"1");
        let (Some(codes), Some(names), Some(texts)) = (
            rows.column("drug_trac_codg").texts(),
            rows.column("bkkp_sn").texts(),
            lines.column("bkkp_sn").texts(),
        ) else {
            return;
        };
        for row in rows.standing() {
            if let Some(line) = find(lines, keys, texts, names.bytes(at(row))) {
                let is_split = split.is_some_and(|one| rows.id("trdn_flag", row) == one);
                self.uses.push((line, codes.bytes(at(row)).to_vec(), is_split));
            }
        }
    }

    /// Adds rows of the reference folder.
    pub(crate) fn add_reference(&mut self, given: &TraceRows, lines: &Rows, keys: &Keys) {
        self.is_there = true;
        let Some(texts) = lines.column("bkkp_sn").texts() else { return };
        for ((code, key), &is_split) in
            given.code.iter().zip(given.line_key.iter()).zip(&given.split)
        {
            if let Some(line) = find(lines, keys, texts, key) {
                self.uses.push((line, code.to_vec(), is_split));
            }
        }
    }

    /// Gives the uses in the order of lines, each code once for a line; none if nothing was there.
    pub(crate) fn finish(
        self,
        n_rows: usize,
        lines: &Lines,
        orders: &[Vec<u32>],
    ) -> Option<Traces> {
        if !self.is_there {
            return None;
        }
        let mut number = vec![NO_CODE; n_rows];
        for (part, order) in lines.parts.iter().zip(orders) {
            for (place, &row) in order.iter().enumerate() {
                if let Some(number) = number.get_mut(at(row)) {
                    *number = part.first.saturating_add(id(place));
                }
            }
        }
        let mut uses: Vec<Use> = self
            .uses
            .into_iter()
            .map(|(row, code, split)| {
                (number.get(at(row)).copied().unwrap_or(NO_CODE), code, split)
            })
            .filter(|&(line, ..)| line != NO_CODE)
            .collect();
        // A split pack is told by any row of the line and code: true sorts last and is kept.
        uses.sort_unstable();
        uses.reverse();
        uses.dedup_by(|a, b| (a.0, &a.1) == (b.0, &b.1));
        uses.reverse();
        Some(Traces {
            line: uses.iter().map(|&(line, ..)| line).collect(),
            code: uses.iter().map(|(_, code, _)| code.as_slice()).collect(),
            split: uses.iter().map(|&(.., split)| split).collect(),
        })
    }
}

fn find(lines: &Rows, keys: &Keys, texts: &Texts, key: &[u8]) -> Option<u32> {
    keys.find(texts, key).find(|&row| lines.is_standing(row))
}
