//! Do the targets of invalidations, optimistic rules and keys lead to entries, and are their ids at hand?

use crate::{
    check::{Lookup, kind::one, literal::quoted, lookup::parameters},
    diagnostics::{Diagnostic, Diagnostics},
    model::{
        FieldDef, KeyArgument, KeyDef, KeyKind, KeyPart, MutationDef, ObjectModel, ParamDef, PathTemplate, Presence,
        QueryDef, Resource, Type,
    },
    origin::Spanned,
    suggest,
};

/// A value that a target can name.
struct Value {
    name: String,
    ty: Type,
    presence: Presence,
}

/// What a target stands in, and the values that are at hand there.
struct Place {
    /// As a user calls it: `users.create`.
    name: String,
    values: Vec<Value>,
}

/// Checks every target of the schema.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    for resource in &cx.schema.resources {
        check_resource(cx, resource, out);
    }
    for mutation in &cx.schema.mutations {
        check_mutation(cx, mutation, out);
    }
    for query in &cx.schema.queries {
        check_query(cx, query, out);
    }
}

fn check_resource(cx: Lookup<'_>, resource: &Resource, out: &mut Diagnostics) {
    let mutations = &resource.mutations;
    let mut visit = |section: &str, path: Option<&PathTemplate>, answers: bool, targets: &[KeyDef]| {
        let place = place_of(cx, resource, section, path, answers);
        for target in targets {
            check_target(cx, target, &place, out);
        }
    };
    if let Some(create) = &mutations.create {
        let path = create.path.as_deref().unwrap_or(&resource.path.value);
        visit("create", Some(path), true, &create.invalidates);
    }
    if let Some(update) = &mutations.update {
        visit("update", update.path.as_deref(), true, &update.invalidates);
    }
    if let Some(delete) = &mutations.delete {
        visit("delete", delete.path.as_deref(), false, &delete.invalidates);
    }
}

/// Returns what the targets of a resource's own mutation can name: the id, the path's parameters, and the fields of the
/// row if the server answers with one.
fn place_of(cx: Lookup<'_>, resource: &Resource, section: &str, path: Option<&PathTemplate>, answers: bool) -> Place {
    let mut values = Vec::new();
    if let Some(id) = cx.id(resource) {
        for name in ["id", id.name.value.as_str()] {
            values.push(Value { name: name.to_owned(), ty: id.ty.value.clone(), presence: Presence::Required });
        }
    }
    for parameter in cx.path_parameters(resource, path.unwrap_or(&resource.path)) {
        values.push(Value { name: parameter.name, ty: parameter.ty, presence: Presence::Required });
    }
    if answers && let Some(row) = cx.row(resource) {
        values.extend(fields(row));
    }
    Place { name: format!("{}.{section}", resource.name.value), values }
}

fn fields(row: &ObjectModel) -> impl Iterator<Item = Value> {
    row.fields.iter().filter(|field| field.write_only.is_none()).map(|field: &FieldDef| Value {
        name: field.name.value.clone(),
        ty: field.ty.value.clone(),
        presence: field.presence,
    })
}

fn params(params: &[ParamDef]) -> Vec<Value> {
    params
        .iter()
        .map(|param| Value { name: param.name.value.clone(), ty: param.ty.value.clone(), presence: param.presence })
        .collect()
}

fn check_mutation(cx: Lookup<'_>, mutation: &MutationDef, out: &mut Diagnostics) {
    let name = format!("mutations.{}", mutation.name.value);
    // Rules act before the server answers: they can name nothing but parameters.
    let mut place = Place { name, values: params(&mutation.params) };
    for rule in &mutation.optimistic {
        let target = &rule.target;
        if matches!(target.kind, KeyKind::Detail(Some(_))) {
            check_target(cx, target, &place, out);
        } else if check_root(cx, target, out) {
            let message = "an optimistic rule changes one row".to_owned();
            let help = format!("write `{}.detail(id)`, with a parameter for the id", target.root.value);
            out.push(Diagnostic::error(704, message, &target.origin).help(help));
        }
    }
    if let Some(Type::Model(model, _)) = mutation.returns.as_deref()
        && let Some(row) = cx.object(model)
    {
        let known: Vec<String> = place.values.iter().map(|value| value.name.clone()).collect();
        place.values.extend(fields(row).filter(|value| !known.contains(&value.name)));
    }
    for target in &mutation.invalidates {
        check_target(cx, target, &place, out);
    }
}

fn check_query(cx: Lookup<'_>, query: &QueryDef, out: &mut Diagnostics) {
    let name = format!("queries.{}", query.name.value);
    let place = Place { name, values: params(&query.params) };
    for (index, part) in query.key.iter().enumerate() {
        match &part.value {
            KeyPart::Under(target) if index == 0 => check_target(cx, target, &place, out),
            KeyPart::Under(target) => {
                let message = "only the first part of a key can be a target".to_owned();
                out.push(Diagnostic::error(704, message, &target.origin).help("write it first, or name a parameter"));
            }
            KeyPart::Param(word)
                if !query.params.iter().any(|param| param.name.value == *word)
                    && !cx.is_broken(&[&query.name, word]) =>
            {
                let message = format!("{} is not a parameter of `{}`", quoted(word), query.name.value);
                let legal = query.params.iter().map(|param| param.name.value.as_str());
                let help = suggest::help(word, legal);
                out.push(Diagnostic::error(704, message, &part.origin).maybe_help(help));
            }
            KeyPart::Param(_) | KeyPart::Word(_) => {}
        }
    }
    if let Some(writes) = &query.writes {
        check_writes(cx, query, writes, out);
    }
}

/// Checks that a query's result is a row of the resource whose detail it also is.
fn check_writes(cx: Lookup<'_>, query: &QueryDef, writes: &KeyDef, out: &mut Diagnostics) {
    if !check_root(cx, writes, out) {
        return;
    }
    let root = &writes.root.value;
    if !matches!(writes.kind, KeyKind::Detail(None)) {
        let message = "`writes` names a detail, whose id is the row's own";
        let help = format!("write `{root}.detail`");
        out.push(Diagnostic::error(704, message, &writes.origin).help(help));
        return;
    }
    let Some(resource) = cx.resource(root) else { return };
    let returned = query.returns.as_ref().map(|returns| &returns.value);
    let fits = match returned {
        Some(Type::Model(name, _)) => *name == resource.model.value,
        Some(Type::Rust(_)) => true,
        _ => false,
    };
    if !fits {
        let returned = returned.map_or_else(|| "nothing".to_owned(), one);
        let message =
            format!("`{}` returns {returned}, and `{root}` holds `{}`", query.name.value, resource.model.value);
        out.push(Diagnostic::error(704, message, &writes.origin));
    }
}

/// Checks that a target's first word is a resource of the schema. Returns whether more can be said about it.
///
/// A derive's neighbours cannot be seen, and any of them may be meant.
fn check_root(cx: Lookup<'_>, target: &KeyDef, out: &mut Diagnostics) -> bool {
    let root = &target.root.value;
    if cx.resource(root).is_some() {
        return true;
    }
    if !cx.is_derive() && !cx.is_broken(&["resources", root]) {
        let message = format!("unknown resource {}", quoted(root));
        let legal = cx.schema.resources.iter().map(|resource| resource.name.value.as_str());
        let help = suggest::help(root, legal.chain(["query"]));
        out.push(Diagnostic::error(704, message, &target.root.origin).maybe_help(help));
    }
    false
}

fn check_target(cx: Lookup<'_>, target: &KeyDef, place: &Place, out: &mut Diagnostics) {
    if let KeyKind::Query(name) = &target.kind {
        check_query_name(cx, name, out);
        return;
    }
    if !check_root(cx, target, out) {
        return;
    }
    let Some(resource) = cx.resource(&target.root) else { return };
    let root = &resource.name.value;
    let mut lacks = |section: &str| {
        if cx.is_broken(&["resources", root, section]) {
            return;
        }
        let message = format!("`{root}` has no `{section}`, so `{root}.{section}` is nothing");
        out.push(
            Diagnostic::error(704, message, &target.origin)
                .help(format!("declare `{section}` in `resources.{root}`, or write `{root}`")),
        );
    };
    match &target.kind {
        KeyKind::Lists(_) if resource.list.is_none() => lacks("list"),
        KeyKind::Infinites if resource.infinite.is_none() => lacks("infinite"),
        KeyKind::Lists(arguments) => {
            for argument in arguments {
                check_list_argument(cx, resource, argument, place, out);
            }
        }
        KeyKind::Detail(Some(id)) => check_id(cx, resource, id, place, out),
        KeyKind::Relation(name, id) => {
            if resource.relations.iter().all(|relation| relation.name.value != name.value) {
                unknown_kind(cx, resource, name, out);
            } else if let Some(id) = id {
                check_id(cx, resource, id, place, out);
            }
        }
        KeyKind::All | KeyKind::Infinites | KeyKind::Detail(None) | KeyKind::Query(_) => {}
    }
}

fn check_query_name(cx: Lookup<'_>, name: &Spanned<String>, out: &mut Diagnostics) {
    if cx.query(name).is_none() && !cx.is_derive() && !cx.is_broken(&["queries", name]) {
        let message = format!("unknown query {}", quoted(name));
        let legal = cx.schema.queries.iter().map(|query| query.name.value.as_str());
        let help = suggest::help(name, legal);
        out.push(Diagnostic::error(704, message, &name.origin).maybe_help(help));
    }
}

/// Reports a word after the dot that is neither a kind nor a relation.
fn unknown_kind(cx: Lookup<'_>, resource: &Resource, name: &Spanned<String>, out: &mut Diagnostics) {
    let root = &resource.name.value;
    if cx.is_broken(&[root, "relations", name]) {
        return;
    }
    let message = format!("{} is neither a kind of entry nor a relation of `{root}`", quoted(name));
    let mut legal = vec!["list", "infinite", "detail"];
    legal.extend(resource.relations.iter().map(|relation| relation.name.value.as_str()));
    let help = suggest::help(name, legal);
    out.push(Diagnostic::error(704, message, &name.origin).maybe_help(help));
}

/// Finds a value, and reports it if it is not at hand.
fn value<'p>(cx: Lookup<'_>, name: &Spanned<String>, place: &'p Place, out: &mut Diagnostics) -> Option<&'p Value> {
    let found = place.values.iter().find(|value| value.name == name.value);
    if found.is_none() && !cx.is_broken(&[name]) {
        let message = format!("{} is not at hand in `{}`", quoted(name), place.name);
        let mut legal: Vec<&str> = Vec::new();
        for value in &place.values {
            if !legal.contains(&value.name.as_str()) {
                legal.push(&value.name);
            }
        }
        let help = suggest::help(name, legal)
            .or_else(|| Some("name a parameter, or leave out the argument to reach all".to_owned()));
        out.push(Diagnostic::error(704, message, &name.origin).maybe_help(help));
    }
    found
}

fn check_id(cx: Lookup<'_>, resource: &Resource, name: &Spanned<String>, place: &Place, out: &mut Diagnostics) {
    let Some(id) = cx.id(resource) else { return };
    let Some(value) = value(cx, name, place, out) else { return };
    let root = &resource.name.value;
    if cx.differ(&value.ty, &id.ty) {
        let message = format!("`{}` is {}, but the id of `{root}` is {}", name.value, one(&value.ty), one(&id.ty));
        out.push(Diagnostic::error(704, message, &name.origin));
    } else if value.presence != Presence::Required {
        let message = format!("`{}` may be missing, and an id of `{root}` is needed", name.value);
        out.push(
            Diagnostic::error(704, message, &name.origin)
                .help("name a value that is always there, or leave out the argument to reach all"),
        );
    }
}

fn check_list_argument(
    cx: Lookup<'_>,
    resource: &Resource,
    argument: &KeyArgument,
    place: &Place,
    out: &mut Diagnostics,
) {
    let root = &resource.name.value;
    let name = &argument.parameter;
    let params = resource.list.iter().flat_map(|list| &list.params);
    let own = params.clone().find(|param| param.name.value == name.value);
    // The places of a nested collection's path are members of its lists' keys as well.
    let outer = parameters(&resource.path).any(|(other, _)| other == name.value);
    let ty = match (own, outer) {
        (Some(param), _) => param.ty.as_ref().map(|ty| ty.value.clone()),
        (None, true) => cx.path_parameter(resource, name).map(|(ty, _)| ty),
        (None, false) if cx.is_broken(&[root, "list", name]) => None,
        (None, false) => {
            let message = format!("{} is not a parameter of `{root}.list`", quoted(name));
            let legal = params.map(|param| param.name.value.as_str());
            let help = suggest::help(name, legal);
            out.push(Diagnostic::error(704, message, &name.origin).maybe_help(help));
            None
        }
    };
    let Some(value) = value(cx, &argument.value, place, out) else { return };
    if let Some(ty) = ty.filter(|ty| cx.differ(ty, &value.ty)) {
        let message = format!(
            "`{}` is {}, but `{}` of `{root}.list` is {}",
            argument.value.value,
            one(&value.ty),
            name.value,
            one(&ty)
        );
        out.push(Diagnostic::error(704, message, &argument.value.origin));
    }
}
