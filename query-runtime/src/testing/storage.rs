//! What is stored in a test, and what if the storage is full or fails?

use std::{collections::BTreeMap, fmt, future::ready, sync::Arc};

use crate::{
    signal::lock,
    storage::{Storage, StorageError, StorageFuture},
    sync::Mutex,
};

/// Keeps texts in memory. Cloning shares them: hand a clone to the program under test, and to the one that is "started again".
#[derive(Clone, Default)]
pub struct MemoryStorage {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    texts: BTreeMap<String, String>,
    room: Option<usize>,
    fails: bool,
    writes: usize,
}

impl fmt::Debug for MemoryStorage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("MemoryStorage").field("names", &lock(&self.state).texts.keys()).finish()
    }
}

impl MemoryStorage {
    /// Begins empty, with room for everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the text under a name.
    pub fn text(&self, name: &str) -> Option<String> {
        lock(&self.state).texts.get(name).cloned()
    }

    /// Puts a text under a name, whatever the room.
    pub fn put(&self, name: impl Into<String>, text: impl Into<String>) {
        lock(&self.state).texts.insert(name.into(), text.into());
    }

    /// Refuses texts that make all of them together longer than this many bytes.
    pub fn limit(&self, bytes: usize) {
        lock(&self.state).room = Some(bytes);
    }

    /// Lets every call fail, or not any more.
    pub fn fail(&self, fails: bool) {
        lock(&self.state).fails = fails;
    }

    /// Returns how often a text was put by the program under test, also where it was refused.
    pub fn writes(&self) -> usize {
        lock(&self.state).writes
    }

    fn answer<T: Send + 'static>(&self, work: impl FnOnce(&mut State) -> Result<T, StorageError>) -> StorageFuture<T> {
        let mut state = lock(&self.state);
        let answer = if state.fails { Err(StorageError::new("the test lets it fail")) } else { work(&mut state) };
        Box::pin(ready(answer))
    }
}

impl Storage for MemoryStorage {
    fn get(&self, name: &str) -> StorageFuture<Option<String>> {
        self.answer(|state| Ok(state.texts.get(name).cloned()))
    }

    fn set(&self, name: &str, text: String) -> StorageFuture<()> {
        lock(&self.state).writes += 1;
        self.answer(|state| {
            let others = state.texts.iter().filter(|(other, _)| *other != name);
            let size = others.map(|(_, text)| text.len()).sum::<usize>() + text.len();
            if state.room.is_some_and(|room| size > room) {
                return Err(StorageError::full("the test gives it no more room"));
            }
            state.texts.insert(name.to_owned(), text);
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> StorageFuture<()> {
        self.answer(|state| {
            state.texts.remove(name);
            Ok(())
        })
    }

    fn names(&self) -> StorageFuture<Vec<String>> {
        self.answer(|state| Ok(state.texts.keys().cloned().collect()))
    }
}
