//! How does a build script, or a test, turn schemas into files?
//!
//! ```no_run
//! // build.rs
//! fn main() -> Result<(), query_codegen::config::Error> {
//!     query_codegen::config::Config::new().schema("schemas/social.yaml").compile()
//! }
//! ```
//!
//! and in the crate: `include!(concat!(env!("OUT_DIR"), "/social.rs"));`. A file that is committed is written by
//! [`Config::emit`] and compared by [`check`] in a test.

mod cargo;

use std::{
    env, fmt, fs, io,
    path::{Path, PathBuf},
};

use crate::{
    diagnostics::Diagnostics,
    generate::{Generated, generate},
    render,
    write::{Written, write_if_changed},
    yaml::Document,
};

/// The largest schema that is read, in bytes; the front end says what is wrong with larger ones.
const LARGEST: u64 = 64 << 20;

/// Which schemas to read and where to write.
#[derive(Clone, Debug, Default)]
pub struct Config {
    schemas: Vec<PathBuf>,
    out_dir: Option<PathBuf>,
    root: Option<PathBuf>,
    formatted: bool,
}

impl Config {
    /// Begins without a schema.
    pub fn new() -> Self {
        Self { formatted: true, ..Self::default() }
    }

    /// Adds a schema; a relative path begins at the package's folder.
    #[must_use]
    pub fn schema(mut self, path: impl Into<PathBuf>) -> Self {
        self.schemas.push(path.into());
        self
    }

    /// Writes to this folder instead of `OUT_DIR`.
    #[must_use]
    pub fn out_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(path.into());
        self
    }

    /// Begins relative paths here instead of at `CARGO_MANIFEST_DIR`.
    #[must_use]
    pub fn root(mut self, path: impl Into<PathBuf>) -> Self {
        self.root = Some(path.into());
        self
    }

    /// Chooses whether [`compile`](Self::compile) formats what it writes, as it does by default.
    ///
    /// Formatting is for people who go to a definition in their editor. It costs a debug build script about 7 ms per
    /// 1,000 lines; a schema with hundreds of resources may do without.
    #[must_use]
    pub fn formatted(mut self, formatted: bool) -> Self {
        self.formatted = formatted;
        self
    }

    /// Writes `<stem>.rs` for each schema and tells cargo what the files depend on.
    ///
    /// For a schema with mistakes, cargo shows one line for each, and the file holds them as `compile_error!`s with stand-ins
    /// for what the schema would have declared, so that an editor shows the mistakes and nothing else.
    ///
    /// # Errors
    ///
    /// Returns all mistakes of all schemas, and what the file system says.
    pub fn compile(&self) -> Result<(), Error> {
        let out_dir = match &self.out_dir {
            Some(path) => self.resolve(path)?,
            None => PathBuf::from(env::var_os("OUT_DIR").ok_or_else(|| {
                Error::plain("`OUT_DIR` is not set: call `compile` in a build script, or say `.out_dir(…)`")
            })?),
        };
        self.compile_to(&out_dir, &mut io::stdout())
    }

    /// Does what [`compile`](Self::compile) does, with the lines that are meant for cargo written to `cargo`.
    ///
    /// # Errors
    ///
    /// Returns all mistakes of all schemas, and what the file system says.
    pub fn compile_to(&self, out_dir: &Path, cargo: &mut dyn io::Write) -> Result<(), Error> {
        let mut failure = Error { parts: Vec::new() };
        let mut stems: Vec<String> = Vec::new();
        if self.schemas.is_empty() {
            return Err(Error::plain("no schema is given: say `.schema(\"schemas/api.yaml\")`"));
        }
        for schema in &self.schemas {
            let watched = self.root.as_ref().map_or_else(|| schema.clone(), |root| root.join(schema));
            cargo::rerun_if_changed(cargo, &watched).map_err(|error| Error::io("tell cargo about", schema, &error))?;
            let stem = stem(schema)?;
            if stems.contains(&stem) {
                return Err(Error::plain(format!("two schemas would be written to `{stem}.rs`: rename one")));
            }
            let file = out_dir.join(format!("{stem}.rs"));
            stems.push(stem);
            let generated = match self.generate(schema) {
                Ok(generated) => generated,
                Err(error) => {
                    failure.parts.extend(error.parts);
                    continue;
                }
            };
            cargo::report(cargo, &generated).map_err(|error| Error::io("report about", schema, &error))?;
            let text = self.text(schema, &generated)?;
            write_if_changed(&file, &text).map_err(|error| Error::io("write", &file, &error))?;
            failure.add(generated);
        }
        if failure.parts.is_empty() { Ok(()) } else { Err(failure) }
    }

    /// Writes the formatted output of the only schema to a file that is committed.
    ///
    /// # Errors
    ///
    /// Returns all mistakes of the schema, and what the file system says.
    pub fn emit(&self, file: impl AsRef<Path>) -> Result<Written, Error> {
        let path = self.resolve(file.as_ref())?;
        let text = self.only()?;
        write_if_changed(&path, &text).map_err(|error| Error::io("write", &path, &error))
    }

    /// Compares a committed file with what the only schema gives today; differences of layout alone don't count.
    ///
    /// # Errors
    ///
    /// Returns all mistakes of the schema, and the first line that differs.
    pub fn check(&self, file: impl AsRef<Path>) -> Result<(), Error> {
        let file = file.as_ref();
        let path = self.resolve(file)?;
        let wanted = self.only()?;
        let found = fs::read_to_string(&path).map_err(|error| Error::io("read", &path, &error))?;
        if found == wanted {
            return Ok(());
        }
        let wanted = render::normalized(&wanted).map_err(Error::plain)?;
        let found = render::normalized(&found)
            .map_err(|error| Error::plain(format!("`{}` is not Rust any more: {error}", file.display())))?;
        if found == wanted {
            return Ok(());
        }
        let (line, old, new) = first_difference(&found, &wanted);
        Err(Error::plain(format!(
            "`{}` is not what its schema gives today; call `emit` again\n  formatted line {line}\n  - {old}\n  + {new}",
            file.display()
        )))
    }

    /// Returns the formatted output of the only schema.
    fn only(&self) -> Result<String, Error> {
        let [schema] = self.schemas.as_slice() else {
            return Err(Error::plain("a committed file is made of exactly one schema"));
        };
        let generated = self.generate(schema)?;
        if generated.items.is_none() {
            let mut failure = Error { parts: Vec::new() };
            failure.add(generated);
            return Err(failure);
        }
        Self { formatted: true, ..self.clone() }.text(schema, &generated)
    }

    fn generate(&self, schema: &Path) -> Result<Generated, Error> {
        let path = self.resolve(schema)?;
        let failed = |error: &io::Error| Error::io("read", schema, error);
        if fs::metadata(&path).map_err(|error| failed(&error))?.len() > LARGEST {
            return Err(Error::plain(format!("`{}` is no schema: it is too large", schema.display())));
        }
        let text = fs::read_to_string(&path).map_err(|error| failed(&error))?;
        Ok(generate(&text, &shown(schema)))
    }

    /// Returns what is written for a schema, mistakes or not.
    fn text(&self, schema: &Path, generated: &Generated) -> Result<String, Error> {
        let preamble = render::preamble(&shown(schema));
        match &generated.items {
            Some(items) if self.formatted => render::render(items, &preamble).map_err(Error::plain),
            Some(items) => Ok(render::render_plain(items, &preamble)),
            None => Ok(render::render_plain(&[generated.errors()], &preamble)),
        }
    }

    /// Makes a path absolute, or relative to where the process is.
    fn resolve(&self, path: &Path) -> Result<PathBuf, Error> {
        if path.is_absolute() {
            return Ok(path.to_owned());
        }
        match (&self.root, env::var_os("CARGO_MANIFEST_DIR")) {
            (Some(root), _) => Ok(root.join(path)),
            (None, Some(root)) => Ok(PathBuf::from(root).join(path)),
            (None, None) => Err(Error::plain("`CARGO_MANIFEST_DIR` is not set: run under cargo, or say `.root(…)`")),
        }
    }
}

/// Compares a committed file with what a schema gives today: the test that keeps the two together.
///
/// # Errors
///
/// Returns all mistakes of the schema, and the first line that differs.
pub fn check(schema: impl Into<PathBuf>, file: impl AsRef<Path>) -> Result<(), Error> {
    Config::new().schema(schema).check(file)
}

/// Returns a schema's name as it is printed: with `/` on every platform.
fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn stem(path: &Path) -> Result<String, Error> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if stem.is_empty() || !stem.chars().all(is_plain) {
        return Err(Error::plain(format!(
            "the file name of a schema has only letters, digits, `_`, `-` and `.`, not `{}`",
            path.file_name().unwrap_or_default().display()
        )));
    }
    Ok(stem.to_owned())
}

fn first_difference(old: &str, new: &str) -> (usize, String, String) {
    let (mut old, mut new) = (old.lines(), new.lines());
    let mut line = 0;
    loop {
        line += 1;
        match (old.next(), new.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => {
                let text = |line: Option<&str>| line.unwrap_or("(nothing)").to_owned();
                return (line, text(a), text(b));
            }
        }
    }
}

/// Why schemas did not become files.
///
/// `Debug` says the same as `Display`, because that is what cargo prints when `main` returns it.
pub struct Error {
    parts: Vec<Part>,
}

enum Part {
    /// A sentence.
    Plain(String),
    /// The mistakes of a schema.
    Schema(Box<(Document, Diagnostics)>),
}

impl Error {
    fn plain(text: impl fmt::Display) -> Self {
        Self { parts: vec![Part::Plain(text.to_string())] }
    }

    fn io(verb: &str, path: &Path, error: &io::Error) -> Self {
        Self::plain(format!("cannot {verb} `{}`: {error}", path.display()))
    }

    fn add(&mut self, generated: Generated) {
        if generated.items.is_none() {
            self.parts.push(Part::Schema(Box::new((generated.document, generated.diagnostics))));
        }
    }

    /// Returns whether a schema has mistakes, as opposed to a file that cannot be read or written.
    pub fn is_schema(&self) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Schema(_)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            match part {
                Part::Plain(text) => formatter.write_str(text)?,
                Part::Schema(schema) => formatter.write_str(&schema.0.render_all(&schema.1))?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl std::error::Error for Error {}
