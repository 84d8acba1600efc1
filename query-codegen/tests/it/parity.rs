//! Do a derive and YAML give the same text for one resource, but for the struct and the *Source* lines?

use proc_macro2::TokenStream;
use query_codegen::{attribute, check, expand, yaml};
use quote::quote;

const YAML: &str = r#"
schema: 1
api: { name: social, naming: { wire: camelCase } }
models:
  User:
    id: id
    fields:
      id: { type: i64, read_only: true }
      name: string
      age: { type: f64, nullable: true }
      tags: { type: "[string]" }
      created_at: { type: datetime, read_only: true, optimistic: now }
envelopes:
  list: { items: users, total: total }
resources:
  users:
    model: User
    path: /users
    list:
      envelope: list
      pagination: { style: page, page: page, size: limit, start: 1, default_size: 20, max_size: 100 }
      params:
        search: { type: string, role: search, fields: [name], match: contains_ci }
        tag: { type: "[string]", role: filter, field: tags, op: contains_any }
        sort_by: { role: sort, keys: { name: name, created: created_at }, default: created }
        sort_order: { role: sort_order, default: desc }
        include: { type: string, role: shape }
      sort: [name]
      options: { stale_time: 2m, placeholder: keep_previous }
    infinite: { options: { max_pages: 10 } }
    get: { options: { stale_time: 5m } }
    create: { optimistic: { temp_id: negative_counter } }
    update: { optimistic: true }
    delete: { optimistic: { lists: all, detail: remove } }
    invalidates:
      create: [users.list]
      update: [users.list, users.detail(id)]
"#;

fn from_yaml() -> Vec<TokenStream> {
    let (schema, document, mut diagnostics) = yaml::parse(YAML, "x.yaml");
    let checked = schema.and_then(|schema| check::check(schema, &mut diagnostics));
    let errors: Vec<String> = diagnostics.errors().map(|one| document.render(one)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    expand::expand(&checked.expect("a schema without errors is checked"))
}

fn from_derive() -> Vec<TokenStream> {
    let input = syn::parse2(quote! {
        #[serde(rename_all = "camelCase")]
        #[query(
            api = Social, name = "users", path = "/users",
            list(
                envelope(items = "users", total = "total"),
                page(param = "page", size = "limit", start = 1, default = 20, max = 100),
                param(search: String, search(name, op = contains_ci)),
                param(tag: Vec<String>, filter(tags, op = contains_any)),
                param(sort_by: UserSort, sort(name = name, created = created_at), default = created),
                param(sort_order: SortOrder, sort_order, default = desc),
                param(include: String, shape),
                sort = [name],
                stale_time = "2m", placeholder = keep_previous,
            ),
            infinite(max_pages = 10),
            get(stale_time = "5m"),
            create(optimistic(temp_id = negative_counter)),
            update(optimistic),
            delete(optimistic(lists = all, detail = remove)),
            invalidates(create = [users.list], update = [users.list, users.detail(id)]),
        )]
        pub struct User {
            #[query(id, read_only)]
            pub id: i64,
            pub name: String,
            pub age: Option<f64>,
            pub tags: Vec<String>,
            #[query(read_only, optimistic = now)]
            pub created_at: DateTime,
        }
    });
    let (schema, mut diagnostics) = attribute::lower(&input.expect("a struct"));
    let checked = schema.and_then(|schema| check::check(schema, &mut diagnostics));
    let errors: Vec<String> = diagnostics.errors().map(|one| one.message.clone()).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    expand::expand(&checked.expect("a schema without errors is checked"))
}

/// Returns the text of the items from the list's parameters on, without *Source* lines.
fn resource(items: &[TokenStream]) -> Vec<String> {
    let file = syn::parse2(items.iter().cloned().collect()).expect("items");
    let text = prettyplease::unparse(&file);
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("/// Source:"));
    let lines = lines.map(str::to_owned);
    lines.skip_while(|line| !line.contains("What a list of `users` can be sorted by")).collect()
}

#[test]
fn one_resource_is_one_text() {
    let (yaml, derive) = (resource(&from_yaml()), resource(&from_derive()));
    for (number, (yaml, derive)) in yaml.iter().zip(&derive).enumerate() {
        assert_eq!(yaml, derive, "line {number}");
    }
    assert_eq!(yaml.len(), derive.len());
    assert!(yaml.len() > 500);
}
