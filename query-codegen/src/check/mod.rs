//! Which schemas make sense, and what may an expander ask of one that does?
//!
//! [`check`] runs every rule in the order of the list below, so that a schema's first mistakes come first, and seals the
//! schema if none of them is an error. A rule never reports what another has reported: where a name leads nowhere, only
//! the rule that owns the name speaks.

mod api;
mod checked;
mod enums;
mod generated;
mod keys;
mod kind;
mod levels;
mod lists;
mod literal;
mod lookup;
mod models;
mod mutations;
mod names;
mod optimistic;
mod options;
mod paging;
mod paths;
mod realtime;
mod recursion;
mod relations;
mod targets;
mod traits;
mod types;
mod wires;

pub use checked::Checked;
pub use lookup::{Lookup, PathParameter, PathSource, RowChange};
pub use traits::Trait;

use crate::{
    diagnostics::Diagnostics,
    model::Schema,
    origin::{Origin, PathStep},
};

/// A rule: looks at a schema and reports what is wrong with it.
type Rule = fn(Lookup<'_>, &mut Diagnostics);

/// All rules, in the order in which they run.
const RULES: [Rule; 19] = [
    names::check,
    types::check,
    recursion::check,
    models::check,
    enums::check,
    api::check,
    paths::check,
    wires::check,
    paging::check,
    lists::check,
    mutations::check,
    optimistic::check,
    levels::check,
    relations::check,
    targets::check,
    keys::check,
    realtime::check,
    options::check,
    generated::check,
];

/// Checks a schema and seals it.
///
/// What the front end has found is in `diagnostics` already. Returns `None` if there is any error, of the front end's or of
/// this stage's.
pub fn check(schema: Schema, diagnostics: &mut Diagnostics) -> Option<Checked> {
    sealed(schema, diagnostics).ok()
}

/// As [`check`]; a schema with errors is given back.
pub(crate) fn sealed(schema: Schema, diagnostics: &mut Diagnostics) -> Result<Checked, Box<Schema>> {
    let mistakes: Vec<Vec<String>> = diagnostics.errors().map(|one| keys_to(&one.origin)).collect();
    let lookup = Lookup::with_mistakes(&schema, &mistakes);
    for rule in RULES {
        rule(lookup, diagnostics);
    }
    if diagnostics.has_errors() { Err(Box::new(schema)) } else { Ok(Checked::seal(schema)) }
}

/// Returns the keys on the way to a place in a YAML file.
fn keys_to(origin: &Origin) -> Vec<String> {
    let Origin::Yaml(place) = origin else { return Vec::new() };
    let key = |step: &PathStep| match step {
        PathStep::Key(key) => Some(key.clone()),
        PathStep::Index(_) => None,
    };
    place.path.iter().filter_map(key).collect()
}
