//! What is every generated item called?
//!
//! Names are text in the final casing; [`crate::name::speakable`] makes identifiers of them. Plural functions take their
//! name from the resource (`users`), singular ones and types from the model (`User`), never by rules of English.

use crate::{
    model::{MutationDef, QueryDef, Relation, Resource},
    name::{pascal, snake},
    origin::{Origin, Spanned},
};

/// Returns the override of a type's name, or the derived name.
///
/// An override in the casing of types stays to the letter (`HTTPUser`); any other would be a warning in the user's crate.
fn or(chosen: Option<&Spanned<String>>, derived: impl FnOnce() -> String) -> String {
    chosen.map_or_else(derived, |name| {
        let is_pascal = name.starts_with(|c: char| c.is_ascii_uppercase()) && !name.contains(['_', '-']);
        if is_pascal { name.value.clone() } else { pascal(name) }
    })
}

/// Returns the name that `names.hooks` gives to an operation, or the derived one.
fn hook(resource: &Resource, operation: &str, derived: impl FnOnce() -> String) -> String {
    let chosen = resource.names.hooks.iter().find(|(of, _)| of.value == operation);
    chosen.map_or_else(derived, |(_, name)| snake(name))
}

/// Returns `User`. The name of a derive's struct stays as the user wrote it.
pub fn model_type(resource: &Resource) -> String {
    match resource.model.origin {
        Origin::Span(_) => resource.model.value.clone(),
        Origin::Yaml(_) | Origin::Default => pascal(&resource.model),
    }
}

/// Returns `user`.
pub fn singular(resource: &Resource) -> String {
    snake(&resource.model)
}

/// Returns `users`.
pub fn plural(resource: &Resource) -> String {
    snake(&resource.name)
}

// ===== types =====

/// Returns `NewUser`: what is sent to create a row.
pub fn new_type(resource: &Resource) -> String {
    or(resource.names.new.as_ref(), || format!("New{}", model_type(resource)))
}

/// Returns `UserPatch`: the changed fields of a row.
pub fn patch_type(resource: &Resource) -> String {
    or(resource.names.patch.as_ref(), || format!("{}Patch", model_type(resource)))
}

/// Returns `UserReplace`: the whole of a row that a client may write.
pub fn replace_type(resource: &Resource) -> String {
    or(resource.names.replace.as_ref(), || format!("{}Replace", model_type(resource)))
}

/// Returns `UserListParams`.
pub fn params_type(resource: &Resource) -> String {
    or(resource.names.params.as_ref(), || format!("{}ListParams", model_type(resource)))
}

/// Returns `UserFilter`: the list's parameters without the page.
pub fn filter_type(resource: &Resource) -> String {
    or(resource.names.filter.as_ref(), || format!("{}Filter", model_type(resource)))
}

/// Returns `UserSort`: what a list can be sorted by.
pub fn sort_type(resource: &Resource) -> String {
    or(resource.names.sort.as_ref(), || format!("{}Sort", model_type(resource)))
}

/// Returns `UserKeys`.
pub fn keys_type(resource: &Resource) -> String {
    or(resource.names.keys.as_ref(), || format!("{}Keys", model_type(resource)))
}

/// Returns `UserChange`: the ways in which a row can change before the server answers.
pub fn change_type(resource: &Resource) -> String {
    format!("{}Change", model_type(resource))
}

/// Returns `CreateUser`: the variables of a create whose path has parameters.
pub fn create_variables(resource: &Resource) -> String {
    format!("Create{}", model_type(resource))
}

/// Returns `UpdateUser`: the variables of an update.
pub fn update_variables(resource: &Resource) -> String {
    format!("Update{}", model_type(resource))
}

/// Returns `DeleteUser`: the variables of a delete whose path has more parameters than the id.
pub fn delete_variables(resource: &Resource) -> String {
    format!("Delete{}", model_type(resource))
}

// ===== lists =====

/// Returns `fetch_users`.
pub fn fetch_list_fn(resource: &Resource) -> String {
    format!("fetch_{}", plural(resource))
}

/// Returns `users_query`.
pub fn list_query_fn(resource: &Resource) -> String {
    format!("{}_query", plural(resource))
}

/// Returns `use_users`.
pub fn use_list_fn(resource: &Resource) -> String {
    hook(resource, "list", || format!("use_{}", plural(resource)))
}

/// Returns `infinite_users_query`.
pub fn infinite_query_fn(resource: &Resource) -> String {
    format!("infinite_{}_query", plural(resource))
}

/// Returns `use_infinite_users`.
pub fn use_infinite_fn(resource: &Resource) -> String {
    hook(resource, "infinite", || format!("use_infinite_{}", plural(resource)))
}

/// Returns `prefetch_users`.
pub fn prefetch_list_fn(resource: &Resource) -> String {
    format!("prefetch_{}", plural(resource))
}

/// Returns `prefetch_infinite_users`.
pub fn prefetch_infinite_fn(resource: &Resource) -> String {
    format!("prefetch_infinite_{}", plural(resource))
}

/// Returns `invalidate_users`.
pub fn invalidate_list_fn(resource: &Resource) -> String {
    format!("invalidate_{}", plural(resource))
}

// ===== details =====

/// Returns `fetch_user`.
pub fn fetch_one_fn(resource: &Resource) -> String {
    format!("fetch_{}", singular(resource))
}

/// Returns `user_query`.
pub fn one_query_fn(resource: &Resource) -> String {
    format!("{}_query", singular(resource))
}

/// Returns `use_user`.
pub fn use_one_fn(resource: &Resource) -> String {
    hook(resource, "get", || format!("use_{}", singular(resource)))
}

/// Returns `prefetch_user`.
pub fn prefetch_one_fn(resource: &Resource) -> String {
    format!("prefetch_{}", singular(resource))
}

/// Returns `invalidate_user`.
pub fn invalidate_one_fn(resource: &Resource) -> String {
    format!("invalidate_{}", singular(resource))
}

/// Returns `warm_up_users`.
pub fn warm_up_fn(resource: &Resource) -> String {
    format!("warm_up_{}", plural(resource))
}

// ===== relations =====

/// Returns `posts`: the function of `UserKeys`.
pub fn relation_key_fn(relation: &Relation) -> String {
    snake(&relation.name)
}

/// Returns `UserPostsFilter`: which rows of the other resource belong to one row of this.
pub fn relation_filter_type(resource: &Resource, relation: &Relation) -> String {
    format!("{}{}Filter", model_type(resource), pascal(&relation.name))
}

/// Returns `fetch_user_posts`.
pub fn fetch_relation_fn(resource: &Resource, relation: &Relation) -> String {
    format!("fetch_{}_{}", singular(resource), snake(&relation.name))
}

/// Returns `user_posts_query`.
pub fn relation_query_fn(resource: &Resource, relation: &Relation) -> String {
    format!("{}_{}_query", singular(resource), snake(&relation.name))
}

/// Returns `use_user_posts`.
pub fn use_relation_fn(resource: &Resource, relation: &Relation) -> String {
    format!("use_{}_{}", singular(resource), snake(&relation.name))
}

/// Returns `prefetch_user_posts`.
pub fn prefetch_relation_fn(resource: &Resource, relation: &Relation) -> String {
    format!("prefetch_{}_{}", singular(resource), snake(&relation.name))
}

// ===== create, update, delete =====

/// Returns `send_create_user`.
pub fn send_create_fn(resource: &Resource) -> String {
    format!("send_create_{}", singular(resource))
}

/// Returns `create_user_mutation`.
pub fn create_mutation_fn(resource: &Resource) -> String {
    format!("create_{}_mutation", singular(resource))
}

/// Returns `use_create_user`.
pub fn use_create_fn(resource: &Resource) -> String {
    hook(resource, "create", || format!("use_create_{}", singular(resource)))
}

/// Returns `send_update_user`.
pub fn send_update_fn(resource: &Resource) -> String {
    format!("send_update_{}", singular(resource))
}

/// Returns `update_user_mutation`.
pub fn update_mutation_fn(resource: &Resource) -> String {
    format!("update_{}_mutation", singular(resource))
}

/// Returns `use_update_user`.
pub fn use_update_fn(resource: &Resource) -> String {
    hook(resource, "update", || format!("use_update_{}", singular(resource)))
}

/// Returns `send_delete_user`.
pub fn send_delete_fn(resource: &Resource) -> String {
    format!("send_delete_{}", singular(resource))
}

/// Returns `delete_user_mutation`.
pub fn delete_mutation_fn(resource: &Resource) -> String {
    format!("delete_{}_mutation", singular(resource))
}

/// Returns `use_delete_user`.
pub fn use_delete_fn(resource: &Resource) -> String {
    hook(resource, "delete", || format!("use_delete_{}", singular(resource)))
}

/// Returns `optimistic_user`: the row that a create shows before the server answers.
pub fn optimistic_fn(resource: &Resource) -> String {
    format!("optimistic_{}", singular(resource))
}

// ===== custom queries and mutations =====

/// Returns `UserStatsParams`: the parameters of a query that belongs to no resource.
pub fn query_params_type(query: &QueryDef) -> String {
    format!("{}Params", pascal(&query.name))
}

/// Returns `UserStatsView`: the picked fields that an observer shows instead of the whole.
pub fn query_view_type(query: &QueryDef) -> String {
    format!("{}View", pascal(&query.name))
}

/// Returns `user_stats_key`.
pub fn query_key_fn(query: &QueryDef) -> String {
    format!("{}_key", snake(&query.name))
}

/// Returns `fetch_user_stats`.
pub fn fetch_query_fn(query: &QueryDef) -> String {
    format!("fetch_{}", snake(&query.name))
}

/// Returns `user_stats_query`.
pub fn query_options_fn(query: &QueryDef) -> String {
    format!("{}_query", snake(&query.name))
}

/// Returns `use_user_stats`.
pub fn use_query_fn(query: &QueryDef) -> String {
    format!("use_{}", snake(&query.name))
}

/// Returns `prefetch_user_stats`.
pub fn prefetch_query_fn(query: &QueryDef) -> String {
    format!("prefetch_{}", snake(&query.name))
}

/// Returns `invalidate_user_stats`.
pub fn invalidate_query_fn(query: &QueryDef) -> String {
    format!("invalidate_{}", snake(&query.name))
}

/// Returns `Follow`: the variables of a mutation that belongs to no resource, and its variant of `UserChange`.
pub fn mutation_variables(mutation: &MutationDef) -> String {
    pascal(&mutation.name)
}

/// Returns `send_follow`.
pub fn send_mutation_fn(mutation: &MutationDef) -> String {
    format!("send_{}", snake(&mutation.name))
}

/// Returns `follow_mutation`.
pub fn mutation_options_fn(mutation: &MutationDef) -> String {
    format!("{}_mutation", snake(&mutation.name))
}

/// Returns `use_follow`.
pub fn use_mutation_fn(mutation: &MutationDef) -> String {
    format!("use_{}", snake(&mutation.name))
}
