//! What is one optimistic operation, as data?

use std::any::{Any, TypeId};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::key::{KeySegment, hash_one};
use crate::level::{Level, Version};
use crate::projection::Value;
use crate::projection::version;
use crate::resource::{Change, Entity, InsertAt, ListReach};

/// The id of a row, without its type.
#[derive(Clone)]
pub(crate) struct RowId {
    /// The hash by which rows are found.
    pub hash: u64,
    /// An `E::Id`.
    id: Arc<dyn Any + Send + Sync>,
}

impl RowId {
    /// Takes the id of a row.
    pub(crate) fn new<E: Entity>(id: &E::Id) -> Self {
        Self { hash: hash_one(id), id: Arc::new(id.clone()) }
    }

    /// Returns the id, if it is one of this entity's.
    pub(crate) fn typed<E: Entity>(&self) -> Option<&E::Id> {
        self.id.downcast_ref()
    }
}

impl fmt::Debug for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowId").field("hash", &self.hash).finish_non_exhaustive()
    }
}

/// An operation on one row, without its type.
#[derive(Clone)]
pub(crate) struct Op {
    /// The entity.
    pub entity: TypeId,
    /// The row, as lists find it.
    pub row: RowId,
    /// An [`EntityOp`] of the entity.
    pub data: Arc<dyn Any + Send + Sync>,
    /// The id of the row.
    pub id: KeySegment,
    /// Whether applying it to a base that already has it does no harm.
    pub idempotent: bool,
    /// Whether it may make a difference to which lists hold the row, or where in them.
    pub moves: bool,
    /// What it does.
    pub kind: OpKind,
    /// Whether it creates a row under a temporary id.
    pub temp: bool,
    /// What the server promises about the entity.
    pub level: Level,
    /// [`Op::version_in`] of the entity.
    version: fn(&Self, &Value) -> Option<Version>,
    /// [`Op::with_real_id`] of the entity.
    rename: fn(&Self, &dyn Any) -> Option<Self>,
    /// [`Op::confirmed`] of the entity.
    confirm: fn(&Self, &Value) -> Option<Self>,
    /// [`Op::apply`] of the entity.
    apply: fn(&Self, Option<&Value>) -> Option<Value>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpKind {
    /// It adds a row.
    Create,
    /// It changes a row.
    Change,
    /// It removes a row.
    Delete,
}

/// An operation on one row.
#[derive(Clone, Debug)]
pub(crate) enum EntityOp<E: Entity> {
    /// Adds a row.
    Create {
        /// The whole row.
        row: E,
        /// Which lists show it.
        lists: ListReach,
        /// Where they show it.
        insert: InsertAt,
    },
    /// Changes a row.
    Change {
        /// The row.
        id: E::Id,
        /// The change.
        change: E::Change,
        /// Which lists show it.
        lists: ListReach,
        /// Whether the row's detail shows it.
        detail: bool,
    },
    /// Removes a row.
    Delete {
        /// The row.
        id: E::Id,
        /// Which lists show it.
        lists: ListReach,
        /// Whether the row's detail shows it.
        detail: bool,
    },
}

impl<E: Entity> EntityOp<E> {
    /// Returns the id of the row.
    pub(crate) fn id(&self) -> &E::Id {
        match self {
            Self::Create { row, .. } => row.id(),
            Self::Change { id, .. } | Self::Delete { id, .. } => id,
        }
    }

    /// Returns which lists show the operation.
    pub(crate) fn lists(&self) -> ListReach {
        match self {
            Self::Create { lists, .. } | Self::Change { lists, .. } | Self::Delete { lists, .. } => *lists,
        }
    }
}

impl Op {
    /// Creates a row under a temporary id: applying it to a base that already has the real row would show it twice.
    pub(crate) fn create_temporary<E: Entity>(row: E, lists: ListReach, insert: InsertAt) -> Self {
        Self { temp: true, idempotent: false, ..Self::create(row, lists, insert) }
    }

    /// Creates a row under the id it will keep.
    pub(crate) fn create<E: Entity>(row: E, lists: ListReach, insert: InsertAt) -> Self {
        Self::of(EntityOp::Create { row, lists, insert })
    }

    /// Changes a row.
    pub(crate) fn change<E: Entity>(id: E::Id, change: E::Change, lists: ListReach, detail: bool) -> Self {
        let (idempotent, moves) = (change.is_idempotent(), change.moves());
        Self { idempotent, moves, ..Self::of(EntityOp::<E>::Change { id, change, lists, detail }) }
    }

    /// Removes a row.
    pub(crate) fn delete<E: Entity>(id: E::Id, lists: ListReach, detail: bool) -> Self {
        Self::of(EntityOp::<E>::Delete { id, lists, detail })
    }

    fn of<E: Entity>(data: EntityOp<E>) -> Self {
        let kind = match data {
            EntityOp::Create { .. } => OpKind::Create,
            EntityOp::Change { .. } => OpKind::Change,
            EntityOp::Delete { .. } => OpKind::Delete,
        };
        Self {
            entity: TypeId::of::<E>(),
            row: RowId::new::<E>(data.id()),
            id: KeySegment::of(data.id()),
            data: Arc::new(data),
            idempotent: true,
            moves: true,
            kind,
            temp: false,
            level: E::LEVEL,
            version: Self::version_in::<E>,
            rename: Self::with_real_id::<E>,
            confirm: Self::confirmed::<E>,
            apply: Self::apply::<E>,
        }
    }

    /// Returns what becomes of a row (an `Arc<E>`, if there is one), whatever the entity and whichever entries show it; if the
    /// user's code panics, nothing.
    pub(crate) fn over(&self, row: Option<&Value>) -> Option<Value> {
        catch_unwind(AssertUnwindSafe(|| (self.apply)(self, row))).unwrap_or_else(|_| row.cloned())
    }

    /// Returns how new the row of an answer (an `Arc<E>`) is, whatever the entity; `None` if it does not say, or is another row.
    pub(crate) fn version_of(&self, row: &Value) -> Option<Version> {
        catch_unwind(AssertUnwindSafe(|| (self.version)(self, row))).ok().flatten()
    }

    fn version_in<E: Entity>(&self, row: &Value) -> Option<Version> {
        let row: &E = row.downcast_ref()?;
        let is_own = self.kind == OpKind::Create || self.typed::<E>()?.id() == row.id();
        if is_own { version(row) } else { None }
    }

    fn apply<E: Entity>(&self, row: Option<&Value>) -> Option<Value> {
        match self.typed::<E>()? {
            EntityOp::Create { row, .. } => Some(Arc::new(row.clone())),
            EntityOp::Change { change, .. } => {
                let mut row = row?.downcast_ref::<E>()?.clone();
                change.apply(&mut row);
                Some(Arc::new(row))
            }
            EntityOp::Delete { .. } => None,
        }
    }

    /// Returns the operation for the real id of its row (an `Arc<E::Id>`), whatever the entity.
    pub(crate) fn renamed(&self, real: &Value) -> Option<Self> {
        (self.rename)(self, &**real)
    }

    /// Returns the operation as the server has confirmed it: with the values of its row, or else under its real id; as it is, if
    /// the user's code panics.
    pub(crate) fn settled(&self, row: Option<&Value>, real: Option<&Value>) -> Self {
        let settled = || {
            row.and_then(|row| (self.confirm)(self, row))
                .or_else(|| real.filter(|_| self.temp).and_then(|real| self.renamed(real)))
        };
        catch_unwind(AssertUnwindSafe(settled)).ok().flatten().unwrap_or_else(|| self.clone())
    }

    /// Returns the data, if this is an operation on this entity.
    pub(crate) fn typed<E: Entity>(&self) -> Option<&EntityOp<E>> {
        self.data.downcast_ref()
    }

    /// Returns the operation for the real id of its row, an `E::Id`.
    pub(crate) fn with_real_id<E: Entity>(&self, real: &dyn Any) -> Option<Self> {
        let real: &E::Id = real.downcast_ref()?;
        let mut data = self.typed::<E>()?.clone();
        match &mut data {
            EntityOp::Create { row, .. } => row.set_id(real.clone()),
            EntityOp::Change { id, .. } | EntityOp::Delete { id, .. } => *id = real.clone(),
        }
        // A create under its real id is an upsert: a base that has the row already has one row, not two.
        let idempotent = self.idempotent || self.kind == OpKind::Create;
        Some(Self { idempotent, moves: self.moves, ..Self::of(data) })
    }

    /// Returns the operation with the values of the server's row, an `Arc<E>`.
    ///
    /// A create becomes the server's row under its real id; a change, what the server has made of its own fields; a delete stays
    /// as it is.
    pub(crate) fn confirmed<E: Entity>(&self, row: &Value) -> Option<Self> {
        let row: &E = row.downcast_ref()?;
        Some(match self.typed::<E>()? {
            EntityOp::Create { lists, insert, .. } => Self::create(row.clone(), *lists, *insert),
            EntityOp::Change { id, .. } if row.id() != id => self.clone(),
            EntityOp::Change { id, change, lists, detail } => {
                Self::change::<E>(id.clone(), change.settled(row), *lists, *detail)
            }
            EntityOp::Delete { .. } => self.clone(),
        })
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Op")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("idempotent", &self.idempotent)
            .field("temp", &self.temp)
            .finish_non_exhaustive()
    }
}
