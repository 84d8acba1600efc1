//! How are the steps of a scenario carried out, one after the other?

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use query_runtime::{
    CacheEvent, KeyPrefix, QueryClient, QueryFilter, QueryKey, RawResponse, Subscription, testing::TestRuntime,
};
use serde_json::Value;

use super::{
    deeds::{Call, Hook},
    names::{Created, named_in},
    queries::{Armed, Entry, detail, list, lock},
    rows::{Resource, Row, RowId},
    scenario::{Given, Query, Scenario, ServerLevel, Shape},
    server::Server,
    steps::{Act, Body, Reply, Step, Write},
    wire::{Wanted, Wire},
};

/// The calls of mutations, by name.
pub(super) type Calls = Arc<Mutex<BTreeMap<String, Box<dyn Call>>>>;

/// A program, a server and the wire between them.
pub(super) struct World<'a, const LEVEL: u8> {
    pub(super) given: &'a Given,
    pub(super) runtime: TestRuntime,
    pub(super) client: QueryClient,
    pub(super) server: Server,
    pub(super) wire: Wire,
    pub(super) queries: BTreeMap<String, Query>,
    pub(super) entries: BTreeMap<String, Box<dyn Entry>>,
    pub(super) calls: Calls,
    pub(super) created: BTreeMap<String, Created>,
    /// What happened in the cache, and to which query.
    pub(super) events: Arc<Mutex<Vec<(String, QueryKey)>>>,
    /// How many of the sent requests an expectation has spoken of.
    pub(super) wire_seen: usize,
    /// How many of the sent requests were looked through.
    pub(super) wire_searched: usize,
    pub(super) remembered: BTreeMap<String, BTreeMap<RowId, usize>>,
    pub(super) hooks: BTreeMap<String, (Box<dyn Hook + Send>, String)>,
    pub(super) armed: Armed,
    _subscription: Subscription,
}

/// The rows of the first and the second resource.
pub(super) type Item<const LEVEL: u8> = Row<LEVEL, false>;
pub(super) type Note<const LEVEL: u8> = Row<LEVEL, true>;

impl<'a, const LEVEL: u8> World<'a, LEVEL> {
    /// Plays a scenario at this level.
    pub(super) fn play(scenario: &'a Scenario, level: ServerLevel) -> Result<(), String> {
        let mut world = Self::new(&scenario.given, level);
        world.begin().map_err(|error| format!("given: {error}"))?;
        for step in scenario.steps.iter().filter(|step| step.levels.contains(&level)) {
            world.step(step).map_err(|error| {
                if error.starts_with(&step.path) { error } else { format!("{}: {error}", step.path) }
            })?;
        }
        if scenario.converges {
            world.converge().map_err(|error| format!("at the end: {error}"))?;
        }
        Ok(())
    }

    fn new(given: &'a Given, level: ServerLevel) -> Self {
        let (runtime, wire) = (TestRuntime::new(), Wire::default());
        let client = QueryClient::builder().env(runtime.env()).transport(wire.transport.clone()).seed(1).build();
        let events: Arc<Mutex<Vec<(String, QueryKey)>>> = Arc::default();
        let log = events.clone();
        let subscription = client.subscribe(move |event| lock(&log).push((kind_of(event), event.key().clone())));
        Self {
            given,
            runtime,
            client,
            server: Server::new(given, level),
            wire,
            queries: BTreeMap::new(),
            entries: BTreeMap::new(),
            calls: Arc::default(),
            created: BTreeMap::new(),
            events,
            wire_seen: 0,
            wire_searched: 0,
            remembered: BTreeMap::new(),
            hooks: BTreeMap::new(),
            armed: Arc::default(),
            _subscription: subscription,
        }
    }

    /// Loads what is given.
    fn begin(&mut self) -> Result<(), String> {
        self.wire.answer_by_itself(&["all".to_owned()], 0);
        let given = self.given;
        let (first, last): (Vec<_>, Vec<_>) = given.queries.iter().partition(|query| query.watching.fetched);
        for query in first {
            self.define(query)?;
        }
        self.settle();
        self.wire.hold(&["all".to_owned()]);
        self.wire.start_counting();
        for query in last {
            self.define(query)?;
        }
        for entry in self.entries.values() {
            let mut told = entry.told();
            told.times = 0;
            told.views = told.views.pop().into_iter().collect();
        }
        lock(&self.events).clear();
        if !given.online {
            self.client.set_online(false);
        }
        self.settle();
        self.check_always()
    }

    /// Describes a query, and looks at it or loads it.
    fn define(&mut self, query: &Query) -> Result<(), String> {
        let entry = match &query.shape {
            Shape::Detail(resource, id) => {
                let id = self.id(id)?;
                match resource {
                    Resource::Items => detail::<Item<LEVEL>>(query, id, self.given),
                    Resource::Notes => detail::<Note<LEVEL>>(query, id, self.given),
                }
            }
            Shape::List(spec) => match spec.resource {
                Resource::Items => list::<Item<LEVEL>>(query, spec, self.given),
                Resource::Notes => list::<Note<LEVEL>>(query, spec, self.given),
            },
        };
        self.queries.insert(query.name.clone(), query.clone());
        self.entries.insert(query.name.clone(), entry);
        if query.watching.observed {
            self.observe(&query.name)?;
        } else if query.watching.fetched {
            self.entry(&query.name)?.fetch(&self.client, &self.runtime);
        }
        Ok(())
    }

    fn observe(&mut self, name: &str) -> Result<(), String> {
        let (client, armed) = (self.client.clone(), self.armed.clone());
        let entry = self.entries.get_mut(name).ok_or_else(|| format!("no query is called `{name}`"))?;
        entry.observe(&client, &armed);
        Ok(())
    }

    pub(super) fn entry(&self, name: &str) -> Result<&dyn Entry, String> {
        let known = || self.entries.keys().cloned().collect::<Vec<_>>().join(", ");
        self.entries
            .get(name)
            .map(|entry| &**entry)
            .ok_or_else(|| format!("no query is called `{name}`; there are: {}", known()))
    }

    /// Lets everything run that can, and answers what is answered by itself.
    pub(super) fn settle(&mut self) {
        loop {
            self.runtime.run_until_stalled();
            let now = self.runtime.now();
            let came = self.wire.take(now);
            match self.wire.due(now) {
                Some(Wanted::Process(at)) => self.process(at, None),
                Some(Wanted::Deliver(at)) => self.deliver(at, |answer| answer),
                None if came => {}
                None => return,
            }
        }
    }

    /// The server carries a request out.
    fn process(&mut self, at: usize, with: Option<&Value>) {
        let (name, request) = self.wire.request(at);
        let answer = self.server.answer(request, self.queries.get(name), with);
        if let Some(created) = self.created.get_mut(name) {
            created.real = named_in(&answer).or(created.real.take());
        }
        self.wire.processed(at, answer);
    }

    fn deliver(&mut self, at: usize, change: impl FnOnce(RawResponse) -> RawResponse) {
        let name = self.wire.request(at).0.to_owned();
        let created = self.created.get_mut(&name);
        self.wire.deliver(at, |answer| {
            let answer = change(answer);
            if let (Some(created), Some(real)) = (created, named_in(&answer)) {
                (created.real, created.told) = (Some(real), true);
            }
            answer
        });
    }

    fn clock(&mut self, milliseconds: u64) {
        let target = self.runtime.now() + Duration::from_millis(milliseconds);
        loop {
            self.settle();
            let next = [self.runtime.clock().next_deadline(), self.wire.next_due()].into_iter().flatten().min();
            match next.filter(|next| *next <= target) {
                Some(next) => self.runtime.advance_to(next),
                None => break,
            }
        }
        self.runtime.advance_to(target);
        self.settle();
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        self.act(&step.act, &step.path)?;
        self.settle();
        self.check_always()
    }

    fn act(&mut self, act: &Act, path: &str) -> Result<(), String> {
        match act {
            Act::Mutate(mutate) => self.mutate(mutate)?,
            Act::Options(mutate) => {
                let name = mutate.hook.as_ref().unwrap_or(&mutate.name);
                let (hook, _) = self.hooks.get(name).ok_or_else(|| format!("no hook is called `{name}`"))?;
                hook.set_options(mutate);
            }
            Act::Fetch(names) => {
                for name in names {
                    self.entry(name)?.fetch(&self.client, &self.runtime);
                }
            }
            Act::Refetch { names, join } => {
                for name in names {
                    if !self.entry(name)?.refetch(*join) {
                        return Err(format!("nobody looks at `{name}`"));
                    }
                }
            }
            Act::Invalidate(names) => {
                for name in names {
                    let prefix = self.prefix(name)?;
                    drop(self.client.invalidate(prefix));
                }
            }
            Act::Define(query) => self.define(query)?,
            Act::Observe(names) => names.iter().try_for_each(|name| self.observe(name))?,
            Act::Unobserve(names) => {
                for name in names {
                    self.entries.get_mut(name).ok_or_else(|| format!("no query is called `{name}`"))?.unobserve();
                }
            }
            Act::Cancel(names) => names.iter().try_for_each(|name| self.cancel(name))?,
            Act::Remove(names) => {
                for name in names {
                    self.client.remove(QueryFilter::exact(self.entry(name)?.key()));
                }
            }
            Act::Set { name, data } => {
                if !self.entry(name)?.set(&self.client, &self.resolve(data)?) {
                    return Err(format!("{data} is not what `{name}` holds"));
                }
            }
            Act::NextPage(name) => {
                if !self.entry(name)?.next_page() {
                    return Err(format!("`{name}` is no infinite list that somebody looks at"));
                }
            }
            Act::Answer { names, after } => self.wire.answer_by_itself(names, *after),
            Act::Hold(names) => self.wire.hold(names),
            Act::Process(names) => {
                for name in names {
                    let at = self.wire.find(name)?;
                    self.process(at, None);
                }
            }
            Act::Reply(reply) => self.reply(reply)?,
            Act::Fail { to, how, processed } => {
                let at = self.wire.find(to)?;
                if *processed && !self.wire.is_processed(at) {
                    self.process(at, None);
                }
                self.wire.fail(at, *how);
            }
            Act::Server(writes) => writes.iter().try_for_each(|write| self.write(write))?,
            Act::Push(pushed) => match pushed.resource {
                Resource::Items => self.push::<Item<LEVEL>>(pushed)?,
                Resource::Notes => self.push::<Note<LEVEL>>(pushed)?,
            },
            Act::Clock(milliseconds) => self.clock(*milliseconds),
            Act::Online(online) => self.client.set_online(*online),
            Act::Drop(names) => names.iter().try_for_each(|name| {
                lock(&self.calls).remove(name).map(drop).ok_or_else(|| format!("no mutation is called `{name}`"))
            })?,
            Act::Remember(names) => {
                for name in names {
                    let addresses = self.entry(name)?.told().addresses.clone();
                    self.remembered.insert(name.clone(), addresses);
                }
            }
            Act::Expect(expected) => return self.check(expected, path),
            Act::Converge => return self.converge(),
        }
        Ok(())
    }

    /// Returns the keys that a name stands for: those of a query, of a resource, or all.
    pub(super) fn prefix(&self, name: &str) -> Result<KeyPrefix, String> {
        Ok(match name {
            "all" => QueryKey::new::<&str>([]).into(),
            "items" | "notes" => QueryKey::new([name.to_owned()]).into(),
            _ => self.entry(name)?.key().into(),
        })
    }

    fn cancel(&self, name: &str) -> Result<(), String> {
        if let Some(call) = lock(&self.calls).get(name) {
            call.cancel();
            return Ok(());
        }
        drop(self.client.cancel(QueryFilter::exact(self.entry(name)?.key())));
        Ok(())
    }

    fn write(&mut self, write: &Write) -> Result<(), String> {
        let resolved = match write {
            Write::Put(resource, row) => Write::Put(*resource, self.resolve(row)?),
            Write::Change(resource, id, set) => Write::Change(*resource, self.resolve(id)?, self.resolve(set)?),
            Write::Delete(resource, id) => Write::Delete(*resource, self.resolve(id)?),
        };
        self.server.write(&resolved).ok_or_else(|| "the server has no such row".to_owned())
    }

    fn reply(&mut self, reply: &Reply) -> Result<(), String> {
        let at = self.wire.find(&reply.to)?;
        let with = reply.with.as_ref().map(|with| self.resolve(with)).transpose()?;
        let refuses = reply.status.is_some_and(|status| status >= 300);
        if self.wire.is_processed(at) {
            if with.is_some() {
                return Err(format!("the server has carried `{}` out already: `with` comes too late", reply.to));
            }
        } else if reply.processed.unwrap_or(!refuses) {
            self.process(at, with.as_ref());
        }
        let body = match &reply.body {
            Body::Server if refuses => Some(b"null".to_vec()),
            Body::Server => reply.status.filter(|status| *status == 204).map(|_| Vec::new()),
            Body::Json(body) => Some(self.resolve(body)?.to_string().into_bytes()),
            Body::Text(text) => Some(text.clone().into_bytes()),
        };
        self.deliver(at, |mut answer| {
            answer.status = reply.status.unwrap_or(answer.status);
            answer.body = body.unwrap_or(answer.body);
            for (name, value) in &reply.headers {
                answer.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
                answer.headers.push((name.clone(), value.clone()));
            }
            answer
        });
        Ok(())
    }

    /// Answers everything until nothing is asked any more, then asks for everything once more and answers that.
    fn converge(&mut self) -> Result<(), String> {
        self.client.set_online(true);
        self.drain()?;
        drop(self.client.invalidate(QueryFilter::all()));
        self.drain()?;
        self.check_converged()
    }

    fn drain(&mut self) -> Result<(), String> {
        for _ in 0..1000 {
            self.settle();
            if let Some(at) = self.wire.oldest() {
                if !self.wire.is_processed(at) {
                    self.process(at, None);
                }
                self.deliver(at, |answer| answer);
            } else if self.is_quiet() {
                return Ok(());
            } else {
                self.clock(1000);
            }
            self.settle();
            self.check_always()?;
        }
        Err("it does not come to rest".to_owned())
    }

    fn is_quiet(&self) -> bool {
        let runtime = &self.runtime;
        let mutates = lock(&self.calls).values_mut().any(|call| call.outcome(runtime).is_none());
        !mutates && !self.entries.values().any(|entry| entry.state(&self.client).fetching)
    }
}

/// Returns what happened in one word.
fn kind_of(event: &CacheEvent) -> String {
    let text = match event {
        CacheEvent::Updated(_, action) => format!("{action:?}"),
        event => format!("{event:?}"),
    };
    text.split('(').next().unwrap_or_default().to_lowercase()
}
