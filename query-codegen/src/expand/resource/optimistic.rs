//! Which row does a create show before the server answers: `optimistic_user(…)`?

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Subject,
    membership::mentions,
    mutations::{CreateShape, temp_id},
};
use crate::{
    expand::{cloned, docs::Doc, input::new_fields, ty},
    model::{FieldDef, OptimisticValue, Presence, SerdeTreatment, TempId},
    name::value_ident,
};

/// How far `copy:` may lead from field to field; `check` refuses circles.
const DEEPEST_COPY: usize = 8;

/// Returns the function that builds the row.
pub(super) fn expand(subject: &Subject<'_>) -> Option<TokenStream> {
    let create = subject.resource.mutations.create.as_ref()?;
    let optimism = create.optimistic.as_ref()?;
    let Subject { cx, resource, runtime, visibility, row, id_ty, .. } = subject;
    let shape = CreateShape::of(subject)?;
    let client = temp_id(subject, &optimism.value) == TempId::Client;
    let builder = Builder { subject, shape: &shape, input: new_fields(cx, resource), client };
    let fields = subject.row_fields().map(|field| {
        let (ident, value) = (cx.field_ident(field), builder.value(field, DEEPEST_COPY));
        if ident == value.to_string() { quote!(#ident) } else { quote!(#ident: #value) }
    });
    let body = quote!(#row { #(#fields),* });
    let underscored = |name: &str| {
        let used = mentions(&body, name);
        quote::format_ident!("{}{name}", if used { "" } else { "_" })
    };
    let (variables, now) = (underscored(shape.argument()), underscored("now"));
    let id = (!client).then(|| quote!(id: #id_ty,));
    let name = cx.optimistic_fn(resource);
    let ty = &shape.ty;
    let allow = subject.allow_for(subject.row_fields().chain(builder.input.iter().copied()));
    let doc = Doc::new("Builds the row that a create shows before the server answers.")
        .paragraph("A pure function: what only the server knows has the value that the schema gives it meanwhile.")
        .source(cx, &subject.dotted("create"))
        .tokens();
    Some(quote! {
        #doc
        #allow
        #visibility fn #name(#variables: &#ty, #id #now: #runtime::DateTime) -> #row { #body }
    })
}

/// What the values of the row's fields are made of.
struct Builder<'s, 'a> {
    subject: &'s Subject<'a>,
    shape: &'s CreateShape<'a>,
    input: Vec<&'a FieldDef>,
    /// Whether the id is among what the client sends.
    client: bool,
}

impl Builder<'_, '_> {
    /// Returns the value of a field, as the row's struct has it.
    fn value(&self, field: &FieldDef, depth: usize) -> TokenStream {
        let cx = self.subject.cx;
        if field.name.value == self.subject.id.name.value && !self.client {
            return quote!(id);
        }
        if self.input.iter().any(|one| one.name.value == field.name.value) {
            let (input, ident) = (self.shape.input(), cx.field_ident(field));
            return cloned::from_place(&field.ty, field.presence, &quote!(#input.#ident));
        }
        if field.serde == SerdeTreatment::Skipped {
            return quote!(::core::default::Default::default());
        }
        match field.optimistic.as_ref().map(|value| &value.value) {
            Some(OptimisticValue::Now) => self.wrap(field, quote!(now)),
            Some(OptimisticValue::Literal(literal)) => {
                ty::field_literal(cx, &self.subject.resource.model, field, literal)
            }
            Some(OptimisticValue::Path(name)) => {
                let place = value_ident(name);
                let value = quote!(variables.#place);
                self.wrap(field, cloned::from_place(&field.ty, Presence::Required, &value))
            }
            Some(OptimisticValue::Copy(name)) if depth > 0 => self.copy(field, name, depth),
            // Without a word of its own, what may be missing is missing; the rest `check` has refused.
            Some(OptimisticValue::Default | OptimisticValue::Copy(_)) | None => {
                if let Some(default) = &field.default {
                    ty::field_literal(cx, &self.subject.resource.model, field, &default.value)
                } else {
                    ty::missing(cx, field.presence)
                }
            }
        }
    }

    /// Returns the value of another field, in this field's presence.
    fn copy(&self, field: &FieldDef, name: &str, depth: usize) -> TokenStream {
        let other = self.subject.field(name).or_else(|| self.input.iter().find(|one| one.name.value == name).copied());
        let Some(other) = other else { return quote!(::core::default::Default::default()) };
        let value = match self.value(other, depth - 1) {
            id if id.to_string() == "id" => self.subject.id_clone(&id),
            value => value,
        };
        match (other.presence, field.presence) {
            (from, to) if from == to => value,
            (Presence::Required, _) => self.wrap(field, value),
            (Presence::Optional | Presence::Nullable, Presence::Optional | Presence::Nullable) => value,
            _ => quote!(::core::convert::From::from(#value)),
        }
    }

    /// Wraps a plain value in what the field's presence asks for.
    fn wrap(&self, field: &FieldDef, value: TokenStream) -> TokenStream {
        let runtime = &self.subject.runtime;
        match field.presence {
            Presence::Required => value,
            Presence::Optional | Presence::Nullable => quote!(::core::option::Option::Some(#value)),
            Presence::OptionalNullable => quote!(#runtime::Maybe::Value(#value)),
        }
    }
}
