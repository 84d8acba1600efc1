//! Is what readers see always from one commit, and does it only go forward?

use std::{future::ready, sync::Arc};

use query_runtime::{
    Change, Entity, Key, ListFilter, ListReach, ListWindow, Membership, MutationContext, MutationOptions, Page,
    QueryKey, QueryOptions, Write,
};
use shuttle::{
    future::block_on,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use crate::schedules::{Seen, client, explore, key};

#[derive(Clone, Debug, PartialEq)]
struct Card {
    id: u64,
    title: u64,
}

#[derive(Clone, Debug, PartialEq)]
struct Title(u64);

impl Change<Card> for Title {
    fn apply(&self, row: &mut Card) {
        row.title = self.0;
    }
}

impl Entity for Card {
    type Id = u64;
    type Change = Title;
    const ROOT: &'static [&'static str] = &["cards"];

    fn id(&self) -> &u64 {
        &self.id
    }

    fn set_id(&mut self, id: u64) {
        self.id = id;
    }
}

#[derive(Clone, Debug, PartialEq)]
struct All;

impl ListFilter<Card> for All {
    fn matches(&self, _: &Card) -> Membership {
        Membership::Yes
    }
}

/// The title that the server has.
type Server = Arc<AtomicU64>;

fn detail(server: &Server) -> QueryOptions<Card> {
    let server = server.clone();
    QueryOptions::detail(detail_key(), 1, move |_| ready(Ok(Card { id: 1, title: server.load(Ordering::SeqCst) })))
        .stale_forever()
}

fn detail_key() -> Key<Card> {
    Key::typed(QueryKey::new(["cards", "detail", "1"]))
}

fn list(server: &Server) -> QueryOptions<Page<Card>> {
    let server = server.clone();
    QueryOptions::list(list_key(), All, ListWindow::All, move |_| {
        ready(Ok(Page::from_iter([Card { id: 1, title: server.load(Ordering::SeqCst) }])))
    })
    .stale_forever()
}

fn list_key() -> Key<Page<Card>> {
    Key::typed(QueryKey::new(["cards", "list"]))
}

/// Neither the layer nor the confirmation of a change is ever seen in the one and not in the other, and none of both goes back.
#[test]
fn change_of_a_row_is_seen_in_its_detail_and_its_list_at_once() {
    explore("detail and list", || {
        let ((client, background), server) = (client(), Server::default());
        let (detail, list) = (client.observe(detail(&server)), client.observe(list(&server)));
        block_on(async { (detail.settled().await, list.settled().await) });
        let send = move |_: MutationContext, title: u64| {
            server.store(title, Ordering::SeqCst);
            ready(Ok(Card { id: 1, title }))
        };
        let options = MutationOptions::new(&["cards", "title"], send).changes::<Card>(
            |title| (1, Title(*title)),
            ListReach::All,
            true,
        );
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let client = client.clone();
                thread::spawn(move || {
                    let mut last = 0;
                    for _ in 0..3 {
                        let (one, all) = client.get_both(&detail_key(), &list_key());
                        let (one, all) = (one.unwrap().title, all.unwrap().items[0].title);
                        assert_eq!(one, all, "torn");
                        assert!(one >= last, "{one} after {last}");
                        last = one;
                    }
                })
            })
            .collect();
        let mutation = client.mutation(options);
        let handles = [mutation.mutate(1), mutation.mutate(2)];
        for handle in handles {
            assert!(block_on(handle).is_ok());
        }
        for reader in readers {
            reader.join().unwrap();
        }
        let shown = (detail.current().data.unwrap().title, list.current().data.unwrap().items[0].title);
        assert_eq!(shown, (2, 2));
        background.rest();
    });
}

/// All observers of many queries and values made of the whole cache are from one commit.
#[test]
fn results_of_many_queries_are_from_one_commit() {
    explore("many queries", || {
        let (client, _) = client();
        let write = |number| [(key("a"), number), (key("b"), number)];
        client.set_many(write(0), Write::local());
        let queries = client.observe_all(vec![QueryOptions::cached(key("a")), QueryOptions::cached(key("b"))]);
        let agree = client.watch(|client| {
            let (a, b) = client.get_both(&key("a"), &key("b"));
            assert_eq!(a, b, "torn");
            a.map(|a| *a)
        });
        let writer = {
            let client = client.clone();
            thread::spawn(move || {
                for number in 1..=2 {
                    client.set_many(write(number), Write::local());
                }
            })
        };
        let reader = thread::spawn(move || {
            for _ in 0..2 {
                let shown = queries.current();
                assert_eq!(shown[0].data, shown[1].data, "torn");
            }
            queries
        });
        let mut last = None;
        while last != Some(2) {
            let next = block_on(agree.changed()).map(|value| *value).unwrap();
            assert!(next >= last);
            last = next;
        }
        writer.join().unwrap();
        let queries = reader.join().unwrap();
        assert!(queries.current().iter().all(|result| result.data.as_deref() == Some(&2)));
    });
}

/// Scenario S141 and invariant I20: what an observer tells only goes forward, and ends with the newest.
#[test]
fn observer_that_begins_while_two_write_goes_forward_and_ends_on_the_newest() {
    explore("forward", || {
        let (client, _) = client();
        client.set(&key("a"), 0);
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let client = client.clone();
                thread::spawn(move || {
                    for _ in 0..2 {
                        client.update(&key("a"), |number| Some(number + 1));
                    }
                })
            })
            .collect();
        let seen = Seen::default();
        let observer = client.observe(QueryOptions::cached(key("a")));
        let noted = seen.clone();
        let subscription = observer.subscribe(move |result| noted.push(*result.data.as_deref().unwrap()));
        let mut last = *observer.current().data.unwrap();
        seen.push(last);
        while last != 4 {
            let now = *block_on(observer.changed()).data.unwrap();
            assert!(now >= last, "{now} after {last}");
            last = now;
        }
        for writer in writers {
            writer.join().unwrap();
        }
        drop(subscription);
        let seen = seen.all();
        assert_eq!(seen.iter().max(), Some(&4), "{seen:?}");
    });
}

/// The same for callbacks: each hears values that grow, and the last it hears is the newest.
#[test]
fn callback_hears_of_each_newer_state_in_order_and_of_the_newest() {
    explore("callbacks", || {
        let (client, _) = client();
        client.set(&key("a"), 0);
        let observer = client.observe(QueryOptions::cached(key("a")));
        let seen = Seen::default();
        let noted = seen.clone();
        let subscription = observer.subscribe(move |result| noted.push(*result.data.as_deref().unwrap()));
        let writers: Vec<_> = (0..2)
            .map(|_| {
                let client = client.clone();
                thread::spawn(move || {
                    for _ in 0..2 {
                        client.update(&key("a"), |number| Some(number + 1));
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        drop(subscription);
        let seen = seen.all();
        assert!(seen.is_sorted() && seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
        assert_eq!(seen.last(), Some(&4));
    });
}
