//! What funds pay: by the benefit policy of the pack where it speaks of a settlement
//! (`docs/semantics.md`, section 9), else by a scheme of the city's own.
//!
//! In: the visits of a person, each settled once. Out: deductible and fund of each, and marks on the
//! lines of those that are paid wrongly on purpose. Cost: the rows of the policy for each settlement.

use jihe_terms::{Day, Money, Price, Quantity, Rate};

use super::calendar::day_at;
use super::draft::{Back, Fate, Oddity, Visit};
use super::item::named;
use super::knowledge::decimal;
use super::person::{Paid, Person};
use super::plant::bit;
use super::scribe::World;
use super::table::Record;

/// A row of `benefit_kind`.
#[derive(Clone, Debug)]
struct Kind {
    insutype: String,
    med_type: String,
    name: String,
    is_yearly: bool,
    held: (i64, i64),
}

/// A row of one of the other tables.
#[derive(Clone, Debug)]
struct Row {
    kind: String,
    level: String,
    psn_type: String,
    /// Whether an amount is of the year.
    is_yearly: bool,
    /// The fen that a segment is of.
    span: (i64, i64),
    /// Fen, or 10⁻⁶ of what is paid.
    value: i64,
    held: (i64, i64),
}

/// The policy.
#[derive(Clone, Debug, Default)]
pub(super) struct Policy {
    kinds: Vec<Kind>,
    deductibles: Vec<Row>,
    segments: Vec<Row>,
    caps: Vec<Row>,
}

/// What is left of a line when all is netted.
struct NetLine {
    place: usize,
    cnt: i64,
    amount: i64,
}

/// What earlier settlements of the year used.
#[derive(Clone, Copy, Debug, Default)]
struct Used {
    deductible: i64,
    fund: i64,
    in_policy: i64,
}

/// Who is paid for, by a kind of the policy.
struct Subject<'a> {
    kind: &'a Kind,
    level: String,
    psn_type: &'static str,
    day: i64,
}

/// Deductible and the fund's part, fen.
pub(super) type Share = (i64, i64);

impl Policy {
    /// Whether it speaks of nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Takes a row of a table; tells whether it is one of the policy's.
    pub(super) fn take(&mut self, name: &str, record: &Record, held: (i64, i64)) -> bool {
        let text = |column: &str| record.get(column).to_owned();
        let fen =
            |column: &str, otherwise: i64| decimal(record.get(column), 2).unwrap_or(otherwise);
        let row = |is_yearly, span, value| Row {
            kind: text("kind"),
            level: record.get("lmtpric_hosp_lv").trim_start_matches('0').to_owned(),
            psn_type: text("psn_type"),
            is_yearly,
            span,
            value,
            held,
        };
        match name {
            "benefit_kind" => self.kinds.push(Kind {
                insutype: text("insutype"),
                med_type: text("med_type"),
                name: text("kind"),
                is_yearly: record.get("segments") == "year",
                held,
            }),
            "benefit_deductible" => {
                let is_yearly = record.get("per") == "year";
                self.deductibles.push(row(is_yearly, (0, 0), fen("amount", 0)));
            }
            "benefit_segment" => {
                let span = (fen("seg_from", 0), fen("seg_to", i64::MAX));
                let ratio = decimal(record.get("ratio"), 6).unwrap_or(0);
                self.segments.push(row(false, span, ratio));
            }
            "benefit_cap" => self.caps.push(row(true, (0, 0), fen("fund_max", 0))),
            _ => return false,
        }
        true
    }

    /// The kind of a settlement: longer codes first, the scheme before the visit.
    fn kind_of(&self, person: &Person, visit: &Visit) -> Option<&Kind> {
        let day = day_at(visit.begin);
        let fits = |kind: &&Kind| {
            holds(kind.held, day)
                && person.insutype().starts_with(&kind.insutype)
                && visit.med_type.starts_with(&kind.med_type)
        };
        let fitting = self.kinds.iter().filter(fits);
        fitting.max_by_key(|kind| (kind.insutype.len(), kind.med_type.len()))
    }
}

fn holds((from, until): (i64, i64), day: i64) -> bool {
    from <= day && day < until
}

impl Row {
    /// How closely it speaks.
    fn rank(&self) -> (bool, usize) {
        (!self.level.is_empty(), self.psn_type.len())
    }
}

impl Subject<'_> {
    /// The rows that hold for it, the closest first; nothing if the kind has rows and none fits.
    fn rows<'r>(&self, table: &'r [Row]) -> Option<Vec<&'r Row>> {
        let own = |row: &&Row| row.kind == self.kind.name && holds(row.held, self.day);
        let known: Vec<&Row> = table.iter().filter(own).collect();
        if self.level.is_empty() && known.iter().any(|row| !row.level.is_empty()) {
            return None;
        }
        let fits = |row: &&&Row| {
            (row.level.is_empty() || row.level == self.level)
                && self.psn_type.starts_with(&row.psn_type)
        };
        let mut fitting: Vec<&Row> = known.iter().filter(fits).copied().collect();
        fitting.sort_by_key(|row| std::cmp::Reverse(row.rank()));
        (known.is_empty() || !fitting.is_empty()).then_some(fitting)
    }
}

/// Settles the visits of a person in the order in which they end.
pub(super) fn settle(world: &World, person: &mut Person, visits: &mut [Visit]) {
    let policy = &world.knowledge.benefit;
    let mut order: Vec<usize> = (0..visits.len()).collect();
    order.retain(|&nth| !visits[nth].lines.is_empty());
    order.sort_by_key(|&nth| (visits[nth].settled_at(), nth));
    for nth in order {
        let visit = &mut visits[nth];
        visit.paid = usual(world, person, visit);
        let kind = policy.kind_of(person, visit);
        let due = kind.and_then(|kind| due(world, person, visit, kind));
        if let Some((deductible, fund)) = due {
            visit.paid = (deductible, fund);
            if visit.is_wrongly_paid {
                pay_wrongly(world, visit, fund);
            }
        }
        if let (Some(kind), true) = (kind, visit.fate != Fate::Cancelled) {
            person.paid.push(Paid {
                year: year_of(day_at(visit.settled_at())),
                kind: kind.name.clone(),
                share: visit.paid,
                in_policy: visit.sums().1,
            });
        }
    }
}

/// Whether the policy says what a first visit of a person comes to.
pub(super) fn speaks_of(world: &World, person: &Person, visit: &Visit) -> bool {
    let kind = world.knowledge.benefit.kind_of(person, visit);
    kind.is_some_and(|kind| due(world, person, visit, kind).is_some())
}

/// Pays a fen more than is borne, or less where there is no more to pay, and marks the lines.
fn pay_wrongly(world: &World, visit: &mut Visit, fund: i64) {
    let name = ("settlement-mismatch", "tolerance");
    let step = world.law.micro(name, day_at(visit.begin), 0) / 10_000 + 1;
    let wrong = if fund + step <= visit.sums().0 { fund + step } else { fund - step };
    if wrong < 0 {
        return;
    }
    visit.paid.1 = wrong;
    for line in net(visit) {
        visit.lines[line.place].marks |= bit("settlement-mismatch");
    }
}

/// What the policy comes to; nothing where it cannot be known.
fn due(world: &World, person: &Person, visit: &Visit, kind: &Kind) -> Option<Share> {
    let policy = &world.knowledge.benefit;
    let level = match world.institutions.level(visit.institution) {
        0 => String::new(),
        level => level.to_string(),
    };
    let day = day_at(visit.begin);
    let subject = Subject { kind, level, psn_type: person.psn_type, day };
    let net = net(visit);
    if net.is_empty() {
        return None;
    }
    let mut sum = 0;
    for line in &net {
        sum += in_policy(world, visit, line, &subject.level)?;
    }
    let sum = sum.max(0);
    let deductible = subject.rows(&policy.deductibles)?.first().copied();
    let segments = subject.rows(&policy.segments)?;
    let cap = subject.rows(&policy.caps)?.first().copied();
    if segments.is_empty() {
        return None;
    }
    let by_year = deductible.filter(|row| row.is_yearly);
    let looks_back = kind.is_yearly || by_year.is_some() || cap.is_some();
    let used = used(world, person, visit, &kind.name);
    if looks_back && used.is_none() {
        return None;
    }
    let used = used.unwrap_or_default();
    let open = match (deductible, by_year) {
        (_, Some(row)) => (row.value - used.deductible).max(0),
        (Some(row), None) => row.value,
        (None, None) => 0,
    };
    let own = open.min(sum);
    let bottom = if kind.is_yearly { used.in_policy.max(0) } else { 0 };
    let paid = of_segments(&segments, (bottom + own, bottom + sum));
    let most = cap.map_or(i64::MAX, |row| (row.value - used.fund).max(0));
    Some((own, paid.min(most)))
}

/// What segments, the closest first, pay of the fen from one to another.
fn of_segments(segments: &[&Row], (from, until): (i64, i64)) -> i64 {
    let mut edges: Vec<i64> = segments.iter().flat_map(|row| [row.span.0, row.span.1]).collect();
    edges.extend([from, until]);
    edges.retain(|edge| (from..=until).contains(edge));
    edges.sort_unstable();
    edges.dedup();
    // Pieces with the place of their row; those of one row in a row are rounded as one.
    let mut pieces: Vec<(usize, i64)> = Vec::new();
    let mut last_end = None;
    for edge in edges.windows(2) {
        let has = |row: &&Row| row.span.0 <= edge[0] && edge[1] <= row.span.1;
        let Some(place) = segments.iter().position(has) else { continue };
        match pieces.last_mut() {
            Some((of, width)) if *of == place && last_end == Some(edge[0]) => {
                *width += edge[1] - edge[0];
            }
            _ => pieces.push((place, edge[1] - edge[0])),
        }
        last_end = Some(edge[1]);
    }
    let of_piece = |&(place, width): &(usize, i64)| part(width, segments[place].value);
    pieces.iter().map(of_piece).sum()
}

/// What earlier settlements of the year and kind used; nothing if January is not known.
fn used(world: &World, person: &Person, visit: &Visit, kind: &str) -> Option<Used> {
    let year = year_of(day_at(visit.settled_at()));
    let february = i64::from(Day::from_civil(year, 2, 1)?.epoch());
    if february <= world.months[0].first {
        return None;
    }
    let mut used = Used::default();
    for paid in person.paid.iter().filter(|paid| paid.year == year && paid.kind == kind) {
        used.deductible += paid.share.0;
        used.fund += paid.share.1;
        used.in_policy += paid.in_policy;
    }
    Some(used)
}

fn year_of(day: i64) -> i32 {
    Day::from_epoch(day as i32).civil().0
}

/// What is left of the lines of a visit.
fn net(visit: &Visit) -> Vec<NetLine> {
    let of_line = |(place, line): (usize, &super::draft::Line)| NetLine {
        place,
        cnt: line.cnt,
        amount: line.amount,
    };
    let mut left: Vec<NetLine> = visit.lines.iter().enumerate().map(of_line).collect();
    for (place, line) in visit.lines.iter().enumerate() {
        let of = match line.back {
            Back::No => continue,
            Back::Named(of) => Some(of),
            Back::Unnamed => {
                let alike = visit.lines.iter().enumerate().filter(|(other, earlier)| {
                    (earlier.time, *other) < (line.time, place)
                        && (earlier.item, earlier.pric) == (line.item, line.pric)
                        && 0 < earlier.cnt
                        && -line.cnt <= left[*other].cnt
                });
                alike.max_by_key(|(other, earlier)| (earlier.time, *other)).map(|(nth, _)| nth)
            }
        };
        if let Some(of) = of {
            left[of].cnt += line.cnt;
            left[of].amount += line.amount;
        }
    }
    left.retain(|line| {
        0 < line.cnt
            && visit.lines[line.place].oddity != Oddity::Void
            && 0 < visit.lines[line.place].cnt
    });
    left
}

/// What of a line is in the policy; nothing where class, first share or level is not known.
fn in_policy(world: &World, visit: &Visit, line: &NetLine, level: &str) -> Option<i64> {
    let billed = &visit.lines[line.place];
    let item = &world.universe.items[billed.item as usize];
    let ceiling = world.universe.ceiling_on(billed.item, level, day_at(billed.time))?;
    let first_share = match item.class {
        1 => 0,
        2 if item.named & named::UNKNOWN == 0 => 100_000,
        2 => return None,
        _ => return Some(line.amount.min(0)),
    };
    if line.amount <= 0 {
        return Some(line.amount);
    }
    let payable = if ceiling < billed.pric {
        let most = Price::from_micro(ceiling).times(Quantity::from_units(line.cnt));
        most.map_or(line.amount, |most| most.fen().clamp(0, line.amount))
    } else {
        line.amount
    };
    Some(payable - part(payable, first_share))
}

/// 10⁻⁶ of an amount, rounded.
fn part(fen: i64, ratio: i64) -> i64 {
    Money::from_fen(fen).share(Rate::from_ppm(ratio)).map_or(0, Money::fen)
}

/// Deductible and share by level and kind of insurance.
fn usual(world: &World, person: &Person, visit: &Visit) -> Share {
    let level = world.institutions.level(visit.institution);
    let in_policy = visit.sums().1;
    let deductible = match (visit.is_stay(), level) {
        (true, 3) => 80_000,
        (true, 2) => 40_000,
        (true, _) => 10_000,
        (false, _) => 0,
    };
    let deductible = deductible.min(in_policy.max(0));
    let percent = match (visit.is_stay(), person.is_employee(), level) {
        (true, true, 3) => 85,
        (true, true, 2) => 88,
        (true, true, _) => 92,
        (true, false, 3) => 60,
        (true, false, 2) => 72,
        (true, false, _) => 85,
        (false, true, 3) => 50,
        (false, true, _) => 60,
        (false, false, 3) => 40,
        (false, false, _) => 55,
    };
    (deductible, part((in_policy - deductible).max(0), percent * 10_000))
}
