//! Which type of the model is a type that the user wrote in Rust, and may its value be missing?

use proc_macro2::Span;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, Type as RustType};

use crate::model::{Float, Integer, StringKind, Type};

/// What stands around a field's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapper {
    /// Nothing.
    Bare,
    /// `Option<T>`.
    Option,
    /// `Maybe<T>`.
    Maybe,
}

/// Takes `Option` or `Maybe` off a type.
pub(super) fn unwrap(ty: &RustType) -> (Wrapper, &RustType) {
    if let Some(inner) = generic(ty, "Option") {
        return (Wrapper::Option, inner);
    }
    if let Some(inner) = generic(ty, "Maybe") {
        return (Wrapper::Maybe, inner);
    }
    (Wrapper::Bare, ty)
}

/// Returns the model's type for a Rust type; what the model has no word for stays as written.
///
/// Types with arguments of their own (`DateTime<Utc>`, `HashMap<K, V>`) stay as written too: the model's would be printed as
/// another type than the struct has.
pub(super) fn lower(ty: &RustType) -> Type {
    if let Some(inner) = generic(ty, "Vec") {
        return Type::List(Box::new(lower(inner)));
    }
    let named = plain_segment(ty).and_then(|(segment, length)| {
        let name = segment.ident.to_string();
        match name.as_str() {
            "DateTime" => Some(Type::DateTime),
            "Json" | "Value" => Some(Type::Json),
            "String" => Some(Type::String(StringKind::Text)),
            _ if length == 1 => primitive(&name),
            _ => None,
        }
    });
    named.unwrap_or_else(|| Type::Rust(ty.to_token_stream()))
}

/// Returns where a type begins.
pub(super) fn span(ty: &RustType) -> Span {
    ty.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| token.span())
}

/// Returns the name that is the whole of a type.
pub(super) fn single(ty: &RustType) -> Option<String> {
    plain_segment(ty).filter(|(_, length)| *length == 1).map(|(segment, _)| segment.ident.to_string())
}

/// Returns whether the type is a path that ends in this name.
pub(super) fn is_last(ty: &RustType, name: &str) -> bool {
    plain_segment(ty).is_some_and(|(segment, _)| segment.ident == name)
}

fn primitive(name: &str) -> Option<Type> {
    Some(match name {
        "bool" => Type::Bool,
        "i8" => Type::Integer(Integer::I8),
        "i16" => Type::Integer(Integer::I16),
        "i32" => Type::Integer(Integer::I32),
        "i64" => Type::Integer(Integer::I64),
        "u8" => Type::Integer(Integer::U8),
        "u16" => Type::Integer(Integer::U16),
        "u32" => Type::Integer(Integer::U32),
        "u64" => Type::Integer(Integer::U64),
        "f32" => Type::Float(Float::F32),
        "f64" => Type::Float(Float::F64),
        _ => return None,
    })
}

/// Returns the only argument of `Name<T>`.
fn generic<'t>(ty: &'t RustType, name: &str) -> Option<&'t RustType> {
    let segment = last_segment(ty)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    if segment.ident != name {
        return None;
    }
    match (arguments.args.first(), arguments.args.len()) {
        (Some(GenericArgument::Type(inner)), 1) => Some(inner),
        _ => None,
    }
}

/// Returns the last segment of a path without arguments, and how many segments there are.
fn plain_segment(ty: &RustType) -> Option<(&PathSegment, usize)> {
    let RustType::Path(path) = bare(ty) else { return None };
    let plain = path.path.segments.iter().all(|segment| segment.arguments.is_none());
    let last = path.path.segments.last()?;
    (plain && path.qself.is_none()).then_some((last, path.path.segments.len()))
}

fn last_segment(ty: &RustType) -> Option<&PathSegment> {
    match bare(ty) {
        RustType::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

/// Opens the invisible groups that `macro_rules!` puts around a type.
fn bare(ty: &RustType) -> &RustType {
    match ty {
        RustType::Group(group) => bare(&group.elem),
        RustType::Paren(paren) => bare(&paren.elem),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::{Wrapper, lower, unwrap};
    use crate::model::{Integer, StringKind, Type};

    #[test]
    fn known_types_become_the_models() {
        assert!(matches!(lower(&parse_quote!(String)), Type::String(StringKind::Text)));
        assert!(matches!(lower(&parse_quote!(std::string::String)), Type::String(_)));
        assert!(matches!(lower(&parse_quote!(u64)), Type::Integer(Integer::U64)));
        assert!(matches!(lower(&parse_quote!(query_runtime::DateTime)), Type::DateTime));
        assert!(matches!(lower(&parse_quote!(serde_json::Value)), Type::Json));
        let Type::List(inner) = lower(&parse_quote!(Vec<bool>)) else { panic!("a list") };
        assert!(matches!(*inner, Type::Bool));
    }

    #[test]
    fn other_types_stay_as_written() {
        for ty in ["UserId", "DateTime<Utc>", "HashMap<String, u8>", "a::u8", "[u8; 4]", "usize"] {
            let parsed = syn::parse_str(ty).expect(ty);
            assert!(matches!(lower(&parsed), Type::Rust(_)), "{ty}");
        }
    }

    #[test]
    fn option_and_maybe_come_off_once() {
        assert_eq!(unwrap(&parse_quote!(core::option::Option<u8>)).0, Wrapper::Option);
        assert_eq!(unwrap(&parse_quote!(Maybe<Option<u8>>)).0, Wrapper::Maybe);
        assert_eq!(unwrap(&parse_quote!(Result<u8>)).0, Wrapper::Bare);
    }
}
