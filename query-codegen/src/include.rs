//! What does `query_schema!("schemas/social.yaml")` become?
//!
//! `"./x"` and `"../x"` begin at the file with the call, anything else at the package's folder. The output names the
//! schema in an `include_bytes!` relative to the file with the call, so that an edit of the schema builds the crate again
//! and no path of the machine is in the output.

mod place;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::LitStr;

use crate::{diagnostics::Diagnostic, generate::generate, origin::Origin, suggest};
use place::Place;

/// The largest schema that is read, in bytes; the front end says what is wrong with larger ones.
const LARGEST: u64 = 64 << 20;

/// Expands `query_schema!`.
///
/// `call_site_file` is the file with the call as the compiler names it, `manifest_dir` the package's folder; each may be
/// unknown.
pub fn query_schema(input: TokenStream, call_site_file: Option<PathBuf>, manifest_dir: Option<PathBuf>) -> TokenStream {
    let literal = match literal(input) {
        Ok(literal) => literal,
        Err(diagnostic) => return failure(&diagnostic),
    };
    let place = match Place::of(&literal.value(), call_site_file, manifest_dir) {
        Ok(place) => place,
        Err(text) => {
            return failure(&Diagnostic::error(1203, text, &Origin::Span(literal.span())));
        }
    };
    let text = match read(&place, literal.span()) {
        Ok(text) => text,
        Err(diagnostic) => return failure(&diagnostic),
    };
    let generated = generate(&text, &place.shown);
    let tracked = place.tracked();
    let tracking = quote!(
        const _: &[u8] = ::core::include_bytes!(#tracked);
    );
    let warning = place.is_outside().then(|| outside(&place, literal.span()));
    if let Some(items) = &generated.items {
        return quote!(#tracking #warning #(#items)*);
    }
    let errors = generated.errors();
    quote!(#tracking #errors)
}

/// Reads the macro's input: one string literal, and a comma if the user likes.
fn literal(input: TokenStream) -> Result<LitStr, Box<Diagnostic>> {
    let example = "write the schema's path: `query_schema!(\"schemas/api.yaml\")`";
    let mut tokens = input.into_iter();
    let error = |text: &str, span: Span| Box::new(Diagnostic::error(1201, text, &Origin::Span(span)).help(example));
    let Some(first) = tokens.next() else {
        return Err(error("`query_schema!` needs the path of a schema", Span::call_site()));
    };
    let span = first.span();
    let Ok(literal) = syn::parse2::<LitStr>(first.into()) else {
        // A macro sees tokens and not the values of constants.
        return Err(error("the path of a schema is a string literal", span));
    };
    if !literal.suffix().is_empty() {
        return Err(error("the path of a schema has no suffix", span));
    }
    match (tokens.next(), tokens.next()) {
        (None, _) => Ok(literal),
        (Some(TokenTree::Punct(comma)), None) if comma.as_char() == ',' => Ok(literal),
        (Some(TokenTree::Punct(comma)), Some(second)) if comma.as_char() == ',' => {
            Err(error("`query_schema!` takes one schema; call it once for each", second.span()))
        }
        (Some(second), _) => Err(error("nothing can follow the path of a schema", second.span())),
    }
}

/// Reads the schema's file.
fn read(place: &Place, span: Span) -> Result<String, Box<Diagnostic>> {
    let origin = Origin::Span(span);
    let shown = &place.shown;
    let error = |code, text: String| Diagnostic::error(code, text, &origin);
    let unreadable = |failed: &io::Error| Box::new(error(1206, format!("cannot read `{shown}`: {failed}")));
    let metadata = match fs::metadata(&place.path) {
        Ok(metadata) => metadata,
        Err(failed) if failed.kind() == io::ErrorKind::NotFound => {
            return Err(Box::new(
                error(1202, format!("there is no file `{shown}`"))
                    .maybe_help(similar(&place.path))
                    .note(place.rule(), &Origin::Default),
            ));
        }
        Err(failed) => return Err(unreadable(&failed)),
    };
    if metadata.is_dir() {
        let help = yaml_files(&place.path);
        return Err(Box::new(
            error(1204, format!("`{shown}` is a folder, not a schema"))
                .maybe_help((!help.is_empty()).then(|| format!("it has {}", list(&help)))),
        ));
    }
    if metadata.len() > LARGEST {
        return Err(Box::new(error(1206, format!("`{shown}` is no schema: it is too large"))));
    }
    let bytes = fs::read(&place.path).map_err(|failed| unreadable(&failed))?;
    String::from_utf8(bytes).map_err(|failed| {
        let valid = failed.utf8_error().valid_up_to();
        let line = failed.as_bytes()[..valid].split(|byte| *byte == b'\n').count();
        Box::new(error(1205, format!("`{shown}` is not UTF-8 from line {line} on")).help("save the file as UTF-8"))
    })
}

/// Names the files that the user may have meant, or the folder that is missing.
fn similar(path: &Path) -> Option<String> {
    let folder = path.parent()?;
    if !folder.is_dir() {
        let (missing, parent) = missing_folder(folder)?;
        let folders: Vec<String> = entries(&parent, Path::is_dir);
        let near = suggest::nearest(&missing, folders.iter().map(String::as_str));
        return Some(match near {
            Some(near) => format!("there is no folder `{missing}`; did you mean `{near}`?"),
            None => format!("there is no folder `{missing}`"),
        });
    }
    let name = path.file_name()?.to_str()?;
    let files = entries(folder, Path::is_file);
    if let Some(near) = suggest::nearest(name, files.iter().map(String::as_str)) {
        return Some(format!("did you mean `{near}`?"));
    }
    // `social.yml` for `social.yaml`.
    let stem = Path::new(name).file_stem();
    if let Some(same) = files.iter().find(|file| Path::new(file).file_stem() == stem) {
        return Some(format!("did you mean `{same}`?"));
    }
    let schemas = yaml_files(folder);
    (!schemas.is_empty()).then(|| format!("the folder has {}", list(&schemas)))
}

/// Returns the first folder of a path that does not exist, and the one that it would be in.
fn missing_folder(folder: &Path) -> Option<(String, PathBuf)> {
    let mut missing = folder;
    loop {
        let parent = missing.parent()?;
        if parent.is_dir() {
            return Some((missing.file_name()?.to_string_lossy().into_owned(), parent.to_owned()));
        }
        missing = parent;
    }
}

/// Returns the names in a folder, sorted.
fn entries(folder: &Path, keep: impl Fn(&Path) -> bool) -> Vec<String> {
    let Ok(read) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = read
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let name = path.file_name()?.to_str()?.to_owned();
            (keep(&path) && !name.chars().any(char::is_control)).then_some(name)
        })
        .collect();
    names.sort_unstable();
    names
}

fn yaml_files(folder: &Path) -> Vec<String> {
    let is_yaml = |path: &Path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    entries(folder, |entry| entry.is_file() && is_yaml(entry))
}

/// Returns the first few names in backticks.
fn list(names: &[String]) -> String {
    let few: Vec<&str> = names.iter().take(8).map(String::as_str).collect();
    let more = names.len() - few.len();
    let few = suggest::quoted(&few);
    if more > 0 { format!("{few} and {more} more") } else { few }
}

/// Returns a use of a deprecated constant: the one way in which a macro can warn on stable Rust.
fn outside(place: &Place, span: Span) -> TokenStream {
    let note =
        format!("the schema `{}` is outside the package, so other machines may not have it [QR1207]", place.shown);
    quote_spanned! { span =>
        const _: () = {
            #[deprecated(note = #note)]
            const SCHEMA_OUTSIDE_THE_PACKAGE: () = ();
            SCHEMA_OUTSIDE_THE_PACKAGE
        };
    }
}

fn failure(diagnostic: &Diagnostic) -> TokenStream {
    let mut diagnostics = crate::diagnostics::Diagnostics::new();
    diagnostics.push(diagnostic.clone());
    diagnostics.to_tokens()
}
