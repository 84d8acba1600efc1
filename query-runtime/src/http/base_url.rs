//! Where does an API live, and does a finished URL still lie there?

use url::Url;

use crate::error::QueryError;

/// A checked base URL without a slash at its end.
#[derive(Clone, Debug)]
pub(super) struct BaseUrl {
    text: String,
    origin: url::Origin,
}

impl BaseUrl {
    /// Reads a base URL. No message repeats the URL: it may hold a password.
    pub(super) fn parse(text: &str) -> Result<Self, QueryError> {
        let url = if text.starts_with('/') { below_the_page(text)? } else { Url::parse(text).map_err(unreadable)? };
        let problem = if !matches!(url.scheme(), "http" | "https") {
            Some("it must begin with `https://` or `http://`")
        } else if url.host_str().is_none_or(str::is_empty) {
            Some("it has no host")
        } else if !url.username().is_empty() || url.password().is_some() {
            Some("it must not hold a user name or a password: use `.header(…)` or `.bearer(…)`")
        } else if url.query().is_some() {
            Some("it must not have a query string")
        } else if url.fragment().is_some() {
            Some("it must not have a fragment")
        } else {
            None
        };
        match problem {
            Some(problem) => Err(invalid(problem)),
            None => Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), origin: url.origin() }),
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns whether a URL has the same scheme, host and port.
    pub(super) fn is_origin_of(&self, url: &Url) -> bool {
        url.origin() == self.origin
    }

    /// Puts a path and a query below the base.
    ///
    /// Joining texts sends `@evil.com` and `.evil.com` elsewhere, and `Url::join` sends `//evil.com` there. So the path must begin
    /// with one slash, and the finished URL must be, character for character, what was meant: then no parser took a part of it
    /// for something else, and no segment was dropped.
    pub(super) fn join(&self, path_and_query: &str) -> Result<Url, QueryError> {
        let leaves = || QueryError::invalid_request("the path is not encoded, or would leave the base URL");
        if !path_and_query.starts_with('/') || path_and_query.starts_with("//") {
            return Err(leaves());
        }
        let meant = format!("{}{path_and_query}", self.text);
        let url = Url::parse(&meant).map_err(|_| leaves())?;
        if !self.is_origin_of(&url) || url.as_str() != meant || url.fragment().is_some() {
            return Err(leaves());
        }
        Ok(url)
    }
}

fn invalid(problem: &str) -> QueryError {
    QueryError::invalid_request(format!("the base URL cannot be used: {problem}"))
}

fn unreadable(error: url::ParseError) -> QueryError {
    match error {
        url::ParseError::RelativeUrlWithoutBase => invalid("it must be whole, such as `https://api.example.org/v1`"),
        error => invalid(&error.to_string()),
    }
}

#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
fn below_the_page(_: &str) -> Result<Url, QueryError> {
    Err(invalid("only in the browser, where there is a page to be below, may it begin with `/`"))
}

/// Resolves a path against the page, or the script of a worker.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
fn below_the_page(path: &str) -> Result<Url, QueryError> {
    use wasm_bindgen_futures::js_sys::{Reflect, global};

    let no_page = || invalid("there is no page that it could be below");
    let location = Reflect::get(global().as_ref(), &"location".into()).map_err(|_| no_page())?;
    let origin =
        Reflect::get(&location, &"origin".into()).ok().and_then(|origin| origin.as_string()).ok_or_else(no_page)?;
    // `//host` would be another server.
    if path.starts_with("//") || path.contains('\\') {
        return Err(invalid("a path begins with one `/`"));
    }
    Url::parse(&format!("{origin}{path}")).map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_normalised() {
        for (given, kept) in [
            ("https://api.example.org", "https://api.example.org"),
            ("https://api.example.org/", "https://api.example.org"),
            ("HTTPS://API.example.org:443/v1/", "https://api.example.org/v1"),
            ("http://127.0.0.1:8080/api//", "http://127.0.0.1:8080/api"),
            ("http://intranet/api", "http://intranet/api"),
        ] {
            assert_eq!(BaseUrl::parse(given).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn unusable_base_urls_are_refused_without_being_repeated() {
        for given in [
            "https://canary:secret@api.example.org",
            "https://canary@api.example.org",
            "https://api.example.org/?token=canary",
            "https://api.example.org/?",
            "https://api.example.org/#canary",
            "ftp://api.example.org",
            "file:///etc/canary",
            "javascript:canary",
            "api.example.org",
            "//api.example.org",
            "/api",
            "",
            "https://",
            "https://[canary",
        ] {
            let error = BaseUrl::parse(given).expect_err(given);
            assert!(error.is_invalid_request(), "{given}");
            assert!(!format!("{error} {error:?}").contains("canary"), "{given}: {error:?}");
        }
    }

    #[test]
    fn paths_are_put_below_the_base() {
        let base = BaseUrl::parse("https://api.example.org/v1/").unwrap();
        for path in ["/", "/users", "/users/u%201?a=b&c=%3F%23", "/users/..%2Fx", "/users/%252e%252e", "/a;b=c,d/@me"] {
            assert_eq!(base.join(path).unwrap().as_str(), format!("https://api.example.org/v1{path}"));
        }
    }

    #[test]
    fn paths_that_lead_elsewhere_are_refused() {
        for text in ["https://api.example.org", "https://api.example.org/v1"] {
            let base = BaseUrl::parse(text).unwrap();
            for path in [
                "",
                "users",
                "@evil.com/x",
                ".evil.com",
                "//evil.com",
                "https://evil.com",
                "/\\evil.com",
                "\thttps://evil.com",
                "/a/../../evil",
                "/%2e%2e/evil",
                "/a/./b",
                "/a\\b",
                "/a b",
                "/a\nb",
                "/a#b",
                ":80@evil.com/",
            ] {
                let error = base.join(path).expect_err(path);
                assert!(error.is_invalid_request(), "{path}");
            }
        }
    }
}
