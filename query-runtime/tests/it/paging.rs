//! Can a program ask for just the pages it wants: one again, so many, no more than once, or the list from its start?

use query_runtime::{
    FetchContext, InfiniteData, InfiniteObserver, InfiniteOptions, Key, Page, PageDirection, QueryError, QueryFilter,
    QueryKey, RefetchType, Request,
};
use serde_json::json;

use crate::stage::{Stage, seconds};

type Data = InfiniteData<u64, u64>;

async fn fetch(context: FetchContext, page: u64) -> Result<u64, QueryError> {
    context.send(Request::get("/p").query("n", &page)).await?.json()
}

/// Pages 0 to 9; a page is a number.
fn pages() -> InfiniteOptions<u64, u64> {
    let key: Key<Data> = Key::typed(QueryKey::new(["pages", "numbers"]));
    InfiniteOptions::new(key, 0, |_, param| (*param < 9).then(|| param + 1), fetch).stale_forever()
}

/// Answers the request for a page with the number that is said.
#[track_caller]
fn answer(stage: &Stage, page: u64, body: u64) {
    stage.answer(&format!("GET /p?n={page}"), &json!(body));
}

/// Observes the first three pages: 0, 10 and 20.
fn three(stage: &Stage) -> InfiniteObserver<u64, u64> {
    let observer = stage.client.observe_infinite(pages().first_pages(3));
    for page in 0..3 {
        answer(stage, page, page * 10);
    }
    observer
}

fn shown(observer: &InfiniteObserver<u64, u64>) -> Vec<u64> {
    observer.current().data.iter().flat_map(|data| data.pages.iter().map(|page| **page)).collect()
}

#[test]
fn a_single_page_is_fetched_again_and_says_nothing_about_the_others() {
    let stage = Stage::new();
    let observer = three(&stage);
    let before = observer.current().data_updated_at;
    let unseen = QueryFilter::from(pages().key()).refetch_type(RefetchType::None);
    stage.runtime.block_on(stage.client.invalidate(unseen)).unwrap();
    stage.advance(1);
    let page = observer.refetch_page(&1);
    assert!(observer.current().is_refetching());
    answer(&stage, 1, 11);
    stage.runtime.block_on(page.outcome()).unwrap().unwrap();
    assert_eq!(shown(&observer), [0, 11, 20]);
    assert_eq!(observer.current().data_updated_at, before);
    assert!(observer.current().is_stale);
    stage.silence();
}

#[test]
fn the_first_page_is_fetched_again_alone() {
    let stage = Stage::new();
    let observer = three(&stage);
    let _first = observer.refetch_first_page();
    answer(&stage, 0, 5);
    assert_eq!(shown(&observer), [5, 10, 20]);
    stage.silence();
}

#[test]
fn a_page_that_is_not_there_is_not_fetched_again() {
    let stage = Stage::new();
    let observer = three(&stage);
    stage.runtime.block_on(observer.refetch_page(&7).outcome()).unwrap().unwrap();
    stage.silence();
}

#[test]
fn a_page_that_is_fetched_again_joins_the_fetch_of_all() {
    let stage = Stage::new();
    let observer = three(&stage);
    let _all = observer.refetch();
    let _page = observer.refetch_page(&1);
    for page in 0..3 {
        answer(&stage, page, page + 1);
    }
    assert_eq!(shown(&observer), [1, 2, 3]);
    stage.silence();
}

#[test]
fn a_restart_loads_the_first_page_and_drops_the_others_when_it_is_there() {
    let stage = Stage::new();
    let observer = three(&stage);
    stage
        .runtime
        .block_on(stage.client.invalidate(QueryFilter::from(pages().key()).refetch_type(RefetchType::None)))
        .unwrap();
    let _restart = observer.restart();
    assert_eq!(shown(&observer), [0, 10, 20]);
    answer(&stage, 0, 1);
    assert_eq!(shown(&observer), [1]);
    assert!(!observer.current().is_stale);
    stage.silence();
}

#[test]
fn a_refetch_can_be_told_to_load_the_first_pages_only() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages().refetch_cached_pages(false));
    answer(&stage, 0, 0);
    let _next = observer.fetch_next_page();
    answer(&stage, 1, 10);
    let _refetch = observer.refetch();
    answer(&stage, 0, 1);
    assert_eq!(shown(&observer), [1]);
    stage.silence();
}

#[test]
fn the_size_is_set_by_loading_or_by_dropping_pages() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages());
    answer(&stage, 0, 0);
    let more = observer.set_size(3);
    assert!(observer.current().is_loading_more());
    answer(&stage, 1, 10);
    answer(&stage, 2, 20);
    stage.runtime.block_on(more.outcome()).unwrap().unwrap();
    assert_eq!((shown(&observer), observer.current().size()), (vec![0, 10, 20], 3));
    let before = observer.current().data_updated_at;
    stage.advance(1);
    stage.runtime.block_on(observer.set_size(2)).unwrap();
    assert_eq!(shown(&observer), [0, 10]);
    assert_eq!(observer.current().data_updated_at, before);
    stage.silence();
}

#[test]
fn the_same_size_asked_for_twice_loads_each_page_once() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages());
    answer(&stage, 0, 0);
    let size = observer.current().size();
    let _first = observer.set_size(size + 1);
    let _second = observer.set_size(size + 1);
    answer(&stage, 1, 10);
    stage.silence();
    assert_eq!(shown(&observer), [0, 10]);
}

#[test]
fn a_size_that_is_set_while_pages_load_is_reached_by_the_same_fetch() {
    let stage = Stage::new();
    let observer = stage.client.observe_infinite(pages());
    let _size = observer.set_size(2);
    answer(&stage, 0, 0);
    answer(&stage, 1, 10);
    let _more = observer.set_size(3);
    let _most = observer.set_size(4);
    answer(&stage, 2, 20);
    answer(&stage, 3, 30);
    assert_eq!(shown(&observer), [0, 10, 20, 30]);
    stage.silence();
}

#[test]
fn the_size_is_kept_for_refetches_but_not_for_another_key() {
    let stage = Stage::new();
    let short = |key: &'static str, last: u64| {
        let key: Key<Data> = Key::typed(QueryKey::new(["pages", key]));
        InfiniteOptions::new(key, 0, move |_, param| (*param < last).then(|| param + 1), fetch)
    };
    let observer = stage.client.observe_infinite(short("a", 0));
    answer(&stage, 0, 0);
    let _size = observer.set_size(2);
    stage.silence();
    assert!(observer.current().is_reaching_end());
    // The list has grown meanwhile.
    observer.set_options(short("a", 5));
    let _refetch = observer.refetch();
    answer(&stage, 0, 0);
    answer(&stage, 1, 10);
    stage.silence();
    observer.set_options(short("b", 5));
    answer(&stage, 0, 0);
    stage.silence();
    assert_eq!(observer.current().size(), 1);
}

#[test]
fn a_dropped_page_does_not_come_back_with_a_fetch_that_runs() {
    let stage = Stage::new();
    let observer = three(&stage);
    let _refetch = observer.refetch();
    let given_up = stage.request("GET /p?n=0");
    let _size = observer.set_size(1);
    answer(&stage, 0, 1);
    assert!(given_up.is_aborted());
    assert_eq!(shown(&observer), [1]);
    stage.silence();
}

#[test]
fn more_is_loaded_once_and_not_beyond_the_end() {
    let stage = Stage::new();
    let key: Key<Data> = Key::typed(QueryKey::new(["pages", "two"]));
    let two = InfiniteOptions::new(key, 0, |_, param| (*param < 1).then(|| param + 1), fetch);
    let observer = stage.client.observe_infinite(two);
    let _early = observer.load_more();
    answer(&stage, 0, 0);
    for _ in 0..3 {
        let _more = observer.load_more();
    }
    answer(&stage, 1, 10);
    assert!(observer.current().is_reaching_end());
    let _end = observer.load_more();
    stage.silence();
    assert_eq!(shown(&observer), [0, 10]);
}

#[test]
fn a_list_without_rows_is_empty_and_at_its_end() {
    let stage = Stage::new();
    let key: Key<InfiniteData<Page<u64>, u64>> = Key::typed(QueryKey::new(["rows"]));
    let empty = |_: FetchContext, _: u64| async { Ok(Page::default()) };
    let observer = stage.client.observe_infinite(InfiniteOptions::new(key, 0, |page, _| page.page, empty));
    assert!(!observer.current().is_empty() && !observer.current().is_reaching_end());
    stage.runtime.run_until_stalled();
    assert!(observer.current().is_empty() && observer.current().is_reaching_end());
}

#[test]
fn invalidation_by_prefix_reaches_infinite_lists() {
    let stage = Stage::new();
    let observer = three(&stage);
    let _invalidation = stage.client.invalidate(QueryKey::new(["pages"]));
    for page in 0..3 {
        answer(&stage, page, page + 1);
    }
    assert_eq!(shown(&observer), [1, 2, 3]);
    stage.silence();
}

#[test]
fn what_comes_next_is_computed_from_all_pages_whatever_is_shown() {
    let stage = Stage::new();
    let sum = |data: &Data| data.pages.iter().map(|page| **page).sum::<u64>();
    let options = pages().next_of(move |data| (sum(data) < 30).then_some(data.pages.len() as u64));
    let observer = stage.client.observe_infinite(options).select(|_| 7_u8);
    answer(&stage, 0, 20);
    let mut changed = Box::pin(observer.changed());
    stage.runtime.block_on(changed.as_mut()).unwrap();
    drop(changed);
    assert_eq!(observer.current().data.as_deref(), Some(&7));
    assert!(observer.current().has_next_page);
    let _next = observer.fetch_next_page();
    answer(&stage, 1, 10);
    let shown = observer.current();
    assert_eq!((shown.data.as_deref(), shown.has_next_page, shown.size()), (Some(&7), false, 2));
}

#[test]
fn a_page_function_sees_which_way_it_goes() {
    let stage = Stage::new();
    let key: Key<InfiniteData<(i64, PageDirection), i64>> = Key::typed(QueryKey::new(["ways"]));
    let fetch = |context: FetchContext, param: i64| async move { Ok((param, context.direction())) };
    let options = InfiniteOptions::new(key, 0, |_, param| Some(param + 1), fetch).previous(|_, param| Some(param - 1));
    let observer = stage.client.observe_infinite(options);
    for _ in 0..2 {
        stage.runtime.run_until_stalled();
        let _previous = observer.fetch_previous_page();
    }
    stage.runtime.run_until_stalled();
    let data = observer.current().data.clone().unwrap();
    assert_eq!(data.page_params, [-2, -1, 0]);
    assert_eq!(data.pages[0].1, PageDirection::Backward);
    assert_eq!(data.pages[2].1, PageDirection::Forward);
}

#[test]
fn a_page_function_that_takes_the_signal_too_late_is_called_for_no_further_page() {
    let stage = Stage::new();
    let calls = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (own, sleeper) = (calls.clone(), stage.runtime.env());
    let fetch = move |context: FetchContext, param: u64| {
        own.lock().unwrap().push(param);
        if param == 1 {
            drop(context.signal());
        }
        let waits = sleeper.sleep(seconds(1));
        async move {
            waits.await;
            Ok(param)
        }
    };
    let key: Key<Data> = Key::typed(QueryKey::new(["late"]));
    let options = InfiniteOptions::new(key.clone(), 0, |_, param| Some(param + 1), fetch).first_pages(4);
    let observer = stage.client.observe_infinite(options);
    stage.runtime.run_until_stalled();
    stage.runtime.block_on(stage.client.cancel(&key)).unwrap();
    for _ in 0..4 {
        stage.advance(1);
    }
    assert_eq!(*calls.lock().unwrap(), [0, 1]);
    assert!(observer.current().data.is_none());
}
