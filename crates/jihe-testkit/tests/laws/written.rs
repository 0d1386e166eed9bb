//! Rules that no national pack has, as a local pack may write them.

use std::fs;

use jihe::{Engine, Format, Month, Options, Pack, Reference};
use tempfile::TempDir;

use crate::life::column;

const HEAD: &str = "title.zh = \"甲\"\ntitle.en = \"a\"\narticle = \"reg735/38.3\"\nfrom = 2021-05-01\n\
status = \"active\"\nwhat.zh = \"甲\"\nwhat.en = \"a\"\nwhy.zh = \"甲\"\nwhy.en = \"a\"\n";

/// Scores a month of one institution with one rule of a family, beside tables of the pack and the
/// reference folder; gives the folder of the results.
fn scored(family: &str, rule: &str, files: &[(&str, &str)], lines: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("pack/pack.toml", "id = \"p\"\ntitle.zh = \"甲\"\ntitle.en = \"a\"\nfrom = 2021-05-01\n");
    let words = "title.zh = \"甲\"\ntitle.en = \"a\"\ntext = \"t\"\nchecked = 2026-11-01";
    write("pack/sources.toml", &format!("[\"reg735/38.3\"]\n{words}\n"));
    write(&format!("pack/{family}/r.toml"), &format!("{HEAD}{rule}"));
    write("pack/tables/inpatient.csv", "med_type,begndate,enddate,basis\n21,,,x\n");
    write("reference/institutions.csv", "fixmedins_code,fixmedins_type,lmtpric_hosp_lv\nH1,1,3\n");
    let columns = "bkkp_sn,setl_id,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                   det_item_fee_sumamt,inscp_scp_amt,drug_cnt";
    write("month/lines.csv", &format!("{columns}\n{lines}"));
    write(
        "month/settlements.csv",
        "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,fund_pay_sumamt,med_type\n\
         S1,M1,P1,H1,2026-03-21 01:00:00,100.00,100.00,70.00,11\n",
    );
    for (path, text) in files {
        write(path, text);
    }
    let pack = Pack::load(dir.path().join("pack")).unwrap();
    let reference = Reference::open(dir.path().join("reference")).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let month = Month::open(dir.path().join("month")).unwrap();
    let result = engine.score(&month, &Options::default()).unwrap();
    let out = tempfile::tempdir().unwrap();
    result.write_as(out.path().join("out"), Format::Csv).unwrap();
    out
}

/// The number of findings and of subjects that are not evaluable.
fn found(rule: &str, files: &[(&str, &str)], lines: &str) -> [usize; 2] {
    let rule = format!("grade = \"indicator\"\n{rule}");
    let out = scored("ratio", &rule, files, lines);
    let names = ["n_hit", "n_not_evaluable"];
    let coverage = &column(&out.path().join("out"), "coverage", &names)[0];
    [0, 1].map(|place: usize| coverage[place].parse().unwrap())
}

const LINE: &str = "1,S1,M1,P1,H1,2026-03-21 01:00:00,A,1,10,10.00,10.00,\n";

#[test]
fn a_condition_holds_only_if_it_does_whoever_the_unknown_persons_are() {
    let judged = |hit: &str, staff: &[&str]| {
        let rule = format!(
            "\n[ratio.counts]\nnurses = \"prac_psn_type = '2'\"\ndoctors = \"prac_psn_type = '1'\"\n\
             [[ratio.conditions]]\nname = \"n\"\ntitle.zh = \"x\"\ntitle.en = \"x\"\nhit = \"{hit}\"\n\
             value = \"nurses\"\nlimit = \"doctors\"\n\
             [message]\nzh = \"{{condition}} {{value}} {{limit}}\"\nen = \"{{condition}} {{value}} {{limit}}\"\n"
        );
        let rows = staff.iter().enumerate().map(|(nth, kind)| format!("D{nth},H1,{kind}"));
        let staff = rows.collect::<Vec<_>>().join("\n");
        let staff = format!("prac_psn_code,fixmedins_code,prac_psn_type\n{staff}\n");
        found(&rule, &[("reference/practitioners.csv", &staff)], LINE)
    };
    let [hit, clear, unknown] = [[1, 0], [0, 0], [0, 1]];
    let mostly = ["1", "1", "2", "2", "2"];
    let with = |more: &[&'static str]| -> Vec<&str> {
        mostly.iter().copied().chain(more.iter().copied()).collect()
    };
    assert_eq!(judged("nurses < doctors * 2", &with(&[])), hit);
    assert_eq!(judged("nurses < doctors * 2", &with(&["2"])), clear);
    assert_eq!(judged("nurses < doctors * 2", &with(&[""])), unknown);
    // The number between the least and the most counts too.
    assert_eq!(judged("nurses <> 4", &with(&["", ""])), unknown);
    assert_eq!(judged("nurses <> 6", &with(&["", ""])), hit);
    assert_eq!(judged("nurses < doctors", &["1", "1", "2", ""]), unknown);
    assert_eq!(judged("nurses < doctors", &with(&["2"])), clear);
    // However many are not known, what lies beyond all of them is sure.
    let crowd = with(&[""; 200]);
    assert_eq!(judged("nurses < 2", &crowd), clear);
    assert_eq!(judged("nurses < 100", &crowd), unknown);
    assert_eq!(judged("nurses < 204", &crowd), hit);
}

#[test]
fn what_does_not_count_above_the_line_counts_below_it_without_a_value() {
    let rule = "\n[ratio]\nover = \"lines\"\nabove = \"drug_cnt\"\nbelow = \"cnt\"\npart = \"hilist_code = 'A'\"\n\
        too = \"high\"\nunit = \"percent\"\n[params.distance]\nunit = \"ratio\"\nvalue = \"0.3\"\nmin = 0\nmax = 2\n\
        cite = \"c\"\n[params.peers]\nunit = \"count\"\nvalue = 3\nmin = 2\nmax = 100\ncite = \"c\"\n\
        [message]\nzh = \"{rate} {limit}\"\nen = \"{rate} {limit}\"\n";
    let target = "indicator,class,fixmedins_code,lmtpric_hosp_lv,target,begndate,enddate,basis\nr,,,,0.5,,,x\n";
    let tables = [("pack/tables/indicator_target.csv", target)];
    let lines = "1,S1,M1,P1,H1,2026-03-21 01:00:00,A,1,10,10.00,10.00,1\n\
                 2,S1,M1,P1,H1,2026-03-21 02:00:00,B,9,10,90.00,90.00,\n";
    // One of ten is below the target, one of one would be above it.
    assert_eq!(found(rule, &tables, lines), [0, 0]);
    assert_eq!(found(rule, &tables, lines.split_inclusive('\n').next().unwrap()), [1, 0]);
}

#[test]
fn the_stock_allows_each_line_what_its_own_day_does() {
    let rule = "grade = \"definite\"\n\n[stock]\ntest = \"sold-over\"\n[params.tolerance]\nunit = \"ratio\"\nmin = 0\n\
        max = 1\ncite = \"c\"\nvalues = [{from = 2021-05-01, until = 2026-03-20, value = \"0.1\"}, \
        {from = 2026-03-20, value = \"0\"}]\n[message]\nzh = \"{limit}\"\nen = \"{limit}\"\n";
    let stock = "fixmedins_code,med_list_codg,cnt,event_time\nH1,A,10,2026-03-01 00:00:00\n";
    let refused = |lines: &str| {
        let out = scored("stock", rule, &[("reference/inventory.csv", stock)], lines);
        column(&out.path().join("out"), "refusals", &["bkkp_sn", "refused_amt"])
    };
    // Within eleven until the tolerance ends; then nothing above ten is.
    let cut = refused(
        "1,S1,M1,P1,H1,2026-03-10 08:00:00,A,10.8,10,108.00,108.00,\n\
         2,S1,M1,P1,H1,2026-03-25 08:00:00,A,0.1,10,1.00,1.00,\n",
    );
    assert_eq!(cut, [["2", "1.00"]]);
    // The first person's line is later than the second one's, and is held against its own limit.
    let cut = refused(
        "1,S1,M1,P1,H1,2026-03-25 08:00:00,A,10.8,10,108.00,108.00,\n\
         2,,M2,P2,H1,2026-03-10 08:00:00,A,0.1,10,1.00,1.00,\n",
    );
    assert_eq!(cut, [["1", "8.00"]]);
}

#[test]
fn an_exception_that_nobody_could_tell_of_is_named_with_a_limit_too() {
    let rule = "grade = \"definite\"\n\n[limit]\nper = [\"psn_no\", \"hilist_code\", \"day\"]\nof = \"cnt\"\nmax = \"2\"\n\
        [except.few]\nwhen = \"drug_cnt = 1\"\n\
        [message]\nzh = \"{total}\"\nen = \"{total}\"\n";
    let unknown = |of_last: &str| {
        let lines = format!(
            "1,S1,M1,P1,H1,2026-03-10 08:00:00,A,2,10,20.00,20.00,\n\
             2,S1,M1,P1,H1,2026-03-10 09:00:00,A,2,10,20.00,20.00,{of_last}\n"
        );
        let out = scored("limit", rule, &[], &lines);
        column(&out.path().join("out"), "findings", &["rule_id", "unknown_exceptions"])
    };
    // Of the line that is cut it is known in one month and not in the other.
    assert_eq!(unknown("7"), [["r", ""]]);
    assert_eq!(unknown(""), [["r", "few"]]);
    assert!(unknown("1").is_empty());
}

/// What a rule of single lines that cuts by `drug_cnt` refuses of a line of 5 units and 50 yuan, and how
/// many lines are not evaluable.
fn cut_by(cut: &str, value: &str) -> (Vec<Vec<String>>, String) {
    let rule = format!(
        "grade = \"definite\"\n\n[line]\nhit = \"cnt > 1\"\ncut = {{ {cut} }}\n\
         [message]\nzh = \"x\"\nen = \"x\"\n"
    );
    let line = format!("1,S1,M1,P1,H1,2026-03-10 08:00:00,A,5,10,50.00,50.00,{value}\n");
    let out = scored("line", &rule, &[], &line);
    let out = out.path().join("out");
    let refused = column(&out, "refusals", &["refused_amt"]);
    (refused, column(&out, "coverage", &["n_not_evaluable"])[0][0].clone())
}

#[test]
fn a_cut_that_hangs_on_a_missing_value_is_not_evaluable() {
    let none: Vec<Vec<String>> = Vec::new();
    let cuts = [
        ("price = \"drug_cnt\"", "20.00"),
        ("amount = \"round(drug_cnt)\"", "44.00"),
        ("units = \"drug_cnt\"", "50.00"),
    ];
    for (cut, whole) in cuts {
        assert_eq!(cut_by(cut, "6"), (vec![vec![whole.to_owned()]], "0".to_owned()), "{cut}");
        assert_eq!(cut_by(cut, ""), (none.clone(), "1".to_owned()), "{cut}");
    }
    assert_eq!(cut_by("units = \"drug_cnt\"", "0"), (none, "0".to_owned()));
}

#[test]
fn a_supply_limit_of_days_that_nobody_knows_is_not_evaluable() {
    let rule = "grade = \"definite\"\n\n[scope]\nwhere = \"inpatient\"\n[supply]\n\
        limits = [{ days = \"length_of_stay\" }]\n\
        [message]\nzh = \"{days} {limit_days} {allowed_cnt}\"\nen = \"{days} {limit_days} {allowed_cnt}\"\n";
    let judged = |end: &str| {
        let stay = format!(
            "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime\n\
             M1,P1,H1,21,2026-03-18 08:00:00,{end}\n"
        );
        let lines = "bkkp_sn,setl_id,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
                     det_item_fee_sumamt,inscp_scp_amt,prd_days,dscg_tkdrug_flag\n\
                     1,S1,M1,P1,H1,2026-03-20 08:00:00,A,4,10,40.00,40.00,4,1\n";
        let items = "hilist_code,hilist_name,list_type,chrgitm_lv\nA,a,101,01\n";
        let files = [
            ("month/encounters.csv", stay.as_str()),
            ("month/lines.csv", lines),
            ("reference/catalogue.csv", items),
        ];
        let out = scored("supply", rule, &files, "");
        let out = out.path().join("out");
        let refused = column(&out, "refusals", &["refused_amt"]);
        (refused.len(), column(&out, "coverage", &["n_judged", "n_not_evaluable"])[0].clone())
    };
    assert_eq!(judged("2026-03-20 08:00:00"), (1, vec!["1".to_owned(), "0".to_owned()]));
    assert_eq!(judged(""), (0, vec!["0".to_owned(), "1".to_owned()]));
}

#[test]
fn an_overlap_at_one_institution_is_never_surer_than_its_rule() {
    let held = |grade: &str| {
        let rule = format!(
            "grade = \"{grade}\"\n\n[stay]\ntest = \"overlap\"\n[message]\nzh = \"x\"\nen = \"x\"\n"
        );
        let stays = "mdtrt_id,psn_no,fixmedins_code,med_type,begntime,endtime\n\
                     M1,P1,H1,21,2026-03-10 08:00:00,2026-03-20 08:00:00\n\
                     M2,P1,H1,21,2026-03-15 08:00:00,2026-03-18 08:00:00\n";
        let lines = "1,S1,M1,P1,H1,2026-03-10 08:00:00,A,5,10,50.00,50.00,\n\
                     2,,M2,P1,H1,2026-03-16 08:00:00,A,5,10,50.00,50.00,\n";
        let out = scored("stay", &rule, &[("month/encounters.csv", stays)], lines);
        column(&out.path().join("out"), "findings", &["grade", "credited_amt", "held_amt"])
    };
    assert_eq!(held("definite"), [["likely", "0.00", "50.00"]]);
    assert_eq!(held("possible"), [["possible", "0.00", "50.00"]]);
    assert_eq!(held("indicator"), [["indicator", "0.00", "0.00"]]);
}

#[test]
fn a_sentence_says_yes_or_no_and_that_a_bound_is_not_set() {
    let rule = |hit: &str, values: &str| {
        format!(
            "grade = \"definite\"\n[line]\n{hit}\ncut = \"whole\"\n\
             [message]\nzh = \"{values}\"\nen = \"{values}\"\n"
        )
    };
    let said = |rule: &str, files: &[(&str, &str)]| {
        let out = scored("line", rule, files, LINE);
        let names = ["vola_cont", "vola_cont_en"];
        column(&out.path().join("out"), "findings", &names).remove(0)
    };
    let yes_no = rule("hit = \"cnt > 0\"", "{cnt = 1} {cnt = 2} {drug_cnt = 1} {drug_cnt}");
    assert_eq!(said(&yes_no, &[]), ["是 否 未知 未知", "yes no unknown unknown"]);
    let ages = "hilist_code,age_min,age_max,unit,basis\nA,,5,year,x\n";
    let persons = "psn_no,brdy\nP1,2000-01-01\n";
    let bounds = rule(
        "table = \"item_age\"\nhit = \"age_years >= row.age_max\"",
        "[{row.age_min}, {row.age_max})",
    );
    let files = [("pack/tables/item_age.csv", ages), ("month/persons.csv", persons)];
    assert_eq!(said(&bounds, &files), ["[不限, 5)", "[no limit, 5)"]);
}

#[test]
fn a_line_below_its_ceiling_is_clear_where_the_rule_looks_at_it() {
    let rule = "grade = \"definite\"\n[scope]\nwhere = \"3 < drug_cnt\"\n[line]\ntable = \"price_limits\"\n\
        match = \"row.lmtpric_hosp_lv = institution.lmtpric_hosp_lv\"\nhit = \"pric > row.hilist_pric_uplmt_amt\"\n\
        cut = { price = \"row.hilist_pric_uplmt_amt\" }\n[message]\nzh = \"{pric}\"\nen = \"{pric}\"\n";
    let ceilings = "hilist_code,lmtpric_hosp_lv,hilist_pric_uplmt_amt,begndate,enddate\n\
        A,3,5,2020-01-01,\nA,1,2,2020-01-01,\nB,1,2,2020-01-01,\nC,3,5,2020-01-01,2026-03-21\n";
    let lines: Vec<String> = [
        // Below the ceiling: inside the scope, outside, and nobody knows.
        ("A", 4, "5"),
        ("A", 4, "2"),
        ("A", 4, ""),
        // Above it.
        ("A", 10, "5"),
        ("A", 10, "2"),
        ("A", 10, ""),
        // No ceiling at this level, none any more, none at all.
        ("B", 10, "5"),
        ("C", 10, "5"),
        ("D", 10, ""),
    ]
    .into_iter()
    .enumerate()
    .map(|(nth, (item, price, packs))| {
        format!(
            "{nth},S1,M1,P1,H1,2026-03-21 01:00:00,{item},1,{price},{price}.00,{price}.00,{packs}\n"
        )
    })
    .collect();
    let files = [("reference/price_limits.csv", ceilings)];
    let out = scored("line", rule, &files, &lines.concat());
    let of = |table: &str, columns: &[&str]| column(&out.path().join("out"), table, columns);
    assert_eq!(of("coverage", &["n_judged", "n_hit", "n_not_evaluable"]), [["2", "1", "2"]]);
    assert_eq!(of("refusals", &["bkkp_sn", "refused_amt"]), [["3", "5.00"]]);
}

#[test]
fn a_draft_lends_its_rows_to_no_other_rule() {
    let limit = |matching: &str| {
        format!(
            "grade = \"definite\"\n[limit]\ntable = \"item_quantity\"\n{matching}\
             per = [\"psn_no\", \"hilist_code\", \"row.window\"]\nmax = \"row.max\"\n\
             [message]\nzh = \"{{max}}\"\nen = \"{{max}}\"\n"
        )
    };
    let of_month = limit("match = \"row.window = 'month'\"\n");
    let draft = format!("{HEAD}{of_month}").replace("\"active\"", "\"draft\"");
    let others = format!("{HEAD}{}", limit(""));
    let quantities = "hilist_code,per,window,max,begndate,enddate,basis\nA,person,month,5,2020-01-01,,x\n\
        A,person,day,2,2020-01-01,,x\n";
    let files = [
        ("pack/limit/a.toml", draft.as_str()),
        ("pack/limit/b.toml", &others),
        ("pack/tables/item_quantity.csv", quantities),
    ];
    // Three on one day are one too many, six in the month are one too many.
    let lines = "1,S1,M1,P1,H1,2026-03-10 01:00:00,A,3,10,30.00,30.00,\n\
                 2,S1,M1,P1,H1,2026-03-11 01:00:00,A,2,10,20.00,20.00,\n\
                 3,S1,M1,P1,H1,2026-03-12 01:00:00,A,1,10,10.00,10.00,\n";
    let out = scored("limit", &of_month, &files, lines);
    let found = column(&out.path().join("out"), "coverage", &["rule_id", "n_hit"]);
    assert_eq!(found, [["b", "2"], ["r", "1"]]);
}
