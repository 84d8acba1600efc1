//! How did what a step has started end?

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use query_runtime::{Json, MaybeSend, QueryError, Spawner, testing::TestRuntime};
use serde_json::json;

use super::watching::error;

/// The outcomes of what steps have started, by name. Cloning shares it.
#[derive(Clone, Default)]
pub(crate) struct Promises(Arc<Mutex<BTreeMap<String, Json>>>);

impl Promises {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Json>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all outcomes so far.
    pub(crate) fn all(&self) -> BTreeMap<String, Json> {
        self.lock().clone()
    }

    /// Runs a future and notes its outcome under a name, if there is one.
    pub(crate) fn track(
        &self,
        runtime: &TestRuntime,
        name: Option<&str>,
        future: impl Future<Output = Result<Json, QueryError>> + MaybeSend + 'static,
    ) {
        let (promises, name) = (self.clone(), name.map(str::to_owned));
        if let Some(name) = &name {
            self.lock().insert(name.clone(), "pending".into());
        }
        let task = runtime.spawn(Box::pin(async move {
            let outcome = future.await.unwrap_or_else(|failure| json!({ "error": error(Some(&failure)) }));
            if let Some(name) = name {
                promises.lock().insert(name, outcome);
            }
        }));
        task.detach();
    }
}

/// The outcome of what has data.
pub(crate) fn data(data: &Json) -> Json {
    json!({ "data": data })
}

/// The outcome of what is done.
pub(crate) fn done() -> Json {
    json!({ "done": true })
}
