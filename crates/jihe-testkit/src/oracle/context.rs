//! What every rule asks of the net month, the reference and the pack.

use std::collections::{BTreeMap, BTreeSet};

use super::civil::Day;
use super::month::{Encounter, Line, Person, Settlement};
use super::net::NetMonth;
use super::outcome::HouseHit;
use super::pack::{Grade, Pack, Rule};
use super::reference::{CatalogueRow, Reference, without_zero};
use super::table::{Row, in_force, parse_number};

/// What of a line is not payable: semantics, section 3.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Cut {
    /// So many 10^-4 units.
    Units(i64),
    /// A unit is payable up to this price, 10^-6 yuan.
    Price(i64),
    /// At most this amount is payable, fen.
    Amount(i64),
    /// Nothing is payable.
    Whole,
    /// All is payable: the line is only pointed at.
    Nothing,
}

/// A hit before money is counted.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The rule.
    pub rule_id: String,
    /// The person, encounter and institution that it stands under.
    pub subject: (String, String, String),
    /// How sure it is.
    pub grade: Grade,
    /// Places of the cut lines in the net month, in canonical order, each with its cut.
    pub cuts: Vec<(usize, Cut)>,
}

/// What one rule says about a month.
#[derive(Clone, Debug, Default)]
pub struct Verdicts {
    /// The hits.
    pub hits: Vec<Hit>,
    /// Keys of lines, or of stays for a rule of stays, that could not be judged.
    pub not_evaluable: Vec<String>,
    /// Keys that an exception frees by name.
    pub exempt: Vec<String>,
    /// Institutions as a whole.
    pub houses: Vec<HouseHit>,
}

/// What a rule sees.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The net month.
    pub net: &'a NetMonth,
    /// The reference.
    pub reference: &'a Reference,
    /// The pack.
    pub pack: &'a Pack,
    /// The rule.
    pub rule: &'a Rule,
}

impl<'a> Context<'a> {
    /// The lines that the rule may judge, in canonical order with their places: quantity above 0,
    /// rule in force on the day of service.
    pub fn lines(&self) -> Vec<(usize, &'a Line)> {
        let judged = |line: &Line| 0 < line.cnt && self.rule.is_in_force(line.day());
        self.net.lines.iter().enumerate().filter(|(_, line)| judged(line)).collect()
    }

    /// Whether the files lack a column.
    pub fn lacks(&self, table: &'static str, column: &'static str) -> bool {
        self.net.absent.contains(&(table, column))
    }

    /// The encounter of a line, where `encounters` has it.
    pub fn encounter(&self, line: &Line) -> Option<&'a Encounter> {
        self.net.encounters.iter().flatten().find(|row| row.mdtrt_id == line.mdtrt_id)
    }

    /// The kind of visit of a line: the encounter's, else the settlement's.
    pub fn med_type(&self, line: &Line) -> Option<String> {
        if let Some(encounter) = self.encounter(line) {
            return Some(encounter.med_type.clone());
        }
        self.settlement(line)?.med_type.clone()
    }

    /// Whether a line belongs to a stay; `None` if the kind of visit is not known.
    pub fn in_stay(&self, line: &Line) -> Option<bool> {
        let day = self.encounter(line).map_or(line.day(), Encounter::admission);
        Some(self.is_inpatient(&self.med_type(line)?, day))
    }

    /// Whether a kind of visit is listed in `inpatient`, or starts with a listed code.
    pub fn is_inpatient(&self, med_type: &str, day: Day) -> bool {
        self.pack.table("inpatient").iter().any(|row| {
            let code = row.get("med_type").map_or("", String::as_str);
            !code.is_empty() && med_type.starts_with(code) && super::table::row_in_force(row, day)
        })
    }

    /// Every stay in canonical order.
    pub fn stays(&self) -> Vec<&'a Encounter> {
        let is_stay = |row: &&Encounter| self.is_inpatient(&row.med_type, row.admission());
        let mut stays: Vec<&Encounter> =
            self.net.encounters.iter().flatten().filter(is_stay).collect();
        stays.sort_by_key(|stay| stay.order());
        stays
    }

    /// Visits with lines in force that may be stays and that no row of `encounters` tells of.
    pub fn untold_stays(&self) -> Vec<String> {
        let mut firsts: BTreeMap<_, Day> = BTreeMap::new();
        let mut may_be: BTreeSet<_> = BTreeSet::new();
        for line in self.net.lines.iter().filter(|line| 0 < line.cnt) {
            if self.encounter(line).is_none() {
                firsts.entry(line.visit()).or_insert_with(|| line.day());
                if self.in_stay(line) != Some(false) {
                    may_be.insert(line.visit());
                }
            }
        }
        let in_force = |visit: &&(String, String)| self.rule.is_in_force(firsts[*visit]);
        may_be.iter().filter(in_force).map(|(_, encounter)| encounter.clone()).collect()
    }

    /// The lines of a line's prescription with a quantity; `None` if the line names none.
    pub fn prescription(&self, line: &Line) -> Option<Vec<&'a Line>> {
        line.rx_drord_no.as_ref()?;
        let is_its = |other: &&Line| {
            0 < other.cnt && other.visit() == line.visit() && other.rx_drord_no == line.rx_drord_no
        };
        Some(self.net.lines.iter().filter(is_its).collect())
    }

    /// The settlement of a line, where it has one.
    pub fn settlement(&self, line: &Line) -> Option<&'a Settlement> {
        self.net.settlements.iter().find(|row| Some(&row.setl_id) == line.setl_id.as_ref())
    }

    /// The person of a line, where `persons` has them.
    pub fn person(&self, line: &Line) -> Option<&'a Person> {
        self.net.persons.iter().flatten().find(|row| row.psn_no == line.psn_no)
    }

    /// The catalogue row of a line's item in force on its day.
    pub fn catalogue(&self, line: &Line) -> Option<&'a CatalogueRow> {
        self.reference.catalogue_on(&line.hilist_code, line.day())
    }

    /// A line's kind of item: the catalogue's on that day, else its own.
    pub fn list_type(&self, line: &Line) -> Option<String> {
        self.catalogue(line).and_then(|row| row.list_type.clone()).or(line.list_type.clone())
    }

    /// A line's kind of charge: the catalogue's on that day, else its own.
    pub fn charge_type(&self, line: &Line) -> Option<String> {
        let of_item = self.catalogue(line).and_then(|row| row.med_chrgitm_type.clone());
        of_item.or(line.med_chrgitm_type.clone())
    }

    /// A line's class of payment: the catalogue's on that day, else its own.
    pub fn chrgitm_lv(&self, line: &Line) -> Option<String> {
        self.catalogue(line).and_then(|row| row.chrgitm_lv.clone()).or(line.chrgitm_lv.clone())
    }

    /// The rows of a knowledge table for the line's item in force on its day.
    pub fn item_rows(&self, table: &str, line: &Line) -> Vec<&'a Row> {
        self.pack.rows(table, line.day(), ("hilist_code", &line.hilist_code))
    }

    /// Whether a diagnosis of the line's encounter is in a set on the day of admission; `None`
    /// without any diagnosis.
    pub fn has_diagnosis_in(&self, line: &Line, set: &str) -> Option<bool> {
        let encounter = self.encounter(line);
        let of_encounter = self.net.diagnoses.iter().filter(|row| row.mdtrt_id == line.mdtrt_id);
        let mut codes: Vec<&str> = of_encounter.map(|row| row.diag_code.as_str()).collect();
        codes.extend(encounter.and_then(|row| row.dscg_maindiag_code.as_deref()));
        let day = encounter.map_or(line.day(), Encounter::admission);
        let is_in = |code: &str| {
            self.pack.rows("diagnosis_set", day, ("set", set)).iter().any(|row| {
                let listed = cell(row, "diag_code");
                !listed.is_empty() && code.starts_with(listed)
            })
        };
        (!codes.is_empty()).then(|| codes.into_iter().any(is_in))
    }

    /// Whether a diagnosis set has a row in force on a line's day.
    pub fn knows_set(&self, line: &Line, set: &str) -> bool {
        !self.pack.rows("diagnosis_set", line.day(), ("set", set)).is_empty()
    }

    /// A parameter of the rule in 10^-6 units, or the value of the pages.
    pub fn param(&self, name: &str, of_the_pages: i64) -> i64 {
        self.pack.param(&self.rule.id, name, of_the_pages)
    }

    /// A parameter that is a whole number.
    pub fn whole_param(&self, name: &str, of_the_pages: i64) -> i64 {
        self.param(name, of_the_pages * 1_000_000) / 1_000_000
    }

    /// Makes a hit on some lines, standing under the first of them.
    pub fn hit(&self, cuts: Vec<(usize, Cut)>) -> Hit {
        let first = &self.net.lines[cuts[0].0];
        let subject = (first.psn_no.clone(), first.mdtrt_id.clone(), first.fixmedins_code.clone());
        Hit { rule_id: self.rule.id.clone(), subject, grade: self.rule.grade, cuts }
    }

    /// Makes a hit over several persons: it stands under the institution of the first line.
    pub fn hit_of_nobody(&self, cuts: Vec<(usize, Cut)>) -> Hit {
        let subject = (String::new(), String::new(), self.hit(cuts.clone()).subject.2);
        Hit { subject, ..self.hit(cuts) }
    }

    /// The lowest price in force of an item at the line's institution on its day: `None` if it
    /// cannot be told, `Some(None)` if there is no such price.
    pub fn set_price(&self, item: &str, line: &Line) -> Option<Option<i64>> {
        let level = self.reference.level_on(&line.fixmedins_code, line.day());
        let mut prices = Vec::new();
        for row in self.reference.price_limits.as_ref()? {
            let is_its = row.hilist_code == item;
            if !is_its || !in_force(row.begndate, row.enddate, line.day()) {
                continue;
            }
            match (row.lmtpric_hosp_lv.as_deref().map(without_zero), &level) {
                (Some(_), None) => return None,
                (Some(own), Some(level)) if own != *level => {}
                _ => prices.push(row.hilist_pric_uplmt_amt),
            }
        }
        Some(prices.into_iter().min())
    }

    /// Whether the catalogue has an item on a day, or there is no catalogue to say so.
    pub fn may_exist(&self, item: &str, day: Day) -> bool {
        self.reference.catalogue.is_none() || self.reference.catalogue_on(item, day).is_some()
    }

    /// Makes a hit on one line.
    pub fn line_hit(&self, place: usize, cut: Cut) -> Hit {
        self.hit(vec![(place, cut)])
    }

    /// The lines of a stay with a quantity, in canonical order with their places.
    pub fn stay_lines(&self, stay: &Encounter) -> Vec<(usize, &'a Line)> {
        let of_stay = |line: &Line| 0 < line.cnt && line.mdtrt_id == stay.mdtrt_id;
        self.net.lines.iter().enumerate().filter(|(_, line)| of_stay(line)).collect()
    }

    /// Makes a hit on a stay that only points at its first line.
    pub fn stay_pointer(&self, stay: &Encounter) -> Hit {
        let mut hit = self.stay_hit(stay, self.rule.grade);
        hit.cuts.truncate(1);
        for (_, cut) in &mut hit.cuts {
            *cut = Cut::Nothing;
        }
        hit
    }

    /// Makes a hit on a stay, which takes all its lines whole.
    pub fn stay_hit(&self, stay: &Encounter, grade: Grade) -> Hit {
        let of_stay = |line: &Line| 0 < line.cnt && line.mdtrt_id == stay.mdtrt_id;
        let lines = self.net.lines.iter().enumerate().filter(|(_, line)| of_stay(line));
        Hit {
            rule_id: self.rule.id.clone(),
            subject: (stay.psn_no.clone(), stay.mdtrt_id.clone(), stay.fixmedins_code.clone()),
            grade,
            cuts: lines.map(|(place, _)| (place, Cut::Whole)).collect(),
        }
    }
}

/// A number of a table row with at most `scale` decimals, in 10^-scale units.
pub fn number(row: &Row, column: &str, scale: usize) -> Option<i64> {
    parse_number(row, column, scale)
}

/// A text of a table row, empty if it is not there.
pub fn cell<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).map_or("", String::as_str)
}

/// The excess of a group over its limits: semantics, section 7, head.
///
/// Each member is place, quantity and its own limit, in canonical order.
pub fn excess(group: &[(usize, i64, i64)]) -> Vec<(usize, Cut)> {
    let mut cuts = Vec::new();
    let mut sum = 0;
    for (place, cnt, limit) in group {
        sum += cnt;
        let over = (*cnt).min(sum - limit);
        if 0 < over {
            cuts.push((*place, Cut::Units(over)));
        }
    }
    cuts
}
