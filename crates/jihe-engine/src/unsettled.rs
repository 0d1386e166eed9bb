//! What was found in a month, before its money is settled: all at once, or slice by slice.
//!
//! A slice is some neighbouring persons with all that their findings say. Where it ends depends on the
//! findings alone, never on threads, memory, or how files are cut. Findings are written by person, so
//! slices follow one another; findings of no person, about an institution as a whole, come after all
//! others.

use std::io::Result;
use std::ops::Range;
use std::sync::Arc;

use jihe_frame::{Benefits, Coverage, Exempt, FindingId, Hits, KeptLines, Profile, timed};
use jihe_settle::{
    Credit, FoundLines, Ledger, LineTotals, Reviews, Settling, Stage, Terrain, Walking,
};
use jihe_terms::{NO_CODE, Status};

use crate::found::{Found, exempts_of, rule_number, take_hits};
use crate::in_turn::{Steps, in_turn, one_by_one};
use crate::left::Findings;
use crate::merge::PartFindings;
use crate::missing::lacks;
use crate::order::{Ordered, Unordered};
use crate::run::Run;
use crate::score::ascending;
use crate::slices::{Plan, SLICE_LINES, Slice, hits_of, some_of};

/// Bytes that a slice takes while it is settled and written, some fifteen hundred for each line.
const SLICE_BYTES: u64 = 24 << 20;

/// Lines of findings of a slice that takes more than that: one person has very many.
const MANY_LINES: usize = 1 << 17;

/// Bytes of a finding with its line and all their money.
const FOUND_BYTES: usize = 600;

/// More fen than that in all, and a finding might come to more digits than money has on the platform:
/// results have other columns then, which must be known before the first is written.
const MOST_FEN: u64 = 1_000_000_000_000_000;

/// What a month gave, or a slice of it: findings, their lines and money. What no finding tells stands
/// in the whole.
#[derive(Debug, Default)]
pub struct Judged {
    /// Findings in the order in which they are written.
    pub hits: Hits,
    /// By finding: its id.
    pub jr_ids: Vec<FindingId>,
    /// Rules and ids of the findings of no person. In a slice they follow its own findings, of which
    /// they take from some lines; in one piece they are among its own.
    pub further: Arc<Vec<(u16, FindingId)>>,
    /// By rule of the plan, drafts left out.
    pub coverage: Vec<Coverage>,
    /// Subjects taken out by exceptions.
    pub exempts: Vec<Exempt>,
    /// The lines that findings and exemptions name.
    pub lines: KeptLines,
    /// Money.
    pub ledger: Ledger,
    /// Settlements by the benefit policy, and the lines of those that differ from it.
    pub benefits: Benefits,
    /// Where slices begin but the first: the place of the first finding, and the number of the first line.
    pub cuts: Vec<(usize, u32)>,
}

/// Findings of a month whose money is not settled yet.
pub struct Unsettled<'a> {
    run: Run<'a>,
    parts: Vec<PartFindings>,
    /// By rule, without findings.
    found: Vec<Found>,
    /// Findings of persons that needed all parts.
    strays: Hits,
    /// Findings of no person.
    unplaced: Ordered,
    /// The lines that strays and findings of no person name.
    lines: KeptLines,
    totals: LineTotals,
    benefits: Benefits,
    /// Lines that exemptions and benefits name.
    aside: KeptLines,
    /// Lines of findings at which a slice ends.
    slice_lines: usize,
}

/// A slice whose findings are walked, and whose money waits for that of the slices before.
struct Walked {
    hits: Hits,
    ids: Vec<FindingId>,
    lines: KeptLines,
    ledger: Ledger,
    /// Subjects that exemptions took out.
    exempts: Vec<Exempt>,
    aside: KeptLines,
}

impl<'a> Unsettled<'a> {
    /// Takes what parts found, and what rules found that needed all parts.
    pub(crate) fn new(
        run: Run<'a>,
        (parts, mut found, lines): (Vec<PartFindings>, Vec<Found>, KeptLines),
        totals: LineTotals,
        (benefits, mut aside): (Benefits, KeptLines),
    ) -> Self {
        let all = take_hits(&mut found);
        let strays = some_of(&all, |hit| hit.person != NO_CODE);
        let mut unplaced = some_of(&all, |hit| hit.person == NO_CODE);
        drop(all);
        let (exempts, named) = take_out(&run, &lines, &mut unplaced);
        aside = aside.merge(named);
        count(&mut found, &unplaced, exempts);
        let unplaced = Unordered::new(&run, &lines, unplaced).in_order();
        let slice_lines = SLICE_LINES;
        Self { run, parts, found, strays, unplaced, lines, totals, benefits, aside, slice_lines }
    }

    /// Ends slices at so many lines of findings: what they come to is the same.
    #[must_use]
    pub fn cut_at(self, slice_lines: usize) -> Self {
        Self { slice_lines, ..self }
    }

    /// All of it at once.
    ///
    /// # Errors
    ///
    /// If findings that were put on disk cannot be read back.
    ///
    /// # Panics
    ///
    /// If an invariant of the ledger is broken: nothing may be published then.
    pub fn whole(
        self,
        stage: Stage,
        reviewed: &Reviews<'_>,
        profile: Option<&Profile>,
    ) -> Result<Judged> {
        let mut whole = Judged::default();
        let mut put = |judged: Judged| -> Result<()> {
            whole = judged;
            Ok(())
        };
        let rest = self.settle((stage, reviewed, profile), true, &Ok, &mut put)?;
        let Judged { hits, jr_ids, lines, ledger, cuts, .. } = whole;
        let Ledger { lines: of_lines, credits, hits: of_hits, .. } = ledger;
        let ledger = Ledger { lines: of_lines, credits, hits: of_hits, ..rest.ledger };
        Ok(Judged { hits, jr_ids, lines: lines.merge(rest.lines), ledger, cuts, ..rest })
    }

    /// Slice by slice: `code` brings slices into a form side by side, `put` takes them in their order.
    /// What no finding tells comes back.
    ///
    /// # Errors
    ///
    /// Those of `code` and `put`, and as [`Unsettled::whole`].
    ///
    /// # Panics
    ///
    /// As [`Unsettled::whole`].
    pub fn in_slices<T: Send, E: From<std::io::Error> + Send>(
        self,
        (stage, reviewed): (Stage, &Reviews<'_>),
        profile: Option<&Profile>,
        code: &(dyn Fn(Judged) -> std::result::Result<T, E> + Sync),
        put: &mut (dyn FnMut(T) -> std::result::Result<(), E> + Send),
    ) -> std::result::Result<Judged, E> {
        let is_rich = MOST_FEN < self.totals.gross();
        self.settle((stage, reviewed, profile), is_rich, code, put)
    }

    /// Settles slices: what lines refuse is found side by side, and taken from settlements in the order
    /// of the lines. In one piece `all` is one slice.
    fn settle<T: Send, E: From<std::io::Error> + Send>(
        mut self,
        (stage, reviewed, profile): (Stage, &Reviews<'_>, Option<&Profile>),
        all: bool,
        code: &(dyn Fn(Judged) -> std::result::Result<T, E> + Sync),
        put: &mut (dyn FnMut(T) -> std::result::Result<(), E> + Send),
    ) -> std::result::Result<Judged, E> {
        let plan = Plan::new(&self.parts, &self.unplaced.hits, self.slice_lines);
        let is_one = all || plan.is_small();
        let slices = if is_one { vec![plan.all()] } else { plan.slices.clone() };
        self.make_room(&slices, is_one)?;
        let mut parts = std::mem::take(&mut self.parts).into_iter();
        let on = Terrain { month: self.run.month, rules: &self.run.engine.terms, stage };
        let totals = std::mem::take(&mut self.totals);
        let (mut found, mut aside) = (std::mem::take(&mut self.found), Vec::new());
        let Ordered { hits, ids } = &self.unplaced;
        let unplaced = FoundLines { hits, ids, lines: &self.lines };
        let walking = Walking::new(on, &unplaced, reviewed);
        let mut settling = Settling::new(&walking, totals);
        let further = hits.hits.iter().zip(ids).map(|(hit, &id)| (hit.rule, id));
        let further = Arc::new(further.collect::<Vec<_>>());
        let mut slices = slices.into_iter().peekable();
        // Bytes of the slices that were begun.
        let mut begun: Vec<u64> = Vec::new();
        let mut settle = |mut one: Walked| {
            count(&mut found, &one.hits, std::mem::take(&mut one.exempts));
            aside.push(std::mem::take(&mut one.aside));
            timed(profile, "findings / settle", || {
                let found = FoundLines { hits: &one.hits, ids: &one.ids, lines: &one.lines };
                settling.add(&found, &mut one.ledger);
            });
            if is_one {
                settling.close(one.hits.hits.len(), &mut one.ledger);
                self.close(&mut one);
            }
            let Walked { hits, ids: jr_ids, lines, ledger, .. } = one;
            let cuts = if is_one { plan.cuts(&hits.hits) } else { Vec::new() };
            let further = Arc::clone(&further);
            Judged { hits, jr_ids, further, lines, ledger, cuts, ..Judged::default() }
        };
        let go = if is_one { one_by_one } else { in_turn };
        go(Steps {
            next: &mut |n_under_way| {
                let n_bytes = bytes_of(slices.peek()?);
                if !self.has_room_for(n_bytes, &begun[begun.len() - n_under_way..]) {
                    return None;
                }
                begun.push(n_bytes);
                let slice = slices.next()?;
                let parts = parts.by_ref().take(slice.parts.len()).collect();
                Some((slice, parts))
            },
            walk: &|with_parts| Ok(self.walk(with_parts, &walking, reviewed, profile)?),
            settle: &mut settle,
            code,
            put,
        })?;
        if !is_one {
            self.each_unplaced(&mut settling, &plan.pieces, |judged| put(code(judged)?))?;
        }
        let ledger = timed(profile, "findings / settle", || settling.finish());
        let coverage = coverage(&self.run, &found);
        let exempts = exempts_of(&found);
        let aside = aside.into_iter().fold(self.aside, KeptLines::merge);
        let (lines, benefits) = (aside, self.benefits);
        Ok(Judged { coverage, exempts, lines, ledger, benefits, ..Judged::default() })
    }

    /// The findings of no person, piece by piece, with all that they come to.
    fn each_unplaced<E>(
        &self,
        settling: &mut Settling<'_>,
        pieces: &[Range<usize>],
        mut each: impl FnMut(Judged) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let mut ledger = Ledger::default();
        settling.close(0, &mut ledger);
        let Ledger { hits: money, credits, .. } = ledger;
        let mut credits: Vec<Credit> = credits.iter().collect();
        credits.sort_by_key(|credit| credit.hit);
        for piece in pieces {
            let hits = hits_of(&self.unplaced.hits, piece);
            let named = ascending(hits.lines.iter().map(|line| line.line).collect());
            let [from, until] = [piece.start, piece.end]
                .map(|end| credits.partition_point(|credit| (credit.hit as usize) < end));
            let first = piece.start as u32;
            let own = credits[from..until].iter();
            let own = own.map(|credit| Credit { hit: credit.hit - first, ..*credit });
            let ledger =
                Ledger { hits: money.some(piece), credits: own.collect(), ..Ledger::default() };
            each(Judged {
                hits,
                jr_ids: self.unplaced.ids[piece.clone()].to_vec(),
                lines: self.lines.only(&named),
                ledger,
                ..Judged::default()
            })?;
        }
        Ok(())
    }

    /// Whether one more slice may be begun while others are under way: one for each thread, in the room
    /// of the parts that were judged; half as many again, so that none waits for the one that settles or
    /// writes, where there is room for all of them. A large one is begun, and others beside it, only
    /// where there is room. What those under way hold already is counted twice.
    fn has_room_for(&self, n_bytes: u64, under_way: &[u64]) -> bool {
        let n_threads = rayon::current_num_threads().max(1);
        let most = n_threads.saturating_add(n_threads / 2);
        let largest = under_way.iter().copied().fold(n_bytes, u64::max);
        let n_threads = if largest == SLICE_BYTES { n_threads } else { 1 };
        let has_room = || match self.run.month.lines.room_left() {
            Some(left) => under_way.iter().sum::<u64>().saturating_add(n_bytes) <= left,
            None => true,
        };
        under_way.len() < n_threads || (under_way.len() < most && has_room())
    }

    /// Puts lines and findings on disk where a run has too little memory for what comes.
    fn make_room(&mut self, slices: &[Slice], is_one: bool) -> Result<()> {
        let lines = &self.run.month.lines;
        let is_large = |slice: &&Slice| is_one || MANY_LINES < slice.n_lines;
        let largest = slices.iter().filter(is_large).map(|slice| slice.n_lines).max();
        // What threads need is there already.
        let n_bytes = largest.unwrap_or(0).saturating_mul(FOUND_BYTES) as u64;
        lines.make_room(n_bytes)?;
        self.parts.iter_mut().try_for_each(|part| part.left.make_room(lines, n_bytes))
    }

    /// Brings the findings of a slice together, puts them in order and walks them.
    fn walk(
        &self,
        (slice, parts): (Slice, Vec<PartFindings>),
        walking: &Walking<'_>,
        reviewed: &Reviews<'_>,
        profile: Option<&Profile>,
    ) -> Result<Walked> {
        let run = &self.run;
        let mut all = Findings::default();
        let strays = some_of(&self.strays, |hit| slice.persons.contains(&hit.person));
        timed(profile, "findings / open", || -> Result<()> {
            let mut parts = parts.into_iter();
            parts.try_for_each(|part| part.left.open(&run.month.lines, &mut all, &strays))
        })?;
        let far: Vec<u32> = strays.lines.iter().map(|line| line.line).collect();
        let Findings { mut hits, lines } = all;
        hits.append(strays);
        let mut lines = lines.merge(self.lines.between(slice.lines.clone()));
        let far: Vec<u32> = far.into_iter().filter(|line| !slice.lines.contains(line)).collect();
        if !far.is_empty() {
            lines = lines.merge(self.lines.only(&ascending(far)));
        }
        let (exempts, aside) = take_out(run, &lines, &mut hits);
        let unordered = timed(profile, "findings / ids", || Unordered::new(run, &lines, hits));
        let ordered = timed(profile, "findings / order", || unordered.in_order());
        let Ordered { hits, ids } = ordered;
        let ledger = timed(profile, "findings / settle", || {
            let found = FoundLines { hits: &hits, ids: &ids, lines: &lines };
            walking.walk(&found, slice.lines.clone(), reviewed)
        });
        Ok(Walked { hits, ids, lines, ledger, exempts, aside })
    }

    /// Puts the findings of no person behind those of the last slice.
    fn close(&self, last: &mut Walked) {
        let Ordered { hits, ids } = &self.unplaced;
        if hits.hits.is_empty() {
            return;
        }
        last.hits.append(hits.clone());
        last.ids.extend_from_slice(ids);
        last.lines = std::mem::take(&mut last.lines).merge(self.lines.clone());
    }
}

/// What a slice takes while it is settled and written.
fn bytes_of(slice: &Slice) -> u64 {
    if slice.n_lines <= MANY_LINES {
        return SLICE_BYTES;
    }
    slice.n_lines.saturating_mul(FOUND_BYTES) as u64
}

/// Takes the cuts of exempt subjects out; gives the subjects, and their lines.
fn take_out(run: &Run<'_>, lines: &KeptLines, hits: &mut Hits) -> (Vec<Exempt>, KeptLines) {
    let exempts = run.engine.exemptions.take_out(run, lines, hits);
    if exempts.is_empty() {
        return (exempts, KeptLines::default());
    }
    let named = ascending(exempts.iter().map(|one| one.line).collect());
    (exempts, lines.only(&named))
}

/// Counts findings, and subjects that exemptions took out.
fn count(found: &mut [Found], hits: &Hits, exempts: Vec<Exempt>) {
    for hit in &hits.hits {
        found[usize::from(hit.rule)].n_hits += 1;
    }
    for exempt in exempts {
        let found = &mut found[usize::from(exempt.rule)];
        found.n_exempt += 1;
        found.exempts.push(exempt);
    }
}

fn coverage(run: &Run<'_>, found: &[Found]) -> Vec<Coverage> {
    let mut coverage: Vec<Coverage> = Vec::with_capacity(found.len());
    for &rule in &run.engine.by_id {
        let (plan, found) = (run.rule(rule), &found[rule]);
        if plan.status == Status::Draft {
            continue;
        }
        coverage.push(Coverage {
            rule: rule_number(rule),
            n_judged: found.n_judged,
            n_hit: found.n_hits,
            n_exempt: found.n_exempt,
            n_not_evaluable: found.n_not_evaluable,
            lacks: lacks(rule, run, found),
            amt_not_evaluable: found.amt_not_evaluable,
        });
    }
    coverage
}
