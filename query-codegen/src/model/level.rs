//! What does the server promise that optimistic updates rest on?

use crate::{
    model::{Resource, Schema},
    origin::Spanned,
};

/// What a server promises; each level has what the ones before it have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Level {
    /// Nothing but answers.
    #[default]
    Plain,
    /// A request that comes again with its `Idempotency-Key` is done once.
    Keyed,
    /// A row says which of its versions it is.
    Versioned,
    /// An answer says up to which write it was read.
    Watermarked,
}

/// How an answer says up to which write it was read.
#[derive(Clone, Debug)]
pub struct Watermark {
    /// The header that holds the number.
    pub header: Spanned<String>,
}

impl Level {
    /// The words of the dialect.
    pub const WORDS: [(&'static str, Self); 4] = [
        ("plain", Self::Plain),
        ("keyed", Self::Keyed),
        ("versioned", Self::Versioned),
        ("watermarked", Self::Watermarked),
    ];

    /// Returns the variant's name, which the runtime's own has too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "Plain",
            Self::Keyed => "Keyed",
            Self::Versioned => "Versioned",
            Self::Watermarked => "Watermarked",
        }
    }
}

impl Schema {
    /// Returns the level of a resource: its own, or the API's.
    pub fn level_of(&self, resource: &Resource) -> Level {
        resource.level.as_ref().map_or_else(|| self.level(), |level| level.value)
    }

    /// Returns the level of what belongs to no resource.
    pub fn level(&self) -> Level {
        self.api.level.as_ref().map(|level| level.value).unwrap_or_default()
    }
}
