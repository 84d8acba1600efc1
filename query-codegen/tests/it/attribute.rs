//! Does `#[derive(QueryResource)]` say in the model what it says in the attributes, and survive being typed?

use proc_macro2::{Group, TokenStream, TokenTree};
use query_codegen::{
    attribute::lower,
    derive::derive_query_resource,
    model::{
        FilterOp, FrontEnd, KeyKind, ListReach, ListStyle, Literal, Method, ModelKind, ObjectModel, OptimisticValue,
        PageStyle, ParamRole, Placeholder, Presence, RealtimeAction, RelationTarget, Schema, SearchMatch,
        SerdeTreatment, Span, Type, UpdateBody, WireCase,
    },
};
use syn::{DeriveInput, parse_quote};

/// The struct of the manual: every section of the surface.
fn example() -> DeriveInput {
    parse_quote! {
        /// A person with an account.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "camelCase")]
        #[query(
            crate = ::query_runtime,
            api = Social, name = "users", path = "/users", error = ApiError,
            version = updated_at,
            list(
                envelope(items = "users", total = "total", has_more = "hasMore", page = "page"),
                page(param = "page", size = "limit", start = 1, default = 20, max = 100),
                param(search: String, search(name, email, op = contains_ci)),
                param(role: Role, filter(role, op = eq)),
                param(active_since: DateTime, filter(last_active, op = ge)),
                param(tag: Vec<String>, filter(tags, op = contains_any), style = repeat),
                param(sort_by: UserSort, sort(name = name, created = created_at), default = created),
                param(sort_order: SortOrder, sort_order, default = desc),
                param(include: String, shape),
                stale_time = "2m", gc_time = "5m", placeholder = keep_previous,
            ),
            infinite(stale_time = "2m", max_pages = 10), get(stale_time = "5m", from_list),
            create(input = NewUser, optimistic(lists = matching, insert = sorted, temp_id = uuid)),
            update(method = PATCH, input = UserPatch, optimistic(lists = matching, detail)), delete(returns = none, optimistic(lists = all, detail = remove)),
            has_many(posts: Post, foreign_key = author_id, path = "/users/{id}/posts", stale_time = "30s"),
            invalidates(create = [users.list], update = [users.list, posts.list], delete = [users.list, posts.list]),
            realtime(tag = "type", payload = "payload",
                message("USER_CREATED", create), message("USER_UPDATED", update),
                message("USER_DELETED", delete(id = "id")),
                message("BULK_UPDATE", bulk(items = "updates", id = "id", patch = "data"))),
            offline(queue, order = per_entity, max_age = "7d", conflict(last_write_wins, by = updated_at)),
        )]
        pub struct User {
            #[query(id, read_only)]
            pub id: UserId,
            pub name: String,
            #[serde(rename = "emailAddress")]
            pub email: String,
            #[query(default)]
            pub role: Role,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            #[query(nullable)]
            pub bio: Option<Option<String>>,
            pub age: Option<u32>,
            #[serde(default)]
            pub tags: Vec<String>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            pub address: Option<Address>,
            #[query(read_only, optimistic = now)]
            pub last_active: DateTime,
            #[query(read_only, optimistic = now)]
            pub created_at: DateTime,
            #[query(read_only, optimistic = now)]
            pub updated_at: DateTime,
            #[query(read_only, optimistic = 0)]
            #[deprecated = "use posts.total"]
            pub post_count: u64,
        }
    }
}

/// Lowers what must have no mistakes.
fn schema(input: &DeriveInput) -> Schema {
    let (schema, diagnostics) = lower(input);
    let messages: Vec<String> = diagnostics.iter().map(|one| format!("{}: {}", one.name(), one.message)).collect();
    assert!(messages.is_empty(), "{messages:#?}");
    schema.expect("a schema")
}

fn object(schema: &Schema) -> &ObjectModel {
    match &schema.models[0].kind {
        ModelKind::Object(object) => object,
        other => panic!("not a struct: {other:?}"),
    }
}

fn minutes(count: u64) -> Span {
    Span::For(std::time::Duration::from_secs(60 * count))
}

#[test]
fn example_says_what_the_resource_is() {
    let schema = schema(&example());
    let resource = &schema.resources[0];
    assert_eq!(schema.resources.len(), 1);
    assert_eq!(resource.name.value, "users");
    assert_eq!(resource.model.value, "User");
    assert_eq!(resource.path.text, "/users");
    assert_eq!(resource.source, "resources.users");
    assert_eq!(resource.relations[0].source, "resources.users.has_many(posts)");
    assert_eq!(schema.runtime.to_string(), ":: query_runtime");
    assert_eq!(schema.api.ty.as_ref().map(ToString::to_string).as_deref(), Some("Social"));
    assert_eq!(schema.api.wire.value, WireCase::Camel);
    let error = schema.api.error.as_ref().expect("an error body");
    assert!(matches!(&error.ty.value, Type::Rust(ty) if ty.to_string() == "ApiError"));
    assert!(error.message.is_none());
    assert!(matches!(&schema.front, FrontEnd::Derive { visibility } if visibility.to_string() == "pub"));
    assert_eq!(schema.models[0].doc.as_deref(), Some("A person with an account."));
    assert_eq!(object(&schema).id.as_ref().map(|id| id.value.as_str()), Some("id"));
    assert_eq!(object(&schema).version.as_ref().map(|one| one.value.as_str()), Some("updated_at"));
}

#[test]
fn example_says_how_the_list_is_asked_for() {
    let schema = schema(&example());
    let list = schema.resources[0].list.as_ref().expect("a list");
    assert_eq!(list.envelope.as_ref().map(|name| name.value.as_str()), Some("list"));
    assert_eq!(schema.envelopes[0].name.value, "list");
    assert_eq!(schema.envelopes[0].has_more.as_deref().map(String::as_str), Some("hasMore"));
    let paging = list.pagination.as_ref().expect("paging");
    assert_eq!(paging.style, PageStyle::Page);
    assert_eq!(paging.param.as_deref().map(String::as_str), Some("page"));
    assert_eq!(paging.max_size.as_deref(), Some(&100));
    assert_eq!(list.options.stale_time.as_deref(), Some(&minutes(2)));
    assert_eq!(list.options.gc_time.as_deref(), Some(&minutes(5)));
    assert_eq!(list.options.placeholder.as_deref(), Some(&Placeholder::KeepPrevious));
    let infinite = schema.resources[0].infinite.as_ref().expect("an infinite list");
    assert_eq!(infinite.max_pages.as_deref(), Some(&10));
    let get = schema.resources[0].get.as_ref().expect("a detail");
    assert_eq!(get.options.from_list.as_deref(), Some(&true));
}

#[test]
fn example_says_what_each_parameter_means() {
    let schema = schema(&example());
    let list = schema.resources[0].list.as_ref().expect("a list");
    let names: Vec<&str> = list.params.iter().map(|param| param.name.as_str()).collect();
    let expected = ["search", "role", "active_since", "tag", "sort_by", "sort_order", "include"];
    assert_eq!(names, expected);
    let role = |index: usize| list.params[index].role.as_deref().expect("a role");
    let ParamRole::Search { fields, how } = role(0) else { panic!("{:?}", role(0)) };
    assert_eq!(fields.iter().map(|one| one.as_str()).collect::<Vec<_>>(), ["name", "email"]);
    assert_eq!(how.value, SearchMatch::ContainsCi);
    let ParamRole::Filter { field, op } = role(2) else { panic!("{:?}", role(2)) };
    assert_eq!((field.as_str(), op.value), ("last_active", FilterOp::Ge));
    assert_eq!(list.params[3].style, ListStyle::Repeat);
    assert!(matches!(list.params[3].ty.as_deref(), Some(Type::List(_))));
    let ParamRole::Sort(keys) = role(4) else { panic!("{:?}", role(4)) };
    assert_eq!((keys[1].0.as_str(), keys[1].1.as_str()), ("created", "created_at"));
    assert_eq!(list.params[4].default.as_deref(), Some(&Literal::String("created".to_owned())));
    assert!(matches!(role(5), ParamRole::SortOrder));
    assert!(matches!(role(6), ParamRole::Shape));
}

#[test]
fn types_of_sort_parameters_name_what_is_generated() {
    let schema = schema(&example());
    let list = schema.resources[0].list.as_ref().expect("a list");
    assert!(list.params[4].ty.is_none() && list.params[5].ty.is_none());
    let names = &schema.resources[0].names;
    assert_eq!(names.sort.as_deref().map(String::as_str), Some("UserSort"));
}

#[test]
fn example_says_what_can_be_written() {
    let schema = schema(&example());
    let resource = &schema.resources[0];
    let create = resource.mutations.create.as_ref().expect("create");
    let optimism = create.optimistic.as_ref().expect("optimistic");
    assert_eq!(optimism.lists.as_deref(), Some(&ListReach::Matching));
    assert_eq!(create.invalidates.len(), 1);
    let update = resource.mutations.update.as_ref().expect("update");
    assert_eq!(update.method.as_deref(), Some(&Method::Patch));
    assert_eq!(update.invalidates.len(), 2);
    assert_eq!(update.invalidates[1].root.value, "posts");
    assert!(matches!(&update.invalidates[1].kind, KeyKind::Lists(none) if none.is_empty()));
    let delete = resource.mutations.delete.as_ref().expect("delete");
    let optimism = delete.optimistic.as_ref().expect("optimistic");
    assert_eq!(optimism.lists.as_deref(), Some(&ListReach::All));
    assert_eq!(optimism.detail.as_deref(), Some(&true));
    assert_eq!(resource.names.new.as_deref().map(String::as_str), Some("NewUser"));
    assert_eq!(resource.names.patch.as_deref().map(String::as_str), Some("UserPatch"));
    let relation = &resource.relations[0];
    assert!(matches!(&relation.target, RelationTarget::Type(ty) if ty.to_string() == "Post"));
    assert_eq!(relation.foreign_key.value, "author_id");
    assert_eq!(relation.path.text, "/users/{id}/posts");
}

#[test]
fn example_says_how_it_lives_and_waits() {
    let schema = schema(&example());
    let realtime = schema.resources[0].realtime.as_ref().expect("realtime");
    let names: Vec<&str> = realtime.messages.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["USER_CREATED", "USER_UPDATED", "USER_DELETED", "BULK_UPDATE"]);
    assert!(matches!(&realtime.messages[2].1.value, RealtimeAction::Delete(Some(id)) if id.value == "id"));
    assert!(matches!(&realtime.messages[3].1.value, RealtimeAction::Bulk { patch: Some(_), .. }));
    let offline = schema.resources[0].offline.as_ref().expect("offline");
    assert!(offline.queue.value);
    assert_eq!(offline.max_age.as_deref(), Some(&minutes(7 * 24 * 60)));
    let conflict = offline.conflict.as_ref().expect("conflict");
    assert_eq!(conflict.strategy.value, "last_write_wins");
    assert_eq!(conflict.by.as_deref().map(String::as_str), Some("updated_at"));
}

#[test]
fn example_says_what_each_field_is() {
    let schema = schema(&example());
    let field = |name: &str| object(&schema).fields.iter().find(|one| one.name.value == name).expect("a field");
    assert_eq!(object(&schema).fields.len(), 12);
    assert!(field("id").read_only.is_some());
    assert_eq!(field("email").rename.as_deref().map(String::as_str), Some("emailAddress"));
    assert!(field("created_at").rename.is_none());
    assert_eq!(field("role").default.as_deref(), Some(&Literal::TypeDefault));
    assert_eq!(field("tags").default.as_deref(), Some(&Literal::TypeDefault));
    assert_eq!(field("bio").presence, Presence::Optional);
    assert!(matches!(&field("bio").ty.value, Type::Rust(ty) if ty.to_string() == "Option < String >"));
    assert_eq!(field("age").presence, Presence::Nullable);
    assert_eq!(field("address").presence, Presence::Optional);
    assert_eq!(field("name").presence, Presence::Required);
    assert_eq!(field("created_at").optimistic.as_deref(), Some(&OptimisticValue::Now));
    let zero = OptimisticValue::Literal(Literal::Integer(0));
    assert_eq!(field("post_count").optimistic.as_deref(), Some(&zero));
    assert_eq!(field("post_count").deprecated.as_deref().map(String::as_str), Some("use posts.total"));
}

#[test]
fn smallest_resource_takes_its_name_from_its_path() {
    let schema = schema(&parse_quote! {
        #[query(path = "/v1/people", list, get)]
        struct Person { #[query(id)] id: u64 }
    });
    assert_eq!(schema.resources[0].name.value, "people");
    assert!(schema.resources[0].list.is_some() && schema.envelopes.is_empty());
    assert!(schema.api.ty.is_none() && schema.api.name.is_none());
}

#[test]
fn nested_resource_names_its_parent_twice_and_the_row_has_it() {
    let schema = schema(&parse_quote! {
        #[query(path = "/posts/{post_id}/comments", parent(post_id: PostId), list(sort = [-created_at, id]))]
        struct Comment {
            #[query(id, read_only)] id: CommentId,
            #[query(read_only, optimistic = path("post_id"))] post_id: PostId,
            #[query(optimistic = copy(text))] shown: String,
            text: String,
            created_at: DateTime,
        }
    });
    let resource = &schema.resources[0];
    assert_eq!(resource.name.value, "comments");
    let sort = &resource.list.as_ref().expect("a list").sort;
    assert!(sort[0].descending && !sort[1].descending);
    let fields = &object(&schema).fields;
    let path = OptimisticValue::Path("post_id".to_owned());
    assert_eq!(fields[1].optimistic.as_deref(), Some(&path));
    let copy = OptimisticValue::Copy("text".to_owned());
    assert_eq!(fields[2].optimistic.as_deref(), Some(&copy));
}

#[test]
fn sections_may_be_split_over_attributes_and_switched_off() {
    let schema = schema(&parse_quote! {
        #[query(path = "/users", list(page(size = "limit"), retry(max = 2, skip = [404, 4xx, "5xx"], backoff(base = "1s", factor = 2, max = "30s"))))]
        #[query(get = false, update(method = put, body = full, input = Whole, network = offline_first), delete)]
        struct User { #[query(id)] id: u64, #[serde(flatten)] rest: Rest, #[serde(skip)] cache: Cache, bio: Maybe<String>, r#type: Json }
    });
    let resource = &schema.resources[0];
    assert!(resource.get.is_none() && resource.mutations.delete.is_some());
    let update = resource.mutations.update.as_ref().expect("update");
    assert_eq!(update.method.as_deref(), Some(&Method::Put));
    assert_eq!(update.body.as_deref(), Some(&UpdateBody::Full));
    assert_eq!(resource.names.replace.as_deref().map(String::as_str), Some("Whole"));
    assert!(resource.names.patch.is_none());
    let retry = resource.list.as_ref().and_then(|list| list.options.retry.clone()).expect("retry");
    assert_eq!(retry.skip.len(), 3);
    let fields = &object(&schema).fields;
    assert_eq!(fields[1].serde, SerdeTreatment::Flattened);
    assert_eq!(fields[2].serde, SerdeTreatment::Skipped);
    assert_eq!(fields[3].presence, Presence::OptionalNullable);
    assert_eq!(fields[4].name.value, "type");
    assert!(matches!(fields[4].ty.value, Type::Json));
}

#[test]
fn names_of_generated_items_can_be_chosen() {
    let schema = schema(&parse_quote! {
        #[query(path = "/users", parent = teams, list, create, names(
            new = CreateUser, params = UserQuery, filter = UserWhere, keys = Users, hooks(list = use_people, get = use_person)
        ))]
        struct User { #[query(id)] id: u64 }
    });
    let resource = &schema.resources[0];
    assert_eq!(resource.parent.as_deref().map(String::as_str), Some("teams"));
    let names = &resource.names;
    let chosen = [&names.new, &names.params, &names.filter, &names.keys];
    let chosen = chosen.map(|name| name.as_deref().map_or("", String::as_str));
    assert_eq!(chosen, ["CreateUser", "UserQuery", "UserWhere", "Users"]);
    assert_eq!(names.hooks[1].1.value, "use_person");
}

#[test]
fn half_typed_section_keeps_what_is_written_around_it() {
    let (schema, diagnostics) = lower(&parse_quote! {
        #[query(path = "/users", get(from_list), list(gc_time = "5m", stale_time = ), update(method = ), )]
        struct User { #[query(id)] id: u64, #[query(optimistic = )] name: String }
    });
    let codes: Vec<u16> = diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(codes, [1020, 1020, 1020]);
    let schema = schema.expect("a schema");
    let resource = &schema.resources[0];
    assert!(resource.get.is_some() && resource.mutations.update.is_some());
    let list = resource.list.as_ref().expect("a list");
    assert_eq!(list.options.gc_time.as_deref(), Some(&minutes(5)));
    assert_eq!(object(&schema).fields.len(), 2);
}

#[test]
fn fragments_of_a_macro_are_read_like_what_they_hold() {
    let wrap =
        |tokens: TokenStream| TokenStream::from(TokenTree::Group(Group::new(proc_macro2::Delimiter::None, tokens)));
    let (path, ty) = (wrap(quote::quote!("/users")), wrap(quote::quote!(Vec<String>)));
    let schema = schema(&parse_quote! {
        #[query(path = #path, list(param(tag: #ty, filter(tags, op = contains_any))))]
        struct User { #[query(id)] id: u64, tags: #ty }
    });
    let list = schema.resources[0].list.as_ref().expect("a list");
    assert!(matches!(list.params[0].ty.as_deref(), Some(Type::List(_))));
    assert!(matches!(object(&schema).fields[1].ty.value, Type::List(_)));
}

/// Returns the example without what is checked and not generated yet.
pub(crate) fn generated_example() -> TokenStream {
    let mut input = example();
    for attribute in &mut input.attrs {
        if let syn::Meta::List(list) = &mut attribute.meta
            && list.path.is_ident("query")
        {
            let text = list.tokens.to_string();
            let kept = text.split_once("realtime").map_or(text.as_str(), |(before, _)| before);
            list.tokens = kept.parse().expect("tokens");
        }
    }
    quote::ToTokens::to_token_stream(&input)
}

#[test]
fn example_becomes_items_and_leaves_the_struct_alone() {
    let output = derive_query_resource(generated_example());
    let file: syn::File = syn::parse2(output.clone()).expect("items");
    assert!(!output.to_string().contains("compile_error"), "{output}");
    let names: Vec<String> = file
        .items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Struct(item) => Some(item.ident.to_string()),
            syn::Item::Fn(item) => Some(item.sig.ident.to_string()),
            _ => None,
        })
        .collect();
    for name in ["NewUser", "UserPatch", "UserListParams", "use_users", "use_update_user"] {
        assert!(names.iter().any(|one| one == name), "{name} of {names:?}");
    }
    assert!(!names.contains(&"User".to_owned()));
}

/// Returns the stream cut off before each of its tokens, at every depth.
fn truncations(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut cut = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let before: TokenStream = tokens[..index].iter().cloned().collect();
        if let TokenTree::Group(group) = token {
            for inner in truncations(group.stream()) {
                let mut with_part = before.clone();
                with_part.extend([TokenTree::Group(Group::new(group.delimiter(), inner))]);
                cut.push(with_part);
            }
        }
        cut.push(before);
    }
    cut
}

/// Returns the stream without each of its tokens, at every depth.
fn deletions(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut missing = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let around = |middle: Option<TokenTree>| -> TokenStream {
            tokens[..index].iter().cloned().chain(middle).chain(tokens[index + 1..].iter().cloned()).collect()
        };
        if let TokenTree::Group(group) = token {
            for inner in deletions(group.stream()) {
                missing.push(around(Some(TokenTree::Group(Group::new(group.delimiter(), inner)))));
            }
        }
        missing.push(around(None));
    }
    missing
}

/// Puts these tokens in the place of the example's own attribute.
fn with_attribute(tokens: &TokenStream) -> DeriveInput {
    let mut input = example();
    for attribute in &mut input.attrs {
        if let syn::Meta::List(list) = &mut attribute.meta
            && list.path.is_ident("query")
        {
            list.tokens = tokens.clone();
        }
    }
    input
}

fn attribute_tokens() -> TokenStream {
    let input = example();
    let list = input.attrs.iter().find_map(|attribute| match &attribute.meta {
        syn::Meta::List(list) if list.path.is_ident("query") => Some(list.tokens.clone()),
        _ => None,
    });
    list.expect("a query attribute")
}

#[test]
fn half_typed_attribute_never_panics() {
    let cut = truncations(attribute_tokens());
    assert!(cut.len() > 300, "{}", cut.len());
    for tokens in &cut {
        let (schema, diagnostics) = lower(&with_attribute(tokens));
        assert!(schema.is_some() || diagnostics.has_errors(), "{tokens}");
    }
}

#[test]
fn attribute_without_one_of_its_tokens_never_panics() {
    for tokens in &deletions(attribute_tokens()) {
        let (schema, diagnostics) = lower(&with_attribute(tokens));
        assert!(schema.is_some() || diagnostics.has_errors(), "{tokens}");
    }
}

#[test]
fn half_typed_struct_is_never_a_bug_of_ours() {
    let whole = quote::ToTokens::to_token_stream(&example());
    for tokens in truncations(whole) {
        let output = derive_query_resource(tokens.clone()).to_string();
        assert!(!output.contains("QR1099"), "{tokens}\n{output}");
    }
}
