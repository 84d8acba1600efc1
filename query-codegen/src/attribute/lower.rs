//! How does a derive's input become a schema?

use proc_macro2::Span;
use quote::{ToTokens, quote};
use syn::{Attribute, Data, DeriveInput, Fields, Meta, spanned::Spanned as _};

use super::{
    code, container,
    container::Container,
    field::{self, ReadField},
    parse::{Entry, entries},
    serde::StructRules,
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    model::{
        Api, ErrorBody, FrontEnd, Model, ModelKind, MutationOptions, ObjectModel, PathPart, PathTemplate, QueryOptions,
        Resource, Schema, SerdeTreatment, Type,
    },
    origin::{Origin, Spanned},
};

/// Reads a struct and its attributes.
///
/// There is no schema where the derive stands on something that it cannot stand on. Otherwise there is one, mistakes or
/// not, so that the fallback knows what to stand in for.
pub fn lower(input: &DeriveInput) -> (Option<Schema>, Diagnostics) {
    let mut diagnostics = Diagnostics::new();
    let schema = read(input, &mut diagnostics);
    (schema, diagnostics)
}

fn read(input: &DeriveInput, diagnostics: &mut Diagnostics) -> Option<Schema> {
    let fields = named_fields(input, diagnostics)?;
    if refuse_generics(input, diagnostics) {
        return None;
    }
    let entries = query_entries(&input.attrs, diagnostics);
    if entries.is_empty() {
        if !diagnostics.has_errors() {
            no_attribute(input, diagnostics);
        }
        return None;
    }
    let rules = StructRules::read(&input.attrs);
    let mut container = container::read(entries, diagnostics);
    let fields: Vec<ReadField> =
        fields.named.iter().filter_map(|field| field::read(field, &rules, diagnostics)).collect();
    check_parents(&container, input, diagnostics);
    let id = only_id(&fields, diagnostics);
    refuse_hidden_id(&fields, diagnostics);
    let fields = fields.into_iter().map(|read| read.field).collect();
    let object = ObjectModel { id, version: container.version.take(), fields };
    Some(assemble(input, container, object, &rules, diagnostics))
}

/// Returns the fields of the struct, or says why there are none.
fn named_fields<'i>(input: &'i DeriveInput, diagnostics: &mut Diagnostics) -> Option<&'i syn::FieldsNamed> {
    let (code, message, span) = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields),
            Fields::Unnamed(fields) => {
                let message = "`QueryResource` needs named fields, found a tuple struct";
                (code::NO_NAMED_FIELDS, message, fields.paren_token.span.open())
            }
            Fields::Unit => {
                let message = "`QueryResource` needs named fields, found a unit struct";
                (code::NO_NAMED_FIELDS, message, input.ident.span())
            }
        },
        Data::Enum(data) => {
            let message = "`QueryResource` is for structs, found an enum";
            (code::NOT_A_STRUCT, message, data.enum_token.span)
        }
        Data::Union(data) => {
            let message = "`QueryResource` is for structs, found a union";
            (code::NOT_A_STRUCT, message, data.union_token.span)
        }
    };
    let help = "a row is a struct with a field for each member of the JSON object";
    diagnostics.push(Diagnostic::error(code, message, &Origin::Span(span)).help(help));
    None
}

/// Reports type parameters, lifetimes and constants; returns whether there were any.
fn refuse_generics(input: &DeriveInput, diagnostics: &mut Diagnostics) -> bool {
    for parameter in &input.generics.params {
        let (what, name) = match parameter {
            syn::GenericParam::Lifetime(lifetime) => ("a lifetime", lifetime.lifetime.to_string()),
            syn::GenericParam::Type(ty) => ("a type parameter", ty.ident.to_string()),
            syn::GenericParam::Const(constant) => ("a constant", constant.ident.to_string()),
        };
        let message = format!("a row of the cache cannot have {what}: `{name}`");
        let help = "a cached row owns its data and has one type: write a struct without parameters";
        let origin = Origin::Span(parameter.span());
        diagnostics.push(Diagnostic::error(code::GENERIC, message, &origin).help(help));
    }
    !input.generics.params.is_empty()
}

/// Reports that nothing says what the resource is.
fn no_attribute(input: &DeriveInput, diagnostics: &mut Diagnostics) {
    let attribute = input.attrs.iter().find(|one| one.path().is_ident("query"));
    let (message, span) = match attribute {
        Some(attribute) => ("`#[query()]` is empty", attribute.path().span()),
        None => ("`QueryResource` needs `#[query(…)]`", input.ident.span()),
    };
    let help = "write `#[query(path = \"/users\", list, get)]` above the struct, and `#[query(id)]` above its id";
    diagnostics.push(Diagnostic::error(code::NO_ATTRIBUTE, message, &Origin::Span(span)).help(help));
}

/// Returns what stands in all `#[query(…)]` of an item.
pub(super) fn query_entries(attributes: &[Attribute], diagnostics: &mut Diagnostics) -> Vec<Entry> {
    let mut read = Vec::new();
    for attribute in attributes.iter().filter(|one| one.path().is_ident("query")) {
        let (code, message, span) = match &attribute.meta {
            Meta::List(list) if matches!(list.delimiter, syn::MacroDelimiter::Paren(_)) => {
                read.extend(entries(list.tokens.clone(), diagnostics));
                continue;
            }
            Meta::NameValue(pair) => (code::NAME_VALUE, "`#[query]` takes no value", pair.eq_token.span()),
            Meta::List(_) | Meta::Path(_) => {
                (code::NO_PARENTHESES, "`#[query]` needs parentheses", attribute.path().span())
            }
        };
        let help = "write `#[query(…)]`";
        diagnostics.push(Diagnostic::error(code, message, &Origin::Span(span)).help(help));
    }
    read
}

/// Returns the id's name, or reports the second one.
fn only_id(fields: &[ReadField], diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    let mut ids = fields.iter().filter_map(|read| read.id.as_ref().map(|origin| (&read.field.name.value, origin)));
    let (name, origin) = ids.next()?;
    for (second, place) in ids {
        let message = format!("`{second}` is a second id: `{name}` is the first");
        let help = "a row has one id; keep one `#[query(id)]`";
        diagnostics.push(
            Diagnostic::error(code::SECOND_ID, message, place)
                .help(help)
                .note(format!("the first is `{name}`"), origin),
        );
    }
    Some(Spanned::new(name.clone(), origin.clone()))
}

/// Reports an id that is not a member of the row's JSON object.
fn refuse_hidden_id(fields: &[ReadField], diagnostics: &mut Diagnostics) {
    for read in fields {
        let Some(origin) = &read.id else { continue };
        let how = match read.field.serde {
            SerdeTreatment::Plain => continue,
            SerdeTreatment::Flattened => "flattens",
            SerdeTreatment::Skipped => "skips",
        };
        let message = format!("`{}` is the id, and serde {how} it", read.field.name.value);
        let help = "a row is recognised by the id that the server sends: leave the serde attribute out";
        diagnostics.push(Diagnostic::error(code::ID, message, origin).help(help));
    }
}

/// Reports the path parameters of `parent(…)` that are not fields of the row.
///
/// The type of such a parameter is the type of the row's field of the same name, so the model needs no other.
fn check_parents(container: &Container, input: &DeriveInput, diagnostics: &mut Diagnostics) {
    let Data::Struct(data) = &input.data else { return };
    for (word, ty) in &container.parents {
        let field = data.fields.iter().find(|field| field.ident.as_ref().is_some_and(|ident| *ident == word.text));
        let written = super::parse::compact(&ty.to_token_stream());
        let diagnostic = if let Some(field) = field {
            let has = super::parse::compact(&field.ty.to_token_stream());
            if has == written {
                continue;
            }
            let message = format!("`{}` is a `{has}` in the row, not a `{written}`", word.text);
            let help = format!("write `parent({}: {has})`", word.text);
            Diagnostic::error(code::PARENT, message, &word.origin()).help(help)
        } else {
            let message = format!("`{}` is not a field of `{}`", word.text, input.ident);
            let help =
                format!("add `pub {}: {written}` to the struct: a row says which parent it belongs to", word.text);
            Diagnostic::error(code::PARENT, message, &word.origin()).help(help)
        };
        diagnostics.push(diagnostic);
    }
}

fn assemble(
    input: &DeriveInput,
    container: Container,
    object: ObjectModel,
    rules: &StructRules,
    diagnostics: &mut Diagnostics,
) -> Schema {
    let struct_name = input.ident.to_string();
    let struct_name = struct_name.strip_prefix("r#").unwrap_or(&struct_name).to_owned();
    let here = Origin::Span(input.ident.span());
    let api = api(&container, rules);
    let path = path(&container, input, diagnostics);
    let name = container.name.clone().or_else(|| name_of(&path)).unwrap_or_else(|| {
        let message = format!("`{struct_name}` needs `name`: its path ends in a parameter");
        let diagnostic = Diagnostic::error(code::MISSING, message, &path.origin);
        diagnostics.push(diagnostic.help("write `name = \"users\"`"));
        Spanned::new(crate::name::snake(&struct_name), here.clone())
    });
    let model = Model {
        name: Spanned::new(struct_name.clone(), here.clone()),
        doc: field::doc(&input.attrs),
        kind: ModelKind::Object(object),
        derive: Vec::new(),
        deprecated: None,
        source: format!("models.{struct_name}"),
    };
    // The dotted paths of YAML, from which documentation makes `#[query(list)]`.
    let source = format!("resources.{}", name.value);
    let mut relations = container.relations;
    for relation in &mut relations {
        relation.source = format!("{source}.{}", relation.source);
    }
    let resource = Resource {
        name,
        model: Spanned::new(struct_name, here),
        doc: None,
        path,
        parent: container.parent,
        level: container.level,
        list: container.list,
        infinite: container.infinite,
        get: container.get,
        mutations: container.mutations,
        relations,
        realtime: container.realtime,
        offline: container.offline,
        names: container.names,
        source,
    };
    Schema {
        front: FrontEnd::Derive { visibility: input.vis.to_token_stream() },
        runtime: container.runtime.unwrap_or_else(|| quote!(::query_runtime)),
        api,
        models: vec![model],
        envelopes: container.envelope.into_iter().collect(),
        resources: vec![resource],
        queries: Vec::new(),
        mutations: Vec::new(),
    }
}

fn api(container: &Container, rules: &StructRules) -> Api {
    let error = container.error.as_ref().map(|error| ErrorBody {
        ty: Spanned::new(Type::Rust(error.value.clone()), error.origin.clone()),
        message: None,
        conflict: None,
    });
    Api {
        name: None,
        ty: container.api.clone(),
        doc: None,
        base_url: None,
        headers: Vec::new(),
        wire: Spanned::new(rules.wire, rules.span.map_or(Origin::Default, Origin::Span)),
        auth: None,
        error,
        level: None,
        watermark: None,
        query: QueryOptions::default(),
        mutation: MutationOptions::default(),
    }
}

/// Returns the collection's path, or reports that it has none.
fn path(container: &Container, input: &DeriveInput, diagnostics: &mut Diagnostics) -> Spanned<PathTemplate> {
    if let Some(path) = &container.path {
        return path.clone();
    }
    let span = attribute_span(input);
    if !container.has_path {
        let message = format!("`{}` needs `path`", input.ident);
        let diagnostic = Diagnostic::error(code::MISSING, message, &Origin::Span(span));
        diagnostics.push(diagnostic.help("write `path = \"/users\"`"));
    }
    let text = format!("/{}", crate::name::snake(&input.ident.to_string()));
    let parts = vec![PathPart::Literal(text.clone())];
    Spanned::default_of(PathTemplate { text, parts })
}

fn attribute_span(input: &DeriveInput) -> Span {
    input
        .attrs
        .iter()
        .find(|one| one.path().is_ident("query"))
        .map_or_else(|| input.ident.span(), |one| one.path().span())
}

/// Returns the last fixed segment of a path: `users` of `/v1/users`.
fn name_of(path: &Spanned<PathTemplate>) -> Option<Spanned<String>> {
    let Some(PathPart::Literal(text)) = path.parts.last() else { return None };
    let last = text.rsplit('/').find(|segment| !segment.is_empty())?;
    Some(Spanned::new(last.to_owned(), path.origin.clone()))
}
