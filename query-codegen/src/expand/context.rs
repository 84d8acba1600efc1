//! What do all parts of the expansion ask about a schema: paths, visibility, key roots, names?

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use crate::{
    expand::{docs::code, wire},
    model::{
        FieldDef, FrontEnd, Level, Model, ModelKind, MutationDef, ObjectModel, QueryDef, Relation, Resource, Schema,
        Type, names,
    },
    name::{speakable, type_ident, value_ident},
    origin::Spanned,
};

/// A checked schema, and the questions that every part of the expansion asks about it.
#[derive(Clone, Debug)]
pub(crate) struct Cx<'a> {
    /// The schema; it has passed `check`.
    pub(crate) schema: &'a Schema,
}

impl<'a> Cx<'a> {
    /// Wraps a schema that has passed `check`.
    pub(crate) fn new(schema: &'a Schema) -> Self {
        Self { schema }
    }

    /// Returns `::query_runtime`, or what a derive's `crate = …` says.
    pub(crate) fn runtime(&self) -> TokenStream {
        self.schema.runtime.clone()
    }

    /// Returns `"::query_runtime::__private::serde"`, the text of `#[serde(crate = …)]`.
    pub(crate) fn serde_path(&self) -> String {
        let runtime: String = self.schema.runtime.to_string().chars().filter(|c| !c.is_whitespace()).collect();
        format!("{runtime}::__private::serde")
    }

    /// Returns `pub` for YAML, the struct's visibility for a derive.
    pub(crate) fn visibility(&self) -> TokenStream {
        match &self.schema.front {
            FrontEnd::Derive { visibility } => visibility.clone(),
            FrontEnd::Yaml { .. } => quote!(pub),
        }
    }

    /// Returns whether the row's struct is the user's own.
    pub(crate) fn is_derive(&self) -> bool {
        matches!(self.schema.front, FrontEnd::Derive { .. })
    }

    /// Returns `Social`, the type that carries the API's name. A derive without `api` has none.
    pub(crate) fn api_type(&self) -> Option<TokenStream> {
        if let Some(ty) = &self.schema.api.ty {
            return Some(ty.clone());
        }
        if self.is_derive() {
            return None;
        }
        let name = type_ident(self.schema.api.name.as_ref()?);
        Some(quote!(#name))
    }

    /// Returns `<Social as ::query_runtime::QueryApi>::NAME`, the first segment of every key.
    pub(crate) fn api_name(&self) -> Option<TokenStream> {
        let runtime = self.runtime();
        let api = self.api_type()?;
        Some(quote!(<#api as #runtime::QueryApi>::NAME))
    }

    /// Returns the root of a resource's keys: `&[<Social as ::query_runtime::QueryApi>::NAME, "users"]`, or `&["users"]`.
    ///
    /// Also takes `query`, the root of queries that belong to no resource.
    pub(crate) fn root(&self, resource_name: &str) -> TokenStream {
        let api = self.api_name().into_iter();
        quote!(&[#(#api,)* #resource_name])
    }

    /// Returns the root as a reader of the documentation sees it: `Social::NAME, "users"`.
    ///
    /// A derive knows its API's type and not its name, and both front ends say the same.
    pub(crate) fn root_text(&self, resource_name: &str) -> String {
        match self.api_type() {
            Some(ty) => {
                let ty: String = ty.to_string().chars().filter(|c| !c.is_whitespace()).collect();
                format!("{ty}::NAME, \"{resource_name}\"")
            }
            None => format!("\"{resource_name}\""),
        }
    }

    /// Returns the *Source* line of an item: where in the schema it is declared.
    ///
    /// `resources.users.list` is "Source: `schemas/x.yaml`, `resources.users.list`." in YAML and
    /// "Source: `#[query(list)]` on `User`." in a derive.
    pub(crate) fn source(&self, dotted: &str) -> String {
        match &self.schema.front {
            FrontEnd::Yaml { file } => format!("Source: {}, {}.", code(file), code(dotted)),
            FrontEnd::Derive { .. } => {
                let model = self.schema.resources.first().map_or("", |one| &one.model.value);
                match dotted.strip_prefix("resources.").and_then(|rest| rest.split_once('.')) {
                    Some((_, section)) => format!("Source: `#[query({section})]` on `{model}`."),
                    None => format!("Source: `#[query]` on `{model}`."),
                }
            }
        }
    }

    /// Finds a model by the name it has in the schema.
    pub(crate) fn model(&self, name: &str) -> Option<&'a Model> {
        self.schema.models.iter().find(|model| model.name.value == name)
    }

    /// Finds the struct that is a resource's row.
    pub(crate) fn row(&self, resource: &Resource) -> Option<&'a ObjectModel> {
        match &self.model(&resource.model)?.kind {
            ModelKind::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Finds the field that identifies a resource's rows.
    pub(crate) fn id_field(&self, resource: &Resource) -> Option<&'a FieldDef> {
        let row = self.row(resource)?;
        let id = row.id.as_ref()?;
        row.fields.iter().find(|field| field.name.value == id.value)
    }

    /// Finds a resource by its name.
    pub(crate) fn resource(&self, name: &str) -> Option<&'a Resource> {
        self.schema.resources.iter().find(|resource| resource.name.value == name)
    }

    /// Returns a field's identifier: in snake case for YAML, as the user wrote it in a derive.
    pub(crate) fn field_ident(&self, field: &FieldDef) -> Ident {
        let name = field.name.value.as_str();
        if self.is_derive() { speakable(name.strip_prefix("r#").unwrap_or(name)) } else { value_ident(name) }
    }

    /// Returns whether answers say up to which write they were read. A derive's API does, where the level rests on it.
    pub(crate) fn has_watermark(&self) -> bool {
        let mut resources = self.schema.resources.iter();
        self.schema.api.watermark.is_some()
            || resources.any(|resource| self.schema.level_of(resource) == Level::Watermarked)
    }

    /// Returns the level of a custom mutation: the lowest of the rows that it changes, or the API's.
    pub(crate) fn mutation_level(&self, mutation: &MutationDef) -> Level {
        let changed = mutation.optimistic.iter().filter_map(|rule| self.resource(&rule.target.root));
        changed.map(|resource| self.schema.level_of(resource)).min().unwrap_or_else(|| self.schema.level())
    }

    /// Returns whether a type is, or holds, a model that its users are warned of.
    pub(crate) fn is_deprecated(&self, ty: &Type) -> bool {
        match ty {
            Type::Model(name, _) => self.model(name).is_some_and(|model| model.deprecated.is_some()),
            Type::List(item) => self.is_deprecated(item),
            Type::Map(key, value) => self.is_deprecated(key) || self.is_deprecated(value),
            _ => false,
        }
    }

    /// Returns whether reading the body of an error takes what its users are warned of.
    pub(crate) fn is_error_deprecated(&self) -> bool {
        let Some(error) = &self.schema.api.error else { return false };
        let Type::Model(name, _) = &error.ty.value else { return false };
        let Some(Model { kind: ModelKind::Object(object), deprecated, .. }) = self.model(name) else { return false };
        let message =
            object.fields.iter().find(|field| error.message.as_ref().is_some_and(|message| **message == *field.name));
        deprecated.is_some() || message.is_some_and(|field| field.deprecated.is_some())
    }

    /// Returns the name that a field or parameter has on the wire: its own `rename`, or the API's casing of its name.
    pub(crate) fn wire(&self, name: &str, rename: Option<&Spanned<String>>) -> String {
        rename.map_or_else(|| wire::cased(name, self.schema.api.wire.value), |rename| rename.value.clone())
    }

    /// Returns the name that a field has on the wire.
    pub(crate) fn field_wire(&self, field: &FieldDef) -> String {
        self.wire(&field.name, field.rename.as_ref())
    }
}

/// Gives [`Cx`] a method for each name of a generated item, as an identifier.
macro_rules! identifiers {
    ($($name:ident($($argument:ident: $ty:ty),+);)+) => {
        impl Cx<'_> {
            $(
                #[doc = concat!("Returns [`names::", stringify!($name), "`] as an identifier.")]
                pub(crate) fn $name(&self, $($argument: &$ty),+) -> Ident {
                    speakable(&names::$name($($argument),+))
                }
            )+
        }
    };
}

identifiers! {
    model_type(resource: Resource);
    new_type(resource: Resource);
    patch_type(resource: Resource);
    replace_type(resource: Resource);
    params_type(resource: Resource);
    filter_type(resource: Resource);
    sort_type(resource: Resource);
    keys_type(resource: Resource);
    change_type(resource: Resource);
    create_variables(resource: Resource);
    update_variables(resource: Resource);
    delete_variables(resource: Resource);
    fetch_list_fn(resource: Resource);
    list_query_fn(resource: Resource);
    use_list_fn(resource: Resource);
    infinite_query_fn(resource: Resource);
    use_infinite_fn(resource: Resource);
    prefetch_list_fn(resource: Resource);
    prefetch_infinite_fn(resource: Resource);
    invalidate_list_fn(resource: Resource);
    fetch_one_fn(resource: Resource);
    one_query_fn(resource: Resource);
    use_one_fn(resource: Resource);
    prefetch_one_fn(resource: Resource);
    invalidate_one_fn(resource: Resource);
    warm_up_fn(resource: Resource);
    relation_key_fn(relation: Relation);
    relation_filter_type(resource: Resource, relation: Relation);
    fetch_relation_fn(resource: Resource, relation: Relation);
    relation_query_fn(resource: Resource, relation: Relation);
    use_relation_fn(resource: Resource, relation: Relation);
    prefetch_relation_fn(resource: Resource, relation: Relation);
    send_create_fn(resource: Resource);
    create_mutation_fn(resource: Resource);
    use_create_fn(resource: Resource);
    send_update_fn(resource: Resource);
    update_mutation_fn(resource: Resource);
    use_update_fn(resource: Resource);
    send_delete_fn(resource: Resource);
    delete_mutation_fn(resource: Resource);
    use_delete_fn(resource: Resource);
    optimistic_fn(resource: Resource);
    query_params_type(query: QueryDef);
    query_view_type(query: QueryDef);
    query_key_fn(query: QueryDef);
    fetch_query_fn(query: QueryDef);
    query_options_fn(query: QueryDef);
    use_query_fn(query: QueryDef);
    prefetch_query_fn(query: QueryDef);
    invalidate_query_fn(query: QueryDef);
    mutation_variables(mutation: MutationDef);
    send_mutation_fn(mutation: MutationDef);
    mutation_options_fn(mutation: MutationDef);
    use_mutation_fn(mutation: MutationDef);
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::Cx;
    use crate::{
        expand::fixture::{at, social},
        model::FrontEnd,
        origin::{Origin, Spanned},
    };

    #[test]
    fn roots_and_sources_of_yaml_name_the_api_and_the_file() {
        let schema = social();
        let cx = Cx::new(&schema);
        let root = quote!(&[<Social as ::query_runtime::QueryApi>::NAME, "users"]);
        assert_eq!(cx.root("users").to_string(), root.to_string());
        assert_eq!(cx.source("resources.users.list"), "Source: `schemas/social.yaml`, `resources.users.list`.");
    }

    #[test]
    fn roots_and_sources_of_a_derive_name_the_struct() {
        let mut schema = social();
        schema.front = FrontEnd::Derive { visibility: quote!(pub(crate)) };
        schema.resources[0].model = Spanned::new("HTTPUser".to_owned(), Origin::Span(proc_macro2::Span::call_site()));
        let cx = Cx::new(&schema);
        assert_eq!(cx.root("users").to_string(), quote!(&["users"]).to_string());
        assert_eq!(cx.source("resources.users.list"), "Source: `#[query(list)]` on `HTTPUser`.");
        assert_eq!(cx.source("resources.users"), "Source: `#[query]` on `HTTPUser`.");
        assert_eq!(cx.new_type(&schema.resources[0]), "NewHTTPUser");
    }

    #[test]
    fn names_can_be_replaced() {
        let mut schema = social();
        schema.resources[0].names.new = Some(at("CreateUserData".to_owned()));
        schema.resources[0].names.hooks = vec![(at("list".to_owned()), at("use_people".to_owned()))];
        let cx = Cx::new(&schema);
        let users = &schema.resources[0];
        assert_eq!(cx.new_type(users), "CreateUserData");
        assert_eq!(cx.use_list_fn(users), "use_people");
        assert_eq!(cx.fetch_list_fn(users), "fetch_users");
    }
}
