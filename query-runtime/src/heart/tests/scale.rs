//! Does the work grow with what is touched, and not with what there is?

use super::{Bench, Item, ItemChange};
use crate::{heart::FetchRequest, projection::Op, resource::ListReach};

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
