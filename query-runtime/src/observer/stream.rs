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
    observer::{result::QueryResult, view::View},
    options::QueryData,
    signal::Changed,
};

/// What an observer shows: first what it shows now, then each change.
pub struct QueryStream<T: QueryData, R: QueryData = T> {
    view: Arc<View<T, R>>,
    seen: Option<QueryResult<R>>,
    waits: Option<Changed>,
}

impl<T: QueryData, R: QueryData> QueryStream<T, R> {
    pub(crate) fn new(view: Arc<View<T, R>>) -> Self {
        Self { view, seen: None, waits: None }
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
        let this = self.get_mut();
        loop {
            let version = this.view.target.signal.version();
            if this.view.target.is_closed() {
                return Poll::Ready(None);
            }
            let result = this.view.refresh();
            if this.seen.as_ref().is_none_or(|seen| !seen.shows_same(&result)) {
                this.seen = Some(result.clone());
                this.waits = None;
                return Poll::Ready(Some(result));
            }
            let waits = this.waits.insert(this.view.target.signal.changed(version));
            if Pin::new(waits).poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    }
}
