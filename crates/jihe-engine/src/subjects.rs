//! What expressions are evaluated over: some lines of a part, or some stays.

use std::cell::OnceCell;

use jihe_frame::Column;
use jihe_rules::expr::{Source, Type};
use jihe_rules::plan::Param;
use jihe_terms::schema::TableName;
use jihe_terms::{DayRange, NO_CODE, NO_DAY, NO_NUMBER};

use crate::judge::costs::Costs;
use crate::run::{Part, Run};
use crate::tables::CodedTable;
use crate::vector::{NULL, Values, Vector};

/// A batch of lines or stays, with their links resolved when first asked for.
pub(crate) struct Subjects<'a> {
    pub(crate) run: &'a Run<'a>,
    pub(crate) n: usize,
    pub(crate) lines: Option<(&'a Part<'a>, &'a [u32])>,
    stays: Option<(&'a [u32], &'a [u32])>,
    settlements: Option<&'a [u32]>,
    /// Institutions as a whole, by code.
    institutions: Option<&'a [u32]>,
    /// Rows of the practitioners.
    practitioners: &'a [u32],
    /// By encounter: the amounts of its lines.
    costs: Option<&'a Costs>,
    /// Sums over the lines of each stay, by place.
    sums: &'a [Vec<i64>],
    table: Option<(&'a CodedTable, &'a [u32])>,
    pub(crate) params: &'a [Param],
    encounter: OnceCell<Vec<u32>>,
    person: OnceCell<Vec<u32>>,
    settlement: OnceCell<Vec<u32>>,
    institution_row: OnceCell<Vec<u32>>,
    item_row: OnceCell<Vec<u32>>,
    day: OnceCell<Vec<i32>>,
}

impl<'a> Subjects<'a> {
    fn new(run: &'a Run<'a>, n: usize, params: &'a [Param]) -> Self {
        Self {
            run,
            n,
            lines: None,
            stays: None,
            settlements: None,
            institutions: None,
            practitioners: &[],
            costs: None,
            sums: &[],
            table: None,
            params,
            encounter: OnceCell::new(),
            person: OnceCell::new(),
            settlement: OnceCell::new(),
            institution_row: OnceCell::new(),
            item_row: OnceCell::new(),
            day: OnceCell::new(),
        }
    }

    /// Rows of a part.
    pub(crate) fn of_lines(
        run: &'a Run<'a>,
        part: &'a Part<'a>,
        rows: &'a [u32],
        params: &'a [Param],
    ) -> Self {
        Self { lines: Some((part, rows)), ..Self::new(run, rows.len(), params) }
    }

    /// Stays by index, each with its former one.
    pub(crate) fn of_stays(
        run: &'a Run<'a>,
        later: &'a [u32],
        former: &'a [u32],
        params: &'a [Param],
    ) -> Self {
        assert_eq!(later.len(), former.len(), "later and former stays differ in number");
        Self { stays: Some((later, former)), ..Self::new(run, later.len(), params) }
    }

    /// Rows of the catalogue or another table beside one row of the institutions, for what is asked
    /// of tables alone.
    pub(crate) fn of_rows(
        run: &'a Run<'a>,
        rows: &[u32],
        (institution, params): (u32, &'a [Param]),
    ) -> Self {
        Self {
            item_row: OnceCell::from(rows.to_vec()),
            institution_row: OnceCell::from(vec![institution; rows.len()]),
            ..Self::new(run, rows.len(), params)
        }
    }

    /// Settlements by index.
    pub(crate) fn of_settlements(
        run: &'a Run<'a>,
        settlements: &'a [u32],
        params: &'a [Param],
    ) -> Self {
        Self { settlements: Some(settlements), ..Self::new(run, settlements.len(), params) }
    }

    /// Institutions as a whole on a day, or their practitioners: the institution of each row.
    pub(crate) fn of_institutions(
        run: &'a Run<'a>,
        institutions: &'a [u32],
        (practitioners, day): (&'a [u32], i32),
        params: &'a [Param],
    ) -> Self {
        Self {
            institutions: Some(institutions),
            practitioners,
            day: OnceCell::from(vec![day; institutions.len()]),
            ..Self::new(run, institutions.len(), params)
        }
    }

    /// Adds what the lines of each encounter come to.
    pub(crate) fn with_costs(mut self, costs: &'a Costs) -> Self {
        self.costs = Some(costs);
        self
    }

    /// Adds sums over the lines of each stay.
    pub(crate) fn with_sums(mut self, sums: &'a [Vec<i64>]) -> Self {
        self.sums = sums;
        self
    }

    /// A sum over the lines of each stay.
    pub(crate) fn sum(&self, place: usize) -> Vector {
        let sums = self.sums.get(place);
        Vector::Number(sums.map_or(Values::One(NO_NUMBER), |sums| sums.iter().copied().collect()))
    }

    /// What the lines of the encounter come to; missing where 64 bits do not hold it.
    pub(crate) fn cost(&self) -> Values<i64> {
        let cost = |&encounter: &u32| self.costs?.get(encounter);
        let small = |cost: Option<i128>| i64::try_from(cost?).ok();
        self.encounter().iter().map(|one| small(cost(one)).unwrap_or(NO_NUMBER)).collect()
    }

    /// Adds the table row of each subject.
    pub(crate) fn with_rows(mut self, table: &'a CodedTable, rows: &'a [u32]) -> Self {
        assert_eq!(self.n, rows.len(), "subjects and table rows differ in number");
        self.table = Some((table, rows));
        self
    }

    /// What `ask` says of some of the lines, by their places; none if these are no lines.
    pub(crate) fn narrowed<T>(
        &self,
        places: &[u32],
        ask: &mut dyn FnMut(&Subjects<'_>) -> T,
    ) -> Option<T> {
        let (part, rows) = self.lines?;
        let rows: Values<u32> = gather(rows, places);
        let on = Subjects::of_lines(self.run, part, &rows, self.params);
        let Some((table, table_rows)) = self.table else { return Some(ask(&on)) };
        let table_rows: Values<u32> = gather(table_rows, places);
        Some(ask(&on.with_rows(table, &table_rows)))
    }

    /// Index of the encounter; the later stay.
    pub(crate) fn encounter(&self) -> &[u32] {
        self.encounter.get_or_init(|| match (self.lines, self.stays) {
            (Some((part, rows)), _) => gather(&part.encounter, rows),
            (None, Some((later, _))) => later.to_vec(),
            (None, None) => {
                let settlements = self.settlements.unwrap_or(&[]);
                gather_or(&self.run.month.settlements.encounter, settlements, NO_CODE)
            }
        })
    }

    pub(crate) fn person(&self) -> &[u32] {
        self.person.get_or_init(|| match self.lines {
            Some((part, rows)) => gather(&part.person, rows),
            None if self.settlements.is_some() => {
                gather_or(&self.run.month.settlements.person, self.settlement(), NO_CODE)
            }
            None => gather_or(&self.run.month.encounters.person, self.encounter(), NO_CODE),
        })
    }

    fn settlement(&self) -> &[u32] {
        self.settlement.get_or_init(|| match self.lines {
            Some((part, rows)) => gather(&part.settlement, rows),
            None => match self.settlements {
                Some(settlements) => settlements.to_vec(),
                None => vec![NO_CODE; self.n],
            },
        })
    }

    /// Day of service, or admission.
    pub(crate) fn day(&self) -> &[i32] {
        self.day.get_or_init(|| {
            if let Some((part, rows)) = self.lines {
                gather(&part.day, rows)
            } else if let Some(settlements) = self.settlements {
                let times = self.run.month.settlements.rows.numbers("setl_time").unwrap_or(&[]);
                let time = |&one: &u32| times.get(one as usize).copied().unwrap_or(NO_NUMBER);
                settlements.iter().map(|one| jihe_terms::day_of(time(one))).collect()
            } else {
                let stays = self.encounter();
                stays.iter().map(|&stay| self.run.stays.admission_day(stay)).collect()
            }
        })
    }

    /// Codes of the institution.
    pub(crate) fn institution(&self) -> Vec<u32> {
        if let Some(institutions) = self.institutions {
            return institutions.to_vec();
        }
        match self.lines {
            Some((part, rows)) => gather(&part.institution, rows),
            None => match self.settlements {
                Some(settlements) => {
                    let codes = self.run.month.settlements.rows.codes("fixmedins_code");
                    gather_or(codes.unwrap_or(&[]), settlements, NO_CODE)
                }
                None => self.encounter_codes("fixmedins_code"),
            },
        }
    }

    fn encounter_codes<C: FromIterator<u32>>(&self, name: &str) -> C {
        let column = self.run.month.encounters.rows.codes(name).unwrap_or(&[]);
        gather_or(column, self.encounter(), NO_CODE)
    }

    /// Row of the catalogue in force for the item on the day.
    pub(crate) fn item_row(&self) -> &[u32] {
        self.item_row.get_or_init(|| match self.lines {
            Some((part, rows)) => match self.run.item_rows(part) {
                Some(item_rows) => gather(item_rows, rows),
                None => vec![NO_CODE; self.n],
            },
            None => vec![NO_CODE; self.n],
        })
    }

    fn institution_row(&self) -> &[u32] {
        self.institution_row.get_or_init(|| match &self.run.engine.institutions {
            Some(table) => in_force(table, &self.institution(), self.day()),
            None => vec![NO_CODE; self.n],
        })
    }

    /// `med_type` of the encounter, else of the settlement.
    pub(crate) fn med_type(&self) -> Values<u32> {
        let mut types: Values<u32> = self.encounter_codes("med_type");
        if (self.lines.is_some() || self.settlements.is_some())
            && let Some(settled) = self.run.month.settlements.rows.codes("med_type")
        {
            for (ty, &settlement) in types.iter_mut().zip(self.settlement()) {
                if *ty == NO_CODE {
                    *ty = settled.get(settlement as usize).copied().unwrap_or(NO_CODE);
                }
            }
        }
        types
    }

    /// `list_type` of the catalogue, else of the line.
    pub(crate) fn list_type(&self) -> Values<u32> {
        match self.lines {
            Some((part, rows)) => gather(self.run.list_types(part), rows),
            None => self.of_item("list_type"),
        }
    }

    /// `med_chrgitm_type` of the catalogue, else of the line.
    pub(crate) fn charge_type(&self) -> Values<u32> {
        match self.lines {
            Some((part, rows)) => gather(self.run.charge_types(part), rows),
            None => self.of_item("med_chrgitm_type"),
        }
    }

    /// `chrgitm_lv` of the catalogue, else of the line.
    pub(crate) fn class(&self) -> Values<u32> {
        self.of_item("chrgitm_lv")
    }

    /// A code of the catalogue, else of the line.
    pub(crate) fn of_item(&self, name: &str) -> Values<u32> {
        let place = TableName::Catalogue.column(name).unwrap_or(usize::MAX);
        let catalogue = self.run.engine.catalogue.as_ref().and_then(|table| table.codes(place));
        let mut types: Values<u32> = gather_or(catalogue.unwrap_or(&[]), self.item_row(), NO_CODE);
        if let Some((part, rows)) = self.lines
            && let Some(own) = part.optional.codes(name)
        {
            for (place, (ty, &row)) in types.iter_mut().zip(rows).enumerate() {
                if *ty == NO_CODE && !self.is_item_aside(place) {
                    *ty = own[row as usize];
                }
            }
        }
        types
    }

    /// Whether what the catalogue says of the item of a line nobody knows.
    pub(crate) fn is_item_aside(&self, place: usize) -> bool {
        let hides = |(part, rows): (&Part<'_>, &[u32])| {
            let item = part.item[rows[place] as usize];
            self.run.engine.aside.hides_item(self.item_row()[place], item)
        };
        self.lines.is_some_and(hides)
    }

    /// Values of a column of one of the sources.
    pub(crate) fn column(&self, source: Source, place: usize, ty: Type) -> Vector {
        let run = self.run;
        match source {
            Source::Line => self.line_column(place, ty),
            Source::Encounter => {
                of_rows(&run.month.encounters.rows.columns[place], self.encounter(), ty)
            }
            Source::Former => {
                let former = self.stays.map_or(&[][..], |(_, former)| former);
                of_rows(&run.month.encounters.rows.columns[place], former, ty)
            }
            Source::Person => of_rows(&run.month.persons.rows.columns[place], self.person(), ty),
            Source::Settlement => {
                of_rows(&run.month.settlements.rows.columns[place], self.settlement(), ty)
            }
            Source::Institution => match &run.engine.institutions {
                Some(table) => of_rows(&table.columns[place], self.institution_row(), ty),
                None => missing(ty),
            },
            Source::Practitioner => match run.engine.registry.practitioners() {
                Some(table) => of_rows(&table.columns[place], self.practitioners, ty),
                None => missing(ty),
            },
            Source::Item => match &run.engine.catalogue {
                Some(table) => of_rows(&table.columns[place], self.item_row(), ty),
                None => missing(ty),
            },
        }
    }

    /// Whether the file that tells of a subject lacks a column of a table of the month that others have.
    pub(crate) fn is_gap(&self, table: TableName, place: usize, subject: usize) -> bool {
        let month = self.run.month;
        let is_of = |files: &[u32], rows: &[u32]| {
            rows.get(subject).is_some_and(|&row| month.is_gap(table, place, (files, row)))
        };
        match table {
            TableName::Lines => self.lines.is_some_and(|(part, rows)| is_of(&part.file, rows)),
            TableName::Encounters => {
                let files = &month.encounters.file;
                let former = self.stays.map_or(&[][..], |(_, former)| former);
                is_of(files, self.encounter()) || is_of(files, former)
            }
            TableName::Persons => is_of(&month.persons.file, self.person()),
            TableName::Settlements => is_of(&month.settlements.file, self.settlement()),
            _ => false,
        }
    }

    fn line_column(&self, place: usize, ty: Type) -> Vector {
        let Some((part, rows)) = self.lines else { return missing(ty) };
        match part.optional.columns.get(place).unwrap_or(&Column::Absent) {
            // Columns that every line has stand for themselves.
            Column::Absent => match TableName::Lines.columns()[place].name {
                "fixmedins_code" => Vector::Code(gather(&part.institution, rows)),
                "hilist_code" => Vector::Code(gather(&part.item, rows)),
                "fee_ocur_time" => Vector::Number(gather(&part.time, rows)),
                "cnt" => Vector::Number(gather(&part.cnt, rows)),
                "pric" => Vector::Number(gather(&part.pric, rows)),
                "det_item_fee_sumamt" => Vector::Number(gather(&part.amount, rows)),
                "inscp_scp_amt" => Vector::Number(gather(&part.scp, rows)),
                _ => missing(ty),
            },
            column => of_rows(column, rows, ty),
        }
    }

    /// Values of a column of the rule's table.
    pub(crate) fn row_column(&self, place: usize, ty: Type) -> Vector {
        match self.table {
            Some((table, rows)) => of_rows(&table.columns[place], rows, ty),
            None => missing(ty),
        }
    }

    /// Values of a parameter on the days of service.
    pub(crate) fn param(&self, place: usize) -> Vector {
        let values = &self.params[place].values;
        let wrap = |values: Values<i64>| match self.params[place].ty {
            Type::Day => Vector::Day(
                values.iter().map(|&day| i32::try_from(day).unwrap_or(NO_DAY)).collect(),
            ),
            Type::Bool | Type::Code | Type::Number(_) | Type::Moment => Vector::Number(values),
        };
        if let [(_, value)] = values.as_slice() {
            return wrap(Values::One(*value));
        }
        wrap(self.day().iter().map(|&day| param_on(values, day)).collect())
    }
}

/// The value of a dated parameter on a day.
pub(crate) fn param_on(values: &[(DayRange, i64)], day: i32) -> i64 {
    let day = jihe_terms::Day::from_epoch(day);
    let found = values.iter().find(|(range, _)| range.contains(day));
    found.or(values.first()).map_or(NO_NUMBER, |&(_, value)| value)
}

/// A constant missing value.
pub(crate) fn missing(ty: Type) -> Vector {
    match ty {
        Type::Bool => Vector::Bool(Values::One(NULL)),
        Type::Code => Vector::Code(Values::One(NO_CODE)),
        Type::Number(_) | Type::Moment => Vector::Number(Values::One(NO_NUMBER)),
        Type::Day => Vector::Day(Values::One(NO_DAY)),
    }
}

fn in_force(table: &CodedTable, keys: &[u32], days: &[i32]) -> Vec<u32> {
    let row = |(&key, &day): (&u32, &i32)| table.by_key.on(key, day).next().unwrap_or(NO_CODE);
    keys.iter().zip(days).map(row).collect()
}

pub(crate) fn gather<T: Copy, C: FromIterator<T>>(values: &[T], rows: &[u32]) -> C {
    rows.iter().map(|&row| values[row as usize]).collect()
}

fn gather_or<T: Copy, C: FromIterator<T>>(values: &[T], rows: &[u32], missing: T) -> C {
    rows.iter().map(|&row| values.get(row as usize).copied().unwrap_or(missing)).collect()
}

fn of_rows(column: &Column, rows: &[u32], ty: Type) -> Vector {
    match column {
        Column::Code(values) => Vector::Code(gather_or(values, rows, NO_CODE)),
        Column::Number(values) => Vector::Number(gather_or(values, rows, NO_NUMBER)),
        Column::Day(values) => Vector::Day(gather_or(values, rows, NO_DAY)),
        Column::Absent | Column::Text(_) => missing(ty),
    }
}
