//! How are create, update and delete of a resource read?

use crate::{
    model::{
        CreateDef, CreateOptimism, DeleteDef, DeleteOptimism, InsertAt, ListReach, Maybe, ResourceMutations, TempId,
        UpdateBody, UpdateDef, UpdateOptimism,
    },
    origin::Spanned,
    yaml::{
        lower::{
            Lower, keys,
            section::{Section, Switch},
        },
        node::{Kind, Node},
    },
};

/// Where settings of mutations belong.
const BELOW: &[(&str, &[&str])] =
    &[("optimistic", &["lists", "insert", "temp_id", "detail"]), ("options", &["retry", "network"])];

pub(super) const CREATE: Section = Section {
    what: "`create`",
    keys: &["method", "path", "optimistic", "invalidates", "options"],
    below: BELOW,
    form: "write `create: true`, or `create: { optimistic: true }`",
};

pub(super) const UPDATE: Section = Section {
    what: "`update`",
    keys: &["method", "path", "body", "optimistic", "invalidates", "options"],
    below: BELOW,
    form: "write `update: true`, or `update: { method: PATCH, body: patch, optimistic: true }`",
};

pub(super) const DELETE: Section = Section {
    what: "`delete`",
    keys: &["method", "path", "returns", "optimistic", "invalidates", "options"],
    below: BELOW,
    form: "write `delete: true`, or `delete: { path: \"/comments/{id}\", optimistic: true }`",
};

pub(super) const INVALIDATES: Section = Section {
    what: "`invalidates`",
    keys: &["create", "update", "delete"],
    below: &[],
    form: "write `invalidates: { create: [users.list] }`",
};

pub(super) const CREATE_OPTIMISTIC: Section = Section {
    what: "`create.optimistic`",
    keys: &["lists", "insert", "temp_id"],
    below: &[("update.optimistic", &["detail"])],
    form: "write `optimistic: true`, or `optimistic: { lists: matching, insert: sorted, temp_id: uuid }`",
};

pub(super) const UPDATE_OPTIMISTIC: Section = Section {
    what: "`update.optimistic`",
    keys: &["lists", "detail"],
    below: &[("create.optimistic", &["insert", "temp_id"])],
    form: "write `optimistic: true`, or `optimistic: { lists: matching, detail: true }`",
};

pub(super) const DELETE_OPTIMISTIC: Section = Section {
    what: "`delete.optimistic`",
    keys: &["lists", "detail"],
    below: &[("create.optimistic", &["insert", "temp_id"])],
    form: "write `optimistic: true`, or `optimistic: { lists: all, detail: remove }`",
};

impl Lower<'_> {
    /// Reads the mutations of a resource.
    pub(crate) fn resource_mutations(&mut self, resource: &Node) -> ResourceMutations {
        let mut mutations = ResourceMutations {
            create: self.create(resource.get("create")),
            update: self.update(resource.get("update")),
            delete: self.delete(resource.get("delete")),
        };
        let shared = resource.get("invalidates").and_then(|node| self.section(node, &INVALIDATES));
        let Some(shared) = shared else { return mutations };
        for key in INVALIDATES.keys {
            let Some(node) = shared.get(key) else { continue };
            let targets = self.invalidates(Some(node));
            let own = match *key {
                "create" => mutations.create.as_mut().map(|create| &mut create.invalidates),
                "update" => mutations.update.as_mut().map(|update| &mut update.invalidates),
                _ => mutations.delete.as_mut().map(|delete| &mut delete.invalidates),
            };
            match own {
                Some(own) => own.extend(targets),
                None if resource.get(key).is_some() => {}
                None => {
                    let message = format!("this resource has no `{key}`");
                    self.misplaced(node, message, &format!("add `{key}: true`, or leave this out"));
                }
            }
        }
        mutations
    }

    fn create(&mut self, node: Option<&Node>) -> Option<CreateDef> {
        let switch = self.switch(node, &CREATE);
        let node = node.filter(|_| switch.is_on())?;
        Some(CreateDef {
            method: switch.get("method").and_then(|node| self.method(node)),
            path: switch.get("path").and_then(|node| self.path(node)),
            optimistic: self.create_optimism(switch.get("optimistic")),
            invalidates: self.invalidates(switch.get("invalidates")),
            options: self.mutation_options(switch.get("options")),
            origin: node.key_origin(),
        })
    }

    fn create_optimism(&mut self, node: Option<&Node>) -> Maybe<CreateOptimism> {
        let (node, switch) = self.optimism(node, &CREATE_OPTIMISTIC)?;
        let optimism = CreateOptimism {
            lists: switch.get("lists").and_then(|node| self.word(node, &ListReach::WORDS, 106)),
            insert: switch.get("insert").and_then(|node| self.word(node, &InsertAt::WORDS, 106)),
            temp_id: switch.get("temp_id").and_then(|node| self.word(node, &TempId::WORDS, 106)),
        };
        Some(Spanned::new(optimism, node.key_origin()))
    }

    /// Returns the switch `optimistic`, if it is on.
    fn optimism<'n>(&mut self, node: Option<&'n Node>, section: &Section) -> Option<(&'n Node, Switch<'n>)> {
        let switch = self.switch(node, section);
        if switch.is_on() { Some((node?, switch)) } else { None }
    }

    fn update(&mut self, node: Option<&Node>) -> Option<UpdateDef> {
        let switch = self.switch(node, &UPDATE);
        let node = node.filter(|_| switch.is_on())?;
        let optimistic = self.optimism(switch.get("optimistic"), &UPDATE_OPTIMISTIC);
        let optimistic = optimistic.map(|(node, switch)| {
            let optimism = UpdateOptimism {
                lists: switch.get("lists").and_then(|node| self.word(node, &ListReach::WORDS, 106)),
                detail: self.maybe_boolean(switch.get("detail")),
            };
            Spanned::new(optimism, node.key_origin())
        });
        Some(UpdateDef {
            method: switch.get("method").and_then(|node| self.method(node)),
            path: switch.get("path").and_then(|node| self.path(node)),
            body: switch.get("body").and_then(|node| self.word(node, &UpdateBody::WORDS, 106)),
            optimistic,
            invalidates: self.invalidates(switch.get("invalidates")),
            options: self.mutation_options(switch.get("options")),
            origin: node.key_origin(),
        })
    }

    fn delete(&mut self, node: Option<&Node>) -> Option<DeleteDef> {
        let switch = self.switch(node, &DELETE);
        let node = node.filter(|_| switch.is_on())?;
        if let Some(returns) = switch.get("returns") {
            // A delete answers with nothing: the word is allowed so that schemas can say so.
            self.word(returns, &[(keys::NONE, ())], 106);
        }
        let optimistic = self.optimism(switch.get("optimistic"), &DELETE_OPTIMISTIC);
        let optimistic = optimistic.map(|(node, switch)| {
            let optimism = DeleteOptimism {
                lists: switch.get("lists").and_then(|node| self.word(node, &ListReach::WORDS, 106)),
                detail: switch.get("detail").and_then(|node| match node.kind {
                    Kind::Bool(value) => Some(Spanned::new(value, node.origin())),
                    _ => self.word(node, &[("remove", true)], 106),
                }),
            };
            Spanned::new(optimism, node.key_origin())
        });
        Some(DeleteDef {
            method: switch.get("method").and_then(|node| self.method(node)),
            path: switch.get("path").and_then(|node| self.path(node)),
            optimistic,
            invalidates: self.invalidates(switch.get("invalidates")),
            options: self.mutation_options(switch.get("options")),
            origin: node.key_origin(),
        })
    }
}
