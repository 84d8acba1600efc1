//! What does a file say: the world as it is given, and the steps?

use serde_json::{Value, json};

use super::{
    lists::{ListSpec, Watching},
    read::{Mistake, Node},
    rows::{Fields, Resource},
    steps::{Step, read_steps},
};

/// What the server of a scenario can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ServerLevel {
    Plain,
    Keyed,
    Versioned,
    Watermarked,
}

impl ServerLevel {
    pub(super) const ALL: &[(&str, Self)] = &[
        ("plain", Self::Plain),
        ("keyed", Self::Keyed),
        ("versioned", Self::Versioned),
        ("watermarked", Self::Watermarked),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, level)| *level == self).map_or("", |(name, _)| name)
    }

    pub(super) fn read(node: &Node<'_>) -> Result<Vec<Self>, Mistake> {
        let levels: Vec<Self> = if node.value.is_string() { vec![node.clone()] } else { node.list()? }
            .iter()
            .map(|node| node.word(Self::ALL))
            .collect::<Result<_, _>>()?;
        if levels.is_empty() {
            return node.mistake("names no level");
        }
        Ok(levels)
    }

    pub(super) fn every() -> Vec<Self> {
        Self::ALL.iter().map(|(_, level)| *level).collect()
    }
}

/// A scenario.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) levels: Vec<ServerLevel>,
    pub(super) given: Given,
    pub(super) steps: Vec<Step>,
    pub(super) converges: bool,
}

/// A query of the program under test.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) name: String,
    pub(super) shape: Shape,
    pub(super) watching: Watching,
    pub(super) path: String,
}

/// What a query holds.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A row, by what the scenario calls it.
    Detail(Resource, Value),
    List(ListSpec),
}

/// The world before the first step.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) rows: Vec<(Resource, Fields)>,
    pub(super) queries: Vec<Query>,
    pub(super) next_id: i64,
    pub(super) retries: u32,
    pub(super) gc_ms: Option<u64>,
    pub(super) online: bool,
}

impl Scenario {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let value: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        Self::read(&Node::at("", &value)).map_err(|mistake| mistake.to_string())
    }

    fn read(node: &Node<'_>) -> Result<Self, Mistake> {
        let mut object = node.object()?;
        object.must("about")?.text()?;
        let empty = json!({});
        let given = object.may("given").unwrap_or_else(|| Node::at("given", &empty));
        let scenario = Self {
            levels: object.may("levels").map_or_else(|| Ok(ServerLevel::every()), |node| ServerLevel::read(&node))?,
            given: Given::read(&given)?,
            steps: read_steps(&object.must("steps")?)?,
            converges: object.flag("converges", true)?,
        };
        object.end()?;
        Ok(scenario)
    }
}

impl Given {
    fn read(node: &Node<'_>) -> Result<Self, Mistake> {
        let fixture = json!({
            "items": [{"id": 1, "a": 0, "b": 0, "n": 0, "ver": 1}],
            "details": {"D1": 1},
            "lists": {"L": {"filter": {"a": 0}}}
        });
        let mut object = node.object()?;
        let mut or_fixture = |name: &'static str| {
            object
                .may(name)
                .unwrap_or_else(|| Node::at(format!("given.{name}"), fixture.get(name).unwrap_or(&Value::Null)))
        };
        let (items, details, lists) = (or_fixture("items"), or_fixture("details"), or_fixture("lists"));
        let mut rows = read_rows(Resource::Items, &items)?;
        if let Some(notes) = object.may("notes") {
            rows.extend(read_rows(Resource::Notes, &notes)?);
        }
        let mut queries = Vec::new();
        for (name, node) in details.members()? {
            queries.push(Query::read_detail(name, &node)?);
        }
        for (name, node) in lists.members()? {
            queries.push(Query::read_list(name, &node)?);
        }
        let given = Self {
            rows,
            queries,
            next_id: object.may("next_id").map_or(Ok(42), |node| node.count())?.cast_signed(),
            retries: u32::try_from(object.count("fetch_retries")?.unwrap_or(0)).unwrap_or(u32::MAX),
            gc_ms: object.count("gc_time")?,
            online: object.flag("online", true)?,
        };
        object.end()?;
        Ok(given)
    }
}

fn read_rows(resource: Resource, node: &Node<'_>) -> Result<Vec<(Resource, Fields)>, Mistake> {
    let mut rows = Vec::new();
    for node in node.list()? {
        let mut fields = node.map()?.clone();
        if !fields.contains_key("id") {
            return node.mistake("a row has an id");
        }
        fields.entry("ver").or_insert(json!(1));
        rows.push((resource, fields));
    }
    Ok(rows)
}

impl Query {
    pub(super) fn read_detail(name: &str, node: &Node<'_>) -> Result<Self, Mistake> {
        let (resource, id, watching) = if node.value.is_object() {
            let mut object = node.object()?;
            let read = (
                object.may("resource").map_or(Ok(Resource::Items), |node| node.word(Resource::ALL))?,
                object.must("id")?.value.clone(),
                Watching { observed: object.flag("observed", true)?, fetched: object.flag("fetched", true)? },
            );
            object.end()?;
            read
        } else {
            (Resource::Items, node.value.clone(), Watching { observed: true, fetched: true })
        };
        let path = format!("/{}", resource.name());
        Ok(Self { name: name.to_owned(), shape: Shape::Detail(resource, id), watching, path })
    }

    pub(super) fn read_list(name: &str, node: &Node<'_>) -> Result<Self, Mistake> {
        let (spec, watching) = ListSpec::read(node)?;
        let path = format!("/{}", spec.resource.name());
        Ok(Self { name: name.to_owned(), shape: Shape::List(spec), watching, path })
    }
}
