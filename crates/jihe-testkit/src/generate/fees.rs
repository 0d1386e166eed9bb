//! The fee list of a small dense month, with its repeats, reversals and refunds.

use std::collections::BTreeMap;

use crate::oracle::civil::at;
use crate::oracle::decimal::{fen_of, half_up, narrow};
use crate::oracle::month::{Encounter, Line, Settlement};
use crate::oracle::side::{Month, TraceCode};

use super::random::Random;
use super::visits::HOURS;
use super::world::{Item, SPAN_DAYS, first_day, own_code_of, product_of};

/// What lines are drawn from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// The items.
    pub items: &'a [Item],
    /// The encounters, at least one.
    pub encounters: &'a [Encounter],
    /// Their settlements.
    pub settlements: &'a [Settlement],
}

/// The lines, in no order.
pub fn lines(random: &mut Random, from: Sources<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let n_lines = random.pick(&[1, 3, 8, 15, 25, 40, 60, 80]);
    for nth in 0..n_lines {
        let key = format!("L{nth:03}");
        let kind = random.between(0, 100);
        let line = match lines.is_empty() {
            false if kind < 12 => repeat(random, &lines, key),
            false if kind < 24 => reversal(random, &lines, key, from.items),
            _ => line(random, from, key),
        };
        lines.push(line);
    }
    if random.chance(15) {
        let again = random.pick(&lines);
        lines.push(again);
    }
    if random.chance(8) {
        let mut other = random.pick(&lines);
        other.det_item_fee_sumamt += 1;
        lines.push(other);
    }
    shuffle(random, &mut lines);
    for line in &mut lines {
        let written = line.day() - random.pick(&[0, 0, 1, 1, 2, 3, -1]);
        line.prsc_time = random.chance(60).then(|| at(written, random.pick(&HOURS)));
    }
    lines
}

fn line(random: &mut Random, from: Sources<'_>, key: String) -> Line {
    let encounter = random.pick(from.encounters);
    // Half of the lines are of two items, so that groups grow.
    let n_items = if random.chance(50) { 2 } else { from.items.len() };
    let item = random.pick(&from.items[..n_items]);
    let is_its = |row: &&Settlement| row.mdtrt_id == encounter.mdtrt_id;
    let its: Vec<&Settlement> = from.settlements.iter().filter(is_its).collect();
    let settled = !its.is_empty() && random.chance(92);
    let pric = item.pric + random.pick(&[0, 0, 0, 0, 1, 100_000]);
    let cnt =
        random.pick(&[10_000, 10_000, 10_000, 20_000, 30_000, 5_000, 15_001, 240_000, 130_000, 0]);
    let amount = fen_of(cnt, pric) + random.pick(&[0, 0, 0, 0, 0, 0, 1, 2, 150, -1]);
    let amount = amount.max(0);
    Line {
        bkkp_sn: key,
        setl_id: settled.then(|| random.pick(&its).setl_id.clone()),
        mdtrt_id: encounter.mdtrt_id.clone(),
        psn_no: encounter.psn_no.clone(),
        fixmedins_code: encounter.fixmedins_code.clone(),
        fee_ocur_time: at(service_day(random, &encounter), random.pick(&HOURS)),
        hilist_code: item.code.clone(),
        cnt,
        pric,
        det_item_fee_sumamt: amount,
        inscp_scp_amt: in_policy(random, &item, amount),
        med_list_codg: random.chance(80).then(|| product_of(&item.code)),
        list_type: random.maybe(60, &["101", "201"]),
        med_chrgitm_type: None,
        chrgitm_lv: random.maybe(60, &["01", "02", "03"]),
        rx_drord_no: random.maybe(50, &["R1", "R2"]),
        init_feedetl_sn: None,
        prd_days: random.chance(25).then_some(random.pick(&[0, 30_000, 70_000, 150_000, 310_000])),
        bilg_dept_codg: random.maybe(80, &["A03", "A03.01", "A20", "A2", "B20"]),
        bilg_dr_codg: random.maybe(85, &["D1", "D2"]),
        dscg_tkdrug_flag: random.maybe(30, &["0", "1"]),
        hosp_appr_flag: random.maybe(70, &["0", "1", "2"]),
        lmt_used_flag: random.maybe(70, &["0", "0", "1"]),
        vali_flag: random.chance(60).then(|| if random.chance(4) { "0" } else { "1" }.to_owned()),
        drug_trac_codg: None,
        ..papers(random, &item)
    }
}

/// What stands on the papers around a line: own code, doctor, prescription, upload.
fn papers(random: &mut Random, item: &Item) -> Line {
    let moment = |random: &mut Random, days: i64| {
        at(first_day() + random.between(0, SPAN_DAYS + days), random.pick(&HOURS))
    };
    Line {
        medins_list_codg: random.chance(70).then(|| own_code_of(&item.code)),
        bilg_dr_codg: random.maybe(80, &["D1", "D2", "D3", "D4"]),
        sin_dos_dscr: random
            .maybe(60, &["0.5g", "250mg", "2片", "每次1粒", "1", "半片", "5ml", "适量", "1.5g/次"]),
        used_frqu_dscr: random.maybe(70, &["tid", "11", "每日2次", "q8h", "prn", "隔日一次"]),
        crte_time: random.chance(60).then(|| moment(random, 30)),
        drug_cnt: random.chance(60).then_some(random.pick(&[10_000, 20_000, 15_000])),
        ..Line::default()
    }
}

/// The in-policy amount: a fixed percentage by item, so that reversals never take more than came.
fn in_policy(random: &mut Random, item: &Item, amount: i64) -> Option<i64> {
    let share = amount * item.in_policy / 100;
    (item.in_policy != 100 || random.chance(50)).then_some(share)
}

fn service_day(random: &mut Random, encounter: &Encounter) -> i64 {
    if random.chance(8) {
        return first_day() + random.between(0, SPAN_DAYS);
    }
    let last = encounter.discharge().unwrap_or(encounter.admission() + 4);
    let day = random.between(encounter.admission(), last + 1);
    day + random.pick(&[0, 0, 0, 0, 0, 0, 0, 0, -1, 1])
}

/// The same service under another key, perhaps with one thing changed.
fn repeat(random: &mut Random, lines: &[Line], key: String) -> Line {
    let mut line = Line { bkkp_sn: key, ..random.pick(lines) };
    match random.between(0, 6) {
        0 => line.rx_drord_no = Some("R3".to_owned()),
        1 => line.fee_ocur_time += 86_400,
        _ => {}
    }
    line
}

/// Takes back all, some, or too much of a line, with or without its name.
fn reversal(random: &mut Random, lines: &[Line], key: String, items: &[Item]) -> Line {
    let original = random.pick(lines);
    let cnt = match random.between(0, 10) {
        0..=4 => original.cnt,
        5 => original.cnt + 10_000,
        _ => (original.cnt / 2).max(1),
    }
    .abs();
    let billed = i128::from(original.det_item_fee_sumamt.abs());
    let amount = match original.cnt {
        0 => 0,
        of => narrow(billed * i128::from(cnt) / i128::from(of.abs())),
    };
    // What goes back may cost less than it did.
    let amount = if random.chance(10) { amount / 2 } else { amount };
    let name = if random.chance(5) { "L999".to_owned() } else { original.bkkp_sn.clone() };
    let item = items.iter().find(|item| item.code == original.hilist_code);
    let share = item.map_or(100, |item| item.in_policy);
    let explicit = original.inscp_scp_amt.is_some() || share != 100;
    Line {
        bkkp_sn: key,
        cnt: -cnt.max(1),
        det_item_fee_sumamt: -amount,
        inscp_scp_amt: explicit.then_some(-(amount * share / 100)),
        init_feedetl_sn: random.chance(50).then_some(name),
        fee_ocur_time: original.fee_ocur_time + random.pick(&[0, 0, 3600, 86_400, -3600]),
        ..original
    }
}

/// Sets what every settlement was for and paid, and adds refunds with some lines of their own.
pub fn pay(random: &mut Random, settlements: &mut Vec<Settlement>, lines: &mut Vec<Line>) {
    for settlement in settlements.iter_mut() {
        let is_its = |line: &&Line| line.setl_id.as_ref() == Some(&settlement.setl_id);
        let total: i64 = lines.iter().filter(is_its).map(|line| line.det_item_fee_sumamt).sum();
        let in_policy: i64 = lines.iter().filter(is_its).map(Line::in_policy).sum();
        settlement.medfee_sumamt = total;
        settlement.inscp_scp_amt = in_policy + random.pick(&[0, 0, 0, -1, 7, 1000]);
        let permille = random.pick(&[605, 1000, 333, 0, 857]);
        let fund = half_up(i128::from(in_policy.max(0)) * permille, 1000);
        settlement.fund_pay_sumamt = fund + random.pick(&[0, 0, 0, 1]);
    }
    for nth in 0..random.pick(&[0, 0, 0, 1, 2]) {
        if settlements.is_empty() {
            return;
        }
        refund(random, settlements, lines, nth);
    }
    if random.chance(8) && !settlements.is_empty() {
        let again = random.pick(settlements);
        settlements.push(again);
    }
    if random.chance(5) && !settlements.is_empty() {
        let mut other = random.pick(settlements);
        other.medfee_sumamt += 1;
        settlements.push(other);
    }
    shuffle(random, settlements);
}

fn refund(
    random: &mut Random,
    settlements: &mut Vec<Settlement>,
    lines: &mut Vec<Line>,
    nth: usize,
) {
    let original = random.pick(settlements);
    let setl_id = format!("T{nth}");
    let is_known = random.chance(75);
    if random.chance(60) {
        let is_its = |line: &&Line| line.setl_id.as_ref() == Some(&original.setl_id);
        let back: Vec<Line> = lines.iter().filter(is_its).take(3).cloned().collect();
        for (place, line) in back.into_iter().enumerate() {
            lines.push(Line {
                bkkp_sn: format!("T{nth}{place}"),
                setl_id: Some(setl_id.clone()),
                cnt: -line.cnt,
                det_item_fee_sumamt: -line.det_item_fee_sumamt,
                inscp_scp_amt: line.inscp_scp_amt.map(|fen| -fen),
                ..line
            });
        }
    }
    if !is_known && random.chance(50) {
        // Lines of a settlement whose own row was never delivered.
        let is_its =
            |line: &&Line| line.setl_id.as_ref() == Some(&original.setl_id) && 0 < line.cnt;
        let lost: Vec<Line> = lines.iter().filter(is_its).take(2).cloned().collect();
        for (place, line) in lost.into_iter().enumerate() {
            let bkkp_sn = format!("U{nth}{place}");
            lines.push(Line { bkkp_sn, setl_id: Some("S-none".to_owned()), ..line });
        }
    }
    settlements.push(Settlement {
        setl_id,
        medfee_sumamt: -original.medfee_sumamt,
        inscp_scp_amt: -original.inscp_scp_amt,
        fund_pay_sumamt: -original.fund_pay_sumamt,
        refd_setl_flag: Some("1".to_owned()),
        init_setl_id: Some(if is_known { original.setl_id.clone() } else { "S-none".to_owned() }),
        vali_flag: Some("1".to_owned()),
        ..original
    });
}

/// Trace codes of some lines, from so few that they collide; every row of a code has its flag.
pub fn trace_codes(random: &mut Random, lines: &[Line]) -> Vec<TraceCode> {
    let mut rows = Vec::new();
    for line in lines {
        for _ in 0..random.pick(&[0, 0, 0, 1, 1, 2]) {
            let nth = random.between(1, 20);
            rows.push(TraceCode {
                drug_trac_codg: format!("C{nth:02}"),
                bkkp_sn: Some(line.bkkp_sn.clone()),
                setl_id: line.setl_id.clone(),
                trdn_flag: match nth {
                    1 => Some("1".to_owned()),
                    2 => None,
                    _ => Some("0".to_owned()),
                },
            });
        }
    }
    rows
}

/// Puts things in another order.
pub fn shuffle<T>(random: &mut Random, things: &mut [T]) {
    for place in (1..things.len()).rev() {
        let other = random.place(place + 1);
        things.swap(place, other);
    }
}

/// Numbers the lines of each encounter from 1, as months do that know them by `feedetl_sn` alone;
/// half the trace codes say of which settlement they are.
pub fn number_in_encounters(month: &mut Month) {
    let mut names: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for line in &month.lines {
        let old = (line.mdtrt_id.clone(), line.bkkp_sn.clone());
        names.entry(old).or_insert_with(|| {
            let count = counts.entry(line.mdtrt_id.clone()).or_default();
            *count += 1;
            count.to_string()
        });
    }
    let of_line = |line: &Line, key: &str| names.get(&(line.mdtrt_id.clone(), key.to_owned()));
    for row in month.trace_codes.iter_mut().flatten() {
        let its = |line: &&Line| Some(&line.bkkp_sn) == row.bkkp_sn.as_ref();
        if let Some(line) = month.lines.iter().find(its) {
            row.bkkp_sn = of_line(line, &line.bkkp_sn).cloned();
        }
        if row.drug_trac_codg.as_str() < "C10" {
            row.setl_id = None;
        }
    }
    for line in &mut month.lines {
        if let Some(name) = line.init_feedetl_sn.take() {
            line.init_feedetl_sn = Some(of_line(line, &name).unwrap_or(&name).clone());
        }
        line.bkkp_sn = of_line(line, &line.bkkp_sn).unwrap_or(&line.bkkp_sn).clone();
    }
    month.key_with_encounter = true;
}
