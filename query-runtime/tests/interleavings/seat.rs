//! May code of the program call the client from within, whoever else does at the same time?

use std::sync::Arc;

use query_runtime::{Key, QueryClient, QueryKey, QueryOptions};
use shuttle::{sync::Mutex, thread};

use crate::schedules::{client, explore, key};

/// A value that calls the client when it is compared, and when it is dropped.
#[derive(Clone)]
struct Nosy {
    number: u64,
    client: Arc<Mutex<Option<QueryClient>>>,
}

impl Nosy {
    fn ask(&self) {
        let client = self.client.lock().unwrap().clone();
        if let Some(client) = client {
            client.set(&key("asked"), self.number);
            let _ = (
                client.get(&key("asked")),
                client.get(&nosy_key()).is_some(),
                client.get_both(&key("asked"), &nosy_key()).0,
            );
        }
    }
}

impl PartialEq for Nosy {
    fn eq(&self, other: &Self) -> bool {
        self.ask();
        self.number == other.number
    }
}

impl Drop for Nosy {
    fn drop(&mut self) {
        self.ask();
    }
}

fn nosy_key() -> Key<Nosy> {
    Key::typed(QueryKey::new(["nosy"]))
}

#[test]
fn values_that_call_the_client_when_compared_or_dropped_block_nobody() {
    explore("seat", || {
        let (client, _) = client();
        let inner = Arc::new(Mutex::new(Some(client.clone())));
        let observer = client.observe(QueryOptions::cached(nosy_key()));
        let threads: Vec<_> = (1..=2)
            .map(|number| {
                let (client, inner) = (client.clone(), inner.clone());
                thread::spawn(move || {
                    client.set(&nosy_key(), Nosy { number, client: inner });
                    if number == 2 {
                        client.remove(key("asked").untyped().clone());
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert!(observer.current().data.is_some_and(|nosy| nosy.number > 0));
        drop(observer);
        client.remove(nosy_key().untyped().clone());
        inner.lock().unwrap().take();
    });
}
