//! How is JSON read so that each mistake is told with its place?

use std::{collections::BTreeSet, fmt};

use serde_json::{Map, Value};

/// What is wrong, and where: `steps[3].mutate.set: …`.
#[derive(Debug)]
pub(super) struct Mistake {
    path: String,
    text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.path, self.text)
    }
}

/// A value of a file and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) path: String,
    pub(super) value: &'a Value,
}

impl<'a> Node<'a> {
    pub(super) fn at(path: impl Into<String>, value: &'a Value) -> Self {
        Self { path: path.into(), value }
    }

    pub(super) fn mistake<T>(&self, text: impl Into<String>) -> Result<T, Mistake> {
        Err(Mistake { path: self.path.clone(), text: text.into() })
    }

    fn is_no<T>(&self, what: &str) -> Result<T, Mistake> {
        self.mistake(format!("{} is not {what}", self.value))
    }

    pub(super) fn text(&self) -> Result<&'a str, Mistake> {
        self.value.as_str().map_or_else(|| self.is_no("a text"), Ok)
    }

    pub(super) fn flag(&self) -> Result<bool, Mistake> {
        self.value.as_bool().map_or_else(|| self.is_no("true or false"), Ok)
    }

    pub(super) fn count(&self) -> Result<u64, Mistake> {
        self.value.as_u64().map_or_else(|| self.is_no("a whole number from 0"), Ok)
    }

    pub(super) fn size(&self) -> Result<usize, Mistake> {
        self.count().map(|count| usize::try_from(count).unwrap_or(usize::MAX))
    }

    pub(super) fn map(&self) -> Result<&'a Map<String, Value>, Mistake> {
        self.value.as_object().map_or_else(|| self.is_no("an object"), Ok)
    }

    pub(super) fn list(&self) -> Result<Vec<Self>, Mistake> {
        let Some(list) = self.value.as_array() else { return self.is_no("a list") };
        Ok(list.iter().enumerate().map(|(at, value)| Self::at(format!("{}[{at}]", self.path), value)).collect())
    }

    pub(super) fn members(&self) -> Result<Vec<(&'a str, Self)>, Mistake> {
        let member = |(name, value): (&'a String, &'a Value)| (name.as_str(), self.member(name, value));
        Ok(self.map()?.iter().map(member).collect())
    }

    fn member(&self, name: &str, value: &'a Value) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self::at(path, value)
    }

    /// Reads an object whose members all have names that are known.
    pub(super) fn object(&self) -> Result<Object<'a>, Mistake> {
        Ok(Object { node: self.clone(), members: self.map()?, asked: BTreeSet::new() })
    }

    /// Reads a text or a list of texts.
    pub(super) fn texts(&self) -> Result<Vec<String>, Mistake> {
        if let Some(text) = self.value.as_str() {
            return Ok(vec![text.to_owned()]);
        }
        self.list()?.iter().map(|node| node.text().map(str::to_owned)).collect()
    }

    /// Reads one of these words.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, Mistake> {
        let found = self.value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        let known = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        found.map_or_else(|| self.is_no(&format!("one of: {}", known())), |(_, meant)| Ok(*meant))
    }
}

/// An object that is read member by member.
pub(super) struct Object<'a> {
    pub(super) node: Node<'a>,
    members: &'a Map<String, Value>,
    asked: BTreeSet<&'static str>,
}

impl<'a> Object<'a> {
    /// Returns a member that may be left out; `null` counts as a value.
    pub(super) fn may(&mut self, name: &'static str) -> Option<Node<'a>> {
        self.asked.insert(name);
        self.members.get(name).map(|value| self.node.member(name, value))
    }

    pub(super) fn must(&mut self, name: &'static str) -> Result<Node<'a>, Mistake> {
        self.may(name).map_or_else(|| self.node.mistake(format!("lacks `{name}`")), Ok)
    }

    pub(super) fn flag(&mut self, name: &'static str, default: bool) -> Result<bool, Mistake> {
        self.may(name).map_or(Ok(default), |node| node.flag())
    }

    pub(super) fn text(&mut self, name: &'static str) -> Result<Option<String>, Mistake> {
        self.may(name).map(|node| node.text().map(str::to_owned)).transpose()
    }

    pub(super) fn count(&mut self, name: &'static str) -> Result<Option<u64>, Mistake> {
        self.may(name).map(|node| node.count()).transpose()
    }

    /// Ends the reading: what was not asked for has no meaning here.
    pub(super) fn end(self) -> Result<(), Mistake> {
        let Some(strange) = self.members.keys().find(|name| !self.asked.contains(name.as_str())) else { return Ok(()) };
        let known: Vec<&str> = self.asked.into_iter().collect();
        self.node.mistake(format!("`{strange}` means nothing here; known are: {}", known.join(", ")))
    }
}
