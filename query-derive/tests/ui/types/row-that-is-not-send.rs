//! A row crosses threads.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

use std::rc::Rc;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list, get)]
pub struct User {
    #[query(id)]
    id: u64,
    #[serde(skip)]
    name: Option<Rc<str>>,
}

fn main() {}
