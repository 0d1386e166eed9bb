//! The command `jihe`: adjudicates months of claims, checks packs, explains and verifies results.
//!
//! Results go to files, one summary to standard output, everything else to standard error. No
//! command panics: what should never happen ends with exit code 70 and one line without data.

mod args;
mod commands;
mod exit;
mod memory;
mod output;
mod progress;
mod size;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;

use clap::Parser;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure};

/// Fewer page faults than the system's allocator where many columns come and go.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Where the last fault of ours was, for the one line that is said about it.
static FAULT: Mutex<String> = Mutex::new(String::new());

fn main() -> ExitCode {
    // The usual hook would print the message of the fault, which may hold a value of a row.
    std::panic::set_hook(Box::new(|fault| {
        if let (Some(place), Ok(mut kept)) = (fault.location(), FAULT.lock()) {
            *kept = format!("{}:{}", place.file(), place.line());
        }
    }));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| fault()).into()
}

fn fault() -> Exit {
    let place = FAULT.lock().map(|place| place.clone()).unwrap_or_default();
    output::error(&format!("internal fault at {place}; nothing more was written"));
    Exit::Fault
}

fn run() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version are answers, not errors.
            let _ = answer.print();
            return if answer.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    if let Command::Score(args) = &cli.command {
        memory::give_back(args.memory);
    }
    let json = cli.command.json();
    let done = match cli.command {
        Command::Score(args) => commands::score::run(&args),
        Command::Check(args) => commands::check::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Import(args) => commands::import::run(&args),
        Command::Synth(args) => commands::synth::run(&args),
        Command::Verify(args) => commands::verify::run(&args),
    };
    done.unwrap_or_else(|failure| report(&failure, json))
}

fn report(failure: &Failure, json: bool) -> Exit {
    if json {
        output::error_json(failure);
    } else {
        output::error(&failure.text);
    }
    failure.exit
}
