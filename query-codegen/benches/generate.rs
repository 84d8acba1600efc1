//! What does it cost to make code of a schema, and of a struct with attributes?
//!
//! `cargo bench -p query-codegen --bench generate` prints a table; `-- --json` one JSON line a workload. A table's figure is
//! the median of the runs, for the whole schema.

use std::{fmt::Display, fmt::Write as _, hint::black_box, io::Write as _, process::ExitCode, time::Instant};

use query_codegen::{check, derive, expand, generate, render, yaml};
use serde_json::json;

const USAGE: &str = "usage: generate [--json] [--only NAME] [--max-n N] [--runs K]";

/// How many resources the schemas have.
const SIZES: [usize; 4] = [1, 10, 100, 1_000];

/// What the caller wants.
struct Settings {
    json: bool,
    only: Option<String>,
    max_n: usize,
    runs: usize,
}

fn main() -> ExitCode {
    match Settings::read(std::env::args().skip(1)) {
        Ok(settings) => {
            measure(&settings);
            ExitCode::SUCCESS
        }
        Err(what) => {
            say(&what);
            ExitCode::FAILURE
        }
    }
}

fn measure(settings: &Settings) {
    if !settings.json {
        say(&format!("{:<24} {:>6} {:>16}", "workload", "n", "median"));
    }
    for n in SIZES.into_iter().filter(|n| *n <= settings.max_n) {
        let text = schema(n);
        let parse = || yaml::parse(&text, "bench.yaml");
        settings.time("parse", n, || parse().0.is_some());
        let (read, _, diagnostics) = parse();
        settings.time("check", n, || check::check(read.clone().expect("a schema"), &mut diagnostics.clone()).is_some());
        let checked = check::check(read.clone().expect("a schema"), &mut diagnostics.clone()).expect("no mistakes");
        settings.time("expand", n, || !expand::expand(&checked).is_empty());
        settings.time("text_to_tokens", n, || generate::generate(&text, "bench.yaml").items.is_some());
        let items = generate::generate(&text, "bench.yaml").items.expect("no mistakes");
        settings.time("tokens_to_plain_text", n, || !render::render_plain(&items, "").is_empty());
        settings.time("tokens_to_formatted_text", n, || render::render(&items, "").is_ok());
        settings.time("text_to_formatted_text", n, || {
            let items = generate::generate(&text, "bench.yaml").items;
            items.is_some_and(|items| render::render(&items, "").is_ok())
        });
    }
    settings.time("derive", 1, || {
        let input = ROW.parse().expect("tokens");
        !derive::derive_query_resource(input).is_empty()
    });
}

impl Settings {
    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut settings = Self { json: false, only: None, max_n: usize::MAX, runs: 7 };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
            match argument.as_str() {
                "--json" => settings.json = true,
                "--only" => settings.only = Some(value()?),
                "--max-n" => settings.max_n = number(&value()?)?,
                "--runs" => settings.runs = number(&value()?)?.max(1),
                // Cargo says that this is a bench.
                "--bench" => {}
                _ => return Err(format!("{argument} is unknown\n{USAGE}")),
            }
        }
        Ok(settings)
    }

    /// Measures a workload, which says whether it did what it should, and tells the median.
    fn time(&self, workload: &str, n: usize, run: impl Fn() -> bool) {
        if self.only.as_ref().is_some_and(|only| only != workload) {
            return;
        }
        let mut times: Vec<u128> = (0..=self.runs)
            .map(|_| {
                let before = Instant::now();
                let done = black_box(run());
                let took = before.elapsed().as_nanos();
                assert!(done, "{workload} has failed");
                took
            })
            // The first one fills the caches.
            .skip(1)
            .collect();
        times.sort_unstable();
        let median = times[times.len() / 2];
        if self.json {
            say(&json!({"workload": workload, "n": n, "ns_per_op": u64::try_from(median).ok(), "runs": self.runs}));
        } else {
            say(&format!("{workload:<24} {n:>6} {:>13}.{:03} ms", median / 1_000_000, median / 1_000 % 1_000));
        }
    }
}

fn number(text: &str) -> Result<usize, String> {
    text.replace('_', "").parse().map_err(|_| format!("{text} is no number\n{USAGE}"))
}

/// Writes a line for whoever runs the program.
fn say(line: &dyn Display) {
    // Who does not read it any more does not miss it.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Returns a schema of as many resources as wanted, each with all that is usual; of 1,000, it is nearly as long as one may be.
fn schema(n: usize) -> String {
    let mut models = String::new();
    let mut resources = String::new();
    for i in 0..n {
        let _ = write!(
            models,
            r#"
  T{i}:
    id: id
    version: updated
    fields:
      id: {{ type: string, read_only: true }}
      owner: {{ type: string, immutable: true }}
      name: {{ type: string, min: 1, max: 80 }}
      note: {{ type: string, optional: true, nullable: true }}
      tags: {{ type: "[string]", default: [] }}
      updated: {{ type: datetime, read_only: true, optimistic: now }}"#
        );
        let owned = (i + n - 1) % n;
        let _ = write!(
            resources,
            r#"
  t{i}s:
    model: T{i}
    path: /t{i}
    list:
      envelope: page
      pagination: {{ page: page, size: limit }}
      params:
        search: {{ type: string, role: search, fields: [name] }}
        owner: {{ type: string, role: filter, field: owner }}
      sort: [name, id]
    infinite: true
    get: true
    create: {{ optimistic: true }}
    update: {{ optimistic: true }}
    delete: {{ optimistic: true }}
    relations: {{ owned: {{ many: t{owned}s, foreign_key: owner, path: "/t{i}/{{id}}/owned" }} }}"#
        );
    }
    format!(
        "schema: 1\napi: {{ name: bench, level: versioned }}\nmodels:{models}\nenvelopes:\n  page: {{ items: items, total: total }}\nresources:{resources}\n"
    )
}

/// A struct with the usual attributes.
const ROW: &str = r#"
#[query(
    api = Bench, path = "/things", version = updated_at, level = versioned,
    list(
        envelope(items = "items", total = "total"), page(param = "page", size = "limit"),
        param(search: String, search(name, op = contains_ci)),
        param(kind: Kind, filter(kind, op = eq)),
        param(sort_by: ThingSort, sort(name = name, created = created_at), default = name),
        sort = [name, id],
    ),
    infinite, get(stale_time = "5m"), create(optimistic), update(optimistic), delete(optimistic),
)]
pub struct Thing {
    #[query(id, read_only)]
    pub id: ThingId,
    #[query(immutable)]
    pub owner: String,
    #[query(min = 1, max = 80)]
    pub name: String,
    pub note: Maybe<String>,
    pub kind: Kind,
    pub tags: Vec<String>,
    #[query(read_only, optimistic = 0)]
    pub count: u64,
    #[query(read_only, optimistic = now)]
    pub created_at: DateTime,
    #[query(read_only, optimistic = now)]
    pub updated_at: DateTime,
}
"#;
