//! Who uses the cache, as those know it who run beside the heart?

use std::sync::PoisonError;

use crate::{
    heart::Principal,
    shell::Core,
    sync::{
        RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Who uses the cache.
#[derive(Debug, Default)]
pub(super) struct Fence {
    /// How often that has changed.
    number: AtomicU64,
    principal: RwLock<Principal>,
}

impl Fence {
    /// Returns whether this is who uses the cache.
    pub(super) fn is_used_by(&self, principal: &Principal) -> bool {
        *self.principal.read().unwrap_or_else(PoisonError::into_inner) == *principal
    }
}

impl Core {
    /// Notes who uses the cache now: what was begun for somebody else sends nothing any more.
    pub(super) fn raise_fence(&self, number: u64, principal: Principal) {
        *self.fence.principal.write().unwrap_or_else(PoisonError::into_inner) = principal;
        self.fence.number.store(number, Ordering::Release);
    }

    /// Returns who uses the cache.
    pub(crate) fn principal(&self) -> Principal {
        self.fence.principal.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns whether this is who uses the cache.
    pub(crate) fn is_used_by(&self, principal: &Principal) -> bool {
        self.fence.is_used_by(principal)
    }

    /// Returns how often who uses the cache has changed.
    pub(crate) fn fence(&self) -> u64 {
        self.fence.number.load(Ordering::Acquire)
    }
}
