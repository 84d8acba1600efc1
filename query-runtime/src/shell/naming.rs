//! Which id does a request carry for a row that the server has named, or has not named yet?

use std::{cell::Cell, sync::Arc};

use crate::{error::QueryError, key::KeySegment, request::Request, shell::Core, transport::PreparedRequest};

impl Core {
    /// Builds a request with real ids in the place of temporary ones (rule R2, invariant I10: none of those is ever sent).
    ///
    /// # Errors
    ///
    /// The request is not sound, or names a row that the server has not created.
    pub(crate) fn prepare(self: &Arc<Self>, request: &Request) -> Result<PreparedRequest, QueryError> {
        let names = self.run(|heart, _| heart.names()).unwrap_or_default();
        if names.is_empty() {
            return request.prepare();
        }
        let missing = Cell::new(false);
        let rewrite = |value: &serde_json::Value| {
            let segment = KeySegment::from_json(value);
            missing.set(missing.get() || names.pending.contains(&segment));
            names.real.get(&segment).map(KeySegment::to_json)
        };
        let prepared = request.prepare_with(&rewrite)?;
        if missing.get() {
            let text = "the request names a row that the server has not created yet";
            return Err(QueryError::invalid_request(text).during(request.attempt()));
        }
        Ok(prepared)
    }
}
