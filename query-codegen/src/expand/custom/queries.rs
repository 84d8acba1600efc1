//! What is generated for a query that belongs to no resource?

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    params::{Field, Purpose, allow, request, structure},
    view,
};
use crate::{
    expand::{
        context::Cx,
        docs::{Doc, allow_deprecated, code, key_shape},
        resource::{
            answers,
            fetch::{CANCEL, ERRORS},
            invalidation::{declared_words, text},
            mentions, mutations,
        },
        settings::{QueryKind, Settings},
        ty,
    },
    model::{KeyPart, Method, QueryDef, Type},
};

/// A custom query, and what all its items share.
pub(super) struct Custom<'a> {
    pub(super) cx: &'a Cx<'a>,
    pub(super) query: &'a QueryDef,
    pub(super) fields: Vec<Field<'a>>,
    /// What it returns: `()` where nothing.
    pub(super) result: TokenStream,
    /// `#[allow(deprecated)]`, where something deprecated is used.
    pub(super) allow: TokenStream,
}

/// Returns the items: parameters, view, key, fetch, options, hook, prefetch, invalidate.
pub(super) fn expand(cx: &Cx<'_>, query: &QueryDef) -> Vec<TokenStream> {
    let switch = query.options.enabled.as_ref().map(|switch| switch.value.as_str());
    let fields: Vec<Field<'_>> = query.params.iter().map(|param| Field::of(cx, param, switch)).collect();
    let result_is_old = query.returns.as_ref().is_some_and(|returns| cx.is_deprecated(returns));
    let allow = if result_is_old || cx.is_error_deprecated() { allow_deprecated(true) } else { allow(cx, &fields) };
    let result = query.returns.as_ref().map_or_else(|| quote!(()), |returns| ty::ty(cx, returns));
    let custom = Custom { cx, query, fields, result, allow };
    let mut items = custom.params();
    items.extend(view::expand(&custom));
    items.extend([
        custom.key(),
        custom.fetch(),
        custom.options(),
        view::hook(&custom),
        custom.prefetch(),
        custom.invalidate(),
    ]);
    items
}

impl Custom<'_> {
    /// Begins with the user's own words and goes on with ours.
    pub(super) fn doc(&self, ours: impl Into<String>) -> Doc {
        match &self.query.doc {
            Some(text) if !text.trim().is_empty() => Doc::of(Some(text), String::new()).paragraph(ours),
            _ => Doc::new(ours),
        }
    }

    pub(super) fn source(&self, doc: Doc) -> TokenStream {
        doc.source(self.cx, &self.query.source).tokens()
    }

    /// Returns `params: UserStatsParams`, or nothing where there are no parameters.
    pub(super) fn argument(&self) -> Option<TokenStream> {
        let ty = self.cx.query_params_type(self.query);
        (!self.fields.is_empty()).then(|| quote!(params: #ty))
    }

    /// Returns `params`, or nothing.
    pub(super) fn value(&self) -> Option<TokenStream> {
        (!self.fields.is_empty()).then(|| quote!(params))
    }

    fn endpoint(&self) -> String {
        let endpoint = &self.query.endpoint;
        code(&format!("{} {}", mutations::verb(endpoint.method.value), endpoint.path.text))
    }

    fn params(&self) -> Vec<TokenStream> {
        if self.fields.is_empty() {
            return Vec::new();
        }
        let doc = Doc::new(format!("The parameters of the query {}.", code(&self.query.name)))
            .source(self.cx, &self.query.source);
        structure(self.cx, &self.cx.query_params_type(self.query), &self.fields, &doc, Purpose::Query)
    }

    fn key(&self) -> TokenStream {
        let Self { cx, query, result, allow, .. } = self;
        let (runtime, visibility, name) = (cx.runtime(), cx.visibility(), cx.query_key_fn(query));
        let mut uses_params = false;
        let (words, shape) = if query.key.is_empty() {
            let (root, word) = (cx.root("query"), &query.name.value);
            let quoted = format!("{word:?}");
            let words = quote!(#runtime::QueryKey::under(#root).word(#word));
            if self.fields.is_empty() {
                (words, key_shape(cx, "query", &[&quoted]))
            } else {
                uses_params = true;
                let calls = self.fields.iter().map(Field::key_call);
                let words = quote!(#words.segment(#runtime::KeySegment::params() #(#calls)*.build()));
                (words, key_shape(cx, "query", &[&quoted, "{params}"]))
            }
        } else {
            let value = |name: &str| {
                let field = self.fields.iter().find(|field| field.param.name.value == name)?;
                let ident = &field.ident;
                Some(quote!(&params.#ident))
            };
            let words = declared_words(cx, query, &value);
            uses_params |= mentions(&words, "params");
            (words, self.declared_shape())
        };
        let doc = self.source(Doc::new(format!("Returns the key of the query {}: {shape}.", code(&query.name))));
        let argument = (!self.fields.is_empty()).then(|| {
            let ty = cx.query_params_type(query);
            let params = format_ident!("{}", if uses_params { "params" } else { "_params" });
            quote!(#params: &#ty)
        });
        quote! {
            #doc
            #allow
            #visibility fn #name(#argument) -> #runtime::Key<#result> { #words.key() }
        }
    }

    /// Returns a declared key as it is written in the schema.
    fn declared_shape(&self) -> String {
        let parts: Vec<String> = self
            .query
            .key
            .iter()
            .map(|part| match &part.value {
                KeyPart::Under(target) => text(target),
                KeyPart::Param(name) => name.clone(),
                KeyPart::Word(word) => format!("{word:?}"),
            })
            .collect();
        code(&format!("[{}]", parts.join(", ")))
    }

    fn fetch(&self) -> TokenStream {
        let Self { cx, query, result, allow, .. } = self;
        let (runtime, visibility, name) = (cx.runtime(), cx.visibility(), cx.fetch_query_fn(query));
        let method = query.endpoint.method.value;
        let start = mutations::request(&runtime, method, &query.endpoint.path.text);
        // A query only reads, so it may be sent again whatever its method.
        let idempotent = (method != Method::Get).then(|| quote!(.idempotent(true)));
        let said = answers(cx);
        let end = quote!(#idempotent #said);
        let request = request(cx, &start, &end, &self.fields, &format_ident!("params"));
        let read = if query.returns.is_some() { quote!(json()) } else { quote!(empty()) };
        let argument = self.argument();
        let doc = self
            .doc(format!("Fetches {}.", self.endpoint()))
            .section("Errors", ERRORS)
            .section("Cancel safety", CANCEL);
        let doc = self.source(doc);
        quote! {
            #doc
            #allow
            #visibility async fn #name(
                context: #runtime::FetchContext,
                #argument
            ) -> ::core::result::Result<#result, #runtime::QueryError> {
                context.send(#request).await?.#read
            }
        }
    }

    fn options(&self) -> TokenStream {
        let Self { cx, query, result, allow, .. } = self;
        let (runtime, visibility) = (cx.runtime(), cx.visibility());
        let (name, key) = (cx.query_options_fn(query), cx.query_key_fn(query));
        let fetch = cx.fetch_query_fn(query);
        let settings = Settings::of_query(cx, &query.options, QueryKind::Plain);
        let setters = &settings.setters;
        let (argument, has_params) = (self.argument(), !self.fields.is_empty());
        let constructor = if self.is_row() { quote!(row) } else { quote!(new) };
        let writes = self.writes();
        let enabled = self.enabled();
        // The switch is read before the parameters move into the fetch function.
        let (switch, enabled) = match enabled {
            Some(enabled) => (Some(quote!(let is_enabled = #enabled;)), Some(quote!(.enabled(is_enabled)))),
            None => (None, None),
        };
        let call = if has_params {
            quote!(#key(&params), move |context| #fetch(context, params.clone()))
        } else {
            quote!(#key(), #fetch)
        };
        let switch_words =
            query.options.enabled.as_ref().map(|switch| format!("Runs only while {} is given.", code(&switch.value)));
        let doc = self
            .doc(format!("Returns the options of the query {}: key [`{key}`].", code(&query.name)))
            .maybe(switch_words)
            .paragraph(settings.doc());
        let doc = self.source(doc);
        quote! {
            #doc
            #allow
            #visibility fn #name(#argument) -> #runtime::QueryOptions<#result> {
                #switch
                #runtime::QueryOptions::#constructor(#call).serializable() #writes #enabled #setters
            }
        }
    }

    /// Returns whether the result is a row of a resource, so that what changes the row changes it here too.
    fn is_row(&self) -> bool {
        let Some(Type::Model(name, _)) = self.query.returns.as_ref().map(|returns| &returns.value) else {
            return false;
        };
        self.cx.schema.resources.iter().any(|resource| resource.model.value == *name)
    }

    /// Returns the `.writes(…)` call: the result is also the detail of its row.
    fn writes(&self) -> Option<TokenStream> {
        let target = self.query.writes.as_ref()?;
        let resource = self.cx.resource(&target.root)?;
        let (keys, row) = (self.cx.keys_type(resource), self.cx.model_type(resource));
        let runtime = self.cx.runtime();
        Some(quote!(.writes(|row: &#row| #keys::detail(#runtime::Entity::id(row)))))
    }

    fn enabled(&self) -> Option<TokenStream> {
        let switch = self.query.options.enabled.as_ref()?;
        let field = self.fields.iter().find(|field| field.param.name.value == switch.value)?;
        let ident = &field.ident;
        match field.presence {
            // It always has a value, so there is nothing to wait for.
            crate::model::Presence::Required => None,
            crate::model::Presence::OptionalNullable => Some(quote!(params.#ident.as_option().is_some())),
            _ => Some(quote!(params.#ident.is_some())),
        }
    }

    fn prefetch(&self) -> TokenStream {
        let Self { cx, query, allow, .. } = self;
        let (runtime, visibility) = (cx.runtime(), cx.visibility());
        let (name, options) = (cx.prefetch_query_fn(query), cx.query_options_fn(query));
        let (argument, value) = (self.argument(), self.value());
        let doc =
            Doc::new(format!("Fetches the query {} into the cache, unless fresh data is there.", code(&query.name)))
                .section("Errors", "Returns the `QueryError` of the fetch, after its retries.")
                .section("Cancel safety", "Dropping the future does not stop a fetch that others wait for.");
        let doc = self.source(doc);
        quote! {
            #doc
            #allow
            #visibility async fn #name(
                client: &#runtime::QueryClient,
                #argument
            ) -> ::core::result::Result<(), #runtime::QueryError> {
                client.prefetch(#options(#value)).await
            }
        }
    }

    fn invalidate(&self) -> TokenStream {
        let Self { cx, query, allow, .. } = self;
        let (runtime, visibility) = (cx.runtime(), cx.visibility());
        let (name, key) = (cx.invalidate_query_fn(query), cx.query_key_fn(query));
        let (argument, value) = if self.fields.is_empty() {
            (None, None)
        } else {
            let ty = cx.query_params_type(query);
            (Some(quote!(params: &#ty)), Some(quote!(params)))
        };
        let doc = Doc::new(format!("Marks the query {} with these parameters as stale.", code(&query.name))).paragraph(
            "What is being watched is fetched again at once. The future ends when that has settled; it may be dropped.",
        );
        let doc = self.source(doc);
        quote! {
            #doc
            #allow
            #visibility fn #name(client: &#runtime::QueryClient, #argument) -> #runtime::Settled {
                client.invalidate(#key(#value))
            }
        }
    }
}
