//! How is a mutation described: what it sends, what it shows at once, and what goes stale when it is over?

use std::{any::Any, fmt, future::Future, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::QueryError,
    event::MutationId,
    key::{KeyPrefix, KeySegment, QueryKey, Tag},
    level::Level,
    marker::{BoxFuture, MaybeSend, MaybeSync},
    mutation::{
        Conflict, MutationContext,
        callbacks::{self, Callbacks, MutationEvent},
        conflict::{Resolution, Resolve, SaysWait},
        optimism::{Changes, Creates, CreatesWithId, Deletes, Optimism, scalars},
        saved::SavedMutation,
        settings::{self, ErasedOptions, MutationDefaults, MutationScope, MutationSettings},
    },
    projection::Op,
    resource::{Entity, InsertAt, ListReach},
    shell::Core,
    value::DateTime,
};

/// A function that sends, without its type.
pub(crate) trait SendFunction<V, T>: MaybeSend + MaybeSync {
    /// Sends.
    fn call(&self, context: MutationContext, variables: V) -> BoxFuture<'static, Result<T, QueryError>>;
}

impl<V, T, F, Fut> SendFunction<V, T> for F
where
    F: Fn(MutationContext, V) -> Fut + MaybeSend + MaybeSync,
    Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
{
    fn call(&self, context: MutationContext, variables: V) -> BoxFuture<'static, Result<T, QueryError>> {
        Box::pin(self(context, variables))
    }
}

/// What goes stale, given the variables and the answer.
pub(crate) type Targets<V, T> = fn(&V, Option<&T>) -> Vec<KeyPrefix>;

/// What goes stale by its tags, given the variables and how it went.
pub(crate) type TagTargets<V, T> = fn(&V, Result<&T, &QueryError>) -> Vec<Tag>;

/// Describes a mutation from variables `V` to a result `T`; the unit of reuse.
///
/// Generated code makes one for each mutation of the schema; `QueryClient::mutation` runs it.
///
/// # Examples
///
/// ```
/// use query_runtime::{MutationContext, MutationOptions, QueryError, Request};
///
/// async fn send_greeting(context: MutationContext, name: String) -> Result<(), QueryError> {
///     context.send(Request::post("/greetings").member("name", &name)).await?.empty()
/// }
///
/// let greet = MutationOptions::new(&["greetings", "create"], send_greeting);
/// # let _ = greet;
/// ```
pub struct MutationOptions<V, T> {
    pub(crate) key: QueryKey,
    pub(crate) settings: MutationSettings,
    pub(crate) send: Option<Arc<dyn SendFunction<V, T>>>,
    pub(crate) optimism: Vec<Arc<dyn Optimism<V, T>>>,
    pub(crate) invalidates: Option<Targets<V, T>>,
    pub(crate) invalidates_tags: Option<TagTargets<V, T>>,
    pub(crate) as_json: Option<fn(&V) -> serde_json::Value>,
    pub(crate) from_json: Option<fn(&serde_json::Value) -> Option<V>>,
    pub(crate) scope: Option<Arc<dyn ScopeFunction<V>>>,
    pub(crate) callbacks: Callbacks<MutationEvent<V, T>>,
    pub(crate) on_conflict: Option<Arc<dyn Resolve<V>>>,
    pub(crate) in_progress: Option<Arc<dyn SaysWait>>,
    pub(crate) when_gone: Option<fn(&V) -> T>,
}

/// Returns the scope of a call.
pub(crate) trait ScopeFunction<V>: MaybeSend + MaybeSync {
    /// Returns the scope of a call with these variables.
    fn scope(&self, variables: &V) -> MutationScope;
}

impl<V, F, S> ScopeFunction<V> for F
where
    F: Fn(&V) -> S + MaybeSend + MaybeSync,
    S: Into<MutationScope>,
{
    fn scope(&self, variables: &V) -> MutationScope {
        self(variables).into()
    }
}

impl<V, T> Clone for MutationOptions<V, T> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            settings: self.settings.clone(),
            send: self.send.clone(),
            optimism: self.optimism.clone(),
            invalidates: self.invalidates,
            invalidates_tags: self.invalidates_tags,
            as_json: self.as_json,
            from_json: self.from_json,
            scope: self.scope.clone(),
            callbacks: self.callbacks.clone(),
            on_conflict: self.on_conflict.clone(),
            in_progress: self.in_progress.clone(),
            when_gone: self.when_gone,
        }
    }
}

impl<V, T> fmt::Debug for MutationOptions<V, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("MutationOptions")
            .field("key", &self.key)
            .field("is_optimistic", &!self.optimism.is_empty())
            .finish_non_exhaustive()
    }
}

impl<V, T> MutationOptions<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    /// Describes a mutation by its key and the function that sends it.
    pub fn new<F, Fut>(key: &'static [&'static str], send: F) -> Self
    where
        F: Fn(MutationContext, V) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Result<T, QueryError>> + MaybeSend + 'static,
    {
        Self { send: Some(Arc::new(send)), ..Self::by_key(QueryKey::new(key.iter().copied())) }
    }

    /// Describes a mutation by its key alone: the function comes from the client's defaults for that key.
    ///
    /// Without such a default it fails with an error that [is so](QueryError::is_missing_mutation).
    pub fn by_key(key: QueryKey) -> Self {
        Self {
            key,
            settings: MutationSettings::default(),
            send: None,
            optimism: Vec::new(),
            invalidates: None,
            invalidates_tags: None,
            as_json: None,
            from_json: None,
            scope: None,
            callbacks: Callbacks::default(),
            on_conflict: None,
            in_progress: None,
            when_gone: None,
        }
    }

    /// Sets the key, by which defaults and filters find the mutation.
    #[must_use]
    pub fn key(mut self, key: QueryKey) -> Self {
        self.key = key;
        self
    }

    settings::setters!();

    callbacks::setters!(MutationEvent<V, T>);

    /// Shows the row that it creates at once, under a temporary id until the server has named it.
    #[must_use]
    pub fn creates<E: Entity>(
        mut self,
        row: fn(&V, E::Id, DateTime) -> E,
        temp_id: fn() -> E::Id,
        lists: ListReach,
        insert: InsertAt,
    ) -> Self {
        self.optimism.push(Arc::new(Creates::<E, V> { row, temp_id, lists, insert }));
        self
    }

    /// Shows the row that it creates at once, under the id that the client has chosen and the server keeps.
    #[must_use]
    pub fn creates_with_id<E: Entity>(
        mut self,
        row: fn(&V, DateTime) -> E,
        lists: ListReach,
        insert: InsertAt,
    ) -> Self {
        self.optimism.push(Arc::new(CreatesWithId::<E, V> { row, lists, insert }));
        self
    }

    /// Shows the change of a row at once, in its detail and in the lists where it belongs. May be called for several rows.
    #[must_use]
    pub fn changes<E: Entity>(mut self, change: fn(&V) -> (E::Id, E::Change), lists: ListReach, detail: bool) -> Self {
        self.optimism.push(Arc::new(Changes::<E, V> { change, lists, detail }));
        self
    }

    /// Takes the row that it deletes away at once.
    #[must_use]
    pub fn deletes<E: Entity>(mut self, id: fn(&V) -> E::Id, lists: ListReach, detail: bool) -> Self {
        self.optimism.push(Arc::new(Deletes::<E, V> { id, lists, detail }));
        self
    }

    /// Lets a function say how it goes on when the server refuses it for what it has itself: the status is 409, 410, 412, or 404
    /// where nothing is created. *Default*: it fails, and what it showed is taken back.
    ///
    /// What is to be deleted and is not there (404, 410) is no conflict but a success. Nor does a conflict count at once that
    /// may be one with an earlier attempt: without a function, what the mutation showed then stays until a fetch has shown
    /// the truth.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{Conflict, MutationContext, MutationOptions, QueryError, Request, Resolution};
    ///
    /// # async fn send(context: MutationContext, (version, text): (u64, String)) -> Result<(), QueryError> {
    /// #     context.send(Request::put("/note").header("If-Match", &version).json(&text)).await?.empty()
    /// # }
    /// // The user's text wins: it is saved over the version that is there now.
    /// let save = MutationOptions::new(&["note", "save"], send).on_conflict(
    ///     |conflict: Conflict<(u64, String)>| async move {
    ///         let theirs: Option<u64> = conflict.error.body_text().and_then(|text| text.parse().ok());
    ///         match theirs {
    ///             Some(version) => Resolution::RetryWith((version, conflict.variables.1.clone())),
    ///             None => Resolution::KeepServer,
    ///         }
    ///     },
    /// );
    /// # let _ = save;
    /// ```
    #[must_use]
    pub fn on_conflict<F, Fut>(mut self, resolve: F) -> Self
    where
        V: 'static,
        F: Fn(Conflict<V>) -> Fut + MaybeSend + MaybeSync + 'static,
        Fut: Future<Output = Resolution<V>> + MaybeSend + 'static,
    {
        self.on_conflict = Some(Arc::new(resolve));
        self
    }

    /// Says which errors mean that the server still works on an earlier attempt: the same is sent again, with the same key, up
    /// to ten times. *Default*: where the server knows keys, a 409 that says when to come back (`Retry-After`).
    #[must_use]
    pub fn in_progress(mut self, test: impl Fn(&QueryError) -> bool + MaybeSend + MaybeSync + 'static) -> Self {
        self.in_progress = Some(Arc::new(test));
        self
    }

    /// Says what a deletion returns whose row the server did not have any more. *Default*: where the result is nothing, that; any
    /// other such deletion is carried out, too, and ends with the server's error.
    #[must_use]
    pub fn when_gone(mut self, result: fn(&V) -> T) -> Self {
        self.when_gone = Some(result);
        self
    }

    /// Returns what variables ask for, and the ids that they name. `before`: what was asked for until now, whose temporary ids
    /// stay.
    pub(crate) fn asks_for(&self, variables: &V, now: DateTime, before: &[Op]) -> (Vec<Op>, Vec<KeySegment>) {
        let ops = self.optimism.iter().enumerate();
        let ops = ops.map(|(index, one)| one.operation(variables, now, before.get(index))).collect();
        let mut names = Vec::new();
        if let Some(json) = self.as_json {
            scalars(&json(variables), &mut names);
        }
        (ops, names)
    }

    /// Returns whether the server takes requests with the same key for one and the same.
    pub(crate) fn is_keyed(&self) -> bool {
        let all = || self.optimism.iter().all(|one| one.level() >= Level::Keyed);
        self.settings.keyed.unwrap_or_else(|| !self.optimism.is_empty() && all())
    }

    /// Marks these entries stale when it is over, whether it went well or not.
    #[must_use]
    pub fn invalidates(mut self, targets: fn(&V, Option<&T>) -> Vec<KeyPrefix>) -> Self {
        self.invalidates = Some(targets);
        self
    }

    /// Marks the queries with these tags stale when it is over, together with what
    /// [`invalidates`](Self::invalidates) names: no query is fetched twice for it.
    #[must_use]
    pub fn invalidates_tags(mut self, tags: fn(&V, Result<&T, &QueryError>) -> Vec<Tag>) -> Self {
        self.invalidates_tags = Some(tags);
        self
    }

    /// Lets the variables be searched for temporary ids: the mutation then waits for what it names to be created.
    #[must_use]
    pub fn serialized(mut self) -> Self
    where
        V: Serialize,
    {
        self.as_json = Some(|variables| serde_json::to_value(variables).unwrap_or_default());
        self
    }

    /// Lets a mutation that waits be saved and sent by a later client; see
    /// [`set_mutation_defaults`](crate::QueryClient::set_mutation_defaults).
    #[must_use]
    pub fn restorable(self) -> Self
    where
        V: Serialize + DeserializeOwned,
    {
        Self { from_json: Some(|json| V::deserialize(json).ok()), ..self.serialized() }
    }

    /// Sets the scope of a call with the given variables: mutations of one scope are sent one after the other, each after the
    /// callbacks of the one before. A text names a scope; see [`MutationScope`].
    ///
    /// By default those that change the same row are sent in order, all others in parallel.
    #[must_use]
    pub fn scope<S: Into<MutationScope> + 'static>(
        mut self,
        scope: impl Fn(&V) -> S + MaybeSend + MaybeSync + 'static,
    ) -> Self {
        self.scope = Some(Arc::new(scope));
        self
    }

    /// Returns these options with what they do not say from the defaults of their key (T15).
    pub(crate) fn complete(mut self, core: &Core) -> Self {
        for rule in core.shared.mutation_defaults.of(&self.key) {
            let Some(defaults) = rule.as_any().downcast_ref::<MutationDefaults>() else { continue };
            if let Some(lower) = defaults.options.as_ref().and_then(|options| options.as_any().downcast_ref::<Self>()) {
                self = self.over(lower);
            }
            self.settings = self.settings.over(&defaults.settings);
        }
        self
    }

    /// Returns these options, and for what they do not say the others'.
    fn over(self, lower: &Self) -> Self {
        let is_open = self.settings.scope.is_none();
        Self {
            key: self.key,
            settings: self.settings,
            send: self.send.or_else(|| lower.send.clone()),
            optimism: if self.optimism.is_empty() { lower.optimism.clone() } else { self.optimism },
            invalidates: self.invalidates.or(lower.invalidates),
            invalidates_tags: self.invalidates_tags.or(lower.invalidates_tags),
            as_json: self.as_json.or(lower.as_json),
            from_json: self.from_json.or(lower.from_json),
            scope: self.scope.or_else(|| lower.scope.clone().filter(|_| is_open)),
            callbacks: self.callbacks.over(&lower.callbacks),
            on_conflict: self.on_conflict.or_else(|| lower.on_conflict.clone()),
            in_progress: self.in_progress.or_else(|| lower.in_progress.clone()),
            when_gone: self.when_gone.or(lower.when_gone),
        }
    }
}

impl<V, T> ErasedOptions for MutationOptions<V, T>
where
    V: Clone + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn revive(&self, core: &Arc<Core>, key: QueryKey, saved: &SavedMutation) -> Option<MutationId> {
        let variables = self.from_json?(&saved.variables)?;
        Some(saved.revive(core, Self::by_key(key).complete(core), variables))
    }
}
