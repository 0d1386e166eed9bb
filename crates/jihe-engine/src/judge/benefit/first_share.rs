//! The first share of an item: which row of `selfpay` is for a settlement.
//!
//! In: the rows of the item in force on the line's day, the settlement's scheme and type of person.
//! Out: a ratio, that of an item without a row where none is for it, or why it is not known. Not here: the
//! class of an item.

use jihe_frame::Codes;
use jihe_terms::NO_CODE;
use jihe_terms::schema::TableName;

use crate::benefit::Unknown;
use crate::tables::CodedTable;

/// Codes of `selfpay_prop_psn_type`: employees, retired cadres, residents, others.
const SCHEMES: [&str; 4] = ["310", "330", "390", OTHERS];

const OTHERS: &str = "99";

/// Code of `selfpay_prop_type`: first self-pay.
const FIRST: &str = "10";

/// Whose first share it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payer<'a> {
    /// Empty if nobody tells it.
    pub(super) insutype: &'a str,
    pub(super) psn_type: &'a str,
}

/// How closely a row speaks: by type of person before the scheme, the scheme before all; then by the
/// longest type, then by saying that it is a first share.
type Closeness = (u8, usize, bool);

impl Payer<'_> {
    /// The code that the platform's table has for the scheme; none if that is not known.
    fn scheme(self) -> Option<&'static str> {
        match self.insutype {
            "" => None,
            "310" => Some("310"),
            "340" => Some("330"),
            "380" | "390" | "391" | "392" => Some("390"),
            _ => Some(OTHERS),
        }
    }

    /// How closely a row for `of` speaks of the payer; none if it does not.
    fn closeness(self, of: &str) -> Option<(u8, usize)> {
        if of.is_empty() {
            return Some((0, 0));
        }
        if self.psn_type.starts_with(of) {
            return Some((2, of.len()));
        }
        (self.scheme() == Some(of)).then_some((1, 0))
    }
}

/// The payer's first share of an item on a day; `bare` is that of an item without a row.
///
/// Where nobody tells the type of person, every type that a row names comes to the same, or it is not
/// known: which rows are for a type hangs on the longest of them alone.
pub(super) fn first_share(
    table: &CodedTable,
    codes: &Codes,
    payer: Payer<'_>,
    on: (u32, i32),
    bare: Result<i64, Unknown>,
) -> Result<i64, Unknown> {
    let share = closest(table, codes, payer, on, bare);
    if !payer.psn_type.is_empty() {
        return share;
    }
    for row in table.by_key.on(on.0, on.1) {
        let psn_type = text(table, codes, "selfpay_prop_psn_type", row);
        if psn_type.is_empty() || SCHEMES.contains(&psn_type) {
            continue;
        }
        if closest(table, codes, Payer { psn_type, ..payer }, on, bare).ok() != share.ok() {
            return Err("settlements.psn_type is missing");
        }
    }
    share
}

/// The code of a row of `selfpay`; empty if it has none.
fn text<'a>(table: &CodedTable, codes: &'a Codes, column: &str, row: u32) -> &'a str {
    let column = TableName::SelfPay.column(column).and_then(|place| table.codes(place));
    let code = column.and_then(|column| column.get(row as usize)).copied();
    code.filter(|&code| code != NO_CODE).map_or("", |code| codes.text(code))
}

/// The first share by the row that speaks most closely.
fn closest(
    table: &CodedTable,
    codes: &Codes,
    payer: Payer<'_>,
    (item, day): (u32, i32),
    bare: Result<i64, Unknown>,
) -> Result<i64, Unknown> {
    let (mut closest, mut has_others) = (None::<(Closeness, u32)>, false);
    for row in table.by_key.on(item, day) {
        let of = text(table, codes, "selfpay_prop_psn_type", row);
        let Some((rank, length)) = payer.closeness(of) else {
            if payer.insutype.is_empty() && SCHEMES.contains(&of) {
                return Err("settlements.insutype is missing");
            }
            continue;
        };
        match text(table, codes, "selfpay_prop_type", row) {
            ty @ ("" | FIRST) => {
                closest = closest.max(Some(((rank, length, ty == FIRST), row)));
            }
            _ => has_others = true,
        }
    }
    let ratios = TableName::SelfPay.column("selfpay_prop").and_then(|place| table.numbers(place));
    match closest {
        Some((_, row)) => {
            ratios.and_then(|ratios| ratios.get(row as usize)).copied().map_or(bare, Ok)
        }
        None if has_others => {
            Err("selfpay has no first self-pay (type 10) for it, only other types")
        }
        None => bare,
    }
}
