//! What a run says of its own time adds up.

use std::sync::Arc;

use jihe::{Destination, Engine, Format, Month, Options, Pack, Profile, Reference};
use jihe_testkit::generate::generate;

use crate::scene;

/// The steps of a run on one thread over a generated month.
fn steps() -> Vec<(String, u64)> {
    let (month, reference, tables) = generate(3);
    let dir = tempfile::tempdir().unwrap();
    scene::write(dir.path(), &month, &reference, &tables);
    let [pack, reference, month, out] =
        ["pack", "reference", "month", "out"].map(|name| dir.path().join(name));
    let pack = Pack::load(&pack).unwrap();
    let reference = Reference::open(&reference).unwrap();
    let engine = Engine::compile(&pack, &reference).unwrap();
    let profile = Arc::new(Profile::default());
    let options =
        Options { threads: Some(1), profile: Some(Arc::clone(&profile)), ..Options::default() };
    let to = Destination { out: &out, state: None, format: Format::Parquet };
    engine.deliver(&Month::open(&month).unwrap(), &options, &to).unwrap();
    profile.steps()
}

#[test]
fn shares_of_a_step_take_no_longer_than_the_step() {
    let steps = steps();
    let of = |step: &str| steps.iter().find(|one| one.0 == step).map_or(0, |one| one.1);
    for (outer, shares) in [
        ("read / decode", &["bkkp_sn", "hilist_code", "det_item_fee_sumamt"][..]),
        ("findings / code", &["findings", "finding_lines", "refusals"]),
    ] {
        for share in shares {
            assert_ne!(of(&format!("{outer} / {share}")), 0, "{share}");
        }
        let inner = format!("{outer} / ");
        let sum: u64 = steps.iter().filter(|one| one.0.starts_with(&inner)).map(|one| one.1).sum();
        assert!(sum <= of(outer), "{outer}: {sum} of {}", of(outer));
    }
    // The stages of a run, of which all else is a share.
    let stages: u64 = ["tables", "lines", "net", "judge", "findings", "write"].map(of).iter().sum();
    let shares = steps.iter().filter(|one| one.0.matches(" / ").count() == 1);
    let shares: u64 = shares.map(|one| one.1).sum();
    assert!(shares <= stages, "{shares} of {stages}");
}
