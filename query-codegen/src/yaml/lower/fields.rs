//! How is a field of a model read, in its short form (`name: string`) and its long one?

use crate::{
    model::{FieldDef, OptimisticValue, Presence, SerdeTreatment, Type},
    origin::{Origin, Spanned},
    yaml::{
        lower::{
            Lower,
            section::{Fields, Section},
            types::Owner,
        },
        node::{Entry, Kind, Node},
    },
};

/// Keys that describe a field, and are sometimes written beside `fields`.
pub(crate) const FLAGS: &[&str] = &[
    "type",
    "optional",
    "nullable",
    "default",
    "read_only",
    "write_only",
    "immutable",
    "optimistic",
    "min",
    "max",
    "pattern",
    "rename",
];

pub(super) const FIELD: Section = Section {
    what: "a field",
    keys: &[
        "type",
        "optional",
        "nullable",
        "default",
        "read_only",
        "write_only",
        "immutable",
        "optimistic",
        "min",
        "max",
        "pattern",
        "rename",
        "doc",
        "deprecated",
        "fields",
        "enum",
        "unknown",
    ],
    below: &[],
    form: "write a type, `string`, or `{ type: string, optional: true }`",
};

pub(super) const COPY: Section = Section {
    what: "an optimistic value",
    keys: &["copy"],
    below: &[],
    form: "write `now`, `default`, a constant, `$path.name` or `{ copy: field }`",
};

impl Lower<'_> {
    /// Reads one field.
    pub(crate) fn field(&mut self, entry: &Entry, owner: &Owner) -> Option<FieldDef> {
        let node = &entry.value;
        let name = Spanned::new(entry.key.clone(), node.key_origin());
        let source = format!("{}.fields.{}", owner.source, entry.key);
        let owner = Owner::of(&owner.name, &entry.key, source);
        if !matches!(node.kind, Kind::Map(_)) {
            if matches!(node.kind, Kind::Text(_) | Kind::List(_)) {
                return Some(plain_field(name, self.ty(node, &owner)?));
            }
            self.wrong_kind(node, "a type", FIELD.form);
            return None;
        }
        let fields = self.section(node, &FIELD)?;
        let ty = self.field_type(node, fields, &name, &owner)?;
        Some(FieldDef {
            rename: self.maybe_text(fields.get("rename")),
            presence: self.presence(fields),
            default: fields.get("default").and_then(|node| self.literal(node)),
            read_only: self.flag(fields.get("read_only")),
            write_only: self.flag(fields.get("write_only")),
            immutable: self.flag(fields.get("immutable")),
            optimistic: fields.get("optimistic").and_then(|node| self.optimistic_value(node)),
            min: fields.get("min").and_then(|node| self.number(node, "write `min: 1`")),
            max: fields.get("max").and_then(|node| self.number(node, "write `max: 80`")),
            pattern: self.maybe_text(fields.get("pattern")),
            doc: self.doc(fields.get("doc")),
            deprecated: self.deprecated(fields.get("deprecated")),
            ..plain_field(name, ty)
        })
    }

    fn field_type(&mut self, node: &Node, fields: Fields<'_>, name: &str, owner: &Owner) -> Option<Spanned<Type>> {
        use crate::model::ModelKind;
        if let Some(ty) = fields.get("type") {
            for key in ["fields", "enum", "unknown"] {
                if let Some(extra) = fields.get(key) {
                    let message = format!("`{key}` does not go with `type`");
                    self.misplaced(extra, message, "leave out one of them");
                }
            }
            return self.ty(ty, owner);
        }
        let (kind, origin) = if let Some(inline) = fields.get("fields") {
            (ModelKind::Object(self.object(inline, None, None, owner)), inline.origin())
        } else if let Some(values) = fields.get("enum") {
            (ModelKind::Enum(self.enumeration(values, fields.get("unknown"))), values.origin())
        } else {
            let message = format!("field `{name}` needs `type`");
            self.missing(node, &message, "type: string");
            return None;
        };
        let ty = self.add_inline(kind, None, &origin, owner);
        Some(Spanned::new(ty, origin))
    }

    /// Reads whether a value may be missing.
    pub(crate) fn presence(&mut self, fields: Fields<'_>) -> Presence {
        let optional = self.flag(fields.get("optional")).is_some();
        let nullable = self.flag(fields.get("nullable")).is_some();
        match (optional, nullable) {
            (false, false) => Presence::Required,
            (true, false) => Presence::Optional,
            (false, true) => Presence::Nullable,
            (true, true) => Presence::OptionalNullable,
        }
    }

    /// Returns the place of a flag that is set.
    fn flag(&mut self, node: Option<&Node>) -> Option<Origin> {
        let value = self.maybe_boolean(node)?;
        value.value.then(|| value.origin.key())
    }

    fn optimistic_value(&mut self, node: &Node) -> Option<Spanned<OptimisticValue>> {
        let value = match &node.kind {
            Kind::Text(text) if text == "now" => OptimisticValue::Now,
            Kind::Text(text) if text == "default" => OptimisticValue::Default,
            Kind::Text(text) if text.starts_with('$') => {
                let Some(parameter) = text.strip_prefix("$path.") else {
                    self.expected(node, "a value", COPY.form);
                    return None;
                };
                OptimisticValue::Path(parameter.to_owned())
            }
            Kind::Map(entries) if !entries.is_empty() => {
                let copy = self.section(node, &COPY)?.get("copy")?;
                OptimisticValue::Copy(self.text(copy)?.value)
            }
            _ => OptimisticValue::Literal(self.literal(node)?.value),
        };
        Some(Spanned::new(value, node.origin()))
    }
}

/// Returns a field of which nothing but the type is said.
fn plain_field(name: Spanned<String>, ty: Spanned<Type>) -> FieldDef {
    FieldDef {
        name,
        rename: None,
        ty,
        presence: Presence::Required,
        default: None,
        read_only: None,
        write_only: None,
        immutable: None,
        optimistic: None,
        min: None,
        max: None,
        pattern: None,
        doc: None,
        deprecated: None,
        serde: SerdeTreatment::Plain,
    }
}
