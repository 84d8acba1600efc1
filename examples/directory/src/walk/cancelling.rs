//! Chapter 11: what ends on the wire when nobody wants an answer any more?

use super::stage::{Chapter, Stage, first_page, list, shows};
use crate::api::{UserId, UserKeys, use_user, use_users};

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    let hold = stage.server.hold("GET /users/{id}");
    let (ada, alan) = (UserId::from("u1"), UserId::from("u2"));

    stage.step("Two screens wait for Ada; one is closed");
    let (one, two) = (use_user(&stage.client, ada.clone()), use_user(&stage.client, ada.clone()));
    stage.server.arrived("GET /users/u1", 1).await;
    drop(one);
    stage.check("the other still waits", two.current().is_loading(), true);

    stage.step("The other is closed too: the connection ends, the server sees it");
    drop(two);
    stage.server.abandoned("GET /users/u1", 1).await;
    let cached = stage.client.state(UserKeys::detail(&ada).untyped()).map(|query| query.has_data);
    stage.check("nothing was cached", cached.unwrap_or(false), false);
    stage.check_asked("GET /users/u1", 1);

    stage.step("The user presses `stop` while Alan is loaded");
    let page = use_user(&stage.client, alan.clone());
    stage.server.arrived("GET /users/u2", 1).await;
    stage.client.cancel(UserKeys::detail(&alan)).await;
    stage.server.abandoned("GET /users/u2", 1).await;
    let result = page.current();
    stage.check("neither data nor an error, nothing runs", (result.is_pending(), result.is_fetching()), (true, false));

    stage.step("and presses `reload`");
    hold.let_go();
    page.refetch().await;
    stage.check("then", page.current().data.map(|user| user.name.clone()), Some("Alan Almond".to_owned()));
    stage.check_asked("GET /users/u2", 2);

    stage.step("A list that is there is reloaded and stopped: what was there stays");
    let table = use_users(&stage.client, first_page(3));
    table.settled().await;
    let hold = stage.server.hold("GET /users");
    let reloads = table.refetch();
    stage.server.arrived("GET /users", 2).await;
    stage.client.cancel(UserKeys::lists()).await;
    reloads.await;
    stage.server.abandoned("GET /users", 1).await;
    let result = shows(&table, |result| !result.is_fetching()).await;
    stage.check("rows", list(&result), "Ada Almond, Ada Birch, Ada Cedar (of 57)");
    stage.check("without an error", result.error.is_none(), true);
    drop(hold);
    stage.close();
    Ok(())
}
