//! Names of repositories, as short as they differ, and names of files.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

/// How long a name of a file is at most, without its ending.
const LONGEST: usize = 80;

/// The paths without the folders that are above all of them.
pub(super) fn short<'p>(paths: impl Iterator<Item = &'p str> + Clone) -> Vec<&'p str> {
    let above = above(paths.clone());
    paths.map(|path| below(path, &above)).collect()
}

/// The folder that is above all of them.
pub(super) fn above<'p>(paths: impl Iterator<Item = &'p str>) -> PathBuf {
    let mut parents = paths.map(|path| Path::new(path).parent().unwrap_or(Path::new("")));
    let first = parents.next().unwrap_or(Path::new("")).to_owned();
    parents.fold(first, |above, parent| {
        let both = above.components().zip(parent.components());
        both.take_while(|(one, other)| one == other).map(|(one, _)| one).collect()
    })
}

/// A path as it is seen from a folder above it; where that leaves nothing, as it is.
pub(super) fn below<'p>(path: &'p str, above: &Path) -> &'p str {
    let rest = Path::new(path).strip_prefix(above).ok().and_then(Path::to_str);
    rest.filter(|rest| !rest.is_empty()).unwrap_or(path)
}

/// Names of files, no two of which are one, even where upper and lower case are.
#[derive(Default)]
pub(super) struct Files {
    taken: HashSet<String>,
    /// The number that a stem gets next.
    next: HashMap<String, usize>,
}

impl Files {
    /// Those beside a file that is there already.
    pub(super) fn beside(file: &str) -> Self {
        Self { taken: HashSet::from([file.to_owned()]), next: HashMap::new() }
    }

    /// A file for something of this name.
    pub(super) fn file(&mut self, name: &str) -> String {
        let stem = stem(name);
        let next = self.next.entry(stem.clone()).or_insert(1);
        loop {
            let file = if *next == 1 { format!("{stem}.html") } else { format!("{stem}-{next}.html") };
            *next += 1;
            if self.taken.insert(file.clone()) {
                return file;
            }
        }
    }
}

/// A name of plain characters.
fn stem(name: &str) -> String {
    let plain = |character: char| match character.to_ascii_lowercase() {
        plain @ ('a'..='z' | '0'..='9' | '_' | '.' | '+' | '-') => plain,
        _ => '-',
    };
    let stem: String = name.chars().map(plain).take(LONGEST).collect();
    match stem.trim_matches(['.', '-']) {
        "" => "repository".to_owned(),
        stem => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_above_all_is_left_out() {
        for (paths, expected) in [
            (&["/work/a", "/work/b/c"][..], &["a", "b/c"][..]),
            (&["/work/a"], &["a"]),
            (&["."], &["."]),
            (&["/"], &["/"]),
            (&["a", "b"], &["a", "b"]),
            (&["a/b", "a"], &["a/b", "a"]),
            (&["ab/x", "abc/y"], &["ab/x", "abc/y"]),
            (&[], &[]),
        ] {
            assert_eq!(short(paths.iter().copied()), expected, "{paths:?}");
        }
    }

    #[test]
    fn a_path_is_seen_from_its_repository() {
        assert_eq!(below("/r/.github/workflows/ci.yml", Path::new("/r")), ".github/workflows/ci.yml");
        assert_eq!(below("./.github/workflows/ci.yml", Path::new(".")), ".github/workflows/ci.yml");
        assert_eq!(below("ci.yml", Path::new("ci.yml")), "ci.yml");
        assert_eq!(below("/other/ci.yml", Path::new("/r")), "/other/ci.yml");
    }

    #[test]
    fn names_of_files_are_plain_and_no_two_are_one() {
        let mut files = Files::beside("index.html");
        for (name, expected) in [
            ("grafana+loki", "grafana+loki.html"),
            ("Grafana+Loki", "grafana+loki-2.html"),
            ("index", "index-2.html"),
            ("../../etc/passwd", "etc-passwd.html"),
            ("a b\u{202e}\"<script>", "a-b---script.html"),
            ("index-2", "index-2-2.html"),
            ("..", "repository.html"),
            ("", "repository-2.html"),
        ] {
            assert_eq!(files.file(name), expected, "{name:?}");
        }
        assert_eq!(files.file(&"a".repeat(500)).len(), LONGEST + ".html".len());
    }
}
