//! What could be seen while a scenario ran, and how is it written?

use std::{collections::BTreeMap, fmt};

use query_runtime::Json;
use serde::Deserialize;

/// What could be seen while a scenario ran.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trace {
    pub(crate) name: String,
    /// Every call of a function.
    pub(crate) calls: Vec<Json>,
    /// The state at each sample instant at which it was another than before.
    pub(crate) samples: Vec<Json>,
    /// When each observer's data was another reference than before.
    pub(crate) identities: BTreeMap<String, Vec<i64>>,
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    ///
    /// Says what is wrong and where.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let trace: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        for (name, list) in [("calls", &trace.calls), ("samples", &trace.samples)] {
            if let Some(index) = list.iter().position(|item| time(item).is_none()) {
                return Err(format!("{name}[{index}]: lacks t"));
            }
        }
        Ok(trace)
    }

    /// Returns the instants of the samples.
    pub(crate) fn times(&self) -> impl Iterator<Item = i64> + '_ {
        self.samples.iter().filter_map(time)
    }

    /// Returns the state at an instant, without the time.
    pub(crate) fn state_at(&self, t: i64) -> Option<Json> {
        let mut state = self.samples.iter().rfind(|sample| time(sample).is_some_and(|at| at <= t))?.clone();
        state.as_object_mut()?.remove("t");
        Some(state)
    }

    /// Returns the trace as one value.
    pub(crate) fn whole(&self) -> Json {
        serde_json::json!({
            "name": self.name, "calls": self.calls, "samples": self.samples, "identities": self.identities,
        })
    }
}

fn time(item: &Json) -> Option<i64> {
    item.get("t")?.as_i64()
}

/// One call and one sample to a line.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, name: &str, items: &[Json]| {
            write!(f, "\"{name}\": [")?;
            for (index, item) in items.iter().enumerate() {
                write!(f, "{}\n  {item}", if index == 0 { "" } else { "," })?;
            }
            f.write_str(if items.is_empty() { "],\n" } else { "\n],\n" })
        };
        writeln!(f, "{{\n\"name\": {},", Json::from(self.name.as_str()))?;
        list(f, "calls", &self.calls)?;
        list(f, "samples", &self.samples)?;
        writeln!(f, "\"identities\": {}\n}}", serde_json::json!(self.identities))
    }
}
