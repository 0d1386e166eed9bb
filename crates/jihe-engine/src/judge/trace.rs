//! Trace codes used on two lines, over the whole country.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, Hasher};

use ahash::RandomState;
use jihe_frame::{Cut, Evidence, HitLine, KeptLines, LinePart, NetMonth, Value};
use jihe_kernels::trace::reused;
use jihe_terms::Texts;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::run::{Part, Run};
use crate::subjects::Subjects;
use crate::vector::{NULL, Vector};

/// One unit, 10⁻⁴.
const UNIT: i64 = 10_000;

/// A use that counts: hash of the code, and the line.
pub(crate) type Use = (u64, u32);

/// Uses of some lines: the row, the code, whether the pack was split.
struct Uses {
    rows: Vec<u32>,
    codes: Texts,
    split: Vec<bool>,
    /// Whether a table tells of the use, and not the line itself.
    tabled: Vec<bool>,
}

impl Uses {
    /// The uses of lines, each code once for a line; `number` gives the canonical number of a row.
    fn of(month: &NetMonth, lines: &LinePart, numbers: &dyn Fn(u32) -> u32) -> Self {
        let mut uses = Self {
            rows: Vec::new(),
            codes: Texts::default(),
            split: Vec::new(),
            tabled: Vec::new(),
        };
        let n_lines = lines.len() as u32;
        let table = month.traces.as_ref();
        let mut place = match (table, n_lines) {
            (Some(table), 1..) => table.line.partition_point(|&line| line < numbers(0)),
            _ => 0,
        };
        let mut own = Vec::new();
        for row in 0..n_lines {
            own.clear();
            if let Some(codes) = &lines.trace {
                codes.write(row as usize, &mut own);
            }
            let mut is_told = false;
            if let Some(table) = table.filter(|table| !table.line.is_empty()) {
                let number = numbers(row);
                while table.line.get(place).is_some_and(|&line| line < number) {
                    place += 1;
                }
                while table.line.get(place) == Some(&number) {
                    is_told |= table.code.bytes(place) == own;
                    uses.push(row, table.code.bytes(place), (table.split[place], true));
                    place += 1;
                }
            }
            if !own.is_empty() && !is_told {
                uses.push(row, &own, (false, false));
            }
        }
        uses
    }

    fn push(&mut self, row: u32, code: &[u8], (split, tabled): (bool, bool)) {
        self.rows.push(row);
        self.codes.push(code);
        self.split.push(split);
        self.tabled.push(tabled);
    }
}

/// Whether each line has a trace code, its own or one of a table; unknown if no file tells any.
pub(crate) fn traced(on: &Subjects<'_>) -> Vector {
    let (Some(table), Some((part, rows))) = (&on.run.month.traces, on.lines) else {
        return Vector::Bool(vec![NULL]);
    };
    let mut own = Vec::new();
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
        u8::from(!own.is_empty() || table.line.get(place) == Some(&number))
    };
    Vector::Bool(rows.iter().map(value).collect())
}

fn hash(code: &[u8]) -> u64 {
    let mut state = RandomState::with_seeds(5, 6, 7, 8).build_hasher();
    state.write(code);
    state.finish()
}

/// The uses of a part that count: pack not split, item not exempt, line in scope.
pub(crate) fn uses(run: &Run<'_>, rule: usize, part: &Part<'_>, found: &mut Found) -> Vec<Use> {
    if run.month.traces.is_none() {
        for row in in_scope(run, rule, part, part.all(), found) {
            let reason = "drug_trac_codg and table trace_codes are missing";
            found.not_evaluable_for(part.amount[row as usize], reason);
        }
        return Vec::new();
    }
    let uses = Uses::of(run.month, part, &|row| part.first + row);
    let mut rows = uses.rows.clone();
    rows.dedup();
    let rows = in_scope(run, rule, part, &rows, found);
    let rows = without_exempt(run, rule, part, rows, found);
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
            counted.push((hash(uses.codes.bytes(place)), part.first + row));
        }
    }
    found.n_judged += counted.len() as u64;
    counted
}

/// Judges the uses of all parts; gives the lines that were looked at again.
pub(crate) fn judge(
    run: &Run<'_>,
    rule: usize,
    mut counted: Vec<Use>,
    found: &mut Found,
) -> std::io::Result<KeptLines> {
    counted.sort_unstable();
    let twice = counted.chunk_by(|a, b| a.0 == b.0).filter(|same| 1 < same.len());
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
    let uses = Uses::of(run.month, lines, &number);
    let lacks_flag = run.month.traces.as_ref().is_some_and(|table| table.lacks_flag);
    // Lines with a use of which nobody knows whether the pack was split.
    let mut open: HashSet<Use, RandomState> = HashSet::default();
    let (mut hashes, mut codes, mut line) = (Vec::new(), Texts::default(), Vec::new());
    for (place, &row) in uses.rows.iter().enumerate() {
        let code = uses.codes.bytes(place);
        let one = (hash(code), number(row));
        if twice.contains(&one) && !uses.split[place] {
            if lacks_flag && uses.tabled[place] {
                open.insert(one);
            }
            hashes.push(one.0);
            line.push(one.1);
            codes.push(code);
        }
    }
    let mut later: Vec<(u32, u32)> = Vec::new();
    let mut untold: BTreeSet<u32> = BTreeSet::new();
    for (place, first) in reused(&hashes, &codes, &line) {
        let both = [place, first].map(|at| (hashes[at as usize], line[at as usize]));
        if both.iter().any(|one| open.contains(one)) {
            untold.insert(both[0].1);
        } else {
            later.push((both[0].1, both[1].1));
        }
    }
    for this in untold {
        let (lines, row) = kept.place(this);
        if !lines.carried[row] {
            found.not_evaluable_for(lines.amount[row], "column trace_codes.trdn_flag is missing");
        }
    }
    for of_line in later.chunk_by(|a, b| a.0 == b.0) {
        let (this, first) = of_line[0];
        let (lines, row) = kept.place(this);
        if lines.carried[row] {
            continue;
        }
        let n_codes = i64::try_from(of_line.len()).unwrap_or(i64::MAX);
        let units = n_codes.saturating_mul(UNIT).min(lines.cnt[row]);
        let mut cut = vec![HitLine { line: this, part: Evidence::Cut(Cut::Units(units)) }];
        let mut shown: Vec<u32> = of_line.iter().map(|&(_, first)| first).collect();
        shown.sort_unstable();
        shown.dedup();
        cut.extend(shown.into_iter().map(|line| HitLine { line, part: Evidence::Shown }));
        let values = [Value::Int(n_codes), Value::Line(first), Value::Missing, Value::Missing];
        let place = Place {
            rule,
            grade: run.rule(rule).grade,
            person: lines.person[row],
            encounter: lines.encounter[row],
            institution: lines.institution[row],
            row: jihe_terms::NO_CODE,
            unknown_exceptions: 0,
        };
        found.push(place, &cut, values);
    }
    Ok(kept)
}
