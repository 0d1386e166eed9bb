//! Reference tables whose rows belong to an institution: its practitioners, and its own item codes.

use std::collections::BTreeMap;

use jihe_frame::{Codes, Column};
use jihe_intake::Reference;
use jihe_rules::expr::{Derived, Source, Type};
use jihe_terms::schema::TableName;
use jihe_terms::{NO_CODE, NO_DAY, NO_NUMBER};

use crate::subjects::{Subjects, missing};
use crate::tables::CodedTable;
use crate::vector::{NULL, Rows, Vector};

/// Tables found by a code and an institution; none where the folder has no such table.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    practitioners: Option<CodedTable>,
    item_map: Option<CodedTable>,
}

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
        Self {
            practitioners: of(TableName::Practitioners, "prac_psn_code"),
            item_map: of(TableName::ItemMap, "medins_list_codg"),
        }
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
    let of = |name| place(TableName::Practitioners, name);
    let institutions = table.codes(of("fixmedins_code")).unwrap_or(&[]);
    let (begins, ends) = (days(table, of("begntime")), days(table, of("endtime")));
    let bound = |days: Option<&[i32]>, row: u32, open: i32| {
        let day = days.and_then(|days| days.get(row as usize)).copied().unwrap_or(NO_DAY);
        if day == NO_DAY { open } else { day }
    };
    table.by_key.on(person, day).any(|row| {
        institutions.get(row as usize) == Some(&institution)
            && bound(begins, row, i32::MIN) <= day
            && day <= bound(ends, row, i32::MAX)
    })
}

/// `registered(x)`; neighbours are mostly of one doctor and day.
pub(crate) fn registered(persons: &Vector, on: &Subjects<'_>) -> Vector {
    let Some(table) = &on.run.engine.registry.practitioners else {
        return missing(Type::Bool);
    };
    let persons = Rows::new(persons.codes());
    let mut last = ((NO_CODE, NO_CODE, NO_DAY), NULL);
    let rows = on.institution().into_iter().zip(on.day()).enumerate();
    let value = |(row, (institution, &day)): (usize, (u32, &i32))| {
        let key = (persons.get(row), institution, day);
        if key.0 == NO_CODE {
            return NULL;
        }
        if key != last.0 {
            last = (key, u8::from(works(table, key.0, institution, day)));
        }
        last.1
    };
    Vector::Bool(rows.map(value).collect())
}

/// The code that the platform's stock is kept by: `med_list_codg`, else `hilist_code`.
pub(crate) fn national_code(on: &Subjects<'_>) -> Vec<u32> {
    let Some((part, rows)) = on.lines else { return vec![NO_CODE; on.n] };
    let own = part.optional.codes("med_list_codg");
    let code = |&row: &u32| {
        let idx = row as usize;
        match own.map_or(NO_CODE, |codes| codes[idx]) {
            NO_CODE => part.item[idx],
            code => code,
        }
    };
    rows.iter().map(code).collect()
}

/// What `item_map` says of each line; `NO_CODE` where its own code has no row.
fn mapped_codes(on: &Subjects<'_>) -> Option<Vec<u32>> {
    let table = on.run.engine.registry.item_map.as_ref()?;
    let (part, rows) = on.lines?;
    let own = part.optional.codes("medins_list_codg")?;
    let of = |name| place(TableName::ItemMap, name);
    let institutions = table.codes(of("fixmedins_code"))?;
    let nationals = table.codes(of("med_list_codg"))?;
    let lines = rows.iter().zip(national_code(on));
    let mapped = lines.map(|(&row, billed)| {
        let idx = row as usize;
        let mut first = NO_CODE;
        for row in table.by_key.on(own[idx], part.day[idx]) {
            if institutions[row as usize] != part.institution[idx] {
                continue;
            }
            if nationals[row as usize] == billed {
                return billed;
            }
            if first == NO_CODE {
                first = nationals[row as usize];
            }
        }
        first
    });
    Some(mapped.collect())
}

/// The derived values that rest on `item_map`.
pub(crate) fn mapped(which: Derived, on: &Subjects<'_>) -> Vector {
    let Some(codes) = mapped_codes(on) else { return missing(which.ty()) };
    match which {
        Derived::MappedCode => Vector::Code(codes),
        Derived::MappedPrice => mapped_price(&codes, on),
        _ => {
            let Some((part, rows)) = on.lines else { return missing(which.ty()) };
            let own = part.optional.codes("medins_list_codg").unwrap_or(&[]);
            let truth = |(&row, &code): (&u32, &u32)| match own.get(row as usize) {
                Some(&own) if own != NO_CODE => u8::from(code != NO_CODE),
                Some(_) | None => NULL,
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
