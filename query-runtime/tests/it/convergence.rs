//! Does a real client end where the server is, whatever the network, the users and the clock do in between?
//!
//! The runs are those of the example `simulate`, which plays many more of them and repeats one that failed.

use query_runtime::Level;

#[path = "../../examples/simulate/world/mod.rs"]
mod world;

use world::{Settings, play};

/// How many runs of each level are played.
const SEEDS: u64 = 30;

fn play_all(level: Level) {
    let settings = Settings { level, profile: None, without: None };
    for seed in 0..SEEDS {
        let violation = play(seed, &settings, false).violation;
        assert_eq!(violation, None, "seed {seed} of {level:?}");
    }
}

#[test]
fn every_run_ends_where_a_plain_server_is() {
    play_all(Level::Plain);
}

#[test]
fn every_run_ends_where_a_keyed_server_is() {
    play_all(Level::Keyed);
}

#[test]
fn every_run_ends_where_a_versioned_server_is() {
    play_all(Level::Versioned);
}

#[test]
fn every_run_ends_where_a_watermarked_server_is() {
    play_all(Level::Watermarked);
}

#[test]
fn same_happens_in_two_runs_of_one_seed() {
    let settings = Settings { level: Level::Keyed, profile: None, without: None };
    for seed in 0..5 {
        let (one, two) = (play(seed, &settings, true), play(seed, &settings, true));
        assert!(!one.log.is_empty() && one.hash() == two.hash(), "seed {seed}");
    }
}

/// How many runs may pass before it is noticed that a rule is missing.
const NOTICED_WITHIN: u64 = 2000;

/// Declares a test for each rule: in which kind of run, and at which level, its absence is noticed early.
macro_rules! without {
    ($($name:ident: $rule:ident, $profile:ident, $level:ident;)*) => {
        mod without {
            use query_runtime::{Level, testing::Rule};

            use super::{NOTICED_WITHIN, world::{Profile, Settings, play}};

            const ALL: &[Rule] = &[$(Rule::$rule),*];

            fn is_noticed(settings: &Settings) -> bool {
                (0..NOTICED_WITHIN).any(|seed| play(seed, settings, false).violation.is_some())
            }

            $(
                #[test]
                fn $name() {
                    let (without, profile) = (Some(Rule::$rule), Some(Profile::$profile));
                    assert!(is_noticed(&Settings { level: Level::$level, profile, without }));
                }
            )*

            /// Rules of what the runs do not play, and those whose absence they have not shown yet.
            const ELSEWHERE: &[Rule] = &[
                Rule::PushOutlives,
                Rule::ParkPush,
                Rule::KeyProves,
                Rule::PushOnlyNewer,
                Rule::VersionProves,
                Rule::WatermarkProves,
                Rule::DoubtStays,
                Rule::DoubtRefusesEarlier,
                Rule::DoubtOutlastsRefusal,
                Rule::AmbiguousAnswerIsNoBase,
                Rule::CreatedRowProves,
                Rule::EarliestPageCounts,
            ];

            #[test]
            fn each_rule_is_in_the_list() {
                let is_listed = |rule: &Rule| ALL.contains(rule) || ELSEWHERE.contains(rule);
                let unnoticed: Vec<_> = Rule::ALL.iter().filter(|rule| !is_listed(rule)).collect();
                assert!(unnoticed.is_empty(), "nothing shows that the absence of {unnoticed:?} is noticed");
            }
        }
    };
}

without! {
    early_fetch_is_refused: RefuseEarlyFetch, Mixed, Keyed;
    list_keeps_idempotent: ListKeepsIdempotent, Idempotent, Keyed;
    result_is_parked: ParkResult, Mixed, Keyed;
    refusal_unparks: UnparkRefused, Mixed, Keyed;
    confirmed_is_kept: KeepConfirmed, Mixed, Keyed;
    confirmation_marks_stale: ConfirmationMarksStale, Mixed, Keyed;
    nothing_older_is_taken: NeverOlder, Mixed, Versioned;
    lower_operation_keeps_base: LowerOperationKeepsBase, Mixed, Keyed;
    answer_gives_values: AnswerGivesValues, Mixed, Keyed;
    deletion_ends_earlier: DeletionEndsEarlier, Families, Keyed;
    scope_is_in_order: ScopeInOrder, Mixed, Keyed;
    name_is_waited_for: WaitForName, Families, Keyed;
    dependants_are_renamed: RenameDependants, Families, Keyed;
    dependants_fall: DependantsFall, Families, Keyed;
    one_is_rolled_back: RollBackOneOnly, Mixed, Keyed;
    known_anew: KnownAnew, Mixed, Keyed;
    start_of_attempt: StartOfAttempt, Mixed, Keyed;
    page_proves_itself: PageProvesItself, Pages, Keyed;
    superseded_is_dropped: DropSuperseded, Mixed, Keyed;
    invalidation_outlives: InvalidationOutlives, Mixed, Keyed;
    barrier: Barrier, Storm, Keyed;
    pending_entry_is_kept: KeepPendingEntry, Mixed, Keyed;
}
