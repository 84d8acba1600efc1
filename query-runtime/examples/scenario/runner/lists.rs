//! Which rows does a list of a scenario hold, in which order and in which pieces?
//!
//! The server and the program under test are told by the same description; what the program may not know is left out of its
//! answers.

use std::cmp::Ordering;

use query_runtime::{ListFilter, ListWindow, Membership};
use serde_json::Value;

use super::{
    read::{Mistake, Node},
    rows::{Fields, Record, Resource, compare},
};

/// A condition on one field.
#[derive(Clone, Debug, PartialEq)]
struct Condition {
    field: String,
    test: Test,
    value: Value,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Test {
    Eq,
    Ne,
    Lt,
    Lte,
    Gt,
    Gte,
    Contains,
    In,
}

const TESTS: &[(&str, Test)] = &[
    ("eq", Test::Eq),
    ("ne", Test::Ne),
    ("lt", Test::Lt),
    ("lte", Test::Lte),
    ("gt", Test::Gt),
    ("gte", Test::Gte),
    ("contains", Test::Contains),
    ("in", Test::In),
];

/// What a list holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListSpec {
    pub(super) resource: Resource,
    filter: Vec<Condition>,
    /// Conditions that only the server can test.
    secret: Vec<Condition>,
    /// Fields, and whether each goes down.
    sort: Vec<(String, bool)>,
    /// Whether only the server knows the order.
    secret_order: bool,
    /// Whether the rows look otherwise than elsewhere, so that nothing may be shown in them at once.
    shaped: bool,
    pub(super) piece: Piece,
    pub(super) total: bool,
    pub(super) query: String,
}

/// How much of a list an entry holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece {
    All,
    Page { index: usize, size: usize },
    Numbered { size: usize, pages: usize },
    Cursors { size: usize, pages: usize },
}

impl ListSpec {
    pub(super) fn read(node: &Node<'_>) -> Result<(Self, Watching), Mistake> {
        let mut object = node.object()?;
        let conditions = |node: Option<Node<'_>>| node.map_or(Ok(Vec::new()), |node| read_conditions(&node));
        let filter_node = object.may("filter");
        let secret_node = object.may("search");
        let query = [&filter_node, &secret_node].into_iter().flatten();
        let query: Vec<String> = query
            .map(Node::members)
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .map(|(name, node)| format!("{name}={}", node.value.as_str().map_or(node.value.to_string(), str::to_owned)))
            .collect();
        let sort = object.may("sort").map_or(Ok(Vec::new()), |node| node.texts())?;
        let resource = object.may("resource").map_or(Ok(Resource::Items), |node| node.word(Resource::ALL))?;
        let page = object.may("page").map(|node| read_page(&node)).transpose()?;
        let infinite = object.may("infinite").map(|node| read_infinite(&node)).transpose()?;
        if page.is_some() && infinite.is_some() {
            return node.mistake("`page` and `infinite` exclude each other");
        }
        let spec = Self {
            resource,
            filter: conditions(filter_node)?,
            secret: conditions(secret_node)?,
            sort: sort
                .iter()
                .map(|field| field.strip_prefix('-').map_or((field.clone(), false), |field| (field.to_owned(), true)))
                .collect(),
            secret_order: object
                .may("order")
                .map_or(Ok(false), |node| node.word(&[("known", false), ("server", true)]))?,
            shaped: object.flag("shaped", false)?,
            piece: page.or(infinite).unwrap_or(Piece::All),
            total: object.flag("total", false)?,
            query: query.join("&"),
        };
        let watching = Watching { observed: object.flag("observed", true)?, fetched: object.flag("fetched", true)? };
        object.end()?;
        Ok((spec, watching))
    }

    /// Tests whether the server puts a row into the list.
    pub(super) fn holds(&self, row: &Fields) -> bool {
        self.filter.iter().chain(&self.secret).all(|condition| condition.test(row))
    }

    /// Tests whether the program knows that the row does not belong into the list.
    pub(super) fn excludes(&self, row: &Fields) -> bool {
        !self.filter.iter().all(|condition| condition.test(row))
    }

    /// Compares two rows by the order in which the server gives them.
    pub(super) fn order(&self, one: &Fields, two: &Fields) -> Ordering {
        let by = self.sort.iter().map(|(field, down)| {
            let order = compare(one.get(field), two.get(field));
            if *down { order.reverse() } else { order }
        });
        by.fold(Ordering::Equal, Ordering::then)
    }

    /// Returns whether it makes a difference to the list when this field changes.
    pub(super) fn is_about(&self, field: &str) -> bool {
        self.filter.iter().chain(&self.secret).any(|condition| condition.field == field)
            || self.sort.iter().any(|(sorted, _)| sorted == field)
    }

    /// Returns whether the server wraps the rows.
    pub(super) fn is_wrapped(&self) -> bool {
        self.total || matches!(self.piece, Piece::Numbered { .. } | Piece::Cursors { .. })
    }

    pub(super) fn window(&self) -> ListWindow {
        match self.piece {
            Piece::Page { index, size } => ListWindow::Page { index: index as u64, size: size as u64 },
            _ => ListWindow::All,
        }
    }
}

impl<E: Record> ListFilter<E> for ListSpec {
    fn matches(&self, row: &E) -> Membership {
        let known = Membership::from(!self.excludes(row.fields()));
        let unknown = if self.secret.is_empty() { Membership::Yes } else { Membership::Unknown };
        Membership::all([known, unknown])
    }

    fn compare(&self, one: &E, two: &E) -> Option<Ordering> {
        (!self.secret_order && !self.sort.is_empty()).then(|| self.order(one.fields(), two.fields()))
    }

    fn is_shaped(&self) -> bool {
        self.shaped
    }
}

/// Whether an entry is looked at from the beginning, and whether it is loaded then.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watching {
    pub(super) observed: bool,
    pub(super) fetched: bool,
}

fn read_conditions(node: &Node<'_>) -> Result<Vec<Condition>, Mistake> {
    let mut conditions = Vec::new();
    for (field, node) in node.members()? {
        if !node.value.is_object() {
            conditions.push(Condition { field: field.to_owned(), test: Test::Eq, value: node.value.clone() });
            continue;
        }
        for (word, value) in node.members()? {
            let Some((_, test)) = TESTS.iter().find(|(name, _)| *name == word) else {
                let known: Vec<&str> = TESTS.iter().map(|(name, _)| *name).collect();
                return value.mistake(format!("no test is called `{word}`; known are: {}", known.join(", ")));
            };
            conditions.push(Condition { field: field.to_owned(), test: *test, value: value.value.clone() });
        }
    }
    Ok(conditions)
}

fn read_page(node: &Node<'_>) -> Result<Piece, Mistake> {
    let mut object = node.object()?;
    let piece = Piece::Page { index: object.must("index")?.size()?, size: object.must("size")?.size()? };
    object.end()?;
    Ok(piece)
}

fn read_infinite(node: &Node<'_>) -> Result<Piece, Mistake> {
    let mut object = node.object()?;
    let by_cursor = object.must("by")?.word(&[("number", false), ("cursor", true)])?;
    let size = object.must("size")?.size()?;
    let pages = object.may("pages").map_or(Ok(1), |node| node.size())?;
    object.end()?;
    Ok(if by_cursor { Piece::Cursors { size, pages } } else { Piece::Numbered { size, pages } })
}

impl Condition {
    fn test(&self, row: &Fields) -> bool {
        let field = row.get(&self.field).unwrap_or(&Value::Null);
        let order = || compare(Some(field), Some(&self.value));
        match self.test {
            Test::Eq => order().is_eq() && (field == &self.value || field.is_number()),
            Test::Ne => field != &self.value,
            Test::Lt => order().is_lt(),
            Test::Lte => order().is_le(),
            Test::Gt => order().is_gt(),
            Test::Gte => order().is_ge(),
            Test::Contains => match (field, &self.value) {
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                (Value::Array(all), one) => all.contains(one),
                _ => false,
            },
            Test::In => self.value.as_array().is_some_and(|all| all.contains(field)),
        }
    }
}
