//! What happens in a scenario, step by step?

use serde_json::{Value, json};

use super::{
    expect::Expected,
    mutate::Mutate,
    read::{Mistake, Node},
    rows::Resource,
    scenario::{Query, ServerLevel},
};

/// A step, and where the file says it.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) path: String,
    /// At which levels it is carried out.
    pub(super) levels: Vec<ServerLevel>,
    pub(super) act: Act,
}

/// What is done.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Mutate(Box<Mutate>),
    /// Other options for the later calls, and the waiting one, of a hook.
    Options(Box<Mutate>),
    Fetch(Vec<String>),
    Refetch {
        names: Vec<String>,
        join: bool,
    },
    Invalidate(Vec<String>),
    Define(Box<Query>),
    Observe(Vec<String>),
    Unobserve(Vec<String>),
    Cancel(Vec<String>),
    Remove(Vec<String>),
    Set {
        name: String,
        data: Value,
    },
    NextPage(String),
    Answer {
        names: Vec<String>,
        after: u64,
    },
    Hold(Vec<String>),
    Process(Vec<String>),
    Reply(Box<Reply>),
    Fail {
        to: String,
        how: Failure,
        processed: bool,
    },
    Server(Vec<Write>),
    Push(Box<Pushed>),
    Clock(u64),
    Online(bool),
    Drop(Vec<String>),
    Remember(Vec<String>),
    Expect(Box<Expected>),
    Converge,
}

/// How a request ends without an answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failure {
    Network,
    Timeout,
}

/// What is answered, and to what.
#[derive(Clone, Debug, Default)]
pub(super) struct Reply {
    pub(super) to: String,
    pub(super) status: Option<u16>,
    pub(super) body: Body,
    pub(super) headers: Vec<(String, String)>,
    /// Fields that the server sets of its own accord.
    pub(super) with: Option<Value>,
    pub(super) processed: Option<bool>,
}

/// What an answer holds.
#[derive(Clone, Debug, Default)]
pub(super) enum Body {
    /// What the server has to say.
    #[default]
    Server,
    Json(Value),
    Text(String),
}

/// What somebody else does on the server.
#[derive(Clone, Debug)]
pub(super) enum Write {
    Put(Resource, Value),
    Change(Resource, Value, Value),
    Delete(Resource, Value),
}

/// What the server tells of its own accord.
#[derive(Clone, Debug)]
pub(super) struct Pushed {
    pub(super) resource: Resource,
    pub(super) what: What,
    pub(super) version: Told,
    /// The mutation that caused it, where the server says so.
    pub(super) key: Option<String>,
}

/// What a push says of how new the row is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Told {
    /// What the row says.
    ByRow,
    Nothing,
    Version(i64),
}

/// What a push is about.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// The server's row as it is.
    Row(Value),
    Upsert(Value),
    Delete(Value),
    Poke(Value),
}

pub(super) fn read_steps(node: &Node<'_>) -> Result<Vec<Step>, Mistake> {
    let mut steps = Vec::new();
    for node in node.list()? {
        read_step(&node, &mut steps)?;
    }
    Ok(steps)
}

fn read_step(node: &Node<'_>, steps: &mut Vec<Step>) -> Result<(), Mistake> {
    let members = node.members()?;
    let levels = members.iter().find(|(name, _)| *name == "at");
    let levels = levels.map_or_else(|| Ok(ServerLevel::every()), |(_, node)| ServerLevel::read(node))?;
    let mut acts = members.iter().filter(|(name, _)| !["at", "note"].contains(name));
    let Some((name, argument)) = acts.next() else { return node.mistake("says nothing to do") };
    if let Some((other, _)) = acts.next() {
        return node.mistake(format!("says two things to do: `{name}` and `{other}`"));
    }
    if *name == "repeat" {
        return read_repeated(argument, steps);
    }
    steps.push(Step { path: argument.path.clone(), levels, act: read_act(name, argument)? });
    Ok(())
}

/// Reads steps as many times as is said; `$i` in texts is the number of the time, from 1.
fn read_repeated(node: &Node<'_>, steps: &mut Vec<Step>) -> Result<(), Mistake> {
    let mut object = node.object()?;
    let times = object.must("times")?.count()?;
    let inner = object.must("steps")?;
    object.end()?;
    for time in 1..=times {
        let text = inner.value.to_string().replace("$i", &time.to_string());
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        steps.extend(read_steps(&Node::at(format!("{}({time})", inner.path), &value))?);
    }
    Ok(())
}

fn read_act(name: &str, node: &Node<'_>) -> Result<Act, Mistake> {
    Ok(match name {
        "mutate" => Act::Mutate(Box::new(Mutate::read(node)?)),
        "options" => Act::Options(Box::new(Mutate::read(node)?)),
        "fetch" => Act::Fetch(node.texts()?),
        "refetch" => Act::Refetch { names: node.texts()?, join: false },
        "join" => Act::Refetch { names: node.texts()?, join: true },
        "invalidate" => Act::Invalidate(node.texts()?),
        "detail" => Act::Define(Box::new(read_named(node, Query::read_detail)?)),
        "list" => Act::Define(Box::new(read_named(node, Query::read_list)?)),
        "observe" => Act::Observe(node.texts()?),
        "unobserve" => Act::Unobserve(node.texts()?),
        "cancel" => Act::Cancel(node.texts()?),
        "remove" => Act::Remove(node.texts()?),
        "set" => read_set(node)?,
        "next_page" => Act::NextPage(node.text()?.to_owned()),
        "answer" => read_answer(node)?,
        "hold" => Act::Hold(node.texts()?),
        "process" => Act::Process(node.texts()?),
        "reply" => Act::Reply(Box::new(read_reply(node)?)),
        "fail" => read_fail(node)?,
        "server" => Act::Server(read_writes(node)?),
        "push" => Act::Push(Box::new(read_push(node)?)),
        "clock" => Act::Clock(node.count()?),
        "online" => Act::Online(node.flag()?),
        "drop" => Act::Drop(node.texts()?),
        "remember" => Act::Remember(node.texts()?),
        "converge" if node.value == &json!(true) => Act::Converge,
        "converge" => return node.mistake("is always `true`"),
        _ => match name.strip_prefix("expect_") {
            Some(what) => Act::Expect(Box::new(Expected::read(what, node)?)),
            None => return node.mistake(format!("no step is called `{name}`")),
        },
    })
}

/// Reads the one member of an object as something with a name.
fn read_named(node: &Node<'_>, read: impl FnOnce(&str, &Node<'_>) -> Result<Query, Mistake>) -> Result<Query, Mistake> {
    match node.members()?.as_slice() {
        [(name, node)] => read(name, node),
        _ => node.mistake("names exactly one query"),
    }
}

fn read_set(node: &Node<'_>) -> Result<Act, Mistake> {
    match node.members()?.as_slice() {
        [(name, node)] => Ok(Act::Set { name: (*name).to_owned(), data: node.value.clone() }),
        _ => node.mistake("names exactly one query"),
    }
}

fn read_answer(node: &Node<'_>) -> Result<Act, Mistake> {
    if !node.value.is_object() {
        return Ok(Act::Answer { names: node.texts()?, after: 0 });
    }
    let mut object = node.object()?;
    let act = Act::Answer { names: object.must("to")?.texts()?, after: object.count("after")?.unwrap_or(0) };
    object.end()?;
    Ok(act)
}

fn read_reply(node: &Node<'_>) -> Result<Reply, Mistake> {
    if let Some(to) = node.value.as_str() {
        return Ok(Reply { to: to.to_owned(), ..Reply::default() });
    }
    let mut object = node.object()?;
    let to = object.must("to")?.text()?.to_owned();
    let status = object.count("status")?.map(|status| u16::try_from(status).unwrap_or(u16::MAX));
    let bodies = [
        object.may("body").map(|node| Ok(Body::Json(node.value.clone()))),
        object.may("text").map(|node| node.text().map(|text| Body::Text(text.to_owned()))),
    ];
    let mut bodies = bodies.into_iter().flatten().collect::<Result<Vec<_>, Mistake>>()?;
    if bodies.len() > 1 {
        return node.mistake("`body` and `text` exclude each other");
    }
    let mut headers = Vec::new();
    if let Some(node) = object.may("headers") {
        for (name, node) in node.members()? {
            headers.push((name.to_owned(), node.text()?.to_owned()));
        }
    }
    let with = object.may("with").map(|node| node.map().map(|map| json!(map))).transpose()?;
    let processed = object.may("processed").map(|node| node.flag()).transpose()?;
    object.end()?;
    Ok(Reply { to, status, body: bodies.pop().unwrap_or_default(), headers, with, processed })
}

fn read_fail(node: &Node<'_>) -> Result<Act, Mistake> {
    if let Some(to) = node.value.as_str() {
        return Ok(Act::Fail { to: to.to_owned(), how: Failure::Network, processed: false });
    }
    let mut object = node.object()?;
    let act = Act::Fail {
        to: object.must("to")?.text()?.to_owned(),
        how: object.may("how").map_or(Ok(Failure::Network), |node| {
            node.word(&[("network", Failure::Network), ("timeout", Failure::Timeout)])
        })?,
        processed: object.flag("processed", false)?,
    };
    object.end()?;
    Ok(act)
}

/// Reads what somebody else does on the server: one thing or several.
fn read_writes(node: &Node<'_>) -> Result<Vec<Write>, Mistake> {
    let nodes = if node.value.is_array() { node.list()? } else { vec![node.clone()] };
    nodes.iter().map(read_write).collect()
}

fn read_write(node: &Node<'_>) -> Result<Write, Mistake> {
    let mut object = node.object()?;
    let resource = object.may("resource").map_or(Ok(Resource::Items), |node| node.word(Resource::ALL))?;
    let (put, delete, id) = (object.may("put"), object.may("delete"), object.may("id"));
    let set = object.may("set");
    object.end()?;
    match (put, delete, id, set) {
        (Some(row), None, None, None) => {
            row.map()?;
            Ok(Write::Put(resource, row.value.clone()))
        }
        (None, Some(id), None, None) => Ok(Write::Delete(resource, id.value.clone())),
        (None, None, Some(id), Some(fields)) => {
            fields.map()?;
            Ok(Write::Change(resource, id.value.clone(), fields.value.clone()))
        }
        _ => node.mistake("is one of `put`, `delete`, or `id` with `set`"),
    }
}

fn read_push(node: &Node<'_>) -> Result<Pushed, Mistake> {
    let mut object = node.object()?;
    let resource = object.may("resource").map_or(Ok(Resource::Items), |node| node.word(Resource::ALL))?;
    let row = object.may("row").map(|node| What::Row(node.value.clone()));
    let upsert = object.may("upsert").map(|node| node.map().map(|map| What::Upsert(json!(map)))).transpose()?;
    let delete = object.may("delete").map(|node| What::Delete(node.value.clone()));
    let poke = object.may("poke").map(|node| What::Poke(node.value.clone()));
    let version = match object.may("version") {
        None => Told::ByRow,
        Some(node) if node.value.is_null() => Told::Nothing,
        Some(node) => Told::Version(node.count()?.cast_signed()),
    };
    let key = object.text("key")?;
    object.end()?;
    let mut whats: Vec<What> = [row, upsert, delete, poke].into_iter().flatten().collect();
    match (whats.pop(), whats.is_empty()) {
        (Some(what), true) => Ok(Pushed { resource, what, version, key }),
        _ => node.mistake("is one of `row`, `upsert`, `delete` and `poke`"),
    }
}
