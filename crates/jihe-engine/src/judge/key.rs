//! The group of a line under a limit.

use jihe_frame::{Codes, Column};
use jihe_rules::expr::Derived;
use jihe_rules::plan::KeyPart;
use jihe_terms::{Day, NO_CODE};

use crate::run::{Part, Run};
use crate::subjects::Subjects;
use crate::tables::CodedTable;
use crate::vector::Values;

/// Who, what, when, which order, which codes.
pub(crate) type Key = [u64; 5];

/// The words by which tables say who and what time is counted, as codes.
#[derive(Debug)]
pub(crate) struct Words {
    person: Option<u32>,
    windows: [Option<u32>; 5],
}

impl Words {
    pub(crate) fn of(codes: &Codes) -> Self {
        let word = |word: &str| codes.get(word.as_bytes());
        let windows = ["day", "month", "quarter", "year", "stay"].map(word);
        Self { person: word("person"), windows }
    }
}

/// Place of the word `stay` among the windows.
const STAY: usize = 4;

/// What tells the groups of a rule apart, with the columns of its table looked up once.
pub(crate) struct Keys<'a> {
    part: &'a Part<'a>,
    table: Option<&'a CodedTable>,
    per: &'a [KeyPart],
    /// By table row: whether it counts by person, and its window.
    row_per: Option<&'a [u32]>,
    row_window: Option<&'a [u32]>,
    /// By line: its list type and its class, where groups are told apart by them.
    list_types: &'a [u32],
    classes: Values<u32>,
    words: &'a Words,
}

impl<'a> Keys<'a> {
    pub(crate) fn new(
        run: &Run<'a>,
        part: &'a Part<'a>,
        table: Option<&'a CodedTable>,
        per: &'a [KeyPart],
    ) -> Self {
        let codes = |asked: KeyPart, column: &str| {
            let table = table.filter(|_| per.contains(&asked))?;
            table.codes(run.engine.plan.tables.get(&table.name)?.column(column)?)
        };
        let asks = |derived| per.contains(&KeyPart::OfItem(derived));
        let list_types = if asks(Derived::ListType) { run.list_types(part) } else { &[] };
        let classes = if asks(Derived::ItemClass) {
            Subjects::of_lines(run, part, part.all(), &[]).class()
        } else {
            Values::Many(Vec::new())
        };
        let row_per = codes(KeyPart::RowPer, "per");
        let row_window = codes(KeyPart::RowWindow, "window");
        let words = &run.engine.words;
        Self { part, table, per, row_per, row_window, list_types, classes, words }
    }

    /// Whether lines of one group are of one day.
    pub(crate) fn is_by_day(&self, table_row: u32) -> bool {
        let window = || self.row_window.and_then(|codes| codes.get(table_row as usize));
        self.per.contains(&KeyPart::Day)
            || window().is_some_and(|&window| Some(window) == self.words.windows[0])
    }

    /// Whether who, what and when of the group of a line are known: whether there is a `window`.
    pub(crate) fn is_known(&self, row: u32, table_row: u32) -> bool {
        let is_word = |codes: Option<&[u32]>| {
            codes
                .and_then(|codes| codes.get(table_row as usize))
                .is_some_and(|&code| code != NO_CODE)
        };
        self.per.iter().all(|key_part| match key_part {
            KeyPart::RowPer => is_word(self.row_per),
            // Only a month or year before the first has no number.
            KeyPart::RowWindow if self.part.day[row as usize] < 0 => {
                self.window(row, table_row).is_some()
            }
            KeyPart::RowWindow => is_word(self.row_window),
            _ => true,
        })
    }

    /// The person of a line with an encounter, or with none.
    fn of_person(&self, idx: usize, encounter: u32) -> u64 {
        u64::from(self.part.person[idx]) << 32 | u64::from(encounter)
    }

    /// An encounter that no table lists may be named by lines of several persons.
    fn of_encounter(&self, idx: usize) -> u64 {
        self.of_person(idx, self.part.encounter[idx])
    }

    /// Who, what and when of the group of a line; `None` where a part of it is not known. Each is the
    /// finest that a part asks for, whatever their order: of person and encounter the encounter, of
    /// day and month the day.
    pub(crate) fn window(&self, row: u32, table_row: u32) -> Option<[u64; 3]> {
        let (part, idx) = (self.part, row as usize);
        let (mut by_person, mut by_encounter, mut by_day) = (false, false, false);
        let (mut what, mut when) = (0_u64, 0_u64);
        let word = |codes: Option<&[u32]>| {
            codes?.get(table_row as usize).copied().filter(|&code| code != NO_CODE)
        };
        for key_part in self.per {
            match key_part {
                KeyPart::Person => by_person = true,
                KeyPart::Item => what |= u64::from(part.item[idx]) << 32,
                KeyPart::Institution => what |= u64::from(part.institution[idx]),
                KeyPart::Day => by_day = true,
                KeyPart::RowCode(_) | KeyPart::OfItem(_) | KeyPart::LineCode(_) => {}
                KeyPart::RowPer if Some(word(self.row_per)?) == self.words.person => {
                    by_person = true;
                }
                KeyPart::Encounter | KeyPart::Prescription | KeyPart::RowPer => {
                    by_encounter = true;
                }
                KeyPart::RowWindow => {
                    let window = Some(word(self.row_window)?);
                    // The checker lets no other word be.
                    let window = self.words.windows.iter().position(|&word| word == window)?;
                    by_encounter |= window == STAY;
                    when = self.time(idx, window)?;
                }
            }
        }
        if by_day {
            when = self.time(idx, 0)?;
        }
        let who = match (by_encounter, by_person) {
            (true, _) => self.of_encounter(idx),
            (false, true) => self.of_person(idx, NO_CODE),
            (false, false) => 0,
        };
        Some([who, what, when])
    }

    /// The day, month, quarter or year of a line, or the stay as a whole; `None` before the first year.
    fn time(&self, idx: usize, window: usize) -> Option<u64> {
        let day = self.part.day[idx];
        let civil = || -> Option<(u64, u64)> {
            let (year, month, _) = Day::from_epoch(day).civil();
            Some((u64::try_from(year).ok()?, u64::from(month)))
        };
        Some(match window {
            0 => 1 << 40 | u64::from(day.cast_unsigned()),
            1 => civil().map(|(year, month)| (2 << 40) | (year * 12 + month))?,
            2 => civil().map(|(year, month)| (3 << 40) | (year * 4 + month.div_ceil(3)))?,
            3 => 4 << 40 | civil()?.0,
            _ => 5 << 40,
        })
    }

    /// The group of a line under a count, or a sum over all persons.
    pub(crate) fn of(&self, row: u32, table_row: u32) -> Option<Key> {
        let (part, idx) = (self.part, row as usize);
        let [who, what, when] = self.window(row, table_row)?;
        let mut key = [who, what, when, 0, 0];
        let mut n_codes = 0_u32;
        for key_part in self.per {
            let code = match key_part {
                KeyPart::Prescription => {
                    let order = part.order_of(idx);
                    if order == 0 {
                        return None;
                    }
                    key[3] = order;
                    continue;
                }
                KeyPart::RowCode(place) => {
                    self.table?.codes(*place)?.get(table_row as usize).copied()
                }
                KeyPart::OfItem(Derived::ListType) => self.list_types.get(idx).copied(),
                KeyPart::OfItem(_) => self.classes.get(idx).copied(),
                KeyPart::LineCode(place) => match part.optional.columns.get(*place) {
                    Some(Column::Code(values)) => values.get(idx).copied(),
                    _ => None,
                },
                _ => continue,
            };
            let code = code.filter(|&code| code != NO_CODE)?;
            // Two codes fit; the checker lets no more be named.
            key[4] |= u64::from(code) << (32 * n_codes.min(1));
            n_codes += 1;
        }
        Some(key)
    }
}
