//! Does data that arrives in chunks show at once, and does a stream that was given up change nothing?

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use futures_core::Stream;
use query_runtime::{
    FetchContext, FetchStatus, Key, QueryError, QueryKey, QueryObserver, QueryOptions, QueryStatus, RetryPolicy,
    StreamRefetch,
};

use crate::stage::Stage;

/// A chunk, an error, or the end.
type Sent = Option<Result<u32, QueryError>>;

/// A stream whose chunks the test sends.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<(VecDeque<Sent>, Option<Waker>)>>);

impl Wire {
    fn send(&self, chunk: Sent) {
        let mut state = self.0.lock().unwrap();
        state.0.push_back(chunk);
        if let Some(waker) = state.1.take() {
            waker.wake();
        }
    }
}

impl Stream for Wire {
    type Item = Result<u32, QueryError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.0.lock().unwrap();
        if let Some(chunk) = state.0.pop_front() {
            return Poll::Ready(chunk);
        }
        state.1 = Some(context.waker().clone());
        Poll::Pending
    }
}

/// A client, and the streams that were opened.
struct Studio {
    stage: Stage,
    wires: Arc<Mutex<Vec<Wire>>>,
    folds: Arc<Mutex<Vec<u32>>>,
}

impl Studio {
    fn new() -> Self {
        Self { stage: Stage::new(), wires: Arc::default(), folds: Arc::default() }
    }

    fn key() -> Key<Vec<u32>> {
        Key::typed(QueryKey::new(["chunks"]))
    }

    fn options(&self, refetch: StreamRefetch, takes_signal: bool) -> QueryOptions<Vec<u32>> {
        let (wires, folds) = (self.wires.clone(), self.folds.clone());
        let fold = move |data: &mut Vec<u32>, chunk: u32| {
            folds.lock().unwrap().push(chunk);
            data.push(chunk);
        };
        let open = move |context: FetchContext| {
            if takes_signal {
                drop(context.signal());
            }
            let wire = Wire::default();
            wires.lock().unwrap().push(wire.clone());
            async move { Ok(wire) }
        };
        QueryOptions::streamed(Self::key(), refetch, vec![0], fold, open)
    }

    fn observe(&self, refetch: StreamRefetch) -> QueryObserver<Vec<u32>> {
        self.stage.client.observe(self.options(refetch, true))
    }

    /// Sends to the stream with this number.
    fn send(&self, wire: usize, chunk: u32) {
        self.stage.runtime.run_until_stalled();
        self.wires.lock().unwrap()[wire].send(Some(Ok(chunk)));
        self.stage.runtime.run_until_stalled();
    }

    fn end(&self, wire: usize) {
        self.stage.runtime.run_until_stalled();
        self.wires.lock().unwrap()[wire].send(None);
        self.stage.runtime.run_until_stalled();
    }

    fn fail(&self, wire: usize) {
        self.stage.runtime.run_until_stalled();
        self.wires.lock().unwrap()[wire].send(Some(Err(QueryError::message("cut"))));
        self.stage.runtime.run_until_stalled();
    }

    fn cached(&self) -> Option<Vec<u32>> {
        self.stage.client.get(&Self::key()).map(|data| data.to_vec())
    }

    /// Observes a query that has streamed 1 and 2.
    fn streamed(&self, refetch: StreamRefetch) -> QueryObserver<Vec<u32>> {
        let observer = self.observe(refetch);
        self.send(0, 1);
        self.send(0, 2);
        self.end(0);
        observer
    }
}

fn states(observer: &QueryObserver<Vec<u32>>) -> (QueryStatus, FetchStatus, Option<Vec<u32>>) {
    let shown = observer.current();
    (shown.status, shown.fetch_status, shown.data.map(|data| data.to_vec()))
}

#[test]
fn chunks_show_as_they_come_while_the_query_is_still_fetching() {
    let studio = Studio::new();
    let observer = studio.observe(StreamRefetch::Reset);
    studio.stage.runtime.run_until_stalled();
    assert_eq!(states(&observer), (QueryStatus::Pending, FetchStatus::Fetching, None));
    studio.send(0, 1);
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Fetching, Some(vec![0, 1])));
    studio.send(0, 2);
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Fetching, Some(vec![0, 1, 2])));
    studio.end(0);
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Idle, Some(vec![0, 1, 2])));
    assert_eq!(*studio.folds.lock().unwrap(), [1, 2]);
}

#[test]
fn an_empty_stream_gives_the_initial_value() {
    let studio = Studio::new();
    let observer = studio.observe(StreamRefetch::Reset);
    studio.end(0);
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Idle, Some(vec![0])));
}

#[test]
fn a_refetch_resets_by_default() {
    let studio = Studio::new();
    let observer = studio.streamed(StreamRefetch::Reset);
    let _refetch = observer.refetch();
    studio.stage.runtime.run_until_stalled();
    assert_eq!(states(&observer), (QueryStatus::Pending, FetchStatus::Fetching, None));
    studio.send(1, 3);
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Fetching, Some(vec![0, 3])));
}

#[test]
fn a_reset_that_is_cancelled_before_its_first_chunk_brings_the_data_back() {
    let studio = Studio::new();
    let observer = studio.streamed(StreamRefetch::Reset);
    let _refetch = observer.refetch();
    studio.stage.runtime.run_until_stalled();
    studio.stage.runtime.block_on(studio.stage.client.cancel(Studio::key())).unwrap();
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Idle, Some(vec![0, 1, 2])));
    studio.send(1, 3);
    assert_eq!(studio.cached(), Some(vec![0, 1, 2]));
}

#[test]
fn a_reset_keeps_initial_data_and_shows_it() {
    let studio = Studio::new();
    let options = studio.options(StreamRefetch::Reset, true).initial_data(vec![7]);
    let observer = studio.stage.client.observe(options);
    studio.send(0, 1);
    assert_eq!(states(&observer).2, Some(vec![7, 1]));
    studio.end(0);
    let _refetch = observer.refetch();
    studio.stage.runtime.run_until_stalled();
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Fetching, Some(vec![7])));
}

#[test]
fn an_appending_refetch_adds_to_what_is_there() {
    let studio = Studio::new();
    let observer = studio.streamed(StreamRefetch::Append);
    let _refetch = observer.refetch();
    studio.send(1, 3);
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Fetching, Some(vec![0, 1, 2, 3])));
    studio.end(1);
    assert_eq!(studio.cached(), Some(vec![0, 1, 2, 3]));
}

#[test]
fn a_replacing_refetch_writes_once_at_its_end_and_nothing_when_it_is_cancelled() {
    let studio = Studio::new();
    let observer = studio.streamed(StreamRefetch::Replace);
    let _refetch = observer.refetch();
    studio.send(1, 3);
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Fetching, Some(vec![0, 1, 2])));
    studio.send(1, 4);
    studio.end(1);
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Idle, Some(vec![0, 3, 4])));
    let _refetch = observer.refetch();
    studio.send(2, 5);
    studio.stage.runtime.block_on(studio.stage.client.cancel(Studio::key())).unwrap();
    studio.end(2);
    assert_eq!(studio.cached(), Some(vec![0, 3, 4]));
}

#[test]
fn a_stream_that_took_the_signal_ends_with_the_last_observer_and_its_chunks_stay() {
    let studio = Studio::new();
    let observer = studio.observe(StreamRefetch::Reset);
    studio.send(0, 1);
    drop(observer);
    studio.send(0, 2);
    assert_eq!(studio.cached(), Some(vec![0, 1]));
    assert_eq!(studio.stage.client.state(Studio::key().untyped()).unwrap().fetch_status, FetchStatus::Idle);
}

#[test]
fn a_stream_that_did_not_take_the_signal_runs_on_without_observers_until_it_is_cancelled() {
    let studio = Studio::new();
    let observer = studio.stage.client.observe(studio.options(StreamRefetch::Reset, false));
    studio.send(0, 1);
    drop(observer);
    studio.send(0, 2);
    assert_eq!(studio.cached(), Some(vec![0, 1, 2]));
    studio.stage.runtime.block_on(studio.stage.client.cancel(Studio::key())).unwrap();
    studio.send(0, 3);
    studio.end(0);
    assert_eq!(studio.cached(), Some(vec![0, 1, 2]));
}

#[test]
fn a_stream_that_fails_is_retried_and_gives_up_in_the_end() {
    let studio = Studio::new();
    let retry = RetryPolicy::default().max(1).jitter(false);
    let observer = studio.stage.client.observe(studio.options(StreamRefetch::Reset, true).retry(retry));
    studio.send(0, 1);
    studio.fail(0);
    assert_eq!(states(&observer), (QueryStatus::Success, FetchStatus::Fetching, Some(vec![0, 1])));
    studio.stage.advance(1);
    assert_eq!(states(&observer), (QueryStatus::Pending, FetchStatus::Fetching, None));
    studio.send(1, 5);
    studio.fail(1);
    let shown = observer.current();
    assert!(shown.is_refetch_error());
    assert_eq!(shown.data.unwrap().to_vec(), [0, 5]);
}

#[test]
fn an_invalidation_during_a_stream_is_followed_by_another() {
    let studio = Studio::new();
    let observer = studio.observe(StreamRefetch::Append);
    studio.stage.runtime.run_until_stalled();
    let _invalidation = studio.stage.client.invalidate(Studio::key());
    studio.send(0, 1);
    assert!(observer.current().is_stale);
    studio.end(0);
    studio.send(1, 2);
    studio.end(1);
    assert_eq!(studio.cached(), Some(vec![0, 1, 2]));
    assert_eq!(studio.wires.lock().unwrap().len(), 2);
}

#[test]
fn a_fold_that_panics_fails_the_fetch() {
    let studio = Studio::new();
    let open = |_: FetchContext| async {
        let wire = Wire::default();
        wire.send(Some(Ok(1)));
        Ok(wire)
    };
    let fold = |_: &mut Vec<u32>, _: u32| panic!("no");
    let options = QueryOptions::streamed(Studio::key(), StreamRefetch::Reset, Vec::new(), fold, open);
    let observer = studio.stage.client.observe(options);
    studio.stage.runtime.run_until_stalled();
    assert!(observer.current().is_loading_error());
}
