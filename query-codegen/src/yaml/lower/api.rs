//! How is the section `api` read: where the server is, how it is spoken to, and what holds for all requests?

use crate::{
    model::{
        Api, Auth, AuthRefresh, AuthScheme, EnvText, ErrorBody, Level, Method, MutationOptions, QueryOptions, Type,
        Watermark, WireCase,
    },
    origin::Spanned,
    yaml::{
        lower::{Lower, options, section::Section, types::Owner},
        node::{Kind, Node},
    },
};

pub(crate) const API: Section = Section {
    what: "`api`",
    keys: &["name", "doc", "base_url", "headers", "naming", "auth", "error", "level", "watermark", "defaults"],
    below: &[
        ("api.defaults.query", options::QUERY_KEYS),
        ("api.defaults", &["query", "mutation"]),
        ("api.naming", &["wire"]),
        ("api.auth", &["scheme", "refresh"]),
        ("api.watermark", WATERMARK.keys),
    ],
    form: "write `api: { name: social, base_url: \"/api\" }`",
};

pub(super) const ENV_TEXT: Section = Section {
    what: "a text from the environment",
    keys: &["default", "env"],
    below: &[],
    form: "write a text, or `{ default: \"/api\", env: API_URL }`",
};

pub(super) const NAMING: Section =
    Section { what: "`naming`", keys: &["wire"], below: &[], form: "write `naming: { wire: camelCase }`" };

pub(super) const AUTH: Section = Section {
    what: "`auth`",
    keys: &["scheme", "refresh"],
    below: &[("auth.refresh", REFRESH.keys)],
    form: "write `auth: bearer`, or `auth: { scheme: bearer, refresh: { … } }`",
};

pub(super) const REFRESH: Section = Section {
    what: "`auth.refresh`",
    keys: &["method", "path", "request", "response", "statuses", "on_failure"],
    below: &[],
    form: "write `refresh: { method: POST, path: /auth/refresh, statuses: [401] }`",
};

pub(super) const ERROR: Section = Section {
    what: "`error`",
    keys: &["model", "message", "conflict"],
    below: &[("error.conflict", &["status", "current"])],
    form: "write `error: ApiError`, or `error: { model: ApiError, message: message }`",
};

pub(super) const CONFLICT: Section = Section {
    what: "`error.conflict`",
    keys: &["status", "current"],
    below: &[],
    form: "write `conflict: { status: 409, current: current }`",
};

pub(super) const WATERMARK: Section =
    Section { what: "`watermark`", keys: &["header"], below: &[], form: "write `watermark: { header: X-Snapshot }`" };

pub(super) const DEFAULTS: Section = Section {
    what: "`defaults`",
    keys: &["query", "mutation"],
    below: &[("api.defaults.query", options::QUERY_KEYS)],
    form: "write `defaults: { query: { stale_time: 5m }, mutation: { retry: 1 } }`",
};

/// The words for wire names.
const CASES: [(&str, WireCase); 5] = [
    ("camelCase", WireCase::Camel),
    ("snake_case", WireCase::Snake),
    ("kebab-case", WireCase::Kebab),
    ("PascalCase", WireCase::Pascal),
    ("as_is", WireCase::AsIs),
];

const SCHEMES: [(&str, AuthScheme); 4] = [
    ("bearer", AuthScheme::Bearer),
    ("basic", AuthScheme::Basic),
    ("api_key", AuthScheme::ApiKey),
    ("none", AuthScheme::None),
];

/// Returns an API of which nothing is said.
pub(crate) fn empty_api() -> Api {
    Api {
        name: None,
        ty: None,
        doc: None,
        base_url: None,
        headers: Vec::new(),
        wire: Spanned::default_of(WireCase::AsIs),
        auth: None,
        error: None,
        level: None,
        watermark: None,
        query: QueryOptions::default(),
        mutation: MutationOptions::default(),
    }
}

impl Lower<'_> {
    /// Reads the API's own settings.
    pub(crate) fn api(&mut self, node: &Node) -> Api {
        let Some(fields) = self.section(node, &API) else { return empty_api() };
        if fields.get("name").is_none() {
            self.missing(node, "`api` needs `name`, the first part of every key", "name: social");
        }
        let mut api = Api {
            name: self.maybe_text(fields.get("name")),
            doc: self.doc(fields.get("doc")),
            base_url: fields.get("base_url").and_then(|node| self.env_text(node)),
            auth: fields.get("auth").and_then(|node| self.auth(node)),
            error: fields.get("error").and_then(|node| self.error_body(node)),
            level: fields.get("level").and_then(|node| self.word(node, &Level::WORDS, 106)),
            watermark: fields.get("watermark").and_then(|node| self.watermark(node)),
            ..empty_api()
        };
        let form = "write `headers: { X-Client: web }`";
        for entry in self.entries(fields.get("headers"), form) {
            if let Some(value) = self.env_text(&entry.value) {
                let name = Spanned::new(entry.key.clone(), entry.value.key_origin());
                api.headers.push((name, value));
            }
        }
        if let Some(wire) = fields.get("naming").and_then(|node| self.naming(node)) {
            api.wire = wire;
        }
        let defaults = fields.get("defaults").and_then(|node| self.section(node, &DEFAULTS));
        if let Some(defaults) = defaults {
            api.query = self.query_options(defaults.get("query"), &options::SHARED);
            api.mutation = self.mutation_options(defaults.get("mutation"));
        }
        api
    }

    fn watermark(&mut self, node: &Node) -> Option<Watermark> {
        let fields = self.section(node, &WATERMARK)?;
        let Some(header) = fields.get("header") else {
            self.missing(node, "`watermark` needs `header`", "header: X-Snapshot");
            return None;
        };
        Some(Watermark { header: self.text(header)? })
    }

    fn naming(&mut self, node: &Node) -> Option<Spanned<WireCase>> {
        if matches!(node.kind, Kind::Text(_)) {
            return self.word(node, &CASES, 106);
        }
        let wire = self.section(node, &NAMING)?.get("wire")?;
        self.word(wire, &CASES, 106)
    }

    fn env_text(&mut self, node: &Node) -> Option<Spanned<EnvText>> {
        if !matches!(node.kind, Kind::Map(_)) {
            let text = self.text(node)?;
            return Some(Spanned::new(EnvText { default: text.value, env: None }, text.origin));
        }
        let fields = self.section(node, &ENV_TEXT)?;
        let Some(default) = fields.get("default") else {
            let message = "a text from the environment needs `default`";
            self.missing(node, message, "default: \"\"");
            return None;
        };
        let default = self.text(default)?.value;
        let env = self.maybe_text(fields.get("env")).map(|env| env.value);
        Some(Spanned::new(EnvText { default, env }, node.origin()))
    }

    fn auth(&mut self, node: &Node) -> Option<Spanned<Auth>> {
        let origin = node.origin();
        if matches!(node.kind, Kind::Text(_)) {
            let scheme = self.word(node, &SCHEMES, 106)?;
            return Some(Spanned::new(Auth { scheme, refresh: None }, origin));
        }
        let fields = self.section(node, &AUTH)?;
        let refresh = fields.get("refresh").and_then(|node| self.auth_refresh(node));
        let Some(scheme) = fields.get("scheme") else {
            self.missing(node, "`auth` needs `scheme`", "scheme: bearer");
            return None;
        };
        let scheme = self.word(scheme, &SCHEMES, 106)?;
        Some(Spanned::new(Auth { scheme, refresh }, origin))
    }

    fn auth_refresh(&mut self, node: &Node) -> Option<Spanned<AuthRefresh>> {
        let fields = self.section(node, &REFRESH)?;
        let method = fields.get("method").and_then(|node| self.method(node));
        let statuses = self.list(fields.get("statuses"), "write `statuses: [401]`");
        let statuses = statuses.iter().filter_map(|item| self.integer(item, "write a status, `401`")).collect();
        let words = [("sign_out", "sign_out"), ("error", "error")];
        let on_failure = fields.get("on_failure").and_then(|node| self.word(node, &words, 106));
        let refresh = AuthRefresh {
            method: method.unwrap_or_else(|| Spanned::new(Method::Post, node.key_origin())),
            path: fields.get("path").and_then(|node| self.path(node)),
            request: self.pairs(fields.get("request"), "write `request: { token: $refresh_token }`"),
            response: self.pairs(fields.get("response"), "write `response: { access_token: token }`"),
            statuses,
            on_failure: on_failure.map(|word| Spanned::new(word.value.to_owned(), word.origin)),
        };
        Some(Spanned::new(refresh, node.origin()))
    }

    /// Reads a map from names to texts.
    pub(crate) fn pairs(&mut self, node: Option<&Node>, form: &str) -> Vec<(Spanned<String>, Spanned<String>)> {
        let mut pairs = Vec::new();
        for entry in self.entries(node, form) {
            if let Some(value) = self.text(&entry.value) {
                pairs.push((Spanned::new(entry.key.clone(), entry.value.key_origin()), value));
            }
        }
        pairs
    }

    /// Reads a method, in either case.
    pub(crate) fn method(&mut self, node: &Node) -> Option<Spanned<Method>> {
        if let Some(method) = node.as_text().and_then(Method::parse) {
            return Some(Spanned::new(method, node.origin()));
        }
        let words = [
            ("GET", Method::Get),
            ("POST", Method::Post),
            ("PUT", Method::Put),
            ("PATCH", Method::Patch),
            ("DELETE", Method::Delete),
        ];
        self.word(node, &words, 106)
    }

    fn error_body(&mut self, node: &Node) -> Option<ErrorBody> {
        let owner = Owner { name: "ErrorBody".to_owned(), source: "api.error".to_owned() };
        if matches!(node.kind, Kind::Text(_)) {
            let ty: Spanned<Type> = self.ty(node, &owner)?;
            return Some(ErrorBody { ty, message: None, conflict: None });
        }
        let fields = self.section(node, &ERROR)?;
        let conflict = fields.get("conflict").and_then(|node| self.error_conflict(node));
        let message = self.maybe_text(fields.get("message"));
        let Some(model) = fields.get("model") else {
            self.missing(node, "`error` needs `model`", "model: ApiError");
            return None;
        };
        Some(ErrorBody { ty: self.ty(model, &owner)?, message, conflict })
    }

    fn error_conflict(&mut self, node: &Node) -> Option<(Spanned<u16>, Option<Spanned<String>>)> {
        let fields = self.section(node, &CONFLICT)?;
        let current = self.maybe_text(fields.get("current"));
        let status = match fields.get("status") {
            Some(status) => self.integer(status, "write `status: 409`")?,
            None => Spanned::new(409, node.key_origin()),
        };
        Some((status, current))
    }
}
