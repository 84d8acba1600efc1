//! Which types can a field, a parameter or a result have?

use crate::origin::Origin;

/// A type of the dialect, or one of the user's own.
#[derive(Clone, Debug)]
pub enum Type {
    /// `bool`.
    Bool,
    /// `i8` to `i64`, `u8` to `u64`.
    Integer(Integer),
    /// `f32`, `f64`.
    Float(Float),
    /// `string`, and `url` and `uuid`, which are strings with a meaning.
    String(StringKind),
    /// `bytes`: only in a multipart body.
    Bytes,
    /// `json`: any JSON value.
    Json,
    /// `datetime`: an instant, RFC 3339 on the wire.
    DateTime,
    /// `duration`: seconds on the wire.
    Duration,
    /// `[T]`.
    List(Box<Self>),
    /// `map<string, T>`.
    Map(Box<Self>, Box<Self>),
    /// A model of the schema, by the name it has there, and where the name was written.
    Model(String, Origin),
    /// A Rust type that a derive was given and that is none of the above; printed as written.
    Rust(proc_macro2::TokenStream),
}

/// A width of whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Integer {
    I8,
    I16,
    I32,
    I64,
    U8,
    U16,
    U32,
    U64,
}

/// A width of floating point number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Float {
    F32,
    F64,
}

/// What a string holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum StringKind {
    Text,
    Url,
    Uuid,
}

/// Whether a value may be missing, and how that looks on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Presence {
    /// Always there: `T`.
    #[default]
    Required,
    /// The key may be absent: `Option<T>`, left out when `None`.
    Optional,
    /// The value may be null: `Option<T>`, `null` when `None`.
    Nullable,
    /// Both: `Maybe<T>`.
    OptionalNullable,
}
