//! Which words does each section of `#[query(…)]` have, and what does one write with them?

/// A section: the words that are legal between its parentheses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// What the section is called in messages.
    pub title: &'static str,
    /// Its own words, sorted.
    pub words: &'static [&'static str],
    /// The words that it shares with others of its kind, sorted.
    pub shared: &'static [&'static str],
    /// Those of its own words that may stand more than once.
    pub repeated: &'static [&'static str],
}

/// Settings of everything that reads.
const QUERY: &[&str] = &[
    "from_list",
    "gc_time",
    "max_pages",
    "network",
    "placeholder",
    "refetch",
    "refetch_interval",
    "retry",
    "stale_time",
];

/// Settings of everything that writes.
const MUTATION: &[&str] = &["network", "retry"];

const fn plain(title: &'static str, words: &'static [&'static str]) -> Section {
    Section { title, words, shared: &[], repeated: &[] }
}

pub(super) const STRUCT: Section = Section {
    title: "`#[query(…)]` of a struct",
    words: &[
        "api",
        "crate",
        "create",
        "delete",
        "error",
        "get",
        "has_many",
        "infinite",
        "invalidates",
        "level",
        "list",
        "name",
        "names",
        "offline",
        "parent",
        "path",
        "realtime",
        "update",
        "version",
    ],
    shared: &[],
    repeated: &["has_many"],
};

pub(super) const FIELD: Section = plain(
    "`#[query(…)]` of a field",
    &["default", "id", "immutable", "max", "min", "nullable", "optimistic", "pattern", "read_only", "write_only"],
);

pub(super) const LIST: Section = Section {
    title: "`list(…)`",
    words: &["cursor", "envelope", "page", "param", "sort"],
    shared: QUERY,
    repeated: &["param"],
};

pub(super) const ENVELOPE: Section = plain("`envelope(…)`", &["has_more", "items", "next", "page", "prev", "total"]);

pub(super) const PAGE: Section = plain("`page(…)`", &["default", "max", "param", "size", "start"]);

pub(super) const CURSOR: Section = plain("`cursor(…)`", &["default", "max", "param", "size"]);

pub(super) const PARAM: Section = plain(
    "`param(…)`",
    &["default", "doc", "filter", "opaque", "rename", "search", "shape", "sort", "sort_order", "style"],
);

pub(super) const INFINITE: Section = Section { title: "`infinite(…)`", words: &[], shared: QUERY, repeated: &[] };

pub(super) const GET: Section = Section { title: "`get(…)`", words: &["path"], shared: QUERY, repeated: &[] };

pub(super) const HAS_MANY: Section =
    Section { title: "`has_many(…)`", words: &["foreign_key", "path"], shared: QUERY, repeated: &[] };

pub(super) const CREATE: Section = Section {
    title: "`create(…)`",
    words: &["input", "method", "optimistic", "path"],
    shared: MUTATION,
    repeated: &[],
};

pub(super) const UPDATE: Section = Section {
    title: "`update(…)`",
    words: &["body", "input", "method", "optimistic", "path"],
    shared: MUTATION,
    repeated: &[],
};

pub(super) const DELETE: Section = Section {
    title: "`delete(…)`",
    words: &["method", "optimistic", "path", "returns"],
    shared: MUTATION,
    repeated: &[],
};

pub(super) const OPTIMISTIC_CREATE: Section = plain("`optimistic(…)` of `create`", &["insert", "lists", "temp_id"]);

pub(super) const OPTIMISTIC_UPDATE: Section = plain("`optimistic(…)` of `update`", &["detail", "lists"]);

pub(super) const OPTIMISTIC_DELETE: Section = plain("`optimistic(…)` of `delete`", &["detail", "lists"]);

pub(super) const INVALIDATES: Section = plain("`invalidates(…)`", &["create", "delete", "update"]);

pub(super) const NAMES: Section =
    plain("`names(…)`", &["filter", "hooks", "keys", "new", "params", "patch", "replace", "sort"]);

pub(super) const HOOKS: Section = plain("`hooks(…)`", &["create", "delete", "get", "infinite", "list", "update"]);

pub(super) const RETRY: Section = plain("`retry(…)`", &["backoff", "max", "skip"]);

pub(super) const BACKOFF: Section = plain("`backoff(…)`", &["base", "factor", "max"]);

pub(super) const REFETCH: Section = plain("`refetch(…)`", &["on_focus", "on_mount", "on_reconnect"]);

pub(super) const REALTIME: Section = Section {
    title: "`realtime(…)`",
    words: &["channel", "message", "payload", "tag"],
    shared: &[],
    repeated: &["message"],
};

pub(super) const MESSAGE_DELETE: Section = plain("`delete(…)` of a message", &["id"]);

pub(super) const MESSAGE_BULK: Section = plain("`bulk(…)`", &["id", "items", "patch"]);

pub(super) const OFFLINE: Section = plain("`offline(…)`", &["conflict", "max_age", "max_len", "order", "queue"]);

pub(super) const CONFLICT: Section = plain("`conflict(…)`", &["by", "function", "on_both_changed"]);

/// The sections, those that a lost word most likely belongs to first.
pub(super) const ALL: [&Section; 29] = [
    &STRUCT,
    &LIST,
    &GET,
    &CREATE,
    &UPDATE,
    &DELETE,
    &INFINITE,
    &HAS_MANY,
    &PARAM,
    &PAGE,
    &CURSOR,
    &ENVELOPE,
    &FIELD,
    &OPTIMISTIC_CREATE,
    &OPTIMISTIC_UPDATE,
    &OPTIMISTIC_DELETE,
    &INVALIDATES,
    &NAMES,
    &HOOKS,
    &RETRY,
    &BACKOFF,
    &REFETCH,
    &REALTIME,
    &MESSAGE_DELETE,
    &MESSAGE_BULK,
    &OFFLINE,
    &CONFLICT,
    &MESSAGE_WORDS,
    &ROLE_WORDS,
];

/// What a message does.
pub(super) const MESSAGE_WORDS: Section = plain("`message(…)`", &["bulk", "create", "delete", "invalidate", "update"]);

/// What `filter(…)` and `search(…)` have beside their fields.
pub(super) const ROLE_WORDS: Section = plain("`filter(…)` and `search(…)`", &["op"]);

/// What one writes, for `write …`: by word.
const EXAMPLES: [(&str, &str); 39] = [
    ("api", "api = Social"),
    ("base", "base = \"1s\""),
    ("by", "by = updated_at"),
    ("channel", "channel = \"wss://example.org/live\""),
    ("conflict", "conflict(server_wins)"),
    ("crate", "crate = ::query_runtime"),
    ("cursor", "cursor(param = \"after\", size = \"limit\")"),
    ("doc", "doc = \"What it is.\""),
    ("envelope", "envelope(items = \"users\", total = \"total\")"),
    ("error", "error = ApiError"),
    ("factor", "factor = 2"),
    ("filter", "filter(role, op = eq)"),
    ("foreign_key", "foreign_key = author_id"),
    ("function", "function = \"crate::merge\""),
    ("gc_time", "gc_time = \"5m\""),
    ("has_many", "has_many(posts: Post, foreign_key = author_id, path = \"/users/{id}/posts\")"),
    ("invalidates", "invalidates(create = [users.list])"),
    ("level", "level = keyed"),
    ("max", "max = 100"),
    ("max_age", "max_age = \"7d\""),
    ("max_pages", "max_pages = 10"),
    ("message", "message(\"USER_CREATED\", create)"),
    ("method", "method = PATCH"),
    ("name", "name = \"users\""),
    ("optimistic", "optimistic = now"),
    ("page", "page(param = \"page\", size = \"limit\", default = 20)"),
    ("param", "param(role: Role, filter(role, op = eq))"),
    ("parent", "parent(post_id: PostId)"),
    ("path", "path = \"/users\""),
    ("pattern", "pattern = \"^[a-z]+$\""),
    ("refetch_interval", "refetch_interval = \"30s\""),
    ("retry", "retry = 3"),
    ("search", "search(name, op = contains_ci)"),
    ("skip", "skip = [4xx]"),
    ("sort", "sort(created = created_at)"),
    ("stale_time", "stale_time = \"2m\""),
    ("start", "start = 1"),
    ("style", "style = comma"),
    ("version", "version = updated_at"),
];

impl Section {
    /// Iterates over the words that are legal in the section.
    pub(super) fn legal(&self) -> impl Iterator<Item = &'static str> {
        self.words.iter().chain(self.shared).copied()
    }

    /// Returns whether the word is legal in the section.
    pub(super) fn has(&self, word: &str) -> bool {
        self.legal().any(|legal| legal == word)
    }
}

/// Returns the title of a section in which the word is legal.
pub(super) fn home(word: &str) -> Option<&'static str> {
    ALL.iter().find(|section| section.has(word)).map(|section| section.title)
}

/// Returns what one writes with a word.
pub(super) fn example(word: &str) -> Option<&'static str> {
    EXAMPLES.iter().find(|(name, _)| *name == word).map(|(_, example)| *example)
}

#[cfg(test)]
mod tests {
    use super::{ALL, EXAMPLES, MUTATION, QUERY};

    #[test]
    fn words_are_sorted_and_stand_once() {
        for section in ALL {
            assert!(section.words.is_sorted_by(|a, b| a < b), "{}", section.title);
            assert!(section.repeated.iter().all(|word| section.words.contains(word)));
        }
        assert!(QUERY.is_sorted() && MUTATION.is_sorted());
        assert!(EXAMPLES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn every_example_is_of_a_word() {
        for (word, example) in EXAMPLES {
            assert!(ALL.iter().any(|section| section.has(word)), "{word}");
            assert!(example.starts_with(word), "{example}");
        }
    }
}
