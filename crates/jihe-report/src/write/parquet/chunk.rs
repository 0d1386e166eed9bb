//! One column of a row group, coded and compressed.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, Type};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use jihe_terms::NO_CODE;

use super::{deltas, hybrid};
use crate::sheet::{Column, PlainTexts, WriteText};
use crate::write::Cause;

/// Rows of a page.
const PAGE_ROWS: usize = 16_384;

/// A column of a row group as it stands in the file.
pub(super) struct Chunk {
    bytes: Vec<u8>,
    n_rows: usize,
    n_uncompressed: i64,
    encoding: Encoding,
    compression: Compression,
    /// Bytes of the dictionary page, which stands first.
    dictionary: Option<i64>,
    n_pages: i32,
}

/// Pages in the making.
struct Pages {
    sink: TrackedWrite<Vec<u8>>,
    n_uncompressed: i64,
    n_added: i32,
    snappy: Option<snap::raw::Encoder>,
}

impl Pages {
    fn add(&mut self, page: Vec<u8>, of: impl FnOnce(Bytes) -> Page) -> Result<i64, Cause> {
        let n_uncompressed = page.len();
        let page = match &mut self.snappy {
            Some(snappy) => snappy.compress_vec(&page)?,
            None => page,
        };
        let page = CompressedPage::new(of(Bytes::from(page)), n_uncompressed);
        let spec = SerializedPageWriter::new(&mut self.sink).write_page(page)?;
        self.n_uncompressed =
            self.n_uncompressed.saturating_add(i64::try_from(spec.uncompressed_size)?);
        Ok(i64::try_from(spec.bytes_written)?)
    }

    fn add_values(&mut self, page: Vec<u8>, n: usize, encoding: Encoding) -> Result<(), Cause> {
        let num_values = u32::try_from(n)?;
        self.n_added = self.n_added.saturating_add(1);
        self.add(page, |buf| Page::DataPage {
            buf,
            num_values,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        })?;
        Ok(())
    }

    fn add_dictionary(&mut self, page: Vec<u8>, n: usize) -> Result<i64, Cause> {
        let num_values = u32::try_from(n)?;
        let encoding = Encoding::PLAIN;
        self.add(page, |buf| Page::DictionaryPage { buf, num_values, encoding, is_sorted: false })
    }
}

impl Chunk {
    /// Codes a column.
    pub(super) fn new(column: &Column<'_>, descr: &ColumnDescPtr) -> Result<Self, Cause> {
        // Places and differences are packed already; only sentences gain by being compressed.
        let is_text = matches!(column, Column::Texts(_));
        let mut pages = Pages {
            sink: TrackedWrite::new(Vec::with_capacity(column.len().saturating_mul(4))),
            n_uncompressed: 0,
            n_added: 0,
            snappy: is_text.then(snap::raw::Encoder::new),
        };
        let is_wide = descr.physical_type() == Type::FIXED_LEN_BYTE_ARRAY;
        let mut dictionary = None;
        let encoding = match column {
            Column::Texts(texts) => write_texts(texts, &mut pages)?,
            Column::Keys(keys) => write_keys(keys, &mut pages)?,
            Column::Listed { places, n_list, write } => {
                dictionary = Some(write_listed(places, *n_list, write, &mut pages)?);
                Encoding::RLE_DICTIONARY
            }
            Column::Numbers(numbers) if is_wide => {
                let numbers = numbers.iter().map(|&number| Some(number.into()));
                write_wide(&numbers.collect::<Vec<_>>(), &mut pages)?
            }
            Column::Numbers(numbers) => write_numbers(numbers, &mut pages)?,
            Column::Wide(numbers) if is_wide => write_wide(numbers, &mut pages)?,
            Column::Wide(numbers) => write_sparse(numbers, &mut pages)?,
        };
        let compression = if is_text { Compression::SNAPPY } else { Compression::UNCOMPRESSED };
        Ok(Self {
            n_uncompressed: pages.n_uncompressed,
            n_pages: pages.n_added,
            bytes: pages.sink.into_inner()?,
            n_rows: column.len(),
            encoding,
            compression,
            dictionary,
        })
    }

    /// What the footer says of the column if it begins at `offset`.
    pub(super) fn describe(
        &self,
        descr: &ColumnDescPtr,
        offset: i64,
    ) -> Result<ColumnChunkMetaData, Cause> {
        let mut encodings = vec![self.encoding, Encoding::RLE];
        let stats = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let mut of_pages = vec![stats(PageType::DATA_PAGE, self.encoding, self.n_pages)];
        if self.dictionary.is_some() {
            encodings.push(Encoding::PLAIN);
            of_pages.insert(0, stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1));
        }
        let chunk = ColumnChunkMetaData::builder(descr.clone())
            .set_encodings(encodings)
            .set_page_encoding_stats(of_pages)
            .set_compression(self.compression)
            .set_num_values(i64::try_from(self.n_rows)?)
            .set_total_compressed_size(i64::try_from(self.bytes.len())?)
            .set_total_uncompressed_size(self.n_uncompressed)
            .set_dictionary_page_offset(self.dictionary.map(|_| offset))
            .set_data_page_offset(offset.saturating_add(self.dictionary.unwrap_or(0)));
        Ok(chunk.build()?)
    }

    /// The pages.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of the pages before compression.
    pub(super) fn n_uncompressed(&self) -> i64 {
        self.n_uncompressed
    }
}

/// Starts a page: which of its rows have a value.
fn begin(is_valid: impl ExactSizeIterator<Item = bool>) -> Vec<u8> {
    let levels: Vec<u32> = is_valid.map(u32::from).collect();
    let mut coded = Vec::new();
    hybrid::write(&levels, 1, &mut coded);
    // Most pages have some bytes for each of their rows.
    let mut page = Vec::with_capacity(levels.len().saturating_mul(3));
    page.extend_from_slice(&u32::try_from(coded.len()).unwrap_or(u32::MAX).to_le_bytes());
    page.extend_from_slice(&coded);
    page
}

fn write_texts(texts: &PlainTexts, pages: &mut Pages) -> Result<Encoding, Cause> {
    for from in (0..texts.len()).step_by(PAGE_ROWS) {
        let until = from.saturating_add(PAGE_ROWS).min(texts.len());
        let mut page = begin((from..until).map(|row| texts.get(row).is_some()));
        page.extend_from_slice(texts.with_lengths(from, until));
        pages.add_values(page, until.saturating_sub(from), Encoding::PLAIN)?;
    }
    Ok(Encoding::PLAIN)
}

/// What each key shares with the one before, and then the rest of each.
fn write_keys(keys: &PlainTexts, pages: &mut Pages) -> Result<Encoding, Cause> {
    let (mut shared, mut lengths, mut rests) = (Vec::new(), Vec::new(), Vec::new());
    for from in (0..keys.len()).step_by(PAGE_ROWS) {
        let until = from.saturating_add(PAGE_ROWS).min(keys.len());
        let mut page = begin((from..until).map(|row| keys.get(row).is_some()));
        shared.clear();
        lengths.clear();
        rests.clear();
        let mut former: &[u8] = &[];
        for key in (from..until).filter_map(|row| keys.get(row)) {
            let n_shared = key.iter().zip(former).take_while(|(a, b)| a == b).count();
            let rest = key.get(n_shared..).unwrap_or(&[]);
            shared.push(i64::try_from(n_shared)?);
            lengths.push(i64::try_from(rest.len())?);
            rests.extend_from_slice(rest);
            former = key;
        }
        deltas::write(&shared, &mut page);
        deltas::write(&lengths, &mut page);
        page.extend_from_slice(&rests);
        pages.add_values(page, until.saturating_sub(from), Encoding::DELTA_BYTE_ARRAY)?;
    }
    Ok(Encoding::DELTA_BYTE_ARRAY)
}

/// Writes those of a list that are there, in the order in which they come, and then their places;
/// tells the bytes of the first.
fn write_listed(
    places: &[u32],
    n_list: usize,
    write: &WriteText<'_>,
    pages: &mut Pages,
) -> Result<i64, Cause> {
    let mut known = vec![NO_CODE; n_list];
    let mut list = PlainTexts::with_capacity(places.len().min(n_list).div_euclid(2), 24);
    let mut indexes = Vec::with_capacity(places.len());
    for &place in places {
        let Some(slot) = known.get_mut(usize::try_from(place).unwrap_or(usize::MAX)) else {
            indexes.push(NO_CODE);
            continue;
        };
        if *slot == NO_CODE {
            *slot = u32::try_from(list.len())?;
            list.push(|text| {
                write(place, text);
                true
            });
        }
        indexes.push(*slot);
    }
    let n_dictionary =
        pages.add_dictionary(list.with_lengths(0, list.len()).to_vec(), list.len())?;
    let width = hybrid::width_of(list.len());
    let mut there = Vec::new();
    for indexes in indexes.chunks(PAGE_ROWS) {
        let mut page = begin(indexes.iter().map(|&index| index != NO_CODE));
        page.push(u8::try_from(width)?);
        there.clear();
        there.extend(indexes.iter().copied().filter(|&index| index != NO_CODE));
        hybrid::write(&there, width, &mut page);
        pages.add_values(page, indexes.len(), Encoding::RLE_DICTIONARY)?;
    }
    Ok(n_dictionary)
}

fn write_numbers(numbers: &[i64], pages: &mut Pages) -> Result<Encoding, Cause> {
    for numbers in numbers.chunks(PAGE_ROWS) {
        let mut page = begin(numbers.iter().map(|_| true));
        deltas::write(numbers, &mut page);
        pages.add_values(page, numbers.len(), Encoding::DELTA_BINARY_PACKED)?;
    }
    Ok(Encoding::DELTA_BINARY_PACKED)
}

/// Numbers of 64 bits of which some are missing.
fn write_sparse(numbers: &[Option<i128>], pages: &mut Pages) -> Result<Encoding, Cause> {
    for numbers in numbers.chunks(PAGE_ROWS) {
        let mut page = begin(numbers.iter().map(Option::is_some));
        let there = numbers.iter().flatten().map(|&number| i64::try_from(number));
        deltas::write(&there.collect::<Result<Vec<_>, _>>()?, &mut page);
        pages.add_values(page, numbers.len(), Encoding::DELTA_BINARY_PACKED)?;
    }
    Ok(Encoding::DELTA_BINARY_PACKED)
}

/// Numbers of sixteen bytes, the highest first.
fn write_wide(numbers: &[Option<i128>], pages: &mut Pages) -> Result<Encoding, Cause> {
    for numbers in numbers.chunks(PAGE_ROWS) {
        let mut page = begin(numbers.iter().map(Option::is_some));
        numbers.iter().flatten().for_each(|number| page.extend_from_slice(&number.to_be_bytes()));
        pages.add_values(page, numbers.len(), Encoding::PLAIN)?;
    }
    Ok(Encoding::PLAIN)
}
