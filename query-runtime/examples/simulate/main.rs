//! Plays a program with the real client against a network, a server and users that are drawn from a seed, and checks what
//! must hold in every run.
//!
//! ```text
//! cargo run --release -p query-runtime --features test-util --example simulate -- \
//!     [--seeds N] [--start S] [--level plain|keyed|versioned|watermarked|all] \
//!     [--profile mixed|idempotent|storm|families|pages] [--without RULE] [--jobs J] [--twice] [--trace]
//! ```
//!
//! For each level it prints one line: `seeds N mutations M … violations V …`. It ends with 1 if there was a violation, after
//! the command that plays that seed again and what happened in it. What is played, what is checked and what is not is told
//! in the README beside this file.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::trivially_copy_pass_by_ref,
    clippy::cast_precision_loss,
    reason = "a program for the command line, which says how long it took"
)]

mod arguments;
mod world;

use std::{
    collections::BTreeMap,
    process::ExitCode,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use arguments::Arguments;
use world::{Counts, Settings, play};

/// One of so many seeds is played twice, to see that the same happens (I18).
const TWICE_ONE_OF: u64 = 64;

/// How many violations are told, those of the smallest seeds.
const TOLD: usize = 10;

/// What was found at a level.
#[derive(Default)]
struct Found {
    seeds: u64,
    counts: Counts,
    violations: u64,
    /// The violations of the smallest seeds.
    first: BTreeMap<u64, String>,
}

impl Found {
    fn note(&mut self, seed: u64, violation: String) {
        self.violations += 1;
        self.first.insert(seed, violation);
        if self.first.len() > TOLD {
            self.first.pop_last();
        }
    }
}

fn main() -> ExitCode {
    // A run that panics is reported with its seed.
    std::panic::set_hook(Box::new(|_| ()));
    match Arguments::parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => simulate(&arguments),
        Ok(None) => {
            println!("{}", arguments::USAGE);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}\n{}", arguments::USAGE);
            ExitCode::from(2)
        }
    }
}

fn simulate(arguments: &Arguments) -> ExitCode {
    let mut good = true;
    for level in &arguments.levels {
        let settings = Settings { level: *level, profile: arguments.profile, without: arguments.without };
        let began = Instant::now();
        let found = play_all(arguments, &settings);
        let seconds = began.elapsed().as_secs_f64();
        let seeds = found.seeds;
        let Counts { mutations, commits, landed, refused, parked } = found.counts;
        println!(
            "seeds {seeds} mutations {mutations} commits {commits} landed {landed} refused {refused} parked {parked} \
             violations {} level {} seconds {seconds:.1} rate {:.0}/s",
            found.violations,
            arguments::name_of(level),
            seeds as f64 / seconds.max(f64::MIN_POSITIVE),
        );
        for (seed, violation) in found.first.iter().skip(1) {
            println!("seed {seed}: {}", violation.lines().next().unwrap_or_default());
        }
        if let Some((seed, violation)) = found.first.first_key_value() {
            good = false;
            report(arguments, &settings, *seed, violation);
        }
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Plays all seeds of one level on several threads.
fn play_all(arguments: &Arguments, settings: &Settings) -> Found {
    let (next, found) = (AtomicU64::new(0), Mutex::new(Found::default()));
    std::thread::scope(|scope| {
        for _ in 0..arguments.jobs {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    // Without a rule, the question is after how many runs that is noticed.
                    let is_caught = arguments.without.is_some() && lock(&found).violations > 0;
                    if number >= arguments.seeds || is_caught {
                        break;
                    }
                    let seed = arguments.start + number;
                    let twice = arguments.twice || seed.is_multiple_of(TWICE_ONE_OF);
                    let played = play(seed, settings, twice || arguments.trace);
                    let again = twice.then(|| play(seed, settings, true));
                    let differs = again.is_some_and(|again| again.hash() != played.hash());
                    let late =
                        differs.then(|| "I18: the same seed was played twice, and not the same happened".to_owned());
                    let mut found = lock(&found);
                    found.seeds += 1;
                    found.counts.add(played.counts);
                    if let Some(violation) = played.violation.or(late) {
                        found.note(seed, violation);
                    }
                    if arguments.trace {
                        println!("seed {seed}\n{}", played.log.join("\n"));
                    }
                }
            });
        }
    });
    found.into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn lock(found: &Mutex<Found>) -> MutexGuard<'_, Found> {
    found.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells what happened in a run that went wrong, and how to play it again.
fn report(arguments: &Arguments, settings: &Settings, seed: u64, violation: &str) {
    if !arguments.trace {
        println!("{}", play(seed, settings, true).log.join("\n"));
    }
    println!("seed {seed}: {violation}");
    println!(
        "cargo run --release -p query-runtime --features test-util --example simulate -- {}",
        arguments.again(*settings, seed)
    );
}
