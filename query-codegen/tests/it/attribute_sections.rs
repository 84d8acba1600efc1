//! What does a mistake inside of a section, `list(…)` or `update(…)`, read like?

use crate::attribute_syntax::{Case, check, on_struct};

/// Lists and how they are asked for.
const LIST: [Case; 20] = [
    (
        r#"#[query(path = "/users", list(param(role, filter(role)), param(), param))]"#,
        &[
            "1021: expected a name and a type first | write `role: Role`",
            "1021: expected a name and a type first | write `role: Role`",
            "105: `param` needs arguments: `param(…)` | write `param(role: Role, filter(role, op = eq))`",
        ],
    ),
    (
        r#"#[query(path = "/users", list(param(role: Role, shape, filter(role))))]"#,
        &["1024: a parameter has one meaning, and `filter` is its second"],
    ),
    (
        r#"#[query(path = "/users", list(param(role: Role, filter(role, name)), param(x: u8, filter(op = eq)), param(y: u8, filter)))]"#,
        &[
            "105: a filter compares one field, and `name` is its second | write one `param(…)` for each field, or `search(…)`",
            "104: `filter` needs a field | write `filter(role, op = eq)`",
            "105: `filter` needs arguments: `filter(…)` | write `filter(role, op = eq)`",
        ],
    ),
    (
        r#"#[query(path = "/users", list(param(role: Role, filter(role, op = equals)), param(age: u32, filter(age, op = gte))))]"#,
        &[
            "106: unknown `op`: `equals` | write one of `eq`, `ne`, `lt`, `le`, `gt`, `ge`, `in`, `not_in`, `contains_any`, `contains_all`, `prefix`, `contains`, `contains_ci`, `is_null`, `between`",
            "106: unknown `op`: `gte` | did you mean `gt`?",
        ],
    ),
    (
        r#"#[query(path = "/users", list(param(role: Role, filter("role", how = eq))))]"#,
        &[
            r#"1014: expected a field, found the string `"role"` | write the field's name without quotes"#,
            "103: unknown key `how` in `filter(…)` | write fields and one `op`: `filter(name, op = …)`",
            "104: `filter` needs a field | write `filter(role, op = eq)`",
        ],
    ),
    (
        r#"#[query(path = "/users", list(param(q: String, search()), param(p: String, search(op = server)), param(r: String, search(name, op = fuzzy))))]"#,
        &[
            "104: `search` needs fields | write `search(name, op = contains_ci)`, or `search(op = server)` where only the server knows",
            "106: unknown `op`: `fuzzy` | write one of `contains`, `contains_ci`, `prefix`, `server`",
        ],
    ),
    (
        r#"#[query(path = "/users", list(param(sort_by: UserSort, sort(name = "name", 3))))]"#,
        &[
            "1014: expected a key and a field | write `sort(name = name, created = created_at)`",
            "1014: expected a key and a field | write `sort(name = name, created = created_at)`",
        ],
    ),
    (
        r#"#[query(path = "/users", list(param(by: crate::UserSort, sort(name)), param(order: String, sort_order)))]"#,
        &[
            "1021: the type of a sort parameter is generated, so it must be a plain name | write a name such as `UserSort`",
            "1021: the type of a `sort_order` parameter is `SortOrder`",
        ],
    ),
    (
        r#"#[query(path = "/users", list(param(x: u8, shape, default = a::B), param(y: u8, shape, default = 3u8), param(z: u8, shape, default)))]"#,
        &[
            "1014: `default` is a constant, found `a::B`",
            "1016: `default` has no suffix, found the number `3u8`",
            "1022: `default` is a constant and needs a value",
        ],
    ),
    (
        r#"#[query(path = "/users", list(param(tag: Vec<String>, filter(tags), style = comas)))]"#,
        &["106: unknown `style`: `comas` | write one of `repeat`, `comma`"],
    ),
    (
        r#"#[query(path = "/users", list(sort = ["id", -3]))]"#,
        &[
            r#"1014: expected a field, found the string `"id"` | write `id` or `-created_at`"#,
            "1014: expected a field, found the number `-3` | write `id` or `-created_at`",
        ],
    ),
    (
        r#"#[query(path = "/users", list(page(size = "limit"), cursor(param = "after")))]"#,
        &["1023: a list is paged by `page(…)` or by `cursor(…)`, not by both"],
    ),
    (
        r#"#[query(path = "/users", list(cursor(start = 1)))]"#,
        &["103: unknown key `start` in `cursor(…)` | `start` belongs in `page(…)`"],
    ),
    (
        r#"#[query(path = "/users", list(envelope))]"#,
        &[r#"105: `envelope` needs arguments: `envelope(…)` | write `envelope(items = "users", total = "total")`"#],
    ),
    (
        r#"#[query(path = "/users", list(envelope(item = "users", totals = "n")))]"#,
        &[
            "103: unknown key `item` in `envelope(…)` | did you mean `items`?",
            "103: unknown key `totals` in `envelope(…)` | did you mean `total`?",
        ],
    ),
    (
        r#"#[query(path = "/users", list(placeholder = keep_previos))]"#,
        &["106: unknown `placeholder`: `keep_previos` | did you mean `keep_previous`?"],
    ),
    (
        r#"#[query(path = "/users", get(stale_time = "30"))]"#,
        &[r#"901: `stale_time` is not a duration: "30" | add a unit: `30s`, or one of `ms`, `m` (minutes), `h`, `d`"#],
    ),
    (
        r#"#[query(path = "/users", get(stale_time = "2mo", gc_time = "2 minutes"))]"#,
        &[
            r#"901: `stale_time` is not a duration: "2mo" | write a whole number and a unit: `500ms`, `30s`, `5m` (minutes), `1h30m`, `7d`"#,
            r#"901: `gc_time` is not a duration: "2 minutes" | write a whole number and a unit: `500ms`, `30s`, `5m` (minutes), `1h30m`, `7d`"#,
        ],
    ),
    (
        r#"#[query(path = "/users", get(stale_time = "99999999999999999999d"))]"#,
        &[
            r#"901: `stale_time` is not a duration: "99999999999999999999d" | this is too long: write `infinite` for no end"#,
        ],
    ),
    (
        r#"#[query(path = "/users", get(refetch_interval = "infinite"))]"#,
        &[
            r#"901: `refetch_interval` is not a duration: "infinite" | this must end: write a duration such as `30s` or `5m`"#,
        ],
    ),
];

/// What is written, invalidated, pushed and queued.
const OTHER: [Case; 22] = [
    (
        r#"#[query(path = "/users", get(network = ofline_first))]"#,
        &["903: unknown `network`: `ofline_first` | did you mean `offline_first`?"],
    ),
    (
        r#"#[query(path = "/users", get(retry = many), delete(retry(max = 2, skip = [4x, 99, "7xx"])))]"#,
        &[
            "1014: `retry` is a whole number, found `many` | write `retry = 3`",
            "904: not a status: the number `4x` | write a status such as `404`, or a class such as `4xx`",
            "904: not a status: the number `99` | write a status such as `404`, or a class such as `4xx`",
            r#"904: not a status: the string `"7xx"` | write a status such as `404`, or a class such as `4xx`"#,
        ],
    ),
    (
        r#"#[query(path = "/users", get(refetch(on_focus = somtimes, on_mount = 3, on_blur)))]"#,
        &[
            "103: unknown key `on_blur` in `refetch(…)` | write one of `on_focus`, `on_mount`, `on_reconnect`",
            "106: unknown `on_focus`: `somtimes` | write one of `never`, `stale`, `always`",
            "1014: `on_mount` is a flag, found the number `3` | write `on_mount`, or `on_mount = false`",
        ],
    ),
    (
        r#"#[query(path = "/users", update(method = PACH), create(method = OPTIONS))]"#,
        &[
            "106: unknown `method`: `PACH` | did you mean `PATCH`?",
            "106: unknown `method`: `OPTIONS` | write one of `GET`, `POST`, `PUT`, `PATCH`, `DELETE`",
        ],
    ),
    (
        r#"#[query(path = "/users", create(optimistic(lists = matchin, insert = middle, temp_id = nanoid)), update(optimistic = 3), delete(optimistic(detail = removed)))]"#,
        &[
            "106: unknown `lists`: `matchin` | did you mean `matching`?",
            "106: unknown `insert`: `middle` | write one of `sorted`, `start`, `end`, `none`",
            "106: unknown `temp_id`: `nanoid` | write one of `uuid`, `negative_counter`, `client`",
            "1014: `optimistic` is a section, found the number `3` | write `optimistic` or `optimistic(…)`",
            "106: unknown `detail`: `removed` | write `remove`",
        ],
    ),
    (
        r#"#[query(path = "/users", update(body = partial))]"#,
        &["106: unknown `body`: `partial` | write one of `patch`, `full`, `json_patch`, `merge_patch`"],
    ),
    (r#"#[query(path = "/users", delete(returns = User))]"#, &["106: unknown `returns`: `User` | write `none`"]),
    (
        r#"#[query(path = "/users", create(input = crate::NewUser), update(input = "UserPatch"))]"#,
        &[
            "1014: `input` names a type, found `crate::NewUser` | write a plain name: the type is generated beside the struct",
            r#"1014: `input` is a word without quotes, found the string `"UserPatch"` | write `input = UserPatch`"#,
        ],
    ),
    (
        r#"#[query(path = "/users", create(input = NewUser), names(new = CreateUser))]"#,
        &["102: the input of `create` is given twice"],
    ),
    (
        r#"#[query(path = "/users", has_many(posts: Post), has_many(likes: Like, foreign_key = user_id))]"#,
        &[
            "104: `has_many(posts)` needs `foreign_key` | add `foreign_key = author_id`",
            r#"104: `has_many(posts)` needs `path` | add `path = "/users/{id}/posts"`"#,
            r#"104: `has_many(likes)` needs `path` | add `path = "/users/{id}/likes"`"#,
        ],
    ),
    (
        r#"#[query(path = "/users", has_many(posts, foreign_key = author_id, path = "/users/{id}/posts"))]"#,
        &["1021: expected a name and a type first | write `has_many(posts: Post)`"],
    ),
    (
        r#"#[query(path = "/users", invalidates(create = [users.list]))]"#,
        &[
            "704: nothing is invalidated by `create`: there is no `create(…)` | add `create(…)` to the struct's `#[query(…)]`",
        ],
    ),
    (
        r#"#[query(path = "/users", create, update, delete, invalidates(create = ["users.list"], update = [users.list.all, users(id)], delete = [users.detail(3), posts.list(author), users.]))]"#,
        &[
            "1020: expected a word after `.`",
            r#"1014: expected a target, found the string `"users.list"` | write a target such as `users.list` without quotes"#,
            "704: a target has one dot, and `.all` is the second",
            "704: this target takes no arguments | only `list(…)`, `detail(…)` and relations do",
            "704: expected one name: the parameter or field that holds the id | write `detail(id)`",
            "704: expected a parameter of the list and the value it must have | write `list(author = id)`",
        ],
    ),
    (
        r#"#[query(path = "/users", create, invalidates(create, updat = []))]"#,
        &[
            "103: unknown key `updat` in `invalidates(…)` | did you mean `update`?",
            "1022: `create` is a list of targets and needs a value | write `create = [users.list]`",
        ],
    ),
    (
        r#"#[query(path = "/users", realtime(message("X"), message(create), message("Y", create, 3)))]"#,
        &[
            r#"105: a message is a type and what it does | write `message("USER_CREATED", create)`"#,
            r#"105: a message is a type and what it does | write `message("USER_CREATED", create)`"#,
            r#"105: a message is a type and what it does | write `message("USER_CREATED", create)`"#,
        ],
    ),
    (
        r#"#[query(path = "/users", realtime(message("X", creat), message("Y", frobnicate)))]"#,
        &[
            "801: unknown action `creat` | did you mean `create`?",
            "801: unknown action `frobnicate` | write one of `bulk`, `create`, `delete`, `invalidate`, `update`",
        ],
    ),
    (
        r#"#[query(path = "/users", realtime(message("X", bulk(id = "id")), message("Y", delete(key = "id"))))]"#,
        &[
            r#"104: `bulk` needs `items` | write `bulk(items = "updates", id = "id", patch = "data")`"#,
            "103: unknown key `key` in `delete(…)` of a message | write one of `id`",
        ],
    ),
    (
        r#"#[query(path = "/users", offline(conflict(by = updated_at), queue = 3))]"#,
        &[
            "104: `conflict` needs a strategy first | write `conflict(last_write_wins, by = updated_at)`",
            "1014: `queue` is a flag, found the number `3` | write `queue`, or `queue = false`",
        ],
    ),
    (
        r#"#[query(path = "/posts/{post_id}/users", parent(post_id: PostId))]"#,
        &[
            "1009: `post_id` is not a field of `User` | add `pub post_id: PostId` to the struct: a row says which parent it belongs to",
        ],
    ),
    (
        r#"#[query(path = "/posts/{name}/users", parent(name: PostId))]"#,
        &["1009: `name` is a `String` in the row, not a `PostId` | write `parent(name: String)`"],
    ),
    (
        r#"#[query(path = "/posts/{name}/users", parent(name))]"#,
        &["105: `parent` needs a path parameter and its type | write `parent(post_id: PostId)`"],
    ),
    (
        r#"#[query(path = "/users", read_only, rename_all = "camelCase")]"#,
        &[
            "1005: `read_only` describes a field, not the whole struct | move it to the `#[query(…)]` above the field",
            r#"1005: `rename_all` is not a key of `#[query(…)]`: names on the wire are serde's | write `#[serde(rename_all = "…")]`"#,
        ],
    ),
];

#[test]
fn mistakes_in_lists_say_what_to_write() {
    check(&LIST, on_struct);
}

#[test]
fn mistakes_in_other_sections_say_what_to_write() {
    check(&OTHER, on_struct);
}
