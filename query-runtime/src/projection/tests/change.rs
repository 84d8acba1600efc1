//! Where does a changed row show?

use super::*;
use ItemChange::{Group, Name, Panic, Raise, Rank};

#[test]
fn change_that_keeps_the_order_stays_in_place() {
    let projector = sorted(ListWindow::All);
    let base: Value = Arc::new(page(&[1, 3, 5], 3));
    let projected = projector.project(Some(&base), &change(3, Name("new")));
    assert_eq!(said(&projected), "1 3 5 of 3");
    let shown = projected.value.as_ref().and_then(|value| value.downcast_ref::<Page<Item>>());
    assert_eq!(shown.map(|page| page.items[1].name), Some("new"));
    check(&projector, page(&[1, 3, 5], 3), [change(3, Rank(49))], "1 3 5 of 3");
}

#[test]
fn change_that_makes_no_difference_keeps_the_very_value() {
    let base: Value = Arc::new(page(&[1, 3, 5], 3));
    let projected = sorted(ListWindow::All).project(Some(&base), &change(3, Rank(30)));
    assert!(projected.touched && projected.value.is_some_and(|value| Arc::ptr_eq(&value, &base)));
}

#[test]
fn change_shares_the_rows_that_it_does_not_concern() {
    let base = Arc::new(page(&[1, 3, 5], 3));
    let shown = sorted(ListWindow::All).project(Some(&(base.clone() as Value)), &change(3, Rank(1)));
    let shown = shown.value.and_then(|value| value.downcast::<Page<Item>>().ok()).unwrap();
    assert!(Arc::ptr_eq(shown.items.get_arc(1).unwrap(), base.items.get_arc(0).unwrap()));
    assert!(Arc::ptr_eq(shown.items.get_arc(2).unwrap(), base.items.get_arc(2).unwrap()));
}

#[test]
fn new_sort_key_moves_the_row() {
    let projector = sorted(ListWindow::All);
    check(&projector, page(&[1, 3, 5], 3), [change(1, Rank(40))], "3 1 5 of 3");
    check(&projector, page(&[1, 3, 5], 3), [change(1, Rank(99))], "3 5 1 of 3");
    check(&projector, page(&[1, 3, 5], 3), [change(5, Rank(0))], "5 1 3 of 3");
    // Behind its new equals, before the next.
    check(&projector, page(&[1, 3, 5], 3), [change(1, Rank(30))], "1 3 5 of 3");
    check(&projector, page(&[1, 3, 5], 3), [change(5, Rank(10))], "1 5 3 of 3");
}

#[test]
fn changes_follow_each_other() {
    let ops = [change(1, Raise(25)), change(1, Raise(20)), change(5, Rank(1))];
    check(&sorted(ListWindow::All), page(&[1, 3, 5], 3), ops, "5 3 1 of 3");
}

#[test]
fn changed_row_of_an_earlier_create_moves_too() {
    let ops = [create(item(4)), change(4, Rank(0)), delete(1)];
    check(&sorted(ListWindow::All), page(&[1, 3], 2), ops, "4 3 of 2");
}

#[test]
fn row_that_leaves_the_filter_leaves_the_list() {
    check(&sorted(ListWindow::All), page(&[1, 3, 5], 3), [change(3, Group(2))], "1 5 of 2");
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), [change(3, Group(2))], "1 5 of 8 stale");
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 3), [change(3, Group(2))], "1 5 of 2");
}

#[test]
fn row_that_enters_the_filter_enters_at_its_place() {
    let enters = change(4, Group(1));
    let outside = Item { group: 2, ..item(4) };
    let go = |window, base, expect| {
        check_beside(&sorted(window), base, &enters, outside.clone(), expect);
    };
    go(ListWindow::All, page(&[1, 3, 5], 3), "1 3 4 5 of 4");
    go(FIRST_OF_3, page(&[1, 3, 5], 9), "1 3 4 of 10");
    go(FIRST_OF_3, page(&[1, 2, 3], 9), "1 2 3 of 10");
    go(SECOND_OF_3, page(&[5, 6, 7], 9), "5 6 7 of 10 stale");
}

#[test]
fn row_that_is_known_not_to_matter_leaves_the_list_untouched() {
    let outside = Item { group: 2, ..item(4) };
    let projector = sorted(FIRST_OF_3);
    let op = change(4, Name("x"));
    check_beside(&projector, page(&[1, 3, 5], 9), &op, outside, "1 3 5 of 9 untouched");
    check_beside(&projector, page(&[1, 3, 5], 9), &op, item(8), "1 3 5 of 9 stale");
    let op = change(8, Name("x"));
    check_beside(&projector, page(&[1, 3, 5], 9), &op, item(8), "1 3 5 of 9 untouched");
}

#[test]
fn member_of_another_page_moves_in_without_being_counted_again() {
    let op = change(8, Rank(20));
    check_beside(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), &op, item(8), "1 8 3 of 9");
    let op = change(8, Rank(70));
    check_beside(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), &op, item(8), "1 3 5 of 9");
    check_beside(&sorted(SECOND_OF_3), page(&[4, 5, 6], 9), &op, item(8), "4 5 6 of 9 stale");
}

#[test]
fn member_of_another_page_leaves_the_count() {
    let op = change(8, Group(2));
    check_beside(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), &op, item(8), "1 3 5 of 8");
    let mut almost = page(&[1, 3, 5], 4);
    almost.has_more = Some(true);
    check_beside(&sorted(FIRST_OF_3), almost, &op, item(8), "1 3 5 of 3");
    let mut silent = page(&[1, 3, 5], None);
    silent.has_more = Some(true);
    check_beside(&sorted(FIRST_OF_3), silent, &op, item(8), "1 3 5 + stale");
}

#[test]
fn unknown_row_makes_the_list_stale_because_it_might_enter() {
    check(&sorted(ListWindow::All), page(&[1], 1), [change(4, Group(1))], "1 of 1 stale");
}

#[test]
fn row_that_sorts_past_a_page_with_more_leaves_it() {
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), [change(1, Rank(99))], "3 5 of 9 stale");
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), [change(5, Rank(99))], "1 3 of 9 stale");
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), [change(5, Rank(40))], "1 3 5 of 9");
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 3), [change(1, Rank(99))], "3 5 1 of 3");
}

#[test]
fn row_of_a_later_page_moves_inside_it_and_is_undecided_at_its_edges() {
    let base = || page(&[4, 6, 8], 9);
    check(&sorted(SECOND_OF_3), base(), [change(4, Rank(70))], "6 4 8 of 9");
    check(&sorted(SECOND_OF_3), base(), [change(8, Rank(0))], "8 4 6 of 9 stale");
    check(&sorted(SECOND_OF_3), base(), [change(4, Rank(0))], "4 6 8 of 9 stale");
    check(&sorted(SECOND_OF_3), base(), [change(4, Rank(45))], "4 6 8 of 9");
    check(&sorted(SECOND_OF_3), base(), [change(6, Name("x"))], "4 6 8 of 9");
}

#[test]
fn server_order_keeps_the_row_where_it_is() {
    check(&server_order(ListWindow::All), page(&[5, 3, 1], 3), [change(3, Rank(99))], "5 3 1 of 3");
}

#[test]
fn row_whose_membership_only_the_server_knows_is_patched_in_place() {
    let opaque = list(Filter { opaque: true, group: Some(1), ..Filter::default() }, ListWindow::All);
    let base: Value = Arc::new(page(&[1, 3, 5], 3));
    let projected = opaque.project(Some(&base), &change(3, Rank(99)));
    assert_eq!(said(&projected), "1 3 5 of 3 stale");
    let row = opaque.row_with(&projected.value.unwrap(), 3).unwrap();
    assert_eq!(text(Some(&row)), "3: group 1, rank 99");
    // The group is known to be another one.
    check(&opaque, page(&[1, 3, 5], 3), [change(3, Group(2))], "1 5 of 2");
}

#[test]
fn change_that_the_base_has_already_is_not_judged_again() {
    let opaque = list(Filter { opaque: true, group: Some(2), ..Filter::default() }, ListWindow::All);
    check(&opaque, page(&[1, 3, 5], 3), [change(3, Rank(30))], "1 3 5 of 3");
    check_beside(&opaque, page(&[1], 1), &change(3, Rank(30)), item(3), "1 of 1 untouched");
}

#[test]
fn change_for_all_lists_needs_no_certainty_about_rows_that_are_there() {
    let opaque = list(Filter { opaque: true, ..Filter::default() }, ListWindow::All);
    let op = Op::change::<Item>(1, Rank(40), ListReach::All, true);
    check(&opaque, page(&[1, 3, 5], 3), [op], "3 1 5 of 3");
}

#[test]
fn panic_in_a_change_leaves_the_list_as_it_is() {
    check(&sorted(ListWindow::All), page(&[1, 3], 2), [change(3, Panic)], "1 3 of 2 stale failed");
}

#[test]
fn operations_of_another_entity_do_nothing() {
    let mut foreign = change(3, Rank(99));
    foreign.data = Arc::new("not an operation");
    assert!(!sorted(ListWindow::All).could_touch(&foreign));
    check(&sorted(ListWindow::All), page(&[1, 3], 2), [foreign], "1 3 of 2 untouched");
}
