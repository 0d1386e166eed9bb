//! From the rows that arrive to the net month: semantics, section 1.

use std::collections::{BTreeMap, BTreeSet};

use super::month::{Encounter, Line, Person, Settlement};
use super::reference::Reference;
use super::side::{Diagnosis, Month, TraceCode};

/// Where the rows of a table went.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Rows in the file.
    pub read: usize,
    /// Rows of the net month.
    pub judged: usize,
    /// Rows that stand for nothing any more: repeats, void, cancelled, reversed.
    pub netted: usize,
    /// Rows put aside.
    pub quarantined: usize,
}

/// What is judged.
#[derive(Clone, Debug, Default)]
pub struct NetMonth {
    /// Lines in canonical order, originals lowered by their reversals.
    pub lines: Vec<Line>,
    /// Lines before reversals.
    pub arrived: Vec<Line>,
    /// Whether keys of lines differ only inside their encounter.
    pub key_with_encounter: bool,
    /// Settlements that stand.
    pub settlements: Vec<Settlement>,
    /// Encounters, none if the table is missing.
    pub encounters: Option<Vec<Encounter>>,
    /// Diagnoses.
    pub diagnoses: Vec<Diagnosis>,
    /// Persons, none if the table is missing.
    pub persons: Option<Vec<Person>>,
    /// Trace codes of the month and the reference.
    pub trace_codes: Vec<TraceCode>,
    /// Whether trace codes came at all.
    pub has_trace_codes: bool,
    /// Reversals without an original.
    pub lone_reversals: Vec<Line>,
    /// Refunds whose original is not there, with their lines.
    pub lone_refunds: Vec<(Settlement, Vec<Line>)>,
    /// Where the rows went, by table.
    pub counts: BTreeMap<String, Counts>,
    /// Tables and columns of theirs that the files do not have.
    pub absent: BTreeSet<(&'static str, &'static str)>,
    /// How many of the first trace codes come of a table without the column `trdn_flag`.
    pub n_unflagged: usize,
}

impl NetMonth {
    /// The lines that a row of trace codes may mean, by key and encounter, reversed ones too: those
    /// with its key, of several those of its settlement. A key that differs only in its encounter
    /// names no line of another settlement. Whether it surely means the line, if it is one.
    pub fn lines_of(&self, row: &TraceCode) -> (Vec<(String, String)>, bool) {
        let has_key = |line: &&Line| Some(&line.bkkp_sn) == row.bkkp_sn.as_ref();
        let all: Vec<&Line> = self.arrived.iter().filter(has_key).collect();
        let is_its = |line: &&&Line| row.setl_id.is_some() && line.setl_id == row.setl_id;
        let mut its: Vec<&Line> = all.iter().filter(is_its).copied().collect();
        if all.len() < 2 || its.is_empty() {
            its = all;
            let is_other = |line: &Line| {
                let both = line.setl_id.as_ref().zip(row.setl_id.as_ref());
                self.key_with_encounter && both.is_some_and(|(own, named)| own != named)
            };
            its.retain(|line| !is_other(line));
        }
        let is_told = |line: &&Line| row.setl_id.is_none() || line.setl_id.is_some();
        let is_sure = its.len() == 1 && (!self.key_with_encounter || its.iter().all(is_told));
        (its.iter().map(|line| (line.bkkp_sn.clone(), line.mdtrt_id.clone())).collect(), is_sure)
    }
}

/// Nets a month.
pub fn net(month: &Month, reference: &Reference) -> NetMonth {
    let mut net = NetMonth {
        diagnoses: month.diagnoses.clone().unwrap_or_default(),
        trace_codes: month
            .trace_codes
            .iter()
            .chain(&reference.trace_codes)
            .flatten()
            .cloned()
            .collect(),
        has_trace_codes: month.lines_have_trace
            || month.trace_codes.is_some()
            || reference.trace_codes.is_some(),
        absent: month.absent.clone(),
        ..NetMonth::default()
    };
    if month.absent.contains(&("trace_codes", "trdn_flag")) {
        net.n_unflagged = month.trace_codes.as_ref().map_or(0, Vec::len);
    }
    let known = |code: &str| match &reference.institutions {
        Some(rows) => rows.iter().any(|row| row.fixmedins_code == code),
        None => true,
    };

    let mut counts = start(month, "settlements", month.settlements.len());
    let rows = valid(month.settlements.clone(), &mut counts, |row| row.vali_flag.as_deref());
    let rows = keep(&rows, &mut counts, |row| known(&row.fixmedins_code));
    let settlements = distinct(&rows, &mut counts, |row| row.setl_id.clone());

    if let Some(encounters) = &month.encounters {
        let mut counts = start(month, "encounters", encounters.len());
        let rows = keep(encounters, &mut counts, |row| known(&row.fixmedins_code));
        let rows = distinct(&rows, &mut counts, |row| row.mdtrt_id.clone());
        finish(&mut net, "encounters", counts, rows.len());
        net.encounters = Some(rows);
    }
    if let Some(persons) = &month.persons {
        let mut counts = start(month, "persons", persons.len());
        let rows = distinct(persons, &mut counts, |row| row.psn_no.clone());
        finish(&mut net, "persons", counts, rows.len());
        net.persons = Some(rows);
    }
    let (diagnoses, codes) = (month.diagnoses.as_ref(), month.trace_codes.as_ref());
    finish_whole(&mut net, month, "diagnoses", diagnoses.map(Vec::len));
    finish_whole(&mut net, month, "trace_codes", codes.map(Vec::len));

    let mut line_counts = start(month, "lines", month.lines.len());
    let is_sound = |line: &Line| {
        known(&line.fixmedins_code)
            && amounts_agree(line)
            && !names_another_person(line, &settlements, net.encounters.as_deref())
    };
    let rows = valid(month.lines.clone(), &mut line_counts, |row| row.vali_flag.as_deref());
    let rows = keep(&rows, &mut line_counts, is_sound);
    let key = |line: &Line| {
        let encounter = month.key_with_encounter.then(|| line.mdtrt_id.clone());
        (encounter, line.bkkp_sn.clone())
    };
    let mut lines = distinct(&rows, &mut line_counts, key);
    lines.sort_by_key(Line::order);

    let n_before = settlements.len();
    cancel(&mut net, settlements, &mut lines, &mut line_counts);
    counts.netted += n_before - net.settlements.len();
    let n_settlements = net.settlements.len();
    finish(&mut net, "settlements", counts, n_settlements);

    let n_before = lines.len();
    net.arrived.clone_from(&lines);
    net.key_with_encounter = month.key_with_encounter;
    reverse(&mut net, &lines, month.key_with_encounter);
    line_counts.netted += n_before - net.lines.len();
    let n_lines = net.lines.len();
    finish(&mut net, "lines", line_counts, n_lines);
    net
}

fn start(month: &Month, table: &str, n_rows: usize) -> Counts {
    let unreadable = month.unreadable.get(table).copied().unwrap_or(0);
    Counts { read: n_rows + unreadable, judged: 0, netted: 0, quarantined: unreadable }
}

fn finish(net: &mut NetMonth, table: &str, mut counts: Counts, judged: usize) {
    counts.judged = judged;
    net.counts.insert(table.to_owned(), counts);
}

/// A table, if it is there, of which every row is judged that could be read.
fn finish_whole(net: &mut NetMonth, month: &Month, table: &str, n_rows: Option<usize>) {
    if let Some(n_rows) = n_rows {
        finish(net, table, start(month, table, n_rows), n_rows);
    }
}

/// Section 1.1: rows that break a promise are put aside.
fn keep<T: Clone>(rows: &[T], counts: &mut Counts, is_sound: impl Fn(&T) -> bool) -> Vec<T> {
    let kept: Vec<T> = rows.iter().filter(|row| is_sound(row)).cloned().collect();
    counts.quarantined += rows.len() - kept.len();
    kept
}

/// Section 1.3: equal key and content is one row, equal key and other content is put aside.
fn distinct<T: Clone + PartialEq, K: Ord>(
    rows: &[T],
    counts: &mut Counts,
    key: impl Fn(&T) -> K,
) -> Vec<T> {
    let mut by_key: BTreeMap<K, Vec<T>> = BTreeMap::new();
    for row in rows {
        by_key.entry(key(row)).or_default().push(row.clone());
    }
    let mut kept = Vec::new();
    for same in by_key.into_values() {
        if same.iter().all(|row| *row == same[0]) {
            counts.netted += same.len() - 1;
            kept.push(same[0].clone());
        } else {
            counts.quarantined += same.len();
        }
    }
    kept
}

/// Section 1.4: a row whose `vali_flag` is given and not 1 is void.
fn valid<T>(rows: Vec<T>, counts: &mut Counts, flag: impl Fn(&T) -> Option<&str>) -> Vec<T> {
    let n_before = rows.len();
    let kept: Vec<T> =
        rows.into_iter().filter(|row| flag(row).is_none_or(|flag| flag == "1")).collect();
    counts.netted += n_before - kept.len();
    kept
}

/// Section 1.1: the signs of quantity and amount agree, and a price is not negative.
fn amounts_agree(line: &Line) -> bool {
    let in_policy = line.in_policy();
    let signs = match line.cnt.signum() {
        -1 => line.det_item_fee_sumamt <= 0 && in_policy <= 0,
        1 => 0 <= line.det_item_fee_sumamt && 0 <= in_policy,
        _ => true,
    };
    signs && 0 <= line.pric
}

fn names_another_person(
    line: &Line,
    settlements: &[Settlement],
    encounters: Option<&[Encounter]>,
) -> bool {
    let by_settlement = settlements
        .iter()
        .any(|row| Some(&row.setl_id) == line.setl_id.as_ref() && row.psn_no != line.psn_no);
    let by_encounter = encounters
        .into_iter()
        .flatten()
        .any(|row| row.mdtrt_id == line.mdtrt_id && row.psn_no != line.psn_no);
    by_settlement || by_encounter
}

/// Section 1.5: a refund takes its original and the lines of both away.
fn cancel(
    net: &mut NetMonth,
    settlements: Vec<Settlement>,
    lines: &mut Vec<Line>,
    counts: &mut Counts,
) {
    let mut gone: BTreeSet<String> = BTreeSet::new();
    for refund in settlements.iter().filter(|row| row.refd_setl_flag.as_deref() == Some("1")) {
        gone.insert(refund.setl_id.clone());
        gone.extend(refund.init_setl_id.clone());
        let is_original = |row: &&Settlement| {
            Some(&row.setl_id) == refund.init_setl_id.as_ref() && row.setl_id != refund.setl_id
        };
        if settlements.iter().any(|row| is_original(&row)) {
            continue;
        }
        let of_refund = |line: &&Line| line.setl_id.as_ref() == Some(&refund.setl_id);
        let own_lines = lines.iter().filter(of_refund).cloned().collect();
        net.lone_refunds.push((refund.clone(), own_lines));
    }
    let n_before = lines.len();
    lines.retain(|line| line.setl_id.as_ref().is_none_or(|id| !gone.contains(id)));
    counts.netted += n_before - lines.len();
    net.settlements = settlements.into_iter().filter(|row| !gone.contains(&row.setl_id)).collect();
}

/// Section 1.6: reversals lower their originals, in canonical order, those that name a line of another
/// person last.
fn reverse(net: &mut NetMonth, lines: &[Line], key_with_encounter: bool) {
    let mut left = lines.to_vec();
    let names_another = |reversal: &Line| {
        let named = lines.iter().find(|line| is_named(line, reversal, key_with_encounter));
        named.is_some_and(|line| line.psn_no != reversal.psn_no)
    };
    let reversals = lines.iter().enumerate().filter(|(_, line)| line.cnt < 0);
    let (last, first): (Vec<_>, Vec<_>) = reversals.partition(|(_, line)| names_another(line));
    for (place, reversal) in first.into_iter().chain(last) {
        match original_of(reversal, place, &left, key_with_encounter) {
            Some(found) => {
                let in_policy = left[found].in_policy() + reversal.in_policy();
                left[found].cnt += reversal.cnt;
                left[found].det_item_fee_sumamt += reversal.det_item_fee_sumamt;
                // No more can be in-policy than is left of the amount.
                let amount = left[found].det_item_fee_sumamt.max(0);
                left[found].inscp_scp_amt = Some(in_policy.clamp(0, amount));
            }
            None => net.lone_reversals.push(reversal.clone()),
        }
    }
    for (line, arrived) in left.into_iter().zip(lines) {
        // A line leaves when all of it is reversed, its amount too.
        let is_left = 0 < line.cnt || 0 < line.det_item_fee_sumamt;
        let stands = arrived.cnt == 0 || (0 < arrived.cnt && is_left);
        if stands {
            net.lines.push(line);
        }
    }
}

/// Whether a reversal names a line.
fn is_named(line: &Line, reversal: &Line, key_with_encounter: bool) -> bool {
    let is_its = Some(&line.bkkp_sn) == reversal.init_feedetl_sn.as_ref();
    is_its && (!key_with_encounter || line.mdtrt_id == reversal.mdtrt_id)
}

fn original_of(
    reversal: &Line,
    place: usize,
    left: &[Line],
    key_with_encounter: bool,
) -> Option<usize> {
    let has_enough = |line: &Line| {
        0 < line.cnt
            && 0 <= line.cnt + reversal.cnt
            && 0 <= line.det_item_fee_sumamt + reversal.det_item_fee_sumamt
    };
    if reversal.init_feedetl_sn.is_some() {
        let is_its = |line: &Line| is_named(line, reversal, key_with_encounter);
        return left.iter().position(|line| is_its(line) && has_enough(line));
    }
    (0..place).rev().find(|earlier| {
        let line = &left[*earlier];
        line.visit() == reversal.visit()
            && line.hilist_code == reversal.hilist_code
            && line.pric == reversal.pric
            && has_enough(line)
    })
}
