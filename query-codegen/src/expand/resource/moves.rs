//! Which fields of a row decide in which lists it is, and where?

use super::{Subject, order::has_fixed_order};
use crate::model::{FieldDef, ParamRole, RelationTarget, SearchMatch, Type};

/// Returns the names of the fields on which membership in lists, or a place in one, depends; `None` if it may be any.
///
/// It may be any where only the server knows: behind a parameter without a meaning, in a list of its own order, and where the
/// row's version, which every change changes, is one of the fields.
pub(super) fn deciding<'a>(subject: &Subject<'a>) -> Option<Vec<&'a str>> {
    let mut names = Vec::new();
    own(subject, &mut names)?;
    if subject.cx.is_derive() {
        elsewhere(subject, &mut names)?;
    } else {
        related(subject, &mut names)?;
    }
    let version = subject.cx.row(subject.resource)?.version.as_ref();
    if version.is_some_and(|version| names.contains(&version.value.as_str())) { None } else { Some(names) }
}

/// Adds the fields that the resource's own lists look at.
fn own<'a>(subject: &Subject<'a>, names: &mut Vec<&'a str>) -> Option<()> {
    let (Some(list), Some(shape)) = (&subject.resource.list, &subject.list) else { return Some(()) };
    let mut has_order = has_fixed_order(subject);
    for param in &shape.path.params {
        names.push(field_name(param.field?));
    }
    for param in &list.params {
        match &param.role.as_ref()?.value {
            ParamRole::Filter { field, .. } => names.push(known(subject, field)?),
            ParamRole::Search { how, .. } if how.value == SearchMatch::Server => return None,
            ParamRole::Search { fields, .. } if fields.is_empty() => return None,
            ParamRole::Search { fields, .. } => {
                for field in fields {
                    names.push(known(subject, field)?);
                }
            }
            ParamRole::Sort(keys) => {
                has_order |= param.default.is_some();
                for (_, field) in keys {
                    names.push(known(subject, field)?);
                }
            }
            ParamRole::SortOrder | ParamRole::Shape => {}
            ParamRole::Opaque => return None,
        }
    }
    for term in &list.sort {
        names.push(known(subject, &term.value.field)?);
    }
    has_order.then_some(())
}

/// Adds the foreign keys by which the schema's relations find the rows.
fn related<'a>(subject: &Subject<'a>, names: &mut Vec<&'a str>) -> Option<()> {
    for relation in subject.cx.schema.resources.iter().flat_map(|owner| &owner.relations) {
        let RelationTarget::Resource(target) = &relation.target else { continue };
        if target.value == subject.resource.name.value {
            // Such a list has the fixed order, and no other.
            has_fixed_order(subject).then_some(())?;
            names.push(known(subject, &relation.foreign_key)?);
        }
    }
    Some(())
}

/// Adds the fields that may be foreign keys: a derive does not see the structs whose relations lead to its rows.
fn elsewhere<'a>(subject: &Subject<'a>, names: &mut Vec<&'a str>) -> Option<()> {
    has_fixed_order(subject).then_some(())?;
    let may_be_id = |field: &&FieldDef| matches!(field.ty.value, Type::String(_) | Type::Integer(_) | Type::Rust(_));
    names.extend(subject.row_fields().filter(may_be_id).map(field_name));
    Some(())
}

fn known<'a>(subject: &Subject<'a>, name: &str) -> Option<&'a str> {
    subject.field(name).map(field_name)
}

fn field_name(field: &FieldDef) -> &str {
    &field.name.value
}
