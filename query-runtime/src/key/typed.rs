//! How does a key say which type of data it names?

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::query_key::QueryKey;

/// A key that names data of type `T`: reading it as anything else does not compile.
pub struct Key<T> {
    untyped: QueryKey,
    // A function pointer, so that the key is `Send + Sync` whatever `T` is.
    data: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// Says that `key` names data of type `T`.
    pub fn typed(key: QueryKey) -> Self {
        Self { untyped: key, data: PhantomData }
    }

    /// Returns the key without its type.
    pub fn untyped(&self) -> &QueryKey {
        &self.untyped
    }

    /// Returns the key without its type.
    pub fn into_untyped(self) -> QueryKey {
        self.untyped
    }
}

impl<T> From<QueryKey> for Key<T> {
    fn from(key: QueryKey) -> Self {
        Self::typed(key)
    }
}

impl<T> From<Key<T>> for QueryKey {
    fn from(key: Key<T>) -> Self {
        key.untyped
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        Self::typed(self.untyped.clone())
    }
}

impl<T> PartialEq for Key<T> {
    fn eq(&self, other: &Self) -> bool {
        self.untyped == other.untyped
    }
}

impl<T> Eq for Key<T> {}

impl<T> Hash for Key<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.untyped.hash(state);
    }
}

impl<T> PartialOrd for Key<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Key<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.untyped.cmp(&other.untyped)
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.untyped, f)
    }
}

impl<T> fmt::Display for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.untyped, f)
    }
}

/// The start of a key: stands for every key that lies under it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyPrefix(QueryKey);

impl KeyPrefix {
    /// Returns whether `key` lies under this prefix; see [`QueryKey::starts_with`].
    pub fn matches(&self, key: &QueryKey) -> bool {
        key.starts_with(&self.0)
    }

    /// Returns the prefix as a key.
    pub fn as_key(&self) -> &QueryKey {
        &self.0
    }

    /// Returns the prefix as a key.
    pub fn into_key(self) -> QueryKey {
        self.0
    }
}

impl From<QueryKey> for KeyPrefix {
    fn from(key: QueryKey) -> Self {
        Self(key)
    }
}

impl From<&QueryKey> for KeyPrefix {
    fn from(key: &QueryKey) -> Self {
        Self(key.clone())
    }
}

impl<T> From<Key<T>> for KeyPrefix {
    fn from(key: Key<T>) -> Self {
        Self(key.untyped)
    }
}

impl<T> From<&Key<T>> for KeyPrefix {
    fn from(key: &Key<T>) -> Self {
        Self(key.untyped.clone())
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}
