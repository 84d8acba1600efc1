//! What does the server keep, and what is there at the beginning?
//!
//! Knows nothing of the generated types: what a client reads must have come over the wire.

use query_runtime::DateTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A person with an account.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserRow {
    /// The id.
    pub(super) id: String,
    /// The name.
    pub(super) name: String,
    /// The address.
    pub(super) email: String,
    /// `admin`, `editor` or `viewer`.
    pub(super) role: String,
    /// A text, or `null`; absent where nobody has ever written one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bio: Option<Value>,
    /// When the user was last seen.
    pub(super) last_active: DateTime,
    /// When the user was created.
    pub(super) created_at: DateTime,
    /// When the user last changed.
    pub(super) updated_at: DateTime,
    /// How many follow the user.
    pub(super) followers: u64,
}

/// What a user has written.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostRow {
    /// The id.
    pub(super) id: String,
    /// Who wrote it.
    pub(super) author_id: String,
    /// The title.
    pub(super) title: String,
    /// The text.
    pub(super) body: String,
    /// Whether everybody may read it.
    pub(super) published: bool,
    /// When it was created.
    pub(super) created_at: DateTime,
}

/// What somebody says to a post.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentRow {
    /// The id.
    pub(super) id: String,
    /// What it is about.
    pub(super) post_id: String,
    /// The text.
    pub(super) text: String,
    /// When it was created.
    pub(super) created_at: DateTime,
}

/// Something to remember.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NoteRow {
    /// The id.
    pub(super) id: i64,
    /// The text.
    pub(super) text: String,
    /// Whether it is done.
    pub(super) done: bool,
}

/// The body that creates a user.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserInput {
    /// The name.
    pub(super) name: String,
    /// The address.
    pub(super) email: String,
    /// The role.
    pub(super) role: String,
    /// The biography.
    pub(super) bio: Option<Value>,
}

/// The body that changes a user: what is absent stays.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UserEdit {
    /// The name.
    pub(super) name: Option<String>,
    /// The address.
    pub(super) email: Option<String>,
    /// The role.
    pub(super) role: Option<String>,
    /// The biography; `null` is a value.
    #[serde(default, deserialize_with = "present")]
    pub(super) bio: Option<Value>,
}

/// The body that creates or replaces a post.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PostInput {
    /// Who wrote it.
    pub(super) author_id: String,
    /// The title.
    pub(super) title: String,
    /// The text.
    pub(super) body: String,
    /// Whether everybody may read it.
    pub(super) published: bool,
}

/// The body that creates a comment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CommentInput {
    /// The text.
    pub(super) text: String,
}

/// The body that creates or changes a note.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteInput {
    /// The text.
    pub(super) text: Option<String>,
    /// Whether it is done.
    pub(super) done: Option<bool>,
}

/// Keeps `null` apart from an absent member.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

const FIRST_NAMES: [&str; 19] = [
    "Ada",
    "Alan",
    "Barbara",
    "Claude",
    "Donald",
    "Edsger",
    "Frances",
    "Grace",
    "Hedy",
    "Ivan",
    "John",
    "Katherine",
    "Leslie",
    "Margaret",
    "Niklaus",
    "Ole",
    "Radia",
    "Sophie",
    "Tony",
];
const LAST_NAMES: [&str; 3] = ["Almond", "Birch", "Cedar"];

/// Returns a point in time, so many seconds after the beginning of the server's time.
pub(super) fn at(seconds: i64) -> DateTime {
    // 2020-01-01T00:00:00Z, so that whatever a client creates now is newer.
    DateTime::from_second(1_577_836_800 + seconds).unwrap_or_default()
}

/// Returns the 57 users of the beginning; each third is an editor, each tenth an administrator.
pub(super) fn users() -> Vec<UserRow> {
    let mut users = Vec::new();
    for last in LAST_NAMES {
        for first in FIRST_NAMES {
            let number = users.len() as u64 + 1;
            let role = match number {
                _ if number.is_multiple_of(10) => "admin",
                _ if number.is_multiple_of(3) => "editor",
                _ => "viewer",
            };
            let created_at = at(i64::try_from(number).unwrap_or(0) * 86_400);
            users.push(UserRow {
                id: format!("u{number}"),
                name: format!("{first} {last}"),
                email: format!("{}.{}@example.org", first.to_lowercase(), last.to_lowercase()),
                role: role.to_owned(),
                bio: (number % 4 == 1).then(|| Value::from("Writes programs.")),
                last_active: at(i64::try_from(number * 37 % 57).unwrap_or(0) * 3_600),
                created_at,
                updated_at: created_at,
                followers: number * 7 % 13,
            });
        }
    }
    users
}

/// Returns the 23 posts of the beginning, by the first five users; each third is a draft.
pub(super) fn posts() -> Vec<PostRow> {
    let post = |number: i64| PostRow {
        id: format!("p{number}"),
        author_id: format!("u{}", 1 + number % 5),
        title: format!("Post {number}"),
        body: if number % 2 == 0 { "About caches.".to_owned() } else { "About types.".to_owned() },
        published: number % 3 != 0,
        created_at: at(number * 3_600),
    };
    (1..=23).map(post).collect()
}

/// Returns the comments of the beginning: three to the first post, one to the second.
pub(super) fn comments() -> Vec<CommentRow> {
    let comment = |(number, post): (i64, &str)| CommentRow {
        id: format!("c{number}"),
        post_id: post.to_owned(),
        text: format!("Comment {number}"),
        created_at: at(number * 60),
    };
    [(1, "p1"), (2, "p1"), (3, "p2"), (4, "p1")].into_iter().map(comment).collect()
}

/// Returns the notes of the beginning.
pub(super) fn notes() -> Vec<NoteRow> {
    let note = |(id, text): (i64, &str)| NoteRow { id, text: text.to_owned(), done: false };
    [(1, "Water the birch"), (2, "Call Ada")].into_iter().map(note).collect()
}
