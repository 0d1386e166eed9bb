//! `findings`: one row for each finding, with its sentence and its money.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jihe_frame::{FindingId, Hit};
use jihe_rules::plan::{Family, Rule};
use jihe_settle::HitMoney;
use jihe_terms::{Grade, NO_CODE, Status};

use crate::evidence;
use crate::frames::{Frames, idx, rule_of, write_code, write_encounter, write_person};
use crate::layout::ResultTable;
use crate::scored::Scored;
use crate::sentence::{Language, Said};
use crate::sheet::{Column, PlainTexts, Sheet};

struct Row<'a> {
    jr_id: FindingId,
    hit: &'a Hit,
    rule: &'a Rule,
    money: HitMoney,
}

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let rows: Vec<Row<'_>> = range.filter_map(|at| row(scored, at)).collect();
    let rows = || rows.iter();
    let mut sheet = Sheet::new(ResultTable::Findings, frames.wide(ResultTable::Findings));
    sheet.keys(rows().map(|row| row.jr_id.digits()));
    of_rule(scored, &mut sheet, rows(), |rule| &rule.id);
    of_rule(scored, &mut sheet, rows(), |rule| &rule.version);
    of_rule(scored, &mut sheet, rows(), |rule| &rule.title.zh);
    of_rule(scored, &mut sheet, rows(), |rule| rule.article.key());
    words(&mut sheet, rows().map(|row| row.hit.grade.sev_deg()));
    of_rule(scored, &mut sheet, rows(), |rule| if rule.family == Family::Stay { "1" } else { "2" });
    let (n_persons, n_encounters) = (scored.month.persons.len(), scored.month.encounters.len());
    sheet.listed(rows().map(|row| row.hit.person), n_persons, write_person(scored));
    sheet.listed(rows().map(|row| row.hit.encounter), n_encounters, write_encounter(scored));
    let n_codes = scored.month.codes.len();
    sheet.listed(rows().map(|row| row.hit.institution), n_codes, write_code(scored));
    let [zh, en, values] = sentences(frames, rows());
    sheet.column(Column::Texts(zh));
    let (places, sources) = sources(scored, rows());
    let sources = Arc::new(sources);
    let list = Arc::clone(&sources);
    sheet.listed(places.iter().copied(), sources.len(), move |place, text: &mut Vec<u8>| {
        if let Some((rule, source)) = list.get(idx(place)) {
            let article = frames.article(*rule);
            text.extend_from_slice(evidence::text(article, source.as_deref()).as_bytes());
        }
    });
    sheet.decimal(rows().map(|row| row.money.standalone));
    sheet.decimal(rows().map(|row| row.money.credited));
    sheet.decimal(rows().map(|row| row.money.loss));
    sheet.decimal(rows().map(|row| row.money.held));
    sheet.column(Column::Texts(en));
    of_rule(scored, &mut sheet, rows(), |rule| rule.status.word());
    words(&mut sheet, rows().map(|row| row.hit.grade.word()));
    words(&mut sheet, rows().map(effect));
    words(&mut sheet, rows().map(|row| if confirmed(row) { "1" } else { "0" }));
    let has_source = |place: &u32| matches!(sources.get(idx(*place)), Some((_, Some(_))));
    let places = places.iter().map(|place| if has_source(place) { *place } else { NO_CODE });
    let (places, list) = (places.collect::<Vec<_>>(), Arc::clone(&sources));
    sheet.listed(places.into_iter(), sources.len(), move |place, text: &mut Vec<u8>| {
        if let Some((_, Some(source))) = list.get(idx(place)) {
            text.extend_from_slice(source.as_bytes());
        }
    });
    sheet.column(Column::Texts(values));
    sheet.maybe_text(rows().map(unknown_exceptions));
    let review = |row: &Row<'_>| scored.review(row.jr_id);
    sheet.maybe_text(rows().map(|row| review(row).map(|review| review.decision.word())));
    sheet.maybe_number(rows().map(|row| review(row)?.amount));
    sheet.maybe_text(rows().map(|row| review(row).map(|review| review.reason.as_str())));
    sheet
}

fn row<'a>(scored: &Scored<'a>, at: usize) -> Option<Row<'a>> {
    let (hits, jr_ids, ledger) = (scored.hits, scored.jr_ids, scored.ledger);
    let hit = hits.hits.get(at)?;
    let jr_id = jr_ids.get(at).copied().unwrap_or_default();
    let money = ledger.hits.get(at).unwrap_or_default();
    Some(Row { jr_id, hit, rule: rule_of(scored, hit.rule), money })
}

/// Adds a column of what rules say.
fn of_rule<'f, 'r>(
    scored: &'f Scored<'_>,
    sheet: &mut Sheet<'f>,
    rows: impl Iterator<Item = &'r Row<'r>>,
    word: impl Fn(&Rule) -> &str + Send + Sync + 'f,
) {
    let rules = &scored.plan.rules;
    sheet.listed(rows.map(|row| row.hit.rule.into()), rules.len(), move |rule, text| {
        if let Some(rule) = rules.get(idx(rule)) {
            text.extend_from_slice(word(rule).as_bytes());
        }
    });
}

/// Adds a column of a few words.
fn words(sheet: &mut Sheet<'_>, rows: impl Iterator<Item = &'static str>) {
    let mut list: Vec<&'static str> = Vec::new();
    let places: Vec<u32> = rows
        .map(|word| {
            let known = list.iter().position(|&known| known == word);
            let place = known.unwrap_or_else(|| {
                list.push(word);
                list.len().saturating_sub(1)
            });
            u32::try_from(place).unwrap_or(NO_CODE)
        })
        .collect();
    sheet.listed(places.into_iter(), list.len(), move |place, text: &mut Vec<u8>| {
        text.extend_from_slice(list.get(idx(place)).copied().unwrap_or("").as_bytes());
    });
}

/// The sentences in Chinese and English, and the values.
fn sentences<'r>(
    frames: &Frames<'_>,
    rows: impl ExactSizeIterator<Item = &'r Row<'r>>,
) -> [PlainTexts; 3] {
    let n_rows = rows.len();
    let [mut zh, mut en, mut values] = [128, 128, 80].map(|n| PlainTexts::with_capacity(n_rows, n));
    let mut said = Said::default();
    for row in rows {
        let voice = frames.voice(row.hit.rule);
        said.look_up(&frames.scored, voice, row.hit);
        for (texts, language) in [(&mut zh, Language::Chinese), (&mut en, Language::English)] {
            texts.push(|text| {
                said.sentence(voice, language, text);
                true
            });
        }
        values.push(|text| {
            said.values_json(voice, text);
            true
        });
    }
    [zh, en, values]
}

/// The rules and rows of tables that findings rest on, each once, and by row its place among them.
fn sources<'r>(
    scored: &Scored<'_>,
    rows: impl Iterator<Item = &'r Row<'r>>,
) -> (Vec<u32>, Vec<(u16, Option<String>)>) {
    let (mut places, mut sources) = (Vec::new(), Vec::new());
    // By rule: the place of each row of its table.
    let mut known: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
    for row in rows {
        let of_rule = known.entry(row.hit.rule).or_default();
        let slot = row.hit.row.checked_add(1).map_or(0, idx);
        if of_rule.len() <= slot {
            of_rule.resize(slot.saturating_add(1), NO_CODE);
        }
        let Some(place) = of_rule.get_mut(slot) else { continue };
        if *place == NO_CODE {
            *place = u32::try_from(sources.len()).unwrap_or(NO_CODE);
            let source = evidence::row_source(scored, row.rule, row.hit);
            sources.push((row.hit.rule, source.map(|source| source.text())));
        }
        places.push(*place);
    }
    (places, sources)
}

/// What becomes of the money of a finding.
fn effect(row: &Row<'_>) -> &'static str {
    match (row.rule.status, row.hit.grade) {
        (Status::Draft | Status::Shadow, _) => "shadow",
        (Status::Active, Grade::Indicator) => "indicator",
        (Status::Active, _) if row.money.dismissed => "dismissed",
        (Status::Active, _) if row.money.refuses => "refused",
        (Status::Active, _) => "held",
    }
}

/// Only a review lets a finding refuse that is not definite.
fn confirmed(row: &Row<'_>) -> bool {
    row.money.refuses && row.hit.grade != Grade::Definite
}

fn unknown_exceptions(row: &Row<'_>) -> Option<String> {
    let bits = row.hit.unknown_exceptions;
    if bits == 0 {
        return None;
    }
    let unknown = |place: usize| {
        u32::try_from(place)
            .ok()
            .and_then(|by| bits.checked_shr(by))
            .is_some_and(|bit| bit & 1 == 1)
    };
    let names = row.rule.exceptions.iter().enumerate().filter(|(place, _)| unknown(*place));
    let names: Vec<&str> = names.map(|(_, exception)| exception.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(";"))
}
