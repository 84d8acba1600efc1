//! Are the nine limits of the one generator that has optimistic updates overcome?
//!
//! One test a limit, as far as it concerns what an entry shows: ids only; totals untouched; infinite lists skipped; filters ignored; order and
//! page size ignored; rows never move; a second edit invisible; no rollback; temporary ids never reconciled.

use super::super::{DetailProjector, InfiniteProjector};
use super::*;
use crate::KeySegment;
use ItemChange::{Group, Raise, Rank};

#[test]
fn custom_query_is_matched_by_the_row_it_holds_and_not_only_by_its_key() {
    let query = super::super::RowProjector::<Item>::new();
    check(&query, item(3), [change(3, Group(2))], "3: group 2, rank 30");
}

#[test]
fn totals_follow_what_enters_and_leaves() {
    let ops = [create(item(2)), create(item(4)), delete(1), change(3, Group(2))];
    check(&sorted(ListWindow::All), page(&[1, 3], 2), ops, "2 4 of 2");
}

#[test]
fn infinite_lists_show_operations() {
    let filter = Filter { group: Some(1), ..Filter::default() };
    let data = InfiniteData { pages: vec![Arc::new(page(&[1, 3], 2))], page_params: vec![1_u64] };
    check(&InfiniteProjector::pages(filter, 1, 5), data, [create(item(2))], "1 2 3 of 3");
}

#[test]
fn filters_decide_which_lists_show_a_row() {
    let drafts = list(Filter { group: Some(2), ..Filter::default() }, ListWindow::All);
    let published = sorted(ListWindow::All);
    check(&drafts, page(&[], 0), [create(item(2))], " of 0 untouched");
    check(&published, page(&[], 0), [create(item(2))], "2 of 1");
}

#[test]
fn order_and_page_size_decide_where_a_row_shows() {
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 3), [create(item(4))], "1 3 4 of 4");
}

#[test]
fn update_moves_rows_in_out_and_within() {
    let projector = sorted(ListWindow::All);
    check(&projector, page(&[1, 3, 5], 3), [change(1, Rank(45))], "3 1 5 of 3");
    check(&projector, page(&[1, 3, 5], 3), [change(1, Group(2))], "3 5 of 2");
    let outside = Item { group: 2, ..item(4) };
    check_beside(&projector, page(&[1, 5], 2), &change(4, Group(1)), outside, "1 4 5 of 3");
}

#[test]
fn second_edit_in_flight_is_visible() {
    let ops = [create(item(4)), change(4, Raise(1)), change(4, Raise(1))];
    check(&DetailProjector::<Item>::new(&4), item(4), ops, "4: group 1, rank 42");
}

#[test]
fn rollback_is_folding_without_the_operation() {
    let (first, second) = (change(1, Rank(99)), create(item(4)));
    let base = || page(&[1, 3, 5], 3);
    let projector = sorted(ListWindow::All);
    check(&projector, base(), [first, second.clone()], "3 4 5 1 of 4");
    check(&projector, base(), [second], "1 3 4 5 of 4");
    check(&projector, base(), [], "1 3 5 of 3 untouched");
}

#[test]
fn temporary_id_becomes_the_real_one_and_later_edits_follow() {
    let projector = sorted(ListWindow::All);
    let answer: Value = Arc::new(Item { id: 42, ..item(4) });
    let confirmed = create(item(4)).confirmed::<Item>(&answer).unwrap();
    let edit = change(4, Rank(5)).with_real_id::<Item>(&42_u32).unwrap();
    assert_eq!((&confirmed.id, &edit.id), (&KeySegment::of(&42_u32), &KeySegment::of(&42_u32)));
    check(&projector, page(&[1, 3], 2), [confirmed.clone(), edit.clone()], "42 1 3 of 3");
    // A fetch brings the row before the layer is gone: still one row.
    check(&projector, page(&[1, 42], 2), [confirmed, edit], "42 1 of 2");
}
