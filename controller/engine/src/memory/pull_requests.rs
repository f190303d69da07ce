//! Pull requests in memory, on a [`MemoryHost`].

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use towpath_core::id::{CommitId, RefName};
use towpath_core::time::Time;
use towpath_core::world::ProposalStatus;

use super::faults::{Fault, Faults};
use super::repository::MemoryHost;
use crate::ports::{PullRequests, RepositoryError};

#[derive(Default)]
struct Contents {
    open: BTreeMap<RefName, (u64, RefName)>,
    ended: BTreeMap<CommitId, ProposalStatus>,
    checks: BTreeMap<CommitId, bool>,
    number: u64,
    down: bool,
}

/// Pull requests in memory; clones are the same host.
#[derive(Clone)]
pub struct MemoryPullRequests {
    contents: Rc<RefCell<Contents>>,
    host: MemoryHost,
    faults: Faults,
}

impl MemoryPullRequests {
    /// No pull requests on this host.
    pub fn new(host: &MemoryHost) -> Self {
        Self { contents: Rc::default(), host: host.clone(), faults: Faults::default() }
    }

    /// The same pull requests as another process sees them, with that process's faults.
    pub fn client(&self, faults: &Faults) -> Self {
        Self { faults: faults.clone(), ..self.clone() }
    }

    /// Lets the host answer nothing at all.
    pub fn set_down(&self, down: bool) {
        self.contents.borrow_mut().down = down;
    }

    fn answers(&self) -> Result<(), RepositoryError> {
        match self.contents.borrow().down {
            true => Err(unreachable()),
            false => Ok(()),
        }
    }

    /// Changes something on the host, if this process gets that far and to hear of it.
    fn effect<T>(&self, change: impl FnOnce(&mut Contents) -> T) -> Result<T, RepositoryError> {
        let fault = self.faults.strike();
        match fault {
            Fault::CrashBefore => return Err(RepositoryError::Crashed),
            Fault::Unreachable | Fault::Late => return Err(unreachable()),
            Fault::None | Fault::CrashAfter | Fault::LostAnswer => self.answers()?,
        }
        let changed = change(&mut self.contents.borrow_mut());
        match fault {
            Fault::CrashAfter => Err(RepositoryError::Crashed),
            Fault::LostAnswer => Err(unreachable()),
            _ => Ok(changed),
        }
    }

    /// Whether the required check of a head is green.
    pub fn is_green(&self, head: &CommitId) -> bool {
        self.contents.borrow().checks.get(head).copied().unwrap_or(false)
    }

    /// The heads of open pull requests.
    pub fn heads(&self) -> Vec<CommitId> {
        self.contents.borrow().open.keys().filter_map(|topic| self.host.tip(topic)).collect()
    }

    /// Merges the pull request with this head by a fast-forward, if it is open and its target has not moved on.
    /// Whoever has the right to may merge against a red check.
    pub fn merge(&self, head: &CommitId) -> bool {
        let mut contents = self.contents.borrow_mut();
        let open = contents.open.iter().find(|(topic, _)| self.host.tip(topic).as_ref() == Some(head));
        let Some((topic, (_, target))) = open.map(|(topic, it)| (topic.clone(), it.clone())) else {
            return false;
        };
        let onto = self.host.tip(&target);
        let fast = onto.is_some_and(|onto| self.host.contains(head, &onto));
        if !fast {
            return false;
        }
        let green = contents.checks.get(head).copied().unwrap_or(false);
        self.host.force(&target, Some(head.clone()));
        contents.open.remove(&topic);
        contents.ended.insert(head.clone(), ProposalStatus::Merged { commit: head.clone(), green });
        true
    }

    /// Merges the pull request with this head by one new commit of the same changes and words, if it is open and
    /// nobody changed the same files since. Answers the commit.
    pub fn squash(&self, head: &CommitId, now: Time) -> Option<CommitId> {
        let mut contents = self.contents.borrow_mut();
        let open = contents.open.iter().find(|(topic, _)| self.host.tip(topic).as_ref() == Some(head));
        let (topic, target) = open.map(|(topic, (_, target))| (topic.clone(), target.clone()))?;
        let onto = self.host.tip(&target)?;
        let info = self.host.info(head)?;
        let parent = info.parents.first()?;
        let changed = |(path, bytes): &(_, Vec<u8>)| self.host.file(parent, path).as_ref() != Some(bytes);
        let files: Vec<_> = self.host.all_files(head).into_iter().filter(changed).collect();
        if files.iter().any(|(path, _)| self.host.file(parent, path) != self.host.file(&onto, path)) {
            return None;
        }
        let edits: Vec<_> = files.into_iter().map(|(path, bytes)| (path, Some(bytes))).collect();
        let commit = self.host.commit_foreign(&target, &edits, &info.message, now).ok()?;
        let green = contents.checks.get(head).copied().unwrap_or(false);
        contents.open.remove(&topic);
        contents.ended.insert(head.clone(), ProposalStatus::Merged { commit: commit.clone(), green });
        Some(commit)
    }

    /// Closes the pull request with this head.
    pub fn close(&self, head: &CommitId) {
        let mut contents = self.contents.borrow_mut();
        contents.open.retain(|topic, _| self.host.tip(topic).as_ref() != Some(head));
        contents.ended.insert(head.clone(), ProposalStatus::Closed);
    }
}

fn unreachable() -> RepositoryError {
    RepositoryError::Unreachable { repository: "memory".to_owned(), reason: "injected fault".to_owned() }
}

impl PullRequests for MemoryPullRequests {
    fn open(&self, topic: &RefName, target: &RefName, _title: &str) -> Result<u64, RepositoryError> {
        self.effect(|contents| {
            if let Some((number, _)) = contents.open.get(topic) {
                return *number;
            }
            contents.number += 1;
            contents.open.insert(topic.clone(), (contents.number, target.clone()));
            contents.number
        })
    }

    fn status(&self, topic: &RefName, head: &CommitId) -> Result<Option<ProposalStatus>, RepositoryError> {
        self.answers()?;
        let contents = self.contents.borrow();
        if let Some(ended) = contents.ended.get(head) {
            return Ok(Some(ended.clone()));
        }
        let green = contents.checks.get(head).copied().unwrap_or(false);
        // A commit that was never pushed has no pull request, though one of an older commit may be open.
        let open = contents.open.contains_key(topic) && self.host.tip(topic).as_ref() == Some(head);
        Ok(open.then_some(ProposalStatus::Open { green }))
    }

    fn check(&self, head: &CommitId, green: bool, _summary: &str) -> Result<(), RepositoryError> {
        self.effect(|contents| {
            contents.checks.insert(head.clone(), green);
        })
    }
}
