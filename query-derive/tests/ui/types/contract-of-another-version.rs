//! The macros and the runtime have different versions.

use query_runtime::QueryResource;
use serde::{Deserialize, Serialize};

pub mod old_runtime {
    pub use query_runtime::*;

    pub mod __private {
        pub use query_runtime::__private::*;

        pub const CONTRACT: u32 = 0;
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
#[query(crate = crate::old_runtime, path = "/users", get)]
pub struct User {
    #[query(id)]
    id: u64,
    name: String,
}

fn main() {}
