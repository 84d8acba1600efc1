//! Does `Rows` behave like a `Vec`, and does it share what it promises to share?

use std::cell::Cell;
use std::sync::Arc;

use super::{LONGEST, Rows};

#[expect(clippy::print_stdout, reason = "the seed of a failure must be seen")]
/// The seed comes from `SEED`, or is drawn and printed so that a failure can be replayed.
pub(crate) fn seeded() -> fastrand::Rng {
    let seed = std::env::var("SEED").map_or_else(|_| fastrand::u64(..), |text| text.parse().expect("SEED is a number"));
    println!("replay with SEED={seed}");
    fastrand::Rng::with_seed(seed)
}

/// Chunks are neither empty nor too long, and the ends add up.
fn check_shape<T>(rows: &Rows<T>) {
    let mut end = 0;
    for (chunk, counted) in rows.spine.chunks.iter().zip(&rows.spine.ends) {
        assert!((1..=LONGEST).contains(&chunk.len()), "chunk of {}", chunk.len());
        end += chunk.len();
        assert_eq!(end, *counted);
    }
    assert_eq!(rows.spine.chunks.len(), rows.spine.ends.len());
}

#[test]
fn any_edits_give_what_a_vec_gives() {
    let mut random = seeded();
    for _ in 0..30 {
        let start = random.usize(0..1200);
        let mut model: Vec<u64> = (0..start as u64).collect();
        let mut rows: Rows<u64> = model.iter().copied().collect();
        // Some rounds shrink, some grow.
        let inserts = random.u32(10..90);
        for _ in 0..600 {
            let value = random.u64(..);
            if random.u32(0..100) < inserts || model.is_empty() {
                let index = random.usize(0..=model.len());
                model.insert(index, value);
                rows.insert(index, Arc::new(value));
            } else if random.u8(0..4) == 0 {
                let index = random.usize(0..model.len());
                assert_eq!(*rows.set(index, Arc::new(value)), model[index]);
                model[index] = value;
            } else {
                let index = random.usize(0..model.len());
                assert_eq!(*rows.remove(index), model.remove(index));
            }
        }
        check_shape(&rows);
        assert_eq!(rows.len(), model.len());
        assert!(rows.iter().eq(&model));
        for _ in 0..50 {
            let index = random.usize(0..model.len() + 2);
            assert_eq!(rows.get(index), model.get(index));
        }
        assert_eq!((rows.first(), rows.last()), (model.first(), model.last()));
        assert_eq!(rows, model.iter().copied().collect());
    }
}

/// A row that has an id and counts how often that is asked for.
fn find(rows: &Rows<u64>, id: u64, asked: &Cell<usize>) -> Option<usize> {
    let hash_of = |id: u64| id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let ask = |row: &u64| {
        asked.set(asked.get() + 1);
        *row
    };
    rows.find(hash_of(id), |row| hash_of(ask(row)), |row| ask(row) == id)
}

#[test]
fn a_row_is_found_where_it_is_whatever_was_edited_since_the_first_search() {
    let mut random = seeded();
    for _ in 0..60 {
        let length = random.u64(0..900);
        let mut rows: Rows<u64> = (0..length).collect();
        for next in length..length + random.u64(0..600) {
            let id = random.u64(0..next + 3);
            assert_eq!(find(&rows, id, &Cell::default()), rows.position(|row| *row == id), "row {id}");
            let index = random.usize(0..=rows.len());
            match random.u8(0..4) {
                0 => rows.insert(index, Arc::new(next)),
                1 if index < rows.len() => drop(rows.remove(index)),
                2 if index < rows.len() => drop(rows.set(index, Arc::new(next))),
                3 if index < rows.len() => {
                    // It moves.
                    let row = rows.remove(index);
                    rows.insert(random.usize(0..=rows.len()), row);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn ids_that_are_there_twice_or_share_a_hash_are_found_first_to_last() {
    let rows: Rows<u64> = (0..500).map(|row| row % 400).collect();
    assert_eq!(find(&rows, 399, &Cell::default()), Some(399));
    assert_eq!(find(&rows, 7, &Cell::default()), Some(7));
    let rows: Rows<u64> = (0..500).collect();
    assert_eq!(rows.find(1, |_| 1, |row| *row == 450), Some(450));
    assert_eq!(rows.find(1, |_| 1, |row| *row == 500), None);
}

#[test]
fn a_search_after_the_first_looks_at_few_rows_of_a_hundred_thousand() {
    let old: Rows<u64> = (0..100_000).collect();
    assert_eq!(find(&old, 70_000, &Cell::default()), Some(70_000));
    let mut new = old.clone();
    new.replace(70_000, Arc::new(70_000));
    new.insert(10, Arc::new(100_000));
    let row = new.remove(20);
    new.insert(90_000, row);
    for (id, index) in [(70_000, Some(70_000)), (100_000, Some(10)), (19, Some(90_000)), (200_000, None)] {
        let asked = Cell::default();
        assert_eq!(find(&new, id, &asked), index, "row {id}");
        assert!(asked.get() < 12, "{} rows looked at for {id}", asked.get());
    }
}

#[test]
fn an_old_clone_does_not_see_later_edits() {
    let mut random = seeded();
    let mut rows: Rows<usize> = (0..1000).collect();
    let mut kept = Vec::new();
    for _ in 0..100 {
        kept.push((rows.clone(), rows.iter().copied().collect::<Vec<_>>()));
        match random.u8(0..3) {
            0 => rows.insert(random.usize(0..=rows.len()), Arc::new(7)),
            1 => drop(rows.remove(random.usize(0..rows.len()))),
            _ => drop(rows.set(random.usize(0..rows.len()), Arc::new(8))),
        }
    }
    for (rows, values) in kept {
        assert!(rows.iter().eq(&values));
    }
}

#[test]
fn one_edit_of_a_hundred_thousand_rows_copies_one_chunk() {
    let old: Rows<usize> = (0..100_000).collect();
    let edits: [fn(&mut Rows<usize>); 3] = [
        |rows| drop(rows.set(50_000, Arc::new(1))),
        |rows| rows.insert(50_000, Arc::new(1)),
        |rows| drop(rows.remove(50_000)),
    ];
    for edit in edits {
        let mut new = old.clone();
        edit(&mut new);
        let kept = |chunk| old.spine.chunks.iter().any(|old| Arc::ptr_eq(old, chunk));
        let copied = new.spine.chunks.iter().filter(|chunk| !kept(chunk)).count();
        assert!(copied <= 2, "{copied} chunks of {} copied", new.spine.chunks.len());
    }
}

#[test]
fn removing_most_rows_leaves_no_long_spine() {
    let mut rows: Rows<usize> = (0..10_000).collect();
    for keep in 0..100 {
        for _ in 0..99 {
            rows.remove(keep + 1);
        }
    }
    assert!(rows.iter().copied().eq((0..10_000).step_by(100)));
    assert!(rows.spine.chunks.len() <= 4, "{} chunks", rows.spine.chunks.len());
    check_shape(&rows);
}

#[test]
fn lists_with_other_chunks_are_equal_if_their_rows_are() {
    let whole: Rows<usize> = (0..1000).collect();
    let mut grown = Rows::new();
    for row in (0..1000).rev() {
        grown.insert(0, Arc::new(row));
    }
    assert_ne!(whole.spine.ends, grown.spine.ends);
    assert_eq!(whole, grown);
    grown.set(700, Arc::new(0));
    assert_ne!(whole, grown);
    grown.remove(700);
    assert_ne!(whole, grown);
}

#[test]
fn comparing_looks_only_at_rows_that_are_not_shared() {
    /// Panics when it is compared, but for the row that may be.
    #[derive(Clone)]
    struct Row(bool);
    impl PartialEq for Row {
        fn eq(&self, other: &Self) -> bool {
            assert!(self.0 && other.0, "a shared row was compared");
            true
        }
    }
    let old: Rows<Row> = (0..1000).map(|index| Row(index == 600)).collect();
    let mut new = old.clone();
    new.set(600, Arc::new(Row(true)));
    assert!(old == new);
}

#[test]
fn sharing_an_edited_list_looks_only_at_the_chunks_that_were_edited() {
    thread_local!(static LOOKED: Cell<usize> = const { Cell::new(0) });
    #[derive(Clone, Debug)]
    struct Row(usize);
    impl PartialEq for Row {
        fn eq(&self, other: &Self) -> bool {
            LOOKED.set(LOOKED.get() + 1);
            self.0 == other.0
        }
    }
    let old: Rows<Row> = (0..100_000).map(Row).collect();
    let edits: [fn(&mut Rows<Row>); 4] = [
        |rows| rows.replace(50_000, Arc::new(Row(7))),
        |rows| rows.insert(50_000, Arc::new(Row(100_000))),
        |rows| drop(rows.remove(50_000)),
        |rows| {
            let row = rows.remove(200);
            rows.insert(90_000, row);
            rows.replace(40_000, Arc::new(Row(1)));
        },
    ];
    for edit in edits {
        let mut new = old.clone();
        edit(&mut new);
        LOOKED.set(0);
        let shared = Rows::share_by_id(&old, new.clone(), |row| &row.0);
        assert!(LOOKED.get() <= 5 * LONGEST, "{} rows were compared", LOOKED.get());
        assert_eq!(shared, new);
        check_shape(&shared);
        LOOKED.set(0);
        assert!(Rows::share_by_id(&new, old.clone(), |row| &row.0) == old);
        assert!(LOOKED.get() <= 5 * LONGEST, "{} rows were compared on the way back", LOOKED.get());
    }
    let mut same = old.clone();
    same.replace(50_000, Arc::new(Row(50_000)));
    assert!(Rows::share(&old, same).is_same(&old), "an edit that makes no difference");
}

#[test]
fn sharing_keeps_equal_rows_and_unchanged_lists() {
    let old: Rows<String> = (0..1000).map(|row| row.to_string()).collect();
    let again: Rows<String> = (0..1000).map(|row| row.to_string()).collect();
    assert!(Rows::share(&old, again).is_same(&old));

    let changed: Rows<String> = (0..1000).map(|row| if row == 3 { "new".into() } else { row.to_string() }).collect();
    let shared = Rows::share(&old, changed.clone());
    assert_eq!(shared, changed);
    let kept = |(old, new)| usize::from(Arc::ptr_eq(old, new));
    assert_eq!(old.arcs().zip(shared.arcs()).map(kept).sum::<usize>(), 999);
    assert!(Arc::ptr_eq(&old.spine.chunks[1], &shared.spine.chunks[1]));
    check_shape(&shared);

    for length in [0, 1, 300, 999, 1001, 2000] {
        let other: Rows<String> = (0..length).map(|row| row.to_string()).collect();
        let shared = Rows::share(&old, other.clone());
        assert_eq!(shared, other);
        check_shape(&shared);
    }
}

#[test]
fn sharing_by_id_keeps_rows_that_moved() {
    let old: Rows<(u32, &str)> = [(1, "a"), (2, "b"), (3, "c")].into_iter().collect();
    let new: Rows<(u32, &str)> = [(9, "x"), (1, "a"), (2, "changed")].into_iter().collect();
    let shared = Rows::share_by_id(&old, new.clone(), |row| &row.0);
    assert_eq!(shared, new);
    assert!(Arc::ptr_eq(&shared.get_arc(1).unwrap().clone(), old.get_arc(0).unwrap()));
    assert!(!Arc::ptr_eq(shared.get_arc(2).unwrap(), old.get_arc(1).unwrap()));
}

#[test]
fn json_is_a_plain_array() {
    let rows: Rows<u32> = serde_json::from_str("[1,2,3]").unwrap();
    assert_eq!(rows, [1, 2, 3].into_iter().collect());
    assert_eq!(serde_json::to_string(&rows).unwrap(), "[1,2,3]");
    assert!(serde_json::from_str::<Rows<u32>>(r#"[1,"x"]"#).is_err());
    assert!(serde_json::from_str::<Rows<u32>>("{}").is_err());
}

#[test]
fn indexing_finds_rows_and_names_the_one_that_is_missing() {
    let rows: Rows<u32> = vec![5, 6].into();
    assert_eq!((rows[1], rows.position(|row| *row == 6), rows.iter().len()), (6, Some(1), 2));
    let missing = std::panic::catch_unwind(|| rows[2]).unwrap_err();
    assert_eq!(missing.downcast_ref::<String>().unwrap(), "row 2 of 2 does not exist");
}
