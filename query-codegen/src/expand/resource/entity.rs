//! What makes a model an entity: its id, its key root, its list's envelope and fixed order?

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    Subject,
    change::changes_of,
    order::{by_field, has_fixed_order},
};
use crate::{
    expand::docs::Doc,
    model::{Envelope, FieldDef, Level, Type},
    origin::Spanned,
};

/// Returns the `Entity` of a resource's row.
pub(super) fn expand(subject: &Subject<'_>) -> TokenStream {
    let Subject { cx, resource, runtime, row, id_ty, .. } = subject;
    let root = cx.root(&resource.name);
    let id = subject.id_ident();
    let change = if changes_of(cx, resource).is_empty() {
        quote!(#runtime::NoChange)
    } else {
        let change = cx.change_type(resource);
        quote!(#change)
    };
    let (envelope, compare) = (envelope(subject), compare(subject));
    let (level, version) = (level(subject), version(subject));
    let sorted = resource.list.iter().flat_map(|list| &list.sort);
    let fields = sorted.filter_map(|term| subject.field(&term.field)).chain(version_field(subject));
    let allow = subject.allow_for(fields.chain([subject.id]));
    let doc = Doc::new("Makes the row an entity: cached once, whatever list or detail shows it.")
        .source(cx, &resource.source)
        .tokens();
    quote! {
        #doc
        #allow
        impl #runtime::Entity for #row {
            type Id = #id_ty;
            type Change = #change;
            const ROOT: &'static [&'static str] = #root;
            #envelope
            #level
            fn id(&self) -> &#id_ty { &self.#id }
            fn set_id(&mut self, id: #id_ty) { self.#id = id; }
            #compare
            #version
        }
    }
}

/// Returns the constant that says what the server promises; the trait's default promises nothing.
fn level(subject: &Subject<'_>) -> Option<TokenStream> {
    let (runtime, level) = (&subject.runtime, subject.cx.schema.level_of(subject.resource));
    let name = format_ident!("{}", level.name());
    (level > Level::Plain).then(|| quote!(const LEVEL: #runtime::Level = #runtime::Level::#name;))
}

/// Returns the field that says which of its versions a row is, where the server keeps it.
fn version_field<'a>(subject: &Subject<'a>) -> Option<&'a FieldDef> {
    let name = subject.cx.row(subject.resource)?.version.as_ref()?;
    subject.field(name).filter(|_| subject.cx.schema.level_of(subject.resource) >= Level::Versioned)
}

/// Returns the row's version; without one the trait's default says that there is none.
fn version(subject: &Subject<'_>) -> Option<TokenStream> {
    let (runtime, field) = (&subject.runtime, version_field(subject)?);
    let ident = subject.cx.field_ident(field);
    let is_newtype = matches!(&field.ty.value, Type::Model(..));
    // What a newtype of the schema holds is a number or a time, which are copied; so are those of a derive's own.
    let value = if is_newtype { quote!(self.#ident.0) } else { quote!(self.#ident) };
    Some(quote! {
        fn version(&self) -> ::core::option::Option<#runtime::Version> {
            ::core::option::Option::Some(#runtime::Version::from(#value))
        }
    })
}

/// Returns the constant that says how a list is wrapped; a bare array needs none.
fn envelope(subject: &Subject<'_>) -> Option<TokenStream> {
    let runtime = &subject.runtime;
    let name = subject.resource.list.as_ref()?.envelope.as_ref()?;
    let envelope: &Envelope = subject.cx.schema.envelopes.iter().find(|one| one.name.value == name.value)?;
    let items = match envelope.items.as_ref().map(|items| items.value.as_str()) {
        Some("$resource") => {
            let own = subject.cx.wire(&subject.resource.name, None);
            quote!(::core::option::Option::Some(#own))
        }
        Some(items) => quote!(::core::option::Option::Some(#items)),
        None => quote!(::core::option::Option::None),
    };
    let [total, has_more, page, next, prev] =
        [&envelope.total, &envelope.has_more, &envelope.page, &envelope.next, &envelope.prev]
            .map(|place| wire_name(place.as_ref()));
    Some(quote! {
        const ENVELOPE: #runtime::Envelope = #runtime::Envelope {
            items: #items,
            total: #total,
            has_more: #has_more,
            page: #page,
            next: #next,
            prev: #prev,
        };
    })
}

fn wire_name(place: Option<&Spanned<String>>) -> TokenStream {
    if let Some(name) = place {
        let name = &name.value;
        quote!(::core::option::Option::Some(#name))
    } else {
        quote!(::core::option::Option::None)
    }
}

/// Returns the list's fixed order; without one the trait's default says that only the server knows.
fn compare(subject: &Subject<'_>) -> Option<TokenStream> {
    if !has_fixed_order(subject) {
        return None;
    }
    let mut terms = subject.resource.list.iter().flat_map(|list| &list.sort).map(|term| {
        let by = by_field(subject, &term.field);
        if term.descending { quote!(#by.reverse()) } else { by }
    });
    let first = terms.next()?;
    let then = terms.map(|term| quote!(.then_with(|| #term)));
    Some(quote! {
        fn compare(a: &Self, b: &Self) -> ::core::option::Option<::core::cmp::Ordering> {
            ::core::option::Option::Some(#first #(#then)*)
        }
    })
}
