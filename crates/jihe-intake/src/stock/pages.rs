//! Stock movements of a Parquet file, page by page, row groups side by side.
//!
//! In: a file of the inventory. Out: the movements of each row group, if all of its rows are as they
//! should be. Nothing at all if anything is odd: then the rows are looked at one by one
//! (`read::plain`), which says what.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_schema::Schema;
use jihe_frame::InputFile;
use jihe_terms::schema::TableName;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::RowGroupMetaData;
use rayon::prelude::*;

use super::Moves;
use crate::cells::Cells;
use crate::layout::{Keep, Layout};
use crate::normalise::Normaliser;
use crate::place::count;
use crate::read::folder::{Format, Shard};
use crate::read::plain::{PlainRead, has_days};
use crate::read::{Sink, arrow, digest, pages};

/// Rows that are decoded at a time.
const BATCH_ROWS: usize = 1 << 16;

/// Reads a file without any fault.
pub(crate) fn read(shard: &Shard) -> Option<(Vec<Moves>, PlainRead)> {
    if shard.format != Format::Parquet {
        return None;
    }
    // The reader panics on some damaged files.
    catch_unwind(AssertUnwindSafe(|| read_file(shard))).ok().flatten()
}

fn read_file(shard: &Shard) -> Option<(Vec<Moves>, PlainRead)> {
    let file = File::open(&shard.path).ok()?;
    let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).ok()?;
    let layout = arrow::layout(TableName::Inventory, &shard.file, metadata.schema()).ok()?;
    let flag = TableName::Inventory.column("vali_flag");
    let has_flag = flag.and_then(|place| layout.columns.get(place)).is_some_and(Option::is_some);
    if has_days(metadata.schema()) || has_flag {
        return None;
    }
    let groups = metadata.metadata().row_groups();
    let read = |group| read_group(shard, metadata.schema(), &layout, group);
    let (parts, digest) = rayon::join(
        || groups.par_iter().with_max_len(1).map(read).collect::<Option<Vec<Moves>>>(),
        || digest(shard, Sink::Chunks, None),
    );
    let (parts, (n_bytes, digest)) = (parts?, digest.ok()?);
    let input = InputFile {
        table: TableName::Inventory,
        file: shard.file.clone(),
        n_bytes,
        n_rows: parts.iter().map(|part| count(part.len())).sum(),
        digest,
    };
    let has = layout.columns.iter().map(Option::is_some).collect();
    Some((parts, PlainRead { has, input }))
}

/// Movements that room is made for at once.
const MOST_RESERVED: usize = 1 << 20;

fn read_group(
    shard: &Shard,
    schema: &Schema,
    layout: &Layout,
    group: &RowGroupMetaData,
) -> Option<Moves> {
    // Readers share the position of an open file: each row group opens its own.
    let file = Arc::new(File::open(&shard.path).ok()?);
    let sizes = pages::PageSizes::of(&file, group);
    let mut columns = pages::open(&file, schema, layout, (group, Some(&sizes)))?;
    let keep = |name: &str| match name {
        "fixmedins_code" | "med_list_codg" => Keep::Code,
        "event_time" | "cnt" => Keep::Number,
        _ => Keep::Check,
    };
    let table = TableName::Inventory;
    let keeps: Vec<Keep> = table.columns().iter().map(|column| keep(column.name)).collect();
    let place = |name: &str| table.column(name).unwrap_or(usize::MAX);
    let places = ["fixmedins_code", "med_list_codg", "cnt", "event_time"].map(place);
    let mut sheet = Normaliser::new(layout, &keeps, false);
    let mut n_left = usize::try_from(group.num_rows()).ok()?;
    // A damaged file may say that it has more.
    let mut moves = Moves::with_capacity(n_left.min(MOST_RESERVED));
    while 0 < n_left {
        let n_rows = n_left.min(BATCH_ROWS);
        columns.read(&mut sheet, n_rows, None).ok()?;
        if !sheet.faults.is_empty() {
            return None;
        }
        let [institutions, items, cnt, times] =
            places.map(|place| sheet.columns.get(place).unwrap_or(&Cells::Absent));
        moves.add_coded((institutions.ids(), items.ids()), cnt.numbers(), times.numbers());
        let columns = std::mem::take(&mut sheet.columns);
        sheet.reuse(columns);
        n_left = n_left.saturating_sub(n_rows);
    }
    moves.coded_by(std::mem::take(&mut sheet.codes.texts));
    Some(moves)
}
