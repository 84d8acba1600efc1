//! Which request does a URL mean?

use serde_json::Value;

use crate::key::UrlParts;
use crate::transport::Method;

use super::describe::Request;
use super::path::encode;
use super::query::Given;

impl Request {
    /// Describes a `GET` of a URL below the API, such as `/users?role=admin`; its parameters are sent sorted by name.
    ///
    /// The path is taken as text: prefer [`get`](Self::get) with `{places}` where a path is put together of values.
    pub fn url(url: &str) -> Self {
        let Some(parts) = UrlParts::of(url) else {
            return Self::get("").refused("the URL must begin with one `/` and lie below the API");
        };
        let path: String = parts.path.iter().flat_map(|step| ["/".to_owned(), encode(step)]).collect();
        let mut request = Self::new(Method::Get, path);
        for (name, values) in parts.query {
            let value = Value::Array(values.into_iter().map(Value::String).collect());
            request = request.given(name, Given { value, comma: false });
        }
        request
    }
}

#[cfg(test)]
mod tests {
    use super::Request;

    #[test]
    fn url_is_sent_in_one_canonical_form() {
        for (url, sent) in [
            ("/users", "/users"),
            ("/users/", "/users/"),
            ("/users?role=admin&page=2", "/users?page=2&role=admin"),
            ("/users?tag=b&tag=a&empty=", "/users?empty=&tag=b&tag=a"),
            ("/files/a%2Fb?q=a+b%26", "/files/a%2Fb?q=a%20b%26"),
            ("/users/../posts", "/posts"),
            ("/{id}", "/%7Bid%7D"),
        ] {
            assert_eq!(Request::url(url).prepare().unwrap().path_and_query, sent, "{url}");
        }
    }

    #[test]
    fn url_that_leaves_the_api_is_refused() {
        for url in ["users", "//evil.example", "https://evil.example/", ""] {
            assert!(Request::url(url).prepare().unwrap_err().is_invalid_request(), "{url}");
        }
    }
}
