//! In which parts of which traces is a difference meant, and is it still there?

use std::collections::BTreeMap;

use query_runtime::Json;
use serde::Deserialize;

use super::{
    compare::{difference, first},
    trace::Trace,
};

/// A part of a trace that is meant to differ from what was recorded.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Deviation {
    /// Since when.
    from: i64,
    /// Until when; for good if it is not said.
    until: Option<i64>,
    /// Where: `["calls"]`, `["identities", id]`, or a path in the state. Everything below a path is meant.
    parts: Vec<Vec<String>>,
    /// What ours shows there instead.
    shows: Vec<Claim>,
    /// The rule that makes it right.
    rule: String,
    /// Why.
    reason: String,
}

/// What a trace shows somewhere.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claim {
    /// In the state at this instant; in the whole trace if it is not said.
    at: Option<i64>,
    path: Vec<Json>,
    #[serde(default, deserialize_with = "present")]
    is: Option<Json>,
    length: Option<usize>,
    #[serde(default)]
    absent: bool,
}

fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

/// The deviations of each scenario that has some.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Deviations(BTreeMap<String, Vec<Deviation>>);

impl Deviations {
    /// Reads deviations.
    ///
    /// # Errors
    ///
    /// Says what is wrong and where.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let all: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (name, deviations) in &all.0 {
            for (index, one) in deviations.iter().enumerate() {
                let lacks = [
                    ("parts", one.parts.is_empty()),
                    ("shows", one.shows.is_empty()),
                    ("rule", one.rule.is_empty()),
                    ("reason", one.reason.is_empty()),
                ];
                if let Some((what, _)) = lacks.iter().find(|(_, lacks)| *lacks) {
                    return Err(format!("{name}[{index}]: {what} is empty"));
                }
            }
        }
        Ok(all)
    }

    /// Returns the names of the scenarios that have deviations.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Compares a trace with what was recorded; what differs must be meant, and what is meant must differ.
    ///
    /// # Errors
    ///
    /// Says what differs first, or which deviation is no longer there.
    pub(crate) fn judge(&self, expected: &Trace, actual: &Trace) -> Result<(), String> {
        let meant = self.0.get(&actual.name).map(Vec::as_slice).unwrap_or_default();
        if let Some(difference) = difference(expected, actual, meant) {
            return Err(difference.to_string());
        }
        for (index, one) in meant.iter().enumerate() {
            one.is_shown(expected, actual)?;
            for part in &one.parts {
                let mut others = meant.to_vec();
                others[index].parts.retain(|other| other != part);
                if difference(expected, actual, &others).is_none() {
                    return Err(format!("a deviation is not there: nothing differs in {}", part.join(" > ")));
                }
            }
        }
        Ok(())
    }
}

impl Deviation {
    fn is_then(&self, t: i64) -> bool {
        t >= self.from && self.until.is_none_or(|until| t <= until)
    }

    /// Returns whether calls at an instant are meant to differ.
    pub(crate) fn covers_calls_at(&self, t: i64) -> bool {
        self.is_then(t) && self.parts.iter().any(|part| matches!(part.as_slice(), [calls] if calls == "calls"))
    }

    /// Returns whether a path is meant to differ at an instant.
    pub(crate) fn covers(&self, t: i64, path: &[String]) -> bool {
        self.is_then(t) && self.parts.iter().any(|part| path.starts_with(part))
    }

    fn is_shown(&self, expected: &Trace, actual: &Trace) -> Result<(), String> {
        for claim in &self.shows {
            if !claim.holds(actual) {
                return Err(format!("a deviation is not there: ours does not show {claim:?}"));
            }
            if claim.holds(expected) {
                return Err(format!("a deviation is none: what was recorded also shows {claim:?}"));
            }
        }
        Ok(())
    }
}

impl Claim {
    fn holds(&self, trace: &Trace) -> bool {
        let Some(mut value) = self.at.map_or_else(|| Some(trace.whole()), |t| trace.state_at(t)) else { return false };
        for step in &self.path {
            let inner = match step {
                Json::String(name) => value.get(name.as_str()),
                index => index.as_u64().and_then(|index| value.get(usize::try_from(index).ok()?)),
            };
            match inner.cloned() {
                Some(inner) => value = inner,
                None => return self.absent,
            }
        }
        let is = self.is.as_ref().is_none_or(|is| first(Some(is), Some(&value), &[], &|_| false).is_none());
        let length = self.length.is_none_or(|length| value.as_array().is_some_and(|list| list.len() == length));
        !self.absent && is && length
    }
}
