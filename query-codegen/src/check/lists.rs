//! Does every parameter of a list say what it means for cached rows, and can that be decided?

use crate::{
    check::{
        Lookup,
        kind::{Kind, called, is_text, one, written},
        literal::{quoted, shown},
        lookup::field_of,
        models::words,
    },
    diagnostics::{Diagnostic, Diagnostics},
    model::{FieldDef, FilterOp, ListParam, Literal, ParamRole, Resource, SearchMatch, SerdeTreatment, Type},
    origin::Spanned,
    suggest,
};

/// Checks the parameters of every list.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    for resource in &cx.schema.resources {
        let params = resource.list.iter().flat_map(|list| &list.params);
        for param in params {
            check_param(cx, resource, param, out);
        }
    }
}

fn check_param(cx: Lookup<'_>, resource: &Resource, param: &ListParam, out: &mut Diagnostics) {
    let name = &param.name.value;
    let Some(role) = &param.role else {
        let message = format!("what does `{name}` mean for cached lists?");
        let known = cx.row(resource).is_some_and(|row| field_of(row, name).is_some());
        let help = if cx.is_derive() {
            format!("write `param({name}: …, filter({name}, op = eq))`, or `search(…)`, `shape`, `opaque`")
        } else if known {
            format!("add `role: filter, field: {name}, op: eq`, or `role: search`, `shape`, `opaque`")
        } else {
            "add `role:` with `filter`, `search`, `sort`, `sort_order`, `shape` or `opaque`".to_owned()
        };
        out.push(Diagnostic::error(511, message, &param.name.origin).help(help));
        return;
    };
    match &role.value {
        ParamRole::Filter { field, op } => check_filter(cx, resource, param, field, op, out),
        ParamRole::Search { fields, how } => check_search(cx, resource, param, fields, how, out),
        ParamRole::Sort(_) | ParamRole::SortOrder => return,
        ParamRole::Shape | ParamRole::Opaque => {}
    }
    let Some(ty) = &param.ty else { return };
    // What could not be read has become a type that fits nowhere.
    if cx.is_broken_at(&ty.origin) {
        return;
    }
    let fits = match cx.kind(ty) {
        Kind::List(item) => cx.kind(item).is_scalar(),
        kind => kind.is_scalar(),
    };
    if !fits {
        let message = format!("`{name}` is {}, which does not fit a query string", one(ty));
        out.push(
            Diagnostic::error(507, message, &ty.origin)
                .help("use a string, a number, an enum, a newtype, or a list of one of them"),
        );
    }
    let Some(default) = &param.default else { return };
    if let ParamRole::Filter { op, .. } = &role.value
        && op.value == FilterOp::Between
    {
        check_range(cx, ty, default, out);
    } else if let Some(misfit) = cx.default_misfit(ty, default) {
        out.push(misfit.at(303, &default.origin));
    }
}

/// Checks that the default of a range is its two ends.
fn check_range(cx: Lookup<'_>, ty: &Type, default: &Spanned<Literal>, out: &mut Diagnostics) {
    let end = match ty {
        Type::List(item) => item,
        end => end,
    };
    match &default.value {
        Literal::List(ends) if ends.len() == 2 => {
            let misfit = ends.iter().find_map(|value| cx.misfit(end, crate::model::Presence::Required, value));
            if let Some(misfit) = misfit {
                out.push(misfit.at(303, &default.origin));
            }
        }
        other => {
            let message = format!("a range is two values, not {}", shown(other));
            out.push(Diagnostic::error(303, message, &default.origin).help("write both ends, `[1, 9]`"));
        }
    }
}

/// Finds the field that a parameter compares with, and reports it if there is none or rows do not have it.
fn compared<'a>(
    cx: Lookup<'a>,
    resource: &Resource,
    name: &Spanned<String>,
    out: &mut Diagnostics,
) -> Option<&'a FieldDef> {
    let row = cx.row(resource)?;
    let model = &resource.model.value;
    let Some(field) = field_of(row, name) else {
        if cx.is_broken(&[model, name]) {
            return None;
        }
        let message = format!("{} is not a field of `{model}`", quoted(name));
        let help = suggest::help(name, words(&row.fields));
        out.push(Diagnostic::error(505, message, &name.origin).maybe_help(help));
        return None;
    };
    let problem = if field.write_only.is_some() {
        Some(("is write_only and never in an answer", "compare with a field that answers have"))
    } else {
        match field.serde {
            SerdeTreatment::Plain => None,
            SerdeTreatment::Flattened => {
                Some(("is flattened by serde", "compare with a field that has a name on the wire"))
            }
            SerdeTreatment::Skipped => {
                Some(("is skipped by serde", "compare with a field that has a name on the wire"))
            }
        }
    };
    if let Some((problem, help)) = problem {
        let message = format!("`{model}.{}` {problem}", field.name.value);
        out.push(Diagnostic::error(508, message, &name.origin).help(help));
        return None;
    }
    Some(field)
}

fn check_filter(
    cx: Lookup<'_>,
    resource: &Resource,
    param: &ListParam,
    field: &Spanned<String>,
    op: &Spanned<FilterOp>,
    out: &mut Diagnostics,
) {
    let Some(field) = compared(cx, resource, field, out) else { return };
    if !cx.op_fits(op.value, field) {
        let legal: Vec<&str> =
            FilterOp::WORDS.iter().filter(|(_, op)| cx.op_fits(*op, field)).map(|(word, _)| *word).collect();
        let message = format!(
            "`{}` needs {}; `{}` is {}",
            op_word(op.value),
            op_needs(op.value),
            field.name.value,
            called(cx, &field.ty)
        );
        let help = match legal.as_slice() {
            [] => cx
                .either(
                    "write `role: opaque`, so that only the server decides",
                    "write `opaque`, so that only the server decides",
                )
                .to_owned(),
            legal => format!("write one of {}", suggest::quoted(legal)),
        };
        out.push(Diagnostic::error(506, message, &op.origin).help(help));
        return;
    }
    check_filter_type(cx, param, field, op.value, out);
}

/// Returns a comparison as the dialect writes it.
fn op_word(op: FilterOp) -> &'static str {
    FilterOp::WORDS.iter().find(|(_, other)| *other == op).map_or("op", |(word, _)| word)
}

/// Returns what a comparison needs its field to be.
const fn op_needs(op: FilterOp) -> &'static str {
    match op {
        FilterOp::Eq | FilterOp::Ne | FilterOp::In | FilterOp::NotIn => "a single value",
        FilterOp::Lt | FilterOp::Le | FilterOp::Gt | FilterOp::Ge | FilterOp::Between => {
            "a number, a string, a datetime or a duration"
        }
        FilterOp::ContainsAny | FilterOp::ContainsAll => "a list",
        FilterOp::Prefix | FilterOp::Contains | FilterOp::ContainsCi => "a string",
        FilterOp::IsNull => "a field that may be missing",
    }
}

/// Checks that a parameter has the type that its comparison needs.
fn check_filter_type(cx: Lookup<'_>, param: &ListParam, field: &FieldDef, op: FilterOp, out: &mut Diagnostics) {
    let Some(ty) = &param.ty else { return };
    let word = op_word(op);
    let wanted = match op {
        FilterOp::In | FilterOp::NotIn => Type::List(Box::new(field.ty.value.clone())),
        FilterOp::IsNull => Type::Bool,
        _ => field.ty.value.clone(),
    };
    // Two ends may be written as a list of them.
    let ty = match (op, &ty.value) {
        (FilterOp::Between, Type::List(end)) => &Spanned::new((**end).clone(), ty.origin.clone()),
        _ => ty,
    };
    // An unknown name in either type has been reported.
    if cx.differ(ty, &wanted) {
        let message = match op {
            FilterOp::In | FilterOp::NotIn | FilterOp::IsNull => {
                format!("`{word}` needs {}, not {}", one(&wanted), one(ty))
            }
            _ => format!("`{word}` compares `{}` with `{}`", written(ty), written(&field.ty)),
        };
        out.push(
            Diagnostic::error(507, message, &ty.origin)
                .note(format!("`{}` is declared here", field.name.value), &field.name.origin)
                .help(if cx.is_derive() {
                    "a parameter has the type of the field that it compares".to_owned()
                } else {
                    format!("write `type: {}`", yaml_type(&wanted))
                }),
        );
    }
}

/// Returns a type as it stands in YAML, with quotes where YAML would read something else.
fn yaml_type(ty: &Type) -> String {
    let text = written(ty);
    if matches!(ty, Type::List(_) | Type::Map(..)) { format!("\"{text}\"") } else { text }
}

fn check_search(
    cx: Lookup<'_>,
    resource: &Resource,
    param: &ListParam,
    fields: &[Spanned<String>],
    how: &Spanned<SearchMatch>,
    out: &mut Diagnostics,
) {
    let name = &param.name.value;
    if let Some(ty) = &param.ty
        && !matches!(cx.kind(ty), Kind::Text | Kind::Unknown)
    {
        let message = format!("`{name}` searches with {}", one(ty));
        let help = cx.either("write `type: string`", "write `String` as its type");
        out.push(Diagnostic::error(507, message, &ty.origin).help(help));
    }
    if how.value == SearchMatch::Server {
        return;
    }
    if fields.is_empty() {
        let message = format!("`{name}` does not say in which fields it searches");
        out.push(Diagnostic::error(505, message, &param.name.origin).help(cx.either(
            "write `fields: [name]`, or `match: server` if only the server knows",
            "write `search(name, op = contains_ci)`, or `op = server` if only the server knows",
        )));
    }
    for word in fields {
        let Some(field) = compared(cx, resource, word, out) else { continue };
        if !is_text(&field.ty) {
            let message = format!("`{name}` searches in `{}`, which is {}", field.name.value, called(cx, &field.ty));
            let help =
                cx.either("search in strings, or write `match: server`", "search in strings, or write `op = server`");
            out.push(Diagnostic::error(506, message, &word.origin).help(help));
        }
    }
}
