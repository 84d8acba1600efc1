//! How do operations show in the loaded pages of an infinite list?

use super::super::{EntryShape, InfiniteProjector};
use super::*;
use crate::page::Cursor;
use ItemChange::{Group, Rank};

fn sorted_filter() -> Filter {
    Filter { group: Some(1), ..Filter::default() }
}

fn numbered() -> InfiniteProjector<Item, Filter, u64> {
    InfiniteProjector::pages(sorted_filter(), 1, 2)
}

/// Pages that begin at a number, all with the same total.
fn pages(from: u64, rows: &[&[u32]], total: impl Into<Option<u64>>) -> InfiniteData<Page<Item>, u64> {
    let total = total.into();
    InfiniteData {
        pages: rows.iter().map(|ids| Arc::new(page(ids, total))).collect(),
        page_params: (from..).take(rows.len()).collect(),
    }
}

#[test]
fn created_row_goes_to_the_page_where_it_sorts_and_pushes_the_others_on() {
    let base = || pages(1, &[&[1, 3], &[5, 7]], 4);
    check(&numbered(), base(), [create(item(2))], "1 2 of 5 | 3 5 of 5");
    check(&numbered(), base(), [create(item(4))], "1 3 of 5 | 4 5 of 5");
    check(&numbered(), base(), [create(item(6))], "1 3 of 5 | 5 6 of 5");
    check(&numbered(), base(), [create(item(9))], "1 3 of 5 | 5 7 of 5");
    let open = pages(1, &[&[1, 3], &[5]], 3);
    check(&numbered(), open, [create(item(2))], "1 2 of 4 | 3 5 of 4");
}

#[test]
fn row_pushed_off_the_last_page_makes_more() {
    let mut base = pages(1, &[&[1, 3], &[5, 7]], None);
    Arc::make_mut(&mut base.pages[0]).has_more = Some(true);
    Arc::make_mut(&mut base.pages[1]).has_more = Some(false);
    check(&numbered(), base, [create(item(2))], "1 2 + | 3 5 +");
}

#[test]
fn row_past_the_loaded_pages_counts_on_every_page_but_does_not_show() {
    let base = pages(1, &[&[1, 3], &[5, 7]], 9);
    check(&numbered(), base, [create(item(8))], "1 3 of 10 | 5 7 of 10");
}

#[test]
fn cursor_pages_grow_so_that_their_cursors_still_hold() {
    let projector = InfiniteProjector::cursors(sorted_filter(), 2);
    let mut first = page(&[1, 3], None);
    first.next = Some("after 3".into());
    let data = |start: Option<Cursor>, last_has_next: bool| {
        let mut last = page(&[5, 7], None);
        last.next = last_has_next.then(|| "after 7".into());
        InfiniteData {
            pages: vec![Arc::new(first.clone()), Arc::new(last)],
            page_params: vec![start, Some("after 3".into())],
        }
    };
    check(&projector, data(None, true), [create(item(2))], "1 2 3 | 5 7");
    check(&projector, data(None, true), [create(item(4))], "1 3 | 4 5 7");
    check(&projector, data(None, true), [create(item(8))], "1 3 | 5 7");
    check(&projector, data(None, false), [create(item(8))], "1 3 | 5 7 8");
    check(&projector, data(None, true), [delete(3)], "1 | 5 7");
    check(&projector, data(Some("x".into()), true), [create(item(2))], "1 3 | 5 7 stale");
}

#[test]
fn pages_whose_beginning_was_dropped_take_no_rows() {
    let base = pages(2, &[&[3, 5], &[7, 8]], 6);
    check(&numbered(), base, [create(item(4))], "3 5 of 7 | 7 8 of 7 stale");
}

#[test]
fn deleted_row_lets_the_others_move_up() {
    let base = || pages(1, &[&[1, 3], &[5, 7], &[9]], 5);
    check(&numbered(), base(), [delete(3)], "1 5 of 4 | 7 9 of 4 |  of 4");
    check(&numbered(), base(), [delete(9)], "1 3 of 4 | 5 7 of 4 |  of 4");
    let more = pages(1, &[&[1, 3], &[5, 7]], 9);
    check(&numbered(), more, [delete(1)], "3 5 of 8 | 7 of 8 stale");
}

#[test]
fn changed_row_moves_across_pages() {
    let base = || pages(1, &[&[1, 3], &[5, 7]], 4);
    check(&numbered(), base(), [change(1, Rank(60))], "3 5 of 4 | 1 7 of 4");
    check(&numbered(), base(), [change(7, Rank(0))], "7 1 of 4 | 3 5 of 4");
    check(&numbered(), base(), [change(3, Group(2))], "1 5 of 3 | 7 of 3");
    let more = pages(1, &[&[1, 3], &[5, 7]], 9);
    check(&numbered(), more, [change(1, Rank(99))], "3 5 of 9 | 7 of 9 stale");
}

#[test]
fn no_row_is_shown_twice() {
    let base = pages(1, &[&[1, 3], &[5, 7]], 4);
    check(&numbered(), base, [create(Item { rank: 15, ..item(7) })], "1 7 of 4 | 3 5 of 4");
}

#[test]
fn server_order_creates_at_the_declared_end_of_the_run() {
    let filter = Filter { server_order: true, ..sorted_filter() };
    let projector = InfiniteProjector::pages(filter, 1, 2);
    let base = |total| pages(1, &[&[5, 3], &[1]], total);
    let start = || insert(item(9), InsertAt::Start);
    let end = || insert(item(9), InsertAt::End);
    check(&projector, base(3), [start()], "9 5 of 4 | 3 1 of 4");
    check(&projector, base(3), [end()], "5 3 of 4 | 1 9 of 4");
    check(&projector, base(7), [end()], "5 3 of 8 | 1 of 8");
}

#[test]
fn page_parameters_and_untouched_pages_are_kept() {
    let projector = numbered();
    let base: Value = Arc::new(pages(1, &[&[1, 3], &[5, 7], &[9]], None));
    let projected = projector.project(Some(&base), &change(7, Rank(65)));
    let get = |value: &Value| value.clone().downcast::<InfiniteData<Page<Item>, u64>>().unwrap();
    let (old, new) = (get(&base), get(&projected.value.unwrap()));
    assert_eq!(new.page_params, [1, 2, 3]);
    let kept: Vec<bool> = old.pages.iter().zip(&new.pages).map(|(old, new)| Arc::ptr_eq(old, new)).collect();
    assert_eq!(kept, [true, false, true]);
}

#[test]
fn list_without_a_loaded_page_waits() {
    check(&numbered(), pages(1, &[], None), [create(item(1))], " stale");
    check(&numbered(), pages(1, &[], None), [change(1, Rank(1))], " stale");
    check(&numbered(), pages(1, &[], None), [delete(1)], " stale");
}

#[test]
fn rows_are_found_on_every_page() {
    let base: Value = Arc::new(pages(1, &[&[1, 3], &[5, 7]], None));
    assert_eq!(numbered().kind(), EntryShape::Infinite);
    assert!(numbered().holds(&base, 7) && !numbered().holds(&base, 2));
    assert_eq!(text(numbered().row_with(&base, 5).as_ref()), "5: group 1, rank 50");
}

#[test]
fn confirmed_operations_are_absorbed_across_pages() {
    let base: Value = Arc::new(pages(1, &[&[1, 3], &[5, 7]], 4));
    let answer: Value = Arc::new(Item { id: 42, ..item(2) });
    let absorbed = numbered().absorb(&base, &create(item(99)), Some(&answer));
    assert_eq!(text(absorbed.as_ref()), "1 42 of 5 | 3 5 of 5");
}
