//! How does a name of the schema become identifiers, and which names can it not become?

use heck::{ToPascalCase, ToSnakeCase};
use proc_macro2::Ident;
use quote::format_ident;

/// Words that stand for something else in Rust 2024 and need `r#`.
const KEYWORDS: [&str; 49] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield", "union",
];

/// Words that not even `r#` makes an identifier.
const UNSPEAKABLE: [&str; 5] = ["self", "super", "crate", "Self", "_"];

/// Type names that generated code would hide from the user.
pub const RESERVED_TYPES: [&str; 12] =
    ["Option", "Result", "Vec", "String", "Box", "Some", "None", "Ok", "Err", "Self", "Client", "Query"];

/// The longest name.
pub const LONGEST: usize = 64;

/// Returns why a name cannot be used, or nothing if it can.
///
/// A name begins with an ASCII letter, goes on with letters, digits, `_` and `-`, and has at most [`LONGEST`] characters.
/// Source of the rule: hostile schemas must not be able to smuggle code in by a name.
pub fn problem(name: &str) -> Option<String> {
    let mut characters = name.chars();
    match characters.next() {
        None => return Some("a name cannot be empty".to_owned()),
        Some(first) if !first.is_ascii_alphabetic() => {
            return Some("a name begins with a letter from a to z".to_owned());
        }
        Some(_) => {}
    }
    if let Some(bad) = characters.find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))) {
        return Some(format!("a name has only letters, digits, `_` and `-`, not {bad:?}"));
    }
    if name.len() > LONGEST {
        return Some(format!("a name has at most {LONGEST} characters"));
    }
    None
}

/// Returns `user_id` for `userID`, `user-id` and `UserId`.
pub fn snake(name: &str) -> String {
    name.to_snake_case()
}

/// Returns `UserId` for `user_id`.
pub fn pascal(name: &str) -> String {
    name.to_pascal_case()
}

/// Returns the identifier of a field, a function or a module.
///
/// Characters that an identifier cannot have are dropped, so that this never panics; `check` has refused them before.
pub fn value_ident(name: &str) -> Ident {
    speakable(&snake(name))
}

/// Returns the identifier of a type or a variant.
pub fn type_ident(name: &str) -> Ident {
    speakable(&pascal(name))
}

/// Returns an identifier with exactly these letters, `r#` or a final `_` where it needs one.
pub fn speakable(text: &str) -> Ident {
    let clean: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let clean = match clean.chars().next() {
        None => "_unnamed".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{clean}"),
        Some(_) => clean,
    };
    if UNSPEAKABLE.contains(&clean.as_str()) {
        format_ident!("{clean}_")
    } else if KEYWORDS.contains(&clean.as_str()) {
        format_ident!("r#{clean}")
    } else {
        format_ident!("{clean}")
    }
}

#[cfg(test)]
mod tests {
    use super::{pascal, problem, snake, type_ident, value_ident};

    #[test]
    fn keywords_become_raw_or_get_an_underscore() {
        assert_eq!(value_ident("type").to_string(), "r#type");
        assert_eq!(value_ident("gen").to_string(), "r#gen");
        assert_eq!(value_ident("self").to_string(), "self_");
        assert_eq!(type_ident("self").to_string(), "Self_");
    }

    #[test]
    fn casing_joins_what_looks_alike() {
        for name in ["userID", "user_id", "user-id", "UserId"] {
            assert_eq!(snake(name), "user_id");
            assert_eq!(pascal(name), "UserId");
        }
    }

    #[test]
    fn hostile_names_are_refused_and_never_panic() {
        for name in ["", "1a", "a b", "a\nb", "é", "a\"b", "fn x(){}", "_", "a\u{202e}"] {
            assert!(problem(name).is_some(), "{name:?}");
            let _ = (value_ident(name), type_ident(name));
        }
        assert!(problem("users").is_none() && problem("x-y_z9").is_none());
        assert!(problem(&"a".repeat(65)).is_some());
    }
}
