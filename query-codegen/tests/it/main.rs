//! Which behaviours of the generator are tested from outside?

mod attribute;
mod attribute_sections;
mod attribute_syntax;
mod check;
mod yaml_errors;
mod yaml_hostile;
mod yaml_social;
