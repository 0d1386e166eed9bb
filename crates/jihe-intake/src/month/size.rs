//! How large the lines of a month are, before they are read.

use jihe_terms::schema::TableName;

use super::Reader;
use crate::error::IntakeError;
use crate::options::MonthSource;
use crate::place::count;
use crate::read::folder::{Format, shards, state_at};
use crate::read::size_of;

impl Reader<'_> {
    /// About how many rows the lines have, and the most bytes that a page of each column of a row group
    /// takes.
    pub(super) fn size_of_lines(&self) -> Result<(u64, u64), IntakeError> {
        let (mut n_rows, mut n_page_bytes) = (0_u64, 0_u64);
        let folders = match self.source {
            MonthSource::Folder(dir) => vec![dir.as_path()],
            MonthSource::Batches(batches) => {
                let batches = batches.get(&TableName::Lines).map_or(&[][..], Vec::as_slice);
                n_rows = batches.iter().map(|batch| count(batch.num_rows())).sum();
                Vec::new()
            }
        };
        let state = state_at(self.options.state)?;
        for dir in folders.into_iter().chain(state) {
            for shard in shards(dir, TableName::Lines)? {
                n_rows = n_rows.saturating_add(match shard.format {
                    Format::Parquet => {
                        let (n_rows, n_bytes) = size_of(&shard);
                        n_page_bytes = n_page_bytes.max(n_bytes);
                        n_rows
                    }
                    // A line of text or of Arrow takes about so many bytes.
                    Format::Csv | Format::Arrow => {
                        let n_bytes = std::fs::metadata(&shard.path).map_or(0, |file| file.len());
                        n_bytes.div_euclid(200)
                    }
                });
            }
        }
        Ok((n_rows, n_page_bytes))
    }
}
