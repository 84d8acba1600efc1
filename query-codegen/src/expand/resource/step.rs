//! How does one change of a custom mutation (`set`, `inc`, `push`, `remove`) show in a cached row?

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Subject;
use crate::{
    expand::{cloned, custom::params::presence_of, docs::code, ty},
    model::{Change, ChangeKind, ChangeValue, FieldDef, Float, Integer, Literal, ParamDef, Presence, Type},
    name::value_ident,
};

/// Says what a change does, for documentation.
pub(super) fn words(change: &Change) -> String {
    let field = code(&change.field);
    let value = match &change.value.value {
        ChangeValue::Param(name) => code(&format!("${name}")),
        ChangeValue::Literal(Literal::Integer(value)) => value.to_string(),
        ChangeValue::Literal(Literal::Float(value) | Literal::String(value)) => code(value),
        ChangeValue::Literal(Literal::Bool(value)) => code(&value.to_string()),
        ChangeValue::Literal(Literal::Null) => code("null"),
        ChangeValue::Literal(_) => "a constant".to_owned(),
    };
    match change.kind {
        ChangeKind::Set => format!("{field} becomes {value}"),
        ChangeKind::Inc => format!("{field} grows by {value}"),
        ChangeKind::Push => format!("{field} gains {value}"),
        ChangeKind::Remove => format!("{field} loses {value}"),
    }
}

/// The value of a change, inside the arm that has bound the parameters by reference.
enum Value<'a> {
    Constant(&'a Literal),
    Param(&'a ParamDef, Ident),
}

/// Returns the statement of one change. `check` has made sure that field and value fit.
pub(super) fn of(subject: &Subject<'_>, change: &Change, params: &[&ParamDef]) -> Option<TokenStream> {
    let field = subject.field(&change.field)?;
    let value = match &change.value.value {
        ChangeValue::Literal(literal) => Value::Constant(literal),
        ChangeValue::Param(name) => {
            let param = params.iter().find(|param| param.name.value == *name)?;
            Value::Param(param, value_ident(name))
        }
    };
    Some(match change.kind {
        ChangeKind::Set => set(subject, field, &value),
        ChangeKind::Inc => increase(subject, field, &value),
        ChangeKind::Push => push(subject, field, &value),
        ChangeKind::Remove => remove(subject, field, &value),
    })
}

/// Wraps a value in what the field's presence asks for.
fn wrap(subject: &Subject<'_>, field: &FieldDef, value: TokenStream) -> TokenStream {
    let runtime = &subject.runtime;
    let value = if ty::is_boxed(subject.cx, &subject.resource.model, field) {
        quote!(::std::boxed::Box::new(#value))
    } else {
        value
    };
    match field.presence {
        Presence::Required => value,
        Presence::Optional | Presence::Nullable => quote!(::core::option::Option::Some(#value)),
        Presence::OptionalNullable => quote!(#runtime::Maybe::Value(#value)),
    }
}

/// Runs a statement with a parameter's value as `value: &T`, if it has one.
fn given(param: &ParamDef, name: &Ident, statement: impl Fn(TokenStream) -> TokenStream) -> TokenStream {
    let some = match presence_of(param) {
        Presence::Required => return statement(quote!(#name)),
        Presence::Optional | Presence::Nullable => quote!(#name),
        Presence::OptionalNullable => quote!(#name.as_option()),
    };
    let statement = statement(quote!(value));
    quote!(if let ::core::option::Option::Some(value) = #some { #statement })
}

fn set(subject: &Subject<'_>, field: &FieldDef, value: &Value<'_>) -> TokenStream {
    let ident = subject.cx.field_ident(field);
    match value {
        Value::Constant(literal) => {
            let value = ty::field_literal(subject.cx, &subject.resource.model, field, literal);
            quote!(row.#ident = #value;)
        }
        Value::Param(param, name) => {
            let boxed = ty::is_boxed(subject.cx, &subject.resource.model, field);
            if presence_of(param) == field.presence && !boxed {
                return quote!(row.#ident.clone_from(#name););
            }
            given(param, name, |value| {
                let value = wrap(subject, field, cloned::from_reference(&param.ty, &value));
                quote!(row.#ident = #value;)
            })
        }
    }
}

/// A field's own value: where it stands, and what its methods are called on.
struct Place {
    /// `row.count` or `*field`.
    itself: TokenStream,
    /// `row.count` or `field`: a `*` would bind to what the method returns.
    receiver: TokenStream,
}

/// Runs a statement with the field's own value as a place, if it has one.
fn inside(subject: &Subject<'_>, field: &FieldDef, statement: impl Fn(&Place) -> TokenStream) -> TokenStream {
    let (runtime, ident) = (&subject.runtime, subject.cx.field_ident(field));
    let pattern = match field.presence {
        Presence::Required => {
            let place = quote!(row.#ident);
            return statement(&Place { receiver: place.clone(), itself: place });
        }
        Presence::Optional | Presence::Nullable => quote!(::core::option::Option::Some(field)),
        Presence::OptionalNullable => quote!(#runtime::Maybe::Value(field)),
    };
    let statement = statement(&Place { itself: quote!(*field), receiver: quote!(field) });
    quote!(if let #pattern = &mut row.#ident { #statement })
}

fn increase(subject: &Subject<'_>, field: &FieldDef, value: &Value<'_>) -> TokenStream {
    match value {
        Value::Constant(Literal::Integer(by)) if is_integer(&field.ty) && *by < 0 => {
            let by = proc_macro2::Literal::u128_unsuffixed(by.unsigned_abs());
            inside(subject, field, |Place { itself, receiver }| quote!(#itself = #receiver.saturating_sub(#by);))
        }
        Value::Constant(literal) => {
            let by = ty::literal(subject.cx, &field.ty, literal);
            inside(subject, field, |place| add(&field.ty, place, &by, false))
        }
        Value::Param(param, name) => {
            let signed = is_signed(&param.ty) && !is_signed(&field.ty);
            given(param, name, |value| inside(subject, field, |place| add(&field.ty, place, &quote!(*#value), signed)))
        }
    }
}

/// Returns the addition that neither panics nor wraps.
fn add(ty: &Type, Place { itself, receiver }: &Place, by: &TokenStream, signed: bool) -> TokenStream {
    if !is_integer(ty) {
        return quote!(#itself += #by;);
    }
    let function = if signed { quote!(saturating_add_signed) } else { quote!(saturating_add) };
    quote!(#itself = #receiver.#function(#by);)
}

fn is_integer(ty: &Type) -> bool {
    // A derive's own types are anything but floats here: `check` knows the numbers by name.
    !matches!(ty, Type::Float(Float::F32 | Float::F64) | Type::Duration)
}

fn is_signed(ty: &Type) -> bool {
    matches!(ty, Type::Integer(Integer::I8 | Integer::I16 | Integer::I32 | Integer::I64))
}

fn item(field: &FieldDef) -> Type {
    match &field.ty.value {
        Type::List(item) => (**item).clone(),
        _ => Type::Rust(quote!(_)),
    }
}

fn push(subject: &Subject<'_>, field: &FieldDef, value: &Value<'_>) -> TokenStream {
    let (runtime, ident) = (&subject.runtime, subject.cx.field_ident(field));
    let add = |value: TokenStream| match field.presence {
        Presence::Required => quote!(row.#ident.push(#value);),
        Presence::Optional | Presence::Nullable => {
            quote!(row.#ident.get_or_insert_default().push(#value);)
        }
        Presence::OptionalNullable => quote! {
            match &mut row.#ident {
                #runtime::Maybe::Value(list) => list.push(#value),
                other => *other = #runtime::Maybe::Value(::std::vec![#value]),
            }
        },
    };
    match value {
        Value::Constant(literal) => add(ty::literal(subject.cx, &item(field), literal)),
        Value::Param(param, name) => given(param, name, |value| add(cloned::from_reference(&param.ty, &value))),
    }
}

fn remove(subject: &Subject<'_>, field: &FieldDef, value: &Value<'_>) -> TokenStream {
    let retain = |value: TokenStream| {
        inside(subject, field, |Place { receiver, .. }| quote!(#receiver.retain(|item| item != #value);))
    };
    match value {
        Value::Constant(literal) => {
            let value = ty::literal(subject.cx, &item(field), literal);
            let retain = retain(quote!(&gone));
            quote!({ let gone = #value; #retain })
        }
        Value::Param(param, name) => given(param, name, retain),
    }
}
