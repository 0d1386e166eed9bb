//! What the rules of institutions need, from numbers of their own: other rules' months stay as they
//! were.

use crate::oracle::civil::{at, months_later};
use crate::oracle::month::{Encounter, Line};
use crate::oracle::pack::Tables;
use crate::oracle::reference::Reference;
use crate::oracle::side::Month;

use super::knowledge;
use super::random::Random;
use super::world::{SPAN_DAYS, first_day};

/// Kinds of charges: bed, test, treatment, operation, consumable, drug.
const CHARGES: [&str; 8] = ["01", "01", "03", "03", "05", "06", "08", "09"];

/// Adds kinds of charges, kinds of institutions, classes and targets.
pub fn add(seed: u64, month: &mut Month, reference: &mut Reference, tables: &mut Tables) {
    let mut random = Random::new(seed ^ 0x7261_7469_6f00);
    let random = &mut random;
    for row in reference.institutions.iter_mut().flatten() {
        row.fixmedins_type = random.maybe(85, &["1", "1", "1", "2"]);
        row.aprv_bed_cnt = random.chance(80).then_some(random.pick(&[0, 1, 1, 2]));
        // Institutions of one level, so that some have peers.
        if random.chance(60) {
            row.lmtpric_hosp_lv = Some("2".to_owned());
        }
    }
    for row in reference.catalogue.iter_mut().flatten() {
        row.med_chrgitm_type = random.maybe(80, &CHARGES);
    }
    for line in &mut month.lines {
        line.med_chrgitm_type = random.maybe(70, &CHARGES);
    }
    let classes: [&[&str]; 6] = [
        &["drug", "", "09", ""],
        &["drug", "102", "", ""],
        &["test", "", "03", ""],
        &["treatment", "201", "05", ""],
        &["ct", "", "", "I01"],
        &["mri", "101", "", "I0"],
    ];
    for class in classes {
        if random.chance(80) {
            knowledge::add(random, tables, "share_class", class);
        }
    }
    targets(random, tables);
    beds(random, month);
    admissions(random, reference);
    for row in month.encounters.iter_mut().flatten() {
        let codes = ["65.6101", "60.2901", "47.0901", "74.1x01", "75.4x00", "76.0100"];
        row.oprn_oprt_code = random.maybe(50, &codes);
    }
}

/// What the admission standard asks of institutions, around the last days of the month.
fn admissions(random: &mut Random, reference: &mut Reference) {
    let last = first_day() + SPAN_DAYS - 1;
    let about =
        |random: &mut Random, months: i64| months_later(last, -months) + random.between(-4, 5);
    for row in reference.institutions.iter_mut().flatten() {
        row.opng_date = random.chance(70).then(|| about(random, 3));
        row.pnlt_flag = random.maybe(70, &["0", "1"]);
        row.pnlt_date = random.chance(40).then(|| about(random, 12));
        row.hi_mgt_psncnt = random.chance(80).then_some(random.pick(&[0, 1, 2, 3]));
        row.hi_mgt_dept_flag = random.maybe(75, &["0", "1"]);
        row.drug_stoc_rate =
            random.chance(80).then_some(random.pick(&[799_999, 800_000, 950_000, 500_000]));
        if random.chance(30) {
            row.aprv_bed_cnt = Some(random.pick(&[99, 100, 101]));
        }
    }
    let Some(rows) = &mut reference.practitioners else { return };
    for row in rows.iter_mut() {
        row.prac_psn_type = random.maybe(90, &["1", "2", "3", "3"]);
        let months = random.pick(&[0, 6, 12]);
        let first = random.chance(85).then(|| about(random, months));
        row.cntr_begndate = first;
        let term = random.pick(&[6, 12, 12, 24]);
        let ends = first.map(|first| months_later(first, term) - 1 + random.between(-1, 2));
        row.cntr_enddate = ends.filter(|_| random.chance(85));
    }
}

/// Bills a bed on some days in a row of some stays.
fn beds(random: &mut Random, month: &mut Month) {
    let stays: Vec<Encounter> = month
        .encounters
        .iter()
        .flatten()
        .filter(|row| row.med_type != "11" && row.med_type != "14" && row.med_type != "13")
        .cloned()
        .collect();
    for (nth, stay) in stays.into_iter().enumerate() {
        if !random.chance(35) {
            continue;
        }
        let first = stay.admission() + random.between(0, 2);
        for day in 0..random.between(2, 5) {
            month.lines.push(Line {
                bkkp_sn: format!("B{nth}{day}"),
                mdtrt_id: stay.mdtrt_id.clone(),
                psn_no: stay.psn_no.clone(),
                fixmedins_code: stay.fixmedins_code.clone(),
                fee_ocur_time: at(first + day, 43_200),
                hilist_code: "BED".to_owned(),
                cnt: 10_000,
                pric: 40_000_000,
                det_item_fee_sumamt: 4_000,
                list_type: random.maybe(97, &["201"]),
                med_chrgitm_type: random.maybe(95, &["01", "01", "07", "02"]),
                ..Line::default()
            });
        }
    }
}

fn targets(random: &mut Random, tables: &mut Tables) {
    let rates = ["0.3", "0.5", "0.333333", "1", "0"];
    let costs = ["10", "35.5", "0.02", "120"];
    let indicators: [(&str, &str, &[&str]); 9] = [
        ("class-share", "drug", &rates),
        ("class-share", "test", &rates),
        ("class-share", "", &rates),
        ("self-pay-share", "", &rates),
        ("class-ab-share", "", &rates),
        ("readmission-rate", "", &rates),
        ("cost-per-visit", "", &costs),
        ("cost-per-stay", "", &costs),
        ("cost-per-day", "", &costs),
    ];
    for (indicator, class, values) in indicators {
        for (house, level) in [("", ""), ("H1", ""), ("H2", "2"), ("", "2"), ("", "03")] {
            if random.chance(20) {
                let value = random.pick(values);
                let row = [indicator, class, house, level, value];
                knowledge::add(random, tables, "indicator_target", &row);
            }
        }
    }
}
