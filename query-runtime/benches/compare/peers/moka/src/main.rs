//! What do the workloads cost in moka, a cache without observers or staleness?

use std::{hint::black_box, sync::Arc};

use moka::sync::Cache;
use timing::{Bench, CALLS, Person, named, walk};

type Key = (usize, usize);

fn cache() -> Cache<Key, Arc<Person>> {
    Cache::builder().support_invalidation_closures().build()
}

fn fill(cache: &Cache<Key, Arc<Person>>, resource: usize, n: usize) {
    for id in 0..n {
        cache.insert((resource, id), Arc::new(Person::new(id)));
    }
}

fn main() {
    let bench = Bench::of_the_arguments();
    for n in bench.sizes([10_000, 100_000]) {
        bench.measure(&named("set_new", n), n, n, cache, |cache| fill(cache, 0, n));
        let filled = || {
            let cache = cache();
            fill(&cache, 0, n);
            cache.run_pending_tasks();
            cache
        };
        bench.measure(&named("set_existing", n), n, CALLS, filled, |cache| {
            walk(n).take(CALLS).for_each(|id| cache.insert((0, id), Arc::new(Person::new(id))));
        });
        bench.measure(&named("get_cached", n), n, CALLS, filled, |cache| {
            walk(n).take(CALLS).for_each(|id| assert!(black_box(cache.get(&(0, id))).is_some_and(|one| one.id == id)));
        });
        for (share, resources) in [("10pct", 10), ("100pct", 1)] {
            let fresh = || {
                let cache = cache();
                (0..resources).for_each(|resource| fill(&cache, resource, n / resources));
                cache.run_pending_tasks();
                cache
            };
            // What is invalidated is gone here; the predicate is applied by the pending tasks.
            bench.measure(&named(&format!("invalidate_users_{share}_of"), n), n, 1, fresh, |cache| {
                cache.invalidate_entries_if(|key, _| key.0 == 0).expect("closures are supported");
                let (mut rounds, mut before) = (0, u64::MAX);
                while cache.entry_count() < before || rounds < 2 {
                    before = cache.entry_count();
                    cache.run_pending_tasks();
                    rounds += 1;
                }
            });
        }
        bench.bytes(&named("heap_bytes_per_entry", n), n, cache, |cache| {
            fill(cache, 0, n);
            cache.run_pending_tasks();
        });
    }
}
