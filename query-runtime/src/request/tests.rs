//! Does a described request come out as the right bytes, or as an error?

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;
use crate::error::QueryError;
use crate::page::{Envelope, Page};
use crate::transport::RawResponse;

fn invalid(request: &Request) -> String {
    let error = request.prepare().expect_err("the request is not sound");
    assert!(error.is_invalid_request());
    error.to_string()
}

fn url(request: &Request) -> String {
    request.prepare().unwrap().path_and_query
}

fn body(request: &Request) -> (String, Value) {
    let prepared = request.prepare().unwrap();
    let content_type = prepared.header("content-type").unwrap().to_owned();
    (content_type, serde_json::from_slice(&prepared.body.unwrap()).unwrap())
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> RawResponse {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    RawResponse { status, headers, body: body.as_bytes().to_vec() }
}

fn read(request: &Request, raw: RawResponse) -> Result<Response, QueryError> {
    request.read(raw, "2026-11-22T12:00:00Z".parse().unwrap())
}

#[test]
fn query_parameters_are_skipped_repeated_or_joined() {
    let request = Request::get("/users")
        .query("search", &Some("a&b=c d+é"))
        .query("role", &None::<String>)
        .query("active", &true)
        .query("min", &-1.5)
        .query("tag", &vec!["x", "y"])
        .query("none", &Vec::<u8>::new())
        .query("holes", &[Some(1), None, Some(2)])
        .query_comma("ids", &["1", "2,3"])
        .query_comma("no_ids", &Vec::<u8>::new())
        .query_comma_unless("usual", &["a"], &["a"])
        .query_comma_unless("other", &["a", "b"], &["a", "c"])
        .query_unless("page", &1, &1)
        .query_unless("limit", &50, &20)
        .query("", "");
    assert_eq!(
        url(&request),
        "/users?search=a%26b%3Dc%20d%2B%C3%A9&active=true&min=-1.5&tag=x&tag=y&holes=1&holes=2&ids=1,2%2C3&other=a,b&limit=50&="
    );
    assert_eq!(url(&Request::get("/users").query("role", &None::<u8>)), "/users");
}

#[test]
fn a_query_string_reads_back_as_what_was_written() {
    let values: Vec<String> = (0_u32..10_000)
        .map(|n| match n % 5 {
            0 => String::new(),
            1 => format!("é{n}&="),
            2 => format!("{n} + %20 #?/"),
            3 => format!("\n\t\0{n}\"'<>"),
            _ => char::from_u32(0x1F300 + n % 500).map(String::from).unwrap_or_default(),
        })
        .collect();
    let text = url(&Request::get("/search").query("q", &values).query("flag", &false));
    let parsed = ::url::Url::parse(&format!("https://example.org{text}")).unwrap();
    let mut pairs: Vec<(String, String)> = parsed.query_pairs().into_owned().collect();
    assert_eq!(pairs.pop(), Some(("flag".to_owned(), "false".to_owned())));
    assert!(pairs.iter().all(|(name, _)| name == "q"));
    assert_eq!(pairs.into_iter().map(|(_, value)| value).collect::<Vec<_>>(), values);
}

#[test]
fn a_query_parameter_that_is_no_scalar_is_refused() {
    for value in [json!({"a": 1}), json!([[1]]), json!([{"a": 1}])] {
        let text = invalid(&Request::get("/users").query("filter", &value));
        assert!(text.starts_with("GET /users: ") && text.contains("`filter` must be"), "{text}");
    }
}

#[test]
fn path_problems_are_invalid_requests_that_name_the_endpoint() {
    for id in ["", ".", ".."] {
        let text = invalid(&Request::delete("/users/{id}").path("id", id));
        assert!(text.starts_with("DELETE /users/{id}: the request cannot be sent: "), "{text}");
    }
    invalid(&Request::get("/users/{id}"));
    invalid(&Request::get("/users/{id}").path("id", &1).path("id", &1));
    invalid(&Request::get("/users").path("id", &1));
    invalid(&Request::get("//evil.com"));
    invalid(&Request::get("/users/{id}").path("id", &BTreeMap::from([((1, 2), 3)])));
}

#[test]
fn headers_refuse_line_breaks_and_never_show_their_values() {
    let request =
        Request::get("/users").header("X-Trace-Id", "abc").header("X-Count", &3).header("X-None", &None::<u8>);
    let prepared = request.prepare().unwrap();
    assert_eq!(prepared.header("x-trace-id"), Some("abc"));
    assert_eq!(prepared.header("X-Count"), Some("3"));
    assert_eq!(prepared.header("X-None"), None);
    for value in ["canary\r\nEvil: 1", "canary\n", "canary\r", "canary\0", "canaryé"] {
        let text = invalid(&Request::get("/users").header("X-Trace-Id", value));
        assert!(text.contains("`X-Trace-Id`") && !text.contains("canary"), "{text}");
    }
    for name in ["", "X Trace", "X:Y", "X\r\nEvil", "é"] {
        invalid(&Request::get("/users").header(name, "abc"));
    }
    assert!(!format!("{:?}", Request::get("/u").header("X-Key", "canary").query("t", "canary")).contains("canary"));
}

#[test]
fn json_bodies_say_what_they_are() {
    #[derive(Serialize)]
    struct Patch {
        name: &'static str,
        bio: Option<u8>,
    }
    let patch = Patch { name: "Ada", bio: None };
    let (kind, value) = body(&Request::patch("/users").json(&patch));
    assert_eq!((kind.as_str(), value), ("application/json", json!({"name": "Ada", "bio": null})));
    let (kind, value) = body(&Request::patch("/users").merge_patch(&patch));
    assert_eq!((kind.as_str(), value), ("application/merge-patch+json", json!({"name": "Ada", "bio": null})));
    let (kind, value) = body(&Request::patch("/users").json_patch(&json!({"a/b~": 1, "n": null})));
    assert_eq!(kind, "application/json-patch+json");
    assert_eq!(
        value,
        json!([{"op": "add", "path": "/a~1b~0", "value": 1}, {"op": "add", "path": "/n", "value": null}])
    );
    let operations = json!([{"op": "test", "path": "/v", "value": 3}]);
    assert_eq!(body(&Request::patch("/users").json_patch(&operations)).1, operations);
    let (_, value) = body(&Request::post("/rpc").member("a", &1).member("b", &None::<u8>));
    assert_eq!(value, json!({"a": 1, "b": null}));
    let (_, value) = body(&Request::post("/rpc").json(&json!({"z": 0})).member("a", &1));
    assert_eq!(value, json!({"z": 0, "a": 1}));
}

#[test]
fn a_content_type_of_the_user_is_kept() {
    let request =
        Request::post("/users").header("content-type", "application/vnd.x+json").json(&1).header("Accept", "a/b");
    let prepared = request.prepare().unwrap();
    assert_eq!(
        prepared.headers,
        [("content-type".to_owned(), "application/vnd.x+json".to_owned()), ("Accept".to_owned(), "a/b".to_owned())]
    );
}

#[test]
fn contradicting_bodies_are_refused() {
    invalid(&Request::post("/u").json(&1).json(&2));
    invalid(&Request::post("/u").json(&1).member("a", &2));
    invalid(&Request::post("/u").member("a", &1).member("a", &2));
    invalid(&Request::post("/u").json(&json!({})).part("file", "x"));
    invalid(&Request::post("/u").part("file", "x").member("a", &1));
    invalid(&Request::post("/u").merge_patch(&[1]));
    invalid(&Request::post("/u").json_patch("text"));
    invalid(&Request::get("/u").json(&1));
    invalid(&Request::post("/u").json(&BTreeMap::from([((1, 2), 3)])));
}

#[test]
fn files_and_fields_make_one_multipart_body() {
    let request = Request::put("/avatar")
        .part("file", vec![1, 2, 3])
        .field("caption", "Hi")
        .field("tags", &["a"])
        .field("none", &None::<u8>);
    let prepared = request.prepare().unwrap();
    let boundary = prepared.header("Content-Type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    let text = String::from_utf8_lossy(prepared.body.as_deref().unwrap()).into_owned();
    assert_eq!(text.matches(boundary).count(), 4);
    assert!(text.contains("name=\"file\"; filename=\"file\"") && text.contains("\r\n\r\n[\"a\"]\r\n"), "{text}");
    assert_eq!(request.prepare().unwrap(), prepared);
}

#[test]
fn temporary_ids_are_replaced_in_path_query_and_body() {
    let rewrite = |value: &Value| match value.as_str() {
        Some("temp-1") => Some(json!("p1")),
        Some("temp-2") => Some(json!(22)),
        _ => None,
    };
    let request = Request::post("/posts/{id}/links")
        .path("id", "temp-1")
        .query("also", &["temp-2", "x"])
        .json(&json!({"to": "temp-2", "deep": [{"from": "temp-1"}], "text": "see temp-1"}));
    let prepared = request.prepare_with(&rewrite).unwrap();
    assert_eq!(prepared.path_and_query, "/posts/p1/links?also=22&also=x");
    let sent: Value = serde_json::from_slice(&prepared.body.unwrap()).unwrap();
    assert_eq!(sent, json!({"to": 22, "deep": [{"from": "p1"}], "text": "see temp-1"}));
    let patch = Request::patch("/posts").json_patch(&json!({"temp-1": "temp-1"})).prepare_with(&rewrite).unwrap();
    let sent: Value = serde_json::from_slice(&patch.body.unwrap()).unwrap();
    assert_eq!(sent, json!([{"op": "add", "path": "/temp-1", "value": "p1"}]));
}

#[test]
fn idempotence_follows_the_verb_unless_said() {
    let by_verb = [Request::get, Request::put, Request::delete, Request::post, Request::patch];
    assert_eq!(by_verb.map(|new| new("/u").is_idempotent()), [true, true, true, false, false]);
    assert!(Request::post("/u").idempotent(true).is_idempotent());
}

#[test]
fn an_empty_answer_reads_as_nothing() {
    let request = Request::delete("/users/{id}");
    for raw in [answer(204, &[], ""), answer(200, &[], " \n")] {
        let response = read(&request, raw).unwrap();
        response.json::<()>().unwrap();
        response.empty().unwrap();
        assert_eq!(response.json::<Option<u32>>().unwrap(), None);
        let error = response.json::<u32>().unwrap_err();
        assert!(error.is_decode());
        assert_eq!(error.to_string(), "DELETE /users/{id}: the answer could not be read");
        assert!(response.page::<u32>(&Envelope::BARE).unwrap_err().is_decode());
    }
}

#[test]
fn answers_are_read_as_what_they_are_taken_for() {
    let request = Request::get("/numbers");
    let response = read(&request, answer(200, &[("X-Count", "2")], "[1,2]")).unwrap();
    assert_eq!(response.json::<Vec<u32>>().unwrap(), [1, 2]);
    assert_eq!(response.page::<u32>(&Envelope::BARE).unwrap(), [1, 2].into_iter().collect::<Page<u32>>());
    assert_eq!((response.text().unwrap().as_str(), response.header("x-count")), ("[1,2]", Some("2")));
    assert_eq!((response.status(), response.bytes()), (200, b"[1,2]".as_slice()));
    assert!(response.json::<String>().unwrap_err().is_decode());
    let binary = read(&request, RawResponse { status: 200, headers: Vec::new(), body: vec![0xff] }).unwrap();
    assert!(binary.text().unwrap_err().is_decode());
    assert_eq!(binary.into_bytes(), [0xff]);
}

#[test]
fn json_nested_without_end_is_an_error_and_no_crash() {
    let deep = "[".repeat(100_000);
    let response = read(&Request::get("/deep"), answer(200, &[], &deep)).unwrap();
    assert!(response.json::<Value>().unwrap_err().is_decode());
}

#[test]
fn an_answer_that_says_no_becomes_an_error_with_its_typed_body() {
    #[derive(Debug, Deserialize, PartialEq)]
    struct ApiError {
        code: u32,
        message: String,
    }
    let request = Request::post("/users").error_body::<ApiError>(|error| Some(error.message.clone()));
    let raw = answer(409, &[("retry-after", "7")], r#"{"code": 3, "message": "taken"}"#);
    let error = read(&request, raw).unwrap_err();
    assert_eq!(error.to_string(), "POST /users: the server answered with status 409: taken");
    assert_eq!(error.body::<ApiError>(), Some(&ApiError { code: 3, message: "taken".to_owned() }));
    assert_eq!((error.status(), error.retry_after()), (Some(409), Some(Duration::from_secs(7))));
    let error = read(&request, answer(502, &[("Retry-After", "-1")], "<html>")).unwrap_err();
    assert_eq!(error.body::<ApiError>(), None);
    assert_eq!((error.body_text(), error.retry_after()), (Some("<html>"), None));
    for status in [100, 199, 302, 304, 400, 500, 999] {
        assert_eq!(read(&request, answer(status, &[], "")).unwrap_err().status(), Some(status));
    }
    let huge = read(&request, answer(500, &[], &"é".repeat(100_000))).unwrap_err();
    assert!(huge.body_text().is_some_and(|text| text.len() <= 64 * 1024 + 3));
}

#[test]
fn the_servers_wish_to_wait_may_be_a_date() {
    let date = [("Retry-After", "Sun, 22 Nov 2026 12:01:00 GMT")];
    let error = read(&Request::get("/u"), answer(503, &date, "")).unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_mins(1)));
}
