//! The tables that can be filled, with their columns as the interface names them.

/// A table.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Shape {
    /// Its name, the stem of its file.
    pub(crate) name: &'static str,
    /// Key columns first, then values.
    pub(crate) columns: &'static [&'static str],
    /// How many columns are the key.
    pub(crate) n_keys: usize,
    /// Whether it belongs to the reference folder.
    pub(crate) reference: bool,
}

/// Columns that every row has after its own.
pub(crate) const DATED: [&str; 3] = ["begndate", "enddate", "basis"];

const fn pack(name: &'static str, columns: &'static [&'static str], n_keys: usize) -> Shape {
    Shape { name, columns, n_keys, reference: false }
}

const fn reference(name: &'static str, columns: &'static [&'static str], n_keys: usize) -> Shape {
    Shape { name, columns, n_keys, reference: true }
}

pub(crate) static CONTAINED: Shape = pack("contained", &["item_a", "item_b", "window"], 3);
pub(crate) static ITEM_SEX: Shape = pack("item_sex", &["hilist_code", "gend"], 1);
pub(crate) static ITEM_AGE: Shape =
    pack("item_age", &["hilist_code", "age_min", "age_max", "unit"], 1);
pub(crate) static ITEM_AGE_FORBIDDEN: Shape =
    pack("item_age_forbidden", &["hilist_code", "age_min", "unit", "age_max"], 3);
pub(crate) static ITEM_LEVEL: Shape = pack("item_level", &["hilist_code", "level_min"], 1);
/// One row for each allowed value; the rows of an item stand or fall together.
pub(crate) static ITEM_VISIT: Shape = pack("item_visit", &["hilist_code", "med_type"], 1);
/// One row for each allowed value; the rows of an item stand or fall together.
pub(crate) static ITEM_SCHEME: Shape = pack("item_scheme", &["hilist_code", "insutype"], 1);
pub(crate) static ITEM_QUANTITY: Shape =
    pack("item_quantity", &["hilist_code", "per", "window", "max"], 3);
pub(crate) static ITEM_HOURS: Shape = pack("item_hours", &["hilist_code"], 1);
pub(crate) static ITEM_PERIOD: Shape =
    pack("item_period", &["hilist_code", "period_days", "max_count"], 1);
pub(crate) static ITEM_COURSE: Shape = pack("item_course", &["hilist_code", "course_days"], 1);
/// An operation may belong to several groups.
pub(crate) static OPERATION_GROUP: Shape =
    pack("operation_group", &["hilist_code", "group", "discount"], 2);
pub(crate) static HERB_NOT_PAYABLE: Shape = pack("herb_not_payable", &["hilist_code"], 1);
pub(crate) static HERB_ALONE: Shape = pack("herb_alone", &["hilist_code"], 1);
pub(crate) static ITEM_INDICATION: Shape = pack("item_indication", &["hilist_code", "set"], 2);
pub(crate) static DIAGNOSIS_SET: Shape = pack("diagnosis_set", &["set", "diag_code"], 2);
pub(crate) static INTERNET_FORBIDDEN: Shape = pack("internet_forbidden", &["hilist_code"], 1);
pub(crate) static ITEM_SECOND_LINE: Shape = pack("item_second_line", &["hilist_code"], 1);
pub(crate) static PRICE_LIMITS: Shape = reference(
    "price_limits",
    &["hilist_code", "hilist_lmtpric_type", "lmtpric_hosp_lv", "hilist_pric_uplmt_amt"],
    3,
);
pub(crate) static CATALOGUE: Shape = reference(
    "catalogue",
    &["hilist_code", "hilist_name", "list_type", "med_chrgitm_type", "chrgitm_lv"],
    1,
);

/// What no table holds of knowledge points: rows of any table of a pack, their cells in its order.
pub(crate) static POINTS: Shape =
    pack("points", &["table", "cell_1", "cell_2", "cell_3", "cell_4"], 1);

/// Every table of a pack.
pub(crate) static OF_PACKS: [&Shape; 18] = [
    &CONTAINED,
    &ITEM_SEX,
    &ITEM_AGE,
    &ITEM_AGE_FORBIDDEN,
    &ITEM_LEVEL,
    &ITEM_VISIT,
    &ITEM_SCHEME,
    &ITEM_QUANTITY,
    &ITEM_HOURS,
    &ITEM_PERIOD,
    &ITEM_COURSE,
    &OPERATION_GROUP,
    &HERB_NOT_PAYABLE,
    &HERB_ALONE,
    &ITEM_INDICATION,
    &DIAGNOSIS_SET,
    &INTERNET_FORBIDDEN,
    &ITEM_SECOND_LINE,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_every_table_of_a_pack_have_room_among_the_points() {
        for shape in OF_PACKS {
            assert!(shape.columns.len() < POINTS.columns.len(), "{}", shape.name);
        }
    }
}
