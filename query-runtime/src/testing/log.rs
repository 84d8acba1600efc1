//! What happened, in order?

use std::fmt;
use std::sync::{Arc, PoisonError};

use crate::sync::{Mutex, MutexGuard};

/// A list of lines that everything under test writes to. Cloning shares it.
#[derive(Clone, Default)]
pub struct EventLog {
    lines: Arc<Mutex<Vec<String>>>,
}

impl EventLog {
    /// Starts an empty log.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line.
    pub fn push(&self, line: impl fmt::Display) {
        // Formatted before the lock: `Display` may be the user's.
        let line = line.to_string();
        self.lock().push(line);
    }

    /// Returns the lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lock().clone()
    }

    /// Returns the lines so far and forgets them.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lock())
    }

    /// Asserts that exactly these lines were added since the last look, and forgets them.
    ///
    /// # Panics
    ///
    /// Other lines were added, or none.
    #[track_caller]
    pub fn assert(&self, expected: &[&str]) {
        let lines = self.take();
        assert!(lines == expected, "the log says\n  {}\nand not\n  {}", lines.join("\n  "), expected.join("\n  "));
    }
}

impl fmt::Debug for EventLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines()).finish()
    }
}
