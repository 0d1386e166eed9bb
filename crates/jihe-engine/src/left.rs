//! What a part leaves behind when it is judged: findings, and the lines that they name.
//!
//! They wait packed, about thirty bytes each, until their slice of the month is settled. One part alone
//! does not wait.

use std::io::Result;
use std::ops::Range;

use jihe_frame::serials::{Numbers, high_of, low_of};
use jihe_frame::{Cut, Evidence, Hit, HitLine, Hits, KeptLines, LinePart, Lines, Serials};
use jihe_terms::{Grade, day_of};

use crate::packed::{Unpacked, Waiting, put, put_signed, put_step};
use crate::slices::copied;

/// Findings, and the lines that they name.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) hits: Hits,
    pub(crate) lines: KeptLines,
}

/// Some findings of a rule.
pub(crate) struct SomeHits<'a> {
    pub(crate) hits: &'a Hits,
    pub(crate) places: &'a [u32],
}

impl<'a> SomeHits<'a> {
    fn iter(&self) -> impl Iterator<Item = &'a Hit> {
        let hits = &self.hits.hits;
        self.places.iter().map(|&place| &hits[place as usize])
    }

    /// How many lines they have.
    pub(crate) fn n_lines(&self) -> usize {
        self.iter().map(Hit::n_lines).sum()
    }

    /// How many bytes their values take.
    fn n_value_bytes(&self) -> usize {
        self.iter().map(|hit| usize::from(hit.n_value_bytes)).sum()
    }

    /// These findings alone.
    pub(crate) fn copied(&self) -> Hits {
        copied(self.hits, self.iter())
    }
}

/// The findings of a part until they are asked for.
#[derive(Debug)]
pub(crate) enum Left {
    Plain(Box<Findings>),
    Packed {
        /// No keys: only the heads of those of the lines.
        keys: Serials,
        bytes: Waiting,
    },
}

impl Left {
    /// Packs some findings of a part, given rule by rule, and some of the lines that are kept of it.
    pub(crate) fn pack(
        lines: &Lines,
        by_rule: &[SomeHits<'_>],
        (kept, rows): (&KeptLines, Range<usize>),
    ) -> Result<Self> {
        let mut bytes = Vec::new();
        put(&mut bytes, by_rule.iter().map(|some| some.places.len() as u64).sum());
        put(&mut bytes, by_rule.iter().map(|some| some.n_lines() as u64).sum());
        put(&mut bytes, by_rule.iter().map(|some| some.n_value_bytes() as u64).sum());
        for some in by_rule {
            if let Some(first) = some.iter().next() {
                put(&mut bytes, some.places.len() as u64);
                put(&mut bytes, first.rule.into());
                put_hits(&mut bytes, some);
            }
        }
        put(&mut bytes, 0);
        put_lines(&mut bytes, kept, rows);
        let keys = kept.rows().key.gather(&[]);
        let bytes = Waiting::new(lines, &bytes)?;
        Ok(Self::Packed { keys, bytes })
    }

    /// Puts them on disk if the run has no memory left for so much more.
    pub(crate) fn make_room(&mut self, lines: &Lines, n_more: u64) -> Result<()> {
        match self {
            Self::Plain(_) => Ok(()),
            Self::Packed { bytes, .. } => bytes.make_room(lines, n_more),
        }
    }

    /// Adds the findings to others, of lines before these; so many more will follow.
    pub(crate) fn open(self, lines: &Lines, all: &mut Findings, more: &Hits) -> Result<()> {
        let (keys, bytes) = match self {
            Self::Plain(found) => {
                all.hits.append(found.hits);
                all.lines.append(found.lines);
                return Ok(());
            }
            Self::Packed { keys, bytes } => (keys, bytes),
        };
        let bytes = bytes.bytes(lines)?;
        let mut packed = Unpacked::new(&bytes);
        let mut room = |n_more: usize| (packed.number() as usize).min(bytes.len()) + n_more;
        all.hits.hits.reserve_exact(room(more.hits.len()));
        all.hits.lines.reserve_exact(room(more.lines.len()));
        all.hits.values.reserve_exact(room(more.values.len()));
        loop {
            match packed.number() as usize {
                0 => break,
                n_hits => add_packed(&mut all.hits, &mut packed, n_hits),
            }
        }
        let lines = kept(&mut packed, &keys);
        packed.end()?;
        drop(bytes);
        all.lines.append(lines);
        Ok(())
    }
}

/// Numbers of which neighbours are near each other.
#[derive(Default)]
struct Last {
    person: u32,
    encounter: u32,
    institution: u32,
    settlement: u32,
    line: u32,
}

/// Findings of one rule.
fn put_hits(bytes: &mut Vec<u8>, some: &SomeHits<'_>) {
    let mut last = Last::default();
    for hit in some.iter() {
        let lines = some.hits.lines_of(hit);
        bytes.push(grade(hit.grade));
        put_step(bytes, &mut last.person, hit.person);
        put_step(bytes, &mut last.encounter, hit.encounter);
        put_step(bytes, &mut last.institution, hit.institution);
        put(bytes, hit.row.wrapping_add(1).into());
        put(bytes, hit.unknown_exceptions.into());
        put(bytes, hit.n_value_bytes.into());
        bytes.extend_from_slice(some.hits.packed_values_of(hit));
        put(bytes, lines.len() as u64);
        for line in lines {
            put_step(bytes, &mut last.line, line.line);
            put_evidence(bytes, line.part());
        }
    }
}

fn add_packed(all: &mut Hits, packed: &mut Unpacked<'_>, n_hits: usize) {
    let mut last = Last::default();
    let rule = packed.small() as u16;
    let mut lines = Vec::new();
    for _ in 0..n_hits {
        let hit = Hit {
            rule,
            grade: grade_of(packed.small()),
            person: packed.step(&mut last.person),
            encounter: packed.step(&mut last.encounter),
            institution: packed.step(&mut last.institution),
            row: packed.small().wrapping_sub(1),
            unknown_exceptions: packed.small(),
            lines_from: 0,
            lines_until: 0,
            values_from: 0,
            n_value_bytes: 0,
        };
        let n_value_bytes = packed.small() as u8;
        let values = packed.values(n_value_bytes.into());
        lines.clear();
        for _ in 0..packed.number() {
            let line = packed.step(&mut last.line);
            lines.push(HitLine::new(line, evidence(packed)));
        }
        all.push_packed(&hit, &lines, values);
    }
}

fn grade(grade: Grade) -> u8 {
    match grade {
        Grade::Definite => 0,
        Grade::Likely => 1,
        Grade::Possible => 2,
        Grade::Indicator => 3,
    }
}

fn grade_of(number: u32) -> Grade {
    match number {
        0 => Grade::Definite,
        1 => Grade::Likely,
        2 => Grade::Possible,
        _ => Grade::Indicator,
    }
}

fn put_evidence(bytes: &mut Vec<u8>, part: Evidence) {
    let mut tagged = |tag: u8, number: i64| {
        bytes.push(tag);
        put_signed(bytes, number);
    };
    match part {
        Evidence::Shown => bytes.push(0),
        Evidence::Cut(Cut::Whole) => bytes.push(1),
        Evidence::Cut(Cut::Units(units)) => tagged(2, units),
        Evidence::Cut(Cut::Price(price)) => tagged(3, price),
        Evidence::Cut(Cut::Amount(amount)) => tagged(4, amount),
    }
}

fn evidence(packed: &mut Unpacked<'_>) -> Evidence {
    match packed.small() {
        1 => Evidence::Cut(Cut::Whole),
        2 => Evidence::Cut(Cut::Units(packed.signed())),
        3 => Evidence::Cut(Cut::Price(packed.signed())),
        4 => Evidence::Cut(Cut::Amount(packed.signed())),
        _ => Evidence::Shown,
    }
}

/// What results say of lines, row by row: neighbours are mostly of one person, visit and time.
fn put_lines(bytes: &mut Vec<u8>, kept: &KeptLines, some: Range<usize>) {
    let (rows, numbers) = (kept.rows(), &kept.numbers()[some.clone()]);
    put(bytes, numbers.len() as u64);
    let mut last = Last::default();
    let (mut number, mut head, mut time) = (0_u64, 0_u32, 0_i64);
    for (row, &line) in some.zip(numbers) {
        put_step(bytes, &mut last.line, line);
        let key = rows.key.pair(row);
        put_step(bytes, &mut head, key.0);
        let (low, high) = (low_of(key.1), high_of(key.1));
        put_signed(bytes, low.wrapping_sub(number).cast_signed());
        put(bytes, high);
        number = low;
        put_step(bytes, &mut last.person, rows.person[row]);
        put_step(bytes, &mut last.encounter, rows.encounter[row]);
        put_step(bytes, &mut last.settlement, rows.settlement[row]);
        put_step(bytes, &mut last.institution, rows.institution[row]);
        put(bytes, u64::from(rows.item[row]) << 1 | u64::from(rows.carried[row]));
        put_signed(bytes, rows.time[row].wrapping_sub(time));
        time = rows.time[row];
        put_signed(bytes, i64::from(rows.day[row]).wrapping_sub(i64::from(day_of(time))));
        put_signed(bytes, rows.cnt[row]);
        put_signed(bytes, rows.pric[row]);
        put_signed(bytes, rows.amount[row]);
        // Mostly all of a line is in policy, or nothing.
        put_signed(bytes, rows.amount[row].wrapping_sub(rows.scp[row]));
    }
}

fn kept(packed: &mut Unpacked<'_>, keys: &Serials) -> KeptLines {
    let n_lines = packed.number() as usize;
    let mut rows = LinePart::empty(0, 0..0);
    let mut numbers = Vec::with_capacity(n_lines);
    let (mut heads, mut serials) = (Vec::with_capacity(n_lines), Vec::with_capacity(n_lines));
    let (mut higher, mut has_higher) = (Vec::with_capacity(n_lines), false);
    let mut last = Last::default();
    let (mut number, mut head, mut time) = (0_u64, 0_u32, 0_i64);
    for _ in 0..n_lines {
        numbers.push(packed.step(&mut last.line));
        heads.push(packed.step(&mut head));
        number = number.wrapping_add(packed.signed().cast_unsigned());
        serials.push(number);
        higher.push(packed.number());
        has_higher |= higher.last() != Some(&0);
        rows.person.push(packed.step(&mut last.person));
        rows.encounter.push(packed.step(&mut last.encounter));
        rows.settlement.push(packed.step(&mut last.settlement));
        rows.institution.push(packed.step(&mut last.institution));
        let item = packed.number();
        rows.item.push((item >> 1) as u32);
        rows.carried.push(item & 1 == 1);
        time = time.wrapping_add(packed.signed());
        rows.time.push(time);
        rows.day.push(packed.signed().wrapping_add(day_of(time).into()) as i32);
        rows.cnt.push(packed.signed());
        rows.pric.push(packed.signed());
        let amount = packed.signed();
        rows.amount.push(amount);
        rows.scp.push(amount.wrapping_sub(packed.signed()));
    }
    higher.truncate(if has_higher { n_lines } else { 0 });
    rows.key = keys.with(heads, Numbers::of_halves(serials, higher));
    KeptLines::of(numbers, rows)
}

#[cfg(test)]
mod tests {
    use jihe_frame::Value;

    use super::*;

    fn lines() -> KeptLines {
        let rows = LinePart {
            key: ["H1-7", "", "H1-6"].into_iter().collect(),
            person: vec![0, 0, 4],
            encounter: vec![9, 8, u32::MAX],
            settlement: vec![u32::MAX, 1, 2],
            institution: vec![7, 7, 3],
            item: vec![u32::MAX, 0, 5],
            time: vec![1_767_225_600, 0, -1],
            day: vec![20_454, 0, i32::MIN],
            cnt: vec![10_000, -1, i64::MAX],
            pric: vec![0, i64::MIN, 5],
            amount: vec![100, -100, i64::MIN],
            scp: vec![100, 0, i64::MAX],
            carried: vec![false, true, false],
            ..LinePart::empty(0, 0..0)
        };
        KeptLines::of(vec![3, 4, 90], rows)
    }

    fn found() -> Hits {
        let cuts = [Cut::Whole, Cut::Units(5), Cut::Price(-6), Cut::Amount(i64::MAX)];
        let cut = |(line, cut)| HitLine::new(line, Evidence::Cut(cut));
        let lines: Vec<HitLine> = (3..).zip(cuts).map(cut).collect();
        let hit = Hit {
            rule: 1,
            grade: Grade::Possible,
            person: 5,
            encounter: u32::MAX,
            institution: 3,
            row: u32::MAX,
            lines_from: 0,
            lines_until: 0,
            values_from: 0,
            n_value_bytes: 0,
            unknown_exceptions: 2,
        };
        let few = [Value::Int(9), Value::Encounter(1), Value::Settlement(2), Value::Missing];
        let mut all = Hits::default();
        let values = [
            Value::Number(-5, 4),
            Value::Missing,
            Value::Day(-1),
            Value::Moment(7),
            Value::Code(u32::MAX),
            Value::Line(90),
        ];
        all.push(&hit, &lines, &values);
        all.push(&hit, &[], &few);
        all.push(&hit, &[HitLine::new(0, Evidence::Shown)], &[Value::Missing]);
        all
    }

    #[test]
    fn findings_come_back_as_they_were_put_away() {
        let all = Lines::of_parts(Vec::new());
        let found = Findings { hits: found(), lines: lines() };
        let whole = (&found.lines, 0..found.lines.len());
        let some = SomeHits { hits: &found.hits, places: &[0, 1, 2] };
        let packed = Left::pack(&all, &[some], whole);
        let mut back = Findings::default();
        packed.unwrap().open(&all, &mut back, &Hits::default()).unwrap();
        assert_eq!(format!("{:?}", back.hits), format!("{:?}", found.hits));
        assert_eq!(back.lines.numbers(), found.lines.numbers());
        let (rows, as_before) = (back.lines.rows(), found.lines.rows());
        assert!(rows.key.iter().eq(as_before.key.iter()));
        let columns = |part: &LinePart| {
            let codes =
                [&part.person, &part.encounter, &part.settlement, &part.institution, &part.item];
            let numbers = [&part.time, &part.cnt, &part.pric, &part.amount, &part.scp];
            format!("{codes:?} {numbers:?} {:?} {:?}", part.day, part.carried)
        };
        assert_eq!(columns(rows), columns(as_before));
    }
}
