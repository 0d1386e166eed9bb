//! Findings that are settled slice by slice come to what they come to at once.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jihe_engine::Judged;
use jihe_frame::{Decision, FindingId, Review};
use jihe_settle::Stage;
use jihe_testkit::generate::generate;
use rayon::prelude::*;

use crate::scene::{self, Answer};

/// By line or finding, in their order: what results say of it.
type Said = Vec<String>;

/// Findings with their lines and money, and what is refused of lines.
fn said(judged: &Judged) -> (Said, Said) {
    let ids = |hit: u32| match (hit as usize).checked_sub(judged.hits.hits.len()) {
        Some(place) => judged.further.get(place).copied(),
        None => {
            judged.hits.hits.get(hit as usize).map(|one| (one.rule, judged.jr_ids[hit as usize]))
        }
    };
    let key = |line: u32| {
        let (part, row) = judged.lines.place(line);
        part.key.text(row)
    };
    let mut findings = Vec::new();
    for (idx, (hit, money)) in judged.hits.hits.iter().zip(judged.ledger.hits.iter()).enumerate() {
        let lines = judged.hits.lines_of(hit);
        let lines: Vec<_> = lines.iter().map(|line| (key(line.line), line.part())).collect();
        let credits = judged.ledger.credits.iter().filter(|credit| credit.hit as usize == idx);
        let credits = credits.map(|one| {
            let money = (one.standalone, one.credited, one.loss, one.held, one.most);
            (key(one.line), money)
        });
        let credits: Vec<_> = credits.collect();
        let place = (hit.rule, hit.grade, hit.person, hit.encounter, hit.institution, hit.row);
        let values: Vec<_> = judged.hits.values_of(hit).collect();
        let values = (values, hit.unknown_exceptions);
        let id = judged.jr_ids[idx];
        findings.push(format!("{id} {place:?} {values:?} {lines:?} {money:?} {credits:?}"));
    }
    let refusals = judged.ledger.lines.iter().map(|line| {
        let main = ids(line.main_hit);
        format!("{} {main:?} {:?}", key(line.line), jihe_settle::LineMoney { main_hit: 0, ..line })
    });
    (findings, refusals.collect())
}

/// What no single finding tells.
fn sums(judged: &Judged) -> String {
    let ledger = &judged.ledger;
    let settlements: Vec<_> = ledger.settlements.iter().collect();
    format!(
        "{settlements:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        ledger.institutions,
        ledger.penalties,
        ledger.rules,
        ledger.totals,
        judged.coverage,
        judged.exempts,
        judged.benefits
    )
}

/// A review for every third finding, of each kind.
fn reviews(answer: &Answer) -> BTreeMap<FindingId, Review> {
    let decisions = [Decision::Confirmed, Decision::Dismissed, Decision::Appealed];
    let ids = answer.judged.jr_ids.iter().enumerate().step_by(3);
    ids.zip(decisions.into_iter().cycle())
        .map(|((nth, &id), decision)| {
            let amount = (nth % 2 == 0).then_some(100);
            (id, Review { decision, amount, reason: String::new() })
        })
        .collect()
}

fn check(seed: u64) -> (usize, usize) {
    let (month, reference, tables) = generate(seed);
    let dir = tempfile::tempdir().unwrap();
    scene::write(dir.path(), &month, &reference, &tables);
    let folders = ["pack", "reference", "month"].map(|name| dir.path().join(name));
    let folders = folders.each_ref().map(PathBuf::as_path);
    // Lines and findings of every other month lie on disk.
    let memory = seed.is_multiple_of(2).then_some(1);
    let answer = scene::score_cut((memory, 3), folders, Stage::After);
    let reviews = reviews(&answer);
    let reviewed = |id: FindingId| reviews.get(&id);
    let found = || answer.engine.find(&answer.month, None).unwrap().cut_at(2);
    let whole = found().whole(Stage::After, &reviewed, None).unwrap();
    let mut slices: Vec<Judged> = Vec::new();
    let mut put = |slice: Judged| -> std::io::Result<()> {
        slices.push(slice);
        Ok(())
    };
    let rest = found().in_slices((Stage::After, &reviewed), None, &Ok, &mut put).unwrap();
    let (mut findings, mut refusals) = (Vec::new(), Vec::new());
    let mut cuts = Vec::new();
    for slice in &slices {
        cuts.push(findings.len());
        let (of_slice, of_lines) = said(slice);
        findings.extend(of_slice);
        refusals.extend(of_lines);
    }
    assert_eq!((findings, refusals), said(&whole), "seed {seed}");
    assert_eq!(sums(&rest), sums(&whole), "seed {seed}");
    // Files are cut where slices are, whoever writes them.
    let of_whole: Vec<usize> = whole.cuts.iter().map(|cut| cut.0).collect();
    assert_eq!(cuts.get(1..).unwrap_or(&[]), of_whole, "seed {seed}");
    // They do not end elsewhere where lines lie in other parts.
    let otherwise = scene::score_cut((memory, 7), folders, Stage::After);
    let found = otherwise.engine.find(&otherwise.month, None).unwrap().cut_at(2);
    let otherwise = found.whole(Stage::After, &reviewed, None).unwrap();
    assert_eq!(otherwise.cuts, whole.cuts, "seed {seed}");
    // Nor is anything else said, of what could not be judged either.
    assert_eq!(sums(&otherwise), sums(&whole), "seed {seed}");
    let n_unplaced = whole.hits.hits.iter().filter(|hit| hit.person == u32::MAX).count();
    (slices.len(), n_unplaced)
}

#[test]
fn slices_come_to_what_all_findings_come_to_at_once() {
    let all: Vec<(usize, usize)> = (0..60).into_par_iter().map(check).collect();
    let n_cut = all.iter().filter(|(n_slices, _)| 2 < *n_slices).count();
    let n_unplaced = all.iter().filter(|(n_slices, n)| 2 < *n_slices && 0 < *n).count();
    assert!(
        20 < n_cut && 5 < n_unplaced,
        "{n_cut} months were cut, {n_unplaced} across institutions"
    );
}
