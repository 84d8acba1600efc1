//! How is a workload measured, and how is the figure told?

use std::{fmt::Display, hint::black_box, io::Write as _};

use query_runtime::{Clock, SystemClock};
use serde_json::json;

/// What the caller wants.
pub(crate) struct Settings {
    json: bool,
    only: Option<String>,
    max_n: usize,
    runs: usize,
    /// Set in a process of its own that this program starts: only tell how much memory this workload takes.
    pub(crate) memory_of: Option<String>,
}

const USAGE: &str = "usage: workloads [--json] [--only NAME] [--max-n N] [--runs K]";

impl Settings {
    /// Reads the arguments; the error is the text to show.
    pub(crate) fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut settings = Self { json: false, only: None, max_n: 1_000_000, runs: 7, memory_of: None };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
            match argument.as_str() {
                "--json" => settings.json = true,
                "--only" => settings.only = Some(value()?),
                "--max-n" => settings.max_n = number(&value()?)?,
                "--runs" => settings.runs = number(&value()?)?.max(1),
                "--memory-of" => settings.memory_of = Some(value()?),
                // Cargo says that this is a bench.
                "--bench" => {}
                _ => return Err(format!("{argument} is unknown\n{USAGE}")),
            }
        }
        Ok(settings)
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.replace('_', "").parse().map_err(|_| format!("{text} is no number\n{USAGE}"))
}

/// Writes a line for whoever runs the program.
pub(crate) fn say(line: &dyn Display) {
    // Who does not read it any more does not miss it.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Measures workloads and tells their figures.
pub(crate) struct Bench {
    settings: Settings,
    clock: SystemClock,
}

impl Bench {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, clock: SystemClock::new() }
    }

    /// Writes the head of the table.
    pub(crate) fn begin(&self) {
        if !self.settings.json {
            say(&format!("{:<44} {:>9} {:>16}", "workload", "n", "median"));
        }
    }

    /// Returns which of these sizes are wanted.
    pub(crate) fn sizes<const N: usize>(&self, sizes: [usize; N]) -> impl Iterator<Item = usize> + use<N> {
        let most = self.settings.max_n;
        sizes.into_iter().filter(move |n| *n <= most)
    }

    /// Returns whether a workload is wanted.
    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.settings.only.as_ref().is_none_or(|only| only == workload)
    }

    /// Measures a workload on a fresh state each time: `run` does `operations` of them, and nothing else is timed.
    pub(crate) fn measure<S>(
        &self,
        workload: &str,
        n: usize,
        operations: usize,
        fresh: impl FnMut() -> S,
        run: impl FnMut(&mut S),
    ) {
        if self.wants(workload) {
            self.tell(workload, n, "ns_per_op", self.seconds(fresh, run) * 1e9 / figure(operations));
        }
    }

    /// As [`measure`](Self::measure), on one state again and again.
    pub(crate) fn repeat(&self, workload: &str, n: usize, operations: usize, mut run: impl FnMut()) {
        self.measure(workload, n, operations, || (), |()| run());
    }

    /// As [`repeat`](Self::repeat), and tells how many operations there are in a second.
    pub(crate) fn rate(&self, workload: &str, n: usize, operations: usize, mut run: impl FnMut()) {
        if self.wants(workload) {
            self.tell(workload, n, "per_second", figure(operations) / self.seconds(|| (), |()| run()));
        }
    }

    /// Returns how long a run takes, as the median of several.
    fn seconds<S>(&self, mut fresh: impl FnMut() -> S, mut run: impl FnMut(&mut S)) -> f64 {
        // The first runs fill caches and allocator; with one run, somebody only wants to know whether it works.
        let warm_up = if self.settings.runs > 1 { 2 } else { 0 };
        let mut times: Vec<f64> = (0..self.settings.runs + warm_up)
            .map(|_| {
                let mut state = fresh();
                let before = self.clock.now();
                run(&mut state);
                let took = self.clock.now().since(before);
                drop(black_box(state));
                took.as_secs_f64()
            })
            .skip(warm_up)
            .collect();
        times.sort_unstable_by(f64::total_cmp);
        times[times.len() / 2]
    }

    /// Tells a figure.
    pub(crate) fn tell(&self, workload: &str, n: usize, unit: &str, figure: f64) {
        self.tell_maybe(workload, n, unit, Some(figure));
    }

    /// Tells a figure, or that there is none on this system.
    pub(crate) fn tell_maybe(&self, workload: &str, n: usize, unit: &str, figure: Option<f64>) {
        let runs = self.settings.runs;
        let rounded = figure.map(|figure| (figure * 10.0).round() / 10.0);
        if self.settings.json {
            let mut line = json!({"workload": workload, "n": n, "runs": runs});
            line[unit] = json!(rounded);
            say(&line);
        } else {
            let figure = rounded.map_or("unknown".to_owned(), |figure| format!("{figure:.1}"));
            say(&format!("{workload:<44} {n:>9} {figure:>16} {}", unit.replace('_', " ")));
        }
    }
}

/// Returns a count as something to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of a bench are small")]
pub(crate) fn figure(count: usize) -> f64 {
    count as f64
}
