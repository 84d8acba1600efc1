//! A selector does not take what the query returns.

mod select {
    pub fn total(stats: &str) -> u64 {
        stats.len() as u64
    }
}

query_runtime::query_schema!("./select-of-another-type.yaml");

fn main() {}
