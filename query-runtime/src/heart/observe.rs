//! What happens when an observer comes, changes its settings, or leaves?

use std::collections::BTreeSet;

use crate::{
    clock::Moment,
    heart::{
        Action, CancelHow, Due, Effect, EntryId, Event, Heart, ObserverId,
        entry::{Entry, Phase},
        spec::{FetchRequest, ObserverSpec},
    },
    status::{QueryStatus, RefetchWhen, StaleTime},
};

/// An observer, as the heart knows it.
#[derive(Debug)]
pub(crate) struct Observer {
    pub(crate) entry: EntryId,
    pub(crate) spec: ObserverSpec,
    /// Only after this does it fetch on focus.
    focus_after: Moment,
}

impl Observer {
    /// Returns whether a fetch has brought data so shortly before that nothing that happens makes it fetch again.
    pub(crate) fn is_served(&self, entry: &Entry, now: Moment) -> bool {
        entry.fetched_at.is_some_and(|at| now < at + self.spec.dedupe)
    }

    /// Returns whether it fetches when this setting's event happens.
    fn wants(&self, when: RefetchWhen, entry: &Entry, now: Moment) -> bool {
        // What is static is fetched by hand only, even after a failure.
        self.spec.enabled
            && self.spec.stale != StaleTime::Static
            && !self.is_served(entry, now)
            && match when {
                RefetchWhen::Never => false,
                RefetchWhen::Always => true,
                RefetchWhen::Stale => entry.is_stale(self.spec.stale, now),
            }
    }
}

impl Heart {
    /// An observer comes; it fetches what it lacks.
    pub(crate) fn observe(&mut self, id: ObserverId, entry: EntryId, spec: ObserverSpec, now: Moment) {
        self.event(now);
        let spec = self.adapted(entry, spec);
        let focus_after = now + spec.focus_throttle;
        self.observers.insert(id, Observer { entry, spec, focus_after });
        self.attach(id, entry);
        if self.wants_on_mount(id, now) {
            self.fetch_for(id, false, now);
        }
        self.arm_observer(id, now);
    }

    /// An observer's settings change, and perhaps its entry (T109).
    pub(crate) fn reobserve(
        &mut self,
        id: ObserverId,
        entry: EntryId,
        spec: ObserverSpec,
        consumed: bool,
        now: Moment,
    ) {
        self.event(now);
        let spec = self.adapted(entry, spec);
        let Some(observer) = self.observers.get_mut(&id) else { return };
        let old = observer.entry;
        let was_enabled = observer.spec.enabled;
        let same_interval = was_enabled == spec.enabled && observer.spec.interval == spec.interval;
        let old_spec = std::mem::replace(&mut observer.spec, spec);
        observer.entry = entry;
        if old == entry {
            self.adapt_audience(id, &old_spec);
            self.counted.insert(entry);
            self.effects.push(Effect::Wake(id));
        } else {
            self.detach(id, old, &old_spec, consumed, now);
            self.attach(id, entry);
        }
        if old != entry || !same_interval {
            self.arm_interval(id, now);
        }
        self.arm_stale(id, now);
        // Nothing appears here: what a new observer does on appearing is not asked.
        if (old != entry || !was_enabled) && !self.is_restoring() && self.is_stale_for(id, now) {
            self.fetch_for(id, false, now);
        }
        self.arm_slow(entry);
    }

    /// Returns an observer's settings as they are in the present state of its entry.
    fn adapted(&self, entry: EntryId, spec: ObserverSpec) -> ObserverSpec {
        match self.entries.get(&entry) {
            Some(entry) if spec.by.is_some() => spec.adapted(entry.view.as_ref(), &entry.state),
            _ => spec,
        }
    }

    /// The state of an observer's entry has changed, and perhaps its settings with it.
    pub(crate) fn adapt_observer(&mut self, id: ObserverId) {
        let Some(observer) = self.observers.get(&id).filter(|one| one.spec.by.is_some()) else { return };
        let spec = self.adapted(observer.entry, observer.spec.clone());
        if let Some(observer) = self.observers.get_mut(&id) {
            let old = std::mem::replace(&mut observer.spec, spec);
            self.adapt_audience(id, &old);
        }
    }

    /// The settings of an observer have changed.
    fn adapt_audience(&mut self, id: ObserverId, old: &ObserverSpec) {
        if let Some(observer) = self.observers.get(&id)
            && let Some(entry) = self.entries.get_mut(&observer.entry)
        {
            entry.observers.adapt(id, old, &observer.spec);
        }
    }

    /// An observer leaves. `consumed`: the last attempt of the fetch took its signal, so that it can be stopped.
    pub(crate) fn unobserve(&mut self, id: ObserverId, consumed: bool, now: Moment) {
        self.event(now);
        let Some(observer) = self.observers.remove(&id) else { return };
        self.deadlines.set(Due::Stale(id), None);
        self.deadlines.set(Due::Interval(id), None);
        self.detach(id, observer.entry, &observer.spec, consumed, now);
    }

    fn attach(&mut self, id: ObserverId, entry_id: EntryId) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        if let Some(observer) = self.observers.get(&id) {
            entry.observers.join(id, &observer.spec);
        }
        self.effects.push(Effect::Event(Event::ObserverAdded(entry.key.clone())));
        self.deadlines.set(Due::EntryGc(entry_id), None);
        self.used(entry_id);
        self.counted.insert(entry_id);
        self.effects.push(Effect::Wake(id));
        self.arm_slow(entry_id);
    }

    /// The last observer stops what only it wanted (T48 to T50).
    fn detach(&mut self, id: ObserverId, entry_id: EntryId, spec: &ObserverSpec, consumed: bool, now: Moment) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        entry.observers.leave(id, spec);
        self.effects.push(Effect::Event(Event::ObserverRemoved(entry.key.clone())));
        entry.used = self.epoch;
        self.counted.insert(entry_id);
        let is_alone = entry.observers.is_empty();
        self.arm_slow(entry_id);
        let Some(entry) = self.entries.get_mut(&entry_id).filter(|_| is_alone) else { return };
        if let Some(flight) = &mut entry.flight {
            let is_first_paused = matches!(flight.phase, Phase::Paused) && entry.state.status == QueryStatus::Pending;
            let is_parked = matches!(flight.phase, Phase::Parked(_));
            if is_first_paused || (consumed && !is_parked) {
                self.cancel_fetch(entry_id, CancelHow::REVERT, now);
            } else {
                flight.retries_stopped = true;
            }
        }
        self.arm_gc(entry_id, now);
    }

    /// Returns whether the observer fetches on appearing (T79, T82).
    pub(crate) fn wants_on_mount(&self, id: ObserverId, now: Moment) -> bool {
        let Some(observer) = self.observers.get(&id) else { return false };
        let Some(entry) = self.entries.get(&observer.entry) else { return false };
        let spec = &observer.spec;
        if !spec.enabled || self.is_restoring() {
            return false;
        }
        if entry.base.is_none() {
            return entry.status != QueryStatus::Error || spec.retry_on_mount;
        }
        observer.wants(spec.on_mount, entry, now)
    }

    fn is_stale_for(&self, id: ObserverId, now: Moment) -> bool {
        let Some(observer) = self.observers.get(&id) else { return false };
        let spec = &observer.spec;
        spec.enabled
            && self
                .entries
                .get(&observer.entry)
                .is_some_and(|entry| entry.is_stale(spec.stale, now) && !observer.is_served(entry, now))
    }

    /// Fetches with an observer's function and settings.
    pub(crate) fn fetch_for(&mut self, id: ObserverId, replace: bool, now: Moment) {
        let Some(observer) = self.observers.get(&id) else { return };
        let request = FetchRequest { observer: Some(id), replace, ..FetchRequest::whole() };
        let entry = observer.entry;
        self.fetch(entry, request, now);
    }

    /// The connection came or went.
    pub(crate) fn set_online(&mut self, online: bool, now: Moment) {
        if self.online != online {
            self.event(now);
            self.online = online;
            if online {
                self.resume_on_connection(now);
            }
        }
    }

    /// Focus came or went.
    pub(crate) fn set_focused(&mut self, focused: bool, now: Moment) {
        if self.focused != focused {
            self.event(now);
            self.focused = focused;
            if focused {
                self.resume_on_focus(now);
            }
        }
    }

    /// Returns the entries to which focus and the connection can make a difference: observed ones, and those with a fetch.
    pub(crate) fn wakeable(&self) -> BTreeSet<EntryId> {
        let observed = self.observers.values().map(|one| one.entry);
        observed.chain(self.flights.values().copied()).collect()
    }

    /// One observer an entry fetches, and paused fetches go on (T67, T80).
    pub(crate) fn wake_entries(&mut self, focus: bool, online: bool, now: Moment) {
        for entry_id in self.wakeable() {
            let Some(entry) = self.entries.get(&entry_id) else { continue };
            let who = entry.observers.iter().copied().find(|id| {
                self.observers.get(id).is_some_and(|one| {
                    (focus && now >= one.focus_after && one.wants(one.spec.on_focus, entry, now))
                        || (online && one.wants(one.spec.on_reconnect, entry, now))
                })
            });
            if let Some(id) = who.filter(|_| !self.is_restoring()) {
                if focus {
                    self.throttle_focus(entry_id, now);
                }
                self.fetch_for(id, false, now);
            }
            self.go_on(entry_id, now);
        }
    }

    /// The observers of an entry have fetched on focus: the next time may not come too soon.
    fn throttle_focus(&mut self, entry_id: EntryId, now: Moment) {
        let observers = self
            .entries
            .get(&entry_id)
            .map(|entry| entry.observers.iter().copied().collect::<Vec<_>>())
            .unwrap_or_default();
        for id in observers {
            if let Some(one) = self.observers.get_mut(&id) {
                one.focus_after = now + one.spec.focus_throttle;
            }
        }
    }

    /// A paused fetch goes on, if it may.
    fn go_on(&mut self, entry_id: EntryId, now: Moment) {
        let (online, focused) = (self.online, self.focused);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(flight) = &entry.flight else { return };
        if !matches!(flight.phase, Phase::Paused) {
            return;
        }
        let may = if flight.attempt == 0 {
            super::fetch::may_start(flight.spec.network, online)
        } else {
            super::fetch::may_continue(flight.spec.network, online, focused)
        };
        if may {
            entry.fetch_status = crate::status::FetchStatus::Fetching;
            if let Some(flight) = &mut entry.flight {
                flight.since = now;
            }
            self.updated(entry_id, Action::Continue, now);
            self.arm_slow(entry_id);
            self.attempt_again(entry_id, now);
        }
    }
}
