//! Pull requests: promotions that a person, or the host by its own rules, merges.

use towpath_core::id::{CommitId, RefName};
use towpath_core::world::ProposalStatus;

use super::RepositoryError;

/// Pull requests on a host.
pub trait PullRequests {
    /// Opens a pull request from a topic branch, or finds the one that is open for it. Answers its number.
    fn open(&self, topic: &RefName, target: &RefName, title: &str) -> Result<u64, RepositoryError>;

    /// What became of the pull request with this head; `None` when there never was one.
    fn status(&self, topic: &RefName, head: &CommitId) -> Result<Option<ProposalStatus>, RepositoryError>;

    /// Sets the required check `towpath/gates` on a head commit.
    fn check(&self, head: &CommitId, green: bool, summary: &str) -> Result<(), RepositoryError>;
}
