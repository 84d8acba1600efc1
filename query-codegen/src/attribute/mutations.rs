//! What do `create(…)`, `update(…)`, `delete(…)` and `invalidates(…)` say?

use super::{
    cell::{Given, Once, admit},
    code, keyword, options,
    parse::{Arguments, Dotted, Entry, Head, Tail, Value},
    value,
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    model::{
        CreateDef, CreateOptimism, DeleteDef, DeleteOptimism, InsertAt, KeyArgument, KeyDef, KeyKind, ListReach,
        Method, MutationOptions, ResourceMutations, TempId, UpdateBody, UpdateDef, UpdateOptimism,
    },
    origin::{Origin, Spanned},
};

const METHODS: [(&str, Method); 5] = [
    ("GET", Method::Get),
    ("POST", Method::Post),
    ("PUT", Method::Put),
    ("PATCH", Method::Patch),
    ("DELETE", Method::Delete),
];

const REMOVE: [(&str, bool); 1] = [("remove", true)];

const NOTHING: [(&str, ()); 1] = [("none", ())];

/// Reads `create(input = NewUser, optimistic(lists = matching))`; `input` goes to the slot of that name.
pub(super) fn create(given: Given, new: &mut Once<String>, diagnostics: &mut Diagnostics) -> Option<CreateDef> {
    let origin = given.origin();
    let entries = value::section(given, diagnostics)?;
    let mut create = CreateDef {
        method: None,
        path: None,
        optimistic: None,
        invalidates: Vec::new(),
        options: MutationOptions::default(),
        origin,
    };
    for given in admit(&keyword::CREATE, entries, diagnostics) {
        match given.word.text.as_str() {
            "method" => create.method = method(&given, diagnostics),
            "path" => create.path = value::template(&given, diagnostics),
            "input" => new.set(input(&given, diagnostics), "the input of `create`", diagnostics),
            "optimistic" => create.optimistic = optimistic_create(given, diagnostics),
            _ => options::mutation(given, &mut create.options, diagnostics),
        }
    }
    Some(create)
}

/// Reads `update(method = PATCH, input = UserPatch, optimistic(…))`.
///
/// `input` goes to `patch`, or to `replace` where the body is the whole row.
pub(super) fn update(
    given: Given,
    patch: &mut Once<String>,
    replace: &mut Once<String>,
    diagnostics: &mut Diagnostics,
) -> Option<UpdateDef> {
    let origin = given.origin();
    let entries = value::section(given, diagnostics)?;
    let mut named = None;
    let mut update = UpdateDef {
        method: None,
        path: None,
        body: None,
        optimistic: None,
        invalidates: Vec::new(),
        options: MutationOptions::default(),
        origin,
    };
    for given in admit(&keyword::UPDATE, entries, diagnostics) {
        match given.word.text.as_str() {
            "method" => update.method = method(&given, diagnostics),
            "path" => update.path = value::template(&given, diagnostics),
            "body" => update.body = value::choice(&given, &UpdateBody::WORDS, code::CHOICE, diagnostics),
            "input" => named = input(&given, diagnostics),
            "optimistic" => update.optimistic = optimistic_update(given, diagnostics),
            _ => options::mutation(given, &mut update.options, diagnostics),
        }
    }
    let is_full = update.body.as_ref().is_some_and(|body| body.value == UpdateBody::Full);
    let slot = if is_full { replace } else { patch };
    slot.set(named, "the input of `update`", diagnostics);
    Some(update)
}

/// Reads `delete(returns = none, optimistic(lists = all, detail = remove))`.
pub(super) fn delete(given: Given, diagnostics: &mut Diagnostics) -> Option<DeleteDef> {
    let origin = given.origin();
    let entries = value::section(given, diagnostics)?;
    let mut delete = DeleteDef {
        method: None,
        path: None,
        optimistic: None,
        invalidates: Vec::new(),
        options: MutationOptions::default(),
        origin,
    };
    for given in admit(&keyword::DELETE, entries, diagnostics) {
        match given.word.text.as_str() {
            "method" => delete.method = method(&given, diagnostics),
            "path" => delete.path = value::template(&given, diagnostics),
            // A delete returns nothing anyway; the word only says so.
            "returns" => drop(value::choice(&given, &NOTHING, code::CHOICE, diagnostics)),
            "optimistic" => delete.optimistic = optimistic_delete(given, diagnostics),
            _ => options::mutation(given, &mut delete.options, diagnostics),
        }
    }
    Some(delete)
}

/// Reads `method = PATCH`; lower case is as good.
fn method(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<Method>> {
    let word = value::word(given, diagnostics)?;
    match Method::parse(&word.value) {
        Some(method) => Some(Spanned::new(method, word.origin)),
        None => value::choose("method", &word, &METHODS, code::CHOICE, diagnostics),
    }
}

/// Reads `input = NewUser`: the name of the type that is generated.
fn input(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    if let Tail::Value(Value::Tokens(..)) = &given.tail {
        let help = "write a plain name: the type is generated beside the struct";
        value::wrong_kind(given, &given.tail, "names a type", Some(help.to_owned()), diagnostics);
        return None;
    }
    value::word(given, diagnostics)
}

fn optimistic_create(given: Given, diagnostics: &mut Diagnostics) -> Option<Spanned<CreateOptimism>> {
    let origin = given.origin();
    let entries = value::section(given, diagnostics)?;
    let mut read = CreateOptimism::default();
    for given in admit(&keyword::OPTIMISTIC_CREATE, entries, diagnostics) {
        match given.word.text.as_str() {
            "lists" => read.lists = value::choice(&given, &ListReach::WORDS, code::CHOICE, diagnostics),
            "insert" => read.insert = value::choice(&given, &InsertAt::WORDS, code::CHOICE, diagnostics),
            _ => read.temp_id = value::choice(&given, &TempId::WORDS, code::CHOICE, diagnostics),
        }
    }
    Some(Spanned::new(read, origin))
}

fn optimistic_update(given: Given, diagnostics: &mut Diagnostics) -> Option<Spanned<UpdateOptimism>> {
    let origin = given.origin();
    let entries = value::section(given, diagnostics)?;
    let mut read = UpdateOptimism::default();
    for given in admit(&keyword::OPTIMISTIC_UPDATE, entries, diagnostics) {
        match given.word.text.as_str() {
            "lists" => read.lists = value::choice(&given, &ListReach::WORDS, code::CHOICE, diagnostics),
            _ => read.detail = value::flag(&given, diagnostics),
        }
    }
    Some(Spanned::new(read, origin))
}

fn optimistic_delete(given: Given, diagnostics: &mut Diagnostics) -> Option<Spanned<DeleteOptimism>> {
    let origin = given.origin();
    let entries = value::section(given, diagnostics)?;
    let mut read = DeleteOptimism::default();
    for given in admit(&keyword::OPTIMISTIC_DELETE, entries, diagnostics) {
        let is_word = matches!(given.tail, Tail::Value(Value::Dotted(_)));
        match given.word.text.as_str() {
            "lists" => read.lists = value::choice(&given, &ListReach::WORDS, code::CHOICE, diagnostics),
            _ if is_word => {
                read.detail = value::choice(&given, &REMOVE, code::CHOICE, diagnostics);
            }
            _ => read.detail = value::flag(&given, diagnostics),
        }
    }
    Some(Spanned::new(read, origin))
}

/// Reads `invalidates(create = [users.list])` into the mutations that it names.
pub(super) fn invalidates(given: Given, mutations: &mut ResourceMutations, diagnostics: &mut Diagnostics) {
    let Some(arguments) = value::arguments(given, diagnostics) else { return };
    for given in admit(&keyword::INVALIDATES, arguments.entries, diagnostics) {
        let slot = match given.word.text.as_str() {
            "create" => mutations.create.as_mut().map(|create| &mut create.invalidates),
            "update" => mutations.update.as_mut().map(|update| &mut update.invalidates),
            _ => mutations.delete.as_mut().map(|delete| &mut delete.invalidates),
        };
        let targets = targets(&given, diagnostics);
        if let Some(slot) = slot {
            *slot = targets;
        } else {
            let word = &given.word.text;
            let message = format!("nothing is invalidated by `{word}`: there is no `{word}(…)`");
            let help = format!("add `{word}(…)` to the struct's `#[query(…)]`");
            diagnostics.push(Diagnostic::error(code::TARGET, message, &given.origin()).help(help));
        }
    }
}

fn targets(given: &Given, diagnostics: &mut Diagnostics) -> Vec<KeyDef> {
    let values = match &given.tail {
        Tail::Value(Value::List(values, _)) => values.as_slice(),
        Tail::Value(value) => std::slice::from_ref(value),
        tail => {
            let help = Some(format!("write `{} = [users.list]`", given.word.text));
            value::wrong_kind(given, tail, "is a list of targets", help, diagnostics);
            return Vec::new();
        }
    };
    values.iter().filter_map(|value| target(value, diagnostics)).collect()
}

/// Reads `users`, `users.list`, `users.detail(id)`, `posts.list(author = id)` and `query.me`.
fn target(value: &Value, diagnostics: &mut Diagnostics) -> Option<KeyDef> {
    let Value::Dotted(Dotted { first, rest, arguments }) = value else {
        let message = format!("expected a target, found {}", value.found());
        let help = "write a target such as `users.list` without quotes";
        let origin = Origin::Span(value.span());
        diagnostics.push(Diagnostic::error(code::KIND, message, &origin).help(help));
        return None;
    };
    if let Some(extra) = rest.get(1) {
        let message = format!("a target has one dot, and `.{}` is the second", extra.text);
        diagnostics.push(Diagnostic::error(code::TARGET, message, &extra.origin()));
        return None;
    }
    let root = Spanned::new(first.text.clone(), first.origin());
    let kind = match rest.first() {
        None => plain(KeyKind::All, arguments.as_ref(), diagnostics)?,
        Some(word) => {
            let name = Spanned::new(word.text.clone(), word.origin());
            match word.text.as_str() {
                _ if first.text == "query" => plain(KeyKind::Query(name), arguments.as_ref(), diagnostics)?,
                "list" => KeyKind::Lists(list_arguments(arguments.as_ref(), diagnostics)),
                "infinite" => plain(KeyKind::Infinites, arguments.as_ref(), diagnostics)?,
                "detail" => KeyKind::Detail(row(arguments.as_ref(), diagnostics)),
                _ => KeyKind::Relation(name, row(arguments.as_ref(), diagnostics)),
            }
        }
    };
    Some(KeyDef { root, kind, origin: first.origin() })
}

/// Refuses arguments where a target has none.
fn plain(kind: KeyKind, arguments: Option<&Arguments>, diagnostics: &mut Diagnostics) -> Option<KeyKind> {
    let Some(arguments) = arguments else { return Some(kind) };
    let message = "this target takes no arguments";
    let help = "only `list(…)`, `detail(…)` and relations do";
    let origin = Origin::Span(arguments.span);
    diagnostics.push(Diagnostic::error(code::TARGET, message, &origin).help(help));
    None
}

/// Reads the id of `users.detail(id)`.
fn row(arguments: Option<&Arguments>, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    let arguments = arguments?;
    if let [Entry { head: Head::Word(word), tail: Tail::None }] = arguments.entries.as_slice() {
        return Some(Spanned::new(word.text.clone(), word.origin()));
    }
    let message = "expected one name: the parameter or field that holds the id";
    let origin = Origin::Span(arguments.span);
    let diagnostic = Diagnostic::error(code::TARGET, message, &origin);
    diagnostics.push(diagnostic.help("write `detail(id)`"));
    None
}

/// Reads the arguments of `posts.list(author = id)`.
fn list_arguments(arguments: Option<&Arguments>, diagnostics: &mut Diagnostics) -> Vec<KeyArgument> {
    let mut read = Vec::new();
    for entry in arguments.into_iter().flat_map(|arguments| &arguments.entries) {
        match entry {
            Entry {
                head: Head::Word(word),
                tail: Tail::Value(Value::Dotted(Dotted { first, rest, arguments: None })),
            } if rest.is_empty() => read.push(KeyArgument {
                parameter: Spanned::new(word.text.clone(), word.origin()),
                value: Spanned::new(first.text.clone(), first.origin()),
            }),
            Entry { tail: Tail::Broken, .. } => {}
            other => {
                let message = "expected a parameter of the list and the value it must have";
                let help = "write `list(author = id)`";
                let diagnostic = Diagnostic::error(code::TARGET, message, &other.origin());
                diagnostics.push(diagnostic.help(help));
            }
        }
    }
    read
}
