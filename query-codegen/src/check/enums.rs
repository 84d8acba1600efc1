//! Are enums and tagged unions told apart by every one of their values?

use crate::{
    check::{Lookup, literal::quoted},
    diagnostics::{Diagnostic, Diagnostics},
    model::{EnumModel, FieldDef, Model, ModelKind, UnionModel, VariantBody},
    name,
    origin::{Origin, Spanned},
};

/// Checks the values of enums and the variants of unions.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    for model in &cx.schema.models {
        match &model.kind {
            ModelKind::Enum(values) => check_enum(cx, model, values, out),
            ModelKind::Union(union) => check_union(cx, model, union, out),
            ModelKind::Object(_) | ModelKind::Newtype(_) => {}
        }
    }
}

fn check_enum(cx: Lookup<'_>, model: &Model, values: &EnumModel, out: &mut Diagnostics) {
    if values.values.is_empty() && !cx.has_mistakes() {
        let message = format!("enum `{}` has no values", model.name.value);
        out.push(Diagnostic::error(305, message, &model.name.origin).help("write `enum: [first, second]`"));
    }
    check_twice(values.values.iter().map(|value| &value.wire), "value", 305, out);
    let mut variants = Variants::default();
    for value in &values.values {
        let (text, origin) = match &value.name {
            Some(name) => (&name.value, &name.origin),
            None => (&value.wire.value, &value.wire.origin),
        };
        let help = format!("write `{{ value: {}, name: … }}`", yaml_text(&value.wire));
        variants.add(text, origin, &help, out);
    }
    if values.keep_unknown {
        variants.add_other(out);
    }
}

/// Returns a text as a YAML double-quoted scalar, cut to what a message can show.
fn yaml_text(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}

/// The variants of one enum, to find those that become the same identifier.
#[derive(Default)]
struct Variants {
    seen: Vec<(String, String, Origin)>,
}

impl Variants {
    /// Adds a variant that is named after a text, and reports what is wrong with its name.
    fn add(&mut self, text: &str, origin: &Origin, help: &str, out: &mut Diagnostics) {
        let variant = name::pascal(text);
        if let Some(problem) = name::problem(&variant) {
            let message = format!("{} gives no name to a variant: {problem}", quoted(text));
            out.push(Diagnostic::error(950, message, origin).help(help));
            return;
        }
        let first = self.seen.iter().find(|(other, _, _)| *other == variant);
        if let Some((_, other, place)) = first.filter(|(_, other, _)| other != text) {
            let message = format!("{} and {} both become `{variant}`", quoted(other), quoted(text));
            out.push(
                Diagnostic::error(950, message, origin).note(format!("{} is here", quoted(other)), place).help(help),
            );
            return;
        }
        self.seen.push((variant, text.to_owned(), origin.clone()));
    }

    /// Reports a variant that is called as the one that keeps unknown values.
    fn add_other(&self, out: &mut Diagnostics) {
        let Some((_, text, origin)) = self.seen.iter().find(|(variant, _, _)| variant == "Other") else {
            return;
        };
        let message = format!("{} becomes `Other`, which `unknown: other` adds", quoted(text));
        let help = format!("write `{{ value: {}, name: … }}`", yaml_text(text));
        out.push(Diagnostic::error(950, message, origin).help(help));
    }
}

/// Reports what stands twice.
fn check_twice<'a>(texts: impl Iterator<Item = &'a Spanned<String>>, what: &str, code: u16, out: &mut Diagnostics) {
    let mut seen: Vec<&Spanned<String>> = Vec::new();
    for text in texts {
        if let Some(first) = seen.iter().find(|other| other.value == text.value) {
            let message = format!("{what} {} stands twice", quoted(text));
            out.push(
                Diagnostic::error(code, message, &text.origin)
                    .note("it is here first", &first.origin)
                    .help("leave one of them out"),
            );
        } else {
            seen.push(text);
        }
    }
}

fn check_union(cx: Lookup<'_>, model: &Model, union: &UnionModel, out: &mut Diagnostics) {
    let name = &model.name.value;
    if union.variants.is_empty() && !cx.has_mistakes() {
        let message = format!("union `{name}` has no variants");
        out.push(Diagnostic::error(306, message, &model.name.origin));
    }
    if union.tag.value.is_empty() {
        let message = format!("union `{name}` needs the name of its tag");
        out.push(Diagnostic::error(306, message, &union.tag.origin).help("write `tag: kind`"));
    }
    check_twice(union.variants.iter().map(|variant| &variant.wire), "variant", 306, out);
    let mut variants = Variants::default();
    for variant in &union.variants {
        let wire = &variant.wire;
        variants.add(wire, &wire.origin, "a variant is named after its tag: begin it with a letter", out);
        match &variant.body {
            VariantBody::Fields(fields) => check_tag(cx, union, fields, wire, out),
            VariantBody::Model(body) => match cx.model(body).map(|body| &body.kind) {
                Some(ModelKind::Object(object)) => {
                    check_tag(cx, union, &object.fields, wire, out);
                }
                Some(_) => {
                    let message = format!("`{}` has no fields, so it cannot be a variant", body.value);
                    out.push(
                        Diagnostic::error(306, message, &body.origin)
                            .help("name a model with `fields`, or write the fields here"),
                    );
                }
                None => {}
            },
        }
    }
}

/// Reports a field that would stand at the tag's place on the wire.
fn check_tag(
    cx: Lookup<'_>,
    union: &UnionModel,
    fields: &[FieldDef],
    variant: &Spanned<String>,
    out: &mut Diagnostics,
) {
    let Some(field) = fields.iter().find(|field| cx.wire_name(field) == union.tag.value) else {
        return;
    };
    let message = format!(
        "the tag {} is also the field `{}` of variant {}",
        quoted(&union.tag),
        field.name.value,
        quoted(variant)
    );
    out.push(
        Diagnostic::error(306, message, &union.tag.origin)
            .note("the field is here", &field.name.origin)
            .help("give the tag or the field another name"),
    );
}
