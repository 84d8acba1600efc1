//! What does generated code look like?
//!
//! Each module is the golden text of one schema: what a build script would put into `OUT_DIR`, checked in so that it can
//! be read and reviewed, compiled here so that it is known to compile, without warnings, on every target.

/// A small social network: every section of the dialect.
#[path = "../../../query-codegen/tests/golden/social.rs"]
#[rustfmt::skip]
pub mod social;

/// A directory of people, their posts and what others say to them: what the main example runs on.
#[path = "../../../query-codegen/tests/golden/directory.rs"]
#[rustfmt::skip]
pub mod directory;

/// The corners of the dialect: what the everyday schema does not use, all of it in one place.
#[path = "../../../query-codegen/tests/golden/corners.rs"]
#[rustfmt::skip]
pub mod corners;

/// One resource at each level of what a server promises, and every kind of change that a mutation can make.
#[path = "../../../query-codegen/tests/golden/levels.rs"]
#[rustfmt::skip]
pub mod levels;

/// The functions that the schema of corners names in `select`.
pub mod corners_select {
    use std::collections::BTreeMap;

    /// Returns what all totals make together.
    pub fn sum(totals: &BTreeMap<String, f64>) -> f64 {
        totals.values().sum()
    }
}

/// The functions that the other schemas name in `select`.
pub mod select {
    /// Returns all that was counted, of the social network.
    pub const fn total(stats: &crate::social::UserStatsResult) -> u64 {
        stats.views + stats.likes
    }

    /// Returns all that was counted, of the directory.
    pub const fn activity(stats: &crate::directory::UserStatsResult) -> u64 {
        stats.views + stats.likes
    }
}
