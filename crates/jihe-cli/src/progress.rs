//! How far long work is: a bar on a terminal, a plain line now and then elsewhere.

use std::io::{IsTerminal, stderr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output;

/// Between two plain lines.
const PAUSE: Duration = Duration::from_secs(5);

/// Shows progress on standard error.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Shown>);

enum Shown {
    /// Nothing.
    Quiet,
    /// A terminal.
    Bar(ProgressBar),
    /// A file or pipe: the stage and the time of the last line.
    Lines(Mutex<(String, Instant)>),
}

impl Progress {
    /// Starts.
    pub(crate) fn new(quiet: bool) -> Self {
        Self(Arc::new(match (quiet, stderr().is_terminal()) {
            (true, _) => Shown::Quiet,
            (false, true) => Shown::Bar(bar()),
            (false, false) => Shown::Lines(Mutex::new((String::new(), Instant::now()))),
        }))
    }

    /// Tells the stage and how many rows are done in it.
    pub(crate) fn tell(&self, stage: &str, n_rows: u64) {
        match &*self.0 {
            Shown::Quiet => {}
            Shown::Bar(bar) => {
                bar.set_message(stage.to_owned());
                bar.set_position(n_rows);
            }
            Shown::Lines(last) => {
                let Ok(mut last) = last.lock() else { return };
                if last.0 != stage || PAUSE <= last.1.elapsed() {
                    *last = (stage.to_owned(), Instant::now());
                    output::note(&line(stage, n_rows));
                }
            }
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        match &*self.0 {
            Shown::Bar(bar) => bar.finish_and_clear(),
            Shown::Quiet | Shown::Lines(_) => {}
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}  {human_pos}  {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

fn line(stage: &str, n_rows: u64) -> String {
    if n_rows == 0 { format!("{stage} …") } else { format!("{stage}: {n_rows} rows") }
}
