//! Local packs move values inside the bounds that the national pack states, and nowhere else.

use std::fs;

use jihe::Severity;
use xtask::Project;

use crate::docs::copy;

fn local_packs() -> Vec<String> {
    let packs = Project::own().packs().unwrap();
    packs.into_iter().filter(|pack| pack != "national").collect()
}

#[test]
fn local_packs_have_no_faults_and_change_no_rule() {
    let project = Project::own();
    let national = project.plan("national").unwrap();
    assert!(!local_packs().is_empty());
    for pack in local_packs() {
        let found = jihe::check(project.pack(&pack));
        let faults: Vec<_> = found.iter().filter(|it| it.severity != Severity::Note).collect();
        assert!(faults.is_empty(), "{faults:?}");
        let plan = project.plan(&pack).unwrap();
        for rule in &national.rules {
            let here = plan.rules.iter().find(|here| here.id == rule.id).unwrap();
            assert_eq!(format!("{:?}", here.shape), format!("{:?}", rule.shape), "{}", rule.id);
            for (param, moved) in rule.params.iter().zip(&here.params) {
                assert_eq!((param.min, param.max), (moved.min, moved.max));
                let inside = |&(_, value): &(_, i64)| param.min <= value && value <= param.max;
                assert!(moved.values.iter().all(inside), "{} {}", rule.id, param.name);
            }
        }
    }
}

/// Every value that a local pack moves, put beyond each bound, is refused at its place.
#[test]
fn a_local_pack_that_leaves_the_bounds_is_refused_with_the_bound_and_its_owner() {
    let national = Project::own().plan("national").unwrap();
    let dir = copy();
    let city = dir.path().join("rules/city");
    fs::create_dir(&city).unwrap();
    let mut n_refused = 0;
    for rule in &national.rules {
        for param in &rule.params {
            let one = 10_i64.pow(scale(param.ty));
            for (number, bound) in [(param.max + one, "above"), (param.min - one, "below")] {
                let value = jihe_terms::decimal_text(i128::from(number), scale(param.ty));
                let pack = format!(
                    "id = \"city\"\ntitle = \"市\"\nfrom = 2026-01-01\nbuilds_on = [\"../national\"]\n\n\
                     [params.\"{}\"]\n{} = {{ value = \"{value}\", cite = \"notice 1\" }}\n",
                    rule.id, param.name
                );
                fs::write(city.join("pack.toml"), pack).unwrap();
                let (plan, found) = jihe_rules::check(&city);
                assert!(plan.is_none(), "{} {} {bound}", rule.id, param.name);
                let error = found.iter().find(|one| one.severity == Severity::Error).unwrap();
                assert_eq!((error.line, error.column > 1), (7, true), "{error}");
                if error.code == "out-of-bounds" {
                    assert!(error.what.contains(&rule.id) && error.what.contains(".."), "{error}");
                    assert!(error.why.contains(&format!("national/{}", rule.file)), "{error}");
                    assert!(error.why.contains(&param.cite), "{error}");
                    n_refused += 1;
                } else {
                    // A negative value is no number of any unit.
                    assert_eq!((error.code, bound), ("bad-number", "below"), "{error}");
                }
            }
        }
    }
    assert!(5 <= n_refused);
}

fn scale(ty: jihe_rules::expr::Type) -> u32 {
    let jihe_rules::expr::Type::Number(scale) = ty else {
        panic!("a parameter is a number: {ty:?}")
    };
    scale
}

#[test]
fn a_moved_value_names_its_own_source() {
    let plan = Project::own().plan("ningbo").unwrap();
    let rule = plan.rules.iter().find(|rule| rule.id == "early-refill").unwrap();
    let allowance =
        rule.params.iter().find(|param| param.name == "chronic_allowance_days").unwrap();
    assert_eq!(allowance.values.last().unwrap().1, 0);
    assert!(allowance.cite.contains("6.4"), "{}", allowance.cite);
}

/// What a city writes, and the fault: code, file, line, and what its text names.
const WAYS_OUT: &[(&str, &str, &str, u32, &str)] = &[
    (
        "pack.toml",
        "[params.\"early-refill\"]\nallowence_days = { value = 1, cite = \"x\" }\n",
        "unknown-param",
        6,
        "allowance_days",
    ),
    (
        "pack.toml",
        "[params.\"early-refil\"]\nallowance_days = { value = 1, cite = \"x\" }\n",
        "unknown-rule",
        5,
        "early-refill",
    ),
    (
        "pack.toml",
        "[params.\"early-refill\"]\nallowance_days = { value = 1, max = 99, cite = \"x\" }\n",
        "unknown-key",
        6,
        "max",
    ),
    (
        "pack.toml",
        "[params.\"early-refill\"]\nallowance_days = { value = 1 }\n",
        "missing-key",
        6,
        "cite",
    ),
    ("pack.toml", "[params.\"early-refill\"]\ngrade = \"definite\"\n", "unknown-param", 6, "grade"),
    ("pack.toml", "[grade]\n\"early-refill\" = \"definite\"\n", "unknown-key", 5, "grade"),
    ("pack.toml", "[status]\n\"sex-mismatch\" = \"off\"\n", "bad-value", 6, "shadow"),
    (
        "tables/item_sex.csv",
        "hilist_code,gend,begndate,enddate,basis\nXL02BBA326A001010102180,,2026-05-01,,x\n",
        "bad-cell",
        2,
        "missing",
    ),
    (
        "tables/item_sex.csv",
        "hilist_code,gend,begndate,enddate,basis\n\
         XL02BBA326A001010102180,1,2026-05-01,2026-05-01,x\n",
        "empty-range",
        2,
        "enddate",
    ),
];

#[test]
fn a_local_pack_cannot_name_what_is_not_there_raise_a_grade_or_take_a_row_out() {
    let dir = copy();
    let city = dir.path().join("rules/city");
    let head = "id = \"city\"\ntitle = \"市\"\nfrom = 2026-01-01\nbuilds_on = [\"../national\"]\n";
    let write = |name: &str, text: &str| {
        if city.is_dir() {
            fs::remove_dir_all(&city).unwrap();
        }
        fs::create_dir_all(city.join("tables")).unwrap();
        fs::create_dir_all(city.join("supply")).unwrap();
        fs::write(city.join("pack.toml"), head).unwrap();
        let text = if name == "pack.toml" { format!("{head}{text}") } else { text.to_owned() };
        fs::write(city.join(name), text).unwrap();
    };
    for &(name, text, code, line, named) in WAYS_OUT {
        write(name, text);
        let (plan, found) = jihe_rules::check(&city);
        assert!(plan.is_none(), "{text}");
        let errors: Vec<_> = found.iter().filter(|it| it.severity == Severity::Error).collect();
        let [error] = errors.as_slice() else { panic!("{text}: {errors:?}") };
        assert_eq!((error.code, error.line), (code, line), "{error}");
        assert!(error.file.ends_with(name), "{error}");
        assert!(error.to_string().contains(named), "{error}");
    }
    // A rule of the lower pack cannot be written again, with another grade or not.
    let rule = fs::read_to_string(dir.path().join("rules/national/supply/early-refill.toml"));
    write("supply/early-refill.toml", &rule.unwrap().replace("\"likely\"", "\"definite\""));
    let (plan, found) = jihe_rules::check(&city);
    assert!(plan.is_none());
    assert!(found.iter().any(|it| it.code == "duplicate-rule" && it.file.ends_with("refill.toml")));
    // A looser row of its own is the city's to write, and is listed with the row that it replaces.
    write("tables/supply_limit.csv", "kind,days,begndate,enddate,basis\ngeneral,9,2026-05-01,,x\n");
    let (plan, found) = jihe_rules::check(&city);
    assert!(plan.is_some());
    let note = found.iter().find(|it| it.code == "replaced").unwrap();
    assert!(note.what.contains("national line 3") && note.what.contains("city line 2"), "{note}");
}
