//! How does documentation look: one attribute a line, and a user's text that rustdoc reads without a warning?
//!
//! Our own text is written as it is and may link with ``[`Name`]``. A user's text goes through [`escape`]: it can neither
//! open a code fence that is never closed (or that rustdoc would compile), nor hold a broken link or a stray tag.

use proc_macro2::TokenStream;
use quote::quote;

use crate::expand::context::Cx;

/// The documentation of one item, paragraph by paragraph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Doc {
    lines: Vec<String>,
}

impl Doc {
    /// Begins with a line of ours: third person, one sentence.
    pub(crate) fn new(summary: impl Into<String>) -> Self {
        Self::default().paragraph(summary)
    }

    /// Begins with the user's text, or with a line of ours where there is none.
    pub(crate) fn of(user: Option<&str>, otherwise: impl Into<String>) -> Self {
        match user {
            Some(text) if !text.trim().is_empty() => Self::default().user(text),
            _ => Self::new(otherwise),
        }
    }

    /// Adds a paragraph of ours.
    #[must_use]
    pub(crate) fn paragraph(mut self, text: impl Into<String>) -> Self {
        self.separate();
        self.lines.extend(text.into().lines().map(str::to_owned));
        self
    }

    /// Adds a paragraph of ours, if there is one.
    #[must_use]
    pub(crate) fn maybe(self, text: Option<String>) -> Self {
        match text {
            Some(text) => self.paragraph(text),
            None => self,
        }
    }

    /// Adds the user's text, escaped.
    #[must_use]
    pub(crate) fn user(mut self, text: &str) -> Self {
        self.separate();
        self.lines.extend(escape(text));
        self
    }

    /// Adds a section: `# Errors` and what it says.
    #[must_use]
    pub(crate) fn section(self, title: &str, text: impl Into<String>) -> Self {
        self.paragraph(format!("# {title}")).paragraph(text)
    }

    /// Adds the shape of a key: "Key: `[Social::NAME, "users", "detail", id]`."
    #[must_use]
    pub(crate) fn key(self, cx: &Cx<'_>, root: &str, rest: &[&str]) -> Self {
        let text = key_shape(cx, root, rest);
        self.paragraph(format!("Key: {text}."))
    }

    /// Adds the *Source* line.
    #[must_use]
    pub(crate) fn source(self, cx: &Cx<'_>, dotted: &str) -> Self {
        self.paragraph(cx.source(dotted))
    }

    /// Returns the attributes.
    pub(crate) fn tokens(&self) -> TokenStream {
        let mut tokens = TokenStream::new();
        for line in &self.lines {
            let text = if line.is_empty() { String::new() } else { format!(" {line}") };
            tokens.extend(quote!(#[doc = #text]));
        }
        tokens
    }

    /// Puts an empty line between two paragraphs.
    fn separate(&mut self) {
        if self.lines.last().is_some_and(|line| !line.is_empty()) {
            self.lines.push(String::new());
        }
    }
}

/// Returns the attributes of one line of ours.
pub(crate) fn line(text: impl Into<String>) -> TokenStream {
    Doc::new(text).tokens()
}

/// Returns the shape of a key in backticks: `[Social::NAME, "users", "detail", id]`.
pub(crate) fn key_shape(cx: &Cx<'_>, root: &str, rest: &[&str]) -> String {
    let mut parts = vec![cx.root_text(root)];
    parts.extend(rest.iter().map(|part| (*part).to_owned()));
    code(&format!("[{}]", parts.join(", ")))
}

/// Returns `#[deprecated(note = "…")]`, if there is a reason.
pub(crate) fn deprecated(reason: Option<&str>) -> TokenStream {
    match reason {
        Some(reason) => quote!(#[deprecated(note = #reason)]),
        None => TokenStream::new(),
    }
}

/// Returns `#[allow(deprecated)]` for an item of ours that uses what its readers are warned of.
pub(crate) fn allow_deprecated(used: bool) -> TokenStream {
    if used { quote!(#[allow(deprecated)]) } else { TokenStream::new() }
}

/// Returns a text in backticks, whatever is in it.
pub(crate) fn code(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let clean: String = clean.chars().filter(|c| is_harmless(*c)).collect();
    if clean.is_empty() {
        return "(empty)".to_owned();
    }
    let longest = clean.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    if longest == 0 {
        return format!("`{clean}`");
    }
    let fence = "`".repeat(longest + 1);
    format!("{fence} {clean} {fence}")
}

/// Returns the lines of a user's text, such that rustdoc shows what was written and warns of nothing.
pub(crate) fn escape(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut fence: Option<String> = None;
    for line in text.trim().lines() {
        let line: String = line.chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
        let line: String = line.chars().filter(|c| is_harmless(*c)).collect();
        let line = line.trim_end();
        let start = line.trim_start();
        match &fence {
            Some(open) if closes(start, open) => {
                lines.push(open.clone());
                fence = None;
            }
            Some(_) => lines.push(line.to_owned()),
            None => match fence_of(start) {
                Some(open) => {
                    // `text`: rustdoc would compile and run a block that has no language.
                    lines.push(format!("{open}text"));
                    fence = Some(open);
                }
                None => lines.push(escape_line(line)),
            },
        }
    }
    lines.extend(fence);
    lines
}

/// Returns the fence that a line opens: three or more backticks or tildes.
fn fence_of(line: &str) -> Option<String> {
    ['`', '~'].into_iter().find_map(|mark| {
        let length = line.chars().take_while(|c| *c == mark).count();
        let rest = line.get(length..).unwrap_or_default();
        (length >= 3 && !rest.contains('`')).then(|| mark.to_string().repeat(length))
    })
}

/// Returns whether a line closes this fence.
fn closes(line: &str, fence: &str) -> bool {
    line.starts_with(fence) && line.chars().all(|c| fence.starts_with(c))
}

/// Escapes a line outside a code block.
fn escape_line(line: &str) -> String {
    let indentation = line.len() - line.trim_start().len();
    // Four spaces would make a code block, which rustdoc would compile.
    let mut out = " ".repeat(indentation.min(3));
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '`' => code_span(rest, &mut out),
            '[' => link(rest, &mut out),
            'h' => address(rest, &mut out),
            _ => 0,
        };
        if taken > 0 {
            rest = rest.get(taken..).unwrap_or_default();
            continue;
        }
        if matches!(first, '`' | '[' | ']' | '<' | '~') {
            out.push('\\');
        }
        out.push(first);
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    out
}

/// Copies a code span that ends on this line; returns its length, or 0.
fn code_span(rest: &str, out: &mut String) -> usize {
    let length = rest.chars().take_while(|c| *c == '`').count();
    let mut from = length;
    while let Some(found) = rest.get(from..).and_then(|tail| tail.find('`')) {
        let start = from + found;
        let run = rest.get(start..).map_or(0, |tail| tail.chars().take_while(|c| *c == '`').count());
        if run == length {
            let end = start + run;
            out.push_str(rest.get(..end).unwrap_or_default());
            return end;
        }
        from = start + run;
    }
    0
}

/// Copies `[text](https://…)`; returns its length, or 0.
fn link(rest: &str, out: &mut String) -> usize {
    let Some(middle) = rest.find("](http") else { return 0 };
    let Some(length) = rest.get(middle..).and_then(|tail| tail.find(')')) else { return 0 };
    let (text, target) = (rest.get(1..middle).unwrap_or_default(), rest.get(middle + 2..middle + length));
    let Some(target) = target else { return 0 };
    let plain = |c: char| !matches!(c, '[' | ']' | '<' | '>' | '`' | '\\');
    if !text.chars().all(plain) || !target.chars().all(|c| plain(c) && !c.is_whitespace() && c != '(') {
        return 0;
    }
    out.push_str(rest.get(..=middle + length).unwrap_or_default());
    middle + length + 1
}

/// Puts a bare address in angle brackets; returns its length, or 0.
fn address(rest: &str, out: &mut String) -> usize {
    if !(rest.starts_with("http://") || rest.starts_with("https://")) {
        return 0;
    }
    let end = rest
        .find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '`' | '"' | '[' | ']' | '(' | ')' | '\\'))
        .unwrap_or(rest.len());
    let text = rest.get(..end).unwrap_or_default().trim_end_matches(['.', ',', ';', ':', '!', '?', '\'']);
    if text.ends_with('/') && text.len() <= "https://".len() {
        return 0;
    }
    out.push('<');
    out.push_str(text);
    out.push('>');
    text.len()
}

/// Returns whether a character may stand in documentation: no control characters, and none that turn the text around.
fn is_harmless(character: char) -> bool {
    !character.is_control()
        && !matches!(
            character,
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::{Doc, code, escape};

    #[test]
    fn links_tags_and_addresses_are_escaped() {
        let lines = escape("see [User] and <b>, https://a.example/x. Or [this](https://b.example)");
        assert_eq!(lines, [r"see \[User\] and \<b>, <https://a.example/x>. Or [this](https://b.example)"]);
    }

    #[test]
    fn code_spans_stay_and_lone_backticks_are_escaped() {
        assert_eq!(escape("a `[x]` b ``c`d`` e ` f"), [r"a `[x]` b ``c`d`` e \` f"]);
    }

    #[test]
    fn fences_are_closed_and_never_compiled() {
        assert_eq!(escape("a\n```\nlet x = [1];"), ["a", "```text", "let x = [1];", "```"]);
        assert_eq!(escape("~~~rust\nx\n~~~\nb"), ["~~~text", "x", "~~~", "b"]);
        assert_eq!(escape("a\n\n        indented"), ["a", "", "   indented"]);
    }

    #[test]
    fn invisible_characters_are_dropped() {
        assert_eq!(escape("a\u{202e}b\u{0}c\r\nd"), ["abc", "d"]);
    }

    #[test]
    fn code_holds_any_text() {
        assert_eq!(code("/users/{id}"), "`/users/{id}`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a\nb"), "`a b`");
    }

    #[test]
    fn paragraphs_have_a_line_between_them() {
        let doc = Doc::of(Some("A person."), "unused").paragraph("More.").tokens();
        let expected = quote::quote!(#[doc = " A person."] #[doc = ""] #[doc = " More."]);
        assert_eq!(doc.to_string(), expected.to_string());
    }
}
