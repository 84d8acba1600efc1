//! At which line and column does a node stand, or a character inside of it?
//!
//! The library gives a visitor no positions, but stamps every error that a visitor returns with the place it has come to.
//! So the text is read once more by a seed that walks the path to the wanted node and fails there. This costs a reading for
//! each diagnostic that is shown, and nothing where there is none.

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};

use crate::{
    origin::{NodePart, NodePlace, PathStep},
    yaml::map_key::{Halt, KeyHalt, KeySeed},
};

/// Returns the byte at which a node's key or value begins, if the path leads to one.
pub(crate) fn byte_of(text: &str, place: &NodePlace) -> Option<usize> {
    let seek = Seek { text, path: &place.path, part: place.part };
    let document = serde_yaml::Deserializer::from_str(text).next()?;
    match seek.deserialize(document) {
        Ok(()) => None,
        Err(error) => {
            let mut byte = error.location()?.index().min(text.len());
            while !text.is_char_boundary(byte) {
                byte -= 1;
            }
            Some(byte)
        }
    }
}

/// Walks a path and fails at its end.
#[derive(Clone, Copy)]
struct Seek<'p> {
    text: &'p str,
    path: &'p [PathStep],
    part: NodePart,
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.path.is_empty() {
            return deserializer.deserialize_any(Halt).map(|never| match never {});
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a node on the way")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Some((PathStep::Index(wanted), rest)) = self.path.split_first() else { return Ok(()) };
        for _ in 0..*wanted {
            if items.next_element::<IgnoredAny>()?.is_none() {
                return Ok(());
            }
        }
        items.next_element_seed(Seek { path: rest, ..self }).map(|_| ())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((step, rest)) = self.path.split_first() else { return Ok(()) };
        let at_key = rest.is_empty() && self.part == NodePart::Key;
        let mut index = 0;
        loop {
            let is_wanted = match step {
                PathStep::Index(wanted) if *wanted == index && at_key => {
                    return map.next_key_seed(KeyHalt).map(|_| ());
                }
                PathStep::Index(wanted) => {
                    if map.next_key::<IgnoredAny>()?.is_none() {
                        return Ok(());
                    }
                    *wanted == index
                }
                PathStep::Key(wanted) => {
                    let halt_at = at_key.then_some(wanted.as_str());
                    match map.next_key_seed(KeySeed { text: self.text, stop: halt_at })? {
                        None => return Ok(()),
                        Some(key) => key.name().as_deref() == Some(wanted),
                    }
                }
            };
            if is_wanted {
                return map.next_value_seed(Seek { path: rest, ..self });
            }
            map.next_value::<IgnoredAny>()?;
            index += 1;
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<(), A::Error> {
        let (_, variant) = data.variant::<String>()?;
        variant.newtype_variant_seed(self)
    }
}

/// Returns how many characters the token that begins at a byte has on its first line.
///
/// A flow map or list is underlined up to its bracket, a quoted text up to its quote, anything else up to what ends a
/// plain text. The block map that is a value begins with its first key, which is then what is underlined.
pub(crate) fn token_length(text: &str, byte: usize, known: Option<&str>) -> usize {
    let line = text[byte..].split(['\n', '\r']).next().unwrap_or_default();
    if let Some(known) = known.filter(|known| !known.is_empty() && line.starts_with(known)) {
        return known.chars().count();
    }
    let characters: Vec<char> = line.chars().collect();
    let length = match characters.first() {
        None => 1,
        Some(quote @ ('"' | '\'')) => quoted_length(&characters, *quote),
        Some('[' | '{') => bracketed_length(&characters),
        Some(_) => plain_length(&characters),
    };
    length.max(1)
}

fn quoted_length(characters: &[char], quote: char) -> usize {
    let mut at = 1;
    while let Some(character) = characters.get(at) {
        at += 1;
        if *character == '\\' && quote == '"' {
            at += 1;
        } else if *character == quote {
            if quote == '\'' && characters.get(at) == Some(&'\'') {
                at += 1;
            } else {
                break;
            }
        }
    }
    at.min(characters.len())
}

fn bracketed_length(characters: &[char]) -> usize {
    let mut open = 0_usize;
    let mut at = 0;
    while let Some(character) = characters.get(at) {
        match character {
            '[' | '{' => open += 1,
            ']' | '}' => open = open.saturating_sub(1),
            '"' | '\'' if matches!(characters.get(at.wrapping_sub(1)), Some(' ' | '[' | '{' | ',')) => {
                at += quoted_length(&characters[at..], *character).max(1);
                continue;
            }
            '#' if matches!(characters.get(at.wrapping_sub(1)), Some(' ')) => break,
            _ => {}
        }
        at += 1;
        if open == 0 {
            return at;
        }
    }
    let kept: String = characters[..at.min(characters.len())].iter().collect();
    kept.trim_end().chars().count()
}

fn plain_length(characters: &[char]) -> usize {
    let mut length = 0;
    for (index, character) in characters.iter().enumerate() {
        let next_is_blank = characters.get(index + 1).is_none_or(|next| next.is_whitespace());
        let ends = match character {
            ':' => next_is_blank,
            '#' => index > 0 && characters[index - 1].is_whitespace(),
            ',' | ']' | '}' => true,
            _ => false,
        };
        if ends {
            break;
        }
        if !character.is_whitespace() {
            length = index + 1;
        }
    }
    length
}

/// Returns the character of a token's text at which the character `wanted` of its value stands.
///
/// Exact for plain and quoted texts on one line; nothing for all others.
pub(crate) fn inside(text: &str, byte: usize, wanted: usize, value: &str) -> Option<usize> {
    let line: Vec<char> = text[byte..].split(['\n', '\r']).next()?.chars().collect();
    match line.first()? {
        quote @ ('"' | '\'') => {
            let end = quoted_length(&line, *quote).saturating_sub(1);
            let mut at = 1;
            for _ in 0..wanted {
                at += match (*quote, line.get(at)?) {
                    ('\'', '\'') => 2,
                    ('"', '\\') => escape_length(line.get(at + 1)),
                    _ => 1,
                };
            }
            (at <= end).then_some(at)
        }
        '|' | '>' => None,
        _ => {
            let plain: String = line.iter().collect();
            plain.starts_with(value).then_some(wanted)
        }
    }
}

/// Returns how many characters an escape has, by the character after its backslash.
fn escape_length(kind: Option<&char>) -> usize {
    match kind {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        _ => 2,
    }
}
