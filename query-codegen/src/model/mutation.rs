//! What can be written: create, update, delete and mutations of any other shape, and what each does to the cache?

use crate::{
    model::{Endpoint, KeyDef, Literal, Method, MutationOptions, ParamDef, PathTemplate, Type},
    origin::{Origin, Spanned},
};

/// The three mutations of a resource.
#[derive(Clone, Debug, Default)]
pub struct ResourceMutations {
    /// Create.
    pub create: Option<CreateDef>,
    /// Update.
    pub update: Option<UpdateDef>,
    /// Delete.
    pub delete: Option<DeleteDef>,
}

/// Which cached lists an optimistic write reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ListReach {
    /// Those in which the row belongs.
    #[default]
    Matching,
    /// All of them.
    All,
    /// None.
    None,
}

/// Where a created row is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum InsertAt {
    #[default]
    Sorted,
    Start,
    End,
    None,
}

/// What a row is called before the server has named it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TempId {
    /// A random text, for string ids.
    #[default]
    Uuid,
    /// -1, -2, …, for signed integer ids.
    NegativeCounter,
    /// The caller chooses the id, and the server keeps it.
    Client,
}

/// Create: `POST` on the collection.
#[derive(Clone, Debug)]
pub struct CreateDef {
    /// The method.
    pub method: Option<Spanned<Method>>,
    /// The path; by default the collection's.
    pub path: Option<Spanned<PathTemplate>>,
    /// Whether and how the row shows before the server answers.
    pub optimistic: Option<Spanned<CreateOptimism>>,
    /// What goes stale when it settles.
    pub invalidates: Vec<KeyDef>,
    /// Settings.
    pub options: MutationOptions,
    /// Where it is declared.
    pub origin: Origin,
}

/// How a created row shows before the server answers.
#[derive(Clone, Debug, Default)]
pub struct CreateOptimism {
    /// Which lists.
    pub lists: Maybe<ListReach>,
    /// Where in them.
    pub insert: Maybe<InsertAt>,
    /// Under which id.
    pub temp_id: Maybe<TempId>,
}

/// A setting that may be left out.
pub type Maybe<T> = Option<Spanned<T>>;

/// Update: `PATCH` or `PUT` on the row.
#[derive(Clone, Debug)]
pub struct UpdateDef {
    /// The method; by default `PATCH`.
    pub method: Option<Spanned<Method>>,
    /// The path; by default the collection's and the id.
    pub path: Option<Spanned<PathTemplate>>,
    /// What the body is.
    pub body: Option<Spanned<UpdateBody>>,
    /// Whether and how the change shows before the server answers.
    pub optimistic: Option<Spanned<UpdateOptimism>>,
    /// What goes stale when it settles.
    pub invalidates: Vec<KeyDef>,
    /// Settings.
    pub options: MutationOptions,
    /// Where it is declared.
    pub origin: Origin,
}

/// What the body of an update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum UpdateBody {
    /// The changed members.
    #[default]
    Patch,
    /// The whole row.
    Full,
    /// A list of operations, RFC 6902.
    JsonPatch,
    /// The changed members, RFC 7396.
    MergePatch,
}

/// How a change shows before the server answers.
#[derive(Clone, Debug, Default)]
pub struct UpdateOptimism {
    /// Which lists.
    pub lists: Maybe<ListReach>,
    /// Whether the detail shows it.
    pub detail: Maybe<bool>,
}

/// Delete: `DELETE` on the row.
#[derive(Clone, Debug)]
pub struct DeleteDef {
    /// The method.
    pub method: Option<Spanned<Method>>,
    /// The path; by default the collection's and the id.
    pub path: Option<Spanned<PathTemplate>>,
    /// Whether and how the row goes before the server answers.
    pub optimistic: Option<Spanned<DeleteOptimism>>,
    /// What goes stale when it settles.
    pub invalidates: Vec<KeyDef>,
    /// Settings.
    pub options: MutationOptions,
    /// Where it is declared.
    pub origin: Origin,
}

/// How a row goes before the server answers.
#[derive(Clone, Debug, Default)]
pub struct DeleteOptimism {
    /// Which lists.
    pub lists: Maybe<ListReach>,
    /// Whether the detail goes too; the only word is `remove`.
    pub detail: Maybe<bool>,
}

/// A mutation that belongs to no resource.
#[derive(Clone, Debug)]
pub struct MutationDef {
    /// Its name.
    pub name: Spanned<String>,
    /// Documentation.
    pub doc: Option<String>,
    /// Method and path.
    pub endpoint: Endpoint,
    /// Its parameters, in declaration order.
    pub params: Vec<ParamDef>,
    /// What it returns; `None`: nothing.
    pub returns: Option<Spanned<Type>>,
    /// What shows before the server answers.
    pub optimistic: Vec<Spanned<OptimisticRule>>,
    /// What goes stale when it settles.
    pub invalidates: Vec<KeyDef>,
    /// Settings.
    pub options: MutationOptions,
    /// Where it is declared, as a dotted path: `mutations.follow`.
    pub source: String,
}

/// What happens to one row and shows before the server answers.
#[derive(Clone, Debug)]
pub struct OptimisticRule {
    /// The row: `users.detail(user_id)`.
    pub target: KeyDef,
    /// Whether the row goes.
    pub deletes: bool,
    /// The changes of one that stays, in order.
    pub changes: Vec<Change>,
    /// Which lists show it.
    pub lists: Maybe<ListReach>,
}

/// A change of one field.
#[derive(Clone, Debug)]
pub struct Change {
    /// What is done.
    pub kind: ChangeKind,
    /// To which field.
    pub field: Spanned<String>,
    /// With which value.
    pub value: Spanned<ChangeValue>,
}

/// What is done to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Replaced.
    Set,
    /// Added to; not idempotent.
    Inc,
    /// A list gains an item; not idempotent.
    Push,
    /// A list loses an item.
    Remove,
}

/// The value of a change.
#[derive(Clone, Debug)]
pub enum ChangeValue {
    /// A constant.
    Literal(Literal),
    /// A parameter of the mutation: `$name`.
    Param(String),
}
