//! Rows that leave because of other rows.

use jihe_frame::Codes;
use jihe_intake::{IntakeOptions, MonthSource, Wanted, read_month};
use jihe_terms::schema::TableName;

use crate::month::{
    LINES, ONE_SETTLEMENT, SETTLEMENTS, folder, keys, lines, month_of, month_with, quarantine, read,
};

/// A line of encounter M1, person P1, settlement S1 and price 10.
fn line(key: &str, time: &str, cnt: &str, amount: &str) -> String {
    format!("{key},M1,P1,H1,2026-10-01 {time}:00,A,{cnt},10.00,{amount},S1,\n")
}

fn counts(month: &jihe_frame::NetMonth, table: TableName) -> (u64, u64, u64, u64) {
    let counts = month.counts[&table];
    (counts.read, counts.judged, counts.netted, counts.quarantined)
}

#[test]
fn a_repeated_row_counts_once_and_a_conflict_not_at_all() {
    let text = [
        line("L1", "08:00", "1", "10.00"),
        line("L1", "08:00", "1.0", "10"),
        line("L2", "08:00", "1", "10.00"),
        line("L2", "08:00", "1", "9.00"),
        line("L2", "08:00", "1", "10.00"),
        line("L3", "08:00", "1", "10.00"),
    ];
    let month = read(month_of(&text.concat()).path()).unwrap();
    assert_eq!(keys(&month), "L1 L3");
    assert_eq!(counts(&month, TableName::Lines), (6, 2, 1, 3));
    assert_eq!(month.quarantine.len(), 3);
    assert_eq!(
        quarantine(&month)[0],
        "lines.csv:4 bkkp_sn | same key with different contents | L2"
    );
}

#[test]
fn a_file_delivered_twice_counts_once_however_little_memory_there_is() {
    const N: usize = 55_000;
    let first: String = (0..N).map(|n| line(&format!("L{n}"), "08:00", "1", "10.00")).collect();
    let again = first.replacen("L7,M1,P1,H1,2026-10-01 08", "L7,M1,P1,H1,2026-10-01 09", 1);
    let dir = month_of(&(first + &again));
    let source = MonthSource::Folder(dir.path().to_path_buf());
    let (base, wanted) = (std::sync::Arc::new(Codes::default()), Wanted::all());
    for memory in [None, Some(1 << 20)] {
        let options = IntakeOptions { memory, ..IntakeOptions::new(&base, &wanted) };
        let month = read_month(&source, &options).unwrap();
        let n = u64::try_from(N).unwrap();
        assert_eq!(counts(&month, TableName::Lines), (2 * n, n - 1, n - 1, 2), "{memory:?}");
        let last = format!("lines.csv:{} bkkp_sn | same key with different contents | L7", N + 9);
        assert_eq!(quarantine(&month)[1], last);
    }
}

#[test]
fn void_rows_of_every_table_leave() {
    let persons = "psn_no,gend,vali_flag\nP1,1,1\nP2,2,0\n";
    let diagnoses = "mdtrt_id,diag_code,vali_flag\nM1,I10,1\nM1,Y04,0\n";
    let traces = "drug_trac_codg,bkkp_sn,vali_flag\nT1,L1,0\nT2,L1,1\n";
    let month = read(
        month_with(
            &line("L1", "08:00", "1", "10.00"),
            ONE_SETTLEMENT,
            &[("persons.csv", persons), ("diagnoses.csv", diagnoses), ("trace_codes.csv", traces)],
        )
        .path(),
    )
    .unwrap();
    for table in [TableName::Persons, TableName::Diagnoses, TableName::TraceCodes] {
        assert_eq!(counts(&month, table), (2, 1, 1, 0), "{table:?}");
    }
    let codes = month.diagnoses.as_ref().unwrap().rows.codes("diag_code").unwrap();
    assert_eq!(codes.iter().map(|&code| month.codes.text(code)).collect::<Vec<_>>(), ["I10"]);
}

#[test]
fn settlements_encounters_and_persons_repeat_by_their_own_key() {
    let settlements = format!(
        "{ONE_SETTLEMENT}{ONE_SETTLEMENT}{}",
        "S2,M1,P1,H1,2026-10-05 10:00:00,1,1,1,,\nS2,M1,P1,H1,2026-10-05 10:00:00,2,1,1,,\n"
    );
    let encounters = "mdtrt_id,psn_no,fixmedins_code,med_type,begntime\n\
M1,P1,H1,21,2026-10-01\nM1,P1,H1,21,2026-10-01 00:00:00\n";
    let persons = "psn_no,gend\nP1,1\nP1,2\nP2,1\n";
    let month = read(
        month_with(
            &line("L1", "08:00", "1", "10.00"),
            &settlements,
            &[("encounters.csv", encounters), ("persons.csv", persons)],
        )
        .path(),
    )
    .unwrap();
    assert_eq!(counts(&month, TableName::Settlements), (4, 1, 1, 2));
    assert_eq!(counts(&month, TableName::Encounters), (2, 1, 1, 0));
    assert_eq!(counts(&month, TableName::Persons), (3, 1, 0, 2));
    assert_eq!(month.persons.listed, [false, true]);
    assert_eq!(month.encounters.listed, [true]);
}

#[test]
fn a_fee_number_is_a_key_only_inside_its_encounter() {
    let lines = format!(
        "{}\n1,M1,P1,H1,2026-10-01,A,1,10,10,S1,\n1,M2,P1,H1,2026-10-01,A,1,10,10,,\n",
        LINES.replace("bkkp_sn", "feedetl_sn")
    );
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let files =
        folder(&[("lines.csv", lines.as_bytes()), ("settlements.csv", settlements.as_bytes())]);
    assert_eq!(keys(&read(files.path()).unwrap()), "1 1");
    // Beside the key of the warehouse it is a number of its own.
    let both = format!("{LINES},feedetl_sn\nL1,M1,P1,H1,2026-10-01,A,1,10,10,S1,,1\n");
    let files =
        folder(&[("lines.csv", both.as_bytes()), ("settlements.csv", settlements.as_bytes())]);
    assert_eq!(keys(&read(files.path()).unwrap()), "L1");
}

#[test]
fn void_rows_leave() {
    let lines = format!(
        "{LINES},vali_flag\nL1,M1,P1,H1,2026-10-01,A,1,10,10,S1,,1\n\
L2,M1,P1,H1,2026-10-01,A,1,10,10,S1,,0\nL3,M1,P1,H1,2026-10-01,A,1,10,10,S1,,\n"
    );
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let files =
        folder(&[("lines.csv", lines.as_bytes()), ("settlements.csv", settlements.as_bytes())]);
    let month = read(files.path()).unwrap();
    assert_eq!(keys(&month), "L1 L3");
    assert_eq!(counts(&month, TableName::Lines), (3, 2, 1, 0));
}

#[test]
fn rows_of_unknown_institutions_are_put_aside() {
    let files = month_of(&format!(
        "{}{}",
        line("L1", "08:00", "1", "10.00"),
        line("L2", "08:00", "1", "10.00").replace("H1", "H9")
    ));
    let mut codes = Codes::default();
    codes.intern(b"other");
    let known = [codes.intern(b"H1")];
    let codes = std::sync::Arc::new(codes);
    let wanted = Wanted::all();
    let options =
        IntakeOptions { institutions: Some(&known), ..IntakeOptions::new(&codes, &wanted) };
    let month = read_month(&MonthSource::Folder(files.path().to_owned()), &options).unwrap();
    assert_eq!(
        quarantine(&month),
        ["lines.csv:3 fixmedins_code | institution is not in the reference table | H9"]
    );
}

#[test]
fn a_refund_takes_its_original_and_the_lines_of_both_away() {
    let settlements = format!(
        "{ONE_SETTLEMENT}S2,M1,P1,H1,2026-10-06 10:00:00,-100,-90,-80,1,S1\n\
S3,M1,P1,H1,2026-10-06 11:00:00,-7,-6,-5,1,S8\nS4,M1,P1,H1,2026-10-06 11:00:00,-1,0,0,0,\n"
    );
    let text = [
        line("L1", "08:00", "1", "10.00"),
        line("L2", "08:00", "-1", "-10.00").replace("S1", "S2"),
        line("L3", "08:00", "-1", "-10.00").replace("S1", "S3"),
        line("L4", "08:00", "1", "10.00").replace("S1", "S7"),
    ];
    let month = read(month_with(&text.concat(), &settlements, &[]).path()).unwrap();
    assert_eq!(keys(&month), "L4");
    assert_eq!(counts(&month, TableName::Lines), (4, 1, 3, 0));
    assert_eq!(counts(&month, TableName::Settlements), (4, 1, 3, 0));
    let listed = (0..month.settlements.len()).filter(|&row| month.settlements.listed[row]);
    let listed: Vec<&str> = listed.map(|row| month.settlements.ids.text(row)).collect();
    assert_eq!(listed, ["S4"]);
    let reversal = &month.reversals[0];
    assert_eq!((month.reversals.len(), reversal.key.as_str()), (1, "S3"));
    assert_eq!((reversal.amount_fen, reversal.fund_fen), (-700, -500));
}

#[test]
fn lines_of_another_person_are_put_aside() {
    let encounters = "mdtrt_id,psn_no,fixmedins_code,med_type,begntime\nM1,P1,H1,21,2026-10-01\n";
    let text = [
        line("L1", "08:00", "1", "10.00"),
        line("L2", "08:00", "1", "10.00").replace("P1", "P2"),
        line("L3", "08:00", "1", "10.00").replace("P1", "P2").replace("M1", "M2"),
        line("L4", "08:00", "1", "10.00")
            .replace("P1", "P2")
            .replace("M1", "M2")
            .replace("S1", "S2"),
    ];
    let files = month_with(&text.concat(), ONE_SETTLEMENT, &[("encounters.csv", encounters)]);
    let month = read(files.path()).unwrap();
    assert_eq!(keys(&month), "L1 L4");
    assert_eq!(
        quarantine(&month),
        [
            "lines.csv:3 mdtrt_id | encounter is of another person | M1",
            "lines.csv:4 setl_id | settlement is of another person | S1",
        ]
    );
    assert_eq!(month.encounters.listed, [true, false]);
    assert_eq!(month.encounters.person, [0, 1]);
    assert_eq!(month.settlements.encounter, [0, 1]);
}

#[test]
fn a_reversal_lowers_the_nearest_earlier_line_with_enough_left() {
    let text = [
        line("L1", "08:00", "3", "30.00"),
        line("L2", "09:00", "1", "10.00"),
        line("L3", "10:00", "-2", "-20.00"),
        line("L4", "11:00", "-1", "-10.00"),
        line("L5", "12:00", "-2", "-20.00"),
        line("L6", "13:00", "2", "20.00"),
    ];
    let month = read(month_of(&text.concat()).path()).unwrap();
    assert_eq!(lines(&month), ["L1 1.0000 10.00 10.00", "L6 2.0000 20.00 20.00"]);
    assert_eq!(counts(&month, TableName::Lines), (6, 2, 4, 0));
    let lost: Vec<_> =
        month.reversals.iter().map(|lost| (lost.key.as_str(), lost.amount_fen)).collect();
    assert_eq!(lost, [("L5", -2000)]);
}

#[test]
fn an_amount_without_units_stays_billed() {
    let left_of = |reversals: &[String]| {
        let text = format!("{}{}", line("L1", "08:00", "3", "30.00"), reversals.concat());
        let month = read(month_of(&text).path()).unwrap();
        (lines(&month).join(", "), counts(&month, TableName::Lines), month.reversals.len())
    };
    let (left, n_rows, n_lost) = left_of(&[line("L2", "09:00", "-3", "-20.00")]);
    assert_eq!((left.as_str(), n_rows, n_lost), ("L1 0.0000 10.00 10.00", (2, 1, 1, 0), 0));
    // Of a line without units no more can be reversed.
    let twice = [line("L2", "09:00", "-3", "-20.00"), line("L3", "10:00", "-1", "-10.00")];
    let (left, n_rows, n_lost) = left_of(&twice);
    assert_eq!((left.as_str(), n_rows, n_lost), ("L1 0.0000 10.00 10.00", (3, 1, 2, 0), 1));
    let (left, n_rows, n_lost) = left_of(&[line("L2", "09:00", "-3", "-30.00")]);
    assert_eq!((left.as_str(), n_rows, n_lost), ("", (2, 0, 2, 0), 0));
}

#[test]
fn another_encounter_item_or_price_is_not_reversed() {
    for (from, to) in [("M1", "M2"), (",A,", ",B,"), (",10.00,-", ",11.00,-")] {
        let text = format!(
            "{}{}",
            line("L1", "08:00", "1", "10.00"),
            line("L2", "09:00", "-1", "-10.00").replace(from, to)
        );
        let month = read(month_of(&text).path()).unwrap();
        assert_eq!((keys(&month).as_str(), month.reversals.len()), ("L1", 1));
    }
}

#[test]
fn a_reversal_with_a_name_takes_that_line_or_none() {
    let header = format!("{LINES},init_feedetl_sn");
    let with = |text: &str, init: &str| format!("{},{init}\n", text.trim_end());
    let lines_of = |reversal: &str, init: &str| {
        let text = [
            with(&line("L1", "08:00", "2", "20.00"), ""),
            with(&line("L2", "09:00", "2", "20.00"), ""),
            with(reversal, init),
        ];
        let table = format!("{header}\n{}", text.concat());
        let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
        let files =
            folder(&[("lines.csv", table.as_bytes()), ("settlements.csv", settlements.as_bytes())]);
        let month = read(files.path()).unwrap();
        (lines(&month).join(", "), month.reversals.first().map(|lost| lost.reason.clone()))
    };
    let reversal = line("R", "10:00", "-1", "-10.00");
    let (left, lost) = lines_of(&reversal, "L1");
    assert_eq!((left.as_str(), lost), ("L1 1.0000 10.00 10.00, L2 2.0000 20.00 20.00", None));
    let (left, lost) = lines_of(&reversal, "L9");
    assert!(left.contains("L1 2.0000") && left.contains("L2 2.0000"));
    assert_eq!(lost.unwrap(), "the line it names is not in the month");
    let (_, lost) = lines_of(&line("R", "10:00", "-3", "-30.00"), "L1");
    assert_eq!(lost.unwrap(), "the line it names has too little left");
    let (left, _) = lines_of(&line("R", "10:00", "-2", "-20.00"), "L2");
    assert_eq!(left, "L1 2.0000 20.00 20.00");
}

#[test]
fn a_reversal_names_a_number_of_its_visit_where_lines_have_one_beside_their_key() {
    // Visits M1 and M2 both have a number 1; one line of the person has 2 for its key.
    let read_with = |init: &str, own: &str| {
        let with =
            |text: &str, number: &str, init: &str| format!("{},{number},{init}\n", text.trim_end());
        let text = [
            with(&line("K1", "08:00", "2", "20.00").replace("M1", "M2"), "1", ""),
            with(&line("K2", "08:30", "2", "20.00"), "1", ""),
            with(&line("2", "09:00", "2", "20.00"), "7", ""),
            with(&line("K4", "09:30", "2", "20.00"), "2", ""),
            with(&line("R", "10:00", "-1", "-10.00"), own, init),
        ];
        let table = format!("{LINES},feedetl_sn,init_feedetl_sn\n{}", text.concat());
        let month = read(month_with("", ONE_SETTLEMENT, &[("lines.csv", &table)]).path()).unwrap();
        let cut = lines(&month).into_iter().filter(|line| line.contains(" 1.0000 "));
        let cut: Vec<String> = cut.map(|line| line.split(' ').take(1).collect()).collect();
        (cut.concat(), month.reversals.len())
    };
    assert_eq!(read_with("1", "9"), ("K2".to_owned(), 0));
    assert_eq!(read_with("2", "9"), ("K4".to_owned(), 0));
    // A name that no number is may be a key; so is any of a reversal without a number.
    assert_eq!(read_with("K1", "9"), ("K1".to_owned(), 0));
    assert_eq!(read_with("2", ""), ("2".to_owned(), 0));
    assert_eq!(read_with("5", "9"), (String::new(), 1));
}

#[test]
fn a_reversal_with_a_positive_amount_is_put_aside() {
    let text =
        format!("{}{}", line("L1", "08:00", "1", "10.00"), line("L2", "09:00", "-1", "10.00"));
    let month = read(month_of(&text).path()).unwrap();
    assert_eq!(keys(&month), "L1");
    assert_eq!(month.quarantine.get(0).unwrap().reason, "reversal with a positive amount");
}

#[test]
fn a_line_of_no_quantity_stays_for_itself() {
    let month = read(month_of(&line("L1", "08:00", "0", "0")).path()).unwrap();
    assert_eq!(lines(&month), ["L1 0.0000 0.00 0.00"]);
}

#[test]
fn many_reversals_of_one_group_are_taken_one_by_one() {
    let mut text = String::new();
    for n in 0..3000 {
        let clock = format!("{:02}:{:02}", n / 60 % 12, n % 60);
        text.push_str(&line(&format!("A{n:05}"), &clock, "1", "10.00"));
        text.push_str(&line(&format!("R{n:05}"), "23:00", "-1", "-10.00"));
    }
    let month = read(month_of(&text).path()).unwrap();
    assert!(month.lines.is_empty() && month.reversals.is_empty());
    assert_eq!(counts(&month, TableName::Lines), (6000, 0, 6000, 0));
}

#[test]
fn trace_codes_meet_their_lines_once() {
    let traces = "drug_trac_codg,bkkp_sn,trdn_flag\nT1,L2,0\nT1,L1,\nT1,L1,1\nT2,L9,\n";
    let text =
        format!("{}{}", line("L1", "08:00", "1", "10.00"), line("L2", "09:00", "1", "10.00"));
    let files = month_with(&text, ONE_SETTLEMENT, &[("trace_codes.csv", traces)]);
    let month = read(files.path()).unwrap();
    let traces = month.traces.unwrap();
    assert_eq!((traces.line, traces.split), (vec![0, 1], vec![true, false]));
    assert_eq!(traces.code.text(1), "T1");
}

#[test]
fn the_settlement_tells_which_of_several_lines_a_trace_code_names() {
    use jihe_frame::Doubt::{NoFlag, NoLine};
    let header = LINES.replace("bkkp_sn", "feedetl_sn");
    let row = |nth: u32, day: u32| {
        format!("7,M{nth},P{nth},H1,2026-10-0{day} 08:00:00,A,1,10.00,10.00,S{nth},\n")
    };
    let settlements = format!(
        "{SETTLEMENTS}\nS1,M1,P1,H1,2026-10-05 10:00:00,1,1,1,,\nS2,M2,P2,H1,2026-10-05 10:00:00,1,1,1,,\n"
    );
    let traces = "drug_trac_codg,bkkp_sn,setl_id\nT1,7,S2\nT2,7,\nT3,7,S9\nT3,7,S1\nT4,8,S1\n";
    for order in [[1, 2], [2, 1]] {
        let lines = order.map(|nth| row(nth, nth));
        let files = [
            ("lines.csv", format!("{header}\n{}", lines.concat())),
            ("settlements.csv", settlements.clone()),
            ("trace_codes.csv", traces.to_owned()),
        ];
        let files = folder(&files.each_ref().map(|(name, text)| (*name, text.as_bytes())));
        let found = read(files.path()).unwrap().traces.unwrap();
        let codes: Vec<String> = found.code.iter().collect();
        assert_eq!(found.line, [0, 0, 1, 1]);
        assert_eq!(codes, ["T2", "T3", "T1", "T2"]);
        assert_eq!(found.doubt, [NoLine, NoFlag, NoFlag, NoLine]);
    }
}

#[test]
fn diagnoses_come_by_encounter_number_and_code() {
    let diagnoses = "mdtrt_id,diag_code,diag_srt_no\nM1,I10,2\nM1,E11,\nM0,J18,1\nM1,J18,01\n";
    let text = line("L1", "08:00", "1", "10.00");
    let month =
        read(month_with(&text, ONE_SETTLEMENT, &[("diagnoses.csv", diagnoses)]).path()).unwrap();
    let diagnoses = month.diagnoses.unwrap();
    assert_eq!(diagnoses.encounter, [0, 1, 1, 1]);
    let codes = diagnoses.rows.codes("diag_code").unwrap();
    let codes: Vec<_> = codes.iter().map(|&code| month.codes.text(code)).collect();
    assert_eq!(codes, ["J18", "J18", "I10", "E11"]);
}
