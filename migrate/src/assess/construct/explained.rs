//! What of the table of features rules look at themselves, and what asks for somebody that none of them looks at.

use super::nest::Nest;
use std::sync::Arc;

use super::parts::written;
use super::{Fate, Fates};
use crate::assess::reason::{Reason, Scope};
use crate::assess::rules::NEEDS_PERSON;
use crate::assess::seen::Seen;
use crate::assess::sight::{FileAt, Spot, WorkflowSight};
use crate::fidelity::Fidelity;
use crate::graph::{Graph, JobId};
use crate::span::Span;

/// Features that ask for somebody in the table, of which a rule tells where that is so, and why they do not where it found nothing.
pub(super) const SETTLED: [(&str, &str); 6] = [
    ("uses/action", "run by the step runner from its source, which is supplied, or as the profile says"),
    ("uses/workflow", "what becomes of its jobs, which are supplied, or what the profile says"),
    ("workflow/container-mapping.options", "each of them has its word in a pod"),
    ("workflow/container-mapping.volumes", "folders of the pod, or of its workspace"),
    ("workflow/service-container-mapping.volumes", "folders of the pod, or of its workspace"),
    ("workflow/runs-on-mapping.group", "what the profile says of the label beside it"),
];

/// Rules whose reasons tell of what asks for somebody below a key of a job, or of the file, if they stand in the same part of it; and
/// how deep below the key these parts are: the value itself, an event, an option of a container, one of a service.
pub(super) const BELOW: [(&str, usize, &[&str]); 6] = [
    ("on", 1, &["keep-trigger", "github-trigger", "workflow-run"]),
    ("environment", 0, &["environment"]),
    ("snapshot", 0, &["snapshot"]),
    ("runs-on", 0, &["runner-label", "unknown-runner"]),
    ("container", 1, &["container-option", "docker-daemon", "privileged"]),
    ("services", 2, &["container-option", "docker-daemon", "privileged"]),
];

/// Rules whose reasons tell of a feature wherever it stands: beginnings of names.
pub(super) const FEATURES: [(&str, &[&str]); 4] = [
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
    pub(in crate::assess) fn untold(
        &self,
        workflow: &WorkflowSight<'_>,
        reasons: &[Reason],
        seen: &Seen,
    ) -> Vec<Reason> {
        let Some(root) = workflow.family.root() else { return Vec::new() };
        let mut untold = Vec::new();
        for (at, fate) in self.iter().enumerate().filter(|(_, fate)| fate.is_open()) {
            let place = self.place(at, root);
            let scopes = place
                .scopes(workflow, root, seen.legs_of(fate.construct.span).map(|(_, legs)| legs))
                .into_iter();
            for scope in scopes.filter(|scope| !seen.is_idle(scope)) {
                let tells =
                    |reason: &Reason| counts(&reason.scope, &scope) && place.is_told_by(reason, &fate);
                if !reasons.iter().any(tells) {
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
        let nest = Nest { document: root.workflow.document, constructs: &self.constructs };
        let mut around: Vec<usize> = nest.around(at).collect();
        around.reverse();
        let keys: Vec<(&str, usize)> =
            around.iter().enumerate().filter_map(|(depth, at)| Some((nest.key(*at)?, depth))).collect();
        let (job, below) = match keys.as_slice() {
            [("jobs", _), (job, _), rest @ ..] => {
                (root.jobs.iter().find(|known| known.model.id.value == *job).map(|job| job.id), rest)
            }
            keys => (None, keys),
        };
        let (key, depth) = below.first().copied().unwrap_or_default();
        let deeper = BELOW.iter().find(|(name, ..)| *name == key).map_or(0, |(_, deeper, _)| *deeper);
        let part = around.get(depth + deeper).copied().unwrap_or(at);
        Place { job, key: key.to_owned(), part: nest.get(part).map(|part| part.span).unwrap_or_default() }
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
    /// The part of what is below that key that it stands in: see [`BELOW`].
    part: Span,
}

impl Place {
    /// Whether a reason tells of the same as a construct that stands here.
    fn is_told_by(&self, reason: &Reason, fate: &Fate<'_>) -> bool {
        let is_of = |rules: &[&str]| rules.contains(&reason.rule.id);
        let spot = reason.spot;
        let is_here = spot.file == FileAt::Workflow(0)
            && self.part.start <= spot.span.start
            && spot.span.end <= self.part.end;
        let id = fate.feature.map_or("", |feature| feature.id.as_str());
        (is_here && BELOW.iter().any(|(key, _, rules)| *key == self.key && is_of(rules)))
            || FEATURES.iter().any(|(begin, rules)| id.starts_with(begin) && is_of(rules))
    }

    /// The legs that it counts for: those of its job, or of all jobs; rights beside jobs, of those that say none.
    fn scopes(
        &self,
        workflow: &WorkflowSight<'_>,
        root: &Graph<'_>,
        legs: Option<&Arc<[usize]>>,
    ) -> Vec<Scope> {
        if self.job.is_none() && self.key != "permissions" {
            return vec![Scope::Workflow];
        }
        let has = |job: JobId| match self.job {
            Some(own) => job == own,
            None => root.job(job).is_some_and(|job| job.model.permissions.is_none()),
        };
        let runs = workflow.jobs.iter().enumerate().filter(|(_, run)| written(run).is_some_and(has));
        let scope = |at: usize| legs.map_or(Scope::Job(at), |legs| Scope::Legs(at, Arc::clone(legs)));
        runs.map(|(at, _)| scope(at)).collect()
    }
}

/// Whether a reason counts for legs of these.
fn counts(reason: &Scope, of: &Scope) -> bool {
    match (reason.job(), of.job()) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}
