//! Does a constant of the schema fit a type?

use crate::{
    check::{
        Lookup,
        kind::{Kind, integer_word, one, range},
    },
    model::{EnumModel, Literal, Presence, StringKind, Type},
    suggest,
};

/// Why a constant does not fit: the message and, where there is one, the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl<'a> Lookup<'a> {
    /// Returns why a constant cannot be a value of a type, or nothing if it can.
    pub(super) fn misfit(self, ty: &'a Type, presence: Presence, literal: &Literal) -> Option<Misfit> {
        if *literal == Literal::Null {
            return match (presence, self.kind(ty)) {
                // `null` is a value of JSON like any other.
                (_, Kind::Json) => None,
                (Presence::Required, _) => Some(Misfit {
                    message: format!("`null` is not {}", one(ty)),
                    help: Some(
                        self.either("write `nullable: true` on the field", "make the field an `Option`").to_owned(),
                    ),
                }),
                _ => None,
            };
        }
        let fits = match (self.kind(ty), literal) {
            (Kind::Unknown | Kind::Json, _)
            | (_, Literal::TypeDefault)
            | (Kind::Bool, Literal::Bool(_))
            | (Kind::Float, Literal::Integer(_) | Literal::Float(_))
            | (Kind::Map, Literal::EmptyMap) => true,
            (Kind::Enum(values), Literal::String(word)) => return unknown_value(ty, values, word),
            (Kind::Integer(width), Literal::Integer(number)) => {
                let (least, most) = range(width);
                if *number < least || *number > most {
                    return Some(Misfit {
                        message: format!("`{number}` does not fit `{}`", integer_word(width)),
                        help: Some(format!("write a number from {least} to {most}")),
                    });
                }
                true
            }
            (Kind::List(item), Literal::List(items)) => {
                return items.iter().find_map(|one| self.misfit(item, Presence::Required, one));
            }
            (Kind::Text, Literal::String(text)) => !is_uuid_type(ty) || is_uuid(text),
            (Kind::Duration, Literal::Integer(seconds)) => u64::try_from(*seconds).is_ok(),
            _ => false,
        };
        if fits {
            return None;
        }
        Some(Misfit { message: format!("{} is not {}", shown(literal), expected(ty)), help: example(self.kind(ty)) })
    }

    /// Returns why a constant cannot stand for a parameter that is not given; one with a default always has a value.
    pub(super) fn default_misfit(self, ty: &'a Type, literal: &Literal) -> Option<Misfit> {
        let mut misfit = self.misfit(ty, Presence::Required, literal)?;
        if *literal == Literal::Null {
            misfit.help = Some("leave `default` out: what is not given is not sent".to_owned());
        }
        Some(misfit)
    }
}

fn is_uuid_type(ty: &Type) -> bool {
    matches!(ty, Type::String(StringKind::Uuid))
}

/// Returns whether a text is a UUID: 32 hexadecimal digits in five groups.
fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

fn unknown_value(ty: &Type, values: &EnumModel, word: &str) -> Option<Misfit> {
    let legal: Vec<&str> = values.values.iter().map(|value| value.wire.as_str()).collect();
    if legal.contains(&word) {
        return None;
    }
    Some(Misfit { message: format!("{} is not {}", quoted(word), one(ty)), help: suggest::help(word, legal) })
}

fn expected(ty: &Type) -> String {
    one(ty)
}

/// Returns a constant as a message shows it; long texts are cut, and control characters escaped.
pub(super) fn shown(literal: &Literal) -> String {
    match literal {
        Literal::Null => "`null`".to_owned(),
        Literal::Bool(value) => format!("`{value}`"),
        Literal::Integer(value) => format!("`{value}`"),
        Literal::Float(value) => format!("`{value}`"),
        Literal::String(value) => quoted(value),
        Literal::List(_) => "a list".to_owned(),
        Literal::EmptyMap => "`{}`".to_owned(),
        Literal::TypeDefault => "`default`".to_owned(),
    }
}

/// Returns a text of the user's in backticks, cut at 40 characters, on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut short: String = text
        .chars()
        .take(40)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}

fn example(kind: Kind<'_>) -> Option<String> {
    Some(match kind {
        Kind::Bool => "write `true` or `false`".to_owned(),
        Kind::Integer(_) => "write a whole number".to_owned(),
        Kind::Float => "write a number".to_owned(),
        Kind::Text => "write a text, in quotes if it looks like something else".to_owned(),
        Kind::List(_) => "write a list: `[]`".to_owned(),
        Kind::Map => "write `{}`: only the empty map can be a constant".to_owned(),
        Kind::Duration => "write a whole number of seconds".to_owned(),
        Kind::DateTime => "an instant has no constant; for unconfirmed rows write `optimistic: now`".to_owned(),
        Kind::Enum(values) => {
            let words: Vec<&str> = values.values.iter().map(|one| one.wire.as_str()).collect();
            format!("write one of {}", suggest::quoted(&words))
        }
        Kind::Object | Kind::Union | Kind::Bytes => {
            format!("{} has no constant", kind.article())
        }
        Kind::Json | Kind::Unknown => return None,
    })
}
