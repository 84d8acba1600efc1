//! How do operations show in the entry of one row?

use super::super::{DetailProjector, EntryShape, InfiniteProjector, OpKind, RowProjector};
use super::*;
use ItemChange::{Group, Panic, Raise, Rank};

fn detail() -> DetailProjector<Item> {
    DetailProjector::new(&3)
}

fn nothing_after(projector: &dyn Projector, op: &Op) -> String {
    said(&project_safely(projector, None, op, None))
}

#[test]
fn changes_fold_over_the_row() {
    check(&detail(), item(3), [change(3, Group(2)), change(3, Raise(5))], "3: group 2, rank 35");
    check(&detail(), item(3), [change(4, Group(2))], "3: group 1, rank 30 untouched");
}

#[test]
fn deleted_row_shows_nothing_and_later_changes_do_not_bring_it_back() {
    check(&detail(), item(3), [delete(3)], "nothing");
    check(&detail(), item(3), [delete(3), change(3, Rank(1))], "nothing");
}

#[test]
fn created_row_shows_without_a_base() {
    assert_eq!(nothing_after(&detail(), &create(item(3))), "3: group 1, rank 30");
    assert_eq!(nothing_after(&detail(), &create(item(4))), "nothing untouched");
    check(&detail(), item(3), [delete(3), create(Item { rank: 1, ..item(3) })], "3: group 1, rank 1");
}

#[test]
fn change_and_delete_without_a_base_show_nothing() {
    assert_eq!(nothing_after(&detail(), &change(3, Rank(1))), "nothing");
    assert_eq!(nothing_after(&detail(), &delete(3)), "nothing");
}

#[test]
fn detail_shows_only_what_is_declared_for_it() {
    let rank = Op::change::<Item>(3, Rank(1), ListReach::All, false);
    let gone = Op::delete::<Item>(3, ListReach::All, false);
    check(&detail(), item(3), [rank], "3: group 1, rank 30 untouched");
    check(&detail(), item(3), [gone], "3: group 1, rank 30 untouched");
}

#[test]
fn panic_in_a_change_leaves_the_row_as_it_is() {
    let ops = [change(3, Rank(1)), change(3, Panic)];
    check(&detail(), item(3), ops, "3: group 1, rank 1 stale failed");
}

#[test]
fn value_of_another_type_is_left_alone() {
    let odd: Value = Arc::new("text");
    for op in [change(3, Rank(1)), create(item(3))] {
        let shown = sorted(ListWindow::All).project(Some(&odd), &op);
        assert!(Arc::ptr_eq(&shown.value.unwrap(), &odd) && !shown.touched);
    }
    let shown = detail().project(Some(&odd), &change(3, Rank(1)));
    assert!(Arc::ptr_eq(&shown.value.unwrap(), &odd));
    assert!(!detail().holds(&odd, 3));
}

#[test]
fn custom_query_shows_operations_on_the_row_it_has() {
    let query = RowProjector::<Item>::new();
    check(&query, item(3), [change(3, Rank(1))], "3: group 1, rank 1");
    check(&query, item(3), [change(4, Rank(1))], "3: group 1, rank 30 untouched");
    check(&query, item(3), [create(item(4))], "3: group 1, rank 30 untouched");
    check(&query, item(3), [delete(3)], "nothing");
    assert_eq!(nothing_after(&query, &create(item(3))), "nothing untouched");
    let base: Value = Arc::new(item(3));
    assert!(query.holds(&base, 3));
    assert!(!query.holds(&base, 4));
}

#[test]
fn projectors_say_what_they_are() {
    let (row, rows): (Value, Value) = (Arc::new(item(3)), Arc::new(page(&[1, 3], 2)));
    let lists = sorted(ListWindow::All);
    assert_eq!((detail().kind(), lists.kind()), (EntryShape::Detail, EntryShape::List));
    assert_eq!(detail().entity(), lists.entity());
    assert!(detail().could_touch(&change(3, Rank(1))) && !detail().could_touch(&delete(4)));
    assert!(lists.could_touch(&delete(4)));
    assert!(detail().holds(&row, 3) && !detail().holds(&row, 4));
    assert!(lists.holds(&rows, 3) && !lists.holds(&rows, 4));
    assert_eq!(text(lists.row_with(&rows, 3).as_ref()), "3: group 1, rank 30");
}

#[test]
fn operations_know_whether_a_second_time_does_harm() {
    assert!(change(3, Rank(1)).idempotent && !change(3, Raise(1)).idempotent);
    assert!(delete(3).idempotent && !create(item(3)).idempotent && create(item(3)).temp);
    let chosen = insert(item(3), InsertAt::Sorted);
    assert!(chosen.idempotent && !chosen.temp && chosen.kind == OpKind::Create);
}

#[test]
fn row_of_an_operation_is_found_by_its_typed_id() {
    let pages = InfiniteProjector::pages(Filter::default(), 1, 2);
    let data = InfiniteData { pages: vec![Arc::new(page(&[1, 3], 2))], page_params: vec![1_u64] };
    let cases: [(&dyn Projector, Value); 4] = [
        (&DetailProjector::<Item>::new(&3), Arc::new(item(3))),
        (&RowProjector::<Item>::new(), Arc::new(item(3))),
        (&sorted(ListWindow::All), Arc::new(page(&[1, 3], 2))),
        (&pages, Arc::new(data)),
    ];
    for (projector, base) in cases {
        assert!(projector.holds_row_of(&base, &delete(3)));
        assert!(!projector.holds_row_of(&base, &delete(4)));
    }
}
