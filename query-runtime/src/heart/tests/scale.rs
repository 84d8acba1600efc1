//! Does the work grow with what is touched, and not with what there is?

use std::sync::Arc;

use super::{Bench, Item, ItemChange, Ones, item, page};
use crate::{
    heart::{Effect, Event, FetchRequest, Written},
    page::Page,
    projection::{ListProjector, Op},
    resource::{ListReach, ListWindow},
    status::GcTime,
};

#[test]
fn focus_and_the_connection_visit_only_what_is_observed_or_fetches() {
    let mut bench = Bench::new();
    let entries: Vec<_> = (0..1_000).map(|number| bench.plain(&format!("{number}"))).collect();
    bench.loaded(entries[7], 1_i64);
    bench.act(|heart, now| heart.set_online(false, now));
    bench.act(|heart, now| heart.fetch(entries[9], FetchRequest::whole(), now));
    assert!(bench.heart.wakeable().into_iter().eq([entries[7], entries[9]]));
    bench.act(|heart, now| heart.set_online(true, now));
    assert_eq!(bench.started().len(), 2, "the observed one is stale, the other goes on");
}

#[test]
fn row_leads_to_the_details_and_lists_that_can_show_it() {
    let mut bench = Bench::new();
    let details: Vec<_> = (0..1_000).map(|id| bench.detail(id)).collect();
    let list = bench.list();
    let op = Op::change::<Item>(7, ItemChange::SetB(1), ListReach::Matching, true);
    let candidates: Vec<_> = bench.heart.rows.candidates(&op).collect();
    assert_eq!(candidates, [details[7], list]);
    bench.pass(300_000);
    assert_eq!(bench.heart.rows.candidates(&op).count(), 0, "they were collected");
}

#[test]
fn change_that_moves_nothing_visits_the_lists_that_hold_its_row() {
    let mut bench = Bench::new();
    let lists: Vec<_> = (0..100_i64)
        .map(|number| {
            let projector = Arc::new(ListProjector::<Item, Ones>::new(Ones, ListWindow::All));
            let list = bench.entry_of::<Page<Item>>(&format!("list{number}"), Some(projector), GcTime::Never);
            let rows: Vec<Item> = (0..10).map(|row| item(number * 10 + row, 1, 0, 0)).collect();
            bench.act(|heart, now| heart.set_base(list, Arc::new(page(&rows)), Written::default(), now));
            list
        })
        .collect();
    let change = |id, change| Op::change::<Item>(id, change, ListReach::Matching, true);
    let patch = change(123, ItemChange::SetB(1));
    assert_eq!(bench.heart.touchable_by([&patch]), [lists[12]]);
    assert_eq!(bench.heart.touchable_by([&change(123, ItemChange::SetA(2))]), lists, "it may come into any of them");
    bench.act(|heart, now| heart.set_base(lists[40], Arc::new(page(&[item(123, 1, 0, 0)])), Written::default(), now));
    assert_eq!(bench.heart.touchable_by([&patch]), [lists[12], lists[40]]);
    bench.act(|heart, now| heart.set_base(lists[12], Arc::new(page(&[])), Written::default(), now));
    assert_eq!(bench.heart.touchable_by([&patch]), [lists[40]]);
    bench.heart.finish();
    bench.mutate(patch.clone());
    let changed: Vec<_> =
        bench.effects.drain(..).filter(|effect| matches!(effect, Effect::Event(Event::Updated(..)))).collect();
    assert_eq!(changed.len(), 101 + 2, "the hundred were filled, two again, and one shows the change: {changed:?}");
}
