//! How does a fetch run: joined, started, retried, paused, and what becomes of its result?

use crate::{
    backoff::RetryDecision,
    clock::Moment,
    error::QueryError,
    heart::{
        Action, Due, Effect, EntryId, Event, FetchId, Heart, Rule, Written,
        entry::{Flight, Phase},
        judge::Verdict,
        spec::{Epoch, FetchRequest},
    },
    key::QueryKey,
    projection::Value,
    status::{FetchStatus, NetworkMode},
};

/// Returns whether a first attempt may run (T63).
pub(crate) fn may_start(network: NetworkMode, online: bool) -> bool {
    network != NetworkMode::Online || online
}

/// Returns whether a further attempt may run (T62): without focus it waits.
pub(crate) fn may_continue(network: NetworkMode, online: bool, focused: bool) -> bool {
    focused && (network == NetworkMode::Always || online)
}

impl Heart {
    /// Fetches an entry: joins the running fetch, or starts one. Returns the fetch to wait for.
    ///
    /// `None` means that the entry is gone.
    pub(crate) fn fetch(&mut self, entry_id: EntryId, request: FetchRequest, now: Moment) -> Option<FetchId> {
        let epoch = self.event(now);
        let entry = self.entries.get_mut(&entry_id)?;
        let has_data = entry.base.is_some();
        let (mut replaced, mut owes) = (None, false);
        if let Some(flight) = &mut entry.flight {
            let begun = !matches!(flight.phase, Phase::Running { begun: false });
            let same = flight.direction == request.direction;
            if !begun && same && flight.attempt == 0 {
                // Nothing was asked of the server yet: the fetch simply begins later (I4).
                flight.start = epoch;
                flight.plan.clone_from(&entry.base);
                flight.retries_stopped = false;
                return Some(flight.id);
            }
            if !request.replace || !has_data {
                flight.retries_stopped = false;
                return Some(flight.id);
            }
            owes = flight.owes || flight.direction.is_whole();
            replaced = self.end_flight(entry_id).map(|flight| flight.id);
        }
        match request.observer {
            Some(observer) => self.adopt_from(entry_id, observer, now),
            None => self.borrow_function(entry_id, now),
        }
        let fetch = FetchId(self.fresh_id());
        let entry = self.entries.get_mut(&entry_id)?;
        let spec = entry.fetch.clone();
        let flight = Flight {
            id: fetch,
            start: epoch,
            kept: None,
            plan: entry.base.clone(),
            part: None,
            owes: owes && !request.direction.is_whole() && entry.is_behind(entry.marks.fetched_start),
            attempt: 0,
            phase: if may_start(spec.network, self.online) { Phase::Running { begun: false } } else { Phase::Paused },
            since: now,
            direction: request.direction,
            spec,
            bytes: 0,
            mark: None,
            is_mixed: false,
            outdated: 0,
            stored: None,
            retries_stopped: false,
            before: entry.before(),
        };
        let starts = matches!(flight.phase, Phase::Running { .. });
        entry.used = epoch;
        entry.fetch_began(flight);
        self.flights.insert(fetch, entry_id);
        self.effects.push(Effect::FetchBegan { entry: entry_id, fetch });
        if let Some(old) = replaced {
            self.effects.push(Effect::FetchReplaced { fetch: old, by: fetch });
        }
        self.deadlines.set(Due::EntryGc(entry_id), None);
        self.updated(entry_id, Action::Fetch, now);
        if starts {
            self.start_attempt(entry_id, now);
        }
        Some(fetch)
    }

    /// The current attempt starts: what the server did before now, it sees (rule R3).
    pub(crate) fn start_attempt(&mut self, entry_id: EntryId, _now: Moment) {
        let start = self.epoch;
        let keeps = self.rules.holds(Rule::EarliestPageCounts);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(flight) = &mut entry.flight else { return };
        let kept = flight.kept.take();
        flight.is_mixed = kept.is_some();
        flight.start = kept.filter(|_| keeps).unwrap_or(start);
        flight.mark = None;
        flight.part = None;
        flight.bytes = 0;
        flight.stored = None;
        flight.phase = Phase::Running { begun: false };
        let effect = Effect::StartAttempt {
            entry: entry_id,
            key: entry.key.clone(),
            fetch: flight.id,
            attempt: flight.attempt,
            direction: flight.direction,
            meta: entry.meta.clone(),
        };
        self.effects.push(effect);
    }

    /// The future of the current attempt is about to be polled for the first time.
    pub(crate) fn attempt_began(&mut self, fetch: FetchId) {
        if let Some(flight) = self.flight_mut(fetch)
            && let Phase::Running { begun } = &mut flight.phase
        {
            *begun = true;
        }
    }

    /// The current attempt has received so many bytes.
    pub(crate) fn received(&mut self, fetch: FetchId, bytes: u64) {
        if let Some(flight) = self.flight_mut(fetch) {
            flight.bytes = bytes;
        }
    }

    /// The server had seen so much when it answered the current attempt.
    pub(crate) fn watermarked(&mut self, fetch: FetchId, mark: Option<u64>) {
        if let Some(flight) = self.flight_mut(fetch) {
            // Of what an earlier attempt has loaded, nobody says it.
            flight.mark = mark.filter(|_| !flight.is_mixed);
        }
    }

    /// Returns whether a fetch still runs: results of others change nothing, and subscribers hear of them (I13).
    pub(crate) fn expects(&mut self, fetch: FetchId, key: &QueryKey) -> bool {
        let expected = self.flights.contains_key(&fetch);
        if !expected {
            let key = self.told_of_fetch(fetch, key);
            self.effects.push(Effect::Event(Event::Dropped(key)));
        }
        expected
    }

    /// The current attempt is over. Results of fetches that are no longer current change nothing (R4, R5, I12).
    pub(crate) fn attempt_done(&mut self, fetch: FetchId, result: Result<Value, QueryError>, now: Moment) {
        let Some(entry_id) = self.flights.get(&fetch).copied() else { return };
        self.event(now);
        let entry = self.entries.get(&entry_id);
        match result.and_then(|value| entry.ok_or_else(QueryError::cancelled)?.typed(value)) {
            Ok(value) => self.attempt_succeeded(entry_id, value, now),
            Err(error) => self.attempt_failed(entry_id, error, now),
        }
    }

    /// Decides what becomes of a result (R4): the base, nothing, or later.
    fn attempt_succeeded(&mut self, entry_id: EntryId, value: Value, now: Moment) {
        let epoch = self.epoch;
        if !self.rules.holds(Rule::StartOfAttempt)
            && let Some(flight) = self.entries.get_mut(&entry_id).and_then(|entry| entry.flight.as_mut())
        {
            flight.start = epoch;
        }
        let verdict = self.judge(entry_id, &value);
        self.carry_out(verdict, entry_id, value, now);
    }

    /// Does what was decided about a result.
    pub(crate) fn carry_out(&mut self, verdict: Verdict, entry_id: EntryId, value: Value, now: Moment) {
        match verdict {
            Verdict::Accept => self.land(entry_id, value, now),
            Verdict::Refuse => {
                self.changed(entry_id, Action::Refuse);
                self.start_over(entry_id, now);
            }
            Verdict::Park => self.park(entry_id, value, now),
            Verdict::Overtaken => self.land_overtaken(entry_id, now),
            Verdict::Outdated { usable } => self.ask_again(entry_id, Some(value).filter(|_| usable), now),
        }
    }

    /// What is there is newer than the result: the fetch ends with that.
    fn land_overtaken(&mut self, entry_id: EntryId, now: Moment) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let (Some(base), Some(flight)) = (entry.base.clone(), &mut entry.flight) else { return };
        flight.mark = entry.marks.mark;
        self.changed(entry_id, Action::Refuse);
        self.land(entry_id, base, now);
    }

    /// The server has answered with something old: it is asked again as after a failure, and as often. Then the entry stays
    /// stale, with the answer where that is `usable`, else with what is there.
    fn ask_again(&mut self, entry_id: EntryId, usable: Option<Value>, now: Moment) {
        let random = self.random.f64();
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(flight) = &mut entry.flight else { return };
        let error = QueryError::network("the answer is older than what is known");
        let decision = if flight.retries_stopped {
            RetryDecision::GiveUp
        } else {
            flight.spec.retry.decide(flight.outdated, &error, true, random)
        };
        self.changed(entry_id, Action::Refuse);
        if let RetryDecision::Retry(delay) = decision {
            self.wait_for_newer(entry_id, now + delay);
        } else if let Some(value) = usable {
            self.land(entry_id, value, now);
        } else {
            self.end_outdated(entry_id, now);
        }
    }

    fn wait_for_newer(&mut self, entry_id: EntryId, until: Moment) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(flight) = &mut entry.flight else { return };
        flight.phase = Phase::Waiting;
        flight.attempt += 1;
        flight.outdated += 1;
        flight.kept = None;
        flight.plan.clone_from(&entry.base);
        self.deadlines.set(Due::Retry(entry_id), Some(until));
    }

    /// A fetch ends with what is there, and proves nothing.
    fn end_outdated(&mut self, entry_id: EntryId, now: Moment) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(fetch) = entry.flight.as_ref().map(|flight| flight.id) else { return };
        entry.fetch_ended();
        entry.is_invalidated = true;
        entry.is_slow = false;
        entry.fetched_at = None;
        self.flights.remove(&fetch);
        self.updated(entry_id, Action::Refuse, now);
        self.settle_fetch(entry_id, fetch);
        self.lift_barrier(entry_id, now);
        self.arm_gc(entry_id, now);
        self.dispatch(now);
    }

    /// The result becomes the base.
    pub(crate) fn land(&mut self, entry_id: EntryId, value: Value, now: Moment) {
        let (value, unsure) = self.renewed(entry_id, value);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let value = match entry.merged(value) {
            Ok(value) => value,
            Err(error) => return self.attempt_failed(entry_id, error, now),
        };
        let Some(flight) = &entry.flight else { return };
        let (fetch, owes, bytes, stored) = (flight.id, flight.owes, flight.bytes, flight.stored);
        // What was stored proves nothing about what the server has done since.
        let start = if stored.is_some() { Epoch::default() } else { flight.start };
        let mark = flight.mark.filter(|_| stored.is_none());
        let before = entry.marks.mark;
        let (rest, renews) = flight.part.clone().map_or((None, true), |part| (Some(part.rest), part.renews));
        let behind = entry.is_behind(start) && self.rules.holds(Rule::InvalidationOutlives);
        let at = entry.data_updated_at.filter(|_| !renews).unwrap_or(now);
        entry.data_arrived(value, at);
        entry.fetch_ended();
        // What stays of the data is as old as it was.
        let is_mixed = rest.is_some() || (entry.merges.0.is_some() && before.is_some());
        entry.marks.mark = if is_mixed { mark.zip(before).map(|(new, old)| new.min(old)) } else { mark };
        entry.fetched_at = Some(now).filter(|_| rest.is_none() && !behind && stored.is_none());
        entry.marks.replaced_at = self.epoch;
        entry.used = self.epoch;
        if rest.is_none() {
            entry.bytes = bytes;
            entry.is_invalidated &= behind;
            entry.marks.fetched_start = entry.marks.fetched_start.max(start);
        } else {
            // A page makes the list count as young (T129), but what was said to be out of date stays so.
            entry.bytes += bytes;
            entry.is_invalidated &= !renews || entry.is_behind(entry.marks.fetched_start);
        }
        if let Some(stored) = stored {
            entry.data_updated_at = stored.at;
            entry.is_invalidated |= stored.is_invalidated;
        }
        let mut again = entry.is_invalidated && (behind || owes);
        self.flights.remove(&fetch);
        self.lift_barrier(entry_id, now);
        self.base_replaced(entry_id, start, mark, rest.as_ref());
        if unsure {
            let epoch = self.epoch;
            self.mark_invalid(entry_id, epoch);
            again = true;
        } else if rest.is_none() && self.still_lacks(entry_id, start) {
            let epoch = self.epoch;
            self.mark_invalid(entry_id, epoch);
        }
        self.base_changed(entry_id);
        self.updated(entry_id, Action::Success, now);
        self.settle_fetch(entry_id, fetch);
        self.arm_gc(entry_id, now);
        // One more for the invalidations that came while it ran, if anybody looks (R6, T44).
        if let Some(stored) = stored {
            self.refetch_stored(entry_id, stored.refetch, now);
        } else if again && self.is_active(entry_id) && self.may_refetch(entry_id) {
            self.fetch(entry_id, FetchRequest::whole(), now);
        }
        self.dispatch(now);
    }

    /// Tells those who wait.
    fn settle_fetch(&mut self, entry_id: EntryId, fetch: FetchId) {
        if let Some(value) = self.entries.get(&entry_id).and_then(|entry| entry.view.clone().or(entry.base.clone())) {
            self.effects.push(Effect::FetchSettled { fetch, result: Ok(value) });
        } else {
            let error = QueryError::cancelled();
            self.effects.push(Effect::FetchSettled { fetch, result: Err(error) });
        }
    }

    /// Retries, or gives up (T61).
    fn attempt_failed(&mut self, entry_id: EntryId, error: QueryError, now: Moment) {
        let random = self.random.f64();
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(flight) = &mut entry.flight else { return };
        let decision = if flight.retries_stopped {
            RetryDecision::GiveUp
        } else {
            flight.spec.retry.decide(entry.state.failure_count, &error, true, random)
        };
        match decision {
            RetryDecision::Retry(delay) => {
                flight.phase = Phase::Waiting;
                flight.attempt += 1;
                entry.failure_count += 1;
                entry.failure_reason = Some(error);
                self.deadlines.set(Due::Retry(entry_id), Some(now + delay));
                self.updated(entry_id, Action::Failed, now);
            }
            RetryDecision::GiveUp => self.give_up(entry_id, error, now),
        }
    }

    /// The fetch has failed for good.
    fn give_up(&mut self, entry_id: EntryId, error: QueryError, now: Moment) {
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some((fetch, start)) = entry.flight.as_ref().map(|flight| (flight.id, flight.start)) else { return };
        entry.fetch_failed(error.clone(), now);
        self.flights.remove(&fetch);
        if matches!(error.status(), Some(404 | 410)) {
            self.row_missing(entry_id, start);
        }
        self.updated(entry_id, Action::Error, now);
        self.effects.push(Effect::FetchSettled { fetch, result: Err(error) });
        self.lift_barrier(entry_id, now);
        self.arm_gc(entry_id, now);
    }

    /// The delay before a retry is over.
    pub(crate) fn retry_due(&mut self, entry_id: EntryId, now: Moment) {
        let (online, focused) = (self.online, self.focused);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        let Some(flight) = &mut entry.flight else { return };
        if !matches!(flight.phase, Phase::Waiting) {
            return;
        }
        if may_continue(flight.spec.network, online, focused) {
            self.attempt_again(entry_id, now);
        } else {
            flight.phase = Phase::Paused;
            entry.fetch_status = FetchStatus::Paused;
            self.updated(entry_id, Action::Pause, now);
        }
    }

    /// The next attempt starts, unless nobody is left who wants it: then its error counts as that of the attempt before (T49).
    pub(crate) fn attempt_again(&mut self, entry_id: EntryId, now: Moment) {
        let Some(entry) = self.entries.get(&entry_id) else { return };
        let stopped = entry.flight.as_ref().filter(|flight| flight.retries_stopped && flight.attempt > 0);
        if stopped.is_some_and(|flight| flight.outdated > 0 && entry.failure_count == 0) {
            self.end_outdated(entry_id, now);
        } else if stopped.is_some() {
            let error = entry.failure_reason.clone().unwrap_or_else(QueryError::cancelled);
            self.give_up(entry_id, error, now);
        } else {
            self.start_attempt(entry_id, now);
        }
    }

    /// Sets server data by hand (T94). A running fetch goes on; an invalidation stays (I3), unless the server is known to have
    /// the data.
    pub(crate) fn set_base(&mut self, entry_id: EntryId, value: Value, written: Written, now: Moment) {
        let epoch = self.event(now);
        let Some(entry) = self.entries.get_mut(&entry_id) else { return };
        entry.data_arrived(value, written.at.unwrap_or(now));
        entry.marks.replaced_at = epoch;
        entry.used = epoch;
        if written.confirmed {
            entry.is_invalidated = false;
            entry.marks.fetched_start = epoch;
        }
        entry.bytes = entry.bytes.max(entry.kind.size);
        entry.moved_revert_point();
        self.base_changed(entry_id);
        self.updated(entry_id, Action::Set, now);
    }

    /// Marks an entry as changed and starts its observers' timers anew (T83).
    pub(crate) fn updated(&mut self, entry_id: EntryId, action: Action, now: Moment) {
        self.changed(entry_id, action);
        if action == Action::Error {
            self.retag(entry_id);
        }
        let restless = self.entries.get(&entry_id).filter(|entry| entry.observers.is_restless());
        let observers: Vec<_> = restless.map(|entry| entry.observers.iter().copied().collect()).unwrap_or_default();
        for id in observers {
            self.adapt_observer(id);
            self.arm_observer(id, now);
        }
        self.arm_slow(entry_id);
    }
}
