//! What does a scenario say of a mutation?

use serde_json::Value;

use query_runtime::{InsertAt, ListReach};

use super::{
    read::{Mistake, Node, Object},
    rows::{Edit, Fields, Resource},
};

/// A mutation that is asked for.
#[derive(Clone, Debug)]
pub(super) struct Mutate {
    pub(super) name: String,
    pub(super) ops: Vec<OpSpec>,
    /// Several mutations of one hook share its observer.
    pub(super) hook: Option<String>,
    pub(super) scope: Option<String>,
    pub(super) retries: u32,
    pub(super) idempotent: Option<bool>,
    pub(super) lists: ListReach,
    pub(super) insert: InsertAt,
    pub(super) detail: bool,
    pub(super) invalidates: Vec<String>,
    /// Asked for in the callback that tells of this query's next change.
    pub(super) inside: Option<String>,
    /// Whether several are sent in one request, also where there is only one.
    pub(super) batch: bool,
}

/// What is done to one row.
#[derive(Clone, Debug)]
pub(super) struct OpSpec {
    pub(super) resource: Resource,
    pub(super) what: WhatSpec,
}

/// What is done to a row, as the scenario names things.
#[derive(Clone, Debug)]
pub(super) enum WhatSpec {
    Create(Fields),
    Change(Value, Vec<(String, Edit)>),
    Delete(Value),
}

impl Mutate {
    pub(super) fn read(node: &Node<'_>) -> Result<Self, Mistake> {
        let mut object = node.object()?;
        let name = object.must("name")?.text()?.to_owned();
        let own = read_op(&mut object)?;
        let many = object.may("ops").map(|node| {
            node.list()?
                .iter()
                .map(|node| {
                    let mut object = node.object()?;
                    let op = read_op(&mut object)?;
                    object.end()?;
                    op.map_or_else(|| node.mistake(NOTHING), Ok)
                })
                .collect::<Result<Vec<_>, _>>()
        });
        let (batch, ops) = match (own, many.transpose()?) {
            (Some(op), None) => (false, vec![op]),
            (None, Some(ops)) => (true, ops),
            (None, None) => return node.mistake(NOTHING),
            (Some(_), Some(_)) => return node.mistake("`ops` and a change of one row exclude each other"),
        };
        if ops.len() > MOST {
            return node.mistake(format!("a mutation has at most {MOST} operations"));
        }
        if ops.iter().filter(|op| op.is_unnamed()).count() > 1 {
            return node.mistake("a mutation creates at most one row that the server names");
        }
        let reach = [("matching", ListReach::Matching), ("all", ListReach::All), ("none", ListReach::None)];
        let insert = [
            ("sorted", InsertAt::Sorted),
            ("start", InsertAt::Start),
            ("end", InsertAt::End),
            ("none", InsertAt::None),
        ];
        let mutate = Self {
            name,
            ops,
            hook: object.text("hook")?,
            scope: object.text("scope")?,
            retries: u32::try_from(object.count("retries")?.unwrap_or(0)).unwrap_or(u32::MAX),
            idempotent: object.may("idempotent").map(|node| node.flag()).transpose()?,
            lists: object.may("lists").map_or(Ok(ListReach::Matching), |node| node.word(&reach))?,
            insert: object.may("insert").map_or(Ok(InsertAt::Sorted), |node| node.word(&insert))?,
            detail: object.flag("detail", true)?,
            invalidates: object.may("invalidates").map_or(Ok(Vec::new()), |node| node.texts())?,
            inside: object.text("inside")?,
            batch,
        };
        object.end()?;
        Ok(mutate)
    }
}

/// How many operations a mutation may have.
pub(super) const MOST: usize = 4;

const NOTHING: &str = "says nothing to do: `create`, `delete`, `ops`, or `id` with `set`, `increment`, `push`, `unshift`, \
                       `remove` or `panics_at`";

impl OpSpec {
    /// Returns whether it creates a row under a temporary id.
    pub(super) fn is_unnamed(&self) -> bool {
        matches!(&self.what, WhatSpec::Create(row) if !row.contains_key("id"))
    }
}

/// Makes an edit of its value.
type Make = fn(&Node<'_>) -> Result<Edit, Mistake>;

fn read_op(object: &mut Object<'_>) -> Result<Option<OpSpec>, Mistake> {
    let resource = object.may("resource").map_or(Ok(Resource::Items), |node| node.word(Resource::ALL))?;
    let (create, delete, id) = (object.may("create"), object.may("delete"), object.may("id"));
    let kinds: [(&'static str, Make); 6] = [
        ("set", |node| Ok(Edit::Set(node.value.clone()))),
        ("increment", |node| match node.value.as_i64() {
            Some(by) => Ok(Edit::Increment(by)),
            None => node.mistake(format!("{} is not a whole number", node.value)),
        }),
        ("push", |node| Ok(Edit::Push(node.value.clone()))),
        ("unshift", |node| Ok(Edit::Unshift(node.value.clone()))),
        ("remove", |node| Ok(Edit::Remove(node.value.clone()))),
        ("panics_at", |node| Ok(Edit::PanicsAt(node.value.clone()))),
    ];
    let mut edits = Vec::new();
    for (name, make) in kinds {
        if let Some(node) = object.may(name) {
            for (field, node) in node.members()? {
                edits.push((field.to_owned(), make(&node)?));
            }
        }
    }
    let what = match (create, delete, id) {
        (Some(row), None, None) if edits.is_empty() => WhatSpec::Create(row.map()?.clone()),
        (None, Some(id), None) if edits.is_empty() => WhatSpec::Delete(id.value.clone()),
        (None, None, Some(id)) if !edits.is_empty() => WhatSpec::Change(id.value.clone(), edits),
        (None, None, None) if edits.is_empty() => return Ok(None),
        _ => return object.node.mistake("does more than one thing to a row, or names no `id`"),
    };
    Ok(Some(OpSpec { resource, what }))
}
