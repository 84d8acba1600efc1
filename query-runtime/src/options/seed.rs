//! Where does a detail without data begin?

use std::{any::TypeId, sync::Arc};

use crate::{
    clock::Moment,
    error::QueryError,
    heart::{self, EntryId, EntrySpec, Heart, Kind},
    key::QueryKey,
    options::QueryOptions,
    projection::RowId,
};

/// Where the data of a detail may come from before it is fetched.
#[derive(Clone, Debug)]
pub(crate) struct ListSeed(Option<(TypeId, RowId)>);

impl ListSeed {
    /// Returns where options let a detail begin.
    pub(crate) fn of<T>(options: &QueryOptions<T>) -> Self {
        Self(options.row.clone().filter(|_| options.from_list))
    }

    /// Returns the entry of a key; one without data begins with the row of a cached list.
    pub(crate) fn entry(
        &self,
        heart: &mut Heart,
        key: &QueryKey,
        kind: &Arc<Kind>,
        mut spec: EntrySpec,
        now: Moment,
    ) -> Result<EntryId, QueryError> {
        let (mut is_invalidated, mut from) = (false, None);
        if let Some((entity, id)) = &self.0
            && spec.initial.is_none()
            && heart.find(key).is_none_or(|entry| heart.may_seed(entry))
            && let Some(found) = heart.list_row(*entity, id)
        {
            spec.initial = Some((found.row, found.at.into()));
            is_invalidated = found.is_invalidated;
            from = Some(found.from);
        }
        let entry = heart.entry(key, kind, &spec, now)?;
        if let Some(from) = from {
            heart.inherit(entry, from);
        }
        if is_invalidated {
            heart.invalidate(&[entry], heart::RefetchType::None, false, now);
        }
        Ok(entry)
    }
}
