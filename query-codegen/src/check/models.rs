//! Does every field make sense: ids, versions, defaults, flags and limits?

use crate::{
    check::{
        Lookup, Trait,
        kind::{Kind, one, written},
        literal::{Misfit, quoted},
        lookup::field_of,
    },
    diagnostics::{Diagnostic, Diagnostics},
    model::{FieldDef, Literal, Model, ModelKind, ObjectModel, OptimisticValue, Presence, Resource, Type, VariantBody},
    origin::{Origin, Spanned},
    suggest,
};

/// Checks the fields of every model.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    for model in &cx.schema.models {
        match &model.kind {
            ModelKind::Object(object) => {
                check_id(cx, model, object, out);
                check_version(cx, model, object, out);
                check_fields(cx, &object.fields, out);
                check_sources(cx, object, out);
            }
            ModelKind::Union(union) => {
                for variant in &union.variants {
                    if let VariantBody::Fields(fields) = &variant.body {
                        check_fields(cx, fields, out);
                    }
                }
            }
            ModelKind::Enum(_) | ModelKind::Newtype(_) => {}
        }
        check_derive(cx, model, out);
    }
    for resource in &cx.schema.resources {
        check_row(cx, resource, out);
    }
}

/// Reports a resource whose rows cannot be told apart.
fn check_row(cx: Lookup<'_>, resource: &Resource, out: &mut Diagnostics) {
    let Some(row) = cx.row(resource).filter(|row| row.id.is_none()) else { return };
    if cx.is_broken(&["models", &resource.model, "id"]) {
        return;
    }
    let model = &resource.model.value;
    let message = format!("model `{model}` of resource `{}` has no id", resource.name.value);
    let help = if cx.is_derive() {
        "write `#[query(id)]` on the field that identifies a row".to_owned()
    } else {
        let likely = row.fields.iter().find(|field| matches!(field.name.as_str(), "id" | "uid"));
        let name = likely.or(row.fields.first()).map_or("id", |field| field.name.value.as_str());
        format!("write `id: {name}` in `models.{model}`, with the field that identifies a row")
    };
    out.push(Diagnostic::error(301, message, &resource.model.origin).help(help));
}

fn check_id(cx: Lookup<'_>, model: &Model, object: &ObjectModel, out: &mut Diagnostics) {
    let Some(id) = &object.id else { return };
    let Some(field) = field_of(object, id) else {
        if cx.is_broken(&[&model.name, id]) {
            return;
        }
        let message = format!("`id: {}` is not a field of `{}`", id.value, model.name.value);
        out.push(Diagnostic::error(301, message, &id.origin).maybe_help(suggest::help(id, words(&object.fields))));
        return;
    };
    let name = format!("{}.{}", model.name.value, field.name.value);
    let problem = if field.presence != Presence::Required {
        Some(format!("`{name}` is the id, which is always there"))
    } else if let Some(flag) = &field.write_only {
        let message = format!("`{name}` is the id, which every row has");
        out.push(Diagnostic::error(302, message, flag).help("leave out `write_only`"));
        None
    } else {
        let kind = cx.kind(&field.ty);
        // A newtype of what is no scalar is a mistake of its own.
        let is_object = matches!(kind, Kind::Object | Kind::Union);
        let is_opened = matches!(field.ty.value, Type::Model(..)) && !is_object;
        let is_reported = is_opened && !kind.is_scalar();
        (!is_reported && !matches!(kind, Kind::Text | Kind::Integer(_) | Kind::Enum(_) | Kind::Unknown))
            .then(|| format!("`{name}` is the id and cannot be {}", kind.article()))
    };
    if let Some(message) = problem {
        out.push(
            Diagnostic::error(302, message, &field.name.origin)
                .help("an id is always present and comparable: a string, a whole number or a newtype of one"),
        );
    }
}

fn check_version(cx: Lookup<'_>, model: &Model, object: &ObjectModel, out: &mut Diagnostics) {
    let Some(version) = &object.version else { return };
    let Some(field) = field_of(object, version) else {
        if cx.is_broken(&[&model.name, version]) {
            return;
        }
        let message = cx.setting(format!("`version: {}` is not a field of `{}`", version.value, model.name.value));
        out.push(
            Diagnostic::error(301, message, &version.origin).maybe_help(suggest::help(version, words(&object.fields))),
        );
        return;
    };
    if !is_version(cx, field) {
        let message = format!(
            "`{}.{}` is {}, which cannot tell versions apart",
            model.name.value,
            field.name.value,
            one(&field.ty)
        );
        out.push(
            Diagnostic::error(803, message, &version.origin)
                .help("a version is a `datetime` or a whole number that is always there"),
        );
    }
}

/// Returns whether a field grows comparably with every change.
pub(super) fn is_version(cx: Lookup<'_>, field: &FieldDef) -> bool {
    field.presence == Presence::Required
        && matches!(cx.kind(&field.ty), Kind::DateTime | Kind::Integer(_) | Kind::Unknown)
}

/// Returns the names of fields.
pub(super) fn words(fields: &[FieldDef]) -> impl Iterator<Item = &str> {
    fields.iter().map(|field| field.name.value.as_str())
}

fn check_fields(cx: Lookup<'_>, fields: &[FieldDef], out: &mut Diagnostics) {
    for (index, field) in fields.iter().enumerate() {
        check_flags(cx, field, out);
        check_default(cx, field, out);
        check_limits(cx, field, out);
        let wire = cx.wire_name(field);
        if let Some(first) = fields[..index].iter().find(|other| cx.wire_name(other) == wire) {
            let place = field.rename.as_ref().map_or(&field.name.origin, |one| &one.origin);
            let message =
                format!("`{}` and `{}` are both {} on the wire", first.name.value, field.name.value, quoted(&wire));
            out.push(
                Diagnostic::error(409, message, place)
                    .note(format!("`{}` is declared here", first.name.value), &first.name.origin)
                    .help("give one of them another `rename`"),
            );
        }
    }
}

fn check_flags(cx: Lookup<'_>, field: &FieldDef, out: &mut Diagnostics) {
    let name = &field.name.value;
    let mut report = |first: &str, second: &str, at: &Origin, help: &str| {
        let message = format!("`{first}` and `{second}` are both set on `{name}`");
        out.push(Diagnostic::error(304, message, at).help(help));
    };
    if let (Some(_), Some(at)) = (&field.read_only, &field.write_only) {
        report("read_only", "write_only", at, "a field is written by the server or by the client");
    }
    if let (Some(_), Some(at)) = (&field.read_only, &field.immutable) {
        report("read_only", "immutable", at, "leave out `immutable`: nobody but the server writes it");
    }
    if let (Some(optimistic), Some(_)) = (&field.optimistic, &field.write_only) {
        let help = "leave out `optimistic`: rows do not have this field";
        report("write_only", "optimistic", &optimistic.origin, help);
    } else if let (Some(optimistic), None) = (&field.optimistic, &field.read_only)
        && !cx.is_derive()
    {
        let message = format!("`{name}` has `optimistic` but is not read_only");
        out.push(
            Diagnostic::error(304, message, &optimistic.origin)
                .help("leave it out: the value comes from what is created; or write `read_only: true`"),
        );
    }
}

fn check_default(cx: Lookup<'_>, field: &FieldDef, out: &mut Diagnostics) {
    if let Some(default) = &field.default {
        if let Some(misfit) = cx.misfit(&field.ty, field.presence, default) {
            out.push(misfit.at(303, &default.origin));
        } else if let Some(message) = outside(field, default) {
            out.push(Diagnostic::error(303, cx.setting(message), &default.origin));
        }
    }
    if let Some(Spanned { value: OptimisticValue::Literal(literal), origin }) = &field.optimistic
        && let Some(misfit) = cx.misfit(&field.ty, field.presence, literal)
    {
        out.push(misfit.at(303, origin));
    }
}

impl Misfit {
    /// Returns the misfit as an error at a place.
    pub(super) fn at(self, code: u16, origin: &Origin) -> Diagnostic {
        Diagnostic::error(code, self.message, origin).maybe_help(self.help)
    }
}

/// Returns why a default is outside of its field's own limits.
#[expect(clippy::cast_precision_loss, reason = "limits are doubles; a default near 2^53 is compared as one")]
fn outside(field: &FieldDef, default: &Literal) -> Option<String> {
    let (measure, of) = match default {
        Literal::Integer(number) => (*number as f64, ""),
        Literal::Float(text) => (text.parse().ok()?, ""),
        Literal::String(text) => (text.chars().count() as f64, "the length of "),
        Literal::List(items) => (items.len() as f64, "the length of "),
        _ => return None,
    };
    let name = &field.name.value;
    match (&field.min, &field.max) {
        (Some(min), _) if measure < min.value => {
            Some(format!("{of}the default of `{name}` is less than `min: {}`", min.value))
        }
        (_, Some(max)) if measure > max.value => {
            Some(format!("{of}the default of `{name}` is more than `max: {}`", max.value))
        }
        _ => None,
    }
}

fn check_limits(cx: Lookup<'_>, field: &FieldDef, out: &mut Diagnostics) {
    let kind = cx.kind(&field.ty);
    let name = &field.name.value;
    let measurable = kind.is_number() || matches!(kind, Kind::Text | Kind::List(_) | Kind::Unknown);
    for (word, limit) in [("min", &field.min), ("max", &field.max)] {
        if let Some(limit) = limit.as_ref().filter(|_| !measurable) {
            let message = format!("`{word}` on `{name}`, which is {}", kind.article());
            out.push(
                Diagnostic::error(307, message, &limit.origin)
                    .help("limits are for numbers, and for the length of strings and lists"),
            );
        }
    }
    if let (true, Some(min), Some(max)) = (measurable, &field.min, &field.max)
        && min.value > max.value
    {
        let message = format!("`min: {}` is more than `max: {}`", min.value, max.value);
        out.push(Diagnostic::error(307, cx.setting(message), &min.origin));
    }
    if let Some(pattern) = &field.pattern
        && !matches!(kind, Kind::Text | Kind::Unknown)
    {
        let message = format!("`pattern` on `{name}`, which is {}", kind.article());
        out.push(Diagnostic::error(307, message, &pattern.origin).help("patterns are for strings"));
    }
}

/// Checks that `optimistic` values can be made: `now`, `default` and copies of other fields.
fn check_sources(cx: Lookup<'_>, object: &ObjectModel, out: &mut Diagnostics) {
    for field in &object.fields {
        let Some(optimistic) = &field.optimistic else { continue };
        if field.write_only.is_some() || (field.read_only.is_none() && !cx.is_derive()) {
            continue; // That it is there at all has been reported.
        }
        let name = &field.name.value;
        let ty = written(&field.ty);
        let problem = match &optimistic.value {
            OptimisticValue::Now => {
                let fits = matches!(cx.kind(&field.ty), Kind::DateTime | Kind::Unknown);
                (!fits).then(|| (format!("`now` is not a `{ty}`"), None))
            }
            OptimisticValue::Default => {
                let has = field.presence != Presence::Required
                    || field.default.is_some()
                    || matches!(cx.kind(&field.ty), Kind::Unknown)
                    || cx.type_is(&field.ty, Trait::Default);
                (!has).then(|| {
                    let help = "write the value that an unconfirmed row shows".to_owned();
                    (format!("`{ty}` has no default"), Some(help))
                })
            }
            OptimisticValue::Copy(other) => copy_problem(cx, object, field, other),
            OptimisticValue::Literal(_) | OptimisticValue::Path(_) => None,
        };
        if let Some((message, help)) = problem {
            let message = format!("`{name}` cannot be shown before the server answers: {message}");
            out.push(Diagnostic::error(303, message, &optimistic.origin).maybe_help(help));
        }
    }
}

fn copy_problem(
    cx: Lookup<'_>,
    object: &ObjectModel,
    field: &FieldDef,
    other: &str,
) -> Option<(String, Option<String>)> {
    let sent = |one: &&FieldDef| one.read_only.is_none() && one.name.value != field.name.value;
    let Some(source) = field_of(object, other) else {
        let help = suggest::help(other, words(&object.fields));
        return Some((format!("{} is not a field", quoted(other)), help));
    };
    let legal: Vec<&str> = object.fields.iter().filter(sent).map(|one| one.name.value.as_str()).collect();
    if !legal.contains(&other) {
        let help = format!("copy a field that is sent: {}", suggest::quoted(&legal));
        return Some((format!("`{other}` is read_only too"), Some(help)));
    }
    let fits = !cx.differ(&source.ty, &field.ty)
        && (source.presence == field.presence || source.presence == Presence::Required);
    (!fits).then(|| (format!("`{other}` is {}, not {}", one(&source.ty), one(&field.ty)), None))
}

/// Checks that the traits a model asks for can be derived.
fn check_derive(cx: Lookup<'_>, model: &Model, out: &mut Diagnostics) {
    for word in &model.derive {
        let Some((_, wanted)) = Trait::WORDS.iter().find(|(name, _)| *name == word.value) else {
            let always = ["Clone", "Debug", "PartialEq", "Serialize", "Deserialize"];
            let (message, help) = if always.contains(&word.value.as_str()) {
                (format!("`{}` is derived anyway", word.value), Some("leave it out".to_owned()))
            } else {
                let legal = Trait::WORDS.iter().map(|(name, _)| *name);
                (format!("{} cannot be derived", quoted(word)), suggest::help(word, legal))
            };
            out.push(Diagnostic::error(309, message, &word.origin).maybe_help(help));
            continue;
        };
        for needed in wanted.needs() {
            if !model.derive.iter().any(|other| other.value == needed.word()) {
                let message = format!("`{}` needs `{}`", word.value, needed.word());
                let help = format!("add `{}` to `derive`", needed.word());
                out.push(Diagnostic::error(309, message, &word.origin).help(help));
            }
        }
        if let Some(field) = cx.lacking(model, *wanted) {
            let message = format!(
                "`{}` cannot derive `{}`: the type of `{}`, `{}`, does not have it",
                model.name.value,
                word.value,
                field.name.value,
                written(&field.ty)
            );
            let part = match &field.ty.value {
                Type::Model(name, _) => cx.model(name),
                _ => None,
            };
            let help = match part.filter(|part| cx.lacking(part, *wanted).is_none()) {
                Some(part) => {
                    format!("write `derive: [{}]` on `{}` too", word.value, part.name.value)
                }
                None => format!("leave out `{}`", word.value),
            };
            out.push(Diagnostic::error(309, message, &word.origin).help(help));
        }
    }
}
