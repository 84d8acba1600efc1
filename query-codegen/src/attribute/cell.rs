//! What is given once, and what does the user read who gives it twice?

use super::{
    code, keyword,
    keyword::Section,
    parse::{Entry, Head, Tail, Word},
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    origin::Spanned,
    suggest,
};

/// A word that is legal where it stands, and what was written with it.
#[derive(Clone)]
pub(super) struct Given {
    pub word: Word,
    pub tail: Tail,
}

/// A value that can be set once.
#[derive(Clone)]
pub(super) struct Once<T>(Option<Spanned<T>>);

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Once<T> {
    /// Sets the value, or reports that it has been set; the first one stays.
    pub(super) fn set(&mut self, value: Option<Spanned<T>>, what: &str, diagnostics: &mut Diagnostics) {
        match (value, &self.0) {
            (None, _) => {}
            (Some(value), None) => self.0 = Some(value),
            (Some(second), Some(first)) => diagnostics.push(
                Diagnostic::error(code::DUPLICATE, format!("{what} is given twice"), &second.origin)
                    .note("the first one stands elsewhere in this attribute", &first.origin),
            ),
        }
    }

    /// Returns whether the value has been set.
    pub(super) fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Returns the value.
    pub(super) fn take(self) -> Option<Spanned<T>> {
        self.0
    }
}

/// Returns the entries whose words are legal in the section, each word once unless it may repeat.
pub(super) fn admit(section: &Section, entries: Vec<Entry>, diagnostics: &mut Diagnostics) -> Vec<Given> {
    let mut given: Vec<Given> = Vec::new();
    for entry in entries {
        let word = match entry.head {
            Head::Word(word) => word,
            Head::Literal(literal) => {
                let message = format!("expected a word in {}, found {}", section.title, literal.found());
                let origin = crate::origin::Origin::Span(literal.span);
                diagnostics.push(Diagnostic::error(code::WORD, message, &origin));
                continue;
            }
        };
        if !section.has(&word.text) {
            diagnostics.push(unknown(section, &word));
        } else if given.iter().any(|earlier| earlier.word.text == word.text)
            && !section.repeated.contains(&word.text.as_str())
        {
            diagnostics.push(duplicate(section, &word));
        } else {
            given.push(Given { word, tail: entry.tail });
        }
    }
    given
}

fn duplicate(section: &Section, word: &Word) -> Diagnostic {
    let message = format!("duplicate key `{}` in {}", word.text, section.title);
    Diagnostic::error(code::DUPLICATE, message, &word.origin()).help(format!("keep one `{}`", word.text))
}

fn unknown(section: &Section, word: &Word) -> Diagnostic {
    let text = word.text.as_str();
    if let Some(diagnostic) = misplaced(section, word) {
        return diagnostic;
    }
    let message = format!("unknown key `{text}` in {}", section.title);
    let diagnostic = Diagnostic::error(code::UNKNOWN, message, &word.origin());
    match keyword::home(text) {
        Some(home) => diagnostic.help(format!("`{text}` belongs in {home}")),
        None => diagnostic.maybe_help(suggest::help(text, section.legal())),
    }
}

/// Returns the mistake of a struct's word on a field, of a field's word on the struct, and of what belongs to serde.
fn misplaced(section: &Section, word: &Word) -> Option<Diagnostic> {
    let text = word.text.as_str();
    let on_field = section.title == keyword::FIELD.title;
    let on_struct = section.title == keyword::STRUCT.title;
    let (message, help) = if (on_field || on_struct) && text.starts_with("rename") {
        let help = format!("write `#[serde({text} = \"…\")]`");
        (format!("`{text}` is not a key of `#[query(…)]`: names on the wire are serde's"), help)
    } else if on_field && keyword::STRUCT.has(text) {
        (
            format!("`{text}` describes the whole struct, not a field"),
            "move it to the `#[query(…)]` above the struct".to_owned(),
        )
    } else if on_struct && keyword::FIELD.has(text) {
        (
            format!("`{text}` describes a field, not the whole struct"),
            "move it to the `#[query(…)]` above the field".to_owned(),
        )
    } else {
        return None;
    };
    Some(Diagnostic::error(code::MISPLACED, message, &word.origin()).help(help))
}
