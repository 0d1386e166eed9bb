//! Reference tables whose rows belong to an institution: its practitioners, and its own item codes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use jihe_catalogue::Table;
use jihe_frame::{Codes, Column, Value};
use jihe_intake::Reference;
use jihe_rules::expr::{Derived, Source, Type};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER, dealt};

use crate::aside::OfTable;
use crate::run::{Part, Run, bounds};
use crate::subjects::{Subjects, gather, missing};
use crate::tables::CodedTable;
use crate::vector::{FALSE, NULL, Rows, TRUE, Vector};

/// Tables found by a code and an institution; none where the folder has no such table.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    practitioners: Option<CodedTable>,
    /// By institution: its rows of `practitioners`, ascending, and where each institution's begin.
    staff: Vec<u32>,
    staff_of: BTreeMap<u32, (usize, usize)>,
    item_map: Option<ItemMap>,
    /// What conditions say of institutions.
    pub(crate) verdicts: Remembered,
}

/// What institutions' own codes stand for. What is asked of a line lies in one place.
#[derive(Debug)]
struct ItemMap {
    /// Where the rows of each own code begin.
    starts: Vec<u32>,
    /// By own code, then institution: many of them may have one code. Of one day the first comes first.
    rows: Vec<OwnCode>,
}

/// What an institution's own code stands for on some days.
#[derive(Clone, Copy, Debug, Default)]
struct OwnCode {
    institution: u32,
    from: i32,
    until: i32,
    national: u32,
}

impl ItemMap {
    fn new(table: &Table, codes: &mut Codes) -> Self {
        let schema = TableName::ItemMap.columns();
        let coded = CodedTable::not_in_order(table, schema, "medins_list_codg", codes);
        let of = |name| coded.codes(place(TableName::ItemMap, name)).unwrap_or(&[]);
        let (institutions, own) = (of("fixmedins_code"), of("medins_list_codg"));
        let nationals = of("med_list_codg");
        let row = |row: usize| {
            let (from, until) = bounds(table.range[row]);
            OwnCode { institution: institutions[row], from, until, national: nationals[row] }
        };
        let named = own.iter().enumerate().filter(|&(_, &code)| code != NO_CODE);
        let named = named.map(|(place, &code)| (code as usize, row(place)));
        let (starts, mut rows) = dealt(codes.len(), named);
        for code in starts.windows(2) {
            // Rows that begin on one day stay as they were.
            rows[code[0] as usize..code[1] as usize].sort_by_key(|row| (row.institution, row.from));
        }
        Self { starts, rows }
    }

    /// The national codes of an institution's own code on a day.
    fn on(&self, institution: u32, own: u32, day: i32) -> impl Iterator<Item = u32> + '_ {
        let place = own as usize;
        let rows = match (self.starts.get(place), self.starts.get(place + 1)) {
            (Some(&from), Some(&until)) => &self.rows[from as usize..until as usize],
            _ => &[],
        };
        let first = rows.partition_point(|row| row.institution < institution);
        let rows = rows[first..].iter().take_while(move |row| row.institution == institution);
        rows.filter(move |row| row.from <= day && day < row.until).map(|row| row.national)
    }
}

/// What a condition says of an institution: whether the rule looks at it, whether it is hit, and the value and
/// the limit that are shown then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) scope: u8,
    pub(crate) truth: u8,
    pub(crate) shown: [Value; 2],
}

/// What the conditions of a rule say of an institution, in their order.
pub(crate) type Verdicts = Arc<[Verdict]>;

/// Verdicts by rule, institution and day: they rest on the reference alone, and one claim after the other asks
/// for those of its institution. Codes that came with a claim are in no row of the reference: the next claim may have
/// others by the same ids, and the same is said of all of them.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<BTreeMap<(usize, u32, i32), Verdicts>>);

impl Remembered {
    /// What is remembered of institutions, else what `ask` says of those that nothing is remembered of.
    pub(crate) fn of(
        &self,
        (rule, day): (usize, i32),
        institutions: &[u32],
        ask: impl FnOnce(&[u32]) -> Vec<Verdicts>,
    ) -> Vec<Verdicts> {
        let all = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known: Vec<Option<Verdicts>> = {
            let all = all();
            institutions.iter().map(|&it| all.get(&(rule, it, day)).map(Arc::clone)).collect()
        };
        let new = institutions.iter().zip(&known).filter(|(_, known)| known.is_none());
        let new: Vec<u32> = new.map(|(&institution, _)| institution).collect();
        if new.is_empty() {
            return known.into_iter().flatten().collect();
        }
        let asked = ask(&new);
        let mut all = all();
        // Days go by in a service that stays up.
        if MOST_REMEMBERED < all.len() + asked.len() {
            all.clear();
        }
        let of_new = new.iter().map(|&institution| (rule, institution, day));
        all.extend(of_new.zip(asked.iter().map(Arc::clone)));
        let mut asked = asked.into_iter();
        known.into_iter().filter_map(|known| known.or_else(|| asked.next())).collect()
    }
}

/// Institutions and days that are remembered at most.
const MOST_REMEMBERED: usize = 1 << 14;

fn place(table: TableName, column: &str) -> usize {
    table.column(column).unwrap_or(usize::MAX)
}

fn days(table: &CodedTable, place: usize) -> Option<&[i32]> {
    match table.columns.get(place) {
        Some(Column::Day(days)) => Some(days),
        Some(Column::Absent | Column::Code(_) | Column::Number(_) | Column::Text(_)) | None => None,
    }
}

impl Registry {
    /// Codes the tables of a reference folder.
    pub(crate) fn new(reference: &Reference, codes: &mut Codes) -> Self {
        let mut of = |name: TableName, key: &str| {
            let table = reference.tables.get(&name)?;
            Some(CodedTable::of_reference(table, name.columns(), key, codes))
        };
        let practitioners = of(TableName::Practitioners, "prac_psn_code");
        let item_map = reference.tables.get(&TableName::ItemMap);
        let item_map = item_map.map(|table| ItemMap::new(table, codes));
        let institutions = practitioners.as_ref().and_then(|table: &CodedTable| {
            table.codes(place(TableName::Practitioners, "fixmedins_code"))
        });
        let institutions = institutions.unwrap_or(&[]);
        let mut staff: Vec<u32> = (0..institutions.len() as u32).collect();
        staff.sort_by_key(|&row| institutions[row as usize]);
        let mut staff_of = BTreeMap::new();
        let mut from = 0;
        for rows in staff.chunk_by(|&a, &b| institutions[a as usize] == institutions[b as usize]) {
            staff_of.insert(institutions[rows[0] as usize], (from, from + rows.len()));
            from += rows.len();
        }
        Self { practitioners, staff, staff_of, item_map, verdicts: Remembered::default() }
    }

    /// The table of practitioners, if the folder has it.
    pub(crate) fn practitioners(&self) -> Option<&CodedTable> {
        self.practitioners.as_ref()
    }

    /// The rows of the practitioners registered at an institution on a day, those of one person
    /// together.
    pub(crate) fn staff(&self, institution: u32, day: i32) -> Vec<u32> {
        let Some(table) = &self.practitioners else { return Vec::new() };
        let &(from, until) = self.staff_of.get(&institution).unwrap_or(&(0, 0));
        let persons = table.codes(place(TableName::Practitioners, "prac_psn_code")).unwrap_or(&[]);
        let works = Works::new(table);
        let is_there = |&row: &u32| {
            let person = persons[row as usize];
            table.by_key.on(person, day).any(|other| other == row) && works.on(row, day)
        };
        let mut rows: Vec<u32> = self.staff[from..until].iter().copied().filter(is_there).collect();
        rows.sort_by_key(|&row| persons[row as usize]);
        rows
    }

    /// Whether the folder has the table.
    pub(crate) fn has(&self, table: TableName) -> bool {
        match table {
            TableName::Practitioners => self.practitioners.is_some(),
            TableName::ItemMap => self.item_map.is_some(),
            _ => false,
        }
    }
}

/// Whether a person works at an institution on a day by the table: a row is in force, and the day is
/// not before its `begntime` nor after its `endtime` where they are given.
fn works(table: &CodedTable, person: u32, institution: u32, day: i32) -> bool {
    let place = place(TableName::Practitioners, "fixmedins_code");
    let institutions = table.codes(place).unwrap_or(&[]);
    let works = Works::new(table);
    let is_there =
        |row: u32| institutions.get(row as usize) == Some(&institution) && works.on(row, day);
    table.by_key.on(person, day).any(is_there)
}

/// First and last days of registrations.
struct Works<'a> {
    begins: Option<&'a [i32]>,
    ends: Option<&'a [i32]>,
}

impl<'a> Works<'a> {
    fn new(table: &'a CodedTable) -> Self {
        let of = |name| days(table, place(TableName::Practitioners, name));
        Self { begins: of("begntime"), ends: of("endtime") }
    }

    /// Whether the day is not before `begntime` nor after `endtime` where they are given.
    fn on(&self, row: u32, day: i32) -> bool {
        let bound = |days: Option<&[i32]>, open: i32| {
            let day = days.and_then(|days| days.get(row as usize)).copied().unwrap_or(NO_DAY);
            if day == NO_DAY { open } else { day }
        };
        bound(self.begins, i32::MIN) <= day && day <= bound(self.ends, i32::MAX)
    }
}

/// `registered(x)`; neighbours are mostly of one doctor and day.
pub(crate) fn registered(persons: &Vector, on: &Subjects<'_>) -> Vector {
    let Some(table) = &on.run.engine.registry.practitioners else {
        return missing(Type::Bool);
    };
    let aside = on.run.engine.aside.of(TableName::Practitioners);
    let persons = Rows::new(persons.codes());
    let mut last = ((NO_CODE, NO_CODE, NO_DAY), NULL);
    let rows = on.institution().into_iter().zip(on.day()).enumerate();
    let value = |(row, (institution, &day)): (usize, (u32, &i32))| {
        let key = (persons.get(row), institution, day);
        if key.0 == NO_CODE {
            return NULL;
        }
        if key != last.0 {
            let works = works(table, key.0, institution, day);
            let other = || aside.map_or(FALSE, |aside| aside.truth(&[key.0]));
            last = (key, if works { TRUE } else { other() });
        }
        last.1
    };
    Vector::Bool(rows.map(value).collect())
}

/// The code that the platform's stock is kept by: `med_list_codg`, else `hilist_code`.
pub(crate) fn national_code(on: &Subjects<'_>) -> Vec<u32> {
    let Some((part, rows)) = on.lines else { return vec![NO_CODE; on.n] };
    let code = nationals_of(part);
    rows.iter().map(|&row| code(row as usize)).collect()
}

/// That code of a line of a part.
fn nationals_of<'p>(part: &'p Part<'_>) -> impl Fn(usize) -> u32 + 'p {
    let own = part.optional.codes("med_list_codg");
    move |idx| match own.map_or(NO_CODE, |codes| codes[idx]) {
        NO_CODE => part.item[idx],
        code => code,
    }
}

/// What `item_map` says of each line of a part; `NO_CODE` where its own code has no row.
fn mapped_of(run: &Run<'_>, part: &Part<'_>) -> Option<Vec<u32>> {
    let map = run.engine.registry.item_map.as_ref()?;
    let own = part.optional.codes("medins_list_codg")?;
    let billed_code = nationals_of(part);
    let aside = run.engine.aside.of(TableName::ItemMap);
    let mapped = (0..part.len()).map(|idx| {
        if own[idx] == NO_CODE {
            return NO_CODE;
        }
        let billed = billed_code(idx);
        let mut first = NO_CODE;
        for national in map.on(part.institution[idx], own[idx], part.day[idx]) {
            if national == billed {
                return billed;
            }
            if first == NO_CODE {
                first = national;
            }
        }
        // A row that was put aside may be of the code that was billed.
        let names = |aside: &OfTable| aside.names(&[part.institution[idx], own[idx]]);
        if aside.is_some_and(names) { NO_CODE } else { first }
    });
    Some(mapped.collect())
}

/// The same of some lines: several conditions ask for it.
fn mapped_codes(on: &Subjects<'_>) -> Option<Vec<u32>> {
    let (part, rows) = on.lines?;
    let all = part.mapped.get_or_init(|| mapped_of(on.run, part)).as_ref()?;
    Some(gather(all, rows))
}

/// The derived values that rest on `item_map`.
pub(crate) fn mapped(which: Derived, on: &Subjects<'_>) -> Vector {
    let Some(codes) = mapped_codes(on) else { return missing(which.ty()) };
    match which {
        Derived::MappedCode => Vector::Code(codes.into()),
        Derived::MappedPrice => mapped_price(&codes, on),
        _ => {
            let Some((part, rows)) = on.lines else { return missing(which.ty()) };
            let own = part.optional.codes("medins_list_codg").unwrap_or(&[]);
            let aside = on.run.engine.aside.of(TableName::ItemMap);
            let truth = |(&row, &code): (&u32, &u32)| match (
                own.get(row as usize).copied().unwrap_or(NO_CODE),
                code,
            ) {
                (NO_CODE, _) => NULL,
                (own, NO_CODE) => {
                    let institution = part.institution[row as usize];
                    aside.map_or(FALSE, |aside| aside.truth(&[institution, own]))
                }
                _ => TRUE,
            };
            Vector::Bool(rows.iter().zip(&codes).map(truth).collect())
        }
    }
}

/// The lowest limit of each code at the institution's level; unknown if a row asks for a level that
/// is not known.
fn mapped_price(codes: &[u32], on: &Subjects<'_>) -> Vector {
    let Some(limits) = &on.run.engine.price_limits else { return missing(Type::Number(6)) };
    let of = |name| place(TableName::PriceLimits, name);
    let wanted = limits.numbers(of("lmtpric_hosp_lv"));
    let prices = limits.numbers(of("hilist_pric_uplmt_amt")).unwrap_or(&[]);
    let level = place(TableName::Institutions, "lmtpric_hosp_lv");
    let levels = on.column(Source::Institution, level, Type::Number(0));
    let levels = Rows::new(levels.numbers());
    // Few pairs of code, level and day come often.
    let mut known: BTreeMap<(u32, i64, i32), i64> = BTreeMap::new();
    let price = |(idx, (&code, &day)): (usize, (&u32, &i32))| {
        let level = levels.get(idx);
        *known.entry((code, level, day)).or_insert_with(|| {
            let mut lowest = NO_NUMBER;
            for row in limits.by_key.on(code, day) {
                match wanted.and_then(|of| of.get(row as usize)).copied().unwrap_or(NO_NUMBER) {
                    NO_NUMBER => {}
                    _ if level == NO_NUMBER => return NO_NUMBER,
                    wanted if wanted != level => continue,
                    _ => {}
                }
                let price = prices[row as usize];
                lowest = if lowest == NO_NUMBER { price } else { lowest.min(price) };
            }
            lowest
        })
    };
    Vector::Number(codes.iter().zip(on.day()).enumerate().map(price).collect())
}
