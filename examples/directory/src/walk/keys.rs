//! Chapter 1: what is everything called in the cache?

use query_runtime::{KeyPrefix, SortOrder};

use super::stage::{Chapter, Stage, first_page, with_role};
use crate::api::{
    PostKeys, Role, SearchParams, UserFilter, UserId, UserKeys, UserListParams, UserSort, UserStatsParams, me_key,
    search_key, user_stats_key,
};

#[expect(clippy::unnecessary_wraps, reason = "all chapters end alike")]
pub(super) fn walk(mut stage: Stage<'_>) -> Chapter {
    let ada = UserId::from("u1");

    stage.step("Names a list, an infinite list, a row, a relation and three queries");
    let list = UserKeys::list(&with_role(Role::Editor, 5));
    stage.check("a list", list.to_string(), r#"["directory","users","list",{"limit":5,"role":"editor"}]"#);
    let filter = UserFilter { search: Some("ada".to_owned()), ..UserFilter::default() };
    let infinite = UserKeys::infinite(&filter);
    stage.check("an infinite list", infinite.to_string(), r#"["directory","users","infinite",{"search":"ada"}]"#);
    let detail = UserKeys::detail(&ada);
    stage.check("a row", detail.to_string(), r#"["directory","users","detail","u1"]"#);
    let posts = UserKeys::posts(&ada);
    stage.check("its posts", posts.to_string(), r#"["directory","users","detail","u1","posts"]"#);
    let stats = user_stats_key(&UserStatsParams::new(ada.clone()));
    stage.check("its counters", stats.to_string(), r#"["directory","users","detail","u1","stats","week"]"#);
    stage.check("who I am", me_key().to_string(), r#"["directory","query","me"]"#);
    let search = search_key(&SearchParams::new("ada".to_owned()));
    stage.check("a search", search.to_string(), r#"["directory","query","search",{"q":"ada"}]"#);

    stage.step("Asks for the same list in two ways, and for an infinite list with the same parameters");
    let said = UserListParams {
        sort_by: UserSort::Name,
        sort_order: SortOrder::Asc,
        page: 1,
        limit: 20,
        ..UserListParams::default()
    };
    let same = UserKeys::list(&said) == UserKeys::list(&UserListParams::default());
    stage.check("what is left out and what is said as it is by default is one entry", same, true);
    let collide =
        UserKeys::list(&UserListParams::default()).untyped() == UserKeys::infinite(&UserFilter::default()).untyped();
    stage.check("a list and an infinite list collide", collide, false);

    stage.step("Asks which keys lie under which prefixes");
    let keys = [list.untyped(), infinite.untyped(), detail.untyped(), posts.untyped(), stats.untyped()];
    let under = |prefix: KeyPrefix| keys.map(|key| prefix.matches(key));
    stage.check("under all users", under(UserKeys::all()), [true; 5]);
    stage.check("under lists", under(UserKeys::lists()), [true, false, false, false, false]);
    stage.check("under infinite lists", under(UserKeys::infinites()), [false, true, false, false, false]);
    stage.check("under rows", under(UserKeys::details()), [false, false, true, true, true]);
    stage.check("under that row", under((&detail).into()), [false, false, true, true, true]);
    stage.check("under all posts", under(PostKeys::all()), [false; 5]);
    let wider = UserKeys::list(&UserListParams { page: 2, ..with_role(Role::Editor, 5) });
    stage.check("page 2 lies under the list of its role", KeyPrefix::from(&list).matches(wider.untyped()), true);
    let other = UserKeys::list(&first_page(5));
    stage.check("all roles lie under the list of one", KeyPrefix::from(&list).matches(other.untyped()), false);
    stage.close();
    Ok(())
}
