//! How does the server tell of a row without having been asked?

use query_runtime::{Push, Version};
use serde_json::Value;

use super::{
    rows::Record,
    steps::{Pushed, Told, What},
    world::World,
};

impl<const LEVEL: u8> World<'_, LEVEL> {
    /// The program hears of a row.
    pub(super) fn push<E: Record>(&self, pushed: &Pushed) -> Result<(), String> {
        let row_of = |fields: &Value| fields.as_object().map(|fields| E::of(fields.clone()));
        let push = match &pushed.what {
            What::Row(id) => {
                let id = self.id(id)?;
                let row = self.server.row(pushed.resource, &id).ok_or_else(|| format!("the server has no row {id}"))?;
                Push::upsert(E::of(row.clone()))
            }
            What::Upsert(row) => {
                let mut row = self.resolve(row)?;
                if let (Told::Nothing, Some(fields)) = (pushed.version, row.as_object_mut()) {
                    fields.remove("ver");
                }
                Push::upsert(row_of(&row).ok_or("a row is an object")?)
            }
            What::Delete(id) => Push::delete(self.id(id)?),
            What::Poke(id) => Push::poke(self.id(id)?),
        };
        let push = match pushed.version {
            Told::Version(version) => push.version(Version::from(version)),
            Told::ByRow | Told::Nothing => push,
        };
        let push = match &pushed.key {
            Some(mutation) => {
                let key = self.wire.key_of(mutation);
                push.key(&key.ok_or_else(|| format!("nothing of `{mutation}` was sent"))?)
            }
            None => push,
        };
        self.client.receive(push);
        Ok(())
    }
}
