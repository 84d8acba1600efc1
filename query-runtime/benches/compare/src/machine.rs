//! On which machine, and how busy was it?

use std::{fmt::Write as _, process::Command};

/// How many programs wanted to run, as an average of a minute; empty where the system does not say.
pub fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Returns the machine, the versions and the load as lines of Markdown.
pub fn describe(load_before: &str) -> String {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, model)| model);
    let mut text = String::new();
    let mut line = |what: &str, value: &str| {
        let value = if value.is_empty() { "unknown" } else { value };
        let _ = writeln!(text, "* {what}: {value}");
    };
    line("date", &told(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"])));
    line("processors", &format!("{processors} × {}", model.unwrap_or("unknown")));
    line("compiler", &told(Command::new("rustc").arg("--version")));
    line("Node", &told(Command::new("node").arg("--version")));
    line("programs that wanted to run, before and after", &format!("{load_before}, {}", load()));
    text
}

fn told(command: &mut Command) -> String {
    command.output().map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}
