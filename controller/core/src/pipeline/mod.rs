//! Pipelines: environments in the order of a DAG, with their gates.

mod address;
mod cron;
mod dependency;
mod document;
mod edit;
mod entry;
mod evaluated;
mod expression;
mod gate;
mod http;
mod policy;
mod validate;
mod window;

use std::collections::{BTreeMap, BTreeSet};

use crate::hold::Select;
use crate::id::{GateHash, GateName, ImageName, Name, PipelineId, RefName, RepoPath};
use crate::journal::State;
use crate::journal::state::Okay;
use crate::museum::{Bug, planted};
use crate::time::Span;

pub use address::comparable;
pub use dependency::Dependency;
pub use document::{Document, Metadata};
pub use edit::{EditRule, FieldValues, Form, KeyPath};
pub use entry::Entry;
pub use evaluated::Evaluated;
pub use expression::Expression;
pub use gate::{Approval, Gate, GateKind, MetricGate, MetricTemplate, QaGate};
pub use http::{Http, UrlTemplate, UrlValues};
pub(crate) use policy::hash_of;
pub use policy::{Policies, Policy, PolicyDocument};
pub use validate::{PipelineError, Templates};
pub use window::{Opening, Until, Window};

/// A pipeline whose document was valid and whose templates were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Its full name.
    pub id: PipelineId,
    /// The images of every complete release, sorted.
    pub images: Vec<ImageName>,
    /// Where its environments are.
    pub repository: Repository,
    /// Commit texts.
    pub commit: CommitTexts,
    /// Environments; upstream ones stand before downstream ones.
    pub environments: Vec<Environment>,
}

/// A branch of a git repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// As git understands it.
    pub url: String,
    /// The full ref of the branch.
    pub branch: RefName,
    /// The full ref of the journal.
    pub journal: RefName,
}

/// Templates of promotion commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitTexts {
    /// The subject; `pipeline`, `environment`, `version`, `release` and `cause` are filled in.
    pub subject: String,
    /// Additional trailers: name to template.
    pub trailers: BTreeMap<String, String>,
}

/// One environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Environment {
    /// Its name.
    pub name: Name,
    /// Names it had before.
    pub formerly: Vec<Name>,
    /// Its folder.
    pub path: RepoPath,
    /// What policies and holds select on.
    pub labels: BTreeMap<String, String>,
    /// What runs there.
    pub applications: Vec<ApplicationRef>,
    /// How its images are written, one rule an image.
    pub edit: Vec<EditRule>,
    /// How releases come there.
    pub promotion: PromotionRules,
    /// Where releases come from.
    pub after: After,
    /// Entry gates of people.
    pub approvals: Vec<Approval>,
    /// The other entry gates besides upstream and soak.
    pub entry: Entry,
    /// Verification gates.
    pub verify: Vec<Gate>,
    /// Whether a release that was Verified under other gates than those of now has to be verified anew.
    pub revalidate: bool,
    /// The watch after Verified.
    pub bake: Option<Bake>,
    /// How it goes back.
    pub rollback: RollbackRules,
    /// What it runs on, such as a cluster: environments of one destination, of whatever pipeline, share what may go
    /// back there by itself.
    pub destination: Name,
    /// How long it has to be healthy without a break before it counts as live.
    pub stable: Span,
    /// How long it may be Degraded before that is a failure.
    pub degraded_grace: Span,
    /// How long a promotion may take to become live before it is called stalled.
    pub sync_timeout: Span,
    /// How commits reach the branch.
    pub delivery: Delivery,
    /// The policies that it is under; their gates stand among its own.
    pub policies: Policies,
}

/// How an environment goes back (contract C11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackRules {
    /// Whether it does so by itself.
    pub automatic: bool,
    /// How many may come by themselves to its destination within ten minutes; the next one waits.
    pub budget: usize,
}

impl Default for RollbackRules {
    fn default() -> Self {
        Self { automatic: true, budget: 3 }
    }
}

/// How releases come to an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionRules {
    /// Whether they come by themselves.
    pub automatic: bool,
    /// Which one comes next.
    pub queue: Queue,
    /// Whether the next one waits until the bake of the one before is over.
    pub wait_for_bake: bool,
    /// The entry gates that a person may pass by with a reason.
    pub overrides: BTreeSet<EntryGate>,
}

impl Default for PromotionRules {
    fn default() -> Self {
        Self { automatic: true, queue: Queue::default(), wait_for_bake: false, overrides: BTreeSet::new() }
    }
}

/// Which eligible release comes next (contract C10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Queue {
    /// The highest, once the one before has a verdict.
    #[default]
    HoldUntilVerdict,
    /// The highest, at once: it replaces one that has no verdict yet.
    NewestWins,
    /// The lowest, once the one before has a verdict.
    EveryRelease,
}

impl Queue {
    /// All policies.
    pub const ALL: [Self; 3] = [Self::HoldUntilVerdict, Self::NewestWins, Self::EveryRelease];

    /// The word for it in pipeline documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HoldUntilVerdict => "hold-until-verdict",
            Self::NewestWins => "newest-wins",
            Self::EveryRelease => "every-release",
        }
    }
}

/// A kind of entry gate that may be passed by. Holds, rejected images and incomplete releases may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryGate {
    /// That it is Verified upstream.
    Upstream,
    /// That it soaked there.
    Soak,
    /// People's consent.
    Approval,
    /// The time.
    Window,
    /// What other pipelines have live.
    Dependency,
    /// What an expression says of the release.
    Expression,
    /// What a system outside says of it.
    Http,
}

impl EntryGate {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Upstream,
        Self::Soak,
        Self::Approval,
        Self::Window,
        Self::Dependency,
        Self::Expression,
        Self::Http,
    ];

    /// The word for it in pipeline documents, commands and trailers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upstream => "upstream",
            Self::Soak => "soak",
            Self::Approval => "approval",
            Self::Window => "window",
            Self::Dependency => "dependency",
            Self::Expression => "expression",
            Self::Http => "http",
        }
    }

    /// The name under which its overriding is recorded.
    pub fn name(self) -> GateName {
        GateName::of_entry(self)
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gate| gate.as_str() == word)
    }
}

/// How commits reach the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// By a push.
    Push,
    /// By a pull request.
    PullRequest,
}

/// An Application that syncs an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationRef {
    /// Its name.
    pub name: Name,
    /// How it proves what is live.
    pub proof: Proof,
}

/// How an Application proves what is live (contract C6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The synced revision contains our commit, and images match where they are shown.
    Revision,
    /// The images that pods show, alone.
    Images,
}

/// Which upstream environments a release must have passed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct After {
    /// Whether all edges must be satisfied, or any one.
    pub mode: EdgeMode,
    /// The edges; none for an environment that takes releases from outside.
    pub edges: Vec<Edge>,
}

/// How several edges combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EdgeMode {
    /// Each must be satisfied.
    #[default]
    All,
    /// One is enough.
    Any,
}

impl EdgeMode {
    /// The word for it in pipeline documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
        }
    }
}

/// One upstream environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Its name.
    pub environment: Name,
    /// How long the release must have been live there.
    pub soak: Span,
}

/// The watch after Verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Bake {
    /// How long.
    pub duration: Span,
    /// What is watched.
    pub gates: Vec<Gate>,
}

impl Pipeline {
    /// The environment of this name.
    pub fn environment(&self, name: &Name) -> Option<&Environment> {
        self.environments.iter().find(|e| &e.name == name)
    }

    /// What the environment with this key runs on; nothing where it is not of this pipeline any more.
    pub fn destination(&self, state: &State, key: &Name) -> Option<&Name> {
        let name = &state.envs.get(key)?.config.name;
        self.environment(name).map(|environment| &environment.destination)
    }

    /// The edges that lead out of an environment.
    pub fn edges_from<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Edge> + Clone {
        self.environments.iter().flat_map(|e| &e.after.edges).filter(move |edge| &edge.environment == name)
    }
}

impl Environment {
    /// The hash of its entry gates, to which approvals are bound.
    pub fn entry_hash(&self) -> GateHash {
        let mode = self.after.mode.as_str();
        let edges = self.after.edges.iter().map(|e| format!("{mode} {} {}", e.environment, e.soak));
        let approvals = self.approvals.iter().map(Approval::definition);
        GateHash::of(&edges.chain(approvals).chain(self.entry.definitions()).collect::<Vec<_>>())
    }

    /// The hash that a release Verified here under the present gates has.
    pub fn verify_hash(&self) -> GateHash {
        let mut gates: Vec<(&GateName, GateHash)> = self.verify.iter().map(|g| (&g.name, g.hash())).collect();
        gates.sort();
        GateHash::of(&gates.iter().map(|(name, hash)| format!("{name} {hash}")).collect::<Vec<_>>())
    }

    /// Whether what was Verified here so counts under the gates of now: those of policies always have to be these.
    pub fn accepts(&self, ok: &Okay) -> bool {
        self.accepts_policy(ok) && (!self.revalidate || ok.gates == self.verify_hash())
    }

    /// The same, as far as policies are concerned. One that adds no gates asks for nothing anew.
    pub fn accepts_policy(&self, ok: &Okay) -> bool {
        self.policies.verify.is_none() || self.policies.verify == ok.policy
    }

    /// Whether a selector names it by its key or its labels.
    pub fn selected_by(&self, key: &Name, select: &Select) -> bool {
        let none = BTreeMap::new();
        select.matches(key, if planted(Bug::LabelHoldIgnored) { &none } else { &self.labels })
    }
}
