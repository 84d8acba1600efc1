//! Names that are keywords are names on the wire like any other.

#![deny(warnings)]
#![allow(dead_code)]

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(
    path = "/things",
    name = "self",
    list(param(r#type: String, filter(r#type)), sort = [r#type]),
    get,
    create,
    update(optimistic),
)]
pub struct Thing {
    #[query(id, read_only)]
    pub id: String,
    pub r#type: String,
    pub r#gen: Option<u8>,
}

fn main() {}
