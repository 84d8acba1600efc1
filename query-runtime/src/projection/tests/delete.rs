//! What does a deleted row leave behind?

use super::*;

#[test]
fn deleted_row_is_removed_and_uncounted() {
    check(&sorted(ListWindow::All), page(&[1, 3, 5], 3), [delete(3)], "1 5 of 2");
    check(&sorted(ListWindow::All), page(&[1], 1), [delete(1)], " of 0");
    check(&sorted(SECOND_OF_3), page(&[4, 5], 5), [delete(4)], "5 of 4");
}

#[test]
fn full_page_with_more_behind_it_wants_the_row_that_moves_up() {
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), [delete(3)], "1 5 of 8 stale");
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 3), [delete(3)], "1 5 of 2");
}

#[test]
fn row_that_a_complete_list_lacks_changes_nothing() {
    check(&sorted(ListWindow::All), page(&[1, 3], 2), [delete(9)], "1 3 of 2 untouched");
    check(&sorted(FIRST_OF_3), page(&[1, 3], 2), [delete(9)], "1 3 of 2 untouched");
}

#[test]
fn unknown_row_is_not_uncounted() {
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), [delete(7)], "1 3 5 of 9 stale");
}

#[test]
fn member_of_another_page_is_uncounted() {
    let go = |window, row, expect| {
        check_beside(&sorted(window), page(&[4, 5, 6], 9), &delete(8), row, expect);
    };
    go(FIRST_OF_3, item(8), "4 5 6 of 8");
    go(SECOND_OF_3, item(8), "4 5 6 of 8 stale");
    go(FIRST_OF_3, Item { group: 2, ..item(8) }, "4 5 6 of 9 untouched");
    let opaque = list(Filter { opaque: true, ..Filter::default() }, FIRST_OF_3);
    check_beside(&opaque, page(&[4, 5, 6], 9), &delete(8), item(8), "4 5 6 of 9 stale");
}

#[test]
fn total_of_a_confused_server_does_not_go_below_zero() {
    check(&sorted(ListWindow::All), page(&[1], 0), [delete(1)], " of 0");
}

#[test]
fn delete_needs_neither_filter_nor_order() {
    let opaque = Filter { opaque: true, server_order: true, ..Filter::default() };
    check(&list(opaque, ListWindow::All), page(&[5, 1, 3], 3), [delete(1)], "5 3 of 2");
}
