//! What is generated for one resource, and in which order?
//!
//! Parameters, entity, inputs, change, keys, fetch, options, hooks, relations, mutations, optimistic, cache. Every item
//! is data and one call; what the data means is the runtime's.

mod cache;
mod change;
mod entity;
pub(super) mod fetch;
mod hooks;
pub(super) mod invalidation;
mod keys;
mod listing;
mod membership;
mod moves;
pub(super) mod mutations;
mod optimistic;
mod options;
mod order;
mod params;
mod path;
mod relations;
mod settled;
mod step;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::{
    expand::{
        cloned,
        context::Cx,
        docs::{self, allow_deprecated},
        ty,
    },
    model::{FieldDef, ModelKind, Presence, Resource, Type},
    name::value_ident,
};

pub(super) use change::{RuleVariant, rules_of};
use invalidation::Place;
use listing::ListShape;
pub(super) use membership::mentions;

/// Returns everything of one resource, one item each, in the fixed order.
pub(crate) fn expand(cx: &Cx<'_>, resource: &Resource) -> Vec<TokenStream> {
    // `check` refuses a resource whose model has no id; there is nothing to say about one.
    let Some(subject) = Subject::new(cx, resource) else { return Vec::new() };
    let mut items = Vec::new();
    items.extend(params::expand(&subject));
    items.extend(membership::expand(&subject));
    items.push(entity::expand(&subject));
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
    /// `#[allow(deprecated)]` where the row itself is deprecated, or what every request reads errors as.
    allow: TokenStream,
}

impl<'a> Subject<'a> {
    fn new(cx: &'a Cx<'a>, resource: &'a Resource) -> Option<Self> {
        let id = cx.id_field(resource)?;
        let deprecated = cx.model(&resource.model).is_some_and(|model| model.deprecated.is_some());
        let deprecated = deprecated || cx.is_error_deprecated();
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
        self.cx.field_ident(self.id)
    }

    /// Returns the value of a place that holds an id.
    fn id_clone(&self, place: &TokenStream) -> TokenStream {
        cloned::from_place(&self.id.ty, Presence::Required, place)
    }

    /// Returns `#[allow(deprecated)]` where the row or one of these fields is deprecated.
    fn allow_for<'f>(&self, mut fields: impl Iterator<Item = &'f FieldDef>) -> TokenStream {
        if self.allow.is_empty() {
            allow_deprecated(fields.any(|field| field.deprecated.is_some() || self.cx.is_deprecated(&field.ty)))
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

    /// Returns where an invalidation finds the fields of a row that the server sent.
    fn result_places(&self) -> Vec<Place> {
        let mut places = vec![Place::new("id", {
            let id = self.id_ident();
            quote!(&row.#id)
        })];
        places.extend(self.row_fields().map(|field| {
            let ident = self.cx.field_ident(field);
            Place::new(&field.name.value, quote!(&row.#ident))
        }));
        places
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

    /// Returns what a request says of its answers.
    fn answers(&self) -> TokenStream {
        answers(self.cx)
    }
}

/// Returns what a request says of its answers: `.api(…)`, where they have a watermark, and `.error_body(…)`, where the API says
/// what its errors look like.
pub(super) fn answers(cx: &Cx<'_>) -> TokenStream {
    let api = cx.api_type().filter(|_| cx.has_watermark()).map(|api| quote!(.api::<#api>()));
    let error = error_body(cx);
    quote!(#api #error)
}

fn error_body(cx: &Cx<'_>) -> TokenStream {
    let Some(error) = &cx.schema.api.error else { return TokenStream::new() };
    let error_ty = ty::ty(cx, &error.ty);
    if let Some(message) = error.message.as_ref().and_then(|message| message_of(cx, &error.ty, message)) {
        quote!(.error_body::<#error_ty>(|error| #message))
    } else {
        quote!(.error_body::<#error_ty>(|_| ::core::option::Option::None))
    }
}

/// Returns the expression of an error body's message as an `Option<String>`.
fn message_of(cx: &Cx<'_>, ty: &Type, name: &str) -> Option<TokenStream> {
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
