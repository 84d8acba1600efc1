//! What can a caller ask of a list, and how does that become a part of a request or a key?

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::path::EndpointPath;
use crate::{
    expand::{
        context::Cx,
        docs::{Doc, code},
        ty,
    },
    model::{FilterOp, ListParam, ListStyle, Literal, PageStyle, Pagination, ParamRole, Resource, Type},
    name::{type_ident, value_ident},
    origin::Spanned,
};

/// Where a page is looked up by number, and nothing else is said: the first page is 1.
const FIRST_PAGE: u64 = 1;
/// How many rows a page has where nothing is said.
const PAGE_SIZE: u64 = 20;

/// The parameters of a list, in the order of the struct's fields.
pub(super) struct ListShape<'a> {
    /// The list's path; its parameters come first.
    pub(super) path: EndpointPath<'a>,
    /// What a caller can ask for, without the page.
    pub(super) params: Vec<ListField<'a>>,
    /// How it is paged.
    pub(super) paging: Option<Paging>,
}

/// A parameter of the list's own.
pub(super) struct ListField<'a> {
    /// The declaration.
    pub(super) param: &'a ListParam,
    /// What it means.
    pub(super) role: &'a ParamRole,
    /// Its identifier.
    pub(super) ident: Ident,
    /// Its name on the wire.
    pub(super) wire: String,
    /// The type of a given value.
    pub(super) ty: TokenStream,
    /// The value where none is given; without one the field is an `Option`.
    pub(super) default: Option<TokenStream>,
}

/// How a list is paged.
pub(super) struct Paging {
    /// By number or by cursor.
    pub(super) style: PageStyle,
    /// The wire name of the page's number or the cursor.
    pub(super) page_wire: String,
    /// The wire name of how many rows a page has.
    pub(super) size_wire: String,
    /// The first page's number.
    pub(super) start: u64,
    /// How many rows a page has where nothing is said.
    pub(super) size: u64,
    /// How many it may have.
    pub(super) longest: Option<u64>,
}

impl<'a> ListShape<'a> {
    /// Describes a resource's list, if it has one.
    pub(super) fn of(cx: &Cx<'a>, resource: &'a Resource) -> Option<Self> {
        let list = resource.list.as_ref()?;
        Some(Self {
            path: EndpointPath::collection(cx, resource, None),
            params: list.params.iter().filter_map(|param| ListField::of(cx, resource, param)).collect(),
            paging: list.pagination.as_ref().map(|pagination| Paging::of(cx, pagination)),
        })
    }

    /// Returns the field that chooses what to sort by, and what it can choose: wire key and row field.
    pub(super) fn sort(&self) -> Option<(&ListField<'a>, Vec<(&'a str, &'a str)>)> {
        self.params.iter().find_map(|field| match field.role {
            ParamRole::Sort(keys) => {
                let keys = keys.iter().map(|(key, of)| (key.value.as_str(), of.value.as_str()));
                Some((field, keys.collect()))
            }
            _ => None,
        })
    }

    /// Returns the field that chooses the direction.
    pub(super) fn sort_order(&self) -> Option<&ListField<'a>> {
        self.params.iter().find(|field| matches!(field.role, ParamRole::SortOrder))
    }
}

impl<'a> ListField<'a> {
    fn of(cx: &Cx<'a>, resource: &Resource, param: &'a ListParam) -> Option<Self> {
        let role = &param.role.as_ref()?.value;
        let runtime = cx.runtime();
        let default = param.default.as_ref().map(|default| &default.value);
        let (ty, default) = match role {
            ParamRole::Sort(_) => {
                let name = cx.sort_type(resource);
                let default = default.map(|key| sort_default(&name, key));
                (quote!(#name), default)
            }
            ParamRole::SortOrder => (quote!(#runtime::SortOrder), default.map(|way| order_default(&runtime, way))),
            _ => {
                let declared = param.ty.as_ref()?;
                let default = default.map(|value| param_literal(cx, declared, role, value));
                (param_ty(cx, declared, role), default)
            }
        };
        Some(Self {
            param,
            role,
            ident: value_ident(&param.name),
            wire: cx.wire(&param.name, param.rename.as_ref()),
            ty,
            default,
        })
    }

    /// Returns the type of the struct's field.
    pub(super) fn field_ty(&self) -> TokenStream {
        let ty = &self.ty;
        if self.default.is_some() { quote!(#ty) } else { quote!(::core::option::Option<#ty>) }
    }

    /// Returns the part of a key that this parameter is: left out where it says nothing.
    pub(super) fn key_call(&self, of: &TokenStream) -> TokenStream {
        let (name, ident) = (&self.param.name.value, &self.ident);
        if let Some(default) = &self.default {
            quote!(.set_unless(#name, &#of.#ident, &#default))
        } else {
            quote!(.set(#name, &#of.#ident))
        }
    }

    /// Returns the part of a request that this parameter is: left out where it says nothing.
    pub(super) fn query_call(&self, of: &TokenStream) -> TokenStream {
        let (wire, ident) = (&self.wire, &self.ident);
        match (&self.default, self.param.style) {
            (Some(default), ListStyle::Repeat) => {
                quote!(.query_unless(#wire, &#of.#ident, &#default))
            }
            (Some(default), ListStyle::Comma) => {
                quote!(.query_comma_unless(#wire, &#of.#ident, &#default))
            }
            (None, ListStyle::Comma) => quote!(.query_comma(#wire, &#of.#ident)),
            (None, ListStyle::Repeat) => quote!(.query(#wire, &#of.#ident)),
        }
    }

    pub(super) fn doc(&self) -> TokenStream {
        let meaning = match self.role {
            ParamRole::Filter { field, op } => {
                format!("Keeps the rows whose {} {}.", code(field), words(op.value))
            }
            ParamRole::Search { fields, .. } if fields.is_empty() => "Keeps the rows that the server finds.".to_owned(),
            ParamRole::Search { fields, .. } => {
                let fields: Vec<String> = fields.iter().map(|field| code(field)).collect();
                format!("Keeps the rows that have this text in {}.", fields.join(" or "))
            }
            ParamRole::Sort(_) => "Chooses what the rows are sorted by.".to_owned(),
            ParamRole::SortOrder => "Chooses the direction of the order.".to_owned(),
            ParamRole::Shape => {
                "Changes what a row looks like; such lists are never patched, only fetched again.".to_owned()
            }
            ParamRole::Opaque => "Means something to the server only.".to_owned(),
        };
        let doc = Doc::of(self.param.doc.as_deref(), meaning.clone());
        let doc = if self.param.doc.is_some() { doc.paragraph(meaning) } else { doc };
        doc.tokens()
    }
}

impl Paging {
    fn of(cx: &Cx<'_>, pagination: &Pagination) -> Self {
        let number = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
        let text = |given: Option<&Spanned<String>>, otherwise: &str| {
            given.map_or_else(|| cx.wire(otherwise, None), |given| given.value.clone())
        };
        let page = match pagination.style {
            PageStyle::Page => "page",
            PageStyle::Cursor => "cursor",
        };
        Self {
            style: pagination.style,
            page_wire: text(pagination.param.as_ref(), page),
            size_wire: text(pagination.size.as_ref(), "limit"),
            start: number(pagination.start.as_ref().map(|start| start.value)).unwrap_or(FIRST_PAGE),
            size: number(pagination.default_size.as_ref().map(|size| size.value)).unwrap_or(PAGE_SIZE),
            longest: number(pagination.max_size.as_ref().map(|size| size.value)),
        }
    }

    /// Returns the name of the struct's field: `page` or `cursor`.
    pub(super) fn page_name(&self) -> &'static str {
        match self.style {
            PageStyle::Page => "page",
            PageStyle::Cursor => "cursor",
        }
    }

    /// Returns the type of the struct's field, which is also the infinite list's page parameter.
    pub(super) fn page_ty(&self, runtime: &TokenStream) -> TokenStream {
        match self.style {
            PageStyle::Page => quote!(u64),
            PageStyle::Cursor => quote!(::core::option::Option<#runtime::Cursor>),
        }
    }
}

/// Returns the type of a parameter's value; a range takes two of what it is declared with.
fn param_ty(cx: &Cx<'_>, declared: &Type, role: &ParamRole) -> TokenStream {
    if let ParamRole::Filter { op, .. } = role
        && op.value == FilterOp::Between
    {
        let end = ty::ty(cx, range_end(declared));
        return quote!((#end, #end));
    }
    ty::ty(cx, declared)
}

/// Returns the type of a range's ends: what the parameter is declared with, or what its list holds.
pub(super) fn range_end(declared: &Type) -> &Type {
    match declared {
        Type::List(item) => item,
        other => other,
    }
}

/// Returns a constant as the value of a parameter; that of a range is a list of its two ends.
fn param_literal(cx: &Cx<'_>, declared: &Type, role: &ParamRole, value: &Literal) -> TokenStream {
    match (role, value) {
        (ParamRole::Filter { op, .. }, Literal::List(ends)) if op.value == FilterOp::Between => {
            let ends = ends.iter().map(|end| ty::literal(cx, range_end(declared), end));
            quote!((#(#ends),*))
        }
        _ => ty::literal(cx, declared, value),
    }
}

fn sort_default(name: &Ident, key: &Literal) -> TokenStream {
    if let Literal::String(key) = key {
        let variant = type_ident(key);
        quote!(#name::#variant)
    } else {
        quote!(<#name as ::core::default::Default>::default())
    }
}

fn order_default(runtime: &TokenStream, way: &Literal) -> TokenStream {
    match way {
        Literal::String(way) if way.eq_ignore_ascii_case("desc") => {
            quote!(#runtime::SortOrder::Desc)
        }
        _ => quote!(#runtime::SortOrder::Asc),
    }
}

fn words(op: FilterOp) -> &'static str {
    match op {
        FilterOp::Eq => "equals this",
        FilterOp::Ne => "does not equal this",
        FilterOp::Lt => "is less than this",
        FilterOp::Le => "is this or less",
        FilterOp::Gt => "is greater than this",
        FilterOp::Ge => "is this or greater",
        FilterOp::In => "is one of these",
        FilterOp::NotIn => "is none of these",
        FilterOp::ContainsAny => "has at least one of these",
        FilterOp::ContainsAll => "has all of these",
        FilterOp::Prefix => "begins with this",
        FilterOp::Contains => "has this text",
        FilterOp::ContainsCi => "has this text, in any case",
        FilterOp::IsNull => "is null (`true`) or not (`false`)",
        FilterOp::Between => "lies between these two, both included",
    }
}
