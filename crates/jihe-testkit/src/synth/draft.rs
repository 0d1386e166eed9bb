//! A visit on its way to the tables.

use std::borrow::Cow;

/// A code of the city's own or of a table.
pub(super) type Code = Cow<'static, str>;

/// Seconds after the end of a visit at which it is settled, and settled again after a refund.
pub(super) const SETTLED_AFTER: i64 = 600;
/// See [`SETTLED_AFTER`].
pub(super) const AGAIN_AFTER: i64 = 9600;

/// Of a stay that bills an operation and codes none.
pub(super) const UNCODED: &str = "-";

/// Which line a negative line takes back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Back {
    /// It is an ordinary line.
    No,
    /// The line at this place of the visit, by name.
    Named(usize),
    /// An earlier line alike, without a name.
    Unnamed,
}

/// What is odd about a line.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Oddity {
    /// Nothing.
    None,
    /// The packs with its trace codes were opened.
    Opened,
    /// The patient takes it home from a stay.
    GoesHome,
    /// The row is void.
    Void,
    /// The row arrives twice.
    Repeated,
    /// It is limited in use, and nobody approved it.
    Unapproved,
    /// It is costly, and no approval was filed.
    Unfiled,
    /// It reached the platform days after the month.
    Late,
    /// Its prescription is days old.
    Stale,
    /// A pack less was prescribed.
    Oversold,
    /// Its packs have no trace codes.
    Untraced,
    /// No one knows the doctor at the institution.
    Stranger,
}

/// A line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The item.
    pub(super) item: u32,
    /// The item whose own code of the institution stands on the line.
    pub(super) own: u32,
    /// 10⁻⁴ units.
    pub(super) cnt: i64,
    /// 10⁻⁶ yuan.
    pub(super) pric: i64,
    /// Fen.
    pub(super) amount: i64,
    /// In-policy fen.
    pub(super) in_policy: i64,
    /// Seconds.
    pub(super) time: i64,
    /// Number of the order in the visit; 0 is none.
    pub(super) order: u32,
    /// 10⁻² days; 0 is none.
    pub(super) supply_days: i64,
    /// First serial of its trace codes.
    pub(super) code: u64,
    /// How many trace codes it has.
    pub(super) n_codes: u64,
    /// What is odd about it.
    pub(super) oddity: Oddity,
    /// What it takes back.
    pub(super) back: Back,
    /// The rules that cut it, as bits in the order of `RULES`.
    pub(super) marks: u128,
}

/// What becomes of the settlement of a visit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// It stands.
    Stands,
    /// It is cancelled.
    Cancelled,
    /// It is cancelled, and the visit is settled again.
    SettledAgain,
}

/// A visit or stay.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    /// The month it is settled in.
    pub(super) month: usize,
    /// The institution.
    pub(super) institution: u32,
    /// `med_type`.
    pub(super) med_type: &'static str,
    /// Seconds.
    pub(super) begin: i64,
    /// Seconds.
    pub(super) end: i64,
    /// Main diagnosis.
    pub(super) diagnosis: Code,
    /// Whether only the table of diagnoses names it.
    pub(super) only_in_diagnoses: bool,
    /// A second diagnosis, or nothing.
    pub(super) second: Code,
    /// `dise_codg`, or nothing.
    pub(super) disease: Code,
    /// `dscg_way`, or nothing.
    pub(super) way: &'static str,
    /// `ipt_type`, or nothing.
    pub(super) ipt_type: &'static str,
    /// `oprn_oprt_code`; nothing: what the lines ask for.
    pub(super) operation: &'static str,
    /// `pay_loc`.
    pub(super) pay_loc: &'static str,
    /// The department that orders; nothing: any.
    pub(super) department: &'static str,
    /// The lines.
    pub(super) lines: Vec<Line>,
    /// What becomes of it.
    pub(super) fate: Fate,
    /// Whether the fund shall pay another amount than it owes.
    pub(super) is_wrongly_paid: bool,
    /// Deductible and the fund's part, fen; known when it is settled.
    pub(super) paid: (i64, i64),
}

impl Visit {
    /// Whether it is a stay.
    pub(super) fn is_stay(&self) -> bool {
        !self.ipt_type.is_empty()
    }

    /// Seconds at which the settlement that stands, or is cancelled, is made.
    pub(super) fn settled_at(&self) -> i64 {
        self.end + if self.fate == Fate::SettledAgain { AGAIN_AFTER } else { SETTLED_AFTER }
    }

    /// What the lines come to, and what of it is in the policy, fen.
    pub(super) fn sums(&self) -> (i64, i64) {
        let standing = self.lines.iter().filter(|line| line.oddity != Oddity::Void);
        standing.fold((0, 0), |sum, line| (sum.0 + line.amount, sum.1 + line.in_policy))
    }

    /// Marks every line for a rule.
    pub(super) fn mark_all(&mut self, bit: u128) {
        for line in &mut self.lines {
            line.marks |= bit;
        }
    }
}
