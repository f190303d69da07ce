//! What of the table of features rules look at themselves, and what asks for somebody that none of them looks at.

use super::parts::written;
use super::{Fate, Fates};
use crate::assess::reason::{Reason, Scope};
use crate::assess::rules::NEEDS_PERSON;
use crate::assess::sight::{FileAt, Spot, WorkflowSight};
use crate::features::Role;
use crate::fidelity::Fidelity;
use crate::graph::{Graph, JobId};

/// Features that ask for somebody in the table, of which a rule tells where that is so, and why they do not where it found nothing.
pub(super) const SETTLED: [(&str, &str); 6] = [
    ("uses/action", "run by the step runner from its source, which is supplied, or as the profile says"),
    ("uses/workflow", "what becomes of its jobs, which are supplied, or what the profile says"),
    ("workflow/container-mapping.options", "each of them has its word in a pod"),
    ("workflow/container-mapping.volumes", "folders of the pod, or of its workspace"),
    ("workflow/service-container-mapping.volumes", "folders of the pod, or of its workspace"),
    ("workflow/runs-on-mapping.group", "what the profile says of the label beside it"),
];

/// Rules whose reasons tell of all that asks for somebody below a key of a job, or of the whole file.
const BELOW: [(&str, &[&str]); 6] = [
    ("on", &["keep-trigger", "github-trigger", "workflow-run"]),
    ("environment", &["environment"]),
    ("snapshot", &["snapshot"]),
    ("runs-on", &["runner-label", "unknown-runner"]),
    ("container", &["container-option", "docker-daemon", "privileged"]),
    ("services", &["container-option", "docker-daemon", "privileged"]),
];

/// Rules whose reasons tell of a feature wherever it stands: beginnings of names.
const FEATURES: [(&str, &[&str]); 4] = [
    ("workflow/permissions-mapping.id-token", &["cloud-oidc", "keep-identity"]),
    ("workflow/permissions-mapping.attestations", &["keep-identity"]),
    ("workflow/permissions-mapping.pages", &["keep-action"]),
    ("context/github.event.workflow", &["workflow-run"]),
];

/// What to say of what the table does not have.
const NEWER: &str = "say what it is: it is newer than the schemas here";

impl Fates {
    /// What asks for somebody, of which no rule has told: a reason for each job of the run that it is in. A part of a job that stays
    /// asks for nobody.
    pub(in crate::assess) fn untold(&self, workflow: &WorkflowSight<'_>, reasons: &[Reason]) -> Vec<Reason> {
        let Some(root) = workflow.family.root() else { return Vec::new() };
        let mut untold = Vec::new();
        for (at, fate) in self.iter().enumerate().filter(|(_, fate)| fate.is_open()) {
            let place = self.place(at, root);
            let rules = place.told_by(&fate);
            for scope in place.scopes(workflow, root) {
                if !reasons
                    .iter()
                    .any(|reason| rules.contains(&reason.rule.id) && counts(reason.scope, scope))
                {
                    let spot = Spot { file: FileAt::Workflow(0), span: fate.construct.span };
                    let target = fate.feature.map_or(NEWER, |feature| feature.how).to_owned();
                    untold.push(Reason { rule: NEEDS_PERSON, scope, spot, asked: None, target });
                }
            }
        }
        untold
    }

    /// Where a construct stands.
    fn place(&self, at: usize, root: &Graph<'_>) -> Place {
        let tree = root.workflow.document.tree();
        let outer = |at: &usize| self.constructs.get(*at)?.parent.map(|parent| parent as usize);
        let key = |at: usize| match self.constructs.get(at)?.role {
            Role::Pair(key) => tree.text(key),
            Role::Item(_) | Role::Part | Role::Implicit => None,
        };
        let mut keys: Vec<&str> = std::iter::successors(Some(at), outer).filter_map(key).collect();
        keys.reverse();
        match keys.as_slice() {
            ["jobs", job, rest @ ..] => {
                let job = root.jobs.iter().find(|known| known.model.id.value == *job).map(|job| job.id);
                Place { job, key: rest.first().copied().unwrap_or_default().to_owned() }
            }
            keys => Place { job: None, key: keys.first().copied().unwrap_or_default().to_owned() },
        }
    }
}

impl Fate<'_> {
    /// Whether it asks for somebody, and nobody but a table has said so.
    fn is_open(&self) -> bool {
        self.rule().is_none()
            && !matches!(
                self.fidelity(),
                Some(Fidelity::Exact | Fidelity::Approximate | Fidelity::Dropped(_))
            )
    }
}

/// Where a construct stands: in a job, or beside all jobs.
struct Place {
    job: Option<JobId>,
    /// The key of the job, or of the file, that it stands below.
    key: String,
}

impl Place {
    /// The rules whose reasons are about the same.
    fn told_by(&self, fate: &Fate<'_>) -> Vec<&'static str> {
        let id = fate.feature.map_or("", |feature| feature.id.as_str());
        let below = BELOW.iter().filter(|(key, _)| *key == self.key);
        let named = FEATURES.iter().filter(|(begin, _)| id.starts_with(begin));
        below.chain(named).flat_map(|(_, rules)| rules.iter().copied()).collect()
    }

    /// The legs that it counts for: those of its job, or of all jobs; rights beside jobs, of those that say none.
    fn scopes(&self, workflow: &WorkflowSight<'_>, root: &Graph<'_>) -> Vec<Scope> {
        if self.job.is_none() && self.key != "permissions" {
            return vec![Scope::Workflow];
        }
        let has = |job: JobId| match self.job {
            Some(own) => job == own,
            None => root.job(job).is_some_and(|job| job.model.permissions.is_none()),
        };
        let runs = workflow.jobs.iter().enumerate().filter(|(_, run)| written(run).is_some_and(has));
        runs.map(|(at, _)| Scope::Job(at)).collect()
    }
}

/// Whether a reason counts for legs of these.
fn counts(reason: Scope, of: Scope) -> bool {
    match (reason, of) {
        (Scope::Workflow, _) | (_, Scope::Workflow) => true,
        (Scope::Job(one) | Scope::Leg(one, _), Scope::Job(other) | Scope::Leg(other, _)) => one == other,
    }
}
