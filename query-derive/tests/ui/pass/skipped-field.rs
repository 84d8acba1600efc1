//! A field that serde leaves out is in the row and in nothing that is sent.

#![deny(warnings)]
#![allow(dead_code)]

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", get, create, update(optimistic))]
pub struct User {
    #[query(id, read_only)]
    pub id: u64,
    pub name: String,
    #[serde(skip)]
    pub cache: Vec<u8>,
}

fn main() {}
