//! `cargo xtask`: what the project does to itself.

use std::process::ExitCode;

use xtask::{Project, command};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match command::run(&Project::own(), &words) {
        Ok(answer) => {
            say(&answer.lines);
            if answer.is_done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::print_stdout, reason = "a command for people")]
fn say(lines: &[String]) {
    for line in lines {
        println!("{line}");
    }
}
