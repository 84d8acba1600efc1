//! What is the whole of a schema: an API, its models, envelopes, resources, queries and mutations?

use crate::{
    model::{
        Level, Method, MutationDef, MutationOptions, PathTemplate, Presence, QueryDef, QueryOptions, ResourceMutations,
        Span, Type, Watermark,
    },
    origin::{Origin, Spanned},
};

/// A schema, as written and not yet checked.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Which front end it came through.
    pub front: FrontEnd,
    /// The path of the runtime crate in generated code, `::query_runtime` unless a derive says otherwise.
    pub runtime: proc_macro2::TokenStream,
    /// The API's own settings.
    pub api: Api,
    /// The models, in declaration order.
    pub models: Vec<Model>,
    /// The envelopes, in declaration order.
    pub envelopes: Vec<Envelope>,
    /// The resources, in declaration order.
    pub resources: Vec<Resource>,
    /// The queries that belong to no resource.
    pub queries: Vec<QueryDef>,
    /// The mutations that belong to no resource.
    pub mutations: Vec<MutationDef>,
}

/// How a schema was written.
#[derive(Clone, Debug)]
pub enum FrontEnd {
    /// Attributes on this struct, which is emitted by the user, not by us.
    Derive {
        /// The struct's visibility, which generated items share.
        visibility: proc_macro2::TokenStream,
    },
    /// This file, by the path the user named it with; generated items are `pub`.
    Yaml {
        /// The path, with `/` on every platform, as it is printed in *Source* lines and diagnostics.
        file: String,
    },
}

/// What holds for the whole API.
#[derive(Clone, Debug)]
pub struct Api {
    /// The name: the first segment of every key. A derive without `api` has none.
    pub name: Option<Spanned<String>>,
    /// A derive's `api = Social`: the type that carries the name. YAML generates it from `name`.
    pub ty: Option<proc_macro2::TokenStream>,
    /// Documentation.
    pub doc: Option<String>,
    /// Where the server is.
    pub base_url: Option<Spanned<EnvText>>,
    /// Headers of every request.
    pub headers: Vec<(Spanned<String>, Spanned<EnvText>)>,
    /// How field names look on the wire.
    pub wire: Spanned<WireCase>,
    /// How requests are authenticated.
    pub auth: Option<Spanned<Auth>>,
    /// The body of answers that are not 2xx.
    pub error: Option<ErrorBody>,
    /// What the server promises of every resource that says nothing else.
    pub level: Option<Spanned<Level>>,
    /// How answers say up to which write they were read.
    pub watermark: Option<Watermark>,
    /// The lowest layer of query options.
    pub query: QueryOptions,
    /// The lowest layer of mutation options.
    pub mutation: MutationOptions,
}

/// A text, or the name of an environment variable with a default.
#[derive(Clone, Debug)]
pub struct EnvText {
    /// The text, or what is used when the variable is not set.
    pub default: String,
    /// The variable.
    pub env: Option<String>,
}

/// How names look on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum WireCase {
    Camel,
    Snake,
    Kebab,
    Pascal,
    #[default]
    AsIs,
}

/// How requests are authenticated.
#[derive(Clone, Debug)]
pub struct Auth {
    /// The scheme.
    pub scheme: Spanned<AuthScheme>,
    /// How a token is renewed.
    pub refresh: Option<Spanned<AuthRefresh>>,
}

/// A scheme of authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum AuthScheme {
    Bearer,
    Basic,
    ApiKey,
    None,
}

/// How a token is renewed.
#[derive(Clone, Debug)]
pub struct AuthRefresh {
    /// The method.
    pub method: Spanned<Method>,
    /// The path.
    pub path: Option<Spanned<PathTemplate>>,
    /// Wire names of the request and what they hold.
    pub request: Vec<(Spanned<String>, Spanned<String>)>,
    /// What to read from the response, and under which wire names.
    pub response: Vec<(Spanned<String>, Spanned<String>)>,
    /// The statuses that lead to a refresh.
    pub statuses: Vec<Spanned<u16>>,
    /// What happens when it fails: `sign_out` or `error`.
    pub on_failure: Option<Spanned<String>>,
}

/// The body of answers that are not 2xx.
#[derive(Clone, Debug)]
pub struct ErrorBody {
    /// Its type.
    pub ty: Spanned<Type>,
    /// The field that says what went wrong.
    pub message: Option<Spanned<String>>,
    /// The status of a conflict and the field that holds the server's version.
    pub conflict: Option<(Spanned<u16>, Option<Spanned<String>>)>,
}

/// A named type of the schema.
#[derive(Clone, Debug)]
pub struct Model {
    /// Its name; for an inline one, the owner's and the field's joined.
    pub name: Spanned<String>,
    /// Documentation.
    pub doc: Option<String>,
    /// What it is.
    pub kind: ModelKind,
    /// Traits to derive beside the usual ones.
    pub derive: Vec<Spanned<String>>,
    /// Why not to use it any more.
    pub deprecated: Option<String>,
    /// Where it is declared, as a dotted path: `models.User`.
    pub source: String,
}

/// What a model is.
#[derive(Clone, Debug)]
pub enum ModelKind {
    /// A struct.
    Object(ObjectModel),
    /// A set of names.
    Enum(EnumModel),
    /// A type of its own around a scalar.
    Newtype(Spanned<Type>),
    /// One of several objects, told apart by a field.
    Union(UnionModel),
}

/// A struct.
#[derive(Clone, Debug)]
pub struct ObjectModel {
    /// The field that identifies the entity.
    pub id: Option<Spanned<String>>,
    /// The field that grows with every change on the server.
    pub version: Option<Spanned<String>>,
    /// The fields, in declaration order.
    pub fields: Vec<FieldDef>,
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub struct FieldDef {
    /// Its name as declared.
    pub name: Spanned<String>,
    /// Its name on the wire, where it differs from what the API's naming gives. A derive fills it from `#[serde]`.
    pub rename: Option<Spanned<String>>,
    /// Its type, without `Option` or `Maybe`.
    pub ty: Spanned<Type>,
    /// Whether it may be missing.
    pub presence: Presence,
    /// The value where none is given.
    pub default: Option<Spanned<Literal>>,
    /// Only the server writes it.
    pub read_only: Option<Origin>,
    /// Only sent, never received.
    pub write_only: Option<Origin>,
    /// Set at creation, never changed.
    pub immutable: Option<Origin>,
    /// Its value in an entity that the server has not confirmed yet.
    pub optimistic: Option<Spanned<OptimisticValue>>,
    /// The smallest value, or length.
    pub min: Option<Spanned<f64>>,
    /// The largest value, or length.
    pub max: Option<Spanned<f64>>,
    /// A regular expression, documentation only.
    pub pattern: Option<Spanned<String>>,
    /// Documentation.
    pub doc: Option<String>,
    /// Why not to use it any more.
    pub deprecated: Option<Spanned<String>>,
    /// A derive's field that serde flattens or skips; such fields take no part in filters and patches.
    pub serde: SerdeTreatment,
}

/// What serde does with a derive's field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum SerdeTreatment {
    #[default]
    Plain,
    Flattened,
    Skipped,
}

/// A constant of the schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number, as text.
    Float(String),
    /// A string, or the name of an enum's value.
    String(String),
    /// `[…]`.
    List(Vec<Self>),
    /// `{}`: the empty map is the only map there is.
    EmptyMap,
    /// The type's own `Default` (a derive's `#[query(default)]`).
    TypeDefault,
}

/// Where an unconfirmed entity takes a value from.
#[derive(Clone, Debug, PartialEq)]
pub enum OptimisticValue {
    /// The moment of the mutation.
    Now,
    /// The type's default.
    Default,
    /// A constant.
    Literal(Literal),
    /// A path parameter: `$path.post_id`.
    Path(String),
    /// Another field: `{ copy: name }`.
    Copy(String),
}

/// A set of names.
#[derive(Clone, Debug)]
pub struct EnumModel {
    /// The values, in declaration order.
    pub values: Vec<EnumValue>,
    /// Whether a value that is not in the list is kept (`Other(String)`) or refused.
    pub keep_unknown: bool,
}

/// A value of an enum.
#[derive(Clone, Debug)]
pub struct EnumValue {
    /// As it is on the wire.
    pub wire: Spanned<String>,
    /// The variant's name, where it is not the wire's in Pascal case.
    pub name: Option<Spanned<String>>,
    /// Documentation.
    pub doc: Option<String>,
    /// Why not to use it any more.
    pub deprecated: Option<String>,
}

/// One of several objects, told apart by a field.
#[derive(Clone, Debug)]
pub struct UnionModel {
    /// The field on the wire.
    pub tag: Spanned<String>,
    /// The variants, in declaration order.
    pub variants: Vec<UnionVariant>,
}

/// A variant of a union.
#[derive(Clone, Debug)]
pub struct UnionVariant {
    /// The tag's value on the wire.
    pub wire: Spanned<String>,
    /// What it holds.
    pub body: VariantBody,
    /// Documentation.
    pub doc: Option<String>,
}

/// What a variant of a union holds.
#[derive(Clone, Debug)]
pub enum VariantBody {
    /// Fields of its own.
    Fields(Vec<FieldDef>),
    /// A named model.
    Model(Spanned<String>),
}

/// How a list is wrapped on the wire. `None` where a role has no place.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// Its name in the schema; the only envelope of a derive is called `list`.
    pub name: Spanned<String>,
    /// The rows' wire name, or `$resource` for the resource's own.
    pub items: Option<Spanned<String>>,
    /// The wire name of how many rows there are in all.
    pub total: Option<Spanned<String>>,
    /// The wire name of whether there are more.
    pub has_more: Option<Spanned<String>>,
    /// The wire name of the page's number.
    pub page: Option<Spanned<String>>,
    /// The wire name of the next page's number or cursor.
    pub next: Option<Spanned<String>>,
    /// The wire name of the previous page's number or cursor.
    pub prev: Option<Spanned<String>>,
}

/// A collection on the server and what can be done with it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its name: the second segment of its keys, and the plural in function names.
    pub name: Spanned<String>,
    /// The model of its rows.
    pub model: Spanned<String>,
    /// Documentation.
    pub doc: Option<String>,
    /// The collection's path.
    pub path: Spanned<PathTemplate>,
    /// The resource that it belongs to.
    pub parent: Option<Spanned<String>>,
    /// What the server promises of its rows; by default, what the API says.
    pub level: Option<Spanned<Level>>,
    /// The list.
    pub list: Option<crate::model::ListDef>,
    /// The infinite list.
    pub infinite: Option<Spanned<QueryOptions>>,
    /// The detail.
    pub get: Option<crate::model::GetDef>,
    /// Create, update and delete.
    pub mutations: ResourceMutations,
    /// Lists of other resources that belong to one row of this.
    pub relations: Vec<Relation>,
    /// Live updates: checked and kept, not generated yet.
    pub realtime: Option<Spanned<Realtime>>,
    /// The outbox: checked and kept, not generated yet.
    pub offline: Option<Spanned<Offline>>,
    /// Names that replace derived ones.
    pub names: Names,
    /// Where it is declared, as a dotted path: `resources.users`.
    pub source: String,
}

/// Names that replace derived ones.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Instead of `NewUser`.
    pub new: Option<Spanned<String>>,
    /// Instead of `UserPatch`.
    pub patch: Option<Spanned<String>>,
    /// Instead of `UserReplace`.
    pub replace: Option<Spanned<String>>,
    /// Instead of `UserListParams`.
    pub params: Option<Spanned<String>>,
    /// Instead of `UserFilter`.
    pub filter: Option<Spanned<String>>,
    /// Instead of `UserSort`.
    pub sort: Option<Spanned<String>>,
    /// Instead of `UserKeys`.
    pub keys: Option<Spanned<String>>,
    /// Hooks, by operation: `list`, `infinite`, `get`, `create`, `update`, `delete`.
    pub hooks: Vec<(Spanned<String>, Spanned<String>)>,
}

impl Names {
    /// Iterates over all names that are chosen.
    pub fn all(&self) -> impl Iterator<Item = &Spanned<String>> {
        let types = [&self.new, &self.patch, &self.replace, &self.params, &self.filter, &self.sort, &self.keys];
        types.into_iter().flatten().chain(self.hooks.iter().map(|(_, name)| name))
    }
}

/// Rows of another resource that belong to one row of this: `/users/{id}/posts`.
#[derive(Clone, Debug)]
pub struct Relation {
    /// Its name: a segment of its keys.
    pub name: Spanned<String>,
    /// The other resource: its name in YAML, its row type in a derive.
    pub target: RelationTarget,
    /// The field of the other row that holds this row's id.
    pub foreign_key: Spanned<String>,
    /// The path; its only parameter is this row's id.
    pub path: Spanned<PathTemplate>,
    /// Settings.
    pub options: QueryOptions,
    /// Where it is declared, as a dotted path.
    pub source: String,
}

/// What a relation leads to.
#[derive(Clone, Debug)]
pub enum RelationTarget {
    /// A resource of the schema.
    Resource(Spanned<String>),
    /// The row type of a resource derived elsewhere.
    Type(proc_macro2::TokenStream),
}

/// Live updates of a resource.
#[derive(Clone, Debug)]
pub struct Realtime {
    /// The socket's address.
    pub channel: Option<Spanned<String>>,
    /// The wire name of a message's type.
    pub tag: Option<Spanned<String>>,
    /// The wire name of a message's content.
    pub payload: Option<Spanned<String>>,
    /// What each type of message does.
    pub messages: Vec<(Spanned<String>, Spanned<RealtimeAction>)>,
}

/// What a message does to the cache.
#[derive(Clone, Debug)]
pub enum RealtimeAction {
    /// The payload is a new row.
    Create,
    /// The payload is a row's new state.
    Update,
    /// The row with the id at this wire name is gone.
    Delete(Option<Spanned<String>>),
    /// The payload holds many patches.
    Bulk {
        /// The wire name of the list.
        items: Spanned<String>,
        /// The wire name of a row's id.
        id: Option<Spanned<String>>,
        /// The wire name of a row's patch.
        patch: Option<Spanned<String>>,
    },
    /// The resource is fetched again.
    Invalidate,
}

/// The outbox of a resource.
#[derive(Clone, Debug)]
pub struct Offline {
    /// Whether mutations are queued while offline.
    pub queue: Spanned<bool>,
    /// `per_entity`, `global` or `none`.
    pub order: Option<Spanned<String>>,
    /// How old a queued mutation may become.
    pub max_age: Option<Spanned<Span>>,
    /// How many mutations may be queued.
    pub max_len: Option<Spanned<u64>>,
    /// What happens when the server has another version.
    pub conflict: Option<Spanned<Conflict>>,
}

/// What happens when the server has another version.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// `server_wins`, `client_wins`, `last_write_wins`, `field_merge` or `custom`.
    pub strategy: Spanned<String>,
    /// The version field of `last_write_wins`.
    pub by: Option<Spanned<String>>,
    /// `server`, `client` or `ask`, of `field_merge`.
    pub on_both_changed: Option<Spanned<String>>,
    /// The function of `custom`.
    pub function: Option<Spanned<String>>,
}
