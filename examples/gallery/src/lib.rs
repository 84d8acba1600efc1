//! What does generated code look like?
//!
//! Each module is the golden text of one schema: what a build script would put into `OUT_DIR`, checked in so that it can
//! be read and reviewed, compiled here so that it is known to compile, without warnings, on every target.

/// A small social network: every section of the dialect.
#[path = "../../../query-codegen/tests/golden/social.rs"]
#[rustfmt::skip]
pub mod social;

/// The corners of the dialect: what the everyday schema does not use, all of it in one place.
#[path = "../../../query-codegen/tests/golden/corners.rs"]
#[rustfmt::skip]
pub mod corners;

/// The functions that the schema of corners names in `select`.
pub mod corners_select {
    use std::collections::BTreeMap;

    /// Returns what all totals make together.
    pub fn sum(totals: &BTreeMap<String, f64>) -> f64 {
        totals.values().sum()
    }
}

/// The functions that the social schema names in `select`.
pub mod select {
    use crate::social::UserStatsResult;

    /// Returns all that was counted.
    pub const fn total(stats: &UserStatsResult) -> u64 {
        stats.views + stats.likes
    }
}
