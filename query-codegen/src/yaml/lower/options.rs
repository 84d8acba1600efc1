//! How are the settings of queries and mutations read, layer by layer?

use crate::{
    diagnostics::Diagnostic,
    model::{MutationOptions, NetworkMode, Placeholder, QueryOptions, RefetchWhen, RetryOptions, StatusRange},
    origin::Spanned,
    yaml::{
        lower::{
            Lower,
            section::{Fields, Section},
        },
        node::{Kind, Node},
    },
};

/// Settings that every query has.
pub(crate) const QUERY_KEYS: &[&str] = &[
    "stale_time",
    "gc_time",
    "retry",
    "refetch",
    "refetch_interval",
    "network",
    "placeholder",
    "max_pages",
    "from_list",
    "enabled",
];

const FORM: &str = "write `options: { stale_time: 2m, retry: 3 }`";

/// Where the parts of some settings belong.
const BELOW: &[(&str, &[&str])] =
    &[("refetch", &["on_focus", "on_mount", "on_reconnect"]), ("retry", &["max", "skip", "backoff"])];

/// Settings of all queries of a resource or of the API.
pub(crate) const SHARED: Section = Section {
    what: "query options",
    keys: &["stale_time", "gc_time", "retry", "refetch", "refetch_interval", "network", "placeholder"],
    below: &[
        ("infinite.options", &["max_pages"]),
        ("get.options", &["from_list"]),
        ("queries.<name>.options", &["enabled"]),
        BELOW[0],
        BELOW[1],
    ],
    form: FORM,
};

/// Settings of an infinite list.
pub(crate) const INFINITE: Section = Section {
    what: "options of an infinite list",
    keys: &["stale_time", "gc_time", "retry", "refetch", "refetch_interval", "network", "placeholder", "max_pages"],
    below: BELOW,
    form: FORM,
};

/// Settings of a detail.
pub(crate) const DETAIL: Section = Section {
    what: "options of a detail",
    keys: &["stale_time", "gc_time", "retry", "refetch", "refetch_interval", "network", "placeholder", "from_list"],
    below: BELOW,
    form: FORM,
};

/// Settings of a custom query.
pub(crate) const CUSTOM: Section = Section {
    what: "query options",
    keys: &["stale_time", "gc_time", "retry", "refetch", "refetch_interval", "network", "placeholder", "enabled"],
    below: BELOW,
    form: FORM,
};

/// Settings of a mutation.
pub(crate) const MUTATION: Section = Section {
    what: "mutation options",
    keys: &["retry", "network"],
    below: &[("retry", &["max", "skip", "backoff"])],
    form: "write `options: { retry: 3, network: online }`",
};

pub(super) const REFETCH: Section = Section {
    what: "`refetch`",
    keys: &["on_mount", "on_focus", "on_reconnect"],
    below: &[("options", &["refetch_interval", "stale_time"])],
    form: "write `refetch: { on_focus: true, on_reconnect: true, on_mount: always }`",
};

pub(super) const RETRY: Section = Section {
    what: "`retry`",
    keys: &["max", "skip", "backoff"],
    below: &[("retry.backoff", &["base", "factor"])],
    form: RETRY_FORM,
};

const RETRY_FORM: &str = "write `retry: 3` or `retry: { max: 3, skip: [4xx] }`";

pub(super) const BACKOFF: Section = Section {
    what: "`backoff`",
    keys: &["base", "factor", "max"],
    below: &[],
    form: "write `backoff: { base: 1s, factor: 2, max: 30s }`",
};

impl Lower<'_> {
    /// Reads one layer of query settings.
    pub(crate) fn query_options(&mut self, node: Option<&Node>, section: &Section) -> QueryOptions {
        let fields = node.and_then(|node| self.section(node, section));
        let Some(fields) = fields else { return QueryOptions::default() };
        let placeholder = fields.get("placeholder");
        let mut options = QueryOptions {
            stale_time: fields.get("stale_time").and_then(|node| self.span(node)),
            gc_time: fields.get("gc_time").and_then(|node| self.span(node)),
            retry: fields.get("retry").and_then(|node| self.retry(node)),
            refetch_interval: fields.get("refetch_interval").and_then(|node| self.duration(node)),
            network: fields.get("network").and_then(|node| self.network(node)),
            placeholder: placeholder.and_then(|node| self.word(node, &Placeholder::WORDS, 106)),
            max_pages: fields.get("max_pages").and_then(|node| self.integer(node, "write `max_pages: 10`")),
            from_list: self.maybe_boolean(fields.get("from_list")),
            enabled: self.maybe_text(fields.get("enabled")),
            ..QueryOptions::default()
        };
        if let Some(refetch) = fields.get("refetch") {
            self.refetch(refetch, &mut options);
        }
        options
    }

    fn refetch(&mut self, node: &Node, options: &mut QueryOptions) {
        let Some(fields) = self.section(node, &REFETCH) else { return };
        options.on_mount = self.refetch_when(fields, "on_mount");
        options.on_focus = self.refetch_when(fields, "on_focus");
        options.on_reconnect = self.refetch_when(fields, "on_reconnect");
    }

    fn refetch_when(&mut self, fields: Fields<'_>, key: &str) -> Option<Spanned<RefetchWhen>> {
        let node = fields.get(key)?;
        let words = [("stale", RefetchWhen::Stale), ("always", RefetchWhen::Always), ("never", RefetchWhen::Never)];
        match node.kind {
            Kind::Bool(true) => Some(Spanned::new(RefetchWhen::Stale, node.origin())),
            Kind::Bool(false) => Some(Spanned::new(RefetchWhen::Never, node.origin())),
            Kind::Text(_) => self.word(node, &words, 106),
            _ => {
                let help = "write `true` (when stale), `false` or `always`";
                self.expected(node, "`true`, `false` or `always`", help);
                None
            }
        }
    }

    fn network(&mut self, node: &Node) -> Option<Spanned<NetworkMode>> {
        let words = [
            ("online", NetworkMode::Online),
            ("always", NetworkMode::Always),
            ("offline_first", NetworkMode::OfflineFirst),
        ];
        self.word(node, &words, 903)
    }

    fn retry(&mut self, node: &Node) -> Option<Spanned<RetryOptions>> {
        let mut retry = RetryOptions::default();
        if !matches!(node.kind, Kind::Map(_)) {
            retry.max = Some(self.integer(node, RETRY_FORM)?);
            return Some(Spanned::new(retry, node.origin()));
        }
        let fields = self.section(node, &RETRY)?;
        retry.max = fields.get("max").and_then(|node| self.integer(node, "write `max: 3`"));
        let skip = self.list(fields.get("skip"), "write `skip: [4xx, 503]`");
        retry.skip = skip.iter().filter_map(|item| self.status_range(item)).collect();
        let backoff = fields.get("backoff").and_then(|node| self.section(node, &BACKOFF));
        if let Some(backoff) = backoff {
            retry.base = backoff.get("base").and_then(|node| self.duration(node));
            retry.factor = backoff.get("factor").and_then(|node| self.number(node, "write `factor: 2`"));
            retry.longest = backoff.get("max").and_then(|node| self.duration(node));
        }
        Some(Spanned::new(retry, node.origin()))
    }

    /// Reads `404` or `4xx`.
    fn status_range(&mut self, node: &Node) -> Option<Spanned<StatusRange>> {
        let range = match &node.kind {
            Kind::Integer(status @ 100..=599) => u16::try_from(*status).ok().map(StatusRange::Status),
            Kind::Text(text) => match text.as_bytes() {
                [digit @ b'1'..=b'5', b'x' | b'X', b'x' | b'X'] => Some(StatusRange::Class(digit - b'0')),
                _ => None,
            },
            _ => None,
        };
        let Some(range) = range else {
            let message = format!("{} is not a status or a class of statuses", node.found());
            let diagnostic = Diagnostic::error(904, message, &node.origin());
            self.report(diagnostic.help("write a status, `404`, or a class, `4xx`"));
            return None;
        };
        Some(Spanned::new(range, node.origin()))
    }

    /// Reads one layer of mutation settings.
    pub(crate) fn mutation_options(&mut self, node: Option<&Node>) -> MutationOptions {
        let fields = node.and_then(|node| self.section(node, &MUTATION));
        let Some(fields) = fields else { return MutationOptions::default() };
        self.mutation_settings(fields.get("retry"), fields.get("network"))
    }

    /// Reads mutation settings, and the same ones written without `options`, which is shorter.
    pub(crate) fn mutation_settings(&mut self, retry: Option<&Node>, network: Option<&Node>) -> MutationOptions {
        MutationOptions {
            retry: retry.and_then(|node| self.retry(node)),
            network: network.and_then(|node| self.network(node)),
        }
    }
}

/// Lays a query's own settings over those of its resource.
pub(crate) fn over(below: &QueryOptions, own: QueryOptions) -> QueryOptions {
    QueryOptions {
        stale_time: own.stale_time.or_else(|| below.stale_time.clone()),
        gc_time: own.gc_time.or_else(|| below.gc_time.clone()),
        retry: own.retry.or_else(|| below.retry.clone()),
        on_mount: own.on_mount.or_else(|| below.on_mount.clone()),
        on_focus: own.on_focus.or_else(|| below.on_focus.clone()),
        on_reconnect: own.on_reconnect.or_else(|| below.on_reconnect.clone()),
        refetch_interval: own.refetch_interval.or_else(|| below.refetch_interval.clone()),
        network: own.network.or_else(|| below.network.clone()),
        placeholder: own.placeholder.or_else(|| below.placeholder.clone()),
        max_pages: own.max_pages.or_else(|| below.max_pages.clone()),
        from_list: own.from_list.or_else(|| below.from_list.clone()),
        enabled: own.enabled.or_else(|| below.enabled.clone()),
    }
}
