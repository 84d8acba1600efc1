//! Do parents and relations lead to resources, and do their ids have one type?

use crate::{
    check::{
        Lookup, PathSource,
        kind::{one, written},
        literal::quoted,
        lookup::{field_of, parameters},
        models::words,
    },
    diagnostics::{Diagnostic, Diagnostics},
    model::{Relation, RelationTarget, Resource},
    origin::Spanned,
    suggest,
};

/// Checks the parent and the relations of every resource.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    let mut reported = Vec::new();
    for resource in &cx.schema.resources {
        if let Some(parent) = &resource.parent {
            check_parent(cx, resource, parent, &mut reported, out);
        }
        for relation in &resource.relations {
            check_relation(cx, resource, relation, out);
        }
    }
}

fn resources(cx: Lookup<'_>) -> impl Iterator<Item = &str> {
    cx.schema.resources.iter().map(|resource| resource.name.value.as_str())
}

fn check_parent<'a>(
    cx: Lookup<'a>,
    resource: &'a Resource,
    parent: &Spanned<String>,
    reported: &mut Vec<&'a str>,
    out: &mut Diagnostics,
) {
    let Some(above) = cx.resource(parent) else {
        // A derive's parent is derived elsewhere.
        if !cx.is_derive() && !cx.is_broken(&["resources", parent]) {
            let message = format!("unknown resource {}", quoted(parent));
            let others = resources(cx).filter(|name| *name != resource.name.value);
            let help = suggest::help(parent, others);
            out.push(Diagnostic::error(701, message, &parent.origin).maybe_help(help));
        }
        return;
    };
    let mut way = vec![resource.name.value.as_str()];
    let mut next = Some(above);
    while let Some(one) = next {
        way.push(&one.name.value);
        if one.name.value == resource.name.value {
            // A cycle is reported once, at the resource of it that is declared first.
            if !reported.contains(&resource.name.value.as_str()) {
                reported.extend(&way);
                let message = format!("a resource cannot be its own parent: {}", way.join(" → "));
                out.push(Diagnostic::error(702, message, &parent.origin).help("leave out one `parent`"));
            }
            return;
        }
        if way.len() > cx.schema.resources.len() {
            return;
        }
        next = one.parent.as_ref().and_then(|name| cx.resource(name));
    }
    check_parent_id(cx, resource, above, out);
}

/// Checks that the last place of a nested path has the type of the parent's id.
fn check_parent_id(cx: Lookup<'_>, resource: &Resource, parent: &Resource, out: &mut Diagnostics) {
    let Some(id) = cx.id(parent) else { return };
    let last = parameters(&resource.path)
        .filter(|(name, _)| !parameters(&parent.path).any(|(above, _)| above == *name))
        .last();
    let Some((name, _)) = last else { return };
    let Some((ty, PathSource::Field)) = cx.path_parameter(resource, name) else { return };
    if cx.differ(&ty, &id.ty)
        && let Some(field) = cx.field(&resource.model, name)
    {
        let message = format!(
            "`{}.{name}` is {}, but the id of `{}` is {}",
            resource.model.value,
            one(&ty),
            parent.name.value,
            one(&id.ty)
        );
        out.push(Diagnostic::error(703, message, &field.ty.origin).help(format!("write `type: {}`", written(&id.ty))));
    }
}

fn check_relation(cx: Lookup<'_>, resource: &Resource, relation: &Relation, out: &mut Diagnostics) {
    let RelationTarget::Resource(target) = &relation.target else { return };
    let Some(other) = cx.resource(target) else {
        if !cx.is_derive() && !cx.is_broken(&["resources", target]) {
            let message = format!("unknown resource {}", quoted(target));
            let help = suggest::help(target, resources(cx));
            out.push(Diagnostic::error(701, message, &target.origin).maybe_help(help));
        }
        return;
    };
    let (Some(row), Some(id)) = (cx.row(other), cx.id(resource)) else { return };
    let key = &relation.foreign_key;
    let Some(field) = field_of(row, key) else {
        if cx.is_broken(&[&other.model, key]) {
            return;
        }
        let message = format!("{} is not a field of `{}`", quoted(key), other.model.value);
        let help = suggest::help(key, words(&row.fields));
        out.push(Diagnostic::error(701, message, &key.origin).maybe_help(help));
        return;
    };
    if field.write_only.is_some() {
        let message = format!("`{}.{}` is write_only and never in an answer", other.model.value, key.value);
        out.push(Diagnostic::error(701, message, &key.origin));
    } else if cx.differ(&field.ty, &id.ty) {
        let message = format!(
            "`{}.{}` is {}, but the id of `{}` is {}",
            other.model.value,
            key.value,
            one(&field.ty),
            resource.name.value,
            one(&id.ty)
        );
        out.push(
            Diagnostic::error(703, message, &key.origin).note("the field is here", &field.name.origin).help(format!(
                "write `type: {}` on `{}.{}`",
                written(&id.ty),
                other.model.value,
                key.value
            )),
        );
    }
}
