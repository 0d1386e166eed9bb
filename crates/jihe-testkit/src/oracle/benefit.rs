//! The benefit policy, settlement by settlement (semantics, section 9).

use super::civil::{Day, civil, day_of};
use super::context::{Context, cell, number};
use super::decimal::{fen_of, half_up};
use super::month::{Encounter, Line, Settlement};
use super::reference::{SelfPay, without_zero};
use super::table::{Row, in_force, row_in_force};

/// What a settlement comes to, fen.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Computed {
    /// In-policy amount.
    pub in_policy: i64,
    /// Deductible used.
    pub deductible: i64,
    /// The fund's part.
    pub fund: i64,
    /// By line: in-policy amount and the fund's part of it.
    pub lines: Vec<(String, i64, i64)>,
}

/// What the policy answers for a settlement.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Answer {
    /// The policy does not speak of it.
    Silent,
    /// Something that it needs is missing.
    Unknown,
    /// It comes to this.
    Known(Computed),
}

/// The encounter of a settlement.
fn encounter<'a>(context: &Context<'a>, settlement: &Settlement) -> Option<&'a Encounter> {
    let encounters = context.net.encounters.iter().flatten();
    encounters.into_iter().find(|row| row.mdtrt_id == settlement.mdtrt_id)
}

/// The day whose policy holds: of admission, else of the settlement.
pub fn policy_day(context: &Context<'_>, settlement: &Settlement) -> Day {
    encounter(context, settlement)
        .map_or_else(|| day_of(settlement.setl_time), Encounter::admission)
}

/// The scheme: the settlement's, else the encounter's.
fn scheme(context: &Context<'_>, settlement: &Settlement) -> Option<String> {
    let visit = encounter(context, settlement);
    settlement.insutype.clone().or(visit.and_then(|row| row.insutype.clone()))
}

/// The row of `benefit_kind` for a settlement: `Err` if a code that matters is missing.
fn kind<'a>(context: &Context<'a>, settlement: &Settlement) -> Result<Option<&'a Row>, ()> {
    let day = policy_day(context, settlement);
    let visit = encounter(context, settlement);
    let insutype = scheme(context, settlement).unwrap_or_default();
    let med_type =
        settlement.med_type.clone().or(visit.map(|row| row.med_type.clone())).unwrap_or_default();
    let values = [(insutype.as_str(), "insutype"), (med_type.as_str(), "med_type")];
    let mut fitting: Vec<&Row> = Vec::new();
    for row in context.pack.table("benefit_kind") {
        let speaks_against = |(value, column): &(&str, &str)| {
            !value.is_empty() && !value.starts_with(cell(row, column))
        };
        if row_in_force(row, day) && !values.iter().any(speaks_against) {
            fitting.push(row);
        }
    }
    for (value, column) in values {
        if value.is_empty() && fitting.iter().any(|row| !cell(row, column).is_empty()) {
            return Err(());
        }
    }
    fitting.sort_by_key(|row| (cell(row, "insutype").len(), cell(row, "med_type").len()));
    Ok(fitting.pop())
}

/// Who is paid for.
struct Subject {
    kind: String,
    level: Option<String>,
    psn_type: String,
    insutype: Option<String>,
    day: Day,
}

fn subject(context: &Context<'_>, settlement: &Settlement, kind: &Row) -> Subject {
    let day = policy_day(context, settlement);
    let own = settlement.lmtpric_hosp_lv.as_deref().map(without_zero);
    let level = own.or_else(|| context.reference.level_on(&settlement.fixmedins_code, day));
    let kind = cell(kind, "kind").to_owned();
    let insutype = scheme(context, settlement);
    let psn_type = settlement.psn_type.clone().unwrap_or_default();
    Subject { kind, level, psn_type, insutype, day }
}

/// The rows of a table that hold for the subject; none if the kind has none.
fn rows<'a>(context: &Context<'a>, table: &str, subject: &Subject) -> Result<Vec<&'a Row>, ()> {
    let of_kind: Vec<&Row> = context
        .pack
        .table(table)
        .iter()
        .filter(|row| cell(row, "kind") == subject.kind && row_in_force(row, subject.day))
        .collect();
    if of_kind.is_empty() {
        return Ok(Vec::new());
    }
    // A row is out where something known of the subject speaks against it; what is not known of the
    // subject is asked by the rows that are left.
    let is_out = |row: &Row| {
        let level = without_zero(cell(row, "lmtpric_hosp_lv"));
        let is_of_another_level =
            !level.is_empty() && subject.level.as_ref().is_some_and(|own| *own != level);
        let is_of_another_type =
            !subject.psn_type.is_empty() && !subject.psn_type.starts_with(cell(row, "psn_type"));
        is_of_another_level || is_of_another_type
    };
    let fitting: Vec<&Row> = of_kind.into_iter().filter(|row| !is_out(row)).collect();
    let needs = |column: &str| fitting.iter().any(|row| !cell(row, column).is_empty());
    if needs("lmtpric_hosp_lv") && subject.level.is_none() {
        return Err(());
    }
    if needs("psn_type") && subject.psn_type.is_empty() {
        return Err(());
    }
    if fitting.is_empty() { Err(()) } else { Ok(fitting) }
}

/// How closely a row speaks: by level before all levels, then by the longest type of person.
fn closeness(row: &Row) -> (bool, usize) {
    (!cell(row, "lmtpric_hosp_lv").is_empty(), cell(row, "psn_type").len())
}

/// Of fitting rows the closest.
fn closest(rows: Vec<&Row>) -> Option<&Row> {
    let most = rows.iter().map(|row| closeness(row)).max()?;
    rows.into_iter().find(|row| closeness(row) == most)
}

/// From, until and ratio of a band, how closely its row speaks, and the place of the row.
#[derive(Clone, Copy)]
struct Band {
    from: i64,
    until: i64,
    ratio: i64,
    closeness: (bool, usize),
    row: usize,
}

/// The ratios by amount: each fen is paid by the closest row that has it.
fn bands(rows: &[&Row]) -> Result<Vec<Band>, ()> {
    let mut known = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        known.push(Band {
            from: number(row, "seg_from", 2).ok_or(())?,
            until: number(row, "seg_to", 2).unwrap_or(i64::MAX),
            ratio: number(row, "ratio", 6).ok_or(())?,
            closeness: closeness(row),
            row: place,
        });
    }
    let mut edges: Vec<i64> = known.iter().flat_map(|band| [band.from, band.until]).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut bands: Vec<Band> = Vec::new();
    for pair in edges.windows(2) {
        let holding = known.iter().filter(|band| band.from <= pair[0] && pair[1] <= band.until);
        let Some(closest) = holding.max_by_key(|band| band.closeness) else { continue };
        match bands.last_mut() {
            // What one row has in one piece is rounded once.
            Some(last) if last.row == closest.row && last.until == pair[0] => last.until = pair[1],
            _ => bands.push(Band { from: pair[0], until: pair[1], ..*closest }),
        }
    }
    Ok(bands)
}

/// What earlier settlements of the year say that they used.
struct Used {
    deductible: i64,
    fund: i64,
    in_policy: i64,
}

/// Earlier settlements of the person, year and kind; `Err` if one does not say, or if no
/// settlement known is of the year's January.
fn used(context: &Context<'_>, settlement: &Settlement, kind: &str) -> Result<Used, ()> {
    let year_of = |row: &Settlement| civil(day_of(row.setl_time)).0;
    let year = year_of(settlement);
    let is_of_january = |row: &Settlement| {
        let (its_year, month, _) = civil(day_of(row.setl_time));
        its_year == year && month == 1
    };
    if !context.net.settlements.iter().any(is_of_january) {
        return Err(());
    }
    let mut sum = Used { deductible: 0, fund: 0, in_policy: 0 };
    for other in &context.net.settlements {
        let is_before = other.psn_no == settlement.psn_no
            && year_of(other) == year
            && (other.setl_time, &other.setl_id) < (settlement.setl_time, &settlement.setl_id);
        if !is_before {
            continue;
        }
        let Some(row) = self::kind(context, other)? else { continue };
        if cell(row, "kind") == kind {
            sum.deductible += other.act_pay_dedc.ok_or(())?;
            sum.fund += other.fund_pay_sumamt;
            sum.in_policy += other.inscp_scp_amt;
        }
    }
    Ok(sum)
}

/// Answers for one settlement.
pub fn answer(context: &Context<'_>, settlement: &Settlement) -> Answer {
    let kind = match kind(context, settlement) {
        Ok(Some(kind)) => kind,
        Ok(None) => return Answer::Silent,
        Err(()) => return Answer::Unknown,
    };
    compute(context, settlement, kind).map_or(Answer::Unknown, Answer::Known)
}

fn compute(context: &Context<'_>, settlement: &Settlement, kind: &Row) -> Result<Computed, ()> {
    let subject = subject(context, settlement, kind);
    let is_its = |line: &&Line| line.setl_id.as_ref() == Some(&settlement.setl_id);
    let lines: Vec<&Line> = context.net.lines.iter().filter(is_its).collect();
    let amount: i64 = lines.iter().map(|line| line.det_item_fee_sumamt).sum();
    if lines.is_empty() || amount != settlement.medfee_sumamt {
        return Err(());
    }
    let mut in_policy = Vec::new();
    for line in &lines {
        in_policy.push(in_policy_of(context, line, &subject)?);
    }
    let deductibles = rows(context, "benefit_deductible", &subject)?;
    let segments = rows(context, "benefit_segment", &subject)?;
    let caps = rows(context, "benefit_cap", &subject)?;
    if segments.is_empty() {
        return Err(());
    }
    let of_year = |row: &Row, column: &str| cell(row, column) == "year";
    let (deductible, cap) = (closest(deductibles), closest(caps));
    let yearly_deductible = deductible.is_some_and(|row| of_year(row, "per"));
    let yearly_segments = of_year(kind, "segments");
    let used = match used(context, settlement, &subject.kind) {
        Ok(used) => used,
        Err(()) if yearly_deductible || yearly_segments || cap.is_some() => return Err(()),
        Err(()) => Used { deductible: 0, fund: 0, in_policy: 0 },
    };
    let total = in_policy.iter().sum::<i64>().max(0);
    let full = deductible.and_then(|row| number(row, "amount", 2)).unwrap_or(0);
    let open = if yearly_deductible { (full - used.deductible).max(0) } else { full };
    let deductible = open.min(total);
    let bottom = if yearly_segments { used.in_policy.max(0) } else { 0 };
    let mut fund = 0;
    for Band { from, until, ratio, .. } in bands(&segments)? {
        let (from, until) = (from.max(bottom + deductible), until.min(bottom + total));
        if from < until {
            fund += half_up(i128::from(until - from) * i128::from(ratio), 1_000_000);
        }
    }
    if let Some(row) = cap {
        let left = (number(row, "fund_max", 2).ok_or(())? - used.fund).max(0);
        fund = fund.min(left);
    }
    let shares = shares(fund, &in_policy);
    let lines = lines.iter().zip(&in_policy).zip(shares);
    Ok(Computed {
        in_policy: in_policy.iter().sum(),
        deductible,
        fund,
        lines: lines.map(|((line, scp), fund)| (line.bkkp_sn.clone(), *scp, fund)).collect(),
    })
}

/// The fund's part of each line, by differences of the rounded running share.
fn shares(fund: i64, in_policy: &[i64]) -> Vec<i64> {
    let total: i64 = in_policy.iter().map(|amount| (*amount).max(0)).sum();
    let (mut sum, mut before, mut shares) = (0, 0, Vec::new());
    for amount in in_policy {
        sum += (*amount).max(0);
        let until = if total <= 0 {
            0
        } else {
            half_up(i128::from(fund) * i128::from(sum), i128::from(total))
        };
        shares.push(until - before);
        before = until;
    }
    shares
}

fn in_policy_of(context: &Context<'_>, line: &Line, subject: &Subject) -> Result<i64, ()> {
    let amount = line.det_item_fee_sumamt;
    if amount <= 0 {
        return Ok(amount);
    }
    let class = context.chrgitm_lv(line);
    let unused =
        context.catalogue(line).is_some_and(|row| row.med_use_flag.as_deref() == Some("0"));
    let ratio = match class.as_deref() {
        _ if unused => None,
        Some("03") => None,
        Some("01") => Some(first_share(context, line, subject, Ok(0))?),
        Some("02") => Some(first_share(context, line, subject, Err(()))?),
        _ => return Err(()),
    };
    let Some(ratio) = ratio else { return Ok(0) };
    let payable = match ceiling(context, line, subject)? {
        Some(ceiling) if ceiling < line.pric => amount.min(fen_of(line.cnt, ceiling)).max(0),
        _ => amount,
    };
    let share = half_up(i128::from(payable) * i128::from(ratio), 1_000_000);
    Ok(payable - share.clamp(0, payable))
}

/// The code of the platform's table `selfpay` for a scheme.
fn scheme_code(insutype: &str) -> &'static str {
    let codes = [("310", "310"), ("340", "330")];
    let residents = ["390", "391", "392", "380"].map(|insutype| (insutype, "390"));
    let of = codes.into_iter().chain(residents).find(|(known, _)| *known == insutype);
    of.map_or("99", |(_, code)| code)
}

/// The person's first share, 10^-6; `Err`: it cannot be told. An item without a row has that of its class.
///
/// A person of whom nobody tells the type may be of any type that a row names, or of none of them.
fn first_share(
    context: &Context<'_>,
    line: &Line,
    subject: &Subject,
    of_class: Result<i64, ()>,
) -> Result<i64, ()> {
    let rows: Vec<&SelfPay> = context.reference.selfpay.iter().flatten().collect();
    let holds = |row: &&SelfPay| {
        row.hilist_code == line.hilist_code && in_force(row.begndate, row.enddate, line.day())
    };
    let rows: Vec<&SelfPay> = rows.into_iter().filter(holds).collect();
    let mut types = vec![subject.psn_type.as_str()];
    if subject.psn_type.is_empty() {
        let named = rows.iter().filter_map(|row| row.selfpay_prop_psn_type.as_deref());
        types.extend(named.filter(|ty| !["310", "330", "390", "99"].contains(ty)));
    }
    let shares = types.into_iter().map(|ty| closest_share(&rows, ty, subject, of_class));
    let mut shares: Vec<Result<i64, ()>> = shares.collect();
    shares.dedup();
    if let [share] = shares.as_slice() { *share } else { Err(()) }
}

/// The first share of a type of person by the closest row that is for the settlement: by type of person,
/// the longest first, then by scheme, then for all.
fn closest_share(
    rows: &[&SelfPay],
    psn_type: &str,
    subject: &Subject,
    of_class: Result<i64, ()>,
) -> Result<i64, ()> {
    let mut of_settlement: Vec<(i64, &SelfPay)> = Vec::new();
    for row in rows {
        match (row.selfpay_prop_psn_type.as_deref(), &subject.insutype) {
            (None, _) => of_settlement.push((-1, row)),
            (Some(ty), _) if psn_type.starts_with(ty) => {
                of_settlement.push((1 + i64::try_from(ty.len()).unwrap_or(i64::MAX - 1), row));
            }
            (Some(ty), Some(insutype)) if scheme_code(insutype) == ty => {
                of_settlement.push((0, row));
            }
            (Some("310" | "330" | "390" | "99"), None) => return Err(()),
            (Some(_), _) => {}
        }
    }
    let is_first = |row: &SelfPay| row.selfpay_prop_type.as_deref().is_none_or(|ty| ty == "10");
    let firsts = of_settlement.iter().filter(|(_, row)| is_first(row));
    match firsts.max_by_key(|(closeness, row)| (*closeness, row.selfpay_prop_type.is_some())) {
        Some((_, row)) => Ok(row.selfpay_prop),
        None if of_settlement.is_empty() => of_class,
        None => Err(()),
    }
}

fn ceiling(context: &Context<'_>, line: &Line, subject: &Subject) -> Result<Option<i64>, ()> {
    let limits = context.reference.price_limits.as_ref().ok_or(())?;
    let mut lowest: Option<i64> = None;
    for row in limits {
        if row.hilist_code != line.hilist_code || !in_force(row.begndate, row.enddate, line.day()) {
            continue;
        }
        let level = row.lmtpric_hosp_lv.as_deref().map(without_zero);
        if level.is_some() && subject.level.is_none() {
            return Err(());
        }
        if level.is_none() || level == subject.level {
            let price = row.hilist_pric_uplmt_amt;
            lowest = Some(lowest.map_or(price, |known| known.min(price)));
        }
    }
    Ok(lowest)
}
