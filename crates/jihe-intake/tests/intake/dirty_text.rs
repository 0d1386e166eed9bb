//! Text files as they really arrive.

use jihe_intake::Encoding;

use crate::month::{
    LINES, ONE_SETTLEMENT, SETTLEMENTS, dump, folder, keys, lines, month_of, quarantine, read,
    read_in,
};

const GOOD: &str = "L1,M1,P1,H1,2026-10-01 08:00:00,A,1,10.00,10.00,S1,8.00";

/// Reads a good line and one with a cell replaced; gives the reason that puts the second aside.
fn fate_of(column: &str, value: &str) -> String {
    let place = LINES.split(',').position(|name| name == column).unwrap();
    let mut cells: Vec<&str> = GOOD.split(',').collect();
    cells[0] = "L2";
    cells[place] = value;
    let month = read(month_of(&format!("{GOOD}\n{}\n", cells.join(","))).path()).unwrap();
    let aside: Vec<_> = month.quarantine.iter().collect();
    match aside[..] {
        [] => "good".to_owned(),
        [defect] => {
            assert_eq!((defect.row, defect.column), (3, column));
            assert_eq!(
                defect.value,
                if matches!(value, "NULL" | "null") { "" } else { value }.replace('"', "")
            );
            defect.reason.to_owned()
        }
        _ => panic!("one row has one defect"),
    }
}

#[test]
fn a_cell_is_read_exactly_or_its_row_is_put_aside() {
    const PLAIN: &str = "not a plain value of this type";
    const DECIMALS: &str = "more decimals than the column holds";
    const DAY: &str = "no such day or time";
    const MISSING: &str = "value is missing";
    for (column, value, fate) in [
        ("det_item_fee_sumamt", "10", "good"),
        ("det_item_fee_sumamt", "10.000", "good"),
        ("det_item_fee_sumamt", "12.345", DECIMALS),
        ("det_item_fee_sumamt", "\"1,234.50\"", PLAIN),
        ("det_item_fee_sumamt", "￥12", PLAIN),
        ("det_item_fee_sumamt", "１２", PLAIN),
        ("det_item_fee_sumamt", "(12.00)", PLAIN),
        ("det_item_fee_sumamt", "1e5", PLAIN),
        ("det_item_fee_sumamt", "NaN", PLAIN),
        ("det_item_fee_sumamt", "-", PLAIN),
        ("det_item_fee_sumamt", " 12", PLAIN),
        ("det_item_fee_sumamt", "", MISSING),
        ("det_item_fee_sumamt", "NULL", MISSING),
        ("det_item_fee_sumamt", "99999999999999999.00", "more digits than the column holds"),
        ("det_item_fee_sumamt", "-10.00", "negative amount on a positive line"),
        ("cnt", "+1", "good"),
        ("cnt", "0.0001", "good"),
        ("cnt", "0.00001", DECIMALS),
        ("cnt", "0", "good"),
        ("pric", "-1.000000", "negative price"),
        ("inscp_scp_amt", "NULL", "good"),
        ("inscp_scp_amt", "10.01", "good"),
        ("inscp_scp_amt", "abc", PLAIN),
        ("fee_ocur_time", "2026-10-01", "good"),
        ("fee_ocur_time", "2026-10-01T08:00:00", "good"),
        ("fee_ocur_time", "2026-10-01 08:00", PLAIN),
        ("fee_ocur_time", "2026-10-01 08:00:00.0", PLAIN),
        ("fee_ocur_time", "2026-10-01T08:00:00Z", PLAIN),
        ("fee_ocur_time", "2026-10-1 08:00:00", PLAIN),
        ("fee_ocur_time", "20261001", PLAIN),
        ("fee_ocur_time", "Null", PLAIN),
        ("fee_ocur_time", "1799-12-31 08:00:00", DAY),
        ("fee_ocur_time", "2025-02-30 00:00:00", DAY),
        ("fee_ocur_time", "0000-00-00 00:00:00", DAY),
        ("fee_ocur_time", "2026/10/01 08:00:00", PLAIN),
        ("fee_ocur_time", "45931", PLAIN),
        ("hilist_code", "", MISSING),
        ("hilist_code", "null", MISSING),
        ("setl_id", "", "good"),
    ] {
        assert_eq!(fate_of(column, value), fate, "{column} {value}");
    }
    assert_eq!(fate_of("hilist_code", &"x".repeat(200)), "good");
}

#[test]
fn a_code_of_more_than_200_bytes_is_put_aside() {
    let long = "x".repeat(201);
    let month = read(month_of(&GOOD.replace(",A,", &format!(",{long},"))).path()).unwrap();
    assert_eq!(month.quarantine.get(0).unwrap().reason, "longer than 200 bytes");
    assert_eq!(month.quarantine.get(0).unwrap().value.len(), 200);
}

#[test]
fn a_bad_row_never_takes_the_next_with_it() {
    let rows: Vec<String> = (1..=9).map(|n| GOOD.replace("L1", &format!("L{n}"))).collect();
    let text = [
        rows[0].clone(),
        String::new(),
        rows[1].replace(",A,", ",A"),
        rows[2].replace(",A,", ",A\"B,"),
        rows[3].replace(",A,", ",\"A\"B,"),
        rows[4].replace(",A,", ",A\0,"),
        rows[5].replace(",A,", ",A\t,"),
        rows[6].replace(",A,", ",\"A,\"\"x\"\"\","),
        rows[7].clone(),
    ]
    .join("\n");
    let month = read(month_of(&text).path()).unwrap();
    assert_eq!(keys(&month), "L1 L7 L8");
    let reasons: Vec<String> = month
        .quarantine
        .iter()
        .map(|defect| format!("{} {} {}", defect.row, defect.column, defect.reason))
        .collect();
    assert_eq!(
        reasons,
        [
            "4  wrong number of fields",
            "5  stray quote",
            "6  stray quote",
            "7 hilist_code control character",
            "8 hilist_code control character",
        ]
    );
    let parts = month.lines.all().unwrap();
    let part = &parts[0];
    assert_eq!(month.codes.text(part.item[1]), "A,\"x\"");
}

#[test]
fn marks_line_ends_and_blank_lines_change_nothing() {
    let rows = format!("{LINES}\n{GOOD}\n{}\n", GOOD.replace("L1", "L0"));
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let read_bytes = |lines: &str| {
        let files =
            folder(&[("lines.csv", lines.as_bytes()), ("settlements.csv", settlements.as_bytes())]);
        dump(&read(files.path()).unwrap())
    };
    let plain = read_bytes(&rows);
    for variant in [
        format!("\u{feff}{rows}"),
        rows.replace('\n', "\r\n"),
        rows.replace('\n', "\r"),
        rows.replacen('\n', "\r\n", 1),
        rows.replace('\n', "\n\n"),
        rows.replace('\n', "\r\r\n"),
        rows.trim_end().to_owned(),
        rows.to_ascii_uppercase().replacen(&GOOD.to_ascii_uppercase(), GOOD, 1),
    ] {
        assert_eq!(read_bytes(&variant), plain, "{variant:?}");
    }
}

#[test]
fn rows_count_by_the_line_of_text_where_they_begin() {
    let header = format!("{LINES},sin_dos_dscr");
    let quoted = format!("{GOOD},\"two\nlines\r\nof, text\"");
    let bad = GOOD.replace("L1", "L2").replace(",1,10.00", ",x,10.00");
    let lines = format!("\n{header}\n\n{quoted}\n{bad},\n");
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let files =
        folder(&[("lines.csv", lines.as_bytes()), ("settlements.csv", settlements.as_bytes())]);
    let month = read(files.path()).unwrap();
    assert_eq!(quarantine(&month), ["lines.csv:7 cnt | not a plain value of this type | x"]);
    match month.lines.all().unwrap()[0].column("sin_dos_dscr") {
        jihe_frame::Column::Code(ids) => {
            assert_eq!(month.codes.text(ids[0]), "two\nlines\r\nof, text");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_description_may_hold_is_no_code_wherever_it_was_met() {
    let row = |nth: usize, item: &str, dose: &str| {
        format!("{},{dose}\n", GOOD.replace("L1", &format!("L{nth}")).replace(",A,", item))
    };
    let good: String = (2..20_000).map(|nth| row(nth, ",A,", "")).collect();
    let lines = format!(
        "{LINES},sin_dos_dscr\n{}{good}{}",
        row(1, ",A,", "\"1\n\""),
        row(0, ",\"1\n\",", "")
    );
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let files =
        folder(&[("lines.csv", lines.as_bytes()), ("settlements.csv", settlements.as_bytes())]);
    let month = read(files.path()).unwrap();
    assert_eq!(quarantine(&month), ["lines.csv:20002 hilist_code | control character | 1\n"]);
}

#[test]
fn a_rare_name_is_itself_however_many_rows_lie_between() {
    let rare = "A rare item of a name that is long";
    let is_rare = |nth: usize| nth == 5_400 || 9_000 <= nth && nth.is_multiple_of(100);
    let row = |nth: usize| {
        let item = if is_rare(nth) { rare } else { "B" };
        GOOD.replace("L1", &format!("L{nth:05}")).replace(",A,", &format!(",{item},"))
    };
    let rows: Vec<String> = (0..20_000).map(row).collect();
    let month = read(month_of(&rows.join("\n")).path()).unwrap();
    let mut n_rare = 0;
    for part in month.lines.all().unwrap() {
        for row in 0..part.len() {
            let nth: usize = part.key.text(row)[1..].parse().unwrap();
            let item = month.codes.text(part.item[row]);
            assert_eq!(item, if is_rare(nth) { rare } else { "B" }, "{nth}");
            n_rare += usize::from(is_rare(nth));
        }
    }
    assert_eq!(n_rare, 111);
}

#[test]
fn a_cut_last_row_is_put_aside_and_a_row_without_its_line_end_is_not() {
    let month = read(month_of(GOOD).path()).unwrap();
    assert_eq!(keys(&month), "L1");
    let cut = GOOD.replace("L1", "L2");
    let cut = cut.rsplit_once(',').unwrap().0;
    let month = read(month_of(&format!("{GOOD}\n{cut}")).path()).unwrap();
    assert_eq!(keys(&month), "L1");
    assert_eq!(month.quarantine.get(0).unwrap().reason, "wrong number of fields");
    let month = read(month_of(&format!("{GOOD}\n\"L2")).path()).unwrap();
    assert_eq!(month.quarantine.get(0).unwrap().reason, "quote is never closed");
}

#[test]
fn a_quote_that_swallows_lines_stops_the_run() {
    let open = GOOD.replace(",A,", ",\"A,");
    let error = read(month_of(&format!("{GOOD}\n{open}\n{GOOD}\n")).path()).unwrap_err();
    assert!(error.is_unreadable());
    assert!(error.to_string().contains("lines.csv line 3"), "{error}");
    let many = format!("{GOOD}\n").repeat(40_000);
    let error = read(month_of(&format!("{GOOD}\n{open}\n{many}")).path()).unwrap_err();
    assert!(error.to_string().contains("lines.csv line 3"), "{error}");
    let long = "x".repeat(2 << 20);
    let error = read(month_of(&GOOD.replace(",A,", &format!(",{long},"))).path()).unwrap_err();
    assert!(error.to_string().contains("lines.csv line 2"), "{error}");
}

#[test]
fn gb18030_that_might_be_utf8_is_read_as_was_said() {
    // The bytes of these characters are those of others in UTF-8.
    let dose = "1片";
    let lines = format!("{LINES},sin_dos_dscr\n{GOOD},{dose}\n");
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let (encoded, _, failed) = encoding_rs::GB18030.encode(&lines);
    assert!(!failed && std::str::from_utf8(&encoded).is_ok());
    for bytes in [&*encoded, lines.as_bytes()] {
        let files = folder(&[("lines.csv", bytes), ("settlements.csv", settlements.as_bytes())]);
        let month = read_in(files.path(), Encoding::Gb18030).unwrap();
        let lines = month.lines.all().unwrap();
        let ids = match lines[0].column("sin_dos_dscr") {
            jihe_frame::Column::Code(ids) => ids,
            other => panic!("{other:?}"),
        };
        assert_eq!(month.codes.text(ids[0]), dose);
    }
}

#[test]
fn gb18030_is_the_same_month_as_utf8() {
    let item = "医保𠮷㐂";
    let lines = format!("{LINES}\n{}\n", GOOD.replace(",A,", &format!(",{item},")));
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let utf8 =
        folder(&[("lines.csv", lines.as_bytes()), ("settlements.csv", settlements.as_bytes())]);
    let (encoded, _, failed) = encoding_rs::GB18030.encode(&lines);
    assert!(!failed);
    let chinese = folder(&[("lines.csv", &encoded), ("settlements.csv", settlements.as_bytes())]);
    let month = read_in(chinese.path(), Encoding::Gb18030).unwrap();
    assert_eq!(dump(&month), dump(&read(utf8.path()).unwrap()));
    assert_eq!(month.codes.text(month.lines.all().unwrap()[0].item[0]), item);
    // A file in UTF-8 among those in GB18030 is read as what it is.
    let month = read_in(utf8.path(), Encoding::Gb18030).unwrap();
    assert_eq!(dump(&month), dump(&read(utf8.path()).unwrap()));
}

#[test]
fn bytes_that_are_no_text_put_their_row_aside() {
    for encoding in [Encoding::Utf8, Encoding::Gb18030] {
        let mut lines = format!("{LINES}\n{GOOD}\n").into_bytes();
        lines.extend(GOOD.replace("L1", "L2").replace(",A,", ",A").bytes());
        let place = lines.len() - 30;
        lines.splice(place..place, [0xff, 0xff]);
        lines.push(b'\n');
        lines.extend(GOOD.replace("L1", "L3").bytes());
        let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
        let files = folder(&[("lines.csv", &lines), ("settlements.csv", settlements.as_bytes())]);
        let month = read_in(files.path(), encoding).unwrap();
        assert_eq!(keys(&month), "L1 L3");
        assert_eq!(
            month.quarantine.get(0).unwrap().reason,
            "bytes that are no text in this encoding"
        );
    }
}

#[test]
fn of_gb18030_what_is_no_character_is_a_fault_and_a_written_replacement_character_is_not() {
    let wide = |key: &str, dose: &str| format!("{},{dose}", GOOD.replace("L1", key));
    let encode = |text: &str| encoding_rs::GB18030.encode(text).0.into_owned();
    // The character that decoders write for what they cannot read stands in a text like any other.
    let mut lines = encode(&format!("{LINES},sin_dos_dscr\n{}\n", wide("L1", "1\u{fffd}片")));
    assert!(lines.windows(4).any(|bytes| bytes == [0x84, 0x31, 0xa4, 0x37]));
    let mut bad = encode(&wide("L2", "1片@\n"));
    let place = bad.iter().position(|&byte| byte == b'@').unwrap();
    for fault in [&[0xff][..], &[0x84, 0x31, 0xa4]] {
        let mut row = bad.clone();
        row.splice(place..=place, fault.iter().copied());
        lines.extend(row);
    }
    // The first half of a character before the end of its field, and at the end of the file.
    bad.splice(place..=place, [0x81]);
    lines.extend(bad);
    lines.extend(encode(&wide("L3", "2片\n")));
    lines.extend(encode(&wide("L4", "2")));
    lines.push(0x81);
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let files = folder(&[("lines.csv", &lines), ("settlements.csv", settlements.as_bytes())]);
    let month = read_in(files.path(), Encoding::Gb18030).unwrap();
    assert_eq!(keys(&month), "L1 L3");
    let fault = |row: u32, value: &str| {
        let reason = "bytes that are no text in this encoding";
        format!("lines.csv:{row} sin_dos_dscr | {reason} | {value}")
    };
    let expected = [
        fault(3, "1片\u{fffd}"),
        fault(4, "1片\u{fffd}1\u{fffd}"),
        fault(5, "1片\u{fffd}"),
        fault(7, "2\u{fffd}"),
    ];
    assert_eq!(quarantine(&month), expected);
}

#[test]
fn an_undeclared_encoding_stops_the_run_with_advice() {
    let rows = ["L1", "L2"].map(|key| GOOD.replace("L1", key).replace(",A,", ",阿莫西林,"));
    let lines = format!("{LINES}\n{}\n", rows.join("\n"));
    let settlements = format!("{SETTLEMENTS}\n{ONE_SETTLEMENT}");
    let (encoded, ..) = encoding_rs::GB18030.encode(&lines);
    let files = folder(&[("lines.csv", &encoded), ("settlements.csv", settlements.as_bytes())]);
    let error = read(files.path()).unwrap_err();
    assert!(error.to_string().contains("--encoding gb18030"), "{error}");
    let wide: Vec<u8> =
        std::iter::once(0xfeff).chain(lines.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let files = folder(&[("lines.csv", &wide), ("settlements.csv", settlements.as_bytes())]);
    let error = read(files.path()).unwrap_err();
    assert!(error.to_string().contains("UTF-16"), "{error}");
}

#[test]
fn the_dirty_fixture_is_put_aside_row_by_row() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/intake/dirty");
    let month = read(std::path::Path::new(dir)).unwrap();
    let expected = std::fs::read_to_string(format!("{dir}/expected.txt")).unwrap();
    let mut shown = lines(&month);
    shown.extend(quarantine(&month));
    assert_eq!(shown.join("\n"), expected.trim_end());
}
