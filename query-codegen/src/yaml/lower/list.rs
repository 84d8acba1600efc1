//! How is a resource's list read: its envelope, its pages, its order, and what its parameters mean?

use crate::{
    model::{
        FilterOp, ListDef, ListParam, ListStyle, PageStyle, Pagination, ParamRole, QueryOptions, SearchMatch, SortTerm,
    },
    origin::Spanned,
    suggest,
    yaml::{
        lower::{
            Lower, keys, options,
            section::{Fields, Section, Switch},
            types::Owner,
        },
        node::{Entry, Kind, Node},
    },
};

pub(crate) const LIST: Section = Section {
    what: "a list",
    keys: &["envelope", "pagination", "params", "sort", "options"],
    below: &[("list.options", options::QUERY_KEYS), ("list.pagination", PAGINATION.keys), ("infinite", &["infinite"])],
    form: "write `list: true`, or `list: { envelope: page, params: { … } }`",
};

pub(super) const PAGINATION: Section = Section {
    what: "`pagination`",
    keys: &["style", "page", "cursor", "size", "start", "default_size", "max_size"],
    below: &[],
    form: "write `pagination: { style: page, page: page, size: limit, default_size: 20 }`",
};

pub(super) const PARAM: Section = Section {
    what: "a list parameter",
    keys: &["type", "role", "field", "op", "fields", "match", "keys", "default", "style", "name", "doc"],
    below: &[],
    form: "write `role: { type: Role, role: filter, field: role, op: eq }`",
};

/// The words for what a parameter means, and the keys that go with each.
const ROLES: [(&str, &[&str]); 6] = [
    ("filter", &["field", "op"]),
    ("search", &["fields", "match"]),
    ("sort", &["keys"]),
    ("sort_order", &[]),
    ("shape", &[]),
    ("opaque", &[]),
];

impl Lower<'_> {
    /// Reads the list; `model` names its rows, `below` are the resource's own settings.
    pub(crate) fn list_def(
        &mut self,
        node: Option<&Node>,
        model: &str,
        source: &str,
        below: &QueryOptions,
    ) -> Option<ListDef> {
        let switch = self.switch(node, &LIST);
        if !switch.is_on() {
            return None;
        }
        let envelope = self.maybe_text(switch.get("envelope"));
        let pagination = switch.get("pagination").and_then(|node| self.pagination(node));
        let params = self.list_params(switch, model, source);
        let sort = self.list(switch.get("sort"), "write `sort: [-created_at, id]`");
        let sort = sort.iter().filter_map(|item| self.sort_term(item)).collect();
        let own = self.query_options(switch.get("options"), &options::SHARED);
        Some(ListDef {
            envelope: envelope.filter(|name| name.value != keys::NONE),
            pagination,
            params,
            sort,
            options: options::over(below, own),
            origin: node.map(Node::key_origin).unwrap_or_default(),
        })
    }

    fn sort_term(&mut self, node: &Node) -> Option<Spanned<SortTerm>> {
        let text = self.text(node)?;
        let (field, descending) = match text.strip_prefix('-') {
            Some(field) => (field.to_owned(), true),
            None => (text.value.clone(), false),
        };
        let length = field.chars().count();
        let origin = text.origin.within(usize::from(descending), length.max(1));
        Some(Spanned::new(SortTerm { field, descending }, origin))
    }

    fn pagination(&mut self, node: &Node) -> Option<Spanned<Pagination>> {
        let fields = self.section(node, &PAGINATION)?;
        let words = [("page", PageStyle::Page), ("cursor", PageStyle::Cursor)];
        let style = match (fields.get("style"), fields.get("cursor")) {
            (Some(style), _) => self.word(style, &words, 106)?.value,
            (None, Some(_)) if fields.get("page").is_none() => PageStyle::Cursor,
            (None, _) if fields.get("page").is_some() => PageStyle::Page,
            (None, _) => {
                self.missing(node, "`pagination` needs `style`", "style: page");
                return None;
            }
        };
        let (own, other, word) = match style {
            PageStyle::Page => ("page", "cursor", "page"),
            PageStyle::Cursor => ("cursor", "page", "cursor"),
        };
        if let Some(extra) = fields.get(other) {
            let message = format!("`{other}` does not go with `style: {word}`");
            self.misplaced(extra, message, &format!("write `{own}: …`"));
        }
        let integer = |lower: &mut Self, key: &str| {
            let help = format!("write `{key}: 20`");
            fields.get(key).and_then(|node| lower.integer(node, &help))
        };
        let pagination = Pagination {
            style,
            param: self.maybe_text(fields.get(own)),
            size: self.maybe_text(fields.get("size")),
            start: integer(self, "start"),
            default_size: integer(self, "default_size"),
            max_size: integer(self, "max_size"),
        };
        Some(Spanned::new(pagination, node.origin()))
    }

    fn list_params(&mut self, switch: Switch<'_>, model: &str, source: &str) -> Vec<ListParam> {
        let form = "write `params: { role: { type: Role, role: filter, field: role } }`";
        let mut params = Vec::new();
        for entry in self.entries(switch.get("params"), form) {
            let source = format!("{source}.list.params.{}", entry.key);
            let owner = Owner::of(model, &entry.key, source);
            params.extend(self.list_param(entry, &owner));
        }
        params
    }

    fn list_param(&mut self, entry: &Entry, owner: &Owner) -> Option<ListParam> {
        let node = &entry.value;
        let mut param = ListParam {
            name: Spanned::new(entry.key.clone(), node.key_origin()),
            rename: None,
            ty: None,
            role: None,
            default: None,
            style: ListStyle::Repeat,
            doc: None,
        };
        if matches!(node.kind, Kind::Text(_)) {
            // The short form says a type and no role: that one is needed is said once, by the checks.
            param.ty = self.ty(node, owner);
            return Some(param);
        }
        let fields = self.section(node, &PARAM)?;
        param.rename = self.maybe_text(fields.get("name"));
        param.ty = fields.get("type").and_then(|node| self.ty(node, owner));
        param.default = fields.get("default").and_then(|node| self.literal(node));
        param.doc = self.doc(fields.get("doc"));
        if let Some(style) = fields.get("style") {
            param.style = self.word(style, &ListStyle::WORDS, 106).map(|style| style.value).unwrap_or_default();
        }
        if let Some(role) = fields.get("role") {
            param.role = Some(self.param_role(role, node, fields)?);
        }
        Some(param)
    }

    fn param_role(&mut self, role: &Node, param: &Node, fields: Fields<'_>) -> Option<Spanned<ParamRole>> {
        let words = ROLES.map(|(word, keys)| (word, (word, keys)));
        let (word, own) = self.word(role, &words, 106)?.value;
        for (other, keys) in ROLES {
            for key in keys.iter().filter(|key| !own.contains(key)) {
                if let Some(extra) = fields.get(key) {
                    let message = format!("`{key}` does not go with `role: {word}`");
                    let help = match own {
                        [] => format!("`{key}` belongs to `role: {other}`"),
                        _ => format!("`{key}` belongs to `role: {other}`; `{word}` has {}", suggest::quoted(own)),
                    };
                    self.misplaced(extra, message, &help);
                }
            }
        }
        let value = match word {
            "filter" => self.filter(param, fields)?,
            "search" => self.search(param, fields)?,
            "sort" => self.sort_keys(param, fields)?,
            "sort_order" => ParamRole::SortOrder,
            "shape" => ParamRole::Shape,
            _ => ParamRole::Opaque,
        };
        Some(Spanned::new(value, role.origin()))
    }

    fn filter(&mut self, param: &Node, fields: Fields<'_>) -> Option<ParamRole> {
        let op = match fields.get("op") {
            Some(op) => self.word(op, &FilterOp::WORDS, 106)?,
            None => Spanned::new(FilterOp::Eq, param.key_origin()),
        };
        let Some(field) = fields.get("field") else {
            self.missing(param, "a filter needs `field`", "field: role");
            return None;
        };
        Some(ParamRole::Filter { field: self.text(field)?, op })
    }

    fn search(&mut self, param: &Node, fields: Fields<'_>) -> Option<ParamRole> {
        let how = match fields.get("match") {
            Some(how) => self.word(how, &SearchMatch::WORDS, 106)?,
            None => Spanned::new(SearchMatch::ContainsCi, param.key_origin()),
        };
        let names = self.texts(fields.get("fields"), "write `fields: [name, email]`");
        if fields.get("fields").is_none() && how.value != SearchMatch::Server {
            let message = "a search needs `fields`, or `match: server`";
            self.missing(param, message, "fields: [name]");
            return None;
        }
        Some(ParamRole::Search { fields: names, how })
    }

    fn sort_keys(&mut self, param: &Node, fields: Fields<'_>) -> Option<ParamRole> {
        let form = "write `keys: { created: created_at }`, or `keys: [name, created_at]`";
        let Some(keys) = fields.get("keys") else {
            self.missing(param, "a sort needs `keys`", "keys: { created: created_at }");
            return None;
        };
        let keys = match keys.kind {
            Kind::List(_) => self.texts(Some(keys), form).into_iter().map(|name| (name.clone(), name)).collect(),
            _ => self.pairs(Some(keys), form),
        };
        Some(ParamRole::Sort(keys))
    }
}
