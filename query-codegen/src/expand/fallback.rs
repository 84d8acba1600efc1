//! Which names does generated code declare when the schema has mistakes, so that nothing but the mistakes is reported?
//!
//! A `compile_error!` stops rustc after names are resolved and before types are checked. So it is enough that every name
//! exists: types without fields and functions without parameters, each name once.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::{
    expand::{
        context::Cx,
        docs,
        ty::{other_ident, variant_ident},
    },
    model::{Model, ModelKind, MutationDef, QueryDef, Resource, Schema, UpdateBody},
    name::type_ident,
};

/// Returns stand-ins for everything that the schema would have declared. Takes schemas that are wrong in any way.
pub fn fallback(schema: Option<&Schema>) -> TokenStream {
    let Some(schema) = schema else { return TokenStream::new() };
    let mut stubs = Stubs { cx: Cx::new(schema), seen: BTreeSet::new(), tokens: TokenStream::new() };
    if stubs.cx.is_derive() {
        // The struct itself is the user's, and stays where it is.
        stubs.seen.extend(schema.models.iter().map(|model| model.name.value.clone()));
    } else {
        if let Some(name) = &schema.api.name {
            stubs.declare(
                &type_ident(name),
                |name, visibility| quote!(#[derive(Clone, Copy, Debug)] #visibility struct #name;),
            );
        }
        for model in &schema.models {
            stubs.model(model);
        }
    }
    for resource in &schema.resources {
        stubs.resource(resource);
    }
    for query in &schema.queries {
        stubs.query(query);
    }
    for mutation in &schema.mutations {
        stubs.mutation(mutation);
    }
    stubs.tokens
}

struct Stubs<'a> {
    cx: Cx<'a>,
    /// Names that are declared; a schema may be wrong in declaring one twice.
    seen: BTreeSet<String>,
    tokens: TokenStream,
}

impl Stubs<'_> {
    fn declare(&mut self, name: &Ident, item: impl FnOnce(&Ident, &TokenStream) -> TokenStream) {
        if self.seen.insert(name.to_string()) {
            let doc = docs::line("Stands in until the schema has no mistakes.");
            let item = item(name, &self.cx.visibility());
            self.tokens.extend(quote!(#doc #[allow(dead_code)] #item));
        }
    }

    fn types(&mut self, names: impl IntoIterator<Item = Ident>) {
        for name in names {
            self.declare(
                &name,
                |name, visibility| quote!(#[derive(Clone, Debug, Default, PartialEq)] #visibility struct #name;),
            );
        }
    }

    fn functions(&mut self, names: impl IntoIterator<Item = Ident>) {
        for name in names {
            self.declare(&name, |name, visibility| quote!(#visibility fn #name() {}));
        }
    }

    fn model(&mut self, model: &Model) {
        let name = type_ident(&model.name);
        match &model.kind {
            ModelKind::Object(_) => self.types([name]),
            ModelKind::Newtype(_) => self.declare(&name, |name, visibility| {
                quote! {
                    #[derive(Clone, Debug, PartialEq)]
                    #visibility struct #name(#visibility ::std::string::String);
                }
            }),
            ModelKind::Enum(choice) => {
                let mut variants: Vec<Ident> = choice.values.iter().map(variant_ident).collect();
                if choice.keep_unknown {
                    variants.push(other_ident(choice));
                }
                self.variants(&name, variants);
            }
            ModelKind::Union(union) => {
                let variants = union.variants.iter().map(|one| type_ident(&one.wire)).collect();
                self.variants(&name, variants);
            }
        }
    }

    fn variants(&mut self, name: &Ident, mut variants: Vec<Ident>) {
        let mut seen = BTreeSet::new();
        variants.retain(|variant| seen.insert(variant.to_string()));
        self.declare(name, |name, visibility| {
            quote! {
                #[derive(Clone, Debug, PartialEq)]
                #[allow(missing_docs)]
                #visibility enum #name { #(#variants),* }
            }
        });
    }

    fn resource(&mut self, resource: &Resource) {
        let cx = self.cx.clone();
        self.types([cx.keys_type(resource), cx.change_type(resource)]);
        if resource.list.is_some() {
            self.types([cx.params_type(resource), cx.filter_type(resource)]);
            self.types([cx.sort_type(resource)]);
            self.functions([
                cx.fetch_list_fn(resource),
                cx.list_query_fn(resource),
                cx.use_list_fn(resource),
                cx.prefetch_list_fn(resource),
                cx.invalidate_list_fn(resource),
            ]);
        }
        if resource.infinite.is_some() {
            self.functions([
                cx.infinite_query_fn(resource),
                cx.use_infinite_fn(resource),
                cx.prefetch_infinite_fn(resource),
            ]);
        }
        if resource.get.is_some() {
            self.functions([
                cx.fetch_one_fn(resource),
                cx.one_query_fn(resource),
                cx.use_one_fn(resource),
                cx.prefetch_one_fn(resource),
                cx.invalidate_one_fn(resource),
                cx.warm_up_fn(resource),
            ]);
        }
        for relation in &resource.relations {
            self.types([cx.relation_filter_type(resource, relation)]);
            self.functions([
                cx.fetch_relation_fn(resource, relation),
                cx.relation_query_fn(resource, relation),
                cx.use_relation_fn(resource, relation),
                cx.prefetch_relation_fn(resource, relation),
            ]);
        }
        self.writes(resource);
    }

    fn writes(&mut self, resource: &Resource) {
        let cx = self.cx.clone();
        if resource.mutations.create.is_some() {
            self.types([cx.new_type(resource), cx.create_variables(resource)]);
            self.functions([
                cx.send_create_fn(resource),
                cx.create_mutation_fn(resource),
                cx.use_create_fn(resource),
                cx.optimistic_fn(resource),
            ]);
        }
        if let Some(update) = &resource.mutations.update {
            let is_full = update.body.as_ref().is_some_and(|body| body.value == UpdateBody::Full);
            let input = if is_full { cx.replace_type(resource) } else { cx.patch_type(resource) };
            self.types([input, cx.update_variables(resource)]);
            self.functions([cx.send_update_fn(resource), cx.update_mutation_fn(resource), cx.use_update_fn(resource)]);
        }
        if resource.mutations.delete.is_some() {
            self.types([cx.delete_variables(resource)]);
            self.functions([cx.send_delete_fn(resource), cx.delete_mutation_fn(resource), cx.use_delete_fn(resource)]);
        }
    }

    fn query(&mut self, query: &QueryDef) {
        let cx = self.cx.clone();
        self.types([cx.query_params_type(query), cx.query_view_type(query)]);
        self.functions([
            cx.query_key_fn(query),
            cx.fetch_query_fn(query),
            cx.query_options_fn(query),
            cx.use_query_fn(query),
            cx.prefetch_query_fn(query),
            cx.invalidate_query_fn(query),
        ]);
    }

    fn mutation(&mut self, mutation: &MutationDef) {
        let cx = self.cx.clone();
        self.types([cx.mutation_variables(mutation)]);
        self.functions([cx.send_mutation_fn(mutation), cx.mutation_options_fn(mutation), cx.use_mutation_fn(mutation)]);
    }
}
