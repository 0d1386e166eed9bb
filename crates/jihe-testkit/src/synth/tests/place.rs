//! A city in the place of an older one, and folders that hold something else.

use std::fs;
use std::path::Path;

use super::super::{CityOptions, Format, SynthError, write_city};
use super::{bytes_of, contents, options};

fn write(dir: &Path, options: &CityOptions) -> Result<(), SynthError> {
    write_city(dir, options, &mut |_| {}).map(drop)
}

#[test]
fn a_city_takes_the_place_of_an_older_one_of_other_months_and_format() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("city");
    let new = CityOptions { format: Format::Parquet, ..options(60, 2) };
    for old in [
        CityOptions { n_months: 3, ..options(60, 1) },
        CityOptions { first_month: (2025, 1), ..new.clone() },
        new.clone(),
    ] {
        write(&dir, &old).unwrap();
        // What a writer that died left behind goes, too.
        fs::create_dir_all(dir.join(".synth-0.tmp/new/months")).unwrap();
        write(&dir, &new).unwrap();
        let found = bytes_of(&dir).into_iter();
        let root = dir.display().to_string();
        let found = found.map(|(name, bytes)| (name.replace(&root, ""), bytes)).collect();
        assert!(contents(&new) == found);
        assert_eq!(fs::read_dir(&dir).unwrap().count(), 4);
    }
}

#[test]
fn what_lies_beside_a_city_stays() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("out")).unwrap();
    for name in ["notes.txt", "out/findings.csv"] {
        fs::write(home.path().join(name), "dear").unwrap();
    }
    for seed in 1..3 {
        write(home.path(), &options(40, seed)).unwrap();
        for name in ["notes.txt", "out/findings.csv"] {
            assert_eq!(fs::read(home.path().join(name)).unwrap(), b"dear");
        }
    }
}

#[test]
fn what_is_no_city_and_would_be_replaced_is_refused_and_left_alone() {
    for name in [
        "months/2026-10/lines.xlsx",
        "months/2026-10/lines/part-0.csv",
        "months/october/lines.csv",
        "reference/catalogue.parquet",
        "reference/truth.csv",
        "truth.csv/x",
    ] {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), &options(40, 1)).unwrap();
        if name == "truth.csv/x" {
            fs::remove_file(home.path().join("truth.csv")).unwrap();
        }
        let foreign = home.path().join(name);
        fs::create_dir_all(foreign.parent().unwrap()).unwrap();
        fs::write(foreign, "dear").unwrap();
        let before = bytes_of(home.path());
        let error = write(home.path(), &options(40, 2)).unwrap_err();
        assert!(error.is_usage(), "{name}: {error}");
        assert!(bytes_of(home.path()) == before, "{name}");
    }
}

#[test]
fn months_without_a_list_of_what_they_show_are_somebody_elses() {
    let home = tempfile::tempdir().unwrap();
    write(home.path(), &options(40, 1)).unwrap();
    for truth in [Some("line,why\n"), None] {
        match truth {
            Some(text) => fs::write(home.path().join("truth.csv"), text).unwrap(),
            None => fs::remove_file(home.path().join("truth.csv")).unwrap(),
        }
        let before = bytes_of(home.path());
        assert!(write(home.path(), &options(40, 2)).unwrap_err().is_usage());
        assert!(bytes_of(home.path()) == before);
    }
}

#[test]
fn a_city_that_cannot_be_made_leaves_what_was_there() {
    let home = tempfile::tempdir().unwrap();
    let (old, new) = (home.path().join("old"), home.path().join("new"));
    write(&old, &options(40, 1)).unwrap();
    let none = Some(home.path().join("none"));
    let usage = SynthError::is_usage as fn(&SynthError) -> bool;
    for (options, is_kind) in [
        (options(0, 1), usage),
        (CityOptions { n_months: 0, ..options(40, 2) }, usage),
        (CityOptions { n_months: 49, ..options(40, 2) }, usage),
        (CityOptions { first_month: (2026, 13), ..options(40, 2) }, usage),
        (CityOptions { pack: none.clone(), ..options(40, 2) }, usage),
        (CityOptions { reference: none, ..options(40, 2) }, SynthError::is_input),
        (CityOptions { reference: Some(old.clone()), ..options(40, 2) }, SynthError::is_input),
    ] {
        let before = bytes_of(home.path());
        for dir in [&old, &new] {
            let error = write(dir, &options).unwrap_err();
            assert!(is_kind(&error), "{error}");
        }
        assert!(bytes_of(home.path()) == before && !new.exists());
    }
    let below_a_file = old.join("truth.csv/city");
    let error = write(&below_a_file, &options(40, 2)).unwrap_err();
    assert!(!error.is_usage() && !error.is_input(), "{error}");
}
