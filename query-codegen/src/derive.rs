//! What comes out of `#[derive(QueryResource)]`?
//!
//! The stages in order: `syn` reads the struct, [`attribute::lower`] reads its attributes, `check` looks at the whole,
//! `expand` writes the items. Where one of them finds mistakes, the output is a `compile_error!` for each and stand-ins
//! for the items, so that nothing else lights up. The struct itself is never touched: a derive only adds.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::TokenStream;
use quote::quote;
use syn::DeriveInput;

use crate::{
    attribute::{self, code},
    check,
    diagnostics::{Diagnostic, Diagnostics},
    expand,
    model::Schema,
    origin::Origin,
};

/// Expands `#[derive(QueryResource)]`.
///
/// Never panics: a bug of this crate becomes a `compile_error!` that asks to report it.
pub fn derive_query_resource(input: TokenStream) -> TokenStream {
    guarded(|| run(input))
}

fn run(input: TokenStream) -> TokenStream {
    let input = match syn::parse2::<DeriveInput>(input) {
        Ok(input) => input,
        Err(error) => {
            let mut diagnostics = Diagnostics::new();
            diagnostics.push_syn(code::NOT_RUST, &error);
            return diagnostics.to_tokens();
        }
    };
    let (schema, mut diagnostics) = attribute::lower(&input);
    let Some(schema) = schema else { return sorted(&diagnostics).to_tokens() };
    if !attribute::is_readable(&diagnostics) {
        // What could not be read may be just what a check would miss.
        return failed(&schema, &diagnostics);
    }
    match check::check(schema.clone(), &mut diagnostics) {
        Some(checked) => {
            let items = expand::expand(&checked);
            quote!(#(#items)*)
        }
        None => failed(&schema, &diagnostics),
    }
}

/// Returns the mistakes and the stand-ins.
fn failed(schema: &Schema, diagnostics: &Diagnostics) -> TokenStream {
    let errors = sorted(diagnostics).to_tokens();
    let stubs = expand::fallback(Some(schema));
    quote!(#errors #stubs)
}

/// Returns the mistakes in the order in which they stand in the user's file.
fn sorted(diagnostics: &Diagnostics) -> Diagnostics {
    let mut list: Vec<&Diagnostic> = diagnostics.iter().collect();
    list.sort_by_key(|one| {
        let start = one.origin.span().start();
        (start.line, start.column)
    });
    let mut sorted = Diagnostics::new();
    for one in list {
        sorted.push(one.clone());
    }
    sorted
}

/// Runs an expansion and turns its panic into an error of the user's build that says whose fault it is.
fn guarded(expansion: impl FnOnce() -> TokenStream) -> TokenStream {
    // Nothing of what the closure holds is used again after a panic.
    catch_unwind(AssertUnwindSafe(expansion)).unwrap_or_else(|panic| {
        let what = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        let mut diagnostics = Diagnostics::new();
        let message = format!("bug in query-codegen, please report it: {what}");
        diagnostics.push(Diagnostic::error(code::BUG, message, &Origin::Default));
        diagnostics.to_tokens()
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{derive_query_resource, guarded};

    #[test]
    fn panic_becomes_an_error_that_asks_to_report_it() {
        let tokens = guarded(|| panic!("an index is out of range")).to_string();
        assert!(tokens.contains("compile_error"), "{tokens}");
        assert!(tokens.contains("please report it: an index is out of range"), "{tokens}");
    }

    #[test]
    fn half_typed_struct_is_an_error_at_its_token() {
        for input in [
            quote!(struct User { name: }),
            quote!(struct),
            quote!(struct User { #[query(id)] }),
            quote!(),
            quote!(
                fn user() {}
            ),
        ] {
            let tokens = derive_query_resource(input).to_string();
            assert!(tokens.contains("compile_error") && tokens.contains("QR1090"), "{tokens}");
        }
    }

    #[test]
    fn stand_ins_never_declare_the_struct_again() {
        let tokens = derive_query_resource(quote! {
            #[query(path = "/users", list, create(input = User), update(method = PACH))]
            struct User { #[query(id)] id: u64 }
        });
        let file: syn::File = syn::parse2(tokens).expect("items");
        let is_struct = |item: &syn::Item| matches!(item, syn::Item::Struct(item) if item.ident == "User");
        assert!(!file.items.iter().any(is_struct));
        assert!(file.items.len() > 5, "{}", file.items.len());
    }

    #[test]
    fn mistakes_are_all_in_the_output() {
        let tokens = derive_query_resource(quote! {
            #[query(path = "/users", lst, get(stale_time = "2 moons"), method = PATCH)]
            struct User { #[query(id, readonly)] id: u64 }
        });
        let text = tokens.to_string();
        for code in ["QR0103", "QR0901"] {
            assert!(text.contains(code), "{text}");
        }
        assert_eq!(text.matches("compile_error").count(), 4, "{text}");
    }
}
