//! Which id does a row have before the server gave it one?

use std::sync::atomic::{AtomicI64, Ordering};

/// How the text ids made by [`uuid()`] begin.
pub const PREFIX: &str = "temp-";

/// Returns a new text id that no server uses: `temp-` and a random UUID.
pub fn uuid() -> String {
    format!("{PREFIX}{}", uuid::Uuid::new_v4())
}

/// Returns a new number below zero, each one once a process.
pub fn negative() -> i64 {
    // Databases count up from one, so that no row of the server has such an id.
    static NEXT: AtomicI64 = AtomicI64::new(-1);
    NEXT.fetch_sub(1, Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ids_are_marked_and_different() {
        let (first, second) = (uuid(), uuid());
        assert!(first.strip_prefix(PREFIX).is_some_and(|rest| uuid::Uuid::parse_str(rest).is_ok()));
        assert_ne!(first, second);
    }

    #[test]
    fn number_ids_are_negative_and_different() {
        let ids: std::collections::BTreeSet<i64> = std::iter::repeat_with(negative).take(100).collect();
        assert_eq!(ids.len(), 100);
        assert!(ids.iter().all(|id| *id < 0));
    }
}
