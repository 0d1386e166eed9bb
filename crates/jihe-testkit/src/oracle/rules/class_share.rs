//! class-share: the share of a class of items in all that an institution billed.

use std::collections::BTreeSet;

use crate::oracle::context::{Context, Verdicts, cell};
use crate::oracle::houses::{How, Sums, add, compare};
use crate::oracle::month::Line;
use crate::oracle::table::row_in_force;

/// Judges every institution and class.
pub fn judge(context: &Context<'_>) -> Verdicts {
    let mut verdicts = Verdicts::default();
    let table = context.pack.table("share_class");
    // Without a class there is nothing to ask.
    if table.is_empty() {
        return verdicts;
    }
    let classes: BTreeSet<String> = table.iter().map(|row| cell(row, "class").to_owned()).collect();
    let classes: Vec<String> = classes.into_iter().collect();
    let mut sums = Sums::new();
    for (_, line) in context.lines() {
        let mut of_line = Vec::new();
        let mut is_known = true;
        for class in &classes {
            match belongs(context, line, class) {
                Some(true) => of_line.push((class.clone(), line.det_item_fee_sumamt)),
                Some(false) => {}
                None => is_known = false,
            }
        }
        if is_known {
            let both = (of_line.as_slice(), line.det_item_fee_sumamt);
            add(&mut sums, &line.fixmedins_code, line.day(), both);
        } else {
            verdicts.not_evaluable.push(line.bkkp_sn.clone());
        }
    }
    compare(
        context,
        &sums,
        &How { classes, factor: 1_000_000, shown_by: 1, is_high: true },
        &mut verdicts,
    );
    verdicts
}

/// Whether some row of the class fits; `None` if one would fit were the missing known.
fn belongs(context: &Context<'_>, line: &Line, class: &str) -> Option<bool> {
    let mut in_doubt = false;
    for row in context.pack.table("share_class") {
        if cell(row, "class") != class || !row_in_force(row, line.day()) {
            continue;
        }
        let fits = [
            Some(line.hilist_code.starts_with(cell(row, "item_begins"))),
            same(cell(row, "list_type"), context.list_type(line)),
            same(cell(row, "med_chrgitm_type"), context.charge_type(line)),
        ];
        if fits.iter().all(|one| *one == Some(true)) {
            return Some(true);
        }
        in_doubt |= !fits.contains(&Some(false));
    }
    (!in_doubt).then_some(false)
}

fn same(wanted: &str, own: Option<String>) -> Option<bool> {
    if wanted.is_empty() { Some(true) } else { own.map(|own| own == wanted) }
}
