//! How does the program of a peer measure, and tell its figures, in the way that the runtime's workloads do?

use std::{
    hint::black_box,
    process::{Command, Stdio},
    time::Instant,
};

/// Takes what the caller wants from the arguments, and measures.
#[derive(Debug)]
pub struct Bench {
    runs: usize,
    max_n: usize,
    /// In a process of its own: only tell how much memory this workload takes.
    memory_of: Option<String>,
}

impl Bench {
    /// Reads the arguments of the program.
    pub fn of_the_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().collect();
        let value = |name| Some(arguments[arguments.iter().position(|one| one == name)? + 1].clone());
        let number = |name, otherwise| value(name).map_or(otherwise, |value| value.parse().expect("a number"));
        Self { runs: number("--runs", 7), max_n: number("--max-n", 1_000_000), memory_of: value("--memory-of") }
    }

    /// Returns which of these sizes are wanted.
    pub fn sizes<const N: usize>(&self, sizes: [usize; N]) -> Vec<usize> {
        sizes.into_iter().filter(|n| *n <= self.max_n).collect()
    }

    /// Measures a workload on a fresh state each time: `run` does `operations` of them, and nothing else is timed.
    pub fn measure<S>(
        &self,
        workload: &str,
        n: usize,
        operations: usize,
        fresh: impl FnMut() -> S,
        run: impl FnMut(&mut S),
    ) {
        if self.memory_of.is_none() {
            tell(workload, n, "ns_per_op", self.seconds(fresh, run) * 1e9 / operations as f64);
        }
    }

    /// As [`measure`](Self::measure), on one state, and tells how many operations there are in a second.
    pub fn rate(&self, workload: &str, n: usize, operations: usize, mut run: impl FnMut()) {
        if self.memory_of.is_none() {
            tell(workload, n, "per_second", operations as f64 / self.seconds(|| (), |()| run()));
        }
    }

    /// Tells a count.
    pub fn count(&self, workload: &str, n: usize, unit: &str, count: usize) {
        if self.memory_of.is_none() {
            tell(workload, n, unit, count as f64);
        }
    }

    /// Tells how many bytes each of `n` things takes; they are made in a process of its own. Where that needs something
    /// that is made before and not counted, `fresh` makes it.
    pub fn bytes<S, T>(&self, workload: &str, n: usize, fresh: impl FnOnce() -> S, take: impl FnOnce(&S) -> T) {
        match &self.memory_of {
            Some(only) if only == workload => {
                let state = fresh();
                let before = resident();
                let kept = black_box(take(&state));
                let bytes = before.and_then(|before| Some((resident()? - before) / n as f64));
                println!("{}", bytes.map_or("null".to_owned(), |bytes| format!("{bytes:.1}")));
                drop((kept, state));
            }
            Some(_) => {}
            None if n <= self.max_n => {
                let own = std::env::current_exe().expect("a program");
                let output = Command::new(own).args(["--memory-of", workload]).stderr(Stdio::inherit()).output();
                let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
                let bytes = text.ok().filter(|text| !text.is_empty()).unwrap_or("null".to_owned());
                println!(r#"{{"workload":"{workload}","n":{n},"bytes":{bytes}}}"#);
            }
            None => {}
        }
    }

    /// Returns how long a run takes, as the median of several.
    fn seconds<S>(&self, mut fresh: impl FnMut() -> S, mut run: impl FnMut(&mut S)) -> f64 {
        let warm_up = if self.runs > 1 { 2 } else { 0 };
        let mut times = Vec::new();
        for round in 0..self.runs + warm_up {
            let mut state = fresh();
            let before = Instant::now();
            run(&mut state);
            let took = before.elapsed().as_secs_f64();
            drop(black_box(state));
            if round >= warm_up {
                times.push(took);
            }
        }
        times.sort_unstable_by(f64::total_cmp);
        times[times.len() / 2]
    }
}

fn tell(workload: &str, n: usize, unit: &str, figure: f64) {
    println!(r#"{{"workload":"{workload}","n":{n},"{unit}":{figure:.1}}}"#);
}

/// Returns how many bytes this process occupies, where the system says so.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}

/// A row, the same as in the runtime's workloads.
#[derive(Clone, Debug, PartialEq)]
pub struct Person {
    /// Its number.
    pub id: usize,
    /// A name.
    pub name: String,
    /// An address.
    pub email: String,
    /// A number that changes.
    pub age: usize,
}

impl Person {
    /// Returns the row with this number.
    pub fn new(id: usize) -> Self {
        Self { id, name: format!("user-{id}"), email: format!("user{id}@example.com"), age: id % 90 }
    }
}

/// The first segments of ten kinds of keys.
pub const RESOURCES: [&str; 10] =
    ["users", "posts", "teams", "files", "tags", "roles", "orgs", "notes", "jobs", "logs"];

/// How many entries are read or written in one measurement of many.
pub const CALLS: usize = 50_000;

/// Walks through `0..n` in an order that looks like none, the same each time.
pub fn walk(n: usize) -> impl Iterator<Item = usize> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % n as u64) as usize
    })
}

/// Returns the name of a workload of so many entries.
pub fn named(what: &str, n: usize) -> String {
    format!("{what}_{}k", n / 1_000)
}
