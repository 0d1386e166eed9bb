//! Persons, encounters, diagnoses and settlements of a small dense month.

use crate::oracle::civil::{Day, at, day};
use crate::oracle::month::{Encounter, Line, Person, Settlement};
use crate::oracle::side::Diagnosis;

use super::random::Random;
use super::world::{SPAN_DAYS, first_day, inner_day};

/// Hours at which things happen, in seconds; few, so that they collide.
pub const HOURS: [i64; 5] = [0, 28_800, 28_801, 34_200, 86_399];

/// The persons, of whom a few have gaps.
pub fn persons(random: &mut Random, codes: &[String]) -> Vec<Person> {
    let mut persons = Vec::new();
    for code in codes {
        if random.chance(5) {
            continue;
        }
        let dies = random.chance(15).then(|| inner_day(random));
        let birth = random.pick(&[
            day(1956, 2, 29),
            day(2012, 10, 5),
            day(2008, 9, 30),
            day(2026, 9, 10),
            day(2026, 10, 1),
            day(1990, 1, 1),
        ]);
        persons.push(Person {
            psn_no: code.clone(),
            gend: random.maybe(90, &["1", "2", "1", "2", "9"]),
            brdy: random.chance(88).then_some(birth),
            surv_stas: random.maybe(70, &["1", "1", "1", "2"]),
            die_date: dies,
        });
    }
    if random.chance(5) {
        persons.extend(persons.first().cloned());
    }
    if random.chance(5) && !persons.is_empty() {
        let mut other = random.pick(&persons);
        other.brdy = Some(day(2001, 1, 1));
        persons.push(other);
    }
    persons
}

/// The encounters: stays that touch, overlap and repeat, and visits between them.
pub fn encounters(random: &mut Random, persons: &[String], houses: &[String]) -> Vec<Encounter> {
    let mut all: Vec<Encounter> = Vec::new();
    for nth in 1..=random.between(1, 13) {
        let mut one = Encounter {
            mdtrt_id: format!("E{nth:02}"),
            psn_no: random.pick(persons),
            fixmedins_code: random.pick(houses),
            med_type: random
                .pick(&["11", "14", "14", "13", "11", "21", "21", "21", "2101", "24", "52", "1103"])
                .to_owned(),
            ..Encounter::default()
        };
        let mut admission = first_day() + random.between(0, SPAN_DAYS - 5);
        one.dscg_maindiag_code =
            random.maybe(75, &["K35.1", "K35.2", "K35.1", "I63", "O80.0", "Z51.1"]);
        if random.chance(60) && !all.is_empty() {
            admission = follow(random, &mut one, &all);
        }
        one.begntime = at(admission, random.pick(&HOURS));
        let length = random.pick(&[0, 1, 1, 2, 3, 4, 5, 8]);
        let end = at(admission + length, random.pick(&HOURS)).max(one.begntime);
        one.endtime = random.chance(85).then_some(end);
        let with_disease = if one.med_type == "14" { 80 } else { 20 };
        one.dise_codg = random.maybe(with_disease, &["M01", "M01", "M02"]);
        one.dscg_way = random.maybe(60, &["1", "1", "1", "1", "1", "2", "5"]);
        one.ipt_type = random.maybe(40, &["1", "1", "1", "1", "2"]);
        one.otp_er_refl_flag = random.maybe(30, &["0", "0", "0", "0", "1"]);
        one.insutype = random.maybe(60, &["310", "390", "510"]);
        all.push(one);
    }
    all
}

/// Makes an encounter a near repeat of an earlier one and gives its admission day.
fn follow(random: &mut Random, one: &mut Encounter, all: &[Encounter]) -> Day {
    let former = random.pick(all);
    one.psn_no.clone_from(&former.psn_no);
    if random.chance(25) {
        // A visit while the former lasts, elsewhere as often as not.
        "11".clone_into(&mut one.med_type);
        return former.admission() + 1;
    }
    if random.chance(70) {
        one.fixmedins_code.clone_from(&former.fixmedins_code);
    }
    if random.chance(70) {
        one.dscg_maindiag_code.clone_from(&former.dscg_maindiag_code);
    }
    if random.chance(70) {
        one.med_type.clone_from(&former.med_type);
    }
    let gap = random.pick(&[-3, -2, -1, -1, 0, 0, 1, 2, 6, 7, 8, 14, 15, 16]);
    former.discharge().unwrap_or(former.admission()) + gap
}

/// The diagnoses: at most one main one for each encounter.
pub fn diagnoses(random: &mut Random, encounters: &[Encounter]) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    for encounter in encounters {
        for nth in 0..random.between(0, 3) {
            all.push(Diagnosis {
                mdtrt_id: encounter.mdtrt_id.clone(),
                diag_code: random
                    .pick(&["K35.1", "K35.9", "I63.9", "Z51.0", "O82", "J18", "V43.1", "N40"])
                    .to_owned(),
                maindiag_flag: Some(if nth == 0 { "1" } else { "0" }.to_owned()),
                diag_srt_no: Some((nth + 1).to_string()),
            });
        }
    }
    all
}

/// A payment of January, of which only the settlement is there: what the year used is then known.
pub fn of_january(random: &mut Random) -> Settlement {
    Settlement {
        setl_id: "S0-1".to_owned(),
        mdtrt_id: "E0".to_owned(),
        psn_no: "N1".to_owned(),
        fixmedins_code: "H1".to_owned(),
        setl_time: at(day(2026, 1, 7), 36_000),
        insutype: random.maybe(90, &["310"]),
        med_type: random.maybe(90, &["11", "21"]),
        act_pay_dedc: Some(random.pick(&[0, 1000, 2000])),
        ..Settlement::default()
    }
}

/// The settlements; what they paid for is set when the lines are known.
pub fn settlements(random: &mut Random, encounters: &[Encounter]) -> Vec<Settlement> {
    let mut all = Vec::new();
    for encounter in encounters {
        for nth in 1..=random.pick(&[0, 1, 1, 1, 1, 2]) {
            all.push(Settlement {
                setl_id: format!("S{}-{nth}", &encounter.mdtrt_id[1..]),
                mdtrt_id: encounter.mdtrt_id.clone(),
                psn_no: encounter.psn_no.clone(),
                fixmedins_code: encounter.fixmedins_code.clone(),
                setl_time: encounter.endtime.unwrap_or(encounter.begntime) + nth,
                insutype: random.maybe(80, &["310", "390", "510"]),
                med_type: random.chance(85).then(|| encounter.med_type.clone()),
                psn_type: random.maybe(80, &["11", "12", "1101"]),
                lmtpric_hosp_lv: random.maybe(15, &["2", "03"]),
                act_pay_dedc: random.chance(90).then(|| random.pick(&[0, 0, 1000, 3333, 5000])),
                pay_loc: random.maybe(80, &["1", "2", "5"]),
                refd_setl_flag: random.maybe(70, &["0"]),
                vali_flag: random.maybe(60, &["1", "1", "1", "1", "1", "1", "1", "1", "1", "0"]),
                ..Settlement::default()
            });
        }
    }
    all
}

/// Gives one number to the visits that no row of `encounters` tells of, whose persons they are.
pub fn share(told: &[Encounter], lines: &mut [Line], settlements: &mut [Settlement]) {
    let is_told = |id: &str| told.iter().any(|one| one.mdtrt_id == id);
    let of_lines = lines.iter_mut().map(|line| &mut line.mdtrt_id);
    for id in of_lines.chain(settlements.iter_mut().map(|one| &mut one.mdtrt_id)) {
        if !is_told(id) {
            "E00".clone_into(id);
        }
    }
}
