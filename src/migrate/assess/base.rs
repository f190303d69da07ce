//! Paths as reports have them: from the folder that everything is in.

use std::path::{Component, Path, PathBuf};

/// The innermost folder that has all units, and all that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Base(PathBuf);

impl Base {
    /// Of one repository, itself; of several, what they are all in.
    pub(super) fn of<'p>(units: impl IntoIterator<Item = &'p Path>) -> Self {
        let mut units = units.into_iter();
        let first = units.next().map(Path::to_owned).unwrap_or_default();
        Self(units.fold(first, |base, unit| common(&base, unit)))
    }

    /// A path from there, with `/` between its parts; as it is where it is not in it.
    pub(super) fn path(&self, path: &str) -> String {
        let whole = Path::new(path);
        // A file that was named by itself is told by its name.
        let inner = whole.strip_prefix(&self.0).ok().filter(|inner| !inner.as_os_str().is_empty());
        let path =
            inner.or_else(|| whole.file_name().filter(|_| whole == self.0).map(Path::new)).unwrap_or(whole);
        let parts = path.components().filter(|part| *part != Component::CurDir);
        let parts: Vec<_> = parts.map(|part| part.as_os_str().to_string_lossy()).collect();
        parts.join("/").replace("//", "/")
    }

    /// Whether a path is told from there.
    pub(super) fn has(&self, path: &str) -> bool {
        Path::new(path).starts_with(&self.0)
    }

    /// What the told paths of all that stands in a folder, or of a file, begin with: nothing where everything stands in it.
    pub(super) fn beginning(&self, path: &Path) -> PathBuf {
        if path == self.0 { PathBuf::new() } else { PathBuf::from(self.path(&path.to_string_lossy())) }
    }
}

fn common(one: &Path, other: &Path) -> PathBuf {
    one.components().zip(other.components()).take_while(|(a, b)| a == b).map(|(part, _)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_what_has_all() {
        for (units, path, expected) in [
            (&["."][..], "./.github/workflows/ci.yml", ".github/workflows/ci.yml"),
            (&["/a/b"], "/a/b/.github/workflows/ci.yml", ".github/workflows/ci.yml"),
            (&["/a/b", "/a/c"], "/a/c/.github/workflows/ci.yml", "c/.github/workflows/ci.yml"),
            (&["/a/b/c", "/a/bc"], "/a/bc/x", "bc/x"),
            (&["x", "/y"], "/y/z", "/y/z"),
            (&["/a/b/ci.yml"], "/a/b/ci.yml", "ci.yml"),
            (&[], "./a/../b", "a/../b"),
        ] {
            let base = Base::of(units.iter().map(Path::new));
            assert_eq!(base.path(path), expected, "{units:?}");
        }
    }

    #[test]
    fn what_stands_in_a_folder_begins_like_it() {
        for (units, folder, expected) in [
            (&["/a/b", "/a/c"][..], "/a/c", "c"),
            (&["/a/b", "/a"], "/a", ""),
            (&["/a/b/ci.yml"], "/a/b/ci.yml", ""),
            (&["b", "."], ".", ""),
            (&["x", "/y"], "/y", "/y"),
        ] {
            let base = Base::of(units.iter().map(Path::new));
            assert_eq!(base.beginning(Path::new(folder)), Path::new(expected), "{units:?}");
        }
    }
}
