//! Which parameters does an endpoint's path have, what are their types, and which of them is the row's id?

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use crate::{
    expand::{context::Cx, ty},
    model::{FieldDef, PathPart, PathTemplate, Presence, Resource, SerdeTreatment, StringKind, Type},
    name::{snake, value_ident},
};

/// What our own arguments and fields beside a path's places are called.
const OURS: [&str; 6] = ["client", "context", "id", "input", "patch", "row"];

/// A place in a path that the caller fills.
pub(super) struct PathParam<'a> {
    /// Its name in the template.
    pub(super) name: String,
    /// Its identifier in Rust.
    pub(super) ident: Ident,
    /// Its type.
    pub(super) ty: TokenStream,
    /// Its type, as the schema has it.
    pub(super) declared: Type,
    /// The row's field of this name, if there is one: it says to which list a row belongs.
    pub(super) field: Option<&'a FieldDef>,
}

/// The path of an endpoint.
pub(super) struct EndpointPath<'a> {
    /// The template's text.
    pub(super) text: String,
    /// The parameters but for the id, in the path's order.
    pub(super) params: Vec<PathParam<'a>>,
    /// The name of the id's place, where the path has one.
    pub(super) id: Option<String>,
}

impl<'a> EndpointPath<'a> {
    /// Describes the path of the collection.
    pub(super) fn collection(cx: &Cx<'a>, resource: &Resource, path: Option<&PathTemplate>) -> Self {
        let path = path.unwrap_or(&resource.path);
        let params = names(path).map(|name| param(cx, resource, name)).collect();
        Self { text: path.text.clone(), params, id: None }
    }

    /// Describes the path of one row: as declared, or the collection's and the id.
    pub(super) fn row(cx: &Cx<'a>, resource: &Resource, path: Option<&PathTemplate>) -> Self {
        let Some(path) = path else {
            let collection = Self::collection(cx, resource, None);
            let text = format!("{}/{{id}}", collection.text.trim_end_matches('/'));
            return Self { text, id: Some("id".to_owned()), ..collection };
        };
        let id = id_name(cx, resource, path);
        let params =
            names(path).filter(|name| Some(*name) != id.as_deref()).map(|name| param(cx, resource, name)).collect();
        Self { text: path.text.clone(), params, id }
    }

    /// Returns the `.path("post_id", &…)` calls of a request; `of` says where a parameter's value is.
    pub(super) fn calls(&self, of: impl Fn(&Ident) -> TokenStream) -> TokenStream {
        let calls = self.params.iter().map(|param| {
            let (name, value) = (&param.name, of(&param.ident));
            quote!(.path(#name, #value))
        });
        quote!(#(#calls)*)
    }
}

/// Returns the names of a path's places, in order.
pub(super) fn names(path: &PathTemplate) -> impl Iterator<Item = &str> {
    path.parts.iter().filter_map(|part| match part {
        PathPart::Parameter { name, .. } => Some(name.as_str()),
        PathPart::Literal(_) => None,
    })
}

/// Returns the name of the place that takes the row's id: `id`, the id field's own name, or the last place that the
/// collection's path does not have.
fn id_name(cx: &Cx<'_>, resource: &Resource, path: &PathTemplate) -> Option<String> {
    let field = cx.id_field(resource).map(|field| field.name.value.as_str());
    let has = |wanted: &str| names(path).any(|name| name == wanted);
    if has("id") {
        return Some("id".to_owned());
    }
    if let Some(field) = field.filter(|field| has(field)) {
        return Some(field.to_owned());
    }
    let own = names(path).filter(|name| names(&resource.path).all(|other| other != *name));
    own.last().map(str::to_owned)
}

fn param<'a>(cx: &Cx<'a>, resource: &Resource, name: &str) -> PathParam<'a> {
    let field = row_field(cx, resource, name);
    let declared = match field {
        Some(field) => field.ty.value.clone(),
        None => inherited_ty(cx, resource, name),
    };
    let ty = ty::ty(cx, &declared);
    PathParam { name: name.to_owned(), ident: place_ident(name), ty, declared, field }
}

/// Returns the identifier of a place, which stands beside arguments and fields of ours.
fn place_ident(name: &str) -> Ident {
    let ident = value_ident(name);
    if OURS.iter().any(|ours| ident == ours) { format_ident!("{ident}_") } else { ident }
}

/// Returns the row's field of this name, unless the row has no such member in Rust.
pub(super) fn row_field<'a>(cx: &Cx<'a>, resource: &Resource, name: &str) -> Option<&'a FieldDef> {
    cx.row(resource)?.fields.iter().find(|field| {
        snake(&field.name) == snake(name) && field.write_only.is_none() && field.serde == SerdeTreatment::Plain
    })
}

/// Returns the type of a place that is no field of the row: the parent's id, a place of the parent's, or text.
fn inherited_ty(cx: &Cx<'_>, resource: &Resource, name: &str) -> Type {
    let mut below = resource;
    // `check` refuses circles of parents; the bound keeps a broken schema from hanging us all the same.
    for _ in 0..cx.schema.resources.len() {
        let Some(parent) = below.parent.as_ref().and_then(|parent| cx.resource(parent)) else {
            break;
        };
        if let Some(field) = row_field(cx, parent, name).filter(|_| names(&parent.path).any(|other| other == name)) {
            return field.ty.value.clone();
        }
        if names(&parent.path).all(|other| other != name)
            && let Some(id) = cx.id_field(parent)
        {
            return id.ty.value.clone();
        }
        below = parent;
    }
    Type::String(StringKind::Text)
}

/// Returns the expression of a row's field as an `Option` of a reference, whatever its presence.
pub(super) fn borrowed(cx: &Cx<'_>, field: &FieldDef, row: &TokenStream) -> TokenStream {
    let ident = cx.field_ident(field);
    match field.presence {
        Presence::Required => quote!(::core::option::Option::Some(&#row.#ident)),
        Presence::Optional | Presence::Nullable => quote!(#row.#ident.as_ref()),
        Presence::OptionalNullable => quote!(#row.#ident.as_option()),
    }
}
