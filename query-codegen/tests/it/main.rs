//! Which behaviours of the generator are tested from outside?

mod attribute;
mod attribute_sections;
mod attribute_syntax;
