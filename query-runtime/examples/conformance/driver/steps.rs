//! What does each step do to the client?

use query_runtime::{
    Cancel, FetchContext, InfiniteObserver, InfiniteOptions, Json, Key, MutationFilter, PageDirection, QueryData,
    QueryError, QueryKey, QueryOptions, Select, Settled,
};

use super::{
    cache::{self, pick},
    fill::Environment,
    mutations::{self, Variables},
    promises::{data, done},
    run::{Run, Snapshot},
    scenario::{Do, Retry, Settings, Step, needs},
    settings::{PageJson, Pages, pages_json},
    watching::{Observer, Watching},
};

/// A step that the crate has no word for.
fn unsupported<T>(what: &str) -> Result<T, String> {
    Err(format!("{what} is not supported"))
}

impl Run<'_> {
    /// Carries a step out.
    pub(crate) fn step(&mut self, step: &Step) -> Result<(), String> {
        match step.r#do {
            Do::Observe | Do::ObserveInfinite => self.observe(step),
            Do::SetOptions => self.set_options(step),
            Do::Unobserve => {
                let id = needs("id", step.id.as_ref())?;
                self.observers.remove(id).map(drop).ok_or_else(|| format!("no observer {id}"))
            }
            Do::Refetch | Do::FetchNextPage | Do::FetchPreviousPage => self.refetch(step),
            Do::Fetch | Do::Prefetch | Do::Ensure => self.fetch(step),
            Do::FetchInfinite | Do::PrefetchInfinite | Do::EnsureInfinite => self.fetch_infinite(step),
            Do::Set | Do::Update => {
                let at = step.updated_at.map(|at| self.timeline.moment(at));
                cache::write(&self.client, &self.kinds, &cache::key(step)?, step, &Environment::default(), at)
            }
            Do::SetQueries => {
                let keys = self.client.keys(cache::filter(step)?);
                let write = |key| cache::write(&self.client, &self.kinds, key, step, &Environment::default(), None);
                keys.iter().try_for_each(write)
            }
            Do::Invalidate => {
                self.settle(step, self.client.invalidate(cache::filter(step)?));
                Ok(())
            }
            Do::RefetchQueries => {
                self.settle(step, self.client.refetch(cache::filter(step)?));
                Ok(())
            }
            Do::Reset => {
                self.settle(step, self.client.reset(cache::filter(step)?));
                Ok(())
            }
            Do::Cancel => {
                let cancel = Cancel::new().revert(step.revert.unwrap_or(true)).silent(step.silent.unwrap_or(false));
                self.settle(step, self.client.cancel_with(cache::filter(step)?, cancel));
                Ok(())
            }
            Do::Remove => {
                self.client.remove(cache::filter(step)?);
                Ok(())
            }
            Do::Clear => {
                self.client.clear();
                Ok(())
            }
            Do::Focus => {
                self.focused = *needs("focused", step.focused.as_ref())?;
                self.client.set_focused(self.focused);
                Ok(())
            }
            Do::Online => {
                self.online = *needs("online", step.online.as_ref())?;
                self.client.set_online(self.online);
                Ok(())
            }
            Do::Mutate => self.mutate(step),
            Do::UnobserveMutation => {
                let id = needs("id", step.id.as_ref())?;
                self.mutations.remove(id).map(drop).ok_or_else(|| format!("no mutation observer {id}"))
            }
            Do::ResetMutation => {
                let id = needs("id", step.id.as_ref())?;
                self.mutations.get(id).ok_or_else(|| format!("no mutation observer {id}"))?.reset();
                Ok(())
            }
            Do::SetQueryDefaults => self.set_query_defaults(step),
            Do::NewClient => self.new_client(),
            Do::Dehydrate => {
                let name = needs("to", step.to.clone())?;
                let waiting =
                    self.client.mutations(MutationFilter::all().pending()).into_iter().filter(|one| one.is_paused);
                let names = waiting.filter_map(|one| self.mutation_names.get(&one.id));
                let mutations = names.map(|mutation| format!("{mutation}@{name}")).collect();
                let text = serde_json::to_string(&self.client.dehydrate()).map_err(|error| error.to_string())?;
                self.snapshots.insert(name, Snapshot { text, mutations });
                Ok(())
            }
            Do::Hydrate => self.hydrate(needs("from", step.from.as_ref())?),
            Do::ResumePausedMutations => {
                self.settle(step, self.client.resume_paused_mutations());
                Ok(())
            }
            Do::SetMutationDefaults => self.set_mutation_defaults(step),
        }
    }

    /// Notes under the step's name when what it has started is over.
    fn settle(&self, step: &Step, settled: Settled) {
        let throws = step.throw_on_error.unwrap_or_default();
        self.promises.track(&self.runtime, step.r#as.as_deref(), async move {
            if throws {
                settled.outcome().await?;
            } else {
                settled.await;
            }
            Ok(done())
        });
    }

    /// Returns the step's settings with what the crate needs to be told with them.
    fn own(&self, step: &Step, key: &QueryKey, retries: Retry) -> Settings {
        let mut own = step.options.clone().with_retry_of(&self.below(key));
        own.retry = own.retry.or(Some(retries));
        own
    }

    /// Returns the projection that settings say.
    fn select(&mut self, settings: &Settings) -> Select<Json, Json> {
        let Some(select) = &settings.select else { return Select::whole() };
        let path = select.pick.clone();
        let known = self.selects.entry(Json::from(path.clone()).to_string());
        known.or_insert_with(|| Select::fallible(move |data| pick(data, &path).map_err(QueryError::message))).clone()
    }

    /// Returns the options of a query.
    fn query(
        &self,
        key: &QueryKey,
        function: Option<&String>,
        settings: &Settings,
    ) -> Result<QueryOptions<Json>, String> {
        if self.kinds.holds_pages(key) {
            return unsupported("a query under the key of an infinite one");
        }
        let typed = Key::typed(key.clone());
        let options = match function.cloned() {
            None => QueryOptions::by_default(typed),
            Some(name) => QueryOptions::new(typed, self.functions.fetch(name)),
        };
        Ok(settings.query(options, self.timeline))
    }

    /// Returns the options of an infinite query.
    fn infinite(
        &self,
        key: &QueryKey,
        function: Option<&String>,
        settings: &Settings,
    ) -> Result<InfiniteOptions<PageJson, Json>, String> {
        let name = function.cloned().ok_or("lacks fn")?;
        let functions = self.functions.clone();
        let beside = |page: &PageJson, name: &str| page.page.get(name).filter(|param| !param.is_null()).cloned();
        let first = settings.initial_page_param.clone().unwrap_or(Json::Null);
        let fetch = move |context: FetchContext, param: Json| {
            let direction = match context.direction() {
                PageDirection::Forward => "forward",
                PageDirection::Backward => "backward",
            };
            let page = (param, direction);
            let answer = functions.query(&name, context.key().to_string(), Some(page), || drop(context.signal()));
            async move { answer.await.map(PageJson::from) }
        };
        let options = InfiniteOptions::new(
            Key::typed(key.clone()),
            first,
            move |page: &PageJson, _: &Json| beside(page, "next"),
            fetch,
        )
        .previous(move |page: &PageJson, _: &Json| beside(page, "prev"));
        settings.infinite(options, self.timeline)
    }

    /// Returns the projection that settings say of an infinite query.
    fn select_of_pages(&mut self, settings: &Settings) -> Select<Pages, Json> {
        let path = settings.select.as_ref().map(|select| select.pick.clone()).unwrap_or_default();
        let known = self.selects_of_pages.entry(Json::from(path.clone()).to_string());
        let select = || Select::fallible(move |data| pick(&pages_json(data), &path).map_err(QueryError::message));
        known.or_insert_with(select).clone()
    }

    /// Returns whether the observer with this name ever shows a part only.
    fn ever_picks(&self, id: &str) -> bool {
        let mut its = self.scenario.steps.iter().filter(|step| step.id.as_deref() == Some(id));
        its.any(|step| step.options.select.is_some())
    }

    fn observe(&mut self, step: &Step) -> Result<(), String> {
        let (id, key) = (needs("id", step.id.as_ref())?, cache::key(step)?);
        let settings = self.own(step, &key, Retry::Count(3));
        let observer = if step.r#do == Do::ObserveInfinite {
            let observer = self.client.observe_infinite(self.infinite(&key, step.r#fn.as_ref(), &settings)?);
            if self.ever_picks(id) {
                Observer::Picked(observer.select_with(self.select_of_pages(&settings)))
            } else {
                Observer::Infinite(observer)
            }
        } else {
            let observer = self.client.observe(self.query(&key, step.r#fn.as_ref(), &settings)?);
            Observer::Plain(observer.select_with(self.select(&settings)))
        };
        self.observers.insert(id.clone(), Watching { observer, key, function: step.r#fn.clone() });
        Ok(())
    }

    fn set_options(&mut self, step: &Step) -> Result<(), String> {
        let id = needs("id", step.id.as_ref())?;
        let known = self.observers.get(id).ok_or_else(|| format!("no observer {id}"))?;
        let key = if step.key.is_some() { cache::key(step)? } else { known.key.clone() };
        let function = step.r#fn.clone().or_else(|| known.function.clone());
        let settings = self.own(step, &key, Retry::Count(3));
        let (select, select_of_pages) = (self.select(&settings), self.select_of_pages(&settings));
        let known = self.observers.get(id).ok_or_else(|| format!("no observer {id}"))?;
        match &known.observer {
            Observer::Plain(observer) => {
                observer.set_options_and_select(self.query(&key, function.as_ref(), &settings)?, select);
            }
            Observer::Infinite(observer) => observer.set_options(self.infinite(&key, function.as_ref(), &settings)?),
            Observer::Picked(observer) => {
                let options = self.infinite(&key, function.as_ref(), &settings)?;
                observer.set_options_and_select(options, select_of_pages);
            }
        }
        if let Some(known) = self.observers.get_mut(id) {
            (known.key, known.function) = (key, function);
        }
        Ok(())
    }

    fn refetch(&mut self, step: &Step) -> Result<(), String> {
        let id = needs("id", step.id.as_ref())?;
        let watching = self.observers.get(id).ok_or_else(|| format!("no observer {id}"))?;
        let joins = step.cancel_refetch == Some(false);
        let settled = match &watching.observer {
            Observer::Plain(observer) if step.r#do == Do::Refetch => {
                if joins {
                    observer.join_refetch()
                } else {
                    observer.refetch()
                }
            }
            Observer::Plain(_) => return Err(format!("no infinite observer {id}")),
            Observer::Infinite(observer) => load(observer, step.r#do, joins),
            Observer::Picked(observer) => load(observer, step.r#do, joins),
        };
        self.settle(step, settled);
        Ok(())
    }

    fn fetch(&mut self, step: &Step) -> Result<(), String> {
        let (id, key) = (needs("id", step.id.as_ref())?, cache::key(step)?);
        let settings = self.own(step, &key, Retry::Always(false));
        let path = settings.select.as_ref().map(|select| select.pick.clone()).unwrap_or_default();
        let options = self.query(&key, step.r#fn.as_ref(), &settings)?;
        let (client, kind) = (self.client.clone(), step.r#do);
        self.promises.track(&self.runtime, Some(id), async move {
            let found = match kind {
                // A prefetch reports nothing.
                Do::Prefetch => return client.prefetch(options).await.map_or_else(|_| Ok(done()), |()| Ok(done())),
                Do::Ensure => client.ensure(options).await?,
                _ => client.fetch(options).await?,
            };
            pick(&found, &path).map(|found| data(&found)).map_err(QueryError::message)
        });
        Ok(())
    }

    fn fetch_infinite(&mut self, step: &Step) -> Result<(), String> {
        let (id, key) = (needs("id", step.id.as_ref())?, cache::key(step)?);
        let settings = self.own(step, &key, Retry::Always(false));
        let options = self.infinite(&key, step.r#fn.as_ref(), &settings)?;
        let (client, kind) = (self.client.clone(), step.r#do);
        self.promises.track(&self.runtime, Some(id), async move {
            let found = match kind {
                Do::PrefetchInfinite => {
                    return client.prefetch_infinite(options).await.map_or_else(|_| Ok(done()), |()| Ok(done()));
                }
                Do::EnsureInfinite => client.ensure_infinite(options).await?,
                _ => client.fetch_infinite(options).await?,
            };
            Ok(data(&pages_json(&found)))
        });
        Ok(())
    }

    fn set_query_defaults(&mut self, step: &Step) -> Result<(), String> {
        let key = cache::key(step)?;
        let mut defaults = step.options.defaults()?;
        if let Some(name) = &step.r#fn {
            defaults = defaults.fetch(self.functions.fetch(name.clone()));
        }
        self.client.set_defaults(&key, defaults);
        match self.defaults.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = step.options.clone(),
            None => self.defaults.push((key, step.options.clone())),
        }
        Ok(())
    }

    fn hydrate(&mut self, name: &str) -> Result<(), String> {
        let snapshot = self.snapshots.get(name).ok_or_else(|| format!("no snapshot {name}"))?;
        let report = self.client.hydrate(serde_json::from_str(&snapshot.text).map_err(|error| error.to_string())?);
        self.mutation_names.extend(report.mutations.into_iter().zip(snapshot.mutations.iter().cloned()));
        match report.left_out.first() {
            Some(one) => Err(format!("left out: {}", one.text)),
            None => Ok(()),
        }
    }

    fn set_mutation_defaults(&mut self, step: &Step) -> Result<(), String> {
        let key = cache::key(step)?;
        let options = mutations::options(step, &step.options, &self.functions, &self.kinds)?;
        self.client.set_mutation_defaults(&key, options);
        match self.mutation_defaults.iter_mut().find(|(known, _)| *known == key) {
            Some((_, settings)) => *settings = step.options.clone(),
            None => self.mutation_defaults.push((key, step.options.clone())),
        }
        Ok(())
    }

    fn mutate(&mut self, step: &Step) -> Result<(), String> {
        let id = needs("id", step.id.as_ref())?;
        let name = step.on.as_ref().unwrap_or(id);
        if step.on.is_none() {
            let settings = self.own_of_mutation(&step.options);
            let options = mutations::options(step, &settings, &self.functions, &self.kinds)?;
            self.mutations.insert(id.clone(), self.client.mutation(options));
        }
        let observer = self.mutations.get(name).ok_or_else(|| format!("no mutation observer {name}"))?;
        let handle = observer.mutate(Variables { json: step.variables.clone() });
        self.mutation_names.insert(handle.id(), id.clone());
        let outcome = async move { handle.await.map(|result| data(&result)) };
        self.promises.track(&self.runtime, Some(id), outcome);
        Ok(())
    }
}

/// Loads what a step says of an infinite query.
fn load<R: QueryData>(observer: &InfiniteObserver<PageJson, Json, R>, what: Do, joins: bool) -> Settled {
    match (what, joins) {
        (Do::FetchNextPage, false) => observer.fetch_next_page(),
        (Do::FetchNextPage, true) => observer.join_next_page(),
        (Do::FetchPreviousPage, false) => observer.fetch_previous_page(),
        (Do::FetchPreviousPage, true) => observer.join_previous_page(),
        (_, false) => observer.refetch(),
        (_, true) => observer.join_refetch(),
    }
}
