//! A month of Arrow batches is refused for what an opened month would be.

use std::fs;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};
use jihe::{Engine, Month, Options, Pack, Reference, TableName};

use crate::values::write_pack;

/// A batch without rows that has the columns which its table must have, but for one.
fn batch(table: TableName, without: &str) -> Vec<RecordBatch> {
    let names = table.columns().iter().filter(|column| column.required && column.name != without);
    let fields = names.map(|column| Field::new(column.name, DataType::Utf8, true));
    vec![RecordBatch::new_empty(Arc::new(Schema::new(fields.collect::<Vec<_>>())))]
}

#[test]
fn batches_are_refused_for_what_files_would_be_and_where_they_are_of_the_reference() {
    let dir = tempfile::tempdir().unwrap();
    let [pack, reference] = ["pack", "reference"].map(|name| dir.path().join(name));
    let question = "[line]\nhit = \"cnt > 1\"\ncut = \"whole\"\n";
    write_pack(&pack, ("line", "definite"), question, ("", ""));
    fs::create_dir_all(&reference).unwrap();
    fs::write(reference.join("institutions.csv"), "fixmedins_code\nH1\n").unwrap();
    let engine =
        Engine::compile(&Pack::load(&pack).unwrap(), &Reference::open(&reference).unwrap());
    let engine = engine.unwrap();
    let told = |month: &Month| match engine.score(month, &Options::default()) {
        Ok(_) => String::new(),
        Err(error) => {
            assert!(error.is_input());
            error.to_string()
        }
    };
    let of = |table| batch(table, "");
    let (lines, settlements) = (TableName::Lines, TableName::Settlements);
    let whole = || Month::from_batches(of(lines), of(settlements));
    assert_eq!(told(&whole()), "");
    for (month, why) in [
        (Month::from_batches(Vec::new(), of(settlements)), "table is missing: lines"),
        (Month::from_batches(of(lines), Vec::new()), "table is missing: settlements"),
        (Month::from_batches(batch(lines, "cnt"), of(settlements)), "column is missing: cnt"),
        (
            whole().with_table(TableName::Institutions, of(TableName::Institutions)),
            "table is none of a month: institutions",
        ),
        (
            whole().with_table(TableName::PriceLimits, Vec::new()),
            "table is none of a month: price_limits",
        ),
    ] {
        let told = told(&month);
        assert!(told.contains(why), "{why} is not in {told}");
    }
    // A table without a batch is not there.
    assert_eq!(told(&whole().with_table(TableName::Persons, Vec::new())), "");
}
