//! How are mistakes collected, and how do they look to the user?
//!
//! Every stage collects; none returns at its first mistake. A diagnostic has a code (`QR0201`), a place, a message in
//! the user's words and, where there is one, help that says what to write. Two renderings: `compile_error!` at the
//! user's token ([`Diagnostics::to_tokens`]) and text with the source line and carets ([`crate::yaml::Document::render`]).

use proc_macro2::TokenStream;
use quote::quote_spanned;

use crate::origin::Origin;

/// How many mistakes of one schema are shown.
pub const SHOWN: usize = 50;

/// A mistake, or something that looks like one.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The number after `QR`; `docs/diagnostics.md` lists them all.
    pub code: u16,
    /// Whether it stops the generation.
    pub severity: Severity,
    /// What is wrong: lower case, no final dot, names in backticks.
    pub message: String,
    /// Where.
    pub origin: Origin,
    /// What to write instead.
    pub help: Option<String>,
    /// Other places that matter: a text and the place.
    pub notes: Vec<(String, Origin)>,
}

/// Whether a diagnostic stops the generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It does.
    Error,
    /// It does not; macros cannot show it on stable Rust, build scripts do.
    Warning,
}

impl Diagnostic {
    /// Returns an error.
    pub fn error(code: u16, message: impl Into<String>, origin: &Origin) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            origin: origin.clone(),
            help: None,
            notes: Vec::new(),
        }
    }

    /// Returns a warning.
    pub fn warning(code: u16, message: impl Into<String>, origin: &Origin) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message, origin) }
    }

    /// Says what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to write instead, if there is anything to say.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Names another place that matters.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>, origin: &Origin) -> Self {
        self.notes.push((text.into(), origin.clone()));
        self
    }

    /// Returns `QR0201`.
    pub fn name(&self) -> String {
        format!("QR{:04}", self.code)
    }
}

/// The mistakes of one schema, in the order they were found.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Returns an empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Adds an error of `syn`'s own, as code `code`.
    pub fn push_syn(&mut self, code: u16, error: &syn::Error) {
        for one in error.clone() {
            self.push(Diagnostic::error(code, one.to_string(), &Origin::Span(one.span())));
        }
    }

    /// Returns whether any of them stops the generation.
    pub fn has_errors(&self) -> bool {
        self.errors().next().is_some()
    }

    /// Iterates over the errors.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter().filter(|one| one.severity == Severity::Error)
    }

    /// Iterates over the warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter().filter(|one| one.severity == Severity::Warning)
    }

    /// Iterates over all of them.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Returns a `compile_error!` at the user's token for each of the first [`SHOWN`] errors.
    pub fn to_tokens(&self) -> TokenStream {
        let total = self.errors().count();
        let mut tokens = TokenStream::new();
        for (index, one) in self.errors().take(SHOWN).enumerate() {
            let mut text = format!("{} [{}]", one.message, one.name());
            if let Some(help) = &one.help {
                text.push_str("\n\nhelp: ");
                text.push_str(help);
            }
            for (note, _) in &one.notes {
                text.push_str("\nnote: ");
                text.push_str(note);
            }
            if index + 1 == SHOWN && total > SHOWN {
                let more = total - SHOWN;
                text.extend(["\nnote: and ", &more.to_string(), " more errors"]);
            }
            tokens.extend(quote_spanned! { one.origin.span() => ::core::compile_error!(#text); });
        }
        tokens
    }
}
