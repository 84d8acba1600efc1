//! What becomes of the result of a fetch, and which confirmed operations does a base contain?
//!
//! How much can be proven depends on what the server tells (its [`Level`]). Of three proofs, the best that both sides have
//! decides: the version of a row (exact, but for that row only), the watermark of an answer (exact), the order of events here
//! (a fetch that began after a confirmation contains it; of one that began before, nothing is known).

use std::cmp::Ordering;

use crate::{
    heart::{
        EntryId, Heart, MutationId, Rule,
        entry::Entry,
        record::{Layer, Record},
        spec::Epoch,
    },
    level::Level,
    projection::{Op, OpKind, Projector, Value, safely},
};

/// What becomes of a fetch's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It becomes the base.
    Accept,
    /// It may lack a confirmed mutation: the fetch runs again (rule N1).
    Refuse,
    /// It may or may not contain a mutation that is on its way and must not show twice: it waits (rule C2).
    Park,
    /// The server has told something newer while the fetch ran, and that is there: the fetch ends with it (rule R4a).
    Overtaken,
    /// The server has answered with something older than what it had told before: it is asked again, later and a few times
    /// (rule R4a).
    Outdated {
        /// Whether it is better than nothing new: it lacks a confirmed mutation, which goes on showing above it.
        usable: bool,
    },
}

/// What a fetch has brought, and what is known of how new it is.
#[derive(Clone, Copy)]
pub(crate) struct Brought<'a> {
    /// The data.
    pub(crate) value: &'a Value,
    /// When the attempt began.
    pub(crate) start: Epoch,
    /// How far the server had seen.
    pub(crate) mark: Option<u64>,
}

impl Heart {
    /// Decides what becomes of what an entry's running fetch has brought (rule R4).
    pub(crate) fn judge(&self, entry_id: EntryId, value: &Value) -> Verdict {
        let Some(entry) = self.entries.get(&entry_id) else { return Verdict::Accept };
        let (Some(flight), Some(projector)) = (&entry.flight, &entry.kind.projector) else {
            return Verdict::Accept;
        };
        let waits = self.log.live_on(entry_id, &**projector).any(|(_, record, Layer { op, .. })| {
            record.is_undecided()
                && record.first_sent.is_some()
                && record.doubt.is_none()
                && (!op.idempotent || (op.kind == OpKind::Create && op.temp))
                && projector.could_touch(op)
        });
        if waits && self.rules.holds(Rule::ParkResult) {
            return Verdict::Park;
        }
        let refuses = self.rules.holds(Rule::RefuseEarlyFetch);
        if flight.start < entry.marks.min_start && refuses {
            return Verdict::Refuse;
        }
        let brought = Brought { value, start: flight.start, mark: flight.mark };
        let is_early = flight.start < entry.marks.numbered_start;
        match self.age(entry, &**projector, brought) {
            None if is_early && refuses && !is_numbered(&**projector, brought) => Verdict::Refuse,
            Some(Ordering::Less) if !self.rules.holds(Rule::NeverOlder) => Verdict::Accept,
            Some(Ordering::Less) if !is_early => Verdict::Outdated { usable: false },
            Some(Ordering::Less) if entry.base.is_some() => Verdict::Overtaken,
            Some(Ordering::Less) => Verdict::Refuse,
            _ if entry.base.is_some() && self.lacks(entry_id, &**projector, brought) => {
                Verdict::Outdated { usable: true }
            }
            _ => Verdict::Accept,
        }
    }

    /// Compares what was brought with what is there; `None`: the server does not tell.
    fn age(&self, entry: &Entry, projector: &dyn Projector, brought: Brought<'_>) -> Option<Ordering> {
        if entry.flight.as_ref().is_some_and(|flight| flight.stored.is_some()) {
            return None;
        }
        if let Some(base) = &entry.base
            && let Ok(Some(order)) = safely(|| projector.compare(brought.value, base))
        {
            return Some(order);
        }
        if self.is_buried(projector, brought.value) {
            return Some(Ordering::Less);
        }
        let marks = brought.mark.zip(entry.marks.mark).filter(|_| projector.level() >= Level::Watermarked);
        marks.map(|(brought, base)| brought.cmp(&base))
    }

    /// Returns whether a fetch that began after a confirmation has brought something that provably lacks it.
    fn lacks(&self, entry_id: EntryId, projector: &dyn Projector, brought: Brought<'_>) -> bool {
        let is_part =
            self.entries.get(&entry_id).and_then(|entry| entry.flight.as_ref()).is_some_and(|it| it.part.is_some());
        // Of what it did not load, a page says nothing.
        !is_part
            && projector.level() >= Level::Versioned
            && self.log.live_on(entry_id, projector).any(|(_, record, layer)| {
                record.acked.is_some_and(|acked| acked <= brought.start)
                    && projector.could_touch(&layer.op)
                    && !self.contains(projector, brought, None, record, &layer.op)
            })
    }

    /// Returns whether a fetch that began at `start` has landed without a mutation that was confirmed before.
    pub(crate) fn still_lacks(&self, entry_id: EntryId, start: Epoch) -> bool {
        let Some(projector) = self.entries.get(&entry_id).and_then(|entry| entry.kind.projector.as_ref()) else {
            return false;
        };
        projector.level() >= Level::Versioned
            && self.log.live_on(entry_id, &**projector).any(|(_, record, layer)| {
                record.acked.is_some_and(|acked| acked <= start) && projector.could_touch(&layer.op)
            })
    }

    /// Returns what the running fetch of an entry has brought with all that the server has told since it began, and whether it
    /// is unsure where a row belongs.
    pub(crate) fn renewed(&self, entry_id: EntryId, value: Value) -> (Value, bool) {
        let Some(entry) = self.entries.get(&entry_id) else { return (value, false) };
        let (Some(flight), Some(projector)) = (&entry.flight, &entry.kind.projector) else { return (value, false) };
        if projector.level() < Level::Versioned || !self.rules.holds(Rule::PushOutlives) {
            return (value, false);
        }
        self.with_news(&**projector, entry.base.as_ref(), value, flight.start)
    }

    /// Returns whether something brought contains a confirmed operation (rules C1, C3).
    ///
    /// `before`: what only a page was added to. Its own rows are as old as they were; a row that only the new page has is as
    /// new as that.
    fn contains(
        &self,
        projector: &dyn Projector,
        brought: Brought<'_>,
        before: Option<&Value>,
        record: &Record,
        op: &Op,
    ) -> bool {
        let Some(acked) = record.acked else { return false };
        let creates = op.kind == OpKind::Create && self.rules.holds(Rule::CreatedRowProves);
        if creates && projector.holds_row_of(brought.value, op) {
            return true;
        }
        let is_old = || {
            before.is_some_and(|before| {
                op.idempotent || projector.holds_row_of(before, op) || !projector.holds_row_of(brought.value, op)
            })
        };
        match self.proves(projector, brought.value, brought.mark, record, op) {
            Some(Proof::Row(proven)) => proven,
            Some(Proof::Mark(proven)) => proven && !is_old(),
            None => brought.start >= acked && !is_old(),
        }
    }

    /// Returns what the server's numbers say about whether data contains an operation; `None`: nothing.
    pub(crate) fn proves(
        &self,
        projector: &dyn Projector,
        value: &Value,
        mark: Option<u64>,
        record: &Record,
        op: &Op,
    ) -> Option<Proof> {
        let versions = record.version.and_then(|own| Some((safely(|| projector.version_of(value, op)).ok()??, own)));
        if let Some((row, own)) = versions.filter(|_| self.rules.holds(Rule::VersionProves)) {
            return Some(Proof::Row(row >= own));
        }
        let marks = mark.zip(record.mark).filter(|_| projector.level() >= Level::Watermarked);
        let (mark, own) = marks.filter(|_| self.rules.holds(Rule::WatermarkProves))?;
        Some(Proof::Mark(mark >= own))
    }

    /// What a fetch has brought has replaced the base: confirmed operations that it contains go (rules C1, C3).
    pub(crate) fn base_replaced(&mut self, entry_id: EntryId, start: Epoch, mark: Option<u64>, before: Option<&Value>) {
        let Some(entry) = self.entries.get(&entry_id) else { return };
        let (Some(projector), Some(base)) = (entry.kind.projector.clone(), &entry.base) else { return };
        let before = before.filter(|_| self.rules.holds(Rule::PageProvesItself));
        let brought = Brought { value: base, start, mark };
        let contained: Vec<MutationId> = self
            .log
            .live_on(entry_id, &*projector)
            .filter(|(_, record, layer)| self.contains(&*projector, brought, before, record, &layer.op))
            .map(|(id, ..)| id)
            .collect();
        for id in self.without_lower(entry_id, contained) {
            self.log.contained(id, entry_id);
        }
        let before = before.cloned();
        self.hide_doubted(entry_id, start, |op| {
            before.as_ref().is_some_and(|before| projector.holds_row_of(before, op))
        });
    }

    /// The server has told a newer state of what an entry holds: what that proves goes, and nothing else (rule C1).
    pub(crate) fn base_renewed(&mut self, entry_id: EntryId) {
        let mark = self.entries.get(&entry_id).and_then(|entry| entry.marks.mark);
        // It is no fetch: when it began proves nothing.
        self.base_replaced(entry_id, Epoch::default(), mark, None);
    }
}

/// What the server's numbers say about whether data contains an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// The version of the row.
    Row(bool),
    /// The watermark of the whole.
    Mark(bool),
}

impl Proof {
    /// Returns whether it is contained.
    pub(crate) fn holds(self) -> bool {
        match self {
            Self::Row(holds) | Self::Mark(holds) => holds,
        }
    }
}

/// Returns whether what was brought says how new it is.
fn is_numbered(projector: &dyn Projector, brought: Brought<'_>) -> bool {
    let has_mark = brought.mark.is_some() && projector.level() >= Level::Watermarked;
    has_mark || safely(|| projector.only_version(brought.value)).is_ok_and(|version| version.is_some())
}
