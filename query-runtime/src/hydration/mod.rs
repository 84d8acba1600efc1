//! How does server data get from one cache into another, through JSON?
//!
//! [`QueryClient::dehydrate`] makes a [`DehydratedState`], which serde writes and reads; [`QueryClient::hydrate`] takes it in.
//! A server that renders, a program that ends and one that starts, and the part of a page that comes later all do the same.

mod dehydrate;
mod report;
mod state;
mod wall;

use std::sync::Arc;

pub use self::{
    dehydrate::Dehydrate,
    report::{Hydrated, LeftOut, LeftOutReason},
    state::DehydratedState,
};
pub(crate) use self::{state::QueryForm, wall::WallClock};
use crate::{
    event::CacheAction,
    heart::{Carried, CarriedData, Hydration, Principal},
    key::QueryKey,
    options::raw_kind,
    shell::{QueryClient, QueryDefaults},
    value::Json,
};

impl QueryClient {
    /// Returns the server data of all queries that have some and did not fail last, and the mutations that wait.
    ///
    /// Optimistic changes of data are left out. Data is written where its options say that it is
    /// [`serializable`](crate::QueryOptions::serializable) (JSON always is); [`DehydratedState::left_out`] tells what could
    /// not be.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::{DehydratedState, Key, QueryClient, QueryKey, QueryOptions};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let key: Key<String> = Key::typed(QueryKey::new(["greeting"]));
    /// let server = QueryClient::builder().build();
    /// let _greeting = server.observe(QueryOptions::cached(key.clone()).serializable());
    /// server.set(&key, "hello".to_owned());
    /// let page = serde_json::to_string(&server.dehydrate()).unwrap();
    ///
    /// let browser = QueryClient::builder().build();
    /// let state: DehydratedState = serde_json::from_str(&page).unwrap();
    /// assert!(browser.hydrate(state).left_out.is_empty());
    /// let greeting = browser.observe(QueryOptions::cached(key).serializable());
    /// assert_eq!(greeting.current().data.as_deref().map(String::as_str), Some("hello"));
    /// # });
    /// ```
    pub fn dehydrate(&self) -> DehydratedState {
        self.dehydrate_with(&Dehydrate::new())
    }

    /// As [`dehydrate`](Self::dehydrate), for what the options say.
    pub fn dehydrate_with(&self, what: &Dehydrate) -> DehydratedState {
        loop {
            let fence = self.core().fence();
            let state = self.dehydrate_as(what, self.principal());
            // Of one principal, all of it.
            if self.core().fence() == fence {
                return state;
            }
        }
    }

    fn dehydrate_as(&self, what: &Dehydrate, principal: Principal) -> DehydratedState {
        let clock = WallClock::of(&self.core().env);
        let mut state = DehydratedState::empty(clock.now()).of(principal);
        for carried in what.carried(self) {
            match QueryForm::of(carried, what.tells_errors(), clock) {
                Ok(form) => state.queries.push(form),
                Err(left_out) => state.left_out.push(left_out),
            }
        }
        for (key, saved) in what.paused(self) {
            if let Some(saved) = saved {
                state.mutations.push(saved);
            } else {
                let text = "nobody has said that the mutation is restorable";
                state.left_out.push(LeftOut::new(Some(key), LeftOutReason::NotSerializable, text));
            }
        }
        state
    }

    /// Takes in what was dehydrated: queries that are not here, those that are older here, and mutations that waited.
    ///
    /// What is new here begins without a fetch, with the settings of the client's defaults (how long it is kept, too). A
    /// fetch that runs for what is here already goes on. A [`refetch`](Self::refetch) fetches what is new by the default
    /// [function](QueryDefaults::fetch) that brings JSON, where there is one and nobody has said another. Data has no type until options that are
    /// [`serializable`](crate::QueryOptions::serializable) come for its key; until then only [`get_json`](Self::get_json)
    /// reads it. Data that such options cannot read is dropped, which the event
    /// [`CacheEvent::Unreadable`](crate::CacheEvent::Unreadable) tells.
    ///
    /// A mutation takes its function from the
    /// [defaults](Self::set_mutation_defaults) for its key, and waits until it is
    /// [resumed](Self::resume_paused_mutations).
    ///
    /// Each record that is not sound is left out; the report says which, and why. So is all of another
    /// [principal](Self::set_principal).
    pub fn hydrate(&self, state: DehydratedState) -> Hydrated {
        self.hydrate_with(state, &QueryDefaults::new())
    }

    /// As [`hydrate`](Self::hydrate), with settings that win over the client's defaults.
    pub fn hydrate_with(&self, state: DehydratedState, settings: &QueryDefaults) -> Hydrated {
        let clock = WallClock::of(&self.core().env);
        let mut report = Hydrated { left_out: state.left_out, ..Hydrated::default() };
        let mut carried = Vec::new();
        for form in state.queries {
            match form.carried(clock) {
                Ok(one) => {
                    let settings = self.core().shared.settings(&one.key, settings.settings.clone());
                    let raw = raw_kind(matches!(one.data, CarriedData::Json(_, true)));
                    carried.push((one, settings, raw));
                }
                Err(left_out) => report.left_out.push(left_out),
            }
        }
        let (core, principal) = (self.core().clone(), state.principal.clone());
        let taken = self.core().run(move |heart, now| {
            if heart.principal() != principal {
                heart.left_to_another();
                return None;
            }
            let one = |(one, settings, raw): (Carried, _, Arc<_>)| {
                (one.key.clone(), core.hydrate(heart, one, &raw, &settings, CacheAction::Hydrate, now))
            };
            Some(carried.into_iter().map(one).collect::<Vec<_>>())
        });
        let Some(taken) = taken.unwrap_or_else(|| Some(Vec::new())) else {
            report.left_out.push(LeftOut::new(None, LeftOutReason::Principal, "the state is another principal's"));
            return report;
        };
        for (key, hydration) in taken {
            match hydration {
                Hydration::Taken => report.queries += 1,
                Hydration::Kept => report.kept += 1,
                Hydration::Unreadable(error) => {
                    report.left_out.push(LeftOut::new(Some(key), LeftOutReason::Unreadable, error));
                }
            }
        }
        for saved in state.mutations {
            if !self.core().is_used_by(&state.principal) {
                break;
            }
            match saved.restore(self.core()) {
                Some(id) => report.mutations.push(id),
                None => report.left_out.push(LeftOut::new(None, LeftOutReason::Malformed, "the key is no list")),
            }
        }
        report
    }

    /// Returns the data of a query as JSON, as it is shown now: where it came from elsewhere and has no type yet, or its
    /// options say that it is [`serializable`](crate::QueryOptions::serializable).
    pub fn get_json(&self, key: &QueryKey) -> Option<Json> {
        let published = self.core().published(key)?;
        let data = published.snapshot.data.clone()?;
        published.snapshot.codec?.write(&data).ok()
    }
}
