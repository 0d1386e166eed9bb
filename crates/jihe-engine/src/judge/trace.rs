//! Trace codes used on two lines, over the whole country.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher, Hasher};
use std::io::Result;

use ahash::RandomState;
use jihe_frame::serials::{high_of, low_of};
use jihe_frame::{Cut, Doubt, Evidence, HitLine, KeptLines, LinePart, Lines, NetMonth, Value};
use jihe_kernels::trace::reused;
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, Texts};

use crate::found::{Found, Place, in_scope, not_exempt};
use crate::packed::{Unpacked, Waiting, damaged, put};
use crate::run::{Part, Run};
use crate::subjects::Subjects;
use crate::vector::{FALSE, NULL, TRUE, Values, Vector};

/// One unit, 10⁻⁴.
const UNIT: i64 = 10_000;

/// Bytes of a hash that are kept: of a hundred million codes, a few thousand share theirs with another
/// and are looked at once more.
const HASH_BYTES: usize = 5;

/// A use that counts: hash of the code, and the line.
type Use = (u64, u32);

/// Uses of a part that count, packed: all hashes, and how far each line is from the one before.
pub(crate) struct Counted {
    n_uses: usize,
    first: u32,
    bytes: Waiting,
    /// Lines of which nobody can tell that no exception takes them out.
    open: Vec<u32>,
}

impl Counted {
    /// Puts them on disk if the run has no memory left for so much more.
    pub(crate) fn make_room(&mut self, lines: &Lines, n_more: u64) -> Result<()> {
        self.bytes.make_room(lines, n_more)
    }

    fn pack(lines: &Lines, first: u32, (uses, open): (&[Use], Vec<u32>)) -> Result<Self> {
        let mut bytes = Vec::with_capacity(uses.len() * (HASH_BYTES + 1));
        bytes.resize(uses.len() * HASH_BYTES, 0);
        for (to, (hash, _)) in bytes.as_chunks_mut::<HASH_BYTES>().0.iter_mut().zip(uses) {
            to.copy_from_slice(&hash.to_le_bytes()[..HASH_BYTES]);
        }
        let mut last = first;
        for &(_, line) in uses {
            put(&mut bytes, line.wrapping_sub(last).into());
            last = line;
        }
        Ok(Self { n_uses: uses.len(), first, bytes: Waiting::new(lines, &bytes)?, open })
    }

    /// Calls `each` with each use.
    fn each(&self, lines: &Lines, mut each: impl FnMut(Use)) -> Result<()> {
        let bytes = self.bytes.bytes(lines)?;
        let hashes = bytes.split_at_checked(self.n_uses * HASH_BYTES);
        let (hashes, steps) = hashes.ok_or_else(damaged)?;
        let mut packed = Unpacked::new(steps);
        let mut line = self.first;
        for kept in hashes.as_chunks::<HASH_BYTES>().0 {
            let mut hash = [0; 8];
            hash[..HASH_BYTES].copy_from_slice(kept);
            line = line.wrapping_add(packed.small());
            each((u64::from_le_bytes(hash), line));
        }
        packed.end()
    }
}

/// Why it is not known whether a use counts.
#[derive(Clone, Copy)]
enum Why {
    Doubt(Doubt),
    /// An exception asks for what the files lack.
    Exception,
}

fn reason(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::None | Doubt::NoFlag => "column trace_codes.trdn_flag is missing",
        Doubt::NoLine => "a row of trace_codes names several lines",
    }
}

/// Uses of some lines: the row, the hash of the code, whether the pack was split.
struct Uses {
    rows: Vec<u32>,
    hashes: Vec<u64>,
    /// The codes, where they were asked for.
    codes: Texts,
    split: Vec<bool>,
    doubt: Vec<Doubt>,
}

impl Uses {
    /// The uses of lines, each code once for a line; `number` gives the canonical number of a row.
    fn of(
        month: &NetMonth,
        lines: &LinePart,
        (with_codes, numbers): (bool, &dyn Fn(u32) -> u32),
    ) -> Self {
        let mut uses = Self {
            rows: Vec::new(),
            hashes: Vec::new(),
            codes: Texts::default(),
            split: Vec::new(),
            doubt: Vec::new(),
        };
        let n_lines = lines.len() as u32;
        let table = month.traces.as_ref().filter(|table| !table.line.is_empty());
        let mut place = match (table, n_lines) {
            (Some(table), 1..) => table.line.partition_point(|&line| line < numbers(0)),
            _ => 0,
        };
        let (mut own, mut told) = (Vec::new(), Vec::new());
        // Codes of one producer have one head.
        let (mut last, mut last_told) = ((NO_CODE, 0), (NO_CODE, 0));
        for row in 0..n_lines {
            let pair = lines.trace.as_ref().map_or((NO_CODE, 0), |codes| codes.pair(row as usize));
            let is_told = table.is_some_and(|table| {
                let number = numbers(row);
                while table.line.get(place).is_some_and(|&line| line < number) {
                    place += 1;
                }
                if table.line.get(place) != Some(&number) {
                    return false;
                }
                own.clear();
                if let Some(codes) = &lines.trace {
                    codes.write(row as usize, &mut own);
                }
                let mut is_told = false;
                while table.line.get(place) == Some(&number) {
                    let (head, number) = table.code.pair(place);
                    if !own.is_empty() || with_codes {
                        told.clear();
                        table.code.write(place, &mut told);
                    }
                    let is_own = !own.is_empty() && told == own;
                    is_told |= is_own;
                    if last_told.0 != head {
                        last_told = (head, hash_head(table.code.head(place)));
                    }
                    // What the line itself tells is in no doubt.
                    let doubt = if is_own { Doubt::None } else { table.doubt[place] };
                    uses.push(row, hash(last_told.1, number), (table.split[place], doubt));
                    if with_codes {
                        uses.codes.push(&told);
                    }
                    place += 1;
                }
                is_told
            });
            if pair.0 == NO_CODE || is_told {
                continue;
            }
            let Some(codes) = &lines.trace else { continue };
            if last.0 != pair.0 {
                last = (pair.0, hash_head(codes.head(row as usize)));
            }
            uses.push(row, hash(last.1, pair.1), (false, Doubt::None));
            if with_codes {
                own.clear();
                codes.write(row as usize, &mut own);
                uses.codes.push(&own);
            }
        }
        uses
    }

    fn push(&mut self, row: u32, hash: u64, (split, doubt): (bool, Doubt)) {
        self.rows.push(row);
        self.hashes.push(hash);
        self.split.push(split);
        self.doubt.push(doubt);
    }
}

/// Whether each line has a trace code, its own or one of a table; unknown of lines without one if no file
/// of the month or the reference tells any.
pub(crate) fn traced(on: &Subjects<'_>) -> Vector {
    let (Some(table), Some((part, rows))) = (&on.run.month.traces, on.lines) else {
        return Vector::Bool(Values::One(NULL));
    };
    let is_told = is_told(on.run);
    let mut own = Vec::new();
    let column = gap(on.run);
    let is_gap = |row: u32| {
        let month = on.run.month;
        column.is_some_and(|place| month.is_gap(TableName::Lines, place, (&part.file, row)))
    };
    // Rows mostly ascend, so that the table is walked beside them.
    let (mut former, mut place) = (u32::MAX, 0);
    let value = |&row: &u32| {
        let number = part.first + row;
        if number < former {
            place = table.line.partition_point(|&line| line < number);
        }
        former = number;
        while table.line.get(place).is_some_and(|&line| line < number) {
            place += 1;
        }
        own.clear();
        if let Some(codes) = &part.trace {
            codes.write(row as usize, &mut own);
        }
        match !own.is_empty() || table.line.get(place) == Some(&number) {
            true => TRUE,
            false if !is_told || is_gap(row) => NULL,
            false => FALSE,
        }
    };
    Vector::Bool(rows.iter().map(value).collect())
}

/// The column of trace codes, if some files of lines have it, others do not, and no table tells of all
/// lines.
pub(crate) fn gap(run: &Run<'_>) -> Option<usize> {
    let column = TableName::Lines.column("drug_trac_codg");
    column.filter(|&place| !has_table(run) && run.month.has_gaps(TableName::Lines, place))
}

fn has_table(run: &Run<'_>) -> bool {
    run.month.present.contains(&TableName::TraceCodes)
        || run.engine.reference().trace_codes.is_some()
}

/// Whether a file of the month or the reference tells trace codes; what a state tells is of its own
/// lines.
pub(crate) fn is_told(run: &Run<'_>) -> bool {
    let column = TableName::Lines.column("drug_trac_codg");
    let has_column = || column.is_some_and(|place| !run.month.lacks(TableName::Lines, place));
    run.month.traces.is_some() && (has_table(run) || has_column())
}

/// The hash of a code by its head and number: equal codes have equal ones.
fn hash(head: u64, number: u128) -> u64 {
    let (low, high) = (low_of(number), high_of(number));
    let product = u128::from(head ^ low ^ high.rotate_left(32)) * 0xe703_7ed1_a0b4_28db_u128;
    ((product >> 64) as u64 ^ product as u64) >> (u64::BITS as usize - 8 * HASH_BYTES)
}

fn hash_head(name: &[u8]) -> u64 {
    let mut state = RandomState::with_seeds(5, 6, 7, 8).build_hasher();
    state.write(name);
    state.finish()
}

/// The uses of a part that count: pack not split, item not exempt, line in scope.
pub(crate) fn uses(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    found: &mut Found,
) -> Result<Counted> {
    let uses = Uses::of(run.month, part, (false, &|row| part.first + row));
    let mut rows = uses.rows.clone();
    rows.dedup();
    let is_used = |row: &u32| uses.rows.binary_search(row).is_ok();
    let is_told = is_told(run);
    if !is_told {
        let asked = part.all().iter().filter(|row| !part.carried[**row as usize] || is_used(row));
        rows = asked.copied().collect();
    }
    let mut rows = in_scope(run, rule, part, &rows, found);
    if !is_told {
        for &row in rows.iter().filter(|row| !is_used(row)) {
            let reason = "drug_trac_codg and table trace_codes are missing";
            found.not_evaluable_for(part.amount[row as usize], reason);
        }
        rows.to_mut().retain(is_used);
    }
    let (rows, open) = not_exempt(run, rule, part, rows, found);
    let exempt = run.engine.tables.get("trace_exempt");
    let mut counted = Vec::with_capacity(uses.rows.len());
    let mut judged = rows.iter().copied().peekable();
    for (place, &row) in uses.rows.iter().enumerate() {
        while judged.next_if(|&other| other < row).is_some() {}
        let idx = row as usize;
        let listed = || {
            exempt.is_some_and(|table| {
                table.by_key.on(part.item[idx], part.day[idx]).next().is_some()
            })
        };
        if !uses.split[place] && judged.peek() == Some(&row) && !listed() {
            counted.push((uses.hashes[place], part.first + row));
            found.n_judged += u64::from(!part.carried[idx]);
        }
    }
    let open = open.into_iter().map(|row| part.first + row).collect();
    Counted::pack(&run.month.lines, part.first, (&counted, open))
}

/// The uses whose hash may come more than once: all that does, and about one in eight of the others.
fn likely_twice(lines: &Lines, parts: &[Counted]) -> Result<Vec<Use>> {
    let n_uses: usize = parts.iter().map(|part| part.n_uses).sum();
    let n_bits = (8 * n_uses).next_power_of_two().max(64);
    let shift = u64::BITS - n_bits.trailing_zeros();
    let bit = |(hash, _): Use| {
        let place = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> shift;
        (place as usize / 64, 1_u64 << (place % 64))
    };
    let mut once = vec![0_u64; n_bits / 64];
    let mut again = vec![0_u64; n_bits / 64];
    for part in parts {
        part.each(lines, |one| {
            let (word, bit) = bit(one);
            again[word] |= once[word] & bit;
            once[word] |= bit;
        })?;
    }
    drop(once);
    let mut likely: Vec<Use> = Vec::new();
    for part in parts {
        part.each(lines, |one| {
            let (word, bit) = bit(one);
            if again[word] & bit != 0 {
                likely.push(one);
            }
        })?;
    }
    Ok(likely)
}

/// Judges the uses of all parts; gives the lines that were looked at again.
pub(crate) fn judge(
    run: &Run<'_>,
    rule: usize,
    parts: &[Counted],
    found: &mut Found,
) -> Result<KeptLines> {
    let mut likely = likely_twice(&run.month.lines, parts)?;
    likely.sort_unstable();
    let twice = likely.chunk_by(|a, b| a.0 == b.0).filter(|same| 1 < same.len());
    let twice: HashSet<Use, RandomState> = twice.flatten().copied().collect();
    let mut numbers: Vec<u32> = twice.iter().map(|&(_, line)| line).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let kept = run.month.lines.fetch(&numbers)?;
    if kept.is_empty() {
        return Ok(kept);
    }
    let (lines, _) = kept.place(numbers[0]);
    let number = |row: u32| numbers[row as usize];
    let uses = Uses::of(run.month, lines, (true, &number));
    let mut exempt: Vec<u32> = parts.iter().flat_map(|part| &part.open).copied().collect();
    exempt.sort_unstable();
    let mut open: HashMap<Use, Why, RandomState> = HashMap::default();
    let (mut hashes, mut codes, mut line) = (Vec::new(), Texts::default(), Vec::new());
    for (place, &row) in uses.rows.iter().enumerate() {
        let one = (uses.hashes[place], number(row));
        if twice.contains(&one) && !uses.split[place] {
            if uses.doubt[place] != Doubt::None {
                open.insert(one, Why::Doubt(uses.doubt[place]));
            } else if exempt.binary_search(&one.1).is_ok() {
                open.insert(one, Why::Exception);
            }
            hashes.push(one.0);
            line.push(one.1);
            codes.push(uses.codes.bytes(place));
        }
    }
    let mut later: Vec<(u32, u32)> = Vec::new();
    let mut untold: BTreeMap<u32, Why> = BTreeMap::new();
    for (place, first) in reused(&hashes, &codes, &line) {
        let both = [place, first].map(|at| (hashes[at as usize], line[at as usize]));
        if let Some(&why) = both.iter().find_map(|one| open.get(one)) {
            untold.entry(both[0].1).or_insert(why);
        } else {
            later.push((both[0].1, both[1].1));
        }
    }
    for (this, why) in untold {
        let (lines, row) = kept.place(this);
        found.n_judged -= u64::from(!lines.carried[row]);
        match why {
            _ if lines.carried[row] => {}
            Why::Doubt(doubt) => found.not_evaluable_for(lines.amount[row], reason(doubt)),
            Why::Exception => found.open_exception(lines.amount[row]),
        }
    }
    report(run, rule, (&later, &kept), found);
    Ok(kept)
}

/// Cuts each line of which codes were used before; `later` gives it with the line of the first use.
fn report(
    run: &Run<'_>,
    rule: usize,
    (later, kept): (&[(u32, u32)], &KeptLines),
    found: &mut Found,
) {
    for of_line in later.chunk_by(|a, b| a.0 == b.0) {
        let (this, first) = of_line[0];
        let (lines, row) = kept.place(this);
        if lines.carried[row] {
            continue;
        }
        let n_codes = i64::try_from(of_line.len()).unwrap_or(i64::MAX);
        let units = n_codes.saturating_mul(UNIT).min(lines.cnt[row]);
        let mut cut = vec![HitLine::new(this, Evidence::Cut(Cut::Units(units)))];
        let mut shown: Vec<u32> = of_line.iter().map(|&(_, first)| first).collect();
        shown.sort_unstable();
        shown.dedup();
        cut.extend(shown.into_iter().map(|line| HitLine::new(line, Evidence::Shown)));
        let values = [Value::Int(n_codes), Value::Line(first), Value::Missing, Value::Missing];
        let place = Place {
            rule,
            grade: run.rule(rule).grade,
            person: lines.person[row],
            encounter: lines.encounter[row],
            institution: lines.institution[row],
            row: NO_CODE,
            unknown_exceptions: 0,
        };
        found.push(place, &cut, values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_that_comes_twice_is_never_passed_over() {
        let of_part = |part: u64| -> Vec<Use> {
            (0..5_000_u64)
                .map(|n| ((n * (part + 2)).wrapping_mul(0x1234_5678_9abc_def1) >> 24, 7))
                .collect()
        };
        let lines = Lines::of_parts(Vec::new());
        let parts: Vec<Vec<Use>> = (0..3).map(of_part).collect();
        let counted: Vec<Counted> = parts
            .iter()
            .map(|uses| Counted::pack(&lines, 5, (uses, Vec::new())).unwrap())
            .collect();
        let mut all: Vec<Use> = parts.concat();
        all.sort_unstable();
        let twice = |uses: &[Use]| -> Vec<Use> {
            uses.chunk_by(|a, b| a.0 == b.0)
                .filter(|same| 1 < same.len())
                .flatten()
                .copied()
                .collect()
        };
        let mut likely = likely_twice(&lines, &counted).unwrap();
        likely.sort_unstable();
        assert!(!twice(&all).is_empty() && twice(&likely) == twice(&all));
        assert!(likely.len() < all.len(), "uses that come once should mostly be left out");
        assert!(likely_twice(&lines, &[]).unwrap().is_empty());
    }
}
