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
