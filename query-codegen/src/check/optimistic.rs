//! Can the row that a mutation shows before the server answers be built, whole and right?
//!
//! A created row is made of what is sent. What is not sent, the server's own fields, needs a source in the schema; else
//! the row could not be shown, and the mistake would only be seen at run time. So it is one here.

use crate::{
    check::{
        Lookup,
        kind::{Kind, called, one},
        literal::quoted,
        lookup::{field_of, parameters},
        models::words,
    },
    diagnostics::{Diagnostic, Diagnostics},
    model::{
        Change, ChangeKind, ChangeValue, CreateDef, FieldDef, KeyKind, Literal, MutationDef, ObjectModel,
        OptimisticRule, OptimisticValue, ParamDef, Presence, Resource, TempId, Type,
    },
    origin::Origin,
    suggest,
};

/// Checks the optimistic creates of resources and the rules of custom mutations.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    for resource in &cx.schema.resources {
        if let Some(create) = &resource.mutations.create {
            check_create(cx, resource, create, out);
        }
    }
    for mutation in &cx.schema.mutations {
        for rule in &mutation.optimistic {
            check_rule(cx, mutation, rule, out);
        }
    }
}

/// Checks that every field of the row that is not sent has a source.
fn check_create(cx: Lookup<'_>, resource: &Resource, create: &CreateDef, out: &mut Diagnostics) {
    let Some(optimism) = &create.optimistic else { return };
    let (Some(row), Some(id)) = (cx.row(resource), cx.id(resource)) else { return };
    for field in &row.fields {
        if field.read_only.is_none() || field.write_only.is_some() {
            continue;
        }
        match &field.optimistic {
            Some(value) => check_path_source(cx, resource, create, field, value, out),
            None if field.name.value == id.name.value => {}
            None => {
                let name = format!("{}.{}", resource.model.value, field.name.value);
                let message = format!("`{name}` is read_only and has no `optimistic` value");
                let source = likely_source(cx, field);
                let help = if cx.is_derive() {
                    let source = source.replace(": ", " = ");
                    format!("write `#[query(read_only, {source})]`, or `create` without `optimistic`")
                } else {
                    format!("write `{source}` on the field, or `optimistic: false` in `create`")
                };
                out.push(
                    Diagnostic::error(601, message, &field.name.origin)
                        .note(
                            format!("`{}.create` builds a row before the server answers", resource.name.value),
                            &optimism.origin.key(),
                        )
                        .help(help),
                );
            }
        }
    }
    // An id that is sent stays; for one that is not, a temporary one stands in.
    let client = optimism.temp_id.as_deref() == Some(&TempId::Client);
    if let Some(value) = id.optimistic.as_ref().filter(|_| !client) {
        let message = format!("`{}` is the id, which is temporary until the server answers", id.name.value);
        out.push(
            Diagnostic::error(304, message, &value.origin)
                .help("leave out `optimistic`, and see `temp_id` in `create.optimistic`"),
        );
    }
}

/// Returns what a field of this type is most likely shown as.
fn likely_source(cx: Lookup<'_>, field: &FieldDef) -> String {
    match cx.kind(&field.ty) {
        Kind::DateTime => "optimistic: now".to_owned(),
        Kind::Integer(_) | Kind::Float => "optimistic: 0".to_owned(),
        Kind::Bool => "optimistic: false".to_owned(),
        Kind::Enum(values) => match values.values.first() {
            Some(first) => format!("optimistic: {}", first.wire.value),
            None => "optimistic: …".to_owned(),
        },
        Kind::Object | Kind::Union if field.presence == Presence::Required && !cx.is_derive() => {
            "optional: true, optimistic: default".to_owned()
        }
        _ => "optimistic: default".to_owned(),
    }
}

/// Checks that a value that comes from the path is in the path.
fn check_path_source(
    cx: Lookup<'_>,
    resource: &Resource,
    create: &CreateDef,
    field: &FieldDef,
    value: &crate::origin::Spanned<OptimisticValue>,
    out: &mut Diagnostics,
) {
    let OptimisticValue::Path(name) = &value.value else { return };
    let path = create.path.as_ref().unwrap_or(&resource.path);
    let model = &resource.model.value;
    if !parameters(path).any(|(other, _)| other == name) {
        let what = written_source(cx, name);
        let message = format!("{what} is not in the path `{}` of `{}.create`", path.text, resource.name.value);
        let help = suggest::help(name, parameters(path).map(|(other, _)| other))
            .or_else(|| Some("write `now`, `default` or a constant".to_owned()));
        out.push(Diagnostic::error(601, message, &value.origin).maybe_help(help));
    } else if let Some((ty, _)) = cx.path_parameter(resource, name)
        && cx.differ(&ty, &field.ty)
    {
        let what = written_source(cx, name);
        let message = format!("{what} is {}, and `{model}.{}` {}", one(&ty), field.name.value, one(&field.ty));
        out.push(Diagnostic::error(601, message, &value.origin));
    }
}

/// Returns a value of the path as the front end writes it.
fn written_source(cx: Lookup<'_>, name: &str) -> String {
    if cx.is_derive() { format!("`path(\"{name}\")`") } else { format!("`$path.{name}`") }
}

/// Checks one rule of a custom mutation. Its target's id is checked with the other targets.
fn check_rule(cx: Lookup<'_>, mutation: &MutationDef, rule: &OptimisticRule, out: &mut Diagnostics) {
    if !matches!(rule.target.kind, KeyKind::Detail(_)) {
        return;
    }
    let Some(resource) = cx.resource(&rule.target.root) else { return };
    let (Some(row), Some(id)) = (cx.row(resource), cx.id(resource)) else { return };
    if rule.deletes {
        for change in &rule.changes {
            let message = format!("`{}` of a row that goes changes nothing", change.field.value);
            out.push(Diagnostic::error(604, message, &change.field.origin).help("leave it out"));
        }
        return;
    }
    if rule.changes.is_empty() {
        let message = format!("this rule of `{}` changes nothing", mutation.name.value);
        out.push(Diagnostic::error(604, message, &rule.target.origin).help("add `set`, `inc`, `push` or `remove`"));
    }
    for change in &rule.changes {
        let word = &change.field;
        let model = &resource.model.value;
        let Some(field) = field_of(row, word) else {
            if cx.is_broken(&[model, word]) {
                continue;
            }
            let message = format!("{} is not a field of `{model}`", quoted(word));
            let help = suggest::help(word, words(&row.fields));
            out.push(Diagnostic::error(604, message, &word.origin).maybe_help(help));
            continue;
        };
        let problem = if field.name.value == id.name.value {
            Some("is the id")
        } else if field.write_only.is_some() {
            Some("is write_only, and rows do not have it")
        } else if field.immutable.is_some() {
            Some("is immutable")
        } else {
            None
        };
        if let Some(problem) = problem {
            let message = format!("`{model}.{}` {problem}, so it cannot change", word.value);
            out.push(Diagnostic::error(604, message, &word.origin));
            continue;
        }
        check_change(cx, mutation, row, field, change, out);
    }
}

/// Checks that a change can be made to its field, and that its value fits.
fn check_change(
    cx: Lookup<'_>,
    mutation: &MutationDef,
    row: &ObjectModel,
    field: &FieldDef,
    change: &Change,
    out: &mut Diagnostics,
) {
    let name = &field.name.value;
    let what = called(cx, &field.ty);
    let known = !matches!(field.ty.value, Type::Rust(_));
    let (wanted, presence) = match change.kind {
        ChangeKind::Set => (&field.ty.value, field.presence),
        ChangeKind::Inc => {
            if known && !matches!(field.ty.value, Type::Integer(_) | Type::Float(_)) {
                let message = format!("`inc` adds to a number; `{name}` is {what}");
                let numbers = row.fields.iter().filter(|one| matches!(one.ty.value, Type::Integer(_) | Type::Float(_)));
                let help = suggest::help(name, numbers.map(|one| one.name.value.as_str()));
                out.push(Diagnostic::error(604, message, &change.field.origin).help("write `set`").maybe_help(help));
                return;
            }
            (&field.ty.value, Presence::Required)
        }
        ChangeKind::Push | ChangeKind::Remove => match &field.ty.value {
            Type::List(item) => (&**item, Presence::Required),
            other if !known => (other, Presence::Required),
            _ => {
                let word = if change.kind == ChangeKind::Push { "push" } else { "remove" };
                let message = format!("`{word}` needs a list; `{name}` is {what}");
                out.push(Diagnostic::error(604, message, &change.field.origin).help("write `set`"));
                return;
            }
        },
    };
    let at = &change.value.origin;
    match &change.value.value {
        ChangeValue::Literal(literal) => {
            check_literal(cx, change.kind, wanted, presence, literal, at, out);
        }
        ChangeValue::Param(param) => {
            check_value_param(cx, mutation, param, (wanted, presence), at, out);
        }
    }
}

fn check_literal(
    cx: Lookup<'_>,
    kind: ChangeKind,
    wanted: &Type,
    presence: Presence,
    literal: &Literal,
    at: &Origin,
    out: &mut Diagnostics,
) {
    if let (ChangeKind::Inc, Literal::Integer(number)) = (kind, literal) {
        // A count goes down by a negative step, whatever its own width; it never goes below zero.
        if i64::try_from(*number).is_err() {
            out.push(Diagnostic::error(604, format!("`inc` by `{number}` is too much"), at));
        }
        return;
    }
    if matches!(kind, ChangeKind::Inc) && !matches!(literal, Literal::Float(_)) {
        out.push(Diagnostic::error(604, "`inc` needs a number", at).help("write `inc: { followers: 1 }`"));
        return;
    }
    if let Some(misfit) = cx.misfit(wanted, presence, literal) {
        out.push(misfit.at(604, at));
    }
}

/// Checks that `$name` is a parameter of the mutation and has the type that is needed.
fn check_value_param(
    cx: Lookup<'_>,
    mutation: &MutationDef,
    name: &str,
    (wanted, presence): (&Type, Presence),
    at: &Origin,
    out: &mut Diagnostics,
) {
    let found: Option<&ParamDef> = mutation.params.iter().find(|param| param.name.value == name);
    let Some(param) = found else {
        if cx.is_broken(&[&mutation.name, name]) {
            return;
        }
        let message = format!("`${name}` is not a parameter of `{}`", mutation.name.value);
        let legal = mutation.params.iter().map(|param| param.name.value.as_str());
        out.push(Diagnostic::error(604, message, at).maybe_help(suggest::help(name, legal)));
        return;
    };
    if cx.differ(&param.ty, wanted) {
        let message = format!("`${name}` is {}, and {} is needed", one(&param.ty), one(wanted));
        out.push(Diagnostic::error(604, message, at).note("the parameter is here", &param.name.origin));
    } else if param.presence != Presence::Required && param.presence != presence {
        let message = format!("`${name}` may be missing, and a value is needed");
        out.push(Diagnostic::error(604, message, at).note("the parameter is here", &param.name.origin));
    }
}
