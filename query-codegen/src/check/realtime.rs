//! Do live updates and the outbox make sense?
//!
//! Both are part of the language and not generated yet, so that a schema that asks for them is told so, after what is wrong
//! with the section itself.

use crate::{
    check::{
        Lookup,
        literal::quoted,
        lookup::{field_of, parameters},
        models::{is_version, words},
    },
    diagnostics::{Diagnostic, Diagnostics},
    model::{Conflict, Method, Offline, Realtime, RealtimeAction, Resource, TempId, UpdateBody},
    name,
    origin::Spanned,
    suggest,
};

/// The strategies of a conflict.
const STRATEGIES: [&str; 5] = ["server_wins", "client_wins", "last_write_wins", "field_merge", "custom"];

/// The orders of an outbox.
const ORDERS: [&str; 3] = ["per_entity", "global", "none"];

/// Checks the sections that are not generated yet.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    if let Some(refresh) = cx.schema.api.auth.as_ref().and_then(|auth| auth.refresh.as_ref()) {
        let message = "`auth.refresh` is checked but not generated yet";
        out.push(
            Diagnostic::error(892, message, &refresh.origin.key())
                .help("remove `refresh` from `api.auth`, and give the transport a `bearer` function"),
        );
    }
    for resource in &cx.schema.resources {
        let name = &resource.name.value;
        if let Some(realtime) = &resource.realtime {
            check_realtime(cx, realtime, out);
            let message = "realtime is checked but not generated yet";
            out.push(
                Diagnostic::error(890, message, &realtime.origin.key())
                    .help(format!("remove `realtime` from `{name}`")),
            );
        }
        if let Some(offline) = &resource.offline {
            check_offline(cx, resource, offline, out);
            let message = "offline is checked but not generated yet";
            out.push(
                Diagnostic::error(891, message, &offline.origin.key()).help(format!("remove `offline` from `{name}`")),
            );
        }
    }
}

fn check_realtime(cx: Lookup<'_>, realtime: &Realtime, out: &mut Diagnostics) {
    if let Some(channel) = &realtime.channel {
        let rest = ["wss://", "ws://"].iter().find_map(|scheme| channel.strip_prefix(scheme));
        let bare = channel.starts_with('/') && !channel.starts_with("//");
        let has_host = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
        let clean = !channel.chars().any(|c| c.is_whitespace() || c.is_control());
        if !(clean && (has_host || bare)) {
            let message = format!("{} is not the address of a socket", quoted(channel));
            out.push(
                Diagnostic::error(802, message, &channel.origin)
                    .help("write `wss://api.example.org/live`, or a path such as `/live`"),
            );
        }
    }
    for (index, (tag, action)) in realtime.messages.iter().enumerate() {
        let first = realtime.messages[..index].iter().find(|(other, _)| other.value == tag.value);
        if let Some((first, _)) = first {
            let message = format!("message {} is mapped twice", quoted(tag));
            out.push(
                Diagnostic::error(801, message, &tag.origin)
                    .note("it is here first", &first.origin)
                    .help("leave one out"),
            );
        }
        let lacking = match &action.value {
            RealtimeAction::Delete(None) => {
                Some(("delete", cx.either("write `{ delete: id }`", "write `delete(id = \"id\")`")))
            }
            RealtimeAction::Bulk { id: None, .. } => Some((
                "bulk",
                cx.either(
                    "write `{ bulk: items, id: id, patch: data }`",
                    "write `bulk(items = \"items\", id = \"id\", patch = \"data\")`",
                ),
            )),
            _ => None,
        };
        if let Some((word, help)) = lacking {
            let message = format!("`{word}` does not say where the id of the row is");
            out.push(Diagnostic::error(801, message, &action.origin).help(help));
        }
    }
}

fn check_offline(cx: Lookup<'_>, resource: &Resource, offline: &Offline, out: &mut Diagnostics) {
    if let Some(order) = &offline.order {
        if ORDERS.contains(&order.value.as_str()) {
            check_order(cx, resource, offline, order, out);
        } else {
            let message = format!("unknown order {}", quoted(order));
            let help = suggest::help(order, ORDERS);
            out.push(Diagnostic::error(805, message, &order.origin).maybe_help(help));
        }
    }
    if let Some(conflict) = &offline.conflict {
        check_conflict(cx, resource, conflict, out);
    }
}

/// Reports mutations that may overtake the create whose id they name.
fn check_order(cx: Lookup<'_>, resource: &Resource, offline: &Offline, order: &Spanned<String>, out: &mut Diagnostics) {
    let mutations = &resource.mutations;
    let optimism = mutations.create.as_ref().and_then(|create| create.optimistic.as_ref());
    let temporary = optimism.is_some_and(|one| one.temp_id.as_deref() != Some(&TempId::Client));
    let named = |path: Option<&Spanned<crate::model::PathTemplate>>| {
        path.is_none_or(|path| {
            parameters(path).any(|(name, _)| name == "id" || cx.id(resource).is_some_and(|id| id.name.value == name))
        })
    };
    let later = mutations.update.as_ref().is_some_and(|update| named(update.path.as_ref()))
        || mutations.delete.as_ref().is_some_and(|delete| named(delete.path.as_ref()));
    if order.value == "none" && offline.queue.value && temporary && later {
        let message = format!(
            "`order: none` lets a change of `{}` overtake the create whose temporary id it names",
            resource.name.value
        );
        let help = cx.setting("write `order: per_entity`");
        out.push(Diagnostic::error(805, cx.setting(message), &order.origin).help(help));
    }
}

fn check_conflict(cx: Lookup<'_>, resource: &Resource, conflict: &Conflict, out: &mut Diagnostics) {
    let strategy = &conflict.strategy;
    match strategy.value.as_str() {
        "server_wins" | "client_wins" => {}
        "last_write_wins" => check_last_write(cx, resource, conflict, out),
        "field_merge" => check_merge(cx, resource, conflict, out),
        "custom" => match &conflict.function {
            Some(function) if is_path(function) => {}
            Some(function) => {
                let message = format!("{} is not the path of a function", quoted(function));
                out.push(Diagnostic::error(806, message, &function.origin).help("write `crate::conflicts::users`"));
            }
            None => out.push(Diagnostic::error(806, "`custom` needs a function", &strategy.origin).help(
                cx.either("write `fn: crate::conflicts::users`", "write `function = \"crate::conflicts::users\"`"),
            )),
        },
        other => {
            let message = format!("unknown strategy {}", quoted(other));
            let help = suggest::help(other, STRATEGIES);
            out.push(Diagnostic::error(806, message, &strategy.origin).maybe_help(help));
        }
    }
}

/// Returns whether a text is the path of a function: names with `::` between them.
pub(super) fn is_path(text: &str) -> bool {
    let path = text.strip_prefix("::").unwrap_or(text);
    path.split("::").all(|part| {
        matches!(part, "crate" | "super" | "self")
            || name::problem(part.trim_start_matches('_')).is_none() && !part.contains('-')
    })
}

fn check_last_write(cx: Lookup<'_>, resource: &Resource, conflict: &Conflict, out: &mut Diagnostics) {
    let Some(row) = cx.row(resource) else { return };
    let strategy = &conflict.strategy;
    let Some(version) = conflict.by.as_ref().or(row.version.as_ref()) else {
        let message = format!("`last_write_wins` needs a version of `{}`", resource.model.value);
        out.push(Diagnostic::error(803, message, &strategy.origin).help(cx.either(
            "write `by: updated_at`, with a field that grows with every change",
            "write `by = updated_at`, with a field that grows with every change",
        )));
        return;
    };
    match field_of(row, version) {
        Some(field) if is_version(cx, field) => {}
        Some(field) => {
            let message = format!(
                "`{}.{}` cannot tell versions apart, which `last_write_wins` needs",
                resource.model.value, field.name.value
            );
            out.push(
                Diagnostic::error(803, message, &strategy.origin)
                    .help("a version is a `datetime` or a whole number that is always there"),
            );
        }
        None if conflict.by.is_some() && !cx.is_broken(&[&resource.model, version]) => {
            let message = format!("{} is not a field of `{}`", quoted(version), resource.model.value);
            let help = suggest::help(version, words(&row.fields));
            out.push(Diagnostic::error(803, message, &version.origin).maybe_help(help));
        }
        None => {}
    }
}

fn check_merge(cx: Lookup<'_>, resource: &Resource, conflict: &Conflict, out: &mut Diagnostics) {
    let strategy = &conflict.strategy;
    let patches = resource.mutations.update.as_ref().is_some_and(|update| {
        update.method.as_deref().copied().unwrap_or(Method::Patch) == Method::Patch
            && update.body.as_deref() != Some(&UpdateBody::Full)
    });
    if !patches {
        let message = format!(
            "`field_merge` needs updates that send changed fields, and those of `{}` do not",
            resource.name.value
        );
        out.push(
            Diagnostic::error(804, message, &strategy.origin)
                .help(cx.setting("write `method: PATCH` and `body: patch` in `update`")),
        );
    }
    if let Some(word) = &conflict.on_both_changed {
        let legal = ["server", "client", "ask"];
        if !legal.contains(&word.value.as_str()) {
            let message = format!("unknown `on_both_changed` {}", quoted(word));
            let help = suggest::help(word, legal);
            out.push(Diagnostic::error(806, message, &word.origin).maybe_help(help));
        }
    }
}
