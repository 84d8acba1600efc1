//! Where are texts kept when the program ends?
//!
//! A port: the persisters write through it. [`FileStorage`] is one for native programs; a browser program brings its own
//! (on `localStorage`, for one).

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod file;

use std::{error::Error, fmt, sync::Arc};

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub use self::file::FileStorage;
use crate::marker::{BoxFuture, MaybeSend, MaybeSync};

/// What a storage answers, later.
pub type StorageFuture<T> = BoxFuture<'static, Result<T, StorageError>>;

/// Keeps texts under names.
///
/// Calls for one name take effect in the order in which the methods were called, not in which their futures end. A text is
/// replaced as a whole or not at all, also when the program is killed.
pub trait Storage: MaybeSend + MaybeSync + 'static {
    /// Returns the text under a name.
    fn get(&self, name: &str) -> StorageFuture<Option<String>>;

    /// Puts a text under a name.
    fn set(&self, name: &str, text: String) -> StorageFuture<()>;

    /// Removes the text under a name; nothing happens where there is none.
    fn remove(&self, name: &str) -> StorageFuture<()>;

    /// Returns all names, in any order.
    fn names(&self) -> StorageFuture<Vec<String>>;
}

/// Why a storage could not do what it was asked.
#[derive(Clone, Debug)]
pub struct StorageError {
    is_full: bool,
    source: Arc<dyn Error + Send + Sync>,
}

impl StorageError {
    /// Wraps an error of the storage.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { is_full: false, source: source.into().into() }
    }

    /// Says that there is no room.
    pub fn full(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { is_full: true, ..Self::new(source) }
    }

    /// Returns whether there was no room: less would fit.
    pub fn is_full(&self) -> bool {
        self.is_full
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_full { "the storage is full" } else { "the storage failed" })
    }
}

impl Error for StorageError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
