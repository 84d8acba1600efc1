//! What does the generator do with whole schemas?

mod yaml_errors;
mod yaml_hostile;
mod yaml_social;
