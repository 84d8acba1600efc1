//! What becomes of a mutation that the program no longer wants?

use query_runtime::testing::EventLog;
use query_runtime::{MutationContext, MutationFilter, MutationOptions, QueryError, QueryKey, RetryPolicy};
use serde_json::json;

use crate::board::{CardChange, Edit, NewCard, NewComment, card, column, comment, create, detail, edit, ids};
use crate::mutations::add;
use crate::stage::Stage;

fn title(title: &'static str) -> Edit {
    Edit { id: 1, change: CardChange::Title(title) }
}

#[test]
fn one_that_waits_is_never_sent_and_taken_back() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let inner = log.clone();
    let observer = stage.client.mutation(edit().on_error(move |event| {
        inner.push(event.error.is_some_and(|error| error.is_cancelled()));
        async { Ok(()) }
    }));
    let first = observer.mutate(title("first"));
    let second = observer.mutate(title("second"));
    let request = stage.request("PATCH /cards/1");
    assert_eq!(shown.current().data.unwrap().title, "second");
    assert!(second.cancel());
    assert_eq!(shown.current().data.unwrap().title, "first");
    assert!(stage.runtime.block_on(second).unwrap().unwrap_err().is_cancelled());
    log.assert(&["true"]);
    request.respond_json(200, &json!({"id": 1, "column": "todo", "rank": 10, "title": "first"}));
    assert_eq!(stage.runtime.block_on(first).unwrap().unwrap().title, "first");
    stage.silence();
}

#[test]
fn what_needs_the_row_that_one_would_have_created_goes_with_it() {
    let stage = Stage::new();
    let list = stage.client.observe(column("todo"));
    stage.answer("GET /cards?column=todo", &json!([]));
    stage.client.set_online(false);
    let created = stage.client.mutation(create()).mutate(NewCard { column: "todo", rank: 1 });
    let text = stage.client.mutation(comment()).mutate(NewComment { card: ids(&list)[0], text: "hello" });
    assert!(created.cancel());
    assert!(stage.runtime.block_on(created).unwrap().unwrap_err().is_cancelled());
    assert!(stage.runtime.block_on(text).unwrap().unwrap_err().is_rejected());
    assert!(ids(&list).is_empty());
    stage.client.set_online(true);
    stage.silence();
}

#[test]
fn one_on_its_way_is_aborted_and_what_it_showed_is_fetched_anew() {
    let stage = Stage::new();
    let shown = stage.client.observe(detail(1));
    stage.answer("GET /cards/1", &card(1, "todo", 10));
    let handle = stage.client.mutation(edit()).mutate(title("new"));
    let request = stage.request("PATCH /cards/1");
    assert!(handle.cancel());
    assert!(request.is_aborted());
    assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().is_cancelled());
    assert_eq!(shown.current().data.unwrap().title, "card 1");
    // The server may have carried it out.
    stage.answer("GET /cards/1", &json!({"id": 1, "column": "todo", "rank": 10, "title": "new"}));
    assert_eq!(shown.current().data.unwrap().title, "new");
}

#[test]
fn one_that_cannot_be_aborted_runs_to_its_end_and_is_not_tried_again() {
    let stage = Stage::new();
    let (release, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(Some(wait)));
    let send = move |_: MutationContext, (): ()| {
        let wait = wait.lock().unwrap().take().expect("it is sent once");
        async move {
            wait.await.unwrap();
            Err::<(), _>(QueryError::message("no"))
        }
    };
    let options = MutationOptions::new(&["deaf"], send).retry(RetryPolicy::forever().when(|_, _| true));
    let observer = stage.client.mutation(options);
    let handle = observer.mutate(());
    stage.runtime.run_until_stalled();
    assert!(!handle.cancel());
    assert!(observer.current().is_pending());
    release.send(()).unwrap();
    assert_eq!(stage.runtime.block_on(handle).unwrap().unwrap_err().to_string(), "no");
}

#[test]
fn one_that_listens_to_its_signal_hears_of_it() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let inner = log.clone();
    let send = move |context: MutationContext, (): ()| {
        let (signal, log) = (context.signal(), inner.clone());
        async move {
            log.push(signal.is_aborted());
            std::future::pending::<()>().await;
            drop(signal);
            Ok(())
        }
    };
    let handle = stage.client.mutation(MutationOptions::new(&["listens"], send)).mutate(());
    stage.runtime.run_until_stalled();
    assert!(handle.cancel());
    assert!(!handle.cancel(), "once is enough");
    assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().is_cancelled());
    log.assert(&["false"]);
}

#[test]
fn one_whose_on_mutate_still_runs_ends_after_it() {
    let (stage, log) = (Stage::new(), EventLog::new());
    let (release, wait) = tokio::sync::oneshot::channel::<()>();
    let wait = std::sync::Arc::new(std::sync::Mutex::new(Some(wait)));
    let (prepared, undone) = (log.clone(), log.clone());
    let options = add()
        .on_mutate(move |_| {
            let (wait, log) = (wait.lock().unwrap().take().unwrap(), prepared.clone());
            async move {
                wait.await.unwrap();
                log.push("prepared");
                Ok(())
            }
        })
        .on_error(move |_| {
            undone.push("undone");
            async { Ok(()) }
        });
    let handle = stage.client.mutation(options).mutate("a".to_owned());
    assert!(handle.cancel());
    stage.silence();
    log.assert(&[]);
    release.send(()).unwrap();
    assert!(stage.runtime.block_on(handle).unwrap().unwrap_err().is_cancelled());
    log.assert(&["prepared", "undone"]);
}

#[test]
fn those_of_a_filter_are_given_up_together() {
    let stage = Stage::new();
    stage.client.set_online(false);
    let _notes = ["a", "b"].map(|text| stage.client.mutation(add()).mutate(text.to_owned()));
    let other = add().key(QueryKey::new(["other"]));
    let _other = stage.client.mutation(other).mutate("c".to_owned());
    assert_eq!(stage.client.cancel_mutations(QueryKey::new(["notes"])), 2);
    assert_eq!(stage.client.cancel_mutations(QueryKey::new(["notes"])), 0);
    stage.runtime.run_until_stalled();
    assert_eq!(stage.client.is_mutating(MutationFilter::all()), 1);
}
