//! Does a row belong to a cached list?

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    Subject,
    listing::{ListField, ListShape},
    order,
    path::borrowed,
};
use crate::{
    expand::{context::Cx, docs::Doc},
    model::{FieldDef, FilterOp, Literal, ParamRole, Presence, SearchMatch, Type},
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
    let (matches, compare, shaped) = (matches(subject, list), order::compare(subject, list), is_shaped(list));
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
        if let Some(field) = param.field {
            let field = borrowed(subject.cx, field, &quote!(row));
            quote!(#runtime::filter::eq(::core::option::Option::Some(&self.#ident), #field))
        } else {
            quote!(#runtime::Membership::Unknown)
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
pub(in crate::expand) fn mentions(tokens: &TokenStream, ident: &str) -> bool {
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
        ParamRole::Filter { field: of, op } => Some(match subject.field(of) {
            Some(of) => comparison(subject.cx, field, of, op.value),
            None => unknown(runtime, field),
        }),
        ParamRole::Search { fields, how } => {
            let fields: Vec<&FieldDef> = fields.iter().filter_map(|name| subject.field(name)).collect();
            let function = match how.value {
                SearchMatch::Contains => quote!(text_contains),
                SearchMatch::ContainsCi => quote!(text_contains_ci),
                SearchMatch::Prefix => quote!(text_prefix),
                SearchMatch::Server => return Some(unknown(runtime, field)),
            };
            if fields.is_empty() {
                return Some(unknown(runtime, field));
            }
            Some(text(subject.cx, &function, field, &fields))
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
    let given = field.param.default.as_ref().map(|default| &default.value);
    match (&field.default, given) {
        (Some(_), Some(Literal::Bool(false))) => quote!(self.#ident),
        (Some(_), Some(Literal::Bool(true))) => quote!(!self.#ident),
        (Some(default), _) => quote!(self.#ident != #default),
        (None, _) => quote!(self.#ident.is_some()),
    }
}

fn comparison(cx: &Cx<'_>, field: &ListField<'_>, of: &FieldDef, op: FilterOp) -> TokenStream {
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
        FilterOp::Prefix => return text(cx, &quote!(text_prefix), field, &[of]),
        FilterOp::Contains => return text(cx, &quote!(text_contains), field, &[of]),
        FilterOp::ContainsCi => return text(cx, &quote!(text_contains_ci), field, &[of]),
        FilterOp::IsNull => quote!(is_null),
        FilterOp::Between => quote!(between),
    };
    let runtime = cx.runtime();
    let (param, of) = match op {
        FilterOp::In | FilterOp::NotIn => (param_list(field), borrowed(cx, of, &quote!(row))),
        FilterOp::ContainsAny | FilterOp::ContainsAll => (param_list(field), field_list(cx, of)),
        _ => (param_value(field), borrowed(cx, of, &quote!(row))),
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
        (false, true) => {
            quote!(::core::option::Option::Some(::core::slice::from_ref(&self.#ident)))
        }
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
fn field_list(cx: &Cx<'_>, of: &FieldDef) -> TokenStream {
    let ident = cx.field_ident(of);
    match of.presence {
        Presence::Required => quote!(::core::option::Option::Some(row.#ident.as_slice())),
        Presence::Optional | Presence::Nullable => quote!(row.#ident.as_deref()),
        Presence::OptionalNullable => {
            quote!(row.#ident.as_option().map(::std::vec::Vec::as_slice))
        }
    }
}

/// Returns a comparison of texts: the parameter with any of the fields.
fn text(cx: &Cx<'_>, function: &TokenStream, field: &ListField<'_>, fields: &[&FieldDef]) -> TokenStream {
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
    let (runtime, fields) = (cx.runtime(), fields.iter().map(|of| field_text(cx, of)));
    quote!(#runtime::filter::#function(#param, &[#(#fields),*]))
}

/// Returns a row's text as an `Option` of a `&str`.
fn field_text(cx: &Cx<'_>, of: &FieldDef) -> TokenStream {
    let ident = cx.field_ident(of);
    let is_string = matches!(of.ty.value, Type::String(_));
    match (is_string, of.presence) {
        (true, Presence::Required) => quote!(::core::option::Option::Some(row.#ident.as_str())),
        (true, Presence::Optional | Presence::Nullable) => quote!(row.#ident.as_deref()),
        (true, Presence::OptionalNullable) => {
            quote!(row.#ident.as_option().map(::std::string::String::as_str))
        }
        (false, _) => {
            // A type of its own around a text.
            let value = borrowed(cx, of, &quote!(row));
            quote!(#value.map(::core::convert::AsRef::<str>::as_ref))
        }
    }
}

fn is_shaped(list: &ListShape<'_>) -> Option<TokenStream> {
    let shapes: Vec<TokenStream> =
        list.params.iter().filter(|field| matches!(field.role, ParamRole::Shape)).map(is_set).collect();
    (!shapes.is_empty()).then(|| quote!(fn is_shaped(&self) -> bool { #(#shapes)||* }))
}
