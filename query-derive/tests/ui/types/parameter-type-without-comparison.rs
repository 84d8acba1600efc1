//! A parameter cannot be compared with its field.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Role {
    Admin,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Rank {
    First,
}

type RankOfOld = Rank;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(path = "/users", list(param(role: RankOfOld, filter(role, op = eq))))]
pub struct User {
    #[query(id)]
    id: u64,
    role: Role,
}

fn main() {}
