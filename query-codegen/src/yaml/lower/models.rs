//! How are models read: objects, enums, newtypes and unions?

use crate::{
    diagnostics::Diagnostic,
    model::{EnumModel, EnumValue, Model, ModelKind, ObjectModel, UnionModel, UnionVariant, VariantBody},
    origin::Spanned,
    yaml::{
        lower::{
            Lower,
            section::{Fields, Section},
            types::Owner,
        },
        map_key::is_boolean_word,
        node::{Entry, Kind, Node},
    },
};

/// What `models` looks like.
pub(crate) const FORM: &str = "write `models: { User: { fields: { name: string } } }`";

pub(super) const MODEL: Section = Section {
    what: "a model",
    keys: &["doc", "fields", "id", "version", "derive", "deprecated", "enum", "unknown", "newtype", "tag", "variants"],
    below: &[
        ("fields.<name>", super::fields::FLAGS),
        ("resources.<name>", &["path", "list", "get", "create", "update", "delete", "parent"]),
    ],
    form: "write `{ fields: { name: string } }`, `{ enum: [a, b] }`, `{ newtype: string }` or `{ tag: kind, variants: { … } }`",
};

pub(super) const VALUE: Section = Section {
    what: "a value of an enum",
    keys: &["value", "name", "doc", "deprecated"],
    below: &[],
    form: "write the value, or `{ value: viewer, doc: … }`",
};

/// The keys that say what a model is, and which keys only go with each.
const KINDS: [(&str, &[&str]); 5] = [
    ("fields", &["id", "version"]),
    ("enum", &["unknown"]),
    ("newtype", &[]),
    ("variants", &["tag"]),
    ("tag", &["variants"]),
];

impl Lower<'_> {
    /// Reads one model.
    pub(crate) fn model(&mut self, entry: &Entry) -> Option<Model> {
        let node = &entry.value;
        let fields = self.section(node, &MODEL)?;
        let source = format!("models.{}", entry.key);
        let kind = self.model_kind(node, fields, &entry.key, &source)?;
        Some(Model {
            name: Spanned::new(entry.key.clone(), node.key_origin()),
            doc: self.doc(fields.get("doc")),
            kind,
            derive: self.texts(fields.get("derive"), "write `derive: [Hash]`"),
            deprecated: self.deprecated(fields.get("deprecated")).map(|reason| reason.value),
            source,
        })
    }

    fn model_kind(&mut self, node: &Node, fields: Fields<'_>, name: &str, source: &str) -> Option<ModelKind> {
        let written = node.entries().unwrap_or_default();
        let Some((kind, beside)) = written.iter().find_map(|entry| KINDS.iter().find(|(kind, _)| *kind == entry.key))
        else {
            let message = format!("model `{name}` needs `fields`, `enum`, `newtype`, or `tag` and `variants`");
            self.missing(node, &message, "fields: { name: string }");
            return None;
        };
        for entry in written {
            let key = entry.key.as_str();
            let says_kind = KINDS.iter().any(|(other, others)| *other == key || others.contains(&key));
            if says_kind && key != *kind && !beside.contains(&key) {
                let message = format!("`{key}` does not go with `{kind}`");
                let help = "a model is an object, an enum, a newtype or a union";
                let origin = entry.value.key_origin();
                self.report(Diagnostic::error(304, message, &origin).help(help));
            }
        }
        let owner = Owner { name: crate::name::pascal(name), source: source.to_owned() };
        let value = fields.get(kind)?;
        Some(match *kind {
            "fields" => {
                let id = self.maybe_text(fields.get("id"));
                let version = self.maybe_text(fields.get("version"));
                ModelKind::Object(self.object(value, id, version, &owner))
            }
            "enum" => ModelKind::Enum(self.enumeration(value, fields.get("unknown"))),
            "newtype" => ModelKind::Newtype(self.ty(value, &owner)?),
            _ => ModelKind::Union(self.union(node, fields, name, &owner)?),
        })
    }

    /// Reads the fields of an object.
    pub(crate) fn object(
        &mut self,
        fields: &Node,
        id: Option<Spanned<String>>,
        version: Option<Spanned<String>>,
        owner: &Owner,
    ) -> ObjectModel {
        let form = "write `fields: { name: string, age: { type: u32, optional: true } }`";
        let entries = self.entries(Some(fields), form);
        let fields = entries.iter().filter_map(|entry| self.field(entry, owner)).collect();
        ObjectModel { id, version, fields }
    }

    /// Reads the values of an enum.
    pub(crate) fn enumeration(&mut self, values: &Node, unknown: Option<&Node>) -> EnumModel {
        let items = self.list(Some(values), "write `enum: [admin, editor]`");
        if items.is_empty() && matches!(values.kind, Kind::List(_)) {
            let diagnostic = Diagnostic::error(305, "an enum needs a value", &values.origin());
            self.report(diagnostic.help("write `enum: [admin, editor]`"));
        }
        let values = items.iter().filter_map(|item| self.enum_value(item)).collect();
        let words = [("other", true), ("error", false)];
        let keep_unknown = unknown.and_then(|node| self.word(node, &words, 106));
        EnumModel { values, keep_unknown: keep_unknown.is_some_and(|keep| keep.value) }
    }

    fn enum_value(&mut self, node: &Node) -> Option<EnumValue> {
        if !matches!(node.kind, Kind::Map(_)) {
            let wire = self.text(node)?;
            self.warn_boolean(node, &wire);
            return Some(EnumValue { wire, name: None, doc: None, deprecated: None });
        }
        let fields = self.section(node, &VALUE)?;
        let Some(value) = fields.get("value") else {
            self.missing(node, "a value of an enum needs `value`", "value: viewer");
            return None;
        };
        Some(EnumValue {
            wire: self.text(value)?,
            name: self.maybe_text(fields.get("name")),
            doc: self.doc(fields.get("doc")),
            deprecated: self.deprecated(fields.get("deprecated")).map(|reason| reason.value),
        })
    }

    /// Warns of a word that other tools read as a boolean.
    fn warn_boolean(&mut self, node: &Node, value: &Spanned<String>) {
        if node.written.plain && is_boolean_word(value) {
            let message = format!("`{}` without quotes is read as a boolean by other YAML tools", value.value);
            let help = format!("write `\"{}\"`", value.value);
            self.report(Diagnostic::warning(108, message, &value.origin).help(help));
        }
    }

    fn union(&mut self, node: &Node, fields: Fields<'_>, name: &str, owner: &Owner) -> Option<UnionModel> {
        let form = "write `variants: { image: { url: url }, poll: PollAttachment }`";
        let Some(variants) = fields.get("variants") else {
            let message = format!("union `{name}` needs `variants`");
            self.missing(node, &message, "variants: { image: { url: url } }");
            return None;
        };
        let variants = self.each_variant(variants, form, owner);
        let Some(tag) = fields.get("tag") else {
            let message = format!("union `{name}` needs `tag`, the field that tells its variants apart");
            let diagnostic = Diagnostic::error(306, message, &node.key_origin());
            self.report(diagnostic.help("add `tag: kind`"));
            return None;
        };
        Some(UnionModel { tag: self.text(tag)?, variants })
    }

    fn each_variant(&mut self, variants: &Node, form: &str, owner: &Owner) -> Vec<UnionVariant> {
        let mut lowered = Vec::new();
        for entry in self.entries(Some(variants), form) {
            let wire = Spanned::new(entry.key.clone(), entry.value.key_origin());
            let mut doc = None;
            let body = match &entry.value.kind {
                Kind::Text(_) => match self.text(&entry.value) {
                    Some(name) => VariantBody::Model(name),
                    None => continue,
                },
                Kind::Map(entries) => {
                    let source = format!("{}.variants.{}", owner.source, entry.key);
                    let part = Owner::of(&owner.name, &entry.key, source);
                    let long = long_variant(&entry.value);
                    doc = self.doc(entry.value.get("doc").filter(|_| long.is_some()));
                    let fields = long.unwrap_or(entries);
                    let fields = fields.iter().filter_map(|entry| self.field(entry, &part));
                    VariantBody::Fields(fields.collect())
                }
                Kind::Null => VariantBody::Fields(Vec::new()),
                _ => {
                    let form = "write the variant's fields, `{ url: url }`, or a model's name";
                    self.wrong_kind(&entry.value, "a map or a name", form);
                    continue;
                }
            };
            lowered.push(UnionVariant { wire, body, doc });
        }
        lowered
    }
}

/// Returns the fields of a variant that is written like a model, `{ doc: …, fields: { … } }`, and not as its fields alone.
fn long_variant(node: &Node) -> Option<&[Entry]> {
    let entries = node.entries()?;
    let fields = node.get("fields")?;
    let is_field = ["type", "fields", "enum"].iter().any(|key| fields.get(key).is_some());
    let is_long = entries.iter().all(|entry| matches!(entry.key.as_str(), "fields" | "doc"));
    fields.entries().filter(|_| is_long && !is_field)
}
