//! Can a list be wrapped, paged and sorted as it says?

use crate::{
    check::{Lookup, kind::Kind, literal::quoted, lookup::field_of},
    diagnostics::{Diagnostic, Diagnostics},
    model::{Envelope, ListDef, ListParam, Literal, PageStyle, Pagination, ParamRole, Resource, Type},
    origin::{Origin, Spanned},
    suggest,
};

/// Checks envelopes, pagination and order of every list.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    for envelope in &cx.schema.envelopes {
        check_envelope(cx, envelope, out);
    }
    for resource in &cx.schema.resources {
        if let Some(list) = &resource.list {
            check_envelope_name(cx, list, out);
            check_pagination(cx, resource, list, out);
            check_sort(cx, resource, list, out);
            check_order(cx, list, out);
        }
        check_infinite(cx, resource, out);
    }
}

fn roles(envelope: &Envelope) -> [(&'static str, Option<&Spanned<String>>); 6] {
    [
        ("items", envelope.items.as_ref()),
        ("total", envelope.total.as_ref()),
        ("has_more", envelope.has_more.as_ref()),
        ("page", envelope.page.as_ref()),
        ("next", envelope.next.as_ref()),
        ("prev", envelope.prev.as_ref()),
    ]
}

fn check_envelope(cx: Lookup<'_>, envelope: &Envelope, out: &mut Diagnostics) {
    let name = &envelope.name;
    if envelope.items.is_none() {
        let message = format!("envelope `{}` does not say where the rows are", name.value);
        out.push(Diagnostic::error(502, message, &name.origin).help(cx.either(
            "write `items: items`, with the rows' name on the wire, or `items: $resource`",
            "write `items = \"items\"`, with the rows' name on the wire",
        )));
    }
    let mut seen: Vec<(&str, &Spanned<String>)> = Vec::new();
    for (role, wire) in roles(envelope) {
        let Some(wire) = wire else { continue };
        if let Some((first, place)) = seen.iter().find(|(_, other)| other.value == wire.value) {
            let message = format!("`{first}` and `{role}` are both at {} on the wire", quoted(wire));
            out.push(Diagnostic::error(502, message, &wire.origin).note(format!("`{first}` is here"), &place.origin));
        }
        seen.push((role, wire));
    }
}

fn check_envelope_name(cx: Lookup<'_>, list: &ListDef, out: &mut Diagnostics) {
    let Some(name) = &list.envelope else { return };
    if cx.envelope(name).is_none() && !cx.is_broken(&["envelopes", name]) {
        let legal = cx.schema.envelopes.iter().map(|envelope| envelope.name.value.as_str());
        let help = suggest::help(name, legal)
            .or_else(|| Some("declare it in `envelopes`, or write `envelope: none`".to_owned()));
        let message = format!("unknown envelope {}", quoted(name));
        out.push(Diagnostic::error(501, message, &name.origin).maybe_help(help));
    }
}

fn check_pagination(cx: Lookup<'_>, resource: &Resource, list: &ListDef, out: &mut Diagnostics) {
    let Some(pagination) = &list.pagination else { return };
    check_sizes(cx, pagination, out);
    let at = pagination.origin.key();
    // An envelope that does not exist has been reported; what it would say is not known.
    let known = list.envelope.as_ref().is_none_or(|name| cx.envelope(name).is_some());
    let envelope = cx.envelope_of(resource);
    match pagination.style {
        PageStyle::Page => {
            if pagination.param.is_none() {
                out.push(
                    Diagnostic::error(503, "`style: page` needs the parameter of the page's number", &at)
                        .help("write `page: page`"),
                );
            }
            let ends = envelope.is_some_and(|envelope| {
                envelope.total.is_some() || envelope.has_more.is_some() || envelope.next.is_some()
            });
            if known && !ends {
                out.push(
                    Diagnostic::error(
                        503,
                        cx.either(
                            "`style: page` needs one of `total`, `has_more`, `next` in the envelope",
                            "`page(…)` needs one of `total`, `has_more`, `next` in `envelope(…)`",
                        ),
                        &at,
                    )
                    .help("without one of them nobody knows which page is the last"),
                );
            }
        }
        PageStyle::Cursor => {
            if pagination.param.is_none() {
                out.push(
                    Diagnostic::error(504, "`style: cursor` needs the parameter of the cursor", &at)
                        .help("write `cursor: after`"),
                );
            }
            if known && envelope.is_none_or(|envelope| envelope.next.is_none()) {
                let place = list.envelope.as_ref().map_or(&at, |name| &name.origin);
                let message = cx.either(
                    "`style: cursor` needs `next` in the envelope",
                    "`cursor(…)` needs `next` in `envelope(…)`",
                );
                out.push(Diagnostic::error(504, message, place).help(cx.either(
                    "write `next: nextCursor`, with the next cursor's name on the wire",
                    "write `next = \"nextCursor\"`, with the next cursor's name on the wire",
                )));
            }
        }
    }
}

fn check_sizes(cx: Lookup<'_>, pagination: &Spanned<Pagination>, out: &mut Diagnostics) {
    let mut report = |message: String, at: &Origin, help: &str| {
        out.push(Diagnostic::error(512, cx.setting(message), at).help(help));
    };
    if let Some(start) = pagination.start.as_ref().filter(|start| start.value < 0) {
        let message = format!("a page's number cannot be {}", start.value);
        report(message, &start.origin, cx.either("write `start: 0` or `start: 1`", "write `start = 0` or `start = 1`"));
    }
    let (default_word, max_word) = (cx.either("default_size", "default"), cx.either("max_size", "max"));
    for (word, size) in [(default_word, &pagination.default_size), (max_word, &pagination.max_size)] {
        if let Some(size) = size.as_ref().filter(|size| size.value < 1) {
            let message = format!("`{word}: {}` leaves no room for a row", size.value);
            report(message, &size.origin, "write at least 1");
        }
    }
    if let (Some(default), Some(most)) = (&pagination.default_size, &pagination.max_size)
        && default.value > most.value
    {
        let message = format!("`{default_word}: {}` is more than `{max_word}: {}`", default.value, most.value);
        report(message, &default.origin, "make one of them fit the other");
    }
}

fn check_infinite(cx: Lookup<'_>, resource: &Resource, out: &mut Diagnostics) {
    let Some(infinite) = &resource.infinite else { return };
    let name = &resource.name.value;
    let (message, help) = match &resource.list {
        None => (
            format!("`{name}` has `infinite` and no `list`"),
            cx.either("declare `list` with a `pagination`", "write `list(page(…), …)` or `list(cursor(…), …)`"),
        ),
        Some(list) if list.pagination.is_none() => (
            format!("`{name}` has `infinite`, but its list has no pagination"),
            cx.either("write `pagination: { style: page, … }` in `list`", "write `page(…)` in `list(…)`"),
        ),
        Some(_) => return,
    };
    if cx.is_broken_at(&infinite.origin) {
        return;
    }
    out.push(Diagnostic::error(513, message, &infinite.origin.key()).help(help));
}

/// Checks the fixed order and the keys of the sort parameter.
fn check_sort(cx: Lookup<'_>, resource: &Resource, list: &ListDef, out: &mut Diagnostics) {
    for term in &list.sort {
        let at = &term.origin;
        check_sort_field(cx, resource, &term.field, at, out);
    }
    for param in &list.params {
        let Some(ParamRole::Sort(keys)) = param.role.as_deref() else { continue };
        for (index, (key, field)) in keys.iter().enumerate() {
            check_sort_field(cx, resource, field, &field.origin, out);
            if keys[..index].iter().any(|(other, _)| other.value == key.value) {
                let message = format!("sort key {} stands twice", quoted(key));
                out.push(Diagnostic::error(509, message, &key.origin).help("leave one out"));
            }
        }
        if keys.is_empty() {
            let message = format!("`{}` has no keys to sort by", param.name.value);
            out.push(Diagnostic::error(509, message, &param.name.origin).help(cx.either(
                "write `keys: { name: name }`: the key on the wire and the field",
                "write `sort(name = name)`: the key on the wire and the field",
            )));
        }
    }
}

fn check_sort_field(cx: Lookup<'_>, resource: &Resource, word: &str, at: &Origin, out: &mut Diagnostics) {
    let Some(row) = cx.row(resource) else { return };
    let model = &resource.model.value;
    let Some(field) = field_of(row, word) else {
        if cx.is_broken(&[model, word]) {
            return;
        }
        let message = format!("{} is not a field of `{model}`", quoted(word));
        let legal = row.fields.iter().filter(|field| cx.kind(&field.ty).is_ordered());
        let help = suggest::help(word, legal.map(|field| field.name.value.as_str()));
        out.push(Diagnostic::error(509, message, at).maybe_help(help));
        return;
    };
    let kind = cx.kind(&field.ty);
    if field.write_only.is_some() {
        let message = format!("`{model}.{word}` is write_only, so rows cannot be sorted by it");
        out.push(Diagnostic::error(509, message, at));
    } else if matches!(field.ty.value, Type::Model(..)) && matches!(kind, Kind::Float | Kind::Duration) {
        // A newtype of either has only a partial order, and nobody can look into it from outside.
        let message = format!("rows cannot be sorted by `{word}`, which is a newtype of {}", kind.article());
        let help = format!("declare the field as {} itself", kind.article());
        out.push(Diagnostic::error(509, message, at).help(help));
    } else if !kind.is_ordered() {
        let message = format!("rows cannot be sorted by `{word}`, which is {}", kind.article());
        out.push(Diagnostic::error(509, message, at).help("sort by a number, a string, a datetime, a bool or an enum"));
    } else if field.deprecated.is_some() {
        let message = format!("`{model}.{word}` is deprecated, and lists are sorted by it");
        out.push(Diagnostic::warning(509, message, at));
    }
}

/// Checks the parameters that choose the order.
fn check_order(cx: Lookup<'_>, list: &ListDef, out: &mut Diagnostics) {
    let sorts: Vec<&ListParam> =
        list.params.iter().filter(|param| is(param, &|role| matches!(role, ParamRole::Sort(_)))).collect();
    let orders: Vec<&ListParam> =
        list.params.iter().filter(|param| is(param, &|role| matches!(role, ParamRole::SortOrder))).collect();
    for (role, all) in [("sort", &sorts), ("sort_order", &orders)] {
        if let [first, second, ..] = all.as_slice() {
            let role = if cx.is_derive() { role.to_owned() } else { format!("role: {role}") };
            let message = format!("a list has one parameter with `{role}`");
            out.push(
                Diagnostic::error(510, message, &second.name.origin)
                    .note(format!("`{}` is the first", first.name.value), &first.name.origin)
                    .help("leave one of them out"),
            );
        }
    }
    if let (Some(order), true) = (orders.first(), sorts.is_empty()) {
        let message = format!("`{}` turns an order around that no parameter chooses", order.name.value);
        out.push(Diagnostic::error(510, message, &order.name.origin).help(cx.either(
            "add a parameter with `role: sort`, or write `sort: [-created_at]`",
            "add `param(sort_by: …, sort(created = created_at), default = created)`, or write `sort = [-created_at]`",
        )));
    }
    for sort in sorts {
        check_sort_default(cx, sort, out);
    }
    for order in orders {
        let Some(default) = &order.default else { continue };
        let legal = ["asc", "desc"];
        match &default.value {
            Literal::String(word) if legal.contains(&word.as_str()) => {}
            other => {
                let message = format!("{} is not a direction", crate::check::literal::shown(other));
                out.push(Diagnostic::error(510, message, &default.origin).help("write `asc` or `desc`"));
            }
        }
    }
}

fn is(param: &ListParam, wanted: &dyn Fn(&ParamRole) -> bool) -> bool {
    param.role.as_deref().is_some_and(wanted)
}

fn check_sort_default(cx: Lookup<'_>, param: &ListParam, out: &mut Diagnostics) {
    let Some(ParamRole::Sort(keys)) = param.role.as_deref() else { return };
    let legal: Vec<&str> = keys.iter().map(|(key, _)| key.value.as_str()).collect();
    match &param.default {
        None if !legal.is_empty() => {
            let message = format!("`{}` needs the key of lists that choose none", param.name.value);
            out.push(
                Diagnostic::error(510, message, &param.name.origin)
                    .help(cx.setting(format!("write `default: {}`", legal[0]))),
            );
        }
        Some(default) => match &default.value {
            Literal::String(word) if legal.contains(&word.as_str()) => {}
            Literal::String(word) => {
                let message = format!("{} is not a key of `{}`", quoted(word), param.name.value);
                let help = suggest::help(word, legal);
                out.push(Diagnostic::error(510, message, &default.origin).maybe_help(help));
            }
            other => {
                let message = format!("{} is not a key of `{}`", crate::check::literal::shown(other), param.name.value);
                out.push(
                    Diagnostic::error(510, message, &default.origin)
                        .help(format!("write one of {}", suggest::quoted(&legal))),
                );
            }
        },
        None => {}
    }
}
