//! Does a list that claims to be exact show what the server would send?
//!
//! A server holds random rows and cuts windows out of a filtered, sorted list. Random operations are projected into what a client has loaded and
//! applied by the server. Whenever the projection does not say `stale`, both must agree: in rows, totals and whether there is more.

use super::super::InfiniteProjector;
use super::*;
use crate::rows::tests::seeded;

/// The rows of group 1, in an order without ties.
#[derive(Clone, Debug, PartialEq)]
struct GroupOne;

impl ListFilter<Item> for GroupOne {
    fn matches(&self, row: &Item) -> Membership {
        Membership::from(row.group == 1)
    }

    fn compare(&self, a: &Item, b: &Item) -> Option<Ordering> {
        Some((a.rank, a.id).cmp(&(b.rank, b.id)))
    }
}

/// Which part of the list the client has, and what the server tells about it.
#[derive(Clone, Copy, Debug)]
struct Loaded {
    window: Option<ListWindow>,
    first_page: u64,
    pages: usize,
    size: usize,
    tells_total: bool,
    tells_more: bool,
}

struct Server {
    rows: Vec<Item>,
    next_id: u32,
}

impl Server {
    fn list(&self) -> Vec<&Item> {
        let mut list: Vec<&Item> = self.rows.iter().filter(|row| row.group == 1).collect();
        list.sort_by_key(|row| (row.rank, row.id));
        list
    }

    fn page(&self, loaded: Loaded, index: usize) -> Page<Item> {
        let list = self.list();
        let (from, to) = match loaded.window {
            Some(ListWindow::All) => (0, list.len()),
            _ => (index * loaded.size, (index + 1) * loaded.size),
        };
        Page {
            items: list.iter().skip(from).take(to - from).map(|row| (*row).clone()).collect(),
            total: loaded.tells_total.then_some(list.len() as u64),
            has_more: loaded.tells_more.then_some(list.len() > to),
            ..Page::default()
        }
    }

    fn answer(&self, loaded: Loaded) -> Value {
        match loaded.window {
            Some(ListWindow::Page { index, .. }) => Arc::new(self.page(loaded, usize::try_from(index).unwrap())),
            Some(_) => Arc::new(self.page(loaded, 0)),
            None => {
                let first = usize::try_from(loaded.first_page).unwrap();
                let pages = (first..first + loaded.pages).map(|i| Arc::new(self.page(loaded, i)));
                let page_params = (loaded.first_page..).take(loaded.pages).collect();
                Arc::new(InfiniteData { pages: pages.collect(), page_params })
            }
        }
    }

    /// Draws an operation, applies it, and returns it with the row before and after.
    fn step(&mut self, random: &mut fastrand::Rng) -> (Op, Option<Item>, Option<Item>) {
        let (rank, group) = (random.i64(0..12), random.u8(1..3));
        if random.u8(0..3) == 0 || self.rows.is_empty() {
            self.next_id += 1;
            let row = Item { id: self.next_id, group, rank, name: "" };
            self.rows.push(row.clone());
            return (create(row.clone()), None, Some(row));
        }
        let index = random.usize(0..self.rows.len());
        let before = self.rows[index].clone();
        let change_of = match random.u8(0..5) {
            0 => {
                self.rows.remove(index);
                return (delete(before.id), Some(before), None);
            }
            1 => ItemChange::Group(group),
            2 => ItemChange::Name("new"),
            3 => ItemChange::Raise(random.i64(-3..4)),
            _ => ItemChange::Rank(rank),
        };
        change_of.apply(&mut self.rows[index]);
        (change(before.id, change_of), Some(before), Some(self.rows[index].clone()))
    }
}

fn draw(random: &mut fastrand::Rng) -> Loaded {
    let size = random.usize(1..5);
    let window = match random.u8(0..6) {
        0 => Some(ListWindow::All),
        1 | 2 => Some(ListWindow::Page { index: 0, size: size as u64 }),
        3 => Some(ListWindow::Page { index: random.u64(1..3), size: size as u64 }),
        _ => None,
    };
    Loaded {
        window,
        first_page: u64::from(random.u8(0..4) == 0),
        pages: random.usize(1..4),
        size,
        tells_total: random.bool(),
        tells_more: random.bool(),
    }
}

fn projector(loaded: Loaded) -> Box<dyn Projector> {
    match loaded.window {
        Some(window) => Box::new(ListProjector::new(GroupOne, window)),
        None => Box::new(InfiniteProjector::pages(GroupOne, 0, loaded.size as u64)),
    }
}

/// The rows of each page with the total it tells, and whether there is more after the last.
type Facts = (Vec<(Vec<Item>, Option<u64>)>, Option<bool>);

/// The pages in a form that compares: rows, total, and for the last one whether there is more.
fn facts(value: &Value) -> Facts {
    let pages = match value.downcast_ref::<InfiniteData<Page<Item>, u64>>() {
        Some(data) => data.pages.clone(),
        None => vec![value.clone().downcast::<Page<Item>>().unwrap()],
    };
    let has_more = pages.last().and_then(|page| page.has_more);
    let rows = |page: &Arc<Page<Item>>| page.items.iter().cloned().collect();
    (pages.iter().map(|page| (rows(page), page.total)).collect(), has_more)
}

fn ids(value: &Value) -> Vec<u32> {
    facts(value).0.iter().flat_map(|(rows, _)| rows.iter().map(|row| row.id)).collect()
}

#[test]
fn what_is_not_stale_is_what_the_server_sends() {
    let mut random = seeded();
    let (mut exact, mut untouched, mut absorbed) = (0, 0, 0);
    for _ in 0..20_000 {
        let rows = (1..=random.u32(0..14))
            .map(|id| Item { id, group: random.u8(1..3), rank: random.i64(0..12), name: "" })
            .collect();
        let mut server = Server { rows, next_id: 100 };
        let loaded = draw(&mut random);
        let projector = projector(loaded);
        let mut shown = server.answer(loaded);
        for _ in 0..4 {
            let base = server.answer(loaded);
            let (op, before, after) = server.step(&mut random);
            let (before, after) = (before.map(|row| Arc::new(row) as Value), after.map(|row| Arc::new(row) as Value));
            let truth = server.answer(loaded);
            let story = || format!("{loaded:?}\n{op:?}\nbefore {}", text(Some(&base)));
            if let Some(absorb) = projector.absorb(&base, &op, after.as_ref()) {
                assert_eq!(facts(&absorb), facts(&truth), "absorbed: {}", story());
                absorbed += 1;
            }
            let elsewhere = before.as_ref().filter(|_| random.bool());
            let projected = project_safely(&*projector, Some(&shown), &op, elsewhere);
            assert!(!projected.failed);
            shown = projected.value.unwrap();
            let mut unique = ids(&shown);
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), ids(&shown).len(), "an id twice: {}", story());
            if projected.stale {
                break;
            }
            assert_eq!(facts(&shown), facts(&truth), "shown: {}", story());
            if !projected.touched {
                assert_eq!(facts(&base), facts(&truth), "untouched: {}", story());
                untouched += 1;
            }
            exact += 1;
        }
    }
    // Saying `stale` to everything would pass; it must not.
    assert!(exact > 15_000 && untouched > 3_000 && absorbed > 15_000, "{exact} {untouched} {absorbed}");
}
