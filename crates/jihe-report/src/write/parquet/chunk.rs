//! One column of a row group, coded and compressed.

use std::ops::Range;

use bytes::Bytes;
use jihe_terms::NO_CODE;
use parquet::basic::{Compression, Encoding, PageType, Type};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::ranked::Ranked;
use super::snappy::{BLOCK, Snappy};
use super::{deltas, hybrid};
use crate::sheet::{Column, List, PlainTexts};
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
}

impl Pages {
    /// With room for so many bytes.
    fn with_capacity(n_bytes: usize) -> Self {
        let sink = TrackedWrite::new(Vec::with_capacity(n_bytes));
        Self { sink, n_uncompressed: 0, n_added: 0 }
    }

    /// Adds a page that had `n_uncompressed` bytes before it was compressed.
    fn add(
        &mut self,
        page: Vec<u8>,
        n_uncompressed: usize,
        of: impl FnOnce(Bytes) -> Page,
    ) -> Result<i64, Cause> {
        let page = CompressedPage::new(of(Bytes::from(page)), n_uncompressed);
        let spec = SerializedPageWriter::new(&mut self.sink).write_page(page)?;
        self.n_uncompressed =
            self.n_uncompressed.saturating_add(i64::try_from(spec.uncompressed_size)?);
        Ok(i64::try_from(spec.bytes_written)?)
    }

    fn add_values(&mut self, page: Vec<u8>, n: usize, encoding: Encoding) -> Result<(), Cause> {
        let n_bytes = page.len();
        self.add_compressed((page, n_bytes), n, encoding)
    }

    fn add_compressed(
        &mut self,
        (page, n_uncompressed): (Vec<u8>, usize),
        n: usize,
        encoding: Encoding,
    ) -> Result<(), Cause> {
        let num_values = u32::try_from(n)?;
        self.n_added = self.n_added.saturating_add(1);
        self.add(page, n_uncompressed, |buf| Page::DataPage {
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
        let (num_values, n_bytes) = (u32::try_from(n)?, page.len());
        let encoding = Encoding::PLAIN;
        self.add(page, n_bytes, |buf| Page::DictionaryPage {
            buf,
            num_values,
            encoding,
            is_sorted: false,
        })
    }
}

impl Chunk {
    /// Codes a column.
    pub(super) fn new(column: &Column<'_>, descr: &ColumnDescPtr) -> Result<Self, Cause> {
        // Places and differences are packed already; only sentences gain by being compressed.
        let is_text = matches!(column, Column::Texts(_));
        let mut pages = Pages::with_capacity(match column {
            Column::Texts(texts) => texts.n_bytes().div_euclid(3),
            Column::Keys(keys) => keys.n_bytes(),
            Column::Listed { .. } | Column::Numbers(_) | Column::Sparse(_) | Column::Wide(_) => {
                column.len().saturating_mul(4)
            }
        });
        let is_wide = descr.physical_type() == Type::FIXED_LEN_BYTE_ARRAY;
        let mut dictionary = None;
        let encoding = match column {
            Column::Texts(texts) => write_texts(texts, &mut pages)?,
            Column::Keys(keys) => write_keys(keys, &mut pages)?,
            Column::Listed { places, n_list, list } => {
                dictionary = Some(write_listed(places, *n_list, list, &mut pages)?);
                Encoding::RLE_DICTIONARY
            }
            Column::Numbers(numbers) if is_wide => {
                write_wide(numbers.iter().map(|&number| Some(number.into())), &mut pages)?
            }
            Column::Numbers(numbers) => write_numbers(numbers, &mut pages)?,
            Column::Sparse(numbers) if is_wide => {
                write_wide(numbers.iter().map(|number| number.map(i128::from)), &mut pages)?
            }
            Column::Sparse(numbers) => write_sparse(numbers, &mut pages)?,
            Column::Wide(numbers) if is_wide => {
                write_wide(numbers.iter().copied().map(Some), &mut pages)?
            }
            Column::Wide(numbers) => {
                let numbers = numbers.iter().map(|&number| i64::try_from(number));
                write_numbers(&numbers.collect::<Result<Vec<_>, _>>()?, &mut pages)?
            }
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

/// Starts a page: which of its rows have a value. It has room for so many bytes more.
fn begin(is_valid: impl Iterator<Item = bool>, n_more: usize) -> Vec<u8> {
    let levels: Vec<u32> = is_valid.map(u32::from).collect();
    let mut coded = Vec::new();
    hybrid::write(&levels, 1, &mut coded);
    with_levels(&coded, n_more)
}

/// Starts a page all of whose rows have a value.
fn begin_whole(n_rows: usize, n_more: usize) -> Vec<u8> {
    let mut coded = Vec::with_capacity(8);
    hybrid::write_run(1, n_rows, 1, &mut coded);
    with_levels(&coded, n_more)
}

fn with_levels(coded: &[u8], n_more: usize) -> Vec<u8> {
    let n_before = coded.len().saturating_add(4);
    let mut page = Vec::with_capacity(n_before.saturating_add(n_more));
    page.extend_from_slice(&u32::try_from(coded.len()).unwrap_or(u32::MAX).to_le_bytes());
    page.extend_from_slice(coded);
    page
}

/// Starts a page of some rows of a column of texts.
fn begin_texts(texts: &PlainTexts, rows: Range<usize>, n_more: usize) -> Vec<u8> {
    if texts.is_whole() {
        return begin_whole(rows.len(), n_more);
    }
    begin(texts.some(rows).map(|text| text.is_some()), n_more)
}

/// The rows of each page.
fn pages_of(n_rows: usize) -> impl Iterator<Item = Range<usize>> {
    (0..n_rows).step_by(PAGE_ROWS).map(move |from| from..from.saturating_add(PAGE_ROWS).min(n_rows))
}

fn write_texts(texts: &PlainTexts, pages: &mut Pages) -> Result<Encoding, Cause> {
    let mut snappy = Snappy::new();
    for rows in pages_of(texts.len()) {
        let n_rows = rows.len();
        let values = texts.with_lengths(rows.clone());
        let begin = begin_texts(texts, rows, values.len().min(BLOCK));
        let n_bytes = begin.len().saturating_add(values.len());
        let page = snappy.compress(begin, values)?;
        pages.add_compressed((page, n_bytes), n_rows, Encoding::PLAIN)?;
    }
    Ok(Encoding::PLAIN)
}

/// What each key shares with the one before, and then the rest of each.
fn write_keys(keys: &PlainTexts, pages: &mut Pages) -> Result<Encoding, Cause> {
    let n_most = keys.len().min(PAGE_ROWS);
    let (mut shared, mut lengths) = (Vec::with_capacity(n_most), Vec::with_capacity(n_most));
    let mut rests = Vec::with_capacity(n_most.saturating_mul(16));
    for rows in pages_of(keys.len()) {
        let n_rows = rows.len();
        shared.clear();
        lengths.clear();
        rests.clear();
        let mut former: &[u8] = &[];
        for key in keys.some(rows.clone()).flatten() {
            let n_shared = n_shared(former, key);
            let rest = key.get(n_shared..).unwrap_or(&[]);
            shared.push(i64::try_from(n_shared)?);
            lengths.push(i64::try_from(rest.len())?);
            rests.extend_from_slice(rest);
            former = key;
        }
        let n_more = rests.len().saturating_add(n_rows.saturating_mul(2));
        let mut page = begin_texts(keys, rows, n_more);
        deltas::write(&shared, &mut page);
        deltas::write(&lengths, &mut page);
        page.extend_from_slice(&rests);
        pages.add_values(page, n_rows, Encoding::DELTA_BYTE_ARRAY)?;
    }
    Ok(Encoding::DELTA_BYTE_ARRAY)
}

/// How many bytes two keys have in common at their beginning.
fn n_shared(one: &[u8], other: &[u8]) -> usize {
    let (words, other_words) = (one.as_chunks::<8>().0, other.as_chunks::<8>().0);
    let mut from = 0_usize;
    for (&word, &other) in words.iter().zip(other_words) {
        let differ = u64::from_le_bytes(word) ^ u64::from_le_bytes(other);
        if differ != 0 {
            let n_same = differ.trailing_zeros().div_euclid(8);
            return from.saturating_add(usize::try_from(n_same).unwrap_or(0));
        }
        from = from.saturating_add(8);
    }
    let rest = one.iter().zip(other).skip(from).take_while(|(a, b)| a == b).count();
    from.saturating_add(rest)
}

/// Writes those of a list that are there, in the order in which they come, and then their places;
/// tells the bytes of the first.
fn write_listed(
    places: &[u32],
    n_list: usize,
    list: &List<'_>,
    pages: &mut Pages,
) -> Result<i64, Cause> {
    let Ranked { ranks, listed, is_whole } = Ranked::new(places, n_list);
    let n_dictionary = pages.add_dictionary(list.with_lengths(&listed), listed.len())?;
    let width = hybrid::width_of(listed.len());
    let mut there = Vec::new();
    for ranks in ranks.chunks(PAGE_ROWS) {
        let n_more = ranks.len().saturating_mul(3);
        let mut page = if is_whole {
            begin_whole(ranks.len(), n_more)
        } else {
            begin(ranks.iter().map(|&rank| rank != NO_CODE), n_more)
        };
        page.push(u8::try_from(width)?);
        if is_whole {
            hybrid::write(ranks, width, &mut page);
        } else {
            there.clear();
            there.extend(ranks.iter().copied().filter(|&rank| rank != NO_CODE));
            hybrid::write(&there, width, &mut page);
        }
        pages.add_values(page, ranks.len(), Encoding::RLE_DICTIONARY)?;
    }
    Ok(n_dictionary)
}

fn write_numbers(numbers: &[i64], pages: &mut Pages) -> Result<Encoding, Cause> {
    for numbers in numbers.chunks(PAGE_ROWS) {
        let mut page = begin_whole(numbers.len(), numbers.len().saturating_mul(3));
        deltas::write(numbers, &mut page);
        pages.add_values(page, numbers.len(), Encoding::DELTA_BINARY_PACKED)?;
    }
    Ok(Encoding::DELTA_BINARY_PACKED)
}

/// Numbers of which some are missing.
fn write_sparse(numbers: &[Option<i64>], pages: &mut Pages) -> Result<Encoding, Cause> {
    for numbers in numbers.chunks(PAGE_ROWS) {
        let there: Vec<i64> = numbers.iter().flatten().copied().collect();
        let n_more = there.len().saturating_mul(3);
        let mut page = begin(numbers.iter().map(Option::is_some), n_more);
        deltas::write(&there, &mut page);
        pages.add_values(page, numbers.len(), Encoding::DELTA_BINARY_PACKED)?;
    }
    Ok(Encoding::DELTA_BINARY_PACKED)
}

/// Numbers of sixteen bytes, the highest first.
fn write_wide(
    numbers: impl Iterator<Item = Option<i128>>,
    pages: &mut Pages,
) -> Result<Encoding, Cause> {
    for numbers in numbers.collect::<Vec<_>>().chunks(PAGE_ROWS) {
        let n_more = numbers.len().saturating_mul(16);
        let mut page = begin(numbers.iter().map(Option::is_some), n_more);
        numbers.iter().flatten().for_each(|number| page.extend_from_slice(&number.to_be_bytes()));
        pages.add_values(page, numbers.len(), Encoding::PLAIN)?;
    }
    Ok(Encoding::PLAIN)
}
