//! Hand-written months at the edges of each rule: under, at and over the limit, the day before and
//! the day after, each with the cuts that the pages ask for.

mod benefit;
mod count;
mod limit;
mod line;
mod pair;
mod papers;
mod payment;
mod stay;
mod stock;
mod supply;

use crate::oracle::civil::{Day, at, day};
use crate::oracle::context::Cut;
use crate::oracle::decimal::fen_of;
use crate::oracle::month::{Encounter, Line, Person, Settlement};
use crate::oracle::pack::Tables;
use crate::oracle::reference::{CatalogueRow, Institution, Reference};
use crate::oracle::side::{Diagnosis, Month};
use crate::oracle::table::{micro, quantity};

use super::knowledge::{COLUMNS, row};

/// A month and what one rule cuts in it.
#[derive(Clone, Debug)]
pub struct EdgeCase {
    /// The rule.
    pub rule_id: &'static str,
    /// What is shown, as a sentence.
    pub name: &'static str,
    /// The month.
    pub month: Month,
    /// The reference.
    pub reference: Reference,
    /// The knowledge tables.
    pub tables: Tables,
    /// The cut lines of the rule, by key.
    pub cuts: Vec<(String, Cut)>,
    /// `sev_deg` of each of its findings, where that matters.
    pub grade: Option<u8>,
}

impl EdgeCase {
    /// Says how sure the findings are.
    #[must_use]
    pub fn grade(self, sev_deg: u8) -> Self {
        Self { grade: Some(sev_deg), ..self }
    }
}

/// Every edge case.
pub fn edge_cases() -> Vec<EdgeCase> {
    let mut cases = line::cases();
    cases.extend(payment::cases());
    cases.extend(papers::cases());
    cases.extend(limit::cases());
    cases.extend(count::cases());
    cases.extend(pair::cases());
    cases.extend(supply::cases());
    cases.extend(stay::cases());
    cases.extend(stock::cases());
    cases.extend(benefit::cases());
    cases
}

/// A month under construction: person N1 at H1 (level 2) and H2 (level 3), items A and B.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The month.
    pub month: Month,
    /// The reference.
    pub reference: Reference,
    /// The tables.
    pub tables: Tables,
}

/// 1 October 2026, the day that the cases count from.
pub fn oct(of_month: i64) -> Day {
    day(2026, 10, 1) + of_month - 1
}

impl Scene {
    /// A month with one outpatient visit V1 at H1 and nothing billed.
    pub fn empty() -> Self {
        let mut tables = Tables::new();
        for (name, _) in COLUMNS {
            tables.insert((*name).to_owned(), Vec::new());
        }
        let mut scene = Self { month: Month::default(), reference: reference(), tables };
        scene.know("inpatient", &["21"]);
        scene.month.persons = Some(vec![Person {
            psn_no: "N1".to_owned(),
            gend: Some("1".to_owned()),
            brdy: Some(day(1980, 1, 1)),
            ..Person::default()
        }]);
        scene.month.encounters = Some(Vec::new());
        scene.month.diagnoses = Some(Vec::new());
        scene.visit("V1", "H1", "11", oct(1));
        scene
    }

    /// Adds a row to a knowledge table.
    pub fn know(&mut self, table: &str, values: &[&str]) {
        self.tables.entry(table.to_owned()).or_default().push(row(table, values));
    }

    /// Adds an encounter of N1 that begins and ends at ten on one day, and its settlement.
    pub fn visit(&mut self, id: &str, house: &str, med_type: &str, on: Day) {
        let one = Encounter {
            mdtrt_id: id.to_owned(),
            psn_no: "N1".to_owned(),
            fixmedins_code: house.to_owned(),
            med_type: med_type.to_owned(),
            begntime: at(on, 36_000),
            endtime: Some(at(on, 36_000)),
            dscg_maindiag_code: Some("K35.1".to_owned()),
            ..Encounter::default()
        };
        self.month.settlements.push(Settlement {
            setl_id: format!("S{id}"),
            mdtrt_id: id.to_owned(),
            psn_no: "N1".to_owned(),
            fixmedins_code: house.to_owned(),
            setl_time: at(on, 40_000),
            med_type: Some(med_type.to_owned()),
            ..Settlement::default()
        });
        self.month.encounters.get_or_insert_default().push(one);
    }

    /// Adds a stay of N1.
    pub fn stay(&mut self, id: &str, house: &str, from: Day, until: Option<Day>) {
        self.visit(id, house, "21", from);
        self.last_encounter().endtime = until.map(|day| at(day, 36_000));
    }

    /// Adds a diagnosis of an encounter; `main` is `maindiag_flag`.
    pub fn diagnose(&mut self, encounter: &str, code: &str, main: &str) {
        self.month.diagnoses.get_or_insert_default().push(Diagnosis {
            mdtrt_id: encounter.to_owned(),
            diag_code: code.to_owned(),
            maindiag_flag: Some(main.to_owned()),
            diag_srt_no: None,
        });
    }

    /// The encounter added last.
    pub fn last_encounter(&mut self) -> &mut Encounter {
        let all = self.month.encounters.get_or_insert_default();
        let last = all.len() - 1;
        &mut all[last]
    }

    /// The one person.
    pub fn person(&mut self) -> &mut Person {
        &mut self.month.persons.get_or_insert_default()[0]
    }

    /// Bills an item in an encounter at ten; quantity and price are given as in a file.
    pub fn bill(&mut self, key: &str, encounter: &str, on: Day, what: (&str, &str, &str)) {
        let (item, cnt, pric) = what;
        let (cnt, pric) = (quantity(cnt).unwrap_or(0), micro(pric).unwrap_or(0));
        let house = self.month.encounters.iter().flatten().find(|row| row.mdtrt_id == encounter);
        let amount = fen_of(cnt, pric);
        self.month.lines.push(Line {
            bkkp_sn: key.to_owned(),
            setl_id: Some(format!("S{encounter}")),
            mdtrt_id: encounter.to_owned(),
            psn_no: "N1".to_owned(),
            fixmedins_code: house.map_or_else(|| "H1".to_owned(), |row| row.fixmedins_code.clone()),
            fee_ocur_time: at(on, 36_000),
            hilist_code: item.to_owned(),
            cnt,
            pric,
            det_item_fee_sumamt: amount,
            ..Line::default()
        });
    }

    /// Bills one unit of an item at 10.00.
    pub fn bill_one(&mut self, key: &str, encounter: &str, on: Day, item: &str) {
        self.bill(key, encounter, on, (item, "1", "10"));
    }

    /// The line added last.
    pub fn last_line(&mut self) -> &mut Line {
        let last = self.month.lines.len() - 1;
        &mut self.month.lines[last]
    }

    /// Ends the case: every settlement paid 60.5 % of what its lines come to.
    pub fn cuts(
        mut self,
        rule_id: &'static str,
        name: &'static str,
        cuts: &[(&str, Cut)],
    ) -> EdgeCase {
        for settlement in &mut self.month.settlements {
            let is_its = |line: &&Line| line.setl_id.as_ref() == Some(&settlement.setl_id);
            let total: i64 =
                self.month.lines.iter().filter(is_its).map(|line| line.det_item_fee_sumamt).sum();
            settlement.medfee_sumamt = total;
            settlement.inscp_scp_amt = total;
            settlement.fund_pay_sumamt = total * 605 / 1000;
        }
        EdgeCase {
            rule_id,
            name,
            month: self.month,
            reference: self.reference,
            tables: self.tables,
            cuts: cuts.iter().map(|(key, cut)| ((*key).to_owned(), *cut)).collect(),
            grade: None,
        }
    }
}

fn reference() -> Reference {
    let house = |code: &str, level: &str| Institution {
        fixmedins_code: code.to_owned(),
        lmtpric_hosp_lv: Some(level.to_owned()),
        begntime: Some(day(2020, 1, 1)),
        ..Institution::default()
    };
    let item = |code: &str| CatalogueRow {
        hilist_code: code.to_owned(),
        hilist_name: Some(code.to_owned()),
        list_type: Some("201".to_owned()),
        chrgitm_lv: Some("01".to_owned()),
        med_use_flag: Some("1".to_owned()),
        ..CatalogueRow::default()
    };
    Reference {
        institutions: Some(vec![house("H1", "2"), house("H2", "03")]),
        catalogue: Some(vec![item("A"), item("B")]),
        price_limits: Some(Vec::new()),
        selfpay: Some(Vec::new()),
        inventory: Some(Vec::new()),
        practitioners: Some(Vec::new()),
        item_map: Some(Vec::new()),
        trace_codes: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::judge;
    use crate::oracle::outcome::Stage;
    use crate::oracle::pack::Pack;

    #[test]
    fn every_edge_case_is_cut_as_the_pages_ask() {
        for case in edge_cases() {
            let pack = Pack::with_tables(case.tables.clone());
            let outcome = judge(&case.month, &case.reference, &pack, Stage::After);
            assert_eq!(outcome.cuts_of(case.rule_id), case.cuts, "{}: {}", case.rule_id, case.name);
        }
    }

    #[test]
    fn every_rule_has_edge_cases_that_cut_and_that_do_not() {
        let cases = edge_cases();
        for rule in Pack::known_rules() {
            let of_rule = || cases.iter().filter(|case| case.rule_id == rule);
            assert!(of_rule().any(|case| case.cuts.is_empty()), "{rule} is never clear");
            assert!(of_rule().any(|case| !case.cuts.is_empty()), "{rule} never cuts");
        }
    }
}
