//! Small dense months for property tests, hand-written edge cases, and how both become files.
//!
//! The same seed gives the same month. Times, prices, items and quantities come from short lists,
//! so that groups, repeats and limits meet often.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "test support: tiny numbers of our own choice"
)]

pub mod edge;
pub mod fees;
pub mod indicators;
pub mod knowledge;
pub mod names;
pub mod random;
pub mod thin;
pub mod visits;
pub mod world;
pub mod write;

use crate::oracle::pack::Tables;
use crate::oracle::reference::Reference;
use crate::oracle::side::Month;

use fees::Sources;
use random::Random;

/// Makes a month with its reference and knowledge tables.
pub fn generate(seed: u64) -> (Month, Reference, Tables) {
    let mut random = Random::new(seed);
    let random = &mut random;
    let people: Vec<String> = (1..=random.between(2, 7)).map(|nth| format!("N{nth}")).collect();
    let houses: Vec<String> = (1..=random.between(2, 4)).map(|nth| format!("H{nth}")).collect();
    let items = world::items(random);
    let mut reference = world::reference(random, &houses, &items);
    let mut tables = knowledge::tables(random, &items);

    let persons = visits::persons(random, &people);
    let mut encounters = visits::encounters(random, &people, &houses);
    let diagnoses = visits::diagnoses(random, &encounters);
    let mut settlements = visits::settlements(random, &encounters);
    let sources = Sources { items: &items, encounters: &encounters, settlements: &settlements };
    let mut lines = fees::lines(random, sources);
    if random.chance(60) {
        settlements.push(visits::of_january(random));
    }
    fees::pay(random, &mut settlements, &mut lines);

    let trace_codes = fees::trace_codes(random, &lines);
    let lines_have_trace = random.chance(25);
    if lines_have_trace {
        for line in &mut lines {
            line.drug_trac_codg = random.maybe(20, &["C03", "C04", "C05", "C06", "C07"]);
        }
    }
    // Some encounters are billed and not in the table.
    encounters.retain(|_| !random.chance(6));
    if random.chance(6) {
        encounters.extend(encounters.first().cloned());
    }
    fees::shuffle(random, &mut encounters);
    let encounters = random.chance(94).then_some(encounters);
    let told = encounters.as_deref().unwrap_or_default();
    if random.chance(30) {
        visits::share(told, &mut lines, &mut settlements);
    }
    let mut month = Month {
        lines,
        settlements,
        encounters,
        diagnoses: random.chance(92).then_some(diagnoses),
        persons: random.chance(94).then_some(persons),
        trace_codes: random.chance(80).then_some(trace_codes),
        key_with_encounter: false,
        lines_have_trace,
        unreadable: std::collections::BTreeMap::new(),
        absent: std::collections::BTreeSet::new(),
    };
    indicators::add(seed, &mut month, &mut reference, &mut tables);
    names::make_up(seed, &mut month);
    (month, reference, tables)
}

#[cfg(test)]
mod tests;
