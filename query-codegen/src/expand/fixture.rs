//! Which schemas do the tests of the expansion begin with?

use crate::{
    model::{
        Api, CreateDef, EnumModel, EnumValue, FieldDef, FrontEnd, Integer, Literal, Model, ModelKind, MutationOptions,
        Names, ObjectModel, PathTemplate, Presence, QueryOptions, Resource, ResourceMutations, Schema, SerdeTreatment,
        StringKind, Type, UpdateBody, UpdateDef, WireCase,
    },
    origin::{Origin, Spanned},
};

/// Returns a value that was written nowhere.
pub(crate) fn at<T>(value: T) -> Spanned<T> {
    Spanned::default_of(value)
}

/// Returns a required field.
pub(crate) fn field(name: &str, ty: Type) -> FieldDef {
    FieldDef {
        name: at(name.to_owned()),
        rename: None,
        ty: at(ty),
        presence: Presence::Required,
        default: None,
        read_only: None,
        write_only: None,
        immutable: None,
        optimistic: None,
        min: None,
        max: None,
        pattern: None,
        doc: None,
        deprecated: None,
        serde: SerdeTreatment::Plain,
    }
}

/// Returns the type of a text.
pub(crate) fn string() -> Type {
    Type::String(StringKind::Text)
}

/// Returns the type that is a model of the schema.
pub(crate) fn model_ty(name: &str) -> Type {
    Type::Model(name.to_owned(), Origin::Default)
}

/// Returns a model without documentation.
pub(crate) fn model(name: &str, kind: ModelKind) -> Model {
    Model {
        name: at(name.to_owned()),
        doc: None,
        kind,
        derive: Vec::new(),
        deprecated: None,
        source: format!("models.{name}"),
    }
}

/// Returns a model with fields; the first identifies it.
pub(crate) fn object(name: &str, fields: Vec<FieldDef>) -> Model {
    let id = fields.first().map(|field| field.name.clone());
    model(name, ModelKind::Object(ObjectModel { id, version: None, fields }))
}

/// Returns a schema with these models and no resource.
pub(crate) fn schema(models: Vec<Model>) -> Schema {
    Schema {
        front: FrontEnd::Yaml { file: "schemas/social.yaml".to_owned() },
        runtime: quote::quote!(::query_runtime),
        api: Api {
            name: Some(at("social".to_owned())),
            ty: None,
            doc: None,
            base_url: None,
            headers: Vec::new(),
            wire: at(WireCase::Camel),
            auth: None,
            error: None,
            level: None,
            watermark: None,
            query: QueryOptions::default(),
            mutation: MutationOptions::default(),
        },
        models,
        envelopes: Vec::new(),
        resources: Vec::new(),
        queries: Vec::new(),
        mutations: Vec::new(),
    }
}

/// Returns the fields of a user, one of each kind.
pub(crate) fn user_fields() -> Vec<FieldDef> {
    let here = || Some(Origin::Default);
    vec![
        FieldDef { read_only: here(), ..field("id", model_ty("UserId")) },
        FieldDef { min: Some(at(1.0)), max: Some(at(80.0)), ..field("name", string()) },
        FieldDef { rename: Some(at("emailAddress".to_owned())), ..field("email", string()) },
        FieldDef { default: Some(at(Literal::String("viewer".to_owned()))), ..field("role", model_ty("Role")) },
        FieldDef { presence: Presence::OptionalNullable, ..field("bio", string()) },
        FieldDef { presence: Presence::Nullable, ..field("age", Type::Integer(Integer::U32)) },
        FieldDef { presence: Presence::Optional, ..field("referrer", model_ty("User")) },
        FieldDef { write_only: here(), ..field("password", string()) },
        FieldDef {
            write_only: here(),
            immutable: here(),
            presence: Presence::Optional,
            ..field("signup_code", string())
        },
        FieldDef { immutable: here(), ..field("type", string()) },
        FieldDef {
            read_only: here(),
            deprecated: Some(at("use posts.total".to_owned())),
            ..field("post_count", Type::Integer(Integer::U64))
        },
        FieldDef { read_only: here(), ..field("created_at", Type::DateTime) },
    ]
}

/// Returns the resource `users` of the model `User`, created and updated with this body.
pub(crate) fn users(body: UpdateBody) -> Resource {
    Resource {
        name: at("users".to_owned()),
        model: at("User".to_owned()),
        doc: None,
        path: at(PathTemplate { text: "/users".to_owned(), parts: Vec::new() }),
        parent: None,
        level: None,
        list: None,
        infinite: None,
        get: None,
        mutations: ResourceMutations {
            create: Some(CreateDef {
                method: None,
                path: None,
                optimistic: None,
                invalidates: Vec::new(),
                options: MutationOptions::default(),
                origin: Origin::Default,
            }),
            update: Some(UpdateDef {
                method: None,
                path: None,
                body: Some(at(body)),
                optimistic: None,
                invalidates: Vec::new(),
                options: MutationOptions::default(),
                origin: Origin::Default,
            }),
            delete: None,
        },
        relations: Vec::new(),
        realtime: None,
        offline: None,
        names: Names::default(),
        source: "resources.users".to_owned(),
    }
}

/// Returns users with their roles and ids, and the resource that creates and patches them.
pub(crate) fn social() -> Schema {
    let role = EnumModel {
        values: ["admin", "viewer"]
            .map(|wire| EnumValue { wire: at(wire.to_owned()), name: None, doc: None, deprecated: None })
            .into(),
        keep_unknown: true,
    };
    let mut schema = schema(vec![
        object("User", user_fields()),
        model("Role", ModelKind::Enum(role)),
        model("UserId", ModelKind::Newtype(at(string()))),
    ]);
    schema.resources.push(users(UpdateBody::Patch));
    schema
}
