//! Which settings does a query or a mutation have, layer by layer?

use std::time::Duration;

use crate::origin::Spanned;

/// A length of time, or for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// This long.
    For(Duration),
    /// For ever.
    Infinite,
}

/// When a running program talks to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum NetworkMode {
    Online,
    Always,
    OfflineFirst,
}

/// When an observer fetches again: never, when stale, or always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum RefetchWhen {
    Never,
    Stale,
    Always,
}

/// What is shown while a query has no data of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// The data of the key before.
    KeepPrevious,
    /// Nothing.
    None,
}

/// A status, or a class of statuses, that is not retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusRange {
    /// One status.
    Status(u16),
    /// A class: 4 is 4xx.
    Class(u8),
}

/// How failures are retried.
#[derive(Clone, Debug, Default)]
pub struct RetryOptions {
    /// How often, at most.
    pub max: Option<Spanned<u32>>,
    /// What is never retried.
    pub skip: Vec<Spanned<StatusRange>>,
    /// The delay before the first retry.
    pub base: Option<Spanned<Duration>>,
    /// By how much the delay grows.
    pub factor: Option<Spanned<f64>>,
    /// The longest delay.
    pub longest: Option<Spanned<Duration>>,
}

/// The settings of a query that one layer gives; what it leaves out comes from the layer below.
///
/// Layers, lowest first: the runtime's defaults, `api.defaults.query`, the query's own `options`, the call site.
#[derive(Clone, Debug, Default)]
pub struct QueryOptions {
    /// How long data counts as fresh.
    pub stale_time: Option<Spanned<Span>>,
    /// How long data without observers is kept.
    pub gc_time: Option<Spanned<Span>>,
    /// How failures are retried.
    pub retry: Option<Spanned<RetryOptions>>,
    /// Whether an observer that appears fetches.
    pub on_mount: Option<Spanned<RefetchWhen>>,
    /// Whether gaining focus fetches.
    pub on_focus: Option<Spanned<RefetchWhen>>,
    /// Whether gaining the connection fetches.
    pub on_reconnect: Option<Spanned<RefetchWhen>>,
    /// How often to fetch while observed.
    pub refetch_interval: Option<Spanned<Duration>>,
    /// Network mode.
    pub network: Option<Spanned<NetworkMode>>,
    /// What is shown while there is no data.
    pub placeholder: Option<Spanned<Placeholder>>,
    /// Infinite queries: how many pages are kept.
    pub max_pages: Option<Spanned<u32>>,
    /// Detail queries: seed from a row of a cached list.
    pub from_list: Option<Spanned<bool>>,
    /// Custom queries: the parameter that must be given for the query to run.
    pub enabled: Option<Spanned<String>>,
}

/// The settings of a mutation that one layer gives.
#[derive(Clone, Debug, Default)]
pub struct MutationOptions {
    /// How failures are retried.
    pub retry: Option<Spanned<RetryOptions>>,
    /// Network mode.
    pub network: Option<Spanned<NetworkMode>>,
}
