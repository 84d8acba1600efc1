//! Where was a thing written: a token of the user's, or a node of a YAML file?

use proc_macro2::Span;

/// The place a part of the schema comes from; diagnostics point at it.
#[derive(Clone, Debug, Default)]
pub enum Origin {
    /// A token of a derive's input.
    Span(Span),
    /// A node of the YAML document, by its path; the exact line and column are found when a diagnostic is rendered.
    Yaml(NodePlace),
    /// Nowhere: a default that the generator supplied.
    #[default]
    Default,
}

/// A node of a YAML document, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NodePlace {
    /// The way from the root to the node.
    pub path: Vec<PathStep>,
    /// Which part of the map entry is meant.
    pub part: NodePart,
    /// For a scalar: the character inside its value (0-based) and how many characters to underline. With an empty path: the
    /// character of the whole text.
    pub within: Option<(usize, usize)>,
}

/// One step from a node to its child.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathStep {
    /// The value of this key.
    Key(String),
    /// The item with this index; of a map, the entry that is written there.
    Index(usize),
}

/// The key or the value of a map entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NodePart {
    /// The key; of list items and the root, the same as the value.
    Key,
    /// The value.
    Value,
}

impl Origin {
    /// Returns the same place, narrowed to `length` characters that begin at the character `start` of the scalar.
    ///
    /// A span stays as it is: a literal's inside has no span of its own on stable Rust.
    #[must_use]
    pub fn within(&self, start: usize, length: usize) -> Self {
        match self {
            Self::Yaml(place) => Self::Yaml(NodePlace { within: Some((start, length)), ..place.clone() }),
            other => other.clone(),
        }
    }

    /// Returns the key of the map entry whose value this is.
    #[must_use]
    pub fn key(&self) -> Self {
        match self {
            Self::Yaml(place) => Self::Yaml(NodePlace { part: NodePart::Key, within: None, ..place.clone() }),
            other => other.clone(),
        }
    }

    /// Returns the span, or the macro's own where there is none.
    pub fn span(&self) -> Span {
        match self {
            Self::Span(span) => *span,
            Self::Yaml(_) | Self::Default => Span::call_site(),
        }
    }
}

/// A value and the place it was written at.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// The place.
    pub origin: Origin,
}

impl<T> Spanned<T> {
    /// Joins a value and its place.
    pub const fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// Returns a value that the generator supplied.
    pub const fn default_of(value: T) -> Self {
        Self { value, origin: Origin::Default }
    }
}

impl<T> std::ops::Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}
