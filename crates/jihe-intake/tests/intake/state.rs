//! A month after another.

use jihe_frame::Codes;
use jihe_intake::{IntakeOptions, MonthSource, Wanted, read_month};
use jihe_terms::schema::TableName;

use crate::month::{keys, month_with};

#[test]
fn rows_of_the_state_stand_beside_the_month_and_are_not_counted() {
    let line = |key: &str, cnt: &str| {
        format!("{key},M1,P1,H1,2026-09-30 08:00:00,A,{cnt},10.00,{cnt}0.00,S1,\n")
    };
    let settlement = "S1,M1,P1,H1,2026-09-30 10:00:00,100,90,80,,\n";
    let state = month_with(
        &[line("L1", "2"), line("L2", "1")].concat(),
        settlement,
        &[("persons.csv", "psn_no,gend\nP1,1\nP2,1\n")],
    );
    let month = month_with(
        &[line("L1", "3"), line("L3", "1"), line("L4", "-1")].concat(),
        &settlement.replace("S1", "S2"),
        &[("persons.csv", "psn_no,gend\nP1,2\n")],
    );
    let (codes, wanted) = (std::sync::Arc::new(Codes::default()), Wanted::all());
    let options =
        IntakeOptions { state: Some(state.path()), ..IntakeOptions::new(&codes, &wanted) };
    let source = MonthSource::Folder(month.path().to_owned());
    let net = read_month(&source, &options).unwrap();
    assert_eq!(keys(&net), "L1 L2");
    assert_eq!(net.lines.all().unwrap()[0].carried, [true, true]);
    let counts = net.counts[&TableName::Lines];
    assert_eq!((counts.read, counts.judged, counts.netted), (3, 0, 3));
    let gend = net.persons.rows.codes("gend").unwrap();
    let gend: Vec<_> = gend.iter().map(|&code| net.codes.text(code)).collect();
    assert_eq!(gend, ["2", "1"]);
    assert_eq!(net.persons.carried, [false, true]);
    assert_eq!(net.settlements.carried, [true, false]);
}
