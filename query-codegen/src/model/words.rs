//! Which words of the dialect stand for which choice, in both front ends?

use crate::model::{FilterOp, InsertAt, ListReach, ListStyle, Placeholder, SearchMatch, TempId, UpdateBody};

impl Placeholder {
    /// The words of the dialect.
    pub const WORDS: [(&'static str, Self); 2] = [("keep_previous", Self::KeepPrevious), ("none", Self::None)];
}

impl FilterOp {
    /// The words of the dialect.
    pub const WORDS: [(&'static str, Self); 15] = [
        ("eq", Self::Eq),
        ("ne", Self::Ne),
        ("lt", Self::Lt),
        ("le", Self::Le),
        ("gt", Self::Gt),
        ("ge", Self::Ge),
        ("in", Self::In),
        ("not_in", Self::NotIn),
        ("contains_any", Self::ContainsAny),
        ("contains_all", Self::ContainsAll),
        ("prefix", Self::Prefix),
        ("contains", Self::Contains),
        ("contains_ci", Self::ContainsCi),
        ("is_null", Self::IsNull),
        ("between", Self::Between),
    ];
}

impl SearchMatch {
    /// The words of the dialect.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("contains", Self::Contains),
        ("contains_ci", Self::ContainsCi),
        ("prefix", Self::Prefix),
        ("server", Self::Server),
    ];
}

impl ListStyle {
    /// The words of the dialect.
    pub const WORDS: [(&'static str, Self); 2] = [("repeat", Self::Repeat), ("comma", Self::Comma)];
}

impl ListReach {
    /// The words of the dialect.
    pub const WORDS: [(&'static str, Self); 3] =
        [("matching", Self::Matching), ("all", Self::All), ("none", Self::None)];
}

impl InsertAt {
    /// The words of the dialect.
    pub const WORDS: [(&'static str, Self); 4] =
        [("sorted", Self::Sorted), ("start", Self::Start), ("end", Self::End), ("none", Self::None)];
}

impl TempId {
    /// The words of the dialect.
    pub const WORDS: [(&'static str, Self); 3] =
        [("uuid", Self::Uuid), ("negative_counter", Self::NegativeCounter), ("client", Self::Client)];
}

impl UpdateBody {
    /// The words of the dialect.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("patch", Self::Patch),
        ("full", Self::Full),
        ("json_patch", Self::JsonPatch),
        ("merge_patch", Self::MergePatch),
    ];
}
