//! Which types contain themselves, and which of their fields must be boxed?
//!
//! A field in a list or a map is behind a pointer already. A field that may be missing is boxed by the generator. A cycle
//! of fields that are always there has no end, and is a mistake.

use std::collections::BTreeSet;

use crate::{
    check::Lookup,
    diagnostics::{Diagnostic, Diagnostics},
    model::{FieldDef, Model, ModelKind, Presence, Type, VariantBody},
    origin::Origin,
};

/// A model that stands in another one as it is.
struct Part<'a> {
    model: &'a str,
    /// The field, as a user names it: `next`.
    name: &'a str,
    origin: &'a Origin,
    always: bool,
}

/// Reports every field through which a type contains itself for ever.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    if cx.is_derive() {
        return;
    }
    let mut reported = BTreeSet::new();
    for model in &cx.schema.models {
        for part in parts(model).into_iter().filter(|part| part.always) {
            let way = way(cx, part.model, &model.name.value);
            let Some(mut way) = way else { continue };
            way.push(model.name.value.clone());
            way.sort();
            // A cycle is reported once, at the model of it that is declared first.
            if !reported.insert(way) {
                continue;
            }
            let owner = &model.name.value;
            let message = format!("`{owner}` contains itself via `{owner}.{}`", part.name);
            let help = format!("write `[{}]`, or `optional: true`, which the generator boxes", part.model);
            out.push(Diagnostic::error(203, message, part.origin).help(help));
        }
    }
}

impl Lookup<'_> {
    /// Returns whether a field must be boxed, because its type contains its model.
    pub fn is_boxed(self, model: &str, field: &FieldDef) -> bool {
        let Type::Model(name, _) = &field.ty.value else { return false };
        !self.is_derive() && field.presence != Presence::Required && contains(self, name, model)
    }
}

/// Returns the parts of a model that stand in it as they are, or in an `Option`.
fn parts(model: &Model) -> Vec<Part<'_>> {
    match &model.kind {
        ModelKind::Object(object) => object.fields.iter().filter_map(part).collect(),
        ModelKind::Union(union) => union
            .variants
            .iter()
            .flat_map(|variant| match &variant.body {
                VariantBody::Fields(fields) => fields.iter().filter_map(part).collect(),
                VariantBody::Model(name) => {
                    vec![Part { model: &name.value, name: &variant.wire.value, origin: &name.origin, always: true }]
                }
            })
            .collect(),
        ModelKind::Enum(_) | ModelKind::Newtype(_) => Vec::new(),
    }
}

fn part(field: &FieldDef) -> Option<Part<'_>> {
    let Type::Model(name, _) = &field.ty.value else { return None };
    Some(Part {
        model: name,
        name: &field.name.value,
        origin: &field.name.origin,
        always: field.presence == Presence::Required,
    })
}

/// Returns the models on a way from one to another through parts that are always there.
fn way(cx: Lookup<'_>, from: &str, to: &str) -> Option<Vec<String>> {
    let mut seen = BTreeSet::new();
    let mut open = vec![vec![from.to_owned()]];
    while let Some(way) = open.pop() {
        let last = way.last().cloned().unwrap_or_default();
        if last == to {
            return Some(way[..way.len() - 1].to_vec());
        }
        if !seen.insert(last.clone()) {
            continue;
        }
        let Some(model) = cx.model(&last) else { continue };
        for part in parts(model).into_iter().filter(|part| part.always) {
            let mut longer = way.clone();
            longer.push(part.model.to_owned());
            open.push(longer);
        }
    }
    None
}

/// Returns whether a model is another, or has it among its parts or their parts.
fn contains(cx: Lookup<'_>, model: &str, wanted: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![model];
    while let Some(name) = open.pop() {
        if name == wanted {
            return true;
        }
        if seen.insert(name) {
            open.extend(cx.model(name).map(parts).unwrap_or_default().iter().map(|p| p.model));
        }
    }
    false
}
