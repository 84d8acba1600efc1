//! Which traits does a type have?

use crate::{
    check::Lookup,
    model::{EnumModel, FieldDef, Model, ModelKind, Presence, Type},
};

/// A trait that a derive needs of every part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Trait {
    Copy,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Default,
}

impl Trait {
    /// The names that a model's `derive` can have.
    pub const WORDS: [(&'static str, Self); 6] = [
        ("Eq", Self::Eq),
        ("Hash", Self::Hash),
        ("PartialOrd", Self::PartialOrd),
        ("Ord", Self::Ord),
        ("Default", Self::Default),
        ("Copy", Self::Copy),
    ];

    /// Returns the name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Copy => "Copy",
            Self::Eq => "Eq",
            Self::Hash => "Hash",
            Self::PartialOrd => "PartialOrd",
            Self::Ord => "Ord",
            Self::Default => "Default",
        }
    }

    /// Returns the traits that this one stands on and that are not derived anyway.
    pub(super) const fn needs(self) -> &'static [Self] {
        match self {
            Self::Ord => &[Self::Eq, Self::PartialOrd],
            _ => &[],
        }
    }
}

impl Lookup<'_> {
    /// Returns whether a type has a trait: scalars, newtypes and enums by what they are, structs and unions if their
    /// `derive` says so. Of Rust types nothing is known, so that the answer is no.
    pub fn type_is(self, ty: &Type, wanted: Trait) -> bool {
        match ty {
            Type::Bool | Type::Integer(_) | Type::DateTime => true,
            // A duration is a number of seconds, with a fraction.
            Type::Float(_) | Type::Duration => {
                matches!(wanted, Trait::Copy | Trait::PartialOrd | Trait::Default)
            }
            Type::String(_) | Type::Bytes => wanted != Trait::Copy,
            Type::Json => matches!(wanted, Trait::Eq | Trait::Hash | Trait::Default),
            Type::List(item) | Type::Map(_, item) => match wanted {
                Trait::Copy => false,
                Trait::Default => true,
                _ => self.type_is(item, wanted),
            },
            Type::Model(name, _) => self.model(name).is_some_and(|model| self.model_is(model, wanted)),
            Type::Rust(_) => false,
        }
    }

    /// Returns whether a model has a trait.
    pub fn model_is(self, model: &Model, wanted: Trait) -> bool {
        let asked = model.derive.iter().any(|word| word.value == wanted.word());
        match &model.kind {
            // Nobody can say which value is meant, unless the schema does.
            ModelKind::Newtype(_) | ModelKind::Enum(_) if wanted == Trait::Default => asked,
            ModelKind::Newtype(inner) => match &inner.value {
                // A newtype of a model is a mistake that is reported elsewhere.
                Type::Model(..) => false,
                scalar => self.type_is(scalar, wanted),
            },
            ModelKind::Enum(values) => enum_is(values, wanted),
            ModelKind::Object(_) | ModelKind::Union(_) => asked,
        }
    }

    /// Returns the first field that keeps a struct from having a trait.
    pub(super) fn lacking(self, model: &Model, wanted: Trait) -> Option<&FieldDef> {
        let ModelKind::Object(object) = &model.kind else { return None };
        object.fields.iter().find(|field| {
            let absent = field.presence != Presence::Required && wanted == Trait::Default;
            field.write_only.is_none() && !absent && !self.type_is(&field.ty, wanted)
        })
    }
}

fn enum_is(values: &EnumModel, wanted: Trait) -> bool {
    match wanted {
        Trait::Copy => !values.keep_unknown,
        Trait::Default => false,
        Trait::Eq | Trait::Hash | Trait::PartialOrd | Trait::Ord => true,
    }
}
