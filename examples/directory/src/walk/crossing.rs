//! Chapter 8: five changes are under way at once, on lists that are filtered, sorted and endless, and one is refused.
//! What is left?

use query_runtime::{InfiniteObserver, MutationFilter, Page, QueryError, QueryObserver};

use super::stage::{Chapter, Stage, list, quiet, roll, scrolls, with_role};
use crate::api::{
    NewUser, Role, UpdateUser, User, UserFilter, UserId, UserPatch, use_create_user, use_delete_user,
    use_infinite_users, use_update_user, use_users,
};

/// The viewers, endless and by name, and the editors, by name.
struct Screens {
    viewers: InfiniteObserver<Page<User>, u64>,
    editors: QueryObserver<Page<User>>,
}

impl Screens {
    async fn open(stage: &Stage<'_>) -> Self {
        let filter = UserFilter { role: Some(Role::Viewer), limit: 3, ..UserFilter::default() };
        let screens = Self {
            viewers: use_infinite_users(&stage.client, filter),
            editors: use_users(&stage.client, with_role(Role::Editor, 3)),
        };
        screens.viewers.settled().await;
        screens.viewers.fetch_next_page().await;
        screens.editors.settled().await;
        screens
    }

    fn check(&self, stage: &mut Stage<'_>, viewers: &str, editors: &str) {
        stage.check("viewers", roll(self.viewers.current().data.as_deref()), viewers);
        stage.check("editors", list(&self.editors.current()), editors);
    }

    /// Returns the id of a viewer who is loaded.
    fn viewer(&self, name: &str) -> Result<UserId, String> {
        let data = self.viewers.current().data.clone();
        let found = data.as_ref().and_then(|data| data.rows().find(|user| user.name == name));
        found.map(|user| user.id.clone()).ok_or_else(|| format!("{name} is not there"))
    }
}

/// The editors with Alan Almond among them.
const EDITORS: &str = "Ada Cedar, Alan Almond, Alan Birch (of 19)";

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    stage.step("Opens the endless list of viewers, two pages of three, and the editors");
    let screens = Screens::open(&stage).await;
    let client = stage.client.clone();
    screens.check(
        &mut stage,
        "Ada Almond, Alan Almond, Barbara Birch, Barbara Cedar, Claude Almond, Claude Birch (of 34)",
        "Ada Cedar, Alan Birch, Barbara Almond (of 18)",
    );
    let (ada, alan) = (screens.viewer("Ada Almond")?, screens.viewer("Alan Almond")?);
    let (birch, cedar) = (screens.viewer("Barbara Birch")?, screens.viewer("Barbara Cedar")?);

    stage.step("Abel Almond is created, Alan becomes an editor, Barbara Birch is renamed, Barbara Cedar is deleted, and Ada gets a name that is too long");
    let creates_held = stage.server.hold("POST /users");
    let rename_held = stage.server.hold(&format!("PATCH /users/{ada}"));
    let alan_held = stage.server.hold(&format!("PATCH /users/{alan}"));
    let birch_held = stage.server.hold(&format!("PATCH /users/{birch}"));
    let deletes_held = stage.server.hold("DELETE /users/{id}");
    let update = use_update_user(&client);
    let long = "Z".repeat(81);
    let renames = update.mutate(UpdateUser { id: ada, patch: UserPatch::new().name(long.clone()) });
    let creates = use_create_user(&client).mutate(NewUser::new("Abel Almond", "abel@example.org"));
    let promotes = update.mutate(UpdateUser { id: alan, patch: UserPatch::new().role(Role::Editor) });
    let moves = update.mutate(UpdateUser { id: birch, patch: UserPatch::new().name("Aaron Birch") });
    let deletes = use_delete_user(&client).mutate(cedar);
    stage.check("mutations under way", client.is_mutating(MutationFilter::all()), 5);
    screens.check(&mut stage, "Aaron Birch, Abel Almond, Claude Almond, Claude Birch (of 33)", EDITORS);
    stage.server.arrived("PATCH /users/{id}", 3).await;

    stage.step("The server refuses the name: Ada is back at her place, and the other changes stand");
    rename_held.let_go();
    let error = renames.await.err();
    stage.check("status", error.as_ref().and_then(QueryError::status), Some(422));
    screens.check(&mut stage, "Aaron Birch, Abel Almond, Ada Almond, Claude Almond (of 33)", EDITORS);

    stage.step("The server accepts the others, in an order of its own");
    deletes_held.let_go();
    deletes.await?;
    birch_held.let_go();
    moves.await?;
    alan_held.let_go();
    promotes.await?;
    creates_held.let_go();
    let abel = creates.await?;
    quiet(&[&screens.editors]).await;
    scrolls(&screens.viewers, |result| !result.is_fetching() && !result.is_optimistic).await;
    screens.check(
        &mut stage,
        "Aaron Birch, Abel Almond, Ada Almond, Claude Almond, Claude Birch, Donald Almond (of 33)",
        EDITORS,
    );
    stage.check("Abel's id", screens.viewer("Abel Almond").ok(), Some(abel.id.clone()));
    stage.check("mutations under way", client.is_mutating(MutationFilter::all()), 0);
    stage.close();
    Ok(())
}
