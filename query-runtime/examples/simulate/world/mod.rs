//! What is one run, and what came of it?
//!
//! A run is the program of one level with the real client and the real heart, a network that loses, delays and reorders, a
//! server, its other users, and a clock: all drawn from one seed.

#![allow(
    dead_code,
    clippy::comparison_chain,
    clippy::option_option,
    clippy::unwrap_used,
    clippy::similar_names,
    clippy::trivially_copy_pass_by_ref,
    clippy::cast_precision_loss,
    reason = "the tests do not count, a run that panics is a violation, and a model says each thing by its own name"
)]

mod chance;
mod check;
mod end;
mod program;
mod rows;
mod run;
mod server;
mod steps;
mod watch;
mod wire;

use std::{
    any::Any,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    panic::{AssertUnwindSafe, catch_unwind},
};

use query_runtime::{Level, testing::Rule};

pub(crate) use self::chance::Profile;
use self::run::World;

/// What is the same in all runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// What the server promises.
    pub(crate) level: Level,
    /// What mostly happens; drawn where it is not said.
    pub(crate) profile: Option<Profile>,
    /// The rule that the heart does without.
    pub(crate) without: Option<Rule>,
}

/// What happened in a run, or in several.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) mutations: u64,
    pub(crate) commits: u64,
    pub(crate) landed: u64,
    pub(crate) refused: u64,
    pub(crate) parked: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.mutations += other.mutations;
        self.commits += other.commits;
        self.landed += other.landed;
        self.refused += other.refused;
        self.parked += other.parked;
    }
}

/// A run that is over.
pub(crate) struct Played {
    pub(crate) counts: Counts,
    /// What was not as it must be.
    pub(crate) violation: Option<String>,
    /// What happened, if that was asked for.
    pub(crate) log: Vec<String>,
}

impl Played {
    /// Returns what two runs have in common if, and only if, the same happened in them.
    pub(crate) fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.log.hash(&mut hasher);
        hasher.finish()
    }
}

/// Plays one run.
pub(crate) fn play(seed: u64, settings: &Settings, keeps_log: bool) -> Played {
    let mut world = World::new(seed, settings, keeps_log);
    let outcome = catch_unwind(AssertUnwindSafe(|| world.play()));
    let violation = outcome.unwrap_or_else(|panic| Err(format!("a panic: {}", text_of(&*panic)))).err();
    Played { counts: world.counts(), violation, log: world.take_log() }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a text")
}
