//! What does the generator do with whole schemas?

mod check;
mod tidy;
mod yaml_errors;
mod yaml_hostile;
mod yaml_social;
