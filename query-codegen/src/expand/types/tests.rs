//! Does each kind of model look as it should, whatever its texts are?

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use expect_test::{ExpectFile, expect_file};

use crate::{
    expand::{
        context::Cx,
        fixture::{at, field, model, model_ty, object, schema, string, user_fields},
        types,
    },
    model::{EnumModel, EnumValue, Literal, Model, ModelKind, Presence, Type, UnionModel, UnionVariant, VariantBody},
    render::render,
};

fn value(wire: &str) -> EnumValue {
    EnumValue { wire: at(wire.to_owned()), name: None, doc: None, deprecated: None }
}

fn role(keep_unknown: bool) -> Model {
    let values = vec![value("admin"), value("read_only")];
    model("Role", ModelKind::Enum(EnumModel { values, keep_unknown }))
}

fn user_id() -> Model {
    model("UserId", ModelKind::Newtype(at(string())))
}

fn check(models: Vec<Model>, name: &str, expect: &ExpectFile) {
    let schema = schema(models);
    let cx = Cx::new(&schema);
    let items = types::items(&cx, cx.model(name).unwrap());
    expect.assert_eq(&render(&items, "").unwrap());
}

#[test]
fn a_struct_holds_what_answers_hold() {
    check(
        vec![object("User", user_fields()), role(true), user_id()],
        "User",
        &expect_file!["../../../tests/expected/object.txt"],
    );
}

#[test]
fn an_enum_keeps_unknown_values_if_asked() {
    check(vec![role(true)], "Role", &expect_file!["../../../tests/expected/enum_open.txt"]);
}

#[test]
fn a_closed_enum_refuses_unknown_values() {
    check(vec![role(false)], "Role", &expect_file!["../../../tests/expected/enum_closed.txt"]);
}

#[test]
fn a_newtype_converts_from_what_it_holds() {
    check(vec![user_id()], "UserId", &expect_file!["../../../tests/expected/newtype.txt"]);
}

#[test]
fn a_union_is_tagged_inside() {
    let image = UnionVariant {
        wire: at("image".to_owned()),
        body: VariantBody::Fields(vec![
            field("url", string()),
            field("alt_text", string()),
            field("inner", model_ty("Attachment")),
        ]),
        doc: Some("A picture.".to_owned()),
    };
    let poll =
        UnionVariant { wire: at("poll-v2".to_owned()), body: VariantBody::Model(at("Poll".to_owned())), doc: None };
    let union = UnionModel { tag: at("kind".to_owned()), variants: vec![image, poll] };
    let models = vec![model("Attachment", ModelKind::Union(union)), object("Poll", vec![field("q", string())])];
    check(models, "Attachment", &expect_file!["../../../tests/expected/union.txt"]);
}

#[test]
fn only_fields_that_close_a_circle_are_boxed() {
    let optional = |name: &str, ty| crate::model::FieldDef { presence: Presence::Optional, ..field(name, ty) };
    let models = vec![
        object("A", vec![optional("b", model_ty("B")), optional("c", model_ty("C"))]),
        object("B", vec![field("a", model_ty("A"))]),
        object("C", vec![field("x", Type::List(Box::new(model_ty("A"))))]),
    ];
    let schema = schema(models);
    let cx = Cx::new(&schema);
    let text: Vec<String> = types::expand(&cx).iter().map(|item| item.to_string().replace(' ', "")).collect();
    assert!(text[0].contains("b:::core::option::Option<::std::boxed::Box<B>>"), "{}", text[0]);
    assert!(text[0].contains("c:::core::option::Option<C>"), "{}", text[0]);
    assert!(text[1].contains("a:A"), "{}", text[1]);
}

#[test]
fn hostile_texts_never_become_code() {
    let hostile = [
        "\"",
        "\n",
        "*/",
        "{}",
        "${x}",
        "#[x]",
        "}; fn injected() {} //",
        "evil!()",
        "\u{202e}",
        "\0",
        "```",
        "cargo::rustc-link-arg=x",
        "\\",
        "r#\"",
        "'",
    ];
    for text in hostile {
        let mut user = object("User", user_fields());
        user.doc = Some(text.to_owned());
        user.deprecated = Some(text.to_owned());
        user.source = text.to_owned();
        let ModelKind::Object(object) = &mut user.kind else { unreachable!() };
        for field in &mut object.fields {
            field.doc = Some(text.to_owned());
            field.rename = Some(at(text.to_owned()));
            field.pattern = Some(at(text.to_owned()));
            if field.default.is_some() {
                field.default = Some(at(Literal::String(text.to_owned())));
            }
        }
        let mut role = role(true);
        let ModelKind::Enum(choice) = &mut role.kind else { unreachable!() };
        choice.values[0].doc = Some(text.to_owned());
        choice.values[0].wire = at(format!("a{text}"));
        let mut schema = schema(vec![user, role, user_id()]);
        schema.resources.push(crate::expand::fixture::users(crate::model::UpdateBody::Patch));
        let items = crate::expand::in_order(&schema);
        let file: syn::File = syn::parse2(items.iter().cloned().collect()).unwrap();
        let plain = crate::expand::in_order(&crate::expand::fixture::social());
        let expected: syn::File = syn::parse2(plain.iter().cloned().collect()).unwrap();
        assert_eq!(file.items.len(), expected.items.len(), "{text:?}");
        let printed = render(&items, "").unwrap();
        assert_eq!(syn::parse_file(&printed).unwrap().items.len(), file.items.len(), "{text:?}");
        for line in printed.lines().map(str::trim_start) {
            assert!(!line.starts_with("fn injected"), "{text:?}");
        }
    }
}
