use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::Decimal128Type;

use super::*;
use crate::fixture::{Fixture, IDS};

fn column(table: ResultTable, name: &str) -> Vec<String> {
    let fixture = Fixture::new();
    let frames = Frames::new(fixture.scored());
    let mut cells = Vec::new();
    for batch in frames.batches(table) {
        let array = batch.column_by_name(name).unwrap();
        for row in 0..batch.num_rows() {
            cells.push(if array.is_null(row) {
                "-".to_owned()
            } else if let Some(texts) = array.as_string_opt::<i32>() {
                texts.value(row).to_owned()
            } else if let Some(decimals) = array.as_primitive_opt::<Decimal128Type>() {
                decimals.value_as_string(row)
            } else {
                let numbers = array.as_primitive::<arrow_array::types::Int64Type>();
                numbers.value(row).to_string()
            });
        }
    }
    cells
}

#[test]
fn result_files_have_the_columns_that_others_rely_on() {
    for (table, columns) in [
        (
            ResultTable::Findings,
            "jr_id rule_id rule_ver rule_name article sev_deg vola_bhvr_type psn_no mdtrt_id \
             fixmedins_code vola_cont vola_evid vola_amt credited_amt loss_amt held_amt",
        ),
        (ResultTable::FindingLines, "jr_id bkkp_sn vola_item_type cut cut_value vola_amt"),
        (
            ResultTable::Refusals,
            "bkkp_sn setl_id mdtrt_id psn_no fixmedins_code hilist_code det_item_fee_sumamt \
             refused_cnt refused_amt refused_scp_amt refused_fund_amt loss_amt rule_id jr_id",
        ),
        (
            ResultTable::Settlements,
            "setl_id fixmedins_code fund_pay_sumamt refused_amt refused_fund_amt loss_amt",
        ),
        (
            ResultTable::Institutions,
            "fixmedins_code n_lines medfee_sumamt fund_pay_sumamt refused_amt refused_fund_amt \
             loss_amt held_amt n_findings",
        ),
        (
            ResultTable::Penalties,
            "subject_type subject article base_amt fine_low fine_high mult_low mult_high measures",
        ),
        (ResultTable::Quarantine, "table file row column reason value"),
        (
            ResultTable::Coverage,
            "rule_id n_judged n_hit n_exempt n_not_evaluable reason amt_not_evaluable",
        ),
    ] {
        let expected: Vec<&str> = columns.split(' ').collect();
        let found: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
        assert_eq!(found[..expected.len()], expected, "{}", table.file());
    }
}

#[test]
fn sentences_name_their_numbers_plainly() {
    assert_eq!(
        column(ResultTable::Findings, "vola_cont"),
        ["B 已含于 A，扣 1，金额 360.00，单价 120", "限价 100.5", "同 L1，共 2",]
    );
    assert_eq!(
        column(ResultTable::Findings, "values"),
        [
            r#"{"cut_units":"1","item_a":"A","units_a":"1","units_b":"3"}"#,
            r#"{"row.hilist_pric_uplmt_amt":"100.5"}"#,
            r#"{"first_line":"L1","n_same":"2"}"#,
        ]
    );
}

#[test]
fn evidence_names_the_article_and_the_row_of_the_table() {
    assert_eq!(
        column(ResultTable::Findings, "vola_evid"),
        [
            "国务院令第735号第三十八条第（三）项；contained.csv 第12行：两库第七批 第11行",
            "国务院令第735号第三十八条第（三）项；price_limits.csv 第7行：价格目录",
            "国务院令第735号第三十八条第（三）项",
        ]
    );
}

#[test]
fn a_table_row_is_named_with_its_pack_where_several_packs_have_the_table() {
    let mut table = crate::fixture::contained_table();
    let named = |table: &jihe_catalogue::Table| {
        crate::evidence::table_row(table, "contained", 0).map(|source| source.text())
    };
    table.files = vec!["upper/tables/contained.csv".to_owned()];
    assert_eq!(named(&table).as_deref(), Some("contained.csv 第12行：两库第七批 第11行"));
    table.files.push("lower/tables/contained.csv".to_owned());
    let whole = "upper/tables/contained.csv 第12行：两库第七批 第11行";
    assert_eq!(named(&table).as_deref(), Some(whole));
}

#[test]
fn findings_say_what_becomes_of_their_money() {
    assert_eq!(column(ResultTable::Findings, "effect"), ["refused", "refused", "held"]);
    assert_eq!(column(ResultTable::Findings, "vola_amt"), ["120.00", "58.50", "50.00"]);
    assert_eq!(column(ResultTable::Findings, "credited_amt"), ["120.00", "39.00", "0.00"]);
    assert_eq!(column(ResultTable::Findings, "held_amt"), ["0.00", "0.00", "50.00"]);
    assert_eq!(column(ResultTable::Findings, "unknown_exceptions"), ["-", "-", "short"]);
}

#[test]
fn lines_of_a_finding_are_in_canonical_order_and_evidence_has_no_money() {
    assert_eq!(column(ResultTable::FindingLines, "bkkp_sn"), ["L1", "L2", "L2", "L3"]);
    assert_eq!(column(ResultTable::FindingLines, "vola_item_type"), ["2", "1", "1", "1"]);
    assert_eq!(column(ResultTable::FindingLines, "cut"), ["-", "units", "price", "whole"]);
    assert_eq!(column(ResultTable::FindingLines, "cut_value"), ["-", "1", "100.5", "-"]);
    assert_eq!(column(ResultTable::FindingLines, "vola_amt"), ["0.00", "120.00", "58.50", "50.00"]);
}

#[test]
fn the_refused_line_names_its_main_finding_and_the_settlement_its_part() {
    assert_eq!(column(ResultTable::Refusals, "bkkp_sn"), ["L2"]);
    assert_eq!(column(ResultTable::Refusals, "jr_id"), [IDS[0]]);
    assert_eq!(column(ResultTable::Refusals, "refused_amt"), ["159.00"]);
    // 300 × 159 ÷ 460 = 103.695…
    assert_eq!(column(ResultTable::Refusals, "refused_fund_amt"), ["103.70"]);
    assert_eq!(column(ResultTable::Settlements, "loss_amt"), ["103.70"]);
    assert_eq!(column(ResultTable::Penalties, "fine_high"), ["207.40"]);
    assert_eq!(column(ResultTable::Penalties, "mult_low"), ["1.00"]);
    assert_eq!(column(ResultTable::Institutions, "medfee_sumamt"), ["500.00"]);
    assert_eq!(
        column(ResultTable::Coverage, "rule_id"),
        ["contained-item", "price-ceiling", "same-line-twice",]
    );
    assert_eq!(column(ResultTable::Exempt, "exception"), ["short"]);
    assert_eq!(column(ResultTable::Exempt, "reason"), ["-"]);
}

#[test]
fn a_line_tells_its_law_and_its_arithmetic_and_never_the_person() {
    let room = tempfile::tempdir().unwrap();
    let out = room.path().join("out");
    let fixture = Fixture::new();
    crate::write(&fixture.scored(), &out, crate::Format::Parquet).unwrap();
    let text = crate::explain_line(&out, "L2").unwrap().text();
    for part in [
        "国务院令第735号第三十八条第（三）项 (reg735/38.3)",
        "contained.csv 第12行：两库第七批 第11行",
        "准付 allowed = min(360.00, half_up((3 − 1) × min(120, 100.5))) = 201.00",
        "拒付 refused = 计费 billed − 准付 allowed = 360.00 − 201.00 = 159.00",
        "half_up(300.00 × 159.00 ÷ 460.00) − half_up(300.00 × 0.00 ÷ 460.00) = 103.70",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let held = crate::explain_finding(&out, IDS[2]).unwrap().text();
    assert!(held.contains("short: length_of_stay < days — 无法证明 could not be shown"), "{held}");
    assert!(held.contains("待核 held 50.00") && held.contains("days = "), "{held}");
    let clear = crate::explain_line(&out, "L9").unwrap().text();
    assert!(clear.contains("no finding names this line"), "{clear}");
    let exempt = crate::explain_line(&out, "L1").unwrap().text();
    assert!(exempt.contains("same-line-twice: short"), "{exempt}");
    assert!(crate::explain_finding(&out, "dd").unwrap_err().is_unknown());
    let summary = crate::Summary::new(&fixture.scored());
    for text in [text, held, clear, exempt, summary.text(), summary.json()] {
        assert!(!text.contains("SECRET"), "{text}");
    }
    assert!(summary.text().contains("拒付金额 refused"), "{}", summary.text());
}
