//! What nobody can tell: an exception of a group's lines that the files cannot show, and a column that only
//! the carried state has.

use std::fs;
use std::path::Path;

use jihe::{Engine, Format, Month, Options, Pack, Reference};
use jihe_testkit::oracle::context::Cut;

use crate::life::column;
use crate::values::{VISIT, judged, write_pack};

/// A line of a day of March with so many units, which another order of its own may take out.
fn line(key: &str, day: u32, cnt: u32) -> String {
    let amount = 10 * cnt;
    format!("{key},M1,P1,H1,2026-03-{day:02} 08:00:00,A,{cnt},10,{amount}.00,{amount}.00,,1,\n")
}

/// A limit whose exception asks for a column that the files lack: what is cut, and how many lines are
/// judged and not evaluable.
fn check_open(question: &str, table: (&str, &str), lines: &[String], expected: (u64, u64)) {
    let exception = "[except.x]\nwhen = \"line.comb_no = '1'\"\n";
    let question = format!("{question}\n{exception}");
    let grade = if question.contains("none") { "possible" } else { "definite" };
    let (cuts, _, coverage) = judged(("limit", grade), &question, table, (VISIT, &lines.concat()));
    assert!(cuts.is_empty(), "{question}: {cuts:?}");
    let told = (coverage.n_judged, coverage.n_not_evaluable);
    assert_eq!(told, expected, "{question}: {coverage:?}");
    let is_named = coverage.reason().contains("lines.comb_no is missing");
    assert_eq!(is_named, 0 < expected.1, "{question}: {coverage:?}");
}

#[test]
fn an_exception_that_nobody_can_show_matters_only_above_the_limit() {
    let few = [line("L1", 20, 1), line("L2", 20, 1)];
    let many = [line("L1", 20, 1), line("L2", 20, 1), line("L3", 20, 1)];
    let table = ("item_quantity", "hilist_code,per,window,max,basis\nA,person,day,2,x\n");
    let sum = "[limit]\ntable = \"item_quantity\"\nper = [\"psn_no\", \"hilist_code\", \"day\"]\n\
               max = \"row.max\"";
    check_open(sum, table, &few, (2, 0));
    check_open(sum, table, &many, (2, 1));
    let money = "[limit]\nof = \"inscp_scp_amt\"\nper = [\"psn_no\", \"day\"]\nmax = \"20.00\"";
    check_open(money, ("", ""), &few, (2, 0));
    check_open(money, ("", ""), &many, (2, 1));
    let total =
        "[limit]\nof = \"cnt\"\nper = [\"fixmedins_code\", \"day\"]\nmax = \"2\"\ncut = \"none\"";
    check_open(total, ("", ""), &few, (2, 0));
    check_open(total, ("", ""), &many, (2, 1));
    let days = [line("L1", 20, 1), line("L2", 21, 1), line("L3", 22, 1)];
    let count = "[limit]\ncount = \"day\"\nper = [\"psn_no\"]\nmax = \"2\"\ncut = \"whole\"";
    check_open(count, ("", ""), &days[..2], (2, 0));
    check_open(count, ("", ""), &days, (2, 1));
    let rolling = "[limit]\ncount = \"day\"\nper = [\"psn_no\"]\nmax = \"2\"\nwithin = \"3\"\n\
                   cut = \"none\"";
    check_open(rolling, ("", ""), &days[..2], (2, 0));
    check_open(rolling, ("", ""), &days, (2, 1));
    // What is too many by either of two groups is so once.
    let twice = count.replace("max", "also_per = [\"mdtrt_id\", \"hilist_code\"]\nmax");
    check_open(&twice, ("", ""), &days, (2, 1));
    let table = ("item_period", "hilist_code,period_days,max_count,basis\nA,2,1,x\n");
    let period =
        "[limit]\ntable = \"item_period\"\nperiod = \"row.period_days\"\nmax_count = \"1\"";
    check_open(period, table, &[line("L1", 20, 1), line("L2", 22, 1)], (2, 0));
    check_open(period, table, &[line("L1", 20, 1), line("L2", 21, 1)], (1, 1));
}

#[test]
fn what_no_exception_can_take_out_is_cut_beside_what_one_may() {
    // The exception can only be of lines of 3 units: without them there are 2 above the limit.
    let question = "[limit]\nper = [\"psn_no\", \"day\"]\nmax = \"2\"\n[except.x]\n\
                    when = \"cnt = 3 and line.comb_no = '1'\"\n";
    let lines = [line("L1", 20, 3), line("L2", 20, 2), line("L3", 20, 2)].concat();
    let (cuts, _, coverage) = judged(("limit", "definite"), question, ("", ""), (VISIT, &lines));
    assert_eq!(cuts, [("L3".to_owned(), Cut::Units(20_000))]);
    assert_eq!((coverage.n_judged, coverage.n_not_evaluable), (1, 2), "{coverage:?}");
}

/// Writes a month of one line of a visit.
fn write_month(folder: &Path, visit: &str, day: &str, (columns, cells): (&str, &str)) {
    fs::create_dir_all(folder).unwrap();
    let time = format!("{day} 08:00:00");
    let line = format!("L{visit},{visit},P1,H1,{time},A,1,10,10.00\n");
    let tables = [
        (
            "lines",
            "bkkp_sn,mdtrt_id,psn_no,fixmedins_code,fee_ocur_time,hilist_code,cnt,pric,\
             det_item_fee_sumamt"
                .to_owned(),
            line,
        ),
        (
            "encounters",
            format!("mdtrt_id,psn_no,fixmedins_code,med_type,begntime{columns}"),
            format!("{visit},P1,H1,11,{time}{cells}\n"),
        ),
        (
            "settlements",
            "setl_id,mdtrt_id,psn_no,fixmedins_code,setl_time,medfee_sumamt,inscp_scp_amt,\
             fund_pay_sumamt"
                .to_owned(),
            String::new(),
        ),
    ];
    for (name, header, rows) in tables {
        fs::write(folder.join(format!("{name}.csv")), format!("{header}\n{rows}")).unwrap();
    }
}

/// What a rule finds in a month whose visits lack a column that the state has: hits, and subjects that are
/// not evaluable.
fn after_state(question: &str) -> [String; 2] {
    let dir = tempfile::tempdir().unwrap();
    let [pack, reference, state] = ["pack", "reference", "state"].map(|name| dir.path().join(name));
    write_pack(&pack, ("line", "definite"), question, ("", ""));
    fs::create_dir_all(&reference).unwrap();
    fs::write(reference.join("institutions.csv"), "fixmedins_code\nH1\n").unwrap();
    let engine =
        Engine::compile(&Pack::load(&pack).unwrap(), &Reference::open(&reference).unwrap());
    let engine = engine.unwrap();
    write_month(&dir.path().join("m1"), "M1", "2026-03-20", (",dscg_way", ",1"));
    write_month(&dir.path().join("m2"), "M2", "2026-04-20", ("", ""));
    let score = |month: &str, options: &Options| {
        engine.score(&Month::open(dir.path().join(month)).unwrap(), options).unwrap()
    };
    score("m1", &Options::default()).write_state(&state).unwrap();
    let options = Options { state: Some(state), ..Options::default() };
    let out = dir.path().join("out");
    score("m2", &options).write_as(&out, Format::Csv).unwrap();
    let counts = column(&out, "coverage", &["n_hit", "n_not_evaluable"]).remove(0);
    counts.try_into().unwrap()
}

#[test]
fn a_column_that_only_the_state_has_tells_nothing_of_the_visits_of_the_month() {
    let exception = "[line]\nhit = \"cnt > 0\"\ncut = \"whole\"\n[except.x]\n\
                     when = \"encounter.dscg_way = '2'\"\n";
    assert_eq!(after_state(exception), ["0", "1"]);
    let recorded = "[line]\nhit = \"not recorded(encounter.dscg_way)\"\ncut = \"whole\"\n";
    assert_eq!(after_state(recorded), ["0", "1"]);
}
