//! What is a schema that has passed every rule?

use std::ops::Deref;

use crate::{
    check::{Lookup, PathParameter, RowChange, Trait, options},
    model::{
        Envelope, FieldDef, Model, MutationOptions, ObjectModel, PathTemplate, QueryOptions, Resource, Schema, Type,
    },
};

/// A schema without mistakes: every name in it leads somewhere and every value fits its type.
///
/// Only [`check`](crate::check::check) makes one, so that an expander never meets a schema that nobody has looked at.
#[derive(Clone, Debug)]
pub struct Checked(Schema);

impl Deref for Checked {
    type Target = Schema;

    fn deref(&self) -> &Schema {
        &self.0
    }
}

impl Checked {
    pub(super) const fn seal(schema: Schema) -> Self {
        Self(schema)
    }

    /// Returns all questions that a schema answers; those that are asked most have methods of their own.
    pub const fn lookup(&self) -> Lookup<'_> {
        Lookup::new(&self.0)
    }

    /// Finds a model by its name.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.lookup().model(name)
    }

    /// Finds a struct by its name.
    pub fn object(&self, name: &str) -> Option<&ObjectModel> {
        self.lookup().object(name)
    }

    /// Finds a field by its model's name and its own.
    pub fn field(&self, model: &str, field: &str) -> Option<&FieldDef> {
        self.lookup().field(model, field)
    }

    /// Finds a resource by its name.
    pub fn resource(&self, name: &str) -> Option<&Resource> {
        self.lookup().resource(name)
    }

    /// Returns the envelope of a resource's list; `None` where it has no list or the list is a bare array.
    pub fn envelope_of(&self, resource: &Resource) -> Option<&Envelope> {
        self.lookup().envelope_of(resource)
    }

    /// Returns the struct of a resource's rows.
    ///
    /// # Panics
    ///
    /// If the resource is not of this schema.
    pub fn row(&self, resource: &Resource) -> &ObjectModel {
        self.lookup().row(resource).expect("a checked resource's model is a struct of the schema")
    }

    /// Returns the field that identifies a resource's rows.
    ///
    /// # Panics
    ///
    /// If the resource is not of this schema.
    pub fn id_field(&self, resource: &Resource) -> &FieldDef {
        self.lookup().id(resource).expect("a checked resource's model has an id")
    }

    /// Returns a field's name on the wire: its `rename`, or its name in the API's casing.
    pub fn wire_name(&self, field: &FieldDef) -> String {
        self.lookup().wire_name(field)
    }

    /// Returns the ways in which a resource's rows change before the server answers, the update first.
    pub fn changes_of<'a>(&'a self, resource: &'a Resource) -> Vec<RowChange<'a>> {
        self.lookup().changes_of(resource)
    }

    /// Returns the parameters of one of a resource's paths, in order, with their types.
    pub fn path_parameters(&self, resource: &Resource, path: &PathTemplate) -> Vec<PathParameter> {
        self.lookup().path_parameters(resource, path)
    }

    /// Returns a query's settings over `api.defaults.query`.
    pub fn query_options(&self, own: &QueryOptions) -> QueryOptions {
        options::layered(&self.0.api.query, own)
    }

    /// Returns a mutation's settings over `api.defaults.mutation`.
    pub fn mutation_options(&self, own: &MutationOptions) -> MutationOptions {
        options::layered_mutation(&self.0.api.mutation, own)
    }

    /// Returns whether generated code can rely on a type to have a trait.
    ///
    /// Of a derive's Rust types nothing is known, so that the answer is no.
    pub fn type_is(&self, ty: &Type, wanted: Trait) -> bool {
        self.lookup().type_is(ty, wanted)
    }

    /// Returns whether a field must be boxed, because its type contains its model.
    pub fn is_boxed(&self, model: &str, field: &FieldDef) -> bool {
        self.lookup().is_boxed(model, field)
    }
}
