//! What an analyst does: changes one parameter, scores again, compares money by rule.
//!
//! Run: `cargo run -p jihe --example tune`
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::path::Path;

use jihe::{Engine, Month, Options, Pack, Reference};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sample = root.join("fixtures/months/sample");
    let reference = Reference::open(sample.join("reference"))?;
    let months: Vec<_> = std::fs::read_dir(sample.join("months"))?.collect::<Result<_, _>>()?;
    let first = months.iter().min_by_key(|entry| entry.file_name()).ok_or("no month")?;
    let month = Month::open(first.path())?;

    let before = Pack::load(root.join("rules/national"))?;
    let after = before.clone().with_param("split-stay", "window_days", 10)?;
    let rules: Vec<String> = before.plan().rules.iter().map(|rule| rule.id.clone()).collect();
    let money = |pack: &Pack| -> Result<Vec<(u64, i128, i128)>, jihe::Error> {
        let result = Engine::compile(pack, &reference)?.score(&month, &Options::default())?;
        let of_rules = result.ledger().rules.iter();
        Ok(of_rules.map(|rule| (rule.n_findings, rule.credited, rule.held)).collect())
    };
    println!("{:<20} {:>9} {:>14} {:>14}   after", "rule", "findings", "refused fen", "held fen");
    for ((rule, before), after) in rules.iter().zip(money(&before)?).zip(money(&after)?) {
        let changed = if before == after { String::new() } else { format!("   {after:?}") };
        println!("{rule:<20} {:>9} {:>14} {:>14}{changed}", before.0, before.1, before.2);
    }
    Ok(())
}
