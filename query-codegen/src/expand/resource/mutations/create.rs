//! How is a row created?

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    super::{
        Subject,
        invalidation::{Place, Places},
        path::EndpointPath,
    },
    Mutation, NOT_OPTIMISTIC, insert_at, invalidates, key, reach, reach_words, request, temp_id, temp_id_fn, variables,
    verb,
};
use crate::{
    expand::{
        docs::{Doc, code},
        guarantee::Trace,
        input::new_fields,
    },
    model::{CreateDef, CreateOptimism, InsertAt, Method, TempId},
};

/// What a create is given.
pub(in crate::expand::resource) struct CreateShape<'a> {
    /// The path.
    pub(in crate::expand::resource) path: EndpointPath<'a>,
    /// `NewUser`, or `CreateComment` where the path has parameters.
    pub(in crate::expand::resource) ty: TokenStream,
}

impl<'a> CreateShape<'a> {
    /// Describes a resource's create, if it has one.
    pub(in crate::expand::resource) fn of(subject: &Subject<'a>) -> Option<Self> {
        let create = subject.resource.mutations.create.as_ref()?;
        let path = create.path.as_ref().map(|path| &path.value);
        let path = EndpointPath::collection(subject.cx, subject.resource, path);
        let name = if path.params.is_empty() {
            subject.cx.new_type(subject.resource)
        } else {
            subject.cx.create_variables(subject.resource)
        };
        Some(Self { path, ty: quote!(#name) })
    }

    /// Returns what the variables are called where they are an argument.
    pub(in crate::expand::resource) fn argument(&self) -> &'static str {
        if self.path.params.is_empty() { "input" } else { "variables" }
    }

    /// Returns the expression of the input, where the variables are called [`Self::argument`].
    pub(in crate::expand::resource) fn input(&self) -> TokenStream {
        if self.path.params.is_empty() { quote!(input) } else { quote!(variables.input) }
    }
}

/// Returns the variables where they are a struct of their own, and the mutation.
pub(super) fn expand(subject: &Subject<'_>) -> Vec<TokenStream> {
    let (Some(create), Some(shape)) = (&subject.resource.mutations.create, CreateShape::of(subject)) else {
        return Vec::new();
    };
    let Subject { cx, resource, runtime, row, .. } = subject;
    let mut items = Vec::new();
    let is_struct = !shape.path.params.is_empty();
    if is_struct {
        let new = cx.new_type(resource);
        let doc = Doc::new(format!("What creating a {} takes.", code(&row.to_string())))
            .source(cx, &subject.dotted("create"));
        let rest = [(format_ident!("input"), quote!(#new), "The new row.")];
        items.push(variables(subject, &cx.create_variables(resource), &shape.path, &rest, &doc));
    }
    let method = create.method.as_ref().map_or(Method::Post, |method| method.value);
    let text = &shape.path.text;
    let (start, answers) = (request(runtime, method, text), subject.answers());
    let places = shape.path.calls(|ident| quote!(&variables.#ident));
    let body = if is_struct { quote!(&variables.input) } else { quote!(&variables) };
    let (optimistic, guarantee) = match &create.optimistic {
        Some(optimism) => optimistic(subject, &optimism.value),
        None => (TokenStream::new(), NOT_OPTIMISTIC.to_owned()),
    };
    let (invalidates, stale) =
        invalidates(subject, &create.invalidates, &places_of(subject, &shape), create.optimistic.is_some());
    let mutation = Mutation {
        names: [cx.send_create_fn(resource), cx.create_mutation_fn(resource), cx.use_create_fn(resource)],
        variables: shape.ty.clone(),
        uses_variables: true,
        result: quote!(#row),
        request: quote!(#start #places.json(#body) #answers),
        endpoint: Subject::endpoint(verb(method), text),
        read: quote!(json()),
        key: key(subject, "create"),
        optimistic,
        guarantee,
        level: cx.schema.level_of(resource),
        method,
        trace: if create.optimistic.is_some() { Trace::Created } else { Trace::Nothing },
        invalidates,
        stale,
        settings: &create.options,
        serialized: true,
        summary: format!("creates a {}", code(&row.to_string())),
        doc: None,
        source: subject.dotted("create"),
        allow: allow(subject, create),
    };
    items.extend(mutation.expand(cx));
    items
}

/// The targets of an invalidation may read deprecated fields.
fn allow(subject: &Subject<'_>, create: &CreateDef) -> TokenStream {
    let names: Vec<&str> = create.invalidates.iter().flat_map(super::super::invalidation::arguments).collect();
    subject.allow_for(names.iter().filter_map(|name| subject.field(name)))
}

fn places_of(subject: &Subject<'_>, shape: &CreateShape<'_>) -> Places {
    let mut places = Places::default();
    for param in &shape.path.params {
        let ident = &param.ident;
        places.variables.push(Place::new(&param.name, quote!(&variables.#ident)));
    }
    for field in new_fields(subject.cx, subject.resource) {
        let ident = subject.cx.field_ident(field);
        let value =
            if shape.path.params.is_empty() { quote!(&variables.#ident) } else { quote!(&variables.input.#ident) };
        places.variables.push(Place::new(&field.name.value, value));
    }
    places.result = subject.result_places();
    places
}

fn optimistic(subject: &Subject<'_>, optimism: &CreateOptimism) -> (TokenStream, String) {
    let Subject { cx, resource, runtime, row, .. } = subject;
    let function = cx.optimistic_fn(resource);
    let lists = optimism.lists.as_ref().map(|lists| lists.value).unwrap_or_default();
    let insert = optimism.insert.as_ref().map(|insert| insert.value).unwrap_or_default();
    let (reach, insert_tokens) = (reach(runtime, lists), insert_at(runtime, insert));
    let temp_id = temp_id(subject, optimism);
    let (call, id) = if temp_id == TempId::Client {
        let call = quote!(.creates_with_id::<#row>(#function, #reach, #insert_tokens));
        (call, "under the id that the caller chose")
    } else {
        let make = temp_id_fn(subject, temp_id);
        let call = quote!(.creates::<#row>(#function, #make, #reach, #insert_tokens));
        (call, "under a temporary id until the server has named it")
    };
    let place = match insert {
        InsertAt::Sorted => "at its place in the order",
        InsertAt::Start => "at the start",
        InsertAt::End => "at the end",
        InsertAt::None => "wherever the next fetch puts it",
    };
    let guarantee = format!(
        "Optimistic: the new row shows at once in {}, {place}, {id}. If the server refuses, it goes again, and nothing else with it.",
        reach_words(lists),
    );
    (call, guarantee)
}
