//! What does a mistake in the syntax of an attribute read like?

use query_codegen::attribute::lower;

/// What is written, and for each mistake `code: message`, then `| help` where there is help.
pub(crate) type Case = (&'static str, &'static [&'static str]);

/// Returns the mistakes of a derive's input.
fn mistakes(input: &str) -> Vec<String> {
    let input = syn::parse_str(input).expect("an item");
    let (_, diagnostics) = lower(&input);
    diagnostics
        .iter()
        .map(|one| {
            let help = one.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
            format!("{}: {}{help}", one.code, one.message)
        })
        .collect()
}

/// Compares each case's mistakes with what is expected, of which there is at least one.
#[track_caller]
pub(crate) fn check(cases: &[Case], whole: impl Fn(&str) -> String) {
    for (written, expected) in cases {
        assert_eq!(mistakes(&whole(written)), *expected, "{written}");
        assert!(!expected.is_empty(), "{written}");
    }
}

/// Attributes of a struct.
const STRUCT: [Case; 42] = [
    (r#"#[query = "users"]"#, &["1010: `#[query]` takes no value | write `#[query(…)]`"]),
    ("#[query]", &["1011: `#[query]` needs parentheses | write `#[query(…)]`"]),
    (r#"#[query[path = "/users"]]"#, &["1011: `#[query]` needs parentheses | write `#[query(…)]`"]),
    (
        "#[query()]",
        &[
            r#"1004: `#[query()]` is empty | write `#[query(path = "/users", list, get)]` above the struct, and `#[query(id)]` above its id"#,
        ],
    ),
    (
        "",
        &[
            r#"1004: `QueryResource` needs `#[query(…)]` | write `#[query(path = "/users", list, get)]` above the struct, and `#[query(id)]` above its id"#,
        ],
    ),
    (
        r#"#[query(path = "/users" name = "users", list get)]"#,
        &["1012: expected `,` before `name`", "1012: expected `,` before `get`"],
    ),
    (r#"#[query(path = "/users", list(stale_time = "2m" gc_time = "5m"))]"#, &["1012: expected `,` before `gc_time`"]),
    (
        r#"#[query(path = "/users" + 1, get(stale_time = "5m") = 2, name = "users".to_owned())]"#,
        &[
            "1013: unexpected `+` | end the value with `,`",
            "1013: unexpected `=` | end the value with `,`",
            "1013: unexpected `.` | end the value with `,`",
        ],
    ),
    (r#"#[query(path = "/users",, get)]"#, &["1019: expected a word, found `,`"]),
    (
        r#"#[query(path = "/users", lst)]"#,
        &["103: unknown key `lst` in `#[query(…)]` of a struct | did you mean `list`?"],
    ),
    (r#"#[query(path = "/users", frobnicate)]"#, &["103: unknown key `frobnicate` in `#[query(…)]` of a struct"]),
    (
        r#"#[query(path = "/users", list(stale_tiem = "2m"))]"#,
        &["103: unknown key `stale_tiem` in `list(…)` | did you mean `stale_time`?"],
    ),
    (
        r#"#[query(path = "/users", stale_time = "2m", get(envelope(items = "users")))]"#,
        &[
            "103: unknown key `stale_time` in `#[query(…)]` of a struct | `stale_time` belongs in `list(…)`",
            "103: unknown key `envelope` in `get(…)` | `envelope` belongs in `list(…)`",
        ],
    ),
    (
        r#"#[query(path = "/users", path = "/people", list(sort = [id], sort = [-id]))]"#,
        &[
            "102: duplicate key `path` in `#[query(…)]` of a struct | keep one `path`",
            "102: duplicate key `sort` in `list(…)` | keep one `sort`",
        ],
    ),
    (
        r#"#[query(path = "/users", list, list(sort = [id]))]"#,
        &["102: duplicate key `list` in `#[query(…)]` of a struct | keep one `list`"],
    ),
    (
        r#"#[query(path = "/users", list(sort = [id]))] #[query(list(stale_time = "2m"))]"#,
        &["102: duplicate key `list` in `#[query(…)]` of a struct | keep one `list`"],
    ),
    (
        r#"#[query(path = "/users", version = "updated_at", update(method = "PATCH"))]"#,
        &[
            r#"1014: `version` is a word without quotes, found the string `"updated_at"` | write `version = updated_at`"#,
            r#"1014: `method` is a word without quotes, found the string `"PATCH"` | write `method = PATCH`"#,
        ],
    ),
    (
        "#[query(path = users, name = users)]",
        &[
            r#"1014: `path` is a string, found `users` | write `path = "/users"`"#,
            r#"1014: `name` is a string, found `users` | write `name = "users"`"#,
        ],
    ),
    (
        r#"#[query(path = "/users", name = 7, list(stale_time = 30, gc_time = 30s))]"#,
        &[
            r#"1014: `name` is a string, found the number `7` | write `name = "users"`"#,
            r#"901: `stale_time` is a duration in quotes, found the number `30` | write `stale_time = "30s"`"#,
            r#"901: `gc_time` is a duration in quotes, found the number `30s` | write `gc_time = "30s"`"#,
        ],
    ),
    (
        r#"#[query(path = concat!("/", "users"))]"#,
        &[r#"1014: `path` is a string, found `concat!("/", "users")` | write `path = "/users"`"#],
    ),
    (
        r#"#[query(path = b"/users", name = 'u', list(page(param = c"page")))]"#,
        &[
            r#"1015: `path` is a string, found `b"/users"` | write a plain string: `"…"`"#,
            r#"1015: `name` is a string, found `'u'` | write a plain string: `"…"`"#,
            r#"1015: `param` is a string, found `c"page"` | write a plain string: `"…"`"#,
        ],
    ),
    (
        r#"#[query(path = "/users", list(page(default = 20u8x, max = 100u32)))]"#,
        &[
            "1016: `default` has no suffix, found `20u8x` | write `default = 20`",
            "1016: `max` has no suffix, found `100u32` | write `max = 100`",
        ],
    ),
    (
        r#"#[query(path = "/users", list(page(default = -1, start = -1)), infinite(max_pages = -3))]"#,
        &[
            "1017: `default` cannot be negative: the number `-1`",
            "1017: `max_pages` cannot be negative: the number `-3`",
        ],
    ),
    (
        r#"#[query(path = "/users", infinite(max_pages = 99999999999999999999))]"#,
        &["1017: `max_pages` is too large: the number `99999999999999999999`"],
    ),
    (
        r#"#[query(path = "/users", infinite(max_pages = "10"), list(page(default = 1.5)))]"#,
        &[
            r#"1014: `max_pages` is a whole number, found the string `"10"` | write `max_pages = 10`"#,
            "1014: `default` is a whole number, found the number `1.5`",
        ],
    ),
    (r#"#[query(path = "")]"#, &[r#"401: a path cannot be empty | write `path = "/users"`"#]),
    (r#"#[query(path = "users")]"#, &[r#"401: a path starts with `/`: "users" | write `/users`"#]),
    (
        r#"#[query(path = "/users?x=1", get(path = "/users/{id"))]"#,
        &[
            r#"401: a path has no query string: "/users?x=1" | leave out `?` and what follows, and declare `params`"#,
            r#"401: this `{` has no `}`: "/users/{id" | write the parameter as `{id}`"#,
        ],
    ),
    ("#[query(list, get)]", &[r#"104: `User` needs `path` | write `path = "/users"`"#]),
    (
        r#"#[query(path = "/{tenant}", get)]"#,
        &[r#"104: `User` needs `name`: its path ends in a parameter | write `name = "users"`"#],
    ),
    (
        r#"#[query(path = "/users", crate = self::x)]"#,
        &[
            "1018: `crate` is an absolute path, found `self::x` | begin with `::` or `crate::`: `crate = ::query_runtime`",
        ],
    ),
    (
        r#"#[query(path = "/users", crate = query_runtime)]"#,
        &["1018: `crate` is an absolute path, found `query_runtime` | write `crate = ::query_runtime`"],
    ),
    (
        r#"#[query(path = "/users", crate = "query_runtime")]"#,
        &[r#"1018: `crate` is an absolute path, found the string `"query_runtime"` | write `crate = ::query_runtime`"#],
    ),
    (
        r#"#[query(path = "/users", crate = super::rt::<u8>)]"#,
        &[
            "1018: `crate` is an absolute path, found `super::rt ::< u8>` | begin with `::` or `crate::`: `crate = ::query_runtime`",
        ],
    ),
    (
        r#"#[query(path = "/users", list = "x", get = 3, has_many = 2)]"#,
        &[
            r#"1014: `list` is a section, found the string `"x"` | write `list` or `list(…)`"#,
            "1014: `get` is a section, found the number `3` | write `get` or `get(…)`",
            r#"105: `has_many` needs arguments: `has_many(…)` | write `has_many(posts: Post, foreign_key = author_id, path = "/users/{id}/posts")`"#,
        ],
    ),
    (
        "#[query(path, name, list(page(size)), version)]",
        &[
            r#"1022: `path` is a string and needs a value | write `path = "/users"`"#,
            r#"1022: `name` is a string and needs a value | write `name = "users"`"#,
            "1022: `size` is a string and needs a value",
            "1022: `version` is a word and needs a value | write `version = updated_at`",
        ],
    ),
    (
        r#"#[query(path("/users"), version(updated_at))]"#,
        &[
            r#"105: `path` is a string and takes no arguments | write `path = "/users"`"#,
            "105: `version` is a word and takes no arguments | write `version = updated_at`",
        ],
    ),
    (
        "#[query(path = , list(param(role: )), sort = -)]",
        &[
            "1020: expected a value after `path =`",
            "1020: expected a type after `role:`",
            "1020: expected a field or a number after `-`",
            "103: unknown key `sort` in `#[query(…)]` of a struct | `sort` belongs in `list(…)`",
        ],
    ),
    (r#"#[query(path = "/users", list { sort = [id] })]"#, &["1019: expected `(…)` after `list`"]),
    (
        r#"#[query("/users", path = "/users")]"#,
        &[r#"1019: expected a word in `#[query(…)]` of a struct, found the string `"/users"`"#],
    ),
    (r#"#[query(path = "/users", *, get)]"#, &["1019: expected a word, found `*`"]),
    (
        r#"#[query(path = "/users", list(param(role: 3 + 4, shape), param(tag: Vec<, shape)))]"#,
        &[
            "1021: expected a type after `role:`, found `3 + 4`",
            "1021: expected a type after `tag:`, found `Vec <, shape`",
        ],
    ),
];

/// Attributes of a field.
const FIELD: [Case; 16] = [
    (
        r#"#[query(path = "/users", list)]"#,
        &[
            "1005: `path` describes the whole struct, not a field | move it to the `#[query(…)]` above the struct",
            "1005: `list` describes the whole struct, not a field | move it to the `#[query(…)]` above the struct",
        ],
    ),
    (
        r#"#[query(rename = "mail")]"#,
        &[
            r#"1005: `rename` is not a key of `#[query(…)]`: names on the wire are serde's | write `#[serde(rename = "…")]`"#,
        ],
    ),
    ("#[query(readonly)]", &["103: unknown key `readonly` in `#[query(…)]` of a field | did you mean `read_only`?"]),
    (
        "#[query(read_only, read_only)]",
        &["102: duplicate key `read_only` in `#[query(…)]` of a field | keep one `read_only`"],
    ),
    (
        "#[query(write_only)]",
        &[
            "1007: `write_only` cannot be: this struct is what the server sends, so it has no field that is only sent | leave the field out, or declare the resource in YAML, where `New…` may have fields of its own",
        ],
    ),
    (
        "#[query(nullable)]",
        &[
            "1008: `nullable` needs a type that can be null | write the field's type as `Option<…>`, or `Maybe<…>` if it may be absent too",
        ],
    ),
    (
        r#"#[query(read_only = "yes", immutable(always))]"#,
        &[
            r#"1014: `read_only` is a flag, found the string `"yes"` | write `read_only`, or `read_only = false`"#,
            "105: `immutable` is a flag and takes no arguments | write `immutable`, or `immutable = false`",
        ],
    ),
    (
        "#[query(default = viewer)]",
        &[
            "1014: `default` is a literal, found `viewer`: a derive does not see the type's values | write `default` alone and implement `Default` for the type",
        ],
    ),
    (
        "#[query(default = Role::Viewer)]",
        &[
            "1014: `default` is a literal, found `Role::Viewer`: a derive does not see the type's values | write `default` alone and implement `Default` for the type",
        ],
    ),
    (
        r#"#[query(default("x"))]"#,
        &["105: `default` is a flag or a literal and takes no arguments | write `default`, or `default = 0`"],
    ),
    ("#[query(read_only, optimistic = nwo)]", &["106: unknown `optimistic`: `nwo` | did you mean `now`?"]),
    (
        "#[query(read_only, optimistic = path)]",
        &[
            r#"106: unknown `optimistic`: `path` | write `now`, `default`, a literal, `path("post_id")` or `copy(name)`"#,
        ],
    ),
    (
        "#[query(read_only, optimistic)]",
        &["1022: `optimistic` says where a value comes from and needs a value | write `optimistic = now`"],
    ),
    (
        r#"#[query(min = "1", max = 80u8, pattern = 3)]"#,
        &[
            r#"1014: `min` is a number, found the string `"1"`"#,
            "1016: `max` has no suffix, found `80u8` | write `max = 80`",
            r#"1014: `pattern` is a string, found the number `3` | write `pattern = "^[a-z]+$"`"#,
        ],
    ),
    (r#"#[query = "id"]"#, &["1010: `#[query]` takes no value | write `#[query(…)]`"]),
    ("#[query(id)]", &["1006: `name` is a second id: `id` is the first | a row has one id; keep one `#[query(id)]`"]),
];

/// Items that cannot be a row.
const SHAPE: [Case; 5] = [
    (
        r#"#[query(path = "/users")] enum User { A, B }"#,
        &[
            "1001: `QueryResource` is for structs, found an enum | a row is a struct with a field for each member of the JSON object",
        ],
    ),
    (
        r#"#[query(path = "/users")] union User { a: u8 }"#,
        &[
            "1001: `QueryResource` is for structs, found a union | a row is a struct with a field for each member of the JSON object",
        ],
    ),
    (
        r#"#[query(path = "/users")] struct User(u8);"#,
        &[
            "1002: `QueryResource` needs named fields, found a tuple struct | a row is a struct with a field for each member of the JSON object",
        ],
    ),
    (
        r#"#[query(path = "/users")] struct User;"#,
        &[
            "1002: `QueryResource` needs named fields, found a unit struct | a row is a struct with a field for each member of the JSON object",
        ],
    ),
    (
        r#"#[query(path = "/users")] struct User<'a, T, const N: usize> { #[query(id)] id: &'a [T; N] }"#,
        &[
            "1003: a row of the cache cannot have a lifetime: `'a` | a cached row owns its data and has one type: write a struct without parameters",
            "1003: a row of the cache cannot have a type parameter: `T` | a cached row owns its data and has one type: write a struct without parameters",
            "1003: a row of the cache cannot have a constant: `N` | a cached row owns its data and has one type: write a struct without parameters",
        ],
    ),
];

/// Puts an attribute on a struct.
pub(crate) fn on_struct(attribute: &str) -> String {
    format!("{attribute} struct User {{ #[query(id)] id: UserId, name: String }}")
}

/// Puts an attribute on a field.
fn on_field(attribute: &str) -> String {
    format!(r#"#[query(path = "/users", get)] struct User {{ #[query(id)] id: UserId, {attribute} name: String }}"#)
}

#[test]
fn mistakes_on_a_struct_say_what_to_write() {
    check(&STRUCT, on_struct);
}

#[test]
fn mistakes_on_a_field_say_what_to_write() {
    check(&FIELD, on_field);
}

#[test]
fn items_that_cannot_be_rows_are_told_why() {
    check(&SHAPE, str::to_owned);
}
