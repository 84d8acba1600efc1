//! How does a callback get the newest result, in order and never twice at once?

use std::sync::Arc;

use crate::{
    marker::{MaybeSend, MaybeSync},
    observer::watch::Shows,
    signal::{Subscription, lock},
    sync::Mutex,
};

struct State<V> {
    /// Whether the callback runs now.
    busy: bool,
    /// Whether something changed meanwhile.
    again: bool,
    last: V,
}

/// Calls a function with what is shown after each change.
pub(crate) fn subscribe<S: Shows + ?Sized>(
    source: &Arc<S>,
    callback: impl Fn(&S::Shown) + MaybeSend + MaybeSync + 'static,
) -> Subscription {
    let state = Mutex::new(State { busy: false, again: false, last: source.shown() });
    // It is forgotten when the source is over: until then, they hold each other.
    let own = source.clone();
    source.signal().subscribe(Arc::new(move || deliver(&*own, &state, &callback)))
}

/// Whoever comes while the callback runs leaves the work to the one who runs it.
fn deliver<S: Shows + ?Sized>(source: &S, state: &Mutex<State<S::Shown>>, callback: &impl Fn(&S::Shown)) {
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
        // Without its source it stays busy for ever: nobody calls it again.
        if source.is_over() {
            return;
        }
        // Before it looks: what changes after that is for one more round.
        let last = {
            let mut state = lock(busy.0);
            state.again = false;
            state.last.clone()
        };
        let shown = source.heard();
        if !source.is_same(&last, &shown) {
            let old = std::mem::replace(&mut lock(busy.0).last, shown.clone());
            drop(old);
            callback(&shown);
        }
        let mut state = lock(busy.0);
        if !state.again {
            state.busy = false;
            return;
        }
    }
}

/// Lets others call again when the callback panics.
struct Busy<'a, V>(&'a Mutex<State<V>>);

impl<V> Drop for Busy<'_, V> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            lock(self.0).busy = false;
        }
    }
}
