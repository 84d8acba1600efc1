//! What was done, what should the screen show, and what does it show?

use std::fmt::Debug;

/// What a timeline is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A chapter begins.
    Chapter(String),
    /// Somebody does something.
    Step(String),
    /// Something is as it should be.
    Right {
        /// What was looked at.
        what: String,
        /// What it is.
        found: String,
    },
    /// Something is not as it should be.
    Wrong {
        /// What was looked at.
        what: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Something went over the wire.
    Wire(String),
}

/// A step of the walk, with everything that was checked in it.
#[derive(Debug, Default)]
pub struct Timeline {
    lines: Vec<Line>,
    steps: usize,
    failed: usize,
    current_failed: bool,
}

impl Timeline {
    /// Begins a chapter.
    pub fn chapter(&mut self, name: &str) {
        self.lines.push(Line::Chapter(name.to_owned()));
    }

    /// Begins a step: what somebody does.
    pub fn step(&mut self, what: impl Into<String>) {
        self.steps += 1;
        self.current_failed = false;
        self.lines.push(Line::Step(what.into()));
    }

    /// Checks what the screen shows. A step with a wrong value counts as failed, once.
    #[expect(clippy::needless_pass_by_value, reason = "callers write what they expect in place")]
    pub fn check<T: Debug + PartialEq<U>, U: Debug>(&mut self, what: &str, found: T, expected: U) {
        let what = what.to_owned();
        if found == expected {
            self.lines.push(Line::Right { what, found: text(&found) });
            return;
        }
        self.lines.push(Line::Wrong { what, expected: text(&expected), found: text(&found) });
        self.fail();
    }

    /// Notes that a step could not be taken at all.
    pub fn broken(&mut self, what: &str, why: &str) {
        let (what, found) = (what.to_owned(), why.to_owned());
        self.lines.push(Line::Wrong { what, expected: "no error".to_owned(), found });
        self.fail();
    }

    fn fail(&mut self) {
        if !self.current_failed {
            self.current_failed = true;
            self.failed += 1;
        }
    }

    /// Notes what went over the wire.
    pub fn wire(&mut self, exchange: impl Into<String>) {
        self.lines.push(Line::Wire(exchange.into()));
    }

    /// Returns the lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Returns how many steps there were.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// Returns how many steps failed.
    pub fn failed(&self) -> usize {
        self.failed
    }
}

/// Returns a value as text, short enough for a line.
fn text(value: &impl Debug) -> String {
    const LONGEST: usize = 160;
    let whole = format!("{value:?}");
    // A text alone needs no quotes to be told from its surroundings.
    let bare = whole.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let whole = bare.map_or_else(|| whole.clone(), |text| text.replace("\\\"", "\""));
    match whole.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &whole[..end]),
        None => whole,
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Timeline};

    #[test]
    fn step_with_two_wrong_values_fails_once() {
        let mut timeline = Timeline::default();
        timeline.step("look");
        timeline.check("one", 1, 1);
        timeline.check("two", 1, 2);
        timeline.check("three", 1, 3);
        timeline.step("look again");
        timeline.check("one", "a", "a");
        assert_eq!((timeline.steps(), timeline.failed()), (2, 1));
        let wrong = Line::Wrong { what: "two".to_owned(), expected: "2".to_owned(), found: "1".to_owned() };
        assert_eq!(timeline.lines()[2], wrong);
    }

    #[test]
    fn step_that_cannot_be_taken_fails() {
        let mut timeline = Timeline::default();
        timeline.step("connect");
        timeline.broken("connection", "refused");
        assert_eq!(timeline.failed(), 1);
    }
}
