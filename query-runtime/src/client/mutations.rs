//! Which mutations are there, which defaults do they have, and how are those that wait resumed or given up?

use std::sync::Arc;

use crate::{
    event::MutationId,
    key::KeyPrefix,
    mutation::{
        MutationDefaults, MutationFilter, MutationObserver, MutationOptions, MutationState, cancel, decide, state_of,
    },
    shell::{QueryClient, Settled},
    status::Decision,
};

impl QueryClient {
    /// Returns what runs a mutation, again and again, and shows how far the last one is.
    pub fn mutation<V, T>(&self, options: MutationOptions<V, T>) -> MutationObserver<V, T>
    where
        V: Clone + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        MutationObserver::new(self.core().clone(), options)
    }

    /// Returns the mutations in the cache, in the order in which they were asked for.
    ///
    /// [`watch`](Self::watch) keeps such a list up to date.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{MutationContext, MutationFilter, MutationOptions, QueryClient, QueryError, QueryKey};
    ///
    /// async fn send(_: MutationContext, text: String) -> Result<usize, QueryError> {
    ///     Ok(text.len())
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let client = QueryClient::builder().build();
    /// client.mutation(MutationOptions::new(&["notes", "add"], send)).mutate("milk".to_owned()).await?;
    /// let added = client.mutations(QueryKey::new(["notes"]));
    /// assert_eq!(added[0].variables::<String>().as_deref().map(String::as_str), Some("milk"));
    /// assert_eq!(added[0].data::<usize>().as_deref(), Some(&4));
    /// assert_eq!(client.is_mutating(MutationFilter::all()), 0);
    /// # Ok::<(), QueryError>(()) }).unwrap();
    /// ```
    pub fn mutations(&self, filter: impl Into<MutationFilter>) -> Vec<MutationState> {
        let filter = filter.into();
        let all = self.core().runs().into_iter().filter_map(|(id, run)| state_of(id, &*run));
        all.filter(|mutation| filter.matches(mutation)).collect()
    }

    /// Counts the mutations that are not over; paused ones count.
    pub fn is_mutating(&self, filter: impl Into<MutationFilter>) -> usize {
        self.mutations(filter.into().pending()).len()
    }

    /// Sets the defaults of mutations whose key lies under a prefix; they win over those of the client.
    ///
    /// Where several prefixes match, the one that was given last wins. It counts for what is made by
    /// [`mutation`](Self::mutation) from now on, and for mutations that are restored: those have their function from here.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{MutationContext, MutationOptions, QueryClient, QueryError, QueryKey};
    ///
    /// async fn send(_: MutationContext, text: String) -> Result<(), QueryError> {
    /// #   let _ = text;
    ///     Ok(())
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let client = QueryClient::builder().build();
    /// let add = MutationOptions::new(&["notes", "add"], send).restorable();
    /// client.set_mutation_defaults(QueryKey::new(["notes", "add"]), add);
    /// let by_key = MutationOptions::<String, ()>::by_key(QueryKey::new(["notes", "add"]));
    /// client.mutation(by_key).mutate("milk".to_owned()).await?;
    /// # Ok::<(), QueryError>(()) }).unwrap();
    /// ```
    #[cfg_attr(
        all(target_family = "wasm", target_os = "unknown"),
        expect(clippy::arc_with_non_send_sync, reason = "in the browser, futures and callbacks stay on one thread")
    )]
    pub fn set_mutation_defaults(&self, prefix: impl Into<KeyPrefix>, defaults: impl Into<MutationDefaults>) {
        self.core().shared.mutation_defaults.set(prefix.into(), Arc::new(defaults.into()));
    }

    /// Lets the mutations that wait go on, if there is a connection: those of one scope in order, scopes in parallel.
    ///
    /// This happens by itself when the connection or the focus comes back; mutations that were restored wait for it. The
    /// returned future ends when all of them were answered, whatever the answer; without a connection at once.
    pub fn resume_paused_mutations(&self) -> Settled {
        let resumed = self.core().run_and_wait(|heart, now| ((), vec![heart.resume_by_hand(now)]));
        Settled::of(resumed.map(|((), waiters)| waiters).unwrap_or_default())
    }

    /// Gives mutations up; returns how many.
    ///
    /// One that waits is never sent: it fails with an error that [is cancelled](crate::QueryError::is_cancelled), its error
    /// callbacks run, what it showed is taken back, and mutations that depend on it are rejected. One that is on its way is
    /// ended too, if its function sends by its context or has taken its signal; whether the server has carried it out is then
    /// unknown, and what it showed is fetched anew. Any other runs to its end but is not retried, and is not counted.
    pub fn cancel_mutations(&self, filter: impl Into<MutationFilter>) -> usize {
        let mutations = self.mutations(filter.into().pending());
        cancel(self.core(), mutations.into_iter().map(|mutation| mutation.id).collect())
    }

    /// Says what becomes of a mutation that [waits for that](crate::MutationState::needs_decision); returns whether it did.
    ///
    /// The program hears of such a mutation by [`MutationChange::NeedsDecision`](crate::MutationChange::NeedsDecision). One that
    /// is confirmed ends as after an answer that cannot be read: its result is nothing where it returns nothing, else an error
    /// that [says so](crate::QueryError::is_decode); what it showed stays until it was fetched.
    pub fn decide_mutation(&self, mutation: MutationId, decision: Decision) -> bool {
        decide(self.core(), mutation, decision)
    }
}
