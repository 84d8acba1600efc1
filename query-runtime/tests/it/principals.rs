//! Does nothing of one principal ever reach another: no row, no event, no request? (rule R20, invariant I14)

mod random;

use query_runtime::testing::EventLog;
use query_runtime::{MutationFilter, QueryFilter};
use serde_json::json;

use crate::board::{CardChange, Edit, card, column, detail, edit, ids};
use crate::stage::{Stage, key, number};

fn titled(title: &'static str) -> Edit {
    Edit { id: 1, change: CardChange::Title(title) }
}

fn stage_of(principal: &str) -> Stage {
    Stage::with(|builder| builder.principal(principal))
}

#[test]
fn observers_stay_and_see_only_what_the_new_principal_fetches() {
    let stage = stage_of("ada");
    let list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    stage.client.set_principal(Some("bob"));
    assert_eq!(stage.client.principal().as_deref(), Some("bob"));
    let shown = list.current();
    assert!(shown.data.is_none() && shown.is_loading() && !shown.is_gone);
    stage.answer("GET /cards?column=todo", &json!([card(2, "todo", 10)]));
    assert_eq!(ids(&list), [2]);
    stage.client.set_principal(Some("bob"));
    assert_eq!(ids(&list), [2], "with who uses it already, nothing happens");
    stage.silence();
}

#[test]
fn request_of_before_is_aborted_and_its_answer_left_out() {
    let stage = stage_of("ada");
    let list = stage.client.observe(column("todo"));
    let before = stage.request("GET /cards?column=todo");
    let waits = stage.client.fetch(column("todo"));
    let fetch = std::pin::pin!(waits);
    stage.client.set_principal(Some("bob"));
    assert!(before.is_aborted());
    before.respond_json(200, &json!([card(1, "todo", 10)]));
    stage.answer("GET /cards?column=todo", &json!([card(2, "todo", 10)]));
    assert_eq!(ids(&list), [2]);
    // Polled only now, it is the new principal's.
    assert_eq!(stage.runtime.block_on(fetch).unwrap().unwrap().items[0].id, 2);
}

#[test]
fn unsent_mutation_waits_for_its_principal() {
    let stage = stage_of("ada");
    let list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    stage.client.set_online(false);
    let mutation = stage.client.mutation(edit());
    let handle = mutation.mutate(titled("ada's"));
    assert_eq!(list.current().data.unwrap().items[0].title, "ada's");
    stage.client.set_principal(Some("bob"));
    stage.client.set_online(true);
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    assert_eq!(list.current().data.unwrap().items[0].title, "card 1");
    assert!(stage.client.mutations(MutationFilter::all()).is_empty() && mutation.current().variables.is_none());
    assert_eq!(stage.client.is_mutating(MutationFilter::all()), 0);
    stage.silence();
    stage.client.set_principal(Some("ada"));
    let request = stage.request("PATCH /cards/1");
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    assert_eq!(list.current().data.unwrap().items[0].title, "ada's");
    assert_eq!(stage.client.mutations(MutationFilter::all()).len(), 1);
    request.respond_json(200, &json!({"id": 1, "column": "todo", "rank": 10, "title": "ada's"}));
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap().title, "ada's");
}

#[test]
fn mutation_on_its_way_ends_for_its_caller_and_for_nobody_else() {
    let stage = stage_of("ada");
    let (list, calls) = (stage.client.observe(column("todo")), EventLog::new());
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    let inner = calls.clone();
    let options = edit().invalidates(|_, _| crate::board::all_cards()).on_success(move |_| {
        inner.push("success");
        async { Ok(()) }
    });
    let handle = stage.client.mutation(options).mutate(titled("ada's"));
    let request = stage.request("PATCH /cards/1");
    stage.client.set_principal(Some("bob"));
    stage.answer("GET /cards?column=todo", &json!([card(1, "todo", 10)]));
    let before = list.current().data.unwrap();
    request.respond_json(200, &json!({"id": 1, "column": "todo", "rank": 10, "title": "ada's"}));
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap().title, "ada's");
    stage.silence();
    assert!(std::sync::Arc::ptr_eq(&before, &list.current().data.unwrap()));
    calls.assert(&[]);
}

#[test]
fn request_that_waits_for_its_turn_is_not_sent_for_somebody_else() {
    let stage = Stage::with(|builder| builder.principal("ada").max_requests(1));
    let _list = stage.client.observe(column("todo"));
    let first = stage.request("GET /cards?column=todo");
    let handle = stage.client.mutation(edit()).mutate(titled("ada's"));
    stage.silence();
    stage.client.set_principal(Some("bob"));
    drop(first);
    stage.answer("GET /cards?column=todo", &json!([]));
    stage.silence();
    stage.client.set_principal(Some("ada"));
    stage.answer("PATCH /cards/1", &card(1, "todo", 10));
    stage.answer("GET /cards?column=todo", &json!([]));
    assert!(stage.runtime.block_on(handle).unwrap().is_ok());
}

#[test]
fn what_was_shown_before_is_no_placeholder_for_somebody_else() {
    let stage = stage_of("ada");
    let observer = stage.observed(number("a").keep_previous(), "GET /a", 1);
    stage.client.set_principal(Some("bob"));
    let _held = stage.request("GET /a");
    observer.set_options(number("b").keep_previous());
    let shown = observer.current();
    assert!(shown.data.is_none() && !shown.is_placeholder, "{shown:?}");
}

#[test]
fn state_of_another_principal_is_not_taken_in() {
    let stage = stage_of("ada");
    stage.client.set(&key("a"), 7);
    let _kept = stage.client.observe(number("a").serializable().stale_forever());
    let carried = stage.client.dehydrate();
    assert_eq!(serde_json::to_value(&carried).unwrap()["principal"], json!("ada"));
    let (other, events) = (stage_of("bob"), EventLog::new());
    let inner = events.clone();
    other.client.subscribe(move |event| inner.push(format!("{event:?}"))).forever();
    let report = other.client.hydrate(carried.clone());
    assert_eq!((report.queries, report.left_out.len()), (0, 1));
    assert_eq!(other.client.keys(QueryFilter::all()).len(), 0);
    // That there was something, not what.
    let told = events.take();
    assert!(told.len() == 1 && told[0].starts_with("Dropped") && !told[0].contains("number"), "{told:?}");
    other.client.set_principal(Some("ada"));
    assert_eq!(other.client.hydrate(carried).queries, 1);
}

#[test]
fn what_another_client_tells_is_for_the_same_principal_only() {
    let channel = query_runtime::LocalChannel::new();
    let (one, other) = (stage_of("ada"), stage_of("bob"));
    let (_one, _other) = (one.client.broadcast(channel.end()), other.client.broadcast(channel.end()));
    one.client.set(&key("a"), 7);
    assert_eq!(other.client.get(&key("a")), None);
    other.client.set_principal(Some("ada"));
    one.client.set(&key("a"), 8);
    assert_eq!(other.client.get(&key("a")).as_deref(), Some(&8));
}

#[test]
fn task_of_an_entry_begins_anew_for_somebody_else() {
    let (stage, log) = (stage_of("ada"), EventLog::new());
    let _observer = stage.observed(number("a"), "GET /a", 1);
    let inner = log.clone();
    let _tasks = stage.client.while_cached(key("a").untyped().clone(), move |entry| {
        let log = inner.clone();
        async move {
            let data = entry.data_loaded::<u64>().await;
            log.push(data.map(|number| *number).unwrap_or_default());
            std::future::pending::<()>().await;
        }
    });
    stage.runtime.run_until_stalled();
    stage.client.set_principal(Some("bob"));
    stage.answer("GET /a", &json!(2));
    log.assert(&["1", "2"]);
}

#[test]
fn detail_of_a_row_keeps_nothing_of_it() {
    let stage = stage_of("ada");
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let seen = shown.watch(|result| result.data.as_ref().map(|card| card.title.clone()));
    stage.client.set_principal(None);
    assert_eq!(*seen.current(), None);
    assert_eq!(stage.client.statistics().success, 0);
}
