//! How does generated code put a key together?

use serde::Serialize;

use super::query_key::QueryKey;
use super::segment::KeySegment;
use super::typed::{Key, KeyPrefix};

impl QueryKey {
    /// Starts a key below the root words of a resource.
    pub fn under(root: &[&'static str]) -> KeyBuilder {
        KeyBuilder::new(root)
    }
}

/// Puts a key together: words and values below the root of a resource.
#[derive(Clone, Debug)]
pub struct KeyBuilder {
    segments: Vec<KeySegment>,
}

impl KeyBuilder {
    fn new(root: &[&'static str]) -> Self {
        let mut segments = Vec::with_capacity(root.len() + 3);
        segments.extend(root.iter().map(|word| KeySegment::from(*word)));
        Self { segments }
    }

    /// Adds a fixed word.
    #[must_use]
    pub fn word(self, word: &'static str) -> Self {
        self.segment(KeySegment::from(word))
    }

    /// Adds any value that can be serialized, such as an id.
    #[must_use]
    pub fn value<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.segment(KeySegment::of(value))
    }

    /// Adds a segment.
    #[must_use]
    pub fn segment(mut self, segment: KeySegment) -> Self {
        self.segments.push(segment);
        self
    }

    /// Returns the key.
    pub fn build(self) -> QueryKey {
        QueryKey::of_segments(self.segments)
    }

    /// Returns the key, with the type of the data it names.
    pub fn key<T>(self) -> Key<T> {
        Key::typed(self.build())
    }

    /// Returns the prefix that stands for every key that starts so.
    pub fn prefix(self) -> KeyPrefix {
        KeyPrefix::from(self.build())
    }
}

impl KeySegment {
    /// Starts the segment that holds the parameters of a list.
    pub fn params() -> ParamsSegment {
        ParamsSegment::default()
    }
}

/// Puts the parameters of a list together.
///
/// Parameters that are absent or have their default are left out, so that "page 1" and "no page" are one entry.
#[derive(Clone, Debug, Default)]
pub struct ParamsSegment {
    members: Vec<(KeySegment, KeySegment)>,
}

impl ParamsSegment {
    /// Adds a parameter, unless it is `None`.
    #[must_use]
    pub fn set<T: Serialize + ?Sized>(mut self, name: &'static str, value: &T) -> Self {
        let value = KeySegment::of(value);
        if value != KeySegment::Null {
            self.members.push((KeySegment::from(name), value));
        }
        self
    }

    /// Adds a parameter, unless it is `None` or equal to its default.
    #[must_use]
    pub fn set_unless<T: Serialize + PartialEq + ?Sized>(self, name: &'static str, value: &T, default: &T) -> Self {
        if value == default { self } else { self.set(name, value) }
    }

    /// Returns the segment: a map, which may be empty.
    pub fn build(self) -> KeySegment {
        KeySegment::map(self.members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_built_below_its_root() {
        let key = QueryKey::under(&["social", "users"]).word("detail").value(&42).build();
        assert_eq!(key.to_string(), r#"["social","users","detail",42]"#);
        let prefix = QueryKey::under(&["social", "users"]).word("detail").prefix();
        assert!(prefix.matches(&key));
    }

    #[test]
    fn absent_and_default_parameters_do_not_split_an_entry() {
        let key = |role: Option<&str>, page: u64| {
            let params = KeySegment::params().set("role", &role).set_unless("page", &page, &1).build();
            QueryKey::under(&["users"]).word("list").segment(params).build()
        };
        assert_eq!(key(None, 1).to_string(), r#"["users","list",{}]"#);
        assert_eq!(key(Some("admin"), 2).to_string(), r#"["users","list",{"page":2,"role":"admin"}]"#);
    }
}
