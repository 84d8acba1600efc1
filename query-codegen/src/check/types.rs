//! Does every type that the schema names exist, and can it stand where it stands?

use std::collections::BTreeSet;

use crate::{
    check::{
        Lookup,
        kind::{Kind, written},
        literal::quoted,
    },
    diagnostics::{Diagnostic, Diagnostics},
    model::{FieldDef, ModelKind, ParamPlace, Select, Type, VariantBody},
    origin::Origin,
    suggest,
};

/// The types of the dialect that are a word.
const BUILT_IN: [&str; 18] = [
    "string", "bool", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bytes", "json", "url",
    "uuid", "datetime", "duration",
];

/// What users of other languages write, and what it is called here.
const SPELLINGS: [(&str, &str); 20] = [
    ("String", "write `string`"),
    ("str", "write `string`"),
    ("text", "write `string`"),
    ("char", "write `string`"),
    ("int", "write `i64`"),
    ("integer", "write `i64`"),
    ("long", "write `i64`"),
    ("number", "write `f64`"),
    ("float", "write `f64`"),
    ("double", "write `f64`"),
    ("usize", "write `u64`"),
    ("isize", "write `i64`"),
    ("boolean", "write `bool`"),
    ("date", "write `datetime`, or `string` for a day without a time"),
    ("timestamp", "write `datetime`"),
    ("Vec", "write `[T]`"),
    ("array", "write `[T]`"),
    ("Option", "write the type alone and `optional: true`"),
    ("HashMap", "write `map<string, T>`"),
    ("any", "write `json`"),
];

/// Where a type stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Multipart,
    Anything,
}

/// Checks every type of the schema.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    let mut named = BTreeSet::new();
    each_type(cx, &mut |ty, origin, place| {
        check_type(cx, ty, origin, place, &mut named, out);
    });
    each_body(cx, &mut |name, origin| {
        named.insert(name.to_owned());
        if cx.model(name).is_none() && !cx.is_derive() {
            unknown(cx, name, origin, out);
        }
    });
    for resource in &cx.schema.resources {
        named.insert(resource.model.value.clone());
        check_row_model(cx, resource, out);
    }
    check_newtypes(cx, out);
    check_unused(cx, &named, out);
}

fn check_type(
    cx: Lookup<'_>,
    ty: &Type,
    origin: &Origin,
    place: Use,
    named: &mut BTreeSet<String>,
    out: &mut Diagnostics,
) {
    match ty {
        Type::Model(name, at) => {
            named.insert(name.clone());
            if cx.model(name).is_none() && !cx.is_derive() {
                unknown(cx, name, at, out);
            }
        }
        Type::List(item) => check_type(cx, item, origin, Use::Anything, named, out),
        Type::Map(key, value) => {
            check_type(cx, key, origin, Use::Anything, named, out);
            check_type(cx, value, origin, Use::Anything, named, out);
            let kind = cx.kind(key);
            if !matches!(kind, Kind::Text | Kind::Enum(_) | Kind::Unknown) {
                let message = format!("a map's keys are strings, not `{}`", written(key));
                let help = format!("write `map<string, {}>`", written(value));
                out.push(Diagnostic::error(205, message, origin).help(help));
            }
        }
        Type::Bytes if place != Use::Multipart => {
            out.push(
                Diagnostic::error(206, "`bytes` travels only in a multipart body", origin)
                    .help("write `in: multipart` on a mutation's parameter, or use `string`"),
            );
        }
        _ => {}
    }
}

/// Reports a name that is no type, with what it may have been meant to be.
fn unknown(cx: Lookup<'_>, name: &str, at: &Origin, out: &mut Diagnostics) {
    if cx.is_broken(&["models", name]) {
        return;
    }
    let spelling = SPELLINGS.iter().find(|(word, _)| *word == name).map(|(_, help)| *help);
    let help = spelling.map(str::to_owned).or_else(|| {
        let models = cx.schema.models.iter().map(|model| model.name.value.as_str());
        let lower = name.to_lowercase();
        suggest::help(name, models.chain(BUILT_IN))
            .or_else(|| suggest::nearest(&lower, BUILT_IN).map(|near| format!("did you mean `{near}`?")))
    });
    let message = format!("unknown type {}", quoted(name));
    out.push(Diagnostic::error(201, message, at).maybe_help(help));
}

fn check_row_model(cx: Lookup<'_>, resource: &crate::model::Resource, out: &mut Diagnostics) {
    let name = &resource.model;
    let objects = || cx.schema.models.iter().filter(|model| matches!(model.kind, ModelKind::Object(_)));
    let message = match cx.model(name).map(|model| &model.kind) {
        Some(ModelKind::Object(_)) => return,
        Some(_) => format!("`{}` has no fields, so it cannot be the row of a resource", name.value),
        None if cx.is_broken(&["models", name]) => return,
        None => format!("unknown model {}", quoted(name)),
    };
    let help = suggest::help(name, objects().map(|model| model.name.value.as_str()));
    out.push(Diagnostic::error(201, message, &name.origin).maybe_help(help));
}

fn check_newtypes(cx: Lookup<'_>, out: &mut Diagnostics) {
    for model in &cx.schema.models {
        let ModelKind::Newtype(inner) = &model.kind else { continue };
        let is_scalar = match &inner.value {
            Type::Model(name, _) if cx.model(name).is_none() => continue,
            Type::Bytes => continue,
            Type::Model(..) | Type::List(_) | Type::Map(..) | Type::Json => false,
            _ => true,
        };
        if !is_scalar {
            let message =
                format!("`{}` is a newtype of `{}`, which is not a scalar", model.name.value, written(&inner.value));
            let help = "write a type such as `string`, `i64` or `uuid`, or use the type itself";
            out.push(Diagnostic::error(308, message, &inner.origin).help(help));
        }
    }
}

/// Warns of models that nothing leads to.
fn check_unused(cx: Lookup<'_>, named: &BTreeSet<String>, out: &mut Diagnostics) {
    // What is wrong may have been meant to name them.
    if cx.is_derive() || out.has_errors() {
        return;
    }
    for model in &cx.schema.models {
        if !named.contains(&model.name.value) {
            let message = format!("model `{}` is not used", model.name.value);
            out.push(
                Diagnostic::warning(204, message, &model.name.origin).help("leave it out, or name it where it belongs"),
            );
        }
    }
}

/// Calls `visit` with every type of the schema, outermost, and the place where it is written.
fn each_type<'a>(cx: Lookup<'a>, visit: &mut dyn FnMut(&'a Type, &Origin, Use)) {
    let schema = cx.schema;
    let fields = |fields: &'a [FieldDef], visit: &mut dyn FnMut(&'a Type, &Origin, Use)| {
        for field in fields {
            visit(&field.ty.value, &field.ty.origin, Use::Anything);
        }
    };
    for model in &schema.models {
        match &model.kind {
            ModelKind::Object(object) => fields(&object.fields, visit),
            ModelKind::Newtype(inner) => visit(&inner.value, &inner.origin, Use::Anything),
            ModelKind::Enum(_) => {}
            ModelKind::Union(union) => {
                for variant in &union.variants {
                    if let VariantBody::Fields(list) = &variant.body {
                        fields(list, visit);
                    }
                }
            }
        }
    }
    if let Some(error) = &schema.api.error {
        visit(&error.ty.value, &error.ty.origin, Use::Anything);
    }
    let lists = schema.resources.iter().filter_map(|resource| resource.list.as_ref());
    for ty in lists.flat_map(|list| &list.params).filter_map(|param| param.ty.as_ref()) {
        visit(&ty.value, &ty.origin, Use::Anything);
    }
    for query in &schema.queries {
        if let Some(Select::Function { returns, .. }) = query.select.as_deref() {
            visit(&returns.value, &returns.origin, Use::Anything);
        }
    }
    let returned = schema.queries.iter().map(|query| &query.returns);
    for ty in returned.chain(schema.mutations.iter().map(|mutation| &mutation.returns)).flatten() {
        visit(&ty.value, &ty.origin, Use::Anything);
    }
    let params = schema.queries.iter().map(|query| &query.params);
    for param in params.chain(schema.mutations.iter().map(|mutation| &mutation.params)).flatten() {
        let place = match param.place.value {
            ParamPlace::Multipart => Use::Multipart,
            _ => Use::Anything,
        };
        visit(&param.ty.value, &param.ty.origin, place);
    }
}

/// Calls `visit` with every model that is a union variant's body.
fn each_body<'a>(cx: Lookup<'a>, visit: &mut dyn FnMut(&'a str, &Origin)) {
    for model in &cx.schema.models {
        let ModelKind::Union(union) = &model.kind else { continue };
        for variant in &union.variants {
            if let VariantBody::Model(name) = &variant.body {
                visit(name, &name.origin);
            }
        }
    }
}
