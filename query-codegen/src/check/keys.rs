//! Does every entry of the cache have a key of its own, and does every key say all that an answer depends on?

use crate::{
    check::{Lookup, literal::quoted},
    diagnostics::{Diagnostic, Diagnostics},
    model::{KeyDef, KeyKind, KeyPart, ParamPlace, QueryDef},
    origin::Origin,
};

/// The word under which custom queries are kept.
const QUERY: &str = "query";

/// A key whose values are left out, so that two keys can be compared: a value can be anything, also another key's word.
struct Shape<'a> {
    /// As a user calls it: `queries.me`.
    by: String,
    /// Words; `None` stands for a value.
    parts: Vec<Option<String>>,
    origin: &'a Origin,
}

/// Checks the keys of relations and custom queries against all others.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    let mut shapes: Vec<Shape<'_>> = Vec::new();
    for resource in &cx.schema.resources {
        let root = &resource.name.value;
        if root == QUERY && !cx.is_derive() {
            let message = "`query` is where custom queries are kept, and cannot be a resource";
            out.push(Diagnostic::error(705, message, &resource.name.origin).help("give the resource another name"));
        }
        for (kind, has) in [
            ("list", resource.list.is_some()),
            ("infinite", resource.infinite.is_some()),
            ("detail", resource.get.is_some()),
        ] {
            if has {
                shapes.push(Shape {
                    by: format!("{root}.{kind}"),
                    parts: vec![Some(root.clone()), Some(kind.to_owned()), None],
                    origin: &resource.name.origin,
                });
            }
        }
        for relation in &resource.relations {
            let name = &relation.name.value;
            shapes.push(Shape {
                by: format!("{root}.{name}"),
                parts: detail(root).into_iter().chain([Some(name.clone())]).collect(),
                origin: &relation.name.origin,
            });
        }
    }
    for query in &cx.schema.queries {
        check_params(query, out);
        let shape = Shape {
            by: format!("query.{}", query.name.value),
            parts: parts(query),
            origin: query.key.first().map_or(&query.name.origin, |part| &part.origin),
        };
        if let Some(first) = shapes.iter().find(|other| other.parts == shape.parts) {
            let message = format!("`{}` and `{}` have the same key", first.by, shape.by);
            out.push(
                Diagnostic::error(705, message, shape.origin)
                    .note(format!("`{}` is here", first.by), first.origin)
                    .help("add a word to the key, or leave `key` out"),
            );
        }
        shapes.push(shape);
    }
}

fn detail(root: &str) -> Vec<Option<String>> {
    vec![Some(root.to_owned()), Some("detail".to_owned()), None]
}

/// Returns the key of a custom query.
fn parts(query: &QueryDef) -> Vec<Option<String>> {
    if query.key.is_empty() {
        return vec![Some(QUERY.to_owned()), Some(query.name.value.clone()), None];
    }
    let mut parts = Vec::new();
    for (index, part) in query.key.iter().enumerate() {
        match &part.value {
            KeyPart::Under(target) => parts.extend(under(target)),
            KeyPart::Word(word) => parts.push(Some(word.clone())),
            KeyPart::Param(_) => parts.push(None),
        }
        if index == 0 && !matches!(part.value, KeyPart::Under(_)) {
            // A key that stands under no entries of a resource stands under the API's `query`.
            parts.insert(0, Some(QUERY.to_owned()));
        }
    }
    parts
}

fn under(target: &KeyDef) -> Vec<Option<String>> {
    let root = &target.root.value;
    let word = |word: &str| Some(word.to_owned());
    match &target.kind {
        KeyKind::All => vec![word(root)],
        KeyKind::Lists(arguments) if arguments.is_empty() => vec![word(root), word("list")],
        KeyKind::Lists(_) => vec![word(root), word("list"), None],
        KeyKind::Infinites => vec![word(root), word("infinite")],
        KeyKind::Detail(None) => vec![word(root), word("detail")],
        KeyKind::Detail(Some(_)) => detail(root),
        KeyKind::Relation(name, _) => detail(root).into_iter().chain([word(&name.value)]).collect(),
        KeyKind::Query(name) => vec![word(QUERY), word(&name.value), None],
    }
}

/// Reports parameters that a query's own key leaves out: answers to different values would share one entry.
///
/// Headers may be left out: what they change is not data (a trace id, a language the whole program has).
fn check_params(query: &QueryDef, out: &mut Diagnostics) {
    if query.key.is_empty() {
        return;
    }
    let named: Vec<&str> = query.key.iter().flat_map(|part| values(&part.value)).collect();
    for param in query.params.iter().filter(|param| param.place.value != ParamPlace::Header) {
        let name = &param.name.value;
        if named.contains(&name.as_str()) {
            continue;
        }
        let message = format!(
            "{} is not in the key of `{}`, so answers to different values would share one entry",
            quoted(name),
            query.name.value
        );
        let origin = query.key.last().map_or(&query.name.origin, |part| &part.origin);
        out.push(
            Diagnostic::error(705, message, &param.name.origin)
                .note("the key is here", origin)
                .help(format!("add `{name}` to `key`")),
        );
    }
}

/// Returns the parameters that a part of a key names.
fn values(part: &KeyPart) -> Vec<&str> {
    match part {
        KeyPart::Param(name) => vec![name],
        KeyPart::Word(_) => Vec::new(),
        KeyPart::Under(target) => match &target.kind {
            KeyKind::Detail(Some(id)) | KeyKind::Relation(_, Some(id)) => vec![&id.value],
            KeyKind::Lists(arguments) => arguments.iter().map(|argument| argument.value.value.as_str()).collect(),
            _ => Vec::new(),
        },
    }
}
