//! Does an edit of the schema build a package again, and nothing else do so?
//!
//! Each front door has a package of its own below `target/tests/rebuild`, which is built with the workspace's crates and its
//! lock file, offline. What the crates need is built once and kept, so that later runs take seconds.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use crate::folder::GOOD;

/// Far above what a first build takes on a slow machine; a build that hangs ends here.
const LONGEST: Duration = Duration::from_mins(10);

const MANIFEST: &str = r#"[package]
name = "$name"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
query-runtime = { path = "$root/query-runtime", default-features = false, features = ["derive"] }
$build
[workspace]
"#;

const BUILD_DEPENDENCIES: &str = r#"
[build-dependencies]
query-codegen = { path = "$root/query-codegen" }
"#;

const BUILD: &str = r#"fn main() -> Result<(), query_codegen::config::Error> {
    query_codegen::config::Config::new().schema("shop.yaml").compile()
}
"#;

/// What uses the schema's field `title`; nothing else of the package names it.
const USE: &str = "\npub fn title(item: &Item) -> &str {\n    &item.$field\n}\n";

/// Returns the workspace's folder, with `/` on every platform.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A package that reads a schema.
struct Package {
    path: PathBuf,
    name: &'static str,
    front: &'static str,
}

/// What cargo said.
#[derive(Debug)]
struct Outcome {
    passed: bool,
    /// Whether the package was built, and not found fresh.
    built: bool,
    text: String,
}

impl Package {
    /// Writes a package whose `lib.rs` begins with `front`.
    fn new(name: &'static str, front: &'static str, build: Option<&str>) -> Self {
        let path = root().join("target/tests/rebuild").join(name);
        fs::create_dir_all(path.join("src")).unwrap();
        let package = Self { path, name, front };
        let manifest = MANIFEST.replace("$build", if build.is_some() { BUILD_DEPENDENCIES } else { "" });
        let folder = root().to_str().unwrap().replace('\\', "/");
        package.write("Cargo.toml", &manifest.replace("$name", name).replace("$root", &folder));
        fs::copy(root().join("Cargo.lock"), package.path.join("Cargo.lock")).unwrap();
        if let Some(build) = build {
            package.write("build.rs", build);
        }
        package.field("title");
        package.write("shop.yaml", GOOD);
        package
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path.join(name), text).unwrap();
    }

    /// Lets the package use the field by this name.
    fn field(&self, name: &str) {
        self.write("src/lib.rs", &format!("{}{}", self.front, USE.replace("$field", name)));
    }

    /// Runs `cargo check`.
    fn check(&self) -> Outcome {
        let mut child = Command::new(env!("CARGO"))
            .args(["check", "--offline", "--verbose", "--color", "never"])
            .current_dir(&self.path)
            .env("CARGO_TARGET_DIR", root().join("target/tests/rebuild/target"))
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            let read = stderr.read_to_string(&mut text);
            let _ = sender.send(());
            read.map(|_| text)
        });
        // The end of the text is the end of cargo and of what it runs.
        if receiver.recv_timeout(LONGEST).is_err() {
            child.kill().unwrap();
            panic!("`cargo check` of `{}` did not end in {LONGEST:?}", self.name);
        }
        let passed = child.wait().unwrap().success();
        let text = reader.join().unwrap().unwrap();
        let line =
            |verb: &str| text.lines().any(|line| line.trim_start().starts_with(&format!("{verb} {} v", self.name)));
        let built = line("Checking") || line("Dirty") || line("Compiling");
        assert!(built || line("Fresh") || !passed, "{text}");
        Outcome { passed, built, text }
    }

    /// Edits the schema step by step and looks at what cargo does.
    fn follow(&self) {
        let first = self.check();
        assert!(first.passed, "{}", first.text);

        let second = self.check();
        assert!(second.passed && !second.built, "nothing has changed:\n{}", second.text);

        // The new name is there, and the old one is not.
        self.write("shop.yaml", &GOOD.replace("title:", "headline:"));
        let renamed = self.check();
        assert!(!renamed.passed && renamed.text.contains("no field `title` on type `&Item`"), "{}", renamed.text);
        self.field("headline");
        let renamed = self.check();
        assert!(renamed.passed && renamed.built, "{}", renamed.text);

        self.write("shop.yaml", &GOOD.replace("title: string", "headline: strng"));
        let broken = self.check();
        assert!(!broken.passed, "{}", broken.text);
        for part in ["shop.yaml:9:17", "unknown type `strng`", "did you mean `string`?"] {
            assert!(broken.text.contains(part), "no {part:?} in:\n{}", broken.text);
        }

        // The schema is the same as before the mistake, though not as old: whatever cargo remembers, this must pass.
        self.write("shop.yaml", &GOOD.replace("title:", "headline:"));
        let mended = self.check();
        assert!(mended.passed && mended.built, "{}", mended.text);
    }
}

#[test]
fn edited_schema_of_a_macro_is_read_again() {
    Package::new("rebuild-macro", "query_runtime::query_schema!(\"shop.yaml\");\n", None).follow();
}

#[test]
fn edited_schema_of_a_build_script_is_read_again() {
    let front = "include!(concat!(env!(\"OUT_DIR\"), \"/shop.rs\"));\n";
    Package::new("rebuild-script", front, Some(BUILD)).follow();
}
