//! Which key does a URL mean?

use percent_encoding::percent_decode_str;
use url::Url;

use super::{query_key::QueryKey, segment::KeySegment};

/// A URL below an API, taken apart and decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UrlParts {
    /// The steps of the path.
    pub(crate) path: Vec<String>,
    /// The parameters and their values, sorted by name; values of one name keep their order.
    pub(crate) query: Vec<(String, Vec<String>)>,
}

impl UrlParts {
    /// Takes a URL apart; `None` if it does not begin with one `/`, or is not text. What follows `#` is for readers only.
    pub(crate) fn of(url: &str) -> Option<Self> {
        if !url.starts_with('/') || url.starts_with("//") {
            return None;
        }
        let url = Url::parse(&format!("http://api{url}")).ok()?;
        let decoded = |text| percent_decode_str(text).decode_utf8().ok().map(String::from);
        let path = url.path_segments()?.map(decoded).collect::<Option<_>>()?;
        let mut query: Vec<(String, Vec<String>)> = Vec::new();
        for (name, value) in url.query_pairs() {
            match query.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value.into_owned()),
                None => query.push((name.into_owned(), vec![value.into_owned()])),
            }
        }
        query.sort();
        Some(Self { path, query })
    }
}

impl QueryKey {
    /// Returns the key of what a URL below the API names.
    ///
    /// *Shape*: `["url", "users", "7"]`, one segment for each step of the path, and a map of the parameters where there are
    /// any: their order does not count. So `/users` is a prefix of all its lists, whatever their parameters, and of
    /// all that lies below it, but not of `/users-online`; `/users?role=admin` of the lists with that role and maybe more.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::QueryKey;
    ///
    /// let list = QueryKey::url("/users?role=admin&page=2");
    /// assert_eq!(list.to_string(), r#"["url","users",{"page":"2","role":"admin"}]"#);
    /// assert!(list.starts_with(&QueryKey::url("/users")));
    /// assert!(list.starts_with(&QueryKey::url("/users?role=admin")));
    /// assert!(!QueryKey::url("/users-online").starts_with(&QueryKey::url("/users")));
    /// ```
    pub fn url(url: &str) -> Self {
        let text = |text: String| KeySegment::from(text);
        let mut segments = vec![KeySegment::from("url")];
        let Some(parts) = UrlParts::of(url) else {
            // Nothing can be fetched there: the request says why.
            segments.push(text(url.to_owned()));
            return Self::of_segments(segments);
        };
        segments.extend(parts.path.into_iter().map(text));
        if !parts.query.is_empty() {
            let members = parts.query.into_iter().map(|(name, mut values)| {
                let value = if values.len() == 1 { values.pop().map(text) } else { None };
                (text(name), value.unwrap_or_else(|| KeySegment::list(values.into_iter().map(text))))
            });
            segments.push(KeySegment::map(members));
        }
        Self::of_segments(segments)
    }
}

#[cfg(test)]
mod tests {
    use super::{QueryKey, UrlParts};

    #[test]
    fn one_url_written_in_several_ways_is_one_key() {
        let key = QueryKey::url("/users/a%20b?role=admin&tag=x&tag=y&page=1");
        for other in [
            "/users/a b?page=1&role=admin&tag=x&tag=y",
            "/users/%61%20b?tag=x&page=1&tag=y&role=admin#top",
            "/users/./a%20b?role=%61dmin&tag=x&tag=y&page=1",
        ] {
            assert_eq!(QueryKey::url(other), key, "{other}");
        }
        for other in
            ["/users/a%20b?role=admin&tag=y&tag=x&page=1", "/users/a%20b?role=admin&tag=x&page=1", "/users/a%20b"]
        {
            assert_ne!(QueryKey::url(other), key, "{other}");
        }
    }

    #[test]
    fn encoded_slash_is_no_step_of_the_path() {
        assert_eq!(QueryKey::url("/files/a%2Fb").to_string(), r#"["url","files","a/b"]"#);
        assert_ne!(QueryKey::url("/files/a%2Fb"), QueryKey::url("/files/a/b"));
    }

    #[test]
    fn what_leaves_the_api_is_not_taken_apart() {
        for url in ["", "users", "//evil.example/users", "https://evil.example/users", "/%ff"] {
            assert_eq!(UrlParts::of(url), None, "{url}");
            assert_eq!(QueryKey::url(url).len(), 2);
        }
    }
}
