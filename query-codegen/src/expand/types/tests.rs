//! Does each kind of model look as it should, whatever its texts are?

use expect_test::{Expect, expect};

use crate::{
    expand::{
        context::Cx,
        fixture::{at, field, model, model_ty, object, schema, string, user_fields},
        types,
    },
    model::{
        EnumModel, EnumValue, Literal, Model, ModelKind, Presence, Type, UnionModel, UnionVariant,
        VariantBody,
    },
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

fn check(models: Vec<Model>, name: &str, expect: &Expect) {
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
        &expect![[r#"
        /// `User` of the API.
        ///
        /// Source: `schemas/social.yaml`, `models.User`.
        #[derive(
            Clone,
            Debug,
            PartialEq,
            ::query_runtime::__private::serde::Serialize,
            ::query_runtime::__private::serde::Deserialize
        )]
        #[serde(crate = "::query_runtime::__private::serde", rename_all = "camelCase")]
        pub struct User {
            /// `id` on the wire.
            ///
            /// Only the server writes it.
            pub id: UserId,
            /// `name` on the wire.
            ///
            /// 1 to 80 characters.
            pub name: ::std::string::String,
            /// `emailAddress` on the wire.
            #[serde(rename = "emailAddress")]
            pub email: ::std::string::String,
            /// `role` on the wire.
            pub role: Role,
            /// `bio` on the wire.
            #[serde(default, skip_serializing_if = "::query_runtime::Maybe::is_absent")]
            pub bio: ::query_runtime::Maybe<::std::string::String>,
            /// `age` on the wire.
            pub age: ::core::option::Option<u32>,
            /// `referrer` on the wire.
            #[serde(skip_serializing_if = "::core::option::Option::is_none")]
            pub referrer: ::core::option::Option<::std::boxed::Box<User>>,
            /// `type` on the wire.
            pub r#type: ::std::string::String,
            /// `postCount` on the wire.
            ///
            /// Only the server writes it.
            #[deprecated(note = "use posts.total")]
            pub post_count: u64,
            /// `createdAt` on the wire.
            ///
            /// Only the server writes it.
            pub created_at: ::query_runtime::DateTime,
        }
    "#]],
    );
}

#[test]
fn an_enum_keeps_unknown_values_if_asked() {
    check(
        vec![role(true)],
        "Role",
        &expect![[r#"
            /// One of the values of `Role`.
            ///
            /// Source: `schemas/social.yaml`, `models.Role`.
            #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub enum Role {
                /// `admin` on the wire.
                Admin,
                /// `read_only` on the wire.
                ReadOnly,
                /// A value that the schema does not name, as it came.
                Other(::std::string::String),
            }

            impl Role {
                /// The values that the schema names, in its order.
                pub const ALL: &'static [Self] = &[Self::Admin, Self::ReadOnly];

                /// Returns the value as it is on the wire.
                pub fn as_str(&self) -> &str {
                    match self {
                        Self::Admin => "admin",
                        Self::ReadOnly => "read_only",
                        Self::Other(text) => text,
                    }
                }
            }

            impl ::core::fmt::Display for Role {
                fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    formatter.pad(self.as_str())
                }
            }

            impl ::core::convert::From<::std::string::String> for Role {
                fn from(text: ::std::string::String) -> Self {
                    match text.as_str() {
                        "admin" => Self::Admin,
                        "read_only" => Self::ReadOnly,
                        _ => Self::Other(text),
                    }
                }
            }

            impl ::query_runtime::__private::serde::Serialize for Role {
                fn serialize<S: ::query_runtime::__private::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }

            impl<'de> ::query_runtime::__private::serde::Deserialize<'de> for Role {
                fn deserialize<D: ::query_runtime::__private::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    let text: ::std::string::String = ::query_runtime::__private::serde::Deserialize::deserialize(
                        deserializer,
                    )?;
                    ::core::result::Result::Ok(::core::convert::From::from(text))
                }
            }
        "#]],
    );
}

#[test]
fn a_closed_enum_refuses_unknown_values() {
    check(
        vec![role(false)],
        "Role",
        &expect![[r#"
            /// One of the values of `Role`.
            ///
            /// Source: `schemas/social.yaml`, `models.Role`.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub enum Role {
                /// `admin` on the wire.
                Admin,
                /// `read_only` on the wire.
                ReadOnly,
            }

            impl Role {
                /// The values that the schema names, in its order.
                pub const ALL: &'static [Self] = &[Self::Admin, Self::ReadOnly];

                /// Returns the value as it is on the wire.
                pub fn as_str(&self) -> &str {
                    match self {
                        Self::Admin => "admin",
                        Self::ReadOnly => "read_only",
                    }
                }
            }

            impl ::core::fmt::Display for Role {
                fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    formatter.pad(self.as_str())
                }
            }

            impl ::query_runtime::__private::serde::Serialize for Role {
                fn serialize<S: ::query_runtime::__private::serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }

            impl<'de> ::query_runtime::__private::serde::Deserialize<'de> for Role {
                fn deserialize<D: ::query_runtime::__private::serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::core::result::Result<Self, D::Error> {
                    let text: ::std::string::String = ::query_runtime::__private::serde::Deserialize::deserialize(
                        deserializer,
                    )?;
                    ::core::result::Result::Ok(
                        match text.as_str() {
                            "admin" => Self::Admin,
                            "read_only" => Self::ReadOnly,
                            other => {
                                return ::core::result::Result::Err(
                                    ::query_runtime::__private::serde::de::Error::unknown_variant(
                                        other,
                                        &["admin", "read_only"],
                                    ),
                                );
                            }
                        },
                    )
                }
            }
        "#]],
    );
}

#[test]
fn a_newtype_converts_from_what_it_holds() {
    check(
        vec![user_id()],
        "UserId",
        &expect![[r#"
        /// A `String` that cannot be mistaken for another one.
        ///
        /// Source: `schemas/social.yaml`, `models.UserId`.
        #[derive(
            Clone,
            Debug,
            PartialEq,
            Eq,
            Hash,
            PartialOrd,
            Ord,
            ::query_runtime::__private::serde::Serialize,
            ::query_runtime::__private::serde::Deserialize
        )]
        #[serde(crate = "::query_runtime::__private::serde", transparent)]
        pub struct UserId(pub ::std::string::String);

        impl ::core::fmt::Display for UserId {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl ::core::convert::From<::std::string::String> for UserId {
            fn from(value: ::std::string::String) -> Self {
                Self(value)
            }
        }

        impl ::core::convert::From<&str> for UserId {
            fn from(value: &str) -> Self {
                Self(::std::borrow::ToOwned::to_owned(value))
            }
        }
    "#]],
    );
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
    let poll = UnionVariant {
        wire: at("poll-v2".to_owned()),
        body: VariantBody::Model(at("Poll".to_owned())),
        doc: None,
    };
    let union = UnionModel { tag: at("kind".to_owned()), variants: vec![image, poll] };
    let models = vec![
        model("Attachment", ModelKind::Union(union)),
        object("Poll", vec![field("q", string())]),
    ];
    check(
        models,
        "Attachment",
        &expect![[r#"
        /// One of several objects, told apart by `kind`.
        ///
        /// Source: `schemas/social.yaml`, `models.Attachment`.
        #[derive(
            Clone,
            Debug,
            PartialEq,
            ::query_runtime::__private::serde::Serialize,
            ::query_runtime::__private::serde::Deserialize
        )]
        #[serde(
            crate = "::query_runtime::__private::serde",
            tag = "kind",
            rename_all = "kebab-case",
            rename_all_fields = "camelCase"
        )]
        pub enum Attachment {
            /// A picture.
            Image {
                /// `url` on the wire.
                url: ::std::string::String,
                /// `altText` on the wire.
                alt_text: ::std::string::String,
                /// `inner` on the wire.
                inner: ::std::boxed::Box<Attachment>,
            },
            /// `poll-v2` on the wire.
            PollV2(Poll),
        }
    "#]],
    );
}

#[test]
fn only_fields_that_close_a_circle_are_boxed() {
    let optional =
        |name: &str, ty| crate::model::FieldDef { presence: Presence::Optional, ..field(name, ty) };
    let models = vec![
        object("A", vec![optional("b", model_ty("B")), optional("c", model_ty("C"))]),
        object("B", vec![field("a", model_ty("A"))]),
        object("C", vec![field("x", Type::List(Box::new(model_ty("A"))))]),
    ];
    let schema = schema(models);
    let cx = Cx::new(&schema);
    let text: Vec<String> =
        types::expand(&cx).iter().map(|item| item.to_string().replace(' ', "")).collect();
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
