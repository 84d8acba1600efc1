//! What does the macro become, and what does it say of a path that leads nowhere?

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use proc_macro2::TokenStream;
use query_codegen::include::query_schema;

use crate::folder::{BAD, Folder, GOOD};

/// Expands a call in `src/deep/inner.rs` of a package in this folder.
fn expand(folder: &Folder, input: &str) -> TokenStream {
    let file = folder.write("src/deep/inner.rs", "");
    query_schema(input.parse().unwrap(), Some(file), Some(folder.path.clone()))
}

/// Returns the text of the first `compile_error!`.
fn message(tokens: TokenStream) -> String {
    let file: syn::File = syn::parse2(tokens).unwrap();
    let errors: Vec<String> = file
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Macro(item) => item.mac.parse_body::<syn::LitStr>().ok(),
            _ => None,
        })
        .map(|text| text.value())
        .collect();
    errors.first().expect("an error").clone()
}

#[test]
fn a_schema_is_expanded_and_tracked() {
    let folder = Folder::new("a_schema_is_expanded_and_tracked");
    folder.write("schemas/shop.yaml", GOOD);
    let text = expand(&folder, r#""schemas/shop.yaml""#).to_string();
    assert!(text.contains(r#"include_bytes ! ("../../schemas/shop.yaml")"#), "{text}");
    assert!(text.contains("struct Item"), "{text}");
    assert!(!text.contains(folder.path.to_str().unwrap()), "{text}");
    let dotted = expand(&folder, r#""../../schemas/shop.yaml","#).to_string();
    assert_eq!(text, dotted, "both ways lead to one schema");
}

#[test]
fn mistakes_are_shown_with_their_line_and_tracked() {
    let folder = Folder::new("mistakes_are_shown_with_their_line");
    folder.write("shop.yaml", BAD);
    let tokens = expand(&folder, r#""shop.yaml""#);
    let text = tokens.to_string();
    assert!(text.contains("include_bytes"), "{text}");
    assert_eq!(text.matches("compile_error").count(), 2, "{text}");
    let shown = message(tokens);
    assert!(shown.lines().next().unwrap().ends_with("[QR0201]"), "{shown}");
    assert!(shown.contains("--> shop.yaml:7:11"), "{shown}");
    assert!(shown.contains("7 |       id: strin"), "{shown}");
}

#[test]
fn a_missing_file_names_its_neighbours() {
    let folder = Folder::new("a_missing_file_names_its_neighbours");
    folder.write("schemas/shop.yaml", GOOD);
    let near = message(expand(&folder, r#""schemas/shp.yaml""#));
    assert!(near.starts_with("there is no file `schemas/shp.yaml` [QR1202]"), "{near}");
    assert!(near.contains("help: did you mean `shop.yaml`?"), "{near}");
    let other = message(expand(&folder, r#""schemas/shop.yml""#));
    assert!(other.contains("did you mean `shop.yaml`?"), "{other}");
    let far = message(expand(&folder, r#""schemas/zzzzzz""#));
    assert!(far.contains("the folder has `shop.yaml`"), "{far}");
    let nowhere = message(expand(&folder, r#""schema/shop.yaml""#));
    assert!(nowhere.contains("no folder `schema`; did you mean `schemas`?"), "{nowhere}");
}

#[test]
fn a_folder_is_no_schema() {
    let folder = Folder::new("a_folder_is_no_schema");
    folder.write("schemas/shop.yaml", GOOD);
    let text = message(expand(&folder, r#""schemas""#));
    assert!(text.starts_with("`schemas` is a folder, not a schema [QR1204]"), "{text}");
    assert!(text.contains("it has `shop.yaml`"), "{text}");
}

#[test]
fn a_file_that_is_not_utf_8_says_where() {
    let folder = Folder::new("a_file_that_is_not_utf_8_says_where");
    folder.write("shop.yaml", b"schema: 1\n# \xff\n");
    let text = message(expand(&folder, r#""shop.yaml""#));
    assert!(text.starts_with("`shop.yaml` is not UTF-8 from line 2 on [QR1205]"), "{text}");
}

#[test]
fn an_empty_file_is_a_mistake() {
    let folder = Folder::new("an_empty_file_is_a_mistake");
    folder.write("shop.yaml", "");
    let text = message(expand(&folder, r#""shop.yaml""#));
    assert!(text.contains("[QR0110]"), "{text}");
}

#[test]
fn the_input_is_one_string_literal() {
    let folder = Folder::new("the_input_is_one_string_literal");
    for (input, expected) in [
        ("", "needs the path of a schema"),
        ("PATH", "is a string literal"),
        ("concat!(\"a\", \"b\")", "is a string literal"),
        ("b\"a.yaml\"", "is a string literal"),
        ("1", "is a string literal"),
        ("\"a.yaml\" \"b.yaml\"", "nothing can follow"),
        ("\"a.yaml\", \"b.yaml\"", "takes one schema"),
        ("\"\"", "is empty"),
        ("\"a\\nb\"", "control characters"),
    ] {
        let text = message(expand(&folder, input));
        assert!(text.contains(expected), "{input}: {text}");
    }
}

#[test]
fn syntax_errors_have_their_place_in_the_text() {
    let folder = Folder::new("syntax_errors_have_their_place_in_the_text");
    folder.write("shop.yaml", "schema: 1\napi: {\n");
    let text = message(expand(&folder, r#""shop.yaml""#));
    assert!(text.contains("[QR0101]") && text.contains("--> shop.yaml:"), "{text}");
}

#[test]
fn the_fifty_first_mistake_is_counted() {
    let folder = Folder::new("the_fifty_first_mistake_is_counted");
    let fields: Vec<String> = (0..60).map(|n| format!("      f{n}: strin\n")).collect();
    let fields = fields.concat();
    folder.write("shop.yaml", format!("schema: 1\napi: {{ name: shop }}\nmodels:\n  A:\n    fields:\n{fields}"));
    let text = expand(&folder, r#""shop.yaml""#).to_string();
    assert_eq!(text.matches("compile_error").count(), 51);
    assert!(text.contains("and 10 more"), "{text}");
}

#[test]
fn a_path_from_the_root_of_the_machine_is_warned_of() {
    let (folder, elsewhere) = (Folder::new("warned_of"), Folder::new("warned_of_elsewhere"));
    let path = elsewhere.write("shop.yaml", GOOD);
    let input = format!("{:?}", path.to_str().unwrap());
    let text = expand(&folder, &input).to_string();
    assert!(text.contains("QR1207") && text.contains("struct Item"), "{text}");
}
