//! What can be read: lists with parameters that say what they mean, details, and queries of any other shape?

use crate::{
    model::{Endpoint, KeyDef, Literal, Presence, QueryOptions, Type},
    origin::{Origin, Spanned},
};

/// The list of a resource.
#[derive(Clone, Debug)]
pub struct ListDef {
    /// The envelope's name; `None`: a bare array.
    pub envelope: Option<Spanned<String>>,
    /// How it is paged.
    pub pagination: Option<Spanned<Pagination>>,
    /// What a caller can ask for, in declaration order.
    pub params: Vec<ListParam>,
    /// The order where no parameter says one. Empty: the server's own.
    pub sort: Vec<Spanned<SortTerm>>,
    /// Settings.
    pub options: QueryOptions,
    /// Where the list is declared.
    pub origin: Origin,
}

/// A field to sort by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SortTerm {
    /// The field.
    pub field: String,
    /// Largest first.
    pub descending: bool,
}

/// How a list is paged.
#[derive(Clone, Debug)]
pub struct Pagination {
    /// By number or by cursor.
    pub style: PageStyle,
    /// The wire name of the page number or the cursor.
    pub param: Option<Spanned<String>>,
    /// The wire name of how many rows a page has.
    pub size: Option<Spanned<String>>,
    /// The first page's number.
    pub start: Option<Spanned<i64>>,
    /// How many rows a page has where nothing is said.
    pub default_size: Option<Spanned<i64>>,
    /// How many it may have.
    pub max_size: Option<Spanned<i64>>,
}

/// By number or by cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum PageStyle {
    Page,
    Cursor,
}

/// A parameter of a list and what it means for the rows.
#[derive(Clone, Debug)]
pub struct ListParam {
    /// Its name.
    pub name: Spanned<String>,
    /// Its name on the wire, where that differs from what the API's naming gives.
    pub rename: Option<Spanned<String>>,
    /// Its type. Sort parameters have none in YAML: the enum is made from their keys.
    pub ty: Option<Spanned<Type>>,
    /// What it means; `None` is a mistake that `check` reports.
    pub role: Option<Spanned<ParamRole>>,
    /// The value where none is given.
    pub default: Option<Spanned<Literal>>,
    /// How a list is written in a query string.
    pub style: ListStyle,
    /// Documentation.
    pub doc: Option<String>,
}

/// How a list is written in a query string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ListStyle {
    /// `tag=a&tag=b`.
    #[default]
    Repeat,
    /// `tag=a,b`.
    Comma,
}

/// What a list's parameter means for membership and order.
#[derive(Clone, Debug)]
pub enum ParamRole {
    /// Keeps rows whose field compares so.
    Filter {
        /// The field.
        field: Spanned<String>,
        /// The comparison.
        op: Spanned<FilterOp>,
    },
    /// Keeps rows in which one of the fields has the text.
    Search {
        /// The fields. Empty with `Server`.
        fields: Vec<Spanned<String>>,
        /// How texts are compared.
        how: Spanned<SearchMatch>,
    },
    /// Chooses the field to sort by: wire key and field.
    Sort(Vec<(Spanned<String>, Spanned<String>)>),
    /// Chooses the direction.
    SortOrder,
    /// Changes what a row looks like: such lists are never patched, only invalidated.
    Shape,
    /// Only the server knows: membership is unknown.
    Opaque,
}

/// A comparison of a parameter with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum FilterOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    ContainsAny,
    ContainsAll,
    Prefix,
    Contains,
    ContainsCi,
    IsNull,
    Between,
}

/// How a search compares texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum SearchMatch {
    Contains,
    ContainsCi,
    Prefix,
    /// Only the server knows.
    Server,
}

/// The detail of a resource.
#[derive(Clone, Debug)]
pub struct GetDef {
    /// Its path; by default the collection's and the id.
    pub path: Option<Spanned<crate::model::PathTemplate>>,
    /// Settings.
    pub options: QueryOptions,
    /// Where it is declared.
    pub origin: Origin,
}

/// A query that belongs to no resource.
#[derive(Clone, Debug)]
pub struct QueryDef {
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
    /// The detail that its result also is: `users.detail`.
    pub writes: Option<Spanned<KeyDef>>,
    /// What an observer shows instead of the whole.
    pub select: Option<Spanned<Select>>,
    /// Its key, where it is not under the API's `query` root.
    pub key: Vec<Spanned<KeyPart>>,
    /// Settings.
    pub options: QueryOptions,
    /// Where it is declared, as a dotted path: `queries.me`.
    pub source: String,
}

/// A part of a custom query's key.
#[derive(Clone, Debug)]
pub enum KeyPart {
    /// The entries that this one stands under; only first.
    Under(Box<KeyDef>),
    /// A parameter's value.
    Param(String),
    /// A fixed word.
    Word(String),
}

/// What an observer shows instead of the whole.
#[derive(Clone, Debug)]
pub enum Select {
    /// A function of the user's, `fn(&T) -> R`.
    Function {
        /// Its path.
        path: Spanned<String>,
        /// What it returns.
        returns: Spanned<Type>,
    },
    /// Some of the fields, as a struct of their own.
    Pick(Vec<Spanned<String>>),
}

/// A parameter of a custom query or mutation.
#[derive(Clone, Debug)]
pub struct ParamDef {
    /// Its name.
    pub name: Spanned<String>,
    /// Its name on the wire, where that differs from what the API's naming gives.
    pub rename: Option<Spanned<String>>,
    /// Where it travels.
    pub place: Spanned<ParamPlace>,
    /// Its type.
    pub ty: Spanned<Type>,
    /// Whether it may be missing.
    pub presence: Presence,
    /// The value where none is given.
    pub default: Option<Spanned<Literal>>,
    /// How a list is written in a query string.
    pub style: ListStyle,
    /// Documentation.
    pub doc: Option<String>,
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamPlace {
    /// In the path.
    Path,
    /// In the query string.
    Query,
    /// In a header.
    Header,
    /// A member of the JSON body.
    Body,
    /// A part of a multipart body.
    Multipart,
}
