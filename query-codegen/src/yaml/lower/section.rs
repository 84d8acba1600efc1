//! Which keys does a map of the dialect have, and where does a key belong that stands in the wrong map?

use crate::{
    diagnostics::Diagnostic,
    suggest,
    yaml::{
        lower::Lower,
        map_key::is_boolean_word,
        node::{Entry, Kind, Node, shorten},
    },
};

/// A kind of map with a fixed set of keys.
pub(crate) struct Section {
    /// Its name in messages: `a list`, `query options`.
    pub(crate) what: &'static str,
    /// The keys it has.
    pub(crate) keys: &'static [&'static str],
    /// Keys that are often looked for here, and where they belong.
    pub(crate) below: &'static [(&'static str, &'static [&'static str])],
    /// What to write when it is not a map: its short and its long form.
    pub(crate) form: &'static str,
}

/// The entries of a map whose keys have been checked.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'n>(&'n Node);

impl<'n> Fields<'n> {
    /// Returns the value of a key.
    pub(crate) fn get(self, key: &str) -> Option<&'n Node> {
        self.0.get(key)
    }
}

/// Something that can be switched with `true` and `false`, or described by a map.
#[derive(Clone, Copy)]
pub(crate) enum Switch<'n> {
    /// `false`, or not there.
    Off,
    /// `true`.
    On,
    /// A map.
    Map(Fields<'n>),
}

impl<'n> Switch<'n> {
    /// Returns the value of a key of the map, if there is one.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        match self {
            Self::Map(fields) => fields.get(key),
            Self::Off | Self::On => None,
        }
    }

    /// Returns whether it is there at all.
    pub(crate) fn is_on(&self) -> bool {
        !matches!(self, Self::Off)
    }
}

impl Lower<'_> {
    /// Returns the entries of a map with a fixed set of keys, and reports the keys it does not have.
    pub(crate) fn section<'n>(&mut self, node: &'n Node, section: &Section) -> Option<Fields<'n>> {
        for entry in self.map(node, section.form)? {
            if !section.keys.contains(&entry.key.as_str()) {
                self.unknown_key(entry, section);
            }
        }
        Some(Fields(node))
    }

    /// Returns what a switch says, and reports what it cannot say.
    pub(crate) fn switch<'n>(&mut self, node: Option<&'n Node>, section: &Section) -> Switch<'n> {
        match node.map(|node| (node, &node.kind)) {
            None | Some((_, Kind::Bool(false))) => Switch::Off,
            Some((_, Kind::Bool(true))) => Switch::On,
            Some((node, Kind::Map(_))) => self.section(node, section).map_or(Switch::On, Switch::Map),
            // What is wrong with it is reported; that it was meant to be there is clear.
            Some((node, _)) => {
                self.wrong_kind(node, "`true`, `false` or a map", section.form);
                Switch::On
            }
        }
    }

    /// Returns the entries of a map, and reports anything else.
    pub(crate) fn map<'n>(&mut self, node: &'n Node, form: &str) -> Option<&'n [Entry]> {
        let entries = node.entries();
        if entries.is_none() {
            self.wrong_kind(node, "a map", form);
        }
        entries
    }

    /// Returns the items of a list, and reports anything else.
    pub(crate) fn list<'n>(&mut self, node: Option<&'n Node>, form: &str) -> &'n [Node] {
        match node.map(|node| (node, &node.kind)) {
            None => &[],
            Some((_, Kind::List(items))) => items,
            Some((node, _)) => {
                self.wrong_kind(node, "a list", form);
                &[]
            }
        }
    }

    /// Reports a node of the wrong kind.
    pub(crate) fn wrong_kind(&mut self, node: &Node, wanted: &str, form: &str) {
        let message = format!("expected {wanted}, found {}", node.found());
        self.report(Diagnostic::error(105, message, &node.origin()).help(form));
    }

    /// Reports a key that a map needs.
    pub(crate) fn missing(&mut self, parent: &Node, message: &str, example: &str) {
        let help = format!("add `{example}`");
        self.report(Diagnostic::error(104, message, &parent.key_origin()).help(help));
    }

    /// Reports a key that has no meaning beside what another key says.
    pub(crate) fn misplaced(&mut self, node: &Node, message: String, help: &str) {
        self.report(Diagnostic::error(103, message, &node.key_origin()).help(help));
    }

    fn unknown_key(&mut self, entry: &Entry, section: &Section) {
        let key = entry.key.as_str();
        let origin = entry.value.key_origin();
        if entry.written.plain && (key == "<<" || is_boolean_word(key)) {
            // The reader has refused it already.
            return;
        }
        let is_rest = section.keys.contains(&"type") && key.ends_with(['>', ')']);
        if is_rest && matches!(entry.value.kind, Kind::Null) {
            // What is left of a type that a comma inside of `{ … }` has cut: the type itself is reported.
            return;
        }
        let message = format!("unknown key `{}` in {}", shorten(key), section.what);
        let place = section.below.iter().find(|(_, keys)| keys.contains(&key));
        let help = match place {
            Some((place, _)) => Some(format!("`{key}` belongs under `{place}`")),
            None => suggest::help(key, section.keys.iter().copied()).or_else(|| {
                let below = section.below.iter().find_map(|(place, keys)| {
                    let near = suggest::nearest(key, keys.iter().copied())?;
                    Some(format!("did you mean `{near}`? It belongs under `{place}`"))
                });
                below.or_else(|| Some(format!("the keys here are {}", suggest::quoted(section.keys))))
            }),
        };
        let diagnostic = Diagnostic::error(103, message, &origin);
        self.report(diagnostic.maybe_help(help));
    }
}
