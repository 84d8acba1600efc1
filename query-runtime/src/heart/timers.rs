//! What happens when time has passed, and when is it to happen?

use crate::{
    clock::Moment,
    heart::{Action, Due, Effect, EntryId, Heart, MutationId, ObserverId, budget::may_leave},
    status::{FetchStatus, GcTime, MutationStatus},
};

impl Heart {
    /// Time has passed: everything that is due happens, earliest first.
    pub(crate) fn tick(&mut self, now: Moment) {
        while let Some(due) = self.deadlines.pop(now) {
            self.event(now);
            match due {
                Due::Retry(id) => self.retry_due(id, now),
                Due::Barrier(id) => self.barrier_due(id, now),
                Due::Stale(id) => {
                    if let Some(one) = self.observers.get(&id) {
                        // The entry's own view of staleness is published with it.
                        self.counted.insert(one.entry);
                        self.effects.push(Effect::Wake(id));
                    }
                }
                Due::Interval(id) => self.interval_due(id, now),
                Due::Slow(id) => self.slow_due(id),
                Due::MutationRetry(id) => self.for_mutation(id, |heart| heart.mutation_retry_due(id, now)),
                Due::EntryGc(id) => self.entry_gc_due(id),
                Due::MutationGc(id) => self.for_mutation(id, |heart| heart.mutation_gc_due(id, now)),
            }
        }
    }

    /// An observer's interval is over: it fetches, unless it may not in the background (T83).
    fn interval_due(&mut self, id: ObserverId, now: Moment) {
        let Some(one) = self.observers.get(&id) else { return };
        let in_background = one.spec.interval_in_background;
        let is_served = self.entries.get(&one.entry).is_some_and(|entry| one.is_served(entry, now));
        self.arm_interval(id, now);
        if (self.focused || in_background) && !is_served && !self.is_restoring() {
            self.fetch_for(id, false, now);
        }
    }

    /// Sets an observer's timers anew.
    pub(crate) fn arm_observer(&mut self, id: ObserverId, now: Moment) {
        self.arm_interval(id, now);
        self.arm_stale(id, now);
    }

    /// Sets when an observer's data becomes stale by age.
    pub(crate) fn arm_stale(&mut self, id: ObserverId, now: Moment) {
        let Some(one) = self.observers.get(&id) else { return };
        let at = self.entries.get(&one.entry).and_then(|entry| {
            let fresh = entry.base.is_some() && !entry.is_stale(one.spec.stale, now);
            fresh.then(|| entry.stale_at(one.spec.stale)).flatten()
        });
        self.deadlines.set(Due::Stale(id), at);
    }

    /// Lets an observer's interval begin now.
    pub(crate) fn arm_interval(&mut self, id: ObserverId, now: Moment) {
        let Some(one) = self.observers.get(&id) else { return };
        let at =
            one.spec.interval.filter(|interval| one.spec.enabled && !interval.is_zero()).map(|interval| now + interval);
        self.deadlines.set(Due::Interval(id), at);
    }

    /// Sets when the fetch of an entry without data counts as slow: as soon as one of its observers expects more.
    pub(crate) fn arm_slow(&mut self, entry_id: EntryId) {
        let Some(entry) = self.entries.get(&entry_id) else { return };
        let flight = entry.flight.as_ref().filter(|_| entry.base.is_none() && !entry.is_slow);
        let at = flight.zip(entry.observers.slow_after()).map(|(flight, expected)| flight.since + expected);
        self.deadlines.set(Due::Slow(entry_id), at);
    }

    /// Nothing is cached and the fetch still runs: those who wait may say so.
    fn slow_due(&mut self, entry_id: EntryId) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        if entry.fetch_status == FetchStatus::Fetching {
            entry.is_slow = true;
            self.changed(entry_id, Action::Slow);
        }
    }

    /// Sets when an entry without observers leaves (T85).
    pub(crate) fn arm_gc(&mut self, entry_id: EntryId, now: Moment) {
        let Some(entry) = self.entries.get(&entry_id) else { return };
        let at = match entry.gc {
            GcTime::For(time) if entry.observers.is_empty() => Some(now + time),
            _ => None,
        };
        self.deadlines.set(Due::EntryGc(entry_id), at);
    }

    /// Collects an entry, unless it is observed or fetches (T86). Operations stay in the log (rule R19).
    fn entry_gc_due(&mut self, entry_id: EntryId) {
        let Some(entry) = self.entries.get(&entry_id) else { return };
        // An entry that fetches is collected after it has settled, one with undecided operations after those have.
        if may_leave(entry) {
            self.drop_entry(entry_id);
        }
    }

    /// Sets when a mutation that nobody looks at leaves the cache.
    pub(crate) fn arm_mutation_gc(&mut self, id: MutationId, now: Moment) {
        let Some(record) = self.log.get_mut(id) else { return };
        record.gc_missed = None;
        let at = match record.gc {
            GcTime::For(time) if record.observers == 0 => Some(now + time),
            _ => None,
        };
        self.deadlines.set(Due::MutationGc(id), at);
    }

    /// Collects a mutation, unless it is not over yet (T90).
    fn mutation_gc_due(&mut self, id: MutationId, now: Moment) {
        let Some(record) = self.log.get_mut(id) else { return };
        if record.status == MutationStatus::Pending {
            record.gc_missed = Some(now);
        } else {
            self.log.collect(id);
        }
    }

    /// A mutation is over whose time had come before: it leaves at the end of the period that runs.
    pub(crate) fn arm_missed_gc(&mut self, id: MutationId, now: Moment) {
        let Some(record) = self.log.get_mut(id) else { return };
        let (Some(missed), GcTime::For(time)) = (record.gc_missed.take(), record.gc) else { return };
        let periods = now.since(missed).as_nanos() / time.as_nanos().max(1) + 1;
        let wait = time.saturating_mul(u32::try_from(periods).unwrap_or(u32::MAX));
        self.deadlines.set(Due::MutationGc(id), Some(missed + wait).map(|at| at.max(now)));
    }

    /// An observer looks elsewhere, or is gone.
    pub(crate) fn unobserve_mutation(&mut self, id: MutationId, now: Moment) {
        if let Some(record) = self.log.get_mut(id) {
            record.observers = record.observers.saturating_sub(1);
            self.arm_mutation_gc(id, now);
        }
    }

    /// Keeps a mutation at least this long.
    pub(crate) fn keep_mutation(&mut self, id: MutationId, gc: GcTime) {
        if let Some(record) = self.log.get_mut(id) {
            record.gc = record.gc.longer(gc);
        }
    }
}
