//! The repository of a bed, as somebody without Towpath reads and writes it.

use std::path::PathBuf;

use towpath_core::id::{CommitId, RefName};
use towpath_engine::memory::Faults;
use towpath_engine::memory::MemoryHost;
use towpath_engine::ports::{
    CommitInfo, Edit, Heads, NewCommit, PushMode, PushOutcome, RefQuery, RefUpdate, Repository, Signature,
    Since,
};
use towpath_git::{GitOptions, GitRepository};

use super::{Bed, Store, git, overlay, path};

fn heads(repository: &dyn Repository, names: &[&RefName]) -> Heads {
    let query = |name: &&RefName| RefQuery { name: (*name).clone(), since: Since::Tip };
    repository.refresh(&names.iter().map(query).collect::<Vec<_>>()).unwrap()
}

impl Bed {
    /// The host in memory.
    pub fn host(&self) -> &MemoryHost {
        match &self.store {
            Store::Memory(host) => host,
            Store::Git(_) => panic!("this bed is on git"),
        }
    }

    /// The folder of the bare repository, if it is one of git.
    pub fn folder(&self) -> Option<PathBuf> {
        match &self.store {
            Store::Memory(_) => None,
            Store::Git(folder) => Some(folder.path().to_owned()),
        }
    }

    /// A clone with empty caches.
    pub(super) fn client(&self, faults: &Faults) -> (Box<dyn Repository>, Option<tempfile::TempDir>) {
        match &self.store {
            Store::Memory(host) => (Box::new(host.client(faults, self.atomic)), None),
            Store::Git(folder) => {
                let cache = tempfile::tempdir().unwrap();
                let mut options =
                    GitOptions::new(folder.path().display().to_string(), cache.path().join("mirror.git"));
                options.atomic = self.atomic;
                (Box::new(GitRepository::open(&options).unwrap()), Some(cache))
            }
        }
    }

    /// The branch of the pipeline.
    pub fn branch(&self) -> &RefName {
        &self.pipeline.repository.branch
    }

    /// The journal of the pipeline.
    pub fn journal(&self) -> &RefName {
        &self.pipeline.repository.journal
    }

    /// The tip of a ref.
    pub fn tip(&self, name: &RefName) -> Option<CommitId> {
        let (repository, _cache) = self.client(&Faults::default());
        heads(&*repository, &[name]).remove(name)
    }

    /// The tips of branch and journal.
    pub fn tips(&self) -> [Option<CommitId>; 2] {
        [self.tip(self.branch()), self.tip(self.journal())]
    }

    /// Commits to the branch as a person would.
    pub fn foreign(&self, files: &[(&str, &str)], message: &str) -> CommitId {
        let parent = self.tip(self.branch());
        let commit = self.commit(parent.as_ref(), files, message);
        self.land(self.branch(), parent, &commit);
        commit
    }

    /// Commits to an environment's file as a person would.
    pub fn edit(&self, environment: &str, text: &str, message: &str) -> CommitId {
        self.foreign(&[(&overlay(environment), text)], message)
    }

    /// Writes a commit on top of another one and puts it on the host under a ref that nothing reads.
    pub fn commit(&self, parent: Option<&CommitId>, files: &[(&str, &str)], message: &str) -> CommitId {
        let (repository, _cache) = self.client(&Faults::default());
        // Makes the parent known to this clone.
        heads(&*repository, &[self.branch(), self.journal()]);
        let edits = files.iter().map(|(p, text)| Edit { path: path(p), bytes: text.as_bytes().to_vec() });
        let commit = repository
            .commit(&NewCommit {
                parent: parent.cloned(),
                tree_of: None,
                edits: edits.collect(),
                message: message.to_owned(),
                signature: Signature { name: "Somebody".into(), email: "somebody@example.com".into() },
                time: self.now(),
            })
            .unwrap();
        let aside = RefName::parse(&format!("refs/aside/{commit}")).unwrap();
        let update = RefUpdate { name: aside, old: None, new: Some(commit.clone()) };
        assert_eq!(repository.push(&[update], PushMode::PerRef).unwrap(), [PushOutcome::Accepted]);
        commit
    }

    fn land(&self, name: &RefName, old: Option<CommitId>, new: &CommitId) {
        assert_eq!(self.tip(name), old);
        self.force(name, Some(new));
    }

    /// Makes the host refuse pushes to the branch, or take them again.
    pub fn guard(&self, guarded: bool) {
        self.host().guard(self.branch(), guarded);
    }

    /// Moves a ref without asking, as somebody with all rights can.
    pub fn force(&self, name: &RefName, to: Option<&CommitId>) {
        match &self.store {
            Store::Memory(host) => host.force(name, to.cloned()),
            Store::Git(folder) => {
                let args = match to {
                    Some(to) => vec!["update-ref", name.as_str(), to.as_str()],
                    None => vec!["update-ref", "-d", name.as_str()],
                };
                git(folder.path(), &args);
            }
        }
    }

    /// The file at the branch's tip.
    pub fn file(&self, text: &str) -> String {
        let (repository, _cache) = self.client(&Faults::default());
        let tip = heads(&*repository, &[self.branch()]).remove(self.branch()).unwrap();
        String::from_utf8(repository.read(&tip, &path(text), 1 << 20).unwrap().unwrap()).unwrap()
    }

    /// The version that an environment's folder deploys.
    pub fn version(&self, environment: &str) -> String {
        let text = self.file(&overlay(environment));
        let line = text.lines().find_map(|l| l.trim().strip_prefix("newTag: ")).unwrap_or("");
        line.trim_matches('"').to_owned()
    }

    /// The subjects of the branch, newest first.
    pub fn subjects(&self) -> Vec<String> {
        self.log(self.branch()).iter().map(|c| c.message.lines().next().unwrap_or("").to_owned()).collect()
    }

    /// The commits of a ref, newest first.
    pub fn log(&self, name: &RefName) -> Vec<CommitInfo> {
        let (repository, _cache) = self.client(&Faults::default());
        let query = RefQuery { name: name.clone(), since: Since::Beginning };
        let tip = repository.refresh(&[query]).unwrap().remove(name);
        tip.map_or_else(Vec::new, |tip| repository.history(&tip, None, 100_000).unwrap().commits)
    }
}
