//! Which projections does the schema name?

use crate::api::UserStatsResult;

/// Returns all that was counted of a user.
pub const fn activity(stats: &UserStatsResult) -> u64 {
    stats.views + stats.likes
}
