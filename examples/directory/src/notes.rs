//! What does a resource look like that is declared on its own struct, beside the schema?

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

use crate::api::{ApiError, Directory};

/// Something to remember.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(
    api = Directory,
    name = "notes",
    path = "/notes",
    error = ApiError,
    list(sort = [id], stale_time = "1m"),
    get(stale_time = "1m", from_list),
    create(optimistic(lists = all, insert = sorted, temp_id = negative_counter)),
    update(method = PATCH, optimistic(lists = matching, detail)),
    delete(optimistic(lists = all, detail = remove)),
    invalidates(create = [notes.list], update = [notes.list], delete = [notes.list])
)]
pub struct Note {
    /// Names the note.
    #[query(id, read_only)]
    pub id: i64,
    /// What to remember.
    pub text: String,
    /// Whether it is done.
    #[query(default)]
    pub done: bool,
}
