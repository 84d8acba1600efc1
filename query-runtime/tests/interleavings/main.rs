//! Is everything right under every order in which threads may go on?
//!
//! Empty unless it is built with `--cfg shuttle`, as `.ci/interleavings` does. Then the locks and atomics of the crate are those
//! of a scheduler, which at each of them decides anew who goes on: at random, and with few changes of priority (PCT), which
//! finds what needs a certain few orders. `SCHEDULES` says how many of each are tried, `SEED` where they begin.
#![cfg(shuttle)]

mod flight;
mod observing;
mod publishing;
mod schedules;
mod seat;
mod signing_in;
