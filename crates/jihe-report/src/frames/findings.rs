//! `findings`: one row for each finding, with its sentence and its money.

use std::ops::Range;

use arrow_array::RecordBatch;
use jihe_frame::Hit;
use jihe_rules::plan::{Family, Rule};
use jihe_settle::HitMoney;
use jihe_terms::{Grade, Status};

use crate::evidence;
use crate::frames::{Frames, code_text, encounter_text, person_text, rule_of, some};
use crate::layout::ResultTable;
use crate::scored::Scored;
use crate::sentence::{self, Language, Said};
use crate::sheet::Sheet;

struct Row<'a> {
    jr_id: &'a str,
    hit: &'a Hit,
    rule: &'a Rule,
    money: HitMoney,
}

/// Some rows of the table.
pub(super) fn batch(frames: &Frames<'_>, range: Range<usize>) -> RecordBatch {
    let scored = &frames.scored;
    let rows: Vec<Row<'_>> = range.filter_map(|at| row(scored, at)).collect();
    let rows = || rows.iter();
    let mut sheet = Sheet::new(ResultTable::Findings, frames.wide(ResultTable::Findings));
    sheet.text(rows().map(|row| row.jr_id));
    sheet.text(rows().map(|row| &row.rule.id));
    sheet.text(rows().map(|row| &row.rule.version));
    sheet.text(rows().map(|row| &row.rule.title.zh));
    sheet.text(rows().map(|row| row.rule.article.key()));
    sheet.text(rows().map(|row| row.hit.grade.sev_deg()));
    sheet.text(rows().map(|row| if row.rule.family == Family::Stay { "1" } else { "2" }));
    sheet.maybe_text(rows().map(|row| person_text(scored, row.hit.person)));
    sheet.maybe_text(rows().map(|row| encounter_text(scored, row.hit.encounter)));
    sheet.maybe_text(
        rows().map(|row| some(row.hit.institution).map(|code| code_text(scored, code))),
    );
    let said: Vec<Said> = rows().map(|row| Said::new(scored, row.hit)).collect();
    let said = || rows().zip(&said);
    let sentence = |(row, said): (&Row<'_>, &Said), language| {
        sentence::render(scored, row.hit, said, language)
    };
    sheet.text(said().map(|one| sentence(one, Language::Chinese)));
    // What all findings of a rule share is written once.
    let rules: Vec<(String, Vec<String>)> = scored
        .plan
        .rules
        .iter()
        .map(|rule| (evidence::article(scored, rule), sentence::value_names(scored, rule)))
        .collect();
    let shared = |row: &Row<'_>| rules.get(usize::from(row.hit.rule));
    let source = |row: &Row<'_>| Some(evidence::row_source(scored, row.rule, row.hit)?.text());
    let sources: Vec<Option<String>> = rows().map(source).collect();
    let article = |row: &Row<'_>| shared(row).map_or("", |(article, _)| article.as_str());
    let evidence = rows().zip(&sources);
    sheet.text(evidence.map(|(row, source)| evidence::text(article(row), source.as_deref())));
    sheet.decimal(rows().map(|row| row.money.standalone));
    sheet.decimal(rows().map(|row| row.money.credited));
    sheet.decimal(rows().map(|row| row.money.loss));
    sheet.decimal(rows().map(|row| row.money.held));
    sheet.text(said().map(|one| sentence(one, Language::English)));
    sheet.text(rows().map(|row| row.rule.status.word()));
    sheet.text(rows().map(|row| row.hit.grade.word()));
    sheet.text(rows().map(effect));
    sheet.text(rows().map(|row| if confirmed(row) { "1" } else { "0" }));
    sheet.maybe_text(sources.iter().map(Option::as_ref));
    sheet.text(said().map(|(row, said)| {
        let names = shared(row).map_or(&[][..], |(_, names)| names.as_slice());
        sentence::values_json(names, said)
    }));
    sheet.maybe_text(rows().map(unknown_exceptions));
    let review = |row: &Row<'_>| scored.reviews.get(row.jr_id);
    sheet.maybe_text(rows().map(|row| review(row).map(|review| review.decision.word())));
    sheet.maybe_decimal(rows().map(|row| review(row)?.amount.map(i128::from)));
    sheet.maybe_text(rows().map(|row| review(row).map(|review| review.reason.as_str())));
    sheet.finish()
}

fn row<'a>(scored: &Scored<'a>, at: usize) -> Option<Row<'a>> {
    let (hits, jr_ids, ledger) = (scored.hits, scored.jr_ids, scored.ledger);
    let hit = hits.hits.get(at)?;
    let jr_id = jr_ids.get(at).map_or("", String::as_str);
    let money = ledger.hits.get(at).copied().unwrap_or_default();
    Some(Row { jr_id, hit, rule: rule_of(scored, hit.rule), money })
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
