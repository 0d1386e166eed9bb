//! Indexes over the tables of indicators: classes of lines, and targets.

use std::collections::{BTreeMap, HashMap};

use jihe_frame::Codes;
use jihe_rules::plan::{MOST_CLASSES, Plan};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_NUMBER};

use crate::run::{Part, Run, bounds};
use crate::tables::CodedTable;

/// What makes a line one of a class; what is not named does not matter.
#[derive(Clone, Debug)]
struct ClassRow {
    class: u32,
    list_type: u32,
    charge_type: u32,
    begins: Vec<u8>,
    days: (i32, i32),
}

/// What is known of an item on a day.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
struct Kind {
    list_type: u32,
    charge_type: u32,
}

const NO_KIND: Kind = Kind { list_type: NO_CODE, charge_type: NO_CODE };

/// A row that holds for the items of a kind that begin so, or may hold for them.
#[derive(Clone, Copy, Debug)]
struct MayBe<'a> {
    begins: &'a [u8],
    /// The bit of its class.
    bit: u64,
    is_sure: bool,
}

impl MayBe<'_> {
    fn fits(&self, item: &[u8]) -> bool {
        // A few bytes or none: comparing them here costs less than a call, and much less where there are
        // none, whose place is no memory at all.
        self.begins.len() <= item.len() && self.begins.iter().zip(item).all(|(a, b)| a == b)
    }
}

/// The classes of an item by the rows that fit it; none if some cannot be told.
fn classes<'a>(rows: impl Iterator<Item = &'a MayBe<'a>>) -> Option<u64> {
    let (mut is, mut may_be) = (0_u64, 0_u64);
    for row in rows {
        if row.is_sure {
            is |= row.bit;
        } else {
            may_be |= row.bit;
        }
    }
    (may_be & !is == 0).then_some(is)
}

/// What the catalogue tells of some of its items, on days of the same rows: they are of one kind, and begin
/// alike as far as it matters.
#[derive(Clone, Debug)]
struct Alike {
    kind: Kind,
    /// One of them.
    item: u32,
    /// Their classes; none if lines must say more.
    classes: Option<u64>,
}

/// The rows of a kind, and what is alike by the places of those that fit.
type OfKind<'a> = (Vec<MayBe<'a>>, HashMap<Vec<usize>, u32, ahash::RandomState>);

/// Classes of lines, worked out for every row of the catalogue.
#[derive(Clone, Debug)]
pub(crate) struct ClassIndex {
    names: Vec<u32>,
    rows: Vec<ClassRow>,
    /// Days from which other rows hold, ascending.
    changes: Vec<i32>,
    /// By number of changes before the day, then catalogue row: its place in `alike`.
    known: Vec<Vec<u32>>,
    alike: Vec<Alike>,
}

impl ClassIndex {
    /// Indexes the table if it has rows. A checked pack has no more classes than there are bits.
    pub(crate) fn new(
        plan: &Plan,
        catalogue: Option<&CodedTable>,
        codes: &mut Codes,
    ) -> Option<Self> {
        let table = plan.tables.get("share_class").filter(|table| !table.is_empty())?;
        let coded = CodedTable::of_pack(table, "class", codes);
        let column = |name: &str| {
            let place = table.column(name);
            place.and_then(|place| coded.codes(place)).map_or(Vec::new(), <[u32]>::to_vec)
        };
        let class = column("class");
        let mut names = class.clone();
        names.sort_unstable_by(|&a, &b| codes.bytes(a).cmp(codes.bytes(b)));
        names.dedup();
        assert!(names.len() <= MOST_CLASSES, "a pack with so many classes is not checked");
        let (lists, charges, begins) =
            (column("list_type"), column("med_chrgitm_type"), column("item_begins"));
        let text = |code: u32| match code {
            NO_CODE => Vec::new(),
            code => codes.bytes(code).to_vec(),
        };
        let rows: Vec<ClassRow> = (0..class.len())
            .filter_map(|row| {
                let place = names.iter().position(|&name| name == class[row])?;
                Some(ClassRow {
                    class: place as u32,
                    list_type: lists[row],
                    charge_type: charges[row],
                    begins: text(begins[row]),
                    days: bounds(table.range[row]),
                })
            })
            .collect();
        let mut changes: Vec<i32> = rows.iter().flat_map(|row| [row.days.0, row.days.1]).collect();
        changes.sort_unstable();
        changes.dedup();
        let mut index = Self { names, rows, changes, known: Vec::new(), alike: Vec::new() };
        if let Some(catalogue) = catalogue {
            index.learn(catalogue, codes);
        }
        Some(index)
    }

    fn learn(&mut self, catalogue: &CodedTable, codes: &Codes) {
        let column =
            |name: &str| TableName::Catalogue.column(name).and_then(|place| catalogue.codes(place));
        let items = column("hilist_code").unwrap_or(&[]);
        let (lists, charges) = (column("list_type"), column("med_chrgitm_type"));
        let of = |column: Option<&[u32]>, row: usize| column.map_or(NO_CODE, |codes| codes[row]);
        for epoch in 0..=self.changes.len() {
            // Any day of the epoch will do: its rows are the same.
            let day = epoch.checked_sub(1).map_or(i32::MIN, |before| self.changes[before]);
            let mut kinds: HashMap<Kind, OfKind<'_>, ahash::RandomState> = HashMap::default();
            let mut fitting: Vec<usize> = Vec::new();
            let (mut known, mut alike) = (Vec::with_capacity(items.len()), Vec::new());
            for (row, &item) in items.iter().enumerate() {
                let kind = Kind { list_type: of(lists, row), charge_type: of(charges, row) };
                let new = || (self.of_kind(kind, day), HashMap::default());
                let (rows, places) = kinds.entry(kind).or_insert_with(new);
                let text = codes.bytes(item);
                let fits = |(place, row): (usize, &MayBe<'_>)| row.fits(text).then_some(place);
                fitting.clear();
                fitting.extend(rows.iter().enumerate().filter_map(fits));
                let place = places.get(&fitting).copied().unwrap_or_else(|| {
                    let place = (self.alike.len() + alike.len()) as u32;
                    let classes = classes(fitting.iter().map(|&place| &rows[place]));
                    alike.push(Alike { kind, item, classes });
                    places.insert(fitting.clone(), place);
                    place
                });
                known.push(place);
            }
            self.known.push(known);
            self.alike.append(&mut alike);
        }
    }

    /// The classes, by name.
    pub(crate) fn names(&self) -> &[u32] {
        &self.names
    }

    /// The rows that hold on a day for items of a kind, or may hold for them.
    fn of_kind(&self, kind: Kind, day: i32) -> Vec<MayBe<'_>> {
        let in_force = self.rows.iter().filter(|row| row.days.0 <= day && day < row.days.1);
        let of_kind = in_force.filter_map(|row| {
            let is_it = |wanted: u32, own: u32| match (wanted, own) {
                (NO_CODE, _) => Some(true),
                (_, NO_CODE) => None,
                (wanted, own) => Some(wanted == own),
            };
            let both =
                [is_it(row.list_type, kind.list_type), is_it(row.charge_type, kind.charge_type)];
            if both.contains(&Some(false)) {
                return None;
            }
            Some(MayBe { begins: &row.begins, bit: 1 << row.class, is_sure: !both.contains(&None) })
        });
        of_kind.collect()
    }

    /// What tells the classes of the lines of a part.
    pub(crate) fn of_part<'a>(&'a self, run: &'a Run<'a>, part: &'a Part<'a>) -> LineClasses<'a> {
        LineClasses {
            index: self,
            run,
            part,
            item_rows: run.item_rows(part),
            list_type: part.optional.codes("list_type"),
            charge_type: part.optional.codes("med_chrgitm_type"),
            memo: HashMap::default(),
        }
    }
}

/// The classes of lines: from the catalogue, else from what lines say themselves.
pub(crate) struct LineClasses<'a> {
    index: &'a ClassIndex,
    run: &'a Run<'a>,
    part: &'a Part<'a>,
    item_rows: Option<&'a [u32]>,
    list_type: Option<&'a [u32]>,
    charge_type: Option<&'a [u32]>,
    /// What the catalogue alone does not tell, by number of changes, item and what is known of its kind; of
    /// items that are alike it is that of one.
    memo: HashMap<(usize, u32, Kind), Option<u64>, ahash::RandomState>,
}

impl LineClasses<'_> {
    /// The classes of a line; none if some cannot be told.
    pub(crate) fn of(&mut self, row: u32) -> Option<u64> {
        let (idx, day) = (row as usize, self.part.day[row as usize]);
        let index = self.index;
        let item_row = self.item_rows.map_or(NO_CODE, |rows| rows[idx]) as usize;
        let epoch = index.changes.partition_point(|&change| change <= day);
        let place = index.known.get(epoch).and_then(|known| known.get(item_row)).copied();
        let alike = place.map(|place| &index.alike[place as usize]);
        if let Some(classes) = alike.and_then(|alike| alike.classes) {
            return Some(classes);
        }
        let own = |lines: Option<&[u32]>| lines.map_or(NO_CODE, |codes| codes[idx]);
        let or_own = |code: u32, lines| if code == NO_CODE { own(lines) } else { code };
        let (item, told) = match alike {
            Some(alike) => (alike.item, alike.kind),
            None => (self.part.item[idx], NO_KIND),
        };
        let kind = Kind {
            list_type: or_own(told.list_type, self.list_type),
            charge_type: or_own(told.charge_type, self.charge_type),
        };
        let codes = &self.run.month.codes;
        *self.memo.entry((epoch, item, kind)).or_insert_with(|| {
            let (rows, text) = (index.of_kind(kind, day), codes.bytes(item));
            classes(rows.iter().filter(|row| row.fits(text)))
        })
    }
}

/// A row of the table of targets; what is not named does not matter.
#[derive(Clone, Debug)]
struct Target {
    class: u32,
    institution: u32,
    level: i64,
    value: i64,
    days: (i32, i32),
    row: u32,
}

/// Targets by indicator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Targets {
    by_rule: BTreeMap<String, Vec<Target>>,
}

impl Targets {
    pub(crate) fn new(plan: &Plan, codes: &mut Codes) -> Self {
        let mut targets = Self::default();
        let Some(table) = plan.tables.get("indicator_target") else { return targets };
        let coded = CodedTable::of_pack(table, "indicator", codes);
        let place = |name: &str| table.column(name).unwrap_or(usize::MAX);
        let codes_of = |name: &str, row: usize| match coded.codes(place(name)) {
            Some(codes) => codes[row],
            None => NO_CODE,
        };
        let number = |name: &str, row: usize| match coded.numbers(place(name)) {
            Some(values) => values[row],
            None => NO_NUMBER,
        };
        let Some(names) = table.texts("indicator") else { return targets };
        for (row, &range) in table.range.iter().enumerate() {
            let of_rule = targets.by_rule.entry(names.text(row).to_owned()).or_default();
            of_rule.push(Target {
                class: codes_of("class", row),
                institution: codes_of("fixmedins_code", row),
                level: number("lmtpric_hosp_lv", row),
                value: number("target", row),
                days: bounds(range),
                row: row as u32,
            });
        }
        targets
    }

    /// The target of an institution and its row: its own before its level's before that of all.
    pub(crate) fn of(
        &self,
        run: &Run<'_>,
        rule: usize,
        (class, institution, day): (u32, u32, i32),
    ) -> Option<(i64, u32)> {
        let of_rule = self.by_rule.get(&run.rule(rule).id)?;
        let level = level_of(run, institution, day);
        let fits = |target: &&Target| {
            target.class == class
                && (target.institution == NO_CODE || target.institution == institution)
                && (target.level == NO_NUMBER || target.level == level)
                && target.days.0 <= day
                && day < target.days.1
        };
        let rank = |target: &&Target| (target.institution == NO_CODE, target.level == NO_NUMBER);
        of_rule.iter().filter(fits).min_by_key(rank).map(|target| (target.value, target.row))
    }
}

fn level_of(run: &Run<'_>, institution: u32, day: i32) -> i64 {
    let of_table = |table: &CodedTable| {
        let row = table.by_key.on(institution, day).next()?;
        let place = TableName::Institutions.column("lmtpric_hosp_lv")?;
        table.numbers(place).map(|levels| levels[row as usize])
    };
    run.engine.institutions.as_ref().and_then(of_table).unwrap_or(NO_NUMBER)
}
