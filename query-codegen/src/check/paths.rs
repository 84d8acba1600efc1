//! Does every place of a path have a value, and does every endpoint mean one thing?

use crate::{
    check::{
        Lookup, PathSource,
        api::check_header_name,
        kind::written,
        lookup::{field_of, parameters},
    },
    diagnostics::{Diagnostic, Diagnostics},
    model::{Endpoint, Method, ParamDef, ParamPlace, PathPart, PathTemplate, Presence, RelationTarget, Resource, Type},
    origin::{Origin, Spanned},
    suggest,
};

/// What one of a resource's paths is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The list, and what is added to it.
    Collection,
    /// One row.
    Row,
}

/// An endpoint that a schema uses: `users.list`, method, path with its places empty, where it is written.
struct Used<'a> {
    by: String,
    method: Method,
    shape: String,
    origin: &'a Origin,
}

/// Checks every path, method and parameter.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    let mut used = Vec::new();
    for resource in &cx.schema.resources {
        check_resource(cx, resource, &mut used, out);
    }
    for query in &cx.schema.queries {
        let by = format!("query.{}", query.name.value);
        check_custom(cx, &query.endpoint, &query.params, out);
        if query.endpoint.method.value != Method::Get {
            let message = format!(
                "query `{}` is a `{}`, which changes things",
                query.name.value,
                word(query.endpoint.method.value)
            );
            out.push(Diagnostic::error(405, message, &query.endpoint.method.origin).help("move it to `mutations`"));
        }
        add(cx, &mut used, by, query.endpoint.method.value, &query.endpoint.path, out);
    }
    for mutation in &cx.schema.mutations {
        let by = format!("mutations.{}", mutation.name.value);
        check_custom(cx, &mutation.endpoint, &mutation.params, out);
        if mutation.endpoint.method.value == Method::Get {
            let message = format!("mutation `{}` is a `GET`, which changes nothing", mutation.name.value);
            out.push(Diagnostic::error(405, message, &mutation.endpoint.method.origin).help("move it to `queries`"));
        }
        add(cx, &mut used, by, mutation.endpoint.method.value, &mutation.endpoint.path, out);
    }
}

/// Returns a method as HTTP writes it.
const fn word(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

/// Adds an endpoint, and reports it if another has the same method and path.
fn add<'a>(
    cx: Lookup<'_>,
    used: &mut Vec<Used<'a>>,
    by: String,
    method: Method,
    path: &'a Spanned<PathTemplate>,
    out: &mut Diagnostics,
) {
    add_shape(cx, used, Used { by, method, shape: shape(path), origin: &path.origin }, out);
}

fn add_shape<'a>(cx: Lookup<'_>, used: &mut Vec<Used<'a>>, one: Used<'a>, out: &mut Diagnostics) {
    if cx.is_broken_at(one.origin) {
        return;
    }
    let first = used.iter().find(|other| other.method == one.method && other.shape == one.shape);
    if let Some(first) = first {
        let message = format!("`{} {}` of `{}` is also used by `{}`", word(one.method), one.shape, one.by, first.by);
        out.push(
            Diagnostic::error(404, message, one.origin)
                .note(format!("`{}` is here", first.by), first.origin)
                .help("leave one of them out, or correct its path"),
        );
    }
    used.push(one);
}

/// Returns a path with its places empty: two paths that differ only in their names are one.
fn shape(path: &PathTemplate) -> String {
    path.parts
        .iter()
        .map(|part| match part {
            PathPart::Literal(text) => text.as_str(),
            PathPart::Parameter { .. } => "{}",
        })
        .collect()
}

fn check_resource<'a>(cx: Lookup<'_>, resource: &'a Resource, used: &mut Vec<Used<'a>>, out: &mut Diagnostics) {
    let name = &resource.name.value;
    check_path(cx, resource, &resource.path, Place::Collection, out);
    if resource.list.is_some() {
        add(cx, used, format!("{name}.list"), Method::Get, &resource.path, out);
    }
    if let Some(get) = &resource.get {
        check_row(cx, resource, used, ("get", Method::Get, get.path.as_ref(), &get.origin), out);
    }
    let mutations = &resource.mutations;
    if let Some(create) = &mutations.create {
        check_method("create", create.method.as_ref(), &[Method::Post, Method::Put], out);
        if let Some(path) = &create.path {
            check_path(cx, resource, path, Place::Collection, out);
        }
        let method = create.method.as_deref().copied().unwrap_or(Method::Post);
        let path = create.path.as_ref().unwrap_or(&resource.path);
        let origin = create.path.as_ref().map_or(&create.origin, |path| &path.origin);
        let by = format!("{name}.create");
        add_shape(cx, used, Used { by, method, shape: shape(path), origin }, out);
    }
    if let Some(update) = &mutations.update {
        let legal = [Method::Patch, Method::Put, Method::Post];
        check_method("update", update.method.as_ref(), &legal, out);
        let method = update.method.as_deref().copied().unwrap_or(Method::Patch);
        let parts = ("update", method, update.path.as_ref(), &update.origin);
        check_row(cx, resource, used, parts, out);
    }
    if let Some(delete) = &mutations.delete {
        check_method("delete", delete.method.as_ref(), &[Method::Delete, Method::Post], out);
        let method = delete.method.as_deref().copied().unwrap_or(Method::Delete);
        let parts = ("delete", method, delete.path.as_ref(), &delete.origin);
        check_row(cx, resource, used, parts, out);
    }
    for relation in &resource.relations {
        check_relation_path(cx, resource, &relation.path, &relation.target, out);
    }
}

/// Checks an endpoint of one row: section, method, path of its own, where it is declared.
fn check_row<'a>(
    cx: Lookup<'_>,
    resource: &'a Resource,
    used: &mut Vec<Used<'a>>,
    (section, method, path, origin): (&str, Method, Option<&'a Spanned<PathTemplate>>, &'a Origin),
    out: &mut Diagnostics,
) {
    let by = format!("{}.{section}", resource.name.value);
    if let Some(path) = path {
        check_path(cx, resource, path, Place::Row, out);
        add(cx, used, by, method, path, out);
    } else {
        let shape = format!("{}/{{}}", shape(&resource.path).trim_end_matches('/'));
        add_shape(cx, used, Used { by, method, shape, origin }, out);
    }
}

fn check_method(section: &str, method: Option<&Spanned<Method>>, legal: &[Method], out: &mut Diagnostics) {
    let Some(method) = method.filter(|method| !legal.contains(&method.value)) else { return };
    let words: Vec<&str> = legal.iter().map(|method| word(*method)).collect();
    let message = format!("`{section}` cannot be a `{}`", word(method.value));
    out.push(Diagnostic::error(405, message, &method.origin).help(format!("write one of {}", suggest::quoted(&words))));
}

/// Checks that every parameter of a resource's path leads somewhere.
fn check_path(cx: Lookup<'_>, resource: &Resource, path: &Spanned<PathTemplate>, place: Place, out: &mut Diagnostics) {
    // Without a row nothing can be said; the model that is missing has been reported.
    let (Some(row), Some(_)) = (cx.row(resource), cx.id(resource)) else { return };
    if cx.is_broken_at(&path.origin) {
        return;
    }
    let unknown_parent = resource.parent.as_ref().is_some_and(|parent| cx.resource(parent).is_none());
    let mut has_id = false;
    for (name, column) in parameters(path) {
        let at = path.origin.within(column, name.chars().count() + 2);
        match cx.path_parameter(resource, name) {
            Some((_, PathSource::Id)) if place == Place::Collection => {
                let message =
                    format!("`{{{name}}}` in `{}` is the id of a row, which a collection does not have", path.text);
                out.push(Diagnostic::error(402, message, &at).help("name the parameter after what it is: `{post_id}`"));
            }
            Some((ty, source)) => {
                has_id |= source == PathSource::Id;
                check_scalar(cx, name, &ty, &at, out);
                if source == PathSource::Field
                    && field_of(row, name).is_some_and(|field| field.presence != Presence::Required)
                {
                    let message = format!(
                        "`{{{name}}}` in `{}` is `{}.{name}`, which may be missing",
                        path.text, resource.model.value
                    );
                    out.push(Diagnostic::error(402, message, &at).help("name a field that is always there"));
                }
            }
            None if unknown_parent || cx.is_broken(&["models", &resource.model, name]) => {}
            None => {
                let message = format!("`{{{name}}}` in `{}` has no parameter", path.text);
                let fields = row.fields.iter().map(|field| field.name.value.as_str());
                let near = suggest::nearest(name, fields);
                let help =
                    near.map_or_else(|| parent_help(cx, resource, name), |near| format!("did you mean `{{{near}}}`?"));
                out.push(Diagnostic::error(402, message, &at).help(help));
            }
        }
    }
    if place == Place::Row && !has_id {
        let message = format!("`{}` does not say which row: it has no `{{id}}`", path.text);
        out.push(Diagnostic::error(403, message, &path.origin).help("write the id's place: `/users/{id}`"));
    }
}

/// Returns what to write where a parameter has no source: the likely parent, or a field.
fn parent_help(cx: Lookup<'_>, resource: &Resource, name: &str) -> String {
    let stem = name.strip_suffix("_id").unwrap_or(name);
    let others = cx.schema.resources.iter().filter(|one| one.name.value != resource.name.value);
    let parent = suggest::nearest(stem, others.map(|one| one.name.value.as_str()));
    match parent {
        _ if cx.is_derive() => format!("add a field `{name}`, or write `parent({name}: …)` with the type of its value"),
        Some(parent) if resource.parent.is_none() => format!("add `parent: {parent}`"),
        _ => format!("add a field `{name}` to `{}`", resource.model.value),
    }
}

fn check_scalar(cx: Lookup<'_>, name: &str, ty: &Type, at: &Origin, out: &mut Diagnostics) {
    let kind = cx.kind(ty);
    if !kind.is_scalar() {
        let message = format!("`{{{name}}}` is {}, which does not fit a path", kind.article());
        out.push(Diagnostic::error(402, message, at).help("use a string, a number or a newtype of one"));
    }
}

/// Checks the path of a relation, whose one parameter is the id of the row that it belongs to.
fn check_relation_path(
    cx: Lookup<'_>,
    resource: &Resource,
    path: &Spanned<PathTemplate>,
    target: &RelationTarget,
    out: &mut Diagnostics,
) {
    let Some(id) = cx.id(resource).filter(|_| !cx.is_broken_at(&path.origin)) else { return };
    // A relation to a resource that is not there has been reported.
    if matches!(target, RelationTarget::Resource(name) if !cx.is_derive() && cx.resource(name).is_none()) {
        return;
    }
    let mut has_id = false;
    for (name, column) in parameters(path) {
        if name == "id" || name == id.name.value {
            has_id = true;
            continue;
        }
        let at = path.origin.within(column, name.chars().count() + 2);
        let message = format!("`{{{name}}}` in `{}` has no parameter", path.text);
        out.push(
            Diagnostic::error(402, message, &at)
                .help(format!("a relation's only parameter is the id of its row: write `{{{}}}`", id.name.value)),
        );
        has_id = true;
    }
    if !has_id {
        let message = format!("`{}` does not say whose rows: it has no `{{id}}`", path.text);
        out.push(Diagnostic::error(403, message, &path.origin).help("write the id's place: `/users/{id}/posts`"));
    }
}

/// Checks path and parameters of a custom query or mutation.
fn check_custom(cx: Lookup<'_>, endpoint: &Endpoint, params: &[ParamDef], out: &mut Diagnostics) {
    let path = &endpoint.path;
    let find = |name: &str| params.iter().find(|param| param.name.value == name);
    let is_broken = cx.is_broken_at(&path.origin);
    let mut orphans = params.iter().filter(|param| {
        param.place.value == ParamPlace::Path && !parameters(path).any(|(name, _)| name == param.name.value)
    });
    // One place without a parameter and one parameter without a place are one mistake.
    let orphan = match (orphans.next(), orphans.next()) {
        (Some(orphan), None) => Some(orphan),
        _ => None,
    };
    let lonely = parameters(path).filter(|(name, _)| find(name).is_none()).count() == 1;
    let meant = orphan.filter(|_| lonely).map(|orphan| orphan.name.value.as_str());
    for (name, column) in parameters(path) {
        let at = path.origin.within(column, name.chars().count() + 2);
        match find(name) {
            Some(param) if param.place.value == ParamPlace::Path => {}
            Some(param) => {
                let message = format!("`{name}` stands in the path and travels somewhere else");
                out.push(
                    Diagnostic::error(402, message, &param.place.origin)
                        .note("the path has it here", &at)
                        .help("write `in: path`"),
                );
            }
            None if is_broken || cx.is_broken(&["params", name]) => {}
            None => {
                let message = format!("`{{{name}}}` in `{}` has no parameter", path.text);
                let words = params.iter().map(|one| one.name.value.as_str());
                let help = meant.or_else(|| suggest::nearest(name, words)).map_or_else(
                    || format!("add `{name}: {{ in: path, type: … }}` to `params`"),
                    |near| format!("did you mean `{{{near}}}`?"),
                );
                out.push(Diagnostic::error(402, message, &at).help(help));
            }
        }
    }
    for param in params {
        check_param(cx, path, param, meant, out);
    }
    check_places(endpoint, params, out);
}

fn check_param(
    cx: Lookup<'_>,
    path: &Spanned<PathTemplate>,
    param: &ParamDef,
    meant: Option<&str>,
    out: &mut Diagnostics,
) {
    let name = &param.name.value;
    if param.place.value == ParamPlace::Path {
        if meant == Some(name) || cx.is_broken_at(&path.origin) {
            // The place that it belongs to has been reported.
        } else if !parameters(path).any(|(other, _)| other == name) {
            let message = format!("`{name}` is not in the path `{}`", path.text);
            out.push(
                Diagnostic::error(403, message, &param.name.origin)
                    .help(format!("write `{{{name}}}` in the path, or `in: query`")),
            );
        } else if param.presence != Presence::Required {
            let message = format!("`{name}` stands in the path and cannot be missing");
            out.push(Diagnostic::error(403, message, &param.name.origin).help("leave out `optional` and `nullable`"));
        }
        check_scalar(cx, name, &param.ty, &param.ty.origin, out);
    }
    if param.place.value == ParamPlace::Header {
        let at = param.rename.as_ref().map_or(&param.name.origin, |rename| &rename.origin);
        check_header_name(&cx.param_wire(param), at, out);
        if !cx.kind(&param.ty).is_scalar() {
            let message = format!("a header cannot be a `{}`", written(&param.ty));
            out.push(
                Diagnostic::error(407, message, &param.ty.origin).help("use a string, a number or a newtype of one"),
            );
        }
    }
    if let Some(default) = &param.default
        && let Some(misfit) = cx.default_misfit(&param.ty, default)
    {
        out.push(misfit.at(303, &default.origin));
    }
}

/// Checks that the parameters that make a body can travel together, and with this method.
fn check_places(endpoint: &Endpoint, params: &[ParamDef], out: &mut Diagnostics) {
    let find = |place| params.iter().find(|param| param.place.value == place);
    let (body, multipart) = (find(ParamPlace::Body), find(ParamPlace::Multipart));
    let method = endpoint.method.value;
    if let (Some(body), Some(multipart)) = (body, multipart) {
        let message = format!(
            "`{}` is a member of a JSON body and `{}` a part of a multipart body",
            body.name.value, multipart.name.value
        );
        out.push(
            Diagnostic::error(405, message, &multipart.place.origin)
                .note("the other is here", &body.place.origin)
                .help("write `in: multipart` for both"),
        );
    }
    if let Some(param) = body.or(multipart)
        && matches!(method, Method::Get | Method::Delete)
    {
        let message = format!("a `{}` has no body for `{}`", word(method), param.name.value);
        out.push(Diagnostic::error(405, message, &param.place.origin).help("write `in: query`"));
    }
}
