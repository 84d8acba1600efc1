//! How does the text of a YAML schema become the model, with every mistake at its line and column?
//!
//! 1. `scan` finds the tokens that the dialect refuses.
//! 2. `reader` reads the text into an untyped tree of `node`s.
//! 3. `lower` turns the tree into a [`Schema`], collecting mistakes that point at nodes by their path.
//! 4. `document` shows them; only then does `position` find lines and columns.

mod document;
mod key_expr;
mod lower;
mod map_key;
mod node;
mod position;
mod reader;
mod scan;
mod type_expr;

pub use document::{Document, Location};

use crate::{diagnostics::Diagnostics, model::Schema};

/// Returns the name and the keys of every section of the dialect: what an editor can offer.
///
/// The names are those of the definitions in `schemas/schema.json`.
pub fn keys() -> Vec<(&'static str, &'static [&'static str])> {
    lower::keys()
}

/// Reads a schema from the text of a file.
///
/// Returns the schema whenever the text is a map, however much of it is wrong: what is broken is left out, and reported.
/// `file` is the name that is shown.
pub fn parse(text: &str, file: &str) -> (Option<Schema>, Document, Diagnostics) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut diagnostics = Diagnostics::new();
    let root = reader::read(text, &mut diagnostics);
    let schema = root.as_ref().and_then(|root| lower::lower(root, file, &mut diagnostics));
    let document = Document::new(file, text, root);
    document.sort(&mut diagnostics);
    (schema, document, diagnostics)
}
