//! The nightly run of a bureau: one month after the other, each with the state the last one left.
//!
//! Run: `cargo run -p jihe --example nightly`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::path::Path;

use jihe::{Engine, Month, Options, Pack, Reference};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sample = root.join("fixtures/months/sample");
    let out = std::env::temp_dir().join(format!("jihe-nightly-{}", std::process::id()));
    let pack = Pack::load(root.join("rules/national"))?;
    let reference = Reference::open(sample.join("reference"))?;
    let engine = Engine::compile(&pack, &reference)?;

    let mut months: Vec<_> =
        std::fs::read_dir(sample.join("months"))?.collect::<Result<Vec<_>, _>>()?;
    months.sort_by_key(std::fs::DirEntry::file_name);
    let state = out.join("state");
    for entry in months {
        let month = Month::open(entry.path())?;
        let options = Options { state: Some(state.clone()), ..Options::default() };
        let result = engine.score(&month, &options)?;
        let results = out.join(entry.file_name());
        result.write(&results)?;
        result.write_state(&state)?;
        let report = jihe::verify(&results)?;
        let totals = result.ledger().totals;
        println!(
            "{}: {} lines, {} findings, refused {} fen, verified: {}",
            entry.file_name().to_string_lossy(),
            totals.n_lines,
            totals.n_findings,
            totals.refused,
            report.is_whole()
        );
    }
    std::fs::remove_dir_all(&out)?;
    Ok(())
}
