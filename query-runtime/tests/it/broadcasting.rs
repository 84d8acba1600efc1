//! What do clients that run side by side learn from each other?

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use query_runtime::{
    Broadcast, BroadcastLink, BroadcastMessage, CacheAction, CacheEvent, Env, Key, LocalChannel, Moment, QueryClient,
    QueryError, QueryKey, QueryStatus, Receiver, Subscription, Write,
};
use serde_json::{Value, json};

use crate::stage::{Stage, key, number, seconds};

/// Two clients of one process, the stage's and another, and what connects them.
struct Pair {
    stage: Stage,
    other: QueryClient,
    links: Vec<BroadcastLink>,
}

impl Pair {
    fn new() -> Self {
        let channel = LocalChannel::new();
        Self::over([Box::new(channel.end()), Box::new(channel.end())])
    }

    /// Clients that are connected by JSON, as those of two processes are.
    fn by_text() -> Self {
        let channel = LocalChannel::new();
        let ends = [ByText::new(channel.end()), ByText::new(channel.end())];
        Self::over(ends.map(|end| Box::new(end) as Box<dyn Broadcast>))
    }

    fn over(ends: [Box<dyn Broadcast>; 2]) -> Self {
        let stage = Stage::new();
        let other = QueryClient::builder().env(stage.runtime.env()).transport(stage.transport.clone()).seed(2).build();
        let [one, two] = ends.map(Boxed);
        let links = vec![stage.client.broadcast(one), other.broadcast(two)];
        Self { stage, other, links }
    }

    fn counted(&self) -> (Arc<Mutex<Vec<CacheEvent>>>, Subscription) {
        let events: Arc<Mutex<Vec<CacheEvent>>> = Arc::default();
        let sink = events.clone();
        let subscription = self.stage.client.subscribe(move |event| sink.lock().unwrap().push(event.clone()));
        (events, subscription)
    }
}

struct Boxed(Box<dyn Broadcast>);

impl Broadcast for Boxed {
    fn post(&self, message: &BroadcastMessage) -> Result<(), QueryError> {
        self.0.post(message)
    }

    fn receive(&self, receiver: Receiver) -> Subscription {
        self.0.receive(receiver)
    }
}

/// Writes each message and reads it again.
struct ByText {
    end: LocalChannel,
    env: Env,
    fails: Arc<AtomicBool>,
}

impl ByText {
    fn new(end: LocalChannel) -> Self {
        Self { end, env: Stage::new().runtime.env(), fails: Arc::default() }
    }
}

impl Broadcast for ByText {
    fn post(&self, message: &BroadcastMessage) -> Result<(), QueryError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err(QueryError::message("the test lets it fail"));
        }
        let text = message.to_json()?.to_string();
        let json: Value = serde_json::from_str(&text).map_err(QueryError::custom)?;
        self.end.post(&BroadcastMessage::from_json(&json, &self.env)?)
    }

    fn receive(&self, receiver: Receiver) -> Subscription {
        self.end.receive(receiver)
    }
}

#[test]
fn what_one_client_fetches_or_sets_the_other_shows() {
    let pair = Pair::new();
    let fresh = || number("a").stale_time(seconds(60));
    let one = pair.stage.client.observe(fresh());
    pair.stage.answer("GET /a", &json!(1));
    let two = pair.other.observe(fresh());
    assert_eq!(two.current().data.as_deref(), Some(&1));
    assert!(
        Arc::ptr_eq(&one.current().data.unwrap(), &two.current().data.unwrap()),
        "in one process it is the same data"
    );
    pair.stage.silence();
    pair.other.set(&key("a"), 2);
    pair.other.set(&key("a"), 3);
    assert_eq!(one.current().data.as_deref(), Some(&3), "also at the same moment");
}

#[test]
fn query_that_just_appeared_takes_nothing_away() {
    let pair = Pair::new();
    pair.stage.client.set(&key("a"), 1);
    let appeared = pair.other.observe(number("a"));
    assert_eq!(pair.stage.client.get(&key("a")).as_deref(), Some(&1));
    let third = pair.stage.client.observe(number("b"));
    assert_eq!(third.current().status, QueryStatus::Pending);
    assert!(pair.other.state(key("b").untyped()).is_none(), "who has nothing says nothing");
    drop(appeared);
}

#[test]
fn invalidation_reaches_the_other_and_is_not_sent_back() {
    let pair = Pair::new();
    let fresh = || number("a").stale_time(seconds(60));
    let _one = pair.stage.client.observe(fresh().enabled(false));
    let two = pair.other.observe(fresh());
    pair.stage.answer("GET /a", &json!(1));
    let (events, _subscription) = pair.counted();
    pair.stage.advance(1);
    pair.stage.client.invalidate(key("a"));
    pair.stage.advance(1);
    pair.stage.answer("GET /a", &json!(2));
    assert_eq!(two.current().data.as_deref(), Some(&2));
    pair.stage.silence();
    let own = key("a").into_untyped();
    let told = |action| CacheEvent::Updated(own.clone(), action);
    assert_eq!(*events.lock().unwrap(), [told(CacheAction::Invalidate), told(CacheAction::Remote)]);
    assert!(!pair.stage.client.state(&own).unwrap().is_invalidated, "the other has fetched it");
}

#[test]
fn removal_by_the_program_reaches_the_other_and_collection_does_not() {
    let pair = Pair::new();
    pair.stage.client.set(&key("a"), 1);
    pair.stage.client.set(&key("b"), 1);
    pair.stage.client.remove(key("a"));
    assert!(pair.other.state(key("a").untyped()).is_none());
    let kept = pair.other.observe(number("b").stale_forever());
    pair.stage.advance(301);
    assert!(pair.stage.client.state(key("b").untyped()).is_none(), "nobody looks at it here");
    assert_eq!(kept.current().data.as_deref(), Some(&1));
}

#[test]
fn older_data_of_another_client_changes_nothing() {
    let pair = Pair::new();
    pair.stage.advance(1);
    pair.stage.client.set(&key("a"), 2);
    pair.other.set_with(&key("a"), 1, Write::local().at(Moment::ZERO));
    assert_eq!(pair.other.get(&key("a")).as_deref(), Some(&1));
    assert_eq!(pair.stage.client.get(&key("a")).as_deref(), Some(&2));
}

#[test]
fn data_passes_as_json_between_processes() {
    let pair = Pair::by_text();
    let options = || number("a").stale_time(seconds(60)).serializable();
    let _one = pair.stage.client.observe(options());
    pair.stage.answer("GET /a", &json!(1));
    assert_eq!(pair.other.get_json(key("a").untyped()), Some(json!(1)));
    let two = pair.other.observe(options());
    assert_eq!(two.current().data.as_deref(), Some(&1));
    pair.stage.silence();
    pair.other.set(&key("a"), 5);
    assert_eq!(pair.stage.client.get(&key("a")).as_deref(), Some(&5));
    pair.other.remove(key("a"));
    assert_eq!(pair.stage.client.get(&key("a")), None);
}

#[test]
fn post_that_fails_is_told_and_nothing_else_happens() {
    let channel = LocalChannel::new();
    let (one, two) = (ByText::new(channel.end()), ByText::new(channel.end()));
    let fails = one.fails.clone();
    let pair = Pair::over([Box::new(one), Box::new(two)]);
    let json = Key::<Value>::typed(QueryKey::new(["json"]));
    fails.store(true, Ordering::SeqCst);
    let (events, _subscription) = pair.counted();
    pair.stage.client.set(&json, json!(1));
    assert!(events.lock().unwrap().contains(&CacheEvent::PostFailed(json.untyped().clone())));
    assert!(pair.links[0].failure().is_some() && pair.other.get(&json).is_none());
    fails.store(false, Ordering::SeqCst);
    pair.stage.client.set(&json, json!(2));
    assert!(pair.links[0].failure().is_none());
    assert_eq!(pair.other.get(&json).as_deref(), Some(&json!(2)));
    // Data that nobody can write is a failure, too.
    pair.stage.client.set(&key("a"), 1);
    assert!(pair.links[0].failure().unwrap().to_string().contains("serializable"));
}

#[test]
fn data_of_another_type_is_left_out_and_told() {
    let mut pair = Pair::new();
    pair.links.clear();
    let typed = Key::<String>::typed(QueryKey::new(["a"]));
    pair.other.set(&typed, "typed".to_owned());
    let channel = LocalChannel::new();
    let _links = [pair.stage.client.broadcast(channel.end()), pair.other.broadcast(channel.end())];
    pair.stage.client.set(&Key::<Value>::typed(typed.untyped().clone()), json!(1));
    assert_eq!(pair.other.get(&typed).as_deref().map(String::as_str), Some("typed"));
    assert_eq!(pair.other.statistics().unreadable, 1);
}

#[test]
fn link_that_is_dropped_neither_posts_nor_receives() {
    let mut pair = Pair::new();
    drop(pair.links.remove(0));
    pair.stage.client.set(&key("a"), 1);
    pair.other.set(&key("b"), 1);
    assert_eq!((pair.other.get(&key("a")), pair.stage.client.get(&key("b"))), (None, None));
}

#[test]
fn message_that_is_none_is_an_error() {
    let env = Stage::new().runtime.env();
    for wrong in [json!(null), json!({ "updated": {} }), json!({ "removed": "a" }), json!({ "told": ["a"] })] {
        assert!(BroadcastMessage::from_json(&wrong, &env).is_err(), "{wrong}");
    }
    let message = BroadcastMessage::from_json(&json!({ "removed": ["a"] }), &env).unwrap();
    assert_eq!(message.key(), &QueryKey::new(["a"]));
    assert_eq!(message.to_json().unwrap(), json!({ "removed": ["a"] }));
}
