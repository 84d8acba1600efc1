//! What does this crate offer: the cache that typed query hooks run on.
//!
//! Data that lives on a server is fetched by a *query*, kept under its *key*, and shown by *observers*; a *mutation* changes
//! it on the server and shows what it will be until the server has answered. Generated hooks (`use_users(&client, …)`) return
//! the observers of this crate; everything they do can be done by hand:
//!
//! ```
//! use std::time::Duration;
//!
//! use query_runtime::testing::ScriptedTransport;
//! use query_runtime::{FetchContext, Key, QueryClient, QueryError, QueryKey, QueryOptions, RawResponse, Request};
//!
//! async fn fetch_time(context: FetchContext) -> Result<String, QueryError> {
//!     context.send(Request::get("/time")).await?.json()
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let server = ScriptedTransport::answering(|_| Some(RawResponse::json(200, &"noon".into())));
//! let client = QueryClient::builder().transport(server).build();
//! let key: Key<String> = Key::typed(QueryKey::new(["time"]));
//! let time = client.observe(QueryOptions::new(key.clone(), fetch_time).stale_time(Duration::from_secs(1)));
//! assert_eq!(time.settled().await.data.as_deref().map(String::as_str), Some("noon"));
//! client.invalidate(&key).await; // stale now, and fetched again, since somebody looks
//! # });
//! ```
//!
//! # What is what
//!
//! | question | answer |
//! |---|---|
//! | Who owns the cache? | [`QueryClient`]; cloning shares it, nothing is global |
//! | How is a query described? | [`QueryOptions`], [`InfiniteOptions`]: key, function, settings |
//! | Who shows it? | [`QueryObserver`], [`InfiniteObserver`]: `current`, `changed`, `stream`, `subscribe`, `settled`; dropping one unsubscribes |
//! | What is shown? | [`QueryResult`]: data, error, and the two axes [`QueryStatus`] and [`FetchStatus`] |
//! | What of it? | [`Select`]: a projection of the data; [`Watch`]: one value made of a result, of many or of the cache |
//! | Many queries at once? | [`QueriesObserver`]: results from one moment, heard of once, combined into one value |
//! | How is data written by hand, and how are fetches given up? | [`Write`], [`Cancel`] |
//! | What does a server tell of itself? | [`Push`], taken in by [`QueryClient::receive`] |
//! | What is under which name? | [`Key`] (typed), [`QueryKey`], [`KeyPrefix`]; [`QueryFilter`] means several |
//! | Which queries hold a thing? | Those with its [`Tag`]s: [`QueryOptions::provides`], [`MutationOptions::invalidates_tags`], [`QueryFilter::tagged`] |
//! | What waits to be called? | [`LazyQuery`]: fetched when the program says so, with what it says then |
//! | What runs while something is cached? | [`QueryClient::while_cached`]: a task for each entry, such as a socket |
//! | Which settings has what says none? | [`QueryDefaults`], by client or by prefix; [`QueryDefaults::swr`] revalidates as SWR does |
//! | How is data changed? | [`MutationOptions`], run by a [`MutationObserver`], awaited by a [`MutationHandle`] |
//! | What are rows and lists? | [`Entity`], [`Change`], [`ListFilter`], [`Page`], [`InfiniteData`] |
//! | What does the server promise about them? | [`Level`], [`Version`] |
//! | How are requests sent? | [`Request`] by [`FetchContext::send`] and [`MutationContext::send`], over a [`Transport`] |
//! | Who is signed in? | [`Session`]: its token is carried and renewed by a [`SessionTransport`] |
//! | When and where does it run? | [`Env`]: [`Clock`], [`Sleeper`], [`Spawner`] |
//! | How much may there be at once? | [`QueryClientBuilder::max_entries`], `max_bytes`, `max_requests`; [`Batch`] for reads by id |
//! | What went wrong? | [`QueryError`]: one type, opaque, cheap to clone, with predicates |
//! | What happens inside? | [`CacheEvent`], [`Statistics`], [`QueryState`] |
//!
//! # Features
//!
//! | feature | brings | default |
//! |---|---|---|
//! | `derive` | `#[derive(QueryResource)]` and `query_schema!` | yes |
//! | `http` | `HttpTransport` on reqwest, native and in the browser | yes |
//! | `test-util` | `testing`: a clock that the test moves, an executor on its thread, a scripted transport | no |
//!
//! Natively it runs on tokio, on any number of threads; for `wasm32-unknown-unknown` in the browser, where futures and
//! callbacks need not be `Send` ([`MaybeSend`]).
//!
//! What is different here from other query libraries on purpose, and why, is told in [`differences`]; what it does
//! about each behaviour of theirs, in [`behaviours`]; what their words are called here, in [`coming_from`]. What a reader sees
//! while the server has not answered, and why it is right, is the chapter [`optimistic`].

mod marker;
mod sync;

mod backoff;
mod clock;
mod env;
mod error;
mod event;
mod key;
mod spawn;
mod status;

pub mod filter;
mod level;
mod page;
mod resource;
mod rows;
mod value;

mod request;
mod storage;
mod transport;

mod session;

#[cfg(feature = "http")]
mod http;

mod heart;
mod projection;

mod batch;
mod broadcast;
mod client;
mod hydration;
mod mutation;
mod observer;
mod options;
mod persist;
mod shell;
mod signal;

#[cfg(feature = "test-util")]
pub mod testing;

pub mod sort;
pub mod temp_id;

#[expect(clippy::doc_markdown, reason = "a name of a product is no item")]
#[doc = include_str!("../docs/differences.md")]
pub mod differences {}

#[expect(clippy::doc_markdown, reason = "a name of a product is no item")]
#[doc = include_str!("../docs/behaviours.md")]
pub mod behaviours {}

#[doc = include_str!("../docs/coming_from.md")]
pub mod coming_from {}

#[expect(clippy::doc_markdown, reason = "a name of a product is no item")]
#[doc = include_str!("../docs/optimistic.md")]
pub mod optimistic {}

#[doc(hidden)]
pub mod __private;

pub use backoff::{RetryDecision, RetryPolicy};
pub use batch::Batch;
pub use broadcast::{Broadcast, BroadcastLink, BroadcastMessage, LocalChannel, Receiver};
pub use client::{
    CachedEntry, Cancel, Push, QueryClientBuilder, QueryFilter, QueryState, RefetchType, Statistics, Write,
};
pub use clock::{Clock, Moment, Sleeper, SystemClock};
pub use env::Env;
pub use error::QueryError;
pub use event::{CacheAction, CacheEvent, MutationChange, MutationId};
pub use hydration::{Dehydrate, DehydratedState, Hydrated, LeftOut, LeftOutReason};
pub use key::{Key, KeyBuilder, KeyFloat, KeyPrefix, KeySegment, ParamsSegment, QueryKey, Tag};
pub use level::{Level, Version};
pub use marker::{BoxFuture, MaybeSend, MaybeSync};
pub use mutation::{
    Conflict, MutationCallbacks, MutationContext, MutationDefaults, MutationEvent, MutationFilter, MutationHandle,
    MutationNotice, MutationObserver, MutationOptions, MutationResult, MutationScope, MutationState, Resolution,
};
pub use observer::{
    InfiniteObserver, InfiniteResult, InfiniteStream, LazyQuery, QueriesObserver, QueriesStream, QueryObserver,
    QueryResult, QueryStream, Select, Watch, WatchStream,
};
pub use options::{InfiniteOptions, QueryData, QueryNow, QueryOptions, StreamRefetch};
pub use page::{Cursor, Envelope, InfiniteData, Page};
pub use persist::{DiscardReason, Persistence, Persister, QueryPersister, Restored};
pub use request::{Request, Response, Rewrite};
pub use resource::{
    Change, Entity, EnvText, InsertAt, ListFilter, ListReach, ListWindow, Membership, NoChange, QueryApi,
};
pub use rows::Rows;
pub use session::{RenewalContext, Session, SessionTransport};
pub use shell::{AbortSignal, FetchContext, QueryClient, QueryDefaults, Settled};
pub use signal::Subscription;
pub use spawn::{Spawner, Task, TaskHandle, task};
pub use status::{
    Decision, FetchStatus, GcTime, MutationStatus, NetworkMode, PageDirection, QueryStatus, RefetchWhen, StaleTime,
};
pub use storage::{Storage, StorageError, StorageFuture};
pub use transport::{Method, PreparedRequest, RawResponse, Transport};
pub use value::{DateTime, Json, Maybe, NullablePatch, Patch, SortOrder};

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub use {clock::BrowserSleeper, spawn::BrowserSpawner};
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use {clock::TokioSleeper, spawn::TokioSpawner, storage::FileStorage};

#[cfg(feature = "http")]
pub use http::{HttpTransport, HttpTransportBuilder};
#[cfg(feature = "derive")]
pub use query_derive::{QueryResource, query_schema};

/// The README's examples, compiled.
#[cfg(all(doctest, feature = "derive", feature = "http"))]
#[doc = include_str!("../../README.md")]
struct Readme;
