//! What does this crate offer: the cache that typed query hooks run on.

mod marker;

mod backoff;
mod clock;
mod env;
mod error;
mod key;
mod spawn;
mod status;

pub mod filter;
mod page;
mod resource;
mod rows;
mod value;

mod request;
mod transport;

#[cfg(feature = "http")]
mod http;

mod heart;
mod projection;

mod client;
mod event;
mod mutation;
mod observer;
mod options;
mod shell;
mod signal;

#[cfg(feature = "test-util")]
pub mod testing;

pub mod sort;
pub mod temp_id;

#[doc(hidden)]
pub mod __private;

pub use backoff::{RetryDecision, RetryPolicy};
pub use client::{QueryClientBuilder, QueryFilter, QueryState, RefetchType, Statistics};
pub use clock::{Clock, Moment, Sleeper, SystemClock};
pub use env::Env;
pub use error::QueryError;
pub use event::{CacheAction, CacheEvent};
pub use key::{Key, KeyBuilder, KeyFloat, KeyPrefix, KeySegment, ParamsSegment, QueryKey};
pub use marker::{BoxFuture, MaybeSend, MaybeSync};
pub use mutation::{MutationContext, MutationEvent, MutationHandle, MutationObserver, MutationOptions, MutationResult};
pub use observer::{InfiniteObserver, InfiniteResult, InfiniteStream, QueryObserver, QueryResult, QueryStream};
pub use options::{InfiniteOptions, QueryData, QueryOptions};
pub use page::{Cursor, Envelope, InfiniteData, Page};
pub use request::{Request, Response, Rewrite};
pub use resource::{
    Change, Entity, EnvText, InsertAt, ListFilter, ListReach, ListWindow, Membership, NoChange, QueryApi,
};
pub use rows::Rows;
pub use shell::{AbortSignal, FetchContext, QueryClient, QueryDefaults, Settled};
pub use signal::Subscription;
pub use spawn::{Spawner, Task, TaskHandle, task};
pub use status::{FetchStatus, GcTime, MutationStatus, NetworkMode, QueryStatus, RefetchWhen, StaleTime};
pub use transport::{Method, PreparedRequest, RawResponse, Transport};
pub use value::{DateTime, Json, Maybe, NullablePatch, Patch, SortOrder};

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub use {clock::BrowserSleeper, spawn::BrowserSpawner};
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use {clock::TokioSleeper, spawn::TokioSpawner};

#[cfg(feature = "http")]
pub use http::{HttpTransport, HttpTransportBuilder};
#[cfg(feature = "derive")]
pub use query_derive::{QueryResource, query_schema};

/// The README's examples, compiled.
#[cfg(all(doctest, feature = "derive", feature = "http"))]
#[doc = include_str!("../../README.md")]
struct Readme;
