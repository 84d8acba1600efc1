//! How do the figures look as Markdown?

use std::{collections::BTreeMap, fmt::Write as _};

use crate::peers::{Figure, Figures, Peer};

/// Returns a table of what each workload costs by its size: flat is what costs the same at all of them.
pub fn flatness(ours: &Figures) -> String {
    let mut by_workload: BTreeMap<&str, Vec<(u64, f64)>> = BTreeMap::new();
    for ((workload, n), figure) in ours.iter().filter(|(_, figure)| figure.unit == "ns_per_op") {
        if let Some(value) = figure.value {
            by_workload.entry(workload).or_default().push((*n, value));
        }
    }
    let mut text = "\n## By size\n\n| workload | by size | most / least |\n|---|---|---|\n".to_owned();
    for (workload, sizes) in by_workload.into_iter().filter(|(_, sizes)| sizes.len() > 1) {
        let each: Vec<_> = sizes.iter().map(|(n, value)| format!("{}: {}", count(*n), time(*value))).collect();
        let most = sizes.iter().map(|size| size.1).fold(0.0, f64::max);
        let least = sizes.iter().map(|size| size.1).fold(f64::MAX, f64::min);
        let _ = writeln!(text, "| {workload} | {} | {:.1} |", each.join(", "), most / least);
    }
    text
}

/// Returns a table for each peer: its figures, ours, and how many times better ours are.
pub fn ratios(ours: &Figures, peers: &[(Peer, Result<Figures, String>)]) -> String {
    let mut text = String::new();
    for (peer, figures) in peers {
        let _ = write!(text, "\n## Beside {}\n\n", peer.title);
        match figures {
            Err(why) => {
                let _ = writeln!(text, "Missing: {why}.");
            }
            Ok(theirs) => {
                text += "| workload | n | query-runtime | peer | times better |\n|---|---:|---:|---:|---:|\n";
                for ((workload, n), their) in theirs {
                    let our = ours.get(&(workload.clone(), *n));
                    let own = our.map_or("not measured".to_owned(), shown);
                    let ratio = our.and_then(|our| ratio(our, their)).unwrap_or_default();
                    let _ = writeln!(text, "| {workload} | {} | {own} | {} | {ratio} |", count(*n), shown(their));
                }
            }
        }
    }
    text
}

/// Returns how many times better a figure is than another; what is counted by the second is better if it is more.
fn ratio(our: &Figure, their: &Figure) -> Option<String> {
    let (our, their, is_rate) = (our.value?, their.value?, our.unit == "per_second");
    let ratio = if is_rate { our / their } else { their / our };
    ratio.is_finite().then(|| if ratio < 10.0 { format!("{ratio:.1}") } else { format!("{ratio:.0}") })
}

fn shown(figure: &Figure) -> String {
    let Some(value) = figure.value else { return "unknown".to_owned() };
    match figure.unit.as_str() {
        "ns_per_op" => time(value),
        "per_second" => format!("{:.2} M/s", value / 1e6),
        unit => format!("{value:.0} {unit}"),
    }
}

/// Returns nanoseconds in a unit that fits.
fn time(nanos: f64) -> String {
    match nanos {
        _ if nanos < 1e3 => format!("{nanos:.0} ns"),
        _ if nanos < 1e5 => format!("{:.1} µs", nanos / 1e3),
        _ if nanos < 1e6 => format!("{:.0} µs", nanos / 1e3),
        _ => format!("{:.1} ms", nanos / 1e6),
    }
}

/// Returns a count with its thousands apart.
fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
