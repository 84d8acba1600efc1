//! What of a cache arrives in another, and what does it meet there?

use std::sync::{Arc, Mutex};

use query_runtime::{
    CacheAction, CacheEvent, Dehydrate, DehydratedState, FetchContext, FetchStatus, Hydrated, InfiniteData,
    InfiniteOptions, Key, LeftOutReason, MutationContext, MutationFilter, MutationOptions, QueryClient, QueryDefaults,
    QueryError, QueryFilter, QueryKey, QueryOptions, QueryStatus, Request,
};
use serde_json::{Value, json};

use crate::stage::{Stage, key, number, seconds};

/// Another client with the same clock, as the one that a program has after it was started again.
fn another(stage: &Stage) -> QueryClient {
    QueryClient::builder().env(stage.runtime.env()).transport(stage.transport.clone()).seed(1).build()
}

/// What another process reads of it.
fn through_text(carried: &DehydratedState) -> DehydratedState {
    serde_json::from_str(&serde_json::to_string(carried).unwrap()).unwrap()
}

fn carry(from: &QueryClient, to: &QueryClient) -> Hydrated {
    to.hydrate(through_text(&from.dehydrate()))
}

/// Sets a number of which it is said that it is serializable.
fn set(client: &QueryClient, name: &'static str, value: u64) {
    drop(client.observe(number(name).enabled(false).serializable()));
    client.set(&key(name), value);
}

fn told(client: &QueryClient) -> (Arc<Mutex<Vec<CacheEvent>>>, query_runtime::Subscription) {
    let events: Arc<Mutex<Vec<CacheEvent>>> = Arc::default();
    let sink = events.clone();
    let subscription = client.subscribe(move |event| sink.lock().unwrap().push(event.clone()));
    (events, subscription)
}

#[test]
fn fresh_data_that_was_hydrated_is_shown_and_not_fetched() {
    let stage = Stage::new();
    set(&stage.client, "a", 7);
    stage.advance(2);
    let client = another(&stage);
    let report = carry(&stage.client, &client);
    assert_eq!((report.queries, report.left_out.len()), (1, 0));
    let observer = client.observe(number("a").serializable().stale_time(seconds(10)));
    let shown = observer.current();
    assert_eq!(shown.data.as_deref(), Some(&7));
    assert_eq!(shown.data_updated_at.unwrap().as_nanos(), 0, "it is as old as it was");
    stage.silence();
    stage.advance(8);
    assert!(observer.current().is_stale);
    let late = client.observe(number("a").serializable().stale_time(seconds(10)));
    stage.answer("GET /a", &json!(8));
    assert_eq!(late.current().data.as_deref(), Some(&8));
}

#[test]
fn only_queries_that_succeeded_are_dehydrated_unless_asked_for() {
    let stage = Stage::new();
    set(&stage.client, "good", 1);
    let _waiting = stage.client.observe(number("waiting").serializable());
    let _failed = stage.client.observe(
        QueryOptions::<u64>::new(key("failed"), async |_| Err(QueryError::message("secret")))
            .serializable()
            .retry(query_runtime::RetryPolicy::never()),
    );
    stage.runtime.run_until_stalled();
    let keys = |carried: &DehydratedState| carried.keys().map(|key| key.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&stage.client.dehydrate()), r#"["number","good"]"#);
    let all = stage.client.dehydrate_with(&Dehydrate::new().any_status());
    assert_eq!(keys(&all), r#"["number","good"] ["number","waiting"] ["number","failed"]"#);
    let only = Dehydrate::new().any_status().queries(QueryFilter::exact(key("failed")));
    let text = |what: &Dehydrate| serde_json::to_string(&stage.client.dehydrate_with(what)).unwrap();
    assert!(!text(&only).contains("secret") && text(&only).contains("redacted"));
    assert!(text(&only.with_errors()).contains("secret"));
    let client = another(&stage);
    client.hydrate(through_text(&all));
    let shown = client.state(key("failed").untyped()).unwrap();
    assert_eq!((shown.status, shown.fetch_status), (QueryStatus::Error, FetchStatus::Idle));
    assert_eq!(client.state(key("waiting").untyped()).unwrap().fetch_status, FetchStatus::Idle);
}

#[test]
fn json_form_is_the_one_that_is_documented() {
    let stage = Stage::new();
    stage.advance(1);
    set(&stage.client, "a", 7);
    stage.advance(1);
    let written = serde_json::to_value(stage.client.dehydrate()).unwrap();
    let expected = json!({
        "version": 1,
        "dehydrated_at": 1_767_225_602_000_u64,
        "queries": [{
            "key": ["number", "a"], "data": 7, "status": "success",
            "data_updated_at": 1_767_225_601_000_u64, "data_update_count": 1, "is_invalidated": false,
            "error_update_count": 0, "failure_count": 0,
        }],
        "mutations": [],
    });
    assert_eq!(written, expected);
}

#[test]
fn newer_data_wins_on_either_side() {
    let stage = Stage::new();
    set(&stage.client, "a", 1);
    let old = stage.client.dehydrate();
    let client = another(&stage);
    stage.advance(1);
    set(&client, "a", 2);
    let observer = client.observe(number("a").enabled(false).serializable());
    let report = client.hydrate(through_text(&old));
    assert_eq!((report.queries, report.kept), (0, 1));
    assert_eq!(observer.current().data.as_deref(), Some(&2));
    stage.advance(1);
    stage.client.set(&key("a"), 3);
    assert_eq!(carry(&stage.client, &client).queries, 1);
    assert_eq!(observer.current().data.as_deref(), Some(&3), "also for who looks");
    assert_eq!(carry(&client, &client).kept, 1, "what comes back is not newer");
}

#[test]
fn running_fetch_goes_on_when_newer_data_is_hydrated() {
    let stage = Stage::new();
    let client = another(&stage);
    let observer = client.observe(number("a").serializable());
    let request = stage.request("GET /a");
    set(&stage.client, "a", 1);
    carry(&stage.client, &client);
    let shown = observer.current();
    assert_eq!((shown.status, shown.fetch_status), (QueryStatus::Success, FetchStatus::Fetching));
    assert_eq!(shown.data.as_deref(), Some(&1));
    request.respond_json(200, &json!(2));
    stage.runtime.run_until_stalled();
    assert_eq!(observer.current().data.as_deref(), Some(&2));
}

#[test]
fn hydrated_query_that_nobody_looks_at_is_collected_by_the_settings_that_apply() {
    let stage = Stage::new();
    for name in ["client", "prefix", "call"] {
        set(&stage.client, name, 1);
    }
    let carried = stage.client.dehydrate();
    let builder = QueryClient::builder().env(stage.runtime.env());
    let defaults = |time| QueryDefaults::new().gc_time(seconds(time));
    let client = builder.defaults(defaults(10)).defaults_under(key("prefix"), defaults(20)).build();
    client.hydrate(carried.clone());
    client.remove(key("call"));
    client.hydrate_with(carried, &defaults(30));
    let here = || ["client", "prefix", "call"].map(|name| client.state(key(name).untyped()).is_some());
    assert_eq!(here(), [true; 3]);
    stage.advance(10);
    assert_eq!(here(), [false, true, true]);
    stage.advance(10);
    assert_eq!(here(), [false, false, true]);
    stage.advance(10);
    assert_eq!(here(), [false; 3]);
}

#[test]
fn invalidation_survives_on_the_way_and_here() {
    let stage = Stage::new();
    set(&stage.client, "there", 1);
    set(&stage.client, "here", 1);
    stage.client.invalidate(key("there"));
    let carried = stage.client.dehydrate();
    let client = another(&stage);
    client.hydrate(carried);
    assert!(client.state(key("there").untyped()).unwrap().is_invalidated);
    // What is invalidated here later than the data there arrived is not made fresh by it.
    stage.advance(1);
    stage.client.set(&key("here"), 2);
    stage.advance(1);
    client.invalidate(key("here"));
    assert_eq!(carry(&stage.client, &client).queries, 1);
    let shown = client.state(key("here").untyped()).unwrap();
    assert!(shown.is_invalidated);
    stage.advance(1);
    stage.client.set(&key("here"), 3);
    carry(&stage.client, &client);
    assert!(!client.state(key("here").untyped()).unwrap().is_invalidated);
}

#[test]
fn raw_data_counts_in_filters_and_becomes_its_type_when_options_come() {
    let stage = Stage::new();
    set(&stage.client, "a", 7);
    let client = another(&stage);
    carry(&stage.client, &client);
    assert_eq!(client.get(&key("a")), None, "nobody has said what it is");
    assert_eq!(client.get_json(key("a").untyped()), Some(json!(7)));
    assert_eq!(client.statistics().queries, 1);
    client.invalidate(QueryKey::new(["number"]));
    assert!(client.state(key("a").untyped()).unwrap().is_invalidated);
    assert_eq!(stage.runtime.block_on(client.ensure(number("a").serializable())).unwrap().as_deref(), Ok(&7));
    assert_eq!(client.get(&key("a")).as_deref(), Some(&7));
    assert_eq!(client.get_json(key("a").untyped()), Some(json!(7)));
}

#[test]
fn data_that_is_not_of_its_type_is_dropped_counted_and_told() {
    let stage = Stage::new();
    let there: Key<Value> = Key::typed(key("a").into_untyped());
    stage.client.set(&there, json!({ "not": "a number" }));
    let client = another(&stage);
    carry(&stage.client, &client);
    let (events, _subscription) = told(&client);
    let observer = client.observe(number("a").serializable());
    assert!(observer.current().is_loading(), "it begins without data");
    assert_eq!(client.statistics().unreadable, 1);
    assert!(events.lock().unwrap().contains(&CacheEvent::Unreadable(key("a").into_untyped())));
    stage.answer("GET /a", &json!(5));
    assert_eq!(observer.current().data.as_deref(), Some(&5));
}

#[test]
fn json_keys_need_no_further_word() {
    let stage = Stage::new();
    let anything: Key<Value> = Key::typed(QueryKey::new(["anything"]));
    stage.client.set(&anything, json!(null));
    let client = another(&stage);
    carry(&stage.client, &client);
    assert_eq!(client.get(&anything).as_deref(), Some(&json!(null)));
}

#[test]
fn data_that_cannot_be_written_is_left_out_and_named() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 1);
    stage.client.set(&Key::<Value>::typed(QueryKey::new([f64::INFINITY])), json!(1));
    let carried = stage.client.dehydrate();
    assert_eq!(carried.keys().count(), 0);
    let reasons: Vec<LeftOutReason> = carried.left_out().iter().map(|one| one.reason).collect();
    assert_eq!(reasons, [LeftOutReason::NotSerializable, LeftOutReason::Key]);
    assert!(carried.left_out()[0].to_string().contains("u64"), "{}", carried.left_out()[0]);
}

#[test]
fn malformed_records_are_left_out_one_by_one() {
    let stage = Stage::new();
    set(&stage.client, "a", 7);
    let mut written = serde_json::to_value(stage.client.dehydrate()).unwrap();
    let queries = written["queries"].as_array_mut().unwrap();
    for wrong in [
        json!(null),
        json!({}),
        json!({ "key": ["b"], "status": "unheard of" }),
        json!({ "key": "c", "status": "success", "data": 1 }),
        json!({ "key": ["d"], "status": "success" }),
        json!({ "key": ["e"], "status": "success", "data": 1, "data_updated_at": "yesterday" }),
    ] {
        queries.insert(0, wrong);
    }
    let client = another(&stage);
    let report = client.hydrate(DehydratedState::from_json(written));
    assert_eq!((report.queries, report.left_out.len()), (1, 6));
    assert!(report.left_out.iter().all(|one| one.reason == LeftOutReason::Malformed), "{:?}", report.left_out);
    assert!(report.left_out.iter().any(|one| one.key == Some(QueryKey::new(["b"]))));
    assert_eq!(client.statistics().queries, 1);
}

#[test]
fn state_that_is_none_changes_nothing() {
    let stage = Stage::new();
    for (wrong, reason) in [
        (json!(null), LeftOutReason::Malformed),
        (json!("state"), LeftOutReason::Malformed),
        (json!({}), LeftOutReason::Version),
        (json!({ "version": 2, "queries": [] }), LeftOutReason::Version),
        (json!({ "version": 1, "queries": {} }), LeftOutReason::Malformed),
    ] {
        let report = stage.client.hydrate(DehydratedState::from_json(wrong));
        assert_eq!(report.left_out.iter().map(|one| one.reason).collect::<Vec<_>>(), [reason]);
    }
    assert!(stage.client.hydrate(DehydratedState::from_json(json!({ "version": 1 }))).left_out.is_empty());
    assert_eq!(stage.client.statistics().queries, 0);
}

#[test]
fn data_older_than_the_clock_is_stale_however_long_it_may_be_kept_fresh() {
    let stage = Stage::new();
    set(&stage.client, "a", 7);
    let mut written = serde_json::to_value(stage.client.dehydrate()).unwrap();
    written["queries"][0]["data_updated_at"] = json!(1_000);
    let client = another(&stage);
    client.hydrate(DehydratedState::from_json(written));
    let observer = client.observe(number("a").serializable().stale_time(seconds(1_000_000_000)));
    assert_eq!(observer.current().data.as_deref(), Some(&7));
    assert!(observer.current().is_stale);
}

fn pages() -> InfiniteOptions<u64, u64> {
    let key = Key::typed(QueryKey::new(["pages"]));
    InfiniteOptions::new(key, 0, |_, param| Some(param + 1), async |_, param| Ok(param * 10)).serializable()
}

#[test]
fn infinite_query_stays_infinite_and_goes_on_with_its_next_page() {
    let stage = Stage::new();
    let there = stage.client.observe_infinite(pages());
    stage.runtime.run_until_stalled();
    there.fetch_next_page();
    stage.runtime.run_until_stalled();
    let client = another(&stage);
    carry(&stage.client, &client);
    let raw = client.get_json(pages().key().untyped());
    assert_eq!(raw, Some(json!({ "pages": [0, 10], "page_params": [0, 1] })));
    let here = client.observe_infinite(pages().stale_forever());
    assert!(here.current().has_next_page);
    here.fetch_next_page();
    stage.runtime.run_until_stalled();
    let shown: InfiniteData<u64, u64> = (*here.current().query.data.clone().unwrap()).clone();
    assert_eq!(shown.pages.iter().map(|page| **page).collect::<Vec<_>>(), [0, 10, 20]);
    // Pages are nothing else, not even for who takes any JSON.
    let other = another(&stage);
    carry(&stage.client, &other);
    let plain = other.observe(QueryOptions::cached(Key::<Value>::typed(pages().key().untyped().clone())));
    assert_eq!(plain.current().data, None);
    assert_eq!(other.statistics().unreadable, 1);
}

#[test]
fn query_that_was_hydrated_is_reset_to_nothing() {
    let stage = Stage::new();
    set(&stage.client, "a", 7);
    let client = another(&stage);
    carry(&stage.client, &client);
    client.reset(key("a"));
    let shown = client.state(key("a").untyped()).unwrap();
    assert_eq!((shown.status, shown.has_data), (QueryStatus::Pending, false));
}

#[test]
fn hydration_is_told_as_what_it_is() {
    let stage = Stage::new();
    set(&stage.client, "a", 7);
    let client = another(&stage);
    let (events, _subscription) = told(&client);
    carry(&stage.client, &client);
    let own = key("a").into_untyped();
    let expected = [CacheEvent::Added(own.clone()), CacheEvent::Updated(own, CacheAction::Hydrate)];
    assert_eq!(*events.lock().unwrap(), expected);
}

async fn send(context: MutationContext, number: u64) -> Result<u64, QueryError> {
    context.send(Request::post("/numbers").json(&number)).await?.json()
}

fn create() -> MutationOptions<u64, u64> {
    MutationOptions::new(&["numbers", "create"], send).restorable().scope(|_| "numbers")
}

#[test]
fn mutation_that_waits_is_sent_by_the_client_that_comes_after() {
    let stage = Stage::new();
    stage.client.set_online(false);
    let creating = stage.client.mutation(create());
    let waiting = [creating.mutate(1), creating.mutate(2)];
    stage.silence();
    let client = another(&stage);
    client.set_mutation_defaults(QueryKey::new(["numbers"]), create());
    let report = carry(&stage.client, &client);
    assert_eq!((report.mutations.len(), report.left_out.len()), (2, 0));
    drop(waiting);
    stage.silence();
    let states = client.mutations(MutationFilter::all());
    assert!(states.iter().all(|state| state.is_paused), "they wait until they are resumed");
    let resumed = client.resume_paused_mutations();
    let first = stage.request("POST /numbers");
    assert_eq!(first.json(), json!(1));
    first.respond_json(200, &json!(1));
    stage.answer("POST /numbers", &json!(2));
    stage.runtime.block_on(resumed).unwrap();
}

#[test]
fn only_mutations_that_wait_and_are_meant_are_dehydrated() {
    let stage = Stage::new();
    let creating = stage.client.mutation(create());
    let _on_its_way = creating.mutate(1);
    stage.runtime.run_until_stalled();
    assert!(!serde_json::to_string(&stage.client.dehydrate()).unwrap().contains("numbers"));
    stage.client.set_online(false);
    let elsewhere = MutationOptions::new(&["others"], send).restorable();
    let _waiting = stage.client.mutation(elsewhere).mutate(2);
    let _left_out = stage.client.mutation(MutationOptions::new(&["plain"], send)).mutate(3);
    stage.runtime.run_until_stalled();
    let all = stage.client.dehydrate();
    assert!(serde_json::to_string(&all).unwrap().contains("others"));
    let left_out: Vec<_> = all.left_out().iter().map(|one| (one.key.clone(), one.reason)).collect();
    assert_eq!(left_out, [(Some(QueryKey::new(["plain"])), LeftOutReason::NotSerializable)]);
    for none in [Dehydrate::new().mutations(QueryKey::new(["numbers"])), Dehydrate::new().no_mutations()] {
        let written = serde_json::to_value(stage.client.dehydrate_with(&none)).unwrap();
        assert_eq!(written["mutations"], json!([]));
    }
}

#[test]
fn malformed_mutation_is_left_out_and_named() {
    let stage = Stage::new();
    let written = json!({ "version": 1, "mutations": [{ "key": ["numbers"] }, 7] });
    let report = stage.client.hydrate(DehydratedState::from_json(written));
    let keys: Vec<_> = report.left_out.iter().map(|one| one.key.clone()).collect();
    assert_eq!((report.mutations.len(), keys), (0, vec![Some(QueryKey::new(["numbers"])), None]));
}

#[test]
fn type_that_is_said_while_the_default_function_runs_reads_the_json_that_it_brings() {
    let stage = Stage::new();
    set(&stage.client, "a", 1);
    set(&stage.client, "b", 1);
    let client = another(&stage);
    let fetch = |context: FetchContext| async move { context.send(Request::get("/json")).await?.json::<Value>() };
    client.set_defaults(QueryKey::new(["number"]), QueryDefaults::new().fetch(fetch));
    carry(&stage.client, &client);
    client.refetch(QueryFilter::all());
    stage.runtime.run_until_stalled();
    let said = client.observe(number("a").serializable().stale_forever());
    let unsaid = client.get_json(key("b").untyped());
    assert_eq!((said.current().data.as_deref(), unsaid), (Some(&1), Some(json!(1))));
    stage.answer("GET /json", &json!(2));
    stage.answer("GET /json", &json!(2));
    assert_eq!(said.current().data.as_deref(), Some(&2));
    assert_eq!(client.get_json(key("b").untyped()), Some(json!(2)));
}
