//! A month of Arrow batches is refused for what an opened month would be; a reference folder whose rows
//! contradict each other is told of.

use std::fs;
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray, StringViewArray};
use arrow_schema::{DataType, Field, Schema};
use jihe::{Day, Engine, Month, Options, Pack, Reference, TableName};

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
        (
            whole().with_table(TableName::Reviews, Vec::new()),
            "it comes after a run; name its file in the options",
        ),
    ] {
        let told = told(&month);
        assert!(told.contains(why), "{why} is not in {told}");
    }
    // A table without a batch is not there.
    assert_eq!(told(&whole().with_table(TableName::Persons, Vec::new())), "");
}

/// Lines of one unit by key and price.
fn lines(rows: &[(&str, &str)]) -> RecordBatch {
    let value = |name: &str, (key, price): (&str, &str)| match name {
        "bkkp_sn" => key.to_owned(),
        "fee_ocur_time" => "2026-10-01 08:00:00".to_owned(),
        "cnt" => "1".to_owned(),
        "pric" | "det_item_fee_sumamt" => price.to_owned(),
        name => format!("{name}1"),
    };
    let names: Vec<&str> = TableName::Lines
        .columns()
        .iter()
        .filter(|column| column.required)
        .map(|column| column.name)
        .collect();
    let column = |name: &&str| {
        let texts: StringArray = rows.iter().map(|&row| Some(value(name, row))).collect();
        Arc::new(texts) as ArrayRef
    };
    let fields: Vec<Field> =
        names.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let columns = names.iter().map(column).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
}

#[test]
fn a_batch_is_named_by_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let [pack, reference] = ["pack", "reference"].map(|name| dir.path().join(name));
    write_pack(
        &pack,
        ("line", "definite"),
        "[line]\nhit = \"cnt > 1\"\ncut = \"whole\"\n",
        ("", ""),
    );
    fs::create_dir_all(&reference).unwrap();
    let engine =
        Engine::compile(&Pack::load(&pack).unwrap(), &Reference::open(&reference).unwrap());
    let engine = engine.unwrap();
    let named = |lines: RecordBatch| {
        let month = Month::from_batches(vec![lines], batch(TableName::Settlements, ""));
        let outcome = engine.score(&month, &Options::default()).unwrap();
        let inputs = &outcome.month().inputs;
        let input = inputs.iter().find(|input| input.table == TableName::Lines).unwrap();
        assert_eq!(input.digest.len(), 64);
        (input.n_rows, input.n_bytes, input.digest.clone())
    };
    let all = [("A", "1.00"), ("B", "2.00"), ("C", "3.00")];
    let two = named(lines(&all[1..]));
    assert_eq!(two, named(lines(&all).slice(1, 2)));
    assert_ne!(two, named(lines(&[("B", "2.00"), ("C", "3.01")])));
    assert_ne!(two, named(lines(&all)));
    // Whatever else its arrays hold, and however they hold it.
    let with_orders = |orders: &[Option<&str>], is_view: bool| {
        let lines = lines(&all);
        let mut fields: Vec<Field> =
            lines.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let texts: ArrayRef = if is_view {
            Arc::new(orders.iter().copied().collect::<StringViewArray>())
        } else {
            Arc::new(orders.iter().copied().collect::<StringArray>())
        };
        fields.push(Field::new("rx_drord_no", texts.data_type().clone(), true));
        let mut columns = lines.columns().to_vec();
        columns.push(texts);
        RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap()
    };
    let far = "an order number of more than twelve bytes";
    for is_view in [false, true] {
        let [one, other] = [[None, Some("R1"), Some(far)], [None, Some("R1"), None]]
            .map(|orders| named(with_orders(&orders, is_view).slice(0, 2)));
        assert_eq!(one, other);
        assert_ne!(one, named(with_orders(&[None, Some(far), None], is_view).slice(0, 2)));
    }
}

#[test]
fn rows_of_one_key_and_day_that_say_different_things_are_named_by_the_check() {
    let dir = tempfile::tempdir().unwrap();
    let [pack, reference] = ["pack", "reference"].map(|name| dir.path().join(name));
    let question = "[line]\nhit = \"cnt > 1\"\ncut = \"whole\"\n";
    write_pack(&pack, ("line", "definite"), question, ("", ""));
    fs::create_dir_all(&reference).unwrap();
    let levels = "fixmedins_code,lmtpric_hosp_lv,begndate,enddate\n\
                  H1,1,2026-01-01,2026-03-01\nH1,2,2026-03-01,\nH2,1,,\nH2,1,,\nH3,1,,\nH3,3,,\n";
    fs::write(reference.join("institutions.csv"), levels).unwrap();
    let items = "hilist_code,hilist_name\nA,甲\nA,乙\n";
    fs::write(reference.join("catalogue.csv"), items).unwrap();
    // Of one person at one institution registrations that follow one another say no different things.
    let staff = "prac_psn_code,prac_psn_type,fixmedins_code,begntime,endtime\n\
                 D1,1,H1,2020-01-01,2021-12-31\nD1,2,H1,2022-01-01,\nD1,2,H2,,\n\
                 D2,1,H1,,2022-01-01\nD2,3,H1,2022-01-01,\nD3,1,H1,,\nD3,1,H1,,\n";
    fs::write(reference.join("practitioners.csv"), staff).unwrap();
    let map = "fixmedins_code,medins_list_codg,med_list_codg,begndate,enddate\n\
               H1,a,A,,2026-01-01\nH1,a,B,2026-01-01,\nH2,a,C,,\nH1,a,D,2026-02-01,\n\
               H1,e,E,2026-02-30,\n";
    fs::write(reference.join("item_map.csv"), map).unwrap();
    let reference = Reference::open(&reference).unwrap();
    let day = Day::parse("2026-04-01").unwrap();
    let all = jihe::check_on(&pack, day, Some(&reference));
    let named = all.iter().filter(|one| one.code == "contradiction");
    let named: Vec<_> = named
        .map(|one| {
            let file = one.file.rsplit('/').next().unwrap().to_owned();
            (file, one.line, one.what.rsplit(": ").next().unwrap().to_owned())
        })
        .collect();
    let expected = [
        ("institutions.csv".to_owned(), 7, "institutions.csv row 6".to_owned()),
        ("practitioners.csv".to_owned(), 6, "practitioners.csv row 5".to_owned()),
        ("catalogue.csv".to_owned(), 3, "catalogue.csv row 2".to_owned()),
        ("item_map.csv".to_owned(), 5, "item_map.csv row 3".to_owned()),
    ];
    assert_eq!(named, expected);
    let aside: Vec<_> = all.iter().filter(|one| one.code == "put-aside").collect();
    let [one] = aside[..] else { panic!("one row is put aside: {aside:?}") };
    assert!(one.file.ends_with("item_map.csv") && one.line == 6, "{one:?}");
    assert!(one.what.contains("begndate: no such day"), "{one:?}");
}
