//! What does `list(…)` say: envelope, paging, parameters with their meaning, and order?

use syn::Type as RustType;

use super::{
    cell::{Given, Once, admit},
    code, keyword, options,
    parse::{Arguments, Dotted, Entry, Head, Tail, Value, Word},
    types, value,
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    model::{
        Envelope, FilterOp, ListDef, ListParam, ListStyle, PageStyle, Pagination, ParamRole, QueryOptions, SearchMatch,
        SortTerm,
    },
    origin::{Origin, Spanned},
};

/// The name of a derive's only envelope.
const ENVELOPE: &str = "list";

/// A list, its envelope, and the name of the enum that its sort parameter asks for.
#[derive(Debug)]
pub(super) struct ListSection {
    pub list: ListDef,
    pub envelope: Option<Envelope>,
    pub sort: Option<Spanned<String>>,
}

/// Reads the entries of `list(…)`.
pub(super) fn read(entries: Vec<Entry>, origin: Origin, diagnostics: &mut Diagnostics) -> ListSection {
    let mut pagination = None;
    let mut section = ListSection {
        list: ListDef {
            envelope: None,
            pagination: None,
            params: Vec::new(),
            sort: Vec::new(),
            options: QueryOptions::default(),
            origin,
        },
        envelope: None,
        sort: None,
    };
    let list = &mut section.list;
    for given in admit(&keyword::LIST, entries, diagnostics) {
        match given.word.text.as_str() {
            "envelope" => {
                let origin = given.origin();
                section.envelope = envelope(given, diagnostics);
                list.envelope = section.envelope.is_some().then(|| Spanned::new(ENVELOPE.to_owned(), origin));
            }
            "page" => page(given, PageStyle::Page, &mut pagination, diagnostics),
            "cursor" => page(given, PageStyle::Cursor, &mut pagination, diagnostics),
            "param" => list.params.extend(param(given, &mut section.sort, diagnostics)),
            "sort" => list.sort = order(&given, diagnostics),
            _ => options::query(given, &mut list.options, diagnostics),
        }
    }
    list.pagination = pagination;
    section
}

fn envelope(given: Given, diagnostics: &mut Diagnostics) -> Option<Envelope> {
    let name = Spanned::new(ENVELOPE.to_owned(), given.origin());
    let arguments = value::arguments(given, diagnostics)?;
    let mut envelope = Envelope { name, items: None, total: None, has_more: None, page: None, next: None, prev: None };
    for given in admit(&keyword::ENVELOPE, arguments.entries, diagnostics) {
        let wire = value::string(&given, diagnostics);
        match given.word.text.as_str() {
            "items" => envelope.items = wire,
            "total" => envelope.total = wire,
            "has_more" => envelope.has_more = wire,
            "page" => envelope.page = wire,
            "next" => envelope.next = wire,
            _ => envelope.prev = wire,
        }
    }
    Some(envelope)
}

fn page(given: Given, style: PageStyle, pagination: &mut Option<Spanned<Pagination>>, diagnostics: &mut Diagnostics) {
    let origin = given.origin();
    if let Some(first) = pagination {
        let message = "a list is paged by `page(…)` or by `cursor(…)`, not by both";
        let diagnostic = Diagnostic::error(code::TWO_PAGINGS, message, &origin);
        diagnostics.push(diagnostic.note("the other one stands in the same `list(…)`", &first.origin));
        return;
    }
    let section = match style {
        PageStyle::Page => &keyword::PAGE,
        PageStyle::Cursor => &keyword::CURSOR,
    };
    let Some(entries) = value::section(given, diagnostics) else { return };
    let mut read = Pagination { style, param: None, size: None, start: None, default_size: None, max_size: None };
    for given in admit(section, entries, diagnostics) {
        match given.word.text.as_str() {
            "param" => read.param = value::string(&given, diagnostics),
            "size" => read.size = value::string(&given, diagnostics),
            "start" => read.start = value::integer(&given, diagnostics),
            "default" => read.default_size = size(&given, diagnostics),
            _ => read.max_size = size(&given, diagnostics),
        }
    }
    *pagination = Some(Spanned::new(read, origin));
}

/// Reads a number of rows: a page cannot have fewer than none.
fn size(given: &Given, diagnostics: &mut Diagnostics) -> Option<Spanned<i64>> {
    let size = value::integer::<u32>(given, diagnostics)?;
    Some(Spanned::new(i64::from(size.value), size.origin))
}

/// Reads `param(role: Role, filter(role, op = eq), style = comma, default = admin)`.
fn param(given: Given, sort: &mut Option<Spanned<String>>, diagnostics: &mut Diagnostics) -> Option<ListParam> {
    let arguments = value::arguments(given, diagnostics)?;
    let (name, ty, entries) = named(arguments, "role: Role", diagnostics)?;
    let mut role = Once::default();
    let mut param = ListParam {
        name: Spanned::new(name.text.clone(), name.origin()),
        rename: None,
        ty: None,
        role: None,
        default: None,
        style: ListStyle::default(),
        doc: None,
    };
    for given in admit(&keyword::PARAM, entries, diagnostics) {
        match given.word.text.as_str() {
            "rename" => param.rename = value::string(&given, diagnostics),
            "doc" => param.doc = value::string(&given, diagnostics).map(|doc| doc.value),
            "style" => {
                let style = value::choice(&given, &ListStyle::WORDS, code::CHOICE, diagnostics);
                param.style = style.map_or(param.style, |style| style.value);
            }
            "default" => match &given.tail {
                Tail::Value(written) => {
                    param.default = value::literal("default", written, diagnostics);
                }
                tail => value::wrong_kind(&given, tail, "is a constant", None, diagnostics),
            },
            _ => set_role(&mut role, given, diagnostics),
        }
    }
    param.role = role.take();
    param.ty = param_type(&ty, param.role.as_deref(), sort, diagnostics);
    Some(param)
}

fn set_role(role: &mut Once<ParamRole>, given: Given, diagnostics: &mut Diagnostics) {
    let origin = given.origin();
    let what = given.word.text.clone();
    if role.is_set() {
        let message = format!("a parameter has one meaning, and `{what}` is its second");
        diagnostics.push(Diagnostic::error(code::TWO_ROLES, message, &origin));
        return;
    }
    // A role that cannot be read has been reported; without one, `check` would ask for it.
    let read = read_role(given, diagnostics).unwrap_or(ParamRole::Opaque);
    role.set(Some(Spanned::new(read, origin)), &what, diagnostics);
}

/// Returns the type of a parameter.
///
/// A sort parameter's type is the enum that is generated from its keys, so the type that is written is that enum's name;
/// the type of a direction is the runtime's own. Neither is in the model, just as in YAML.
fn param_type(
    ty: &RustType,
    role: Option<&ParamRole>,
    sort: &mut Option<Spanned<String>>,
    diagnostics: &mut Diagnostics,
) -> Option<Spanned<crate::model::Type>> {
    let origin = Origin::Span(types::span(ty));
    let name = types::single(ty);
    match (role, name) {
        (Some(ParamRole::Sort(_)), Some(name)) => {
            *sort = Some(Spanned::new(name, origin));
            None
        }
        (Some(ParamRole::Sort(_)), None) => {
            let message = "the type of a sort parameter is generated, so it must be a plain name";
            let help = "write a name such as `UserSort`";
            diagnostics.push(Diagnostic::error(code::TYPE, message, &origin).help(help));
            None
        }
        (Some(ParamRole::SortOrder), _) => {
            if !types::is_last(ty, "SortOrder") {
                let message = "the type of a `sort_order` parameter is `SortOrder`";
                diagnostics.push(Diagnostic::error(code::TYPE, message, &origin));
            }
            None
        }
        _ => {
            // A parameter may be left out anyway, so `Option` says nothing that is not known.
            let (_, inner) = types::unwrap(ty);
            Some(Spanned::new(types::lower(inner), origin))
        }
    }
}

/// Splits `name: Type, …` into the name, the type and what follows.
pub(super) fn named(
    arguments: Arguments,
    example: &str,
    diagnostics: &mut Diagnostics,
) -> Option<(Word, RustType, Vec<Entry>)> {
    let mut entries = arguments.entries.into_iter();
    match entries.next() {
        Some(Entry { head: Head::Word(word), tail: Tail::Type(ty) }) => Some((word, *ty, entries.collect())),
        Some(Entry { tail: Tail::Broken, .. }) => None,
        other => {
            let origin = other.map_or(Origin::Span(arguments.span), |entry| entry.origin());
            let message = "expected a name and a type first";
            let help = format!("write `{example}`");
            diagnostics.push(Diagnostic::error(code::TYPE, message, &origin).help(help));
            None
        }
    }
}

fn read_role(given: Given, diagnostics: &mut Diagnostics) -> Option<ParamRole> {
    match given.word.text.as_str() {
        "filter" => filter(given, diagnostics),
        "search" => search(given, diagnostics),
        "sort" => sort_keys(given, diagnostics).map(ParamRole::Sort),
        other => {
            let role = match other {
                "sort_order" => ParamRole::SortOrder,
                "shape" => ParamRole::Shape,
                _ => ParamRole::Opaque,
            };
            let on = value::flag(&given, diagnostics)?;
            on.value.then_some(role)
        }
    }
}

fn filter(given: Given, diagnostics: &mut Diagnostics) -> Option<ParamRole> {
    let origin = given.origin();
    let arguments = value::arguments(given, diagnostics)?;
    let (mut fields, op) = fields_and_op(arguments, &FilterOp::WORDS, "filter", diagnostics);
    if fields.len() > 1 {
        let second = fields.swap_remove(1);
        let message = format!("a filter compares one field, and `{}` is its second", second.value);
        let help = "write one `param(…)` for each field, or `search(…)`";
        diagnostics.push(Diagnostic::error(code::SHAPE, message, &second.origin).help(help));
        return None;
    }
    let Some(field) = fields.pop() else {
        let help = "write `filter(role, op = eq)`";
        diagnostics.push(Diagnostic::error(code::MISSING, "`filter` needs a field", &origin).help(help));
        return None;
    };
    let op = op.unwrap_or(Spanned::new(FilterOp::Eq, origin));
    Some(ParamRole::Filter { field, op })
}

fn search(given: Given, diagnostics: &mut Diagnostics) -> Option<ParamRole> {
    let origin = given.origin();
    let arguments = value::arguments(given, diagnostics)?;
    let (fields, how) = fields_and_op(arguments, &SearchMatch::WORDS, "search", diagnostics);
    let how = how.unwrap_or(Spanned::new(SearchMatch::ContainsCi, origin.clone()));
    if fields.is_empty() && how.value != SearchMatch::Server {
        let help = "write `search(name, op = contains_ci)`, or `search(op = server)` where only the server knows";
        diagnostics.push(Diagnostic::error(code::MISSING, "`search` needs fields", &origin).help(help));
        return None;
    }
    Some(ParamRole::Search { fields, how })
}

/// Reads `name, email, op = contains_ci`.
fn fields_and_op<T: Copy>(
    arguments: Arguments,
    table: &[(&'static str, T)],
    what: &str,
    diagnostics: &mut Diagnostics,
) -> (Vec<Spanned<String>>, Option<Spanned<T>>) {
    let mut fields = Vec::new();
    let mut op = Once::default();
    for entry in arguments.entries {
        let origin = entry.origin();
        match entry {
            Entry { head: Head::Word(word), tail: Tail::None } => {
                fields.push(Spanned::new(word.text, origin));
            }
            Entry { head: Head::Word(word), tail } if word.text == "op" => {
                let given = Given { word, tail };
                op.set(value::choice(&given, table, code::CHOICE, diagnostics), "`op`", diagnostics);
            }
            Entry { head: Head::Word(word), .. } => {
                let message = format!("unknown key `{}` in `{what}(…)`", word.text);
                let help = format!("write fields and one `op`: `{what}(name, op = …)`");
                diagnostics.push(Diagnostic::error(code::UNKNOWN, message, &origin).help(help));
            }
            Entry { head: Head::Literal(literal), .. } => {
                let message = format!("expected a field, found {}", literal.found());
                let help = "write the field's name without quotes";
                diagnostics.push(Diagnostic::error(code::KIND, message, &origin).help(help));
            }
        }
    }
    (fields, op.take())
}

/// Reads `name, created = created_at`: keys on the wire and fields.
fn sort_keys(given: Given, diagnostics: &mut Diagnostics) -> Option<Vec<(Spanned<String>, Spanned<String>)>> {
    let arguments = value::arguments(given, diagnostics)?;
    let mut keys = Vec::new();
    for entry in arguments.entries {
        let origin = entry.origin();
        let key = match &entry.head {
            Head::Word(word) => Some(word.text.clone()),
            Head::Literal(literal) => match &literal.lit {
                syn::Lit::Str(text) if !literal.negative => Some(text.value()),
                _ => None,
            },
        };
        let field = match (&entry.head, &entry.tail) {
            (Head::Word(word), Tail::None) => Some(Spanned::new(word.text.clone(), origin.clone())),
            (_, Tail::Value(Value::Dotted(Dotted { first, rest, arguments: None }))) if rest.is_empty() => {
                Some(Spanned::new(first.text.clone(), first.origin()))
            }
            (_, Tail::Broken) => continue,
            _ => None,
        };
        if let (Some(key), Some(field)) = (key, field) {
            keys.push((Spanned::new(key, origin), field));
        } else {
            let message = "expected a key and a field";
            let help = "write `sort(name = name, created = created_at)`";
            diagnostics.push(Diagnostic::error(code::KIND, message, &origin).help(help));
        }
    }
    Some(keys)
}

/// Reads `sort = [-created_at, id]`.
fn order(given: &Given, diagnostics: &mut Diagnostics) -> Vec<Spanned<SortTerm>> {
    let values = match &given.tail {
        Tail::Value(Value::List(values, _)) => values.as_slice(),
        Tail::Value(value) => std::slice::from_ref(value),
        tail => {
            let help = Some("write `sort = [-created_at, id]`".to_owned());
            value::wrong_kind(given, tail, "is a list of fields", help, diagnostics);
            return Vec::new();
        }
    };
    let mut terms = Vec::new();
    for value in values {
        let (word, descending) = match value {
            Value::Descending(word) => (word, true),
            Value::Dotted(Dotted { first, rest, arguments: None }) if rest.is_empty() => (first, false),
            other => {
                let message = format!("expected a field, found {}", other.found());
                let help = "write `id` or `-created_at`";
                let origin = Origin::Span(other.span());
                diagnostics.push(Diagnostic::error(code::KIND, message, &origin).help(help));
                continue;
            }
        };
        let term = SortTerm { field: word.text.clone(), descending };
        terms.push(Spanned::new(term, word.origin()));
    }
    terms
}
