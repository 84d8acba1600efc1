//! What is generated for one resource, and in which order?
//!
//! Parameters, entity, inputs, change, keys, fetch, options, hooks, relations, mutations, optimistic, cache. Every item
//! is data and one call; what the data means is the runtime's.

mod cache;
mod change;
mod entity;
mod fetch;
mod hooks;
mod invalidation;
mod keys;
mod listing;
mod membership;
mod mutations;
mod optimistic;
pub(super) mod options;
mod params;
mod path;
mod relations;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::{
    expand::{context::Cx, docs, ty},
    model::{FieldDef, Resource},
    name::value_ident,
};

pub(super) use change::{RuleVariant, rules_of};
pub(super) use invalidation::{Place, key_words, prefixes};
use listing::ListShape;

/// Returns everything of one resource, one item each, in the fixed order.
pub(crate) fn expand(cx: &Cx<'_>, resource: &Resource) -> Vec<TokenStream> {
    // `check` refuses a resource whose model has no id; there is nothing to say about one.
    let Some(subject) = Subject::new(cx, resource) else { return Vec::new() };
    let mut items = Vec::new();
    items.extend(params::expand(&subject));
    items.extend(membership::expand(&subject));
    items.extend(entity::expand(&subject));
    items.extend(crate::expand::input::expand(cx, resource));
    items.extend(change::expand(&subject));
    items.extend(keys::expand(&subject));
    items.extend(fetch::expand(&subject));
    items.extend(options::expand(&subject));
    items.extend(hooks::expand(&subject));
    items.extend(relations::expand(&subject));
    items.extend(mutations::expand(&subject));
    items.extend(optimistic::expand(&subject));
    items.extend(cache::expand(&subject));
    items
}

/// A resource, and what all parts of its expansion ask about it.
struct Subject<'a> {
    cx: &'a Cx<'a>,
    resource: &'a Resource,
    /// `::query_runtime`.
    runtime: TokenStream,
    /// `pub`, or the struct's visibility.
    visibility: TokenStream,
    /// `User`.
    row: Ident,
    /// The field that identifies a row.
    id: &'a FieldDef,
    /// `UserId`.
    id_ty: TokenStream,
    /// The list's parameters.
    list: Option<ListShape<'a>>,
    /// `#[allow(deprecated)]` where the row itself is deprecated.
    allow: TokenStream,
}

impl<'a> Subject<'a> {
    fn new(cx: &'a Cx<'a>, resource: &'a Resource) -> Option<Self> {
        let id = cx.id_field(resource)?;
        let deprecated = cx.model(&resource.model).is_some_and(|model| model.deprecated.is_some());
        Some(Self {
            cx,
            resource,
            runtime: cx.runtime(),
            visibility: cx.visibility(),
            row: cx.model_type(resource),
            id,
            id_ty: ty::ty(cx, &id.ty),
            list: ListShape::of(cx, resource),
            allow: allow_deprecated(deprecated),
        })
    }

    /// Returns the identifier of the id field.
    fn id_ident(&self) -> Ident {
        value_ident(&self.id.name)
    }

    /// Returns `#[allow(deprecated)]` where the row or one of these fields is deprecated.
    fn allow_for<'f>(&self, mut fields: impl Iterator<Item = &'f FieldDef>) -> TokenStream {
        if self.allow.is_empty() {
            allow_deprecated(fields.any(|field| field.deprecated.is_some()))
        } else {
            self.allow.clone()
        }
    }

    /// Returns the fields that the row's struct has, in declaration order.
    fn row_fields(&self) -> impl Iterator<Item = &'a FieldDef> {
        let row = self.cx.row(self.resource);
        row.into_iter().flat_map(|row| &row.fields).filter(|field| field.write_only.is_none())
    }

    /// Returns the row's field of this name.
    fn field(&self, name: &str) -> Option<&'a FieldDef> {
        self.row_fields().find(|field| field.name.value == name)
    }

    /// Returns `Page<User>`.
    fn page(&self) -> TokenStream {
        let (runtime, row) = (&self.runtime, &self.row);
        quote!(#runtime::Page<#row>)
    }

    /// Returns the dotted path of a part of this resource: `resources.users.list`.
    fn dotted(&self, part: &str) -> String {
        format!("{}.{part}", self.resource.source)
    }

    /// Returns `` `GET /users` ``.
    fn endpoint(method: &str, path: &str) -> String {
        docs::code(&format!("{method} {path}"))
    }

    /// Returns the `.error_body(…)` call, where the API says what its errors look like.
    fn error_body(&self) -> TokenStream {
        error_body(self.cx)
    }
}

/// Returns the `.error_body(…)` call of a request, where the API says what its errors look like.
pub(super) fn error_body(cx: &Cx<'_>) -> TokenStream {
    let Some(error) = &cx.schema.api.error else { return TokenStream::new() };
    let error_ty = ty::ty(cx, &error.ty);
    match error.message.as_ref().and_then(|message| message_of(cx, &error.ty, message)) {
        Some(message) => quote!(.error_body::<#error_ty>(|error| #message)),
        None => quote!(.error_body::<#error_ty>(|_| ::core::option::Option::None)),
    }
}

/// Returns the expression of an error body's message as an `Option<String>`.
fn message_of(cx: &Cx<'_>, ty: &crate::model::Type, name: &str) -> Option<TokenStream> {
    use crate::model::{ModelKind, Presence, Type};
    let ident = value_ident(name);
    let Type::Model(model, _) = ty else {
        // A derive cannot see the fields of its error type; `message` must be a text there.
        return Some(quote!(::core::option::Option::Some(error.#ident.clone())));
    };
    let ModelKind::Object(object) = &cx.model(model)?.kind else { return None };
    let field = object.fields.iter().find(|field| field.name.value == name)?;
    Some(match field.presence {
        Presence::Required => quote!(::core::option::Option::Some(error.#ident.clone())),
        Presence::Optional | Presence::Nullable => quote!(error.#ident.clone()),
        Presence::OptionalNullable => quote!(error.#ident.as_option().cloned()),
    })
}

/// Returns `#[allow(deprecated)]`, or nothing.
pub(super) fn allow_deprecated(is_deprecated: bool) -> TokenStream {
    if is_deprecated { quote!(#[allow(deprecated)]) } else { TokenStream::new() }
}
