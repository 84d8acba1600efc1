//! What does the command line say?

use std::num::NonZero;

use query_runtime::{Level, testing::Rule};

use crate::{Settings, world::Profile};

/// How the program is called.
pub(crate) const USAGE: &str = "\
usage: simulate [OPTION VALUE]...
  --seeds N         how many runs are played, each drawn from one seed [1000]
  --start S         the first seed [0]
  --level LEVEL     plain, keyed, versioned, watermarked or all: what the server promises [all]
  --profile NAME    mixed, idempotent, storm, families or pages: what mostly happens [drawn from the seed]
  --without RULE    the heart does without this rule: its name in `testing::Rule`
  --jobs J          how many threads play [one a core]
  --twice           play every seed twice and compare what happened [one of 64 is]
  --trace           print what happens in every run
  --help            print this
Crashes and restarts are not played: mutations do not outlive the client yet.";

const LEVELS: [Level; 4] = [Level::Plain, Level::Keyed, Level::Versioned, Level::Watermarked];

/// What is played.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) seeds: u64,
    pub(crate) start: u64,
    pub(crate) levels: Vec<Level>,
    pub(crate) profile: Option<Profile>,
    pub(crate) without: Option<Rule>,
    pub(crate) jobs: usize,
    pub(crate) twice: bool,
    pub(crate) trace: bool,
}

/// Returns the name of one of several things: that of its variant, in small letters.
pub(crate) fn name_of(thing: &impl std::fmt::Debug) -> String {
    format!("{thing:?}").to_lowercase()
}

fn find<T: Copy + std::fmt::Debug>(option: &str, text: &str, all: &[T]) -> Result<T, String> {
    let found = all.iter().find(|one| name_of(*one) == text.to_lowercase());
    found.copied().ok_or_else(|| {
        let names: Vec<String> = all.iter().map(|one| format!("{one:?}")).collect();
        format!("{option} is {text}, and not one of {}", names.join(", "))
    })
}

fn number<T: std::str::FromStr>(option: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{option} is {text}, and not a number that it may be"))
}

impl Arguments {
    /// Reads the words of the command line; `None` where only the usage is asked for.
    ///
    /// # Errors
    ///
    /// A word is unknown, or a value is missing or wrong.
    pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut arguments = Self {
            seeds: 1000,
            start: 0,
            levels: LEVELS.to_vec(),
            profile: None,
            without: None,
            jobs: std::thread::available_parallelism().map_or(1, NonZero::get),
            twice: false,
            trace: false,
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--twice" => arguments.twice = true,
                "--trace" => arguments.trace = true,
                "--help" => return Ok(None),
                "--seeds" | "--start" | "--level" | "--profile" | "--without" | "--jobs" => {
                    let value = words.next().ok_or_else(|| format!("{word} lacks its value"))?;
                    arguments.set(&word, &value)?;
                }
                _ => return Err(format!("no option is called {word}")),
            }
        }
        Ok(Some(arguments))
    }

    fn set(&mut self, option: &str, value: &str) -> Result<(), String> {
        match option {
            "--seeds" => self.seeds = number(option, value)?,
            "--start" => self.start = number(option, value)?,
            "--level" if value == "all" => self.levels = LEVELS.to_vec(),
            "--level" => self.levels = vec![find(option, value, &LEVELS)?],
            "--profile" => self.profile = Some(find(option, value, &Profile::ALL)?),
            "--without" => self.without = Some(find(option, value, Rule::ALL)?),
            _ => self.jobs = number::<NonZero<usize>>(option, value)?.get(),
        }
        Ok(())
    }

    /// Returns the arguments that play one of the seeds again.
    pub(crate) fn again(&self, settings: Settings, seed: u64) -> String {
        let profile = self.profile.map(|profile| format!(" --profile {}", name_of(&profile)));
        let without = self.without.map(|rule| format!(" --without {rule:?}"));
        let (profile, without) = (profile.unwrap_or_default(), without.unwrap_or_default());
        format!("--seeds 1 --start {seed} --level {}{profile}{without}", name_of(&settings.level))
    }
}
