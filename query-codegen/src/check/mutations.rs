//! Can what a resource's mutations promise be kept: an order to insert by, ids to give, something to change?

use crate::{
    check::{
        Lookup,
        kind::{Kind, is_signed, one},
    },
    diagnostics::{Diagnostic, Diagnostics},
    model::{
        CreateOptimism, FieldDef, InsertAt, ListDef, ListReach, ParamRole, Resource, SearchMatch, SerdeTreatment,
        TempId, UpdateBody, UpdateDef,
    },
    origin::{Origin, Spanned},
};

/// Checks create and update of every resource.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    for resource in &cx.schema.resources {
        let mutations = &resource.mutations;
        if let Some(optimism) = mutations.create.as_ref().and_then(|create| create.optimistic.as_ref()) {
            check_insert(cx, resource, optimism, out);
            check_temp_id(cx, resource, optimism, out);
            check_reach(cx, resource, optimism.lists.as_ref(), &optimism.origin, out);
        }
        if let Some(update) = &mutations.update {
            check_patchable(cx, resource, update, out);
            if let Some(optimism) = &update.optimistic {
                check_reach(cx, resource, optimism.lists.as_ref(), &optimism.origin, out);
            }
        }
    }
}

/// Returns whether the client knows the order of a list.
fn is_ordered(list: &ListDef) -> bool {
    !list.sort.is_empty() || list.params.iter().any(|param| matches!(param.role.as_deref(), Some(ParamRole::Sort(_))))
}

fn check_insert(cx: Lookup<'_>, resource: &Resource, optimism: &Spanned<CreateOptimism>, out: &mut Diagnostics) {
    let Some(insert) = optimism.insert.as_ref().filter(|at| at.value == InsertAt::Sorted) else {
        return;
    };
    let reached = optimism.lists.as_deref() != Some(&ListReach::None);
    if !reached || resource.list.as_ref().is_none_or(is_ordered) {
        return;
    }
    let message =
        format!("`insert: sorted` needs an order, and only the server knows that of `{}`", resource.name.value);
    out.push(Diagnostic::error(602, cx.setting(message), &insert.origin).help(cx.either(
        "write `start`, `end` or `none`, or declare `sort: [-created_at]` in `list`",
        "write `start`, `end` or `none`, or declare `sort = [-created_at]` in `list(…)`",
    )));
}

/// Warns where every list that sets a parameter becomes stale.
fn check_reach(
    cx: Lookup<'_>,
    resource: &Resource,
    reach: Option<&Spanned<ListReach>>,
    optimism: &Origin,
    out: &mut Diagnostics,
) {
    if reach.is_some_and(|reach| reach.value != ListReach::Matching) {
        return;
    }
    let Some(list) = &resource.list else { return };
    let mut deciding = list
        .params
        .iter()
        .filter_map(|param| param.role.as_deref())
        .filter(|role| !matches!(role, ParamRole::Sort(_) | ParamRole::SortOrder))
        .peekable();
    if deciding.peek().is_none() || !deciding.all(is_opaque) {
        return;
    }
    let message = format!(
        "no parameter of `{}` says which rows match, so every list that sets one becomes stale",
        resource.name.value
    );
    out.push(
        Diagnostic::warning(603, message, reach.map_or(optimism, |reach| &reach.origin))
            .help(cx.setting("say what the parameters mean, or write `lists: none`")),
    );
}

fn is_opaque(role: &ParamRole) -> bool {
    match role {
        ParamRole::Opaque | ParamRole::Shape => true,
        ParamRole::Search { how, .. } => how.value == SearchMatch::Server,
        _ => false,
    }
}

fn check_temp_id(cx: Lookup<'_>, resource: &Resource, optimism: &Spanned<CreateOptimism>, out: &mut Diagnostics) {
    let Some(id) = cx.id(resource) else { return };
    let temp = optimism.temp_id.as_deref().copied().unwrap_or_default();
    let origin = optimism.temp_id.as_ref().map_or(&optimism.origin, |temp| &temp.origin);
    let kind = cx.kind(&id.ty);
    let name = format!("{}.{}", resource.model.value, id.name.value);
    let ty = one(&id.ty);
    let (message, help) = match (temp, kind) {
        (_, Kind::Unknown) | (TempId::Uuid, Kind::Text) => return,
        (TempId::NegativeCounter, Kind::Integer(width)) if is_signed(width) => return,
        (TempId::Client, _) if id.read_only.is_none() => return,
        (TempId::Client, _) => (
            format!("`temp_id: client` needs an id that the client may send, and `{name}` is read_only"),
            format!("leave out `read_only` on `{}`", id.name.value),
        ),
        (TempId::Uuid, Kind::Integer(width)) if is_signed(width) => {
            (format!("a `uuid` cannot be {ty}, which `{name}` is"), "write `temp_id: negative_counter`".to_owned())
        }
        (_, Kind::Integer(_)) => (
            format!("`{name}` is {ty}, which has no room for temporary ids"),
            "make the id a signed number and write `temp_id: negative_counter`".to_owned(),
        ),
        (TempId::NegativeCounter, Kind::Text) => {
            (format!("a negative number cannot be {ty}, which `{name}` is"), "write `temp_id: uuid`".to_owned())
        }
        _ => (
            format!("`{name}` is {ty}, for which there are no temporary ids"),
            cx.either(
                "write `temp_id: client`, or `optimistic: false`",
                "write `temp_id = client`, or leave out `optimistic`",
            )
            .to_owned(),
        ),
    };
    out.push(Diagnostic::error(605, cx.setting(message), origin).help(cx.setting(help)));
}

/// Returns whether an update may change a field.
pub(super) fn is_patchable(field: &FieldDef, id: &str) -> bool {
    field.read_only.is_none()
        && field.immutable.is_none()
        && field.name.value != id
        && field.serde == SerdeTreatment::Plain
}

fn check_patchable(cx: Lookup<'_>, resource: &Resource, update: &UpdateDef, out: &mut Diagnostics) {
    let (Some(row), Some(id)) = (cx.row(resource), cx.id(resource)) else { return };
    if update.body.as_deref() == Some(&UpdateBody::Full) || row.fields.iter().any(|field| is_patchable(field, &id.name))
    {
        return;
    }
    let message = format!("no field of `{}` can be patched: all are read_only or immutable", resource.model.value);
    out.push(
        Diagnostic::error(606, message, &update.origin.key()).help("leave out `update`, or let clients write a field"),
    );
}
