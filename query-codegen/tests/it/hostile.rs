//! Can any text of a schema become code, or a directive for cargo?
//!
//! Every text of a schema, key or value, is replaced by hostile ones. The schema is refused with a place in it, or it gives
//! the items that it gave before. `SEED` picks others of the many; a failure prints it.

use std::{collections::BTreeMap, io::Write as _};

use proc_macro2::{Group, TokenStream, TokenTree};
use query_codegen::{config::Config, generate::generate};
use quote::ToTokens as _;
use serde_yaml::{Mapping, Value};

use crate::folder::Folder;

const SOCIAL: &str = include_str!("../../../schemas/social.yaml");

/// How many of the replacements a run tries, beside those that are tried at every run.
const PICKED: usize = 400;

/// A sound path.
const PATH: &str = "::evil::Evil";

/// Replacements. What would be code says `evil`, which no item of the schema does.
const PIECES: [&str; 24] = [
    "\"",
    "\"; fn evil() {} //",
    "\"#; fn evil() {} //\"#",
    "x\nfn evil() {}",
    "x\r\ncargo::rustc-link-arg=evil",
    "cargo::rustc-link-arg=evil",
    "*/ fn evil() {} /*",
    "{}",
    "{evil}",
    "${evil}",
    "#[evil]",
    "#![evil]",
    "]] fn evil() {}",
    "evil!()",
    PATH,
    "\u{202e}live",
    "a\u{0}b",
    "../../etc/evil",
    "fn",
    "self",
    "Self",
    "_",
    "",
    "{{evil}}; }} fn evil() {}",
];

/// One place of a text in a schema.
#[derive(Clone, Debug)]
enum Step {
    Key(Value),
    Index(usize),
    /// The key itself, not what it leads to.
    Name(Value),
}

/// Returns the way to every text of a schema: keys and values.
fn places(value: &Value, way: &[Step], found: &mut Vec<Vec<Step>>) {
    let with = |step| way.iter().cloned().chain([step]).collect::<Vec<Step>>();
    match value {
        Value::Mapping(map) => {
            for (key, value) in map {
                found.push(with(Step::Name(key.clone())));
                places(value, &with(Step::Key(key.clone())), found);
            }
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                places(item, &with(Step::Index(index)), found);
            }
        }
        _ => found.push(way.to_vec()),
    }
}

/// Returns the schema with another text in one place.
fn replaced(value: &Value, way: &[Step], piece: &str) -> Value {
    match (way, value) {
        ([Step::Name(name)], Value::Mapping(map)) => {
            let rename = |key: &Value| if key == name { Value::String(piece.to_owned()) } else { key.clone() };
            Value::Mapping(map.iter().map(|(key, value)| (rename(key), value.clone())).collect::<Mapping>())
        }
        ([Step::Key(wanted), rest @ ..], Value::Mapping(map)) => {
            let change = |(key, value): (&Value, &Value)| {
                let value = if key == wanted { replaced(value, rest, piece) } else { value.clone() };
                (key.clone(), value)
            };
            Value::Mapping(map.iter().map(change).collect::<Mapping>())
        }
        ([Step::Index(wanted), rest @ ..], Value::Sequence(items)) => {
            let change = |(index, item)| if index == *wanted { replaced(item, rest, piece) } else { item.clone() };
            Value::Sequence(items.iter().enumerate().map(change).collect())
        }
        _ => Value::String(piece.to_owned()),
    }
}

/// Returns how many items of each kind there are, and their names.
fn inventory(tokens: TokenStream) -> (BTreeMap<String, usize>, Vec<String>) {
    let file: syn::File = syn::parse2(tokens).expect("the output is Rust");
    let (mut kinds, mut names) = (BTreeMap::new(), Vec::new());
    for item in &file.items {
        let (kind, name) = match item {
            syn::Item::Fn(item) => ("fn", item.sig.ident.to_string()),
            syn::Item::Struct(item) => ("struct", item.ident.to_string()),
            syn::Item::Enum(item) => ("enum", item.ident.to_string()),
            syn::Item::Impl(_) => ("impl", String::new()),
            syn::Item::Const(item) => ("const", item.ident.to_string()),
            other => panic!("an item of another kind: {}", other.to_token_stream()),
        };
        *kinds.entry(kind.to_owned()).or_insert(0) += 1;
        names.push(name);
    }
    (kinds, names)
}

/// Returns whether a word that only hostile texts have stands outside of literals. Variants of enums may be made of its
/// letters, in another case.
fn has_escaped(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "evil",
        TokenTree::Group(group) => has_escaped(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Returns whether a hostile text has become a call, an attribute or a function of its own. A stand-in may be called after
/// the letters of a name that is refused.
fn has_code(tokens: TokenStream) -> bool {
    let code = ["fn evil ", "fn evil(", "evil !", "evil!", "# [evil]", "#[evil]", "# ! [evil]", "#![evil]", "evil ::"];
    let bare = without_literals(tokens).to_string();
    code.iter().any(|code| bare.contains(code))
}

/// Returns tokens without what stands in literals.
fn without_literals(tokens: TokenStream) -> TokenStream {
    let keep = |token: TokenTree| match token {
        TokenTree::Group(group) => {
            Some(TokenTree::Group(Group::new(group.delimiter(), without_literals(group.stream()))))
        }
        TokenTree::Literal(_) => None,
        other => Some(other),
    };
    tokens.into_iter().filter_map(keep).collect()
}

/// Returns whether a way leads to the function of a `select`.
fn is_function(way: &[Step]) -> bool {
    let is = |step: &Step, name: &str| matches!(step, Step::Key(key) if key.as_str() == Some(name));
    matches!(way, [.., select, function] if is(select, "select") && is(function, "fn"))
}

/// Returns tokens outside of literals without the first path that a hostile text is.
fn without_path(tokens: &TokenStream) -> TokenStream {
    let path: TokenStream = PATH.parse().expect("the path is tokens");
    let rest = without_literals(tokens.clone()).to_string().replacen(&path.to_string(), "", 1);
    rest.parse().expect("what is left is tokens")
}

/// Checks what becomes of one schema.
fn check(
    text: &str,
    (way, piece): (&[Step], &str),
    unharmed: &(BTreeMap<String, usize>, Vec<String>),
    what: &str,
) -> bool {
    let generated = generate(text, "social.yaml");
    let document = &generated.document;
    let lines = text.lines().count().max(1);
    for one in generated.diagnostics.iter() {
        let place = document.locate(&one.origin).unwrap_or_else(|| panic!("{what}: {} has no place", one.message));
        assert!(place.byte <= text.len() && place.line <= lines + 1, "{what}: {place:?} is not in the schema");
        let line = document.one_line(one);
        assert!(!line.contains(char::is_control) && !line.contains('\u{202e}'), "{what}: {line}");
    }
    let Some(items) = generated.items else {
        assert!(generated.diagnostics.has_errors(), "{what}: refused without a reason");
        let stand_ins: TokenStream = generated.errors();
        syn::parse2::<syn::File>(stand_ins.clone()).unwrap_or_else(|error| panic!("{what}: stand-ins: {error}"));
        assert!(!has_code(stand_ins), "{what}: code in the stand-ins");
        return false;
    };
    let tokens: TokenStream = items.into_iter().collect();
    // The function of a `select` is a path of the program's own: a sound one is called there, once, and nowhere else.
    let escaped = if piece == PATH && is_function(way) { without_path(&tokens) } else { tokens.clone() };
    assert!(!has_escaped(escaped), "{what}: code in the output");
    let (kinds, names) = inventory(tokens);
    assert_eq!(kinds, unharmed.0, "{what}");
    let is_word = !piece.is_empty() && piece.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_word {
        assert_eq!(names, unharmed.1, "{what}");
    }
    true
}

/// Checks what a build script prints for one schema.
fn check_cargo(folder: &Folder, text: &str, what: &str) {
    folder.write("social.yaml", text);
    let mut cargo = Vec::new();
    let config = Config::new().root(&folder.path).schema("social.yaml").formatted(false);
    let _ = config.compile_to(&folder.path.join("out"), &mut cargo);
    let cargo = String::from_utf8(cargo).expect("UTF-8");
    for line in cargo.split('\n').filter(|line| !line.is_empty()) {
        let known = ["cargo::rerun-if-changed=", "cargo::error=", "cargo::warning="];
        assert!(known.iter().any(|known| line.starts_with(known)), "{what}: {line:?}");
        assert!(!line.contains(char::is_control), "{what}: {line:?}");
    }
}

#[test]
fn hostile_texts_are_refused_or_change_no_item() {
    let seed: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    let _ = writeln!(std::io::stderr(), "SEED={seed} repeats this run");
    let mut random = fastrand::Rng::with_seed(seed);
    let social: Value = serde_yaml::from_str(SOCIAL).expect("the schema is YAML");
    let unharmed = generate(&serde_yaml::to_string(&social).expect("YAML"), "social.yaml");
    let unharmed = inventory(unharmed.items.expect("the schema has no mistakes").into_iter().collect());
    let folder = Folder::new("hostile_texts_are_refused_or_change_no_item");

    let mut all = Vec::new();
    places(&social, &[], &mut all);
    assert!(all.len() > 400, "only {} texts were found", all.len());
    let long = "a".repeat(10_000);
    let pieces: Vec<&str> = PIECES.into_iter().chain([long.as_str()]).collect();

    let mut accepted = 0;
    for round in 0..PICKED {
        let (way, piece) = (&all[random.usize(..all.len())], pieces[random.usize(..pieces.len())]);
        let what = format!("SEED={seed}, round {round}: {way:?} is {piece:.60?}");
        let text = serde_yaml::to_string(&replaced(&social, way, piece)).expect("YAML");
        if check(&text, (way, piece), &unharmed, &what) {
            accepted += 1;
        } else {
            check_cargo(&folder, &text, &what);
        }
    }
    // Documentation, names on the wire and the like may be anything; most other places refuse.
    assert!(accepted > PICKED / 100 && accepted < PICKED / 2, "{accepted} of {PICKED} were accepted");
}
