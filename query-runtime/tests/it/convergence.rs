//! Does a real client end where the server is, whatever the network, the users and the clock do in between?
//!
//! Each seed is one run. `SEED=7 cargo test --test it convergence` repeats one, `SEEDS=10000` runs so many, `TRACE=1`
//! tells each step. The rules and invariants (R.., N1, C1, I..) have the names of the specification.
#![expect(
    clippy::comparison_chain,
    clippy::match_same_arms,
    clippy::option_option,
    clippy::print_stderr,
    clippy::similar_names,
    clippy::struct_excessive_bools,
    clippy::unused_self,
    reason = "a model says each case by itself and as the specification names it, and a run is told on request"
)]

mod check;
mod items;
mod server;
mod watch;
mod wire;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};

use world::World;

/// How many steps a run has before it is drained.
const STEPS: usize = 150;

fn play(seed: u64) -> Result<(), String> {
    let mut world = World::new(seed);
    for _ in 0..STEPS {
        world.step();
        world.check()?;
    }
    world.drain(World::check)?;
    if world.untold {
        world.tell();
        world.drain(World::check)?;
    }
    if !world.lost_any() {
        world.check_claims()?;
    }
    world.tell();
    world.drain(World::check)?;
    world.check_end()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn every_run_ends_where_the_server_is() {
    let first = number("SEED").unwrap_or(0);
    let count = number("SEEDS").unwrap_or(if number("SEED").is_some() { 1 } else { 300 });
    let mut failures = Vec::new();
    for seed in first..first + count {
        let played = catch_unwind(AssertUnwindSafe(|| play(seed))).unwrap_or_else(|_| Err("panicked".to_owned()));
        failures.extend(played.err().map(|error| format!("SEED={seed}: {error}")));
    }
    let shown: Vec<&str> = failures.iter().take(5).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} of {count} runs failed\n{}", failures.len(), shown.join("\n"));
}
