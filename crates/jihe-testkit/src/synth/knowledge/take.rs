//! What a row of each table says.

use super::super::item::named;
use super::super::table::Record;
use super::{AgeBand, Knowledge, Pair, Quota, ShareClass, Target, decimal};

/// Tables that name items and that nothing is planted for; base traffic avoids their items.
const ITEM_COLUMNS: [&str; 6] = ["hilist_code", "item_a", "item_b", "whole", "part", "needs"];

impl Knowledge {
    #[expect(clippy::too_many_lines, reason = "one arm for each table")]
    pub(super) fn take_row(
        &mut self,
        name: &str,
        record: &Record,
        range: (i64, i64),
        is_firm: bool,
    ) {
        let code = record.get("hilist_code").to_owned();
        let units = |column: &str| decimal(record.get(column), 4);
        let whole = |column: &str| decimal(record.get(column), 0);
        let text = |column: &str| record.get(column).to_owned();
        let bit = match name {
            "item_sex" => {
                self.sex.insert(code, record.get("gend").to_owned());
                named::SEX
            }
            "item_age" => {
                self.age.entry(code).or_default().push(band_of(record));
                named::AGE
            }
            "item_age_forbidden" => {
                self.age_forbidden.entry(code).or_default().push(band_of(record));
                named::AGE_FORBIDDEN
            }
            "item_department" => {
                self.departments.entry(code).or_default().push(text("dept_codg"));
                named::DEPARTMENT
            }
            "item_cap" => {
                let fen = decimal(record.get("amount_max"), 2).unwrap_or(0);
                let least = self.cap.entry(code).or_insert(fen);
                *least = fen.min(*least);
                named::CAP
            }
            "item_dose" => {
                let most = decimal(record.get("daily_max"), 6).unwrap_or(0);
                self.dose.insert(code, (most, text("unit")));
                named::DOSE
            }
            "disease_items" => {
                self.disease_items.entry(code).or_default().insert(text("dise_codg"));
                named::DISEASE
            }
            "internet_forbidden" => named::INTERNET,
            "item_second_line" => named::SECOND_LINE,
            "item_level" => {
                self.level.insert(code, whole("level_min").unwrap_or(1) as u8);
                named::LEVEL
            }
            "item_visit" => {
                self.visit.entry(code).or_default().push(record.get("med_type").to_owned());
                named::VISIT
            }
            "item_quantity" => self.take_quota(code, record),
            "item_hours" => named::HOURS,
            "item_stay_days" => {
                self.stay_days.insert(code, units("per_day").unwrap_or(10_000));
                named::STAY_DAYS
            }
            "item_period" => {
                let uses = whole("max_count").unwrap_or(1);
                self.period.insert(code, (whole("period_days").unwrap_or(0), uses));
                named::PERIOD
            }
            "item_course" => {
                self.course.insert(code, whole("course_days").unwrap_or(0));
                named::COURSE
            }
            "drug_class" => {
                let class = record.get("class").to_owned();
                self.class.entry(class).or_default().push(code);
                named::CLASS
            }
            "item_minutes" => {
                self.minutes.insert(code, units("minutes").unwrap_or(0));
                named::MINUTES
            }
            "operation_group" => {
                let discount = decimal(record.get("discount"), 6).unwrap_or(1_000_000);
                let group = (record.get("group").to_owned(), discount);
                self.operation.entry(code).or_default().push(group);
                named::OPERATION
            }
            "companion" => {
                self.name_item(record.get("needs"), named::OTHER, true);
                named::NEEDY
            }
            "split_set" => return self.take_set(record, is_firm),
            "item_scheme" => named::SCHEME,
            "item_indication" => {
                let sets = self.indications.entry(code).or_default();
                sets.push((record.get("set").to_owned(), is_firm));
                return;
            }
            "herb_not_payable" => named::HERB,
            "herb_alone" => named::HERB_ALONE,
            "item_forbidden" => {
                let sets = self.forbidden.entry(code).or_default();
                sets.push((text("set"), is_firm));
                return;
            }
            "contained" | "contained_consumable" | "incompatible" => {
                return self.take_pair(name, record, is_firm);
            }
            "trace_exempt" => named::TRACE_EXEMPT,
            "placeholder" => {
                self.placeholders.push(code);
                named::UNKNOWN
            }
            _ => {
                self.take_other(name, record, range);
                return;
            }
        };
        self.name_item(record.get("hilist_code"), bit, is_firm);
    }

    fn take_quota(&mut self, code: String, record: &Record) -> u64 {
        let per_person = record.get("per") == "person";
        let max = decimal(record.get("max"), 4).unwrap_or(0);
        let (quotas, bit) = match record.get("window") {
            "day" => (&mut self.daily, named::DAILY),
            "month" | "quarter" | "year" => (&mut self.monthly, named::MONTHLY),
            "stay" | "stay_day" if !per_person => {
                let is_stay = record.get("window") == "stay";
                let (most, bit) = if is_stay {
                    (&mut self.stay, named::STAY)
                } else {
                    (&mut self.stay_day, named::STAY_DAY)
                };
                most.insert(code, max);
                return bit;
            }
            _ => return named::OTHER,
        };
        quotas.entry(code).or_default().push(Quota { per_person, max });
        bit
    }

    fn take_set(&mut self, record: &Record, is_firm: bool) {
        let (set, whole) = (record.get("set_id").to_owned(), record.get("whole").to_owned());
        let part = record.get("part").to_owned();
        self.name_item(&whole, named::SET, is_firm);
        self.name_item(&part, named::SET, is_firm);
        self.sets.entry((set, whole)).or_default().push(part);
    }

    fn take_pair(&mut self, name: &str, record: &Record, is_firm: bool) {
        let (whole, part) = (record.get("item_a"), record.get("item_b"));
        let (pairs, of_whole, of_part) = match name {
            "contained" => (&mut self.pairs, named::WHOLE, named::PART),
            "incompatible" => (&mut self.mixes, named::MIX, named::MIX),
            _ => (&mut self.consumed, named::CONSUMED, named::CONSUMED),
        };
        pairs.push(Pair { whole: whole.to_owned(), part: part.to_owned() });
        self.name_item(whole, of_whole, is_firm);
        self.name_item(part, of_part, is_firm);
    }

    fn take_other(&mut self, name: &str, record: &Record, range: (i64, i64)) {
        let text = |column: &str| record.get(column).to_owned();
        match name {
            "supply_kind" => {
                for (slot, column) in ["med_type", "dise_codg"].into_iter().enumerate() {
                    if !record.get(column).is_empty() {
                        self.supply_kind[slot].insert(text(column), text("kind"));
                    }
                }
            }
            "supply_limit" => {
                let days = decimal(record.get("days"), 4).unwrap_or(0);
                self.supply_limit.insert(text("kind"), days);
            }
            "inpatient" => self.inpatient.push(text("med_type")),
            "special_disease" => {
                self.diseases.insert(text("dise_codg"));
            }
            "share_class" => {
                let row = ["list_type", "med_chrgitm_type", "item_begins"].map(text);
                let name = text("class");
                match self.classes.iter_mut().find(|class| class.name == name) {
                    Some(class) => class.rows.push(row),
                    None => self.classes.push(ShareClass { name, rows: vec![row] }),
                }
            }
            "indicator_target" => self.targets.push(Target {
                of: (text("indicator"), text("class")),
                institution: text("fixmedins_code"),
                level: record.get("lmtpric_hosp_lv").trim_start_matches('0').to_owned(),
                bound: decimal(record.get("target"), 6).unwrap_or(0),
                from: range.0,
                until: range.1,
            }),
            "diagnosis_set" => {
                self.set_codes.entry(text("set")).or_default().push(text("diag_code"));
                // It moves a limit that the city keeps either way.
                if record.get("set") != "chronic" {
                    self.diagnosis_sets.insert(text("diag_code"));
                }
            }
            _ if self.benefit.take(name, record, range) => {}
            _ => {
                for column in ITEM_COLUMNS {
                    let code = record.get(column);
                    if !code.is_empty() {
                        self.name_item(code, named::OTHER, true);
                    }
                }
            }
        }
    }

    pub(super) fn name_item(&mut self, code: &str, bit: u64, is_firm: bool) {
        let bits = self.named.entry(code.to_owned()).or_default();
        *bits |= if is_firm { bit } else { bit | named::OTHER };
    }
}

fn band_of(record: &Record) -> AgeBand {
    let years = |column: &str| decimal(record.get(column), 0);
    let (min, max) = (years("age_min").unwrap_or(0), years("age_max").unwrap_or(i64::MAX));
    AgeBand { min, max, in_days: record.get("unit") == "day" }
}
