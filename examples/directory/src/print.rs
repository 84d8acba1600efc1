//! How does a person read the timeline?

use crate::timeline::{Line, Timeline};

/// Writes the timeline to the standard output; the last line says how many steps failed.
#[expect(clippy::print_stdout, reason = "the program's whole output is this timeline")]
pub fn print(timeline: &Timeline) {
    for line in timeline.lines() {
        match line {
            Line::Chapter(name) => println!("\n== {name}"),
            Line::Step(what) => println!("\n  {what}"),
            Line::Right { what, found } => println!("    screen  {what}: {found}"),
            Line::Wrong { what, expected, found } => {
                println!("    WRONG   {what}: expected {expected}");
                println!("            {}  found    {found}", " ".repeat(what.chars().count().saturating_sub(1)));
            }
            Line::Wire(exchange) => println!("    wire    {exchange}"),
        }
    }
    println!("\ndirectory: {} steps, {} failed", timeline.steps(), timeline.failed());
}
