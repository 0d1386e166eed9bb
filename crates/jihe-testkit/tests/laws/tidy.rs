//! The house rules that no lint checks.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All Rust files below a folder, sorted.
pub fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "no Rust files under {}", dir.display());
    files
}

/// Lines that are neither blank nor comment, up to the tests of the file.
fn code_lines(text: &str) -> usize {
    let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text);
    code.lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"))
        .count()
}

#[test]
fn no_file_has_more_than_four_hundred_lines_of_code() {
    let files = ["crates", "xtask"].map(|folder| rust_files(&root().join(folder)));
    for file in files.into_iter().flatten() {
        let lines = code_lines(&fs::read_to_string(&file).unwrap());
        assert!(lines <= 400, "{} has {lines} lines of code", file.display());
    }
}

#[test]
fn money_code_has_no_float() {
    for name in ["jihe-terms", "jihe-kernels", "jihe-settle", "jihe-engine", "jihe-frame"] {
        for file in rust_files(&root().join("crates").join(name)) {
            let text = fs::read_to_string(&file).unwrap();
            for word in ["f32", "f64"] {
                let found = text
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .any(|token| token == word);
                assert!(!found, "{} names {word}", file.display());
            }
        }
    }
}

#[test]
fn only_the_command_prints_and_only_its_rooms_open_files() {
    let rooms =
        ["jihe-intake", "jihe-report", "jihe-rules", "jihe-import", "jihe-cli", "jihe-testkit"];
    for file in rust_files(&root().join("crates")) {
        let name = file.to_string_lossy().into_owned();
        if !name.contains("/src/") || name.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or(&text);
        let prints = code.lines().any(|line| {
            let line = line.trim_start();
            !line.starts_with("//")
                && ["println!(", "eprintln!(", "print!(", "dbg!("]
                    .iter()
                    .any(|word| line.contains(word))
        });
        assert!(!prints || name.contains("jihe-cli"), "{name} prints");
        let opens =
            ["File::open", "fs::read", "File::create"].iter().any(|word| code.contains(word));
        assert!(!opens || rooms.iter().any(|room| name.contains(room)), "{name} opens files");
    }
}
