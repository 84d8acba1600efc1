//! What becomes of an operation and of the base when the server has confirmed it?

use super::super::{DetailProjector, EntityOp, absorb_safely};
use super::*;
use crate::KeySegment;
use ItemChange::{Group, Name, Raise, Rank};

#[track_caller]
fn check_absorb(projector: &dyn Projector, base: Page<Item>, op: &Op, answer: Option<Item>, expect: &str) {
    let answer = answer.map(|row| Arc::new(row) as Value);
    let base: Value = Arc::new(base);
    let absorbed = absorb_safely(projector, &base, op, answer.as_ref());
    assert_eq!(text(absorbed.ok().flatten().as_ref()), expect);
}

#[test]
fn detail_takes_the_row_of_the_answer() {
    let detail = DetailProjector::<Item>::new(&3);
    let base: Value = Arc::new(item(3));
    let answer: Value = Arc::new(Item { rank: 7, ..item(3) });
    let absorbed = detail.absorb(&base, &change(3, Rank(1)), Some(&answer)).unwrap();
    assert!(Arc::ptr_eq(&absorbed, &answer));
    assert!(detail.absorb(&base, &change(3, Rank(1)), None).is_none());
    assert!(detail.absorb(&base, &delete(3), None).is_none());
    let stranger: Value = Arc::new(item(9));
    assert!(detail.absorb(&base, &change(3, Rank(1)), Some(&stranger)).is_none());
    let other = detail.absorb(&base, &change(4, Rank(1)), Some(&stranger)).unwrap();
    assert!(Arc::ptr_eq(&other, &base));
}

#[test]
fn list_takes_the_created_row_under_its_real_id() {
    let answer = Item { id: 42, ..item(4) };
    let base = || page(&[1, 3, 5], 3);
    let projector = sorted(ListWindow::All);
    check_absorb(&projector, base(), &create(item(4)), Some(answer.clone()), "1 3 42 5 of 4");
    check_absorb(&projector, base(), &create(item(4)), None, "nothing");
    let there = page(&[1, 42], 2);
    check_absorb(&projector, there, &create(item(4)), Some(answer.clone()), "1 42 of 2");
    let excluded = Item { group: 2, ..answer };
    check_absorb(&projector, base(), &create(item(4)), Some(excluded), "1 3 5 of 3");
}

#[test]
fn list_takes_the_changed_row_at_its_place() {
    let op = change(1, Rank(40));
    let base = || page(&[1, 3, 5], 3);
    let projector = sorted(ListWindow::All);
    let answer = |rank| Some(Item { rank, ..item(1) });
    check_absorb(&projector, base(), &op, answer(40), "3 1 5 of 3");
    // The server's values count, not the change's.
    check_absorb(&projector, base(), &op, answer(99), "3 5 1 of 3");
    let moved_out = Some(Item { group: 2, ..item(1) });
    check_absorb(&projector, base(), &op, moved_out, "3 5 of 2");
    check_absorb(&projector, base(), &op, None, "nothing");
    check_absorb(&projector, base(), &op, Some(item(9)), "nothing");
}

#[test]
fn changed_row_enters_a_list_that_is_complete() {
    let op = change(4, Group(1));
    check_absorb(&sorted(ListWindow::All), page(&[1, 5], 2), &op, Some(item(4)), "1 4 5 of 3");
    check_absorb(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), &op, Some(item(4)), "nothing");
    let out = Some(Item { group: 2, ..item(4) });
    check_absorb(&sorted(ListWindow::All), page(&[1, 5], 2), &op, out, "1 5 of 2");
}

#[test]
fn list_loses_the_deleted_row() {
    let projector = sorted(ListWindow::All);
    check_absorb(&projector, page(&[1, 3], 2), &delete(3), None, "1 of 1");
    check_absorb(&projector, page(&[1, 3], 2), &delete(9), None, "1 3 of 2");
    check_absorb(&sorted(FIRST_OF_3), page(&[1, 3, 5], 9), &delete(3), None, "nothing");
}

#[test]
fn list_that_cannot_decide_is_not_patched() {
    let opaque = list(Filter { opaque: true, ..Filter::default() }, ListWindow::All);
    check_absorb(&opaque, page(&[1, 3], 2), &change(1, Rank(9)), Some(Item { rank: 9, ..item(1) }), "nothing");
    check_absorb(&sorted(SECOND_OF_3), page(&[4], 4), &create(item(5)), Some(item(5)), "nothing");
}

#[test]
fn base_that_is_not_concerned_stays_the_very_value() {
    let base: Value = Arc::new(page(&[1, 3], 2));
    let none = Op::change::<Item>(1, Rank(9), ListReach::None, true);
    let absorbed = sorted(ListWindow::All).absorb(&base, &none, None).unwrap();
    assert!(Arc::ptr_eq(&absorbed, &base));
}

#[test]
fn panic_while_absorbing_decides_nothing() {
    #[derive(Clone, Debug, PartialEq)]
    struct Broken;
    impl ListFilter<Item> for Broken {
        fn matches(&self, _: &Item) -> Membership {
            panic!("a filter of the user's panics")
        }
    }
    let broken = ListProjector::new(Broken, ListWindow::All);
    check_absorb(&broken, page(&[1], 1), &change(1, Rank(9)), Some(Item { rank: 9, ..item(1) }), "nothing");
}

#[test]
fn operation_moves_to_the_real_id() {
    let projector = sorted(ListWindow::All);
    let real = |op: &Op| op.with_real_id::<Item>(&42_u32).unwrap();
    for op in [create(item(4)), change(4, Rank(9)), delete(4)] {
        let moved = real(&op);
        assert_eq!((moved.id, moved.kind, moved.temp), (KeySegment::of(&42_u32), op.kind, false));
    }
    assert!(!real(&change(4, Raise(1))).idempotent);
    assert!(delete(4).with_real_id::<Item>(&"text").is_none());
    // Edits of the temporary row show on the real one.
    check(&projector, page(&[1, 42], 2), [real(&change(4, Rank(5)))], "42 1 of 2");
    check(&projector, page(&[1, 42], 2), [real(&create(item(4)))], "1 42 of 2");
}

#[test]
fn confirmed_create_carries_the_server_row() {
    let projector = sorted(ListWindow::All);
    let answer: Value = Arc::new(Item { id: 42, ..item(2) });
    let confirmed = create(item(9)).confirmed::<Item>(&answer).unwrap();
    assert!(confirmed.idempotent && !confirmed.temp);
    check(&projector, page(&[1, 3], 2), [confirmed.clone()], "1 42 3 of 3");
    check(&projector, page(&[1, 42], 2), [confirmed], "1 42 of 2");
    let odd: Value = Arc::new("text");
    assert!(create(item(9)).confirmed::<Item>(&odd).is_none());
}

#[test]
fn confirmed_change_that_says_nothing_else_and_a_delete_stay_as_they_are() {
    let answer: Value = Arc::new(item(3));
    for op in [change(3, Raise(1)), change(3, Rank(9)), delete(3)] {
        let confirmed = op.confirmed::<Item>(&answer).unwrap();
        let text = |op: &Op| format!("{:?}", op.typed::<Item>());
        assert_eq!(text(&confirmed), text(&op));
        assert_eq!(confirmed.idempotent, op.idempotent);
    }
}

#[test]
fn confirmed_change_has_the_values_of_the_answer_in_its_own_fields_only() {
    // S74: the server trims the name; the group of its answer is not this change's.
    let answer: Value = Arc::new(Item { name: "trimmed", group: 7, ..item(3) });
    let confirmed = change(3, Name("  trimmed ")).confirmed::<Item>(&answer).unwrap();
    let EntityOp::Change { change: settled, .. } = confirmed.typed::<Item>().unwrap() else { panic!("a change") };
    assert_eq!(*settled, Name("trimmed"));
    let other = change(4, Name("  of another ")).confirmed::<Item>(&answer).unwrap();
    let EntityOp::Change { change: kept, .. } = other.typed::<Item>().unwrap() else { panic!("a change") };
    assert_eq!(*kept, Name("  of another "), "the answer is about another row");
}
