//! How is a query described whose data arrives in pieces?

use std::{
    future::{Future, poll_fn},
    marker::PhantomData,
    pin::pin,
    sync::Arc,
};

use futures_core::Stream;

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{FetchId, Heart},
    key::Key,
    marker::{BoxFuture, MaybeSend, MaybeSync},
    options::{QueryData, QueryOptions, plain_kind, query::Fetch},
    projection::Value,
    shell::{ErasedFetch, FetchContext, FetchFn},
};

/// What becomes of the data of a streamed query when it is fetched again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum StreamRefetch {
    /// It goes at once; the query is as at its beginning until the first chunk.
    #[default]
    Reset,
    /// Chunks are added to it.
    Append,
    /// It stays until the stream has ended; what has streamed then takes its place, or nothing if the fetch is given up.
    Replace,
}

impl<T: QueryData + Clone> QueryOptions<T> {
    /// Describes a query whose data arrives in chunks: `initial`, with each chunk folded into it as it comes.
    ///
    /// The query is pending until the first chunk, and then has data while it is still fetching. An empty stream gives
    /// `initial`. A chunk that is an error ends the attempt, which is retried as any other. When nobody looks any more, a
    /// stream whose function took the signal ends, and what has arrived stays; another runs on.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{FetchContext, Key, QueryError, QueryKey, QueryOptions, StreamRefetch};
    /// # use std::{pin::Pin, task::{Context, Poll}};
    /// # struct Words(std::vec::IntoIter<&'static str>);
    /// # impl futures_core::Stream for Words {
    /// #     type Item = Result<&'static str, QueryError>;
    /// #     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
    /// #         Poll::Ready(self.0.next().map(Ok))
    /// #     }
    /// # }
    ///
    /// async fn answer(_: FetchContext) -> Result<Words, QueryError> {
    ///     Ok(Words(vec!["for", "ty", " two"].into_iter()))
    /// }
    ///
    /// let key: Key<String> = Key::typed(QueryKey::new(["answer"]));
    /// let answer = QueryOptions::streamed(key, StreamRefetch::Reset, String::new(), String::push_str, answer);
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let client = query_runtime::QueryClient::builder().build();
    /// assert_eq!(client.fetch(answer).await.unwrap().as_str(), "forty two");
    /// # });
    /// ```
    pub fn streamed<C, S, Fut>(
        key: Key<T>,
        refetch: StreamRefetch,
        initial: T,
        fold: impl Fn(&mut T, C) + MaybeSend + MaybeSync + 'static,
        stream: impl Fn(FetchContext) -> Fut + MaybeSend + MaybeSync + 'static,
    ) -> Self
    where
        C: MaybeSend + 'static,
        S: Stream<Item = Result<C, QueryError>> + MaybeSend + 'static,
        Fut: Future<Output = Result<S, QueryError>> + MaybeSend + 'static,
    {
        let (initial, fold) = (Arc::new(initial), Arc::new(fold));
        let fetch: FetchFn = Arc::new(Streamed { refetch, initial, fold, open: stream, chunk: PhantomData });
        Self::of(key, Fetch::By(fetch), plain_kind::<T>())
    }
}

/// The fetch function of a streamed query.
struct Streamed<T, C, F, O> {
    refetch: StreamRefetch,
    initial: Arc<T>,
    fold: Arc<F>,
    open: O,
    chunk: PhantomData<fn(C)>,
}

impl<T, C, S, F, O, Fut> ErasedFetch for Streamed<T, C, F, O>
where
    T: QueryData + Clone,
    C: MaybeSend + 'static,
    S: Stream<Item = Result<C, QueryError>> + MaybeSend + 'static,
    F: Fn(&mut T, C) + MaybeSend + MaybeSync + 'static,
    O: Fn(FetchContext) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Result<S, QueryError>> + MaybeSend + 'static,
{
    fn call(&self, context: FetchContext) -> BoxFuture<'static, Result<Value, QueryError>> {
        let guard = context.guard();
        let reading = Reading { context: context.clone(), initial: self.initial.clone(), fold: self.fold.clone() };
        let refetch = self.refetch;
        let begun = reading.begin(refetch);
        let open = begun.map(|is_again| (is_again, (self.open)(context)));
        Box::pin(async move {
            let result = async {
                let (is_again, open) = open?;
                let stream = open.await?;
                if is_again && refetch == StreamRefetch::Replace {
                    reading.apart(stream).await
                } else {
                    reading.into_cache(stream).await
                }
            };
            let result = result.await;
            guard.done();
            result
        })
    }
}

/// Reads the stream of one attempt.
struct Reading<T, F> {
    context: FetchContext,
    initial: Arc<T>,
    fold: Arc<F>,
}

impl<T: QueryData + Clone, F> Reading<T, F> {
    /// Tells the heart something about the fetch.
    fn tell<R: 'static>(
        &self,
        event: impl FnOnce(&mut Heart, FetchId, Moment) -> Result<R, QueryError> + MaybeSend + 'static,
    ) -> Result<R, QueryError> {
        let fetch = self.context.of.fetch;
        let core = self.context.core.upgrade().ok_or_else(QueryError::cancelled)?;
        // An attempt never runs while the heart works.
        core.run(move |heart, now| event(heart, fetch, now)).unwrap_or_else(|| Err(QueryError::cancelled()))
    }

    /// Returns whether there was a result before.
    fn begin(&self, refetch: StreamRefetch) -> Result<bool, QueryError> {
        self.tell(move |heart, fetch, now| heart.stream_began(fetch, refetch == StreamRefetch::Reset, now))
    }

    /// Folds chunks into what the cache holds, as they come.
    async fn into_cache<C, S>(self, stream: S) -> Result<Value, QueryError>
    where
        C: MaybeSend + 'static,
        S: Stream<Item = Result<C, QueryError>>,
        F: Fn(&mut T, C) + MaybeSend + MaybeSync + 'static,
    {
        let mut stream = pin!(stream);
        while let Some(chunk) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
            let chunk = chunk?;
            let (fold, initial) = (self.fold.clone(), self.initial.clone());
            let add = move |base: Option<&Value>| {
                let mut data = base.and_then(|base| base.downcast_ref::<T>()).unwrap_or(&initial).clone();
                fold(&mut data, chunk);
                Arc::new(data) as Value
            };
            self.tell(move |heart, fetch, now| heart.chunk_arrived(fetch, add, now))?;
        }
        let streamed = self.tell(|heart, fetch, _| heart.streamed(fetch))?;
        Ok(streamed.unwrap_or(self.initial))
    }

    /// Folds chunks into a value of its own.
    async fn apart<C, S>(self, stream: S) -> Result<Value, QueryError>
    where
        S: Stream<Item = Result<C, QueryError>>,
        F: Fn(&mut T, C),
    {
        let mut stream = pin!(stream);
        let mut data = T::clone(&self.initial);
        while let Some(chunk) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
            (self.fold)(&mut data, chunk?);
        }
        Ok(Arc::new(data))
    }
}
