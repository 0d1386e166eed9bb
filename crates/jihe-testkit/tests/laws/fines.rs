//! Who may be fined, and under which law.

use std::fs;

use jihe::{Engine, Format, Month, Options, Pack, Reference};

use crate::docs::copy_folder;
use crate::life::column;
use crate::scene;

/// Scores the golden folder of the daily limit with that rule under another article; gives the fines
/// and the loss.
fn fines_under(article: &str) -> (Vec<Vec<String>>, String) {
    let dir = tempfile::tempdir().unwrap();
    let pack = dir.path().join("pack");
    copy_folder(&scene::national(), &pack);
    let rule = pack.join("limit/daily-quantity.toml");
    let text = fs::read_to_string(&rule).unwrap();
    fs::write(&rule, text.replace("reg735/38.3", article)).unwrap();
    let golden = scene::national().join("../../fixtures/rules/national/limit/daily-quantity");
    if golden.join("tables").is_dir() {
        copy_folder(&golden.join("tables"), &pack.join("tables"));
    }
    let pack = Pack::load(&pack).unwrap();
    let engine = Engine::compile(&pack, &Reference::open(golden.join("reference")).unwrap());
    let month = Month::open(golden.join("month")).unwrap();
    let result = engine.unwrap().score(&month, &Options::default()).unwrap();
    let out = dir.path().join("out");
    result.write_as(&out, Format::Csv).unwrap();
    let verified = jihe::verify(&out).unwrap();
    assert!(verified.is_whole(), "{:?}", verified.differences);
    let losses = column(&out, "findings", &["article", "loss_amt"]);
    let mut losses = losses.into_iter().filter(|row| row[0] == article);
    let sum =
        losses.try_fold(0_u64, |sum, row| Some(sum + row[1].replace('.', "").parse::<u64>().ok()?));
    let names = ["subject_type", "subject", "article", "base_amt", "fine_low", "fine_high"];
    let fines = column(&out, "penalties", &names);
    let sum = sum.unwrap();
    (fines, format!("{}.{:02}", sum / 100, sum % 100))
}

#[test]
fn an_institution_is_fined_under_article_38_and_a_person_under_41() {
    let (fines, _) = fines_under("reg735/38.3");
    assert!(fines.iter().any(|row| row[2] == "reg735/38.3"), "{fines:?}");
    assert!(fines.iter().all(|row| row[0] == "institution"), "{fines:?}");
    let (fines, _) = fines_under("reg735/41.1");
    let of_rule: Vec<_> = fines.iter().filter(|row| row[2] == "reg735/41.1").collect();
    assert!(!of_rule.is_empty());
    let fen = |text: &str| text.replace('.', "").parse::<u64>().unwrap();
    for row in of_rule {
        assert_eq!(row[0], "person");
        assert_eq!([2, 5].map(|times| times * fen(&row[3])), [fen(&row[4]), fen(&row[5])]);
    }
}

#[test]
fn an_article_of_another_source_has_no_fine_of_the_regulation() {
    let (fines, loss) = fines_under("order7/9");
    assert_ne!(loss, "0.00");
    assert!(fines.iter().all(|row| row[2] != "order7/9"), "{fines:?}");
}
