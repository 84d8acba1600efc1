//! Does a schema with mistakes declare the names that it would have declared without them?

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use query_codegen::{expand::fallback, generate::generate, yaml};

/// Returns the names of types and functions.
fn names(tokens: TokenStream) -> BTreeSet<String> {
    let file: syn::File = syn::parse2(tokens).unwrap();
    let names: Vec<String> = file
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Struct(item) => Some(item.ident.to_string()),
            syn::Item::Enum(item) => Some(item.ident.to_string()),
            syn::Item::Fn(item) => Some(item.sig.ident.to_string()),
            _ => None,
        })
        .collect();
    let unique: BTreeSet<String> = names.iter().cloned().collect();
    assert_eq!(unique.len(), names.len(), "a name is declared twice: {names:?}");
    unique
}

#[test]
fn every_name_has_a_stand_in() {
    let text = include_str!("fallback.yaml");
    let generated = generate(text, "fallback.yaml");
    let items = generated.items.unwrap_or_else(|| {
        panic!("{}", generated.document.render_all(&generated.diagnostics));
    });
    let (schema, _, _) = yaml::parse(text, "fallback.yaml");
    let declared = names(items.into_iter().collect());
    let stand_ins = names(fallback(schema.as_ref()));
    let missing: Vec<&String> = declared.difference(&stand_ins).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn nothing_is_declared_twice_although_the_schema_says_so() {
    let text = "schema: 1\napi: { name: user }\nmodels:\n  user_keys: { newtype: string }\n  User: { fields: { id: string } }\n\
                resources:\n  user: { model: User, path: /u, get: true, list: {} }\n";
    let (schema, _, _) = yaml::parse(text, "x.yaml");
    assert!(names(fallback(schema.as_ref())).contains("UserKeys"));
}

#[test]
fn no_schema_declares_nothing() {
    assert!(fallback(None).is_empty());
}
