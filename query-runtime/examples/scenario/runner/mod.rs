//! How is a scenario of step files played on this crate?
//!
//! Everything goes through the public interface, as a program would go: see `tests/data/scenarios/FORMAT.md` for the files.

mod asking;
mod check;
mod deeds;
mod expect;
mod lists;
mod mutate;
mod names;
mod pushes;
mod queries;
mod read;
mod rows;
mod scenario;
mod server;
mod steps;
mod wire;
mod world;

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
};

use self::{
    scenario::{Scenario, ServerLevel},
    world::World,
};

/// Plays the scenario of a file at each level that it names.
///
/// # Errors
///
/// The file is no scenario, a step cannot be carried out, an expectation is not met, or something panicked: each with the
/// level and the place in the file.
pub(crate) fn play(text: &str) -> Result<(), String> {
    let scenario = Scenario::parse(text)?;
    for level in &scenario.levels {
        let outcome = catch_unwind(AssertUnwindSafe(|| play_at(&scenario, *level)));
        let said = outcome.unwrap_or_else(|panic| Err(format!("panicked: {}", text_of(panic.as_ref()))));
        said.map_err(|error| format!("level {}: {error}", level.name()))?;
    }
    Ok(())
}

fn play_at(scenario: &Scenario, level: ServerLevel) -> Result<(), String> {
    match level {
        ServerLevel::Plain => World::<0>::play(scenario, level),
        ServerLevel::Keyed => World::<1>::play(scenario, level),
        ServerLevel::Versioned => World::<2>::play(scenario, level),
        ServerLevel::Watermarked => World::<3>::play(scenario, level),
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
