//! What does a read cost on several threads at once, and what would it cost without a cache around the map?

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    hint::black_box,
    sync::{Arc, Barrier, PoisonError, RwLock},
    thread,
};

use query_runtime::{Key, QueryKey};

use crate::{
    rows::{User, filled, user_key},
    timing::Bench,
    values::read,
};

/// Reads of a figure of several threads, by each of them.
const SIZE: usize = 100_000;

/// A locked part of a map whose keys have their hash with them.
type Part = RwLock<HashMap<QueryKey, Arc<User>, BuildHasherDefault<HashOfKey>>>;

/// The limit: a map in as many locked parts as the cache has, with the same keys.
#[derive(Default)]
struct Bare {
    parts: [Part; 16],
}

/// Takes the hash of a key as it is.
#[derive(Default)]
struct HashOfKey(u64);

impl Hasher for HashOfKey {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl Bare {
    fn filled(n: usize) -> Self {
        let bare = Self::default();
        for number in 0..n {
            let key = user_key(number).into_untyped();
            let part = bare.part(&key);
            part.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::new(User::new(number)));
        }
        bare
    }

    fn part(&self, key: &QueryKey) -> &Part {
        // The upper bits: the lower ones choose the place in the part.
        &self.parts[usize::try_from(key.hash_value() >> 60).unwrap_or_default()]
    }

    fn get(&self, key: &Key<User>) -> Option<Arc<User>> {
        self.part(key.untyped()).read().unwrap_or_else(PoisonError::into_inner).get(key.untyped()).cloned()
    }

    fn read(&self, n: usize) {
        let found = (0..n).filter(|number| self.get(&user_key(*number)).is_some()).count();
        assert_eq!(found, n);
    }
}

pub(crate) fn measure(bench: &Bench) {
    for n in bench.sizes([1_000, 10_000, 100_000, 1_000_000]).filter(|_| bench.wants("get_bare")) {
        let bare = Bare::filled(n);
        bench.repeat("get_bare", n, n, || bare.read(n));
    }
    bench.repeat("key", 0, SIZE, || {
        for number in 0..SIZE {
            black_box(user_key(black_box(number)));
        }
    });
    for n in bench.sizes([SIZE]) {
        for threads in [1, 2, 4] {
            let (name, bare_name) = (format!("get_{threads}_threads"), format!("get_bare_{threads}_threads"));
            if bench.wants(&name) {
                let client = filled(n);
                bench.repeat(&name, n, n, || together(threads, || read(&client, n)));
            }
            if bench.wants(&bare_name) {
                let bare = Bare::filled(n);
                bench.repeat(&bare_name, n, n, || together(threads, || bare.read(n)));
            }
        }
    }
}

/// Does the same on several threads at once.
fn together(threads: usize, work: impl Fn() + Sync) {
    let begin = Barrier::new(threads);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                begin.wait();
                work();
            });
        }
    });
}
