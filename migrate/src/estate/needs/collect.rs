//! From the jobs of a run to what they need: what stands in a job is looked at once, however many ways lead to it.

use std::collections::HashMap;

use indexmap::IndexSet;

use super::job::look_at_job;
use super::{JobNeeds, Kind, MAX_CHECKS, MAX_NEEDS, Needs, Thing};
use crate::assess::{JobSight, WorkflowSight, masked};
use crate::graph::paths::{ANY, Path};
use crate::graph::{JobId, RunJob};
use crate::model::Secrets;
use crate::model::call::Reference;
use crate::values::permission::{Level, Scope};

/// A job that is written: its file, itself, and whether it may ask for an identity.
type Written = (usize, JobId, bool);

/// Where everything that is found goes.
#[derive(Default)]
pub(super) struct Things {
    all: IndexSet<Thing>,
}

impl Things {
    /// The number of a thing.
    pub(super) fn number(&mut self, kind: Kind, name: impl Into<String>, version: impl Into<String>) -> u32 {
        let masked = |text: String| masked(&text).into_owned();
        let thing = Thing { kind, name: masked(name.into()), version: masked(version.into()) };
        u32::try_from(self.all.insert_full(thing).0).unwrap_or(u32::MAX)
    }

    /// An action or a workflow, by where it is.
    pub(super) fn reference(&mut self, own: Kind, other: Kind, reference: &Reference) -> u32 {
        match &reference.repository {
            None => {
                let path = reference.path.trim_matches('/');
                self.number(own, if path.is_empty() { "." } else { path }, "")
            }
            Some(home) => {
                // Before its case is gone, by which a secret is known.
                let name = masked(&[home.owner.as_str(), &home.name, &reference.path].join("/")).into_owned();
                self.number(other, name.trim_end_matches('/').to_ascii_lowercase(), home.reference.as_str())
            }
        }
    }

    /// A secret or a variable, if the path is one; the token is another thing.
    pub(super) fn setting(&mut self, path: &Path<'_>) -> Option<u32> {
        let name = path.name(1).unwrap_or(ANY);
        match path.context().to_ascii_lowercase().as_str() {
            "secrets" if !is_token(path) => {
                Some(self.number(Kind::Secret, masked(name).to_ascii_uppercase(), ""))
            }
            "vars" => Some(self.number(Kind::Variable, masked(name).to_ascii_uppercase(), "")),
            _ => None,
        }
    }

    /// What a thing is.
    pub(super) fn kind(&self, number: u32) -> Option<Kind> {
        self.all.get_index(number as usize).map(|thing| thing.kind)
    }
}

/// Whether a value is the token that GitHub gives.
pub(super) fn is_token(path: &Path<'_>) -> bool {
    path.starts_with(&["secrets", "GITHUB_TOKEN"]) || path.starts_with(&["github", "token"])
}

pub(super) fn needs(workflow: &WorkflowSight<'_>) -> Needs {
    let mut collector =
        Collector { workflow, things: Things::default(), written: HashMap::new(), left: MAX_NEEDS };
    let mut jobs = Vec::new();
    let mut is_cut = false;
    for run in &workflow.jobs {
        let Some(job) = collector.run(run) else {
            is_cut = true;
            break;
        };
        jobs.push(job);
    }
    Needs { things: collector.things.all.into_iter().collect(), jobs, is_cut }
}

struct Collector<'s> {
    workflow: &'s WorkflowSight<'s>,
    things: Things,
    /// What stands in each job, looked at once.
    written: HashMap<Written, Vec<u32>>,
    /// How many needs may still be kept.
    left: usize,
}

impl Collector<'_> {
    /// A job of the run; `None` when there is more than is kept.
    fn run(&mut self, run: &RunJob) -> Option<JobNeeds> {
        let mut found = Vec::new();
        let mut id = String::new();
        // A secret of a called workflow is one of the settings where all calls above let it be seen; else it is a name for
        // what the caller gives, which the caller reads.
        let mut sees_settings = true;
        for (file, job) in run.way.iter().copied().chain([(run.file, run.job)]) {
            let Some(model) = self.workflow.family.graphs.get(file).and_then(|graph| graph.job(job)) else {
                continue;
            };
            if !id.is_empty() {
                id.push_str(" / ");
            }
            id.push_str(model.model.id.value);
            self.look(run, file, job);
            let own = self.written.get(&(file, job, has_oidc(run))).map(Vec::as_slice).unwrap_or_default();
            found.extend(
                own.iter().filter(|number| sees_settings || self.things.kind(**number) != Some(Kind::Secret)),
            );
            sees_settings &= model.call().is_some_and(|call| matches!(call.secrets, Secrets::Inherit(_)));
            if found.len() > self.left {
                return None;
            }
        }
        self.rights(run, &mut found);
        found.sort_unstable();
        found.dedup();
        self.left = self.left.checked_sub(found.len())?;
        let checks = run.checks.iter().take(MAX_CHECKS);
        let checks = checks.map(|check| masked(&check.text).into_owned()).collect();
        Some(JobNeeds { id, things: found, checks, check_count: run.checks.len() })
    }

    /// Looks at a job that is written, unless that was done.
    fn look(&mut self, run: &RunJob, file: usize, job: JobId) {
        let key = (file, job, has_oidc(run));
        if self.written.contains_key(&key) {
            return;
        }
        let graph = self.workflow.family.graphs.get(file);
        let Some(model) = graph.and_then(|graph| graph.job(job)) else { return };
        // A call stands for the jobs that it leads to, and only its own file and job differ from the run's.
        let permissions = run.permissions;
        let itself =
            RunJob { file, job, way: Vec::new(), permissions, checks: Vec::new(), inputs: Vec::new() };
        let sight = JobSight { workflow: self.workflow, run: &itself, job: model };
        let found = look_at_job(&sight, &mut self.things);
        self.written.insert(key, found);
    }

    /// What the token may do.
    fn rights(&mut self, run: &RunJob, found: &mut Vec<u32>) {
        let Some(given) = run.permissions.given else {
            found.push(self.things.number(Kind::Right, "as the repository's settings say", ""));
            return;
        };
        for (scope, level) in given.granted().filter(|(_, level)| *level != Level::None) {
            let right = format!("{}: {}", scope.name(), level.name());
            found.push(self.things.number(Kind::Right, right, ""));
        }
    }
}

/// Whether a job may ask who it is.
fn has_oidc(run: &RunJob) -> bool {
    run.permissions.given.is_some_and(|given| given.level(Scope::IdToken) == Level::Write)
}
