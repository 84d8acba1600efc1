//! Which behaviours of the generator are tested from outside?

mod attribute;
mod attribute_sections;
mod attribute_syntax;
mod build_script;
mod check;
mod expand_resource;
mod fallback;
mod folder;
mod parity;
mod query_schema;
mod yaml_errors;
mod yaml_hostile;
mod yaml_social;
