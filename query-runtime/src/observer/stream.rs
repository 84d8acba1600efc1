//! How is what an observer shows a stream?

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use futures_core::Stream;

use crate::{
    observer::{result::QueryResult, view::View, watch::Shows},
    options::QueryData,
    signal::Changed,
};

/// Follows what is shown: first what is shown now, then each change.
pub(crate) struct Following<S: Shows + ?Sized> {
    source: Arc<S>,
    seen: Option<S::Shown>,
    waits: Option<Changed>,
}

impl<S: Shows + ?Sized> Following<S> {
    pub(crate) fn new(source: Arc<S>) -> Self {
        Self { source, seen: None, waits: None }
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<S::Shown>> {
        loop {
            let version = self.source.signal().version();
            if self.source.is_over() {
                return Poll::Ready(None);
            }
            let shown = self.source.shown();
            if self.seen.as_ref().is_none_or(|seen| !self.source.is_same(seen, &shown)) {
                self.seen = Some(shown.clone());
                self.waits = None;
                return Poll::Ready(Some(shown));
            }
            let waits = self.waits.insert(self.source.signal().changed(version));
            if Pin::new(waits).poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

/// What an observer shows: first what it shows now, then each change.
pub struct QueryStream<T: QueryData, R: QueryData = T> {
    following: Following<View<T, R>>,
}

impl<T: QueryData, R: QueryData> QueryStream<T, R> {
    pub(crate) fn new(view: Arc<View<T, R>>) -> Self {
        Self { following: Following::new(view) }
    }
}

impl<T: QueryData, R: QueryData> fmt::Debug for QueryStream<T, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("QueryStream").finish_non_exhaustive()
    }
}

impl<T: QueryData, R: QueryData> Stream for QueryStream<T, R> {
    type Item = QueryResult<R>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<QueryResult<R>>> {
        self.get_mut().following.poll_next(context)
    }
}
