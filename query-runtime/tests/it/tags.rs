//! What is invalidated by what it is made of, and not by its key?

use query_runtime::{
    FetchContext, InfiniteData, InfiniteOptions, Key, MutationContext, MutationOptions, NetworkMode, QueryClient,
    QueryError, QueryFilter, QueryKey, QueryOptions, Request, Tag,
};
use serde_json::json;

use crate::stage::{Stage, key, number};

/// A query whose number is the id of a user.
fn user(name: &'static str) -> QueryOptions<u64> {
    let tags = |id: Option<&u64>, error: Option<&QueryError>| match (error, id) {
        (None, Some(id)) => vec![Tag::of("User", id)],
        (Some(_), _) => vec![Tag::kind("Error")],
        (None, None) => unreachable!("what was never fetched is not asked for its tags"),
    };
    number(name).stale_forever().provides(tags)
}

#[test]
fn tagged_queries_that_are_looked_at_are_fetched_and_the_others_are_stale() {
    let stage = Stage::new();
    let looked_at = stage.observed(user("a"), "GET /a", 7);
    drop(stage.observed(user("b"), "GET /b", 7));
    let other = stage.observed(user("c"), "GET /c", 8);
    stage.client.invalidate(Tag::of("User", &7));
    assert!(looked_at.current().is_stale && !other.current().is_stale);
    stage.answer("GET /a", &json!(7));
    stage.silence();
    let kept = stage.client.state(key("b").untyped()).unwrap();
    assert!(kept.has_data && kept.is_invalidated, "it can still be shown at once, and is fetched then");
    stage.client.remove(QueryFilter::tagged([Tag::kind("User")]).inactive());
    assert!(stage.client.state(key("b").untyped()).is_none());
    assert!(stage.client.state(key("a").untyped()).is_some());
}

#[test]
fn new_data_has_its_own_tags_and_no_others() {
    let stage = Stage::new();
    let observer = stage.observed(user("a"), "GET /a", 7);
    let tagged = |id: u64| stage.client.keys(Tag::of("User", &id));
    assert_eq!(tagged(7), [key("a").untyped().clone()]);
    observer.refetch();
    stage.answer("GET /a", &json!(8));
    assert!(tagged(7).is_empty());
    assert_eq!(tagged(8), [key("a").untyped().clone()]);
    stage.client.set(&key("a"), 9);
    assert!(tagged(8).is_empty());
    assert_eq!(tagged(9), [key("a").untyped().clone()]);
    stage.client.remove(key("a"));
    assert!(stage.client.keys(Tag::kind("User")).is_empty());
}

#[test]
fn zero_is_an_id() {
    let stage = Stage::new();
    let _zero = stage.observed(user("a"), "GET /a", 0);
    stage.client.invalidate(Tag::of("User", &0));
    stage.answer("GET /a", &json!(0));
}

#[test]
fn failed_query_can_have_tags_too() {
    let stage = Stage::new();
    let observer = stage.client.observe(user("a"));
    stage.client.invalidate(Tag::kind("User"));
    stage.refuse("GET /a", 404);
    stage.silence();
    stage.client.invalidate(Tag::kind("Error"));
    stage.answer("GET /a", &json!(7));
    assert!(observer.current().is_success());
    stage.client.invalidate(Tag::kind("Error"));
    stage.silence();
}

#[test]
fn what_is_cached_already_gets_the_tags_of_who_looks_at_it() {
    let stage = Stage::new();
    stage.client.set(&key("a"), 7);
    assert!(stage.client.keys(Tag::kind("User")).is_empty());
    let _observer = stage.client.observe(user("a"));
    assert_eq!(stage.client.keys(Tag::of("User", "7")).len(), 1);
    stage.silence();
}

#[test]
fn panic_of_the_function_means_no_tags_and_nothing_else() {
    let stage = Stage::new();
    let options = number("a").provides(|_, _| panic!("a function of the program's that panics"));
    let observer = stage.observed(options, "GET /a", 1);
    assert!(observer.current().is_success());
    stage.client.invalidate(Tag::kind("User"));
    stage.silence();
}

async fn rename(context: MutationContext, id: u64) -> Result<u64, QueryError> {
    context.send(Request::post("/rename/{id}").path("id", &id)).await?.json()
}

#[test]
fn what_a_mutation_names_by_key_and_by_tag_is_fetched_once() {
    let stage = Stage::new();
    let a = stage.observed(user("a"), "GET /a", 7);
    let _b = stage.observed(user("b"), "GET /b", 7);
    let options = MutationOptions::new(&["rename"], rename)
        .invalidates(|_, _| vec![key("a").into()])
        .invalidates_tags(|id, _| vec![Tag::of("User", id), Tag::kind("User")]);
    stage.client.mutation(options).mutate(7);
    stage.answer("POST /rename/7", &json!(7));
    stage.answer("GET /a", &json!(7));
    stage.answer("GET /b", &json!(7));
    stage.silence();
    assert!(!a.current().is_stale);
}

#[test]
fn how_a_mutation_went_decides_which_tags_go_stale() {
    let stage = Stage::new();
    let _a = stage.observed(user("a"), "GET /a", 7);
    let options = MutationOptions::new(&["rename"], rename).invalidates_tags(|_, outcome| match outcome {
        Ok(new) => vec![Tag::of("User", new)],
        Err(error) if error.status() == Some(409) => vec![Tag::kind("User")],
        Err(_) => Vec::new(),
    });
    let mutation = stage.client.mutation(options);
    mutation.mutate(1);
    stage.refuse("POST /rename/1", 400);
    stage.silence();
    mutation.mutate(1);
    stage.refuse("POST /rename/1", 409);
    stage.answer("GET /a", &json!(7));
    mutation.mutate(1);
    stage.answer("POST /rename/1", &json!(7));
    stage.answer("GET /a", &json!(7));
    stage.silence();
}

#[test]
fn invalidation_waits_for_no_query_that_has_nothing_to_do_with_it() {
    let stage = Stage::new();
    let _a = stage.observed(user("a"), "GET /a", 7);
    let _slow = stage.client.observe(number("slow").network(NetworkMode::Always));
    let slow = stage.request("GET /slow");
    stage.client.invalidate([Tag::of("User", &7), Tag::kind("User")]);
    stage.client.invalidate(Tag::of("User", &7));
    stage.answer("GET /a", &json!(7));
    stage.silence();
    slow.respond_json(200, &json!(1));
    stage.silence();
}

#[test]
fn pages_have_the_tags_of_what_is_on_them() {
    let stage = Stage::new();
    let fetch = |context: FetchContext, page: u64| async move {
        context.send(Request::get("/pages").query("page", &page)).await?.json::<Vec<u64>>()
    };
    let pages: Key<InfiniteData<Vec<u64>, u64>> = Key::typed(QueryKey::new(["pages"]));
    let options = InfiniteOptions::new(pages.clone(), 1, |_, number| Some(number + 1), fetch).provides(|data, _| {
        let ids = data.into_iter().flat_map(|data| &data.pages).flat_map(|page| page.iter());
        ids.map(|id| Tag::of("User", id)).collect()
    });
    let observer = stage.client.observe_infinite(options.stale_forever());
    stage.answer("GET /pages?page=1", &json!([1, 2]));
    assert!(stage.client.keys(Tag::of("User", &3)).is_empty());
    observer.fetch_next_page();
    stage.answer("GET /pages?page=2", &json!([3]));
    assert_eq!(stage.client.keys(Tag::of("User", &3)), [pages.into_untyped()]);
    stage.client.invalidate(Tag::of("User", &1));
    stage.answer("GET /pages?page=1", &json!([1, 2]));
    stage.answer("GET /pages?page=2", &json!([3]));
    stage.silence();
}

#[test]
fn data_that_was_carried_from_another_cache_has_tags_once_its_type_is_known() {
    let stage = Stage::new();
    drop(stage.client.observe(number("a").enabled(false).serializable()));
    stage.client.set(&key("a"), 7);
    let client = QueryClient::builder().env(stage.runtime.env()).seed(1).build();
    client.hydrate(stage.client.dehydrate());
    assert!(client.keys(Tag::kind("User")).is_empty());
    let _observer = client.observe(user("a").serializable());
    assert_eq!(client.keys(Tag::of("User", &7)), [key("a").untyped().clone()]);
}
