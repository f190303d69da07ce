//! What each job of a workflow needs from outside it, whatever way it comes: by a step, a composite action, or a called workflow.

mod collect;
mod job;
#[cfg(test)]
mod tests;

use crate::assess::WorkflowSight;

/// How many names of check runs are kept of a job. A matrix has 256 legs at most.
const MAX_CHECKS: usize = 256;

/// How many needs of all jobs together are kept. GitHub bounds no file so that this is not more.
const MAX_NEEDS: usize = 1 << 16;

/// A kind of thing that jobs need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// An action of a repository: `owner/name/path`, in small letters.
    Action,
    /// An action in a folder of the repository itself; `.` is its root.
    LocalAction,
    /// A workflow of another repository.
    Workflow,
    /// Another workflow of the repository itself.
    LocalWorkflow,
    /// A secret, in capital letters. `*`: only a run knows which.
    Secret,
    /// A variable, in capital letters. `*`: only a run knows which.
    Variable,
    /// An environment, as it is written.
    Environment,
    /// A label of a runner, in small letters; an expression as it is written.
    Label,
    /// An image of a container, without its tag.
    Image,
    /// A right of the token: `contents: write`.
    Right,
    /// Who gets the token: an action, a script, or the key of the job that reads it.
    Token,
    /// Who uses the identity that `id-token: write` lets the job ask for.
    Identity,
    /// What needs a daemon of Docker.
    Docker,
    /// What makes a cluster of its own.
    Cluster,
    /// What is root.
    Root,
    /// What has rights over the node.
    Privileged,
}

impl Kind {
    /// All of them, in their order.
    pub const ALL: [Self; 16] = [
        Self::Action,
        Self::LocalAction,
        Self::Workflow,
        Self::LocalWorkflow,
        Self::Secret,
        Self::Variable,
        Self::Environment,
        Self::Label,
        Self::Image,
        Self::Right,
        Self::Token,
        Self::Identity,
        Self::Docker,
        Self::Cluster,
        Self::Root,
        Self::Privileged,
    ];

    /// A word for programs, which stays the same.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::LocalAction => "local-action",
            Self::Workflow => "workflow",
            Self::LocalWorkflow => "local-workflow",
            Self::Secret => "secret",
            Self::Variable => "variable",
            Self::Environment => "environment",
            Self::Label => "label",
            Self::Image => "image",
            Self::Right => "right",
            Self::Token => "token",
            Self::Identity => "identity",
            Self::Docker => "docker",
            Self::Cluster => "cluster",
            Self::Root => "root",
            Self::Privileged => "privileged",
        }
    }

    /// Whether a name means another thing in each repository.
    #[must_use]
    pub const fn is_local(self) -> bool {
        matches!(self, Self::LocalAction | Self::LocalWorkflow)
    }

    /// Whether a change of such a thing is made in one place and reaches all that need it.
    #[must_use]
    pub const fn is_shared(self) -> bool {
        matches!(
            self,
            Self::Action
                | Self::LocalAction
                | Self::Workflow
                | Self::LocalWorkflow
                | Self::Secret
                | Self::Variable
                | Self::Environment
                | Self::Label
                | Self::Image
        )
    }
}

/// A thing that jobs need.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thing {
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// The ref of an action or workflow, the tag or digest of an image; empty for all others.
    pub version: String,
}

/// A job of a run, with those of called workflows in place of the calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobNeeds {
    /// The ids of the calls and of the job, with ` / ` between them.
    pub id: String,
    /// What it needs, by places in [`Needs::things`], sorted.
    pub things: Vec<u32>,
    /// The names of its check runs, the first 256.
    pub checks: Vec<String>,
    /// How many check runs it has.
    pub check_count: usize,
}

/// What the jobs of a workflow need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Each thing once, in the order in which it was found.
    pub things: Vec<Thing>,
    /// The jobs of a run.
    pub jobs: Vec<JobNeeds>,
    /// Whether there was more than is kept.
    pub is_cut: bool,
}

impl Needs {
    /// What the jobs of a workflow need, with all that it calls and uses as far as that is at hand.
    #[must_use]
    pub fn of(workflow: &WorkflowSight<'_>) -> Self {
        collect::needs(workflow)
    }

    /// What a job needs.
    pub fn things_of<'n>(&'n self, job: &'n JobNeeds) -> impl Iterator<Item = &'n Thing> {
        job.things.iter().filter_map(|at| self.things.get(*at as usize))
    }
}
