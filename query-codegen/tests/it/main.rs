//! What does the generator do with whole schemas?

mod attribute;
mod attribute_sections;
mod attribute_syntax;
mod build_script;
mod check;
mod codes;
mod editor_schema;
mod expand_corners;
mod expand_resource;
mod fallback;
mod folder;
mod golden;
mod hostile;
mod order;
mod parity;
mod query_schema;
mod rebuild;
mod tidy;
mod yaml_errors;
mod yaml_every_section;
mod yaml_hostile;
