//! How does a callback get the newest result, in order and never twice at once?

use std::sync::{Arc, Mutex, Weak};

use crate::{
    marker::{MaybeSend, MaybeSync},
    observer::{result::QueryResult, view::View},
    options::QueryData,
    signal::{Subscription, lock},
};

struct State<R> {
    /// Whether the callback runs now.
    busy: bool,
    /// Whether something changed meanwhile.
    again: bool,
    last: QueryResult<R>,
}

/// Calls a function with what a view shows after each change.
pub(crate) fn subscribe<T: QueryData, R: QueryData>(
    view: &Arc<View<T, R>>,
    callback: impl Fn(&QueryResult<R>) + MaybeSend + MaybeSync + 'static,
) -> Subscription {
    let weak: Weak<View<T, R>> = Arc::downgrade(view);
    let state = Mutex::new(State { busy: false, again: false, last: view.refresh() });
    view.target.signal.subscribe(Arc::new(move || deliver(&weak, &state, &callback)))
}

/// Whoever comes while the callback runs leaves the work to the one who runs it.
fn deliver<T: QueryData, R: QueryData>(
    view: &Weak<View<T, R>>,
    state: &Mutex<State<R>>,
    callback: &impl Fn(&QueryResult<R>),
) {
    {
        let mut state = lock(state);
        if state.busy {
            state.again = true;
            return;
        }
        state.busy = true;
    }
    let busy = Busy(state);
    loop {
        // Without its observer it stays busy for ever: nobody calls it again.
        let Some(view) = view.upgrade().filter(|view| !view.target.is_closed()) else { return };
        let result = view.refresh();
        let old = {
            let mut state = lock(busy.0);
            state.again = false;
            let differs = !state.last.shows_same(&result);
            differs.then(|| std::mem::replace(&mut state.last, result.clone()))
        };
        if old.is_some() {
            callback(&result);
        }
        let mut state = lock(busy.0);
        if !state.again {
            state.busy = false;
            return;
        }
    }
}

/// Lets others call again when the callback panics.
struct Busy<'a, R>(&'a Mutex<State<R>>);

impl<R> Drop for Busy<'_, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(self.0).busy = false;
        }
    }
}
