//! `findings`: one row for each finding, with its sentence and its money.

use std::ops::Range;
use std::sync::Arc;

use jihe_frame::{FindingId, Hit};
use jihe_rules::plan::{Family, Rule};
use jihe_settle::HitMoney;
use jihe_terms::{Grade, NO_CODE, Status};

use crate::evidence;
use crate::frames::{Frames, idx, rule_of};
use crate::layout::ResultTable;
use crate::scored::{RowSource, Scored};
use crate::sentence::{Language, Said};
use crate::sheet::{Column, PlainTexts, Sheet};

/// Some rows of the table.
pub(super) fn sheet<'f>(frames: &'f Frames<'_>, range: Range<usize>) -> Sheet<'f> {
    let scored = &frames.scored;
    let hits = scored.hits.hits.get(range.clone()).unwrap_or(&[]);
    let rows = || hits.iter();
    let ids = || range.clone().map(|at| scored.jr_ids.get(at).copied().unwrap_or_default());
    let money = range.clone().map(|at| scored.ledger.hits.get(at).unwrap_or_default());
    let money: Vec<HitMoney> = money.collect();
    let settled = || hits.iter().zip(&money);
    let mut sheet = Sheet::new(ResultTable::Findings, frames.wide(ResultTable::Findings));
    sheet.keys(ids().map(FindingId::digits));
    of_rule(scored, &mut sheet, hits, |rule| &rule.id);
    of_rule(scored, &mut sheet, hits, |rule| &rule.version);
    of_rule(scored, &mut sheet, hits, |rule| &rule.title.zh);
    of_rule(scored, &mut sheet, hits, |rule| rule.article.key());
    words(&mut sheet, rows().map(|hit| hit.grade.sev_deg()));
    of_rule(scored, &mut sheet, hits, |rule| if rule.family == Family::Stay { "1" } else { "2" });
    sheet.ids(rows().map(|hit| hit.person), &scored.month.persons.ids);
    sheet.ids(rows().map(|hit| hit.encounter), &scored.month.encounters.ids);
    sheet.maybe_codes(rows().map(|hit| hit.institution), &scored.month.codes);
    let [zh, en, values] = sentences(frames, hits);
    sheet.column(Column::Texts(zh));
    let (places, sources) = sources(scored, hits);
    let sources = Arc::new(sources);
    let list = Arc::clone(&sources);
    sheet.listed(places.iter().copied(), sources.len(), move |place, text: &mut Vec<u8>| {
        if let Some((rule, source)) = list.get(idx(place)) {
            evidence::write(frames.article(*rule), source.as_ref(), text);
        }
    });
    sheet.decimal(money.iter().map(|money| money.standalone));
    sheet.decimal(money.iter().map(|money| money.credited));
    sheet.decimal(money.iter().map(|money| money.loss));
    sheet.decimal(money.iter().map(|money| money.held));
    sheet.column(Column::Texts(en));
    of_rule(scored, &mut sheet, hits, |rule| rule.status.word());
    words(&mut sheet, rows().map(|hit| hit.grade.word()));
    words(&mut sheet, settled().map(|(hit, money)| effect(scored, hit, money)));
    let confirmed = settled().map(|(hit, money)| confirmed(hit, money));
    words(&mut sheet, confirmed.map(|confirmed| if confirmed { "1" } else { "0" }));
    let has_source = |place: &u32| matches!(sources.get(idx(*place)), Some((_, Some(_))));
    let places = places.iter().map(|place| if has_source(place) { *place } else { NO_CODE });
    let (places, list) = (places.collect::<Vec<_>>(), Arc::clone(&sources));
    sheet.listed(places.into_iter(), sources.len(), move |place, text: &mut Vec<u8>| {
        if let Some((_, Some(source))) = list.get(idx(place)) {
            source.write(text);
        }
    });
    sheet.column(Column::Texts(values));
    sheet.maybe_text(rows().map(|hit| unknown_exceptions(scored, hit)));
    let reviews = || ids().map(|id| scored.review(id));
    sheet.maybe_text(reviews().map(|review| review.map(|review| review.decision.word())));
    sheet.maybe_number(reviews().map(|review| review?.amount));
    sheet.maybe_text(reviews().map(|review| review.map(|review| review.reason.as_str())));
    sheet
}

/// Adds a column of what rules say.
fn of_rule<'f>(
    scored: &'f Scored<'_>,
    sheet: &mut Sheet<'f>,
    hits: &[Hit],
    word: impl Fn(&Rule) -> &str + Send + Sync + 'f,
) {
    let rules = &scored.plan.rules;
    sheet.listed(hits.iter().map(|hit| hit.rule.into()), rules.len(), move |rule, text| {
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
fn sentences(frames: &Frames<'_>, hits: &[Hit]) -> [PlainTexts; 3] {
    let n_rows = hits.len();
    let [mut zh, mut en, mut values] = [128, 128, 80].map(|n| PlainTexts::with_capacity(n_rows, n));
    let mut said = Said::default();
    for hit in hits {
        let voice = frames.voice(hit.rule);
        said.look_up(&frames.scored, voice, hit);
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

/// A rule, and the row of its table that findings rest on.
type Source<'a> = (u16, Option<RowSource<'a>>);

/// The rules and rows of tables that findings rest on, each once, and by row its place among them.
fn sources<'a>(scored: &Scored<'a>, hits: &[Hit]) -> (Vec<u32>, Vec<Source<'a>>) {
    let (mut places, mut sources) = (Vec::with_capacity(hits.len()), Vec::new());
    // By rule: the place of each row of its table.
    let mut known: Vec<Vec<u32>> = vec![Vec::new(); scored.plan.rules.len()];
    for hit in hits {
        let Some(of_rule) = known.get_mut(usize::from(hit.rule)) else { continue };
        let slot = hit.row.checked_add(1).map_or(0, idx);
        if of_rule.len() <= slot {
            of_rule.resize(slot.saturating_add(1), NO_CODE);
        }
        let Some(place) = of_rule.get_mut(slot) else { continue };
        if *place == NO_CODE {
            *place = u32::try_from(sources.len()).unwrap_or(NO_CODE);
            sources.push((hit.rule, evidence::row_source(scored, rule_of(scored, hit.rule), hit)));
        }
        places.push(*place);
    }
    (places, sources)
}

/// What becomes of the money of a finding.
fn effect(scored: &Scored<'_>, hit: &Hit, money: &HitMoney) -> &'static str {
    match (rule_of(scored, hit.rule).status, hit.grade) {
        (Status::Draft | Status::Shadow, _) => "shadow",
        (Status::Active, Grade::Indicator) => "indicator",
        (Status::Active, _) if money.dismissed => "dismissed",
        (Status::Active, _) if money.refuses => "refused",
        (Status::Active, _) => "held",
    }
}

/// Only a review lets a finding refuse that is not definite.
fn confirmed(hit: &Hit, money: &HitMoney) -> bool {
    money.refuses && hit.grade != Grade::Definite
}

fn unknown_exceptions(scored: &Scored<'_>, hit: &Hit) -> Option<String> {
    let bits = hit.unknown_exceptions;
    if bits == 0 {
        return None;
    }
    let unknown = |place: usize| {
        u32::try_from(place)
            .ok()
            .and_then(|by| bits.checked_shr(by))
            .is_some_and(|bit| bit & 1 == 1)
    };
    let names = rule_of(scored, hit.rule)
        .exceptions
        .iter()
        .enumerate()
        .filter(|(place, _)| unknown(*place));
    let names: Vec<&str> = names.map(|(_, exception)| exception.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(";"))
}
