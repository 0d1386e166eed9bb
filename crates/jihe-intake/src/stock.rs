//! What institutions had of each item: stock movements added up.
//!
//! Not here: what they billed of it (`jihe-engine`).

use jihe_catalogue::{Cells, TableSpec};
use jihe_frame::Codes;
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::place::{at, id};

/// Stock movements added up: opening stock and purchases less what left.
#[derive(Debug, Default)]
pub struct Stock {
    /// Institutions and items.
    pub codes: Codes,
    /// Codes of institution and item, each pair once; pairs of one institution stand together.
    pub groups: Vec<(u32, u32)>,
    /// What each pair sums up to, 10⁻⁴ unit.
    pub cnt: Vec<i128>,
}

/// Rows of an inventory: institution, item and quantity.
#[derive(Debug, Default)]
pub(crate) struct Moves {
    codes: Codes,
    rows: Vec<(u32, u32, i64)>,
}

impl Moves {
    /// Adds rows by the columns of their table.
    pub(crate) fn add(&mut self, spec: &TableSpec, columns: &[Cells]) {
        let column = |name: &str| {
            let place = spec.columns.iter().position(|column| column.name == name);
            place.and_then(|place| columns.get(place))
        };
        let (Some(Cells::Text(institutions)), Some(Cells::Text(items)), Some(Cells::Number(cnt))) =
            (column("fixmedins_code"), column("med_list_codg"), column("cnt"))
        else {
            return;
        };
        self.rows.reserve(cnt.len());
        let mut former: (&[u8], u32) = (b"", NO_CODE);
        for ((institution, item), &cnt) in institutions.iter().zip(items.iter()).zip(cnt) {
            if cnt == NO_NUMBER {
                continue;
            }
            if former.1 == NO_CODE || former.0 != institution {
                former = (institution, self.codes.intern(institution));
            }
            self.rows.push((former.1, self.codes.intern(item), cnt));
        }
    }

    /// Adds up what each institution had of each item.
    #[expect(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "codes are below the length of their dictionary; 64-bit quantities in 128 bits"
    )]
    pub(crate) fn sum(self) -> Stock {
        let Self { codes, mut rows } = self;
        // Files mostly go by institution already.
        if !rows.is_sorted_by_key(|row| row.0) {
            rows.sort_by_key(|row| row.0);
        }
        let (mut groups, mut sums) = (Vec::with_capacity(rows.len()), Vec::new());
        sums.reserve(rows.len());
        let mut group_of = vec![NO_CODE; codes.len()];
        for of_institution in rows.chunk_by(|a, b| a.0 == b.0) {
            let first = groups.len();
            for &(institution, item, cnt) in of_institution {
                let group = &mut group_of[at(item)];
                // A group of an earlier institution is none of this one's.
                if *group == NO_CODE || at(*group) < first {
                    *group = id(groups.len());
                    groups.push((institution, item));
                    sums.push(0_i128);
                }
                sums[at(*group)] += i128::from(cnt);
            }
        }
        groups.shrink_to_fit();
        sums.shrink_to_fit();
        Stock { codes, groups, cnt: sums }
    }
}

#[cfg(test)]
mod tests {
    use jihe_catalogue::ColumnSpec;
    use jihe_terms::Texts;
    use jihe_terms::schema::Kind;

    use super::*;

    #[test]
    fn movements_of_an_item_at_an_institution_add_up_in_any_order() {
        let column =
            |name: &str| ColumnSpec { name: name.to_owned(), kind: Kind::Key, required: true };
        let spec = TableSpec {
            name: "inventory".to_owned(),
            columns: ["fixmedins_code", "med_list_codg", "cnt"].map(column).to_vec(),
            key: Vec::new(),
        };
        let texts = |texts: &[&str]| Cells::Text(texts.iter().collect::<Texts>());
        let mut moves = Moves::default();
        let columns = [
            texts(&["H1", "H1", "H2", "H1", "H2"]),
            texts(&["A", "B", "A", "A", "A"]),
            Cells::Number(vec![5, 1, 7, -2, NO_NUMBER]),
        ];
        moves.add(&spec, &columns);
        let stock = moves.sum();
        let text = |code: u32| stock.codes.text(code);
        let sums = stock.groups.iter().zip(&stock.cnt);
        let sums: Vec<_> = sums.map(|(&(a, b), &cnt)| (text(a), text(b), cnt)).collect();
        assert_eq!(sums, [("H1", "A", 3), ("H1", "B", 1), ("H2", "A", 7)]);
    }
}
