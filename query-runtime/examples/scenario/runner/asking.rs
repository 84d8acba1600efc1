//! How does the program ask for a mutation?

use super::{
    deeds::{Deed, DeedOp, DeedWhat, TEMPORARY, hook},
    mutate::{Mutate, OpSpec, WhatSpec},
    names::Created,
    queries::lock,
    rows::{Resource, RowChange, RowId},
    scenario::Shape,
    world::{Item, Note, World},
};

impl<const LEVEL: u8> World<'_, LEVEL> {
    /// Asks for a mutation, now or in the callback of a query.
    pub(super) fn mutate(&mut self, mutate: &Mutate) -> Result<(), String> {
        let name = mutate.name.clone();
        if lock(&self.calls).contains_key(&name) {
            return Err(format!("two mutations are called `{name}`"));
        }
        let ops = mutate.ops.iter().map(|op| self.op(op)).collect::<Result<Vec<_>, _>>()?;
        let invalidates = mutate.invalidates.iter().map(|name| self.prefix(name)).collect::<Result<_, _>>()?;
        let deed = Deed { name: name.clone(), ops, batch: mutate.batch, invalidates };
        let temporary = mutate.ops.iter().any(OpSpec::is_unnamed).then(|| RowId::temporary(&name));
        if let Some(temporary) = temporary.clone() {
            self.created.insert(name.clone(), Created { temporary, real: None, told: false });
        }
        let called = mutate.hook.clone().unwrap_or_else(|| name.clone());
        let shape = format!("{:?}", mutate.ops.iter().map(shape_of).collect::<Vec<_>>());
        let client = &self.client;
        let (hook, known) = self
            .hooks
            .entry(called)
            .or_insert_with(|| (hook::<Item<LEVEL>, Note<LEVEL>>(client, mutate), shape.clone()));
        if *known != shape {
            return Err(format!("the hook does {known}, not {shape}"));
        }
        let (hook, calls) = (hook.again(), self.calls.clone());
        let act = move || {
            TEMPORARY.set(temporary);
            let call = hook.mutate(deed);
            lock(&calls).insert(name, call);
        };
        match &mutate.inside {
            Some(query) => lock(&self.armed).push((query.clone(), Box::new(act))),
            None => act(),
        }
        Ok(())
    }

    /// Puts ids in the place of names.
    fn op(&self, op: &OpSpec) -> Result<DeedOp, String> {
        let what = match &op.what {
            WhatSpec::Create(row) => DeedWhat::Create(self.fields(row)?),
            WhatSpec::Delete(id) => DeedWhat::Delete(self.id(id)?),
            WhatSpec::Change(id, edits) => {
                let moves = edits.iter().any(|(field, _)| {
                    self.queries.values().any(|query| match &query.shape {
                        Shape::List(spec) => spec.is_about(field),
                        Shape::Detail(..) => false,
                    })
                });
                DeedWhat::Change(self.id(id)?, RowChange { edits: edits.clone(), moves })
            }
        };
        Ok(DeedOp { resource: op.resource, what })
    }
}

fn shape_of(op: &OpSpec) -> (Resource, &'static str) {
    let what = match &op.what {
        WhatSpec::Create(_) if op.is_unnamed() => "create",
        WhatSpec::Create(_) => "create under its own id",
        WhatSpec::Change(..) => "change",
        WhatSpec::Delete(_) => "delete",
    };
    (op.resource, what)
}
