//! Chapter 4: how does a list grow when the reader scrolls, in both directions?

use query_runtime::InfiniteResult;

use super::stage::{Chapter, Stage, roll, scrolls};
use crate::api::{PostFilter, Role, UserFilter, use_infinite_posts, use_infinite_users};

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    numbered(&mut stage).await;
    cursors(&mut stage).await;
    stage.close();
    Ok(())
}

/// Pages with numbers: `max_pages: 3`.
async fn numbered(stage: &mut Stage<'_>) {
    stage.step("Opens the endless list of viewers, two at a time");
    let filter = UserFilter { role: Some(Role::Viewer), limit: 2, ..UserFilter::default() };
    let endless = use_infinite_users(&stage.client, filter);
    let result = endless.settled().await;
    stage.check("rows", roll(result.data.as_deref()), "Ada Almond, Alan Almond (of 34)");
    let both = (result.has_previous_page, result.has_next_page);
    stage.check("more above, more below", both, (false, true));

    stage.step("Scrolls down twice; the impatient reader asks twice each time");
    for _ in 0..2 {
        let hold = stage.server.hold("GET /users");
        let (first, second) = (endless.load_more(), endless.load_more());
        hold.let_go();
        first.await;
        second.await;
    }
    let result = endless.current();
    let expected = "Ada Almond, Alan Almond, Barbara Birch, Barbara Cedar, Claude Almond, Claude Birch (of 34)";
    stage.check("rows", roll(result.data.as_deref()), expected);
    stage.check_asked("GET /users", 3);

    stage.step("Scrolls down once more: three pages are kept, the first one goes");
    let hold = stage.server.hold("GET /users?role=viewer&page=4&limit=2");
    let next = endless.fetch_next_page();
    let meanwhile = scrolls(&endless, InfiniteResult::is_fetching_next_page).await;
    stage.check("rows meanwhile", meanwhile.data.as_ref().map(|data| data.rows().count()), Some(6));
    hold.let_go();
    next.await;
    let result = endless.current();
    stage.check("pages", result.data.as_ref().map(|data| data.page_params.clone()), Some(vec![2, 3, 4]));
    let both = (result.has_previous_page, result.has_next_page);
    stage.check("more above, more below", both, (true, true));

    stage.step("Scrolls up: the last page goes");
    endless.fetch_previous_page().await;
    let result = endless.current();
    stage.check("pages", result.data.as_ref().map(|data| data.page_params.clone()), Some(vec![1, 2, 3]));
    stage.check("rows", roll(result.data.as_deref()), expected);
    stage.check("more above", result.has_previous_page, false);

    stage.step("Scrolls up where nothing is above: nothing is asked for");
    let before = stage.server.now();
    endless.fetch_previous_page().await;
    stage.check("requests", stage.server.now() - before, 0);

    stage.step("Fetches all again: page by page, in order");
    let before = stage.server.now();
    endless.refetch().await;
    let asked: Vec<String> = stage.server.since(before).into_iter().map(|one| one.asked).collect();
    let page = |rest: &str| format!("GET /users?role=viewer{rest}&limit=2");
    stage.check("requests", asked, vec![page(""), page("&page=2"), page("&page=3")]);
    stage.check("rows", roll(endless.current().data.as_deref()), expected);
}

/// Pages with cursors, fixed order, `max_pages: 2`.
async fn cursors(stage: &mut Stage<'_>) {
    stage.step("Opens the endless list of published posts, three at a time, newest first");
    let filter = PostFilter { published: Some(true), limit: 3, ..PostFilter::default() };
    let endless = use_infinite_posts(&stage.client, filter);
    let result = endless.settled().await;
    stage.check("rows", roll(result.data.as_deref()), "Post 23, Post 22, Post 20");

    stage.step("Scrolls down twice: two pages are kept");
    endless.fetch_next_page().await;
    endless.fetch_next_page().await;
    let result = endless.current();
    stage.check("rows", roll(result.data.as_deref()), "Post 19, Post 17, Post 16, Post 14, Post 13, Post 11");
    stage.check("more above", result.has_previous_page, true);

    stage.step("Scrolls up by the cursor that the server gave for the way back");
    endless.fetch_previous_page().await;
    let result = endless.current();
    stage.check("rows", roll(result.data.as_deref()), "Post 23, Post 22, Post 20, Post 19, Post 17, Post 16");
    let both = (result.has_previous_page, result.has_next_page);
    stage.check("more above, more below", both, (false, true));

    stage.step("Scrolls to the end");
    while endless.current().has_next_page {
        endless.fetch_next_page().await;
    }
    stage.check("rows", roll(endless.current().data.as_deref()), "Post 5, Post 4, Post 2, Post 1");
    stage.check("failed", endless.current().is_error(), false);
}
