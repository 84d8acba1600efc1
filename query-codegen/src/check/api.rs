//! Do the API's own settings make sense: address, headers, authentication and errors?

use crate::{
    check::{Lookup, kind::Kind, literal::quoted, lookup::parameters, models::words},
    diagnostics::{Diagnostic, Diagnostics},
    model::{AuthRefresh, EnvText, ErrorBody, ModelKind, Type},
    origin::{Origin, Spanned},
    suggest,
};

/// Headers that the transport writes itself.
const OWN_HEADERS: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "idempotency-key"];

/// Checks the section `api`.
pub(super) fn check(cx: Lookup<'_>, out: &mut Diagnostics) {
    let api = &cx.schema.api;
    if let Some(base) = &api.base_url {
        check_base(base, out);
    }
    check_headers(&api.headers, out);
    if let Some(watermark) = &api.watermark {
        check_header_name(&watermark.header, &watermark.header.origin, out);
    }
    if let Some(refresh) = api.auth.as_ref().and_then(|auth| auth.refresh.as_ref()) {
        check_refresh(refresh, out);
    }
    if let Some(error) = &api.error {
        check_error(cx, error, out);
    }
}

fn check_base(base: &Spanned<EnvText>, out: &mut Diagnostics) {
    check_env(base, 406, out);
    let text = base.default.as_str();
    let rest = ["https://", "http://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let authority = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let problem = if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        Some("has white space")
    } else if text.contains(['?', '#']) {
        Some("has a query string or a fragment")
    } else {
        match authority {
            Some("") => Some("has no host"),
            Some(host) if host.contains('@') => Some("has a user in it"),
            Some(_) => None,
            None if text.starts_with("//") => Some("has no scheme"),
            None if text.starts_with('/') => None,
            None => Some("is neither absolute nor begins with `/`"),
        }
    };
    if let Some(problem) = problem {
        let message = format!("the base URL {} {problem}", quoted(text));
        out.push(Diagnostic::error(406, message, &base.origin).help("write `https://api.example.org` or `/api`"));
    }
}

/// Checks the name of an environment variable.
fn check_env(text: &Spanned<EnvText>, code: u16, out: &mut Diagnostics) {
    let Some(variable) = &text.env else { return };
    let begins = variable.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !begins || !variable.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        let message = format!("{} is not the name of an environment variable", quoted(variable));
        out.push(Diagnostic::error(code, message, &text.origin).help("write letters, digits and `_`: `API_URL`"));
    }
}

fn check_headers(headers: &[(Spanned<String>, Spanned<EnvText>)], out: &mut Diagnostics) {
    for (index, (name, value)) in headers.iter().enumerate() {
        check_header_name(name, &name.origin, out);
        let first = headers[..index].iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        if let Some((first, _)) = first {
            let message = format!("header {} is set twice", quoted(name));
            out.push(
                Diagnostic::error(407, message, &name.origin)
                    .note("it is here first", &first.origin)
                    .help("header names are the same in any case: leave one out"),
            );
        }
        check_env(value, 407, out);
        let bad = value.default.chars().enumerate().find(|(_, c)| {
            // What RFC 9110 allows: visible ASCII, spaces and tabs. A line break would begin a header of its own.
            !(matches!(c, ' '..='~' | '\t'))
        });
        if let Some((column, character)) = bad {
            let at = match value.env {
                None => value.origin.within(column, 1),
                Some(_) => value.origin.clone(),
            };
            let message = format!("a header's value cannot have {character:?}");
            out.push(Diagnostic::error(407, message, &at).help("write visible ASCII characters, spaces and tabs"));
        }
    }
}

/// Checks the name of a header, here or of a parameter.
pub(super) fn check_header_name(name: &str, origin: &Origin, out: &mut Diagnostics) {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let bad = name.chars().enumerate().find(|(_, c)| !token(*c));
    let (message, at) = if name.is_empty() {
        ("a header's name cannot be empty".to_owned(), origin.clone())
    } else if let Some((column, character)) = bad {
        (format!("a header's name cannot have {character:?}"), origin.within(column, 1))
    } else if OWN_HEADERS.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        let message = format!("the transport writes the header {} itself", quoted(name));
        out.push(Diagnostic::error(407, message, origin).help("leave it out"));
        return;
    } else {
        return;
    };
    out.push(Diagnostic::error(407, message, &at).help("write letters, digits and `-`: `X-Client`"));
}

fn check_refresh(refresh: &Spanned<AuthRefresh>, out: &mut Diagnostics) {
    let Some(path) = &refresh.path else {
        out.push(
            Diagnostic::error(408, "`auth.refresh` needs `path`", &refresh.origin.key())
                .help("write `path: /auth/refresh`"),
        );
        return;
    };
    if let Some((name, column)) = parameters(path).next() {
        let message = format!("`{{{name}}}` in the path of `auth.refresh` has no value");
        let at = path.origin.within(column, name.chars().count() + 2);
        out.push(Diagnostic::error(408, message, &at).help("write a path without parameters"));
    }
    for status in refresh.statuses.iter().filter(|status| !(400..500).contains(&status.value)) {
        let message = format!("a refresh at status {} would follow its own answer for ever", status.value);
        out.push(Diagnostic::error(408, message, &status.origin).help("write `statuses: [401]`"));
    }
    if let Some(word) = &refresh.on_failure {
        let legal = ["sign_out", "error"];
        if !legal.contains(&word.value.as_str()) {
            let message = format!("unknown `on_failure` {}", quoted(word));
            out.push(Diagnostic::error(408, message, &word.origin).maybe_help(suggest::help(word, legal)));
        }
    }
}

/// Checks that the parts of an error body that are named are there.
fn check_error(cx: Lookup<'_>, error: &ErrorBody, out: &mut Diagnostics) {
    if let Some((status, _)) = &error.conflict
        && !(400..500).contains(&status.value)
    {
        let message = format!("a conflict is not answered with status {}", status.value);
        out.push(
            Diagnostic::error(410, message, &status.origin).help("write 409 (conflict) or 412 (precondition failed)"),
        );
    }
    let Type::Model(name, _) = &error.ty.value else { return };
    let Some(model) = cx.model(name) else { return };
    let ModelKind::Object(object) = &model.kind else {
        let message = format!("`{name}` has no fields, so it cannot be the body of an error");
        out.push(Diagnostic::error(410, message, &error.ty.origin));
        return;
    };
    let current = error.conflict.as_ref().and_then(|(_, current)| current.as_ref());
    for (field, is_text) in [(&error.message.as_ref(), true), (&current, false)] {
        let Some(word) = field else { continue };
        match object.fields.iter().find(|field| field.name.value == word.value) {
            None if cx.is_broken(&[name, word]) => {}
            None => {
                let message = format!("{} is not a field of `{name}`", quoted(word));
                let help = suggest::help(word, words(&object.fields));
                out.push(Diagnostic::error(410, message, &word.origin).maybe_help(help));
            }
            Some(field) if is_text && !matches!(cx.kind(&field.ty), Kind::Text | Kind::Unknown) => {
                let kind = cx.kind(&field.ty).article();
                let message = format!("`{name}.{}` is {kind}, not a message", word.value);
                out.push(Diagnostic::error(410, message, &word.origin).help("name a field of type `string`"));
            }
            Some(_) => {}
        }
    }
}
