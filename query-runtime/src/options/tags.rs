//! Which tags has the data of a query?

use std::{marker::PhantomData, sync::Arc};

use crate::{
    error::QueryError,
    heart::Provides,
    key::Tag,
    marker::{MaybeSend, MaybeSync},
    options::{InfiniteOptions, QueryData, QueryOptions},
    page::InfiniteData,
    projection::Value,
};

/// A function that says which tags data has, with the type of the data.
struct Typed<T, F> {
    provides: F,
    data: PhantomData<fn(T)>,
}

impl<T, F> Provides for Typed<T, F>
where
    T: Send + Sync + 'static,
    F: Fn(Option<&T>, Option<&QueryError>) -> Vec<Tag> + MaybeSend + MaybeSync,
{
    fn tags(&self, data: Option<&Value>, error: Option<&QueryError>) -> Vec<Tag> {
        (self.provides)(data.and_then(|data| data.downcast_ref()), error)
    }
}

impl<T: QueryData> QueryOptions<T> {
    /// Says which tags the query has, given the server's data and why the last fetch failed.
    ///
    /// It is asked again whenever either is another one, and what it says replaces what it said before; while there is
    /// neither, the query has no tags. A panic of the function means no tags.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{Key, QueryKey, QueryOptions, Tag};
    ///
    /// let ids: Key<Vec<u32>> = Key::typed(QueryKey::new(["users", "ids"]));
    /// let ids = QueryOptions::cached(ids).provides(|ids, _| {
    ///     let each = ids.into_iter().flatten().map(|id| Tag::of("User", id));
    ///     each.chain([Tag::list("User")]).collect()
    /// });
    /// # let _ = ids;
    /// ```
    #[must_use]
    pub fn provides(
        mut self,
        provides: impl Fn(Option<&T>, Option<&QueryError>) -> Vec<Tag> + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.provides = Some(Arc::new(Typed { provides, data: PhantomData }));
        self
    }
}

impl<T: QueryData, P: QueryData + Clone> InfiniteOptions<T, P> {
    /// As [`QueryOptions::provides`], for the pages of an infinite query.
    #[must_use]
    pub fn provides(
        mut self,
        provides: impl Fn(Option<&InfiniteData<T, P>>, Option<&QueryError>) -> Vec<Tag> + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.query = self.query.provides(provides);
        self
    }
}
