//! Which schemas pass, what can be asked of one that does, and what stays silent about what?

use query_codegen::{
    check::{self, Checked, PathSource, RowChange, Trait},
    diagnostics::Diagnostics,
    model::{FrontEnd, Schema, Type},
    yaml,
};

const SOCIAL: &str = include_str!("../data/every_section.yaml");

/// The sections of the dialect that are not generated yet.
const NOT_YET: [u16; 4] = [804, 890, 891, 892];

/// Reads and checks a schema. Returns it if it passes, and what was found.
fn check_text(text: &str) -> (Option<Checked>, Diagnostics) {
    let (schema, _, mut diagnostics) = yaml::parse(text, "schema.yaml");
    let checked = schema.and_then(|schema| check::check(schema, &mut diagnostics));
    (checked, diagnostics)
}

/// Reads a schema as if it had been written as attributes on a struct.
fn check_derive(text: &str, change: impl FnOnce(&mut Schema)) -> (Option<Checked>, Diagnostics) {
    let (schema, _, mut diagnostics) = yaml::parse(text, "schema.yaml");
    let mut schema = schema.expect("a map");
    assert_eq!(found(&diagnostics), Vec::<String>::new());
    schema.front = FrontEnd::Derive { visibility: quote::quote!(pub) };
    change(&mut schema);
    let checked = check::check(schema, &mut diagnostics);
    (checked, diagnostics)
}

fn found(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(|one| format!("{}: {}", one.name(), one.message)).collect()
}

/// Returns the example without the sections that are not generated yet.
fn social() -> Checked {
    let (schema, _, mut diagnostics) = yaml::parse(SOCIAL, "schema.yaml");
    let mut schema = schema.expect("a map");
    for resource in &mut schema.resources {
        resource.realtime = None;
        resource.offline = None;
    }
    if let Some(auth) = &mut schema.api.auth {
        auth.value.refresh = None;
    }
    let checked = check::check(schema, &mut diagnostics);
    assert_eq!(found(&diagnostics), Vec::<String>::new());
    checked.expect("no errors, so it is sealed")
}

#[test]
fn example_passes_but_for_what_is_not_generated_yet() {
    let (checked, diagnostics) = check_text(SOCIAL);
    assert!(checked.is_none());
    let codes: Vec<u16> = diagnostics.iter().map(|one| one.code).collect();
    assert!(codes.iter().all(|code| NOT_YET.contains(code)), "{:?}", found(&diagnostics));
    assert_eq!(codes.iter().filter(|code| **code == 891).count(), 3);
    social();
}

#[test]
fn wire_names_follow_the_naming_unless_renamed() {
    let checked = social();
    let wire = |model, field| checked.wire_name(checked.field(model, field).expect("a field"));
    assert_eq!(wire("User", "created_at"), "createdAt");
    assert_eq!(wire("User", "email"), "emailAddress");
    let stats = checked.lookup().query("user_stats").expect("a query");
    let wires: Vec<String> = stats.params.iter().map(|param| checked.lookup().param_wire(param)).collect();
    assert_eq!(wires, ["user_id", "period", "X-Trace-Id"]);
}

#[test]
fn path_parameters_take_the_type_of_their_source() {
    let checked = social();
    let comments = checked.resource("comments").expect("a resource");
    let parameters = checked.path_parameters(comments, &comments.path);
    assert_eq!(parameters.len(), 1);
    assert_eq!((parameters[0].name.as_str(), parameters[0].source), ("post_id", PathSource::Field));
    assert!(matches!(&parameters[0].ty, Type::Model(name, _) if name == "PostId"));
    let delete = comments.mutations.delete.as_ref().and_then(|delete| delete.path.as_ref());
    let parameters = checked.path_parameters(comments, delete.expect("a path of its own"));
    assert_eq!(parameters[0].source, PathSource::Id);
    assert!(matches!(&parameters[0].ty, Type::Model(name, _) if name == "CommentId"));
    assert_eq!(checked.id_field(comments).name.value, "id");
}

#[test]
fn path_parameter_without_a_field_is_the_id_of_the_parent() {
    let text = "schema: 1\napi: { name: app }\nmodels:\n  OrgId: { newtype: string }\n  \
        Org: { id: id, fields: { id: OrgId } }\n  Team: { id: id, fields: { id: u64 } }\n  \
        Seat: { id: id, fields: { id: string } }\nresources:\n  orgs: { model: Org, path: /orgs, get: true }\n  \
        teams: { model: Team, parent: orgs, path: \"/orgs/{org}/teams\", list: true }\n  \
        seats: { model: Seat, parent: teams, path: \"/orgs/{org}/teams/{team}/seats\", list: true }\n";
    let (checked, diagnostics) = check_text(text);
    assert_eq!(found(&diagnostics), Vec::<String>::new());
    let checked = checked.expect("a good schema");
    let seats = checked.resource("seats").expect("a resource");
    let types: Vec<_> = checked
        .path_parameters(seats, &seats.path)
        .into_iter()
        .map(|one| (one.name, one.source, format!("{:?}", one.ty)))
        .collect();
    assert!(types[0].2.contains("OrgId"), "{types:?}");
    assert!(types[1].2.contains("U64"), "{types:?}");
    assert!(types.iter().all(|one| one.1 == PathSource::Parent));
}

#[test]
fn changes_of_a_resource_are_its_update_and_the_rules_on_its_rows() {
    let checked = social();
    let users = checked.resource("users").expect("a resource");
    let changes: Vec<String> = checked
        .changes_of(users)
        .iter()
        .map(|change| match change {
            RowChange::Update(_) => "update".to_owned(),
            RowChange::Rule { variant, .. } => variant.clone(),
        })
        .collect();
    assert_eq!(changes, ["update", "Follow"]);
}

#[test]
fn options_of_a_query_lie_over_the_defaults_member_by_member() {
    let checked = social();
    let users = checked.resource("users").expect("a resource");
    let own = &users.list.as_ref().expect("a list").options;
    let merged = checked.query_options(own);
    let retry = merged.retry.expect("the defaults' retries");
    assert_eq!(retry.max.as_deref(), Some(&3));
    assert_eq!(merged.gc_time.as_deref(), own.gc_time.as_deref());
    let upload = checked.lookup().mutation("upload_avatar").expect("a mutation");
    let merged = checked.mutation_options(&upload.options);
    assert_eq!(merged.retry.and_then(|retry| retry.max.as_deref().copied()), Some(0));
}

#[test]
fn traits_and_boxes_follow_from_the_types() {
    let text = "schema: 1\napi: { name: app }\nmodels:\n  Id: { newtype: u64 }\n  Role: { enum: [a] }\n  \
        Kind: { enum: [a], unknown: other }\n  Tree:\n    id: id\n    fields:\n      id: Id\n      \
        role: Role\n      kind: Kind\n      size: f64\n      up: { type: Tree, optional: true }\n      \
        down: \"[Tree]\"\nresources:\n  trees: { model: Tree, path: /trees, get: true }\n";
    let (checked, diagnostics) = check_text(text);
    assert_eq!(found(&diagnostics), Vec::<String>::new());
    let checked = checked.expect("a good schema");
    let field = |name| checked.field("Tree", name).expect("a field");
    let is = |name: &'static str, wanted| checked.type_is(&field(name).ty, wanted);
    assert!(is("id", Trait::Copy) && is("role", Trait::Copy) && !is("kind", Trait::Copy));
    assert!(is("size", Trait::Copy) && !is("size", Trait::Eq) && is("size", Trait::PartialOrd));
    assert!(!is("down", Trait::Hash) && is("down", Trait::Default) && !is("kind", Trait::Default));
    assert!(checked.is_boxed("Tree", field("up")) && !checked.is_boxed("Tree", field("down")));
}

const ROW: &str = "schema: 1\napi: { name: app }\nmodels:\n  User:\n    id: id\n    fields:\n      \
    id: { type: string, read_only: true }\n      boss: Person\n      created_at: { type: datetime, read_only: true }\n\
    resources:\n  users:\n    model: User\n    path: /users\n    list: true\n    \
    update: { invalidates: [posts.list, query.me, \"users.detail(id)\"] }\n";

#[test]
fn derive_may_name_what_it_cannot_see() {
    let (checked, diagnostics) = check_derive(ROW, |_| ());
    assert_eq!(found(&diagnostics), Vec::<String>::new());
    assert!(checked.is_some());
    let (_, diagnostics) = check_text(ROW);
    assert_eq!(
        found(&diagnostics),
        ["QR0201: unknown type `Person`", "QR0704: unknown resource `posts`", "QR0704: unknown query `me`"]
    );
}

#[test]
fn derive_is_held_to_what_it_shows() {
    let text = ROW.replace("users.detail(id)", "users.detial(id)");
    let (_, diagnostics) = check_derive(&text, |schema| {
        let create =
            "schema: 1\napi: { name: app }\nresources:\n  x: { model: Y, path: /x, create: { optimistic: true } }\n";
        let (other, _, _) = yaml::parse(create, "other.yaml");
        let mut other = other.expect("a map");
        schema.resources[0].mutations.create = other.resources.remove(0).mutations.create;
    });
    assert_eq!(
        found(&diagnostics),
        [
            "QR0601: `User.created_at` is read_only and has no `optimistic` value",
            "QR0704: `detial` is neither a kind of entry nor a relation of `users`"
        ]
    );
    let help = diagnostics.iter().next().and_then(|one| one.help.as_deref());
    assert_eq!(help, Some("write `#[query(read_only, optimistic = now)]`, or `create` without `optimistic`"));
}

#[test]
fn derive_is_not_asked_about_rust_types() {
    let (checked, diagnostics) = check_derive(ROW, |schema| {
        let query_codegen::model::ModelKind::Object(row) = &mut schema.models[0].kind else {
            panic!("the row is an object");
        };
        for field in &mut row.fields {
            field.ty.value = Type::Rust(quote::quote!(Vec<crate::Thing>));
        }
    });
    assert_eq!(found(&diagnostics), Vec::<String>::new());
    assert!(checked.is_some());
}

#[test]
fn hostile_texts_are_refused_or_stay_literals_and_never_panic() {
    const HOSTILE: [&str; 14] = [
        "\"a\\\"b\"",
        "\"x\\ny\"",
        "\"*/ {} ${} #[path]\"",
        "\"evil!()\"",
        "\"\\u202eabc\"",
        "\"\\0\"",
        "\"../../x\"",
        "\"cargo::rustc-link-arg=x\"",
        "self",
        "fn",
        "\"\"",
        "99999999999999999999999999999999999999999999",
        "[[[]]]",
        "{ a: { b: [c] } }",
    ];
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let mut random = fastrand::Rng::with_seed(seed);
    let social: &str = SOCIAL;
    let words: Vec<(usize, &str)> = social
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '$')))
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - social.as_ptr() as usize, word))
        .collect();
    for round in 0..200 {
        let (at, word) = words[random.usize(..words.len())];
        let piece = HOSTILE[random.usize(..HOSTILE.len())];
        let text = format!("{}{piece}{}", &social[..at], &social[at + word.len()..]);
        let (schema, document, mut diagnostics) = yaml::parse(&text, "hostile.yaml");
        let Some(schema) = schema else { continue };
        let checked = check::check(schema, &mut diagnostics);
        assert_eq!(checked.is_some(), !diagnostics.has_errors(), "seed {seed}, round {round}");
        for one in diagnostics.iter().take(3) {
            let line = document.one_line(one);
            assert!(!line.contains('\n'), "seed {seed}, round {round}: {line}");
        }
    }
}
