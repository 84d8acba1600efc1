//! Does a row belong to a cached list, and where in it?

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Subject,
    listing::{ListField, ListShape},
    path::borrowed,
};
use crate::{
    expand::docs::Doc,
    model::{FieldDef, FilterOp, Float, ParamRole, Presence, SearchMatch, Type},
    name::{type_ident, value_ident},
};

/// Returns the `ListFilter` of a list's filter.
pub(super) fn expand(subject: &Subject<'_>) -> Option<TokenStream> {
    let list = subject.list.as_ref()?;
    let (runtime, row) = (&subject.runtime, &subject.row);
    let filter = subject.cx.filter_type(subject.resource);
    let allow = subject.allow_for(fields_used(subject, list));
    let doc = Doc::new("Decides which rows belong to a cached list, and in which order they stand.")
        .source(subject.cx, &subject.dotted("list"))
        .tokens();
    let (matches, compare, shaped) =
        (matches(subject, list), compare(subject, list), is_shaped(list));
    Some(quote! {
        #doc
        #allow
        impl #runtime::ListFilter<#row> for #filter { #matches #compare #shaped }
    })
}

/// Returns the fields that membership and order look at.
fn fields_used<'a>(subject: &Subject<'a>, list: &ListShape<'a>) -> impl Iterator<Item = &'a FieldDef> {
    let names: Vec<&str> = list.params.iter().flat_map(names_of).collect();
    let path: Vec<&FieldDef> = list.path.params.iter().filter_map(|param| param.field).collect();
    subject.row_fields().filter(move |field| names.contains(&field.name.value.as_str())).chain(path)
}

fn names_of<'a>(field: &ListField<'a>) -> Vec<&'a str> {
    match field.role {
        ParamRole::Filter { field, .. } => vec![&field.value],
        ParamRole::Search { fields, .. } => fields.iter().map(|field| field.value.as_str()).collect(),
        ParamRole::Sort(keys) => keys.iter().map(|(_, field)| field.value.as_str()).collect(),
        ParamRole::SortOrder | ParamRole::Shape | ParamRole::Opaque => Vec::new(),
    }
}

fn matches(subject: &Subject<'_>, list: &ListShape<'_>) -> TokenStream {
    let (runtime, row) = (&subject.runtime, &subject.row);
    let path = list.path.params.iter().map(|param| {
        let ident = &param.ident;
        match param.field {
            Some(field) => {
                let field = borrowed(field, &quote!(row));
                quote!(#runtime::filter::eq(::core::option::Option::Some(&self.#ident), #field))
            }
            None => quote!(#runtime::Membership::Unknown),
        }
    });
    let params = list.params.iter().filter_map(|field| verdict(subject, field));
    let verdicts: Vec<TokenStream> = path.chain(params).collect();
    let uses_row = verdicts.iter().any(|verdict| mentions(verdict, "row"));
    let argument = if uses_row { quote!(row) } else { quote!(_row) };
    let body = match verdicts.as_slice() {
        [] => quote!(#runtime::Membership::Yes),
        [one] => quote!(#one),
        all => quote!(#runtime::Membership::all([#(#all),*])),
    };
    quote! {
        fn matches(&self, #argument: &#row) -> #runtime::Membership { #body }
    }
}

/// Returns whether an identifier is among the tokens.
pub(super) fn mentions(tokens: &TokenStream, ident: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        proc_macro2::TokenTree::Group(group) => mentions(&group.stream(), ident),
        proc_macro2::TokenTree::Ident(other) => other == ident,
        _ => false,
    })
}

/// Returns what one parameter says about a row; nothing where it says nothing about membership.
fn verdict(subject: &Subject<'_>, field: &ListField<'_>) -> Option<TokenStream> {
    let runtime = &subject.runtime;
    match field.role {
        ParamRole::Filter { field: of, op } => {
            Some(match subject.field(of) {
                Some(of) => comparison(runtime, field, of, op.value),
                None => unknown(runtime, field),
            })
        }
        ParamRole::Search { fields, how } => {
            let fields: Vec<&FieldDef> =
                fields.iter().filter_map(|name| subject.field(name)).collect();
            let function = match how.value {
                SearchMatch::Contains => quote!(text_contains),
                SearchMatch::ContainsCi => quote!(text_contains_ci),
                SearchMatch::Prefix => quote!(text_prefix),
                SearchMatch::Server => return Some(unknown(runtime, field)),
            };
            if fields.is_empty() {
                return Some(unknown(runtime, field));
            }
            Some(text(runtime, &function, field, &fields))
        }
        ParamRole::Opaque => Some(unknown(runtime, field)),
        ParamRole::Sort(_) | ParamRole::SortOrder | ParamRole::Shape => None,
    }
}

fn unknown(runtime: &TokenStream, field: &ListField<'_>) -> TokenStream {
    let is_set = is_set(field);
    quote!(#runtime::filter::unknown(#is_set))
}

/// Returns the expression that says whether a parameter asks for anything.
fn is_set(field: &ListField<'_>) -> TokenStream {
    let ident = &field.ident;
    match &field.default {
        Some(default) => quote!(self.#ident != #default),
        None => quote!(self.#ident.is_some()),
    }
}

fn comparison(
    runtime: &TokenStream,
    field: &ListField<'_>,
    of: &FieldDef,
    op: FilterOp,
) -> TokenStream {
    let function = match op {
        FilterOp::Eq => quote!(eq),
        FilterOp::Ne => quote!(ne),
        FilterOp::Lt => quote!(lt),
        FilterOp::Le => quote!(le),
        FilterOp::Gt => quote!(gt),
        FilterOp::Ge => quote!(ge),
        FilterOp::In => quote!(one_of),
        FilterOp::NotIn => quote!(not_one_of),
        FilterOp::ContainsAny => quote!(contains_any),
        FilterOp::ContainsAll => quote!(contains_all),
        FilterOp::Prefix => return text(runtime, &quote!(text_prefix), field, &[of]),
        FilterOp::Contains => return text(runtime, &quote!(text_contains), field, &[of]),
        FilterOp::ContainsCi => return text(runtime, &quote!(text_contains_ci), field, &[of]),
        FilterOp::IsNull => quote!(is_null),
        FilterOp::Between => quote!(between),
    };
    let (param, of) = match op {
        FilterOp::In | FilterOp::NotIn => (param_list(field), borrowed(of, &quote!(row))),
        FilterOp::ContainsAny | FilterOp::ContainsAll => (param_list(field), field_list(of)),
        _ => (param_value(field), borrowed(of, &quote!(row))),
    };
    quote!(#runtime::filter::#function(#param, #of))
}

/// Returns a parameter as an `Option` of a reference.
fn param_value(field: &ListField<'_>) -> TokenStream {
    let ident = &field.ident;
    if field.default.is_some() {
        quote!(::core::option::Option::Some(&self.#ident))
    } else {
        quote!(self.#ident.as_ref())
    }
}

/// Returns a parameter as an `Option` of a slice; a single value is a slice of one.
fn param_list(field: &ListField<'_>) -> TokenStream {
    let ident = &field.ident;
    let is_list = field.param.ty.as_ref().is_some_and(|ty| is_list(ty));
    match (is_list, field.default.is_some()) {
        (true, false) => quote!(self.#ident.as_deref()),
        (true, true) => quote!(::core::option::Option::Some(self.#ident.as_slice())),
        (false, false) => quote!(self.#ident.as_ref().map(::core::slice::from_ref)),
        (false, true) => quote!(::core::option::Option::Some(::core::slice::from_ref(&self.#ident))),
    }
}

fn is_list(ty: &Type) -> bool {
    match ty {
        Type::List(_) => true,
        // A derive's own spelling of a list is kept as it was written.
        Type::Rust(tokens) => mentions(tokens, "Vec"),
        _ => false,
    }
}

/// Returns a row's list as an `Option` of a slice.
fn field_list(of: &FieldDef) -> TokenStream {
    let ident = value_ident(&of.name);
    match of.presence {
        Presence::Required => quote!(::core::option::Option::Some(row.#ident.as_slice())),
        Presence::Optional | Presence::Nullable => quote!(row.#ident.as_deref()),
        Presence::OptionalNullable => {
            quote!(row.#ident.as_option().map(::std::vec::Vec::as_slice))
        }
    }
}

/// Returns a comparison of texts: the parameter with any of the fields.
fn text(
    runtime: &TokenStream,
    function: &TokenStream,
    field: &ListField<'_>,
    fields: &[&FieldDef],
) -> TokenStream {
    let ident = &field.ident;
    let is_string = field.param.ty.as_ref().is_some_and(|ty| matches!(ty.value, Type::String(_)));
    let param = match (is_string, field.default.is_some()) {
        (true, false) => quote!(self.#ident.as_deref()),
        (true, true) => quote!(::core::option::Option::Some(self.#ident.as_str())),
        (false, false) => {
            quote!(self.#ident.as_ref().map(::core::convert::AsRef::<str>::as_ref))
        }
        (false, true) => {
            quote!(::core::option::Option::Some(::core::convert::AsRef::<str>::as_ref(&self.#ident)))
        }
    };
    let fields = fields.iter().map(|of| field_text(of));
    quote!(#runtime::filter::#function(#param, &[#(#fields),*]))
}

/// Returns a row's text as an `Option` of a `&str`.
fn field_text(of: &FieldDef) -> TokenStream {
    let ident = value_ident(&of.name);
    let is_string = matches!(of.ty.value, Type::String(_));
    match (is_string, of.presence) {
        (true, Presence::Required) => quote!(::core::option::Option::Some(row.#ident.as_str())),
        (true, Presence::Optional | Presence::Nullable) => quote!(row.#ident.as_deref()),
        (true, Presence::OptionalNullable) => {
            quote!(row.#ident.as_option().map(::std::string::String::as_str))
        }
        (false, _) => {
            // A type of its own around a text.
            let value = borrowed(of, &quote!(row));
            quote!(#value.map(::core::convert::AsRef::<str>::as_ref))
        }
    }
}

fn compare(subject: &Subject<'_>, list: &ListShape<'_>) -> TokenStream {
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
    let otherwise = sort.default.is_none().then(|| {
        quote!(::core::option::Option::None => return #fixed,)
    });
    let direction = direction(order);
    // Rows that are equal in the chosen field stand as the list's own order says.
    let ties = has_fixed.then(|| {
        quote!(.then_with(|| #fixed.unwrap_or(::core::cmp::Ordering::Equal)))
    });
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
    let (a, b) = (borrowed(field, &quote!(a)), borrowed(field, &quote!(b)));
    quote!(#runtime::sort::#function(#a, #b))
}

fn is_shaped(list: &ListShape<'_>) -> Option<TokenStream> {
    let shapes: Vec<TokenStream> = list
        .params
        .iter()
        .filter(|field| matches!(field.role, ParamRole::Shape))
        .map(is_set)
        .collect();
    (!shapes.is_empty()).then(|| quote!(fn is_shaped(&self) -> bool { #(#shapes)||* }))
}
