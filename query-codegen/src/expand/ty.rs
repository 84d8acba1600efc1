//! How is a type of the schema, or a constant, written in Rust?

use std::{collections::BTreeSet, time::Duration};

use proc_macro2::{Literal as Token, TokenStream};
use quote::quote;

use crate::{
    expand::context::Cx,
    model::{EnumModel, EnumValue, FieldDef, Float, Integer, Literal, Model, ModelKind, Presence, Type, VariantBody},
    name::{pascal, speakable, type_ident},
};

/// Returns the type with absolute paths.
pub(crate) fn ty(cx: &Cx<'_>, ty: &Type) -> TokenStream {
    let runtime = cx.runtime();
    match ty {
        Type::Bool => quote!(bool),
        Type::Integer(width) => {
            let width = speakable(integer(*width));
            quote!(#width)
        }
        Type::Float(Float::F32) => quote!(f32),
        // A duration is a number of seconds on the wire, fractions included, and so it is in Rust.
        Type::Float(Float::F64) | Type::Duration => quote!(f64),
        Type::String(_) => quote!(::std::string::String),
        Type::Bytes => quote!(::std::vec::Vec<u8>),
        Type::Json => quote!(#runtime::Json),
        Type::DateTime => quote!(#runtime::DateTime),
        Type::List(item) => {
            let item = self::ty(cx, item);
            quote!(::std::vec::Vec<#item>)
        }
        Type::Map(key, value) => {
            let (key, value) = (self::ty(cx, key), self::ty(cx, value));
            quote!(::std::collections::BTreeMap<#key, #value>)
        }
        Type::Model(name, _) => {
            let name = type_ident(name);
            quote!(#name)
        }
        Type::Rust(tokens) => tokens.clone(),
    }
}

fn integer(width: Integer) -> &'static str {
    match width {
        Integer::I8 => "i8",
        Integer::I16 => "i16",
        Integer::I32 => "i32",
        Integer::I64 => "i64",
        Integer::U8 => "u8",
        Integer::U16 => "u16",
        Integer::U32 => "u32",
        Integer::U64 => "u64",
    }
}

/// Returns the type of a field of the model called `owner`, without `Option` or `Maybe`; boxed where the model would
/// contain itself.
pub(crate) fn value_ty(cx: &Cx<'_>, owner: &str, field: &FieldDef) -> TokenStream {
    let plain = ty(cx, &field.ty);
    if is_boxed(cx, owner, field) { quote!(::std::boxed::Box<#plain>) } else { plain }
}

/// Returns the type of a field of the model called `owner`, as the model's struct has it.
pub(crate) fn field_ty(cx: &Cx<'_>, owner: &str, field: &FieldDef) -> TokenStream {
    present(cx, field.presence, &value_ty(cx, owner, field))
}

/// Wraps a type in what its presence asks for: nothing, `Option` or `Maybe`.
pub(crate) fn present(cx: &Cx<'_>, presence: Presence, plain: &TokenStream) -> TokenStream {
    let runtime = cx.runtime();
    match presence {
        Presence::Required => plain.clone(),
        Presence::Optional | Presence::Nullable => quote!(::core::option::Option<#plain>),
        Presence::OptionalNullable => quote!(#runtime::Maybe<#plain>),
    }
}

/// Returns the value of a field that nothing was given for: `None`, or `Maybe::Absent`.
pub(crate) fn missing(cx: &Cx<'_>, presence: Presence) -> TokenStream {
    let runtime = cx.runtime();
    match presence {
        Presence::Required => quote!(::core::default::Default::default()),
        Presence::Optional | Presence::Nullable => quote!(::core::option::Option::None),
        Presence::OptionalNullable => quote!(#runtime::Maybe::Absent),
    }
}

/// Returns whether the field's value stands behind a `Box`, because its model would contain itself without one.
///
/// Only fields that may be missing, and those of unions, can end such a circle; `check` refuses the others.
pub(crate) fn is_boxed(cx: &Cx<'_>, owner: &str, field: &FieldDef) -> bool {
    let Type::Model(target, _) = &field.ty.value else { return false };
    let owner_is_union = cx.model(owner).is_some_and(|model| matches!(model.kind, ModelKind::Union(_)));
    (field.presence != Presence::Required || owner_is_union) && contains(cx, target, owner)
}

/// Returns whether a value of the model `from` can hold one of `to` without a list or a map between them.
pub(crate) fn contains(cx: &Cx<'_>, from: &str, to: &str) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(name) = waiting.pop() {
        if name == to {
            return true;
        }
        if let Some(model) = cx.model(name)
            && seen.insert(&model.name.value)
        {
            waiting.extend(parts(model));
        }
    }
    false
}

/// Returns the models that a value of this one holds directly.
fn parts(model: &Model) -> Vec<&str> {
    fn of_fields(fields: &[FieldDef]) -> impl Iterator<Item = &str> {
        fields.iter().filter_map(|field| match &field.ty.value {
            Type::Model(name, _) => Some(name.as_str()),
            _ => None,
        })
    }
    match &model.kind {
        ModelKind::Object(object) => of_fields(&object.fields).collect(),
        ModelKind::Newtype(inner) => match &inner.value {
            Type::Model(name, _) => vec![name],
            _ => Vec::new(),
        },
        ModelKind::Enum(_) => Vec::new(),
        ModelKind::Union(union) => union
            .variants
            .iter()
            .flat_map(|variant| match &variant.body {
                VariantBody::Model(name) => vec![name.value.as_str()],
                VariantBody::Fields(fields) => of_fields(fields).collect(),
            })
            .collect(),
    }
}

/// Returns `#[allow(clippy::use_self)]` for a model that holds values of itself, whose fields name it as all others do.
pub(crate) fn allow_own_name<'a>(model: &str, fields: impl IntoIterator<Item = &'a FieldDef>) -> Option<TokenStream> {
    fn names(ty: &Type, model: &str) -> bool {
        match ty {
            Type::Model(name, _) => name == model,
            Type::List(item) => names(item, model),
            Type::Map(_, value) => names(value, model),
            _ => false,
        }
    }
    let is_own = fields.into_iter().any(|field| names(&field.ty, model));
    is_own.then(|| quote!(#[allow(clippy::use_self)]))
}

/// Returns the variant of an enum's value.
pub(crate) fn variant_ident(value: &EnumValue) -> proc_macro2::Ident {
    match &value.name {
        Some(name) => type_ident(name),
        None => type_ident(&value.wire),
    }
}

/// Returns the variant that keeps values the schema does not name: `Other`, or `Unknown` where a value is called so.
pub(crate) fn other_ident(model: &EnumModel) -> proc_macro2::Ident {
    let taken = model.values.iter().any(|value| variant_ident(value) == "Other");
    speakable(if taken { "Unknown" } else { "Other" })
}

/// Returns a constant as an expression of this type. `check` has made sure that they fit.
pub(crate) fn literal(cx: &Cx<'_>, ty: &Type, literal: &Literal) -> TokenStream {
    match (ty, literal) {
        (_, Literal::TypeDefault) => quote!(::core::default::Default::default()),
        (Type::Json, json) => json_literal(cx, json),
        (_, Literal::Null) => quote!(::core::option::Option::None),
        (Type::Model(name, _), value) => match cx.model(name).map(|model| &model.kind) {
            Some(ModelKind::Enum(model)) => enum_literal(name, model, value),
            Some(ModelKind::Newtype(inner)) => {
                let (name, value) = (type_ident(name), self::literal(cx, inner, value));
                quote!(#name(#value))
            }
            // Objects and unions have no constants; `check` refuses them.
            _ => quote!(::core::default::Default::default()),
        },
        (Type::Rust(tokens), Literal::String(text)) => {
            quote!(<#tokens as ::core::convert::From<&str>>::from(#text))
        }
        (Type::DateTime, Literal::String(text)) => {
            let runtime = cx.runtime();
            quote!(#text.parse::<#runtime::DateTime>().unwrap_or_default())
        }
        (_, Literal::Bool(value)) => quote!(#value),
        (Type::Float(_) | Type::Duration, Literal::Integer(value)) => number(&format!("{value}.0")),
        (_, Literal::Integer(value)) => number(&value.to_string()),
        (Type::Float(_) | Type::Duration, Literal::Float(text)) if !text.contains(['.', 'e', 'E']) => {
            number(&format!("{text}.0"))
        }
        (_, Literal::Float(text)) => number(text),
        (_, Literal::String(text)) => quote!(::std::borrow::ToOwned::to_owned(#text)),
        (Type::List(item), Literal::List(values)) => list(cx, item, values),
        (Type::Rust(_), Literal::List(values)) => {
            let untyped = Type::Rust(quote!(_));
            let values = values.iter().map(|value| self::literal(cx, &untyped, value));
            quote!(::core::iter::FromIterator::from_iter([#(#values),*]))
        }
        (Type::Map(..), Literal::EmptyMap) => quote!(::std::collections::BTreeMap::new()),
        (_, Literal::EmptyMap | Literal::List(_)) => quote!(::core::default::Default::default()),
    }
}

fn list(cx: &Cx<'_>, item: &Type, values: &[Literal]) -> TokenStream {
    if values.is_empty() {
        return quote!(::std::vec::Vec::new());
    }
    let values = values.iter().map(|value| literal(cx, item, value));
    quote!(::std::vec![#(#values),*])
}

/// Returns a constant as the value of a field with this presence: `Some(…)`, `Maybe::Value(…)`, `None`, `Maybe::Null`.
pub(crate) fn field_literal(cx: &Cx<'_>, owner: &str, field: &FieldDef, value: &Literal) -> TokenStream {
    let runtime = cx.runtime();
    match (field.presence, value) {
        (_, Literal::TypeDefault) => return quote!(::core::default::Default::default()),
        (Presence::OptionalNullable, Literal::Null) => return quote!(#runtime::Maybe::Null),
        (Presence::Optional | Presence::Nullable, Literal::Null) => {
            return quote!(::core::option::Option::None);
        }
        _ => {}
    }
    let mut plain = literal(cx, &field.ty, value);
    if is_boxed(cx, owner, field) {
        plain = quote!(::std::boxed::Box::new(#plain));
    }
    match field.presence {
        Presence::Required => plain,
        Presence::Optional | Presence::Nullable => quote!(::core::option::Option::Some(#plain)),
        Presence::OptionalNullable => quote!(#runtime::Maybe::Value(#plain)),
    }
}

/// Returns the variant of a model that is an enum, by its value.
pub(crate) fn variant_of(cx: &Cx<'_>, model: &str, value: &str) -> Option<proc_macro2::Ident> {
    let ModelKind::Enum(model) = &cx.model(model)?.kind else { return None };
    model.values.iter().find(|known| known.wire.value == value).map(variant_ident)
}

fn enum_literal(name: &str, model: &EnumModel, value: &Literal) -> TokenStream {
    let name = type_ident(name);
    let Literal::String(text) = value else {
        return quote!(::core::default::Default::default());
    };
    let exact = model.values.iter().find(|known| known.wire.value == *text);
    // A default may also be given by the variant's name in another casing.
    let similar = || model.values.iter().find(|known| pascal(&known.wire) == pascal(text));
    if let Some(known) = exact.or_else(similar) {
        let variant = variant_ident(known);
        return quote!(#name::#variant);
    }
    let unknown = other_ident(model);
    quote!(#name::#unknown(::std::borrow::ToOwned::to_owned(#text)))
}

fn json_literal(cx: &Cx<'_>, value: &Literal) -> TokenStream {
    let runtime = cx.runtime();
    match value {
        Literal::Null | Literal::TypeDefault => quote!(#runtime::Json::Null),
        Literal::Bool(value) => quote!(#runtime::Json::Bool(#value)),
        Literal::Integer(value) => {
            // JSON numbers of serde_json are 64 bits wide.
            let number = number(&value.to_string());
            let width = if *value < 0 { quote!(i64) } else { quote!(u64) };
            quote!(<#runtime::Json as ::core::convert::From<#width>>::from(#number))
        }
        Literal::Float(text) => {
            let number = number(text);
            quote!(<#runtime::Json as ::core::convert::From<f64>>::from(#number))
        }
        Literal::String(text) => {
            quote!(#runtime::Json::String(::std::borrow::ToOwned::to_owned(#text)))
        }
        Literal::List(values) => {
            let values = list(cx, &Type::Json, values);
            quote!(#runtime::Json::Array(#values))
        }
        Literal::EmptyMap => {
            quote!(#runtime::Json::Object(::core::iter::FromIterator::from_iter(::core::iter::empty())))
        }
    }
}

/// Returns the tokens of a number without a suffix, a minus of its own included. What is no number becomes 0.
fn number(text: &str) -> TokenStream {
    let (minus, digits) = match text.strip_prefix('-') {
        Some(digits) => (quote!(-), digits),
        None => (TokenStream::new(), text.strip_prefix('+').unwrap_or(text)),
    };
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.parse::<f64>().is_ok();
    match digits.parse::<Token>() {
        Ok(token) if is_number => quote!(#minus #token),
        _ => quote!(0),
    }
}

/// Returns a length of time as an expression, in the largest unit that says it exactly.
pub(crate) fn duration(duration: Duration) -> TokenStream {
    let nanoseconds = duration.subsec_nanos();
    if nanoseconds == 0 {
        let seconds = duration.as_secs();
        let (count, unit) = match seconds {
            0 => (0, quote!(from_secs)),
            _ if seconds.is_multiple_of(3_600) => (seconds / 3_600, quote!(from_hours)),
            _ if seconds.is_multiple_of(60) => (seconds / 60, quote!(from_mins)),
            _ => (seconds, quote!(from_secs)),
        };
        let count = Token::u64_unsuffixed(count);
        return quote!(::core::time::Duration::#unit(#count));
    }
    match u64::try_from(duration.as_millis()) {
        Ok(milliseconds) if nanoseconds.is_multiple_of(1_000_000) => {
            let milliseconds = Token::u64_unsuffixed(milliseconds);
            quote!(::core::time::Duration::from_millis(#milliseconds))
        }
        _ => {
            let seconds = Token::u64_unsuffixed(duration.as_secs());
            let nanoseconds = Token::u32_unsuffixed(nanoseconds);
            quote!(::core::time::Duration::new(#seconds, #nanoseconds))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use quote::quote;

    use super::{duration, field_literal, literal};
    use crate::{
        expand::{
            context::Cx,
            fixture::{field, model_ty, social, string},
        },
        model::{FieldDef, Float, Integer, Literal, Presence, Type},
    };

    fn text(text: &str) -> Literal {
        Literal::String(text.to_owned())
    }

    #[test]
    fn constants_have_the_type_of_their_place() {
        let schema = social();
        let cx = Cx::new(&schema);
        let check = |ty: &Type, value: &Literal, expected: proc_macro2::TokenStream| {
            assert_eq!(literal(&cx, ty, value).to_string(), expected.to_string());
        };
        check(&Type::Integer(Integer::I8), &Literal::Integer(-3), quote!(-3));
        check(&Type::Float(Float::F64), &Literal::Integer(3), quote!(3.0));
        check(&Type::Float(Float::F64), &Literal::Float("-1.5e3".to_owned()), quote!(-1.5e3));
        check(&Type::Float(Float::F32), &Literal::Float("5".to_owned()), quote!(5.0));
        check(&string(), &text("a\"b"), quote!(::std::borrow::ToOwned::to_owned("a\"b")));
        check(&model_ty("Role"), &text("viewer"), quote!(Role::Viewer));
        let other = quote!(Role::Other(::std::borrow::ToOwned::to_owned("boss")));
        check(&model_ty("Role"), &text("boss"), other);
        let id = quote!(UserId(::std::borrow::ToOwned::to_owned("u1")));
        check(&model_ty("UserId"), &text("u1"), id);
        let list = Type::List(Box::new(Type::Bool));
        check(&list, &Literal::List(vec![Literal::Bool(true)]), quote!(::std::vec![true]));
        let json = quote!(<::query_runtime::Json as ::core::convert::From<u64>>::from(1));
        check(&Type::Json, &Literal::Integer(1), json);
    }

    #[test]
    fn what_is_no_number_is_never_copied_into_the_output() {
        let schema = social();
        let cx = Cx::new(&schema);
        for hostile in ["1); evil(", "inf", "1 + 1", "", "0x", "1_f64 }"] {
            let tokens = literal(&cx, &Type::Float(Float::F32), &Literal::Float(hostile.to_owned()));
            assert_eq!(tokens.to_string(), "0", "{hostile}");
        }
    }

    #[test]
    fn constants_of_fields_are_wrapped_as_the_field_is() {
        let schema = social();
        let cx = Cx::new(&schema);
        let optional = |presence| FieldDef { presence, ..field("role", model_ty("Role")) };
        let value = |presence, value: &Literal| field_literal(&cx, "User", &optional(presence), value).to_string();
        let some = quote!(::core::option::Option::Some(Role::Admin)).to_string();
        assert_eq!(value(Presence::Nullable, &text("admin")), some);
        let maybe = quote!(::query_runtime::Maybe::Value(Role::Admin)).to_string();
        assert_eq!(value(Presence::OptionalNullable, &text("admin")), maybe);
        let null = quote!(::query_runtime::Maybe::Null).to_string();
        assert_eq!(value(Presence::OptionalNullable, &Literal::Null), null);
    }

    #[test]
    fn durations_are_said_in_the_largest_exact_unit() {
        let check = |length, expected: proc_macro2::TokenStream| {
            assert_eq!(duration(length).to_string(), expected.to_string());
        };
        check(Duration::from_secs(90), quote!(::core::time::Duration::from_secs(90)));
        check(Duration::from_secs(120), quote!(::core::time::Duration::from_mins(2)));
        check(Duration::from_secs(7_200), quote!(::core::time::Duration::from_hours(2)));
        check(Duration::ZERO, quote!(::core::time::Duration::from_secs(0)));
        check(Duration::from_millis(1500), quote!(::core::time::Duration::from_millis(1500)));
        check(Duration::from_nanos(5), quote!(::core::time::Duration::new(0, 5)));
    }
}
