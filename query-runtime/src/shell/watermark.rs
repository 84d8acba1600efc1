//! How far has the server seen what one attempt was answered with?

use crate::sync::Mutex;

use crate::signal::lock;

/// The lowest and the highest of some watermarks.
type Span = (u64, u64);

#[derive(Debug, Default)]
struct Told {
    /// What the program said.
    said: Option<Span>,
    /// What the answers said.
    answered: Option<Span>,
    /// Whether one of them said nothing.
    is_partial: bool,
}

/// The watermarks of one attempt.
#[derive(Debug, Default)]
pub(crate) struct Watermarks(Mutex<Told>);

fn with(span: Option<Span>, mark: u64) -> Span {
    span.map_or((mark, mark), |(low, high)| (low.min(mark), high.max(mark)))
}

impl Watermarks {
    /// An answer came, with a watermark or without.
    pub(crate) fn answered(&self, mark: Option<u64>) {
        let mut told = lock(&self.0);
        match mark {
            Some(mark) => told.answered = Some(with(told.answered, mark)),
            None => told.is_partial = true,
        }
    }

    /// The program says a watermark.
    pub(crate) fn say(&self, mark: u64) {
        let mut told = lock(&self.0);
        told.said = Some(with(told.said, mark));
    }

    fn span(&self) -> Option<Span> {
        let told = lock(&self.0);
        told.said.or(told.answered.filter(|_| !told.is_partial))
    }

    /// Returns what all of a fetch's answers have seen; `None`: one of them does not say.
    pub(crate) fn lowest(&self) -> Option<u64> {
        self.span().map(|(low, _)| low)
    }

    /// Returns when all that a mutation did had happened; `None`: one of its answers does not say.
    pub(crate) fn highest(&self) -> Option<u64> {
        self.span().map(|(_, high)| high)
    }

    /// Takes over what another attempt was told.
    pub(crate) fn like(&self, other: &Self) {
        self.answered(other.lowest());
    }
}

#[cfg(test)]
mod tests {
    use super::Watermarks;

    #[test]
    fn several_answers_have_seen_what_the_oldest_has_seen() {
        let marks = Watermarks::default();
        assert_eq!(marks.lowest(), None);
        marks.answered(Some(7));
        marks.answered(Some(5));
        marks.answered(Some(9));
        assert_eq!((marks.lowest(), marks.highest()), (Some(5), Some(9)));
    }

    #[test]
    fn one_answer_without_a_watermark_makes_the_whole_unknown() {
        let marks = Watermarks::default();
        marks.answered(Some(7));
        marks.answered(None);
        marks.answered(Some(9));
        assert_eq!((marks.lowest(), marks.highest()), (None, None));
        marks.say(3);
        assert_eq!(marks.lowest(), Some(3), "the program knows better");
    }
}
