//! How much memory does an entry, an observer or a read take?
//!
//! It is measured in a process of its own, by what the system says that it occupies: what the allocator needs for itself is
//! part of the figure, and what other workloads have left behind is not.

use std::{
    hint::black_box,
    process::{Command, Stdio},
};

use query_runtime::{Key, QueryOptions};
use serde_json::json;

use crate::{
    resources::{Person, fill, person_key},
    rows::{client, user_key},
    timing::{Bench, figure, say},
};

/// The workloads, how much of what they take, and how many there are of it.
const PARTS: [(&str, Part, usize); 6] = [
    ("bytes_per_entry", Part::Entry, 100_000),
    ("heap_bytes_per_entry_10k", Part::Person, 10_000),
    ("heap_bytes_per_entry_100k", Part::Person, 100_000),
    ("heap_bytes_of_payload_100k", Part::Payload, 100_000),
    ("heap_bytes_per_observer", Part::Observer, 10_000),
    ("heap_bytes_kept_per_cached_read_10k", Part::Read, 1_000_000),
];

/// What takes memory.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part {
    /// An entry whose data is a number.
    Entry,
    /// An entry whose data is a person, the person included.
    Person,
    /// The person alone.
    Payload,
    /// An observer.
    Observer,
    /// A read of what is cached.
    Read,
}

pub(crate) fn measure(bench: &Bench) {
    for (workload, _, n) in PARTS {
        if bench.wants(workload) && bench.sizes([n]).next().is_some() {
            let bytes = in_a_process_of_its_own(workload);
            bench.tell_maybe(workload, n, "bytes", bytes);
        }
    }
}

fn in_a_process_of_its_own(workload: &str) -> Option<f64> {
    let mut own = Command::new(std::env::current_exe().ok()?);
    let output = own.args(["--memory-of", workload]).stderr(Stdio::inherit()).output().ok()?;
    serde_json::from_slice(&output.stdout).ok()?
}

/// Takes the memory of a workload, and tells how many bytes each took, or `null` where the system does not say.
pub(crate) fn tell(workload: &str) {
    let taken = PARTS.iter().find(|(name, ..)| *name == workload).and_then(|(_, part, n)| part.taken(*n));
    say(&json!(taken));
}

impl Part {
    fn taken(self, n: usize) -> Option<f64> {
        let key = |number: usize| Key::<usize>::typed(user_key(number).into_untyped());
        match self {
            Self::Entry => each(n, || {
                let client = client();
                (0..n).for_each(|number| drop(client.set(&key(number), number)));
                client
            }),
            Self::Person => each(n, || {
                let client = client();
                fill(&client, 0, n);
                client
            }),
            Self::Payload => each(n, || (0..n).map(Person::new).map(std::sync::Arc::new).collect::<Vec<_>>()),
            Self::Observer => {
                let client = client();
                fill(&client, 0, n);
                each(n, || {
                    let observe = |number| client.observe(QueryOptions::cached(person_key(0, number)));
                    (0..n).map(observe).collect::<Vec<_>>()
                })
            }
            Self::Read => {
                let client = client();
                fill(&client, 0, 10_000);
                each(n, || {
                    for number in 0..n {
                        black_box(client.get(&person_key(0, number % 10_000)));
                    }
                })
            }
        }
    }
}

/// Returns how many bytes each of so many things took.
fn each<T>(n: usize, take: impl FnOnce() -> T) -> Option<f64> {
    let before = resident()?;
    let kept = take();
    let after = resident()?;
    drop(black_box(kept));
    Some((after - before) / figure(n))
}

/// Returns how many bytes this process occupies, where the system says so.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok().map(|kilobytes| kilobytes * 1024.0)
}
