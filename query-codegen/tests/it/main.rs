//! What does the generator do with whole schemas?

mod build_script;
mod check;
mod expand_resource;
mod folder;
mod query_schema;
mod yaml_errors;
mod yaml_hostile;
mod yaml_social;
