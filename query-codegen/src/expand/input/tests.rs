//! Do inputs have the fields, setters and wire names that they should have?

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use expect_test::{ExpectFile, expect_file};

use crate::{
    expand::{
        context::Cx,
        fixture::{social, users},
        input,
    },
    model::{Schema, UpdateBody},
    render::render,
};

fn check(schema: &Schema, expect: &ExpectFile) {
    let items = input::expand(&Cx::new(schema), &schema.resources[0]);
    expect.assert_eq(&render(&items, "").unwrap());
}

#[test]
fn a_create_and_a_patch_have_inputs() {
    check(&social(), &expect_file!["../../../tests/expected/create_and_patch.txt"]);
}

#[test]
fn a_full_body_has_the_whole_row() {
    let mut schema = social();
    schema.resources = vec![users(UpdateBody::Full)];
    schema.resources[0].mutations.create = None;
    check(&schema, &expect_file!["../../../tests/expected/replace.txt"]);
}
