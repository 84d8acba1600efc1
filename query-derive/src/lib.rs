//! What are the macros of query-runtime: `#[derive(QueryResource)]` and `query_schema!`?
//!
//! Both hand their tokens to `query-codegen`, which does all the work. Use them through `query_runtime`, which re-exports
//! them: what they generate names that crate.

use proc_macro::{Span, TokenStream};

/// Generates typed query hooks for the rows of a collection.
///
/// The struct is what the server sends; `#[query(…)]` says where it lives and what can be done with it. Names on the wire
/// come from `#[serde(…)]`. Everything is generated beside the struct, with its visibility.
///
/// ```ignore
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, QueryResource)]
/// #[query(
///     path = "/users",
///     list(param(role: Role, filter(role, op = eq)), stale_time = "2m"),
///     get,
///     update(optimistic),
/// )]
/// pub struct User {
///     #[query(id, read_only)]
///     pub id: UserId,
///     pub name: String,
///     pub role: Role,
/// }
///
/// let users = use_users(&client, UserListParams { role: Some(Role::Admin), ..Default::default() });
/// ```
///
/// # On the struct
///
/// | key | meaning |
/// |---|---|
/// | `path = "/users"` | the collection's path; the only key that must be there |
/// | `name = "users"` | the resource's name in keys and functions; by default the path's last segment |
/// | `api = Social`, `error = ApiError` | the API's type, the body of answers that are not 2xx |
/// | `version = updated_at` | the field that grows with every change |
/// | `level = keyed` | what the server promises: `plain`, `keyed`, `versioned` or `watermarked` |
/// | `crate = ::query_runtime` | where the runtime is; begins with `::` or `crate::` |
/// | `list(envelope(…), page(…) or cursor(…), param(…), sort = […], …)` | the list, and with it `infinite(…)` |
/// | `get(…)`, `create(…)`, `update(…)`, `delete(…)` | one row, and what changes it |
/// | `has_many(posts: Post, foreign_key = author_id, path = "/users/{id}/posts")` | another resource's rows |
/// | `parent(post_id: PostId)`, `parent = posts` | a path parameter of the collection, the owner's resource |
/// | `invalidates(create = [users.list])` | what goes stale when a mutation settles |
/// | `realtime(…)`, `offline(…)`, `names(…)` | live updates, the outbox, other names |
///
/// # On a field
///
/// `id`, `read_only`, `immutable`, `nullable`, `default`, `default = 0`, `min`, `max`, `pattern` and
/// `optimistic = now | default | 0 | path("post_id") | copy(name)`.
#[proc_macro_derive(QueryResource, attributes(query))]
pub fn query_resource(input: TokenStream) -> TokenStream {
    query_codegen::derive::derive_query_resource(input.into()).into()
}

/// Generates the types and hooks of a YAML schema.
///
/// A path that begins with `./` or `../` begins at the file with the call, any other at the package's folder. An edit of
/// the schema builds the crate again. Editors follow a build script better: see `query_codegen::config::Config`.
///
/// ```ignore
/// query_runtime::query_schema!("schemas/social.yaml");
///
/// let users = use_users(&client, UserListParams::default());
/// ```
#[proc_macro]
pub fn query_schema(input: TokenStream) -> TokenStream {
    let file = Span::call_site().local_file();
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(Into::into);
    query_codegen::include::query_schema(input.into(), file, package).into()
}
