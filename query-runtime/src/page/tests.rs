//! Are pages read from what servers send?

use std::sync::Arc;

use super::{Cursor, Envelope, InfiniteData, Page};

const NAMED: Envelope = Envelope {
    items: Some("users"),
    total: Some("total"),
    has_more: Some("hasMore"),
    page: Some("page"),
    next: Some("nextCursor"),
    prev: Some("prevCursor"),
};

fn read(text: &str, envelope: &Envelope) -> Result<Page<u32>, String> {
    Page::from_json_bytes(text.as_bytes(), envelope).map_err(|error| error.to_string())
}

#[test]
fn every_role_is_read_under_its_wire_name() {
    let text = r#"{"hasMore":true,"users":[1,2],"total":7,"page":3,"nextCursor":"n","prevCursor":41}"#;
    let page = read(text, &NAMED).unwrap();
    assert_eq!(page.items, vec![1, 2].into());
    assert_eq!((page.total, page.has_more, page.page), (Some(7), Some(true), Some(3)));
    assert_eq!((page.next, page.prev), (Some(Cursor::from("n")), Some(Cursor::from("41"))));
}

#[test]
fn other_members_are_skipped_and_missing_ones_are_none() {
    let text = r#"{"meta":{"users":[9],"deep":[[{}]]},"us\u0065rs":[1],"nextCursor":null,"prevCursor":""}"#;
    assert_eq!(read(text, &NAMED).unwrap(), [1].into_iter().collect());
}

#[test]
fn bare_array_is_a_page_without_the_rest() {
    assert_eq!(read(" [1, 2] ", &Envelope::BARE).unwrap(), [1, 2].into_iter().collect());
    assert!(read(r#"{"users":[1]}"#, &Envelope::BARE).unwrap_err().contains("a list of rows"));
}

#[test]
fn missing_rows_are_an_error_that_names_the_member() {
    let error = read(r#"{"items":[1]}"#, &NAMED).unwrap_err();
    assert!(error.contains("missing field `users`"), "{error}");
    let error = read("[1]", &NAMED).unwrap_err();
    assert!(error.contains("an object with the rows in `users`"), "{error}");
}

#[test]
fn wrong_types_broken_text_and_trailing_text_are_errors() {
    for text in [
        r#"{"users":null}"#,
        r#"{"users":["x"]}"#,
        r#"{"users":[1],"total":-1}"#,
        r#"{"users":[1],"nextCursor":[]}"#,
        r#"{"users":[1]"#,
        r#"{"users":[1]} x"#,
        "",
    ] {
        assert!(read(text, &NAMED).is_err(), "{text}");
    }
}

#[test]
fn own_form_survives_a_round_trip() {
    let mut page: Page<u32> = [1, 2].into_iter().collect();
    page.next = Some(Cursor::from("n"));
    page.total = Some(9);
    let text = serde_json::to_string(&page).unwrap();
    assert_eq!(serde_json::from_str::<Page<u32>>(&text).unwrap(), page);
    assert_eq!(serde_json::from_str::<Cursor>("18446744073709551615").unwrap().0, u64::MAX.to_string());
}

#[test]
fn infinite_data_compares_by_pages_and_parameters() {
    let page = |rows: &[u32]| Arc::new(rows.iter().copied().collect::<Page<u32>>());
    let data = InfiniteData { pages: vec![page(&[1]), page(&[2, 3])], page_params: vec![1, 2] };
    assert_eq!(data, data.clone());
    assert!(data.rows().eq(&[1, 2, 3]));
    assert_ne!(data, InfiniteData { page_params: vec![1, 3], ..data.clone() });
    assert_ne!(data, InfiniteData { pages: vec![page(&[1]), page(&[2])], ..data.clone() });
    assert_ne!(data, InfiniteData::default());
}
