//! How is a scenario run on this crate, and its trace compared with a recorded one?
//!
//! Everything goes through the public interface, as a program would go.

mod cache;
mod compare;
mod deviations;
mod fill;
mod functions;
mod mutations;
mod promises;
mod run;
mod sample;
mod scenario;
mod settings;
mod steps;
mod time;
mod trace;
mod watching;

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc,
    thread,
    time::Duration,
};

use self::scenario::Scenario;
pub(crate) use self::{deviations::Deviations, trace::Trace};

/// How long a scenario may run, in real time.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the scenario of a file and returns its trace.
///
/// It runs on a thread of its own: whatever it does, the others run too.
///
/// # Errors
///
/// The file is no scenario, a step cannot be carried out, something panicked, or it does not end.
pub(crate) fn run(text: &str) -> Result<Trace, String> {
    let scenario = Scenario::parse(text)?;
    let (sender, receiver) = mpsc::channel();
    let spawned = thread::Builder::new().name(scenario.name.clone()).spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| run::run(&scenario)));
        // Nobody listens any more if it took too long.
        drop(sender.send(outcome.unwrap_or_else(|panic| Err(format!("panicked: {}", text_of(panic.as_ref()))))));
    });
    spawned.map_err(|error| format!("no thread: {error}"))?;
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| Err(format!("does not end within {PATIENCE:?}")))
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
