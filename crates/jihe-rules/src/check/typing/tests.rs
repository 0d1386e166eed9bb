//! Expressions by text: what they mean, and where they are wrong.

use super::*;
use crate::check::names::{ParamName, Subject};
use crate::diagnostic::Diagnostic;
use crate::expr::{Derived, Source};
use crate::parse::sink::Sink;
use crate::parse::source::SourceFile;

fn read(text: &str) -> (Option<Expr>, Vec<Diagnostic>) {
    read_as(text, Subject::Line, Wanted::Any)
}

fn read_as(text: &str, subject: Subject, wanted: Wanted) -> (Option<Expr>, Vec<Diagnostic>) {
    let file = SourceFile::new("f".into(), "f".into(), text.to_owned());
    let sink = Sink::default();
    let params = [ParamName { name: "window_days".into(), ty: Type::Number(0) }];
    let spec = specs_of("item_age");
    let names = Names { subject, row: Some(&spec), params: &params, sums: &[], broken: &[] };
    let spot = Spot::new(0, text.len());
    let text = Text { value: text.to_owned(), spot, base: Some(0) };
    let expr = expression(Context { file: &file, sink: &sink }, names, &text, wanted);
    (expr, sink.sorted())
}

fn specs_of(name: &str) -> jihe_catalogue::TableSpec {
    crate::check::specs::spec(name).unwrap()
}

/// A short form: what the tree is, without places and types.
fn short(expr: &Expr) -> String {
    let all = |parts: &[Expr], word: &str| {
        let parts: Vec<String> = parts.iter().map(short).collect();
        format!("({})", parts.join(word))
    };
    match expr {
        Expr::Literal(Literal::Bool(value)) => value.to_string(),
        Expr::Literal(Literal::Code(code)) => format!("'{code}'"),
        Expr::Literal(Literal::Number(value, scale)) => format!("{value}e-{scale}"),
        Expr::Literal(Literal::Day(day)) => format!("day {day}"),
        Expr::Literal(Literal::Moment(moment)) => format!("moment {moment}"),
        Expr::Column(source, place, _) => source.table().columns()[*place].name.to_owned(),
        Expr::Derived(derived) => format!("{derived:?}"),
        Expr::Row(place, _) => format!("row{place}"),
        Expr::Param(place, _) => format!("param{place}"),
        Expr::Sum(place, _) => format!("sum{place}"),
        Expr::PerVisit(inner) | Expr::PerItem(_, inner) => short(inner),
        Expr::Not(inner) => format!("!{}", short(inner)),
        Expr::And(parts) => all(parts, " & "),
        Expr::Or(parts) => all(parts, " | "),
        Expr::Compare(how, left, right) => format!("{how:?}({}, {})", short(left), short(right)),
        Expr::Arithmetic(how, left, right) => {
            format!("{how:?}({}, {})", short(left), short(right))
        }
        Expr::Rescale(inner, by) => format!("{}e{by}", short(inner)),
        Expr::Round(inner) => format!("round({})", short(inner)),
        Expr::IsNull(inner) => format!("null({})", short(inner)),
        Expr::InCodes(inner, codes) => format!("{} in {}", short(inner), codes.join("/")),
        Expr::StartsWith(inner, prefix) => format!("{} begins {prefix}", short(inner)),
        Expr::DayOf(inner) => format!("day({})", short(inner)),
        Expr::Begins(left, right) => format!("{} begins {}", short(left), short(right)),
        Expr::Listed(table, inner) => format!("{table}[{}]", short(inner)),
        Expr::Registered(inner) => format!("registered {}", short(inner)),
        Expr::PrescriptionSum(inner) => format!("prescription sum {}", short(inner)),
        Expr::PrescriptionAll(inner) => format!("prescription all {}", short(inner)),
        Expr::MonthEnd(inner) => format!("month end {}", short(inner)),
        Expr::DayEnd(inner) => format!("day end {}", short(inner)),
        Expr::Recorded(inner) => format!("recorded {}", short(inner)),
        Expr::Months(from, until) => format!("months {} to {}", short(from), short(until)),
        Expr::DiagnosisIn(set) => format!("diagnosis {}", short(set)),
        Expr::MainDiagnosisIn(set) => format!("main {}", short(set)),
    }
}

#[test]
fn expressions_mean_what_sql_says() {
    for (text, meaning) in [
        ("cnt > 2", "Greater(cnt, 20000e-4)"),
        ("cnt > 2.5", "Greater(cnt, 25000e-4)"),
        ("cnt > 2.00001", "Greater(cnte1, 200001e-5)"),
        ("cnt > -2", "Greater(cnt, -20000e-4)"),
        ("pric > cnt", "Greater(pric, cnte2)"),
        ("row.age_min <= age_years", "LessOrEqual(row1, AgeYears)"),
        (
            "det_item_fee_sumamt > round(cnt * pric) + 0.01",
            "Greater(det_item_fee_sumamt, Add(round(Multiply(cnt, pric)), 1e-2))",
        ),
        ("1 + 2 * 3 - 4 = 3", "Equal(Subtract(Add(1e-0, Multiply(2e-0, 3e-0)), 4e-0), 3e-0)"),
        ("not inpatient and in_catalogue or true", "((!Inpatient & InCatalogue) | true)"),
        ("NOT (inpatient OR in_catalogue)", "!(Inpatient | InCatalogue)"),
        ("inpatient = false", "!Inpatient"),
        ("gend in ('1', '2')", "gend in 1/2"),
        ("gend not in ('1')", "!gend in 1"),
        ("cnt in (1, 2.5)", "(Equal(cnt, 10000e-4) | Equal(cnt, 25000e-4))"),
        ("cnt in (1)", "Equal(cnt, 10000e-4)"),
        (
            "age_days between 0 and 28",
            "(GreaterOrEqual(AgeDays, 0e-0) & LessOrEqual(AgeDays, 28e-0))",
        ),
        (
            "cnt not between 1 and 2",
            "!(GreaterOrEqual(cnt, 10000e-4) & LessOrEqual(cnt, 20000e-4))",
        ),
        ("brdy is not null", "!null(brdy)"),
        ("not recorded(encounter.dscg_way)", "!recorded dscg_way"),
        ("months(brdy, day) < 3", "Less(months brdy to Day, 3e-0)"),
        ("dise_codg like 'M0%'", "dise_codg begins M0"),
        ("dise_codg not like 'M0%'", "!dise_codg begins M0"),
        ("day = date '1970-01-11'", "Equal(Day, day 10)"),
        ("day - brdy > window_days", "Greater(Subtract(Day, brdy), param0)"),
        ("day + 7 < day(fee_ocur_time)", "Less(Add(Day, 7e-0), day(fee_ocur_time))"),
        ("listed('placeholder', hilist_code)", "placeholder[hilist_code]"),
        ("diagnosis_in('a') or main_diagnosis_in('b''c')", "(diagnosis 'a' | main 'b'c')"),
        ("diagnosis_in(row.unit) and main_diagnosis_in(row.unit)", "(diagnosis row3 & main row3)"),
        ("item.chrgitm_lv <> line.chrgitm_lv", "NotEqual(chrgitm_lv, chrgitm_lv)"),
        ("chrgitm_lv = '03'", "Equal(ItemClass, '03')"),
        ("list_type = '103' or med_type = '14'", "(Equal(ListType, '103') | Equal(MedType, '14'))"),
        ("- cnt < 0", "Less(Subtract(0e-4, cnt), 0e-4)"),
    ] {
        let (expr, faults) = read(text);
        assert!(faults.is_empty(), "{text}: {faults:?}");
        assert_eq!(short(&expr.unwrap()), meaning, "{text}");
    }
}

#[test]
fn names_are_looked_for_in_a_fixed_order() {
    let column = |text| match read(text).0 {
        Some(Expr::Column(source, ..)) => source,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(column("comb_no"), Source::Line);
    assert_eq!(column("dise_codg"), Source::Encounter);
    assert_eq!(column("insutype"), Source::Encounter);
    assert_eq!(column("gend"), Source::Person);
    assert_eq!(column("lmtpric_hosp_lv"), Source::Institution);
    assert_eq!(column("genname_codg"), Source::Item);
    assert_eq!(column("clr_way"), Source::Settlement);
    assert_eq!(read("day").0, Some(Expr::Derived(Derived::Day)));
}

#[test]
fn stay_rules_know_two_stays_and_no_line() {
    let faults = |text, subject| read_as(text, subject, Wanted::Bool).1.len();
    assert_eq!(faults("former.dscg_way = '2' and later.ipt_type = '2'", Subject::StayPair), 0);
    assert_eq!(faults("former.dscg_way = '2'", Subject::Stay), 1);
    assert_eq!(faults("later.dscg_way = '2'", Subject::Line), 1);
    assert_eq!(faults("cnt > 1 or in_catalogue or line.pric > 1", Subject::StayPair), 3);
    assert_eq!(faults("row.unit = 'day'", Subject::RowOnly), 0);
    assert_eq!(faults("gend = '1'", Subject::RowOnly), 1);
}

#[test]
fn every_fault_of_an_expression_has_its_column() {
    for (text, places) in [
        ("gendr = '1' and cntt > 2", &[(1, "unknown-name"), (17, "unknown-name")][..]),
        ("psn_no = '1'", &[(1, "type")]),
        ("item.hilist_name = 'x'", &[(1, "type")]),
        ("registered(cnt)", &[(12, "type")]),
        ("prescription_sum(gend) > 1", &[(18, "type")]),
        ("prescription_all(cnt)", &[(18, "type")]),
        // Other lines of the prescription have other rows.
        ("prescription_sum(row.age_min) > 1", &[(18, "type")]),
        ("day_end(fee_ocur_time) > fee_ocur_time", &[(9, "type")]),
        ("month_end()", &[(1, "type")]),
        ("医 = 1", &[(1, "syntax")]),
        ("gend = '医' and x", &[(16, "unknown-name")]),
        ("cnt > 12345678901234567", &[(7, "type")]),
        ("day + 0.5 = day", &[(1, "type")]),
        ("pric * pric * pric * pric > 1", &[(1, "type")]),
        ("cnt > round()", &[(7, "type")]),
        ("", &[(1, "syntax")]),
    ] {
        let (expr, faults) = read(text);
        assert!(expr.is_none(), "{text}");
        let found: Vec<_> = faults.iter().map(|fault| (fault.column, fault.code)).collect();
        assert_eq!(found, places, "{text}");
    }
}

#[test]
fn nesting_without_end_is_a_fault_and_no_crash() {
    let deep = 100_000;
    let limits = ["too-deep", "too-long", "too-large"];
    for text in [
        format!("{}cnt > 1{}", "(".repeat(deep), ")".repeat(deep)),
        format!("{}inpatient", "not ".repeat(deep)),
        format!("{}inpatient", "not ".repeat(10_000)),
        format!("cnt > {}1", "-".repeat(10_000)),
        format!("cnt > {}1", "- ".repeat(deep)),
        format!("cnt > {}", "(".repeat(10_000)),
        format!("cnt > 1{}", " + 1".repeat(10_000)),
        format!("cnt > 1{}", " * 1".repeat(10_000)),
        format!("{}cnt{} > 1", "round(".repeat(9_000), ")".repeat(9_000)),
        format!("cnt > 1{}", " or cnt > 1".repeat(5_000)),
        format!("cnt in ({}1)", "1, ".repeat(12_000)),
        format!("day{} = day", " between day".repeat(5_000)),
    ] {
        let (expr, faults) = read(&text);
        assert!(expr.is_none());
        let known = |fault: &Diagnostic| limits.contains(&fault.code) || fault.code == "syntax";
        assert!(faults.len() == 1 && known(&faults[0]), "{:?}", faults[0].what);
    }
    let (expr, _) = read(&format!("{}cnt > 1{}", "(".repeat(60), ")".repeat(60)));
    assert!(expr.is_some());
    let wide = format!("cnt > 1{}", " or cnt > 1".repeat(2_000));
    assert!(read(&wide).0.is_some());
}

#[test]
fn unknown_is_neither_true_nor_false() {
    let (expr, _) = read("(gend in ('1', '2') or unknown) and gend <> '1'");
    let text = short(&expr.unwrap());
    assert!(text.contains(&format!("Equal({NO_NUMBER}e-0, {NO_NUMBER}e-0)")), "{text}");
}
