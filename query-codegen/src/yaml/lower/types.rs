//! How does a type that was written become a type of the model, and an inline one a model of its own?

use crate::{
    diagnostics::Diagnostic,
    model::{EnumModel, EnumValue, Model, ModelKind, Type},
    name,
    origin::{Origin, Spanned},
    yaml::{
        lower::{Lower, keys, section::Section},
        node::{Kind, Node},
        type_expr::{self, Mistake, TypeExpr, Word},
    },
};

/// The name that a model gets if it is written where a type stands, and where that is.
#[derive(Clone, Debug)]
pub(crate) struct Owner {
    /// `UserAddress`.
    pub(crate) name: String,
    /// `models.User.fields.address`.
    pub(crate) source: String,
}

impl Owner {
    /// Returns the owner of a part: `UserAddress` for `address` in `User`.
    pub(crate) fn of(parent: &str, part: &str, source: String) -> Self {
        Self { name: format!("{}{}", name::pascal(parent), name::pascal(part)), source }
    }
}

/// What a type can be.
const FORM: &str = "write `string`, `[T]`, `map<string, T>`, `enum(a, b)`, a model's name, or `{ fields: { … } }`";

pub(super) const INLINE: Section =
    Section { what: "an inline model", keys: &["fields", "enum", "unknown", "doc"], below: &[], form: FORM };

impl Lower<'_> {
    /// Reads a type; a broken one becomes `json`, so that what is around it can go on.
    pub(crate) fn ty(&mut self, node: &Node, owner: &Owner) -> Option<Spanned<Type>> {
        let origin = node.origin();
        let ty = match &node.kind {
            Kind::Text(text) => match type_expr::parse(text) {
                Ok(expr) => self.expr(&expr, &origin, owner),
                Err(mistake) => {
                    self.inside(mistake, &origin);
                    Type::Json
                }
            },
            // `type: [User]` without quotes is a YAML list of one text, and cannot mean anything else.
            Kind::List(items) if items.len() == 1 => Type::List(Box::new(self.ty(&items[0], owner)?.value)),
            Kind::Map(_) => self.inline_model(node, owner)?,
            _ => {
                self.wrong_kind(node, "a type", FORM);
                return None;
            }
        };
        Some(Spanned::new(ty, origin))
    }

    /// Reports a mistake inside of a scalar.
    pub(crate) fn inside(&mut self, mistake: Mistake, scalar: &Origin) {
        let origin = scalar.within(mistake.column, mistake.length);
        self.report(Diagnostic::error(mistake.code, mistake.message, &origin).help(mistake.help));
    }

    fn expr(&mut self, expr: &TypeExpr, origin: &Origin, owner: &Owner) -> Type {
        match expr {
            TypeExpr::Name(word) => self.named(word, origin),
            TypeExpr::List(item) => Type::List(Box::new(self.expr(item, origin, owner))),
            TypeExpr::Map(key, value) => {
                let key_owner = Owner { name: format!("{}Key", owner.name), ..owner.clone() };
                let key = self.expr(key, origin, &key_owner);
                Type::Map(Box::new(key), Box::new(self.expr(value, origin, owner)))
            }
            TypeExpr::Enum(words) => {
                let values = words.iter().map(|word| EnumValue {
                    wire: Spanned::new(word.text.clone(), origin.within(word.column, word.length())),
                    name: None,
                    doc: None,
                    deprecated: None,
                });
                let model = EnumModel { values: values.collect(), keep_unknown: false };
                self.add_inline(ModelKind::Enum(model), None, origin, owner)
            }
        }
    }

    fn named(&mut self, word: &Word, origin: &Origin) -> Type {
        let origin = origin.within(word.column, word.length());
        if let Some(ty) = type_expr::builtin(&word.text) {
            return ty;
        }
        if let Some(ours) = type_expr::foreign(&word.text)
            && !self.declared.contains(&word.text)
        {
            let message = format!("unknown type `{}`", word.text);
            let help = format!("write `{ours}`");
            self.report(Diagnostic::error(201, message, &origin).help(help));
            return type_expr::builtin(ours).unwrap_or(Type::Json);
        }
        Type::Model(word.text.clone(), origin)
    }

    fn inline_model(&mut self, node: &Node, owner: &Owner) -> Option<Type> {
        let fields = self.section(node, &INLINE)?;
        let kind = if let Some(fields) = fields.get("fields") {
            ModelKind::Object(self.object(fields, None, None, owner))
        } else if let Some(values) = fields.get("enum") {
            ModelKind::Enum(self.enumeration(values, fields.get("unknown")))
        } else {
            self.wrong_kind(node, "a type", FORM);
            return None;
        };
        let doc = self.doc(fields.get("doc"));
        Some(self.add_inline(kind, doc, &node.origin(), owner))
    }

    /// Declares a model that was written where a type stands.
    pub(crate) fn add_inline(&mut self, kind: ModelKind, doc: Option<String>, origin: &Origin, owner: &Owner) -> Type {
        self.inline.push(Model {
            name: Spanned::new(owner.name.clone(), origin.clone()),
            doc,
            kind,
            derive: Vec::new(),
            deprecated: None,
            source: owner.source.clone(),
        });
        Type::Model(owner.name.clone(), origin.clone())
    }

    /// Reads what a request returns: a type, or nothing for `none`.
    pub(crate) fn returns(&mut self, node: Option<&Node>, owner: &Owner) -> Option<Spanned<Type>> {
        let node = node?;
        if node.as_text() == Some(keys::NONE) { None } else { self.ty(node, owner) }
    }
}
