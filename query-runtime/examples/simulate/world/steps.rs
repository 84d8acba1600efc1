//! What do the world and the program do beside changing rows?

use std::time::Duration;

use query_runtime::{MutationFilter, QueryError, QueryKey, RawResponse};

use super::chance::Profile;
use super::program;
use super::run::{Operation, Outcome, World, notes};
use super::watch::{Drawn, Subject, Watch};

impl World {
    pub(crate) fn other(&mut self) {
        self.server.other(&mut self.random);
        self.untold = true;
        self.log(|| format!("other writes: {:?}", self.server.rows().values()));
    }

    /// The client hears that others have written.
    pub(crate) fn tell(&mut self) {
        self.log(|| "invalidate".to_owned());
        self.untold = false;
        drop(self.client.invalidate(program::all_items()));
    }

    /// An observer comes. Rows are opened under ids that are on the screen: a row that the user can reach under its real id
    /// before the answer to its create is a known limit of what keys and epochs can do.
    pub(crate) fn come(&mut self) {
        if self.watches.len() >= 7 {
            return;
        }
        let ids: Vec<i64> = self.known_ids().into_iter().filter(|id| *id > 0).collect();
        let subject = self.profile.subject(&ids, &mut self.random);
        self.log(|| format!("observe {subject:?}"));
        let drawn = Drawn::new(&mut self.random);
        let watch = self.program.watch(&self.client, subject, &drawn);
        self.watches.push(watch);
    }

    pub(crate) fn go(&mut self) {
        if !self.watches.is_empty() {
            let gone = self.watches.swap_remove(self.random.usize(..self.watches.len()));
            self.log(|| format!("unobserve {:?}", gone.subject));
        }
    }

    /// A request arrives at the server, or is lost, or meets a server that is down.
    pub(crate) fn request(&mut self) {
        let Some((number, request)) = self.wire.take_request(&mut self.random) else { return };
        let fate = if self.lossy { self.random.u8(..20) } else { 19 };
        self.log(|| format!("request {number} {} {} fate {fate}", request.method, request.path_and_query));
        if fate < 2 {
            self.wire.settle(number, Err(QueryError::network("the request was lost")));
        } else if fate == 2 {
            self.wire.put_answer(number, &request, RawResponse { status: 503, headers: Vec::new(), body: Vec::new() });
        } else {
            let refuse = self.random.u8(..100) < 15;
            let answer = self.server.answer(&request, refuse);
            self.wire.put_answer(number, &request, answer);
        }
    }

    pub(crate) fn answer(&mut self) {
        let lose = self.lossy && self.random.u8(..10) == 0;
        if let Some(number) = self.wire.deliver(&mut self.random, lose) {
            self.log(|| format!("answer {number} lost {lose}"));
        }
    }

    /// Time passes. Nothing else happens in it, so what shows an undecided operation is there after it (R19).
    pub(crate) fn pass(&mut self) -> Result<(), String> {
        if self.profile == Profile::Storm {
            self.be_prompt();
        }
        let time = self.profile.pause(&mut self.random);
        self.log(|| format!("pass {time:?}"));
        let states = self.client.states(program::all_items());
        let shown: Vec<QueryKey> =
            states.into_iter().filter(|state| state.is_optimistic).map(|state| state.key).collect();
        notes(&self.shared).removed.clear();
        self.runtime.advance(time);
        self.stall();
        let removed = std::mem::take(&mut notes(&self.shared).removed);
        for id in self.by_row.keys() {
            let key = program::key_of(Subject::Detail(*id));
            let is_pending = |one: &Operation| one.outcome == Outcome::Pending && !one.is_forgotten;
            if removed.contains(&key) && shown.contains(&key) && self.operations_on(*id).any(is_pending) {
                return Err(format!("R19: row {id} shows an undecided operation and left: {:?}", self.story(*id)));
            }
        }
        Ok(())
    }

    /// All requests arrive and are answered, but for the newest mutation: it is on its way until there is a newer one, or
    /// for some seconds.
    pub(crate) fn be_prompt(&mut self) {
        while let Some((number, request)) = self.wire.take_request(&mut self.random) {
            let answer = self.server.answer(&request, false);
            self.wire.put_answer(number, &request, answer);
        }
        self.wire.deliver_but_newest(self.runtime.now(), Duration::from_secs(3));
        self.stall();
    }

    pub(crate) fn refetch(&mut self) {
        if self.watches.is_empty() {
            return;
        }
        let watch = &self.watches[self.random.usize(..self.watches.len())];
        self.log(|| format!("refetch {:?}", watch.subject));
        watch.refetch();
    }

    pub(crate) fn connection(&mut self) {
        self.online = !self.online;
        self.log(|| format!("online {}", self.online));
        self.client.set_online(self.online);
        if !self.online && self.lossy && self.random.bool() {
            self.wire.break_all(&mut self.random);
        }
    }

    pub(crate) fn focus(&mut self) {
        self.log(|| "focus".to_owned());
        self.client.set_focused(false);
        self.client.set_focused(true);
    }

    pub(crate) fn cancel(&mut self) {
        let reset = self.random.u8(..6) == 0;
        self.log(|| format!("cancel, reset {reset}"));
        self.has_cancelled = true;
        drop(if reset { self.client.reset(program::all_items()) } else { self.client.cancel(program::all_items()) });
        if reset {
            self.emptied(|_| true);
        }
    }

    /// What was shown is taken away by the program.
    pub(crate) fn emptied(&mut self, which: impl Fn(Subject) -> bool) {
        for watch in self.watches.iter_mut().filter(|watch| which(watch.subject)) {
            watch.had_data = false;
            watch.newest = 0;
        }
    }

    /// The program writes by hand: the row as the server has it, which is right where no operation on it counts; or it takes
    /// a query away, or all.
    pub(crate) fn write(&mut self) {
        let ids: Vec<i64> = self.known_ids().into_iter().filter(|id| *id > 0).collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[self.random.usize(..ids.len())];
        match self.random.u8(..8) {
            0..4 => {
                let Some(row) = self.server.rows().get(&id).copied() else { return };
                if self.operations_on(id).all(|one| one.deed.act.is_idempotent() && !one.deed.act.creates()) {
                    self.log(|| format!("set {row:?}"));
                    self.set.insert(id);
                    self.program.set(&self.client, row);
                }
            }
            4 | 5 => {
                let subject = Subject::Detail(id);
                self.log(|| format!("remove {subject:?}"));
                self.client.remove(program::key_of(subject));
                self.emptied(|one| one == subject);
            }
            6 => {
                self.log(|| "remove lists".to_owned());
                self.client.remove(program::lists());
                self.emptied(|one| matches!(one, Subject::List(_)));
            }
            _ => {
                self.log(|| "clear".to_owned());
                self.client.clear();
                self.emptied(|_| true);
                let pending = |one: &&mut Operation| one.outcome == Outcome::Pending;
                self.operations.iter_mut().filter(pending).for_each(|one| one.is_forgotten = true);
                self.learnt += 1;
            }
        }
    }

    pub(crate) fn give_up(&mut self) {
        if self.gives_up {
            let count = self.client.cancel_mutations(MutationFilter::all());
            self.log(|| format!("{count} mutations given up"));
        }
    }

    pub(crate) fn more(&mut self) {
        let infinite = |watch: &&Watch| matches!(watch.subject, Subject::List(list) if list.is_infinite());
        let all: Vec<&Watch> = self.watches.iter().filter(infinite).collect();
        if !all.is_empty() {
            let watch = all[self.random.usize(..all.len())];
            self.log(|| format!("next page of {:?}", watch.subject));
            watch.next_page();
        }
    }
}
