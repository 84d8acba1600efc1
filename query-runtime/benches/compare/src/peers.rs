//! Which peers are there, and how does one get their figures?

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// By workload and size: the unit and the figure.
pub type Figures = BTreeMap<(String, u64), Figure>;

/// A figure of a workload.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it counts: `ns_per_op`, `per_second`, `bytes`, `fetches`.
    pub unit: String,
    /// How many; `None` where the program could not tell.
    pub value: Option<f64>,
}

/// A library that is compared with.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The name of its folder.
    pub name: &'static str,
    /// What it is, with its version.
    pub title: &'static str,
    program: Program,
}

#[derive(Clone, Copy, Debug)]
enum Program {
    /// `node/bench.mjs`.
    Node,
    /// A package in `peers/`.
    Cargo,
}

/// Returns all peers, in the order of the tables.
pub fn all() -> Vec<Peer> {
    let rust = |name, title| Peer { name, title, program: Program::Cargo };
    vec![
        Peer { name: "query-core", title: "@tanstack/query-core 5.108.0", program: Program::Node },
        rust("moka", "moka 0.12.16"),
        rust("swr-core", "swr-core 0.1.0"),
    ]
}

/// Returns where this package lies.
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Peer {
    /// Installs, builds and runs it; the error says why there are no figures.
    pub fn run(&self, passed_on: &[String]) -> Result<Figures, String> {
        match self.program {
            Program::Node => {
                let node = folder().join("node");
                let mut install = Command::new("npm");
                done(install.args(["install", "--no-fund", "--no-audit", "--silent"]).current_dir(&node))?;
                let mut bench = Command::new("node");
                figures(bench.args(["--expose-gc", "bench.mjs"]).args(passed_on).current_dir(&node))
            }
            Program::Cargo => {
                let manifest = folder().join("peers").join(self.name).join("Cargo.toml");
                let target: PathBuf = folder().join("target/peers");
                let cargo = |what: &str| {
                    let mut cargo = Command::new("cargo");
                    cargo.arg(what).args(["--release", "--quiet", "--manifest-path"]).arg(&manifest);
                    cargo.arg("--target-dir").arg(&target);
                    cargo
                };
                done(&mut cargo("build"))?;
                figures(cargo("run").arg("--").args(passed_on))
            }
        }
    }
}

/// Runs a program that prints nothing of interest; the error is the last line that it complained in.
fn done(command: &mut Command) -> Result<Vec<u8>, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaints = String::from_utf8_lossy(&output.stderr);
    let first = complaints.lines().find(|line| line.contains("rror")).or_else(|| complaints.lines().last());
    Err(format!("{name}: {}: {}", output.status, first.unwrap_or_default()))
}

/// Runs a program that prints a JSON line a workload.
pub fn figures(command: &mut Command) -> Result<Figures, String> {
    let output = done(command)?;
    let mut figures = Figures::new();
    for line in String::from_utf8_lossy(&output).lines() {
        let Ok(Value::Object(line)) = serde_json::from_str(line) else { continue };
        let (Some(workload), Some(n)) = (line.get("workload").and_then(Value::as_str), line.get("n")) else { continue };
        let unit = line.iter().find(|(name, _)| !["workload", "n", "runs"].contains(&name.as_str()));
        if let Some((unit, value)) = unit {
            let figure = Figure { unit: unit.clone(), value: value.as_f64() };
            figures.insert((workload.to_owned(), n.as_u64().unwrap_or_default()), figure);
        }
    }
    if figures.is_empty() { Err("it printed no figure".to_owned()) } else { Ok(figures) }
}
