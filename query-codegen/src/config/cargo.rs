//! What does a build script tell cargo?
//!
//! Nothing of a schema reaches cargo but diagnostics on one line each, control characters escaped: a line break of a
//! user's text would begin a directive of its own.

use std::{io, path::Path};

use crate::{diagnostics::SHOWN, generate::Generated};

/// Makes cargo run the build script again when this file changes.
pub(super) fn rerun_if_changed(cargo: &mut dyn io::Write, path: &Path) -> io::Result<()> {
    let text = path.to_string_lossy();
    if text.chars().any(char::is_control) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has control characters"));
    }
    writeln!(cargo, "cargo::rerun-if-changed={text}")
}

/// Shows what was found in a schema.
pub(super) fn report(cargo: &mut dyn io::Write, generated: &Generated) -> io::Result<()> {
    let document = &generated.document;
    for one in generated.diagnostics.warnings().take(SHOWN) {
        writeln!(cargo, "cargo::warning={}", one_line(&document.one_line(one)))?;
    }
    for one in generated.diagnostics.errors().take(SHOWN) {
        writeln!(cargo, "cargo::error={}", one_line(&document.one_line(one)))?;
    }
    let more = generated.diagnostics.errors().count().saturating_sub(SHOWN);
    if more > 0 {
        writeln!(cargo, "cargo::error=and {more} more errors")?;
    }
    Ok(())
}

/// Escapes what would end the line. The document has done so; a directive is worth looking twice.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for character in text.chars() {
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}
