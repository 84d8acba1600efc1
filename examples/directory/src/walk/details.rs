//! Chapter 3: how does a page about one user read its rows, one after the other?

use query_runtime::{QueryError, QueryResult};

use super::stage::{Chapter, Stage, first_page, list, shows};
use crate::api::{
    ApiError, SearchKind, SearchParams, UserId, UserStatsParams, UserStatsPeriod, use_me, use_search, use_user,
    use_user_posts, use_user_stats, use_users, user_posts_query,
};

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    dependent(&mut stage).await;
    from_list(&mut stage).await;

    stage.step("Shows the sum of Ada's counters: `select` of the schema, and a header");
    let stats = UserStatsParams {
        period: UserStatsPeriod::Day,
        trace: Some("walk".to_owned()),
        ..UserStatsParams::new(UserId::from("u1"))
    };
    let sum = use_user_stats(&stage.client, stats).settled().await;
    stage.check("10 views and 7 likes", sum.data.as_deref().copied(), Some(17));

    stage.step("Searches users and posts");
    let search = SearchParams { kind: Some(SearchKind::User), ..SearchParams::new("grace".to_owned()) };
    let hits = use_search(&stage.client, search).settled().await;
    let titles = hits.data.map(|hits| hits.iter().map(|hit| hit.title.clone()).collect::<Vec<_>>());
    let expected = ["Grace Almond", "Grace Birch", "Grace Cedar"].map(str::to_owned).to_vec();
    stage.check("hits", titles, Some(expected));

    stage.step("Opens a user that does not exist: not retried, and the body is typed");
    let nobody = use_user(&stage.client, UserId::from("u99")).settled().await;
    stage.check("failed", nobody.is_loading_error(), true);
    let error = nobody.error.as_ref();
    stage.check("status", error.and_then(QueryError::status), Some(404));
    let body = error.and_then(|error| error.body::<ApiError>()).map(|body| (body.message.clone(), body.code.clone()));
    stage.check("body", body, Some(("there is no user `u99`".to_owned(), Some("missing".to_owned()))));
    stage.check_asked("GET /users/u99", 1);

    stage.step("Opens a user whose id is empty: nothing is sent");
    let before = stage.server.now();
    let empty = use_user(&stage.client, UserId::from("")).settled().await;
    stage.check("refused here", empty.error.map(|error| error.is_invalid_request()), Some(true));
    stage.check("requests", stage.server.now() - before, 0);
    stage.close();
    Ok(())
}

/// My posts can be asked for only when it is known who I am.
async fn dependent(stage: &mut Stage<'_>) {
    stage.step("Asks who I am, and for my posts as soon as that is known");
    let hold = stage.server.hold("GET /me");
    let me = use_me(&stage.client);
    let unknown = UserId::from("");
    let posts = stage.client.observe(user_posts_query(unknown).enabled(false));
    stage.server.arrived("GET /me", 1).await;
    stage.check("my posts meanwhile", list(&posts.current()), "nothing yet");
    stage.check("not even asked for", posts.current().is_fetching(), false);
    hold.let_go();
    let found = me.settled().await.data;
    stage.check("I am", found.as_ref().map(|user| user.name.clone()), Some("Ada Almond".to_owned()));
    if let Some(user) = found {
        posts.set_options(user_posts_query(user.id.clone()));
    }
    let result = shows(&posts, QueryResult::is_success).await;
    stage.check("my posts", list(&result), "Post 20, Post 15, Post 10, Post 5");

    stage.step("Opens my own page: the answer to `me` was written to it (`writes: users.detail`)");
    let page = use_user(&stage.client, UserId::from("u1"));
    stage.check("at once", page.current().data.map(|user| user.name.clone()), Some("Ada Almond".to_owned()));
    stage.check_asked("GET /users/u1", 0);

    stage.step("Opens my posts a second time: they are fresh");
    let again = use_user_posts(&stage.client, UserId::from("u1"));
    stage.check("at once", list(&again.current()), "Post 20, Post 15, Post 10, Post 5");
    stage.check_asked("GET /users/u1/posts", 1);
}

/// A row that a list has shown is there at once, as old as that list.
async fn from_list(stage: &mut Stage<'_>) {
    stage.step("Opens the page of a user whom a list has just shown (`from_list`)");
    use_users(&stage.client, first_page(3)).settled().await;
    let birch = use_user(&stage.client, UserId::from("u20"));
    stage.check("at once", birch.current().data.map(|user| user.name.clone()), Some("Ada Birch".to_owned()));
    stage.check_asked("GET /users/u20", 0);

    stage.step("Opens the page of a user whom nobody has shown");
    let hold = stage.server.hold("GET /users/u8");
    let grace = use_user(&stage.client, UserId::from("u8"));
    stage.check("at once", grace.current().data.map(|user| user.name.clone()), None::<String>);
    hold.let_go();
    let result = grace.settled().await;
    stage.check("then", result.data.map(|user| user.name.clone()), Some("Grace Almond".to_owned()));
    stage.check_asked("GET /users/u8", 1);
}
