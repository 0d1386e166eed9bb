//! A line of another visit elsewhere, strictly inside a stay.

use std::collections::BTreeMap;

use jihe_frame::{Cut, Evidence, HitLine, Value};
use jihe_kernels::stay::{Span, perhaps_inside, strictly_inside};
use jihe_terms::NO_CODE;
use jihe_terms::schema::TableName;

use crate::found::{Found, Place, in_scope, without_exempt};
use crate::judge::stay::{NO_ENCOUNTERS, NO_ENDTIME, StayList, span};
use crate::run::{Part, Run};
use crate::subjects::Subjects;
use crate::vector::{NULL, TRUE};

/// Judges the lines of a part whose person has a stay.
pub(crate) fn judge(
    run: &Run<'_>,
    stays: &StayList,
    rule: usize,
    part: &Part<'_>,
    found: &mut Found,
) {
    if !run.month.present.contains(&TableName::Encounters) {
        for &row in &*in_scope(run, rule, part, part.own(), found) {
            found.not_evaluable_for(part.amount[row as usize], NO_ENCOUNTERS);
        }
        return;
    }
    // A row, and the stay it is strictly inside; no stay if only an open one may hold it.
    let mut inside: Vec<(u32, u32)> = Vec::new();
    // Lines and stays are in the order of their persons.
    let mut of_persons = stays.by_person(run, part).peekable();
    let person_of = |stays: &&[u32]| run.month.encounters.person[stays[0] as usize];
    let mut from = 0;
    for lines in part.person.chunk_by(|a, b| a == b) {
        let (person, until) = (lines[0], from + lines.len());
        while of_persons.next_if(|stays| person_of(stays) < person).is_some() {}
        if let Some(of_person) = of_persons.next_if(|stays| person_of(stays) == person) {
            let spans: Vec<Span> = of_person.iter().map(|&stay| span(run, stay)).collect();
            let stay_on = |day, institution| match strictly_inside(&spans, day, institution) {
                Some(place) => Some(of_person[place]),
                None => perhaps_inside(&spans, day, institution).then_some(NO_CODE),
            };
            // Many lines of a person are of few days and institutions, and neighbours mostly of one.
            let mut known: BTreeMap<(i32, u32), Option<u32>> = BTreeMap::new();
            let mut last = None;
            for row in (from..until).filter(|&row| !part.carried[row]) {
                let (day, institution) = (part.day[row], part.institution[row]);
                let stay = match last {
                    Some((same, stay)) if same == (day, institution) => stay,
                    _ => {
                        let slot = known.entry((day, institution));
                        *slot.or_insert_with(|| stay_on(day, institution))
                    }
                };
                last = Some(((day, institution), stay));
                inside.extend(stay.map(|stay| (row as u32, stay)));
            }
        }
        from = until;
    }
    let all: Vec<u32> = inside.iter().map(|&(row, _)| row).collect();
    let rows = in_scope(run, rule, part, &all, found);
    let rows = without_exempt(run, rule, part, rows, found);
    let types = Subjects::of_lines(run, part, &rows, &run.rule(rule).params).med_type();
    for (&row, &med_type) in rows.iter().zip(&*types) {
        let place = inside.partition_point(|&(other, _)| other < row);
        let stay = inside[place].1;
        match run.inpatient(med_type, part.day[row as usize]) {
            TRUE => {
                found.n_judged += 1;
                continue;
            }
            NULL => {
                found
                    .not_evaluable_for(part.amount[row as usize], "encounters.med_type is missing");
                continue;
            }
            _ if stay == NO_CODE => {
                found.not_evaluable_for(part.amount[row as usize], NO_ENDTIME);
                continue;
            }
            _ => found.n_judged += 1,
        }
        let during = span(run, stay);
        let values = [
            Value::Encounter(stay),
            Value::Code(during.institution),
            Value::Day(during.admission),
            Value::Day(during.discharge),
        ];
        let lines = [HitLine::new(part.first + row, Evidence::Cut(Cut::Whole))];
        found.push(Place::of_line(rule, run.rule(rule).grade, part, row), &lines, values);
    }
}
