//! Does new data of a query take the place of the old, or join it?

use std::{marker::PhantomData, sync::Arc};

use crate::{
    heart::{Merge, Merges},
    marker::{MaybeSend, MaybeSync},
    options::{QueryData, QueryOptions},
    projection::Value,
};

/// A function that merges data, with the type of the data.
struct Typed<T, F> {
    merge: F,
    data: PhantomData<fn(T)>,
}

impl<T, F> Merge for Typed<T, F>
where
    T: Send + Sync + 'static,
    F: Fn(&T, &T) -> T + MaybeSend + MaybeSync,
{
    fn merge(&self, current: &Value, incoming: Value) -> Value {
        match (current.downcast_ref(), incoming.downcast_ref()) {
            (Some(current), Some(new)) => Arc::new((self.merge)(current, new)),
            _ => incoming,
        }
    }
}

impl<T: QueryData> QueryOptions<T> {
    /// Lets what a fetch brings join the server's data that is there, the first argument, instead of taking its place.
    ///
    /// It is the fetches of the entry that merge, whoever asks for them; what is set by hand takes the place of what was
    /// there. Lists that grow page by page are better served by [`InfiniteOptions`](crate::InfiniteOptions), which know
    /// where a page belongs. A panic of the function is the fetch's error.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{FetchContext, Key, QueryError, QueryKey, QueryOptions};
    ///
    /// let news: Key<Vec<String>> = Key::typed(QueryKey::new(["news"]));
    /// let news = QueryOptions::new(news, |_: FetchContext| async { Ok::<_, QueryError>(vec!["rain".to_owned()]) })
    ///     .merge(|known, new| new.iter().chain(known).take(100).cloned().collect());
    /// # let _ = news;
    /// ```
    #[must_use]
    pub fn merge(mut self, merge: impl Fn(&T, &T) -> T + MaybeSend + MaybeSync + 'static) -> Self {
        self.merges = Merges(Some(Arc::new(Typed { merge, data: PhantomData })));
        self
    }
}
