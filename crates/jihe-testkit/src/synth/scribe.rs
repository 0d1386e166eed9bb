//! Who writes visits: the world they happen in, and the draws.

use super::calendar::{CalendarMonth, DAY};
use super::draft::{Back, Fate, Line, Oddity, Visit};
use super::institution::Institutions;
use super::item::{Kind, amount_of, in_policy};
use super::knowledge::Knowledge;
use super::law::Law;
use super::person::{Person, number_of};
use super::plant::Pools;
use super::random::Draw;
use super::universe::Universe;

/// Main diagnoses, no two alike in the first three characters, none in a set of the pack.
const DIAGNOSES: [&str; 44] = [
    "I10.x00", "E11.900", "J18.900", "I63.900", "I25.103", "K29.500", "J06.900", "M54.500",
    "K80.100", "N20.000", "J44.100", "I20.000", "C34.900", "H25.900", "K35.800", "S72.000",
    "G45.900", "J20.900", "N18.900", "M17.900", "I48.x00", "K52.900", "L20.900", "J30.400",
    "R10.400", "N39.000", "I50.900", "D25.900", "H10.900", "A09.900", "B18.100", "E78.500",
    "F41.900", "G47.000", "K21.000", "K74.100", "M51.200", "N40.x00", "S06.000", "S52.500",
    "C50.900", "I70.200", "J45.900", "L40.000",
];

/// What does not change while the city is written.
#[derive(Debug)]
pub(super) struct World {
    /// The tables.
    pub(super) knowledge: Knowledge,
    /// The rules.
    pub(super) law: Law,
    /// The items.
    pub(super) universe: Universe,
    /// The institutions.
    pub(super) institutions: Institutions,
    /// The months.
    pub(super) months: Vec<CalendarMonth>,
    /// The seed.
    pub(super) seed: u64,
    /// Diagnoses that no set names.
    pub(super) diagnoses: Vec<&'static str>,
    /// Items that are billed within their limits in base traffic.
    pub(super) guarded: Vec<u32>,
    /// Items to plant with.
    pub(super) pools: Pools,
    /// Below how many plain lines stand around a planted one; 0 in a small city.
    pub(super) n_dressing: i64,
}

impl World {
    /// Above what price (10⁻⁶ yuan) and prescription total (fen) an approval is needed.
    pub(super) fn costly(&self) -> (i64, i64) {
        let most = |name: &str, usual: i64| {
            self.law.micro(("approval-missing", name), self.months[0].first, usual)
        };
        (most("price_max", 100), most("total_max", 500) / 10_000)
    }

    /// What a parameter is on each day of the city, as whole numbers.
    pub(super) fn values(&self, name: (&str, &str), usual: i64) -> impl Iterator<Item = i64> {
        let days = self.months.iter().flat_map(|month| month.first..month.first + month.n_days);
        days.map(move |day| self.law.whole(name, day, usual))
    }

    /// A day of the weeks before the first month.
    pub(super) fn lately(&self) -> i64 {
        self.months[0].first - 40
    }

    /// The diagnoses that no set of the pack names.
    pub(super) fn plain_diagnoses(knowledge: &Knowledge) -> Vec<&'static str> {
        DIAGNOSES.into_iter().filter(|code| !knowledge.is_in_a_set(code)).collect()
    }
}

/// The writer of visits.
#[derive(Debug)]
pub(super) struct Scribe<'w> {
    /// The world.
    pub(super) world: &'w World,
    /// The draws.
    pub(super) draw: Draw,
    /// Persons so far.
    pub(super) n_persons: u64,
    /// Stock plants so far.
    pub(super) n_stock_plants: u64,
    /// Visits planted at institutions short of admission so far.
    pub(super) n_short_plants: u64,
    next_code: u64,
}

impl<'w> Scribe<'w> {
    /// Begins.
    pub(super) fn new(world: &'w World) -> Self {
        Self {
            world,
            draw: Draw::new(world.seed),
            n_persons: 0,
            n_stock_plants: 0,
            n_short_plants: 0,
            next_code: 1,
        }
    }

    /// A new person.
    pub(super) fn person(&mut self) -> Person {
        let number = number_of(self.n_persons);
        self.n_persons += 1;
        let years = match self.draw.below(100) {
            0 => 0,
            1..=11 => self.draw.between(1, 18),
            12..=39 => self.draw.between(18, 50),
            _ => self.draw.between(50, 96),
        };
        let start = self.world.months[0].first;
        let birth = start - 30 - years * 365 - years / 4 - self.draw.between(0, 365);
        let is_resident = self.draw.chance(550);
        let psn_type = match (years, is_resident) {
            (0..18, _) => "14",
            (18..60, false) => "11",
            (18..60, true) => "15",
            (_, false) => "12",
            (_, true) => "16",
        };
        let institutions = &self.world.institutions;
        Person {
            number,
            sex: self.draw.pick(&["1", "2"]),
            birth,
            psn_type,
            death: None,
            hospital: institutions.hospital(&mut self.draw),
            pharmacy: institutions.pharmacy(&mut self.draw),
            supply: Vec::new(),
            period: Vec::new(),
            monthly: Vec::new(),
            visits: Vec::new(),
            stays: Vec::new(),
            paid: Vec::new(),
            seen: 0,
        }
    }

    /// A visit without lines on a day of a month, not for long.
    pub(super) fn visit(&mut self, month: usize, institution: u32, day: i64) -> Visit {
        let begin = day * DAY + self.draw.between(7 * 3600, 19 * 3600);
        let is_pharmacy = self.world.institutions.level(institution) == 0;
        Visit {
            month,
            institution,
            med_type: if is_pharmacy { "41" } else { "11" },
            begin,
            end: begin + 3000,
            diagnosis: self.draw.pick(&self.world.diagnoses).into(),
            only_in_diagnoses: true,
            second: "".into(),
            disease: "".into(),
            way: "",
            ipt_type: "",
            operation: "",
            pay_loc: "2",
            department: "",
            lines: Vec::new(),
            fate: Fate::Stands,
            is_wrongly_paid: false,
            paid: (0, 0),
        }
    }

    /// A stay from one day to another without lines, but for an operation if it is short.
    pub(super) fn stay(&mut self, month: usize, institution: u32, days: (i64, i64)) -> Visit {
        let begin = days.0 * DAY + self.draw.between(7 * 3600, 12 * 3600);
        let mut stay = Visit {
            med_type: "21",
            end: days.1 * DAY + self.draw.between(13 * 3600, 18 * 3600),
            begin,
            only_in_diagnoses: self.draw.chance(200),
            second: if self.draw.chance(300) { "Z98.800".into() } else { "".into() },
            way: "1",
            ipt_type: "1",
            ..self.visit(month, institution, days.0)
        };
        if days.1 - days.0 < self.world.law.whole(("low-standard", "days"), days.0, 3) {
            let operation = self.line(&stay, self.world.universe.operation, begin + 30);
            stay.lines.push(operation);
        }
        stay
    }

    /// A line of one unit at a fair price; class 3 is not in the policy.
    pub(super) fn line(&mut self, visit: &Visit, item: u32, time: i64) -> Line {
        let pric = self.price(item, visit.institution);
        let class = self.world.universe.items[item as usize].class;
        let amount = amount_of(10_000, pric);
        Line {
            item,
            own: item,
            cnt: 10_000,
            pric,
            amount,
            in_policy: in_policy(class, amount),
            time,
            order: 1 + (time.rem_euclid(DAY) / 3600) as u32,
            supply_days: 0,
            code: 0,
            n_codes: 0,
            oddity: Oddity::None,
            back: Back::No,
            marks: 0,
        }
    }

    /// The same line with another quantity.
    pub(super) fn times(&self, mut line: Line, cnt: i64) -> Line {
        let class = self.world.universe.items[line.item as usize].class;
        line.cnt = cnt;
        line.amount = amount_of(cnt, line.pric);
        line.in_policy = in_policy(class, line.amount);
        line
    }

    /// Gives a drug line trace codes, one for each whole pack.
    pub(super) fn trace(&mut self, line: &mut Line) {
        let is_packed = self.world.universe.items[line.item as usize].kind == Kind::Drug;
        if is_packed && line.cnt % 10_000 == 0 {
            line.n_codes = (line.cnt / 10_000).clamp(0, 3) as u64;
            line.code = self.next_code;
            self.next_code += line.n_codes;
        }
    }

    /// The price of an item at an institution: its ceiling there, or below it.
    pub(super) fn price(&self, item: u32, institution: u32) -> i64 {
        let known = &self.world.universe.items[item as usize];
        let key = (u64::from(item) << 32) | u64::from(institution);
        let mut draw = Draw::new(self.world.seed ^ key.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let low = known.ceiling(self.world.institutions.level(institution)).map(|limit| limit.0);
        let price = match low {
            Some(low) if draw.chance(400) => return low,
            Some(low) => low / 1000 * draw.between(820, 1000),
            None => known.price / 1000 * draw.between(850, 1150),
        };
        let step = match known.kind {
            Kind::Herb => 100,
            Kind::Drug if draw.chance(200) => 100,
            Kind::Drug | Kind::Service | Kind::Consumable => 10_000,
        };
        let stepped = price / step * step;
        if 0 < stepped { stepped } else { low.unwrap_or(price).max(1) }
    }

    /// Days of supply that a visit may give, 10⁻² days, at most 7 where no kind applies.
    pub(super) fn most_days(&self, visit: &Visit) -> i64 {
        let knowledge = &self.world.knowledge;
        knowledge.supply_days(visit.med_type, &visit.disease).map_or(700, |days| days / 100)
    }

    /// A day of a month, with so many days left free at both ends.
    pub(super) fn day(&mut self, month: usize, (before, after): (i64, i64)) -> i64 {
        let calendar = &self.world.months[month];
        calendar.first + self.draw.between(before, calendar.n_days - after)
    }

    /// A moment within an hour or so after `visit` began, later for each line.
    pub(super) fn next_time(visit: &Visit) -> i64 {
        let last = visit.lines.iter().map(|line| line.time).max();
        last.map_or(visit.begin + 60, |time| time + 47)
    }
}
