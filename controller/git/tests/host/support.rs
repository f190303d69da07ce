//! Hosts and clients for the tests of this crate.
#![expect(clippy::unwrap_used, reason = "a fixture that fails ends its test")]

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use towpath_core::id::{CommitId, RefName, RepoPath};
use towpath_core::time::Time;
use towpath_engine::conformance::{Entry, Harness, Kind};
use towpath_engine::ports::{
    Edit, NewCommit, PushMode, PushOutcome, RefQuery, RefUpdate, Repository, RepositoryError, Signature,
    Since,
};
use towpath_git::testing::{GitServer, HostRepository};
use towpath_git::{GitOptions, GitRepository, HistoryDepth};
use towpath_process::Command;

pub(crate) const MAIN: &str = "refs/heads/main";
pub(crate) const JOURNAL: &str = "refs/towpath/ledger/shop/web";

/// How clients speak to the host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Path,
    FileUrl,
    Http,
}

/// A host in a folder of its own, with what its clients need.
pub(crate) struct Bed {
    pub(crate) folder: TempDir,
    pub(crate) host: HostRepository,
    pub(crate) server: Option<Arc<GitServer>>,
    pub(crate) depth: HistoryDepth,
    way: Way,
    clients: u32,
}

impl Bed {
    pub(crate) fn new(way: Way, depth: HistoryDepth) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("host");
        std::fs::create_dir(&root).unwrap();
        let host = HostRepository::create(&root.join("environments.git")).unwrap();
        let server = (way == Way::Http).then(|| Arc::new(GitServer::start(&root).unwrap()));
        Self { folder, host, server, depth, way, clients: 0 }
    }

    pub(crate) fn http() -> Self {
        Self::new(Way::Http, shallow(2))
    }

    pub(crate) fn server(&self) -> &GitServer {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn host_path(&self) -> PathBuf {
        self.folder.path().join("host/environments.git")
    }

    pub(crate) fn url(&self) -> String {
        let path = self.host_path().to_str().unwrap().to_owned();
        match self.way {
            Way::Path => path,
            Way::FileUrl => format!("file://{path}"),
            Way::Http => self.server().url("environments.git"),
        }
    }

    /// Options for a client with a mirror of its own.
    pub(crate) fn options(&mut self) -> GitOptions {
        self.clients += 1;
        let mirror = self.folder.path().join(format!("mirrors/{}.git", self.clients));
        let mut options = GitOptions::new(self.url(), mirror);
        options.depth = self.depth;
        options.env = vec![("HOME".into(), self.folder.path().into())];
        options
    }

    pub(crate) fn open(&mut self) -> GitRepository {
        GitRepository::open(&self.options()).unwrap()
    }

    pub(crate) fn grow(&self, name: &str, count: usize) -> Vec<CommitId> {
        (0..count).map(|n| self.write(name, &n.to_string())).collect()
    }

    pub(crate) fn write(&self, name: &str, bytes: &str) -> CommitId {
        id(&self.host.commit(name, &[("file", 0o100_644, bytes.as_bytes())]).unwrap())
    }
}

pub(crate) fn shallow(first: u32) -> HistoryDepth {
    HistoryDepth::Shallow(NonZeroU32::new(first).unwrap())
}

pub(crate) fn id(text: &str) -> CommitId {
    CommitId::parse(text).unwrap()
}

pub(crate) fn name(text: &str) -> RefName {
    RefName::parse(text).unwrap()
}

pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::parse(text).unwrap()
}

pub(crate) fn query(at: &str, since: Since) -> RefQuery {
    RefQuery { name: name(at), since }
}

pub(crate) fn tip(client: &GitRepository, at: &str) -> CommitId {
    client.refresh(&[query(at, Since::Tip)]).unwrap().remove(&name(at)).unwrap()
}

pub(crate) fn update(at: &str, old: Option<&CommitId>, new: Option<&CommitId>) -> RefUpdate {
    RefUpdate { name: name(at), old: old.cloned(), new: new.cloned() }
}

pub(crate) fn push(client: &GitRepository, at: &str, old: &CommitId, new: &CommitId) -> PushOutcome {
    client.push(&[update(at, Some(old), Some(new))], PushMode::PerRef).unwrap().remove(0)
}

/// A commit by a client that sets one file.
pub(crate) fn child(client: &GitRepository, parent: Option<&CommitId>, bytes: &str) -> CommitId {
    let edit = Edit { path: path("file"), bytes: bytes.into() };
    client.commit(&change(parent, vec![edit])).unwrap()
}

pub(crate) fn change(parent: Option<&CommitId>, edits: Vec<Edit>) -> NewCommit {
    NewCommit {
        parent: parent.cloned(),
        tree_of: None,
        edits,
        message: "Change\n".into(),
        signature: Signature { name: "Towpath".into(), email: "towpath@example.com".into() },
        time: Time::from_unix(1_795_000_000),
    }
}

/// How many commits the mirror holds from a tip on, and whether that is all.
pub(crate) fn held(client: &GitRepository, from: &CommitId) -> (usize, bool) {
    let history = client.history(from, None, usize::MAX).unwrap();
    (history.commits.len(), history.complete)
}

/// What a first look at the host fails with.
pub(crate) fn refresh_error(options: &GitOptions) -> RepositoryError {
    GitRepository::open(options).unwrap().refresh(&[query(MAIN, Since::Tip)]).unwrap_err()
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Writes what a server that only has files needs.
pub(crate) fn update_server_info(bed: &Bed) {
    let mut command = Command::new("git", Duration::from_secs(60)).args(["update-server-info"]);
    command.cwd = Some(bed.host_path());
    assert!(towpath_process::run(command).unwrap().success());
}

/// A deadline that a hanging server runs into.
pub(crate) const SOON: Duration = Duration::from_millis(700);

const MODES: [(Kind, i32); 4] = [
    (Kind::File, 0o100_644),
    (Kind::Executable, 0o100_755),
    (Kind::Link, 0o120_000),
    (Kind::Submodule, 0o160_000),
];

impl Harness for Bed {
    fn client(&mut self) -> Box<dyn Repository> {
        Box::new(self.open())
    }

    fn foreign_commit(&mut self, name: &RefName, entries: &[Entry<'_>]) -> CommitId {
        let mode = |kind| MODES.iter().find(|(k, _)| *k == kind).unwrap().1;
        let entries: Vec<_> = entries.iter().map(|e| (e.path, mode(e.kind), e.bytes.as_bytes())).collect();
        id(&self.host.commit(name.as_str(), &entries).unwrap())
    }

    fn set_ref(&mut self, name: &RefName, to: Option<&CommitId>) {
        self.host.set(name.as_str(), to.map(CommitId::as_str)).unwrap();
    }

    fn get_ref(&mut self, name: &RefName) -> Option<CommitId> {
        self.host.get(name.as_str()).map(|text| id(&text))
    }

    fn kind(&mut self, commit: &CommitId, path: &RepoPath) -> Option<Kind> {
        let mode = self.host.mode(commit.as_str(), path.as_str())?;
        MODES.iter().find(|(_, m)| *m == mode).map(|(kind, _)| *kind)
    }
}
