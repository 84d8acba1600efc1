//! What does somebody do who uses the directory, and what must the screen show? The walk, chapter by chapter.
//!
//! Each chapter has a server and a client of its own, so that one that fails leaves the others alone. Nothing sleeps: what
//! must happen at the same time is held by the server until it has, and what must be waited for is waited for.

mod cancelling;
mod crossing;
mod details;
mod invalidating;
mod keys;
mod lists;
mod notes;
mod posts;
mod retrying;
mod rollback;
mod scrolling;
mod stage;
mod warming;
mod writing;

use std::{future::Future, pin::Pin, time::Duration};

use self::stage::{Chapter, Stage};
use crate::timeline::Timeline;

/// The longest that a chapter may last.
const LONGEST: Duration = Duration::from_secs(20);

type Walk = for<'a> fn(Stage<'a>) -> Pin<Box<dyn Future<Output = Chapter> + Send + 'a>>;

const CHAPTERS: &[(&str, Walk)] = &[
    ("Keys", |stage| Box::pin(std::future::ready(keys::walk(stage)))),
    ("Lists", |stage| Box::pin(lists::walk(stage))),
    ("Details", |stage| Box::pin(details::walk(stage))),
    ("Scrolling", |stage| Box::pin(scrolling::walk(stage))),
    ("Warming up", |stage| Box::pin(warming::walk(stage))),
    ("Writing", |stage| Box::pin(writing::walk(stage))),
    ("Rolling back", |stage| Box::pin(rollback::walk(stage))),
    ("Crossing", |stage| Box::pin(crossing::walk(stage))),
    ("Invalidating", |stage| Box::pin(invalidating::walk(stage))),
    ("Retrying", |stage| Box::pin(retrying::walk(stage))),
    ("Cancelling", |stage| Box::pin(cancelling::walk(stage))),
    ("Posts and comments", |stage| Box::pin(posts::walk(stage))),
    ("A derived resource", |stage| Box::pin(notes::walk(stage))),
];

/// Walks through everything, and returns what was seen.
pub async fn walk() -> Timeline {
    let mut timeline = Timeline::default();
    for (name, chapter) in CHAPTERS {
        let played = async {
            let stage = Stage::open(&mut timeline, name).await?;
            chapter(stage).await
        };
        let outcome = tokio::time::timeout(LONGEST, played).await;
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => timeline.broken("this chapter", &error.to_string()),
            Err(_) => timeline.broken("this chapter", "what was waited for did not come"),
        }
    }
    timeline
}
