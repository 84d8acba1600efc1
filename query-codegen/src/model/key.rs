//! Which cached entries does a rule mean?

use crate::origin::{Origin, Spanned};

/// A target of an invalidation, an optimistic rule or a key: `users`, `users.list`, `users.detail(id)`, `query.me`.
#[derive(Clone, Debug)]
pub struct KeyDef {
    /// The resource's name, or `query`.
    pub root: Spanned<String>,
    /// Which of its entries.
    pub kind: KeyKind,
    /// The whole, as written.
    pub origin: Origin,
}

/// Which entries of a resource are meant.
#[derive(Clone, Debug)]
pub enum KeyKind {
    /// Everything of the resource.
    All,
    /// Its lists, where the named parameters have the values of these arguments.
    Lists(Vec<KeyArgument>),
    /// Its infinite lists.
    Infinites,
    /// All details, or the one with this id.
    Detail(Option<Spanned<String>>),
    /// A relation, for all owners or the one with this id.
    Relation(Spanned<String>, Option<Spanned<String>>),
    /// A custom query, by name.
    Query(Spanned<String>),
}

/// `author = id`: a list parameter and the variable it must equal.
#[derive(Clone, Debug)]
pub struct KeyArgument {
    /// The list's parameter.
    pub parameter: Spanned<String>,
    /// A parameter of the mutation, or a field of its result.
    pub value: Spanned<String>,
}
