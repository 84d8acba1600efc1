//! What are the types of a list's parameters: the sort keys, the params, the filter, and the ways between them?

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{
    Subject,
    listing::{ListShape, Paging, range_end},
};
use crate::{
    expand::{
        cloned,
        docs::{Doc, code},
        wire::SerdeRule,
    },
    model::{FilterOp, Literal, PageStyle, ParamRole, Presence},
    name::{pascal, type_ident},
};

/// Returns the types of a list's parameters.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let Some(list) = &subject.list else { return Vec::new() };
    let mut items: Vec<TokenStream> = sort_enum(subject, list).into_iter().collect();
    items.extend(params(subject, list));
    items.extend(filter(subject, list));
    items
}

fn sort_enum(subject: &Subject<'_>, list: &ListShape<'_>) -> Option<TokenStream> {
    let (field, keys) = list.sort()?;
    let (runtime, visibility) = (&subject.runtime, &subject.visibility);
    let name = subject.cx.sort_type(subject.resource);
    let serde = subject.cx.serde_path();
    let names: Vec<(String, String)> = keys.iter().map(|(key, _)| (pascal(key), (*key).to_owned())).collect();
    let rule = SerdeRule::for_variants(&names);
    let rename_all = rule.map(|rule| {
        let rule = rule.text();
        quote!(, rename_all = #rule)
    });
    let first = match field.param.default.as_ref().map(|default| &default.value) {
        Some(Literal::String(key)) => pascal(key),
        _ => keys.first().map(|(key, _)| pascal(key))?,
    };
    let variants = keys.iter().map(|(key, of)| {
        let variant = type_ident(key);
        let doc = Doc::new(format!("By {}.", code(of))).tokens();
        let default = (pascal(key) == first).then(|| quote!(#[default]));
        let renamed = rule.is_none() && pascal(key) != *key;
        let rename = renamed.then(|| quote!(#[serde(rename = #key)]));
        quote!(#doc #default #rename #variant)
    });
    let doc = Doc::new(format!("What a list of {} can be sorted by.", code(&subject.resource.name)))
        .source(subject.cx, &subject.dotted("list"))
        .tokens();
    Some(quote! {
        #doc
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, Hash, #runtime::__private::serde::Serialize
        )]
        #[serde(crate = #serde #rename_all)]
        #visibility enum #name { #(#variants),* }
    })
}

/// A field of a parameters' struct.
struct Member {
    doc: TokenStream,
    ident: Ident,
    ty: TokenStream,
    /// The value when nothing is given; nothing where the caller must give one.
    start: Option<Start>,
}

/// The value of a field when nothing is given.
enum Start {
    /// That of its type.
    None,
    /// This one.
    Value(TokenStream),
}

impl Member {
    fn start_value(&self) -> TokenStream {
        match &self.start {
            None => {
                let ident = &self.ident;
                quote!(#ident)
            }
            Some(Start::None) => {
                let ident = &self.ident;
                quote!(#ident: ::core::option::Option::None)
            }
            Some(Start::Value(value)) => {
                let ident = &self.ident;
                quote!(#ident: #value)
            }
        }
    }
}

/// Returns the fields that the params and the filter share: the path's, and what the caller can ask for.
fn shared(list: &ListShape<'_>) -> Vec<Member> {
    let mut members = Vec::new();
    for param in &list.path.params {
        members.push(Member {
            doc: Doc::new(format!("Fills {} in the path.", code(&format!("{{{}}}", param.name)))).tokens(),
            ident: param.ident.clone(),
            ty: param.ty.clone(),
            start: None,
        });
    }
    for field in &list.params {
        members.push(Member {
            doc: field.doc(),
            ident: field.ident.clone(),
            ty: field.field_ty(),
            start: Some(match &field.default {
                Some(value) => Start::Value(value.clone()),
                None => Start::None,
            }),
        });
    }
    members
}

fn size_member(paging: &Paging) -> Member {
    let (size, longest) = (paging.size, paging.longest);
    let longest = longest.map_or_else(String::new, |longest| format!(", at most {longest}"));
    Member {
        doc: Doc::new(format!("How many rows a page has: {size} by default{longest}.")).tokens(),
        ident: quote::format_ident!("limit"),
        ty: quote!(u64),
        start: Some(Start::Value(quote!(#size))),
    }
}

fn page_member(runtime: &TokenStream, paging: &Paging) -> Member {
    let start = paging.start;
    let (doc, value) = match paging.style {
        PageStyle::Page => (format!("Which page; the first is {start}."), Start::Value(quote!(#start))),
        PageStyle::Cursor => ("Where the page begins; without one, at the start.".to_owned(), Start::None),
    };
    Member {
        doc: Doc::new(doc).tokens(),
        ident: quote::format_ident!("{}", paging.page_name()),
        ty: paging.page_ty(runtime),
        start: Some(value),
    }
}

fn params(subject: &Subject<'_>, list: &ListShape<'_>) -> Vec<TokenStream> {
    let mut members = shared(list);
    if let Some(paging) = &list.paging {
        members.push(page_member(&subject.runtime, paging));
        members.push(size_member(paging));
    }
    let name = subject.cx.params_type(subject.resource);
    let doc = Doc::new(format!("What a list of {} can be asked for.", code(&subject.resource.name)))
        .paragraph("What is left at its default is neither sent nor a part of the key.")
        .source(subject.cx, &subject.dotted("list"));
    let (filter, window) = (filter_method(subject, list), window_method(subject, list));
    structure(subject, &name, &members, &doc, &quote!(#filter #window))
}

fn filter(subject: &Subject<'_>, list: &ListShape<'_>) -> Vec<TokenStream> {
    let mut members = shared(list);
    members.extend(list.paging.as_ref().map(size_member));
    let name = subject.cx.filter_type(subject.resource);
    let doc = Doc::new(format!("Which of {}, whatever the page.", code(&subject.resource.name)))
        .paragraph("The parameters of an infinite list, and what decides whether a row belongs to a cached list.")
        .source(subject.cx, &subject.dotted("list"));
    let at = list.paging.as_ref().map(|paging| at_method(subject, list, paging));
    structure(subject, &name, &members, &doc, &quote!(#at))
}

/// Returns a struct of parameters and what it can do.
fn structure(
    subject: &Subject<'_>,
    name: &Ident,
    members: &[Member],
    doc: &Doc,
    methods: &TokenStream,
) -> Vec<TokenStream> {
    let (visibility, allow) = (&subject.visibility, &subject.allow);
    let required: Vec<&Member> = members.iter().filter(|member| member.start.is_none()).collect();
    let values = members.iter().map(Member::start_value);
    let mut derived_default = TokenStream::new();
    let mut constructor = TokenStream::new();
    let mut default_impl = None;
    if !required.is_empty() {
        let arguments = required.iter().map(|member| {
            let (ident, ty) = (&member.ident, &member.ty);
            quote!(#ident: #ty)
        });
        let doc = Doc::new("Returns the parameters with everything but these at its default.").tokens();
        constructor = quote! {
            #doc
            #[must_use]
            #visibility fn new(#(#arguments),*) -> Self { Self { #(#values),* } }
        };
    } else if members.iter().all(|member| matches!(member.start, Some(Start::None))) {
        derived_default = quote!(Default,);
    } else {
        default_impl = Some(quote! {
            #allow
            impl ::core::default::Default for #name {
                fn default() -> Self { Self { #(#values),* } }
            }
        });
    }
    let fields = members.iter().map(|Member { doc, ident, ty, .. }| quote!(#doc #visibility #ident: #ty));
    let doc = doc.tokens();
    let mut items = vec![quote! {
        #doc
        #allow
        #[derive(Clone, Debug, #derived_default PartialEq)]
        #visibility struct #name { #(#fields),* }
    }];
    items.extend(default_impl);
    if !(constructor.is_empty() && methods.is_empty()) {
        items.push(quote! {
            #allow
            impl #name { #constructor #methods }
        });
    }
    items
}

/// Returns the initialisers that clone the shared fields out of `self`.
fn copies(list: &ListShape<'_>) -> TokenStream {
    let path = list.path.params.iter().map(|param| {
        let ident = &param.ident;
        let value = cloned::from_place(&param.declared, Presence::Required, &quote!(self.#ident));
        quote!(#ident: #value,)
    });
    let params = list.params.iter().map(|field| {
        let (ident, place) = (&field.ident, &field.ident);
        let place = quote!(self.#place);
        let value = match (field.role, &field.param.ty) {
            // Our own enums are `Copy`.
            (ParamRole::Sort(_) | ParamRole::SortOrder, _) | (_, None) => place,
            // A range is two of what its list holds, and `Copy` where that is.
            (ParamRole::Filter { op, .. }, Some(ty)) if op.value == FilterOp::Between => {
                cloned::from_place(range_end(ty), Presence::Required, &place)
            }
            (_, Some(ty)) => cloned::from_place(ty, Presence::Required, &place),
        };
        quote!(#ident: #value,)
    });
    quote!(#(#path)* #(#params)*)
}

fn filter_method(subject: &Subject<'_>, list: &ListShape<'_>) -> TokenStream {
    let (visibility, filter) = (&subject.visibility, subject.cx.filter_type(subject.resource));
    let copies = copies(list);
    let limit = list.paging.as_ref().map(|_| quote!(limit: self.limit));
    let doc = Doc::new("Returns the parameters without the page.").tokens();
    quote! {
        #doc
        #visibility fn filter(&self) -> #filter { #filter { #copies #limit } }
    }
}

fn window_method(subject: &Subject<'_>, list: &ListShape<'_>) -> TokenStream {
    let (runtime, visibility) = (&subject.runtime, &subject.visibility);
    let window = match &list.paging {
        None => quote!(#runtime::ListWindow::All),
        Some(paging) if paging.style == PageStyle::Cursor => {
            quote!(#runtime::ListWindow::Cursor { first: self.cursor.is_none(), size: self.limit })
        }
        Some(paging) => {
            let index = match paging.start {
                0 => quote!(self.page),
                start => quote!(self.page.saturating_sub(#start)),
            };
            quote!(#runtime::ListWindow::Page { index: #index, size: self.limit })
        }
    };
    let doc = Doc::new("Returns which part of the whole list the page is.").tokens();
    quote! {
        #doc
        #visibility fn window(&self) -> #runtime::ListWindow { #window }
    }
}

fn at_method(subject: &Subject<'_>, list: &ListShape<'_>, paging: &Paging) -> TokenStream {
    let (runtime, visibility) = (&subject.runtime, &subject.visibility);
    let params = subject.cx.params_type(subject.resource);
    let (copies, ty) = (copies(list), paging.page_ty(runtime));
    let page = quote::format_ident!("{}", paging.page_name());
    let doc = match paging.style {
        PageStyle::Page => "Returns the parameters of one page.",
        PageStyle::Cursor => "Returns the parameters of the page that begins at this cursor.",
    };
    let doc = Doc::new(doc).tokens();
    quote! {
        #doc
        #visibility fn at(&self, #page: #ty) -> #params { #params { #copies #page, limit: self.limit } }
    }
}
