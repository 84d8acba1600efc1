//! Does a list grow page by page, both ways, and is it fetched again as a whole?

use std::sync::Arc;

use query_runtime::{
    FetchContext, InfiniteData, InfiniteObserver, InfiniteOptions, Key, NetworkMode, QueryError, QueryFilter, QueryKey,
    QueryPersister, RefetchType, Request, RetryPolicy, testing::MemoryStorage,
};
use serde_json::json;

use crate::stage::{Stage, seconds};

type Data = InfiniteData<u64, u64>;

async fn fetch(context: FetchContext, page: u64) -> Result<u64, QueryError> {
    context.send(Request::get("/p").query("n", &page)).await?.json()
}

/// Pages 0 to 9; a page is a number.
fn pages() -> InfiniteOptions<u64, u64> {
    let key: Key<Data> = Key::typed(QueryKey::new(["pages"]));
    InfiniteOptions::new(key, 3, |_, param| (*param < 9).then(|| param + 1), fetch)
        .previous(|_, param| param.checked_sub(1))
        .stale_forever()
}

fn shown(observer: &InfiniteObserver<u64, u64>) -> (Vec<u64>, Vec<u64>) {
    let data = observer.current().data.clone().unwrap();
    (data.pages.iter().map(|page| **page).collect(), data.page_params.clone())
}

#[test]
fn pages_are_added_at_both_ends() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages());
    assert!(observer.current().is_loading());
    stage.answer("GET /p?n=3", &json!(30));
    let next = observer.fetch_next_page();
    assert!(observer.current().is_fetching_next_page() && !observer.current().is_refetching());
    stage.answer("GET /p?n=4", &json!(40));
    stage.runtime.block_on(next.outcome()).unwrap().unwrap();
    let _previous = observer.fetch_previous_page();
    assert!(observer.current().is_fetching_previous_page());
    stage.answer("GET /p?n=2", &json!(20));
    assert_eq!(shown(&observer), (vec![20, 30, 40], vec![2, 3, 4]));
    assert!(observer.current().has_next_page && observer.current().has_previous_page);
}

#[test]
fn part_of_a_list_is_heard_of_only_when_it_changes() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages());
    let ends = observer.watch(|list| (list.has_previous_page, list.has_next_page));
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = heard.clone();
    let _subscription = ends.subscribe(move |ends| noted.lock().unwrap().push(*ends));
    stage.answer("GET /p?n=3", &json!(30));
    for page in (0..3).rev() {
        let _previous = observer.fetch_previous_page();
        stage.answer(&format!("GET /p?n={page}"), &json!(page));
    }
    assert_eq!(*heard.lock().unwrap(), [(true, true), (false, true)]);
}

#[test]
fn beyond_the_end_nothing_is_asked_but_the_list_counts_as_fetched() {
    let stage = Stage::new();
    let options = || InfiniteOptions::new(pages().key().clone(), 9, |_, _| None, fetch).stale_time(seconds(5));
    let observer = stage.client.observe_infinite(options());
    stage.answer("GET /p?n=9", &json!(90));
    assert!(!observer.current().has_next_page && !observer.current().has_previous_page);
    assert!(observer.current().is_reaching_end());
    stage.advance(5);
    assert!(observer.current().is_stale);
    stage.runtime.block_on(observer.load_more()).unwrap();
    assert!(observer.current().is_stale);
    let before = observer.current().data.clone();
    stage.runtime.block_on(observer.fetch_next_page()).unwrap();
    assert!(!observer.current().is_stale);
    assert!(Arc::ptr_eq(&before.unwrap(), &observer.current().data.clone().unwrap()));
    stage.runtime.block_on(observer.fetch_previous_page()).unwrap();
    stage.silence();
}

#[test]
fn the_next_page_asked_for_twice_is_begun_anew_unless_that_is_not_wanted() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages());
    stage.answer("GET /p?n=3", &json!(30));
    let _first = observer.fetch_next_page();
    let given_up = stage.request("GET /p?n=4");
    let _second = observer.fetch_next_page();
    let request = stage.request("GET /p?n=4");
    assert!(given_up.is_aborted());
    for _ in 0..2 {
        let _joins = observer.join_next_page();
        let _twice = observer.load_more();
    }
    stage.silence();
    request.respond_json(200, &json!(40));
    stage.runtime.run_until_stalled();
    assert_eq!(shown(&observer).0, [30, 40]);
    stage.silence();
}

#[test]
fn a_refetch_goes_page_by_page_and_stops_where_the_list_has_become_shorter() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(
        InfiniteOptions::new(pages().key().clone(), 0, |page: &u64, param| (*page > 0).then(|| param + 1), fetch)
            .first_pages(3),
    );
    for (page, body) in [(0, 1), (1, 1), (2, 1)] {
        stage.answer(&format!("GET /p?n={page}"), &json!(body));
    }
    assert_eq!(shown(&observer).1, [0, 1, 2]);
    let _refetch = observer.refetch();
    assert!(observer.current().is_refetching());
    let first = stage.request("GET /p?n=0");
    stage.silence();
    first.respond_json(200, &json!(5));
    stage.answer("GET /p?n=1", &json!(0));
    stage.silence();
    assert_eq!(shown(&observer), (vec![5, 0], vec![0, 1]));
}

#[test]
fn a_retry_goes_on_at_the_page_that_failed() {
    let stage = Stage::new();
    let retry = RetryPolicy::default().jitter(false);
    let observer = stage.client.observe_infinite(pages().first_pages(3).retry(retry));
    stage.answer("GET /p?n=3", &json!(30));
    stage.refuse("GET /p?n=4", 503);
    stage.advance(1);
    stage.answer("GET /p?n=4", &json!(40));
    stage.refuse("GET /p?n=5", 503);
    stage.advance(2);
    stage.answer("GET /p?n=5", &json!(50));
    assert_eq!(shown(&observer), (vec![30, 40, 50], vec![3, 4, 5]));
    let _refetch = observer.refetch();
    stage.answer("GET /p?n=3", &json!(31));
    stage.answer("GET /p?n=4", &json!(41));
    stage.answer("GET /p?n=5", &json!(51));
    assert_eq!(shown(&observer).0, [31, 41, 51]);
}

#[test]
fn a_retry_goes_on_as_the_fetch_began_whoever_has_come_meanwhile() {
    let stage = Stage::new();
    let retry = RetryPolicy::default().jitter(false);
    let mut fetched = Box::pin(stage.client.fetch_infinite(pages().first_pages(3).retry(retry)));
    assert!(stage.runtime.block_on(fetched.as_mut()).is_err());
    stage.answer("GET /p?n=3", &json!(30));
    stage.refuse("GET /p?n=4", 503);
    let _observer = stage.client.observe_infinite(pages());
    stage.advance(1);
    stage.answer("GET /p?n=4", &json!(40));
    stage.answer("GET /p?n=5", &json!(50));
    assert_eq!(stage.runtime.block_on(fetched).unwrap().unwrap().page_params, [3, 4, 5]);
}

#[test]
fn a_fetch_that_waits_for_the_connection_loads_what_it_was_asked_for_whoever_has_come_meanwhile() {
    let persister = QueryPersister::new(MemoryStorage::default());
    for options in [pages(), pages().persisted(&persister).network(NetworkMode::Online)] {
        let stage = Stage::new();
        stage.client.set_online(false);
        let mut fetched = Box::pin(stage.client.fetch_infinite(options.first_pages(2)));
        assert!(stage.runtime.block_on(fetched.as_mut()).is_err());
        let _observer = stage.client.observe_infinite(pages());
        stage.client.set_online(true);
        stage.answer("GET /p?n=3", &json!(30));
        stage.answer("GET /p?n=4", &json!(40));
        assert_eq!(stage.runtime.block_on(fetched).unwrap().unwrap().page_params, [3, 4]);
    }
}

#[test]
fn what_an_attempt_before_has_loaded_is_no_newer_than_that_attempt() {
    let stage = Stage::new();
    let retry = RetryPolicy::default().jitter(false);
    let observer = stage.client.observe_infinite(pages().first_pages(2).retry(retry));
    stage.answer("GET /p?n=3", &json!(30));
    stage.refuse("GET /p?n=4", 503);
    // The page that is kept may lack what this is about; the retry that follows asks for the other one alone.
    let _invalidation = stage.client.invalidate(pages().key());
    stage.advance(1);
    stage.answer("GET /p?n=4", &json!(41));
    assert_eq!(shown(&observer).0, [30, 41]);
    assert!(observer.current().is_stale);
    stage.answer("GET /p?n=3", &json!(31));
    stage.answer("GET /p?n=4", &json!(41));
    assert_eq!(shown(&observer).0, [31, 41]);
    assert!(!observer.current().is_stale);
    stage.silence();
}

#[test]
fn at_most_so_many_pages_are_kept() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages().max_pages(2));
    stage.answer("GET /p?n=3", &json!(30));
    for page in [4, 5] {
        let _next = observer.fetch_next_page();
        stage.answer(&format!("GET /p?n={page}"), &json!(page * 10));
    }
    assert_eq!(shown(&observer).1, [4, 5]);
    let _previous = observer.fetch_previous_page();
    stage.answer("GET /p?n=3", &json!(30));
    assert_eq!(shown(&observer).1, [3, 4]);
    let _refetch = observer.refetch();
    stage.answer("GET /p?n=3", &json!(30));
    stage.answer("GET /p?n=4", &json!(40));
    stage.silence();
}

#[test]
fn the_load_of_a_page_makes_the_whole_list_young() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages().stale_time(seconds(10)));
    stage.answer("GET /p?n=3", &json!(30));
    stage.advance(8);
    let _next = observer.fetch_next_page();
    stage.answer("GET /p?n=4", &json!(40));
    stage.advance(9);
    assert!(!observer.current().is_stale);
    stage.advance(1);
    assert!(observer.current().is_stale);
}

#[test]
fn the_load_of_a_page_does_not_end_an_invalidation() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages());
    stage.answer("GET /p?n=3", &json!(30));
    let unseen = stage.client.invalidate(QueryFilter::from(pages().key()).refetch_type(RefetchType::None));
    stage.runtime.block_on(unseen).unwrap();
    let _next = observer.fetch_next_page();
    stage.answer("GET /p?n=4", &json!(40));
    stage.silence();
    assert!(observer.current().is_stale);
}

#[test]
fn a_page_that_takes_the_place_of_the_refetch_of_an_invalidation_is_followed_by_that_refetch() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages());
    stage.answer("GET /p?n=3", &json!(30));
    let _invalidation = stage.client.invalidate(pages().key());
    let given_up = stage.request("GET /p?n=3");
    let _next = observer.fetch_next_page();
    stage.answer("GET /p?n=4", &json!(40));
    assert!(given_up.is_aborted());
    assert_eq!(shown(&observer).0, [30, 40]);
    assert!(observer.current().is_stale);
    stage.answer("GET /p?n=3", &json!(31));
    stage.answer("GET /p?n=4", &json!(41));
    assert_eq!(shown(&observer).0, [31, 41]);
    assert!(!observer.current().is_stale);
    stage.silence();
}

#[test]
fn a_failed_page_is_told_apart_and_leaves_the_rest() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages());
    stage.answer("GET /p?n=3", &json!(30));
    let next = observer.fetch_next_page();
    stage.refuse("GET /p?n=4", 404);
    assert!(stage.runtime.block_on(next.outcome()).unwrap().is_err());
    let result = observer.current();
    assert!(result.is_fetch_next_page_error() && !result.is_refetch_error());
    assert_eq!(shown(&observer).0, [30]);
}

#[test]
fn infinite_queries_can_be_fetched_without_an_observer() {
    let stage = Stage::new();
    let mut fetched = Box::pin(stage.client.fetch_infinite(pages().first_pages(2)));
    assert!(stage.runtime.block_on(fetched.as_mut()).is_err());
    stage.answer("GET /p?n=3", &json!(30));
    stage.answer("GET /p?n=4", &json!(40));
    let data = stage.runtime.block_on(fetched).unwrap().unwrap();
    assert_eq!(data.page_params, [3, 4]);
    let observer = stage.client.observe_infinite(pages());
    stage.silence();
    assert!(observer.current().has_next_page);
}
