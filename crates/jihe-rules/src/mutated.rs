//! Broken texts: whatever bytes stand in a pack, there is a diagnostic and no panic.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::params::params;
use crate::check::specs;
use crate::compile::{Compiler, Known};
use crate::parse::pack_file::{pack_file, sources_file};
use crate::parse::rule_file::rule_file;
use crate::parse::sink::{Context, Sink};
use crate::parse::source::SourceFile;
use crate::parse::table_file::table_file;
use crate::plan::Family;

/// A small generator of numbers; the seed fixes all of them.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap().checked_rem(n).unwrap_or(0)
    }
}

const PIECES: &[&str] = &[
    "'",
    "\"",
    "\"\"\"",
    "{",
    "}",
    "{{",
    "[",
    "]",
    "[[",
    "(",
    ")",
    "((((((((((",
    "not not ",
    "- - ",
    " and ",
    " or ",
    ",",
    ",,",
    "\n",
    "\r\n",
    "\0",
    "医",
    "“",
    "=",
    "<>",
    "%",
    "0",
    "99999999999999999999",
    "1e9",
    "0x1f",
    "-0.5",
    "2026-02-30",
    "null",
    "unknown",
    "row.",
    "former.",
    ".",
    "\u{feff}",
    "#",
    "\\",
    "\\u0000",
    "true",
    "round(",
    "date '",
    "[params.x]\n",
    "value = 1\n",
    "0.1",
    "inf",
];

fn mutated(text: &str, dice: &mut Dice) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..=dice.below(3) {
        let place = dice.below(bytes.len().saturating_add(1));
        let end = place.saturating_add(dice.below(12)).min(bytes.len());
        match dice.below(5) {
            0 => {
                bytes.drain(place..end);
            }
            1 => {
                let byte = u8::try_from(dice.below(256)).unwrap();
                bytes.splice(place..place.saturating_add(1).min(bytes.len()), [byte]);
            }
            2 => {
                let piece = PIECES[dice.below(PIECES.len())];
                bytes.splice(place..place, piece.bytes());
            }
            3 => {
                let copy = bytes[place..end].to_vec();
                let at = dice.below(bytes.len().saturating_add(1));
                bytes.splice(at..at, copy);
            }
            _ => bytes.truncate(place),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}

fn national() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules/national")
}

/// Runs `judge` over many broken versions of a text; every diagnostic must be printable.
fn broken(text: &str, dice: &mut Dice, judge: impl Fn(Context<'_>, &Arc<SourceFile>)) {
    for _ in 0..120 {
        let file = Arc::new(SourceFile::new("f".into(), "f".into(), mutated(text, dice)));
        let sink = Sink::default();
        judge(Context { file: &file, sink: &sink }, &file);
        for diagnostic in sink.sorted() {
            assert!(!diagnostic.to_string().is_empty());
        }
    }
}

#[test]
fn no_broken_rule_file_panics() {
    let mut dice = Dice(7);
    let sources = fs::read_to_string(national().join("sources.toml")).unwrap();
    broken(&sources, &mut dice, |context, _| {
        sources_file(context);
    });
    let pack = fs::read_to_string(national().join("pack.toml")).unwrap();
    let pack = format!("{pack}[params.x]\ny = 1\n[status]\nx = \"draft\"\n");
    broken(&pack, &mut dice, |context, _| {
        pack_file(context);
    });
    let sources = BTreeMap::from([("reg735/38.6".to_owned(), String::new())]);
    let families = BTreeMap::new();
    let known = Known { sources: &sources, families: &families };
    let mut n_files = 0;
    for family in Family::ALL {
        for path in files(&national().join(family.word())) {
            n_files += 1;
            let text = fs::read_to_string(path).unwrap();
            broken(&text, &mut dice, |context, file| {
                if let Some(rule) = rule_file(context, file, "r", family) {
                    let params = params(context, &rule);
                    Compiler::new(context, &rule, &params, &BTreeMap::new()).rule(&known);
                }
            });
        }
    }
    assert!(24 <= n_files);
}

#[test]
fn no_broken_table_panics() {
    let mut dice = Dice(11);
    for name in specs::names() {
        let spec = specs::spec(name).unwrap();
        let columns: Vec<&str> = spec.columns.iter().map(|column| column.name.as_str()).collect();
        let header = format!("{},begndate,enddate,basis\n", columns.join(","));
        let row = "1,".repeat(columns.len());
        let text = format!("{header}{row}2026-01-01,,\"a, b\"\n{row},2027-01-01,x\r\n");
        broken(&text, &mut dice, |context, file| {
            table_file(context, file, spec.clone());
        });
    }
}
