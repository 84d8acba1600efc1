//! How are texts kept in files, so that no crash leaves half of one?
//!
//! One file a name. A text is written to a file beside it, which then takes its place. The first line of a file is its name:
//! file names are shortened, and say less than names.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Storage, StorageError, StorageFuture};
use crate::{
    signal::lock,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// How long the readable part of a file name may be: file systems take 255 bytes.
const LONGEST: usize = 150;

/// Keeps texts as files of one folder. Cloning shares it.
///
/// Inside of a tokio runtime files are read and written on its threads for blocking work. Only one program may use the
/// folder at a time.
#[derive(Clone)]
pub struct FileStorage {
    shared: Arc<Folder>,
}

struct Folder {
    path: PathBuf,
    tickets: AtomicU64,
    /// A pair of a file and the ticket of the call that has changed it last. Held while a file is changed.
    changed: Mutex<HashMap<PathBuf, u64>>,
}

impl fmt::Debug for FileStorage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FileStorage").field("path", &self.shared.path).finish()
    }
}

impl FileStorage {
    /// Keeps files in a folder, which is made when the first text is written.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let shared = Folder { path: folder.into(), tickets: AtomicU64::new(0), changed: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Does something to the file of a name, unless a later call has done something to it already.
    fn change(
        &self,
        name: &str,
        work: impl FnOnce(&Folder, &Path) -> io::Result<()> + Send + 'static,
    ) -> StorageFuture<()> {
        let (shared, file) = (self.shared.clone(), self.shared.file(name));
        let ticket = shared.tickets.fetch_add(1, Ordering::Relaxed) + 1;
        off_thread(move || {
            let mut changed = lock(&shared.changed);
            let last = changed.entry(file.clone()).or_default();
            if *last > ticket {
                return Ok(());
            }
            *last = ticket;
            work(&shared, &file)
        })
    }
}

impl Folder {
    fn file(&self, name: &str) -> PathBuf {
        self.path.join(format!("{}.entry", file_name(name)))
    }

    fn write(&self, file: &Path, name: &str, text: &str) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        let beside = file.with_extension("new");
        let mut new = File::create(&beside)?;
        new.write_all(serde_json::Value::from(name).to_string().as_bytes())?;
        new.write_all(b"\n")?;
        new.write_all(text.as_bytes())?;
        // Else the new name could survive a crash that the text does not.
        new.sync_all()?;
        drop(new);
        fs::rename(&beside, file)
    }
}

impl Storage for FileStorage {
    fn get(&self, name: &str) -> StorageFuture<Option<String>> {
        let (file, name) = (self.shared.file(name), name.to_owned());
        off_thread(move || Ok(read(&file)?.filter(|(own, _)| *own == name).map(|(_, text)| text)))
    }

    fn set(&self, name: &str, text: String) -> StorageFuture<()> {
        let own = name.to_owned();
        self.change(name, move |folder, file| folder.write(file, &own, &text))
    }

    fn remove(&self, name: &str) -> StorageFuture<()> {
        self.change(name, |_, file| match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
    }

    fn names(&self) -> StorageFuture<Vec<String>> {
        let shared = self.shared.clone();
        off_thread(move || {
            let entries = match fs::read_dir(&shared.path) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            let mut names = Vec::new();
            for entry in entries {
                let path = entry?.path();
                if path.extension().is_some_and(|extension| extension == "entry") {
                    names.extend(read(&path)?.map(|(name, _)| name));
                }
            }
            Ok(names)
        })
    }
}

/// Returns the name and the text of a file; `None` where there is none, or it is not one of ours.
fn read(file: &Path) -> io::Result<Option<(String, String)>> {
    let text = match fs::read(file) {
        Ok(bytes) => String::from_utf8(bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let parts = text.as_deref().and_then(|text| text.split_once('\n'));
    Ok(parts.and_then(|(name, text)| Some((serde_json::from_str(name).ok()?, text.to_owned()))))
}

/// Returns a name that every file system takes, also one that does not tell large letters from small ones.
fn file_name(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "_{byte:02x}");
        }
    }
    if text.len() > LONGEST {
        text.truncate(LONGEST);
        // FNV-1a: any function does that spreads names and never changes.
        let hash =
            |seed: u64| name.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        let _ = write!(text, "-{:016x}{:016x}", hash(0xcbf2_9ce4_8422_2325), hash(0x9e37_79b9_7f4a_7c15));
    }
    text
}

/// Runs what blocks where it stops nobody.
fn off_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> StorageFuture<T> {
    Box::pin(async move {
        let done = match tokio::runtime::Handle::try_current() {
            Ok(runtime) => runtime.spawn_blocking(work).await.map_err(StorageError::new)?,
            Err(_) => work(),
        };
        done.map_err(|error| match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StorageError::full(error),
            _ => StorageError::new(error),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn file_names_differ_as_their_names_do_and_fit() {
        let long = |last| format!("query-{}{last}", "Ä".repeat(500));
        let names = ["a", "A", "_61", "a/b", "a_2fb", "..", "", &long("x"), &long("y")].map(file_name);
        for (index, name) in names.iter().enumerate() {
            assert!(name.len() <= 200 && !name.contains(['/', '.']), "{name}");
            assert!(!names[..index].contains(name), "{name}");
        }
    }
}
