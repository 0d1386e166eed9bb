//! Dated exemptions: institutions and persons whose findings of a rule are shown and not written.
//!
//! In: the table `exemption` of the pack, and what a rule found. Out: the findings without the cuts of
//! exempt subjects, and one exempt row for each. A rule judges exempt lines as any other; only the
//! cut goes. Not here: exceptions that a rule names itself (`found`).
//! Cost: nothing without rows; else one look-up for each cut line.

use std::collections::BTreeMap;

use jihe_frame::{Codes, Evidence, Exempt, Hit, HitLine, Hits, KeptLines};
use jihe_rules::plan::{Family, Plan, Shape};
use jihe_terms::{NO_CODE, NO_DAY};

use crate::found::rule_number;
use crate::run::{Run, bounds};

/// Rows of the table by their subject.
#[derive(Debug, Default)]
pub(crate) struct Exemptions {
    by_institution: BTreeMap<u32, Vec<Row>>,
    by_person: BTreeMap<String, Vec<Row>>,
}

/// One row.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// Index of the rule; all rules if none.
    rule: Option<usize>,
    days: (i32, i32),
    /// Its place in the table.
    place: u32,
}

impl Exemptions {
    /// Takes the rows of the pack; institutions become codes of the run.
    pub(crate) fn new(plan: &Plan, codes: &mut Codes) -> Self {
        let mut exemptions = Self::default();
        let Some(table) = plan.tables.get("exemption") else { return exemptions };
        let text = |name: &str, row: usize| -> String {
            let texts = table.texts(name);
            texts.map_or_else(String::new, |texts| texts.text(row).to_owned())
        };
        for (row, &range) in table.range.iter().enumerate() {
            let id = text("rule_id", row);
            let rule = plan.rules.iter().position(|rule| rule.id == id);
            if rule.is_none() && id != "*" {
                continue;
            }
            let place = u32::try_from(row).unwrap_or(NO_CODE);
            let one = Row { rule, days: bounds(range), place };
            let subject = text("subject", row);
            if text("subject_type", row) == "person" {
                exemptions.by_person.entry(subject).or_default().push(one);
            } else {
                let code = codes.intern(subject.as_bytes());
                exemptions.by_institution.entry(code).or_default().push(one);
            }
        }
        exemptions
    }

    /// Takes the cuts of exempt subjects out of what rules found; gives the subjects.
    ///
    /// A line is exempt by its institution, person and day of service, a finding that cuts nothing by
    /// those of its first line, of its own encounter if one is; a stay by its own on its day of
    /// admission, an institution as a whole on the last day of service of the month.
    pub(crate) fn take_out(&self, run: &Run<'_>, kept: &KeptLines, hits: &mut Hits) -> Vec<Exempt> {
        if self.by_institution.is_empty() && self.by_person.is_empty() {
            return Vec::new();
        }
        let before = std::mem::take(hits);
        let mut exempts: Vec<Exempt> = Vec::new();
        for hit in &before.hits {
            let of_rule = OfRule { exemptions: self, run, rule: hit.rule.into(), kept };
            let left = of_rule.left(hit, before.lines_of(hit), &mut exempts);
            if let Some(left) = left {
                hits.push_of(&before, hit, &left);
            }
        }
        // Two findings may cut one line.
        exempts.sort_unstable();
        exempts.dedup();
        exempts
    }
}

/// The exemptions beside one rule of a run.
struct OfRule<'a> {
    exemptions: &'a Exemptions,
    run: &'a Run<'a>,
    rule: usize,
    kept: &'a KeptLines,
}

impl OfRule<'_> {
    /// The lines that stay of a finding; `None` if nothing of it stays.
    fn left(
        &self,
        hit: &Hit,
        lines: &[HitLine],
        exempts: &mut Vec<Exempt>,
    ) -> Option<Vec<HitLine>> {
        let is_stay = self.is_of_stays();
        if is_stay || !lines.iter().any(|line| line.is_cut()) {
            let all = || lines.iter().map(|line| line.line);
            let own = all().filter(|&line| self.encounter(line) == hit.encounter).min();
            let first = own.or_else(|| all().min()).filter(|_| !is_stay);
            let row = if let Some(line) = first {
                let (part, at) = self.kept.place(line);
                self.row(part.institution[at], part.person[at], part.day[at])
            } else {
                let day = match hit.encounter {
                    // An institution as a whole: the last day of service of the month.
                    NO_CODE => self.run.month.last_day.unwrap_or(NO_DAY),
                    encounter => self.run.stays.admission_day(encounter),
                };
                self.row(hit.institution, hit.person, day)
            };
            let Some(row) = row else { return Some(lines.to_vec()) };
            exempts.push(self.exempt(first.unwrap_or(NO_CODE), hit.encounter, row));
            return None;
        }
        let mut left = lines.to_vec();
        for line in left.iter_mut().filter(|line| line.is_cut()) {
            let (part, at) = self.kept.place(line.line);
            let (institution, person) = (part.institution[at], part.person[at]);
            if let Some(row) = self.row(institution, person, part.day[at]) {
                exempts.push(self.exempt(line.line, part.encounter[at], row));
                *line = HitLine::new(line.line, Evidence::Shown);
            }
        }
        left.iter().any(|line| line.is_cut()).then_some(left)
    }

    fn encounter(&self, line: u32) -> u32 {
        let (part, at) = self.kept.place(line);
        part.encounter[at]
    }

    /// Whether what the rule finds are stays: some rules on stays find lines of other visits.
    fn is_of_stays(&self) -> bool {
        let rule = self.run.rule(self.rule);
        let of_lines = matches!(rule.shape, Shape::VisitDuringStay | Shape::TwoPlaces { .. });
        rule.family == Family::Stay && !of_lines
    }

    /// The first row of the table that frees the subject on the day.
    fn row(&self, institution: u32, person: u32, day: i32) -> Option<u32> {
        let by_institution = self.exemptions.by_institution.get(&institution);
        let by_person = match &self.exemptions.by_person {
            persons if persons.is_empty() || person == NO_CODE => None,
            persons => persons.get(self.run.month.persons.ids.text(person as usize)),
        };
        let rows = by_institution.into_iter().chain(by_person).flatten();
        let frees = |row: &&Row| {
            row.rule.is_none_or(|rule| rule == self.rule)
                && day != NO_DAY
                && row.days.0 <= day
                && day < row.days.1
        };
        rows.filter(frees).map(|row| row.place).min()
    }

    fn exempt(&self, line: u32, encounter: u32, row: u32) -> Exempt {
        Exempt { rule: rule_number(self.rule), exception: u16::MAX, line, encounter, row }
    }
}
