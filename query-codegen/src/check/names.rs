//! Can every name of the schema become an identifier, and is each of them the only one?

use crate::{
    check::{Lookup, literal::quoted},
    diagnostics::{Diagnostic, Diagnostics},
    model::{FieldDef, ModelKind, ParamDef, Resource, Select, VariantBody},
    name::{self, RESERVED_TYPES},
    origin::Spanned,
    suggest,
};

/// The operations whose hooks can be named.
const HOOKS: [&str; 6] = ["list", "infinite", "get", "create", "update", "delete"];

/// Checks every name that becomes an identifier.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    let schema = cx.schema;
    if cx.is_derive() {
        // A derive's names are Rust's own, but for the resource's and those of its parameters.
        for resource in &schema.resources {
            one(&resource.name, "write another `name`", out);
            check_resource(resource, out);
        }
        return;
    }
    if let Some(name) = &schema.api.name {
        type_name(name, "write another `name`", out);
    }
    let models = schema.models.iter().map(|model| &model.name);
    for name in models.clone() {
        type_name(name, "give the model another name", out);
    }
    distinct(models, name::pascal, "give one of the models another name", out);
    for model in &schema.models {
        check_model(&model.kind, out);
    }
    for envelope in &schema.envelopes {
        one(&envelope.name, "give the envelope another name", out);
    }
    let resources = schema.resources.iter().map(|resource| &resource.name);
    for name in resources.clone() {
        one(name, "give the resource another name", out);
    }
    distinct(resources, name::snake, "give one of the resources another name", out);
    for resource in &schema.resources {
        check_resource(resource, out);
    }
    for query in &schema.queries {
        one(&query.name, "give the query another name", out);
        check_params(&query.params, out);
        if let Some(Select::Function { path, .. }) = query.select.as_deref()
            && !super::realtime::is_path(path)
        {
            let message = format!("{} is not the path of a function", quoted(path));
            out.push(Diagnostic::error(950, message, &path.origin).help("write `crate::select::total`"));
        }
    }
    for mutation in &schema.mutations {
        one(&mutation.name, "give the mutation another name", out);
        check_params(&mutation.params, out);
    }
}

/// Reports a name that cannot become an identifier. Returns whether it can.
fn one(name: &Spanned<String>, help: &str, out: &mut Diagnostics) -> bool {
    let problem = name::problem(name).or_else(|| {
        // What is left after casing may be nothing, or begin with a digit.
        name::problem(&name::snake(name)).map(|_| "nothing is left of it in snake case".to_owned())
    });
    if let Some(problem) = &problem {
        let message = format!("{} is not a name: {problem}", quoted(name));
        out.push(Diagnostic::error(950, message, &name.origin).help(help));
    }
    problem.is_none()
}

/// Reports a name that cannot become a type.
fn type_name(name: &Spanned<String>, help: &str, out: &mut Diagnostics) {
    if one(name, help, out) && RESERVED_TYPES.contains(&name::pascal(name).as_str()) {
        let message = format!("{} becomes `{}`, which means something else in Rust", quoted(name), name::pascal(name));
        out.push(Diagnostic::error(950, message, &name.origin).help(help));
    }
}

/// Reports names that become the same identifier.
fn distinct<'a>(
    names: impl Iterator<Item = &'a Spanned<String>>,
    case: fn(&str) -> String,
    help: &str,
    out: &mut Diagnostics,
) {
    let mut seen: Vec<(String, &Spanned<String>)> = Vec::new();
    for name in names {
        let cased = case(name);
        if cased.is_empty() {
            continue;
        }
        let Some((_, first)) = seen.iter().find(|(other, _)| *other == cased) else {
            seen.push((cased, name));
            continue;
        };
        let message = if first.value == name.value {
            format!("{} stands twice", quoted(name))
        } else {
            format!("{} and {} both become `{cased}`", quoted(first), quoted(name))
        };
        out.push(
            Diagnostic::error(950, message, &name.origin)
                .note(format!("{} is here", quoted(first)), &first.origin)
                .help(help),
        );
    }
}

fn check_model(kind: &ModelKind, out: &mut Diagnostics) {
    match kind {
        ModelKind::Object(object) => check_fields(&object.fields, out),
        ModelKind::Union(union) => {
            for variant in &union.variants {
                if let VariantBody::Fields(fields) = &variant.body {
                    check_fields(fields, out);
                }
            }
        }
        ModelKind::Enum(_) | ModelKind::Newtype(_) => {}
    }
}

fn check_fields(fields: &[FieldDef], out: &mut Diagnostics) {
    let help = "give the field another name, and its name on the wire with `rename:`";
    for field in fields {
        one(&field.name, help, out);
    }
    distinct(fields.iter().map(|field| &field.name), name::snake, help, out);
}

fn check_params(params: &[ParamDef], out: &mut Diagnostics) {
    let help = "give the parameter another name, and its name on the wire with `name:`";
    for param in params {
        one(&param.name, help, out);
    }
    distinct(params.iter().map(|param| &param.name), name::snake, help, out);
}

fn check_resource(resource: &Resource, out: &mut Diagnostics) {
    if let Some(list) = &resource.list {
        let help = "give the parameter another name, and its name on the wire with `name:`";
        let params = list.params.iter().map(|param| &param.name);
        for name in params.clone() {
            one(name, help, out);
        }
        distinct(params, name::snake, help, out);
        for param in &list.params {
            if let Some(crate::model::ParamRole::Sort(keys)) = param.role.as_deref() {
                let help = "give the key another name";
                for (key, _) in keys {
                    one(key, help, out);
                }
                let keys = keys.iter().map(|(key, _)| key);
                distinct(keys, name::pascal, help, out);
            }
        }
    }
    let relations = resource.relations.iter().map(|relation| &relation.name);
    for name in relations.clone() {
        one(name, "give the relation another name", out);
    }
    distinct(relations, name::snake, "give one of the relations another name", out);
    check_overrides(resource, out);
}

/// Checks the names that replace derived ones, which are taken as they are written.
fn check_overrides(resource: &Resource, out: &mut Diagnostics) {
    let names = &resource.names;
    let types = [&names.new, &names.patch, &names.replace, &names.params, &names.filter, &names.sort, &names.keys];
    for name in types.into_iter().flatten() {
        if one(name, "write a name in Pascal case: `CreateUserData`", out) {
            cased(name, &name::pascal(name), out);
        }
    }
    for (operation, hook) in &names.hooks {
        if !HOOKS.contains(&operation.value.as_str()) {
            let message = format!("{} has no hook", quoted(operation));
            let help = suggest::help(operation, HOOKS);
            out.push(Diagnostic::error(950, message, &operation.origin).maybe_help(help));
        }
        if one(hook, "write a name in snake case: `use_people`", out) {
            cased(hook, &name::snake(hook), out);
        }
    }
}

/// Reports a name that is taken as it is written, and is not written as Rust writes such names.
fn cased(name: &Spanned<String>, wanted: &str, out: &mut Diagnostics) {
    if name.value != wanted {
        let message = format!("{} is not written as Rust writes such a name", quoted(name));
        out.push(Diagnostic::error(950, message, &name.origin).help(format!("write `{wanted}`")));
    } else if RESERVED_TYPES.contains(&wanted) {
        let message = format!("{} means something else in Rust", quoted(name));
        out.push(Diagnostic::error(950, message, &name.origin).help("write another name"));
    }
}
