//! The files that are read: the workflows of the corpus, again and again, each time with other words.

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::rename::Renamer;

/// What to make.
pub(super) struct Copies<'c> {
    /// The folder with a folder of workflows for each project.
    pub(super) corpus: &'c Path,
    pub(super) files: usize,
    pub(super) seed: u64,
}

impl Copies<'_> {
    /// Makes the files, no two alike, and answers their folder. What is there as a whole is taken as it is.
    pub(super) fn make(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        let complete = folder.join("complete");
        if complete.is_file() {
            return Ok(folder.to_owned());
        }
        let mut originals = Vec::new();
        collect(self.corpus, &mut originals)?;
        originals.sort_unstable();
        if originals.is_empty() {
            bail!("no workflow is in {}", self.corpus.display());
        }
        let mut seen = HashSet::new();
        for (number, original) in originals.iter().cycle().take(self.files).enumerate() {
            let text = fs::read_to_string(original)
                .with_context(|| format!("failed to read {}", original.display()))?;
            let below = original.strip_prefix(self.corpus).unwrap_or(original);
            let round = number / originals.len();
            let path = folder.join(format!("round-{round:02}")).join(below);
            let parent = path.parent().context("a file stands in a folder")?;
            fs::create_dir_all(parent).with_context(|| format!("failed to make {}", parent.display()))?;
            let text = self.copy(&text, number, &mut seen);
            fs::write(&path, text).with_context(|| format!("failed to write {}", path.display()))?;
        }
        fs::write(complete, "").context("failed to note that all files are there")?;
        Ok(folder.to_owned())
    }

    /// A copy that was not there before.
    fn copy(&self, text: &str, number: usize, seen: &mut HashSet<u64>) -> String {
        let mut hasher = DefaultHasher::new();
        (self.seed, number).hash(&mut hasher);
        let new = Renamer::new(text, hasher.finish()).rename(text);
        if seen.insert(hash(&new)) {
            return new;
        }
        let new = format!("# {number}\n{new}");
        seen.insert(hash(&new));
        new
    }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The workflows below a folder, without the actions that stand beside them.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("failed to list {}", folder.display()))?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            if name != "_actions" {
                collect(&path, files)?;
            }
        } else if path.extension().is_some_and(|e| e == "yml" || e == "yaml") {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_copies_are_alike() {
        let copies = Copies { corpus: Path::new("."), files: 0, seed: 1 };
        let mut seen = HashSet::new();
        let made: HashSet<String> =
            (0..50).map(|number| copies.copy("on: push\njobs: {}\n", number, &mut seen)).collect();
        assert_eq!((made.len(), seen.len()), (50, 50));
    }
}
