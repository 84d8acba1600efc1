//! Do inputs have the fields, setters and wire names that they should have?

use expect_test::{Expect, expect};

use crate::{
    expand::{
        context::Cx,
        fixture::{social, users},
        input,
    },
    model::{Schema, UpdateBody},
    render::render,
};

fn check(schema: &Schema, expect: &Expect) {
    let items = input::expand(&Cx::new(schema), &schema.resources[0]);
    expect.assert_eq(&render(&items, "").unwrap());
}

#[test]
fn a_create_and_a_patch_have_inputs() {
    check(
        &social(),
        &expect![[r#"
            /// What is sent to create a `User`.
            ///
            /// Source: `schemas/social.yaml`, `resources.users.create`.
            #[derive(Clone, Debug, PartialEq, ::query_runtime::__private::serde::Serialize)]
            #[serde(crate = "::query_runtime::__private::serde", rename_all = "camelCase")]
            pub struct NewUser {
                /// `name` on the wire.
                ///
                /// 1 to 80 characters.
                pub name: ::std::string::String,
                /// `emailAddress` on the wire.
                #[serde(rename = "emailAddress")]
                pub email: ::std::string::String,
                /// `role` on the wire.
                ///
                /// Default: `Viewer`.
                pub role: Role,
                /// `bio` on the wire.
                #[serde(skip_serializing_if = "::query_runtime::Maybe::is_absent")]
                pub bio: ::query_runtime::Maybe<::std::string::String>,
                /// `age` on the wire.
                pub age: ::core::option::Option<u32>,
                /// `referrer` on the wire.
                #[serde(skip_serializing_if = "::core::option::Option::is_none")]
                pub referrer: ::core::option::Option<::std::boxed::Box<User>>,
                /// `password` on the wire.
                pub password: ::std::string::String,
                /// `signupCode` on the wire.
                #[serde(skip_serializing_if = "::core::option::Option::is_none")]
                pub signup_code: ::core::option::Option<::std::string::String>,
                /// `type` on the wire.
                pub r#type: ::std::string::String,
            }

            impl NewUser {
                /// Makes one from what it cannot do without; the other fields have setters.
                #[must_use]
                pub fn new(
                    name: impl ::core::convert::Into<::std::string::String>,
                    email: impl ::core::convert::Into<::std::string::String>,
                    password: impl ::core::convert::Into<::std::string::String>,
                    r#type: impl ::core::convert::Into<::std::string::String>,
                ) -> Self {
                    Self {
                        name: name.into(),
                        email: email.into(),
                        role: Role::Viewer,
                        bio: ::query_runtime::Maybe::Absent,
                        age: ::core::option::Option::None,
                        referrer: ::core::option::Option::None,
                        password: password.into(),
                        signup_code: ::core::option::Option::None,
                        r#type: r#type.into(),
                    }
                }

                /// Sets `role`.
                #[must_use]
                pub fn role(mut self, role: impl ::core::convert::Into<Role>) -> Self {
                    self.role = role.into();
                    self
                }

                /// Sets `bio`; `None` is `null`.
                #[must_use]
                pub fn bio(
                    mut self,
                    bio: impl ::core::convert::Into<::query_runtime::Maybe<::std::string::String>>,
                ) -> Self {
                    self.bio = bio.into();
                    self
                }

                /// Sets `age`; `None` is `null`.
                #[must_use]
                pub fn age(
                    mut self,
                    age: impl ::core::convert::Into<::core::option::Option<u32>>,
                ) -> Self {
                    self.age = age.into();
                    self
                }

                /// Sets `referrer`.
                #[must_use]
                pub fn referrer(
                    mut self,
                    referrer: impl ::core::convert::Into<::std::boxed::Box<User>>,
                ) -> Self {
                    self.referrer = ::core::option::Option::Some(referrer.into());
                    self
                }

                /// Sets `signupCode`.
                #[must_use]
                pub fn signup_code(
                    mut self,
                    signup_code: impl ::core::convert::Into<::std::string::String>,
                ) -> Self {
                    self.signup_code = ::core::option::Option::Some(signup_code.into());
                    self
                }
            }

            /// Changes of a `User`; what is not set stays as it is.
            ///
            /// Source: `schemas/social.yaml`, `resources.users.update`.
            #[derive(Clone, Debug, Default, PartialEq, ::query_runtime::__private::serde::Serialize)]
            #[serde(crate = "::query_runtime::__private::serde")]
            pub struct UserPatch {
                /// `name` on the wire.
                ///
                /// 1 to 80 characters.
                #[serde(skip_serializing_if = "::query_runtime::Patch::is_keep")]
                pub name: ::query_runtime::Patch<::std::string::String>,
                /// `emailAddress` on the wire.
                #[serde(
                    rename = "emailAddress",
                    skip_serializing_if = "::query_runtime::Patch::is_keep"
                )]
                pub email: ::query_runtime::Patch<::std::string::String>,
                /// `role` on the wire.
                #[serde(skip_serializing_if = "::query_runtime::Patch::is_keep")]
                pub role: ::query_runtime::Patch<Role>,
                /// `bio` on the wire.
                #[serde(skip_serializing_if = "::query_runtime::NullablePatch::is_keep")]
                pub bio: ::query_runtime::NullablePatch<::std::string::String>,
                /// `age` on the wire.
                #[serde(skip_serializing_if = "::query_runtime::NullablePatch::is_keep")]
                pub age: ::query_runtime::NullablePatch<u32>,
                /// `referrer` on the wire.
                #[serde(skip_serializing_if = "::query_runtime::Patch::is_keep")]
                pub referrer: ::query_runtime::Patch<::std::boxed::Box<User>>,
                /// `password` on the wire.
                #[serde(skip_serializing_if = "::query_runtime::Patch::is_keep")]
                pub password: ::query_runtime::Patch<::std::string::String>,
            }

            impl UserPatch {
                /// Makes one that changes nothing.
                #[must_use]
                pub fn new() -> Self {
                    <Self as ::core::default::Default>::default()
                }

                /// Sets `name`.
                #[must_use]
                pub fn name(
                    mut self,
                    name: impl ::core::convert::Into<::std::string::String>,
                ) -> Self {
                    self.name = ::query_runtime::Patch::Set(name.into());
                    self
                }

                /// Sets `emailAddress`.
                #[must_use]
                pub fn email(
                    mut self,
                    email: impl ::core::convert::Into<::std::string::String>,
                ) -> Self {
                    self.email = ::query_runtime::Patch::Set(email.into());
                    self
                }

                /// Sets `role`.
                #[must_use]
                pub fn role(mut self, role: impl ::core::convert::Into<Role>) -> Self {
                    self.role = ::query_runtime::Patch::Set(role.into());
                    self
                }

                /// Sets `bio`; `None` is `null`.
                #[must_use]
                pub fn bio(
                    mut self,
                    bio: impl ::core::convert::Into<
                        ::query_runtime::NullablePatch<::std::string::String>,
                    >,
                ) -> Self {
                    self.bio = bio.into();
                    self
                }

                /// Sets `age`; `None` is `null`.
                #[must_use]
                pub fn age(
                    mut self,
                    age: impl ::core::convert::Into<::query_runtime::NullablePatch<u32>>,
                ) -> Self {
                    self.age = age.into();
                    self
                }

                /// Sets `referrer`.
                #[must_use]
                pub fn referrer(
                    mut self,
                    referrer: impl ::core::convert::Into<::std::boxed::Box<User>>,
                ) -> Self {
                    self.referrer = ::query_runtime::Patch::Set(referrer.into());
                    self
                }

                /// Sets `password`.
                #[must_use]
                pub fn password(
                    mut self,
                    password: impl ::core::convert::Into<::std::string::String>,
                ) -> Self {
                    self.password = ::query_runtime::Patch::Set(password.into());
                    self
                }

                /// Makes the changes that are set in a `User`.
                pub fn apply(&self, row: &mut User) {
                    self.name.apply(&mut row.name);
                    self.email.apply(&mut row.email);
                    self.role.apply(&mut row.role);
                    self.bio.apply_maybe(&mut row.bio);
                    self.age.apply_option(&mut row.age);
                    self.referrer.apply_option(&mut row.referrer);
                }
            }
        "#]],
    );
}

#[test]
fn a_full_body_has_the_whole_row() {
    let mut schema = social();
    schema.resources = vec![users(UpdateBody::Full)];
    schema.resources[0].mutations.create = None;
    check(
        &schema,
        &expect![[r#"
            /// The whole of a `User` that a client may write.
            ///
            /// Source: `schemas/social.yaml`, `resources.users.update`.
            #[derive(Clone, Debug, PartialEq, ::query_runtime::__private::serde::Serialize)]
            #[serde(crate = "::query_runtime::__private::serde")]
            pub struct UserReplace {
                /// `name` on the wire.
                ///
                /// 1 to 80 characters.
                pub name: ::std::string::String,
                /// `emailAddress` on the wire.
                #[serde(rename = "emailAddress")]
                pub email: ::std::string::String,
                /// `role` on the wire.
                ///
                /// Default: `Viewer`.
                pub role: Role,
                /// `bio` on the wire.
                #[serde(skip_serializing_if = "::query_runtime::Maybe::is_absent")]
                pub bio: ::query_runtime::Maybe<::std::string::String>,
                /// `age` on the wire.
                pub age: ::core::option::Option<u32>,
                /// `referrer` on the wire.
                #[serde(skip_serializing_if = "::core::option::Option::is_none")]
                pub referrer: ::core::option::Option<::std::boxed::Box<User>>,
                /// `password` on the wire.
                pub password: ::std::string::String,
                /// `type` on the wire.
                pub r#type: ::std::string::String,
            }

            impl UserReplace {
                /// Makes one from what it cannot do without; the other fields have setters.
                #[must_use]
                pub fn new(
                    name: impl ::core::convert::Into<::std::string::String>,
                    email: impl ::core::convert::Into<::std::string::String>,
                    password: impl ::core::convert::Into<::std::string::String>,
                    r#type: impl ::core::convert::Into<::std::string::String>,
                ) -> Self {
                    Self {
                        name: name.into(),
                        email: email.into(),
                        role: Role::Viewer,
                        bio: ::query_runtime::Maybe::Absent,
                        age: ::core::option::Option::None,
                        referrer: ::core::option::Option::None,
                        password: password.into(),
                        r#type: r#type.into(),
                    }
                }

                /// Sets `role`.
                #[must_use]
                pub fn role(mut self, role: impl ::core::convert::Into<Role>) -> Self {
                    self.role = role.into();
                    self
                }

                /// Sets `bio`; `None` is `null`.
                #[must_use]
                pub fn bio(
                    mut self,
                    bio: impl ::core::convert::Into<::query_runtime::Maybe<::std::string::String>>,
                ) -> Self {
                    self.bio = bio.into();
                    self
                }

                /// Sets `age`; `None` is `null`.
                #[must_use]
                pub fn age(
                    mut self,
                    age: impl ::core::convert::Into<::core::option::Option<u32>>,
                ) -> Self {
                    self.age = age.into();
                    self
                }

                /// Sets `referrer`.
                #[must_use]
                pub fn referrer(
                    mut self,
                    referrer: impl ::core::convert::Into<::std::boxed::Box<User>>,
                ) -> Self {
                    self.referrer = ::core::option::Option::Some(referrer.into());
                    self
                }
            }

            impl UserReplace {
                /// Gives a `User` these values.
                pub fn apply(&self, row: &mut User) {
                    row.name.clone_from(&self.name);
                    row.email.clone_from(&self.email);
                    row.role.clone_from(&self.role);
                    row.bio.clone_from(&self.bio);
                    row.age.clone_from(&self.age);
                    row.referrer.clone_from(&self.referrer);
                    row.r#type.clone_from(&self.r#type);
                }
            }
        "#]],
    );
}
