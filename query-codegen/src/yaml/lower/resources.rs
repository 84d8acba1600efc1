//! How is a resource read: its path, what can be read and written, and what belongs to its rows?

use crate::{
    model::{GetDef, Level, Names, QueryOptions, Relation, RelationTarget, Resource},
    origin::Spanned,
    yaml::{
        lower::{
            Lower, list, options,
            section::{Fields, Section},
        },
        node::{Entry, Node},
    },
};

/// What `resources` looks like.
pub(crate) const FORM: &str = "write `resources: { users: { model: User, path: /users, list: true, get: true } }`";

pub(super) const RESOURCE: Section = Section {
    what: "a resource",
    keys: &[
        "model",
        "path",
        "doc",
        "parent",
        "level",
        "list",
        "infinite",
        "get",
        "create",
        "update",
        "delete",
        "relations",
        "invalidates",
        "realtime",
        "offline",
        "names",
        "options",
    ],
    below: &[
        ("list", list::LIST.keys),
        ("options", options::QUERY_KEYS),
        ("realtime", &["channel", "messages"]),
        ("offline", &["queue", "conflict"]),
        ("names", &["hooks"]),
        ("models.<name>", &["fields", "id", "version"]),
    ],
    form: "write `users: { model: User, path: /users, list: true, get: true }`",
};

pub(super) const INFINITE: Section = Section {
    what: "`infinite`",
    keys: &["options"],
    below: &[("infinite.options", options::QUERY_KEYS), ("list", list::LIST.keys)],
    form: "write `infinite: true`, or `infinite: { options: { max_pages: 10 } }`",
};

pub(super) const GET: Section = Section {
    what: "`get`",
    keys: &["path", "options"],
    below: &[("get.options", options::QUERY_KEYS)],
    form: "write `get: true`, or `get: { options: { stale_time: 5m } }`",
};

pub(super) const RELATION: Section = Section {
    what: "a relation",
    keys: &["many", "foreign_key", "path", "options"],
    below: &[("relations.<name>.options", options::QUERY_KEYS)],
    form: "write `posts: { many: posts, foreign_key: author_id, path: \"/users/{id}/posts\" }`",
};

pub(super) const NAMES: Section = Section {
    what: "`names`",
    keys: &["new", "patch", "replace", "params", "filter", "sort", "keys", "hooks"],
    below: &[("names.hooks", HOOKS.keys)],
    form: "write `names: { new: CreateUserData, hooks: { list: use_people } }`",
};

pub(super) const HOOKS: Section = Section {
    what: "`hooks`",
    keys: &["list", "infinite", "get", "create", "update", "delete"],
    below: &[],
    form: "write `hooks: { list: use_people }`",
};

impl Lower<'_> {
    /// Reads one resource.
    pub(crate) fn resource(&mut self, entry: &Entry) -> Option<Resource> {
        let node = &entry.value;
        let fields = self.section(node, &RESOURCE)?;
        let source = format!("resources.{}", entry.key);
        for (key, example) in [("model", "model: User"), ("path", "path: /users")] {
            if fields.get(key).is_none() {
                let message = format!("resource `{}` needs `{key}`", entry.key);
                self.missing(node, &message, example);
            }
        }
        let model = self.maybe_text(fields.get("model"));
        let path = fields.get("path").and_then(|node| self.path(node));
        let shared = self.query_options(fields.get("options"), &options::SHARED);
        let row = model.as_ref().map_or(entry.key.as_str(), |model| model.value.as_str());
        let list = self.list_def(fields.get("list"), row, &source, &shared);
        let infinite = self.infinite(fields.get("infinite"), &shared);
        let get = self.get(fields.get("get"), &shared);
        let mutations = self.resource_mutations(node);
        let relations = self.relations(fields.get("relations"), &source, &shared);
        let realtime = fields.get("realtime").and_then(|node| self.realtime(node));
        let offline = fields.get("offline").and_then(|node| self.offline(node));
        let names = self.names(fields.get("names"));
        let doc = self.doc(fields.get("doc"));
        let parent = self.maybe_text(fields.get("parent"));
        let level = fields.get("level").and_then(|node| self.word(node, &Level::WORDS, 106));
        Some(Resource {
            name: Spanned::new(entry.key.clone(), node.key_origin()),
            model: model?,
            doc,
            path: path?,
            parent,
            level,
            list,
            infinite,
            get,
            mutations,
            relations,
            realtime,
            offline,
            names,
            source,
        })
    }

    fn infinite(&mut self, node: Option<&Node>, shared: &QueryOptions) -> Option<Spanned<QueryOptions>> {
        let switch = self.switch(node, &INFINITE);
        let node = node.filter(|_| switch.is_on())?;
        let own = self.query_options(switch.get("options"), &options::INFINITE);
        Some(Spanned::new(options::over(shared, own), node.key_origin()))
    }

    fn get(&mut self, node: Option<&Node>, shared: &QueryOptions) -> Option<GetDef> {
        let switch = self.switch(node, &GET);
        let node = node.filter(|_| switch.is_on())?;
        let path = switch.get("path").and_then(|node| self.path(node));
        let own = self.query_options(switch.get("options"), &options::DETAIL);
        Some(GetDef { path, options: options::over(shared, own), origin: node.key_origin() })
    }

    fn relations(&mut self, node: Option<&Node>, source: &str, shared: &QueryOptions) -> Vec<Relation> {
        let mut relations = Vec::new();
        for entry in self.entries(node, "write `relations: { posts: { many: posts, … } }`") {
            let source = format!("{source}.relations.{}", entry.key);
            relations.extend(self.relation(entry, source, shared));
        }
        relations
    }

    fn relation(&mut self, entry: &Entry, source: String, shared: &QueryOptions) -> Option<Relation> {
        let node = &entry.value;
        let fields = self.section(node, &RELATION)?;
        let examples = [
            ("many", "many: posts"),
            ("foreign_key", "foreign_key: author_id"),
            ("path", "path: \"/users/{id}/posts\""),
        ];
        for (key, example) in examples {
            if fields.get(key).is_none() {
                let message = format!("relation `{}` needs `{key}`", entry.key);
                self.missing(node, &message, example);
            }
        }
        let target = self.maybe_text(fields.get("many"));
        let foreign_key = self.maybe_text(fields.get("foreign_key"));
        let path = fields.get("path").and_then(|node| self.path(node));
        let own = self.query_options(fields.get("options"), &options::SHARED);
        Some(Relation {
            name: Spanned::new(entry.key.clone(), node.key_origin()),
            target: RelationTarget::Resource(target?),
            foreign_key: foreign_key?,
            path: path?,
            options: options::over(shared, own),
            source,
        })
    }

    fn names(&mut self, node: Option<&Node>) -> Names {
        let fields: Option<Fields<'_>> = node.and_then(|node| self.section(node, &NAMES));
        let Some(fields) = fields else { return Names::default() };
        let hooks = fields.get("hooks");
        if let Some(hooks) = hooks.filter(|hooks| hooks.entries().is_some()) {
            self.section(hooks, &HOOKS);
        }
        Names {
            new: self.maybe_text(fields.get("new")),
            patch: self.maybe_text(fields.get("patch")),
            replace: self.maybe_text(fields.get("replace")),
            params: self.maybe_text(fields.get("params")),
            filter: self.maybe_text(fields.get("filter")),
            sort: self.maybe_text(fields.get("sort")),
            keys: self.maybe_text(fields.get("keys")),
            hooks: self
                .pairs(hooks, HOOKS.form)
                .into_iter()
                .filter(|(operation, _)| HOOKS.keys.contains(&operation.as_str()))
                .collect(),
        }
    }
}
