//! Chapter 2: how does a table with a search field, a filter, a sort order and pages read its rows?

use query_runtime::{Page, QueryResult, Rows, SortOrder};

use super::stage::{Chapter, Stage, day, first_page, found_by, list, shows};
use crate::api::{Role, User, UserListParams, UserSort, fetch_users, use_users, users_query};

pub(super) async fn walk(mut stage: Stage<'_>) -> Chapter {
    stage.step("Opens the table: page 1 of all users, three a page");
    let hold = stage.server.hold("GET /users");
    let table = use_users(&stage.client, first_page(3));
    stage.check("at once", list(&table.current()), "nothing yet");
    stage.check("loading", table.current().is_loading(), true);
    hold.let_go();
    let result = table.settled().await;
    stage.check("then", list(&result), "Ada Almond, Ada Birch, Ada Cedar (of 57)");
    let more = result.data.as_ref().map(|page| (page.page, page.has_more));
    stage.check("page and whether more follow", more, Some((Some(1), Some(true))));

    stage.step("Opens the same table a second time");
    let again = use_users(&stage.client, first_page(3));
    stage.check("at once", list(&again.current()), "Ada Almond, Ada Birch, Ada Cedar (of 57)");
    stage.check_asked("GET /users", 1);

    stage.step("Turns to page 2: page 1 stays on the screen until it is there");
    let hold = stage.server.hold("GET /users?page=2&limit=3");
    table.set_options(users_query(UserListParams { page: 2, ..first_page(3) }));
    let meanwhile = shows(&table, QueryResult::is_fetching).await;
    stage.check("meanwhile", list(&meanwhile), "Ada Almond, Ada Birch, Ada Cedar (of 57)");
    stage.check("as a placeholder", meanwhile.is_placeholder, true);
    hold.let_go();
    let result = shows(&table, |result| !result.is_placeholder).await;
    stage.check("then", list(&result), "Alan Almond, Alan Birch, Alan Cedar (of 57)");

    stage.step("Types `birch` into the search field, filters by role, sorts by the newest");
    let asked = UserListParams {
        role: Some(Role::Editor),
        sort_by: UserSort::Created,
        sort_order: SortOrder::Desc,
        ..found_by("BIRCH", 4)
    };
    table.set_options(users_query(asked));
    let result = shows(&table, |result| !result.is_placeholder && !result.is_fetching()).await;
    stage.check("then", list(&result), "Radia Birch, Margaret Birch, Grace Birch, Donald Birch (of 5)");
    stage.check_asked("GET /users?search=BIRCH&role=editor&sortBy=created&sortOrder=desc&limit=4", 1);

    projections(&mut stage).await;
    stage.close();
    Ok(())
}

/// The original's `select`: the rows, each with whether the user was seen lately. Equal outcomes notify nobody.
async fn projections(stage: &mut Stage<'_>) {
    stage.step("Shows only the names of those who were seen since a certain day");
    let since = day(1);
    let active = move |page: &Page<User>| -> Vec<String> {
        let rows: &Rows<User> = &page.items;
        rows.iter().filter(|user| user.last_active >= since).map(|user| user.name.clone()).collect()
    };
    let names = use_users(&stage.client, first_page(6)).select(active);
    let result = names.settled().await;
    let first = result.data.clone();
    let expected = ["Ada Almond", "Ada Birch", "Alan Birch", "Alan Cedar"].map(str::to_owned).to_vec();
    stage.check("names", first.as_deref().cloned(), Some(expected));

    stage.step("Fetches that table again: the same rows are the same objects, nobody is notified");
    let before = stage.client.get(&crate::api::UserKeys::list(&first_page(6)));
    names.refetch().await;
    let after = stage.client.get(&crate::api::UserKeys::list(&first_page(6)));
    let rows = before.zip(after).map(|(before, after)| before.items.is_same(&after.items));
    stage.check("rows are shared", rows, Some(true));
    let unchanged = first.zip(names.current().data).map(|(one, two)| std::sync::Arc::ptr_eq(&one, &two));
    stage.check("the projection is the same object", unchanged, Some(true));

    stage.step("Uses the generated fetch function with options of its own");
    let own = query_runtime::QueryOptions::list(
        crate::api::UserKeys::list(&first_page(1)),
        first_page(1).filter(),
        first_page(1).window(),
        |context| fetch_users(context, first_page(1)),
    );
    let page = stage.client.fetch(own).await;
    stage.check("rows", page.map(|page| page.items.len()).ok(), Some(1));
}
