//! How is a file written so that what did not change is not built again?

use std::{fs, io, path::Path};

/// Whether a file had to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Its text is new.
    Changed,
    /// It had this text already, and its time stays.
    Unchanged,
}

/// Writes a file, and the folders it is in, unless it has this text already.
///
/// # Errors
///
/// Returns what the file system says.
pub fn write_if_changed(path: &Path, text: &str) -> io::Result<Written> {
    if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(Written::Unchanged);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)?;
    Ok(Written::Changed)
}
