//! What keeps its place in memory when new data arrives: all that is equal, or the rows and pages that are?

use std::{any::TypeId, sync::Arc};

use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::QueryError,
    heart::{Codec, Kind},
    options::QueryData,
    page::{InfiniteData, Page},
    projection::{Projector, Value},
    resource::Entity,
    rows::Rows,
    value::Json,
};

/// Returns what can be done with plain data.
pub(crate) fn plain_kind<T: QueryData>() -> Arc<Kind> {
    kind::<T>(share_whole::<T>, None)
}

/// Returns what can be done with one row.
pub(crate) fn row_kind<E: Entity>(projector: impl Projector) -> Arc<Kind> {
    kind::<E>(share_whole::<E>, Some(Arc::new(projector)))
}

/// Returns what can be done with a page of rows.
pub(crate) fn list_kind<E: Entity>(projector: impl Projector) -> Arc<Kind> {
    kind::<Page<E>>(share_list::<E>, Some(Arc::new(projector)))
}

/// Returns what can be done with pages of anything.
pub(crate) fn pages_kind<T: QueryData, P: QueryData + Clone>() -> Arc<Kind> {
    Arc::new(Kind { is_infinite: true, ..kind_of::<InfiniteData<T, P>>(share_pages::<T, P>, None) })
}

/// Returns what can be done with pages of rows.
pub(crate) fn infinite_kind<E: Entity, P: QueryData + Clone>(projector: impl Projector) -> Arc<Kind> {
    let projector: Arc<dyn Projector> = Arc::new(projector);
    let kind = kind_of::<InfiniteData<Page<E>, P>>(share_row_pages::<E, P>, Some(projector));
    Arc::new(Kind { is_infinite: true, ..kind })
}

/// Returns what can be done with data that came from elsewhere, until somebody says which type it is.
pub(crate) fn raw_kind(is_infinite: bool) -> Arc<Kind> {
    Arc::new(Kind { is_infinite, ..kind_of::<Json>(share_whole::<Json>, None) })
}

fn kind<T: 'static>(share: fn(&Value, Value) -> Value, projector: Option<Arc<dyn Projector>>) -> Arc<Kind> {
    Arc::new(kind_of::<T>(share, projector))
}

fn kind_of<T: 'static>(share: fn(&Value, Value) -> Value, projector: Option<Arc<dyn Projector>>) -> Kind {
    // JSON is its own JSON; all other types say so (`serializable`).
    let codec = (TypeId::of::<T>() == TypeId::of::<Json>()).then(codec::<Json>);
    Kind {
        type_id: TypeId::of::<T>(),
        type_name: std::any::type_name::<T>(),
        size: size_of::<T>() as u64,
        share,
        projector,
        codec,
        is_infinite: false,
    }
}

/// Returns how values of a type become JSON and come back.
pub(crate) fn codec<T: Serialize + DeserializeOwned + Send + Sync + 'static>() -> Codec {
    Codec { encode: encode::<T>, decode: decode::<T> }
}

fn encode<T: Serialize + 'static>(value: &Value) -> Result<Json, QueryError> {
    let wrong = || QueryError::wrong_type(std::any::type_name::<T>(), "something else");
    serde_json::to_value(value.downcast_ref::<T>().ok_or_else(wrong)?).map_err(QueryError::custom)
}

fn decode<T: DeserializeOwned + Send + Sync + 'static>(json: &Json) -> Result<Value, QueryError> {
    T::deserialize(json).map(|value| Arc::new(value) as Value).map_err(QueryError::decode)
}

fn share_whole<T: QueryData>(old: &Value, new: Value) -> Value {
    match (old.downcast_ref::<T>(), new.downcast_ref::<T>()) {
        (Some(before), Some(after)) if before == after => old.clone(),
        _ => new,
    }
}

fn share_list<E: Entity>(old: &Value, new: Value) -> Value {
    let (Some(before), Some(after)) = (old.downcast_ref::<Page<E>>(), new.downcast_ref::<Page<E>>()) else {
        return new;
    };
    match shared_page(before, after) {
        None => old.clone(),
        Some(page) => Arc::new(page),
    }
}

/// Returns the new page with the old one's equal rows; `None` where the pages are equal.
fn shared_page<E: Entity>(old: &Page<E>, new: &Page<E>) -> Option<Page<E>> {
    let items = Rows::share_by_id(&old.items, new.items.clone(), E::id);
    let page = Page { items, ..new.clone() };
    (page != *old).then_some(page)
}

fn share_pages<T: QueryData, P: QueryData + Clone>(old: &Value, new: Value) -> Value {
    share_each::<T, P>(old, new, |old, new| if old == new { old.clone() } else { new.clone() })
}

fn share_row_pages<E: Entity, P: QueryData + Clone>(old: &Value, new: Value) -> Value {
    share_each::<Page<E>, P>(old, new, |old, new| {
        if Arc::ptr_eq(old, new) {
            return old.clone();
        }
        shared_page(old, new).map_or_else(|| old.clone(), Arc::new)
    })
}

/// Shares page by page: pages with the same parameter are the same page.
fn share_each<T: QueryData, P: QueryData + Clone>(
    old: &Value,
    new: Value,
    share: impl Fn(&Arc<T>, &Arc<T>) -> Arc<T>,
) -> Value {
    let (Some(before), Some(after)) =
        (old.downcast_ref::<InfiniteData<T, P>>(), new.downcast_ref::<InfiniteData<T, P>>())
    else {
        return new;
    };
    // Where a page was added in front, all others have moved by one.
    let shift = after
        .page_params
        .first()
        .and_then(|first| before.page_params.iter().position(|param| param == first))
        .map_or_else(
            || {
                let first = before.page_params.first();
                let moved = first.and_then(|first| after.page_params.iter().position(|param| param == first));
                (0, moved.unwrap_or(0))
            },
            |place| (place, 0),
        );
    let pages: Vec<Arc<T>> = after
        .pages
        .iter()
        .zip(&after.page_params)
        .enumerate()
        .map(|(index, (page, param))| {
            let place = (index + shift.0).checked_sub(shift.1);
            let same = place.filter(|place| before.page_params.get(*place) == Some(param));
            same.and_then(|place| before.pages.get(place)).map_or_else(|| page.clone(), |old| share(old, page))
        })
        .collect();
    let data = InfiniteData { pages, page_params: after.page_params.clone() };
    if data == *before { old.clone() } else { Arc::new(data) }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{infinite_kind, list_kind, pages_kind, plain_kind, row_kind};
    use crate::{
        page::{InfiniteData, Page},
        projection::{DetailProjector, InfiniteProjector, ListProjector, Value},
        resource::{Entity, ListFilter, ListWindow, Membership, NoChange},
    };

    #[derive(Clone, Debug, PartialEq)]
    struct Item {
        id: u32,
        name: &'static str,
    }

    impl Entity for Item {
        type Id = u32;
        type Change = NoChange;
        const ROOT: &'static [&'static str] = &["items"];

        fn id(&self) -> &u32 {
            &self.id
        }

        fn set_id(&mut self, id: u32) {
            self.id = id;
        }
    }

    #[derive(Clone, Debug, PartialEq)]
    struct Everything;

    impl ListFilter<Item> for Everything {
        fn matches(&self, _: &Item) -> Membership {
            Membership::Yes
        }
    }

    fn rows(rows: &[(u32, &'static str)], total: u64) -> Page<Item> {
        let items = rows.iter().map(|(id, name)| Item { id: *id, name }).collect();
        Page { items, total: Some(total), ..Page::default() }
    }

    fn pages(pages: &[(u64, &str)]) -> Value {
        Arc::new(InfiniteData {
            pages: pages.iter().map(|(_, page)| Arc::new((*page).to_owned())).collect(),
            page_params: pages.iter().map(|(param, _)| *param).collect(),
        })
    }

    fn page(value: &Value, index: usize) -> Arc<String> {
        value
            .downcast_ref::<InfiniteData<String, u64>>()
            .map(|data| data.pages[index].clone())
            .expect("these are pages")
    }

    #[test]
    fn equal_data_keeps_its_place() {
        let kind = plain_kind::<String>();
        let old: Value = Arc::new("same".to_owned());
        let kept = (kind.share)(&old, Arc::new("same".to_owned()));
        assert!(Arc::ptr_eq(&old, &kept));
        let other: Value = Arc::new("other".to_owned());
        assert!(Arc::ptr_eq(&other, &(kind.share)(&old, other.clone())));
        let foreign: Value = Arc::new(1_u8);
        assert!(Arc::ptr_eq(&foreign, &(kind.share)(&old, foreign.clone())));
    }

    #[test]
    fn equal_pages_keep_their_place_also_when_one_was_added_in_front() {
        let kind = pages_kind::<String, u64>();
        let old = pages(&[(2, "b"), (3, "c")]);
        let new = (kind.share)(&old, pages(&[(1, "a"), (2, "b"), (3, "changed")]));
        assert!(Arc::ptr_eq(&page(&new, 1), &page(&old, 0)));
        assert_eq!(page(&new, 2).as_str(), "changed");
        let less = (kind.share)(&new, pages(&[(2, "b"), (3, "changed"), (4, "d")]));
        assert!(Arc::ptr_eq(&page(&less, 0), &page(&new, 1)));
        assert!(Arc::ptr_eq(&page(&less, 1), &page(&new, 2)));
        assert!(Arc::ptr_eq(&less, &(kind.share)(&less, pages(&[(2, "b"), (3, "changed"), (4, "d")]))));
    }

    #[test]
    fn equal_row_keeps_its_place() {
        let kind = row_kind::<Item>(DetailProjector::<Item>::new(&1));
        let old: Value = Arc::new(Item { id: 1, name: "a" });
        assert!(Arc::ptr_eq(&old, &(kind.share)(&old, Arc::new(Item { id: 1, name: "a" }))));
    }

    #[test]
    fn fetched_page_shares_the_rows_that_did_not_change() {
        let kind = list_kind::<Item>(ListProjector::new(Everything, ListWindow::All));
        let old: Value = Arc::new(rows(&[(1, "a"), (3, "c"), (5, "e")], 3));
        assert!(Arc::ptr_eq(&old, &(kind.share)(&old, Arc::new(rows(&[(1, "a"), (3, "c"), (5, "e")], 3)))));
        let new = (kind.share)(&old, Arc::new(rows(&[(0, "z"), (1, "a"), (3, "changed")], 4)));
        let (old, new) = (old.downcast::<Page<Item>>().expect("a page"), new.downcast::<Page<Item>>().expect("a page"));
        assert_eq!(*new, rows(&[(0, "z"), (1, "a"), (3, "changed")], 4));
        let arc = |page: &Page<Item>, index| page.items.get_arc(index).cloned().expect("the row is there");
        assert!(Arc::ptr_eq(&arc(&new, 1), &arc(&old, 0)));
    }

    #[test]
    fn fetched_infinite_list_shares_the_pages_and_rows_that_did_not_change() {
        let data = |last: &[(u32, &'static str)]| InfiniteData {
            pages: vec![Arc::new(rows(&[(1, "a"), (3, "c")], 4)), Arc::new(rows(last, 4))],
            page_params: vec![1_u64, 2],
        };
        let kind = infinite_kind::<Item, u64>(InfiniteProjector::<Item, _, u64>::pages(Everything, 1, 2));
        let old: Value = Arc::new(data(&[(5, "e")]));
        let new = (kind.share)(&old, Arc::new(data(&[(5, "e"), (7, "g")])));
        let get = |value: Value| value.downcast::<InfiniteData<Page<Item>, u64>>().expect("these are pages of rows");
        let (old, new) = (get(old), get(new));
        assert!(Arc::ptr_eq(&old.pages[0], &new.pages[0]));
        assert_eq!(*new, data(&[(5, "e"), (7, "g")]));
    }
}
