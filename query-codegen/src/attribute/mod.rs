//! What does `#[derive(QueryResource)]` say, in the words of the model?
//!
//! [`lower()`] reads the struct, its `#[query(…)]` and the `#[serde(…)]` beside it, and collects every mistake that the
//! attributes themselves show. Whether what they say fits together is for `check`.
//!
//! Mistakes that only a derive can have are listed here; those that YAML has too carry YAML's code: 0102 given twice, 0103
//! unknown key, 0104 missing key, 0105 arguments where a value belongs and the reverse, 0106 a word that is not in the
//! list, 0302 an id that serde leaves out, 0401 path, 0704 invalidation without an operation, 0801 what a message does,
//! 0901 duration, 0903 network mode, 0904 retry.
//!
//! | code | mistake |
//! |---|---|
//! | 1001 | the derive stands on an enum or a union |
//! | 1002 | the struct has no named fields |
//! | 1003 | the struct has type parameters, lifetimes or constants |
//! | 1004 | `#[query(…)]` is missing or empty |
//! | 1005 | a word of the struct on a field, or of a field on the struct; `rename`, which is serde's |
//! | 1006 | a second `#[query(id)]` |
//! | 1007 | `write_only`: a struct that is received cannot leave a field out |
//! | 1008 | `nullable` on a field that is neither `Option` nor `Maybe` |
//! | 1009 | a `parent(…)` that is not a field of the row, or has another type there |
//! | 1010 | `#[query = "…"]` |
//! | 1011 | `#[query]` without parentheses |
//! | 1012 | a missing comma |
//! | 1013 | tokens after the end of a value |
//! | 1014 | another kind of value: a string for a word, a number for a string, an expression for a literal |
//! | 1015 | a byte string, a C string, a byte or a character where a string belongs |
//! | 1016 | a number with a suffix |
//! | 1017 | a number that is negative, too large or not whole where it cannot be |
//! | 1018 | a `crate` path that is not absolute |
//! | 1019 | a word, an item or `(` is expected and something else stands there |
//! | 1020 | half-typed: nothing after `=`, `:`, `.` or `-` |
//! | 1021 | not a type |
//! | 1022 | a word without the value it needs |
//! | 1023 | two ways to page one list |
//! | 1024 | two roles of one parameter |
//! | 1090 | not Rust: what `syn` says of the struct itself |
//! | 1099 | a bug of this crate |

mod cell;
mod container;
mod field;
mod keyword;
mod list;
mod live;
mod lower;
mod mutations;
mod options;
mod parse;
mod serde;
mod types;
mod value;

pub use lower::lower;

use crate::diagnostics::Diagnostics;

/// Returns whether every word could be read.
///
/// Where one could not, a section or a value is missing from the schema although the user has written it, and what `check`
/// would say about its lack would only distract. A value that is not in the list hides nothing.
pub fn is_readable(diagnostics: &Diagnostics) -> bool {
    let unreadable = [
        code::UNKNOWN,
        code::MISSING,
        code::SHAPE,
        code::PATH,
        code::MISPLACED,
        code::SECOND_ID,
        code::NO_PARENTHESES,
        code::NAME_VALUE,
        code::COMMA,
        code::TRAILING,
        code::WORD,
        code::UNFINISHED,
        code::TYPE,
        code::KIND,
        code::STRING_KIND,
        code::NO_VALUE,
        code::PARENT,
    ];
    !diagnostics.errors().any(|one| unreadable.contains(&one.code))
}

/// The codes of the mistakes; the table above says what each is.
pub(crate) mod code {
    pub(crate) const DUPLICATE: u16 = 102;
    pub(crate) const UNKNOWN: u16 = 103;
    pub(crate) const MISSING: u16 = 104;
    pub(crate) const SHAPE: u16 = 105;
    pub(crate) const CHOICE: u16 = 106;
    pub(crate) const ID: u16 = 302;
    pub(crate) const PATH: u16 = 401;
    pub(crate) const TARGET: u16 = 704;
    pub(crate) const ACTION: u16 = 801;
    pub(crate) const DURATION: u16 = 901;
    pub(crate) const NETWORK: u16 = 903;
    pub(crate) const RETRY: u16 = 904;

    pub(crate) const NOT_A_STRUCT: u16 = 1001;
    pub(crate) const NO_NAMED_FIELDS: u16 = 1002;
    pub(crate) const GENERIC: u16 = 1003;
    pub(crate) const NO_ATTRIBUTE: u16 = 1004;
    pub(crate) const MISPLACED: u16 = 1005;
    pub(crate) const SECOND_ID: u16 = 1006;
    pub(crate) const WRITE_ONLY: u16 = 1007;
    pub(crate) const NOT_NULLABLE: u16 = 1008;
    pub(crate) const PARENT: u16 = 1009;
    pub(crate) const NAME_VALUE: u16 = 1010;
    pub(crate) const NO_PARENTHESES: u16 = 1011;
    pub(crate) const COMMA: u16 = 1012;
    pub(crate) const TRAILING: u16 = 1013;
    pub(crate) const KIND: u16 = 1014;
    pub(crate) const STRING_KIND: u16 = 1015;
    pub(crate) const SUFFIX: u16 = 1016;
    pub(crate) const NUMBER: u16 = 1017;
    pub(crate) const CRATE: u16 = 1018;
    pub(crate) const WORD: u16 = 1019;
    pub(crate) const UNFINISHED: u16 = 1020;
    pub(crate) const TYPE: u16 = 1021;
    pub(crate) const NO_VALUE: u16 = 1022;
    pub(crate) const TWO_PAGINGS: u16 = 1023;
    pub(crate) const TWO_ROLES: u16 = 1024;
    pub(crate) const NOT_RUST: u16 = 1090;
    pub(crate) const BUG: u16 = 1099;
}
