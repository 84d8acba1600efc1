//! In which order do the rows of a cached list stand?

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Subject,
    listing::{ListField, ListShape},
    membership::mentions,
    path::borrowed,
};
use crate::{
    model::{Float, Type},
    name::type_ident,
};

/// Returns the filter's `compare`; `None` is an order that only the server knows.
pub(super) fn compare(subject: &Subject<'_>, list: &ListShape<'_>) -> TokenStream {
    let (runtime, row) = (&subject.runtime, &subject.row);
    let head = |a: &str, b: &str| {
        let (a, b) = (quote::format_ident!("{a}"), quote::format_ident!("{b}"));
        quote!(fn compare(&self, #a: &#row, #b: &#row) -> ::core::option::Option<::core::cmp::Ordering>)
    };
    let fixed = quote!(<#row as #runtime::Entity>::compare(a, b));
    let has_fixed = has_fixed_order(subject);
    let (body, uses_rows) = match (list.sort(), list.sort_order()) {
        (Some((sort, keys)), order) => (chosen(subject, sort, &keys, order, has_fixed), true),
        (None, Some(order)) if has_fixed => (directed(&fixed, order), true),
        (None, _) if has_fixed => (fixed, true),
        (None, _) => (quote!(::core::option::Option::None), false),
    };
    let head = if uses_rows { head("a", "b") } else { head("_a", "_b") };
    quote!(#head { #body })
}

/// Returns whether the list has an order where no parameter says one.
pub(super) fn has_fixed_order(subject: &Subject<'_>) -> bool {
    subject.resource.list.as_ref().is_some_and(|list| !list.sort.is_empty())
}

/// Returns the order that the parameters choose.
fn chosen(
    subject: &Subject<'_>,
    sort: &ListField<'_>,
    keys: &[(&str, &str)],
    order: Option<&ListField<'_>>,
    has_fixed: bool,
) -> TokenStream {
    let (runtime, row) = (&subject.runtime, &subject.row);
    let name = subject.cx.sort_type(subject.resource);
    let ident = &sort.ident;
    let fixed = if has_fixed {
        quote!(<#row as #runtime::Entity>::compare(a, b))
    } else {
        quote!(::core::option::Option::None)
    };
    let arms = keys.iter().map(|(key, field)| {
        let variant = type_ident(key);
        let by = by_field(subject, field);
        let pattern = quote!(#name::#variant);
        if sort.default.is_some() {
            quote!(#pattern => #by)
        } else {
            quote!(::core::option::Option::Some(#pattern) => #by)
        }
    });
    let otherwise = sort.default.is_none().then(|| quote!(::core::option::Option::None => return #fixed,));
    let direction = direction(order);
    // Rows that are equal in the chosen field stand as the list's own order says.
    let ties = has_fixed.then(|| quote!(.then_with(|| #fixed.unwrap_or(::core::cmp::Ordering::Equal))));
    let tail = match direction {
        Direction::Ascending => quote!(::core::option::Option::Some(order #ties)),
        Direction::By(way) => quote!(::core::option::Option::Some(#way.apply(order) #ties)),
        Direction::Maybe(way) => quote!(#way.map(|way| way.apply(order) #ties)),
    };
    quote! {
        let order = match self.#ident { #(#arms,)* #otherwise };
        #tail
    }
}

/// How a list's direction is chosen.
enum Direction {
    Ascending,
    By(TokenStream),
    /// Only if it is given: without one, the server's own, which we do not know.
    Maybe(TokenStream),
}

fn direction(order: Option<&ListField<'_>>) -> Direction {
    match order {
        None => Direction::Ascending,
        Some(order) => {
            let ident = &order.ident;
            if order.default.is_some() {
                Direction::By(quote!(self.#ident))
            } else {
                Direction::Maybe(quote!(self.#ident))
            }
        }
    }
}

/// Returns the fixed order in the direction that the caller chooses.
fn directed(fixed: &TokenStream, order: &ListField<'_>) -> TokenStream {
    let ident = &order.ident;
    if order.default.is_some() {
        quote!(#fixed.map(|order| self.#ident.apply(order)))
    } else {
        quote!(self.#ident.and_then(|way| #fixed.map(|order| way.apply(order))))
    }
}

/// Returns the comparison of two rows by one field.
pub(super) fn by_field(subject: &Subject<'_>, name: &str) -> TokenStream {
    let runtime = &subject.runtime;
    let Some(field) = subject.field(name) else { return quote!(::core::cmp::Ordering::Equal) };
    let function = match &field.ty.value {
        Type::Float(Float::F32 | Float::F64) | Type::Duration => quote!(by_float),
        Type::Rust(tokens) if mentions(tokens, "f32") || mentions(tokens, "f64") => {
            quote!(by_float)
        }
        _ => quote!(by),
    };
    let (a, b) = (borrowed(subject.cx, field, &quote!(a)), borrowed(subject.cx, field, &quote!(b)));
    quote!(#runtime::sort::#function(#a, #b))
}
