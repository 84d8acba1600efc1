//! What does code of the program that panics, or calls back into the client, do to the cache?

use std::cmp::Ordering as Order;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use query_runtime::{
    Change, Entity, Key, ListFilter, ListReach, Membership, MutationContext, MutationFilter, MutationOptions,
    QueryClient, QueryError, QueryKey, QueryOptions, RetryPolicy,
};

use crate::board::{CardChange, Edit, card, detail, edit};
use crate::stage::{Stage, key, number};

#[test]
fn a_panicking_fetch_function_is_an_error() {
    let stage = Stage::new();
    let options = QueryOptions::new(key("a"), |_| async { panic!("a fetch function panics") });
    let observer = stage.client.observe(options.retry(RetryPolicy::never()));
    stage.runtime.run_until_stalled();
    let shown = observer.current();
    assert!(shown.is_error() && !shown.is_fetching());
    assert!(shown.error.unwrap().to_string().contains("panicked"));
}

#[test]
fn a_panicking_send_function_is_an_error_and_takes_back_what_it_showed() {
    for panics_at_once in [true, false] {
        let stage = Stage::new();
        let shown = stage.client.observe(detail(1));
        stage.answer("GET /cards/1", &card(1, "todo", 10));
        let send = move |_: MutationContext, _: Edit| {
            assert!(!panics_at_once, "a send function panics");
            async { panic!("the future of a send function panics") }
        };
        let options: MutationOptions<Edit, ()> = MutationOptions::new(&["card", "panic"], send)
            .changes::<crate::board::Card>(|edit| (edit.id, edit.change.clone()), ListReach::Matching, true);
        let observer = stage.client.mutation(options);
        let handle = observer.mutate(Edit { id: 1, change: CardChange::Title("new") });
        assert_eq!(shown.current().data.unwrap().title, "new");
        assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().to_string().contains("panicked"));
        assert_eq!(shown.current().data.unwrap().title, "card 1");
        // The row is not blocked.
        let _next = stage.client.mutation(edit()).mutate(Edit { id: 1, change: CardChange::Title("next") });
        let _request = stage.request("PATCH /cards/1");
    }
}

#[test]
fn a_panicking_callback_is_its_error() {
    for at in ["mutate", "success", "settled", "targets"] {
        let stage = Stage::new();
        let callback = move |name: &'static str| {
            move |_| async move {
                assert!(name != at, "a callback panics");
                Ok(())
            }
        };
        let options = edit().on_mutate(callback("mutate")).on_success(callback("success"));
        let mut options = options.on_settled(callback("settled"));
        if at == "targets" {
            options = options.invalidates(|_, _| panic!("what goes stale panics"));
        }
        let handle = stage.client.mutation(options).mutate(Edit { id: 1, change: CardChange::Title("new") });
        stage.runtime.run_until_stalled();
        if at == "mutate" {
            stage.silence();
        } else {
            stage.answer("PATCH /cards/1", &card(1, "todo", 10));
        }
        let result = stage.runtime.block_on(handle).unwrap();
        assert_eq!(result.is_err(), at != "targets", "{at}");
    }
}

/// A value whose comparison, ordering and change call the client.
static CLIENT: OnceLock<QueryClient> = OnceLock::new();
static CALLS: AtomicUsize = AtomicUsize::new(0);

fn call_back() {
    if let Some(client) = CLIENT.get() {
        CALLS.fetch_add(1, Ordering::SeqCst);
        client.set(&key("noted"), 7);
        client.invalidate(key("noted"));
        let _ = (client.get(&key("noted")), client.is_mutating(MutationFilter::all()), client.statistics());
    }
}

#[derive(Clone, Debug)]
struct Nosy {
    id: u64,
    rank: u64,
}

impl PartialEq for Nosy {
    fn eq(&self, other: &Self) -> bool {
        call_back();
        (self.id, self.rank) == (other.id, other.rank)
    }
}

#[derive(Clone, Debug, PartialEq)]
struct SetRank(u64);

impl Change<Nosy> for SetRank {
    fn apply(&self, row: &mut Nosy) {
        call_back();
        row.rank = self.0;
    }
}

impl Entity for Nosy {
    type Id = u64;
    type Change = SetRank;
    const ROOT: &'static [&'static str] = &["nosy"];

    fn id(&self) -> &u64 {
        &self.id
    }

    fn set_id(&mut self, id: u64) {
        self.id = id;
    }
}

#[derive(Clone, Debug, PartialEq)]
struct All;

impl ListFilter<Nosy> for All {
    fn matches(&self, _: &Nosy) -> Membership {
        call_back();
        Membership::Yes
    }

    fn compare(&self, a: &Nosy, b: &Nosy) -> Option<Order> {
        call_back();
        Some(a.rank.cmp(&b.rank))
    }
}

#[test]
fn code_that_the_cache_calls_may_call_the_client() {
    let stage = Stage::new();
    assert!(CLIENT.set(stage.client.clone()).is_ok());
    let one: Key<Nosy> = QueryKey::under(Nosy::ROOT).word("detail").value(&1_u64).key();
    let rows = || (1..=2).map(|id| Nosy { id, rank: id * 10 }).collect::<query_runtime::Page<Nosy>>();
    let list = stage.client.observe(QueryOptions::list(
        Key::typed(QueryKey::new(["nosy", "list"])),
        All,
        query_runtime::ListWindow::All,
        move |_| async move { Ok(rows()) },
    ));
    let shown = stage.client.observe(QueryOptions::detail(one, 1, |_| async { Ok(Nosy { id: 1, rank: 10 }) }));
    stage.runtime.run_until_stalled();
    let _again = (list.refetch(), shown.refetch());
    stage.runtime.run_until_stalled();
    let send = |_: MutationContext, _: u64| async { Ok::<_, QueryError>(Nosy { id: 1, rank: 30 }) };
    let options = MutationOptions::new(&["nosy", "rank"], send).changes::<Nosy>(
        |rank| (1, SetRank(*rank)),
        ListReach::Matching,
        true,
    );
    let handle = stage.client.mutation(options).mutate(30);
    assert_eq!(list.current().data.unwrap().items[1].rank, 30);
    stage.runtime.block_on(handle).unwrap().unwrap();
    assert_eq!(shown.current().data.unwrap().rank, 30);
    assert!(CALLS.load(Ordering::SeqCst) > 0);
    assert_eq!(stage.client.get(&key("noted")).as_deref(), Some(&7));
}

/// Data that uses the client when it is dropped.
#[derive(Debug)]
struct Parting {
    client: QueryClient,
    dropped: Arc<AtomicBool>,
}

impl PartialEq for Parting {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

impl Drop for Parting {
    fn drop(&mut self) {
        self.client.set(&key("parting"), 1);
        let _ = self.client.get(&key("parting"));
        self.dropped.store(true, Ordering::SeqCst);
    }
}

#[test]
fn values_and_callbacks_are_dropped_outside_of_locks() {
    let stage = Stage::new();
    let parting = |dropped: &Arc<AtomicBool>| Parting { client: stage.client.clone(), dropped: dropped.clone() };
    let flags: [Arc<AtomicBool>; 4] = Default::default();
    let data: Key<Parting> = Key::typed(QueryKey::new(["parting", "data"]));
    stage.client.set(&data, parting(&flags[0]));
    stage.client.set(&data, parting(&flags[1]));
    stage.client.remove(&data);
    let held = parting(&flags[2]);
    drop(stage.client.subscribe(move |_| assert!(!held.dropped.load(Ordering::SeqCst))));
    let held = Mutex::new(parting(&flags[3]));
    let options = edit().on_settled(move |_| {
        let _held = held.lock().unwrap();
        async { Ok(()) }
    });
    let observer = stage.client.mutation(options.gc_time(std::time::Duration::ZERO));
    let handle = observer.mutate(Edit { id: 1, change: CardChange::Title("new") });
    stage.answer("PATCH /cards/1", &card(1, "todo", 10));
    stage.runtime.block_on(handle).unwrap().unwrap();
    observer.reset();
    drop(observer);
    stage.advance(1);
    assert_eq!(flags.map(|flag| flag.load(Ordering::SeqCst)), [true; 4]);
}

#[test]
fn a_mutation_that_leaves_at_once_has_still_succeeded() {
    let stage = Stage::new();
    let handle = stage
        .client
        .mutation(edit().gc_time(std::time::Duration::ZERO))
        .mutate(Edit { id: 1, change: CardChange::Title("new") });
    stage.answer("PATCH /cards/1", &card(1, "todo", 10));
    stage.advance(10);
    assert!(stage.runtime.block_on(handle).unwrap().is_ok());
}

#[test]
fn a_panicking_comparison_leaves_a_cache_that_works() {
    #[derive(Clone, Debug)]
    struct Touchy;
    impl PartialEq for Touchy {
        fn eq(&self, _: &Self) -> bool {
            panic!("a comparison panics")
        }
    }
    let stage = Stage::new();
    let touchy: Key<Touchy> = Key::typed(QueryKey::new(["touchy"]));
    stage.client.set(&touchy, Touchy);
    let _ = catch_unwind(AssertUnwindSafe(|| stage.client.set(&touchy, Touchy)));
    let observer = stage.client.observe(number("a"));
    stage.answer("GET /a", &serde_json::json!(1));
    assert_eq!(observer.current().data.as_deref(), Some(&1));
}
