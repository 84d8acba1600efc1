//! How is a path template filled, and which values would lead astray?

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::scalar::{Rewrite, scalar_text};

/// Every byte but the unreserved ones of RFC 3986.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Percent-encodes every byte but `A-Za-z0-9-_.~`.
pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Fills every place of a template with its parameter, each used exactly once.
pub(super) fn fill(template: &str, given: &[(&'static str, Value)], rewrite: Rewrite<'_>) -> Result<String, String> {
    let mut path = String::with_capacity(template.len() + 32);
    let mut used = vec![false; given.len()];
    let mut rest = template;
    while let Some((literal, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            return Err(format!("the path template `{template}` has a `{{` without `}}`"));
        };
        push_literal(&mut path, literal, template)?;
        push_parameter(&mut path, name, given, &mut used, rewrite)?;
        rest = tail;
    }
    push_literal(&mut path, rest, template)?;
    if let Some(index) = used.iter().position(|used| !used) {
        let name = given[index].0;
        return Err(match given.iter().filter(|(other, _)| *other == name).count() {
            1 => format!("the path `{template}` has no place `{{{name}}}`"),
            _ => format!("the path parameter `{name}` is given twice"),
        });
    }
    check_segments(&path, template)?;
    Ok(path)
}

fn push_parameter(
    path: &mut String,
    name: &str,
    given: &[(&'static str, Value)],
    used: &mut [bool],
    rewrite: Rewrite<'_>,
) -> Result<(), String> {
    let Some(index) = given.iter().position(|(other, _)| *other == name) else {
        return Err(format!("the path parameter `{name}` is missing"));
    };
    if std::mem::replace(&mut used[index], true) {
        return Err(format!("the path has the place `{{{name}}}` twice"));
    }
    let value = rewrite(&given[index].1).map_or(Cow::Borrowed(&given[index].1), Cow::Owned);
    let Some(text) = scalar_text(&value) else {
        return Err(format!("the path parameter `{name}` must be a string, a number or a boolean"));
    };
    // Dots cannot be escaped: every URL parser takes `%2e%2e` for `..` too.
    if matches!(text.as_str(), "" | "." | "..") {
        return Err(format!("the path parameter `{name}` must not be {text:?}: it would name another endpoint"));
    }
    path.push_str(&encode(&text));
    Ok(())
}

/// A template is the programmer's, but it may come from a schema that somebody else wrote.
fn push_literal(path: &mut String, literal: &str, template: &str) -> Result<(), String> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:@/%".contains(&byte);
    if let Some(bad) = literal.chars().find(|c| !u8::try_from(*c).is_ok_and(is_allowed)) {
        return Err(format!("the path template `{}` must not contain {bad:?}", template.escape_debug()));
    }
    path.push_str(literal);
    Ok(())
}

fn check_segments(path: &str, template: &str) -> Result<(), String> {
    let Some(below_root) = path.strip_prefix('/') else {
        return Err(format!("the path template `{template}` must begin with `/`"));
    };
    let last = below_root.split('/').count() - 1;
    for (index, segment) in below_root.split('/').enumerate() {
        if is_dots(segment) {
            return Err(format!("the path template `{template}` must not have the segment {segment:?}"));
        }
        // The root and a slash at the end are paths of their own; an empty segment elsewhere is a slip.
        if segment.is_empty() && index != last {
            return Err(format!("the path template `{template}` has an empty segment"));
        }
    }
    Ok(())
}

/// Returns whether URL parsers take the segment for the current or the parent folder.
fn is_dots(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill_id(template: &str, id: Value) -> Result<String, String> {
        fill(template, &[("id", id)], &|_| None)
    }

    #[test]
    fn every_byte_but_the_unreserved_ones_is_encoded() {
        for (id, path) in [
            (json!("u1"), "/users/u1"),
            (json!(42), "/users/42"),
            (json!(-1), "/users/-1"),
            (json!(true), "/users/true"),
            (json!("a/b"), "/users/a%2Fb"),
            (json!("../x"), "/users/..%2Fx"),
            (json!("%2e%2e"), "/users/%252e%252e"),
            (json!("a?b#c&d=e+f"), "/users/a%3Fb%23c%26d%3De%2Bf"),
            (json!("é \n\\"), "/users/%C3%A9%20%0A%5C"),
            (json!("Az09-_.~"), "/users/Az09-_.~"),
            (json!("..."), "/users/..."),
            (json!("{id}"), "/users/%7Bid%7D"),
        ] {
            assert_eq!(fill_id("/users/{id}", id).as_deref(), Ok(path));
        }
    }

    #[test]
    fn a_filled_path_survives_a_url_parser_unchanged() {
        for id in ["..%2f", "%2e%2e", "a\tb", "\\..\\", ";/?:@&=+$,", "...", ".a", "🦀", "\u{202e}"] {
            let path = fill_id("/v1/users/{id}/posts", json!(id)).unwrap();
            let url = url::Url::parse(&format!("https://example.org{path}")).unwrap();
            assert_eq!(url.path(), path);
            let segments: Vec<&str> = url.path_segments().unwrap().collect();
            assert_eq!(segments.len(), 4);
            let decoded = percent_encoding::percent_decode_str(segments[2]).decode_utf8().unwrap();
            assert_eq!(decoded, id);
        }
    }

    #[test]
    fn values_that_name_another_endpoint_are_refused() {
        for id in [json!(""), json!("."), json!(".."), json!(null), json!([1]), json!({"a": 1})] {
            let error = fill_id("/users/{id}", id.clone()).unwrap_err();
            assert!(error.contains("`id` must"), "{id}: {error}");
        }
        assert!(fill("/files/{a}{b}", &[("a", json!(".")), ("b", json!("."))], &|_| None).is_err());
    }

    #[test]
    fn every_place_is_filled_exactly_once() {
        let none = |_: &Value| None;
        let one = [("id", json!(1))];
        let error = |template: &str, given: &[(&'static str, Value)]| fill(template, given, &none).unwrap_err();
        assert!(error("/a/{id}/{other}", &one).contains("`other` is missing"));
        assert!(error("/a", &one).contains("has no place `{id}`"));
        assert!(error("/a/{id}/{id}", &one).contains("twice"));
        assert!(error("/a/{id}", &[("id", json!(1)), ("id", json!(2))]).contains("given twice"));
        assert!(error("/a/{id", &one).contains("without"));
    }

    #[test]
    fn templates_that_leave_the_server_are_refused() {
        for template in [
            "",
            "users",
            "@evil.com/x",
            ".evil.com",
            "//evil.com",
            "https://evil.com",
            "/\\evil.com",
            "\thttps://evil.com",
            "/a/../b",
            "/a/%2E%2e/b",
            "/a/./b",
            "/a//b",
            "/a?b=c",
            "/a#b",
            "/a b",
            "/é",
            "/a}",
        ] {
            assert!(fill(template, &[], &|_| None).is_err(), "{template}");
        }
        for template in ["/", "/users", "/users/", "/@me", "/v1/users:batch", "/a.b/c~d"] {
            assert_eq!(fill(template, &[], &|_| None).as_deref(), Ok(template));
        }
    }

    #[test]
    fn a_temporary_id_is_replaced_before_it_is_checked_and_encoded() {
        let rewrite = |value: &Value| (value == &json!("temp-1")).then(|| json!("real/1"));
        let given = [("id", json!("temp-1"))];
        assert_eq!(fill("/users/{id}", &given, &rewrite).as_deref(), Ok("/users/real%2F1"));
        let to_dots = |_: &Value| Some(json!(".."));
        assert!(fill("/users/{id}", &given, &to_dots).is_err());
    }
}
