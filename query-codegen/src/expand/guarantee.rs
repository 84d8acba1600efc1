//! What does a hook promise at each level, and where does the promise end?
//!
//! One sentence a hook, put together from the tables below: what a reader sees while mutations are under way, and what
//! becomes of a mutation whose answer is lost.

use crate::{
    expand::docs::code,
    model::{Level, Method},
};

/// What a hook shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// A list.
    List,
    /// A list that grows page by page.
    Infinite,
    /// One row.
    Row,
}

/// What can be seen of a mutation before it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// A row that was not there.
    Created,
    /// A row that is different.
    Changed,
    /// A row that is gone.
    Deleted,
    /// Nothing.
    Nothing,
}

/// What keeps a reader from seeing a confirmed change undone, by level.
const PROTECTION: [(Level, &str); 4] = [
    (
        Level::Plain,
        "a confirmed change stays on top of data that may lack it, until a fetch that began later has landed",
    ),
    (
        Level::Keyed,
        "a confirmed change stays on top of data that may lack it, until a fetch that began later has landed",
    ),
    (
        Level::Versioned,
        "no row goes back to an older version, whichever answer comes last, and a confirmed change stays on top of data that \
         may lack it",
    ),
    (
        Level::Watermarked,
        "data that is older than what is there is never used, so that a confirmed change is neither undone nor fetched for again",
    ),
];

/// What a reader sees, by what it shows.
const SEEN: [(Shows, &str); 3] = [
    (Shows::List, "shows what the server sent last and, on top of it, what is not answered yet"),
    (
        Shows::Infinite,
        "shows the pages that the server sent last and, on top of all of them at once, what is not answered yet",
    ),
    (Shows::Row, "shows the row that the server sent last and, on top of it, what is not answered yet"),
];

/// What happens to what a mutation shows once nobody knows whether the server has carried it out.
const DOUBT: [(Trace, &str); 4] = [
    (Trace::Created, "the new row stays until a fetch tells whether the server has it"),
    (Trace::Changed, "the change stays until a fetch tells whether the server has it"),
    (Trace::Deleted, "the row stays away until a fetch tells whether the server still has it"),
    (Trace::Nothing, "the call ends with an error that says that its outcome is uncertain"),
];

/// How long a confirmed mutation is shown on top of what was fetched, by level.
const PROOF: [(Level, &str); 4] = [
    (Level::Plain, "until a fetch that began after its answer has landed"),
    (Level::Keyed, "until a fetch that began after its answer has landed"),
    (Level::Versioned, "until the row has its version, or a fetch that began after its answer has landed"),
    (Level::Watermarked, "until data has its watermark, or a later one"),
];

fn of<K: Copy + PartialEq>(table: &[(K, &'static str)], key: K) -> &'static str {
    table.iter().find(|(one, _)| *one == key).map_or("", |(_, words)| words)
}

fn word(level: Level) -> String {
    code(of(&Level::WORDS.map(|(word, level)| (level, word)), level))
}

/// Says what a hook that reads promises.
pub(crate) fn reading(level: Level, shows: Shows) -> String {
    format!("Guarantee at level {}: {}; {}.", word(level), of(&SEEN, shows), of(&PROTECTION, level))
}

/// Says where the promise of a detail ends, whose rows have temporary ids until their creates are answered.
pub(crate) const DEEP_LINK: &str = "Limit: a new row that is opened by the server's id before its create is answered may briefly lack what was changed under its temporary id, or show twice; an id that the client chooses has no such moment.";

/// Says what a hook that writes promises.
pub(crate) fn writing(level: Level, method: Method, trace: Trace) -> String {
    let doubt = of(&DOUBT, trace);
    let lost = if level >= Level::Keyed {
        format!(
            "a request whose answer is lost is sent again, as its settings say, with the same `Idempotency-Key` and the same bytes, and takes effect once; when that comes to nothing, {doubt}"
        )
    } else if is_idempotent(method) {
        format!(
            "a request whose answer is lost is sent again, as its settings say, since a {} done twice is done once; when that comes to nothing, {doubt}",
            code(super::resource::mutations::verb(method)),
        )
    } else {
        format!(
            "a lost answer cannot be told from a refusal, and the request is not sent again, since it might take effect twice: {doubt}"
        )
    };
    let proof = match trace {
        Trace::Nothing => String::new(),
        Trace::Created | Trace::Changed | Trace::Deleted => {
            format!("; once confirmed, it is shown {}", of(&PROOF, level))
        }
    };
    format!("Guarantee at level {}: {lost}{proof}.", word(level))
}

/// Returns whether a method done twice is done once, by its own definition (RFC 9110).
const fn is_idempotent(method: Method) -> bool {
    matches!(method, Method::Get | Method::Put | Method::Delete)
}

#[cfg(test)]
mod tests {
    use super::{DOUBT, PROOF, PROTECTION, SEEN, Shows, Trace, reading, writing};
    use crate::model::{Level, Method};

    #[test]
    fn every_level_says_something_of_every_hook() {
        for (_, level) in Level::WORDS {
            for shows in [Shows::List, Shows::Infinite, Shows::Row] {
                let text = reading(level, shows);
                assert!(SEEN.iter().chain([]).any(|(_, words)| text.contains(words)), "{text}");
                assert!(PROTECTION.iter().any(|(_, words)| text.contains(words)), "{text}");
            }
            for trace in [Trace::Created, Trace::Changed, Trace::Deleted, Trace::Nothing] {
                let text = writing(level, Method::Patch, trace);
                assert!(DOUBT.iter().any(|(_, words)| text.contains(words)), "{text}");
                let is_proven = PROOF.iter().any(|(_, words)| text.contains(words));
                assert_eq!(is_proven, trace != Trace::Nothing, "{text}");
            }
        }
    }

    #[test]
    fn what_could_take_effect_twice_is_sent_again_only_with_a_key() {
        let again =
            |level, method| writing(level, method, Trace::Changed).contains("is sent again, as its settings say");
        assert!(!again(Level::Plain, Method::Post) && !again(Level::Plain, Method::Patch));
        assert!(again(Level::Plain, Method::Put) && again(Level::Plain, Method::Delete));
        assert!(
            [Level::Keyed, Level::Versioned, Level::Watermarked].into_iter().all(|level| again(level, Method::Post))
        );
    }
}
