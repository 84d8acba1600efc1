//! Has every level what it rests on: a version of the rows, a watermark of the answers?

use crate::{
    check::Lookup,
    diagnostics::{Diagnostic, Diagnostics},
    model::{Level, Resource},
    origin::Spanned,
};

/// Checks the levels of the API and of its resources.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    let levels = cx.schema.resources.iter().filter_map(|resource| resource.level.as_ref());
    for level in cx.schema.api.level.iter().chain(levels) {
        check_watermark(cx, level, out);
    }
    for resource in &cx.schema.resources {
        check_version(cx, resource, out);
    }
}

/// Reports answers that should say up to which write they were read, and do not say where.
fn check_watermark(cx: Lookup<'_>, level: &Spanned<Level>, out: &mut Diagnostics) {
    let api = &cx.schema.api;
    // A derive's API is declared elsewhere: whether it has a watermark is for the compiler to say.
    let has = if cx.is_derive() { api.ty.is_some() } else { api.watermark.is_some() };
    if level.value != Level::Watermarked || has || cx.is_broken(&["api", "watermark"]) {
        return;
    }
    let message = cx.either(
        "level `watermarked` needs a watermark, and the API has none",
        "level `watermarked` needs an API, which says where its watermark is",
    );
    let help = cx.either(
        "write `watermark: { header: X-Snapshot }` in `api`, with the response header that holds the number",
        "write `api = Social`, with a type whose `QueryApi` has `WATERMARK`",
    );
    out.push(Diagnostic::error(608, message, &level.origin).help(help));
}

/// Reports rows that should say which of their versions they are, and do not.
fn check_version(cx: Lookup<'_>, resource: &Resource, out: &mut Diagnostics) {
    let Some(row) = cx.row(resource) else { return };
    let is_asked = cx.schema.level_of(resource) == Level::Versioned;
    if !is_asked || row.version.is_some() || cx.is_broken(&["models", &resource.model, "version"]) {
        return;
    }
    let model = &resource.model.value;
    let is_id = |name: &str| row.id.as_ref().is_some_and(|id| id.value == name);
    let likely = row
        .fields
        .iter()
        .find(|field| field.read_only.is_some() && !is_id(&field.name.value) && super::models::is_version(cx, field));
    let name = likely.map_or("updated_at", |field| field.name.value.as_str());
    let message = format!("level `versioned` needs a version, and `{model}` has none");
    let help = if cx.is_derive() {
        format!("write `version = {name}`, with the field that grows with every change")
    } else {
        format!("write `version: {name}` in `models.{model}`, with the field that grows with every change")
    };
    let diagnostic = match (&resource.level, &cx.schema.api.level) {
        (None, Some(level)) => Diagnostic::error(607, message, &resource.model.origin)
            .note(format!("`{}` has the level of the API", resource.name.value), &level.origin),
        (own, _) => Diagnostic::error(607, message, own.as_ref().map_or(&resource.model.origin, |level| &level.origin)),
    };
    out.push(diagnostic.help(help));
}
