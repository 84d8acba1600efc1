//! Does the walk through the directory go well?

use directory::{timeline::Line, walk::walk};

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_walk_shows_what_it_must() {
    let timeline = walk().await;
    let wrong: Vec<&Line> = timeline.lines().iter().filter(|line| matches!(line, Line::Wrong { .. })).collect();
    assert_eq!(timeline.failed(), 0, "{wrong:#?}");
    assert!(timeline.steps() > 50, "only {} steps", timeline.steps());
}
