//! What does `#[query(…)]` say on the struct?

use proc_macro2::TokenStream;
use syn::Type as RustType;

use super::{
    cell::{Given, Once, admit},
    code, keyword, list, live, mutations, options,
    parse::{Entry, Head, Tail, Value, Word},
    value,
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    model::{
        Envelope, GetDef, Level, ListDef, Names, Offline, PathTemplate, QueryOptions, Realtime, Relation,
        RelationTarget, ResourceMutations,
    },
    origin::{Origin, Spanned},
};

/// What the struct's attribute says, before it is joined with the fields.
#[derive(Default)]
pub(super) struct Container {
    pub runtime: Option<TokenStream>,
    pub api: Option<TokenStream>,
    pub name: Option<Spanned<String>>,
    pub path: Option<Spanned<PathTemplate>>,
    /// Whether a path was written at all, legal or not.
    pub has_path: bool,
    pub error: Option<Spanned<TokenStream>>,
    pub version: Option<Spanned<String>>,
    pub level: Option<Spanned<Level>>,
    pub parent: Option<Spanned<String>>,
    /// Path parameters and their types, from `parent(post_id: PostId)`.
    pub parents: Vec<(Word, RustType)>,
    pub list: Option<ListDef>,
    pub envelope: Option<Envelope>,
    pub infinite: Option<Spanned<QueryOptions>>,
    pub get: Option<GetDef>,
    pub mutations: ResourceMutations,
    pub relations: Vec<Relation>,
    pub realtime: Option<Spanned<Realtime>>,
    pub offline: Option<Spanned<Offline>>,
    pub names: Names,
}

/// Names that more than one place of the attribute can set.
#[derive(Default)]
struct Slots {
    new: Once<String>,
    patch: Once<String>,
    replace: Once<String>,
    sort: Once<String>,
}

/// Reads the entries of the struct's attribute.
pub(super) fn read(entries: Vec<Entry>, diagnostics: &mut Diagnostics) -> Container {
    let mut container = Container::default();
    let mut slots = Slots::default();
    let mut invalidates = None;
    for given in admit(&keyword::STRUCT, entries, diagnostics) {
        match given.word.text.as_str() {
            // What it names may stand behind it.
            "invalidates" => invalidates = Some(given),
            "create" => {
                container.mutations.create = mutations::create(given, &mut slots.new, diagnostics);
            }
            "update" => {
                container.mutations.update =
                    mutations::update(given, &mut slots.patch, &mut slots.replace, diagnostics);
            }
            "delete" => container.mutations.delete = mutations::delete(given, diagnostics),
            "list" => read_list(given, &mut container, &mut slots, diagnostics),
            "names" => names(given, &mut container.names, &mut slots, diagnostics),
            _ => word(given, &mut container, diagnostics),
        }
    }
    if let Some(given) = invalidates {
        mutations::invalidates(given, &mut container.mutations, diagnostics);
    }
    container.names.new = slots.new.take();
    container.names.patch = slots.patch.take();
    container.names.replace = slots.replace.take();
    container.names.sort = slots.sort.take();
    container
}

/// Reads one word that no other depends on.
fn word(given: Given, container: &mut Container, diagnostics: &mut Diagnostics) {
    match given.word.text.as_str() {
        "crate" => container.runtime = runtime(&given, diagnostics),
        "api" => container.api = value::type_tokens(&given, diagnostics).map(|api| api.value),
        "error" => container.error = value::type_tokens(&given, diagnostics),
        "name" => container.name = value::string(&given, diagnostics),
        "path" => {
            container.has_path = true;
            container.path = value::template(&given, diagnostics);
        }
        "level" => container.level = value::choice(&given, &Level::WORDS, code::CHOICE, diagnostics),
        "version" => container.version = value::word(&given, diagnostics),
        "parent" => parent(given, container, diagnostics),
        "infinite" => {
            let origin = given.origin();
            container.infinite = value::section(given, diagnostics).map(|entries| {
                let read = options::query_section(&keyword::INFINITE, entries, diagnostics);
                Spanned::new(read, origin)
            });
        }
        "get" => container.get = get(given, diagnostics),
        "has_many" => container.relations.extend(has_many(given, diagnostics)),
        "realtime" => container.realtime = live::realtime(given, diagnostics),
        _ => container.offline = live::offline(given, diagnostics),
    }
}

/// Reads `crate = ::query_runtime`.
///
/// The path stands in items of any module of the user's, so only one that means the same everywhere will do.
fn runtime(given: &Given, diagnostics: &mut Diagnostics) -> Option<TokenStream> {
    let (tokens, origin) = match &given.tail {
        Tail::Broken => return None,
        Tail::Value(Value::Tokens(tokens, span)) => (tokens.clone(), Origin::Span(*span)),
        Tail::Value(Value::Dotted(dotted)) if matches!(dotted.first.text.as_str(), "crate" | "$crate") => {
            (quote::ToTokens::to_token_stream(&dotted.first.ident), dotted.first.origin())
        }
        Tail::Value(other) => {
            let message = format!("`crate` is an absolute path, found {}", other.found());
            let help = match other {
                Value::Dotted(dotted) => format!("write `crate = ::{}`", dotted.first.text),
                _ => "write `crate = ::query_runtime`".to_owned(),
            };
            let origin = Origin::Span(other.span());
            diagnostics.push(Diagnostic::error(code::CRATE, message, &origin).help(help));
            return None;
        }
        tail => {
            value::wrong_kind(given, tail, "is a path", None, diagnostics);
            return None;
        }
    };
    let path = syn::parse2::<syn::Path>(tokens.clone()).ok();
    let is_absolute = path.as_ref().is_some_and(|path| {
        let first = path.segments.first().map(|segment| segment.ident.to_string());
        let plain = path.segments.iter().all(|segment| segment.arguments.is_none());
        plain && (path.leading_colon.is_some() || matches!(first.as_deref(), Some("crate" | "$crate")))
    });
    if !is_absolute {
        let written = super::parse::compact(&tokens);
        let message = format!("`crate` is an absolute path, found `{written}`");
        let help = "begin with `::` or `crate::`: `crate = ::query_runtime`";
        diagnostics.push(Diagnostic::error(code::CRATE, message, &origin).help(help));
        return None;
    }
    Some(tokens)
}

fn read_list(given: Given, container: &mut Container, slots: &mut Slots, diagnostics: &mut Diagnostics) {
    let origin = given.origin();
    let Some(entries) = value::section(given, diagnostics) else { return };
    let section = list::read(entries, origin, diagnostics);
    container.list = Some(section.list);
    container.envelope = section.envelope;
    slots.sort.set(section.sort, "the name of the sort enum", diagnostics);
}

/// Reads `parent = posts` and `parent(post_id: PostId)`.
fn parent(given: Given, container: &mut Container, diagnostics: &mut Diagnostics) {
    let Tail::Arguments(arguments) = given.tail else {
        container.parent = value::word(&given, diagnostics);
        return;
    };
    for entry in arguments.entries {
        let origin = entry.origin();
        match entry {
            Entry { head: Head::Word(word), tail: Tail::Type(ty) } => {
                container.parents.push((word, *ty));
            }
            Entry { tail: Tail::Broken, .. } => {}
            _ => {
                let message = "`parent` needs a path parameter and its type";
                let help = "write `parent(post_id: PostId)`";
                diagnostics.push(Diagnostic::error(code::SHAPE, message, &origin).help(help));
            }
        }
    }
}

fn get(given: Given, diagnostics: &mut Diagnostics) -> Option<GetDef> {
    let origin = given.origin();
    let entries = value::section(given, diagnostics)?;
    let mut get = GetDef { path: None, options: QueryOptions::default(), origin };
    for given in admit(&keyword::GET, entries, diagnostics) {
        match given.word.text.as_str() {
            "path" => get.path = value::template(&given, diagnostics),
            _ => options::query(given, &mut get.options, diagnostics),
        }
    }
    Some(get)
}

/// Reads `has_many(posts: Post, foreign_key = author_id, path = "/users/{id}/posts")`.
fn has_many(given: Given, diagnostics: &mut Diagnostics) -> Option<Relation> {
    let arguments = value::arguments(given, diagnostics)?;
    let (name, ty, entries) = list::named(arguments, "has_many(posts: Post)", diagnostics)?;
    let (mut foreign_key, mut path) = (None, None);
    let mut options = QueryOptions::default();
    let mut written = Vec::new();
    for given in admit(&keyword::HAS_MANY, entries, diagnostics) {
        written.push(given.word.text.clone());
        match given.word.text.as_str() {
            "foreign_key" => foreign_key = value::word(&given, diagnostics),
            "path" => path = value::template(&given, diagnostics),
            _ => options::query(given, &mut options, diagnostics),
        }
    }
    let examples = [
        ("foreign_key", "foreign_key = author_id".to_owned()),
        ("path", format!("path = \"/users/{{id}}/{}\"", name.text)),
    ];
    for (needed, example) in examples {
        if !written.iter().any(|word| word == needed) {
            let message = format!("`has_many({})` needs `{needed}`", name.text);
            let diagnostic = Diagnostic::error(code::MISSING, message, &name.origin());
            diagnostics.push(diagnostic.help(format!("add `{example}`")));
        }
    }
    Some(Relation {
        source: format!("has_many({})", name.text),
        name: Spanned::new(name.text.clone(), name.origin()),
        target: RelationTarget::Type(quote::ToTokens::to_token_stream(&ty)),
        foreign_key: foreign_key?,
        path: path?,
        options,
    })
}

/// Reads `names(params = UserQuery, hooks(list = use_people))`.
fn names(given: Given, names: &mut Names, slots: &mut Slots, diagnostics: &mut Diagnostics) {
    let Some(arguments) = value::arguments(given, diagnostics) else { return };
    for given in admit(&keyword::NAMES, arguments.entries, diagnostics) {
        if given.word.text == "hooks" {
            let Some(arguments) = value::arguments(given, diagnostics) else { continue };
            for hook in admit(&keyword::HOOKS, arguments.entries, diagnostics) {
                if let Some(name) = value::word(&hook, diagnostics) {
                    names.hooks.push((Spanned::new(hook.word.text.clone(), hook.origin()), name));
                }
            }
            continue;
        }
        let name = value::word(&given, diagnostics);
        match given.word.text.as_str() {
            "new" => slots.new.set(name, "the input of `create`", diagnostics),
            "patch" => slots.patch.set(name, "the input of `update`", diagnostics),
            "replace" => slots.replace.set(name, "the input of `update`", diagnostics),
            "sort" => slots.sort.set(name, "the name of the sort enum", diagnostics),
            "params" => names.params = name,
            "filter" => names.filter = name,
            _ => names.keys = name,
        }
    }
}
