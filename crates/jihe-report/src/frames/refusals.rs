//! `refusals`: one row for each line with a refused part, in canonical order.

use std::ops::Range;

use jihe_frame::{FindingId, LinePart};
use jihe_settle::LineMoney;
use jihe_terms::NO_CODE;

use crate::frames::{Frames, idx, write_encounter, write_person, write_settlement};
use crate::layout::ResultTable;
use crate::sheet::{Column, Sheet};

struct Row<'a> {
    money: &'a LineMoney,
    part: &'a LinePart,
    at: usize,
}

/// Some rows of the table.
#[expect(clippy::indexing_slicing, reason = "rows were placed by the month itself")]
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let month = scored.month;
    let places = frames.refusals.get(range).unwrap_or(&[]).iter();
    let rows: Vec<Row<'_>> = places
        .filter_map(|&place| scored.ledger.lines.get(place))
        .map(|money| {
            let (part, at) = scored.lines.place(money.line);
            Row { money, part, at }
        })
        .collect();
    let rows = || rows.iter();
    let mut sheet = Sheet::new(ResultTable::Refusals, false);
    sheet.column(Column::Keys(super::keys(rows().map(|row| (row.part, row.at)))));
    let settlements = rows().map(|row| row.part.settlement[row.at]);
    sheet.listed(settlements, month.settlements.len(), write_settlement(scored));
    let encounters = rows().map(|row| row.part.encounter[row.at]);
    sheet.listed(encounters, month.encounters.len(), write_encounter(scored));
    let persons = rows().map(|row| row.part.person[row.at]);
    sheet.listed(persons, month.persons.len(), write_person(scored));
    sheet.codes(scored, rows().map(|row| row.part.institution[row.at]));
    sheet.codes(scored, rows().map(|row| row.part.item[row.at]));
    sheet.number(rows().map(|row| row.part.amount[row.at]));
    sheet.number(rows().map(|row| row.money.refused_cnt));
    sheet.number(rows().map(|row| row.money.refused));
    sheet.number(rows().map(|row| row.money.refused_scp));
    sheet.number(rows().map(|row| row.money.refused_fund));
    sheet.number(rows().map(|row| row.money.loss));
    let rules = &scored.plan.rules;
    let rule = |row: &Row<'_>| {
        let main = scored.rule_and_id(row.money.main_hit);
        main.map_or(NO_CODE, |(rule, _)| rule.into())
    };
    sheet.listed(rows().map(rule), rules.len(), |rule, text: &mut Vec<u8>| {
        let id = rules.get(idx(rule)).map_or("", |rule| rule.id.as_str());
        text.extend_from_slice(id.as_bytes());
    });
    let n_ids = scored.jr_ids.len().saturating_add(scored.further.len());
    let main = rows().map(|row| row.money.main_hit);
    let main = main.map(|hit| if idx(hit) < n_ids { hit } else { NO_CODE });
    sheet.listed(main, n_ids, |hit, text: &mut Vec<u8>| {
        let main = scored.rule_and_id(hit);
        text.extend_from_slice(&main.map_or_else(FindingId::default, |(_, id)| id).digits());
    });
    sheet.number(rows().map(|row| row.money.held));
    sheet
}
