//! Chapter 9: which queries are fetched again when something is said to be out of date?

use query_runtime::{QueryFilter, RefetchType};

use super::stage::{Chapter, Stage, first_page, list, shows, with_role};
use crate::api::{Role, UserId, UserKeys, UserListParams, invalidate_user, invalidate_users, use_user, use_users};

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    stage.step("Opens page 1 and a user; opens page 2 and leaves it again");
    let first = use_users(&stage.client, first_page(3));
    let ada = use_user(&stage.client, UserId::from("u1"));
    let second_params = UserListParams { page: 2, ..first_page(3) };
    use_users(&stage.client, second_params.clone()).settled().await;
    first.settled().await;
    ada.settled().await;
    let asked = |stage: &Stage<'_>, before: usize| -> Vec<String> {
        let mut asked: Vec<String> = stage.server.since(before).into_iter().map(|one| one.asked).collect();
        asked.sort();
        asked
    };

    stage.step("Says that lists are out of date");
    let before = stage.server.now();
    stage.client.invalidate(UserKeys::lists()).await;
    stage.check("requests: the list that is looked at", asked(&stage, before), ["GET /users?limit=3"]);
    let left = stage.client.state(UserKeys::list(&second_params).untyped()).map(|state| state.is_invalidated);
    stage.check("page 2 is out of date until somebody looks", left, Some(true));

    stage.step("Says that one user is out of date");
    let before = stage.server.now();
    invalidate_user(&stage.client, &UserId::from("u1")).await;
    stage.check("requests", asked(&stage, before), ["GET /users/u1"]);

    stage.step("Says that all users are out of date");
    let before = stage.server.now();
    invalidate_users(&stage.client).await;
    stage.check("requests", asked(&stage, before), ["GET /users/u1", "GET /users?limit=3"]);

    stage.step("Says it of lists without fetching any");
    let before = stage.server.now();
    stage.client.invalidate(QueryFilter::under(UserKeys::lists()).refetch_type(RefetchType::None)).await;
    stage.check("requests", stage.server.now() - before, 0);
    stage.check("page 1 is out of date", first.current().is_stale, true);

    stage.step("Comes back to page 2: what is there is shown while it is fetched");
    let hold = stage.server.hold("GET /users");
    let second = use_users(&stage.client, second_params);
    stage.check("meanwhile", list(&second.current()), "Alan Almond, Alan Birch, Alan Cedar (of 57)");
    stage.check("fetching", second.current().is_refetching(), true);
    hold.let_go();
    let result = shows(&second, |result| !result.is_fetching()).await;
    stage.check("then", result.is_stale, false);

    too_early(&mut stage).await;
    stage.close();
    Ok(())
}

/// A fetch whose answer was made before the change cannot end the staleness.
async fn too_early(stage: &mut Stage<'_>) {
    stage.step("A list is being fetched for the first time when it is said to be out of date");
    let before = stage.server.now();
    let params = with_role(Role::Admin, 4);
    let hold = stage.server.hold_answers("GET /users?role=admin&limit=4");
    let admins = use_users(&stage.client, params);
    stage.server.arrived("GET /users?role=admin&limit=4", 1).await;
    let settled = stage.client.invalidate(UserKeys::lists());
    hold.let_go();
    settled.await;
    let result = shows(&admins, |result| result.is_success() && !result.is_fetching() && !result.is_stale).await;
    stage.check("then", list(&result), "Ada Birch, Alan Cedar, Ivan Almond, John Birch (of 5)");
    let again = stage.server.since(before).iter().filter(|one| one.asked.contains("role=admin")).count();
    stage.check("requests: the first one began too early", again, 2);
}
