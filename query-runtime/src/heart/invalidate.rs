//! Which entries does a filter mean, and what happens when they are invalidated, fetched again or reset?

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{
        Action, CancelHow, Effect, EntryId, FetchId, Heart,
        entry::Entry,
        spec::{FetchRequest, Source},
    },
    key::{KeySegment, Tag},
    status::{FetchStatus, StaleTime},
};

/// Which entries are meant (T6). Everything that is given must hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct EntryFilter {
    /// The key begins so.
    pub(crate) prefix: Vec<KeySegment>,
    /// The key has nothing beyond the prefix.
    pub(crate) exact: bool,
    /// Whether an enabled observer looks.
    pub(crate) active: Option<bool>,
    /// Whether the data is stale.
    pub(crate) stale: Option<bool>,
    /// What the fetch does.
    pub(crate) fetch_status: Option<FetchStatus>,
    /// It has one of these tags.
    pub(crate) tags: Option<Vec<Tag>>,
}

/// Which of the invalidated entries are fetched at once (T74).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum RefetchType {
    /// Those that an enabled observer looks at.
    #[default]
    Active,
    /// Those that none looks at.
    Inactive,
    /// All.
    All,
    /// None.
    None,
}

impl RefetchType {
    /// Returns whether an enabled observer must look, or none.
    pub(crate) fn active(self) -> Option<bool> {
        match self {
            Self::Active => Some(true),
            Self::Inactive => Some(false),
            Self::All | Self::None => None,
        }
    }
}

impl Heart {
    /// Returns the entries that a filter means, in the order in which they were made.
    pub(crate) fn matching(&self, filter: &EntryFilter, now: Moment) -> Vec<EntryId> {
        let found = match &filter.tags {
            Some(tags) => self.tags.meant(tags),
            None => self.index.under(&filter.prefix),
        };
        found
            .into_iter()
            .filter(|id| self.entries.get(id).is_some_and(|entry| Self::matches(filter, entry, now)))
            .collect()
    }

    fn matches(filter: &EntryFilter, entry: &Entry, now: Moment) -> bool {
        (filter.tags.is_none() || entry.key.is_under(&filter.prefix))
            && (!filter.exact || entry.key.segments().len() == filter.prefix.len())
            && filter.active.is_none_or(|active| (entry.observers.active() > 0) == active)
            && filter.stale.is_none_or(|stale| entry.is_stale_for_any(now) == stale)
            && filter.fetch_status.is_none_or(|status| entry.fetch_status == status)
    }

    /// Marks entries stale and fetches some of them again. Returns what to wait for.
    pub(crate) fn invalidate(
        &mut self,
        entries: &[EntryId],
        refetch: RefetchType,
        replace: bool,
        now: Moment,
    ) -> Vec<(EntryId, Option<FetchId>)> {
        self.mark_all_invalid(entries, now);
        let is_meant = |id: &EntryId| refetch.active().is_none_or(|active| self.is_active(*id) == active);
        let chosen: Vec<EntryId> = match refetch {
            RefetchType::None => Vec::new(),
            _ => entries.iter().copied().filter(is_meant).collect(),
        };
        self.refetch(&chosen, replace, now)
    }

    /// Marks entries stale.
    pub(crate) fn mark_all_invalid(&mut self, entries: &[EntryId], now: Moment) {
        let epoch = self.event(now);
        for id in entries {
            self.mark_invalid(*id, epoch);
        }
    }

    /// Marks one entry stale from this epoch on.
    pub(crate) fn mark_invalid(&mut self, entry_id: EntryId, epoch: crate::heart::spec::Epoch) {
        let now = self.now;
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        entry.marks.invalid_at = epoch;
        entry.marks.invalid_since = Some(now);
        entry.fetched_at = None;
        if !entry.is_invalidated {
            entry.is_invalidated = true;
            self.updated(entry_id, Action::Invalidate, now);
        }
    }

    /// Fetches entries again, where somebody has a function for it (T75).
    pub(crate) fn refetch(
        &mut self,
        entries: &[EntryId],
        replace: bool,
        now: Moment,
    ) -> Vec<(EntryId, Option<FetchId>)> {
        let mut started = Vec::new();
        for id in entries {
            if !self.may_refetch(*id) {
                continue;
            }
            let request = FetchRequest { replace, ..FetchRequest::whole() };
            started.push((*id, self.fetch(*id, request, now)));
        }
        started
    }

    /// Entries whose observers are all disabled, those with data that is static for one, and those never fetched, are left
    /// alone.
    pub(crate) fn may_refetch(&self, id: EntryId) -> bool {
        let Some(entry) = self.entries.get(&id) else { return false };
        if entry.observers.is_empty() {
            return entry.source != Source::Skipped && entry.data_update_count + entry.error_update_count > 0;
        }
        let mut observers = entry.observers.iter().filter_map(|id| self.observers.get(id));
        let is_static = entry.base.is_some() && observers.any(|one| one.spec.stale == StaleTime::Static);
        entry.observers.active() > 0 && !is_static
    }

    /// Cancels the fetches of entries (T52).
    pub(crate) fn cancel(&mut self, entries: &[EntryId], how: CancelHow, now: Moment) {
        self.event(now);
        for id in entries {
            self.cancel_fetch(*id, how, now);
        }
    }

    /// Takes entries back to their beginning and fetches the active ones; which those are is decided before (T77).
    pub(crate) fn reset(&mut self, entries: &[EntryId], now: Moment) -> Vec<(EntryId, Option<FetchId>)> {
        let active: Vec<EntryId> = entries.iter().copied().filter(|id| self.is_active(*id)).collect();
        let given_up: Vec<_> =
            entries.iter().filter_map(|id| self.reset_entry(*id, now).map(|fetch| (*id, fetch))).collect();
        let started = self.refetch(&active, true, now);
        for (id, fetch) in given_up {
            // Who waited follows the fetch that takes its place, if there is one (T56).
            let by = started.iter().find(|(entry, _)| *entry == id).and_then(|(_, by)| *by);
            self.effects.push(match by {
                Some(by) => Effect::FetchReplaced { fetch, by },
                None => Effect::FetchSettled { fetch, result: Err(QueryError::cancelled()) },
            });
        }
        started
    }
}
