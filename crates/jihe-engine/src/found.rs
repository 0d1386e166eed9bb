//! What a judge has found so far for one rule.

use std::borrow::Cow;

use jihe_frame::{Exempt, Hit, HitLine, Hits, N_VALUES, Value};
use jihe_rules::expr::Type;
use jihe_terms::{Grade, NO_CODE, NO_DAY, NO_NUMBER};

use crate::evaluate::{evaluate, truth, truths};
use crate::known::ASK;
use crate::missing::is_in_gap;
use crate::open::only;
use crate::run::{Part, Run};
use crate::subjects::Subjects;
use crate::vector::{FALSE, NULL, Rows, TRUE, Values, Vector, holds_of_none};

/// Findings and counts of one rule.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub(crate) hits: Hits,
    /// How many there are, in those that were taken away too.
    pub(crate) n_hits: u64,
    pub(crate) n_judged: u64,
    pub(crate) n_exempt: u64,
    pub(crate) n_not_evaluable: u64,
    pub(crate) amt_not_evaluable: i128,
    /// Why, as far as a judge said so; ascending.
    pub(crate) reasons: Vec<&'static str>,
    /// How many no judge gave a reason for: a value that the rule asks for is missing.
    pub(crate) n_unexplained: u64,
    /// The lines of the part that they are.
    pub(crate) unexplained: Vec<u32>,
    /// Bits of the values that the rule asks for and that are missing for some of these lines, where lines
    /// were asked.
    pub(crate) blank: Option<u128>,
    /// Whether some could not be judged as the files lack what an exception asks for.
    pub(crate) lacks_exception: bool,
    /// Whether lines came of which nobody can tell that no exception takes them out.
    pub(crate) has_open: bool,
    /// Whether such lines are left out.
    pub(crate) leaves_out_open: bool,
    pub(crate) exempts: Vec<Exempt>,
}

/// Where a finding is placed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) rule: usize,
    pub(crate) grade: Grade,
    pub(crate) person: u32,
    pub(crate) encounter: u32,
    pub(crate) institution: u32,
    /// Row of the rule's table.
    pub(crate) row: u32,
    pub(crate) unknown_exceptions: u32,
}

impl Place {
    /// The place of an institution as a whole.
    pub(crate) fn of_institution(rule: usize, grade: Grade, institution: u32) -> Self {
        Self {
            rule,
            grade,
            person: NO_CODE,
            encounter: NO_CODE,
            institution,
            row: NO_CODE,
            unknown_exceptions: 0,
        }
    }

    /// The place of a line of a part.
    pub(crate) fn of_line(rule: usize, grade: Grade, part: &Part<'_>, row: u32) -> Self {
        let idx = row as usize;
        Self {
            rule,
            grade,
            person: part.person[idx],
            encounter: part.encounter[idx],
            institution: part.institution[idx],
            row: NO_CODE,
            unknown_exceptions: 0,
        }
    }
}

/// The number of a rule in findings and coverage; a checked pack has no more.
pub(crate) fn rule_number(rule: usize) -> u16 {
    u16::try_from(rule).expect("fewer than 65536 rules")
}

impl Found {
    /// Adds a finding.
    pub(crate) fn push<const N: usize>(
        &mut self,
        place: Place,
        lines: &[HitLine],
        values: [Value; N],
    ) {
        const { assert!(N <= N_VALUES) };
        let hit = Hit {
            rule: rule_number(place.rule),
            grade: place.grade,
            person: place.person,
            encounter: place.encounter,
            institution: place.institution,
            row: place.row,
            unknown_exceptions: place.unknown_exceptions,
            lines_from: 0,
            lines_until: 0,
            values_from: 0,
            n_value_bytes: 0,
        };
        self.hits.push(&hit, lines, &values);
    }

    /// Counts a subject that cannot be judged, as a value that the rule asks for is missing; `rows` are its
    /// lines, if it is of one part.
    pub(crate) fn not_evaluable(&mut self, amount: impl Into<i128>, rows: &[u32]) {
        self.count_unexplained(1, amount.into(), rows);
    }

    fn count_unexplained(&mut self, n: u64, amount: i128, rows: &[u32]) {
        self.n_not_evaluable += n;
        self.n_unexplained += n;
        self.amt_not_evaluable += amount;
        self.unexplained.extend_from_slice(rows);
    }

    /// The same of one line.
    pub(crate) fn line_not_evaluable(&mut self, part: &Part<'_>, row: u32) {
        self.not_evaluable(part.amount[row as usize], &[row]);
    }

    /// The same of each of some lines.
    pub(crate) fn lines_not_evaluable(&mut self, part: &Part<'_>, rows: &[u32]) {
        let amounts = rows.iter().map(|&row| i128::from(part.amount[row as usize]));
        self.count_unexplained(rows.len() as u64, amounts.sum(), rows);
    }

    /// Counts a subject that would be a hit, if an exception did not ask for what the files lack.
    pub(crate) fn open_exception(&mut self, amount: impl Into<i128>) {
        self.n_not_evaluable += 1;
        self.amt_not_evaluable += amount.into();
        self.lacks_exception = true;
    }

    /// Counts a subject that cannot be judged, and says why.
    pub(crate) fn not_evaluable_for(&mut self, amount: impl Into<i128>, reason: &'static str) {
        self.n_not_evaluable += 1;
        self.amt_not_evaluable += amount.into();
        self.add_reason(reason);
    }

    fn add_reason(&mut self, reason: &'static str) {
        // One line after the other mostly has the same.
        if self.reasons.last().is_some_and(|&last| std::ptr::eq(last, reason)) {
            return;
        }
        if let Err(place) = self.reasons.binary_search(&reason) {
            self.reasons.insert(place, reason);
        }
    }

    /// The same of another rule, which asks what this one asked.
    pub(crate) fn of_rule(&self, rule: usize) -> Self {
        let mut found = self.clone();
        let rule = rule_number(rule);
        found.hits.hits.iter_mut().for_each(|hit| hit.rule = rule);
        found.exempts.iter_mut().for_each(|exempt| exempt.rule = rule);
        found
    }

    /// Adds what another batch found.
    pub(crate) fn merge(&mut self, other: Self) {
        self.hits.append(other.hits);
        self.n_hits += other.n_hits;
        self.n_judged += other.n_judged;
        self.n_exempt += other.n_exempt;
        self.n_not_evaluable += other.n_not_evaluable;
        self.amt_not_evaluable += other.amt_not_evaluable;
        self.n_unexplained += other.n_unexplained;
        self.lacks_exception |= other.lacks_exception;
        self.blank = match (self.blank, other.blank) {
            (Some(one), Some(other)) => Some(one | other),
            (one, other) => one.or(other),
        };
        other.reasons.into_iter().for_each(|reason| self.add_reason(reason));
        self.exempts.extend(other.exempts);
    }
}

/// Takes what all rules found, one rule after the other.
pub(crate) fn take_hits(found: &mut [Found]) -> Hits {
    let mut all = Hits::default();
    for one in found {
        all.append(std::mem::take(&mut one.hits));
    }
    all
}

/// The rows that are wanted, at one pace whether many are, few, or some here and there.
pub(crate) fn picked(rows: &[u32], mut is_wanted: impl FnMut(u32) -> bool) -> Vec<u32> {
    let mut picked = vec![0; rows.len()];
    let mut n = 0;
    for &row in rows {
        picked[n] = row;
        n += usize::from(is_wanted(row));
    }
    picked.truncate(n);
    picked
}

/// The rows that a rule looks at: quantity above 0, rule in force, inside the scope.
pub(crate) fn in_scope<'r>(
    run: &Run<'_>,
    rule: usize,
    part: &'r Part<'_>,
    rows: &'r [u32],
    found: &mut Found,
) -> Cow<'r, [u32]> {
    let plan = run.rule(rule);
    let rows = part.due(rows, crate::run::bounds(plan.range));
    let Some(scope) = &plan.scope else { return rows };
    let mut kept = Vec::new();
    let mut asked: Cow<'_, [u32]> = Cow::Borrowed(&rows);
    if let (Some(by_item), Some(item_rows)) = (&run.engine.known.scopes[rule], run.item_rows(part))
    {
        let value =
            |row: u32| by_item.get(item_rows[row as usize] as usize).copied().unwrap_or(ASK);
        // Most items are outside; of the others mostly all are inside, or all depend on the line.
        let (mut has_inside, mut has_open, mut has_unknown) = (false, false, false);
        let possible = picked(&rows, |row| {
            let value = value(row);
            has_inside |= value == TRUE;
            has_open |= value == ASK;
            has_unknown |= value == NULL;
            value != FALSE
        });
        let of = |wanted: u8| picked(&possible, |row| value(row) == wanted);
        if has_unknown {
            count_unknown(part, &of(NULL), found);
        }
        let (inside, open) = match (has_inside, has_open, has_unknown) {
            (_, false, false) => (possible, Vec::new()),
            (false, true, false) => (Vec::new(), possible),
            (_, _, _) => (of(TRUE), of(ASK)),
        };
        if !has_open {
            return Cow::Owned(inside);
        }
        kept = inside;
        asked = Cow::Owned(open);
    }
    if asked.is_empty() {
        return Cow::Owned(kept);
    }
    let is_mixed = !kept.is_empty();
    let truth = truths(scope, &Subjects::of_lines(run, part, &asked, &plan.params));
    if !is_mixed && truth.iter().all(|&value| value == TRUE) && asked.len() == rows.len() {
        drop(asked);
        return rows;
    }
    let inside = with_truth(&asked, &truth, TRUE);
    if truth.contains(&NULL) {
        count_unknown(part, &with_truth(&asked, &truth, NULL), found);
    }
    if !is_mixed {
        return Cow::Owned(inside);
    }
    kept.extend(inside);
    #[expect(clippy::stable_sort_primitive, reason = "two runs that ascend are only merged")]
    kept.sort();
    Cow::Owned(kept)
}

/// The rows of which a condition has a truth value.
pub(crate) fn with_truth(rows: &[u32], truth: &[u8], wanted: u8) -> Vec<u32> {
    let mut truth = truth.iter();
    picked(rows, |_| truth.next() == Some(&wanted))
}

/// Counts lines of which nobody can tell whether the rule looks at them.
fn count_unknown(part: &Part<'_>, rows: &[u32], found: &mut Found) {
    found.lines_not_evaluable(part, &picked(rows, |row| !part.carried[row as usize]));
}

/// What the scope of a rule says of each subject.
pub(crate) fn scope_of(on: &Subjects<'_>, rule: usize) -> Values<u8> {
    let scope = on.run.rule(rule).scope.as_ref();
    scope.map_or_else(|| Values::of(TRUE, on.n), |scope| truths(scope, on))
}

/// Takes out the rows that an exception of the rule covers, before they enter a group, and those of which
/// nobody can tell where these are left out.
pub(crate) fn without_exempt<'r>(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    rows: Cow<'r, [u32]>,
    found: &mut Found,
) -> Cow<'r, [u32]> {
    let (kept, open) = not_exempt(run, rule, part, rows, found);
    found.has_open |= !open.is_empty();
    if found.leaves_out_open { all_but(kept, &open) } else { kept }
}

/// Takes out the rows that an exception of the rule covers, and those of which nobody can tell, which are
/// not evaluable.
pub(crate) fn surely_not_exempt<'r>(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    rows: Cow<'r, [u32]>,
    found: &mut Found,
) -> Cow<'r, [u32]> {
    let (kept, open) = not_exempt(run, rule, part, rows, found);
    for &row in open.iter().filter(|&&row| !part.carried[row as usize]) {
        found.open_exception(part.amount[row as usize]);
    }
    all_but(kept, &open)
}

/// The rows but some, which ascend.
fn all_but<'r>(rows: Cow<'r, [u32]>, some: &[u32]) -> Cow<'r, [u32]> {
    if some.is_empty() { rows } else { Cow::Owned(only(&rows, some)) }
}

/// Takes out the rows that an exception of the rule covers; gives of the others also those of which
/// nobody can tell, ascending.
pub(crate) fn not_exempt<'r>(
    run: &Run<'_>,
    rule: usize,
    part: &Part<'_>,
    rows: Cow<'r, [u32]>,
    found: &mut Found,
) -> (Cow<'r, [u32]>, Vec<u32>) {
    let plan = run.rule(rule);
    if plan.exceptions.is_empty() {
        return (rows, Vec::new());
    }
    let excepted = exceptions(&Subjects::of_lines(run, part, &rows, &plan.params), rule);
    let mut open = Vec::new();
    if !excepted.unknown.is_empty() {
        let is_open = |&idx: &usize| excepted.is_open(idx);
        open.extend((0..rows.len()).filter(is_open).map(|idx| rows[idx]));
        open.sort_unstable();
    }
    if excepted.exempt.is_empty() {
        return (rows, open);
    }
    let mut kept = Vec::with_capacity(rows.len());
    for (idx, &row) in rows.iter().enumerate() {
        match excepted.exempt(idx) {
            // What is carried was told before.
            Some(_) if part.carried[row as usize] => {}
            Some(exception) => found.exempt_line(rule, exception, part, row),
            None => kept.push(row),
        }
    }
    (Cow::Owned(kept), open)
}

impl Found {
    /// Notes a line that an exception takes out.
    pub(crate) fn exempt_line(&mut self, rule: usize, exception: u16, part: &Part<'_>, row: u32) {
        self.exempt(rule, exception, (part.first + row, part.encounter[row as usize]));
    }

    /// Notes a visit that an exception takes out.
    pub(crate) fn exempt_visit(&mut self, rule: usize, exception: u16, encounter: u32) {
        self.exempt(rule, exception, (NO_CODE, encounter));
    }

    fn exempt(&mut self, rule: usize, exception: u16, (line, encounter): (u32, u32)) {
        self.n_exempt += 1;
        let rule = rule_number(rule);
        self.exempts.push(Exempt { rule, exception, line, encounter, row: NO_CODE });
    }
}

/// What the exceptions of a rule say of each subject.
pub(crate) struct Excepted {
    /// The first exception that applies; nothing where none applies to any.
    exempt: Vec<Option<u16>>,
    /// A bit for each that could not be shown; nothing where all were.
    unknown: Vec<u32>,
    /// The bits of those that ask for a table or column that the files lack.
    lacking: u32,
    /// Subjects whose own files lack what an exception asks for that could not be shown.
    in_gaps: Vec<bool>,
}

impl Excepted {
    /// The first exception that applies to a subject.
    pub(crate) fn exempt(&self, idx: usize) -> Option<u16> {
        self.exempt.get(idx).copied().flatten()
    }

    /// A bit for each exception that could not be shown of a subject.
    pub(crate) fn unknown(&self, idx: usize) -> u32 {
        self.unknown.get(idx).copied().unwrap_or(0)
    }

    /// Whether nobody can tell that a subject is not exempt, as the files lack what an exception asks
    /// for. An empty cell of a column that is there is no exception.
    pub(crate) fn is_open(&self, idx: usize) -> bool {
        let is_lacking = self.unknown(idx) & self.lacking != 0;
        self.exempt(idx).is_none() && (is_lacking || self.in_gaps.get(idx) == Some(&true))
    }
}

/// Asks the exceptions of a rule.
pub(crate) fn exceptions(on: &Subjects<'_>, rule: usize) -> Excepted {
    let plan = on.run.rule(rule);
    let (mut exempt, mut unknown) = (Vec::new(), Vec::new());
    let mut in_gaps = if on.run.month.gaps.is_empty() { Vec::new() } else { vec![false; on.n] };
    // Nobody is asked of no subject.
    let asked = if on.n == 0 { &[][..] } else { &plan.exceptions };
    for (idx, exception) in (0_u16..).zip(asked) {
        let truth = truth(&exception.when, on);
        // Mostly it applies to none.
        if holds_of_none(&truth) {
            continue;
        }
        let truth = Rows::new(&truth);
        for row in 0..on.n {
            let truth = truth.get(row);
            if truth == TRUE {
                exempt.resize(on.n, None);
                exempt[row] = exempt[row].or(Some(idx));
            } else if truth == NULL {
                unknown.resize(on.n, 0_u32);
                unknown[row] |= 1_u32.checked_shl(u32::from(idx)).unwrap_or(0);
                if let Some(in_gaps) = in_gaps.get_mut(row) {
                    *in_gaps |= is_in_gap((rule, usize::from(idx)), on, row);
                }
            }
        }
    }
    let lacking = on.run.lacking.get(rule).copied().unwrap_or(0);
    Excepted { exempt, unknown, lacking, in_gaps }
}

/// The values that a rule's sentence names, for each subject (at most four of each).
pub(crate) fn sentence_values(on: &Subjects<'_>, rule: usize) -> Vec<[Value; 4]> {
    let mut values = vec![[Value::Missing; 4]; on.n];
    for (place, expr) in on.run.rule(rule).values.iter().take(4).enumerate() {
        let vector = evaluate(expr, on);
        for (row, values) in values.iter_mut().enumerate() {
            values[place] = value_at(&vector, row, expr.ty());
        }
    }
    values
}

fn value_at(vector: &Vector, row: usize, ty: Type) -> Value {
    match vector {
        Vector::Bool(values) => match Rows::new(values).get(row) {
            NULL => Value::Missing,
            value => Value::Int(i64::from(value)),
        },
        Vector::Code(values) => match Rows::new(values).get(row) {
            code if code >= NO_CODE - 1 => Value::Missing,
            code => Value::Code(code),
        },
        Vector::Number(values) => match (Rows::new(values).get(row), ty) {
            (NO_NUMBER, _) => Value::Missing,
            (second, Type::Moment) => Value::Moment(second),
            (value, Type::Number(scale)) => Value::Number(value, scale),
            (value, Type::Bool | Type::Code | Type::Day) => Value::Int(value),
        },
        Vector::Day(values) => match Rows::new(values).get(row) {
            NO_DAY => Value::Missing,
            day => Value::Day(day),
        },
    }
}

/// Subjects taken out by exceptions and exemptions, by rule, exception and line.
pub(crate) fn exempts_of(found: &[Found]) -> Vec<Exempt> {
    let mut exempts: Vec<Exempt> =
        found.iter().flat_map(|one| one.exempts.iter().copied()).collect();
    exempts.sort_unstable();
    exempts
}
