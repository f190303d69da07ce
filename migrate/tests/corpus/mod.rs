//! Real workflows of public projects, where they are at hand.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a fixture that fails ends its test, and a skip is loud"
)]

use std::path::{Path, PathBuf};

/// The corpus: `$TOWPATH_CORPUS`, or beside the workspace. Says so loudly where there is none.
pub(crate) fn folder(test: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let folder = std::env::var_os("TOWPATH_CORPUS").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED {test}: there is no corpus at {}; set TOWPATH_CORPUS", folder.display());
    None
}

/// Each YAML file of the corpus that is UTF-8, with its path in it.
pub(crate) fn yaml_files(test: &str) -> Option<Vec<(String, String)>> {
    let corpus = folder(test)?;
    let mut files = Vec::new();
    let mut folders = vec![corpus.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
                let Ok(text) = std::fs::read_to_string(&path) else { continue };
                files.push((path.strip_prefix(&corpus).unwrap().display().to_string(), text));
            }
        }
    }
    files.sort();
    Some(files)
}
