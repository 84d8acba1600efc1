//! How is a row created, updated and deleted: variables, request, options, hook?

mod create;
mod delete;
mod update;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::{
    Subject,
    invalidation::{self, Places},
    path::EndpointPath,
};
use crate::{
    expand::{
        context::Cx,
        docs::{Doc, code},
        guarantee::{self, Trace},
        settings::Settings,
        ty,
    },
    model::{
        CreateOptimism, InsertAt, Integer, KeyDef, Level, ListReach, Method, ModelKind, MutationOptions, TempId, Type,
    },
};

pub(super) use create::CreateShape;

/// Returns the items of all three mutations.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let mut items = Vec::new();
    items.extend(create::expand(subject));
    items.extend(update::expand(subject));
    items.extend(delete::expand(subject));
    items
}

/// The parts that all mutations have.
pub(in crate::expand) struct Mutation<'a> {
    /// `send_update_user`, `update_user_mutation`, `use_update_user`.
    pub(in crate::expand) names: [Ident; 3],
    /// The type of the variables.
    pub(in crate::expand) variables: TokenStream,
    /// Whether the variables are used by the request.
    pub(in crate::expand) uses_variables: bool,
    /// The type of the result.
    pub(in crate::expand) result: TokenStream,
    /// The request, made of `variables`.
    pub(in crate::expand) request: TokenStream,
    /// `` `PATCH /users/{id}` ``.
    pub(in crate::expand) endpoint: String,
    /// How the response is read: `json()` or `empty()`.
    pub(in crate::expand) read: TokenStream,
    /// The mutation's key.
    pub(in crate::expand) key: TokenStream,
    /// What shows before the server answers: `.changes::<User>(…)` and so on.
    pub(in crate::expand) optimistic: TokenStream,
    /// The same in words.
    pub(in crate::expand) guarantee: String,
    /// What the server promises.
    pub(in crate::expand) level: Level,
    /// How it is sent.
    pub(in crate::expand) method: Method,
    /// What can be seen of it before it is answered.
    pub(in crate::expand) trace: Trace,
    /// What goes stale: `.invalidates(…)`.
    pub(in crate::expand) invalidates: Option<TokenStream>,
    /// The same in words.
    pub(in crate::expand) stale: Option<String>,
    /// Settings.
    pub(in crate::expand) settings: &'a MutationOptions,
    /// Whether temporary ids in the variables make it wait for their creates.
    pub(in crate::expand) serialized: bool,
    /// The first sentence of its documentation: "Updates a row".
    pub(in crate::expand) summary: String,
    /// The user's own documentation.
    pub(in crate::expand) doc: Option<&'a str>,
    /// The dotted path of its declaration.
    pub(in crate::expand) source: String,
    /// `#[allow(deprecated)]`, where something deprecated is used.
    pub(in crate::expand) allow: TokenStream,
}

impl Mutation<'_> {
    /// Returns the send function, the options and the hook.
    pub(in crate::expand) fn expand(&self, cx: &Cx<'_>) -> Vec<TokenStream> {
        vec![self.send(cx), self.options(cx), self.hook(cx)]
    }

    fn summary(&self, otherwise: String) -> Doc {
        match self.doc {
            Some(_) => Doc::of(self.doc, String::new()).paragraph(otherwise),
            None => Doc::new(otherwise),
        }
    }

    fn send(&self, cx: &Cx<'_>) -> TokenStream {
        let (runtime, visibility) = (cx.runtime(), cx.visibility());
        let Self { names: [send, ..], variables, result, request, read, allow, .. } = self;
        let argument = if self.uses_variables { quote!(variables) } else { quote!(_variables) };
        let doc = Doc::new(format!("Sends the request that {}: {}.", self.summary, self.endpoint))
            .section("Errors", super::fetch::ERRORS)
            .section("Cancel safety", "Dropping the future aborts the request; the server may have seen it.")
            .source(cx, &self.source)
            .tokens();
        quote! {
            #doc
            #allow
            #visibility async fn #send(
                context: #runtime::MutationContext,
                #argument: #variables
            ) -> ::core::result::Result<#result, #runtime::QueryError> {
                context.send(#request).await?.#read
            }
        }
    }

    fn options(&self, cx: &Cx<'_>) -> TokenStream {
        let (runtime, visibility) = (cx.runtime(), cx.visibility());
        let Self { names: [send, options, _], variables, result, key, optimistic, .. } = self;
        let Self { invalidates, allow, .. } = self;
        let settings = Settings::of_mutation(cx, self.settings);
        let setters = &settings.setters;
        let keyed = (self.level >= Level::Keyed).then(|| quote!(.keyed(true)));
        let serialized = self.serialized.then(|| quote!(.serialized()));
        let doc = Doc::new(format!("Returns the options of the mutation that {}: {}.", self.summary, self.endpoint))
            .paragraph(self.guarantee.clone())
            .maybe(self.stale.clone())
            .paragraph(settings.doc())
            .source(cx, &self.source)
            .tokens();
        quote! {
            #doc
            #allow
            #visibility fn #options() -> #runtime::MutationOptions<#variables, #result> {
                #runtime::MutationOptions::new(#key, #send) #optimistic #invalidates #serialized #keyed #setters
            }
        }
    }

    fn hook(&self, cx: &Cx<'_>) -> TokenStream {
        let (runtime, visibility) = (cx.runtime(), cx.visibility());
        let Self { names: [_, options, hook], variables, result, allow, .. } = self;
        let doc = self
            .summary(format!("Returns the mutation that {}.", self.summary))
            .paragraph(self.guarantee.clone())
            .paragraph(guarantee::writing(self.level, self.method, self.trace))
            .paragraph("`mutate` acts at once; dropping its handle, or the observer, cancels nothing.")
            .source(cx, &self.source)
            .tokens();
        quote! {
            #doc
            #allow
            #visibility fn #hook(
                client: &#runtime::QueryClient
            ) -> #runtime::MutationObserver<#variables, #result> {
                client.mutation(#options())
            }
        }
    }
}

/// What a mutation that shows nothing before the server answers says of itself.
pub(in crate::expand) const NOT_OPTIMISTIC: &str = "Not optimistic: nothing cached changes before the server answers.";

/// Returns `Request::patch`.
pub(in crate::expand) fn request(runtime: &TokenStream, method: Method, path: &str) -> TokenStream {
    let method = match method {
        Method::Get => quote!(get),
        Method::Post => quote!(post),
        Method::Put => quote!(put),
        Method::Patch => quote!(patch),
        Method::Delete => quote!(delete),
    };
    quote!(#runtime::Request::#method(#path))
}

/// Returns `PATCH`.
pub(in crate::expand) fn verb(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

/// Returns the key of a mutation: `&["social", "users", "update"]`.
fn key(subject: &Subject<'_>, operation: &str) -> TokenStream {
    let name = &subject.resource.name.value;
    if let Some(api) = subject.cx.api_name() {
        quote!(&[#api, #name, #operation])
    } else {
        quote!(&[#name, #operation])
    }
}

/// Returns which lists show a mutation.
pub(in crate::expand) fn reach(runtime: &TokenStream, reach: ListReach) -> TokenStream {
    match reach {
        ListReach::Matching => quote!(#runtime::ListReach::Matching),
        ListReach::All => quote!(#runtime::ListReach::All),
        ListReach::None => quote!(#runtime::ListReach::None),
    }
}

fn insert_at(runtime: &TokenStream, insert: InsertAt) -> TokenStream {
    match insert {
        InsertAt::Sorted => quote!(#runtime::InsertAt::Sorted),
        InsertAt::Start => quote!(#runtime::InsertAt::Start),
        InsertAt::End => quote!(#runtime::InsertAt::End),
        InsertAt::None => quote!(#runtime::InsertAt::None),
    }
}

/// Says which lists a reach means.
pub(in crate::expand) fn reach_words(reach: ListReach) -> &'static str {
    match reach {
        ListReach::Matching => "every cached list it belongs to",
        ListReach::All => "every cached list",
        ListReach::None => "no list",
    }
}

/// Returns how a created row is called meanwhile: as declared, or as its id's type allows.
pub(super) fn temp_id(subject: &Subject<'_>, optimism: &CreateOptimism) -> TempId {
    match &optimism.temp_id {
        Some(temp_id) => temp_id.value,
        None if id_integer(subject).is_some() => TempId::NegativeCounter,
        None => TempId::Uuid,
    }
}

/// Returns the whole number that an id is, or holds.
fn id_integer(subject: &Subject<'_>) -> Option<Integer> {
    match &subject.id.ty.value {
        Type::Integer(width) => Some(*width),
        Type::Model(name, _) => match &subject.cx.model(name)?.kind {
            ModelKind::Newtype(inner) => match &inner.value {
                Type::Integer(width) => Some(*width),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

/// Returns the function that makes a temporary id.
fn temp_id_fn(subject: &Subject<'_>, temp_id: TempId) -> TokenStream {
    let runtime = &subject.runtime;
    // What converts into itself must not be converted: clippy would say so in the user's crate.
    let is_plain = matches!(subject.id.ty.value, Type::Integer(_) | Type::String(_));
    let made = |path: TokenStream| {
        if is_plain { path } else { quote!(|| ::core::convert::From::from(#path())) }
    };
    match (temp_id, id_integer(subject)) {
        (TempId::NegativeCounter, Some(width @ (Integer::I8 | Integer::I16 | Integer::I32))) => {
            let width = ty::ty(subject.cx, &Type::Integer(width));
            let number = quote! {
                <#width as ::core::convert::TryFrom<i64>>::try_from(#runtime::temp_id::negative())
                    .unwrap_or(#width::MIN)
            };
            if is_plain { quote!(|| #number) } else { quote!(|| ::core::convert::From::from(#number)) }
        }
        (TempId::NegativeCounter, _) => made(quote!(#runtime::temp_id::negative)),
        (TempId::Uuid | TempId::Client, _) => made(quote!(#runtime::temp_id::uuid)),
    }
}

/// What goes stale: what is declared; where neither that nor anything optimistic is, all that may show the row.
fn invalidates(
    subject: &Subject<'_>,
    targets: &[KeyDef],
    places: &Places,
    is_optimistic: bool,
) -> (Option<TokenStream>, Option<String>) {
    if targets.is_empty() && !is_optimistic {
        let (runtime, cx) = (&subject.runtime, subject.cx);
        let root = cx.root(&subject.resource.name);
        let call = quote!(.invalidates(|_, _| ::std::vec::Vec::from([#runtime::QueryKey::under(#root).prefix()])));
        let words =
            format!("Stale when it has settled: {}, because nothing else is declared.", code(&subject.resource.name));
        return (Some(call), Some(words));
    }
    (invalidation::invalidates(subject.cx, targets, places), invalidation::doc(targets))
}

/// Returns a struct of variables: the path's parameters, then `rest`.
fn variables(
    subject: &Subject<'_>,
    name: &Ident,
    path: &EndpointPath<'_>,
    rest: &[(Ident, TokenStream, &str)],
    doc: &Doc,
) -> TokenStream {
    let Subject { cx, runtime, visibility, allow, .. } = subject;
    let serde = cx.serde_path();
    let places = path.params.iter().map(|param| {
        let (ident, ty) = (&param.ident, &param.ty);
        let doc = Doc::new(format!("Fills {} in the path.", code(&format!("{{{}}}", param.name)))).tokens();
        quote!(#doc #visibility #ident: #ty)
    });
    let rest = rest.iter().map(|(ident, ty, text)| {
        let doc = Doc::new(*text).tokens();
        quote!(#doc #visibility #ident: #ty)
    });
    let fields = places.chain(rest);
    let doc = doc.tokens();
    quote! {
        #doc
        #[derive(Clone, Debug, PartialEq, #runtime::__private::serde::Serialize)]
        #[serde(crate = #serde)]
        #allow
        #visibility struct #name { #(#fields),* }
    }
}
