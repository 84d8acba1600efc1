//! What does a client send to create, change or replace a row?
//!
//! | input | fields of the model |
//! |---|---|
//! | `NewUser` | all but `read_only` ones and the id (unless the client chooses it) |
//! | `UserPatch` | all but `read_only` and `immutable` ones and the id |
//! | `UserReplace` | all but `read_only` ones, the id, and what is only sent at creation |
//!
//! Fields that serde skips are in none of them, and flattened ones not in patches. Inputs derive `Serialize` only: nothing reads them back, and
//! `Deserialize` is what costs compile time.

mod create;
mod patch;
mod replace;
mod setter;
#[cfg(test)]
mod tests;

use proc_macro2::TokenStream;

use crate::{
    expand::context::Cx,
    model::{FieldDef, Resource, SerdeTreatment, TempId, UpdateBody},
};

/// Returns the inputs that a resource needs: of a create, and of an update.
pub(crate) fn expand(cx: &Cx<'_>, resource: &Resource) -> Vec<TokenStream> {
    let mut items = Vec::new();
    if resource.mutations.create.is_some() {
        items.extend(create::expand(cx, resource));
    }
    if let Some(update) = &resource.mutations.update {
        if update.body.as_ref().is_some_and(|body| body.value == UpdateBody::Full) {
            items.extend(replace::expand(cx, resource));
        } else {
            items.extend(patch::expand(cx, resource));
        }
    }
    items
}

/// Returns the fields of `NewUser`.
pub(crate) fn new_fields<'a>(cx: &Cx<'a>, resource: &Resource) -> Vec<&'a FieldDef> {
    let client_chooses = resource
        .mutations
        .create
        .as_ref()
        .and_then(|create| create.optimistic.as_ref()?.temp_id.as_ref())
        .is_some_and(|temp_id| temp_id.value == TempId::Client);
    sent(cx, resource, |field, is_id| {
        // An id that the client chooses is sent even if nothing else may ever write it.
        if is_id { client_chooses } else { field.read_only.is_none() }
    })
}

/// Returns the fields of `UserPatch`.
pub(crate) fn patch_fields<'a>(cx: &Cx<'a>, resource: &Resource) -> Vec<&'a FieldDef> {
    sent(cx, resource, |field, is_id| {
        !is_id && field.read_only.is_none() && field.immutable.is_none() && field.serde == SerdeTreatment::Plain
    })
}

/// Returns the fields of `UserReplace`.
pub(crate) fn replace_fields<'a>(cx: &Cx<'a>, resource: &Resource) -> Vec<&'a FieldDef> {
    sent(cx, resource, |field, is_id| {
        !is_id && field.read_only.is_none() && !(field.write_only.is_some() && field.immutable.is_some())
    })
}

fn sent<'a>(cx: &Cx<'a>, resource: &Resource, keep: impl Fn(&FieldDef, bool) -> bool) -> Vec<&'a FieldDef> {
    let Some(row) = cx.row(resource) else { return Vec::new() };
    let is_id = |field: &FieldDef| row.id.as_ref().is_some_and(|id| id.value == field.name.value);
    row.fields.iter().filter(|field| field.serde != SerdeTreatment::Skipped && keep(field, is_id(field))).collect()
}
