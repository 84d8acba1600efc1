//! How does a mutation that waits outlive its client?
//!
//! What can be saved is the key, the variables as JSON and how far it was; the function and settings come from the defaults
//! that the later client has for the key.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{
    clock::Moment,
    heart::{MutationId, NamedScope, Restored},
    key::QueryKey,
    mutation::{MutationDefaults, MutationFilter, MutationOptions, MutationScope, Run, state_of},
    shell::Core,
    value::DateTime,
};

/// A mutation that waits, as data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedMutation {
    /// Its key, as JSON.
    pub(crate) key: Json,
    /// Its variables.
    pub(crate) variables: Json,
    /// Its named scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<SavedScope>,
    /// By what a server can tell that it has seen the mutation.
    pub(crate) idempotency_key: String,
    /// When it was asked for.
    pub(crate) submitted_at: DateTime,
    /// How often it had failed.
    #[serde(default)]
    pub(crate) failure_count: u32,
    /// Whether the server may have carried it out.
    #[serde(default)]
    pub(crate) is_uncertain: bool,
}

/// A scope, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SavedScope {
    /// Its name.
    pub(crate) name: String,
    /// Whether a mutation is rejected when one before it fails.
    #[serde(default)]
    pub(crate) stops: bool,
    /// Whether a mutation takes the place of those that wait.
    #[serde(default)]
    pub(crate) newest: bool,
}

/// Returns the mutations that wait and are meant, in the order in which they were asked for (T169): their keys, and what can
/// be saved of them; `None`: their options do not say how.
pub(crate) fn paused(core: &Core, meant: &MutationFilter) -> Vec<(QueryKey, Option<SavedMutation>)> {
    let runs = core.runs().into_iter();
    let paused = runs.filter_map(|(id, run)| {
        let own = state_of(id, &*run).filter(|own| own.is_paused && meant.matches(own))?;
        let shown = run.shown()?;
        let saved = run.portable().map(|portable| SavedMutation {
            key: own.key.to_json(),
            variables: portable.variables,
            scope: portable.scope.map(|scope| SavedScope {
                name: scope.name.to_string(),
                stops: scope.stops,
                newest: scope.newest,
            }),
            idempotency_key: portable.idempotency_key.to_string(),
            submitted_at: date_of(core, own.submitted_at),
            failure_count: own.failure_count,
            is_uncertain: shown.snapshot.is_uncertain,
        });
        Some((own.key, saved))
    });
    paused.collect()
}

impl SavedMutation {
    /// Puts the mutation into a cache: it waits there until it is resumed.
    ///
    /// Without a default for its key that can read its variables, it fails when it is resumed.
    pub(crate) fn restore(&self, core: &Arc<Core>) -> Option<MutationId> {
        let key = QueryKey::from_json(&self.key)?;
        let revived = core.shared.mutation_defaults.of(&key).into_iter().find_map(|rule| {
            let defaults = rule.as_any().downcast_ref::<MutationDefaults>()?;
            defaults.options.as_ref()?.revive(core, key.clone(), self)
        });
        Some(revived.unwrap_or_else(|| {
            let options = MutationOptions::<Json, Json>::by_key(key).restorable().complete(core);
            self.revive(core, options, self.variables.clone())
        }))
    }

    /// Puts the mutation into a cache, given what its types say.
    pub(crate) fn revive<V, T>(&self, core: &Arc<Core>, mut options: MutationOptions<V, T>, variables: V) -> MutationId
    where
        V: Clone + Send + Sync + 'static,
        T: Send + Sync + 'static,
    {
        if let Some(scope) = &self.scope {
            let named = NamedScope { name: scope.name.as_str().into(), stops: scope.stops, newest: scope.newest };
            let scope = MutationScope { named: Some(named) };
            options = options.scope(move |_| scope.clone());
        }
        let restored = Restored {
            submitted_at: moment_of(core, self.submitted_at),
            failure_count: self.failure_count,
            is_uncertain: self.is_uncertain,
        };
        let run = Run::new(core, share(options), variables, Some(&self.idempotency_key));
        let id = run.id;
        run.begin(core, 0, Some(restored));
        id
    }
}

#[cfg_attr(
    all(target_family = "wasm", target_os = "unknown"),
    expect(clippy::arc_with_non_send_sync, reason = "in the browser, futures and callbacks stay on one thread")
)]
fn share<V, T>(options: MutationOptions<V, T>) -> Arc<MutationOptions<V, T>> {
    Arc::new(options)
}

/// Returns the date of a moment of the client's clock.
fn date_of(core: &Core, at: Moment) -> DateTime {
    let ago = core.env.now().since(at);
    let wall = core.env.wall();
    wall.checked_sub(ago).unwrap_or(wall)
}

/// Returns the moment of a date; what was before the clock's origin was at its origin.
fn moment_of(core: &Core, at: DateTime) -> Moment {
    let ago = core.env.wall().duration_since(at);
    let nanos = u64::try_from(ago.as_nanos()).unwrap_or_default();
    Moment::from_nanos(core.env.now().as_nanos().saturating_sub(nanos))
}
