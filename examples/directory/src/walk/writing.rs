//! Chapter 6: who sees a new row, a changed row and a deleted one, and when?
//!
//! Eight screens are open at once: pages, a role, a search, another order, an endless list and two rows. While the server
//! has not answered, each must show what it will show in the end; then all are fetched again and must show the same.

use query_runtime::{InfiniteObserver, Page, QueryError, QueryObserver};

use super::stage::{Chapter, Stage, first_page, found_by, list, newest_first, quiet, roll, scrolls, with_role};
use crate::api::{
    NewUser, Role, UpdateUser, User, UserFilter, UserId, UserListParams, UserPatch, use_create_user, use_delete_user,
    use_infinite_users, use_update_user, use_user, use_users,
};

/// What is open.
struct Screens {
    first: QueryObserver<Page<User>>,
    second: QueryObserver<Page<User>>,
    admins: QueryObserver<Page<User>>,
    almonds: QueryObserver<Page<User>>,
    newest: QueryObserver<Page<User>>,
    endless: InfiniteObserver<Page<User>, u64>,
}

impl Screens {
    async fn open(stage: &Stage<'_>) -> Self {
        let client = &stage.client;
        let screens = Self {
            first: use_users(client, first_page(3)),
            second: use_users(client, UserListParams { page: 2, ..first_page(3) }),
            admins: use_users(client, with_role(Role::Admin, 10)),
            almonds: use_users(client, found_by("almond", 3)),
            newest: use_users(client, newest_first(2).at(1)),
            endless: use_infinite_users(client, UserFilter { limit: 2, ..UserFilter::default() }),
        };
        screens.endless.settled().await;
        screens.endless.fetch_next_page().await;
        for table in screens.tables() {
            table.settled().await;
        }
        screens
    }

    fn tables(&self) -> [&QueryObserver<Page<User>>; 5] {
        [&self.first, &self.second, &self.admins, &self.almonds, &self.newest]
    }

    /// Waits until every screen shows the server's word and nothing else.
    async fn rest(&self) {
        quiet(&self.tables()).await;
        scrolls(&self.endless, |result| !result.is_fetching() && !result.is_optimistic).await;
    }

    fn check(&self, stage: &mut Stage<'_>, expected: [&str; 6]) {
        let [first, second, admins, almonds, newest, endless] = expected;
        stage.check("page 1", list(&self.first.current()), first);
        stage.check("page 2", list(&self.second.current()), second);
        stage.check("administrators", list(&self.admins.current()), admins);
        stage.check("search `almond`", list(&self.almonds.current()), almonds);
        stage.check("newest", list(&self.newest.current()), newest);
        stage.check("endless list", roll(self.endless.current().data.as_deref()), endless);
    }
}

const ADMINS: &str = "Ada Birch, Alan Cedar, Ivan Almond, John Birch, Katherine Cedar (of 5)";
const ALMONDS: &str = "Ada Almond, Alan Almond, Barbara Almond (of 19)";

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    stage.step("Opens the first two pages, the administrators, a search, the newest and an endless list");
    let screens = Screens::open(&stage).await;
    let before = [
        "Ada Almond, Ada Birch, Ada Cedar (of 57)",
        "Alan Almond, Alan Birch, Alan Cedar (of 57)",
        ADMINS,
        ALMONDS,
        "Tony Cedar, Sophie Cedar (of 57)",
        "Ada Almond, Ada Birch, Ada Cedar, Alan Almond (of 57)",
    ];
    screens.check(&mut stage, before);
    create(&mut stage, &screens).await?;
    update(&mut stage, &screens).await?;
    delete(&mut stage, &screens).await?;
    refused(&mut stage, &screens).await;
    stage.close();
    Ok(())
}

async fn create(stage: &mut Stage<'_>, screens: &Screens) -> Chapter {
    let after = [
        "Ada Almond, Ada Ash, Ada Birch (of 58)",
        "Ada Cedar, Alan Almond, Alan Birch (of 58)",
        "Ada Ash, Ada Birch, Alan Cedar, Ivan Almond, John Birch, Katherine Cedar (of 6)",
        ALMONDS,
        "Ada Ash, Tony Cedar (of 58)",
        "Ada Almond, Ada Ash, Ada Birch, Ada Cedar (of 58)",
    ];
    // Which row page 1 pushes onto page 2, only the server can say: page 2 waits for it, but its total is right.
    let mut meanwhile = after;
    meanwhile[1] = "Alan Almond, Alan Birch, Alan Cedar (of 58)";
    stage.step("Creates the administrator Ada Ash; the server takes its time");
    let hold = stage.server.hold("POST /users");
    let new = NewUser::new("Ada Ash", "ada.ash@example.org").role(Role::Admin);
    let creates = use_create_user(&stage.client).mutate(new);
    screens.check(stage, meanwhile);
    stage.check("optimistic", screens.first.current().is_optimistic, true);
    let temporary = screens.first.current().data.and_then(|page| page.items.get(1).map(|user| user.id.clone()));
    stage.server.arrived("POST /users", 1).await;
    stage.check("total of the administrators", total(&screens.admins), Some(6));

    stage.step("The server answers: nothing moves, but the row has the id that the server gave it");
    let fetches = stage.server.hold("GET /users");
    hold.let_go();
    let ash = creates.await?;
    screens.check(stage, meanwhile);
    stage.check("its id is the temporary one", temporary == Some(ash.id.clone()), false);
    let shown = screens.first.current().data.and_then(|page| page.items.get(1).map(|user| user.id.clone()));
    stage.check("on the screen", shown, Some(ash.id.clone()));

    stage.step("All lists are fetched again: the server says the same");
    fetches.let_go();
    screens.rest().await;
    screens.check(stage, after);

    stage.step("Opens the new user's page: it is there at once");
    let page = use_user(&stage.client, ash.id.clone());
    stage.check("at once", page.current().data.map(|user| user.name.clone()), Some("Ada Ash".to_owned()));
    Ok(())
}

async fn update(stage: &mut Stage<'_>, screens: &Screens) -> Chapter {
    // Ada Birch (u20) becomes Zoe Almond, a viewer: she leaves page 1 and the administrators, and joins the search, far down.
    let after = [
        "Ada Almond, Ada Ash, Ada Cedar (of 58)",
        "Alan Almond, Alan Birch, Alan Cedar (of 58)",
        "Ada Ash, Alan Cedar, Ivan Almond, John Birch, Katherine Cedar (of 5)",
        "Ada Almond, Alan Almond, Barbara Almond (of 20)",
        "Ada Ash, Tony Cedar (of 58)",
        "Ada Almond, Ada Ash, Ada Cedar, Alan Almond (of 58)",
    ];
    stage.step("Ada Birch becomes Zoe Almond and a viewer; the server takes its time");
    let id = UserId::from("u20");
    let detail = use_user(&stage.client, id.clone());
    detail.settled().await;
    let hold = stage.server.hold("PATCH /users/{id}");
    let patch = UserPatch::new().name("Zoe Almond").role(Role::Viewer).bio("New here".to_owned());
    let updates = use_update_user(&stage.client).mutate(UpdateUser { id: id.clone(), patch });
    stage.server.arrived("PATCH /users/{id}", 1).await;
    let shown =
        |detail: &QueryObserver<User>| detail.current().data.map(|user| format!("{}, {}", user.name, user.role));
    stage.check("her page", shown(&detail), Some("Zoe Almond, viewer".to_owned()));
    let names = |observer: &QueryObserver<Page<User>>| list(&observer.current());
    stage.check("administrators", names(&screens.admins), after[2]);
    stage.check("search `almond`", names(&screens.almonds), after[3]);
    stage.check("newest", names(&screens.newest), after[4]);
    // Which row moves up to the end of page 1, the client cannot know: the page is short until it is fetched again.
    stage.check("page 1", names(&screens.first), "Ada Almond, Ada Ash (of 58)");
    stage.check("page 2", total(&screens.second), Some(58));

    stage.step("The server answers, and everything is fetched again");
    hold.let_go();
    updates.await?;
    screens.rest().await;
    screens.check(stage, after);
    stage.check("her page", shown(&detail), Some("Zoe Almond, viewer".to_owned()));
    Ok(())
}

async fn delete(stage: &mut Stage<'_>, screens: &Screens) -> Chapter {
    let after = [
        "Ada Almond, Ada Cedar, Alan Almond (of 57)",
        "Alan Birch, Alan Cedar, Barbara Almond (of 57)",
        "Alan Cedar, Ivan Almond, John Birch, Katherine Cedar (of 4)",
        "Ada Almond, Alan Almond, Barbara Almond (of 20)",
        "Tony Cedar, Sophie Cedar (of 57)",
        "Ada Almond, Ada Cedar, Alan Almond, Alan Birch (of 57)",
    ];
    stage.step("Deletes Ada Ash; the server takes its time");
    let ash = screens.admins.current().data.and_then(|page| page.items.first().map(|user| user.id.clone()));
    let ash = ash.ok_or("Ada Ash is not there")?;
    let detail = use_user(&stage.client, ash.clone());
    let hold = stage.server.hold("DELETE /users/{id}");
    let deletes = use_delete_user(&stage.client).mutate(ash.clone());
    stage.server.arrived("DELETE /users/{id}", 1).await;
    let names = |observer: &QueryObserver<Page<User>>| list(&observer.current());
    let all = screens.tables().map(names).join(" | ");
    stage.check("Ada Ash is anywhere", all.contains("Ash"), false);
    stage.check("administrators", names(&screens.admins), after[2]);
    stage.check("her page has data", detail.current().data.is_some(), false);
    stage.check("total", total(&screens.first), Some(57));
    stage.check("total of the search that never held her", total(&screens.almonds), Some(20));

    stage.step("The server answers, and everything is fetched again");
    hold.let_go();
    deletes.await?;
    screens.rest().await;
    screens.check(stage, after);
    stage.check("her page is gone", (detail.current().data.is_none(), detail.current().is_gone), (true, true));
    stage.check_asked(&format!("GET /users/{ash}"), 0);
    Ok(())
}

async fn refused(stage: &mut Stage<'_>, screens: &Screens) {
    stage.step("Creates a user without a name: shown at once, refused by the server, gone everywhere");
    let before = screens.tables().map(|table| list(&table.current()));
    let hold = stage.server.hold("POST /users");
    let creates = use_create_user(&stage.client).mutate(NewUser::new("", "nobody@example.org"));
    stage.check("page 1", list(&screens.first.current()), ", Ada Almond, Ada Cedar (of 58)");
    stage.server.arrived("POST /users", 2).await;
    hold.let_go();
    let error = creates.await.err();
    stage.check("status", error.as_ref().and_then(QueryError::status), Some(422));
    let text = error.map(|error| error.to_string());
    let expected = "POST /users: the server answered with status 422: name must not be empty";
    stage.check("message", text, Some(expected.to_owned()));
    let after = screens.tables().map(|table| list(&table.current()));
    stage.check("every list is as before", after, before);
    screens.rest().await;
}

fn total(observer: &QueryObserver<Page<User>>) -> Option<u64> {
    observer.current().data.and_then(|page| page.total)
}
