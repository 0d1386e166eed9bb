//! What nobody can tell: an exception of a group's lines that the files cannot show, and rows of an item
//! that may or may not match.

use jihe_testkit::oracle::context::Cut;

use crate::values::{VISIT, judged};

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
