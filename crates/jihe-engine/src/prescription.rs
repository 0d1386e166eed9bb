//! Lines of one prescription: sums and conditions over all of them.
//!
//! A prescription is an encounter of a person and its order number (`rx_drord_no`). Lines of quantity
//! 0 left the judgement and belong to none.

use crate::evaluate::{numbers, truths};
use crate::run::Part;
use crate::subjects::Subjects;
use crate::vector::{FALSE, NULL, TRUE, Values, Vector};
use jihe_rules::expr::{Expr, Type};
use jihe_terms::{NO_CODE, NO_NUMBER};

/// The prescriptions of a part: rows of one stand together, ascending.
#[derive(Debug, Default)]
pub(crate) struct Prescriptions {
    /// By row: its prescription, or `NO_CODE`.
    of: Vec<u32>,
    rows: Vec<u32>,
    /// Where the rows of each prescription begin, and one past the last.
    starts: Vec<u32>,
}

impl Prescriptions {
    /// Groups the lines of a part. Cost: sorts of the runs of neighbours of one prescription, person by
    /// person.
    pub(crate) fn of(part: &Part<'_>) -> Self {
        let mut found = Self { of: vec![NO_CODE; part.len()], ..Self::default() };
        if part.order_no.is_empty() {
            return found;
        }
        let visits = part.person.iter().zip(&part.encounter);
        let columns = visits.zip(&part.order_no).zip(&part.cnt);
        let lines =
            (0_u32..).zip(columns).filter(|&(_, ((_, &order), &cnt))| 0 < cnt && order != 0);
        // Person, encounter and order number, and the first row and how many follow it.
        let mut runs: Vec<((u32, u32, u64), u32, u32)> = Vec::new();
        for (row, (((&person, &encounter), &order), _)) in lines {
            let sheet = (person, encounter, order);
            match runs.last_mut() {
                Some(run) if (run.0, run.1 + run.2) == (sheet, row) => run.2 += 1,
                _ => runs.push((sheet, row, 1)),
            }
        }
        // Lines are in the order of persons.
        for of_person in runs.chunk_by_mut(|a, b| a.0.0 == b.0.0) {
            of_person.sort_unstable();
        }
        for group in runs.chunk_by(|a, b| a.0 == b.0) {
            let number = found.starts.len() as u32;
            found.starts.push(found.rows.len() as u32);
            for row in group.iter().flat_map(|&(_, first, n)| first..first + n) {
                found.of[row as usize] = number;
                found.rows.push(row);
            }
        }
        found.starts.push(found.rows.len() as u32);
        found
    }

    /// The prescription of a row, or `NO_CODE`.
    pub(crate) fn number(&self, row: u32) -> u32 {
        self.of[row as usize]
    }

    fn rows_of(&self, number: u32) -> &[u32] {
        let (from, until) = (self.starts[number as usize], self.starts[number as usize + 1]);
        &self.rows[from as usize..until as usize]
    }
}

/// The rows of the prescriptions that subjects name, and for each subject which of them is its own.
struct Members {
    rows: Vec<u32>,
    /// Ends of the prescriptions in `rows`.
    ends: Vec<usize>,
    /// By subject: the place of its prescription, or `NO_CODE`.
    of_subject: Vec<u32>,
}

impl Members {
    fn of(part: &Part<'_>, subjects: &[u32]) -> Self {
        let all = part.prescriptions();
        let (mut rows, mut ends) = (Vec::new(), Vec::new());
        // By prescription: its place among those that subjects name.
        let mut places = vec![NO_CODE; all.starts.len()];
        let mut place = |&row: &u32| {
            let number = all.number(row);
            let place = places.get_mut(number as usize)?;
            if *place == NO_CODE {
                *place = ends.len() as u32;
                rows.extend_from_slice(all.rows_of(number));
                ends.push(rows.len());
            }
            Some(*place)
        };
        let of_subject = subjects.iter().map(|row| place(row).unwrap_or(NO_CODE)).collect();
        Self { rows, ends, of_subject }
    }

    /// One value for each subject from the values of its prescription's lines.
    fn each<T: Copy, V>(&self, values: &[V], missing: T, one: impl Fn(&[V]) -> T) -> Values<T> {
        let mut from = 0;
        let of_each: Vec<T> = self
            .ends
            .iter()
            .map(|&end| {
                let value = one(&values[from..end]);
                from = end;
                value
            })
            .collect();
        let value = |&place: &u32| of_each.get(place as usize).copied().unwrap_or(missing);
        self.of_subject.iter().map(value).collect()
    }
}

/// The sum of a number over the lines of each subject's prescription.
pub(crate) fn sum(inner: &Expr, on: &Subjects<'_>) -> Vector {
    let Some((part, rows)) = on.lines.filter(|(part, _)| !part.order_no.is_empty()) else {
        return crate::subjects::missing(Type::Number(0));
    };
    let members = Members::of(part, rows);
    let values = numbers(inner, &Subjects::of_lines(on.run, part, &members.rows, on.params));
    let total = |values: &[i64]| {
        if values.contains(&NO_NUMBER) {
            return NO_NUMBER;
        }
        let total: i128 = values.iter().map(|&value| i128::from(value)).sum();
        i64::try_from(total).unwrap_or(NO_NUMBER)
    };
    Vector::Number(members.each(&values, NO_NUMBER, total))
}

/// Whether a condition holds for each line of each subject's prescription.
pub(crate) fn all(inner: &Expr, on: &Subjects<'_>) -> Vector {
    let Some((part, rows)) = on.lines.filter(|(part, _)| !part.order_no.is_empty()) else {
        return crate::subjects::missing(Type::Bool);
    };
    let members = Members::of(part, rows);
    let values = truths(inner, &Subjects::of_lines(on.run, part, &members.rows, on.params));
    let whole = |values: &[u8]| {
        if values.contains(&FALSE) {
            FALSE
        } else if values.contains(&NULL) {
            NULL
        } else {
            TRUE
        }
    };
    Vector::Bool(members.each(&values, NULL, whole))
}
