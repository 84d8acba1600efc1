//! How are texts, numbers, switches, words, durations, paths and constants read from scalars?

use std::time::Duration;

use crate::{
    diagnostics::Diagnostic,
    model::{Literal, PathPart, PathTemplate, Span, parse_duration},
    origin::Spanned,
    suggest,
    yaml::{
        lower::Lower,
        node::{Kind, Node, shorten},
    },
};

impl Lower<'_> {
    /// Reports a scalar that is none of what is wanted, or a list or a map in its place.
    pub(crate) fn expected(&mut self, node: &Node, wanted: &str, help: &str) {
        let diagnostic = match (&node.kind, node.way.last_key()) {
            (Kind::List(_) | Kind::Map(_), _) | (_, None) => Diagnostic::error(
                if matches!(node.kind, Kind::List(_) | Kind::Map(_)) { 105 } else { 106 },
                format!("expected {wanted}, found {}", node.found()),
                &node.origin(),
            ),
            (_, Some(key)) => Diagnostic::error(
                106,
                format!("`{}` must be {wanted}, found {}", shorten(key), node.found()),
                &node.origin(),
            ),
        };
        self.report(diagnostic.help(help));
    }

    /// Reads a text.
    pub(crate) fn text(&mut self, node: &Node) -> Option<Spanned<String>> {
        let help = match &node.kind {
            Kind::Text(text) => return Some(Spanned::new(text.clone(), node.origin())),
            Kind::Bool(value) => format!("write it in quotes: `\"{value}\"`"),
            Kind::Integer(value) => format!("write it in quotes: `\"{value}\"`"),
            Kind::Float(value) => format!("write it in quotes: `\"{value}\"`"),
            Kind::Null => "write a text after the colon, or leave the key out".to_owned(),
            Kind::List(_) | Kind::Map(_) => "write a text".to_owned(),
        };
        self.expected(node, "a text", &help);
        None
    }

    /// Reads a text, if there is one.
    pub(crate) fn maybe_text(&mut self, node: Option<&Node>) -> Option<Spanned<String>> {
        node.and_then(|node| self.text(node))
    }

    /// Reads documentation.
    pub(crate) fn doc(&mut self, node: Option<&Node>) -> Option<String> {
        self.maybe_text(node).map(|doc| doc.value.trim_end().to_owned())
    }

    /// Reads why something should not be used any more; `true` gives no reason.
    pub(crate) fn deprecated(&mut self, node: Option<&Node>) -> Option<Spanned<String>> {
        let node = node?;
        match &node.kind {
            Kind::Bool(true) => Some(Spanned::new(String::new(), node.origin())),
            Kind::Bool(false) => None,
            _ => self.text(node),
        }
    }

    /// Reads texts.
    pub(crate) fn texts(&mut self, node: Option<&Node>, form: &str) -> Vec<Spanned<String>> {
        self.list(node, form).iter().filter_map(|item| self.text(item)).collect()
    }

    /// Reads `true` or `false`.
    pub(crate) fn boolean(&mut self, node: &Node) -> Option<Spanned<bool>> {
        let Kind::Bool(value) = &node.kind else {
            self.expected(node, "`true` or `false`", "write `true` or `false`");
            return None;
        };
        Some(Spanned::new(*value, node.origin()))
    }

    /// Reads `true` or `false`, if there is one.
    pub(crate) fn maybe_boolean(&mut self, node: Option<&Node>) -> Option<Spanned<bool>> {
        node.and_then(|node| self.boolean(node))
    }

    /// Reads a whole number that fits.
    pub(crate) fn integer<T: TryFrom<i128>>(&mut self, node: &Node, help: &str) -> Option<Spanned<T>> {
        let Kind::Integer(value) = &node.kind else {
            self.expected(node, "a whole number", help);
            return None;
        };
        if let Ok(value) = T::try_from(*value) {
            return Some(Spanned::new(value, node.origin()));
        }
        let wanted = if *value < 0 { "a number that is not negative" } else { "a smaller number" };
        self.expected(node, wanted, help);
        None
    }

    /// Reads a number.
    pub(crate) fn number(&mut self, node: &Node, help: &str) -> Option<Spanned<f64>> {
        let value = match &node.kind {
            Kind::Integer(value) => value.to_string().parse::<f64>().ok(),
            Kind::Float(value) => value.parse::<f64>().ok(),
            _ => None,
        };
        if value.is_none() {
            self.expected(node, "a number", help);
        }
        value.map(|value| Spanned::new(value, node.origin()))
    }

    /// Reads one of a set of words.
    pub(crate) fn word<T: Copy>(&mut self, node: &Node, words: &[(&'static str, T)], code: u16) -> Option<Spanned<T>> {
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let one_of = if names.len() == 1 { "" } else { "one of " };
        let all = format!("write {one_of}{}", suggest::quoted(&names));
        let text = match &node.kind {
            Kind::Text(text) => text.clone(),
            Kind::Bool(_) | Kind::Integer(_) | Kind::Float(_) | Kind::Null => {
                let wanted = if names.len() == 1 { "the known word" } else { "one of the known words" };
                self.expected(node, wanted, &all);
                return None;
            }
            Kind::List(_) | Kind::Map(_) => {
                self.expected(node, "a word", &all);
                return None;
            }
        };
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(Spanned::new(*value, node.origin()));
        }
        let of = node.way.last_key().map_or(String::new(), |key| format!(" of `{key}`"));
        let message = format!("`{}` is not a value{of}", shorten(&text));
        let near = suggest::nearest(&text, names.iter().copied());
        let help = match near {
            Some(near) => {
                format!("did you mean `{near}`? The values are {}", suggest::quoted(&names))
            }
            None => all,
        };
        self.report(Diagnostic::error(code, message, &node.origin()).help(help));
        None
    }

    /// Reads a duration or `infinite`.
    pub(crate) fn span(&mut self, node: &Node) -> Option<Spanned<Span>> {
        self.time(node, Span::parse)
    }

    /// Reads a duration that ends.
    pub(crate) fn duration(&mut self, node: &Node) -> Option<Spanned<Duration>> {
        self.time(node, parse_duration)
    }

    fn time<T>(&mut self, node: &Node, parse: fn(&str) -> Result<T, String>) -> Option<Spanned<T>> {
        let text = match &node.kind {
            Kind::Text(text) | Kind::Float(text) => text.clone(),
            Kind::Integer(value) => value.to_string(),
            _ => {
                self.expected(node, "a duration", "write a duration such as `30s` or `5m`");
                return None;
            }
        };
        match parse(&text) {
            Ok(value) => Some(Spanned::new(value, node.origin())),
            Err(help) => {
                let message = format!("`{}` is not a duration", shorten(&text));
                self.report(Diagnostic::error(901, message, &node.origin()).help(help));
                None
            }
        }
    }

    /// Reads a path template; of a broken one, what can be read.
    pub(crate) fn path(&mut self, node: &Node) -> Option<Spanned<PathTemplate>> {
        let text = self.text(node)?;
        let template = PathTemplate::parse(&text).unwrap_or_else(|mistake| {
            let origin = text.origin.within(mistake.column, mistake.length);
            self.report(Diagnostic::error(401, mistake.message, &origin).help(mistake.help));
            lenient_path(&text)
        });
        Some(Spanned::new(template, text.origin))
    }

    /// Reads a constant.
    pub(crate) fn literal(&mut self, node: &Node) -> Option<Spanned<Literal>> {
        let literal = match &node.kind {
            Kind::Null => Literal::Null,
            Kind::Bool(value) => Literal::Bool(*value),
            Kind::Integer(value) => Literal::Integer(*value),
            Kind::Float(value) => Literal::Float(value.clone()),
            Kind::Text(value) => Literal::String(value.clone()),
            Kind::List(items) => {
                let items = items.iter().filter_map(|item| self.literal(item));
                Literal::List(items.map(|item| item.value).collect())
            }
            Kind::Map(entries) if entries.is_empty() => Literal::EmptyMap,
            Kind::Map(_) => {
                let help = "write a scalar, a list, or the empty map `{}`";
                self.expected(node, "a constant", help);
                return None;
            }
        };
        Some(Spanned::new(literal, node.origin()))
    }
}

/// Keeps the parameters of a path that is broken elsewhere, so that they are not reported as missing.
fn lenient_path(text: &str) -> PathTemplate {
    let mut parts = Vec::new();
    let mut column = 0;
    for piece in text.split_inclusive(['{', '}']) {
        let name = piece.strip_suffix('}').unwrap_or_default();
        if crate::name::problem(name).is_none() {
            parts.push(PathPart::Parameter { name: name.to_owned(), column: column.max(1) - 1 });
        }
        column += piece.chars().count();
    }
    PathTemplate { text: text.to_owned(), parts }
}
