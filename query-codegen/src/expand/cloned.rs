//! How is a value taken out of a place that keeps it: copied, or cloned?
//!
//! `.clone()` on what is `Copy` makes clippy speak in the user's crate. Numbers and times are copied; of a model, or a
//! derive's own type, we cannot or must not know (both front ends give the same text), and the function is no method call.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Presence, Type};

/// Returns the value of a place such as `self.role`.
pub(crate) fn from_place(ty: &Type, presence: Presence, place: &TokenStream) -> TokenStream {
    match (ty, presence) {
        (_, Presence::OptionalNullable) | (Type::Model(..) | Type::Rust(_), _) => {
            quote!(::core::clone::Clone::clone(&#place))
        }
        _ if is_copy(ty) => place.clone(),
        _ => quote!(#place.clone()),
    }
}

/// Returns the value behind a reference such as `value`.
pub(crate) fn from_reference(ty: &Type, reference: &TokenStream) -> TokenStream {
    match ty {
        Type::Model(..) | Type::Rust(_) => quote!(::core::clone::Clone::clone(#reference)),
        _ if is_copy(ty) => quote!(*#reference),
        _ => quote!(#reference.clone()),
    }
}

fn is_copy(ty: &Type) -> bool {
    matches!(ty, Type::Bool | Type::Integer(_) | Type::Float(_) | Type::DateTime | Type::Duration)
}
