//! `refusals`: one row for each line with a refused part, in canonical order.

use std::ops::Range;

use jihe_frame::FindingId;
use jihe_settle::LineMoney;
use jihe_terms::NO_CODE;

use crate::frames::{Frames, idx};
use crate::layout::ResultTable;
use crate::sheet::{Column, Sheet};

/// Some rows of the table.
#[expect(clippy::indexing_slicing, reason = "rows were placed by the month itself")]
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let month = scored.month;
    let places = frames.refusals.get(range).unwrap_or(&[]).iter();
    let part = scored.lines.rows();
    let money: Vec<LineMoney> =
        places.filter_map(|&place| scored.ledger.lines.get(idx(place))).collect();
    let lines: Vec<u32> = money.iter().map(|money| scored.lines.row(money.line)).collect();
    let money = || money.iter();
    let at = || lines.iter().map(|&line| idx(line));
    let mut sheet = Sheet::new(ResultTable::Refusals, false);
    sheet.column(Column::Keys(super::keys(part, &lines)));
    let settlements = at().map(|at| part.settlement[at]);
    sheet.ids(settlements, &month.settlements.ids);
    let encounters = at().map(|at| part.encounter[at]);
    sheet.ids(encounters, &month.encounters.ids);
    let persons = at().map(|at| part.person[at]);
    sheet.ids(persons, &month.persons.ids);
    sheet.codes(at().map(|at| part.institution[at]), &month.codes);
    sheet.codes(at().map(|at| part.item[at]), &month.codes);
    sheet.number(at().map(|at| part.amount[at]));
    sheet.number(money().map(|money| money.refused_cnt));
    sheet.number(money().map(|money| money.refused));
    sheet.number(money().map(|money| money.refused_scp));
    sheet.number(money().map(|money| money.refused_fund));
    sheet.number(money().map(|money| money.loss));
    let rules = &scored.plan.rules;
    let rule = |money: &LineMoney| {
        let main = scored.rule_and_id(money.main_hit);
        main.map_or(NO_CODE, |(rule, _)| rule.into())
    };
    sheet.listed(money().map(rule), rules.len(), |rule, text: &mut Vec<u8>| {
        let id = rules.get(idx(rule)).map_or("", |rule| rule.id.as_str());
        text.extend_from_slice(id.as_bytes());
    });
    let n_ids = scored.jr_ids.len().saturating_add(scored.further.len());
    let main = money().map(|money| money.main_hit);
    let main = main.map(|hit| if idx(hit) < n_ids { hit } else { NO_CODE });
    sheet.listed(main, n_ids, |hit, text: &mut Vec<u8>| {
        let main = scored.rule_and_id(hit);
        text.extend_from_slice(&main.map_or_else(FindingId::default, |(_, id)| id).digits());
    });
    sheet.number(money().map(|money| money.held));
    sheet
}
