//! How does text become a tree of nodes, and what of YAML is refused on the way?
//!
//! Refused, each with its place: text that is not YAML, files that are empty, too large or too deep, anchors, aliases, merge
//! keys, tags, directives and second documents, keys that are written twice, and keys that YAML 1.1 reads as booleans.

use std::cell::RefCell;

use serde::de::{DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor};

use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    origin::{NodePart, NodePlace, Origin},
    yaml::{
        map_key::{Halt, Key, KeySeed, is_boolean_word, written},
        node::{Entry, Kind, Map, Node, Way, Written},
        scan::{self, DEEPEST, Refused, Token},
    },
};

/// The largest text, in bytes.
pub(crate) const LARGEST: usize = 1 << 20;

/// The most nodes; aliases are refused but still followed, so that this bounds them too.
const MOST_NODES: usize = 100_000;

/// Returns the place of `length` characters that begin at the character `start` of the whole text.
pub(crate) fn text_place(start: usize, length: usize) -> Origin {
    let within = Some((start, length));
    Origin::Yaml(NodePlace { path: Vec::new(), part: NodePart::Value, within })
}

/// Reads a text without byte order mark into a tree.
pub(crate) fn read(text: &str, diagnostics: &mut Diagnostics) -> Option<Node> {
    if text.len() > LARGEST {
        let message = "the file is larger than 1 MiB";
        let help = "divide the schema into several files";
        diagnostics.push(Diagnostic::error(110, message, &text_place(0, 1)).help(help));
        return None;
    }
    let refused = scan::scan(text);
    for one in &refused {
        diagnostics.push(refuse(one));
    }
    if refused.iter().any(|one| one.what == Token::Deep) {
        return None;
    }
    let state = RefCell::new(State { nodes: 0, text, diagnostics, stopped: None });
    let seed = NodeSeed { state: &state, way: Way::default(), depth: 0 };
    let document = serde_yaml::Deserializer::from_str(text).next()?;
    let outcome = seed.deserialize(document);
    let stopped = state.into_inner().stopped;
    match outcome {
        Ok(Node { kind: Kind::Null, .. }) if refused.is_empty() => {
            let help = "begin with `schema: 1`, `api: { name: … }`, `models:` and `resources:`";
            let diagnostic = Diagnostic::error(110, "the file is empty", &text_place(0, 1));
            diagnostics.push(diagnostic.help(help));
            None
        }
        Ok(root) => Some(root),
        Err(error) => {
            if stopped.is_some() || refused.is_empty() {
                diagnostics.push(unreadable(text, &error, stopped));
            }
            None
        }
    }
}

/// Says why a token is refused.
fn refuse(refused: &Refused) -> Diagnostic {
    let (code, message, help) = match refused.what {
        Token::Anchor => (107, "anchors are not supported in query schemas", SHARE),
        Token::Alias => (107, "aliases are not supported in query schemas", SHARE),
        Token::Tag => (
            107,
            "tags are not supported in query schemas",
            "leave the tag out; a text that begins with `!` needs quotes",
        ),
        Token::Directive => (107, "directives are not supported in query schemas", "leave it out"),
        Token::Document => (
            110,
            "a schema is one document, and here a second one begins",
            "leave out the `---`, or put the second schema into a file of its own",
        ),
        Token::Deep => (110, "lists and maps are nested too deep", "nothing in a schema needs this depth"),
    };
    Diagnostic::error(code, message, &text_place(refused.start, refused.length)).help(help)
}

/// What to do instead of anchors.
const SHARE: &str = "share settings through `api.defaults`, shapes through `envelopes` and `models`";

/// Says why a text cannot be read.
fn unreadable(text: &str, error: &serde_yaml::Error, stopped: Option<Stop>) -> Diagnostic {
    let mut byte = error.location().map_or(0, |location| location.index()).min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let place = text_place(text[..byte].chars().count(), 1);
    match stopped {
        Some(Stop::Nodes) => {
            let message = format!("the file has more than {MOST_NODES} nodes");
            return Diagnostic::error(110, message, &place).help("divide the schema into several files");
        }
        Some(Stop::Depth) => {
            return Diagnostic::error(110, "lists and maps are nested too deep", &place)
                .help("nothing in a schema needs this depth");
        }
        None => {}
    }
    let message = without_positions(&error.to_string());
    let line_start = text[..byte].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let margin = &line[..line.len() - line.trim_start().len()];
    let help = if margin.contains('\t') {
        Some("indent with spaces: YAML has no tabs")
    } else if message.contains("mapping values are not allowed") {
        Some("a text with `: ` in it needs quotes; a map begins on a line of its own")
    } else if message.contains("cannot start any token") {
        Some("a text that begins with `@`, `` ` `` or `%` needs quotes")
    } else if message.contains("expected ',' or") {
        Some("close the `[` or `{` that is open, or add a comma")
    } else if message.contains("scanning a quoted scalar") {
        Some("close the quote that is open")
    } else if message.contains("control characters") {
        Some("save the file as UTF-8 text")
    } else {
        None
    };
    let mut diagnostic =
        Diagnostic::error(101, format!("this is not YAML: {message}"), &place).maybe_help(help.map(str::to_owned));
    if let Some(start) = context_start(text, &error.to_string()) {
        diagnostic = diagnostic.note("what is being read begins here", &text_place(start, 1));
    }
    diagnostic
}

/// Returns the character at which the map, list or text begins that the library was reading.
///
/// The library says so only in its message: `…, while parsing a block mapping at line 3 column 4`.
fn context_start(text: &str, message: &str) -> Option<usize> {
    let (_, context) = message.split_once(", while ")?;
    let (_, position) = context.split_once(" at line ")?;
    let (line, column) = position.split_once(" column ")?;
    let line: usize = line.parse().ok()?;
    let column: usize = column.parse().ok()?;
    let before: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(|line| line.chars().count()).sum();
    Some(before + column.checked_sub(1)?)
}

/// Takes `at line 3 column 4` and `at position 7` out of the library's message: our rendering has its own.
fn without_positions(message: &str) -> String {
    let mut clean = String::new();
    let mut rest = message;
    while let Some(found) = [" at line ", " at position "].iter().filter_map(|at| rest.find(at)).min() {
        clean.push_str(&rest[..found]);
        rest = rest[found..].find(',').map_or("", |comma| &rest[found + comma..]);
    }
    clean.push_str(rest);
    clean
}

/// Why reading stopped.
#[derive(Clone, Copy)]
enum Stop {
    Nodes,
    Depth,
}

/// What all seeds of one reading share.
struct State<'t, 'd> {
    nodes: usize,
    text: &'t str,
    diagnostics: &'d mut Diagnostics,
    stopped: Option<Stop>,
}

/// Reads the node at the end of a way.
struct NodeSeed<'s, 't, 'd> {
    state: &'s RefCell<State<'t, 'd>>,
    way: Way,
    depth: usize,
}

impl NodeSeed<'_, '_, '_> {
    fn child(&self, way: Way) -> Self {
        Self { state: self.state, way, depth: self.depth + 1 }
    }

    fn node(self, kind: Kind) -> Node {
        Node { way: self.way, kind, written: Written::default() }
    }

    fn report(&self, diagnostic: Diagnostic) {
        self.state.borrow_mut().diagnostics.push(diagnostic);
    }

    /// Says what is wrong with the `index`-th key of this map, beside having been written before.
    fn check_key(&self, key: &Key, way: &Way) {
        let Key::Text { text, written } = key else { return };
        if written.plain && is_boolean_word(text) {
            let is_true = ["on", "yes", "y", "true"].iter().any(|w| w.eq_ignore_ascii_case(text));
            let message = format!("key `{text}` is read as `{is_true}` by other YAML tools");
            let help = format!("write it in quotes, `\"{text}\"`, or choose another name");
            self.report(Diagnostic::error(108, message, &way.key_place()).help(help));
        } else if written.plain && text == "<<" {
            let message = "merge keys are not supported in query schemas";
            self.report(Diagnostic::error(107, message, &way.key_place()).help(SHARE));
        }
    }
}

impl<'de> DeserializeSeed<'de> for NodeSeed<'_, '_, '_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let stop = {
            let mut state = self.state.borrow_mut();
            state.nodes += 1;
            if state.nodes > MOST_NODES {
                state.stopped = Some(Stop::Nodes);
            } else if self.depth > DEEPEST {
                state.stopped = Some(Stop::Depth);
            }
            state.stopped.is_some()
        };
        if stop {
            return deserializer.deserialize_any(Halt).map(|never| match never {});
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for NodeSeed<'_, '_, '_> {
    type Value = Node;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a YAML node")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(self.node(Kind::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(self.node(Kind::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(self.node(Kind::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(self.node(Kind::Integer(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(self.node(Kind::Integer(value.into())))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Node, E> {
        Ok(self.node(Kind::Integer(value)))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Node, E> {
        let kind = i128::try_from(value).map_or_else(|_| Kind::Float(value.to_string()), Kind::Integer);
        Ok(self.node(kind))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        let kind = if value.is_finite() { Kind::Float(value.to_string()) } else { Kind::Text(value.to_string()) };
        Ok(self.node(kind))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Node, E> {
        let written = written(self.state.borrow().text, value);
        Ok(Node { way: self.way, kind: Kind::Text(value.to_owned()), written })
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(self.node(Kind::Text(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.child(self.way.index(list.len())))? {
            list.push(item);
        }
        Ok(self.node(Kind::List(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut entries = Map::default();
        let mut index = 0;
        let text = self.state.borrow().text;
        while let Some(key) = map.next_key_seed(KeySeed { text, stop: None })? {
            let place = self.way.index(index);
            index += 1;
            let Some(name) = key.name() else {
                let diagnostic = Diagnostic::error(105, "expected a text as key", &place.key_place());
                self.report(diagnostic.help("write a name, without `[` or `{`"));
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let way = self.way.key(&name);
            if entries.position(&name).is_some() {
                let message = format!("duplicate key `{}`", super::node::shorten(&name));
                let diagnostic = Diagnostic::error(102, message, &place.key_place());
                self.report(diagnostic.note("the first one is here", &way.key_place()));
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            self.check_key(&key, &way);
            let value = map.next_value_seed(self.child(way))?;
            entries.push(Entry { key: name, written: key.written(), value });
        }
        Ok(self.node(Kind::Map(entries)))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Node, A::Error> {
        // A tag, which the scan of the text has refused already: what it stands before is read all the same.
        let (_, variant) = data.variant::<String>()?;
        variant.newtype_variant_seed(self)
    }
}
