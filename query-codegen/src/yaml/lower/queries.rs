//! How are queries and mutations read that belong to no resource?

use crate::{
    diagnostics::Diagnostic,
    model::{
        Change, ChangeKind, ChangeValue, Endpoint, KeyPart, ListReach, ListStyle, Literal, Method, MutationDef,
        OptimisticRule, ParamDef, ParamPlace, QueryDef, Select,
    },
    origin::Spanned,
    yaml::{
        lower::{
            Lower, options,
            section::{Fields, Section},
            types::Owner,
        },
        node::{Entry, Kind, Node},
    },
};

/// What `queries` looks like.
pub(crate) const FORM: &str = "write `queries: { me: { get: /me, returns: User } }`";

/// What `mutations` looks like.
pub(crate) const MUTATION_FORM: &str = "write `mutations: { follow: { post: \"/users/{id}/follow\", returns: User } }`";

pub(super) const QUERY: Section = Section {
    what: "a query",
    keys: &["get", "post", "put", "patch", "delete", "doc", "params", "returns", "writes", "select", "key", "options"],
    below: &[("queries.<name>.options", options::QUERY_KEYS), ("mutations", &["invalidates", "optimistic"])],
    form: "write `me: { get: /me, returns: User }`",
};

pub(super) const MUTATION: Section = Section {
    what: "a mutation",
    keys: &[
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "doc",
        "params",
        "returns",
        "optimistic",
        "invalidates",
        "retry",
        "network",
        "options",
    ],
    below: &[("queries", &["key", "select", "writes"])],
    form: "write `follow: { post: \"/users/{id}/follow\", returns: User }`",
};

pub(super) const PARAM: Section = Section {
    what: "a parameter",
    keys: &["in", "type", "name", "optional", "nullable", "default", "style", "doc"],
    below: &[],
    form: "write a type, `UserId`, or `{ in: query, type: u32, default: 10 }`",
};

pub(super) const SELECT: Section = Section {
    what: "`select`",
    keys: &["fn", "returns", "pick"],
    below: &[],
    form: "write `select: { fn: \"crate::total\", returns: u64 }`, or `select: { pick: [views] }`",
};

pub(super) const RULE: Section = Section {
    what: "an optimistic rule",
    keys: &["patch", "delete", "set", "inc", "push", "remove", "lists"],
    below: &[],
    form: "write `{ patch: \"users.detail(user_id)\", inc: { followers: 1 } }`",
};

const PLACES: [(&str, ParamPlace); 5] = [
    ("path", ParamPlace::Path),
    ("query", ParamPlace::Query),
    ("header", ParamPlace::Header),
    ("body", ParamPlace::Body),
    ("multipart", ParamPlace::Multipart),
];

const CHANGES: [(&str, ChangeKind); 4] =
    [("set", ChangeKind::Set), ("inc", ChangeKind::Inc), ("push", ChangeKind::Push), ("remove", ChangeKind::Remove)];

impl Lower<'_> {
    /// Reads one query.
    pub(crate) fn query(&mut self, entry: &Entry) -> Option<QueryDef> {
        let node = &entry.value;
        let fields = self.section(node, &QUERY)?;
        let source = format!("queries.{}", entry.key);
        let endpoint = self.endpoint(node, fields, &format!("query `{}`", entry.key));
        let params = self.params(fields, endpoint.as_ref(), &entry.key, &source);
        let result = result_owner(&entry.key, &source);
        let returns = self.returns(fields.get("returns"), &result);
        let writes = fields.get("writes").and_then(|node| self.key(node));
        let select = fields.get("select").and_then(|node| self.select(node, &entry.key, &source));
        let key = self.query_key(fields.get("key"), &params);
        let query_options = self.query_options(fields.get("options"), &options::CUSTOM);
        Some(QueryDef {
            name: Spanned::new(entry.key.clone(), node.key_origin()),
            doc: self.doc(fields.get("doc")),
            endpoint: endpoint?,
            params,
            returns,
            writes,
            select,
            key,
            options: query_options,
            source,
        })
    }

    /// Reads the one key that is a method, and its path.
    fn endpoint(&mut self, node: &Node, fields: Fields<'_>, what: &str) -> Option<Endpoint> {
        let mut found: Option<(&str, Method, &Node)> = None;
        let mut entries: Vec<&Entry> = Vec::new();
        entries.extend(node.entries().unwrap_or_default());
        for entry in entries {
            let Some((word, method)) = Method::WORDS.iter().find(|(word, _)| *word == entry.key) else {
                continue;
            };
            if let Some((first, _, _)) = found {
                let message = format!("`{word}` does not go with `{first}`");
                let help = "a request has one method: leave out one of them";
                self.report(Diagnostic::error(304, message, &entry.value.key_origin()).help(help));
            } else {
                found = fields.get(word).map(|value| (*word, *method, value));
            }
        }
        let Some((_, method, value)) = found else {
            let message = format!("{what} needs `get`, or another method, and its path");
            self.missing(node, &message, "get: /me");
            return None;
        };
        let path = self.path(value)?;
        Some(Endpoint { method: Spanned::new(method, value.key_origin()), path })
    }

    fn params(&mut self, fields: Fields<'_>, endpoint: Option<&Endpoint>, name: &str, source: &str) -> Vec<ParamDef> {
        let form = "write `params: { user_id: { in: path, type: UserId } }`";
        let mut params = Vec::new();
        for entry in self.entries(fields.get("params"), form) {
            let owner = Owner::of(name, &entry.key, format!("{source}.params.{}", entry.key));
            params.extend(self.param(entry, endpoint, &owner));
        }
        params
    }

    fn param(&mut self, entry: &Entry, endpoint: Option<&Endpoint>, owner: &Owner) -> Option<ParamDef> {
        let node = &entry.value;
        let name = Spanned::new(entry.key.clone(), node.key_origin());
        let place = Spanned::new(default_place(&entry.key, endpoint), node.key_origin());
        if matches!(node.kind, Kind::Text(_) | Kind::List(_)) {
            let ty = self.ty(node, owner)?;
            return Some(ParamDef {
                name,
                rename: None,
                place,
                ty,
                presence: crate::model::Presence::Required,
                default: None,
                style: ListStyle::Repeat,
                doc: None,
            });
        }
        let fields = self.section(node, &PARAM)?;
        let Some(ty) = fields.get("type") else {
            let message = format!("parameter `{}` needs `type`", entry.key);
            self.missing(node, &message, "type: string");
            return None;
        };
        let written = fields.get("in").map(|node| self.word(node, &PLACES, 106));
        let style = fields.get("style").and_then(|node| self.word(node, &ListStyle::WORDS, 106));
        Some(ParamDef {
            name,
            rename: self.maybe_text(fields.get("name")),
            place: written.flatten().unwrap_or(place),
            ty: self.ty(ty, owner)?,
            presence: self.presence(fields),
            default: fields.get("default").and_then(|node| self.literal(node)),
            style: style.map(|style| style.value).unwrap_or_default(),
            doc: self.doc(fields.get("doc")),
        })
    }

    fn select(&mut self, node: &Node, name: &str, source: &str) -> Option<Spanned<Select>> {
        let fields = self.section(node, &SELECT)?;
        let select = match (fields.get("fn"), fields.get("pick")) {
            (Some(function), None) => {
                let path = self.text(function);
                let owner = Owner::of(name, "selected", format!("{source}.select.returns"));
                let Some(returns) = fields.get("returns") else {
                    let message = "`select` needs `returns`, the type that the function returns";
                    self.missing(node, message, "returns: u64");
                    return None;
                };
                Select::Function { path: path?, returns: self.ty(returns, &owner)? }
            }
            (None, Some(pick)) => {
                if let Some(extra) = fields.get("returns") {
                    let message = "`returns` does not go with `pick`".to_owned();
                    self.misplaced(extra, message, "leave it out: the struct is made from the fields");
                }
                Select::Pick(self.texts(Some(pick), "write `pick: [views]`"))
            }
            (Some(_), Some(pick)) => {
                let message = "`pick` does not go with `fn`".to_owned();
                self.misplaced(pick, message, "leave out one of them");
                return None;
            }
            (None, None) => {
                self.missing(node, "`select` needs `fn` or `pick`", "pick: [views]");
                return None;
            }
        };
        Some(Spanned::new(select, node.origin()))
    }

    fn query_key(&mut self, node: Option<&Node>, params: &[ParamDef]) -> Vec<Spanned<KeyPart>> {
        let form = "write `key: [\"users.detail(user_id)\", stats, period]`";
        let mut parts = Vec::new();
        for (index, item) in self.list(node, form).iter().enumerate() {
            let Some(text) = self.text(item) else { continue };
            let part = if text.contains(['.', '(']) {
                let Some(key) = self.key(item) else { continue };
                if index > 0 {
                    let message = format!("`{}` can only be the first part of a key", text.value);
                    let diagnostic = Diagnostic::error(106, message, &text.origin);
                    self.report(diagnostic.help("put it first, or write a parameter or a word"));
                    continue;
                }
                KeyPart::Under(Box::new(key.value))
            } else if params.iter().any(|param| param.name.value == text.value) {
                KeyPart::Param(text.value)
            } else {
                KeyPart::Word(text.value)
            };
            parts.push(Spanned::new(part, text.origin));
        }
        parts
    }

    /// Reads one mutation.
    pub(crate) fn mutation(&mut self, entry: &Entry) -> Option<MutationDef> {
        let node = &entry.value;
        let fields = self.section(node, &MUTATION)?;
        let source = format!("mutations.{}", entry.key);
        let endpoint = self.endpoint(node, fields, &format!("mutation `{}`", entry.key));
        let params = self.params(fields, endpoint.as_ref(), &entry.key, &source);
        let result = result_owner(&entry.key, &source);
        let returns = self.returns(fields.get("returns"), &result);
        let form = "write `optimistic: [{ patch: \"users.detail(user_id)\", inc: { followers: 1 } }]`";
        let rules = self.list(fields.get("optimistic"), form);
        let optimistic = rules.iter().filter_map(|rule| self.rule(rule)).collect();
        let invalidates = self.invalidates(fields.get("invalidates"));
        let own = self.mutation_settings(fields.get("retry"), fields.get("network"));
        let mut settings = self.mutation_options(fields.get("options"));
        settings.retry = own.retry.or(settings.retry);
        settings.network = own.network.or(settings.network);
        Some(MutationDef {
            name: Spanned::new(entry.key.clone(), node.key_origin()),
            doc: self.doc(fields.get("doc")),
            endpoint: endpoint?,
            params,
            returns,
            optimistic,
            invalidates,
            options: settings,
            source,
        })
    }

    fn rule(&mut self, node: &Node) -> Option<Spanned<OptimisticRule>> {
        let fields = self.section(node, &RULE)?;
        let mut changes = Vec::new();
        for entry in node.entries().unwrap_or_default() {
            let Some((word, kind)) = CHANGES.iter().find(|(word, _)| *word == entry.key) else {
                continue;
            };
            let form = format!("write `{word}: {{ field: value }}`");
            for change in self.entries(Some(&entry.value), &form) {
                let Some(value) = self.change_value(&change.value) else { continue };
                let field = Spanned::new(change.key.clone(), change.value.key_origin());
                changes.push(Change { kind: *kind, field, value });
            }
        }
        let lists = fields.get("lists").and_then(|node| self.word(node, &ListReach::WORDS, 106));
        let (target, deletes) = match (fields.get("patch"), fields.get("delete")) {
            (Some(target), None) => (target, false),
            (None, Some(target)) => (target, true),
            (Some(_), Some(second)) => {
                let message = "`delete` does not go with `patch`".to_owned();
                self.misplaced(second, message, "write two rules, one for each row");
                return None;
            }
            (None, None) => {
                let message = "an optimistic rule needs `patch`, the row it changes, or `delete`, the row that goes";
                self.missing(node, message, "patch: \"users.detail(user_id)\"");
                return None;
            }
        };
        let target = self.key(target)?.value;
        Some(Spanned::new(OptimisticRule { target, deletes, changes, lists }, node.origin()))
    }

    fn change_value(&mut self, node: &Node) -> Option<Spanned<ChangeValue>> {
        let literal = self.literal(node)?;
        let value = match literal.value {
            Literal::String(text) if text.starts_with('$') => ChangeValue::Param(text[1..].to_owned()),
            other => ChangeValue::Literal(other),
        };
        Some(Spanned::new(value, literal.origin))
    }
}

/// Returns the owner of a result that is written where a type stands: `UserStatsResult`.
fn result_owner(name: &str, source: &str) -> Owner {
    Owner::of(name, "result", format!("{source}.returns"))
}

/// Returns where a parameter travels if nothing is said: in the path if that names it, else with the method's payload.
fn default_place(name: &str, endpoint: Option<&Endpoint>) -> ParamPlace {
    let Some(endpoint) = endpoint else { return ParamPlace::Query };
    if endpoint.path.parameters().any(|parameter| parameter == name) {
        return ParamPlace::Path;
    }
    match endpoint.method.value {
        Method::Get | Method::Delete => ParamPlace::Query,
        Method::Post | Method::Put | Method::Patch => ParamPlace::Body,
    }
}
