//! Do two parameters have one name on the wire?

use crate::{
    check::{Lookup, literal::quoted, lookup::parameters},
    diagnostics::{Diagnostic, Diagnostics},
    model::{ListDef, ParamDef, ParamPlace, Resource},
    origin::Spanned,
};

/// Checks the parameters of lists, custom queries and custom mutations.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    for resource in &cx.schema.resources {
        if let Some(list) = &resource.list {
            check_list_wires(cx, resource, list, out);
        }
    }
    for query in &cx.schema.queries {
        check_wires(cx, &query.params, out);
    }
    for mutation in &cx.schema.mutations {
        check_wires(cx, &mutation.params, out);
    }
}

/// Reports two parameters with one name on the wire.
fn check_wires(cx: Lookup<'_>, params: &[ParamDef], out: &mut Diagnostics) {
    for (index, param) in params.iter().enumerate() {
        let wire = cx.param_wire(param);
        let same = |other: &&ParamDef| {
            let place = param.place.value;
            let other_wire = cx.param_wire(other);
            other.place.value == place
                && match place {
                    ParamPlace::Header => other_wire.eq_ignore_ascii_case(&wire),
                    _ => other_wire == wire,
                }
        };
        if let Some(first) = params[..index].iter().find(same) {
            report_wire(&wire, &param.name, &first.name, out);
        }
    }
}

fn report_wire(wire: &str, second: &Spanned<String>, first: &Spanned<String>, out: &mut Diagnostics) {
    let message = format!("`{}` and `{}` are both {} on the wire", first.value, second.value, quoted(wire));
    out.push(
        Diagnostic::error(409, message, &second.origin)
            .note(format!("`{}` is here", first.value), &first.origin)
            .help("give one of them another name on the wire"),
    );
}

/// Reports two parameters of a list, or one and its pagination, with one name on the wire.
fn check_list_wires(cx: Lookup<'_>, resource: &Resource, list: &ListDef, out: &mut Diagnostics) {
    let mut seen: Vec<(String, &Spanned<String>)> = Vec::new();
    let pagination = list.pagination.as_ref();
    let paging = pagination.into_iter().flat_map(|one| [one.param.as_ref(), one.size.as_ref()]);
    let paging = paging.flatten().map(|name| (name.value.clone(), name));
    let params = list.params.iter().map(|param| (cx.wire(&param.name, param.rename.as_ref()), &param.name));
    for (wire, name) in paging.chain(params) {
        match seen.iter().find(|(other, _)| *other == wire) {
            Some((_, first)) => report_wire(&wire, name, first, out),
            None => seen.push((wire, name)),
        }
    }
    for param in &list.params {
        if parameters(&resource.path).any(|(name, _)| name == param.name.value) {
            let message = format!("`{}` is a parameter of the path already", param.name.value);
            out.push(Diagnostic::error(409, message, &param.name.origin).help("leave it out"));
        }
    }
}
