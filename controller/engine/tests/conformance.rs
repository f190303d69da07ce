//! The repository in memory passes the port's suite, with and without atomic pushes.
#![expect(clippy::unwrap_used, reason = "a fixture that fails ends its test")]

use towpath_core::id::{CommitId, RefName, RepoPath};
use towpath_core::time::Time;
use towpath_engine::conformance::{Entry, Harness, Kind, check};
use towpath_engine::memory::{EntryKind, Faults, MemoryHost};
use towpath_engine::ports::Repository;

/// A host in memory.
struct Memory {
    host: MemoryHost,
    atomic: bool,
    seconds: i64,
}

impl Harness for Memory {
    fn client(&mut self) -> Box<dyn Repository> {
        Box::new(self.host.client(&Faults::default(), self.atomic))
    }

    fn foreign_commit(&mut self, name: &RefName, entries: &[Entry<'_>]) -> CommitId {
        let kind = |kind| match kind {
            Kind::File => EntryKind::File,
            Kind::Executable => EntryKind::Executable,
            Kind::Link => EntryKind::Link,
            Kind::Submodule => EntryKind::Submodule,
        };
        let entry =
            |e: &Entry<'_>| (RepoPath::parse(e.path).unwrap(), kind(e.kind), e.bytes.as_bytes().to_vec());
        let entries: Vec<_> = entries.iter().map(entry).collect();
        self.seconds += 1;
        self.host.commit_entries(name, &entries, "foreign", Time::from_unix(self.seconds)).unwrap()
    }

    fn set_ref(&mut self, name: &RefName, to: Option<&CommitId>) {
        self.host.force(name, to.cloned());
    }

    fn get_ref(&mut self, name: &RefName) -> Option<CommitId> {
        self.host.tip(name)
    }

    fn kind(&mut self, commit: &CommitId, path: &RepoPath) -> Option<Kind> {
        self.host.kind(commit, path).map(|kind| match kind {
            EntryKind::File => Kind::File,
            EntryKind::Executable => Kind::Executable,
            EntryKind::Link => Kind::Link,
            EntryKind::Submodule => Kind::Submodule,
        })
    }
}

#[test]
fn the_memory_adapter_conforms() {
    for atomic in [true, false] {
        let mut fresh =
            || -> Box<dyn Harness> { Box::new(Memory { host: MemoryHost::new(), atomic, seconds: 0 }) };
        let failed = check(&mut fresh).err().unwrap_or_default();
        assert!(failed.is_empty(), "atomic: {atomic}\n{failed}");
    }
}
