//! What kind of value does a word want, and what does the user read who gave it another?

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Lit;

use super::{
    cell::Given,
    code, keyword,
    parse::{Arguments, Dotted, Entry, Tail, Value, Word},
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    model::{self, PathTemplate, Span, parse_duration},
    origin::{Origin, Spanned},
    suggest,
};

impl Given {
    /// Returns where the word stands.
    pub(super) fn origin(&self) -> Origin {
        self.word.origin()
    }
}

/// Returns `true` for `word` and `word = true`, `false` for `word = false`.
pub(super) fn flag(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<bool>> {
    match &given.tail {
        Tail::None => Some(Spanned::new(true, given.origin())),
        Tail::Value(Value::Literal(literal)) if matches!(literal.lit, Lit::Bool(_)) => {
            Some(Spanned::new(literal.lit.to_token_stream().to_string() == "true", given.origin()))
        }
        tail => {
            let word = &given.word.text;
            let help = format!("write `{word}`, or `{word} = false`");
            wrong_kind(given, tail, "is a flag", Some(help), diagnostics);
            None
        }
    }
}

/// Returns the entries of `word(…)`.
pub(super) fn arguments(given: Given, diagnostics: &mut Diagnostics) -> Option<Arguments> {
    match given.tail {
        Tail::Arguments(arguments) => Some(arguments),
        Tail::Broken => None,
        tail => {
            let message = format!("`{0}` needs arguments: `{0}(…)`", given.word.text);
            let origin = match &tail {
                Tail::Value(value) => Origin::Span(value.span()),
                _ => given.word.origin(),
            };
            diagnostics.push(Diagnostic::error(code::SHAPE, message, &origin).maybe_help(hint(&given.word)));
            None
        }
    }
}

/// Returns the entries of `word(…)`, none for `word` alone and nothing for `word = false`.
pub(super) fn section(given: Given, diagnostics: &mut Diagnostics) -> Option<Vec<Entry>> {
    match given.tail {
        Tail::None => Some(Vec::new()),
        Tail::Arguments(arguments) => Some(arguments.entries),
        Tail::Broken => None,
        Tail::Value(Value::Literal(ref literal)) if matches!(literal.lit, Lit::Bool(_)) => {
            let on = flag(&given, diagnostics)?;
            on.value.then(Vec::new)
        }
        ref tail => {
            let help = format!("write `{0}` or `{0}(…)`", given.word.text);
            wrong_kind(&given, tail, "is a section", Some(help), diagnostics);
            None
        }
    }
}

/// Returns the string of `word = "…"`.
pub(super) fn string(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    match &given.tail {
        Tail::Value(Value::Literal(literal)) => match &literal.lit {
            Lit::Str(text) if !literal.negative && text.suffix().is_empty() => {
                Some(Spanned::new(text.value(), Origin::Span(literal.span)))
            }
            Lit::ByteStr(_) | Lit::CStr(_) | Lit::Byte(_) | Lit::Char(_) => {
                let message = format!("`{}` is a string, found {}", given.word.text, literal.found());
                let diagnostic = Diagnostic::error(code::STRING_KIND, message, &Origin::Span(literal.span));
                diagnostics.push(diagnostic.help("write a plain string: `\"…\"`"));
                None
            }
            _ => {
                wrong_kind(given, &given.tail, "is a string", None, diagnostics);
                None
            }
        },
        tail => {
            wrong_kind(given, tail, "is a string", None, diagnostics);
            None
        }
    }
}

/// Returns the word of `word = other`.
pub(super) fn word(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    match &given.tail {
        Tail::Value(Value::Dotted(Dotted { first, rest, arguments: None })) if rest.is_empty() => {
            Some(Spanned::new(first.text.clone(), first.origin()))
        }
        Tail::Value(Value::Literal(literal)) if matches!(literal.lit, Lit::Str(_)) => {
            let text = literal.lit.to_token_stream().to_string();
            let bare = text.trim_matches('"');
            let help = format!("write `{} = {bare}`", given.word.text);
            wrong_kind(given, &given.tail, "is a word without quotes", Some(help), diagnostics);
            None
        }
        tail => {
            wrong_kind(given, tail, "is a word", None, diagnostics);
            None
        }
    }
}

/// Returns the value of the table that `word = other` names.
pub(super) fn choice<T: Copy>(
    given: &Given,
    table: &[(&'static str, T)],
    code: u16,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<T>> {
    let word = word(given, diagnostics)?;
    choose(&given.word.text, &word, table, code, diagnostics)
}

/// Returns the value of the table that a word names.
pub(super) fn choose<T: Copy>(
    what: &str,
    word: &Spanned<String>,
    table: &[(&'static str, T)],
    code: u16,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<T>> {
    if let Some((_, value)) = table.iter().find(|(name, _)| *name == word.value) {
        return Some(Spanned::new(*value, word.origin.clone()));
    }
    let names = table.iter().map(|(name, _)| *name);
    let every = suggest::quoted(&names.clone().collect::<Vec<_>>());
    let help = match table.len() {
        1 => format!("write {every}"),
        _ => suggest::help(&word.value, names).unwrap_or_else(|| format!("write one of {every}")),
    };
    let message = format!("unknown `{what}`: `{}`", word.value);
    diagnostics.push(Diagnostic::error(code, message, &word.origin).help(help));
    None
}

/// Returns the whole number of `word = 20`.
pub(super) fn integer<T: TryFrom<i128>>(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<T>> {
    let Tail::Value(Value::Literal(literal)) = &given.tail else {
        wrong_kind(given, &given.tail, "is a whole number", None, diagnostics);
        return None;
    };
    let Lit::Int(number) = &literal.lit else {
        wrong_kind(given, &given.tail, "is a whole number", None, diagnostics);
        return None;
    };
    let origin = Origin::Span(literal.span);
    if has_suffix(given, number.suffix(), number.base10_digits(), &origin, diagnostics) {
        return None;
    }
    let magnitude = number.base10_parse::<i128>().ok();
    let value = magnitude.map(|value| if literal.negative { -value } else { value });
    let Some(value) = value.and_then(|value| T::try_from(value).ok()) else {
        let why = if literal.negative { "cannot be negative" } else { "is too large" };
        let message = format!("`{}` {why}: {}", given.word.text, literal.found());
        diagnostics.push(Diagnostic::error(code::NUMBER, message, &origin));
        return None;
    };
    Some(Spanned::new(value, origin))
}

/// Returns the number of `word = 1.5`.
pub(super) fn float(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<f64>> {
    let Tail::Value(Value::Literal(literal)) = &given.tail else {
        wrong_kind(given, &given.tail, "is a number", None, diagnostics);
        return None;
    };
    let (digits, suffix) = match &literal.lit {
        Lit::Int(number) => (number.base10_digits(), number.suffix()),
        Lit::Float(number) => (number.base10_digits(), number.suffix()),
        _ => ("", ""),
    };
    let origin = Origin::Span(literal.span);
    if has_suffix(given, suffix, digits, &origin, diagnostics) {
        return None;
    }
    let Ok(value) = digits.parse::<f64>() else {
        wrong_kind(given, &given.tail, "is a number", None, diagnostics);
        return None;
    };
    let value = if literal.negative { -value } else { value };
    Some(Spanned::new(value, origin))
}

/// Reports a number's suffix; the type of the setting decides how wide it is.
fn has_suffix(given: &Given, suffix: &str, digits: &str, origin: &Origin, diagnostics: &mut Diagnostics) -> bool {
    if suffix.is_empty() {
        return false;
    }
    let word = &given.word.text;
    let message = format!("`{word}` has no suffix, found `{digits}{suffix}`");
    let help = format!("write `{word} = {digits}`");
    diagnostics.push(Diagnostic::error(code::SUFFIX, message, origin).help(help));
    true
}

/// Returns the length of time of `word = "2m"`.
pub(super) fn span(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<Span>> {
    timed(given, Span::parse, diagnostics)
}

/// Returns the length of time of `word = "2m"`, which must end.
pub(super) fn duration(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<Duration>> {
    timed(given, parse_duration, diagnostics)
}

fn timed<T>(
    given: &Given,
    parse: impl Fn(&str) -> Result<T, String>,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<T>> {
    let what = &given.word.text;
    if let Tail::Value(Value::Literal(literal)) = &given.tail
        && let Lit::Int(number) = &literal.lit
    {
        let message = format!("`{what}` is a duration in quotes, found {}", literal.found());
        let unit = if number.suffix().is_empty() { "s" } else { "" };
        let help = format!("write `{what} = \"{number}{unit}\"`");
        let origin = Origin::Span(literal.span);
        diagnostics.push(Diagnostic::error(code::DURATION, message, &origin).help(help));
        return None;
    }
    let text = string(given, diagnostics)?;
    match parse(&text.value) {
        Ok(value) => Some(Spanned::new(value, text.origin)),
        Err(help) => {
            let message = format!("`{what}` is not a duration: {:?}", text.value);
            diagnostics.push(Diagnostic::error(code::DURATION, message, &text.origin).help(help));
            None
        }
    }
}

/// Returns the path template of `word = "/users"`.
pub(super) fn template(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<PathTemplate>> {
    let text = string(given, diagnostics)?;
    match PathTemplate::parse(&text.value) {
        Ok(path) => Some(Spanned::new(path, text.origin)),
        Err(mistake) => {
            let (message, help) = if text.value.is_empty() {
                ("a path cannot be empty".to_owned(), "write `path = \"/users\"`".to_owned())
            } else {
                (format!("{}: {:?}", mistake.message, text.value), mistake.help)
            };
            let origin = text.origin.within(mistake.column, mistake.length);
            diagnostics.push(Diagnostic::error(code::PATH, message, &origin).help(help));
            None
        }
    }
}

/// Returns the type or path of `word = a::B`.
pub(super) fn type_tokens(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<TokenStream>> {
    let (tokens, span) = match &given.tail {
        Tail::Value(Value::Dotted(Dotted { first, rest, arguments: None })) if rest.is_empty() => {
            (first.ident.to_token_stream(), first.span)
        }
        Tail::Value(Value::Tokens(tokens, span)) => (tokens.clone(), *span),
        tail => {
            wrong_kind(given, tail, "is a type", None, diagnostics);
            return None;
        }
    };
    match syn::parse2::<syn::Type>(tokens.clone()) {
        Ok(syn::Type::Macro(_)) | Err(_) => {
            wrong_kind(given, &given.tail, "is a type", None, diagnostics);
            None
        }
        Ok(_) => Some(Spanned::new(tokens, Origin::Span(span))),
    }
}

/// Returns the constant that a value is; a word is a string, as in YAML.
pub(super) fn literal(what: &str, value: &Value, diagnostics: &mut Diagnostics) -> Option<Spanned<model::Literal>> {
    use model::Literal as Constant;
    let origin = Origin::Span(value.span());
    let constant = match value {
        Value::Literal(literal) => match &literal.lit {
            Lit::Str(text) if !literal.negative => Some(Constant::String(text.value())),
            Lit::Bool(on) if !literal.negative => Some(Constant::Bool(on.value())),
            Lit::Int(number) if number.suffix().is_empty() => number
                .base10_parse::<i128>()
                .ok()
                .map(|value| Constant::Integer(if literal.negative { -value } else { value })),
            Lit::Float(number) if number.suffix().is_empty() => {
                let sign = if literal.negative { "-" } else { "" };
                Some(Constant::Float(format!("{sign}{}", number.base10_digits())))
            }
            Lit::Int(_) | Lit::Float(_) => {
                let message = format!("`{what}` has no suffix, found {}", literal.found());
                diagnostics.push(Diagnostic::error(code::SUFFIX, message, &origin));
                return None;
            }
            _ => None,
        },
        Value::Dotted(Dotted { first, rest, arguments: None }) if rest.is_empty() => {
            Some(Constant::String(first.text.clone()))
        }
        Value::List(items, _) => items
            .iter()
            .map(|item| literal(what, item, diagnostics).map(|one| one.value))
            .collect::<Option<Vec<_>>>()
            .map(Constant::List),
        _ => None,
    };
    if constant.is_none() && !matches!(value, Value::List(..)) {
        let message = format!("`{what}` is a constant, found {}", value.found());
        diagnostics.push(Diagnostic::error(code::KIND, message, &origin));
    }
    constant.map(|constant| Spanned::new(constant, origin))
}

/// Reports that a word was given another kind of value than it wants, or none.
pub(super) fn wrong_kind(given: &Given, tail: &Tail, wants: &str, help: Option<String>, diagnostics: &mut Diagnostics) {
    let word = &given.word.text;
    let (code, message, origin) = match tail {
        Tail::Broken => return,
        Tail::None => (code::NO_VALUE, format!("`{word}` {wants} and needs a value"), given.origin()),
        Tail::Value(value) => {
            (code::KIND, format!("`{word}` {wants}, found {}", value.found()), Origin::Span(value.span()))
        }
        Tail::Arguments(arguments) => {
            (code::SHAPE, format!("`{word}` {wants} and takes no arguments"), Origin::Span(arguments.span))
        }
        Tail::Type(_) => (code::KIND, format!("`{word}` {wants}, found a type"), given.origin()),
    };
    let help = help.or_else(|| hint(&given.word));
    diagnostics.push(Diagnostic::error(code, message, &origin).maybe_help(help));
}

/// Returns `write …` with an example of the word.
fn hint(word: &Word) -> Option<String> {
    keyword::example(&word.text).map(|example| format!("write `{example}`"))
}
