//! Which projections does the schema name?

use crate::api::UserStatsResult;

/// Returns all that was counted.
pub fn total(stats: &UserStatsResult) -> u64 {
    stats.views + stats.likes
}
