//! What do resources, custom queries and custom mutations become?

use expect_test::expect_file;
use proc_macro2::TokenStream;
use query_codegen::{check, expand, yaml};
use quote::ToTokens;

const SHOP: &str = include_str!("shop.yaml");

/// Expands a schema without mistakes.
fn items(text: &str) -> Vec<TokenStream> {
    let (schema, document, mut diagnostics) = yaml::parse(text, "shop.yaml");
    let checked = schema.and_then(|schema| check::check(schema, &mut diagnostics));
    let errors: Vec<String> = diagnostics.errors().map(|one| document.render(one)).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    expand::expand(&checked.expect("a schema without errors is checked"))
}

fn parsed(text: &str) -> Vec<syn::Item> {
    items(text)
        .into_iter()
        .map(|tokens| {
            let shown = tokens.to_string();
            syn::parse2(tokens).unwrap_or_else(|error| panic!("{error}: {shown}"))
        })
        .collect()
}

/// Returns tokens without what only the compiler needs.
fn short(tokens: &impl ToTokens) -> String {
    let mut text = tokens.to_token_stream().to_string();
    for (long, shorter) in [
        (":: query_runtime :: ", ""),
        (":: core :: option :: Option :: Some", "Some"),
        (":: core :: option :: Option :: None", "None"),
        (":: core :: option :: ", ""),
        (":: core :: result :: ", ""),
        (":: core :: cmp :: ", ""),
        (":: core :: clone :: ", ""),
        (":: core :: convert :: ", ""),
        (":: core :: iter :: ", ""),
        (":: std :: string :: ", ""),
        (":: std :: vec :: ", ""),
        (" :: ", "::"),
        (" : ", ": "),
        (" . ", "."),
        ("< ", "<"),
        (" <", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" (", "("),
        (" ,", ","),
        (" ;", ";"),
        (",}", "}"),
    ] {
        text = text.replace(long, shorter);
    }
    text
}

/// Returns the names and signatures of an item, a line each.
fn signatures(item: &syn::Item) -> Vec<String> {
    match item {
        syn::Item::Fn(function) => vec![short(&function.sig)],
        syn::Item::Struct(item) => {
            let fields = item.fields.iter().map(|field| {
                let name = field.ident.as_ref().map_or_else(String::new, short);
                format!("    {name}: {}", short(&field.ty))
            });
            [format!("struct {}", item.ident)].into_iter().chain(fields).collect()
        }
        syn::Item::Enum(item) => {
            let variants = item.variants.iter().map(|variant| {
                let types: Vec<String> = variant.fields.iter().map(|field| short(&field.ty)).collect();
                format!("    {}({})", variant.ident, types.join(", "))
            });
            [format!("enum {}", item.ident)].into_iter().chain(variants).collect()
        }
        syn::Item::Impl(item) => {
            let of = item.trait_.as_ref().map(|(of, _)| format!("{} for ", short(of)));
            let head = format!("impl {}{}", of.unwrap_or_default(), short(&item.self_ty));
            let members = item.items.iter().map(|member| match member {
                syn::ImplItem::Fn(function) => format!("    {}", short(&function.sig)),
                other => format!("    {}", short(other)),
            });
            [head].into_iter().chain(members).collect()
        }
        other => vec![short(other).chars().take(60).collect()],
    }
}

/// Returns the body of a function, or of a method as `Type::method`.
fn body(items: &[syn::Item], name: &str) -> String {
    for item in items {
        match item {
            syn::Item::Fn(function) if function.sig.ident == name => return short(&function.block),
            syn::Item::Impl(item) => {
                for member in &item.items {
                    if let syn::ImplItem::Fn(function) = member
                        && name == format!("{}::{}", short(&item.self_ty), function.sig.ident)
                    {
                        return short(&function.block);
                    }
                }
            }
            _ => {}
        }
    }
    panic!("there is no `{name}`")
}

#[test]
fn every_item_parses_and_has_the_expected_signature() {
    let lines: Vec<String> = parsed(SHOP).iter().flat_map(signatures).collect();
    expect_file!["expand_resource.signatures"].assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn expansion_is_the_same_every_time() {
    let text = |items: Vec<TokenStream>| items.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(text(items(SHOP)), text(items(SHOP)));
}

#[test]
fn unrelated_resources_change_nothing_of_the_others() {
    let whole: Vec<String> = items(SHOP).iter().map(ToString::to_string).collect();
    let more = SHOP.replace(
        "  items:\n    model: Item\n",
        "  extras:\n    model: Extra\n    path: /extras\n    get: true\n  items:\n    model: Item\n",
    );
    let more =
        more.replace("  Item:\n", "  Extra: { id: id, fields: { id: { type: string, read_only: true } } }\n  Item:\n");
    let larger: Vec<String> = items(&more).iter().map(ToString::to_string).collect();
    let kept: Vec<&String> = larger.iter().filter(|item| !item.contains("xtra")).collect();
    assert_eq!(kept, whole.iter().collect::<Vec<_>>());
    assert!(larger.len() > whole.len());
}

#[test]
fn infinite_keys_hold_no_page() {
    let items = parsed(SHOP);
    let list = body(&items, "ItemKeys::list");
    assert!(list.contains(r#"set_unless("page", &params.page, &0u64)"#), "{list}");
    let infinite = body(&items, "ItemKeys::infinite");
    assert!(!infinite.contains("page") && !infinite.contains("cursor"), "{infinite}");
    let filter = items.iter().find(|item| matches!(item, syn::Item::Struct(item) if item.ident == "ItemFilter"));
    let fields = filter.map(signatures).unwrap_or_default();
    assert!(fields.iter().any(|field| field.trim() == "limit: u64"), "{fields:?}");
    assert!(fields.iter().all(|field| !field.contains("page")), "{fields:?}");
}

#[test]
fn membership_says_what_each_parameter_means() {
    let matches = body(&parsed(SHOP), "ItemFilter::matches");
    for part in [
        "filter::eq(Some(&self.shop_id), Some(&row.shop_id))",
        "filter::text_contains_ci(self.text.as_deref(), &[Some(row.name.as_str()), row.note.as_deref()])",
        "filter::one_of(self.kinds.as_deref(), Some(&row.kind))",
        "filter::between(self.price.as_ref(), Some(&row.price))",
        "filter::unknown(self.unsold)",
    ] {
        assert!(matches.contains(part), "{part} is not in {matches}");
    }
}

#[test]
fn floats_have_an_order_of_their_own_and_ties_stand_in_the_fixed_order() {
    let items = parsed(SHOP);
    let compare = body(&items, "ItemFilter::compare");
    assert!(compare.contains("sort::by_float(Some(&a.price), Some(&b.price))"), "{compare}");
    assert!(compare.contains("self.order.apply(order).then_with("), "{compare}");
    let fixed = body(&items, "Item::compare");
    assert!(fixed.contains("sort::by(Some(&a.made_at), Some(&b.made_at)).reverse()"), "{fixed}");
}

#[test]
fn optimistic_rows_are_complete() {
    let row = body(&parsed(SHOP), "optimistic_item");
    for part in [
        "Item { id,",
        "shop_id: Clone::clone(&variables.shop_id)",
        "name: variables.input.name.clone()",
        "sold: 0",
        "label: variables.input.name.clone()",
        "made_at: now",
    ] {
        assert!(row.contains(part), "{part} is not in {row}");
    }
}

#[test]
fn invalidation_is_cut_short_where_only_the_result_knows() {
    let items = parsed(SHOP);
    let tag = body(&items, "tag_mutation");
    let known = r#".word("detail").value(&row.shop_id).prefix(), None => "#;
    assert!(tag.contains(known), "{tag}");
    let create = body(&items, "create_item_mutation");
    assert!(create.contains(r#".word("detail").value(&variables.shop_id).prefix()"#), "{create}");
    assert!(create.contains(r#"set("text", &variables.input.name)"#), "{create}");
}

#[test]
fn changes_that_count_twice_say_so_and_never_wrap() {
    let items = parsed(SHOP);
    let apply = body(&items, "ItemChange::apply");
    assert!(apply.contains("row.tags.push(tag.clone())"), "{apply}");
    assert!(apply.contains("row.sold = row.sold.saturating_add(* count)"), "{apply}");
    assert!(apply.contains("row.note = Some(tag.clone())"), "{apply}");
    let twice = body(&items, "ItemChange::is_idempotent");
    assert!(twice.contains("Self::Tag { .. }"), "{twice}");
}

#[test]
fn a_write_that_declares_nothing_makes_its_resource_stale() {
    let delete = body(&parsed(SHOP), "delete_item_mutation");
    assert!(delete.contains(".invalidates(| _, _ |"), "{delete}");
    assert!(delete.contains(r#""items"]).prefix()"#), "{delete}");
}

#[test]
fn layers_of_settings_merge_member_by_member() {
    let items = parsed(SHOP);
    assert!(body(&items, "item_query").contains(".retry(RetryPolicy::never())"));
    let list = body(&items, "items_query");
    assert!(list.contains(".max(3).skip_class(4).backoff("), "{list}");
    assert!(list.contains("from_mins(5)"), "{list}");
    assert!(body(&items, "infinite_items_query").contains(".max_pages(3)"));
}

#[test]
fn deprecated_fields_are_used_under_one_narrow_allow() {
    let allowed: Vec<String> = parsed(SHOP)
        .iter()
        .filter(|item| {
            let text = item.to_token_stream().to_string();
            text.contains("allow (deprecated)")
        })
        .map(|item| signatures(item).swap_remove(0))
        .collect();
    assert!(allowed.iter().any(|item| item.starts_with("fn optimistic_item(")), "{allowed:?}");
    assert!(allowed.iter().any(|item| item == "impl Change<Item> for ItemChange"), "{allowed:?}");
    assert!(!allowed.iter().any(|item| item.contains("use_")), "{allowed:?}");
}

#[test]
fn hostile_documentation_adds_no_item() {
    let evil = SHOP.replace(
        "    model: Item\n",
        "    model: Item\n    doc: \"x\\n\\\"]\\npub fn evil() {}\\n#[doc = \\\"*/ fn evil() {}\"\n",
    );
    let evil = evil
        .replace("    get: /report\n", "    get: /report\n    doc: \"*/ pub fn evil() {} /* \\\"] fn evil() {}\"\n");
    let names =
        |items: Vec<syn::Item>| -> Vec<String> { items.iter().map(|item| signatures(item).swap_remove(0)).collect() };
    assert_eq!(names(parsed(&evil)), names(parsed(SHOP)));
    assert_ne!(evil, SHOP);
}

#[test]
fn every_public_item_says_where_it_is_declared() {
    for item in parsed(SHOP) {
        let (attributes, name) = match &item {
            syn::Item::Fn(function) => (&function.attrs, function.sig.ident.to_string()),
            syn::Item::Struct(item) => (&item.attrs, item.ident.to_string()),
            syn::Item::Enum(item) => (&item.attrs, item.ident.to_string()),
            _ => continue,
        };
        let text: String = attributes.iter().map(|one| one.to_token_stream().to_string()).collect();
        let is_api = name == "Market";
        assert!(is_api || text.contains("Source: `shop.yaml`"), "{name}: {text}");
    }
}
