//! What does `#[query(…)]` say on a field?

use syn::{Attribute, Field, Meta};

use super::{
    cell::{Given, admit},
    code, keyword,
    lower::query_entries,
    parse::{Arguments, Dotted, Entry, Head, Literal, Tail, Value},
    serde::{FieldRules, StructRules},
    types::{self, Wrapper},
    value,
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    model::{FieldDef, Literal as Constant, OptimisticValue, Presence},
    origin::{Origin, Spanned},
    suggest,
};

/// A field, and where it says that it is the id.
#[derive(Debug)]
pub(super) struct ReadField {
    pub field: FieldDef,
    pub id: Option<Origin>,
}

/// Reads a field of a struct.
pub(super) fn read(field: &Field, rules: &StructRules, diagnostics: &mut Diagnostics) -> Option<ReadField> {
    let ident = field.ident.as_ref()?;
    let text = ident.to_string();
    let name = text.strip_prefix("r#").unwrap_or(&text).to_owned();
    let serde = FieldRules::read(&field.attrs);
    let (wrapper, inner) = types::unwrap(&field.ty);
    let mut read = ReadField {
        field: FieldDef {
            rename: rules.rename(&name, &serde),
            name: Spanned::new(name, Origin::Span(ident.span())),
            ty: Spanned::new(types::lower(inner), Origin::Span(types::span(&field.ty))),
            presence: Presence::Required,
            default: None,
            read_only: None,
            write_only: None,
            immutable: None,
            optimistic: None,
            min: None,
            max: None,
            pattern: None,
            doc: doc(&field.attrs),
            deprecated: deprecated(&field.attrs),
            serde: serde.treatment,
        },
        id: None,
    };
    let mut nullable = None;
    let entries = query_entries(&field.attrs, diagnostics);
    for given in admit(&keyword::FIELD, entries, diagnostics) {
        match given.word.text.as_str() {
            "nullable" => nullable = on(&given, diagnostics),
            _ => word(&given, &mut read, diagnostics),
        }
    }
    let is_optional = serde.default.is_some() || serde.is_skipped_if_empty;
    let is_nested = types::unwrap(inner).0 == Wrapper::Option;
    read.field.presence = presence(wrapper, is_optional, is_nested, nullable, diagnostics);
    if read.field.default.is_none() && wrapper == Wrapper::Bare {
        read.field.default = serde.default.map(|origin| Spanned::new(Constant::TypeDefault, origin));
    }
    Some(read)
}

/// Reads one word of a field's attribute.
fn word(given: &Given, read: &mut ReadField, diagnostics: &mut Diagnostics) {
    let field = &mut read.field;
    match given.word.text.as_str() {
        "id" => read.id = on(given, diagnostics),
        "read_only" => field.read_only = on(given, diagnostics),
        "immutable" => field.immutable = on(given, diagnostics),
        "write_only" => {
            let message =
                "`write_only` cannot be: this struct is what the server sends, so it has no field that is only sent";
            let help = "leave the field out, or declare the resource in YAML, where `New…` may have fields of its own";
            let diagnostic = Diagnostic::error(code::WRITE_ONLY, message, &given.origin());
            diagnostics.push(diagnostic.help(help));
        }
        "default" => field.default = default(given, diagnostics),
        "optimistic" => field.optimistic = optimistic(given, diagnostics),
        "min" => field.min = value::float(given, diagnostics),
        "max" => field.max = value::float(given, diagnostics),
        _ => field.pattern = value::string(given, diagnostics),
    }
}

/// Returns where a flag is set.
fn on(given: &Given, diagnostics: &mut Diagnostics) -> Option<Origin> {
    value::flag(given, diagnostics).filter(|flag| flag.value).map(|flag| flag.origin)
}

/// Returns how a field may be missing.
///
/// 1. `Maybe<T>` is absent, null or a value.
/// 2. `Option<T>` that serde may leave out is absent or a value, unless `nullable` says that null is what is sent.
/// 3. Any other `Option<T>` is null or a value.
///
/// The inner `Option` of `Option<Option<T>>` is part of the type: it is what `nullable` means there.
fn presence(
    wrapper: Wrapper,
    is_optional: bool,
    is_nested: bool,
    nullable: Option<Origin>,
    diagnostics: &mut Diagnostics,
) -> Presence {
    match (wrapper, nullable) {
        (Wrapper::Maybe, _) => Presence::OptionalNullable,
        (Wrapper::Option, nullable) if is_optional && (is_nested || nullable.is_none()) => Presence::Optional,
        (Wrapper::Option, _) => Presence::Nullable,
        (Wrapper::Bare, None) => Presence::Required,
        (Wrapper::Bare, Some(origin)) => {
            let message = "`nullable` needs a type that can be null";
            let help = "write the field's type as `Option<…>`, or `Maybe<…>` if it may be absent too";
            diagnostics.push(Diagnostic::error(code::NOT_NULLABLE, message, &origin).help(help));
            Presence::Required
        }
    }
}

/// Reads `default` and `default = 20`.
fn default(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<Constant>> {
    match &given.tail {
        Tail::None => Some(Spanned::new(Constant::TypeDefault, given.origin())),
        Tail::Value(written @ (Value::Dotted(_) | Value::Tokens(..))) => {
            let message =
                format!("`default` is a literal, found {}: a derive does not see the type's values", written.found());
            let help = "write `default` alone and implement `Default` for the type";
            let origin = Origin::Span(written.span());
            diagnostics.push(Diagnostic::error(code::KIND, message, &origin).help(help));
            None
        }
        Tail::Value(written) => value::literal("default", written, diagnostics),
        tail => {
            let help = Some("write `default`, or `default = 0`".to_owned());
            value::wrong_kind(given, tail, "is a flag or a literal", help, diagnostics);
            None
        }
    }
}

/// What `optimistic` can be beside a literal.
const SOURCES: [&str; 4] = ["now", "default", "path", "copy"];

/// Reads `optimistic = now | default | 0 | path("post_id") | copy(name)`.
fn optimistic(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<OptimisticValue>> {
    let written = match &given.tail {
        Tail::Value(written) => written,
        tail => {
            value::wrong_kind(given, tail, "says where a value comes from", None, diagnostics);
            return None;
        }
    };
    let origin = Origin::Span(written.span());
    let Value::Dotted(Dotted { first, rest, arguments }) = written else {
        let literal = value::literal("optimistic", written, diagnostics)?;
        return Some(Spanned::new(OptimisticValue::Literal(literal.value), origin));
    };
    let source = match (first.text.as_str(), arguments) {
        _ if !rest.is_empty() => None,
        ("now", None) => Some(OptimisticValue::Now),
        ("default", None) => Some(OptimisticValue::Default),
        ("path", Some(arguments)) => argument(arguments).map(OptimisticValue::Path),
        ("copy", Some(arguments)) => argument(arguments).map(OptimisticValue::Copy),
        _ => None,
    };
    if source.is_none() {
        let message = format!("unknown `optimistic`: {}", written.found());
        let near = suggest::nearest(&first.text, SOURCES).filter(|near| *near != first.text);
        let help = near.map_or_else(
            || "write `now`, `default`, a literal, `path(\"post_id\")` or `copy(name)`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        diagnostics.push(Diagnostic::error(code::CHOICE, message, &origin).help(help));
    }
    source.map(|source| Spanned::new(source, origin))
}

/// Returns the only argument, a word or a string.
fn argument(arguments: &Arguments) -> Option<String> {
    match arguments.entries.as_slice() {
        [Entry { head: Head::Word(word), tail: Tail::None }] => Some(word.text.clone()),
        [Entry { head: Head::Literal(Literal { lit: syn::Lit::Str(text), .. }), tail: Tail::None }] => {
            Some(text.value())
        }
        _ => None,
    }
}

/// Joins the documentation lines of an item.
pub(super) fn doc(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|one| one.path().is_ident("doc"))
        .filter_map(|one| match &one.meta {
            Meta::NameValue(pair) => text(&pair.value),
            _ => None,
        })
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned())
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n").trim().to_owned())
}

/// Returns what `#[deprecated]` says.
fn deprecated(attributes: &[Attribute]) -> Option<Spanned<String>> {
    let attribute = attributes.iter().find(|one| one.path().is_ident("deprecated"))?;
    let mut unheard = Diagnostics::new();
    let note = match &attribute.meta {
        Meta::NameValue(pair) => text(&pair.value),
        Meta::Path(_) => None,
        Meta::List(list) => {
            super::parse::entries(list.tokens.clone(), &mut unheard).into_iter().find_map(|entry| {
                match (entry.head, entry.tail) {
                    (Head::Word(word), Tail::Value(Value::Literal(literal))) if word.text == "note" => {
                        match literal.lit {
                            syn::Lit::Str(text) => Some(text.value()),
                            _ => None,
                        }
                    }
                    _ => None,
                }
            })
        }
    };
    let origin = attribute.path().get_ident().map_or(Origin::Default, |ident| Origin::Span(ident.span()));
    Some(Spanned::new(note.unwrap_or_default(), origin))
}

fn text(value: &syn::Expr) -> Option<String> {
    match value {
        syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}
