//! The row groups of a file, shared out to threads as they become free.
//!
//! Who finds no group left takes the later half of what another has not begun of its own. What a group
//! has once, its dictionaries and the page in which it is cut, is read again for each of its pieces; so
//! small rests stay whole, and groups whose columns are a page each.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use parquet::file::metadata::RowGroupMetaData;

use crate::read::pages::PageSizes;

/// Rows that are worth reading the dictionaries of a group once more.
const LEAST_ROWS: u64 = 1 << 16;

/// Rows of a row group that are read one after the other.
#[derive(Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) number: usize,
    pub(crate) group: &'a RowGroupMetaData,
    /// Rows of the file before the group.
    pub(crate) n_before: u64,
    /// How large the pages of the group are.
    pub(crate) sizes: Arc<PageSizes>,
    may_split: bool,
    /// Rows of the group before the piece.
    pub(crate) from: u64,
    /// Rows of the group that nobody has begun.
    rest: Mutex<Range<u64>>,
}

impl<'a> Piece<'a> {
    /// A whole group of so many rows.
    pub(crate) fn whole(
        (number, group): (usize, &'a RowGroupMetaData),
        sizes: Arc<PageSizes>,
        (n_before, n_rows): (u64, u64),
    ) -> Self {
        let may_split = sizes.may_split(group);
        Self { number, group, n_before, sizes, may_split, from: 0, rest: Mutex::new(0..n_rows) }
    }

    /// The next rows, so many at most: how many they are, none at the end.
    pub(crate) fn begin(&self, most: u64) -> u64 {
        let mut rest = locked(&self.rest);
        let n_rows = most.min(rest.end.saturating_sub(rest.start));
        rest.start = rest.start.saturating_add(n_rows);
        n_rows
    }

    fn n_left(&self) -> u64 {
        let rest = locked(&self.rest);
        rest.end.saturating_sub(rest.start)
    }

    /// Takes the later half of the rest away, if both halves are worth it.
    fn halve(&self) -> Option<Self> {
        let mut rest = locked(&self.rest);
        // The rows before it are begun so many at a time.
        let half = rest.end.saturating_sub(rest.start).div_euclid(2);
        let n_kept = half.div_euclid(LEAST_ROWS).saturating_mul(LEAST_ROWS);
        if n_kept == 0 {
            return None;
        }
        let from = rest.start.saturating_add(n_kept);
        let later = Mutex::new(from..rest.end);
        rest.end = from;
        let Self { number, group, n_before, may_split, .. } = *self;
        let sizes = Arc::clone(&self.sizes);
        Some(Self { number, group, n_before, sizes, may_split, from, rest: later })
    }
}

/// The pieces of a file.
#[derive(Debug)]
pub(crate) struct Pieces<'a> {
    all: Mutex<Shared<'a>>,
    may_split: bool,
}

#[derive(Debug)]
struct Shared<'a> {
    pieces: Vec<Arc<Piece<'a>>>,
    /// The first of them that nobody has.
    next: usize,
}

impl<'a> Pieces<'a> {
    /// Shares out groups, which may be split if `may_split`.
    pub(crate) fn new(groups: Vec<Piece<'a>>, may_split: bool) -> Self {
        let pieces = groups.into_iter().map(Arc::new).collect();
        Self { all: Mutex::new(Shared { pieces, next: 0 }), may_split }
    }

    /// A piece for a thread that has none; none if all that is left has its reader.
    pub(crate) fn next(&self) -> Option<Arc<Piece<'a>>> {
        let mut all = locked(&self.all);
        if let Some(piece) = all.pieces.get(all.next).map(Arc::clone) {
            all.next = all.next.saturating_add(1);
            return Some(piece);
        }
        if !self.may_split {
            return None;
        }
        let of_pages = all.pieces.iter().filter(|piece| piece.may_split);
        let longest = of_pages.max_by_key(|piece| piece.n_left())?;
        let piece = Arc::new(longest.halve()?);
        all.pieces.push(Arc::clone(&piece));
        all.next = all.pieces.len();
        Some(piece)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use parquet::basic;
    use parquet::file::metadata::{
        ColumnChunkMetaData, ColumnChunkMetaDataBuilder, PageEncodingStats,
    };
    use parquet::schema::types::{SchemaDescriptor, Type};

    use super::*;

    fn group(n_rows: i64) -> RowGroupMetaData {
        let schema = Type::group_type_builder("schema").build().unwrap();
        let schema = Arc::new(SchemaDescriptor::new(Arc::new(schema)));
        RowGroupMetaData::builder(schema).set_num_rows(n_rows).build().unwrap()
    }

    #[test]
    fn a_group_is_split_only_where_its_columns_have_more_than_a_page() {
        let column = Type::primitive_type_builder("n", basic::Type::INT64).build().unwrap();
        let schema = Type::group_type_builder("schema").with_fields(vec![Arc::new(column)]);
        let schema = Arc::new(SchemaDescriptor::new(Arc::new(schema.build().unwrap())));
        let of_column = |column: ColumnChunkMetaDataBuilder, file: &std::fs::File| {
            let column = column.set_total_uncompressed_size(8_000_000).build().unwrap();
            let group = RowGroupMetaData::builder(Arc::clone(&schema)).set_num_rows(1_000_000);
            let group = group.set_column_metadata(vec![column]).build().unwrap();
            let sizes = Arc::new(PageSizes::of(file, &group));
            let pieces = Pieces::new(vec![Piece::whole((0, &group), sizes, (0, 1_000_000))], true);
            let has_first = pieces.next().is_some();
            (has_first, pieces.next().is_some())
        };
        let of_pages = |counts: &[i32]| {
            let pages = |&count: &i32| PageEncodingStats {
                page_type: basic::PageType::DATA_PAGE,
                encoding: basic::Encoding::PLAIN,
                count,
            };
            let column = ColumnChunkMetaData::builder(schema.column(0));
            let column = column.set_page_encoding_stats(counts.iter().map(pages).collect());
            of_column(column, &tempfile::tempfile().unwrap())
        };
        // Where the file does not say how many there are, the first one tells.
        let of_first = |head: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut file, head).unwrap();
            let column = ColumnChunkMetaData::builder(schema.column(0)).set_data_page_offset(2);
            of_column(column, &file)
        };
        // 8 000 000 and 64 bytes.
        let large = [0, 0, 0x15, 0, 0x15, 0x80, 0xc8, 0xd0, 0x07, 0x15, 2, 0x2c];
        let small = [0, 0, 0x15, 0, 0x15, 0x80, 0x01, 0x15, 2, 0x2c];
        assert_eq!((of_first(&large), of_first(&small)), ((true, false), (true, true)));
        assert_eq!(of_first(b"no header"), (true, false));
        assert_eq!(of_pages(&[1]), (true, false));
        assert_eq!(of_pages(&[1, 2]), (true, false));
        assert_eq!(of_pages(&[1, 3]), (true, true));
        assert_eq!(of_pages(&[8]), (true, true));
    }

    #[test]
    fn every_row_is_begun_once_however_groups_are_split() {
        let sizes = [100, 1_000_000, 0, 300_000, 131_072, 131_071];
        let groups = sizes.map(group);
        for may_split in [false, true] {
            let whole = groups.iter().zip(sizes).enumerate().map(|(number, (group, n_rows))| {
                let n_rows = u64::try_from(n_rows).unwrap();
                Piece::whole((number, group), Arc::default(), (7, n_rows))
            });
            let pieces = Pieces::new(whole.collect(), may_split);
            // Three readers, of which each begins some rows in turn.
            let mut readers: Vec<(Arc<Piece<'_>>, u64)> = Vec::new();
            let mut begun: Vec<(usize, Range<u64>)> = Vec::new();
            let mut n_pieces = 0;
            loop {
                while readers.len() < 3
                    && let Some(piece) = pieces.next()
                {
                    n_pieces += 1;
                    let from = piece.from;
                    readers.push((piece, from));
                }
                if readers.is_empty() {
                    break;
                }
                readers.retain_mut(|(piece, at)| {
                    let n_rows = piece.begin(LEAST_ROWS);
                    begun.push((piece.number, *at..*at + n_rows));
                    *at += n_rows;
                    0 < n_rows
                });
            }
            assert_eq!(6 < n_pieces, may_split);
            begun.sort_by_key(|(number, rows)| (*number, rows.start, rows.end));
            for (number, &n_rows) in sizes.iter().enumerate() {
                let mut end = 0;
                for (_, rows) in begun.iter().filter(|(of, rows)| *of == number && !rows.is_empty())
                {
                    assert_eq!(rows.start, end, "group {number}");
                    end = rows.end;
                }
                assert_eq!(end, u64::try_from(n_rows).unwrap());
            }
        }
    }
}
