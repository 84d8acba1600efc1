//! How are queries that have nothing but a URL fetched, found and changed?

use query_runtime::{
    FetchContext, InfiniteData, InfiniteOptions, Key, KeySegment, QueryError, QueryFilter, QueryKey, QueryOptions,
    Request, RetryPolicy, Write,
};
use serde_json::json;

use crate::stage::Stage;

fn users(url: &str) -> QueryOptions<Vec<u64>> {
    QueryOptions::url(url).retry(RetryPolicy::never())
}

/// The key of all pages of the list at a URL.
fn pages_key(url: &str) -> Key<InfiniteData<Vec<u64>, u64>> {
    let own = [KeySegment::from("infinite")];
    Key::typed(QueryKey::new(QueryKey::url(url).segments().iter().cloned().chain(own)))
}

async fn fetch_page(context: FetchContext, page: u64) -> Result<Vec<u64>, QueryError> {
    context.send(Request::url("/users?role=admin").query("page", &page)).await?.json()
}

#[test]
fn url_is_all_that_a_query_needs() {
    let stage = Stage::new();
    let one = stage.client.observe(users("/users?role=admin&page=2"));
    stage.answer("GET /users?page=2&role=admin", &json!([1, 2]));
    let other = stage.client.observe(users("/users?page=2&role=admin").stale_forever());
    stage.silence();
    assert_eq!(other.current().data.as_deref(), Some(&vec![1, 2]));
    assert_eq!(one.current().data, other.current().data);
    let wrong = stage.client.observe(users("https://evil.example/users"));
    stage.silence();
    assert!(wrong.current().error.is_some_and(|error| error.is_invalid_request()));
}

#[test]
fn path_reaches_lists_details_and_pages_below_it_and_nothing_beside_it() {
    let stage = Stage::new();
    let _list = stage.client.observe(users("/users?role=admin"));
    stage.answer("GET /users?role=admin", &json!([1]));
    let _detail = stage.client.observe(users("/users/1"));
    stage.answer("GET /users/1", &json!([1]));
    let _beside = stage.client.observe(users("/users-online"));
    stage.answer("GET /users-online", &json!([1]));
    let next = |_: &Vec<u64>, _: &u64| None;
    let _pages =
        stage.client.observe_infinite(InfiniteOptions::new(pages_key("/users?role=admin"), 1, next, fetch_page));
    stage.answer("GET /users?role=admin&page=1", &json!([1]));
    stage.client.invalidate(QueryKey::url("/users"));
    stage.answer("GET /users?role=admin", &json!([1]));
    stage.answer("GET /users/1", &json!([1]));
    stage.answer("GET /users?role=admin&page=1", &json!([1]));
    stage.silence();
    stage.client.invalidate(QueryFilter::exact(QueryKey::url("/users?role=admin")));
    stage.answer("GET /users?role=admin", &json!([1]));
    stage.silence();
}

#[test]
fn lists_and_pages_are_changed_by_what_their_urls_say() {
    let stage = Stage::new();
    for url in ["/users?role=admin", "/users?role=admin&page=2", "/users?role=guest"] {
        stage.client.set(&Key::typed(QueryKey::url(url)), vec![1_u64]);
    }
    let pages = pages_key("/users?role=admin");
    stage.client.set(&pages, InfiniteData { pages: vec![vec![1_u64].into()], page_params: vec![1_u64] });
    let admins = || QueryKey::url("/users?role=admin");
    let changed = stage
        .client
        .update_all::<Vec<u64>>(admins(), Write::local(), |_, ids| Some(ids?.iter().map(|id| id + 10).collect()));
    assert_eq!(changed.len(), 2);
    stage.client.update_all::<InfiniteData<Vec<u64>, u64>>(admins(), Write::local(), |_, data| {
        let data = data?;
        let pages = data.pages.iter().map(|page| page.iter().map(|id| id + 10).collect::<Vec<_>>().into()).collect();
        Some(InfiniteData { pages, page_params: data.page_params.clone() })
    });
    let read = |url: &str| stage.client.get::<Vec<u64>>(&Key::typed(QueryKey::url(url))).unwrap()[0];
    assert_eq!((read("/users?role=admin"), read("/users?page=2&role=admin"), read("/users?role=guest")), (11, 11, 1));
    assert_eq!(*stage.client.get(&pages).unwrap().pages[0], [11]);
}

#[test]
fn preloaded_data_is_there_for_who_comes_and_an_error_is_not() {
    let stage = Stage::new();
    let mut early = Box::pin(stage.client.prefetch(users("/users")));
    let mut twice = Box::pin(stage.client.prefetch(users("/users")));
    assert!(stage.runtime.block_on(early.as_mut()).is_err() && stage.runtime.block_on(twice.as_mut()).is_err());
    let observer = stage.client.observe(users("/users"));
    stage.answer("GET /users", &json!([1]));
    stage.silence();
    assert_eq!(observer.current().data.as_deref(), Some(&vec![1]));
    let mut failing = Box::pin(stage.client.prefetch(users("/posts")));
    assert!(stage.runtime.block_on(failing.as_mut()).is_err());
    stage.refuse("GET /posts", 500);
    assert!(stage.runtime.block_on(failing).unwrap().is_err());
    let observer = stage.client.observe(users("/posts"));
    assert!(observer.current().is_loading(), "who comes later asks again");
    stage.answer("GET /posts", &json!([2]));
    assert_eq!(observer.current().data.as_deref(), Some(&vec![2]));
}
