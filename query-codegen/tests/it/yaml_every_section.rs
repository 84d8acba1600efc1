//! Does the schema that shows every section of the dialect arrive whole?

use std::time::Duration;

use query_codegen::{
    model::{
        AuthScheme, ChangeKind, FrontEnd, KeyKind, KeyPart, ListReach, Method, ModelKind, OptimisticValue, ParamPlace,
        ParamRole, Presence, RealtimeAction, RelationTarget, Resource, Schema, Select, Span, StatusRange, UpdateBody,
        VariantBody, WireCase,
    },
    origin::Origin,
    yaml,
};

const TEXT: &str = include_str!("../data/every_section.yaml");

fn social() -> Schema {
    let (schema, document, diagnostics) = yaml::parse(TEXT, "every_section.yaml");
    assert_eq!(document.render_all(&diagnostics), "");
    schema.expect("a schema")
}

fn resource(schema: &Schema, name: &str) -> Resource {
    let found = schema.resources.iter().find(|resource| resource.name.value == name);
    found.expect("the resource").clone()
}

#[test]
fn every_section_has_its_parts() {
    let schema = social();
    assert!(matches!(&schema.front, FrontEnd::Yaml { file } if file == "every_section.yaml"));
    let models: Vec<&str> = schema.models.iter().map(|model| model.name.value.as_str()).collect();
    assert_eq!(
        models,
        [
            "UserId",
            "PostId",
            "CommentId",
            "Role",
            "Address",
            "Geo",
            "Attachment",
            "PollAttachment",
            "User",
            "Post",
            "Comment",
            "ApiError",
            "UserStatsPeriod",
            "UserStatsResult"
        ]
    );
    assert_eq!(schema.envelopes.len(), 2);
    let names: Vec<&str> = schema.resources.iter().map(|one| one.name.value.as_str()).collect();
    assert_eq!(names, ["users", "posts", "comments"]);
    assert_eq!((schema.queries.len(), schema.mutations.len()), (2, 2));
}

#[test]
fn api_is_read() {
    let api = social().api;
    assert_eq!(api.name.expect("a name").value, "social");
    assert_eq!(api.base_url.expect("an address").env.as_deref(), Some("SOCIAL_API_URL"));
    assert_eq!(api.headers.len(), 2);
    assert_eq!(*api.wire, WireCase::Camel);
    let auth = api.auth.expect("authentication");
    assert_eq!(*auth.scheme, AuthScheme::Bearer);
    let refresh = auth.refresh.as_ref().expect("a refresh");
    assert_eq!((*refresh.method, refresh.request.len(), refresh.response.len()), (Method::Post, 1, 2));
    assert_eq!(*refresh.statuses[0], 401);
    let error = api.error.expect("an error body");
    assert_eq!(*error.conflict.expect("a conflict").0, 409);
    let retry = api.query.retry.expect("a retry");
    assert_eq!(retry.max.as_ref().map(|max| **max), Some(3));
    assert_eq!(*retry.skip[0], StatusRange::Class(4));
    assert_eq!(retry.longest.as_ref().map(|time| **time), Some(Duration::from_secs(30)));
    assert_eq!(*api.query.stale_time.expect("a stale time"), Span::For(Duration::from_mins(5)));
    assert_eq!(api.mutation.retry.expect("a retry").max.as_ref().map(|max| **max), Some(1));
}

#[test]
fn models_are_read() {
    let schema = social();
    let model = |name: &str| {
        let found = schema.models.iter().find(|model| model.name.value == name);
        found.expect("the model").clone()
    };
    let ModelKind::Object(user) = model("User").kind else { panic!("not an object") };
    assert_eq!(user.fields.len(), 15);
    assert_eq!(user.id.as_ref().map(|id| id.value.as_str()), Some("id"));
    let field = |name: &str| user.fields.iter().find(|field| field.name.value == name).expect("the field").clone();
    assert_eq!(field("bio").presence, Presence::OptionalNullable);
    assert_eq!(field("age").presence, Presence::Nullable);
    assert!(field("password").write_only.is_some());
    assert_eq!(*field("created_at").optimistic.expect("a value"), OptimisticValue::Now);
    assert_eq!(model("User").doc.as_deref(), Some("A person with an account."));
    let ModelKind::Enum(role) = model("Role").kind else { panic!("not an enum") };
    assert!(role.keep_unknown && role.values.len() == 3);
    let ModelKind::Union(union) = model("Attachment").kind else { panic!("not a union") };
    assert_eq!(union.variants.len(), 3);
    assert!(matches!(&union.variants[2].body, VariantBody::Model(name) if name.value == "PollAttachment"));
    assert!(matches!(model("UserStatsPeriod").kind, ModelKind::Enum(values) if values.values.len() == 3));
}

#[test]
fn resources_are_read() {
    let schema = social();
    let users = resource(&schema, "users");
    let list = users.list.expect("a list");
    assert_eq!(list.params.len(), 7);
    assert!(matches!(list.params[0].role.as_deref(), Some(ParamRole::Search { fields, .. }) if fields.len() == 2));
    assert!(matches!(list.params[4].role.as_deref(), Some(ParamRole::Sort(keys)) if keys.len() == 2));
    let update = users.mutations.update.expect("an update");
    assert_eq!((*update.body.expect("a body"), update.invalidates.len()), (UpdateBody::Patch, 2));
    let delete = users.mutations.delete.expect("a delete");
    assert_eq!(delete.invalidates.len(), 3);
    assert!(matches!(&delete.invalidates[2].kind, KeyKind::Detail(Some(id)) if id.value == "id"));
    let optimistic = delete.optimistic.expect("optimism");
    assert_eq!(optimistic.lists.as_ref().map(|lists| **lists), Some(ListReach::All));
    assert!(matches!(&users.relations[0].target, RelationTarget::Resource(name) if name.value == "posts"));
    let messages = users.realtime.as_ref().map(|realtime| realtime.messages.len());
    assert_eq!(messages, Some(4));
    let realtime = users.realtime.expect("live updates");
    assert!(matches!(&*realtime.messages[3].1, RealtimeAction::Bulk { .. }));
    let posts = resource(&schema, "posts");
    let sort = &posts.list.as_ref().expect("a list").sort;
    assert!(sort[0].descending && sort[0].field == "created_at" && !sort[1].descending);
    assert!(posts.infinite.is_some() && posts.mutations.delete.is_some());
    let comments = resource(&schema, "comments");
    assert!(comments.list.expect("a list").envelope.is_none());
    assert_eq!(comments.parent.expect("a parent").value, "posts");
}

#[test]
fn queries_and_mutations_are_read() {
    let schema = social();
    let stats = &schema.queries[1];
    let places: Vec<ParamPlace> = stats.params.iter().map(|param| *param.place).collect();
    assert_eq!(places, [ParamPlace::Path, ParamPlace::Query, ParamPlace::Header]);
    assert!(matches!(*stats.key[0], KeyPart::Under(_)));
    assert!(matches!(&*stats.key[1], KeyPart::Word(word) if word == "stats"));
    assert!(matches!(&*stats.key[2], KeyPart::Param(name) if name == "period"));
    assert!(matches!(stats.select.as_deref(), Some(Select::Function { .. })));
    let follow = &schema.mutations[0];
    assert_eq!(*follow.endpoint.method, Method::Post);
    assert_eq!(follow.optimistic[0].changes[0].kind, ChangeKind::Inc);
    let upload = &schema.mutations[1];
    assert!(upload.returns.is_none());
    assert_eq!(upload.options.retry.as_ref().and_then(|retry| retry.max.clone()).map(|max| *max), Some(0));
}

#[test]
fn every_place_leads_back_into_the_text() {
    let (schema, document, _) = yaml::parse(TEXT, "every_section.yaml");
    let schema = schema.expect("a schema");
    let text_at = |origin: &Origin| {
        let place = document.locate(origin).expect("a place");
        document.text()[place.byte..].chars().take(place.length).collect::<String>()
    };
    for model in &schema.models {
        if !model.source.contains('.') || model.source.starts_with("models.") {
            assert_eq!(text_at(&model.name.origin), model.name.value);
        }
        if let ModelKind::Object(object) = &model.kind {
            for field in &object.fields {
                assert_eq!(text_at(&field.name.origin), field.name.value);
            }
        }
    }
    for resource in &schema.resources {
        assert_eq!(text_at(&resource.model.origin), resource.model.value);
        for term in resource.list.iter().flat_map(|list| &list.sort) {
            assert_eq!(text_at(&term.origin), term.field);
        }
        for param in resource.list.iter().flat_map(|list| &list.params) {
            assert_eq!(text_at(&param.name.origin), param.name.value);
        }
        for target in resource.mutations.delete.iter().flat_map(|delete| &delete.invalidates) {
            assert_eq!(text_at(&target.root.origin), target.root.value);
            if let KeyKind::Detail(Some(id)) = &target.kind {
                assert_eq!(text_at(&id.origin), id.value);
            }
        }
    }
}

#[test]
fn resource_options_lie_below_those_of_the_query() {
    let text = "schema: 1\napi: { name: a }\nmodels: { A: { fields: { id: string } } }\nresources:\n  as:\n    model: A\n    path: /as\n    options: { stale_time: 1m, gc_time: 2m }\n    list: { options: { stale_time: 5m } }\n    get: true\n";
    let (schema, document, diagnostics) = yaml::parse(text, "a.yaml");
    assert_eq!(document.render_all(&diagnostics), "");
    let resource = &schema.expect("a schema").resources[0];
    let list = &resource.list.as_ref().expect("a list").options;
    let minutes = |count: u64| Some(Span::For(Duration::from_mins(count)));
    assert_eq!(list.stale_time.as_ref().map(|time| **time), minutes(5));
    assert_eq!(list.gc_time.as_ref().map(|time| **time), minutes(2));
    let get = &resource.get.as_ref().expect("a detail").options;
    assert_eq!(get.stale_time.as_ref().map(|time| **time), minutes(1));
}
