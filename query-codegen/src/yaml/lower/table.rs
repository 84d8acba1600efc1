//! Which keys does each section of the dialect have?
//!
//! The schema for editors, `schemas/schema.json`, is held against this table.

use crate::yaml::lower::{
    ROOT, api, envelopes, fields, list, live, models, mutations, options, queries, resources, types,
};

/// Returns the name and the keys of every section of the dialect, those of the same keys in another place apart.
pub(crate) fn keys() -> Vec<(&'static str, &'static [&'static str])> {
    let document = [("schema", &ROOT), ("envelope", &envelopes::ENVELOPE)];
    let api = [
        ("api", &api::API),
        ("env_text_map", &api::ENV_TEXT),
        ("naming", &api::NAMING),
        ("auth", &api::AUTH),
        ("auth_refresh", &api::REFRESH),
        ("error", &api::ERROR),
        ("error_conflict", &api::CONFLICT),
        ("watermark", &api::WATERMARK),
        ("defaults", &api::DEFAULTS),
    ];
    let options = [
        ("query_options", &options::SHARED),
        ("infinite_options", &options::INFINITE),
        ("detail_options", &options::DETAIL),
        ("custom_options", &options::CUSTOM),
        ("mutation_options", &options::MUTATION),
        ("refetch", &options::REFETCH),
        ("retry_map", &options::RETRY),
        ("backoff", &options::BACKOFF),
    ];
    let models = [
        ("model", &models::MODEL),
        ("enum_value", &models::VALUE),
        ("inline_model", &types::INLINE),
        ("field_map", &fields::FIELD),
        ("copy", &fields::COPY),
    ];
    let resources = [
        ("resource", &resources::RESOURCE),
        ("infinite", &resources::INFINITE),
        ("get", &resources::GET),
        ("relation", &resources::RELATION),
        ("names", &resources::NAMES),
        ("hooks", &resources::HOOKS),
        ("list", &list::LIST),
        ("pagination", &list::PAGINATION),
        ("list_param", &list::PARAM),
    ];
    let mutations = [
        ("create", &mutations::CREATE),
        ("update", &mutations::UPDATE),
        ("delete", &mutations::DELETE),
        ("invalidates", &mutations::INVALIDATES),
        ("create_optimistic", &mutations::CREATE_OPTIMISTIC),
        ("update_optimistic", &mutations::UPDATE_OPTIMISTIC),
        ("delete_optimistic", &mutations::DELETE_OPTIMISTIC),
    ];
    let live = [
        ("realtime", &live::REALTIME),
        ("action_delete", &live::DELETE),
        ("action_bulk", &live::BULK),
        ("offline", &live::OFFLINE),
        ("conflict", &live::CONFLICT),
    ];
    let custom = [
        ("query", &queries::QUERY),
        ("mutation", &queries::MUTATION),
        ("param", &queries::PARAM),
        ("select", &queries::SELECT),
        ("rule", &queries::RULE),
    ];
    let all = document.into_iter().chain(api).chain(options).chain(models).chain(resources).chain(mutations);
    all.chain(live).chain(custom).map(|(name, section)| (name, section.keys)).collect()
}
