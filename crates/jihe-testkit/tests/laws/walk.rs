//! `docs/adding-a-rule.md` is a walk: here it is gone, step by step, in a copy of the project.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use xtask::{Project, RuleName, command, docs, golden};

use crate::docs::{copy, files};

const PAGE: &str = "docs/adding-a-rule.md";

/// A fenced block: what its fence says, and its text.
struct Block {
    head: Vec<String>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if let Some(head) = line.strip_prefix("```") {
            if !inside {
                let head = head.split_whitespace().map(str::to_owned).collect();
                found.push(Block { head, text: String::new() });
            }
            inside = !inside;
        } else if inside {
            let block = found.last_mut().unwrap();
            block.text.push_str(line);
            block.text.push('\n');
        }
    }
    found
}

struct Walk<'a> {
    root: &'a Path,
    n_commands: usize,
    n_checks: usize,
    n_compared: usize,
}

impl Walk<'_> {
    fn project(&self) -> Project {
        Project::at(self.root)
    }

    fn step(&mut self, block: &Block) {
        let head: Vec<&str> = block.head.iter().map(String::as_str).collect();
        match head.as_slice() {
            ["sh"] => block.text.lines().for_each(|line| self.command(line)),
            [_, "expected", path] => {
                let there = fs::read_to_string(self.root.join(path)).unwrap();
                assert_eq!(block.text, there, "{PAGE} shows another {path}");
                self.n_compared += 1;
            }
            [_, path] => {
                let path = self.root.join(path);
                assert!(
                    path.is_file(),
                    "{PAGE} writes a file that no command made: {}",
                    path.display()
                );
                fs::write(path, &block.text).unwrap();
            }
            _ => panic!("{PAGE}: a block of which nobody knows what it is: {head:?}"),
        }
    }

    fn command(&mut self, line: &str) {
        self.n_commands += 1;
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["cargo", "xtask", words @ ..] => {
                let answer = command::run(&self.project(), words).unwrap();
                assert!(answer.is_done, "{line}: {:?}", answer.lines);
            }
            ["cargo", "run", "-p", "jihe-cli", "--", "check", pack] => self.check(pack),
            ["cargo", "test", "--workspace", "--locked"] => self.test(),
            _ => panic!("{PAGE}: a command that this test cannot run: {line}"),
        }
    }

    /// At first the check lists what is to be written, then nothing of the new rule.
    fn check(&mut self, pack: &str) {
        let found = jihe::check(self.root.join(pack));
        let of_rule: Vec<_> =
            found.iter().filter(|one| one.file.contains("consultations-in-a-day")).collect();
        if self.n_checks == 0 {
            assert!(8 <= of_rule.len(), "{of_rule:?}");
            assert!(of_rule.iter().all(|one| !one.todo.is_empty()));
        } else {
            assert!(of_rule.is_empty(), "{of_rule:?}");
        }
        self.n_checks += 1;
    }

    /// What the tests of the project say of the new rule.
    fn test(&self) {
        let project = self.project();
        let rule = RuleName {
            pack: "national".to_owned(),
            family: "limit".to_owned(),
            id: "consultations-in-a-day".to_owned(),
        };
        assert!(project.rules().unwrap().contains(&rule));
        assert_eq!(golden::tag_faults(&project, &rule).unwrap(), Vec::<String>::new());
        assert_eq!(docs::differences(&project).unwrap(), Vec::<String>::new());
    }
}

#[test]
fn the_walk_of_adding_a_rule_touches_one_file_one_folder_and_their_page() {
    let page = Project::own().text(PAGE).unwrap();
    let dir = copy();
    docs::write(&Project::at(dir.path())).unwrap();
    let before = files(dir.path());
    let mut walk = Walk { root: dir.path(), n_commands: 0, n_checks: 0, n_compared: 0 };
    for block in blocks(&page) {
        walk.step(&block);
    }
    assert!(6 <= walk.n_commands && walk.n_checks == 2 && walk.n_compared == 1);
    let after = files(dir.path());
    let changed: Vec<&String> = changed(&before, &after);
    let own = |path: &str| {
        path == "rules/national/limit/consultations-in-a-day.toml"
            || path.starts_with("fixtures/rules/national/limit/consultations-in-a-day/")
            || path.starts_with("docs/rules/")
    };
    let others: Vec<_> = changed.iter().filter(|path| !own(path)).collect();
    assert!(others.is_empty(), "{others:?}");
    assert!(changed.contains(&&"docs/rules/consultations-in-a-day.md".to_owned()));
}

fn changed<'a>(
    before: &'a BTreeMap<String, Vec<u8>>,
    after: &'a BTreeMap<String, Vec<u8>>,
) -> Vec<&'a String> {
    assert!(before.keys().all(|path| after.contains_key(path)));
    after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).map(|it| it.0).collect()
}

#[test]
fn a_new_rule_is_refused_where_it_cannot_be() {
    let dir = copy();
    let project = Project::at(dir.path());
    let refused = |words: &[&str], why: &str| {
        let failure = command::run(&project, words).unwrap_err().to_string();
        assert!(failure.contains(why), "{failure}");
    };
    refused(&["new-rule", "lines", "a"], "family is none of");
    refused(&["new-rule", "line", "A b"], "small letters");
    refused(&["new-rule", "line", "split-stay"], "rules/national/stay/split-stay.toml");
    refused(&["new-rule", "line", "a", "nowhere"], "no such pack");
    refused(&["bless", "nothing"], "no golden folder");
    for family in jihe_rules::plan::Family::ALL.map(jihe_rules::plan::Family::word) {
        let id = format!("new-{family}");
        assert!(command::run(&project, &["new-rule", family, &id]).unwrap().is_done);
    }
    let found = jihe::check(dir.path().join("rules/national"));
    let empty = found.iter().filter(|one| one.code == "empty" && one.file.contains("/new-"));
    assert!(7 * 8 <= empty.count());
}
