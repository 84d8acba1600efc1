//! What does this crate do: a YAML schema, or attributes on a struct, become typed query hooks.

pub mod diagnostics;
pub mod model;
pub mod name;
pub mod origin;
pub mod suggest;

pub mod attribute;
pub mod yaml;

pub mod check;
pub mod expand;
pub mod generate;

pub mod config;
pub mod derive;
pub mod include;
pub mod render;
pub mod write;
