//! How does the tree of a document become a schema?
//!
//! A file a section of the dialect. Each takes what it understands, reports what it does not, and goes on: a mistake hides
//! nothing but itself. What names refer to is not looked at here; that is the work of `check`.

mod api;
mod envelopes;
mod fields;
mod keys;
mod list;
mod live;
mod models;
mod mutations;
mod options;
mod queries;
mod resources;
mod scalars;
mod section;
mod table;
mod types;

pub(crate) use table::keys;

use std::collections::BTreeSet;

use quote::quote;

use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    model::{FrontEnd, Model, Schema},
    yaml::{
        lower::{api::empty_api, section::Section},
        node::{Entry, Kind, Node},
    },
};

pub(super) const ROOT: Section = Section {
    what: "a schema",
    keys: &["schema", "api", "models", "envelopes", "resources", "queries", "mutations"],
    below: &[("api", api::API.keys), ("api.defaults", &["query", "mutation"])],
    form: "write `schema: 1`, `api: { name: … }`, `models:` and `resources:` one below the other",
};

/// What every part of the lowering shares.
pub(crate) struct Lower<'d> {
    diagnostics: &'d mut Diagnostics,
    /// The names under `models`, so that a model called `Date` is not taken for a slip.
    declared: BTreeSet<String>,
    /// Models that were written where a type stands.
    inline: Vec<Model>,
}

/// Lowers a document; nothing if its root is not a map.
pub(crate) fn lower(root: &Node, file: &str, diagnostics: &mut Diagnostics) -> Option<Schema> {
    let declared = root.get("models").and_then(Node::entries).unwrap_or_default();
    let declared = declared.iter().map(|entry| entry.key.clone()).collect();
    let mut lower = Lower { diagnostics, declared, inline: Vec::new() };
    lower.schema(root, file)
}

impl Lower<'_> {
    fn schema(&mut self, root: &Node, file: &str) -> Option<Schema> {
        let fields = self.section(root, &ROOT)?;
        self.version(root);
        let api = if let Some(node) = fields.get("api") {
            self.api(node)
        } else {
            self.missing(root, "a schema needs `api`", "api: { name: social }");
            empty_api()
        };
        let mut models: Vec<Model> = Vec::new();
        for entry in self.entries(fields.get("models"), models::FORM) {
            if let Some(model) = self.model(entry) {
                models.push(model);
            }
            models.append(&mut self.inline);
        }
        let envelopes = self.each(fields.get("envelopes"), envelopes::FORM, Self::envelope);
        let resources = self.each(fields.get("resources"), resources::FORM, Self::resource);
        let queries = self.each(fields.get("queries"), queries::FORM, Self::query);
        let mutations = self.each(fields.get("mutations"), queries::MUTATION_FORM, Self::mutation);
        models.append(&mut self.inline);
        Some(Schema {
            front: FrontEnd::Yaml { file: file.replace('\\', "/") },
            runtime: quote!(::query_runtime),
            api,
            models,
            envelopes,
            resources,
            queries,
            mutations,
        })
    }

    fn version(&mut self, root: &Node) {
        let Some(node) = root.get("schema") else {
            self.missing(root, "a schema needs `schema`, its version", "schema: 1");
            return;
        };
        match &node.kind {
            Kind::Integer(1) => {}
            Kind::Integer(_) | Kind::Float(_) | Kind::Text(_) => {
                let message = format!("schema version {} is not known", node.found());
                let diagnostic = Diagnostic::error(109, message, &node.origin());
                self.report(diagnostic.help("this build reads `schema: 1`"));
            }
            _ => self.expected(node, "the number 1", "write `schema: 1`"),
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Returns the entries of a map that has names for keys, if it is there.
    fn entries<'n>(&mut self, node: Option<&'n Node>, form: &str) -> &'n [Entry] {
        let Some(node) = node else { return &[] };
        self.map(node, form).unwrap_or_default()
    }

    /// Lowers each entry of a map that has names for keys.
    fn each<T>(&mut self, node: Option<&Node>, form: &str, one: fn(&mut Self, &Entry) -> Option<T>) -> Vec<T> {
        self.entries(node, form).iter().filter_map(|entry| one(self, entry)).collect()
    }
}
