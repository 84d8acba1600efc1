//! What must be `Send` natively and need not be in the browser?
//!
//! One condition for the whole crate: `all(target_family = "wasm", target_os = "unknown")`. There, futures hold JavaScript
//! objects and stay on their thread; everywhere else they move between threads. Keys and values are plain data and are `Send +
//! Sync` on every target, so only futures and callbacks use these markers.

use std::future::Future;
use std::pin::Pin;

/// `Send`, except in the browser, where it asks for nothing.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub trait MaybeSend: Send {}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl<T: Send + ?Sized> MaybeSend for T {}

/// `Send`, except in the browser, where it asks for nothing.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub trait MaybeSend {}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl<T: ?Sized> MaybeSend for T {}

/// `Sync`, except in the browser, where it asks for nothing.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub trait MaybeSync: Sync {}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
impl<T: Sync + ?Sized> MaybeSync for T {}

/// `Sync`, except in the browser, where it asks for nothing.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub trait MaybeSync {}

#[cfg(all(target_family = "wasm", target_os = "unknown"))]
impl<T: ?Sized> MaybeSync for T {}

/// A boxed future that is `Send`, except in the browser.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A boxed future that is `Send`, except in the browser.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;
