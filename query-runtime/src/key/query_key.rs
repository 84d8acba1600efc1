//! What is a key, and when does it lie under another?

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::segment::KeySegment;
use super::{hash, json};

/// The name of a cache entry.
///
/// *Shape*: any list of [`KeySegment`]s. Cloning shares the segments. Keys that say the same JSON are equal.
#[derive(Clone)]
pub struct QueryKey {
    hash: u64,
    segments: Arc<[KeySegment]>,
}

impl QueryKey {
    /// Makes a key of segments.
    ///
    /// # Examples
    ///
    /// ```
    /// use query_runtime::QueryKey;
    ///
    /// assert_eq!(QueryKey::new(["users", "list"]).to_string(), r#"["users","list"]"#);
    /// ```
    pub fn new<S: Into<KeySegment>>(segments: impl IntoIterator<Item = S>) -> Self {
        Self::of_segments(segments.into_iter().map(Into::into).collect())
    }

    pub(crate) fn of_segments(segments: Vec<KeySegment>) -> Self {
        Self { hash: hash::hash_of(&segments), segments: segments.into() }
    }

    /// Returns the segments, the most general first.
    pub fn segments(&self) -> &[KeySegment] {
        &self.segments
    }

    /// Returns the number of segments.
    pub fn len(&self) -> usize {
        self.segments.len()
    }

    /// Returns whether the key has no segment; such a key is a prefix of every key.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Returns the hash that was computed when the key was made; the same on every run of one build.
    pub fn hash_value(&self) -> u64 {
        self.hash
    }

    /// Returns whether the key lies under `prefix`.
    ///
    /// Segment by segment: a map in the prefix stands for every map that has at least its members, a list for every list
    /// that begins with its elements, anything else for itself.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.is_under(prefix.segments())
    }

    /// As [`starts_with`](Self::starts_with), for segments that are no key yet.
    pub(crate) fn is_under(&self, prefix: &[KeySegment]) -> bool {
        self.len() >= prefix.len() && self.segments.iter().zip(prefix).all(|(own, part)| own.includes(part))
    }

    /// Reads a key from a JSON array; anything else is no key.
    pub fn from_json(json: &serde_json::Value) -> Option<Self> {
        let serde_json::Value::Array(elements) = json else { return None };
        Some(Self::of_segments(elements.iter().map(KeySegment::from_json).collect()))
    }

    /// Returns the key as a JSON array.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::Value::Array(self.segments.iter().map(KeySegment::to_json).collect())
    }
}

impl PartialEq for QueryKey {
    fn eq(&self, other: &Self) -> bool {
        self.hash == other.hash && (Arc::ptr_eq(&self.segments, &other.segments) || self.segments == other.segments)
    }
}

impl Eq for QueryKey {}

impl Hash for QueryKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

impl PartialOrd for QueryKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for QueryKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.segments.cmp(&other.segments)
    }
}

impl fmt::Display for QueryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        json::write_list(f, &self.segments)
    }
}

impl fmt::Debug for QueryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[expect(clippy::needless_pass_by_value, reason = "calls are shorter")]
    fn key(value: serde_json::Value) -> QueryKey {
        QueryKey::from_json(&value).expect("the test gives an array")
    }

    #[test]
    fn equal_json_gives_equal_keys_whatever_the_order_of_members() {
        let first = key(json!(["users", "list", {"role": "admin", "page": 2}]));
        let second = key(json!(["users", "list", {"page": 2, "role": "admin"}]));
        assert_eq!(first, second);
        assert_eq!(first.hash_value(), second.hash_value());
        assert_eq!(first.to_string(), r#"["users","list",{"page":2,"role":"admin"}]"#);
    }

    #[test]
    fn order_of_list_elements_and_kind_of_value_are_part_of_a_key() {
        for (a, b) in [
            (json!(["a", "b"]), json!(["b", "a"])),
            (json!(["1"]), json!([1])),
            (json!([true]), json!(["true"])),
            (json!([null]), json!([])),
            (json!([0]), json!([false])),
            (json!([["a"], "b"]), json!([["a", "b"]])),
            (json!(["ab", "c"]), json!(["a", "bc"])),
            (json!([{}]), json!([[]])),
        ] {
            assert_ne!(key(a.clone()), key(b.clone()), "{a} and {b}");
            assert_ne!(key(a.clone()).hash_value(), key(b.clone()).hash_value(), "{a} and {b}");
        }
    }

    #[test]
    fn starts_with_is_an_element_wise_prefix() {
        let whole = key(json!(["users", "detail", "u1", "posts"]));
        for prefix in [json!([]), json!(["users"]), json!(["users", "detail", "u1", "posts"])] {
            assert!(whole.starts_with(&key(prefix)));
        }
        for other in [json!(["user"]), json!(["users", "list"]), json!(["users", "detail", "u1", "posts", 1])] {
            assert!(!whole.starts_with(&key(other)));
        }
    }

    #[test]
    fn a_map_in_a_prefix_matches_maps_that_have_its_members() {
        let whole = key(json!(["users", {"filter": {"role": "admin", "team": 7}, "page": 1, "bio": null}]));
        for prefix in [
            json!(["users", {}]),
            json!(["users", {"page": 1}]),
            json!(["users", {"filter": {"team": 7}}]),
            json!(["users", {"filter": {}, "bio": null}]),
        ] {
            assert!(whole.starts_with(&key(prefix.clone())), "{prefix}");
        }
        for other in [
            json!(["users", {"page": 2}]),
            json!(["users", {"filter": {"team": 8}}]),
            json!(["users", {"filter": "role"}]),
            json!(["users", {"nothing": null}]),
            json!(["users", []]),
        ] {
            assert!(!whole.starts_with(&key(other.clone())), "{other}");
        }
    }

    #[test]
    fn json_goes_in_and_comes_out_the_same() {
        for json in [
            json!([]),
            json!(["a", 1, -1, 1.5, true, null, ["x"], {"k": {"n": [1]}}]),
            json!([u64::MAX, i64::MIN, "quote \" and \n and é"]),
        ] {
            let key = key(json.clone());
            assert_eq!(key.to_json(), json);
            assert_eq!(serde_json::from_str::<serde_json::Value>(&key.to_string()).unwrap(), json);
        }
    }

    #[test]
    fn only_an_array_is_a_key() {
        for json in [json!(null), json!("users"), json!({"a": 1}), json!(1)] {
            assert_eq!(QueryKey::from_json(&json), None);
        }
    }

    #[test]
    fn keys_have_an_order() {
        let mut keys = [key(json!(["b"])), key(json!(["a", 2])), key(json!(["a"]))];
        keys.sort();
        assert_eq!(keys.map(|k| k.to_string()).join(" "), r#"["a"] ["a",2] ["b"]"#);
    }
}
