//! Columns of a Parquet row group, page by page, straight to checked values.
//!
//! A text of a dictionary page is looked up or checked once, however many rows have it; a column
//! that is only checked is done with its dictionary. What is not flat, plain or dictionary coded goes
//! the general way (`parquet`).

mod dictionary;
mod flow;
mod hybrid;
mod source;
mod take;
mod texts;
mod window;

use std::fs::File;
use std::sync::Arc;

use arrow_schema::{DataType, Schema, TimeUnit};
use bytes::Bytes;
use jihe_frame::{Profile, timed_in};
use jihe_terms::schema::Kind;
use parquet::basic::{Encoding, LogicalType, PageType, Type};
use parquet::column::page::{Page, PageReader};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats, RowGroupMetaData};
use parquet::file::serialized_reader::SerializedPageReader;

use crate::layout::Layout;
use crate::normalise::Normaliser;
use crate::place::at;
use crate::values::Unit;
use dictionary::Dictionary;
pub(crate) use flow::PageSizes;
use flow::Remains;
use hybrid::Hybrid;
use source::{Codec, Watched};

/// A page that is not what its file says.
#[derive(Debug)]
pub(crate) struct Damaged(pub(crate) String);

impl From<parquet::errors::ParquetError> for Damaged {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self(error.to_string())
    }
}

type Checked<T> = Result<T, Damaged>;

fn damaged(what: &str) -> Damaged {
    Damaged(what.to_owned())
}

/// How values of a column are stored.
#[derive(Clone, Copy, Debug)]
enum Stored {
    Texts { utf8: bool },
    Ints32(Unit),
    Ints64(Unit),
    Fixed(usize, Unit),
}

/// Values of a page that are left.
enum Values {
    Indexes(Hybrid),
    Plain(Remains),
}

impl Values {
    /// Ends a page of which all values were taken.
    fn end(self) -> Result<(), Damaged> {
        match self {
            Self::Plain(page) => page.end(),
            Self::Indexes(indexes) => indexes.end(),
        }
    }
}

struct Open {
    n_left: usize,
    levels: Option<Hybrid>,
    values: Values,
}

/// One column of a row group.
struct Column {
    /// Place in the schema of the table.
    place: usize,
    pages: Box<dyn PageReader>,
    /// Tells where and how long a page is, where pages come as they are stored, as they are large.
    stored_pages: Option<Arc<Watched>>,
    stored: Stored,
    optional: bool,
    /// Whether all its pages are dictionary coded.
    all_coded: bool,
    dictionary: Option<Dictionary>,
    open: Option<Open>,
    is_done: bool,
    /// Scratch.
    indexes: Vec<u32>,
    valid: Vec<bool>,
}

/// Rows that are passed over at a time.
const PASSED_AT_ONCE: usize = 1 << 16;

/// The columns of a row group.
pub(crate) struct Columns {
    columns: Vec<Column>,
}

/// Opens the columns of a row group; none if one of them has to go the general way. Large pages are read piece by
/// piece where sizes are given, which takes some time more.
pub(crate) fn open(
    file: &Arc<File>,
    schema: &Schema,
    layout: &Layout,
    (group, by_pieces): (&RowGroupMetaData, Option<&PageSizes>),
) -> Option<Columns> {
    let n_rows = usize::try_from(group.num_rows()).ok()?;
    let mut columns = Vec::new();
    for (place, (definition, found)) in
        layout.table.columns().iter().zip(&layout.columns).enumerate()
    {
        let Some((at_file, _)) = found else { continue };
        let data_type = schema.fields().get(*at_file)?.data_type();
        // Nested columns would move the places of those behind them.
        if group.columns().len() != schema.fields().len() {
            return None;
        }
        let chunk = group.columns().get(*at_file)?;
        let stored = stored(chunk, data_type, definition.kind)?;
        let codec = by_pieces.and_then(|sizes| sizes.large(*at_file, chunk));
        let (pages, stored_pages): (Box<dyn PageReader>, _) = if let Some(codec) = codec {
            let (raw, watched) = (source::as_stored(chunk)?, Arc::new(Watched::new(file, codec)));
            let pages = SerializedPageReader::new(Arc::clone(&watched), &raw, n_rows, None).ok()?;
            (Box::new(pages), Some(watched))
        } else {
            let pages = SerializedPageReader::new(Arc::clone(file), chunk, n_rows, None).ok()?;
            (Box::new(pages), None)
        };
        columns.push(Column {
            place,
            pages,
            stored_pages,
            stored,
            optional: chunk.column_descr().max_def_level() == 1,
            all_coded: is_all_coded(chunk),
            dictionary: None,
            open: None,
            is_done: false,
            indexes: Vec::new(),
            valid: Vec::new(),
        });
    }
    Some(Columns { columns })
}

/// What the file says of the data pages of a column, if it was asked for it.
fn data_pages(chunk: &ColumnChunkMetaData) -> Option<impl Iterator<Item = &PageEncodingStats>> {
    let is_of_data = |page| matches!(page, PageType::DATA_PAGE | PageType::DATA_PAGE_V2);
    Some(chunk.page_encoding_stats()?.iter().filter(move |pages| is_of_data(pages.page_type)))
}

fn is_all_coded(chunk: &ColumnChunkMetaData) -> bool {
    let is_coded =
        |encoding| matches!(encoding, Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY);
    // Where no page is named nobody knows.
    let are_coded = |encodings: &mut dyn Iterator<Item = Encoding>| {
        let mut encodings = encodings.peekable();
        encodings.peek().is_some() && encodings.all(is_coded)
    };
    let by_mask = || Some(are_coded(&mut chunk.page_encoding_stats_mask()?.encodings()));
    let by_pages = || Some(are_coded(&mut data_pages(chunk)?.map(|pages| pages.encoding)));
    chunk.dictionary_page_offset().is_some() && by_mask().or_else(by_pages) == Some(true)
}

fn stored(chunk: &ColumnChunkMetaData, data_type: &DataType, kind: Kind) -> Option<Stored> {
    // Files that name packed levels are old; the general way reads them.
    let known =
        [Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY, Encoding::PLAIN_DICTIONARY];
    let descr = chunk.column_descr();
    let is_flat = descr.max_rep_level() == 0 && descr.max_def_level() <= 1;
    if !is_flat || !chunk.encodings().all(|encoding| known.contains(&encoding)) {
        return None;
    }
    let is_number = !matches!(kind, Kind::Code | Kind::Key | Kind::Text);
    let unit = || Unit::of(data_type).filter(|_| is_number);
    match (chunk.column_type(), data_type) {
        (Type::BYTE_ARRAY, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) => {
            let utf8 = !matches!(descr.logical_type_ref(), Some(LogicalType::Bson));
            Some(Stored::Texts { utf8 })
        }
        (Type::INT32, DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::Date64)
        | (
            Type::INT64,
            DataType::UInt64 | DataType::Date64 | DataType::Timestamp(TimeUnit::Second, _),
        ) => None,
        (Type::INT32, _) => Some(Stored::Ints32(unit()?)),
        (Type::INT64, _) => Some(Stored::Ints64(unit()?)),
        (Type::FIXED_LEN_BYTE_ARRAY, DataType::Decimal128(..)) => {
            let width = usize::try_from(descr.type_length()).ok()?;
            (1..=16).contains(&width).then_some(())?;
            Some(Stored::Fixed(width, unit()?))
        }
        _ => None,
    }
}

impl Columns {
    /// Adds the next `n_rows` rows to the sheet; a profile says what each column takes.
    pub(crate) fn read(
        &mut self,
        sheet: &mut Normaliser<'_>,
        n_rows: usize,
        profile: Option<&Profile>,
    ) -> Result<(), Damaged> {
        sheet.begin(n_rows);
        self.columns.iter_mut().try_for_each(|column| {
            let step = ("read / decode", sheet.name_of(column.place));
            timed_in(profile, step, || column.read(sheet, n_rows))
        })
    }

    /// Passes over `n_rows` rows, whole pages without decompressing them.
    pub(crate) fn pass_over(
        &mut self,
        sheet: &mut Normaliser<'_>,
        n_rows: usize,
    ) -> Result<(), Damaged> {
        self.columns.iter_mut().try_for_each(|column| column.pass_over(sheet, n_rows))
    }
}

impl Column {
    fn read(&mut self, sheet: &mut Normaliser<'_>, n_rows: usize) -> Result<(), Damaged> {
        let mut done = 0_usize;
        while done < n_rows && !self.is_done {
            let Some(open) = &mut self.open else {
                self.turn(sheet)?;
                continue;
            };
            let n = n_rows.saturating_sub(done).min(open.n_left);
            self.valid.clear();
            let mut n_valid = n;
            if let Some(levels) = &mut open.levels {
                n_valid = levels.flags(n, &mut self.valid)?;
                if n_valid == n {
                    self.valid.clear();
                }
            }
            let rows = take::Rows { first: done, n, valid: &self.valid };
            match &mut open.values {
                Values::Indexes(indexes) => {
                    self.indexes.clear();
                    indexes.read(n_valid, &mut self.indexes)?;
                    let entries = self.dictionary.as_ref();
                    let entries = entries.ok_or_else(|| damaged("no dictionary page"))?;
                    dictionary::coded(sheet, self.place, entries, &self.indexes, rows)?;
                }
                Values::Plain(page) => {
                    take::plain(sheet, self.place, self.stored, page, n_valid, rows)?;
                }
            }
            self.taken(n)?;
            done = done.saturating_add(n);
        }
        Ok(())
    }

    fn pass_over(&mut self, sheet: &mut Normaliser<'_>, n_rows: usize) -> Result<(), Damaged> {
        let mut n_left = n_rows;
        while 0 < n_left && !self.is_done {
            let Some(open) = &mut self.open else {
                let page = self.pages.peek_next_page()?;
                let page = page.ok_or_else(|| damaged("pages are missing"))?;
                // Columns are flat: a level is a row.
                match page.num_levels.or(page.num_rows) {
                    Some(n_page) if !page.is_dict && n_page <= n_left => {
                        self.pages.skip_next_page()?;
                        n_left = n_left.saturating_sub(n_page);
                    }
                    _ => self.turn(sheet)?,
                }
                continue;
            };
            // What is passed over is read, too, but not all of it at once.
            let n = n_left.min(open.n_left).min(PASSED_AT_ONCE);
            self.valid.clear();
            let n_valid = match &mut open.levels {
                Some(levels) => levels.flags(n, &mut self.valid)?,
                None => n,
            };
            match &mut open.values {
                Values::Indexes(indexes) => {
                    self.indexes.clear();
                    indexes.read(n_valid, &mut self.indexes)?;
                }
                Values::Plain(page) => take::pass_over(self.stored, page, n_valid)?,
            }
            self.taken(n)?;
            n_left = n_left.saturating_sub(n);
        }
        Ok(())
    }

    /// Goes on behind some rows of the page that is open.
    fn taken(&mut self, n: usize) -> Result<(), Damaged> {
        let Some(mut open) = self.open.take() else { return Ok(()) };
        open.n_left = open.n_left.saturating_sub(n);
        if open.n_left != 0 {
            self.open = Some(open);
            return Ok(());
        }
        open.values.end()
    }

    /// A page as it came, read and decompressed now or later if that was not done.
    fn page(&self, buf: Bytes) -> Result<Remains, Damaged> {
        let Some(file) = &self.stored_pages else { return Ok(Remains::Whole(buf)) };
        let (codec, raw, n_bytes) = file.page(buf)?;
        Remains::of(codec, raw, n_bytes)
    }

    /// A page of the second version as it came: its levels, which are never compressed, and the rest.
    fn page_v2(
        &self,
        buf: Bytes,
        n_levels: usize,
        is_compressed: bool,
    ) -> Result<(Bytes, Remains), Damaged> {
        let Some(file) = &self.stored_pages else {
            let mut page = Remains::Whole(buf);
            return Ok((page.take(n_levels)?, page));
        };
        let (codec, mut raw, n_bytes) = file.page(buf)?;
        let levels = raw.split_to(n_levels)?;
        let n_bytes = n_bytes.checked_sub(n_levels);
        let n_bytes = n_bytes.ok_or_else(|| damaged("levels are longer than a page"))?;
        let codec = if is_compressed { codec } else { Codec::Plain };
        Ok((levels, Remains::of(codec, raw, n_bytes)?))
    }

    /// Opens the next page.
    fn turn(&mut self, sheet: &mut Normaliser<'_>) -> Result<(), Damaged> {
        let page = self.pages.get_next_page()?.ok_or_else(|| damaged("pages are missing"))?;
        match page {
            Page::DictionaryPage { buf, num_values, .. } => {
                let buf = self.page(buf)?.rest()?;
                let entries =
                    dictionary::read(sheet, self.place, self.stored, &buf, at(num_values))?;
                // A column that is only checked needs no more than its good dictionary.
                self.is_done = self.all_coded && entries.is_good_check();
                self.dictionary = Some(entries);
            }
            Page::DataPage { buf, num_values, encoding, def_level_encoding, .. } => {
                let mut page = self.page(buf)?;
                let mut levels = None;
                if self.optional {
                    if def_level_encoding != Encoding::RLE {
                        return Err(damaged("levels are not run lengths"));
                    }
                    let n_bytes = page.take(4)?;
                    let n_bytes = n_bytes.first_chunk::<4>().map_or(0, |n| u32::from_le_bytes(*n));
                    levels = Some(Hybrid::new(Remains::Whole(page.take(at(n_bytes))?), 1));
                }
                self.open_page(page, num_values, encoding, levels)?;
            }
            Page::DataPageV2 {
                buf,
                num_values,
                encoding,
                def_levels_byte_len,
                rep_levels_byte_len,
                is_compressed,
                ..
            } => {
                if rep_levels_byte_len != 0 {
                    return Err(damaged("a flat column has levels of repetition"));
                }
                let (levels, page) = self.page_v2(buf, at(def_levels_byte_len), is_compressed)?;
                let levels = self.optional.then(|| Hybrid::new(Remains::Whole(levels), 1));
                self.open_page(page, num_values, encoding, levels)?;
            }
        }
        Ok(())
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "Parquet has more codings than these")]
    fn open_page(
        &mut self,
        mut page: Remains,
        n_values: u32,
        encoding: Encoding,
        levels: Option<Hybrid>,
    ) -> Result<(), Damaged> {
        let values = match encoding {
            Encoding::PLAIN => Values::Plain(page),
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => {
                // A page of nulls may have no width, and has no index then.
                let told = page.peek(1)?.first().copied();
                let width = told.unwrap_or(1);
                if 32 < width {
                    return Err(damaged("indexes are too wide"));
                }
                page.pass(usize::from(told.is_some()))?;
                Values::Indexes(Hybrid::new(page, u32::from(width)))
            }
            _ => return Err(damaged("a page is coded in another way than its column says")),
        };
        if n_values == 0 {
            return values.end();
        }
        self.open = Some(Open { n_left: at(n_values), levels, values });
        Ok(())
    }
}
