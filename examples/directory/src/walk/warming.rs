//! Chapter 5: what can be fetched before anybody looks, and what does the cache say of itself?

use query_runtime::QueryError;

use super::stage::{Chapter, Stage, first_page, list};
use crate::api::{
    UserId, UserListParams, prefetch_user, prefetch_users, use_user, use_users, user_query, warm_up_users,
};

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    stage.step("Fetches page 2 while the reader looks at page 1");
    let second = UserListParams { page: 2, ..first_page(3) };
    prefetch_users(&stage.client, second.clone()).await?;
    let table = use_users(&stage.client, second);
    stage.check("page 2, at once", list(&table.current()), "Alan Almond, Alan Birch, Alan Cedar (of 57)");
    stage.check_asked("GET /users", 1);

    stage.step("Fetches a user when the pointer comes near, twice");
    prefetch_user(&stage.client, UserId::from("u8")).await?;
    prefetch_user(&stage.client, UserId::from("u8")).await?;
    let page = use_user(&stage.client, UserId::from("u8"));
    stage.check("at once", page.current().data.map(|user| user.name.clone()), Some("Grace Almond".to_owned()));
    stage.check_asked("GET /users/u8", 1);

    stage.step("Warms the cache up with users 1 to 9 (user 8 is there, user 2 on page 2) and one that does not exist");
    let ids = (1..=9).map(|number| UserId(format!("u{number}"))).chain([UserId::from("u99")]);
    let results = warm_up_users(&stage.client, ids).await;
    let failures: Vec<Option<u16>> =
        results.iter().filter_map(|one| one.as_ref().err()).map(QueryError::status).collect();
    stage.check("results", results.len(), 10);
    stage.check("failures", failures, vec![Some(404)]);
    stage.check_asked("GET /users/{id}", 9);

    stage.step("Warms up with all requests held: at most two at once");
    let hold = stage.server.hold("GET /users/{id}");
    let queries = (31..=35).map(|number| user_query(UserId(format!("u{number}")))).collect();
    let (client, before) = (stage.client.clone(), stage.server.count("GET /users/{id}"));
    let mut warm_up = Box::pin(async move { client.warm_up(queries, 2).await });
    let server = &stage.server;
    tokio::select! {
        _ = &mut warm_up => {}
        () = server.arrived("GET /users/{id}", before + 2) => {}
    }
    let running = stage.client.is_fetching(crate::api::UserKeys::details());
    stage.check("running", running, 2);
    hold.let_go();
    stage.check("done", warm_up.await.iter().filter(|one| one.is_ok()).count(), 5);

    stage.step("Asks the cache how it does");
    let statistics = stage.client.statistics();
    stage.check("entries", statistics.queries, 16);
    stage.check("with data, failed", (statistics.success, statistics.error), (15, 1));
    stage.check("looked at, not looked at", (statistics.active, statistics.inactive), (2, 14));
    stage.check("observers", statistics.observers, 2);
    stage.check("fetching, mutations under way", (statistics.fetching, statistics.pending_mutations), (0, 0));
    stage.check("fetches, failures", (statistics.fetches, statistics.errors), (15, 1));
    stage.check("stale: the one that failed", statistics.stale, 1);
    let hits = statistics.hits;
    stage.check("asked for and there: page 2, user 8 three times, user 2", hits, 5);

    stage.step("Removes what is not looked at, and then everything");
    stage.client.remove(query_runtime::QueryFilter::all().inactive());
    stage.check("entries", stage.client.statistics().queries, 2);
    stage.client.clear();
    let data = stage.client.get(&crate::api::UserKeys::detail(&UserId::from("u8")));
    stage.check("user 8", data.is_none(), true);
    stage.close();
    Ok(())
}
