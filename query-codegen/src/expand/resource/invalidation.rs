//! Which keys does a mutation make stale when it settles?
//!
//! Targets become prefixes from text, not from other resources' items: a derive cannot see those, and both front ends
//! give the same code. A value that only the result has may be missing when the mutation failed; the prefix is then cut
//! short, so that too much becomes stale and never too little.

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    expand::{context::Cx, docs::code},
    model::{KeyDef, KeyKind, KeyPart, QueryDef},
};

/// A value that a target can name, and the expression of a reference to it.
pub(in crate::expand) struct Place {
    /// The name in the schema.
    pub(in crate::expand) name: String,
    /// The expression: `&variables.id`, or `&row.author_id` in the result.
    pub(in crate::expand) value: TokenStream,
}

impl Place {
    /// Joins a name and its expression.
    pub(in crate::expand) fn new(name: impl Into<String>, value: TokenStream) -> Self {
        Self { name: name.into(), value }
    }
}

/// Where a mutation's targets find their values.
#[derive(Default)]
pub(in crate::expand) struct Places {
    /// In the variables, as `variables`.
    pub(in crate::expand) variables: Vec<Place>,
    /// In the result, as `row`.
    pub(in crate::expand) result: Vec<Place>,
}

/// Returns the `.invalidates(…)` call of a mutation, if it has targets.
pub(in crate::expand) fn invalidates(cx: &Cx<'_>, targets: &[KeyDef], places: &Places) -> Option<TokenStream> {
    if targets.is_empty() {
        return None;
    }
    let prefixes: Vec<TokenStream> = targets.iter().map(|target| prefix(cx, target, places)).collect();
    let uses = |name: &str| prefixes.iter().any(|tokens| super::membership::mentions(tokens, name));
    let variables = if uses("variables") { quote!(variables) } else { quote!(_) };
    let result = if uses("result") { quote!(result) } else { quote!(_) };
    Some(quote!(.invalidates(|#variables, #result| ::std::vec::Vec::from([#(#prefixes),*]))))
}

/// Says which keys become stale, for documentation.
pub(in crate::expand) fn doc(targets: &[KeyDef]) -> Option<String> {
    if targets.is_empty() {
        return None;
    }
    let targets: Vec<String> = targets.iter().map(|target| code(&text(target))).collect();
    Some(format!("Stale when it has settled: {}.", targets.join(", ")))
}

fn prefix(cx: &Cx<'_>, target: &KeyDef, places: &Places) -> TokenStream {
    let variable = |name: &str| find(&places.variables, name);
    let in_result = |name: &str| variable(name).or_else(|| find(&places.result, name));
    let names = arguments(target);
    let needs_result =
        names.iter().any(|name| variable(name).is_none()) && names.iter().all(|name| in_result(name).is_some());
    let short = key_words(cx, target, &variable);
    if !needs_result {
        return quote!(#short.prefix());
    }
    let whole = key_words(cx, target, &in_result);
    quote! {
        match result {
            ::core::option::Option::Some(row) => #whole.prefix(),
            ::core::option::Option::None => #short.prefix(),
        }
    }
}

fn find(places: &[Place], name: &str) -> Option<TokenStream> {
    places.iter().find(|place| place.name == name).map(|place| place.value.clone())
}

/// Returns the names of the values that a target needs.
pub(in crate::expand) fn arguments(target: &KeyDef) -> Vec<&str> {
    match &target.kind {
        KeyKind::Lists(arguments) => arguments.iter().map(|argument| argument.value.value.as_str()).collect(),
        KeyKind::Detail(id) | KeyKind::Relation(_, id) => id.iter().map(|id| id.value.as_str()).collect(),
        KeyKind::All | KeyKind::Infinites | KeyKind::Query(_) => Vec::new(),
    }
}

/// Returns a target as a key under construction; it ends before the first value that `of` does not know.
pub(in crate::expand) fn key_words(
    cx: &Cx<'_>,
    target: &KeyDef,
    of: &dyn Fn(&str) -> Option<TokenStream>,
) -> TokenStream {
    let runtime = cx.runtime();
    if let KeyKind::Query(name) = &target.kind {
        return query_words(cx, &name.value);
    }
    let root = cx.root(&target.root.value);
    let under = quote!(#runtime::QueryKey::under(#root));
    match &target.kind {
        KeyKind::All | KeyKind::Query(_) => under,
        KeyKind::Lists(arguments) => {
            let known: Option<Vec<TokenStream>> = arguments
                .iter()
                .map(|argument| {
                    let (name, value) = (&argument.parameter.value, of(&argument.value.value)?);
                    Some(quote!(.set(#name, #value)))
                })
                .collect();
            let segment = known
                .filter(|known| !known.is_empty())
                .map(|known| quote!(.segment(#runtime::KeySegment::params()#(#known)*.build())));
            quote!(#under.word("list")#segment)
        }
        KeyKind::Infinites => quote!(#under.word("infinite")),
        KeyKind::Detail(id) => {
            let id = id.as_ref().and_then(|id| of(&id.value)).map(|id| quote!(.value(#id)));
            quote!(#under.word("detail")#id)
        }
        KeyKind::Relation(name, id) => {
            let name = &name.value;
            let rest = id.as_ref().and_then(|id| of(&id.value)).map(|id| quote!(.value(#id).word(#name)));
            quote!(#under.word("detail")#rest)
        }
    }
}

/// Returns the beginning of a custom query's keys, whatever its parameters.
fn query_words(cx: &Cx<'_>, name: &str) -> TokenStream {
    let query = cx.schema.queries.iter().find(|query| query.name.value == name);
    match query {
        Some(query) if !query.key.is_empty() => declared_words(cx, query, &|_| None),
        _ => {
            let (runtime, root) = (cx.runtime(), cx.root("query"));
            quote!(#runtime::QueryKey::under(#root).word(#name))
        }
    }
}

/// Returns a key that a custom query declares; it ends before the first value that `of` does not know.
pub(in crate::expand) fn declared_words(
    cx: &Cx<'_>,
    query: &QueryDef,
    of: &dyn Fn(&str) -> Option<TokenStream>,
) -> TokenStream {
    let mut parts = query.key.iter().peekable();
    let mut tokens = if let Some(KeyPart::Under(target)) = parts.peek().map(|part| &part.value) {
        parts.next();
        // Below an argument that is not known, nothing may follow: it would stand in the argument's place.
        if arguments(target).iter().any(|name| of(name).is_none()) {
            return key_words(cx, target, of);
        }
        key_words(cx, target, of)
    } else {
        let (runtime, root) = (cx.runtime(), cx.root("query"));
        quote!(#runtime::QueryKey::under(#root))
    };
    for part in parts {
        match &part.value {
            KeyPart::Word(word) => tokens.extend(quote!(.word(#word))),
            KeyPart::Param(name) => match of(name) {
                Some(value) => tokens.extend(quote!(.value(#value))),
                None => break,
            },
            // Only the first part can be another key; `check` refuses the rest.
            KeyPart::Under(_) => break,
        }
    }
    tokens
}

/// Returns a target as it is written in a schema.
pub(in crate::expand) fn text(target: &KeyDef) -> String {
    let root = &target.root.value;
    match &target.kind {
        KeyKind::All => root.clone(),
        KeyKind::Lists(arguments) if arguments.is_empty() => format!("{root}.list"),
        KeyKind::Lists(arguments) => {
            let arguments: Vec<String> = arguments
                .iter()
                .map(|argument| format!("{} = {}", argument.parameter.value, argument.value.value))
                .collect();
            format!("{root}.list({})", arguments.join(", "))
        }
        KeyKind::Infinites => format!("{root}.infinite"),
        KeyKind::Detail(None) => format!("{root}.detail"),
        KeyKind::Detail(Some(id)) => format!("{root}.detail({})", id.value),
        KeyKind::Relation(name, None) => format!("{root}.{}", name.value),
        KeyKind::Relation(name, Some(id)) => format!("{root}.{}({})", name.value, id.value),
        KeyKind::Query(name) => format!("query.{}", name.value),
    }
}
