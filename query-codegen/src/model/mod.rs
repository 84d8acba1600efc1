//! What does a schema say, whichever front end it was written in?

mod key;
mod level;
mod mutation;
pub mod names;
mod options;
mod path;
mod query;
mod schema;
mod ty;
mod words;

pub use key::*;
pub use level::*;
pub use mutation::*;
pub use options::*;
pub use path::*;
pub use query::*;
pub use schema::*;
pub use ty::*;
