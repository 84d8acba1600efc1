//! Where does a created row show?

use super::*;

#[test]
fn created_row_goes_to_its_sorted_place() {
    check(&sorted(ListWindow::All), page(&[1, 3, 5], 3), [create(item(4))], "1 3 4 5 of 4");
    check(&sorted(ListWindow::All), page(&[2], None), [create(item(1))], "1 2");
    check(&sorted(ListWindow::All), page(&[2], None), [create(item(3))], "2 3");
    check(&sorted(ListWindow::All), page(&[], 0), [create(item(3))], "3 of 1");
}

#[test]
fn first_page_is_trimmed_to_its_size() {
    let mut full = page(&[1, 3, 5], 3);
    full.has_more = Some(false);
    check(&sorted(FIRST_OF_3), full, [create(item(2))], "1 2 3 of 4 +");
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 3), [create(item(2))], "1 2 3 of 4");
    check(&sorted(FIRST_OF_3), page(&[1, 3], 2), [create(item(2))], "1 2 3 of 3");
}

#[test]
fn page_longer_than_its_size_is_trimmed_by_one_row_only() {
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5, 7], 9), [create(item(2))], "1 2 3 5 of 10");
}

#[test]
fn created_row_on_a_later_page_counts_but_does_not_show() {
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], 7), [create(item(6))], "1 3 5 of 8");
    let mut more = page(&[1, 3, 5], None);
    more.has_more = Some(true);
    check(&sorted(FIRST_OF_3), more, [create(item(6))], "1 3 5 +");
}

#[test]
fn created_row_past_a_full_page_of_a_silent_server_does_not_show() {
    check(&sorted(FIRST_OF_3), page(&[1, 3, 5], None), [create(item(6))], "1 3 5");
    check(&sorted(FIRST_OF_3), page(&[1, 3], None), [create(item(6))], "1 3 6");
}

#[test]
fn later_page_counts_and_waits_for_the_server() {
    for id in [1, 5, 9] {
        check(&sorted(SECOND_OF_3), page(&[4, 6, 8], 6), [create(item(id))], "4 6 8 of 7 stale");
    }
    let cursor = ListWindow::Cursor { first: false, size: 3 };
    check(&sorted(cursor), page(&[4, 6], None), [create(item(5))], "4 6 stale");
}

#[test]
fn trimmed_cursor_page_wants_a_new_cursor() {
    let cursor = ListWindow::Cursor { first: true, size: 3 };
    let mut full = page(&[1, 3, 5], None);
    full.next = Some("after 5".into());
    check(&sorted(cursor), full, [create(item(2))], "1 2 3 stale");
    check(&sorted(cursor), page(&[1, 3], None), [create(item(2))], "1 2 3");
}

#[test]
fn row_that_the_filter_excludes_leaves_the_list_untouched() {
    let other = Item { group: 2, ..item(4) };
    check(&sorted(ListWindow::All), page(&[1], 1), [create(other.clone())], "1 of 1 untouched");
    let all = Op::create(other, ListReach::All, InsertAt::Sorted);
    check(&sorted(ListWindow::All), page(&[1], 1), [all], "1 of 1 untouched");
}

#[test]
fn row_whose_membership_only_the_server_knows_makes_the_list_stale() {
    let opaque = list(Filter { opaque: true, ..Filter::default() }, ListWindow::All);
    check(&opaque, page(&[1], 1), [create(item(4))], "1 of 1 stale");
    let all = Op::create(item(4), ListReach::All, InsertAt::Sorted);
    check(&opaque, page(&[1], 1), [all], "1 4 of 2");
}

#[test]
fn no_list_shows_what_is_declared_for_none() {
    let none = Op::create(item(4), ListReach::None, InsertAt::Sorted);
    assert!(!sorted(ListWindow::All).could_touch(&none));
    check(&sorted(ListWindow::All), page(&[1], 1), [none], "1 of 1 untouched");
    check(&sorted(ListWindow::All), page(&[1], 1), [insert(item(4), InsertAt::None)], "1 of 1 stale");
}

#[test]
fn shaped_list_is_never_patched() {
    let shaped = list(Filter { shaped: true, ..Filter::default() }, ListWindow::All);
    check(&shaped, page(&[1], 1), [create(item(4))], "1 of 1 stale");
    check(&shaped, page(&[1], 1), [change(1, ItemChange::Name("x"))], "1 of 1 stale");
    check(&shaped, page(&[1], 1), [delete(1)], "1 of 1 stale");
}

#[test]
fn server_order_takes_the_declared_end() {
    let first = || insert(item(9), InsertAt::Start);
    let last = || insert(item(9), InsertAt::End);
    check(&server_order(ListWindow::All), page(&[5, 3], 2), [first()], "9 5 3 of 3");
    check(&server_order(ListWindow::All), page(&[5, 3], 2), [last()], "5 3 9 of 3");
    check(&server_order(FIRST_OF_3), page(&[5, 3, 4], 7), [first()], "9 5 3 of 8");
    check(&server_order(FIRST_OF_3), page(&[5, 3, 4], 7), [last()], "5 3 4 of 8");
    check(&server_order(SECOND_OF_3), page(&[5, 3], 5), [first()], "5 3 of 6 stale");
    check(&server_order(SECOND_OF_3), page(&[5, 3], 5), [last()], "5 3 of 6 stale");
}

#[test]
fn server_order_cannot_be_sorted_into() {
    check(&server_order(ListWindow::All), page(&[5, 3], 2), [create(item(4))], "5 3 of 3 stale");
    check(&server_order(ListWindow::All), page(&[], 0), [create(item(4))], "4 of 1");
}

#[test]
fn known_order_wins_over_the_declared_end() {
    check(&sorted(ListWindow::All), page(&[1, 3], 2), [insert(item(2), InsertAt::End)], "1 2 3 of 3");
}

#[test]
fn equal_sort_keys_are_stable() {
    let twin = |id| Item { rank: 30, ..item(id) };
    let base = || page(&[1, 3, 5], 3);
    check(&sorted(ListWindow::All), base(), [create(twin(8)), create(twin(9))], "1 3 8 9 5 of 5");
    let start = |id| insert(twin(id), InsertAt::Start);
    check(&sorted(ListWindow::All), base(), [start(8), start(9)], "1 9 8 3 5 of 5");
}

#[test]
fn row_that_is_there_already_is_not_shown_twice() {
    let echo = Item { name: "mine", rank: 45, ..item(3) };
    let projector = sorted(ListWindow::All);
    check(&projector, page(&[1, 3, 4, 5], 4), [create(echo)], "1 4 3 5 of 4");
    check(&projector, page(&[1, 3], 2), [create(item(3))], "1 3 of 2");
    let excluded = Item { group: 2, ..item(3) };
    check(&projector, page(&[1, 3], 2), [create(excluded)], "1 3 of 2 stale");
}

#[test]
fn list_without_data_shows_nothing_but_says_whether_it_will_depend_on_the_row() {
    let projector = sorted(ListWindow::All);
    assert_eq!(said(&projector.project(None, &create(item(4)))), "nothing");
    let other = Item { group: 2, ..item(4) };
    assert_eq!(said(&projector.project(None, &create(other))), "nothing untouched");
    assert_eq!(said(&projector.project(None, &delete(4))), "nothing");
}

#[test]
fn panic_in_the_filter_leaves_the_list_as_it_is() {
    #[derive(Clone, Debug, PartialEq)]
    struct Broken;
    impl ListFilter<Item> for Broken {
        fn matches(&self, _: &Item) -> Membership {
            panic!("a filter of the user's panics")
        }
    }
    let broken = ListProjector::new(Broken, ListWindow::All);
    check(&broken, page(&[1, 3], 2), [create(item(2))], "1 3 of 2 stale failed");
}
