//! A visit on its way to the tables.

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
}

/// A line.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The item.
    pub(super) item: u32,
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
    pub(super) diagnosis: &'static str,
    /// Whether only the table of diagnoses names it.
    pub(super) only_in_diagnoses: bool,
    /// A second diagnosis, or nothing.
    pub(super) second: &'static str,
    /// `dise_codg`, or nothing.
    pub(super) disease: &'static str,
    /// `dscg_way`, or nothing.
    pub(super) way: &'static str,
    /// `ipt_type`, or nothing.
    pub(super) ipt_type: &'static str,
    /// The lines.
    pub(super) lines: Vec<Line>,
    /// What becomes of it.
    pub(super) fate: Fate,
}

impl Visit {
    /// Whether it is a stay.
    pub(super) fn is_stay(&self) -> bool {
        !self.ipt_type.is_empty()
    }

    /// Marks every line for a rule.
    pub(super) fn mark_all(&mut self, bit: u128) {
        for line in &mut self.lines {
            line.marks |= bit;
        }
    }
}
