//! What does a name of the schema lead to, and what follows from it?
//!
//! Rules ask before the schema is sealed, so that every answer may be "nothing"; [`Checked`](crate::check::Checked) asks
//! the same questions afterwards.

use heck::{ToKebabCase, ToLowerCamelCase, ToPascalCase, ToSnakeCase};

use crate::{
    check::keys_to,
    model::{
        Envelope, FieldDef, FrontEnd, KeyKind, Model, ModelKind, MutationDef, ObjectModel, OptimisticRule, ParamDef,
        ParamPlace, PathPart, PathTemplate, QueryDef, Resource, Schema, Type, UpdateDef, WireCase, names,
    },
    origin::{Origin, Spanned},
};

/// A schema and the questions that are asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    /// The schema.
    pub schema: &'a Schema,
    /// The keys on the way to each of the front end's mistakes.
    mistakes: &'a [Vec<String>],
}

/// A parameter of a resource's path and where its value comes from.
#[derive(Clone, Debug)]
pub struct PathParameter {
    /// Its name as the path has it.
    pub name: String,
    /// The character of the path at which its `{` stands.
    pub column: usize,
    /// Its type.
    pub ty: Type,
    /// What its value is.
    pub source: PathSource,
}

/// What the value of a path parameter is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathSource {
    /// The row's own id.
    Id,
    /// The row's field of the same name.
    Field,
    /// The id of a row of the parent, or of the parent's parent.
    Parent,
}

/// A way in which rows of a resource change before the server answers.
#[derive(Clone, Debug)]
pub enum RowChange<'a> {
    /// The resource's update; the variant is `Patch` or `Replace`.
    Update(&'a UpdateDef),
    /// A rule of a mutation that belongs to no resource.
    Rule {
        /// The mutation.
        mutation: &'a MutationDef,
        /// Its rule.
        rule: &'a OptimisticRule,
        /// The variant's name: the mutation's in Pascal case; from its second rule on the same rows on, with a number.
        variant: String,
    },
}

impl<'a> Lookup<'a> {
    /// Looks into this schema.
    pub const fn new(schema: &'a Schema) -> Self {
        Self { schema, mistakes: &[] }
    }

    /// Looks into a schema whose front end has found mistakes under these keys.
    pub(super) const fn with_mistakes(schema: &'a Schema, mistakes: &'a [Vec<String>]) -> Self {
        Self { schema, mistakes }
    }

    /// Returns whether the front end has found a mistake in what these words name.
    ///
    /// What is broken is left out of the schema; that it is missing is then no mistake of its own.
    pub(super) fn is_broken(self, words: &[&str]) -> bool {
        let has = |keys: &[String], word: &str| keys.iter().any(|key| key == word);
        self.mistakes.iter().any(|keys| words.iter().all(|word| has(keys, word)))
    }

    /// Returns whether the front end has found a mistake at exactly this place or inside of its scalar.
    pub(super) fn is_broken_at(self, origin: &Origin) -> bool {
        let Origin::Yaml(_) = origin else { return false };
        let keys = keys_to(origin);
        self.mistakes.contains(&keys)
    }

    /// Returns whether the front end has found any mistake.
    pub(super) const fn has_mistakes(self) -> bool {
        !self.mistakes.is_empty()
    }

    /// Returns whether the schema is a struct with attributes, whose neighbours cannot be seen.
    pub fn is_derive(self) -> bool {
        matches!(self.schema.front, FrontEnd::Derive { .. })
    }

    /// Returns what to write in this schema's front end: YAML, or an attribute.
    pub(super) fn either<'t>(self, yaml: &'t str, derive: &'t str) -> &'t str {
        if self.is_derive() { derive } else { yaml }
    }

    /// Returns a text with settings in it, such as `sort: name`, as this schema's front end writes them: `sort = name`.
    pub(super) fn setting(self, text: impl Into<String>) -> String {
        let text = text.into();
        if self.is_derive() { text.replace(": ", " = ") } else { text }
    }

    /// Finds a model by its name.
    pub fn model(self, name: &str) -> Option<&'a Model> {
        self.schema.models.iter().find(|model| model.name.value == name)
    }

    /// Finds a struct by its name.
    pub fn object(self, name: &str) -> Option<&'a ObjectModel> {
        match &self.model(name)?.kind {
            ModelKind::Object(object) => Some(object),
            _ => None,
        }
    }

    /// Finds a field by its model's name and its own.
    pub fn field(self, model: &str, field: &str) -> Option<&'a FieldDef> {
        field_of(self.object(model)?, field)
    }

    /// Finds a resource by its name.
    pub fn resource(self, name: &str) -> Option<&'a Resource> {
        self.schema.resources.iter().find(|resource| resource.name.value == name)
    }

    /// Finds an envelope by its name.
    pub fn envelope(self, name: &str) -> Option<&'a Envelope> {
        self.schema.envelopes.iter().find(|envelope| envelope.name.value == name)
    }

    /// Returns the envelope of a resource's list; `None` where it has no list or the list is a bare array.
    pub fn envelope_of(self, resource: &Resource) -> Option<&'a Envelope> {
        self.envelope(resource.list.as_ref()?.envelope.as_ref()?)
    }

    /// Finds a custom query by its name.
    pub fn query(self, name: &str) -> Option<&'a QueryDef> {
        self.schema.queries.iter().find(|query| query.name.value == name)
    }

    /// Finds a custom mutation by its name.
    pub fn mutation(self, name: &str) -> Option<&'a MutationDef> {
        self.schema.mutations.iter().find(|mutation| mutation.name.value == name)
    }

    /// Returns the struct of a resource's rows.
    pub fn row(self, resource: &Resource) -> Option<&'a ObjectModel> {
        self.object(&resource.model)
    }

    /// Returns the field that identifies a resource's rows.
    pub fn id(self, resource: &Resource) -> Option<&'a FieldDef> {
        let row = self.row(resource)?;
        field_of(row, row.id.as_ref()?)
    }

    /// Returns a field's name on the wire.
    pub fn wire_name(self, field: &FieldDef) -> String {
        self.wire(&field.name, field.rename.as_ref())
    }

    /// Returns a parameter's name on the wire. In a header words are divided by `-`.
    pub fn param_wire(self, param: &ParamDef) -> String {
        match (&param.rename, param.place.value) {
            (Some(rename), _) => rename.value.clone(),
            (None, ParamPlace::Header) => param.name.to_kebab_case(),
            (None, ParamPlace::Path) => param.name.value.clone(),
            (None, _) => self.wire(&param.name, None),
        }
    }

    /// Returns a name on the wire: the override, or the name in the API's casing.
    pub fn wire(self, name: &str, rename: Option<&Spanned<String>>) -> String {
        if let Some(rename) = rename {
            return rename.value.clone();
        }
        match self.schema.api.wire.value {
            WireCase::Camel => name.to_lower_camel_case(),
            WireCase::Snake => name.to_snake_case(),
            WireCase::Kebab => name.to_kebab_case(),
            WireCase::Pascal => name.to_pascal_case(),
            WireCase::AsIs => name.to_owned(),
        }
    }

    /// Returns the parameters of one of a resource's paths, in order, with their types.
    ///
    /// A parameter that leads nowhere is left out; a checked schema has none.
    pub fn path_parameters(self, resource: &Resource, path: &PathTemplate) -> Vec<PathParameter> {
        parameters(path)
            .filter_map(|(name, column)| {
                let (ty, source) = self.path_parameter(resource, name)?;
                Some(PathParameter { name: name.to_owned(), column, ty, source })
            })
            .collect()
    }

    /// Returns the type of a parameter in one of a resource's paths, and where its value comes from.
    ///
    /// 1. `id`, or the name of the row's id field, is the row's id.
    /// 2. The name of another field of the row is that field.
    /// 3. A parameter of the parent's own path is what it is there.
    /// 4. The last other parameter of the collection's path is the parent's id.
    pub fn path_parameter(self, resource: &Resource, name: &str) -> Option<(Type, PathSource)> {
        self.parameter_within(resource, name, self.schema.resources.len())
    }

    fn parameter_within(self, resource: &Resource, name: &str, depth: usize) -> Option<(Type, PathSource)> {
        let id = self.id(resource);
        if let Some(id) = id.filter(|id| name == "id" || id.name.value == name) {
            return Some((id.ty.value.clone(), PathSource::Id));
        }
        if let Some(field) = self.field(&resource.model, name) {
            return Some((field.ty.value.clone(), PathSource::Field));
        }
        self.parent_parameter(resource, name, depth).map(|ty| (ty, PathSource::Parent))
    }

    fn parent_parameter(self, resource: &Resource, name: &str, depth: usize) -> Option<Type> {
        let parent = self.resource(resource.parent.as_ref()?)?;
        // A cycle of parents is reported elsewhere; here it only must not go on for ever.
        let depth = depth.checked_sub(1)?;
        if parameters(&parent.path).any(|(other, _)| other == name) {
            return self.parameter_within(parent, name, depth).map(|(ty, _)| ty);
        }
        let last = parameters(&resource.path)
            .map(|(other, _)| other)
            .filter(|other| *other != "id" && self.field(&resource.model, other).is_none())
            .filter(|other| !parameters(&parent.path).any(|(above, _)| above == *other))
            .last()?;
        if last == name { self.id(parent).map(|id| id.ty.value.clone()) } else { None }
    }

    /// Returns the ways in which a resource's rows change before the server answers, the update first.
    pub fn changes_of(self, resource: &'a Resource) -> Vec<RowChange<'a>> {
        let mut changes: Vec<_> = resource.mutations.update.iter().map(RowChange::Update).collect();
        for mutation in &self.schema.mutations {
            let rules = mutation.optimistic.iter().filter(|rule| {
                !rule.deletes
                    && rule.target.root.value == resource.name.value
                    && matches!(rule.target.kind, KeyKind::Detail(_))
            });
            for (index, rule) in rules.enumerate() {
                let mut variant = names::mutation_variables(mutation);
                if index > 0 {
                    variant.push_str(&(index + 1).to_string());
                }
                changes.push(RowChange::Rule { mutation, rule: &rule.value, variant });
            }
        }
        changes
    }
}

/// Finds a field by its name.
pub(super) fn field_of<'a>(object: &'a ObjectModel, name: &str) -> Option<&'a FieldDef> {
    object.fields.iter().find(|field| field.name.value == name)
}

/// Iterates over a path's parameters and the characters at which they stand.
pub(super) fn parameters(path: &PathTemplate) -> impl Iterator<Item = (&str, usize)> {
    path.parts.iter().filter_map(|part| match part {
        PathPart::Parameter { name, column } => Some((name.as_str(), *column)),
        PathPart::Literal(_) => None,
    })
}
