//! Is the output a function of the schema alone: no order of maps, no time, no machine, no neighbours?

use std::{
    env,
    time::{SystemTime, UNIX_EPOCH},
};

use proc_macro2::TokenStream;
use query_codegen::{derive::derive_query_resource, generate::generate, render};

use crate::attribute::generated_example;

const SOCIAL: &str = include_str!("../../../schemas/social.yaml");

/// A model and a resource that nothing else names.
const MODEL: &str = "  Ledger: { id: id, fields: { id: { type: string, read_only: true }, sum: i64 } }\n";
const RESOURCE: &str = "  ledgers: { model: Ledger, path: /ledgers, list: { sort: [sum] }, get: true, create: true, update: true, delete: true }\n";

/// Returns the text of each item of a schema.
fn items(schema: &str) -> Vec<String> {
    let generated = generate(schema, "schemas/social.yaml");
    let errors: Vec<String> = generated.diagnostics.errors().map(|one| generated.document.render(one)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    texts(generated.items.expect("a schema without errors has items").into_iter().collect())
}

fn texts(tokens: TokenStream) -> Vec<String> {
    let file: syn::File = syn::parse2(tokens).expect("items");
    let one = |item| {
        prettyplease::unparse(&syn::File { shebang: None, frontmatter: None, attrs: Vec::new(), items: vec![item] })
    };
    file.items.into_iter().map(one).collect()
}

/// Returns the schema with something inserted before the first line that begins with `before`.
fn inserted(schema: &str, before: &str, what: &str) -> String {
    let at = schema.find(&format!("\n{before}")).expect("the line is in the schema") + 1;
    format!("{}{what}{}", &schema[..at], &schema[at..])
}

#[test]
fn one_schema_gives_one_text() {
    let all = |text| render::render_plain(&generate(text, "schemas/social.yaml").items.expect("items"), "");
    assert_eq!(all(SOCIAL), all(SOCIAL));
}

#[test]
fn one_struct_gives_one_text() {
    let first = derive_query_resource(generated_example()).to_string();
    let other = quote::quote!(
        #[query(path = "/ledgers", list, get)]
        pub struct Ledger {
            #[query(id)]
            id: u64,
        }
    );
    assert!(!derive_query_resource(other).to_string().contains("compile_error"));
    assert_eq!(first, derive_query_resource(generated_example()).to_string());
}

#[test]
fn unrelated_resource_changes_no_letter_of_the_others() {
    let before = items(SOCIAL);
    let places = [
        // Models, then resources: at the end, in the middle, at the beginning.
        ("envelopes:", "queries:"),
        ("  Post:\n", "  posts:\n    model"),
        ("  UserId:", "  users:\n    model"),
    ];
    for (model, resource) in places {
        let schema = inserted(&inserted(SOCIAL, model, MODEL), resource, RESOURCE);
        let after = items(&schema);
        let (own, others): (Vec<String>, Vec<String>) =
            after.into_iter().partition(|item| item.to_lowercase().contains("ledger"));
        assert!(own.len() > 20, "{model}: {} items", own.len());
        assert_eq!(others.len(), before.len(), "{model}");
        for (before, after) in before.iter().zip(&others) {
            assert_eq!(before, after, "{model}");
        }
    }
}

#[test]
fn neither_the_machine_nor_the_time_is_in_the_text() {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs();
    let year = (1970 + since / 31_556_952).to_string();
    let yaml = render::render_plain(&generate(SOCIAL, "schemas/social.yaml").items.expect("items"), "");
    let derive = derive_query_resource(generated_example()).to_string();
    let folders = [env::current_dir().ok(), env::var_os("HOME").map(Into::into), Some(env::temp_dir())];
    for text in [yaml, derive] {
        assert!(!text.contains(&year), "the text names the year {year}");
        for folder in folders.iter().flatten().filter_map(|path| path.to_str()).filter(|path| path.len() > 1) {
            assert!(!text.contains(&format!("{folder}/")), "the text names the folder {folder}");
        }
        assert!(!text.contains(env!("CARGO_MANIFEST_DIR")));
    }
}
