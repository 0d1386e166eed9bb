//! Texts of plain pages into the columns of a sheet.

use jihe_terms::schema::Kind;
use jihe_terms::{Malformed, NO_CODE, NO_NUMBER};
use xxhash_rust::xxh3::xxh3_64;

use super::Damaged;
use super::take::{Goal, Rows, check, goal, kind, missing_rows, next_text, push_numbers, serial};
use crate::cells::Cells;
use crate::normalise::{Normaliser, is_missing, read_text, shown};

/// Texts of a plain page; neighbours are often equal.
#[expect(
    clippy::too_many_lines,
    reason = "one pass, in which a text becomes what its column wants"
)]
pub(super) fn texts(
    sheet: &mut Normaliser<'_>,
    place: usize,
    utf8: bool,
    rest: &mut &[u8],
    rows: Rows<'_>,
) -> Result<(), Damaged> {
    let (kind, goal) = (kind(sheet, place), goal(sheet, place));
    let required = sheet.column(place).is_some_and(|column| column.required);
    let is_number = !matches!(kind, Kind::Code | Kind::Key | Kind::Text);
    let (mut ids, mut good, mut heads, mut tails) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut former: Option<(&[u8], u32)> = None;
    let mut failed = Ok(());
    rows.each(|row| {
        if failed.is_err() {
            return;
        }
        let text = match next_text(rest) {
            Ok(text) => text,
            Err(error) => {
                failed = Err(error);
                return;
            }
        };
        if let (Goal::Ids(_), Some((known, id))) = (goal, former)
            && known == text
        {
            ids.push(id);
            return;
        }
        let (mut id, mut value, mut pair) = (NO_CODE, NO_NUMBER, (NO_CODE, 0));
        let fault = if is_missing(text) {
            required.then(|| (Malformed::Empty.reason(), String::new()))
        } else if is_number {
            match read_text(kind, text) {
                Ok(read) => {
                    value = read;
                    None
                }
                Err(why) => Some((why.reason(), shown(text))),
            }
        } else {
            match check(kind, text, utf8) {
                Err(error) => {
                    failed = Err(error);
                    return;
                }
                Ok(Some(fault)) => Some(fault),
                Ok(None) => {
                    match goal {
                        Goal::Ids(book) => {
                            id = sheet.book(book).texts.intern(text);
                            former = Some((text, id));
                        }
                        Goal::Serials => pair = serial(sheet, text),
                        Goal::Hashes => pair = (0, xxh3_64(text).max(1)),
                        Goal::Numbers | Goal::Checked => {}
                    }
                    None
                }
            }
        };
        if let Some((reason, shown)) = fault {
            sheet.fault(row, place, reason, shown);
        }
        match goal {
            Goal::Ids(_) => ids.push(id),
            Goal::Numbers => good.push(value),
            Goal::Serials => {
                heads.push(pair.0);
                tails.push(pair.1);
            }
            Goal::Hashes => tails.push(pair.1),
            Goal::Checked => {}
        }
    });
    failed?;
    if matches!(goal, Goal::Numbers) {
        push_numbers(sheet, place, good, rows);
        return Ok(());
    }
    match sheet.columns.get_mut(place) {
        Some(Cells::Code(all) | Cells::Entity(_, all)) => {
            rows.spread(all, ids.into_iter(), NO_CODE);
        }
        Some(Cells::Serial(all_heads, numbers)) => {
            rows.spread(all_heads, heads.into_iter(), NO_CODE);
            rows.spread(numbers, tails.into_iter(), 0);
        }
        Some(Cells::Hash(all)) => rows.spread(all, tails.into_iter(), 0),
        _ => {}
    }
    missing_rows(sheet, place, required, rows);
    Ok(())
}
