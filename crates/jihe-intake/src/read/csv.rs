//! A CSV file to chunks: one thread reads and decodes, all parse.

use std::sync::{Mutex, MutexGuard, PoisonError};

use encoding_rs::GB18030;
use jihe_frame::{Defect, Defects, InputFile, Profile, timed, timed_in};
use rayon::prelude::*;

use crate::chunk::{Chunk, RowNumbers};
use crate::error::IntakeError;
use crate::layout::Layout;
use crate::normalise::Normaliser;
use crate::options::Encoding;
use crate::place::count;
use crate::read::blocks::{Blocks, encoding_of, endless_at};
use crate::read::folder::Shard;
use crate::read::record::{self, Records};
use crate::read::{Desk, FileRead, Task};

/// Bytes that are split and read column by column at a time.
const CACHED_BYTES: usize = 1 << 18;

/// Blocks that are parsed together, at most: memory does not follow the number of threads.
const MOST_TOGETHER: usize = 4;

/// Reads a CSV file.
pub(crate) fn read(shard: &Shard, task: Task<'_>) -> Result<FileRead, IntakeError> {
    let task = Task { encoding: encoding_of(shard, task.encoding)?, ..task };
    let blocks = Blocks::open(shard, task.encoding, task.block_bytes)?;
    let mut blocks = blocks.profiled(task.profile);
    let (names, rest, n_lines) = header_names(shard, &mut blocks)?;
    let layout = Layout::find(task.table, &shard.file, &names)?;
    let mut group = vec![(rest, n_lines)];
    let read_some =
        |group: &mut _, blocks: &mut _| timed(task.profile, "read / text", || fill(group, blocks));
    read_some(&mut group, &mut blocks)?;
    check_encoding(
        shard,
        task.encoding,
        layout.n_fields,
        group.first().map_or(&[], |(rest, _)| rest.as_slice()),
    )?;
    let mut chunks: Vec<Chunk> = Vec::new();
    let desks = Desks { shard, layout: &layout, task, free: Mutex::default() };
    while !group.is_empty() {
        let parse = || -> Vec<_> {
            group.par_iter().map(|(block, n_before)| desks.parse(block, *n_before)).collect()
        };
        let mut next = Vec::new();
        let (parsed, filled) = rayon::join(parse, || read_some(&mut next, &mut blocks));
        for chunk in parsed {
            chunks.push(chunk?);
        }
        filled?;
        for (block, _) in std::mem::replace(&mut group, next) {
            blocks.give_back(block);
        }
    }
    let (n_bytes, digest) = blocks.digest();
    let n_rows = chunks.iter().map(|chunk| chunk.n_read).sum();
    let file = shard.file.clone();
    let input = InputFile { table: task.table, file, n_bytes, n_rows, digest };
    Ok(FileRead { layout, chunks, input })
}

/// Reads as many blocks as are parsed together, each with the number of lines before it.
pub(crate) fn fill(
    group: &mut Vec<(Vec<u8>, u64)>,
    blocks: &mut Blocks<'_>,
) -> Result<(), IntakeError> {
    while group.len() < rayon::current_num_threads().clamp(1, MOST_TOGETHER) {
        // Each block is told the lines before it, so that its rows have their numbers at once.
        let n_before = blocks.n_lines();
        match blocks.next()? {
            Some(block) => group.push((block, n_before)),
            None => break,
        }
    }
    Ok(())
}

/// Reads the names of the columns; gives them with the rest of their block and the lines before it.
pub(crate) fn header_names(
    shard: &Shard,
    blocks: &mut Blocks<'_>,
) -> Result<(Vec<String>, Vec<u8>, u64), IntakeError> {
    let mut n_lines = 0_u64;
    while let Some(mut block) = blocks.next()? {
        let blank = block.iter().take_while(|&&byte| matches!(byte, b'\n' | b'\r')).count();
        n_lines =
            n_lines.saturating_add(u64::from(record::n_lines(block.get(..blank).unwrap_or(&[]))));
        block.drain(..blank);
        if block.is_empty() {
            continue;
        }
        let end = record::first_end(&block);
        let rest = block.split_off(end);
        let names = names(shard, &block, blocks.encoding())?;
        n_lines = n_lines.saturating_add(u64::from(record::n_lines(&block)));
        return Ok((names, rest, n_lines));
    }
    Err(IntakeError::unreadable("file has no header", &shard.file, "deliver it again"))
}

fn names(shard: &Shard, line: &[u8], encoding: Encoding) -> Result<Vec<String>, IntakeError> {
    if line.contains(&0) {
        let advice = "give UTF-8 text, or --encoding gb18030";
        return Err(IntakeError::unreadable("file is no text", &shard.file, advice));
    }
    if std::str::from_utf8(line).is_err() {
        return Err(match encoding {
            Encoding::Utf8 => not_utf8(shard),
            Encoding::Gb18030 => {
                let what = "header has bytes that are no GB18030";
                IntakeError::unreadable(what, &shard.file, "give GB18030 or UTF-8 text")
            }
        });
    }
    let n_fields = record::n_fields(line);
    let records = record::split(line, n_fields).ok().filter(|records| records.len() == 1);
    let Some(records) = records else {
        let advice = "write the names of the columns in one plain line";
        return Err(IntakeError::unreadable("header cannot be read", &shard.file, advice));
    };
    let name = |field| String::from_utf8_lossy(records.field(0, field)).into_owned();
    Ok((0..n_fields).map(name).collect())
}

fn not_utf8(shard: &Shard) -> IntakeError {
    IntakeError::unreadable("file is not UTF-8", &shard.file, "try --encoding gb18030")
}

/// Refuses a file whose every row with Chinese text is GB18030, read as UTF-8.
///
/// A few bad rows in a good file are put aside one by one; two rows are the least that tell.
pub(crate) fn check_encoding(
    shard: &Shard,
    encoding: Encoding,
    n_fields: usize,
    block: &[u8],
) -> Result<(), IntakeError> {
    if encoding == Encoding::Gb18030 || std::str::from_utf8(block).is_ok() {
        return Ok(());
    }
    let (_, _, has_faults) = GB18030.decode(block);
    let wide = record::split(block, n_fields).map_or((0, 0), |found| found.n_wide);
    if !has_faults && wide.0 == 0 && 1 < wide.1 { Err(not_utf8(shard)) } else { Ok(()) }
}

/// Where blocks of a file are parsed; a desk keeps its dictionaries from block to block.
struct Desks<'a> {
    shard: &'a Shard,
    layout: &'a Layout,
    task: Task<'a>,
    free: Mutex<Vec<Desk<'a>>>,
}

impl<'a> Desks<'a> {
    fn free(&self) -> MutexGuard<'_, Vec<Desk<'a>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Parses a block of whole records that comes after `n_before` lines.
    fn parse(&self, block: &[u8], n_before: u64) -> Result<Chunk, IntakeError> {
        let Self { layout, task, .. } = *self;
        let free = self.free().pop();
        let mut desk = free.unwrap_or_else(|| Desk::new(layout, task));
        let first = n_before.saturating_add(1);
        let (mut list, mut n_lines, mut rejected) = (Vec::new(), 0_u32, Defects::default());
        let mut rest = block;
        while !rest.is_empty() {
            let records = timed(task.profile, "read / split", || {
                record::split_some(rest, layout.n_fields, CACHED_BYTES)
            });
            let mut records = records.map_err(|endless| {
                let line = u64::from(n_lines).saturating_add(u64::from(endless.line));
                endless_at(self.shard, n_before.saturating_add(line))
            })?;
            rest = rest.get(records.end..).unwrap_or(&[]);
            timed(task.profile, "read / decode", || {
                take(&mut desk.sheet, &records, layout, task.by_column());
            });
            list.extend(records.lines.iter().map(|line| line.saturating_add(n_lines)));
            let from = first.saturating_add(u64::from(n_lines));
            note_rejects(&mut rejected, &mut records, layout, from);
            n_lines = n_lines.saturating_add(records.n_lines);
        }
        let mut chunk = desk.hand_over(RowNumbers { base: first, list: Some(list) })?;
        chunk.n_read = chunk.n_read.saturating_add(count(rejected.len()));
        chunk.defects.append(&rejected);
        // The names of a chunk that is kept are its desk's.
        if desk.is_stream() {
            self.free().push(desk);
        }
        Ok(chunk)
    }
}

/// Takes the columns of some records.
fn take(
    sheet: &mut Normaliser<'_>,
    records: &Records<'_>,
    layout: &Layout,
    profile: Option<&Profile>,
) {
    let n_rows = records.len();
    sheet.begin(n_rows);
    for (column, found) in layout.columns.iter().enumerate() {
        let Some((place, _)) = found else { continue };
        timed_in(profile, ("read / decode", sheet.name_of(column)), || {
            if !(sheet.is_only_checked(column) && records.are_good_names(*place)) {
                sheet.texts(column, n_rows, |row| Some(records.field(row, *place)));
            }
        });
    }
}

fn note_rejects(all: &mut Defects, records: &mut Records<'_>, layout: &Layout, first: u64) {
    for reject in records.rejects.drain(..) {
        all.push(Defect {
            table: layout.table,
            file: &layout.file,
            row: first.saturating_add(u64::from(reject.line)),
            column: reject.field.map_or("", |field| layout.name_at(field)),
            reason: reject.reason,
            value: &reject.value,
        });
    }
}
