//! All rows of a table with run-wide ids, and what became of each.
//!
//! In: chunks in the order of files. Out: one long column each; rows of the state come first.
//! Cost: dictionaries are merged one chunk after the other, columns side by side.

use jihe_frame::{Codes, Counts, Defect, Defects};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, Texts};
use rayon::prelude::*;

use crate::cells::{Cells, Entity, Names};
use crate::chunk::{Chunk, RowNumbers};
use crate::error::IntakeError;
use crate::layout::Layout;
use crate::lines::shelf::Shelf;
use crate::packed::Packed;
use crate::place::{at, count, id};
use crate::read::FileRead;

/// What became of a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fate {
    Standing,
    Netted,
    Quarantined,
}

/// Where a run of rows came from.
#[derive(Debug)]
struct Source {
    first: usize,
    file: usize,
    rows: RowNumbers,
}

/// The rows of one table.
#[expect(clippy::struct_field_names, reason = "numbers begin with n_")]
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) table: TableName,
    pub(crate) n_rows: usize,
    /// Rows of the state, which come first.
    pub(crate) n_carried: usize,
    pub(crate) columns: Vec<Cells>,
    /// The columns, of a table that nobody reads before all lines are read.
    pub(crate) apart: Apart,
    /// Hash of the content of each row; empty where it is only asked of some.
    pub(crate) content: Vec<u64>,
    pub(crate) fate: Vec<Fate>,
    pub(crate) defects: Defects,
    /// Settlements that were cancelled, and their refunds.
    pub(crate) cancelled: Vec<u32>,
    counts: Counts,
    n_carried_files: usize,
    sources: Vec<Source>,
    layouts: Vec<Layout>,
}

impl Rows {
    /// Joins files to one table; the first `n_carried_files` are of the state.
    pub(crate) fn join(
        table: TableName,
        files: Vec<FileRead>,
        n_carried_files: usize,
        names: &mut Names,
    ) -> Result<Self, IntakeError> {
        let mut rows = Self {
            table,
            n_rows: 0,
            n_carried: 0,
            columns: Vec::new(),
            apart: Apart::default(),
            content: Vec::new(),
            fate: Vec::new(),
            defects: Defects::default(),
            cancelled: Vec::new(),
            counts: Counts::default(),
            n_carried_files,
            sources: Vec::new(),
            layouts: Vec::new(),
        };
        let mut chunks = Vec::new();
        for (file, read) in files.into_iter().enumerate() {
            for chunk in read.chunks {
                chunks.push(rows.note(chunk, file, file < n_carried_files));
            }
            rows.layouts.push(read.layout);
        }
        if u32::try_from(rows.n_rows).is_err() {
            let advice = "score the month in parts";
            let what = "table has more than four thousand million rows";
            return Err(IntakeError::unreadable(what, table.file(), advice));
        }
        let maps = merge_names(&mut chunks, names);
        rows.content =
            chunks.iter_mut().flat_map(|chunk| std::mem::take(&mut chunk.content)).collect();
        let packed = chunks.iter_mut().map(|chunk| std::mem::take(&mut chunk.packed));
        let packed: Vec<Vec<Packed>> = packed.collect();
        rows.columns = if packed.iter().all(Vec::is_empty) {
            flatten(table, chunks, &maps, rows.n_rows)
        } else {
            let sizes = chunks.iter().map(|chunk| chunk.n_rows);
            rows.apart = Apart { chunks: sizes.zip(maps).zip(packed).collect() };
            table.columns().iter().map(|_| Cells::Absent).collect()
        };
        rows.fate = vec![Fate::Standing; rows.n_rows];
        Ok(rows)
    }

    /// Counts a chunk and keeps where its rows came from.
    fn note(&mut self, mut chunk: Chunk, file: usize, carried: bool) -> Chunk {
        let rows = RowNumbers { base: chunk.rows.base, list: chunk.rows.list.take() };
        self.sources.push(Source { first: self.n_rows, file, rows });
        self.n_rows = self.n_rows.saturating_add(chunk.n_rows);
        if carried {
            self.n_carried = self.n_rows;
        } else {
            self.counts.read = self.counts.read.saturating_add(chunk.n_read);
            self.counts.netted = self.counts.netted.saturating_add(chunk.n_void);
            self.defects.append(&std::mem::take(&mut chunk.defects));
        }
        chunk
    }

    /// Puts together tables whose rows went elsewhere: what was put aside, and where files keep
    /// their columns.
    pub(crate) fn set_aside(
        files: Vec<FileRead>,
        n_carried_files: usize,
    ) -> (Counts, Defects, Vec<Layout>) {
        let (mut counts, mut defects, mut layouts) =
            (Counts::default(), Defects::default(), Vec::new());
        for (file, read) in files.into_iter().enumerate() {
            for chunk in read.chunks {
                if n_carried_files <= file {
                    counts.read = counts.read.saturating_add(chunk.n_read);
                    counts.netted = counts.netted.saturating_add(chunk.n_void);
                    defects.append(&chunk.defects);
                }
            }
            layouts.push(read.layout);
        }
        (counts, defects, layouts)
    }

    /// Places of the columns that no file of the month itself has.
    pub(crate) fn month_lacks(&self) -> Vec<usize> {
        crate::layout::lacking(self.own_layouts())
    }

    /// By file: columns that it lacks and another file of the month has; nothing if none does.
    pub(crate) fn gaps(&self) -> Vec<Vec<usize>> {
        let is_kept = |place: usize| {
            self.columns.get(place).is_some_and(|cells| !matches!(cells, Cells::Absent))
        };
        crate::layout::gaps(&self.layouts, self.n_carried_files, is_kept)
    }

    /// Tells of each row whether its file has a column.
    pub(crate) fn having(&self, name: &str) -> impl Fn(u32) -> bool + '_ {
        let place = self.table.column(name);
        let has = |layout: &Layout| place.is_some_and(|place| layout.has(place));
        let files: Vec<bool> = self.layouts.iter().map(has).collect();
        let have_all = files.iter().all(|&has| has);
        move |row| {
            have_all || self.origin(row).is_some_and(|(file, _)| files.get(file) == Some(&true))
        }
    }

    /// Where the files of the month itself keep their columns.
    fn own_layouts(&self) -> &[Layout] {
        self.layouts.get(self.n_carried_files..).unwrap_or(&[])
    }

    /// The number of files of the state.
    pub(crate) fn n_carried_files(&self) -> usize {
        self.n_carried_files
    }

    /// The file of a row and its number there.
    pub(crate) fn origin(&self, row: u32) -> Option<(usize, u64)> {
        let after = self.sources.partition_point(|source| source.first <= at(row));
        let source = after.checked_sub(1).and_then(|place| self.sources.get(place))?;
        Some((source.file, source.rows.of(at(row).saturating_sub(source.first))))
    }

    /// Tells whether a row is of the state.
    pub(crate) fn is_carried(&self, row: u32) -> bool {
        at(row) < self.n_carried
    }

    /// A column by its warehouse name.
    pub(crate) fn column(&self, name: &str) -> &Cells {
        static ABSENT: Cells = Cells::Absent;
        self.table.column(name).and_then(|place| self.columns.get(place)).unwrap_or(&ABSENT)
    }

    /// Ids of a column, none for a column that is absent.
    pub(crate) fn id(&self, name: &str, row: u32) -> u32 {
        self.column(name).ids().get(at(row)).copied().unwrap_or(NO_CODE)
    }

    /// Rows that stand.
    pub(crate) fn standing(&self) -> impl Iterator<Item = u32> + '_ {
        let rows = (0_u32..).zip(&self.fate);
        rows.filter(|&(_, &fate)| fate == Fate::Standing).map(|(row, _)| row)
    }

    /// Nets a row that stands.
    pub(crate) fn net(&mut self, row: u32) {
        if let Some(fate) = self.fate.get_mut(at(row)) {
            *fate = Fate::Netted;
        }
    }

    /// Puts a row aside; rows of the state leave without a word.
    pub(crate) fn quarantine(&mut self, row: u32, column: usize, reason: &str, value: &[u8]) {
        if let Some(fate) = self.fate.get_mut(at(row)) {
            *fate = Fate::Quarantined;
        }
        if self.is_carried(row) {
            return;
        }
        let Some((file, number)) = self.origin(row) else { return };
        let layout = self.layouts.get(file);
        self.defects.push(Defect {
            table: self.table,
            file: layout.map_or("", |layout| &layout.file),
            row: number,
            column: layout.map_or("", |layout| layout.name(column)),
            reason,
            value: &crate::normalise::shown(value),
        });
    }

    /// The rows of the month by fate.
    ///
    /// # Panics
    ///
    /// If a row was lost: rows read = judged + netted + quarantined.
    pub(crate) fn counts(&self) -> Counts {
        let month = self.fate.get(self.n_carried..).unwrap_or(&[]);
        let of = |fate| count(month.iter().filter(|&&other| other == fate).count());
        let counts = Counts {
            read: self.counts.read,
            judged: of(Fate::Standing),
            netted: self.counts.netted.saturating_add(of(Fate::Netted)),
            quarantined: count(self.defects.len()),
        };
        let accounted =
            counts.judged.saturating_add(counts.netted).saturating_add(counts.quarantined);
        assert_eq!(counts.read, accounted, "a row of {} was lost", self.table.file());
        counts
    }
}

/// Columns by chunk, packed: the rows of each, its new ids, and its columns.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    chunks: Vec<((usize, Maps), Vec<Packed>)>,
}

impl Apart {
    /// Puts them on disk if the run has no memory left.
    pub(crate) fn make_room(&mut self, file: &Shelf) -> std::io::Result<()> {
        let mut packed = self.chunks.iter_mut().flat_map(|(_, packed)| packed);
        packed.try_for_each(|packed| packed.make_room(file))
    }

    /// Whether a column has keys whose numbers have higher halves.
    pub(crate) fn is_far(&self, column: usize) -> bool {
        let mut packed = self.chunks.iter().filter_map(|(_, packed)| packed.get(column));
        packed.any(|packed| packed.is_far)
    }

    /// Takes a column out, chunk by chunk.
    pub(crate) fn each(
        &mut self,
        column: usize,
        file: &Shelf,
        mut each: impl FnMut(Cells),
    ) -> std::io::Result<()> {
        self.open(column, file, |cells, maps, n_rows| {
            let mut own = cells.like();
            append(&mut own, cells, maps, n_rows);
            each(own);
        })
    }

    /// Takes a column out.
    pub(crate) fn column(&mut self, column: usize, file: &Shelf) -> std::io::Result<Cells> {
        let packed = self.chunks.iter().filter_map(|(_, packed)| packed.get(column));
        let mut like = packed.map(Packed::like);
        let Some(mut all) = like.find(|cells| !matches!(cells, Cells::Absent)) else {
            return Ok(Cells::Absent);
        };
        all.reserve(self.chunks.iter().map(|((n_rows, _), _)| n_rows).sum());
        self.open(column, file, |cells, maps, n_rows| append(&mut all, cells, maps, n_rows))?;
        Ok(all)
    }

    fn open(
        &mut self,
        column: usize,
        file: &Shelf,
        mut each: impl FnMut(Cells, &Maps, usize),
    ) -> std::io::Result<()> {
        for ((n_rows, maps), packed) in &mut self.chunks {
            if let Some(packed) = packed.get_mut(column) {
                let packed = std::mem::replace(packed, Packed::new(Cells::Absent));
                each(packed.open(file)?, maps, *n_rows);
            }
        }
        Ok(())
    }
}

/// New ids of a chunk's codes, persons, encounters, settlements and heads.
type Maps = [Vec<u32>; 5];

/// The ids in one dictionary of the names of another; [`NO_CODE`] where they are not known.
fn known_names(all: &Codes, local: &Codes) -> Vec<u32> {
    const FEW: u32 = 4096;
    let n_names = id(local.len());
    let some = |nth: u32| {
        let from = nth.saturating_mul(FEW);
        let names = from..from.saturating_add(FEW).min(n_names);
        let texts: Vec<&[u8]> = names.map(|name| local.bytes(name)).collect();
        let (mut last, mut known) = (NO_CODE, Vec::with_capacity(texts.len()));
        all.get_all_behind(&mut last, &texts, &mut known);
        known
    };
    (0..n_names.div_ceil(FEW)).into_par_iter().flat_map_iter(some).collect()
}

fn merge_names(chunks: &mut [Chunk], names: &mut Names) -> Vec<Maps> {
    let mut locals = [const { Vec::new() }; 5];
    for chunk in &mut *chunks {
        let Names { codes, persons, encounters, settlements, heads } =
            std::mem::take(&mut chunk.names);
        let own = [codes, persons, encounters, settlements, heads];
        locals.iter_mut().zip(own).for_each(|(all, own)| all.push(own));
    }
    let merge = |global: &mut Codes, locals: Vec<Codes>| -> Vec<Vec<u32>> {
        let map = |local: Codes| {
            if global.is_empty() {
                // The first names are the names of all so far, with the ids that they have.
                *global = local;
                return (0..id(global.len())).collect();
            }
            // Names that other tables brought are looked up side by side; others are new, mostly.
            let is_known = !local.is_empty() && global.get(local.bytes(0)).is_some();
            let known =
                if is_known { known_names(global, &local) } else { vec![NO_CODE; local.len()] };
            let of_all = |(name, known): (u32, u32)| match known {
                NO_CODE => global.intern(local.bytes(name)),
                known => known,
            };
            (0_u32..).zip(known).map(of_all).collect()
        };
        locals.into_iter().map(map).collect()
    };
    let Names { codes, persons, encounters, settlements, heads } = names;
    let all = [codes, persons, encounters, settlements, heads];
    let of_names: Vec<Vec<Vec<u32>>> =
        all.into_par_iter().zip(locals).map(|(all, locals)| merge(all, locals)).collect();
    let mut of_names = of_names.into_iter().map(Vec::into_iter).collect::<Vec<_>>();
    let of_chunk = |_| -> Maps {
        std::array::from_fn(|kind| {
            of_names.get_mut(kind).and_then(Iterator::next).unwrap_or_default()
        })
    };
    (0..chunks.len()).map(of_chunk).collect()
}

fn flatten(table: TableName, chunks: Vec<Chunk>, maps: &[Maps], n_rows: usize) -> Vec<Cells> {
    let mut parts: Vec<Vec<(usize, Cells)>> = table.columns().iter().map(|_| Vec::new()).collect();
    let sizes: Vec<usize> = chunks.iter().map(|chunk| chunk.n_rows).collect();
    for chunk in chunks {
        for (part, cells) in parts.iter_mut().zip(chunk.columns) {
            let n_parts = part.len();
            part.push((n_parts, cells));
        }
    }
    parts.into_par_iter().map(|parts| flatten_column(parts, &sizes, maps, n_rows)).collect()
}

/// Appends the chunks of one column; chunks of files without it hold the missing value.
fn flatten_column(
    parts: Vec<(usize, Cells)>,
    sizes: &[usize],
    maps: &[Maps],
    n_rows: usize,
) -> Cells {
    let is_there = |(_, cells): &&(usize, Cells)| !matches!(cells, Cells::Absent);
    let Some(mut all) = parts.iter().find(is_there).map(|(_, cells)| cells.like()) else {
        return Cells::Absent;
    };
    reserve(&mut all, &parts, n_rows);
    for (chunk, cells) in parts {
        let n_rows = sizes.get(chunk).copied().unwrap_or(0);
        if let Some(maps) = maps.get(chunk) {
            append(&mut all, cells, maps, n_rows);
        }
    }
    all
}

fn reserve(all: &mut Cells, parts: &[(usize, Cells)], n_rows: usize) {
    match all {
        Cells::Absent => {}
        Cells::Code(values) | Cells::Entity(_, values) => values.reserve_exact(n_rows),
        Cells::Number(values) => values.reserve_exact(n_rows),
        Cells::Day(values) => values.reserve_exact(n_rows),
        Cells::Hash(values) => values.reserve_exact(n_rows),
        Cells::Serial(heads, numbers) => {
            heads.reserve_exact(n_rows);
            numbers.reserve_exact(n_rows);
        }
        Cells::Text(texts) => {
            let n_bytes = |(_, cells): &(usize, Cells)| cells.texts().map_or(0, Texts::n_bytes);
            *texts = Texts::with_capacity(n_rows, parts.iter().map(n_bytes).sum());
        }
    }
}

fn append(
    all: &mut Cells,
    cells: Cells,
    [codes, persons, encounters, settlements, of_heads]: &Maps,
    n_rows: usize,
) {
    let renew = |map: &[u32], id: u32| map.get(at(id)).copied().unwrap_or(NO_CODE);
    match (all, cells) {
        (Cells::Code(all), Cells::Code(ids)) => all.extend(ids.iter().map(|&id| renew(codes, id))),
        (Cells::Entity(entity, all), Cells::Entity(_, ids)) => {
            let map = match entity {
                Entity::Person => persons,
                Entity::Encounter => encounters,
                Entity::Settlement => settlements,
            };
            all.extend(ids.iter().map(|&id| renew(map, id)));
        }
        (Cells::Number(all), Cells::Number(values)) => all.extend_from_slice(&values),
        (Cells::Day(all), Cells::Day(values)) => all.extend_from_slice(&values),
        (Cells::Hash(all), Cells::Hash(values)) => all.extend_from_slice(&values),
        (Cells::Text(all), Cells::Text(texts)) => all.append(&texts),
        (Cells::Serial(all, of_all), Cells::Serial(heads, numbers)) => {
            all.extend(heads.iter().map(|&head| renew(of_heads, head)));
            of_all.append(numbers);
        }
        (all, _) => (0..n_rows).for_each(|_| all.push_missing()),
    }
}
