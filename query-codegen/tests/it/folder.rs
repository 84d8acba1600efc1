//! Where do tests put their files?

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A folder of one test's own, empty at first.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
}

impl Folder {
    /// Makes the folder; `name` is the test's.
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// Writes a file and the folders that it is in.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Reads a file.
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path.join(name)).unwrap()
    }
}

/// A schema without mistakes.
pub(crate) const GOOD: &str = "\
schema: 1
api: { name: shop }
models:
  ItemId: { newtype: string }
  Item:
    id: id
    fields:
      id: { type: ItemId, read_only: true }
      title: string
resources:
  items:
    model: Item
    path: /items
    get: true
";

/// A schema with two mistakes, the second in an earlier line than the first that checks find.
pub(crate) const BAD: &str = "\
schema: 1
api: { name: shop }
models:
  Item:
    id: id
    fields:
      id: strin
      title: strng
resources:
  items:
    model: Item
    path: /items
    get: true
";
