//! How is a diagnostic of a YAML file shown: its place, the source line, carets, help and notes?

use std::fmt::Write as _;

use crate::{
    diagnostics::{Diagnostic, Diagnostics, SHOWN, Severity},
    origin::{NodePart, NodePlace, Origin, PathStep},
    yaml::{
        node::{Kind, Node, Written},
        position,
    },
};

/// How much of a long source line is shown.
const WIDEST: usize = 140;

/// A YAML file: its name, its text and its tree, from which the places of diagnostics are found.
#[derive(Clone, Debug)]
pub struct Document {
    file: String,
    text: String,
    root: Option<Node>,
}

/// A place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1.
    pub column: usize,
    /// How many characters are meant; at least 1.
    pub length: usize,
    /// The byte at which the place begins, in the text without byte order mark.
    pub byte: usize,
}

impl Document {
    /// Joins a file's name, its text without byte order mark, and its tree.
    pub(crate) fn new(file: &str, text: &str, root: Option<Node>) -> Self {
        Self { file: file.to_owned(), text: text.to_owned(), root }
    }

    /// Returns the file's name as the user gave it.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the text, without byte order mark.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns where something was written, or nothing if it was not written in this file.
    pub fn locate(&self, origin: &Origin) -> Option<Location> {
        let Origin::Yaml(place) = origin else { return None };
        if let (true, Some((start, length))) = (place.path.is_empty(), place.within) {
            let byte = self.text.char_indices().nth(start).map_or(self.text.len(), |(byte, _)| byte);
            return Some(self.location(byte, length));
        }
        let (known, written) = self.known(place).unwrap_or_default();
        let byte = match written.byte {
            Some(byte) => byte,
            None => position::byte_of(&self.text, place)?,
        };
        if let (Some((start, length)), Some(value)) = (place.within, known)
            && let Some(inside) = position::inside(&self.text, byte, start, value)
        {
            let offset: usize = self.text[byte..].chars().take(inside).map(char::len_utf8).sum();
            return Some(self.location(byte + offset, length));
        }
        Some(self.location(byte, position::token_length(&self.text, byte, known)))
    }

    /// Returns the text of the key or scalar at a place, and how it is written.
    fn known(&self, place: &NodePlace) -> Option<(Option<&str>, Written)> {
        let mut node = self.root.as_ref()?;
        let last = place.path.len().checked_sub(1);
        for (depth, step) in place.path.iter().enumerate() {
            node = match (&node.kind, step) {
                (Kind::Map(_), PathStep::Key(key)) => {
                    let entry = node.entry(key)?;
                    if Some(depth) == last && place.part == NodePart::Key {
                        return Some((Some(&entry.key), entry.written));
                    }
                    &entry.value
                }
                (Kind::List(items), PathStep::Index(index)) => items.get(*index)?,
                _ => return None,
            };
        }
        Some((node.as_text(), node.written))
    }

    fn location(&self, byte: usize, length: usize) -> Location {
        let before = &self.text[..byte];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Location {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            length: length.max(1),
            byte,
        }
    }

    /// Renders one diagnostic: message, place, source line, carets, help and notes.
    pub fn render(&self, diagnostic: &Diagnostic) -> String {
        let mut out =
            format!("{}[{}]: {}\n", word(diagnostic.severity), diagnostic.name(), printable(&diagnostic.message));
        let location = self.locate(&diagnostic.origin);
        let width = location.map_or(1, |location| location.line.to_string().len());
        let margin = " ".repeat(width);
        let file = printable(&self.file);
        match location {
            Some(location) => {
                let _ = writeln!(out, "{margin}--> {file}:{}:{}", location.line, location.column);
                self.snippet(&mut out, location, &margin);
            }
            None => {
                let _ = writeln!(out, "{margin}--> {file}");
            }
        }
        if let Some(help) = &diagnostic.help {
            let _ = writeln!(out, "{margin} = help: {}", printable(help));
        }
        if let Some(path) = self.path_of(&diagnostic.origin) {
            let _ = writeln!(out, "{margin} = note: {path}");
        }
        for (text, origin) in &diagnostic.notes {
            let _ = write!(out, "{margin} = note: {}", printable(text));
            if let Some(location) = self.locate(origin) {
                let _ = write!(out, ": {file}:{}:{}", location.line, location.column);
            }
            out.push('\n');
        }
        out
    }

    /// Writes the source line and its carets.
    fn snippet(&self, out: &mut String, location: Location, margin: &str) {
        let before = self.text[..location.byte].rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[before..].split('\n').next().unwrap_or_default();
        let characters: Vec<char> = line.trim_end_matches('\r').chars().collect();
        let column = (location.column - 1).min(characters.len());
        let (start, end) = if characters.len() <= WIDEST {
            (0, characters.len())
        } else {
            let start = column.saturating_sub(WIDEST / 2);
            (start, (start + WIDEST).min(characters.len()))
        };
        let mut source = String::new();
        let mut carets = String::new();
        if start > 0 {
            source.push('…');
            carets.push(' ');
        }
        for (index, character) in characters[start..end].iter().enumerate() {
            let is_tab = *character == '\t';
            source.push(if is_unprintable(*character) && !is_tab { '\u{fffd}' } else { *character });
            if start + index < column {
                carets.push(if is_tab { '\t' } else { ' ' });
            }
        }
        if end < characters.len() {
            source.push('…');
        }
        let most = end.saturating_sub(column).max(1);
        carets.push_str(&"^".repeat(location.length.min(most)));
        let number = location.line;
        let _ = writeln!(out, "{margin} |");
        let _ = writeln!(out, "{}", format!("{number} | {source}").trim_end());
        let _ = writeln!(out, "{margin} | {carets}");
    }

    /// Renders one diagnostic on one line, for build scripts and macros: control characters are escaped.
    pub fn one_line(&self, diagnostic: &Diagnostic) -> String {
        let mut out = printable(&self.file);
        if let Some(location) = self.locate(&diagnostic.origin) {
            let _ = write!(out, ":{}:{}", location.line, location.column);
        }
        let _ =
            write!(out, ": {}[{}]: {}", word(diagnostic.severity), diagnostic.name(), printable(&diagnostic.message));
        if let Some(help) = &diagnostic.help {
            let _ = write!(out, "; help: {}", printable(help));
        }
        for (text, origin) in &diagnostic.notes {
            let _ = write!(out, "; note: {}", printable(text));
            if let Some(location) = self.locate(origin) {
                let _ = write!(out, " ({}:{})", location.line, location.column);
            }
        }
        out
    }

    /// Renders the first [`SHOWN`] diagnostics, sorted by their place, and says how many more there are.
    pub fn render_all(&self, diagnostics: &Diagnostics) -> String {
        let mut sorted = diagnostics.clone();
        self.sort(&mut sorted);
        let total = sorted.iter().count();
        let mut out: Vec<String> = sorted.iter().take(SHOWN).map(|one| self.render(one)).collect();
        if total > SHOWN {
            out.push(format!("and {} more\n", total - SHOWN));
        }
        out.join("\n")
    }

    /// Sorts diagnostics by their place; those without one come first.
    ///
    /// All are sorted by their place in the tree. Of those that are shown the exact places are then found, which costs a
    /// reading of the text each.
    pub fn sort(&self, diagnostics: &mut Diagnostics) {
        let mut list: Vec<(Vec<usize>, &Diagnostic)> =
            diagnostics.iter().map(|one| (self.rank(&one.origin), one)).collect();
        list.sort_by(|(a, _), (b, _)| a.cmp(b));
        let shown = list.len().min(SHOWN);
        let mut placed: Vec<(Option<usize>, &Diagnostic)> = list[..shown]
            .iter()
            .map(|(_, one)| (self.locate(&one.origin).map(|location| location.byte), *one))
            .collect();
        placed.sort_by_key(|(byte, _)| *byte);
        let mut sorted = Diagnostics::new();
        for (_, one) in placed {
            sorted.push(one.clone());
        }
        for (_, one) in &list[shown..] {
            sorted.push((*one).clone());
        }
        *diagnostics = sorted;
    }

    fn rank(&self, origin: &Origin) -> Vec<usize> {
        match (origin, &self.root) {
            (Origin::Yaml(place), Some(root)) => root.rank(place),
            (Origin::Yaml(place), None) => vec![place.within.map_or(0, |(start, _)| start)],
            _ => Vec::new(),
        }
    }

    /// Returns `resources.users.list.sort[0]`, or nothing for the root.
    fn path_of(&self, origin: &Origin) -> Option<String> {
        let Origin::Yaml(place) = origin else { return None };
        let mut path = String::new();
        let mut node = self.root.as_ref();
        for step in &place.path {
            match step {
                PathStep::Key(key) => {
                    let dot = if path.is_empty() { "" } else { "." };
                    let _ = write!(path, "{dot}{}", printable(key));
                    node = node.and_then(|node| node.get(key));
                }
                // An entry of a map that has no name of its own: the map is what can be named.
                PathStep::Index(_) if node.is_some_and(|node| node.entries().is_some()) => break,
                PathStep::Index(index) => {
                    let _ = write!(path, "[{index}]");
                    node = node.and_then(|node| match &node.kind {
                        Kind::List(items) => items.get(*index),
                        _ => None,
                    });
                }
            }
        }
        (!path.is_empty()).then_some(path)
    }
}

fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// Whether a character would change how the lines around it look.
fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Escapes what would break a line or change its direction.
fn printable(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut clean, character| {
        if is_unprintable(character) {
            let _ = write!(clean, "{}", character.escape_default());
        } else {
            clean.push(character);
        }
        clean
    })
}

#[cfg(test)]
mod tests {
    use super::Document;
    use crate::{
        diagnostics::Diagnostics,
        origin::Origin,
        yaml::{
            node::{Kind, Node},
            position, reader,
        },
    };

    fn check(text: &str, node: &Node, origin: &Origin, byte: Option<usize>, seen: &mut usize) {
        let Origin::Yaml(place) = origin else { panic!("no place of a node") };
        if byte.is_some() {
            assert_eq!(byte, position::byte_of(text, place), "{place:?} {:?}", node.kind);
            *seen += 1;
        }
    }

    fn walk(text: &str, node: &Node, seen: &mut usize) {
        check(text, node, &node.origin(), node.written.byte, seen);
        match &node.kind {
            Kind::List(items) => items.iter().for_each(|item| walk(text, item, seen)),
            Kind::Map(entries) => {
                for entry in entries.iter() {
                    let value = &entry.value;
                    check(text, value, &value.key_origin(), entry.written.byte, seen);
                    walk(text, value, seen);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn places_seen_in_passing_are_those_of_the_oracle() {
        let text = "# é\r\n\"q\": 'it'\r\nplain text: [a b, \"c d\", 'e''f', \"g\\th\"]\r\n\
                    block: |\r\n  text\r\nmap: { é: ü, \"x\": \"y\" }\r\nfolded: a\r\n  b\r\n? \"k\"\r\n: v\r\n";
        let mut diagnostics = Diagnostics::new();
        let root = reader::read(text, &mut diagnostics).expect("a tree");
        let mut seen = 0;
        walk(text, &root, &mut seen);
        assert!(seen >= 14, "only {seen} places were seen");
        let document = Document::new("a.yaml", text, Some(root.clone()));
        let folded = root.get("folded").expect("the entry").origin();
        assert_eq!(document.locate(&folded).map(|place| (place.line, place.column)), Some((7, 9)));
    }
}
