//! What do the usual operations cost?
//!
//! `cargo bench -p query-runtime --bench workloads` prints a table; `-- --json` one JSON line a workload.

mod fetching;
mod hydrating;
mod looking;
mod memory;
mod optimism;
mod resources;
mod rows;
mod threads;
mod timing;
mod values;

use std::process::ExitCode;

use timing::{Bench, Settings};

fn main() -> ExitCode {
    let settings = match Settings::read(std::env::args().skip(1)) {
        Ok(settings) => settings,
        Err(what) => {
            timing::say(&what);
            return ExitCode::FAILURE;
        }
    };
    // The same that a server has: time, tasks, and here one thread, so that the figures are of one core.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_time().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            timing::say(&format!("no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let _inside = runtime.enter();
    if let Some(workload) = &settings.memory_of {
        memory::tell(workload);
        return ExitCode::SUCCESS;
    }
    let bench = Bench::new(settings);
    bench.begin();
    values::measure(&bench);
    threads::measure(&bench);
    hydrating::measure(&bench);
    optimism::measure(&bench, &runtime);
    looking::measure(&bench);
    fetching::measure(&bench, &runtime);
    resources::measure(&bench, &runtime);
    memory::measure(&bench);
    ExitCode::SUCCESS
}
