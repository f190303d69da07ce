//! The bare mirror on disk: made, opened, replaced when damaged, tidied.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use git2::{ErrorCode, ObjectType, Oid, Repository};
use towpath_core::id::{CommitId, RefName};
use towpath_engine::ports::RepositoryError;

use crate::lock::{self, Held, Mode};

/// What went wrong inside a mirror.
#[derive(Debug)]
pub(crate) enum Fault {
    /// libgit2's words; another look, then the mirror counts as damaged.
    Local(git2::Error),
    /// A commit that is not there. Nothing is damaged: nobody fetched it.
    Missing(Oid),
    /// An object where there should be a commit. Nothing is damaged: the host has it like that.
    NotACommit(Oid),
    /// Something that a person has to change.
    Unusable(String),
    /// An answer for the caller.
    Answer(RepositoryError),
}

impl From<git2::Error> for Fault {
    fn from(error: git2::Error) -> Self {
        Self::Local(error)
    }
}

impl From<RepositoryError> for Fault {
    fn from(error: RepositoryError) -> Self {
        Self::Answer(error)
    }
}

/// How much there is to tidy before it is worth it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clutter {
    /// Objects in files of their own.
    pub loose: usize,
    /// Packs.
    pub packs: usize,
}

/// The marker that tells a mirror, which may be deleted, from a folder that somebody named by mistake.
const MARKER: &str = "towpath-mirror";
/// The private namespace of the refs that keep fetched objects alive.
const NAMESPACE: &str = "refs/mirror/";

/// The repository as it was when it was opened.
struct Open {
    repository: Repository,
    generation: Option<Generation>,
}

/// What tells a mirror from one that was made in its place.
type Generation = (u64, SystemTime);

/// A bare repository that is a cache of a host.
pub(crate) struct Mirror {
    path: PathBuf,
    host: String,
    patience: Duration,
    open: Mutex<Option<Open>>,
    damaged: AtomicBool,
}

impl Mirror {
    /// Opens the mirror of a host; makes it when it is missing, or damaged and ours.
    pub(crate) fn open(path: &Path, host: &str, patience: Duration) -> Result<Self, RepositoryError> {
        let path = std::path::absolute(path).map_err(|e| broken(format!("its path is not valid: {e}")))?;
        let mirror = Self {
            path,
            host: host.to_owned(),
            patience,
            open: Mutex::new(None),
            damaged: AtomicBool::new(false),
        };
        if let Some(parent) = mirror.path.parent() {
            fs::create_dir_all(parent).map_err(|e| broken(format!("failed to create its folder: {e}")))?;
        }
        if Repository::open_bare(&mirror.path).is_err() {
            mirror.renew(|| Repository::open_bare(&mirror.path).is_err())?;
        }
        Ok(mirror)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Locks the mirror against other processes.
    pub(crate) fn lock(&self, mode: Mode) -> Result<Held, RepositoryError> {
        lock::acquire(&beside(&self.path, "lock"), mode, self.patience)
            .map_err(|reason| RepositoryError::Unreachable { repository: self.host.clone(), reason })
    }

    /// Removes what a killed git program left locked. Only under the exclusive lock, when nobody is at work.
    pub(crate) fn remove_stale_locks(&self, _held: &Held) {
        for folder in ["", "refs", "refs/mirror"] {
            for entry in fs::read_dir(self.path.join(folder)).into_iter().flatten().flatten() {
                let name = entry.file_name();
                if name.to_string_lossy().ends_with(".lock") {
                    fs::remove_file(entry.path()).unwrap_or_default();
                }
            }
        }
    }

    /// Reads or writes objects. Opens the mirror again and repeats once when that fails: another process may
    /// have packed or replaced it.
    pub(crate) fn with<T>(
        &self,
        act: impl Fn(&Repository) -> Result<T, Fault>,
    ) -> Result<T, RepositoryError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut attempt = |again: bool| -> Result<T, Fault> {
            if again || open.is_none() {
                let generation = self.generation();
                *open = Some(Open { repository: Repository::open_bare(&self.path)?, generation });
            }
            let opened = open.as_ref().ok_or_else(|| git2::Error::from_str("not open"))?;
            act(&opened.repository)
        };
        let result = match attempt(false) {
            Err(Fault::Local(_) | Fault::Missing(_)) => attempt(true),
            result => result,
        };
        result.map_err(|fault| match fault {
            Fault::Answer(error) => error,
            Fault::Unusable(reason) => RepositoryError::Denied { repository: self.host.clone(), reason },
            Fault::Missing(id) => broken(format!("commit {id} is not in it")),
            Fault::NotACommit(id) => CommitId::parse(&id.to_string())
                .map_or_else(|e| broken(e.to_string()), |commit| RepositoryError::NotACommit { commit }),
            Fault::Local(error) => {
                self.damaged.store(true, Ordering::Relaxed);
                broken(error.message().to_owned())
            }
        })
    }

    /// Makes the mirror anew if a read found damage, unless another process did so since.
    pub(crate) fn mend(&self) -> Result<(), RepositoryError> {
        if !self.damaged.load(Ordering::Relaxed) {
            return Ok(());
        }
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        let seen = open.and_then(|open| open.generation);
        self.renew(|| seen == self.generation())
    }

    fn generation(&self) -> Option<Generation> {
        let meta = fs::metadata(self.path.join(MARKER)).ok()?;
        Some((meta.ino(), meta.modified().ok()?))
    }

    /// Has the mirror made anew before its next use.
    pub(crate) fn mark_damaged(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    /// Whether one of the refs that the git program relies on leads nowhere.
    pub(crate) fn has_broken_refs(&self) -> bool {
        self.with(|repository| {
            for reference in repository.references_glob(&format!("{NAMESPACE}*"))? {
                reference?.peel_to_commit()?.tree()?;
            }
            Ok(())
        })
        .is_err()
    }

    /// Deletes the mirror and makes it anew if, with everybody locked out, it is still as bad as it was.
    pub(crate) fn renew(&self, still_bad: impl Fn() -> bool) -> Result<(), RepositoryError> {
        let _held = self.lock(Mode::Exclusive)?;
        if still_bad() {
            self.discard()?;
            self.create().map_err(|e| broken(format!("failed to create it: {e}")))?;
        }
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.damaged.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Deletes what is there, if it is ours or empty.
    fn discard(&self) -> Result<(), RepositoryError> {
        let failed = |e: std::io::Error| broken(format!("failed to delete the damaged mirror: {e}"));
        if fs::symlink_metadata(&self.path).is_err() {
            return Ok(());
        }
        let empty = fs::read_dir(&self.path).is_ok_and(|mut entries| entries.next().is_none());
        if !empty && !self.path.join(MARKER).is_file() {
            let reason = format!("{} is not a mirror made by Towpath: choose another", self.path.display());
            return Err(broken(reason));
        }
        let aside = beside(&self.path, &format!("old-{}", std::process::id()));
        fs::rename(&self.path, &aside).map_err(failed)?;
        fs::remove_dir_all(&aside).map_err(failed)
    }

    /// Makes an empty mirror: complete as soon as it can be seen.
    fn create(&self) -> Result<(), Box<dyn std::error::Error>> {
        let new = beside(&self.path, &format!("new-{}", std::process::id()));
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        Repository::init_bare(&new)?;
        fs::write(new.join(MARKER), "A cache made by Towpath. It may be deleted while nobody uses it.\n")?;
        Ok(fs::rename(&new, &self.path)?)
    }

    /// The ref of the mirror that follows a ref of the host. A hash, since the names of a host's refs over time
    /// can be each other's folders.
    pub(crate) fn private_ref(&self, name: &RefName) -> Result<String, RepositoryError> {
        let key = format!("{}\n{name}", self.host);
        let hash = Oid::hash_object(ObjectType::Blob, key.as_bytes());
        hash.map(|hash| format!("{NAMESPACE}{hash}")).map_err(|e| broken(e.message().to_owned()))
    }

    /// What was last fetched of, or pushed to, a ref of the host.
    pub(crate) fn kept(&self, name: &RefName) -> Result<Option<Oid>, RepositoryError> {
        let private = self.private_ref(name)?;
        self.with(|repository| match repository.refname_to_id(&private) {
            Ok(id) => Ok(Some(id)),
            Err(e) if e.code() == ErrorCode::NotFound => Ok(None),
            Err(e) => Err(e.into()),
        })
    }

    /// Keeps the objects of a ref alive, or lets go of a ref that the host does not have any more.
    ///
    /// Nothing depends on it but the next fetch's size, so that a failure is nothing to report.
    pub(crate) fn keep(&self, name: &RefName, tip: Option<&CommitId>) {
        let Ok(private) = self.private_ref(name) else { return };
        self.with(|repository| {
            match tip {
                Some(tip) => drop(repository.reference(&private, Oid::from_str(tip.as_str())?, true, "")?),
                None => {
                    if let Ok(mut reference) = repository.find_reference(&private) {
                        reference.delete()?;
                    }
                }
            }
            Ok(())
        })
        .unwrap_or_default();
    }

    /// Whether the history is known to be cut somewhere.
    pub(crate) fn is_shallow(&self) -> bool {
        fs::metadata(self.path.join("shallow")).is_ok_and(|meta| meta.len() > 0)
    }

    /// What there is to tidy.
    pub(crate) fn clutter(&self) -> Clutter {
        let objects = self.path.join("objects");
        let names = |folder: &Path| -> Vec<OsString> {
            fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect()
        };
        let is_fan = |name: &OsString| name.len() == 2 && name.to_string_lossy() != "..";
        let loose = names(&objects).iter().filter(|n| is_fan(n)).map(|n| names(&objects.join(n)).len()).sum();
        let is_pack = |name: &&OsString| name.to_string_lossy().ends_with(".pack");
        let packs = names(&objects.join("pack")).iter().filter(is_pack).count();
        Clutter { loose, packs }
    }
}

fn broken(reason: String) -> RepositoryError {
    RepositoryError::Mirror { reason }
}

/// A path with something behind its last part.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
