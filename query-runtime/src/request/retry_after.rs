//! How long does the server ask to wait?

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Longer headers are garbage, whatever they begin with.
const LONGEST_TEXT: usize = 64;

/// Reads a `Retry-After` header: seconds, or a date (RFC 9110, 10.2.3).
///
/// A date is compared with the server's own `Date` if there is one, as the clock here may be wrong, and else with `now`. A date
/// in the past means "at once". Negative numbers and garbage say nothing. What is absurdly long is left to the retry policy,
/// which has a limit.
pub(super) fn read(retry_after: &str, date: Option<&str>, now: jiff::Timestamp) -> Option<Duration> {
    let text = retry_after.trim();
    if text.is_empty() || text.len() > LONGEST_TEXT {
        return None;
    }
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return read_seconds(text);
    }
    let until = since_epoch(httpdate::parse_http_date(text).ok()?);
    let now = match date.and_then(|date| httpdate::parse_http_date(date).ok()) {
        Some(date) => since_epoch(date),
        None => Duration::try_from(now.as_duration()).unwrap_or_default(),
    };
    Some(until.saturating_sub(now))
}

/// Reads digits; fractions and exponents, which some servers send, are read too.
fn read_seconds(text: &str) -> Option<Duration> {
    if !text.bytes().all(|byte| byte.is_ascii_digit() || b".eE+".contains(&byte)) {
        return None;
    }
    let seconds: f64 = text.parse().ok()?;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

fn since_epoch(time: SystemTime) -> Duration {
    time.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(retry_after: &str, date: Option<&str>) -> Option<Duration> {
        read(retry_after, date, "2026-11-22T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn seconds_are_read() {
        assert_eq!(at("5", None), Some(Duration::from_secs(5)));
        assert_eq!(at(" 0 ", None), Some(Duration::ZERO));
        assert_eq!(at("1.5", None), Some(Duration::from_millis(1500)));
        assert_eq!(at("1e9", None), Some(Duration::from_secs(1_000_000_000)));
        assert_eq!(at("1000000000", None), Some(Duration::from_secs(1_000_000_000)));
        assert_eq!(at("99999999999999999999999999", None), Some(Duration::MAX));
    }

    #[test]
    fn a_date_is_compared_with_the_clock_of_the_server() {
        let date = "Sun, 22 Nov 2026 12:00:10 GMT";
        assert_eq!(at(date, None), Some(Duration::from_secs(10)));
        assert_eq!(at(date, Some("Sun, 22 Nov 2026 12:00:07 GMT")), Some(Duration::from_secs(3)));
        assert_eq!(at(date, Some("garbage")), Some(Duration::from_secs(10)));
        assert_eq!(at("Sun, 22 Nov 2020 12:00:00 GMT", None), Some(Duration::ZERO));
    }

    #[test]
    fn nonsense_says_nothing() {
        let long = "9".repeat(20_000);
        for text in ["", "-1", "soon", "5 minutes", "inf", "NaN", "0x10", "1e", "1.2.3", &long] {
            assert_eq!(at(text, None), None, "{text}");
        }
    }
}
