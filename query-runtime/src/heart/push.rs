//! What becomes of what the server tells of a row without having been asked (rule R12)?
//!
//! A push changes bases only, and only where it says how new the row is; what is only said to have changed is fetched. While
//! a mutation is on its way that the row may contain and that must not show twice, a push waits as the result of a fetch
//! does (rule C2), unless it carries the mutation's own key: then it is the earliest proof of it.

use std::sync::Arc;

use crate::{
    clock::Moment,
    heart::{
        Action, Confirmation, EntryId, Heart, MutationId, Rule,
        record::{Layer, Progress},
        spec::Epoch,
    },
    level::{Level, Version},
    projection::{EntryShape, Op, OpKind, Projector, Value, safely},
    status::QueryStatus,
};

/// How many pushes wait at most; instead of more, what they are about is fetched.
const HELD_AT_MOST: usize = 1_000;

/// Something that the server tells of one row.
#[derive(Clone, Debug)]
pub(crate) struct Pushed {
    /// The row as one that is created, or its deletion.
    pub(crate) op: Op,
    /// What it would say as the answer to a mutation.
    pub(crate) confirmation: Confirmation,
    /// How new the row is.
    pub(crate) version: Option<Version>,
    /// The key of the mutation that it comes from.
    pub(crate) key: Option<Arc<str>>,
}

impl Heart {
    /// The server tells something of a row.
    pub(crate) fn receive(&mut self, pushed: Pushed, now: Moment) {
        self.event(now);
        self.take_in(pushed, now);
    }

    /// The server tells a mutation by another key from now on.
    pub(crate) fn has_key(&mut self, id: MutationId, idempotency_key: Arc<str>) {
        self.log.set_key(id, idempotency_key);
    }

    /// A row has changed, and nothing is known of how.
    pub(crate) fn poke(&mut self, op: &Op, now: Moment) {
        self.event(now);
        self.make_stale(std::slice::from_ref(op), now);
    }

    fn take_in(&mut self, pushed: Pushed, now: Moment) {
        if let Some(id) = self.proven_by(&pushed) {
            self.confirm(id, &pushed.confirmation, pushed.version, now);
            if self.log.get(id).is_some_and(|record| record.progress == Progress::Undecided) {
                // Nobody needs to decide any more.
                self.assume(id);
            }
        }
        let op = &pushed.op;
        let told = self.news.of(op).map(|told| told.version);
        let only_newer = self.rules.holds(Rule::PushOnlyNewer);
        match (pushed.version.filter(|_| op.level >= Level::Versioned), told) {
            (Some(version), Some(Some(told))) if told >= version && only_newer => {}
            // Whether it was before our own deletion or after, only the server knows.
            (None, _) | (_, Some(None)) => self.make_stale(std::slice::from_ref(op), now),
            (Some(_), _) if self.rules.holds(Rule::ParkPush) && self.must_wait(&pushed) => self.hold(pushed, now),
            (Some(version), _) => self.spread(op, version, now),
        }
    }

    /// Returns the mutation that a push proves.
    fn proven_by(&self, pushed: &Pushed) -> Option<MutationId> {
        let key = pushed.key.as_ref().filter(|_| self.rules.holds(Rule::KeyProves))?;
        let id = self.log.by_key(key)?;
        let record = self.log.get(id)?;
        let is_about = |Layer { op, .. }: &Layer| {
            let is_same = op.entity == pushed.op.entity && (op.temp || op.id == pushed.op.id);
            is_same && (op.kind == OpKind::Delete) == (pushed.op.kind == OpKind::Delete)
        };
        (record.is_undecided() && record.layers.iter().any(is_about)).then_some(id)
    }

    /// Returns whether the row may or may not contain an operation that is on its way and must not show twice (rule C2).
    fn must_wait(&self, pushed: &Pushed) -> bool {
        let op = &pushed.op;
        self.log.unsettled().any(|(_, record)| {
            let Some(sent) = record.first_sent.filter(|_| record.is_undecided() && record.doubt.is_none()) else {
                return false;
            };
            record.layers.iter().any(|layer| {
                let own = &layer.op;
                if own.entity != op.entity || own.idempotent {
                    return false;
                }
                // What comes from another mutation is not what this one creates.
                let may_be_created = own.temp && pushed.key.is_none() && op.kind == OpKind::Create;
                own.id == op.id || (may_be_created && !self.was_known(op, sent))
            })
        })
    }

    /// Returns whether a base had the row before this epoch.
    fn was_known(&self, op: &Op, before: Epoch) -> bool {
        self.rows.candidates(op).filter_map(|id| self.entries.get(&id)).any(|entry| {
            let held = entry.kind.projector.as_ref().zip(entry.base.as_ref());
            entry.marks.replaced_at < before && held.is_some_and(|(projector, base)| projector.holds_row_of(base, op))
        })
    }

    /// A push waits; of several of one row, the newest.
    fn hold(&mut self, pushed: Pushed, now: Moment) {
        let is_same = |held: &&mut Pushed| held.op.entity == pushed.op.entity && held.op.id == pushed.op.id;
        if let Some(held) = self.held.iter_mut().find(is_same) {
            if held.version < pushed.version {
                *held = pushed;
            }
            return;
        }
        if self.held.len() >= HELD_AT_MOST {
            self.make_stale(&[pushed.op], now);
        } else {
            self.held.push(pushed);
        }
    }

    /// Something has settled: pushes that waited for it are looked at again.
    pub(crate) fn release(&mut self, now: Moment) {
        for pushed in std::mem::take(&mut self.held) {
            self.take_in(pushed, now);
        }
    }

    /// A row's newer state becomes part of all bases that it belongs to.
    fn spread(&mut self, op: &Op, version: Version, now: Moment) {
        self.told(Some(version), op.clone());
        let touched = self.touchable_by([op]);
        let based: Vec<(Arc<dyn Projector>, Value)> = touched
            .iter()
            .filter_map(|id| self.entries.get(id))
            .filter_map(|entry| Some((entry.kind.projector.clone()?, entry.base.clone()?)))
            .collect();
        let newest =
            based.iter().filter_map(|(projector, base)| safely(|| projector.version_of(base, op)).ok().flatten()).max();
        let before = based.iter().find_map(|(projector, base)| projector.row(base, &op.row));
        let mut renewed = Vec::new();
        for id in &touched {
            if self.renew_in(*id, op, version, newest, before.as_ref(), now) {
                renewed.push(*id);
            }
        }
        self.rows_changed(std::slice::from_ref(op));
        let is_layered = self.log.on_row(op.entity, op.row.hash).next().is_some();
        for id in &touched {
            let is_renewed = renewed.contains(id);
            if is_renewed || is_layered {
                self.base_changed(*id);
            }
            if is_renewed {
                self.updated(*id, Action::Push, now);
            }
        }
        self.refetch_invalid(&touched, now);
    }

    /// A row's newer state becomes part of one entry, where that can be decided; otherwise the entry goes stale. Returns whether the
    /// base is another now.
    ///
    /// `newest`: the newest state of the row anywhere. `before`: the row as the cache had it.
    fn renew_in(
        &mut self,
        entry_id: EntryId,
        op: &Op,
        version: Version,
        newest: Option<Version>,
        before: Option<&Value>,
        now: Moment,
    ) -> bool {
        let epoch = self.epoch;
        let (only_newer, blind) = (self.rules.holds(Rule::PushOnlyNewer), self.has_unproven(entry_id, op));
        let Some(entry) = self.entries.get_mut(&entry_id) else { return false };
        let Some(projector) = entry.kind.projector.clone() else { return false };
        let is_detail = projector.kind() == EntryShape::Detail;
        let deletes = op.kind == OpKind::Delete;
        let Some(base) = entry.base.clone() else {
            if deletes && projector.only_row().is_some() {
                entry.marks.numbered_start = epoch;
            } else if entry.is_gone && is_detail {
                self.mark_invalid(entry_id, epoch);
            }
            return false;
        };
        let holds = projector.holds_row_of(&base, op);
        let known = if holds { safely(|| projector.version_of(&base, op)).ok().flatten() } else { newest };
        let is_late = known.is_some_and(|known| if holds { known >= version } else { known > version });
        if (is_late && only_newer) || (is_detail && !holds) {
            return false;
        }
        if blind {
            self.mark_invalid(entry_id, epoch);
            return false;
        }
        if is_detail && deletes {
            entry.base = None;
            entry.marks.mark = None;
            entry.is_gone = true;
            entry.status = QueryStatus::Pending;
        } else {
            match safely(|| projector.renew(&base, op, before)) {
                Ok(Some(new)) if Arc::ptr_eq(&new, &base) => return false,
                Ok(Some(new)) => {
                    let new = entry.shared(Some(base), new);
                    entry.base = Some(new);
                    entry.plan_follows(|plan| safely(|| projector.renew(plan, op, before)).ok().flatten());
                }
                undecided => {
                    entry.panicked |= undecided.is_err();
                    self.mark_invalid(entry_id, epoch);
                    return false;
                }
            }
        }
        entry.marks.replaced_at = epoch;
        if is_detail {
            entry.marks.numbered_start = epoch;
            entry.data_updated_at = Some(now);
            entry.moved_revert_point();
        }
        if deletes {
            self.ended(entry_id, op);
        }
        self.base_renewed(entry_id);
        true
    }

    /// Returns whether an operation shows on the row of which nobody knows whether a state of the row contains it, and that must not
    /// show twice: what was confirmed without a version, and what is in doubt.
    fn has_unproven(&self, entry_id: EntryId, op: &Op) -> bool {
        let Some(projector) = self.entries.get(&entry_id).and_then(|entry| entry.kind.projector.as_ref()) else {
            return false;
        };
        self.log.live_on(entry_id, &**projector).any(|(_, record, layer)| {
            let (own, is_open) = (&layer.op, record.acked.is_some() || record.doubt.is_some());
            let is_same = own.entity == op.entity && (own.temp || own.id == op.id);
            is_open && is_same && record.version.is_none() && !own.idempotent
        })
    }

    /// A row is deleted: what was confirmed for it before is over.
    fn ended(&mut self, entry_id: EntryId, op: &Op) {
        let is_on_row = |layer: &Layer| layer.op.entity == op.entity && layer.op.id == op.id;
        let kept = self.log.kept(entry_id).filter(|(_, record)| record.layers.iter().any(is_on_row));
        let over: Vec<MutationId> = kept.map(|(id, _)| id).collect();
        for id in over {
            self.log.contained(id, entry_id);
        }
    }
}
