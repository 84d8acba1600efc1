//! How does a program write data of queries by hand?

use std::{any::TypeId, sync::Arc};

use crate::{
    client::QueryFilter,
    clock::Moment,
    heart::{EntryId, EntrySpec, Written},
    key::{Key, QueryKey},
    options::{QueryData, plain_kind},
    projection::Value,
    shell::{FetchFn, QueryClient, Settings},
};

/// What data that is written by hand counts as.
///
/// # Examples
///
/// ```
/// use query_runtime::{Key, QueryClient, QueryKey, Write};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let client = QueryClient::builder().build();
/// let visits: Key<u32> = Key::typed(QueryKey::new(["visits"]));
/// client.set_with(&visits, 7, Write::confirmed()); // the server has just said so
/// let more = client.update_with(&visits, Write::local(), |visits| Some(visits.map_or(1, |visits| visits + 1)));
/// assert_eq!(more.as_deref(), Some(&8));
/// # });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Write {
    written: Written,
}

impl Write {
    /// Data that the program has made up, or made of what the cache held: a query that is invalidated stays so.
    pub fn local() -> Self {
        Self::default()
    }

    /// Data that the server is known to have, such as from an answer of its: a query that is invalidated no longer is.
    pub fn confirmed() -> Self {
        Self { written: Written { confirmed: true, at: None } }
    }

    /// Lets the data count as fetched at a moment of the client's clock. *Default*: when it is written.
    #[must_use]
    pub fn at(mut self, at: Moment) -> Self {
        self.written.at = Some(at);
        self
    }
}

/// An entry, its key and the data that the server is taken to have.
type Based = (EntryId, QueryKey, Option<Value>);

impl QueryClient {
    /// Sets what the server's data of a query is, fetched just now. Optimistic operations still show above it, and a query
    /// that is invalidated stays so: [`set_with`](Self::set_with) can say more.
    ///
    /// Returns the data as it is shown then; `None` if the key holds data of another type.
    pub fn set<T: QueryData>(&self, key: &Key<T>, data: T) -> Option<Arc<T>> {
        self.set_with(key, data, Write::local())
    }

    /// As [`set`](Self::set), and says what the data counts as.
    pub fn set_with<T: QueryData>(&self, key: &Key<T>, data: T, write: Write) -> Option<Arc<T>> {
        self.write(key, Arc::new(data), write, |_| true);
        self.get(key)
    }

    /// Sets the server's data of many queries, those that are not cached yet included, in one step: whoever reads several
    /// sees all or none of it. Keys that hold data of another type are left alone.
    pub fn set_many<T: QueryData>(&self, entries: impl IntoIterator<Item = (Key<T>, T)>, write: Write) {
        let entries: Vec<_> = entries
            .into_iter()
            .map(|(key, data)| (key.untyped().clone(), self.written_spec::<T>(key.untyped()), Arc::new(data)))
            .collect();
        let owner = self.core().clone();
        self.core().run(move |heart, now| {
            let kind = plain_kind::<T>();
            for (key, (spec, function), data) in entries {
                if let Ok(entry) = owner.known_or_new(heart, &key, &kind, &spec, function, now) {
                    heart.set_base(entry, data, write.written, now);
                }
            }
        });
    }

    /// Changes the server's data of a query, optimistic operations left out. Where there is none, or the function returns
    /// `None`, nothing happens.
    ///
    /// The function is called outside of every lock, and again if the data has changed meanwhile.
    pub fn update<T: QueryData>(&self, key: &Key<T>, mut change: impl FnMut(&T) -> Option<T>) -> Option<Arc<T>> {
        self.update_with(key, Write::local(), |data| change(data?))
    }

    /// As [`update`](Self::update), and says what the data counts as. The function is also called where there is no data, and
    /// can make some.
    pub fn update_with<T: QueryData>(
        &self,
        key: &Key<T>,
        write: Write,
        mut change: impl FnMut(Option<&T>) -> Option<T>,
    ) -> Option<Arc<T>> {
        loop {
            let own = key.untyped().clone();
            let base = self.core().run(move |heart, _| heart.base(heart.find(&own)?))?;
            let known = match &base {
                Some(base) => Some(base.downcast_ref::<T>()?),
                None => None,
            };
            let data = Arc::new(change(known)?);
            if self.write(key, data, write, move |now| is_same(base.as_ref(), now)) {
                return self.get(key);
            }
        }
    }

    /// Changes the server's data of all queries that are meant and hold a `T`, or would, in one step: whoever reads several
    /// sees all changed, or none. A query for which the function returns `None` is left alone.
    ///
    /// Returns the data that was written, by key, in the order in which the queries came into the cache.
    ///
    /// The function is called outside of every lock, and again for all if one of them has changed meanwhile.
    pub fn update_all<T: QueryData>(
        &self,
        filter: impl Into<QueryFilter>,
        write: Write,
        mut change: impl FnMut(&Key<T>, Option<&T>) -> Option<T>,
    ) -> Vec<(Key<T>, Arc<T>)> {
        let filter = filter.into();
        loop {
            let pick = filter.clone().pick(self.core());
            let kind = plain_kind::<T>();
            let found: Vec<Based> =
                self.core().run(move |heart, now| heart.bases(&pick(heart, now), kind.type_id)).unwrap_or_default();
            let mut changes: Vec<(EntryId, Value)> = Vec::new();
            let mut written: Vec<(Key<T>, Arc<T>)> = Vec::new();
            for (entry, key, base) in &found {
                let key: Key<T> = Key::typed(key.clone());
                let known = base.as_ref().and_then(|base| base.downcast_ref::<T>());
                if let Some(data) = change(&key, known).map(Arc::new) {
                    changes.push((*entry, data.clone()));
                    written.push((key, data));
                }
            }
            let done = self.core().run(move |heart, now| {
                let is_unchanged = found.iter().all(|(entry, _, base)| {
                    heart.is_kept(*entry) && is_same(base.as_ref(), heart.base(*entry).as_ref())
                });
                if is_unchanged {
                    for (entry, data) in changes {
                        heart.set_base(entry, data, write.written, now);
                    }
                }
                is_unchanged
            });
            if done.unwrap_or(true) {
                return written;
            }
        }
    }

    /// Replaces the base of a query if its present one passes; returns whether it did, or the write will never be possible.
    fn write<T: QueryData>(
        &self,
        key: &Key<T>,
        data: Arc<T>,
        write: Write,
        passes: impl FnOnce(Option<&Value>) -> bool + Send + 'static,
    ) -> bool {
        let key = key.untyped().clone();
        let (spec, function) = self.written_spec::<T>(&key);
        let owner = self.core().clone();
        let written = self.core().run(move |heart, now| {
            let entry = owner.known_or_new(heart, &key, &plain_kind::<T>(), &spec, function, now);
            let Ok(entry) = entry else { return true };
            let may = passes(heart.base(entry).as_ref());
            if may {
                heart.set_base(entry, data, write.written, now);
            }
            may
        });
        written.unwrap_or(true)
    }

    /// Returns the settings and the function of an entry that is made by writing it: those of the defaults.
    fn written_spec<T: QueryData>(&self, key: &QueryKey) -> (EntrySpec, Option<FetchFn>) {
        let settings = self.core().shared.settings(key, Settings::default());
        let (source, function) = settings.function(TypeId::of::<T>());
        (settings.entry_spec(source), function)
    }
}

/// Returns whether two bases are one and the same.
fn is_same(one: Option<&Value>, two: Option<&Value>) -> bool {
    match (one, two) {
        (Some(one), Some(two)) => Arc::as_ptr(one).addr() == Arc::as_ptr(two).addr(),
        (one, two) => one.is_none() && two.is_none(),
    }
}
