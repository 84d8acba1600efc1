//! What does a fetch keep of the value before it?

use super::super::{DetailProjector, InfiniteProjector, RowProjector};
use super::*;

fn value<T: Send + Sync + 'static>(value: T) -> Value {
    Arc::new(value)
}

fn rows(value: &Value) -> &Page<Item> {
    value.downcast_ref().unwrap()
}

#[test]
fn equal_value_is_the_very_old_one() {
    let lists = sorted(ListWindow::All);
    let (detail, query) = (DetailProjector::<Item>::new(&3), RowProjector::<Item>::new());
    let pages = InfiniteProjector::pages(Filter::default(), 1, 2);
    let data = || InfiniteData { pages: vec![Arc::new(page(&[1, 3], 2))], page_params: vec![1_u64] };
    let cases: [(&dyn Projector, Value, Value); 4] = [
        (&detail, value(item(3)), value(item(3))),
        (&query, value(item(3)), value(item(3))),
        (&lists, value(page(&[1, 3], 2)), value(page(&[1, 3], 2))),
        (&pages, value(data()), value(data())),
    ];
    for (projector, old, new) in cases {
        assert!(Arc::ptr_eq(&projector.share(&old, new), &old));
    }
}

#[test]
fn fetched_page_shares_the_rows_that_did_not_change() {
    let old = value(page(&[1, 3, 5], 3));
    let shared = sorted(ListWindow::All).share(&old, value(page(&[0, 1, 3], 4)));
    assert_eq!(text(Some(&shared)), "0 1 3 of 4");
    for (new, before) in [(1, 0), (2, 1)] {
        let (new, before) = (rows(&shared).items.get_arc(new), rows(&old).items.get_arc(before));
        assert!(Arc::ptr_eq(new.unwrap(), before.unwrap()));
    }
    let counted = sorted(ListWindow::All).share(&old, value(page(&[1, 3, 5], 9)));
    assert!(rows(&counted).items.is_same(&rows(&old).items) && rows(&counted).total == Some(9));
}

#[test]
fn fetched_infinite_list_shares_the_pages_that_did_not_change() {
    let data = |last: &[u32]| InfiniteData {
        pages: vec![Arc::new(page(&[1, 3], None)), Arc::new(page(last, None))],
        page_params: vec![1_u64, 2],
    };
    let (before, projector) = (data(&[5]), InfiniteProjector::pages(Filter::default(), 1, 2));
    let first = Arc::clone(&before.pages[0]);
    let shared = projector.share(&value(before), value(data(&[5, 7])));
    let shared = shared.downcast::<InfiniteData<Page<Item>, u64>>().unwrap();
    assert!(Arc::ptr_eq(&shared.pages[0], &first));
    assert_eq!(*shared, data(&[5, 7]));
}

#[test]
fn value_of_another_type_is_replaced() {
    let odd = value("text");
    let shared = sorted(ListWindow::All).share(&odd, value(page(&[1], 1)));
    assert_eq!(text(Some(&shared)), "1 of 1");
}

#[test]
fn row_of_an_operation_is_found_by_its_typed_id() {
    let pages = InfiniteProjector::pages(Filter::default(), 1, 2);
    let data = InfiniteData { pages: vec![Arc::new(page(&[1, 3], 2))], page_params: vec![1_u64] };
    let cases: [(&dyn Projector, Value); 4] = [
        (&DetailProjector::<Item>::new(&3), value(item(3))),
        (&RowProjector::<Item>::new(), value(item(3))),
        (&sorted(ListWindow::All), value(page(&[1, 3], 2))),
        (&pages, value(data)),
    ];
    for (projector, base) in cases {
        assert!(projector.holds_row_of(&base, &delete(3)));
        assert!(!projector.holds_row_of(&base, &delete(4)));
    }
}
