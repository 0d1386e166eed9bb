//! Planted violations: persons whose visits break one rule, and nearly break it.

mod across;
mod besides;
mod count;
mod diagnosis;
mod group;
mod house;
mod local;
mod papers;
mod record;
mod set;
mod single;
mod stay;

use super::draft::{Line, Oddity, Visit};
use super::item::{Kind, named};
use super::person::Person;
use super::scribe::Scribe;
use super::universe::Universe;
use super::{INSTITUTION_RULES, RULES};

/// A person and the visits, in order of time.
pub(super) type Case = (Person, Vec<Visit>);

/// What was planted: some persons, and stock if it has to do with stock.
#[derive(Debug, Default)]
pub(super) struct Planted {
    /// The persons.
    pub(super) cases: Vec<Case>,
    /// Institution, item and the 10⁻⁴ units that it had.
    pub(super) stock: Option<(u32, u32, i64)>,
}

/// Items to plant with, by rule.
#[derive(Clone, Debug)]
pub(super) struct Pools {
    /// Of no catalogue row, or placeholders.
    pub(super) unknown: Vec<u32>,
    /// Plain items of class 3.
    pub(super) unpaid: Vec<u32>,
    /// Named by `item_sex` alone; the others alike.
    pub(super) sex: Vec<u32>,
    /// `item_age`.
    pub(super) age: Vec<u32>,
    /// `item_level`.
    pub(super) level: Vec<u32>,
    /// `item_visit`.
    pub(super) visit: Vec<u32>,
    /// `item_quantity` by the day.
    pub(super) daily: Vec<u32>,
    /// `item_hours`.
    pub(super) hours: Vec<u32>,
    /// `item_stay_days`.
    pub(super) stay_days: Vec<u32>,
    /// `item_quantity` by the month and longer.
    pub(super) monthly: Vec<u32>,
    /// `item_period`.
    pub(super) period: Vec<u32>,
    /// Kept for stock.
    pub(super) stock: Vec<u32>,
    /// `item_scheme`.
    pub(super) scheme: Vec<u32>,
    /// `item_indication`.
    pub(super) indication: Vec<u32>,
    /// `herb_not_payable`.
    pub(super) herb: Vec<u32>,
    /// `herb_alone`.
    pub(super) herb_alone: Vec<u32>,
    /// `item_course`.
    pub(super) course: Vec<u32>,
    /// `drug_class`.
    pub(super) class: Vec<u32>,
    /// `item_minutes`.
    pub(super) minutes: Vec<u32>,
    /// `operation_group`.
    pub(super) operation: Vec<u32>,
    /// `companion`, as the item with a need.
    pub(super) needy: Vec<u32>,
    /// `item_forbidden`.
    pub(super) forbidden: Vec<u32>,
    /// `item_age_forbidden`.
    pub(super) age_forbidden: Vec<u32>,
    /// `internet_forbidden`.
    pub(super) internet: Vec<u32>,
    /// `item_second_line`.
    pub(super) second_line: Vec<u32>,
    /// `item_department`.
    pub(super) department: Vec<u32>,
    /// `disease_items`.
    pub(super) disease: Vec<u32>,
    /// `item_cap`.
    pub(super) cap: Vec<u32>,
    /// `item_dose`.
    pub(super) dose: Vec<u32>,
    /// `item_quantity` by the stay.
    pub(super) stay: Vec<u32>,
    /// `item_quantity` by the day of a stay on average.
    pub(super) stay_day: Vec<u32>,
}

impl Pools {
    /// Sorts the items.
    pub(super) fn new(universe: &Universe) -> Self {
        let services = |needed: u64, allowed: u64| {
            let mut items = universe.named(needed, allowed | named::PART);
            items.retain(|item| !universe.items[*item as usize].kind.is_drug());
            items
        };
        let mut herb_alone = universe.named(named::HERB_ALONE, named::TRACE_EXEMPT);
        herb_alone.retain(|item| universe.items[*item as usize].listing()[0] == "102");
        let unpaid =
            universe.items.iter().enumerate().filter(|(_, item)| {
                item.class == 3 && item.named == 0 && item.kind == Kind::Service
            });
        Self {
            unknown: universe.named(named::UNKNOWN, 0),
            unpaid: unpaid.map(|(index, _)| index as u32).collect(),
            sex: universe.named(named::SEX, 0),
            age: universe.named(named::AGE, 0),
            level: universe.named(named::LEVEL, 0),
            visit: universe.named(named::VISIT, 0),
            daily: services(named::DAILY, named::STAY_DAYS),
            hours: services(named::HOURS, named::DAILY),
            stay_days: services(named::STAY_DAYS, named::DAILY),
            monthly: services(named::MONTHLY, 0),
            period: services(named::PERIOD, 0),
            stock: universe.named(named::STOCK, 0),
            scheme: universe.named(named::SCHEME, 0),
            indication: universe.named(named::INDICATION, 0),
            herb: universe.named(named::HERB, 0),
            herb_alone,
            course: universe.named(named::COURSE, named::CLASS),
            class: universe.named(named::CLASS, named::COURSE),
            minutes: universe.named(named::MINUTES, named::COURSE),
            operation: universe.named(named::OPERATION, 0),
            needy: universe.named(named::NEEDY, 0),
            forbidden: universe.named(named::FORBIDDEN, named::INDICATION),
            age_forbidden: universe.named(named::AGE_FORBIDDEN, named::LEVEL),
            internet: universe.named(named::INTERNET, 0),
            second_line: universe.named(named::SECOND_LINE, 0),
            department: universe.named(named::DEPARTMENT, 0),
            disease: universe.named(named::DISEASE, 0),
            cap: universe.named(named::CAP, 0),
            dose: universe.named(named::DOSE, named::COURSE),
            stay: services(named::STAY, 0),
            stay_day: services(named::STAY_DAY, 0),
        }
    }
}

/// The bit of a rule in the marks of a line.
pub(super) fn bit(rule: &str) -> u128 {
    RULES.iter().position(|id| *id == rule).map_or(0, |place| 1_u128 << place)
}

impl Scribe<'_> {
    /// Plants a rule in a month and marks what else its visits show; none where the tables give
    /// nothing to plant with.
    pub(super) fn plant_in(&mut self, rule: &'static str, month: usize) -> Option<Planted> {
        let mut planted = self.plant(rule, month)?;
        for (_, visits) in &mut planted.cases {
            besides::mark(self.world, visits);
        }
        Some(planted)
    }

    fn plant(&mut self, rule: &'static str, month: usize) -> Option<Planted> {
        let case = match rule {
            "sold-over-stock" => return self.over_stock(month),
            "trace-reused" => return self.reused_trace(month),
            "split-stay" => return Some(self.split_stay(month)),
            "overlap-stay" => Some(self.overlap_stay(month)),
            "never-bought" => return self.never_bought(month),
            "empty-bed" => self.empty_bed(month),
            "low-standard" => self.low_standard(month),
            "visit-during-stay" => Some(self.visit_during_stay(month)),
            "outside-stay" => Some(self.outside_stay(month)),
            "discharge-supply" => Some(self.discharge_supply(month)),
            "stay-days" => self.stay_days_over(month),
            "daily-quantity" => self.daily_quantity(month),
            "hours-over-day" => self.hours_over_day(month),
            "month-quantity" => self.month_quantity(month),
            "period-frequency" => self.period_frequency(month),
            "over-supply" => self.over_supply(month),
            "early-refill" => self.early_refill(month),
            "contained-item" => self.contained_item(month),
            "same-line-twice" => self.same_line_twice(month),
            "after-death" => Some(self.after_death(month)),
            "excluded-cause" => Some(self.excluded_cause(month)),
            "herb-alone" => self.herb_alone(month),
            "approval-missing" => self.approval_missing(month),
            "over-prescribed" => self.over_prescribed(month),
            "code-mismatch" => self.code_mismatch(month),
            "practitioner-inactive" => self.odd_drug(month, Oddity::Stranger, rule),
            "late-upload" => self.odd_drug(month, Oddity::Late, rule),
            "prescription-stale" => self.odd_drug(month, Oddity::Stale, rule),
            "trace-missing" => self.odd_drug(month, Oddity::Untraced, rule),
            "drug-kinds" => self.drug_kinds(month),
            "course-days" => self.course_days(month),
            "same-class" => self.same_class(month),
            "frequent-visits" => self.frequent_visits(month),
            "frequent-purchases" => self.frequent_purchases(month),
            "frequent-stays" => self.frequent_stays(month),
            "workload" => self.workload(month),
            "settled-twice" => self.settled_twice(month),
            "split-item" => self.split_item(month),
            "operation-discount" => self.operation_discount(month),
            "beds-over-capacity" => return Some(self.crowd(month)),
            _ if INSTITUTION_RULES.contains(&rule) => self.of_house(rule, month),
            "contraindication" => self.contraindication(month),
            "contraindication-age" => self.forbidden_age(month),
            "diagnosis-age" => self.diagnosis_age(month),
            "diagnosis-sex" => self.diagnosis_sex(month),
            "listing-anomaly" => Some(self.unborn(month)),
            "institution-inactive" => Some(self.without_agreement(month)),
            "service-after-settlement" => self.after_settlement(month),
            "two-places" => self.two_places(month),
            "operation-sex" => Some(self.operation_of_other_sex(month)),
            "operation-coding" => Some(self.uncoded_operation(month)),
            "record-incomplete" => Some(self.incomplete_record(month)),
            "herb-kinds" => self.herb_kinds(month),
            "internet-drug" => self.internet_drug(month),
            "second-line-unapproved" => self.second_line(month),
            "department" => self.wrong_department(month),
            "special-disease-scope" => self.of_other_disease(month),
            "pay-cap" => self.above_cap(month),
            "over-dose" => self.over_dose(month),
            "stay-quantity" => self.stay_quantity(month),
            "stay-day-quantity" => self.stay_day_quantity(month),
            "contained-consumable" => self.contained_consumable(month),
            "incompatible" => self.incompatible(month),
            "settlement-mismatch" => self.wrongly_paid(month),
            _ => self.single(rule, month),
        };
        case.map(|case| Planted { cases: vec![case], stock: None })
    }

    /// A visit of a hospital with a few plain lines, or none in a small city.
    fn dressed_visit(&mut self, person: &mut Person, month: usize, day: i64) -> Visit {
        let hospital = self.world.institutions.hospital(&mut self.draw);
        self.dressed_visit_at(person, month, (hospital, day))
    }

    fn dressed_visit_at(
        &mut self,
        person: &mut Person,
        month: usize,
        (hospital, day): (u32, i64),
    ) -> Visit {
        let mut visit = self.visit(month, hospital, day);
        for _ in 0..self.draw.between(0, self.world.n_dressing) {
            self.add_plain(&mut visit, person);
        }
        visit
    }

    /// A stay with a few plain lines a day.
    fn dressed_stay(&mut self, month: usize, hospital: u32, days: (i64, i64)) -> Visit {
        let mut stay = self.stay(month, hospital, days);
        for day in days.0..=days.1 {
            let n_lines = self.draw.between(0, self.world.n_dressing) + i64::from(day == days.0);
            self.stay_day(&mut stay, day, n_lines);
        }
        stay
    }

    /// Adds a line after the others; drugs get a supply that the visit may give.
    fn add(&mut self, visit: &mut Visit, person: &mut Person, item: u32, cnt: i64) -> &mut Self {
        let time = if visit.is_stay() { visit.end } else { Self::next_time(visit) };
        let line = self.line(visit, item, time);
        let line = self.times(line, cnt);
        let line = self.dispense(visit, person, line);
        visit.lines.push(line);
        self
    }

    /// Any item of a pool.
    fn any(&mut self, pool: fn(&Pools) -> &Vec<u32>) -> Option<u32> {
        let items = pool(&self.world.pools);
        (!items.is_empty()).then(|| self.draw.pick(items))
    }
}

impl<'w> Scribe<'w> {
    /// The code of an item.
    fn code(&self, item: u32) -> &'w str {
        &self.world.universe.items[item as usize].code
    }
}

/// Marks what goes over a limit when lines are walked in order.
fn mark_excess<'a>(lines: impl Iterator<Item = &'a mut Line>, limit: i64, bit: u128) {
    let mut sum = 0;
    for line in lines {
        sum += line.cnt;
        if limit < sum {
            line.marks |= bit;
        }
    }
}
