//! The cache folder: mirrors, logs, and the journal tips last seen. Deleting it costs time, nothing else.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use towpath_core::id::CommitId;
use towpath_core::pipeline::Pipeline;
use towpath_engine::journal::{Head, Journal};
use towpath_engine::ports::Repository;

use crate::error::LocalError;
use crate::secret::Variables;

/// The longest file with a tip: a SHA-256 and a line's end.
const LONGEST_TIP: usize = 65;

/// The folder of everything that may be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache(PathBuf);

impl Cache {
    /// A cache in this folder, which is made when something is written.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The user's cache by the XDG base directory specification: `$XDG_CACHE_HOME/towpath`, otherwise
    /// `~/.cache/towpath`. Fails with [`LocalError::Folder`] when neither variable is set.
    pub fn of_user(variables: Variables<'_>) -> Result<Self, LocalError> {
        let absolute = |name: &str| variables(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let base = absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")));
        let base = base.ok_or_else(|| LocalError::Folder {
            place: "the cache folder".to_owned(),
            reason: "neither XDG_CACHE_HOME nor HOME says where it is; name one with --cache".to_owned(),
        })?;
        Ok(Self(base.join("towpath")))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the mirror of a repository is.
    pub(super) fn mirror(&self, url: &str) -> PathBuf {
        let place = url.split(['?', '#']).next().unwrap_or_default();
        let last = place.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        let plain = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        let name: String = last.trim_end_matches(".git").chars().filter(plain).take(40).collect();
        self.0.join("mirrors").join(format!("{name}-{}.git", short_hash(&[url])))
    }

    /// Where the logs and reports of QA runs are.
    pub fn runs(&self) -> PathBuf {
        self.0.join("qa")
    }

    fn tip_file(&self, pipeline: &Pipeline) -> PathBuf {
        let repository = &pipeline.repository;
        let hash = short_hash(&[&repository.url, repository.journal.as_str(), &pipeline.id.to_string()]);
        self.0.join("journals").join(format!("{}-{}-{hash}", pipeline.id.namespace, pipeline.id.name))
    }

    /// The journal as last seen from here; `None` whenever that cannot be told.
    pub(super) fn seen(&self, pipeline: &Pipeline, repository: &dyn Repository) -> Option<Head> {
        let text = std::fs::read_to_string(self.tip_file(pipeline)).ok()?;
        let tip = CommitId::parse(text.get(..LONGEST_TIP).unwrap_or(&text).trim_end()).ok()?;
        let journal = Journal::of(repository, pipeline);
        let state = journal.state_at(&tip).ok()?;
        Some(Head { tip, state: state.into() })
    }

    /// Remembers a journal's tip. That it could not is no reason to stop.
    pub(super) fn remember(&self, pipeline: &Pipeline, tip: &CommitId) {
        let file = self.tip_file(pipeline);
        let Some(folder) = file.parent() else { return };
        let write = || {
            std::fs::create_dir_all(folder)?;
            let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
            std::io::Write::write_all(&mut temporary, format!("{tip}\n").as_bytes())?;
            temporary.persist(&file).map(drop).map_err(std::io::Error::from)
        };
        write().unwrap_or_default();
    }
}

/// 64 bits of the parts' SHA-256 in hexadecimal: enough to keep the repositories of one user apart.
fn short_hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0u8]);
    }
    let mut hex = String::with_capacity(16);
    for byte in hasher.finalize().iter().take(8) {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_cache_is_where_xdg_says() {
        let of = |xdg: Option<&str>, home: Option<&str>| {
            let (xdg, home) = (xdg.map(str::to_owned), home.map(str::to_owned));
            Cache::of_user(&move |name| match name {
                "XDG_CACHE_HOME" => xdg.clone(),
                "HOME" => home.clone(),
                _ => None,
            })
        };
        let path = |p: &str| Ok(Cache::at(p));
        assert_eq!(of(Some("/x"), Some("/h")), path("/x/towpath"));
        assert_eq!(of(None, Some("/h")), path("/h/.cache/towpath"));
        assert_eq!(of(Some("relative"), Some("/h")), path("/h/.cache/towpath"));
        assert!(of(None, None).unwrap_err().to_string().contains("--cache"));
    }

    #[test]
    fn mirrors_have_names_that_people_recognise() {
        let cache = Cache::at("/c");
        let name = |url: &str| cache.mirror(url).file_name().unwrap().to_string_lossy().into_owned();
        assert!(name("https://host/acme/environments.git").starts_with("environments-"));
        assert!(name("git@host:x/../..").starts_with('-'));
        assert_ne!(name("https://a/environments"), name("https://b/environments"));
        let secret = name("https://a/environments.git?private_token=hush");
        assert!(secret.starts_with("environments-") && !secret.contains("hush"), "{secret}");
    }
}
