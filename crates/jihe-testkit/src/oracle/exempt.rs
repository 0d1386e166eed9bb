//! Dated exemptions: the pack's table `exemption` (semantics, section 2).

use std::collections::BTreeSet;

use super::civil::Day;
use super::context::{Context, Cut, Hit, Verdicts, cell};
use super::table::row_in_force;

/// Takes the exempt cuts out of what a rule found, and names what they were taken from.
pub fn apply(context: &Context<'_>, verdicts: &mut Verdicts) {
    let mut freed: BTreeSet<String> = BTreeSet::new();
    let mut kept: Vec<Hit> = Vec::new();
    for mut hit in verdicts.hits.drain(..) {
        let lines = &context.net.lines;
        let cuts_nothing = hit.cuts.iter().all(|(_, cut)| *cut == Cut::Nothing);
        // These two find lines, not stays.
        let of_lines = ["visit-during-stay", "two-places"].contains(&context.rule.id.as_str());
        let is_stay = context.rule.family == "stay" && !of_lines;
        if is_stay || cuts_nothing {
            let (person, encounter, institution) = &hit.subject;
            let places = || hit.cuts.iter().map(|(place, _)| *place);
            let own = places().filter(|place| lines[*place].mdtrt_id == *encounter).min();
            let first = own.or_else(|| places().min());
            let (person, institution, day, key) = match first {
                Some(place) if !is_stay => {
                    let line = &lines[place];
                    (&line.psn_no, &line.fixmedins_code, line.day(), line.bkkp_sn.clone())
                }
                _ => {
                    let encounters = context.net.encounters.iter().flatten();
                    let stay = encounters.into_iter().find(|row| row.mdtrt_id == *encounter);
                    let Some(stay) = stay else {
                        kept.push(hit);
                        continue;
                    };
                    (person, institution, stay.admission(), encounter.clone())
                }
            };
            if is_exempt(context, institution, person, day) {
                freed.insert(key);
            } else {
                kept.push(hit);
            }
            continue;
        }
        hit.cuts.retain(|(place, _)| {
            let line = &lines[*place];
            let is_free = is_exempt(context, &line.fixmedins_code, &line.psn_no, line.day());
            if is_free {
                freed.insert(line.bkkp_sn.clone());
            }
            !is_free
        });
        if !hit.cuts.is_empty() {
            kept.push(hit);
        }
    }
    verdicts.hits = kept;
    let last_day = context.net.lines.iter().map(super::month::Line::day).max();
    verdicts.houses.retain(|hit| {
        let house = &hit.fixmedins_code;
        let is_free = last_day.is_some_and(|day| is_exempt(context, house, "", day));
        if is_free {
            freed.insert(house.clone());
        }
        !is_free
    });
    verdicts.exempt.extend(freed);
}

fn is_exempt(context: &Context<'_>, institution: &str, person: &str, day: Day) -> bool {
    context.pack.table("exemption").iter().any(|row| {
        let subject = match cell(row, "subject_type") {
            "institution" => institution,
            "person" => person,
            _ => return false,
        };
        let of_rule = ["*", context.rule.id.as_str()].contains(&cell(row, "rule_id"));
        of_rule && cell(row, "subject") == subject && row_in_force(row, day)
    })
}
