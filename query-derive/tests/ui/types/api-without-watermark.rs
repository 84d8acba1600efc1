//! Answers should say up to which write they were read, and the API does not say where.

use query_runtime::{QueryApi, QueryResource};
use serde::{Deserialize, Serialize};

pub struct Social;

impl QueryApi for Social {
    const NAME: &'static str = "social";
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(api = Social, path = "/users", level = watermarked, get)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
