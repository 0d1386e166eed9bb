//! Parts of net lines, brought to memory one by one.

use std::io::Result;
use std::ops::Range;
use std::sync::Arc;

use jihe_frame::serials::Numbers;
use jihe_frame::{Codes, Column, LinePart, LineStore, Relation, Serials};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_DAY, day_of};

use crate::layout::Keep;
use crate::lines::net::{Fate, Left, NetPart, Ranks};
use crate::lines::order::Order;
use crate::lines::raw::{Raw, RawColumn};
use crate::lines::shelf::Shelf;
use crate::place::at;

/// The net lines of a month on their shelf.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) shelf: Shelf,
    pub(crate) keeps: Vec<Keep>,
    pub(crate) has: Vec<bool>,
    pub(crate) heads: Arc<Codes>,
    pub(crate) ranks: Ranks,
    pub(crate) parts: Vec<Part>,
    /// Whether some file of lines lacks a column that another has.
    pub(crate) has_gaps: bool,
    /// Whether lines may be asked for when all is judged.
    pub(crate) keeps_judged: bool,
}

/// What stands of a part, and where it belongs.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) first: u32,
    pub(crate) persons: Range<u32>,
    pub(crate) order: Order,
    pub(crate) left: Vec<Left>,
    /// Rows that netting took out and the state tells of.
    netted: Vec<u32>,
    /// Rows on the shelf, standing or not.
    n_rows: usize,
}

impl Part {
    pub(crate) fn new(net: &mut NetPart, first: u32, persons: Range<u32>) -> Self {
        let (order, left) = (std::mem::take(&mut net.packed), std::mem::take(&mut net.left));
        let netted = std::mem::take(&mut net.netted);
        Self { first, persons, order, left, netted, n_rows: net.n_rows }
    }
}

fn place(name: &str) -> usize {
    TableName::Lines.column(name).unwrap_or(usize::MAX)
}

/// Columns that only netting needs.
fn is_of_netting(place: usize) -> bool {
    let name = TableName::Lines.columns().get(place).map_or("", |column| column.name);
    matches!(name, "init_feedetl_sn" | "feedetl_sn" | "vali_flag")
}

/// The values in an order; as they are without one.
#[expect(clippy::indexing_slicing, reason = "an order names rows of its own part")]
fn gather<T: Copy>(values: Vec<T>, order: Option<&[u32]>) -> Vec<T> {
    match order {
        Some(order) if !values.is_empty() => order.iter().map(|&row| values[at(row)]).collect(),
        Some(_) | None => values,
    }
}

/// As [`gather`].
fn in_order(numbers: Numbers, order: Option<&[u32]>) -> Numbers {
    match order {
        Some(order) if !numbers.is_empty() => numbers.gather(order.iter().map(|&row| at(row))),
        Some(_) | None => numbers,
    }
}

impl LineStore for Store {
    fn load(&self, number: usize) -> Result<Arc<LinePart>> {
        let part = self.part(number)?;
        let wants = |place: usize| self.wants(place);
        self.shelf.make_room_for_part(part.n_rows)?;
        let order = part.order.rows(&self.shelf)?;
        let n = order.len();
        let mut to = vec![crate::place::id(n); part.n_rows];
        for (place, &row) in (0_u32..).zip(&order) {
            if let Some(to) = to.get_mut(at(row)) {
                *to = place;
            }
        }
        let mut raw = Raw::place(&self.shelf, number, &self.keeps, &wants, (&to, n))?;
        let place = |left: &Left| Some(Left { row: *to.get(at(left.row))?, ..*left });
        Self::leave(&mut raw, part.left.iter().filter_map(place));
        let mut carried = vec![false; n];
        let flags = raw.carried();
        if !flags.is_empty() {
            carried = gather(flags, Some(&order));
        }
        let file = self.files(&raw, &order);
        Ok(Arc::new(LinePart { file, ..self.assemble(part, raw, carried, None) }))
    }

    fn delivered(&self, number: usize) -> Result<Arc<LinePart>> {
        let part = self.part(number)?;
        let names = ["init_feedetl_sn", "feedetl_sn"].map(place);
        let wants = |place: usize| self.wants(place) || (names.contains(&place) && self.has(place));
        let mut rows = part.order.rows(&self.shelf)?;
        rows.extend_from_slice(&part.netted);
        rows.sort_unstable();
        let raw = Raw::pick(&self.shelf, number, &self.keeps, &wants, &rows)?;
        // How they lie on the shelf is a matter of threads.
        let keys =
            raw.columns.first().cloned().map(|mut keys| keys.serials(&self.heads, raw.n_rows));
        let standing = vec![Fate::Standing; raw.n_rows];
        let order = self.ranks.in_order(&raw, &keys.unwrap_or_default(), &standing);
        let carried = vec![false; order.len()];
        Ok(Arc::new(self.assemble(part, raw, carried, Some(&order))))
    }

    fn make_room(&self, n_bytes: u64) -> Result<()> {
        self.shelf.make_room(n_bytes)
    }

    fn put_away(&self, bytes: &[u8], n_more: u64) -> Result<Option<u64>> {
        self.shelf.put_away(bytes, n_more)
    }

    fn bring_back(&self, place: u64, n_bytes: usize) -> Result<Vec<u8>> {
        self.shelf.bring_back(place, n_bytes)
    }

    fn room_left(&self) -> Option<u64> {
        self.shelf.room_left()
    }

    fn judged(&self) {
        if !self.keeps_judged {
            self.shelf.give_up();
        }
    }

    fn rows(&self, number: usize, rows: &[u32]) -> Result<LinePart> {
        let part = self.part(number)?;
        let wants = |place: usize| self.wants(place);
        // Rows of the shelf, ascending, and the place of each row asked for among them.
        let order = part.order.rows(&self.shelf)?;
        let own = |&row: &u32| order.get(at(row)).copied().unwrap_or(NO_CODE);
        let asked: Vec<u32> = rows.iter().map(own).collect();
        let mut picked = asked.clone();
        picked.sort_unstable();
        picked.dedup();
        let place = |row: u32| picked.binary_search(&row).ok().map(crate::place::id);
        let order: Vec<u32> = asked.iter().filter_map(|&row| place(row)).collect();
        let left =
            part.left.iter().filter_map(|left| Some(Left { row: place(left.row)?, ..*left }));
        let mut raw = Raw::pick(&self.shelf, number, &self.keeps, &wants, &picked)?;
        Self::leave(&mut raw, left);
        let carried = gather(raw.flags(crate::lines::raw::Batch::is_carried), Some(&order));
        let file = self.files(&raw, &order);
        Ok(LinePart { file, ..self.assemble(part, raw, carried, Some(&order)) })
    }
}

impl Store {
    fn part(&self, number: usize) -> Result<&Part> {
        self.parts.get(number).ok_or_else(|| std::io::Error::other("no such part"))
    }

    /// The files of lines, if that matters.
    fn files(&self, raw: &Raw, order: &[u32]) -> Vec<u32> {
        if !self.has_gaps {
            return Vec::new();
        }
        gather(raw.flags(|batch| batch.file), Some(order))
    }

    fn has(&self, place: usize) -> bool {
        self.has.get(place) == Some(&true)
    }

    fn wants(&self, place: usize) -> bool {
        self.has(place) && !is_of_netting(place)
    }

    /// The rows of `order` as lines; all rows if they are in order.
    fn assemble(
        &self,
        part: &Part,
        mut raw: Raw,
        carried: Vec<bool>,
        order: Option<&[u32]>,
    ) -> LinePart {
        let n = carried.len();
        let has = |place: usize| self.has(place);
        let mut lines = LinePart::empty(part.first, part.persons.clone());
        lines.carried = carried;
        let serials = |raw: &mut Raw, name: &str| -> Serials {
            let (heads, numbers) = match raw.take(name) {
                RawColumn::Serial(heads, numbers) => {
                    (gather(heads, order), in_order(numbers, order))
                }
                RawColumn::Absent | RawColumn::Ids(_) | RawColumn::Numbers(_) => {
                    (vec![NO_CODE; n], Numbers::zeros(n))
                }
            };
            Serials::new(Arc::clone(&self.heads), heads, numbers)
        };
        lines.key = serials(&mut raw, "bkkp_sn");
        if has(place("drug_trac_codg"))
            && self.keeps.get(place("drug_trac_codg")) == Some(&Keep::Serial)
        {
            lines.trace = Some(serials(&mut raw, "drug_trac_codg"));
        }
        let ids = |raw: &mut Raw, name: &str, ranks: Option<&[u32]>| -> Vec<u32> {
            let RawColumn::Ids(ids) = raw.take(name) else { return vec![NO_CODE; n] };
            let mut ids = gather(ids, order);
            if let Some(ranks) = ranks {
                let rank = |id: &mut u32| *id = ranks.get(at(*id)).copied().unwrap_or(NO_CODE);
                ids.iter_mut().for_each(rank);
            }
            ids
        };
        lines.person = ids(&mut raw, "psn_no", Some(&self.ranks.persons));
        lines.encounter = ids(&mut raw, "mdtrt_id", Some(&self.ranks.encounters));
        lines.settlement = ids(&mut raw, "setl_id", Some(&self.ranks.settlements));
        lines.institution = ids(&mut raw, "fixmedins_code", None);
        lines.item = ids(&mut raw, "hilist_code", None);
        let numbers = |raw: &mut Raw, name: &str| -> Vec<i64> {
            match raw.take(name) {
                RawColumn::Numbers(numbers) => gather(numbers, order),
                RawColumn::Absent | RawColumn::Ids(_) | RawColumn::Serial(..) => Vec::new(),
            }
        };
        lines.time = numbers(&mut raw, "fee_ocur_time");
        lines.day = lines.time.iter().map(|&time| day_of(time)).collect();
        lines.cnt = numbers(&mut raw, "cnt");
        lines.pric = numbers(&mut raw, "pric");
        lines.amount = numbers(&mut raw, "det_item_fee_sumamt");
        lines.scp = numbers(&mut raw, "inscp_scp_amt");
        let orders = numbers(&mut raw, "rx_drord_no");
        lines.order_no = orders.into_iter().map(i64::cast_unsigned).collect();
        lines.optional = self.optional(raw, n, order);
        lines
    }

    /// Writes what reversals left of lines.
    fn leave(raw: &mut Raw, left: impl Iterator<Item = Left>) {
        for left in left {
            for (name, value) in [
                ("cnt", left.cnt),
                ("det_item_fee_sumamt", left.amount),
                ("inscp_scp_amt", left.scp),
            ] {
                if let Some(RawColumn::Numbers(numbers)) = raw.columns.get_mut(place(name))
                    && let Some(slot) = numbers.get_mut(at(left.row))
                {
                    *slot = value;
                }
            }
        }
    }

    /// The columns that have no place of their own.
    fn optional(&self, raw: Raw, n: usize, order: Option<&[u32]>) -> Relation {
        let mut optional = Relation::empty(TableName::Lines);
        optional.n_rows = n;
        for ((slot, column), keep) in optional.columns.iter_mut().zip(raw.columns).zip(&self.keeps)
        {
            *slot = match column {
                RawColumn::Absent => Column::Absent,
                RawColumn::Ids(ids) => Column::Code(gather(ids, order)),
                RawColumn::Numbers(numbers) if *keep == Keep::Day => {
                    let day = |&value: &i64| i32::try_from(value).unwrap_or(NO_DAY);
                    Column::Day(gather(numbers, order).iter().map(day).collect())
                }
                RawColumn::Numbers(numbers) => Column::Number(gather(numbers, order)),
                RawColumn::Serial(heads, numbers) => {
                    let (heads, numbers) = (gather(heads, order), in_order(numbers, order));
                    let texts = Serials::new(Arc::clone(&self.heads), heads, numbers);
                    Column::Text((0..texts.len()).map(|row| texts.bytes(row)).collect())
                }
            };
        }
        optional
    }
}
