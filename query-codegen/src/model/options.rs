//! Which settings does a query or a mutation have, layer by layer?

use std::time::Duration;

use crate::{origin::Spanned, suggest};

/// A length of time, or for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// This long.
    For(Duration),
    /// For ever.
    Infinite,
}

/// When a running program talks to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NetworkMode {
    Online,
    Always,
    OfflineFirst,
}

/// When an observer fetches again: never, when stale, or always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum RefetchWhen {
    Never,
    Stale,
    Always,
}

/// What is shown while a query has no data of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// The data of the key before.
    KeepPrevious,
    /// Nothing.
    None,
}

/// A status, or a class of statuses, that is not retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusRange {
    /// One status.
    Status(u16),
    /// A class: 4 is 4xx.
    Class(u8),
}

/// How failures are retried.
#[derive(Clone, Debug, Default)]
pub struct RetryOptions {
    /// How often, at most.
    pub max: Option<Spanned<u32>>,
    /// What is never retried.
    pub skip: Vec<Spanned<StatusRange>>,
    /// The delay before the first retry.
    pub base: Option<Spanned<Duration>>,
    /// By how much the delay grows.
    pub factor: Option<Spanned<f64>>,
    /// The longest delay.
    pub longest: Option<Spanned<Duration>>,
}

/// The settings of a query that one layer gives; what it leaves out comes from the layer below.
///
/// Layers, lowest first: the runtime's defaults, `api.defaults.query`, the query's own `options`, the call site.
#[derive(Clone, Debug, Default)]
pub struct QueryOptions {
    /// How long data counts as fresh.
    pub stale_time: Option<Spanned<Span>>,
    /// How long data without observers is kept.
    pub gc_time: Option<Spanned<Span>>,
    /// How failures are retried.
    pub retry: Option<Spanned<RetryOptions>>,
    /// Whether an observer that appears fetches.
    pub on_mount: Option<Spanned<RefetchWhen>>,
    /// Whether gaining focus fetches.
    pub on_focus: Option<Spanned<RefetchWhen>>,
    /// Whether gaining the connection fetches.
    pub on_reconnect: Option<Spanned<RefetchWhen>>,
    /// How often to fetch while observed.
    pub refetch_interval: Option<Spanned<Duration>>,
    /// Network mode.
    pub network: Option<Spanned<NetworkMode>>,
    /// What is shown while there is no data.
    pub placeholder: Option<Spanned<Placeholder>>,
    /// Infinite queries: how many pages are kept.
    pub max_pages: Option<Spanned<u32>>,
    /// Detail queries: seed from a row of a cached list.
    pub from_list: Option<Spanned<bool>>,
    /// Custom queries: the parameter that must be given for the query to run.
    pub enabled: Option<Spanned<String>>,
}

/// The settings of a mutation that one layer gives.
#[derive(Clone, Debug, Default)]
pub struct MutationOptions {
    /// How failures are retried.
    pub retry: Option<Spanned<RetryOptions>>,
    /// Network mode.
    pub network: Option<Spanned<NetworkMode>>,
}

/// The units of a duration and their milliseconds.
const UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];

impl Span {
    /// Reads `5m`, `1h30m`, `0` or `infinite`.
    ///
    /// # Errors
    ///
    /// Returns the help of a diagnostic: what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "infinite" {
            return Ok(Self::Infinite);
        }
        parse_duration(text).map(Self::For).map_err(|help| {
            if suggest::nearest(text, ["infinite", "infinity", "forever", "never"]).is_some() {
                "write `infinite`".to_owned()
            } else {
                help
            }
        })
    }
}

/// Reads `5m`, `1h30m` or `0`: whole numbers with units, where `m` are minutes.
///
/// # Errors
///
/// Returns the help of a diagnostic: what to write instead.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    if text == "infinite" {
        return Err("this must end: write a duration such as `30s` or `5m`".to_owned());
    }
    let mut rest = text;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            return Err(LEGAL.to_owned());
        }
        let (number, after) = rest.split_at(digits);
        let letters = after.len() - after.trim_start_matches(|c: char| c.is_alphabetic()).len();
        let (unit, after) = after.split_at(letters);
        if unit.is_empty() && after.is_empty() {
            return Err(format!("add a unit: `{text}s`, or one of `ms`, `m` (minutes), `h`, `d`"));
        }
        let Some((_, milliseconds)) = UNITS.iter().find(|(word, _)| *word == unit) else {
            return Err(unit_help(number, unit));
        };
        let sum = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(*milliseconds))
            .and_then(|part| total.checked_add(part));
        total = sum.ok_or_else(|| "this is too long: write `infinite` for no end".to_owned())?;
        rest = after;
    }
    if text.is_empty() {
        return Err(LEGAL.to_owned());
    }
    Ok(Duration::from_millis(total))
}

/// What a duration looks like.
const LEGAL: &str = "write a whole number and a unit: `500ms`, `30s`, `5m` (minutes), `1h30m`, `7d`";

/// Returns the help for an unknown unit.
fn unit_help(number: &str, unit: &str) -> String {
    let meant = match unit.to_lowercase().as_str() {
        "sec" | "secs" | "second" | "seconds" | "s" => "s",
        "min" | "mins" | "minute" | "minutes" | "m" => "m",
        "hr" | "hrs" | "hour" | "hours" | "h" => "h",
        "day" | "days" | "d" => "d",
        "msec" | "millis" | "milliseconds" | "ms" => "ms",
        _ => return LEGAL.to_owned(),
    };
    format!("did you mean `{number}{meant}`?")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Span, parse_duration};

    #[test]
    fn units_add_up() {
        assert_eq!(parse_duration("1h30m"), Ok(Duration::from_mins(90)));
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("7d"), Ok(Duration::from_hours(168)));
        assert_eq!(parse_duration("0"), Ok(Duration::ZERO));
        assert_eq!(Span::parse("infinite"), Ok(Span::Infinite));
    }

    #[test]
    fn bare_number_is_told_to_add_a_unit() {
        let help = Span::parse("30").expect_err("no unit");
        assert!(help.starts_with("add a unit: `30s`"), "{help}");
    }

    #[test]
    fn everything_else_is_refused_with_help() {
        for text in [
            "",
            "m",
            "-5s",
            "1.5h",
            "5 m",
            "5mo",
            "5é",
            "s5",
            "5m3",
            "५s",
            "99999999999999999999s",
            "18446744073709551615d",
        ] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
        assert_eq!(Span::parse("5min"), Err("did you mean `5m`?".to_owned()));
        assert_eq!(Span::parse("Infinity"), Err("write `infinite`".to_owned()));
        assert!(parse_duration("infinite").is_err());
    }
}
