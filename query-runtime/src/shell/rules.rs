//! What does a client keep for the rooms above, without knowing what it is?

use std::{
    any::Any,
    fmt,
    sync::{Arc, PoisonError},
};

use crate::{
    key::{KeyPrefix, QueryKey},
    marker::{MaybeSend, MaybeSync},
    sync::RwLock,
};

/// Something that holds for everything under a prefix; who put it there knows its type.
pub(crate) trait Rule: MaybeSend + MaybeSync {
    /// Returns it as its own type.
    fn as_any(&self) -> &dyn Any;
}

/// Rules by prefix, the empty prefix included.
#[derive(Default)]
pub(crate) struct Rules {
    all: RwLock<Vec<(KeyPrefix, Arc<dyn Rule>)>>,
}

impl fmt::Debug for Rules {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rules").finish_non_exhaustive()
    }
}

impl Rules {
    /// Sets the rule under a prefix; one given before for the same prefix is replaced in its place.
    pub(crate) fn set(&self, prefix: KeyPrefix, rule: Arc<dyn Rule>) {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let old =
            all.iter_mut().find(|(known, _)| *known == prefix).map(|(_, known)| std::mem::replace(known, rule.clone()));
        if old.is_none() {
            all.push((prefix, rule));
        }
        drop(all);
        // What it holds is the program's: it goes after the lock.
        drop(old);
    }

    /// Returns the rules of a key, those first that win.
    pub(crate) fn of(&self, key: &QueryKey) -> Vec<Arc<dyn Rule>> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().rev().filter(|(prefix, _)| prefix.matches(key)).map(|(_, rule)| rule.clone()).collect()
    }
}
