//! Where is the schema that `query_schema!` names, and how is it named relative to the file with the call?

use std::path::{Component, Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;

/// The place of a schema.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// Its path on this machine.
    pub(super) path: PathBuf,
    /// Its name in messages and *Source* lines: relative to the package's folder if it is in there.
    pub(super) shown: String,
    /// The folder of the file with the call.
    call_site: Option<PathBuf>,
    manifest_dir: Option<PathBuf>,
    begins_at_call: bool,
}

impl Place {
    /// Finds the place of a path that a user wrote, or says what is wrong with the path.
    pub(super) fn of(
        written: &str,
        call_site_file: Option<PathBuf>,
        manifest_dir: Option<PathBuf>,
    ) -> Result<Self, String> {
        if written.trim().is_empty() {
            return Err("the path of a schema is empty".to_owned());
        }
        if written.chars().any(char::is_control) {
            return Err("the path of a schema has control characters".to_owned());
        }
        let call_site = call_site_file
            .and_then(|file| absolute(&file, manifest_dir.as_deref()))
            .and_then(|file| file.parent().map(Path::to_owned));
        let begins_at_call = written.starts_with("./") || written.starts_with("../");
        // Without the file of the call, as in some editors, the package's folder is the best guess.
        let base = if begins_at_call { call_site.as_ref() } else { None }.or(manifest_dir.as_ref());
        let path = match base {
            Some(base) => base.join(written),
            None if Path::new(written).is_absolute() => PathBuf::from(written),
            None => return Err("neither the file of the call nor the package is known".to_owned()),
        };
        let path = lexical(&path);
        let inside = manifest_dir.as_ref().and_then(|root| path.strip_prefix(lexical(root)).ok());
        let shown = slashes(inside.unwrap_or_else(|| Path::new(written)));
        Ok(Self { path, shown, call_site, manifest_dir, begins_at_call })
    }

    /// Returns the argument of `include_bytes!`.
    pub(super) fn tracked(&self) -> TokenStream {
        if let Some(relative) = self.call_site.as_ref().and_then(|from| relative(from, &self.path)) {
            return quote!(#relative);
        }
        let inside = self.manifest_dir.as_ref().and_then(|root| relative(&lexical(root), &self.path));
        if let Some(inside) = inside {
            let inside = format!("/{inside}");
            return quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #inside));
        }
        let path = self.path.to_string_lossy().into_owned();
        quote!(#path)
    }

    /// Returns whether the schema is in no folder that belongs to the package or its workspace.
    ///
    /// Only paths that the user wrote from the machine's root are: a relative one comes along with its repository.
    pub(super) fn is_outside(&self) -> bool {
        Path::new(&self.shown).is_absolute()
    }

    /// Says where the path begins.
    pub(super) fn rule(&self) -> String {
        if self.begins_at_call {
            "a path with `./` or `../` begins at the file with the call".to_owned()
        } else {
            "the path begins at the package's folder; `./` begins at the file with the call".to_owned()
        }
    }
}

/// Makes the compiler's name of a file absolute: it is relative to where cargo runs the compiler, which is the workspace's
/// folder, and editors run it elsewhere.
fn absolute(file: &Path, manifest_dir: Option<&Path>) -> Option<PathBuf> {
    if file.is_absolute() {
        return Some(lexical(file));
    }
    let here = std::path::absolute(file).ok().filter(|path| path.is_file());
    let above = || manifest_dir?.ancestors().map(|root| root.join(file)).find(|path| path.is_file());
    here.or_else(above).map(|path| lexical(&path))
}

/// Removes `.` and `..` without asking the file system, as `include_bytes!` needs no links resolved.
fn lexical(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            // Nothing is above the root.
            Component::ParentDir if out.has_root() => {}
            other => out.push(other),
        }
    }
    out
}

/// Returns the way from a folder to a file, with `/` on every platform; none where they are on different drives.
fn relative(from: &Path, to: &Path) -> Option<String> {
    let from: Vec<Component<'_>> = from.components().collect();
    let to: Vec<Component<'_>> = to.components().collect();
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    if common == 0 {
        return None;
    }
    let mut parts: Vec<String> = vec!["..".to_owned(); from.len() - common];
    for component in to.iter().skip(common) {
        parts.push(component.as_os_str().to_str()?.to_owned());
    }
    Some(parts.join("/"))
}

fn slashes(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{Place, lexical, relative};

    fn place(written: &str) -> Place {
        let (file, root) = ("/srv/u/w/app/src/deep/inner.rs", "/srv/u/w/app");
        Place::of(written, Some(PathBuf::from(file)), Some(PathBuf::from(root))).unwrap()
    }

    #[test]
    fn plain_paths_begin_at_the_package() {
        let place = place("schemas/api.yaml");
        assert_eq!(place.path, Path::new("/srv/u/w/app/schemas/api.yaml"));
        assert_eq!(place.tracked().to_string(), r#""../../schemas/api.yaml""#);
        assert_eq!(place.shown, "schemas/api.yaml");
    }

    #[test]
    fn dotted_paths_begin_at_the_file_with_the_call() {
        let inside = place("../api.yaml");
        assert_eq!(inside.path, Path::new("/srv/u/w/app/src/api.yaml"));
        assert_eq!(
            (inside.tracked().to_string().as_str(), inside.shown.as_str()),
            (r#""../api.yaml""#, "src/api.yaml")
        );
        let above = place("../../../api.yaml");
        assert_eq!(above.path, Path::new("/srv/u/w/api.yaml"));
        assert_eq!(above.shown, "../../../api.yaml");
        assert!(!above.is_outside());
    }

    #[test]
    fn paths_from_the_root_are_outside_unless_they_lead_inside() {
        assert!(place("/etc/api.yaml").is_outside());
        assert!(!place("/srv/u/w/app/api.yaml").is_outside());
    }

    #[test]
    fn an_unknown_call_site_falls_back_to_the_package() {
        let place = Place::of("./api.yaml", None, Some(PathBuf::from("/w/app"))).unwrap();
        assert_eq!(place.path, Path::new("/w/app/api.yaml"));
        let tracked = place.tracked().to_string().replace(' ', "");
        assert_eq!(tracked, r#"::core::concat!(::core::env!("CARGO_MANIFEST_DIR"),"/api.yaml")"#);
        assert!(Place::of("./api.yaml", None, None).is_err());
    }

    #[test]
    fn dots_are_removed_and_ways_found() {
        assert_eq!(lexical(Path::new("/a/./b/../c")), Path::new("/a/c"));
        assert_eq!(lexical(Path::new("/../a")), Path::new("/a"));
        assert_eq!(relative(Path::new("/a/b"), Path::new("/a/c/d")).as_deref(), Some("../c/d"));
    }
}
