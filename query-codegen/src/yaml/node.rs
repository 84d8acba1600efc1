//! What does a YAML document look like before anything is known about its meaning?
//!
//! An ordered tree of maps, lists and scalars. Each node knows the way from the root to itself, so that a diagnostic can
//! point at it; line and column are found only when one does ([`super::position`]).

use std::{collections::BTreeMap, ops::Deref, sync::Arc};

use crate::origin::{NodePart, NodePlace, Origin, PathStep};

/// A node of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// The way from the root.
    pub(crate) way: Way,
    /// What it is.
    pub(crate) kind: Kind,
    /// How it is written, as far as that was seen in passing.
    pub(crate) written: Written,
}

/// What a node is.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number, as text.
    Float(String),
    /// Any other scalar.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A map.
    Map(Map),
}

/// The entries of a map, each key once, in the order of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Map {
    entries: Vec<Entry>,
    /// A pair K -> V means that the entry V has the key K.
    index: BTreeMap<String, usize>,
}

impl Map {
    /// Adds an entry whose key is not there yet.
    pub(crate) fn push(&mut self, entry: Entry) {
        self.index.insert(entry.key.clone(), self.entries.len());
        self.entries.push(entry);
    }

    /// Returns the index of the entry with a key.
    pub(crate) fn position(&self, key: &str) -> Option<usize> {
        self.index.get(key).copied()
    }
}

impl Deref for Map {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        &self.entries
    }
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    /// The byte of the text at which it begins, quote included. Known for plain and quoted texts on one line without escapes.
    pub(crate) byte: Option<usize>,
    /// Whether it is known to stand without quotes.
    pub(crate) plain: bool,
}

/// An entry of a map.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its key, as text.
    pub(crate) key: String,
    /// How the key is written, as far as that was seen in passing.
    pub(crate) written: Written,
    /// Its value.
    pub(crate) value: Node,
}

/// The way from the root to a node; the root has none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way(Option<Arc<Link>>);

/// The last step of a way, and the way to it.
#[derive(Debug)]
struct Link {
    before: Way,
    step: PathStep,
}

impl Way {
    /// Returns the way to the value of `key`.
    pub(crate) fn key(&self, key: &str) -> Self {
        self.step(PathStep::Key(key.to_owned()))
    }

    /// Returns the way to an item of a list; of a map, to the entry that is written there.
    pub(crate) fn index(&self, index: usize) -> Self {
        self.step(PathStep::Index(index))
    }

    fn step(&self, step: PathStep) -> Self {
        Self(Some(Arc::new(Link { before: self.clone(), step })))
    }

    /// Returns the steps, first one first.
    pub(crate) fn steps(&self) -> Vec<PathStep> {
        let mut steps = Vec::new();
        let mut way = self;
        while let Some(link) = &way.0 {
            steps.push(link.step.clone());
            way = &link.before;
        }
        steps.reverse();
        steps
    }

    /// Returns the key of the map entry, or nothing for list items and the root.
    pub(crate) fn last_key(&self) -> Option<&str> {
        match self.0.as_deref() {
            Some(Link { step: PathStep::Key(key), .. }) => Some(key),
            _ => None,
        }
    }

    /// Returns the place of the value at the end of this way.
    pub(crate) fn value(&self) -> Origin {
        self.place(NodePart::Value)
    }

    /// Returns the place of the key at the end of this way.
    pub(crate) fn key_place(&self) -> Origin {
        self.place(NodePart::Key)
    }

    fn place(&self, part: NodePart) -> Origin {
        Origin::Yaml(NodePlace { path: self.steps(), part, within: None })
    }
}

impl Node {
    /// Returns the place of this value.
    pub(crate) fn origin(&self) -> Origin {
        self.way.value()
    }

    /// Returns the place of this value's key.
    pub(crate) fn key_origin(&self) -> Origin {
        self.way.key_place()
    }

    /// Returns the text of a text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the entries of a map.
    pub(crate) fn entries(&self) -> Option<&[Entry]> {
        match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// Returns the value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// Returns the entry of a map with a key.
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(map) => map.get(map.position(key)?),
            _ => None,
        }
    }

    /// Says what was found, for a message: `a list`, `nothing`, `` `many` ``.
    pub(crate) fn found(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Integer(value) => format!("`{value}`"),
            Kind::Float(value) => format!("`{value}`"),
            Kind::Text(value) => format!("`{}`", shorten(value)),
            Kind::List(_) => "a list".to_owned(),
            Kind::Map(_) => "a map".to_owned(),
        }
    }

    /// Returns a sortable place in the document of what a path leads to, near enough where the path leads nowhere.
    pub(crate) fn rank(&self, place: &NodePlace) -> Vec<usize> {
        let mut rank = Vec::with_capacity(place.path.len() * 2 + 2);
        let mut node = Some(self);
        for step in &place.path {
            if !rank.is_empty() {
                rank.push(2);
            }
            let (index, next) = match (node.map(|node| &node.kind), step) {
                (Some(Kind::List(items)), PathStep::Index(index)) => (*index, items.get(*index)),
                (Some(Kind::Map(entries)), PathStep::Key(key)) => {
                    let index = entries.position(key);
                    let next = index.and_then(|index| entries.get(index));
                    (index.unwrap_or(0), next.map(|entry| &entry.value))
                }
                (Some(Kind::Map(entries)), PathStep::Index(index)) => {
                    (*index, entries.get(*index).map(|entry| &entry.value))
                }
                _ => (0, None),
            };
            rank.push(index);
            node = next;
        }
        rank.push(usize::from(place.part == NodePart::Value));
        rank.push(place.within.map_or(0, |(start, _)| start));
        rank
    }
}

/// Keeps the beginning of a long text, on one line.
pub(crate) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short.replace(['\n', '\r'], " ")
}
