//! Which rules does the heart follow, and which of them does a test switch off to see that it would be noticed?
//!
//! Each rule has one switch and each switch one rule. Without the feature `test-util` all rules hold and asking costs
//! nothing.

macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $name:ident,)+) => {
        /// A rule of the heart that a test can [switch off](crate::QueryClientBuilder::without_rule).
        ///
        /// The names in brackets are those of the specification: R.. are events, N.. and C.. say when server data and
        /// optimistic operations may take each other's place.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        #[cfg_attr(not(feature = "test-util"), expect(unreachable_pub, reason = "public where a test may switch it off"))]
        pub enum Rule {
            $($(#[doc = $doc])+ $name,)+
        }

        #[cfg(feature = "test-util")]
        impl Rule {
            /// All rules.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

rules! {
    /// A fetch that began before a confirmation changed the base is made again (N1).
    RefuseEarlyFetch,
    /// A list keeps showing a confirmed operation that may be applied twice, so that fetches which overlap it stay
    /// usable (N2).
    ListKeepsIdempotent,
    /// A result waits while an operation is on its way that it may or may not contain, and that must not show twice (C2).
    ParkResult,
    /// What waited is looked at again when the operation was refused (R8).
    UnparkRefused,
    /// A confirmed operation goes on showing until the base provably contains it (C1).
    KeepConfirmed,
    /// What goes on showing after its confirmation makes its entry stale, so that a fetch can prove it (R7).
    ConfirmationMarksStale,
    /// No answer takes an entry back to an older state, where the server says how new its answers are (R4).
    NeverOlder,
    /// The version of a row says whether the row contains a confirmed operation (C1).
    VersionProves,
    /// The watermark of an answer says whether the answer contains a confirmed operation (C1).
    WatermarkProves,
    /// What a push has told is not undone by a fetch that was running then (R12).
    PushOutlives,
    /// A push waits while an operation is on its way that it may or may not contain, and that must not show twice (C2).
    ParkPush,
    /// A push with the key of a mutation proves that mutation (C2).
    KeyProves,
    /// A push of a state that is not newer than what is there changes nothing (R12).
    PushOnlyNewer,
    /// A created row that is there proves its creation (C3).
    CreatedRowProves,
    /// An answer may be older than a base that was replaced after the operation was sent: it never becomes the base (R7).
    AmbiguousAnswerIsNoBase,
    /// An answer contains what others did before it, but not an operation that still shows below: it does not become the
    /// base (R7).
    LowerOperationKeepsBase,
    /// After its confirmation an operation has the values that the server gave it (R7).
    AnswerGivesValues,
    /// A confirmed deletion is the end of what was confirmed for its row before (R7).
    DeletionEndsEarlier,
    /// Of one scope, one mutation is on its way at a time, in the order in which they were asked for (R2).
    ScopeInOrder,
    /// What names a row by a temporary id is sent when the server has named the row (R11).
    WaitForName,
    /// When the server has named a row, what waits for it shows under the real name (R11).
    RenameDependants,
    /// What needs a row that was not created is not sent either (R8).
    DependantsFall,
    /// A rollback takes back one mutation and leaves the others on its row (R8).
    RollBackOneOnly,
    /// What an operation is known to be about is found out anew when one below it goes (R8).
    KnownAnew,
    /// A fetch proves what happened before its attempt began, not before its answer came (R3).
    StartOfAttempt,
    /// Of a fetch whose attempts load page after page, the earliest page says what it proves (R3).
    EarliestPageCounts,
    /// A fetch of one more page proves nothing about the pages that were there (C1).
    PageProvesItself,
    /// The result of a fetch that was given up or superseded changes nothing (R4, R5).
    DropSuperseded,
    /// An invalidation is outlived by no fetch that began before it (R6).
    InvalidationOutlives,
    /// A result that has waited for long stops what would keep it waiting (R18).
    Barrier,
    /// What the server may have carried out goes on showing until a fetch that began later tells (R9).
    DoubtStays,
    /// A result that may or may not hold what ended in doubt, and that must not show twice, is refused (R9).
    DoubtRefusesEarlier,
    /// A refusal of what an earlier attempt may have done already is no proof that it was not done (R10).
    DoubtOutlastsRefusal,
    /// An entry that shows an undecided operation stays (R19).
    KeepPendingEntry,
}

/// The rules that hold.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rules {
    /// A bit for each that does not.
    #[cfg(feature = "test-util")]
    off: u64,
}

impl Rules {
    /// Returns whether the rule holds.
    #[cfg(feature = "test-util")]
    pub(crate) fn holds(self, rule: Rule) -> bool {
        self.off & (1 << rule as u32) == 0
    }

    /// Returns whether the rule holds: always.
    #[cfg(not(feature = "test-util"))]
    #[expect(clippy::unused_self, reason = "with `test-util`, it says which rules hold")]
    pub(crate) const fn holds(self, _: Rule) -> bool {
        true
    }

    /// Switches a rule off.
    #[cfg(feature = "test-util")]
    pub(crate) fn switch_off(&mut self, rule: Rule) {
        self.off |= 1 << rule as u32;
    }
}

#[cfg(all(test, feature = "test-util"))]
mod tests {
    use super::{Rule, Rules};

    #[test]
    fn each_rule_has_a_switch_of_its_own() {
        assert!(Rule::ALL.len() <= 64, "one bit each");
        for off in Rule::ALL {
            let mut rules = Rules::default();
            rules.switch_off(*off);
            let without: Vec<_> = Rule::ALL.iter().filter(|rule| !rules.holds(**rule)).collect();
            assert_eq!(without, [off]);
        }
    }
}
