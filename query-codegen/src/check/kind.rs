//! What is a type once newtypes are opened, what is it called, and are two types one?

use crate::{
    check::Lookup,
    model::{EnumModel, FieldDef, FilterOp, Float, Integer, ModelKind, Presence, StringKind, Type},
};

/// What a type is once newtypes are opened.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'a> {
    Bool,
    Integer(Integer),
    Float,
    Text,
    Bytes,
    Json,
    DateTime,
    Duration,
    List(&'a Type),
    Map,
    Enum(&'a EnumModel),
    Object,
    Union,
    /// A Rust type, or a name that leads nowhere: nothing can be said.
    Unknown,
}

impl Kind<'_> {
    /// Returns whether the type fits into one place of a path, a query string or a header.
    pub(super) const fn is_scalar(self) -> bool {
        matches!(
            self,
            Self::Bool
                | Self::Integer(_)
                | Self::Float
                | Self::Text
                | Self::DateTime
                | Self::Duration
                | Self::Enum(_)
                | Self::Unknown
        )
    }

    /// Returns whether values of the type have an order that the client knows too.
    pub(super) const fn is_ordered(self) -> bool {
        matches!(
            self,
            Self::Bool
                | Self::Integer(_)
                | Self::Float
                | Self::Text
                | Self::DateTime
                | Self::Duration
                | Self::Enum(_)
                | Self::Unknown
        )
    }

    /// Returns whether the type counts: whether something can be added to it.
    pub(super) const fn is_number(self) -> bool {
        matches!(self, Self::Integer(_) | Self::Float)
    }

    /// Returns what a user calls such a type, with its article.
    pub(super) const fn article(self) -> &'static str {
        match self {
            Self::Bool => "a bool",
            Self::Integer(_) => "a whole number",
            Self::Float => "a number",
            Self::Text => "a string",
            Self::Bytes => "bytes",
            Self::Json => "json",
            Self::DateTime => "a datetime",
            Self::Duration => "a duration",
            Self::List(_) => "a list",
            Self::Map => "a map",
            Self::Enum(_) => "an enum",
            Self::Object => "an object",
            Self::Union => "a union",
            Self::Unknown => "a Rust type",
        }
    }
}

impl<'a> Lookup<'a> {
    /// Returns what a type is once newtypes are opened.
    pub(super) fn kind(self, ty: &'a Type) -> Kind<'a> {
        match ty {
            Type::Bool => Kind::Bool,
            Type::Integer(width) => Kind::Integer(*width),
            Type::Float(_) => Kind::Float,
            Type::String(_) => Kind::Text,
            Type::Bytes => Kind::Bytes,
            Type::Json => Kind::Json,
            Type::DateTime => Kind::DateTime,
            Type::Duration => Kind::Duration,
            Type::List(item) => Kind::List(item),
            Type::Map(..) => Kind::Map,
            Type::Rust(_) => Kind::Unknown,
            Type::Model(name, _) => match self.model(name).map(|model| &model.kind) {
                None => Kind::Unknown,
                Some(ModelKind::Object(_)) => Kind::Object,
                Some(ModelKind::Union(_)) => Kind::Union,
                Some(ModelKind::Enum(values)) => Kind::Enum(values),
                // A newtype of a newtype is a mistake of its own, which also ends this recursion.
                Some(ModelKind::Newtype(inner)) => match &inner.value {
                    Type::Model(..) => Kind::Unknown,
                    scalar => self.kind(scalar),
                },
            },
        }
    }

    /// Returns whether two types are the same; `None` where a Rust type or an unknown model hides the answer.
    pub(super) fn same(self, one: &Type, other: &Type) -> Option<bool> {
        match (one, other) {
            (Type::Rust(_), _) | (_, Type::Rust(_)) => None,
            (Type::Model(a, _), Type::Model(b, _)) if a == b => Some(true),
            (Type::Model(a, _), _) if self.model(a).is_none() => None,
            (_, Type::Model(b, _)) if self.model(b).is_none() => None,
            (Type::List(a), Type::List(b)) => self.same(a, b),
            (Type::Map(k, v), Type::Map(l, w)) => Some(self.same(k, l)? && self.same(v, w)?),
            (Type::Integer(a), Type::Integer(b)) => Some(a == b),
            (Type::Float(a), Type::Float(b)) => Some(a == b),
            (Type::Bool, Type::Bool)
            | (Type::String(_), Type::String(_))
            | (Type::Bytes, Type::Bytes)
            | (Type::Json, Type::Json)
            | (Type::DateTime, Type::DateTime)
            | (Type::Duration, Type::Duration) => Some(true),
            _ => Some(false),
        }
    }

    /// Returns whether two types are known to differ.
    pub(super) fn differ(self, one: &Type, other: &Type) -> bool {
        self.same(one, other) == Some(false)
    }
}

/// Returns a type as the dialect writes it.
pub(super) fn written(ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::Integer(width) => integer_word(*width).to_owned(),
        Type::Float(Float::F32) => "f32".to_owned(),
        Type::Float(Float::F64) => "f64".to_owned(),
        Type::String(StringKind::Text) => "string".to_owned(),
        Type::String(StringKind::Url) => "url".to_owned(),
        Type::String(StringKind::Uuid) => "uuid".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Json => "json".to_owned(),
        Type::DateTime => "datetime".to_owned(),
        Type::Duration => "duration".to_owned(),
        Type::List(item) => format!("[{}]", written(item)),
        Type::Map(key, value) => format!("map<{}, {}>", written(key), written(value)),
        Type::Model(name, _) => name.clone(),
        Type::Rust(tokens) => tokens.to_string(),
    }
}

/// Returns a type in backticks, with its article: `` an `i64` ``.
pub(super) fn one(ty: &Type) -> String {
    let text = written(ty);
    let article = if text.starts_with(['a', 'A', 'e', 'E', 'i', 'I', 'o', 'O']) { "an" } else { "a" };
    format!("{article} `{text}`")
}

/// Returns a width of whole number as the dialect writes it.
pub(super) const fn integer_word(width: Integer) -> &'static str {
    match width {
        Integer::I8 => "i8",
        Integer::I16 => "i16",
        Integer::I32 => "i32",
        Integer::I64 => "i64",
        Integer::U8 => "u8",
        Integer::U16 => "u16",
        Integer::U32 => "u32",
        Integer::U64 => "u64",
    }
}

/// Returns the smallest and the largest whole number of a width.
pub(super) const fn range(width: Integer) -> (i128, i128) {
    match width {
        Integer::I8 => (i8::MIN as i128, i8::MAX as i128),
        Integer::I16 => (i16::MIN as i128, i16::MAX as i128),
        Integer::I32 => (i32::MIN as i128, i32::MAX as i128),
        Integer::I64 => (i64::MIN as i128, i64::MAX as i128),
        Integer::U8 => (0, u8::MAX as i128),
        Integer::U16 => (0, u16::MAX as i128),
        Integer::U32 => (0, u32::MAX as i128),
        Integer::U64 => (0, u64::MAX as i128),
    }
}

/// Returns whether a width has a sign.
pub(super) const fn is_signed(width: Integer) -> bool {
    range(width).0 < 0
}

impl Lookup<'_> {
    /// Returns whether a comparison can be made with a field.
    pub(super) fn op_fits(self, op: FilterOp, field: &FieldDef) -> bool {
        let kind = self.kind(&field.ty);
        if matches!(kind, Kind::Unknown) {
            return true;
        }
        match op {
            FilterOp::Eq | FilterOp::Ne | FilterOp::In | FilterOp::NotIn => kind.is_scalar(),
            FilterOp::Lt | FilterOp::Le | FilterOp::Gt | FilterOp::Ge | FilterOp::Between => {
                kind.is_ordered() && !matches!(kind, Kind::Bool | Kind::Enum(_))
            }
            FilterOp::ContainsAny | FilterOp::ContainsAll => matches!(kind, Kind::List(_)),
            FilterOp::Prefix | FilterOp::Contains | FilterOp::ContainsCi => is_text(&field.ty),
            FilterOp::IsNull => field.presence != Presence::Required,
        }
    }
}

/// Returns whether a type is a plain string, which can be searched; what is in a newtype is not the outside's business.
pub(super) const fn is_text(ty: &Type) -> bool {
    matches!(ty, Type::String(_) | Type::Rust(_))
}

/// Returns what a user calls a type: `a string`, or `a newtype` where that is what matters.
pub(super) fn called(cx: Lookup<'_>, ty: &Type) -> String {
    match (ty, cx.kind(ty)) {
        (Type::Model(name, _), Kind::Text | Kind::Integer(_) | Kind::Float) => {
            format!("the newtype `{name}`")
        }
        (_, kind) => kind.article().to_owned(),
    }
}
