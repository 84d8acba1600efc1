//! Chapter 7: two changes of one row are under way and the first one fails. What is left?

use query_runtime::{MutationFilter, QueryError};

use super::stage::{Chapter, Stage, first_page, list, quiet, shows, with_role};
use crate::api::{Follow, Role, UpdateUser, User, UserId, UserPatch, use_follow, use_update_user, use_user, use_users};

fn shown(user: &User) -> String {
    format!("{}, {}, {} followers", user.name, user.role, user.followers)
}

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    let id = UserId::from("u1");
    stage.step("Opens Ada Almond's page, the first page and the editors");
    let page = use_user(&stage.client, id.clone());
    let first = use_users(&stage.client, first_page(3));
    let editors = use_users(&stage.client, with_role(Role::Editor, 2));
    page.settled().await;
    first.settled().await;
    editors.settled().await;
    let what = |page: &query_runtime::QueryObserver<User>| page.current().data.as_deref().map(shown);
    stage.check("her page", what(&page), Some("Ada Almond, viewer, 7 followers".to_owned()));
    stage.check("editors", list(&editors.current()), "Ada Cedar, Alan Birch (of 18)");

    stage.step("Renames her to a name that is too long, makes her an editor, and follows her: three changes under way");
    let hold = stage.server.hold("PATCH /users/{id}");
    let follows = stage.server.hold("POST /users/{id}/follow");
    let update = use_update_user(&stage.client);
    let long = "A".repeat(81);
    let renames = update.mutate(UpdateUser { id: id.clone(), patch: UserPatch::new().name(long.clone()) });
    let promotes = update.mutate(UpdateUser { id: id.clone(), patch: UserPatch::new().role(Role::Editor) });
    let follow = use_follow(&stage.client).mutate(Follow::new(id.clone()));
    stage.check("her page", what(&page), Some(format!("{long}, editor, 8 followers")));
    stage.check("mutations under way", stage.client.is_mutating(MutationFilter::all()), 3);
    stage.server.arrived("PATCH /users/{id}", 1).await;
    stage.check("one row, one change at a time: requests", stage.server.count("PATCH /users/{id}"), 1);

    stage.step("The server refuses the name: only the name goes back");
    hold.let_one_go();
    let error = renames.await.err();
    stage.check("status", error.as_ref().and_then(QueryError::status), Some(422));
    stage.check("her page", what(&page), Some("Ada Almond, editor, 8 followers".to_owned()));
    let shown_first = shows(&first, |result| list(result).contains("Ada Almond")).await;
    stage.check("page 1", list(&shown_first), "Ada Almond, Ada Birch, Ada Cedar (of 57)");
    stage.check("editors", list(&editors.current()), "Ada Almond, Ada Cedar (of 19)");
    stage.server.arrived("PATCH /users/{id}", 2).await;

    stage.step("The server accepts the others");
    hold.let_go();
    follows.let_go();
    promotes.await?;
    follow.await?;
    quiet(&[&first, &editors]).await;
    shows(&page, |result| !result.is_fetching() && !result.is_optimistic).await;
    stage.check("her page", what(&page), Some("Ada Almond, editor, 8 followers".to_owned()));
    stage.check("editors", list(&editors.current()), "Ada Almond, Ada Cedar (of 19)");
    stage.check("mutations under way", stage.client.is_mutating(MutationFilter::all()), 0);
    stage.close();
    Ok(())
}
