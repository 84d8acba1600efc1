//! Does an entry show its base with all live operations folded over it, although an event folds only what it touches?

use std::sync::Arc;

use super::{Bench, Item, ItemChange, Ones, item, page};
use crate::{
    heart::{EntryId, FetchId, MutationId, entry::Phase, judge::Verdict},
    page::Page,
    projection::{ListProjector, Op, RowProjector},
    resource::{InsertAt, ListReach, ListWindow},
    rows::tests::seeded,
    status::GcTime,
};

/// Entries of all shapes, and what is on its way.
struct Field {
    bench: Bench,
    random: fastrand::Rng,
    server: Vec<Item>,
    lists: Vec<EntryId>,
    rows: Vec<EntryId>,
    fetches: Vec<(EntryId, FetchId)>,
    sent: Vec<(MutationId, Option<Op>)>,
    next_id: i64,
}

impl Field {
    fn new(random: fastrand::Rng) -> Self {
        let mut bench = Bench::new();
        let page = |index| ListWindow::Page { index, size: 3 };
        let windows = [ListWindow::All, page(0), page(1), ListWindow::Cursor { first: true, size: 3 }, page(7)];
        let lists = windows.into_iter().enumerate().map(|(number, window)| {
            let projector = Arc::new(ListProjector::<Item, Ones>::new(Ones, window));
            bench.entry_of::<Page<Item>>(&format!("list{number}"), Some(projector), GcTime::Never)
        });
        let lists = lists.collect();
        let mut rows: Vec<EntryId> = (0..3).map(|id| bench.detail(id)).collect();
        let projector = Arc::new(RowProjector::<Item>::new());
        rows.push(bench.entry_of::<Item>("first", Some(projector), GcTime::Never));
        let server = (0..6).map(|id| item(id, 1, 0, 0)).collect();
        Self { bench, random, server, lists, rows, fetches: Vec::new(), sent: Vec::new(), next_id: 100 }
    }

    fn op(&mut self) -> Op {
        // Also what was created and has no name yet.
        let id = if self.random.u8(0..4) == 0 { -self.next_id } else { self.random.i64(0..8) };
        let lists = if self.random.u8(0..8) == 0 { ListReach::None } else { ListReach::Matching };
        let detail = self.random.u8(0..8) != 0;
        let change = match self.random.u8(0..8) {
            0 => {
                self.next_id += 1;
                return Op::create_temporary(item(-self.next_id, 1, 0, 0), ListReach::Matching, InsertAt::Sorted);
            }
            1 => return Op::delete::<Item>(id, lists, detail),
            2 => ItemChange::SetA(self.random.i64(0..3)),
            3 => ItemChange::Inc(1),
            _ => ItemChange::SetB(self.random.i64(0..4)),
        };
        Op::change::<Item>(id, change, lists, detail)
    }

    fn reply(&mut self) {
        if self.fetches.is_empty() {
            return;
        }
        let (entry, fetch) = self.fetches.swap_remove(self.random.usize(0..self.fetches.len()));
        if self.lists.contains(&entry) {
            let rows: Vec<Item> = self.server.iter().filter(|_| self.random.bool()).cloned().collect();
            self.bench.reply(fetch, page(&rows));
        } else {
            let id = self.rows.iter().position(|row| *row == entry).unwrap_or_default() % 3;
            let row = self.server[id].clone();
            self.bench.reply(fetch, row);
        }
    }

    fn settle(&mut self) {
        if self.sent.is_empty() {
            return;
        }
        let (id, op) = self.sent.swap_remove(self.random.usize(0..self.sent.len()));
        match op.filter(|_| self.random.u8(0..3) != 0) {
            Some(op) if op.temp => {
                self.next_id += 1;
                let row = item(self.next_id, 1, 0, 0);
                self.server.push(row.clone());
                self.bench.ack(id, Some(row));
            }
            Some(_) => self.bench.ack(id, None),
            None => self.bench.reject(id),
        }
    }

    fn step(&mut self) {
        match self.random.u8(0..8) {
            0 | 1 => {
                let op = self.op();
                let id = self.bench.mutate(op.clone());
                self.sent.push((id, Some(op)));
            }
            2 | 3 => self.settle(),
            4 => {
                let all = [self.lists.clone(), self.rows.clone()].concat();
                let entry = all[self.random.usize(0..all.len())];
                let request = crate::heart::FetchRequest { replace: true, ..crate::heart::FetchRequest::whole() };
                self.bench.act(|heart, now| heart.fetch(entry, request, now));
                let started = self.bench.started();
                self.fetches.extend(started.into_iter().map(|fetch| (entry, fetch)));
            }
            5 | 6 => self.reply(),
            _ => {
                let row = self.random.usize(0..self.server.len());
                self.server[row].n += 1;
                self.server[row].a = self.random.i64(1..3);
            }
        }
        self.bench.sent();
    }

    /// What an entry shows: its rows and their total, and whether an operation does, or one that nobody has decided about.
    fn shown(&self, id: EntryId) -> (Option<Page<Item>>, Option<Item>, bool, bool) {
        let entry = &self.bench.heart.entries[&id];
        let (view, page) = (entry.view.as_ref(), entry.view.as_ref().and_then(|view| view.downcast_ref()).cloned());
        (page, view.and_then(|view| view.downcast_ref()).cloned(), entry.is_optimistic, entry.has_pending)
    }

    fn check(&mut self) {
        for entry in [self.lists.clone(), self.rows.clone()].concat() {
            let before = self.shown(entry);
            self.bench.heart.fold(entry);
            assert_eq!(before, self.shown(entry), "an event left out {entry:?}");
            let flight = self.bench.heart.entries.get(&entry).and_then(|entry| entry.flight.as_ref());
            let Some(Phase::Parked(value)) = flight.map(|flight| &flight.phase) else { continue };
            assert_eq!(self.bench.heart.judge(entry, value), Verdict::Park, "nothing keeps {entry:?} waiting");
        }
    }
}

#[test]
fn what_an_event_leaves_out_would_not_have_changed() {
    let mut random = seeded();
    for _ in 0..150 {
        let mut field = Field::new(random.fork());
        for _ in 0..60 {
            field.step();
            field.check();
        }
    }
}
