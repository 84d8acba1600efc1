//! Which schemas pass, and what stays silent about what?

use query_codegen::{
    check::{self, Checked},
    diagnostics::Diagnostics,
    yaml,
};

const SOCIAL: &str = include_str!("../../../schemas/social.yaml");

/// Reads and checks a schema. Returns it if it passes, and what is shown.
fn checked(text: &str) -> (Option<Checked>, Diagnostics, String) {
    let (schema, document, mut diagnostics) = yaml::parse(text, "schema.yaml");
    let checked = schema.and_then(|schema| check::check(schema, &mut diagnostics));
    document.sort(&mut diagnostics);
    let shown = document.render_all(&diagnostics);
    (checked, diagnostics, shown)
}

#[test]
fn social() {
    let (_, _, shown) = checked(SOCIAL);
    println!("{shown}");
}
