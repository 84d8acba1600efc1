//! How is the key of a map entry read: as text, with or without quotes, or as the place at which the search ends?

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};

use crate::yaml::node::Written;

/// Words that YAML 1.1 reads as booleans, but for upper case.
const BOOLEANS: [&str; 8] = ["on", "off", "yes", "no", "y", "n", "true", "false"];

/// Returns whether YAML 1.1 reads a plain word as a boolean.
pub(crate) fn is_boolean_word(word: &str) -> bool {
    BOOLEANS.iter().any(|boolean| boolean.eq_ignore_ascii_case(word))
}

/// How a key is written that is read as a number or a boolean: without quotes.
const PLAIN: Written = Written { byte: None, plain: true };

/// A key as it was read.
pub(crate) enum Key {
    /// A scalar, and how it is written.
    Text { text: String, written: Written },
    /// A list or a map.
    Complex,
}

impl Key {
    /// Returns the name under which the entry is known; a list or a map has none.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Text { text, .. } => Some(text.clone()),
            Self::Complex => None,
        }
    }

    /// Returns how it is written.
    pub(crate) fn written(&self) -> Written {
        match self {
            Self::Text { written, .. } => *written,
            Self::Complex => Written::default(),
        }
    }
}

/// Returns how a piece of the text is written that the library lends: where it lies, and whether a quote stands before it.
pub(crate) fn written(text: &str, piece: &str) -> Written {
    let offset = (piece.as_ptr() as usize).checked_sub(text.as_ptr() as usize);
    let Some(offset) = offset.filter(|offset| *offset < text.len()) else {
        return Written::default();
    };
    let before = offset.checked_sub(1).and_then(|before| text.as_bytes().get(before));
    let is_quoted = matches!(before, Some(b'"' | b'\''));
    Written { byte: Some(offset - usize::from(is_quoted)), plain: !is_quoted }
}

/// Reads a key, or fails at it.
pub(crate) struct KeySeed<'t> {
    /// The whole text, to see whether a key stands in quotes.
    pub(crate) text: &'t str,
    /// Fail at this key.
    pub(crate) stop: Option<&'t str>,
}

impl KeySeed<'_> {
    fn key<E: serde::de::Error>(&self, text: &str, written: Written) -> Result<Key, E> {
        if self.stop == Some(text) {
            return Err(E::custom("found"));
        }
        Ok(Key::Text { text: text.to_owned(), written })
    }
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeySeed<'_> {
    type Value = Key;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Key, E> {
        self.key("null", PLAIN)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Key, E> {
        self.key(if value { "true" } else { "false" }, PLAIN)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<Key, E> {
        self.key(&value.to_string(), PLAIN)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Key, E> {
        self.key(&value.to_string(), PLAIN)
    }

    fn visit_i128<E: serde::de::Error>(self, value: i128) -> Result<Key, E> {
        self.key(&value.to_string(), PLAIN)
    }

    fn visit_u128<E: serde::de::Error>(self, value: u128) -> Result<Key, E> {
        self.key(&value.to_string(), PLAIN)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Key, E> {
        self.key(&value.to_string(), PLAIN)
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, value: &'de str) -> Result<Key, E> {
        self.key(value, written(self.text, value))
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Key, E> {
        self.key(value, Written::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Key, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Key::Complex)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Key, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Key::Complex)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Key, A::Error> {
        let (_, variant) = data.variant::<String>()?;
        variant.newtype_variant_seed(self)
    }
}

/// Fails at the key, whatever it is.
pub(crate) struct KeyHalt;

impl<'de> DeserializeSeed<'de> for KeyHalt {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(Halt).map(|never| match never {})
    }
}

/// Fails at whatever comes, so that the library stamps the error with its place.
pub(crate) struct Halt;

/// The value that [`Halt`] never gives.
pub(crate) enum Never {}

impl Visitor<'_> for Halt {
    type Value = Never;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the end of the search")
    }
}
