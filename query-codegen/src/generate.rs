//! How does the text of a YAML schema become items, or diagnostics and stand-ins?

use proc_macro2::TokenStream;
use quote::quote;

use crate::{
    check,
    diagnostics::{Diagnostic, Diagnostics, SHOWN},
    expand,
    yaml::{self, Document},
};

/// What became of a schema.
#[derive(Debug)]
pub struct Generated {
    /// The file, from which diagnostics are rendered.
    pub document: Document,
    /// What was found, sorted by place.
    pub diagnostics: Diagnostics,
    /// The items; `None` if there are errors.
    pub items: Option<Vec<TokenStream>>,
    /// Stand-ins for what the schema would have declared; empty if there are no errors.
    pub fallback: TokenStream,
}

/// Reads, checks and expands a schema. `file` is its name in diagnostics and in *Source* lines.
pub fn generate(text: &str, file: &str) -> Generated {
    let (schema, document, mut diagnostics) = yaml::parse(text, file);
    let checked = schema.ok_or(None).and_then(|schema| check::sealed(schema, &mut diagnostics).map_err(Some));
    document.sort(&mut diagnostics);
    match checked {
        Ok(checked) => {
            Generated { document, diagnostics, items: Some(expand::expand(&checked)), fallback: TokenStream::new() }
        }
        Err(schema) => Generated { document, diagnostics, items: None, fallback: expand::fallback(schema.as_deref()) },
    }
}

impl Generated {
    /// Returns a `compile_error!` for each of the first errors, as text with the source line, and the stand-ins.
    pub fn errors(&self) -> TokenStream {
        let total = self.diagnostics.errors().count();
        let mut tokens = TokenStream::new();
        for one in self.diagnostics.errors().take(SHOWN) {
            let text = self.message(one);
            tokens.extend(quote!(::core::compile_error!(#text);));
        }
        if total > SHOWN {
            let text = format!("and {} more", total - SHOWN);
            tokens.extend(quote!(::core::compile_error!(#text);));
        }
        let fallback = &self.fallback;
        quote!(#tokens #fallback)
    }

    /// Returns a diagnostic without the word `error`, which rustc says itself, and with its code at the end of the line.
    fn message(&self, diagnostic: &Diagnostic) -> String {
        let rendered = self.document.render(diagnostic);
        let name = diagnostic.name();
        let (first, rest) = rendered.split_once('\n').unwrap_or((&rendered, ""));
        let message = first
            .strip_prefix(&format!("error[{name}]: "))
            .map_or_else(|| first.to_owned(), |message| format!("{message} [{name}]"));
        format!("{message}\n{}", rest.trim_end())
    }
}
